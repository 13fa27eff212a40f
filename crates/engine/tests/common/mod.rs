//! Small networks of library neurons.
#![allow(dead_code, reason = "every test binary uses a part")]

pub mod cells;
pub mod rules;

pub use cells::*;

use homolog_base::{Key, Source, Unit};
use homolog_engine::Engine;
use homolog_model::network::{Delay, Gap, GapEnd, Noise, NoiseCurrent, Spread, Start};
use homolog_model::{
    Group, Inputs, Learn, Library, Model, Network, Observable, Params, Per, Population, Probe, Projection, Runner, Spike, SpikeTimes,
    State, Stimulus, Weights, Wiring, compile,
};

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
        include_str!("../../../../library/neurons/alif.mod"),
        include_str!("../../../../library/neurons/if_curr_exp.mod"),
        include_str!("../../../../library/neurons/if_cond_exp.mod"),
        include_str!("../../../../library/neurons/qif.mod"),
        include_str!("../../../../library/neurons/izhikevich.mod"),
        include_str!("../../../../library/neurons/poisson.mod"),
        include_str!("../../../../library/neurons/latency.mod"),
        include_str!("../../../../library/neurons/latency_rc.mod"),
        include_str!("../../../../library/neurons/iplif.mod"),
        include_str!("../../../../library/synapses/expsyn.mod"),
        include_str!("../../../../library/synapses/expcur.mod"),
        include_str!("../../../../library/synapses/exp2syn.mod"),
        include_str!("../../../../library/synapses/ampa.mod"),
        include_str!("../../../../library/synapses/gaba.mod"),
        include_str!("../../../../library/synapses/gap.mod"),
        include_str!("../../../../library/channels/hh.mod"),
        include_str!("../../../../library/channels/pas.mod"),
        include_str!("../../../../library/channels/cahva.mod"),
        include_str!("../../../../library/channels/sk.mod"),
        include_str!("../../../../library/pools/cadyn.mod"),
        include_str!("../../../../library/pools/cadiff.mod"),
        include_str!("../../../../library/stimuli/sinclamp.mod"),
        include_str!("../../../../library/stimuli/iclamp.mod"),
        include_str!("../../../../library/stimuli/vclamp.mod"),
        SIZED,
        SODIUM,
        &filtered_neuron("filtered_count", "detached", "count 0.3", "0"),
        &filtered_neuron("filtered_potential", "attached", "potential v 0.2", "7"),
        &filtered_neuron("filtered_train", "attached", "filtered 9 (ms) 0.4", "0"),
        &filtered_neuron("filtered_late", "detached", "count 0.3", "7"),
    ] {
        let (m, problems) = homolog_nmodl::read(&Source::new("library", text));
        let shown: Vec<String> = problems.iter().map(|d| d.render(false)).collect();
        library.insert(m.unwrap_or_else(|| panic!("{}", shown.join("\n"))));
    }
    for (name, scheme, readout) in [
        ("cell", "implicit", "\"count\""),
        ("cell_order_2", "second-order", "\"potential\""),
        ("cell_filtered", "implicit", "{ filtered = \"8 ms\" }"),
    ] {
        library.insert_cell(read_cell(name, &forked_cell(scheme, readout)));
    }
    for (name, scheme) in [("cell_ions", "implicit"), ("cell_ions_order_2", "second-order")] {
        library.insert_cell(read_cell(name, &cell_with_ions(scheme, "\"potential\"")));
    }
    for (name, text) in [
        ("cell_shells", cell_with_ions("implicit", "\"potential\"")),
        ("cell_shells_order_2", cell_with_ions("second-order", "\"potential\"")),
        ("cell_shells_twig", with_twig(&cell_with_ions("implicit", "\"potential\""))),
    ] {
        library.insert_cell(read_cell(name, &with_shells(&text)));
    }
    let sized = forked_cell("implicit", "\"count\"").replace("mechanism = \"pas\"", "mechanism = \"sized\"");
    library.insert_cell(read_cell("cell_twig", &cell_with_twig("implicit", "\"count\"")));
    library.insert_cell(read_cell("cell_leaky", &leaky_cell("implicit", "\"count\"")));
    library.insert_cell(read_cell("cell_sized", &sized.replace(", e = \"-65 mV\"", "")));
    library
}

pub fn population(name: &str, size: usize, neuron: &str) -> Population {
    Population { name: name.into(), size: size.into(), neuron: neuron.into(), ..Population::default() }
}

pub fn learn(name: &str, per: Per) -> Learn {
    Learn { name: name.into(), per }
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

/// The same with spikes that have a time within their step.
pub fn interpolated(network: Network) -> Network {
    Network { spikes: Some(SpikeTimes::Interpolated.into()), ..network }
}

/// The rows of a raster of one sample, from the spikes that the naive runner saw.
pub fn raster(group: &Group, spikes: &[Vec<f64>]) -> Vec<f64> {
    let time = |tick: usize, s: f64| {
        Spike { tick: tick as i64, neuron: 0, within: if group.interpolated { Spike::within(s - 1.0) } else { 0 } }.time()
    };
    let spiked = |(tick, row): (usize, &Vec<f64>)| -> Vec<f64> {
        row.iter().enumerate().filter(|(_, s)| **s > 0.0).flat_map(|(n, s)| [time(tick, *s), n as f64, 0.0]).collect()
    };
    spikes.iter().enumerate().flat_map(spiked).collect()
}

/// Compiled by the library of a test.
pub fn compiled_by(network: &Network, library: &Library) -> (Model, Params) {
    compile(network, library, 5).unwrap_or_else(|e| panic!("{}", e.iter().map(|d| d.render(false)).collect::<String>()))
}

pub fn compiled(network: &Network) -> (Model, Params) {
    let (model, mut params) = compiled_by(network, &library());
    // Biases that are not zero, so that they are tested.
    for (t, tensor) in params.tensors.iter_mut().enumerate().filter(|(_, t)| t.name.ends_with(".bias")) {
        for (k, b) in tensor.values.iter_mut().enumerate() {
            *b = 0.3 * Key::new(77).normal(k as u64, t as u64);
        }
    }
    (model, params)
}

/// A current into a cell of the population `cell`.
pub fn clamp(branch: &str, position: f64, (delay, duration): (f64, f64), amplitude: f64) -> Stimulus {
    Stimulus {
        population: "cell".into(),
        branch: branch.into(),
        position,
        delay: delay.into(),
        duration: duration.into(),
        amplitude: amplitude.into(),
        ..Stimulus::default()
    }
}

/// One cell by itself, the population `cell`, shown nothing for a time, in steps, under current clamps.
pub fn alone(text: &str, (shown, dt): (f64, f64), stimuli: Vec<Stimulus>) -> (Model, Params) {
    let mut library = library();
    library.insert_cell(read_cell("alone", text));
    let mut network = network(vec![Population { bias: Some(false), ..population("cell", 1, "alone") }], vec![]);
    network.dt = Some(dt.into());
    network.presentation = Some(shown.into());
    network.stimuli = stimuli;
    compiled_by(&network, &library)
}

/// What one frame without inputs looks like.
pub fn watched(model: &Model, params: &Params, what: Observable) -> Vec<f64> {
    let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
    let run = Engine::new(1).run(model, params, &nothing, &[Probe { group: 0, what }], &mut State::fresh(), None);
    run.unwrap_or_else(|f| panic!("{f}")).traces.swap_remove(0).data
}

/// Every kind of network that the engine can run, small, by name.
pub fn zoo() -> Vec<(&'static str, Network)> {
    let io =
        |neuron: &str, size: usize| vec![population("in", 5, "input"), population("hidden", size, neuron), population("out", 3, "linear")];
    let chain = || vec![projection("in", "hidden"), projection("hidden", "out")];
    let mut zoo: Vec<(&'static str, Network)> =
        ["relu", "tanh", "sigmoid", "lif", "latency"].into_iter().map(|n| (n, network(io(n, 6), chain()))).collect();
    for name in ["filtered_count", "filtered_potential", "filtered_train", "filtered_late"] {
        let populations =
            vec![population("in", 5, "input"), population("a", 5, name), population("b", 4, name), population("out", 3, "linear")];
        zoo.push((name, network(populations, vec![projection("in", "a"), projection("a", "b"), projection("b", "out")])));
    }
    let mut adex = network(io("adex", 4), chain());
    adex.presentation = Some(10.0.into());
    zoo.push(("adex", adex));

    let mut driven = network(io("lif", 6), chain());
    driven.projections.push(delayed("hidden", "hidden", Delay::Ms(2.0)));
    let pulse = Stimulus {
        population: "hidden".into(),
        delay: 3.5.into(),
        duration: 10.0.into(),
        amplitude: 20.0.into(),
        unit: Some(homolog_base::Unit::parse("mV").unwrap().into()),
        ..Stimulus::default()
    };
    driven.stimuli = vec![Stimulus { neurons: Some(vec![1, 4].into()), ..pulse.clone() }, pulse];
    driven.noise_currents = vec![NoiseCurrent {
        population: "hidden".into(),
        mean: 2.0,
        deviation: 8.0,
        unit: homolog_base::Unit::parse("mV").unwrap().into(),
        tau: 4.0,
        span: homolog_base::Span::default(),
    }];
    zoo.push(("currents from outside into point neurons", driven));

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
    for name in ["cell", "cell_order_2", "cell_filtered", "cell_ions", "cell_ions_order_2"] {
        zoo.push((name, network(io(name, 3), chain())));
    }
    let mut sized = network(io("cell_sized", 2), chain());
    sized.populations[1].learn =
        vec![learn("diameter", Per::Compartment), learn("sized.tau", Per::Region), learn("capacitance", Per::Region)];
    zoo.push(("channels that know the size of their compartment", sized));
    let mut mixed = vec![
        population("in", 4, "input"),
        population("rate", 3, "tanh"),
        population("cells", 3, "cell"),
        population("point", 3, "lif"),
        population("out", 2, "linear"),
    ];
    mixed[2].learn = vec![learn("hh.gnabar", Per::Branch), learn("diameter", Per::Compartment), learn("negative.tau", Per::Region)];
    let mut levels = network(
        mixed,
        vec![
            projection("in", "rate"),
            projection("rate", "cells"),
            Projection { wiring: Wiring::Random(0.7).into(), ..delayed("cells", "point", Delay::Ms(1.0)) },
            delayed("point", "cells", Delay::Ms(2.0)),
            delayed("cells", "cells", Delay::Ms(0.5)),
            projection("point", "out"),
            projection("cells", "out"),
        ],
    );
    levels.stimuli = vec![current_into_trunks()];
    zoo.push(("all three levels in one network", levels));
    for name in ["cell_shells", "cell_shells_order_2"] {
        let mut shells = network(io(name, 2), chain());
        shells.populations[1].learn = vec![learn("cadiff.DCa", Per::Region), learn("cadiff.kout", Per::Neuron)];
        shells.populations[1].learn.extend((name == "cell_shells").then(|| learn("diameter", Per::Compartment)));
        shells.presentation = Some(7.0.into());
        zoo.push((if name == "cell_shells" { "calcium that diffuses" } else { "calcium that diffuses, order 2" }, shells));
    }
    zoo.push(("kinds of cells in contact, in which calcium diffuses", kinds_that_diffuse()));
    let drawn = vec![population("in", 4, "input"), population("hidden", 12, "poisson"), population("out", 5, "relu")];
    zoo.push(("neurons that draw random numbers", network(drawn, vec![projection("in", "hidden"), projection("hidden", "out")])));
    zoo.push(("kinds of cells", kinds()));
    zoo.push(("gap junctions", gap_junctions()));
    zoo
}

/// Spiking neurons of two kinds that learn nothing: connections of one delay and of many, of one weight and of many, of both signs; and noise.
pub fn streams() -> Network {
    let mut populations =
        vec![population("in", 4, "input"), population("a", 40, "lif"), population("b", 25, "adex"), population("c", 30, "lif")];
    for p in &mut populations[1..] {
        p.bias = Some(false);
    }
    populations[1].starts = vec![Start { variable: "v".into(), spread: Spread::Uniform(-65.0, -50.0), unit: None }];
    let to = |from: &str, to: &str, wiring: Wiring, weights: Weights, delay: Delay| Projection {
        wiring: wiring.into(),
        weights: weights.into(),
        learn: Some(false),
        ..delayed(from, to, delay)
    };
    let still = |from: &str, to: &str| Projection { learn: Some(false), ..projection(from, to) };
    let mut network = network(
        populations,
        vec![
            still("in", "a"),
            to("a", "a", Wiring::Random(0.3), Weights::Constant(0.2), Delay::Ms(2.0)),
            to("a", "b", Wiring::InDegree(9), Weights::Normal(0.1, 0.4), Delay::Uniform(1.0, 6.0)),
            to("b", "b", Wiring::OutDegree(5), Weights::Constant(-0.3), Delay::Normal(3.0, 1.0)),
            to("b", "c", Wiring::Total(200), Weights::Lognormal(0.3, 0.2), Delay::Lognormal(3.0, 1.0)),
            to("c", "a", Wiring::AllToAll, Weights::Uniform(-0.3, 0.1), Delay::Ms(1.0)),
        ],
    );
    network.projections[4].unit = Some(Unit::parse("mV").unwrap().into());
    network.projections[4].weights = Weights::Lognormal(6.0, 4.0).into();
    (network.dt, network.presentation) = (Some(0.5.into()), Some(40.0.into()));
    let noise = |population: &str, rate: f64, weight: f64, unit: Option<&str>| Noise {
        population: population.into(),
        rate: rate.into(),
        weight: weight.into(),
        unit: unit.map(|u| Unit::parse(u).unwrap().into()),
        ..Noise::default()
    };
    network.noise =
        vec![noise("a", 2.0, 2.0, Some("mV")), noise("b", 3.0, -0.05, None), noise("b", 3.0, 0.4, None), noise("c", 5.0, 1.5, Some("mV"))];
    network
}

/// The same with neurons that hear through receptors.
pub fn receptors() -> Network {
    let mut network = streams();
    (network.populations[1].neuron, network.populations[3].neuron) = ("if_curr_exp".into(), "if_cond_exp".into());
    (network.projections[4].unit, network.projections[4].weights) = (None, Weights::Lognormal(0.3, 0.2).into());
    for n in network.noise.iter_mut().filter(|n| n.population.value != "b") {
        (n.unit, n.weight) = (None, (if n.population.value == "a" { 1.5 } else { 0.3 }).into());
    }
    network
}

/// Sources and given spikes that excite and inhibit cells of two kinds, which excite themselves and point neurons.
pub fn busy(cells: usize, points: usize) -> Network {
    let mut populations = vec![
        population("sources", 60, "spikes"),
        population("given", 3, "spikes"),
        population("cells", cells, "cell"),
        population("points", points, "lif"),
    ];
    populations[0].poisson = Some(0.1.into());
    populations[1].times = vec![vec![1.0, 4.5, 9.0].into(), vec![].into(), vec![0.0, 8.0].into()];
    populations[2].others = vec!["cell_twig".into()];
    populations[2..].iter_mut().for_each(|p| p.bias = Some(false));
    let to = |from: &str, to: &str, wiring: Wiring, weights: Weights, delay: Delay| Projection {
        wiring: wiring.into(),
        weights: weights.into(),
        learn: Some(false),
        ..delayed(from, to, delay)
    };
    let mut network = network(
        populations,
        vec![
            to("sources", "cells", Wiring::Random(0.7), Weights::Normal(0.1, 0.3), Delay::Uniform(0.2, 3.0)),
            to("given", "cells", Wiring::AllToAll, Weights::Constant(1.5), Delay::Ms(0.0)),
            to("sources", "points", Wiring::InDegree(12), Weights::Lognormal(0.5, 0.2), Delay::Ms(1.0)),
            to("cells", "cells", Wiring::Shift(1), Weights::Constant(-0.4), Delay::Ms(0.4)),
            to("points", "cells", Wiring::OutDegree(3), Weights::Constant(0.3), Delay::Normal(1.0, 0.4)),
            to("cells", "points", Wiring::AllToAll, Weights::Constant(0.8), Delay::Ms(0.5)),
        ],
    );
    (network.dt, network.presentation) = (Some(0.1.into()), Some(12.0.into()));
    let noise = |rate: f64, weight: f64| Noise { population: "cells".into(), rate: rate.into(), weight: weight.into(), ..Noise::default() };
    network.noise = vec![noise(0.4, 0.1), noise(0.2, -0.1)];
    network
}

/// Neurons whose spikes are given, ms.
pub fn spikes(name: &str, times: &[Vec<f64>]) -> Population {
    Population { times: times.iter().map(|t| t.clone().into()).collect(), ..population(name, times.len(), "spikes") }
}

/// Cells of two populations, one of two kinds, with junctions among them, between them and inside of them.
fn gap_junctions() -> Network {
    let mut populations =
        vec![population("in", 3, "input"), population("a", 4, "cell"), population("b", 3, "cell"), population("out", 2, "linear")];
    populations[1].others = vec!["cell_twig".into()];
    let end = |population: &str, place: Option<(&str, f64)>| GapEnd {
        population: population.into(),
        branch: place.map(|p| p.0.into()),
        position: place.map_or(0.5, |p| p.1),
    };
    let mut network = network(
        populations,
        vec![projection("in", "a"), delayed("a", "b", Delay::Ms(0.5)), projection("b", "out"), projection("a", "out")],
    );
    network.gaps = vec![
        gap(end("a", None), end("a", Some(("trunk", 0.9))), Wiring::Pairs(vec![(0, 1), (1, 2), (3, 0)]), 3.0),
        gap(end("a", Some(("left", 0.9))), end("b", None), Wiring::Pairs(vec![(0, 0), (1, 2), (3, 1)]), 8.0),
        gap(end("b", Some(("left", 1.0))), end("b", Some(("right", 0.5))), Wiring::OneToOne, 2.0),
    ];
    network.presentation = Some(7.0.into());
    network
}

/// Junctions of so many nS.
fn gap(from: GapEnd, to: GapEnd, wiring: Wiring, g: f64) -> Gap {
    let parameters = [("g".to_string(), (g, Some("nS".to_string())).into())].into();
    Gap { from, to, wiring: wiring.into(), mechanism: "gap".into(), parameters, ..Gap::default() }
}

/// Two junctions between four cells of a population.
pub fn in_contact(population: &str) -> Gap {
    let end = || GapEnd { population: population.into(), branch: None, position: 0.5 };
    gap(end(), end(), Wiring::Pairs(vec![(0, 3), (1, 2)]), 5.0)
}

/// Cells of two kinds in which calcium diffuses, with a junction between them.
fn kinds_that_diffuse() -> Network {
    let mut populations = vec![population("in", 3, "input"), population("cells", 4, "cell_shells"), population("out", 2, "linear")];
    populations[1].others = vec!["cell_shells_twig".into()];
    let mut network = network(populations, vec![projection("in", "cells"), projection("cells", "out")]);
    network.gaps = vec![in_contact("cells")];
    network.presentation = Some(7.0.into());
    network
}

fn current_into_trunks() -> Stimulus {
    Stimulus {
        population: "cells".into(),
        branch: "trunk".into(),
        position: 0.7,
        delay: 1.03.into(),
        duration: 4.0.into(),
        amplitude: 0.4.into(),
        ..Default::default()
    }
}

/// Six cells of three kinds, some of whose somata hold what others do not, with given spikes and among one another.
fn kinds() -> Network {
    let mut populations = vec![
        population("in", 4, "input"),
        population("kicks", 2, "spikes"),
        population("cells", 6, "cell"),
        population("out", 2, "linear"),
    ];
    populations[1].times = vec![vec![0.3, 2.0, 14.1].into(), vec![5.0].into()];
    populations[2].others = vec!["cell_twig".into(), "cell_leaky".into()];
    populations[2].learn = vec![learn("hh.gnabar", Per::Region), learn("positive.tau", Per::Neuron), learn("diameter", Per::Compartment)];
    let mut network = network(
        populations,
        vec![
            projection("in", "cells"),
            Projection { wiring: Wiring::Pairs(vec![(0, 5), (1, 2), (0, 2), (1, 0)]).into(), ..delayed("kicks", "cells", Delay::Ms(1.0)) },
            Projection { wiring: Wiring::Shift(1).into(), ..delayed("cells", "cells", Delay::Ms(0.5)) },
            projection("cells", "out"),
        ],
    );
    network.stimuli = vec![current_into_trunks()];
    // As long as is needed: every learned number is tried by a run of its own.
    network.presentation = Some(7.0.into());
    network
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
