//! `inputs`: one cell of 1,600 compartments that hears 100,000 others, each with a weight, a delay and spikes of its own, and what half the step
//! makes of the same spikes.

use super::{Args, Found};
use crate::{show, work};
use homolog_base::Diagnostic;
use homolog_engine::Engine;
use homolog_measure::moments;
use homolog_model::recordings::{self, rise};
use homolog_model::{Inputs, Model, Runner, State};

/// What the soma did at one step of time.
struct Seen {
    /// mV, and mV2.
    moments: (f64, f64),
    spikes: usize,
    build: work::Spent,
    run: work::Spent,
    model: Model,
}

/// Builds and runs at one step.
fn run(args: &Args, dt: f64) -> Result<Seen, Vec<Diagnostic>> {
    let clock = work::Clock::start();
    let mut opened = work::open_built_in("benches/inputs.toml", &args.library)?;
    let network = &mut opened.study.network;
    network.spikes = args.spikes.map(Into::into);
    network.presentation = args.t.map(Into::into).or(network.presentation.take());
    network.dt = Some(dt.into());
    if let Some(scale) = args.scale {
        let cell = network.population("cell").expect("the bench has a cell");
        *network = network.scaled(scale);
        network.populations[cell].size = 1.into();
    }
    let cell = network.population("cell").expect("the bench has a cell");
    let threshold = opened.library.cell(&network.populations[cell].neuron).expect("its cell was read").spike.threshold.value;
    let (model, params) = homolog_model::compile(network, &opened.library, args.seed)?;
    let recorded = recordings::resolve(network, &model)?;
    let build = clock.stop();
    let probes: Vec<_> = recorded.iter().map(|r| r.probe.clone()).collect();
    let clock = work::Clock::start();
    let inputs = Inputs { batch: 1, frames: 1, values: vec![] };
    let seen = Engine::new(args.threads).run(&model, &params, &inputs, &probes, &mut State::fresh(), None).map_err(work::fault)?;
    let run = clock.stop();
    let v = &seen.traces[0].data;
    let spikes = v.windows(2).filter(|w| rise(w[0], w[1], threshold).is_some()).count();
    let moments = moments(v).unwrap_or((f64::NAN, f64::NAN));
    Ok(Seen { moments, spikes, build, run, model })
}

/// Runs it at the step and at half of it.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let dt = args.dt.unwrap_or(0.025);
    let (whole, half) = (run(args, dt)?, run(args, 0.5 * dt)?);
    let off = |a: f64, b: f64| 100.0 * ((a - b) / b).abs();
    let count = |s: &Seen| s.spikes as f64;
    let (mean, variance) = (off(whole.moments.0, half.moments.0), off(whole.moments.1, half.moments.1));
    let spikes = if whole.spikes == half.spikes { 0.0 } else { off(count(&whole), count(&half)) };
    let model = &whole.model;
    let (synapses, bytes) = model.streams.iter().fold((0, 0), |(n, b), s| (n + s.events.len(), b + s.events.bytes()));
    let compartments: usize = model.groups.iter().filter_map(|g| g.anatomy.as_ref()).map(|a| a.compartments.len()).sum();
    let sources: f64 = model.groups.iter().filter_map(|g| g.sources).map(|s| s.rate).sum();
    let senders: usize = model.groups.iter().filter(|g| g.is_given()).map(|g| g.size).sum();
    let time = model.ticks as f64 * model.dt;
    let text = format!(
        "{} for {time} ms of a cell of {} compartments with {} inputs ({} bytes each) at a step of {dt} ms; {} to build, {} MB at most\n\
         soma: mean {} mV, variance {} mV2, {} spikes; at half the step {} mV, {} mV2, {} spikes: they differ by {} %, {} %, {} %\n",
        show::seconds(whole.run.wall_s),
        show::count(compartments as f64),
        show::count(synapses as f64),
        show::three_digits(bytes as f64 / synapses.max(1) as f64),
        show::seconds(whole.build.wall_s),
        show::three_digits(whole.run.peak_rss_mb),
        show::four_digits(whole.moments.0),
        show::four_digits(whole.moments.1),
        whole.spikes,
        show::four_digits(half.moments.0),
        show::four_digits(half.moments.1),
        half.spikes,
        show::three_digits(mean),
        show::three_digits(variance),
        show::three_digits(spikes),
    );
    let json = serde_json::json!({
        "n_compartments": compartments, "n_synapses": synapses, "n_sources": senders, "bytes_per_synapse": bytes as f64 / synapses.max(1) as f64,
        "t_ms": time, "dt_ms": model.dt, "threads": args.threads, "seed": args.seed,
        "build_s": whole.build.wall_s, "build_cpu_s": whole.build.cpu_s, "run_s": whole.run.wall_s, "run_cpu_s": whole.run.cpu_s,
        "peak_rss_mb": whole.run.peak_rss_mb, "input_rate_hz": 1e3 * sources / senders.max(1) as f64,
        "rate_hz": 1e3 * count(&whole) / time, "n_spikes": whole.spikes,
        "soma_mean_mv": whole.moments.0, "soma_variance_mv2": whole.moments.1,
        "half": { "run_s": half.run.wall_s, "n_spikes": half.spikes, "soma_mean_mv": half.moments.0, "soma_variance_mv2": half.moments.1 },
        "off_percent": { "mean": mean, "variance": variance, "spikes": spikes },
    });
    Ok(Found { text, json })
}
