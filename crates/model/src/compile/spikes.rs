//! When within a step spikes are, and spikes that are given.

use super::{Kind, Resolved};
use crate::events::Strength;
use crate::model::{Arrival, Group, Link, Spike, Stream};
use crate::network::{Located, Network, Population, Projection, SpikeTimes};
use homolog_base::Diagnostic;
use homolog_ir::mechanism::is_draw;
use homolog_ir::passes;

/// Whether the spikes of a population have a time within their step.
pub(super) fn interpolated(network: &Network, population: &Population, resolved: &Resolved) -> bool {
    let said = population.spikes.as_ref().or(network.spikes.as_ref()).is_some_and(|s| s.value == SpikeTimes::Interpolated);
    said && resolved.spikes() && !by_chance(resolved)
}

/// Whether it is drawn step by step who spikes: then there is no time within a step.
fn by_chance(resolved: &Resolved) -> bool {
    let Kind::Neuron(m, _) = resolved.kind else { return false };
    let (Some(rule), Ok(step)) = (&m.spike, m.step()) else { return false };
    // What the condition reads is drawn anew, and does not go on from where it was.
    let anew =
        |name: &str| passes::sources(&step, name).is_some_and(|from| from.iter().any(|n| is_draw(n)) && !from.iter().any(|n| n == name));
    rule.condition.inputs.iter().any(|p| is_draw(&p.name) || anew(&p.name))
}

/// Spikes that cannot have a time within a step: said, where that was asked for.
pub(super) fn misplaced(network: &Network, resolved: &[Resolved], still: bool) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let error = |text: String| Diagnostic::error("model-spikes", text);
    for (p, r) in network.populations.iter().zip(resolved) {
        let Some(s) = &p.spikes else { continue };
        if !r.spikes() {
            let d = error(format!("`{}` sends values, and no spikes that would have a time", p.name.value));
            out.push(network.locate(d, s.span, "means nothing here").hint("remove the line"));
        } else if s.value == SpikeTimes::Interpolated && by_chance(r) {
            let d = error(format!("it is drawn step by step whether `{}` spikes, so there is no time within a step", p.neuron.value));
            let hint = "leave it out, or take a population of `spikes` with `poisson`, whose spikes are drawn in time without steps";
            out.push(network.locate(d, s.span, "asked for here").hint(hint));
        }
    }
    let said = |s: Option<&Located<SpikeTimes>>| s.filter(|s| s.value == SpikeTimes::Interpolated).map(|s| s.span);
    let first = said(network.spikes.as_ref()).or_else(|| network.populations.iter().find_map(|p| said(p.spikes.as_ref())));
    let some = || network.populations.iter().zip(resolved).any(|(p, r)| interpolated(network, p, r));
    if let Some(span) = first.filter(|_| !still && some()) {
        let d = error("gradients are taken of spikes on the grid, not of times within steps".into());
        let hint = "leave out `spikes = \"interpolated\"` (`--spikes interpolated`); or `learn = false` in every projection and `bias = false` in every population, and nothing is learned";
        out.push(network.locate(d, span, "asked for here").hint(hint));
    }
    out
}

/// Rules that hear spikes by whole steps although those have times within them: warnings.
pub(super) fn by_steps(network: &Network, resolved: &[Resolved]) -> Vec<Diagnostic> {
    let within =
        |name: &&Located<String>| network.population(name).is_some_and(|k| interpolated(network, &network.populations[k], &resolved[k]));
    let warn = |p: &Projection| {
        let heard = p.plasticity.iter().flat_map(|u| u.signals.values());
        let name = [&p.from, &p.to].into_iter().chain(heard).find(within)?;
        let text = format!("a rule of plasticity takes the spikes of `{}` by the steps in which they are", name.value);
        let d = network.locate(Diagnostic::warning("model-spikes", text), p.plasticity[0].rule.span, "this rule");
        Some(d.hint("their times within steps are kept by other projections and by rasters"))
    };
    network.projections.iter().filter(|p| !p.plasticity.is_empty()).filter_map(warn).collect()
}

/// So many parts of spikes are counted at one neuron: of each connection those of two ticks may arrive in one.
const MOST: usize = (u32::MAX / (2 * Spike::PARTS)) as usize;

/// Projections by which more spikes with a time within their step may arrive at one neuron at once than can be counted.
pub(super) fn beyond_counting(network: &Network, made: &[(Link, &Projection)], streams: &[Stream], groups: &[Group]) -> Vec<Diagnostic> {
    let in_parts = |s: &Stream| Arrival::of(&groups[s.from], &groups[s.to], s.target) == Arrival::InParts;
    let counted = |s: &&Stream| in_parts(s) && s.events.len() > MOST && matches!(s.events.strength, Strength::Shared(_));
    let of = |s: &Stream| {
        let mut at = vec![0usize; s.events.receivers];
        s.events.each(|_, _, receiver| at[receiver] += 1);
        let most = at.into_iter().max().filter(|n| *n > MOST)?;
        let (_, p) = made.iter().find(|(l, _)| l.name == s.name)?;
        let text =
            format!("{most} connections of `{}` end at one neuron, and the parts of their spikes would be too many to count", s.name);
        let d = network.locate(Diagnostic::error("model-spikes", text), p.span, "this projection");
        Some(d.hint(format!("at most {MOST} may where spikes are interpolated: make it several projections, or leave spikes on the grid")))
    };
    streams.iter().filter(counted).filter_map(of).collect()
}

/// Recorded spikes that are to have times within steps, and are all where steps end: a warning, as those of a population on the grid look so.
pub(super) fn recorded_on_the_grid(network: &Network, population: &Population, resolved: &Resolved, dt: f64) -> Option<Diagnostic> {
    let table = population.spike_table.as_ref().filter(|t| t.value.recorded && interpolated(network, population, resolved))?;
    let mut all = population.times.iter().flat_map(|t| &t.value).map(|ms| Spike::at(ms / dt, 0)).peekable();
    all.peek()?;
    if all.any(|s| s.within != 0) {
        return None;
    }
    let text = format!(
        "all spikes of `{}` are where steps of {dt} ms end, as a raster has those of a population on the grid",
        population.name.value
    );
    let d = network.locate(Diagnostic::warning("model-times", text), table.value.file.span, "they are taken to be there");
    Some(d.hint("to play back a population on the grid as it was, a step sooner, give this one `spikes = \"grid\"`"))
}

/// The spikes of a population that are given, in order.
pub(super) fn given(network: &Network, population: &Population, interpolated: bool, dt: f64) -> Result<Vec<Spike>, Vec<Diagnostic>> {
    let (mut out, mut problems): (Vec<Spike>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    let table = population.spike_table.as_ref();
    if let Some(t) = table.filter(|_| population.times.is_empty()) {
        let d = Diagnostic::error("model-times", format!("`{}` has not been read", t.value.file.value));
        return Err(vec![network.locate(d, t.value.file.span, "this table")]);
    }
    let recorded = table.is_some_and(|t| t.value.recorded);
    for (n, times) in population.times.iter().enumerate() {
        let n = n as u32;
        let spike = |ms: &f64| match interpolated {
            true => Spike::at(ms / dt, n),
            false => Spike { tick: tick_of(*ms, dt, recorded), neuron: n, within: 0 },
        };
        let spikes: Vec<Spike> = times.value.iter().map(spike).collect();
        if let Some(k) = (1..spikes.len()).find(|k| spikes[*k].tick == spikes[k - 1].tick) {
            let (a, b) = (times.value[k - 1], times.value[k]);
            let text = format!("the spikes of neuron {n} at {a} and {b} ms fall in one step of {dt} ms, which has one at most");
            let d = network.locate(Diagnostic::error("model-times", text), times.span, "its times");
            problems.push(d.hint("take a shorter step, or leave one of them out"));
        }
        out.extend(spikes);
    }
    out.sort_unstable();
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}

/// The tick of a spike that is given: the one that begins at its time, or nearest to it. Of a recorded one the tick in which its time lies, or which
/// ends then, as a raster has the ends of ticks and, of cells, what is between.
fn tick_of(ms: f64, dt: f64, recorded: bool) -> i64 {
    let ticks = ms / dt;
    // The end of a tick may be a rounding error after its time.
    if recorded { ((ticks * (1.0 - 8.0 * f64::EPSILON)).ceil() as i64 - 1).max(0) } else { ticks.round() as i64 }
}
