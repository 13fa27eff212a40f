//! The fast runner equals the naive one, and gradients equal dual numbers.

mod common;

use common::{compiled, inputs, sample, zoo};
use homolog_base::Key;
use homolog_engine::{Engine, reference};
use homolog_exec::Isa;
use homolog_ir::Dual;
use homolog_model::{Gradients, Model, Observable, Probe, Runner, State, Tape};

fn probes(model: &Model) -> Vec<Probe> {
    let mut probes = Vec::new();
    for (group, g) in model.groups.iter().enumerate() {
        probes.push(Probe { group, what: Observable::Value });
        if g.spikes {
            probes.push(Probe { group, what: Observable::Spikes });
            probes.extend((0..g.variables.len()).map(|k| Probe { group, what: Observable::State(k) }));
        }
    }
    probes
}

#[test]
fn every_instruction_set_equals_the_naive_runner_bit_for_bit() {
    for (name, network) in zoo() {
        let (model, params) = compiled(&network);
        let tensors: Vec<Vec<f64>> = params.tensors.iter().map(|t| t.values.clone()).collect();
        let (batch, frames) = (5, 3);
        let shown = inputs(&model, batch, frames);
        let mut spikes = 0.0;
        for isa in Isa::available() {
            let mut engine = Engine::with_isa(1, isa);
            let recording =
                engine.run(&model, &params, &shown, &probes(&model), &mut State::fresh(), None).unwrap_or_else(|f| panic!("{name}: {f}"));
            for b in 0..batch {
                let expected = reference::run_from(&model, &tensors, &sample(&model, &shown, b), b, None);
                for (p, trace) in probes(&model).iter().zip(&recording.traces) {
                    let [samples, size, _] = trace.shape;
                    for s in 0..samples {
                        for k in 0..size {
                            let got = trace.data[(s * size + k) * batch + b];
                            let want = match p.what {
                                Observable::Value => expected.values[p.group][s][k],
                                Observable::Spikes => expected.spikes[p.group][s][k],
                                Observable::State(v) => {
                                    let copies = model.groups[p.group].copies();
                                    expected.variables[p.group][s][k % copies][v][k / copies]
                                }
                                Observable::Count
                                | Observable::Raster
                                | Observable::Site(..)
                                | Observable::Sum(_)
                                | Observable::FrameEnd(_)
                                | Observable::Weights(_) => continue,
                            };
                            if p.what == Observable::Spikes {
                                spikes += got;
                            }
                            assert_eq!(
                                got.to_bits(),
                                want.to_bits(),
                                "{name} on {isa:?}: {} at {s}, neuron {k}, sample {b}: {got} is not {want}",
                                trace.name
                            );
                        }
                    }
                }
            }
        }
        assert!(spikes > 0.0 || model.ticks == 0, "{name} never spiked, so nothing was tested");
    }
}

/// Loss: a random linear function of every value of the last group, summed over samples; its gradient by the engine.
fn gradient(
    model: &Model,
    params: &homolog_model::Params,
    shown: &homolog_model::Inputs,
    engine: &mut Engine,
) -> (Vec<f64>, Gradients, usize) {
    let probe = [Probe { group: model.groups.len() - 1, what: Observable::Value }];
    let mut tape = Tape::default();
    let recording = engine.run(model, params, shown, &probe, &mut State::fresh(), Some(&mut tape)).unwrap();
    let weights: Vec<f64> = (0..recording.traces[0].data.len()).map(|k| Key::new(3).normal(k as u64, 0)).collect();
    let mut out = Gradients { inputs: vec![vec![]], ..Gradients::default() };
    engine.pullback(model, params, shown, &probe, &mut tape, &vec![weights.clone()], &[], &mut out).unwrap();
    (weights, out, tape.bytes())
}

/// The derivative of the same loss with respect to one number, by dual numbers.
fn dual_slope(model: &Model, params: &[Vec<f64>], shown: &homolog_model::Inputs, weights: &[f64], tensor: usize, element: usize) -> f64 {
    let dual: Vec<Vec<Dual>> = params
        .iter()
        .enumerate()
        .map(|(t, v)| v.iter().enumerate().map(|(k, x)| Dual::new(*x, if t == tensor && k == element { 1.0 } else { 0.0 })).collect())
        .collect();
    let last = model.groups.len() - 1;
    let size = model.groups[last].size;
    let mut slope = 0.0;
    for b in 0..shown.batch {
        let given: Vec<Vec<Vec<Dual>>> = sample(model, shown, b)
            .into_iter()
            .map(|g| g.into_iter().map(|f| f.into_iter().map(|x| Dual::new(x, 0.0)).collect()).collect())
            .collect();
        let out = reference::run_from(model, &dual, &given, b, None);
        for (f, frame) in out.values[last].iter().enumerate() {
            for (k, v) in frame.iter().enumerate() {
                slope += weights[(f * size + k) * shown.batch + b] * v.slope;
            }
        }
    }
    slope
}

#[test]
fn gradients_equal_dual_numbers_to_1e_minus_9() {
    for (name, network) in zoo() {
        let (model, params) = compiled(&network);
        let tensors: Vec<Vec<f64>> = params.tensors.iter().map(|t| t.values.clone()).collect();
        let shown = inputs(&model, 2, 3);
        let (weights, out, _) = gradient(&model, &params, &shown, &mut Engine::new(1));
        for (t, tensor) in params.tensors.iter().enumerate() {
            let exact: Vec<f64> = (0..tensor.values.len()).map(|k| dual_slope(&model, &tensors, &shown, &weights, t, k)).collect();
            let norm = exact.iter().map(|x| x * x).sum::<f64>().sqrt();
            let error = exact.iter().zip(&out.params[t]).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
            assert!(norm > 0.0, "{name}: the gradient of {} is zero, so nothing was tested", tensor.name);
            assert!(error <= 1e-9 * norm, "{name}: {} differs by {} of its norm", tensor.name, error / norm);
        }
    }
}

#[test]
fn computing_segments_twice_changes_no_bit_of_a_gradient() {
    for (name, network) in zoo() {
        let (model, params) = compiled(&network);
        let shown = inputs(&model, 3, 2);
        let (_, kept, _) = gradient(&model, &params, &shown, &mut Engine::new(1));
        let (_, twice, _) = gradient(&model, &params, &shown, &mut Engine::new(1).tape_budget(0));
        assert_eq!(kept, twice, "{name}");
    }
}

#[test]
fn a_tape_without_budget_grows_like_the_square_root_of_the_ticks() {
    let mut network = zoo().into_iter().find(|(n, _)| *n == "recurrent spikes with two delays").unwrap().1;
    let mut bytes = |ms: f64| {
        network.presentation = Some(ms.into());
        let (model, params) = compiled(&network);
        gradient(&model, &params, &inputs(&model, 8, 1), &mut Engine::new(1).tape_budget(0)).2 as f64
    };
    let (short, long) = (bytes(100.0), bytes(1600.0));
    assert!(long < 5.0 * short, "16 times the ticks took {:.1} times the memory", long / short);
}

#[test]
fn two_runs_in_a_row_equal_one_and_their_gradients_chain() {
    for (name, network) in zoo() {
        let (model, params) = compiled(&network);
        let whole = inputs(&model, 2, 4);
        let part = |from: usize| {
            let cut = |(v, size): (&Vec<f64>, usize)| v[from * size * 2..(from + 2) * size * 2].to_vec();
            let sizes: Vec<usize> = model.groups.iter().filter(|g| g.clock == homolog_model::Clock::Input).map(|g| g.size).collect();
            homolog_model::Inputs { batch: 2, frames: 2, values: whole.values.iter().zip(sizes).map(cut).collect() }
        };
        let mut engine = Engine::new(1);
        let mut one = State::fresh();
        engine.run(&model, &params, &whole, &probes(&model), &mut one, None).unwrap();
        let mut two = State::fresh();
        engine.run(&model, &params, &part(0), &probes(&model), &mut two, None).unwrap();
        engine.run(&model, &params, &part(2), &probes(&model), &mut two, None).unwrap();
        assert_eq!(one, two, "{name}: the state after two halves is another than after the whole");
        // Gradients chain exactly where nothing else than variables passes from one run to the next.
        if model.links.iter().any(|l| l.delay > 0) {
            continue;
        }
        let (weights, expected, _) = gradient(&model, &params, &whole, &mut engine);
        let probe = [Probe { group: model.groups.len() - 1, what: Observable::Value }];
        let half = weights.len() / 2;
        let (mut tape1, mut tape2) = (Tape::default(), Tape::default());
        let mut state = State::fresh();
        engine.run(&model, &params, &part(0), &probe, &mut state, Some(&mut tape1)).unwrap();
        engine.run(&model, &params, &part(2), &probe, &mut state, Some(&mut tape2)).unwrap();
        let (mut late, mut early) = (Gradients::default(), Gradients::default());
        engine.pullback(&model, &params, &part(2), &probe, &mut tape2, &vec![weights[half..].to_vec()], &[], &mut late).unwrap();
        engine.pullback(&model, &params, &part(0), &probe, &mut tape1, &vec![weights[..half].to_vec()], &late.initial, &mut early).unwrap();
        for (t, tensor) in params.tensors.iter().enumerate() {
            let norm = expected.params[t].iter().map(|x| x * x).sum::<f64>().sqrt();
            let error = (0..tensor.values.len())
                .map(|k| (early.params[t][k] + late.params[t][k] - expected.params[t][k]).powi(2))
                .sum::<f64>()
                .sqrt();
            assert!(error <= 1e-12 * norm, "{name}: {} differs by {}", tensor.name, error / norm);
        }
    }
}

#[test]
fn groups_of_many_tiles_equal_the_naive_runner_too() {
    let network = common::network(
        vec![common::population("in", 5, "input"), common::population("hidden", 50, "lif"), common::population("out", 30, "lif")],
        vec![common::projection("in", "hidden"), common::projection("hidden", "out")],
    );
    let (model, params) = compiled(&network);
    let tensors: Vec<Vec<f64>> = params.tensors.iter().map(|t| t.values.clone()).collect();
    let batch = 300;
    let shown = inputs(&model, batch, 1);
    let recording = Engine::new(1).run(&model, &params, &shown, &probes(&model), &mut State::fresh(), None).unwrap();
    for b in [0, 150, 299] {
        let expected = reference::run_from(&model, &tensors, &sample(&model, &shown, b), b, None);
        for (p, trace) in probes(&model).iter().zip(&recording.traces).filter(|(p, _)| p.what == Observable::Value) {
            for (k, v) in expected.values[p.group][0].iter().enumerate() {
                assert_eq!(trace.data[k * batch + b].to_bits(), v.to_bits(), "{} neuron {k}, sample {b}", trace.name);
            }
        }
    }
    let (_, kept, _) = gradient(&model, &params, &shown, &mut Engine::new(1));
    let (_, twice, _) = gradient(&model, &params, &shown, &mut Engine::new(1).tape_budget(0));
    assert_eq!(kept, twice);
}

#[test]
fn ticks_computed_in_bursts_have_the_bits_of_single_ticks() {
    for (name, network) in zoo() {
        let (model, params) = compiled(&network);
        let shown = inputs(&model, 5, 2);
        let run = |probes: &[Probe]| Engine::new(1).run(&model, &params, &shown, probes, &mut State::fresh(), None).unwrap();
        // Watching a state keeps the engine from taking several ticks at once.
        let unwatched: Vec<Probe> = probes(&model).into_iter().filter(|p| !matches!(p.what, Observable::State(_))).collect();
        let single = run(&probes(&model));
        let burst = run(&unwatched);
        for trace in &burst.traces {
            let other = single.traces.iter().find(|t| t.name == trace.name).unwrap();
            assert_eq!(trace.data, other.data, "{name}: {}", trace.name);
        }
    }
}

#[test]
fn a_tape_may_be_pulled_back_after_other_runs_and_by_another_engine() {
    let network = zoo().into_iter().find(|(n, _)| *n == "spiking class").unwrap().1;
    let (model, params) = compiled(&network);
    let (shown, other) = (inputs(&model, 4, 1), inputs(&model, 4, 2));
    let (weights, expected, _) = gradient(&model, &params, &shown, &mut Engine::new(1));
    let probe = [Probe { group: model.groups.len() - 1, what: Observable::Value }];
    let (mut one, mut two, mut tape) = (Engine::new(1), Engine::new(1), Tape::default());
    one.run(&model, &params, &shown, &probe, &mut State::fresh(), Some(&mut tape)).unwrap();
    one.run(&model, &params, &other, &probe, &mut State::fresh(), None).unwrap();
    two.run(&model, &params, &other, &probe, &mut State::fresh(), Some(&mut Tape::default())).unwrap();
    for engine in [&mut one, &mut two] {
        let mut out = Gradients { inputs: vec![vec![]], ..Gradients::default() };
        engine.pullback(&model, &params, &shown, &probe, &mut tape, &vec![weights.clone()], &[], &mut out).unwrap();
        assert_eq!(out, expected);
    }
}

#[test]
fn two_threads_change_no_bit() {
    let mut cases = zoo();
    let large =
        vec![common::population("in", 300, "input"), common::population("hidden", 120, "lif"), common::population("out", 40, "lif")];
    let links = vec![common::projection("in", "hidden"), common::projection("hidden", "out")];
    cases.push(("large enough to be shared", common::network(large, links)));
    for (name, network) in cases {
        let (model, params) = compiled(&network);
        let shown = inputs(&model, 130, 1);
        let (_, one, _) = gradient(&model, &params, &shown, &mut Engine::new(1));
        let (_, two, _) = gradient(&model, &params, &shown, &mut Engine::new(2));
        assert_eq!(one, two, "{name}");
    }
}
