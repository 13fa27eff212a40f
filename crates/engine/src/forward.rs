//! The run: frames, phases, segments, ticks.
//!
//! The order of a tick, for each group: spikes that arrive now (in the order of the links) → the step kernel, which is
//! receptors' events, currents, states, crossing and reset, counters. See ARCHITECTURE.md, "the order of a step".

use crate::layout::{Layout, Now};
use crate::plan::{Bound, Place, Plan};
use crate::record::{empty_recording, record_frame, record_tick};
use crate::{Engine, Scratch};
use homolog_exec::memory::use_large_pages;
use homolog_exec::{Isa, Program, add_weights_of_spikes, gemm, gemm_parallel, gemm_skipping_zeros, vectorise};
use homolog_model::model::Variable;
use homolog_model::{
    Clock, Fault, Inputs, Link, Model, Observable, Params, Phase, Probe, Recording, State, Tape, TapeShape, Target, Wires,
};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Neurons times samples that are stepped together through a segment: some ten columns of this length fit the second-level
/// cache.
const TILE: usize = 1536;

/// The form of a dense product.
type Gemm =
    fn(Isa, bool, bool, usize, usize, usize, f64, &[f64], usize, &[f64], usize, f64, &mut [f64], usize, &mut homolog_exec::GemmScratch);

/// Numbers of a cache line.
pub(crate) const LINE: usize = 8;

/// The array from its first cache line on.
pub(crate) fn on_a_line(arena: &mut [f64]) -> &mut [f64] {
    let skip = arena.as_ptr().align_offset(LINE * size_of::<f64>()).min(LINE);
    &mut arena[skip..]
}

/// Everything that stays the same while a run goes on.
pub(crate) struct Run<'a> {
    pub isa: Isa,
    pub threads: usize,
    pub plan: &'a Plan,
    pub model: &'a Model,
    pub params: &'a Params,
    pub inputs: &'a Inputs,
    pub layout: &'a Layout,
    /// For each group: its index in [`Inputs::values`].
    pub input_of: Vec<Option<usize>>,
}

impl<'a> Run<'a> {
    pub fn new(
        isa: Isa,
        threads: usize,
        plan: &'a Plan,
        model: &'a Model,
        params: &'a Params,
        inputs: &'a Inputs,
        layout: &'a Layout,
    ) -> Self {
        let mut n = 0;
        let input_of = model
            .groups
            .iter()
            .map(|g| {
                (g.clock == Clock::Input).then(|| {
                    n += 1;
                    n - 1
                })
            })
            .collect();
        Run { isa, threads, plan, model, params, inputs, layout, input_of }
    }

    /// Runs one program for some neurons of group `g` at a moment.
    pub fn call(&self, arena: &mut [f64], scratch: &mut Scratch, g: usize, bound: &Bound, now: Now, rows: Range<usize>) {
        let batch = self.layout.batch;
        let at = |p: &Place| self.layout.place(g, *p, now, bound.ticks) + if Layout::is_scalar(*p) { 0 } else { rows.start * batch };
        scratch.inputs.clear();
        scratch.inputs.extend(bound.inputs.iter().map(at));
        scratch.outputs.clear();
        scratch.outputs.extend(bound.outputs.iter().map(at));
        // Called inside the engine's pool when there is one: see `Engine::inside`.
        let run = if self.threads > 1 { Program::run_parallel } else { Program::run };
        run(&bound.program, self.isa, arena, &scratch.inputs, &scratch.outputs, rows.len() * batch);
    }

    /// The dense product, alone or shared by the threads of the pool.
    pub fn gemm(&self) -> Gemm {
        if self.threads > 1 { gemm_parallel } else { gemm }
    }

    /// All neurons of a group.
    pub fn all(&self, g: usize) -> Range<usize> {
        0..self.model.groups[g].size
    }

    /// How many neurons are stepped together through a whole segment, so that their columns stay in the cache. None when
    /// neurons of the stage excite one another, so that all must take one tick before any takes the next.
    pub fn tile(&self, stage: &[usize]) -> Option<usize> {
        // In reverse, sparse wires scatter to any neuron of the sending group.
        let excites = |l: &Link| {
            l.target != Target::Drive && stage.contains(&l.from) && (stage.contains(&l.to) || matches!(l.wires, Wires::Sparse { .. }))
        };
        (stage.len() == 1 && !self.model.links.iter().any(excites))
            .then_some((TILE * if self.threads > 1 { 8 * self.threads } else { 1 } / self.layout.batch).max(1))
    }

    /// The values of group `g` in a frame: a range of the arena, or a slice of the inputs.
    pub fn value_source(&self, g: usize, frame: isize) -> Source<'a> {
        let l = &self.layout.groups[g];
        match self.input_of[g] {
            Some(k) if l.value_history == 0 => {
                let start = frame as usize * l.lanes;
                Source::Given(&self.inputs.values[k][start..start + l.lanes])
            }
            _ => Source::Arena(self.layout.value(g, frame)),
        }
    }

    /// The drive of group `g` in a frame: its bias and the weighted values it hears.
    fn drive(&self, arena: &mut [f64], scratch: &mut Scratch, g: usize, frame: usize) {
        let group = &self.model.groups[g];
        if !group.driven {
            return;
        }
        let lanes = self.layout.groups[g].lanes;
        let start = self.layout.drive(g, frame);
        let column = &mut arena[start..start + lanes];
        match group.bias {
            Some(t) => {
                for (row, b) in column.chunks_exact_mut(self.layout.batch).zip(&self.params.tensors[t].values) {
                    row.fill(*b);
                }
            }
            None => column.fill(0.0),
        }
        for l in self.model.links.iter().filter(|l| l.to == g && l.target == Target::Drive) {
            let source = self.value_source(l.from, frame as isize - l.delay as isize);
            self.product(arena, scratch, l, &self.params.tensors[l.weights].values, source, start);
        }
    }

    /// Adds the weighted `source` column of the sending group to the column at `to`.
    fn product(&self, arena: &mut [f64], scratch: &mut Scratch, l: &Link, weights: &[f64], source: Source, to: usize) {
        let (rows, columns, batch) = (self.model.groups[l.to].size, self.model.groups[l.from].size, self.layout.batch);
        let n = rows * batch;
        let (x, y) = match source {
            Source::Given(x) => (x, &mut arena[to..to + n]),
            Source::Arena(from) => read_write(arena, from, columns * batch, to, n),
        };
        match &l.wires {
            Wires::Dense => {
                let (isa, parallel, space) = (self.isa, self.threads > 1, &mut scratch.gemm);
                gemm_skipping_zeros(isa, parallel, false, rows, batch, columns, weights, columns, x, batch, 1.0, y, batch, space)
            }
            Wires::OneToOne => {
                for ((y, x), w) in y.chunks_exact_mut(batch).zip(x.chunks_exact(batch)).zip(weights) {
                    axpy(*w, x, y);
                }
            }
            Wires::Sparse { start, column } => {
                for (r, y) in y.chunks_exact_mut(batch).enumerate() {
                    for k in start[r] as usize..start[r + 1] as usize {
                        axpy(weights[k], &x[column[k] as usize * batch..][..batch], y);
                    }
                }
            }
        }
    }

    /// The spikes that arrive at a group in a tick.
    fn arrive(&self, arena: &mut [f64], scratch: &mut Scratch, g: usize, now: Now) {
        let group = &self.model.groups[g];
        let lanes = self.layout.groups[g].lanes;
        for (k, name) in group.arrivals.iter().enumerate() {
            let to = self.layout.arrival(g, k, now.copy, now.t);
            arena[to..to + lanes].fill(0.0);
            for (n, l) in self.model.links.iter().enumerate().filter(|(_, l)| l.to == g && l.target != Target::Drive) {
                let from = self.layout.spike(l.from, now.copy, now.t as isize - l.delay as isize);
                if self.add_spikes(arena, scratch, n, l, from, to) {
                    continue;
                }
                let signed = std::mem::take(&mut scratch.signed);
                let weights = link_weights(self.params, &signed, n, l, name);
                self.product(arena, scratch, l, weights, Source::Arena(from), to);
                scratch.signed = signed;
            }
        }
    }

    /// Adds the weights of the neurons that spiked, where they are few; says whether it did. Both ways give the same bits.
    fn add_spikes(&self, arena: &mut [f64], scratch: &mut Scratch, n: usize, l: &Link, from: usize, to: usize) -> bool {
        if scratch.transposed[n].is_empty() {
            return false;
        }
        let (rows, columns, batch) = (self.model.groups[l.to].size, self.model.groups[l.from].size, self.layout.batch);
        let (spikes, y) = read_write(arena, from, columns * batch, to, rows * batch);
        let list = scratch.spikes.entry(from).or_default();
        list.read(self.isa, spikes, columns, batch);
        if few(list.len(), columns * batch) {
            add_weights_of_spikes(self.isa, list, &scratch.transposed[n], rows, rows, batch, y);
            return true;
        }
        false
    }

    /// One tick of a group, after what arrives has arrived.
    fn tick(&self, arena: &mut [f64], scratch: &mut Scratch, g: usize, now: Now) {
        let step = self.plan.groups[g].step.as_ref().expect("a group with ticks steps");
        self.call(arena, scratch, g, step, now, self.all(g));
    }

    /// How a segment of `ticks` is cut into kernel calls: bursts, then single ticks. The run and its reverse cut alike.
    pub fn calls(&self, g: usize, ticks: usize) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let burst = self.plan.groups[g].burst.as_ref().map_or(1, |b| b.ticks);
        let whole = ticks - ticks % burst;
        (0..whole).step_by(burst).chain(whole..ticks)
    }

    /// The ticks of one segment of a phase. Variables of groups that are `watched` are there after every tick, of others after every
    /// burst. `after` sees the columns after some ticks of some neurons of a group.
    #[allow(clippy::too_many_arguments)]
    pub fn segment(
        &self,
        arena: &mut [f64],
        scratch: &mut Scratch,
        stages: &[Vec<usize>],
        frame: usize,
        segment: usize,
        watched: impl Fn(usize) -> bool,
        mut after: impl FnMut(&[f64], usize, Range<usize>, Range<usize>),
    ) {
        let ticks = self.layout.segment_ticks(segment, self.model.ticks);
        let copy = self.layout.copy(frame, segment);
        for stage in stages {
            let now = |g: usize, t: usize| Now { frame, copy, t, open: segment * self.layout.segment + t >= self.model.groups[g].settle };
            let Some(tile) = self.tile(stage) else {
                for t in 0..ticks {
                    for &g in stage {
                        self.arrive(arena, scratch, g, now(g, t));
                        self.tick(arena, scratch, g, now(g, t));
                        after(arena, g, t..t + 1, self.all(g));
                    }
                }
                continue;
            };
            let g = stage[0];
            for t in 0..ticks {
                self.arrive(arena, scratch, g, now(g, t));
            }
            for first in self.all(g).step_by(tile) {
                let rows = first..(first + tile).min(self.model.groups[g].size);
                let plan = &self.plan.groups[g];
                let step = plan.step.as_ref().expect("a group with ticks steps");
                let burst = plan.burst.as_ref().filter(|_| !watched(g));
                let mut t = 0;
                while t < ticks {
                    let bound = burst.filter(|b| t + b.ticks <= ticks).unwrap_or(step);
                    self.call(arena, scratch, g, bound, now(g, t), rows.clone());
                    after(arena, g, t..t + bound.ticks, rows.clone());
                    t += bound.ticks;
                }
            }
        }
    }

    /// Columns of the learned parameters and the scalars.
    fn constants(&self, arena: &mut [f64]) {
        arena[self.layout.scalars] = 0.0;
        arena[self.layout.scalars + 1] = 1.0;
        for (g, group) in self.model.groups.iter().enumerate() {
            let l = &self.layout.groups[g];
            for (k, (_, t)) in group.learned.iter().enumerate() {
                let column = &mut arena[l.learned + k * l.pitch..][..l.lanes];
                for (row, v) in column.chunks_exact_mut(self.layout.batch).zip(&self.params.tensors[*t].values) {
                    row.fill(*v);
                }
            }
        }
    }

    /// Puts a state, or the initial state, before the first tick.
    fn load(&self, arena: &mut [f64], scratch: &mut Scratch, state: &State) {
        for (g, group) in self.model.groups.iter().enumerate() {
            let l = &self.layout.groups[g];
            let in_flight = |d: usize| l.spikes + d * l.pitch..l.spikes + d * l.pitch + l.lanes;
            let value = |d: usize| l.values + d * l.pitch..l.values + d * l.pitch + l.lanes;
            if state.is_fresh() {
                (0..l.spike_history).for_each(|d| arena[in_flight(d)].fill(0.0));
                (0..l.value_history).for_each(|d| arena[value(d)].fill(0.0));
                if let Some(initial) = &self.plan.groups[g].initial {
                    // Outputs are "after the step": slot 0 is after tick -1. The kernel reads no variables.
                    scratch.inputs.clear();
                    scratch.inputs.extend(initial.inputs.iter().map(|p| self.layout.place(g, *p, Now::default(), 1)));
                    scratch.outputs.clear();
                    scratch.outputs.extend((0..group.variables.len()).map(|k| self.layout.variable(g, k, 0, 0)));
                    initial.program.run(self.isa, arena, &scratch.inputs, &scratch.outputs, l.lanes);
                }
            } else {
                for k in 0..group.variables.len() {
                    let to = self.layout.variable(g, k, 0, 0);
                    arena[to..to + l.lanes].copy_from_slice(&state.variables[g][k * l.lanes..(k + 1) * l.lanes]);
                }
                (0..l.spike_history).for_each(|d| arena[in_flight(d)].copy_from_slice(&state.in_flight[g][d * l.lanes..(d + 1) * l.lanes]));
                (0..l.value_history)
                    .for_each(|d| arena[value(d)].copy_from_slice(&state.values_in_flight[g][d * l.lanes..(d + 1) * l.lanes]));
            }
        }
    }

    /// Copies what follows a segment of `ticks` in copy `from` to the beginning of copy `to`.
    fn carry(&self, arena: &mut [f64], groups: &[usize], ticks: usize, from: usize, to: usize) {
        for &g in groups {
            let l = &self.layout.groups[g];
            for k in 0..l.variables.len() {
                if l.variables[k].1 {
                    let a = self.layout.variable(g, k, from, ticks);
                    arena.copy_within(a..a + l.lanes, self.layout.variable(g, k, to, 0));
                }
            }
            let n = l.spike_history * l.pitch;
            if n > 0 {
                let a = l.spikes + from + ticks * l.pitch;
                arena.copy_within(a..a + n, l.spikes + to);
            }
        }
    }

    /// Numbers of a checkpoint: variables and spikes on their way before the first tick of a segment.
    pub fn save_checkpoint(&self, arena: &[f64], groups: &[usize], copy: usize, out: &mut Vec<f64>) {
        for &g in groups {
            let l = &self.layout.groups[g];
            for k in 0..l.variables.len() {
                let a = self.layout.variable(g, k, copy, 0);
                out.extend_from_slice(&arena[a..a + l.lanes]);
            }
            for d in 0..l.spike_history {
                let a = l.spikes + copy + d * l.pitch;
                out.extend_from_slice(&arena[a..a + l.lanes]);
            }
        }
    }

    /// Puts a checkpoint back; returns how many numbers it had.
    pub fn load_checkpoint(&self, arena: &mut [f64], groups: &[usize], saved: &[f64]) {
        let mut at = 0;
        for &g in groups {
            let l = &self.layout.groups[g];
            for k in 0..l.variables.len() {
                let a = self.layout.variable(g, k, 0, 0);
                arena[a..a + l.lanes].copy_from_slice(&saved[at..at + l.lanes]);
                at += l.lanes;
            }
            for d in 0..l.spike_history {
                let a = l.spikes + d * l.pitch;
                arena[a..a + l.lanes].copy_from_slice(&saved[at..at + l.lanes]);
                at += l.lanes;
            }
        }
    }

    /// Numbers of a checkpoint of these groups.
    pub fn checkpoint_size(&self, groups: &[usize]) -> usize {
        groups
            .iter()
            .map(|&g| self.layout.groups[g].lanes * (self.model.groups[g].variables.len() + self.layout.groups[g].spike_history))
            .sum()
    }

    /// The first number of a segment that is not finite.
    fn check(&self, arena: &[f64], g: usize, frame: usize, segment: usize, start: i64) -> Result<(), Fault> {
        let group = &self.model.groups[g];
        let l = &self.layout.groups[g];
        let ticks = self.layout.segment_ticks(segment, self.model.ticks);
        let copy = self.layout.copy(frame, segment);
        for (k, v) in group.variables.iter().enumerate() {
            let last = self.layout.variable(g, k, copy, ticks);
            if finite(self.isa, &arena[last..last + l.lanes]) {
                continue;
            }
            let first = if v.taped {
                self.calls(g, ticks)
                    .skip(1)
                    .find(|t| !finite(self.isa, &arena[self.layout.variable(g, k, copy, *t)..][..l.lanes]))
                    .unwrap_or(ticks)
            } else {
                ticks
            };
            let column = &arena[self.layout.variable(g, k, copy, first)..][..l.lanes];
            let lane = column.iter().position(|x| !x.is_finite()).expect("just seen");
            let tick = start + (frame * self.model.ticks + segment * self.layout.segment + first) as i64;
            return Err(self.fault(g, v, column[lane], lane, tick));
        }
        Ok(())
    }

    fn fault(&self, g: usize, v: &Variable, x: f64, lane: usize, tick: i64) -> Fault {
        Fault {
            tick,
            t_ms: tick as f64 * self.model.dt,
            group: self.model.groups[g].name.clone(),
            neuron: lane / self.layout.batch,
            sample: lane % self.layout.batch,
            what: format!("{x} in {}", v.name),
        }
    }
}

/// Where values come from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Given(&'a [f64]),
    Arena(usize),
}

/// The weights of link `n` as they arrive at this port.
pub(crate) fn link_weights<'b>(params: &'b Params, signed: &'b [[Vec<f64>; 2]], n: usize, l: &Link, port: &str) -> &'b [f64] {
    match l.target {
        Target::BySign => &signed[n][usize::from(port == homolog_model::model::port::NEGATIVE)],
        _ => &params.tensors[l.weights].values,
    }
}

/// Whether adding spikes one by one is faster than a product with all of a column.
pub(crate) fn few(spikes: usize, of: usize) -> bool {
    2 * spikes < of
}

/// Prepares the weights of links that carry spikes: split by sign, or transposed.
pub(crate) fn prepare_weights(model: &Model, params: &Params, scratch: &mut Scratch) {
    scratch.signed.resize_with(model.links.len(), Default::default);
    scratch.transposed.resize_with(model.links.len(), Vec::new);
    for ((l, s), transposed) in model.links.iter().zip(&mut scratch.signed).zip(&mut scratch.transposed) {
        transposed.clear();
        if l.target == Target::Own && l.wires == Wires::Dense {
            let (rows, columns) = (model.groups[l.to].size, model.groups[l.from].size);
            let w = &params.tensors[l.weights].values;
            transposed.extend((0..columns).flat_map(|c| (0..rows).map(move |r| w[r * columns + c])));
            transposed.resize(rows * columns + LINE, 0.0);
        }
        if l.target == Target::BySign {
            let w = &params.tensors[l.weights].values;
            s[0].clear();
            s[0].extend(w.iter().map(|w| w.max(0.0)));
            s[1].clear();
            s[1].extend(w.iter().map(|w| (-w).max(0.0)));
        }
    }
}

/// A column to read and another to write.
pub(crate) fn read_write(arena: &mut [f64], read: usize, n: usize, write: usize, m: usize) -> (&[f64], &mut [f64]) {
    if read + n <= write {
        let (a, b) = arena.split_at_mut(write);
        (&a[read..read + n], &mut b[..m])
    } else {
        let (a, b) = arena.split_at_mut(read);
        (&b[..n], &mut a[write..write + m])
    }
}

/// `y += a x`, fused.
pub(crate) fn axpy(a: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = a.mul_add(*x, *y);
    }
}

/// Whether all numbers are finite.
pub(crate) fn finite(isa: Isa, x: &[f64]) -> bool {
    struct AllFinite<'a>(&'a [f64]);
    impl vectorise::Task for AllFinite<'_> {
        type Output = bool;
        #[inline(always)]
        fn run(self) -> bool {
            // All bits of the exponent: infinite or NaN.
            const EXPONENT: u64 = 0x7ff0_0000_0000_0000;
            self.0.iter().fold(0, |bad, x| bad | u64::from(x.to_bits() & EXPONENT == EXPONENT)) == 0
        }
    }
    vectorise::run(isa, AllFinite(x))
}

/// A number that no other run of this process has: two engines may share a tape.
pub(crate) fn next_run() -> u64 {
    static RUNS: AtomicU64 = AtomicU64::new(1);
    RUNS.fetch_add(1, Ordering::Relaxed)
}

/// See [`homolog_model::Runner::run`].
#[allow(clippy::too_many_arguments)]
pub(crate) fn run(
    engine: &mut Engine,
    plan: &Plan,
    model: &Model,
    params: &Params,
    inputs: &Inputs,
    probes: &[Probe],
    state: &mut State,
    mut tape: Option<&mut Tape>,
) -> Result<Recording, Fault> {
    let (batch, frames) = (inputs.batch, inputs.frames);
    let threads = engine.threads;
    let number = next_run();
    engine.scratch.run = number;
    let layout = Layout::new(model, batch, frames, tape.is_some().then_some(engine.tape_budget));
    let mut arena = match &mut tape {
        Some(t) => std::mem::take(&mut t.arena),
        None => std::mem::take(&mut engine.scratch.arena),
    };
    if arena.len() < layout.size + LINE {
        // Fresh memory, so that its pages are touched for the first time after the advice.
        arena = Vec::with_capacity(layout.size + LINE);
        use_large_pages(arena.spare_capacity_mut());
        arena.resize(layout.size + LINE, 0.0);
    }
    if let Some(t) = &mut tape {
        t.shape = TapeShape { batch, frames, segment: layout.segment, keeps_all: layout.keeps_all, run: number };
        t.checkpoints.clear();
        t.start = if state.is_fresh() { State::fresh() } else { state.clone() };
    }
    let mut checkpoints = tape.as_mut().map(|t| std::mem::take(&mut t.checkpoints)).unwrap_or_default();
    let mut scratch = std::mem::take(&mut engine.scratch);
    prepare_weights(model, params, &mut scratch);
    let run = Run::new(engine.isa, threads, plan, model, params, inputs, &layout);
    let saves = tape.is_some() && !layout.keeps_all;
    let result = frames_of(&run, on_a_line(&mut arena), &mut scratch, probes, state, saves.then_some(&mut checkpoints));
    match tape {
        Some(t) => {
            t.arena = arena;
            t.checkpoints = checkpoints;
        }
        None => scratch.arena = arena,
    }
    engine.scratch = scratch;
    result
}

fn frames_of(
    run: &Run,
    arena: &mut [f64],
    scratch: &mut Scratch,
    probes: &[Probe],
    state: &mut State,
    mut checkpoints: Option<&mut Vec<f64>>,
) -> Result<Recording, Fault> {
    let (model, layout) = (run.model, run.layout);
    let start = state.tick;
    run.constants(arena);
    run.load(arena, scratch, state);
    let mut recording = empty_recording(run, probes);
    for frame in 0..layout.frames {
        for (g, k) in run.input_of.iter().enumerate() {
            if let Some(k) = k
                && layout.groups[g].value_history > 0
            {
                let lanes = layout.groups[g].lanes;
                let to = layout.value(g, frame as isize);
                arena[to..to + lanes].copy_from_slice(&run.inputs.values[*k][frame * lanes..(frame + 1) * lanes]);
            }
        }
        for phase in &model.phases {
            match phase {
                Phase::Value(g) => {
                    run.drive(arena, scratch, *g, frame);
                    value(run, arena, scratch, *g, Now { frame, ..Now::default() });
                    let l = &layout.groups[*g];
                    let column = &arena[layout.value(*g, frame as isize)..][..l.lanes];
                    if !finite(run.isa, column) {
                        let lane = column.iter().position(|x| !x.is_finite()).unwrap_or(0);
                        let v = Variable { name: "its value".into(), unit: homolog_base::Unit::ONE, per_frame: false, taped: false };
                        return Err(run.fault(*g, &v, column[lane], lane, start + (frame * model.ticks) as i64));
                    }
                }
                Phase::Ticks(stages) => {
                    let groups = stages.concat();
                    let first = layout.copy(frame, 0);
                    for &g in &groups {
                        run.drive(arena, scratch, g, frame);
                        for (k, v) in model.groups[g].variables.iter().enumerate().filter(|(_, v)| v.per_frame) {
                            debug_assert!(!v.taped || layout.keeps_all || first == 0);
                            let at = layout.variable(g, k, first, 0);
                            arena[at..at + layout.groups[g].lanes].fill(0.0);
                        }
                    }
                    for segment in 0..layout.segments {
                        let copy = layout.copy(frame, segment);
                        let ticks = layout.segment_ticks(segment, model.ticks);
                        if let Some(c) = &mut checkpoints {
                            run.save_checkpoint(arena, &groups, copy, c);
                        }
                        let watched = |g| probes.iter().any(|p| p.group == g && matches!(p.what, Observable::State(_)));
                        run.segment(arena, scratch, stages, frame, segment, watched, |arena, g, ticks, rows| {
                            for t in ticks {
                                record_tick(
                                    run,
                                    arena,
                                    probes,
                                    g,
                                    Now { frame, copy, t, open: true },
                                    segment,
                                    rows.clone(),
                                    &mut recording,
                                );
                            }
                        });
                        for &g in &groups {
                            run.check(arena, g, frame, segment, start)?;
                        }
                        if segment + 1 == layout.segments {
                            for &g in &groups {
                                // The moment after the last tick.
                                value(run, arena, scratch, g, Now { frame, copy, t: ticks, open: true });
                            }
                        }
                        let last = frame + 1 == layout.frames && segment + 1 == layout.segments;
                        if !last {
                            let next =
                                if segment + 1 == layout.segments { layout.copy(frame + 1, 0) } else { layout.copy(frame, segment + 1) };
                            run.carry(arena, &groups, ticks, copy, next);
                        }
                    }
                }
            }
        }
        record_frame(run, arena, probes, frame, &mut recording);
    }
    store(run, arena, state);
    Ok(recording)
}

fn value(run: &Run, arena: &mut [f64], scratch: &mut Scratch, g: usize, now: Now) {
    let bound = run.plan.groups[g].value.as_ref().expect("every group has a value");
    run.call(arena, scratch, g, bound, now, run.all(g));
}

/// The final state.
fn store(run: &Run, arena: &[f64], state: &mut State) {
    let (model, layout) = (run.model, run.layout);
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
            let a = layout.variable(g, k, copy, ticks);
            out.extend_from_slice(&arena[a..a + l.lanes]);
        }
        let out = &mut state.in_flight[g];
        out.clear();
        for d in 0..l.spike_history {
            let a = l.spikes + copy + (ticks + d) * l.pitch;
            out.extend_from_slice(&arena[a..a + l.lanes]);
        }
        let out = &mut state.values_in_flight[g];
        out.clear();
        for d in 0..l.value_history {
            let a = l.values + (layout.frames + d) * l.pitch;
            out.extend_from_slice(&arena[a..a + l.lanes]);
        }
    }
}

/// The variable that counts a group's spikes.
pub(crate) fn count_variable(model: &Model, g: usize) -> Option<usize> {
    model.groups[g].variables.iter().position(|v| v.name == homolog_model::compose::COUNT)
}
