//! Loops of ticks over tiles: equal to plain nested calls, whatever the tiles and threads.

mod kernels;
mod trees;

use homolog_base::Key;
use homolog_exec::{Action, Adjoint, Column, Couplings, Isa, Loop, Program, Scalar, Solve, Tree, run_ticks, run_ticks_in};
use trees::{bits, cell};

/// A loop that steps gates and a current at every compartment, solves, and records; and the numbers that it starts from.
struct Case {
    tree: Tree,
    site: usize,
    program: Program,
    arena: Vec<f64>,
}

const TICKS: usize = 20;
/// Sites, and what they count in sums.
const WEIGHED: [(u32, f64); 3] = [(4, 0.02), (0, -0.01), (2, 0.03)];

impl Case {
    fn new(lanes: usize, gap: usize) -> Case {
        let (parent, membrane) = cell(5, 3, false);
        let tree = Tree::new(&parent, membrane).unwrap();
        let program = Program::compile(&kernels::hodgkin_huxley());
        let site = lanes + gap;
        let rows = tree.nodes() * site;
        let arena = (0..rows * (TICKS + 2) * 12 + 64).map(|i| 0.1 + Key::new(3).uniform(i as u64, 0)).collect();
        Case { tree, site, program, arena }
    }

    /// Column `k` of those that all ticks share.
    fn work(&self, k: usize) -> Column {
        Column::still(64 + k * self.tree.nodes() * self.site, self.site)
    }

    /// Column `k` of the tape, at `shift` ticks later.
    fn tape(&self, k: usize, shift: usize) -> Column {
        let rows = self.tree.nodes() * self.site;
        Column { at: 64 + rows * (12 + k + 6 * shift), tick: 6 * rows as isize, site: self.site }
    }

    fn actions<'a>(&'a self, couplings: Couplings<'a>, kernel: &homolog_ir::Kernel, reverse: bool) -> Vec<Action<'a>> {
        let membrane = self.tree.membrane();
        // Constants are among the first 64 numbers, one per tick.
        let constant = |k: usize| Column { at: 10 * k, tick: 1, site: 0 };
        let inputs: Vec<Column> = kernel
            .inputs
            .iter()
            .enumerate()
            .map(|(k, p)| if p.class == homolog_ir::Class::Constant { constant(k.min(5)) } else { self.work(k) })
            .collect();
        // Gates step in place; what has no input of its name goes to a column of its own.
        let outputs =
            kernel.outputs.iter().enumerate().map(|(k, (p, _))| kernel.input(&p.name).map_or(self.work(10 + k), |i| inputs[i])).collect();
        let mut all = vec![
            Action::Run { program: &self.program, sites: membrane, inputs, outputs },
            Action::AddConstant { to: Column { at: self.work(8).at + 2 * self.site, ..self.work(8) }, amount: 0.25 },
            Action::AddColumn { from: self.work(0), to: self.work(8), sites: 3 },
            Action::AddColumn { from: self.tape(1, 0), to: self.work(7), sites: membrane },
            Action::Copy { from: Column { at: self.work(7).at + self.site, ..self.work(7) }, to: self.tape(4, 1) },
            Action::Weigh { from: self.work(7), sites: membrane, places: &WEIGHED, to: self.tape(1, 0), add: false },
            Action::Weigh { from: self.work(8), sites: membrane, places: &WEIGHED[1..], to: self.tape(1, 0), add: true },
            Action::Spread { from: self.tape(1, 0), to: self.work(8), sites: membrane, places: &WEIGHED },
            Action::Solve {
                tree: &self.tree,
                columns: Solve {
                    couplings,
                    d: self.work(7),
                    b: self.work(8),
                    v: self.tape(0, 0),
                    x: self.tape(0, 1),
                    pivot: self.tape(2, 0),
                    extrapolate: true,
                    change: false,
                },
            },
        ];
        if reverse {
            all.push(Action::Adjoint {
                tree: &self.tree,
                columns: Adjoint {
                    couplings,
                    pivot: self.tape(2, 0),
                    v: self.tape(0, 0),
                    x: self.tape(0, 1),
                    dx: self.work(9),
                    db: self.tape(3, 0),
                    dd: self.tape(4, 0),
                    dg: Some(self.work(6)),
                    extrapolate: true,
                },
            });
        }
        all
    }
}

fn at(c: Column, t: usize) -> Column {
    Column { at: (c.at as isize + c.tick * t as isize) as usize, tick: 0, site: c.site }
}

fn couplings_at(c: Couplings, t: usize) -> Couplings {
    match c {
        Couplings::Shared { .. } => c,
        Couplings::Lanes { couplings, axial } => Couplings::Lanes { couplings: at(couplings, t), axial: at(axial, t) },
    }
}

/// The loop by public calls, one tick, action and site after another.
fn plainly(isa: Isa, arena: &mut [f64], l: &Loop) {
    let ticks: Vec<usize> = if l.reverse { l.ticks.clone().rev().collect() } else { l.ticks.clone().collect() };
    for t in ticks {
        for action in &l.actions {
            match action {
                Action::Run { program, sites, inputs, outputs } => {
                    for s in 0..*sites {
                        let place = |c: &Column| at(*c, t).at + s * c.site;
                        let (i, o): (Vec<usize>, Vec<usize>) = (inputs.iter().map(place).collect(), outputs.iter().map(place).collect());
                        program.run(isa, arena, &i, &o, l.lanes);
                    }
                }
                Action::Solve { tree, columns: s } => {
                    let couplings = couplings_at(s.couplings, t);
                    let s = Solve { couplings, d: at(s.d, t), b: at(s.b, t), v: at(s.v, t), x: at(s.x, t), pivot: at(s.pivot, t), ..*s };
                    tree.solve(isa, arena, &s, l.lanes);
                }
                Action::Adjoint { tree, columns: s } => {
                    let (pivot, v, x, dx) = (at(s.pivot, t), at(s.v, t), at(s.x, t), at(s.dx, t));
                    let (couplings, dg) = (couplings_at(s.couplings, t), s.dg.map(|c| at(c, t)));
                    tree.adjoint(isa, arena, &Adjoint { couplings, pivot, v, x, dx, db: at(s.db, t), dd: at(s.dd, t), dg, ..*s }, l.lanes);
                }
                Action::Copy { from, to } => {
                    let (from, to) = (at(*from, t).at, at(*to, t).at);
                    arena.copy_within(from..from + l.lanes, to);
                }
                Action::Weigh { from, places, to, add, .. } => {
                    for k in 0..l.lanes {
                        let before = if *add { arena[at(*to, t).at + k] } else { 0.0 };
                        let sum = places.iter().fold(before, |sum, (s, x)| sum + x * arena[at(*from, t).at + *s as usize * from.site + k]);
                        arena[at(*to, t).at + k] = sum;
                    }
                }
                Action::Spread { from, to, places, .. } => {
                    for (s, x) in *places {
                        for k in 0..l.lanes {
                            arena[at(*to, t).at + *s as usize * to.site + k] += x * arena[at(*from, t).at + k];
                        }
                    }
                }
                Action::AddConstant { to, amount } => (0..l.lanes).for_each(|k| arena[at(*to, t).at + k] += amount),
                Action::AddColumn { from, to, sites } => {
                    for s in 0..*sites {
                        for k in 0..l.lanes {
                            arena[at(*to, t).at + s * to.site + k] += arena[at(*from, t).at + s * from.site + k];
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_loop_equals_nested_calls_on_any_tiles_and_threads() {
    let pools = [1, 2].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap());
    let kernel = kernels::hodgkin_huxley();
    for (lanes, gap) in [(1, 0), (1, 7), (3, 0), (8, 0), (61, 3), (100, 0), (200, 8)] {
        let case = Case::new(lanes, gap);
        let n = case.tree.nodes();
        let g: Vec<f64> = (0..n).map(|i| 0.5 + 0.1 * i as f64).collect();
        let mut axial = vec![0.0; n];
        case.tree.axial(&g, &mut axial);
        for couplings in
            [Couplings::Shared { couplings: &g, axial: &axial }, Couplings::Lanes { couplings: case.tape(5, 0), axial: case.tape(5, 1) }]
        {
            for reverse in [false, true] {
                let actions = case.actions(couplings, &kernel, reverse);
                let mut l = Loop { actions, ticks: 1..TICKS, reverse, lanes, tile: lanes };
                let mut want = case.arena.clone();
                plainly(Isa::best(), &mut want, &l);
                assert!(want.iter().all(|x| x.is_finite()), "numbers that say nothing");
                for isa in Isa::available() {
                    for scratch in [10_000, 40_000, 400_000] {
                        for (threads, pool) in pools.iter().enumerate() {
                            let mut got = case.arena.clone();
                            let numbers = got.len();
                            got.resize(numbers + scratch, f64::NAN);
                            l.tile = 64;
                            pool.install(|| run_ticks_in(isa, &mut got, &l, threads > 0, numbers..numbers + scratch));
                            let wrong = (0..numbers).find(|&i| got[i].to_bits() != want[i].to_bits());
                            let differ = wrong.map(|i| (i, got[i], want[i]));
                            assert_eq!(differ, None, "{lanes} lanes, gap {gap}, scratch of {scratch}, {isa:?}, reverse {reverse}");
                        }
                    }
                    for tile in [1, 8, 24, lanes] {
                        l.tile = tile;
                        for (threads, pool) in pools.iter().enumerate() {
                            let mut got = case.arena.clone();
                            pool.install(|| run_ticks(isa, &mut got, &l, threads > 0));
                            let wrong = (0..got.len()).find(|&i| got[i].to_bits() != want[i].to_bits());
                            assert_eq!(
                                wrong.map(|i| (i, got[i], want[i])),
                                None,
                                "{lanes} lanes, gap {gap}, tiles of {tile}, {isa:?}, reverse {reverse}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_loop_checked_once_may_be_run_in_pieces() {
    let case = Case::new(20, 4);
    let n = case.tree.nodes();
    let (g, mut axial) = (vec![0.5; n], vec![0.0; n]);
    case.tree.axial(&g, &mut axial);
    let actions = case.actions(Couplings::Shared { couplings: &g, axial: &axial }, &kernels::hodgkin_huxley(), false);
    let l = Loop { actions, ticks: 0..TICKS, reverse: false, lanes: 20, tile: 8 };
    let (mut once, mut pieces) = (case.arena.clone(), case.arena.clone());
    run_ticks(Isa::best(), &mut once, &l, false);
    let checked = l.check(Isa::best(), pieces.len());
    for ticks in [0..2, 2..2, 2..3, 3..TICKS] {
        checked.run(&mut pieces, ticks, true);
    }
    assert_eq!(bits(&once), bits(&pieces));
}

/// Sums over 10 lanes in 4 ticks; `change` makes something wrong of them.
fn sums(change: impl Fn(&mut Column, &mut Column)) {
    let mut arena = vec![1.0; 1000];
    let mut from = Column { at: 500, tick: 20, site: 10 };
    let mut to = Column::still(0, 10);
    change(&mut from, &mut to);
    let actions = vec![Action::AddColumn { from, to, sites: 2 }];
    run_ticks(Isa::Portable, &mut arena, &Loop { actions, ticks: 3..7, reverse: false, lanes: 10, tile: 8 }, false);
    assert_eq!(arena[19], 5.0);
}

#[test]
fn sums_that_are_right_are_added() {
    sums(|_, _| ());
}

#[test]
#[should_panic(expected = "sum: summand leaves the arena")]
fn the_last_tick_is_checked() {
    sums(|from, _| from.at = 861);
}

#[test]
#[should_panic(expected = "sum: summand leaves the arena")]
fn the_first_tick_of_a_loop_back_in_memory_is_checked() {
    sums(|from, _| (from.at, from.tick) = (119, -20));
}

#[test]
#[should_panic(expected = "sum: sum overlaps summand")]
fn a_column_that_moves_through_another_is_refused() {
    sums(|_, to| *to = Column::still(600, 10));
}

#[test]
#[should_panic(expected = "sum: sites of sum overlap")]
fn sites_that_overlap_are_refused() {
    sums(|_, to| to.site = 9);
}

#[test]
#[should_panic(expected = "in another lane or tick")]
fn lanes_that_reach_into_those_of_other_ticks_are_refused() {
    sums(|_, to| (to.at, to.tick) = (100, 15));
}

#[test]
#[should_panic(expected = "kernel `lif`: output 1 overlaps output 0")]
fn outputs_that_overlap_are_refused() {
    lif(|_, outputs| outputs[1].at = outputs[0].at + 50);
}

#[test]
#[should_panic(expected = "kernel `lif`: number of inputs")]
fn a_missing_port_is_refused() {
    lif(|inputs, _| inputs.truncate(2));
}

#[test]
#[should_panic(expected = "overlaps input")]
fn a_constant_that_the_loop_writes_is_refused() {
    lif(|inputs, outputs| outputs[0].at = inputs[3].at.min(inputs[4].at) - 50);
}

#[test]
fn a_loop_of_a_neuron_runs() {
    lif(|_, _| ());
}

fn lif(change: impl Fn(&mut Vec<Column>, &mut Vec<Column>)) {
    let kernel = kernels::lif();
    let program = Program::compile(&kernel);
    let mut arena = vec![0.5; 3000];
    let mut inputs: Vec<Column> = (0..kernel.inputs.len()).map(|k| Column::still(200 + 200 * k, 100)).collect();
    let mut outputs: Vec<Column> = (0..kernel.outputs.len()).map(|k| Column::still(2000 + 200 * k, 100)).collect();
    change(&mut inputs, &mut outputs);
    let actions = vec![Action::Run { program: &program, sites: 1, inputs, outputs }];
    run_ticks(Isa::Portable, &mut arena, &Loop { actions, ticks: 0..2, reverse: false, lanes: 100, tile: 32 }, false);
}

/// Columns of 61 numbers, so near to one another and to the end that what lies beyond one is another's, or nobody's.
#[test]
fn what_lies_beyond_the_lanes_of_a_lone_cell_stays_what_it_was() {
    let n = 61;
    let mut b = homolog_ir::Builder::new("step");
    let one = homolog_base::Unit::ONE;
    let (x, y) = (b.input("x", one), b.input("y", one));
    let (sum, product) = (b.fma(x, y, x), b.mul(x, y));
    let e = b.exp(product);
    b.output("x", one, sum);
    b.output("e", one, e);
    let program = Program::compile(&b.finish());
    // Where x, y and e begin; how long the arena is.
    for (at, length) in [
        ([0, 64, 128], 192),            // room beyond each
        ([0, n, 2 * n], 3 * n),         // packed, to the last number
        ([2 * n + 3, 0, n], 3 * n + 3), // just enough room beyond e, none beyond x
        ([0, 64, 128], 128 + n),        // no room beyond the last
        ([70, 0, 140], 140 + n + 7),    // room, on no line
    ] {
        let start: Vec<f64> = (0..length).map(|i| 0.01 * Key::new(5).uniform(i as u64, 0)).collect();
        for isa in Isa::available() {
            let (mut plain, mut looped) = (start.clone(), start.clone());
            let column = |k: usize| Column::still(at[k], 1);
            let action =
                Action::Run { program: &program, sites: n, inputs: vec![column(0), column(1)], outputs: vec![column(0), column(2)] };
            run_ticks(isa, &mut looped, &Loop { actions: vec![action], ticks: 0..4, reverse: false, lanes: 1, tile: 8 }, false);
            for _ in 0..4 {
                for lane in 0..n {
                    let (x, y) = (plain[at[0] + lane], plain[at[1] + lane]);
                    plain[at[0] + lane] = x.mul_add(y, x);
                    plain[at[2] + lane] = homolog_base::math::exp(x * y);
                }
            }
            assert_eq!(bits(&plain), bits(&looped), "{at:?} on {isa:?}");
        }
    }
}

#[test]
fn ticks_that_are_laid_out_once_equal_those_of_a_loop_and_list_what_it_writes() {
    for isa in Isa::available() {
        laid_out_once::<f64>(isa);
        laid_out_once::<f32>(isa);
    }
}

fn laid_out_once<R: Scalar>(isa: Isa) {
    let program: Program<R> = Program::compile(&kernels::refractory());
    let ticks = 30;
    for lanes in [8, 13, 200, 1003] {
        // Three columns that all ticks share, a constant for each tick, and spikes of each.
        let column = |k: usize, tick: isize| Column { at: 64 + k * lanes, tick, site: lanes };
        let inputs = vec![column(0, 0), column(1, 0), column(2, 0), Column { at: 10, tick: 1, site: 0 }];
        let outputs = vec![column(0, 0), column(1, 0), column(3, lanes as isize)];
        let action = Action::Run { program: &program, sites: 1, inputs, outputs };
        let all = Loop { actions: vec![action], ticks: 0..ticks, reverse: false, lanes, tile: 64 };
        let any = |i: usize| Key::new(5).uniform(i as u64, 0) - 0.5;
        let start = |i: usize| match i {
            10..40 => 0.9,
            _ if (64..64 + lanes).contains(&i) => any(i) - 50.5,
            _ if (64 + 2 * lanes..64 + 3 * lanes).contains(&i) => any(i) - 4.0,
            _ => any(i),
        };
        let mut arena: Vec<R> = (0..64 + (3 + ticks) * lanes).map(|i| R::of(start(i))).collect();
        let bits = |x: &[R]| x.iter().map(|x| x.wide().to_bits()).collect::<Vec<u64>>();
        let (mut looped, mut listed) = (arena.clone(), arena.clone());
        run_ticks(isa, &mut looped, &all, false);
        let mut ready = all.check(isa, arena.len()).ready(&arena);
        for t in 0..ticks {
            ready.run(&mut arena, t);
        }
        assert_eq!(bits(&arena), bits(&looped), "{lanes} lanes on {isa:?}");
        let mut ready = all.check(isa, listed.len()).ready(&listed);
        ready.list(2);
        let mut total = 0;
        for t in 0..ticks {
            ready.run(&mut listed, t);
            let spikes = &looped[64 + (3 + t) * lanes..][..lanes];
            let want: Vec<u32> = (0..lanes as u32).filter(|l| spikes[*l as usize] != R::default()).collect();
            assert_eq!(ready.listed(), want, "tick {t} of {lanes} lanes on {isa:?}");
            total += want.len();
        }
        assert!(2 * total > lanes, "{total} spikes of {lanes} neurons: nothing was tested");
        assert_eq!(bits(&listed[..64 + 3 * lanes]), bits(&looped[..64 + 3 * lanes]));
        let untouched = (64 + 3 * lanes..listed.len()).all(|i| listed[i] == R::of(any(i)));
        assert!(untouched, "what is listed is not written");
    }
}
