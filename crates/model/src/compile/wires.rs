//! Projections: where they arrive, which weights they have, and where those start.

use super::delays::whole_delay;
use super::{Kind, Resolved, link_key};
use crate::convolution::{Kernel, Windows};
use crate::distinct::{self, Without};
use crate::events::Graph;
use crate::model::{Group, Link, Target, Wires};
use crate::network::{Network, Projection, Weights, Wiring};
use crate::params::Tensor;
use crate::space::Ends;
use crate::spread::Spread;
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
        let mut name = p.called();
        let base = format!("{name}#");
        let same = made.iter().filter(|l| l.name == name || l.name.starts_with(&base)).count();
        if same > 0 {
            name += &format!("#{}", same + 1);
        }
        if let Err((span, text)) = distinct::possible(&p.wiring.value, &p.copies, columns, rows, from == to) {
            let d = network.locate(Diagnostic::error("model-copies", text), span, "asked for here");
            problems.push(network.locate(d, p.wiring.span, "of this rule"));
            continue;
        }
        if let Err(text) = drawn(network, p).and_then(|w| w.spread(1.0).map_or(Ok(()), Spread::possible)) {
            let d = network.locate(Diagnostic::error("model-weights", text), p.weights.span, "these weights");
            let said = network.populations[from].sends.as_ref();
            problems.push(said.map_or(d.clone(), |s| network.locate(d, s.span, "what the population sends")));
            continue;
        }
        if let Some((d, Err(text))) = p.delay.as_ref().and_then(|d| Some((d, d.value.spread()?.possible()))) {
            problems.push(network.locate(Diagnostic::error("model-delay", text), d.span, "these delays"));
            continue;
        }
        if let (Wiring::Convolution(_), true) = (&p.wiring.value, p.learns()) {
            let d =
                Diagnostic::error("model-convolution", "weights of a convolution are shared, and gradients would change each by itself");
            problems.push(network.locate(d, p.wiring.span, "a convolution").hint("add `learn = false` to this projection"));
            continue;
        }
        // What carries events alone is wired when the weights are known.
        let eventful = events && still;
        let made_of = if eventful {
            p.wiring.value.fits(columns, rows).map(|()| Wires::Sparse { start: vec![], column: vec![] })
        } else {
            expand(network, p, columns, rows, seed, &name)
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
        if let Some(d) = p.delay.as_ref().filter(|d| d.value.differs() && !eventful) {
            let text = "delays that differ are for spikes in a network that learns nothing";
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

/// Where the neurons at both ends of a projection are.
///
/// # Errors
/// They have no common space.
pub(super) fn ends(network: &Network, p: &Projection, seed: u64) -> Result<Ends, String> {
    let at = |name: &str| {
        let population =
            network.population(name).map(|k| &network.populations[k]).ok_or_else(|| format!("there is no population `{name}`"))?;
        let space = population.space.as_ref().ok_or_else(|| format!("`{name}` is nowhere: its population has no `space`"))?;
        space.value.fits(population.size.value)?;
        let positions = space.value.positions(population.size.value, link_key(seed, name, "positions"));
        Ok::<_, String>((space.value.sides(), space.value.periodic, positions))
    };
    let (from, to) = (at(&p.from)?, at(&p.to)?);
    if from.0.len() != to.0.len() || from.1 != to.1 || (from.1 && from.0 != to.0) {
        return Err(format!(
            "`{}` and `{}` are not in one space: its directions, and where it is periodic its sides, differ",
            p.from.value, p.to.value
        ));
    }
    Ok(Ends { from: from.2, to: to.2, around: from.1.then_some(from.0), same: p.from.value == p.to.value })
}

/// The connections of a rule, by sending neuron.
///
/// # Errors
/// Why they cannot be.
pub(super) fn graph(network: &Network, p: &Projection, senders: usize, receivers: usize, seed: u64, name: &str) -> Result<Graph, String> {
    let wiring = &p.wiring.value;
    wiring.fits(senders, receivers)?;
    let key = link_key(seed, name, "wiring");
    let without = Without::of(&p.copies, p.from.value == p.to.value);
    if let Some(graph) = distinct::graph(wiring, senders, receivers, without, key) {
        return Ok(graph);
    }
    let others = |pair: &(u32, u32)| !without.autapses || pair.0 != pair.1;
    let pairs = |of: &dyn Fn(u32) -> u32| Graph::of_pairs(senders, receivers, (0..senders as u32).map(|s| (s, of(s))));
    Ok(match wiring {
        Wiring::AllToAll if !without.autapses => Graph::all(senders, receivers),
        Wiring::AllToAll | Wiring::AllToOthers => {
            Graph::of_pairs(senders, receivers, Graph::all(senders, receivers).pairs().filter(|(s, r)| s != r))
        }
        Wiring::OneToOne => pairs(&|s| s),
        Wiring::Shift(n) => pairs(&|s| (i64::from(s) + n).rem_euclid(receivers as i64) as u32),
        Wiring::Random(p) if !without.autapses => Graph::random(senders, receivers, *p, key),
        Wiring::Random(p) => Graph::of_pairs(senders, receivers, Graph::random(senders, receivers, *p, key).pairs().filter(others)),
        Wiring::InDegree(n) => Graph::indegree(senders, receivers, *n, key),
        Wiring::OutDegree(n) => Graph::outdegree(senders, receivers, *n, key),
        Wiring::Total(n) => Graph::total(senders, receivers, *n, key),
        Wiring::Connected(_) => Graph::total(senders, receivers, wiring.expected(senders, receivers) as usize, key),
        Wiring::Distance(profile) => {
            let mut ends = ends(network, p, seed)?;
            ends.same &= !p.copies.autapses.as_ref().is_some_and(|a| a.value);
            ends.graph(*profile, key)
        }
        Wiring::Convolution(k) => Graph::of_pairs(senders, receivers, windows(network, p, k)?.graph().pairs().filter(others)),
        Wiring::SmallWorld(near, again) => crate::space::small_world(senders, *near, *again, key),
        Wiring::Pairs(pairs) => Graph::of_pairs(senders, receivers, pairs.iter().copied().filter(others)),
        Wiring::Table(t) => Graph::of_pairs(senders, receivers, t.listed.iter().flat_map(|l| l.pairs.iter().copied())),
    })
}

/// The same as wires, by receiving neuron where they are a list.
///
/// # Errors
/// Why they cannot be.
pub(super) fn expand(network: &Network, p: &Projection, senders: usize, receivers: usize, seed: u64, name: &str) -> Result<Wires, String> {
    p.wiring.value.fits(senders, receivers)?;
    Ok(match &p.wiring.value {
        Wiring::AllToAll if !Without::of(&p.copies, p.from.value == p.to.value).autapses => Wires::Dense,
        Wiring::OneToOne => Wires::OneToOne,
        _ => {
            // The same sort, with senders and receivers exchanged.
            let graph = graph(network, p, senders, receivers, seed, name)?;
            let turned = Graph::of_pairs(receivers, senders, graph.pairs().map(|(s, r)| (r, s)));
            Wires::Sparse { start: turned.start, column: turned.target }
        }
    })
}

/// The weights of a projection with the sign that its population sends.
///
/// # Errors
/// They cannot have it.
pub(super) fn drawn(network: &Network, p: &Projection) -> Result<Weights, String> {
    let sends = network.population(&p.from).and_then(|k| network.populations[k].sends.as_ref());
    sends.map_or(Ok(p.weights.value), |sign| p.weights.value.of_sign(sign.value))
}

/// Weights that follow from the connections, which come in some order; none where they are drawn. Those of a table come by sender, or by `receiver`.
pub(super) fn following(
    network: &Network,
    p: &Projection,
    (seed, key, unit): (u64, Key, f64),
    by_receiver: bool,
    pairs: impl Iterator<Item = (u32, u32)>,
) -> Result<Option<Vec<f64>>, String> {
    match (p.weights.value, &p.wiring.value) {
        (Weights::Distance(profile), _) => {
            let ends = ends(network, p, seed)?;
            Ok(Some(pairs.map(|(s, r)| profile.at(ends.distance(s as usize, r as usize))).collect()))
        }
        (Weights::Column(scale), Wiring::Table(t)) => {
            let listed = t.listed.as_ref().filter(|l| l.weights.len() == l.pairs.len()).ok_or("no table gives these weights")?;
            let mut order: Vec<usize> = (0..listed.pairs.len()).collect();
            if by_receiver {
                order.sort_by_key(|k| (listed.pairs[*k].1, listed.pairs[*k].0));
            }
            Ok(Some(order.into_iter().map(|k| scale * listed.weights[k]).collect()))
        }
        (Weights::Kernel(_), w) if !matches!(w, Wiring::Convolution(k) if !k.numbers.is_empty()) => {
            Err("weights of a kernel need a wiring that is a convolution with numbers".into())
        }
        // One number for each place of the window, whoever hears through it.
        (weights, Wiring::Convolution(kernel)) => {
            let windows = windows(network, p, kernel)?;
            let each: Vec<f64> = match weights {
                Weights::Kernel(scale) => kernel.numbers.iter().map(|x| scale * x).collect(),
                _ => {
                    let spread = drawn(network, p)?.spread(unit).ok_or("nothing says what these weights are")?;
                    (0..kernel.places() as u64).map(spread.drawn(key)).collect()
                }
            };
            let sends = network.population(&p.from).and_then(|k| network.populations[k].sends.as_ref());
            if let Some(w) = each.iter().find(|w| sends.is_some_and(|s| !s.value.allows(**w))) {
                return Err(format!("a weight of {w}, which its population does not send"));
            }
            Ok(Some(pairs.map(|(s, r)| each[windows.place(s as usize, r as usize)]).collect()))
        }
        (Weights::Column(_), _) => Err("weights of a column need a wiring that is a table".into()),
        _ => Ok(None),
    }
}

/// The windows of a convolution.
fn windows<'k>(network: &Network, p: &Projection, kernel: &'k Kernel) -> Result<Windows<'k>, String> {
    let space = |name: &str| {
        let population =
            network.population(name).map(|k| &network.populations[k]).ok_or_else(|| format!("there is no population `{name}`"))?;
        let space = population.space.as_ref().ok_or_else(|| format!("`{name}` is nowhere: its population has no `space`"))?;
        space.value.fits(population.size.value).map(|()| &space.value)
    };
    kernel.between(space(&p.from)?, space(&p.to)?)
}

/// The column of delays of the table of a projection, by sender.
pub(super) fn column(p: &Projection) -> Result<&[f64], String> {
    match &p.wiring.value {
        Wiring::Table(t) => {
            t.listed.as_ref().filter(|l| l.delays.len() == l.pairs.len()).map(|l| &l.delays[..]).ok_or("no table gives these delays".into())
        }
        _ => Err("delays of a column need a wiring that is a table".into()),
    }
}

/// The weights of a link as they start.
///
/// # Errors
/// Why they cannot be.
pub(super) fn weights(
    link: &Link,
    projection: &Projection,
    groups: &[Group],
    network: &Network,
    factors: [f64; 2],
    seed: u64,
) -> Result<Tensor, String> {
    let (rows, columns) = (groups[link.to].size, groups[link.from].size);
    let key = link_key(seed, &link.name, "weights");
    let shape = match &link.wires {
        Wires::Dense => [rows, columns],
        Wires::OneToOne => [rows, 1],
        Wires::Sparse { column, .. } => [column.len(), 1],
    };
    let count = shape[0] * shape[1];
    let pairs: Box<dyn Iterator<Item = (u32, u32)>> = match &link.wires {
        Wires::Dense => Box::new((0..rows as u32).flat_map(|r| (0..columns as u32).map(move |s| (s, r)))),
        Wires::OneToOne => Box::new((0..rows as u32).map(|r| (r, r))),
        Wires::Sparse { start, column } => {
            let of = |(r, own): (usize, &[u32])| column[own[0] as usize..own[1] as usize].iter().map(move |s| (*s, r as u32));
            Box::new(start.windows(2).enumerate().flat_map(of))
        }
    };
    let values = match following(network, projection, (seed, key, unit_variance(link, projection, groups, network, count)), true, pairs)? {
        Some(values) => values,
        None => {
            let spread = drawn(network, projection)?.spread(unit_variance(link, projection, groups, network, count));
            let draw = spread.ok_or("nothing says what these weights are")?.drawn(key);
            (0..count as u64).map(draw).collect()
        }
    };
    let sends = network.population(&projection.from).and_then(|k| network.populations[k].sends.as_ref());
    Ok(Tensor {
        name: link.name.clone(),
        unit: Unit::ONE,
        shape,
        learned: projection.learns(),
        decays: true,
        bounds: sends.map(|s| s.value.bounds()),
        values: values.into_iter().map(|w| w * factors[usize::from(w < 0.0)]).collect(),
    })
}

/// The standard deviation of weights that give the drive a variance of 1, of `count` weights.
pub(super) fn unit_variance(link: &Link, projection: &Projection, groups: &[Group], network: &Network, count: usize) -> f64 {
    let fan_in = (count as f64 / groups[link.to].size as f64).max(1.0);
    // Several projections into one population share its variance.
    let together = network.projections.iter().filter(|p| p.to.value == projection.to.value).count() as f64;
    1.0 / (fan_in * together * groups[link.from].mean_square).sqrt()
}
