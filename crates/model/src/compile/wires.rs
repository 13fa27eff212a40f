//! Projections: where they arrive, which weights they have, and where those start.

use super::delays::whole_delay;
use super::{Kind, Resolved, link_key};
use crate::model::{Group, Link, Target, Wires};
use crate::network::{Network, Projection, Weights, Wiring};
use crate::params::Tensor;
use homolog_base::{Diagnostic, Unit};

/// All links of a network; weights are not yet given.
pub(super) fn links(network: &Network, resolved: &[Resolved], time: (f64, usize), seed: u64, problems: &mut Vec<Diagnostic>) -> Vec<Link> {
    let mut made: Vec<Link> = Vec::new();
    for p in &network.projections {
        let (Some(from), Some(to)) = (find(network, &p.from, problems), find(network, &p.to, problems)) else { continue };
        let events = resolved[from].spikes() && resolved[to].spikes();
        let (target, declared_delay) = match resolved[to].kind {
            Kind::Input | Kind::Spikes => {
                let text = format!("`{}` is set from outside and receives nothing", p.to.value);
                problems.push(
                    network
                        .locate(Diagnostic::error("model-to-input", text), p.to.span, "cannot receive")
                        .hint("exchange `from` and `to`?"),
                );
                continue;
            }
            Kind::Cell(cell) => (if events { Target::BySign } else { Target::DriveBySign }, cell.delay.value),
            Kind::Neuron(mechanism, interface) => {
                let target = if !events {
                    if interface.drive.is_none() {
                        problems.push(
                            network
                                .locate(
                                    Diagnostic::error(
                                        "model-no-drive",
                                        format!("`{}` takes only spikes, but `{}` sends values", mechanism.name, p.from.value),
                                    ),
                                    p.to.span,
                                    "declares no DRIVE",
                                )
                                .hint("add a DRIVE to its INTERFACE block, or put a spiking population in between"),
                        );
                    }
                    Target::Drive
                } else if interface.positive.is_some() || interface.negative.is_some() {
                    Target::BySign
                } else {
                    Target::Own
                };
                (target, interface.delay)
            }
        };
        let (rows, columns) = (network.populations[to].size.value, network.populations[from].size.value);
        let mut name = format!("{}->{}", p.from.value, p.to.value);
        let same = made.iter().filter(|l| l.from == from && l.to == to).count();
        if same > 0 {
            name += &format!("#{}", same + 1);
        }
        let wires = match expand(&p.wiring.value, rows, columns, seed, &name) {
            Ok(wires) => wires,
            Err(text) => {
                let d = network.locate(Diagnostic::error("model-shape", text), p.wiring.span, "cannot be");
                let sizes = format!("`{}` has {columns} neurons, `{}` {rows}, numbered from 0", p.from.value, p.to.value);
                problems.push(d.hint(sizes));
                continue;
            }
        };
        let delay = whole_delay(network, (&p.to, p.delay.as_ref()), events, declared_delay, time, problems);
        made.push(Link { name, from, to, target, wires, places: None, weights: usize::MAX, delay });
    }
    made
}

fn find(network: &Network, name: &crate::Located<String>, problems: &mut Vec<Diagnostic>) -> Option<usize> {
    let found = network.population(name);
    if found.is_none() {
        problems.push(
            network
                .locate(
                    Diagnostic::error("model-unknown-population", format!("there is no population `{}`", name.value)),
                    name.span,
                    "unknown population",
                )
                .suggest(name, network.populations.iter().map(|p| p.name.value.as_str())),
        );
    }
    found
}

/// Each pair with the same probability, keyed by the pair, so that the result depends on no order.
fn random(rows: usize, columns: usize, probability: f64, seed: u64, name: &str) -> Wires {
    let key = link_key(seed, name, "wiring");
    let mut start = vec![0u32];
    let mut column = Vec::new();
    for r in 0..rows {
        column.extend((0..columns).filter(|c| key.uniform(r as u64, *c as u64) < probability).map(|c| c as u32));
        start.push(column.len() as u32);
    }
    Wires::Sparse { start, column }
}

/// Which of `columns` sending neurons connect to which of `rows` receiving ones.
///
/// # Errors
/// Why that cannot be.
pub(super) fn expand(wiring: &Wiring, rows: usize, columns: usize, seed: u64, name: &str) -> Result<Wires, String> {
    Ok(match wiring {
        Wiring::AllToAll => Wires::Dense,
        Wiring::OneToOne | Wiring::Shift(_) if rows != columns => {
            let word = if *wiring == Wiring::OneToOne { "one-to-one" } else { "a shift" };
            return Err(format!("{word} from {columns} neurons to {rows}"));
        }
        Wiring::OneToOne => Wires::OneToOne,
        Wiring::Shift(n) => {
            let from = |row: usize| (row as i64 - n).rem_euclid(rows.max(1) as i64) as u32;
            Wires::Sparse { start: (0..=rows as u32).collect(), column: (0..rows).map(from).collect() }
        }
        Wiring::Random(probability) => random(rows, columns, *probability, seed, name),
        Wiring::Pairs(pairs) => listed(rows, columns, pairs)?,
    })
}

/// Pairs that are listed, those of a receiving neuron in the order in which they stand.
fn listed(rows: usize, columns: usize, pairs: &[(u32, u32)]) -> Result<Wires, String> {
    if let Some((from, to)) = pairs.iter().find(|(from, to)| *from as usize >= columns || *to as usize >= rows) {
        return Err(format!("the pair [{from}, {to}] of {columns} sending and {rows} receiving neurons"));
    }
    let mut sorted = pairs.to_vec();
    sorted.sort_by_key(|p| p.1);
    let start = (0..=rows).map(|r| sorted.partition_point(|p| (p.1 as usize) < r) as u32).collect();
    Ok(Wires::Sparse { start, column: sorted.iter().map(|p| p.0).collect() })
}

/// The weights of a link as they start.
pub(super) fn weights(link: &Link, projection: &Projection, groups: &[Group], network: &Network, seed: u64) -> Tensor {
    let (rows, columns) = (groups[link.to].size, groups[link.from].size);
    let key = link_key(seed, &link.name, "weights");
    let shape = match &link.wires {
        Wires::Dense => [rows, columns],
        Wires::OneToOne => [rows, 1],
        Wires::Sparse { column, .. } => [column.len(), 1],
    };
    let count = shape[0] * shape[1];
    let fan_in = (count as f64 / rows as f64).max(1.0);
    // Several projections into one population share its variance.
    let together = network.projections.iter().filter(|p| p.to.value == projection.to.value).count() as f64;
    let spread = 1.0 / (fan_in * together * groups[link.from].mean_square).sqrt();
    let draw = |k: u64| match projection.weights.value {
        Weights::UnitVariance => spread * key.normal(k, 0),
        Weights::Normal(mean, sd) => mean + sd * key.normal(k, 0),
        Weights::Uniform(a, b) => a + (b - a) * key.uniform(k, 0),
        Weights::Constant(c) => c,
    };
    Tensor {
        name: link.name.clone(),
        unit: Unit::ONE,
        shape,
        learned: projection.learn.unwrap_or(true),
        decays: true,
        bounds: None,
        values: (0..count as u64).map(draw).collect(),
    }
}
