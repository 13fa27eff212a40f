//! The solve of lone neurons (one lane): a branch after the other, with what goes from node to node in registers.
//!
//! Where depths hold few nodes, time is latency: a division, a product and a fused multiply-add per depth. By depths each
//! also waits for numbers that were just stored. Here an unbranched *chain* of nodes is walked in registers, several chains of one
//! length side by side: as one vector where their nodes lie side by side too, which whoever lays out cells can arrange. A chain begins
//! by drawing in the chains that end on its first node, in ascending order, so the bits are those of the order by depths. Chains of one
//! *level* (all that they draw in is of lower levels) do not feed one another.
#![allow(clippy::needless_range_loop)] // Loops over chains index several arrays.

use super::adjoint::AdjointJob;
use super::kernel::{SolveJob, changes};
use crate::lane::{Lane, Vector};
use crate::scalar::Scalar;
use homolog_base::chains::{Chain, chains};

/// Nodes per run from which vectors over runs are faster.
const LONG: usize = 4;
/// Most chains that are walked side by side.
const WIDE: usize = 8;

/// Chains of one length and level.
#[derive(Clone, Copy, Debug)]
struct Group {
    /// 1, 2 or 4; or 4 or 8 with rows.
    chains: u32,
    length: u32,
    /// Where its nodes begin in the list: deepest first, chains side by side.
    nodes: u32,
    /// Where in the list its rows begin, if the nodes of each row lie side by side.
    rows: Option<u32>,
    /// Whether its chains begin at tips, and end at roots; of groups with rows all do or none.
    tips: bool,
    roots: bool,
}

/// Trees cut into chains.
#[derive(Clone, Debug, Default)]
pub(super) struct Chains {
    groups: Vec<Group>,
    nodes: Vec<u32>,
    /// First node of each row.
    rows: Vec<u32>,
    /// Per node: where its children begin in `children`; one more than nodes.
    first: Vec<u32>,
    children: Vec<u32>,
    /// Per node; of a root itself.
    parent: Vec<u32>,
    /// Nodes from here on have no membrane.
    membrane: usize,
}

impl Chains {
    /// The chains of trees that have so many runs, if those are short or chains lie side by side.
    pub(super) fn of(parent: &[Option<u32>], membrane: usize, runs: usize) -> Option<Chains> {
        let n = parent.len();
        let mut chains = chains(parent);
        chains.sort_by_key(|c| (c.kind(), c.nodes[0]));
        let parents = parent.iter().enumerate().map(|(i, p)| p.unwrap_or(i as u32)).collect();
        let mut out = Chains { parent: parents, membrane, ..Chains::default() };
        let mut side_by_side = 0;
        for mut alike in chains.chunk_by(|a, b| a.kind() == b.kind()) {
            while !alike.is_empty() {
                let lies = |from: usize, k: usize| from + k <= alike.len() && rows(&alike[from..from + k], membrane);
                let wide = [WIDE, WIDE / 2].into_iter().find(|k| lies(0, *k));
                // Lone ones, up to where others lie side by side.
                let lone = (1..4.min(alike.len())).find(|k| lies(*k, WIDE / 2)).unwrap_or(4.min(alike.len()));
                let chains = wide.unwrap_or(if lone == 3 { 2 } else { lone });
                let (group, rest) = alike.split_at(chains);
                let Chain { nodes, tip, root, .. } = &group[0];
                let length = nodes.len();
                out.groups.push(Group {
                    chains: chains as u32,
                    length: length as u32,
                    nodes: out.nodes.len() as u32,
                    rows: wide.map(|_| out.rows.len() as u32),
                    tips: *tip,
                    roots: *root,
                });
                if wide.is_some() {
                    side_by_side += chains * length;
                    out.rows.extend(nodes);
                }
                for j in 0..length {
                    out.nodes.extend(group.iter().map(|c| c.nodes[j]));
                }
                alike = rest;
            }
        }
        if n >= LONG * runs && 2 * side_by_side < n {
            return None;
        }
        out.first = vec![0; n + 1];
        parent.iter().flatten().for_each(|p| out.first[*p as usize + 1] += 1);
        for k in 0..n {
            out.first[k + 1] += out.first[k];
        }
        let mut next = out.first.clone();
        out.children = vec![0; out.first[n] as usize];
        for (c, p) in parent.iter().enumerate() {
            if let Some(p) = p {
                out.children[next[*p as usize] as usize] = c as u32;
                next[*p as usize] += 1;
            }
        }
        Some(out)
    }

    #[inline(always)]
    unsafe fn children(&self, i: usize) -> &[u32] {
        let (from, to) = (*self.first.get_unchecked(i) as usize, *self.first.get_unchecked(i + 1) as usize);
        self.children.get_unchecked(from..to)
    }

    #[inline(always)]
    unsafe fn node<const P: usize>(&self, group: &Group, j: usize, k: usize) -> usize {
        *self.nodes.get_unchecked(group.nodes as usize + j * P + k) as usize
    }

    #[inline(always)]
    unsafe fn row(&self, rows: u32, j: usize) -> usize {
        *self.rows.get_unchecked(rows as usize + j) as usize
    }
}

/// Whether in each row of these chains nodes lie side by side, all with a membrane or all without.
fn rows(chains: &[Chain], membrane: usize) -> bool {
    (0..chains[0].nodes.len()).all(|j| {
        let first = chains[0].nodes[j];
        let alike = (first as usize) >= membrane || first as usize + chains.len() <= membrane;
        alike && chains.iter().enumerate().all(|(k, c)| c.nodes[j] == first + k as u32)
    })
}

impl<R: Scalar> SolveJob<'_, R> {
    /// From diagonals and right sides as they are given, to `h`.
    ///
    /// # Safety
    /// One lane, nodes side by side.
    #[inline(always)]
    pub(super) unsafe fn by_chains<V: Vector<Real = R>, const FORM: u8>(&self, chains: &Chains, h: *mut R) {
        for group in &chains.groups {
            match (group.rows, group.chains) {
                (Some(rows), 8) => self.up_rows::<V::Eight, FORM>(chains, group, rows, 8),
                (Some(rows), n) => self.up_rows::<V::Short, FORM>(chains, group, rows, n as usize),
                (None, 4) => self.up::<4, FORM>(chains, group),
                (None, 2) => self.up::<2, FORM>(chains, group),
                _ => self.up::<1, FORM>(chains, group),
            }
        }
        for group in chains.groups.iter().rev() {
            let (g, q, b) = (self.g.at, self.q.at, self.b.at);
            match (group.rows, group.chains) {
                (Some(rows), 8) => down_rows::<V::Eight>(chains, group, rows, 8, g, q, b, h),
                (Some(rows), n) => down_rows::<V::Short>(chains, group, rows, n as usize, g, q, b, h),
                (None, 4) => down::<R, 4>(chains, group, g, q, b, h),
                (None, 2) => down::<R, 2>(chains, group, g, q, b, h),
                _ => down::<R, 1>(chains, group, g, q, b, h),
            }
        }
    }

    /// Diagonal and right side of a node before anything is drawn in.
    #[inline(always)]
    unsafe fn begin<V: Vector<Real = R>>(&self, i: usize, membrane: usize) -> (V, V) {
        let a: V = V::load(self.a.at.add(i));
        if i < membrane { (V::load(self.d.at.add(i)) + a, V::load(self.b.at.add(i))) } else { (V::splat(0.0) + a, V::splat(0.0)) }
    }

    /// What flows into a node from the one it hangs on, at the old values.
    #[inline(always)]
    unsafe fn flow(&self, c: usize, p: usize) -> R {
        let v = self.v.at;
        *self.g.at.add(c) * (*v.add(p) - *v.add(c))
    }

    /// What a chain's first node has when its children are drawn in.
    #[inline(always)]
    unsafe fn drawn<const FORM: u8>(&self, chains: &Chains, i: usize) -> (R, R) {
        let (g, b, q) = (self.g.at, self.b.at, self.q.at);
        let (mut dk, mut bk) = self.begin::<R>(i, chains.membrane);
        for &c in chains.children(i) {
            let c = c as usize;
            let f = *g.add(c) * *q.add(c);
            dk = (-*g.add(c)).fma(f, dk);
            bk = f.fma(*b.add(c), bk);
            if changes(FORM) {
                bk = bk - self.flow(c, i);
            }
        }
        (dk, bk)
    }

    #[inline(always)]
    unsafe fn up<const P: usize, const FORM: u8>(&self, chains: &Chains, group: &Group) {
        let (g, b, q) = (self.g.at, self.b.at, self.q.at);
        let (mut dk, mut bk) = ([R::default(); P], [R::default(); P]);
        for k in 0..P {
            (dk[k], bk[k]) = self.drawn::<FORM>(chains, chains.node::<P>(group, 0, k));
        }
        for j in 0..group.length as usize {
            for k in 0..P {
                let i = chains.node::<P>(group, j, k);
                let qk = R::of(1.0) / dk[k];
                *q.add(i) = qk;
                let last = j + 1 == group.length as usize;
                let mut flow = R::default();
                if changes(FORM) {
                    let p = if last { *chains.parent.get_unchecked(i) as usize } else { chains.node::<P>(group, j + 1, k) };
                    if p != i {
                        flow = self.flow(i, p);
                        bk[k] += flow;
                    }
                }
                *b.add(i) = bk[k];
                if !last {
                    let (dp, bp) = self.begin::<R>(chains.node::<P>(group, j + 1, k), chains.membrane);
                    let f = *g.add(i) * qk;
                    dk[k] = (-*g.add(i)).fma(f, dp);
                    bk[k] = f.fma(bk[k], bp);
                    if changes(FORM) {
                        bk[k] = bk[k] - flow;
                    }
                }
            }
        }
    }

    /// The same for chains whose nodes lie side by side.
    #[inline(always)]
    unsafe fn up_rows<V: Vector<Real = R>, const FORM: u8>(&self, chains: &Chains, group: &Group, rows: u32, n: usize) {
        let (g, b, q, v) = (self.g.at, self.b.at, self.q.at, self.v.at);
        for part in (0..n).step_by(V::WIDTH) {
            let mut i = chains.row(rows, 0) + part;
            let (mut dk, mut bk): (V, V) = if group.tips {
                self.begin(i, chains.membrane)
            } else {
                let (mut d, mut b) = ([R::default(); WIDE], [R::default(); WIDE]);
                for k in 0..V::WIDTH {
                    (d[k], b[k]) = self.drawn::<FORM>(chains, i + k);
                }
                (V::load(d.as_ptr()), V::load(b.as_ptr()))
            };
            for j in 1..=group.length as usize {
                let qk = V::splat(1.0) / dk;
                qk.store(q.add(i));
                let last = j == group.length as usize;
                let p = if last { i } else { chains.row(rows, j) + part };
                let gk = V::load(g.add(i));
                let mut flow = V::splat(0.0);
                if changes(FORM) && !(last && group.roots) {
                    let above = if last { above::<V>(chains, i, v) } else { V::load(v.add(p)) };
                    flow = gk * (above - V::load(v.add(i)));
                    bk = bk + flow;
                }
                bk.store(b.add(i));
                if !last {
                    let (dp, bp) = self.begin::<V>(p, chains.membrane);
                    let f = gk * qk;
                    dk = (-gk).fma(f, dp);
                    bk = f.fma(bk, bp);
                    if changes(FORM) {
                        bk = bk - flow;
                    }
                    i = p;
                }
            }
        }
    }
}

/// What a column has where nodes from `i` on hang.
#[inline(always)]
unsafe fn above<V: Vector>(chains: &Chains, i: usize, column: *const V::Real) -> V {
    let mut above = [V::Real::default(); WIDE];
    for k in 0..V::WIDTH {
        above[k] = *column.add(*chains.parent.get_unchecked(i + k) as usize);
    }
    V::load(above.as_ptr())
}

/// From the root's end of a group's chains down: `h = q (b + g h of the parent)`, where `h` may be `b`.
///
/// # Safety
/// One lane, nodes side by side; what hangs on other chains comes after those.
#[inline(always)]
unsafe fn down<R: Scalar, const P: usize>(chains: &Chains, group: &Group, g: *const R, q: *const R, b: *const R, h: *mut R) {
    let last = group.length as usize - 1;
    let mut x = [R::default(); P];
    for k in 0..P {
        let i = chains.node::<P>(group, last, k);
        let p = *chains.parent.get_unchecked(i) as usize;
        x[k] = if p == i { *b.add(i) * *q.add(i) } else { *q.add(i) * (*g.add(i)).fma(*h.add(p), *b.add(i)) };
        *h.add(i) = x[k];
    }
    for j in (0..last).rev() {
        for k in 0..P {
            let i = chains.node::<P>(group, j, k);
            x[k] = *q.add(i) * (*g.add(i)).fma(x[k], *b.add(i));
            *h.add(i) = x[k];
        }
    }
}

/// The same for chains whose nodes lie side by side.
///
/// # Safety
/// As [`down`].
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn down_rows<V: Vector>(
    chains: &Chains,
    group: &Group,
    rows: u32,
    n: usize,
    g: *const V::Real,
    q: *const V::Real,
    b: *const V::Real,
    h: *mut V::Real,
) {
    let last = group.length as usize - 1;
    for part in (0..n).step_by(V::WIDTH) {
        let i = chains.row(rows, last) + part;
        let (qi, bi) = (V::load(q.add(i)), V::load(b.add(i)));
        let mut x = if group.roots { bi * qi } else { qi * V::load(g.add(i)).fma(above(chains, i, h), bi) };
        x.store(h.add(i));
        for j in (0..last).rev() {
            let i = chains.row(rows, j) + part;
            x = V::load(q.add(i)) * V::load(g.add(i)).fma(x, V::load(b.add(i)));
            x.store(h.add(i));
        }
    }
}

impl AdjointJob<'_> {
    /// From the cotangents of the solution in `db` to the multipliers there.
    ///
    /// # Safety
    /// One lane, nodes side by side.
    #[inline(always)]
    pub(super) unsafe fn by_chains<V: Vector<Real = f64>>(&self, chains: &Chains) {
        for group in &chains.groups {
            match (group.rows, group.chains) {
                (Some(rows), 8) => self.up_rows::<V::Eight>(chains, group, rows, 8),
                (Some(rows), n) => self.up_rows::<V::Short>(chains, group, rows, n as usize),
                (None, 4) => self.up::<4>(chains, group),
                (None, 2) => self.up::<2>(chains, group),
                _ => self.up::<1>(chains, group),
            }
        }
        for group in chains.groups.iter().rev() {
            let (g, q, y) = (self.g.at, self.q.at, self.db.at);
            match (group.rows, group.chains) {
                (Some(rows), 8) => down_rows::<V::Eight>(chains, group, rows, 8, g, q, y, y),
                (Some(rows), n) => down_rows::<V::Short>(chains, group, rows, n as usize, g, q, y, y),
                (None, 4) => down::<f64, 4>(chains, group, g, q, y, y),
                (None, 2) => down::<f64, 2>(chains, group, g, q, y, y),
                _ => down::<f64, 1>(chains, group, g, q, y, y),
            }
        }
    }

    /// The cotangent of a chain's first node when its children are drawn in.
    #[inline(always)]
    unsafe fn drawn(&self, chains: &Chains, i: usize) -> f64 {
        let (g, y, q) = (self.g.at, self.db.at, self.q.at);
        let mut yk = *y.add(i);
        for &c in chains.children(i) {
            let c = c as usize;
            yk = (*g.add(c) * *q.add(c)).fma(*y.add(c), yk);
        }
        yk
    }

    #[inline(always)]
    unsafe fn up<const P: usize>(&self, chains: &Chains, group: &Group) {
        let (g, y, q) = (self.g.at, self.db.at, self.q.at);
        let mut yk = [0.0; P];
        for k in 0..P {
            let i = chains.node::<P>(group, 0, k);
            yk[k] = self.drawn(chains, i);
            *y.add(i) = yk[k];
        }
        for j in 1..group.length as usize {
            for k in 0..P {
                let (c, i) = (chains.node::<P>(group, j - 1, k), chains.node::<P>(group, j, k));
                yk[k] = (*g.add(c) * *q.add(c)).fma(yk[k], *y.add(i));
                *y.add(i) = yk[k];
            }
        }
    }

    /// The same for chains whose nodes lie side by side.
    #[inline(always)]
    unsafe fn up_rows<V: Vector<Real = f64>>(&self, chains: &Chains, group: &Group, rows: u32, n: usize) {
        let (g, y, q) = (self.g.at, self.db.at, self.q.at);
        for part in (0..n).step_by(V::WIDTH) {
            let mut c = chains.row(rows, 0) + part;
            let mut yk = if group.tips {
                V::load(y.add(c))
            } else {
                let mut all = [0.0; WIDE];
                for k in 0..V::WIDTH {
                    all[k] = self.drawn(chains, c + k);
                }
                V::load(all.as_ptr())
            };
            yk.store(y.add(c));
            for j in 1..group.length as usize {
                let i = chains.row(rows, j) + part;
                yk = (V::load(g.add(c)) * V::load(q.add(c))).fma(yk, V::load(y.add(i)));
                yk.store(y.add(i));
                c = i;
            }
        }
    }
}
