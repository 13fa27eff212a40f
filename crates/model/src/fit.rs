//! A fit: a neuron, what of it is sought and within which bounds, and what it should do. A plain value.
//!
//! Each recording, a *sweep*, becomes a network of its own that holds nothing but a population of that neuron, as many as there are variants,
//! with the currents that were injected in the experiment. Nothing is ever compiled that a model file could not say.

use crate::cell::{Cell, Quantity};
use crate::discretise;
use crate::network::{Learn, Located, Network, Per, Population, RecordRule, Stimulus};
use homolog_base::{Diagnostic, Source, Span, Unit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Name of the population in the networks of a fit.
pub const POPULATION: &str = "cell";

/// What is sought, and what it is held to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Fit {
    /// What it is called in messages and figures.
    pub title: String,
    /// The text it was read from, for diagnostics.
    pub source: Option<Arc<Source>>,
    /// The neuron: a word as in a model file.
    pub neuron: Located<String>,
    /// Parameters of the neuron that differ from its file's and stay as they are.
    pub settings: BTreeMap<String, Quantity>,
    /// Time step, ms; the neuron's own when not given.
    pub step: Option<Located<f64>>,
    /// What is sought.
    pub sought: Vec<Sought>,
    /// What it is held to.
    pub sweeps: Vec<Sweep>,
    /// What is made small.
    pub losses: Vec<Weighted>,
    /// Potential whose upward crossing is a spike, mV, in recordings and in the model; that of the cell's file when not given.
    pub threshold: Option<Located<f64>>,
    /// How.
    pub search: Search,
}

/// A number that is sought.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sought {
    /// Name as in `learn` of a model file: `hh.gnabar`, `capacitance`.
    pub name: Located<String>,
    /// The only region it belongs to; the whole neuron when not given.
    pub region: Option<Located<String>>,
    /// Smallest and largest value, as written.
    pub bounds: Located<(Quantity, Quantity)>,
    /// Where one of the searches begins.
    pub start: Option<Quantity>,
    /// Whether the search moves along its logarithm; when not given, it does if both bounds are above 0 and the larger is at least ten times
    /// the smaller.
    pub logarithmic: Option<bool>,
    /// Where the entry stands.
    pub span: Span,
}

/// A recording, and how it came about.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sweep {
    /// Path of the file: relative to that of the fit, or in the folder of larger data.
    pub file: Located<String>,
    /// Where its times stand.
    pub time: Time,
    /// Where its values stand.
    pub value: Column,
    /// What was recorded of which population, in which place.
    pub record: RecordRule,
    /// The first and the last time that count, ms; those of the recording when not given.
    pub window: (Option<Located<f64>>, Option<Located<f64>>),
    /// Time of the recording at which the simulation begins, from the cell's initial state, ms; 0 when not given, or the first time if that is
    /// below 0.
    pub begin: Option<Located<f64>>,
    /// How much it counts beside the other sweeps.
    pub weight: f64,
    /// Currents that were injected, at times of the recording.
    pub stimuli: Vec<Stimulus>,
    /// Where the entry stands.
    pub span: Span,
}

/// A column of a table, and the unit of its numbers.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Column {
    /// Which.
    pub which: Located<Which>,
    /// Unit; that in the header of the column when not given.
    pub unit: Option<Located<String>>,
}

/// How a column is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Which {
    /// By the name in its header.
    Named(String),
    /// By its number, from 1.
    Numbered(usize),
}

impl Default for Which {
    fn default() -> Self {
        Which::Numbered(1)
    }
}

/// Where the times of a recording come from.
#[derive(Clone, PartialEq, Debug)]
pub enum Time {
    /// A column.
    Column(Column),
    /// Samples follow one another after so long, ms, the first at 0.
    Every(Located<f64>),
}

impl Default for Time {
    fn default() -> Self {
        Time::Column(Column::default())
    }
}

/// How far a trace is from the recording; each is a number without dimension, 0 for the same trace.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Term {
    /// Mean squared difference over the variance of the recording: the part of it that is not explained. Has a gradient.
    #[default]
    Potential,
    /// Distance of the trains of spikes, each filtered with an exponential of this time constant in ms (van Rossum 2001), over that of the
    /// recording from silence.
    Spikes(f64),
    /// Difference of the time spent at each potential and slope of the potential (LeMasson & Maex 2001), from 0 to 1.
    PhasePlane,
}

impl Term {
    /// Its word in a file.
    pub fn word(self) -> &'static str {
        match self {
            Term::Potential => "potential",
            Term::Spikes(_) => "spikes",
            Term::PhasePlane => "phase-plane",
        }
    }
}

/// A term of the loss.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Weighted {
    /// What it looks at.
    pub term: Located<Term>,
    /// What it is multiplied by.
    pub weight: f64,
}

/// How parameters are found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Method {
    /// Gradient descent (Adam, then BFGS) from several starts at once.
    #[default]
    Gradient,
    /// Covariance matrix adaptation, several populations at once.
    Cma,
}

impl Method {
    /// All of them.
    pub const ALL: [Method; 2] = [Method::Gradient, Method::Cma];

    /// Its word in a file.
    pub fn word(self) -> &'static str {
        match self {
            Method::Gradient => "gradient",
            Method::Cma => "cma",
        }
    }
}

/// How the search goes; what is not given has the method's default.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Search {
    /// The method.
    pub method: Located<Method>,
    /// Independent searches.
    pub restarts: Option<Located<usize>>,
    /// Variants in a generation of each.
    pub population: Option<Located<usize>>,
    /// Most variants that are run, of all searches together.
    pub evaluations: Option<Located<usize>>,
    /// Step size at the start, in units of the coordinate.
    pub learning_rate: Option<Located<f64>>,
    /// Keys everything random.
    pub seed: Option<Located<u64>>,
}

/// The part of a recording that counts, in simulated time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Window {
    /// Time of the recording at which the simulation begins, ms.
    pub begin: f64,
    /// The first and the last time that count, ms of the recording.
    pub start: f64,
    /// See `start`.
    pub stop: f64,
}

impl Fit {
    /// Adds the place of a span to a diagnostic, when the fit was read from a text.
    pub fn locate(&self, d: Diagnostic, span: Span, label: &str) -> Diagnostic {
        match &self.source {
            Some(source) if span != Span::default() => d.at(source, span, label),
            _ => d,
        }
    }

    /// The network of a sweep with so many variants, which is shown for a window of the recording.
    pub fn network(&self, sweep: &Sweep, window: &Window, variants: usize, step: f64) -> Network {
        let mut learn: Vec<Learn> = Vec::new();
        for s in &self.sought {
            if !learn.iter().any(|l| l.name.value == s.name.value) {
                let per = if s.region.is_some() { Per::Region } else { Per::Neuron };
                learn.push(Learn { name: s.name.clone(), per });
            }
        }
        let ticks = ((window.stop - window.begin) / step - 1e-6).ceil().max(1.0);
        let population = Population {
            name: POPULATION.into(),
            size: variants.into(),
            neuron: self.neuron.clone(),
            parameters: self.settings.clone(),
            learn,
            bias: Some(false),
            ..Population::default()
        };
        Network {
            title: self.title.clone(),
            source: self.source.clone(),
            populations: vec![population],
            dt: self.step.clone().or(Some(step.into())),
            presentation: Some(Located::from(ticks * step)),
            stimuli: sweep.stimuli.iter().filter_map(|s| shifted(s, window.begin)).collect(),
            recordings: vec![sweep.record.clone()],
            ..Network::default()
        }
    }

    /// The networks are those of a neuron that is kept in a library under [`Fit::neuron`]: how many parts its parameter has of which regions,
    /// in the order of the learned numbers. None for a neuron without a shape or a parameter that it does not have.
    pub fn regions(cell: &Cell, name: &str) -> Vec<String> {
        let cut = discretise::cut(cell);
        let places = cut.places(cell);
        let here = |c: usize| -> bool {
            let Some((mechanism, _)) = name.split_once('.') else { return true };
            let region = &cell.branches[cut.compartments[c].branch].region.value;
            let painted = cell.paints.iter().filter(|p| p.mechanism.value == mechanism).any(|p| {
                let of_region = p.regions.is_empty() || p.regions.iter().any(|r| r.value == *region);
                of_region && p.condition.as_ref().is_none_or(|e| e.at(&places[c]) != 0.0)
            });
            let branch = &cell.branches[cut.compartments[c].branch].name.value;
            let placed = cell.placements.iter().any(|p| {
                let at = || cell.branch(&p.branch).map(|b| cut.at(b, p.position));
                p.prefix() == mechanism && p.branch.value == *branch && at() == Some(c)
            });
            painted || placed
        };
        let mut out: Vec<String> = Vec::new();
        for c in (0..cut.compartments.len()).filter(|c| here(*c)) {
            let region = &cell.branches[cut.compartments[c].branch].region.value;
            if !out.contains(region) {
                out.push(region.clone());
            }
        }
        out
    }
}

/// A current with its times since the simulation began; none if it was over by then.
fn shifted(s: &Stimulus, begin: f64) -> Option<Stimulus> {
    let (from, to) = (s.delay.value - begin, s.delay.value + s.duration.value - begin);
    if to <= 0.0 {
        return None;
    }
    let delay = from.max(0.0);
    // A current that begins in time lasts as long as it is written, to the bit.
    let duration = if from < 0.0 { to } else { s.duration.value };
    Some(Stimulus {
        delay: Located { value: delay, span: s.delay.span },
        duration: Located { value: duration, span: s.duration.span },
        ..s.clone()
    })
}

impl Sweep {
    /// The part of a recording that counts, by its first and its last time in ms.
    ///
    /// # Errors
    /// A window that the recording does not hold, that is empty, or that begins before the simulation does. All at once.
    pub fn window(&self, fit: &Fit, first: f64, last: f64) -> Result<Window, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let begin = self.begin.as_ref().map_or(first.min(0.0), |b| b.value);
        let start = self.window.0.as_ref().map_or(first.max(begin), |s| s.value);
        let stop = self.window.1.as_ref().map_or(last, |s| s.value);
        // Times that were written with few digits.
        let slack = 1e-6 * (last - first).abs();
        let mut say = |l: &Option<Located<f64>>, text: String, label: String| {
            let span = l.as_ref().map_or(self.file.span, |l| l.span);
            problems.push(fit.locate(Diagnostic::error("fit-window", text), span, &label));
        };
        let held = format!("it holds {first} to {last} ms");
        if start < first - slack || start > last {
            say(&self.window.0, format!("`{}` has nothing at {start} ms", self.file.value), held.clone());
        }
        if stop > last + slack {
            say(&self.window.1, format!("`{}` ends before {stop} ms", self.file.value), held.clone());
        }
        if stop <= start {
            let l = if self.window.1.is_some() { &self.window.1 } else { &self.window.0 };
            say(l, format!("a window from {start} to {stop} ms holds nothing"), held);
        }
        if begin > start && start >= first - slack {
            say(
                &self.begin,
                format!("the simulation cannot begin at {begin} ms, after what it is compared with"),
                format!("the window begins at {start} ms"),
            );
        }
        if problems.is_empty() { Ok(Window { begin, start, stop }) } else { Err(problems) }
    }
}

/// A recording as it was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Recorded {
    /// Times, ms, rising.
    pub times: Vec<f64>,
    /// What was recorded then.
    pub values: Vec<f64>,
    /// Unit of the values.
    pub unit: Unit,
    /// Where they stand.
    pub rows: Arc<Rows>,
}

/// Where the rows of a table stand.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rows {
    /// The text that they were read from, if it was one.
    pub source: Option<Arc<Source>>,
    /// Where in that text each of them stands.
    pub spans: Vec<Span>,
}

impl Rows {
    /// Adds the place of a row to a diagnostic: in the table where that is a text, else where the sweep of the fit names it.
    pub fn locate(&self, fit: &Fit, sweep: &Sweep, d: Diagnostic, row: usize, label: &str) -> Diagnostic {
        match (&self.source, self.spans.get(row)) {
            (Some(source), Some(span)) => d.at(source, *span, label),
            _ => fit.locate(d, sweep.file.span, "in this file"),
        }
    }
}

/// A cell with settings of a fit and the values that were found: name, region, and value in the parameter's own unit.
///
/// # Errors
/// Why no file of a cell can say it, in words.
pub fn fitted_cell(cell: &Cell, settings: &BTreeMap<String, Quantity>, found: &[(&str, Option<&str>, f64)]) -> Result<Cell, String> {
    let mut out = cell.clone();
    // What the file did not say comes back when the file is read; said, it would have to be read by something.
    out.reversals.retain(|_, l| l.span != Span::default());
    out.concentrations.retain(|_, l| l.span != Span::default());
    // Compartments are those that were fitted, whatever the rule would make of other diameters and resistivities.
    for branch in out.branches.iter_mut().filter(|b| b.compartments.is_none()) {
        branch.compartments = Some(discretise::count(cell, branch).into());
    }
    for (name, value) in settings {
        set(&mut out, name, None, value.clone())?;
    }
    for (name, region, value) in found {
        set(&mut out, name, *region, Located::from((*value, None)))?;
    }
    Ok(out)
}

fn set(cell: &mut Cell, name: &str, region: Option<&str>, value: Quantity) -> Result<(), String> {
    let Some((mechanism, parameter)) = name.split_once('.') else {
        match (name, region) {
            ("capacitance", None) => {
                cell.capacitance = Located::from(value.value.0);
                cell.capacitances.clear();
            }
            ("capacitance", Some(r)) => _ = cell.capacitances.insert(r.to_string(), Located::from(value.value.0)),
            ("resistivity", None) => cell.resistivity = Located::from(value.value.0),
            ("diameter", region) => {
                // Only what has one diameter throughout can have another one.
                for branch in cell.branches.iter_mut().filter(|b| region.is_none_or(|r| b.region.value == r)) {
                    branch.points.iter_mut().for_each(|p| p.diameter = value.value.0);
                }
            }
            _ => return Err(format!("the file of a cell cannot say `{name}` of one region")),
        }
        return Ok(());
    };
    let all: Vec<String> = cell.regions().iter().map(|r| r.to_string()).collect();
    let mut paints = Vec::new();
    let mut there = false;
    for mut paint in std::mem::take(&mut cell.paints) {
        let covers = |r: &str| paint.regions.is_empty() || paint.regions.iter().any(|p| p.value == r);
        if paint.mechanism.value != mechanism || region.is_some_and(|r| !covers(r)) {
            paints.push(paint);
            continue;
        }
        there = true;
        if let Some(r) = region {
            // What else the entry paints keeps its own value, in an entry of its own.
            let others: Vec<Located<String>> = all.iter().filter(|o| *o != r && covers(o)).map(|o| o.clone().into()).collect();
            if !others.is_empty() {
                paints.push(crate::cell::Paint { regions: others, ..paint.clone() });
            }
            paint.regions = vec![r.into()];
        }
        paint.fields.remove(parameter);
        paint.parameters.insert(parameter.to_string(), value.clone());
        paints.push(paint);
    }
    cell.paints = paints;
    for placed in cell.placements.iter_mut().filter(|p| p.prefix() == mechanism) {
        there = true;
        placed.parameters.insert(parameter.to_string(), value.clone());
    }
    if there { Ok(()) } else { Err(format!("nothing in the file of the cell is called `{mechanism}`")) }
}
