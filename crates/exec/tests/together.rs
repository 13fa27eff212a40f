//! Loops that are run side by side in shares: equal to one after the other, and refused where they touch one another.

mod kernels;

use homolog_base::Key;
use homolog_exec::{Action, Column, Isa, Loop, Program, Share, Together, run_ticks};
use std::sync::atomic::{AtomicUsize, Ordering};

const TICKS: usize = 6;

/// A loop of neurons in an arena: potentials, what is left of the refractory time and drive, which all ticks share, then spikes of each tick.
fn neurons(program: &Program, at: usize, lanes: usize) -> Loop<'_> {
    let column = |k: usize, tick: usize| Column { at: at + k * lanes, tick: tick as isize, site: 0 };
    let inputs = vec![column(0, 0), column(1, 0), column(2, 0), Column::still(0, 0)];
    let outputs = vec![column(0, 0), column(1, 0), column(3, lanes)];
    Loop { actions: vec![Action::Run { program, sites: 1, inputs, outputs }], ticks: 0..TICKS, reverse: false, lanes, tile: 24 }
}

fn drive(at: usize, lanes: usize) -> Column {
    Column::still(at + 2 * lanes, 0)
}

/// What is given to a neuron in a tick.
fn driven(neuron: usize, tick: usize) -> f64 {
    -homolog_base::math::sin((neuron + tick) as f64).abs() - 4.5
}

fn arena(numbers: usize) -> Vec<f64> {
    let mut arena: Vec<f64> = (0..numbers).map(|i| Key::new(6).uniform(i as u64, 0) - 50.5).collect();
    arena[0] = 0.9;
    arena
}

#[test]
fn shares_have_the_bits_of_whole_loops_whoever_does_them() {
    let program: Program = Program::compile(&kernels::refractory());
    let (one, other) = (100, 61);
    let (first, second) = (8, 8 + (3 + TICKS) * one);
    // A tile for all lanes of a loop, which are no whole vectors.
    let loops = [neurons(&program, first, one), Loop { tile: 64, ..neurons(&program, second, other) }];
    let columns = [drive(first, one), drive(second, other)];
    let start = arena(second + (3 + TICKS) * other + 8);
    let mut expected = start.clone();
    for t in 0..TICKS {
        for (l, c) in loops.iter().zip(&columns) {
            expected[c.at..c.at + l.lanes].iter_mut().enumerate().for_each(|(k, x)| *x = driven(k, t));
            run_ticks(Isa::best(), &mut expected, &Loop { ticks: t..t + 1, ..l.clone() }, false);
        }
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for parallel in [false, true] {
        let mut found = start.clone();
        let checked: Vec<_> = loops.iter().map(|l| l.check(Isa::best(), start.len())).collect();
        let members = checked.iter().zip(columns).map(|(l, c)| (l, vec![c])).collect();
        let together = Together::new(members).expect("nothing touches the other");
        let done = AtomicUsize::new(0);
        let lanes = [(0, 0..40), (0, 40..56), (1, 0..61), (0, 56..100)];
        let shares = lanes.into_iter().map(|(of, lanes)| Share { of, lanes, home: 2, with: of }).collect();
        pool.install(|| {
            together.run(&mut found, parallel, shares, |lanes, of| {
                assert_eq!(lanes.columns(), 1, "member {of}");
                let first = lanes.lanes().start;
                for t in 0..TICKS {
                    lanes.numbers(0, t).iter_mut().enumerate().for_each(|(k, x)| *x = driven(first + k, t));
                    lanes.run(&(t..t + 1));
                    lanes.run(&(1000..1000));
                }
                done.fetch_add(1, Ordering::Relaxed);
            });
        });
        assert_eq!(done.into_inner(), 4);
        let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
        assert_eq!(bits(&found), bits(&expected), "parallel: {parallel}");
    }
}

#[test]
fn loops_that_touch_one_another_are_not_run_together() {
    let program: Program = Program::compile(&kernels::refractory());
    let (lanes, first) = (64, 8);
    let loops = |second: usize| [neurons(&program, first, lanes), neurons(&program, second, lanes)];
    let good = |second: usize, beside: Column| {
        let loops = loops(second);
        let checked = [loops[0].check(Isa::best(), 4000), loops[1].check(Isa::best(), 4000)];
        Together::new(vec![(&checked[0], vec![beside]), (&checked[1], vec![])]).is_some()
    };
    let free = first + (3 + TICKS) * lanes;
    assert!(good(free, drive(first, lanes)));
    // The last spikes of one are the potentials of the other.
    assert!(!good(free - lanes, drive(first, lanes)));
    // What is done beside one is done to the other.
    assert!(!good(free, drive(free, lanes)));
}

#[test]
#[should_panic(expected = "shares have lanes in common")]
fn shares_with_lanes_in_common_are_refused() {
    let program: Program = Program::compile(&kernels::refractory());
    let l = neurons(&program, 8, 64);
    let mut arena = arena(1000);
    let checked = l.check(Isa::best(), arena.len());
    let together = Together::new(vec![(&checked, vec![])]).expect("one alone");
    let shares = [0..32, 24..64].map(|lanes| Share { of: 0, lanes, home: 0, with: () }).into();
    together.run(&mut arena, false, shares, |_, ()| ());
}
