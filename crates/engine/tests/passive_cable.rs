//! Cables without channels that open and close obey the theory of cables: the steady state of a finite one, order 2 in space, Rall's
//! equivalent cylinder, and no charge that is lost.

mod common;

use common::{alone, clamp, rest_of_cell, watched};
use homolog_model::{Model, Observable};

const RESISTIVITY: f64 = 150.0;
const LEAK: f64 = 5e-5;
const REST: f64 = -65.0;

/// A cell whose membrane leaks.
fn passive(branches: &str, scheme: &str) -> String {
    format!(
        "[membrane]
        resistivity = \"{RESISTIVITY} ohm-cm\"
        {branches}
        [[paint]]
        mechanism = \"pas\"
        parameters = {{ g = \"{LEAK} S/cm2\", e = \"{REST} mV\" }}
        {}",
        rest_of_cell(scheme)
    )
}

fn branch(name: &str, parent: &str, length: f64, diameter: f64, compartments: usize) -> String {
    let parent = if parent.is_empty() { String::new() } else { format!("parent = \"{parent}\"\n") };
    format!("[branch.{name}]\n{parent}length = \"{length} um\"\ndiameter = \"{diameter} um\"\ncompartments = {compartments}\n")
}

/// sqrt(d / (4 R g)), um.
fn length_constant(diameter: f64) -> f64 {
    // sqrt(um cm) = 1e2 um.
    1e2 * (diameter / (4.0 * RESISTIVITY * LEAK)).sqrt()
}

/// Potentials of the compartments of a branch in the last tick, from its beginning.
fn last(model: &Model, trace: &[f64], branch: &str) -> Vec<f64> {
    let nodes = model.groups[0].variables[0].sites;
    let end = &trace[trace.len() - nodes..];
    let all = &model.groups[0].anatomy.as_ref().unwrap().compartments;
    let mut found: Vec<(usize, f64)> = (0..all.len()).filter(|k| all[*k].0 == branch).map(|k| (all[k].1, end[k])).collect();
    found.sort_by_key(|f| f.0);
    found.into_iter().map(|f| f.1).collect()
}

#[allow(clippy::disallowed_methods)]
fn hyperbolic(x: f64) -> (f64, f64) {
    (x.cosh(), x.sinh())
}

/// Greatest relative error of the deflections along a cylinder of 1.5 length constants into whose beginning flows a steady current.
fn error_of_steady_state(compartments: usize) -> f64 {
    let (diameter, current) = (2.0, 0.05);
    let lambda = length_constant(diameter);
    let length = 1.5 * lambda;
    let text = passive(&branch("a", "", length, diameter, compartments), "implicit");
    // 100 time constants, by an implicit scheme that damps all that is not the steady state.
    let (model, params) = alone(&text, (2000.0, 10.0), vec![clamp("a", 0.0, (0.0, 1e9), current)]);
    let trace = watched(&model, &params, Observable::State(0));
    // Of an infinite one: R_inf = (2 / pi) sqrt(R / g) d^-1.5. With d in um, sqrt(ohm cm / (S / cm2)) / um^1.5 is 1e6 ohm = 1 MOhm.
    let infinite = 2.0 / std::f64::consts::PI * (RESISTIVITY / LEAK).sqrt() / diameter.powi(3).sqrt();
    let mut worst = 0.0f64;
    for (k, v) in last(&model, &trace, "a").into_iter().enumerate() {
        let x = (k as f64 + 0.5) * length / compartments as f64;
        let exact = current * infinite * hyperbolic((length - x) / lambda).0 / hyperbolic(length / lambda).1;
        worst = worst.max(((v - REST) / exact - 1.0).abs());
    }
    worst
}

#[test]
fn the_steady_state_of_a_cylinder_with_a_sealed_end_is_the_analytic_one_to_a_thousandth() {
    let error = error_of_steady_state(30);
    println!("relative error with 30 compartments: {error:.2e}");
    assert!(error <= 1e-3, "{error}");
}

#[test]
fn halving_the_compartments_quarters_the_error() {
    let errors = [10, 20, 40, 80].map(error_of_steady_state);
    for pair in errors.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        println!("order {order:.3}: errors {pair:?}");
        assert!((order - 2.0).abs() <= 0.2, "order {order} of {errors:?}");
    }
}

/// A cylinder, and a tree of three generations that satisfies the 3/2 law, with so many compartments in each generation.
fn cylinder_and_tree(compartments: [usize; 3], scheme: &str) -> [String; 2] {
    let d = 4.0;
    let (half, quarter) = (d / 4f64.cbrt(), d / 16f64.cbrt());
    let long = |d: f64| 0.4 * length_constant(d);
    let [m, n, p] = compartments;
    let mut tree = branch("a", "", long(d), d, m);
    for side in ["left", "right"] {
        tree += &branch(side, "a", long(half), half, n);
        for tip in ["up", "down"] {
            tree += &branch(&format!("{side}_{tip}"), side, long(quarter), quarter, p);
        }
    }
    [passive(&branch("a", "", 3.0 * long(d), d, 30), scheme), passive(&tree, scheme)]
}

/// How far the potential of the tree is from that of the cylinder through a pulse and after it, at five places; and the greatest
/// deflection. Odd multiples of 10 compartments have a middle where 10 have one.
fn distance_of_tree(compartments: [usize; 3], scheme: &str) -> (f64, f64) {
    let places = [("a", 0.05), ("a", 0.95), ("right", 0.45), ("left_up", 0.05), ("right_down", 0.95)];
    let ends = cylinder_and_tree(compartments, scheme).map(|text| {
        let (model, params) = alone(&text, (60.0, 0.1), vec![clamp("a", 0.0, (2.0, 25.0), 0.5)]);
        let anatomy = model.groups[0].anatomy.as_ref().unwrap();
        let is_tree = anatomy.at(0, "left", 0.0).is_some();
        places.map(|(branch, x)| {
            let generation = branch.matches('_').count() + usize::from(branch != "a");
            let site = if is_tree { anatomy.at(0, branch, x) } else { anatomy.at(0, "a", (generation as f64 + x) / 3.0) };
            watched(&model, &params, Observable::Site(0, site.unwrap()))
        })
    });
    let pairs = ends[0].iter().flatten().zip(ends[1].iter().flatten());
    let deflection = ends[0].iter().flatten().map(|v| (v - REST).abs()).fold(0.0, f64::max);
    (pairs.map(|(x, y)| (x - y).abs()).fold(0.0, f64::max), deflection)
}

#[test]
fn a_tree_that_satisfies_ralls_law_is_its_equivalent_cylinder() {
    for scheme in ["implicit", "second-order"] {
        // Cut alike, both have the same equations.
        let (distance, deflection) = distance_of_tree([10, 10, 10], scheme);
        println!("{scheme}: {distance:.1e} of {deflection:.1} mV");
        assert!(deflection > 5.0, "{scheme}: a deflection of {deflection} mV tests nothing");
        assert!(distance <= 1e-10 * deflection, "{scheme}: {distance} mV apart");
        // Cut differently, they differ by the error of cutting.
        let (distance, deflection) = distance_of_tree([30, 70, 50], scheme);
        println!("{scheme}, cut differently: {distance:.1e} of {deflection:.1} mV");
        assert!(distance > 1e-9 && distance <= 5e-3 * deflection, "{scheme}: {distance} mV apart");
    }
}

#[test]
fn a_cell_that_is_turned_round_is_the_same_cell() {
    // Two branches at the beginning of the first, or at its end, and one that begins where a branch does, or beside it.
    let at = |text: String, at: &str| text.replace("parent = ", &format!("at = {at}\nparent = "));
    let cell = |at_first: &str, at_left: &str, parent: &str| {
        let left = at(branch("left", "a", 200.0, 1.5, 4), at_first) + &at(branch("right", "a", 150.0, 1.0, 3), at_first);
        branch("a", "", 300.0, 3.0, 5) + &left + &at(branch("side", parent, 120.0, 1.0, 2), at_left)
    };
    for scheme in ["implicit", "second-order"] {
        let seen = [(cell("0", "0", "left"), 0.9), (cell("1", "1", "a"), 0.1), (cell("0.0", "0", "a"), 0.9)].map(|(text, from)| {
            let (model, params) = alone(&passive(&text, scheme), (40.0, 0.1), vec![clamp("a", from, (2.0, 15.0), 0.3)]);
            let anatomy = model.groups[0].anatomy.as_ref().unwrap();
            let site = |name: &str, x: f64| anatomy.at(0, name, x).unwrap();
            let sites = [site("a", from), site("a", 1.0 - from), site("left", 0.9), site("right", 0.5), site("side", 0.9)];
            sites.map(|s| watched(&model, &params, Observable::Site(0, s))).concat()
        });
        let differ = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let most = differ(&seen[0], &seen[1]).max(differ(&seen[0], &seen[2]));
        println!("{scheme}: {most:.1e} mV");
        assert!(most < 1e-10, "{scheme}: {most} mV");
        assert!(seen[0].iter().any(|v| v - REST > 5.0));
    }
}

#[test]
fn a_tree_that_breaks_ralls_law_is_not_that_cylinder() {
    let [cylinder, tree] = cylinder_and_tree([10, 10, 10], "implicit");
    let thick = tree.replacen(&format!("{}", 4.0 / 4f64.cbrt()), "3.5", 1);
    assert_ne!(thick, tree);
    let ends = [cylinder, thick].map(|text| {
        let (model, params) = alone(&text, (60.0, 0.1), vec![clamp("a", 0.0, (2.0, 25.0), 0.5)]);
        watched(&model, &params, Observable::Site(0, model.groups[0].anatomy.as_ref().unwrap().at(0, "a", 0.0).unwrap()))
    });
    let distance = ends[0].iter().zip(&ends[1]).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    assert!(distance > 0.1, "{distance} mV");
}

/// A cell without a leak into which two currents flow that begin and end within a step: its potentials tick by tick, by compartment; the
/// relative error of the charge it gained; and what rounding may cost, as a part of that charge.
fn charged(branches: &str, scheme: &str) -> (Vec<Vec<f64>>, f64, f64) {
    let text = format!("[membrane]\ncapacitance = \"0.9 uF/cm2\"\n{branches}{}", rest_of_cell(scheme));
    let stimuli = vec![clamp("a", 0.5, (1.03, 20.5), 0.4), clamp("tip", 0.9, (4.0, 7.77), 0.07)];
    let injected = 20.5 * 0.4 + 7.77 * 0.07;
    let (model, params) = alone(&text, (40.0, 0.1), stimuli);
    let group = &model.groups[0];
    let areas = &group.anatomy.as_ref().unwrap().areas;
    let trace = watched(&model, &params, Observable::State(0));
    let traces: Vec<Vec<f64>> = trace.chunks_exact(group.variables[0].sites).map(|v| v[..areas.len()].to_vec()).collect();
    // 1 uF/cm2 um2 = 1e-5 nF; nF mV = pC = nA ms.
    let charge = |v: &[f64]| areas.iter().zip(v).map(|(a, v)| 0.9e-5 * a * v).sum::<f64>();
    let gained = charge(traces.last().unwrap()) - charge(&vec![REST; areas.len()]);
    // A coupling that is off by its rounding is a leak.
    let stiffest = group.tree.as_ref().unwrap().couplings.as_ref().unwrap().iter().fold(0.0f64, |m, g| m.max(*g));
    let leaked = f64::EPSILON * stiffest * 0.1 * traces.iter().map(|v| v[0].abs()).sum::<f64>();
    (traces, gained / injected - 1.0, leaked / injected)
}

/// A soma and dendrites that part at the soma, or at the end of a trunk.
fn dendrites(part_at: &str) -> String {
    branch("a", "", 25.0, 20.0, 1)
        + &branch("trunk", "a", 50.0, 3.0, 2)
        + &branch("left", part_at, 200.0, 2.0, 5)
        + &branch("right", part_at, 120.0, 1.0, 4)
        + "[branch.tip]\nparent = \"left\"\nlength = \"90 um\"\ndiameter = [\"1.5 um\", \"0.5 um\"]\ncompartments = 3\n"
}

#[test]
fn without_a_leak_the_charge_of_a_cell_changes_by_what_is_injected() {
    for scheme in ["implicit", "second-order"] {
        let (traces, error, rounding) = charged(&dendrites("trunk"), scheme);
        println!("{scheme}: relative error {error:.1e}, rounding {rounding:.1e}");
        assert!(error.abs() <= 1e-12, "{scheme}: {error}");
        // And it has been where it was put in before it spread.
        let spread = |v: &[f64]| v.iter().fold(f64::MIN, |m, x| m.max(*x)) - v.iter().fold(f64::MAX, |m, x| m.min(*x));
        assert!(traces.iter().map(|v| spread(v)).fold(0.0, f64::max) > 1.0);
    }
}

#[test]
fn dendrites_that_part_at_a_soma_lose_no_more_charge_than_the_rounding_of_its_coupling() {
    for scheme in ["implicit", "second-order"] {
        let (_, error, rounding) = charged(&dendrites("a"), scheme);
        println!("{scheme}: relative error {error:.1e}, rounding {rounding:.1e}");
        assert!(error.abs() <= 2.0 * rounding && rounding < 1e-10, "{scheme}: {error}, but rounding is {rounding}");
    }
}
