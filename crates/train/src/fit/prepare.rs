//! What a file says of a fit, found in the compiled neuron and in the recordings; everything that does not fit together is said at once.

use super::losses::{Plane, crossings, moments};
use super::objective::{Target, Trial};
use super::transform::Coordinate;
use homolog_base::{Diagnostic, Hash, Span, Unit};
use homolog_model::fit::{Fit, Method, POPULATION, Recorded, Sought, Sweep, Term, Window};
use homolog_model::{Library, Model, Observable, Params, Probe, Tape, recordings};

/// The step of the simulations, ms.
pub(super) fn step(fit: &Fit, library: &Library) -> Result<f64, Diagnostic> {
    if let Some(step) = &fit.step {
        return Ok(step.value);
    }
    if let Some(cell) = library.cell(&fit.neuron.value) {
        return Ok(cell.step.value);
    }
    let interface = library.get(&fit.neuron.value).and_then(|m| m.interface.as_ref());
    match interface {
        Some(i) if i.dt > 0.0 => Ok(i.dt),
        Some(_) => {
            let d = Diagnostic::error("fit-neuron", format!("`{}` has no state that moves in time", fit.neuron.value));
            Err(fit.locate(d, fit.neuron.span, "nothing of it can be recorded"))
        }
        None => {
            let d = library.unknown_neuron(&fit.neuron.value, &[]);
            Err(fit.locate(d, fit.neuron.span, "not in the library"))
        }
    }
}

/// Losses that the method cannot make small.
pub(super) fn losses(fit: &Fit, problems: &mut Vec<Diagnostic>) {
    for l in fit.losses.iter().filter(|l| fit.search.method.value == Method::Gradient && l.term.value != Term::Potential) {
        let d = Diagnostic::error("fit-loss", format!("the loss `{}` has no gradient", l.term.value.word()));
        problems.push(
            fit.locate(d, l.term.span, "counted or compared by histograms").hint("set `method = \"cma\"`, or `loss = \"potential\"`"),
        );
    }
}

/// Compiles a sweep for one variant and prepares what it is compared with.
pub(super) fn trial(
    fit: &Fit,
    library: &Library,
    sweep: &Sweep,
    data: &Recorded,
    step: f64,
    problems: &mut Vec<Diagnostic>,
) -> Option<Trial> {
    let mut say = |d: Diagnostic| {
        // What is wrong with the neuron is wrong in every sweep, and said once.
        if !problems.contains(&d) {
            problems.push(d);
        }
    };
    let (first, last) = (data.times.first().copied()?, data.times.last().copied()?);
    let window = match sweep.window(fit, first, last) {
        Ok(w) => w,
        Err(e) => {
            e.into_iter().for_each(say);
            return None;
        }
    };
    if let Some(s) = sweep.stimuli.first().filter(|_| library.cell(&fit.neuron.value).is_none()) {
        let d = Diagnostic::error("fit-stimulus", format!("`{}` is no cell, and currents of a fit enter cells alone", fit.neuron.value));
        let hint = "a cell of one compartment can be fitted in its stead: docs/cells.md says how one is written";
        say(fit.locate(d, s.branch.span, "of a neuron without a shape").hint(hint));
        return None;
    }
    let network = fit.network(sweep, &window, 1, step);
    let found = homolog_model::compile(&network, library, 0).and_then(|(m, p)| Ok((recordings::resolve(&network, &m)?, m, p)));
    let (recorded, model, params) = match found {
        Ok(found) => found,
        Err(e) => {
            e.into_iter().for_each(say);
            return None;
        }
    };
    let (probe, unit) = (recorded[0].probe.clone(), recorded[0].unit);
    let value = sweep.value.unit.as_ref().map_or(sweep.file.span, |u| u.span);
    let Some(factor) = data.unit.factor_to(&unit) else {
        let text = format!("`{}` is in {unit}, but the recording is in {}", sweep.record.variable.value, data.unit);
        say(fit.locate(Diagnostic::error("model-unit", text), value, &format!("expected a unit such as {unit}")));
        return None;
    };
    let threshold = fit.threshold.as_ref().map(|t| t.value).or_else(|| library.cell(&fit.neuron.value).map(|c| c.spike.threshold.value));
    match target(fit, library, sweep, data, &window, step, factor, (&model, &probe), threshold) {
        Ok(target) => {
            let hash = Hash::of_u64([model.hash.prefix(), params.hash().prefix(), target.initial.to_bits()]);
            Some(Trial { window, model, params, probe, unit, target, weight: sweep.weight, tape: Tape::default(), hash })
        }
        Err(e) => {
            e.into_iter().for_each(say);
            None
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn target(
    fit: &Fit,
    library: &Library,
    sweep: &Sweep,
    data: &Recorded,
    window: &Window,
    step: f64,
    factor: f64,
    (model, probe): (&Model, &Probe),
    threshold: Option<f64>,
) -> Result<Target, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let slack = 1e-6 * step;
    let rows: Vec<usize> =
        (0..data.times.len()).filter(|k| data.times[*k] >= window.start - slack && data.times[*k] <= window.stop + slack).collect();
    let (mut places, mut times, mut values) = (vec![], vec![], vec![]);
    for &k in &rows {
        if !data.values[k].is_finite() {
            let d = Diagnostic::error("fit-not-finite", format!("`{}` holds {} at {} ms", sweep.file.value, data.values[k], data.times[k]));
            problems.push(
                data.rows.locate(fit, sweep, d, k, "not a number").hint("leave it out with `start` and `stop`, or mend the recording"),
            );
            if problems.len() > 3 {
                break;
            }
        }
        let x = (data.times[k] - window.begin) / step;
        let x = if (x - x.round()).abs() < 1e-6 { x.round() } else { x }.clamp(0.0, model.ticks as f64);
        places.push((x as usize, x.fract()));
        times.push(data.times[k]);
        values.push(data.values[k] * factor);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let sampled = |text: String, hint: &str| {
        let d = fit.locate(Diagnostic::error("fit-window", text), sweep.file.span, "this recording");
        vec![d.hint(hint)]
    };
    if rows.len() < 2 {
        let text = format!("`{}` has {} samples from {} to {} ms", sweep.file.value, rows.len(), window.start, window.stop);
        return Err(sampled(text, "two samples at least are needed; widen the window"));
    }
    let (_, variance) = moments(&values);
    if variance <= 0.0 {
        let text = format!("`{}` has the same value from {} to {} ms throughout", sweep.file.value, window.start, window.stop);
        return Err(sampled(text, "a trace that does not move decides nothing; choose another window"));
    }
    let Observable::Site(variable, _) = probe.what else {
        return Err(sampled(format!("`{}` is no trace that can be fitted", sweep.record.variable.value), "record `v`"));
    };
    let potential = model.groups[probe.group].variables[variable].name == "v";
    let initial = library.cell(&fit.neuron.value).filter(|_| potential).map(|c| c.initial.value);
    if initial.is_none() && places.iter().any(|p| p.0 == 0) {
        let text = format!("what `{}` is before the first step ends is not known", sweep.record.variable.value);
        return Err(sampled(text, &format!("let the window start {step} ms after the simulation begins, or later")));
    }
    let looks_at_spikes = fit.losses.iter().any(|l| matches!(l.term.value, Term::Spikes(_)));
    if looks_at_spikes && (threshold.is_none() || !potential) {
        let span = fit.losses.iter().find(|l| matches!(l.term.value, Term::Spikes(_))).map_or(Span::default(), |l| l.term.span);
        let d = Diagnostic::error("fit-loss", if potential { "what a spike is is not said" } else { "spikes are seen in a potential" });
        return Err(vec![fit.locate(d, span, "this loss").hint("set `threshold = \"-20 mV\"` in [fit], and record `v`")]);
    }
    let threshold = threshold.filter(|_| potential).unwrap_or(f64::INFINITY);
    let plane = fit.losses.iter().any(|l| l.term.value == Term::PhasePlane).then(|| Plane::new(&times, &values));
    let spikes = (crossings(&times, &values, threshold), threshold);
    let hash = Hash::of_u64(times.iter().chain(&values).map(|x| x.to_bits()));
    Ok(Target { places, times, values, variance, spikes, plane, initial: initial.unwrap_or(0.0), hash })
}

/// What a parameter of the file is in the compiled model: its coordinate, its tensor and its part.
pub(super) fn resolve(fit: &Fit, library: &Library, s: &Sought, params: &Params) -> Result<(Coordinate, (usize, usize)), Box<Diagnostic>> {
    let name = &s.name.value;
    let wrong =
        |code: &'static str, text: String, span: Span, label: String| Box::new(fit.locate(Diagnostic::error(code, text), span, &label));
    let k = params.find(&format!("{POPULATION}.{name}"));
    let k = k.ok_or_else(|| wrong("model-parameter", format!("there is no parameter `{name}`"), s.name.span, "unknown".into()))?;
    let tensor = &params.tensors[k];
    let part = match &s.region {
        None => 0,
        Some(region) => {
            let cell = library.cell(&fit.neuron.value);
            let Some(cell) = cell else {
                let text = format!("`{}` has no regions", fit.neuron.value);
                return Err(Box::new(
                    wrong("cell-unknown-region", text, region.span, "a neuron without a shape".into()).hint("remove the line"),
                ));
            };
            let regions = Fit::regions(cell, name);
            // A law between the two: each region with the parameter has one number.
            debug_assert_eq!(regions.len(), tensor.shape[1], "{regions:?}");
            let Some(part) = regions.iter().position(|r| r == &region.value).filter(|_| regions.len() == tensor.shape[1]) else {
                let there = cell.regions().contains(&region.value.as_str());
                let what = if there {
                    format!("region `{}` has no `{name}`", region.value)
                } else {
                    format!("`{}` has no region `{}`", cell.name, region.value)
                };
                let d = wrong("cell-unknown-region", what, region.span, "not there".into());
                return Err(Box::new(d.suggest(region, regions.iter().map(String::as_str))));
            };
            part
        }
    };
    let number = |q: &homolog_model::cell::Quantity| -> Result<f64, Box<Diagnostic>> {
        let Some(text) = &q.value.1 else { return Ok(q.value.0) };
        let factor = Unit::parse(text).ok().and_then(|u| u.factor_to(&tensor.unit));
        factor.map(|f| q.value.0 * f).ok_or_else(|| {
            let d =
                wrong("model-unit", format!("`{name}` is in {}, not in {text}", tensor.unit), q.span, format!("expected {}", tensor.unit));
            Box::new(d.hint(format!("write it as \"{} {}\"", q.value.0, tensor.unit)))
        })
    };
    let (low, high) = (number(&s.bounds.value.0)?, number(&s.bounds.value.1)?);
    if low >= high {
        let d = wrong(
            "fit-bounds",
            format!("the bounds of `{name}` are {low} and {high} {}", tensor.unit),
            s.bounds.span,
            "the first must be below the second".into(),
        );
        return Err(Box::new(if low > high {
            d.hint("exchange them")
        } else {
            d.hint("a parameter that is not sought belongs into `settings`")
        }));
    }
    if let Some((least, most)) = tensor.bounds
        && (low < least || high > most)
    {
        let text = format!("`{name}` can only be from {least} to {most} {}", tensor.unit);
        return Err(wrong("model-limits", text, s.bounds.span, "beyond its limits".into()));
    }
    if s.logarithmic == Some(true) && low <= 0.0 {
        let d = wrong(
            "fit-bounds",
            format!("`{name}` cannot be sought along its logarithm from {low}"),
            s.bounds.span,
            "the lower bound must be above 0".into(),
        );
        return Err(Box::new(d.hint("raise it, or set `transform = \"linear\"`")));
    }
    let logarithmic = s.logarithmic.unwrap_or(low > 0.0 && high >= 10.0 * low);
    let start = s.start.as_ref().map(&number).transpose()?;
    if let (Some(x), Some(q)) = (start, &s.start)
        && !(low..=high).contains(&x)
    {
        return Err(wrong(
            "fit-bounds",
            format!("`{name}` cannot start at {x} {}", tensor.unit),
            q.span,
            format!("its bounds are {low} and {high}"),
        ));
    }
    let declared = tensor.values[part];
    let region = s.region.as_ref().map(|r| r.value.clone());
    Ok((Coordinate { name: name.clone(), region, unit: tensor.unit, low, high, logarithmic, start, declared }, (k, part)))
}
