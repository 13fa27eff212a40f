//! Time of the tree solve and of its adjoint per node and lane, for each instruction set, and of a launch of a small program inside a
//! loop of ticks. Minimum over repetitions, for machines that are shared.
//!
//! `cargo run --release -p homolog-exec --example tree_speed`

#[path = "../tests/kernels/mod.rs"]
mod kernels;
#[path = "../tests/trees/mod.rs"]
mod trees;

use homolog_base::Unit;
use homolog_exec::{Action, Adjoint, Column, Couplings, Isa, Loop, Program, Solve, Tree};
use homolog_ir::{Builder, Kernel};
use std::time::Instant;

/// Nanoseconds per tick of a loop.
fn time(isa: Isa, arena: &mut [f64], l: &Loop) -> f64 {
    let ticks = l.ticks.len();
    let checked = l.check(isa, arena.len());
    let mut best = f64::INFINITY;
    for _ in 0..if isa == Isa::Portable { 3 } else { 15 } {
        let t = Instant::now();
        checked.run(arena, l.ticks.clone(), false);
        best = best.min(t.elapsed().as_secs_f64() * 1e9 / ticks as f64);
    }
    best
}

fn measure(name: &str, branches: usize, length: usize, by_depth: bool, lanes: usize, gap: usize) {
    let (parent, membrane) = trees::cell(branches, length, by_depth);
    let tree = Tree::new(&parent, membrane).expect("a cell is a tree");
    let n = tree.nodes();
    let g: Vec<f64> = (0..n).map(|i| 1.0 + 0.1 * (i % 7) as f64).collect();
    let mut axial = vec![0.0; n];
    tree.axial(&g, &mut axial);
    let couplings = Couplings::Shared { couplings: &g, axial: &axial };
    let site = lanes + gap;
    let stride = (n * site).next_multiple_of(8) + 8; // Columns at different places of the cache's sets.
    let mut arena = vec![0.5; 8 * stride + 8];
    let origin = arena.as_ptr().align_offset(64);
    let c: Vec<Column> = (0..8).map(|k| Column::still(origin + k * stride, site)).collect();
    let by = if by_depth { "depth" } else { "branch" };
    println!("{name}, {n} nodes numbered by {by}, {lanes} lanes, sites {site} apart: ns per node and lane");
    for isa in Isa::available() {
        // Ticks overwrite d and b, which changes numbers (they end as infinities or NaN, at the same speed) and not time.
        let columns = Solve { couplings, d: c[0], b: c[1], v: c[2], x: c[3], pivot: c[4], extrapolate: false, change: false };
        let run = |arena: &mut [f64], actions: Vec<Action>| {
            let ticks = (4_000_000 / (n * lanes) / if isa == Isa::Portable { 10 } else { 1 }).clamp(3, 2000);
            time(isa, arena, &Loop { actions, ticks: 0..ticks, reverse: false, lanes, tile: 64 }) / (n * lanes) as f64
        };
        let solve = run(&mut arena, vec![Action::Solve { tree: &tree, columns }]);
        let second = run(&mut arena, vec![Action::Solve { tree: &tree, columns: Solve { extrapolate: true, ..columns } }]);
        let columns = Adjoint { couplings, pivot: c[4], v: c[2], x: c[3], dx: c[5], db: c[6], dd: c[7], dg: None, extrapolate: true };
        let back = run(&mut arena, vec![Action::Adjoint { tree: &tree, columns }]);
        println!("  {isa:?}: solve {solve:.2}, extrapolated {second:.2}, adjoint {back:.2}");
    }
}

/// `y = a + b`
fn sum() -> Kernel {
    let mut b = Builder::new("sum");
    let (x, y) = (b.input("a", Unit::ONE), b.input("b", Unit::ONE));
    let z = b.add(x, y);
    b.output("y", Unit::ONE, z);
    b.finish()
}

fn launches(kernel: &Kernel, lanes: usize) {
    let program = Program::compile(kernel);
    let columns = kernel.inputs.len() + kernel.outputs.len();
    let mut arena = vec![0.0; columns * 512 + 64];
    let inputs: Vec<Column> = (0..kernel.inputs.len()).map(|k| Column::still(512 * k, lanes)).collect();
    for (c, p) in inputs.iter().zip(&kernel.inputs) {
        arena[c.at..c.at + lanes].fill(kernels::start(&p.name));
    }
    let place = |k: usize, name: &str| kernel.input(name).map_or(Column::still(512 * (kernel.inputs.len() + k), lanes), |i| inputs[i]);
    let outputs: Vec<Column> = kernel.outputs.iter().enumerate().map(|(k, (p, _))| place(k, &p.name)).collect();
    for isa in Isa::available() {
        let (i, o): (Vec<usize>, Vec<usize>) = (inputs.iter().map(|c| c.at).collect(), outputs.iter().map(|c| c.at).collect());
        let mut alone = f64::INFINITY;
        for _ in 0..20 {
            let t = Instant::now();
            for _ in 0..500 {
                program.run(isa, &mut arena, &i, &o, lanes);
            }
            alone = alone.min(t.elapsed().as_secs_f64() * 1e9 / 500.0);
        }
        let actions = vec![Action::Run { program: &program, sites: 1, inputs: inputs.clone(), outputs: outputs.clone() }];
        let ticks = time(isa, &mut arena, &Loop { actions, ticks: 0..5000, reverse: false, lanes, tile: lanes });
        println!("  {isa:?}: `{}` over {lanes} lanes: {ticks:.0} ns in a loop of ticks, {alone:.0} ns by Program::run", kernel.name);
    }
}

fn main() {
    for by_depth in [true, false] {
        for (name, branches, length) in [("50 branches of 8", 50, 8), ("15 branches of 4", 15, 4), ("6 branches of 10", 6, 10)] {
            measure(name, branches, length, by_depth, 1, 0);
        }
    }
    // Sites a power of two apart share few sets of the cache.
    for (lanes, gap) in [(8, 0), (64, 0), (1024, 0), (1024, 8)] {
        measure("15 branches of 4", 15, 4, true, lanes, gap);
        measure("50 branches of 8", 50, 8, true, lanes, gap);
    }
    println!("launches:");
    for kernel in [sum(), kernels::lif(), kernels::hodgkin_huxley()] {
        for lanes in [61, 64] {
            launches(&kernel, lanes);
        }
    }
}
