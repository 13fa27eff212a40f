//! Spikes to cells in networks that learn nothing: connections at places of cells, Poisson trains at their receptors, populations of Poisson
//! processes. The bits of the naive runner, whatever the threads, the samples beside, and where a run is cut in two.

mod common;

use common::{busy, compiled, delayed, interpolated, library, network, population, raster, sample};
use homolog_engine::{Engine, reference};
use homolog_exec::Isa;
use homolog_model::network::Delay;
use homolog_model::{Inputs, Network, Observable, Population, Probe, Projection, Runner, State, Target, Weights, Wiring, compile};

fn nothing(batch: usize, frames: usize) -> Inputs {
    Inputs { batch, frames, values: vec![] }
}

fn probes() -> Vec<Probe> {
    let rasters = (0..4).map(|group| Probe { group, what: Observable::Raster });
    rasters.chain([Probe { group: 2, what: Observable::State(0) }]).collect()
}

#[test]
fn streams_to_places_of_cells_have_the_bits_of_the_naive_runner() {
    for network in [busy(4, 10), interpolated(busy(4, 10))] {
        have_the_bits_of_the_naive_runner(&network);
    }
}

fn have_the_bits_of_the_naive_runner(network: &Network) {
    let (model, params) = compiled(network);
    assert!(model.links.is_empty(), "all that spikes and does not learn is a stream");
    // Weights of both signs make two, as the receptors of each sign have places of their own.
    assert_eq!(model.streams.iter().map(|s| s.name.as_str()).filter(|n| *n == "sources->cells").count(), 2);
    let tensors: Vec<Vec<f64>> = params.tensors.iter().map(|t| t.values.clone()).collect();
    let expected = reference::run(&model, &tensors, &sample(&model, &nothing(1, 1), 0));
    for isa in Isa::available() {
        let seen = Engine::with_isa(1, isa).run(&model, &params, &nothing(1, 1), &probes(), &mut State::fresh(), None).unwrap();
        for (p, trace) in probes().iter().zip(&seen.traces).take(4) {
            let want = raster(&model.groups[p.group], &expected.spikes[p.group]);
            assert!(want.len() >= 9, "group {} is silent, so nothing was tested", p.group);
            assert_eq!(trace.data, want, "group {} on {isa:?}", p.group);
        }
        let (name, copies) = (&model.groups[2].variables[0].name, model.groups[2].copies());
        let n = seen.traces[4].shape[1];
        for (tick, row) in seen.traces[4].data.chunks(n).enumerate() {
            for (k, x) in row.iter().enumerate() {
                let want = expected.variables[2][tick][k % copies][0][k / copies];
                assert_eq!(x.to_bits(), want.to_bits(), "{name} at place {} of cell {} in tick {tick} on {isa:?}", k / copies, k % copies);
            }
        }
    }
}

#[test]
fn threads_samples_and_a_cut_change_no_spike_of_cells() {
    let (model, params) = compiled(&busy(4, 10));
    let (within, _) = compiled(&interpolated(busy(4, 10)));
    for (model, batch) in [(&model, 1), (&model, 3), (&within, 1), (&within, 3)] {
        let run = |threads: usize, frames: usize, state: &mut State| {
            Engine::new(threads).run(model, &params, &nothing(batch, frames), &probes(), state, None).unwrap()
        };
        let (mut one, mut two, mut cut) = (State::fresh(), State::fresh(), State::fresh());
        let whole = run(1, 2, &mut one);
        assert_eq!(whole.traces, run(3, 2, &mut two).traces);
        assert_eq!(one, two);
        assert!(one.sent.iter().any(|s| !s.is_empty()), "nothing is on its way, so nothing was tested");
        let (first, second) = (run(1, 1, &mut cut), run(2, 1, &mut cut));
        assert_eq!(one, cut);
        let ticks = model.ticks as f64;
        for k in 0..4 {
            let late = second.traces[k].data.chunks(3).flat_map(|s| [s[0] + ticks, s[1], s[2]]);
            let joined: Vec<f64> = first.traces[k].data.iter().copied().chain(late).collect();
            assert_eq!(whole.traces[k].data, joined);
        }
    }
}

#[test]
fn a_sample_has_trains_of_its_own_and_the_first_is_what_it_is_alone() {
    let (model, params) = compiled(&busy(4, 10));
    let run = |batch: usize| Engine::new(1).run(&model, &params, &nothing(batch, 1), &probes(), &mut State::fresh(), None).unwrap();
    let (alone, three) = (run(1), run(3));
    let of = |sample: f64| three.traces[0].data.chunks(3).filter(|s| s[2] == sample).flat_map(|s| [s[0], s[1], 0.0]).collect::<Vec<_>>();
    assert_eq!(of(0.0), alone.traces[0].data);
    assert_ne!(of(1.0), of(0.0));
    let v = |samples: usize, data: &[f64]| data.iter().step_by(samples).copied().collect::<Vec<_>>();
    assert_eq!(v(3, &three.traces[4].data), alone.traces[4].data);
}

#[test]
fn many_cells_have_each_the_inputs_that_they_have_where_they_are_few() {
    // So many lanes that columns of cells would have gaps between their places.
    let network = |copies: usize| {
        let cells = Population { bias: Some(false), ..population("cells", copies, "cell") };
        let mut given = population("given", copies, "spikes");
        given.times = (0..copies).map(|k| vec![1.0 + (k % 7) as f64].into()).collect();
        let mut n = common::network(
            vec![given, cells],
            vec![Projection {
                wiring: Wiring::OneToOne.into(),
                weights: Weights::Constant(2.0).into(),
                learn: Some(false),
                ..delayed("given", "cells", Delay::Ms(0.5))
            }],
        );
        (n.dt, n.presentation) = (Some(0.1.into()), Some(12.0.into()));
        n
    };
    let run = |copies: usize| {
        let (model, params) = compiled(&network(copies));
        assert_eq!((model.streams.len(), model.streams[0].target), (1, Target::BySign));
        let probe = [Probe { group: 1, what: Observable::FrameEnd(0) }];
        let seen = Engine::new(1).run(&model, &params, &nothing(1, 1), &probe, &mut State::fresh(), None).unwrap();
        (0..copies).map(|c| seen.traces[0].data.iter().skip(c).step_by(copies).map(|x| x.to_bits()).collect()).collect::<Vec<Vec<u64>>>()
    };
    let (many, few) = (run(600), run(20));
    assert_eq!(many[..20], few[..]);
    assert_ne!(few[0], few[1]);
}

#[test]
fn spikes_without_delay_arrive_in_the_step_in_which_they_are_given() {
    let mut n = network(
        vec![population("given", 1, "spikes"), Population { bias: Some(false), ..population("points", 1, "lif") }],
        vec![Projection {
            learn: Some(false),
            weights: Weights::Constant(1.0).into(),
            unit: Some(homolog_base::Unit::parse("mV").unwrap().into()),
            ..delayed("given", "points", Delay::Ms(0.0))
        }],
    );
    n.populations[0].times = vec![vec![2.0].into()];
    (n.dt, n.presentation) = (Some(1.0.into()), Some(4.0.into()));
    let (model, params) = compile(&n, &library(), 1).unwrap();
    let v = model.groups[1].variables.iter().position(|v| v.name == "v").unwrap();
    let probe = [Probe { group: 1, what: Observable::State(v) }];
    let seen = Engine::new(1).run(&model, &params, &nothing(1, 1), &probe, &mut State::fresh(), None).unwrap();
    let v = &seen.traces[0].data;
    assert!(v[1] == v[0] && v[2] > v[1] + 0.5, "{v:?}");
}
