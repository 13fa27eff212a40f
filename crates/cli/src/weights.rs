//! Weights that are recorded at intervals: a table with a row for each connection and time.

use crate::commands::Format;
use crate::work::{self, Column, Growing, Kind};
use homolog_base::Diagnostic;
use homolog_model::recordings::{self, RecordedWeights};
use homolog_model::{Checkpoint, Model, Probe, Recording};
use std::path::Path;

/// Numbers in a row, at most.
const WIDTH: usize = 7;
/// Rows that are made at once.
const ROWS: usize = 1 << 14;

/// The weights of some projections, as they are seen.
pub struct Weights {
    rules: Vec<RecordedWeights>,
    /// Where what is seen of each stands among the traces.
    probes: Vec<usize>,
    table: Growing,
    /// Ticks of the presentation.
    ticks: usize,
    /// Where some weights are onto cells, for each rule the first of the places at which those end; what these are called is in the table.
    places: Option<Vec<usize>>,
}

/// What the places are called at which connections of each rule end, and which of these is the first of each; none where no neuron has places.
fn places(rules: &[RecordedWeights], model: &Model) -> Option<(Vec<String>, Vec<usize>)> {
    let (mut names, mut first) = (vec![], vec![]);
    for rule in rules {
        first.push(names.len());
        let s = &model.streams[rule.stream];
        match &model.groups[s.to].anatomy {
            Some(a) => {
                let sign = usize::from(rule.factor < 0.0);
                let name = |c: &u32| {
                    let (branch, k, n) = &a.compartments[*c as usize];
                    format!("{branch}({:?})", (*k as f64 + 0.5) / *n as f64)
                };
                names.extend(a.receptors[sign].iter().map(name));
            }
            None => names.push(String::new()),
        }
    }
    rules.iter().any(|r| model.groups[model.streams[r.stream].to].anatomy.is_some()).then_some((names, first))
}

impl Weights {
    /// None where nothing is recorded; adds what is asked of the runner.
    pub fn new(rules: Vec<RecordedWeights>, model: &Model, probes: &mut Vec<Probe>, formats: &[Format], out: &Path) -> Option<Weights> {
        if rules.is_empty() {
            return None;
        }
        let word = |header: &str, words: Vec<String>| Column { header: header.into(), kind: Kind::Word(words) };
        let whole = |header: &str| Column { header: header.into(), kind: Kind::Whole };
        let (names, places) = places(&rules, model).map_or((None, None), |(names, first)| (Some(names), Some(first)));
        let mut columns = vec![
            Column::real("t (ms)"),
            word("projection", rules.iter().map(|r| r.name.clone()).collect()),
            whole("from"),
            whole("to"),
            Column::real("weight"),
            word("unit", rules.iter().map(|r| r.unit.map_or_else(|| "1".into(), |u| u.to_string())).collect()),
        ];
        if let Some(names) = names {
            columns.insert(4, word("place", names));
        }
        let (csv, parquet) = (formats.contains(&Format::Csv), formats.contains(&Format::Parquet));
        let table = Growing::new(out.join("weights"), columns, csv, parquet, work::rows_of_a_part(WIDTH));
        let first = probes.len();
        probes.extend(rules.iter().map(|r| r.probe.clone()));
        Some(Weights { probes: (first..probes.len()).collect(), rules, table, ticks: model.ticks, places })
    }

    /// Ticks from one on until a piece must end.
    pub fn ahead(&self, tick: usize) -> usize {
        let of = |every: usize| every - tick % every;
        self.rules.iter().filter_map(|r| r.every.map(of)).min().unwrap_or(usize::MAX)
    }

    /// Whether any are wanted before the end.
    pub fn between(&self) -> bool {
        self.rules.iter().any(|r| r.every.is_some_and(|e| e < self.ticks))
    }

    /// Bytes that it takes: what is seen of a piece, and rows until they are written.
    pub fn bytes(&self, model: &Model) -> f64 {
        let seen = self.rules.iter().map(|r| model.streams[r.stream].everywhere().0.len()).sum::<usize>();
        8.0 * seen as f64 + (work::rows_of_a_part(WIDTH) + ROWS) as f64 * WIDTH as f64 * work::RECORDED
    }

    /// What was seen in the ticks of a piece, from tick `first` on.
    pub fn take(&mut self, model: &Model, first: usize, seen: &Recording) -> Result<(), Diagnostic> {
        if first == 0 {
            for k in 0..self.rules.len() {
                let begun: Vec<f64> = self.rules[k].first(model).collect();
                self.push(model, k, 0, &begun)?;
            }
        }
        let tick = first + model.ticks;
        for k in 0..self.rules.len() {
            if self.rules[k].wants(tick, self.ticks) {
                self.push(model, k, tick, &seen.traces[self.probes[k]].data)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, model: &Model, k: usize, tick: usize, sizes: &[f64]) -> Result<(), Diagnostic> {
        let rule = &self.rules[k];
        let t = if tick == 0 { 0.0 } else { recordings::end_of_tick(model.dt, tick - 1) };
        let s = &model.streams[rule.stream];
        let (events, ends) = s.everywhere();
        let mut pairs = events.pairs();
        for sizes in sizes.chunks(ROWS) {
            let mut rows: Vec<f64> = Vec::with_capacity(WIDTH * sizes.len());
            for (w, (from, to)) in sizes.iter().zip(pairs.by_ref()) {
                rows.extend([t, k as f64, from as f64, ends.map_or(to, |e| e.neuron(to)) as f64]);
                if let Some(first) = &self.places {
                    let place = ends.map_or(0, |e| to / e.copies);
                    rows.push((first[k] + place) as f64);
                }
                rows.extend([rule.factor * w, k as f64]);
            }
            self.table.push(&rows)?;
        }
        Ok(())
    }

    /// The table.
    pub fn table(&self) -> &Growing {
        &self.table
    }

    /// Goes on from a checkpoint.
    pub fn load(&mut self, from: &Checkpoint) -> Result<(), String> {
        self.table.load("weights", from)
    }

    /// What is recorded and where it is written.
    pub fn words(&self) -> String {
        let rules: Vec<_> = self.rules.iter().map(|r| (&r.name, r.every)).collect();
        format!("{rules:?} {:?}", self.table.formats())
    }
}
