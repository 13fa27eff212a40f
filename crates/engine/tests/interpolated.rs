//! Spikes that have a time within their step: analytic times, orders of convergence, what arrives, and who cannot have them.

mod common;

use common::{compiled, interpolated, library, network, population, projection, rules};
use homolog_base::{Unit, math};
use homolog_engine::Engine;
use homolog_model::network::{Delay, Network};
use homolog_model::{Inputs, Observable, Population, Probe, Projection, Runner, SpikeTimes, State, Stimulus, Weights, compile};

fn still(neuron: &str) -> Population {
    Population { bias: Some(false), ..population("cell", 1, neuron) }
}

fn driven(population: &str, amplitude: f64, unit: &str) -> Stimulus {
    Stimulus {
        population: population.into(),
        duration: 1e6.into(),
        amplitude: amplitude.into(),
        unit: Some(Unit::parse(unit).unwrap().into()),
        ..Stimulus::default()
    }
}

fn stream(from: &str, to: &str, delay: f64, (weight, unit): (f64, &str)) -> Projection {
    Projection {
        learn: Some(false),
        delay: Some(Delay::Ms(delay).into()),
        weights: Weights::Constant(weight).into(),
        unit: Some(Unit::parse(unit).unwrap().into()),
        ..projection(from, to)
    }
}

fn timed(network: Network, dt: f64, shown: f64) -> Network {
    Network { dt: Some(dt.into()), presentation: Some(shown.into()), ..network }
}

/// When the only neuron of each population spikes, ms.
fn times(network: &Network) -> Vec<Vec<f64>> {
    let (model, params) = compiled(network);
    let probes: Vec<Probe> = (0..model.groups.len()).map(|group| Probe { group, what: Observable::Raster }).collect();
    let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
    let seen = Engine::new(1).run(&model, &params, &nothing, &probes, &mut State::fresh(), None).unwrap();
    // On the grid a spike is known to be at the end of its step.
    let of = |(g, data): (usize, &Vec<f64>)| {
        let end = f64::from(u8::from(!model.groups[g].interpolated));
        data.chunks(3).map(|s| (s[0] + end) * model.dt).collect()
    };
    seen.traces.iter().map(|t| &t.data).enumerate().map(of).collect()
}

/// The slope of the logarithm of errors over that of steps, each half of the one before.
fn order(errors: &[f64]) -> f64 {
    math::ln(errors[0] / errors[errors.len() - 1]) / math::ln(2.0) / (errors.len() - 1) as f64
}

#[test]
fn a_driven_neuron_spikes_at_its_analytic_times_to_second_order_in_the_step() {
    // lif: vrest -65, vth -50, vreset -65 mV, tau 10, tref 2 ms; a drive of 30 mV.
    let rise = 10.0 * math::ln(30.0 / 15.0);
    let errors: Vec<f64> = [1.0, 0.5, 0.25, 0.125]
        .into_iter()
        .map(|dt| {
            let alone = Network { stimuli: vec![driven("cell", 30.0, "mV")], ..network(vec![still("lif")], vec![]) };
            let seen = times(&interpolated(timed(alone, dt, 200.0)));
            assert!((20..=23).contains(&seen[0].len()), "{} spikes", seen[0].len());
            let off = seen[0].iter().enumerate().map(|(k, t)| (t - (rise + k as f64 * (rise + 2.0))).abs());
            off.fold(0.0, f64::max)
        })
        .collect();
    assert!(errors[3] < 0.01, "{errors:?} ms, of 200");
    assert!(order(&errors) > 1.8, "{errors:?} ms: order {}", order(&errors));
}

/// Two neurons that excite and inhibit one another, one of which hears spikes that are given.
fn pair(neuron: &str, (drive, unit): (f64, &str), (strong, weight): (f64, &str)) -> Network {
    let of = |name: &str| Population { name: name.into(), ..still(neuron) };
    let given = Population { times: vec![vec![3.13, 17.77, 18.91, 40.03, 55.5, 71.23].into()], ..population("given", 1, "spikes") };
    let projections = vec![
        stream("given", "a", 0.8, (0.7 * strong, weight)),
        stream("a", "b", 1.6, (0.5 * strong, weight)),
        stream("b", "a", 2.4, (-0.6 * strong, weight)),
    ];
    Network {
        stimuli: vec![driven("a", drive, unit), driven("b", 0.8 * drive, unit)],
        ..network(vec![given, of("a"), of("b")], projections)
    }
}

/// The mean distance of spikes of two runs; their numbers are the same.
fn distance(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    let (mut sum, mut n) = (0.0, 0);
    for (a, b) in a.iter().zip(b).skip(1) {
        assert!(a.len() == b.len() && a.len() > 4, "{a:?}\n{b:?}");
        sum += a.iter().zip(b).map(|(x, y)| (x - y).abs()).sum::<f64>();
        n += a.len();
    }
    sum / f64::from(n as u32)
}

#[test]
fn networks_with_synaptic_currents_and_conductances_are_of_second_order_and_on_the_grid_of_first() {
    for (neuron, drive, strong) in [("if_curr_exp", (0.8, "nA"), (1.0, "nA")), ("if_cond_exp", (0.45, "nA"), (0.02, "uS"))] {
        let of =
            |dt: f64, spikes: SpikeTimes| times(&Network { spikes: Some(spikes.into()), ..timed(pair(neuron, drive, strong), dt, 80.0) });
        let exact = of(0.0015625, SpikeTimes::Interpolated);
        let errors = |spikes: SpikeTimes| [0.2, 0.1, 0.05, 0.025].map(|dt| distance(&of(dt, spikes), &exact));
        let (within, grid) = (errors(SpikeTimes::Interpolated), errors(SpikeTimes::Grid));
        assert!(order(&within) > 1.7, "{neuron}: {within:?} ms, order {}", order(&within));
        assert!((0.6..1.4).contains(&order(&grid)), "{neuron}: {grid:?} ms, order {}", order(&grid));
        assert!(within[1] < 0.02 * grid[1], "{neuron} at 0.1 ms: {} ms, on the grid {} ms", within[1], grid[1]);
    }
}

/// What `iaf_psc_exp_ps` of NEST 3.10 gives for `pair("if_curr_exp", 0.8 nA, 1 nA)`: it has precise spike times and integrates from event to event
/// (`tools/spike_times_vs_nest.py` prints them).
const NEST: [&[f64]; 2] = [
    &[4.963655379867444, 16.387864338195246, 23.28882257633135, 58.533172178505104, 79.2098793152953],
    &[
        7.450251355323237,
        15.92301428266894,
        22.75225695862332,
        29.175056200073467,
        38.4121926100084,
        48.96895970153262,
        59.75462575652462,
        67.66412437915928,
        77.81171606946582,
        85.02099255220446,
        94.54635499995072,
    ],
];

#[test]
fn spike_times_are_those_of_nest_with_precise_times_and_come_closer_with_the_square_of_the_step() {
    let errors = [0.2, 0.1, 0.05, 0.025].map(|dt| {
        let seen = times(&interpolated(timed(pair("if_curr_exp", (0.8, "nA"), (1.0, "nA")), dt, 100.0)));
        let worst = |(ours, theirs): (&Vec<f64>, &&[f64])| {
            assert_eq!(ours.len(), theirs.len());
            ours.iter().zip(*theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        seen[1..].iter().zip(&NEST).map(worst).fold(0.0, f64::max)
    });
    assert!(errors[1] < 0.01 && errors[3] < 2e-4, "{errors:?} ms");
    assert!(order(&errors) > 1.8, "{errors:?} ms");
}

#[test]
fn a_spike_brings_all_of_its_charge_and_when_it_is_meant_to() {
    // A membrane that hardly leaks sums what arrives; that of the slope of its potential says when.
    let at = |time: f64, dt: f64| {
        let given = Population { times: vec![vec![time].into()], ..population("given", 1, "spikes") };
        let mut cell = still("if_curr_exp");
        cell.parameters.insert("tau".into(), (1e4, Some("ms".to_string())).into());
        cell.parameters.insert("vth".into(), (100.0, None).into());
        let n = network(vec![given, cell], vec![stream("given", "cell", 2.0, (1.0, "nA"))]);
        let (model, params) = compiled(&interpolated(timed(n, dt, 60.0)));
        let v = model.groups[1].variables.iter().position(|v| v.name == "v").unwrap();
        let probe = [Probe { group: 1, what: Observable::State(v) }];
        let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
        let seen = Engine::new(1).run(&model, &params, &nothing, &probe, &mut State::fresh(), None).unwrap();
        let v: Vec<f64> = seen.traces[0].data.iter().map(|v| v + 65.0).collect();
        let last = *v.last().unwrap();
        // The mean time of the charge: the integral of what is still to come.
        let mean = v.iter().map(|v| (last - v) * dt).sum::<f64>() + 0.5 * last * dt;
        (last, mean / last)
    };
    let (all, when) = at(10.0, 0.5);
    for time in [10.05, 10.2, 10.25, 10.4, 10.475] {
        let (charge, mean) = at(time, 0.5);
        assert!((charge / all - 1.0).abs() < 1e-4, "{time}: {charge} mV instead of {all}");
        assert!((mean - when - (time - 10.0)).abs() < 2e-3, "{time}: {mean} ms after {when}");
    }
}

#[test]
fn spikes_that_are_given_as_they_were_recorded_do_the_same() {
    let n = timed(pair("if_curr_exp", (0.6, "nA"), (1.0, "nA")), 0.2, 100.0);
    let seen = times(&interpolated(n.clone()));
    // The neuron `a` is replaced by its own spikes.
    let mut replayed = interpolated(n);
    replayed.populations[1] = Population { times: vec![seen[1].clone().into()], ..population("a", 1, "spikes") };
    replayed.projections.retain(|p| p.to.value != "a");
    replayed.stimuli.retain(|s| s.population.value != "a");
    let again = times(&replayed);
    assert_eq!(again[1], seen[1]);
    assert_eq!(again[2], seen[2]);
    assert!(seen[1].iter().any(|t| (t / 0.2).fract() > 0.01), "all are on the grid, so nothing was tested");
}

#[test]
fn poisson_processes_keep_their_times_whatever_the_step() {
    let of = |dt: f64| {
        let sources = Population { poisson: Some(0.02.into()), ..population("source", 30, "spikes") };
        let n = interpolated(timed(network(vec![sources, still("if_curr_exp")], vec![]), dt, 200.0));
        let (model, params) = compiled(&n);
        let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
        let probe = [Probe { group: 0, what: Observable::Raster }];
        let seen = Engine::new(1).run(&model, &params, &nothing, &probe, &mut State::fresh(), None).unwrap();
        let mut out: Vec<(u32, f64)> = seen.traces[0].data.chunks(3).map(|s| (s[1] as u32, s[0] * dt)).collect();
        out.sort_by(|a, b| a.partial_cmp(b).unwrap());
        out
    };
    let (coarse, fine) = (of(0.1), of(0.01));
    assert!(fine.len() > 80);
    // In a longer step some neuron may have two, of which the first is one.
    let fine: Vec<(u32, f64)> =
        fine.iter().enumerate().filter(|(k, s)| *k == 0 || s.0 != fine[k - 1].0 || s.1 - fine[k - 1].1 > 0.1).map(|(_, s)| *s).collect();
    let same = coarse.iter().zip(&fine).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < 0.1 / 4096.0);
    assert!(same && coarse.len() == fine.len(), "{coarse:?}\n{fine:?}");
}

/// When a neuron spikes that hears spikes at these times, a ms later.
fn hearing(cell: Population, spikes: &[f64], (weight, unit): (f64, &str), dt: f64) -> Vec<f64> {
    let given = Population { times: vec![spikes.to_vec().into()], ..population("given", 1, "spikes") };
    times(&interpolated(timed(network(vec![given, cell], vec![stream("given", "cell", 1.0, (weight, unit))]), dt, 40.0))).swap_remove(1)
}

#[test]
fn an_event_that_lifts_a_neuron_above_its_threshold_is_one_spike_in_the_nearest_step() {
    let eager = |neuron: &str| {
        let mut cell = still(neuron);
        if neuron == "lif" {
            cell.parameters.insert("tref".into(), (0.0, None).into());
        }
        cell
    };
    for (neuron, weight) in [("lif", 32.0), ("lif", 15.05), ("qif", 140.0), ("izhikevich", 200.0)] {
        for (sent, arrives) in [(10.0, 11.0), (10.04, 11.0), (10.05, 11.1), (10.06, 11.1)] {
            let seen = hearing(eager(neuron), &[sent], (weight, "mV"), 0.1);
            assert_eq!(seen.len(), 1, "{neuron} by {weight} mV at {sent} ms: {seen:?}");
            assert!((seen[0] - arrives).abs() < 0.1 && seen[0] > arrives - 1e-9, "{neuron} by {weight} mV at {sent} ms: {seen:?}");
        }
    }
}

#[test]
fn what_arrives_in_a_refractory_time_has_no_effect_also_in_the_step_in_which_it_ends() {
    let mut cell = still("lif");
    cell.parameters.insert("tref".into(), (2.03, None).into());
    // The second event arrives 2 ms after the spike of the first, the third 2.1 ms.
    assert_eq!(hearing(cell.clone(), &[10.0, 12.0], (20.0, "mV"), 0.1).len(), 1);
    let seen = hearing(cell, &[10.0, 12.1], (20.0, "mV"), 0.1);
    assert_eq!(seen.len(), 2);
    assert!((seen[1] - seen[0] - 2.1).abs() < 1e-9, "{seen:?}");
}

#[test]
fn latencies_have_their_times_also_in_the_first_step() {
    for (size, at) in [(20.0, 0.0), (19.5, 0.5), (19.0, 1.0), (7.3, 12.7)] {
        let first = Network { stimuli: vec![driven("cell", size, "ms")], ..network(vec![still("latency")], vec![]) };
        let seen = times(&interpolated(timed(first, 1.0, 30.0)));
        assert!((seen[0][0] - at).abs() < 1e-3 && seen[0].len() == 1, "{size} ms: {seen:?}");
    }
}

fn refused(network: &Network) -> Vec<String> {
    let e = compile(network, &library(), 1).expect_err("it cannot be");
    e.iter().map(|d| d.render(false)).collect()
}

#[test]
fn who_cannot_spike_within_a_step_is_told_why() {
    let asked = |neuron: &str| Population { spikes: Some(SpikeTimes::Interpolated.into()), ..still(neuron) };
    let drawn = refused(&timed(network(vec![asked("poisson")], vec![]), 0.1, 10.0)).join("\n");
    assert!(drawn.contains("model-spikes") && drawn.contains("step by step whether `poisson` spikes"), "{drawn}");
    let values =
        refused(&timed(network(vec![asked("relu"), Population { name: "b".into(), ..still("lif") }], vec![]), 1.0, 10.0)).join("\n");
    assert!(values.contains("sends values"), "{values}");
    let learned = network(vec![asked("lif")], vec![Projection { delay: Some(Delay::Ms(1.0).into()), ..projection("cell", "cell") }]);
    let learned = refused(&timed(learned, 1.0, 10.0)).join("\n");
    assert!(learned.contains("gradients are taken of spikes on the grid"), "{learned}");
    // Of a network that says it for all, those that draw stay on the grid.
    let (model, _) = compiled(&interpolated(timed(network(vec![still("poisson")], vec![]), 0.1, 10.0)));
    assert!(!model.groups[0].interpolated);
}

#[test]
fn more_connections_than_can_be_counted_at_one_neuron_are_refused() {
    let of = |size: usize| {
        let sources = Population { poisson: Some(0.001.into()), ..population("many", size, "spikes") };
        interpolated(timed(network(vec![sources, still("if_curr_exp")], vec![stream("many", "cell", 1.0, (1.0, "pA"))]), 0.1, 10.0))
    };
    let said = refused(&of(524_288)).join("\n");
    assert!(said.contains("524288 connections of `many->cell`") && said.contains("at most 524287"), "{said}");
    assert!(compile(&of(524_287), &library(), 1).is_ok());
}

#[test]
fn rules_of_plasticity_take_spikes_by_steps_and_that_is_said() {
    let n = rules::learning(&[rules::rule("stdp", &[])], Delay::Uniform(0.2, 3.0), 0, 20);
    let said = |n: &Network| homolog_model::compile::warnings(n, &rules::with_rules()).iter().filter(|d| d.code == "model-spikes").count();
    assert_eq!(said(&n), 0);
    let plastic = n.projections.iter().filter(|p| !p.plasticity.is_empty()).count();
    assert_eq!(said(&interpolated(n.clone())), plastic);
    // Of the receiver alone.
    let mut one = n;
    let to = one.projections.iter().find(|p| !p.plasticity.is_empty()).map(|p| p.to.value.clone()).unwrap();
    one.populations.iter_mut().find(|p| p.name.value == to).unwrap().spikes = Some(SpikeTimes::Interpolated.into());
    assert!(said(&one) > 0);
}
