//! A loop of ticks over tiles of lanes.
//!
//! In every tick a short list of actions is done: programs, tree solves, sums. All are local to a lane, so a tile of lanes goes
//! through all ticks before the next one starts, and what it touches stays in the cache:
//!
//! ```text
//! for each tile of lanes (on any thread):  for each tick:  for each action, in order
//! ```
//!
//! Neither tiles nor threads nor the instruction set change a bit. What could go wrong is checked once, before the loop.

use crate::column::{Column, Meeting, Use, check_alone, check_lanes, meeting};
use crate::isa::Isa;
use crate::program::launch::{Launch, Line};
use crate::program::{Arena, Program};
use crate::scalar::Scalar;
use crate::tree::{Adjoint, Solve, Tree};
use std::ops::Range;

/// Numbers to be worked on below which a second thread does not pay.
pub(crate) const WORTH: usize = 1 << 15;

/// What is done in a tick. Columns are those of the tick, by [`Column`].
#[derive(Clone, Debug)]
pub enum Action<'a, R: Scalar = f64> {
    /// A program at every site.
    Run {
        /// Which.
        program: &'a Program<R>,
        /// How many sites.
        sites: usize,
        /// By port. Of a constant port one number, at `at + t * tick`, which nothing in the loop may write.
        inputs: Vec<Column>,
        /// By port. One may be an input column, exactly.
        outputs: Vec<Column>,
    },
    /// [`Tree::solve`]
    Solve {
        /// Of what.
        tree: &'a Tree,
        /// Of what numbers.
        columns: Solve<'a, R>,
    },
    /// [`Tree::adjoint`], of 64-bit numbers alone.
    Adjoint {
        /// Of what.
        tree: &'a Tree,
        /// Of what numbers.
        columns: Adjoint<'a, R>,
    },
    /// Adds a number to one site.
    AddConstant {
        /// To what.
        to: Column,
        /// How much.
        amount: R,
    },
    /// Copies a site of a column to another.
    Copy {
        /// What.
        from: Column,
        /// To what.
        to: Column,
    },
    /// Adds a column to another.
    AddColumn {
        /// What.
        from: Column,
        /// To what.
        to: Column,
        /// How many sites.
        sites: usize,
    },
    /// A sum over sites of a column, each times a number of its own, in the order of the list.
    Weigh {
        /// Of what.
        from: Column,
        /// How many sites it has.
        sites: usize,
        /// Sites, and what each counts.
        places: &'a [(u32, f64)],
        /// To what.
        to: Column,
        /// Whether it is added to what is there.
        add: bool,
    },
    /// Adds a site, each time times a number, to sites of a column: the transpose of [`Action::Weigh`].
    Spread {
        /// What.
        from: Column,
        /// To what.
        to: Column,
        /// How many sites it has.
        sites: usize,
        /// Sites, and what each receives of it.
        places: &'a [(u32, f64)],
    },
}

/// Actions over ticks and lanes.
#[derive(Clone, Debug)]
pub struct Loop<'a, R: Scalar = f64> {
    /// Of each tick, in order.
    pub actions: Vec<Action<'a, R>>,
    /// Which ticks.
    pub ticks: Range<usize>,
    /// Whether the last tick is the first to be done.
    pub reverse: bool,
    /// How many lanes.
    pub lanes: usize,
    /// How many go through the ticks together, rounded up to whole vectors.
    pub tile: usize,
}

/// Runs a loop; with `parallel`, tiles are shared by the current rayon pool, and may be cut smaller for that.
///
/// # Panics
/// As [`Loop::check`].
pub fn run_ticks<R: Scalar>(isa: Isa, arena: &mut [R], ticks: &Loop<R>, parallel: bool) {
    ticks.check(isa, arena.len()).run(arena, ticks.ticks.clone(), parallel);
}

/// As [`run_ticks`]; tiles that do not have all lanes are copied to the numbers of the arena from `scratch` on, a share for each thread, where
/// that pays. No bit depends on it.
///
/// # Panics
/// As [`Loop::check`]; when the scratch memory is not in the arena, or a column is in it.
pub fn run_ticks_in<R: Scalar>(isa: Isa, arena: &mut [R], ticks: &Loop<R>, parallel: bool, scratch: Range<usize>) {
    assert!(scratch.start <= scratch.end && scratch.end <= arena.len(), "the scratch memory of a loop is not in its arena");
    // Columns are checked against what lies before.
    let checked = ticks.check(isa, scratch.start);
    if !crate::packed::run(&checked, arena, parallel, scratch) {
        checked.run(arena, ticks.ticks.clone(), parallel);
    }
}

/// A loop that can be run in pieces without being checked again.
#[derive(Clone, Debug)]
pub struct Checked<'l, 'a, R: Scalar = f64> {
    pub(crate) ticks: &'l Loop<'a, R>,
    pub(crate) isa: Isa,
    pub(crate) arena: usize,
    pub(crate) plans: Vec<Plan>,
}

/// What is known of an action before the loop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// Of a program: (input, output) that are one column.
    pub(crate) same: Vec<(usize, usize)>,
    /// Whether constants differ from tick to tick.
    pub(crate) moving: bool,
    /// Whether sites lie side by side, `lanes` apart.
    pub(crate) flat: bool,
    /// Of a program over all lanes, whose number is no multiple of the widest vector: how many numbers beyond them may be computed too and put back,
    /// since they are in the arena and none of those beyond outputs belongs to another column of the action. 0 for none.
    pub(crate) beyond: usize,
}

impl<R: Scalar> Action<'_, R> {
    fn owner(&self) -> String {
        match self {
            Action::Run { program, .. } => program.owner(),
            Action::Solve { .. } => "tree solve".into(),
            Action::Adjoint { .. } => "adjoint of the tree solve".into(),
            Action::AddConstant { .. } => "constant".into(),
            Action::AddColumn { .. } => "sum".into(),
            Action::Copy { .. } => "copy".into(),
            Action::Weigh { .. } => "weighted sum".into(),
            Action::Spread { .. } => "transpose of a weighted sum".into(),
        }
    }

    pub(crate) fn uses(&self, lanes: usize) -> Vec<Use> {
        let used = |column, sites, written, name: String| Use { column, sites, width: lanes, shared: false, written, name };
        match self {
            Action::Run { program, sites, inputs, outputs } => {
                assert_eq!(inputs.len(), program.constant().len(), "{}: number of inputs", self.owner());
                assert_eq!(outputs.len(), program.outputs(), "{}: number of outputs", self.owner());
                let inputs = inputs.iter().zip(program.constant()).enumerate().map(|(k, (&c, &constant))| {
                    let u = used(c, *sites, false, format!("input {k}"));
                    if constant { Use { sites: 1, width: 1, shared: true, ..u } } else { u }
                });
                inputs.chain(outputs.iter().enumerate().map(|(k, &c)| used(c, *sites, true, format!("output {k}")))).collect()
            }
            Action::Solve { tree, columns } => tree.uses_of_solve(columns, lanes),
            Action::Adjoint { tree, columns } => tree.uses_of_adjoint(columns, lanes),
            Action::AddConstant { to, .. } => vec![used(*to, 1, true, "sum".into())],
            Action::Copy { from, to } => vec![used(*from, 1, false, "original".into()), used(*to, 1, true, "copy".into())],
            Action::AddColumn { from, to, sites } => {
                vec![used(*from, *sites, false, "summand".into()), used(*to, *sites, true, "sum".into())]
            }
            Action::Weigh { from, sites, places, to, .. } => {
                assert!(places.iter().all(|p| (p.0 as usize) < *sites), "{}: a place is no site of its column", self.owner());
                vec![used(*from, *sites, false, "summands".into()), used(*to, 1, true, "sum".into())]
            }
            Action::Spread { from, to, sites, places } => {
                assert!(places.iter().all(|p| (p.0 as usize) < *sites), "{}: a place is no site of its column", self.owner());
                vec![used(*from, 1, false, "original".into()), used(*to, *sites, true, "sums".into())]
            }
        }
    }

    /// Checks the columns of one tick, and says what there is to know of them.
    fn plan(&self, uses: &[Use], arena: usize, ticks: &Range<usize>, lanes: usize) -> Plan {
        let owner = self.owner();
        let flat = uses.iter().all(|u| u.shared || u.sites <= 1 || u.column.site == lanes);
        match self {
            Action::Solve { tree, .. } | Action::Adjoint { tree, .. } => {
                tree.check(uses, arena, ticks, &owner);
                Plan { flat, ..Plan::default() }
            }
            _ => {
                let mut same = Vec::new();
                let first = uses.iter().position(|u| u.written).unwrap_or(uses.len());
                for (k, x) in uses.iter().enumerate() {
                    check_alone(x, ticks, arena, &owner);
                    for (j, y) in uses[..k].iter().enumerate().filter(|(_, y)| x.written || y.written) {
                        match meeting(y, x, ticks) {
                            Meeting::Apart => {}
                            Meeting::Same if !y.written => same.push((j, k - first)),
                            _ => panic!("{owner}: {} overlaps {}", x.name, y.name),
                        }
                    }
                }
                let moving = uses.iter().any(|u| u.shared && u.column.tick != 0);
                let beyond = if flat && matches!(self, Action::Run { .. }) { beyond(uses, arena, ticks, lanes, R::LINE) } else { 0 };
                Plan { same, moving, flat, beyond }
            }
        }
    }
}

/// How many numbers beyond the lanes of all sites make whole vectors, if they may be computed too: see [`Plan::beyond`].
fn beyond(uses: &[Use], arena: usize, ticks: &Range<usize>, lanes: usize, wide: usize) -> usize {
    let sites = uses.iter().filter(|u| !u.shared).map(|u| u.sites).max().unwrap_or(0);
    let more = (sites * lanes).next_multiple_of(wide) - sites * lanes;
    if more == 0 || uses.iter().any(|u| !u.shared && u.sites != sites) {
        return 0;
    }
    // All sites as one, and somewhat wider.
    let wider = |u: &Use| Use { sites: 1, width: sites * lanes + more, name: String::new(), ..*u };
    let one = |u: &Use| {
        if u.shared { Use { name: String::new(), ..*u } } else { Use { sites: 1, width: sites * lanes, name: String::new(), ..*u } }
    };
    let inside = uses.iter().filter(|u| !u.shared).all(|u| {
        let end = |t: usize| u.column.begin(t).checked_add(sites * lanes + more);
        [ticks.start, ticks.end - 1].into_iter().all(|t| end(t).is_some_and(|e| e <= arena))
    });
    let alone = |u: &Use, other: &Use| {
        let in_place = u.column.at == other.column.at && u.column.tick == other.column.tick && !other.shared;
        in_place || meeting(&wider(u), &one(other), ticks) == Meeting::Apart
    };
    let written = || uses.iter().enumerate().filter(|(_, u)| u.written);
    let free = written().all(|(k, u)| uses.iter().enumerate().all(|(j, other)| k == j || alone(u, other)));
    if inside && free { more } else { 0 }
}

impl<'a, R: Scalar> Loop<'a, R> {
    /// Checks that the loop can run in an arena of so many numbers.
    ///
    /// # Panics
    /// When a column leaves the arena in some tick; columns of an action overlap where they may not; a number is written in one
    /// lane and used in another, in any two ticks; the number of a program's ports is wrong; the machine lacks `isa`.
    pub fn check(&self, isa: Isa, arena: usize) -> Checked<'_, 'a, R> {
        isa.check();
        let mut plans = Vec::with_capacity(self.actions.len());
        if !self.ticks.is_empty() && self.lanes > 0 {
            let (mut all, mut whose): (Vec<Use>, Vec<usize>) = (Vec::new(), Vec::new());
            for (k, action) in self.actions.iter().enumerate() {
                let uses = action.uses(self.lanes);
                plans.push(action.plan(&uses, arena, &self.ticks, self.lanes));
                whose.resize(whose.len() + uses.len(), k);
                all.extend(uses);
            }
            check_lanes(&all, |use_| self.actions[whose[use_]].owner(), &self.ticks);
        }
        Checked { ticks: self, isa, arena, plans }
    }
}

/// A loop whose ticks are run one at a time, all lanes at once, by one thread: laid out once, so that a tick costs what its actions do.
#[derive(Debug)]
pub struct Ready<'l, 'a, R: Scalar = f64> {
    checked: Checked<'l, 'a, R>,
    /// Rows of the programs, to which the launches point.
    _rows: Vec<Line>,
    launches: Vec<Launch<R>>,
}

impl<R: Scalar> Ready<'_, '_, R> {
    /// From the next tick on, an output of the first action is listed and not written: which of its numbers are not zero.
    ///
    /// # Panics
    /// When that is no program at one site, or has no such output.
    pub fn list(&mut self, output: usize) {
        let Some(Action::Run { program, sites: 1, .. }) = self.checked.ticks.actions.first() else {
            panic!("only programs at one site list")
        };
        assert!(output < program.outputs(), "{} has no output {output}", program.owner());
        self.launches.iter_mut().take(1).for_each(|l| program.list(l, output));
    }

    /// What was listed in the last tick, ascending.
    pub fn listed(&self) -> &[u32] {
        self.launches.first().map_or(&[], Launch::list)
    }

    /// Runs one tick.
    ///
    /// # Panics
    /// When the arena is smaller than was said, or the loop has no such tick.
    pub fn run(&mut self, arena: &mut [R], t: usize) {
        let Checked { ticks: l, arena: numbers, plans, .. } = &self.checked;
        assert!(arena.len() >= *numbers, "the arena of a loop was checked with {numbers} numbers and has {}", arena.len());
        assert!(l.ticks.contains(&t), "tick {t} is not of the loop's {:?}", l.ticks);
        for ((action, plan), launch) in l.actions.iter().zip(plans).zip(&mut self.launches) {
            // SAFETY: the columns are checked for this tick and all lanes; the arena is borrowed exclusively; launches were prepared with
            // rows that live as long.
            unsafe { self.checked.act(action, plan, launch, arena.as_mut_ptr(), t, &(0..l.lanes), plan.flat) };
        }
    }
}

impl<'l, 'a, R: Scalar> Checked<'l, 'a, R> {
    /// Lays out the loop for ticks one at a time. Constants that are the same in all ticks are read now.
    ///
    /// # Panics
    /// When the arena is smaller than was said.
    pub fn ready(self, arena: &[R]) -> Ready<'l, 'a, R> {
        assert!(arena.len() >= self.arena, "the arena of a loop was checked with {} numbers and has {}", self.arena, arena.len());
        let l = self.ticks;
        let mut launches = Vec::new();
        if self.plans.is_empty() {
            // Without lanes or ticks nothing was checked, and there is nothing to do.
            return Ready { checked: self, _rows: vec![], launches };
        }
        launches.resize_with(self.plans.len(), Launch::default);
        let mut rows = vec![Line::default(); self.lines(l.lanes, true)];
        // SAFETY: as in `run_tile`; the rows are moved with their vector, and stay where they are.
        unsafe { self.lay_out(arena.as_ptr(), rows.as_mut_ptr().cast(), &mut launches, (l.lanes, true), l.ticks.start) };
        Ready { checked: self, _rows: rows, launches }
    }
}

impl<R: Scalar> Checked<'_, '_, R> {
    /// Runs some of the loop's ticks.
    ///
    /// # Panics
    /// When the arena is smaller than was said, or these are no ticks of the loop.
    pub fn run(&self, arena: &mut [R], ticks: Range<usize>, parallel: bool) {
        let l = self.ticks;
        assert!(arena.len() >= self.arena, "the arena of a loop was checked with {} numbers and has {}", self.arena, arena.len());
        if ticks.is_empty() || l.lanes == 0 {
            return;
        }
        assert!(l.ticks.start <= ticks.start && ticks.end <= l.ticks.end, "ticks {ticks:?} are not of the loop's {:?}", l.ticks);
        let mut tiles = l.lanes.div_ceil(l.tile.max(1));
        let threads = rayon::current_num_threads();
        let parallel = parallel && threads > 1 && self.work() * ticks.len() >= WORTH;
        if parallel {
            tiles = tiles.next_multiple_of(threads);
        }
        let tile = l.lanes.div_ceil(tiles).next_multiple_of(R::LINE);
        let lanes = |start: usize| start..(start + tile).min(l.lanes);
        let base = Arena(arena.as_mut_ptr());
        if !parallel || tile >= l.lanes {
            for start in (0..l.lanes).step_by(tile) {
                // SAFETY: the columns are checked for all of these ticks and lanes; the arena is borrowed exclusively.
                unsafe { self.run_tile(base, lanes(start), &ticks, true) };
            }
            return;
        }
        rayon::scope(|scope| {
            for start in (0..l.lanes).step_by(tile) {
                let (lanes, ticks) = (lanes(start), ticks.clone());
                // SAFETY: as above; and no number that is written belongs to two lanes, by `check_lanes`.
                scope.spawn(move |_| unsafe { self.run_tile(base, lanes, &ticks, true) });
            }
        });
    }

    /// Numbers that are worked on in a tick.
    pub(crate) fn work(&self) -> usize {
        let sites = |a: &Action<R>| match a {
            // A step is worth some numbers.
            Action::Run { program, sites, .. } => sites * program.steps(),
            Action::Solve { tree, .. } | Action::Adjoint { tree, .. } => 4 * tree.nodes(),
            Action::AddConstant { .. } | Action::Copy { .. } => 1,
            Action::AddColumn { sites, .. } => *sites,
            Action::Weigh { places, .. } | Action::Spread { places, .. } => places.len(),
        };
        self.ticks.lanes * self.ticks.actions.iter().map(sites).sum::<usize>()
    }

    /// All ticks of a tile.
    ///
    /// # Safety
    /// The arena has the length that was checked; `lanes` and `ticks` are within those that were; nobody else touches these lanes, nor, if the loop
    /// is `alone`, anything else of the arena.
    pub(crate) unsafe fn run_tile(&self, arena: Arena<R>, lanes: Range<usize>, ticks: &Range<usize>, alone: bool) {
        let all = alone && lanes.len() == self.ticks.lanes;
        let actions = &self.ticks.actions;
        R::scratch(self.lines(lanes.len(), all), actions.len(), |rows, launches| {
            self.lay_out(arena.0, rows, launches, (lanes.len(), all), ticks.start);
            for i in 0..ticks.len() {
                let t = if self.ticks.reverse { ticks.end - 1 - i } else { ticks.start + i };
                for ((action, plan), launch) in actions.iter().zip(&self.plans).zip(launches.iter_mut()) {
                    self.act(action, plan, launch, arena.0, t, &lanes, all && plan.flat);
                }
            }
        });
    }

    /// Of an action's program on so many lanes, or all: how many are launched at once, the last so many of which are none.
    fn launched(&self, k: usize, lanes: usize, all: bool) -> (usize, usize) {
        let plan = &self.plans[k];
        match &self.ticks.actions[k] {
            // Alone with all lanes, nobody minds if what lies beyond them changes for a moment.
            Action::Run { sites, .. } if plan.flat && all => (sites * lanes + plan.beyond, plan.beyond),
            _ => (lanes, 0),
        }
    }

    /// Cache lines of rows that the programs need.
    fn lines(&self, lanes: usize, all: bool) -> usize {
        let of = |(k, action): (usize, &Action<R>)| match action {
            Action::Run { program, .. } => program.lines(self.launched(k, lanes, all).0),
            _ => 0,
        };
        self.ticks.actions.iter().enumerate().map(of).max().unwrap_or(0)
    }

    /// Prepares the launches of all programs, with the constants of a tick.
    ///
    /// # Safety
    /// As [`Checked::run_tile`]; there are [`Checked::lines`] cache lines at `rows`, and a launch for each action.
    unsafe fn lay_out(&self, arena: *const R, rows: *mut R, launches: &mut [Launch<R>], (lanes, all): (usize, bool), t: usize) {
        for (k, (action, launch)) in self.ticks.actions.iter().zip(launches).enumerate() {
            if let Action::Run { program, inputs, .. } = action {
                let (n, beyond) = self.launched(k, lanes, all);
                program.prepare(launch, rows, n, beyond, |i, o| self.plans[k].same.contains(&(i, o)));
                program.set_constants(self.isa, arena, launch, |i| inputs[i].begin(t));
            }
        }
    }

    /// One action in one tick, on some lanes; with `flat`, on all, and sites lie side by side.
    ///
    /// # Safety
    /// As [`Checked::run_tile`]; the action's launch is prepared.
    #[allow(clippy::too_many_arguments)]
    #[inline(always)]
    unsafe fn act(
        &self,
        action: &Action<R>,
        plan: &Plan,
        launch: &mut Launch<R>,
        arena: *mut R,
        t: usize,
        lanes: &Range<usize>,
        flat: bool,
    ) {
        match action {
            Action::Run { program, sites, inputs, outputs } => {
                if plan.moving {
                    program.set_constants(self.isa, arena, launch, |i| inputs[i].begin(t));
                }
                for s in 0..if flat { (*sites).min(1) } else { *sites } {
                    let place = |c: &Column| c.begin(t).wrapping_add(s * c.site + lanes.start);
                    launch.inputs.iter_mut().zip(inputs).for_each(|(to, c)| *to = place(c));
                    launch.outputs.iter_mut().zip(outputs).for_each(|(to, c)| *to = place(c));
                    program.launch(self.isa, arena, launch);
                }
            }
            Action::Solve { tree, columns } => tree.solve_lanes(self.isa, arena, columns, t, lanes.clone()),
            Action::Adjoint { tree, columns } => R::adjoint(tree, self.isa, arena, columns, t, lanes.clone()),
            Action::AddConstant { to, amount } => {
                let to = arena.add(to.begin(t) + lanes.start);
                for l in 0..lanes.len() {
                    *to.add(l) += *amount;
                }
            }
            Action::Copy { from, to } => {
                let (from, to) = (arena.add(from.begin(t) + lanes.start), arena.add(to.begin(t) + lanes.start));
                std::ptr::copy_nonoverlapping(from, to, lanes.len());
            }
            Action::AddColumn { from, to, sites } => {
                let (segments, n) = if flat { ((*sites).min(1), sites * lanes.len()) } else { (*sites, lanes.len()) };
                for s in 0..segments {
                    let x = arena.add(from.begin(t) + s * from.site + lanes.start);
                    let y = arena.add(to.begin(t) + s * to.site + lanes.start);
                    for l in 0..n {
                        *y.add(l) += *x.add(l);
                    }
                }
            }
            Action::Weigh { from, places, to, add, .. } => {
                let site = from.site;
                let (from, to) = (arena.add(from.begin(t) + lanes.start), arena.add(to.begin(t) + lanes.start));
                for first in (0..lanes.len()).step_by(8) {
                    let n = (lanes.len() - first).min(8);
                    let mut sum = [R::default(); 8];
                    if *add {
                        std::ptr::copy_nonoverlapping(to.add(first), sum.as_mut_ptr(), n);
                    }
                    for (place, weight) in *places {
                        let (x, weight) = (from.add(*place as usize * site + first), R::of(*weight));
                        for (l, sum) in sum[..n].iter_mut().enumerate() {
                            *sum += weight * *x.add(l);
                        }
                    }
                    std::ptr::copy_nonoverlapping(sum.as_ptr(), to.add(first), n);
                }
            }
            Action::Spread { from, to, places, .. } => {
                let x = arena.add(from.begin(t) + lanes.start);
                for (place, weight) in *places {
                    let (y, weight) = (arena.add(to.begin(t) + *place as usize * to.site + lanes.start), R::of(*weight));
                    for l in 0..lanes.len() {
                        *y.add(l) += weight * *x.add(l);
                    }
                }
            }
        }
    }
}
