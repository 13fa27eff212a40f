//! `hhtree`: cells of 401 compartments with the channels of the squid axon everywhere, each with a current of its own; and `ring`: cells
//! with an excitable soma and a passive tree of their own, each of which excites the next.
//!
//! The work is that on which other tools were measured (`library/benches/`), but that cell `k` of `hhtree` gets `1 + k/10000` times the
//! current, so that no two cells are alike; with `--different` each has a tree of its own too. The keys of the line are those that the
//! scripts for the other tools print.

use super::{Args, Found, draw};
use crate::{show, work};
use homolog_base::Diagnostic;
use homolog_engine::Engine;
use homolog_model::cell::Branch;
use homolog_model::recordings::Recorded;
use homolog_model::recordings::{self, rise};
use homolog_model::{Inputs, Model, Params, Runner, State};

/// What is run: cells and their parameters, the threshold at their somata (mV), and what is recorded.
struct Work {
    model: Model,
    params: Params,
    threshold: f64,
    recorded: Vec<Recorded>,
}

/// The cells of a bench.
fn compiled(args: &Args) -> Result<Work, Vec<Diagnostic>> {
    let mut opened = work::open_built_in(&format!("benches/{}.toml", args.name), &args.library)?;
    let network = &mut opened.study.network;
    let population = network.population("cells").expect("the bench has cells");
    let ring = args.name == "ring";
    let cells = args.cells.unwrap_or(if ring { 64 } else { 1 });
    let draw: Option<fn(usize) -> Vec<Branch>> = match (ring, args.different) {
        (true, _) => Some(draw::ring),
        (_, true) => Some(draw::tree),
        _ => None,
    };
    let p = &mut network.populations[population];
    p.size = cells.into();
    let cell = opened.library.cell(&p.neuron).expect("its cell was read").clone();
    let threshold = cell.spike.threshold.value;
    if let Some(draw) = draw {
        let named = |k: usize| homolog_model::Cell { name: format!("{}#{k}", args.name), branches: draw(k), ..cell.clone() };
        let words = (0..cells).map(|k| {
            let made = named(k);
            let word = made.name.as_str().into();
            opened.library.insert_cell(made);
            word
        });
        let words: Vec<homolog_model::Located<String>> = words.collect();
        p.neuron = words[0].clone();
        p.others = words[1..].to_vec();
    }
    network.presentation = args.t.map(Into::into).or(network.presentation.take());
    network.dt = args.dt.map(Into::into).or(network.dt.take());
    network.precision = args.precision.map(Into::into);
    network.spikes = args.spikes.map(Into::into);
    let (model, mut params) = homolog_model::compile(network, &opened.library, 0)?;
    if let Some(amplitudes) = params.find("cells.iclamp.amp") {
        for (k, amplitude) in params.tensors[amplitudes].values.iter_mut().enumerate() {
            *amplitude *= 1.0 + 1e-4 * k as f64;
        }
    }
    let recorded = recordings::resolve(network, &model)?;
    Ok(Work { model, params, threshold, recorded })
}

/// When potentials crossed the threshold, in order: ms, cell.
fn spikes(work: &Work, traces: &[homolog_model::Trace]) -> Vec<(f64, usize)> {
    let mut spikes: Vec<(f64, usize)> = vec![];
    for (recorded, trace) in work.recorded.iter().zip(traces) {
        let (v, all) = (&trace.data, recorded.neurons.len());
        for (k, cell) in recorded.neurons.clone().enumerate() {
            let mut before = v[k];
            for tick in 1..work.model.ticks {
                let now = v[tick * all + k];
                spikes.extend(rise(before, now, work.threshold).map(|share| ((tick as f64 + share) * work.model.dt, cell)));
                before = now;
            }
        }
    }
    spikes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    spikes
}

/// Builds and runs.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let clock = work::Clock::start();
    let work = compiled(args)?;
    let model = &work.model;
    let group = &model.groups[model.group("cells").expect("the bench has cells")];
    let (cells, time) = (group.size, model.dt * model.ticks as f64);
    let inputs = Inputs { batch: 1, frames: 1, values: vec![] };
    let probes: Vec<_> = work.recorded.iter().map(|r| r.probe.clone()).collect();
    let mut engine = Engine::new(args.threads);
    let build = clock.stop();
    let clock = work::Clock::start();
    let seen = engine.run(model, &work.params, &inputs, &probes, &mut State::fresh(), None).map_err(work::fault)?;
    let run = clock.stop();
    let spikes = spikes(&work, &seen.traces);
    let compartments = group.copies() * group.anatomy.as_ref().map_or(0, |a| a.compartments.len());
    let ns = run.cpu_s * 1e9 / (model.ticks * compartments) as f64;
    let first: Vec<_> = spikes.iter().filter(|s| s.1 == 0).map(|s| s.0).collect();
    let text = format!(
        "{} ns of processor time per compartment and step; {} of it in all, {} by the clock\n{} cells, {} compartments, {} ms in steps of {} ms; {} spikes, of the first cell at {} ...\n{} to build, {} MB at most\n",
        show::three_digits(ns),
        show::seconds(run.cpu_s),
        show::seconds(run.wall_s),
        show::count(cells as f64),
        show::count(compartments as f64),
        time,
        model.dt,
        show::count(spikes.len() as f64),
        first.iter().take(3).map(|t| format!("{t:.4}")).collect::<Vec<_>>().join(", "),
        show::seconds(build.wall_s),
        show::three_digits(run.peak_rss_mb),
    );
    let json = serde_json::json!({
        "n_cells": cells, "n_compartments": compartments, "t_ms": time, "dt_ms": model.dt, "threads": engine.threads(), "precision": model.precision.name(),
        "build_s": build.wall_s, "build_cpu_s": build.cpu_s, "run_s": run.wall_s, "run_cpu_s": run.cpu_s, "peak_rss_mb": run.peak_rss_mb,
        "ns_per_compartment_step": ns, "n_spikes": spikes.len(), "spikes": spikes, "soma0_n": first.len(),
    });
    Ok(Found { text, json })
}
