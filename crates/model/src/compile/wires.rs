//! Projections: where they arrive, which weights they have, and where those start.

use super::delays::whole_delay;
use super::{Kind, Resolved, link_key};
use crate::events::Graph;
use crate::model::{Group, Link, Target, Wires};
use crate::network::{Network, Projection, Weights, Wiring};
use crate::params::Tensor;
use homolog_base::{Diagnostic, Key, Unit};

/// All links of a network; weights are not yet given. Of a network that is `still` (learns nothing) those of spikes have no wires yet.
pub(super) fn links(
    network: &Network,
    resolved: &[Resolved],
    time: (f64, usize),
    (seed, still): (u64, bool),
    problems: &mut Vec<Diagnostic>,
) -> Vec<Link> {
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
        // What carries events alone is wired when the weights are known.
        let eventful = events && still && !matches!(resolved[to].kind, Kind::Cell(_));
        let made_of = if eventful {
            graph_fits(&p.wiring.value, rows, columns).map(|()| Wires::Sparse { start: vec![], column: vec![] })
        } else {
            expand(&p.wiring.value, rows, columns, seed, &name)
        };
        let wires = match made_of {
            Ok(wires) => wires,
            Err(text) => {
                let d = network.locate(Diagnostic::error("model-shape", text), p.wiring.span, "cannot be");
                let sizes = format!("`{}` has {columns} neurons, `{}` {rows}, numbered from 0", p.from.value, p.to.value);
                problems.push(d.hint(sizes));
                continue;
            }
        };
        if let Some(d) = p.delay.as_ref().filter(|d| d.value.varies() && !eventful) {
            let text = "delays that differ are for spikes to point neurons in a network that learns nothing";
            let d = network.locate(Diagnostic::error("model-delay", text), d.span, "each connection its own");
            problems.push(d.hint("give one delay; or `learn = false` in every projection and `bias = false` in every population"));
            continue;
        }
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

/// The connections of a rule, by sending neuron.
///
/// # Errors
/// Why they cannot be.
pub(super) fn graph(wiring: &Wiring, rows: usize, columns: usize, seed: u64, name: &str) -> Result<Graph, String> {
    let key = link_key(seed, name, "wiring");
    let (senders, receivers) = (columns, rows);
    let by_number = |shift: i64| {
        let to = move |s: usize| (s as i64 + shift).rem_euclid(receivers.max(1) as i64) as u32;
        Graph { start: (0..=senders as u32).collect(), target: (0..senders).map(to).collect() }
    };
    Ok(match wiring {
        Wiring::OneToOne | Wiring::Shift(_) if rows != columns => {
            let word = if *wiring == Wiring::OneToOne { "one-to-one" } else { "a shift" };
            return Err(format!("{word} from {columns} neurons to {rows}"));
        }
        Wiring::AllToAll => Graph::random(senders, receivers, 1.0, key),
        Wiring::OneToOne => by_number(0),
        Wiring::Shift(n) => by_number(*n),
        Wiring::Random(p) => Graph::random(senders, receivers, *p, key),
        Wiring::InDegree(n) => Graph::indegree(senders, receivers, *n, key),
        Wiring::OutDegree(n) => Graph::outdegree(senders, receivers, *n, key),
        Wiring::Total(n) => Graph::total(senders, receivers, *n, key),
        Wiring::Pairs(pairs) => {
            if let Some((from, to)) = pairs.iter().find(|(from, to)| *from as usize >= columns || *to as usize >= rows) {
                return Err(format!("the pair [{from}, {to}] of {columns} sending and {rows} receiving neurons"));
            }
            Graph::of_pairs(senders, receivers, pairs.iter().copied())
        }
    })
}

/// Whether a rule can be, before anything is drawn.
fn graph_fits(wiring: &Wiring, rows: usize, columns: usize) -> Result<(), String> {
    match wiring {
        Wiring::OneToOne | Wiring::Shift(_) | Wiring::Pairs(_) => graph(wiring, rows, columns, 0, "").map(|_| ()),
        _ => Ok(()),
    }
}

/// How many connections a rule makes for each receiving neuron, on average.
pub(super) fn mean_indegree(wiring: &Wiring, rows: usize, columns: usize) -> f64 {
    let (rows, columns) = (rows.max(1) as f64, columns as f64);
    match wiring {
        Wiring::AllToAll => columns,
        Wiring::OneToOne | Wiring::Shift(_) => 1.0,
        Wiring::Random(p) => p * columns,
        Wiring::InDegree(n) => *n as f64,
        Wiring::OutDegree(n) => *n as f64 * columns / rows,
        Wiring::Total(n) => *n as f64 / rows,
        Wiring::Pairs(pairs) => pairs.len() as f64 / rows,
    }
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
        Wiring::Pairs(pairs) => listed(rows, columns, pairs)?,
        drawn => {
            let graph = graph(drawn, rows, columns, seed, name)?;
            let pairs = || {
                let of = |c: usize| graph.target[graph.start[c] as usize..graph.start[c + 1] as usize].iter().map(move |r| (*r, c as u32));
                (0..columns).flat_map(of)
            };
            // By receiving neuron: the same sort, with the two exchanged.
            let turned = Graph::of_pairs(rows, columns, pairs());
            Wires::Sparse { start: turned.start, column: turned.target }
        }
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
pub(super) fn weights(
    link: &Link,
    projection: &Projection,
    groups: &[Group],
    network: &Network,
    factors: Option<[f64; 2]>,
    seed: u64,
) -> Tensor {
    let (rows, columns) = (groups[link.to].size, groups[link.from].size);
    let key = link_key(seed, &link.name, "weights");
    let shape = match &link.wires {
        Wires::Dense => [rows, columns],
        Wires::OneToOne => [rows, 1],
        Wires::Sparse { column, .. } => [column.len(), 1],
    };
    let count = shape[0] * shape[1];
    let spread = spread(link, projection, groups, network, count);
    let factors = factors.unwrap_or([1.0; 2]);
    let draw = drawn(&projection.weights.value, spread, key);
    Tensor {
        name: link.name.clone(),
        unit: Unit::ONE,
        shape,
        learned: projection.learn.unwrap_or(true),
        decays: true,
        bounds: None,
        values: (0..count as u64).map(draw).map(|w| w * factors[usize::from(w < 0.0)]).collect(),
    }
}

/// The standard deviation of weights that give the drive a variance of 1, of `count` weights.
pub(super) fn spread(link: &Link, projection: &Projection, groups: &[Group], network: &Network, count: usize) -> f64 {
    let fan_in = (count as f64 / groups[link.to].size as f64).max(1.0);
    // Several projections into one population share its variance.
    let together = network.projections.iter().filter(|p| p.to.value == projection.to.value).count() as f64;
    1.0 / (fan_in * together * groups[link.from].mean_square).sqrt()
}

/// What draws the `k`-th weight.
pub(super) fn drawn(weights: &Weights, spread: f64, key: Key) -> impl Fn(u64) -> f64 + use<> {
    let weights = *weights;
    let (mu, sigma) = match weights {
        Weights::Lognormal(mean, sd) => log_of(mean, sd),
        _ => (0.0, 0.0),
    };
    move |k: u64| match weights {
        Weights::UnitVariance => spread * key.normal(k, 0),
        Weights::Normal(mean, sd) => mean + sd * key.normal(k, 0),
        Weights::Uniform(a, b) => a + (b - a) * key.uniform(k, 0),
        Weights::Lognormal(..) => homolog_base::math::exp(mu + sigma * key.normal(k, 0)),
        Weights::Constant(c) => c,
    }
}

/// Mean and standard deviation of the logarithm of what has this mean and standard deviation.
pub(super) fn log_of(mean: f64, sd: f64) -> (f64, f64) {
    let variance = homolog_base::math::ln(1.0 + sd * sd / (mean * mean));
    (homolog_base::math::ln(mean) - 0.5 * variance, variance.sqrt())
}
