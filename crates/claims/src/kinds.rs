//! The kinds of experiment: a stimulus, and a score. None of them knows a cell, a channel or a claim; what they need to be told stands
//! in the `[experiment]` of a card.

mod attenuation;
mod layouts;
mod ledger;
mod patterns;
mod propagation;
mod sequence;
mod shunting;
mod synapse;
mod threshold;

use crate::card::Words;
use crate::lab::Lab;
use crate::settings::Key;
use homolog_base::Diagnostic;

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

/// All kinds.
pub const ALL: &[Kind] = &[
    attenuation::KIND,
    layouts::KIND,
    ledger::KIND,
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
    use super::ALL;

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
