//! The file of a fit: a neuron, what of it is sought, and the recordings that it is held to.
//!
//! [`read_fit`] is pure: text to value, with all problems at once, each with its place.
//!
//! ```toml
//! title = "A cell and two current steps"          # optional
//! neuron = "my-cell.toml"                         # a word as in a model file
//! settings = { "pas.e" = "-70 mV" }               # optional: instead of what the neuron's file says; these stay as they are
//!
//! [time]                                          # optional
//! step = "0.025 ms"                               # the neuron's own when not given
//!
//! [[parameter]]                                   # each number that is sought
//! name = "hh.gnabar"                              # as in `learn`: of a mechanism; or "capacitance", "resistivity", "diameter"
//! region = "soma"                                 # optional: of this region alone; one number for the whole neuron when not given
//! bounds = ["0.01 S/cm2", "1 S/cm2"]
//! start = "0.1 S/cm2"                             # optional: where one of the searches begins
//! transform = "log"                               # or "linear"; log from bounds above 0 that span ten times, when not given
//!
//! [[sweep]]                                       # each recording
//! file = "step.csv"                               # relative to this file; HOMOLOG_DATA/step.csv lies in the folder of the variable
//! time = { column = "t (ms)" }                    # or { column = 1, unit = "s" }, or { every = "0.1 ms" }
//! value = { column = 2, unit = "mV" }             # a column by its header or its number; its unit, if the header does not say it
//! variable = "v"                                  # the default
//! branch = "soma"                                 # where it was recorded: where the cell spikes when not given
//! position = 0.5                                  # the default
//! begin = "0 ms"                                  # optional: time of the recording at which the simulation begins
//! start = "20 ms"                                 # optional: the first and the last time that count
//! stop = "180 ms"
//! weight = 1                                      # the default
//!
//! [[sweep.stimulus]]                              # each current of that recording, at times of the recording
//! branch = "soma"
//! position = 0.5                                  # the default
//! delay = "50 ms"                                 # default 0
//! duration = "100 ms"
//! amplitude = "0.5 nA"                            # inward positive
//!
//! [fit]                                           # optional, as is each line
//! method = "gradient"                             # the default; or "cma"
//! loss = "potential"                              # the default; or { potential = 1, spikes = 0.5, phase-plane = 1 }
//! spike-filter = "10 ms"                          # the default: time constant of the loss of spikes
//! threshold = "-20 mV"                            # what is a spike; the cell's own when not given
//! restarts = 16                                   # independent searches
//! population = 12                                 # of "cma": variants in a generation of each search
//! evaluations = 3200                              # most variants that are run, of all searches together
//! learning-rate = 0.1                             # of "gradient"
//! seed = 0
//! ```

use super::walk::{ANY, NOT_NEGATIVE, POSITIVE, POTENTIAL, Reader, Section, Value, in_order, kind};
use super::{finished, outside, sections};
use crate::fit::{Column, Fit, Method, POPULATION, Search, Sought, Sweep, Term, Time, Weighted, Which};
use crate::network::Located;
use homolog_base::{Diagnostic, Source, Span, Unit};
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// Reads the file of a fit: what it describes, and everything that is wrong with it. Whether the neuron exists and has the parameters, and
/// whether the recordings are there, is not for it to say.
pub fn read_fit(source: &Arc<Source>) -> (Fit, Vec<Diagnostic>) {
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    let mut r = Reader::new(source, "a fit");
    let fit = fit(&mut r, document.get_ref());
    let hint = "is this the file of a fit? It begins with `neuron = \"...\"` and sections such as `[[parameter]]` and `[[sweep]]`";
    (fit, finished(r, &errors, hint))
}

/// Whether a text describes a fit, as far as it can be understood.
pub fn describes_fit(source: &Source) -> bool {
    let (document, _) = DeTable::parse_recoverable(&source.text);
    let has = |key: &str| document.get_ref().contains_key(key);
    (has("sweep") || has("parameter")) && !has("population")
}

fn fit(r: &mut Reader<'_>, document: &DeTable<'_>) -> Fit {
    let root = r.keys("", Span::default(), document, &["title", "neuron", "settings", "time", "parameter", "sweep", "fit"]);
    let mut out = Fit { source: Some(r.source.clone()), ..Fit::default() };
    out.title = r.optional(&root, "title", Reader::text).map(|t| t.value).unwrap_or_default();
    out.neuron = r.optional(&root, "neuron", Reader::name).unwrap_or_default();
    let settings = r.optional(&root, "settings", Reader::quantities).map(|l| l.value).unwrap_or_default();
    out.settings = settings.into_iter().map(|(k, x)| (k.value, x)).collect();
    if let Some(v) = root.get("time")
        && let Some(s) = r.section("time", v, &["step"])
    {
        out.step = r.optional(&s, "step", |r, k, v| r.milliseconds(k, v, POSITIVE));
    }
    let entries = |r: &mut Reader<'_>, key: &str| root.get(key).map_or(&[][..], |v| r.tables(key, v));
    out.sought = entries(r, "parameter").iter().filter_map(|v| sought(r, v)).collect();
    out.sweeps = entries(r, "sweep").iter().filter_map(|v| sweep(r, v)).collect();
    let end = r.source.text.len().min(1);
    for (key, what, example) in [
        ("neuron", "names no neuron", "neuron = \"cells/two-branch\""),
        ("parameter", "seeks no parameter", "[[parameter]]"),
        ("sweep", "has no recording", "[[sweep]]"),
    ] {
        let nothing = root.get(key).filter(|v| matches!(v.get_ref(), DeValue::Array(items) if items.is_empty()));
        let (span, label, hint) = match nothing {
            Some(v) => (v.span().into(), "an empty list".to_string(), "write one or more instead, each after a line"),
            None if root.lacks(key) => (Span::new(0, end), format!("`{key}` is missing"), "add"),
            None => continue,
        };
        r.error("model-missing-key", format!("this fit {what}"), span, label).hint = Some(format!("{hint} `{example}`"));
    }
    twice(r, &out.sought);
    let nothing = || Weighted { term: Term::Potential.into(), weight: 1.0 };
    match root.get("fit") {
        None => out.losses = vec![nothing()],
        Some(v) => {
            if let Some(s) = search(r, v, &mut out)
                && s.get("loss").is_none()
            {
                out.losses = vec![nothing()];
            }
        }
    }
    out
}

/// Parameters that are sought twice, or once for the whole neuron and once for a region.
fn twice(r: &mut Reader<'_>, sought: &[Sought]) {
    let region = |s: &Sought| s.region.as_ref().map(|r| r.value.clone());
    for (k, s) in sought.iter().enumerate() {
        let same = |o: &&Sought| o.name.value == s.name.value && (region(o) == region(s) || region(o).is_none() || region(s).is_none());
        if let Some(first) = sought[..k].iter().find(same) {
            let source = r.source;
            let d = r.error("model-duplicate", format!("`{}` is sought twice", s.name.value), s.name.span, "the second time");
            *d = d.clone().at(source, first.name.span, "the first time").hint("remove one, or give each a region of its own");
        }
    }
}

fn sought(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Sought> {
    let s = r.section("parameter", v, &["name", "region", "bounds", "start", "transform"])?;
    let name = r.required(&s, "name", "\"hh.gnabar\"", Reader::name);
    let bounds = r.required(&s, "bounds", "[\"0.01 S/cm2\", \"1 S/cm2\"]", |r, k, v| {
        let before = r.problems.len();
        let both = r.list(k, v, |r, k, v| r.quantity(k, v))?;
        if let [low, high] = &both[..] {
            return Some((low.clone(), high.clone()));
        }
        if r.problems.len() == before {
            r.error("model-wrong-type", "`bounds` needs two numbers", v.span(), "expected [lowest, highest]");
        }
        None
    });
    Some(Sought {
        region: r.optional(&s, "region", Reader::name),
        start: r.optional(&s, "start", |r, k, v| r.quantity(k, v)),
        logarithmic: r.optional(&s, "transform", |r, k, v| r.choice(k, v, &["log", "linear"])).map(|c| c.value == 0),
        span: s.span,
        name: name?,
        bounds: bounds?,
    })
}

fn sweep(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Sweep> {
    let keys = ["file", "time", "value", "variable", "branch", "position", "begin", "start", "stop", "weight", "stimulus"];
    let s = r.section("sweep", v, &keys)?;
    let file = r.required(&s, "file", "\"step.csv\"", Reader::name);
    let time = r.required(&s, "time", "{ column = 1, unit = \"ms\" }", time);
    let value = r.required(&s, "value", "{ column = 2, unit = \"mV\" }", |r, k, v| {
        let s = r.section(k, v, &["column", "unit"])?;
        column(r, &s, "{ column = 2, unit = \"mV\" }")
    });
    let record = sections::recorded(r, &s, POPULATION.into());
    if record.variable.value == crate::recordings::LFP {
        let text = "potentials outside of cells cannot be fitted yet";
        r.error("fit-variable", text, record.variable.span, "expected a variable such as \"v\"").hint = Some("record `v`".into());
    }
    if ["spikes", crate::recordings::RASTER].contains(&record.variable.value.as_str()) {
        r.error("fit-variable", "spikes are no trace that can be fitted", record.variable.span, "expected a variable such as \"v\"").hint =
            Some("record `v`, and set `loss = \"spikes\"` in [fit]".into());
    }
    let mut moment = |key: &'static str| r.optional(&s, key, |r, k, v| r.milliseconds(k, v, ANY));
    let (begin, start, stop) = (moment("begin"), moment("start"), moment("stop"));
    let weight = r.optional(&s, "weight", |r, k, v| r.number(k, v, POSITIVE)).map_or(1.0, |x| x.value);
    let stimuli = s.get("stimulus").map_or(&[][..], |v| r.tables("stimulus", v));
    let keys = ["branch", "position", "delay", "duration", "amplitude"];
    // At times of the recording, which may begin before 0.
    let current = |v| r.section("sweep.stimulus", v, &keys).map(|s| outside::current(r, &s, POPULATION.into(), ANY));
    let stimuli = stimuli.iter().filter_map(current).collect();
    Some(Sweep { time: time?.value, value: value?.value, file: file?, record, window: (start, stop), begin, weight, stimuli, span: s.span })
}

fn time(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Time> {
    let s = r.section(key, v, &["column", "unit", "every"])?;
    let every = r.optional(&s, "every", |r, k, v| r.milliseconds(k, v, POSITIVE));
    if let Some(every) = every {
        for other in ["column", "unit"] {
            if let Some(v) = s.get(other) {
                r.error(
                    "model-wrong-type",
                    format!("times are in a column or `every` so long, but not both: `{other}`"),
                    v.span(),
                    "remove one",
                );
            }
        }
        return Some(Time::Every(every));
    }
    if s.get("every").is_some() {
        return None;
    }
    Some(Time::Column(column(r, &s, "{ column = 1, unit = \"ms\" }")?))
}

fn column(r: &mut Reader<'_>, s: &Section<'_, '_>, example: &str) -> Option<Column> {
    let which = r.required(s, "column", example, |r, k, v| match v.get_ref() {
        DeValue::String(_) => Some(Which::Named(r.name(k, v)?)),
        _ => Some(Which::Numbered(r.whole(k, v, 1)?)),
    });
    let unit = r.optional(s, "unit", |r, k, v| {
        let text = r.text(k, v)?;
        if let Err(e) = Unit::parse(&text) {
            r.error("model-unit", format!("{e}"), v.span(), "expected a unit such as \"ms\" or \"mV\"");
            return None;
        }
        Some(text)
    });
    Some(Column { which: which?, unit })
}

/// Time constant of the loss of spikes when none is given, ms.
const SPIKE_FILTER: f64 = 10.0;

/// The section of the search; given back so that it can be asked what it said.
fn search<'d, 'i>(r: &mut Reader<'_>, v: &'d Value<'i>, out: &mut Fit) -> Option<Section<'d, 'i>> {
    let keys = ["method", "loss", "spike-filter", "threshold", "restarts", "population", "evaluations", "learning-rate", "seed"];
    let s = r.section("fit", v, &keys)?;
    let filter = r.optional(&s, "spike-filter", |r, k, v| r.milliseconds(k, v, POSITIVE));
    let tau = filter.as_ref().map_or(SPIKE_FILTER, |f| f.value);
    if let Some(l) = r.optional(&s, "loss", |r, k, v| loss(r, k, v, tau)) {
        out.losses = l.value;
    }
    if let Some(f) = filter
        && !out.losses.is_empty()
        && !out.losses.iter().any(|l| matches!(l.term.value, Term::Spikes(_)))
    {
        r.error("fit-loss", "`spike-filter` belongs to a loss that is not used", f.span, "no loss looks at spikes").hint =
            Some("set `loss = \"spikes\"`, or remove the line".into());
    }
    out.threshold = r.optional(&s, "threshold", |r, k, v| r.physical(k, v, POTENTIAL, ANY));
    let whole = |r: &mut Reader<'_>, key: &'static str, least: usize| r.optional(&s, key, |r, k, v| r.whole(k, v, least));
    let method = r.optional(&s, "method", |r, k, v| r.choice(k, v, &Method::ALL.map(Method::word)));
    out.search = Search {
        method: method.map(|m| Located { value: Method::ALL[m.value], span: m.span }).unwrap_or_default(),
        restarts: whole(r, "restarts", 1),
        population: whole(r, "population", 4),
        evaluations: whole(r, "evaluations", 1),
        learning_rate: r.optional(&s, "learning-rate", |r, k, v| r.number(k, v, POSITIVE)),
        seed: whole(r, "seed", 0).map(|n| Located { value: n.value as u64, span: n.span }),
    };
    Some(s)
}

/// `"potential"`, or `{ potential = 1, spikes = 0.5 }`.
fn loss(r: &mut Reader<'_>, key: &str, v: &Value<'_>, tau: f64) -> Option<Vec<Weighted>> {
    let words = ["potential", "spikes", "phase-plane"];
    let term = |k: usize| [Term::Potential, Term::Spikes(tau), Term::PhasePlane][k];
    match v.get_ref() {
        DeValue::String(_) => {
            let k = r.choice(key, v, &words)?;
            Some(vec![Weighted { term: Located::new(term(k), v.span()), weight: 1.0 }])
        }
        DeValue::Table(table) => {
            let before = r.problems.len();
            r.section(key, v, &words)?;
            let mut out = Vec::new();
            for (name, v) in in_order(table) {
                let Some(k) = words.iter().position(|w| *w == name.value) else { continue };
                let Some(weight) = r.number(&name.value, v, NOT_NEGATIVE) else { continue };
                if weight > 0.0 {
                    out.push(Weighted { term: Located::new(term(k), name.span), weight });
                }
            }
            if out.is_empty() && r.problems.len() == before {
                r.error("fit-loss", "this loss weighs nothing", v.span(), "expected a weight above 0").hint =
                    Some("write `loss = \"potential\"`".into());
            }
            Some(out)
        }
        other => {
            let found = kind(other);
            r.error("model-wrong-type", "`loss` must be a word or a table", v.span(), format!("found {found}")).hint =
                Some("write `loss = \"potential\"`, or `loss = { potential = 1, spikes = 0.5 }`".into());
            None
        }
    }
}

#[cfg(test)]
mod tests;
