//! What a `[[record]]` rule of a description means in the compiled structure: which variable of which group, at which place.

use crate::compile::weight_factors;
use crate::events::Strength;
use crate::model::{Anatomy, Clock, Group, Model};
use crate::network::{Located, Network, Projection, RecordRule};
use crate::runner::{Observable, Probe};
use homolog_base::{Diagnostic, Span, Unit};
use homolog_ir::mechanism::{INSTEAD_OF_THE_OUTSIDE, OF_THE_OUTSIDE};
use std::ops::Range;

/// Name of the potential outside of a cell, that of a local field, as a variable to record.
pub const LFP: &str = "lfp";
/// Who spiked when, as a variable to record: a row for each spike, in a table of its own.
pub const RASTER: &str = "raster";

/// The weights of a projection, as a variable to record at intervals, in a table of their own.
pub const WEIGHTS: &str = "weights";

/// A variable to record, by name.
#[derive(Clone, PartialEq, Debug)]
pub struct Recorded {
    /// What follows the neuron in the name of a column: `soma(0.5).v`, or `v` where a neuron has no places.
    pub label: String,
    /// Unit of its numbers.
    pub unit: Unit,
    /// What a runner is asked for: [`Observable::Site`], [`Observable::Sum`] or [`Observable::Spikes`], so `ticks x neurons x batch`.
    pub probe: Probe,
    /// The neurons that it sees: all, or those of one kind.
    pub neurons: Range<usize>,
    /// Those of them that are wanted.
    pub wanted: Vec<usize>,
}

/// A population whose spikes are listed.
#[derive(Clone, PartialEq, Debug)]
pub struct Raster {
    /// Index of the group.
    pub group: usize,
    /// The neurons that are wanted, in order; all when none are named.
    pub wanted: Option<Vec<usize>>,
}

impl Raster {
    /// Whether the spikes of a neuron are listed.
    pub fn wants(&self, neuron: usize) -> bool {
        self.wanted.as_ref().is_none_or(|w| w.binary_search(&neuron).is_ok())
    }
}

/// A projection whose weights are recorded.
#[derive(Clone, PartialEq, Debug)]
pub struct RecordedWeights {
    /// Name: `input->cells`.
    pub name: String,
    /// Number of the stream.
    pub stream: usize,
    /// What a runner is asked for: [`Observable::Weights`], sizes of weights.
    pub probe: Probe,
    /// What a size is multiplied by to be a weight in `unit`, with its sign.
    pub factor: f64,
    /// The unit that the description gives weights; none where they are dimensionless.
    pub unit: Option<Unit>,
    /// Ticks between; none for the beginning and the end alone.
    pub every: Option<usize>,
}

impl RecordedWeights {
    /// Whether weights are recorded when so many ticks of all have been.
    pub fn wants(&self, tick: usize, all: usize) -> bool {
        tick == 0 || tick == all || self.every.is_some_and(|e| tick.is_multiple_of(e))
    }

    /// Sizes of the weights before a run, in the order of the connections.
    pub fn first<'m>(&self, model: &'m Model) -> impl Iterator<Item = f64> + 'm {
        let stream = &model.streams[self.stream];
        let sign = stream.plasticity.as_ref().map_or(1.0, |p| p.sign);
        let weights = match &stream.everywhere().0.strength {
            Strength::Each(weights) => &weights[..],
            Strength::Shared(_) => &[],
        };
        // Of potential connections some are not there.
        let structure = stream.plasticity.as_ref().and_then(|p| p.structure);
        let there = move |k: usize| structure.is_none_or(|s| s.begins(k));
        weights.iter().enumerate().map(move |(k, w)| if there(k) { sign * f64::from(*w) } else { 0.0 })
    }
}

/// Resolves the rules of a network that record weights, in their order.
///
/// # Errors
/// Projections that there are not, or whose weights do not change; intervals that are no whole number of steps; what is recorded twice. All at once.
pub fn weights(network: &Network, model: &Model) -> Result<Vec<RecordedWeights>, Vec<Diagnostic>> {
    let (mut out, mut problems): (Vec<RecordedWeights>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    for rule in &network.weight_recordings {
        let mut say = |text: String, span: Span, label: &str, hint: &str| {
            problems.push(network.locate(Diagnostic::error("model-record", text), span, label).hint(hint));
        };
        let between = |p: &&Projection| p.from.value == rule.from.value && p.to.value == rule.to.value;
        let wanted = |p: &&Projection| rule.name.as_ref().is_none_or(|n| p.called() == n.value);
        let those = format!("from `{}` to `{}`", rule.from.value, rule.to.value);
        let all: Vec<&Projection> = network.projections.iter().filter(between).filter(wanted).collect();
        let p = match (&all[..], &rule.name) {
            ([p], _) => *p,
            ([], Some(name)) => {
                let names: Vec<String> = network.projections.iter().filter(between).map(|p| format!("`{}`", p.called())).collect();
                let hint = format!("there are {}", if names.is_empty() { "none".into() } else { names.join(", ") });
                say(format!("there is no projection `{}` {those}", name.value), name.span, "whose weights?", &hint);
                continue;
            }
            ([], None) => {
                say(format!("there is no projection {those}"), rule.span, "whose weights?", "name its `from` and `to`");
                continue;
            }
            (several, _) => {
                let names: Vec<String> = several.iter().map(|p| format!("`{}`", p.called())).collect();
                let hint = format!("add `name = ...`: they are {}", names.join(", "));
                say(format!("there are {} projections {those}", several.len()), rule.span, "which of them?", &hint);
                continue;
            }
        };
        let name = p.called();
        let found = model.streams.iter().enumerate().find_map(|(k, s)| Some((k, s, s.plasticity.as_ref().filter(|_| s.name == name)?)));
        let Some((stream, s, plasticity)) = found else {
            let hint = "give the projection `plasticity`, or remove the entry: the weights are those that it starts with";
            say(format!("weights of `{name}` do not change in a run"), rule.span, "nothing to record", hint);
            continue;
        };
        let every = rule.every.as_ref().map(|e| (e, e.value / model.dt));
        if let Some((e, steps)) = every.filter(|(_, steps)| *steps < 0.5 || (steps.round() - steps).abs() > 1e-9 * steps) {
            let text = format!("{} ms are {steps:.3} steps of {} ms", e.value, model.dt);
            say(text, e.span, "how often", "choose a whole number of steps");
            continue;
        }
        if out.iter().any(|o| o.name == name) {
            say(format!("weights of `{name}` are recorded twice"), rule.span, "the second time", "remove one of the two");
            continue;
        }
        // It was compiled with them.
        let factors = weight_factors(&model.groups[s.to], s.target, p.unit.as_ref()).unwrap_or([1.0; 2]);
        out.push(RecordedWeights {
            name,
            stream,
            probe: Probe { group: s.to, what: Observable::Weights(stream) },
            factor: plasticity.sign / factors[usize::from(plasticity.sign < 0.0)],
            unit: p.unit.as_ref().map(|u| u.value),
            every: every.map(|(_, steps)| steps.round() as usize),
        });
    }
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}

/// The populations whose spikes rules of a network list, in the order of the groups. With `all` also every other that spikes.
///
/// # Errors
/// Populations that there are not or that do not spike, also of rules that record something else; what is recorded twice. All at once.
pub fn rasters(network: &Network, model: &Model, all: bool) -> Result<Vec<Raster>, Vec<Diagnostic>> {
    resolve(network, model)?;
    let of = |g: usize| {
        let named = network.recordings.iter().find(|r| r.variable.value == RASTER && r.population.value == model.groups[g].name);
        let wanted = named.and_then(|r| r.neurons.as_ref()).map(|n| {
            let mut n = n.value.clone();
            n.sort_unstable();
            n
        });
        (named.is_some() || all && model.groups[g].spikes).then_some(Raster { group: g, wanted })
    };
    Ok((0..model.groups.len()).filter_map(of).collect())
}

/// Resolves the rules of a network, in their order, but for those that list spikes, see [`rasters`]. Without rules: the potential of every
/// population of cells where it spikes.
///
/// # Errors
/// Populations, branches and variables that there are not, or not there; what is recorded twice. All at once.
pub fn resolve(network: &Network, model: &Model) -> Result<Vec<Recorded>, Vec<Diagnostic>> {
    let mut out: Vec<(Recorded, Span)> = Vec::new();
    let mut problems = Vec::new();
    let all = model.groups.iter().filter(|g| g.anatomy.is_some()).map(|g| RecordRule {
        population: g.name.as_str().into(),
        variable: "v".into(),
        ..RecordRule::default()
    });
    problems.extend(weights(network, model).err().unwrap_or_default());
    let rules =
        if network.recordings.is_empty() && network.weight_recordings.is_empty() { all.collect() } else { network.recordings.clone() };
    for (n, rule) in rules.iter().enumerate() {
        let twice = |all: &[Recorded]| {
            let same = |a: &Recorded| out.iter().find(|(o, _)| o.probe.group == a.probe.group && o.label == a.label);
            all.iter().find_map(|a| same(a).map(|(_, first)| (a.label.clone(), *first)))
        };
        match one(network, model, rule, n) {
            Ok(all) if rule.variable.value == RASTER => {
                let same = |r: &&RecordRule| r.variable.value == RASTER && r.population.value == rule.population.value;
                if let Some(first) = rules[..n].iter().find(same) {
                    let text = format!("spikes of `{}` are listed twice", rule.population.value);
                    let d = network.locate(Diagnostic::error("model-duplicate", text), rule.span, "the second time");
                    problems.push(network.locate(d, first.span, "the first time").hint("remove one of the two"));
                }
                debug_assert!(all.is_empty(), "no trace");
            }
            Ok(all) => match twice(&all) {
                Some((label, first)) => {
                    let text = format!("`{label}` of `{}` is recorded twice", rule.population.value);
                    let d = network.locate(Diagnostic::error("model-duplicate", text), rule.span, "the second time");
                    problems.push(network.locate(d, first, "the first time").hint("remove one of the two"));
                }
                None => out.extend(all.into_iter().map(|r| (r, rule.span))),
            },
            Err(d) => problems.push(*d),
        }
    }
    if problems.is_empty() { Ok(out.into_iter().map(|(r, _)| r).collect()) } else { Err(problems) }
}

/// At least one: one for each kind of neuron that has what rule `n` records.
fn one(network: &Network, model: &Model, rule: &RecordRule, n: usize) -> Result<Vec<Recorded>, Box<Diagnostic>> {
    let at = |d: Diagnostic, word: &Located<String>, label: &str| Box::new(network.locate(d, word.span, label));
    let name = &rule.population;
    let Some(g) = model.group(name) else {
        let d = Diagnostic::error("model-unknown-population", format!("there is no population `{}`", name.value));
        return Err(at(d.suggest(name, model.groups.iter().map(|g| g.name.as_str())), name, "unknown population"));
    };
    let group = &model.groups[g];
    if group.clock != Clock::Tick {
        let d = Diagnostic::error("model-record", format!("`{}` has no state that moves in time", name.value));
        return Err(at(d.hint("record a population of neurons that step in time"), name, &format!("its neuron is `{}`", group.neuron)));
    }
    if let Some(d) = misnamed(network, rule, group) {
        return Err(Box::new(d));
    }
    if ["spikes", RASTER].contains(&rule.variable.value.as_str()) {
        if let Some(branch) = &rule.branch {
            let d = Diagnostic::error("model-record", "spikes belong to the whole neuron and have no branch");
            return Err(at(d.hint("remove the line, or record `v` there"), branch, &format!("not with `{}`", rule.variable.value)));
        }
        if !group.spikes {
            let d = Diagnostic::error("model-record", format!("`{}` does not spike", name.value));
            return Err(at(d, &rule.variable, &format!("its neuron is `{}`", group.neuron)));
        }
        if rule.variable.value == RASTER {
            return Ok(vec![]);
        }
        let probe = Probe { group: g, what: Observable::Spikes };
        let (neurons, wanted) = (0..group.size, wanted(rule, 0..group.size));
        return Ok(vec![Recorded { label: "spikes".into(), unit: Unit::ONE, probe, neurons, wanted }]);
    }
    if rule.variable.value == LFP {
        let recorded = |k: usize| {
            let (s, copies) = (&model.sums[k], group.copies());
            let probe = Probe { group: g, what: Observable::Sum(k) };
            let neurons = s.kind * copies..(s.kind + 1) * copies;
            Recorded { label: s.name.clone(), unit: s.unit, probe, wanted: wanted(rule, neurons.clone()), neurons }
        };
        let all: Vec<Recorded> = (0..model.sums.len()).filter(|k| model.sums[*k].rule == n).map(recorded).collect();
        if !all.is_empty() {
            return Ok(all);
        }
        let d = Diagnostic::error("model-lfp", format!("`{}` is not made of cells, so no currents flow along it", name.value));
        return Err(at(
            d.hint("exchange its neuron for a cell whose file says where its branches are"),
            &rule.variable,
            "not outside of this",
        ));
    }
    let Some(k) = group.variables.iter().position(|v| v.name == rule.variable.value) else {
        if OF_THE_OUTSIDE.contains(&rule.variable.value.as_str()) {
            let d = Diagnostic::error("cell-extracellular", format!("`{}` is not computed", rule.variable.value));
            return Err(at(d.hint(INSTEAD_OF_THE_OUTSIDE), &rule.variable, "of the space outside"));
        }
        let d = Diagnostic::error("model-record", format!("`{}` has no variable `{}`", group.neuron, rule.variable.value));
        let names = group.variables.iter().map(|v| v.name.as_str()).chain(group.spikes.then_some(["spikes", RASTER]).into_iter().flatten());
        return Err(at(d.suggest(&rule.variable, names), &rule.variable, "unknown variable"));
    };
    let (variable, copies) = (&group.variables[k], group.copies());
    let recorded = |kind: usize, site: usize, place: Option<String>| {
        let label = place.map_or_else(|| variable.name.clone(), |p| format!("{p}.{}", variable.name));
        let probe = Probe { group: g, what: Observable::Site(k, site) };
        let neurons = kind * copies..(kind + 1) * copies;
        Recorded { label, unit: variable.unit, probe, wanted: wanted(rule, neurons.clone()), neurons }
    };
    match &group.anatomy {
        None => match &rule.branch {
            Some(branch) => {
                let d = Diagnostic::error("model-record", format!("`{}` is not made of cells, so it has no branch", name.value));
                Err(at(d.hint("remove the line, or exchange the neuron for a cell"), branch, "no branches"))
            }
            None => Ok(vec![recorded(0, 0, None)]),
        },
        Some(anatomy) => {
            let found: Vec<_> = (0..group.kinds()).map(|kind| in_cell(network, group, anatomy, rule, k, kind)).collect();
            if found.iter().all(Result::is_err) {
                return Err(found.into_iter().find_map(Result::err).expect("all are"));
            }
            // A kind may lack what others have.
            Ok(found.into_iter().enumerate().filter_map(|(kind, f)| f.ok().map(|(site, place)| recorded(kind, site, place))).collect())
        }
    }
}

/// The neurons of a range that a rule wants, in their order.
fn wanted(rule: &RecordRule, of: Range<usize>) -> Vec<usize> {
    let Some(named) = &rule.neurons else { return of.collect() };
    let mut wanted: Vec<usize> = named.value.iter().copied().filter(|n| of.contains(n)).collect();
    wanted.sort_unstable();
    wanted
}

/// That a rule names neurons that there are not, or one twice, or none.
fn misnamed(network: &Network, rule: &RecordRule, group: &Group) -> Option<Diagnostic> {
    let named = rule.neurons.as_ref()?;
    let say =
        |text: String, hint: String| Some(network.locate(Diagnostic::error("model-record", text), named.span, "these neurons").hint(hint));
    if named.value.is_empty() {
        return say("no neuron is named, so nothing is recorded".into(), "name some, or remove the line for all".into());
    }
    if let Some(n) = named.value.iter().find(|n| **n >= group.size) {
        let last = group.size.saturating_sub(1);
        return say(format!("`{}` has no neuron {n}", group.name), format!("its neurons are 0 to {last}"));
    }
    let mut sorted = named.value.clone();
    sorted.sort_unstable();
    let twice = sorted.windows(2).find(|w| w[0] == w[1])?;
    say(format!("neuron {} is named twice", twice[0]), "name each once".into())
}

/// The place of variable `k` of a kind of neuron in its column, and what it is called; no name where the whole neuron has one number.
fn in_cell(
    network: &Network,
    group: &Group,
    anatomy: &Anatomy,
    rule: &RecordRule,
    k: usize,
    kind: usize,
) -> Result<(usize, Option<String>), Box<Diagnostic>> {
    let at = |d: Diagnostic, word: &Located<String>, label: &str| Box::new(network.locate(d, word.span, label));
    let potential = group.tree.as_ref().is_some_and(|t| t.potential == k);
    let where_it_is = &anatomy.of_variable[k];
    if !potential && where_it_is.is_empty() {
        return match &rule.branch {
            Some(branch) => {
                let text = format!("`{}` belongs to the whole neuron and has no branch", rule.variable.value);
                Err(at(Diagnostic::error("model-record", text).hint("remove the line"), branch, "means nothing here"))
            }
            None => Ok((kind, None)),
        };
    }
    let position = rule.position.unwrap_or(0.5);
    let (compartment, branch) = match &rule.branch {
        None => (anatomy.spike_at[kind], anatomy.compartments[anatomy.spike_at[kind]].0.as_str()),
        Some(branch) => match anatomy.at(kind, branch, position) {
            Some(c) => (c, branch.value.as_str()),
            None => {
                let d = Diagnostic::error("cell-unknown-branch", format!("`{}` has no branch `{}`", group.neuron, branch.value));
                return Err(at(d.suggest(branch, anatomy.compartments.iter().map(|c| c.0.as_str())), branch, "unknown branch"));
            }
        },
    };
    // Of the potential there is one in every compartment, and junctions come after them.
    let site = if potential { Some(compartment) } else { where_it_is.iter().position(|c| *c as usize == compartment) };
    match site {
        Some(site) => Ok((site, Some(format!("{branch}({position:?})")))),
        None => {
            let mut there: Vec<&str> = Vec::new();
            for c in where_it_is {
                let name = anatomy.compartments[*c as usize].0.as_str();
                if !there.contains(&name) {
                    there.push(name);
                }
            }
            let text = format!("there is no `{}` at `{branch}({position:?})` of `{}`", rule.variable.value, group.neuron);
            let d = at(Diagnostic::error("model-record", text), &rule.variable, "not there");
            let shown: Vec<String> = there.iter().take(MOST_BRANCHES).map(|b| format!("`{b}`")).collect();
            let more =
                if there.len() > MOST_BRANCHES { format!(" and {} more branches", there.len() - MOST_BRANCHES) } else { String::new() };
            Err(Box::new(d.hint(format!("it is in {}{more}", shown.join(", ")))))
        }
    }
}

/// So many branches are named in a hint.
const MOST_BRANCHES: usize = 8;

/// Where a potential rises through a threshold between two samples, on the straight line between them, as a share of the way from 0 to 1; none if it does
/// not. It rises from at most the threshold to above it, as the spikes of a run do.
pub fn rise(before: f64, after: f64, threshold: f64) -> Option<f64> {
    (before <= threshold && after > threshold).then(|| share(before, after, threshold))
}

/// When a potential rose through a threshold in a tick that is known to hold a spike: by a straight line between its values at the tick's two ends.
///
/// `dt` in ms; potentials in one unit. Within `tick dt` and `(tick + 1) dt`, ms, whatever the values.
pub fn crossing(dt: f64, tick: usize, before: f64, after: f64, threshold: f64) -> f64 {
    (tick as f64 + share(before, after, threshold)) * dt
}

fn share(before: f64, after: f64, threshold: f64) -> f64 {
    let share = (threshold - before) / (after - before);
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 1.0 }
}

/// When a tick ends, ms: when recorded variables have the values of its row.
pub fn end_of_tick(dt: f64, tick: usize) -> f64 {
    at(dt, (tick + 1) as f64)
}

/// When so many ticks have passed, ms. The decimal number that is meant, where steps are decimal, and not what a product of binary fractions makes of it.
pub fn at(dt: f64, ticks: f64) -> f64 {
    let t = ticks * dt;
    let decimal = (t * 1e9).round() / 1e9;
    if (decimal - t).abs() <= 4.0 * f64::EPSILON * t { decimal } else { t }
}

#[cfg(test)]
mod tests {
    use super::{at, crossing, end_of_tick, rise};

    #[test]
    fn a_crossing_lies_on_the_line_between_the_ends_of_its_tick() {
        assert_eq!(crossing(0.1, 10, -30.0, -10.0, -20.0), 10.5 * 0.1);
        assert_eq!(crossing(0.1, 0, 5.0, 5.0, 5.0), 0.1);
    }

    #[test]
    fn a_potential_rises_when_it_was_not_above_and_is_now() {
        assert_eq!(rise(-30.0, -10.0, -20.0), Some(0.5));
        assert_eq!(rise(-20.0, -10.0, -20.0), Some(0.0));
        assert_eq!((rise(-30.0, -20.0, -20.0), rise(-10.0, -30.0, -20.0), rise(f64::NAN, 0.0, -20.0)), (None, None, None));
    }

    #[test]
    fn ends_of_ticks_are_decimal_where_the_step_is() {
        assert_eq!(end_of_tick(0.1, 2), 0.3);
        assert_eq!(end_of_tick(0.025, 3999), 100.0);
        assert_eq!((at(0.1, 111.0), at(0.1, 3.5)), (11.1, 0.35));
        assert_eq!(end_of_tick(1.0 / 3.0, 0), 1.0 / 3.0);
    }
}
