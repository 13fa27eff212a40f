//! What a model file says of tables: lists of connections, and names of neurons.

use super::walk::{Reader, Section, Value, in_order, kind};
use super::write::{key, list, quoted, table};
use crate::fit::Which;
use crate::network::{CourseTable, EdgeList, Filter, Located, Names, SpikeTable};
use homolog_base::Unit;
use toml::de::DeValue;

/// A column of a table: the name in its header, or its number, from 1.
pub(super) fn which(r: &mut Reader<'_>, k: &str, v: &Value<'_>) -> Option<Which> {
    match v.get_ref() {
        DeValue::String(_) => Some(Which::Named(r.name(k, v)?)),
        _ => Some(Which::Numbered(r.whole(k, v, 1)?)),
    }
}

/// `{ table = "edges.csv", from = "Source", to = "Target", where = { Type = "chemical" }, skip-unknown = true }`; without columns the first two.
pub(super) fn edges(r: &mut Reader<'_>, name: &str, v: &Value<'_>) -> Option<EdgeList> {
    let s = r.section(name, v, &["table", "from", "to", "where", "skip-unknown"])?;
    let before = r.problems.len();
    let file = r.required(&s, "table", "\"edges.csv\"", Reader::name);
    let from = r.optional(&s, "from", which).unwrap_or_else(|| Which::Numbered(1).into());
    let to = r.optional(&s, "to", which).unwrap_or_else(|| Which::Numbered(2).into());
    let filters = filters(r, &s);
    let skip_unknown = r.optional(&s, "skip-unknown", Reader::flag).is_some_and(|f| f.value);
    (r.problems.len() == before).then_some(EdgeList { file: file?, from, to, filters, skip_unknown, listed: None })
}

/// `{ table = "raster.csv", neuron = "neuron", time = "t (ms)", unit = "ms", where = { population = "exc" }, recorded = true, skip-unknown = true }`; without
/// columns those of a raster.
pub(super) fn spikes(r: &mut Reader<'_>, name: &str, v: &Value<'_>) -> Option<SpikeTable> {
    let s = r.section(name, v, &["table", "neuron", "time", "unit", "recorded", "where", "skip-unknown"])?;
    let before = r.problems.len();
    let file = r.required(&s, "table", "\"raster.csv\"", Reader::name);
    let named = |name: &str| Located::from(Which::Named(name.into()));
    let neuron = r.optional(&s, "neuron", which).unwrap_or_else(|| named(NEURON));
    let time = r.optional(&s, "time", which).unwrap_or_else(|| named(TIME));
    let unit = r.optional(&s, "unit", unit_of_time);
    let recorded = r.optional(&s, "recorded", Reader::flag).is_some_and(|f| f.value);
    let filters = filters(r, &s);
    let skip_unknown = r.optional(&s, "skip-unknown", Reader::flag).is_some_and(|f| f.value);
    (r.problems.len() == before).then_some(SpikeTable { file: file?, neuron, time, unit, recorded, filters, skip_unknown })
}

/// `{ table = "current.csv", time = "t (ms)", value = "i (nA)", unit = "nA", where = { trial = 3 } }`; without columns the first two.
pub(super) fn course(r: &mut Reader<'_>, name: &str, v: &Value<'_>) -> Option<CourseTable> {
    let s = r.section(name, v, &["table", "time", "value", "unit", "time-unit", "where"])?;
    let before = r.problems.len();
    let file = r.required(&s, "table", "\"current.csv\"", Reader::name);
    let time = r.optional(&s, "time", which).unwrap_or_else(|| Which::Numbered(1).into());
    let value = r.optional(&s, "value", which).unwrap_or_else(|| Which::Numbered(2).into());
    let unit = r.optional(&s, "unit", |r, k, v| {
        let text = r.name(k, v)?;
        let unit = Unit::parse(&text);
        if unit.is_err() {
            r.error("model-unit", format!("`{text}` is no unit"), v.span(), "expected a unit such as \"nA\"");
        }
        unit.ok()
    });
    let filters = filters(r, &s);
    let time_unit = r.optional(&s, "time-unit", unit_of_time);
    (r.problems.len() == before).then_some(CourseTable { file: file?, time, value, unit, time_unit, filters, listed: None })
}

/// Headers of a raster.
const NEURON: &str = "neuron";
const TIME: &str = "t (ms)";

/// The unit of a column of times.
fn unit_of_time(r: &mut Reader<'_>, k: &str, v: &Value<'_>) -> Option<Unit> {
    let text = r.name(k, v)?;
    match Unit::parse(&text).ok().filter(|u| u.same_dimension(&Unit::parse("ms").expect("a unit"))) {
        Some(unit) => Some(unit),
        None => {
            r.error("model-unit", format!("`{text}` is no unit of time"), v.span(), "expected a unit such as \"ms\"");
            None
        }
    }
}

/// `where = { Type = "chemical", Class = ["motor", "inter"] }`.
fn filters(r: &mut Reader<'_>, s: &Section<'_, '_>) -> Vec<Filter> {
    let Some(v) = s.get("where") else { return vec![] };
    let DeValue::Table(all) = v.get_ref() else {
        r.error("model-wrong-type", "`where` must be a table", v.span(), format!("found {}", kind(v.get_ref()))).hint =
            Some("write it as `where = { Type = \"chemical\" }`".into());
        return vec![];
    };
    let one = |(column, v): (Located<String>, &Value<'_>)| {
        let words = match v.get_ref() {
            DeValue::Array(_) => r.list(&column, v, word)?,
            _ => vec![Located::new(word(r, &column, v)?, v.span())],
        };
        if words.is_empty() {
            r.error("model-missing-key", format!("no row has nothing in `{}`", column.value), v.span(), "expected a word or several");
            return None;
        }
        Some(Filter { column, words })
    };
    in_order(all).into_iter().filter_map(one).collect()
}

/// What stands in a field: a word, or a number as it is written.
fn word(r: &mut Reader<'_>, k: &str, v: &Value<'_>) -> Option<String> {
    match v.get_ref() {
        DeValue::Integer(_) | DeValue::Float(_) => Some(r.source.text[v.span()].to_string()),
        _ => r.text(k, v).map(|t| t.trim().to_string()),
    }
}

/// `["AVAL", "AVAR"]` or `{ table = "edges.csv", column = ["Source", "Target"], where = { Type = "chemical" } }`.
pub(super) fn names(r: &mut Reader<'_>, k: &str, v: &Value<'_>) -> Option<Names> {
    if matches!(v.get_ref(), DeValue::Array(_)) {
        let all = r.list(k, v, Reader::name)?;
        if all.is_empty() {
            r.error("model-missing-key", "`names` names nobody", v.span(), "expected a name for each neuron");
            return None;
        }
        let mut seen = std::collections::HashMap::new();
        for name in &all {
            if let Some(first) = seen.insert(name.value.as_str(), name.span) {
                let source = r.source;
                let d = r.error("model-duplicate", format!("two neurons are called `{}`", name.value), name.span, "the second");
                *d = d.clone().at(source, first, "the first");
                return None;
            }
        }
        return Some(Names::Listed(all.into_iter().map(|n| n.value).collect()));
    }
    let s = r.section(k, v, &["table", "column", "where"])?;
    let before = r.problems.len();
    let file = r.required(&s, "table", "\"neurons.csv\"", Reader::name);
    let columns = r.required(&s, "column", "\"Name\"", |r, k, v| match v.get_ref() {
        DeValue::Array(_) => r.list(k, v, which),
        _ => Some(vec![Located::new(which(r, k, v)?, v.span())]),
    });
    let filters = filters(r, &s);
    (r.problems.len() == before).then_some(Names::Table(file?, columns?.value, filters))
}

/// A column as it is written.
pub(super) fn written_column(c: &Which) -> String {
    match c {
        Which::Named(name) => quoted(name),
        Which::Numbered(k) => k.to_string(),
    }
}

fn written_filters(filters: &[Filter]) -> Option<(String, String)> {
    let one = |f: &Filter| {
        let words = match &f.words[..] {
            [word] => quoted(word),
            words => list(words.iter().map(|w| quoted(w))),
        };
        (key(&f.column), words)
    };
    (!filters.is_empty()).then(|| ("where".to_string(), table(filters.iter().map(one))))
}

/// A list of connections as it is written.
pub(super) fn written_edges(e: &EdgeList) -> String {
    let first =
        [("table".to_string(), quoted(&e.file)), ("from".to_string(), written_column(&e.from)), ("to".to_string(), written_column(&e.to))];
    let skip = e.skip_unknown.then(|| ("skip-unknown".to_string(), "true".to_string()));
    table(first.into_iter().chain(written_filters(&e.filters)).chain(skip))
}

/// A table of spikes as it is written.
pub(super) fn written_spikes(t: &SpikeTable) -> String {
    let entry = |k: &str, v: String| (k.to_string(), v);
    let first = [entry("table", quoted(&t.file)), entry("neuron", written_column(&t.neuron)), entry("time", written_column(&t.time))];
    let unit = t.unit.as_ref().map(|u| entry("unit", quoted(&u.value.to_string())));
    let flag = |k: &str, on: bool| on.then(|| entry(k, "true".into()));
    let more = unit.into_iter().chain(written_filters(&t.filters));
    table(first.into_iter().chain(more).chain(flag("recorded", t.recorded)).chain(flag("skip-unknown", t.skip_unknown)))
}

/// A course as it is written.
pub(super) fn written_course(t: &CourseTable) -> String {
    let entry = |k: &str, v: String| (k.to_string(), v);
    let first = [entry("table", quoted(&t.file)), entry("time", written_column(&t.time)), entry("value", written_column(&t.value))];
    let unit = |k: &str, u: &Option<Located<Unit>>| u.as_ref().map(|u| entry(k, quoted(&u.value.to_string())));
    let units = unit("unit", &t.unit).into_iter().chain(unit("time-unit", &t.time_unit));
    table(first.into_iter().chain(units).chain(written_filters(&t.filters)))
}

/// Names as they are written.
pub(super) fn written_names(names: &Names) -> String {
    match names {
        Names::Listed(all) => list(all.iter().map(|n| quoted(n))),
        Names::Table(file, columns, filters) => {
            let columns = match &columns[..] {
                [one] => written_column(one),
                all => list(all.iter().map(|c| written_column(c))),
            };
            let first = [("table".to_string(), quoted(file)), ("column".to_string(), columns)];
            table(first.into_iter().chain(written_filters(filters)))
        }
    }
}
