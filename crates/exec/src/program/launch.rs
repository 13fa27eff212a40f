//! Launches of a program: what is laid out once, and what is done each time.
//!
//! A loop over ticks launches the same programs many times with other columns, often over few lanes. So slots, constants and the
//! question which outputs must wait are settled before; a launch sets the addresses of columns and runs the steps.

use super::{Program, WIDE};
use crate::isa::Isa;
use crate::machine::Slot;
use std::cell::RefCell;

/// Launches of at most so many lanes that are no whole vectors run on copies of all columns, where that is cheaper than a second
/// pass through the steps for the last vector.
const COPIED: usize = 64;

thread_local! {
    static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch { rows: Vec::new(), launches: Vec::new() }) };
}

/// Working memory, kept per thread and grown to the largest that was needed.
#[derive(Default)]
pub(crate) struct Scratch {
    /// Of no meaning between launches, so that all programs share it.
    rows: Vec<Line>,
    launches: Vec<Launch>,
}

impl Scratch {
    /// Working memory of this thread, with room for `lines` cache lines of rows and for some launches.
    pub(crate) fn with<T>(lines: usize, launches: usize, f: impl FnOnce(*mut f64, &mut [Launch]) -> T) -> T {
        SCRATCH.with_borrow_mut(|scratch| {
            if scratch.rows.len() < lines {
                scratch.rows.resize(lines, Line([0.0; WIDE]));
            }
            if scratch.launches.len() < launches {
                scratch.launches.resize_with(launches, Launch::default);
            }
            f(scratch.rows.as_mut_ptr().cast(), &mut scratch.launches[..launches])
        })
    }
}

/// A cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[allow(dead_code, reason = "read and written through pointers")] [f64; WIDE]);

/// A program laid out for launches of one number of lanes.
pub(crate) struct Launch {
    /// Where input columns begin, for the next launch. Entries of constant inputs are not read.
    pub inputs: Vec<usize>,
    /// Where output columns begin, for the next launch.
    pub outputs: Vec<usize>,
    slots: Vec<Slot>,
    uniforms: Vec<Line>,
    /// Of outputs: whether a later step reads the column that it overwrites.
    waits: Vec<bool>,
    any_waits: bool,
    lanes: usize,
    block: usize,
    /// Lanes that run in place.
    whole: usize,
    /// Numbers per column of the copies of the others.
    line: usize,
    staging: *mut f64,
    copies: *mut f64,
    /// Numbers beyond the last lane that are computed too, so that all vectors are whole; those of outputs are put back afterwards.
    beyond: usize,
    /// Where those are kept meanwhile.
    kept: Vec<Line>,
}

impl Default for Launch {
    fn default() -> Launch {
        Launch {
            inputs: Vec::new(),
            outputs: Vec::new(),
            slots: Vec::new(),
            uniforms: Vec::new(),
            waits: Vec::new(),
            any_waits: false,
            lanes: 0,
            block: 0,
            whole: 0,
            line: 0,
            staging: std::ptr::null_mut(),
            copies: std::ptr::null_mut(),
            beyond: 0,
            kept: Vec::new(),
        }
    }
}

impl Program {
    /// Lanes in place, and numbers per column of the copies of the rest.
    fn split(&self, lanes: usize) -> (usize, usize) {
        if lanes <= COPIED && !lanes.is_multiple_of(WIDE) && self.steps.len() >= self.columns.len() + self.outputs {
            (0, lanes.next_multiple_of(WIDE))
        } else {
            (lanes - lanes % WIDE, WIDE)
        }
    }

    fn block_of(&self, lanes: usize) -> usize {
        self.block.min(lanes.next_multiple_of(WIDE)).max(self.split(lanes).1)
    }

    /// Cache lines of rows that launches of so many lanes need.
    pub(crate) fn lines(&self, lanes: usize) -> usize {
        let copies = (self.columns.len() + self.outputs) * self.split(lanes).1;
        ((self.rows + self.outputs) * self.block_of(lanes) + copies) / WIDE
    }

    /// Lays out launches of `lanes` lanes, the last `beyond` of which are none, in rows of [`Program::lines`] cache lines.
    /// `same(input, output)` tells whether an output is written over an input.
    pub(crate) fn prepare(&self, launch: &mut Launch, rows: *mut f64, lanes: usize, beyond: usize, same: impl Fn(usize, usize) -> bool) {
        launch.beyond = beyond;
        launch.kept.resize(self.outputs.max(launch.kept.len()), Line([0.0; WIDE]));
        let block = self.block_of(lanes);
        (launch.whole, launch.line) = self.split(lanes);
        (launch.lanes, launch.block) = (lanes, block);
        launch.staging = rows.wrapping_add(self.rows * block);
        launch.copies = launch.staging.wrapping_add(self.outputs * block);
        launch.uniforms.resize(self.uniforms.max(launch.uniforms.len()), Line([0.0; WIDE]));
        let uniforms: *mut f64 = launch.uniforms.as_mut_ptr().cast();
        launch.slots.clear();
        launch.slots.extend((0..self.rows).map(|k| Slot { at: rows.wrapping_add(k * block), step: 1 }));
        launch.slots.extend((0..self.uniforms).map(|k| Slot { at: uniforms.wrapping_add(k * WIDE), step: 0 }));
        launch.slots.resize(self.rows + self.uniforms + self.columns.len() + self.outputs, Slot { at: rows, step: 1 });
        launch.inputs.clear();
        launch.inputs.resize(self.constant.len(), 0);
        launch.outputs.clear();
        launch.outputs.resize(self.outputs, 0);
        launch.waits.clear();
        // An output waits when a later step reads the column that it overwrites.
        launch.waits.extend(
            self.written
                .iter()
                .enumerate()
                .map(|(o, &(_, step))| self.columns.iter().any(|&(input, _, last)| last > step && same(input, o))),
        );
        launch.any_waits = launch.waits.contains(&true);
    }

    /// Reads constant inputs, the `k`-th from `constant(k)`, and runs the prologue, for all launches until the next call.
    ///
    /// # Safety
    /// The program was prepared in `launch`, and its rows still are; those numbers are in the arena; the machine has `isa`.
    pub(crate) unsafe fn set_constants(&self, isa: Isa, arena: *const f64, launch: &mut Launch, constant: impl Fn(usize) -> usize) {
        let slots = launch.slots.as_mut_ptr();
        let fill = |slot: u16, x: f64| std::slice::from_raw_parts_mut((*slots.add(slot as usize)).at, WIDE).fill(x);
        for &(slot, x) in &self.literals {
            fill(slot, x);
        }
        for &(input, slot) in &self.constant_inputs {
            fill(slot, *arena.add(constant(input)));
        }
        for s in &self.prologue {
            (s.loops[isa as usize])(slots, &s.step, WIDE);
        }
    }

    /// Runs the steps over the columns that `launch` names.
    ///
    /// # Safety
    /// As [`Program::set_constants`], which was called; columns lie in the arena and do not overlap but as `prepare` was told; nobody
    /// else touches the lanes of output columns, or writes to those of input columns, during the call. Lanes beyond are in the arena, and
    /// those of outputs are of no other column of this launch.
    pub(crate) unsafe fn launch(&self, isa: Isa, arena: *mut f64, launch: &mut Launch) {
        let slots = launch.slots.as_mut_ptr();
        let (inputs, outputs) = (launch.inputs.as_slice(), launch.outputs.as_slice());
        let (block, staging) = (launch.block, launch.staging);
        let (beyond, kept) = (launch.beyond, launch.kept.as_mut_ptr().cast::<f64>());
        if beyond > 0 {
            for (o, &output) in outputs.iter().enumerate() {
                std::ptr::copy_nonoverlapping(arena.add(output + launch.lanes - beyond), kept.add(o * WIDE), beyond);
            }
        }
        let mut start = 0;
        while start < launch.whole {
            let n = block.min(launch.whole - start);
            for &(input, slot, _) in &self.columns {
                (*slots.add(slot as usize)).at = arena.add(inputs[input] + start);
            }
            for (o, (&(slot, _), &wait)) in self.written.iter().zip(&launch.waits).enumerate() {
                (*slots.add(slot as usize)).at = if wait { staging.add(o * block) } else { arena.add(outputs[o] + start) };
            }
            for s in &self.steps {
                (s.loops[isa as usize])(slots, &s.step, n);
            }
            if launch.any_waits {
                for (o, _) in launch.waits.iter().enumerate().filter(|w| *w.1) {
                    std::ptr::copy_nonoverlapping(staging.add(o * block), arena.add(outputs[o] + start), n);
                }
            }
            start += n;
        }
        if beyond > 0 {
            for (o, &output) in outputs.iter().enumerate() {
                std::ptr::copy_nonoverlapping(kept.add(o * WIDE), arena.add(output + launch.lanes - beyond), beyond);
            }
        }
        // Lanes that are no whole vector: the same steps on copies.
        let n = launch.lanes - start;
        if n == 0 {
            return;
        }
        let line = launch.line;
        for (k, &(input, slot, _)) in self.columns.iter().enumerate() {
            let copy = launch.copies.add(k * line);
            std::ptr::copy_nonoverlapping(arena.add(inputs[input] + start), copy, n);
            (*slots.add(slot as usize)).at = copy;
        }
        let results = launch.copies.add(self.columns.len() * line);
        for (o, &(slot, _)) in self.written.iter().enumerate() {
            (*slots.add(slot as usize)).at = results.add(o * line);
        }
        for s in &self.steps {
            (s.loops[isa as usize])(slots, &s.step, line);
        }
        for (o, &output) in outputs.iter().enumerate() {
            std::ptr::copy_nonoverlapping(results.add(o * line), arena.add(output + start), n);
        }
    }
}
