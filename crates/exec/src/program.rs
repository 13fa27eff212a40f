//! The block machine: a kernel compiled to superinstructions, run block by block over columns.
//!
//! A block of lanes passes through all steps before the next, so that intermediate values stay in the first-level cache:
//! one row per value that is alive at once (linear scan over the steps). Inputs are read from their
//! columns, and outputs written to theirs as soon as they are known, unless that column is still to be read in the block:
//! then they wait in a row until the block's end.

mod join;
pub(crate) mod launch;

use crate::fuse::{Facts, Fused, fuse};
use crate::isa::Isa;
use crate::machine::passes::{MOST, Part};
use crate::machine::{Code, Loop, Pattern, Slot, Step};
use crate::scalar::Scalar;
use homolog_ir::{Class, Kernel, Op};
use std::ops::Range;

/// Bytes of rows and columns that a block may touch: a share of the second-level cache. Longer blocks pay the start of each loop, whose
/// address the processor often guesses wrong, less often: with 13 channels in a cell 52 ns a compartment at 256 kB, 56 at 64, 64 at 24.
const CACHE: usize = 256 * 1024;
/// Of programs of at most so many steps, whose loops it learns: a share of the first-level cache. An integrate-and-fire neuron with two receptors
/// takes 1.6 ns at 256 kB and 1.1 at 24; its network 0.055 s at 24 and 0.051 at 16, as the next block has to have room, too. One of Hodgkin and
/// Huxley takes 5.4 ns at any.
const NEAR: usize = 16 * 1024;
const SHORT: usize = 32;
/// Lanes of the longest blocks.
const LONGEST: usize = 512;

/// A kernel, ready to run.
#[derive(Clone, Debug)]
pub struct Program<R = f64> {
    name: String,
    /// Of inputs: whether constant.
    constant: Vec<bool>,
    outputs: usize,
    /// Lanes that pass through all steps together, a multiple of the widest vector. No bit depends on it.
    block: usize,
    /// Rows of `block` numbers for values between steps: slots `0..rows`.
    rows: usize,
    /// Values of the prologue and constants: slots from `rows`, as a vector each.
    uniforms: usize,
    /// Numbers of constant slots.
    literals: Vec<(u16, R)>,
    /// Slots of constant inputs: (input, slot).
    constant_inputs: Vec<(usize, u16)>,
    /// Slots of columns: (input, slot, last step that reads it).
    columns: Vec<(usize, u16, usize)>,
    /// Slots of outputs: (slot, step that writes it).
    written: Vec<(u16, usize)>,
    /// Run once, on one vector.
    prologue: Vec<Pass<R>>,
    /// Run per block.
    passes: Vec<Pass<R>>,
    /// What a pass would be that does all of it.
    whole: Option<Vec<Part>>,
}

/// A pass over a block.
#[derive(Clone, Debug)]
struct Pass<R> {
    /// What is done to each element, in order.
    steps: Vec<Step>,
    /// Of one superinstruction alone.
    pattern: Pattern,
    loops: [Loop<R>; 3],
    /// Those that list which numbers of this slot are not zero, and write nothing there, if there are such.
    listing: Option<(u16, [Loop<R>; 3])>,
}

impl<R: Scalar> Pass<R> {
    fn one(single: &Single, uniform: impl Fn(u16) -> bool) -> Self {
        let (step, mut pattern) = (single.step, 0);
        for &k in &single.used {
            let same = single.used.iter().find(|&&j| j < k && step.args[j] == step.args[k]);
            let digit = if uniform(step.args[k]) { 1 } else { same.map_or(0, |&j| 2 + j as Pattern) };
            pattern |= digit << (4 * k);
        }
        let listing = R::listed(step.code, pattern).map(|loops| (step.outs[0], loops));
        Pass { steps: vec![step], pattern, loops: R::loops(step.code, pattern), listing }
    }

    /// # Safety
    /// That of the loop.
    #[inline(always)]
    unsafe fn run(&self, isa: Isa, slots: *const Slot<R>, lanes: usize) {
        (self.loops[isa as usize])(slots, self.steps.as_ptr(), lanes);
    }
}

/// A superinstruction with the operands that it has.
struct Single {
    step: Step,
    used: Vec<usize>,
}

fn slot(n: usize) -> u16 {
    u16::try_from(n).expect("a kernel needs at most 65535 slots")
}

impl<R: Scalar> Program<R> {
    /// Compiles a kernel. Ports of class [`Class::Constant`] are read once per run; ports of all other classes are columns
    /// (what is indexed must be gathered before and scattered after).
    ///
    /// # Panics
    /// When the kernel breaks the laws of [`homolog_ir::verify`], gives a truth value as an output, has a constant output,
    /// or needs more than 65535 slots.
    pub fn compile(kernel: &Kernel) -> Program<R> {
        let constant: Vec<bool> = kernel.inputs.iter().map(|p| p.class == Class::Constant).collect();
        let facts = Facts::new(kernel, &constant);
        let mut fused = fuse(kernel, &facts);
        let n = kernel.body.len();
        // Values written to output columns by the step that defines them; other outputs are copies.
        let mut column_of: Vec<Option<usize>> = vec![None; n];
        let mut copies = Vec::new();
        for (k, (port, v)) in kernel.outputs.iter().enumerate() {
            assert!(port.class != Class::Constant, "output `{}` of kernel `{}` is constant", port.name, kernel.name);
            assert!(!kernel.body[v.index()].is_truth(), "output `{}` of kernel `{}` is a truth value", port.name, kernel.name);
            let computed = !facts.uniform[v.index()] && !matches!(kernel.body[v.index()], Op::Input(_));
            if computed && column_of[v.index()].is_none() {
                column_of[v.index()] = Some(k);
            } else {
                copies.push((k, *v));
            }
        }
        let uniform = |f: &Fused| facts.uniform[f.outs[0].index()];
        let steps: Vec<Fused> = fused.extract_if(.., |f| !uniform(f)).collect();
        let prologue = fused;

        // Rows by linear scan: a row is free again after the last step that reads its value.
        let mut last = vec![0; n];
        for (s, f) in steps.iter().enumerate() {
            for (_, v) in &f.args {
                last[v.index()] = s;
            }
        }
        for (i, (_, v)) in copies.iter().enumerate() {
            last[v.index()] = steps.len() + i;
        }
        let mut row = vec![0; n];
        let (mut free, mut rows) = (Vec::new(), 1);
        let mut dying: Vec<usize> = Vec::new();
        for (s, f) in steps.iter().enumerate() {
            // An operand that dies here leaves its row to a result: loads come before stores.
            dying.clear();
            for (_, v) in &f.args {
                let k = v.index();
                let in_row = !facts.uniform[k] && !matches!(kernel.body[k], Op::Input(_)) && column_of[k].is_none();
                if in_row && last[k] == s && !dying.contains(&row[k]) {
                    dying.push(row[k]);
                }
            }
            free.append(&mut dying);
            for v in &f.outs {
                if column_of[v.index()].is_none() {
                    row[v.index()] = free.pop().unwrap_or_else(|| {
                        rows += 1;
                        rows - 1
                    });
                }
            }
        }

        // Slots: rows, uniform values, columns of inputs, columns of outputs.
        let mut at = vec![0u16; n];
        let mut next = rows;
        let mut literals = Vec::new();
        let mut constant_inputs = Vec::new();
        for (k, op) in kernel.body.iter().enumerate() {
            if !facts.uniform[k] || facts.uses[k] == 0 {
                continue;
            }
            at[k] = slot(next);
            match *op {
                Op::Const(c) => literals.push((at[k], R::of(c.0))),
                Op::Input(i) => constant_inputs.push((i as usize, at[k])),
                _ => {}
            }
            next += 1;
        }
        let uniforms = next - rows;
        let mut columns = Vec::new();
        for (k, op) in kernel.body.iter().enumerate() {
            if let (Op::Input(i), false) = (*op, facts.uniform[k] || facts.uses[k] == 0) {
                at[k] = slot(next);
                columns.push((i as usize, at[k], last[k]));
                next += 1;
            }
        }
        let first_output = next;
        let mut written = vec![(0, 0); kernel.outputs.len()];
        for (k, column) in column_of.iter().enumerate() {
            if let Some(o) = *column {
                at[k] = slot(first_output + o);
            } else if !facts.uniform[k] && !matches!(kernel.body[k], Op::Input(_)) {
                at[k] = slot(row[k]);
            }
        }
        slot(first_output + kernel.outputs.len());
        let lower = |f: &Fused| {
            let mut step = Step { code: f.code, outs: [0; 3], args: [0; 7] };
            for (o, v) in step.outs.iter_mut().zip(&f.outs) {
                *o = at[v.index()];
            }
            for &(k, v) in &f.args {
                step.args[k] = at[v.index()];
            }
            Single { step, used: f.args.iter().map(|a| a.0).collect() }
        };
        let is_uniform = |s: u16| (rows..rows + uniforms).contains(&(s as usize));
        let prologue = prologue.iter().map(|f| Pass::one(&lower(f), is_uniform)).collect();
        let mut singles: Vec<Single> = steps.iter().map(lower).collect();
        for (s, f) in steps.iter().enumerate() {
            for v in &f.outs {
                if let Some(o) = column_of[v.index()] {
                    written[o] = (at[v.index()], s);
                }
            }
        }
        for (o, v) in copies {
            let out = slot(first_output + o);
            written[o] = (out, singles.len());
            let mut args = [0; 7];
            args[0] = at[v.index()];
            // Also of what is uniform: copies of one number are no column.
            let step = Step { code: Code::Copy, outs: [out, 0, 0], args };
            singles.push(Single { step, used: vec![0] });
        }
        let small = singles.len() <= MOST;
        let whole = small.then(|| join::parts(&singles, 0..singles.len(), |s| s as usize >= first_output, is_uniform)).flatten();
        let (passes, whose) = join::passes(&singles, |s| s as usize >= first_output, is_uniform);
        columns.iter_mut().for_each(|c| c.2 = whose.get(c.2).copied().unwrap_or(0));
        written.iter_mut().for_each(|w| w.1 = whose[w.1]);
        let touched = rows + columns.len() + kernel.outputs.len();
        let cache = if singles.len() <= SHORT { NEAR } else { CACHE };
        // What one pass does is left in no row.
        let fits = if passes.len() == 1 { LONGEST } else { cache / size_of::<R>() / touched };
        let block = fits.clamp(64, LONGEST) / 64 * 64;
        Program {
            name: kernel.name.clone(),
            constant,
            outputs: kernel.outputs.len(),
            block,
            rows,
            uniforms,
            literals,
            constant_inputs,
            columns,
            written,
            prologue,
            passes,
            whole,
        }
    }

    /// Runs `lanes` lanes. `inputs[k]` is where in the arena port `k` begins: element `inputs[k] + l` for lane `l`, or
    /// `inputs[k]` alone for a constant port. `outputs[k]` likewise. An output column may be an input column, exactly;
    /// all reads of a lane come before its writes. Columns that begin on a cache line are faster.
    ///
    /// # Panics
    /// When a column leaves the arena; an output overlaps another output, a constant input, or a part of an input column;
    /// the number of ports is wrong; the machine lacks `isa`.
    pub fn run(&self, isa: Isa, arena: &mut [R], inputs: &[usize], outputs: &[usize], lanes: usize) {
        self.check(isa, arena.len(), inputs, outputs, lanes);
        // SAFETY: just checked; the arena is borrowed exclusively.
        unsafe { self.run_lanes(isa, Arena(arena.as_mut_ptr()), inputs, outputs, 0..lanes) }
    }

    /// As [`Program::run`], with the lanes split in ranges over the current rayon pool. The bits are the same.
    ///
    /// # Panics
    /// As [`Program::run`].
    pub fn run_parallel(&self, isa: Isa, arena: &mut [R], inputs: &[usize], outputs: &[usize], lanes: usize) {
        let parts = rayon::current_num_threads().min(lanes.div_ceil(8 * self.block));
        if parts <= 1 {
            return self.run(isa, arena, inputs, outputs, lanes);
        }
        self.check(isa, arena.len(), inputs, outputs, lanes);
        let base = Arena(arena.as_mut_ptr());
        let each = lanes.div_ceil(parts).next_multiple_of(self.block);
        rayon::scope(|scope| {
            for start in (0..lanes).step_by(each) {
                let range = start..(start + each).min(lanes);
                // SAFETY: checked; tasks touch disjoint lanes of every column, and no output holds a constant input.
                scope.spawn(move |_| unsafe { self.run_lanes(isa, base, inputs, outputs, range) });
            }
        });
    }

    /// The same program in blocks of another number of lanes (rounded up to whole vectors), for tests and tuning.
    #[must_use]
    pub fn with_block(mut self, lanes: usize) -> Program<R> {
        self.block = lanes.max(1).next_multiple_of(R::LINE);
        self
    }

    /// Bytes of one lane that a run reads and writes.
    pub fn bytes(&self) -> usize {
        size_of::<R>() * (self.columns.len() + self.outputs)
    }

    /// The superinstructions of a block, for tests and profiles.
    pub fn codes(&self) -> Vec<Code> {
        self.passes.iter().flat_map(|p| &p.steps).map(|s| s.code).collect()
    }

    /// How many times a block is gone over.
    pub fn passes(&self) -> usize {
        self.passes.len()
    }

    /// The parts of a pass that does all of it, if there can be one: what to add to those that are compiled.
    pub fn as_one_pass(&self) -> Option<&[Part]> {
        self.whole.as_deref()
    }

    /// Nanoseconds per lane of each superinstruction run alone over one block of zeros, repeatedly: what to fuse next.
    pub fn profile(&self, isa: Isa) -> Vec<(String, f64)> {
        isa.check();
        let slots = self.rows + self.uniforms + self.columns.len() + self.outputs;
        let mut numbers = vec![R::of(0.5); slots * self.block + R::LINE];
        let base: *mut R = numbers.as_mut_ptr();
        let base = base.wrapping_add(base.align_offset(64));
        let uniform = |k: usize| (self.rows..self.rows + self.uniforms).contains(&k);
        let slots: Vec<Slot<R>> =
            (0..slots).map(|k| Slot { at: base.wrapping_add(k * self.block), step: usize::from(!uniform(k)) }).collect();
        let time = |s: &Pass<R>| {
            let mut best = f64::INFINITY;
            for _ in 0..50 {
                let start = std::time::Instant::now();
                for _ in 0..100 {
                    // SAFETY: every slot is a row of its own; the machine has the instruction set.
                    unsafe { s.run(isa, slots.as_ptr(), self.block) };
                }
                best = best.min(start.elapsed().as_secs_f64() * 1e7 / self.block as f64);
            }
            best
        };
        let name = |p: &Pass<R>| match &p.steps[..] {
            [one] => format!("{:?} pattern {:#x}", one.code, p.pattern),
            many => many.iter().map(|s| format!("{:?}", s.code)).collect::<Vec<_>>().join(", "),
        };
        self.passes.iter().map(|s| (name(s), time(s))).collect()
    }

    fn check(&self, isa: Isa, arena: usize, inputs: &[usize], outputs: &[usize], lanes: usize) {
        isa.check();
        assert_eq!(inputs.len(), self.constant.len(), "kernel `{}`: number of inputs", self.name);
        assert_eq!(outputs.len(), self.outputs, "kernel `{}`: number of outputs", self.name);
        let fits = |start: usize, n: usize| start.checked_add(n).is_some_and(|end| end <= arena);
        for (k, &start) in inputs.iter().enumerate() {
            let n = if self.constant[k] { 1 } else { lanes };
            assert!(fits(start, n), "kernel `{}`: input {k} leaves the arena", self.name);
        }
        for (k, &start) in outputs.iter().enumerate() {
            assert!(fits(start, lanes), "kernel `{}`: output {k} leaves the arena", self.name);
            for (j, &other) in outputs[..k].iter().enumerate() {
                assert!(start.abs_diff(other) >= lanes, "kernel `{}`: outputs {j} and {k} overlap", self.name);
            }
            for (j, &input) in inputs.iter().enumerate() {
                let apart = if self.constant[j] {
                    input < start || input >= start + lanes
                } else {
                    input == start || input.abs_diff(start) >= lanes
                };
                assert!(apart, "kernel `{}`: output {k} overlaps input {j}", self.name);
            }
        }
    }

    /// What it is called in messages.
    pub(crate) fn owner(&self) -> String {
        format!("kernel `{}`", self.name)
    }

    /// Of inputs: whether constant.
    pub(crate) fn constant(&self) -> &[bool] {
        &self.constant
    }

    /// How many superinstructions.
    pub(crate) fn steps(&self) -> usize {
        self.passes.iter().map(|p| p.steps.len()).sum()
    }

    /// How many outputs.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// # Safety
    /// [`Program::check`] passed for an arena at `arena` and at least `range.end` lanes; nobody else touches the lanes of
    /// `range` of output columns, or writes to input columns, during the call.
    unsafe fn run_lanes(&self, isa: Isa, arena: Arena<R>, inputs: &[usize], outputs: &[usize], range: Range<usize>) {
        let lanes = range.len();
        R::scratch(self.lines(lanes), 1, |rows, launches| {
            let launch = &mut launches[0];
            self.prepare(launch, rows, lanes, 0, |i, o| inputs[i] == outputs[o]);
            launch.inputs.iter_mut().zip(inputs).for_each(|(to, at)| *to = at + range.start);
            launch.outputs.iter_mut().zip(outputs).for_each(|(to, at)| *to = at + range.start);
            self.set_constants(isa, arena.0, launch, |k| inputs[k]);
            self.launch(isa, arena.0, launch);
        });
    }
}

/// The arena's address, to be given to tasks.
pub(crate) struct Arena<R>(pub *mut R);

impl<R> Clone for Arena<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Arena<R> {}

impl<R> Arena<R> {
    /// The address; a method, so that closures take the whole and not the pointer alone.
    pub(crate) fn get(self) -> *mut R {
        self.0
    }
}

// SAFETY: tasks that share it keep to disjoint lanes (see `run_parallel`).
unsafe impl<R> Send for Arena<R> {}
// SAFETY: as above.
unsafe impl<R> Sync for Arena<R> {}
