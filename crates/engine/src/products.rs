//! Products with the weights of links, forward and in reverse.
//!
//! Forward `y += W x`; in reverse `x' += W^T y'` and `W' += y' x^T`. On neurons with several places the weights of either sign arrive at
//! rows of (place, neuron): `max(w, 0)` at the positive receptors, `max(-w, 0)` at the negative ones. A negative value acts through the
//! receptors of the other sign, as there are no negative rates.

use crate::Scratch;
use crate::format::{Format, Numbers};
use crate::layout::{Columns, GroupLayout};
use crate::run::{Run, Source};
use homolog_base::math::{Lane, Real};
use homolog_exec::{Isa, add_weights_of_spikes, gemm, gemm_parallel, gemm_skipping_zeros, vectorise};
use homolog_model::model::{Rows, port};
use homolog_model::{Link, Model, Target, Wires};
use std::ops::Range;

/// The form of a dense product.
type Gemm<R> = fn(Isa, bool, bool, usize, usize, usize, R, &[R], usize, &[R], usize, R, &mut [R], usize, &mut homolog_exec::GemmScratch<R>);

/// The part of a weight that acts at the receptors of a sign.
pub(crate) fn part<R: Real>(w: R, negative: bool) -> R {
    Lane::max(if negative { -w } else { w }, R::default())
}

impl<R: Format> Run<'_, R> {
    /// The dense product, alone or shared by the threads of the pool.
    pub fn gemm(&self) -> Gemm<R> {
        if self.threads > 1 { gemm_parallel } else { gemm }
    }

    /// Adds the weighted `source` column of the sending group to the column at `to`.
    pub fn product(&self, arena: &mut [R], scratch: &mut Scratch<R>, l: &Link, weights: &[R], source: Source<R>, to: usize) {
        let (rows, columns, batch) = (self.model.groups[l.to].size, self.model.groups[l.from].size, self.layout.batch);
        let n = rows * batch;
        let (x, y) = match source {
            Source::Given(x) => (x, &mut arena[to..to + n]),
            Source::Arena(from) => read_write(arena, from, columns * batch, to, n),
        };
        match &l.wires {
            Wires::Dense => {
                let (isa, parallel, space) = (self.isa, self.threads > 1, &mut scratch.gemm);
                gemm_skipping_zeros(isa, parallel, false, rows, batch, columns, weights, columns, x, batch, R::of(1.0), y, batch, space)
            }
            Wires::OneToOne => {
                for ((y, x), w) in y.chunks_exact_mut(batch).zip(x.chunks_exact(batch)).zip(weights) {
                    axpy(self.isa, *w, x, y);
                }
            }
            Wires::Sparse { start, column } => {
                for (r, y) in y.chunks_exact_mut(batch).enumerate() {
                    for k in start[r] as usize..start[r + 1] as usize {
                        axpy(self.isa, weights[k], &x[column[k] as usize * batch..][..batch], y);
                    }
                }
            }
        }
    }

    /// Adds the `source` column of the sending group, weighted by the weights of a sign, to the rows of the columns at `to`.
    pub fn product_at_places(&self, arena: &mut [R], l: &Link, sign: usize, source: Source<R>, to: usize) {
        let rows = &l.places.as_ref().expect("the neurons have places")[sign];
        let (batch, receivers) = (self.layout.batch, self.of(l.to));
        let senders = self.model.groups[l.from].size * batch;
        let sites = (rows.start.len() - 1) / self.model.groups[l.to].copies();
        let n = (sites - 1) * receivers.site + receivers.lanes;
        let (x, y) = match source {
            Source::Given(x) => (x, &mut arena[to..to + n]),
            Source::Arena(from) => read_write(arena, from, senders, to, n),
        };
        // Senders that are silent add nothing: a sum that begins at +0 never becomes -0.
        if x.iter().all(|x| *x == R::default()) {
            return;
        }
        let none = R::default();
        let said: Vec<Said> = x.chunks_exact(batch).map(Said::of).collect();
        let weights = &*self.numbers.tensors[l.weights];
        self.each_row(rows, receivers, l.to, |at, entries| {
            for k in entries {
                let column = rows.column[k] as usize;
                let w = weights[rows.weight[k] as usize];
                let (same, other) = (part(w, sign == 1), part(w, sign == 0));
                let (x, y) = (&x[column * batch..][..batch], &mut y[at..at + batch]);
                match said[column] {
                    Said::Positive if same != none => axpy(self.isa, same, x, y),
                    Said::Both if same != none || other != none => add_by_sign(self.isa, same, other, x, y),
                    _ => {}
                }
            }
        });
    }

    /// Calls `f` with where in a column each row of (place, copy) lies, and which entries it has.
    pub fn each_row(&self, rows: &Rows, receivers: &GroupLayout, to: usize, mut f: impl FnMut(usize, Range<usize>)) {
        let copies = self.model.groups[to].copies();
        for (r, bounds) in rows.start.windows(2).enumerate() {
            let at = r / copies * receivers.site + r % copies * self.layout.batch;
            f(at, bounds[0] as usize..bounds[1] as usize);
        }
    }

    /// Clears all places of a column.
    pub fn clear(&self, arena: &mut [R], at: usize, columns: &Columns) {
        arena[at..at + columns.pitch].fill(R::default());
    }

    /// Adds the weights of the neurons that spiked, where they are few; says whether it did. Both ways give the same bits.
    pub fn add_spikes(&self, arena: &mut [R], scratch: &mut Scratch<R>, n: usize, l: &Link, from: usize, to: usize) -> bool {
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

    /// Adds `W^T d` to some rows (neurons of the sending group) of the column at `to`; with `beta` 0 over dense wires, writes it.
    #[allow(clippy::too_many_arguments)]
    pub fn transposed(
        &self,
        arena: &mut [R],
        scratch: &mut Scratch<R>,
        l: &Link,
        weights: &[R],
        d: usize,
        to: usize,
        senders: Range<usize>,
        beta: R,
    ) {
        let (rows, columns, batch) = (self.model.groups[l.to].size, self.model.groups[l.from].size, self.layout.batch);
        let (to, n) = (to + senders.start * batch, senders.len() * batch);
        let (d, x) = read_write(arena, d, rows * batch, to, n);
        match &l.wires {
            Wires::Dense => {
                let w = &weights[senders.start..];
                self.gemm()(
                    self.isa,
                    true,
                    false,
                    senders.len(),
                    batch,
                    rows,
                    R::of(1.0),
                    w,
                    columns,
                    d,
                    batch,
                    beta,
                    x,
                    batch,
                    &mut scratch.gemm,
                );
            }
            Wires::OneToOne => {
                for ((x, d), w) in x.chunks_exact_mut(batch).zip(d.chunks_exact(batch).skip(senders.start)).zip(&weights[senders]) {
                    axpy(self.isa, *w, d, x);
                }
            }
            Wires::Sparse { start, column } => {
                for (r, d) in d.chunks_exact(batch).enumerate() {
                    for k in start[r] as usize..start[r + 1] as usize {
                        axpy(self.isa, weights[k], d, &mut x[column[k] as usize * batch..][..batch]);
                    }
                }
            }
        }
    }

    /// Adds what the rows at `d` say of a sign to some rows (neurons of the sending group) of the column at `to`. `values` are what was
    /// sent, when that can be negative.
    #[allow(clippy::too_many_arguments)]
    pub fn transposed_from_places(
        &self,
        arena: &mut [R],
        l: &Link,
        sign: usize,
        d: usize,
        to: usize,
        senders: Range<usize>,
        values: Option<&[R]>,
    ) {
        let rows = &l.places.as_ref().expect("the neurons have places")[sign];
        let (batch, receivers) = (self.layout.batch, self.of(l.to));
        let sites = (rows.start.len() - 1) / self.model.groups[l.to].copies();
        let n = (sites - 1) * receivers.site + receivers.lanes;
        let (d, out) = read_write(arena, d, n, to + senders.start * batch, senders.len() * batch);
        let none = R::default();
        let weights = &*self.numbers.tensors[l.weights];
        self.each_row(rows, receivers, l.to, |at, entries| {
            for k in entries {
                let column = rows.column[k] as usize;
                if !senders.contains(&column) {
                    continue;
                }
                let w = weights[rows.weight[k] as usize];
                let (same, other) = (part(w, sign == 1), part(w, sign == 0));
                let (d, out) = (&d[at..at + batch], &mut out[(column - senders.start) * batch..][..batch]);
                match values.map(|x| &x[column * batch..][..batch]) {
                    Some(x) if x.iter().any(|x| *x < none) => {
                        for ((o, d), x) in out.iter_mut().zip(d).zip(x) {
                            *o += *d * if *x < none { -other } else { same };
                        }
                    }
                    _ if same != none => axpy(self.isa, same, d, out),
                    _ => {}
                }
            }
        });
    }

    /// Adds the gradient of the weights, `d x^T` where there is a weight, to `out`; with `beta` 0 over dense wires, writes it.
    pub fn outer(&self, scratch: &mut Scratch<R>, l: &Link, d: &[R], x: &[R], out: &mut [R], beta: R) {
        let (rows, columns, batch) = (self.model.groups[l.to].size, self.model.groups[l.from].size, self.layout.batch);
        match &l.wires {
            Wires::Dense => {
                let (isa, parallel) = (self.isa, self.threads > 1);
                gemm_skipping_zeros(isa, parallel, true, rows, columns, batch, d, batch, x, batch, beta, out, columns, &mut scratch.gemm)
            }
            Wires::OneToOne => {
                for ((o, d), x) in out.iter_mut().zip(d.chunks_exact(batch)).zip(x.chunks_exact(batch)) {
                    *o += dot(self.isa, d, x);
                }
            }
            Wires::Sparse { start, column } => {
                for (r, d) in d.chunks_exact(batch).enumerate() {
                    for k in start[r] as usize..start[r + 1] as usize {
                        out[k] += dot(self.isa, d, &x[column[k] as usize * batch..][..batch]);
                    }
                }
            }
        }
    }

    /// Adds the gradient of the weights that act at places of a sign to `out`.
    pub fn outer_at_places(&self, l: &Link, sign: usize, d: &[R], x: &[R], out: &mut [R]) {
        let rows = &l.places.as_ref().expect("the neurons have places")[sign];
        let batch = self.layout.batch;
        let none = R::default();
        let said: Vec<Said> = x.chunks_exact(batch).map(Said::of).collect();
        if said.iter().all(|s| *s == Said::Nothing) {
            return;
        }
        let weights = &*self.numbers.tensors[l.weights];
        let s = R::of(if sign == 1 { -1.0 } else { 1.0 });
        self.each_row(rows, self.of(l.to), l.to, |at, entries| {
            for k in entries {
                let (column, w) = (rows.column[k] as usize, rows.weight[k] as usize);
                let (d, x) = (&d[at..at + batch], &x[column * batch..][..batch]);
                let acts = s * weights[w];
                match said[column] {
                    Said::Positive if acts > none => out[w] += s * dot(self.isa, d, x),
                    Said::Both if acts != none => {
                        let sum = d.iter().zip(x).filter(|(_, x)| (**x < none) == (acts < none)).fold(none, |sum, (d, x)| sum + *d * *x);
                        out[w] += s * sum;
                    }
                    _ => {}
                }
            }
        });
    }
}

/// What a sender said in a batch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Positive,
    /// Something negative among it.
    Both,
}

impl Said {
    fn of<R: Real>(x: &[R]) -> Said {
        match (x.iter().any(|x| *x < R::default()), x.iter().any(|x| *x != R::default())) {
            (true, _) => Said::Both,
            (false, true) => Said::Positive,
            _ => Said::Nothing,
        }
    }
}

/// The weights of link `n` as they arrive at this port.
pub(crate) fn link_weights<'b, R: Format>(numbers: &'b Numbers<R>, signed: &'b [[Vec<R>; 2]], n: usize, l: &Link, name: &str) -> &'b [R] {
    match l.target {
        Target::BySign => &signed[n][sign_of(name)],
        _ => &numbers.tensors[l.weights],
    }
}

/// 0 for a port of positive weights, 1 for one of negative weights.
pub(crate) fn sign_of(name: &str) -> usize {
    usize::from(name == port::NEGATIVE || name == port::DRIVE_NEGATIVE)
}

/// Whether adding spikes one by one is faster than a product with all of a column.
pub(crate) fn few(spikes: usize, of: usize) -> bool {
    2 * spikes < of
}

/// Prepares the weights of links that carry spikes: split by sign, or transposed.
pub(crate) fn prepare_weights<R: Format>(model: &Model, numbers: &Numbers<R>, scratch: &mut Scratch<R>) {
    scratch.signed.resize_with(model.links.len(), Default::default);
    scratch.transposed.resize_with(model.links.len(), Vec::new);
    for ((l, s), transposed) in model.links.iter().zip(&mut scratch.signed).zip(&mut scratch.transposed) {
        transposed.clear();
        if l.target == Target::Own && l.wires == Wires::Dense {
            let (rows, columns) = (model.groups[l.to].size, model.groups[l.from].size);
            let w = &*numbers.tensors[l.weights];
            transposed.extend((0..columns).flat_map(|c| (0..rows).map(move |r| w[r * columns + c])));
            transposed.resize(rows * columns + R::LINE, R::default());
        }
        if l.target == Target::BySign && l.places.is_none() {
            let w = &*numbers.tensors[l.weights];
            s[0].clear();
            s[0].extend(w.iter().map(|w| part(*w, false)));
            s[1].clear();
            s[1].extend(w.iter().map(|w| part(*w, true)));
        }
    }
}

/// A column to read and another to write.
pub(crate) fn read_write<R>(arena: &mut [R], read: usize, n: usize, write: usize, m: usize) -> (&[R], &mut [R]) {
    if read + n <= write {
        let (a, b) = arena.split_at_mut(write);
        (&a[read..read + n], &mut b[..m])
    } else {
        let (a, b) = arena.split_at_mut(read);
        (&b[..n], &mut a[write..write + m])
    }
}

/// `y += a x`, fused.
fn axpy<R: Real>(isa: Isa, a: R, x: &[R], y: &mut [R]) {
    struct Axpy<'a, R>(R, &'a [R], &'a mut [R]);
    impl<R: Real> vectorise::Task for Axpy<'_, R> {
        type Output = ();
        #[inline(always)]
        fn run(self) {
            for (y, x) in self.2.iter_mut().zip(self.1) {
                *y = self.0.fma(*x, *y);
            }
        }
    }
    vectorise::run(isa, Axpy(a, x, y));
}

/// `y += p |x|` with the `p` of each number's sign, fused.
fn add_by_sign<R: Real>(isa: Isa, positive: R, negative: R, x: &[R], y: &mut [R]) {
    struct BySign<'a, R>(R, R, &'a [R], &'a mut [R]);
    impl<R: Real> vectorise::Task for BySign<'_, R> {
        type Output = ();
        #[inline(always)]
        fn run(self) {
            for (y, x) in self.3.iter_mut().zip(self.2) {
                let p = if *x < R::default() { self.1 } else { self.0 };
                *y = p.fma(Lane::abs(*x), *y);
            }
        }
    }
    vectorise::run(isa, BySign(positive, negative, x, y));
}

/// The sum of products, fused, one after the other.
fn dot<R: Real>(isa: Isa, d: &[R], x: &[R]) -> R {
    struct Dot<'a, R>(&'a [R], &'a [R]);
    impl<R: Real> vectorise::Task for Dot<'_, R> {
        type Output = R;
        #[inline(always)]
        fn run(self) -> R {
            self.0.iter().zip(self.1).fold(R::default(), |s: R, (a, b)| a.fma(*b, s))
        }
    }
    vectorise::run(isa, Dot(d, x))
}
