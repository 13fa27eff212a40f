//! `homolog bench`: how fast the machine under it is, as one line of JSON.

mod classify;
mod draw;
mod grad;
mod hh;
mod inputs;
mod mechs;
mod read;
mod spiking;
mod startup;
mod trees;
mod variants;

use super::Done;
use crate::{ranks, terminal, work};
use homolog_base::Diagnostic;
use homolog_model::{Precision, SpikeTimes};
use std::path::PathBuf;
use std::process::ExitCode;

/// Measure speed
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Which bench, or `list`
    name: String,
    /// Files and folders (read)
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Threads (grad, inputs, mlp, snn, variants)
    #[arg(long, value_name = "N", default_value = "1", value_parser = work::threads)]
    threads: usize,
    /// Samples of one epoch to use, for a shorter run (mlp, snn) [default: all]
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// Compartments (hh)
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    compartments: usize,
    /// Cells (hhtree, ring) [default: 1; ring: 64], variants (variants) [default: 4096]
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    cells: Option<usize>,
    /// Let each cell have a tree of its own (hhtree)
    #[arg(long)]
    different: bool,
    /// Time to simulate, ms (hhtree, inputs, ring) [default: 1000; ring: 200]
    #[arg(long, value_name = "MS")]
    t: Option<f64>,
    /// Step, ms (hhtree, inputs, ring) [default: 0.025]
    #[arg(long, value_name = "MS")]
    dt: Option<f64>,
    /// Time to simulate before spikes are counted, ms (brunel, brunel-w, coba, cuba, pd14, stdp)
    #[arg(long, value_name = "MS", default_value_t = 0.0)]
    settle: f64,
    /// Size of populations and numbers of connections of each neuron, times this (brunel, brunel-w, coba, cuba, inputs, pd14, stdp)
    #[arg(long, value_name = "F", value_parser = work::positive)]
    scale: Option<f64>,
    /// Numbers to run in, f64 or f32 (hhtree, ring, brunel, brunel-w, coba, cuba, pd14) [default: f64]
    #[arg(long, value_name = "FORMAT", value_parser = work::precision)]
    precision: Option<Precision>,
    /// When within a step neurons spike, grid or interpolated (ring, brunel, brunel-w, coba, cuba, pd14, inputs) [default: grid]
    #[arg(long, value_name = "TIMES", value_parser = work::spike_times)]
    spikes: Option<SpikeTimes>,
    /// One gradient alone (grad), for the time from the start of the program
    #[arg(long, hide = true)]
    once: bool,
    /// Seed of wiring, noise and initial numbers (brunel, brunel-w, coba, cuba, inputs, pd14, stdp)
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Folder of .mod files to use besides those that ship with the program; may be repeated
    #[arg(long, value_name = "DIR")]
    library: Vec<PathBuf>,
    /// Print one line of JSON to stdout
    #[arg(long)]
    json: bool,
}

const BENCHES: [(&str, &str); 17] = [
    ("brunel", "12,500 neurons with 1,250 inputs each, one delay, Poisson trains from outside: processor time of a second"),
    ("brunel-w", "the same with weights and delays that differ"),
    ("coba", "Vogels and Abbott's 4,000 neurons with conductances, 2 % connected, delay of one step: processor time of a second"),
    ("cuba", "the same with currents"),
    ("grad", "the gradient of a trace of a cell with 61 compartments with respect to 33 conductances"),
    ("hh", "one step of Hodgkin-Huxley compartments, for every instruction set, ns a compartment"),
    ("hhtree", "cells of 401 Hodgkin-Huxley compartments, each with a current of its own: ns a compartment and step"),
    ("inputs", "a cell of 1,600 compartments that hears 100,000 Poisson processes for a second, and the same at half the step"),
    ("mechs", "a cell with many mechanisms (of the library, or of a folder) against one with hh, by what a flop costs"),
    ("mlp", "one epoch of MNIST, 784-256-10 rectified linear units, batch 128, Adam"),
    ("pd14", "Potjans and Diesmann's microcircuit, 77,169 neurons and 0.3 billion connections: processor time of a second"),
    ("read", "reading each mechanism of the library, or of files and folders: bench read PATH..., ms"),
    ("ring", "cells with trees of their own, each of which excites the next: ns a compartment and step"),
    ("snn", "the same with leaky integrate-and-fire neurons for 25 ms, step 1 ms"),
    ("startup", "the program from its start to the end of --help, and reading the library, ms"),
    ("stdp", "a neuron that hears 100 Poisson processes through synapses that learn by pairs of spikes: processor time of a second"),
    ("variants", "4,096 sets of parameters of a cell of 21 Hodgkin-Huxley compartments as lanes of four runs, and as so many runs"),
];

/// Runs one.
pub fn run(args: &Args, _color: bool) -> Done {
    if !matches!(args.name.as_str(), "list" | "brunel" | "brunel-w" | "coba" | "cuba" | "pd14") {
        ranks::alone(&format!("bench {}", args.name))?;
    }
    let mut found = match args.name.as_str() {
        "list" => {
            for (name, what) in BENCHES {
                terminal::say(format_args!("{name:8} {what}"));
            }
            return Ok(ExitCode::SUCCESS);
        }
        "grad" => grad::measure(args)?,
        "hh" => hh::measure(args)?,
        "brunel" | "brunel-w" | "coba" | "cuba" | "pd14" | "stdp" => spiking::measure(args)?,
        "inputs" => inputs::measure(args)?,
        "hhtree" | "ring" => trees::measure(args)?,
        "mechs" => mechs::measure(args)?,
        "mlp" | "snn" => classify::measure(args)?,
        "read" => read::measure(args)?,
        "startup" => startup::measure(args)?,
        "variants" => variants::measure(args)?,
        other => {
            return Err(vec![
                Diagnostic::error("bench-unknown", format!("there is no bench `{other}`")).suggest(other, BENCHES.map(|b| b.0)),
            ]);
        }
    };
    if args.json {
        found.json["tool"] = "homolog".into();
        found.json["version"] = env!("CARGO_PKG_VERSION").into();
        found.json["workload"] = args.name.as_str().into();
        terminal::say(found.json);
    } else {
        terminal::print(found.text);
    }
    Ok(ExitCode::SUCCESS)
}

/// What a bench found.
struct Found {
    /// For people.
    text: String,
    /// For programs; tool, version and workload are added.
    json: serde_json::Value,
}
