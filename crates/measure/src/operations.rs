//! What one image takes: operations and memory traffic, counted from the compiled model.
//!
//! The counts are those of the *model*, shown one image at a time, whoever runs it: an executor that skips zeros, shares a
//! weight among a batch or hoists a common factor does fewer, one that pads does more. They are exact given the spikes.
//!
//! | what | how often for one image |
//! |---|---|
//! | multiply-accumulate | each weight of a link that carries values, once a frame |
//! | accumulate | each spike, once for each weight that leaves the neuron it comes from |
//! | neuron operations | each launch of a tick, `value` each frame, `prepare` and `initial` once, for each neuron and each of its places; and one addition a frame for a bias |
//! | tree | what the solution takes, each tick, for each neuron: see [`Flops::of_solution`] |
//! | words | see [`Traffic`] |

use homolog_ir::{Binary, Kernel, Op, Unary};
use homolog_model::model::Tree;
use homolog_model::{Action, Clock, Group, Launch, Link, Model, Wires};
use serde::{Deserialize, Serialize};

/// What a network does while one image is shown, as recorded on average over a test part.
#[derive(Clone, PartialEq, Debug)]
pub struct Activity {
    /// Frames of one image (1 for a still picture).
    pub frames: usize,
    /// For every group of the model, spikes of each of its neurons; empty for a group that does not spike.
    pub spikes: Vec<Vec<f64>>,
}

impl Activity {
    /// From spikes of each neuron in those groups that spike, by index of the group.
    pub fn new<'a>(model: &Model, frames: usize, spikes: impl IntoIterator<Item = (usize, &'a [f64])>) -> Self {
        let mut all = vec![Vec::new(); model.groups.len()];
        for (group, per_neuron) in spikes {
            all[group] = per_neuron.to_vec();
        }
        Activity { frames, spikes: all }
    }

    /// When only the spikes of whole groups are known (one number per group of the model): spread evenly over the neurons, so
    /// that a sparse link counts its mean fan-out.
    pub fn even(model: &Model, frames: usize, spikes: &[f64]) -> Self {
        let spread = |(g, &s): (&Group, &f64)| if g.spikes { vec![s / g.size as f64; g.size] } else { Vec::new() };
        Activity { frames, spikes: model.groups.iter().zip(spikes).map(spread).collect() }
    }

    /// Spikes of all groups.
    pub fn total_spikes(&self) -> f64 {
        // Not `sum`, which gives -0 where there is nothing to add.
        self.spikes.iter().flatten().fold(0.0, |all, s| all + s)
    }
}

/// Arithmetic by what it costs in hardware. A fused multiply-add is one addition and one multiplication.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Flops {
    /// Additions and what costs about as much: subtraction, comparison, selection, smaller, larger, floor, logic.
    pub add: f64,
    /// Multiplications.
    pub multiply: f64,
    /// Divisions and square roots.
    pub divide: f64,
    /// Elementary functions: exp, ln, sin, cos, tanh, powers and their kin.
    pub elementary: f64,
}

impl Flops {
    /// Those of one lane of a kernel. Their sum is [`Kernel::flops`].
    pub fn of(kernel: &Kernel) -> Self {
        let mut out = Flops::default();
        for op in &kernel.body {
            match op {
                Op::Input(_) | Op::Const(_) => {}
                Op::Fma(..) => {
                    out.add += 1.0;
                    out.multiply += 1.0;
                }
                Op::Binary(Binary::Mul, ..) => out.multiply += 1.0,
                Op::Binary(Binary::Div, ..) | Op::Unary(Unary::Sqrt, _) => out.divide += 1.0,
                Op::Binary(Binary::Pow, ..)
                | Op::Unary(Unary::Exp | Unary::Expm1 | Unary::Ln | Unary::Sin | Unary::Cos | Unary::Tanh | Unary::Exprelr, _) => {
                    out.elementary += 1.0
                }
                Op::Unary(Unary::Neg | Unary::Abs | Unary::Floor, _)
                | Op::Binary(Binary::Add | Binary::Sub | Binary::Min | Binary::Max, ..)
                | Op::Compare(..)
                | Op::Logic(..)
                | Op::Not(_)
                | Op::Select(..)
                | Op::Spike(..) => out.add += 1.0,
            }
        }
        out
    }

    /// Those of one solution of a tree of `n` nodes, `m` of them with a membrane and `e` of them hanging on another: `m` diagonals
    /// take the membrane's part; every node is divided by once; every edge takes a product and two multiply-adds on the way to the
    /// root, and a multiply-add on the way back, where every node takes a product; and where the middle of the step is solved for,
    /// every potential takes one more multiply-add and a sign. What depends on couplings alone is the same in every tick, and not
    /// counted.
    pub fn of_solution(tree: &Tree) -> Self {
        let (n, m) = (tree.parent.len() as f64, tree.membrane as f64);
        let e = edges(tree);
        let further = if tree.extrapolate { n } else { 0.0 };
        Flops { add: m + 3.0 * e + 2.0 * further, multiply: 4.0 * e + n + further, divide: n, elementary: 0.0 }
    }

    /// All of them.
    pub fn total(&self) -> f64 {
        self.add + self.multiply + self.divide + self.elementary
    }

    /// Adds so many times those of something else.
    pub fn add_times(&mut self, other: Flops, times: f64) {
        self.add += other.add * times;
        self.multiply += other.multiply * times;
        self.divide += other.divide * times;
        self.elementary += other.elementary * times;
    }
}

/// What words of memory hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Weights, biases, learned parameters, numbers of the geometry, and the column numbers of weights that are not dense. They
    /// stay from image to image.
    Weights,
    /// State variables, drives, arrivals, values and spikes. They change.
    State,
}

/// Words moved between memory and arithmetic for one image, of one kind.
///
/// *Weights*: each weight of a value link once a frame; each weight that a spike crosses once; for sparse wiring its column
/// number as well, and for neurons with several places the number of its sender and its own; a bias once a frame; a learned
/// parameter, and a number of the geometry, whenever a kernel that reads it runs; couplings of a tree each tick. *State*: what
/// a kernel reads and writes, counted by its ports; for a value link the values it reads and the drives it adds to, once a
/// frame; for a spike link each arrival that it adds to is read and written; for a tree its equations are read, the potentials
/// written (and read, where the middle of the step is solved for), and two numbers a node written on the way to the root and
/// read on the way back.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Traffic {
    /// What the words hold.
    pub kind: Kind,
    /// Words read and written for one image.
    pub words: f64,
    /// Words that there are of this kind in the whole network: decides which memory they fit in.
    pub resident: f64,
}

/// What one image takes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Operations {
    /// Multiply-accumulates of links that carry values.
    pub multiply_accumulates: f64,
    /// Accumulates of links that carry spikes.
    pub accumulates: f64,
    /// Arithmetic of the neurons themselves.
    pub neurons: Flops,
    /// Spikes of all groups.
    pub spikes: f64,
    /// Memory words.
    pub traffic: Vec<Traffic>,
}

impl Operations {
    /// All floating-point operations: a multiply-accumulate counts two.
    pub fn total(&self) -> f64 {
        2.0 * self.multiply_accumulates + self.accumulates + self.neurons.total()
    }

    /// Synaptic operations: each weight used counts one, whatever it takes.
    pub fn synaptic(&self) -> f64 {
        self.multiply_accumulates + self.accumulates
    }

    /// Words of a kind moved for one image.
    pub fn words(&self, kind: Kind) -> f64 {
        self.traffic.iter().filter(|t| t.kind == kind).fold(0.0, |all, t| all + t.words)
    }
}

/// Counts what one image takes.
///
/// # Panics
/// When the activity is not of this model: a group without an entry, or one that spikes without a number for each neuron.
pub fn operations(model: &Model, activity: &Activity) -> Operations {
    let frames = activity.frames as f64;
    for (group, spikes) in model.groups.iter().zip(&activity.spikes) {
        assert!(!group.spikes || spikes.len() == group.size, "`{}` spikes, so its activity needs a number for each neuron", group.name);
    }
    let mut out = Operations {
        multiply_accumulates: 0.0,
        accumulates: 0.0,
        neurons: Flops::default(),
        spikes: activity.total_spikes(),
        traffic: Vec::new(),
    };
    let mut weights = Traffic { kind: Kind::Weights, words: 0.0, resident: 0.0 };
    let mut state = Traffic { kind: Kind::State, words: 0.0, resident: 0.0 };
    for link in &model.links {
        let (from, to) = (&model.groups[link.from], &model.groups[link.to]);
        let count = weight_count(model, link);
        let (numbers, words) = index(link);
        weights.resident += count + numbers;
        if link.target.spikes() {
            let crossed: f64 = activity.spikes[link.from].iter().zip(fan_out(model, link)).map(|(s, n)| s * n).sum();
            out.accumulates += crossed;
            weights.words += crossed * words;
            state.words += 2.0 * crossed;
        } else {
            let drives = if link.target.by_sign() { to.signed.iter().map(|o| o.sites).sum() } else { to.kinds() };
            out.multiply_accumulates += count * frames;
            weights.words += count * words * frames;
            state.words += (from.size + 2 * to.copies() * drives) as f64 * frames;
        }
    }
    for s in &model.streams {
        let crossed: f64 = activity.spikes[s.from].iter().enumerate().map(|(n, x)| x * s.events.out_degree(n) as f64).sum();
        out.accumulates += crossed;
        // Two bytes and what else a connection has are less than a word; a word is what this table counts.
        weights.resident += (s.events.bytes() as f64 / 8.0).ceil();
        weights.words += crossed;
        state.words += 2.0 * crossed;
    }
    for group in &model.groups {
        let (size, copies) = (group.size as f64, group.copies() as f64);
        weights.resident += stays(group);
        state.resident += changes(group);
        if group.bias.is_some() {
            out.neurons.add += size * frames;
            weights.words += size * frames;
        }
        for (kernel, runs) in runs(model, group, frames) {
            out.neurons.add_times(Flops::of(kernel), runs * copies);
            let ports = kernel.inputs.iter().chain(kernel.outputs.iter().map(|(p, _)| p));
            let (kept, all) = ports.fold((0, 0), |(kept, all), p| (kept + usize::from(is_kept(group, &p.name)), all + 1));
            weights.words += kept as f64 * runs * copies;
            state.words += (all - kept) as f64 * runs * copies;
        }
        let solved = |a: &Action| match a {
            Action::Launch(_) => None,
            Action::Solve => group.tree.as_ref(),
            Action::Diffuse(k) => Some(&group.diffusion[*k].tree),
        };
        for tree in group.tick.iter().filter_map(solved) {
            let solutions = model.ticks as f64 * frames * copies;
            out.neurons.add_times(Flops::of_solution(tree), solutions);
            let n = tree.parent.len() as f64;
            let potentials = if tree.extrapolate { 2.0 * n } else { n };
            weights.words += edges(tree) * solutions;
            state.words += (2.0 * tree.membrane as f64 + 4.0 * n + potentials) * solutions;
        }
    }
    out.traffic = vec![weights, state];
    out
}

/// The trees of a group.
fn trees(group: &Group) -> impl Iterator<Item = &Tree> {
    group.tree.iter().chain(group.diffusion.iter().map(|d| &d.tree))
}

/// Nodes of a tree that hang on another.
fn edges(tree: &Tree) -> f64 {
    tree.parent.iter().filter(|p| p.is_some()).count() as f64
}

/// Whether a port holds what stays from image to image.
fn is_kept(group: &Group, port: &str) -> bool {
    let port = port.strip_prefix("parent.").unwrap_or(port);
    group.learned.iter().any(|l| l.name == port) || group.fixed.iter().any(|f| f.name == port)
}

/// Words of a group that stay from image to image, weights apart. What is given is alike in all its neurons, and there once.
fn stays(group: &Group) -> f64 {
    let size = group.size as f64;
    let learned: u32 = group.learned.iter().map(|l| l.part.iter().max().map_or(0, |part| part + 1)).sum();
    let fixed: f64 = group.fixed.iter().map(|f| f.sites as f64 * if f.values.is_some() { 1.0 } else { group.copies() as f64 }).sum();
    let couplings: f64 = trees(group).filter(|t| t.couplings.is_some()).map(edges).sum();
    size * (f64::from(learned) + f64::from(u8::from(group.bias.is_some()))) + fixed + couplings
}

/// Words of a group that change: of its neurons all that evolves, arrives, is made on the way, or leaves.
fn changes(group: &Group) -> f64 {
    let drives = usize::from(group.driven && group.clock != Clock::Input) * group.kinds();
    let arrive: usize = group.arrivals.iter().chain(&group.signed).map(|o| o.sites).sum();
    let work: usize = group.work.iter().map(|w| w.sites).sum();
    // On the way to the root every node keeps its pivot and its right-hand side.
    let solution: usize = trees(group).map(|t| 2 * t.parent.len()).sum();
    let leaves = (1 + usize::from(group.spikes)) * group.kinds();
    group.copies() as f64 * (group.state_size() + arrive + drives + work + solution + leaves) as f64
}

/// The kernels of a group and how often each neuron (one of each kind) runs them for one image, all its places together.
fn runs<'a>(model: &Model, group: &'a Group, frames: f64) -> Vec<(&'a Kernel, f64)> {
    let value = (&group.value, frames * group.kinds() as f64);
    match group.clock {
        Clock::Input => Vec::new(),
        Clock::Frame => vec![value],
        Clock::Tick => {
            let at_places = |l: &'a Launch, times: f64| (&l.kernel, l.sites as f64 * times);
            let once = group.prepare.iter().chain(&group.initial).map(|l| at_places(l, 1.0));
            once.chain(group.launches().map(|l| at_places(l, model.ticks as f64 * frames))).chain([value]).collect()
        }
    }
}

/// How many numbers say where the weights of a link go, and how many words are read to use one of them, itself included.
fn index(link: &Link) -> (f64, f64) {
    match (&link.places, &link.wires) {
        // Each entry names its sender and its weight, for either sign that this may have.
        (Some(rows), _) => (2.0 * rows.iter().map(|r| r.column.len() as f64).sum::<f64>(), 3.0),
        (None, Wires::Sparse { column, .. }) => (column.len() as f64, 2.0),
        (None, Wires::Dense | Wires::OneToOne) => (0.0, 1.0),
    }
}

/// How many weights a link has.
pub fn weight_count(model: &Model, link: &Link) -> f64 {
    match &link.wires {
        Wires::Dense => model.groups[link.from].size as f64 * model.groups[link.to].size as f64,
        Wires::OneToOne => model.groups[link.to].size as f64,
        Wires::Sparse { column, .. } => column.len() as f64,
    }
}

/// How many weights of a link leave each neuron.
fn fan_out(model: &Model, link: &Link) -> Vec<f64> {
    let (senders, receivers) = (model.groups[link.from].size, model.groups[link.to].size);
    match &link.wires {
        Wires::Dense => vec![receivers as f64; senders],
        Wires::OneToOne => (0..senders).map(|n| f64::from(u8::from(n < receivers))).collect(),
        Wires::Sparse { column, .. } => {
            let mut out = vec![0.0; senders];
            column.iter().for_each(|&c| out[c as usize] += 1.0);
            out
        }
    }
}

#[cfg(test)]
mod tests;
