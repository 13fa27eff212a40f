//! Launches of a program: what is laid out once, and what is done each time.
//!
//! A loop over ticks launches the same programs many times with other columns, often over few lanes. So slots, constants and the
//! question which outputs must wait are settled before; a launch sets the addresses of columns and runs the steps.

use super::Program;
use crate::isa::Isa;
use crate::machine::choices::Listing;
use crate::machine::{Loop, Slot};
use crate::memory::prefetch;
use crate::scalar::Scalar;
use crate::spikes::ListNotZero;
use crate::vectorise;

/// Launches of at most so many lanes that are no whole vectors run on copies of all columns, where that is cheaper than a second
/// pass through the steps for the last vector.
const COPIED: usize = 64;

/// Working memory, kept per thread and grown to the largest that was needed.
pub struct Scratch<R> {
    /// Of no meaning between launches, so that all programs share it.
    rows: Vec<Line>,
    launches: Vec<Launch<R>>,
}

impl<R: Scalar> Scratch<R> {
    pub(crate) const fn new() -> Scratch<R> {
        Scratch { rows: Vec::new(), launches: Vec::new() }
    }

    /// Working memory with room for `lines` cache lines of rows and for some launches.
    pub(crate) fn room(&mut self, lines: usize, launches: usize) -> (*mut R, &mut [Launch<R>]) {
        if self.rows.len() < lines {
            self.rows.resize(lines, Line::default());
        }
        if self.launches.len() < launches {
            self.launches.resize_with(launches, Launch::default);
        }
        (self.rows.as_mut_ptr().cast(), &mut self.launches[..launches])
    }
}

/// A cache line of numbers of any format.
#[derive(Clone, Copy, Default, Debug)]
#[repr(align(64))]
pub(crate) struct Line(#[allow(dead_code, reason = "read and written through pointers")] [u64; 8]);

/// A program laid out for launches of one number of lanes.
#[derive(Debug)]
pub struct Launch<R> {
    /// Where input columns begin, for the next launch. Entries of constant inputs are not read.
    pub inputs: Vec<usize>,
    /// Where output columns begin, for the next launch.
    pub outputs: Vec<usize>,
    slots: Vec<Slot<R>>,
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
    staging: *mut R,
    copies: *mut R,
    /// Numbers beyond the last lane that are computed too, so that all vectors are whole; those of outputs are put back afterwards.
    beyond: usize,
    /// Where those are kept meanwhile.
    kept: Vec<Line>,
    /// An output that is listed and written nowhere.
    listed: Option<usize>,
    lister: Lister<R>,
}

/// Which numbers of an output are not zero.
#[derive(Debug)]
struct Lister<R> {
    /// Ascending.
    list: Vec<u32>,
    /// The pass that lists them itself, in place of writing the output, and how.
    pass: Option<(usize, [Loop<R>; 3])>,
}

impl<R> Launch<R> {
    /// What was listed by the last launch.
    pub(crate) fn list(&self) -> &[u32] {
        &self.lister.list
    }
}

impl<R> Default for Launch<R> {
    fn default() -> Launch<R> {
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
            listed: None,
            lister: Lister { list: Vec::new(), pass: None },
        }
    }
}

impl<R: Scalar> Program<R> {
    /// Lanes in place, and numbers per column of the copies of the rest.
    fn split(&self, lanes: usize) -> (usize, usize) {
        if lanes <= COPIED && !lanes.is_multiple_of(R::LINE) && self.steps() >= self.columns.len() + self.outputs {
            (0, lanes.next_multiple_of(R::LINE))
        } else {
            (lanes - lanes % R::LINE, R::LINE)
        }
    }

    fn block_of(&self, lanes: usize) -> usize {
        self.block.min(lanes.next_multiple_of(R::LINE)).max(self.split(lanes).1)
    }

    /// Cache lines of rows that launches of so many lanes need.
    pub(crate) fn lines(&self, lanes: usize) -> usize {
        let copies = (self.columns.len() + self.outputs) * self.split(lanes).1;
        ((self.rows + self.outputs) * self.block_of(lanes) + copies) / R::LINE
    }

    /// Lays out launches of `lanes` lanes, the last `beyond` of which are none, in rows of [`Program::lines`] cache lines.
    /// `same(input, output)` tells whether an output is written over an input.
    pub(crate) fn prepare(&self, launch: &mut Launch<R>, rows: *mut R, lanes: usize, beyond: usize, same: impl Fn(usize, usize) -> bool) {
        launch.beyond = beyond;
        (launch.listed, launch.lister.pass) = (None, None);
        launch.kept.resize(self.outputs.max(launch.kept.len()), Line::default());
        let block = self.block_of(lanes);
        (launch.whole, launch.line) = self.split(lanes);
        (launch.lanes, launch.block) = (lanes, block);
        launch.staging = rows.wrapping_add(self.rows * block);
        launch.copies = launch.staging.wrapping_add(self.outputs * block);
        launch.uniforms.resize(self.uniforms.max(launch.uniforms.len()), Line::default());
        let uniforms: *mut R = launch.uniforms.as_mut_ptr().cast();
        launch.slots.clear();
        launch.slots.extend((0..self.rows).map(|k| Slot { at: rows.wrapping_add(k * block), step: 1 }));
        launch.slots.extend((0..self.uniforms).map(|k| Slot { at: uniforms.wrapping_add(k * R::LINE), step: 0 }));
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

    /// From the next launch on an output is listed, and its column is not touched.
    pub(crate) fn list(&self, launch: &mut Launch<R>, output: usize) {
        let (slot, pass) = self.written[output];
        launch.listed = Some(output);
        let read = self.passes.iter().flat_map(|p| &p.steps).any(|s| s.args.contains(&slot));
        launch.lister.pass = self.passes[pass].listing.filter(|l| l.0 == slot && !read).map(|(_, loops)| (pass, loops));
        launch.lister.list.reserve(launch.lanes + launch.line);
    }

    /// Runs all passes on the lanes for which slots are laid out, `n` from `first` on.
    ///
    /// # Safety
    /// That of the loops; a list has room for all lanes.
    #[inline(always)]
    unsafe fn block(&self, isa: Isa, slots: *mut Slot<R>, lister: &mut Lister<R>, first: usize, n: usize, mut before: impl FnMut()) {
        let Some((lists, loops)) = lister.pass else {
            for p in &self.passes {
                before();
                p.run(isa, slots, n);
            }
            return;
        };
        let mut listing = Listing { end: lister.list.as_mut_ptr().add(lister.list.len()), first: first as u32 };
        if let Some((slot, _)) = self.passes[lists].listing {
            (*slots.add(slot as usize)).at = (&raw mut listing).cast();
        }
        for (k, p) in self.passes.iter().enumerate() {
            before();
            if k == lists {
                (loops[isa as usize])(slots, p.steps.as_ptr(), n);
            } else {
                p.run(isa, slots, n);
            }
        }
        lister.list.set_len(listing.end.offset_from(lister.list.as_ptr()) as usize);
    }

    /// Reads constant inputs, the `k`-th from `constant(k)`, and runs the prologue, for all launches until the next call.
    ///
    /// # Safety
    /// The program was prepared in `launch`, and its rows still are; those numbers are in the arena; the machine has `isa`.
    pub(crate) unsafe fn set_constants(&self, isa: Isa, arena: *const R, launch: &mut Launch<R>, constant: impl Fn(usize) -> usize) {
        let slots = launch.slots.as_mut_ptr();
        let fill = |slot: u16, x: R| std::slice::from_raw_parts_mut((*slots.add(slot as usize)).at, R::LINE).fill(x);
        for &(slot, x) in &self.literals {
            fill(slot, x);
        }
        for &(input, slot) in &self.constant_inputs {
            fill(slot, *arena.add(constant(input)));
        }
        for s in &self.prologue {
            s.run(isa, slots, R::LINE);
        }
    }

    /// Runs the steps over the columns that `launch` names.
    ///
    /// # Safety
    /// As [`Program::set_constants`], which was called; columns lie in the arena and do not overlap but as `prepare` was told; nobody
    /// else touches the lanes of output columns, or writes to those of input columns, during the call. Lanes beyond are in the arena, and
    /// those of outputs are of no other column of this launch.
    pub(crate) unsafe fn launch(&self, isa: Isa, arena: *mut R, launch: &mut Launch<R>) {
        let slots = launch.slots.as_mut_ptr();
        let (inputs, outputs) = (launch.inputs.as_slice(), launch.outputs.as_slice());
        let (block, staging) = (launch.block, launch.staging);
        let (beyond, kept) = (launch.beyond, launch.kept.as_mut_ptr().cast::<R>());
        let lister = &mut launch.lister;
        lister.list.clear();
        if beyond > 0 {
            for (o, &output) in outputs.iter().enumerate().filter(|(o, _)| launch.listed != Some(*o)) {
                std::ptr::copy_nonoverlapping(arena.add(output + launch.lanes - beyond), kept.add(o * R::LINE), beyond);
            }
        }
        let mut start = 0;
        while start < launch.whole {
            let n = block.min(launch.whole - start);
            for &(input, slot, _) in &self.columns {
                (*slots.add(slot as usize)).at = arena.add(inputs[input] + start);
            }
            for (o, (&(slot, _), &wait)) in self.written.iter().zip(&launch.waits).enumerate() {
                let aside = wait || launch.listed == Some(o);
                (*slots.add(slot as usize)).at = if aside { staging.add(o * block) } else { arena.add(outputs[o] + start) };
            }
            // The next block is on its way from the second-level cache while this one is worked on, a column for each pass; one pass alone reads on
            // and on, which the processor foresees.
            let next = start + n..launch.whole.min(start + n + block);
            let mut columns = self.columns.iter();
            self.block(isa, slots, lister, start, n, || {
                if self.passes.len() > 1
                    && let Some((input, ..)) = columns.next()
                {
                    prefetch(std::slice::from_raw_parts(arena.add(inputs[*input] + next.start), next.len()));
                }
            });
            if launch.any_waits {
                for (o, _) in launch.waits.iter().enumerate().filter(|w| *w.1 && launch.listed != Some(w.0)) {
                    std::ptr::copy_nonoverlapping(staging.add(o * block), arena.add(outputs[o] + start), n);
                }
            }
            if let (Some(o), None) = (launch.listed, lister.pass) {
                let real = n.min(launch.lanes - beyond - start);
                let numbers = std::slice::from_raw_parts(staging.add(o * block), real);
                vectorise::run(isa, ListNotZero { numbers, first: start, list: &mut lister.list });
            }
            start += n;
        }
        if beyond > 0 {
            for (o, &output) in outputs.iter().enumerate().filter(|(o, _)| launch.listed != Some(*o)) {
                std::ptr::copy_nonoverlapping(kept.add(o * R::LINE), arena.add(output + launch.lanes - beyond), beyond);
            }
        }
        if start < launch.lanes {
            self.launch_rest(isa, arena, launch, start);
        }
        // Lanes that are none may have been listed.
        let lister = &mut launch.lister.list;
        while lister.last().is_some_and(|l| *l as usize >= launch.lanes - beyond) {
            lister.pop();
        }
    }

    /// Lanes that are no whole vector: the same steps on copies.
    ///
    /// # Safety
    /// As [`Program::launch`].
    unsafe fn launch_rest(&self, isa: Isa, arena: *mut R, launch: &mut Launch<R>, start: usize) {
        let slots = launch.slots.as_mut_ptr();
        let (inputs, outputs, lister) = (launch.inputs.as_slice(), launch.outputs.as_slice(), &mut launch.lister);
        let n = launch.lanes - start;
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
        self.block(isa, slots, lister, start, line, || ());
        for (o, &output) in outputs.iter().enumerate() {
            if launch.listed == Some(o) {
                if lister.pass.is_some() {
                    continue;
                }
                let numbers = std::slice::from_raw_parts(results.add(o * line), n);
                vectorise::run(isa, ListNotZero { numbers, first: start, list: &mut lister.list });
            } else {
                std::ptr::copy_nonoverlapping(results.add(o * line), arena.add(output + start), n);
            }
        }
    }
}
