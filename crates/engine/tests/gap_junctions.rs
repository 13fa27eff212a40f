//! Gap junctions: what two cells in contact do, in theory.

mod common;

use common::{clamp, library, network, population, read_cell, rest_of_cell};
use homolog_engine::Engine;
use homolog_model::network::{Gap, GapEnd};
use homolog_model::recordings::resolve;
use homolog_model::{Inputs, Model, Network, Params, Population, RecordRule, Runner, State, Wiring};

/// A sphere-like cell of one compartment: 1,000 um2 with a leak.
fn ball(leak: f64) -> String {
    format!(
        r#"
        [membrane]
        initial = "-65 mV"
        [branch.a]
        length = "17.841241161527712 um"
        diameter = "17.841241161527712 um"
        compartments = 1
        [[paint]]
        mechanism = "pas"
        parameters = {{ g = "{leak} S/cm2", e = "-65 mV" }}
        {}"#,
        rest_of_cell("implicit")
    )
}

const AREA: f64 = 1000.0;

fn silent(name: &str, size: usize, cell: &str) -> Population {
    Population { bias: Some(false), ..population(name, size, cell) }
}

fn gap(from: (&str, Option<(&str, f64)>), to: (&str, Option<(&str, f64)>), wiring: Wiring, ns: f64) -> Gap {
    let end = |(population, place): (&str, Option<(&str, f64)>)| GapEnd {
        population: population.into(),
        branch: place.map(|p| p.0.into()),
        position: place.map_or(0.5, |p| p.1),
    };
    Gap {
        from: end(from),
        to: end(to),
        wiring: wiring.into(),
        mechanism: "gap".into(),
        parameters: [("g".to_string(), (ns, Some("nS".to_string())).into())].into(),
        ..Gap::default()
    }
}

/// Potentials, by neuron of every population in turn, one row a tick.
fn run(network: &Network, model: &Model, params: &Params) -> Vec<Vec<f64>> {
    let recorded = resolve(network, model).unwrap();
    let probes: Vec<_> = recorded.iter().map(|r| r.probe.clone()).collect();
    let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
    let seen = Engine::new(1).run(model, params, &nothing, &probes, &mut State::fresh(), None).unwrap();
    let of = |(r, t): (&homolog_model::recordings::Recorded, &homolog_model::Trace)| -> Vec<Vec<f64>> {
        let n = r.neurons.len();
        (0..n).map(|k| t.data.iter().skip(k).step_by(n).copied().collect()).collect()
    };
    recorded.iter().zip(&seen.traces).flat_map(of).collect()
}

/// Two cells of different leaks, the first with a current.
fn pair(dt: f64, shown: f64, ns: f64) -> Vec<Vec<f64>> {
    let mut library = library();
    library.insert_cell(read_cell("one", &ball(1e-4)));
    library.insert_cell(read_cell("two", &ball(3e-4)));
    let mut network = network(vec![silent("cell", 1, "one"), silent("other", 1, "two")], vec![]);
    network.gaps = vec![gap(("cell", None), ("other", None), Wiring::OneToOne, ns)];
    network.stimuli = vec![clamp("a", 0.5, (0.0, shown), 0.01)];
    (network.dt, network.presentation) = (Some(dt.into()), Some(shown.into()));
    let (model, params) = common::compiled_by(&network, &library);
    run(&network, &model, &params)
}

#[test]
fn the_coupling_coefficient_of_two_cells_is_that_of_the_voltage_divider() {
    // Bennett 1966: of the potential of one cell the other has g / (g + its own conductance).
    let v = pair(0.1, 400.0, 2.0);
    let away = |k: usize| v[k].last().unwrap() + 65.0;
    let (own, junction) = (3e-4 * AREA * 1e-2, 2e-3);
    let expected = junction / (junction + own);
    assert!((away(1) / away(0) - expected).abs() < 1e-9, "{} instead of {expected}", away(1) / away(0));
    let through = own * junction / (own + junction);
    let first = 0.01 / (1e-4 * AREA * 1e-2 + through);
    assert!((away(0) / first - 1.0).abs() < 1e-9, "{} mV instead of {first}", away(0));
}

#[test]
fn a_junction_converges_with_order_1_in_the_step() {
    // Of the exact solution of two equations: eigenvalues of the matrix of conductances over capacitance.
    let (c, g) = (AREA * 1e-5, 2e-3);
    let (a, d) = ((1e-3 + g) / c, (3e-3 + g) / c);
    let b = g / c;
    let (mean, half) = (0.5 * (a + d), (0.25 * (a - d) * (a - d) + b * b).sqrt());
    let (fast, slow) = (mean + half, mean - half);
    let t = 5.0;
    // x' = -M x + u with u = (I/C, 0): x = sum over eigenvectors of (1 - exp(-l t)) / l times their part of u.
    let part = |l: f64, other: f64| {
        // Projection on the eigenvector of l: (M - other) / (l - other) applied to u.
        let u = 0.01 / c;
        let (p, q) = ((a - other) / (l - other) * u, -b / (l - other) * u);
        let grow = (1.0 - homolog_base::math::exp(-l * t)) / l;
        (p * grow, q * grow)
    };
    let (f, s) = (part(fast, slow), part(slow, fast));
    let exact = [f.0 + s.0, f.1 + s.1];
    let error = |dt: f64| {
        let v = pair(dt, t, 2.0);
        (0..2).map(|k| (v[k].last().unwrap() + 65.0 - exact[k]).abs()).fold(0.0, f64::max)
    };
    let (coarse, fine) = (error(0.05), error(0.025));
    assert!(coarse / fine > 1.8 && coarse / fine < 2.2, "halving the step divides the error by {}", coarse / fine);
    assert!(fine < 0.02 * exact[0], "{fine} mV of {}", exact[0]);
}

#[test]
fn charge_that_a_junction_lags_behind_falls_with_the_step() {
    let mut library = library();
    library.insert_cell(read_cell("one", &ball(0.0)));
    let charge = |dt: f64| {
        let mut network = network(vec![silent("cell", 3, "one")], vec![]);
        network.gaps = vec![gap(("cell", None), ("cell", None), Wiring::AllToAll, 2.0)];
        (network.dt, network.presentation) = (Some(dt.into()), Some(20.0.into()));
        network.stimuli = vec![clamp("a", 0.5, (0.0, 10.0), 0.002)];
        let (model, params) = common::compiled_by(&network, &library);
        assert_eq!(model.contacts[0].own.len(), 6, "three pairs, two sides each");
        let v = run(&network, &model, &params);
        // All have the same current, so they stay alike.
        assert!(v.iter().all(|x| x == &v[0]));
        (v[0].last().unwrap() + 65.0) * AREA * 1e-5
    };
    // The other side's potential is that of the step before: two junctions of 2 nS lag behind by 4 nS times the step.
    let lost = |dt: f64| 1.0 - charge(dt) / 0.02;
    let (coarse, fine) = (lost(0.05), lost(0.025));
    assert!((coarse - 4e-3 * 0.05 / (AREA * 1e-5 + 4e-3 * 0.05)).abs() < 1e-9, "{coarse}");
    assert!(coarse / fine > 1.9 && coarse / fine < 2.1, "{}", coarse / fine);
}

#[test]
fn a_junction_between_the_ends_of_a_cable_makes_it_a_ring() {
    // Of a passive ring of length L at its steady state: the input conductance in any place is that of two half rings with sealed ends,
    // 2 g_inf tanh(L / 2 lambda) (Rall 1977), and the potential opposite is 1 / cosh(L / 2 lambda) of that at the input.
    let cable = format!(
        r#"
        [membrane]
        initial = "-65 mV"
        resistivity = "100 ohm-cm"
        [branch.a]
        length = "1000 um"
        diameter = "1 um"
        compartments = 500
        [[paint]]
        mechanism = "pas"
        parameters = {{ g = "1e-4 S/cm2", e = "-65 mV" }}
        {}"#,
        rest_of_cell("implicit")
    );
    let mut library = library();
    library.insert_cell(read_cell("cable", &cable));
    let mut network = network(vec![silent("cell", 1, "cable")], vec![]);
    // As between two neighbours: 4 R h / (pi d^2) of 2 um are 2.546 MOhm.
    let ns = 1e3 / (4.0 * 100.0 * 2.0 / std::f64::consts::PI * 1e-2);
    network.gaps = vec![gap(("cell", Some(("a", 0.0))), ("cell", Some(("a", 1.0))), Wiring::OneToOne, ns)];
    (network.dt, network.presentation) = (Some(0.5.into()), Some(3000.0.into()));
    network.stimuli = vec![clamp("a", 0.0, (0.0, 3000.0), 0.01)];
    let place = |position: f64| RecordRule {
        population: "cell".into(),
        variable: "v".into(),
        branch: Some("a".into()),
        position: Some(position),
        ..RecordRule::default()
    };
    network.recordings = vec![place(0.0), place(0.5), place(0.25), place(0.751)];
    let (model, params) = common::compiled_by(&network, &library);
    let v = run(&network, &model, &params);
    let away = |k: usize| v[k].last().unwrap() + 65.0;
    // lambda = sqrt(d / (4 R g)): 1e-4 cm / (4 * 100 * 1e-4) has the root 0.05 cm.
    let lambda = 500.0;
    let opposite = 1.0 / (1000.0f64 / 2.0 / lambda).cosh();
    assert!((away(1) / away(0) / opposite - 1.0).abs() < 1e-3, "{} instead of {opposite}", away(1) / away(0));
    assert!((away(2) / away(3) - 1.0).abs() < 1e-9, "a ring is the same to both sides: {} and {}", away(2), away(3));
    let g_inf = std::f64::consts::PI * 1e-4 * lambda * 1e-2;
    let input = 2.0 * g_inf * homolog_base::math::tanh(1000.0 / 2.0 / lambda);
    assert!((0.01 / away(0) / input - 1.0).abs() < 1e-3, "{} uS instead of {input}", 0.01 / away(0));
}
