//! Small networks of library neurons.
#![allow(dead_code, reason = "every test binary uses a part")]

pub mod rules;

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

/// A channel whose current, gate and initial state depend on the size of its compartment.
const SIZED: &str = "
    NEURON { SUFFIX sized  NONSPECIFIC_CURRENT i }
    PARAMETER { g = 1e-4 (S/cm2)  tau = 5 (ms) <0.1, 1e3> }
    ASSIGNED { v (mV)  i (mA/cm2)  area (um2)  diam (um) }
    STATE { x }
    INITIAL { x = area/500 }
    BREAKPOINT { SOLVE s METHOD cnexp  i = g*(1 + 0.3*x)*(1 + 0.1*diam)*(1 + area/900)*(v + 65) }
    DERIVATIVE s { x' = (0.4*diam + area/700 - x)/tau }
";

/// A pool whose concentration follows from its state in BREAKPOINT, and whose current from the concentration and from the sodium current of
/// the others.
const SODIUM: &str = "
    NEURON { SUFFIX sodium  USEION na READ ina, nai WRITE nai  NONSPECIFIC_CURRENT i }
    PARAMETER { tau = 20 (ms) <0.1, 1e3>  rest = 10 (mM) }
    ASSIGNED { v (mV)  i (mA/cm2)  ina (mA/cm2)  nai (mM) }
    STATE { n (mM) }
    INITIAL { n = rest  nai = rest }
    BREAKPOINT { SOLVE s METHOD cnexp  nai = n + 0.01*(v + 65)  i = 2e-7*nai*(v + 65) - 0.05*ina }
    DERIVATIVE s { n' = -2*ina - (n - rest)/tau }
";

/// The same with calcium that comes in by a channel, decays, and opens another; a pool of sodium on its trunk; and a stimulus that
/// depends on the time.
pub fn cell_with_ions(scheme: &str, readout: &str) -> String {
    forked_cell(scheme, readout).replace(
        "[positive]",
        r#"
        [[paint]]
        mechanism = "cahva"
        regions = ["soma", "tuft"]
        parameters = { gbar = "0.001 S/cm2" }
        [[paint]]
        mechanism = "sk"
        region = "tuft"
        parameters = { gbar = "0.0001 S/cm2" }
        [[paint]]
        mechanism = "cadyn"
        regions = ["soma", "tuft"]
        [[paint]]
        mechanism = "sodium"
        region = "dendrite"
        [[place]]
        mechanism = "sinclamp"
        name = "tone"
        branch = "left"
        position = 0.7
        parameters = { amp = "0.05 nA", freq = "100 Hz" }
        [ions]
        cao = "1.5 mM"
        [positive]"#,
    )
}

/// The same with calcium in shells that diffuses along the branches, and so does its buffer.
pub fn with_shells(cell: &str) -> String {
    let pool = "mechanism = \"cadyn\"\n        regions = [\"soma\", \"tuft\"]";
    assert!(cell.contains(pool));
    let shells = "mechanism = \"cadiff\"\n        regions = [\"soma\", \"dendrite\", \"tuft\"]\n        \
                  parameters = { DCa = 40, DBuf = 10, extra = { value = \"1e-3*min(1, distance/60)\", unit = \"mM\" } }";
    cell.replace(pool, shells)
}

/// A cell's text as a cell.
pub fn read_cell(name: &str, text: &str) -> homolog_model::Cell {
    let none = |_: &str| (None, vec![]);
    let (cell, problems) = homolog_model::file::read_cell(&Source::new("cell", text), name, &none);
    let shown: Vec<String> = problems.iter().map(|d| d.render(false)).collect();
    cell.unwrap_or_else(|| panic!("{}", shown.join("\n")))
}

/// A small cell that has everything: an excitable soma, a fork, a taper, receptors on branches of different kinds, a bias.
pub fn forked_cell(scheme: &str, readout: &str) -> String {
    format!(
        r#"
        title = "A soma, a trunk and two branches"
        [membrane]
        initial = "-65 mV"
        temperature = "18 degC"
        [branch.soma]
        length = "20 um"
        diameter = "20 um"
        compartments = 1
        [branch.trunk]
        parent = "soma"
        length = "60 um"
        diameter = ["3 um", "2 um"]
        compartments = 2
        region = "dendrite"
        [branch.left]
        parent = "trunk"
        length = "80 um"
        diameter = "1.5 um"
        compartments = 2
        region = "tuft"
        [branch.right]
        parent = "trunk"
        length = "50 um"
        diameter = "1 um"
        compartments = 1
        region = "tuft"
        [[paint]]
        mechanism = "hh"
        regions = ["soma", "dendrite"]
        [[paint]]
        mechanism = "pas"
        region = "tuft"
        parameters = {{ g = "1e-4 S/cm2", e = "-65 mV" }}
        [positive]
        mechanism = "ampa"
        regions = ["dendrite", "tuft"]
        weight = "25 nS"
        [negative]
        mechanism = "gaba"
        region = "tuft"
        parameters = {{ tau = "4 ms" }}
        weight = "15 nS"
        [bias]
        branch = "soma"
        size = "0.3 nA"
        [spike]
        branch = "soma"
        threshold = "-20 mV"
        surrogate = {{ shape = "fast_sigmoid", width = "5 mV" }}
        [time]
        step = "0.1 ms"
        presentation = "12 ms"
        settle = "0.5 ms"
        delay = "1 ms"
        scheme = "{scheme}"
        [interface]
        rate = "150 Hz"
        readout = {readout}
        readout-scale = 0.2
        activity = 1.4
        "#
    )
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

/// The end of a cell's file that says what a network wants to know; its first branch is called `a`.
pub fn rest_of_cell(scheme: &str) -> String {
    format!(
        r#"
        [spike]
        branch = "a"
        threshold = "-20 mV"
        surrogate = {{ shape = "fast_sigmoid", width = "5 mV" }}
        [time]
        step = "0.1 ms"
        presentation = "10 ms"
        delay = "1 ms"
        scheme = "{scheme}"
        [interface]
        rate = "100 Hz"
        readout = "count"
        activity = 1
        "#
    )
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

/// The cell with a longer trunk and one more branch.
pub fn cell_with_twig(scheme: &str, readout: &str) -> String {
    with_twig(&forked_cell(scheme, readout))
}

/// A cell with a longer trunk and one more branch.
fn with_twig(cell: &str) -> String {
    let text = cell.replace("length = \"60 um\"", "length = \"90 um\"").replacen("compartments = 2", "compartments = 3", 1);
    text.replacen(
        "[[paint]]",
        "[branch.twig]\nparent = \"left\"\nlength = \"30 um\"\ndiameter = \"1 um\"\ncompartments = 2\nregion = \"tuft\"\n[[paint]]",
        1,
    )
}

/// The cell with a leak in its soma, too.
pub fn leaky_cell(scheme: &str, readout: &str) -> String {
    let pas = "mechanism = \"pas\"\n        region = \"tuft\"";
    assert!(forked_cell(scheme, readout).contains(pas));
    forked_cell(scheme, readout).replace(pas, "mechanism = \"pas\"\n        regions = [\"soma\", \"tuft\"]")
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
