//! `homolog fit`: parameters of a neuron found from recordings.

use super::Done;
use crate::fitted::{self, Drawn, Page, Placed};
use crate::progress::Screen;
use crate::{show, terminal, work};
use homolog_base::report::Provenance;
use homolog_base::{Diagnostic, has_errors};
use homolog_engine::Engine;
use homolog_model::Fit;
use homolog_model::fit::{Method, fitted_cell};
use homolog_model::network::Located;
use homolog_train::fit::objective::Compared;
use homolog_train::fit::outcome::Bound;
use homolog_train::fit::{Coordinate, Estimate, Fitter, Objective, Outcome, Plan};
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
    #[arg(long, value_enum, value_name = "METHOD")]
    method: Option<By>,
    /// Independent searches [default: what the file says, or 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    restarts: Option<u64>,
    /// Variants in a generation of a search by cma [default: what the file says, or 4 + 3 ln of the number of parameters]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(4..=1_000_000))]
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

/// A method as an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum By {
    /// Gradient descent (Adam, then BFGS) from several starts.
    Gradient,
    /// Covariance matrix adaptation, several populations.
    Cma,
}

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
    let made = Objective::new(fit, &opened.library, &opened.recorded, plan.variants());
    let mut objective = match made {
        Ok(made) if !has_errors(&problems) => made,
        other => {
            problems.extend(other.err().unwrap_or_default());
            return Err(problems);
        }
    };
    terminal::show(&problems, color);
    let checkpoint = out.join("fit.safetensors");
    let saved = if args.resume { work::load(&checkpoint)? } else { None };
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
            work::save(&checkpoint, &fitter.checkpoint(fit, &objective))?;
            last = Instant::now();
        }
    }
    work::save(&checkpoint, &fitter.checkpoint(fit, &objective))?;
    let spent = clock.stop();
    let outcome = Outcome::new(&fitter, objective.parameters());
    let compared = objective.traces(&mut engine, &outcome.point).map_err(work::fault)?;
    bar.finish(&format!("loss {} in {}", show::four_digits(outcome.loss), show::seconds(spent.wall_s)));

    let told = Told { opened: &opened, fitter: &fitter, objective: &objective, outcome: &outcome, compared: &compared };
    let files = told.write(&out, spent)?;
    if args.json {
        let (model, data) = objective.hashes();
        let hashes = [("model".to_string(), model.hex()), ("data".to_string(), data.hex())].into();
        let provenance = Provenance { seeds: vec![plan.seed], hashes, threads, ..work::provenance() };
        let mut line = told.json();
        line["files"] = files.iter().map(|(k, p)| ((*k).to_string(), json!(p))).collect::<serde_json::Map<_, _>>().into();
        line["wall_s"] = json!(spent.wall_s);
        line["cpu_s"] = json!(spent.cpu_s);
        line["peak_rss_mb"] = json!(spent.peak_rss_mb);
        line["provenance"] = json!(provenance);
        println!("{line}");
    } else {
        print!("{}", told.text(spent));
        files.iter().for_each(|(_, p)| println!("{}", p.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// What the command line says instead of the file.
fn settle(args: &Args, fit: &mut Fit) {
    let whole = |n: u64| Some(Located::from(n as usize));
    let s = &mut fit.search;
    if let Some(m) = args.method {
        s.method = Located { value: if m == By::Cma { Method::Cma } else { Method::Gradient }, span: s.method.span };
    }
    s.restarts = args.restarts.and_then(whole).or(s.restarts.take());
    s.population = args.population.and_then(whole).or(s.population.take());
    s.evaluations = args.evaluations.and_then(whole).or(s.evaluations.take());
    s.seed = args.seed.map(Located::from).or(s.seed.take());
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
        let plural = |n: usize, word: &str| format!("{} {word}{}", show::count(n as f64), if n == 1 { "" } else { "s" });
        let what = format!(
            "{}: {}, {}, {} of {} ms",
            self.opened.fit.neuron.value,
            plural(n, "compartment"),
            plural(self.compared.len(), "sweep"),
            plural(self.objective.ticks(), "step"),
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
            plural(s.evaluations, "variant"),
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
    fn write(&self, out: &Path, spent: work::Spent) -> Result<Vec<(&'static str, PathBuf)>, Vec<Diagnostic>> {
        let mut files = vec![("checkpoint", out.join("fit.safetensors"))];
        for (k, c) in self.compared.iter().enumerate() {
            let name = if self.compared.len() == 1 { "fit.csv".into() } else { format!("fit.{}.csv", k + 1) };
            let unit = c.unit.to_string();
            let columns = vec![
                ("t".to_string(), "ms".to_string(), c.times.clone()),
                ("recorded".into(), unit.clone(), c.recorded.clone()),
                ("fitted".into(), unit, c.fitted.clone()),
            ];
            files.push(("traces", out.join(name)));
            work::write_csv(&files[files.len() - 1].1, &work::Table { columns })?;
        }
        if let Some(cell) = self.opened.library.cell(&self.opened.fit.neuron.value) {
            let found: Vec<(&str, Option<&str>, f64)> =
                self.parameters().map(|(c, e)| (c.name.as_str(), c.region.as_deref(), e.value)).collect();
            match fitted_cell(cell, &self.opened.fit.settings, &found) {
                Ok(cell) => {
                    files.push(("cell", out.join("cell.toml")));
                    let text = homolog_model::file::write_cell(&cell);
                    work::write(&files[files.len() - 1].1, text.as_bytes())?;
                }
                Err(why) => eprintln!("cell.toml is not written: {why}"),
            }
        }
        let page = self.page(spent, &files);
        files.push(("figure", out.join("fit.html")));
        work::write(&files[files.len() - 1].1, fitted::html(&page).as_bytes())?;
        Ok(files)
    }

    fn page(&self, spent: work::Spent, files: &[(&str, PathBuf)]) -> Page {
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
            files: files.iter().map(|(_, p)| p.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect(),
        }
    }
}
