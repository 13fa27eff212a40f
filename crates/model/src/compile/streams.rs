//! What only spikes, and where variables start: projections that learn nothing, Poisson trains, initial numbers of each neuron.

use super::wires;
use super::{Kind, Resolved, link_key};
use crate::events::Events;
use crate::model::{Group, Link, Noise, Stream, Target, port};
use crate::network::{Delay, Located, Network, Population, Projection, Spread, Weights};
use homolog_base::{Diagnostic, Unit};
use homolog_ir::Interface;
use std::sync::Arc;

/// Whether nothing in a network is learned.
pub(super) fn still(network: &Network, resolved: &[Resolved]) -> bool {
    let biased = |(p, r): (&Population, &Resolved)| {
        let possible = match r.kind {
            Kind::Input | Kind::Spikes => false,
            Kind::Neuron(_, i) => i.drive.is_some(),
            Kind::Cell(c) => c.bias.is_some(),
        };
        possible && p.bias.unwrap_or(true)
    };
    network.projections.iter().all(|p| p.learn == Some(false))
        && network.populations.iter().zip(resolved).all(|(p, r)| p.learn.is_empty() && !biased((p, r)))
}

/// Whether all that drives a population is given in physical units, so that the size of a dimensionless weight is nobody's concern.
pub(super) fn absolute(network: &Network, population: &Population) -> bool {
    let mut units = network.projections.iter().filter(|p| p.to.value == population.name.value).map(|p| p.unit.is_some());
    let mut noise = network.noise.iter().filter(|n| n.population.value == population.name.value).map(|n| n.unit.is_some());
    population.bias == Some(false) && units.all(|u| u) && noise.all(|u| u)
}

/// Where spikes arrive at a point neuron.
pub(super) fn target(interface: &Interface) -> Target {
    if interface.positive.is_some() || interface.negative.is_some() { Target::BySign } else { Target::Own }
}

/// A weight as the port takes it: dimensionless, and at which of the ports.
fn at_port(group: &Group, target: Target, weight: f64, unit: Option<&Located<Unit>>) -> Result<(usize, f64), String> {
    let name = match target {
        Target::BySign if weight < 0.0 => port::NEGATIVE,
        Target::BySign => port::POSITIVE,
        _ => port::ARRIVE,
    };
    let Some(k) = group.arrivals.iter().position(|a| a.name == name) else {
        let sign = if weight < 0.0 { "negative" } else { "positive" };
        return Err(format!("`{}` has no receptor for {sign} weights", group.neuron));
    };
    let Some(unit) = unit else { return Ok((k, weight)) };
    let (_, size, own) = group.event_sizes.iter().find(|s| s.0 == name).expect("every port has a size");
    match unit.value.factor_to(own) {
        Some(factor) => Ok((k, weight * factor / size)),
        None => Err(format!("an event at `{}` is in {own}, not in {}", group.neuron, unit.value)),
    }
}

/// What a dimensionless weight of this sign is multiplied by; 1 where weights have no unit.
pub(super) fn factors(group: &Group, target: Target, unit: Option<&Located<Unit>>) -> Result<[f64; 2], String> {
    if unit.is_none() {
        return Ok([1.0; 2]);
    }
    match target {
        Target::BySign => {
            let of = |sign: f64| at_port(group, target, sign, unit).map(|w| w.1 * sign);
            let (positive, negative) = (of(1.0), of(-1.0));
            // Weights of one sign need the receptor of that sign alone.
            match (positive, negative) {
                (Err(e), Err(_)) => Err(e),
                (p, n) => Ok([p.unwrap_or(1.0), n.unwrap_or(1.0)]),
            }
        }
        Target::Own => at_port(group, target, 1.0, unit).map(|w| [w.1; 2]),
        _ => Err("values have no unit".into()),
    }
}

/// Makes the stream of a link.
pub(super) fn stream(
    network: &Network,
    link: &Link,
    projection: &Projection,
    groups: &[Group],
    dt: f64,
    seed: u64,
) -> Result<Stream, Diagnostic> {
    let located = |text: String| network.locate(Diagnostic::error("model-weights", text), projection.weights.span, "these weights");
    let (rows, columns) = (groups[link.to].size, groups[link.from].size);
    let graph = wires::graph(&projection.wiring.value, rows, columns, seed, &link.name).map_err(located)?;
    let factors = factors(&groups[link.to], link.target, projection.unit.as_ref()).map_err(located)?;
    let spread = wires::spread(link, projection, groups, network, graph.target.len());
    let draw = wires::drawn(&projection.weights.value, spread, link_key(seed, &link.name, "weights"));
    let scaled = |k: usize| {
        let w = draw(k as u64);
        w * factors[usize::from(w < 0.0)]
    };
    let shared = if let Weights::Constant(_) = projection.weights.value { Some(scaled(0)) } else { None };
    let key = link_key(seed, &link.name, "delays");
    let steps = |ms: f64| (ms / dt).round().clamp(1.0, 1e7) as u32;
    let (mu, sigma) = match projection.delay.as_ref().map(|d| d.value) {
        Some(Delay::Lognormal(mean, sd)) => wires::log_of(mean, sd),
        _ => (0.0, 0.0),
    };
    let delay = |k: usize| match projection.delay.as_ref().map(|d| d.value) {
        Some(Delay::Uniform(a, b)) => steps(a + (b - a) * key.uniform(k as u64, 0)),
        Some(Delay::Normal(mean, sd)) => steps(mean + sd * key.normal(k as u64, 0)),
        Some(Delay::Lognormal(..)) => steps(homolog_base::math::exp(mu + sigma * key.normal(k as u64, 0))),
        _ => link.delay as u32,
    };
    let one = projection.delay.as_ref().is_none_or(|d| !d.value.varies()).then_some(link.delay as u32);
    let events = Events::new(&graph, rows, (shared, one), |k| scaled(k) as f32, delay);
    Ok(Stream { name: link.name.clone(), from: link.from, to: link.to, target: link.target, events: Arc::new(events) })
}

/// Poisson trains of a group.
pub(super) fn noise(network: &Network, group: &Group, interface: &Interface, dt: f64, seed: u64) -> Result<Vec<Noise>, Diagnostic> {
    let mine = network.noise.iter().filter(|n| n.population.value == group.name);
    mine.enumerate()
        .map(|(k, n)| {
            let (port, weight) = at_port(group, target(interface), n.weight.value, n.unit.as_ref())
                .map_err(|text| network.locate(Diagnostic::error("model-noise", text), n.weight.span, "this weight"))?;
            let key = link_key(seed, &group.name, "noise").numbered(k as u64);
            let weight = if target(interface) == Target::BySign { weight.abs() } else { weight };
            Ok(Noise { port, mean: n.rate.value * dt, weight, key })
        })
        .collect()
}

/// Numbers that variables start with.
pub(super) fn starts(network: &Network, population: &Population, group: &Group, seed: u64) -> Result<Vec<(usize, Vec<f64>)>, Diagnostic> {
    population
        .starts
        .iter()
        .map(|s| {
            let locate = |d: Diagnostic, label: &str| network.locate(d, s.variable.span, label);
            let Some(k) = group.variables.iter().position(|v| v.name == s.variable.value) else {
                let d = Diagnostic::error("model-start", format!("`{}` has no variable `{}`", group.neuron, s.variable.value));
                return Err(locate(d.suggest(&s.variable, group.variables.iter().map(|v| v.name.as_str())), "unknown variable"));
            };
            let own = group.variables[k].unit;
            let Some(factor) = s.unit.map_or(Some(1.0), |u| u.factor_to(&own)) else {
                let d = Diagnostic::error("model-unit", format!("`{}` of `{}` is in {own}", s.variable.value, group.neuron));
                return Err(locate(d, "in another unit"));
            };
            let key = link_key(seed, &group.name, "start").named(&s.variable.value);
            let draw = |n: u64| match s.spread {
                Spread::Constant(x) => x,
                Spread::Uniform(a, b) => a + (b - a) * key.uniform(n, 0),
                Spread::Normal(mean, sd) => mean + sd * key.normal(n, 0),
            };
            Ok((k, (0..group.size as u64).map(|n| factor * draw(n)).collect()))
        })
        .collect()
}
