//! `homolog run`: one model, trained if its file says how.

use super::trace::{self, Format};
use super::{Done, learn};
use crate::progress::{Run, Screen};
use crate::stepwise::{self, Course, Sink};
use crate::work::{self, Prepared};
use crate::{cuts, ranks, show, terminal};
use homolog_base::Diagnostic;
use homolog_base::report::{Basis, Entry, Provenance, Report, Score};
use homolog_engine::Engine;
use homolog_model::{Checkpoint, Inputs, Model, Observable, Pieces, Precision, Probe, Recording, SpikeTimes};
use homolog_train::Trainer;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Train a model, or run it once when its file does not say how to train
///
/// A model that is not trained is run for one presentation: what its record rules name is written to traces.csv and drawn in traces.html, and who
/// spiked when to raster.csv. Memory does not grow with the time that is run. With --checkpoint-every 10s such a run can be killed at any time and
/// goes on with --resume: its files are then those of a run that was never stopped, byte for byte. With --reference cells are solved to a
/// tolerance besides, which says what the time step costs in accuracy.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Model file, or the name of a task that ships with the program
    model: String,
    /// Folder for the results [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed of the split, the wiring, the first weights and the order of the samples [default: 0, or that of the checkpoint]
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Go on from the checkpoint in the folder, bit for bit as if never stopped
    #[arg(long)]
    pub(super) resume: bool,
    /// Write a checkpoint every so many epochs, or after so much time on the clock: 10s, 5min, 1h [default: 1 epoch; none of a run that is
    /// not trained]
    #[arg(long, value_name = "EPOCHS|TIME", value_parser = every)]
    checkpoint_every: Option<Every>,
    /// Train for so many epochs instead of what the file says
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = work::threads)]
    threads: Option<usize>,
    /// Numbers to run it in: f64, or f32, which is faster, keeps seven digits and does not train [default: what the file says, or f64]
    #[arg(long, value_name = "FORMAT", value_parser = work::precision)]
    precision: Option<Precision>,
    /// When within a step populations spike that do not say so themselves: grid, or interpolated [default: what the file says, or grid]
    #[arg(long, value_name = "TIMES", value_parser = work::spike_times)]
    spikes: Option<SpikeTimes>,
    /// Folder of .mod files to use besides those that ship with the program; may be repeated
    #[arg(long, value_name = "DIR")]
    library: Vec<PathBuf>,
    /// Write who spiked when, of every population that spikes, to raster.csv
    #[arg(long)]
    pub(super) raster: bool,
    /// How traces and rasters are written
    #[arg(long, value_enum, value_name = "FORMATS", value_delimiter = ',', default_value = "csv")]
    pub(super) format: Vec<Format>,
    /// Solve single cells to a tolerance besides, write that to reference.csv, and say by how much the run in steps differs
    #[arg(long)]
    pub(super) reference: bool,
    /// Relative tolerance of the reference
    #[arg(long, value_name = "X", default_value_t = 1e-8, requires = "reference", value_parser = tolerance)]
    pub(super) rtol: f64,
    /// Absolute tolerance of the reference, in mV or the unit of the variable; of concentrations that part of where they begin
    #[arg(long, value_name = "Y", default_value_t = 1e-9, requires = "reference", value_parser = tolerance)]
    pub(super) atol: f64,
    /// Print one line of JSON to stdout
    #[arg(long)]
    pub(super) json: bool,
    /// No progress
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// How often a checkpoint is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Every {
    /// After so many epochs.
    Epochs(u64),
    /// After so much time.
    Time(Duration),
}

/// How often, as an argument.
fn every(word: &str) -> Result<Every, String> {
    if let Ok(n) = word.parse() {
        return if n > 0 { Ok(Every::Epochs(n)) } else { Err("must be 1 or more".into()) };
    }
    let units = [("ms", 1.0), ("min", 60_000.0), ("s", 1000.0), ("h", 3_600_000.0)];
    let number = |(unit, ms): (&str, f64)| Some(word.strip_suffix(unit)?.trim_end().parse::<f64>().ok()? * ms);
    match units.into_iter().find_map(number) {
        Some(ms) if (1.0..=1e12).contains(&ms) => Ok(Every::Time(Duration::from_millis(ms as u64))),
        Some(_) => Err("must be 1 ms or more".into()),
        None => Err("must be a number of epochs, or a time with its unit, such as 10s, 5min or 1h".into()),
    }
}

impl Args {
    /// Time between checkpoints of a run that is not a training; none without.
    pub(super) fn between(&self) -> Result<Option<Duration>, Vec<Diagnostic>> {
        match self.checkpoint_every {
            None => Ok(None),
            Some(Every::Time(t)) => Ok(Some(t)),
            Some(Every::Epochs(n)) => {
                let text = format!("`--checkpoint-every {n}` counts epochs, and `{}` is not trained", self.model);
                Err(vec![Diagnostic::error("run-no-epochs", text).hint("give a time, such as `--checkpoint-every 10s`")])
            }
        }
    }
}

/// A tolerance as an argument: what the arithmetic can keep and a solver has use for.
fn tolerance(word: &str) -> Result<f64, String> {
    match word.parse::<f64>() {
        Ok(x) if (1e-13..=0.1).contains(&x) => Ok(x),
        Ok(_) => Err("must be from 1e-13 to 0.1".into()),
        Err(_) => Err("must be a number".into()),
    }
}

/// Trains and scores, or runs once.
pub fn run(args: &Args, color: bool) -> Done {
    let mut opened = work::open(&args.model, &args.library)?;
    terminal::show(&opened.warnings, color);
    if args.raster && opened.study.training.is_some() {
        let text = format!("`{}` is trained, so there is no one raster", opened.name);
        return Err(vec![Diagnostic::error("raster-refused", text).hint("run it without `--raster`, or without its [training]")]);
    }
    if args.reference && (opened.study.training.is_some() || !trace::wanted(args, &opened)) {
        let text = format!("`{}` has no reference: that is solved for models of cells without [training]", opened.name);
        return Err(vec![Diagnostic::error("reference-refused", text).hint("run it without `--reference`")]);
    }
    if opened.study.training.is_some() || opened.study.learning.is_some() || args.reference {
        ranks::alone(if args.reference { "run --reference" } else { "run of what learns" })?;
    }
    work::set_precision(&mut opened.study, args.precision)?;
    if let Some(spikes) = args.spikes {
        opened.study.network.spikes = Some(spikes.into());
    }
    if let (Some(n), Some(t)) = (args.epochs, &mut opened.study.training) {
        t.epochs.value = n;
    }
    if let (Some(n), Some(l)) = (args.epochs, &mut opened.study.learning) {
        l.passes.value = n;
    }
    let out = args.out.clone().unwrap_or_else(|| Path::new("out").join(&opened.name));
    let threads = args.threads.unwrap_or_else(work::processors);
    let traced = opened.study.training.is_none() && trace::wanted(args, &opened);
    let mut lines = match (&opened.study.training, &opened.study.learning, &opened.samples) {
        (_, Some(learning), Some(samples)) => learn::run(args, &opened, (learning, samples), &out, threads, color)?,
        (Some(_), _, Some(_)) => train(args, &opened, &out, threads, color)?,
        _ if traced => trace::run(args, &opened, &out, threads, color)?,
        _ => once(args, &opened, &out, threads, color)?,
    };
    // What is run for its traces says this by population.
    let cells = if traced { vec![] } else { cuts::of_network(&opened.study.network, &opened.library) };
    for (name, f) in &cells {
        lines.text.push_str(&format!("{name}: {}, {}\n", cuts::counted(f), cuts::lengths(f)));
        lines.json["cells"][name] = cuts::json(f);
    }
    if args.json {
        terminal::say(lines.json);
    } else {
        terminal::print(lines.text);
    }
    Ok(ExitCode::SUCCESS)
}

/// What is said at the end.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) text: String,
    pub(super) json: serde_json::Value,
}

fn train(args: &Args, opened: &work::Opened, out: &Path, threads: usize, color: bool) -> Result<Lines, Vec<Diagnostic>> {
    let path = out.join("model.safetensors");
    let saved = if args.resume { work::load(&path)? } else { None };
    let of_checkpoint = saved.as_ref().and_then(|c| c.words.get("seed")).and_then(|s| s.parse().ok());
    let seed = args.seed.or(of_checkpoint).unwrap_or(0);
    let samples = opened.samples.as_ref().expect("there are samples: just asked");
    let (prepared, notes) = Prepared::new(opened.study.clone(), &opened.library, samples, seed)?;
    terminal::show(&notes, color);
    let task = prepared.task(samples)?;
    let need = prepared.memory(&task, true);
    work::affordable(&opened.study, &need)?;
    let mut trainer = match &saved {
        Some(checkpoint) => Trainer::resume(task, prepared.params.clone(), checkpoint)?,
        None => Trainer::new(task, prepared.params.clone(), seed)?,
    };
    let mut engine = Engine::new(threads);
    let begun = work::Clock::start();
    let screen = Screen::new(args.quiet || args.json, color, std::slice::from_ref(&opened.name));
    let bar = screen.runs(&opened.name, 1);
    let mut saved_at = Instant::now();
    while trainer.finished().is_none() {
        let score = trainer.epoch(&mut engine, &mut |p| bar.set(0, Run::of(&p))).map_err(|s| vec![s.diagnostic()])?;
        for w in &score.warnings {
            screen.say(&format!("{}\n", w.render(color)));
        }
        let due = match args.checkpoint_every.unwrap_or(Every::Epochs(1)) {
            Every::Epochs(n) => (trainer.epochs_done() as u64).is_multiple_of(n),
            Every::Time(t) => saved_at.elapsed() >= t,
        };
        if trainer.finished().is_some() || due {
            work::save(&path, &trainer.checkpoint())?;
            saved_at = Instant::now();
        }
    }
    let spent = begun.stop();
    let part = if prepared.split.test.is_empty() { &prepared.split.train } else { &prepared.split.test };
    let name = if prepared.split.test.is_empty() { "training" } else { "test" };
    let result = trainer.evaluate(&mut engine, part).map_err(work::fault)?;
    bar.finish(&format!("{:.1} % of the {name} part in {}", result.accuracy * 100.0, show::seconds(spent.wall_s)));

    let provenance = Provenance { seeds: vec![seed], hashes: prepared.hashes(samples), threads, ..work::provenance() };
    let score = |value: f64, unit: &str, basis| Score { value, sd: None, unit: unit.into(), basis };
    let mut scores = vec![
        (format!("{name}_accuracy"), score(result.accuracy, "1", Basis::Measured)),
        (format!("{name}_loss"), score(result.loss, "1", Basis::Measured)),
        ("epochs".into(), score(trainer.epochs_done() as f64, "1", Basis::Counted)),
        ("parameters".into(), score(trainer.params().learned() as f64, "1", Basis::Counted)),
        ("wall_s".into(), score(spent.wall_s, "s", Basis::Measured)),
        ("cpu_s".into(), score(spent.cpu_s, "s", Basis::Measured)),
        ("peak_rss_mb".into(), score(spent.peak_rss_mb, "MB", Basis::Measured)),
        ("expected_rss_mb".into(), score(need.total() / 1e6, "MB", Basis::Estimated)),
    ];
    scores.extend(result.spikes.iter().map(|s| (format!("spikes_per_image.{}", s.name), score(s.per_image(), "1", Basis::Counted))));
    let report = Report {
        title: opened.study.network.title.clone(),
        provenance,
        entries: vec![Entry { name: opened.name.clone(), scores: scores.into_iter().collect() }],
    };
    work::write_report(&out.join("report.json"), &report)?;
    Ok(Lines {
        text: format!(
            "{} accuracy {:.2} % ({} samples), {} epochs, seed {seed}\n{}\n",
            name,
            result.accuracy * 100.0,
            part.len(),
            trainer.epochs_done(),
            path.display()
        ),
        json: serde_json::json!({ "title": report.title, "seed": seed, "epochs": trainer.epochs_done(), format!("{name}_accuracy"): result.accuracy, format!("{name}_loss"): result.loss,
            "params": trainer.params().hash().hex(), "model": path, "wall_s": spent.wall_s, "cpu_s": spent.cpu_s, "provenance": report.provenance }),
    })
}

/// What a network is shown that is run once, and in words; none for a network without input.
pub(super) fn shown(opened: &work::Opened, model: &Model) -> (Inputs, &'static str) {
    let sizes: Vec<usize> = model.groups.iter().filter(|g| g.clock == homolog_model::Clock::Input).map(|g| g.size).collect();
    let (values, words) = match opened.samples.as_ref().filter(|s| sizes == [s.features]) {
        Some(s) => (vec![s.sample(0).to_vec()], "the first sample"),
        None if sizes.is_empty() => (vec![], ""),
        None => (sizes.iter().map(|n| vec![0.0; *n]).collect(), "an input of zero"),
    };
    (Inputs { batch: 1, frames: 1, values }, words)
}

/// What is seen at the end of a presentation.
struct Ends {
    probes: Vec<Probe>,
    /// One array for each, as the last piece left it: counters go on from piece to piece.
    seen: Vec<Vec<f64>>,
}

impl Sink for Ends {
    fn probes(&self) -> &[Probe] {
        &self.probes
    }

    fn numbers(&self, _: &Model) -> usize {
        0
    }

    fn ahead(&self, _: usize) -> usize {
        usize::MAX
    }

    fn bytes(&self, _: &Model, _: usize) -> f64 {
        0.0
    }

    fn take(&mut self, _: &Model, _: usize, seen: Recording) -> Result<(), Diagnostic> {
        self.seen = seen.traces.into_iter().map(|t| t.data).collect();
        Ok(())
    }

    fn begin(&self) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn save(&self, to: &mut Checkpoint) {
        let arrays = self.seen.iter().enumerate().map(|(k, x)| (format!("end/{k}"), (vec![x.len()], x.clone())));
        to.arrays.extend(arrays);
    }

    fn load(&mut self, model: &Model, from: &Checkpoint) -> Result<(), String> {
        let fits = |(k, p): (usize, &Probe)| {
            let array = from.arrays.get(&format!("end/{k}")).map(|a| a.1.clone());
            array.filter(|a| a.len() == model.groups[p.group].size).ok_or(format!("end/{k}"))
        };
        self.seen = self.probes.iter().enumerate().map(fits).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn words(&self) -> String {
        format!("{:?}", self.probes)
    }
}

/// Shows the network nothing for one presentation and says what each population did.
fn once(args: &Args, opened: &work::Opened, out: &Path, threads: usize, color: bool) -> Result<Lines, Vec<Diagnostic>> {
    work::compilable(&opened.study)?;
    let seed = args.seed.unwrap_or(0);
    let (model, params) = work::compile(&opened.study.network, &opened.library, seed)?;
    terminal::show(&homolog_model::compile::warnings(&opened.study.network, &opened.library), color);
    let (inputs, input) = shown(opened, &model);
    let driven: Vec<usize> = (0..model.groups.len()).filter(|g| model.groups[*g].clock != homolog_model::Clock::Input).collect();
    let what = |g: usize| if model.groups[g].spikes { Observable::Count } else { Observable::Value };
    let probes: Vec<Probe> = driven.iter().map(|&group| Probe { group, what: what(group) }).collect();
    let mut ends = Ends { probes, seen: vec![] };
    let course = Course {
        name: &opened.name,
        out,
        threads,
        every: args.between()?,
        resume: args.resume,
        quiet: args.quiet || args.json,
        color,
        identity: stepwise::identity(opened, &model, &params, seed, &ends),
    };
    let mut pieces = Pieces::new(model);
    course.run(&mut pieces, &params, &inputs, &mut ends)?;
    if !ranks::first() {
        return Ok(Lines::default());
    }
    let model = pieces.whole();
    let input = if input.is_empty() { "nothing" } else { input };
    let mut text = format!("{} was shown {input} once ({} ms); its file has no [training].\n", opened.name, model.dt * model.ticks as f64);
    let mut groups = serde_json::Map::new();
    for (g, data) in driven.iter().zip(&ends.seen) {
        let group = &model.groups[*g];
        let sum: f64 = data.iter().sum();
        text.push_str(&if group.spikes {
            format!("{}: {sum} spikes of {} neurons\n", group.name, group.size)
        } else {
            format!("{}: {} neurons, mean value {}\n", group.name, group.size, show::three_digits(sum / group.size as f64))
        });
        groups.insert(group.name.clone(), serde_json::json!({ "what": if group.spikes { "spikes" } else { "value" }, "data": data }));
    }
    Ok(Lines { text, json: serde_json::json!({ "title": opened.study.network.title, "groups": groups }) })
}
