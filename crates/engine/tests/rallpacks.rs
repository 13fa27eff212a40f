//! The Rallpacks (Bhalla, Bilitch & Bower 1992, Trends Neurosci. 15, 453): a passive cable, a passive tree that obeys Rall's 3/2 law, and
//! an axon with the channels of Hodgkin & Huxley, 1,000 compartments each, 0.1 nA into one end; and the speed of a spike.
//!
//! The first two have exact solutions, here as a series of cosines; of the first and the third there are published curves, found in the
//! folder that `HOMOLOG_DATA` names. Differences are given in percent of the range of the reference, as root mean square and at most.

mod common;

use common::{alone, clamp, rest_of_cell, watched};
use homolog_engine::Engine;
use homolog_model::{Inputs, Observable, Probe, Runner, State};
use std::path::PathBuf;

/// 1 ohm m, 4 ohm m2, 0.01 F/m2.
const RESISTIVITY: f64 = 100.0;
const LEAK: f64 = 2.5e-5;
const REST: f64 = -65.0;
const TIME: f64 = 250.0;
const CURRENT: f64 = 0.1;

/// Potentials at two places of a cell that is injected with 0.1 nA at the first, at the end of every step.
fn potentials(branches: &str, paint: &str, scheme: &str, dt: f64, places: [(&str, f64); 2]) -> [Vec<f64>; 2] {
    let text = format!("[membrane]\nresistivity = \"{RESISTIVITY} ohm-cm\"\n{branches}\n{paint}\n{}", rest_of_cell(scheme));
    let (model, params) = alone(&text, (TIME, dt), vec![clamp(places[0].0, places[0].1, (0.0, TIME), CURRENT)]);
    let anatomy = model.groups[0].anatomy.as_ref().unwrap();
    let probes = places.map(|(branch, position)| Probe { group: 0, what: Observable::Site(0, anatomy.at(0, branch, position).unwrap()) });
    let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
    let seen = Engine::new(1).run(&model, &params, &nothing, &probes, &mut State::fresh(), None).unwrap();
    seen.traces.into_iter().map(|t| t.data).collect::<Vec<_>>().try_into().expect("two probes")
}

fn branch(name: &str, parent: &str, length: f64, diameter: f64, compartments: usize) -> String {
    let parent = if parent.is_empty() { String::new() } else { format!("parent = \"{parent}\"\n") };
    format!("[branch.{name}]\n{parent}length = \"{length:?} um\"\ndiameter = \"{diameter:?} um\"\ncompartments = {compartments}\n")
}

fn leak() -> String {
    format!("[[paint]]\nmechanism = \"pas\"\nparameters = {{ g = \"{LEAK:?} S/cm2\", e = \"{REST} mV\" }}\n")
}

/// Percent of the range of the reference: root mean square, and the most.
fn errors(found: &[f64], reference: &[f64]) -> (f64, f64) {
    assert_eq!(found.len(), reference.len());
    let low = reference.iter().copied().fold(f64::INFINITY, f64::min);
    let range = reference.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low;
    let off: Vec<f64> = found.iter().zip(reference).map(|(a, b)| 100.0 * (a - b).abs() / range).collect();
    ((off.iter().map(|x| x * x).sum::<f64>() / off.len() as f64).sqrt(), off.into_iter().fold(0.0, f64::max))
}

/// The potential of a cable with sealed ends and a current into its beginning, `x` um from there at `t` ms (Carslaw & Jaeger 1959,
/// "Conduction of Heat in Solids", 2nd ed., 3.9; Rall 1969, Biophys. J. 9, 1483): a steady state without what decays, mode by mode.
fn cable(length: f64, diameter: f64, x: f64, t: f64) -> f64 {
    #![allow(clippy::disallowed_methods)]
    let (d, tau) = (diameter * 1e-4, 1e-3 / LEAK);
    let constant = (d / (4.0 * RESISTIVITY * LEAK)).sqrt();
    // Input resistance of half a cable without end, Mohm.
    let half = 4.0 * RESISTIVITY * constant / (std::f64::consts::PI * d * d) * 1e-6;
    let (l, x, t) = (length * 1e-4 / constant, x * 1e-4 / constant, t / tau);
    let mut sum = (l - x).cosh() / l.sinh();
    for n in 0..4000 {
        let k = f64::from(n) * std::f64::consts::PI / l;
        let rate = 1.0 + k * k;
        if rate * t > 700.0 {
            break;
        }
        sum -= (if n == 0 { 1.0 } else { 2.0 }) / l * (k * x).cos() * (-rate * t).exp() / rate;
    }
    // nA times Mohm in mV.
    REST + CURRENT * half * sum
}

/// The second column of a published curve, in mV.
fn published(file: &str) -> Option<Vec<f64>> {
    let path = PathBuf::from(std::env::var_os("HOMOLOG_DATA")?).join("rallpacks").join(file);
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.lines().map(|l| 1e3 * l.split_whitespace().nth(1).expect("two columns").parse::<f64>().expect("a number")).collect())
}

#[test]
fn a_passive_cable_of_1000_compartments_follows_theory_at_50_us_to_a_tenth_of_a_percent() {
    let dt = 0.05;
    let found = potentials(&branch("a", "", 1000.0, 1.0, 1000), &leak(), "implicit", dt, [("a", 0.0), ("a", 1.0)]);
    for (v, (x, file)) in found.iter().zip([(0.5, "rallpack1/ref_cable.0"), (999.5, "rallpack1/ref_cable.x")]) {
        let theory: Vec<f64> = (1..=v.len()).map(|k| cable(1000.0, 1.0, x, k as f64 * dt)).collect();
        let (rms, most) = errors(v, &theory);
        println!("{x} um: {rms:.4} % rms, {most:.4} % at most, of theory");
        assert!(rms < 0.1 && most < 0.5, "{x} um: {rms} % rms, {most} % at most");
        if let Some(curve) = published(file) {
            let (rms, most) = errors(v, &curve[1..=v.len()]);
            println!("{x} um: {rms:.4} % rms, {most:.4} % at most, of the published curve");
            assert!(rms < 0.1 && most < 0.5, "{file}: {rms} % rms, {most} % at most");
        }
    }
}

/// Ten levels, each branch one compartment; lengths and diameters so that all levels together are one cable.
#[test]
fn a_passive_tree_of_1023_branches_follows_theory_at_100_us_to_a_quarter_of_a_percent() {
    let dt = 0.1;
    let mut branches = String::new();
    for k in 0..1023usize {
        let depth = f64::from((k + 1).ilog2());
        let scale = |p: f64| homolog_base::math::exp(-depth * p * std::f64::consts::LN_2);
        let name = |k: usize| if k == 0 { "a".to_string() } else { format!("b{k}") };
        let parent = if k == 0 { String::new() } else { name((k - 1) / 2) };
        branches += &branch(&name(k), &parent, 32.0 * scale(1.0 / 3.0), 16.0 * scale(2.0 / 3.0), 1);
    }
    let found = potentials(&branches, &leak(), "implicit", dt, [("a", 0.5), ("b1022", 0.5)]);
    // Each branch is 0.008 length constants long: 32 um of a cable as thick as the first.
    for (v, x) in found.iter().zip([16.0, 304.0]) {
        let theory: Vec<f64> = (1..=v.len()).map(|k| cable(320.0, 16.0, x, k as f64 * dt)).collect();
        let (rms, most) = errors(v, &theory);
        println!("{x} um: {rms:.4} % rms, {most:.4} % at most");
        assert!(rms < 0.25 && most < 0.5, "{x} um: {rms} % rms, {most} % at most");
    }
}

fn squid() -> String {
    format!("[[paint]]\nmechanism = \"hh\"\nparameters = {{ gl = \"{LEAK:?} S/cm2\", el = \"{REST} mV\" }}\n")
}

#[test]
fn an_axon_of_hodgkin_and_huxley_follows_the_published_curves_at_1_us_to_a_tenth_of_a_percent() {
    let Some(curves) =
        ["rallpack3/ref_axon.0.neuron", "rallpack3/ref_axon.x.neuron"].map(published).into_iter().collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let dt = 0.001;
    let found = potentials(&branch("a", "", 1000.0, 1.0, 1000), &squid(), "implicit", dt, [("a", 0.0), ("a", 1.0)]);
    for (v, (curve, place)) in found.iter().zip(curves.iter().zip(["injected", "far"])) {
        let every: Vec<f64> = v.iter().skip(49).step_by(50).copied().collect();
        let (rms, most) = errors(&every, &curve[1..=every.len()]);
        println!("{place} end: {rms:.4} % rms, {most:.4} % at most");
        assert!(rms < 0.1 && most < 0.5, "{place} end: {rms} % rms, {most} % at most");
    }
}

/// Hodgkin & Huxley 1952, J. Physiol. 117, 500, p. 528: 18.8 m/s by their equations for an axon of radius 238 um at 18.5 degC, 35.4 ohm cm;
/// 18.7 by those who computed it again without a desk calculator's rounding.
#[test]
fn a_spike_of_the_squid_axon_runs_at_18_7_metres_a_second() {
    let text = format!(
        "[membrane]\nresistivity = \"35.4 ohm-cm\"\ntemperature = \"18.5 degC\"\n{}\n[[paint]]\nmechanism = \"hh\"\n{}",
        branch("a", "", 60_000.0, 476.0, 1200),
        rest_of_cell("second-order")
    );
    let (model, params) = alone(&text, (6.0, 0.002), vec![clamp("a", 0.0, (0.1, 0.5), 20_000.0)]);
    let anatomy = model.groups[0].anatomy.as_ref().unwrap();
    let at = |position: f64| {
        let v = watched(&model, &params, Observable::Site(0, anatomy.at(0, "a", position).unwrap()));
        let k = (1..v.len()).find(|k| v[k - 1] < 0.0 && v[*k] >= 0.0).expect("a spike");
        0.002 * (k as f64 - v[k] / (v[k] - v[k - 1]))
    };
    // Half of the axon, away from both ends; mm a ms are m/s.
    let speed = 30.0 / (at(0.75) - at(0.25));
    println!("{speed:.3} m/s");
    assert!((speed / 18.7 - 1.0).abs() < 0.02, "{speed} m/s");
}
