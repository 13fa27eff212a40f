//! The potential outside of a cell is the sum of what its membrane currents make: by the formulas of points and lines, with what electrodes
//! bring in, whatever else is stepped beside it, and with its gradient.

mod common;

use common::{clamp, compiled_by, library, network, population, read_cell, rest_of_cell};
use homolog_engine::Engine;
use homolog_model::network::Located;
use homolog_model::recordings::{Recorded, resolve};
use homolog_model::{
    Gradients, Inputs, Model, Network, Observable, Params, Per, Population, Probe, RecordRule, Recording, Runner, State, Stimulus, Tape,
};
use std::f64::consts::PI;

const SIGMA: f64 = 0.25;

/// A soma, a dendrite that forks, and what else is given; 100 ohm cm, 1 uF/cm2.
fn forked(scheme: &str, more: &str) -> String {
    format!(
        r#"
        [branch.a]
        region = "soma"
        points = [[0, 20, 0, -10, 0], [20, 20, 0, 10, 0]]
        compartments = 1
        [branch.trunk]
        parent = "a"
        points = [[0, 3, 0, 10, 0], [60, 2, 0, 70, 0]]
        compartments = 3
        [branch.left]
        parent = "trunk"
        points = [[0, 1.5, 0, 70, 0], [50, 1, 30, 110, 0], [80, 1, 30, 140, 0]]
        compartments = 4
        [branch.right]
        parent = "trunk"
        points = [[0, 1, 0, 70, 0], [80, 1, 0, 70, 80]]
        compartments = 4
        [[paint]]
        mechanism = "hh"
        region = "soma"
        [[paint]]
        mechanism = "pas"
        regions = ["trunk", "left", "right"]
        parameters = {{ g = "1e-4 S/cm2", e = "-65 mV" }}
        {more}
        {}"#,
        rest_of_cell(scheme)
    )
}

fn rule(electrodes: &[[f64; 3]]) -> RecordRule {
    let electrodes = electrodes.iter().map(|e| Located::from(*e)).collect();
    RecordRule { population: "cell".into(), variable: "lfp".into(), electrodes, conductivity: Some(SIGMA), ..RecordRule::default() }
}

fn of(size: usize, stimuli: Vec<Stimulus>, recordings: Vec<RecordRule>) -> Network {
    let mut network = network(vec![Population { bias: Some(false), ..population("cell", size, "cell") }], vec![]);
    (network.stimuli, network.recordings) = (stimuli, recordings);
    network
}

fn compiled(network: &Network, text: &str) -> (Model, Params, Vec<Recorded>) {
    let mut library = library();
    library.insert_cell(read_cell("cell", text));
    let (model, params) = compiled_by(network, &library);
    let recorded = resolve(network, &model).unwrap_or_else(|e| panic!("{}", e.iter().map(|d| d.render(false)).collect::<String>()));
    (model, params, recorded)
}

fn nothing(batch: usize) -> Inputs {
    Inputs { batch, frames: 1, values: vec![] }
}

fn run(model: &Model, params: &Params, probes: &[Probe]) -> Recording {
    Engine::new(1).run(model, params, &nothing(1), probes, &mut State::fresh(), None).unwrap_or_else(|f| panic!("{f}"))
}

/// What the sums of a model are, and its potentials of all nodes.
fn seen(model: &Model, params: &Params) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut probes: Vec<Probe> = (0..model.sums.len()).map(|k| Probe { group: 0, what: Observable::Sum(k) }).collect();
    probes.push(Probe { group: 0, what: Observable::State(0) });
    let mut traces: Vec<Vec<f64>> = run(model, params, &probes).traces.into_iter().map(|t| t.data).collect();
    let v = traces.pop().unwrap();
    (traces, v)
}

/// Current that flows into every compartment from its neighbours, nA.
fn axial(model: &Model, v: &[f64]) -> Vec<f64> {
    let tree = model.groups[0].tree.as_ref().unwrap();
    let mut out = vec![0.0; tree.parent.len()];
    for (n, p) in tree.parent.iter().enumerate() {
        let Some(p) = p.map(|p| p as usize) else { continue };
        let i = tree.couplings.as_ref().unwrap()[n] * (v[p] - v[n]);
        out[n] += i;
        out[p] -= i;
    }
    out
}

#[test]
fn two_compartments_are_the_dipole_that_is_worked_out_by_hand() {
    let text = format!(
        r#"
        [branch.a]
        points = [[0, 2, 0, 0, 0], [200, 2, 200, 0, 0]]
        compartments = 2
        [[paint]]
        mechanism = "pas"
        parameters = {{ g = "1e-4 S/cm2", e = "-65 mV" }}
        {}"#,
        rest_of_cell("implicit")
    );
    let electrodes = [[0.0, 30.0, 0.0], [150.0, 30.0, 40.0]];
    let (model, params, recorded) = compiled(&of(1, vec![clamp("a", 0.0, (2.0, 5.0), 0.1)], vec![rule(&electrodes)]), &text);
    let labels: Vec<(&str, String)> = recorded.iter().map(|r| (r.label.as_str(), r.unit.to_string())).collect();
    assert_eq!(labels, [("lfp(0 30 0)", "uV".into()), ("lfp(150 30 40)", "uV".into())]);
    let (phi, v) = seen(&model, &params);
    let halves = [0.1, 0.9].map(|x| model.groups[0].anatomy.as_ref().unwrap().at(0, "a", x).unwrap());
    // Two halves of 100 um, 50 um to the middle: 1 / (2 x 4 R h / (pi d2)).
    let g = 1.0 / (100.0 * 1e-2 * 4.0 * 100.0 / (PI * 4.0));
    let line = |from: f64, x: f64, r: f64| ((from + 100.0 - x) / r).asinh() - ((from - x) / r).asinh();
    for (k, (x, r)) in [(0.0, 30.0), (150.0, 50.0)].into_iter().enumerate() {
        for t in 0..model.ticks {
            let along = g * (v[2 * t + halves[0]] - v[2 * t + halves[1]]);
            let injected = if (20..70).contains(&t) { 0.1 } else { 0.0 };
            // What leaves the first half is what enters it, less what flows on.
            let want = 1e3 / (4.0 * PI * SIGMA * 100.0) * ((injected - along) * line(0.0, x, r) + along * line(100.0, x, r));
            assert!((phi[k][t] - want).abs() < 1e-12 * want.abs().max(1.0), "electrode {k}, tick {t}: {} and {want} uV", phi[k][t]);
        }
    }
    assert!(phi[0][60].abs() > 0.1, "{}", phi[0][60]);
}

#[test]
fn what_leaves_a_cell_is_what_electrodes_bring_in() {
    // Far away only the sum of all currents is seen, and beside it the dipole, which falls faster.
    let far = |r: f64| [[r, 0.0, 0.0], [-r, 0.0, 0.0]];
    let electrodes = [far(1e5), far(2e5)].concat();
    for scheme in ["implicit", "second-order"] {
        let (model, params, _) = compiled(&of(1, vec![clamp("a", 0.5, (1.0, 5.0), 0.8)], vec![rule(&electrodes)]), &forked(scheme, ""));
        let (phi, v) = seen(&model, &params);
        let nodes = model.groups[0].tree.as_ref().unwrap().parent.len();
        for t in 0..model.ticks {
            let currents = axial(&model, &v[t * nodes..(t + 1) * nodes]);
            let most = currents.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            assert!(currents.iter().sum::<f64>().abs() < 1e-12 * most.max(1e-3), "{scheme}, tick {t}");
            // A dipole has opposite signs on opposite sides.
            let monopole = |k: usize, r: f64| 0.5 * (phi[k][t] + phi[k + 1][t]) * 1e-3 * 4.0 * PI * SIGMA * r;
            let injected = if (10..60).contains(&t) { 0.8 } else { 0.0 };
            for (k, r) in [(0, 1e5), (2, 2e5)] {
                assert!((monopole(k, r) - injected).abs() < 2e-6 * most.max(1.0), "{scheme}, tick {t}: {} nA", monopole(k, r));
            }
            let dipole = |k: usize| 0.5 * (phi[k][t] - phi[k + 1][t]);
            assert!((dipole(0) - 4.0 * dipole(2)).abs() < 1e-5 * dipole(0).abs().max(1e-9), "{scheme}, tick {t}");
        }
    }
}

/// The mean of 1 / distance over pieces, by many points, no nearer than their radius.
fn summed(pieces: &[homolog_model::extracellular::Piece], electrode: [f64; 3]) -> f64 {
    const N: usize = 2000;
    let of = |p: &homolog_model::extracellular::Piece| {
        let at = |k: usize| {
            let s = (k as f64 + 0.5) / N as f64;
            let d: f64 = (0..3).map(|k| (p.from[k] + s * (p.to[k] - p.from[k]) - electrode[k]).powi(2)).sum();
            1.0 / d.sqrt().max(p.radius)
        };
        p.share * (0..N).map(at).sum::<f64>() / N as f64
    };
    pieces.iter().map(of).sum()
}

const ELECTRODES: &str = r#"
    [[place]]
    mechanism = "iclamp"
    branch = "left"
    position = 0.9
    parameters = { del = "2 ms", dur = "3 ms", amp = "0.3 nA" }
    [[place]]
    mechanism = "vclamp"
    branch = "trunk"
    position = 0.1
    parameters = { rs = "5 Mohm", dur1 = "4 ms", amp1 = "-70 mV", dur2 = "4 ms", amp2 = "-40 mV" }"#;

#[test]
fn the_potential_is_the_superposition_of_all_membrane_currents_with_those_of_electrodes() {
    let electrodes = [[15.0, 20.0, 5.0], [40.0, 120.0, -30.0], [0.0, 60.0, 12.0]];
    for scheme in ["implicit", "second-order"] {
        let (model, params, _) =
            compiled(&of(1, vec![clamp("a", 0.5, (1.0, 5.0), 0.8)], vec![rule(&electrodes)]), &forked(scheme, ELECTRODES));
        let (phi, v) = seen(&model, &params);
        let anatomy = model.groups[0].anatomy.as_ref().unwrap();
        let nodes = model.groups[0].tree.as_ref().unwrap().parent.len();
        let counts: Vec<Vec<f64>> = electrodes
            .iter()
            .map(|e| anatomy.pieces.iter().map(|p| 1e3 * summed(p.as_ref().unwrap(), *e) / (4.0 * PI * SIGMA)).collect())
            .collect();
        let place = |branch: &str, position: f64| anatomy.at(0, branch, position).unwrap();
        for t in 0..model.ticks {
            let v = &v[t * nodes..(t + 1) * nodes];
            let mut currents = axial(&model, v);
            // Electrodes are evaluated in the middle of a step.
            let now = (t as f64 + 0.5) * model.dt;
            currents[place("a", 0.5)] += if (1.0..6.0).contains(&now) { 0.8 } else { 0.0 };
            currents[place("left", 0.9)] += if (2.0..5.0).contains(&now) { 0.3 } else { 0.0 };
            let held = if now < 4.0 {
                Some(-70.0)
            } else if now < 8.0 {
                Some(-40.0)
            } else {
                None
            };
            currents[place("trunk", 0.1)] += held.map_or(0.0, |e| (e - v[place("trunk", 0.1)]) / 5.0);
            for (phi, counts) in phi.iter().zip(&counts) {
                let want: f64 = currents.iter().zip(counts).map(|(i, w)| i * w).sum();
                assert!((phi[t] - want).abs() < 2e-6 * want.abs().max(1.0), "{scheme}, tick {t}: {} and {want} uV", phi[t]);
            }
        }
        // The current of a clamp by itself.
        let k = model.groups[0].variables.iter().position(|v| v.name == "iclamp.injected").unwrap();
        let current = run(&model, &params, &[Probe { group: 0, what: Observable::Site(k, 0) }]).traces.swap_remove(0).data;
        assert_eq!((current[19], current[20], current[49], current[50]), (0.0, 0.3, 0.3, 0.0), "{scheme}");
    }
}

#[test]
fn neither_a_tape_nor_other_neurons_nor_other_kinds_change_a_potential() {
    let stimuli = || vec![clamp("a", 0.5, (1.0, 5.0), 0.8)];
    let electrodes = [[15.0, 20.0, 5.0], [40.0, 120.0, -30.0]];
    let text = forked("implicit", ELECTRODES);
    let (model, params, _) = compiled(&of(1, stimuli(), vec![rule(&electrodes)]), &text);
    let alone = seen(&model, &params).0;
    // With a tape, in one segment or in many.
    let probes: Vec<Probe> = (0..2).map(|k| Probe { group: 0, what: Observable::Sum(k) }).collect();
    for budget in [0, 1 << 30] {
        let mut engine = Engine::new(1).tape_budget(budget);
        let taped = engine.run(&model, &params, &nothing(1), &probes, &mut State::fresh(), Some(&mut Tape::default())).unwrap();
        assert!(taped.traces.iter().zip(&alone).all(|(a, b)| a.data == *b));
    }
    // Many neurons, in tiles.
    let (many, many_params, _) = compiled(&of(700, stimuli(), vec![rule(&electrodes)]), &text);
    let all = Engine::new(2).run(&many, &many_params, &nothing(1), &probes, &mut State::fresh(), None).unwrap();
    for (trace, alone) in all.traces.iter().zip(&alone) {
        assert_eq!(trace.shape, [many.ticks, 700, 1]);
        assert!(trace.data.chunks_exact(700).zip(alone).all(|(row, x)| row.iter().all(|y| y.to_bits() == x.to_bits())));
    }
    // Another kind beside it, whose own potential is another.
    let other =
        forked("implicit", "").replace("[20, 20, 0, 10, 0]", "[20, 12, 0, 10, 0]").replace("[60, 2, 0, 70, 0]", "[60, 2, 60, 10, 0]");
    let mut kinds = of(2, stimuli(), vec![rule(&electrodes)]);
    kinds.populations[0].others = vec!["other".into()];
    let mut library = library();
    library.insert_cell(read_cell("cell", &text));
    library.insert_cell(read_cell("other", &other));
    let (model, params) = compiled_by(&kinds, &library);
    let recorded = resolve(&kinds, &model).unwrap();
    assert_eq!(recorded.iter().map(|r| r.neurons.clone()).collect::<Vec<_>>(), [0..1, 1..2, 0..1, 1..2]);
    let probes: Vec<Probe> = recorded.iter().map(|r| r.probe.clone()).collect();
    let together = run(&model, &params, &probes);
    let differ = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    for (k, alone) in alone.iter().enumerate() {
        let most = differ(&together.traces[2 * k].data, alone);
        assert!(most < 1e-9, "{most} uV");
        assert!(differ(&together.traces[2 * k + 1].data, alone) > 1.0, "both kinds have one potential");
    }
}

#[test]
fn its_gradient_is_that_of_the_places_that_it_sums() {
    let mut network = of(2, vec![clamp("a", 0.5, (1.0, 5.0), 0.8)], vec![rule(&[[15.0, 20.0, 5.0]])]);
    network.populations[0].learn =
        vec![common::learn("hh.gnabar", Per::Neuron), common::learn("pas.g", Per::Branch), common::learn("capacitance", Per::Region)];
    network.populations[0].learn.push(common::learn("vclamp.rs", Per::Neuron));
    for scheme in ["implicit", "second-order"] {
        let (model, params, _) = compiled(&network, &forked(scheme, ELECTRODES));
        let loss: Vec<f64> = (0..model.ticks * 2).map(|k| homolog_base::math::sin(k as f64 * 0.37)).collect();
        let pulled = |probes: &[Probe], grad: Vec<Vec<f64>>, budget: usize| {
            let (mut engine, mut tape, mut out) = (Engine::new(1).tape_budget(budget), Tape::default(), Gradients::default());
            engine.run(&model, &params, &nothing(1), probes, &mut State::fresh(), Some(&mut tape)).unwrap();
            engine.pullback(&model, &params, &nothing(1), probes, &mut tape, &grad, &[], &mut out).unwrap();
            out.params.concat()
        };
        let sum = [Probe { group: 0, what: Observable::Sum(0) }];
        let places: Vec<(usize, u32, f64)> =
            model.sums[0].terms.iter().flat_map(|(v, places)| places.iter().map(|(s, w)| (*v, *s, *w))).collect();
        let sites: Vec<Probe> = places.iter().map(|p| Probe { group: 0, what: Observable::Site(p.0, p.1 as usize) }).collect();
        let weighed = places.iter().map(|p| loss.iter().map(|x| x * p.2).collect()).collect();
        let want = pulled(&sites, weighed, 1 << 30);
        let norm = want.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!(norm > 1e-3 && want.iter().all(|x| *x != 0.0), "{scheme}: {want:?}");
        for budget in [0, 1 << 30] {
            let got = pulled(&sum, vec![loss.clone()], budget);
            let error = got.iter().zip(&want).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
            assert!(error < 1e-11 * norm, "{scheme}: {error} of {norm}");
        }
    }
}

#[test]
fn what_has_no_potential_outside_is_refused_with_a_hint() {
    let here = || vec![rule(&[[15.0, 20.0, 5.0]])];
    let said = |network: &Network, text: &str| {
        let mut library = library();
        library.insert_cell(read_cell("cell", text));
        let found = match homolog_model::compile(network, &library, 0) {
            Ok((model, _)) => resolve(network, &model).unwrap_err(),
            Err(e) => e,
        };
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].hint.is_some());
        found[0].message.clone()
    };
    let text = forked("implicit", "");
    let flat = text.replace("[80, 1, 0, 70, 80]", "[80, 1]").replace("[[0, 1, 0, 70, 0]", "[[0, 1]");
    assert_eq!(said(&of(1, vec![], here()), &flat), "`cell` does not say where in space its branch `right` is");
    let mut learned = of(1, vec![], here());
    learned.populations[0].learn = vec![common::learn("resistivity", Per::Neuron)];
    assert!(said(&learned, &text).starts_with("the resistivity or the diameters of `cell` are learned"));
    let mut twice = of(1, vec![], here());
    twice.recordings[0].electrodes.push([15.0, 20.0, 5.0].into());
    assert_eq!(said(&twice, &text), "an electrode is at [15.0, 20.0, 5.0] um twice");
    twice.recordings = [here(), here()].concat();
    assert_eq!(said(&twice, &text), "`lfp(15 20 5)` of `cell` is recorded twice");
    let mut point = of(1, vec![], here());
    point.populations[0] = population("cell", 1, "lif");
    assert_eq!(said(&point, &text), "`cell` is not made of cells, so no currents flow along it");
}

#[test]
fn neurons_space_outside_of_a_cell_is_refused_by_name() {
    let refused = |text: &str| {
        let source = homolog_base::Source::new("cell.toml", text);
        let (cell, mut said) = homolog_model::file::read_cell(&source, "cell", &|_| (None, vec![]));
        if let Some(cell) = cell {
            let mut library = library();
            library.insert_cell(cell);
            said.extend(homolog_model::compile(&of(1, vec![], vec![]), &library, 0).err().unwrap_or_default());
        }
        let found: Vec<_> = said.iter().filter(|d| d.code == "cell-extracellular").collect();
        assert_eq!((found.len(), said.len()), (1, 1), "{said:?}");
        assert!(!found[0].labels.is_empty() && found[0].hint.as_ref().is_some_and(|h| h.contains("lfp")), "{:?}", found[0]);
    };
    refused(&forked("implicit", "[membrane]\nextracellular = true"));
    refused(&forked("implicit", "[membrane]\nxraxial = [1e9, 1e9]"));
    refused(&forked("implicit", "[extracellular]\nlayers = 2"));
    refused(&forked("implicit", "[[paint]]\nmechanism = \"extracellular\""));
    let mut network = of(1, vec![], vec![RecordRule { population: "cell".into(), variable: "i_membrane".into(), ..RecordRule::default() }]);
    let mut library = library();
    library.insert_cell(read_cell("cell", &forked("implicit", "")));
    let (model, _) = compiled_by(&network, &library);
    assert_eq!(resolve(&network, &model).unwrap_err()[0].code, "cell-extracellular");
    network.recordings[0].variable = "lf".into();
    assert_eq!(resolve(&network, &model).unwrap_err()[0].code, "model-record");
}
