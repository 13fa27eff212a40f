//! What only spikes, and where variables start: projections that learn nothing, Poisson trains, initial numbers of each neuron.

use super::wires;
use super::{Kind, Resolved, link_key};
use crate::events::{Delays, Events, Graph, Strength, Whole};
use crate::model::{Group, Link, Noise, Sources, Stream, Target, port};
use crate::network::{Delay, Located, Network, NoiseCurrent, Population, Projection, Weights, Wiring};
use crate::plasticity::Division;
use homolog_base::{Diagnostic, Key, Unit};
use homolog_ir::{Interface, Mechanism};
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
    network.projections.iter().all(|p| !p.learns())
        && network.populations.iter().zip(resolved).all(|(p, r)| p.learn.is_empty() && !biased((p, r)))
}

/// Poisson trains and starts of populations that cannot have them: said, and not left out.
pub(super) fn unheard(network: &Network, resolved: &[Resolved]) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for n in &network.noise {
        match network.population(&n.population).map(|k| &resolved[k].kind) {
            Some(Kind::Neuron(..) | Kind::Cell(_)) => {}
            Some(_) => {
                let d = Diagnostic::error("model-noise", format!("`{}` receives nothing", n.population.value));
                out.push(network.locate(d, n.population.span, "trains would go nowhere"));
            }
            None => {
                let d = Diagnostic::error("model-unknown-population", format!("there is no population `{}`", n.population.value));
                let d = d.suggest(&n.population, network.populations.iter().map(|p| p.name.value.as_str()));
                out.push(network.locate(d, n.population.span, "unknown population"));
            }
        }
    }
    for n in &network.noise_currents {
        let at = |d: Diagnostic, label: &str| network.locate(d, n.population.span, label);
        match network.population(&n.population).map(|k| &resolved[k].kind) {
            Some(Kind::Neuron(m, i)) if i.dt > 0.0 && i.drive.is_some() => {
                let unit = drive_unit(m, i);
                if !n.unit.value.same_dimension(&unit) {
                    let text = format!("the drive of `{}` is in {unit}, not in {}", m.name, n.unit.value);
                    out.push(network.locate(Diagnostic::error("model-unit", text), n.unit.span, "in another unit"));
                }
            }
            Some(Kind::Neuron(m, _)) => {
                let d = Diagnostic::error("model-noise", format!("`{}` has no drive that could fluctuate from step to step", m.name));
                out.push(at(d, "not this population").hint("name a population of neurons that step in time and declare a DRIVE"));
            }
            Some(Kind::Cell(_)) => {
                let d = Diagnostic::error(
                    "model-noise",
                    format!("`{}` is made of cells, into which no current fluctuates yet", n.population.value),
                );
                out.push(at(d, "made of cells").hint("give it `poisson` and `weight`, for trains at its receptors"));
            }
            Some(_) => {
                let d = Diagnostic::error("model-noise", format!("`{}` receives nothing", n.population.value));
                out.push(at(d, "a current would go nowhere"));
            }
            None => {
                let d = Diagnostic::error("model-unknown-population", format!("there is no population `{}`", n.population.value));
                let d = d.suggest(&n.population, network.populations.iter().map(|p| p.name.value.as_str()));
                out.push(at(d, "unknown population"));
            }
        }
    }
    for (p, _) in network.populations.iter().zip(resolved).filter(|(_, r)| matches!(r.kind, Kind::Cell(_))) {
        for s in &p.starts {
            let d = Diagnostic::error("model-start", format!("`{}` is made of cells, which take no `start` yet", p.name.value));
            out.push(network.locate(d, s.variable.span, "would have no effect").hint("their file says `initial` in [membrane]"));
        }
    }
    out
}

/// Unit of the drive of a neuron.
pub(super) fn drive_unit(m: &Mechanism, interface: &Interface) -> Unit {
    let named = |name: &String| m.reads.iter().find(|p| p.name == *name).map(|p| p.unit);
    interface.drive.as_ref().and_then(named).unwrap_or(Unit::ONE)
}

/// The currents that fluctuate in each neuron of a population: mean and standard deviation in the unit of its drive, correlation time (ms).
pub(super) fn fluctuating(network: &Network, population: &Population, unit: Unit) -> Vec<[f64; 3]> {
    let mine = network.noise_currents.iter().filter(|n| n.population.value == population.name.value);
    // Units are like this one, or it has been said.
    let factor = |n: &NoiseCurrent| n.unit.value.factor_to(&unit).unwrap_or(1.0);
    mine.map(|n| [factor(n) * n.mean, factor(n) * n.deviation, n.tau]).collect()
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
pub(crate) fn factors(group: &Group, target: Target, unit: Option<&Located<Unit>>) -> Result<[f64; 2], String> {
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
        Target::Drive => {
            let (_, size, own) = group.event_sizes.iter().find(|s| s.0 == port::DRIVE).ok_or("its values have no unit")?;
            let given = unit.expect("just asked").value;
            let factor = given.factor_to(own).ok_or_else(|| format!("the drive of `{}` is in {own}, not in {given}", group.neuron))?;
            Ok([factor / size; 2])
        }
        _ => Err("values have no unit".into()),
    }
}

/// What draws the spikes of a population of Poisson processes.
pub(super) fn sources(population: &Population, seed: u64) -> Option<Sources> {
    let (each, correlation) = (population.poisson.as_ref()?.value, population.correlation.as_ref().map_or(0.0, |c| c.value));
    let rate = if correlation > 0.0 { each / correlation } else { each * population.size.value as f64 };
    Some(Sources { rate, key: link_key(seed, &population.name, "sources"), correlation })
}

/// A stream, and what is known of it beside.
pub(super) struct Made {
    pub stream: Stream,
    /// 1 where weights are negative: all of them or, to point neurons, none above and some below 0.
    pub side: usize,
    /// Of several processes, where a rule changes weights: all connections, and which of them these are.
    pub division: Option<Division>,
}

/// Connections with a sign and, for each, its place in the list of all.
type Built = Vec<(usize, Events, Vec<u32>)>;

/// Makes the stream of a link; to cells one for each sign that its weights have.
pub(super) fn streams(
    network: &Network,
    link: &Link,
    projection: &Projection,
    groups: &[Group],
    dt: f64,
    seed: u64,
) -> Result<Vec<Made>, Diagnostic> {
    let located = |text: String| network.locate(Diagnostic::error("model-weights", text), projection.weights.span, "these weights");
    let (rows, columns) = (groups[link.to].size, groups[link.from].size);
    let graph = wires::graph(network, projection, columns, rows, seed, &link.name).map_err(located)?;
    let to = &groups[link.to];
    let mut whole: Vec<Option<(Events, Vec<u32>)>> = vec![None, None];
    if !projection.plasticity.is_empty() && to.here.is_some() {
        // Weights that change are told and saved in the order that all connections have in one process.
        let all = Group { here: None, ..to.clone() };
        for (side, events, order) in build(network, (link, projection), groups, &all, graph.clone(), (dt, seed))? {
            whole[side] = Some((events, order));
        }
    }
    let made = |(side, events, order): (usize, Events, Vec<u32>)| {
        let division = whole[side].take().map(|(all, places)| {
            let mut at = vec![0u32; places.len().max(places.iter().map(|k| *k as usize + 1).max().unwrap_or(0))];
            places.iter().enumerate().for_each(|(k, place)| at[*place as usize] = k as u32);
            Division { own: order.iter().map(|k| at[*k as usize]).collect(), events: all, ends: None }
        });
        let stream = Stream {
            name: link.name.clone(),
            from: link.from,
            to: link.to,
            target: link.target,
            whole: Whole::of(&events, |row| to.neuron(row)),
            events: Arc::new(events),
            plasticity: None,
        };
        Made { stream, side, division }
    };
    Ok(build(network, (link, projection), groups, to, graph, (dt, seed))?.into_iter().map(made).collect())
}

/// Makes the connections of a link that end at the neurons of a group that are computed here.
fn build(
    network: &Network,
    (link, projection): (&Link, &Projection),
    groups: &[Group],
    to: &Group,
    graph: Graph,
    (dt, seed): (f64, u64),
) -> Result<Built, Diagnostic> {
    let located = |text: String| network.locate(Diagnostic::error("model-weights", text), projection.weights.span, "these weights");
    let factors = factors(to, link.target, projection.unit.as_ref()).map_err(located)?;
    let unit = wires::unit_variance(link, projection, groups, network, graph.target.len());
    let n = graph.target.len();
    let key = |of: &str| link_key(seed, &link.name, of);
    // Connections are built where they end. Their numbers are drawn by their places in the list of all, so that all processes draw the same.
    let (own, kept) = if to.here.is_some() { graph.onto(|r| to.computed_as(r)) } else { (Graph::default(), vec![]) };
    let here = |k: &usize| kept.is_empty() || kept[*k];
    let scaled = |w: f64| w * factors[usize::from(w < 0.0)];
    // Of the weights of all processes: whether some are above zero, and some below.
    let mut signs = [false; 2];
    let mut each = |weights: &mut dyn Iterator<Item = f64>| {
        let all = weights.take(n).enumerate().inspect(|(_, w)| signs = [signs[0] || *w > 0.0, signs[1] || *w < 0.0]);
        Strength::Each(all.filter(|(k, _)| here(k)).map(|(_, w)| scaled(w) as f32).collect())
    };
    let drawn = wires::drawn(network, projection).map_err(located)?;
    let spread = drawn.spread(unit).filter(|_| !matches!(projection.wiring.value, Wiring::Convolution(_)));
    let strength = match (drawn, spread) {
        (Weights::Constant(w), _) => Strength::Shared(scaled(w)),
        (_, Some(spread)) => each(&mut spread.many(key("weights"), n)),
        (_, None) => {
            let following = wires::following(network, projection, (seed, key("weights"), unit), false, graph.pairs()).map_err(located)?;
            each(&mut following.unwrap_or_default().into_iter())
        }
    };
    if let Strength::Shared(w) = strength {
        signs = [w > 0.0, w < 0.0];
    }
    // To the nearest step; a conversion truncates.
    let ticks = |ms: f64| (ms / dt + 0.5).clamp(1.0, f64::from(u16::MAX)) as u16;
    let delays = match projection.delay.as_ref().map(|d| d.value) {
        Some(Delay::Distance(base, speed)) => {
            let ends = wires::ends(network, projection, seed).map_err(located)?;
            let pairs = graph.pairs().enumerate().filter(|(k, _)| here(k)).map(|(_, pair)| pair);
            Delays::Each(pairs.map(|(s, r)| ticks(base + ends.distance(s as usize, r as usize) / speed)).collect())
        }
        Some(Delay::Column(scale)) => {
            let listed = wires::column(projection).map_err(located)?.iter().enumerate();
            Delays::Each(listed.filter(|(k, _)| here(k)).map(|(_, d)| ticks(scale * d)).collect())
        }
        other => match other.and_then(Delay::spread) {
            None => Delays::Shared(link.delay as u32),
            Some(spread) => {
                let drawn = (0..n).zip(spread.many(key("delays"), n));
                Delays::Each(drawn.filter(|(k, _)| here(k)).map(|(_, ms)| ticks(ms)).collect())
            }
        },
    };
    let graph = if to.here.is_some() { own } else { graph };
    let all = |order: Vec<u32>| -> Vec<u32> {
        if kept.is_empty() || projection.plasticity.is_empty() {
            return order;
        }
        let number: Vec<u32> = (0..kept.len() as u32).filter(|k| kept[*k as usize]).collect();
        order.into_iter().map(|k| number[k as usize]).collect()
    };
    if to.anatomy.is_none() {
        let (events, order) = Events::ordered(&graph, to.computed(), strength, delays);
        return Ok(vec![(usize::from(signs == [false, true]), events, all(order))]);
    }
    let of_sign = |sign: usize| {
        let (events, order) = at_places(&graph, to, sign, &strength, &delays, key("places"))?;
        Some((sign, events, all(order)))
    };
    // All processes know the signs of all weights, and make the same streams; weights of 0 are with those above.
    let there = |sign: &usize| if *sign == 0 { signs[0] || !signs[1] } else { signs[1] };
    Ok([0, 1].into_iter().filter(there).filter_map(of_sign).collect())
}

/// The connections of one sign, each to a place of its receiving neuron. They are spread like those that learn: see `cells::places`.
fn at_places(graph: &Graph, to: &Group, sign: usize, strength: &Strength, delays: &Delays, key: Key) -> Option<(Events, Vec<u32>)> {
    let (copies, places) = (to.here().len(), &to.anatomy.as_ref()?.receives[sign]);
    let sites = to.arrivals.iter().find(|a| a.name == [port::POSITIVE, port::NEGATIVE][sign])?.sites;
    let mine = |k: usize| match strength {
        Strength::Shared(w) => (*w < 0.0) == (sign == 1),
        Strength::Each(w) => (w[k] < 0.0) == (sign == 1),
    };
    // The connections of each receiving neuron, in the order of the senders.
    let mut start = vec![0u32; to.computed() + 1];
    graph.target.iter().for_each(|r| start[*r as usize + 1] += 1);
    (0..to.computed()).for_each(|r| start[r + 1] += start[r]);
    let (mut next, mut by_receiver) = (start.clone(), vec![0u32; graph.target.len()]);
    for (k, r) in graph.target.iter().enumerate() {
        by_receiver[next[*r as usize] as usize] = k as u32;
        next[*r as usize] += 1;
    }
    let mut row = vec![0u32; graph.target.len()];
    for (r, own) in start.windows(2).enumerate().filter(|(_, own)| own[0] < own[1]) {
        let (own, places) = (&by_receiver[own[0] as usize..own[1] as usize], &places[r / copies]);
        let number = to.neuron(r) as u64;
        let turn = key.numbered(number).permutation(own.len());
        let order = key.named("order").numbered(number).permutation(places.len());
        for (k, turn) in own.iter().zip(turn) {
            row[*k as usize] = places[order[turn % places.len()]] * copies as u32 + (r % copies) as u32;
        }
    }
    let kept: Vec<usize> = (0..row.len()).filter(|k| mine(*k)).collect();
    let sender = graph.start.windows(2).map(|own| kept.partition_point(|k| *k < own[0] as usize) as u32);
    let graph = Graph { start: sender.chain([kept.len() as u32]).collect(), target: kept.iter().map(|k| row[*k]).collect() };
    let strength = match strength {
        Strength::Shared(w) => Strength::Shared(*w),
        Strength::Each(w) => Strength::Each(kept.iter().map(|k| w[*k]).collect()),
    };
    let delays = match delays {
        Delays::Shared(d) => Delays::Shared(*d),
        Delays::Each(d) => Delays::Each(kept.iter().map(|k| d[*k]).collect()),
    };
    let (events, order) = Events::ordered(&graph, sites * copies, strength, delays);
    Some((events, order.into_iter().map(|k| kept[k as usize] as u32).collect()))
}

/// Poisson trains of a group.
pub(super) fn noise(network: &Network, group: &Group, target: Target, dt: f64, seed: u64) -> Result<Vec<Noise>, Diagnostic> {
    let mine = network.noise.iter().filter(|n| n.population.value == group.name);
    mine.enumerate()
        .map(|(k, n)| {
            let (port, weight) = at_port(group, target, n.weight.value, n.unit.as_ref())
                .map_err(|text| network.locate(Diagnostic::error("model-noise", text), n.weight.span, "this weight"))?;
            let key = link_key(seed, &group.name, "noise").numbered(k as u64);
            let weight = if target == Target::BySign { weight.abs() } else { weight };
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
            if group.variables[k].per_frame || s.variable.starts_with("noise.") {
                let why = if group.variables[k].per_frame { "begins at zero with every presentation" } else { "begins as it is drawn" };
                let d = Diagnostic::error("model-start", format!("`{}` of `{}` {why}", s.variable.value, group.name));
                return Err(locate(d, "a start would have no effect").hint("remove the line"));
            }
            let own = group.variables[k].unit;
            let Some(factor) = s.unit.map_or(Some(1.0), |u| u.factor_to(&own)) else {
                let d = Diagnostic::error("model-unit", format!("`{}` of `{}` is in {own}", s.variable.value, group.neuron));
                return Err(locate(d, "in another unit"));
            };
            let key = link_key(seed, &group.name, "start").named(&s.variable.value);
            let draw = s.spread.drawn(key);
            Ok((k, (0..group.size as u64).map(|n| factor * draw(n)).collect()))
        })
        .collect()
}
