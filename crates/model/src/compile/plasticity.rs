//! Rules of plasticity of projections: found in the library, with their numbers, and compiled for the connections.

use super::streams::{Made, factors};
use super::{Resolved, settings};
use crate::events::Strength;
use crate::library::Library;
use crate::model::{Clock, Group, Link, Stream};
use crate::network::{Located, Network, Precision, Projection, RuleUse, Structure};
use crate::plasticity::{self, Ends, Heard, Incoming, Normalise, Plasticity, Rule};
use homolog_base::{Diagnostic, Span, Unit};
use homolog_ir::{Mechanism, Role};
use std::sync::Arc;

/// Rules where none can act: said, and not left out.
pub(super) fn misplaced(network: &Network, resolved: &[Resolved], library: &Library, still: bool) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for p in &network.projections {
        let Some(first) = p.plasticity.first() else {
            if let Some(n) = &p.normalise {
                let d = Diagnostic::error("model-plasticity", "weights that do not change need no `normalise`");
                out.push(network.locate(d, n.span, "without a rule").hint("add `plasticity = \"stdp\"`, or remove the line"));
            }
            if let Some(s) = &p.structure {
                let d = Diagnostic::error("model-plasticity", "connections whose weights do not change do not come and go");
                out.push(network.locate(d, s.span, "without a rule").hint("add `plasticity = \"stdp\"`, or remove the line"));
            }
            continue;
        };
        out.extend(p.plasticity.iter().filter_map(|u| find(network, library, u).err()));
        let mut say = |text: String, hint: &str| {
            let d = network.locate(Diagnostic::error("model-plasticity", text), first.rule.span, "this rule");
            out.push(d.hint(hint));
        };
        if p.learn == Some(true) {
            say("weights that a rule changes have no gradient".into(), "remove `learn = true`");
        }
        let of = |name: &str| network.population(name).map(|k| &resolved[k]);
        let (Some(from), Some(to)) = (of(&p.from), of(&p.to)) else { continue };
        if !from.spikes() || !to.spikes() {
            let silent = if from.spikes() { &p.to } else { &p.from };
            say(
                format!("`{}` does not spike, and rules of plasticity act on spikes", silent.value),
                "choose neurons that spike at both ends",
            );
        } else if network.precision.as_ref().is_some_and(|p| p.value == Precision::Single) {
            say("a network with rules of plasticity is not run in 32-bit numbers".into(), "leave out `precision`");
        } else if !still {
            let hint = "set `learn = false` of the other projections and `bias = false` of the populations";
            say("a network with rules of plasticity learns nothing else".into(), hint);
        }
    }
    out
}

/// Populations whose signal a rule hears, and where it acts.
pub(super) fn heard(network: &Network) -> Vec<(usize, usize)> {
    let of = |p: &Projection| {
        let to = network.population(&p.to);
        p.plasticity.iter().flat_map(|u| u.signals.values()).filter_map(|s| Some((network.population(s)?, to?))).collect::<Vec<_>>()
    };
    network.projections.iter().flat_map(of).collect()
}

fn find<'l>(network: &Network, library: &'l Library, u: &RuleUse) -> Result<&'l Mechanism, Diagnostic> {
    let rules = || library.iter().filter(|m| m.role == Role::Plasticity).map(|m| m.name.as_str());
    match library.get(&u.rule) {
        Some(m) if m.role == Role::Plasticity => Ok(m),
        found => {
            let text = match found {
                Some(_) => format!("`{}` is no rule of plasticity", u.rule.value),
                None => format!("there is no rule of plasticity `{}`", u.rule.value),
            };
            let d = Diagnostic::error("model-unknown-rule", text).suggest(&u.rule, rules());
            Err(network.locate(d, u.rule.span, "a PLASTICITY of the library was expected"))
        }
    }
}

/// Weights of both signs to cells end at receptors of two kinds, and what a rule does to all weights of a neuron would be done to some: refused.
pub(super) fn of_one_sign(network: &Network, made: &[(Link, &Projection)], streams: &[Stream]) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for (k, s) in streams.iter().enumerate().filter(|(_, s)| s.plasticity.is_some()) {
        if streams[..k].iter().any(|other| other.plasticity.is_some() && other.name == s.name) {
            let Some((_, p)) = made.iter().find(|(l, _)| l.name == s.name) else { continue };
            let text =
                format!("weights from `{}` to `{}` are of both signs, and a rule changes those of one receptor", p.from.value, p.to.value);
            let d = network.locate(Diagnostic::error("model-plasticity", text), p.weights.span, "some of these are below 0, some are not");
            out.push(d.hint("let all be above 0, or all below; or choose a point neuron"));
        }
    }
    out
}

/// Gives a stream the rules of its projection.
pub(super) fn plastic(
    network: &Network,
    projection: &Projection,
    library: &Library,
    groups: &[Group],
    (dt, seed): (f64, u64),
    Made { mut stream, side, mut division }: Made,
) -> Result<Stream, Vec<Diagnostic>> {
    if projection.plasticity.is_empty() {
        return Ok(stream);
    }
    let mut problems = Vec::new();
    // A number in the unit of weights, dimensionless.
    let in_weights = |x: f64, unit: Option<Unit>, span: Span| -> Result<f64, Diagnostic> {
        let unit = unit.map(|u| Located::new(u, span));
        match factors(&groups[stream.to], stream.target, unit.as_ref()) {
            // Sizes of weights that are negative act where those do.
            Ok(f) => Ok(x * f[usize::from(x < 0.0 || side == 1)]),
            Err(text) => Err(network.locate(Diagnostic::error("model-unit", text), span, "in the unit of the weights")),
        }
    };
    let mut rules = Vec::new();
    for u in &projection.plasticity {
        match compiled(network, library, groups, stream.to, u, dt, &in_weights) {
            Ok(r) => rules.push(r),
            Err(e) => problems.extend(e),
        }
    }
    let interval = |ms: f64, span: Span, what: &str| -> Result<i64, Diagnostic> {
        let every = (ms / dt).round() as i64;
        if every >= 1 && (every as f64 * dt - ms).abs() <= 1e-9 * ms {
            return Ok(every);
        }
        let text = format!("{ms} ms is not a whole number of steps of {dt} ms");
        Err(network.locate(Diagnostic::error("model-time", text), span, what))
    };
    let normalise = projection.normalise.as_ref().and_then(|n| {
        let every = understood(interval(n.value.every, n.span, "how often weights are brought to their sum"), &mut problems);
        let sum = understood(in_weights(n.value.sum, n.value.unit, n.span), &mut problems);
        Some(Normalise { sum: sum?.abs(), every: every? })
    });
    let structure = projection.structure.as_ref().and_then(|s| {
        let Structure { every, prune, grow, weight, begin } = &s.value;
        let every = understood(interval(*every, s.span, "how often connections come and go"), &mut problems);
        let mut weigh = |(x, unit): &(f64, Option<Unit>)| understood(in_weights(*x, *unit, s.span), &mut problems).map(f64::abs);
        let (prune, weight) = (weigh(prune), weigh(weight));
        let key = super::link_key(seed, &stream.name, "structure");
        Some(plasticity::Structure { every: every?, prune: prune?, grow: *grow, weight: weight?, begin: *begin, key })
    });
    let group = &groups[stream.to];
    let mut heard: Vec<usize> = Vec::new();
    for (_, h) in rules.iter().flat_map(|r| &r.heard) {
        if let Heard::Variable(k) = h
            && !heard.contains(k)
        {
            heard.push(*k);
        }
    }
    let ends = Ends::new(group, side, &heard).unwrap_or_else(|(k, branch)| {
        let (name, span) = (&group.variables[k].name, projection.plasticity.first().map_or(Span::default(), |u| u.rule.span));
        let text = format!("weights onto `{}` end on its `{branch}`, where there is no `{name}` for a rule to hear", group.name);
        let d = network.locate(Diagnostic::error("model-plasticity", text), span, "this rule");
        problems.push(d.hint(format!("give every region that takes such weights a mechanism with `{name}`, or its receptors to others")));
        None
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    let e = Arc::make_mut(&mut stream.events);
    if let Strength::Shared(w) = e.strength {
        e.strength = Strength::Each(vec![w as f32; e.len()]);
    }
    if let Some(d) = &mut division {
        if let Strength::Shared(w) = d.events.strength {
            d.events.strength = Strength::Each(vec![w as f32; d.events.len()]);
        }
        let all = Group { here: None, ..group.clone() };
        d.ends = Ends::new(&all, side, &[]).ok().flatten();
    }
    let sign = if side == 1 { -1.0 } else { 1.0 };
    let incoming = Incoming::of(e, ends.as_ref(), group.computed());
    let plasticity = Plasticity { rules, incoming, ends, division, sign, normalise, structure };
    stream.plasticity = Some(Arc::new(plasticity));
    Ok(stream)
}

/// What was found, or what is wrong with it added to the problems.
fn understood<T>(found: Result<T, Diagnostic>, problems: &mut Vec<Diagnostic>) -> Option<T> {
    found.map_err(|d| problems.push(d)).ok()
}

fn compiled(
    network: &Network,
    library: &Library,
    groups: &[Group],
    to: usize,
    u: &RuleUse,
    dt: f64,
    in_weights: &dyn Fn(f64, Option<Unit>, Span) -> Result<f64, Diagnostic>,
) -> Result<Rule, Vec<Diagnostic>> {
    let m = find(network, library, u).map_err(|d| vec![d])?;
    let mut problems = Vec::new();
    let mut given = u.parameters.clone();
    for (name, setting) in &mut given {
        // What has no unit in the file of the rule, and one here, is a weight.
        let Some(unit) = setting.value.1.as_deref().and_then(|t| Unit::parse(t).ok()) else { continue };
        if m.parameter(name).is_some_and(|p| p.unit.same_dimension(&Unit::ONE)) && !unit.same_dimension(&Unit::ONE) {
            match in_weights(setting.value.0, Some(unit), setting.span) {
                Ok(x) => setting.value = (x.abs(), None),
                Err(d) => problems.push(d),
            }
        }
    }
    let locate = |d: Diagnostic, span: Span, label: &str| network.locate(d, span, label);
    let numbers = settings::read(m, given.iter().map(|(n, s)| (n.as_str(), s)), &locate, &mut problems);
    problems.extend(super::limits::defaults(library, m, |name| u.parameters.contains_key(name)));
    let mut signals = Vec::new();
    for (name, population) in &u.signals {
        let wrong = |text: String, label: &str| network.locate(Diagnostic::error("model-plasticity", text), population.span, label);
        if !m.reads.iter().any(|p| p.name == *name) {
            let known = m.reads.iter().map(|p| p.name.as_str()).chain(m.parameters.iter().map(|p| p.name.as_str()));
            problems.push(wrong(format!("`{}` hears nothing that it calls `{name}`", m.name), "unknown signal").suggest(name, known));
            continue;
        }
        match groups.iter().position(|g| g.name == population.value) {
            None => {
                let d = wrong(format!("there is no population `{}`", population.value), "unknown population");
                problems.push(d.suggest(population, groups.iter().map(|g| g.name.as_str())));
            }
            Some(k) if groups[k].size != 1 => {
                let text = format!("`{}` has {} neurons, and a signal comes from one", population.value, groups[k].size);
                problems.push(wrong(text, "more than one neuron").hint("let one neuron hear them, and name that"));
            }
            Some(k) => signals.push((name, if groups[k].clock == Clock::Tick { Heard::Spike(k) } else { Heard::Value(k) })),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let hear = |port: &str| {
        let variable = || groups[to].variables.iter().position(|v| v.name == port).map(Heard::Variable);
        signals.iter().find(|s| s.0 == port).map(|s| s.1).or_else(variable)
    };
    plasticity::rule(m, &numbers, dt, hear).map_err(|texts| {
        let names = m.reads.iter().map(|p| format!("`{}`", p.name)).collect::<Vec<_>>().join(", ");
        let hint = format!("it hears {names}: variables of the receiving neuron, or populations named here as `{{ rule = \"{}\", name = \"population\" }}`", m.name);
        let one = |t: String| network.locate(Diagnostic::error("model-plasticity", t), u.rule.span, "this rule").hint(hint.clone());
        texts.into_iter().map(one).collect()
    })
}

/// All that a run depends on, for a hash.
pub(super) fn text(p: &Plasticity) -> String {
    let mut out = format!("{} {:?}\n", p.sign, p.normalise);
    if let Some(s) = &p.structure {
        out += &format!("{s:?}\n");
    }
    for r in &p.rules {
        let start = |m: &plasticity::Memory| format!("{} {}", m.name, m.start.to_bits());
        let all = r.connection.iter().chain(&r.sender).chain(&r.receiver).map(start).collect::<Vec<_>>();
        out += &format!("{:?} {:?} {:?}\n", all, r.heard, r.transmits);
        for k in [&r.step, &r.arrive, &r.post, &r.send, &r.receive, &r.fire] {
            out += &k.to_string();
        }
    }
    out
}
