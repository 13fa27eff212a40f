//! The pullback: the run in reverse.
//!
//! Reverse accumulation with checkpoints (Griewank & Walther 2008, ch. 12): segments that were not kept are computed
//! again from their checkpoint, so that memory grows like the square root of the ticks. The derivative of a step is its
//! vector-Jacobian kernel; the derivative of a product with weights is a product with their transpose; a spike that
//! arrived `D` ticks later receives its cotangent from there. See `docs/methods/adjoint.md` for what a spike, a reset
//! and a delay mean in reverse.

use crate::forward::{Run, Source, count_variable, few, finite, next_run, on_a_line, prepare_weights, read_write};
use crate::layout::{Layout, Now};
use crate::plan::{Bound, Plan};
use crate::{Engine, Scratch};
use homolog_exec::{add_outer_of_spikes, gemm_skipping_zeros, sum_rows};
use homolog_model::{Clock, Fault, Gradients, Inputs, Link, Model, Observable, Params, Phase, Probe, RecordingGrad, Tape, Target, Wires};
use std::ops::Range;

/// See [`homolog_model::Runner::pullback`].
#[allow(clippy::too_many_arguments)]
pub(crate) fn pullback(
    engine: &mut Engine,
    plan: &Plan,
    model: &Model,
    params: &Params,
    inputs: &Inputs,
    probes: &[Probe],
    tape: &mut Tape,
    grad: &RecordingGrad,
    final_state: &[Vec<f64>],
    out: &mut Gradients,
) -> Result<(), Fault> {
    let shape = tape.shape;
    let layout = Layout::with_segment(model, shape.batch, shape.frames, true, shape.segment, shape.keeps_all);
    let mut memory = std::mem::take(&mut tape.arena);
    let arena = on_a_line(&mut memory);
    let mut scratch = std::mem::take(&mut engine.scratch);
    prepare_weights(model, params, &mut scratch);
    let run = Run::new(engine.isa, engine.threads, plan, model, params, inputs, &layout);
    out.params.resize_with(params.tensors.len(), Vec::new);
    // The gradient of a link of values over dense wires is a product that needs no zeros to begin with.
    let overwritten = |t: usize| {
        params.tensors[t].learned && model.links.iter().any(|l| l.weights == t && l.target == Target::Drive && l.wires == Wires::Dense)
    };
    for (t, (g, tensor)) in out.params.iter_mut().zip(&params.tensors).enumerate() {
        if !overwritten(t) || g.len() != tensor.values.len() {
            g.clear();
            g.resize(tensor.values.len(), 0.0);
        }
    }
    let fresh_gradient = (0..params.tensors.len()).map(overwritten).collect();
    let wants_inputs = !out.inputs.is_empty();
    let needs = crate::plan::needs_gradient(model, params, wants_inputs);
    let listed = scratch.run == shape.run;
    if !shape.keeps_all {
        scratch.run = next_run();
    }
    let mut back = Backward { run, probes, grad, needs, fresh_gradient, listed, out };
    back.prepare(arena, final_state);
    back.frames(arena, &mut scratch, &tape.checkpoints);
    back.finish(arena, &mut scratch, tape.start.is_fresh(), wants_inputs);
    let fault = back.first_not_finite(params);
    tape.arena = memory;
    engine.scratch = scratch;
    fault.map_or(Ok(()), Err)
}

struct Backward<'a, 'b> {
    run: Run<'a>,
    probes: &'a [Probe],
    grad: &'a RecordingGrad,
    /// Whether gradients must reach each group.
    needs: Vec<bool>,
    /// Tensors whose gradient has not been written yet.
    fresh_gradient: Vec<bool>,
    /// Whether the spikes listed in the scratch space are those of this tape.
    listed: bool,
    out: &'b mut Gradients,
}

impl Backward<'_, '_> {
    fn layout(&self) -> &Layout {
        self.run.layout
    }

    /// Cotangents at the end: those of the final state and of the values that were recorded.
    fn prepare(&self, arena: &mut [f64], final_state: &[Vec<f64>]) {
        let layout = self.layout();
        for (g, group) in self.run.model.groups.iter().enumerate() {
            let l = &layout.groups[g];
            for k in 0..group.variables.len() {
                let column = &mut arena[l.d_variables + k * l.pitch..][..l.lanes];
                match final_state.get(g) {
                    Some(given) if !given.is_empty() => column.copy_from_slice(&given[k * l.lanes..(k + 1) * l.lanes]),
                    _ => column.fill(0.0),
                }
            }
            arena[l.d_learned..l.d_learned + l.pitch * group.learned.len()].fill(0.0);
            arena[l.d_values..l.d_values + l.pitch * (layout.frames + l.value_history)].fill(0.0);
            let n = group.arrivals.len() * (layout.segment + l.arrival_history) * l.pitch;
            arena[l.d_arrivals..l.d_arrivals + n].fill(0.0);
        }
        for (p, given) in self.probes.iter().zip(self.grad).filter(|(p, g)| p.what == Observable::Value && !g.is_empty()) {
            let l = &layout.groups[p.group];
            for frame in 0..layout.frames {
                let to = layout.d_value(p.group, frame as isize);
                for (a, b) in arena[to..to + l.lanes].iter_mut().zip(&given[frame * l.lanes..]) {
                    *a += b;
                }
            }
        }
    }

    fn frames(&mut self, arena: &mut [f64], scratch: &mut Scratch, checkpoints: &[f64]) {
        let model = self.run.model;
        let (segments, frames, keeps_all) = (self.layout().segments, self.layout().frames, self.layout().keeps_all);
        let mut saved = checkpoints.len();
        for frame in (0..frames).rev() {
            for phase in model.phases.iter().rev() {
                match phase {
                    Phase::Value(g) => {
                        if self.needs[*g] {
                            self.value(arena, scratch, *g, Now { frame, ..Now::default() });
                            self.drive(arena, scratch, *g, frame);
                        }
                    }
                    Phase::Ticks(stages) => {
                        let groups = stages.concat();
                        for &g in groups.iter().filter(|g| self.needs[**g]) {
                            self.end_of_frame(arena, scratch, g, frame);
                        }
                        for segment in (0..segments).rev() {
                            if !keeps_all {
                                let n = self.run.checkpoint_size(&groups);
                                saved -= n;
                                self.run.load_checkpoint(arena, &groups, &checkpoints[saved..saved + n]);
                                self.run.segment(arena, scratch, stages, frame, segment, |_| false, |_, _, _, _| {});
                            }
                            self.segment(arena, scratch, stages, frame, segment);
                        }
                        for &g in &groups {
                            if self.needs[g] {
                                self.start_of_frame(arena, scratch, g, frame);
                            }
                        }
                    }
                }
            }
        }
    }

    /// The value's cotangent becomes that of the drive, or of the variables at the end of the frame.
    fn value(&self, arena: &mut [f64], scratch: &mut Scratch, g: usize, now: Now) {
        if let Some(bound) = &self.run.plan.groups[g].value_vjp {
            self.run.call(arena, scratch, g, bound, now, self.run.all(g));
        }
    }

    fn end_of_frame(&self, arena: &mut [f64], scratch: &mut Scratch, g: usize, frame: usize) {
        let layout = self.layout();
        let l = &layout.groups[g];
        arena[l.d_drive..l.d_drive + l.lanes].fill(0.0);
        let last = layout.segments - 1;
        let t = layout.segment_ticks(last, self.run.model.ticks);
        self.value(arena, scratch, g, Now { frame, copy: layout.copy(frame, last), t, open: true });
        for (p, given) in self.probes.iter().zip(self.grad).filter(|(p, x)| p.group == g && p.what == Observable::Count && !x.is_empty()) {
            if let Some(k) = count_variable(self.run.model, p.group) {
                let to = l.d_variables + k * l.pitch;
                for (a, b) in arena[to..to + l.lanes].iter_mut().zip(&given[frame * l.lanes..]) {
                    *a += b;
                }
            }
        }
    }

    fn start_of_frame(&mut self, arena: &mut [f64], scratch: &mut Scratch, g: usize, frame: usize) {
        let l = &self.run.layout.groups[g];
        for (k, v) in self.run.model.groups[g].variables.iter().enumerate() {
            if v.per_frame {
                // It began this frame at zero, whatever it was before.
                arena[l.d_variables + k * l.pitch..][..l.lanes].fill(0.0);
            }
        }
        self.drive(arena, scratch, g, frame);
    }

    /// The ticks of a segment, last first.
    fn segment(&mut self, arena: &mut [f64], scratch: &mut Scratch, stages: &[Vec<usize>], frame: usize, segment: usize) {
        let layout = self.run.layout;
        let ticks = layout.segment_ticks(segment, self.run.model.ticks);
        let copy = layout.copy(frame, segment);
        for stage in stages.iter().rev() {
            let now = |g: usize, t: usize| Now { frame, copy, t, open: segment * layout.segment + t >= self.run.model.groups[g].settle };
            match self.run.tile(stage) {
                None => {
                    for t in (0..ticks).rev() {
                        for &g in stage.iter().rev().filter(|g| self.needs[**g]) {
                            let bound = self.run.plan.groups[g].step_vjp.as_ref().expect("a group with ticks has a derivative");
                            call(&self.run, arena, scratch, g, bound, now(g, t), self.run.all(g));
                        }
                    }
                }
                Some(tile) => {
                    for &g in stage.iter().filter(|g| self.needs[**g]) {
                        for first in self.run.all(g).step_by(tile) {
                            let rows = first..(first + tile).min(self.run.model.groups[g].size);
                            let plan = &self.run.plan.groups[g];
                            for t in self.run.calls(g, ticks).rev() {
                                let burst = plan.burst_vjp.as_ref().filter(|b| t + b.ticks <= ticks);
                                let bound = burst.or(plan.step_vjp.as_ref()).expect("a group with ticks has a derivative");
                                call(&self.run, arena, scratch, g, bound, now(g, t), rows.clone());
                            }
                        }
                    }
                }
            }
            for t in (0..ticks).rev() {
                for &g in stage.iter().rev() {
                    if self.needs[g] {
                        self.weights(arena, scratch, g, copy, t);
                    }
                }
            }
        }
        // What the first ticks of this segment received belongs to spikes of the segment before it.
        let before = if segment > 0 { layout.segment } else { layout.segment_ticks(layout.segments - 1, self.run.model.ticks) };
        for &g in stages.iter().flatten() {
            let l = &layout.groups[g];
            for k in 0..self.run.model.groups[g].arrivals.len() {
                let from = layout.d_arrival(g, k, 0);
                arena.copy_within(from..from + l.arrival_history * l.pitch, layout.d_arrival(g, k, before));
            }
        }
    }

    /// Gradients of the weights of spikes that arrived in tick `t`.
    fn weights(&mut self, arena: &[f64], scratch: &mut Scratch, g: usize, copy: usize, t: usize) {
        let (model, layout) = (self.run.model, self.run.layout);
        for (k, name) in model.groups[g].arrivals.iter().enumerate() {
            for l in model.links.iter().filter(|l| l.to == g && l.target != Target::Drive) {
                if !self.run.params.tensors[l.weights].learned {
                    continue;
                }
                let spikes = &arena[layout.spike(l.from, copy, t as isize - l.delay as isize)..][..layout.groups[l.from].lanes];
                let d = &arena[layout.d_arrival(g, k, t)..][..layout.groups[g].lanes];
                let out = &mut self.out.params[l.weights];
                if l.target == Target::BySign {
                    let sign = if name == homolog_model::model::port::NEGATIVE { -1.0 } else { 1.0 };
                    let mut part = vec![0.0; out.len()];
                    outer(&self.run, scratch, l, d, spikes, &mut part, 1.0);
                    for ((o, p), w) in out.iter_mut().zip(part).zip(&self.run.params.tensors[l.weights].values) {
                        if *w * sign > 0.0 {
                            *o += sign * p;
                        }
                    }
                } else if l.wires == Wires::Dense {
                    let (columns, batch) = (model.groups[l.from].size, layout.batch);
                    let list = scratch.spikes.entry(layout.spike(l.from, copy, t as isize - l.delay as isize)).or_default();
                    // Segments that are computed again have just been read.
                    if layout.keeps_all && !self.listed {
                        list.read(self.run.isa, spikes, columns, batch);
                    }
                    if few(list.len(), columns * batch) {
                        add_outer_of_spikes(self.run.isa, list, d, model.groups[g].size, batch, out, columns);
                    } else {
                        outer(&self.run, scratch, l, d, spikes, out, 1.0);
                    }
                } else {
                    outer(&self.run, scratch, l, d, spikes, out, 1.0);
                }
            }
        }
    }

    /// The drive's cotangent becomes that of bias, weights and the values that were heard.
    fn drive(&mut self, arena: &mut [f64], scratch: &mut Scratch, g: usize, frame: usize) {
        let (model, layout, params) = (self.run.model, self.run.layout, self.run.params);
        let group = &model.groups[g];
        if !group.driven {
            return;
        }
        let lanes = layout.groups[g].lanes;
        let d = layout.groups[g].d_drive;
        if let Some(b) = group.bias.filter(|b| params.tensors[*b].learned) {
            sum_rows(self.run.isa, &arena[d..d + lanes], layout.batch, layout.batch, &mut self.out.params[b]);
        }
        for l in model.links.iter().filter(|l| l.to == g && l.target == Target::Drive) {
            let heard = frame as isize - l.delay as isize;
            if params.tensors[l.weights].learned {
                let x = match self.run.value_source(l.from, heard) {
                    Source::Given(x) => x,
                    Source::Arena(a) => &arena[a..a + layout.groups[l.from].lanes],
                };
                let beta = if std::mem::take(&mut self.fresh_gradient[l.weights]) { 0.0 } else { 1.0 };
                outer(&self.run, scratch, l, &arena[d..d + lanes], x, &mut self.out.params[l.weights], beta);
            }
            if self.needs[l.from] {
                let to = layout.d_value(l.from, heard);
                transposed(&self.run, arena, scratch, l, &params.tensors[l.weights].values, d, to, self.run.all(l.from), 1.0);
            }
        }
    }

    /// Gradients of learned parameters, of the inputs and of the state at the beginning.
    fn finish(&mut self, arena: &mut [f64], scratch: &mut Scratch, fresh: bool, wants_inputs: bool) {
        let (model, layout) = (self.run.model, self.run.layout);
        self.out.initial.clear();
        for (g, group) in model.groups.iter().enumerate() {
            let l = &layout.groups[g];
            if fresh {
                if let Some(bound) = self.run.plan.groups[g].initial_vjp.as_ref().filter(|_| self.needs[g]) {
                    self.run.call(arena, scratch, g, bound, Now::default(), self.run.all(g));
                }
            } else {
                let columns = (0..group.variables.len()).flat_map(|k| &arena[l.d_variables + k * l.pitch..][..l.lanes]);
                self.out.initial.push(columns.copied().collect());
            }
            for (k, (_, t)) in group.learned.iter().enumerate() {
                let a = l.d_learned + k * l.pitch;
                sum_rows(self.run.isa, &arena[a..a + l.lanes], layout.batch, layout.batch, &mut self.out.params[*t]);
            }
        }
        if wants_inputs {
            let inputs = model.groups.iter().enumerate().filter(|(_, g)| g.clock == Clock::Input);
            self.out.inputs = inputs
                .map(|(g, _)| {
                    (0..layout.frames).flat_map(|f| &arena[layout.d_value(g, f as isize)..][..layout.groups[g].lanes]).copied().collect()
                })
                .collect();
        }
    }

    fn first_not_finite(&self, params: &Params) -> Option<Fault> {
        let (t, k) = self.out.params.iter().enumerate().find_map(|(t, g)| {
            if finite(self.run.isa, g) {
                return None;
            }
            g.iter().position(|x| !x.is_finite()).map(|k| (t, k))
        })?;
        let tensor = &params.tensors[t];
        Some(Fault {
            tick: 0,
            t_ms: 0.0,
            group: tensor.name.clone(),
            neuron: k / tensor.shape[1].max(1),
            sample: 0,
            what: format!("{} in the gradient", self.out.params[t][k]),
        })
    }
}

/// One tick or burst of some neurons of a group: the cotangents after it become those before it.
fn call(run: &Run, arena: &mut [f64], scratch: &mut Scratch, g: usize, bound: &Bound, now: Now, rows: Range<usize>) {
    let (model, layout) = (run.model, run.layout);
    let l = &layout.groups[g];
    let dense = model.links.iter().find(|l| l.from == g && l.target != Target::Drive).is_some_and(|l| l.wires == Wires::Dense);
    for j in 0..bound.ticks {
        let to = l.d_spike + j * l.pitch;
        // The first product over dense wires writes; all others add.
        let mut beta = 0.0;
        if !dense {
            arena[to + rows.start * layout.batch..to + rows.end * layout.batch].fill(0.0);
            beta = 1.0;
        }
        for (n, link) in model.links.iter().enumerate().filter(|(_, l)| l.from == g && l.target != Target::Drive) {
            for (k, name) in model.groups[link.to].arrivals.iter().enumerate() {
                let from = layout.d_arrival(link.to, k, now.t + j + link.delay);
                let signed = std::mem::take(&mut scratch.signed);
                let weights = crate::forward::link_weights(run.params, &signed, n, link, name);
                transposed(run, arena, scratch, link, weights, from, to, rows.clone(), beta);
                beta = 1.0;
                scratch.signed = signed;
            }
        }
    }
    run.call(arena, scratch, g, bound, now, rows);
}

/// Adds `W^T d` to some rows (neurons of the sending group) of the column at `to`; with `beta` 0 over dense wires, writes it.
#[allow(clippy::too_many_arguments)]
fn transposed(
    run: &Run,
    arena: &mut [f64],
    scratch: &mut Scratch,
    l: &Link,
    weights: &[f64],
    d: usize,
    to: usize,
    senders: Range<usize>,
    beta: f64,
) {
    let (rows, columns, batch) = (run.model.groups[l.to].size, run.model.groups[l.from].size, run.layout.batch);
    let (to, n) = (to + senders.start * batch, senders.len() * batch);
    let (d, x) = read_write(arena, d, rows * batch, to, n);
    match &l.wires {
        Wires::Dense => {
            let w = &weights[senders.start..];
            run.gemm()(run.isa, true, false, senders.len(), batch, rows, 1.0, w, columns, d, batch, beta, x, batch, &mut scratch.gemm);
        }
        Wires::OneToOne => {
            for ((x, d), w) in x.chunks_exact_mut(batch).zip(d.chunks_exact(batch).skip(senders.start)).zip(&weights[senders]) {
                crate::forward::axpy(*w, d, x);
            }
        }
        Wires::Sparse { start, column } => {
            for (r, d) in d.chunks_exact(batch).enumerate() {
                for k in start[r] as usize..start[r + 1] as usize {
                    crate::forward::axpy(weights[k], d, &mut x[column[k] as usize * batch..][..batch]);
                }
            }
        }
    }
}

/// Adds the gradient of the weights, `d x^T` where there is a weight, to `out`; with `beta` 0 over dense wires, writes it.
fn outer(run: &Run, scratch: &mut Scratch, l: &Link, d: &[f64], x: &[f64], out: &mut [f64], beta: f64) {
    let (rows, columns, batch) = (run.model.groups[l.to].size, run.model.groups[l.from].size, run.layout.batch);
    let dot = |d: &[f64], x: &[f64]| d.iter().zip(x).fold(0.0, |s: f64, (a, b)| a.mul_add(*b, s));
    match &l.wires {
        Wires::Dense => {
            let (isa, parallel) = (run.isa, run.threads > 1);
            gemm_skipping_zeros(isa, parallel, true, rows, columns, batch, d, batch, x, batch, beta, out, columns, &mut scratch.gemm)
        }
        Wires::OneToOne => {
            for ((o, d), x) in out.iter_mut().zip(d.chunks_exact(batch)).zip(x.chunks_exact(batch)) {
                *o += dot(d, x);
            }
        }
        Wires::Sparse { start, column } => {
            for (r, d) in d.chunks_exact(batch).enumerate() {
                for k in start[r] as usize..start[r + 1] as usize {
                    out[k] += dot(d, &x[column[k] as usize * batch..][..batch]);
                }
            }
        }
    }
}
