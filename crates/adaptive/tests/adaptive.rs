//! The adaptive reference equals solutions that are written down, follows its tolerance, and finds the order of the steps.

#[path = "../../engine/tests/common/mod.rs"]
mod common;

use common::{clamp, library, network, population, read_cell, rest_of_cell};
use homolog_adaptive::{Solved, Tolerance};
use homolog_base::math::cos;
use homolog_base::{Diagnostic, Source};
use homolog_engine::Engine;
use homolog_model::{Inputs, Model, Observable, Params, Population, Probe, Runner, State, Stimulus, compile, equations};
use std::f64::consts::PI;

/// One cell, with its equations.
struct Alone {
    model: Model,
    params: Params,
    equations: Vec<homolog_model::Equations>,
}

fn alone(text: &str, mods: &[&str], (shown, dt): (f64, f64), stimuli: Vec<Stimulus>) -> Result<Alone, Vec<Diagnostic>> {
    let mut library = library();
    for text in mods {
        let (m, problems) = homolog_nmodl::read(&Source::new("own.mod", *text));
        library.insert(m.unwrap_or_else(|| panic!("{problems:?}")));
    }
    library.insert_cell(read_cell("alone", text));
    let mut network = network(vec![Population { bias: Some(false), ..population("cell", 1, "alone") }], vec![]);
    network.dt = Some(dt.into());
    network.presentation = Some(shown.into());
    network.stimuli = stimuli;
    let (model, params) = compile(&network, &library, 5)?;
    let equations = equations(&network, &library, &model)?;
    Ok(Alone { model, params, equations })
}

impl Alone {
    fn probe(&self, variable: &str, branch: &str, position: f64) -> Probe {
        let group = &self.model.groups[0];
        let k = group.variables.iter().position(|v| v.name == variable).unwrap_or_else(|| panic!("no {variable}"));
        let anatomy = group.anatomy.as_ref().unwrap();
        let at = anatomy.at(0, branch, position).unwrap();
        let site = if variable == "v" { at } else { anatomy.of_variable[k].iter().position(|c| *c as usize == at).unwrap() };
        Probe { group: 0, what: Observable::Site(k, site) }
    }

    fn solved(&self, probes: &[Probe], relative: f64, absolute: f64) -> Solved {
        let tolerance = Tolerance { relative, absolute };
        homolog_adaptive::run(&self.model, &self.params, &self.equations, probes, tolerance)
            .unwrap_or_else(|d| panic!("{}", d.render(false)))
    }

    fn reference(&self, probe: &Probe) -> Vec<f64> {
        self.solved(std::slice::from_ref(probe), 1e-10, 1e-11).recording.traces.swap_remove(0).data
    }

    fn stepped(&self, probe: &Probe) -> Vec<f64> {
        let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
        let run = Engine::new(1).run(&self.model, &self.params, &nothing, std::slice::from_ref(probe), &mut State::fresh(), None);
        run.unwrap_or_else(|f| panic!("{f}")).traces.swap_remove(0).data
    }
}

fn most(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

#[allow(clippy::disallowed_methods)]
fn exp(x: f64) -> f64 {
    x.exp()
}

/// A branch without ends, `n` compartments of 10 um by 2 um, 100 ohm cm.
fn cable(n: usize, more: &str, scheme: &str) -> String {
    format!("[branch.a]\nlength = \"{} um\"\ndiameter = \"2 um\"\ncompartments = {n}\n{more}\n{}", 10 * n, rest_of_cell(scheme))
}

const PAS: &str = "[[paint]]\nmechanism = \"pas\"\nparameters = { g = \"1e-4 S/cm2\", e = \"-65 mV\" }";
const HH: &str = "[[paint]]\nmechanism = \"hh\"\n";

/// Modes of a chain of equal compartments with sealed ends: current into the first from one time to another, mV above rest.
fn of_chain(n: usize, at: usize, current: f64, (begin, end): (f64, f64), t: f64) -> f64 {
    let area = PI * 2.0 * 10.0;
    let (c, leak) = (1e-5 * area, 1e-2 * 1e-4 * area);
    // 100 ohm cm over 10 um of a cylinder of 2 um, in uS: area / (resistivity length).
    let axial = 1e2 * PI / (100.0 * 10.0);
    let pulse = |rate: f64, since: f64| if since > 0.0 { (1.0 - exp(-rate * since)) / rate } else { 0.0 };
    (0..n)
        .map(|k| {
            let angle = PI * k as f64 / n as f64;
            let mode = |i: usize| cos(angle * (i as f64 + 0.5)) * if k == 0 { (1.0 / n as f64).sqrt() } else { (2.0 / n as f64).sqrt() };
            let rate = (leak + 2.0 * axial * (1.0 - cos(angle))) / c;
            mode(0) * mode(at) * current / c * (pulse(rate, t - begin) - pulse(rate, t - end))
        })
        .sum()
}

#[test]
fn a_passive_chain_follows_its_modes_to_1e_7_mv_with_edges_between_steps() {
    let (n, pulse) = (8, (1.2345, 3.7777));
    for scheme in ["implicit", "second-order"] {
        let stimulus = clamp("a", 0.01, (pulse.0, pulse.1 - pulse.0), 0.02);
        let cell = alone(&cable(n, PAS, scheme), &[], (8.0, 0.1), vec![stimulus]).unwrap();
        for at in [0, 3, n - 1] {
            let found = cell.reference(&cell.probe("v", "a", (at as f64 + 0.5) / n as f64));
            let exact: Vec<f64> = (1..=80).map(|k| -65.0 + of_chain(n, at, 0.02, pulse, 0.1 * f64::from(k))).collect();
            assert!(exact.iter().any(|v| *v > -64.0), "something happens");
            let apart = most(&found, &exact);
            println!("compartment {at}: {apart:.1e} mV");
            assert!(apart < 1e-7, "compartment {at}: {apart} mV");
        }
    }
}

#[test]
fn a_fork_at_a_junction_without_membrane_equals_a_fixed_step_run_as_the_step_goes_to_0() {
    let branch = |name: &str, parent: &str| format!("[branch.{name}]\n{parent}length = \"60 um\"\ndiameter = \"1 um\"\ncompartments = 3\n");
    let fork = [branch("a", ""), branch("b", "parent = \"a\"\n"), branch("c", "parent = \"a\"\n")].concat();
    let at_dt = |dt: f64| {
        alone(&format!("{fork}{HH}{}", rest_of_cell("second-order")), &[], (3.0, dt), vec![clamp("b", 0.9, (0.5, 1.0), 0.05)]).unwrap()
    };
    let error = |dt: f64| {
        let cell = at_dt(dt);
        let probe = cell.probe("v", "c", 0.5);
        most(&cell.reference(&probe), &cell.stepped(&probe))
    };
    let errors = [0.02, 0.01, 0.005].map(error);
    println!("{errors:?} mV");
    assert!(errors[0] < 1.0 && errors[2] > 1e-5);
    for pair in errors.windows(2) {
        assert!((pair[0] / pair[1] - 4.0).abs() < 0.6, "{errors:?}");
    }
}

/// Errors of the potential of an axon's patch against the reference, at steps that are halved.
fn errors(scheme: &str, steps: &[f64]) -> Vec<f64> {
    let of_step = |dt: &f64| {
        let cell = alone(&cable(1, HH, scheme), &[], (6.0, *dt), vec![clamp("a", 0.5, (0.5, 5.0), 0.01)]).unwrap();
        let probe = cell.probe("v", "a", 0.5);
        let (exact, found) = (cell.reference(&probe), cell.stepped(&probe));
        assert!(exact.iter().any(|v| *v > 20.0), "it spikes");
        most(&exact, &found)
    };
    steps.iter().map(of_step).collect()
}

#[test]
fn the_error_of_the_implicit_scheme_halves_with_the_step_and_that_of_the_second_order_scheme_quarters() {
    for (scheme, steps, ratio, tolerance) in
        [("implicit", [0.002, 0.001, 0.0005], 2.0, 0.15), ("second-order", [0.02, 0.01, 0.005], 4.0, 0.4)]
    {
        let e = errors(scheme, &steps);
        println!("{scheme}: {e:?} mV");
        assert!(e.windows(2).all(|p| (p[0] / p[1] - ratio).abs() < tolerance), "{scheme}: {e:?}");
    }
}

#[test]
fn a_patch_of_the_squid_axon_equals_fixed_steps_extrapolated_to_0() {
    let of_step = |dt: f64| alone(&cable(1, HH, "second-order"), &[], (6.0, dt), vec![clamp("a", 0.5, (0.5, 5.0), 0.01)]).unwrap();
    let rows = |dt: f64, every: usize| {
        let cell = of_step(dt);
        let v = cell.stepped(&cell.probe("v", "a", 0.5));
        v.iter().skip(every - 1).step_by(every).copied().collect::<Vec<_>>()
    };
    let (a, b, c) = (rows(0.002, 5), rows(0.001, 10), rows(0.0005, 20));
    let order_4: Vec<f64> = (0..a.len())
        .map(|k| {
            let (ab, bc) = (b[k] + (b[k] - a[k]) / 3.0, c[k] + (c[k] - b[k]) / 3.0);
            bc + (bc - ab) / 15.0
        })
        .collect();
    let cell = of_step(0.01);
    let apart = most(&cell.reference(&cell.probe("v", "a", 0.5)), &order_4);
    println!("{apart:.1e} mV");
    assert!(apart < 2e-6, "{apart} mV");
}

const SINK: &str = "[[paint]]\nmechanism = \"cahva\"\nparameters = { gbar = \"1e-3 S/cm2\" }\n[[paint]]\nmechanism = \"cadyn\"\n[[paint]]\nmechanism = \"sk\"\nparameters = { gbar = \"2e-3 S/cm2\" }\n";

#[test]
fn a_pool_and_the_channels_that_it_opens_converge_to_the_reference() {
    let text = cable(2, &format!("{HH}{SINK}"), "implicit");
    let error = |dt: f64| {
        let cell = alone(&text, &[], (20.0, dt), vec![clamp("a", 0.25, (1.0, 3.0), 0.03)]).unwrap();
        ["v", "cai", "sk.z", "ica"].map(|variable| {
            let probe = cell.probe(variable, "a", 0.75);
            let exact = cell.reference(&probe);
            let range = exact.iter().copied().fold(f64::NEG_INFINITY, f64::max) - exact.iter().copied().fold(f64::INFINITY, f64::min);
            assert!(range > 0.0, "{variable} moves");
            most(&exact, &cell.stepped(&probe)) / range
        })
    };
    let errors = [0.002, 0.001].map(error);
    println!("{errors:?}");
    for (coarse, fine) in errors[0].iter().zip(&errors[1]) {
        assert!((coarse / fine - 2.0).abs() < 0.2, "{errors:?}");
    }
}

#[test]
fn what_stands_at_a_place_switches_where_it_says_and_equals_the_stimulus() {
    let iclamp = include_str!("../../../library/stimuli/iclamp.mod");
    let place = "[[place]]\nmechanism = \"iclamp\"\nbranch = \"a\"\nposition = 0.1\nparameters = { del = \"1.2345 ms\", dur = \"2.5432 ms\", amp = \"0.02 nA\" }\n";
    let placed = alone(&cable(4, &format!("{PAS}\n{place}"), "implicit"), &[iclamp], (6.0, 0.1), vec![]).unwrap();
    let injected = alone(&cable(4, PAS, "implicit"), &[], (6.0, 0.1), vec![clamp("a", 0.1, (1.2345, 2.5432), 0.02)]).unwrap();
    let apart = most(&placed.reference(&placed.probe("v", "a", 0.9)), &injected.reference(&injected.probe("v", "a", 0.9)));
    println!("{apart:.1e} mV");
    assert!(apart < 1e-7, "{apart} mV");
}

#[test]
fn a_hundredth_of_the_tolerance_is_a_smaller_error() {
    let cell = alone(&cable(3, HH, "implicit"), &[], (8.0, 0.1), vec![clamp("a", 0.1, (0.5, 1.0), 0.1)]).unwrap();
    let probe = cell.probe("v", "a", 0.9);
    let exact = cell.reference(&probe);
    let errors = [1e-4, 1e-6, 1e-8].map(|r| {
        let solved = cell.solved(std::slice::from_ref(&probe), r, r / 10.0);
        println!("{r:e}: {} steps", solved.steps);
        most(&solved.recording.traces[0].data, &exact)
    });
    println!("{errors:?} mV");
    assert!(errors.windows(2).all(|e| e[1] < 0.2 * e[0]) && errors[2] < 1e-4, "{errors:?}");
}

#[test]
fn a_spike_falls_where_the_potential_is_at_the_threshold() {
    let cell = alone(&cable(1, HH, "implicit"), &[], (30.0, 0.1), vec![clamp("a", 0.5, (0.5, 28.0), 0.01)]).unwrap();
    let spikes = cell.solved(&[Probe { group: 0, what: Observable::Spikes }], 1e-10, 1e-11).spikes[0][0].clone();
    assert!(spikes.len() >= 2, "{spikes:?}");
    for spike in spikes.iter().take(2) {
        // The presentation ends where it spikes.
        let upto = alone(&cable(1, HH, "implicit"), &[], (*spike, *spike / 64.0), vec![clamp("a", 0.5, (0.5, 28.0), 0.01)]).unwrap();
        let v = upto.reference(&upto.probe("v", "a", 0.5));
        assert!((v[63] + 20.0).abs() < 1e-4, "{} mV at {spike} ms", v[63]);
    }
}

/// A gate of three states by a block of equations.
fn gate(method: &str, equations: &str) -> String {
    format!(
        "NEURON {{ SUFFIX gate  NONSPECIFIC_CURRENT i }}
        PARAMETER {{ g = 1e-3 (S/cm2)  e = -20 (mV) }}
        ASSIGNED {{ v (mV)  i (mA/cm2) }}
        STATE {{ c1 c2 o }}
        INITIAL {{ c1 = 1 c2 = 0 o = 0 }}
        BREAKPOINT {{ SOLVE scheme METHOD {method}  i = g*o*(v - e) }}
        {equations}"
    )
}

/// As reactions of a closed scheme, and as the same equations.
const KINETIC: &str = "
    KINETIC scheme {
        ~ c1 <-> c2 (0.3*exp(v/40), 0.2*exp(-v/40))
        ~ c2 <-> o (0.5, 0.25)
        CONSERVE c1 + c2 + o = 1
    }
";
const WRITTEN_OUT: &str = "
    DERIVATIVE scheme {
        c1' = 0.2*exp(-v/40)*c2 - 0.3*exp(v/40)*c1
        c2' = 0.3*exp(v/40)*c1 - (0.2*exp(-v/40) + 0.5)*c2 + 0.25*o
        o' = 0.5*c2 - 0.25*o
    }
";
const INSTANT: &str = "
    NEURON { SUFFIX gate  NONSPECIFIC_CURRENT i }
    PARAMETER { g = 1e-3 (S/cm2)  e = -20 (mV) }
    ASSIGNED { v (mV)  i (mA/cm2)  minf }
    STATE { h }
    INITIAL { rates(v) h = 1 }
    BREAKPOINT { SOLVE gates METHOD cnexp  i = g*minf*h*(v - e) }
    DERIVATIVE gates { rates(v) h' = (0.2 - h)/3 }
    PROCEDURE rates(v) { minf = 1/(1 + exp(-(v + 50)/8)) }
";
const STEPPED: &str = "
    NEURON { SUFFIX gate  NONSPECIFIC_CURRENT i }
    PARAMETER { g = 1e-3 (S/cm2)  e = -20 (mV) }
    ASSIGNED { v (mV)  i (mA/cm2)  dt (ms) }
    STATE { m }
    INITIAL { m = 0 }
    BREAKPOINT { SOLVE gates  i = g*m*(v - e) }
    PROCEDURE gates() { m = m + (1 - exp(-dt/2))*(0.5 - m) }
";

fn with_gate(text: &str) -> Result<Alone, Vec<Diagnostic>> {
    alone(&cable(2, &format!("{PAS}\n[[paint]]\nmechanism = \"gate\""), "implicit"), &[text], (10.0, 0.1), vec![])
}

#[test]
fn reactions_mean_their_equations() {
    let traces = [("sparse", KINETIC), ("derivimplicit", WRITTEN_OUT)].map(|(method, equations)| {
        let cell = with_gate(&gate(method, equations)).unwrap();
        cell.reference(&cell.probe("v", "a", 0.2))
    });
    assert!((traces[0][99] + 65.0).abs() > 1.0, "the gate opens");
    assert!(most(&traces[0], &traces[1]) < 1e-7, "{}", most(&traces[0], &traces[1]));
}

#[test]
fn what_is_kept_from_the_step_of_states_follows_the_potential_at_once() {
    let cell = with_gate(INSTANT).unwrap();
    let (v, minf) = (cell.reference(&cell.probe("v", "a", 0.2)), cell.reference(&cell.probe("gate.minf", "a", 0.2)));
    for (v, m) in v.iter().zip(&minf) {
        assert!((1.0 / (1.0 + exp(-(v + 50.0) / 8.0)) - m).abs() < 1e-9, "{v} mV, {m}");
    }
}

#[test]
fn states_that_are_stepped_without_an_equation_are_refused_by_name() {
    let Err(e) = with_gate(STEPPED) else { panic!("it has no equation") };
    assert_eq!(e.len(), 1, "{e:?}");
    assert!(e[0].message.contains("`gate`") && e[0].message.contains("without an equation"), "{}", e[0].message);
}

const SPREAD: &str = "
    NEURON { SUFFIX spread  RANGE D, start }
    PARAMETER { D = 0.5 (um2/ms)  start = 0 (mM) }
    ASSIGNED { diam (um) }
    STATE { c (mM) }
    INITIAL { c = start }
    BREAKPOINT { SOLVE move METHOD sparse }
    KINETIC move { COMPARTMENT diam*diam { c }  LONGITUDINAL_DIFFUSION D*diam*diam { c } }
";

/// A mode of a sealed cylinder at the beginning.
fn mode(n: usize) -> String {
    let paint =
        "[[paint]]\nmechanism = \"spread\"\nparameters = { start = { value = \"1 + position*position*(3 - 2*position)\", unit = \"mM\" } }";
    cable(n, paint, "implicit")
}

#[test]
fn what_diffuses_in_a_cylinder_follows_the_modes_of_its_compartments_to_1e_9() {
    let n = 8;
    let cell = alone(&mode(n), &[SPREAD], (200.0, 2.0), vec![]).unwrap();
    let begin = |i: usize| {
        let x = (i as f64 + 0.5) / n as f64;
        1.0 + x * x * (3.0 - 2.0 * x)
    };
    let exact = |at: usize, t: f64| {
        let part = |k: usize| {
            let angle = PI * k as f64 / n as f64;
            let shape = |i: usize| cos(angle * (i as f64 + 0.5));
            let height = (0..n).map(|i| begin(i) * shape(i)).sum::<f64>() * if k == 0 { 1.0 } else { 2.0 } / n as f64;
            height * shape(at) * exp(-t * 0.5 * 2.0 * (1.0 - cos(angle)) / 100.0)
        };
        (0..n).map(part).sum::<f64>()
    };
    for at in [0, 3, n - 1] {
        let found = cell.reference(&cell.probe("spread.c", "a", (at as f64 + 0.5) / n as f64));
        let exact: Vec<f64> = (1..=100).map(|k| exact(at, 2.0 * f64::from(k))).collect();
        assert!((exact[0] - exact[99]).abs() > 1e-2, "something moves");
        let apart = most(&found, &exact);
        println!("compartment {at}: {apart:.1e} mM");
        assert!(apart < 1e-9, "compartment {at}: {apart} mM");
    }
}

#[test]
fn calcium_that_diffuses_through_a_fork_equals_a_fixed_step_run_as_the_step_goes_to_0() {
    let branch = |name: &str, parent: &str, d: f64| {
        format!("[branch.{name}]\n{parent}length = \"12 um\"\ndiameter = \"{d} um\"\ncompartments = 3\nregion = \"{name}\"\n")
    };
    let fork = [branch("a", "", 1.0), branch("b", "parent = \"a\"\n", 0.8), branch("c", "parent = \"a\"\n", 0.6)].concat();
    let pool = "[[paint]]\nmechanism = \"cadiff\"\nparameters = { DBuf = 0.1, extra = { value = \"1e-3*distance\", unit = \"mM\" } }\n";
    let channels = "[[paint]]\nmechanism = \"cahva\"\nregion = \"b\"\nparameters = { gbar = \"0.001 S/cm2\" }\n[ions]\ncao = \"2 mM\"\n";
    let at_dt = |dt: f64| alone(&format!("{fork}{PAS}\n{pool}{channels}{}", rest_of_cell("implicit")), &[], (20.0, dt), vec![]).unwrap();
    let error = |dt: f64| {
        let cell = at_dt(dt);
        let probe = cell.probe("cadiff.ca[2]", "c", 0.5);
        most(&cell.reference(&probe), &cell.stepped(&probe))
    };
    let errors = [0.2, 0.1, 0.05].map(error);
    println!("{errors:?} mM");
    assert!(errors[2] > 1e-9);
    for pair in errors.windows(2) {
        assert!((pair[0] / pair[1] - 2.0).abs() < 0.3, "{errors:?}");
    }
}
