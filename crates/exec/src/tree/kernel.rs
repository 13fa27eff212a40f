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
use crate::scalar::Scalar;
use std::ops::Range;

impl Tree {
    /// [`Tree::solve`] of some lanes in one tick.
    ///
    /// # Safety
    /// Columns have passed [`Tree::check`] in this tick, for an arena at `arena` and at least `range.end` lanes; nobody else
    /// touches these lanes of them; the machine has `isa`.
    pub(crate) unsafe fn solve_lanes<R: Scalar>(&self, isa: Isa, arena: *mut R, s: &Solve<R>, tick: usize, range: Range<usize>) {
        if self.nodes() == 0 {
            return;
        }
        let place = |c: &Column| Place { at: arena.add(c.begin(tick) + range.start), site: c.site };
        let (lanes, (g, a, shared)) = (range.len(), couplings(&s.couplings, place));
        // A `v` that is not read may lie anywhere.
        let v = if s.reads_old() { place(&s.v) } else { place(&s.x) };
        let job = SolveJob { tree: self, lanes, g, a, shared, d: place(&s.d), b: place(&s.b), v, x: place(&s.x), q: place(&s.pivot) };
        match (s.extrapolate, s.change) {
            (false, false) => dispatch(isa, &Of::<_, VALUES>(job)),
            (true, false) => dispatch(isa, &Of::<_, EXTRAPOLATED>(job)),
            (false, true) => dispatch(isa, &Of::<_, CHANGES>(job)),
            (true, true) => dispatch(isa, &Of::<_, EXTRAPOLATED_CHANGES>(job)),
        }
    }
}

pub(super) fn couplings<R>(c: &Couplings<R>, place: impl Fn(&Column) -> Place<R>) -> (Place<R>, Place<R>, bool) {
    // Slices are only read.
    let slice = |x: &[R]| Place { at: x.as_ptr().cast_mut(), site: 1 };
    match c {
        Couplings::Shared { couplings, axial } => (slice(couplings), slice(axial), true),
        Couplings::Lanes { couplings, axial } => (place(couplings), place(axial), false),
    }
}

/// A column in one tick, from the first lane on.
pub(super) struct Place<R> {
    pub(super) at: *mut R,
    pub(super) site: usize,
}

impl<R> Clone for Place<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Place<R> {}

impl<R> Place<R> {
    #[inline(always)]
    pub(super) unsafe fn of(self, node: usize) -> *mut R {
        self.at.add(node * self.site)
    }
}

pub(super) struct SolveJob<'a, R> {
    tree: &'a Tree,
    lanes: usize,
    pub(super) g: Place<R>,
    pub(super) a: Place<R>,
    shared: bool,
    pub(super) d: Place<R>,
    pub(super) b: Place<R>,
    pub(super) v: Place<R>,
    x: Place<R>,
    pub(super) q: Place<R>,
}

/// What a result is: the solution,
pub(super) const VALUES: u8 = 0;
/// ... twice the solution less the old value,
pub(super) const EXTRAPOLATED: u8 = 1;
/// ... the old value and the solution, which is a change,
pub(super) const CHANGES: u8 = 2;
/// ... the old value and twice that.
pub(super) const EXTRAPOLATED_CHANGES: u8 = 3;

/// Whether the solution is a change.
pub(super) const fn changes(form: u8) -> bool {
    form >= CHANGES
}

/// A job, and what its result is.
pub(super) struct Of<J, const FORM: u8>(pub(super) J);

/// Loops to be compiled for every instruction set.
pub(super) trait Job<R: Scalar> {
    /// # Safety
    /// That of [`Tree::solve_lanes`]; the machine has the instructions of `V`, and the caller is compiled for them.
    unsafe fn run<V: Vector<Real = R>>(&self);
}

/// # Safety
/// That of [`Tree::solve_lanes`].
pub(super) unsafe fn dispatch<R: Scalar, J: Job<R>>(isa: Isa, job: &J) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => avx512(job),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => avx2(job),
        _ => job.run::<R>(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
unsafe fn avx512<R: Scalar, J: Job<R>>(job: &J) {
    job.run::<R::Avx512>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<R: Scalar, J: Job<R>>(job: &J) {
    job.run::<R::Avx2>();
}

/// A whole vector, or the first part of one.
pub(super) trait Access: Copy {
    unsafe fn load<V: Vector>(self, p: *const V::Real) -> V;
    unsafe fn store<V: Vector>(self, x: V, p: *mut V::Real);
}

#[derive(Clone, Copy)]
struct Whole;

impl Access for Whole {
    #[inline(always)]
    unsafe fn load<V: Vector>(self, p: *const V::Real) -> V {
        V::load(p)
    }
    #[inline(always)]
    unsafe fn store<V: Vector>(self, x: V, p: *mut V::Real) {
        x.store(p);
    }
}

#[derive(Clone, Copy)]
struct First(usize);

impl Access for First {
    #[inline(always)]
    unsafe fn load<V: Vector>(self, p: *const V::Real) -> V {
        V::load_first(p, self.0)
    }
    #[inline(always)]
    unsafe fn store<V: Vector>(self, x: V, p: *mut V::Real) {
        x.store_first(p, self.0);
    }
}

/// What is done with numbers `l..l + WIDTH` of some columns.
pub(super) trait Body<R> {
    unsafe fn at<V: Vector<Real = R>, A: Access>(&self, l: usize, access: A);
}

#[inline(always)]
pub(super) unsafe fn sweep<V: Vector, B: Body<V::Real>>(n: usize, body: &B) {
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
pub(super) unsafe fn sweep_lone<V: Vector, B: Body<V::Real>>(n: usize, body: &B)
where
    V::Real: Scalar,
{
    if n == 1 {
        return body.at::<V::Real, _>(0, Whole);
    }
    let mut l = 0;
    while l + V::WIDTH <= n {
        body.at::<V, _>(l, Whole);
        l += V::WIDTH;
    }
    while l < n {
        body.at::<V::Real, _>(l, Whole);
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
pub(super) unsafe fn coupling<V: Vector, A: Access, const SHARED: bool>(access: A, p: *const V::Real, l: usize) -> V {
    if SHARED { V::repeat(*p) } else { access.load(p.add(l)) }
}

/// A child into its parent.
struct Eliminate<R, const SHARED: bool, const FORM: u8> {
    of_child: Start,
    of_parent: Start,
    g: *const R,
    ac: *const R,
    ap: *const R,
    dc: *const R,
    bc: *mut R,
    q: *mut R,
    dp: *mut R,
    bp: *mut R,
    vc: *const R,
    vp: *const R,
}

impl<R: Scalar, const SHARED: bool, const FORM: u8> Body<R> for Eliminate<R, SHARED, FORM> {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = R>, A: Access>(&self, l: usize, access: A) {
        let (d, b) = begin::<V, A, SHARED>(access, self.of_child, self.ac, self.dc, self.bc, l);
        let (dp, bp) = begin::<V, A, SHARED>(access, self.of_parent, self.ap, self.dp, self.bp, l);
        let g: V = coupling::<V, A, SHARED>(access, self.g, l);
        let q = V::splat(1.0) / d;
        let f = g * q;
        access.store(q, self.q.add(l));
        access.store((-g).fma(f, dp), self.dp.add(l));
        if changes(FORM) {
            let w = g * (access.load::<V>(self.vp.add(l)) - access.load::<V>(self.vc.add(l)));
            let b = b + w;
            access.store(b, self.bc.add(l));
            access.store(f.fma(b, bp) - w, self.bp.add(l));
        } else {
            access.store(f.fma(b, bp), self.bp.add(l));
        }
    }
}

/// Diagonal and right side of a node when a run comes to it.
#[inline(always)]
unsafe fn begin<V: Vector, A: Access, const SHARED: bool>(
    access: A,
    start: Start,
    a: *const V::Real,
    d: *const V::Real,
    b: *const V::Real,
    l: usize,
) -> (V, V) {
    match start {
        Start::Given => (access.load::<V>(d.add(l)) + coupling::<V, A, SHARED>(access, a, l), access.load(b.add(l))),
        Start::Zero => (V::splat(0.0) + coupling::<V, A, SHARED>(access, a, l), V::splat(0.0)),
        Start::Touched => (access.load(d.add(l)), access.load(b.add(l))),
    }
}

/// A root: `x = B / D`.
struct Root<R, const SHARED: bool, const FORM: u8> {
    start: Start,
    a: *const R,
    d: *const R,
    b: *const R,
    v: *const R,
    q: *mut R,
    h: *mut R,
    x: *mut R,
}

impl<R: Scalar, const SHARED: bool, const FORM: u8> Body<R> for Root<R, SHARED, FORM> {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = R>, A: Access>(&self, l: usize, access: A) {
        let (d, b) = begin::<V, A, SHARED>(access, self.start, self.a, self.d, self.b, l);
        let q = V::splat(1.0) / d;
        access.store(q, self.q.add(l));
        give::<V, A, FORM>(access, b * q, self.v, self.h, self.x, l);
    }
}

/// Stores a solution where its children find it, and what the caller wants of it.
#[inline(always)]
unsafe fn give<V: Vector, A: Access, const FORM: u8>(access: A, y: V, v: *const V::Real, h: *mut V::Real, x: *mut V::Real, l: usize) {
    access.store(y, h.add(l));
    if FORM != VALUES {
        access.store(result::<V, FORM>(y, access.load(v.add(l))), x.add(l));
    }
}

/// What the caller wants of a solution.
#[inline(always)]
fn result<V: Vector, const FORM: u8>(y: V, v: V) -> V {
    match FORM {
        VALUES => y,
        EXTRAPOLATED => V::splat(2.0).fma(y, -v),
        CHANGES => v + y,
        _ => V::splat(2.0).fma(y, v),
    }
}

/// A parent's solution into its child.
struct Substitute<R, const SHARED: bool, const FORM: u8> {
    of_child: Start,
    g: *const R,
    q: *const R,
    b: *const R,
    v: *const R,
    hp: *const R,
    h: *mut R,
    x: *mut R,
}

impl<R: Scalar, const SHARED: bool, const FORM: u8> Body<R> for Substitute<R, SHARED, FORM> {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = R>, A: Access>(&self, l: usize, access: A) {
        let g: V = coupling::<V, A, SHARED>(access, self.g, l);
        let b = if self.of_child == Start::Zero && !changes(FORM) { V::splat(0.0) } else { access.load(self.b.add(l)) };
        let y = access.load::<V>(self.q.add(l)) * g.fma(access.load(self.hp.add(l)), b);
        give::<V, A, FORM>(access, y, self.v, self.h, self.x, l);
    }
}

impl<R: Scalar, const FORM: u8> Job<R> for Of<SolveJob<'_, R>, FORM> {
    #[inline(always)]
    unsafe fn run<V: Vector<Real = R>>(&self) {
        let j = &self.0;
        let side_by_side = [j.d, j.b, j.v, j.x, j.q].iter().all(|p| p.site == j.lanes);
        let flat = side_by_side && !j.shared && j.g.site == j.lanes && j.a.site == j.lanes;
        if j.lanes == 1 && side_by_side && (j.shared || flat) {
            j.lone::<V, FORM>();
        } else if j.shared {
            j.wide::<V, true, FORM>(false);
        } else {
            j.wide::<V, false, FORM>(flat);
        }
    }
}

impl<R: Scalar> SolveJob<'_, R> {
    #[inline(always)]
    unsafe fn wide<V: Vector<Real = R>, const SHARED: bool, const FORM: u8>(&self, flat: bool) {
        let (g, a, d, b, v, x, q) = (self.g, self.a, self.d, self.b, self.v, self.x, self.q);
        // Children need the solution itself, which the result is only where it is nothing more.
        let h = if FORM == VALUES { x } else { b };
        for run in &self.tree.runs {
            let (segments, n) = segments(run, self.lanes, flat);
            let (of_child, of_parent) = (run.of_child, run.of_parent);
            for k in 0..segments {
                let (c, p) = (run.child as usize + k, run.parent as usize + k);
                let (dc, bc, dp, bp) = (d.of(c), b.of(c), d.of(p), b.of(p));
                let (g, ac, ap, q, vc, vp) = (g.of(c), a.of(c), a.of(p), q.of(c), v.of(c), v.of(p));
                sweep::<V, _>(n, &Eliminate::<R, SHARED, FORM> { of_child, of_parent, g, ac, ap, dc, bc, q, dp, bp, vc, vp });
            }
        }
        for run in &self.tree.roots {
            let (segments, n) = segments(run, self.lanes, flat);
            for k in 0..segments {
                let c = run.child as usize + k;
                let (a, d, b, v, q, h, x) = (a.of(c), d.of(c), b.of(c), v.of(c), q.of(c), h.of(c), x.of(c));
                sweep::<V, _>(n, &Root::<R, SHARED, FORM> { start: run.of_child, a, d, b, v, q, h, x });
            }
        }
        for run in self.tree.runs.iter().rev() {
            let (segments, n) = segments(run, self.lanes, flat);
            for k in 0..segments {
                let (c, p) = (run.child as usize + k, run.parent as usize + k);
                let (g, q, b, v, hp, h, x) = (g.of(c), q.of(c), b.of(c), v.of(c), h.of(p), h.of(c), x.of(c));
                sweep::<V, _>(n, &Substitute::<R, SHARED, FORM> { of_child: run.of_child, g, q, b, v, hp, h, x });
            }
        }
    }

    /// One lane, nodes side by side.
    #[inline(always)]
    unsafe fn lone<V: Vector<Real = R>, const FORM: u8>(&self) {
        let (a, d, b, v, x) = (self.a.at, self.d.at, self.b.at, self.v.at, self.x.at);
        let h = if FORM == VALUES { x } else { b };
        let (nodes, membrane) = (self.tree.nodes(), self.tree.membrane.min(self.tree.nodes()));
        match &self.tree.chains {
            Some(chains) => self.by_chains::<V, FORM>(chains, h),
            None => {
                sweep::<V, _>(membrane, &Sum { a, d });
                for i in membrane..nodes {
                    *d.add(i) = R::default() + *a.add(i);
                    *b.add(i) = R::default();
                }
                self.by_depths::<V, FORM>(h);
            }
        }
        if FORM != VALUES {
            sweep::<V, _>(nodes, &Finish::<R, FORM> { h, v, x });
        }
    }

    /// One lane, nodes side by side: from diagonals and right sides as they are at the start, to `h`.
    #[inline(always)]
    unsafe fn by_depths<V: Vector<Real = R>, const FORM: u8>(&self, h: *mut R) {
        let (g, d, b, q, v) = (self.g.at, self.d.at, self.b.at, self.q.at, self.v.at);
        const DONE: Start = Start::Touched;
        for run in &self.tree.runs {
            let (c, p) = (run.child as usize, run.parent as usize);
            let (dp, bp, vc, vp) = (d.add(p), b.add(p), v.add(c), v.add(p));
            let (g, q, dc, bc) = (g.add(c), q.add(c), d.add(c), b.add(c));
            // Sums are made.
            let (ac, ap) = (d, d);
            let step = Eliminate::<R, false, FORM> { of_child: DONE, of_parent: DONE, g, ac, ap, dc, bc, q, dp, bp, vc, vp };
            sweep_lone::<V::Short, _>(run.n as usize, &step);
        }
        for run in &self.tree.roots {
            for i in run.child as usize..(run.child + run.n) as usize {
                *q.add(i) = R::of(1.0) / *d.add(i);
                *h.add(i) = *b.add(i) * *q.add(i);
            }
        }
        for run in self.tree.runs.iter().rev() {
            let (c, p) = (run.child as usize, run.parent as usize);
            let (g, q, b, h, hp) = (g.add(c), q.add(c), b.add(c), h.add(c), h.add(p));
            let step = Substitute::<R, false, VALUES> { of_child: DONE, g, q, b, v: h, hp, h, x: h };
            sweep_lone::<V::Short, _>(run.n as usize, &step);
        }
    }
}

/// `d += a`
struct Sum<R> {
    a: *const R,
    d: *mut R,
}

impl<R: Scalar> Body<R> for Sum<R> {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = R>, A: Access>(&self, l: usize, access: A) {
        let sum = access.load::<V>(self.d.add(l)) + access.load::<V>(self.a.add(l));
        access.store(sum, self.d.add(l));
    }
}

/// What the caller wants of solutions in `h`.
struct Finish<R, const FORM: u8> {
    h: *const R,
    v: *const R,
    x: *mut R,
}

impl<R: Scalar, const FORM: u8> Body<R> for Finish<R, FORM> {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = R>, A: Access>(&self, l: usize, access: A) {
        access.store(result::<V, FORM>(access.load(self.h.add(l)), access.load(self.v.add(l))), self.x.add(l));
    }
}
