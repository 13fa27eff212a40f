//! The gradient of a trace of a cell with respect to the conductances of its branches.
//!
//! The loss is the mean squared difference of the potential at the soma from that of the same cell with other conductances, over all samples and the
//! initial one.

use super::{Args, Found};
use crate::{show, work};
use homolog_base::Diagnostic;
use homolog_engine::Engine;
use homolog_model::{Gradients, Inputs, Model, Observable, Params, Probe, Runner, State, Tape};
use homolog_train::trace::mean_square;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What the target's conductances are multiplied by: sodium, potassium, leak.
const TARGET: [f64; 3] = [1.1, 0.9, 1.2];
/// Gradients of which the fastest counts, and starts of the program.
const REPETITIONS: usize = 40;
const STARTS: usize = 5;

struct Bench {
    model: Model,
    params: Params,
    probes: [Probe; 1],
    inputs: Inputs,
    engine: Engine,
    tape: Tape,
    target: Vec<f64>,
    gradients: Gradients,
}

impl Bench {
    fn new(args: &Args) -> Result<Bench, Vec<Diagnostic>> {
        let opened = work::open_built_in("benches/grad.toml", &args.library)?;
        let (model, params) = homolog_model::compile(&opened.study.network, &opened.library, 0)?;
        let soma = model.groups[0].anatomy.as_ref().map_or(0, |a| a.spike_at[0]);
        let potential = model.groups[0].tree.as_ref().map_or(0, |t| t.potential);
        let probes = [Probe { group: 0, what: Observable::Site(potential, soma) }];
        let inputs = Inputs { batch: 1, frames: 1, values: vec![] };
        let mut engine = Engine::new(args.threads);
        let mut other = params.clone();
        for (tensor, factor) in other.tensors.iter_mut().zip(TARGET) {
            tensor.values.iter_mut().for_each(|x| *x *= factor);
        }
        let seen = engine.run(&model, &other, &inputs, &probes, &mut State::fresh(), None).map_err(work::fault)?;
        let target = seen.traces[0].data.clone();
        Ok(Bench { model, params, probes, inputs, engine, tape: Tape::default(), target, gradients: Gradients::default() })
    }

    /// The gradient by conductance, each branch by branch.
    fn named_gradient(&self) -> serde_json::Value {
        let names = ["HH_gNa", "HH_gK", "HH_gLeak"];
        names
            .iter()
            .zip(&self.gradients.params)
            .map(|(n, g)| ((*n).to_string(), serde_json::json!(g)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// The loss and its gradient; returns the loss and the processor time of the run alone.
    fn gradient(&mut self) -> Result<(f64, f64), Vec<Diagnostic>> {
        let clock = work::Clock::start_time();
        let (model, params, inputs) = (&self.model, &self.params, &self.inputs);
        let seen = self.engine.run(model, params, inputs, &self.probes, &mut State::fresh(), Some(&mut self.tape)).map_err(work::fault)?;
        let forward = clock.stop().cpu_s;
        let (loss, slope) = mean_square(&seen.traces[0].data, &self.target, self.target.len() + 1);
        self.engine
            .pullback(model, params, inputs, &self.probes, &mut self.tape, &vec![slope], &[], &mut self.gradients)
            .map_err(work::fault)?;
        Ok((loss, forward))
    }
}

/// Measures start and steady state; with `--once` computes one gradient and says what memory it took.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let clock = work::Clock::start();
    let mut bench = Bench::new(args)?;
    let build = clock.stop();
    let (loss, _) = bench.gradient()?;
    let first = clock.stop();
    if args.once {
        let json = serde_json::json!({ "loss": loss, "peak_rss_mb": first.peak_rss_mb, "grad": bench.named_gradient() });
        return Ok(Found { text: format!("loss {loss}\n"), json });
    }
    let (mut best, mut forward) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..REPETITIONS {
        let clock = work::Clock::start_time();
        let (_, run) = bench.gradient()?;
        best = best.min(clock.stop().cpu_s);
        forward = forward.min(run);
    }
    let (start_s, peak_rss_mb) =
        start().map_err(|why| vec![Diagnostic::error("bench-start", format!("the program could not start itself: {why}"))])?;
    let group = &bench.model.groups[0];
    let compartments = group.anatomy.as_ref().map_or(0, |a| a.compartments.len());
    let steps = bench.model.ticks;
    let ns = best * 1e9 / (steps * compartments) as f64;
    let text = format!(
        "{} of processor time for a gradient, {} of it for the run: best of {REPETITIONS}, {} ns per compartment and step\n{} from the start of the program to the end of the first gradient, best of {STARTS}; {} MB\n{} conductances, {compartments} compartments, {steps} steps\n",
        show::seconds(best),
        show::seconds(forward),
        show::three_digits(ns),
        show::seconds(start_s),
        show::three_digits(peak_rss_mb),
        bench.params.learned(),
    );
    let json = serde_json::json!({
        "n_cells": 1, "n_compartments": compartments, "t_ms": bench.model.dt * steps as f64, "dt_ms": bench.model.dt, "threads": args.threads,
        "loss": loss, "grad": bench.named_gradient(), "n_params": bench.params.learned(),
        "build_s": build.wall_s, "build_cpu_s": build.cpu_s, "first_gradient_s": start_s, "peak_rss_mb": peak_rss_mb,
        "run_cpu_s": best, "forward_only_cpu_s": forward, "grad_over_forward": best / forward, "ns_per_compartment_step": ns,
    });
    Ok(Found { text, json })
}

/// Wall time from starting this program to the end of its first gradient, s, and the memory that it took, MB.
fn start() -> Result<(f64, f64), String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let (mut best, mut memory) = (f64::INFINITY, 0.0f64);
    for _ in 0..STARTS {
        let clock = Instant::now();
        let out = Command::new(&program)
            .args(["bench", "grad", "--once", "--json"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .map_err(|e| e.to_string())?;
        best = best.min(clock.elapsed().as_secs_f64());
        let said: serde_json::Value = serde_json::from_slice(&out.stdout).map_err(|e| e.to_string())?;
        memory = memory.max(said["peak_rss_mb"].as_f64().unwrap_or(f64::NAN));
    }
    Ok((best, memory))
}
