//! The compiled structure. It never changes; everything in it is indices, kernels and sizes.
//!
//! The levels of detail are gone here: a group is columns, kernels and a signal. A group without ticks (a rate unit) is
//! evaluated once a frame; one with ticks steps its state; both give a value per frame, and those that spike give
//! spikes per tick.

use crate::calibration::Calibration;
use homolog_base::{Hash, Unit};
use homolog_ir::Kernel;

/// When a group is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// Never: it is set from outside, once a frame.
    Input,
    /// Once a frame.
    Frame,
    /// Every tick.
    Tick,
}

/// A state variable of a group.
#[derive(Clone, PartialEq, Debug)]
pub struct Variable {
    /// Name: `v`, `positive.g`, `count`.
    pub name: String,
    /// Unit.
    pub unit: Unit,
    /// Whether it starts again at zero with every frame (counters of the readout).
    pub per_frame: bool,
    /// Whether the backward pass reads its value, so that the tape must hold it.
    pub taped: bool,
}

/// Names of the ports through which a group hears others.
pub mod port {
    /// Weighted sum of values and bias, dimensionless.
    pub const DRIVE: &str = "drive";
    /// Weighted sum of spikes that arrive now at the neuron itself.
    pub const ARRIVE: &str = "arrive";
    /// ... with positive weight, at the receptor for those.
    pub const POSITIVE: &str = "arrive.positive";
    /// ... with negative weight (given without its sign).
    pub const NEGATIVE: &str = "arrive.negative";
    /// 1 after the settling time, 0 before.
    pub const OPEN: &str = "open";
    /// Whether the neuron spikes in this tick, 0 or 1.
    pub const SPIKE: &str = "spike";
    /// The value of the group.
    pub const VALUE: &str = "value";

    /// Name of a port of tick `j` of a burst.
    pub fn of_tick(name: &str, j: usize) -> String {
        format!("{name}@{j}")
    }
}

/// Neurons that are computed together.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// Name of the population.
    pub name: String,
    /// Name of the mechanism, or `input`.
    pub neuron: String,
    /// Neurons.
    pub size: usize,
    /// When it is computed.
    pub clock: Clock,
    /// Its state variables. Empty without ticks.
    pub variables: Vec<Variable>,
    /// Inputs: learned parameters. Outputs: all variables, in order.
    pub initial: Kernel,
    /// One tick. Inputs: variables, arrivals, drive, learned parameters. Outputs: all variables in order, then `spike` if it spikes.
    pub step: Kernel,
    /// Vector-Jacobian product of `step`: outputs are cotangents of the variables in order, of the arrivals, and,
    /// accumulated, of the drive and the learned parameters.
    pub step_vjp: Kernel,
    /// Several ticks as one kernel, where nothing else happens in between.
    pub burst: Option<Burst>,
    /// The value of a frame. Inputs: variables at its end (with ticks) or the drive (without), learned parameters. Output: `value`.
    pub value: Kernel,
    /// Vector-Jacobian product of `value` with respect to all its inputs.
    pub value_vjp: Kernel,
    /// Vector-Jacobian product of `initial` with respect to the learned parameters.
    pub initial_vjp: Kernel,
    /// Whether it spikes.
    pub spikes: bool,
    /// Names of the arrival ports that `step` reads, in order.
    pub arrivals: Vec<String>,
    /// Whether anything drives it (`step` or `value` reads the drive).
    pub driven: bool,
    /// Index in [`crate::Params`] of its bias.
    pub bias: Option<usize>,
    /// Learned parameters: port name (that of the mechanism's parameter) and index in [`crate::Params`].
    pub learned: Vec<(String, usize)>,
    /// Ticks of a frame before the readout opens.
    pub settle: usize,
    /// Mean square of the value under a drive of unit variance: what initial weights are scaled by.
    pub mean_square: f64,
    /// What calibration found and did.
    pub calibration: Option<Calibration>,
}

/// Several ticks of a group as one kernel: what is the same in all of them is computed once, and variables in between never
/// leave the registers. Each tick has the bits that it has alone.
#[derive(Clone, PartialEq, Debug)]
pub struct Burst {
    /// How many ticks.
    pub ticks: usize,
    /// As [`Group::step`], with ports of tick `j` (arrivals, `spike`) named as [`port::of_tick`] says; variables before the first and
    /// after the last.
    pub step: Kernel,
    /// Its vector-Jacobian product, as [`Group::step_vjp`].
    pub step_vjp: Kernel,
}

/// Where a link arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Values: the drive, once a frame.
    Drive,
    /// Spikes: the neuron's own arrival port, signed.
    Own,
    /// Spikes: by sign of the weight, at the positive and the negative receptor.
    BySign,
}

/// Which weights there are.
#[derive(Clone, PartialEq, Debug)]
pub enum Wires {
    /// All: a matrix of receiving rows and sending columns.
    Dense,
    /// A weight for each receiving neuron, from the neuron of the same number.
    OneToOne,
    /// Compressed sparse rows: the weights of receiving neuron `r` are `start[r]..start[r + 1]`, from `column[k]`.
    Sparse {
        /// Where each row starts.
        start: Vec<u32>,
        /// Sending neuron of each weight.
        column: Vec<u32>,
    },
}

/// A projection.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// Name: `image->hidden`.
    pub name: String,
    /// Sending group.
    pub from: usize,
    /// Receiving group.
    pub to: usize,
    /// Where it arrives.
    pub target: Target,
    /// Which weights there are.
    pub wires: Wires,
    /// Index of the weights in [`crate::Params`].
    pub weights: usize,
    /// Delay: ticks for spikes, frames for values.
    pub delay: usize,
}

/// What is computed together within a frame, in order.
#[derive(Clone, PartialEq, Debug)]
pub enum Phase {
    /// One group without ticks.
    Value(usize),
    /// Groups with ticks, in stages: a stage is one group, or several that excite one another and so advance tick by
    /// tick together, each after those it hears without delay.
    Ticks(Vec<Vec<usize>>),
}

/// The compiled structure.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// Title of the network.
    pub title: String,
    /// Hash of the structure: description, mechanisms, seed of the wiring.
    pub hash: Hash,
    /// Time step, ms.
    pub dt: f64,
    /// Ticks of one frame.
    pub ticks: usize,
    /// The groups, in the order of the populations.
    pub groups: Vec<Group>,
    /// The links, in the order of the projections.
    pub links: Vec<Link>,
    /// The order of a frame.
    pub phases: Vec<Phase>,
}

impl Model {
    /// Index of the group of this name.
    pub fn group(&self, name: &str) -> Option<usize> {
        self.groups.iter().position(|g| g.name == name)
    }

    /// The longest delay, in ticks, of spikes that leave this group.
    pub fn spike_history(&self, group: usize) -> usize {
        self.links.iter().filter(|l| l.from == group && l.target != Target::Drive).map(|l| l.delay).max().unwrap_or(0)
    }

    /// The longest delay, in frames, of values that leave this group.
    pub fn value_history(&self, group: usize) -> usize {
        self.links.iter().filter(|l| l.from == group && l.target == Target::Drive).map(|l| l.delay).max().unwrap_or(0)
    }
}
