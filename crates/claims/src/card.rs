//! The card of a claim: one TOML text.
//!
//! ```toml
//! id = 14
//! seeds = 1                           # 3 or more where chance plays a part
//!
//! [en]                                # the words, in English ...
//! title = "A spike travels down the axon"
//! claim = "..."                       # the article's claim in our own words
//! measured = "..."                    # what is measured here
//! residual = "..."                    # what the match does not explain; in all texts {speed} is the measured number
//! break = "..."                       # how to break it
//! differs = "..."                     # where the criteria are other than those that were written down first
//! varied = "..."                      # what was varied before the numbers were fixed, and how often
//! full = "..."                        # what --full does
//!
//! [zh]                                # ... and in Chinese, the same keys
//!
//! [experiment]
//! kind = "propagation"                # stimulus and score; the other keys are what that kind asks for
//! model = "model.toml"
//!
//! [full]                              # settings instead of those, with --full
//!
//! [small]                             # ... and with --small, for a quick look
//!
//! [[criterion]]
//! name = "speed"
//! quantity = "speed"                  # one that the kind measures
//! is = "within"                       # or "at-least", "at-most"
//! value = "18.7 m/s"
//! tolerance = "2 %"                   # of the value, or a quantity
//! en = "..."
//! zh = "..."
//!
//! [[knob]]
//! name = "sodium"
//! default = 1                         # or a quantity
//! range = [0, 10]                     # in the unit of the default
//! times = ["hh.gnabar"]               # multiplies these numbers of the description; or
//! set = ["membrane.temperature"]      # is these numbers
//! en = "..."
//! zh = "..."
//!
//! [[control]]                         # the experiment again, with knobs turned; every criterion is turned by one
//! set = { sodium = 0 }
//! turns = ["speed"]                   # criteria that must then be missed
//! en = "..."
//! zh = "..."
//!
//! [[published]]
//! en = "18.8 m/s, computed"
//! zh = "..."
//! reference = "..."
//! verified = "paper"                  # where it was checked: or "abstract", "here"; "second-hand", "memory" if nowhere
//!
//! [figure.spikes]                     # a title for each figure of the kind
//! en = "..."
//! zh = "..."
//! ```

use crate::kinds::{self, Kind};
use crate::outcome::FEWEST;
use crate::quantity;
use crate::settings::{Form, Settings};
use homolog_base::{Diagnostic, Source, Span, has_errors};
use homolog_formats::claims::{CARD, Folder};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::{Spanned, Value};

/// One thing said in both languages.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Words {
    /// The same in both: names, symbols.
    pub fn same(text: impl Into<String>) -> Words {
        let en = text.into();
        Words { zh: en.clone(), en }
    }

    /// Both.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Words {
        Words { en: en.into(), zh: zh.into() }
    }
}

/// The texts of a card in one language.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// One line.
    pub title: String,
    /// The article's claim in our own words.
    pub claim: String,
    /// What is measured here.
    pub measured: String,
    /// What the match does not explain.
    pub residual: String,
    /// How to break it.
    #[serde(rename = "break")]
    pub breaking: String,
    /// Where the criteria are other than those that were written down first, and why.
    pub differs: String,
    /// What was varied before the numbers were fixed, and how often.
    pub varied: String,
    /// What `--full` does.
    pub full: String,
}

/// How a measured number is compared.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Test {
    /// Not below.
    AtLeast(f64),
    /// Not above.
    AtMost(f64),
    /// No further from the first than the second.
    Within(f64, f64),
}

/// What would show the claim.
#[derive(Clone, PartialEq, Debug)]
pub struct Criterion {
    /// Name.
    pub name: String,
    /// The measured quantity.
    pub quantity: String,
    /// Its unit.
    pub unit: &'static str,
    /// The comparison, in that unit.
    pub test: Test,
    /// As it is written: `within 2 % of 18.7 m/s`.
    pub text: String,
    /// What it is.
    pub words: Words,
}

/// Something to turn.
#[derive(Clone, PartialEq, Debug)]
pub struct Knob {
    /// Name.
    pub name: String,
    /// Its default, in its unit.
    pub default: f64,
    /// Its unit.
    pub unit: String,
    /// Lowest and highest value.
    pub range: (f64, f64),
    /// Whether it multiplies; else it sets.
    pub times: bool,
    /// What it acts on.
    pub targets: Vec<String>,
    /// What it is.
    pub words: Words,
    /// Where it stands.
    pub span: Span,
}

impl Knob {
    /// Why it cannot be turned so, if it cannot.
    pub fn refused(&self, x: f64) -> Option<Diagnostic> {
        let (low, high) = self.range;
        (!(low..=high).contains(&x)).then(|| {
            let unit = if self.unit == "1" { String::new() } else { format!(" {}", self.unit) };
            Diagnostic::error("claim-range", format!("`{}` cannot be {x}{unit}", self.name))
                .hint(format!("it goes from {low} to {high}{unit}"))
        })
    }
}

/// The experiment again, with knobs turned.
#[derive(Clone, PartialEq, Debug)]
pub struct Control {
    /// Values of knobs.
    pub set: BTreeMap<String, f64>,
    /// Criteria that must then be missed.
    pub turns: Vec<String>,
    /// What it is.
    pub words: Words,
}

/// A published number.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// What was found.
    pub en: String,
    /// The same in Chinese.
    pub zh: String,
    /// By whom, where.
    pub reference: String,
    /// Where all of it was checked.
    pub verified: Verified,
}

/// Where a published number was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verified {
    /// In the publication.
    Paper,
    /// In its abstract.
    Abstract,
    /// It is mathematics, and computed here.
    Here,
    /// Nowhere: somebody else says so.
    SecondHand,
    /// Nowhere: from memory.
    Memory,
}

impl Verified {
    /// In words.
    pub fn words(self) -> Words {
        let (en, zh) = match self {
            Verified::Paper => ("checked in the publication", "已在原文核对"),
            Verified::Abstract => ("checked in its abstract", "已在摘要核对"),
            Verified::Here => ("mathematics, computed here", "数学结果，在此计算"),
            Verified::SecondHand => ("second-hand, not verified", "二手引用，未核实"),
            Verified::Memory => ("from memory, not verified", "凭记忆，未核实"),
        };
        Words::new(en, zh)
    }
}

/// The card of a claim.
#[derive(Clone, Debug)]
pub struct Card {
    /// Number of the claim.
    pub id: u32,
    /// Name of its folder.
    pub name: String,
    /// Its text.
    pub source: Arc<Source>,
    /// How many seeds; 1 where chance plays no part.
    pub seeds: usize,
    /// The words in English.
    pub en: Texts,
    /// The words in Chinese.
    pub zh: Texts,
    /// The kind of its experiment.
    pub kind: &'static Kind,
    /// What the experiment is told.
    pub settings: Settings,
    /// What it is told instead with `--full`.
    pub full: Settings,
    /// What it is told instead with `--small`.
    pub small: Settings,
    /// What would show the claim.
    pub criteria: Vec<Criterion>,
    /// What can be turned.
    pub knobs: Vec<Knob>,
    /// The experiment again, with knobs turned.
    pub controls: Vec<Control>,
    /// Published numbers.
    pub published: Vec<Published>,
    /// Titles of the figures.
    pub figures: BTreeMap<String, Words>,
}

impl Card {
    /// The knob of this name.
    pub fn knob(&self, name: &str) -> Option<&Knob> {
        self.knobs.iter().find(|k| k.name == name)
    }

    /// Values of all knobs as the card has them.
    pub fn defaults(&self) -> BTreeMap<String, f64> {
        self.knobs.iter().map(|k| (k.name.clone(), k.default)).collect()
    }

    /// The unit of a quantity that its experiment measures.
    pub fn unit(&self, quantity: &str) -> Option<&'static str> {
        self.kind.quantities.iter().find(|q| q.name == quantity).map(|q| q.unit)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCard {
    id: u32,
    #[serde(default = "one")]
    seeds: Spanned<usize>,
    en: Spanned<Texts>,
    zh: Spanned<Texts>,
    experiment: Spanned<BTreeMap<String, Spanned<Value>>>,
    #[serde(default)]
    full: BTreeMap<String, Spanned<Value>>,
    #[serde(default)]
    small: BTreeMap<String, Spanned<Value>>,
    #[serde(default)]
    criterion: Vec<RawCriterion>,
    #[serde(default)]
    knob: Vec<RawKnob>,
    #[serde(default)]
    control: Vec<RawControl>,
    #[serde(default)]
    published: Vec<Published>,
    #[serde(default)]
    figure: BTreeMap<Spanned<String>, Words>,
}

fn one() -> Spanned<usize> {
    Spanned::new(0..0, 1)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCriterion {
    name: Spanned<String>,
    quantity: Spanned<String>,
    is: Spanned<String>,
    value: Spanned<Value>,
    tolerance: Option<Spanned<Value>>,
    en: String,
    zh: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKnob {
    name: Spanned<String>,
    default: Spanned<Value>,
    range: Spanned<[f64; 2]>,
    #[serde(default)]
    times: Vec<Spanned<String>>,
    #[serde(default)]
    set: Vec<Spanned<String>>,
    en: String,
    zh: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawControl {
    set: BTreeMap<Spanned<String>, Spanned<Value>>,
    turns: Spanned<Vec<Spanned<String>>>,
    en: String,
    zh: String,
}

/// Collects what is wrong with a card, each at its place.
pub(crate) struct Reader<'a> {
    source: &'a Arc<Source>,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Notes a problem.
    pub(crate) fn say(&mut self, d: Diagnostic, span: impl Into<Span>, label: &str) {
        self.problems.push(d.at(self.source, span, label));
    }
}

/// Reads the card of a folder: the card, unless there are errors, and all that is wrong with it. What is no TOML of this shape hides
/// the rest.
pub fn read(folder: &Folder) -> (Option<Card>, Vec<Diagnostic>) {
    let Some(source) = folder.files.get(CARD) else { return (None, vec![folder.missing(CARD)]) };
    let raw: RawCard = match toml::from_str(&source.text) {
        Ok(raw) => raw,
        Err(e) => {
            let d = Diagnostic::error("claim-card", e.message().to_string());
            let span = e.span().unwrap_or(0..source.text.len().min(1));
            let hint = "the cards of the claims that ship with the program show every key: `homolog claims list`";
            return (None, vec![d.at(source, span, "here").hint(hint)]);
        }
    };
    let mut r = Reader { source, problems: vec![] };
    let card = card(&mut r, folder, raw);
    let problems = r.problems;
    (card.filter(|_| !has_errors(&problems)), problems)
}

fn card(r: &mut Reader<'_>, folder: &Folder, raw: RawCard) -> Option<Card> {
    let whole = Span::from(raw.experiment.span());
    let table = raw.experiment.into_inner();
    let names = || kinds::ALL.iter().map(|k| k.name);
    let kind = match table.get("kind").map(|v| (v.get_ref().as_str().unwrap_or(""), v.span())) {
        None => {
            let d = Diagnostic::error("claim-kind", "the experiment has no `kind`");
            r.say(d.hint(format!("it is one of {}", names().collect::<Vec<_>>().join(", "))), whole, "of what kind?");
            return None;
        }
        Some((word, span)) => match kinds::ALL.iter().find(|k| k.name == word) {
            Some(kind) => kind,
            None => {
                r.say(
                    Diagnostic::error("claim-kind", format!("there is no kind of experiment `{word}`")).suggest(word, names()),
                    span,
                    "unknown",
                );
                return None;
            }
        },
    };
    for (language, texts) in [("en", &raw.en), ("zh", &raw.zh)] {
        let t = texts.get_ref();
        let all = [&t.title, &t.claim, &t.measured, &t.residual, &t.breaking, &t.differs, &t.varied, &t.full];
        if all.iter().any(|text| text.trim().is_empty()) {
            r.say(Diagnostic::error("claim-words", format!("a text of `[{language}]` is empty")), texts.span(), "every key has words");
        }
        all.iter().for_each(|text| placeholders(r, kind, text, texts.span()));
    }
    let settings = Settings::read(r, kind.keys, &table, whole, false);
    let full = Settings::read(r, kind.keys, &raw.full, whole, true);
    let small = Settings::read(r, kind.keys, &raw.small, whole, true);
    for key in kind.keys.iter().filter(|k| matches!(k.form, Form::Model | Form::Models)) {
        for settings in [&settings, &full, &small] {
            for file in settings.words(key.name).iter().filter(|f| !folder.files.contains_key(*f)) {
                r.say(folder.missing(file), settings.span(key.name), "named here");
            }
        }
    }
    if *raw.seeds.get_ref() == 0 || (kind.chance && *raw.seeds.get_ref() < FEWEST) {
        let d = Diagnostic::error("claim-seeds", format!("`seeds` cannot be {}", raw.seeds.get_ref()));
        r.say(d.hint(format!("where chance plays a part at least {FEWEST} are needed, and 1 elsewhere")), raw.seeds.span(), "here");
    }
    // Names that stand there, whatever else is wrong with what bears them.
    let named: Vec<String> = raw.criterion.iter().map(|c| c.name.get_ref().clone()).collect();
    let turned: Vec<String> = raw.knob.iter().map(|k| k.name.get_ref().clone()).collect();
    let criteria = criteria(r, kind, raw.criterion, whole);
    let knobs = knobs(r, raw.knob);
    let controls = controls(r, raw.control, (&named, &turned), &knobs, whole);
    let mut figures = BTreeMap::new();
    for (name, words) in raw.figure {
        if !kind.figures.contains(&name.get_ref().as_str()) {
            let d = Diagnostic::error("claim-figure", format!("this kind of experiment draws no figure `{}`", name.get_ref()));
            r.say(d.suggest(name.get_ref(), kind.figures.iter().copied()), name.span(), "unknown");
        }
        figures.insert(name.into_inner(), words);
    }
    for missing in kind.figures.iter().filter(|f| !figures.contains_key(**f)) {
        r.say(
            Diagnostic::error("claim-figure", format!("the figure `{missing}` has no title"))
                .hint(format!("add `[figure.{missing}]` with `en` and `zh`")),
            whole,
            "drawn by this experiment",
        );
    }
    Some(Card {
        id: raw.id,
        name: folder.name.clone(),
        source: r.source.clone(),
        seeds: raw.seeds.into_inner(),
        en: raw.en.into_inner(),
        zh: raw.zh.into_inner(),
        kind,
        settings,
        full,
        small,
        criteria,
        knobs,
        controls,
        published: raw.published,
        figures,
    })
}

/// A text cut before each name in braces: the name, and what follows up to the next. What comes before the first has no name, nor has what follows
/// a brace that is not closed.
pub fn pieces(text: &str) -> Vec<(Option<&str>, &str)> {
    let mut cut = text.split('{');
    let plain = cut.next().map(|plain| (None, plain));
    let named = |piece| str::split_once(piece, '}').map_or((None, piece), |(name, rest)| (Some(name), rest));
    plain.into_iter().chain(cut.map(named)).collect()
}

/// Words in braces are names of measured quantities.
fn placeholders(r: &mut Reader<'_>, kind: &Kind, text: &str, span: std::ops::Range<usize>) {
    for name in pieces(text).into_iter().filter_map(|(name, _)| name) {
        if !kind.quantities.iter().any(|q| q.name == name) {
            let d = Diagnostic::error("claim-quantity", format!("`{{{name}}}` is not measured by this kind of experiment"));
            r.say(d.suggest(name, kind.quantities.iter().map(|q| q.name)), span.clone(), "in these texts");
        }
    }
}

/// A number as it is or a text with a unit, in a unit; and as it is written.
fn amount(value: &Value, unit: &str) -> Result<(f64, String), String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Float(x) => x.to_string(),
        Value::Integer(x) => x.to_string(),
        other => return Err(format!("expected a number or a text such as \"3 mV\", found {}", other.type_str())),
    };
    Ok((quantity::read_in(&text, unit)?, text))
}

fn criteria(r: &mut Reader<'_>, kind: &Kind, raw: Vec<RawCriterion>, whole: Span) -> Vec<Criterion> {
    if raw.is_empty() {
        r.say(
            Diagnostic::error("claim-criterion", "the card has no `[[criterion]]`, so nothing could contradict it"),
            whole,
            "of this experiment",
        );
    }
    let mut out: Vec<Criterion> = vec![];
    for c in raw {
        let Some(q) = kind.quantities.iter().find(|q| q.name == c.quantity.get_ref()) else {
            let d = Diagnostic::error("claim-quantity", format!("`{}` is not measured by this kind of experiment", c.quantity.get_ref()));
            r.say(d.suggest(c.quantity.get_ref(), kind.quantities.iter().map(|q| q.name)), c.quantity.span(), "unknown");
            continue;
        };
        let bad = |r: &mut Reader<'_>, m: String, span| r.say(Diagnostic::error("claim-value", m), span, "here");
        let (value, text) = match amount(c.value.get_ref(), q.counted()) {
            Ok(v) => v,
            Err(m) => {
                bad(r, m, c.value.span());
                continue;
            }
        };
        let (test, text) = match (c.is.get_ref().as_str(), &c.tolerance) {
            ("at-least", None) => (Test::AtLeast(value), format!("≥ {text}")),
            ("at-most", None) => (Test::AtMost(value), format!("≤ {text}")),
            ("within", Some(t)) => {
                // Of what is itself a share, per cent are points.
                let relative = t.get_ref().as_str().is_some_and(|t| t.trim().ends_with('%')) && q.unit != "%";
                match amount(t.get_ref(), if relative { "1" } else { q.counted() }) {
                    Ok((x, tolerance)) => {
                        (Test::Within(value, if relative { x * value.abs() } else { x }), format!("{text} ± {tolerance}"))
                    }
                    Err(m) => {
                        bad(r, m, t.span());
                        continue;
                    }
                }
            }
            ("within", None) => {
                r.say(Diagnostic::error("claim-tolerance", "`within` needs a `tolerance`"), c.is.span(), "within what?");
                continue;
            }
            ("at-least" | "at-most", Some(t)) => {
                r.say(Diagnostic::error("claim-tolerance", "only `within` has a `tolerance`"), t.span(), "means nothing here");
                continue;
            }
            (other, _) => {
                let d = Diagnostic::error("claim-comparison", format!("there is no comparison `{other}`"));
                r.say(d.hint("it is `at-least`, `at-most` or `within`"), c.is.span(), "unknown");
                continue;
            }
        };
        if out.iter().any(|o| o.name == *c.name.get_ref()) {
            r.say(Diagnostic::error("claim-duplicate", format!("there are two criteria `{}`", c.name.get_ref())), c.name.span(), "again");
        }
        let (words, text) = (Words { en: c.en, zh: c.zh }, text.replace('-', "−"));
        out.push(Criterion { name: c.name.into_inner(), quantity: q.name.into(), unit: q.unit, test, text, words });
    }
    out
}

fn knobs(r: &mut Reader<'_>, raw: Vec<RawKnob>) -> Vec<Knob> {
    let mut out: Vec<Knob> = vec![];
    for k in raw {
        let span = Span::from(k.name.span());
        let parsed = match k.default.get_ref() {
            Value::String(text) => quantity::read(text).map(|_| {
                let (number, unit) = text.trim().split_once(char::is_whitespace).unwrap_or((text, "1"));
                (number.parse().unwrap_or(f64::NAN), unit.trim().to_string())
            }),
            Value::Float(x) => Ok((*x, "1".into())),
            Value::Integer(x) => Ok((*x as f64, "1".into())),
            other => Err(format!("expected a number or a text such as \"3 mV\", found {}", other.type_str())),
        };
        let (default, unit): (f64, String) = match parsed {
            Ok(p) => p,
            Err(m) => {
                r.say(Diagnostic::error("claim-value", m), k.default.span(), "here");
                continue;
            }
        };
        let range = (k.range.get_ref()[0], k.range.get_ref()[1]);
        if !range.0.is_finite() || !range.1.is_finite() || !(range.0..=range.1).contains(&default) {
            r.say(
                Diagnostic::error(
                    "claim-range",
                    format!("the default of `{}` is outside of its `range`, or that has no ends", k.name.get_ref()),
                ),
                k.range.span(),
                "the range",
            );
        }
        if k.times.is_empty() == k.set.is_empty() {
            let d = Diagnostic::error("claim-knob", format!("`{}` must act on something: either `times` or `set`", k.name.get_ref()));
            r.say(d, span, "this knob");
            continue;
        }
        if !k.times.is_empty() && unit != "1" {
            r.say(Diagnostic::error("claim-knob", "what multiplies has no unit"), k.default.span(), "expected a number");
        }
        if out.iter().any(|o| o.name == *k.name.get_ref()) {
            r.say(Diagnostic::error("claim-duplicate", format!("there are two knobs `{}`", k.name.get_ref())), span, "again");
        }
        let times = !k.times.is_empty();
        let targets = if times { k.times } else { k.set }.into_iter().map(Spanned::into_inner).collect();
        out.push(Knob { name: k.name.into_inner(), default, unit, range, times, targets, words: Words { en: k.en, zh: k.zh }, span });
    }
    out
}

fn controls(
    r: &mut Reader<'_>,
    raw: Vec<RawControl>,
    (criteria, turned): (&[String], &[String]),
    knobs: &[Knob],
    whole: Span,
) -> Vec<Control> {
    if raw.is_empty() {
        r.say(
            Diagnostic::error("claim-control", "the card has no `[[control]]`, so nobody knows that its criteria can fail"),
            whole,
            "of this experiment",
        );
    }
    let mut out: Vec<Control> = vec![];
    for c in raw {
        let mut set = BTreeMap::new();
        for (name, value) in c.set {
            let Some(knob) = knobs.iter().find(|k| k.name == *name.get_ref()) else {
                if turned.contains(name.get_ref()) {
                    continue;
                }
                let d = Diagnostic::error("claim-knob", format!("there is no knob `{}`", name.get_ref()));
                r.say(d.suggest(name.get_ref(), turned.iter().map(String::as_str)), name.span(), "unknown");
                continue;
            };
            // A number alone is one in the knob's unit.
            let alone = value.get_ref().as_float().or(value.get_ref().as_integer().map(|n| n as f64));
            match alone.map_or_else(|| amount(value.get_ref(), &knob.unit), |x| Ok((x, String::new()))) {
                Ok((x, _)) => match knob.refused(x) {
                    Some(d) => r.say(d, value.span(), "here"),
                    None => drop(set.insert(knob.name.clone(), x)),
                },
                Err(m) => r.say(Diagnostic::error("claim-value", m), value.span(), "here"),
            }
        }
        if c.turns.get_ref().is_empty() {
            r.say(Diagnostic::error("claim-control", "a control must turn a criterion"), c.turns.span(), "turns none");
        }
        for t in c.turns.get_ref() {
            if !criteria.contains(t.get_ref()) {
                let d = Diagnostic::error("claim-control", format!("there is no criterion `{}`", t.get_ref()));
                r.say(d.suggest(t.get_ref(), criteria.iter().map(String::as_str)), t.span(), "unknown");
            }
        }
        let turns = c.turns.into_inner().into_iter().map(Spanned::into_inner).collect();
        out.push(Control { set, turns, words: Words { en: c.en, zh: c.zh } });
    }
    for name in criteria.iter().filter(|name| !out.is_empty() && out.iter().all(|c| !c.turns.contains(name))) {
        let d = Diagnostic::error("claim-control", format!("no control turns the criterion `{name}`, so nobody knows that it can fail"));
        r.say(d.hint("name it in the `turns` of a control that must miss it, or leave it out"), whole, "of this experiment");
    }
    out
}

#[cfg(test)]
mod tests;
