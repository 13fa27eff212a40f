//! What the commands share: opening a model file with all it needs, and getting one seed of it ready to learn.

use crate::progress::Run;
use crate::ranks;
use homolog_base::report::{Provenance, Report};
use homolog_base::{Diagnostic, Source, has_errors};
use homolog_formats::{atomic, checkpoint, edges, library as shelf, machine, report, samples as data, sweeps, text, traces};
use homolog_measure::{AtpTable, EnergyTable};
use homolog_model::fit::Recorded;
use homolog_model::{Cell, Checkpoint, Fault, Fit, Library, Model, Network, Params, Precision, Samples, SpikeTimes, Split, Study};
use homolog_train::{Memory, Normalisation, Progress, Task, check_split, memory, split};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// A model file with all it needs.
pub struct Opened {
    /// Name of the file without its ending: what results are called.
    pub name: String,
    /// Its text.
    pub source: Arc<Source>,
    /// What it says.
    pub study: Study,
    /// The mechanisms it may name.
    pub library: Library,
    /// The samples it names.
    pub samples: Option<Samples>,
    /// What is no error.
    pub warnings: Vec<Diagnostic>,
}

/// Opens a model file, or a task that ships with the program.
pub fn open(name: &str, folders: &[PathBuf]) -> Result<Opened, Vec<Diagnostic>> {
    let path = Path::new(name);
    if path.extension().is_none_or(|e| e != "toml") && !path.exists() {
        let known = tasks();
        return match shelf::source(&format!("tasks/{name}.toml")) {
            Some(source) => open_source(source, vec![], name, folders),
            None => Err(vec![
                Diagnostic::error("task-unknown", format!("there is no task `{name}`, and no file of that name"))
                    .suggest(name, known.iter().map(String::as_str)),
            ]),
        };
    }
    let (source, warnings) = text::read(path).map_err(|d| vec![d])?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    open_source(source, warnings, &stem, folders)
}

/// Opens a model that ships with the program.
pub fn open_built_in(path: &str, folders: &[PathBuf]) -> Result<Opened, Vec<Diagnostic>> {
    open_source(built_in(path)?, vec![], path, folders)
}

/// A text of the library.
fn built_in(path: &str) -> Result<Arc<Source>, Vec<Diagnostic>> {
    shelf::source(path).ok_or_else(|| vec![Diagnostic::error("library-missing", format!("`{path}` is missing from this program"))])
}

fn open_source(source: Arc<Source>, mut found: Vec<Diagnostic>, name: &str, folders: &[PathBuf]) -> Result<Opened, Vec<Diagnostic>> {
    let (mut library, of_library) = shelf::load_with(folders);
    let (mut study, of_file) = homolog_model::file::read(&source);
    found.extend(of_library);
    found.extend(of_file);
    found.extend(tables_beside(&mut study));
    found.extend(cells_beside(&study, &mut library));
    let samples = match samples(&study) {
        Ok(samples) => samples,
        Err(e) => {
            found.extend(e);
            None
        }
    };
    if has_errors(&found) {
        return Err(found);
    }
    Ok(Opened { name: name.into(), source, study, library, samples, warnings: found })
}

/// Reads the tables that a study names by paths relative to its file; says what is wrong with them.
pub fn tables_beside(study: &mut Study) -> Vec<Diagnostic> {
    edges::open(&mut study.network)
}

/// Puts the cells that a study names by paths relative to its file into the library, under those words; says what is wrong with them.
pub fn cells_beside(study: &Study, library: &mut Library) -> Vec<Diagnostic> {
    let network = &study.network;
    let Some(source) = &network.source else { return vec![] };
    let levels = study.comparison.iter().flat_map(|c| &c.levels).map(|(_, word)| word);
    let mut found = vec![];
    let mut seen: Vec<&str> = vec![];
    let neurons = network.populations.iter().flat_map(|p| std::iter::once(&p.neuron).chain(&p.others));
    for word in neurons.chain(levels) {
        if !word.ends_with(".toml") || seen.contains(&word.as_str()) {
            continue;
        }
        seen.push(word);
        match shelf::cell_beside(source, word) {
            Ok((cell, problems)) => {
                found.extend(problems);
                cell.map(|c| library.insert_cell(c));
            }
            Err(d) => found.push(network.locate(d, word.span, "named here")),
        }
    }
    found
}

/// A fit with all it needs.
pub struct OpenedFit {
    /// Name of the file without its ending: what results are called.
    pub name: String,
    /// What it says.
    pub fit: Fit,
    /// The mechanisms and cells it may name.
    pub library: Library,
    /// Its recordings, in the order of its sweeps.
    pub recorded: Vec<Recorded>,
    /// What is no error.
    pub warnings: Vec<Diagnostic>,
}

/// Opens the file of a fit.
pub fn open_fit(path: &Path, folders: &[PathBuf]) -> Result<OpenedFit, Vec<Diagnostic>> {
    let (source, mut found) = text::read(path).map_err(|d| vec![d])?;
    let (library, of_library) = shelf::load_with(folders);
    found.extend(of_library);
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let opened = fit_in(&source, name, library)?;
    found.extend(opened.warnings);
    Ok(OpenedFit { warnings: found, ..opened })
}

/// The fit in a text, with its cell and its recordings.
pub fn fit_in(source: &Arc<Source>, name: String, mut library: Library) -> Result<OpenedFit, Vec<Diagnostic>> {
    let (fit, mut found) = homolog_model::file::read_fit(source);
    let alone = homolog_model::Population { size: 1.into(), neuron: fit.neuron.clone(), ..Default::default() };
    let network = Network { source: Some(source.clone()), populations: vec![alone], ..Network::default() };
    let alone = Study { network, ..Study::default() };
    found.extend(cells_beside(&alone, &mut library));
    let recorded = match sweeps::open(&fit) {
        Ok((recorded, warnings)) => {
            found.extend(warnings);
            recorded
        }
        Err(e) => {
            found.extend(e);
            vec![]
        }
    };
    if !has_errors(&found) {
        found.extend(homolog_model::compile::warnings(&alone.network, &library));
    }
    if has_errors(&found) { Err(found) } else { Ok(OpenedFit { name, fit, library, recorded, warnings: found }) }
}

/// Names of the tasks that ship with the program.
fn tasks() -> Vec<String> {
    shelf::files().iter().filter_map(|f| Some(f.strip_prefix("tasks/")?.strip_suffix(".toml")?.to_string())).collect()
}

/// The samples that a study names.
pub fn samples(study: &Study) -> Result<Option<Samples>, Vec<Diagnostic>> {
    let Some(d) = &study.data else { return Ok(None) };
    let base = study.network.source.as_ref().and_then(|s| Path::new(&s.name).parent()).unwrap_or(Path::new(""));
    data::open(&d.source, base).map(Some).map_err(|problems| {
        // What is no fault of a place in the data is one of the place that names them.
        problems.into_iter().map(|p| if p.source.is_none() { study.network.locate(p, d.source.span, "named here") } else { p }).collect()
    })
}

/// The mechanisms that ship with the program, and those in the folders.
pub fn library(folders: &[PathBuf]) -> (Library, Vec<Diagnostic>) {
    shelf::load_with(folders)
}

/// Folders of claims: those that ship with the program, or those in a folder.
pub fn claims(folder: Option<&Path>) -> Result<(Vec<homolog_formats::claims::Folder>, Vec<Diagnostic>), Vec<Diagnostic>> {
    match folder {
        None => Ok((homolog_formats::claims::built_in(), vec![])),
        Some(path) => homolog_formats::claims::read(path).map_err(|d| vec![d]),
    }
}

/// The text of a file.
pub fn read(path: &Path) -> Result<(Arc<Source>, Vec<Diagnostic>), Diagnostic> {
    text::read(path)
}

/// The cell in a text; see [`shelf::cell_in`].
pub fn cell_in(source: &Arc<Source>) -> (Option<Cell>, Vec<Diagnostic>) {
    shelf::cell_in(source)
}

/// A cell of these branches and of nothing else, by the rules that hold where a file says nothing.
pub fn plain_cell(branches: &[homolog_model::cell::Branch]) -> Option<Cell> {
    let first = &branches.first()?.name.value;
    let text = format!(
        "morphology = \"x\"\n[spike]\nbranch = {first:?}\nthreshold = \"0 mV\"\nsurrogate = {{ shape = \"arctan\", width = \"5 mV\" }}\n\
         [time]\nstep = \"0.1 ms\"\npresentation = \"1 ms\"\ndelay = \"1 ms\"\n[interface]\nrate = \"1 Hz\"\nreadout = \"count\"\n"
    );
    homolog_model::file::read_cell(&Source::new("cell.toml", text), "cell", &|_| (Some(branches.to_vec()), vec![])).0
}

/// The constants of the energy estimate.
pub fn energy_table() -> Result<EnergyTable, Vec<Diagnostic>> {
    EnergyTable::read(&built_in("energy/horowitz2014.toml")?).map_err(|d| vec![*d])
}

/// The constants of the energy that is measured in cells.
pub fn atp_table() -> Result<AtpTable, Vec<Diagnostic>> {
    AtpTable::read(&built_in("energy/atp.toml")?).map_err(|d| vec![*d])
}

/// Refuses what the machine has no memory for. Where the system does not say, everything is tried.
pub fn affordable(study: &Study, need: &Memory) -> Result<(), Vec<Diagnostic>> {
    machine::available_memory().and_then(|available| need.refuse(study, available)).map_or(Ok(()), |d| Err(vec![d]))
}

/// Refuses sizes that the machine has no memory for, before any is asked for.
pub fn compilable(study: &Study) -> Result<(), Vec<Diagnostic>> {
    affordable(study, &memory::before_compiling(study))
}

/// Bytes that a recorded number takes until it is written: as the runner saw it, in its column, and as text.
pub const RECORDED: f64 = 8.0 + 8.0 + 20.0;

/// Refuses what takes more bytes than the machine has free. Where the system does not say, everything is tried.
pub fn room_for(what: &str, need: f64, hint: &str) -> Result<(), Vec<Diagnostic>> {
    match machine::available_memory() {
        Some(available) if need > available as f64 => {
            let text = format!("{what} takes {:.1} GB of memory, of which {:.1} GB are free", need / 1e9, available as f64 / 1e9);
            Err(vec![Diagnostic::error("run-memory", text).hint(hint)])
        }
        _ => Ok(()),
    }
}

/// One seed of a study, compiled, with its samples divided.
pub struct Prepared {
    /// What was compiled.
    pub study: Study,
    /// The seed.
    pub seed: u64,
    /// The structure.
    pub model: Model,
    /// Where learning starts.
    pub params: Params,
    /// Which samples are for what.
    pub split: Split,
    /// What intensities are multiplied by.
    pub normalisation: Normalisation,
}

impl Prepared {
    /// Compiles and divides; says also what is no error.
    pub fn new(study: Study, library: &Library, samples: &Samples, seed: u64) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        compilable(&study)?;
        let (model, params) = homolog_model::compile(&study.network, library, seed)?;
        let d =
            study.data.as_ref().ok_or_else(|| vec![Diagnostic::error("train-section-missing", "the model file has no [data] section")])?;
        let split = split(samples, d, seed);
        let mut notes = homolog_model::compile::warnings(&study.network, library);
        notes.extend(check_split(&study.network, samples, d, &split));
        if has_errors(&notes) {
            return Err(notes);
        }
        let normalisation = Normalisation::fit(samples, &split, d);
        Ok((Prepared { study, seed, model, params, split, normalisation }, notes))
    }

    /// The same structure under another training.
    pub fn with_study(&self, study: Study) -> Prepared {
        Prepared {
            study,
            seed: self.seed,
            model: self.model.clone(),
            params: self.params.clone(),
            split: self.split.clone(),
            normalisation: self.normalisation,
        }
    }

    /// As a task for a trainer.
    pub fn task<'a>(&'a self, samples: &'a Samples) -> Result<Task<'a>, Vec<Diagnostic>> {
        Task::new(&self.study, &self.model, samples, &self.split, self.normalisation)
    }

    /// What training it will need.
    pub fn memory(&self, task: &Task<'_>, saves: bool) -> Memory {
        memory::of_training(task, &self.params, homolog_engine::TAPE_BUDGET, saves)
    }

    /// What is kept of it until the end.
    pub fn kept(&self) -> Memory {
        memory::of_result(&self.model, &self.params)
    }

    /// Hashes for the provenance.
    pub fn hashes(&self, samples: &Samples) -> BTreeMap<String, String> {
        let data = samples.hash.map(|h| ("data".to_string(), h.hex()));
        [("model".to_string(), self.model.hash.hex()), ("split".to_string(), self.split.hash().hex())].into_iter().chain(data).collect()
    }
}

impl Run {
    /// How far a training is.
    pub fn of(p: &Progress) -> Run {
        Run { epoch: p.epoch as f64 + p.batch as f64 / p.batches as f64, epochs: p.epochs, loss: p.loss, accuracy: p.accuracy, over: false }
    }
}

/// Time and memory of a piece of work.
pub struct Clock {
    wall: Instant,
    cpu_s: f64,
}

/// What a piece of work took.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// Wall time, s.
    pub wall_s: f64,
    /// Time of all processors, s.
    pub cpu_s: f64,
    /// Largest resident memory while it went on, MB (million bytes).
    pub peak_rss_mb: f64,
}

impl Clock {
    /// Begins; the peak of memory begins anew.
    pub fn start() -> Clock {
        machine::reset_peak_memory();
        Clock::start_time()
    }

    /// Begins without touching the peak of memory, which belongs to the whole process.
    pub fn start_time() -> Clock {
        Clock { wall: Instant::now(), cpu_s: cpu_s() }
    }

    /// Ends.
    pub fn stop(&self) -> Spent {
        Spent {
            wall_s: self.wall.elapsed().as_secs_f64(),
            cpu_s: cpu_s() - self.cpu_s,
            peak_rss_mb: machine::peak_memory().map_or(f64::NAN, |b| b as f64 / 1e6),
        }
    }
}

/// Largest resident memory of this process so far, MB (million bytes). None where the system does not say.
pub fn peak_rss_mb() -> Option<f64> {
    machine::peak_memory().map(|b| b as f64 / 1e6)
}

/// Time of all processors that this process has used, s.
pub fn cpu_s() -> f64 {
    machine::cpu_time().map_or(f64::NAN, |t| t.as_secs_f64())
}

/// Time of all processors that programs took which this process started and that have ended, s. None where the system does not
/// say.
pub fn cpu_s_of_children() -> Option<f64> {
    machine::cpu_time_of_children().map(|t| t.as_secs_f64())
}

/// Version and machine.
pub fn provenance() -> Provenance {
    Provenance { version: env!("CARGO_PKG_VERSION").into(), machine: machine::describe(), ..Provenance::default() }
}

/// Compiles what this process computes of a network.
pub fn compile(network: &Network, library: &Library, seed: u64) -> Result<(Model, Params), Vec<Diagnostic>> {
    homolog_model::compile_among(network, library, seed, &mut ranks::World)
}

/// Processors that this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A number of threads as an argument.
pub fn threads(word: &str) -> Result<usize, String> {
    match word.parse() {
        Ok(n @ 1..=1024) => Ok(n),
        Ok(_) => Err("must be from 1 to 1024".into()),
        Err(_) => Err("must be a whole number".into()),
    }
}

/// Which of some words an argument is.
fn one_of(word: &str, names: &[&str]) -> Result<usize, String> {
    names.iter().position(|n| *n == word).ok_or_else(|| format!("must be {}", names.join(" or ")))
}

/// A format of numbers as an argument.
pub fn precision(word: &str) -> Result<Precision, String> {
    one_of(word, &Precision::NAMES).map(Precision::nth)
}

/// Puts a format of numbers in the place of the file's.
pub fn set_precision(study: &mut Study, precision: Option<Precision>) -> Result<(), Vec<Diagnostic>> {
    if let Some(p) = precision {
        if p == Precision::Single && study.training.is_some() {
            return Err(vec![Precision::not_trained()]);
        }
        study.network.precision = Some(p.into());
    }
    Ok(())
}

/// When within a step spikes are, as an argument.
pub fn spike_times(word: &str) -> Result<SpikeTimes, String> {
    one_of(word, &SpikeTimes::NAMES).map(SpikeTimes::nth)
}

/// A number above 0.
pub fn positive(word: &str) -> Result<f64, String> {
    word.parse().ok().filter(|x: &f64| *x > 0.0 && x.is_finite()).ok_or_else(|| "must be a number above 0".to_string())
}

/// Writes a file, whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Vec<Diagnostic>> {
    atomic::write(path, bytes).map_err(|d| vec![d])
}

/// Removes a file, if there is one.
pub fn remove(path: &Path) -> Result<(), Vec<Diagnostic>> {
    atomic::remove(path).map_err(|d| vec![d])
}

/// Refuses what could not be written, before there is anything to write; all at once.
pub fn writable<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Result<(), Vec<Diagnostic>> {
    let refused: Vec<Diagnostic> = paths.into_iter().filter_map(|p| atomic::writable(p).err()).collect();
    if refused.is_empty() { Ok(()) } else { Err(refused) }
}

pub use homolog_formats::parts::{Column, Growing, Kind, rows_of_a_part};
pub use homolog_formats::traces::Table;

/// Takes away what writers of these files left that were killed.
pub fn tidy<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Result<(), Vec<Diagnostic>> {
    paths.into_iter().try_for_each(|p| atomic::tidy(p).map_err(|d| vec![d]))
}

/// Writes traces as CSV, whole or not at all.
pub fn write_csv(path: &Path, table: &Table) -> Result<(), Vec<Diagnostic>> {
    traces::write_csv(path, table).map_err(|d| vec![d])
}

/// Writes traces as Parquet, whole or not at all.
pub fn write_parquet(path: &Path, table: &Table) -> Result<(), Vec<Diagnostic>> {
    traces::write_parquet(path, table).map_err(|d| vec![d])
}

/// Writes a report, whole or not at all.
pub fn write_report(path: &Path, r: &Report) -> Result<(), Vec<Diagnostic>> {
    report::write(path, r).map_err(|d| vec![d])
}

/// Writes a checkpoint, whole or not at all.
pub fn save(path: &Path, c: &Checkpoint) -> Result<(), Vec<Diagnostic>> {
    checkpoint::write(path, c).map_err(|d| vec![d])
}

/// Reads a checkpoint; none when there is no such file.
pub fn load(path: &Path) -> Result<Option<Checkpoint>, Vec<Diagnostic>> {
    if !path.exists() {
        return Ok(None);
    }
    checkpoint::read(path).map(Some).map_err(|d| vec![d])
}

/// A run that stopped, as a message.
pub fn fault(f: Fault) -> Vec<Diagnostic> {
    vec![
        Diagnostic::error("run-fault", format!("the run stopped: {f}"))
            .hint("check the parameters of this population, its weights and the time step"),
    ]
}
