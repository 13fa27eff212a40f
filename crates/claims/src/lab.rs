//! What an experiment works with: the models of its claim with the knobs turned, runs of them, and what was recorded.

use crate::card::{self, Card, Knob};
use crate::kinds;
use crate::knob::{self, Change};
use crate::quantity::unit_of;
use crate::settings::{Form, Key, Settings};
use homolog_base::{Diagnostic, Hash, Unit, has_errors};
use homolog_engine::Engine;
use homolog_formats::claims::Folder;
use homolog_model::cell::Cell;
use homolog_model::recordings::rise;
use homolog_model::{Fault, Inputs, Library, Model, Network, Observable, Probe, Runner, State};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod driven;
mod heard;
mod learned;
mod memory;

pub use driven::{Driven, Driver, Trains};
pub use heard::Heard;
pub use memory::Memory;

/// A claim with all that its card names.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its card.
    pub card: Card,
    /// Mechanisms and cells.
    library: Library,
    /// Models by the names of their files.
    networks: BTreeMap<String, Network>,
    /// Texts of all its files, by name.
    pub files: Vec<(String, String)>,
    /// What neurons did that heard given spikes, and how well networks learned it: seeds and controls ask again.
    memory: Arc<Memory<Driven>>,
    learned: Arc<Memory<kinds::Cell>>,
}

impl Claim {
    /// Opens the claim of a folder with mechanisms of a library: the claim, unless there are errors, and all that is to be said of it.
    pub fn open(folder: &Folder, library: &Library) -> (Option<Claim>, Vec<Diagnostic>) {
        let (card, mut problems) = card::read(folder);
        let Some(card) = card else { return (None, problems) };
        let mut library = library.clone();
        problems.extend(folder.shelve(&mut library).into_iter().filter(|d| d.code != "library-replaced"));
        let mut networks = BTreeMap::new();
        let models = card.kind.keys.iter().filter(|k| matches!(k.form, Form::Model | Form::Models));
        let sizes = [&card.settings, &card.full, &card.small];
        for file in models.flat_map(|key| sizes.map(|s| s.words(key.name))).flatten() {
            let Some(source) = folder.files.get(file).filter(|_| !networks.contains_key(file)) else { continue };
            let (mut study, found) = homolog_model::file::read(source);
            problems.extend(found);
            problems.extend(homolog_formats::edges::open(&mut study.network));
            for word in study
                .network
                .populations
                .iter()
                .flat_map(|p| std::iter::once(&p.neuron).chain(&p.others))
                .filter(|w| w.value.ends_with(".toml"))
            {
                match folder.cell(word) {
                    Ok((cell, found)) => {
                        problems.extend(found);
                        cell.map(|c| library.insert_cell(c));
                    }
                    Err(d) => problems.push(study.network.locate(d, word.span, "named here")),
                }
            }
            networks.insert(file.to_string(), study.network);
        }
        let files = folder.files.iter().map(|(name, s)| (name.clone(), s.text.clone())).collect();
        let claim = Claim { card, library, networks, files, memory: Arc::default(), learned: Arc::default() };
        if !has_errors(&problems) {
            problems.extend(claim.unknown_targets());
        }
        let good = !has_errors(&problems);
        (good.then_some(claim), problems)
    }

    /// Hashes of all that its numbers follow from: its card, models, cells and other files, and the mechanisms of its cells.
    pub fn hashes(&self) -> BTreeMap<String, String> {
        let name = &self.card.name;
        let mut out: BTreeMap<String, String> =
            self.files.iter().map(|(file, text)| (format!("{name}/{file}"), Hash::of(text.as_bytes()).hex())).collect();
        for (cell, text) in self.shared_cells() {
            out.insert(format!("{name}: {cell}"), Hash::of(text.as_bytes()).hex());
        }
        for cell in self.cells() {
            let painted = cell.paints.iter().map(|p| &p.mechanism.value).chain(cell.placements.iter().map(|p| &p.mechanism.value));
            let receptors = [&cell.positive, &cell.negative].into_iter().flatten().map(|p| &p.receptor.mechanism);
            for mechanism in painted.chain(receptors) {
                if let Some(source) = self.library.source(mechanism) {
                    out.insert(format!("{name}: {mechanism}"), Hash::of(source.text.as_bytes()).hex());
                }
            }
        }
        out
    }

    /// The cells of its models, by name.
    fn cells(&self) -> impl Iterator<Item = &Cell> {
        let words = self.networks.values().flat_map(|n| &n.populations).flat_map(|p| std::iter::once(&p.neuron).chain(&p.others));
        let names: BTreeSet<&str> = words.map(|word| word.value.as_str()).collect();
        names.into_iter().filter_map(|name| self.library.cell(name))
    }

    /// The cells of its models that are no files of its own: names and texts.
    pub fn shared_cells(&self) -> Vec<(&str, &str)> {
        let own = |cell: &Cell| self.files.iter().any(|(file, _)| *file == cell.name);
        self.cells().filter(|c| !own(c)).filter_map(|c| Some((c.name.as_str(), c.source.as_ref()?.text.as_str()))).collect()
    }

    /// Targets of knobs that are nowhere.
    fn unknown_targets(&self) -> Vec<Diagnostic> {
        let mut out = vec![];
        for knob in &self.card.knobs {
            for target in &knob.targets {
                let (mut networks, mut library, mut settings) = (self.networks.clone(), self.library.clone(), self.card.settings.clone());
                match turn(self.card.kind.keys, knob, target, knob.default, &mut networks, &mut library, &mut settings) {
                    Ok(0) => {
                        let d = Diagnostic::error("claim-knob", format!("`{target}` is nowhere in the models of this claim"));
                        let hint = "a target is `MECHANISM.PARAMETER`, `membrane.resistivity`, `branch.diameter`, `ions.ena`, `stimulus.amplitude` or `experiment.SETTING`";
                        out.push(d.at(&self.card.source, knob.span, "acted on by this knob").hint(hint));
                    }
                    Ok(_) => {}
                    Err(m) => {
                        let d = Diagnostic::error("claim-knob", format!("`{target}` cannot be turned: {m}"));
                        out.push(d.at(&self.card.source, knob.span, "by this knob"));
                    }
                }
            }
        }
        out
    }
}

/// Turns a knob's one target; how many numbers changed.
fn turn(
    keys: &[Key],
    knob: &Knob,
    target: &str,
    value: f64,
    networks: &mut BTreeMap<String, Network>,
    library: &mut Library,
    settings: &mut Settings,
) -> Result<usize, String> {
    let change = if knob.times { Change::Times(value) } else { Change::Set(value, Unit::parse(&knob.unit).map_err(|e| e.to_string())?) };
    if let Some(setting) = target.strip_prefix("experiment.") {
        let Some(unit) = keys.iter().find(|k| k.name == setting).and_then(|k| k.form.unit()) else { return Ok(0) };
        return settings.change(setting, |old| change.of(old, unit_of(unit))).map(usize::from);
    }
    // `squid/hh.gnabar` acts in the model of the setting `squid` alone.
    let (only, target) = target.split_once('/').map_or((None, target), |(model, rest)| (Some(settings.words(model)), rest));
    let meant = networks.iter_mut().filter(|(file, _)| only.is_none_or(|o| o.contains(file)));
    knob::turn(target, change, meant.map(|(_, network)| network), library)
}

/// How large an experiment is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Size {
    /// As the card's `[small]` says, for a quick look.
    Small,
    /// As its `[experiment]` says.
    #[default]
    Default,
    /// As its `[full]` says.
    Full,
}

impl Size {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Size::Small => "small",
            Size::Default => "default",
            Size::Full => "full",
        }
    }
}

/// Where an experiment is done: one seed, knobs in one position.
pub struct Lab<'a> {
    card: &'a Card,
    library: Library,
    networks: BTreeMap<String, Network>,
    /// What the experiment is told.
    pub settings: Settings,
    /// The seed.
    pub seed: u64,
    /// Threads for what can be done side by side; no number depends on it.
    pub threads: usize,
    engine: Engine,
    memory: Arc<Memory<Driven>>,
    learned: Arc<Memory<kinds::Cell>>,
    say: &'a mut dyn FnMut(f64),
    /// Runs of models so far.
    pub runs: usize,
}

impl<'a> Lab<'a> {
    /// A lab with knobs turned to these values; those that are not named stay where the files have them.
    ///
    /// # Errors
    /// A knob cannot be turned so.
    pub fn new(
        claim: &'a Claim,
        values: &BTreeMap<String, f64>,
        size: Size,
        seed: u64,
        say: &'a mut dyn FnMut(f64),
    ) -> Result<Lab<'a>, Vec<Diagnostic>> {
        let card = &claim.card;
        let mut settings = match size {
            Size::Default => card.settings.clone(),
            Size::Full => card.settings.with(&card.full),
            Size::Small => card.settings.with(&card.small),
        };
        let (mut networks, mut library) = (claim.networks.clone(), claim.library.clone());
        for knob in &card.knobs {
            // A knob at its default changes nothing, so what the files say is what runs.
            let Some(&value) = values.get(&knob.name).filter(|v| **v != knob.default) else { continue };
            for target in &knob.targets {
                let hits = turn(card.kind.keys, knob, target, value, &mut networks, &mut library, &mut settings);
                let wrong = match hits {
                    Ok(1..) => continue,
                    Ok(0) => "it is nowhere in the models at this size".to_string(),
                    Err(m) => m,
                };
                let d = Diagnostic::error("claim-knob", format!("`{target}` cannot be turned: {wrong}"));
                return Err(vec![d.at(&card.source, knob.span, "by this knob")]);
            }
        }
        let (memory, learned) = (claim.memory.clone(), claim.learned.clone());
        Ok(Lab { card, library, networks, settings, seed, threads: 1, engine: Engine::new(1), memory, learned, say, runs: 0 })
    }

    /// Says how far the experiment is, from 0 to 1.
    pub fn progress(&mut self, share: f64) {
        (self.say)(share);
    }

    /// How well networks did that were taught before.
    pub fn learned(&self) -> Arc<Memory<kinds::Cell>> {
        self.learned.clone()
    }

    /// A number that the experiment was told.
    pub fn number(&self, name: &str) -> f64 {
        self.settings.number(name)
    }

    /// Mechanisms and cells, as the knobs have them.
    pub fn words(&self) -> &Library {
        &self.library
    }

    /// The model of a setting, to be changed and run.
    pub fn bench(&self, setting: &str) -> Bench {
        self.bench_of(self.settings.word(setting))
    }

    /// The model of a file that a setting names.
    pub fn bench_of(&self, file: &str) -> Bench {
        Bench { network: self.networks[file].clone(), library: self.library.clone() }
    }

    /// The message for a setting that does not fit the model.
    pub fn wrong(&self, setting: &str, message: impl Into<String>) -> Vec<Diagnostic> {
        vec![Diagnostic::error("claim-experiment", message).at(&self.card.source, self.settings.span(setting), "here")]
    }

    /// Messages that have no place, at the setting that they are about.
    pub fn about(&self, setting: &str, messages: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let here = |d: Diagnostic| if d.labels.is_empty() { d.at(&self.card.source, self.settings.span(setting), "here") } else { d };
        messages.into_iter().map(here).collect()
    }

    /// Runs a model for one presentation and records the potential at places that settings name: one trace for each.
    ///
    /// # Errors
    /// What does not compile, and runs that stop.
    pub fn potentials(&mut self, bench: &Bench, places: &[&str]) -> Result<Seen, Vec<Diagnostic>> {
        self.watch(bench, places, &[])
    }

    /// Runs a model and records potentials at places, and besides the sum over all compartments of counters at the end, such as
    /// `charge.na`.
    ///
    /// # Errors
    /// As above.
    pub fn watch(&mut self, bench: &Bench, places: &[&str], counters: &[&str]) -> Result<Seen, Vec<Diagnostic>> {
        let (model, params) = homolog_model::compile(&bench.network, &bench.library, self.seed)?;
        let group = model.groups.iter().position(|g| g.anatomy.is_some());
        let Some(g) = group else { return Err(vec![Diagnostic::error("claim-experiment", "there is no cell in the model")]) };
        let mut probes = vec![];
        let mut middles = vec![];
        for setting in places {
            for place in self.settings.places(setting) {
                let site = self.site(&model, g, setting, place)?;
                let (_, k, n) = model.groups[g].anatomy.as_ref().expect("it is a cell").compartments[site];
                middles.push((k as f64 + 0.5) / n as f64);
                probes.push(Probe { group: g, what: Observable::Site(potential(&model, g), site) });
            }
        }
        let potentials = probes.len();
        for name in counters {
            match model.groups[g].variables.iter().position(|v| v.name == *name) {
                Some(k) => probes.push(Probe { group: g, what: Observable::FrameEnd(k) }),
                None => return Err(vec![Diagnostic::error("claim-experiment", format!("the cell has no variable `{name}`"))]),
            }
        }
        let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
        let seen = self.engine.run(&model, &params, &nothing, &probes, &mut State::fresh(), None).map_err(fault)?;
        self.runs += 1;
        let mut traces: Vec<Vec<f64>> = seen.traces.into_iter().map(|t| t.data).collect();
        let sums = traces.split_off(potentials).into_iter().map(|t| t.iter().sum()).collect();
        Ok(Seen { dt: model.dt, rest: bench.cell()?.initial.value, traces, middles, sums })
    }

    /// The compartment of a place.
    fn site(&self, model: &Model, group: usize, setting: &str, (branch, position): &(String, f64)) -> Result<usize, Vec<Diagnostic>> {
        let anatomy = model.groups[group].anatomy.as_ref().expect("it is a cell");
        anatomy.at(0, branch, *position).ok_or_else(|| {
            let d = Diagnostic::error("claim-experiment", format!("`{setting}`: the cell has no branch `{branch}`"));
            let d = d.at(&self.card.source, self.settings.span(setting), "here");
            vec![d.suggest(branch, anatomy.compartments.iter().map(|c| c.0.as_str()))]
        })
    }
}

fn potential(model: &Model, group: usize) -> usize {
    model.groups[group].tree.as_ref().map_or(0, |t| t.potential)
}

fn fault(f: Fault) -> Vec<Diagnostic> {
    vec![Diagnostic::error("run-fault", format!("the run stopped: {f}")).hint("a knob may be turned too far; try smaller steps of time")]
}

/// A model that an experiment may change between runs.
#[derive(Clone)]
pub struct Bench {
    network: Network,
    library: Library,
}

impl Bench {
    /// The cell: that of the first population made of cells.
    ///
    /// # Errors
    /// There is none.
    pub fn cell(&self) -> Result<&Cell, Vec<Diagnostic>> {
        self.network.populations.iter().find_map(|p| self.library.cell(&p.neuron)).ok_or_else(|| {
            vec![Diagnostic::error("claim-experiment", format!("the model `{}` has no population of cells", self.network.title))]
        })
    }

    /// The number of a mechanism's parameter in the cell, in a unit.
    ///
    /// # Errors
    /// There is none.
    pub fn found(&self, target: &str, unit: &str) -> Result<f64, Vec<Diagnostic>> {
        let none = || vec![Diagnostic::error("claim-experiment", format!("the cell has no `{target}` in {unit}"))];
        let (x, u) = knob::found(target, self.cell()?, &self.library).ok_or_else(none)?;
        u.factor_to(&unit_of(unit)).map(|f| x * f).ok_or_else(none)
    }

    /// Sets a number of the description to so many of a unit.
    ///
    /// # Errors
    /// It is nowhere, or of another dimension.
    pub fn set(&mut self, target: &str, value: f64, unit: &str) -> Result<(), Vec<Diagnostic>> {
        self.turn(target, Change::Set(value, unit_of(unit)))
    }

    /// Another with a number set to so many of a unit.
    ///
    /// # Errors
    /// It is nowhere, or of another dimension.
    pub fn with(&self, target: &str, value: f64, unit: &str) -> Result<Bench, Vec<Diagnostic>> {
        let mut out = self.clone();
        out.set(target, value, unit)?;
        Ok(out)
    }

    /// Another in which these numbers are 0.
    ///
    /// # Errors
    /// One of them is nowhere.
    pub fn without(&self, targets: &[&str]) -> Result<Bench, Vec<Diagnostic>> {
        let mut out = self.clone();
        targets.iter().try_for_each(|target| out.times(target, 0.0))?;
        Ok(out)
    }

    /// Multiplies a number of the description.
    ///
    /// # Errors
    /// It is nowhere.
    pub fn times(&mut self, target: &str, factor: f64) -> Result<(), Vec<Diagnostic>> {
        self.turn(target, Change::Times(factor))
    }

    fn turn(&mut self, target: &str, change: Change) -> Result<(), Vec<Diagnostic>> {
        match knob::turn(target, change, [&mut self.network], &mut self.library) {
            Ok(0) => Err(vec![Diagnostic::error("claim-experiment", format!("`{target}` is nowhere in the model"))]),
            Ok(_) => Ok(()),
            Err(m) => Err(vec![Diagnostic::error("claim-experiment", format!("`{target}`: {m}"))]),
        }
    }

    /// Moves what stands at a place to another.
    ///
    /// # Errors
    /// There is nothing of this name.
    pub fn put(&mut self, name: &str, (branch, position): (&str, f64)) -> Result<(), Vec<Diagnostic>> {
        let mut cell = self.cell()?.clone();
        let Some(p) = cell.placements.iter_mut().find(|p| p.prefix() == name) else {
            return Err(vec![Diagnostic::error("claim-experiment", format!("nothing in the cell is called `{name}`"))]);
        };
        p.branch.value = branch.into();
        p.position = position;
        self.library.insert_cell(cell);
        Ok(())
    }

    /// Injects so much, nA, from a time on for so long, ms, where the first stimulus of the model is, besides it.
    ///
    /// # Errors
    /// The model has no stimulus.
    pub fn inject(&mut self, amplitude: f64, from: f64, duration: f64) -> Result<(), Vec<Diagnostic>> {
        let first = self.network.stimuli.first().cloned();
        let Some(mut more) = first else { return Err(vec![Diagnostic::error("claim-experiment", "the model has no `[[stimulus]]`")]) };
        (more.course, more.unit) = (None, None);
        (more.amplitude, more.delay, more.duration) = (amplitude.into(), from.into(), duration.into());
        self.network.stimuli.push(more);
        Ok(())
    }

    /// The first stimulus that is one step of current: amplitude (nA), begin and duration (ms).
    ///
    /// # Errors
    /// There is none.
    pub fn stimulus(&self) -> Result<(f64, f64, f64), Vec<Diagnostic>> {
        let first = self.network.stimuli.iter().find(|s| s.course.is_none() && s.unit.is_none());
        let none = || vec![Diagnostic::error("claim-experiment", "the model has no `[[stimulus]]` that is one step of current")];
        first.map(|s| (s.amplitude.value, s.delay.value, s.duration.value)).ok_or_else(none)
    }

    /// Removes all injected currents.
    pub fn silent(&mut self) {
        self.network.stimuli.clear();
    }
}

/// What was recorded in one run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Seen {
    /// Time step, ms.
    pub dt: f64,
    /// The potential that the cell begins with, mV.
    pub rest: f64,
    /// Potentials at the end of every step, mV, place by place.
    pub traces: Vec<Vec<f64>>,
    /// Where the middle of the compartment of each place is, whose potential that is: from 0 at the beginning of its branch to 1.
    pub middles: Vec<f64>,
    /// Sums of counters at the end.
    pub sums: Vec<f64>,
}

impl Seen {
    /// A trace with its times, of so many points at most, for a figure.
    pub fn points(&self, k: usize, most: usize) -> Vec<(f64, f64)> {
        thin(&self.traces[k], self.dt, most)
    }

    /// The highest potential of a trace from a time on, mV.
    pub fn peak(&self, k: usize, from: f64) -> f64 {
        greatest(self.piece(k, from, f64::INFINITY).iter().copied())
    }

    /// The highest potential of a trace above what the cell begins with, mV.
    pub fn rise(&self, k: usize) -> f64 {
        self.peak(k, 0.0) - self.rest
    }

    /// What a trace is from a time on and before another, as far as it goes.
    pub fn piece(&self, k: usize, from: f64, before: f64) -> &[f64] {
        let v = &self.traces[k];
        let at = |time: f64| ((time / self.dt) as usize).min(v.len());
        &v[at(from)..at(before).max(at(from))]
    }

    /// When a trace first rises above a potential, ms; NaN if it does not.
    pub fn rises(&self, k: usize, above: f64, from: f64) -> f64 {
        let v = &self.traces[k];
        let first = ((from / self.dt) as usize).max(1);
        (first..v.len()).find_map(|n| rise(v[n - 1], v[n], above).map(|share| (n as f64 + share) * self.dt)).unwrap_or(f64::NAN)
    }

    /// How often a trace rises above a potential from a time on.
    pub fn spikes(&self, k: usize, above: f64, from: f64) -> usize {
        self.piece(k, from, f64::INFINITY).windows(2).filter(|w| rise(w[0], w[1], above).is_some()).count()
    }

    /// The potential at a time, mV.
    pub fn at(&self, k: usize, time: f64) -> f64 {
        let v = &self.traces[k];
        v[((time / self.dt).round() as usize).saturating_sub(1).min(v.len() - 1)]
    }
}

/// The greatest of some numbers; NaN if one of them is.
pub fn greatest(numbers: impl IntoIterator<Item = f64>) -> f64 {
    numbers.into_iter().fold(f64::NEG_INFINITY, |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) })
}

/// Every so many points of a trace that no more than `most` are left; the highest and the lowest of each piece.
fn thin(values: &[f64], dt: f64, most: usize) -> Vec<(f64, f64)> {
    let each = values.len().div_ceil(most.max(2) / 2).max(1);
    let mut out = vec![];
    for (k, piece) in values.chunks(each).enumerate() {
        let (mut low, mut high) = (0, 0);
        for (n, v) in piece.iter().enumerate() {
            low = if *v < piece[low] { n } else { low };
            high = if *v > piece[high] { n } else { high };
        }
        let mut both = [low, high];
        both.sort_unstable();
        let ends = if low == high { &both[..1] } else { &both[..] };
        out.extend(ends.iter().map(|n| ((k * each + n + 1) as f64 * dt, piece[*n])));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Seen, greatest};

    #[test]
    fn a_number_that_is_none_is_not_swallowed() {
        assert_eq!(greatest([1.0, 3.0, 2.0]), 3.0);
        assert_eq!(greatest([-1.0, -3.0]), -1.0, "nothing is greater than what there is");
        assert!(greatest([1.0, f64::NAN, 2.0]).is_nan() && greatest([f64::NAN, 1.0]).is_nan());
        let seen = Seen { dt: 0.1, traces: vec![vec![-65.0, f64::NAN, -60.0]], ..Seen::default() };
        assert!(seen.rise(0).is_nan());
    }

    #[test]
    fn a_piece_of_a_trace_ends_where_the_trace_does() {
        let seen = Seen { dt: 1.0, traces: vec![vec![0.0, 1.0, 2.0]], ..Seen::default() };
        assert_eq!(seen.piece(0, 1.0, 9.0), [1.0, 2.0]);
        assert!(seen.piece(0, 7.0, 9.0).is_empty() && seen.piece(0, 2.0, 1.0).is_empty());
        assert_eq!(seen.spikes(0, 0.5, 70.0), 0);
    }
}
