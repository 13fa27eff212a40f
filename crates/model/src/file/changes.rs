//! How weights change, and which connections there are: `plasticity`, `normalise` and `structure` of a projection.

use super::parts;
use super::walk::{FRACTION, POSITIVE, Reader, Value, in_order, split_number};
use crate::network::{Located, Normalise, RuleUse, Structure};
use toml::de::DeValue;

/// `"stdp"`, `{ rule = "stdp", tau_plus = "20 ms" }`, or a list of such.
pub(super) fn rules(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Vec<RuleUse>> {
    if matches!(v.get_ref(), DeValue::Array(_)) {
        return Some(r.list(key, v, rule_use)?.into_iter().map(|u| u.value).collect());
    }
    Some(vec![rule_use(r, key, v)?])
}

fn rule_use(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<RuleUse> {
    let DeValue::Table(table) = v.get_ref() else {
        return Some(RuleUse { rule: Located::new(r.name(key, v)?, v.span()), ..RuleUse::default() });
    };
    let mut out = RuleUse::default();
    for (name, v) in in_order(table) {
        match v.get_ref() {
            DeValue::String(word) if name.value == "rule" => out.rule = Located::new(word.to_string(), v.span()),
            // What does not begin with a number names a population.
            DeValue::String(word) if split_number(word).is_none() => {
                out.signals.insert(name.value, Located::new(word.to_string(), v.span()));
            }
            _ => {
                let quantity = r.quantity(&name, v)?;
                out.parameters.insert(name.value, Located::new(quantity, v.span()));
            }
        }
    }
    if out.rule.value.is_empty() {
        r.error("model-missing-key", "this does not say which `rule` it is", v.span(), "`rule` is missing").hint =
            Some("write it as `plasticity = { rule = \"stdp\", tau_plus = \"20 ms\" }`".into());
        return None;
    }
    Some(out)
}

/// `{ sum = 78.4, every = "500 ms" }`.
pub(super) fn normalise(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Normalise> {
    let s = r.section(key, v, &["sum", "every"])?;
    let sum = r.required(&s, "sum", "78.4", parts::with_unit);
    let every = r.required(&s, "every", "\"500 ms\"", |r, k, v| r.milliseconds(k, v, POSITIVE));
    let (sum, unit) = sum?.value;
    Some(Normalise { sum, unit, every: every?.value })
}

/// `{ every = "1 s", prune = "1 pA", grow = 0.01, weight = "5 pA", begin = 0.2 }`.
pub(super) fn structure(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Structure> {
    let s = r.section(key, v, &["every", "prune", "grow", "weight", "begin"])?;
    let every = r.required(&s, "every", "\"1 s\"", |r, k, v| r.milliseconds(k, v, POSITIVE));
    let prune = r.required(&s, "prune", "\"1 pA\"", parts::with_unit);
    let grow = r.required(&s, "grow", "0.01", |r, k, v| r.number(k, v, FRACTION));
    let weight = r.required(&s, "weight", "\"5 pA\"", parts::with_unit);
    let begin = r.optional(&s, "begin", |r, k, v| r.number(k, v, FRACTION));
    let (prune, weight) = (prune?.value, weight?);
    let (least, unit) = &prune;
    let factor = match (weight.value.1, unit) {
        (Some(own), Some(unit)) => own.factor_to(unit),
        (None, None) => Some(1.0),
        _ => None,
    };
    if factor.is_some_and(|f| (weight.value.0 * f).abs() <= least.abs()) {
        let text = "a connection would be pruned as soon as it has formed";
        r.error("model-structure", text, weight.span, "not larger than `prune`").hint = Some("begin with a larger weight".into());
        return None;
    }
    Some(Structure { every: every?.value, prune, grow: grow?.value, weight: weight.value, begin: begin.map_or(1.0, |b| b.value) })
}
