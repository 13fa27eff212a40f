//! Networks that only spike: the bits of the naive runner, whatever the threads, and of a run that is cut in two.

mod common;

use common::{compiled, inputs, sample, streams};
use homolog_engine::{Engine, reference};
use homolog_exec::Isa;
use homolog_model::{Gradients, Inputs, Observable, Probe, Runner, State, Tape};

fn probes(groups: usize) -> Vec<Probe> {
    let all = |what: Observable| (1..groups).map(move |group| Probe { group, what });
    all(Observable::Raster).chain(all(Observable::FrameEnd(0))).collect()
}

#[test]
fn noise_and_streams_have_the_bits_of_the_naive_runner() {
    let (model, params) = compiled(&streams());
    assert_eq!(model.streams.len(), 5);
    let tensors: Vec<Vec<f64>> = params.tensors.iter().map(|t| t.values.clone()).collect();
    let shown = inputs(&model, 1, 2);
    let expected = reference::run(&model, &tensors, &sample(&model, &shown, 0));
    for isa in Isa::available() {
        let seen = Engine::with_isa(1, isa).run(&model, &params, &shown, &probes(4), &mut State::fresh(), None).unwrap();
        for (p, trace) in probes(4).iter().zip(&seen.traces) {
            match p.what {
                Observable::Raster => {
                    let spiked = |(tick, row): (usize, &Vec<f64>)| -> Vec<f64> {
                        row.iter().enumerate().filter(|(_, s)| **s > 0.0).flat_map(|(n, _)| [tick as f64, n as f64, 0.0]).collect()
                    };
                    let want: Vec<f64> = expected.spikes[p.group].iter().enumerate().flat_map(spiked).collect();
                    assert!(want.len() > 30, "group {} is silent, so nothing was tested", p.group);
                    assert_eq!(trace.data, want, "group {} on {isa:?}", p.group);
                }
                _ => {
                    let last = expected.variables[p.group].last().unwrap();
                    let n = trace.shape[1];
                    for (k, x) in trace.data[trace.data.len() - n..].iter().enumerate() {
                        assert_eq!(x.to_bits(), last[k][0][0].to_bits(), "group {} neuron {k} on {isa:?}", p.group);
                    }
                }
            }
        }
    }
}

#[test]
fn threads_segments_and_a_cut_change_no_spike() {
    let (model, params) = compiled(&streams());
    for batch in [1, 3] {
        let shown = inputs(&model, batch, 4);
        let half = |from: usize| {
            let n = shown.values[0].len() / 2;
            Inputs { batch, frames: 2, values: vec![shown.values[0][from * n..(from + 1) * n].to_vec()] }
        };
        let run = |threads: usize, inputs: &Inputs, state: &mut State| {
            Engine::new(threads).run(&model, &params, inputs, &probes(4), state, None).unwrap()
        };
        let (mut one, mut two, mut cut) = (State::fresh(), State::fresh(), State::fresh());
        let whole = run(1, &shown, &mut one);
        assert_eq!(whole.traces, run(2, &shown, &mut two).traces);
        assert_eq!(one, two);
        assert!(one.sent.iter().any(|s| !s.is_empty()), "nothing is on its way, so nothing was tested");
        let first = run(1, &half(0), &mut cut);
        let second = run(2, &half(1), &mut cut);
        assert_eq!(one, cut);
        let ticks = (2 * model.ticks) as f64;
        for (k, trace) in whole.traces.iter().enumerate().take(3) {
            let late = second.traces[k].data.chunks(3).flat_map(|s| [s[0] + ticks, s[1], s[2]]);
            let joined: Vec<f64> = first.traces[k].data.iter().copied().chain(late).collect();
            assert_eq!(trace.data, joined);
        }
    }
}

#[test]
fn no_gradient_passes_through_streams_and_that_is_said() {
    let (model, params) = compiled(&streams());
    let shown = inputs(&model, 1, 1);
    let probe = [Probe { group: 3, what: Observable::Value }];
    let mut tape = Tape::default();
    let mut engine = Engine::new(1);
    let seen = engine.run(&model, &params, &shown, &probe, &mut State::fresh(), Some(&mut tape)).unwrap();
    let grad = vec![vec![1.0; seen.traces[0].data.len()]];
    let fault = engine.pullback(&model, &params, &shown, &probe, &mut tape, &grad, &[], &mut Gradients::default()).unwrap_err();
    assert!(fault.what.contains("no gradient"), "{fault}");
}
