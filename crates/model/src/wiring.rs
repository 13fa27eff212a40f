//! Who is connected to whom, and how strongly, as rules.

use crate::Located;
use crate::convolution::Kernel;
use crate::fit::Which;
use crate::space::Profile;
use crate::spread::{Bell, Spread};
use homolog_base::math;
use std::sync::Arc;

/// What a rule may make of neurons that it could connect to themselves, and of pairs that it could connect several times. What is not said is as
/// the rule is without it: see [`Wiring`].
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Copies {
    /// Whether a neuron may be connected to itself.
    pub autapses: Option<Located<bool>>,
    /// Whether a pair may be connected several times.
    pub multapses: Option<Located<bool>>,
}

/// The sign of the weights that leave a population.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// None below 0.
    Excitatory,
    /// None above 0.
    Inhibitory,
}

impl Sign {
    /// What they are called in files.
    pub const ALL: [(&'static str, Sign); 2] = [("excitatory", Sign::Excitatory), ("inhibitory", Sign::Inhibitory)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Sign::ALL[usize::from(self == Sign::Inhibitory)].0
    }

    /// Whether a weight may be this.
    pub fn allows(self, weight: f64) -> bool {
        if self == Sign::Excitatory { weight >= 0.0 } else { weight <= 0.0 }
    }

    /// Between which bounds weights are.
    pub fn bounds(self) -> (f64, f64) {
        if self == Sign::Excitatory { (0.0, f64::INFINITY) } else { (f64::NEG_INFINITY, 0.0) }
    }
}

/// Connections that a table lists, a row for each.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EdgeList {
    /// Its file, relative to that of the model.
    pub file: Located<String>,
    /// The column of sending neurons.
    pub from: Located<Which>,
    /// The column of receiving neurons.
    pub to: Located<Which>,
    /// Which rows count; all of these must hold.
    pub filters: Vec<Filter>,
    /// Whether rows with names that no population has are left out; else they are errors.
    pub skip_unknown: bool,
    /// What the table says, once it has been read.
    pub listed: Option<Arc<Listed>>,
}

/// Rows of a table count where a column has one of some words.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    /// Name of the column.
    pub column: Located<String>,
    /// What may stand there.
    pub words: Vec<Located<String>>,
}

/// What a table of connections says, by sending neuron, receiving neuron, and row.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Listed {
    /// Sending and receiving neurons.
    pub pairs: Vec<(u32, u32)>,
    /// What stands in the column of weights; empty where there is none.
    pub weights: Vec<f64>,
    /// What stands in the column of delays; empty where there is none.
    pub delays: Vec<f64>,
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
    /// Each receiver from a window of senders, where both are on lattices; weights are those of places in the window.
    Convolution(Kernel),
    /// These: sending and receiving neuron. A pair may stand there several times.
    Pairs(Vec<(u32, u32)>),
    /// Those that a table lists. A pair may stand there several times.
    Table(EdgeList),
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
    /// One of these between two bounds.
    Clipped(Bell, f64, f64),
    /// All the same.
    Constant(f64),
    /// So much where neurons are at one place, less where they are apart.
    Distance(Profile),
    /// What a column of the table of the wiring says, times this.
    Column(f64),
    /// What stands in the window of a convolution, times this.
    Kernel(f64),
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
            Wiring::Table(t) => t.listed.as_ref().is_some_and(|l| l.pairs.is_empty()),
            Wiring::Distance(p) => p.most() == 0.0,
            Wiring::SmallWorld(n, _) => *n == 0,
            Wiring::AllToAll | Wiring::AllToOthers | Wiring::OneToOne | Wiring::Shift(_) | Wiring::Convolution(_) => false,
        }
    }

    /// Whether it can be between so many senders and receivers.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn fits(&self, senders: usize, receivers: usize) -> Result<(), String> {
        let outside = |pair: &&(u32, u32)| pair.0 as usize >= senders || pair.1 as usize >= receivers;
        let listed = |pairs: &[(u32, u32)]| match pairs.iter().find(outside) {
            Some((from, to)) => Err(format!("the pair [{from}, {to}] of {senders} sending and {receivers} receiving neurons")),
            None => Ok(()),
        };
        match self {
            Wiring::OneToOne if senders != receivers => Err(format!("one-to-one from {senders} neurons to {receivers}")),
            Wiring::SmallWorld(n, _) if senders != receivers || *n >= senders || n % 2 == 1 => {
                Err(format!("a ring of {senders} neurons to {receivers}, each to {n} others, half of them on either side"))
            }
            Wiring::Shift(_) if senders != receivers => Err(format!("a shift from {senders} neurons to {receivers}")),
            Wiring::Pairs(pairs) => listed(pairs),
            Wiring::Table(EdgeList { listed: Some(l), .. }) => listed(&l.pairs),
            Wiring::Table(t) => Err(format!("the table `{}` has not been read", t.file.value)),
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
            Wiring::Table(t) => t.listed.as_ref().map_or(0.0, |l| l.pairs.len() as f64),
            // At most.
            Wiring::Distance(p) => p.most() * senders * receivers,
            Wiring::Convolution(k) => k.places() as f64 * receivers,
            Wiring::SmallWorld(n, _) => *n as f64 * senders,
        }
    }
}

impl Weights {
    /// The distribution that they are drawn from; none where each follows from the connection. `unit` is the standard deviation that gives the
    /// target a drive of unit variance.
    pub fn spread(self, unit: f64) -> Option<Spread> {
        Some(match self {
            Weights::UnitVariance => Spread::Normal(0.0, unit),
            Weights::Normal(mean, sd) => Spread::Normal(mean, sd),
            Weights::Uniform(a, b) => Spread::Uniform(a, b),
            Weights::Lognormal(mean, sd) => Spread::Lognormal(mean, sd),
            Weights::Clipped(bell, low, high) => Spread::Clipped(bell, low, high),
            Weights::Constant(c) => Spread::Constant(c),
            Weights::Distance(_) | Weights::Column(_) | Weights::Kernel(_) => return None,
        })
    }

    /// Whether they can be above 0, and below.
    pub fn signs(self) -> [bool; 2] {
        let within = |low: f64, high: f64| [high > 0.0, low < 0.0];
        match self {
            Weights::Constant(c) => within(c, c),
            Weights::Distance(profile) => within(profile.most(), profile.most()),
            Weights::Uniform(low, high) | Weights::Clipped(Bell::Normal(..), low, high) => within(low, high),
            Weights::Lognormal(..) | Weights::Clipped(Bell::Lognormal(..), ..) => [true, false],
            Weights::UnitVariance | Weights::Normal(..) | Weights::Column(_) | Weights::Kernel(_) => [true; 2],
        }
    }

    /// The same weights for a population that sends one sign: what is drawn with the other is drawn again.
    ///
    /// # Errors
    /// Why they cannot have that sign.
    pub fn of_sign(self, sign: Sign) -> Result<Weights, String> {
        let (least, most) = sign.bounds();
        let own = usize::from(sign == Sign::Inhibitory);
        let between = |bell, low: f64, high: f64| Weights::Clipped(bell, low.max(least), high.min(most));
        let wrong = |what: String| Err(format!("{what}, and the population is {}", sign.name()));
        match self {
            Weights::UnitVariance => wrong("weights of \"unit-variance\" have both signs".into()),
            Weights::Constant(c) if !sign.allows(c) => wrong(format!("a weight of {c} has one sign")),
            Weights::Distance(profile) if !sign.allows(profile.most()) => wrong(format!("a weight of {} has one sign", profile.most())),
            Weights::Normal(mean, _) | Weights::Clipped(Bell::Normal(mean, _), ..) if !sign.allows(mean) => {
                wrong(format!("a mean of {mean} has one sign"))
            }
            Weights::Uniform(a, b) if !self.signs()[own] && (a != 0.0 || b != 0.0) => {
                wrong(format!("weights from {a} to {b} have one sign"))
            }
            Weights::Lognormal(..) | Weights::Clipped(Bell::Lognormal(..), ..) if sign == Sign::Inhibitory => {
                wrong("lognormal weights are above 0".into())
            }
            Weights::Uniform(a, b) => Ok(Weights::Uniform(a.max(least), b.min(most))),
            Weights::Normal(mean, sd) => Ok(between(Bell::Normal(mean, sd), f64::NEG_INFINITY, f64::INFINITY)),
            Weights::Clipped(bell @ Bell::Normal(..), low, high) => Ok(between(bell, low, high)),
            other => Ok(other),
        }
    }
}
