//! A network that several processes run together, each with its part of the neurons: the bits of one process. Threads stand for processes.

mod common;

use common::rules::{heard, learning, nano, rule, with_rules};
use common::{busy, interpolated, projection, spikes, streams};
use homolog_base::ranks::Threads;
use homolog_base::{Span, Unit};
use homolog_engine::Engine;
use homolog_model::network::{Delay, NoiseCurrent, Spread, Start};
use homolog_model::{
    Fault, Inputs, Model, Network, Observable, Precision, Probe, Projection, Recording, Runner, State, Stimulus, Weights, Wiring, compile,
    compile_among, pause,
};

/// Point neurons of three populations, one of which is too small for each process to have a part of it.
fn points() -> Network {
    let mut network = streams();
    network.populations.remove(0);
    network.projections.remove(0);
    for (p, size) in network.populations.iter_mut().zip([150, 99, 30]) {
        p.size = size.into();
    }
    network
}

/// The same with currents: steps into some neurons and into all, and what fluctuates.
fn driven() -> Network {
    let mut network = points();
    let millivolt = Unit::parse("mV").unwrap();
    let step = |neurons: Option<Vec<usize>>| Stimulus {
        population: "a".into(),
        neurons: neurons.map(Into::into),
        delay: 3.2.into(),
        duration: 20.0.into(),
        amplitude: 4.0.into(),
        unit: Some(millivolt.into()),
        ..Stimulus::default()
    };
    network.stimuli = vec![step(None), step(Some(vec![0, 74, 75, 149]))];
    let noise = |population: &str, mean: f64, deviation: f64, unit: Unit| NoiseCurrent {
        population: population.into(),
        mean,
        deviation,
        unit: unit.into(),
        tau: 5.0,
        span: Span::default(),
    };
    network.noise_currents = vec![noise("a", 1.0, 3.0, millivolt), noise("b", 0.0, 100.0, Unit::parse("pA").unwrap())];
    network
}

fn nothing(batch: usize, frames: usize) -> Inputs {
    Inputs { batch, frames, values: vec![] }
}

/// All that can be seen of what steps in time.
fn probes(model: &Model) -> Vec<Probe> {
    let stepped = (0..model.groups.len()).filter(|g| !model.groups[*g].is_given());
    let all = [Observable::Raster, Observable::Spikes, Observable::Count, Observable::Value, Observable::State(0), Observable::FrameEnd(0)];
    let rasters = (0..model.groups.len()).map(|group| Probe { group, what: Observable::Raster });
    let plastic = (0..model.streams.len()).filter(|k| model.streams[*k].plasticity.is_some());
    let weights = plastic.map(|k| Probe { group: model.streams[k].to, what: Observable::Weights(k) });
    let seen = stepped.flat_map(|group| all.iter().map(move |what| Probe { group, what: *what }));
    weights.chain(seen).chain(rasters).collect()
}

/// Point neurons and cells of two kinds whose weights change by rules that hear spikes, potentials and rewards; some connections come and go.
fn plastic(cells: usize, points: usize) -> Network {
    let clopath = rule("clopath", &[("theta_plus", -60.0), ("a_ltd", 0.001), ("a_ltp", 0.001)]);
    learning(&[rule("stdp", &[("a_plus", 0.05)]), clopath, heard()], Delay::Uniform(0.2, 3.0), cells, points)
}

type Seen = Result<(Recording, State), Fault>;

/// What each of so many processes sees, going on from a state.
fn together(network: &Network, ranks: usize, threads: usize, inputs: &Inputs, from: &State) -> Vec<(Model, Seen)> {
    let one = |mut rank: Threads| {
        let (model, params) = compile_among(network, &with_rules(), 1, &mut rank).unwrap();
        let mut engine = Engine::new(threads).among(rank);
        let mut state = from.clone();
        let seen = engine.run(&model, &params, inputs, &probes(&model), &mut state, None);
        (model, seen.map(|recording| (recording, state)))
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = Threads::new(ranks).into_iter().map(|rank| scope.spawn(move || one(rank))).collect();
        all.into_iter().map(|t| t.join().unwrap()).collect()
    })
}

fn alone(network: &Network, inputs: &Inputs, from: &State) -> (Model, Seen) {
    let (model, params) = compile(network, &with_rules(), 1).unwrap();
    let mut state = from.clone();
    let seen = Engine::new(1).run(&model, &params, inputs, &probes(&model), &mut state, None);
    (model, seen.map(|recording| (recording, state)))
}

#[test]
fn so_many_processes_see_the_bits_that_one_sees() {
    let single = Network { precision: Some(Precision::Single.into()), ..points() };
    for (name, network, batch) in [
        ("points", points(), 1),
        ("32 bits", single, 1),
        ("samples", points(), 3),
        ("interpolated", interpolated(points()), 2),
        ("interpolated cells", interpolated(busy(120, 60)), 1),
        ("interpolated and plastic", interpolated(plastic(120, 60)), 1),
        ("currents", driven(), 2),
        ("currents in 32 bits", Network { precision: Some(Precision::Single.into()), ..driven() }, 1),
        ("cells", busy(120, 60), 1),
        ("cells", busy(100, 10), 2),
        ("plastic", plastic(120, 60), 1),
    ] {
        let (whole, seen) = alone(&network, &nothing(batch, 2), &State::fresh());
        let (expected, state) = seen.unwrap();
        let spikes: usize = (0..whole.groups.len()).map(|k| expected.traces[expected.traces.len() - 1 - k].shape[0]).sum();
        assert!(spikes > 100 && state.sent.iter().any(|s| !s.is_empty()), "{name} are silent, so nothing was tested");
        for (ranks, threads) in [(2, 1), (2, 2), (3, 1)] {
            for (rank, (model, seen)) in together(&network, ranks, threads, &nothing(batch, 2), &State::fresh()).into_iter().enumerate() {
                assert_eq!(model.hash, whole.hash, "{name}: the same network");
                assert!(model.groups.iter().any(|g| g.computed() < g.size), "{name}: nothing is divided");
                let connections = |m: &Model| m.streams.iter().map(|s| s.events.len()).sum::<usize>();
                assert!(connections(&model) < connections(&whole), "{name}: connections are where they end");
                let (recording, after) = seen.unwrap();
                for (a, b) in recording.traces.iter().zip(&expected.traces) {
                    assert!(a == b, "{name}: {} in process {rank} of {ranks} with {threads} threads", a.name);
                }
                assert!(after == state, "{name}: the state in process {rank} of {ranks}");
            }
        }
    }
}

#[test]
fn a_run_goes_on_in_another_number_of_processes() {
    for network in [busy(80, 40), plastic(120, 60)] {
        goes_on(&network);
    }
}

fn goes_on(network: &Network) {
    let one = nothing(1, 1);
    let (whole, seen) = alone(network, &nothing(1, 3), &State::fresh());
    let (_, end) = seen.unwrap();
    let mut state = State::fresh();
    for ranks in [3, 1, 2] {
        let mut all = together(network, ranks, 1, &one, &state);
        let (part, seen) = all.pop().unwrap();
        state = seen.unwrap().1;
        // By way of a checkpoint, as a run that was killed goes on.
        let mut saved = homolog_model::Checkpoint::default();
        pause::save(&state, &mut saved);
        state = pause::load(&saved, &whole).unwrap();
        assert!(state == pause::load(&saved, &part).unwrap(), "a process finds in it what one finds that has all");
    }
    assert!(state == end);
}

#[test]
fn all_processes_say_the_fault_that_one_of_them_meets() {
    let mut network = points();
    // A few neurons begin where no number is.
    network.populations[0].starts = vec![Start { variable: "v".into(), spread: Spread::Normal(-65.0, 1e308), unit: None }];
    let Err(expected) = alone(&network, &nothing(1, 1), &State::fresh()).1 else { panic!("all numbers are finite") };
    assert_eq!(expected.group, "a");
    for (_, seen) in together(&network, 2, 1, &nothing(1, 1), &State::fresh()) {
        assert_eq!(seen.err(), Some(expected.clone()));
    }
}

#[test]
fn a_weight_that_is_no_number_is_the_same_fault_in_all_processes() {
    let mut network = plastic(120, 60);
    // By connections that nothing goes through, so that it is seen nowhere else.
    network.populations.push(spikes("mute", &[vec![], vec![]]));
    for to in ["points", "cells"] {
        let wiring = Wiring::Random(0.1).into();
        let mut link = nano(Projection { wiring, ..projection("mute", to) }, Weights::Constant(1.0));
        link.unit = None;
        link.plasticity = vec![rule("explode", &[])];
        network.projections.push(link);
    }
    let Err(expected) = alone(&network, &nothing(1, 2), &State::fresh()).1 else { panic!("all numbers are finite") };
    assert!(expected.what.contains("the weight from neuron"), "{expected:?}");
    for (_, seen) in together(&network, 2, 1, &nothing(1, 2), &State::fresh()) {
        assert_eq!(seen.err(), Some(expected.clone()));
    }
}

#[test]
fn what_several_processes_cannot_do_together_is_said() {
    let said = |network: &Network| {
        let mut rank = Threads::new(2).remove(0);
        // Nobody is asked for anything before all is known to be possible.
        let problems = compile_among(network, &with_rules(), 1, &mut rank).unwrap_err();
        problems.iter().map(|d| format!("{}: {}", d.code, d.message)).collect::<Vec<_>>()
    };
    let mut values = streams();
    values.projections.truncate(2);
    values.populations.truncate(2);
    values.noise.truncate(1);
    assert_eq!(said(&values), ["model-ranks: `in` sends values to `a`, which 2 processes cannot do together yet"]);
    let mut learns = points();
    learns.projections.truncate(1);
    learns.projections[0].learn = None;
    assert_eq!(said(&learns), ["model-ranks: the network may learn, which 2 processes cannot do together yet"]);
}
