//! Spiking networks on which other tools were measured: `brunel`, `brunel-w`. The networks are files of `library/benches`; the keys of the line
//! are those that the scripts for the other tools print.

use super::{Args, Found};
use crate::{show, work};
use homolog_base::Diagnostic;
use homolog_engine::Engine;
use homolog_model::{Inputs, Model, Observable, Probe, Runner, State};

/// Ticks that are run before time is taken, as the scripts do: what is allocated at the first touch is there.
const WARM_MS: f64 = 1.5;

/// Builds and runs.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let clock = work::Clock::start();
    let mut opened = work::open_built_in(&format!("benches/{}.toml", args.name), &args.library)?;
    let network = &mut opened.study.network;
    let time = args.t.unwrap_or(1000.0);
    network.dt = args.dt.map(Into::into).or(network.dt.take());
    let warm = args.dt.map_or(WARM_MS, |dt| (WARM_MS / dt).round().max(1.0) * dt);
    network.presentation = Some(warm.into());
    let (mut model, params) = homolog_model::compile(network, &opened.library, args.seed)?;
    let inputs = Inputs { batch: 1, frames: 1, values: vec![] };
    let mut engine = Engine::new(args.threads);
    let mut state = State::fresh();
    engine.run(&model, &params, &inputs, &[], &mut state, None).map_err(work::fault)?;
    let build = clock.stop();
    // The same structure for a longer time.
    model.ticks = (time / model.dt).round() as usize;
    let spiking = || model.groups.iter().enumerate().filter(|(_, g)| g.spikes && !g.is_given());
    let probes: Vec<Probe> = spiking().map(|(group, _)| Probe { group, what: Observable::Raster }).collect();
    let clock = work::Clock::start();
    let seen = engine.run(&model, &params, &inputs, &probes, &mut state, None).map_err(work::fault)?;
    let run = clock.stop();
    let neurons: usize = spiking().map(|(_, g)| g.size).sum();
    let spikes: usize = seen.traces.iter().map(|t| t.shape[0]).sum();
    let (synapses, bytes) = model.streams.iter().fold((0, 0), |(n, b), s| (n + s.events.len(), b + s.events.bytes()));
    let rate = spikes as f64 / neurons as f64 / (time / 1000.0);
    let cv = cv_isi(&model, &probes, &seen.traces);
    let factor = run.wall_s / (time / 1000.0);
    let text = format!(
        "{} of processor time for {} ms of {} neurons and {} synapses ({} bytes each): {} times real time\n{} to build, {} MB at most; {} Hz, CV of intervals {}\n",
        show::seconds(run.cpu_s),
        time,
        show::count(neurons as f64),
        show::count(synapses as f64),
        show::three_digits(bytes as f64 / synapses.max(1) as f64),
        show::three_digits(factor),
        show::seconds(build.wall_s),
        show::three_digits(run.peak_rss_mb),
        show::three_digits(rate),
        show::three_digits(cv),
    );
    let delivered = spikes as f64 * synapses as f64 / neurons as f64;
    let json = serde_json::json!({
        "n_neurons": neurons, "n_synapses": synapses, "bytes_per_synapse": bytes as f64 / synapses.max(1) as f64,
        "t_ms": time, "dt_ms": model.dt, "threads": engine.threads(), "seed": args.seed,
        "build_s": build.wall_s, "build_cpu_s": build.cpu_s, "run_s": run.wall_s, "run_cpu_s": run.cpu_s, "peak_rss_mb": run.peak_rss_mb,
        "rate_hz": rate, "cv_isi": cv, "n_spikes": spikes, "real_time_factor": factor, "rtf_cpu": run.cpu_s / (time / 1000.0),
        "syn_events_per_cpu_s": delivered / run.cpu_s, "updates_per_cpu_s": neurons as f64 * model.ticks as f64 / run.cpu_s,
        "spikes_hash": hash(&seen.traces),
    });
    Ok(Found { text, json })
}

/// The mean over neurons (with three spikes or more) of the coefficient of variation of their intervals.
fn cv_isi(model: &Model, probes: &[Probe], traces: &[homolog_model::Trace]) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for (probe, trace) in probes.iter().zip(traces) {
        let mut times: Vec<Vec<f64>> = vec![vec![]; model.groups[probe.group].size];
        trace.data.chunks_exact(3).for_each(|s| times[s[1] as usize].push(s[0]));
        for t in times.iter().filter(|t| t.len() > 2) {
            let intervals: Vec<f64> = t.windows(2).map(|w| w[1] - w[0]).collect();
            let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
            let variance = intervals.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (intervals.len() - 1) as f64;
            sum += variance.sqrt() / mean;
            n += 1.0;
        }
    }
    if n > 0.0 { sum / n } else { 0.0 }
}

/// A hash of who spiked when.
fn hash(traces: &[homolog_model::Trace]) -> String {
    homolog_base::Hash::of_u64(traces.iter().flat_map(|t| t.data.iter().map(|x| x.to_bits()))).to_string()
}
