//! What probes see, copied out of the columns while they are there.

use crate::events::Spikes;
use crate::format::Format;
use crate::forward::count_variable;
use crate::layout::Now;
use crate::plastic::All;
use crate::run::{Run, Source};
use homolog_base::Unit;
use homolog_model::{Observable, Probe, Recording, Spike, Trace};

/// Traces of the right shapes for the neurons that are computed here, all zero.
pub(crate) fn empty_recording<R: Format>(run: &Run<R>, probes: &[Probe]) -> Recording {
    let trace = |p: &Probe| {
        let g = &run.model.groups[p.group];
        let (frames, ticks) = (run.layout.frames, run.layout.frames * run.model.ticks);
        let variable = |k: usize| (g.variables[k].name.as_str(), g.variables[k].unit);
        let each = g.kinds();
        let (what, unit, samples, sites) = match p.what {
            Observable::Value => ("value", Unit::ONE, frames, each),
            Observable::Count => ("count", Unit::ONE, frames, each),
            Observable::Spikes => ("spikes", Unit::ONE, ticks, each),
            Observable::Raster => ("raster", Unit::ONE, 0, 0),
            Observable::Weights(_) => ("weights", Unit::ONE, frames, 0),
            Observable::State(k) => (variable(k).0, variable(k).1, ticks, g.variables[k].sites),
            Observable::Site(k, _) => (variable(k).0, variable(k).1, ticks, 1),
            Observable::Sum(k) => (run.model.sums[k].name.as_str(), run.model.sums[k].unit, ticks, 1),
            Observable::FrameEnd(k) => (variable(k).0, variable(k).1, frames, g.variables[k].sites),
        };
        let shape = match p.what {
            Observable::Raster => [0, 3, 1],
            Observable::Weights(k) => [frames, run.model.streams[k].events.len(), 1],
            _ => [samples, sites * g.here().len(), run.layout.batch],
        };
        let name = match p.what {
            Observable::Weights(k) => format!("{}.{what}", run.model.streams[k].name),
            _ => format!("{}.{what}", g.name),
        };
        Trace { name, unit, shape, data: vec![0.0; shape.iter().product()] }
    };
    Recording { traces: probes.iter().map(trace).collect() }
}

/// Copies places of a column one after the other.
fn places<R: Format>(run: &Run<R>, arena: &[R], g: usize, at: usize, sites: usize, out: &mut [f64]) {
    let l = run.of(g);
    for (site, out) in out.chunks_exact_mut(l.lanes).enumerate().take(sites) {
        R::widen(&arena[at + site * l.site..][..l.lanes], out);
    }
}

/// Spikes and states in the ticks of a segment.
#[allow(clippy::too_many_arguments)]
pub(crate) fn record_segment<R: Format>(
    run: &Run<R>,
    arena: &[R],
    spikes: &Spikes,
    probes: &[Probe],
    g: usize,
    now: Now,
    ticks: usize,
    recording: &mut Recording,
) {
    let lanes = run.of(g).lanes;
    for (n, (p, trace)) in probes.iter().zip(&mut recording.traces).enumerate().filter(|(_, (p, _))| p.group == g) {
        if p.what == Observable::Raster {
            raster(run, spikes, now, ticks, trace);
            continue;
        }
        let own = run.of(g).traces.iter().find(|t| t.0 == n);
        let sum = run.of(g).sums.iter().find(|s| s.0 == n);
        let sites = trace.shape[1] / run.model.groups[g].here().len();
        for t in 0..ticks {
            let at = match p.what {
                Observable::Spikes => run.layout.spike(g, now.copy, t as isize),
                Observable::State(k) => run.layout.variable(g, k, now.copy, t + 1),
                Observable::Site(..) if own.is_some() => own.map_or(0, |own| own.3.nth(t)),
                Observable::Site(k, site) => run.layout.variable(g, k, now.copy, t + 1) + site * run.of(g).site,
                Observable::Sum(_) => sum.map_or(0, |s| s.2.nth(t)),
                _ => break,
            };
            let row = now.frame * run.model.ticks + now.first + t;
            let out = &mut trace.data[row * sites * lanes..][..sites * lanes];
            places(run, arena, g, at, sites, out);
            if p.what == Observable::Spikes && run.model.groups[g].interpolated {
                // Whether there is one, without when.
                out.iter_mut().for_each(|x| *x = x.min(1.0));
            }
        }
    }
}

/// Adds the spikes of a segment, one by one.
fn raster<R: Format>(run: &Run<R>, spikes: &Spikes, now: Now, ticks: usize, trace: &mut Trace) {
    let batch = run.layout.batch;
    for t in now.frame * run.model.ticks + now.first..now.frame * run.model.ticks + now.first + ticks {
        let number = |s: Spike| ((s.neuron as usize / batch) as f64, (s.neuron as usize % batch) as f64);
        let rows = spikes.all(run.start + t as i64).map(|s| (t as f64 + s.passed(), number(s)));
        trace.data.extend(rows.flat_map(|(time, (neuron, sample))| [time, neuron, sample]));
    }
    trace.shape[0] = trace.data.len() / 3;
}

/// Values, counts and other numbers of some groups at the end of a frame.
#[allow(clippy::too_many_arguments)]
pub(crate) fn record_frame<R: Format>(
    run: &Run<R>,
    arena: &[R],
    plastic: &All,
    probes: &[Probe],
    groups: &[usize],
    frame: usize,
    recording: &mut Recording,
) {
    for (p, trace) in probes.iter().zip(&mut recording.traces).filter(|(p, _)| groups.contains(&p.group)) {
        let (lanes, all) = (run.of(p.group).lanes, run.of(p.group).all);
        let last = run.layout.segments - 1;
        let end = |k: usize| {
            let ticks = run.layout.segment_ticks(last, run.model.ticks);
            run.layout.variable(p.group, k, run.layout.copy(frame, last), ticks)
        };
        match p.what {
            Observable::Value => {
                let to = &mut trace.data[frame * all..(frame + 1) * all];
                match run.value_source(p.group, frame as isize) {
                    Source::Given(x) => R::widen(x, to),
                    Source::Arena(at) => R::widen(&arena[at..at + all], to),
                }
            }
            Observable::Count => {
                let Some(k) = count_variable(run.model, p.group) else { continue };
                let kinds = run.model.groups[p.group].kinds();
                places(run, arena, p.group, end(k), kinds, &mut trace.data[frame * all..(frame + 1) * all]);
            }
            Observable::FrameEnd(k) => {
                let sites = run.model.groups[p.group].variables[k].sites;
                let n = sites * lanes;
                places(run, arena, p.group, end(k), sites, &mut trace.data[frame * n..(frame + 1) * n]);
            }
            Observable::Weights(k) => {
                if let Some(w) = &plastic[k] {
                    let weights = w.weights();
                    trace.data[frame * weights.len()..][..weights.len()].copy_from_slice(weights);
                }
            }
            Observable::Spikes | Observable::Raster | Observable::State(_) | Observable::Site(..) | Observable::Sum(_) => {}
        }
    }
}
