//! One presentation of a network that is run for its own sake: what its membranes do, as tables and as a figure.

use super::reference::Reference;
use super::run::{Args, Lines, shown};
use crate::figure::{self, Figure};
use crate::stepwise::{self, Course};
use crate::watch::{Wanted, Watch, Watched};
use crate::{cuts, ranks, show, terminal, work};
use homolog_base::Diagnostic;
use homolog_base::report::Provenance;
use homolog_model::cell::Scheme;
use homolog_model::model::port::DRIVE;
use homolog_model::recordings::{self, Recorded};
use homolog_model::{Group, Model, Pieces, Recording, Stimulus};
use serde_json::json;
use std::path::{Path, PathBuf};

/// How traces are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// Comma-separated values, which everything reads.
    Csv,
    /// Apache Parquet, for many numbers.
    Parquet,
}

/// Whether a model file without `[training]` is run for its traces.
pub fn wanted(args: &Args, opened: &work::Opened) -> bool {
    let network = &opened.study.network;
    args.raster
        || !network.recordings.is_empty()
        || !network.weight_recordings.is_empty()
        || network.populations.iter().any(|p| opened.library.cell(&p.neuron).is_some())
}

/// Runs one presentation and writes its traces.
pub fn run(args: &Args, opened: &work::Opened, out: &Path, threads: usize, color: bool) -> Result<Lines, Vec<Diagnostic>> {
    let (network, library) = (&opened.study.network, &opened.library);
    work::compilable(&opened.study)?;
    let seed = args.seed.unwrap_or(0);
    let (model, params) = work::compile(network, library, seed)?;
    let recorded = recordings::resolve(network, &model)?;
    let rasters = recordings::rasters(network, &model, args.raster)?;
    let weights = recordings::weights(network, &model)?;
    terminal::show(&homolog_model::compile::warnings(network, library), color);
    let wanted = Wanted { recorded: recorded.clone(), rasters, weights, formats: &args.format, out, whole: args.reference };
    let mut watch = Watch::new(&model, opened, wanted);
    let page = out.join("traces.html");
    let names =
        ["traces.csv", "traces.parquet", "raster.csv", "raster.parquet", "weights.csv", "weights.parquet", "traces.html", stepwise::FILE]
            .map(|n| out.join(n));
    if ranks::first() {
        work::writable([page.as_path()])?;
        work::tidy(names.iter().map(PathBuf::as_path))?;
    }
    let (inputs, input) = shown(opened, &model);
    let course = Course {
        name: &opened.name,
        out,
        threads,
        every: args.between()?,
        resume: args.resume,
        quiet: args.quiet,
        color,
        identity: stepwise::identity(opened, &model, &params, seed, &watch),
    };
    let mut pieces = Pieces::new(model);
    if let Some(why) = pieces.indivisible().filter(|_| watch.in_between()) {
        let d = Diagnostic::error("run-indivisible", format!("weights cannot be recorded at intervals: {why}"));
        return Err(vec![d.hint("remove `every`: the weights of the beginning and of the end are recorded")]);
    }
    let (went, _) = course.run(&mut pieces, &params, &inputs, &mut watch)?;
    let (model, wall_s) = (pieces.whole(), went.wall_s);
    if !ranks::first() {
        return Ok(Lines::default());
    }

    let groups: Vec<Seen> = watch.groups.iter().map(|w| w.see(model, watch.more_spikes().is_some(), opened)).collect();
    let mut files = watch.finish()?;
    let reference = match args.reference {
        true => Some(Reference::solve(args, opened, model, &params, &recorded)?),
        false => None,
    };
    let table_of = |r: &Reference| table(model, &recorded, &r.solved.recording);
    if let Some(reference) = &reference {
        files.extend(reference.write(args, out, &table_of(reference))?);
    }
    let duration = model.dt * model.ticks as f64;
    let time = format!("{} ms in {} steps of {} ms", brief(duration), show::count(model.ticks as f64), model.dt);
    let mut facts: Vec<String> = groups.iter().map(|g| format!("{}: {}; {}.", g.name, g.what, g.did)).collect();
    let table = watch.table().unwrap_or_default();
    let compared = reference.as_ref().map(|r| r.compare(model, &table, &table_of(r), &spikes_of(&watch, model)));
    facts.extend(compared.iter().flat_map(|c| c.lines.iter().map(|l| format!("{l}."))));
    facts.push(format!("{time}{}.", if input.is_empty() { String::new() } else { format!(", shown {input}") }));
    let names = files.iter().map(|(_, p)| p.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect();
    work::write(&page, figure::html(&figure(opened, model, &watch, facts, names)).as_bytes())?;
    files.push(("figure", page));

    let mut text = format!("{}\n", if network.title.is_empty() { &opened.name } else { &network.title });
    for g in &groups {
        text.push_str(&format!("{}: {}\n", g.name, g.what));
        g.cuts.iter().for_each(|c| text.push_str(&format!("  {c}\n")));
        text.push_str(&format!("  {}\n", g.did));
    }
    let input = if input.is_empty() { String::new() } else { format!(", shown {input}") };
    let resumed = if went.from > 0 { format!(" from {} ms on", brief(went.from as f64 * model.dt)) } else { String::new() };
    text.push_str(&format!("{time}{input}; took {}{resumed}\n", show::seconds(wall_s)));
    compared.iter().flat_map(|c| &c.lines).for_each(|l| text.push_str(&format!("{l}\n")));
    if let Some((all, until)) = watch.more_spikes() {
        let listed = if files.iter().any(|f| f.0.starts_with("raster")) { "" } else { "; `--raster` lists all" };
        text.push_str(&format!("{} in all, of which those until {} ms are drawn{listed}\n", show::plural(all, "spike"), brief(until)));
    }
    let (saves, saving_s) = went.saves;
    let checkpoints = went.checkpoint.as_ref().map(
        |path| json!({ "written": saves, "mean_s": saving_s / saves as f64, "bytes": std::fs::metadata(path).map_or(0, |m| m.len()) }),
    );
    files.extend(went.checkpoint.map(|path| ("checkpoint", path)));
    for (_, path) in &files {
        text.push_str(&format!("{}\n", path.display()));
    }
    let hashes = [("model".to_string(), model.hash.hex())].into();
    let provenance = Provenance { seeds: vec![seed], hashes, threads, ..work::provenance() };
    let populations: serde_json::Map<String, serde_json::Value> = groups.iter().map(|g| (g.name.clone(), g.json.clone())).collect();
    let files: serde_json::Map<String, serde_json::Value> = files.into_iter().map(|(k, p)| (k.into(), json!(p))).collect();
    Ok(Lines {
        text,
        json: json!({ "title": network.title, "reference": compared.map(|c| c.json), "seed": seed, "step_ms": model.dt, "steps": model.ticks, "presentation_ms": duration,
            "columns": watch.headers(), "from_step": went.from, "checkpoints": checkpoints, "expected_bytes": went.expected_bytes, "peak_rss_mb": work::peak_rss_mb(), "populations": populations, "files": files, "wall_s": wall_s,
            "provenance": provenance }),
    })
}

/// What was recorded of a whole presentation: time, and then a column for each recording and neuron.
fn table(model: &Model, recorded: &[Recorded], recording: &Recording) -> work::Table {
    let times = (0..model.ticks).map(|t| recordings::end_of_tick(model.dt, t)).collect();
    let mut columns = vec![("t".to_string(), "ms".to_string(), times)];
    for (r, trace) in recorded.iter().zip(&recording.traces) {
        let group = &model.groups[r.probe.group];
        for n in &r.wanted {
            let numbers = trace.data.chunks_exact(r.neurons.len()).map(|row| row[n - r.neurons.start]).collect();
            columns.push((format!("{}[{n}].{}", group.name, r.label), r.unit.to_string(), numbers));
        }
    }
    work::Table { columns }
}

/// Names of the groups that spike, and when each of their neurons did.
fn spikes_of<'a>(watch: &'a Watch, model: &'a Model) -> Vec<(&'a str, &'a [Vec<f64>])> {
    watch.groups.iter().filter_map(|w| Some((model.groups[w.group].name.as_str(), w.times.as_deref()?))).collect()
}

/// What is said of a population.
struct Seen {
    name: String,
    what: String,
    did: String,
    /// For each kind of cell, how it is cut.
    cuts: Vec<String>,
    json: serde_json::Value,
}

impl Watched {
    /// `more` says whether there were more spikes than times were kept of.
    fn see(&self, model: &Model, more: bool, opened: &work::Opened) -> Seen {
        let group = &model.groups[self.group];
        let cell = opened.library.cell(&group.neuron);
        let population = opened.study.network.populations.iter().find(|p| p.name.value == group.name);
        let kinds = population.into_iter().flat_map(|p| std::iter::once(&p.neuron).chain(&p.others));
        let fineness: Vec<_> = kinds.filter_map(|word| cuts::of_cell(opened.library.cell(word)?)).collect();
        let said = |(name, f): &(String, _)| {
            let of = if fineness.len() > 1 { format!("{name}: {}", cuts::counted(f)) } else { format!("cut by {}", cuts::by(f)) };
            format!("{of}, {}", cuts::lengths(f))
        };
        let cuts = fineness.iter().map(said).collect();
        let (size, copies, range) = (group.size, group.copies(), self.range);
        let scheme = cell.map(|c| match c.scheme.value {
            Scheme::Implicit => "implicit",
            Scheme::SecondOrder => "second-order",
        });
        let branches = branches(group);
        let compartments: usize = branches.iter().map(|b| b.1).sum();
        let all = group.anatomy.as_ref().map_or(0, |a| a.compartments.len() * copies);
        let mut what = format!("{} of {}", show::plural(size, "neuron"), group.neuron);
        if let Some(scheme) = scheme.filter(|_| group.kinds() > 1) {
            let others = group.kinds() - 1;
            what +=
                &format!(" and {}, {} compartments in all, {scheme} scheme", show::plural(others, "other kind"), show::count(all as f64));
        } else if let Some(scheme) = scheme {
            let of_each: Vec<String> = branches.iter().take(MOST_BRANCHES).map(|(name, n)| format!("{name} {n}")).collect();
            let more = branches.len().saturating_sub(MOST_BRANCHES);
            let more = if more > 0 { format!(", and {more} more branches") } else { String::new() };
            let all = if size == 1 { String::new() } else { format!(" each, {} in all", show::count(all as f64)) };
            what += &format!(", {}{all} ({}{more}), {scheme} scheme", show::plural(compartments, "compartment"), of_each.join(", "));
        }
        let mut did: Vec<String> = vec![];
        if let Some(s) = &self.times {
            let times: Vec<String> = s.iter().flatten().take(MOST_TIMES).map(|t| format!("{t:.2}")).collect();
            let more = if self.spikes > MOST_TIMES { ", ..." } else { "" };
            let when = if size == 1 && self.spikes > 0 { format!(" at {}{more} ms", times.join(", ")) } else { String::new() };
            did.push(format!("{}{when}", show::plural(self.spikes, "spike")));
        }
        if let Some((low, high)) = range {
            did.push(format!("recorded potentials from {low:.2} to {high:.2} mV").replace(" -", " −"));
        }
        let json = json!({ "neuron": group.neuron, "size": size, "scheme": scheme,
            "compartments": cell.map(|_| json!({ "neuron": compartments, "all": all,
                "branches": branches.iter().map(|(name, n)| (name.clone(), json!(n))).collect::<serde_json::Map<_, _>>() })),
            "cells": fineness.iter().map(|(name, f)| (name.clone(), cuts::json(f))).collect::<serde_json::Map<_, _>>(),
            "spikes": self.times.as_ref().map(|_| self.spikes), "spike_times_ms": self.times.as_ref().filter(|_| !more),
            "lowest_mv": range.map(|r| r.0), "highest_mv": range.map(|r| r.1) });
        Seen { name: group.name.clone(), what, did: did.join("; "), cuts, json }
    }
}

/// So many branches and times are written out.
const MOST_BRANCHES: usize = 8;
const MOST_TIMES: usize = 10;

/// A time without the digits that only binary fractions have.
fn brief(ms: f64) -> f64 {
    (ms * 1e6).round() / 1e6
}

/// Branches of a cell (of the first kind) with their numbers of compartments, as they lie.
fn branches(group: &Group) -> Vec<(String, usize)> {
    let mut out: Vec<(String, usize)> = vec![];
    for (branch, _, n) in group.anatomy.iter().flat_map(|a| a.of_kind(0).map(|c| &a.compartments[c])) {
        if !out.iter().any(|(b, _)| b == branch) {
            out.push((branch.clone(), *n));
        }
    }
    out
}

fn figure(opened: &work::Opened, model: &Model, watch: &Watch, facts: Vec<String>, files: Vec<String>) -> Figure {
    let network = &opened.study.network;
    let spikes = spikes_of(watch, model).into_iter();
    let spikes = spikes.flat_map(|(g, s)| s.iter().enumerate().map(move |(n, times)| (format!("{g}[{n}]"), times.clone())));
    let steps = |steps: &[(i64, f64)]| steps.iter().map(|(tick, i)| (*tick as f64 * model.dt, *i)).collect();
    let into_cells = |s: &&Stimulus| model.group(&s.population).is_some_and(|g| model.groups[g].anatomy.is_some());
    let of_cells = network.stimuli.iter().filter(into_cells).zip(&model.clamps);
    let of_cells = of_cells.map(|(s, clamp)| (format!("{}.{}({:?})", s.population.value, s.branch.value, s.position), steps(&clamp.steps)));
    // Those whose drive is a current; of others it would be another axis.
    let nanoampere = |g: &&Group| g.event_sizes.iter().any(|(port, _, unit)| port == DRIVE && unit.to_string() == "nA");
    let of_points = model.groups.iter().filter(nanoampere);
    let of_points = of_points.flat_map(|g| g.injected.iter().map(|i| (g.name.clone(), steps(&i.steps))));
    let currents = of_cells.chain(of_points);
    Figure {
        title: if network.title.is_empty() { opened.name.clone() } else { network.title.clone() },
        facts,
        duration: model.dt * model.ticks as f64,
        lines: watch.lines(),
        spikes: spikes.collect(),
        more_spikes: watch.more_spikes(),
        currents: currents.collect(),
        files,
        ..Figure::default()
    }
}
