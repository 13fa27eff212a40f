//! The kinds of experiment: a stimulus, and a score. None of them knows a cell, a channel or a claim; what they need to be told stands
//! in the `[experiment]` of a card.

mod attenuation;
mod features;
mod inputs;
mod ladder;
mod layouts;
mod ledger;
mod pairing;
mod patterns;
mod propagation;
mod sequence;
mod shunting;
mod synapse;
mod threshold;

use crate::card::Words;
use crate::lab::Lab;
use crate::settings::Key;
use homolog_base::{Diagnostic, Source};
use std::sync::Arc;

/// A kind of experiment.
#[derive(Debug)]
pub struct Kind {
    /// Name in cards.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// What it must be told.
    pub keys: &'static [Key],
    /// What it measures.
    pub quantities: &'static [Quantity],
    /// What it draws, in order.
    pub figures: &'static [&'static str],
    /// Whether chance plays a part.
    pub chance: bool,
    /// Whether it measures the time and memory that it takes, so that nothing may run beside it.
    pub alone: bool,
    /// Does it.
    pub run: fn(&mut Lab<'_>) -> Result<Found, Vec<Diagnostic>>,
}

/// Something that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    /// Name in cards.
    pub name: &'static str,
    /// The unit it is shown in; `1` when dimensionless, and `%` for a share of one, which it is.
    pub unit: &'static str,
    /// What it is.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
}

impl Quantity {
    /// The unit that its numbers are in: what people read as per cent is a share of one.
    pub fn counted(&self) -> &'static str {
        if self.unit == "%" { "1" } else { self.unit }
    }
}

/// A table of constants of the library.
fn table<T>(name: &str, read: fn(&Arc<Source>) -> Result<T, Box<Diagnostic>>) -> Result<T, Vec<Diagnostic>> {
    let missing = || vec![Diagnostic::error("library-missing", format!("`{name}` is missing from this program"))];
    read(&homolog_formats::library::source(name).ok_or_else(missing)?).map_err(|d| vec![*d])
}

/// All kinds.
pub const ALL: &[Kind] = &[
    attenuation::KIND,
    features::KIND,
    inputs::KIND,
    ladder::KIND,
    layouts::KIND,
    ledger::KIND,
    pairing::KIND,
    patterns::KIND,
    propagation::KIND,
    sequence::KIND,
    shunting::KIND,
    synapse::KIND,
    threshold::KIND,
];

/// What an experiment found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Found {
    /// What was measured, by the names of the kind; what could not be is not finite.
    pub numbers: Vec<(&'static str, f64)>,
    /// Figures, by the names of the kind.
    pub figures: Vec<Panel>,
    /// Lists of numbers that are no criterion each.
    pub lists: Vec<List>,
    /// A ladder, if the kind draws one.
    pub ladder: Option<Ladder>,
}

/// Networks that are to pass for neurons: one for each rung and rail.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ladder {
    /// Which of the kind's figures.
    pub name: &'static str,
    /// Neurons that are imitated.
    pub rails: Vec<Rail>,
    /// Networks.
    pub rungs: Vec<Rung>,
    /// How well, rung by rung.
    pub cells: Vec<Vec<Cell>>,
    /// A network passes whose AUC is this share of the best one's on its rail.
    pub passing: f64,
}

/// A neuron that is imitated.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rail {
    /// What was removed from it.
    pub name: Words,
    /// What its pumps spend, W; NaN where nothing counts that.
    pub watts: f64,
    /// How often it spikes, Hz.
    pub rate: f64,
}

/// A network.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rung {
    /// How it is wired.
    pub name: Words,
    /// Numbers that it learns.
    pub weights: f64,
    /// What a chip would spend on it, estimated, W.
    pub watts: f64,
}

/// How well a network passes for a neuron.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Cell {
    /// Area under the curve of spikes.
    pub auc: f64,
    /// Share of the variance of the potential that is explained.
    pub explained: f64,
}

impl Ladder {
    /// Whether the network of a rung passes for the neuron of a rail.
    pub fn passes(&self, rung: usize, rail: usize) -> bool {
        let best = crate::lab::greatest(self.cells.iter().map(|c| c[rail].auc));
        self.cells[rung][rail].auc >= self.passing * best
    }

    /// The rung of the smallest network that passes for the neuron of a rail.
    pub fn smallest(&self, rail: usize) -> Option<usize> {
        let passing = (0..self.rungs.len()).filter(|r| self.passes(*r, rail));
        passing.min_by(|a, b| self.rungs[*a].weights.total_cmp(&self.rungs[*b].weights))
    }

    /// The mean of ladders that differ in their seeds, and for every cell the standard deviation. None of none.
    pub fn mean(all: &[Ladder]) -> Option<(Ladder, Vec<Vec<Cell>>)> {
        let mut mean = all.first()?.clone();
        let of = |f: &dyn Fn(&Ladder) -> f64| {
            let n = all.len() as f64;
            let mean = all.iter().map(f).sum::<f64>() / n;
            let squares: f64 = all.iter().map(|l| (f(l) - mean) * (f(l) - mean)).sum();
            (mean, if all.len() < 2 { 0.0 } else { (squares / (n - 1.0)).sqrt() })
        };
        let mut spread = mean.cells.clone();
        for (r, (cells, spreads)) in mean.cells.iter_mut().zip(&mut spread).enumerate() {
            for (k, (cell, spread)) in cells.iter_mut().zip(spreads).enumerate() {
                (cell.auc, spread.auc) = of(&|l| l.cells[r][k].auc);
                (cell.explained, spread.explained) = of(&|l| l.cells[r][k].explained);
            }
        }
        for (k, rail) in mean.rails.iter_mut().enumerate() {
            (rail.watts, rail.rate) = (of(&|l| l.rails[k].watts).0, of(&|l| l.rails[k].rate).0);
        }
        Some((mean, spread))
    }
}

/// Lines over one quantity.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Panel {
    /// Which of the kind's figures.
    pub name: &'static str,
    /// What the lines are over: `t, ms`.
    pub over: String,
    /// Unit of what they show.
    pub unit: String,
    /// The lines.
    pub lines: Vec<Curve>,
}

impl Panel {
    /// Lines over a quantity, which show one in this unit.
    pub fn new(name: &'static str, over: &str, unit: &str, lines: Vec<Curve>) -> Panel {
        Panel { name, over: over.into(), unit: unit.into(), lines }
    }
}

/// One line.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Curve {
    /// Name.
    pub name: Words,
    /// Points.
    pub points: Vec<(f64, f64)>,
}

impl Curve {
    /// A line whose name is the same in every language.
    pub fn named(name: impl Into<String>, points: Vec<(f64, f64)>) -> Curve {
        Curve { name: Words::same(name), points }
    }

    /// A line with a name in both languages.
    pub fn both(en: &str, zh: &str, points: Vec<(f64, f64)>) -> Curve {
        Curve { name: Words::new(en, zh), points }
    }
}

/// A table of two columns.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct List {
    /// What is listed.
    pub title: Words,
    /// What, how much with its unit, and where that is from.
    pub rows: Vec<(Words, String, Words)>,
}

#[cfg(test)]
mod tests {
    use super::{ALL, Cell, Ladder, Rail, Rung};

    #[test]
    fn the_smallest_network_that_passes_is_sought_in_the_mean_over_seeds() {
        let ladder = |aucs: [[f64; 2]; 3]| Ladder {
            rails: vec![Rail::default(), Rail { watts: f64::NAN, ..Rail::default() }],
            rungs: [10.0, 100.0, 1000.0].map(|weights| Rung { weights, ..Rung::default() }).to_vec(),
            cells: aucs.map(|row| row.map(|auc| Cell { auc, explained: 0.5 }).to_vec()).to_vec(),
            passing: 0.99,
            ..Ladder::default()
        };
        let all = [ladder([[0.90, 0.98], [0.97, 0.97], [0.95, 0.96]]), ladder([[0.92, 0.98], [0.95, 0.99], [0.97, 0.96]])];
        let (mean, spread) = Ladder::mean(&all).unwrap();
        assert_eq!([mean.smallest(0), mean.smallest(1)], [Some(1), Some(0)]);
        assert!((mean.cells[0][0].auc - 0.91).abs() < 1e-12 && (spread[0][0].auc - 0.02 / 2f64.sqrt()).abs() < 1e-12);
        assert!(!mean.passes(0, 0) && mean.passes(2, 0) && mean.passes(1, 1));
        assert!(Ladder::mean(&[]).is_none());
    }

    #[test]
    fn kinds_are_told_apart_and_their_units_can_be_read() {
        for (k, kind) in ALL.iter().enumerate() {
            assert!(ALL[..k].iter().all(|o| o.name != kind.name));
            assert!(!kind.about.is_empty() && !kind.quantities.is_empty() && !kind.figures.is_empty(), "{}", kind.name);
            for q in kind.quantities {
                crate::quantity::unit_of(q.unit);
            }
        }
    }
}
