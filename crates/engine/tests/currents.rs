//! Currents into point neurons: steps, courses, and those that fluctuate.

mod common;

use common::{compiled, network, population, projection};
use homolog_base::{Span, Unit, math};
use homolog_engine::{Engine, reference};
use homolog_model::network::{CourseTable, Delay, NoiseCurrent, Precision};
use homolog_model::{Inputs, Model, Network, Observable, Params, Population, Probe, Projection, Runner, State, Stimulus, Weights};
use std::sync::Arc;

fn unit(name: &str) -> Unit {
    Unit::parse(name).unwrap()
}

fn nothing(batch: usize, frames: usize) -> Inputs {
    Inputs { batch, frames, values: vec![] }
}

/// Neurons by themselves, for a time, in steps.
fn alone(neuron: &str, size: usize, (shown, dt): (f64, f64)) -> Network {
    let mut n = network(vec![Population { bias: Some(false), ..population("cells", size, neuron) }], vec![]);
    (n.dt, n.presentation) = (Some(dt.into()), Some(shown.into()));
    n
}

fn fluctuating(mean: f64, deviation: f64, tau: f64, of: &str) -> NoiseCurrent {
    NoiseCurrent { population: "cells".into(), mean, deviation, unit: unit(of).into(), tau, span: Span::default() }
}

fn step(delay: f64, duration: f64, amplitude: f64) -> Stimulus {
    Stimulus {
        population: "cells".into(),
        delay: delay.into(),
        duration: duration.into(),
        amplitude: amplitude.into(),
        ..Stimulus::default()
    }
}

/// A variable of all neurons, tick by tick.
fn watched(model: &Model, params: &Params, variable: &str, batch: usize) -> Vec<f64> {
    let k = model.groups[0].variables.iter().position(|v| v.name == variable).unwrap();
    let probe = [Probe { group: 0, what: Observable::State(k) }];
    Engine::new(1).run(model, params, &nothing(batch, 1), &probe, &mut State::fresh(), None).unwrap().traces.swap_remove(0).data
}

#[test]
fn a_step_of_current_charges_a_membrane_as_its_equation_says_and_only_the_neurons_that_are_named() {
    let (tau, cm) = (10.0, 0.25);
    let mut n = alone("if_curr_exp", 3, (40.0, 0.1));
    n.stimuli = vec![step(5.0, 20.0, 0.2), Stimulus { neurons: Some(vec![2].into()), ..step(10.0, 5.0, 0.05) }];
    let (model, params) = compiled(&n);
    let v = watched(&model, &params, "v", 1);
    let charged = |t: f64, from: f64, to: f64, i: f64| {
        let r = tau / cm;
        let rise = |t: f64| r * i * (1.0 - math::exp(-t.max(0.0) / tau));
        rise(t - from) - rise(t - to)
    };
    for (k, row) in v.chunks(3).enumerate() {
        let t = 0.1 * (k + 1) as f64;
        let first = -65.0 + charged(t, 5.0, 25.0, 0.2);
        let both = first + charged(t, 10.0, 15.0, 0.05);
        for (x, want) in row.iter().zip([first, first, both]) {
            assert!((x - want).abs() < 1e-9, "{x} instead of {want} mV at {t} ms");
        }
    }
    // In the unit of a drive that is none.
    let mut n = alone("lif", 1, (40.0, 0.1));
    n.stimuli = vec![Stimulus { unit: Some(unit("V").into()), ..step(0.0, 40.0, 0.01) }];
    let (model, params) = compiled(&n);
    let v = watched(&model, &params, "v", 1);
    assert!((v.last().unwrap() + 65.0 - 10.0 * (1.0 - math::exp(-4.0))).abs() < 1e-9);
}

#[test]
fn a_course_is_the_sum_of_its_steps() {
    let mut steps = alone("if_curr_exp", 2, (30.0, 0.1));
    steps.stimuli = vec![step(2.0, 3.05, 0.1), step(5.05, 4.0, -0.2), step(9.05, 20.95, 0.05)];
    let mut course = alone("if_curr_exp", 2, (30.0, 0.1));
    let listed = Arc::new((vec![(2.0, 100.0), (5.05, -200.0), (9.05, 50.0)], unit("pA")));
    let table = CourseTable { listed: Some(listed), ..CourseTable::default() };
    course.stimuli = vec![Stimulus { population: "cells".into(), course: Some(table.into()), ..Stimulus::default() }];
    let v = |n: &Network| {
        let (model, params) = compiled(n);
        watched(&model, &params, "v", 1)
    };
    let (a, b) = (v(&steps), v(&course));
    assert!(a.iter().any(|x| (x + 65.0).abs() > 1.0), "nothing moved, so nothing was tested");
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-9));
}

/// Mean, variance, and covariance at a lag of so many ticks, of processes with a known mean.
fn moments(all: &[f64], size: usize, mean: f64, lag: usize) -> (f64, f64, f64) {
    let n = all.len() as f64;
    let found = all.iter().sum::<f64>() / n;
    let variance = all.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    let pairs = all.iter().zip(&all[lag * size..]);
    let covariance = pairs.clone().map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / pairs.count() as f64;
    (found, variance, covariance)
}

#[test]
fn a_fluctuating_current_has_its_mean_variance_and_autocorrelation_from_the_first_step_on() {
    let (size, shown, dt, mean, deviation, tau) = (200, 2000.0, 0.5, 0.1, 0.05, 5.0);
    for precision in [Precision::Double, Precision::Single] {
        let mut n = alone("if_curr_exp", size, (shown, dt));
        n.precision = Some(precision.into());
        n.noise_currents = vec![fluctuating(1000.0 * mean, 1000.0 * deviation, tau, "pA")];
        let (model, params) = compiled(&n);
        assert_eq!(model.groups[0].variables.iter().find(|v| v.name == "noise.i").unwrap().unit, unit("nA"));
        let all = watched(&model, &params, "noise.i", 1);
        // Numbers of one process within 2 tau of one another say as much as one.
        let several = shown * size as f64 / tau;
        let lag = 7;
        let (m, variance, covariance) = moments(&all, size, mean, lag);
        assert!((m - mean).abs() < 4.0 * deviation * (2.0 / several).sqrt(), "mean {m}");
        let off = 4.0 * deviation * deviation * (2.0 / several).sqrt();
        assert!((variance - deviation * deviation).abs() < off, "variance {variance}");
        let rho = math::exp(-dt * lag as f64 / tau);
        assert!((covariance - rho * deviation * deviation).abs() < 2.0 * off, "covariance {covariance} at {lag} steps");
        // The first step is as wide as all others, and each neuron has a process of its own.
        n = alone("if_curr_exp", 20_000, (1.0, 0.5));
        n.noise_currents = vec![fluctuating(mean, deviation, tau, "nA")];
        let (model, params) = compiled(&n);
        let first = watched(&model, &params, "noise.i", 1);
        let (_, variance, covariance) = moments(&first[..20_000], 1, mean, 1);
        assert!((variance / (deviation * deviation) - 1.0).abs() < 4.0 * (2.0 / 20_000.0f64).sqrt(), "variance {variance} at first");
        assert!(covariance.abs() < 4.0 * deviation * deviation / 20_000.0f64.sqrt(), "neighbours have {covariance}");
    }
}

#[test]
fn a_fluctuating_current_moves_the_potential_below_threshold_as_much_as_theory_says() {
    let (size, shown, dt, deviation, tau, membrane) = (100, 4000.0, 0.1, 2.0, 5.0, 10.0);
    let mut n = alone("lif", size, (shown, dt));
    n.noise_currents = vec![fluctuating(3.0, deviation, tau, "mV")];
    let (model, params) = compiled(&n);
    let v = watched(&model, &params, "v", 1);
    let v = &v[v.len() / 20..];
    let (mean, variance, _) = moments(v, size, -62.0, 1);
    // What a current that is constant over each step gives, and what it tends to for short ones: sigma^2 tau / (tau + tau_m).
    let (a, rho) = (math::exp(-dt / membrane), math::exp(-dt / tau));
    let exact = (1.0 - a) * (1.0 - a) * deviation * deviation * (1.0 + a * rho) / ((1.0 - a * a) * (1.0 - a * rho));
    let limit = deviation * deviation * tau / (tau + membrane);
    assert!((exact / limit - 1.0).abs() < 0.02, "{exact} {limit}");
    let several = 0.95 * shown * size as f64 / (tau + membrane);
    assert!((mean + 62.0).abs() < 4.0 * exact.sqrt() * (2.0 / several).sqrt(), "mean {mean}");
    assert!((variance / exact - 1.0).abs() < 4.0 * (2.0 / several).sqrt(), "variance {variance} instead of {exact}");
    assert!(v.iter().all(|v| *v < -50.0), "none was to reach the threshold");
}

/// Neurons that inhibit one another, some driven by steps, all by two currents that fluctuate.
fn driven() -> Network {
    let cells = Population { bias: Some(false), ..population("cells", 7, "if_curr_exp") };
    let others = Population { bias: Some(false), ..population("others", 5, "lif") };
    let link = |from: &str, to: &str, weight: f64, of: &str| Projection {
        learn: Some(false),
        delay: Some(Delay::Ms(1.5).into()),
        weights: Weights::Constant(weight).into(),
        unit: Some(unit(of).into()),
        ..projection(from, to)
    };
    let mut n = network(
        vec![cells, others],
        vec![link("cells", "cells", -20.0, "pA"), link("cells", "others", 3.0, "mV"), link("others", "cells", 30.0, "pA")],
    );
    (n.dt, n.presentation) = (Some(0.5.into()), Some(60.0.into()));
    n.stimuli = vec![step(3.2, 30.0, 0.5), Stimulus { neurons: Some(vec![4, 1].into()), ..step(10.0, 40.0, 0.3) }];
    n.noise_currents = vec![fluctuating(0.1, 0.3, 3.0, "nA"), fluctuating(0.0, 200.0, 20.0, "pA")];
    n
}

fn probes(model: &Model) -> Vec<Probe> {
    let v = |g: usize| model.groups[g].variables.iter().position(|v| v.name == "v").unwrap();
    vec![
        Probe { group: 0, what: Observable::Raster },
        Probe { group: 1, what: Observable::Raster },
        Probe { group: 0, what: Observable::State(v(0)) },
        Probe { group: 1, what: Observable::State(v(1)) },
    ]
}

#[test]
fn currents_have_the_bits_of_the_naive_runner() {
    let (model, params) = compiled(&driven());
    let tensors: Vec<Vec<f64>> = params.tensors.iter().map(|t| t.values.clone()).collect();
    let seen = Engine::new(1).run(&model, &params, &nothing(1, 1), &probes(&model), &mut State::fresh(), None).unwrap();
    let expected = reference::run(&model, &tensors, &[]);
    assert!(seen.traces[..2].iter().all(|t| t.shape[0] > 5), "some group is silent, so nothing was tested");
    for (g, trace) in seen.traces[2..].iter().enumerate() {
        let v = model.groups[g].variables.iter().position(|v| v.name == "v").unwrap();
        let want: Vec<f64> = expected.variables[g].iter().flatten().map(|n| n[v][0]).collect();
        assert_eq!(trace.data.len(), want.len());
        assert!(trace.data.iter().zip(&want).all(|(a, b)| a.to_bits() == b.to_bits()), "group {g}");
    }
}

#[test]
fn threads_samples_beside_and_a_cut_change_no_bit_of_currents() {
    let (model, params) = compiled(&driven());
    let run = |threads: usize, batch: usize, frames: usize, state: &mut State| {
        Engine::new(threads).run(&model, &params, &nothing(batch, frames), &probes(&model), state, None).unwrap().traces
    };
    let (mut one, mut two, mut cut) = (State::fresh(), State::fresh(), State::fresh());
    let whole = run(1, 3, 2, &mut one);
    assert_eq!(whole, run(2, 3, 2, &mut two));
    assert_eq!(one, two);
    let first = run(2, 3, 1, &mut cut);
    let second = run(1, 3, 1, &mut cut);
    assert_eq!(one, cut, "a state holds all that a current that fluctuates remembers");
    for k in 2..4 {
        let joined: Vec<f64> = first[k].data.iter().chain(&second[k].data).copied().collect();
        assert_eq!(whole[k].data, joined);
    }
    // Samples differ, and the first is what it is alone.
    let alone = run(1, 1, 2, &mut State::fresh());
    let of = |sample: usize| whole[2].data.iter().skip(sample).step_by(3).copied().collect::<Vec<f64>>();
    assert_eq!(of(0), alone[2].data);
    assert_ne!(of(0), of(1));
}
