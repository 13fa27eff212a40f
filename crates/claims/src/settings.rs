//! What the `[experiment]` of a card says, checked against what its kind asks for.

use crate::card::Reader;
use crate::quantity;
use homolog_base::{Diagnostic, Span};
use std::collections::BTreeMap;
use toml::{Spanned, Value};

/// A setting that a kind of experiment asks for.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Name.
    pub name: &'static str,
    /// What it must be.
    pub form: Form,
    /// What it is.
    pub about: &'static str,
}

/// What a setting must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// The file of a model in the folder of the claim.
    Model,
    /// Several of those.
    Models,
    /// A word.
    Word,
    /// Several words.
    Words,
    /// A place of a cell: `dendrite(0.5)`.
    Place,
    /// Several places.
    Places,
    /// A quantity in this unit.
    Quantity(&'static str),
    /// Several quantities in this unit.
    Quantities(&'static str),
    /// Several quantities in this unit, each above the one before.
    Rising(&'static str),
}

impl Form {
    /// The unit of its numbers, if it is made of numbers.
    pub fn unit(self) -> Option<&'static str> {
        match self {
            Form::Quantity(unit) | Form::Quantities(unit) | Form::Rising(unit) => Some(unit),
            _ => None,
        }
    }

    /// As it is written in a card.
    pub fn words(self) -> String {
        match self {
            Form::Model => "\"model.toml\"".into(),
            Form::Models => "[\"model.toml\", ...]".into(),
            Form::Word => "\"...\"".into(),
            Form::Words => "[\"...\", ...]".into(),
            Form::Place => "\"branch(0.5)\"".into(),
            Form::Places => "[\"branch(0.5)\", ...]".into(),
            Form::Quantity("1") => "1".into(),
            Form::Quantities("1") | Form::Rising("1") => "[1, ...]".into(),
            Form::Quantity(unit) => format!("\"1 {unit}\""),
            Form::Quantities(unit) | Form::Rising(unit) => format!("[\"1 {unit}\", ...]"),
        }
    }
}

/// A setting as it was read.
#[derive(Clone, PartialEq, Debug)]
pub enum Setting {
    /// A word, or the name of a file.
    Word(String),
    /// Words, or names of files.
    Words(Vec<String>),
    /// Places: branch, and where on it from 0 to 1.
    Places(Vec<(String, f64)>),
    /// Numbers in the unit of the key.
    Numbers(Vec<f64>),
}

/// All settings of an experiment, with where they stand in the card.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Settings {
    values: BTreeMap<String, (Setting, Span)>,
}

impl Settings {
    /// Reads what a table says; what is missing is an error unless `partial`.
    pub(crate) fn read(r: &mut Reader<'_>, keys: &[Key], table: &BTreeMap<String, Spanned<Value>>, place: Span, partial: bool) -> Settings {
        let mut out = Settings::default();
        for (name, value) in table {
            let span = Span::from(value.span());
            let Some(key) = keys.iter().find(|k| k.name == name) else {
                if name != "kind" {
                    let d = Diagnostic::error("claim-setting", format!("this kind of experiment has no setting `{name}`"));
                    r.say(d.suggest(name, keys.iter().map(|k| k.name)), span, "unknown");
                }
                continue;
            };
            match setting(key, value.get_ref()) {
                Ok(setting) => drop(out.values.insert(name.clone(), (setting, span))),
                Err(message) => r.say(
                    Diagnostic::error("claim-setting", format!("`{name}`: {message}")).hint(format!("it is {}", key.about)),
                    span,
                    "here",
                ),
            }
        }
        if !partial {
            for key in keys.iter().filter(|k| !table.contains_key(k.name)) {
                let d = Diagnostic::error("claim-setting", format!("the experiment has no `{}`", key.name));
                r.say(d.hint(format!("add it: {}", key.about)), place, "in this card");
            }
        }
        out
    }

    /// These settings, those in `other` instead where it has them.
    pub fn with(&self, other: &Settings) -> Settings {
        let mut values = self.values.clone();
        values.extend(other.values.clone());
        Settings { values }
    }

    /// Changes a number; false where there is none of this name.
    ///
    /// # Errors
    /// It cannot be changed so.
    pub fn change(&mut self, name: &str, by: impl Fn(f64) -> Result<f64, String>) -> Result<bool, String> {
        match self.values.get_mut(name) {
            Some((Setting::Numbers(n), _)) if n.len() == 1 => n[0] = by(n[0])?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Where a setting stands.
    pub fn span(&self, name: &str) -> Span {
        self.values.get(name).map(|v| v.1).unwrap_or_default()
    }

    /// A word.
    ///
    /// # Panics
    /// The kind did not ask for such a word.
    pub fn word(&self, name: &str) -> &str {
        match self.values.get(name) {
            Some((Setting::Word(w), _)) => w,
            _ => panic!("no kind asked for a word `{name}`"),
        }
    }

    /// Words: those of a list, or the only one.
    pub fn words(&self, name: &str) -> &[String] {
        match self.values.get(name) {
            Some((Setting::Words(w), _)) => w,
            Some((Setting::Word(w), _)) => std::slice::from_ref(w),
            _ => &[],
        }
    }

    /// Places.
    ///
    /// # Panics
    /// The kind did not ask for such places.
    pub fn places(&self, name: &str) -> &[(String, f64)] {
        match self.values.get(name) {
            Some((Setting::Places(p), _)) => p,
            _ => panic!("no kind asked for places `{name}`"),
        }
    }

    /// Numbers.
    ///
    /// # Panics
    /// The kind did not ask for such numbers.
    pub fn numbers(&self, name: &str) -> &[f64] {
        match self.values.get(name) {
            Some((Setting::Numbers(n), _)) => n,
            _ => panic!("no kind asked for numbers `{name}`"),
        }
    }

    /// A number.
    pub fn number(&self, name: &str) -> f64 {
        self.numbers(name)[0]
    }

    /// A number of things, at least 1.
    pub fn count(&self, name: &str) -> usize {
        self.number(name).round().max(1.0) as usize
    }

    /// A place.
    pub fn place(&self, name: &str) -> (&str, f64) {
        let (branch, position) = &self.places(name)[0];
        (branch, *position)
    }
}

fn setting(key: &Key, value: &Value) -> Result<Setting, String> {
    let words = |v: &Value| v.as_str().map(String::from).ok_or_else(|| format!("expected a text in quotes, found {}", v.type_str()));
    let all = |v: &Value| -> Result<Vec<String>, String> {
        let list = v.as_array().filter(|a| !a.is_empty()).ok_or("expected a list of texts in quotes")?;
        list.iter().map(words).collect()
    };
    Ok(match key.form {
        Form::Model | Form::Word => Setting::Word(words(value)?),
        Form::Models | Form::Words => Setting::Words(all(value)?),
        Form::Place => Setting::Places(vec![place(&words(value)?)?]),
        Form::Places => Setting::Places(all(value)?.iter().map(|t| place(t)).collect::<Result<_, _>>()?),
        Form::Quantity(unit) => Setting::Numbers(vec![number(value, unit)?]),
        Form::Quantities(unit) | Form::Rising(unit) => {
            let list = value.as_array().filter(|a| !a.is_empty()).ok_or("expected a list of quantities")?;
            let numbers: Vec<f64> = list.iter().map(|v| number(v, unit)).collect::<Result<_, _>>()?;
            let falls = numbers.windows(2).position(|w| w[0] >= w[1]).filter(|_| matches!(key.form, Form::Rising(_)));
            if let Some(k) = falls {
                return Err(format!("expected rising numbers, found {} after {}", list[k + 1], list[k]));
            }
            Setting::Numbers(numbers)
        }
    })
}

/// A number as it is, where there is no unit, or a text with one.
fn number(value: &Value, unit: &str) -> Result<f64, String> {
    match value {
        Value::Float(x) if !x.is_finite() => Err(format!("`{x}` is no number")),
        Value::Float(x) if quantity::unit_of(unit).is_dimensionless() => Ok(*x),
        Value::Integer(x) if quantity::unit_of(unit).is_dimensionless() => Ok(*x as f64),
        Value::String(text) => quantity::read_in(text, unit),
        other => Err(format!("expected a text such as \"3 {unit}\", found {}", other.type_str())),
    }
}

/// `dendrite(0.5)`; a branch alone is its middle.
fn place(text: &str) -> Result<(String, f64), String> {
    let (branch, rest) = text.split_once('(').unwrap_or((text, "0.5)"));
    let position = rest.strip_suffix(')').and_then(|p| p.parse::<f64>().ok()).filter(|p| (0.0..=1.0).contains(p));
    match position {
        Some(p) if !branch.is_empty() => Ok((branch.to_string(), p)),
        _ => Err(format!("`{text}` is no place: write a branch and where on it, from 0 to 1, as in `dendrite(0.5)`")),
    }
}
