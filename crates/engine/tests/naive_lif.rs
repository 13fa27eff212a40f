//! A second implementation of leaky integrate-and-fire neurons and their surrogate gradients, written by hand from the
//! equations, sharing nothing with the library file, the equation language or the engine.

mod common;

use common::{compiled, inputs, network, population, projection};
use homolog_engine::Engine;
use homolog_model::{Gradients, Observable, Probe, Runner, State, Tape};

const TAU: f64 = 10.0;
const ABOVE_REST: f64 = 15.0;
const REFRACTORY: i32 = 2;
const PER_UNIT: f64 = 62.0;
const PER_SPIKE: f64 = 0.204;
const TICKS: usize = 30;

fn surrogate(shape: &str, width: f64, x: f64) -> f64 {
    let u = x / width;
    match shape {
        "fast_sigmoid" => 0.5 / width / (1.0 + u.abs()).powi(2),
        "arctan" => 1.0 / (width * std::f64::consts::PI * (1.0 + u * u)),
        "superspike" => 1.0 / (1.0 + u.abs()).powi(2),
        _ => unreachable!(),
    }
}

/// Spikes of one neuron under a constant drive, and d(count)/d(drive), by forward accumulation through membrane and surrogate.
fn count_and_slope(drive: f64, gain: f64, shape: &str, width: f64) -> (f64, f64) {
    #[allow(clippy::disallowed_methods)]
    let keep = (-1.0f64 / TAU).exp();
    let (mut v, mut dv, mut count, mut dcount, mut hold) = (0.0, 0.0, 0.0, 0.0, 0);
    for _ in 0..TICKS {
        let target = PER_UNIT * gain * drive;
        v = target + (v - target) * keep;
        dv = PER_UNIT * gain * (1.0 - keep) + dv * keep;
        if hold > 0 {
            v = 0.0;
            dv = 0.0;
            hold -= 1;
        }
        let x = v - ABOVE_REST;
        dcount += surrogate(shape, width, x) * dv;
        if x > 0.0 {
            count += 1.0;
            v = 0.0;
            dv = 0.0;
            hold = REFRACTORY;
        }
    }
    (count, dcount)
}

#[test]
fn counts_and_surrogate_gradients_of_the_library_neuron_equal_the_hand_written_ones() {
    for (shape, width) in [("fast_sigmoid", 4.0), ("arctan", 5.0), ("superspike", 3.0)] {
        let mut net = network(vec![population("in", 7, "input"), population("hidden", 9, "lif")], vec![projection("in", "hidden")]);
        net.populations[1].surrogate = Some((shape.to_string(), width).into());
        let (model, params) = compiled(&net);
        let gain = model.groups[1].calibration.unwrap().gain;
        let batch = 6;
        let shown = inputs(&model, batch, 1);
        let probe = [Probe { group: 1, what: Observable::Value }];
        let mut engine = Engine::new(1);
        let mut tape = Tape::default();
        let recording = engine.run(&model, &params, &shown, &probe, &mut State::fresh(), Some(&mut tape)).unwrap();
        let ones = vec![1.0; recording.traces[0].data.len()];
        let mut out = Gradients::default();
        engine.pullback(&model, &params, &shown, &probe, &mut tape, &vec![ones], &[], &mut out).unwrap();

        let bias = &params.tensors[model.groups[1].bias.unwrap()].values;
        let weights = &params.tensors[model.links[0].weights].values;
        let (mut d_weights, mut d_bias, mut spikes) = (vec![0.0; weights.len()], vec![0.0; bias.len()], 0.0);
        for b in 0..batch {
            let x = |i: usize| shown.values[0][i * batch + b];
            for (n, bias) in bias.iter().enumerate() {
                let drive = bias + (0..7).map(|i| weights[n * 7 + i] * x(i)).sum::<f64>();
                let (count, slope) = count_and_slope(drive, gain, shape, width);
                spikes += count;
                assert!((recording.traces[0].data[n * batch + b] - PER_SPIKE * count).abs() < 1e-12, "{shape}: neuron {n}, sample {b}");
                d_bias[n] += PER_SPIKE * slope;
                (0..7).for_each(|i| d_weights[n * 7 + i] += PER_SPIKE * slope * x(i));
            }
        }
        assert!(spikes > 10.0, "too few spikes to test anything");
        for (got, want) in [(&out.params[model.links[0].weights], &d_weights), (&out.params[model.groups[1].bias.unwrap()], &d_bias)] {
            let norm = want.iter().map(|x| x * x).sum::<f64>().sqrt();
            let error = got.iter().zip(want).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            assert!(error <= 1e-9 * norm, "{shape}: {}", error / norm);
        }
    }
}
