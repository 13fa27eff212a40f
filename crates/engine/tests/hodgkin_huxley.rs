//! One compartment with the channels of the squid axon equals a solver of high order on equations written down here: spike times to
//! 5e-5 ms, and the orders of both schemes.

mod common;

use common::{alone, clamp, rest_of_cell, watched};
use differential_equations::prelude::*;
use homolog_model::Observable;

/// When the current begins, ms, and how much of it there is, uA/cm2.
const BEGIN: f64 = 5.0;
const CURRENT: f64 = 10.0;
/// A rise above this is a spike, mV.
const THRESHOLD: f64 = -20.0;
const START: f64 = -65.0;

/// Hodgkin & Huxley 1952 at 6.3 degC, in the modern sense of potentials: v, m, h, n; mV and ms.
struct Axon {
    /// uA/cm2.
    current: f64,
}

#[allow(clippy::disallowed_methods)]
fn exp(x: f64) -> f64 {
    x.exp()
}

/// x / (exp(x) - 1), by its series where that cancels.
#[allow(clippy::disallowed_methods)]
fn ratio(x: f64) -> f64 {
    if x.abs() < 1e-5 { 1.0 - x / 2.0 + x * x / 12.0 } else { x / x.exp_m1() }
}

/// Rates of opening and closing of m, h and n, 1/ms.
fn rates(v: f64) -> [(f64, f64); 3] {
    [
        (ratio(-(v + 40.0) / 10.0), 4.0 * exp(-(v + 65.0) / 18.0)),
        (0.07 * exp(-(v + 65.0) / 20.0), 1.0 / (exp(-(v + 35.0) / 10.0) + 1.0)),
        (0.1 * ratio(-(v + 55.0) / 10.0), 0.125 * exp(-(v + 65.0) / 80.0)),
    ]
}

impl ODE<f64, [f64; 4]> for Axon {
    fn diff(&self, _: f64, y: &[f64; 4], dydt: &mut [f64; 4]) {
        let [v, m, h, n] = *y;
        // 1 uF/cm2; 1 mS/cm2 mV = 1 uA/cm2.
        dydt[0] = self.current - 120.0 * m.powi(3) * h * (v - 50.0) - 36.0 * n.powi(4) * (v + 77.0) - 0.3 * (v + 54.3);
        for ((dx, x), (a, b)) in dydt[1..].iter_mut().zip([m, h, n]).zip(rates(v)) {
            *dx = a * (1.0 - x) - b * x;
        }
    }
}

/// What a solver of order 8 makes of it: the times of its steps, and the state there.
fn solution(current: f64, from: (f64, [f64; 4]), until: f64, tolerance: f64) -> Vec<(f64, [f64; 4])> {
    let method = ExplicitRungeKutta::dop853().rtol(tolerance).atol(tolerance).max_steps(1_000_000);
    let solved = IVP::ode(&Axon { current }, from.0, until, from.1).method(method).solve().expect("a solution");
    assert_eq!(solved.t.last(), Some(&until));
    solved.t.into_iter().zip(solved.y).collect()
}

/// From rest, with a new start where the current begins.
fn exact(until: f64, tolerance: f64) -> Vec<(f64, [f64; 4])> {
    let [m, h, n] = rates(START).map(|(a, b)| a / (a + b));
    let before = solution(0.0, (0.0, [START, m, h, n]), BEGIN, tolerance);
    solution(CURRENT, *before.last().unwrap(), until, tolerance)
}

/// When it spikes until a time: by Newton's method from the step before, without any interpolation.
fn exact_spikes(until: f64, tolerance: f64) -> Vec<f64> {
    let steps = exact(until, tolerance);
    let rises = steps.windows(2).filter(|s| s[0].1[0] < THRESHOLD && s[1].1[0] >= THRESHOLD);
    let crossing = |s: &[(f64, [f64; 4])]| {
        let (mut t, mut y) = s[1];
        for _ in 0..8 {
            let mut slope = [0.0; 4];
            Axon { current: CURRENT }.diff(t, &y, &mut slope);
            t -= (y[0] - THRESHOLD) / slope[0];
            y = solution(CURRENT, s[0], t, tolerance).last().unwrap().1;
        }
        assert!((y[0] - THRESHOLD).abs() < 1e-9 && t >= s[0].0 && t <= s[1].0, "{t} ms, {} mV", y[0]);
        t
    };
    rises.map(crossing).collect()
}

/// The potential at a time.
fn exact_potential(at: f64, tolerance: f64) -> f64 {
    exact(at, tolerance).last().unwrap().1[0]
}

/// The potential at the end of each step.
fn potentials(scheme: &str, shown: f64, dt: f64) -> Vec<f64> {
    let (length, diameter) = (20.0, 15.0);
    let text = format!(
        "[branch.a]
        length = \"{length} um\"
        diameter = \"{diameter} um\"
        compartments = 1
        [[paint]]
        mechanism = \"hh\"
        {}",
        rest_of_cell(scheme)
    );
    // 1 uA/cm2 um2 = 1e-5 nA.
    let amplitude = 1e-5 * CURRENT * std::f64::consts::PI * length * diameter;
    let (model, params) = alone(&text, (shown, dt), vec![clamp("a", 0.5, (BEGIN, 1e9), amplitude)]);
    watched(&model, &params, Observable::Site(0, 0))
}

/// When a potential rises above the threshold, on a straight line between steps.
fn spikes(v: &[f64], dt: f64) -> Vec<f64> {
    let rises = v.windows(2).enumerate().filter(|(_, v)| v[0] < THRESHOLD && v[1] >= THRESHOLD);
    rises.map(|(k, v)| dt * ((k + 1) as f64 + (THRESHOLD - v[0]) / (v[1] - v[0]))).collect()
}

#[test]
fn the_solution_of_high_order_has_converged() {
    let (coarse, fine) = (exact_spikes(100.0, 1e-10), exact_spikes(100.0, 1e-12));
    assert!(fine.len() >= 5, "{fine:?}");
    let apart = coarse.iter().zip(&fine).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("spikes at {fine:?} ms, {apart:.1e} ms apart");
    assert!(coarse.len() == fine.len() && apart < 1e-7, "{apart} ms apart");
    assert!((exact_potential(6.5, 1e-10) - exact_potential(6.5, 1e-12)).abs() < 1e-7);
}

#[test]
fn spikes_of_the_second_order_scheme_in_100_ms_are_within_5e_minus_5_ms_of_the_solution_of_high_order() {
    let exact = exact_spikes(100.0, 1e-12);
    let found = spikes(&potentials("second-order", 100.0, 0.001), 0.001);
    assert_eq!(exact.len(), found.len(), "{exact:?}, {found:?}");
    let errors: Vec<f64> = exact.iter().zip(&found).map(|(a, b)| (a - b).abs()).collect();
    println!("errors {errors:?} ms");
    assert!(errors.iter().all(|e| *e <= 5e-5), "errors {errors:?} ms");
}

/// Orders between halvings of the step, of the time of the last spike and of the potential before the first.
fn orders(scheme: &str, steps: &[f64]) -> [Vec<f64>; 2] {
    let (shown, at) = (50.0, 6.5);
    let (exact, before) = (exact_spikes(shown, 1e-12), exact_potential(at, 1e-12));
    let errors: Vec<[f64; 2]> = steps
        .iter()
        .map(|dt| {
            let v = potentials(scheme, shown, *dt);
            let found = spikes(&v, *dt);
            assert_eq!(found.len(), exact.len(), "{scheme}, {dt} ms: {found:?}, {exact:?}");
            [found.last().unwrap() - exact.last().unwrap(), v[(at / dt).round() as usize - 1] - before]
        })
        .collect();
    println!("{scheme}: {errors:?}");
    [0, 1].map(|k| errors.windows(2).map(|e| (e[0][k] / e[1][k]).abs().log2()).collect())
}

fn converges(scheme: &str, steps: &[f64], order: f64, tolerance: f64) {
    let found = orders(scheme, steps);
    println!("{scheme}: orders of spike times {:.3?}, of potentials {:.3?}", found[0], found[1]);
    assert!(found.iter().flatten().all(|o| (o - order).abs() <= tolerance), "{found:?}");
}

#[test]
fn the_implicit_scheme_has_order_1() {
    converges("implicit", &[0.01, 0.005, 0.0025], 1.0, 0.1);
}

#[test]
fn the_second_order_scheme_has_order_2() {
    converges("second-order", &[0.02, 0.01, 0.005, 0.0025], 2.0, 0.2);
}
