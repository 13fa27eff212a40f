//! Numbers in and out of the columns: constants, the state of a run, checkpoints.

use crate::format::{Format, append};
use crate::layout::{Columns, Now};
use crate::run::Run;
use homolog_exec::Column;
use homolog_model::State;

impl<R: Format> Run<'_, R> {
    /// Columns of learned parameters and of what stays the same, and what is computed from them.
    pub fn constants(&self, arena: &mut [R]) {
        let batch = self.layout.batch;
        for (g, group) in self.model.groups.iter().enumerate() {
            let l = self.of(g);
            for t in 0..self.model.ticks {
                arena[l.open + t] = R::of(if t >= group.settle { 1.0 } else { 0.0 });
            }
            if crate::layout::reads_time(group) {
                for t in 0..self.model.ticks * self.layout.frames {
                    arena[l.time + t] = R::of((self.start + t as i64) as f64 * self.model.dt);
                }
            }
            for (learned, columns) in group.learned.iter().zip(&l.learned) {
                let tensor = &self.params.tensors[learned.tensor];
                for (site, part) in learned.part.iter().enumerate() {
                    let column = &mut arena[columns.at + site * l.site..][..l.lanes];
                    let first = learned.kind.get(site).map_or(0, |k| *k as usize) * group.copies() + group.here().start;
                    for (row, numbers) in
                        column.chunks_exact_mut(batch).zip(self.numbers.tensors[learned.tensor].chunks_exact(tensor.shape[1]).skip(first))
                    {
                        row.fill(numbers[*part as usize]);
                    }
                }
            }
            for (fixed, columns) in group.fixed.iter().zip(&l.fixed) {
                for (site, x) in fixed.values.iter().flatten().enumerate() {
                    arena[columns.at + site * l.site..][..l.lanes].fill(R::of(*x));
                }
            }
            let plan = &self.plan.groups[g];
            for bound in plan.prepare.iter().filter_map(|p| p.forward.as_ref()) {
                self.once(arena, g, bound, Now::default());
            }
            let diffusion = plan.diffusion.iter().zip(&l.diffusion).map(|(t, [axial, _])| (t, axial));
            for (tree, axial) in plan.tree.iter().map(|t| (t, &l.axial)).chain(diffusion) {
                if let Some(k) = tree.coupling {
                    tree.tree.axial_of_lanes(arena, Column::still(l.fixed[k].at, l.site), Column::still(axial.at, l.site), l.lanes);
                }
            }
        }
    }

    /// Puts a state, or the initial state, before the first tick.
    pub fn load(&self, arena: &mut [R], state: &State) {
        for (g, group) in self.model.groups.iter().enumerate() {
            let l = self.of(g);
            if state.is_fresh() {
                for d in 0..l.spike_history {
                    arena[l.spikes.nth(d)..][..l.all].fill(R::default());
                }
                for d in 0..l.value_history {
                    arena[l.values.nth(d)..][..l.all].fill(R::default());
                }
                for bound in self.plan.groups[g].initial.iter().filter_map(|p| p.forward.as_ref()) {
                    // Outputs are "after the step": these are to lie before the first. The kernels read no variables.
                    let mut bound_now = |k: usize| {
                        let mut c = self.layout.variable_column(g, k, Now::default(), 1);
                        c.tick = 0;
                        c
                    };
                    self.initial(arena, g, bound, &mut bound_now);
                }
                for (k, numbers) in &group.starts {
                    let to = self.layout.variable(g, *k, 0, 0);
                    for (row, x) in arena[to..to + l.all].chunks_exact_mut(self.layout.batch).zip(&numbers[group.here()]) {
                        row.fill(R::of(*x));
                    }
                }
            } else {
                // A state is of all neurons.
                let (first, all) = (group.here().start * self.layout.batch, group.copies() * self.layout.batch);
                let mut rest = state.variables[g].as_slice();
                for k in 0..group.variables.len() {
                    for site in 0..group.variables[k].sites {
                        let to = self.layout.variable(g, k, 0, 0) + site * l.site;
                        let (now, after) = rest.split_at(all);
                        R::narrow(&now[first..first + l.lanes], &mut arena[to..to + l.lanes]);
                        rest = after;
                    }
                }
                for d in 0..l.spike_history {
                    R::narrow(&state.in_flight[g][d * l.all..(d + 1) * l.all], &mut arena[l.spikes.nth(d)..][..l.all]);
                }
                for d in 0..l.value_history {
                    R::narrow(&state.values_in_flight[g][d * l.all..(d + 1) * l.all], &mut arena[l.values.nth(d)..][..l.all]);
                }
            }
        }
    }

    fn initial(&self, arena: &mut [R], g: usize, bound: &crate::plan::Bound<R>, variable: &mut dyn FnMut(usize) -> Column) {
        let l = self.of(g);
        let inputs = bound.inputs.iter().map(|p| self.layout.column(g, *p, Now::default(), 1)).collect();
        let outputs = bound
            .outputs
            .iter()
            .map(|p| match p.place {
                crate::plan::Place::Next(k) => {
                    let c = variable(k);
                    Column { at: c.at + p.first * l.site, ..c }
                }
                _ => unreachable!("an initial kernel gives variables"),
            })
            .collect();
        let action = homolog_exec::Action::Run { program: &bound.program, sites: bound.sites, inputs, outputs };
        self.turns(arena, g, vec![action], 1, false, &self.all(g));
    }

    /// The final state, of the neurons that are computed here.
    pub fn store(&self, arena: &[R], state: &mut State) {
        let (model, layout) = (self.model, self.layout);
        let last = layout.segments - 1;
        let copy = layout.copy(layout.frames - 1, last);
        let ticks = if model.ticks == 0 { 0 } else { layout.segment_ticks(last, model.ticks) };
        state.batch = layout.batch;
        state.tick += (layout.frames * model.ticks) as i64;
        state.variables.resize_with(model.groups.len(), Vec::new);
        state.in_flight.resize_with(model.groups.len(), Vec::new);
        state.values_in_flight.resize_with(model.groups.len(), Vec::new);
        for (g, group) in model.groups.iter().enumerate() {
            let l = &layout.groups[g];
            let out = &mut state.variables[g];
            out.clear();
            for k in 0..group.variables.len() {
                for site in 0..group.variables[k].sites {
                    let a = layout.variable(g, k, copy, ticks) + site * l.site;
                    append(&arena[a..a + l.lanes], out);
                }
            }
            let out = &mut state.in_flight[g];
            out.clear();
            for d in 0..l.spike_history {
                append(&arena[l.spikes.nth(ticks + d) + copy..][..l.all], out);
            }
            let out = &mut state.values_in_flight[g];
            out.clear();
            for d in 0..l.value_history {
                append(&arena[l.values.nth(layout.frames + d)..][..l.all], out);
            }
        }
    }

    /// Copies what follows a segment of `ticks` in copy `from` to the beginning of copy `to`.
    pub fn carry(&self, arena: &mut [R], groups: &[usize], ticks: usize, from: usize, to: usize) {
        for &g in groups {
            let l = self.of(g);
            for (k, (columns, slotted)) in l.variables.iter().enumerate() {
                if *slotted {
                    let a = self.layout.variable(g, k, from, ticks);
                    arena.copy_within(a..a + columns.pitch, self.layout.variable(g, k, to, 0));
                }
            }
            let n = l.spike_history * l.spikes.pitch;
            if n > 0 {
                let a = l.spikes.nth(ticks) + from;
                arena.copy_within(a..a + n, l.spikes.at + to);
            }
        }
    }

    /// The columns of a checkpoint: variables and spikes on their way before the first tick of a segment.
    fn checkpointed<'s>(&'s self, groups: &'s [usize], copy: usize) -> impl Iterator<Item = std::ops::Range<usize>> + 's {
        let whole = move |c: &Columns, l: &crate::layout::GroupLayout| (c.sites - 1) * l.site + l.lanes;
        groups.iter().flat_map(move |&g| {
            let l = self.of(g);
            let variables = l.variables.iter().enumerate().map(move |(k, (c, _))| {
                let a = self.layout.variable(g, k, copy, 0);
                a..a + whole(c, l)
            });
            let spikes = (0..l.spike_history).map(move |d| {
                let a = l.spikes.nth(d) + copy;
                a..a + l.all
            });
            variables.chain(spikes)
        })
    }

    /// Adds a checkpoint.
    pub fn save_checkpoint(&self, arena: &[R], groups: &[usize], copy: usize, out: &mut Vec<f64>) {
        for range in self.checkpointed(groups, copy) {
            append(&arena[range], out);
        }
    }

    /// Puts a checkpoint back.
    pub fn load_checkpoint(&self, arena: &mut [R], groups: &[usize], mut saved: &[f64]) {
        for range in self.checkpointed(groups, 0) {
            let (now, rest) = saved.split_at(range.len());
            R::narrow(now, &mut arena[range]);
            saved = rest;
        }
    }

    /// Numbers of a checkpoint of these groups.
    pub fn checkpoint_size(&self, groups: &[usize]) -> usize {
        self.checkpointed(groups, 0).map(|r| r.len()).sum()
    }
}
