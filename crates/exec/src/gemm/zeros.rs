//! Products that leave out the terms in which B is zero, with the bits of [`gemm()`](super::gemm()).
//!
//! A term of zero leaves a chain `s = fma(a, b, s)` as it was, so that leaving it out changes no bit, but for three cases.
//! All of them are seen, and multiplied densely instead:
//!
//! - A number of A is not finite: infinity times zero is not zero. Seen when A is packed.
//! - A number of B is not finite. Seen when B is listed.
//! - A sum is -0. No sum of numbers that are not zero begins at +0 and becomes -0, but a product too small for any number
//!   does; and then adding a term of +0 makes +0 of it. Both ways agree in all but the sign of such a zero, and the way with
//!   fewer terms keeps the minus, so whatever might differ ends as -0. Seen before it is added to C.
//!
//! The elements of B that are not zero are listed by column. A tile of A, transposed and one panel deep, lies in the
//! second-level cache; the sums of a column and of all rows of the tile stay in registers while its list is walked.

use super::{Buffers, GemmScratch, PANEL, Part, Target, View, gemm, gemm_parallel, product, views};
use crate::isa::Isa;
use crate::memory::on_a_line;
use kernel::Kernels;

mod kernel;

/// Columns whose sums are kept before they are added to C, so that they stay in the first-level cache.
const COLUMNS: usize = 32;
/// Columns of B below which it does not pay to transpose A for them.
const FEWEST: usize = 32;
/// How many times as long a term of a list takes as a term of a dense product, about.
const COST: usize = 3;

/// The elements of B that are not zero, in lists by column of op(B) and panel.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    /// Where each list begins in `terms`; one more than lists.
    start: Vec<u32>,
    /// From the list of a column to that of the next, and of a panel to the next.
    step: (usize, usize),
    terms: Terms,
    /// As they are found in a B that must be sorted by column, and where its rows end.
    found: Terms,
    ends: Vec<u32>,
    /// Where the next term of each list goes.
    next: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct Terms {
    /// Places inside a panel.
    at: Vec<u32>,
    values: Vec<f64>,
}

impl Terms {
    /// Makes room, and for a whole vector beyond.
    fn grow(&mut self, n: usize) {
        if self.values.len() < n + kernel::BEYOND {
            self.values.resize(n + kernel::BEYOND, 0.0);
            self.at.resize(n + kernel::BEYOND, 0);
        }
    }

    /// Appends what is not zero in `row`; none when something is not finite.
    fn append(&mut self, kernels: &Kernels, row: &[f64], count: usize) -> Option<usize> {
        kernels.list(row, &mut self.at[count..], &mut self.values[count..]).map(|n| count + n)
    }
}

impl Lists {
    /// Lists op(B), `k x n`. False when more than `limit` elements are not zero, or one is not finite.
    #[allow(clippy::too_many_arguments)]
    fn read(&mut self, kernels: &Kernels, trans_b: bool, n: usize, k: usize, b: &[f64], ldb: usize, limit: usize) -> bool {
        // Columns of op(B) that are rows in memory are listed as they come; others are sorted.
        if trans_b { self.read_columns(kernels, n, k, b, ldb, limit) } else { self.sort_rows(kernels, n, k, b, ldb, limit) }.is_some()
    }

    fn read_columns(&mut self, kernels: &Kernels, n: usize, k: usize, b: &[f64], ldb: usize, limit: usize) -> Option<()> {
        self.step = (k.div_ceil(PANEL), 1);
        self.terms.grow(limit + k);
        self.start.clear();
        self.start.push(0);
        let mut count = 0;
        for column in 0..n {
            for part in b[column * ldb..][..k].chunks(PANEL) {
                count = self.terms.append(kernels, part, count)?;
                self.start.push(u32::try_from(count).ok()?);
            }
            if count > limit {
                return None;
            }
        }
        Some(())
    }

    fn sort_rows(&mut self, kernels: &Kernels, n: usize, k: usize, b: &[f64], ldb: usize, limit: usize) -> Option<()> {
        self.step = (1, n);
        self.found.grow(limit + n);
        self.ends.clear();
        // First the length of each list, one place on; then where each begins.
        self.start.clear();
        self.start.resize(k.div_ceil(PANEL) * n + 1, 0);
        let mut count = 0;
        for row in 0..k {
            let before = count;
            count = self.found.append(kernels, &b[row * ldb..][..n], count)?;
            if count > limit {
                return None;
            }
            self.ends.push(u32::try_from(count).ok()?);
            let lengths = &mut self.start[row / PANEL * n + 1..][..n];
            self.found.at[before..count].iter().for_each(|column| lengths[*column as usize] += 1);
        }
        let mut sum = 0;
        for s in &mut self.start {
            sum += *s;
            *s = sum;
        }
        self.terms.grow(count);
        self.next.clear();
        self.next.extend_from_slice(&self.start);
        let mut from = 0;
        for (row, end) in self.ends.iter().enumerate() {
            let next = &mut self.next[row / PANEL * n..][..n];
            for t in from..*end as usize {
                let place = &mut next[self.found.at[t] as usize];
                self.terms.at[*place as usize] = (row % PANEL) as u32;
                self.terms.values[*place as usize] = self.found.values[t];
                *place += 1;
            }
            from = *end as usize;
        }
        Some(())
    }

    /// Places and values of a column in a panel.
    fn list(&self, column: usize, panel: usize) -> (&[u32], &[f64]) {
        let l = column * self.step.0 + panel * self.step.1;
        let range = self.start[l] as usize..self.start[l + 1] as usize;
        (&self.terms.at[range.clone()], &self.terms.values[range])
    }
}

/// `C = beta C + A op(B)` with the bits of [`gemm()`](super::gemm()) and the same meaning of all arguments; faster where most of B is
/// zero. With `parallel`, shared by the threads of the current rayon pool.
///
/// # Panics
/// As [`gemm()`](super::gemm()).
#[allow(clippy::too_many_arguments)]
pub(crate) fn gemm_skipping_zeros(
    isa: Isa,
    parallel: bool,
    trans_b: bool,
    m: usize,
    n: usize,
    k: usize,
    a: &[f64],
    lda: usize,
    b: &[f64],
    ldb: usize,
    beta: f64,
    c: &mut [f64],
    ldc: usize,
    scratch: &mut GemmScratch,
) {
    isa.check();
    let (from_a, from_b) = views(false, trans_b, m, n, k, a, lda, b, ldb, c, ldc);
    let kernels = Kernels::of(isa);
    let blocks = m.div_ceil(kernels.rows);
    // Rows that fill up the last tile cost as much as others.
    let limit = if blocks == 0 { 0 } else { (n * k / COST) * m / (blocks * kernels.rows) };
    let mut lists = std::mem::take(&mut scratch.lists);
    if n < FEWEST || k == 0 || limit == 0 || !lists.read(kernels, trans_b, n, k, b, ldb, limit) {
        scratch.lists = lists;
        let dense = if parallel { gemm_parallel } else { gemm };
        return dense(isa, false, trans_b, m, n, k, 1.0, a, lda, b, ldb, beta, c, ldc, scratch);
    }
    let job = Job { isa, kernels, lists: &lists, k, a: from_a, b: from_b, beta, c: Target(c.as_mut_ptr()), ldc };
    let threads = if parallel { rayon::current_num_threads() } else { 1 };
    // A task costs some microseconds: as many as pay for themselves.
    let parts = threads.min(m * n * k / COST / (1 << 18)).max(1);
    scratch.parts.resize_with(scratch.parts.len().max(parts), Buffers::default);
    let by_row = blocks >= parts;
    let (length, unit) = if by_row { (m, kernels.rows) } else { (n, COLUMNS) };
    let each = length.div_ceil(parts).next_multiple_of(unit);
    let tasks = (0..length).step_by(each).zip(&mut scratch.parts).map(|(start, buffers)| {
        let size = each.min(length - start);
        let part = if by_row {
            Part { row: start, rows: size, column: 0, columns: n }
        } else {
            Part { row: 0, rows: m, column: start, columns: size }
        };
        (part, buffers)
    });
    // SAFETY: `views` has checked the bounds; the machine has the instruction set; C is borrowed exclusively and parts are disjoint.
    let run = |(part, buffers)| unsafe { job.part(part, buffers) };
    if parts == 1 {
        tasks.for_each(run);
    } else {
        rayon::scope(|scope| tasks.for_each(|task| scope.spawn(move |_| run(task))));
    }
    scratch.lists = lists;
}

/// What all parts of a product have in common.
struct Job<'a> {
    isa: Isa,
    kernels: &'a Kernels,
    lists: &'a Lists,
    k: usize,
    a: View<f64>,
    b: View<f64>,
    beta: f64,
    c: Target<f64>,
    ldc: usize,
}

impl Job<'_> {
    /// One part of C.
    ///
    /// # Safety
    /// As [`product`].
    unsafe fn part(&self, part: Part, buffers: &mut Buffers) {
        let wide = self.kernels.rows;
        let mut tiles = std::mem::take(&mut buffers.tile);
        let mut columns_of_sums = std::mem::take(&mut buffers.sums);
        let tile = on_a_line(&mut tiles, wide * PANEL.min(self.k));
        let sums = on_a_line(&mut columns_of_sums, wide * COLUMNS);
        for row in (part.row..part.row + part.rows).step_by(wide) {
            let rows = wide.min(part.row + part.rows - row);
            for panel in 0..self.k.div_ceil(PANEL) {
                let depth = PANEL.min(self.k - panel * PANEL);
                let beta = if panel == 0 { self.beta } else { 1.0 };
                if !self.kernels.pack(self.a.at.add(row * self.a.row + panel * PANEL), self.a.row, rows, depth, tile) {
                    self.dense(Part { row, rows, ..part }, panel, beta, buffers);
                    continue;
                }
                for column in (part.column..part.column + part.columns).step_by(COLUMNS) {
                    let columns = COLUMNS.min(part.column + part.columns - column);
                    for (j, sums) in sums.chunks_exact_mut(wide).take(columns).enumerate() {
                        let (at, values) = self.lists.list(column + j, panel);
                        self.kernels.sum(at, values, tile, sums);
                    }
                    if self.kernels.has_minus_zero(&sums[..columns * wide]) {
                        self.dense(Part { row, rows, column, columns }, panel, beta, buffers);
                    } else {
                        self.kernels.add(sums, rows, columns, beta, self.c.0.add(row * self.ldc + column), self.ldc);
                    }
                }
            }
        }
        buffers.tile = tiles;
        buffers.sums = columns_of_sums;
    }

    /// One panel of some part, densely.
    ///
    /// # Safety
    /// As [`product`].
    #[cold]
    unsafe fn dense(&self, part: Part, panel: usize, beta: f64, buffers: &mut Buffers) {
        let k = panel * PANEL;
        let a = View { at: self.a.at.add(k * self.a.column), ..self.a };
        let b = View { at: self.b.at.add(k * self.b.row), ..self.b };
        product(self.isa, part, PANEL.min(self.k - k), 1.0, a, b, beta, self.c, self.ldc, buffers);
    }
}

#[cfg(test)]
mod tests;
