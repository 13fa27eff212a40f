//! Values with several forms: wiring, weights, delays, optimisers, surrogates.

use super::tables;
use super::walk::{
    ANY, BELOW_ONE, FRACTION, LENGTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, Reader, SPEED, Section, Value, kind, split_number,
};
use crate::convolution::Kernel;
use crate::fit::Which;
use crate::network::{Bell, Delay, Learn, Located, Per, Spread, Weights, Wiring};
use crate::space::{Places, Profile, Space};
use crate::study::Optimiser;
use homolog_base::Unit;
use toml::de::DeValue;

/// The only key of a table such as `{ random = 0.1 }`.
pub(super) fn only_key<'d, 'i>(
    r: &mut Reader<'_>,
    key: &str,
    v: &'d Value<'i>,
    forms: &[&'static str],
    words: &[&str],
) -> Option<(&'static str, &'d Value<'i>)> {
    key_with(r, key, v, forms, &[], words).map(|(form, v, _)| (form, v))
}

/// The only key of some forms in a table, beside which further ones may stand: `{ normal = [1, 2], min = 0 }`.
fn key_with<'d, 'i>(
    r: &mut Reader<'_>,
    key: &str,
    v: &'d Value<'i>,
    forms: &[&'static str],
    further: &[&'static str],
    words: &[&str],
) -> Option<(&'static str, &'d Value<'i>, Section<'d, 'i>)> {
    let expected =
        words.iter().map(|w| format!("\"{w}\"")).chain(forms.iter().map(|f| format!("{{ {f} = ... }}"))).collect::<Vec<_>>().join(", ");
    if !matches!(v.get_ref(), DeValue::Table(_)) {
        r.error(
            "model-wrong-type",
            format!("`{key}` must be a string or a table"),
            v.span(),
            format!("expected {expected}; found {}", kind(v.get_ref())),
        );
        return None;
    }
    let before = r.problems.len();
    let known: Vec<&'static str> = forms.iter().chain(further).copied().collect();
    let s: Section<'_, '_> = r.section(key, v, &known)?;
    let found: Vec<_> = forms.iter().filter_map(|f| s.get(f).map(|v| (*f, v))).collect();
    match found[..] {
        [(form, v)] if r.problems.len() == before => Some((form, v, s)),
        _ => {
            if r.problems.len() == before {
                r.error("model-wrong-type", format!("`{key}` needs exactly one form"), v.span(), format!("expected {expected}"));
            }
            None
        }
    }
}

/// `"all-to-all"`, `"all-to-others"`, `"one-to-one"`, `{ shift = 1 }`, `{ random = p }`, `{ in-degree = n }`, `{ out-degree = n }`, `{ total = n }`, `{ connected = p }`,
/// `{ pairs = [[from, to], ...] }`, and others.
pub(super) fn wiring(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Wiring> {
    let words = ["all-to-all", "all-to-others", "one-to-one"];
    if let DeValue::String(word) = v.get_ref() {
        if word == "random" {
            r.error("model-unknown-word", "\"random\" wiring needs a probability", v.span(), "expected a probability").hint =
                Some("write it as `{ random = 0.1 }`".into());
            return None;
        }
        return Some([Wiring::AllToAll, Wiring::AllToOthers, Wiring::OneToOne][r.choice(key, v, &words)?].clone());
    }
    if v.get_ref().as_table().is_some_and(|t| t.contains_key("table")) {
        return tables::edges(r, key, v).map(Wiring::Table);
    }
    if v.get_ref().as_table().is_some_and(|t| t.contains_key("convolution")) {
        return convolution(r, key, v).map(Wiring::Convolution);
    }
    let forms = [
        "random",
        "in-degree",
        "out-degree",
        "total",
        "connected",
        "shift",
        "gaussian",
        "exponential",
        "within",
        "small-world",
        "pairs",
        "table",
        "convolution",
    ];
    let (form, v) = only_key(r, key, v, &forms, &words)?;
    Some(match form {
        "random" | "connected" | "in-degree" | "out-degree" | "total" => rule(r, form, v)?,
        "shift" => Wiring::Shift(r.integer(form, v)?),
        "small-world" => {
            let (near, again) = two(r, form, v, "[10, 0.1]", |r, k, v| r.whole(k, v, 2), |r, k, v| r.number(k, v, FRACTION))?;
            Wiring::SmallWorld(near, again)
        }
        "gaussian" | "exponential" | "within" => {
            let probability = |r: &mut Reader<'_>, k: &str, v: &Value<'_>| r.number(k, v, PROBABILITY);
            let (p, s) = two(r, form, v, "[0.5, \"200 um\"]", probability, length)?;
            Wiring::Distance(profile(form, p, s))
        }
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

/// `{ convolution = [5, 5], stride = 2, padding = 1 }`, or with numbers, `{ convolution = [3, 3], kernel = [[0, 1, 0], [1, -4, 1], [0, 1, 0]] }`.
fn convolution(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Kernel> {
    let s = r.section(key, v, &["convolution", "kernel", "stride", "padding"])?;
    let stride = r.optional(&s, "stride", |r, k, v| r.whole(k, v, 1)).map_or(1, |x| x.value);
    let padding = r.optional(&s, "padding", |r, k, v| r.whole(k, v, 0)).map_or(0, |x| x.value);
    let window = s.get("convolution")?;
    let size: Vec<usize> = r.list("convolution", window, |r, k, v| r.whole(k, v, 1))?.into_iter().map(|n| n.value).collect();
    if !(1..=3).contains(&size.len()) {
        let found = format!("{} directions", size.len());
        r.error("model-wrong-type", "a window has one to three directions", window.span(), found).hint = Some("write it as [5, 5]".into());
        return None;
    }
    let mut out = Kernel { size, stride, padding, numbers: vec![] };
    s.get("kernel").is_none_or(|v| rows(r, v, 0, &mut out)).then_some(out)
}

/// Reads the numbers of a window: lists of lists, as long and as deep as its size says.
fn rows(r: &mut Reader<'_>, v: &Value<'_>, depth: usize, out: &mut Kernel) -> bool {
    let Some(length) = out.size.get(depth) else {
        return r.number("kernel", v, ANY).map(|x| out.numbers.push(x)).is_some();
    };
    match v.get_ref() {
        DeValue::Array(items) if items.len() == *length => items.iter().all(|item| rows(r, item, depth + 1, out)),
        other => {
            let found = if let DeValue::Array(items) = other { format!("{} here", items.len()) } else { format!("found {}", kind(other)) };
            let hint = Some("write it as [[0, 1, 0], [1, -4, 1], [0, 1, 0]]".into());
            r.error("model-wrong-type", format!("a list of {length} was expected, as `convolution` says"), v.span(), found).hint = hint;
            false
        }
    }
}

fn length(r: &mut Reader<'_>, k: &str, v: &Value<'_>) -> Option<f64> {
    r.physical(k, v, LENGTH, POSITIVE)
}

/// So much at no distance, and a length.
fn profile(form: &str, most: f64, length: f64) -> Profile {
    match form {
        "gaussian" => Profile::Gaussian(most, length),
        "exponential" => Profile::Exponential(most, length),
        _ => Profile::Within(most, length),
    }
}

/// A list of two things of different kinds.
fn two<'i, A, B>(
    r: &mut Reader<'_>,
    key: &str,
    v: &Value<'i>,
    example: &str,
    first: impl Fn(&mut Reader<'_>, &str, &Value<'i>) -> Option<A>,
    second: impl Fn(&mut Reader<'_>, &str, &Value<'i>) -> Option<B>,
) -> Option<(A, B)> {
    if let DeValue::Array(items) = v.get_ref()
        && let [a, b] = &items[..]
    {
        let (a, b) = (first(r, key, a), second(r, key, b));
        return Some((a?, b?));
    }
    r.error("model-wrong-type", format!("`{key}` needs a list of two"), v.span(), format!("expected {example}"));
    None
}

/// `{ grid = [20, 20], spacing = "50 um" }` or `{ random = ["1 mm", "1 mm"] }`, each with `periodic = true` or without.
pub(super) fn space(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Space> {
    let s = r.section(key, v, &["grid", "spacing", "random", "periodic"])?;
    let periodic = r.optional(&s, "periodic", Reader::flag).is_some_and(|p| p.value);
    let directions = |r: &mut Reader<'_>, n: usize, v: &Value<'_>| {
        let fits = (1..=3).contains(&n);
        if !fits {
            r.error("model-range", format!("space has 1 to 3 directions, not {n}"), v.span(), "one number for each direction");
        }
        fits
    };
    let places = match (s.get("grid"), s.get("random")) {
        (Some(grid), None) => {
            let counts: Vec<usize> = r.list("grid", grid, |r, k, v| r.whole(k, v, 1))?.into_iter().map(|n| n.value).collect();
            let spacing = r.required(&s, "spacing", "\"50 um\"", |r, k, v| r.physical(k, v, LENGTH, POSITIVE))?;
            Places::Grid(directions(r, counts.len(), grid).then_some(counts)?, spacing.value)
        }
        (None, Some(random)) => {
            let sides: Vec<f64> =
                r.list("random", random, |r, k, v| r.physical(k, v, LENGTH, POSITIVE))?.into_iter().map(|x| x.value).collect();
            Places::Random(directions(r, sides.len(), random).then_some(sides)?)
        }
        _ => {
            r.error("model-missing-key", "`space` needs either `grid` or `random`", s.span, "where are the neurons?").hint =
                Some("write it as `{ grid = [20, 20], spacing = \"50 um\" }` or `{ random = [\"1 mm\", \"1 mm\"] }`".into());
            return None;
        }
    };
    Some(Space { places, periodic })
}

/// Rules of one number, which a table of layers may give for every pair of populations.
pub(super) const RULES: [&str; 5] = ["random", "connected", "in-degree", "out-degree", "total"];

/// One of [`RULES`].
pub(super) fn rule(r: &mut Reader<'_>, form: &str, v: &Value<'_>) -> Option<Wiring> {
    Some(match form {
        "random" => Wiring::Random(r.number(form, v, PROBABILITY)?),
        "connected" => Wiring::Connected(r.number(form, v, BELOW_ONE)?),
        "in-degree" => Wiring::InDegree(r.whole(form, v, 0)?),
        "out-degree" => Wiring::OutDegree(r.whole(form, v, 0)?),
        _ => Wiring::Total(r.whole(form, v, 0)?),
    })
}

/// What a projection says of its weights.
#[derive(Default)]
pub(super) struct Given {
    pub weights: Weights,
    pub unit: Option<Unit>,
    /// The column of [`Weights::Column`].
    pub column: Option<Located<Which>>,
}

/// `"unit-variance"`, `{ normal = [mean, sd] }`, `{ uniform = [a, b] }`, `{ lognormal = [mean, sd] }`, `{ constant = c }`, `{ gaussian = [w, length] }` and its
/// like, `{ column = "Weight", scale = c }`; numbers may all have a unit, that of what the receptor's event is given: `{ constant = "0.1 mV" }`.
pub(super) fn weights(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Given> {
    let words = ["unit-variance"];
    if matches!(v.get_ref(), DeValue::String(_)) {
        r.choice(key, v, &words)?;
        return Some(Given::default());
    }
    if v.get_ref().as_table().is_some_and(|t| t.contains_key("column")) {
        let s = r.section(key, v, &["column", "scale"])?;
        let column = r.required(&s, "column", "\"Weight\"", tables::which);
        let (scale, unit) = r.optional(&s, "scale", with_unit).map_or((1.0, None), |s| s.value);
        return Some(Given { weights: Weights::Column(scale), unit, column: Some(column?) });
    }
    let forms = ["normal", "uniform", "lognormal", "constant", "gaussian", "exponential", "within", "column", "kernel"];
    let (form, v, s) = key_with(r, key, v, &forms, &["min", "max"], &words)?;
    let given = |weights, unit| Some(Given { weights, unit, column: None });
    match form {
        "constant" => {
            unbounded(r, &s, form)?;
            let (c, unit) = with_unit(r, form, v)?;
            given(Weights::Constant(c), unit)
        }
        "kernel" => {
            unbounded(r, &s, form)?;
            let (scale, unit) = with_unit(r, form, v)?;
            given(Weights::Kernel(scale), unit)
        }
        "gaussian" | "exponential" | "within" => {
            unbounded(r, &s, form)?;
            let ((most, unit), length) = two(r, form, v, "[\"0.5 nS\", \"200 um\"]", with_unit, length)?;
            given(Weights::Distance(profile(form, most, length)), unit)
        }
        _ => {
            let (spread, unit) = bounded(r, form, v, &s)?;
            let weights = match spread {
                Spread::Constant(c) => Weights::Constant(c),
                Spread::Uniform(a, b) => Weights::Uniform(a, b),
                Spread::Normal(mean, sd) => Weights::Normal(mean, sd),
                Spread::Lognormal(mean, sd) => Weights::Lognormal(mean, sd),
                Spread::Clipped(bell, low, high) => Weights::Clipped(bell, low, high),
            };
            given(weights, unit)
        }
    }
}

/// The two numbers of a distribution, and its bounds `min` and `max`, with their unit.
fn bounded(r: &mut Reader<'_>, form: &str, v: &Value<'_>, s: &Section<'_, '_>) -> Option<(Spread, Option<Unit>)> {
    let (a, b, unit) = pair_with_unit(r, form, v, names(form))?;
    let spread = distribution(r, form, v, a, b)?;
    if form == "uniform" {
        unbounded(r, s, form)?;
    }
    let bound = |r: &mut Reader<'_>, k: &str, v: &Value<'_>| {
        let (x, of) = with_unit(r, k, v)?;
        let factor = match (of, unit) {
            (Some(of), Some(unit)) => of.factor_to(&unit),
            (None, None) => Some(1.0),
            _ => None,
        };
        if factor.is_none() {
            r.error("model-unit", format!("`{k}` has another unit than `{form}`"), v.span(), "expected the same unit").hint =
                Some("give all of them the same unit, or none".into());
        }
        factor.map(|f| f * x)
    };
    Some((clipped(r, s, spread, bound)?, unit))
}

/// That there are no bounds beside a form that has its own.
fn unbounded(r: &mut Reader<'_>, s: &Section<'_, '_>, form: &str) -> Option<()> {
    let found = ["min", "max"].into_iter().find_map(|k| Some((k, s.get(k)?)));
    let Some((k, v)) = found else { return Some(()) };
    r.error("model-range", format!("`{k}` is for `normal` and `lognormal`, not for `{form}`"), v.span(), "means nothing here").hint =
        Some("remove it".into());
    None
}

/// A distribution between the bounds `min` and `max` of a section, if it has any.
fn clipped<'i>(
    r: &mut Reader<'_>,
    s: &Section<'_, 'i>,
    spread: Spread,
    bound: impl Fn(&mut Reader<'_>, &str, &Value<'i>) -> Option<f64>,
) -> Option<Spread> {
    if s.get("min").is_none() && s.get("max").is_none() {
        return Some(spread);
    }
    let before = r.problems.len();
    let low = r.optional(s, "min", &bound).map_or(f64::NEG_INFINITY, |x| x.value);
    let high = r.optional(s, "max", &bound).map_or(f64::INFINITY, |x| x.value);
    if r.problems.len() > before {
        return None;
    }
    let clipped = match spread {
        Spread::Normal(mean, sd) => Spread::Clipped(Bell::Normal(mean, sd), low, high),
        Spread::Lognormal(mean, sd) => Spread::Clipped(Bell::Lognormal(mean, sd), low, high),
        other => other,
    };
    if let Err(text) = clipped.possible() {
        r.error("model-range", text, s.span, "between these bounds").hint =
            Some("widen `min` and `max`, or move the mean between them".into());
        return None;
    }
    Some(clipped)
}

/// What the two numbers of a distribution are.
fn names(form: &str) -> &'static str {
    if form == "uniform" { "[lowest, highest]" } else { "[mean, standard deviation]" }
}

/// The distribution of a form, if its numbers can be.
fn distribution(r: &mut Reader<'_>, form: &str, v: &Value<'_>, a: f64, b: f64) -> Option<Spread> {
    match form {
        "normal" | "lognormal" if b < 0.0 || (form == "lognormal" && a <= 0.0) => {
            let text = if b < 0.0 { format!("a standard deviation cannot be {b}") } else { format!("a lognormal mean cannot be {a}") };
            let expected = "expected [mean, standard deviation], the second not negative";
            r.error("model-range", text, v.span(), expected).hint = (form == "lognormal")
                .then(|| "the numbers are those of the weights themselves, and weights of this kind are positive".into());
            None
        }
        "normal" => Some(Spread::Normal(a, b)),
        "lognormal" => Some(Spread::Lognormal(a, b)),
        _ if a > b => {
            let text = format!("the lowest {a} is above the highest, {b}");
            r.error("model-range", text, v.span(), "expected [lowest, highest]").hint = Some(format!("write it as [{b}, {a}]"));
            None
        }
        _ => Some(Spread::Uniform(a, b)),
    }
}

/// A number, or a quantity with its unit.
pub(super) fn with_unit(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<(f64, Option<Unit>)> {
    if !matches!(v.get_ref(), DeValue::String(_)) {
        return Some((r.number(key, v, ANY)?, None));
    }
    let (x, unit) = r.quantity(key, v)?;
    Some((x, unit.map(|u| Unit::parse(&u).expect("read with the number"))))
}

/// Two of them, in the unit of the first.
pub(super) fn pair_with_unit(r: &mut Reader<'_>, key: &str, v: &Value<'_>, names: &str) -> Option<(f64, f64, Option<Unit>)> {
    let before = r.problems.len();
    let numbers = r.list(key, v, with_unit)?;
    if let [a, b] = &numbers[..] {
        let second = match (a.value.1, b.value.1) {
            (Some(u), Some(w)) => w.factor_to(&u).map(|f| f * b.value.0),
            (None, None) => Some(b.value.0),
            _ => None,
        };
        if let Some(second) = second {
            return Some((a.value.0, second, a.value.1));
        }
        r.error("model-unit", format!("the two numbers of `{key}` have different units"), v.span(), format!("expected {names}")).hint =
            Some("give both the same unit, or none".into());
        return None;
    }
    if r.problems.len() == before {
        r.error("model-wrong-type", format!("`{key}` needs two numbers"), v.span(), format!("expected {names}"));
    }
    None
}

/// `{ uniform = [a, b] }`, `{ normal = [mean, sd] }` with bounds `min` and `max` or without, or a number; each with a unit or without.
pub(super) fn spread(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<(Spread, Option<Unit>)> {
    if !matches!(v.get_ref(), DeValue::Table(_)) {
        let (x, unit) = with_unit(r, key, v)?;
        return Some((Spread::Constant(x), unit));
    }
    let (form, v, s) = key_with(r, key, v, &["uniform", "normal", "lognormal"], &["min", "max"], &[])?;
    bounded(r, form, v, &s)
}

/// A delay, and the column of [`Delay::Column`]: `"2 ms"`, `"1 frame"`, `{ uniform = ["0.5 ms", "3 ms"] }`, `{ normal = [mean, sd] }`, `{ lognormal = [mean, sd] }`,
/// `{ base = "0.5 ms", speed = "0.3 m/s" }`, `{ column = "Delay", scale = "1 ms" }` or `{ frames = 1, time = "2 ms" }`.
pub(super) fn delay(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<(Delay, Option<Located<Which>>)> {
    if v.get_ref().as_table().is_some_and(|t| t.contains_key("column")) {
        let s = r.section(key, v, &["column", "scale"])?;
        let column = r.required(&s, "column", "\"Delay\"", tables::which);
        let scale = r.required(&s, "scale", "\"1 ms\"", |r, k, v| r.milliseconds(k, v, POSITIVE));
        return Some((Delay::Column(scale?.value), Some(column?)));
    }
    plain_delay(r, key, v).map(|d| (d, None))
}

fn plain_delay(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Delay> {
    let form = |name: &&str| v.get_ref().as_table().is_some_and(|t| t.contains_key(*name));
    if ["uniform", "normal", "lognormal"].iter().any(form) {
        let (form, v, s) = key_with(r, key, v, &["uniform", "normal", "lognormal"], &["min", "max"], &[])?;
        let times = r.list(form, v, |r, k, v| r.milliseconds(k, v, NOT_NEGATIVE))?;
        let [a, b] = &times[..] else {
            let d = r.error("model-wrong-type", format!("`{form}` needs two times"), v.span(), format!("found {}", times.len()));
            d.hint = Some("write it as [\"0.5 ms\", \"3 ms\"]".into());
            return None;
        };
        if form == "uniform" {
            unbounded(r, &s, form)?;
        }
        let spread = distribution(r, form, v, a.value, b.value)?;
        return Some(match clipped(r, &s, spread, |r, k, v| r.milliseconds(k, v, NOT_NEGATIVE))? {
            Spread::Uniform(a, b) => Delay::Uniform(a, b),
            Spread::Normal(mean, sd) => Delay::Normal(mean, sd),
            Spread::Lognormal(mean, sd) => Delay::Lognormal(mean, sd),
            Spread::Clipped(bell, low, high) => Delay::Clipped(bell, low, high),
            Spread::Constant(t) => Delay::Ms(t),
        });
    }
    if v.get_ref().as_table().is_some_and(|t| t.contains_key("speed")) {
        let s = r.section(key, v, &["base", "speed"])?;
        let speed = r.required(&s, "speed", "\"0.3 m/s\"", |r, k, v| r.physical(k, v, SPEED, POSITIVE))?;
        let base = r.optional(&s, "base", |r, k, v| r.milliseconds(k, v, NOT_NEGATIVE)).unwrap_or_default();
        return Some(Delay::Distance(base.value, speed.value));
    }
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
