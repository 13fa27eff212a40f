//! Rules of plasticity of connections to cells: what a rule hears is what is at the compartment at which the connection ends, a spike is one of the
//! whole cell. The bits of the naive runner; windows and branches by hand; a run that is cut.

mod common;

use common::rules::{heard, learning, nano, rule, through_checkpoints, with_rules};
use common::{delayed, in_contact, network, population, projection, read_cell, rest_of_cell, spikes};
use homolog_base::{Source, math::exp};
use homolog_engine::{Engine, reference};
use homolog_exec::Isa;
use homolog_model::events::Strength;
use homolog_model::network::{Delay, RuleUse, WeightRule};
use homolog_model::{
    Inputs, Library, Model, Network, Observable, Params, Pieces, Population, Probe, Projection, Runner, State, Stimulus, Weights, Wiring,
    recordings,
};

fn shown(frames: usize) -> Inputs {
    Inputs { batch: 1, frames, values: vec![] }
}

fn compiled_by(n: &Network, library: &Library) -> (Model, Params) {
    homolog_model::compile(n, library, 7).unwrap_or_else(|e| panic!("{}", e.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n")))
}

fn quiet(name: &str, size: usize, neuron: &str) -> Population {
    Population { bias: Some(false), ..population(name, size, neuron) }
}

fn bits_of_the_naive_runner(n: &Network, what: &str, learned: bool) {
    let (model, params) = compiled_by(n, &with_rules());
    let tensors: Vec<Vec<f64>> = params.tensors.iter().map(|t| t.values.clone()).collect();
    let expected = reference::run(&model, &tensors, &[vec![vec![]; 2]]);
    for (isa, threads) in Isa::available().into_iter().map(|isa| (isa, 1)).chain([(Isa::best(), 2)]) {
        let mut state = State::fresh();
        let probes: Vec<Probe> = (0..model.groups.len()).map(|group| Probe { group, what: Observable::Raster }).collect();
        let seen = Engine::with_isa(threads, isa).run(&model, &params, &shown(2), &probes, &mut state, None).unwrap();
        let mut changed = 0;
        for (k, s) in model.streams.iter().enumerate().filter(|(_, s)| s.plasticity.is_some()) {
            let Strength::Each(first) = &s.events.strength else { panic!("each has its own") };
            changed += expected.weights[k].iter().zip(first).filter(|(a, b)| a.abs() != f64::from(b.abs())).count();
            assert_eq!(state.plastic[k].connections[0].len(), expected.weights[k].len());
            for (c, (a, b)) in state.plastic[k].connections[0].iter().zip(&expected.weights[k]).enumerate() {
                assert_eq!(a.to_bits(), b.to_bits(), "{what} {isa:?} {threads}: weight {c} of {} is {a} and not {b}", s.name);
            }
        }
        assert!(!learned || changed > 100, "{what}: {changed} weights have changed, so little was tested");
        for (g, trace) in seen.traces.iter().enumerate() {
            let ticks = expected.spikes[g].iter().enumerate();
            let spiked = |(t, row): (usize, &Vec<f64>)| -> Vec<f64> {
                row.iter().enumerate().filter(|(_, s)| **s > 0.0).flat_map(|(n, _)| [t as f64, n as f64, 0.0]).collect()
            };
            let want: Vec<f64> = ticks.flat_map(spiked).collect();
            assert!(want.len() >= 6, "{what}: group {g} is silent");
            assert_eq!(trace.data, want, "{what}: spikes of {} on {isa:?}", model.groups[g].name);
        }
    }
}

#[test]
fn every_rule_has_the_bits_of_the_naive_runner_at_places_of_cells() {
    let wmax = |name: &str, more: &[(&str, f64)]| {
        let mut r = rule(name, more);
        r.parameters.insert("wmax".into(), (9.0, Some("nS".to_string())).into());
        r
    };
    let cases: Vec<Vec<RuleUse>> = vec![
        vec![wmax("stdp", &[("a_plus", 0.05), ("a_minus", 0.06)])],
        vec![wmax("triplet_stdp", &[("a2_plus", 0.01), ("a3_minus", 0.02)]), rule("stp", &[("U", 0.4), ("tau_rec", 30.0)])],
        vec![heard()],
        vec![wmax("clopath", &[("theta_plus", -60.0), ("a_ltd", 0.001), ("a_ltp", 0.001)])],
        vec![wmax("stdp", &[("a_plus", 0.05)]), rule("scaling", &[("tau", 20.0), ("beta", 1.0)]), rule("stp", &[])],
    ];
    for rules in cases {
        let name = rules.iter().map(|r| r.rule.value.as_str()).collect::<Vec<_>>().join(" ");
        for delay in [Delay::Ms(0.5), Delay::Uniform(0.2, 3.0)] {
            bits_of_the_naive_runner(&learning(&rules, delay, 4, 10), &name, true);
        }
    }
}

#[test]
fn cells_in_contact_learn_too() {
    let mut n = learning(&[rule("clopath", &[("theta_plus", -60.0), ("a_ltd", 0.001), ("a_ltp", 0.001)])], Delay::Uniform(0.2, 3.0), 4, 10);
    n.gaps = vec![in_contact("cells")];
    bits_of_the_naive_runner(&n, "contacts", true);
}

#[test]
fn a_run_of_cells_that_is_cut_anywhere_goes_on_with_the_same_bits() {
    let clopath = rule("clopath", &[("theta_plus", -60.0), ("a_ltd", 0.001), ("a_ltp", 0.001)]);
    for delay in [Delay::Ms(2.0), Delay::Uniform(0.5, 6.0)] {
        let mut n = learning(&[clopath.clone(), heard()], delay, 4, 10);
        n.presentation = Some(4.0.into());
        let (model, params) = compiled_by(&n, &with_rules());
        let run = |cuts: &[usize]| through_checkpoints(&model, &params, cuts, |k| 1 + k % 2);
        let whole = run(&[6]);
        assert!(whole.plastic[0].rules[0].receivers.len() > 4, "places remember");
        assert_eq!(whole, run(&[3, 3]));
        assert_eq!(whole, run(&[1, 1, 4]));
    }
}

/// A passive ball, which spikes where it is driven through a threshold.
fn ball() -> String {
    format!(
        r#"
        title = "A ball"
        [membrane]
        initial = "-65 mV"
        [branch.a]
        length = "20 um"
        diameter = "20 um"
        compartments = 1
        [[paint]]
        mechanism = "pas"
        regions = ["a"]
        parameters = {{ g = "1e-3 S/cm2", e = "-65 mV" }}
        [positive]
        mechanism = "ampa"
        regions = ["a"]
        weight = "1 nS"
        {}
        "#,
        rest_of_cell("implicit")
    )
}

#[test]
fn pairs_change_a_weight_onto_a_cell_of_one_compartment_as_by_hand() {
    let mut library = with_rules();
    library.insert_cell(read_cell("ball", &ball()));
    let (before, after) = (vec![20.0, 52.0, 71.0, 130.0], vec![30.0, 50.0, 90.0, 128.5]);
    let mut stdp = rule("stdp", &[("tau_plus", 16.8), ("tau_minus", 33.7), ("a_plus", 0.01), ("a_minus", 0.012)]);
    stdp.parameters.insert("wmax".into(), (2.0, Some("nS".to_string())).into());
    let link = |from: &str| delayed(from, "cell", Delay::Ms(0.1));
    let mut studied = nano(link("pre"), Weights::Constant(1.0));
    studied.plasticity = vec![stdp];
    let mut n = network(
        vec![spikes("pre", std::slice::from_ref(&before)), spikes("kick", std::slice::from_ref(&after)), quiet("cell", 1, "ball")],
        vec![studied, nano(link("kick"), Weights::Constant(400.0))],
    );
    (n.dt, n.presentation) = (Some(0.1.into()), Some(200.0.into()));
    let (model, params) = compiled_by(&n, &library);
    let mut state = State::fresh();
    let probe = [Probe { group: 2, what: Observable::Raster }];
    let seen = Engine::new(1).run(&model, &params, &shown(1), &probe, &mut state, None).unwrap();
    let posts: Vec<f64> = seen.traces[0].data.chunks(3).map(|s| 0.1 * s[0]).collect();
    assert_eq!(posts.len(), after.len(), "the cell spikes when it is made to, and never else");
    let size = model.groups[2].event_sizes[0].1;
    let Strength::Each(first) = &model.streams[0].events.strength else { panic!("each has its own") };
    // nS of a weight of 1 is `size` uS.
    let change = (state.plastic[0].connections[0][0] - f64::from(first[0])) * size * 1000.0;
    // A spike arrives a step after it was sent; what arrives in the step of a spike comes before it.
    let arrives: Vec<f64> = before.iter().map(|t| t + 0.1).collect();
    let mut expected = 0.0;
    for t in &posts {
        expected += arrives.iter().filter(|a| **a < t + 1e-9).map(|a| 2.0 * 0.01 * exp(-(t - a) / 16.8)).sum::<f64>();
    }
    for a in &arrives {
        expected -= posts.iter().filter(|t| **t < a - 1e-9).map(|t| 2.0 * 0.012 * exp(-(a - t) / 33.7)).sum::<f64>();
    }
    assert!((change - expected).abs() < 1e-9, "{change} nS instead of {expected} nS");
}

#[test]
fn by_the_potential_a_weight_grows_on_the_branch_that_is_depolarised_and_not_on_the_other() {
    let mut library = with_rules();
    let text = include_str!("../../../library/cells/two-branch.toml");
    library.insert_cell(read_cell("two-branch", text));
    // One connection at each of ten compartments; currents at their ends hold the left branch up and the right one down, so that the soma rests.
    let trains: Vec<Vec<f64>> = (0..10).map(|_| (0..15).map(|k| 60.0 + 10.0 * f64::from(k)).collect()).collect();
    let mut link = nano(Projection { wiring: Wiring::AllToAll.into(), ..delayed("pre", "cell", Delay::Ms(0.1)) }, Weights::Constant(0.01));
    let mut clopath = rule("clopath", &[("theta_plus", -64.8), ("theta_minus", -64.9), ("a_ltd", 0.0)]);
    clopath.parameters.insert("wmax".into(), (1.0, Some("nS".to_string())).into());
    link.plasticity = vec![clopath];
    let mut n = network(vec![spikes("pre", &trains), quiet("cell", 1, "two-branch")], vec![link]);
    let current = |branch: &str, amplitude: f64| Stimulus {
        population: "cell".into(),
        branch: branch.into(),
        position: 0.9,
        delay: 20.0.into(),
        duration: 200.0.into(),
        amplitude: amplitude.into(),
        ..Stimulus::default()
    };
    n.stimuli = vec![current("left", 0.04), current("right", -0.04)];
    (n.dt, n.presentation) = (Some(0.1.into()), Some(220.0.into()));
    let (model, params) = compiled_by(&n, &library);
    let mut state = State::fresh();
    let probe = [Probe { group: 1, what: Observable::Raster }];
    let seen = Engine::new(1).run(&model, &params, &shown(1), &probe, &mut state, None).unwrap();
    assert!(seen.traces[0].data.is_empty(), "no spike of the cell is needed");
    let anatomy = model.groups[1].anatomy.as_ref().unwrap();
    let Strength::Each(first) = &model.streams[0].events.strength else { panic!("each has its own") };
    let mut met = [0; 2];
    model.streams[0].events.each(|k, _, place| {
        let branch = &anatomy.compartments[anatomy.receptors[0][place] as usize];
        let change = state.plastic[0].connections[0][k] - f64::from(first[k]);
        match branch.0.as_str() {
            "left" => met[0] += usize::from(change > 1e-3 * f64::from(first[k])),
            _ => met[1] += usize::from(change == 0.0),
        }
    });
    assert_eq!(met, [5, 5], "all of the left have grown, none of the right has changed");
}

#[test]
fn all_weights_onto_a_neuron_are_those_onto_its_places() {
    let mut n = learning(&[rule("stdp", &[("a_plus", 0.05)])], Delay::Uniform(0.2, 3.0), 4, 10);
    // The last tick ends with a sum.
    n.presentation = Some(8.0.into());
    let (model, params) = compiled_by(&n, &with_rules());
    let mut state = State::fresh();
    Engine::new(1).run(&model, &params, &shown(1), &[], &mut state, None).unwrap();
    let (s, p) = (&model.streams[0], model.streams[0].plasticity.as_ref().unwrap());
    assert_eq!(s.name, "sources->cells");
    let mut sums = vec![0.0; model.groups[s.to].size];
    let mut places = vec![std::collections::BTreeSet::new(); sums.len()];
    s.events.each(|k, _, place| {
        sums[p.neuron(place)] += state.plastic[0].connections[0][k];
        places[p.neuron(place)].insert(place);
    });
    let want = 120.0 / 1000.0 / model.groups[s.to].event_sizes[0].1;
    assert!(sums.iter().all(|sum| (sum / want - 1.0).abs() < 1e-12), "{sums:?} are not all {want}");
    assert!(places.iter().all(|p| p.len() > 3), "at several places each");
}

#[test]
fn weights_onto_cells_are_recorded_as_they_are() {
    let mut n = learning(&[rule("stdp", &[("a_plus", 0.05)])], Delay::Uniform(0.2, 3.0), 4, 10);
    n.weight_recordings = [("sources", "cells"), ("cells", "cells")]
        .map(|(from, to)| WeightRule { from: from.into(), to: to.into(), every: Some(4.0.into()), ..WeightRule::default() })
        .into();
    let (model, params) = compiled_by(&n, &with_rules());
    let rules = recordings::weights(&n, &model).unwrap();
    let probes: Vec<Probe> = rules.iter().map(|r| r.probe.clone()).collect();
    let mut pieces = Pieces::new(model);
    let mut state = State::fresh();
    for (rule, range) in rules.iter().zip([0.0..=6.0, -4.0..=-1.0]) {
        let first: Vec<f64> = rule.first(pieces.whole()).map(|w| rule.factor * w).collect();
        assert!(!first.is_empty() && first.iter().all(|w| (range.start() - 1e-6..=range.end() + 1e-6).contains(w)), "{first:?}");
    }
    for first in [0, 40, 80] {
        let seen = Engine::new(1).run(pieces.piece(first, 40), &params, &shown(1), &probes, &mut state, None).unwrap();
        for (rule, trace) in rules.iter().zip(&seen.traces) {
            assert_eq!(trace.data, state.plastic[rule.stream].connections[0], "{} after tick {}", rule.name, first + 40);
        }
    }
}

#[test]
fn what_a_rule_cannot_do_at_cells_is_said() {
    let said = |n: &Network, library: &Library| {
        let problems = homolog_model::compile(n, library, 7).expect_err("it is refused");
        problems.iter().map(|d| format!("{}: {}", d.code, d.message)).collect::<Vec<_>>()
    };
    let mut both = learning(&[rule("stdp", &[])], Delay::Ms(1.0), 4, 10);
    both.projections[0].weights = Weights::Uniform(-1.0, 1.0).into();
    let want = "model-plasticity: weights from `sources` to `cells` are of both signs, and a rule changes those of one receptor";
    assert_eq!(said(&both, &with_rules()), [want]);

    // A rule that hears calcium, which is not in the trunk.
    let mut library = with_rules();
    let text = "NEURON { PLASTICITY calcium } ASSIGNED { cai (mM) } BREAKPOINT { SOLVE s METHOD cnexp } DERIVATIVE s { w' = cai } \
                NET_RECEIVE (w) { }";
    let (m, problems) = homolog_nmodl::read(&Source::new("calcium", text));
    library.insert(m.unwrap_or_else(|| panic!("{}", problems.iter().map(|d| d.render(false)).collect::<String>())));
    let mut link = nano(projection("pre", "cell"), Weights::Constant(1.0));
    link.plasticity = vec![rule("calcium", &[])];
    let mut n = network(vec![spikes("pre", &[vec![1.0]]), quiet("cell", 1, "cell_ions")], vec![link]);
    (n.dt, n.presentation) = (Some(0.1.into()), Some(10.0.into()));
    let want = "model-plasticity: weights onto `cell` end on its `trunk`, where there is no `cai` for a rule to hear";
    assert_eq!(said(&n, &library), [want]);
    // It is in the tuft, where those of the other sign end; that there could be others at the trunk does not count.
    n.projections[0].weights = Weights::Constant(-1.0).into();
    let (model, _) = compiled_by(&n, &library);
    assert_eq!(model.streams.len(), 1);
}
