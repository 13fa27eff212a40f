//! Spiking networks on which other tools were measured: `brunel`, `cuba` and the like. The networks are files of `library/benches`; the keys of
//! the line are those that the scripts for the other tools print.

use super::{Args, Found};
use crate::ranks::World;
use crate::{ranks, show, work};
use homolog_base::{Diagnostic, Ranks};
use homolog_engine::Engine;
use homolog_measure::{cv_of_intervals, trains};
use homolog_model::{Inputs, Observable, Probe, Runner, State};

/// Time is run in presentations of so many ticks. One is run before time is taken, as the scripts do: what is allocated at the first touch is there.
const TICKS: f64 = 100.0;

/// Builds and runs.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let clock = work::Clock::start();
    let mut opened = work::open_built_in(&format!("benches/{}.toml", args.name), &args.library)?;
    let network = &mut opened.study.network;
    let time = args.t.unwrap_or(1000.0);
    network.dt = args.dt.map(Into::into).or(network.dt.take());
    network.precision = args.precision.map(Into::into);
    network.spikes = args.spikes.map(Into::into);
    let dt = network.dt.as_ref().map_or(0.1, |dt| dt.value);
    let frames = |key: &str, ms: f64| {
        let n = (ms / (TICKS * dt)).round();
        let text = format!("{ms} ms are no whole number of {} ms", TICKS * dt);
        let fits = n >= 0.0 && (n * TICKS * dt - ms).abs() < 1e-9 * ms.max(1.0);
        if fits { Ok(n as usize) } else { Err(vec![Diagnostic::error("bench-time", text).hint(format!("give `{key}` in steps of that"))]) }
    };
    let (frames, settle) = (frames("--t", time)?, frames("--settle", args.settle)?);
    network.presentation = Some((TICKS * dt).into());
    if let Some(scale) = args.scale {
        *network = network.scaled(scale);
    }
    let (model, params) = work::compile(network, &opened.library, args.seed)?;
    let mut engine = Engine::new(args.threads).among(World);
    let mut state = State::fresh();
    let inputs = |frames: usize| Inputs { batch: 1, frames, values: vec![] };
    engine.run(&model, &params, &inputs(1), &[], &mut state, None).map_err(work::fault)?;
    let build = clock.stop();
    if settle > 0 {
        engine.run(&model, &params, &inputs(settle), &[], &mut state, None).map_err(work::fault)?;
    }
    let spiking = || model.groups.iter().enumerate().filter(|(_, g)| g.spikes && !g.is_given());
    let probes: Vec<Probe> = spiking().map(|(group, _)| Probe { group, what: Observable::Raster }).collect();
    let clock = work::Clock::start();
    let seen = engine.run(&model, &params, &inputs(frames), &probes, &mut state, None).map_err(work::fault)?;
    let mut run = clock.stop();
    let neurons: usize = spiking().map(|(_, g)| g.size).sum();
    let spikes: usize = seen.traces.iter().map(|t| t.shape[0]).sum();
    let synapses = model.streams.iter().map(|s| s.whole.connections).sum::<u64>();
    let bytes = model.streams.iter().map(|s| s.events.bytes() + s.plasticity.as_ref().map_or(0, |p| p.bytes())).sum::<usize>();
    // Of all processes together.
    let all = |x: f64| World.numbers(&[x.to_bits()]).concat().into_iter().map(f64::from_bits).sum::<f64>();
    let (bytes, build_cpu_s) = (all(bytes as f64), all(build.cpu_s));
    (run.cpu_s, run.peak_rss_mb) = (all(run.cpu_s), all(run.peak_rss_mb));
    let rate = spikes as f64 / neurons as f64 / (time / 1000.0);
    let of_groups: Vec<Vec<Vec<f64>>> =
        probes.iter().zip(&seen.traces).map(|(probe, trace)| trains(trace, model.groups[probe.group].size)).collect();
    let cv = cv_of_intervals(of_groups.iter().flatten());
    let rate_of = |trains: &[Vec<f64>]| trains.iter().map(Vec::len).sum::<usize>() as f64 / trains.len() as f64 / (time / 1000.0);
    let each: Vec<(&str, f64, Option<f64>)> =
        probes.iter().zip(&of_groups).map(|(p, t)| (model.groups[p.group].name.as_str(), rate_of(t), cv_of_intervals(t))).collect();
    // What has been learned, in the unit of what an event is given.
    let learned: Vec<(&str, f64, String)> = model
        .streams
        .iter()
        .zip(&state.plastic)
        .filter_map(|(s, p)| {
            let (weights, (_, size, unit)) = (p.connections.first()?, model.groups[s.to].event_sizes.first()?);
            Some((s.name.as_str(), size * weights.iter().sum::<f64>() / weights.len() as f64, unit.to_string()))
        })
        .collect();
    let factor = run.wall_s / (time / 1000.0);
    let text = format!(
        "{} of processor time for {} ms of {} neurons and {} synapses ({} bytes each): {} times real time\n{} to build, {} MB at most; {} Hz, CV of intervals {}\n",
        show::seconds(run.cpu_s),
        time,
        show::count(neurons as f64),
        show::count(synapses as f64),
        show::three_digits(bytes / synapses.max(1) as f64),
        show::three_digits(factor),
        show::seconds(build.wall_s),
        show::three_digits(run.peak_rss_mb),
        show::three_digits(rate),
        show::three_digits(cv.unwrap_or(f64::NAN)),
    ) + &each
        .iter()
        .map(|(name, rate, cv)| {
            format!("{name:8} {:>6} Hz, CV {}\n", show::three_digits(*rate), show::three_digits(cv.unwrap_or(f64::NAN)))
        })
        .collect::<String>()
        + &learned
            .iter()
            .map(|(name, mean, unit)| format!("{name}: mean weight {} {unit}\n", show::three_digits(*mean)))
            .collect::<String>();
    let learned: Vec<_> =
        learned.into_iter().map(|(name, mean, unit)| serde_json::json!({ "name": name, "mean": mean, "unit": unit })).collect();
    let each: Vec<_> =
        each.into_iter().map(|(name, rate, cv)| serde_json::json!({ "name": name, "rate_hz": rate, "cv_isi": cv })).collect();
    let delivered = spikes as f64 * synapses as f64 / neurons as f64;
    let json = serde_json::json!({
        "n_neurons": neurons, "n_synapses": synapses, "bytes_per_synapse": bytes / synapses.max(1) as f64,
        "t_ms": time, "dt_ms": model.dt, "threads": engine.threads(), "ranks": ranks::number(), "precision": model.precision.name(),
        "spikes": args.spikes.unwrap_or_default().name(), "seed": args.seed,
        "build_s": build.wall_s, "build_cpu_s": build_cpu_s, "run_s": run.wall_s, "run_cpu_s": run.cpu_s, "peak_rss_mb": run.peak_rss_mb,
        "rate_hz": rate, "cv_isi": cv, "n_spikes": spikes, "real_time_factor": factor, "rtf_cpu": run.cpu_s / (time / 1000.0),
        "syn_events_per_cpu_s": delivered / run.cpu_s, "updates_per_cpu_s": neurons as f64 * (time / model.dt) / run.cpu_s,
        "populations": each, "weights": learned, "scale": args.scale.unwrap_or(1.0), "spikes_hash": hash(&seen.traces),
    });
    Ok(Found { text, json })
}

/// A hash of who spiked when.
fn hash(traces: &[homolog_model::Trace]) -> String {
    homolog_base::Hash::of_u64(traces.iter().flat_map(|t| t.data.iter().map(|x| x.to_bits()))).to_string()
}
