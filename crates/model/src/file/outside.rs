//! What a model file says of what comes from outside of a network: spikes that are given, trains that are drawn, currents.

use super::walk::{ANY, CURRENT, FRACTION, NOT_NEGATIVE, POSITIVE, RATE, Range, Reader, Section, Value, split_number};
use super::{parts, sections, tables};
use crate::network::{Located, Network, Noise, NoiseCurrent, Stimulus};
use homolog_base::{Span, Unit};
use toml::de::DeValue;

/// `[[noise]]`: Poisson trains, or currents that fluctuate.
pub(super) fn noise(r: &mut Reader<'_>, v: &Value<'_>, network: &mut Network) {
    let Some(s) = r.section("noise", v, &["population", "poisson", "weight", "current"]) else { return };
    let population = r.required(&s, "population", "\"cells\"", Reader::name).unwrap_or_default();
    if let Some(v) = s.get("current") {
        for key in ["poisson", "weight"] {
            if let Some(other) = s.get(key) {
                let d = r.error("model-noise", format!("`{key}` is of trains, and this is a current"), other.span(), "means nothing here");
                d.hint = Some("make it another `[[noise]]`".into());
            }
        }
        network.noise_currents.extend(fluctuating(r, v, population, s.span));
        return;
    }
    let weight = r.required(&s, "weight", "\"0.1 mV\"", parts::with_unit);
    let rate = r.required(&s, "poisson", "\"8 kHz\"", |r, k, v| r.physical(k, v, RATE, NOT_NEGATIVE)).unwrap_or_default();
    let Some(weight) = weight else { return };
    network.noise.push(Noise {
        population,
        rate,
        unit: weight.value.1.map(|u| Located::new(u, weight.span)),
        weight: Located { value: weight.value.0, span: weight.span },
        span: s.span,
    });
}

/// `{ mean = "0 pA", deviation = "50 pA", tau = "5 ms" }`.
fn fluctuating(r: &mut Reader<'_>, v: &Value<'_>, population: Located<String>, span: Span) -> Option<NoiseCurrent> {
    let s = r.section("current", v, &["mean", "deviation", "tau"])?;
    let before = r.problems.len();
    let deviation = r.required(&s, "deviation", "\"50 pA\"", with_its_unit);
    let mean = r.optional(&s, "mean", with_its_unit);
    let tau = r.required(&s, "tau", "\"5 ms\"", |r, k, v| r.milliseconds(k, v, POSITIVE));
    let deviation = deviation?;
    if deviation.value.0 < 0.0 {
        r.error("model-range", "a standard deviation cannot be negative", deviation.span, "expected 0 or more");
    }
    let unit = deviation.value.1;
    let mean = match mean {
        None => 0.0,
        Some(m) => match m.value.1.factor_to(&unit) {
            Some(factor) => factor * m.value.0,
            None => {
                let text = format!("`mean` is in {}, and `deviation` in {unit}", m.value.1);
                r.error("model-unit", text, m.span, "expected like units").hint = Some("both are currents, or both potentials".into());
                0.0
            }
        },
    };
    let tau = tau?.value;
    let unit = Located::new(unit, deviation.span);
    (r.problems.len() == before).then_some(NoiseCurrent { population, mean, deviation: deviation.value.0, unit, tau, span })
}

/// A number that must have a unit.
fn with_its_unit(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<(f64, Unit)> {
    match parts::with_unit(r, key, v)? {
        (x, Some(unit)) => Some((x, unit)),
        (x, None) => {
            let d = r.error("model-unit", format!("`{key}` has no unit"), v.span(), "expected that of the drive of the neurons");
            d.hint = Some(format!("write it as \"{x} pA\", or \"{x} mV\" where the drive is a potential"));
            None
        }
    }
}

/// Times of a neuron's spikes, ms, in their order.
pub(super) fn times(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Vec<f64>> {
    let times = r.list(key, v, |r, k, v| r.milliseconds(k, v, NOT_NEGATIVE))?;
    if let Some(pair) = times.windows(2).find(|p| p[1].value <= p[0].value) {
        let text = format!("a spike at {} ms stands behind one at {} ms", pair[1].value, pair[0].value);
        r.error("model-times", text, pair[1].span, "expected times in their order, each once");
        return None;
    }
    Some(times.into_iter().map(|t| t.value).collect())
}

/// `[[stimulus]]`: a step of current, or a course from a table, into a place of cells or into point neurons.
pub(super) fn stimulus(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Stimulus> {
    let keys = ["population", "neurons", "branch", "position", "delay", "duration", "amplitude", "current"];
    let s = r.section("stimulus", v, &keys)?;
    let population = r.required(&s, "population", "\"hidden\"", Reader::name).unwrap_or_default();
    let (numbers, named) = sections::neurons_chosen(r, &s);
    let branch = r.optional(&s, "branch", Reader::name).unwrap_or_default();
    let position = r.optional(&s, "position", |r, k, v| r.number(k, v, FRACTION)).map_or(0.5, |x| x.value);
    if let (Some(v), true) = (s.get("position"), s.lacks("branch")) {
        let d = r.error("model-clamp", "a position is one on a branch, and no branch is named", v.span(), "on which?");
        d.hint = Some("add `branch = \"soma\"`; point neurons have neither".into());
    }
    let placed = Stimulus { population, neurons: numbers, named, branch, position, span: s.span, ..Stimulus::default() };
    if s.get("current").is_some() {
        for key in ["delay", "duration", "amplitude"] {
            if let Some(v) = s.get(key) {
                let d = r.error("model-clamp", format!("`{key}` is of one step, and a table says it all"), v.span(), "means nothing here");
                d.hint = Some("remove the line, or make it another `[[stimulus]]`: currents add up".into());
            }
        }
        return Some(Stimulus { course: r.optional(&s, "current", tables::course), ..placed });
    }
    let (amplitude, unit) = match r.required(&s, "amplitude", "\"0.5 nA\"", amplitude) {
        Some(a) => (Located::new(a.value.0, a.span), a.value.1.map(|u| Located::new(u, a.span))),
        None => Default::default(),
    };
    Some(Stimulus {
        delay: r.optional(&s, "delay", |r, k, v| r.milliseconds(k, v, NOT_NEGATIVE)).unwrap_or_default(),
        duration: r.required(&s, "duration", "\"100 ms\"", |r, k, v| r.milliseconds(k, v, POSITIVE)).unwrap_or_default(),
        amplitude,
        unit,
        ..placed
    })
}

/// A current in nA; or what is none, with its unit, as the drive of some point neurons is a potential.
fn amplitude(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<(f64, Option<Unit>)> {
    let nanoampere = Unit::parse("nA").expect("a unit");
    if let DeValue::String(text) = v.get_ref()
        && let Some((x, unit)) = split_number(text)
        && let Ok(unit) = Unit::parse(unit)
        && !unit.is_dimensionless()
        && !unit.same_dimension(&nanoampere)
        && x.is_finite()
    {
        return Some((x, Some(unit)));
    }
    Some((r.physical(key, v, CURRENT, ANY)?, None))
}

/// A step of current at a place of cells; its delay may be as late as `delay` allows.
pub(super) fn current(r: &mut Reader<'_>, s: &Section<'_, '_>, population: Located<String>, delay: Range) -> Stimulus {
    Stimulus {
        population,
        branch: r.required(s, "branch", "\"soma\"", Reader::name).unwrap_or_default(),
        position: r.optional(s, "position", |r, k, v| r.number(k, v, FRACTION)).map_or(0.5, |x| x.value),
        delay: r.optional(s, "delay", |r, k, v| r.milliseconds(k, v, delay)).unwrap_or_default(),
        duration: r.required(s, "duration", "\"100 ms\"", |r, k, v| r.milliseconds(k, v, POSITIVE)).unwrap_or_default(),
        amplitude: r.required(s, "amplitude", "\"0.5 nA\"", |r, k, v| r.physical(k, v, CURRENT, ANY)).unwrap_or_default(),
        span: s.span,
        ..Stimulus::default()
    }
}
