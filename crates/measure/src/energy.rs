//! Joules, estimated from operation counts and a table of constants.
//!
//! Nothing here is measured (what is, is in [`atp`](crate::atp)). A table says what one operation and one memory access cost in some technology, with its
//! source; it is data (`library/energy/*.toml`), so another technology is another file. Memory traffic is part of the sum,
//! and it is most of it: whoever counts arithmetic alone compares something else.

use crate::operations::{Kind, Operations};
use homolog_base::{Diagnostic, Source};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What operations cost in one technology. All energies are in picojoules.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyTable {
    /// Short name: `horowitz2014`.
    pub name: String,
    /// Where the constants are from.
    pub reference: String,
    /// Bits of one word of memory traffic.
    pub word_bits: u32,
    /// One addition, pJ.
    pub add: f64,
    /// One multiplication, pJ.
    pub multiply: f64,
    /// One multiply-accumulate, pJ; multiplication and addition together when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiply_accumulate: Option<f64>,
    /// One division or square root, pJ.
    pub divide: f64,
    /// One elementary function (exp, tanh, ...), pJ.
    pub elementary: f64,
    /// Memories from the smallest to the largest.
    pub memory: Vec<Memory>,
}

/// One level of memory.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Name: `32 KB cache`.
    pub name: String,
    /// Bytes that it holds; without limit when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// One access, pJ.
    pub access: f64,
    /// The upper end, pJ, where the source gives a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_most: Option<f64>,
    /// Bits that one access moves.
    pub access_bits: u32,
}

/// Reads a table of constants; what is no such table is said with a code and a hint.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(source: &Arc<Source>, code: &'static str, hint: &str) -> Result<T, Box<Diagnostic>> {
    toml::from_str(&source.text).map_err(|e| {
        let d = Diagnostic::error(code, e.message().to_string());
        let d = match e.span() {
            Some(span) => d.at(source, span, "here"),
            None => Diagnostic { source: Some(source.clone()), ..d },
        };
        Box::new(d.hint(hint))
    })
}

impl EnergyTable {
    /// Reads a table from TOML.
    ///
    /// # Errors
    /// What is wrong with it, at its place.
    pub fn read(source: &Arc<Source>) -> Result<Self, Box<Diagnostic>> {
        let hint = "library/energy/horowitz2014.toml shows how a table of energies is written";
        let table: EnergyTable = parse(source, "energy-table", hint)?;
        table.check().map_err(|message| {
            Box::new(Diagnostic {
                source: Some(source.clone()),
                ..Diagnostic::error("energy-table", format!("energy table `{}`: {message}", table.name))
            })
        })?;
        Ok(table)
    }

    fn check(&self) -> Result<(), String> {
        let constants = [("add", self.add), ("multiply", self.multiply), ("divide", self.divide), ("elementary", self.elementary)];
        let optional = self.multiply_accumulate.map(|x| ("multiply_accumulate", x));
        let memory = self.memory.iter().flat_map(|m| [Some(("access", m.access)), m.access_most.map(|x| ("access_most", x))]).flatten();
        if let Some((name, x)) = constants.into_iter().chain(optional).chain(memory).find(|(_, x)| !(x.is_finite() && *x >= 0.0)) {
            return Err(format!("`{name} = {x}` is no energy"));
        }
        if let Some(m) = self.memory.iter().find(|m| m.access_most.is_some_and(|most| most < m.access)) {
            return Err(format!("`access_most` of `{}` is below its `access`", m.name));
        }
        if self.word_bits == 0 || self.memory.iter().any(|m| m.access_bits == 0) {
            return Err("a word and an access have at least one bit".into());
        }
        if !self.memory.is_sorted_by(|a, b| a.bytes.unwrap_or(u64::MAX) < b.bytes.unwrap_or(u64::MAX)) {
            return Err("memories must be listed from the smallest to the largest, each with its `bytes`".into());
        }
        match self.memory.last() {
            Some(Memory { bytes: None, .. }) => Ok(()),
            _ => Err("the last memory must have no `bytes`, so that everything fits somewhere".into()),
        }
    }

    /// The smallest memory that holds so many words.
    ///
    /// # Panics
    /// Never for a table that was read: its last memory has no limit.
    pub fn memory_for(&self, words: f64) -> &Memory {
        let bytes = words * f64::from(self.word_bits) / 8.0;
        self.memory.iter().find(|m| m.bytes.is_none_or(|b| bytes <= b as f64)).expect("the last memory has no limit")
    }
}

/// Energy of one image.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Energy {
    /// Joules; the middle of the range where the table gives one.
    pub joules: f64,
    /// Joules with every constant at the lower and at the upper end of its range.
    pub range: (f64, f64),
    /// What it is made of.
    pub parts: Vec<Part>,
    /// Name of the table.
    pub table: String,
}

/// One part of an energy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Part {
    /// What costs: `multiply-accumulates`, `weights from 1 MB cache`.
    pub name: String,
    /// Joules, middle of the range.
    pub joules: f64,
}

/// Joules of one image: every count times its constant, memory traffic included. Weights are taken to stay in the smallest
/// memory that holds all weights of the network, state in the smallest that holds all state; an access moves
/// `access_bits`, so neighbouring words share one.
///
/// ```
/// # use homolog_measure::{estimate, EnergyTable, Operations, Flops, Traffic, Kind};
/// # let text = include_str!("../../../library/energy/horowitz2014.toml");
/// let table = EnergyTable::read(&homolog_base::Source::new("horowitz2014.toml", text)).unwrap();
/// let weights = Traffic { kind: Kind::Weights, words: 1000.0, resident: 1000.0 };
/// let operations = Operations { multiply_accumulates: 1000.0, accumulates: 0.0, neurons: Flops::default(), spikes: 0.0, traffic: vec![weights] };
/// // 1000 x (0.9 + 3.7) pJ of arithmetic, 500 accesses of 10 pJ to a cache of 8 KB.
/// assert!((estimate(&operations, &table).joules - 9.6e-9).abs() < 1e-20);
/// ```
pub fn estimate(operations: &Operations, table: &EnergyTable) -> Energy {
    const PICO: f64 = 1e-12;
    let o = operations;
    let mac = table.multiply_accumulate.unwrap_or(table.multiply + table.add);
    let neurons = o.neurons.add * table.add + o.neurons.multiply * table.multiply + o.neurons.divide * table.divide;
    let exact = [
        ("multiply-accumulates", o.multiply_accumulates * mac),
        ("accumulates of spikes", o.accumulates * table.add),
        ("neurons: arithmetic", neurons),
        ("neurons: elementary functions", o.neurons.elementary * table.elementary),
    ];
    let mut parts: Vec<(String, f64, f64)> = exact.into_iter().map(|(name, pj)| (name.to_string(), pj, pj)).collect();
    for t in &o.traffic {
        let memory = table.memory_for(t.resident);
        let accesses = t.words * f64::from(table.word_bits) / f64::from(memory.access_bits);
        let what = if t.kind == Kind::Weights { "weights" } else { "state" };
        parts.push((
            format!("{what} from {}", memory.name),
            accesses * memory.access,
            accesses * memory.access_most.unwrap_or(memory.access),
        ));
    }
    let range = (parts.iter().map(|p| p.1).sum::<f64>() * PICO, parts.iter().map(|p| p.2).sum::<f64>() * PICO);
    let parts = parts.into_iter().map(|(name, low, high)| Part { name, joules: 0.5 * (low + high) * PICO }).collect();
    Energy { joules: 0.5 * (range.0 + range.1), range, parts, table: table.name.clone() }
}

#[cfg(test)]
mod tests;
