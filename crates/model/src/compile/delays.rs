//! Times of a network in whole steps and whole frames, and what had to be rounded.

use super::{Kind, Resolved, resolve};
use crate::Located;
use crate::library::Library;
use crate::model::Spike;
use crate::network::{Delay, Network, Stimulus};
use homolog_base::Diagnostic;

/// Step and presentation of a network, ms: what it says, or the shortest step and the longest presentation of its neurons.
pub(super) fn time(network: &Network, resolved: &[Resolved]) -> (f64, f64) {
    let timed = || resolved.iter().filter_map(Resolved::time);
    let dt = network.dt.as_ref().map_or_else(|| timed().map(|t| t.0).fold(f64::INFINITY, f64::min), |d| d.value);
    let shown = network.presentation.as_ref().map_or_else(|| timed().map(|t| t.1).fold(0.0, f64::max), |d| d.value);
    (if dt.is_finite() { dt } else { 1.0 }, shown)
}

fn is_whole(time: f64, dt: f64) -> bool {
    ((time / dt).round() * dt - time).abs() <= 1e-9 * dt.max(time)
}

/// Times that neurons declare and that are no whole number of this network's steps, currents that begin after a presentation has
/// ended, and compartments that are too long: warnings with the numbers. Nothing is said of a network that cannot be compiled.
pub fn warnings(network: &Network, library: &Library) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let resolved: Vec<Resolved> = network.populations.iter().map(|p| resolve(network, p, library, &mut problems)).collect();
    if !problems.is_empty() {
        return Vec::new();
    }
    let (dt, shown) = time(network, &resolved);
    let mut out: Vec<Diagnostic> = Vec::new();
    let begins = |s: &Stimulus| match s.course.as_ref().and_then(|c| c.value.listed.as_ref()) {
        Some(listed) => listed.0.first().map_or(0.0, |c| c.0),
        None => s.delay.value,
    };
    for s in network.stimuli.iter().filter(|s| begins(s) >= shown) {
        let text = format!("a stimulus begins at {} ms, when a presentation of {shown} ms has ended", begins(s));
        let span = s.course.as_ref().map_or(s.delay.span, |c| c.span);
        let d = network.locate(Diagnostic::warning("model-stimulus-late", text), span, "after the end");
        let sooner = if s.course.is_some() { "begin the table sooner" } else { "shorten its delay" };
        out.push(d.hint(format!("only an input of several presentations in a row would see it: {sooner}, or show inputs for longer")));
    }
    let kinds = network.populations.iter().flat_map(|p| std::iter::once(&p.neuron).chain(&p.others));
    for d in kinds.filter_map(|word| library.cell(word)).filter_map(crate::discretise::coarse) {
        if !out.contains(&d) {
            out.push(d);
        }
    }
    out.extend(super::spikes::by_steps(network, &resolved));
    for (k, (population, r)) in network.populations.iter().zip(&resolved).enumerate() {
        let recorded = population.spike_table.as_ref().is_some_and(|t| t.value.recorded);
        let given = || population.times.iter().flat_map(|times| times.value.iter().map(move |t| (t, times.span)));
        // A recorded spike may be where a step ends.
        let within = super::spikes::interpolated(network, population, r);
        out.extend(super::spikes::recorded_on_the_grid(network, population, r, dt));
        let late = |t: f64| match (within, recorded) {
            (true, _) => Spike::at(t / dt, 0).tick >= (shown / dt).round() as i64,
            (_, true) => t > shown * (1.0 + 8.0 * f64::EPSILON),
            _ => (t / dt).round() >= (shown / dt).round(),
        };
        if let Some((t, span)) = given().filter(|(t, _)| late(**t)).min_by(|a, b| a.0.total_cmp(b.0)) {
            let after = given().filter(|(t, _)| late(**t)).count();
            let spikes = if after == 1 { "a spike comes".to_string() } else { format!("{after} spikes come") };
            let text = format!("{spikes} after the {shown} ms of a presentation have ended, the first at {t} ms");
            let d = network.locate(Diagnostic::warning("model-times-late", text), span, "after the end");
            out.push(d.hint("only an input of several presentations in a row would see them: show inputs for longer, or leave them out"));
        }
        let off = given().find(|(t, _)| !recorded && !within && !is_whole(**t, dt));
        if let Some((t, span)) = off {
            let text = format!(
                "a spike at {t} ms is not at the beginning of a step of {dt} ms: it is taken to be at {} ms",
                (t / dt).round() * dt
            );
            let d = network.locate(Diagnostic::warning("model-rounded", text), span, "and perhaps others");
            out.push(d.hint("choose a step that divides the times"));
        }
        let (name, delay, settle) = match r.kind {
            Kind::Neuron(m, i) if r.spikes() => (&m.name, i.delay, i.settle),
            Kind::Cell(c) => (&c.name, c.delay.value, c.settle.value),
            _ => continue,
        };
        let hears = network.projections.iter().any(|p| {
            p.delay.is_none() && network.population(&p.to) == Some(k) && network.population(&p.from).is_some_and(|f| resolved[f].spikes())
        });
        let delay = ("DELAY", delay, "give the projection a `delay` of its own, or choose a step that divides this one");
        let settle = ("SETTLE", settle, "choose a step that divides it");
        for (what, time, hint) in [delay].into_iter().filter(|_| hears).chain([settle]).filter(|(_, time, _)| !is_whole(*time, dt)) {
            let text =
                format!("{what} {time} ms of `{name}` is {:.3} steps of {dt} ms: {} ms are used", time / dt, (time / dt).round() * dt);
            let d = network.locate(Diagnostic::warning("model-rounded", text), population.neuron.span, "this neuron").hint(hint);
            if !out.iter().any(|o| o.message == d.message) {
                out.push(d);
            }
        }
    }
    out
}

/// Steps before the readout opens.
pub(super) fn settle(network: &Network, neuron: &Located<String>, declared: f64, dt: f64, ticks: usize) -> Result<usize, Diagnostic> {
    let steps = (declared / dt).round() as usize;
    if ticks == 0 || steps < ticks {
        return Ok(steps);
    }
    let shown = ticks as f64 * dt;
    let text = format!("after SETTLE {declared} ms of `{}` nothing is left of a presentation of {shown} ms", neuron.value);
    let (span, label) = network.presentation.as_ref().map_or((neuron.span, "this neuron"), |p| (p.span, "given here"));
    Err(network.locate(Diagnostic::error("model-presentation", text), span, label).hint("show inputs for longer"))
}

/// The delay of a projection in whole ticks or frames; `ticks` are those of a frame.
pub(super) fn whole_delay(
    network: &Network,
    (projection, delay): (&Located<String>, Option<&Located<Delay>>),
    spikes: bool,
    declared: f64,
    (dt, ticks): (f64, usize),
    problems: &mut Vec<Diagnostic>,
) -> usize {
    let mut say = |text: String, span, label: &str, hint: String| {
        problems.push(network.locate(Diagnostic::error("model-delay", text), span, label).hint(hint));
    };
    let mut whole = |d: f64, span| {
        if d < 0.0 || !is_whole(d, dt) {
            let hint = format!("the nearest are {} and {} ms", (d / dt).floor() * dt, (d / dt).ceil() * dt);
            say(format!("a delay of {d} ms is not a whole number of steps of {dt} ms"), span, "given here", hint);
        }
        (d / dt).round().max(0.0) as usize
    };
    match delay.map(|d| (d.value, d.span)) {
        None if spikes => {
            let steps = (declared / dt).round() as usize;
            // Rounding a time changes how long it is; rounding it to nothing changes the order in which things happen.
            if steps == 0 && declared > 0.0 {
                let text = format!("the declared delay of {declared} ms is no step of {dt} ms: spikes would arrive at once");
                say(text, projection.span, "spikes arrive here", format!("give this projection `delay = \"{dt} ms\"`, or a shorter step"));
                return 1;
            }
            steps
        }
        None => 0,
        Some((Delay::Ms(d) | Delay::Either(_, d), span)) if spikes => whole(d, span),
        // The shortest that there can be.
        Some((Delay::Uniform(d, _), _)) => ((d / dt).round() as usize).max(1),
        Some((Delay::Normal(..) | Delay::Lognormal(..) | Delay::Clipped(..) | Delay::Distance(..) | Delay::Column(_), _)) => 1,
        // A frame is a presentation, at every level.
        Some((Delay::Frames(f), _)) if spikes => f as usize * ticks,
        Some((Delay::Frames(f) | Delay::Either(f, _), _)) => f as usize,
        Some((Delay::Ms(d), span)) => {
            if d != 0.0 {
                let text = "a signal that is a value is delayed by whole frames, not by time";
                say(
                    text.into(),
                    span,
                    "given in ms",
                    format!("write it as \"1 frame\", or for neurons of every kind as {{ frames = 1, time = \"{d} ms\" }}"),
                );
            }
            0
        }
    }
}
