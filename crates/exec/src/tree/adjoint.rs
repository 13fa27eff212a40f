//! The loops of the adjoint of the tree solve: the same walk, without divisions.

use super::kernel::{Access, Body, EXTRAPOLATED, Job, Of, Place, VALUES, coupling, couplings, dispatch, segments, sweep, sweep_lone};
use super::{Adjoint, Start, Tree};
use crate::column::Column;
use crate::isa::Isa;
use crate::lane::Vector;
use std::ops::Range;

impl Tree {
    /// [`Tree::adjoint`] of some lanes in one tick.
    ///
    /// # Safety
    /// As [`Tree::solve_lanes`].
    pub(crate) unsafe fn adjoint_lanes(&self, isa: Isa, arena: *mut f64, s: &Adjoint, tick: usize, range: Range<usize>) {
        if self.nodes() == 0 {
            return;
        }
        let place = |c: &Column| Place { at: arena.add(c.begin(tick) + range.start), site: c.site };
        let (lanes, (g, _, shared)) = (range.len(), couplings(&s.couplings, place));
        let v = if s.extrapolate { place(&s.v) } else { place(&s.x) };
        let job = AdjointJob {
            tree: self,
            lanes,
            g,
            shared,
            q: place(&s.pivot),
            v,
            x: place(&s.x),
            dx: place(&s.dx),
            db: place(&s.db),
            dd: place(&s.dd),
            dg: s.dg.as_ref().map(place),
        };
        if s.extrapolate { dispatch(isa, &Of::<_, EXTRAPOLATED>(job)) } else { dispatch(isa, &Of::<_, VALUES>(job)) }
    }
}

pub(super) struct AdjointJob<'a> {
    tree: &'a Tree,
    lanes: usize,
    pub(super) g: Place<f64>,
    shared: bool,
    pub(super) q: Place<f64>,
    v: Place<f64>,
    x: Place<f64>,
    dx: Place<f64>,
    pub(super) db: Place<f64>,
    dd: Place<f64>,
    dg: Option<Place<f64>>,
}

/// A child into its parent. Whoever was not touched yet has the cotangent of its result.
struct Forward<const SHARED: bool, const EX: u8> {
    leaf: bool,
    first: bool,
    g: *const f64,
    q: *const f64,
    dxc: *const f64,
    dxp: *const f64,
    yc: *const f64,
    yp: *mut f64,
}

impl<const SHARED: bool, const EX: u8> Body<f64> for Forward<SHARED, EX> {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = f64>, A: Access>(&self, l: usize, access: A) {
        let y: V = if self.leaf { load_scaled::<V, A, EX>(access, self.dxc, l) } else { access.load(self.yc.add(l)) };
        let yp: V = if self.first { load_scaled::<V, A, EX>(access, self.dxp, l) } else { access.load(self.yp.add(l)) };
        let f = coupling::<V, A, SHARED>(access, self.g, l) * access.load(self.q.add(l));
        access.store(f.fma(y, yp), self.yp.add(l));
    }
}

/// The cotangent of the solution, from that of the result.
#[inline(always)]
unsafe fn load_scaled<V: Vector<Real = f64>, A: Access, const EX: u8>(access: A, dx: *const f64, l: usize) -> V {
    let x: V = access.load(dx.add(l));
    if EX == EXTRAPOLATED { V::splat(2.0) * x } else { x }
}

/// The solution, from the result.
#[inline(always)]
unsafe fn load_solution<V: Vector<Real = f64>, A: Access, const EX: u8>(access: A, x: *const f64, v: *const f64, l: usize) -> V {
    let x: V = access.load(x.add(l));
    if EX == EXTRAPOLATED { V::splat(0.5) * (x + access.load(v.add(l))) } else { x }
}

/// What follows from a node's multiplier.
struct Give {
    x: *const f64,
    v: *const f64,
    dx: *mut f64,
    db: *mut f64,
    dd: *mut f64,
}

impl Give {
    #[inline(always)]
    unsafe fn give<V: Vector<Real = f64>, A: Access, const EX: u8>(&self, access: A, lam: V, l: usize) {
        access.store(lam, self.db.add(l));
        access.store(-lam * load_solution::<V, A, EX>(access, self.x, self.v, l), self.dd.add(l));
        let direct = if EX == EXTRAPOLATED { -access.load::<V>(self.dx.add(l)) } else { V::splat(0.0) };
        access.store(direct, self.dx.add(l));
    }
}

struct Root<const EX: u8> {
    leaf: bool,
    q: *const f64,
    node: Give,
}

impl<const EX: u8> Body<f64> for Root<EX> {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = f64>, A: Access>(&self, l: usize, access: A) {
        let y: V = if self.leaf { load_scaled::<V, A, EX>(access, self.node.dx, l) } else { access.load(self.node.db.add(l)) };
        self.node.give::<V, A, EX>(access, y * access.load(self.q.add(l)), l);
    }
}

/// A parent's multiplier into its child.
struct Back<const SHARED: bool, const EX: u8> {
    leaf: bool,
    g: *const f64,
    q: *const f64,
    lam: *const f64,
    node: Give,
}

impl<const SHARED: bool, const EX: u8> Body<f64> for Back<SHARED, EX> {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = f64>, A: Access>(&self, l: usize, access: A) {
        let y: V = if self.leaf { load_scaled::<V, A, EX>(access, self.node.dx, l) } else { access.load(self.node.db.add(l)) };
        let g: V = coupling::<V, A, SHARED>(access, self.g, l);
        let lam = access.load::<V>(self.q.add(l)) * g.fma(access.load(self.lam.add(l)), y);
        self.node.give::<V, A, EX>(access, lam, l);
    }
}

/// The cotangent of a coupling, from both ends of the edge.
struct Edge<const EX: u8> {
    xc: *const f64,
    xp: *const f64,
    vc: *const f64,
    vp: *const f64,
    lc: *const f64,
    lp: *const f64,
    dg: *mut f64,
}

impl<const EX: u8> Body<f64> for Edge<EX> {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = f64>, A: Access>(&self, l: usize, access: A) {
        let x = load_solution::<V, A, EX>(access, self.xc, self.vc, l) - load_solution::<V, A, EX>(access, self.xp, self.vp, l);
        let lam = access.load::<V>(self.lc.add(l)) - access.load::<V>(self.lp.add(l));
        access.store(access.load::<V>(self.dg.add(l)) + -lam * x, self.dg.add(l));
    }
}

impl<const EX: u8> Job<f64> for Of<AdjointJob<'_>, EX> {
    #[inline(always)]
    unsafe fn run<V: Vector<Real = f64>>(&self) {
        let j = &self.0;
        let side_by_side = [j.q, j.v, j.x, j.dx, j.db, j.dd, j.dg.unwrap_or(j.x)].iter().all(|p| p.site == j.lanes);
        let flat = side_by_side && !j.shared && j.g.site == j.lanes;
        if j.lanes == 1 && side_by_side && (j.shared || flat) {
            j.lone::<V, EX>();
        } else if j.shared {
            j.wide::<V, true, EX>(false);
        } else {
            j.wide::<V, false, EX>(flat);
        }
    }
}

impl AdjointJob<'_> {
    #[inline(always)]
    unsafe fn node(&self, i: usize) -> Give {
        Give { x: self.x.of(i), v: self.v.of(i), dx: self.dx.of(i), db: self.db.of(i), dd: self.dd.of(i) }
    }

    #[inline(always)]
    unsafe fn wide<V: Vector<Real = f64>, const SHARED: bool, const EX: u8>(&self, flat: bool) {
        let (g, q, dx, db) = (self.g, self.q, self.dx, self.db);
        for run in &self.tree.runs {
            let (segments, n) = segments(run, self.lanes, flat);
            let (leaf, first) = (run.of_child != Start::Touched, run.of_parent != Start::Touched);
            for k in 0..segments {
                let (c, p) = (run.child as usize + k, run.parent as usize + k);
                let (g, q, dxc, dxp, yc, yp) = (g.of(c), q.of(c), dx.of(c), dx.of(p), db.of(c), db.of(p));
                sweep::<V, _>(n, &Forward::<SHARED, EX> { leaf, first, g, q, dxc, dxp, yc, yp });
            }
        }
        for run in &self.tree.roots {
            let (segments, n) = segments(run, self.lanes, flat);
            let leaf = run.of_child != Start::Touched;
            for k in 0..segments {
                let c = run.child as usize + k;
                sweep::<V, _>(n, &Root::<EX> { leaf, q: q.of(c), node: self.node(c) });
            }
        }
        for run in self.tree.runs.iter().rev() {
            let (segments, n) = segments(run, self.lanes, flat);
            let leaf = run.of_child != Start::Touched;
            for k in 0..segments {
                let (c, p) = (run.child as usize + k, run.parent as usize + k);
                sweep::<V, _>(n, &Back::<SHARED, EX> { leaf, g: g.of(c), q: q.of(c), lam: db.of(p), node: self.node(c) });
                if let Some(dg) = self.dg {
                    let (xc, xp, vc, vp) = (self.x.of(c), self.x.of(p), self.v.of(c), self.v.of(p));
                    sweep::<V, _>(n, &Edge::<EX> { xc, xp, vc, vp, lc: db.of(c), lp: db.of(p), dg: dg.of(c) });
                }
            }
        }
    }

    /// One lane, nodes side by side.
    #[inline(always)]
    unsafe fn lone<V: Vector<Real = f64>, const EX: u8>(&self) {
        let (x, v, y) = (self.x.at, self.v.at, self.db.at);
        let nodes = self.tree.nodes();
        sweep::<V, _>(nodes, &Scale::<EX> { dx: self.dx.at, y });
        match &self.tree.chains {
            Some(chains) => self.by_chains::<V>(chains),
            None => self.by_depths::<V>(),
        }
        if let Some(dg) = self.dg {
            for run in &self.tree.runs {
                let (c, p) = (run.child as usize, run.parent as usize);
                let (xc, xp, vc, vp) = (x.add(c), x.add(p), v.add(c), v.add(p));
                let edge = Edge::<EX> { xc, xp, vc, vp, lc: y.add(c), lp: y.add(p), dg: dg.at.add(c) };
                sweep_lone::<V::Short, _>(run.n as usize, &edge);
            }
        }
        sweep::<V, _>(nodes, &Rest::<EX>(self.node(0)));
    }

    /// One lane, nodes side by side: from the cotangents of the solution in `db` to the multipliers there.
    #[inline(always)]
    unsafe fn by_depths<V: Vector<Real = f64>>(&self) {
        let (g, q, y) = (self.g.at, self.q.at, self.db.at);
        for run in &self.tree.runs {
            let (c, p) = (run.child as usize, run.parent as usize);
            let (dxc, dxp) = (y, y);
            let step =
                Forward::<false, VALUES> { leaf: false, first: false, g: g.add(c), q: q.add(c), dxc, dxp, yc: y.add(c), yp: y.add(p) };
            sweep_lone::<V::Short, _>(run.n as usize, &step);
        }
        for run in &self.tree.roots {
            for i in run.child as usize..(run.child + run.n) as usize {
                *y.add(i) *= *q.add(i);
            }
        }
        for run in self.tree.runs.iter().rev() {
            let (c, p) = (run.child as usize, run.parent as usize);
            let step = Multiplier { g: g.add(c), q: q.add(c), lam: y.add(p), y: y.add(c) };
            sweep_lone::<V::Short, _>(run.n as usize, &step);
        }
    }
}

/// `y = dh`
struct Scale<const EX: u8> {
    dx: *const f64,
    y: *mut f64,
}

impl<const EX: u8> Body<f64> for Scale<EX> {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = f64>, A: Access>(&self, l: usize, access: A) {
        access.store(load_scaled::<V, A, EX>(access, self.dx, l), self.y.add(l));
    }
}

/// `lam = q fma(g, lam of the parent, y)`, over `y`
struct Multiplier {
    g: *const f64,
    q: *const f64,
    lam: *const f64,
    y: *mut f64,
}

impl Body<f64> for Multiplier {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = f64>, A: Access>(&self, l: usize, access: A) {
        let g: V = access.load(self.g.add(l));
        let lam = access.load::<V>(self.q.add(l)) * g.fma(access.load(self.lam.add(l)), access.load(self.y.add(l)));
        access.store(lam, self.y.add(l));
    }
}

/// What follows from the multipliers of all nodes.
struct Rest<const EX: u8>(Give);

impl<const EX: u8> Body<f64> for Rest<EX> {
    #[inline(always)]
    unsafe fn at<V: Vector<Real = f64>, A: Access>(&self, l: usize, access: A) {
        self.0.give::<V, A, EX>(access, access.load(self.0.db.add(l)), l);
    }
}
