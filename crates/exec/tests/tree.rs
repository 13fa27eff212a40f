//! The tree solve and its adjoint: against dense elimination, finite differences, and a naive second implementation.
#![allow(clippy::needless_range_loop, clippy::too_many_arguments)] // As in books.

mod trees;

use homolog_base::Key;
use homolog_exec::{Adjoint, Column, Couplings, Isa, Solve, Tree, TreeError};
use proptest::prelude::*;
use trees::*;

/// An arena of twelve columns of positive numbers, with gaps between lanes, and the columns.
fn arena(seed: u64, nodes: usize, lanes: usize, gap: usize) -> (Vec<f64>, Vec<Column>) {
    let site = lanes + gap;
    let columns: Vec<Column> = (0..12).map(|k| Column::still(3 + k * nodes * site, site)).collect();
    let numbers = (0..3 + 12 * nodes * site).map(|i| 0.1 + Key::new(seed).uniform(i as u64, 0)).collect();
    (numbers, columns)
}

/// Columns: 0 d, 1 b, 2 v, 3 x, 4 pivot, 5 dx, 6 db, 7 dd, 8 dg, 9 couplings, 10 axial.
fn jobs<'a>(c: &[Column], couplings: Couplings<'a>, extrapolate: bool, learned: bool) -> (Solve<'a>, Adjoint<'a>) {
    let solve = Solve { couplings, d: c[0], b: c[1], v: c[2], x: c[3], pivot: c[4], extrapolate, change: false };
    let dg = learned.then_some(c[8]);
    (solve, Adjoint { couplings, pivot: c[4], v: c[2], x: c[3], dx: c[5], db: c[6], dd: c[7], dg, extrapolate })
}

/// Gaussian elimination with partial pivoting.
fn dense(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for k in 0..n {
        let p = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
        a.swap(k, p);
        b.swap(k, p);
        for i in k + 1..n {
            let f = a[i][k] / a[k][k];
            for j in k..n {
                a[i][j] -= f * a[k][j];
            }
            b[i] -= f * b[k];
        }
    }
    for k in (0..n).rev() {
        b[k] = (b[k] - (k + 1..n).map(|j| a[k][j] * b[j]).sum::<f64>()) / a[k][k];
    }
    b
}

fn matrix(parent: &[Option<u32>], membrane: usize, g: &[f64], d: &[f64]) -> Vec<Vec<f64>> {
    let n = parent.len();
    let mut a = vec![vec![0.0; n]; n];
    for i in 0..n {
        a[i][i] += if i < membrane { d[i] } else { 0.0 };
        if let Some(p) = parent[i].map(|p| p as usize) {
            a[i][i] += g[i];
            a[p][p] += g[i];
            a[i][p] -= g[i];
            a[p][i] -= g[i];
        }
    }
    a
}

#[test]
fn the_solve_equals_dense_elimination() {
    for (k, (parent, membrane)) in shapes().into_iter().enumerate() {
        let tree = Tree::new(&parent, membrane).unwrap();
        let n = tree.nodes();
        let (mut numbers, c) = arena(k as u64, n, 1, 0);
        let g = lane(&numbers, c[9], 0, n, 0);
        let mut a = vec![0.0; n];
        tree.axial(&g, &mut a);
        let (d, mut b) = (lane(&numbers, c[0], 0, n, 0), lane(&numbers, c[1], 0, n, 0));
        b[membrane..].fill(0.0);
        let want = dense(matrix(&parent, membrane, &g, &d), b);
        let (solve, _) = jobs(&c, Couplings::Shared { couplings: &g, axial: &a }, false, false);
        tree.solve(Isa::best(), &mut numbers, &solve, 1);
        for (got, want) in lane(&numbers, c[3], 0, n, 0).iter().zip(&want) {
            assert!((got - want).abs() <= 1e-12 * want.abs().max(1.0), "shape {k}: {got} is not {want}");
        }
    }
}

/// Solve and adjoint on all instruction sets, bit for bit as the naive ones, and no other number is touched.
fn agree(parent: &[Option<u32>], membrane: usize, seed: u64, lanes: usize, gap: usize, extrapolate: bool, shared: bool, learned: bool) {
    let tree = Tree::new(parent, membrane).unwrap();
    let n = tree.nodes();
    let (mut start, c) = arena(seed, n, lanes, gap);
    if shared {
        // The first lane's couplings are those of all.
        for i in 0..n {
            let at = c[9].at + i * c[9].site;
            let first = start[at];
            start[at..at + lanes].fill(first);
        }
    }
    tree.axial_of_lanes(&mut start, c[9], c[10], lanes);
    let (g, a) = (lane(&start, c[9], 0, n, 0), lane(&start, c[10], 0, n, 0));
    let couplings =
        if shared { Couplings::Shared { couplings: &g, axial: &a } } else { Couplings::Lanes { couplings: c[9], axial: c[10] } };
    let (solve, adjoint) = jobs(&c, couplings, extrapolate, learned);
    for isa in Isa::available() {
        let mut numbers = start.clone();
        tree.solve(isa, &mut numbers, &solve, lanes);
        tree.adjoint(isa, &mut numbers, &adjoint, lanes);
        let get = |k: usize, l: usize| lane(&numbers, c[k], 0, n, l);
        for l in 0..lanes {
            let was = |k: usize| lane(&start, c[k], 0, n, l);
            assert_eq!(bits(&was(10)), bits(&trees::axial(parent, &was(9))));
            let v = extrapolate.then(|| was(2));
            let (x, q) = trees::solve(parent, membrane, &was(9), &was(0), &was(1), v.as_deref());
            let what = format!("lane {l} of {lanes}, gap {gap}, {isa:?}, extrapolate {extrapolate}, shared {shared}, {parent:?}");
            assert_eq!(bits(&get(3, l)), bits(&x), "x, {what}");
            assert_eq!(bits(&get(4, l)), bits(&q), "pivots, {what}");
            let want = trees::adjoint(parent, &was(9), &q, &x, v.as_deref(), &was(5), &was(8));
            assert_eq!(bits(&get(5, l)), bits(&want.dv), "dv, {what}");
            assert_eq!(bits(&get(6, l)), bits(&want.db), "db, {what}");
            assert_eq!(bits(&get(7, l)), bits(&want.dd), "dd, {what}");
            assert_eq!(bits(&get(8, l)), bits(&if learned { want.dg } else { was(8) }), "dg, {what}");
        }
        for (k, column) in c.iter().enumerate() {
            for i in 0..n {
                let at = column.at + i * column.site;
                let from = if [2, 9, 10, 11].contains(&k) { at } else { at + lanes };
                assert_eq!(bits(&numbers[from..at + column.site]), bits(&start[from..at + column.site]), "column {k} was touched");
            }
        }
    }
}

#[test]
fn the_bits_are_those_of_the_naive_solve_and_adjoint() {
    for (k, (parent, membrane)) in shapes().into_iter().enumerate() {
        for (lanes, gap) in [(1, 0), (1, 2), (3, 0), (8, 0), (8, 3), (64, 0), (100, 0), (100, 4)] {
            if parent.len() > 100 && lanes > 8 {
                continue;
            }
            for options in 0..8 {
                agree(&parent, membrane, k as u64, lanes, gap, options & 1 > 0, options & 2 > 0, options & 4 > 0);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_of_any_lanes_has_the_bits_of_the_naive_one(
        up in prop::collection::vec(any::<u16>(), 1..60),
        junctions in 0usize..3,
        lanes in 1usize..30, gap in 0usize..9, options in 0u8..8, seed in 0u64..1000,
    ) {
        // Node i hangs on one that comes later, so that junctions at the end are no leaves unless alone.
        let n = up.len();
        let parent: Vec<Option<u32>> =
            up.iter().enumerate().map(|(i, u)| if i + 1 == n { None } else { Some((i + 1 + *u as usize % (n - i - 1)) as u32) }).collect();
        let membrane = if n > 1 { n - junctions.min(n - 1) } else { n };
        agree(&parent, membrane, seed, lanes, gap, options & 1 > 0, options & 2 > 0, options & 4 > 0);
    }
}

/// The result of one lane, weighted: a loss whose gradient the adjoint gives.
fn loss(tree: &Tree, g: &[f64], d: &[f64], b: &[f64], v: &[f64], w: &[f64], extrapolate: bool) -> f64 {
    let v = extrapolate.then_some(v);
    let (x, _) = trees::solve(tree.parents(), tree.membrane(), g, d, b, v);
    x.iter().zip(w).map(|(x, w)| x * w).sum()
}

#[test]
fn the_adjoint_is_the_derivative() {
    for (k, (parent, membrane)) in shapes().into_iter().enumerate().filter(|s| s.1.0.len() < 100) {
        for extrapolate in [false, true] {
            let tree = Tree::new(&parent, membrane).unwrap();
            let n = tree.nodes();
            let (mut numbers, c) = arena(k as u64, n, 1, 0);
            tree.axial_of_lanes(&mut numbers, c[9], c[10], 1);
            let was = |k: usize| lane(&numbers, c[k], 0, n, 0);
            let (d, b, v, w, dg, g) = (was(0), was(1), was(2), was(5), was(8), was(9));
            let (solve, adjoint) = jobs(&c, Couplings::Lanes { couplings: c[9], axial: c[10] }, extrapolate, true);
            tree.solve(Isa::best(), &mut numbers, &solve, 1);
            tree.adjoint(Isa::best(), &mut numbers, &adjoint, 1);
            let get = |k: usize| lane(&numbers, c[k], 0, n, 0);
            let close = |got: f64, f: &dyn Fn(f64) -> f64, what: &str| {
                let want = (f(1e-5) - f(-1e-5)) / 2e-5;
                assert!((got - want).abs() < 1e-6 * want.abs().max(1.0), "{what} of shape {k}: {got} is not {want}");
            };
            let with = |x: &[f64], i: usize, e: f64| {
                let mut x = x.to_vec();
                x[i] += e;
                x
            };
            for i in 0..n {
                let (db, dd, dv, dgi) = (get(6)[i], get(7)[i], get(5)[i], get(8)[i] - dg[i]);
                if i < membrane {
                    close(db, &|e| loss(&tree, &g, &d, &with(&b, i, e), &v, &w, extrapolate), "db");
                    close(dd, &|e| loss(&tree, &g, &with(&d, i, e), &b, &v, &w, extrapolate), "dd");
                }
                close(dv, &|e| loss(&tree, &g, &d, &b, &with(&v, i, e), &w, extrapolate), "dv");
                if parent[i].is_some() {
                    close(dgi, &|e| loss(&tree, &with(&g, i, e), &d, &b, &v, &w, extrapolate), "dg");
                }
            }
            // <lam, A x> = <dh, x> for any x: take the couplings' numbers.
            let a = matrix(&parent, membrane, &g, &d);
            let scale = if extrapolate { 2.0 } else { 1.0 };
            let left: f64 = (0..n).map(|i| get(6)[i] * (0..n).map(|j| a[i][j] * g[j]).sum::<f64>()).sum();
            let right: f64 = (0..n).map(|i| scale * w[i] * g[i]).sum();
            assert!((left - right).abs() < 1e-11 * right.abs().max(1.0), "{left} is not {right}");
        }
    }
}

#[test]
fn a_solve_may_write_over_what_it_need_not_keep() {
    let (parent, membrane) = cell(7, 3, true);
    let tree = Tree::new(&parent, membrane).unwrap();
    let n = tree.nodes();
    for lanes in [1, 9] {
        let (start, c) = arena(5, n, lanes, 0);
        let g = lane(&start, c[9], 0, n, 0);
        let a = trees::axial(&parent, &g);
        for extrapolate in [false, true] {
            let (solve, _) = jobs(&c, Couplings::Shared { couplings: &g, axial: &a }, extrapolate, false);
            let mut apart = start.clone();
            tree.solve(Isa::best(), &mut apart, &solve, lanes);
            let mut over = start.clone();
            let x = if extrapolate { solve.v } else { solve.b };
            tree.solve(Isa::best(), &mut over, &Solve { x, pivot: solve.d, ..solve }, lanes);
            for l in 0..lanes {
                assert_eq!(bits(&lane(&apart, c[3], 0, n, l)), bits(&lane(&over, x, 0, n, l)));
                assert_eq!(bits(&lane(&apart, c[4], 0, n, l)), bits(&lane(&over, c[0], 0, n, l)));
            }
        }
    }
}

#[test]
fn what_is_no_tree_is_an_error() {
    assert_eq!(Tree::new(&[None, Some(2)], 2).unwrap_err(), TreeError::NoSuchParent { node: 1, parent: 2 });
    assert!(matches!(Tree::new(&[None, Some(2), Some(1)], 3).unwrap_err(), TreeError::Cycle { .. }));
    assert!(matches!(Tree::new(&[Some(0)], 1).unwrap_err(), TreeError::Cycle { .. }));
    assert_eq!(Tree::new(&[], 0).unwrap().nodes(), 0);
}

#[test]
#[should_panic(expected = "tree: x overlaps d of the tree")]
fn results_over_the_diagonal_are_refused() {
    let tree = Tree::new(&[None, Some(0)], 2).unwrap();
    let (mut numbers, c) = arena(0, 2, 8, 0);
    let (solve, _) = jobs(&c, Couplings::Lanes { couplings: c[9], axial: c[10] }, false, false);
    tree.solve(Isa::best(), &mut numbers, &Solve { x: Column::still(solve.d.at + 3, 8), ..solve }, 8);
}

#[test]
#[should_panic(expected = "tree: pivot leaves the arena")]
fn columns_of_a_solve_outside_the_arena_are_refused() {
    let tree = Tree::new(&[None, Some(0)], 2).unwrap();
    let (mut numbers, c) = arena(0, 2, 8, 0);
    let (solve, _) = jobs(&c, Couplings::Lanes { couplings: c[9], axial: c[10] }, false, false);
    let pivot = Column::still(numbers.len() - 15, 8);
    tree.solve(Isa::best(), &mut numbers, &Solve { pivot, ..solve }, 8);
}
