//! Trees of many shapes, and a naive second implementation of the solve and its adjoint.
#![allow(dead_code, reason = "every test binary uses a part")]

use homolog_base::Key;
use homolog_exec::Column;

/// A cell of branches that fork in two: node 0 is the soma, and forks are junctions, at the end. With `by_depth`, nodes are numbered by
/// depth instead of by branch.
pub fn cell(branches: usize, length: usize, by_depth: bool) -> (Vec<Option<u32>>, usize) {
    let membrane = 1 + branches * length;
    let id = |branch: usize, j: usize| (1 + branch * length + j) as u32;
    let mut parent: Vec<Option<u32>> = vec![None; membrane];
    for k in 0..branches {
        for j in 1..length {
            parent[id(k, j) as usize] = Some(id(k, j - 1));
        }
    }
    parent[id(0, 0) as usize] = Some(0);
    for k in (1..branches).step_by(2) {
        let junction = parent.len() as u32;
        parent.push(Some(id((k - 1) / 2, length - 1)));
        for child in k..(k + 2).min(branches) {
            parent[id(child, 0) as usize] = Some(junction);
        }
    }
    if by_depth {
        let depth = |mut i: usize| {
            let mut n = 0;
            while let Some(p) = parent[i] {
                (i, n) = (p as usize, n + 1);
            }
            n
        };
        let mut order: Vec<usize> = (0..parent.len()).collect();
        order.sort_by_key(|&i| (i >= membrane, depth(i), i));
        let mut new = vec![0; parent.len()];
        order.iter().enumerate().for_each(|(to, &i)| new[i] = to);
        let mut renumbered = vec![None; parent.len()];
        for (i, p) in parent.iter().enumerate() {
            renumbered[new[i]] = p.map(|p| new[p as usize] as u32);
        }
        parent = renumbered;
    }
    (parent, membrane)
}

/// Chain, star, forest, cells, random trees in any order of nodes: parents and number of nodes with a membrane.
pub fn shapes() -> Vec<(Vec<Option<u32>>, usize)> {
    let mut all = vec![
        (vec![None], 1),
        ((0..17u32).map(|i| i.checked_sub(1)).collect(), 17),
        ((0..17u32).map(|i| if i == 16 { None } else { Some(i + 1) }).collect(), 17),
        ((0..20u32).map(|i| if i == 0 { None } else { Some(0) }).collect(), 20),
        ((0..20u32).map(|i| if i == 19 { None } else { Some(19) }).collect(), 19),
        ((0..31u32).map(|i| i.checked_sub(1).map(|k| k / 2)).collect(), 31),
        ((0..24u32).map(|i| if i % 6 == 0 { None } else { Some(i - 1) }).collect(), 24),
        ((0..24u32).map(|i| if i < 8 { None } else { Some(i - 8) }).collect(), 24),
        cell(7, 3, false),
        cell(7, 3, true),
        cell(50, 8, true),
        cell(15, 4, false),
        side_by_side(&cell(15, 4, true), 12),
        side_by_side(&cell(7, 3, false), 21),
    ];
    for seed in 0..12 {
        let key = Key::new(seed).named("tree");
        let n = 2 + key.below(40, 0, 0) as usize;
        let name = key.permutation(n);
        let mut parent = vec![None; n];
        for i in 1..n as u64 {
            if key.uniform(i, 1) > 0.1 {
                parent[name[i as usize]] = Some(name[key.below(i, i, 2) as usize] as u32);
            }
        }
        // Junctions must hang on something: all but lone nodes may be some.
        let lone = |i: usize| parent[i].is_none() && !parent.contains(&Some(i as u32));
        let membrane = if (n - 1..n).any(lone) { n } else { n - 1 };
        all.push((parent, membrane));
    }
    all
}

/// Several of a tree, node by node, so that their chains lie side by side.
fn side_by_side((parent, membrane): &(Vec<Option<u32>>, usize), n: u32) -> (Vec<Option<u32>>, usize) {
    let all = parent.iter().flat_map(|p| (0..n).map(move |k| p.map(|p| p * n + k)));
    (all.collect(), membrane * n as usize)
}

/// Order of elimination: deepest first, ascending within a depth.
pub fn order(parent: &[Option<u32>]) -> Vec<usize> {
    let depth = |mut i: usize| {
        let mut n = 0;
        while let Some(p) = parent[i] {
            (i, n) = (p as usize, n + 1);
        }
        n
    };
    let mut order: Vec<usize> = (0..parent.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(depth(i)), i));
    order
}

pub fn axial(parent: &[Option<u32>], g: &[f64]) -> Vec<f64> {
    (0..parent.len())
        .map(|i| {
            let own = if parent[i].is_some() { g[i] } else { 0.0 };
            (0..parent.len()).filter(|&c| parent[c] == Some(i as u32)).fold(own, |a, c| a + g[c])
        })
        .collect()
}

/// The solve of one lane: result and inverse pivots.
pub fn solve(parent: &[Option<u32>], membrane: usize, g: &[f64], d: &[f64], b: &[f64], v: Option<&[f64]>) -> (Vec<f64>, Vec<f64>) {
    let (n, a) = (parent.len(), axial(parent, g));
    let mut diagonal: Vec<f64> = (0..n).map(|i| if i < membrane { d[i] } else { 0.0 } + a[i]).collect();
    let mut right: Vec<f64> = (0..n).map(|i| if i < membrane { b[i] } else { 0.0 }).collect();
    let (mut q, mut x) = (vec![0.0; n], vec![0.0; n]);
    let order = order(parent);
    for &c in &order {
        q[c] = 1.0 / diagonal[c];
        if let Some(p) = parent[c].map(|p| p as usize) {
            let f = g[c] * q[c];
            diagonal[p] = (-g[c]).mul_add(f, diagonal[p]);
            right[p] = f.mul_add(right[c], right[p]);
        }
    }
    for &c in order.iter().rev() {
        x[c] = match parent[c] {
            Some(p) => q[c] * g[c].mul_add(x[p as usize], right[c]),
            None => right[c] * q[c],
        };
    }
    if let Some(v) = v {
        x.iter_mut().zip(v).for_each(|(x, v)| *x = 2f64.mul_add(*x, -v));
    }
    (x, q)
}

/// Cotangents of one lane.
pub struct Cotangents {
    pub dv: Vec<f64>,
    pub db: Vec<f64>,
    pub dd: Vec<f64>,
    pub dg: Vec<f64>,
}

pub fn adjoint(parent: &[Option<u32>], g: &[f64], q: &[f64], x: &[f64], v: Option<&[f64]>, dx: &[f64], dg: &[f64]) -> Cotangents {
    let n = parent.len();
    let mut y: Vec<f64> = dx.iter().map(|x| if v.is_some() { 2.0 * x } else { *x }).collect();
    let h: Vec<f64> = (0..n).map(|i| v.map_or(x[i], |v| 0.5 * (x[i] + v[i]))).collect();
    let order = order(parent);
    for &c in &order {
        if let Some(p) = parent[c] {
            y[p as usize] = (g[c] * q[c]).mul_add(y[c], y[p as usize]);
        }
    }
    let (mut lam, mut dg) = (vec![0.0; n], dg.to_vec());
    for &c in order.iter().rev() {
        lam[c] = match parent[c] {
            Some(p) => q[c] * g[c].mul_add(lam[p as usize], y[c]),
            None => y[c] * q[c],
        };
        if let Some(p) = parent[c].map(|p| p as usize) {
            dg[c] += -(lam[c] - lam[p]) * (h[c] - h[p]);
        }
    }
    Cotangents {
        dv: dx.iter().map(|x| if v.is_some() { -x } else { 0.0 }).collect(),
        dd: lam.iter().zip(&h).map(|(l, h)| -l * h).collect(),
        db: lam,
        dg,
    }
}

/// One lane of a column in its tick `t`.
pub fn lane(arena: &[f64], c: Column, t: usize, n: usize, l: usize) -> Vec<f64> {
    (0..n).map(|i| arena[(c.at as isize + c.tick * t as isize) as usize + i * c.site + l]).collect()
}

pub fn bits(x: &[f64]) -> Vec<u64> {
    x.iter().map(|x| x.to_bits()).collect()
}
