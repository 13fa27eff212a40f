//! A network as rules: who there is and who connects to whom. Nothing here knows what a neuron is.

use crate::space::{Profile, Space};
pub use crate::spread::Spread;
use homolog_base::{Diagnostic, Source, Span, Unit, math};
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
    /// Spikes from outside that are drawn and not stored.
    pub noise: Vec<Noise>,
    /// Gap junctions between cells, or inside of them.
    pub gaps: Vec<Gap>,
    /// Currents that are injected whatever the network does.
    pub stimuli: Vec<Stimulus>,
    /// What is recorded when the network is run for its own sake.
    pub recordings: Vec<RecordRule>,
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

/// A current clamp at one place of every neuron of a population of cells.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Stimulus {
    /// Name of the population.
    pub population: Located<String>,
    /// Name of the branch.
    pub branch: Located<String>,
    /// Where on the branch, from 0 at its beginning to 1.
    pub position: f64,
    /// When it begins, ms.
    pub delay: Located<f64>,
    /// How long it lasts, ms.
    pub duration: Located<f64>,
    /// nA, inward positive.
    pub amplitude: Located<f64>,
    /// Where the whole entry stands.
    pub span: Span,
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
    /// For `spikes`, instead: that each spikes as a Poisson process of its own, so many times in a ms.
    pub poisson: Option<Located<f64>>,
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
    /// Name of the sending population.
    pub from: Located<String>,
    /// Name of the receiving population.
    pub to: Located<String>,
    /// Which neuron connects to which.
    pub wiring: Located<Wiring>,
    /// Where the weights start.
    pub weights: Located<Weights>,
    /// Their unit, that of what the receptor's event is given; none for weights that are dimensionless.
    pub unit: Option<Located<Unit>>,
    /// Transmission delay; when not given, what the receiving neuron declares for spikes, and none for values.
    pub delay: Option<Located<Delay>>,
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
    /// So much, ms, and the time for the distance at a speed, um/ms; each connection its own.
    Distance(f64, f64),
}

impl Delay {
    /// Whether each connection has its own.
    pub fn differs(self) -> bool {
        matches!(self, Delay::Distance(..)) || self.spread().is_some()
    }

    /// The distribution, ms, where each connection has its own.
    pub fn spread(self) -> Option<Spread> {
        match self {
            Delay::Uniform(a, b) => Some(Spread::Uniform(a, b)),
            Delay::Normal(mean, sd) => Some(Spread::Normal(mean, sd)),
            Delay::Lognormal(mean, sd) => Some(Spread::Lognormal(mean, sd)),
            Delay::Ms(_) | Delay::Frames(_) | Delay::Either(..) | Delay::Distance(..) => None,
        }
    }
}

/// Which neuron connects to which.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Wiring {
    /// Every one to every one.
    #[default]
    AllToAll,
    /// Every one to every one, but the k-th to the k-th.
    AllToOthers,
    /// The k-th to the k-th.
    OneToOne,
    /// The k-th to the (k + this)-th, around.
    Shift(i64),
    /// Each pair with this probability, independently, keyed by the seed.
    Random(f64),
    /// So many to each receiving neuron, from senders drawn with replacement.
    InDegree(usize),
    /// So many from each sending neuron, to receivers drawn with replacement.
    OutDegree(usize),
    /// So many in all, pairs drawn with replacement.
    Total(usize),
    /// So many in all, pairs drawn with replacement, that a pair is connected at least once with this probability (Potjans & Diesmann 2014, eq. 1).
    Connected(f64),
    /// Each pair with a probability that depends on how far apart they are.
    Distance(Profile),
    /// Each to so many nearest neighbours on a ring (half of them on either side), each connection drawn anew with a probability.
    SmallWorld(usize, f64),
    /// These: sending and receiving neuron. A pair may stand there several times.
    Pairs(Vec<(u32, u32)>),
}

/// Where weights start. Weights are signed and dimensionless.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Weights {
    /// Normal, mean 0, with the spread that gives the target a drive of unit variance: `1 / sqrt(fan-in * E[x^2])`.
    #[default]
    UnitVariance,
    /// Normal with this mean and standard deviation.
    Normal(f64, f64),
    /// Uniform between two bounds.
    Uniform(f64, f64),
    /// The logarithm is normal; with this mean and standard deviation of the weights themselves.
    Lognormal(f64, f64),
    /// All the same.
    Constant(f64),
}

impl Wiring {
    /// The rule in a network with so many times as many neurons: probabilities stay, numbers of connections of a neuron grow with those.
    pub fn scaled(&self, factor: f64) -> Wiring {
        let times = |n: usize, factor: f64| ((n as f64 * factor).round() as usize).max(1);
        match self {
            Wiring::InDegree(n) => Wiring::InDegree(times(*n, factor)),
            Wiring::OutDegree(n) => Wiring::OutDegree(times(*n, factor)),
            Wiring::Total(n) => Wiring::Total(times(*n, factor * factor)),
            other => other.clone(),
        }
    }

    /// Whether it makes no connection, however many neurons there are.
    pub fn is_none(&self) -> bool {
        match self {
            Wiring::Random(p) | Wiring::Connected(p) => *p == 0.0,
            Wiring::InDegree(n) | Wiring::OutDegree(n) | Wiring::Total(n) => *n == 0,
            Wiring::Pairs(pairs) => pairs.is_empty(),
            Wiring::Distance(p) => p.most() == 0.0,
            Wiring::SmallWorld(n, _) => *n == 0,
            Wiring::AllToAll | Wiring::AllToOthers | Wiring::OneToOne | Wiring::Shift(_) => false,
        }
    }

    /// Whether it can be between so many senders and receivers.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn fits(&self, senders: usize, receivers: usize) -> Result<(), String> {
        let outside = |pair: &&(u32, u32)| pair.0 as usize >= senders || pair.1 as usize >= receivers;
        match self {
            Wiring::OneToOne if senders != receivers => Err(format!("one-to-one from {senders} neurons to {receivers}")),
            Wiring::SmallWorld(n, _) if senders != receivers || *n >= senders || n % 2 == 1 => {
                Err(format!("a ring of {senders} neurons to {receivers}, each to {n} others, half of them on either side"))
            }
            Wiring::Shift(_) if senders != receivers => Err(format!("a shift from {senders} neurons to {receivers}")),
            Wiring::Pairs(pairs) => match pairs.iter().find(outside) {
                Some((from, to)) => Err(format!("the pair [{from}, {to}] of {senders} sending and {receivers} receiving neurons")),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// How many connections it makes, on average.
    pub fn expected(&self, senders: usize, receivers: usize) -> f64 {
        let (senders, receivers) = (senders as f64, receivers as f64);
        match self {
            Wiring::AllToAll => senders * receivers,
            Wiring::AllToOthers => senders * receivers - senders.min(receivers),
            Wiring::OneToOne | Wiring::Shift(_) => receivers,
            Wiring::Random(p) => p * senders * receivers,
            Wiring::InDegree(n) => *n as f64 * receivers,
            Wiring::OutDegree(n) => *n as f64 * senders,
            Wiring::Total(n) => *n as f64,
            Wiring::Connected(p) => (math::ln(1.0 - p) / math::ln(1.0 - 1.0 / (senders * receivers))).round(),
            Wiring::Pairs(pairs) => pairs.len() as f64,
            // At most.
            Wiring::Distance(p) => p.most() * senders * receivers,
            Wiring::SmallWorld(n, _) => *n as f64 * senders,
        }
    }
}

impl Weights {
    /// The distribution; `unit` is the standard deviation that gives the target a drive of unit variance.
    pub fn spread(self, unit: f64) -> Spread {
        match self {
            Weights::UnitVariance => Spread::Normal(0.0, unit),
            Weights::Normal(mean, sd) => Spread::Normal(mean, sd),
            Weights::Uniform(a, b) => Spread::Uniform(a, b),
            Weights::Lognormal(mean, sd) => Spread::Lognormal(mean, sd),
            Weights::Constant(c) => Spread::Constant(c),
        }
    }
}

impl Network {
    /// The network with so many times as many neurons, one at least of each population; see [`Wiring::scaled`]. What neurons do changes with it.
    pub fn scaled(&self, factor: f64) -> Network {
        let mut out = self.clone();
        for p in out.populations.iter_mut().filter(|p| p.times.is_empty()) {
            p.size.value = ((p.size.value as f64 * factor).round() as usize).max(1);
        }
        for p in &mut out.projections {
            p.wiring.value = p.wiring.value.scaled(factor);
        }
        out
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
