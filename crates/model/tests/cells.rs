//! What can be wrong with a population of cells: nothing is dropped in silence.

mod common;

use common::{CELL, network, population, projection, with_cell};
use homolog_base::{Diagnostic, Source};
use homolog_model::compile::warnings;
use homolog_model::{Learn, Library, Network, Per, Stimulus, compile};

/// Two cells, driven or not.
fn cells(driven: bool) -> Network {
    let projections = if driven { vec![projection("in", "cells")] } else { vec![] };
    network(vec![population("in", 6, "input"), population("cells", 2, "cell")], projections)
}

fn learn(name: &str) -> Learn {
    Learn { name: name.into(), per: Per::Region }
}

/// The problems of a network, by code.
fn problems(network: &Network, library: &Library) -> Vec<Diagnostic> {
    compile(network, library, 0).err().unwrap_or_default()
}

/// The only problem; where it stands in the cell's file, it is shown there.
fn the_problem(network: &Network, library: &Library, code: &str) -> String {
    let all = problems(network, library);
    let shown: String = all.iter().map(|d| d.render(false)).collect();
    assert_eq!(all.iter().map(|d| d.code).collect::<Vec<_>>(), [code], "{shown}");
    shown
}

#[test]
fn a_branch_of_more_compartments_than_memory_holds_is_refused_where_it_stands() {
    let long =
        CELL.replace("length = \"160 um\"\n    diameter = \"2 um\"\n    compartments = 4", "length = \"1e12 um\"\n    diameter = \"2 um\"");
    assert_ne!(long, CELL);
    let shown = the_problem(&cells(true), &with_cell(&long), "cell-too-large");
    assert!(shown.contains("cell.toml:12:13") && shown.contains("`far`"), "{shown}");
}

#[test]
fn a_mechanism_called_like_a_column_of_every_cell_is_not_painted() {
    for name in ["positive", "negative", "charge", "next", "parent"] {
        let text = format!(
            "NEURON {{ SUFFIX {name}  NONSPECIFIC_CURRENT i }} PARAMETER {{ g = 1e-4 (S/cm2) }} ASSIGNED {{ v (mV)  i (mA/cm2) }} BREAKPOINT {{ i = g*(v + 65) }}"
        );
        let mut library = with_cell(&CELL.replace("mechanism = \"hh\"", &format!("mechanism = \"{name}\"")));
        library.insert(homolog_nmodl::read(&Source::new("own.mod", text)).0.unwrap());
        the_problem(&cells(true), &library, "cell-reserved");
    }
}

#[test]
fn a_reversal_potential_that_nothing_reads_is_said_with_who_has_it_as_a_parameter() {
    let with = |line: &str| with_cell(&CELL.replace("[[paint]]", &format!("[ions]\n    {line}\n    [[paint]]")));
    assert!(problems(&cells(true), &with("ena = \"55 mV\"")).is_empty());
    let shown = the_problem(&cells(true), &with("eNa = \"55 mV\""), "cell-unread-ion");
    assert!(shown.contains("did you mean `ena`?"), "{shown}");
    let shown = the_problem(&cells(true), &with("el = \"-60 mV\""), "cell-unread-ion");
    assert!(shown.contains("`el` is a parameter of `hh`"), "{shown}");
}

#[test]
fn what_stands_at_a_place_is_checked_like_what_is_painted() {
    let with = |more: &str| with_cell(&CELL.replace("[positive]", &format!("{more}\n    [positive]")));
    let place = |more: &str| with(&format!("[[place]]\n    mechanism = \"vclamp\"\n    branch = \"near\"\n    {more}"));
    assert!(problems(&cells(true), &place("parameters = { rs = \"2 Mohm\" }")).is_empty());
    let shown = the_problem(&cells(true), &place("parameters = { rs = \"2 nA\" }"), "model-unit");
    assert!(shown.contains("`rs` of `vclamp` is in Mohm, not in nA"), "{shown}");
    let twice = place("[[place]]\n    mechanism = \"vclamp\"\n    branch = \"far\"");
    let shown = the_problem(&cells(true), &twice, "cell-reserved");
    assert!(shown.contains("something else in `cell` is called `vclamp`") && shown.contains("`name` of its own"), "{shown}");
    let named = place("[[place]]\n    mechanism = \"vclamp\"\n    name = \"second\"\n    branch = \"near\"");
    assert!(problems(&cells(true), &named).is_empty());
    let shown = the_problem(&cells(true), &with("[[place]]\n    mechanism = \"hh\"\n    branch = \"near\""), "cell-role");
    assert!(shown.contains("mechanism of the membrane"), "{shown}");
}

#[test]
fn a_concentration_has_one_writer_and_a_given_one_a_reader() {
    let with = |more: &str| with_cell(&CELL.replace("[positive]", &format!("{more}\n    [positive]")));
    let pool = "[[paint]]\n    mechanism = \"cadyn\"";
    let two = format!("{pool}\n    [[paint]]\n    mechanism = \"capump\"");
    let all = problems(&cells(true), &with(&two));
    assert!(all.iter().all(|d| d.code == "model-neuron") && all[0].message.contains("both `cadyn` and `capump` write `cai`"), "{all:?}");
    assert!(problems(&cells(true), &with(&format!("{pool}\n    [ions]\n    cai = \"1e-4 mM\""))).is_empty());
    let shown = the_problem(&cells(true), &with("[ions]\n    cai = \"1e-4 mM\""), "cell-unread-ion");
    assert!(shown.contains("reads or writes `cai`"), "{shown}");
}

/// Columns of a compiled group by name, place by place.
fn fixed(library: &Library, name: &str) -> Vec<f64> {
    let (model, _) =
        compile(&cells(true), library, 0).unwrap_or_else(|e| panic!("{}", e.iter().map(|d| d.render(false)).collect::<String>()));
    let group = &model.groups[1];
    group.fixed.iter().find(|f| f.name == name).and_then(|f| f.values.clone()).unwrap_or_default()
}

#[test]
fn a_parameter_may_depend_on_the_place_and_a_mechanism_stand_where_a_condition_holds() {
    let with = |more: &str| with_cell(&CELL.replace("[positive]", &format!("{more}\n    [positive]")));
    // A soma of 20 um, then 80 um in 3 and 160 um in 4 compartments from its end.
    let far = with(
        "[[paint]]\n    mechanism = \"pas\"\n    where = \"distance > 60\"\n    parameters = { g = { value = \"1e-6*distance\", unit = \"mS/cm2\" } }",
    );
    let want = [10.0 + 2.5 * 80.0 / 3.0, 70.0, 110.0, 150.0];
    let mut found = fixed(&far, "pas.g");
    found.sort_by(f64::total_cmp);
    let mut want = want.map(|d| 1e-9 * d);
    want.sort_by(f64::total_cmp);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.iter().zip(want).all(|(a, b)| (a / b - 1.0).abs() < 1e-12), "{found:?} {want:?}");
    let shown = the_problem(&cells(true), &with("[[paint]]\n    mechanism = \"pas\"\n    where = \"distance > 1000\""), "cell-nowhere");
    assert!(shown.contains("the farthest is 150 um"), "{shown}");
    let field = |text: &str| with(&format!("[[paint]]\n    mechanism = \"pas\"\n    parameters = {{ g = {{ {text} }} }}"));
    let shown = the_problem(&cells(true), &field("value = \"-1e-3*distance\""), "model-limits");
    assert!(shown.contains("where the distance is"), "{shown}");
    let shown = the_problem(&cells(true), &field("value = \"distance\", unit = \"mV\""), "model-unit");
    assert!(shown.contains("`g` of `pas` is in S/cm2, not in mV"), "{shown}");
}

#[test]
fn parameters_are_checked_whether_or_not_anything_arrives_at_their_receptor() {
    for driven in [true, false] {
        let set = |name: &str, x: f64, unit: &str| {
            let mut n = cells(driven);
            n.populations[1].parameters.insert(name.into(), (x, Some(unit.to_string())).into());
            n
        };
        let library = with_cell(CELL);
        assert!(problems(&set("positive.tau", 3.0, "ms"), &library).is_empty());
        assert!(problems(&set("hh.gnabar", 100.0, "mS/cm2"), &library).is_empty());
        the_problem(&set("positive.bogus", 3.0, "ms"), &library, "model-parameter");
        the_problem(&set("hh.bogus", 3.0, "ms"), &library, "model-parameter");
        the_problem(&set("pas.g", 3.0, "S/cm2"), &library, "model-parameter");
        the_problem(&set("tau", 3.0, "ms"), &library, "model-parameter");
        the_problem(&set("negative.tau", 3.0, "mV"), &library, "model-unit");
        the_problem(&set("negative.tau", -3.0, "ms"), &library, "model-limits");
    }
}

#[test]
fn what_cannot_be_learned_is_said_once_and_why() {
    let library = with_cell(CELL);
    let with = |driven: bool, names: &[&str]| {
        let mut n = cells(driven);
        n.populations[1].learn = names.iter().map(|n| learn(n)).collect();
        n
    };
    assert!(problems(&with(true, &["positive.tau", "hh.gl", "capacitance"]), &library).is_empty());
    let shown = the_problem(&with(false, &["positive.tau"]), &library, "model-parameter");
    assert!(shown.contains("nothing arrives at `cells`"), "{shown}");
    let shown = the_problem(&with(true, &["hh.gl", "hh.gl"]), &library, "model-parameter");
    assert!(shown.contains("listed twice"), "{shown}");
    the_problem(&with(true, &["hh.gna"]), &library, "model-parameter");
}

#[test]
fn a_learned_time_constant_without_limits_stays_above_0_in_a_cell_too() {
    let text = "NEURON { POINT_PROCESS own  NONSPECIFIC_CURRENT i } PARAMETER { tau = 2 (ms)  e = 0 (mV) }
        ASSIGNED { v (mV)  i (nA) } STATE { g (uS) } INITIAL { g = 0 } BREAKPOINT { SOLVE s METHOD cnexp  i = g*(v - e) }
        DERIVATIVE s { g' = -g/tau } NET_RECEIVE (w (uS)) { g = g + w }";
    let mut library = with_cell(&CELL.replace("mechanism = \"ampa\"", "mechanism = \"own\""));
    library.insert(homolog_nmodl::read(&Source::new("own.mod", text)).0.unwrap());
    let mut n = cells(true);
    n.populations[1].learn = vec![learn("positive.tau")];
    let (_, params) = compile(&n, &library, 0).unwrap_or_else(|e| panic!("{}", e.iter().map(|d| d.render(false)).collect::<String>()));
    let (low, high) = params.tensors[params.find("cells.positive.tau").unwrap()].bounds.expect("it has bounds");
    assert!(low > 0.0 && low < 2.0 && high > 2.0, "{low} to {high}");
}

#[test]
fn a_bias_that_is_asked_for_and_has_no_place_is_refused() {
    let mut n = cells(true);
    n.populations[1].bias = Some(true);
    assert!(problems(&n, &with_cell(CELL)).is_empty());
    let without = with_cell(&CELL.replace("[bias]\n    branch = \"soma\"\n    size = \"0.1 nA\"\n", ""));
    the_problem(&n, &without, "model-bias");
    n.populations[1].bias = None;
    assert!(problems(&n, &without).is_empty());
}

#[test]
fn a_stimulus_that_begins_after_the_presentation_is_said() {
    let (library, mut n) = (with_cell(CELL), cells(true));
    let at = |delay: f64| Stimulus {
        population: "cells".into(),
        branch: "soma".into(),
        delay: delay.into(),
        duration: 1.0.into(),
        amplitude: 0.1.into(),
        ..Stimulus::default()
    };
    n.stimuli = vec![at(9.9)];
    assert!(warnings(&n, &library).is_empty());
    n.stimuli.push(at(10.0));
    assert_eq!(warnings(&n, &library).iter().map(|d| d.code).collect::<Vec<_>>(), ["model-stimulus-late"]);
}
