//! Networks in 32-bit numbers: the bits of the naive runner in the same numbers, whatever the instruction set, the threads and the cuts; and
//! how far they are from 64 bits.

mod common;

use common::{
    compiled, compiled_by, inputs, interpolated, library, network, population, projection, read_cell, receptors, rest_of_cell, sample, zoo,
};
use homolog_engine::{Engine, reference};
use homolog_exec::Isa;
use homolog_model::{Inputs, Model, Network, Observable, Params, Population, Precision, Probe, Runner, State, Stimulus, Tape};

fn single(network: &Network) -> Network {
    Network { precision: Some(Precision::Single.into()), ..network.clone() }
}

fn probes(model: &Model) -> Vec<Probe> {
    let mut probes = Vec::new();
    for (group, g) in model.groups.iter().enumerate() {
        probes.push(Probe { group, what: Observable::Value });
        if g.spikes {
            probes.push(Probe { group, what: Observable::Spikes });
            probes.extend((0..g.variables.len()).map(|k| Probe { group, what: Observable::State(k) }));
        }
    }
    probes
}

#[test]
fn every_instruction_set_equals_the_naive_runner_in_32_bits_bit_for_bit() {
    for (name, network) in zoo().into_iter().chain([("interpolated", interpolated(receptors()))]) {
        let (model, params) = compiled(&single(&network));
        assert_eq!(model.precision, Precision::Single);
        let tensors: Vec<Vec<f32>> = params.tensors.iter().map(|t| t.values.iter().map(|x| *x as f32).collect()).collect();
        // What is drawn for other samples than the first the naive runner does not know.
        let (batch, frames) = (if name == "interpolated" { 1 } else { 5 }, 2);
        let shown = inputs(&model, batch, frames);
        let recordings: Vec<_> = (Isa::available().into_iter())
            .map(|isa| {
                let seen = Engine::with_isa(1, isa).run(&model, &params, &shown, &probes(&model), &mut State::fresh(), None);
                (isa, seen.unwrap_or_else(|f| panic!("{name}: {f}")))
            })
            .collect();
        for b in 0..batch {
            let given: Vec<Vec<Vec<f32>>> =
                (sample(&model, &shown, b).iter()).map(|g| g.iter().map(|f| f.iter().map(|x| *x as f32).collect()).collect()).collect();
            let expected = reference::run_from(&model, &tensors, &given, b, None);
            for (isa, recording) in &recordings {
                for (p, trace) in probes(&model).iter().zip(&recording.traces) {
                    let [samples, size, _] = trace.shape;
                    for s in 0..samples {
                        for k in 0..size {
                            let got = trace.data[(s * size + k) * batch + b];
                            let want = f64::from(match p.what {
                                Observable::Value => expected.values[p.group][s][k],
                                Observable::Spikes => expected.spikes[p.group][s][k].min(1.0),
                                Observable::State(v) => {
                                    let copies = model.groups[p.group].copies();
                                    expected.variables[p.group][s][k % copies][v][k / copies]
                                }
                                _ => continue,
                            });
                            let same = got.to_bits() == want.to_bits();
                            assert!(same, "{name} on {isa:?}: {} at {s}, neuron {k}, sample {b}: {got} is not {want}", trace.name);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn threads_and_cuts_change_no_bit_of_32() {
    for (name, network) in zoo() {
        let (model, params) = compiled(&single(&network));
        let whole = inputs(&model, 3, 2);
        let sizes: Vec<usize> = model.groups.iter().filter(|g| g.clock == homolog_model::Clock::Input).map(|g| g.size).collect();
        let part = |frame: usize| {
            let cut = |(v, size): (&Vec<f64>, &usize)| v[frame * size * 3..(frame + 1) * size * 3].to_vec();
            Inputs { batch: 3, frames: 1, values: whole.values.iter().zip(&sizes).map(cut).collect() }
        };
        let run = |threads: usize, shown: &Inputs, state: &mut State| {
            Engine::new(threads).run(&model, &params, shown, &probes(&model), state, None).unwrap()
        };
        let (mut one, mut two, mut cut) = (State::fresh(), State::fresh(), State::fresh());
        let first = run(1, &whole, &mut one);
        assert_eq!(first.traces, run(2, &whole, &mut two).traces, "{name}");
        run(1, &part(0), &mut cut);
        run(2, &part(1), &mut cut);
        assert_eq!((&one, &one), (&two, &cut), "{name}");
        let exact = |x: &Vec<Vec<f64>>| x.iter().flatten().all(|x| f64::from(*x as f32).to_bits() == x.to_bits());
        assert!(exact(&one.variables) && exact(&one.values_in_flight), "{name}: a state of 32-bit numbers has more digits");
    }
}

/// Cells of one branch, `count` of them with currents of their own, in steps, in either format.
fn axons(paint: &str, scheme: &str, count: usize, precision: Precision) -> (Model, Params) {
    let text = format!(
        "[membrane]\nresistivity = \"100 ohm-cm\"\n[branch.a]\nlength = \"1000 um\"\ndiameter = \"1 um\"\ncompartments = 100\n{paint}\n{}",
        rest_of_cell(scheme)
    );
    let mut library = library();
    library.insert_cell(read_cell("axon", &text));
    let mut network = network(vec![Population { bias: Some(false), ..population("cell", count, "axon") }], vec![]);
    (network.dt, network.presentation) = (Some(0.025.into()), Some(60.0.into()));
    network.precision = Some(precision.into());
    network.stimuli = vec![Stimulus {
        population: "cell".into(),
        branch: "a".into(),
        position: 0.0,
        delay: 1.0.into(),
        duration: 55.0.into(),
        amplitude: 0.1.into(),
        ..Stimulus::default()
    }];
    compiled_by(&network, &library)
}

/// Potentials at both ends, tick by tick.
fn ends((model, params): &(Model, Params)) -> [Vec<f64>; 2] {
    let anatomy = model.groups[0].anatomy.as_ref().unwrap();
    let probes = [0.0, 1.0].map(|x| Probe { group: 0, what: Observable::Site(0, anatomy.at(0, "a", x).unwrap()) });
    let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
    let seen = Engine::new(1).run(model, params, &nothing, &probes, &mut State::fresh(), None).unwrap();
    seen.traces.into_iter().map(|t| t.data).collect::<Vec<_>>().try_into().expect("two probes")
}

/// Ticks in which a trace rises above -20 mV.
fn rises(v: &[f64]) -> Vec<usize> {
    (1..v.len()).filter(|t| v[t - 1] < -20.0 && v[*t] >= -20.0).collect()
}

fn largest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

#[test]
fn a_passive_cable_in_32_bits_stays_within_a_ten_thousandth_of_a_mv_of_64() {
    let pas = "[[paint]]\nmechanism = \"pas\"\nparameters = { g = \"2.5e-5 S/cm2\", e = \"-65 mV\" }\n";
    for scheme in ["implicit", "second-order"] {
        let [double, single] = [Precision::Double, Precision::Single].map(|p| ends(&axons(pas, scheme, 1, p)));
        for (a, b) in double.iter().zip(&single) {
            let off = largest(a, b);
            println!("passive, {scheme}: {off:e} mV");
            assert!(off > 0.0 && off < 1e-4, "{scheme}: {off} mV");
        }
    }
}

#[test]
fn an_axon_in_32_bits_spikes_in_the_steps_in_which_it_does_in_64() {
    let hh = "[[paint]]\nmechanism = \"hh\"\n";
    for scheme in ["implicit", "second-order"] {
        let [double, single] = [Precision::Double, Precision::Single].map(|p| ends(&axons(hh, scheme, 1, p)));
        for (a, b) in double.iter().zip(&single) {
            println!("axon, {scheme}: {:e} mV, {} spikes", largest(a, b), rises(a).len());
            let (x, y) = (rises(a), rises(b));
            assert!(x.len() >= 3 && x.len() == y.len(), "{scheme}: {x:?}, {y:?}");
            assert!(x.iter().zip(&y).all(|(x, y)| x.abs_diff(*y) <= 1), "{scheme}: {x:?}, {y:?}");
            let off = largest(a, b);
            assert!(off < 2e-2, "{scheme}: {off} mV");
        }
    }
}

/// Many lanes are cut into tiles and shared by threads, and lanes are no whole vectors.
#[test]
fn tiles_of_many_cells_have_the_bits_of_a_cell_alone_in_32_bits() {
    let hh = "[[paint]]\nmechanism = \"hh\"\n";
    let alone = ends(&axons(hh, "implicit", 1, Precision::Single));
    let (model, params) = axons(hh, "implicit", 133, Precision::Single);
    let anatomy = model.groups[0].anatomy.as_ref().unwrap();
    let probe = Probe { group: 0, what: Observable::Site(0, anatomy.at(0, "a", 1.0).unwrap()) };
    let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
    for threads in [1, 2] {
        let seen = Engine::new(threads).run(&model, &params, &nothing, std::slice::from_ref(&probe), &mut State::fresh(), None).unwrap();
        for (t, row) in seen.traces[0].data.chunks(133).enumerate() {
            assert!(row.iter().all(|v| v.to_bits() == alone[1][t].to_bits()), "tick {t}, {threads} threads");
        }
    }
}

#[test]
fn a_gradient_of_32_bits_is_refused_and_that_is_said() {
    let net = network(vec![population("in", 3, "input"), population("out", 2, "relu")], vec![projection("in", "out")]);
    let (model, params) = compiled(&single(&net));
    let probe = [Probe { group: 1, what: Observable::Value }];
    let shown = inputs(&model, 2, 1);
    let fault = Engine::new(1).run(&model, &params, &shown, &probe, &mut State::fresh(), Some(&mut Tape::default())).unwrap_err();
    assert!(fault.what.contains("precision"), "{fault}");
}

#[test]
fn a_model_of_32_bits_has_a_hash_of_its_own() {
    let net = network(vec![population("in", 3, "input"), population("out", 2, "relu")], vec![projection("in", "out")]);
    let given = Network { precision: Some(Precision::Double.into()), ..net.clone() };
    assert_eq!(compiled(&net).0.hash, compiled(&given).0.hash);
    assert_ne!(compiled(&net).0.hash, compiled(&single(&net)).0.hash);
}
