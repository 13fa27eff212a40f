//! `homolog compare`: the same network with another kind of neuron, all else equal.

mod found;
mod level;

use super::Done;
use crate::page;
use crate::progress::Screen;
use crate::terminal;
use crate::work::{self, Opened};
use homolog_base::{Diagnostic, Source, has_errors};
use homolog_model::network::Located;
use homolog_model::{Study, file};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Train the same network with different kinds of neuron and write a page about it
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Model file, or the name of a task that ships with the program
    #[arg(value_name = "TASK|FILE")]
    task: String,
    /// Seeds; each has its own split, wiring, first weights and order of the samples
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first seed; the others follow
    #[arg(long, value_name = "S", default_value_t = 0)]
    first_seed: u64,
    /// Levels to compare: names from the file, or neurons and cells of the library [default: the levels of the file]
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    levels: Vec<String>,
    /// Folder for the results [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Runs at the same time [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = work::threads)]
    threads: Option<usize>,
    /// Train for so many epochs instead of what the file says
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
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

/// One of the things compared.
pub struct Variant {
    /// Name: `rate`.
    pub name: String,
    /// The one word: `relu`.
    pub word: String,
    /// Text of its model file.
    pub text: String,
    /// What that says.
    pub study: Study,
}

/// Compares and writes the page.
pub fn run(args: &Args, color: bool) -> Done {
    let opened = work::open(&args.task, &args.library)?;
    terminal::show(&opened.warnings, color);
    let out = args.out.clone().unwrap_or_else(|| Path::new("out").join(&opened.name));
    let population = population(&opened)?;
    let variants = variants(args, &opened, &population, &out)?;
    let samples = opened.samples.as_ref().ok_or_else(|| vec![nothing("data", "a comparison needs samples to classify")])?;
    let threads = args.threads.unwrap_or_else(work::processors);
    let mut problems = vec![];
    let mut need = level::Need::default();
    for v in &variants {
        let one = work::Prepared::new(v.study.clone(), &opened.library, samples, args.first_seed)
            .and_then(|(prepared, _)| prepared.task(samples).map(|task| need.add(&prepared, &task, args.seeds, threads)));
        problems.extend(one.err().into_iter().flatten());
    }
    problems.dedup_by(|a, b| a.message == b.message && a.labels == b.labels);
    if has_errors(&problems) {
        return Err(problems);
    }
    work::affordable(&opened.study, &need.all())?;
    let seeds: Vec<u64> = (args.first_seed..).take(args.seeds as usize).collect();
    for v in &variants {
        work::write(&model_path(&out, &v.name), v.text.as_bytes())?;
    }
    let names: Vec<String> = variants.iter().map(|v| heading(&v.name, &v.word)).collect();
    let screen = Screen::new(args.quiet || args.json, color, &names);
    let plan = level::Plan { opened: &opened, samples, population: &population, seeds: &seeds, threads, color };
    let mut levels = vec![];
    for (v, name) in variants.iter().zip(&names) {
        levels.push(level::run(&plan, v, &screen, name)?);
    }
    let comparison = found::comparison(&plan, &variants, &levels, args.epochs)?;
    let report = found::report(&comparison);
    work::write_report(&out.join("report.json"), &report)?;
    work::write(&out.join("report.html"), page::html(&comparison).as_bytes())?;
    if args.json {
        terminal::say(found::json(&comparison));
    } else {
        terminal::print(format_args!(
            "{}\n\n{}\n{}\n",
            page::answer(&comparison).replace('`', ""),
            summary(&comparison),
            out.join("report.html").display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the model file of a level is written: all in one folder, so that no cell's name makes one of its own.
fn model_path(out: &Path, level: &str) -> PathBuf {
    out.join("models").join(format!("{}.toml", level.replace('/', "-")))
}

fn nothing(section: &str, why: &str) -> Diagnostic {
    Diagnostic::error("compare-section", format!("the model file has no [{section}] section: {why}"))
        .hint("the task `digits` shows all sections: library/tasks/digits.toml")
}

/// The population whose word is exchanged: what the file says, or the only one that it can be.
fn population(opened: &Opened) -> Result<String, Vec<Diagnostic>> {
    if opened.study.training.is_none() {
        return Err(vec![nothing("training", "a comparison trains every level")]);
    }
    match &opened.study.comparison {
        Some(c) => Ok(c.population.value.clone()),
        None => Err(vec![
            nothing("compare", "it does not say which population's neuron is exchanged")
                .hint("add `[compare]` with `population = \"hidden\"` and `levels = { rate = \"relu\", point = \"lif\" }`"),
        ]),
    }
}

fn variants(args: &Args, opened: &Opened, population: &str, out: &Path) -> Result<Vec<Variant>, Vec<Diagnostic>> {
    let known: Vec<(String, Located<String>)> = opened.study.comparison.iter().flat_map(|c| c.levels.clone()).collect();
    let mut problems = vec![];
    let mut chosen: Vec<(String, String)> = known.iter().map(|(n, w)| (n.clone(), w.value.clone())).collect();
    if !args.levels.is_empty() {
        chosen.clear();
        for asked in &args.levels {
            let level = known.iter().find(|(n, _)| n == asked).or_else(|| known.iter().find(|(_, w)| w.value == *asked));
            match level {
                Some((n, w)) => chosen.push((n.clone(), w.value.clone())),
                None if opened.library.neurons().any(|n| n == asked) => chosen.push((asked.clone(), asked.clone())),
                None => {
                    let candidates = known.iter().map(|(n, _)| n.as_str()).chain(opened.library.neurons());
                    problems.push(
                        Diagnostic::error("compare-level", format!("there is no level and no neuron `{asked}`")).suggest(asked, candidates),
                    );
                }
            }
        }
    }
    let mut out_variants = vec![];
    for (name, word) in chosen {
        if out_variants.iter().any(|v: &Variant| v.name == name) {
            problems.push(Diagnostic::error("compare-level", format!("level `{name}` is asked for twice")));
            continue;
        }
        if let Some(other) = out_variants.iter().find(|v| model_path(out, &v.name) == model_path(out, &name)) {
            let text = format!("the model files of levels `{}` and `{name}` would have one name", other.name);
            problems.push(Diagnostic::error("compare-level", text).hint("give one of the levels another name in [compare]"));
            continue;
        }
        match file::with_neuron(&opened.source, population, &word) {
            Ok(text) => {
                let (mut study, found) = file::read(&Source::new(model_path(out, &name).display().to_string(), text.clone()));
                if has_errors(&found) {
                    problems.extend(found);
                }
                // Its tables lie beside the model that it is a variant of.
                study.network.tables_of(&opened.study.network);
                if let (Some(n), Some(t)) = (args.epochs, &mut study.training) {
                    t.epochs.value = n;
                }
                out_variants.push(Variant { name, word, text, study });
            }
            Err(d) => problems.push(d),
        }
    }
    if out_variants.is_empty() && problems.is_empty() {
        problems.push(nothing("compare", "it names no levels"));
    }
    if problems.is_empty() { Ok(out_variants) } else { Err(problems) }
}

/// Name and word, or the word alone when they are the same.
fn heading(name: &str, word: &str) -> String {
    if name == word { word.into() } else { format!("{name} ({word})") }
}

/// The table of results for the terminal.
fn summary(c: &page::Comparison) -> String {
    let mut rows = vec![std::iter::once(String::new()).chain(c.levels.iter().map(|l| heading(&l.name, &l.neuron))).collect::<Vec<_>>()];
    rows.extend(page::rows(c).into_iter().map(|(name, cells)| std::iter::once(name).chain(cells).collect()));
    terminal::table(&rows)
}
