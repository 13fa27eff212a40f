//! Images as spikes, and neurons that keep a rate.

mod common;

use common::{compiled, network, population, projection};
use homolog_base::{Unit, math};
use homolog_engine::Engine;
use homolog_model::{Inputs, Model, Network, Observable, Params, Population, Probe, Projection, Runner, State, Stimulus, Weights, Wiring};

/// Pixels that sources of a kind see one by one, a pixel of 1 as so much.
fn seen(neuron: &str, white: f64, unit: &str, pixels: usize, (shown, dt): (f64, f64)) -> Network {
    let sources = Population { bias: Some(false), ..population("sources", pixels, neuron) };
    let each = Projection {
        wiring: Wiring::OneToOne.into(),
        learn: Some(false),
        weights: Weights::Constant(white).into(),
        unit: Some(Unit::parse(unit).unwrap().into()),
        ..projection("in", "sources")
    };
    let mut n = network(vec![population("in", pixels, "input"), sources], vec![each]);
    (n.dt, n.presentation) = (Some(dt.into()), Some(shown.into()));
    n
}

/// Tick and neuron of all spikes of a group.
fn raster(model: &Model, params: &Params, inputs: &Inputs, group: usize) -> Vec<(usize, usize)> {
    let probe = [Probe { group, what: Observable::Raster }];
    let seen = Engine::new(1).run(model, params, inputs, &probe, &mut State::fresh(), None).unwrap();
    seen.traces[0].data.chunks(3).map(|s| (s[0] as usize, s[1] as usize)).collect()
}

/// When a pixel spikes, ms after the beginning of a presentation.
type Law = fn(f64) -> Option<f64>;

#[test]
fn each_pixel_spikes_once_in_a_presentation_the_sooner_the_brighter_and_a_dark_one_never() {
    let pixels = [0.0, 0.02, 0.05, 0.2, 0.25, 0.3, 0.5, 0.77, 1.0, 1.2];
    let linear: Law = |x| (x > 0.0).then(|| (20.0 * (1.0 - x)).max(0.0));
    let charged: Law = |x| (60.0 * x > 15.0).then(|| 10.0 * math::ln(60.0 * x / (60.0 * x - 15.0)));
    let laws: [(&str, f64, &str, Law); 2] = [("latency", 20.0, "ms", linear), ("latency_rc", 60.0, "mV", charged)];
    for (neuron, white, unit, law) in laws {
        for dt in [1.0, 0.1] {
            let shown = 30.0;
            let (model, params) = compiled(&seen(neuron, white, unit, pixels.len(), (shown, dt)));
            // Two presentations, the second of the image turned around.
            let both = pixels.iter().chain(pixels.iter().rev()).copied();
            let found = raster(&model, &params, &Inputs { batch: 1, frames: 2, values: vec![both.clone().collect()] }, 1);
            let ticks = (shown / dt).round() as usize;
            let mut want: Vec<(usize, usize)> = both
                .enumerate()
                .filter_map(|(k, x)| Some((k / pixels.len() * ticks + (law(x)? / dt + 1e-4).floor() as usize, k % pixels.len())))
                .collect();
            want.sort_unstable();
            assert!(want.len() >= 10, "too few spikes to test anything");
            assert_eq!(found, want, "{neuron} in steps of {dt} ms");
        }
    }
}

#[test]
fn a_pixel_up_to_a_threshold_does_not_spike() {
    let mut n = seen("latency", 20.0, "ms", 3, (30.0, 1.0));
    n.populations[1].parameters.insert("least".into(), (5.0, Some("ms".to_string())).into());
    let (model, params) = compiled(&n);
    let found = raster(&model, &params, &Inputs { batch: 1, frames: 1, values: vec![vec![0.25, 0.26, 0.9]] }, 1);
    assert_eq!(found.iter().map(|s| s.1).collect::<Vec<_>>(), [2, 1]);
}

/// Neurons that different currents drive, for a time (ms): spikes of each after some of it, and how far their thresholds have moved in between.
fn kept(eta: f64, target: f64, drives: &[f64], (from, to): (f64, f64)) -> (Vec<f64>, Vec<f64>) {
    let dt = 0.5;
    let mut cells = Population { bias: Some(false), ..population("cells", drives.len(), "iplif") };
    cells.parameters.insert("eta".into(), (eta, Some("mV".to_string())).into());
    cells.parameters.insert("target".into(), (target, Some("/ms".to_string())).into());
    let mut n = network(vec![cells], vec![]);
    (n.dt, n.presentation) = (Some(dt.into()), Some(to.into()));
    n.stimuli = (drives.iter().enumerate())
        .map(|(k, mv)| Stimulus {
            population: "cells".into(),
            neurons: Some(vec![k].into()),
            duration: to.into(),
            amplitude: (*mv).into(),
            unit: Some(Unit::parse("mV").unwrap().into()),
            ..Stimulus::default()
        })
        .collect();
    let (model, params) = compiled(&n);
    let theta = model.groups[0].variables.iter().position(|v| v.name == "theta");
    let mut probes = vec![Probe { group: 0, what: Observable::Raster }];
    probes.extend(theta.map(|k| Probe { group: 0, what: Observable::State(k) }));
    let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
    let seen = Engine::new(1).run(&model, &params, &nothing, &probes, &mut State::fresh(), None).unwrap();
    let first = (from / dt).round() as usize;
    let mut spikes = vec![0.0; drives.len()];
    seen.traces[0].data.chunks(3).filter(|s| s[0] as usize >= first).for_each(|s| spikes[s[1] as usize] += 1.0);
    let moved = seen.traces.get(1).map_or(vec![0.0; drives.len()], |t| {
        let at = |tick: usize| &t.data[tick * drives.len()..(tick + 1) * drives.len()];
        at((to / dt).round() as usize - 1).iter().zip(at(first - 1)).map(|(a, b)| a - b).collect()
    });
    (spikes, moved)
}

#[test]
fn intrinsic_plasticity_brings_neurons_to_their_target_whatever_drives_them() {
    let (target, eta, drives, from, to) = (0.02, 0.2, [0.0, 5.0, 20.0, 80.0], 20_000.0, 40_000.0);
    let (spikes, moved) = kept(eta, target, &drives, (from, to));
    let expected = target * (to - from);
    for ((n, moved), drive) in spikes.iter().zip(&moved).zip(drives) {
        assert!((n / expected - 1.0).abs() < 0.01, "{n} spikes instead of {expected} at {drive} mV");
        // As the rule is summed up: the threshold has moved by eta times what is too much.
        assert!((eta * (n - expected) - moved).abs() < 1e-6, "the threshold moved by {moved} mV with {n} spikes");
    }
    // Without it they spike as their drives say.
    let (spikes, _) = kept(0.0, target, &drives, (from, to));
    assert!(spikes[0] == 0.0 && spikes[1] == 0.0 && spikes[3] > 1.5 * spikes[2] && spikes[2] > 1.5 * expected, "{spikes:?}");
}
