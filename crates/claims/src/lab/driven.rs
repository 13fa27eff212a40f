//! Neurons that hear given spikes: copies of one neuron side by side, each with trains of its own.

use super::{Bench, Lab, Memory, fault, potential};
use homolog_base::Diagnostic;
use homolog_engine::Engine;
use homolog_model::compile::SPIKES;
use homolog_model::model::Anatomy;
use homolog_model::{Inputs, Located, Model, Network, Observable, Params, Probe, Runner, State, Weights, Wiring};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Spikes of synapses, in bins of 1 ms.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Trains {
    /// How many bins.
    pub bins: usize,
    /// For every copy and synapse the bins at whose beginning it spikes, rising.
    pub of: Vec<Vec<Vec<u32>>>,
}

/// What copies of a neuron did.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Driven {
    /// For every copy the bins in which it spiked.
    pub spikes: Vec<Vec<u32>>,
    /// For every copy the potential where it spikes, mV, at the end of each bin.
    pub potential: Vec<Vec<f64>>,
    /// For every synapse the name of the branch it is on; all the same where a neuron has no branches.
    pub branch: Vec<String>,
    /// Charge that ions carried inwards, of all copies together, pC, by the name of the ion; empty where nothing counts it.
    pub charge: Vec<(&'static str, f64)>,
}

/// Runs neurons that hear given spikes; several threads may.
#[derive(Clone, Debug)]
pub struct Driver {
    seed: u64,
    memory: Arc<Memory<Driven>>,
    runs: Arc<AtomicUsize>,
}

impl Lab<'_> {
    /// What runs neurons for this experiment.
    pub fn driver(&self) -> Driver {
        Driver { seed: self.seed, memory: self.memory.clone(), runs: Arc::default() }
    }

    /// Counts the runs that a driver did.
    pub fn count(&mut self, driver: &Driver) {
        self.runs += driver.runs.swap(0, Ordering::Relaxed);
    }
}

impl Driver {
    /// Runs the spiking neuron of a model that hears one population of given spikes, with these trains instead: as many copies as there
    /// are trains for, each weight so many times what it was. A synapse has the same place in every copy.
    ///
    /// # Errors
    /// The model is of another form, does not compile or stops; there are other numbers of synapses at the same place of two copies.
    pub fn drive(&self, bench: &Bench, trains: &Trains, factor: f64) -> Result<Driven, Vec<Diagnostic>> {
        let (copies, synapses) = (trains.of.len(), trains.of.first().map_or(0, Vec::len));
        let (mut network, [from, to]) = wired(&bench.network, copies, synapses, factor)?;
        network.presentation = Some((trains.bins as f64).into());
        // Where synapses are does not depend on when they act.
        let (model, _) = homolog_model::compile(&network, &bench.library, self.seed)?;
        let (order, branch) = placed(&model, to, copies, synapses)?;
        let mut times = vec![Located::from(vec![]); copies * synapses];
        for (order, of) in order.iter().zip(&trains.of) {
            for (sender, train) in order.iter().zip(of) {
                times[*sender as usize].value =
                    train.iter().filter(|bin| (**bin as usize) < trains.bins).map(|bin| f64::from(*bin)).collect();
            }
        }
        network.populations[from].times = times;
        let (model, params) = homolog_model::compile(&network, &bench.library, self.seed)?;
        // A run has the same answer whoever asks for it, and whichever knob of a network was turned in between.
        self.memory.get(&identity(&model, &params), || self.watched(&model, &params, to, copies, trains.bins, branch))
    }

    /// Runs copies of a neuron for so many bins.
    fn watched(
        &self,
        model: &Model,
        params: &Params,
        to: usize,
        copies: usize,
        bins: usize,
        branch: Vec<String>,
    ) -> Result<Driven, Vec<Diagnostic>> {
        let each = (1.0 / model.dt).round() as usize;
        if each == 0 || (each as f64 * model.dt - 1.0).abs() > 1e-9 {
            return Err(bad("1 ms must be a whole number of steps"));
        }
        let group = &model.groups[to];
        let v = group.variables.iter().position(|v| v.name == "v").unwrap_or(0);
        let seen_at = match &group.anatomy {
            Some(a) => Observable::Site(potential(model, to), a.spike_at[0]),
            None => Observable::State(v),
        };
        let mut probes = vec![Probe { group: to, what: Observable::Raster }, Probe { group: to, what: seen_at }];
        let mut ions = vec![];
        for ion in homolog_model::compose::cable::METERED {
            let name = format!("{}{ion}", homolog_model::compose::cable::CHARGE);
            if let Some(k) = group.variables.iter().position(|v| v.name == name) {
                probes.push(Probe { group: to, what: Observable::FrameEnd(k) });
                ions.push(ion);
            }
        }
        let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
        let seen = Engine::new(1).run(model, params, &nothing, &probes, &mut State::fresh(), None).map_err(fault)?;
        self.runs.fetch_add(1, Ordering::Relaxed);
        let in_bins = |ticks: Vec<f64>| {
            let mut bins: Vec<u32> = ticks.into_iter().map(|tick| tick as u32 / each as u32).collect();
            bins.dedup();
            bins
        };
        let spikes = homolog_measure::trains(&seen.traces[0], copies).into_iter().map(in_bins).collect();
        let trace = &seen.traces[1].data;
        let potential = (0..copies).map(|c| (0..bins).map(|b| trace[((b + 1) * each - 1) * copies + c]).collect()).collect();
        let charge = ions.into_iter().zip(&seen.traces[2..]).map(|(ion, t)| (ion, t.data.iter().sum())).collect();
        Ok(Driven { spikes, potential, branch, charge })
    }

    /// What tells a model from every other that does something else.
    ///
    /// # Errors
    /// It does not compile.
    pub fn identity(&self, bench: &Bench) -> Result<String, Vec<Diagnostic>> {
        let (model, params) = homolog_model::compile(&bench.network, &bench.library, self.seed)?;
        Ok(identity(&model, &params))
    }
}

fn identity(model: &Model, params: &Params) -> String {
    format!("{} {}", model.hash.hex(), params.hash().hex())
}

fn bad(message: impl Into<String>) -> Vec<Diagnostic> {
    vec![Diagnostic::error("claim-experiment", message)]
}

/// The network with so many copies, each with synapses of its own; and who sends and who hears.
fn wired(network: &Network, copies: usize, synapses: usize, factor: f64) -> Result<(Network, [usize; 2]), Vec<Diagnostic>> {
    let mut network = network.clone();
    let form = || bad(format!("the model `{}` must be one population of `spikes` that excites one of neurons", network.title));
    let [projection] = &network.projections[..] else { return Err(form()) };
    let (from, to) = (network.population(&projection.from), network.population(&projection.to));
    let (Some(from), Some(to), Weights::Constant(weight)) = (from, to, projection.weights.value) else { return Err(form()) };
    if network.populations.len() != 2 || network.populations[from].neuron.value != SPIKES {
        return Err(form());
    }
    network.populations[from].size = (copies * synapses).into();
    network.populations[from].times = vec![Located::from(vec![]); copies * synapses];
    network.populations[to].size = copies.into();
    network.recordings.clear();
    let pairs = (0..copies * synapses).map(|k| (k as u32, (k / synapses) as u32)).collect();
    network.projections[0].wiring = Wiring::Pairs(pairs).into();
    network.projections[0].weights = Weights::Constant(weight * factor).into();
    // What learns nothing only spikes, and is listed so.
    network.projections[0].learn = Some(false);
    network.populations[to].bias = Some(false);
    Ok((network, [from, to]))
}

/// Senders by copy and synapse, and branches of synapses.
type Placed = (Vec<Vec<u32>>, Vec<String>);

/// For every copy which sender is which synapse, counted branch by branch and place by place; and the branch of every synapse.
fn placed(model: &Model, to: usize, copies: usize, synapses: usize) -> Result<Placed, Vec<Diagnostic>> {
    let Some(anatomy) = &model.groups[to].anatomy else {
        let all = (0..copies).map(|c| (0..synapses).map(|s| (c * synapses + s) as u32).collect()).collect();
        return Ok((all, vec![String::new(); synapses]));
    };
    let Some(stream) = model.streams.iter().find(|s| s.to == to) else {
        return Err(bad(format!("`{}` hears no spikes whose weights stay as they are", model.groups[to].name)));
    };
    let names = branches(model, to, anatomy);
    // Compartments may lie in any order; synapses are counted branch by branch.
    let first = |name: &str| names.iter().position(|n| *n == name).unwrap_or(names.len());
    let mut found: Vec<Vec<(usize, usize, u32)>> = vec![vec![]; copies];
    for (sender, row) in stream.events.pairs() {
        let (place, copy) = (row / copies, row % copies);
        found[copy].push((first(names[place]), place, sender as u32));
    }
    found.iter_mut().for_each(|f| f.sort_unstable());
    let places = |f: &[(usize, usize, u32)]| f.iter().map(|x| x.1).collect::<Vec<_>>();
    if found.iter().any(|f| f.len() != synapses || places(f) != places(&found[0])) {
        return Err(bad("the number of synapses must be a multiple of the compartments that have some, so that all copies are alike"));
    }
    let branch = found[0].iter().map(|f| names[f.1].to_string()).collect();
    Ok((found.into_iter().map(|f| f.into_iter().map(|x| x.2).collect()).collect(), branch))
}

/// For every place of the receptor for positive weights the name of its branch.
fn branches<'a>(model: &Model, to: usize, anatomy: &'a Anatomy) -> Vec<&'a str> {
    let of = model.groups[to].variables.iter().position(|v| v.name.starts_with("positive."));
    let compartments = of.map_or(&[][..], |k| &anatomy.of_variable[k]);
    compartments.iter().map(|c| anatomy.compartments[*c as usize].0.as_str()).collect()
}
