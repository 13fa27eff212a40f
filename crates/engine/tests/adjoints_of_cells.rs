//! Gradients of cells equal dual numbers run through an independent implementation: of everything that can be learned, of the state that
//! a run began with, and of losses on values as on recorded traces; over hundreds of steps with spikes, in both schemes.

mod common;

use common::{cell_with_ions, compiled_by, inputs, library, population, projection, read_cell, sample};
use homolog_base::Key;
use homolog_engine::Engine;
use homolog_engine::reference::{Outcome, Start, run_from};
use homolog_ir::{Dual, Number};
use homolog_model::network::Delay;
use homolog_model::{Gradients, Inputs, Model, Observable, Params, Per, Probe, Projection, Runner, State, Tape};
use std::sync::LazyLock;

/// Two excitable compartments and two passive ones behind a fork, for longer than the other tests take.
fn cell(scheme: &str) -> String {
    let (text, long) = (cell_with_ions(scheme, "\"count\""), "presentation = \"20.5 ms\"");
    let text = text.replace("compartments = 2", "compartments = 1").replace("presentation = \"12 ms\"", long);
    assert!(text.contains(long) && !text.contains("compartments = 2"));
    text
}

const CELLS: usize = 1;
const NEURONS: usize = 2;
const FRAMES: usize = 2;
const LEARNED: [(&str, Per); 12] = [
    ("hh.gnabar", Per::Region),
    ("hh.gkbar", Per::Region),
    ("hh.gl", Per::Region),
    ("cahva.gbar", Per::Region),
    ("cadyn.decay", Per::Region),
    ("sk.khalf", Per::Neuron),
    ("tone.amp", Per::Neuron),
    ("resistivity", Per::Branch),
    ("capacitance", Per::Region),
    ("diameter", Per::Compartment),
    ("positive.tau", Per::Neuron),
    ("negative.tau", Per::Neuron),
];

/// A network whose two cells hear values and one another, a state to begin with, and what the dual numbers say of it.
struct Case {
    scheme: &'static str,
    model: Model,
    params: Params,
    shown: Inputs,
    start: State,
    /// The loss on values, and that on traces: its weights, probe by probe.
    losses: [Vec<(Probe, Vec<f64>)>; 2],
    /// For each loss and tensor: its slope with every number.
    of_params: [Vec<Vec<f64>>; 2],
    /// For each loss: its slope with every number of the cells' state at the start.
    of_start: [Vec<f64>; 2],
}

static CASES: LazyLock<[Case; 2]> = LazyLock::new(|| ["implicit", "second-order"].map(Case::new));

impl Case {
    fn new(scheme: &'static str) -> Case {
        let mut library = library();
        library.insert_cell(read_cell("small", &cell(scheme)));
        let mut populations = vec![population("in", 2, "input"), population("cells", NEURONS, "small")];
        populations[CELLS].learn = LEARNED.map(|(name, per)| common::learn(name, per)).into();
        let links = vec![projection("in", "cells"), Projection { delay: Some(Delay::Ms(0.5).into()), ..projection("cells", "cells") }];
        let network = common::network(populations, links);
        let (model, mut params) = compiled_by(&network, &library);
        for (name, values) in [("in->cells", [0.27, -0.15, -0.18, 0.36]), ("cells->cells", [0.1, 0.2, -0.15, 0.1])] {
            let t = params.find(name).unwrap();
            params.tensors[t].values = values.into();
        }
        params.tensors[model.groups[CELLS].bias.unwrap()].values = vec![1.0, 1.5];
        let shown = inputs(&model, 1, FRAMES);
        // A state in the middle of things, with nothing on its way.
        let mut start = State::fresh();
        Engine::new(1).run(&model, &params, &inputs(&model, 1, 1), &[], &mut start, None).unwrap();
        start.in_flight.iter_mut().for_each(|x| x.fill(0.0));
        let losses = losses(&model);
        let mut case = Case { scheme, model, params, shown, start, losses, of_params: [vec![], vec![]], of_start: [vec![], vec![]] };
        case.ask_the_dual_numbers();
        case
    }

    fn ask_the_dual_numbers(&mut self) {
        let tensors: Vec<Vec<f64>> = self.params.tensors.iter().map(|t| t.values.clone()).collect();
        let spikes = self.reference(&tensors, &self.start.variables).spikes.swap_remove(CELLS);
        for neuron in 0..NEURONS {
            let count: f64 = spikes.iter().map(|s| s[neuron]).sum();
            println!("{}: {count} spikes of neuron {neuron} in {} steps", self.scheme, spikes.len());
            assert!(count >= 2.0, "{}: {count} spikes of neuron {neuron} are too few to test anything", self.scheme);
        }
        let still = |x: &[Vec<f64>]| -> Vec<Vec<Dual>> { x.iter().map(|x| x.iter().map(|x| Dual::new(*x, 0.0)).collect()).collect() };
        let (mut numbers, mut start) = (still(&tensors), still(&self.start.variables));
        for (t, tensor) in tensors.iter().enumerate() {
            let mut slopes = [vec![], vec![]];
            for k in 0..tensor.len() {
                numbers[t][k].slope = 1.0;
                let out = self.reference(&numbers, &start);
                numbers[t][k].slope = 0.0;
                slopes.iter_mut().zip(&self.losses).for_each(|(s, l)| s.push(slope(l, &out)));
            }
            self.of_params.iter_mut().zip(slopes).for_each(|(all, s)| all.push(s));
        }
        for k in 0..start[CELLS].len() {
            start[CELLS][k].slope = 1.0;
            let out = self.reference(&numbers, &start);
            start[CELLS][k].slope = 0.0;
            self.of_start.iter_mut().zip(&self.losses).for_each(|(s, l)| s.push(slope(l, &out)));
        }
    }

    /// A naive run from a state whose numbers lie as in [`State::variables`].
    fn reference<N: Number>(&self, params: &[Vec<N>], start: &[Vec<N>]) -> Outcome<N> {
        let shown: Vec<Vec<Vec<N>>> = sample(&self.model, &self.shown, 0)
            .into_iter()
            .map(|g| g.into_iter().map(|f| f.into_iter().map(N::constant).collect()).collect())
            .collect();
        let begin: Start<N> = self.model.groups.iter().zip(start).map(|(g, numbers)| by_neuron(g, numbers)).collect();
        run_from(&self.model, params, &shown, 0, Some((self.start.tick, &begin)))
    }

    /// The gradient of a loss by the engine.
    fn pulled_back(&self, loss: usize) -> Gradients {
        let (probes, weights): (Vec<Probe>, Vec<Vec<f64>>) = self.losses[loss].iter().cloned().unzip();
        let (mut engine, mut tape, mut state, mut out) = (Engine::new(1), Tape::default(), self.start.clone(), Gradients::default());
        let recording = engine.run(&self.model, &self.params, &self.shown, &probes, &mut state, Some(&mut tape)).unwrap();
        assert!(recording.traces.iter().zip(&weights).all(|(t, w)| t.data.len() == w.len()));
        engine.pullback(&self.model, &self.params, &self.shown, &probes, &mut tape, &weights, &[], &mut out).unwrap();
        out
    }
}

fn by_neuron<N: Number>(group: &homolog_model::Group, numbers: &[N]) -> Vec<Vec<Vec<N>>> {
    (0..group.size)
        .map(|neuron| {
            let mut at = 0;
            let mut variable = |sites: usize| {
                let places = (0..sites).map(|s| numbers[at + s * group.size + neuron]).collect();
                at += sites * group.size;
                places
            };
            group.variables.iter().map(|v| variable(v.sites)).collect()
        })
        .collect()
}

/// Random linear functions of all values, and of whole traces: of the potential at both ends of the cell, of a gate, of a conductance.
fn losses(model: &Model) -> [Vec<(Probe, Vec<f64>)>; 2] {
    let cells = &model.groups[CELLS];
    let anatomy = cells.anatomy.as_ref().unwrap();
    let ticks = FRAMES * model.ticks;
    assert!(ticks >= 400, "{ticks} steps");
    let random = |probe: u64, n: usize| (0..n).map(|k| Key::new(3).normal(k as u64, probe)).collect::<Vec<f64>>();
    let on_values = vec![(Probe { group: CELLS, what: Observable::Value }, random(0, FRAMES * NEURONS))];
    let site = |variable: &str, branch: &str| {
        let k = cells.variables.iter().position(|v| v.name == variable).unwrap();
        let compartment = anatomy.at(0, branch, 0.5).unwrap() as u32;
        let place = anatomy.of_variable[k].iter().position(|c| *c == compartment).unwrap();
        Probe { group: CELLS, what: Observable::Site(k, place) }
    };
    let traced = [("v", "soma"), ("v", "left"), ("hh.m", "trunk"), ("positive.g", "right")];
    let on_traces = traced
        .iter()
        .zip(1..)
        // Traces of small numbers count as much as those of large ones.
        .map(|((variable, branch), n)| {
            let scale = if *variable == "v" { 1.0 } else { 100.0 };
            (site(variable, branch), random(n, ticks * NEURONS).into_iter().map(|w| scale * w).collect())
        })
        .collect();
    [on_values, on_traces]
}

/// How fast a loss changes.
fn slope(loss: &[(Probe, Vec<f64>)], out: &Outcome<Dual>) -> f64 {
    let mut sum = 0.0;
    for (probe, weights) in loss {
        let seen = |time: usize, neuron: usize| match probe.what {
            Observable::Value => out.values[CELLS][time][neuron].slope,
            Observable::Site(v, place) => out.variables[CELLS][time][neuron][v][place].slope,
            _ => unreachable!("no loss looks at this"),
        };
        sum += weights.iter().enumerate().map(|(k, w)| w * seen(k / NEURONS, k % NEURONS)).sum::<f64>();
    }
    sum
}

/// Error over norm.
fn difference(got: &[f64], want: &[f64], what: &str) -> f64 {
    assert_eq!(got.len(), want.len(), "{what}");
    let norm = want.iter().map(|x| x * x).sum::<f64>().sqrt();
    assert!(norm > 0.0 && norm.is_finite(), "{what}: the gradient's norm is {norm}, so nothing was tested");
    got.iter().zip(want).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt() / norm
}

fn parameters_agree(loss: usize) {
    for case in CASES.iter() {
        let out = case.pulled_back(loss);
        let mut tested: Vec<&str> = vec![];
        for (t, tensor) in case.params.tensors.iter().enumerate() {
            let what = format!("{}, {}", case.scheme, tensor.name);
            let error = difference(&out.params[t], &case.of_params[loss][t], &what);
            println!("{what}: {error:.1e}");
            assert!(error <= 1e-9, "{what} differs by {error} of its norm");
            tested.push(&tensor.name);
        }
        for name in LEARNED.iter().map(|l| format!("cells.{}", l.0)).chain(["in->cells", "cells->cells", "cells.bias"].map(String::from)) {
            assert!(tested.contains(&name.as_str()), "{name} was not tested");
        }
    }
}

fn initial_states_agree(loss: usize) {
    for case in CASES.iter() {
        let out = case.pulled_back(loss);
        let group = &case.model.groups[CELLS];
        let (mut at, mut tested) = (0, vec![]);
        for v in &group.variables {
            let numbers = at..at + v.sites * group.size;
            at = numbers.end;
            let (got, want) = (&out.initial[CELLS][numbers.clone()], &case.of_start[loss][numbers]);
            let what = format!("{}, {} at the start", case.scheme, v.name);
            // Counters begin again with each frame; that a cell was below its threshold is a constant of the backward pass.
            // Currents of ions are computed before anything reads them.
            if v.per_frame || ["above", "ica", "ina"].contains(&v.name.as_str()) {
                assert!(got.iter().all(|x| *x == 0.0), "{what}: {got:?}");
                assert!(!v.per_frame || want.iter().all(|x| *x == 0.0), "{what}: {want:?}");
                continue;
            }
            let error = difference(got, want, &what);
            println!("{what}: {error:.1e}");
            assert!(error <= 1e-9, "{what} differs by {error} of its norm");
            tested.push(v.name.as_str());
        }
        let states = ["v", "hh.m", "hh.h", "hh.n", "cahva.m", "cahva.h", "sk.z", "cai", "nai", "sodium.n", "positive.g", "negative.g"];
        assert_eq!(tested, states);
        assert_eq!(at, case.start.variables[CELLS].len());
    }
}

#[test]
fn gradients_of_all_learned_parameters_of_cells_equal_dual_numbers_to_1e_minus_9() {
    parameters_agree(0);
}

#[test]
fn a_loss_on_whole_traces_has_the_gradient_of_dual_numbers() {
    parameters_agree(1);
}

#[test]
fn gradients_of_the_state_that_a_run_began_with_equal_dual_numbers_to_1e_minus_9() {
    initial_states_agree(0);
}

#[test]
fn a_loss_on_whole_traces_has_the_gradient_of_dual_numbers_in_the_state_it_began_with() {
    initial_states_agree(1);
}
