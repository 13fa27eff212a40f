//! `hhtree`: cells of 401 compartments with the channels of the squid axon everywhere, each with a current of its own.
//!
//! The work is that on which other tools were measured (`library/benches/hhtree-cell.toml`), but that cell `k` gets `1 + k/10000` times the
//! current, so that no two cells are alike. The keys of the line are those that the scripts for the other tools print.

use super::{Args, Found};
use crate::{show, work};
use homolog_base::Diagnostic;
use homolog_engine::Engine;
use homolog_model::recordings::{self, crossing};
use homolog_model::{Inputs, Model, Params, Probe, Runner, State};

/// Potential whose crossing at the soma is a spike, mV.
const THRESHOLD: f64 = 0.0;

/// Cells, their parameters with a current for each, and what is recorded.
fn compiled(args: &Args) -> Result<(Model, Params, Vec<Probe>), Vec<Diagnostic>> {
    let mut opened = work::open_built_in("benches/hhtree.toml", &args.library)?;
    let network = &mut opened.study.network;
    network.populations[0].size = args.cells.unwrap_or(1).into();
    network.presentation = args.t.map(Into::into).or(network.presentation.take());
    network.dt = args.dt.map(Into::into).or(network.dt.take());
    let (model, mut params) = homolog_model::compile(network, &opened.library, 0)?;
    for (k, amplitude) in params.tensors[0].values.iter_mut().enumerate() {
        *amplitude *= 1.0 + 1e-4 * k as f64;
    }
    let probes = recordings::resolve(network, &model)?.into_iter().map(|r| r.probe).collect();
    Ok((model, params, probes))
}

/// Builds and runs.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let clock = work::Clock::start();
    let (model, params, probes) = compiled(args)?;
    let group = &model.groups[0];
    let (cells, time) = (group.size, model.dt * model.ticks as f64);
    let inputs = Inputs { batch: 1, frames: 1, values: vec![] };
    let mut engine = Engine::new(args.threads);
    let build = clock.stop();
    let clock = work::Clock::start();
    let seen = engine.run(&model, &params, &inputs, &probes, &mut State::fresh(), None).map_err(work::fault)?;
    let run = clock.stop();
    let v = &seen.traces[0].data;
    let mut spikes: Vec<(f64, usize)> = vec![];
    for cell in 0..cells {
        let mut before = v[cell];
        for tick in 1..model.ticks {
            let now = v[tick * cells + cell];
            if before <= THRESHOLD && now > THRESHOLD {
                spikes.push((crossing(model.dt, tick, before, now, THRESHOLD), cell));
            }
            before = now;
        }
    }
    spikes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let compartments = cells * group.anatomy.as_ref().map_or(0, |a| a.compartments.len());
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
        "n_cells": cells, "n_compartments": compartments, "t_ms": time, "dt_ms": model.dt, "threads": engine.threads(),
        "build_s": build.wall_s, "build_cpu_s": build.cpu_s, "run_s": run.wall_s, "run_cpu_s": run.cpu_s, "peak_rss_mb": run.peak_rss_mb,
        "ns_per_compartment_step": ns, "n_spikes": spikes.len(), "spikes": spikes, "soma0_n": first.len(),
    });
    Ok(Found { text, json })
}
