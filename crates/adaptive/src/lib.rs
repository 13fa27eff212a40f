//! Single cells solved to a tolerance: what the steps of a fixed-step run cost in accuracy.
//!
//! The equations are those of the mechanisms before any step method ([`homolog_model::Equations`]), the method is that of `diffsol`:
//! backward differentiation formulas of order 1 to 5 with a step that follows the error (Shampine & Reichelt 1997, SIAM J. Sci. Comput. 18,
//! 1-22), and sparse LU factors. It begins anew at every edge of a stimulus. Unlike the runner this promises a tolerance and no bits.

mod condense;
mod method;
mod switches;
mod system;

use homolog_base::Diagnostic;
use homolog_model::{Equations, Model, Observable, Params, Probe, Recording, Trace};
use method::solve;
use system::System;

/// How exactly is solved: the error that a step may make of each unknown is at most `relative` times its size, and `absolute` besides.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tolerance {
    /// Relative to the size.
    pub relative: f64,
    /// In mV, or in the unit of the unknown; of concentrations (mM) that part of where they begin, as 1e-4 mM is much calcium.
    pub absolute: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Tolerance { relative: 1e-8, absolute: 1e-9 }
    }
}

/// Most unknowns of one neuron: what is built for each (factors, history of steps) takes some 2 kB, so 0.4 GB in all.
pub const MOST_UNKNOWNS: usize = 200_000;
/// Bytes that an unknown takes while it is solved, with its share of the factors.
const BYTES: f64 = 2000.0;

/// What was solved.
#[derive(Clone, Debug, Default)]
pub struct Solved {
    /// As a fixed-step run of the same probes gives it: values at the ends of ticks; a spike in the tick in which it falls.
    pub recording: Recording,
    /// For every group and neuron: when it spiked, ms.
    pub spikes: Vec<Vec<Vec<f64>>>,
    /// Unknowns of all that was solved.
    pub unknowns: usize,
    /// Steps that were made.
    pub steps: usize,
}

/// What one neuron (or one of each kind) does.
#[derive(Default)]
struct Course {
    /// For every probe of the group: its value at the end of each tick.
    values: Vec<Vec<f64>>,
    /// For each kind: when it spiked, ms.
    spikes: Vec<Vec<f64>>,
}

/// Bytes that [`run`] will take beside its recording.
pub fn memory(model: &Model) -> f64 {
    BYTES * model.groups.iter().map(|g| g.state_size() as f64).fold(0.0, f64::max)
}

/// Solves every cell of a model of single cells for one presentation. `equations` are those of its groups, in their order.
///
/// # Errors
/// What is not solved, with why: more unknowns than [`MOST_UNKNOWNS`], a membrane without area, an observable that only steps have, a
/// solver that gives up.
pub fn run(model: &Model, params: &Params, equations: &[Equations], probes: &[Probe], tolerance: Tolerance) -> Result<Solved, Diagnostic> {
    let mut out = Solved::default();
    let mut traces: Vec<Trace> = Vec::new();
    for p in probes {
        let group = &model.groups[p.group];
        let (name, unit, width) = match p.what {
            Observable::Site(k, _) => (group.variables[k].name.clone(), group.variables[k].unit, group.copies()),
            Observable::Spikes => ("spikes".into(), homolog_base::Unit::ONE, group.size),
            _ => return Err(refused(&group.name, "only potentials, states and spikes are compared with it", "record those")),
        };
        let name = format!("{}.{name}", group.name);
        traces.push(Trace { name, unit, shape: [model.ticks, width, 1], data: vec![0.0; model.ticks * width] });
    }
    for (g, group) in model.groups.iter().enumerate() {
        if group.bias.is_some_and(|b| params.tensors[b].values.iter().any(|x| *x != 0.0)) {
            return Err(refused(&group.name, "a bias is a drive of networks", "inject a current instead"));
        }
        let of_group: Vec<usize> = (0..probes.len()).filter(|k| probes[*k].group == g).collect();
        let watched: Vec<Probe> = of_group.iter().map(|k| probes[*k].clone()).collect();
        let alike = group.learned.is_empty();
        let mut spikes = vec![vec![]; group.size];
        let mut course = Course::default();
        for copy in 0..group.copies() {
            if copy == 0 || !alike {
                let system = System::new(model, params, g, &equations[g], copy)?;
                out.unknowns += system.unknowns();
                course = solve(&system, model, &watched, tolerance, &mut out)?;
            }
            for (k, values) in of_group.iter().zip(&course.values) {
                let width = traces[*k].shape[1];
                for (row, x) in traces[*k].data.chunks_exact_mut(width).zip(values) {
                    row[copy] = *x;
                }
            }
            for (kind, times) in course.spikes.iter().enumerate() {
                spikes[kind * group.copies() + copy].clone_from(times);
            }
        }
        for k in of_group.into_iter().filter(|k| probes[*k].what == Observable::Spikes) {
            for (neuron, t) in spikes.iter().enumerate().flat_map(|(n, all)| all.iter().map(move |t| (n, t))) {
                let tick = ((t / model.dt) as usize).min(model.ticks.saturating_sub(1));
                traces[k].data[tick * group.size + neuron] = 1.0;
            }
        }
        out.spikes.push(spikes);
    }
    out.recording = Recording { traces };
    Ok(out)
}

/// A message about what is not solved.
fn refused(group: &str, why: &str, hint: &str) -> Diagnostic {
    Diagnostic::error("reference-refused", format!("`{group}` has no adaptive reference: {why}")).hint(hint)
}
