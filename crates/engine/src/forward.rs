//! The run: frames, phases, segments, ticks.
//!
//! The order of a tick, for each group: spikes that arrive now (in the order of the links) → its actions: events and currents, the
//! solution of the tree, states, crossing and reset, counters. See ARCHITECTURE.md, "the order of a step".

use crate::events::Prepared;
use crate::format::{Format, Numbers};
use crate::layout::{Now, Wanted};
use crate::lockstep::shortest_delay;
use crate::peers;
use crate::plan::Plan;
use crate::plastic;
use crate::products::{link_weights, prepare_weights, sign_of};
use crate::record::{empty_recording, record_frame, record_segment};
use crate::run::{Piece, Run, Source};
use crate::shares::Loops;
use crate::{Engine, Scratch};
use homolog_base::math::Real;
use homolog_exec::memory::use_large_pages;
use homolog_exec::{Isa, vectorise};
use homolog_model::model::port;
use homolog_model::{Fault, Inputs, Model, Observable, Params, Phase, Probe, Recording, State, Tape, TapeShape, Target};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// The array from its first cache line on.
pub(crate) fn on_a_line<R: Format>(arena: &mut [R]) -> &mut [R] {
    let skip = arena.as_ptr().align_offset(R::LINE * size_of::<R>()).min(R::LINE);
    &mut arena[skip..]
}

impl<R: Format> Run<'_, R> {
    /// The drive of group `g` in a frame: its bias and the weighted values it hears.
    fn drive(&self, arena: &mut [R], scratch: &mut Scratch<R>, g: usize, frame: usize) {
        let group = &self.model.groups[g];
        let l = self.of(g);
        for (k, opening) in group.signed.iter().enumerate() {
            let to = l.signed[k].nth(frame);
            self.clear(arena, to, &l.signed[k]);
            for link in self.model.links.iter().filter(|x| x.to == g && x.target == Target::DriveBySign) {
                let source = self.value_source(link.from, frame as isize - link.delay as isize);
                self.product_at_places(arena, link, sign_of(&opening.name), source, to);
            }
        }
        if !group.driven {
            return;
        }
        let start = l.drives.nth(frame);
        let column = &mut arena[start..start + l.all];
        match group.bias {
            Some(t) => {
                for (row, b) in column.chunks_exact_mut(self.layout.batch).zip(&*self.numbers.tensors[t]) {
                    row.fill(*b);
                }
            }
            None => column.fill(R::default()),
        }
        for l in self.model.links.iter().filter(|l| l.to == g && l.target == Target::Drive) {
            let source = self.value_source(l.from, frame as isize - l.delay as isize);
            self.product(arena, scratch, l, &self.numbers.tensors[l.weights], source, start);
        }
    }

    /// The spikes that arrive at a group in a tick.
    fn arrive(&self, arena: &mut [R], scratch: &mut Scratch<R>, g: usize, now: Now) {
        let group = &self.model.groups[g];
        if self.hears(g) == (true, false) {
            // What is delivered is all that arrives.
            return;
        }
        for (k, opening) in group.arrivals.iter().enumerate().filter(|(_, a)| !port::from_outside(&a.name)) {
            let to = self.layout.arrival(g, k, now.copy, now.t);
            self.clear(arena, to, &self.of(g).arrivals[k]);
            for (n, l) in self.model.links.iter().enumerate().filter(|(_, l)| l.to == g && l.target.spikes()) {
                let from = self.layout.spike(l.from, now.copy, now.t as isize - l.delay as isize);
                if l.places.is_some() {
                    self.product_at_places(arena, l, sign_of(&opening.name), Source::Arena(from), to);
                    continue;
                }
                if self.add_spikes(arena, scratch, n, l, from, to) {
                    continue;
                }
                let signed = std::mem::take(&mut scratch.signed);
                let weights = link_weights(self.numbers, &signed, n, l, &opening.name);
                self.product(arena, scratch, l, weights, Source::Arena(from), to);
                scratch.signed = signed;
            }
        }
    }

    /// The moment at which a segment begins.
    pub fn begin(&self, frame: usize, segment: usize) -> Now {
        Now { frame, copy: self.layout.copy(frame, segment), first: segment * self.layout.segment, t: 0 }
    }

    /// The ticks of one segment of a phase. Variables of groups that are `watched` are there after every tick, of others after every
    /// burst.
    pub fn segment(
        &self,
        arena: &mut [R],
        scratch: &mut Scratch<R>,
        stages: &[Vec<usize>],
        frame: usize,
        segment: usize,
        watched: impl Fn(usize) -> bool,
    ) {
        let ticks = self.layout.segment_ticks(segment, self.model.ticks);
        let now = self.begin(frame, segment);
        scratch.finite.clear();
        for stage in stages {
            for &g in stage.iter().filter(|g| self.model.groups[**g].is_given()) {
                self.give(arena, &mut scratch.events, g, now, ticks);
                self.learn(arena, &scratch.events, &mut scratch.plastic, &[g], now, 0..ticks);
            }
            if stage.iter().all(|g| self.model.groups[*g].is_given()) {
                continue;
            }
            let plastic = stage.iter().any(|g| self.is_plastic(*g));
            if self.tile(stage).is_none() || plastic {
                let stepped: Vec<usize> = stage.iter().copied().filter(|g| !self.model.groups[*g].is_given()).collect();
                let contacts = self.contacts(stage);
                if self.is_in_step(stage) {
                    self.step_by_step(arena, scratch, &stepped, now, ticks);
                } else if contacts.is_empty() {
                    let (delay, together) = shortest_delay(self.model, stage);
                    // What a spike does to a weight is known when the next one arrives.
                    let delay = if plastic { 1 } else { delay };
                    self.bursts(arena, scratch, &stepped, now, ticks, delay, (together, plastic));
                } else {
                    self.ticks_in_contact(arena, scratch, &stepped, &contacts, now, ticks);
                }
                continue;
            }
            let g = stage[0];
            let rows = self.all(g);
            for t in 0..ticks {
                self.arrive(arena, scratch, g, Now { t, ..now });
            }
            self.deliver(arena, &mut scratch.events, &[g], now, 0..ticks);
            self.draw(arena, g, now, 0..ticks);
            for piece in self.pieces(g, now, ticks, watched(g)) {
                self.turns(arena, g, self.forward(g, now, piece, &rows), piece.turns, false, &rows);
            }
            self.list_spikes(arena, &mut scratch.events, &[g], now, 0..ticks);
            self.learn(arena, &scratch.events, &mut scratch.plastic, &[g], now, 0..ticks);
        }
    }

    /// The ticks of neurons that touch one another.
    fn ticks_in_contact(&self, arena: &mut [R], scratch: &mut Scratch<R>, groups: &[usize], contacts: &[usize], now: Now, ticks: usize) {
        for t in 0..ticks {
            let now = Now { t, ..now };
            self.touch(arena, contacts, now);
            for &g in groups {
                self.arrive(arena, scratch, g, now);
                self.deliver(arena, &mut scratch.events, &[g], now, t..t + 1);
                self.draw(arena, g, now, t..t + 1);
                self.arrive_and_learn(arena, &scratch.events, &mut scratch.plastic, &[g], now);
                self.tick_in_contact(arena, contacts, g, now);
                self.list_spikes(arena, &mut scratch.events, &[g], now, t..t + 1);
                self.learn(arena, &scratch.events, &mut scratch.plastic, &[g], now, t..t + 1);
            }
        }
    }

    /// The ticks of neurons that excite one another, `delay` at once: what is sent in these arrives after them. With `together`, at any of them.
    #[allow(clippy::too_many_arguments)]
    fn bursts(
        &self,
        arena: &mut [R],
        scratch: &mut Scratch<R>,
        stepped: &[usize],
        now: Now,
        ticks: usize,
        delay: usize,
        (together, plastic): (bool, bool),
    ) {
        // Point neurons are many and their ticks short: their loops are made and checked once for all bursts. Those of cells are packed for
        // the ticks that they run.
        let points = |g: &&usize| self.model.groups[**g].tree.is_none();
        let loops: Vec<_> = stepped.iter().filter(points).map(|g| (*g, self.loops(*g, now, ticks, None))).collect();
        let loops: Vec<Loops<R>> = (loops.iter())
            .map(|(g, l)| (*g, l.iter().map(|(piece, l)| (*piece, l.check(self.isa, self.layout.scratch))).collect()))
            .collect();
        let mut shares = if together && !plastic { self.shares(stepped, &loops, now, delay.min(ticks)) } else { None };
        for first in (0..ticks).step_by(delay) {
            let last = first.saturating_add(delay).min(ticks);
            if self.threads > 1 {
                scratch.crew.call();
            }
            if let Some(shares) = &mut shares {
                stepped.iter().for_each(|g| self.draw(arena, *g, now, first..last));
                self.burst_in_shares(arena, scratch, shares, now, first..last, last == ticks);
                self.learn(arena, &scratch.events, &mut scratch.plastic, stepped, now, first..last);
                continue;
            }
            for groups in stepped.chunks(if together { stepped.len() } else { 1 }) {
                for t in first..last {
                    groups.iter().for_each(|g| self.arrive(arena, scratch, *g, Now { t, ..now }));
                }
                self.deliver(arena, &mut scratch.events, groups, now, first..last);
                groups.iter().for_each(|g| self.draw(arena, *g, now, first..last));
                for t in first..last {
                    self.arrive_and_learn(arena, &scratch.events, &mut scratch.plastic, groups, Now { t, ..now });
                }
                for &g in groups {
                    match loops.iter().find(|l| l.0 == g) {
                        Some((_, pieces)) => {
                            for (piece, l) in pieces {
                                l.run(arena, piece.within(first)..piece.within(last), self.threads > 1);
                            }
                        }
                        None => self.burst(arena, g, now, ticks, first..last),
                    }
                }
                self.list_spikes(arena, &mut scratch.events, groups, now, first..last);
                self.learn(arena, &scratch.events, &mut scratch.plastic, groups, now, first..last);
            }
        }
    }

    /// Some of the ticks of a segment, of all neurons of a group.
    fn burst(&self, arena: &mut [R], g: usize, now: Now, ticks: usize, burst: Range<usize>) {
        let rows = self.all(g);
        for piece in self.pieces(g, now, ticks, true) {
            let within = piece.within(burst.start)..piece.within(burst.end);
            if !within.is_empty() {
                let part = Piece { t: piece.t + within.start, turns: within.len(), ticks: 1 };
                self.turns(arena, g, self.forward(g, now, part, &rows), part.turns, false, &rows);
            }
        }
    }

    /// The first number of a segment that is not finite.
    fn check(&self, arena: &[R], g: usize, frame: usize, segment: usize) -> Result<(), Fault> {
        let group = &self.model.groups[g];
        let l = self.of(g);
        let ticks = self.layout.segment_ticks(segment, self.model.ticks);
        let now = self.begin(frame, segment);
        for (k, v) in group.variables.iter().enumerate() {
            let at = |t: usize, site: usize| &arena[self.layout.variable(g, k, now.copy, t) + site * l.site..][..l.lanes];
            let whole = |t: usize| {
                // Places that lie side by side are one loop.
                if l.site == l.lanes {
                    let from = self.layout.variable(g, k, now.copy, t);
                    return finite(self.isa, &arena[from..from + v.sites * l.lanes]);
                }
                (0..v.sites).all(|site| finite(self.isa, at(t, site)))
            };
            if whole(ticks) {
                continue;
            }
            let ends = self.pieces(g, now, ticks, false).into_iter().flat_map(|p| (1..=p.turns).map(move |n| p.t + n * p.ticks));
            let first = if l.variables[k].1 { ends.into_iter().find(|t| !whole(*t)).unwrap_or(ticks) } else { ticks };
            let site = (0..v.sites).find(|site| !finite(self.isa, at(first, *site))).expect("just seen");
            let lane = at(first, site).iter().position(|x| !Real::is_finite(*x)).expect("just seen");
            let tick = self.start + (frame * self.model.ticks + now.first + first) as i64;
            let compartment = group.anatomy.as_ref().and_then(|a| a.of_variable[k].get(site).map(|c| *c as usize));
            let kind = match (compartment, &group.anatomy) {
                (Some(c), Some(a)) => a.kind_of(c),
                _ if group.kinds() == v.sites => site,
                // A junction.
                _ => 0,
            };
            let place = group.anatomy.as_ref().and_then(|a| {
                let (branch, index, count) = &a.compartments[compartment?];
                Some(format!("{branch}, compartment {} of {count}", index + 1))
            });
            return Err(self.fault(g, &v.name, place, at(first, site)[lane].wide(), kind * l.lanes + lane, tick));
        }
        Ok(())
    }

    fn value(&self, arena: &mut [R], g: usize, now: Now) {
        let bound = self.plan.groups[g].value.as_ref().expect("every group has a value");
        self.once(arena, g, bound, now);
    }
}

/// Whether all numbers are finite.
pub(crate) fn finite<R: Real>(isa: Isa, x: &[R]) -> bool {
    struct AllFinite<'a, R>(&'a [R]);
    impl<R: Real> vectorise::Task for AllFinite<'_, R> {
        type Output = bool;
        #[inline(always)]
        fn run(self) -> bool {
            self.0.iter().fold(true, |good, x| good & Real::is_finite(*x))
        }
    }
    vectorise::run(isa, AllFinite(x))
}

/// A number that no other run of this process has: two engines may share a tape.
pub(crate) fn next_run() -> u64 {
    static RUNS: AtomicU64 = AtomicU64::new(1);
    RUNS.fetch_add(1, Ordering::Relaxed)
}

/// See [`homolog_model::Runner::run`].
#[allow(clippy::too_many_arguments)]
pub(crate) fn run<R: Format>(
    engine: &mut Engine,
    plan: &Plan<R>,
    model: &Model,
    params: &Params,
    inputs: &Inputs,
    probes: &[Probe],
    state: &mut State,
    tape: Option<&mut Tape>,
) -> Result<Recording, Fault> {
    if tape.is_some() {
        return attempt(engine, plan, model, params, inputs, probes, state, tape, false);
    }
    attempt(engine, plan, model, params, inputs, probes, state, None, false).or_else(|fault| {
        // Once more, with every tick kept: then the fault has its own, and not the last of its segment. A run that ends so has not
        // touched its state.
        attempt(engine, plan, model, params, inputs, &[], state, None, true).err().map_or(Err(fault), Err)
    })
}

#[allow(clippy::too_many_arguments)]
fn attempt<R: Format>(
    engine: &mut Engine,
    plan: &Plan<R>,
    model: &Model,
    params: &Params,
    inputs: &Inputs,
    probes: &[Probe],
    state: &mut State,
    mut tape: Option<&mut Tape>,
    precise: bool,
) -> Result<Recording, Fault> {
    let (batch, frames) = (inputs.batch, inputs.frames);
    let threads = engine.threads;
    let number = next_run();
    R::kept(engine).scratch.run = number;
    let peers = engine.peers.clone().filter(|_| model.groups.iter().any(|g| g.here.is_some()));
    let layout = peers::layout(
        peers.as_ref(),
        Wanted { model, probes, batch, frames, taped: tape.is_some(), precise, threads, line: R::LINE },
        engine.tape_budget,
    );
    let mut arena = match tape.as_deref_mut().and_then(R::of_tape) {
        Some(kept) => std::mem::take(kept),
        None => std::mem::take(&mut R::kept(engine).scratch.arena),
    };
    if arena.len() < layout.size + R::LINE {
        // The old one goes first: there need not be room for both.
        drop(std::mem::take(&mut arena));
        // Fresh memory, so that its pages are touched for the first time after the advice.
        arena = Vec::with_capacity(layout.size + R::LINE);
        use_large_pages(arena.spare_capacity_mut());
        arena.resize(layout.size + R::LINE, R::default());
    }
    if let Some(t) = &mut tape {
        t.shape = TapeShape { batch, frames, segment: layout.segment, keeps_all: layout.keeps_all, run: number };
        t.checkpoints.clear();
        t.start = if state.is_fresh() { State::fresh() } else { state.clone() };
        t.start.tick = state.tick;
    }
    let mut checkpoints = tape.as_mut().map(|t| std::mem::take(&mut t.checkpoints)).unwrap_or_default();
    let mut scratch = std::mem::take(&mut R::kept(engine).scratch);
    let numbers = Numbers::new(params, inputs);
    prepare_weights(model, &numbers, &mut scratch);
    scratch.events = Prepared::new(model, probes, layout.segment);
    scratch.events.load(model, batch, &state.sent, state.tick);
    scratch.plastic = plastic::begin(model, layout.segment, state);
    let run = Run { peers, ..Run::new(engine.isa, threads, plan, model, params, &numbers, &layout, state.tick) };
    let saves = tape.is_some() && !layout.keeps_all;
    let result = frames_of(&run, on_a_line(&mut arena), &mut scratch, probes, state, saves.then_some(&mut checkpoints));
    if let Some(t) = &mut tape {
        t.checkpoints = checkpoints;
    }
    match tape.and_then(R::of_tape) {
        Some(kept) => *kept = arena,
        None => scratch.arena = arena,
    }
    R::kept(engine).scratch = scratch;
    result
}

fn frames_of<R: Format>(
    run: &Run<R>,
    arena: &mut [R],
    scratch: &mut Scratch<R>,
    probes: &[Probe],
    state: &mut State,
    mut checkpoints: Option<&mut Vec<f64>>,
) -> Result<Recording, Fault> {
    let (model, layout) = (run.model, run.layout);
    if let Some(fault) = run.refuses_samples().or_else(|| run.refuses_plasticity()) {
        return Err(fault);
    }
    run.constants(arena);
    run.load(arena, state);
    let mut recording = empty_recording(run, probes);
    let watched = |g: usize| {
        probes.iter().any(|p| p.group == g && matches!(p.what, Observable::State(_) | Observable::Site(..) | Observable::Sum(_)))
    };
    for frame in 0..layout.frames {
        for (g, k) in run.input_of.iter().enumerate() {
            if let Some(k) = k
                && layout.groups[g].value_history > 0
            {
                let lanes = layout.groups[g].all;
                let to = layout.value(g, frame as isize);
                arena[to..to + lanes].copy_from_slice(&run.numbers.inputs[*k][frame * lanes..(frame + 1) * lanes]);
            }
        }
        for phase in &model.phases {
            match phase {
                Phase::Value(g) => {
                    run.drive(arena, scratch, *g, frame);
                    run.value(arena, *g, Now { frame, ..Now::default() });
                    let l = &layout.groups[*g];
                    let column = &arena[layout.value(*g, frame as isize)..][..l.all];
                    if !finite(run.isa, column) {
                        let lane = column.iter().position(|x| !Real::is_finite(*x)).unwrap_or(0);
                        let tick = run.start + (frame * model.ticks) as i64;
                        return Err(run.fault(*g, "its value", None, column[lane].wide(), lane, tick));
                    }
                }
                Phase::Ticks(stages) => {
                    let groups = stages.concat();
                    let first = layout.copy(frame, 0);
                    for &g in &groups {
                        run.drive(arena, scratch, g, frame);
                        for (k, v) in model.groups[g].variables.iter().enumerate().filter(|(_, v)| v.per_frame) {
                            let at = layout.variable(g, k, first, 0);
                            let l = &layout.groups[g];
                            arena[at..at + (v.sites - 1) * l.site + l.lanes].fill(R::default());
                        }
                    }
                    for segment in 0..layout.segments {
                        let copy = layout.copy(frame, segment);
                        let ticks = layout.segment_ticks(segment, model.ticks);
                        if let Some(c) = &mut checkpoints {
                            run.save_checkpoint(arena, &groups, copy, c);
                        }
                        run.segment(arena, scratch, stages, frame, segment, watched);
                        let mut unknown = groups.iter().filter(|g| !scratch.finite.contains(g));
                        run.agree(&groups, unknown.find_map(|g| run.check(arena, *g, frame, segment).err()))?;
                        for &g in &groups {
                            record_segment(
                                run,
                                arena,
                                &scratch.events.sent[g],
                                probes,
                                g,
                                run.begin(frame, segment),
                                ticks,
                                &mut recording,
                            );
                        }
                        if segment + 1 == layout.segments {
                            for &g in &groups {
                                // The moment after the last tick.
                                run.value(arena, g, Now { t: ticks, ..run.begin(frame, segment) });
                            }
                        }
                        let last = frame + 1 == layout.frames && segment + 1 == layout.segments;
                        if !last {
                            let next =
                                if segment + 1 == layout.segments { layout.copy(frame + 1, 0) } else { layout.copy(frame, segment + 1) };
                            run.carry(arena, &groups, ticks, copy, next);
                        }
                        if segment + 1 == layout.segments {
                            record_frame(run, arena, &scratch.plastic, probes, &groups, frame, &mut recording);
                        }
                    }
                }
            }
        }
        let others: Vec<usize> = (0..model.groups.len()).filter(|g| model.groups[*g].clock != homolog_model::Clock::Tick).collect();
        record_frame(run, arena, &scratch.plastic, probes, &others, frame, &mut recording);
    }
    run.check_weights(&scratch.plastic, run.start + (layout.frames * model.ticks) as i64)?;
    run.store(arena, state);
    run.join(probes, &mut recording, state);
    state.sent = (0..model.groups.len()).map(|g| scratch.events.on_their_way(model, g, state.tick)).collect();
    let stored = |(s, w): (&homolog_model::model::Stream, &Option<Box<plastic::Working>>)| {
        w.as_ref().map(|w| w.store(s, state.tick)).unwrap_or_default()
    };
    state.plastic = model.streams.iter().zip(&scratch.plastic).map(stored).collect();
    run.join_weights(probes, &mut recording, state);
    Ok(recording)
}

/// The variable that counts a group's spikes.
pub(crate) fn count_variable(model: &Model, g: usize) -> Option<usize> {
    model.groups[g].variables.iter().position(|v| v.name == homolog_model::compose::COUNT)
}
