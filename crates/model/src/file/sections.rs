//! The sections of a model file.

use super::walk::{ANY, BELOW_ONE, CONDUCTIVITY, FRACTION, LENGTH, NOT_NEGATIVE, POSITIVE, RATE, Reader, Section, Value, in_order, kind};
use super::{changes, outside, parts, tables};
use crate::fit::Which;
use crate::network::{
    Copies, Gap, GapEnd, Located, Network, Population, Precision, Projection, RecordRule, Sign, SpikeTimes, Start, WeightRule, Weights,
};
use crate::recordings::{LFP, WEIGHTS};
use crate::study::{Comparison, Data, Learning, Loss, Study, Training};
use homolog_base::{Span, Unit};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// The whole document.
pub(super) fn study(r: &mut Reader<'_>, document: &DeTable<'_>) -> Study {
    let root = r.keys(
        "",
        Span::default(),
        document,
        &[
            "title",
            "time",
            "population",
            "projection",
            "block",
            "noise",
            "gap",
            "stimulus",
            "record",
            "data",
            "training",
            "learning",
            "compare",
        ],
    );
    let mut network = Network { source: Some(r.source.clone()), ..Network::default() };
    network.title = r.optional(&root, "title", Reader::text).map(|t| t.value).unwrap_or_default();
    if let Some(v) = root.get("time")
        && let Some(s) = r.section("time", v, &["step", "presentation", "precision", "spikes"])
    {
        network.dt = r.optional(&s, "step", |r, k, v| r.milliseconds(k, v, POSITIVE));
        network.presentation = r.optional(&s, "presentation", |r, k, v| r.milliseconds(k, v, POSITIVE));
        network.precision = r.optional(&s, "precision", |r, k, v| r.choice(k, v, &Precision::NAMES).map(Precision::nth));
        network.spikes = r.optional(&s, "spikes", spike_times);
    }
    network.populations = root.get("population").map(|v| populations(r, v)).unwrap_or_default();
    let entries = |r: &mut Reader<'_>, key: &str| root.get(key).map_or(&[][..], |v| r.tables(key, v));
    network.projections = entries(r, "projection").iter().filter_map(|v| projection(r, v)).collect();
    network.projections.extend(entries(r, "block").iter().filter_map(|v| block(r, v)).flatten());
    entries(r, "noise").iter().for_each(|v| outside::noise(r, v, &mut network));
    network.gaps = entries(r, "gap").iter().filter_map(|v| gap(r, v)).collect();
    network.stimuli = entries(r, "stimulus").iter().filter_map(|v| outside::stimulus(r, v)).collect();
    for v in entries(r, "record") {
        match v.get_ref().as_table().and_then(|t| t.get("variable")).and_then(|w| w.get_ref().as_str()) {
            Some(WEIGHTS) => network.weight_recordings.extend(weights_recorded(r, v)),
            _ => network.recordings.extend(recording(r, v)),
        }
    }
    if root.lacks("population") {
        let end = r.source.text.len();
        r.error(
            "model-missing-key",
            "this file describes no population",
            Span::new(0, end.min(1)),
            "no `[population.name]` in this file",
        )
        .hint = Some("begin with `[population.image]`, `size = 64`, `neuron = \"input\"`".into());
    }
    Study {
        network,
        data: root.get("data").and_then(|v| data(r, v)),
        training: root.get("training").and_then(|v| training(r, v)),
        learning: root.get("learning").and_then(|v| learning(r, v)),
        comparison: root.get("compare").and_then(|v| comparison(r, v)),
    }
}

fn populations(r: &mut Reader<'_>, v: &Value<'_>) -> Vec<Population> {
    let DeValue::Table(table) = v.get_ref() else {
        let d = r.error("model-wrong-type", "`population` must be a table of tables", v.span(), format!("found {}", kind(v.get_ref())));
        d.hint = Some("write one `[population.name]` for each, with single brackets and its name".into());
        return Vec::new();
    };
    in_order(table).into_iter().map(|(name, v)| population(r, name, v)).collect()
}

/// Whether something may be called so: no name that the program makes is like that.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

fn population(r: &mut Reader<'_>, name: Located<String>, v: &Value<'_>) -> Population {
    if !is_plain(&name) {
        r.error(
            "model-name",
            format!("a population cannot be called `{}`", name.value),
            name.span,
            "expected letters, digits, `_` and `-` only",
        );
    }
    let mut p = Population { name, ..Population::default() };
    let Some(s) = r.section(
        &format!("population.{}", p.name.value),
        v,
        &[
            "size",
            "names",
            "neuron",
            "times",
            "poisson",
            "correlation",
            "space",
            "sends",
            "spikes",
            "parameters",
            "start",
            "learn",
            "surrogate",
            "readout-scale",
            "bias",
        ],
    ) else {
        return p;
    };
    p.names = r.optional(&s, "names", tables::names);
    let whole = |r: &mut Reader<'_>, k: &str, v: &Value<'_>| r.whole(k, v, 1);
    p.size = match &p.names {
        // As many as there are names; of a table that is known when it has been read.
        Some(names) if s.get("size").is_none() => Located::new(p.named().map_or(0, <[String]>::len), names.span),
        _ if s.get("names").is_some() => r.optional(&s, "size", whole).unwrap_or_default(),
        _ => r.required(&s, "size", "64", whole).unwrap_or_default(),
    };
    if let (Some(named), true) = (p.named().map(<[String]>::len), s.get("size").is_some())
        && named != p.size.value
        && p.size.value > 0
    {
        let source = r.source;
        let names = p.names.as_ref().map(|n| n.span).unwrap_or_default();
        let d = r.error("model-names", format!("{named} names for {} neurons", p.size.value), names, "one for each neuron");
        *d = d.clone().at(source, p.size.span, "so many").hint("remove `size`: there are as many neurons as names");
    }
    let neurons = r.required(&s, "neuron", "\"relu\"", neurons).map(|n| n.value).unwrap_or_default();
    let mut neurons = neurons.into_iter();
    p.neuron = neurons.next().unwrap_or_default();
    p.others = neurons.collect();
    if s.get("times").is_some_and(|v| matches!(v.get_ref(), DeValue::Table(_))) {
        p.spike_table = r.optional(&s, "times", tables::spikes);
    } else {
        p.times = r.optional(&s, "times", |r, k, v| r.list(k, v, outside::times)).map(|t| t.value).unwrap_or_default();
    }
    p.poisson = r.optional(&s, "poisson", |r, k, v| r.physical(k, v, RATE, NOT_NEGATIVE));
    p.correlation = r.optional(&s, "correlation", |r, k, v| r.number(k, v, FRACTION));
    if let Some(c) = p.correlation.as_ref().filter(|c| c.value > 0.0 && c.value < LEAST_CORRELATION) {
        let text =
            format!("a correlation of {} would take {} spikes of the process that all share for each of one", c.value, 1.0 / c.value);
        let d = r.error("model-range", text, c.span, format!("expected 0, or {LEAST_CORRELATION} or more"));
        d.hint = Some("so small a correlation cannot be told from none: remove the line".into());
    }
    if let Some(v) = s.get("correlation").filter(|_| s.lacks("poisson")) {
        let d = r.error("model-times", "`correlation` is of spikes that are drawn by `poisson`", v.span(), "means nothing here");
        d.hint = Some("add `poisson = \"10 Hz\"`, or remove the line".into());
    }
    p.parameters = r
        .optional(&s, "parameters", Reader::quantities)
        .map(|l| l.value.into_iter().map(|(k, x)| (k.value, x)).collect())
        .unwrap_or_default();
    p.learn = r
        .optional(&s, "learn", |r, k, v| r.list(k, v, parts::learn))
        .map(|l| l.value.into_iter().map(|x| x.value).collect())
        .unwrap_or_default();
    p.starts = r.optional(&s, "start", starts).map(|s| s.value).unwrap_or_default();
    p.space = r.optional(&s, "space", parts::space);
    p.sends = r.optional(&s, "sends", |r, k, v| Some(Sign::ALL[r.choice(k, v, &Sign::ALL.map(|s| s.0))?].1));
    p.spikes = r.optional(&s, "spikes", spike_times);
    p.surrogate = r.optional(&s, "surrogate", parts::surrogate);
    p.readout_scale = r.optional(&s, "readout-scale", |r, k, v| r.number(k, v, POSITIVE));
    p.bias = r.optional(&s, "bias", Reader::flag).map(|b| b.value);
    let given = p.neuron.value == super::SPIKES;
    if p.neuron.value == super::INPUT || given {
        let neuron = p.neuron.span;
        let (what, why) =
            if given { ("spikes", "because its spikes are given") } else { ("input", "because its values come from outside") };
        for key in ["parameters", "start", "learn", "surrogate", "readout-scale", "bias"] {
            if let Some(v) = s.get(key) {
                let source = r.source;
                let d = r.error("model-input", format!("a population of `{what}` has no `{key}`"), v.span(), "means nothing here");
                *d = d.clone().at(source, neuron, why).hint("remove the line");
            }
        }
    }
    for key in ["times", "poisson"] {
        if let Some(v) = s.get(key).filter(|_| !given) {
            let d = r.error("model-times", format!("`{key}` is for a population of `spikes`"), v.span(), "means nothing here");
            d.hint = Some("write `neuron = \"spikes\"`, or remove the line".into());
        }
    }
    match (s.get("times"), given) {
        (Some(v), true) if s.get("poisson").is_some() => {
            let d = r.error("model-times", "spikes are listed by `times` or drawn by `poisson`, not both", v.span(), "these are listed");
            d.hint = Some("remove one of the two lines".into());
        }
        (None, true) if s.lacks("poisson") => {
            let d = r.error(
                "model-missing-key",
                "when do these neurons spike?",
                p.neuron.span,
                "a population of `spikes` needs `times` or `poisson`",
            );
            d.hint = Some("add `times = [[\"1 ms\", \"5 ms\"]]`, one list for each neuron; or `poisson = \"1 Hz\"`".into());
        }
        (Some(v), true) if p.times.len() != p.size.value && p.size.value > 0 && !matches!(v.get_ref(), DeValue::Table(_)) => {
            let (lists, size) = (p.times.len(), p.size.value);
            let d = r.error("model-times", format!("{lists} lists of times for {size} neurons"), v.span(), "one list for each neuron");
            d.hint = Some("a neuron that is silent has an empty list: []".into());
        }
        _ => {}
    }
    p
}

/// `"grid"` or `"interpolated"`.
fn spike_times(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<SpikeTimes> {
    r.choice(key, v, &SpikeTimes::NAMES).map(SpikeTimes::nth)
}

/// `{ v = { uniform = ["0 mV", "20 mV"] } }`.
fn starts(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Vec<Start>> {
    let DeValue::Table(table) = v.get_ref() else {
        let d = r.error("model-wrong-type", format!("`{key}` must be a table"), v.span(), format!("found {}", kind(v.get_ref())));
        d.hint = Some("write it as `{ v = { uniform = [\"-65 mV\", \"-50 mV\"] } }`".into());
        return None;
    };
    let of = |(variable, v): (Located<String>, &Value<'_>)| {
        let (spread, unit) = parts::spread(r, &variable, v)?;
        Some(Start { variable, spread, unit })
    };
    Some(in_order(table).into_iter().filter_map(of).collect())
}

/// A name, or several.
fn neurons(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Vec<Located<String>>> {
    if !matches!(v.get_ref(), DeValue::Array(_)) {
        return Some(vec![Located::new(r.name(key, v)?, v.span())]);
    }
    let all = r.list(key, v, Reader::name)?;
    if all.is_empty() {
        r.error("model-missing-key", format!("`{key}` names nothing"), v.span(), "expected one kind or several").hint =
            Some("write it as \"lif\", or for several kinds of cells as [\"a.toml\", \"b.toml\"]".into());
        return None;
    }
    Some(all)
}

/// Below it a process that all share has so many spikes for each that somebody takes, that a run would not end.
const LEAST_CORRELATION: f64 = 1e-4;

/// As names of populations are, so that none is like another that the program makes.
fn projection_name(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<String> {
    let name = r.name(key, v)?;
    if !is_plain(&name) {
        let text = format!("a projection cannot be called `{name}`");
        r.error("model-name", text, v.span(), "expected letters, digits, `_` and `-` only");
        return None;
    }
    Some(name)
}

fn projection(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Projection> {
    let keys =
        ["name", "from", "to", "wiring", "autapses", "multapses", "weights", "delay", "learn", "plasticity", "normalise", "structure"];
    let s = r.section("projection", v, &keys)?;
    let (weights, delay) = (r.optional(&s, "weights", parts::weights), r.optional(&s, "delay", parts::delay));
    let (weights, unit, weight_column) = parted(weights);
    Some(Projection {
        name: r.optional(&s, "name", projection_name),
        from: r.required(&s, "from", "\"image\"", Reader::name).unwrap_or_default(),
        to: r.required(&s, "to", "\"hidden\"", Reader::name).unwrap_or_default(),
        wiring: r.required(&s, "wiring", "\"all-to-all\"", parts::wiring).unwrap_or_default(),
        copies: copies(r, &s),
        unit,
        weights,
        weight_column,
        delay_column: delay.as_ref().and_then(|d| d.value.1.clone()),
        delay: delay.map(|d| Located::new(d.value.0, d.span)),
        learn: r.optional(&s, "learn", Reader::flag).map(|b| b.value),
        plasticity: r.optional(&s, "plasticity", changes::rules).map(|p| p.value).unwrap_or_default(),
        normalise: r.optional(&s, "normalise", changes::normalise),
        structure: r.optional(&s, "structure", changes::structure),
        span: s.span,
    })
}

/// Weights, their unit, and the column in which they stand.
fn parted(given: Option<Located<parts::Given>>) -> (Located<Weights>, Option<Located<Unit>>, Option<Located<Which>>) {
    let Some(Located { value, span }) = given else { return Default::default() };
    (Located::new(value.weights, span), value.unit.map(|u| Located::new(u, span)), value.column)
}

fn copies(r: &mut Reader<'_>, s: &Section<'_, '_>) -> Copies {
    Copies { autapses: r.optional(s, "autapses", Reader::flag), multapses: r.optional(s, "multapses", Reader::flag) }
}

/// Projections between every two of some populations: a table with a row for each receiving and a column for each sending one, 0 for none.
fn block(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Vec<Projection>> {
    let keys: Vec<&str> = ["from", "to", "autapses", "multapses", "weights", "delay", "learn"].into_iter().chain(parts::RULES).collect();
    let s = r.section("block", v, &keys)?;
    let (weights, unit, weight_column) = parted(r.optional(&s, "weights", parts::weights));
    let delay = r.optional(&s, "delay", parts::delay);
    let copies = copies(r, &s);
    let learn = r.optional(&s, "learn", Reader::flag).map(|b| b.value);
    let from = r.required(&s, "from", "[\"a\", \"b\"]", |r, k, v| r.list(k, v, Reader::name)).map(|l| l.value);
    let to = r.required(&s, "to", "[\"a\", \"b\"]", |r, k, v| r.list(k, v, Reader::name)).map(|l| l.value);
    let given: Vec<_> = parts::RULES.iter().filter_map(|rule| Some((*rule, s.get(rule)?))).collect();
    let [(rule, table)] = given[..] else {
        let d = r.error("model-missing-key", format!("a block has one rule, and this has {}", given.len()), s.span, "this block");
        d.hint = Some(format!("rules are: {}; write it as `random = [[0.1, 0.2], [0.3, 0.4]]`", parts::RULES.join(", ")));
        return None;
    };
    let (from, to) = (from?, to?);
    let rows = r.list(rule, table, |r, k, v| r.list(k, v, |r, k, v| Some((parts::rule(r, k, v)?, v.span()))))?;
    if rows.len() != to.len() || rows.iter().any(|row| row.value.len() != from.len()) {
        let found = format!("found {} rows of {:?} numbers", rows.len(), rows.iter().map(|row| row.value.len()).collect::<Vec<_>>());
        let text = format!("a table of {} rows of {} numbers was expected", to.len(), from.len());
        r.error("model-wrong-type", text, table.span(), found).hint =
            Some("a row for each receiving population, a column for each sending one".into());
        return None;
    }
    let mut out = Vec::new();
    for (to, row) in to.iter().zip(rows) {
        for (from, rule) in from.iter().zip(row.value) {
            let (wiring, span) = rule.value;
            if wiring.is_none() {
                continue;
            }
            out.push(Projection {
                from: from.clone(),
                to: to.clone(),
                name: None,
                wiring: Located::new(wiring, span),
                copies: copies.clone(),
                unit: unit.clone(),
                weights: weights.clone(),
                weight_column: weight_column.clone(),
                delay_column: delay.as_ref().and_then(|d| d.value.1.clone()),
                delay: delay.as_ref().map(|d| Located::new(d.value.0, d.span)),
                learn,
                plasticity: vec![],
                normalise: None,
                structure: None,
                span: s.span,
            });
        }
    }
    Some(out)
}

fn gap(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Gap> {
    let s = r.section("gap", v, &["from", "to", "wiring", "mechanism", "parameters"])?;
    let parameters = r.optional(&s, "parameters", Reader::quantities).map(|p| p.value).unwrap_or_default();
    Some(Gap {
        from: r.required(&s, "from", "\"cells\"", gap_end).map(|e| e.value).unwrap_or_default(),
        to: r.required(&s, "to", "\"cells\"", gap_end).map(|e| e.value).unwrap_or_default(),
        wiring: r.required(&s, "wiring", "{ pairs = [[0, 1]] }", parts::wiring).unwrap_or_default(),
        mechanism: r.optional(&s, "mechanism", Reader::name).unwrap_or_else(|| "gap".into()),
        parameters: parameters.into_iter().map(|(k, x)| (k.value, x)).collect(),
        span: s.span,
    })
}

/// `"cells"` or `{ population = "cells", branch = "soma", position = 0.5 }`.
fn gap_end(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<GapEnd> {
    if !matches!(v.get_ref(), DeValue::Table(_)) {
        let population = Located::new(r.name(key, v)?, v.span());
        return Some(GapEnd { population, branch: None, position: 0.5 });
    }
    let s = r.section(key, v, &["population", "branch", "position"])?;
    Some(GapEnd {
        population: r.required(&s, "population", "\"cells\"", Reader::name)?,
        branch: r.optional(&s, "branch", Reader::name),
        position: r.optional(&s, "position", |r, k, v| r.number(k, v, FRACTION)).map_or(0.5, |x| x.value),
    })
}

/// The weights of a projection.
fn weights_recorded(r: &mut Reader<'_>, v: &Value<'_>) -> Option<WeightRule> {
    let s = r.section("record", v, &["variable", "from", "to", "name", "every"])?;
    Some(WeightRule {
        from: r.required(&s, "from", "\"input\"", Reader::name)?,
        to: r.required(&s, "to", "\"cells\"", Reader::name)?,
        name: r.optional(&s, "name", Reader::name),
        every: r.optional(&s, "every", |r, k, v| r.milliseconds(k, v, POSITIVE)),
        span: s.span,
    })
}

fn recording(r: &mut Reader<'_>, v: &Value<'_>) -> Option<RecordRule> {
    let s = r.section("record", v, &["population", "variable", "neurons", "branch", "position", "electrode", "conductivity"])?;
    let population = r.required(&s, "population", "\"hidden\"", Reader::name).unwrap_or_default();
    let (numbers, named) = neurons_chosen(r, &s);
    let rule = RecordRule {
        neurons: numbers,
        named,
        electrodes: r.optional(&s, "electrode", electrodes).map(|e| e.value).unwrap_or_default(),
        conductivity: r.optional(&s, "conductivity", |r, k, v| r.physical(k, v, CONDUCTIVITY, POSITIVE)).map(|x| x.value),
        ..recorded(r, &s, population)
    };
    at_electrodes(r, &s, &rule);
    Some(rule)
}

/// What a section records of a population: a variable, at a place.
pub(super) fn recorded(r: &mut Reader<'_>, s: &Section<'_, '_>, population: Located<String>) -> RecordRule {
    if let Some(v) = s.get("position")
        && s.lacks("branch")
    {
        r.error("model-record", "`position` is a place on a branch, but there is no `branch`", v.span(), "on which branch?").hint =
            Some("add a line such as `branch = \"soma\"`".into());
    }
    RecordRule {
        population,
        variable: r.optional(s, "variable", Reader::name).unwrap_or_else(|| "v".into()),
        branch: r.optional(s, "branch", Reader::name),
        position: r.optional(s, "position", |r, k, v| r.number(k, v, FRACTION)).map(|x| x.value),
        span: s.span,
        ..RecordRule::default()
    }
}

/// The `neurons` of a section, by numbers or by names.
pub(super) fn neurons_chosen(r: &mut Reader<'_>, s: &Section<'_, '_>) -> (Option<Located<Vec<usize>>>, Vec<Located<String>>) {
    match r.optional(s, "neurons", chosen) {
        Some(Located { value: Chosen::Numbers(all), span }) => (Some(Located::new(all, span)), vec![]),
        Some(Located { value: Chosen::Names(all), .. }) => (None, all),
        None => (None, vec![]),
    }
}

/// Neurons by their numbers, or by their names.
enum Chosen {
    Numbers(Vec<usize>),
    Names(Vec<Located<String>>),
}

fn chosen(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Chosen> {
    if v.get_ref().as_array().is_some_and(|all| all.iter().any(|n| matches!(n.get_ref(), DeValue::String(_)))) {
        return r.list(key, v, Reader::name).map(Chosen::Names);
    }
    let numbers = r.list(key, v, |r, k, n| r.whole(k, n, 0))?;
    Some(Chosen::Numbers(numbers.into_iter().map(|n| n.value).collect()))
}

/// A place in space, `["50 um", "0 um", "0 um"]`, or a list of places.
fn electrodes(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<Vec<Located<[f64; 3]>>> {
    if let DeValue::Array(items) = v.get_ref()
        && items.iter().any(|i| matches!(i.get_ref(), DeValue::Array(_)))
    {
        return r.list(key, v, place_in_space);
    }
    Some(vec![Located::new(place_in_space(r, key, v)?, v.span())])
}

fn place_in_space(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<[f64; 3]> {
    let before = r.problems.len();
    let lengths = r.list(key, v, |r, k, x| r.physical(k, x, LENGTH, ANY))?;
    if let [x, y, z] = &lengths[..] {
        return Some([x.value, y.value, z.value]);
    }
    if r.problems.len() == before {
        r.error("model-record", format!("`{key}` needs three lengths"), v.span(), "expected x, y and z").hint =
            Some(format!("write it as {key} = [\"50 um\", \"0 um\", \"0 um\"], or a list of such lists"));
    }
    None
}

/// What belongs to a potential outside of cells, and to nothing else.
fn at_electrodes(r: &mut Reader<'_>, s: &Section<'_, '_>, rule: &RecordRule) {
    let lfp = rule.variable.value == LFP;
    for key in ["electrode", "conductivity"] {
        if let Some(v) = s.get(key).filter(|_| !lfp) {
            let text = format!("`{key}` means something for `variable = \"{LFP}\"` only");
            r.error("model-record", text, v.span(), "of a potential outside of the cell").hint =
                Some(format!("write `variable = \"{LFP}\"`, or remove the line"));
        }
    }
    if lfp && s.lacks("electrode") {
        let d = r.error("model-missing-key", "this `lfp` does not say where its `electrode` is", s.span, "`electrode` is missing");
        d.hint = Some("add a line such as `electrode = [\"50 um\", \"0 um\", \"0 um\"]`, in the coordinates of the cell".into());
    }
    if let Some(branch) = rule.branch.as_ref().filter(|_| lfp) {
        let d = r.error("model-record", "`lfp` is a potential in space, not on a branch", branch.span, "not with `lfp`");
        d.hint = Some("say with `electrode` where it is, and remove the line".into());
    }
}

fn data(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Data> {
    let s = r.section("data", v, &["source", "input", "test", "validation", "intensity"])?;
    let source = r.required(&s, "source", "\"digits8x8\"", Reader::name);
    let input = r.required(&s, "input", "\"image\"", Reader::name);
    let test = r.optional(&s, "test", |r, k, v| r.number(k, v, BELOW_ONE)).unwrap_or_default();
    let validation = r.optional(&s, "validation", |r, k, v| r.number(k, v, BELOW_ONE)).unwrap_or_default();
    let unit_rms = r.optional(&s, "intensity", |r, k, v| r.choice(k, v, &["unit-rms", "as-is"])).is_none_or(|c| c.value == 0);
    Some(Data { source: source?, input: input.unwrap_or_default(), test, validation, unit_rms })
}

fn training(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Training> {
    let keys = [
        "loss",
        "readout",
        "optimiser",
        "learning-rate",
        "schedule",
        "batch",
        "epochs",
        "patience",
        "weight-decay",
        "label-smoothing",
        "input-noise",
        "freeze",
    ];
    let s = r.section("training", v, &keys)?;
    let losses = ["cross-entropy", "mean-square"];
    let schedules = ["constant", "cosine"];
    let plain =
        |r: &mut Reader<'_>, s: &Section<'_, '_>, key, range| r.optional(s, key, |r, k, v| r.number(k, v, range)).map_or(0.0, |x| x.value);
    let loss = r.required(&s, "loss", "\"cross-entropy\"", |r, k, v| r.choice(k, v, &losses));
    Some(Training {
        loss: loss.map(|l| Located { value: [Loss::CrossEntropy, Loss::MeanSquare][l.value], span: l.span }).unwrap_or_default(),
        readout: r.required(&s, "readout", "\"class\"", Reader::name).unwrap_or_default(),
        optimiser: r.optional(&s, "optimiser", parts::optimiser).unwrap_or_default(),
        learning_rate: r.required(&s, "learning-rate", "0.005", |r, k, v| r.number(k, v, POSITIVE)).unwrap_or_default(),
        schedule: r
            .optional(&s, "schedule", |r, k, v| r.choice(k, v, &schedules))
            .map_or_else(|| schedules[0].into(), |c| Located { value: schedules[c.value].to_string(), span: c.span }),
        batch: r.required(&s, "batch", "32", |r, k, v| r.whole(k, v, 1)).unwrap_or_default(),
        epochs: r.required(&s, "epochs", "60", |r, k, v| r.whole(k, v, 0)).unwrap_or_default(),
        patience: r.optional(&s, "patience", |r, k, v| r.whole(k, v, 1)).map(|p| p.value),
        weight_decay: plain(r, &s, "weight-decay", NOT_NEGATIVE),
        label_smoothing: plain(r, &s, "label-smoothing", BELOW_ONE),
        input_noise: plain(r, &s, "input-noise", NOT_NEGATIVE),
        freeze: r.optional(&s, "freeze", |r, k, v| r.list(k, v, Reader::name)).map(|l| l.value).unwrap_or_default(),
    })
}

fn learning(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Learning> {
    let s = r.section("learning", v, &["readout", "show", "rest", "passes", "samples"])?;
    let readout = r.required(&s, "readout", "\"excitatory\"", Reader::name);
    let show = r.required(&s, "show", "\"350 ms\"", |r, k, v| r.milliseconds(k, v, POSITIVE));
    Some(Learning {
        readout: readout?,
        show: show?,
        rest: r.optional(&s, "rest", |r, k, v| r.milliseconds(k, v, NOT_NEGATIVE)).unwrap_or_default(),
        passes: r.optional(&s, "passes", |r, k, v| r.whole(k, v, 0)).unwrap_or(1.into()),
        samples: r.optional(&s, "samples", |r, k, v| r.whole(k, v, 1)),
    })
}

fn comparison(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Comparison> {
    let s = r.section("compare", v, &["population", "levels", "notes"])?;
    let population = r.required(&s, "population", "\"hidden\"", Reader::name).unwrap_or_default();
    let words = |r: &mut Reader<'_>, key: &str, v: &Value<'_>| -> Option<Vec<(String, Located<String>)>> {
        let DeValue::Table(table) = v.get_ref() else {
            r.error(
                "model-wrong-type",
                format!("`{key}` must be a table"),
                v.span(),
                format!("expected a table, found {}", kind(v.get_ref())),
            )
            .hint = Some("write it as `{ rate = \"relu\", point = \"lif\" }`".into());
            return None;
        };
        Some(
            in_order(table)
                .into_iter()
                .filter_map(|(key, v)| Some((key.value.clone(), Located::new(r.name(&key, v)?, v.span()))))
                .collect(),
        )
    };
    let before = r.problems.len();
    let levels = r.required(&s, "levels", "{ rate = \"relu\", point = \"lif\" }", words);
    if levels.as_ref().is_some_and(|l| l.is_empty() && r.problems.len() == before) {
        r.error(
            "model-missing-key",
            "`levels` names nothing to compare",
            levels.as_ref().map_or(s.span, |l| l.span),
            "expected `name = \"neuron\"`",
        );
    }
    // A level names a file.
    for (name, word) in levels.iter().flat_map(|l| &l.value).filter(|(n, _)| !is_plain(n)) {
        r.error(
            "model-name",
            format!("a level cannot be called `{name}`"),
            word.span,
            "expected a name of letters, digits, `_` and `-` only",
        );
    }
    let notes = r.optional(&s, "notes", words).map(|n| n.value).unwrap_or_default();
    let notes: BTreeMap<_, _> = notes.into_iter().map(|(k, v)| (k, v.value)).collect();
    Some(Comparison { population, levels: levels.map(|l| l.value).unwrap_or_default(), notes })
}
