//! Several kinds of cells in one population behave as each does alone.

mod common;

use common::{cell_with_twig, clamp, forked_cell, leaky_cell, network, population, read_cell};
use homolog_engine::Engine;
use homolog_model::recordings::resolve;
use homolog_model::{Inputs, Model, Network, Params, Population, RecordRule, Runner, State, Stimulus};

/// The text of a cell, by its scheme and its readout.
type Text = fn(&str, &str) -> String;

const KINDS: [(&str, Text); 3] = [("fork", forked_cell), ("twig", cell_with_twig), ("leaky", leaky_cell)];

fn compiled(network: &Network, scheme: &str) -> (Model, Params) {
    let mut library = common::library();
    for (name, text) in KINDS {
        library.insert_cell(read_cell(name, &text(scheme, "\"count\"")));
    }
    common::compiled_by(network, &library)
}

/// Potentials of a place in every neuron, one after the other.
fn potentials(mut network: Network, scheme: &str, branch: &str) -> Vec<Vec<f64>> {
    let rule = |p: &Population| RecordRule {
        population: p.name.clone(),
        variable: "v".into(),
        branch: Some(branch.into()),
        ..RecordRule::default()
    };
    network.recordings = network.populations.iter().map(rule).collect();
    let (model, params) = compiled(&network, scheme);
    let recorded = resolve(&network, &model).unwrap();
    let probes: Vec<_> = recorded.iter().map(|r| r.probe.clone()).collect();
    let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
    let seen = Engine::new(1).run(&model, &params, &nothing, &probes, &mut State::fresh(), None).unwrap();
    let of = |(r, trace): (&homolog_model::recordings::Recorded, &homolog_model::Trace)| -> Vec<Vec<f64>> {
        let n = r.neurons.len();
        (0..n).map(|k| trace.data.iter().skip(k).step_by(n).copied().collect()).collect()
    };
    recorded.iter().zip(&seen.traces).flat_map(of).collect()
}

#[test]
fn a_neuron_among_other_kinds_has_the_potentials_that_it_has_alone() {
    for scheme in ["implicit", "second-order"] {
        let silent = |name: &str, size: usize, neuron: &str| Population { bias: Some(false), ..population(name, size, neuron) };
        let into = |population: &str| Stimulus { population: population.into(), ..clamp("trunk", 0.7, (1.0, 6.0), 0.9) };
        let mut together = network(vec![silent("cells", 6, "fork")], vec![]);
        together.populations[0].others = vec!["twig".into(), "leaky".into()];
        together.stimuli = vec![into("cells")];
        let all = potentials(together, scheme, "left");
        let mut apart = network(KINDS.iter().map(|k| silent(k.0, 2, k.0)).collect(), vec![]);
        apart.stimuli = KINDS.iter().map(|k| into(k.0)).collect();
        let alone = potentials(apart, scheme, "left");
        assert_eq!(all.len(), 6);
        let mut differ = 0.0f64;
        for (a, b) in all.iter().zip(&alone) {
            // The order of siblings in memory, and with it that of a sum of two, may be another.
            let most = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(most < 1e-9, "{scheme}: {most} mV");
            differ = differ.max(a.iter().zip(&all[0]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max));
        }
        assert!(differ > 1.0, "{scheme}: all kinds are alike, so nothing was tested");
    }
}

#[test]
fn what_only_some_kinds_have_is_recorded_in_those() {
    let silent = Population { bias: Some(false), others: vec!["twig".into(), "leaky".into()], ..population("cells", 6, "fork") };
    let all = potentials(network(vec![silent], vec![]), "implicit", "twig");
    assert_eq!(all.len(), 2);
}
