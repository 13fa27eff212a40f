//! Point neurons that excite one another within one step: nobody can take a second tick before all have taken the first, so that what a tick
//! costs beside its equations shows.
//!
//! Few neurons receive something in a tick, and few spike. Where all that a kernel does with what arrives is to add it to a variable,
//!
//! ```text
//! x' = f(x + c a, ...),  c > 0,        a: what arrives, -0 where nothing does, and x + c (-0) = x in every bit
//! ```
//!
//! that is done to those neurons alone before the tick, and the kernel reads `x` as it is. Counters of spikes are moved likewise after it. Columns of
//! arrivals and spikes are those of every tick, and everything is laid out once for a segment.

mod sparse;

pub(crate) use sparse::Sparse;

use crate::Scratch;
use crate::events::{AddCounts, Calendar, Counts, FEW, SHARED, with_counts};
use crate::format::Format;
use crate::layout::Now;
use crate::products::{part, sign_of};
use crate::run::{Piece, Run};
use homolog_base::math::Real;
use homolog_exec::{Isa, ListNotZero, Ready, vectorise};
use homolog_model::events::Strength;
use homolog_model::model::{Arrival, Stream};
use homolog_model::{Model, Observable, Phase, Probe, Target};

/// For each group whether it takes its ticks one by one with others of its stage, and neither spikes nor arrivals are asked for later.
pub(crate) fn in_step(model: &Model, probes: &[Probe]) -> Vec<bool> {
    let mut out = vec![false; model.groups.len()];
    for stage in stages(model) {
        let streamed = model.streams.iter().any(|s| stage.contains(&s.from) && stage.contains(&s.to));
        let plastic = model.streams.iter().any(|s| stage.contains(&s.to) && s.plasticity.is_some());
        let touching = model.contacts.iter().any(|c| c.own.iter().any(|e| stage.contains(&e.group)));
        let heard = model.streams.iter().any(|s| stage.contains(&s.to) && model.arrival(s) != Arrival::OnTheGrid);
        let within = heard || stage.iter().any(|g| model.groups[*g].interpolated);
        if !streamed || plastic || touching || within || shortest_delay(model, stage) != (1, true) {
            continue;
        }
        for &g in stage {
            let group = &model.groups[g];
            let linked = model.links.iter().any(|l| l.target.spikes() && (l.from == g || l.to == g));
            let seen = probes.iter().any(|p| p.group == g && p.what == Observable::Spikes);
            out[g] = group.tree.is_none() && !group.is_given() && !linked && !seen;
        }
    }
    out
}

fn stages(model: &Model) -> impl Iterator<Item = &Vec<usize>> {
    model.phases.iter().flat_map(|p| if let Phase::Ticks(stages) = p { &stages[..] } else { &[] })
}

/// The shortest delays (ticks) within stages whose neurons excite one another.
pub(crate) fn shortest_delays(model: &Model) -> impl Iterator<Item = usize> {
    stages(model).map(|stage| shortest_delay(model, stage).0).filter(|d| *d < usize::MAX)
}

/// The shortest delay (ticks) within a stage, of spikes that go to neurons which are stepped no later than their senders; and whether
/// no other is shorter, so that all neurons may be stepped together.
pub(crate) fn shortest_delay(model: &Model, stage: &[usize]) -> (usize, bool) {
    let place = |g: usize| stage.iter().position(|x| *x == g);
    let links = model.links.iter().filter(|l| l.target.spikes()).map(|l| (l.from, l.to, l.delay));
    let streams = model.streams.iter().map(|s| (s.from, s.to, s.shortest()));
    let within: Vec<(usize, usize, usize)> =
        links.chain(streams).filter_map(|(from, to, delay)| Some((place(from)?, place(to)?, delay))).collect();
    let back = within.iter().filter(|(from, to, _)| from >= to).map(|l| l.2).min().unwrap_or(usize::MAX).max(1);
    (back, within.iter().all(|l| l.2 >= back))
}

/// What arrives at a port, and the variable to which it is added.
struct Port<R> {
    /// Streams by which something arrives, and whether those of their weights count that are below zero.
    streams: Vec<(usize, bool)>,
    /// Where arrivals are summed: -0 but while they are.
    column: usize,
    variable: usize,
    numbers: usize,
    factor: R,
}

/// Adds what arrives in a tick at a port to its variable.
struct Receive<'a, R> {
    isa: Isa,
    port: &'a Port<R>,
    model: &'a Model,
    calendars: &'a [Calendar],
    tick: i64,
    arena: &'a mut [R],
    counts: &'a mut Counts,
    /// Of no meaning before and after.
    touched: &'a mut Vec<u32>,
}

impl<R: Real> vectorise::Task for Receive<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Receive { isa, port, model, calendars, tick, arena, counts, touched } = self;
        let whole = port.column..port.column + port.numbers;
        let variable = port.variable..port.variable + port.numbers;
        if let ([(k, negative)], calendars) = (&port.streams[..], calendars)
            && let Strength::Shared(w) = model.streams[*k].events.strength
        {
            let (stream, calendar) = (&model.streams[*k], &calendars[*k]);
            let [arrive, x] = arena.get_disjoint_mut([whole, variable]).expect("columns do not overlap");
            let weight = acts(stream, *negative, w);
            return Alone { isa, targets: &stream.events.target, calendar, tick, weight, factor: port.factor, counts, touched }.add(
                stream.events.part,
                arrive,
                x,
            );
        }
        touched.clear();
        let mut few = true;
        for (k, negative) in &port.streams {
            let (stream, calendar) = (&model.streams[*k], &calendars[*k]);
            let e = &*stream.events;
            let act = |w: f64| acts(stream, *negative, w);
            for (n, own) in arena[whole.clone()].chunks_mut(e.part).enumerate() {
                let (due, first) = (calendar.due(n, tick), (n * e.part) as u32);
                if due.is_empty() {
                    continue;
                }
                let arrivals: usize = due.iter().map(|d| d.range().len()).sum();
                let of_part = |d: &crate::events::Due| &e.target[d.range()];
                few &= arrivals * FEW < own.len();
                match &e.strength {
                    Strength::Shared(w) => {
                        let weight = act(*w);
                        due.iter().flat_map(of_part).for_each(|t| counts[usize::from(*t)] += 1);
                        if !few {
                            vectorise::run(isa, AddCounts { arrive: own, batch: 1, sample: 0, weight, counts });
                            continue;
                        }
                        for t in due.iter().flat_map(of_part) {
                            let n = std::mem::take(&mut counts[usize::from(*t)]);
                            if n > 0 {
                                let a = &mut own[usize::from(*t)];
                                *a = weight.fma(R::count(n), *a);
                                touched.push(first + u32::from(*t));
                            }
                        }
                    }
                    Strength::Each(weights) => {
                        for d in due {
                            for (t, w) in of_part(d).iter().zip(&weights[d.range()]) {
                                own[usize::from(*t)] += act(f64::from(*w));
                            }
                        }
                        if few {
                            touched.extend(due.iter().flat_map(of_part).map(|t| first + u32::from(*t)));
                        }
                    }
                }
            }
        }
        let [arrive, x] = arena.get_disjoint_mut([whole, variable]).expect("columns do not overlap");
        if !few {
            return vectorise::run(isa, Act { arrive, x, factor: port.factor });
        }
        for t in touched {
            // Whoever is named twice has received all when first named.
            let a = std::mem::replace(&mut arrive[*t as usize], R::of(-0.0));
            let x = &mut x[*t as usize];
            *x = port.factor.fma(a, *x);
        }
    }
}

/// What arrives by the one stream that there is, all of whose weights are the same.
struct Alone<'a, R> {
    isa: Isa,
    targets: &'a [u16],
    calendar: &'a Calendar,
    tick: i64,
    weight: R,
    factor: R,
    counts: &'a mut Counts,
    touched: &'a mut Vec<u32>,
}

impl<R: Real> Alone<'_, R> {
    #[inline(always)]
    fn add(self, part: usize, arrive: &mut [R], x: &mut [R]) {
        let Alone { isa, targets, calendar, tick, weight, factor, counts, touched } = self;
        for (n, (arrive, x)) in arrive.chunks_mut(part).zip(x.chunks_mut(part)).enumerate() {
            let due = calendar.due(n, tick);
            touched.clear();
            for t in due.iter().flat_map(|d| &targets[d.range()]) {
                let count = &mut counts[usize::from(*t)];
                if *count == 0 {
                    touched.push(u32::from(*t));
                }
                *count += 1;
            }
            if touched.len() * FEW < x.len() {
                for t in &*touched {
                    let n = std::mem::take(&mut counts[*t as usize & 0xffff]);
                    let x = &mut x[*t as usize];
                    *x = factor.fma(weight.fma(R::count(n), R::of(-0.0)), *x);
                }
            } else {
                vectorise::run(isa, AddCounts { arrive, batch: 1, sample: 0, weight, counts });
                vectorise::run(isa, Act { arrive, x, factor });
            }
        }
    }
}

/// How a weight acts at the port of a sign.
fn acts<R: Real>(stream: &Stream, negative: bool, w: f64) -> R {
    R::of(if stream.target == Target::BySign { part(w, negative) } else { w })
}

/// Adds what has arrived to a variable, and clears it.
struct Act<'a, R> {
    arrive: &'a mut [R],
    x: &'a mut [R],
    factor: R,
}

impl<R: Real> vectorise::Task for Act<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (x, a) in self.x.iter_mut().zip(self.arrive) {
            *x = self.factor.fma(*a, *x);
            *a = R::of(-0.0);
        }
    }
}

/// A group that is stepped.
struct Member<'l, 'a, R: Format> {
    group: usize,
    /// How its ticks are cut, and what is done in each.
    pieces: Vec<(Piece, Ready<'l, 'a, R>)>,
    /// Empty where what arrives is read from columns.
    ports: Vec<Port<R>>,
    /// Where counters of spikes begin that the kernel does not move.
    counters: Vec<usize>,
    /// Whether the kernel lists spikes itself.
    lists: bool,
}

impl<'a, R: Format> Run<'a, R> {
    /// Whether a stage is stepped as this file says.
    pub fn is_in_step(&self, stage: &[usize]) -> bool {
        let layout = self.layout;
        let numbers: usize = stage.iter().map(|g| layout.groups[*g].all).sum();
        layout.batch == 1 && (self.threads == 1 || numbers < SHARED) && stage.iter().all(|g| layout.groups[*g].in_step)
    }

    /// What is done for a group to few neurons, if its kernel allows it and nobody looks at variables between ticks.
    fn sparse(&self, g: usize) -> Option<&'a Sparse<R>> {
        let sparse = self.plan.groups[g].sparse.as_ref()?;
        let l = self.of(g);
        let kept = |k: &usize| !l.variables[*k].1;
        // What is recorded in a tick is copied by its loop, and counters move after that.
        let traced = |k: &usize| l.traces.iter().any(|t| t.1 == *k);
        let good = sparse.events.iter().map(|e| &e.variable).chain(&sparse.counters).all(kept) && !sparse.counters.iter().any(traced);
        good.then_some(sparse)
    }

    fn port(&self, g: usize, event: &sparse::Event, calendars: &[Calendar], now: Now) -> Port<R> {
        let negative = sign_of(&self.model.groups[g].arrivals[event.arrival].name) == 1;
        // Calendars know whether something arrives by weights of a sign; where there is one port it is the first.
        let acts = |k: &usize| self.model.streams[*k].to == g && calendars[*k].signs[usize::from(negative)];
        Port {
            streams: (0..calendars.len()).filter(acts).map(|k| (k, negative)).collect(),
            column: self.layout.arrival(g, event.arrival, now.copy, 0),
            variable: self.layout.variable(g, event.variable, now.copy, 0),
            numbers: self.of(g).lanes,
            factor: R::of(event.factor),
        }
    }

    /// The ticks of a segment.
    pub fn step_by_step(&self, arena: &mut [R], scratch: &mut Scratch<R>, stepped: &[usize], now: Now, ticks: usize) {
        let Scratch { events: prepared, plastic, .. } = scratch;
        let (dense, few): (Vec<usize>, Vec<usize>) = stepped.iter().partition(|g| self.sparse(**g).is_none());
        let loops: Vec<_> = stepped.iter().map(|g| self.loops(*g, now, ticks, self.sparse(*g).map(|s| &s.step))).collect();
        let mut members: Vec<Member<R>> = Vec::new();
        for (&group, loops) in stepped.iter().zip(&loops) {
            let sparse = self.sparse(group);
            let ports: Vec<Port<R>> =
                sparse.iter().flat_map(|s| &s.events).map(|e| self.port(group, e, &prepared.calendars, now)).collect();
            for p in &ports {
                arena[p.column..p.column + p.numbers].fill(R::of(-0.0));
            }
            let counter = |k: &usize| self.layout.variable(group, *k, now.copy, 0);
            let mut pieces: Vec<_> = loops.iter().map(|(piece, l)| (*piece, l.check(self.isa, self.layout.scratch).ready(arena))).collect();
            if let Some(s) = sparse {
                pieces.iter_mut().for_each(|(_, ready)| ready.list(s.spike));
            }
            members.push(Member {
                group,
                pieces,
                lists: sparse.is_some(),
                ports,
                counters: sparse.iter().flat_map(|s| &s.counters).map(counter).collect(),
            });
        }
        let (mut touched, mut spikes) = (Vec::new(), Vec::new());
        with_counts(|counts| {
            for t in 0..ticks {
                let tick = self.absolute(now, t);
                self.deliver(arena, prepared, &dense, now, t..t + 1);
                stepped.iter().for_each(|g| self.draw(arena, *g, now, t..t + 1));
                for port in members.iter().flat_map(|m| &m.ports) {
                    let (isa, model, calendars, touched) = (self.isa, self.model, &prepared.calendars[..], &mut touched);
                    vectorise::run(isa, Receive { isa, port, model, calendars, tick, arena, counts, touched });
                }
                prepared.forget(self.model, &few, tick..tick + 1);
                for m in &mut members {
                    let (piece, ready) =
                        m.pieces.iter_mut().find(|(p, _)| (p.t..p.t + p.turns).contains(&t)).expect("pieces have all ticks");
                    ready.run(arena, piece.within(t));
                    let (g, l) = (m.group, self.of(m.group));
                    let list = prepared.list(g, tick).unwrap_or(&mut spikes);
                    list.clear();
                    if m.lists {
                        list.extend(ready.listed());
                    } else {
                        let column = self.layout.spike(g, now.copy, t as isize);
                        vectorise::run(self.isa, ListNotZero { numbers: &arena[column..column + l.all], first: 0, list });
                    }
                    for counter in &m.counters {
                        list.iter().for_each(|lane| arena[counter + *lane as usize] += R::of(1.0));
                    }
                }
                self.exchange(&mut prepared.sent, stepped, tick..tick + 1);
                prepared.send(self.model, stepped, tick);
                // Weights that change may begin here, and end in another stage.
                self.learn(arena, prepared, plastic, stepped, now, t..t + 1);
            }
        });
    }
}
