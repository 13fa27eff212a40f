//! The recordings of a fit.

use crate::library::in_data;
use crate::tables::{self, Columns};
use homolog_base::{Diagnostic, Span, Unit, has_errors};
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
    let found = Found { fit, sweep, table };
    let mut take = |column: &Column, dimension: Option<&str>| found.taken(column, dimension).map_err(|d| problems.push(*d)).ok();
    let rows = table.numbers[0].len();
    let times = match &sweep.time {
        Time::Every(every) => Some((None, (0..rows).map(|k| k as f64 * every.value).collect())),
        Time::Column(column) => take(column, Some("ms")).map(|(c, unit)| {
            let factor = unit.factor_to(&Unit::parse("ms").expect("a unit")).unwrap_or(1.0);
            (Some(c), table.numbers[c].iter().map(|t| t * factor).collect::<Vec<f64>>())
        }),
    };
    let value = take(&sweep.value, None);
    let (of_times, of_values) = (times.as_ref().and_then(|t| t.0), value.map(|v| v.0));
    for c in of_times.into_iter().chain(of_values.filter(|c| of_times != Some(*c))) {
        found.numbers(c, &mut problems);
    }
    if let Some((Some(c), times)) = times.as_ref().filter(|_| problems.is_empty()) {
        problems.extend(found.rising(*c, times));
    }
    match (times, value) {
        (Some((_, times)), Some((c, unit))) if problems.is_empty() => {
            Ok(Recorded { times, values: table.numbers[c].clone(), unit, rows: table.rows.clone() })
        }
        _ => Err(problems),
    }
}

/// A table, and the sweep that it is read for.
struct Found<'a> {
    fit: &'a Fit,
    sweep: &'a Sweep,
    table: &'a Columns,
}

impl Found<'_> {
    fn at(&self, d: Diagnostic, row: usize, label: &str) -> Diagnostic {
        self.table.rows.locate(self.fit, self.sweep, d, row, label)
    }

    /// All of a column must be numbers.
    fn numbers(&self, c: usize, problems: &mut Vec<Diagnostic>) {
        let strange = &self.table.strange[c];
        for (row, text) in &strange.first {
            let d = Diagnostic::error("table-number", format!("`{text}` in column {} is no number", c + 1));
            let d = self.at(d, *row, "expected a number");
            problems.push(if *row == 0 { d.hint("a first row is a header only if nothing in it is a number") } else { d });
        }
        let more = strange.count - strange.first.len();
        if more > 0 {
            let text = format!("{more} more fields in column {} of `{}` are no numbers", c + 1, self.sweep.file.value);
            problems.push(self.fit.locate(Diagnostic::error("table-number", text), self.sweep.file.span, "in this file"));
        }
    }

    /// Times are finite, and each is later than the one before.
    fn rising(&self, c: usize, times: &[f64]) -> Option<Diagnostic> {
        if let Some(k) = times.iter().position(|t| !t.is_finite()) {
            let d = Diagnostic::error("table-time", format!("column {} holds a time that is no number", c + 1));
            return Some(self.at(d, k, "expected a time"));
        }
        let k = times.windows(2).position(|t| t[1] <= t[0])?;
        let text = format!("times do not rise: after {} ms comes {} ms", times[k], times[k + 1]);
        let d = Diagnostic::error("table-time", text).hint("is this the column of times, and one recording alone?");
        Some(self.at(d, k + 1, "not later than the one before"))
    }

    /// The number of a column, and the unit of what is in it: what the file of the fit says, else what stands in brackets at the end of the header.
    fn taken(&self, column: &Column, like: Option<&str>) -> Result<(usize, Unit), Box<Diagnostic>> {
        let Found { fit, sweep, table } = self;
        let span = if column.which.span == Span::default() { sweep.span } else { column.which.span };
        let named: Vec<&str> = table.headers.iter().map(String::as_str).filter(|h| !h.is_empty()).collect();
        let k = match &column.which.value {
            Which::Numbered(k) if *k <= table.headers.len() => k - 1,
            Which::Numbered(k) => {
                let text = format!("`{}` has no column {k}", sweep.file.value);
                return Err(Box::new(fit.locate(
                    Diagnostic::error("table-column", text),
                    span,
                    &format!("it has {}", table.headers.len()),
                )));
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
}

#[cfg(test)]
mod tests;
