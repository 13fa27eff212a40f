//! How strongly a neuron is driven: makes one word exchangeable for another.
//!
//! A projection's weights are dimensionless and start so that the drive of a neuron has mean 0 and variance 1. The
//! mechanism declares the physical size of a weight of 1 and the mean activity this should give. Here that is measured,
//! on the very kernels that will run: the neuron is shown drives `z` and its activity is averaged over the standard
//! normal density by the trapezoid rule (spacing 1/8 on [-4, 4], error below 1e-4 of the mean). Where the activity is
//! off by more than a quarter (another time step, another presentation, other parameters), the size of a weight is
//! multiplied by a gain found by bisection.

use crate::compose::{COUNT, Composed};
use crate::model::{Clock, port};
use homolog_base::math;
use homolog_ir::interpret;

/// What calibration found and did.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Calibration {
    /// Mean activity that the mechanism declares under a drive of unit variance: spikes per presentation, or mean absolute value.
    pub declared: f64,
    /// What it is with the declared size of a weight.
    pub found: f64,
    /// What the declared size of a weight was multiplied by.
    pub gain: f64,
    /// What it is after that.
    pub reached: f64,
}

/// Activity and mean square of the value under a drive of `gain` times a standard normal number.
pub fn response(group: &Composed, ticks: usize, settle: usize, learned: &[(String, f64)], gain: f64) -> (f64, f64) {
    let (mut weight, mut activity, mut square) = (0.0, 0.0, 0.0);
    for k in -32..=32 {
        let z = f64::from(k) / 8.0;
        let w = math::exp(-0.5 * z * z);
        let (a, v) = respond(group, ticks, settle, learned, gain * z);
        weight += w;
        activity += w * a;
        square += w * v * v;
    }
    (activity / weight, square / weight)
}

/// Activity and value of one neuron in one frame with this drive.
fn respond(group: &Composed, ticks: usize, settle: usize, learned: &[(String, f64)], drive: f64) -> (f64, f64) {
    let parameter = |name: &str| learned.iter().find(|(n, _)| n == name).map(|(_, v)| *v);
    let bind = |kernel: &homolog_ir::Kernel, state: &[(String, f64)], tick: usize| -> Vec<f64> {
        let given = |name: &str| match name {
            port::DRIVE => Some(drive),
            port::OPEN => Some(if tick >= settle { 1.0 } else { 0.0 }),
            _ => state.iter().find(|(n, _)| n == name).map(|(_, v)| *v).or_else(|| parameter(name)),
        };
        // Arrivals: none.
        kernel.inputs.iter().map(|p| given(&p.name).unwrap_or(0.0)).collect()
    };
    if group.clock == Clock::Frame {
        let value = interpret(&group.value, &bind(&group.value, &[], 0))[0];
        return (value.abs(), value);
    }
    let mut state: Vec<(String, f64)> =
        group.variables.iter().map(|v| v.name.clone()).zip(interpret(&group.initial, &bind(&group.initial, &[], 0))).collect();
    for tick in 0..ticks {
        let next = interpret(&group.step, &bind(&group.step, &state, tick));
        for (s, x) in state.iter_mut().zip(next) {
            s.1 = x;
        }
    }
    let count = state.iter().find(|(n, _)| n == COUNT).map_or(0.0, |(_, v)| *v);
    (count, interpret(&group.value, &bind(&group.value, &state, ticks))[0])
}

/// Finds the gain. Returns what was done and the mean square of the value after it.
pub fn calibrate(group: &Composed, ticks: usize, settle: usize, learned: &[(String, f64)], declared: f64) -> (Calibration, f64) {
    let (found, square) = response(group, ticks, settle, learned, 1.0);
    let mut done = Calibration { declared, found, gain: 1.0, reached: found };
    // A unit without time is its own definition: there is nothing to find.
    if group.clock == Clock::Frame || (found - declared).abs() <= 0.25 * declared {
        return (done, square);
    }
    // Activity grows with the drive: bracket by doubling, then halve the bracket in the logarithm.
    let (mut low, mut high): (f64, f64) = (1.0 / 1024.0, 1024.0);
    let mut square = square;
    for _ in 0..24 {
        let gain = (low * high).sqrt();
        let (activity, s) = response(group, ticks, settle, learned, gain);
        done.gain = gain;
        done.reached = activity;
        square = s;
        if (activity - declared).abs() <= 0.02 * declared {
            break;
        }
        if activity < declared {
            low = gain;
        } else {
            high = gain;
        }
    }
    (done, square)
}
