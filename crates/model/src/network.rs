//! A network as rules: who there is and who connects to whom. Nothing here knows what a neuron is.

use crate::fit::Which;
use crate::space::Space;
pub use crate::spread::{Bell, Spread};
pub use crate::wiring::{Copies, EdgeList, Filter, Listed, Sign, Weights, Wiring};
use homolog_base::{Diagnostic, Source, Span, Unit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value and where in the description it stands.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its place in [`Network::source`]; empty for values made in Rust.
    pub span: Span,
}

impl<T> Located<T> {
    /// A value read at a place.
    pub fn new(value: T, span: impl Into<Span>) -> Self {
        Located { value, span: span.into() }
    }
}

impl<T> From<T> for Located<T> {
    fn from(value: T) -> Self {
        Located { value, span: Span::default() }
    }
}

impl From<&str> for Located<String> {
    fn from(value: &str) -> Self {
        value.to_string().into()
    }
}

impl<T> std::ops::Deref for Located<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// In which numbers a network is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Precision {
    /// 64-bit floating point.
    #[default]
    Double,
    /// 32-bit floating point: half the memory and about half the time, seven digits, and no gradients.
    Single,
}

impl Precision {
    /// What they are called in files and on the command line, in order.
    pub const NAMES: [&str; 2] = ["f64", "f32"];

    /// The one of this place in [`Precision::NAMES`].
    pub fn nth(k: usize) -> Precision {
        if k == 1 { Precision::Single } else { Precision::Double }
    }

    /// What is said of a network of 32-bit numbers that is to be trained.
    pub fn not_trained() -> Diagnostic {
        let text = "a network of 32-bit numbers is not trained: gradients are computed with 64 bits alone";
        Diagnostic::error("model-precision", text).hint("train with `precision = \"f64\"`, which is what there is without it")
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Precision::NAMES[usize::from(self == Precision::Single)]
    }
}

/// When within a step spikes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SpikeTimes {
    /// Where steps begin and end.
    #[default]
    Grid,
    /// Where between the two ends of a step a straight line crosses the threshold.
    Interpolated,
}

impl SpikeTimes {
    /// What they are called in files and on the command line, in order.
    pub const NAMES: [&str; 2] = ["grid", "interpolated"];

    /// The one of this place in [`SpikeTimes::NAMES`].
    pub fn nth(k: usize) -> SpikeTimes {
        if k == 1 { SpikeTimes::Interpolated } else { SpikeTimes::Grid }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        SpikeTimes::NAMES[usize::from(self == SpikeTimes::Interpolated)]
    }
}

/// Populations, projections between them, and how long a step and a presentation are.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Network {
    /// What it is called in messages and reports.
    pub title: String,
    /// The text it was read from, for diagnostics.
    pub source: Option<Arc<Source>>,
    /// The populations, in order.
    pub populations: Vec<Population>,
    /// The projections, in order.
    pub projections: Vec<Projection>,
    /// Time step, ms; the smallest that its neurons declare when not given.
    pub dt: Option<Located<f64>>,
    /// How long one input is shown, ms; the longest that its neurons declare when not given.
    pub presentation: Option<Located<f64>>,
    /// In which numbers it is run; 64-bit ones when not given.
    pub precision: Option<Located<Precision>>,
    /// When within a step its populations spike, where they do not say so themselves; on the grid when not given.
    pub spikes: Option<Located<SpikeTimes>>,
    /// Spikes from outside that are drawn and not stored.
    pub noise: Vec<Noise>,
    /// Currents into point neurons that fluctuate.
    pub noise_currents: Vec<NoiseCurrent>,
    /// Gap junctions between cells, or inside of them.
    pub gaps: Vec<Gap>,
    /// Currents that are injected whatever the network does.
    pub stimuli: Vec<Stimulus>,
    /// What is recorded when the network is run for its own sake.
    pub recordings: Vec<RecordRule>,
    /// Projections whose weights are recorded at intervals.
    pub weight_recordings: Vec<WeightRule>,
}

/// Poisson trains, one for each neuron of a population (of cells for each place of the receptor), each its own.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Noise {
    /// Name of the population.
    pub population: Located<String>,
    /// Events per ms.
    pub rate: Located<f64>,
    /// Weight of each event.
    pub weight: Located<f64>,
    /// Its unit, as of [`Projection::unit`].
    pub unit: Option<Located<Unit>>,
    /// Where the whole entry stands.
    pub span: Span,
}

/// A current into each neuron of a population that fluctuates as an Ornstein-Uhlenbeck process of its own, from its stationary distribution on.
#[derive(Clone, PartialEq, Debug)]
pub struct NoiseCurrent {
    /// Name of the population.
    pub population: Located<String>,
    /// Mean.
    pub mean: f64,
    /// Standard deviation at any time.
    pub deviation: f64,
    /// Unit of both, like that of the drive of the neurons.
    pub unit: Located<Unit>,
    /// Correlation time, ms.
    pub tau: f64,
    /// Where the whole entry stands.
    pub span: Span,
}

/// Where a variable starts in each neuron of a population.
#[derive(Clone, PartialEq, Debug)]
pub struct Start {
    /// Name of the variable.
    pub variable: Located<String>,
    /// Numbers of the distribution.
    pub spread: Spread,
    /// Their unit; the variable's own when not given.
    pub unit: Option<Unit>,
}

/// Gap junctions between places of two populations of cells, or of one.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Gap {
    /// One side.
    pub from: GapEnd,
    /// The other.
    pub to: GapEnd,
    /// Which neuron is in contact with which. Within a population a pair is one junction, in whichever order.
    pub wiring: Located<Wiring>,
    /// The mechanism that stands at both sides: a POINT_PROCESS with a POINTER to the potential of the other side.
    pub mechanism: Located<String>,
    /// Parameters that differ from its defaults.
    pub parameters: BTreeMap<String, Located<(f64, Option<String>)>>,
    /// Where the whole entry stands.
    pub span: Span,
}

/// A side of a gap junction.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct GapEnd {
    /// Name of the population.
    pub population: Located<String>,
    /// Name of the branch; where spikes are made when not given.
    pub branch: Option<Located<String>>,
    /// Where on the branch, from 0 at its beginning to 1.
    pub position: f64,
}

/// A current clamp: at one place of every neuron of a population of cells, or into point neurons, added to their drive.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Stimulus {
    /// Name of the population.
    pub population: Located<String>,
    /// Of point neurons: which; all when not given.
    pub neurons: Option<Located<Vec<usize>>>,
    /// The same by their names, until these are looked up.
    pub named: Vec<Located<String>>,
    /// Name of the branch; of point neurons, which have none, empty.
    pub branch: Located<String>,
    /// Where on the branch, from 0 at its beginning to 1.
    pub position: f64,
    /// When it begins, ms.
    pub delay: Located<f64>,
    /// How long it lasts, ms.
    pub duration: Located<f64>,
    /// Inward positive; in nA where no unit is given.
    pub amplitude: Located<f64>,
    /// Its unit, where that is another: of neurons whose drive is no current.
    pub unit: Option<Located<Unit>>,
    /// Its course from a table, instead of one step.
    pub course: Option<Located<CourseTable>>,
    /// Where the whole entry stands.
    pub span: Span,
}

/// When (ms) what begins, and the unit of what does.
pub type Points = (Vec<(f64, f64)>, Unit);

/// A course of time that a table lists, a row for each change: what stands in a row holds until the next, and nothing before the first.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CourseTable {
    /// Its file, relative to that of the model.
    pub file: Located<String>,
    /// The column of times.
    pub time: Located<Which>,
    /// The column of values.
    pub value: Located<Which>,
    /// Unit of the values; what stands in brackets at the end of the header when not given.
    pub unit: Option<Located<Unit>>,
    /// Unit of the times, likewise.
    pub time_unit: Option<Located<Unit>>,
    /// Which rows count; all of these must hold.
    pub filters: Vec<Filter>,
    /// What the table says, once it has been read.
    pub listed: Option<Arc<Points>>,
}

/// A variable that is recorded tick by tick.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RecordRule {
    /// Name of the population.
    pub population: Located<String>,
    /// Name of a state variable (`v`, `hh.m`), `spikes`, `raster`, or `lfp`.
    pub variable: Located<String>,
    /// Which neurons; all when not given.
    pub neurons: Option<Located<Vec<usize>>>,
    /// The same by their names, until these are looked up.
    pub named: Vec<Located<String>>,
    /// For cells: the branch; where spikes are made when not given.
    pub branch: Option<Located<String>>,
    /// Where on the branch, from 0 at its beginning to 1; its middle when not given.
    pub position: Option<f64>,
    /// For `lfp`: where the electrodes are, um, in the coordinates of the cell.
    pub electrodes: Vec<Located<[f64; 3]>>,
    /// For `lfp`: conductivity of what is outside of the cell, S/m; 0.3 when not given.
    pub conductivity: Option<f64>,
    /// Where the whole entry stands.
    pub span: Span,
}

/// A projection whose weights are recorded at the beginning, at intervals, and at the end.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct WeightRule {
    /// Name of the sending population.
    pub from: Located<String>,
    /// Name of the receiving population.
    pub to: Located<String>,
    /// What the projection is called, where there are several between these.
    pub name: Option<Located<String>>,
    /// How often, ms; only at the beginning and at the end when not given.
    pub every: Option<Located<f64>>,
    /// Where the whole entry stands.
    pub span: Span,
}

/// A number of neurons of one kind.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Population {
    /// Name, unique in the network.
    pub name: Located<String>,
    /// How many.
    pub size: Located<usize>,
    /// `input`, `spikes`, or the name of a mechanism of role neuron, or of a cell. The one word.
    pub neuron: Located<String>,
    /// Further kinds of cells: there are equally many of each, one kind after the other.
    pub others: Vec<Located<String>>,
    /// For `spikes`: when each neuron spikes, ms since the beginning.
    pub times: Vec<Located<Vec<f64>>>,
    /// For `spikes`: the table in which those times stand, where they do not stand in the description.
    pub spike_table: Option<Located<SpikeTable>>,
    /// For `spikes`, instead: that each spikes as a Poisson process of its own, so many times in a ms.
    pub poisson: Option<Located<f64>>,
    /// For `spikes` that are drawn: the correlation of the numbers of spikes of every two.
    pub correlation: Option<Located<f64>>,
    /// Parameters that differ from the mechanism's defaults: number and, if one was written, its unit.
    pub parameters: BTreeMap<String, Located<(f64, Option<String>)>>,
    /// Parameters that are learned: of a neuron one number each, of a cell one for each region, branch or compartment.
    pub learn: Vec<Learn>,
    /// Surrogate derivative instead of the one that the mechanism declares: shape name, width in the unit of its spike condition.
    pub surrogate: Option<Located<(String, f64)>>,
    /// What one unit of the readout (one spike, one mV) is worth, instead of what the mechanism declares.
    pub readout_scale: Option<Located<f64>>,
    /// Whether its neurons have a learned bias. Default true.
    pub bias: Option<bool>,
    /// Where variables start, instead of what the mechanism says.
    pub starts: Vec<Start>,
    /// Where its neurons are.
    pub space: Option<Located<Space>>,
    /// What its neurons are called, in their order, where they have names.
    pub names: Option<Located<Names>>,
    /// Which sign all weights have that leave it, where that is said (Dale's principle).
    pub sends: Option<Located<Sign>>,
    /// When within a step it spikes; as the network says when not given.
    pub spikes: Option<Located<SpikeTimes>>,
}

/// Spikes that a table lists, a row for each.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SpikeTable {
    /// Its file, relative to that of the model.
    pub file: Located<String>,
    /// The column of neurons.
    pub neuron: Located<Which>,
    /// The column of times.
    pub time: Located<Which>,
    /// Unit of the times; what stands in brackets at the end of the header when not given.
    pub unit: Option<Located<Unit>>,
    /// Whether a run recorded them: then neurons are numbers, and a spike is in the step in which its time lies or which ends then.
    pub recorded: bool,
    /// Which rows count; all of these must hold.
    pub filters: Vec<Filter>,
    /// Whether rows with names that no population has are left out; else they are errors.
    pub skip_unknown: bool,
}

/// What the neurons of a population are called.
#[derive(Clone, PartialEq, Debug)]
pub enum Names {
    /// So, one after the other.
    Listed(Vec<String>),
    /// As they first appear in some columns of a table, which is still to be read: file, columns, and which rows count.
    Table(Located<String>, Vec<Located<Which>>, Vec<Filter>),
}

impl Population {
    /// The names of its neurons; none where they have numbers alone, or where their table has not been read.
    pub fn named(&self) -> Option<&[String]> {
        match self.names.as_ref().map(|n| &n.value) {
            Some(Names::Listed(all)) => Some(all),
            _ => None,
        }
    }
}

/// A parameter that is learned.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Learn {
    /// Name: of a mechanism's parameter, or in a cell `hh.gnabar`, `positive.tau`, `capacitance`, `resistivity`, `diameter`.
    pub name: Located<String>,
    /// What shares one number.
    pub per: Per,
}

impl From<&str> for Learn {
    fn from(name: &str) -> Self {
        Learn { name: name.into(), per: Per::default() }
    }
}

/// What part of a neuron has a number of its own. A neuron without a shape has one part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Per {
    /// The whole neuron.
    Neuron,
    /// Each region.
    #[default]
    Region,
    /// Each branch.
    Branch,
    /// Each compartment.
    Compartment,
}

/// Connections from one population to another.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Projection {
    /// What it is called, where that is not [`Projection::called`] after its two ends: two between the same populations differ in it.
    pub name: Option<Located<String>>,
    /// Name of the sending population.
    pub from: Located<String>,
    /// Name of the receiving population.
    pub to: Located<String>,
    /// Which neuron connects to which.
    pub wiring: Located<Wiring>,
    /// Whether a neuron may be connected to itself, and a pair of neurons several times, where the rule leaves that open.
    pub copies: Copies,
    /// Where the weights start.
    pub weights: Located<Weights>,
    /// The column of the table of its wiring that holds weights, where [`Weights::Column`] says so.
    pub weight_column: Option<Located<Which>>,
    /// Their unit, that of what the receptor's event is given; none for weights that are dimensionless.
    pub unit: Option<Located<Unit>>,
    /// Transmission delay; when not given, what the receiving neuron declares for spikes, and none for values.
    pub delay: Option<Located<Delay>>,
    /// The column of the table of its wiring that holds delays, where [`Delay::Column`] says so.
    pub delay_column: Option<Located<Which>>,
    /// Whether the weights are learned by gradients. Default true, without rules of plasticity.
    pub learn: Option<bool>,
    /// Rules by which the weights change in a run, one after the other.
    pub plasticity: Vec<RuleUse>,
    /// Whether the weights that end at a neuron are brought to a sum, at intervals.
    pub normalise: Option<Located<Normalise>>,
    /// Which of the connections that the wiring makes possible are there.
    pub structure: Option<Located<Structure>>,
    /// Where the whole entry stands.
    pub span: Span,
}

impl Projection {
    /// Its name: `exc->inh` where none is given.
    pub fn called(&self) -> String {
        self.name.as_ref().map_or_else(|| format!("{}->{}", self.from.value, self.to.value), |n| n.value.clone())
    }

    /// Whether gradients are taken of its weights.
    pub fn learns(&self) -> bool {
        self.learn.unwrap_or(self.plasticity.is_empty())
    }
}

/// A rule of plasticity as a projection uses it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RuleUse {
    /// Name of a mechanism.
    pub rule: Located<String>,
    /// Parameters that differ from its defaults.
    pub parameters: BTreeMap<String, Located<(f64, Option<String>)>>,
    /// Populations of one neuron whose signal it hears, by the name that it has for it.
    pub signals: BTreeMap<String, Located<String>>,
}

/// Structural plasticity: what the wiring names are potential connections, of which some are there. At intervals those that have become weak
/// are pruned, and others form.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Structure {
    /// How often, ms.
    pub every: f64,
    /// Connections whose weights are smaller are pruned; with its unit, as of [`Projection::unit`].
    pub prune: (f64, Option<Unit>),
    /// Probability with which one that is not there forms, each time.
    pub grow: f64,
    /// Weight with which it begins.
    pub weight: (f64, Option<Unit>),
    /// Share of them that is there at the beginning.
    pub begin: f64,
}

/// All weights that end at a neuron are multiplied by one number, so that they sum to something.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Normalise {
    /// The sum.
    pub sum: f64,
    /// Its unit, as of [`Projection::unit`].
    pub unit: Option<Unit>,
    /// How often, ms.
    pub every: f64,
}

/// A delay, in time or in whole presentations.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Delay {
    /// Milliseconds (spikes).
    Ms(f64),
    /// Presentations (values; and spikes, which then take so many times as long as an input is shown).
    Frames(u32),
    /// Presentations where the signal is a value, milliseconds where it is spikes: serves every level.
    Either(u32, f64),
    /// Between two times, ms; each connection its own.
    Uniform(f64, f64),
    /// Normal with this mean and standard deviation, ms, at least a step; each connection its own.
    Normal(f64, f64),
    /// The logarithm is normal; with this mean and standard deviation, ms, at least a step; each connection its own.
    Lognormal(f64, f64),
    /// One of these between two times, ms, at least a step; each connection its own.
    Clipped(Bell, f64, f64),
    /// So much, ms, and the time for the distance at a speed, um/ms; each connection its own.
    Distance(f64, f64),
    /// What a column of the table of the wiring says, times so many ms, at least a step; each connection its own.
    Column(f64),
}

impl Delay {
    /// Whether each connection has its own.
    pub fn differs(self) -> bool {
        matches!(self, Delay::Distance(..) | Delay::Column(_)) || self.spread().is_some()
    }

    /// The distribution, ms, where each connection has its own.
    pub fn spread(self) -> Option<Spread> {
        match self {
            Delay::Uniform(a, b) => Some(Spread::Uniform(a, b)),
            Delay::Normal(mean, sd) => Some(Spread::Normal(mean, sd)),
            Delay::Lognormal(mean, sd) => Some(Spread::Lognormal(mean, sd)),
            Delay::Clipped(bell, low, high) => Some(Spread::Clipped(bell, low, high)),
            Delay::Ms(_) | Delay::Frames(_) | Delay::Either(..) | Delay::Distance(..) | Delay::Column(_) => None,
        }
    }
}

impl Network {
    /// The network with so many times as many neurons, one at least of each population; see [`Wiring::scaled`]. What neurons do changes with it.
    pub fn scaled(&self, factor: f64) -> Network {
        let mut out = self.clone();
        for p in out.populations.iter_mut().filter(|p| p.times.is_empty() && p.spike_table.is_none() && p.names.is_none()) {
            p.size.value = ((p.size.value as f64 * factor).round() as usize).max(1);
        }
        for p in &mut out.projections {
            p.wiring.value = p.wiring.value.scaled(factor);
        }
        out
    }

    /// Takes over what has been read of tables for another network of the same populations and projections.
    pub fn tables_of(&mut self, other: &Network) {
        for (p, o) in self.populations.iter_mut().zip(&other.populations).filter(|(p, _)| p.names.is_some()) {
            (p.names, p.size) = (o.names.clone(), o.size.clone());
        }
        for (p, o) in self.populations.iter_mut().zip(&other.populations).filter(|(p, _)| p.spike_table.is_some()) {
            p.times.clone_from(&o.times);
        }
        for (p, o) in self.projections.iter_mut().zip(&other.projections).filter(|(p, _)| matches!(p.wiring.value, Wiring::Table(_))) {
            p.wiring = o.wiring.clone();
        }
        for (p, o) in self.gaps.iter_mut().zip(&other.gaps).filter(|(p, _)| matches!(p.wiring.value, Wiring::Table(_))) {
            p.wiring = o.wiring.clone();
        }
        for (s, o) in self.stimuli.iter_mut().zip(&other.stimuli) {
            s.neurons.clone_from(&o.neurons);
            s.course.clone_from(&o.course);
        }
        for (p, o) in self.recordings.iter_mut().zip(&other.recordings) {
            p.neurons.clone_from(&o.neurons);
        }
    }

    /// Index of the population of this name.
    pub fn population(&self, name: &str) -> Option<usize> {
        self.populations.iter().position(|p| p.name.value == name)
    }

    /// Adds the place of a span to a diagnostic, when the network was read from a text.
    pub fn locate(&self, d: Diagnostic, span: Span, label: &str) -> Diagnostic {
        match &self.source {
            Some(source) if span != Span::default() => d.at(source, span, label),
            _ => d,
        }
    }
}
