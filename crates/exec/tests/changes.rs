//! The solve for changes: the bits of a naive one in either format, and of 32-bit numbers fewer lost digits than the solve for values.

mod trees;

use homolog_base::Key;
use homolog_exec::{Column, Couplings, Isa, Scalar, Solve, Tree};

/// The equations of the module's page, node by node.
#[allow(clippy::too_many_arguments)]
fn naive<R: Scalar>(parent: &[Option<u32>], membrane: usize, g: &[R], d: &[R], b: &[R], v: &[R], twice: bool) -> Vec<R> {
    let n = parent.len();
    let depth = |i: usize| std::iter::successors(parent[i], |p| parent[*p as usize]).count();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(depth(*i)), *i));
    let mut axial: Vec<R> = (0..n).map(|i| if parent[i].is_some() { g[i] } else { R::default() }).collect();
    for (c, p) in parent.iter().enumerate() {
        if let Some(p) = p {
            axial[*p as usize] += g[c];
        }
    }
    let zero = R::default();
    let mut dd: Vec<R> = (0..n).map(|i| if i < membrane { d[i] } else { zero } + axial[i]).collect();
    let mut bb: Vec<R> = (0..n).map(|i| if i < membrane { b[i] } else { zero }).collect();
    let mut q = vec![zero; n];
    for &c in &order {
        q[c] = R::of(1.0) / dd[c];
        if let Some(p) = parent[c].map(|p| p as usize) {
            let f = g[c] * q[c];
            let w = g[c] * (v[p] - v[c]);
            dd[p] = (-g[c]).fma(f, dd[p]);
            bb[c] += w;
            bb[p] = f.fma(bb[c], bb[p]) - w;
        }
    }
    let mut y = vec![zero; n];
    for &c in order.iter().rev() {
        y[c] = match parent[c] {
            None => bb[c] * q[c],
            Some(p) => q[c] * g[c].fma(y[p as usize], bb[c]),
        };
    }
    y.iter().zip(v).map(|(y, v)| if twice { R::of(2.0).fma(*y, *v) } else { *v + *y }).collect()
}

/// Columns: 0 d, 1 b, 2 v, 3 x, 4 pivot, 5 couplings, 6 axial.
fn arena<R: Scalar>(seed: u64, nodes: usize, lanes: usize, gap: usize) -> (Vec<R>, Vec<Column>) {
    let site = lanes + gap;
    let columns = (0..7).map(|k| Column::still(3 + k * nodes * site, site)).collect();
    let numbers = (0..3 + 7 * nodes * site).map(|i| R::of(0.1 + Key::new(seed).uniform(i as u64, 0))).collect();
    (numbers, columns)
}

fn agree<R: Scalar>(parent: &[Option<u32>], membrane: usize, seed: u64, (lanes, gap): (usize, usize), twice: bool, shared: bool) {
    let tree = Tree::new(parent, membrane).unwrap();
    let n = tree.nodes();
    let (mut start, c) = arena::<R>(seed, n, lanes, gap);
    if shared {
        for i in 0..n {
            let at = c[5].at + i * c[5].site;
            let first = start[at];
            start[at..at + lanes].fill(first);
        }
    }
    tree.axial_of_lanes(&mut start, c[5], c[6], lanes);
    let get = |x: &[R], k: usize, l: usize| -> Vec<R> { (0..n).map(|i| x[c[k].at + i * c[k].site + l]).collect() };
    let (g, a) = (get(&start, 5, 0), get(&start, 6, 0));
    let couplings = if shared { Couplings::Shared { couplings: &g, axial: &a } } else { Couplings::Lanes { couplings: c[5], axial: c[6] } };
    for in_place in [false, true] {
        let x = if in_place { c[2] } else { c[3] };
        let solve = Solve { couplings, d: c[0], b: c[1], v: c[2], x, pivot: c[4], extrapolate: twice, change: true };
        for isa in Isa::available() {
            let mut numbers = start.clone();
            tree.solve(isa, &mut numbers, &solve, lanes);
            for l in 0..lanes {
                let was = |k: usize| get(&start, k, l);
                let want = naive(parent, membrane, &was(5), &was(0), &was(1), &was(2), twice);
                let got = get(&numbers, if in_place { 2 } else { 3 }, l);
                let same = got.iter().zip(&want).all(|(x, y)| x.wide().to_bits() == y.wide().to_bits());
                assert!(same, "lane {l} of {lanes}, gap {gap}, {isa:?}, twice {twice}, shared {shared}, {parent:?}: {got:?}, {want:?}");
            }
        }
    }
}

#[test]
fn the_bits_are_those_of_the_naive_solve_in_either_format() {
    for (k, (parent, membrane)) in trees::shapes().into_iter().enumerate() {
        for lanes in [(1, 0), (1, 2), (3, 0), (16, 0), (16, 3), (37, 0), (100, 4)] {
            if parent.len() > 100 && lanes.0 > 8 {
                continue;
            }
            for options in 0..4 {
                agree::<f32>(&parent, membrane, k as u64, lanes, options & 1 > 0, options & 2 > 0);
                agree::<f64>(&parent, membrane, k as u64, lanes, options & 1 > 0, options & 2 > 0);
            }
        }
    }
}

/// A cable at rest but for what flows along it, coupled 10,000 times as strongly as its membrane holds: a step for values loses the digits of
/// the potential, one for changes those of the change.
#[test]
fn changes_of_32_bits_keep_digits_that_values_lose() {
    let n = 200;
    let parent: Vec<Option<u32>> = (0..n).map(|i| (i + 1 < n).then_some(i as u32 + 1)).collect();
    let tree = Tree::new(&parent, n).unwrap();
    let (inertia, leak, g) = (1.0, 0.001, 10_000.0);
    let v: Vec<f64> = (0..n).map(|i| f64::from(-65.0 + 1e-3 * i as f32)).collect();
    let columns: Vec<Column> = (0..5).map(|k| Column::still(k * n, 1)).collect();
    fn step<R: Scalar>(tree: &Tree, c: &[Column], (d, b, g): (f64, &[f64], f64), v: &[f64], change: bool) -> Vec<f64> {
        let n = v.len();
        let mut numbers = vec![R::default(); 5 * n];
        for i in 0..n {
            (numbers[i], numbers[n + i], numbers[2 * n + i]) = (R::of(d), R::of(b[i]), R::of(v[i]));
        }
        let couplings = vec![R::of(g); n];
        let mut axial = vec![R::default(); n];
        tree.axial(&couplings, &mut axial);
        let couplings = Couplings::Shared { couplings: &couplings, axial: &axial };
        let solve = Solve { couplings, d: c[0], b: c[1], v: c[2], x: c[3], pivot: c[4], extrapolate: false, change };
        tree.solve(Isa::best(), &mut numbers, &solve, 1);
        numbers[3 * n..4 * n].iter().map(|x| x.wide()).collect()
    }
    let inward: Vec<f64> = v.iter().map(|v| -leak * (v + 65.0)).collect();
    let whole: Vec<f64> = v.iter().map(|v| inertia * v - leak * 65.0).collect();
    let exact = step::<f64>(&tree, &columns, (inertia + leak, &whole, g), &v, false);
    let off = |x: Vec<f64>| x.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let double = off(step::<f64>(&tree, &columns, (inertia + leak, &inward, g), &v, true));
    let change = off(step::<f32>(&tree, &columns, (inertia + leak, &inward, g), &v, true));
    let value = off(step::<f32>(&tree, &columns, (inertia + leak, &whole, g), &v, false));
    println!("changes in 64 bits {double:e}, in 32 {change:e}, values in 32 {value:e}");
    assert!(double < 1e-9 && change < 1e-3 && value > 20.0 * change, "{double:e} {change:e} {value:e}");
}
