//! `variants`: one cell with thousands of sets of parameters, as the lanes of a few runs and as so many runs.

use super::{Args, Found};
use crate::{show, work};
use homolog_base::{Diagnostic, Key};
use homolog_engine::Engine;
use homolog_model::{Inputs, Library, Model, Network, Params, Probe, Runner, State, recordings};

/// Variants of one run, as in a fit: recordings of more cost more than they save.
const PART: usize = 1024;

/// The conductances of a variant: those of the file, each times a number between one half and two.
fn factor(tensor: usize, variant: usize) -> f64 {
    0.5 + 1.5 * Key::new(0).named("variants").numbered(tensor as u64).uniform(variant as u64, 0)
}

/// A network of so many variants, compiled.
struct Lanes {
    model: Model,
    /// As the file says.
    declared: Params,
    probes: Vec<Probe>,
}

impl Lanes {
    fn new(network: &Network, library: &Library, variants: usize) -> Result<Lanes, Vec<Diagnostic>> {
        let mut network = network.clone();
        network.populations[0].size = variants.into();
        let (model, declared) = homolog_model::compile(&network, library, 0)?;
        let probes = recordings::resolve(&network, &model)?.into_iter().map(|r| r.probe).collect();
        Ok(Lanes { model, declared, probes })
    }

    /// The potentials of the variants from one on: step by step, side by side.
    fn run(&self, engine: &mut Engine, from: usize) -> Result<Vec<f64>, Vec<Diagnostic>> {
        let mut params = self.declared.clone();
        for (k, tensor) in params.tensors.iter_mut().enumerate() {
            tensor.values.iter_mut().enumerate().for_each(|(n, x)| *x *= factor(k, from + n));
        }
        let inputs = Inputs { batch: 1, frames: 1, values: vec![] };
        let mut seen = engine.run(&self.model, &params, &inputs, &self.probes, &mut State::fresh(), None).map_err(work::fault)?;
        Ok(seen.traces.remove(0).data)
    }
}

/// Runs all variants together and then one after another; both must have the same bits.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let opened = work::open_built_in("benches/variants.toml", &args.library)?;
    let network = &opened.study.network;
    let part = network.populations[0].size.value.min(PART).min(args.cells.unwrap_or(PART));
    // Whole parts.
    let variants = args.cells.unwrap_or(network.populations[0].size.value).next_multiple_of(part);
    let mut engine = Engine::new(args.threads);
    let clock = work::Clock::start();
    let many = Lanes::new(network, &opened.library, part)?;
    let build = clock.stop();
    let single = Lanes::new(network, &opened.library, 1)?;
    let clock = work::Clock::start();
    let mut all = Vec::new();
    for from in (0..variants).step_by(part) {
        all.push(many.run(&mut engine, from)?);
    }
    let together = clock.stop();
    let clock = work::Clock::start_time();
    let mut same = true;
    for k in 0..variants {
        let alone = single.run(&mut engine, k)?;
        let beside = &all[k / part];
        same &= alone.iter().enumerate().all(|(t, v)| v.to_bits() == beside[t * part + k % part].to_bits());
    }
    let apart = clock.stop();
    let model = &many.model;
    let compartments = model.groups[0].anatomy.as_ref().map_or(0, |a| a.compartments.len());
    let each = |s: f64| s / variants as f64;
    let ns = |s: f64| each(s) * 1e9 / (compartments * model.ticks) as f64;
    let text = format!(
        "{} of processor time a variant as lanes of runs of {part}, {} in a run of its own: {} and {} ns per compartment and step, {} bits\n{} variants of {compartments} compartments, {} steps of {} ms; {} to build, {} MB at most\n",
        show::with_prefix(each(together.cpu_s), "s"),
        show::with_prefix(each(apart.cpu_s), "s"),
        show::three_digits(ns(together.cpu_s)),
        show::three_digits(ns(apart.cpu_s)),
        if same { "the same" } else { "other" },
        show::count(variants as f64),
        show::count(model.ticks as f64),
        model.dt,
        show::with_prefix(build.wall_s, "s"),
        show::three_digits(together.peak_rss_mb),
    );
    let json = serde_json::json!({
        "n_variants": variants, "variants_of_a_run": part, "n_compartments": compartments, "dt_ms": model.dt, "steps": model.ticks, "threads": args.threads, "build_s": build.wall_s,
        "together_cpu_s": together.cpu_s, "apart_cpu_s": apart.cpu_s, "s_per_variant": each(together.cpu_s), "s_per_run": each(apart.cpu_s),
        "ns_per_compartment_step": ns(together.cpu_s), "ns_per_compartment_step_apart": ns(apart.cpu_s), "same_bits": same,
        "peak_rss_mb": together.peak_rss_mb,
    });
    Ok(Found { text, json })
}
