//! `hhtree`: cells of 401 compartments with the channels of the squid axon everywhere, each with a current of its own.
//!
//! The work is that on which other tools were measured: a soma and a complete binary tree of 50 branches of 8 compartments, whose lengths
//! come from a linear congruential generator, driven by 1 nA at the soma from 10 to 990 ms. Cell `k` gets `1 + k/10000` nA, so that no
//! two cells are alike. The keys of the line are those that the scripts for the other tools print.

use super::{Args, Found};
use crate::{show, work};
use homolog_base::{Diagnostic, Source, has_errors};
use homolog_engine::Engine;
use homolog_model::recordings::crossing;
use homolog_model::{Inputs, Learn, Model, Network, Observable, Params, Per, Population, Probe, Runner, State};
use std::fmt::Write;

/// Step and, unless told otherwise, time, ms.
const STEP: f64 = 0.025;
const TIME: f64 = 1000.0;
/// Potential whose crossing at the soma is a spike, mV.
const THRESHOLD: f64 = 0.0;

/// Uniform numbers, the same on every machine.
struct Generator(u64);

impl Generator {
    fn new(seed: u64) -> Generator {
        let mut g = Generator(seed.wrapping_mul(2_654_435_761).wrapping_add(12_345));
        for _ in 0..8 {
            g.next();
        }
        g
    }

    /// From 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A cell's file: branches, then what is the same in all.
fn cell(time: f64, step: f64) -> String {
    let mut text =
        "title = \"Soma and fifty branches\"\n[branch.b0]\nlength = \"20 um\"\ndiameter = \"20 um\"\ncompartments = 1\nregion = \"all\"\n"
            .to_string();
    let mut random = Generator::new(7);
    for k in 1..=50usize {
        let (parent, depth) = ((k - 1) / 2, (k + 1).ilog2());
        let length = 60.0 + 40.0 * random.next();
        let diameter = 2.0 * homolog_base::math::pow(0.85, f64::from(depth - 1));
        let _ = write!(
            text,
            "[branch.b{k}]\nparent = \"b{parent}\"\nlength = \"{length:?} um\"\ndiameter = \"{diameter:?} um\"\ncompartments = 8\nregion = \"all\"\n"
        );
    }
    let _ = write!(
        text,
        "[[paint]]\nmechanism = \"hh\"\n[[place]]\nmechanism = \"iclamp\"\nbranch = \"b0\"\nparameters = {{ del = \"10 ms\", dur = \"980 ms\", amp = \"1 nA\" }}\n\
        [spike]\nbranch = \"b0\"\nthreshold = \"{THRESHOLD} mV\"\nsurrogate = {{ shape = \"fast_sigmoid\", width = \"5 mV\" }}\n\
        [time]\nstep = \"{step:?} ms\"\npresentation = \"{time:?} ms\"\ndelay = \"1 ms\"\n\
        [interface]\nrate = \"1 Hz\"\nreadout = \"count\"\nactivity = 1\n"
    );
    text
}

/// Cells, and their parameters with a current for each.
fn compiled(args: &Args, cells: usize, time: f64, step: f64) -> Result<(Model, Params), Vec<Diagnostic>> {
    let (mut library, problems) = work::library(&args.library);
    if has_errors(&problems) {
        return Err(problems);
    }
    let (cell, problems) = homolog_model::file::read_cell(&Source::new("hhtree", cell(time, step)), "hhtree", &|_| (None, vec![]));
    let Some(cell) = cell else { return Err(problems) };
    library.insert_cell(cell);
    let population = Population {
        name: "cells".into(),
        size: cells.into(),
        neuron: "hhtree".into(),
        bias: Some(false),
        learn: vec![Learn { name: "iclamp.amp".into(), per: Per::Neuron }],
        ..Population::default()
    };
    let (model, mut params) = homolog_model::compile(&Network { populations: vec![population], ..Network::default() }, &library, 0)?;
    for (k, amplitude) in params.tensors[0].values.iter_mut().enumerate() {
        *amplitude = 1.0 + 1e-4 * k as f64;
    }
    Ok((model, params))
}

/// Builds and runs.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let (cells, time, step) = (args.cells.unwrap_or(1), args.t.unwrap_or(TIME), args.dt.unwrap_or(STEP));
    let clock = work::Clock::start();
    let (model, params) = compiled(args, cells, time, step)?;
    let group = &model.groups[0];
    let soma = group.anatomy.as_ref().map_or(0, |a| a.spike_at);
    let probes = [Probe { group: 0, what: Observable::Site(group.tree.as_ref().map_or(0, |t| t.potential), soma) }];
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
