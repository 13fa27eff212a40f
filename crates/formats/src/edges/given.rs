//! What a network is given by tables: spikes, and courses of currents.

use super::{End, Reading, Said, Words};
use homolog_base::{Diagnostic, Span, Unit};
use homolog_model::fit::Which;
use homolog_model::network::{CourseTable, Points, SpikeTable};
use homolog_model::{Located, Network};
use std::collections::HashSet;

impl Reading {
    /// The times of the spikes of a population's neurons, ms, in their order.
    pub(super) fn spikes(&mut self, network: &Network, population: usize, list: &Located<SpikeTable>) -> Option<Vec<Located<Vec<f64>>>> {
        let (p, span, list) = (&network.populations[population], list.span, &list.value);
        let table = self.table(network, &list.file)?;
        let neuron = self.column(network, &list.file, &table, &within(&list.neuron, span));
        let time = self.column(network, &list.file, &table, &within(&list.time, span));
        // In a raster nothing is said of a population that was silent.
        let filters = self.filters(network, &list.file, &table, &list.filters, list.recorded)?;
        let (neuron, time) = (neuron?, time?);
        let unit = self.unit(network, (&list.file, &table, time), list.unit.as_ref(), &within(&list.time, span), ("unit", "ms"))?;
        let factor = unit.factor_to(&Unit::parse("ms").expect("a unit")).expect("asked for a time");
        if list.recorded
            && let Some(c) = table.headers.iter().position(|h| h == "population")
            && filters.iter().all(|f| f.0 != c)
        {
            let there = super::words_of(&table, c);
            if let (2.., Some(first)) = (there.len(), there.first()) {
                let text = format!("`{}` has spikes of {} populations", list.file.value, there.len());
                let d = network.locate(Diagnostic::error("table-filter", text), list.file.span, "of which?");
                self.problems.push(d.hint(format!("say it: `where = {{ population = \"{first}\" }}`")));
                return None;
            }
        }
        let end = if list.recorded { End::numbered(p) } else { End::of(p) };
        let others: HashSet<&str> = network.populations.iter().flat_map(|p| p.named().unwrap_or_default()).map(String::as_str).collect();
        let mut said = Said::default();
        let mut times = vec![vec![]; p.size.value];
        table.each(|k, row| {
            if !super::counts(&filters, row) {
                return;
            }
            let at = match end.number(row[neuron], &others, list.skip_unknown) {
                Ok(n) => n,
                Err(d) => {
                    said.refuse(network, &list.file, &table, d, (k, neuron), "this neuron");
                    None
                }
            };
            match row[time].parse::<f64>().map(|t| (t, scaled(t, factor))) {
                Ok((t, ms)) if t >= 0.0 && ms.is_finite() => at.into_iter().for_each(|n| times[n as usize].push(ms)),
                Ok(_) => {
                    let d = Diagnostic::error("table-number", format!("a spike cannot be at `{}`", row[time]));
                    said.refuse(network, &list.file, &table, d, (k, time), "expected a time that is not negative");
                }
                Err(_) => {
                    let d = Diagnostic::error("table-number", format!("`{}` is no number", row[time]));
                    said.refuse(network, &list.file, &table, d, (k, time), "expected a time");
                }
            }
        });
        if !said.nothing(&list.file, &mut self.problems) {
            return None;
        }
        if times.iter().all(Vec::is_empty) {
            let text = format!("no row of `{}` is a spike of `{}`", list.file.value, p.name.value);
            self.problems.push(network.locate(Diagnostic::warning("table-empty", text), list.file.span, "this table"));
        }
        let sorted = |mut t: Vec<f64>| {
            t.sort_by(f64::total_cmp);
            Located::new(t, list.file.span)
        };
        Some(times.into_iter().map(sorted).collect())
    }

    /// A course of time: when (ms) what begins, and the unit of the values.
    pub(super) fn course(&mut self, network: &Network, course: &Located<CourseTable>) -> Option<Points> {
        let (span, course) = (course.span, &course.value);
        let table = self.table(network, &course.file)?;
        let columns = [&course.time, &course.value].map(|c| self.column(network, &course.file, &table, &within(c, span)));
        let filters = self.filters(network, &course.file, &table, &course.filters, false)?;
        let [Some(time), Some(value)] = columns else { return None };
        let before = self.problems.len();
        let said = course.time_unit.as_ref();
        let of_times = self.unit(network, (&course.file, &table, time), said, &within(&course.time, span), ("time-unit", "ms"));
        let unit = match &course.unit {
            Some(unit) => Some(unit.value),
            None => self.any_unit(network, (&course.file, &table, value), &within(&course.value, span)),
        };
        if self.problems.len() > before {
            return None;
        }
        let factor = of_times?.factor_to(&Unit::parse("ms").expect("a unit")).expect("asked for a time");
        let mut said = Said::default();
        let mut out: Vec<(f64, f64)> = Vec::new();
        table.each(|k, row| {
            if !super::counts(&filters, row) {
                return;
            }
            let mut refuse = |text: String, c: usize, label: &str| {
                said.refuse(network, &course.file, &table, Diagnostic::error("table-number", text), (k, c), label);
            };
            let numbers = [time, value].map(|c| match row[c].parse::<f64>() {
                Ok(x) if x.is_finite() => Some(x),
                Ok(_) => {
                    refuse(format!("a course cannot hold `{}`", row[c]), c, "expected a number that is finite");
                    None
                }
                Err(_) => {
                    refuse(format!("`{}` is no number", row[c]), c, "expected a number");
                    None
                }
            });
            let [Some(t), Some(x)] = numbers else { return };
            let ms = scaled(t, factor);
            match out.last() {
                _ if ms < 0.0 => refuse(format!("a current cannot begin at `{}`", row[time]), time, "before the beginning"),
                Some(last) if ms <= last.0 => {
                    refuse(format!("times do not rise: after {} ms comes {ms} ms", last.0), time, "not later than the row before");
                }
                _ => out.push((ms, x)),
            }
        });
        if !said.nothing(&course.file, &mut self.problems) {
            return None;
        }
        if out.is_empty() {
            let text = format!("no row of `{}` is of this course, so nothing is injected", course.file.value);
            self.problems.push(network.locate(Diagnostic::warning("table-empty", text), course.file.span, "this table"));
        }
        Some((out, unit?))
    }

    /// The unit in brackets at the end of a header, whatever it is.
    fn any_unit(&mut self, network: &Network, (file, table, column): (&str, &Words, usize), which: &Located<Which>) -> Option<Unit> {
        let found = bracketed(&table.headers[column]).and_then(|u| Unit::parse(u).ok());
        if found.is_none() {
            let d = Diagnostic::error("table-unit", format!("the unit of column {} of `{file}` is not known", column + 1));
            self.problems.push(network.locate(d.hint("say it: `unit = \"nA\"`"), which.span, "in which unit?"));
        }
        found
    }

    /// The unit of a column: what is said of it, else what stands in brackets at the end of its header; it must be like another.
    pub(super) fn unit(
        &mut self,
        network: &Network,
        (file, table, column): (&str, &Words, usize),
        said: Option<&Located<Unit>>,
        which: &Located<Which>,
        (key, like): (&str, &str),
    ) -> Option<Unit> {
        if let Some(unit) = said {
            return Some(unit.value);
        }
        let header = &table.headers[column];
        let d = match bracketed(header).map(Unit::parse) {
            Some(Ok(unit)) if unit.same_dimension(&Unit::parse(like).expect("a unit")) => return Some(unit),
            Some(Ok(unit)) => {
                Diagnostic::error("model-unit", format!("column `{header}` of `{file}` is in {unit}, not in a unit such as {like}"))
            }
            _ => Diagnostic::error("table-unit", format!("the unit of column {} of `{file}` is not known", column + 1)),
        };
        let d = d.hint(format!("say it: `{key} = \"{like}\"`"));
        self.problems.push(network.locate(d, which.span, "in which unit?"));
        None
    }
}

/// What stands in brackets at the end of a header.
fn bracketed(header: &str) -> Option<&str> {
    header.rsplit_once(" (").and_then(|(_, u)| u.strip_suffix(')'))
}

/// A column that was not named where it stands, shown at the whole table.
pub(super) fn within(which: &Located<Which>, span: Span) -> Located<Which> {
    Located::new(which.value.clone(), if which.span == Span::default() { span } else { which.span })
}

/// A number in another unit, with one rounding where the factor is a whole number or one over it.
pub(super) fn scaled(x: f64, factor: f64) -> f64 {
    let (whole, inverse) = (factor.round(), (1.0 / factor).round());
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-12;
    match factor {
        f if whole >= 1.0 && near(f, whole) => x * whole,
        f if inverse > 1.0 && near(1.0 / f, inverse) => x / inverse,
        f => x * f,
    }
}
