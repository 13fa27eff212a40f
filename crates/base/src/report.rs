//! One scale: what tests, benches, training, the command line and the pages all emit.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Scores of some models on some work, with everything needed to know what the numbers are numbers of.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// What was asked.
    pub title: String,
    /// Where the numbers come from.
    pub provenance: Provenance,
    /// One entry per variant measured.
    pub entries: Vec<Entry>,
}

/// Where numbers come from.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of the program.
    pub version: String,
    /// Seeds used, in order.
    pub seeds: Vec<u64>,
    /// Hash of every input by what it is (`data`, `split 0`, `model rate`).
    pub hashes: BTreeMap<String, String>,
    /// Processor, instruction set, cores, operating system.
    pub machine: BTreeMap<String, String>,
    /// Threads used.
    pub threads: usize,
}

/// One variant: named scores and named figures.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Entry {
    /// Name of the variant (`rate`, `point`).
    pub name: String,
    /// Its scores by name.
    pub scores: BTreeMap<String, Score>,
}

/// A number with its unit, its spread and how it was come by.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Score {
    /// Mean over seeds, or the only value.
    pub value: f64,
    /// Sample standard deviation over seeds; none for a single one.
    pub sd: Option<f64>,
    /// Unit, `1` when dimensionless.
    pub unit: String,
    /// Measured, counted or estimated.
    pub basis: Basis,
}

/// How a number was come by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Read off the thing itself.
    Measured,
    /// Counted exactly from the program that ran.
    Counted,
    /// Computed from counts and a table of constants.
    Estimated,
}

impl Score {
    /// Mean and sample standard deviation of one value per seed.
    pub fn over_seeds(values: &[f64], unit: &str, basis: Basis) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.len() > 1).then(|| (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0)).sqrt());
        Score { value: mean, sd, unit: unit.into(), basis }
    }
}
