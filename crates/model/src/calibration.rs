//! How strongly a neuron is driven: makes one word exchangeable for another.
//!
//! A projection's weights are dimensionless and start so that the drive of a neuron has mean 0 and variance 1. The
//! mechanism declares the physical size of a weight of 1 and the mean activity this should give. Here that is measured,
//! on the very kernels that will run: the neuron is shown drives `z` and its activity is averaged over the standard
//! normal density by the trapezoid rule (spacing 1/8 on [-4, 4], error below 1e-4 of the mean; 1/2 on [-3, 3] for cells, which take longer). Where the activity is
//! off by more than a quarter (another time step, another presentation, other parameters), the size of a weight is
//! multiplied by a gain found by bisection.

use crate::compose::COUNT;
use crate::model::{Clock, Group, port};
use crate::naive::{Given, Neuron};
use homolog_base::{Key, math};
use homolog_ir::mechanism::is_draw;

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

/// How a group is tried out.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// Ticks of a frame.
    pub ticks: usize,
    /// Length of one, ms.
    pub dt: f64,
    /// Ticks before the readout opens.
    pub settle: usize,
    /// Values of learned parameters, by tensor, kind and part.
    pub learned: &'a [Vec<Vec<f64>>],
    /// For neurons whose inputs arrive by sign of their weight: half of what excitation and inhibition amount to together, on average, when
    /// their difference has variance 1. It grows like the square root of the number of inputs.
    pub balance: f64,
}

/// Activity and mean square of the value under a drive of `gain` times a standard normal number.
pub fn response(group: &Group, trial: &Trial, gain: f64) -> (f64, f64) {
    let (mut weight, mut activity, mut square) = (0.0, 0.0, 0.0);
    let (reach, spacing) = if group.tree.is_some() { (6, 0.5) } else { (32, 0.125) };
    for k in -reach..=reach {
        let z = f64::from(k) * spacing;
        let w = math::exp(-0.5 * z * z);
        // Kinds are averaged.
        let all = respond(group, trial, gain, z);
        weight += w;
        activity += w * all.iter().fold(0.0, |sum, (a, _)| sum + a) / all.len() as f64;
        square += w * all.iter().fold(0.0, |sum, (_, v)| sum + v * v) / all.len() as f64;
    }
    (activity / weight, square / weight)
}

/// Activity and value of one neuron of each kind in one frame with this drive.
fn respond(group: &Group, trial: &Trial, gain: f64, z: f64) -> Vec<(f64, f64)> {
    let mut given: Given<f64> = Given::new();
    given.insert(port::DRIVE.into(), vec![if group.signed.is_empty() { gain * z } else { 0.0 }; group.kinds()]);
    for opening in &group.signed {
        let (k, sign) = if opening.name == port::DRIVE_NEGATIVE { (1, -1.0) } else { (0, 1.0) };
        let all = gain * (trial.balance + 0.5 * sign * z).max(0.0);
        let mut each = vec![0.0; opening.sites];
        for places in group.anatomy.iter().flat_map(|a| &a.receives[k]) {
            places.iter().for_each(|p| each[*p as usize] = all / places.len() as f64);
        }
        given.insert(opening.name.clone(), each);
    }
    for opening in &group.arrivals {
        given.insert(opening.name.clone(), vec![0.0; opening.sites]);
    }
    let draws: Vec<(String, Key)> = (0..group.arrivals.len())
        .map(|k| &group.arrivals[k].name)
        .filter(|n| is_draw(n))
        .map(|n| (n.clone(), Key::new(0).named(n)))
        .collect();
    let mut neuron =
        Neuron::new(group, |tensor, kind, part| trial.learned.get(tensor).and_then(|t| t.get(kind)?.get(part)).copied().unwrap_or(0.0));
    if group.clock == Clock::Frame {
        return neuron.value(group, &given).into_iter().map(|v| (v.abs(), v)).collect();
    }
    for tick in 0..trial.ticks {
        given.insert(port::TIME.into(), vec![tick as f64 * trial.dt]);
        given.insert(port::OPEN.into(), vec![if tick >= trial.settle { 1.0 } else { 0.0 }]);
        for (name, key) in &draws {
            // The same numbers for all drives, so that activity grows with them.
            given.insert(name.clone(), vec![key.uniform(0, tick as u64)]);
        }
        neuron.tick(group, &given, &[]);
    }
    let count = group.variables.iter().position(|v| v.name == COUNT);
    let count = |kind: usize| count.map_or(0.0, |k| neuron.variables[k][kind]);
    neuron.value(group, &given).into_iter().enumerate().map(|(kind, v)| (count(kind), v)).collect()
}

/// Finds the gain. Returns what was done and the mean square of the value after it.
pub fn calibrate(group: &Group, trial: &Trial, declared: f64) -> (Calibration, f64) {
    let (found, square) = response(group, trial, 1.0);
    let mut done = Calibration { declared, found, gain: 1.0, reached: found };
    // A unit without time is its own definition: there is nothing to find.
    if group.clock == Clock::Frame || (found - declared).abs() <= 0.25 * declared {
        return (done, square);
    }
    // Bracket by doubling or halving from the declared size on, then halve the bracket in the logarithm. Activity grows with the drive
    // at first; too much of it silences a neuron again (a block by depolarisation), so the nearest gain is wanted.
    let mut square = square;
    let mut bracket = (1.0, 1.0);
    for _ in 0..12 {
        let gain = if found < declared { 2.0 * bracket.1 } else { 0.5 * bracket.0 };
        let (activity, s) = response(group, trial, gain);
        if (activity - declared).abs() < (done.reached - declared).abs() {
            (done.gain, done.reached, square) = (gain, activity, s);
        }
        bracket = if found < declared { (bracket.1, gain) } else { (gain, bracket.0) };
        if (activity < declared) != (found < declared) {
            break;
        }
    }
    let (mut low, mut high): (f64, f64) = bracket;
    for _ in 0..24 {
        if (done.reached - declared).abs() <= 0.02 * declared || high <= low * (1.0 + 1e-9) {
            break;
        }
        let gain = (low * high).sqrt();
        let (activity, s) = response(group, trial, gain);
        if (activity - declared).abs() < (done.reached - declared).abs() {
            (done.gain, done.reached, square) = (gain, activity, s);
        }
        if activity < declared {
            low = gain;
        } else {
            high = gain;
        }
    }
    (done, square)
}
