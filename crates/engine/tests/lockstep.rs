//! Point neurons that excite one another within one step: what is done to few of them has the bits of what is done to all, in every way to run them.

mod common;

use common::rules::{rule, with_rules};
use common::{compiled, compiled_by, delayed, inputs, network, population, sample};
use homolog_base::Unit;
use homolog_engine::{Engine, reference};
use homolog_exec::{Isa, Program};
use homolog_model::network::{Delay, Noise, NoiseCurrent, Projection, Start, Stimulus, Wiring};
use homolog_model::spread::Spread;
use homolog_model::{Action, Inputs, Model, Network, Observable, Params, Population, Probe, Runner, State, Trace, Weights};

/// A population whose rest is above threshold, so that it fires by itself.
fn firing(name: &str, size: usize, neuron: &str) -> Population {
    let mut p = Population { bias: Some(false), ..population(name, size, neuron) };
    let mv = |x: f64| (x, Some("mV".to_string())).into();
    p.parameters.insert("vrest".into(), mv(-42.0));
    p.starts = vec![Start { variable: "v".into(), spread: Spread::Uniform(-60.0, -50.0), unit: None }];
    p
}

fn to(from: &str, to: &str, wiring: Wiring, weights: Weights, unit: &str) -> Projection {
    let unit = Some(Unit::parse(unit).unwrap().into());
    Projection { wiring: wiring.into(), weights: weights.into(), unit, learn: Some(false), ..delayed(from, to, Delay::Ms(0.5)) }
}

/// Three kinds of neurons, so many times more than few; ports with one stream and with several, of one weight and of many, few connections and all.
fn mixed(noise: bool, times: usize) -> Network {
    let many = 1.0 / times as f64;
    let mut n = network(
        vec![firing("a", 70 * times, "if_curr_exp"), firing("b", 50 * times, "lif"), firing("c", 45 * times, "alif")],
        vec![
            to("a", "a", Wiring::Random(0.05), Weights::Constant(60.0 * many), "pA"),
            to("b", "a", Wiring::Random(0.1), Weights::Constant(-20.0 * many), "pA"),
            to("c", "a", Wiring::InDegree(3), Weights::Normal(-5.0 * many, 40.0 * many), "pA"),
            to("a", "b", Wiring::AllToAll, Weights::Constant(0.4 * many), "mV"),
            to("c", "b", Wiring::Random(0.2), Weights::Constant(-0.7 * many), "mV"),
            to("b", "c", Wiring::Random(0.03), Weights::Normal(0.3 * many, 0.5 * many), "mV"),
            to("c", "c", Wiring::Random(0.03), Weights::Constant(1.5 * many), "mV"),
        ],
    );
    (n.dt, n.presentation) = (Some(0.5.into()), Some(100.0.into()));
    // What comes from outside reaches all in every tick.
    let pulse = |x: f64, unit: &str| Stimulus {
        population: "a".into(),
        neurons: Some(vec![3, 8].into()),
        delay: 10.0.into(),
        duration: 30.0.into(),
        amplitude: x.into(),
        unit: Some(Unit::parse(unit).unwrap().into()),
        ..Stimulus::default()
    };
    n.stimuli = vec![pulse(300.0, "pA"), Stimulus { population: "c".into(), neurons: None, ..pulse(2.0, "mV") }];
    let unit = Unit::parse("mV").unwrap().into();
    let span = homolog_base::Span::default();
    n.noise_currents = vec![NoiseCurrent { population: "c".into(), mean: 1.0, deviation: 2.0, unit, tau: 3.0, span }];
    if noise {
        let weight = (0.4.into(), Some(Unit::parse("mV").unwrap().into()));
        n.noise = vec![Noise { population: "b".into(), rate: 1.0.into(), weight: weight.0, unit: weight.1, ..Noise::default() }];
    }
    n
}

fn rasters() -> Vec<Probe> {
    (0..3).map(|group| Probe { group, what: Observable::Raster }).collect()
}

fn run(engine: &mut Engine, model: &Model, params: &Params, shown: &Inputs, probes: &[Probe], state: &mut State) -> Vec<Trace> {
    engine.run(model, params, shown, probes, state, None).unwrap().traces
}

/// Five kinds of neurons, each of which excites its own kind and is driven by nothing else.
fn by_themselves() -> Network {
    let mut populations: Vec<Population> = ["lif", "if_curr_exp", "if_cond_exp"].iter().map(|n| firing(n, 61, n)).collect();
    let set = |name: &str, parameters: &[(&str, f64, &str)], from: f64| {
        let mut p = Population { bias: Some(false), ..population(name, 61, name) };
        p.parameters.extend(parameters.iter().map(|(n, x, unit)| (n.to_string(), (*x, Some(unit.to_string())).into())));
        p.starts = vec![Start { variable: "v".into(), spread: Spread::Uniform(from, from + 10.0), unit: None }];
        p
    };
    populations.push(set("qif", &[("vcrit", -64.0, "mV"), ("vreset", -60.0, "mV")], -60.0));
    populations.push(set("izhikevich", &[("c", -45.0, "mV"), ("d", 0.1, "mV/ms")], -45.0));
    let recurrent = |p: &Population, (w, unit): (f64, &str)| to(&p.name, &p.name, Wiring::Random(0.1), Weights::Constant(w), unit);
    let sizes = [(0.3, "mV"), (20.0, "pA"), (0.5, "nS"), (0.3, "mV"), (0.3, "mV")];
    let projections = populations.iter().zip(sizes).map(|(p, size)| recurrent(p, size)).collect();
    let mut n = network(populations, projections);
    (n.dt, n.presentation) = (Some(0.5.into()), Some(100.0.into()));
    n
}

/// Compares spikes and states with the naive runner, on all instruction sets.
fn has_the_bits_of_the_naive_runner(network: &Network, least: usize) {
    let (model, params) = compiled_by(network, &common::library());
    // One frame: without inputs the naive runner knows of no other.
    let shown = inputs(&model, 1, 1);
    let tensors: Vec<Vec<f64>> = params.tensors.iter().map(|t| t.values.clone()).collect();
    let expected = reference::run(&model, &tensors, &sample(&model, &shown, 0));
    let groups = model.groups.len();
    let raster = |group: usize| Probe { group, what: Observable::Raster };
    let last = |g: usize, k: usize| Probe { group: g, what: Observable::FrameEnd(k) };
    let ends: Vec<(usize, usize)> = (0..groups).flat_map(|g| (0..model.groups[g].variables.len()).map(move |k| (g, k))).collect();
    let probes: Vec<Probe> = (0..groups).map(raster).chain(ends.iter().map(|(g, k)| last(*g, *k))).collect();
    for isa in Isa::available() {
        let seen = run(&mut Engine::with_isa(1, isa), &model, &params, &shown, &probes, &mut State::fresh());
        for (g, trace) in seen[..groups].iter().enumerate() {
            let row = |(tick, row): (usize, &Vec<f64>)| -> Vec<[f64; 3]> {
                row.iter().enumerate().filter(|(_, s)| **s > 0.0).map(|(n, _)| [tick as f64, n as f64, 0.0]).collect()
            };
            let want: Vec<f64> = expected.spikes[g].iter().enumerate().flat_map(row).flatten().collect();
            let name = &model.groups[g].name;
            assert!(want.len() > 3 * least, "`{name}` has spiked {} times, so nothing was tested", want.len() / 3);
            assert_eq!(trace.data, want, "{name} on {isa:?}");
        }
        for ((g, k), trace) in ends.iter().zip(&seen[groups..]) {
            let n = trace.shape[1];
            for (neuron, x) in trace.data[trace.data.len() - n..].iter().enumerate() {
                let want = expected.variables[*g].last().unwrap()[neuron][*k][0];
                assert_eq!(x.to_bits(), want.to_bits(), "{} of {g}, neuron {neuron}, on {isa:?}", model.groups[*g].variables[*k].name);
            }
        }
    }
}

#[test]
fn spikes_and_states_have_the_bits_of_the_naive_runner() {
    for noise in [false, true] {
        has_the_bits_of_the_naive_runner(&mixed(noise, 1), 100);
    }
    has_the_bits_of_the_naive_runner(&by_themselves(), 100);
}

#[test]
fn usual_neurons_are_stepped_in_one_pass() {
    let (model, _) = compiled(&by_themselves());
    for group in &model.groups {
        let [Action::Launch(launch)] = &group.tick[..] else { panic!("{} is stepped by one kernel", group.name) };
        let program: Program = Program::compile(&launch.kernel);
        assert_eq!(program.passes(), 1, "{}: {:#?}", group.name, program.as_one_pass());
    }
}

#[test]
fn whoever_looks_and_however_time_and_work_are_cut_no_spike_changes() {
    let (model, params) = compiled(&mixed(false, 1));
    let shown = |batch: usize, frames: usize| Inputs { batch, frames, values: vec![] };
    let mut state = State::fresh();
    let whole = run(&mut Engine::new(1), &model, &params, &shown(1, 2), &rasters(), &mut state);
    // Somebody looks at what changes between ticks, or at spikes as a column.
    for what in [Observable::State(0), Observable::State(2), Observable::Spikes, Observable::Count] {
        let probes: Vec<Probe> = rasters().into_iter().chain((0..3).map(|group| Probe { group, what })).collect();
        let mut looked = State::fresh();
        let seen = run(&mut Engine::new(1), &model, &params, &shown(1, 2), &probes, &mut looked);
        assert_eq!((&seen[..3], &looked), (&whole[..], &state), "{what:?}");
    }
    // A place that is recorded is copied in the tick itself.
    for g in 0..3 {
        let count = model.groups[g].variables.iter().position(|v| v.name == "count").unwrap();
        let seen =
            |what: Observable| run(&mut Engine::new(1), &model, &params, &shown(1, 1), &[Probe { group: g, what }], &mut State::fresh());
        let (copied, kept) = (seen(Observable::Site(count, 0)), seen(Observable::State(count)));
        assert!(kept[0].data.iter().sum::<f64>() > 0.0, "nothing was counted");
        assert_eq!(copied[0].data, kept[0].data, "{}", model.groups[g].name);
    }
    let mut cut = State::fresh();
    let first = run(&mut Engine::new(1), &model, &params, &shown(1, 1), &rasters(), &mut cut);
    let second = run(&mut Engine::new(2), &model, &params, &shown(1, 1), &rasters(), &mut cut);
    assert_eq!(cut, state);
    for ((whole, first), second) in whole.iter().zip(first).zip(second) {
        let late = second.data.chunks(3).flat_map(|s| [s[0] + model.ticks as f64, s[1], s[2]]);
        assert_eq!(whole.data, first.data.into_iter().chain(late).collect::<Vec<f64>>());
    }
    // Two samples are no longer few: the columns of all are read.
    let both = run(&mut Engine::new(1), &model, &params, &shown(2, 2), &rasters(), &mut State::fresh());
    for (one, both) in whole.iter().zip(both) {
        let of_first: Vec<f64> = both.data.chunks(3).filter(|s| s[2] == 0.0).flatten().copied().collect();
        assert_eq!(one.data, of_first);
    }
}

#[test]
fn threads_that_share_a_large_network_change_no_spike() {
    let (model, params) = compiled(&mixed(false, 80));
    let shown = Inputs { batch: 1, frames: 1, values: vec![] };
    let alone = run(&mut Engine::new(1), &model, &params, &shown, &rasters(), &mut State::fresh());
    assert!(alone.iter().all(|t| t.shape[0] > 1000), "some group is silent, so nothing was tested");
    assert_eq!(alone, run(&mut Engine::new(2), &model, &params, &shown, &rasters(), &mut State::fresh()));
}

#[test]
fn weights_that_change_behind_such_neurons_change_as_behind_others() {
    let mut n = mixed(false, 1);
    n.populations.push(Population { bias: Some(false), ..population("out", 20, "lif") });
    let mut out = to("a", "out", Wiring::Random(0.4), Weights::Uniform(1.0, 4.0), "mV");
    out.plasticity = vec![rule("stdp", &[("a_plus", 0.05), ("a_minus", 0.02)])];
    n.projections.push(out);
    let (model, params) = compiled_by(&n, &with_rules());
    let shown = Inputs { batch: 1, frames: 2, values: vec![] };
    let (mut few, mut all) = (State::fresh(), State::fresh());
    let raster = || Probe { group: 3, what: Observable::Raster };
    let seen = run(&mut Engine::new(1), &model, &params, &shown, &[raster()], &mut few);
    assert!(seen[0].shape[0] > 50, "nothing arrives");
    let watched = Probe { group: 0, what: Observable::Spikes };
    let expected = run(&mut Engine::new(1), &model, &params, &shown, &[raster(), watched], &mut all);
    assert_eq!((&seen[0], few), (&expected[0], all.clone()));
    let plastic = all.plastic.iter().find(|p| !p.connections.is_empty()).unwrap();
    let homolog_model::events::Strength::Each(first) = &model.streams.last().unwrap().events.strength else { panic!("each has its own") };
    let moved = plastic.connections[0].iter().zip(first).filter(|(now, then)| (**now - f64::from(**then)).abs() > 1e-3).count();
    assert!(moved > 100, "{moved} weights have changed");
}
