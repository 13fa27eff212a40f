//! `homolog fit`: parameters of a neuron found from recordings.

use super::Done;
use crate::fitted::{self, Drawn, Page, Placed};
use crate::progress::Screen;
use crate::{show, terminal, work};
use clap::builder::PossibleValuesParser;
use homolog_base::report::Provenance;
use homolog_base::{Diagnostic, has_errors};
use homolog_engine::Engine;
use homolog_model::fit::{Method, fitted_cell};
use homolog_model::network::Located;
use homolog_model::{Cell, Fit};
use homolog_train::fit::objective::Compared;
use homolog_train::fit::outcome::Bound;
use homolog_train::fit::{Coordinate, Estimate, Fitter, MOST_VARIANTS, Objective, Outcome, Plan};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Find parameters of a neuron from recordings
///
/// The file of the fit names a neuron, the parameters with their bounds, and the recordings with the currents that were injected. Searches run side
/// by side, thousands of variants of the neuron at once if need be. Written are the neuron with what was found, the fitted traces, a page, and
/// a checkpoint.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// File of the fit
    file: PathBuf,
    /// Folder for the results [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How it is searched [default: what the file says, or gradient]
    #[arg(long, value_name = "METHOD", value_parser = PossibleValuesParser::new(Method::ALL.map(Method::word)))]
    method: Option<String>,
    /// Independent searches [default: what the file says, or 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST))]
    restarts: Option<u64>,
    /// Variants in a generation of a search by cma [default: what the file says, or 4 + 3 ln of the number of parameters]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(4..=MOST))]
    population: Option<u64>,
    /// Most variants that are run, of all searches together [default: what the file says, or enough for the method]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    evaluations: Option<u64>,
    /// Seed of where searches begin and what they draw [default: what the file says, or 0]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Go on from the checkpoint in the folder, bit for bit as if never stopped
    #[arg(long)]
    resume: bool,
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = work::threads)]
    threads: Option<usize>,
    /// Folder of .mod files and cells to use besides those that ship with the program; may be repeated
    #[arg(long, value_name = "DIR")]
    library: Vec<PathBuf>,
    /// Print one line of JSON to stdout
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

/// Most searches, and most variants of one: no more than run at once.
const MOST: u64 = MOST_VARIANTS as u64;

/// A fit that explains less than this share of a recording is said to be none.
const WELL: f64 = 0.9;

/// Between two checkpoints at least.
const SAVE_EVERY: Duration = Duration::from_millis(500);

/// Searches, and writes what was found.
pub fn run(args: &Args, color: bool) -> Done {
    let mut opened = work::open_fit(&args.file, &args.library)?;
    terminal::show(&opened.warnings, color);
    settle(args, &mut opened.fit);
    let out = args.out.clone().unwrap_or_else(|| Path::new("out").join(&opened.name));
    let threads = args.threads.unwrap_or_else(work::processors);
    let fit = &opened.fit;
    let plan = Plan::new(fit);
    let mut problems = plan.check(fit);
    // With a plan that cannot be, what else is wrong is looked for with one variant.
    let variants = if has_errors(&problems) { 1 } else { plan.variants() };
    let made = Objective::new(fit, &opened.library, &opened.recorded, variants);
    let mut objective = match made {
        Ok(made) if !has_errors(&problems) => made,
        other => {
            problems.extend(other.err().unwrap_or_default());
            return Err(problems);
        }
    };
    let mut files = Files::in_folder(&out, fit.sweeps.len());
    let declared: Vec<f64> = objective.parameters().iter().map(|c| c.declared).collect();
    match written_cell(&opened, objective.parameters(), &declared) {
        None => files.cell = None,
        Some(Err(why)) => {
            files.cell = None;
            let d = Diagnostic::warning("fit-cell", format!("cell.toml will not be written: {why}"));
            problems.push(fit.locate(d, fit.neuron.span, "this cell").hint("what is found stands in the table and in the page"));
        }
        Some(Ok(_)) => {}
    }
    terminal::show(&problems, color);
    work::writable(files.all())?;
    let saved = if args.resume { work::load(&files.checkpoint)? } else { None };
    let mut fitter = match &saved {
        Some(saved) => Fitter::resume(fit, plan, &objective, saved)?,
        None => Fitter::new(plan, &objective),
    };
    let mut engine = Engine::new(threads);
    let clock = work::Clock::start();
    let screen = Screen::new(args.quiet || args.json, color, std::slice::from_ref(&opened.name));
    let part = |f: &Fitter| f.status().generations.0 as f64 / f.status().generations.1 as f64;
    let bar = screen.bar(&opened.name, part(&fitter));
    let mut last = Instant::now();
    while !fitter.finished() {
        fitter.generation(&mut objective, &mut engine).map_err(work::fault)?;
        let s = fitter.status();
        bar.set(part(&fitter), &format!("{} variants, loss {}", show::count(s.evaluations as f64), show::four_digits(s.loss)));
        if last.elapsed() >= SAVE_EVERY {
            work::save(&files.checkpoint, &fitter.checkpoint(fit, &objective))?;
            last = Instant::now();
        }
    }
    work::save(&files.checkpoint, &fitter.checkpoint(fit, &objective))?;
    let spent = clock.stop();
    let outcome = Outcome::new(&fitter, objective.parameters());
    let compared = objective.traces(&mut engine, &outcome.point).map_err(work::fault)?;
    bar.finish(&format!("loss {} in {}", show::four_digits(outcome.loss), show::seconds(spent.wall_s)));

    let told = Told { opened: &opened, fitter: &fitter, objective: &objective, outcome: &outcome, compared: &compared };
    told.write(&files, spent)?;
    if args.json {
        let (model, data) = objective.hashes();
        let hashes = [("model".to_string(), model.hex()), ("data".to_string(), data.hex())].into();
        let provenance = Provenance { seeds: vec![plan.seed], hashes, threads, ..work::provenance() };
        let mut line = told.json();
        line["files"] = json!({ "checkpoint": files.checkpoint, "traces": files.traces, "cell": files.cell, "figure": files.page });
        line["wall_s"] = json!(spent.wall_s);
        line["cpu_s"] = json!(spent.cpu_s);
        line["peak_rss_mb"] = json!(spent.peak_rss_mb);
        line["provenance"] = json!(provenance);
        terminal::say(&line);
    } else {
        terminal::print(told.text(spent));
        files.all().for_each(|p| terminal::say(p.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// What the command line says instead of the file.
fn settle(args: &Args, fit: &mut Fit) {
    let whole = |n: u64| Some(Located::from(n as usize));
    let s = &mut fit.search;
    if let Some(m) = args.method.as_ref().and_then(|word| Method::ALL.into_iter().find(|m| m.word() == word)) {
        s.method.value = m;
    }
    s.restarts = args.restarts.and_then(whole).or(s.restarts.take());
    s.population = args.population.and_then(whole).or(s.population.take());
    s.evaluations = args.evaluations.and_then(whole).or(s.evaluations.take());
    s.seed = args.seed.map(Located::from).or(s.seed.take());
}

/// Where results go.
struct Files {
    checkpoint: PathBuf,
    /// Of each sweep.
    traces: Vec<PathBuf>,
    /// The fitted cell, where there is one.
    cell: Option<PathBuf>,
    page: PathBuf,
}

impl Files {
    fn in_folder(out: &Path, sweeps: usize) -> Files {
        let trace = |k: usize| if sweeps == 1 { "fit.csv".into() } else { format!("fit.{}.csv", k + 1) };
        Files {
            checkpoint: out.join("fit.safetensors"),
            traces: (0..sweeps).map(|k| out.join(trace(k))).collect(),
            cell: Some(out.join("cell.toml")),
            page: out.join("fit.html"),
        }
    }

    /// Those that hold numbers.
    fn numbers(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.checkpoint).chain(&self.traces).chain(&self.cell).map(PathBuf::as_path)
    }

    fn all(&self) -> impl Iterator<Item = &Path> {
        self.numbers().chain([self.page.as_path()])
    }
}

/// The cell of a fit with these values of its parameters; none where the neuron is no cell.
///
/// # Errors
/// Why no file of a cell can say it.
fn written_cell(opened: &work::OpenedFit, parameters: &[Coordinate], values: &[f64]) -> Option<Result<Cell, String>> {
    let cell = opened.library.cell(&opened.fit.neuron.value)?;
    let found: Vec<_> = parameters.iter().zip(values).map(|(c, x)| (c.name.as_str(), c.region.as_deref(), *x)).collect();
    Some(fitted_cell(cell, &opened.fit.settings, &found))
}

/// All that there is to tell.
struct Told<'a> {
    opened: &'a work::OpenedFit,
    fitter: &'a Fitter,
    objective: &'a Objective<'a>,
    outcome: &'a Outcome,
    compared: &'a [Compared],
}

impl Told<'_> {
    fn title(&self) -> &str {
        if self.opened.fit.title.is_empty() { &self.opened.name } else { &self.opened.fit.title }
    }

    fn parameters(&self) -> impl Iterator<Item = (&Coordinate, &Estimate)> {
        self.objective.parameters().iter().zip(&self.outcome.estimates)
    }

    /// One line of what was simulated, and one of how it was searched.
    fn facts(&self, spent: work::Spent) -> [String; 2] {
        let (plan, n) = (self.fitter.plan(), self.objective.compartments());
        let what = format!(
            "{}: {}, {}, {} of {} ms",
            self.opened.fit.neuron.value,
            show::plural(n, "compartment"),
            show::plural(self.compared.len(), "sweep"),
            show::plural(self.objective.ticks(), "step"),
            self.objective.step()
        );
        let by = match plan.method {
            Method::Gradient => "by gradient descent".to_string(),
            Method::Cma => format!("by CMA-ES with {} variants a generation", plan.population),
        };
        let s = self.fitter.status();
        let how = format!(
            "{} {by}, seed {}: {} in {}",
            if plan.restarts == 1 { "1 search".into() } else { format!("{} searches", show::count(plan.restarts as f64)) },
            plan.seed,
            show::plural(s.evaluations, "variant"),
            show::seconds(spent.wall_s)
        );
        [what, how]
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![["parameter", "best", "bounds", "spread", ""].map(String::from).to_vec()];
        for (c, e) in self.parameters() {
            let four = show::four_digits;
            let spread = if self.outcome.good.len() > 1 { format!("{} to {}", four(e.spread.0), four(e.spread.1)) } else { "–".into() };
            let state = match (e.at_bound, e.disagrees) {
                (Some(_), _) => "at its bound",
                (None, true) => "not decided",
                (None, false) => "",
            };
            let scale = if c.logarithmic { "log" } else { "linear" };
            rows.push(vec![
                c.label(),
                format!("{} {}", four(e.value), c.unit),
                format!("{} to {} ({scale})", four(c.low), four(c.high)),
                spread,
                state.into(),
            ]);
        }
        rows
    }

    /// What is to be known before the numbers are used.
    fn notes(&self) -> Vec<String> {
        let mut out = Vec::new();
        let (good, all) = (self.outcome.good.len(), self.fitter.best().len());
        out.push(match (good, all) {
            (_, 1) => "There was one search only, so nothing says whether another would have ended elsewhere.".to_string(),
            (1, _) => {
                format!("Only one of {all} searches came this far, so their spread says nothing: let more of them search, or longer.")
            }
            _ => format!("{good} of {all} searches are as good as the best; the spread is theirs."),
        });
        for (k, c) in self.compared.iter().enumerate().filter(|c| c.1.explained < WELL) {
            let name = &self.opened.fit.sweeps[k].file.value;
            out.push(format!(
                "The best fit explains {:.1} % of the variance of {name}: what was found is no model of it yet.",
                100.0 * c.explained
            ));
        }
        for (c, e) in self.parameters() {
            if let Some(b) = e.at_bound {
                let (which, x) = if b == Bound::Low { ("lower", c.low) } else { ("upper", c.high) };
                let x = show::four_digits(x);
                out.push(format!(
                    "{} lies at its {which} bound of {x} {}: the recordings ask for more than the bounds allow.",
                    c.label(),
                    c.unit
                ));
            }
            if e.disagrees {
                out.push(format!("{} is not decided by the recordings: searches that fit as well ended far apart.", c.label()));
            }
        }
        out
    }

    fn sweep(&self, k: usize) -> (String, String) {
        let (sweep, c) = (&self.opened.fit.sweeps[k], &self.compared[k]);
        let spikes = if c.spikes.0.is_empty() && c.spikes.1.is_empty() {
            String::new()
        } else {
            format!("; {} spikes recorded, {} fitted", c.spikes.0.len(), c.spikes.1.len())
        };
        let words = format!("rms {} {}, {:.4} % of the variance explained{spikes}", show::four_digits(c.rms), c.unit, 100.0 * c.explained);
        (sweep.file.value.clone(), words)
    }

    fn text(&self, spent: work::Spent) -> String {
        let facts = self.facts(spent);
        let mut out = format!("{}\n{}\n{}\n\n{}\n", self.title(), facts[0], facts[1], terminal::table(&self.rows()));
        out.push_str(&format!("loss {}\n", show::four_digits(self.outcome.loss)));
        for k in 0..self.compared.len() {
            let (name, words) = self.sweep(k);
            out.push_str(&format!("{name}: {words}\n"));
        }
        self.notes().iter().for_each(|n| out.push_str(&format!("{n}\n")));
        out
    }

    fn json(&self) -> serde_json::Value {
        let parameters: Vec<_> = self
            .parameters()
            .map(|(c, e)| {
                let at = e.at_bound.map(|b| if b == Bound::Low { "lower" } else { "upper" });
                json!({ "name": c.name, "region": c.region, "unit": c.unit.to_string(), "value": e.value, "bounds": [c.low, c.high],
                    "transform": if c.logarithmic { "log" } else { "linear" }, "share": e.share, "spread": [e.spread.0, e.spread.1],
                    "at_bound": at, "disagrees": e.disagrees, "of_searches": e.of_search.iter().map(|s| s.0).collect::<Vec<_>>() })
            })
            .collect();
        let sweeps: Vec<_> = self
            .compared
            .iter()
            .zip(&self.opened.fit.sweeps)
            .map(|(c, s)| {
                json!({ "file": s.file.value, "unit": c.unit.to_string(), "samples": c.times.len(), "rms": c.rms, "explained": c.explained,
                    "spike_times_ms": { "recorded": c.spikes.0, "fitted": c.spikes.1 } })
            })
            .collect();
        let (plan, status) = (self.fitter.plan(), self.fitter.status());
        json!({ "title": self.title(), "neuron": self.opened.fit.neuron.value, "method": plan.method.word(), "seed": plan.seed,
            "restarts": plan.restarts, "population": plan.population, "evaluations": status.evaluations, "generations": status.generations.0,
            "loss": self.outcome.loss, "losses": self.fitter.best().iter().map(|b| b.loss).collect::<Vec<_>>(), "as_good": self.outcome.good.len(),
            "parameters": parameters, "sweeps": sweeps, "step_ms": self.objective.step(), "steps": self.objective.ticks(),
            "compartments": self.objective.compartments() })
    }

    /// Writes the traces, the neuron and the page.
    fn write(&self, files: &Files, spent: work::Spent) -> Result<(), Vec<Diagnostic>> {
        for (path, c) in files.traces.iter().zip(self.compared) {
            let unit = c.unit.to_string();
            let columns = vec![
                ("t".to_string(), "ms".to_string(), c.times.clone()),
                ("recorded".into(), unit.clone(), c.recorded.clone()),
                ("fitted".into(), unit, c.fitted.clone()),
            ];
            work::write_csv(path, &work::Table { columns })?;
        }
        let found: Vec<f64> = self.outcome.estimates.iter().map(|e| e.value).collect();
        if let Some(path) = &files.cell
            && let Some(cell) = written_cell(self.opened, self.objective.parameters(), &found)
        {
            let refused = |why| vec![Diagnostic::error("fit-cell", format!("cannot write `{}`: {why}", path.display()))];
            let cell = cell.map_err(refused)?;
            work::write(path, homolog_model::file::write_cell(&cell).as_bytes())?;
        }
        work::write(&files.page, fitted::html(&self.page(spent, files)).as_bytes())
    }

    fn page(&self, spent: work::Spent, files: &Files) -> Page {
        let sweeps = (0..self.compared.len()).map(|k| {
            let (c, (name, caption)) = (&self.compared[k], self.sweep(k));
            let (times, recorded, fitted) = (c.times.clone(), c.recorded.clone(), c.fitted.clone());
            Drawn { name, caption, unit: c.unit.to_string(), times, recorded, fitted }
        });
        let parameters = self.parameters().map(|(c, e)| Placed {
            name: c.label(),
            value: format!("{} {}, {}", show::four_digits(e.value), c.unit, if c.logarithmic { "logarithmic" } else { "linear" }),
            bounds: (show::four_digits(c.low), show::four_digits(c.high)),
            searches: e.of_search.iter().enumerate().map(|(r, s)| (s.1, self.outcome.good.contains(&r))).collect(),
            best: e.share,
        });
        Page {
            title: self.title().to_string(),
            facts: self.facts(spent).to_vec(),
            notes: self.notes(),
            table: self.rows(),
            sweeps: sweeps.collect(),
            curve: self.fitter.curve().to_vec(),
            parameters: parameters.collect(),
            files: files.numbers().map(|p| p.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect(),
        }
    }
}
