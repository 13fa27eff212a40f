//! What diffuses along branches obeys the theory: the modes of a sealed cylinder, the steady state of a source and a sink, and no amount
//! that is lost; and its gradients are slopes.

mod common;

use common::{library, network, population, read_cell, rest_of_cell};
use homolog_base::math::{cos, sin};
use homolog_base::{Diagnostic, Source};
use homolog_engine::Engine;
use homolog_model::model::port;
use homolog_model::{Gradients, Inputs, Library, Model, Observable, Params, Per, Population, Probe, Runner, State, Tape, compile};
use std::f64::consts::PI;

/// A substance that diffuses, is made and decays.
const SPREAD: &str = "
    NEURON { SUFFIX spread  RANGE D, start, source, rate }
    UNITS { (mM) = (milli/liter)  (um) = (micron) }
    PARAMETER { D = 0.5 (um2/ms)  start = 0 (mM)  source = 0 (mM-um2/ms)  rate = 0 (/ms) }
    ASSIGNED { diam (um) }
    STATE { c (mM) }
    INITIAL { c = start }
    BREAKPOINT { SOLVE move METHOD sparse }
    KINETIC move {
        COMPARTMENT 0.25*diam*diam { c }
        LONGITUDINAL_DIFFUSION D*0.25*diam*diam { c }
        ~ c << (source)
        ~ c -> (rate*0.25*diam*diam)
    }
";

fn with(mods: &[&str]) -> Library {
    let mut library = library();
    for text in mods {
        let (m, problems) = homolog_nmodl::read(&Source::new("own.mod", *text));
        assert!(problems.is_empty(), "{problems:?}");
        library.insert(m.unwrap());
    }
    library
}

fn cell_of(text: &str, mods: &[&str], (shown, dt): (f64, f64), learn: &[(&str, Per)]) -> Result<(Model, Params), Vec<Diagnostic>> {
    let mut library = with(mods);
    library.insert_cell(read_cell("alone", text));
    let learn = learn.iter().map(|(n, per)| common::learn(n, *per)).collect();
    let mut network = network(vec![Population { bias: Some(false), learn, ..population("cell", 1, "alone") }], vec![]);
    network.dt = Some(dt.into());
    network.presentation = Some(shown.into());
    compile(&network, &library, 5)
}

/// The last numbers of a variable in all its places, branch by branch.
fn last(model: &Model, params: &Params, variable: &str) -> Vec<f64> {
    let k = index(model, variable);
    let anatomy = model.groups[0].anatomy.as_ref().unwrap();
    let all = common::watched(model, params, Observable::State(k));
    let end = &all[all.len() - model.groups[0].variables[k].sites..];
    let mut found: Vec<_> = anatomy.of_variable[k].iter().zip(end).map(|(c, x)| (&anatomy.compartments[*c as usize], *x)).collect();
    found.sort_by_key(|f| f.0);
    found.into_iter().map(|f| f.1).collect()
}

fn index(model: &Model, variable: &str) -> usize {
    model.groups[0].variables.iter().position(|v| v.name == variable).unwrap_or_else(|| panic!("no {variable}"))
}

/// The volumes of the places of a variable, um3.
fn volumes(model: &Model, variable: &str) -> Vec<f64> {
    let fixed = model.groups[0].fixed.iter().find(|f| f.name == port::inertia(variable)).unwrap();
    fixed.values.as_ref().unwrap().iter().map(|x| x * model.dt).collect()
}

/// A cylinder of 100 um with a pulse in its first quarter.
fn pulse(compartments: usize) -> String {
    format!(
        "[branch.a]\nlength = \"100 um\"\ndiameter = \"2 um\"\ncompartments = {compartments}\n[[paint]]\nmechanism = \"spread\"\n\
         parameters = {{ start = {{ value = \"max(0, min(1, 1e6*(0.25 - position)))\", unit = \"mM\" }} }}\n{}",
        rest_of_cell("implicit")
    )
}

/// The mean over a compartment of the pulse, from its Fourier series on a sealed cylinder; `decay` is what a mode of this rate (/ms) has left.
fn of_pulse(from: f64, to: f64, decay: impl Fn(f64) -> f64) -> f64 {
    let mode = |k: i32| {
        let q = PI * f64::from(k) / 100.0;
        let (height, mean) = (2.0 * sin(q * 25.0) / (q * 100.0), (sin(q * to) - sin(q * from)) / (q * (to - from)));
        height * mean * decay(0.5 * q * q)
    };
    0.25 + (1..400).map(mode).sum::<f64>()
}

/// The greatest error of the pulse after 400 ms, against modes that decay so.
fn error_of_pulse(compartments: usize, dt: f64, decay: impl Fn(f64) -> f64 + Copy) -> f64 {
    let (model, params) = cell_of(&pulse(compartments), &[SPREAD], (400.0, dt), &[]).unwrap();
    let found = last(&model, &params, "spread.c");
    let edge = |k: usize| 100.0 * k as f64 / compartments as f64;
    found.iter().enumerate().map(|(k, c)| (c - of_pulse(edge(k), edge(k + 1), decay)).abs()).fold(0.0, f64::max)
}

#[allow(clippy::disallowed_methods)]
fn exp(x: f64) -> f64 {
    x.exp()
}

#[test]
fn a_pulse_in_a_sealed_cylinder_follows_its_fourier_series_with_order_2_in_space() {
    // Modes as backward Euler lets them decay, so that what is left is the error in space.
    let decay = |rate: f64| 1.0 / (1.0 + rate).powi(400);
    let errors = [8, 16, 32, 64].map(|n| error_of_pulse(n, 1.0, decay));
    println!("{errors:?}");
    for pair in errors.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        assert!((order - 2.0).abs() < 0.15, "order {order} of {errors:?}");
    }
    assert!(errors[3] < 5e-4, "{errors:?}");
}

#[test]
fn a_pulse_in_a_sealed_cylinder_follows_its_fourier_series_with_order_1_in_the_step() {
    // Modes of the compartments themselves, so that what is left is the error of the step.
    let n = 40;
    let decay = |rate: f64| {
        let q = (rate / 0.5).sqrt();
        let h = 100.0 / n as f64;
        exp(-400.0 * 0.5 * 2.0 * (1.0 - cos(q * h)) / (h * h))
    };
    let edge = |k: usize| 100.0 * k as f64 / n as f64;
    // The modes of so many compartments, each with the share that it has of the pulse.
    let exact = |k: usize| {
        let mode = |m: usize| {
            let shape = |i: usize| cos(PI * m as f64 * (i as f64 + 0.5) / n as f64);
            let height = (0..n / 4).map(shape).sum::<f64>() * if m == 0 { 1.0 } else { 2.0 } / n as f64;
            let q = PI * m as f64 / 100.0;
            height * shape(k) * decay(0.5 * q * q)
        };
        (0..n).map(mode).sum::<f64>()
    };
    assert!((exact(3) - of_pulse(edge(3), edge(4), |rate| exp(-400.0 * rate))).abs() < 1e-3, "the series is that of the cylinder");
    let error = |dt: f64| {
        let (model, params) = cell_of(&pulse(n), &[SPREAD], (400.0, dt), &[]).unwrap();
        last(&model, &params, "spread.c").iter().enumerate().map(|(k, c)| (c - exact(k)).abs()).fold(0.0, f64::max)
    };
    let errors = [4.0, 2.0, 1.0, 0.5].map(error);
    println!("{errors:?}");
    for pair in errors.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        assert!((order - 1.0).abs() < 0.1, "order {order} of {errors:?}");
    }
}

/// A tapering trunk with three branches of other diameters at its end, and one in the middle.
fn tree(more: &str, scheme: &str) -> String {
    let branch = |name: &str, parent: &str, length: f64, diameter: &str, n: usize| {
        format!("[branch.{name}]\n{parent}length = \"{length} um\"\ndiameter = {diameter}\ncompartments = {n}\nregion = \"{name}\"\n")
    };
    [
        branch("a", "", 60.0, "[\"6 um\", \"2 um\"]", 4),
        branch("b", "parent = \"a\"\n", 50.0, "\"1.5 um\"", 3),
        branch("c", "parent = \"a\"\n", 30.0, "\"0.7 um\"", 2),
        branch("d", "parent = \"a\"\n", 80.0, "[\"1 um\", \"0.3 um\"]", 5),
        branch("e", "parent = \"a\"\nat = 0.4\n", 20.0, "\"1 um\"", 2),
        more.to_string(),
        rest_of_cell(scheme),
    ]
    .concat()
}

#[test]
fn no_amount_is_lost_on_a_tree_of_varying_diameters() {
    for scheme in ["implicit", "second-order"] {
        let paint = "[[paint]]\nmechanism = \"spread\"\nparameters = { D = \"0.7 um2/ms\", start = { value = \"1 + distance/30\", unit = \"mM\" } }\n";
        let (model, params) = cell_of(&tree(paint, scheme), &[SPREAD], (500.0, 0.5), &[]).unwrap();
        let k = index(&model, "spread.c");
        let (nodes, volumes) = (model.groups[0].variables[k].sites, volumes(&model, "spread.c"));
        assert!(nodes > volumes.len(), "branches meet at junctions");
        let trace = common::watched(&model, &params, Observable::State(k));
        let amount = |row: &[f64]| row.iter().zip(&volumes).map(|(c, v)| c * v).sum::<f64>();
        let rows: Vec<&[f64]> = trace.chunks(nodes).collect();
        let (begin, end) = (amount(rows[0]), amount(rows[rows.len() - 1]));
        println!("{scheme}: {begin} um3 mM, {:.1e} of it lost in {} steps", (end / begin - 1.0).abs(), rows.len());
        assert!((end / begin - 1.0).abs() < 1e-13, "{begin} {end}");
        let spread = |row: &[f64]| row[..volumes.len()].iter().fold((f64::INFINITY, 0.0f64), |(l, h), c| (l.min(*c), h.max(*c)));
        let ((low, high), (lowest, highest)) = (spread(rows[0]), spread(rows[rows.len() - 1]));
        assert!(highest - lowest < 0.8 * (high - low), "something moved: {low} {high}, {lowest} {highest}");
    }
}

#[test]
fn a_source_at_the_end_and_decay_make_the_steady_state_of_a_cable_with_order_2() {
    // c = J lambda / (D A) cosh((L - x) / lambda) / sinh(L / lambda), lambda = sqrt(D tau): Rall's steady state. Reactions and diffusion come one
    // after the other, which makes of tau and J in steps of dt tau + dt and J tau / (tau + dt).
    let (d, tau, length, diameter, source) = (0.4, 400.0, 30.0, 2.0, 3.0);
    #[allow(clippy::disallowed_methods)]
    let exact = |x: f64, dt: f64| {
        let (lambda, source) = (f64::sqrt(d * (tau + dt)), source * tau / (tau + dt));
        source * lambda / d * ((length - x) / lambda).cosh() / (length / lambda).sinh() / (0.25 * diameter * diameter)
    };
    let error = |n: usize, dt: f64, as_if: f64| {
        let paint = format!(
            "[branch.a]\nlength = \"{length} um\"\ndiameter = \"{diameter} um\"\ncompartments = {n}\n[[paint]]\nmechanism = \"spread\"\n\
             parameters = {{ D = {d}, rate = {}, source = {{ value = \"max(0, min(1, 1e6*(1/compartments - position)))*{source}*compartments/{length}\", \
             unit = \"mM-um2/ms\" }} }}\n",
            1.0 / tau
        );
        let (model, params) = cell_of(&format!("{paint}{}", rest_of_cell("implicit")), &[SPREAD], (10000.0, dt), &[]).unwrap();
        let found = last(&model, &params, "spread.c");
        let at = |k: usize| (k as f64 + 0.5) * length / n as f64;
        (0..n).map(|k| (found[k] / exact(at(k), as_if) - 1.0).abs()).fold(0.0, f64::max)
    };
    let errors = [6, 12, 24, 48].map(|n| error(n, 10.0, 10.0));
    println!("{errors:?}");
    for pair in errors.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        assert!((order - 2.0).abs() < 0.2, "order {order} of {errors:?}");
    }
    assert!(errors[3] < 1e-3);
    let of_steps = [20.0, 10.0, 5.0].map(|dt| error(48, dt, 0.0));
    println!("against the solution without steps, as these are halved: {of_steps:?}");
    assert!(of_steps.windows(2).all(|w| (w[0] / w[1] - 2.0).abs() < 0.2), "{of_steps:?}");
}

#[test]
fn beyond_compartments_without_the_mechanism_nothing_moves() {
    let paint = "[[paint]]\nmechanism = \"spread\"\nregions = [\"b\", \"c\", \"d\", \"e\"]\n\
                 parameters = { start = { value = \"max(0, min(1, 1e6*(distance - 45)))\", unit = \"mM\" } }\n";
    let (model, params) = cell_of(&tree(paint, "implicit"), &[SPREAD], (300.0, 1.0), &[]).unwrap();
    assert_eq!(model.groups[0].diffusion[0].tree.parent.iter().filter(|p| p.is_none()).count(), 4, "each branch for itself");
    let end = last(&model, &params, "spread.c");
    let branches = ["b"; 3].into_iter().chain(["c"; 2]).chain(["d"; 5]).chain(["e"; 2]);
    assert_eq!(end.len(), 12);
    for (branch, c) in branches.zip(end) {
        assert_eq!(c == 0.0, branch == "e", "{branch}: {c}");
    }
}

#[test]
fn where_nothing_diffuses_there_is_nothing_to_solve() {
    let paint = "[[paint]]\nmechanism = \"spread\"\nparameters = { D = 0 }\n";
    let (model, _) = cell_of(&tree(paint, "implicit"), &[SPREAD], (10.0, 1.0), &[]).unwrap();
    assert!(model.groups[0].diffusion.is_empty() && model.groups[0].fixed.iter().all(|f| !f.name.contains(':')));
}

#[test]
fn a_constant_that_begins_at_nothing_can_be_learned_and_moves_nothing() {
    let paint = "[[paint]]\nmechanism = \"spread\"\nparameters = { D = 0, start = { value = \"distance\", unit = \"mM\" } }\n";
    let (model, params) = cell_of(&tree(paint, "implicit"), &[SPREAD], (10.0, 1.0), &[("spread.D", Per::Neuron)]).unwrap();
    let (still, _) = cell_of(&tree(paint, "implicit"), &[SPREAD], (10.0, 1.0), &[]).unwrap();
    for (moved, begin) in last(&model, &params, "spread.c").into_iter().zip(last(&still, &params, "spread.c")) {
        assert!((moved / begin - 1.0).abs() < 1e-14, "{moved} {begin}");
    }
    let out = gradient(&model, &params, &weights(&model));
    assert!(out[0][0].is_finite() && out[0][0] != 0.0, "{out:?}");
}

#[test]
fn what_cannot_be_is_said() {
    let said = |text: &str, paint: &str| {
        let cell = tree(&format!("[[paint]]\nmechanism = \"spread\"\n{paint}"), "implicit");
        let e = cell_of(&cell, &[text], (10.0, 1.0), &[]).map(|_| ()).unwrap_err();
        e.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("\n")
    };
    let on_potential = SPREAD.replace("DIFFUSION D*", "DIFFUSION D*(1 + v/100)*").replace("diam (um) }", "diam (um)  v (mV) }");
    let e = said(&on_potential, "");
    assert!(e.contains("how `c` diffuses depends on `v`"), "{e}");
    let e = said(&SPREAD.replace("DIFFUSION D*", "DIFFUSION D*c*"), "");
    assert!(e.contains("how `c` diffuses depends on `c`"), "{e}");
    let e = said(SPREAD, "parameters = { D = -1 }\n");
    assert!(e.contains("is negative"), "{e}");
    let e = said(&SPREAD.replace("COMPARTMENT 0.25*", "COMPARTMENT 0*"), "");
    assert!(e.contains("a volume of 0 um3"), "{e}");
}

/// Weights of a loss on all of a trace.
fn weights(model: &Model) -> Vec<f64> {
    let n = model.groups[0].variables[index(model, "spread.c")].sites * model.ticks;
    (0..n).map(|k| homolog_base::Key::new(9).normal(k as u64, 0)).collect()
}

fn probe(model: &Model) -> Vec<Probe> {
    vec![Probe { group: 0, what: Observable::Site(index(model, "spread.c"), 3) }]
}

/// The gradient of a loss on the trace of one place.
fn gradient(model: &Model, params: &Params, weights: &[f64]) -> Vec<Vec<f64>> {
    let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
    let (mut engine, mut tape, mut out) = (Engine::new(1), Tape::default(), Gradients::default());
    engine.run(model, params, &nothing, &probe(model), &mut State::fresh(), Some(&mut tape)).unwrap();
    let weights = vec![weights[..model.ticks].to_vec()];
    engine.pullback(model, params, &nothing, &probe(model), &mut tape, &weights, &[], &mut out).unwrap();
    out.params
}

#[test]
fn gradients_of_diffusion_constant_diameter_and_start_are_finite_differences() {
    let paint = "[[paint]]\nmechanism = \"spread\"\nparameters = { D = 0.7, rate = 0.01, start = 0.2 }\n";
    let learn = [("spread.D", Per::Region), ("spread.start", Per::Compartment), ("diameter", Per::Compartment)];
    let (model, mut params) = cell_of(&tree(paint, "implicit"), &[SPREAD], (60.0, 1.0), &learn).unwrap();
    for (t, tensor) in params.tensors.iter_mut().enumerate() {
        tensor.values.iter_mut().enumerate().for_each(|(k, x)| *x *= 1.0 + 0.4 * homolog_base::Key::new(4).uniform(k as u64, t as u64));
    }
    let weights = weights(&model);
    let loss = |params: &Params| -> f64 {
        let Probe { what, .. } = probe(&model).remove(0);
        common::watched(&model, params, what).iter().zip(&weights).map(|(c, w)| c * w).sum()
    };
    let out = gradient(&model, &params, &weights);
    for (t, got) in out.iter().enumerate() {
        let name = params.tensors[t].name.clone();
        let norm = got.iter().map(|x| x.abs()).fold(0.0, f64::max);
        assert!(norm > 0.0, "{name} moves nothing");
        let mut worst = 0.0f64;
        for (k, g) in got.iter().enumerate() {
            let (x, h) = (params.tensors[t].values[k], 1e-5 * params.tensors[t].values[k]);
            let mut at = |x: f64| {
                params.tensors[t].values[k] = x;
                loss(&params)
            };
            let slope = (at(x + h) - at(x - h)) / (2.0 * h);
            at(x);
            worst = worst.max((slope - g).abs() / norm);
        }
        println!("{name}: {} numbers, {worst:.1e} of the largest", got.len());
        assert!(worst < 1e-6, "{name}: {worst}");
    }
}
