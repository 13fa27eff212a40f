//! The recordings of a fit.

use crate::library::in_data;
use crate::tables::{self, Columns};
use homolog_base::{Diagnostic, Hash, Span, Unit, has_errors};
use homolog_model::Fit;
use homolog_model::fit::{Column, Recorded, Sweep, Time, Which};
use std::path::Path;

/// Reads the recordings of a fit, whose paths are relative to its own file or to the folder that `HOMOLOG_DATA` names; each file once. Also says what is no error.
///
/// # Errors
/// Files that are missing or hold no table, columns that there are not, units that do not fit, times that do not rise. All at once.
pub fn open(fit: &Fit) -> Result<(Vec<Recorded>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let base = fit.source.as_ref().and_then(|s| Path::new(&s.name).parent()).unwrap_or(Path::new(""));
    let mut files: Vec<(&str, Option<Columns>)> = Vec::new();
    let (mut out, mut problems) = (Vec::new(), Vec::new());
    for sweep in &fit.sweeps {
        let name = sweep.file.value.as_str();
        let known = files.iter().position(|f| f.0 == name);
        let k = known.unwrap_or_else(|| {
            let read = in_data(name, base).map_err(|d| vec![d]).and_then(|path| tables::read(&path));
            let table = match read {
                Ok((table, warnings)) => {
                    problems.extend(warnings);
                    Some(table)
                }
                Err(e) => {
                    // What is no fault of a place in the table is one of the place that names it.
                    problems
                        .extend(e.into_iter().map(|d| if d.source.is_none() { fit.locate(d, sweep.file.span, "named here") } else { d }));
                    None
                }
            };
            files.push((name, table));
            files.len() - 1
        });
        let Some(table) = &files[k].1 else { continue };
        match recorded(fit, sweep, table) {
            Ok(r) => out.push(r),
            Err(e) => problems.extend(e),
        }
    }
    if has_errors(&problems) { Err(problems) } else { Ok((out, problems)) }
}

fn recorded(fit: &Fit, sweep: &Sweep, table: &Columns) -> Result<Recorded, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let rows = table.numbers[0].len();
    let mut take = |column: &Column, dimension: Option<&str>| match taken(fit, sweep, table, column, dimension) {
        Ok(found) => Some(found),
        Err(d) => {
            problems.push(*d);
            None
        }
    };
    let times = match &sweep.time {
        Time::Every(every) => Some((0..rows).map(|k| k as f64 * every.value).collect()),
        Time::Column(column) => take(column, Some("ms"))
            .map(|(c, unit)| {
                let factor = unit.factor_to(&Unit::parse("ms").expect("a unit")).unwrap_or(1.0);
                (c, table.numbers[c].iter().map(|t| t * factor).collect::<Vec<f64>>())
            })
            .and_then(|(c, times)| match rising(table, c, &times) {
                Ok(()) => Some(times),
                Err(d) => {
                    problems.push(if d.source.is_none() { fit.locate(*d, sweep.file.span, "named here") } else { *d });
                    None
                }
            }),
    };
    let mut take = |column: &Column| match taken(fit, sweep, table, column, None) {
        Ok(found) => Some(found),
        Err(d) => {
            problems.push(*d);
            None
        }
    };
    let value = take(&sweep.value);
    if let Some((c, _)) = value {
        for (row, column, text) in table.strange.iter().filter(|s| s.1 == c).take(3) {
            let d = Diagnostic::error("table-number", format!("`{text}` in column {} is no number", column + 1));
            problems.push(at(table, fit, sweep, d, *row, "expected a number"));
        }
    }
    match (times, value) {
        (Some(times), Some((c, unit))) if problems.is_empty() => {
            let values = table.numbers[c].clone();
            let hash = Hash::of_u64(times.iter().chain(&values).map(|x| x.to_bits()));
            Ok(Recorded { times, values, unit, source: table.source.clone(), rows: table.rows.clone(), hash })
        }
        _ => Err(problems),
    }
}

/// A problem of a row: in the table where it is a text, else where the table is named.
fn at(table: &Columns, fit: &Fit, sweep: &Sweep, d: Diagnostic, row: usize, label: &str) -> Diagnostic {
    match (&table.source, table.rows.get(row)) {
        (Some(source), Some(span)) => d.at(source, *span, label),
        _ => fit.locate(d, sweep.file.span, "in this file"),
    }
}

/// Times are numbers, and each is later than the one before.
fn rising(table: &Columns, column: usize, times: &[f64]) -> Result<(), Box<Diagnostic>> {
    let place = |d: Diagnostic, row: usize, label: &str| match (&table.source, table.rows.get(row)) {
        (Some(source), Some(span)) => d.at(source, *span, label),
        _ => d,
    };
    if let Some(k) = times.iter().position(|t| !t.is_finite()) {
        let d = Diagnostic::error("table-time", format!("column {} holds a time that is no number", column + 1));
        return Err(Box::new(place(d, k, "expected a time")));
    }
    if let Some(k) = times.windows(2).position(|t| t[1] <= t[0]) {
        let text = format!("times do not rise: after {} ms comes {} ms", times[k], times[k + 1]);
        let d = Diagnostic::error("table-time", text).hint("is this the column of times, and one recording alone?");
        return Err(Box::new(place(d, k + 1, "not later than the one before")));
    }
    Ok(())
}

/// The number of a column, and the unit of what is in it: what the file of the fit says, else what stands in brackets at the end of the header.
fn taken(fit: &Fit, sweep: &Sweep, table: &Columns, column: &Column, like: Option<&str>) -> Result<(usize, Unit), Box<Diagnostic>> {
    let span = if column.which.span == Span::default() { sweep.span } else { column.which.span };
    let named: Vec<&str> = table.headers.iter().map(String::as_str).filter(|h| !h.is_empty()).collect();
    let k = match &column.which.value {
        Which::Numbered(k) if *k <= table.headers.len() => k - 1,
        Which::Numbered(k) => {
            let text = format!("`{}` has no column {k}", sweep.file.value);
            return Err(Box::new(fit.locate(Diagnostic::error("table-column", text), span, &format!("it has {}", table.headers.len()))));
        }
        Which::Named(name) => {
            let bare = |h: &str| h.rsplit_once(" (").filter(|(_, u)| u.ends_with(')')).map_or(h.to_string(), |(n, _)| n.to_string());
            let found: Vec<usize> =
                (0..table.headers.len()).filter(|k| table.headers[*k] == *name || bare(&table.headers[*k]) == *name).collect();
            match found[..] {
                [k] => k,
                [] => {
                    let d = Diagnostic::error("table-column", format!("`{}` has no column `{name}`", sweep.file.value));
                    let d = if named.is_empty() {
                        d.hint("it has no header; give the number of the column, from 1")
                    } else {
                        d.suggest(name, named.iter().copied())
                    };
                    return Err(Box::new(fit.locate(d, span, "no such column")));
                }
                _ => {
                    let d = Diagnostic::error("table-column", format!("`{}` has several columns `{name}`", sweep.file.value));
                    return Err(Box::new(fit.locate(d.hint("give the number of the column, from 1"), span, "which one?")));
                }
            }
        }
    };
    let header = &table.headers[k];
    let (text, unit_span) = match &column.unit {
        Some(u) => (Some(u.value.as_str()), u.span),
        // After a space: NEURON's label `v(.5)` names a place.
        None => (header.rsplit_once(" (").and_then(|(_, u)| u.strip_suffix(')')), span),
    };
    let unit = text.map(Unit::parse);
    let unit = match unit {
        Some(Ok(u)) => u,
        Some(Err(_)) | None => {
            let d = Diagnostic::error("table-unit", format!("the unit of column {} of `{}` is not known", k + 1, sweep.file.value));
            let example = like.unwrap_or("mV");
            let d = d.hint(format!("write {{ column = {}, unit = \"{example}\" }}", k + 1));
            return Err(Box::new(fit.locate(d, unit_span, "in which unit?")));
        }
    };
    if let Some(like) = like.and_then(|l| Unit::parse(l).ok())
        && !unit.same_dimension(&like)
    {
        let text = format!("times are in {unit}, which is no time");
        return Err(Box::new(fit.locate(Diagnostic::error("model-unit", text), unit_span, "expected a unit such as \"ms\"")));
    }
    Ok((k, unit))
}

#[cfg(test)]
mod tests;
