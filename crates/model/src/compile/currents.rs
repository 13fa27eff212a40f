//! Currents that are injected: into places of cells as clamps, into point neurons as what is added to their drive.

use super::streams;
use crate::model::{Clamp, Clock, Group, Injection};
use crate::network::{CourseTable, Located, Network, Population, Stimulus};
use homolog_base::{Diagnostic, Unit};
use homolog_ir::{Interface, Mechanism, Signal};

/// The clamps of all cells; what cannot be injected anywhere is said.
pub(super) fn clamps(network: &Network, groups: &[Group], dt: f64, problems: &mut Vec<Diagnostic>) -> Vec<Clamp> {
    let mut out = Vec::new();
    for s in &network.stimuli {
        match clamp(network, s, groups, dt) {
            Ok(c) => out.extend(c),
            Err(d) => problems.push(d),
        }
    }
    out
}

/// A current clamp as mean currents of ticks: one for each kind of neuron that has its branch. None of point neurons, which have theirs.
fn clamp(network: &Network, s: &Stimulus, groups: &[Group], dt: f64) -> Result<Vec<Clamp>, Diagnostic> {
    let unknown = |d: Diagnostic, l: &Located<String>, label: &str| network.locate(d, l.span, label);
    let Some(g) = groups.iter().position(|g| g.name == s.population.value) else {
        let d = Diagnostic::error("model-unknown-population", format!("there is no population `{}`", s.population.value));
        return Err(unknown(d.suggest(&s.population, groups.iter().map(|g| g.name.as_str())), &s.population, "unknown population"));
    };
    if groups[g].clock == Clock::Input || groups[g].is_given() {
        let d = Diagnostic::error("model-clamp", format!("`{}` receives nothing", s.population.value));
        return Err(unknown(d, &s.population, "a current would go nowhere"));
    }
    let Some(anatomy) = &groups[g].anatomy else { return Ok(vec![]) };
    let chosen = s.neurons.as_ref().map(|n| n.span).or(s.named.first().map(|n| n.span));
    if let Some(span) = chosen {
        let d = Diagnostic::error(
            "model-clamp",
            format!("a current into cells, such as `{}`, is one into all of the population", s.population.value),
        );
        return Err(network.locate(d, span, "only of point neurons").hint("make these cells a population of their own"));
    }
    if s.branch.is_empty() {
        let d = Diagnostic::error(
            "model-missing-key",
            format!("`{}` is made of cells: into which `branch` does the current flow?", s.population.value),
        );
        return Err(network.locate(d, s.span, "this stimulus").hint("add a line such as `branch = \"soma\"`"));
    }
    let sites: Vec<usize> = (0..groups[g].kinds()).filter_map(|kind| anatomy.at(kind, &s.branch, s.position)).collect();
    if sites.is_empty() {
        let d = Diagnostic::error("cell-unknown-branch", format!("`{}` has no branch `{}`", groups[g].neuron, s.branch.value));
        let names = anatomy.compartments.iter().map(|c| c.0.as_str());
        return Err(unknown(d.suggest(&s.branch, names), &s.branch, "unknown branch"));
    }
    let steps = steps(network, s, &Unit::parse("nA").expect("a unit"), &format!("a current into `{}`", groups[g].neuron), dt)?;
    Ok(sites.into_iter().map(|site| Clamp { group: g, site, steps: steps.clone() }).collect())
}

/// What is injected into point neurons.
pub(super) fn injected(
    network: &Network,
    population: &Population,
    (mechanism, interface): (&Mechanism, &Interface),
    dt: f64,
) -> Result<Vec<Injection>, Vec<Diagnostic>> {
    let (mut out, mut problems) = (Vec::new(), Vec::new());
    for s in network.stimuli.iter().filter(|s| s.population.value == population.name.value) {
        match injection(network, population, (mechanism, interface), s, dt) {
            Ok(i) => out.push(i),
            Err(d) => problems.push(d),
        }
    }
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}

fn injection(
    network: &Network,
    population: &Population,
    (mechanism, interface): (&Mechanism, &Interface),
    s: &Stimulus,
    dt: f64,
) -> Result<Injection, Diagnostic> {
    if interface.signal != Signal::Spike || interface.drive.is_none() {
        let d = Diagnostic::error("model-clamp", format!("`{}` has no drive to which a current could be added in time", mechanism.name));
        return Err(network
            .locate(d, s.population.span, "not into this")
            .hint("name a population that spikes and declares a DRIVE, or of cells"));
    }
    if !s.branch.is_empty() {
        let d = Diagnostic::error(
            "model-clamp",
            format!("`{}` is not made of cells, so it has no branch `{}`", population.name.value, s.branch.value),
        );
        return Err(network.locate(d, s.branch.span, "no cells").hint("remove the line: the current is added to its drive"));
    }
    let neurons = match &s.neurons {
        None => None,
        Some(chosen) => {
            let size = population.size.value;
            if let Some(n) = chosen.value.iter().find(|n| **n >= size) {
                let d = Diagnostic::error("model-clamp", format!("`{}` has no neuron {n}", population.name.value));
                return Err(network.locate(d, chosen.span, &format!("its {size} neurons are numbered from 0")));
            }
            if chosen.value.is_empty() {
                let d = Diagnostic::error("model-clamp", "no neuron is named, so nothing is injected");
                return Err(network.locate(d, chosen.span, "these neurons").hint("name some, or remove the line for all"));
            }
            let mut all: Vec<u32> = chosen.value.iter().map(|n| *n as u32).collect();
            all.sort_unstable();
            if let Some(twice) = all.windows(2).find(|w| w[0] == w[1]) {
                let d = Diagnostic::error("model-clamp", format!("neuron {} is named twice", twice[0]));
                return Err(network.locate(d, chosen.span, "these neurons").hint("name each once; several currents add up"));
            }
            Some(all)
        }
    };
    let unit = streams::drive_unit(mechanism, interface);
    let steps = steps(network, s, &unit, &format!("the drive of `{}`", mechanism.name), dt)?;
    Ok(Injection { neurons, steps })
}

/// Mean currents of ticks, in a unit.
fn steps(network: &Network, s: &Stimulus, unit: &Unit, what: &str, dt: f64) -> Result<Vec<(i64, f64)>, Diagnostic> {
    let factor = |own: &Unit, span| {
        own.factor_to(unit).ok_or_else(|| {
            network.locate(Diagnostic::error("model-unit", format!("{what} is in {unit}, not in {own}")), span, "in another unit")
        })
    };
    let nanoampere = Unit::parse("nA").expect("a unit");
    match &s.course {
        Some(c) => {
            let Some(listed) = &c.value.listed else {
                let d = Diagnostic::error("model-clamp", format!("`{}` has not been read", c.value.file.value));
                return Err(network.locate(d, c.value.file.span, "this table"));
            };
            let span = c.value.unit.as_ref().map_or(c.value.value.span, |u| u.span);
            let factor = factor(&listed.1, if span == Default::default() { c.span } else { span })?;
            Ok(of_course(&listed.0, factor, dt))
        }
        None => {
            let own = s.unit.as_ref().map_or(&nanoampere, |u| &u.value);
            let factor = factor(own, s.amplitude.span)?;
            Ok(of_step(s.delay.value, s.duration.value, if factor == 1.0 { s.amplitude.value } else { factor * s.amplitude.value }, dt))
        }
    }
}

/// A time in ticks; those a rounding error apart are one.
fn snapped(ms: f64, dt: f64) -> f64 {
    let x = ms / dt;
    if (x - x.round()).abs() < 1e-6 { x.round() } else { x }
}

/// A step of current as mean currents of ticks, so that its charge is exact whatever the time step.
fn of_step(delay: f64, duration: f64, amplitude: f64, dt: f64) -> Vec<(i64, f64)> {
    let (begin, end) = (snapped(delay, dt), snapped(delay + duration, dt));
    let share = |k: f64| (end.min(k + 1.0) - begin.max(k)).max(0.0) * amplitude;
    let mut ticks: Vec<f64> = vec![begin.floor(), begin.floor() + 1.0, end.floor(), end.floor() + 1.0];
    ticks.retain(|k| *k >= begin.floor());
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    let mut steps: Vec<(i64, f64)> = ticks.into_iter().map(|k| (k as i64, share(k))).collect();
    steps.dedup_by(|a, b| a.1.to_bits() == b.1.to_bits());
    steps
}

/// A course as mean currents of ticks: what begins at a time holds until the next, the last for ever.
fn of_course(course: &[(f64, f64)], factor: f64, dt: f64) -> Vec<(i64, f64)> {
    let begins: Vec<f64> = course.iter().map(|c| snapped(c.0, dt)).collect();
    let value = |k: usize| factor * course[k].1;
    let mut out: Vec<(i64, f64)> = Vec::new();
    let mut at = 0;
    while at < begins.len() {
        // All that begins within this tick.
        let tick = begins[at].floor();
        let last = (at..begins.len()).take_while(|k| begins[*k] < tick + 1.0).last().unwrap_or(at);
        if begins[at] > tick || last > at {
            let before = if at == 0 { 0.0 } else { value(at - 1) };
            let parts = (at..=last).map(|k| {
                let end = if k == last { tick + 1.0 } else { begins[k + 1] };
                (end - begins[k]) * value(k)
            });
            out.push((tick as i64, (begins[at] - tick) * before + parts.sum::<f64>()));
            out.push((tick as i64 + 1, value(last)));
        } else {
            out.push((tick as i64, value(at)));
        }
        at = last + 1;
    }
    // Of two entries for a tick the later one is right.
    let mut steps: Vec<(i64, f64)> = Vec::with_capacity(out.len());
    for (tick, i) in out {
        if steps.last().is_some_and(|s| s.0 == tick) {
            steps.pop();
        }
        if steps.last().is_none_or(|s| s.1.to_bits() != i.to_bits()) {
            steps.push((tick, i));
        }
    }
    steps
}

/// The currents of a course between its changes: begin and end (ms), the last of which is `end`, and value (nA).
pub(super) fn pulses(course: &CourseTable, end: f64) -> Vec<(f64, f64, f64)> {
    let Some(listed) = &course.listed else { return vec![] };
    let factor = listed.1.factor_to(&Unit::parse("nA").expect("a unit")).unwrap_or(1.0);
    let ends = listed.0.iter().skip(1).map(|c| c.0.min(end)).chain([end]);
    listed.0.iter().zip(ends).filter(|(c, end)| c.0 < *end).map(|(c, end)| (c.0, end, factor * c.1)).collect()
}

#[cfg(test)]
mod tests {
    use super::{of_course, of_step, pulses};
    use crate::network::CourseTable;
    use homolog_base::Unit;
    use std::sync::Arc;

    #[test]
    fn between_its_changes_a_course_is_pulses_and_those_after_the_end_are_none() {
        let listed = Arc::new((vec![(1.0, 500.0), (2.5, -100.0), (60.0, 7.0)], Unit::parse("pA").unwrap()));
        let course = CourseTable { listed: Some(listed), ..CourseTable::default() };
        let near = |a: (f64, f64, f64), b: (f64, f64, f64)| a.0 == b.0 && a.1 == b.1 && (a.2 - b.2).abs() < 1e-12;
        let all = pulses(&course, 60.0);
        assert!(all.len() == 2 && near(all[0], (1.0, 2.5, 0.5)) && near(all[1], (2.5, 60.0, -0.1)), "{all:?}");
    }

    #[test]
    fn the_charge_of_a_course_is_exact_whatever_the_step() {
        let course = [(0.3, 2.0), (1.0, -1.0), (1.05, 4.0), (1.1, 0.5), (3.0, 0.0)];
        let exact = |end: f64| -> f64 {
            let ends = course.iter().skip(1).map(|c| c.0).chain([f64::INFINITY]);
            course.iter().zip(ends).map(|(c, to)| (to.min(end) - c.0).max(0.0) * c.1).sum()
        };
        for dt in [0.01, 0.1, 0.25, 0.7, 1.0, 4.0] {
            let steps = of_course(&course, 1.0, dt);
            let current = |k: i64| steps[..steps.partition_point(|s| s.0 <= k)].last().map_or(0.0, |s| s.1);
            let ticks = (8.0 / dt) as i64;
            let mut sum = 0.0;
            for k in 0..ticks {
                sum += current(k) * dt;
                let end = (k + 1) as f64 * dt;
                assert!((sum - exact(end)).abs() < 1e-9, "{sum} instead of {} until {end} at {dt}", exact(end));
            }
            assert!(steps.windows(2).all(|s| s[0].0 < s[1].0 && s[0].1 != s[1].1), "{steps:?}");
        }
    }

    #[test]
    fn a_course_of_one_step_is_a_step() {
        for dt in [0.025, 0.1, 0.3] {
            assert_eq!(of_course(&[(1.0, 0.5), (2.0, 0.0)], 1.0, dt), of_step(1.0, 1.0, 0.5, dt), "{dt}");
        }
    }
}
