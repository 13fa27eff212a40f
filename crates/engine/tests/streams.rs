//! Networks that only spike: the bits of the naive runner, whatever the threads, and of a run that is cut in two.

mod common;

use common::{compiled, inputs, interpolated, network, population, projection, raster, receptors, sample, streams};
use homolog_engine::{Engine, reference};
use homolog_exec::Isa;
use homolog_model::network::{Delay, Projection};
use homolog_model::{Gradients, Inputs, Network, Observable, Population, Probe, Runner, State, Tape, Weights};

fn probes(groups: usize) -> Vec<Probe> {
    let all = |what: Observable| (1..groups).map(move |group| Probe { group, what });
    all(Observable::Raster).chain(all(Observable::FrameEnd(0))).collect()
}

#[test]
fn noise_and_streams_have_the_bits_of_the_naive_runner() {
    for network in [streams(), interpolated(streams()), interpolated(receptors())] {
        have_the_bits_of_the_naive_runner(&network);
    }
}

fn have_the_bits_of_the_naive_runner(network: &Network) {
    let (model, params) = compiled(network);
    assert_eq!(model.streams.len(), 5);
    let tensors: Vec<Vec<f64>> = params.tensors.iter().map(|t| t.values.clone()).collect();
    let shown = inputs(&model, 1, 2);
    let expected = reference::run(&model, &tensors, &sample(&model, &shown, 0));
    for isa in Isa::available() {
        let seen = Engine::with_isa(1, isa).run(&model, &params, &shown, &probes(4), &mut State::fresh(), None).unwrap();
        for (p, trace) in probes(4).iter().zip(&seen.traces) {
            match p.what {
                Observable::Raster => {
                    let want = raster(&model.groups[p.group], &expected.spikes[p.group]);
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
    let (within, _) = compiled(&interpolated(receptors()));
    for (model, batch) in [(&model, 1), (&model, 3), (&within, 1), (&within, 3)] {
        let shown = inputs(model, batch, 4);
        let half = |from: usize| {
            let n = shown.values[0].len() / 2;
            Inputs { batch, frames: 2, values: vec![shown.values[0][from * n..(from + 1) * n].to_vec()] }
        };
        let run = |threads: usize, inputs: &Inputs, state: &mut State| {
            Engine::new(threads).run(model, &params, inputs, &probes(4), state, None).unwrap()
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
fn more_samples_at_once_than_calendars_can_number_are_refused() {
    let given = Population { times: vec![vec![1.0].into()], ..population("in", 1, "spikes") };
    let cell = Population { bias: Some(false), ..population("cell", 1, "if_curr_exp") };
    let mut n = network(vec![given, cell], vec![Projection { learn: Some(false), ..projection("in", "cell") }]);
    (n.dt, n.presentation) = (Some(0.5.into()), Some(4.0.into()));
    let (model, params) = compiled(&n);
    let run = |batch: usize| {
        let shown = Inputs { batch, frames: 1, values: vec![] };
        Engine::new(1).run(&model, &params, &shown, &[], &mut State::fresh(), None)
    };
    assert!(run(65_536).is_ok());
    let fault = run(65_537).unwrap_err();
    assert!(fault.what.contains("65537 samples at once") && fault.what.contains("at most 65536"), "{fault}");
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

#[test]
fn threads_share_large_networks_and_change_no_spike() {
    for network in [streams(), interpolated(streams()), interpolated(receptors())].map(|n| n.scaled(60.0)) {
        let (model, params) = compiled(&network);
        let shown = inputs(&model, 1, 1);
        let run = |threads: usize| Engine::new(threads).run(&model, &params, &shown, &probes(4), &mut State::fresh(), None).unwrap().traces;
        let alone = run(1);
        assert!(alone[..3].iter().all(|t| t.shape[0] > 1000), "some group is silent, so nothing was tested");
        assert_eq!(alone, run(2));
        assert_eq!(alone, run(3));
    }
}

fn nothing() -> Inputs {
    Inputs { batch: 1, frames: 1, values: vec![] }
}

#[test]
fn an_event_moves_its_charge_however_long_the_step_is_beside_its_time_constant() {
    for dt in [0.05, 0.1, 0.5, 1.0] {
        let sender = Population { times: vec![vec![1.0].into()], ..population("in", 1, "spikes") };
        let mut cell = Population { bias: Some(false), ..population("cell", 1, "if_curr_exp") };
        cell.parameters.insert("tau".into(), (1e4, Some("ms".to_string())).into());
        cell.parameters.insert("positive.tau".into(), (500.0, Some("us".to_string())).into());
        let mut link = Projection { learn: Some(false), delay: Some(Delay::Ms(1.0).into()), ..projection("in", "cell") };
        link.weights = Weights::Constant(1000.0).into();
        link.unit = Some(homolog_base::Unit::parse("pA").unwrap().into());
        let mut n = network(vec![sender, cell], vec![link]);
        (n.dt, n.presentation) = (Some(dt.into()), Some(20.0.into()));
        let (model, params) = compiled(&n);
        let v = model.groups[1].variables.iter().position(|v| v.name == "v").unwrap();
        let probe = [Probe { group: 1, what: Observable::State(v) }];
        let seen = Engine::new(1).run(&model, &params, &nothing(), &probe, &mut State::fresh(), None).unwrap();
        let rise = seen.traces[0].data.last().unwrap() + 65.0;
        // 1 nA for 0.5 ms on 0.25 nF, of which 0.2 % leaks.
        assert!((rise - 2.0).abs() < 0.006, "{rise} mV at a step of {dt} ms");
    }
}

#[test]
fn a_neuron_whose_rest_is_above_threshold_fires_from_its_first_step_on() {
    let mut cell = Population { bias: Some(false), ..population("cell", 1, "if_curr_exp") };
    cell.parameters.insert("vrest".into(), (-45.0, None).into());
    let mut n = network(vec![cell], vec![]);
    (n.dt, n.presentation) = (Some(0.1.into()), Some(100.0.into()));
    let (model, params) = compiled(&n);
    let probe = [Probe { group: 0, what: Observable::Raster }];
    let seen = Engine::new(1).run(&model, &params, &nothing(), &probe, &mut State::fresh(), None).unwrap();
    let times: Vec<f64> = seen.traces[0].data.chunks(3).map(|s| s[0]).collect();
    assert_eq!(times[0], 0.0);
    // tref + tau ln((vrest - vreset) / (vrest - vth)), to a step.
    let period = (2.0 + 10.0 * homolog_base::math::ln(20.0 / 5.0)) / 0.1;
    assert!(times.windows(2).all(|w| (w[1] - w[0] - period).abs() <= 1.0), "{times:?} for {period}");
}

#[test]
fn neurons_that_draw_are_poisson_processes_at_the_rate_of_their_drive() {
    let mut source = Population { bias: Some(false), ..population("source", 400, "poisson") };
    source.parameters.insert("rate".into(), (20.0, Some("Hz".to_string())).into());
    let mut n = network(vec![source], vec![]);
    (n.dt, n.presentation) = (Some(1.0.into()), Some(5000.0.into()));
    let (model, params) = compiled(&n);
    let probe = [Probe { group: 0, what: Observable::Raster }];
    let run = |threads: usize| Engine::new(threads).run(&model, &params, &nothing(), &probe, &mut State::fresh(), None).unwrap();
    let seen = run(1);
    assert_eq!(seen, run(2));
    let mut times = vec![vec![]; 400];
    seen.traces[0].data.chunks(3).for_each(|s| times[s[1] as usize].push(s[0]));
    let spikes: usize = times.iter().map(Vec::len).sum();
    // 40,000 expected, with the standard deviation 200.
    assert!((spikes as f64 - 40_000.0).abs() < 800.0, "{spikes} spikes");
    let intervals: Vec<f64> = times.iter().flat_map(|t| t.windows(2).map(|w| w[1] - w[0])).collect();
    let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
    let sd = (intervals.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / intervals.len() as f64).sqrt();
    // Geometric: CV^2 = 1 - p; intervals that do not end within the run are missing, and they are the long ones.
    assert!((sd / mean - 0.98).abs() < 0.03, "CV {}", sd / mean);
}
