//! Energy that a cell spends, measured: from the charge that sodium and calcium carried inwards while it ran, to the ions that pumps
//! must carry out again, to ATP, to joules.
//!
//! The charge is integrated in the run itself, channel by channel; the other three steps are constants, and data
//! (`library/energy/atp.toml`). So this is what the modelled cell costs, where [`estimate`](crate::estimate()) says what a chip
//! would spend to compute it. It counts ions that are named: what flows through leaks and receptors without an ion of their own (and
//! with that the resting current of a passive membrane), the release and recycling of transmitter, and what a cell spends without
//! signalling are not in it.

use crate::energy;
use homolog_base::{Diagnostic, Source};
use homolog_model::compose::cable::METERED;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Charge of one proton, C; exact (SI 2019).
pub const ELEMENTARY_CHARGE: f64 = 1.602_176_634e-19;
/// Molecules in a mole; exact (SI 2019).
pub const AVOGADRO: f64 = 6.022_140_76e23;

/// What pumps cost.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtpTable {
    /// Short name: `ion pumps`.
    pub name: String,
    /// Where the method is from.
    pub reference: String,
    /// Free energy of the hydrolysis of ATP in the cell, kJ/mol.
    pub hydrolysis: f64,
    /// The ions.
    pub ion: Vec<Ion>,
}

/// What it costs to carry out an ion.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ion {
    /// Name, as in mechanisms: `na`.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Elementary charges of one ion.
    pub charge: u32,
    /// Ions that leave the cell for one ATP.
    pub per_atp: f64,
}

impl Ion {
    /// Ions that carry a charge, pC.
    pub fn ions(&self, picocoulombs: f64) -> f64 {
        picocoulombs * 1e-12 / (f64::from(self.charge) * ELEMENTARY_CHARGE)
    }

    /// Molecules of ATP that it takes to carry a charge (pC) out again.
    pub fn atp(&self, picocoulombs: f64) -> f64 {
        self.ions(picocoulombs) / self.per_atp
    }
}

impl AtpTable {
    /// Reads a table from TOML.
    ///
    /// # Errors
    /// What is wrong with it, at its place.
    pub fn read(source: &Arc<Source>) -> Result<Self, Box<Diagnostic>> {
        let table: AtpTable = energy::parse(source, "atp-table", "library/energy/atp.toml shows how a table of pumps is written")?;
        table.check().map_err(|message| {
            Box::new(Diagnostic {
                source: Some(source.clone()),
                ..Diagnostic::error("atp-table", format!("table of pumps `{}`: {message}", table.name))
            })
        })?;
        Ok(table)
    }

    fn check(&self) -> Result<(), String> {
        if !(self.hydrolysis.is_finite() && self.hydrolysis > 0.0) {
            return Err(format!("`hydrolysis = {}` is no free energy", self.hydrolysis));
        }
        for (k, ion) in self.ion.iter().enumerate() {
            if ion.charge == 0 || !(ion.per_atp.is_finite() && ion.per_atp > 0.0) {
                return Err(format!("`{}` needs a `charge` and a `per_atp` above 0", ion.name));
            }
            if self.ion[..k].iter().any(|other| other.name == ion.name) {
                return Err(format!("`{}` is listed twice", ion.name));
            }
        }
        match METERED.iter().find(|name| !self.ion.iter().any(|i| i.name == **name)) {
            Some(missing) => Err(format!("it says nothing of `{missing}`, whose charge is counted")),
            None => Ok(()),
        }
    }

    /// Joules of one molecule of ATP.
    pub fn joules_per_atp(&self) -> f64 {
        self.hydrolysis * 1e3 / AVOGADRO
    }
}

/// What pumps spend on one image.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pumping {
    /// Molecules of ATP.
    pub atp: f64,
    /// Joules.
    pub joules: f64,
    /// Every ion's part, in the order of the table.
    pub parts: Vec<Pumped>,
}

/// What was spent on one kind of ion.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pumped {
    /// Name for people.
    pub title: String,
    /// Charge that flowed in, pC.
    pub charge: f64,
    /// Molecules of ATP that carry it out.
    pub atp: f64,
}

/// What it takes to carry out again what flowed in: charges in pC by the name of their ion, several of one ion together. None where
/// nothing was counted, because nothing is made of cells.
///
/// ```
/// # use homolog_measure::{AtpTable, pumping};
/// # let text = include_str!("../../../library/energy/atp.toml");
/// let table = AtpTable::read(&homolog_base::Source::new("atp.toml", text)).unwrap();
/// // 1 pC are 6.24e6 sodium ions, and 2.08e6 ATP.
/// assert!((pumping([("na", 1.0)], &table).unwrap().atp - 2.08e6).abs() < 1e4);
/// ```
///
/// # Panics
/// Never for ions that are counted in cells ([`METERED`]) and a table that was read.
pub fn pumping<'a>(charges: impl IntoIterator<Item = (&'a str, f64)>, table: &AtpTable) -> Option<Pumping> {
    let mut sums: Vec<Option<f64>> = vec![None; table.ion.len()];
    for (name, charge) in charges {
        let k = table.ion.iter().position(|i| i.name == name).expect("a table that was read has all ions that are counted");
        *sums[k].get_or_insert(0.0) += charge;
    }
    let counted = table.ion.iter().zip(sums).filter_map(|(ion, charge)| Some((ion, charge?)));
    let parts: Vec<Pumped> = counted.map(|(ion, charge)| Pumped { title: ion.title.clone(), charge, atp: ion.atp(charge) }).collect();
    let atp = parts.iter().fold(0.0, |all, p| all + p.atp);
    (!parts.is_empty()).then(|| Pumping { atp, joules: atp * table.joules_per_atp(), parts })
}

#[cfg(test)]
mod tests;
