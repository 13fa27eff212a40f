//! `homolog check`: everything that is wrong with files, at once.

use super::Done;
use crate::{cuts, show, terminal, work};
use homolog_base::{Diagnostic, Severity, Source, has_errors};
use homolog_model::network::Located;
use homolog_model::{Library, Network, Population, Samples, Study};
use homolog_train::Trainer;
use homolog_train::fit::{Objective, Plan};
use std::path::PathBuf;
use std::sync::Arc;

/// Say everything that is wrong with mechanisms (.mod), models, cells and fits (.toml)
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Files to check
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Folder of .mod files that models may use besides those that ship with the program; may be repeated
    #[arg(long, value_name = "DIR")]
    library: Vec<PathBuf>,
    /// Print one line of JSON to stdout instead of messages to stderr
    #[arg(long)]
    json: bool,
}

/// Checks; 1 when there are errors.
pub fn run(args: &Args, color: bool) -> Done {
    let (library, mut problems) = work::library(&args.library);
    let mut found_cells = vec![];
    for file in &args.files {
        match work::read(file) {
            Ok((source, found)) => {
                problems.extend(found);
                problems.extend(check(&source, &library, &mut found_cells));
            }
            Err(d) => problems.push(d),
        }
    }
    let mut cells: Cells = vec![];
    for cell in found_cells {
        if !cells.iter().any(|(name, _)| *name == cell.0) {
            cells.push(cell);
        }
    }
    if args.json {
        let cells: serde_json::Map<String, serde_json::Value> = cells.iter().map(|(name, f)| (name.clone(), cuts::json(f))).collect();
        let count = |s: Severity| problems.iter().filter(|d| d.severity == s).count();
        let all: Vec<_> = problems.iter().map(Diagnostic::to_json).collect();
        terminal::say(
            serde_json::json!({ "files": args.files, "errors": count(Severity::Error), "warnings": count(Severity::Warning), "diagnostics": all,
                "cells": cells }),
        );
    } else {
        terminal::show(&problems, color);
        for (name, f) in &cells {
            terminal::say(format_args!("{name}: {}, {}", cuts::counted(f), cuts::lengths(f)));
        }
        if problems.is_empty() {
            terminal::say(format_args!("{}: no problems", show::plural(args.files.len(), "file")));
        }
    }
    Ok(terminal::code(&problems))
}

/// Names of cells, and how they are cut.
type Cells = Vec<(String, homolog_model::discretise::Fineness)>;

fn check(source: &Arc<Source>, library: &Library, cells: &mut Cells) -> Vec<Diagnostic> {
    match source.name.rsplit_once('.').map(|(_, e)| e) {
        Some("mod") => homolog_nmodl::read(source).1,
        Some("toml") if homolog_model::file::describes_cell(source) => cell(source, library, cells),
        Some("toml") if homolog_model::file::describes_fit(source) => fit(source, library),
        Some("toml") => model(source, library, cells),
        _ => vec![
            Diagnostic::error("check-kind", format!("{} is neither a mechanism nor a model", source.name))
                .hint("mechanisms end with .mod, models, cells and fits with .toml"),
        ],
    }
}

/// What is wrong with a cell: with its text, and with a network that has but one of it.
fn cell(source: &Arc<Source>, library: &Library, cells: &mut Cells) -> Vec<Diagnostic> {
    let (cell, mut problems) = work::cell_in(source);
    let Some(cell) = cell else { return problems };
    let alone = Population { name: "cell".into(), size: 1.into(), neuron: cell.name.as_str().into(), ..Population::default() };
    let network = Network { title: cell.title.clone(), populations: vec![alone], ..Network::default() };
    let mut library = library.clone();
    library.insert_cell(cell);
    let found = homolog_model::compile(&network, &library, 0).err();
    if found.is_none() {
        cells.extend(cuts::of_network(&network, &library));
    }
    problems.extend(found.unwrap_or_else(|| homolog_model::compile::warnings(&network, &library)));
    problems
}

/// What is wrong with a fit: with its text, its recordings, and between them and its neuron.
fn fit(source: &Arc<Source>, library: &Library) -> Vec<Diagnostic> {
    let opened = match work::fit_in(source, String::new(), library.clone()) {
        Ok(opened) => opened,
        Err(e) => return e,
    };
    let mut problems = opened.warnings;
    problems.extend(Plan::new(&opened.fit).check(&opened.fit));
    problems.extend(Objective::new(&opened.fit, &opened.library, &opened.recorded, 1).err().unwrap_or_default());
    problems
}

fn model(source: &Arc<Source>, library: &Library, cells: &mut Cells) -> Vec<Diagnostic> {
    let (mut study, mut problems) = homolog_model::file::read(source);
    let of_tables = work::tables_beside(&mut study);
    let mut library = library.clone();
    let of_cells = work::cells_beside(&study, &mut library);
    let library = &library;
    let lacks = has_errors(&of_tables) || has_errors(&of_cells);
    problems.extend(of_tables);
    if lacks {
        // Without its cells and tables nothing can be said of the network beyond the text.
        problems.extend(of_cells);
        return problems;
    }
    problems.extend(of_cells);
    if has_errors(&problems) {
        further(&study, library, &mut problems);
        return problems;
    }
    if let Err(e) = work::compilable(&study) {
        problems.extend(e);
        return problems;
    }
    let samples = work::samples(&study).unwrap_or_else(|e| {
        problems.extend(e);
        None
    });
    let compiled = homolog_model::compile(&study.network, library, 0);
    let found = match compiled.and_then(|(model, _)| homolog_model::recordings::resolve(&study.network, &model)) {
        Err(e) => e,
        Ok(_) => {
            cells.extend(cuts::of_network(&study.network, library));
            match &samples {
                None => homolog_model::compile::warnings(&study.network, library),
                Some(samples) => fits(&study, library, samples),
            }
        }
    };
    problems.extend(levels(&study, library, &found));
    problems.splice(0..0, found);
    problems
}

/// Name and word of a level.
type Level = (String, Located<String>);

/// What is wrong with the levels to compare and not with the file as it stands: each problem once, with the levels that have it.
fn levels(study: &Study, library: &Library, found: &[Diagnostic]) -> Vec<Diagnostic> {
    let network = &study.network;
    let Some(comparison) = &study.comparison else { return vec![] };
    let mut problems = vec![];
    let mut of_levels: Vec<(Diagnostic, Vec<&Level>)> = vec![];
    for level in &comparison.levels {
        let word = &level.1;
        if !library.neurons().any(|n| n == word.value) {
            problems.push(network.locate(library.unknown_neuron(word, &[]), word.span, "not in the library"));
            continue;
        }
        let mut other = network.clone();
        let Some(k) = other.population(&comparison.population) else { continue };
        other.populations[k].neuron.value.clone_from(&word.value);
        let of_level =
            homolog_model::compile(&other, library, 0).err().unwrap_or_else(|| homolog_model::compile::warnings(&other, library));
        for d in of_level {
            let same = |e: &Diagnostic| e.code == d.code && e.message == d.message && e.labels == d.labels;
            match of_levels.iter_mut().find(|(e, _)| same(e)) {
                Some((_, levels)) => levels.push(level),
                None if found.iter().any(same) => {}
                None => of_levels.push((d, vec![level])),
            }
        }
    }
    for (mut d, levels) in of_levels {
        let names: Vec<String> = levels.iter().map(|(name, _)| format!("`{name}`")).collect();
        d.message += &format!(" (level{} {})", if names.len() == 1 { "" } else { "s" }, names.join(", "));
        // A place in the model file can be pointed at beside another place in it, not beside one in a mechanism.
        if d.source.as_ref().is_none_or(|s| network.source.as_ref().is_some_and(|own| Arc::ptr_eq(own, s))) {
            for (name, word) in levels {
                d = network.locate(d, word.span, &format!("level `{name}`"));
            }
        }
        problems.push(d);
    }
    problems
}

/// What compilation finds in a file that has errors already: only at places of which nothing was said yet.
fn further(study: &Study, library: &Library, problems: &mut Vec<Diagnostic>) {
    let network = &study.network;
    if network.populations.is_empty() || network.populations.iter().any(|p| p.size.value == 0) {
        return;
    }
    if work::compilable(study).is_err() {
        return;
    }
    let said: Vec<_> = problems.iter().filter_map(|d| d.labels.first()).map(|l| l.0).collect();
    let found = homolog_model::compile(network, library, 0).err().unwrap_or_default();
    problems.extend(found.into_iter().filter(|d| d.labels.first().is_some_and(|l| !said.contains(&l.0))));
    problems.sort_by_key(|d| d.labels.first().map_or(usize::MAX, |l| l.0.start));
}

/// What is wrong between the network and its samples, and with how it is trained.
fn fits(study: &Study, library: &Library, samples: &Samples) -> Vec<Diagnostic> {
    let (prepared, mut problems) = match work::Prepared::new(study.clone(), library, samples, 0) {
        Ok(all) => all,
        Err(e) => return e,
    };
    if study.training.is_some() {
        let trainer = prepared.task(samples).and_then(|task| {
            work::affordable(study, &prepared.memory(&task, true))?;
            Trainer::new(task, prepared.params.clone(), 0).map(|_| ())
        });
        problems.extend(trainer.err().into_iter().flatten());
    }
    problems
}
