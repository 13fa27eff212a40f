//! Small networks of library neurons.
#![allow(dead_code)]

use homolog_base::{Key, Source};
use homolog_model::network::Delay;
use homolog_model::{Inputs, Library, Model, Network, Params, Population, Projection, Wiring, compile};

/// The library's files that these tests use.
pub fn library() -> Library {
    let mut library = Library::new();
    for text in [
        include_str!("../../../../library/neurons/relu.mod"),
        include_str!("../../../../library/neurons/tanh.mod"),
        include_str!("../../../../library/neurons/sigmoid.mod"),
        include_str!("../../../../library/neurons/linear.mod"),
        include_str!("../../../../library/neurons/lif.mod"),
        include_str!("../../../../library/neurons/adex.mod"),
        include_str!("../../../../library/synapses/expsyn.mod"),
        include_str!("../../../../library/synapses/exp2syn.mod"),
        &filtered_neuron("filtered_count", "detached", "count 0.3", "0"),
        &filtered_neuron("filtered_potential", "attached", "potential v 0.2", "7"),
        &filtered_neuron("filtered_train", "attached", "filtered 9 (ms) 0.4", "0"),
        &filtered_neuron("filtered_late", "detached", "count 0.3", "7"),
    ] {
        let (m, problems) = homolog_nmodl::read(&Source::new("library", text));
        let shown: Vec<String> = problems.iter().map(|d| d.render(false)).collect();
        library.insert(m.unwrap_or_else(|| panic!("{}", shown.join("\n"))));
    }
    library
}

/// A neuron whose input passes two filters, so that several ticks read what one does not; with a readout, a reset and a settling time
/// of choice.
fn filtered_neuron(name: &str, reset: &str, readout: &str, settle: &str) -> String {
    format!(
        "NEURON {{ ARTIFICIAL_CELL {name} }}
        PARAMETER {{ tau = 8 (ms) <0.1, 1e3>  ts = 3 (ms) <0.1, 1e3>  vth = 10 (mV) }}
        ASSIGNED {{ i (mV) }}
        STATE {{ r (mV)  s (mV)  v (mV) }}
        INITIAL {{ r = 0  s = 0  v = 0 }}
        BREAKPOINT {{ SOLVE states METHOD cnexp }}
        DERIVATIVE states {{ r' = -r/ts  s' = (r - s)/ts  v' = (i + s - v)/tau }}
        SPIKE (v > vth) {{ v = 0 }}
        NET_RECEIVE (w (mV)) {{ r = r + w }}
        INTERFACE {{
            SIGNAL spike  DRIVE i  WEIGHT 30 (mV)  EVENT 40 (mV)  PRESENTATION 23 (ms)  SETTLE {settle} (ms)  STEP 1 (ms)  DELAY 1 (ms)
            SURROGATE arctan 5 (mV)  RESET {reset}  READOUT {readout}  ACTIVITY 1.5
        }}"
    )
}

pub fn population(name: &str, size: usize, neuron: &str) -> Population {
    Population { name: name.into(), size: size.into(), neuron: neuron.into(), ..Population::default() }
}

pub fn projection(from: &str, to: &str) -> Projection {
    Projection { from: from.into(), to: to.into(), ..Projection::default() }
}

pub fn delayed(from: &str, to: &str, delay: Delay) -> Projection {
    Projection { delay: Some(delay.into()), ..projection(from, to) }
}

pub fn network(populations: Vec<Population>, projections: Vec<Projection>) -> Network {
    Network { title: "test".into(), populations, projections, ..Network::default() }
}

pub fn compiled(network: &Network) -> (Model, Params) {
    let (model, mut params) =
        compile(network, &library(), 5).unwrap_or_else(|e| panic!("{}", e.iter().map(|d| d.render(false)).collect::<String>()));
    // Biases that are not zero, so that they are tested.
    for (t, tensor) in params.tensors.iter_mut().enumerate().filter(|(_, t)| t.name.ends_with(".bias")) {
        for (k, b) in tensor.values.iter_mut().enumerate() {
            *b = 0.3 * Key::new(77).normal(k as u64, t as u64);
        }
    }
    (model, params)
}

/// Every kind of network that the engine can run, small, by name.
pub fn zoo() -> Vec<(&'static str, Network)> {
    let io =
        |neuron: &str, size: usize| vec![population("in", 5, "input"), population("hidden", size, neuron), population("out", 3, "linear")];
    let chain = || vec![projection("in", "hidden"), projection("hidden", "out")];
    let mut zoo: Vec<(&'static str, Network)> =
        ["relu", "tanh", "sigmoid", "lif"].into_iter().map(|n| (n, network(io(n, 6), chain()))).collect();
    for name in ["filtered_count", "filtered_potential", "filtered_train", "filtered_late"] {
        let populations =
            vec![population("in", 5, "input"), population("a", 5, name), population("b", 4, name), population("out", 3, "linear")];
        zoo.push((name, network(populations, vec![projection("in", "a"), projection("a", "b"), projection("b", "out")])));
    }
    let mut adex = network(io("adex", 4), chain());
    adex.presentation = Some(10.0.into());
    zoo.push(("adex", adex));

    let mut two = io("lif", 6);
    two[2] = population("out", 3, "lif");
    zoo.push(("spiking class", network(two, chain())));

    let mut recurrent = network(io("lif", 6), chain());
    recurrent.projections.push(delayed("hidden", "hidden", Delay::Ms(3.0)));
    recurrent.projections.push(Projection { wiring: Wiring::Random(0.4).into(), ..delayed("hidden", "hidden", Delay::Ms(2.0)) });
    zoo.push(("recurrent spikes with two delays", recurrent));

    let mut prompt =
        vec![population("in", 5, "input"), population("a", 5, "lif"), population("b", 5, "lif"), population("out", 3, "linear")];
    prompt[1].learn = vec!["tau".into()];
    zoo.push((
        "spikes without delay, one to one, learned time constants",
        network(
            prompt,
            vec![
                Projection { wiring: Wiring::OneToOne.into(), ..projection("in", "a") },
                Projection { wiring: Wiring::OneToOne.into(), ..delayed("a", "b", Delay::Ms(0.0)) },
                delayed("b", "a", Delay::Ms(1.0)),
                projection("b", "out"),
                projection("in", "out"),
            ],
        ),
    ));

    let mut receptors =
        vec![population("in", 4, "input"), population("a", 4, "adex"), population("b", 3, "adex"), population("out", 2, "linear")];
    receptors[1].size = 4.into();
    let mut conductances =
        network(receptors, vec![projection("in", "a"), projection("a", "b"), projection("b", "out"), projection("a", "out")]);
    conductances.presentation = Some(20.0.into());
    zoo.push(("conductances by sign", conductances));

    let values = vec![population("in", 5, "input"), population("hidden", 4, "tanh"), population("out", 3, "linear")];
    let mut loops = chain();
    loops.push(delayed("hidden", "hidden", Delay::Frames(1)));
    loops.push(delayed("in", "out", Delay::Frames(2)));
    zoo.push(("recurrent values", network(values, loops)));

    let sandwich = vec![
        population("in", 5, "input"),
        population("a", 4, "lif"),
        population("b", 4, "relu"),
        population("c", 4, "lif"),
        population("out", 3, "linear"),
    ];
    zoo.push((
        "spikes, values, spikes",
        network(sandwich, vec![projection("in", "a"), projection("a", "b"), projection("b", "c"), projection("c", "out")]),
    ));
    zoo
}

/// Intensities of a batch of sequences.
pub fn inputs(model: &Model, batch: usize, frames: usize) -> Inputs {
    let sizes: Vec<usize> = model.groups.iter().filter(|g| g.clock == homolog_model::Clock::Input).map(|g| g.size).collect();
    let values = sizes
        .iter()
        .enumerate()
        .map(|(n, size)| (0..frames * size * batch).map(|k| 1.5 * Key::new(11).normal(k as u64, n as u64)).collect())
        .collect();
    Inputs { batch, frames, values }
}

/// One sample of a batch, by group, frame, neuron.
pub fn sample(model: &Model, inputs: &Inputs, b: usize) -> Vec<Vec<Vec<f64>>> {
    let sizes: Vec<usize> = model.groups.iter().filter(|g| g.clock == homolog_model::Clock::Input).map(|g| g.size).collect();
    inputs
        .values
        .iter()
        .zip(sizes)
        .map(|(v, size)| (0..inputs.frames).map(|f| (0..size).map(|k| v[(f * size + k) * inputs.batch + b]).collect()).collect())
        .collect()
}
