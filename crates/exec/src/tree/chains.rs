//! The solve of a lone neuron whose runs are short: a branch after the other, with what goes from node to node in registers.
//!
//! Where depths hold few nodes, time is latency: a division, a product and a fused multiply-add per depth. By depths each
//! also waits for numbers that were just stored. Here an unbranched *chain* of nodes is walked in registers, up to four chains of one
//! length side by side. A chain begins by drawing in the chains that end on its first node, in ascending order, so the bits are
//! those of the order by depths.
#![allow(clippy::needless_range_loop)] // Loops over chains index several arrays.

use super::adjoint::AdjointJob;
use super::kernel::SolveJob;
use crate::lane::Lane;

/// Nodes per run from which vectors over runs are faster.
const LONG: usize = 4;

/// Chains of one length whose deepest nodes have one depth: none feeds another.
#[derive(Clone, Copy, Debug)]
struct Group {
    /// 1, 2 or 4.
    chains: u32,
    length: u32,
    /// Where its nodes begin in the list: deepest first, chains side by side.
    nodes: u32,
}

/// A tree cut into chains.
#[derive(Clone, Debug, Default)]
pub(super) struct Chains {
    groups: Vec<Group>,
    nodes: Vec<u32>,
    /// Per node: where its children begin in `children`; one more than nodes.
    first: Vec<u32>,
    children: Vec<u32>,
    /// Per node; of a root itself.
    parent: Vec<u32>,
}

impl Chains {
    /// The chains of a tree that has so many runs, if they are short.
    pub(super) fn of(parent: &[Option<u32>], depth: &[u32], runs: usize) -> Option<Chains> {
        let n = parent.len();
        if n >= LONG * runs {
            return None;
        }
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); n];
        for (c, p) in parent.iter().enumerate() {
            if let Some(p) = p {
                lists[*p as usize].push(c as u32);
            }
        }
        // Chains begin at tips and where chains end together.
        let mut chains: Vec<Vec<u32>> = Vec::new();
        for i in (0..n).filter(|&i| lists[i].len() != 1) {
            let mut chain = vec![i as u32];
            let mut at = i;
            while let Some(p) = parent[at].map(|p| p as usize).filter(|&p| lists[p].len() == 1) {
                chain.push(p as u32);
                at = p;
            }
            chains.push(chain);
        }
        let key = |c: &Vec<u32>| (std::cmp::Reverse(depth[c[0] as usize]), c.len());
        chains.sort_by_key(|c| (key(c), c[0]));
        let mut out = Chains { parent: parent.iter().enumerate().map(|(i, p)| p.unwrap_or(i as u32)).collect(), ..Chains::default() };
        for mut alike in chains.chunk_by(|a, b| key(a) == key(b)) {
            while !alike.is_empty() {
                let chains = [4, 2, 1].into_iter().find(|k| *k <= alike.len()).unwrap_or(1);
                let (group, rest) = alike.split_at(chains);
                out.groups.push(Group { chains: chains as u32, length: group[0].len() as u32, nodes: out.nodes.len() as u32 });
                for j in 0..group[0].len() {
                    out.nodes.extend(group.iter().map(|c| c[j]));
                }
                alike = rest;
            }
        }
        for list in &lists {
            out.first.push(out.children.len() as u32);
            out.children.extend(list);
        }
        out.first.push(out.children.len() as u32);
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
}

impl SolveJob<'_> {
    /// From diagonals and right sides as they are at the start, to `h`.
    ///
    /// # Safety
    /// One lane, nodes side by side.
    #[inline(always)]
    pub(super) unsafe fn by_chains(&self, chains: &Chains, h: *mut f64) {
        for group in &chains.groups {
            match group.chains {
                4 => self.up::<4>(chains, group),
                2 => self.up::<2>(chains, group),
                _ => self.up::<1>(chains, group),
            }
        }
        for group in chains.groups.iter().rev() {
            match group.chains {
                4 => down::<4>(chains, group, self.g.at, self.q.at, self.b.at, h),
                2 => down::<2>(chains, group, self.g.at, self.q.at, self.b.at, h),
                _ => down::<1>(chains, group, self.g.at, self.q.at, self.b.at, h),
            }
        }
    }

    #[inline(always)]
    unsafe fn up<const P: usize>(&self, chains: &Chains, group: &Group) {
        let (g, d, b, q) = (self.g.at, self.d.at, self.b.at, self.q.at);
        let (mut dk, mut bk) = ([0.0; P], [0.0; P]);
        for k in 0..P {
            let i = chains.node::<P>(group, 0, k);
            (dk[k], bk[k]) = (*d.add(i), *b.add(i));
            for &c in chains.children(i) {
                let c = c as usize;
                let f = *g.add(c) * *q.add(c);
                dk[k] = (-*g.add(c)).fma(f, dk[k]);
                bk[k] = f.fma(*b.add(c), bk[k]);
            }
        }
        for j in 0..group.length as usize {
            for k in 0..P {
                let i = chains.node::<P>(group, j, k);
                let qk = 1.0 / dk[k];
                *q.add(i) = qk;
                *b.add(i) = bk[k];
                if j + 1 < group.length as usize {
                    let p = chains.node::<P>(group, j + 1, k);
                    let f = *g.add(i) * qk;
                    dk[k] = (-*g.add(i)).fma(f, *d.add(p));
                    bk[k] = f.fma(bk[k], *b.add(p));
                }
            }
        }
    }
}

/// From the root's end of a group's chains down: `h = q (b + g h of the parent)`, where `h` may be `b`.
///
/// # Safety
/// One lane, nodes side by side; what hangs on other chains comes after those.
#[inline(always)]
unsafe fn down<const P: usize>(chains: &Chains, group: &Group, g: *const f64, q: *const f64, b: *const f64, h: *mut f64) {
    let last = group.length as usize - 1;
    let mut x = [0.0; P];
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

impl AdjointJob<'_> {
    /// From the cotangents of the solution in `db` to the multipliers there.
    ///
    /// # Safety
    /// One lane, nodes side by side.
    #[inline(always)]
    pub(super) unsafe fn by_chains(&self, chains: &Chains) {
        for group in &chains.groups {
            match group.chains {
                4 => self.up::<4>(chains, group),
                2 => self.up::<2>(chains, group),
                _ => self.up::<1>(chains, group),
            }
        }
        for group in chains.groups.iter().rev() {
            match group.chains {
                4 => down::<4>(chains, group, self.g.at, self.q.at, self.db.at, self.db.at),
                2 => down::<2>(chains, group, self.g.at, self.q.at, self.db.at, self.db.at),
                _ => down::<1>(chains, group, self.g.at, self.q.at, self.db.at, self.db.at),
            }
        }
    }

    #[inline(always)]
    unsafe fn up<const P: usize>(&self, chains: &Chains, group: &Group) {
        let (g, y, q) = (self.g.at, self.db.at, self.q.at);
        let mut yk = [0.0; P];
        for k in 0..P {
            let i = chains.node::<P>(group, 0, k);
            yk[k] = *y.add(i);
            for &c in chains.children(i) {
                let c = c as usize;
                yk[k] = (*g.add(c) * *q.add(c)).fma(*y.add(c), yk[k]);
            }
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
}
