//! The compiled structure. It never changes; everything in it is indices, kernels and sizes.
//!
//! The levels of detail are gone here: a group is columns, kernels and a signal. A group without ticks (a rate unit) is
//! evaluated once a frame; one with ticks steps its state; both give a value per frame, and those that spike give
//! spikes per tick.

use crate::calibration::Calibration;
use crate::events::{Events, Whole};
use crate::extracellular::Piece;
use crate::network::Precision;
use crate::plasticity::{Heard, Plasticity};
use homolog_base::{Hash, Key, Unit};
use homolog_ir::Kernel;
use std::ops::Range;

/// When a group is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Clock {
    /// Never: it is set from outside, once a frame.
    Input,
    /// Once a frame.
    #[default]
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
    /// How many places of a neuron have one: 1, or one for each compartment that it lives in.
    pub sites: usize,
}

/// A column that is no state: filled from outside of the group in every tick (arrivals) or frame (drives by sign), or made and used up
/// within a tick (work).
#[derive(Clone, PartialEq, Debug)]
pub struct Opening {
    /// Name of the port.
    pub name: String,
    /// How many places of a neuron have one.
    pub sites: usize,
}

/// Numbers that stay the same through a run.
#[derive(Clone, PartialEq, Debug)]
pub struct Fixed {
    /// Name of the port.
    pub name: String,
    /// How many places of a neuron have one.
    pub sites: usize,
    /// One for each place; none when [`Group::prepare`] computes them from learned parameters.
    pub values: Option<Vec<f64>>,
}

/// A parameter that is learned.
#[derive(Clone, PartialEq, Debug)]
pub struct Learned {
    /// Name of the port.
    pub name: String,
    /// Index in [`crate::Params`]; its shape is neurons x parts.
    pub tensor: usize,
    /// For every place that reads it: which part of its neuron it belongs to.
    pub part: Vec<u32>,
    /// For every place: the kind of neuron that it is a place of; empty where there is one kind.
    pub kind: Vec<u32>,
}

/// A kernel that runs at several consecutive places of every neuron.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Launch {
    /// The kernel.
    pub kernel: Kernel,
    /// Its vector-Jacobian product; empty where there is nothing to pull back.
    pub vjp: Kernel,
    /// How many places.
    pub sites: usize,
    /// For ports whose columns do not begin at the first of these places: at which of their own places they begin.
    pub first: Vec<(String, usize)>,
}

impl Launch {
    /// A kernel at the only place of every neuron.
    pub fn single(kernel: Kernel, vjp: Kernel) -> Launch {
        Launch { kernel, vjp, sites: 1, first: vec![] }
    }

    /// The place of a port's column at which this launch begins.
    pub fn first(&self, port: &str) -> usize {
        self.first.iter().find(|(n, _)| n == port).map_or(0, |(_, k)| *k)
    }
}

/// One of the things that are done in a tick.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// A kernel runs.
    Launch(Box<Launch>),
    /// The potentials of all compartments advance together: see [`Tree`].
    Solve,
    /// What diffuses along branches moves on in all compartments together: the index of a [`Diffusion`].
    Diffuse(usize),
}

/// A state that diffuses along branches. In a tick its numbers become the solution of its tree, whose equations are in the columns
/// [`port::diagonal`] and [`port::right`] of its name.
#[derive(Clone, PartialEq, Debug)]
pub struct Diffusion {
    /// Name of its variable.
    pub name: String,
    /// Places of the variable, then junctions. Couplings are in um3/ms; where there are none, [`Group::prepare`] computes [`port::coupling`].
    pub tree: Tree,
    /// Whether the backward pass reads the solution.
    pub taped: bool,
}

/// Compartments that are coupled. In a tick the potentials `v` of all nodes become the solution of
/// `(d_i + sum of g) v_i - sum of g_j v_j = b_i`, where the columns [`port::DIAGONAL`] and [`port::RIGHT`] hold `d` and `b`; with
/// [`Group::change`] `b` is without `d v`, and the solution is the change of the potentials.
#[derive(Clone, PartialEq, Debug)]
pub struct Tree {
    /// For every node (compartments, then junctions): the node it hangs on.
    pub parent: Vec<Option<u32>>,
    /// How many nodes have a membrane; the others are junctions.
    pub membrane: usize,
    /// For every node: the conductance to the node it hangs on, uS. None when [`Group::prepare`] computes [`port::COUPLING`].
    pub couplings: Option<Vec<f64>>,
    /// Whether the solution is that of the middle of the step, from which the end follows (Crank-Nicolson).
    pub extrapolate: bool,
    /// Index of the variable that holds the potentials.
    pub potential: usize,
}

/// Where in a cell the places of a group are.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Anatomy {
    /// For every compartment, in the order of the column of potentials: name of its branch, which of the branch, and how many that has.
    pub compartments: Vec<(String, usize, usize)>,
    /// For every variable of the group: the compartments that have it; empty where there is one per neuron.
    pub of_variable: Vec<Vec<u32>>,
    /// The compartment whose crossing is a spike; one for each kind of neuron.
    pub spike_at: Vec<usize>,
    /// For every compartment: the kind of neuron that it is of; empty where there is one kind.
    pub kind: Vec<u32>,
    /// Side area of every compartment, um2.
    pub areas: Vec<f64>,
    /// Places of the columns of receptors for positive and for negative weights, of each kind of neuron, in the order of its branches.
    pub receives: [Vec<Vec<u32>>; 2],
    /// For every place of the columns of receptors for positive and for negative weights: its compartment.
    pub receptors: [Vec<u32>; 2],
    /// For every compartment where in space its membrane is, none where its file does not say; empty where nothing asks for it.
    pub pieces: Vec<Option<Vec<Piece>>>,
}

impl Anatomy {
    /// The compartment of a kind of neuron that holds a place on a branch, from 0 at its beginning to 1.
    pub fn at(&self, kind: usize, branch: &str, position: f64) -> Option<usize> {
        let holds = |(c, (b, k, n)): (usize, &(String, usize, usize))| {
            self.kind_of(c) == kind && b == branch && *k == ((position * *n as f64) as usize).min(*n - 1)
        };
        (0..self.compartments.len()).find(|c| holds((*c, &self.compartments[*c])))
    }

    /// The place of a variable in its column at a compartment, or for the whole neuron where it has one; none where it is not there.
    pub fn place(&self, group: &Group, variable: usize, compartment: usize) -> Option<usize> {
        let there = &self.of_variable[variable];
        if group.tree.as_ref().is_some_and(|t| t.potential == variable) {
            return Some(compartment);
        }
        if there.is_empty() {
            return Some(self.kind_of(compartment));
        }
        there.iter().position(|c| *c as usize == compartment)
    }

    /// The kind of neuron that a compartment is of.
    pub fn kind_of(&self, compartment: usize) -> usize {
        self.kind.get(compartment).map_or(0, |k| *k as usize)
    }

    /// The compartments of a kind of neuron.
    pub fn of_kind(&self, kind: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.compartments.len()).filter(move |c| self.kind_of(*c) == kind)
    }
}

/// Names of the ports through which a group hears others.
pub mod port {
    use homolog_ir::mechanism::is_draw;

    /// Weighted sum of values and bias, dimensionless.
    pub const DRIVE: &str = "drive";
    /// Weighted sum of spikes that arrive now at the neuron itself.
    pub const ARRIVE: &str = "arrive";
    /// ... with positive weight, at the receptor for those.
    pub const POSITIVE: &str = "arrive.positive";
    /// ... with negative weight (given without its sign).
    pub const NEGATIVE: &str = "arrive.negative";
    /// What is injected into a point neuron in this tick, in the unit of its drive.
    pub const INJECTED: &str = "injected";
    /// 1 after the settling time, 0 before.
    pub const OPEN: &str = "open";
    /// When this tick begins, ms: one number for all places.
    pub const TIME: &str = "t";
    /// Whether the neuron spikes in this tick, 0 or 1; of a group that is interpolated, 1 and the part of the tick that has passed before it does.
    pub const SPIKE: &str = "spike";
    /// The value of the group.
    pub const VALUE: &str = "value";
    /// Weighted values at the receptors for positive weights, once a frame.
    pub const DRIVE_POSITIVE: &str = "drive.positive";
    /// ... for negative weights.
    pub const DRIVE_NEGATIVE: &str = "drive.negative";
    /// What stands on the diagonal of the tree's equations beside couplings, uS.
    pub const DIAGONAL: &str = "membrane.d";
    /// The right-hand side of the tree's equations, nA.
    pub const RIGHT: &str = "membrane.b";
    /// Conductances between nodes, uS.
    pub const COUPLING: &str = "coupling";
    /// Of a contact: the potential of its own side, mV.
    pub const OWN: &str = "contact.own";
    /// ... and that of the other side.
    pub const OTHER: &str = "contact.other";

    /// Whether a port of a neuron is filled from outside of the network in every tick, and not by spikes: with random numbers, or what is injected.
    pub fn from_outside(name: &str) -> bool {
        name == INJECTED || is_draw(name)
    }

    /// Of what diffuses: what stands on the diagonal of its equations beside couplings, um3/ms.
    pub fn diagonal(name: &str) -> String {
        format!("diagonal:{name}")
    }

    /// ... their right-hand side, um3/ms times the unit of the state.
    pub fn right(name: &str) -> String {
        format!("right:{name}")
    }

    /// ... what couples its nodes, um3/ms.
    pub fn coupling(name: &str) -> String {
        format!("coupling:{name}")
    }

    /// ... the volume of a place over the time step, um3/ms.
    pub fn inertia(name: &str) -> String {
        format!("inertia:{name}")
    }

    /// ... what half of a place lets through, um3/ms.
    pub fn half(name: &str) -> String {
        format!("half:{name}")
    }

    /// ... what it was before its solution in a tick, where volumes are learned.
    pub fn kept(name: &str) -> String {
        format!("before:{name}")
    }

    /// Name of a variable as it is after the tree's solution, in the same tick.
    pub fn next(name: &str) -> String {
        format!("next.{name}")
    }

    /// Name of a port of tick `j` of a burst.
    pub fn of_tick(name: &str, j: usize) -> String {
        format!("{name}@{j}")
    }
}

/// A spike of a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Spike {
    /// Tick since the beginning.
    pub tick: i64,
    /// The neuron, or its number in `size x batch`.
    pub neuron: u32,
    /// When within the tick, in [`Spike::PARTS`] of it; 0 where spikes are on the grid.
    pub within: u16,
}

impl Spike {
    /// Parts of a tick by which times of spikes are told apart where these are interpolated. What arrives is counted in them, so that no order of
    /// spikes shows; they are as fine as lets half a million arrive by one projection at one neuron in one tick.
    pub const PARTS: u32 = 4096;

    /// The part of a tick that is nearest to a share of it, from 0 to 1.
    pub fn within(share: f64) -> u16 {
        // A conversion truncates, and stays within bounds.
        ((share * f64::from(Spike::PARTS) + 0.5) as u32).min(Spike::PARTS - 1) as u16
    }

    /// A spike at a time, in ticks.
    pub fn at(ticks: f64, neuron: u32) -> Spike {
        // What a rounding error is before a tick is in it.
        let tick = (ticks + 1e-6).floor();
        Spike { tick: tick as i64, neuron, within: Spike::within(ticks - tick) }
    }

    /// Whether it is nearer to the end of its tick than to its beginning.
    pub fn is_late(&self) -> bool {
        2 * u32::from(self.within) >= Spike::PARTS
    }

    /// When it is, in ticks: where its tick begins, and what has passed of it.
    pub fn time(&self) -> f64 {
        self.tick as f64 + self.passed()
    }

    /// How much of its tick has passed before it, from 0 to below 1.
    pub fn passed(&self) -> f64 {
        f64::from(self.within) / f64::from(Spike::PARTS)
    }
}

/// Neurons that are computed together.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Group {
    /// Name of the population.
    pub name: String,
    /// Name of the mechanism, or `input`.
    pub neuron: String,
    /// Neurons.
    pub size: usize,
    /// Of several processes that run the model together: the copies whose columns this one computes. None where each computes all.
    pub here: Option<Range<usize>>,
    /// Kinds of neurons with places of their own, equally many of each, one kind after the other; 0 or 1 where all are alike. A column has
    /// a number for each place and *copy*, that is neuron of the kind; what every neuron has one of has a place for each kind.
    pub kinds: usize,
    /// Whether the equations of its tree are for the change of the potentials, in which 32-bit numbers lose no digits of these.
    pub change: bool,
    /// When it is computed.
    pub clock: Clock,
    /// Its state variables. Empty without ticks.
    pub variables: Vec<Variable>,
    /// Columns within a tick.
    pub work: Vec<Opening>,
    /// Columns that stay the same through a run.
    pub fixed: Vec<Fixed>,
    /// Inputs: learned parameters, fixed columns. Outputs: those fixed columns that have no values.
    pub prepare: Vec<Launch>,
    /// Inputs: learned parameters. Outputs: all variables.
    pub initial: Vec<Launch>,
    /// One tick, in order. Inputs: variables, arrivals, drives, learned parameters, work. Outputs: variables, work, and `spike`. The
    /// vector-Jacobian products run in reverse order.
    pub tick: Vec<Action>,
    /// Several ticks as one kernel, where nothing else happens in between.
    pub burst: Option<Burst>,
    /// The value of a frame. Inputs: variables at its end (with ticks) or the drive (without), learned parameters. Output: `value`.
    pub value: Kernel,
    /// Vector-Jacobian product of `value` with respect to all its inputs.
    pub value_vjp: Kernel,
    /// Couplings of its compartments, if it has some.
    pub tree: Option<Tree>,
    /// What diffuses along branches.
    pub diffusion: Vec<Diffusion>,
    /// Where its places are, if it is made of cells.
    pub anatomy: Option<Anatomy>,
    /// Whether it spikes.
    pub spikes: bool,
    /// Whether its spikes have a time within their tick. Then [`port::SPIKE`] is 1 and the part of the tick that has passed.
    pub interpolated: bool,
    /// Whether an event at its own port may change at once whether it spikes.
    pub jumps: bool,
    /// Spikes that are given, and not made by ticks, in their order.
    pub given: Vec<Spike>,
    /// Spikes that are drawn, and not made by ticks.
    pub sources: Option<Sources>,
    /// The ports at which spikes arrive.
    pub arrivals: Vec<Opening>,
    /// For each port at which spikes arrive, and for the drive: what a weight of 1 is, and in which unit.
    pub event_sizes: Vec<(String, f64, Unit)>,
    /// Numbers that variables start with in each neuron, instead of those of [`Group::initial`]: index of the variable, `size` numbers.
    pub starts: Vec<(usize, Vec<f64>)>,
    /// Spikes from outside that are drawn.
    pub noise: Vec<Noise>,
    /// Random numbers of its equations, uniform between 0 and 1: the port among [`Group::arrivals`], where a new one stands in every tick
    /// for every neuron, and what draws it.
    pub draws: Vec<(usize, Key)>,
    /// What is injected into its neurons, where they have one place: the sum stands at [`port::INJECTED`], one of [`Group::arrivals`].
    pub injected: Vec<Injection>,
    /// The ports at which values arrive by sign of their weights: positive, negative; or none.
    pub signed: Vec<Opening>,
    /// Whether anything drives it (`step` or `value` reads the drive).
    pub driven: bool,
    /// Index in [`crate::Params`] of its bias.
    pub bias: Option<usize>,
    /// Learned parameters.
    pub learned: Vec<Learned>,
    /// Ticks of a frame before the readout opens.
    pub settle: usize,
    /// Mean square of the value under a drive of unit variance: what initial weights are scaled by.
    pub mean_square: f64,
    /// What calibration found and did.
    pub calibration: Option<Calibration>,
}

impl Group {
    /// The launches of a tick.
    pub fn launches(&self) -> impl Iterator<Item = &Launch> {
        self.tick.iter().filter_map(|a| match a {
            Action::Launch(l) => Some(&**l),
            Action::Solve | Action::Diffuse(_) => None,
        })
    }

    /// Whether its spikes are given or drawn.
    pub fn is_given(&self) -> bool {
        self.clock == Clock::Tick && self.tick.is_empty()
    }

    /// Neurons of each kind.
    pub fn copies(&self) -> usize {
        self.size / self.kinds()
    }

    /// The copies that one of so many processes computes, of a group that is divided.
    pub fn part(&self, rank: usize, ranks: usize) -> Range<usize> {
        rank * self.copies() / ranks..(rank + 1) * self.copies() / ranks
    }

    /// The copies that this process computes.
    pub fn here(&self) -> Range<usize> {
        self.here.clone().unwrap_or(0..self.copies())
    }

    /// Neurons that this process computes.
    pub fn computed(&self) -> usize {
        self.here().len() * self.kinds()
    }

    /// The number, among all neurons, of the one that has number `k` among those that this process computes.
    pub fn neuron(&self, k: usize) -> usize {
        let here = self.here();
        k / here.len() * self.copies() + here.start + k % here.len()
    }

    /// The number that a neuron has among those that this process computes, if it does.
    pub fn computed_as(&self, neuron: usize) -> Option<usize> {
        let (here, copy) = (self.here(), neuron % self.copies());
        here.contains(&copy).then(|| neuron / self.copies() * here.len() + copy - here.start)
    }

    /// Kinds of neurons, at least 1.
    pub fn kinds(&self) -> usize {
        self.kinds.max(1)
    }

    /// Numbers of state of one neuron of each kind.
    pub fn state_size(&self) -> usize {
        self.variables.iter().map(|v| v.sites).sum()
    }
}

/// The equations of a group of cells as they stand, before any step: what an adaptive method solves. Columns are those of the group.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Equations {
    /// Columns that stay the same.
    pub fixed: Vec<Fixed>,
    /// As [`Group::prepare`].
    pub prepare: Vec<Launch>,
    /// As [`Group::initial`], with all variables at time 0.
    pub initial: Vec<Launch>,
    /// Inputs: variables, [`port::TIME`], fixed columns, learned parameters. Outputs: [`port::RIGHT`], the current into a compartment (nA;
    /// those of several launches add up); the capacitance of a compartment, `capacity` (nF); the derivative of every variable that has
    /// one, per ms, named by [`homolog_ir::mechanism::slope`]; and variables that follow from the others, by their names.
    pub rates: Vec<Launch>,
    /// For each of [`Equations::rates`] its derivatives at one place: an output `row|column` is that of the output `row` with respect to the
    /// variable `column`; what is missing is 0.
    pub slopes: Vec<Launch>,
    /// What diffuses along branches; its capacities are in [`port::inertia`] (um3).
    pub diffusion: Vec<Diffusion>,
    /// Currents that are injected.
    pub pulses: Vec<Pulse>,
    /// The potential whose upward crossing is a spike, mV.
    pub threshold: f64,
}

/// A current into a compartment of every neuron of a kind.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pulse {
    /// The compartment.
    pub site: usize,
    /// When it begins, ms.
    pub begin: f64,
    /// When it ends, ms.
    pub end: f64,
    /// nA, inward positive.
    pub current: f64,
}

/// Several ticks of a group as one kernel: what is the same in all of them is computed once, and variables in between never
/// leave the registers. Each tick has the bits that it has alone.
#[derive(Clone, PartialEq, Debug)]
pub struct Burst {
    /// How many ticks.
    pub ticks: usize,
    /// As the only launch of [`Group::tick`], with ports of tick `j` (arrivals, `spike`) named as [`port::of_tick`] says; variables before the first and
    /// after the last.
    pub step: Kernel,
    /// Its vector-Jacobian product.
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
    /// Values: as rates of events at the positive and the negative receptor, once a frame, by sign of the weight; a negative value acts
    /// through the receptor of the other sign, as there are no negative rates.
    DriveBySign,
}

impl Target {
    /// Whether the link carries spikes, tick by tick; else values, frame by frame.
    pub fn spikes(self) -> bool {
        matches!(self, Target::Own | Target::BySign)
    }

    /// Whether weights act by their sign.
    pub fn by_sign(self) -> bool {
        matches!(self, Target::BySign | Target::DriveBySign)
    }
}

/// Where the weights of a link arrive on neurons with several places, for one sign: compressed sparse rows over places and copies of
/// receiving neurons, place by place.
#[derive(Clone, PartialEq, Debug)]
pub struct Rows {
    /// Where each row starts: row `place * copies + copy`.
    pub start: Vec<u32>,
    /// Sending neuron of each entry.
    pub column: Vec<u32>,
    /// Which of the link's weights each entry is.
    pub weight: Vec<u32>,
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
    /// On neurons with several places: where they arrive, for positive and for negative weights.
    pub places: Option<[Rows; 2]>,
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
    /// In which numbers it is run.
    pub precision: Precision,
    /// The groups, in the order of the populations.
    pub groups: Vec<Group>,
    /// The links, in the order of the projections.
    pub links: Vec<Link>,
    /// The order of a frame.
    pub phases: Vec<Phase>,
    /// Currents that are injected.
    pub clamps: Vec<Clamp>,
    /// Gap junctions.
    pub contacts: Vec<Contact>,
    /// Projections of spikes of which no gradient is taken.
    pub streams: Vec<Stream>,
    /// What is recorded as a sum over places.
    pub sums: Vec<Sum>,
}

/// How the spikes of a stream arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// They have no time within their tick.
    OnTheGrid,
    /// In two ticks, as much of each as brings all of it, and on average at its time.
    InParts,
    /// In the tick that begins nearest to their time: a part would not do what the whole does to a neuron whose potential jumps.
    Rounded,
}

impl Arrival {
    /// Of spikes of one group at another.
    pub fn of(from: &Group, to: &Group, target: Target) -> Arrival {
        match (from.interpolated, target == Target::Own && to.jumps) {
            (false, _) => Arrival::OnTheGrid,
            (true, false) => Arrival::InParts,
            (true, true) => Arrival::Rounded,
        }
    }
}

/// A projection of spikes of whose weights no gradient is taken, to neurons of one place or, of those that have one sign, to places of cells. What
/// receives is then a place of a neuron: `place * copies + copy`, where places are those of the port of that sign.
#[derive(Clone, PartialEq, Debug)]
pub struct Stream {
    /// Name: `exc->inh`.
    pub name: String,
    /// Sending group.
    pub from: usize,
    /// Receiving group.
    pub to: usize,
    /// [`Target::Own`] or [`Target::BySign`].
    pub target: Target,
    /// The connections; of several processes those of the neurons that this one computes.
    pub events: std::sync::Arc<Events>,
    /// What is known of the connections of all processes.
    pub whole: Whole,
    /// How their weights change, where they do: what [`Events::strength`] says is what they begin with.
    pub plasticity: Option<std::sync::Arc<Plasticity>>,
}

impl Stream {
    /// The connections of all processes, where a rule changes their weights, or those that are here; and where at cells they end.
    pub fn everywhere(&self) -> (&Events, Option<&crate::plasticity::Ends>) {
        match self.plasticity.as_ref().map(|p| (p, &p.division)) {
            Some((_, Some(d))) => (&d.events, d.ends.as_ref()),
            Some((p, None)) => (&self.events, p.ends.as_ref()),
            None => (&self.events, None),
        }
    }

    /// Shortest delay, ticks.
    pub fn shortest(&self) -> usize {
        self.whole.bounds.0 as usize
    }
}

/// Neurons each of which spikes as a Poisson process of its own. What all of them do together is one as well, of which each spike is that of
/// any of them (Kingman 1993, "Poisson Processes", ch. 2 and 5), so what is drawn is as much as there are spikes, in time that has no steps:
/// another step of time sees the same spikes. Of those that a neuron has in one step only the first is one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sources {
    /// Spikes of all together in a ms; of correlated ones those of the mother, of which all are parts.
    pub rate: f64,
    /// What draws them.
    pub key: Key,
    /// The correlation of the numbers of spikes of every two: the probability with which a spike of the mother is one of a neuron's. At 0 there is none, and each is
    /// a process of its own.
    pub correlation: f64,
}

/// A Poisson train to each neuron of a group, or to each place of a port of its cells (`place * copies + copy`): so many events of this weight
/// in a tick, drawn for (tick, neuron or place) and never stored.
#[derive(Clone, PartialEq, Debug)]
pub struct Noise {
    /// Index of the port at which they arrive.
    pub port: usize,
    /// Mean number in a tick.
    pub mean: f64,
    /// Weight of each, dimensionless; at ports by sign not negative.
    pub weight: f64,
    /// What draws them.
    pub key: Key,
}

/// A sum over places of one kind of neuron, each times a number of its own, and over currents that are injected: a potential outside of
/// the neuron.
#[derive(Clone, PartialEq, Debug)]
pub struct Sum {
    /// What it is called: `lfp(50 0 0)`.
    pub name: String,
    /// Unit.
    pub unit: Unit,
    /// Index of the group.
    pub group: usize,
    /// Kind of neuron.
    pub kind: usize,
    /// Index of the rule among the network's recordings.
    pub rule: usize,
    /// Variables of the group, as they are after a tick, and places of each with what they count.
    pub terms: Vec<(usize, Vec<(u32, f64)>)>,
    /// Indices of clamps, and what 1 nA counts.
    pub clamps: Vec<(usize, f64)>,
}

/// Junctions between compartments, as their sides: at `own[k]` the membrane has a current that depends on the potential there and on that
/// at `other[k]` when the tick begins. A junction has two sides.
#[derive(Clone, PartialEq, Debug)]
pub struct Contact {
    /// Name: `cells=cells`.
    pub name: String,
    /// Inputs: [`port::OWN`], [`port::OTHER`]. Outputs: what is added to [`port::DIAGONAL`] and [`port::RIGHT`].
    pub kernel: Kernel,
    /// Its vector-Jacobian product.
    pub vjp: Kernel,
    /// The sides.
    pub own: Vec<End>,
    /// For each, the other side.
    pub other: Vec<End>,
}

/// A compartment of a neuron.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// Index of the group.
    pub group: usize,
    /// The compartment.
    pub place: usize,
    /// Which of the neurons of its kind.
    pub copy: usize,
}

/// A current into one compartment of every neuron of a group, or of one of its kinds.
#[derive(Clone, PartialEq, Debug)]
pub struct Clamp {
    /// Index of the group.
    pub group: usize,
    /// The compartment.
    pub site: usize,
    /// Mean current of ticks, nA: from a tick (since the beginning) on until the next entry.
    pub steps: Vec<(i64, f64)>,
}

impl Clamp {
    /// The current of a tick, nA.
    pub fn current(&self, tick: i64) -> f64 {
        at_tick(&self.steps, tick)
    }
}

/// A current into point neurons.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Injection {
    /// Which neurons, in their order; all where there is no list.
    pub neurons: Option<Vec<u32>>,
    /// Means of ticks, in the unit of the neuron's drive: from a tick (since the beginning) on until the next entry.
    pub steps: Vec<(i64, f64)>,
}

impl Injection {
    /// What it is in a tick.
    pub fn current(&self, tick: i64) -> f64 {
        at_tick(&self.steps, tick)
    }
}

/// The entry that holds in a tick; 0 before the first.
fn at_tick(steps: &[(i64, f64)], tick: i64) -> f64 {
    steps[..steps.partition_point(|s| s.0 <= tick)].last().map_or(0.0, |s| s.1)
}

impl Model {
    /// Index of the group of this name.
    pub fn group(&self, name: &str) -> Option<usize> {
        self.groups.iter().position(|g| g.name == name)
    }

    /// How spikes with a time within their tick arrive by a stream.
    pub fn arrival(&self, stream: &Stream) -> Arrival {
        Arrival::of(&self.groups[stream.from], &self.groups[stream.to], stream.target)
    }

    /// How many ticks after its own a spike of this group still arrives by streams; 1 at least where a rule of plasticity asks whether its neurons have
    /// spiked, and 0 where nobody asks.
    pub fn stream_history(&self, group: usize) -> usize {
        let heard = |s: &Stream| s.plasticity.iter().flat_map(|p| &p.rules).any(|r| r.heard.iter().any(|h| h.1 == Heard::Spike(group)));
        let last = |s: &Stream| s.whole.bounds.1 as usize + usize::from(self.groups[group].interpolated);
        let longest = self.streams.iter().filter(|s| s.from == group).map(last).max().unwrap_or(0);
        let ends = self.streams.iter().any(|s| s.to == group && s.plasticity.is_some() || heard(s));
        longest.max(usize::from(ends))
    }

    /// The longest delay, in ticks, of spikes of links that leave this group.
    pub fn spike_history(&self, group: usize) -> usize {
        self.links.iter().filter(|l| l.from == group && l.target.spikes()).map(|l| l.delay).max().unwrap_or(0)
    }

    /// The longest delay, in frames, of values that leave this group.
    pub fn value_history(&self, group: usize) -> usize {
        self.links.iter().filter(|l| l.from == group && !l.target.spikes()).map(|l| l.delay).max().unwrap_or(0)
    }
}
