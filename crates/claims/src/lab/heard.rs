//! A cell that hears populations of Poisson processes, and what it costs to follow it.

use super::{Bench, Lab, Seen, fault, potential};
use homolog_base::Diagnostic;
use homolog_engine::Engine;
use homolog_formats::machine;
use homolog_model::{Inputs, Observable, Probe, Runner, State, Wiring};
use std::time::Instant;

/// What a cell did, what it heard, and what that took.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Heard {
    /// The potential where it was asked for.
    pub seen: Seen,
    /// Connections that end on the cell.
    pub inputs: usize,
    /// Different neurons from which they come.
    pub senders: usize,
    /// Those of them that spiked, and how many times all of them together.
    pub active: (usize, usize),
    /// Spikes of all of them in each ms.
    pub each_ms: Vec<usize>,
    /// From the description to the answer, s.
    pub seconds: f64,
    /// Most memory of the whole program in that time, MB; NaN where the system does not say.
    pub megabytes: f64,
}

impl Bench {
    /// Other populations of Poisson processes: so many times as many connections, of which each sender makes so many, and so many times the
    /// spikes of each.
    pub fn hearing(&self, times: f64, contacts: usize, rate: f64) -> Bench {
        let mut out = self.clone();
        for p in &mut out.network.populations {
            let Some(own) = &mut p.poisson else { continue };
            own.value *= rate;
            p.size.value = ((p.size.value as f64 * times / contacts as f64).round() as usize).max(1);
        }
        if contacts > 1 {
            out.network.projections.iter_mut().for_each(|p| p.wiring = Wiring::OutDegree(contacts).into());
        }
        out
    }

    /// The same in steps of so many ms.
    pub fn in_steps(&self, step: f64) -> Bench {
        let mut out = self.clone();
        out.network.dt = Some(step.into());
        out
    }
}

impl Lab<'_> {
    /// Runs a model for one presentation on one thread, and records the potential at a place that a setting names.
    ///
    /// # Errors
    /// What does not compile, and runs that stop.
    pub fn hear(&mut self, bench: &Bench, place: &str) -> Result<Heard, Vec<Diagnostic>> {
        machine::reset_peak_memory();
        let begun = Instant::now();
        let (model, params) = homolog_model::compile(&bench.network, &bench.library, self.seed)?;
        let group = model.groups.iter().position(|g| g.anatomy.is_some());
        let Some(g) = group else { return Err(vec![Diagnostic::error("claim-experiment", "there is no cell in the model")]) };
        let site = self.site(&model, g, place, &self.settings.places(place)[0])?;
        let mut probes = vec![Probe { group: g, what: Observable::Site(potential(&model, g), site) }];
        let sources: Vec<usize> = (0..model.groups.len()).filter(|k| model.groups[*k].sources.is_some()).collect();
        probes.extend(sources.iter().map(|group| Probe { group: *group, what: Observable::Raster }));
        let nothing = Inputs { batch: 1, frames: 1, values: vec![] };
        // An engine of its own: what another one keeps would be counted.
        let seen = Engine::new(1).run(&model, &params, &nothing, &probes, &mut State::fresh(), None).map_err(fault)?;
        self.runs += 1;
        let (seconds, megabytes) = (begun.elapsed().as_secs_f64(), machine::peak_memory().map_or(f64::NAN, |b| b as f64 / 1e6));
        let mut out = Heard { seconds, megabytes, ..Heard::default() };
        for (group, trace) in sources.iter().zip(&seen.traces[1..]) {
            let streams = || model.streams.iter().filter(|s| s.from == *group && s.to == g);
            out.inputs += streams().map(|s| s.events.len()).sum::<usize>();
            out.senders += (0..model.groups[*group].size).filter(|n| streams().any(|s| s.events.out_degree(*n) > 0)).count();
            let mut spiked = vec![false; model.groups[*group].size];
            for s in trace.data.chunks_exact(3) {
                spiked[s[1] as usize] = true;
                let ms = (s[0] * model.dt) as usize;
                out.each_ms.resize(out.each_ms.len().max(ms + 1), 0);
                out.each_ms[ms] += 1;
            }
            out.active.0 += spiked.iter().filter(|s| **s).count();
            out.active.1 += trace.shape[0];
        }
        let v = seen.traces.into_iter().next().map(|t| t.data).unwrap_or_default();
        out.seen = Seen { dt: model.dt, rest: bench.cell()?.initial.value, traces: vec![v], middles: vec![], sums: vec![] };
        Ok(out)
    }
}
