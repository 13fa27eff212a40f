//! Linear synapses of one receptor in one compartment share one state: a hundred inputs take no more numbers than one, and the state is
//! the sum of what each would make alone.

mod common;

use common::{compiled_by, library, population, projection, read_cell, rest_of_cell};
use homolog_base::Key;
use homolog_engine::Engine;
use homolog_model::network::Delay;
use homolog_model::{Group, Inputs, Library, Model, Network, Observable, Params, Probe, Projection, Runner, State, Wiring};

const MANY: usize = 100;

/// A cell whose receptors are in one compartment, next to a soma; excitable or passive.
fn cell(mechanism: &str, scheme: &str) -> String {
    format!(
        r#"
        [branch.a]
        length = "20 um"
        diameter = "20 um"
        compartments = 1
        [branch.dendrite]
        parent = "a"
        length = "50 um"
        diameter = "2 um"
        compartments = 1
        [[paint]]
        mechanism = "{mechanism}"
        [positive]
        mechanism = "ampa"
        region = "dendrite"
        weight = "1 nS"
        [negative]
        mechanism = "gaba"
        region = "dendrite"
        weight = "1 nS"
        {}"#,
        rest_of_cell(scheme)
    )
}

fn with_cell(mechanism: &str, scheme: &str) -> Library {
    let mut library = library();
    // A passive one is said to spike where it can.
    let threshold = if mechanism == "pas" { "-50 mV" } else { "-20 mV" };
    library.insert_cell(read_cell(
        "cell",
        &cell(mechanism, scheme).replace("-20 mV", threshold).replace("10 ms", "20 ms").replace("0.1 ms", "0.25 ms"),
    ));
    library
}

/// Inputs whose values a cell hears, or whose spikes, through as many neurons.
fn network(inputs: usize, by_spikes: bool) -> Network {
    let cell = || population("cell", 1, "cell");
    if !by_spikes {
        return common::network(vec![population("in", inputs, "input"), cell()], vec![projection("in", "cell")]);
    }
    let populations = vec![population("in", inputs, "input"), population("senders", inputs, "lif"), cell()];
    let one_to_one = Projection { wiring: Wiring::OneToOne.into(), ..projection("in", "senders") };
    common::network(populations, vec![one_to_one, Projection { delay: Some(Delay::Ms(1.0).into()), ..projection("senders", "cell") }])
}

/// Traces of both conductances for a weight of 1, under the values and the weights of some of the inputs.
fn conductances(model: &Model, params: &Params, which: std::ops::Range<usize>) -> Vec<Vec<f64>> {
    let mut params = params.clone();
    let last = model.links.last().unwrap();
    params.tensors[last.weights].values = which.clone().map(|k| Key::new(1).normal(k as u64, 0)).collect();
    if model.links.len() > 1 {
        // Each sender spikes at times of its own.
        params.tensors[model.links[0].weights].values = which.clone().map(|k| 2.0 + Key::new(1).uniform(k as u64, 1)).collect();
    }
    let shown = Inputs { batch: 1, frames: 1, values: vec![which.map(|k| 1.0 + Key::new(1).uniform(k as u64, 2)).collect()] };
    let group = model.groups.len() - 1;
    let variable = |name: &str| model.groups[group].variables.iter().position(|v| v.name == name).unwrap();
    let probes = ["positive.g", "negative.g"].map(|n| Probe { group, what: Observable::Site(variable(n), 0) });
    let recording = Engine::new(1).run(model, &params, &shown, &probes, &mut State::fresh(), None).unwrap();
    let gain = model.groups[group].calibration.unwrap().gain;
    recording.traces.into_iter().map(|t| t.data.into_iter().map(|g| g / gain).collect()).collect()
}

#[test]
fn a_hundred_inputs_have_as_many_state_variables_as_one() {
    for by_spikes in [false, true] {
        let library = with_cell("hh", "implicit");
        let sizes = [1, MANY].map(|n| {
            let (model, _) = compiled_by(&network(n, by_spikes), &library);
            let cell: &Group = model.groups.last().unwrap();
            (cell.state_size(), cell.variables.clone(), cell.arrivals.clone(), cell.signed.clone())
        });
        assert_eq!(sizes[0], sizes[1]);
        let conductances = sizes[1].1.iter().filter(|v| v.name.ends_with(".g"));
        assert_eq!(conductances.map(|v| v.sites).collect::<Vec<_>>(), [1, 1]);
    }
}

#[test]
fn the_conductance_of_a_hundred_inputs_is_the_sum_of_those_of_a_hundred_networks_with_one() {
    for by_spikes in [false, true] {
        for (mechanism, scheme) in [("pas", "implicit"), ("hh", "second-order")] {
            let library = with_cell(mechanism, scheme);
            let (many, params) = compiled_by(&network(MANY, by_spikes), &library);
            let (one, of_one) = compiled_by(&network(1, by_spikes), &library);
            let together = conductances(&many, &params, 0..MANY);
            let mut sums: Vec<Vec<f64>> = together.iter().map(|t| vec![0.0; t.len()]).collect();
            for k in 0..MANY {
                for (sum, trace) in sums.iter_mut().zip(conductances(&one, &of_one, k..k + 1)) {
                    sum.iter_mut().zip(trace).for_each(|(s, g)| *s += g);
                }
            }
            for (name, (sum, trace)) in ["positive.g", "negative.g"].iter().zip(sums.iter().zip(&together)) {
                let scale = trace.iter().fold(0.0f64, |m, g| m.max(g.abs()));
                let error = sum.iter().zip(trace).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / scale;
                println!("{name}, {mechanism}, {scheme}, by spikes {by_spikes}: {error:.1e} of {scale} uS");
                assert!(scale > 0.0, "{name} was never opened");
                assert!(error <= 1e-10, "{name} of {mechanism}, {scheme}, by spikes {by_spikes}: {error} of its peak");
            }
        }
    }
}
