//! The loops of the tree solve, generic over the vector.
//!
//! What is done at a node is written once, as a [`Body`], and swept over whole vectors and a last part of one. Sums that start a
//! node are made when the elimination first comes to it, so that no column is walked only for them.
//!
//! A lone neuron (one lane, nodes side by side) has other costs: short runs, and the latency of a division at every depth. There the
//! starts are made in a walk of their own. Long runs are done by vectors of four (wider ones wait for numbers that were just stored by
//! narrower ones); trees of short runs, or whose chains lie side by side, are done by chains.

use super::{Couplings, Run, Solve, Start, Tree};
use crate::column::Column;
use crate::isa::Isa;
use crate::lane::Vector;
use std::ops::Range;

impl Tree {
    /// [`Tree::solve`] of some lanes in one tick.
    ///
    /// # Safety
    /// Columns have passed [`Tree::check`] in this tick, for an arena at `arena` and at least `range.end` lanes; nobody else
    /// touches these lanes of them; the machine has `isa`.
    pub(crate) unsafe fn solve_lanes(&self, isa: Isa, arena: *mut f64, s: &Solve, tick: usize, range: Range<usize>) {
        if self.nodes() == 0 {
            return;
        }
        let place = |c: &Column| Place { at: arena.add(c.begin(tick) + range.start), site: c.site };
        let (lanes, (g, a, shared)) = (range.len(), couplings(&s.couplings, place));
        // Whoever does not extrapolate reads no `v`, which may then lie anywhere.
        let v = if s.extrapolate { place(&s.v) } else { place(&s.x) };
        let job = SolveJob { tree: self, lanes, g, a, shared, d: place(&s.d), b: place(&s.b), v, x: place(&s.x), q: place(&s.pivot) };
        if s.extrapolate { dispatch(isa, &Extrapolated::<_, true>(job)) } else { dispatch(isa, &Extrapolated::<_, false>(job)) }
    }
}

pub(super) fn couplings(c: &Couplings, place: impl Fn(&Column) -> Place) -> (Place, Place, bool) {
    // Slices are only read.
    let slice = |x: &[f64]| Place { at: x.as_ptr().cast_mut(), site: 1 };
    match c {
        Couplings::Shared { couplings, axial } => (slice(couplings), slice(axial), true),
        Couplings::Lanes { couplings, axial } => (place(couplings), place(axial), false),
    }
}

/// A column in one tick, from the first lane on.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) at: *mut f64,
    pub(super) site: usize,
}

impl Place {
    #[inline(always)]
    pub(super) unsafe fn of(self, node: usize) -> *mut f64 {
        self.at.add(node * self.site)
    }
}

pub(super) struct SolveJob<'a> {
    tree: &'a Tree,
    lanes: usize,
    pub(super) g: Place,
    pub(super) a: Place,
    shared: bool,
    pub(super) d: Place,
    pub(super) b: Place,
    v: Place,
    x: Place,
    pub(super) q: Place,
}

/// A job, and whether it extrapolates.
pub(super) struct Extrapolated<J, const EX: bool>(pub(super) J);

/// Loops to be compiled for every instruction set.
pub(super) trait Job {
    /// # Safety
    /// That of [`Tree::solve_lanes`]; the machine has the instructions of `V`, and the caller is compiled for them.
    unsafe fn run<V: Vector>(&self);
}

/// # Safety
/// That of [`Tree::solve_lanes`].
pub(super) unsafe fn dispatch<J: Job>(isa: Isa, job: &J) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => avx512(job),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => avx2(job),
        _ => job.run::<f64>(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
unsafe fn avx512<J: Job>(job: &J) {
    job.run::<crate::lane::avx512::F64x8>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<J: Job>(job: &J) {
    job.run::<crate::lane::avx2::F64x4>();
}

/// A whole vector, or the first part of one.
pub(super) trait Access: Copy {
    unsafe fn load<V: Vector>(self, p: *const f64) -> V;
    unsafe fn store<V: Vector>(self, x: V, p: *mut f64);
}

#[derive(Clone, Copy)]
struct Whole;

impl Access for Whole {
    #[inline(always)]
    unsafe fn load<V: Vector>(self, p: *const f64) -> V {
        V::load(p)
    }
    #[inline(always)]
    unsafe fn store<V: Vector>(self, x: V, p: *mut f64) {
        x.store(p);
    }
}

#[derive(Clone, Copy)]
struct First(usize);

impl Access for First {
    #[inline(always)]
    unsafe fn load<V: Vector>(self, p: *const f64) -> V {
        V::load_first(p, self.0)
    }
    #[inline(always)]
    unsafe fn store<V: Vector>(self, x: V, p: *mut f64) {
        x.store_first(p, self.0);
    }
}

/// What is done with numbers `l..l + WIDTH` of some columns.
pub(super) trait Body {
    unsafe fn at<V: Vector, A: Access>(&self, l: usize, access: A);
}

#[inline(always)]
pub(super) unsafe fn sweep<V: Vector, B: Body>(n: usize, body: &B) {
    let mut l = 0;
    while l + V::WIDTH <= n {
        body.at::<V, _>(l, Whole);
        l += V::WIDTH;
    }
    if l < n {
        body.at::<V, _>(l, First(n - l));
    }
}

/// As [`sweep`], with the last numbers one by one.
#[inline(always)]
pub(super) unsafe fn sweep_lone<V: Vector, B: Body>(n: usize, body: &B) {
    if n == 1 {
        return body.at::<f64, _>(0, Whole);
    }
    let mut l = 0;
    while l + V::WIDTH <= n {
        body.at::<V, _>(l, Whole);
        l += V::WIDTH;
    }
    while l < n {
        body.at::<f64, _>(l, Whole);
        l += 1;
    }
}

/// How many segments a run has, and how long they are: one where nodes lie side by side.
#[inline(always)]
pub(super) fn segments(run: &Run, lanes: usize, flat: bool) -> (usize, usize) {
    if flat { (1, run.n as usize * lanes) } else { (run.n as usize, lanes) }
}

/// One number for all lanes, or a number for each.
#[inline(always)]
pub(super) unsafe fn coupling<V: Vector, A: Access, const SHARED: bool>(access: A, p: *const f64, l: usize) -> V {
    if SHARED { V::splat(*p) } else { access.load(p.add(l)) }
}

/// A child into its parent.
struct Eliminate<const SHARED: bool> {
    of_child: Start,
    of_parent: Start,
    g: *const f64,
    ac: *const f64,
    ap: *const f64,
    dc: *const f64,
    bc: *const f64,
    q: *mut f64,
    dp: *mut f64,
    bp: *mut f64,
}

impl<const SHARED: bool> Body for Eliminate<SHARED> {
    #[inline(always)]
    unsafe fn at<V: Vector, A: Access>(&self, l: usize, access: A) {
        let (d, b) = begin::<V, A, SHARED>(access, self.of_child, self.ac, self.dc, self.bc, l);
        let (dp, bp) = begin::<V, A, SHARED>(access, self.of_parent, self.ap, self.dp, self.bp, l);
        let g: V = coupling::<V, A, SHARED>(access, self.g, l);
        let q = V::splat(1.0) / d;
        let f = g * q;
        access.store(q, self.q.add(l));
        access.store((-g).fma(f, dp), self.dp.add(l));
        access.store(f.fma(b, bp), self.bp.add(l));
    }
}

/// Diagonal and right side of a node when a run comes to it.
#[inline(always)]
unsafe fn begin<V: Vector, A: Access, const SHARED: bool>(
    access: A,
    start: Start,
    a: *const f64,
    d: *const f64,
    b: *const f64,
    l: usize,
) -> (V, V) {
    match start {
        Start::Given => (access.load::<V>(d.add(l)) + coupling::<V, A, SHARED>(access, a, l), access.load(b.add(l))),
        Start::Zero => (V::splat(0.0) + coupling::<V, A, SHARED>(access, a, l), V::splat(0.0)),
        Start::Touched => (access.load(d.add(l)), access.load(b.add(l))),
    }
}

/// A root: `x = B / D`.
struct Root<const SHARED: bool, const EX: bool> {
    start: Start,
    a: *const f64,
    d: *const f64,
    b: *const f64,
    v: *const f64,
    q: *mut f64,
    h: *mut f64,
    x: *mut f64,
}

impl<const SHARED: bool, const EX: bool> Body for Root<SHARED, EX> {
    #[inline(always)]
    unsafe fn at<V: Vector, A: Access>(&self, l: usize, access: A) {
        let (d, b) = begin::<V, A, SHARED>(access, self.start, self.a, self.d, self.b, l);
        let q = V::splat(1.0) / d;
        access.store(q, self.q.add(l));
        give::<V, A, EX>(access, b * q, self.v, self.h, self.x, l);
    }
}

/// Stores a solution where its children find it, and what the caller wants of it.
#[inline(always)]
unsafe fn give<V: Vector, A: Access, const EX: bool>(access: A, y: V, v: *const f64, h: *mut f64, x: *mut f64, l: usize) {
    access.store(y, h.add(l));
    if EX {
        let out = V::splat(2.0).fma(y, -access.load::<V>(v.add(l)));
        access.store(out, x.add(l));
    }
}

/// A parent's solution into its child.
struct Substitute<const SHARED: bool, const EX: bool> {
    of_child: Start,
    g: *const f64,
    q: *const f64,
    b: *const f64,
    v: *const f64,
    hp: *const f64,
    h: *mut f64,
    x: *mut f64,
}

impl<const SHARED: bool, const EX: bool> Body for Substitute<SHARED, EX> {
    #[inline(always)]
    unsafe fn at<V: Vector, A: Access>(&self, l: usize, access: A) {
        let g: V = coupling::<V, A, SHARED>(access, self.g, l);
        let b = if self.of_child == Start::Zero { V::splat(0.0) } else { access.load(self.b.add(l)) };
        let y = access.load::<V>(self.q.add(l)) * g.fma(access.load(self.hp.add(l)), b);
        give::<V, A, EX>(access, y, self.v, self.h, self.x, l);
    }
}

impl<const EX: bool> Job for Extrapolated<SolveJob<'_>, EX> {
    #[inline(always)]
    unsafe fn run<V: Vector>(&self) {
        let j = &self.0;
        let side_by_side = [j.d, j.b, j.v, j.x, j.q].iter().all(|p| p.site == j.lanes);
        let flat = side_by_side && !j.shared && j.g.site == j.lanes && j.a.site == j.lanes;
        if j.lanes == 1 && side_by_side && (j.shared || flat) {
            j.lone::<V, EX>();
        } else if j.shared {
            j.wide::<V, true, EX>(false);
        } else {
            j.wide::<V, false, EX>(flat);
        }
    }
}

impl SolveJob<'_> {
    #[inline(always)]
    unsafe fn wide<V: Vector, const SHARED: bool, const EX: bool>(&self, flat: bool) {
        let (g, a, d, b, v, x, q) = (self.g, self.a, self.d, self.b, self.v, self.x, self.q);
        // Children need the solution itself, which the result is not when it is extrapolated.
        let h = if EX { b } else { x };
        for run in &self.tree.runs {
            let (segments, n) = segments(run, self.lanes, flat);
            let (of_child, of_parent) = (run.of_child, run.of_parent);
            for k in 0..segments {
                let (c, p) = (run.child as usize + k, run.parent as usize + k);
                let (dc, bc, dp, bp) = (d.of(c), b.of(c), d.of(p), b.of(p));
                let (g, ac, ap, q) = (g.of(c), a.of(c), a.of(p), q.of(c));
                sweep::<V, _>(n, &Eliminate::<SHARED> { of_child, of_parent, g, ac, ap, dc, bc, q, dp, bp });
            }
        }
        for run in &self.tree.roots {
            let (segments, n) = segments(run, self.lanes, flat);
            for k in 0..segments {
                let c = run.child as usize + k;
                let (a, d, b, v, q, h, x) = (a.of(c), d.of(c), b.of(c), v.of(c), q.of(c), h.of(c), x.of(c));
                sweep::<V, _>(n, &Root::<SHARED, EX> { start: run.of_child, a, d, b, v, q, h, x });
            }
        }
        for run in self.tree.runs.iter().rev() {
            let (segments, n) = segments(run, self.lanes, flat);
            for k in 0..segments {
                let (c, p) = (run.child as usize + k, run.parent as usize + k);
                let (g, q, b, v, hp, h, x) = (g.of(c), q.of(c), b.of(c), v.of(c), h.of(p), h.of(c), x.of(c));
                sweep::<V, _>(n, &Substitute::<SHARED, EX> { of_child: run.of_child, g, q, b, v, hp, h, x });
            }
        }
    }

    /// One lane, nodes side by side.
    #[inline(always)]
    unsafe fn lone<V: Vector, const EX: bool>(&self) {
        let (a, d, b, v, x) = (self.a.at, self.d.at, self.b.at, self.v.at, self.x.at);
        let h = if EX { b } else { x };
        let (nodes, membrane) = (self.tree.nodes(), self.tree.membrane.min(self.tree.nodes()));
        match &self.tree.chains {
            Some(chains) => self.by_chains::<V>(chains, h),
            None => {
                sweep::<V, _>(membrane, &Sum { a, d });
                for i in membrane..nodes {
                    *d.add(i) = 0.0 + *a.add(i);
                    *b.add(i) = 0.0;
                }
                self.by_depths::<V>(h);
            }
        }
        if EX {
            sweep::<V, _>(nodes, &Extrapolate { h, v, x });
        }
    }

    /// One lane, nodes side by side: from diagonals and right sides as they are at the start, to `h`.
    #[inline(always)]
    unsafe fn by_depths<V: Vector>(&self, h: *mut f64) {
        let (g, d, b, q) = (self.g.at, self.d.at, self.b.at, self.q.at);
        const DONE: Start = Start::Touched;
        for run in &self.tree.runs {
            let (c, p) = (run.child as usize, run.parent as usize);
            let (dp, bp) = (d.add(p), b.add(p));
            let (g, q, dc, bc) = (g.add(c), q.add(c), d.add(c), b.add(c));
            // Sums are made.
            let (ac, ap) = (d, d);
            let step = Eliminate::<false> { of_child: DONE, of_parent: DONE, g, ac, ap, dc, bc, q, dp, bp };
            sweep_lone::<V::Short, _>(run.n as usize, &step);
        }
        for run in &self.tree.roots {
            for i in run.child as usize..(run.child + run.n) as usize {
                *q.add(i) = 1.0 / *d.add(i);
                *h.add(i) = *b.add(i) * *q.add(i);
            }
        }
        for run in self.tree.runs.iter().rev() {
            let (c, p) = (run.child as usize, run.parent as usize);
            let (g, q, b, h, hp) = (g.add(c), q.add(c), b.add(c), h.add(c), h.add(p));
            let step = Substitute::<false, false> { of_child: DONE, g, q, b, v: h, hp, h, x: h };
            sweep_lone::<V::Short, _>(run.n as usize, &step);
        }
    }
}

/// `d += a`
struct Sum {
    a: *const f64,
    d: *mut f64,
}

impl Body for Sum {
    #[inline(always)]
    unsafe fn at<V: Vector, A: Access>(&self, l: usize, access: A) {
        let sum = access.load::<V>(self.d.add(l)) + access.load::<V>(self.a.add(l));
        access.store(sum, self.d.add(l));
    }
}

/// `x = 2 h - v`
struct Extrapolate {
    h: *const f64,
    v: *const f64,
    x: *mut f64,
}

impl Body for Extrapolate {
    #[inline(always)]
    unsafe fn at<V: Vector, A: Access>(&self, l: usize, access: A) {
        let out = V::splat(2.0).fma(access.load(self.h.add(l)), -access.load::<V>(self.v.add(l)));
        access.store(out, self.x.add(l));
    }
}
