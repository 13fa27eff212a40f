//! What probes see, copied out of the columns while they are there.

use crate::forward::{Run, Source, count_variable};
use crate::layout::Now;
use homolog_model::{Observable, Probe, Recording, Trace};
use std::ops::Range;

/// Traces of the right shapes, all zero.
pub(crate) fn empty_recording(run: &Run, probes: &[Probe]) -> Recording {
    let trace = |p: &Probe| {
        let g = &run.model.groups[p.group];
        let (what, unit, samples) = match p.what {
            Observable::Value => ("value", homolog_base::Unit::ONE, run.layout.frames),
            Observable::Count => ("count", homolog_base::Unit::ONE, run.layout.frames),
            Observable::Spikes => ("spikes", homolog_base::Unit::ONE, run.layout.frames * run.model.ticks),
            Observable::State(k) => (g.variables[k].name.as_str(), g.variables[k].unit, run.layout.frames * run.model.ticks),
        };
        let shape = [samples, g.size, run.layout.batch];
        Trace { name: format!("{}.{what}", g.name), unit, shape, data: vec![0.0; shape.iter().product()] }
    };
    Recording { traces: probes.iter().map(trace).collect() }
}

/// Spikes and states of some neurons after a tick.
#[allow(clippy::too_many_arguments)]
pub(crate) fn record_tick(
    run: &Run,
    arena: &[f64],
    probes: &[Probe],
    g: usize,
    now: Now,
    segment: usize,
    rows: Range<usize>,
    recording: &mut Recording,
) {
    let lanes = run.layout.groups[g].lanes;
    for (p, trace) in probes.iter().zip(&mut recording.traces).filter(|(p, _)| p.group == g) {
        let at = match p.what {
            Observable::Spikes => run.layout.spike(g, now.copy, now.t as isize),
            Observable::State(k) => run.layout.variable(g, k, now.copy, now.t + 1),
            _ => continue,
        };
        let row = now.frame * run.model.ticks + segment * run.layout.segment + now.t;
        let part = rows.start * run.layout.batch..rows.end * run.layout.batch;
        trace.data[row * lanes..][part.clone()].copy_from_slice(&arena[at..][part]);
    }
}

/// Values and counts at the end of a frame.
pub(crate) fn record_frame(run: &Run, arena: &[f64], probes: &[Probe], frame: usize, recording: &mut Recording) {
    for (p, trace) in probes.iter().zip(&mut recording.traces) {
        let lanes = run.layout.groups[p.group].lanes;
        let to = &mut trace.data[..];
        match p.what {
            Observable::Value => match run.value_source(p.group, frame as isize) {
                Source::Given(x) => to[frame * lanes..(frame + 1) * lanes].copy_from_slice(x),
                Source::Arena(at) => to[frame * lanes..(frame + 1) * lanes].copy_from_slice(&arena[at..at + lanes]),
            },
            Observable::Count => {
                let Some(k) = count_variable(run.model, p.group) else { continue };
                let last = run.layout.segments - 1;
                let at = run.layout.variable(p.group, k, run.layout.copy(frame, last), run.layout.segment_ticks(last, run.model.ticks));
                to[frame * lanes..(frame + 1) * lanes].copy_from_slice(&arena[at..at + lanes]);
            }
            _ => {}
        }
    }
}
