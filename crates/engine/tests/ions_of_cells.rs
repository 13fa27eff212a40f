//! Concentrations in cells follow from the currents of all mechanisms and give the potentials of Nernst; what stands at one place
//! acts there, and knows the time.

mod common;

use common::{compiled_by, library, network, population, rest_of_cell, watched};
use homolog_base::Source;
use homolog_model::{Model, Observable, Params, Population};

/// A constant inward current of calcium, and nothing else.
const INFLOW: &str = "
    NEURON { SUFFIX inflow  USEION ca WRITE ica }
    PARAMETER { size = 0.002 (mA/cm2) }
    ASSIGNED { v (mV)  ica (mA/cm2) }
    BREAKPOINT { ica = -size }
";
/// A conductance for calcium whose reversal potential follows from the concentrations.
const HOLE: &str = "
    NEURON { SUFFIX hole  USEION ca READ eca, cai WRITE ica  RANGE seen }
    PARAMETER { g = 1e-6 (S/cm2) }
    ASSIGNED { v (mV)  ica (mA/cm2)  eca (mV)  cai (mM) }
    STATE { seen (mV) }
    INITIAL { seen = eca }
    BREAKPOINT { SOLVE look METHOD cnexp  ica = g*(v - eca) }
    DERIVATIVE look { seen' = 1000*(eca - seen) }
";

fn cell(more: &str) -> (Model, Params) {
    let text = format!(
        "[branch.a]
        length = \"100 um\"
        diameter = \"2 um\"
        compartments = 4
        [branch.b]
        parent = \"a\"
        length = \"50 um\"
        diameter = \"1 um\"
        compartments = 2
        [[paint]]
        mechanism = \"pas\"
        parameters = {{ g = \"1e-4 S/cm2\", e = \"-65 mV\" }}
        {more}
        {}",
        rest_of_cell("implicit").replace("\"soma\"", "\"a\"")
    );
    let mut library = library();
    for text in [INFLOW, HOLE, include_str!("../../../library/stimuli/vclamp.mod"), include_str!("../../../library/stimuli/iclamp.mod")] {
        library.insert(homolog_nmodl::read(&Source::new("own.mod", text)).0.expect("a mechanism"));
    }
    library.insert_cell(common::read_cell("alone", &text));
    let mut network = network(vec![Population { bias: Some(false), ..population("cell", 1, "alone") }], vec![]);
    network.dt = Some(0.025.into());
    network.presentation = Some(100.0.into());
    compiled_by(&network, &library)
}

fn trace(made: &(Model, Params), variable: &str, branch: &str, position: f64) -> Vec<f64> {
    let group = &made.0.groups[0];
    let k = group.variables.iter().position(|v| v.name == variable).unwrap_or_else(|| panic!("no {variable}"));
    let anatomy = group.anatomy.as_ref().unwrap();
    let compartment = anatomy.at(0, branch, position).unwrap();
    let site = if variable == "v" { compartment } else { anatomy.of_variable[k].iter().position(|c| *c as usize == compartment).unwrap() };
    watched(&made.0, &made.1, Observable::Site(k, site))
}

#[test]
fn a_pool_fills_with_the_current_of_every_mechanism_as_its_equation_says() {
    let made = cell("[[paint]]\nmechanism = \"inflow\"\nregion = \"a\"\n[[paint]]\nmechanism = \"cadyn\"");
    let cai = trace(&made, "cai", "a", 0.3);
    let (decay, rest) = (80.0, 1e-4);
    let inflow = 1e4 * 0.05 * 0.002 / (2.0 * 96_485.332 * 0.1);
    for (k, c) in cai.iter().enumerate() {
        let t = (k + 1) as f64 * 0.025;
        let exact = rest + inflow * decay * (1.0 - homolog_base::math::exp(-t / decay));
        assert!((c / exact - 1.0).abs() < 1e-6, "{t} ms: {c} mM, exactly {exact}");
    }
    let elsewhere = trace(&made, "cai", "b", 0.3);
    assert!(elsewhere.iter().all(|c| (c - rest).abs() < 1e-18), "nothing flows in there");
    assert!(trace(&made, "ica", "a", 0.3).iter().all(|i| *i == -0.002) && trace(&made, "ica", "b", 0.3).iter().all(|i| *i == 0.0));
}

#[test]
fn the_reversal_potential_is_that_of_nernst_unless_the_cell_gives_one() {
    let paint = "[[paint]]\nmechanism = \"inflow\"\n[[paint]]\nmechanism = \"hole\"\n[[paint]]\nmechanism = \"cadyn\"";
    let made = cell(paint);
    let (cai, seen) = (trace(&made, "cai", "a", 0.3), trace(&made, "hole.seen", "a", 0.3));
    assert!(cai[cai.len() - 1] > 2.0 * cai[0], "the concentration moves");
    for k in 1..cai.len() {
        let nernst = 1000.0 * 8.314_462_618 * 279.45 / (2.0 * 96_485.332) * homolog_base::math::ln(2.0 / cai[k - 1]);
        assert!((seen[k] - nernst).abs() < 1e-6, "step {k}: {} mV, by Nernst {nernst}", seen[k]);
    }
    let given = cell(&format!("[ions]\neca = \"120 mV\"\n{paint}"));
    assert!(trace(&given, "hole.seen", "a", 0.3).iter().all(|e| (e - 120.0).abs() < 1e-9));
}

#[test]
fn a_voltage_clamp_at_a_place_holds_it_as_well_as_its_resistance_lets_it_and_changes_with_time() {
    let clamp = "[[place]]\nmechanism = \"vclamp\"\nbranch = \"a\"\nposition = 0.4\nparameters = { dur1 = \"50 ms\", amp1 = \"-80 mV\", dur2 = \"50 ms\", amp2 = \"0 mV\", rs = \"1e-5 Mohm\" }";
    let made = cell(clamp);
    let v = trace(&made, "v", "a", 0.4);
    // The clamp lets in the current of the cell: rs i is the error, some 1e-6 mV.
    assert!((v[1999] + 80.0).abs() < 1e-4, "{}", v[1999]);
    assert!((v[2000]).abs() < 1e-3, "the step of the middle of 50 ms and what follows: {}", v[2000]);
    assert!((v[3999]).abs() < 1e-4, "{}", v[3999]);
    let tip = trace(&made, "v", "b", 0.9);
    assert!(tip[3999] < -0.01 && tip[3999] > -5.0, "decays along the cable: {}", tip[3999]);
}

#[test]
fn a_current_clamp_from_the_library_is_a_stimulus_of_the_description() {
    let place = "[[place]]\nmechanism = \"iclamp\"\nbranch = \"b\"\nposition = 0.5\nparameters = { del = \"10 ms\", dur = \"40 ms\", amp = \"0.02 nA\" }";
    let placed = trace(&cell(place), "v", "b", 0.5);
    let mut other = cell("");
    let anatomy = other.0.groups[0].anatomy.as_ref().unwrap();
    let site = anatomy.at(0, "b", 0.5).unwrap();
    other.0.clamps.push(homolog_model::model::Clamp { group: 0, site, steps: vec![(400, 0.02), (2000, 0.0)] });
    let described = trace(&other, "v", "b", 0.5);
    for (k, (a, b)) in placed.iter().zip(&described).enumerate() {
        assert!((a - b).abs() < 1e-11, "step {k}: {a} and {b} mV");
    }
}
