//! Walking TOML tables by hand, so that every problem is found and has a place.

use crate::cell::Quantity;
use crate::network::Located;
use homolog_base::{Diagnostic, Source, Span, Unit, diagnostic::nearest};
use homolog_ir::mechanism::{INSTEAD_OF_THE_OUTSIDE, OF_THE_OUTSIDE};
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// A source, and the problems found in it so far.
pub(super) struct Reader<'s> {
    pub source: &'s Arc<Source>,
    pub problems: Vec<Diagnostic>,
    /// What such a file is called in messages, with its article.
    file: &'static str,
    /// The section that was last found to be there twice: its keys are then there twice as well, which is not said again.
    repeated: Span,
}

/// One table of the document.
pub(super) struct Section<'d, 'i> {
    /// How it is called in messages.
    pub name: String,
    /// Its header, or the whole of an inline table.
    pub span: Span,
    table: &'d DeTable<'i>,
    /// Known keys that an unknown one probably stands for: not reported as missing as well.
    misspelt: Vec<&'static str>,
}

impl<'d, 'i> Section<'d, 'i> {
    pub fn get(&self, key: &str) -> Option<&'d Value<'i>> {
        self.table.get(key)
    }

    /// Whether a key is missing, and not just misspelt.
    pub fn lacks(&self, key: &str) -> bool {
        self.get(key).is_none() && !self.misspelt.contains(&key)
    }
}

/// Which numbers are allowed, and how that is said.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub holds: fn(f64) -> bool,
    pub words: &'static str,
}

pub(super) const ANY: Range = Range { holds: |_| true, words: "a finite number" };
pub(super) const POSITIVE: Range = Range { holds: |x| x > 0.0, words: "a number above 0" };
pub(super) const NOT_NEGATIVE: Range = Range { holds: |x| x >= 0.0, words: "a number that is not negative" };
pub(super) const BELOW_ONE: Range = Range { holds: |x| (0.0..1.0).contains(&x), words: "a number from 0 up to, but not including, 1" };
pub(super) const PROBABILITY: Range = Range { holds: |x| x > 0.0 && x <= 1.0, words: "a number above 0, up to 1" };

pub(super) const FRACTION: Range = Range { holds: |x| (0.0..=1.0).contains(&x), words: "a number from 0 to 1" };

/// A physical quantity that is kept in one unit, and how it is spoken of.
#[derive(Clone, Copy)]
pub(super) struct Physical {
    /// The unit in which it is kept.
    unit: &'static str,
    /// What it is, with its article.
    what: &'static str,
    /// How it may be written.
    example: &'static str,
}

pub(super) const TIME: Physical = Physical { unit: "ms", what: "a time", example: "1 ms" };
pub(super) const RATE: Physical = Physical { unit: "/ms", what: "a rate", example: "100 Hz" };
pub(super) const LENGTH: Physical = Physical { unit: "um", what: "a length", example: "20 um" };
pub(super) const SPEED: Physical = Physical { unit: "um/ms", what: "a speed", example: "0.3 m/s" };
pub(super) const POTENTIAL: Physical = Physical { unit: "mV", what: "a potential", example: "-65 mV" };
pub(super) const CONCENTRATION: Physical = Physical { unit: "mM", what: "a concentration", example: "10 mM" };
pub(super) const CURRENT: Physical = Physical { unit: "nA", what: "a current", example: "0.1 nA" };
pub(super) const CAPACITANCE: Physical = Physical { unit: "uF/cm2", what: "a capacitance per area", example: "1 uF/cm2" };
pub(super) const CONDUCTIVITY: Physical = Physical { unit: "S/m", what: "a conductivity", example: "0.3 S/m" };
pub(super) const RESISTIVITY: Physical = Physical { unit: "ohm-cm", what: "a resistivity", example: "100 ohm-cm" };

/// The entries of a table in the order of the text.
pub(super) fn in_order<'d, 'i>(table: &'d DeTable<'i>) -> Vec<(Located<String>, &'d Value<'i>)> {
    let mut all: Vec<_> = table.iter().map(|(k, v)| (Located::new(k.get_ref().to_string(), k.span()), v)).collect();
    all.sort_by_key(|(k, _)| k.span.start);
    all
}

/// The kind of a value, with its article.
pub(super) fn kind(v: &DeValue<'_>) -> &'static str {
    match v {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The number that a text begins with, and the rest.
pub(super) fn split_number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(usize::from(matches!(bytes.first(), Some(b'+' | b'-'))));
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let from = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let to = digits(from);
        if to > from {
            end = to;
        }
    }
    Some((text[..end].parse().ok()?, text[end..].trim()))
}

impl<'s> Reader<'s> {
    /// A reader of a source that is `file`: "a model file".
    pub fn new(source: &'s Arc<Source>, file: &'static str) -> Self {
        Reader { source, problems: Vec::new(), file, repeated: Span::default() }
    }

    /// An error with a place; it is returned so that more can be said.
    pub fn error(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: impl Into<Span>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        self.problems.push(Diagnostic::error(code, message).at(self.source, span, label));
        self.problems.last_mut().expect("just pushed")
    }

    /// Reports what the TOML parser did not understand.
    pub fn syntax(&mut self, error: &toml::de::Error) {
        let span: Span = error.span().unwrap_or(0..0).into();
        if error.message().starts_with("duplicate key") {
            return self.duplicate_key(span);
        }
        let source = self.source;
        let line_start = source.text[..span.start].rfind('\n').map_or(0, |p| p + 1);
        let line = source.text[line_start..].lines().next().unwrap_or("");
        let after = line.split_once('=').map_or("", |x| x.1).trim();
        let bare = after.split('#').next().unwrap_or("").trim();
        let word = error.message().contains("must be quoted") && !bare.contains(['"', '\'', '[', '{']);
        let d = self.error("model-syntax", error.message().to_string(), span, "not understood here");
        if word {
            d.hint = Some(format!("words are written in quotes: \"{bare}\""));
        } else if error.message().contains("basic string") {
            d.hint = Some("the closing quote is missing".into());
        } else if !line.contains('=') && !line.trim_start().starts_with('[') && !line.trim().is_empty() {
            d.hint = Some("a line is `key = value`, or `[section]`".into());
        }
    }

    fn duplicate_key(&mut self, span: Span) {
        let text = &self.source.text;
        let line_start = text[..span.start].rfind('\n').map_or(0, |p| p + 1);
        let header = text[line_start..].trim_start().starts_with('[');
        if !header && (self.repeated.start..self.repeated.end).contains(&span.start) {
            return;
        }
        // The earlier one: a header with the same path, or a line of the same key.
        let begin = if header { line_start + text[line_start..span.start].rfind('[').map_or(0, |p| p + 1) } else { span.start };
        let (span, name) = (Span::new(begin, span.end), text[begin..span.end].to_string());
        let mut first = None;
        let mut at = 0;
        for line in text[..line_start].split_inclusive('\n') {
            let start = line.len() - line.trim_start_matches([' ', '\t', '[']).len();
            let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
            if line[start..].starts_with(&name)
                && !line[start + name.len()..].starts_with(goes_on)
                && line.trim_start().starts_with('[') == header
            {
                first = Some(Span::new(at + start, at + start + name.len()));
            }
            at += line.len();
        }
        if header {
            self.repeated = Span::new(span.end, text[span.end..].find("\n[").map_or(text.len(), |p| span.end + p));
        }
        let source = self.source;
        let d = self.error(
            "model-duplicate",
            if header { format!("`{name}` is described twice") } else { format!("`{name}` is set twice") },
            span,
            "the second time",
        );
        if let Some(first) = first {
            *d = d.clone().at(source, first, "the first time");
        }
        d.hint = Some(if header { "give each its own name".into() } else { "remove one of the two".into() });
    }

    /// A value as a table with these keys; unknown ones are reported.
    pub fn section<'d, 'i>(&mut self, name: &str, value: &'d Value<'i>, known: &[&'static str]) -> Option<Section<'d, 'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(self.keys(name, value.span().into(), table, known)),
            other => {
                let d = self.error(
                    "model-wrong-type",
                    format!("`{name}` must be a table"),
                    value.span(),
                    format!("expected a table, found {}", kind(other)),
                );
                d.hint = Some(format!("its keys are {}", known.join(", ")));
                None
            }
        }
    }

    /// A table with these keys; unknown ones are reported.
    pub fn keys<'d, 'i>(&mut self, name: &str, span: Span, table: &'d DeTable<'i>, known: &[&'static str]) -> Section<'d, 'i> {
        let mut misspelt = Vec::new();
        for key in table.keys() {
            let word = key.get_ref().as_ref();
            if !known.contains(&word) {
                if let Some(k) = nearest(word, known.iter().copied()).and_then(|n| known.iter().find(|k| **k == n)) {
                    misspelt.push(*k);
                }
                if OF_THE_OUTSIDE.contains(&word) {
                    let text = format!("there is no `{word}`: cells stand in a medium without resistance");
                    self.error("cell-extracellular", text, key.span(), "of the space outside").hint = Some(INSTEAD_OF_THE_OUTSIDE.into());
                    continue;
                }
                let place = if name.is_empty() { self.file.to_string() } else { format!("`{name}`") };
                let d = Diagnostic::error("model-unknown-key", format!("{place} has no key `{word}`")).at(
                    self.source,
                    key.span(),
                    "unknown key",
                );
                self.problems.push(d.suggest(word, known.iter().copied()));
            }
        }
        Section { name: name.to_string(), span, table, misspelt }
    }

    /// The converted value of a key, if it is there.
    pub fn optional<'i, T>(
        &mut self,
        s: &Section<'_, 'i>,
        key: &str,
        convert: impl FnOnce(&mut Self, &str, &Value<'i>) -> Option<T>,
    ) -> Option<Located<T>> {
        let v = s.get(key)?;
        Some(Located::new(convert(self, key, v)?, v.span()))
    }

    /// The converted value of a key that must be there.
    pub fn required<'i, T>(
        &mut self,
        s: &Section<'_, 'i>,
        key: &'static str,
        example: &str,
        convert: impl FnOnce(&mut Self, &str, &Value<'i>) -> Option<T>,
    ) -> Option<Located<T>> {
        if s.lacks(key) {
            let d =
                self.error("model-missing-key", format!("`{}` does not say its `{key}`", s.name), s.span, format!("`{key}` is missing"));
            d.hint = Some(format!("add a line such as `{key} = {example}`"));
        }
        self.optional(s, key, convert)
    }

    fn wrong(&mut self, key: &str, v: &Value<'_>, expected: &str) -> &mut Diagnostic {
        self.error(
            "model-wrong-type",
            format!("`{key}` must be {expected}"),
            v.span(),
            format!("expected {expected}, found {}", kind(v.get_ref())),
        )
    }

    /// A string.
    pub fn text(&mut self, key: &str, v: &Value<'_>) -> Option<String> {
        match v.get_ref() {
            DeValue::String(s) => Some(s.to_string()),
            _ => {
                let raw = self.source.text[v.span()].to_string();
                let d = self.wrong(key, v, "a string");
                if !raw.contains(['[', '{', '\n']) {
                    d.hint = Some(format!("write it in quotes: \"{raw}\""));
                }
                None
            }
        }
    }

    /// A string that names something: not empty.
    pub fn name(&mut self, key: &str, v: &Value<'_>) -> Option<String> {
        let text = self.text(key, v)?;
        if text.trim().is_empty() {
            self.error("model-name", format!("`{key}` is empty"), v.span(), "expected a name");
            return None;
        }
        Some(text)
    }

    /// True or false.
    pub fn flag(&mut self, key: &str, v: &Value<'_>) -> Option<bool> {
        let DeValue::Boolean(b) = v.get_ref() else {
            self.wrong(key, v, "true or false").hint = match v.get_ref() {
                DeValue::String(s) if matches!(s.as_ref(), "true" | "false") => Some(format!("write {s} without quotes")),
                _ => None,
            };
            return None;
        };
        Some(*b)
    }

    /// A finite number in a range.
    pub fn number(&mut self, key: &str, v: &Value<'_>, range: Range) -> Option<f64> {
        let x = match v.get_ref() {
            DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok().map(|x| x as f64).or_else(|| i.as_str().parse().ok()),
            DeValue::Float(f) => f.as_str().parse().ok(),
            other => {
                let unquoted = other.as_str().and_then(|s| s.trim().parse::<f64>().ok());
                self.wrong(key, v, range.words).hint = unquoted.map(|x| format!("write {x} without quotes"));
                return None;
            }
        };
        match x.filter(|x: &f64| x.is_finite() && (range.holds)(*x)) {
            // Minus zero is zero here: no quantity of a model file has a sign at zero.
            Some(x) => Some(x + 0.0),
            None => {
                let raw = self.source.text[v.span()].to_string();
                self.error("model-range", format!("`{key}` cannot be {raw}"), v.span(), format!("expected {}", range.words));
                None
            }
        }
    }

    /// A whole number, at least `least`.
    pub fn whole(&mut self, key: &str, v: &Value<'_>, least: usize) -> Option<usize> {
        let expected = if least == 0 { "a whole number".to_string() } else { format!("a whole number, {least} or more") };
        let raw = self.source.text[v.span()].to_string();
        let DeValue::Integer(i) = v.get_ref() else {
            let unquoted = v.get_ref().as_str().and_then(|s| s.trim().parse::<usize>().ok());
            self.wrong(key, v, &expected).hint = unquoted.map(|x| format!("write {x} without quotes"));
            return None;
        };
        // 2^40 neurons, samples or epochs are a slip of the keyboard; the limit keeps products of two within u128.
        match usize::from_str_radix(i.as_str(), i.radix()).ok().filter(|n| *n >= least && *n < 1 << 40) {
            Some(n) => Some(n),
            None => {
                self.error("model-range", format!("`{key}` cannot be {raw}"), v.span(), format!("expected {expected}"));
                None
            }
        }
    }

    /// The number of the option that a string names.
    pub fn choice(&mut self, key: &str, v: &Value<'_>, options: &[&str]) -> Option<usize> {
        let word = self.text(key, v)?;
        let found = options.iter().position(|o| *o == word);
        if found.is_none() {
            let expected = options.iter().map(|o| format!("\"{o}\"")).collect::<Vec<_>>().join(" or ");
            let d = self.error("model-unknown-word", format!("`{key}` cannot be \"{word}\""), v.span(), format!("expected {expected}"));
            *d = d.clone().suggest(&word, options.iter().copied());
        }
        found
    }

    /// A number with its unit as it was written, `"12 ms"`, or a bare number.
    pub fn quantity(&mut self, key: &str, v: &Value<'_>) -> Option<(f64, Option<String>)> {
        let DeValue::String(text) = v.get_ref() else {
            if matches!(v.get_ref(), DeValue::Integer(_) | DeValue::Float(_)) {
                return Some((self.number(key, v, ANY)?, None));
            }
            self.wrong(key, v, "a number, or a string such as \"12 ms\"");
            return None;
        };
        let Some((x, unit)) = split_number(text).filter(|(x, _)| x.is_finite()) else {
            self.error(
                "model-unit",
                format!("`{key}` does not begin with a number"),
                v.span(),
                "expected a number and its unit, such as \"12 ms\"",
            );
            return None;
        };
        if let Err(e) = Unit::parse(unit) {
            self.error("model-unit", format!("{e}"), v.span(), "expected a number and its unit, such as \"12 ms\"").hint =
                Some(match nearest(&e.part, ["ms", "s", "us", "mV", "V", "nA", "pA", "nS", "uS", "Hz", "um", "ohm", "degC"]) {
                    Some(n) => format!("did you mean `{n}`?"),
                    None => "units are written as in `ms`, `mV`, `uA/cm2`".into(),
                });
            return None;
        }
        Some((x + 0.0, (!unit.is_empty()).then(|| unit.to_string())))
    }

    /// A time in ms.
    pub fn milliseconds(&mut self, key: &str, v: &Value<'_>, range: Range) -> Option<f64> {
        self.physical(key, v, TIME, range)
    }

    /// A whole number of either sign.
    pub fn integer(&mut self, key: &str, v: &Value<'_>) -> Option<i64> {
        let x = self.number(key, v, ANY)?;
        if x.fract() != 0.0 || x.abs() > 1e9 {
            self.error("model-range", format!("`{key}` cannot be {x}"), v.span(), "expected a whole number");
            return None;
        }
        Some(x as i64)
    }

    /// A number with a unit of the right dimension, in the unit in which it is kept.
    pub fn physical(&mut self, key: &str, v: &Value<'_>, wanted: Physical, range: Range) -> Option<f64> {
        let (x, unit) = self.quantity(key, v)?;
        let Physical { unit: to, what: named, example } = wanted;
        let to_unit = Unit::parse(to).expect("a unit of the table above");
        let Some(text) = unit else {
            let written = if to == "/ms" { "Hz" } else { to };
            self.error("model-unit", format!("`{key}` has no unit"), v.span(), format!("expected {named}")).hint =
                Some(format!("write it as \"{x} {written}\""));
            return None;
        };
        let found = Unit::parse(&text).expect("read above");
        let Some(factor) = found.factor_to(&to_unit) else {
            let what = if found.is_dimensionless() { "a pure number".to_string() } else { format!("in {found}") };
            self.error(
                "model-unit",
                format!("`{key}` is {named}, but \"{x} {text}\" is {what}"),
                v.span(),
                format!("expected {named} such as \"{example}\", found `{text}`"),
            );
            return None;
        };
        let (whole, inverse) = (factor.round(), (1.0 / factor).round());
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-12;
        // Powers of ten are whole, or their inverses are, and whole numbers multiply and divide with one rounding: 100 us are 0.1 ms.
        let t = match factor {
            f if whole >= 1.0 && near(f, whole) => x * whole,
            f if inverse > 1.0 && near(1.0 / f, inverse) => x / inverse,
            f => x * f,
        };
        if !t.is_finite() || !(range.holds)(t) {
            let words = range.words.trim_start_matches("a number ").trim_start_matches("that is ");
            self.error("model-range", format!("`{key}` cannot be \"{x} {text}\""), v.span(), format!("expected {named} that is {words}"));
            return None;
        }
        Some(t)
    }

    /// A table of numbers with or without units, in the order of the text.
    pub fn quantities(&mut self, key: &str, v: &Value<'_>) -> Option<Vec<(Located<String>, Quantity)>> {
        let DeValue::Table(table) = v.get_ref() else {
            self.wrong(key, v, "a table").hint = Some(format!("write it as `{key} = {{ tau = \"12 ms\" }}`"));
            return None;
        };
        let entry = |(key, v): (Located<String>, &Value<'_>)| {
            let x = self.quantity(&key, v)?;
            Some((key, Located::new(x, v.span())))
        };
        Some(in_order(table).into_iter().filter_map(entry).collect())
    }

    /// The entries of `[[key]]`.
    pub fn tables<'d, 'i>(&mut self, key: &str, v: &'d Value<'i>) -> &'d [Value<'i>] {
        let DeValue::Array(items) = v.get_ref() else {
            self.error("model-wrong-type", format!("`{key}` must be a list of tables"), v.span(), format!("found {}", kind(v.get_ref())))
                .hint = Some(format!("write `[[{key}]]`, with double brackets, before each"));
            return &[];
        };
        items
    }

    /// Every element of a list.
    pub fn list<'i, T>(
        &mut self,
        key: &str,
        v: &Value<'i>,
        mut convert: impl FnMut(&mut Self, &str, &Value<'i>) -> Option<T>,
    ) -> Option<Vec<Located<T>>> {
        let DeValue::Array(items) = v.get_ref() else {
            let raw = self.source.text[v.span()].to_string();
            let d = self.wrong(key, v, "a list");
            if !raw.contains(['{', '\n']) {
                d.hint = Some(format!("write it in brackets: [{raw}]"));
            }
            return None;
        };
        Some(items.iter().filter_map(|item| Some(Located::new(convert(self, key, item)?, item.span()))).collect())
    }
}
