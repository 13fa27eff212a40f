//! The pullback: the run in reverse.
//!
//! Reverse accumulation with checkpoints (Griewank & Walther 2008, ch. 12): segments that were not kept are computed
//! again from their checkpoint, so that memory grows like the square root of the ticks. The derivative of a step is its
//! vector-Jacobian kernel; the derivative of a product with weights is a product with their transpose; a spike that
//! arrived `D` ticks later receives its cotangent from there. See `docs/methods/adjoint.md` for what a spike, a reset
//! and a delay mean in reverse.

use crate::format::Numbers;
use crate::forward::{count_variable, finite, next_run, on_a_line};
use crate::layout::{Columns, Layout, Now, Wanted};
use crate::plan::Plan;
use crate::products::{few, link_weights, prepare_weights, sign_of};
use crate::run::{Piece, Run, Source};
use crate::{Engine, Scratch};
use homolog_exec::{add_outer_of_spikes, sum_rows};
use homolog_model::model::port;
use homolog_model::{Clock, Fault, Gradients, Inputs, Model, Observable, Params, Phase, Probe, RecordingGrad, Tape, Target, Wires};
use std::ops::Range;

/// Numbers of a cache line.
const LINE: usize = 8;

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
    if let Some(s) = model.streams.first() {
        let what = format!("no gradient: it does not pass through `{}`, of which nothing is learned", s.name);
        let group = model.groups[s.to].name.clone();
        return Err(Fault { tick: 0, t_ms: 0.0, group, neuron: 0, place: None, sample: 0, what });
    }
    let shape = tape.shape;
    let wanted = Wanted {
        model,
        probes,
        batch: shape.batch,
        frames: shape.frames,
        taped: true,
        precise: false,
        threads: engine.threads,
        line: LINE,
    };
    let layout = Layout::with_segment(wanted, shape.segment, shape.keeps_all);
    let mut memory = std::mem::take(&mut tape.arena);
    // The tape may be that of an engine with fewer threads; what is scratch memory lies behind everything else.
    if memory.len() < layout.size + LINE {
        let skip = on_a_line(&mut memory).as_ptr() as usize - memory.as_ptr() as usize;
        let mut larger = vec![0.0; layout.size + 2 * LINE];
        let numbers = memory.len() - skip / size_of::<f64>();
        on_a_line(&mut larger)[..numbers].copy_from_slice(&memory[skip / size_of::<f64>()..]);
        memory = larger;
    }
    let arena = on_a_line(&mut memory);
    let mut scratch = std::mem::take(&mut engine.double.scratch);
    let numbers = Numbers::new(params, inputs);
    prepare_weights(model, &numbers, &mut scratch);
    let run = Run::new(engine.isa, engine.threads, plan, model, params, &numbers, &layout, tape.start.tick);
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
    back.finish(arena, tape.start.is_fresh(), wants_inputs);
    let fault = back.first_not_finite(params);
    tape.arena = memory;
    engine.double.scratch = scratch;
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
        let clear = |arena: &mut [f64], c: &Columns, count: usize| arena[c.at..c.at + c.pitch * count].fill(0.0);
        for (g, group) in self.run.model.groups.iter().enumerate() {
            let l = &layout.groups[g];
            let mut given = final_state.get(g).map_or(&[][..], Vec::as_slice);
            for (v, c) in group.variables.iter().zip(&l.d_variables) {
                clear(arena, c, 1);
                for site in 0..if given.is_empty() { 0 } else { v.sites } {
                    let (now, rest) = given.split_at(l.lanes);
                    arena[c.at + site * l.site..][..l.lanes].copy_from_slice(now);
                    given = rest;
                }
            }
            l.d_learned.iter().for_each(|c| clear(arena, c, 1));
            l.d_fixed.iter().zip(&group.fixed).filter(|(_, f)| f.values.is_none()).for_each(|(c, _)| clear(arena, c, 1));
            clear(arena, &l.d_values, layout.frames + l.value_history);
            l.d_arrivals.iter().for_each(|c| clear(arena, c, layout.segment + l.arrival_history));
        }
        for (p, given) in self.probes.iter().zip(self.grad).filter(|(p, g)| p.what == Observable::Value && !g.is_empty()) {
            let l = &layout.groups[p.group];
            for frame in 0..layout.frames {
                let to = layout.d_value(p.group, frame as isize);
                for (a, b) in arena[to..to + l.all].iter_mut().zip(&given[frame * l.all..]) {
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
                            self.value(arena, *g, Now { frame, ..Now::default() });
                            self.drive(arena, scratch, *g, frame);
                        }
                    }
                    Phase::Ticks(stages) => {
                        let groups = stages.concat();
                        for &g in groups.iter().filter(|g| self.needs[**g]) {
                            self.end_of_frame(arena, g, frame);
                        }
                        for segment in (0..segments).rev() {
                            if !keeps_all {
                                let n = self.run.checkpoint_size(&groups);
                                saved -= n;
                                self.run.load_checkpoint(arena, &groups, &checkpoints[saved..saved + n]);
                                self.run.segment(arena, scratch, stages, frame, segment, |g| self.watched(g));
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

    /// Whether variables of a group are recorded tick by tick.
    fn watched(&self, g: usize) -> bool {
        self.probes.iter().any(|p| p.group == g && matches!(p.what, Observable::State(_) | Observable::Site(..) | Observable::Sum(_)))
    }

    /// The value's cotangent becomes that of the drive, or of the variables at the end of the frame.
    fn value(&self, arena: &mut [f64], g: usize, now: Now) {
        if let Some(bound) = &self.run.plan.groups[g].value_vjp {
            self.run.once(arena, g, bound, now);
        }
    }

    fn end_of_frame(&self, arena: &mut [f64], g: usize, frame: usize) {
        let layout = self.layout();
        let l = &layout.groups[g];
        self.run.clear(arena, l.d_drive.at, &l.d_drive);
        l.d_signed.iter().for_each(|c| self.run.clear(arena, c.at, c));
        let last = layout.segments - 1;
        let t = layout.segment_ticks(last, self.run.model.ticks);
        self.value(arena, g, Now { t, ..self.run.begin(frame, last) });
        for (p, given) in self.probes.iter().zip(self.grad).filter(|(p, x)| p.group == g && p.what == Observable::Count && !x.is_empty()) {
            if let Some(k) = count_variable(self.run.model, p.group) {
                let to = l.d_variables[k].at;
                for (a, b) in arena[to..to + l.all].iter_mut().zip(&given[frame * l.all..]) {
                    *a += b;
                }
            }
        }
    }

    fn start_of_frame(&mut self, arena: &mut [f64], scratch: &mut Scratch, g: usize, frame: usize) {
        let l = &self.run.layout.groups[g];
        for (c, v) in l.d_variables.iter().zip(&self.run.model.groups[g].variables) {
            if v.per_frame {
                // It began this frame at zero, whatever it was before.
                self.run.clear(arena, c.at, c);
            }
        }
        self.drive(arena, scratch, g, frame);
    }

    /// The cotangents of recorded places, for the ticks of a segment.
    fn given_traces(&self, arena: &mut [f64], g: usize, now: Now, ticks: usize) {
        let l = &self.layout().groups[g];
        let places = l.d_traces.iter().map(|(probe, _, _, columns)| (probe, columns));
        for (probe, columns) in places.chain(l.d_sums.iter().map(|(probe, _, columns)| (probe, columns))) {
            let given = self.grad.get(*probe).map_or(&[][..], Vec::as_slice);
            for t in 0..ticks {
                let to = &mut arena[columns.nth(t)..][..l.lanes];
                let row = (now.frame * self.run.model.ticks + now.first + t) * l.lanes;
                if given.is_empty() { to.fill(0.0) } else { to.copy_from_slice(&given[row..row + l.lanes]) }
            }
        }
    }

    /// The ticks of a segment, last first.
    fn segment(&mut self, arena: &mut [f64], scratch: &mut Scratch, stages: &[Vec<usize>], frame: usize, segment: usize) {
        let layout = self.run.layout;
        let ticks = layout.segment_ticks(segment, self.run.model.ticks);
        let now = self.run.begin(frame, segment);
        for &g in stages.iter().flatten().filter(|g| self.needs[**g]) {
            self.given_traces(arena, g, now, ticks);
        }
        for stage in stages.iter().rev() {
            match self.run.tile(stage) {
                None => {
                    let contacts = self.run.contacts(stage);
                    for t in (0..ticks).rev() {
                        let now = Now { t, ..now };
                        self.run.clear_contacts(arena, &contacts);
                        for &g in stage.iter().rev().filter(|g| self.needs[**g]) {
                            self.heard(arena, scratch, g, now, 1, &self.run.all(g));
                            self.run.untick(arena, &contacts, g, now);
                        }
                        self.run.untouch(arena, &contacts, now);
                    }
                }
                Some(tile) => {
                    for &g in stage.iter().filter(|g| self.needs[**g]) {
                        self.stage(arena, scratch, g, now, ticks, tile);
                    }
                }
            }
            for t in (0..ticks).rev() {
                for &g in stage.iter().rev() {
                    if self.needs[g] {
                        self.weights(arena, scratch, g, now.copy, t);
                    }
                }
            }
        }
        // What the first ticks of this segment received belongs to spikes of the segment before it.
        let before = if segment > 0 { layout.segment } else { layout.segment_ticks(layout.segments - 1, self.run.model.ticks) };
        for &g in stages.iter().flatten() {
            let l = &layout.groups[g];
            for (k, c) in l.d_arrivals.iter().enumerate() {
                let from = layout.d_arrival(g, k, 0);
                arena.copy_within(from..from + l.arrival_history * c.pitch, layout.d_arrival(g, k, before));
            }
        }
    }

    /// The ticks of a segment of a group whose neurons do not excite one another.
    fn stage(&self, arena: &mut [f64], scratch: &mut Scratch, g: usize, now: Now, ticks: usize, tile: usize) {
        let run = &self.run;
        let pieces = run.pieces(g, now, ticks, [run.layout.groups[g].d_traces.len(), run.layout.groups[g].d_sums.len()] != [0, 0]);
        let speaks = run.model.links.iter().any(|l| l.from == g && l.target.spikes());
        if !speaks {
            // Nobody heard its spikes: one loop over all ticks.
            let l = run.of(g);
            if run.model.groups[g].spikes {
                let n = l.d_spike.pitch * run.plan.groups[g].burst_ticks;
                arena[l.d_spike.at..l.d_spike.at + n].fill(0.0);
            }
            let rows = run.all(g);
            for piece in pieces.into_iter().rev() {
                run.turns(arena, g, run.backward(g, now, piece, &rows), piece.turns, true, &rows);
            }
            return;
        }
        let all = run.all(g);
        // Neurons of several kinds are not cut into tiles.
        let tile = if run.model.groups[g].kinds() > 1 { all.len() } else { tile };
        for first in all.clone().step_by(tile) {
            let rows = first..(first + tile).min(all.end);
            for piece in pieces.iter().rev() {
                for turn in (0..piece.turns).rev() {
                    let t = piece.t + turn * piece.ticks;
                    self.heard(arena, scratch, g, Now { t, ..now }, piece.ticks, &rows);
                    let one = Piece { t, turns: 1, ticks: piece.ticks };
                    run.turns(arena, g, run.backward(g, now, one, &rows), 1, true, &rows);
                }
            }
        }
    }

    /// The cotangents of the spikes of some ticks of some neurons of a group, from those who heard them.
    fn heard(&self, arena: &mut [f64], scratch: &mut Scratch, g: usize, now: Now, ticks: usize, rows: &Range<usize>) {
        let (run, model, layout) = (&self.run, self.run.model, self.run.layout);
        let l = &layout.groups[g];
        let links = || model.links.iter().enumerate().filter(|(_, x)| x.from == g && x.target.spikes());
        let dense = links().next().is_some_and(|(_, x)| x.wires == Wires::Dense && x.places.is_none());
        // Those of some copies; of several kinds, all.
        let neurons = if model.groups[g].kinds() > 1 { 0..model.groups[g].size } else { rows.clone() };
        for j in 0..ticks {
            let to = l.d_spike.nth(j);
            // The first product over dense wires writes; all others add.
            let mut beta = 0.0;
            if !dense {
                arena[to + neurons.start * layout.batch..to + neurons.end * layout.batch].fill(0.0);
                beta = 1.0;
            }
            for (n, link) in links() {
                for (k, opening) in model.groups[link.to].arrivals.iter().enumerate().filter(|(_, a)| !port::from_outside(&a.name)) {
                    let from = layout.d_arrival(link.to, k, now.t + j + link.delay);
                    if link.places.is_some() {
                        run.transposed_from_places(arena, link, sign_of(&opening.name), from, to, neurons.clone(), None);
                        continue;
                    }
                    let signed = std::mem::take(&mut scratch.signed);
                    let weights = link_weights(run.numbers, &signed, n, link, &opening.name);
                    run.transposed(arena, scratch, link, weights, from, to, neurons.clone(), beta);
                    beta = 1.0;
                    scratch.signed = signed;
                }
            }
        }
    }

    /// Gradients of the weights of spikes that arrived in tick `t`.
    fn weights(&mut self, arena: &[f64], scratch: &mut Scratch, g: usize, copy: usize, t: usize) {
        let (run, model, layout) = (&self.run, self.run.model, self.run.layout);
        let receivers = &layout.groups[g];
        for (k, opening) in model.groups[g].arrivals.iter().enumerate().filter(|(_, a)| !port::from_outside(&a.name)) {
            for l in model.links.iter().filter(|l| l.to == g && l.target.spikes()) {
                if !run.params.tensors[l.weights].learned {
                    continue;
                }
                let from = layout.spike(l.from, copy, t as isize - l.delay as isize);
                let spikes = &arena[from..][..layout.groups[l.from].all];
                let at = layout.d_arrival(g, k, t);
                let d = &arena[at..at + receivers.d_arrivals[k].pitch];
                let out = &mut self.out.params[l.weights];
                if l.places.is_some() {
                    run.outer_at_places(l, sign_of(&opening.name), d, spikes, out);
                } else if l.target == Target::BySign {
                    let sign = if sign_of(&opening.name) == 1 { -1.0 } else { 1.0 };
                    let mut part = std::mem::take(&mut scratch.part);
                    part.clear();
                    part.resize(out.len(), 0.0);
                    run.outer(scratch, l, &d[..receivers.all], spikes, &mut part, 1.0);
                    for ((o, p), w) in out.iter_mut().zip(&part).zip(&run.params.tensors[l.weights].values) {
                        if *w * sign > 0.0 {
                            *o += sign * p;
                        }
                    }
                    scratch.part = part;
                } else if l.wires == Wires::Dense {
                    let (columns, batch) = (model.groups[l.from].size, layout.batch);
                    let list = scratch.spikes.entry(from).or_default();
                    // Segments that are computed again have just been read.
                    if layout.keeps_all && !self.listed {
                        list.read(run.isa, spikes, columns, batch);
                    }
                    if few(list.len(), columns * batch) {
                        add_outer_of_spikes(run.isa, list, d, model.groups[g].size, batch, out, columns);
                    } else {
                        run.outer(scratch, l, &d[..receivers.all], spikes, out, 1.0);
                    }
                } else {
                    run.outer(scratch, l, &d[..receivers.all], spikes, out, 1.0);
                }
            }
        }
    }

    /// The drive's cotangent becomes that of bias, weights and the values that were heard.
    fn drive(&mut self, arena: &mut [f64], scratch: &mut Scratch, g: usize, frame: usize) {
        let (run, model, layout) = (&self.run, self.run.model, self.run.layout);
        let (group, here) = (&model.groups[g], &layout.groups[g]);
        let links = |target: Target| model.links.iter().filter(move |l| l.to == g && l.target == target);
        let heard = |arena: &[f64], from: usize, at: isize| -> Vec<f64> {
            match run.value_source(from, at) {
                Source::Given(x) => x.to_vec(),
                Source::Arena(a) => arena[a..a + layout.groups[from].all].to_vec(),
            }
        };
        for l in links(Target::DriveBySign) {
            let at = frame as isize - l.delay as isize;
            let x = heard(arena, l.from, at);
            for (opening, c) in group.signed.iter().zip(&here.d_signed) {
                let sign = sign_of(&opening.name);
                if run.params.tensors[l.weights].learned {
                    run.outer_at_places(l, sign, &arena[c.at..c.at + c.pitch], &x, &mut self.out.params[l.weights]);
                }
                if self.needs[l.from] {
                    run.transposed_from_places(arena, l, sign, c.at, layout.d_value(l.from, at), 0..model.groups[l.from].size, Some(&x));
                }
            }
        }
        if !group.driven {
            return;
        }
        let d = here.d_drive.at;
        if let Some(b) = group.bias.filter(|b| run.params.tensors[*b].learned) {
            sum_rows(run.isa, &arena[d..d + here.all], layout.batch, layout.batch, &mut self.out.params[b]);
        }
        for l in links(Target::Drive) {
            let at = frame as isize - l.delay as isize;
            if run.params.tensors[l.weights].learned {
                let x = match run.value_source(l.from, at) {
                    Source::Given(x) => x,
                    Source::Arena(a) => &arena[a..a + layout.groups[l.from].all],
                };
                let beta = if std::mem::take(&mut self.fresh_gradient[l.weights]) { 0.0 } else { 1.0 };
                run.outer(scratch, l, &arena[d..d + here.all], x, &mut self.out.params[l.weights], beta);
            }
            if self.needs[l.from] {
                let to = layout.d_value(l.from, at);
                run.transposed(arena, scratch, l, &run.params.tensors[l.weights].values, d, to, 0..model.groups[l.from].size, 1.0);
            }
        }
    }

    /// Gradients of learned parameters, of the inputs and of the state at the beginning.
    fn finish(&mut self, arena: &mut [f64], fresh: bool, wants_inputs: bool) {
        let (run, model, layout) = (&self.run, self.run.model, self.run.layout);
        self.out.initial.clear();
        for (g, group) in model.groups.iter().enumerate() {
            let l = &layout.groups[g];
            if !fresh {
                let places = |v: usize| (0..group.variables[v].sites).map(move |site| (v, site));
                let all = (0..group.variables.len()).flat_map(places);
                let columns = all.flat_map(|(v, site)| &arena[l.d_variables[v].at + site * l.site..][..l.lanes]);
                self.out.initial.push(columns.copied().collect());
            }
            if !self.needs[g] {
                continue;
            }
            let plan = &run.plan.groups[g];
            if fresh {
                for bound in plan.initial.iter().filter_map(|p| p.backward.as_ref()) {
                    run.once(arena, g, bound, Now::default());
                }
            }
            for bound in plan.prepare.iter().rev().filter_map(|p| p.backward.as_ref()) {
                run.once(arena, g, bound, Now::default());
            }
            let copies = group.copies();
            let mut of_place = vec![0.0; copies];
            for (learned, c) in group.learned.iter().zip(&l.d_learned) {
                let parts = run.params.tensors[learned.tensor].shape[1];
                for (site, part) in learned.part.iter().enumerate() {
                    let a = c.at + site * l.site;
                    let first = learned.kind.get(site).map_or(0, |k| *k as usize) * copies;
                    of_place.fill(0.0);
                    sum_rows(run.isa, &arena[a..a + l.lanes], layout.batch, layout.batch, &mut of_place);
                    for (n, x) in of_place.iter().enumerate() {
                        self.out.params[learned.tensor][(first + n) * parts + *part as usize] += x;
                    }
                }
            }
        }
        if wants_inputs {
            let inputs = model.groups.iter().enumerate().filter(|(_, g)| g.clock == Clock::Input);
            self.out.inputs = inputs
                .map(|(g, _)| {
                    (0..layout.frames).flat_map(|f| &arena[layout.d_value(g, f as isize)..][..layout.groups[g].all]).copied().collect()
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
            place: None,
            sample: 0,
            what: format!("{} in the gradient", self.out.params[t][k]),
        })
    }
}
