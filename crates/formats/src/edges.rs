//! Tables that a network names: lists of connections, the names of neurons, spikes and currents.

mod given;

use crate::library::in_data;
use crate::tables::{self, Words};
use homolog_base::{Diagnostic, has_errors};
use homolog_model::fit::Which;
use homolog_model::network::{EdgeList, Filter, Listed, Names, Population, Sign};
use homolog_model::{Located, Network, Weights, Wiring};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// After so many problems of one table the rest is counted.
const SHOWN: usize = 8;
/// So many words of a column are named.
const NAMED: usize = 8;

/// Reads the tables that a network names by paths relative to its own file or to the folder that `HOMOLOG_DATA` names, each once, and puts what they say
/// into the network: names of neurons, connections with their weights and delays, times of spikes, and the neurons that records name. Says everything
/// that is wrong with them.
pub fn open(network: &mut Network) -> Vec<Diagnostic> {
    let base = network.source.as_ref().and_then(|s| Path::new(&s.name).parent()).unwrap_or(Path::new("")).to_path_buf();
    let mut all = Reading { base, files: HashMap::new(), problems: vec![] };
    for k in 0..network.populations.len() {
        let Some(Located { value: Names::Table(file, columns, filters), span }) = network.populations[k].names.clone() else { continue };
        let Some(names) = all.names(network, &file, &columns, &filters) else { continue };
        let p = &mut network.populations[k];
        let (given, found) = (p.size.value, names.len());
        p.names = Some(Located::new(Names::Listed(names), span));
        if given > 0 && given != found {
            let text = format!("`{}` names {found} neurons, and `{}` has {given}", file.value, p.name.value);
            let (size, d) = (p.size.span, Diagnostic::error("model-names", text));
            let d = d.hint("remove `size`: there are as many neurons as names");
            all.problems.push(network.locate(network.locate(d, span, "named here"), size, "so many"));
        } else {
            p.size = Located::new(found, span);
        }
    }
    let nameless = has_errors(&all.problems);
    named(network, &mut all.problems);
    if nameless {
        // Without names nothing can be said of rows.
        return all.problems;
    }
    for k in 0..network.populations.len() {
        let Some(list) = network.populations[k].spike_table.clone() else { continue };
        if let Some(times) = all.spikes(network, k, &list) {
            network.populations[k].times = times;
        }
    }
    for k in 0..network.stimuli.len() {
        let Some(course) = network.stimuli[k].course.clone() else { continue };
        let listed = all.course(network, &course);
        if let Some(c) = &mut network.stimuli[k].course {
            c.value.listed = listed.map(Arc::new);
        }
    }
    for k in 0..network.projections.len() {
        let p = &network.projections[k];
        let Wiring::Table(edges) = &p.wiring.value else { continue };
        let scale = if let Weights::Column(scale) = p.weights.value { Some(scale) } else { None };
        let autapses = p.from.value != p.to.value || p.copies.autapses.as_ref().is_none_or(|a| a.value);
        let columns = [p.weight_column.as_ref(), p.delay_column.as_ref()];
        let wanted = Wanted { edges, from: &p.from, to: &p.to, columns, scale, autapses };
        let listed = all.connections(network, &wanted);
        if let Wiring::Table(edges) = &mut network.projections[k].wiring.value {
            edges.listed = listed.map(Arc::new);
        }
    }
    for k in 0..network.gaps.len() {
        let g = &network.gaps[k];
        let Wiring::Table(edges) = &g.wiring.value else { continue };
        let wanted = Wanted { edges, from: &g.from.population, to: &g.to.population, columns: [None; 2], scale: None, autapses: true };
        let listed = all.connections(network, &wanted);
        if let Wiring::Table(edges) = &mut network.gaps[k].wiring.value {
            edges.listed = listed.map(Arc::new);
        }
    }
    all.problems
}

/// The numbers of neurons that records and stimuli name.
fn named(network: &mut Network, problems: &mut Vec<Diagnostic>) {
    let recorded = network.recordings.iter().map(|r| (&r.population, &r.named));
    let driven = network.stimuli.iter().map(|s| (&s.population, &s.named));
    let found: Vec<_> = recorded.chain(driven).map(|(p, named)| numbers(network, p, named, problems)).collect();
    let (of_records, of_stimuli) = found.split_at(network.recordings.len());
    let found = |rule: &mut Option<Located<Vec<usize>>>, numbers: &Option<Located<Vec<usize>>>| {
        if numbers.is_some() {
            rule.clone_from(numbers);
        }
    };
    network.recordings.iter_mut().zip(of_records).for_each(|(r, n)| found(&mut r.neurons, n));
    network.stimuli.iter_mut().zip(of_stimuli).for_each(|(s, n)| found(&mut s.neurons, n));
}

/// The numbers of some neurons of a population, by their names; none where none are named.
fn numbers(
    network: &Network,
    population: &Located<String>,
    named: &[Located<String>],
    problems: &mut Vec<Diagnostic>,
) -> Option<Located<Vec<usize>>> {
    let span = named.first()?.span;
    // A population that there is not is reported with everything else.
    let p = network.population(population).map(|g| &network.populations[g])?;
    let names = p.named().unwrap_or_default();
    let mut numbers = Vec::new();
    for name in named {
        match names.iter().position(|n| *n == name.value) {
            Some(n) => numbers.push(n),
            None => {
                let d = Diagnostic::error("model-names", format!("`{}` has no neuron `{}`", p.name.value, name.value));
                let d = if names.is_empty() {
                    d.hint("its neurons have no `names`: give their numbers, from 0")
                } else {
                    d.suggest(name, names.iter().map(String::as_str))
                };
                problems.push(network.locate(d, name.span, "unknown neuron"));
            }
        }
    }
    Some(Located::new(numbers, span))
}

/// Sending and receiving neuron, weight and delay.
type Row = ((u32, u32), [f64; 2]);

/// Tables as they are read.
struct Reading {
    base: PathBuf,
    files: HashMap<String, Option<Arc<Words>>>,
    problems: Vec<Diagnostic>,
}

/// What is wanted of a table.
struct Wanted<'a> {
    edges: &'a EdgeList,
    from: &'a Located<String>,
    to: &'a Located<String>,
    /// Weights and delays.
    columns: [Option<&'a Located<Which>>; 2],
    /// What weights are multiplied by.
    scale: Option<f64>,
    autapses: bool,
}

/// Who a word in a table is, for one end of a projection.
struct End<'a> {
    population: &'a Population,
    numbers: Option<HashMap<&'a str, u32>>,
}

impl<'a> End<'a> {
    /// One whose neurons are numbers, whether they have names or not.
    fn numbered(population: &'a Population) -> End<'a> {
        End { population, numbers: None }
    }

    fn of(population: &'a Population) -> End<'a> {
        let numbers = |names: &'a [String]| names.iter().enumerate().map(|(k, n)| (n.as_str(), k as u32)).collect();
        End { population, numbers: population.named().map(numbers) }
    }

    /// The number of a neuron; none for one that belongs to another population or is left out.
    fn number(&self, word: &str, others: &HashSet<&str>, skip: bool) -> Result<Option<u32>, Diagnostic> {
        let name = &self.population.name.value;
        if let Some(numbers) = &self.numbers {
            if let Some(k) = numbers.get(word) {
                return Ok(Some(*k));
            }
            if skip || others.contains(word) {
                return Ok(None);
            }
            let d = Diagnostic::error("table-name", format!("there is no neuron `{word}`, neither in `{name}` nor in another population"));
            let near = homolog_base::diagnostic::nearest(word, others.iter().copied());
            return Err(d.hint(match near {
                Some(near) => format!("did you mean `{near}`? `skip-unknown = true` leaves out rows of neurons that no population has"),
                None => "`skip-unknown = true` leaves out rows of neurons that no population has".into(),
            }));
        }
        let size = self.population.size.value;
        match word.parse::<u32>() {
            Ok(k) if (k as usize) < size => Ok(Some(k)),
            Ok(k) => {
                let text = format!("`{name}` has no neuron {k}");
                Err(Diagnostic::error("table-name", text).hint(format!("its {size} neurons are numbered from 0")))
            }
            Err(_) => {
                let d = Diagnostic::error("table-name", format!("`{word}` is no number of a neuron"));
                let named = self.population.names.is_some();
                Err(d.hint(match named {
                    true => "without `recorded = true` neurons are called by their names".to_string(),
                    false => format!("give `{name}` `names` if this is one of them, or number its neurons from 0"),
                }))
            }
        }
    }
}

/// What is wrong with the fields of a table: the first are shown, the others counted.
#[derive(Default)]
struct Said {
    wrong: usize,
    shown: Vec<Diagnostic>,
}

impl Said {
    fn refuse(&mut self, network: &Network, file: &Located<String>, table: &Words, d: Diagnostic, at: (usize, usize), label: &str) {
        self.wrong += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(Reading::at(network, file, table, d, at, label));
        }
    }

    /// Whether there was nothing; else it is added to the problems.
    fn nothing(mut self, file: &str, problems: &mut Vec<Diagnostic>) -> bool {
        if self.wrong > self.shown.len() {
            let text = format!("{} more fields of `{file}` cannot be", self.wrong - self.shown.len());
            self.shown.push(Diagnostic::error("table-row", text));
        }
        self.shown.retain(|d| !problems.contains(d));
        problems.extend(self.shown);
        self.wrong == 0
    }
}

/// Whether a row is one of those that count.
fn counts(filters: &[(usize, Vec<String>)], row: &[&str]) -> bool {
    filters.iter().all(|(c, words)| words.iter().any(|w| w == row[*c]))
}

/// The words that stand in a column, each once.
fn words_of(table: &Words, column: usize) -> BTreeSet<String> {
    let mut there = BTreeSet::new();
    table.each(|_, row| {
        if !there.contains(row[column]) {
            there.insert(row[column].to_string());
        }
    });
    there
}

impl Reading {
    /// The table in a file; none, with what is wrong, when it cannot be read.
    fn table(&mut self, network: &Network, file: &Located<String>) -> Option<Arc<Words>> {
        if let Some(known) = self.files.get(&file.value) {
            return known.clone();
        }
        let read = in_data(&file.value, &self.base).map_err(|d| vec![d]).and_then(|path| tables::words(&path));
        let table = match read {
            Ok((table, warnings)) => {
                self.problems.extend(warnings);
                Some(Arc::new(table))
            }
            Err(e) => {
                // What is no fault of a place in the table is one of the place that names it.
                let located = |d: Diagnostic| if d.source.is_none() { network.locate(d, file.span, "named here") } else { d };
                self.problems.extend(e.into_iter().map(located));
                None
            }
        };
        self.files.insert(file.value.clone(), table.clone());
        table
    }

    /// The number of a column, from 0.
    fn column(&mut self, network: &Network, file: &str, table: &Words, which: &Located<Which>) -> Option<usize> {
        let named = || table.headers.iter().map(String::as_str).filter(|h| !h.is_empty());
        let d = match &which.value {
            Which::Numbered(k) if (1..=table.headers.len()).contains(k) => return Some(k - 1),
            Which::Numbered(k) => {
                let text = format!("`{file}` has no column {k}");
                Diagnostic::error("table-column", text).hint(format!("it has {}", table.headers.len()))
            }
            Which::Named(name) => {
                let found: Vec<usize> = (0..table.headers.len()).filter(|k| table.headers[*k] == *name).collect();
                match found[..] {
                    [k] => return Some(k),
                    [] => {
                        let d = Diagnostic::error("table-column", format!("`{file}` has no column `{name}`"));
                        if named().next().is_none() {
                            d.hint("it has no header: a first row is one only if nothing in it is a number; give the number of the column, from 1")
                        } else {
                            d.suggest(name, named())
                        }
                    }
                    _ => Diagnostic::error("table-column", format!("`{file}` has several columns `{name}`"))
                        .hint("give the number of the column, from 1"),
                }
            }
        };
        let d = network.locate(d, which.span, "this column");
        if !self.problems.contains(&d) {
            self.problems.push(d);
        }
        None
    }

    /// Columns and words of filters; none where one cannot be. That no row has a word is an error, as it is a slip of the pen; a warning where it may be
    /// right, too.
    fn filters(
        &mut self,
        network: &Network,
        file: &str,
        table: &Words,
        filters: &[Filter],
        may_lack: bool,
    ) -> Option<Vec<(usize, Vec<String>)>> {
        let (mut out, mut good) = (Vec::new(), true);
        for f in filters {
            let which = Located::new(Which::Named(f.column.value.clone()), f.column.span);
            let c = self.column(network, file, table, &which)?;
            let there = words_of(table, c);
            let missing: Vec<_> = f.words.iter().filter(|w| !there.contains(&w.value)).collect();
            good &= missing.is_empty() || may_lack;
            for word in missing {
                let shown: Vec<String> = there.iter().take(NAMED).map(|w| format!("`{w}`")).collect();
                let more = if there.len() > NAMED { format!(" and {} more", there.len() - NAMED) } else { String::new() };
                let said = if may_lack { Diagnostic::warning } else { Diagnostic::error };
                let d = said("table-filter", format!("no row of `{file}` has `{}` in column `{}`", word.value, f.column.value));
                let there =
                    if shown.is_empty() { "the table has no rows".to_string() } else { format!("there is {}{more}", shown.join(", ")) };
                let d = network.locate(d.hint(there), word.span, "in no row");
                if !self.problems.contains(&d) {
                    self.problems.push(d);
                }
            }
            out.push((c, f.words.iter().map(|w| w.value.clone()).collect()));
        }
        good.then_some(out)
    }

    /// A diagnostic at a field: in the table where that is a text, else where the network names it.
    fn at(
        network: &Network,
        file: &Located<String>,
        table: &Words,
        d: Diagnostic,
        (row, column): (usize, usize),
        label: &str,
    ) -> Diagnostic {
        match table.place(row, column) {
            Some((source, span)) => d.at(source, span, label),
            None => network.locate(d, file.span, &format!("in row {} of this table", row + 1)),
        }
    }

    /// Names as they first appear.
    fn names(&mut self, network: &Network, file: &Located<String>, columns: &[Located<Which>], filters: &[Filter]) -> Option<Vec<String>> {
        let table = self.table(network, file)?;
        let before = self.problems.len();
        let columns: Vec<usize> = columns.iter().filter_map(|c| self.column(network, file, &table, c)).collect();
        let filters = self.filters(network, file, &table, filters, false)?;
        if self.problems.len() > before {
            return None;
        }
        let (mut out, mut seen, mut nameless) = (Vec::new(), HashSet::new(), None);
        table.each(|k, row| {
            if !counts(&filters, row) {
                return;
            }
            for c in &columns {
                if row[*c].is_empty() {
                    nameless = nameless.or(Some((k, *c)));
                } else if !seen.contains(row[*c]) {
                    seen.insert(row[*c].to_string());
                    out.push(row[*c].to_string());
                }
            }
        });
        if let Some(at) = nameless {
            let d = Diagnostic::error("table-name", "here is no name of a neuron");
            self.problems.push(Self::at(network, file, &table, d, at, "empty"));
            return None;
        }
        Some(out)
    }

    /// The connections of a projection, by sender, receiver and row.
    fn connections(&mut self, network: &Network, wanted: &Wanted<'_>) -> Option<Listed> {
        let Wanted { edges, from, to, columns, scale, autapses } = wanted;
        let file = &edges.file;
        let of = |name: &str| network.population(name).map(|k| &network.populations[k]);
        // Who is not there is reported with everything else of the projection.
        let ends = [End::of(of(from)?), End::of(of(to)?)];
        let table = self.table(network, file)?;
        let places = [&edges.from, &edges.to].map(|c| self.column(network, file, &table, c));
        let numbers = columns.map(|c| c.and_then(|c| self.column(network, file, &table, c)));
        let filters = self.filters(network, file, &table, &edges.filters, false)?;
        let [Some(a), Some(b)] = places else { return None };
        if columns.iter().zip(&numbers).any(|(asked, found)| asked.is_some() && found.is_none()) {
            return None;
        }
        let others: HashSet<&str> = network.populations.iter().flat_map(|p| p.named().unwrap_or_default()).map(String::as_str).collect();
        let sign: Option<Sign> = ends[0].population.sends.as_ref().map(|s| s.value);
        let mut rows = Vec::<Row>::new();
        let mut said = Said::default();
        table.each(|k, row| {
            if !counts(&filters, row) {
                return;
            }
            let mut refuse = |d: Diagnostic, c: usize, label: &str| said.refuse(network, file, &table, d, (k, c), label);
            let mut neurons = [None; 2];
            for ((end, c), neuron) in ends.iter().zip([a, b]).zip(&mut neurons) {
                match end.number(row[c], &others, edges.skip_unknown) {
                    Ok(n) => *neuron = n,
                    Err(d) => refuse(d, c, "this neuron"),
                }
            }
            let [Some(s), Some(r)] = neurons else { return };
            if !autapses && s == r {
                return;
            }
            let mut own = [0.0; 2];
            for (n, c) in numbers.iter().enumerate().filter_map(|(n, c)| Some((n, (*c)?))) {
                let what = ["weight", "delay"][n];
                match row[c].parse::<f64>() {
                    Ok(x) if x.is_finite() && (n == 0 || x >= 0.0) => own[n] = x,
                    Ok(_) => refuse(Diagnostic::error("table-number", format!("a {what} cannot be `{}`", row[c])), c, "out of range"),
                    Err(_) => {
                        refuse(Diagnostic::error("table-number", format!("`{}` is no number", row[c])), c, &format!("expected a {what}"))
                    }
                }
                if let Some(sign) = sign.filter(|sign| n == 0 && !sign.allows(own[0] * scale.unwrap_or(1.0))) {
                    let text = format!("`{}` is {}, and this weight has the other sign", from.value, sign.name());
                    refuse(Diagnostic::error("table-sign", text), c, "times the scale of the projection");
                }
            }
            rows.push(((s, r), own));
        });
        if !said.nothing(file, &mut self.problems) {
            return None;
        }
        if rows.is_empty() {
            let text = format!("no row of `{}` connects `{}` to `{}`", file.value, from.value, to.value);
            self.problems.push(network.locate(Diagnostic::warning("table-empty", text), file.span, "this table"));
        }
        // Several rows of a pair stay in their order.
        rows.sort_by_key(|r| r.0);
        let column = |n: usize| if numbers[n].is_some() { rows.iter().map(|r| r.1[n]).collect() } else { vec![] };
        Some(Listed { pairs: rows.iter().map(|r| r.0).collect(), weights: column(0), delays: column(1) })
    }
}

#[cfg(test)]
mod tests;
