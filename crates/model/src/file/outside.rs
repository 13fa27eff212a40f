//! What a model file says of what comes from outside of a network: spikes that are given, trains that are drawn, currents.

use super::parts;
use super::walk::{ANY, CURRENT, FRACTION, NOT_NEGATIVE, POSITIVE, RATE, Range, Reader, Section, Value};
use crate::network::{Located, Noise, Stimulus};

pub(super) fn noise(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Noise> {
    let s = r.section("noise", v, &["population", "poisson", "weight"])?;
    let weight = r.required(&s, "weight", "\"0.1 mV\"", parts::with_unit);
    let population = r.required(&s, "population", "\"cells\"", Reader::name).unwrap_or_default();
    let rate = r.required(&s, "poisson", "\"8 kHz\"", |r, k, v| r.physical(k, v, RATE, NOT_NEGATIVE)).unwrap_or_default();
    let weight = weight?;
    Some(Noise {
        population,
        rate,
        unit: weight.value.1.map(|u| Located::new(u, weight.span)),
        weight: Located { value: weight.value.0, span: weight.span },
        span: s.span,
    })
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

pub(super) fn stimulus(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Stimulus> {
    let s = r.section("stimulus", v, &["population", "branch", "position", "delay", "duration", "amplitude"])?;
    let population = r.required(&s, "population", "\"hidden\"", Reader::name).unwrap_or_default();
    Some(current(r, &s, population, NOT_NEGATIVE))
}

/// The current of a section into a population; its delay may be as late as `delay` allows.
pub(super) fn current(r: &mut Reader<'_>, s: &Section<'_, '_>, population: Located<String>, delay: Range) -> Stimulus {
    Stimulus {
        population,
        branch: r.required(s, "branch", "\"soma\"", Reader::name).unwrap_or_default(),
        position: r.optional(s, "position", |r, k, v| r.number(k, v, FRACTION)).map_or(0.5, |x| x.value),
        delay: r.optional(s, "delay", |r, k, v| r.milliseconds(k, v, delay)).unwrap_or_default(),
        duration: r.required(s, "duration", "\"100 ms\"", |r, k, v| r.milliseconds(k, v, POSITIVE)).unwrap_or_default(),
        amplitude: r.required(s, "amplitude", "\"0.5 nA\"", |r, k, v| r.physical(k, v, CURRENT, ANY)).unwrap_or_default(),
        span: s.span,
    }
}
