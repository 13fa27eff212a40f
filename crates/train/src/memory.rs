//! How much memory a training will need, before any is asked for.
//!
//! An estimate from sizes alone: it counts the arrays that grow with the network, the batch and the time, and is held to what
//! was measured by a test of the program (`crates/cli/tests/memory.rs`).

use crate::evaluate::EVALUATION_BATCH;
use crate::task::Task;
use homolog_base::Diagnostic;
use homolog_model::{Group, Link, Model, Network, Optimiser, Params, Study, Target, Training, Weights, Wires, Wiring};

/// Bytes of a number.
const NUMBER: f64 = 8.0;
/// Bytes that the program takes without any network: itself, its library, and the data that ship with it.
const PROGRAM: f64 = 8e6;
/// Ticks that a run without a tape keeps at once.
const UNTAPED: f64 = 10.0;

/// Bytes that will be needed, by what they grow with.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Memory {
    /// Weights, their gradients, the optimiser's memory and copies: grow with `size`.
    pub weights: f64,
    /// Tape, columns and inputs: grow with `batch`, `size` and the presentation.
    pub batch: f64,
    /// What is kept of every run until the end: grows with the seeds.
    pub results: f64,
}

impl Memory {
    /// All of it.
    pub fn total(&self) -> f64 {
        PROGRAM + self.weights + self.batch + self.results
    }

    /// The same work so many times at once.
    pub fn times(&self, n: f64) -> Memory {
        Memory { weights: n * self.weights, batch: n * self.batch, results: n * self.results }
    }

    /// A message when `available` bytes do not hold it: with the numbers, at what needs most, and which size to reduce.
    pub fn refuse(&self, study: &Study, available: u64) -> Option<Diagnostic> {
        if self.total() <= available as f64 {
            return None;
        }
        let gib = |bytes: f64| format!("{:.1} GiB", bytes / f64::from(1 << 30));
        let text = format!(
            "this needs about {} of memory ({} for weights, {} for a batch, {} for results), and {} are available",
            gib(self.total()),
            gib(self.weights),
            gib(self.batch),
            gib(self.results),
            gib(available as f64)
        );
        let d = Diagnostic::error("memory-exceeded", text);
        let network = &study.network;
        if self.results > self.weights.max(self.batch) {
            return Some(d.hint("ask for fewer `--seeds`"));
        }
        if self.batch > self.weights
            && let Some(t) = &study.training
        {
            let d = network.locate(d, t.batch.span, "samples at once");
            return Some(d.hint("reduce `batch`, the `size` of populations, or the presentation"));
        }
        let largest = network.projections.iter().max_by(|a, b| entries(network, a).0.total_cmp(&entries(network, b).0));
        Some(match largest {
            Some(p) => network
                .locate(d, p.span, "most of the weights")
                .hint(format!("reduce the `size` of `{}` or of `{}`, or wire them at random", p.from.value, p.to.value)),
            None => d.hint("reduce the `size` of populations"),
        })
    }
}

/// Weights of a projection, and bytes of its wiring.
fn entries(network: &Network, p: &homolog_model::Projection) -> (f64, f64) {
    let size = |name: &str| network.population(name).map_or(0, |k| network.populations[k].size.value);
    let count = p.wiring.expected(size(&p.from), size(&p.to));
    // The column of each, in the structure and in the text of its hash.
    let listed = !matches!(p.wiring.value, Wiring::AllToAll | Wiring::OneToOne);
    (count, if listed { 16.0 * count } else { 0.0 })
}

/// How often every weight is there while it is learned: as it starts, as it is, its gradient, the optimiser's memory, and with
/// patience the best so far.
fn copies(training: &Training) -> f64 {
    let moments = match training.optimiser.value {
        Optimiser::Adam { .. } => 2.0,
        Optimiser::Sgd { .. } => 1.0,
    };
    3.0 + moments + if training.patience.is_some() { 1.0 } else { 0.0 }
}

/// Whether a projection is surely a list of connections that only spike, which takes less than weights that may be learned do.
fn only_spikes(network: &Network) -> bool {
    // A cell is named by a path, and what arrives at its places is a link.
    let point = |word: &str| !word.contains('/') && !word.ends_with(".toml");
    let given = |word: &str| [homolog_model::file::INPUT, homolog_model::file::SPIKES].contains(&word);
    network.projections.iter().all(|p| p.learn == Some(false))
        && network.populations.iter().all(|p| given(&p.neuron) || point(&p.neuron) && p.bias == Some(false))
}

/// Bytes of the connections of a projection that only spikes: those that stay, and those that are gone when it is compiled. A target takes two, a
/// weight of its own four, a delay of its own six (with the run that begins there); to make them, a list of targets, an order, and both once more.
fn listed(network: &Network, p: &homolog_model::Projection) -> (f64, f64) {
    let n = entries(network, p).0;
    let own = if matches!(p.weights.value, Weights::Constant(_)) { 0.0 } else { 4.0 };
    let late = if p.delay.as_ref().is_some_and(|d| d.value.differs()) { 6.0 } else { 0.0 };
    (n * (2.0 + own + late), n * (8.0 + own + late))
}

/// What compiling a study will need at least, and training it: from its description alone.
pub fn before_compiling(study: &Study) -> Memory {
    if only_spikes(&study.network) {
        let all = study.network.projections.iter().map(|p| listed(&study.network, p));
        let (stays, most) = all.fold((0.0, 0.0), |(stays, most): (f64, f64), (s, m)| (stays + s, most.max(m)));
        let neurons: f64 = study.network.populations.iter().map(|p| p.size.value as f64).sum();
        return Memory { weights: stays + most + NUMBER * neurons, ..Memory::default() };
    }
    let copies = study.training.as_ref().map_or(1.0, copies);
    let projections = study.network.projections.iter().map(|p| entries(&study.network, p));
    let neurons: f64 = study.network.populations.iter().map(|p| p.size.value as f64).sum();
    let weights = projections.map(|(n, wiring)| NUMBER * copies * n + wiring).sum::<f64>() + NUMBER * copies * neurons;
    Memory { weights, ..Memory::default() }
}

/// What is kept of a network once it is trained: its parameters and its wiring.
pub fn of_result(model: &Model, params: &Params) -> Memory {
    let wires: f64 = model.links.iter().map(wiring).sum();
    Memory { results: NUMBER * count(params) + wires, ..Memory::default() }
}

/// Bytes of the indices that say where the weights of a link go.
fn wiring(link: &Link) -> f64 {
    let of_wires = if let Wires::Sparse { start, column } = &link.wires { start.len() + column.len() } else { 0 };
    let of_places: usize = link.places.iter().flatten().map(|r| r.start.len() + r.column.len() + r.weight.len()).sum();
    4.0 * (of_wires + of_places) as f64
}

fn count(params: &Params) -> f64 {
    params.tensors.iter().map(|t| t.values.len() as f64).sum()
}

/// What one training will need. `tape` are the bytes that the runner's tape may take before it computes twice; `saves` says whether
/// checkpoints are written.
pub fn of_training(task: &Task<'_>, params: &Params, tape: usize, saves: bool) -> Memory {
    let (model, training) = (task.model, task.training());
    let all = count(params);
    let copies = copies(training);
    let of_spikes: f64 = model
        .links
        .iter()
        .map(|l| {
            let n = params.tensors[l.weights].values.len() as f64;
            match l.target {
                Target::Drive => 0.0,
                Target::Own => n,
                Target::BySign | Target::DriveBySign => 2.0 * n,
            }
        })
        .sum();
    // A checkpoint: all but the first and the gradient, as arrays and as the bytes of a file.
    let saved = if saves { 2.0 * (copies - 2.0) * all } else { 0.0 };
    let batch = (*training.batch).min(task.split.train.len());
    let features = task.samples.features as f64;
    let inputs = features * (batch + EVALUATION_BATCH) as f64;
    let taped = columns(model, batch, task.frames, Some(tape));
    // The rest of an epoch may fit the tape whole where a batch does not, and then needs more than that; the smaller one is given
    // back once the larger one is there.
    let rest = columns(model, task.split.train.len() % batch.max(1), task.frames, Some(tape));
    let taped = if rest > taped { taped + rest } else { taped };
    Memory {
        weights: NUMBER * (copies * all + of_spikes + saved),
        batch: NUMBER * (taped + columns(model, EVALUATION_BATCH, task.frames, None) + inputs),
        results: 0.0,
    }
}

/// Numbers of one neuron (of one of each kind, where there are several) and sample in the columns of a group, all its places together.
struct Sizes {
    /// Variables, and those of them that the tape holds.
    variables: f64,
    taped: f64,
    arrivals: f64,
    /// What every neuron has one of.
    each: f64,
    /// Drives of a frame: the sum and those by sign.
    drives: f64,
    /// Learned parameters and fixed numbers, and those of the latter that are computed from the former.
    learned: f64,
    fixed: f64,
    computed: f64,
    work: f64,
    /// Nodes of its tree: the solution keeps a pivot for each.
    nodes: f64,
    spikes: f64,
}

impl Sizes {
    fn of(g: &Group) -> Sizes {
        let nodes = g.tree.as_ref().map_or(0, |t| t.parent.len());
        let computed: usize = g.fixed.iter().filter(|f| f.values.is_none()).map(|f| f.sites).sum();
        // Couplings that are computed have their sums beside them.
        let sums = g.tree.as_ref().filter(|t| t.couplings.is_none()).map_or(0, |_| nodes);
        // What diffuses has pivots that stay.
        let diffusion = |d: &homolog_model::model::Diffusion| d.tree.parent.len() * (1 + usize::from(d.tree.couplings.is_none()));
        let fixed = g.fixed.iter().map(|f| f.sites).sum::<usize>() + sums + g.diffusion.iter().map(diffusion).sum::<usize>();
        let numbers = |n: usize| n as f64;
        Sizes {
            variables: numbers(g.state_size()),
            taped: numbers(g.variables.iter().filter(|v| v.taped).map(|v| v.sites).sum()),
            arrivals: numbers(g.arrivals.iter().map(|o| o.sites).sum()),
            each: numbers(g.kinds()),
            drives: numbers(g.kinds()) + numbers(g.signed.iter().map(|o| o.sites).sum()),
            learned: numbers(g.learned.iter().map(|l| l.part.len()).sum()),
            fixed: numbers(fixed),
            computed: numbers(computed),
            work: numbers(g.work.iter().map(|w| w.sites).sum()),
            nodes: numbers(nodes),
            spikes: if g.spikes { numbers(g.kinds()) } else { 0.0 },
        }
    }
}

/// Numbers of the columns of a run: what is kept for every tick, and what is there once.
fn columns(model: &Model, batch: usize, frames: usize, tape: Option<usize>) -> f64 {
    let frames = frames as f64;
    let ticks = model.ticks.max(1) as f64 * frames;
    let (mut per_tick, mut once, mut saved, mut arrivals) = (0.0, 0.0, 0.0, 0.0);
    for (k, g) in model.groups.iter().enumerate() {
        let lanes = (g.copies() * batch) as f64;
        let n = Sizes::of(g);
        per_tick += lanes * (n.taped + n.spikes + n.arrivals);
        let incoming = model.links.iter().filter(|l| l.to == k && l.target.spikes()).map(|l| l.delay).max().unwrap_or(0) as f64;
        let history = n.each * model.spike_history(k) as f64;
        let values = n.each * (frames + model.value_history(k) as f64);
        once += lanes * (n.learned + n.fixed + n.work + n.drives * frames + values + n.variables + history);
        if tape.is_some() {
            per_tick += lanes * n.nodes;
            let burst = n.each * g.burst.as_ref().map_or(1, |b| b.ticks) as f64;
            // Cotangents of all these.
            once += lanes * (n.variables + n.drives + n.learned + n.computed + n.work + burst + values + n.arrivals * incoming);
        } else {
            once += lanes * n.nodes;
        }
        saved += lanes * (n.variables + history);
        // The cotangents of arrivals are as long as a segment.
        arrivals += lanes * n.arrivals;
    }
    match tape {
        None => once + per_tick * UNTAPED.min(ticks),
        Some(budget) if NUMBER * per_tick * ticks <= budget as f64 => once + per_tick * (ticks + frames) + arrivals * ticks / frames,
        Some(_) => {
            let segment = ticks.sqrt().ceil();
            once + (per_tick + arrivals) * segment + saved * (ticks / segment).ceil()
        }
    }
}

#[cfg(test)]
mod tests;
