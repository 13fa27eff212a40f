//! What stays the same while a run goes on, and the lists of actions that make its ticks.

use crate::format::{Format, Numbers};
use crate::layout::{GroupLayout, Layout, Now};
use crate::peers::Peers;
use crate::plan::{Bound, GroupPlan, Plan, PlannedTree, Step};
use homolog_exec::{Action, Adjoint, Column, Couplings, Isa, Loop, Solve, run_ticks_in};
use homolog_model::{Clock, Fault, Link, Model, Params, Wires};
use std::ops::Range;

/// Neurons times samples that are stepped together through a segment: some ten columns of this length fit the second-level
/// cache.
const TILE: usize = 1536;
/// Numbers of a tile of neurons with many columns.
const TILE_NUMBERS: usize = 40_000;

/// Everything that stays the same while a run goes on.
pub(crate) struct Run<'a, R: Format = f64> {
    pub isa: Isa,
    pub threads: usize,
    pub plan: &'a Plan<R>,
    pub model: &'a Model,
    pub params: &'a Params,
    /// Parameters and inputs as this run computes with them.
    pub numbers: &'a Numbers<'a, R>,
    pub layout: &'a Layout,
    /// Ticks before the run began.
    pub start: i64,
    /// The processes that run the model together, where they are several.
    pub peers: Option<Peers>,
    /// For each group: its index in [`Inputs::values`].
    pub input_of: Vec<Option<usize>>,
}

/// Where values come from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a, R = f64> {
    Given(&'a [R]),
    Arena(usize),
}

/// How the ticks of a segment are cut into loops.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    /// First tick.
    pub t: usize,
    /// How many turns of the loop.
    pub turns: usize,
    /// Ticks of one turn: a burst, or 1.
    pub ticks: usize,
}

impl Piece {
    /// The turn of a tick of the segment, or of the nearest that the piece has; of pieces of single ticks.
    pub fn within(&self, t: usize) -> usize {
        t.clamp(self.t, self.t + self.turns) - self.t
    }
}

/// What lies beside a tree.
#[derive(Clone, Copy)]
struct Beside {
    /// Where sums of couplings begin, when those are computed.
    axial: usize,
    pivot: Column,
}

impl<'a, R: Format> Run<'a, R> {
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        isa: Isa,
        threads: usize,
        plan: &'a Plan<R>,
        model: &'a Model,
        params: &'a Params,
        numbers: &'a Numbers<'a, R>,
        layout: &'a Layout,
        start: i64,
    ) -> Self {
        let mut n = 0;
        let input_of = model
            .groups
            .iter()
            .map(|g| {
                (g.clock == Clock::Input).then(|| {
                    n += 1;
                    n - 1
                })
            })
            .collect();
        Run { isa, threads, plan, model, params, numbers, layout, start, peers: None, input_of }
    }

    /// All copies of a group that are computed here: its neurons, or those of each kind.
    pub fn all(&self, g: usize) -> Range<usize> {
        0..self.model.groups[g].here().len()
    }

    /// Runs actions over turns of a loop, for some neurons of a group (whose columns were given for the first of them).
    pub fn turns(&self, arena: &mut [R], g: usize, actions: Vec<Action<'a, R>>, turns: usize, reverse: bool, rows: &Range<usize>) {
        let ticks = self.looped(g, actions, turns, reverse, rows);
        let scratch = self.layout.scratch..self.layout.size;
        // Called inside the engine's pool when there is one: see `Engine::inside`.
        run_ticks_in(self.isa, arena, &ticks, self.threads > 1, scratch);
    }

    fn looped(&self, g: usize, actions: Vec<Action<'a, R>>, turns: usize, reverse: bool, rows: &Range<usize>) -> Loop<'a, R> {
        let lanes = rows.len() * self.layout.batch;
        Loop { actions, ticks: 0..turns, reverse, lanes, tile: self.tile_lanes(g).max(R::LINE) }
    }

    /// The loops of a segment for all neurons of a group, single ticks; with another program in place of its own where one is given.
    pub fn loops(&self, g: usize, now: Now, ticks: usize, step: Option<&'a Bound<R>>) -> Vec<(Piece, Loop<'a, R>)> {
        let rows = self.all(g);
        let of = |piece: Piece| (piece, self.looped(g, self.forward_by(g, now, piece, &rows, step), piece.turns, false, &rows));
        self.pieces(g, now, ticks, true).into_iter().map(of).collect()
    }

    /// Runs one program once, for all neurons of a group.
    pub fn once(&self, arena: &mut [R], g: usize, bound: &Bound<R>, now: Now) {
        let rows = self.all(g);
        let action = self.launch(g, bound, now, 1, &rows, false);
        self.turns(arena, g, vec![action], 1, false, &rows);
    }

    fn launch<'p>(&self, g: usize, bound: &'p Bound<R>, now: Now, ticks: usize, rows: &Range<usize>, reverse: bool) -> Action<'p, R>
    where
        'a: 'p,
    {
        let turn = if reverse { bound.ticks } else { ticks };
        let offset = rows.start * self.layout.batch;
        let place = |at: &crate::plan::At| {
            let mut c = self.layout.column(g, *at, now, turn);
            if !at.constant {
                c.at += offset;
            }
            c
        };
        Action::Run {
            program: &bound.program,
            sites: bound.sites,
            inputs: bound.inputs.iter().map(place).collect(),
            outputs: bound.outputs.iter().map(place).collect(),
        }
    }

    /// The actions of a tick (or burst), from `now` on.
    pub fn forward(&self, g: usize, now: Now, piece: Piece, rows: &Range<usize>) -> Vec<Action<'a, R>> {
        self.forward_by(g, now, piece, rows, None)
    }

    /// ... of a tick, by another program in place of the group's launches where one is given.
    fn forward_by(&self, g: usize, now: Now, piece: Piece, rows: &Range<usize>, by: Option<&'a Bound<R>>) -> Vec<Action<'a, R>> {
        let plan = &self.plan.groups[g];
        let now = Now { t: piece.t, ..now };
        if piece.ticks > 1 {
            let burst = plan.burst.as_ref().and_then(|b| b.forward.as_ref()).expect("a piece of bursts has one");
            return vec![self.launch(g, burst, now, piece.ticks, rows, false)];
        }
        let mut out = Vec::with_capacity(plan.steps.len() + 2);
        for step in &plan.steps {
            match step {
                Step::Launch(pair) => out.extend(by.or(pair.forward.as_ref()).map(|b| self.launch(g, b, now, 1, rows, false))),
                Step::Solve => {
                    let tree = plan.tree.as_ref().expect("what is solved is a tree");
                    self.clamps(g, now, tree, rows, &mut out);
                    out.push(self.solve(g, tree, self.of_potential(g, now), now, rows));
                }
                Step::Diffuse(k) => out.push(self.solve(g, &plan.diffusion[*k], self.of_diffusion(g, *k), now, rows)),
            }
        }
        let l = &self.layout.groups[g];
        for (_, variable, site, columns) in &l.traces {
            let offset = rows.start * self.layout.batch;
            let from = self.layout.variable_column(g, *variable, Now { t: now.t + 1, ..now }, 1);
            let from = Column { at: from.at + site * l.site + offset, ..from };
            out.push(Action::Copy { from, to: Column { at: columns.nth(now.t) + offset, tick: columns.pitch as isize, site: l.site } });
        }
        self.sums(g, now, rows, &mut out);
        out
    }

    /// What is recorded as a sum, after a tick.
    fn sums(&self, g: usize, now: Now, rows: &Range<usize>, out: &mut Vec<Action<'a, R>>) {
        let (l, offset) = (&self.layout.groups[g], rows.start * self.layout.batch);
        for (_, sum, columns) in &l.sums {
            let sum = &self.model.sums[*sum];
            let to = Column { at: columns.nth(now.t) + offset, tick: columns.pitch as isize, site: l.site };
            for (k, (variable, places)) in sum.terms.iter().enumerate() {
                let from = self.layout.variable_column(g, *variable, Now { t: now.t + 1, ..now }, 1);
                let from = Column { at: from.at + offset, ..from };
                out.push(Action::Weigh { from, sites: self.model.groups[g].variables[*variable].sites, places, to, add: k > 0 });
            }
            for (clamp, weight) in &sum.clamps {
                let amount = weight * self.model.clamps[*clamp].current(self.tick(now));
                if amount != 0.0 {
                    out.push(Action::AddConstant { to, amount: R::of(amount) });
                }
            }
        }
    }

    /// The tick of a moment, since the beginning.
    fn tick(&self, now: Now) -> i64 {
        self.start + (now.frame * self.model.ticks + now.first + now.t) as i64
    }

    /// The actions of a tick (or burst) in reverse, from `now` on.
    pub fn backward(&self, g: usize, now: Now, piece: Piece, rows: &Range<usize>) -> Vec<Action<'a, R>> {
        let plan = &self.plan.groups[g];
        let now = Now { t: piece.t, ..now };
        if piece.ticks > 1 {
            let burst = plan.burst.as_ref().and_then(|b| b.backward.as_ref()).expect("a piece of bursts has one");
            return vec![self.launch(g, burst, now, piece.ticks, rows, false)];
        }
        let l = &self.layout.groups[g];
        let mut out = Vec::with_capacity(plan.steps.len() + l.d_traces.len());
        for (_, variable, site, columns) in &l.d_traces {
            let from = Column { at: columns.nth(now.t) + rows.start * self.layout.batch, tick: columns.pitch as isize, site: l.site };
            let to = &l.d_variables[*variable];
            let to = Column::still(to.at + site * l.site + rows.start * self.layout.batch, l.site);
            out.push(Action::AddColumn { from, to, sites: 1 });
        }
        for (_, sum, columns) in &l.d_sums {
            let offset = rows.start * self.layout.batch;
            let from = Column { at: columns.nth(now.t) + offset, tick: columns.pitch as isize, site: l.site };
            for (variable, places) in &self.model.sums[*sum].terms {
                let to = Column::still(l.d_variables[*variable].at + offset, l.site);
                out.push(Action::Spread { from, to, sites: self.model.groups[g].variables[*variable].sites, places });
            }
        }
        for step in plan.steps.iter().rev() {
            match step {
                Step::Launch(pair) => out.extend(pair.backward.as_ref().map(|b| self.launch(g, b, now, 1, rows, false))),
                Step::Solve => {
                    let tree = plan.tree.as_ref().expect("what is solved is a tree");
                    out.push(self.adjoint(g, tree, self.of_potential(g, now), now, rows));
                }
                Step::Diffuse(k) => out.push(self.adjoint(g, &plan.diffusion[*k], self.of_diffusion(g, *k), now, rows)),
            }
        }
        out
    }

    /// Where sums of couplings and pivots of the potential's tree lie.
    fn of_potential(&self, g: usize, now: Now) -> Beside {
        Beside { axial: self.layout.groups[g].axial.at, pivot: self.layout.pivots(g, now) }
    }

    /// ... of the tree of what diffuses.
    fn of_diffusion(&self, g: usize, k: usize) -> Beside {
        let l = &self.layout.groups[g];
        let [axial, pivots] = l.diffusion[k];
        Beside { axial: axial.at, pivot: Column::still(pivots.at, l.site) }
    }

    fn couplings<'p>(&self, g: usize, tree: &'p PlannedTree<R>, beside: Beside, rows: &Range<usize>) -> Couplings<'p, R> {
        let l = &self.layout.groups[g];
        match tree.coupling {
            None => Couplings::Shared { couplings: &tree.couplings, axial: &tree.axial },
            Some(k) => {
                let offset = rows.start * self.layout.batch;
                Couplings::Lanes {
                    couplings: Column::still(l.fixed[k].at + offset, l.site),
                    axial: Column::still(beside.axial + offset, l.site),
                }
            }
        }
    }

    fn solve<'p>(&self, g: usize, tree: &'p PlannedTree<R>, beside: Beside, now: Now, rows: &Range<usize>) -> Action<'p, R> {
        let l = &self.layout.groups[g];
        let offset = rows.start * self.layout.batch;
        let shift = |c: Column| Column { at: c.at + offset, ..c };
        Action::Solve {
            tree: &tree.tree,
            columns: Solve {
                couplings: self.couplings(g, tree, beside, rows),
                d: shift(Column::still(l.work[tree.diagonal].at, l.site)),
                b: shift(Column::still(l.work[tree.right].at, l.site)),
                v: shift(self.layout.variable_column(g, tree.potential, now, 1)),
                x: shift(self.layout.variable_column(g, tree.potential, Now { t: now.t + 1, ..now }, 1)),
                pivot: shift(beside.pivot),
                extrapolate: tree.extrapolate,
                change: tree.change,
            },
        }
    }

    fn adjoint<'p>(&self, g: usize, tree: &'p PlannedTree<R>, beside: Beside, now: Now, rows: &Range<usize>) -> Action<'p, R> {
        let l = &self.layout.groups[g];
        let offset = rows.start * self.layout.batch;
        let shift = |c: Column| Column { at: c.at + offset, ..c };
        Action::Adjoint {
            tree: &tree.tree,
            columns: Adjoint {
                couplings: self.couplings(g, tree, beside, rows),
                pivot: shift(beside.pivot),
                v: shift(self.layout.variable_column(g, tree.potential, now, 1)),
                x: shift(self.layout.variable_column(g, tree.potential, Now { t: now.t + 1, ..now }, 1)),
                dx: shift(Column::still(l.d_variables[tree.potential].at, l.site)),
                db: shift(Column::still(l.d_work[tree.right].at, l.site)),
                dd: shift(Column::still(l.d_work[tree.diagonal].at, l.site)),
                dg: tree.coupling.map(|k| shift(Column::still(l.d_fixed[k].at, l.site))),
                extrapolate: tree.extrapolate,
            },
        }
    }

    /// The currents that are injected in a tick; they are the same in all ticks of a piece.
    fn clamps(&self, g: usize, now: Now, tree: &PlannedTree<R>, rows: &Range<usize>, out: &mut Vec<Action<R>>) {
        let l = &self.layout.groups[g];
        let tick = self.tick(now);
        for c in self.model.clamps.iter().filter(|c| c.group == g) {
            let amount = c.current(tick);
            if amount != 0.0 {
                let at = l.work[tree.right].at + c.site * l.site + rows.start * self.layout.batch;
                out.push(Action::AddConstant { to: Column::still(at, l.site), amount: R::of(amount) });
            }
        }
    }

    /// How a segment of `ticks` is cut into loops: bursts, then single ticks; a change of an injected current begins a new one. The run
    /// and its reverse cut alike.
    pub fn pieces(&self, g: usize, now: Now, ticks: usize, single: bool) -> Vec<Piece> {
        let plan: &GroupPlan<R> = &self.plan.groups[g];
        let mut out = Vec::new();
        let mut t = 0;
        if let Some(burst) = plan.burst.as_ref().map(|_| plan.burst_ticks).filter(|b| !single && ticks >= *b) {
            out.push(Piece { t: 0, turns: ticks / burst, ticks: burst });
            t = ticks / burst * burst;
        }
        let first = self.start + (now.frame * self.model.ticks + now.first) as i64;
        let mut cuts: Vec<usize> = self
            .model
            .clamps
            .iter()
            .filter(|c| c.group == g)
            .flat_map(|c| {
                let before = |k: i64| c.steps.partition_point(|s| s.0 - first < k);
                &c.steps[before(t as i64 + 1)..before(ticks as i64).max(before(t as i64 + 1))]
            })
            .map(|s| (s.0 - first) as usize)
            .collect();
        cuts.push(ticks);
        cuts.sort_unstable();
        cuts.dedup();
        for cut in cuts {
            if cut > t {
                out.push(Piece { t, turns: cut - t, ticks: 1 });
                t = cut;
            }
        }
        out
    }

    /// Numbers of one column that are stepped together through a segment, so that they stay in the cache.
    fn tile_lanes(&self, g: usize) -> usize {
        let group = &self.model.groups[g];
        if group.tree.is_none() {
            return TILE;
        }
        let columns = group.state_size()
            + group.work.iter().map(|w| w.sites).sum::<usize>()
            + group.arrivals.iter().chain(&group.signed).map(|a| a.sites).sum::<usize>();
        (TILE_NUMBERS / columns.max(1)).max(64)
    }

    /// How many neurons are stepped together through a whole segment. None when neurons of the stage excite one another, so that all
    /// must take one tick before any takes the next.
    pub fn tile(&self, stage: &[usize]) -> Option<usize> {
        // In reverse, sparse wires scatter to any neuron of the sending group.
        let excites =
            |l: &Link| l.target.spikes() && stage.contains(&l.from) && (stage.contains(&l.to) || matches!(l.wires, Wires::Sparse { .. }));
        let streamed = self.model.streams.iter().any(|s| stage.contains(&s.from) && stage.contains(&s.to));
        (stage.len() == 1 && !streamed && !self.model.links.iter().any(excites) && self.contacts(stage).is_empty())
            .then(|| (TILE / self.layout.batch).max(1))
    }

    /// The values of group `g` in a frame: a range of the arena, or a slice of the inputs.
    pub fn value_source(&self, g: usize, frame: isize) -> Source<'a, R> {
        let l = &self.layout.groups[g];
        match self.input_of[g] {
            Some(k) if l.value_history == 0 => {
                let start = frame as usize * l.all;
                Source::Given(&self.numbers.inputs[k][start..start + l.all])
            }
            _ => Source::Arena(self.layout.value(g, frame)),
        }
    }

    /// What is said of a number that is not finite, in a lane of what every neuron has one of.
    pub fn fault(&self, g: usize, what: &str, place: Option<String>, x: f64, lane: usize, tick: i64) -> Fault {
        Fault {
            tick,
            t_ms: tick as f64 * self.model.dt,
            group: self.model.groups[g].name.clone(),
            neuron: self.model.groups[g].neuron(lane / self.layout.batch),
            place,
            sample: lane % self.layout.batch,
            what: format!("{x} in {what}"),
        }
    }

    /// The layout of a group.
    pub fn of(&self, g: usize) -> &'a GroupLayout {
        &self.layout.groups[g]
    }
}
