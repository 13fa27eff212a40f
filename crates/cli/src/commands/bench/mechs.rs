//! Many mechanisms in one cell against the squid axon's in the same cell, by what an operation costs.
//!
//! A cable of 32 compartments, 64 of it at once, step 0.025 ms, driven by a current at one end. Operations are those of the compiled kernels and of the
//! solution of the tree, elementary functions counted by the arithmetic that they are made of; beside it stands the count in which
//! each of them is one.

use super::{Args, Found};
use crate::{show, work};
use homolog_base::{Diagnostic, Source, has_errors};
use homolog_engine::Engine;
use homolog_ir::{Kernel, Role};
use homolog_measure::arithmetic::arithmetic;
use homolog_measure::operations::Flops;
use homolog_model::{Action, Inputs, Library, Model, Network, Params, Population, Runner, State, Stimulus};
use std::fmt::Write;

const CELLS: usize = 64;
const COMPARTMENTS: usize = 32;
/// Time of one repetition, ms, and steps of it.
const TIME: f64 = 25.0;
const STEPS: usize = 1000;
/// Repetitions, of which the fastest counts.
const REPETITIONS: usize = 8;
/// Of the library what Hay et al. 2011 (PLoS Comput. Biol. 7, e1002107) have in their cell.
const KIN: [&str; 12] = ["nat", "nax", "nap", "kpst", "ktst", "kv3", "km", "ih", "cahva", "calva", "sk", "cadyn"];
/// The squid axon's.
const SQUID: [&str; 1] = ["hh"];

/// What a set of mechanisms costs.
struct Row {
    names: Vec<String>,
    ns: f64,
    /// Elementary functions counted by their arithmetic, and as one each.
    flops: Flops,
    plain: Flops,
    cpu_s: f64,
}

impl Row {
    fn ns_per_flop(&self) -> f64 {
        self.ns / self.flops.total()
    }

    fn json(&self) -> serde_json::Value {
        let (f, p) = (&self.flops, &self.plain);
        serde_json::json!({
            "mechanisms": self.names, "ns_per_compartment_step": self.ns, "flops_per_compartment_step": f.total(), "ns_per_flop": self.ns_per_flop(),
            "add": f.add, "multiply": f.multiply, "divide": f.divide, "elementary_functions": p.elementary,
            "flops_elementary_as_one": p.total(), "ns_per_flop_elementary_as_one": self.ns / p.total(), "run_cpu_s": self.cpu_s,
        })
    }
}

/// The mechanisms of the folders, or those of the library, in one cell; and `hh` in the same.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let (library, problems) = work::library(&args.library);
    if has_errors(&problems) {
        return Err(problems);
    }
    let (own, _) = work::library(&[]);
    let mut names: Vec<String> = KIN.map(String::from).into();
    let mut left: Vec<(String, String)> = vec![];
    if !args.library.is_empty() {
        names.clear();
        for m in library.iter().filter(|m| own.get(&m.name) != Some(m)) {
            match (m.role, m.not_in_cells()) {
                (Role::Neuron, _) => left.push((m.name.clone(), "a whole neuron".into())),
                (_, Some(why)) => left.push((m.name.clone(), why)),
                _ => names.push(m.name.clone()),
            }
        }
    }
    let squid = run(&library, &SQUID.map(String::from))?;
    let all = run(&library, &names)?;
    let ratio = all.ns_per_flop() / squid.ns_per_flop();
    let plain_ratio = ratio * (squid.plain.total() / squid.flops.total()) / (all.plain.total() / all.flops.total());
    let mut text = String::new();
    for row in [&squid, &all] {
        let _ = writeln!(
            text,
            "{:>7} ns per compartment and step, {} flops, {} elementary functions among them: {} ns a flop   {}",
            show::three_digits(row.ns),
            show::count(row.flops.total().round()),
            show::three_digits(row.plain.elementary),
            show::three_digits(row.ns_per_flop()),
            row.names.join(" ")
        );
    }
    let _ = writeln!(
        text,
        "{} of what a flop of hh costs; {} if an elementary function counts as one",
        show::three_digits(ratio),
        show::three_digits(plain_ratio)
    );
    for (name, why) in &left {
        let _ = writeln!(text, "left out: {name}, {why}");
    }
    let json = serde_json::json!({
        "n_cells": CELLS, "n_compartments": CELLS * COMPARTMENTS, "t_ms": TIME, "dt_ms": TIME / STEPS as f64, "threads": 1, "repetitions": REPETITIONS,
        "hh": squid.json(), "mechs": all.json(), "ratio_per_flop": ratio, "ratio_elementary_as_one": plain_ratio,
        "left_out": left.iter().map(|(name, why)| serde_json::json!({ "mechanism": name, "why": why })).collect::<Vec<_>>(),
    });
    Ok(Found { text, json })
}

/// Cells with these mechanisms, run.
fn run(library: &Library, names: &[String]) -> Result<Row, Vec<Diagnostic>> {
    let (model, params) = compiled(library, names)?;
    let mut engine = Engine::new(1);
    let inputs = Inputs { batch: 1, frames: 1, values: vec![] };
    let (mut best, mut total) = (f64::INFINITY, 0.0);
    for _ in 0..REPETITIONS {
        let clock = work::Clock::start_time();
        engine.run(&model, &params, &inputs, &[], &mut State::fresh(), None).map_err(work::fault)?;
        let cpu = clock.stop().cpu_s;
        best = best.min(cpu);
        total += cpu;
    }
    let ns = best * 1e9 / (STEPS * CELLS * COMPARTMENTS) as f64;
    let (flops, plain) = (flops(&model, arithmetic), flops(&model, Flops::of));
    Ok(Row { names: names.to_vec(), ns, flops, plain, cpu_s: total })
}

/// Operations of one compartment in one step.
fn flops(model: &Model, of: impl Fn(&Kernel) -> Flops) -> Flops {
    let group = &model.groups[0];
    let mut out = Flops::default();
    for action in &group.tick {
        match action {
            Action::Launch(l) => out.add_times(of(&l.kernel), l.sites as f64),
            Action::Solve => out.add_times(group.tree.as_ref().map_or(Flops::default(), Flops::of_solution), 1.0),
        }
    }
    let mut each = Flops::default();
    each.add_times(out, 1.0 / COMPARTMENTS as f64);
    each
}

/// The cable with these mechanisms everywhere; those of role point stand at its middle.
fn compiled(library: &Library, names: &[String]) -> Result<(Model, Params), Vec<Diagnostic>> {
    let mut text = format!(
        "[branch.cable]\nlength = \"640 um\"\ndiameter = \"4 um\"\ncompartments = {COMPARTMENTS}\n\
        [spike]\nbranch = \"cable\"\nthreshold = \"0 mV\"\nsurrogate = {{ shape = \"fast_sigmoid\", width = \"5 mV\" }}\n\
        [time]\nstep = \"{} ms\"\npresentation = \"{TIME} ms\"\ndelay = \"1 ms\"\n\
        [interface]\nrate = \"1 Hz\"\nreadout = \"count\"\nactivity = 1\n",
        TIME / STEPS as f64
    );
    for name in names {
        let placed = library.get(name).is_some_and(|m| m.role == Role::Point);
        let _ = match placed {
            true => write!(text, "[[place]]\nmechanism = \"{name}\"\nbranch = \"cable\"\n"),
            false => write!(text, "[[paint]]\nmechanism = \"{name}\"\n"),
        };
    }
    if !names.iter().any(|n| n == "pas" || n == SQUID[0]) {
        text += "[[paint]]\nmechanism = \"pas\"\n";
    }
    let (cell, problems) = homolog_model::file::read_cell(&Source::new("bench", text), "bench", &|_| (None, vec![]));
    let Some(cell) = cell else { return Err(problems) };
    let mut library = library.clone();
    library.insert_cell(cell);
    let population =
        Population { name: "cells".into(), size: CELLS.into(), neuron: "bench".into(), bias: Some(false), ..Population::default() };
    let stimulus = Stimulus {
        population: "cells".into(),
        branch: "cable".into(),
        position: 0.0,
        delay: 1.0.into(),
        duration: TIME.into(),
        amplitude: 0.5.into(),
        ..Stimulus::default()
    };
    let network = Network { populations: vec![population], stimuli: vec![stimulus], ..Network::default() };
    homolog_model::compile(&network, &library, 0)
}
