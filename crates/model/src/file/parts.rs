//! Values with several forms: wiring, weights, delays, optimisers, surrogates.

use super::walk::{ANY, BELOW_ONE, NOT_NEGATIVE, POSITIVE, PROBABILITY, Reader, Section, Value, kind, split_number};
use crate::network::{Delay, Learn, Located, Per, Weights, Wiring};
use crate::study::Optimiser;
use toml::de::DeValue;

/// The only key of a table such as `{ random = 0.1 }`.
pub(super) fn only_key<'d, 'i>(
    r: &mut Reader<'_>,
    key: &str,
    v: &'d Value<'i>,
    forms: &[&'static str],
    words: &[&str],
) -> Option<(&'static str, &'d Value<'i>)> {
    let expected =
        words.iter().map(|w| format!("\"{w}\"")).chain(forms.iter().map(|f| format!("{{ {f} = ... }}"))).collect::<Vec<_>>().join(", ");
    let DeValue::Table(table) = v.get_ref() else {
        r.error(
            "model-wrong-type",
            format!("`{key}` must be a string or a table"),
            v.span(),
            format!("expected {expected}; found {}", kind(v.get_ref())),
        );
        return None;
    };
    let before = r.problems.len();
    let s: Section<'_, '_> = r.section(key, v, forms)?;
    let found: Vec<_> = forms.iter().filter_map(|f| s.get(f).map(|v| (*f, v))).collect();
    match found[..] {
        [one] if table.len() == 1 => Some(one),
        _ => {
            if r.problems.len() == before {
                r.error("model-wrong-type", format!("`{key}` needs exactly one form"), v.span(), format!("expected {expected}"));
            }
            None
        }
    }
}

/// `"all-to-all"`, `"one-to-one"`, `{ shift = 1 }`, `{ random = p }`, `{ pairs = [[from, to], ...] }`.
pub(super) fn wiring(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Wiring> {
    let words = ["all-to-all", "one-to-one"];
    if let DeValue::String(word) = v.get_ref() {
        if word == "random" {
            r.error("model-unknown-word", "\"random\" wiring needs a probability", v.span(), "expected a probability").hint =
                Some("write it as `{ random = 0.1 }`".into());
            return None;
        }
        return Some(if r.choice(key, v, &words)? == 0 { Wiring::AllToAll } else { Wiring::OneToOne });
    }
    let (form, v) = only_key(r, key, v, &["random", "shift", "pairs"], &words)?;
    Some(match form {
        "random" => Wiring::Random(r.number(form, v, PROBABILITY)?),
        "shift" => Wiring::Shift(r.integer(form, v)?),
        _ => {
            let before = r.problems.len();
            let pairs = r.list(form, v, |r, k, v| {
                let pair = r.list(k, v, |r, k, v| r.whole(k, v, 0))?;
                match &pair[..] {
                    [from, to] => Some((u32::try_from(from.value).unwrap_or(u32::MAX), u32::try_from(to.value).unwrap_or(u32::MAX))),
                    _ => {
                        r.error("model-wrong-type", "a pair has two neurons", v.span(), format!("found {}", pair.len())).hint =
                            Some("write it as [sending, receiving], both from 0".into());
                        None
                    }
                }
            })?;
            if r.problems.len() > before {
                return None;
            }
            Wiring::Pairs(pairs.into_iter().map(|p| p.value).collect())
        }
    })
}

/// `"unit-variance"`, `{ normal = [mean, sd] }`, `{ uniform = [a, b] }`, `{ constant = c }`.
pub(super) fn weights(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Weights> {
    let words = ["unit-variance"];
    if matches!(v.get_ref(), DeValue::String(_)) {
        r.choice(key, v, &words)?;
        return Some(Weights::UnitVariance);
    }
    let (form, v) = only_key(r, key, v, &["normal", "uniform", "constant"], &words)?;
    match form {
        "normal" => {
            let (mean, sd) = r.pair(form, v, "[mean, standard deviation]")?;
            if sd < 0.0 {
                r.error(
                    "model-range",
                    format!("a standard deviation cannot be {sd}"),
                    v.span(),
                    "expected [mean, standard deviation], the second not negative",
                );
                return None;
            }
            Some(Weights::Normal(mean, sd))
        }
        "uniform" => {
            let (a, b) = r.pair(form, v, "[lowest, highest]")?;
            if a > b {
                r.error(
                    "model-range",
                    format!("the lowest weight {a} is above the highest, {b}"),
                    v.span(),
                    "expected [lowest, highest]",
                )
                .hint = Some(format!("write it as [{b}, {a}]"));
                return None;
            }
            Some(Weights::Uniform(a, b))
        }
        _ => Some(Weights::Constant(r.number(form, v, ANY)?)),
    }
}

/// `"2 ms"`, `"1 frame"` or `{ frames = 1, time = "2 ms" }`.
pub(super) fn delay(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Delay> {
    if matches!(v.get_ref(), DeValue::Table(_)) {
        let s = r.section(key, v, &["frames", "time"])?;
        let frames = r.required(&s, "frames", "1", |r, k, v| r.whole(k, v, 0));
        let time = r.required(&s, "time", "\"2 ms\"", |r, k, v| r.milliseconds(k, v, NOT_NEGATIVE))?;
        let frames = frames?;
        let Ok(n) = u32::try_from(frames.value) else {
            r.error("model-range", format!("`frames` cannot be {}", frames.value), frames.span, format!("expected at most {}", u32::MAX));
            return None;
        };
        return Some(Delay::Either(n, time.value));
    }
    if let DeValue::String(text) = v.get_ref()
        && let Some((n, "frame" | "frames")) = split_number(text)
    {
        if n.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&n) {
            r.error(
                "model-range",
                format!("`{key}` cannot be \"{text}\""),
                v.span(),
                "expected a whole number of frames, such as \"1 frame\"",
            );
            return None;
        }
        return Some(Delay::Frames(n as u32));
    }
    Some(Delay::Ms(r.milliseconds(key, v, NOT_NEGATIVE)?))
}

/// `{ shape = "arctan", width = 5.0 }`. Whether there is such a shape is for the compiler to say.
pub(super) fn surrogate(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<(String, f64)> {
    let s = r.section(key, v, &["shape", "width"])?;
    let shape = r.required(&s, "shape", "\"arctan\"", Reader::name);
    let width = r.required(&s, "width", "5.0", |r, k, v| r.number(k, v, POSITIVE));
    Some((shape?.value, width?.value))
}

/// `"adam"`, `"sgd"`, or a table with a name and numbers.
pub(super) fn optimiser(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Optimiser> {
    let words = ["adam", "sgd"];
    let named = |k: usize| [Optimiser::default(), Optimiser::Sgd { momentum: 0.0 }][k];
    if matches!(v.get_ref(), DeValue::String(_)) {
        return Some(named(r.choice(key, v, &words)?));
    }
    let name = v.get_ref().as_table().and_then(|t| t.get("name")).and_then(|n| n.get_ref().as_str());
    let keys: &[&'static str] = match name {
        Some("adam") => &["name", "beta1", "beta2", "epsilon"],
        Some("sgd") => &["name", "momentum"],
        _ => &["name", "beta1", "beta2", "epsilon", "momentum"],
    };
    let s = r.section(key, v, keys)?;
    let k = r.required(&s, "name", "\"adam\"", |r, k, v| r.choice(k, v, &words))?.value;
    let mut number = |key: &str, default: f64, range| r.optional(&s, key, |r, k, v| r.number(k, v, range)).map_or(default, |x| x.value);
    Some(match named(k) {
        Optimiser::Adam { beta1, beta2, epsilon } => Optimiser::Adam {
            beta1: number("beta1", beta1, BELOW_ONE),
            beta2: number("beta2", beta2, BELOW_ONE),
            epsilon: number("epsilon", epsilon, POSITIVE),
        },
        Optimiser::Sgd { momentum } => Optimiser::Sgd { momentum: number("momentum", momentum, BELOW_ONE) },
    })
}

/// What may share one learned number, and its word.
pub(super) const PER: [(&str, Per); 4] =
    [("neuron", Per::Neuron), ("region", Per::Region), ("branch", Per::Branch), ("compartment", Per::Compartment)];

/// `"tau"` or `{ parameter = "hh.gnabar", per = "branch" }`. Whether there is such a parameter is for the compiler to say.
pub(super) fn learn(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Learn> {
    if !matches!(v.get_ref(), DeValue::Table(_)) {
        let name = r.name(key, v)?;
        return Some(Learn { name: Located::new(name, v.span()), per: Per::default() });
    }
    let s = r.section(key, v, &["parameter", "per"])?;
    let name = r.required(&s, "parameter", "\"hh.gnabar\"", Reader::name);
    let per = r.optional(&s, "per", |r, k, v| r.choice(k, v, &PER.map(|p| p.0)));
    Some(Learn { name: name?, per: per.map(|p| PER[p.value].1).unwrap_or_default() })
}
