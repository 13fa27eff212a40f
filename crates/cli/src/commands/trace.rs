//! One presentation of a network that is run for its own sake: what its membranes do, as tables and as a figure.

use super::reference::Reference;
use super::run::{Args, Lines, shown};
use crate::figure::{self, Figure, Line};
use crate::progress::Spinner;
use crate::{cuts, show, terminal, work};
use homolog_base::Diagnostic;
use homolog_base::report::Provenance;
use homolog_engine::Engine;
use homolog_model::cell::Scheme;
use homolog_model::recordings::{self, Recorded};
use homolog_model::{Clock, Group, Model, Observable, Probe, Recording, Runner, State};
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
pub fn wanted(opened: &work::Opened) -> bool {
    let network = &opened.study.network;
    !network.recordings.is_empty() || network.populations.iter().any(|p| opened.library.cell(&p.neuron).is_some())
}

/// Runs one presentation and writes its traces.
pub fn run(args: &Args, opened: &work::Opened, out: &Path, threads: usize, color: bool) -> Result<Lines, Vec<Diagnostic>> {
    let (network, library) = (&opened.study.network, &opened.library);
    work::compilable(&opened.study)?;
    let seed = args.seed.unwrap_or(0);
    let (model, params) = homolog_model::compile(network, library, seed)?;
    let recorded = recordings::resolve(network, &model)?;
    terminal::show(&homolog_model::compile::warnings(network, library), color);
    let watch = Watch::new(&model, &recorded);
    let hint = "record less, show the input for a shorter time, or take longer steps";
    work::room_for(&format!("recording `{}`", network.title), watch.numbers(&model) * work::RECORDED, hint)?;
    work::writable([out.join("traces.html").as_path()])?;
    let (inputs, input) = shown(opened, &model);
    let clock = work::Clock::start_time();
    let spinner = Spinner::new(args.quiet, &opened.name);
    let recording = Engine::new(threads).run(&model, &params, &inputs, &watch.probes, &mut State::fresh(), None);
    drop(spinner);
    let wall_s = clock.stop().wall_s;
    let recording = recording.map_err(work::fault)?;

    let groups: Vec<Seen> = watch.groups.iter().map(|w| w.see(&model, &recording, opened)).collect();
    let table = table(&model, &recorded, &recording);
    let mut files: Vec<(&str, PathBuf)> = vec![];
    if args.format.contains(&Format::Csv) {
        files.push(("csv", out.join("traces.csv")));
        work::write_csv(&files[files.len() - 1].1, &table)?;
    }
    if args.format.contains(&Format::Parquet) {
        files.push(("parquet", out.join("traces.parquet")));
        work::write_parquet(&files[files.len() - 1].1, &table)?;
    }
    let reference = match args.reference {
        true => Some(Reference::solve(args, opened, &model, &params, &recorded)?),
        false => None,
    };
    if let Some(reference) = &reference {
        files.extend(reference.write(args, out, &table_of(&model, &recorded, reference))?);
    }
    let duration = model.dt * model.ticks as f64;
    let time = format!("{} ms in {} steps of {} ms", brief(duration), show::count(model.ticks as f64), model.dt);
    let mut facts: Vec<String> = groups.iter().map(|g| format!("{}: {}; {}.", g.name, g.what, g.did)).collect();
    let compared = reference.as_ref().map(|r| r.compare(&model, &table, &table_of(&model, &recorded, r), &spikes_of(&groups)));
    facts.extend(compared.iter().flat_map(|c| c.lines.iter().map(|l| format!("{l}."))));
    facts.push(format!("{time}{}.", if input.is_empty() { String::new() } else { format!(", shown {input}") }));
    let names = files.iter().map(|(_, p)| p.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect();
    let figure = figure(opened, &model, &table, &groups, facts, names);
    files.push(("figure", out.join("traces.html")));
    work::write(&files[files.len() - 1].1, figure::html(&figure).as_bytes())?;

    let mut text = format!("{}\n", if network.title.is_empty() { &opened.name } else { &network.title });
    for g in &groups {
        text.push_str(&format!("{}: {}\n", g.name, g.what));
        g.cuts.iter().for_each(|c| text.push_str(&format!("  {c}\n")));
        text.push_str(&format!("  {}\n", g.did));
    }
    let input = if input.is_empty() { String::new() } else { format!(", shown {input}") };
    text.push_str(&format!("{time}{input}; took {}\n", show::seconds(wall_s)));
    compared.iter().flat_map(|c| &c.lines).for_each(|l| text.push_str(&format!("{l}\n")));
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
            "columns": table.headers().collect::<Vec<_>>(), "populations": populations, "files": files, "wall_s": wall_s,
            "provenance": provenance }),
    })
}

/// The table of what was solved.
fn table_of(model: &Model, recorded: &[Recorded], reference: &Reference) -> work::Table {
    table(model, recorded, &reference.solved.recording)
}

/// Names of the groups that spike, and when each of their neurons did.
fn spikes_of(groups: &[Seen]) -> Vec<(&str, &[Vec<f64>])> {
    groups.iter().filter_map(|g| Some((g.name.as_str(), g.spikes.as_deref()?))).collect()
}

/// What is asked of the runner: what the file says, and for each population what is said of it at the end.
struct Watch {
    probes: Vec<Probe>,
    groups: Vec<WatchedGroup>,
}

/// Indices of the probes of a group.
struct WatchedGroup {
    group: usize,
    spikes: Option<usize>,
    /// Of a cell: the potential where spikes are made, for each kind of neuron.
    potential: Vec<usize>,
    /// All recorded potentials.
    potentials: Vec<usize>,
}

impl Watch {
    fn new(model: &Model, recorded: &[Recorded]) -> Watch {
        let mut probes: Vec<Probe> = recorded.iter().map(|r| r.probe.clone()).collect();
        let mut ask = |group: usize, what: Observable| {
            let probe = Probe { group, what };
            probes.iter().position(|p| *p == probe).unwrap_or_else(|| {
                probes.push(probe);
                probes.len() - 1
            })
        };
        let mut groups = vec![];
        for (g, group) in model.groups.iter().enumerate().filter(|(_, g)| g.clock == Clock::Tick) {
            let spikes = group.spikes.then(|| ask(g, Observable::Raster));
            let places = group.tree.as_ref().zip(group.anatomy.as_ref());
            let places = places.into_iter().flat_map(|(t, a)| a.spike_at.iter().map(|site| Observable::Site(t.potential, *site)));
            groups.push(WatchedGroup { group: g, spikes, potential: places.map(|what| ask(g, what)).collect(), potentials: vec![] });
        }
        for w in &mut groups {
            let potential = |p: &Probe| match p.what {
                Observable::Site(k, _) => p.group == w.group && model.groups[w.group].variables[k].name == "v",
                _ => false,
            };
            w.potentials = probes.iter().enumerate().filter(|(_, p)| potential(p)).map(|(k, _)| k).collect();
        }
        Watch { probes, groups }
    }

    /// Numbers that the probes will see.
    fn numbers(&self, model: &Model) -> f64 {
        let ticks = model.ticks as f64;
        let seen = |p: &Probe| match p.what {
            Observable::Site(..) | Observable::Sum(_) => model.groups[p.group].copies() as f64 * ticks,
            // Three for each spike, of which nobody knows the number.
            Observable::Raster => 3.0 * model.groups[p.group].size as f64,
            _ => model.groups[p.group].size as f64 * ticks,
        };
        self.probes.iter().map(seen).sum()
    }
}

/// What is said of a population.
struct Seen {
    name: String,
    what: String,
    did: String,
    /// For each kind of cell, how it is cut.
    cuts: Vec<String>,
    /// For each neuron when it spiked, ms; none of a population that does not.
    spikes: Option<Vec<Vec<f64>>>,
    json: serde_json::Value,
}

impl WatchedGroup {
    fn see(&self, model: &Model, recording: &Recording, opened: &work::Opened) -> Seen {
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
        let (size, copies) = (group.size, group.copies());
        let spikes: Option<Vec<Vec<f64>>> = self.spikes.map(|probe| {
            let when = |neuron: usize, tick: usize| match (self.potential.get(neuron / copies), cell) {
                (Some(v), Some(cell)) => {
                    let at = |tick: usize| recording.traces[*v].data[tick * copies + neuron % copies];
                    let before = if tick == 0 { cell.initial.value } else { at(tick - 1) };
                    recordings::crossing(model.dt, tick, before, at(tick), cell.spike.threshold.value)
                }
                _ => recordings::end_of_tick(model.dt, tick),
            };
            let mut of = vec![vec![]; size];
            for spike in recording.traces[probe].data.chunks_exact(3) {
                let (tick, neuron) = (spike[0] as usize, spike[1] as usize);
                of[neuron].push(when(neuron, tick));
            }
            of
        });
        let potentials = || self.potentials.iter().flat_map(|p| recording.traces[*p].data.iter().copied());
        let range = potentials().fold(None, |r: Option<(f64, f64)>, v| Some(r.map_or((v, v), |(l, h)| (l.min(v), h.max(v)))));
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
        if let Some(s) = &spikes {
            let all: Vec<&f64> = s.iter().flatten().collect();
            let times: Vec<String> = all.iter().take(MOST_TIMES).map(|t| format!("{t:.2}")).collect();
            let more = if all.len() > MOST_TIMES { ", ..." } else { "" };
            let when = if size == 1 && !all.is_empty() { format!(" at {}{more} ms", times.join(", ")) } else { String::new() };
            did.push(format!("{}{when}", show::plural(all.len(), "spike")));
        }
        if let Some((low, high)) = range {
            did.push(format!("recorded potentials from {low:.2} to {high:.2} mV").replace(" -", " −"));
        }
        let json = json!({ "neuron": group.neuron, "size": size, "scheme": scheme,
            "compartments": cell.map(|_| json!({ "neuron": compartments, "all": all,
                "branches": branches.iter().map(|(name, n)| (name.clone(), json!(n))).collect::<serde_json::Map<_, _>>() })),
            "cells": fineness.iter().map(|(name, f)| (name.clone(), cuts::json(f))).collect::<serde_json::Map<_, _>>(),
            "spikes": spikes.as_ref().map(|s| s.iter().map(Vec::len).sum::<usize>()), "spike_times_ms": spikes,
            "lowest_mv": range.map(|r| r.0), "highest_mv": range.map(|r| r.1) });
        Seen { name: group.name.clone(), what, did: did.join("; "), cuts, spikes, json }
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

/// Time, and then a column for each recording and neuron.
fn table(model: &Model, recorded: &[Recorded], recording: &Recording) -> work::Table {
    let times = (0..model.ticks).map(|t| recordings::end_of_tick(model.dt, t)).collect();
    let mut columns = vec![("t".to_string(), "ms".to_string(), times)];
    for (r, trace) in recorded.iter().zip(&recording.traces) {
        let group = &model.groups[r.probe.group];
        for (k, n) in r.neurons.clone().enumerate() {
            let numbers = trace.data.chunks_exact(r.neurons.len()).map(|row| row[k]).collect();
            columns.push((format!("{}[{n}].{}", group.name, r.label), r.unit.to_string(), numbers));
        }
    }
    work::Table { columns }
}

fn figure(opened: &work::Opened, model: &Model, table: &work::Table, groups: &[Seen], facts: Vec<String>, files: Vec<String>) -> Figure {
    let network = &opened.study.network;
    let times = &table.columns[0].2;
    // Spikes are drawn as strokes, not as a line of zeros and ones.
    let lines = table.columns[1..].iter().filter(|c| !c.0.ends_with(".spikes")).map(|(name, unit, numbers)| Line {
        name: name.clone(),
        unit: unit.clone(),
        points: times.iter().copied().zip(numbers.iter().copied()).collect(),
    });
    let spikes = groups.iter().filter_map(|g| Some((g, g.spikes.as_ref()?)));
    let spikes = spikes.flat_map(|(g, s)| s.iter().enumerate().map(|(n, times)| (format!("{}[{n}]", g.name), times.clone())));
    let currents = network.stimuli.iter().zip(&model.clamps).map(|(s, clamp)| {
        let steps = clamp.steps.iter().map(|(tick, i)| (*tick as f64 * model.dt, *i)).collect();
        (format!("{}.{}({:?})", s.population.value, s.branch.value, s.position), steps)
    });
    Figure {
        title: if network.title.is_empty() { opened.name.clone() } else { network.title.clone() },
        facts,
        duration: model.dt * model.ticks as f64,
        lines: lines.collect(),
        spikes: spikes.collect(),
        currents: currents.collect(),
        files,
        ..Figure::default()
    }
}
