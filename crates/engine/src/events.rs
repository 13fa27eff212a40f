//! What only spikes: lists of spikes, streams of connections that never change, Poisson trains.
//!
//! The spikes of each tick are listed once, and kept for as long as the longest delay. At once, too, their runs of connections are entered
//! into the *calendars* of the ticks in which they arrive. What arrives at a group in a tick is
//!
//! ```text
//! a = sum over links + sum over noise of w k + sum over streams of w n,      k ~ Poisson(mean), n = spikes that arrive now
//! ```
//!
//! in this order; where the connections of a stream have weights of their own they are added one after the other, spike by spike in the order
//! of their ticks, and in that of senders. Ticks whose spikes are known are shared by the threads; no order depends on them.

mod delivery;
mod poisson;
mod sources;

pub(crate) use delivery::{AddCounts, Counts, Delivery};
pub(crate) use poisson::{Draw, bits, drawn, poisson, thresholds};
pub(crate) use sources::{slot, slots};

use crate::crew::in_order;
use crate::format::Format;
use crate::layout::Now;
use crate::run::Run;
use homolog_exec::memory::gather_on_large_pages;
use homolog_exec::{ListNotZero, vectorise};
use homolog_model::events::{Events, Strength};
use homolog_model::model::{Stream, port};
use homolog_model::{Model, Observable, Probe, Target};
use std::ops::Range;

/// Numbers from which on threads share the work of some ticks.
pub(crate) const SHARED: usize = 1 << 13;
/// Where fewer than one in so many neurons receive a spike, only those are looked at again.
pub(crate) const FEW: usize = 4;

/// The spikes of a group's last ticks: which numbers of its column spiked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spikes {
    pub lists: Vec<Vec<u32>>,
}

impl Spikes {
    fn slot(&self, tick: i64) -> usize {
        tick.rem_euclid(self.lists.len() as i64) as usize
    }

    /// ... of one of them.
    pub fn of(&self, tick: i64) -> &[u32] {
        &self.lists[self.slot(tick)]
    }

    /// ... to be changed.
    pub fn of_mut(&mut self, tick: i64) -> &mut Vec<u32> {
        let slot = self.slot(tick);
        &mut self.lists[slot]
    }
}

/// Connections that are added in a tick, to neurons of one sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    from: u32,
    to: u32,
    sample: u32,
}

impl Due {
    /// Which of the stream's connections.
    pub fn range(&self) -> Range<usize> {
        self.from as usize..self.to as usize
    }
}

/// What will arrive by a stream: for each part of the receiving neurons, tick by tick.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    /// Whether something arrives by weights that are not negative, and by those that are; all as the first where neurons take both at one
    /// port.
    pub signs: [bool; 2],
    pub parts: Vec<Vec<Vec<Due>>>,
}

impl Calendar {
    fn new(stream: &Stream, segment: usize) -> Calendar {
        let e = &stream.events;
        if stream.plasticity.is_some() {
            // Those have theirs among what changes.
            return Calendar { signs: [false; 2], parts: vec![] };
        }
        let signs = if stream.target == Target::Own { [true, false] } else { e.signs };
        Calendar { signs, parts: vec![vec![vec![]; e.longest() + segment + 1]; e.parts()] }
    }

    /// What arrives at a part in a tick.
    pub fn due(&self, part: usize, tick: i64) -> &[Due] {
        let due = &self.parts[part];
        &due[tick.rem_euclid(due.len() as i64) as usize]
    }
}

/// Enters the spikes of some ticks that arrive at a part from tick `from` on.
pub(crate) fn enter(e: &Events, part: usize, due: &mut [Vec<Due>], batch: usize, spikes: &[(i64, &[u32])], from: i64) {
    for (tick, lanes) in spikes {
        let base = tick.rem_euclid(due.len() as i64) as usize;
        for lane in *lanes {
            let (sender, sample) = (*lane as usize / batch, (*lane as usize % batch) as u32);
            for run in e.runs(part, sender) {
                let (delay, range) = (e.delay(run) as usize, e.run(run));
                if range.is_empty() || tick + (delay as i64) < from {
                    continue;
                }
                // Around, without a division.
                let slot = if base + delay >= due.len() { base + delay - due.len() } else { base + delay };
                due[slot].push(Due { from: range.start as u32, to: range.end as u32, sample });
            }
        }
    }
}

/// Runs lie far apart, and each begins on another page of a large array. With small pages to find these takes a tenth of the time of a network.
pub(crate) fn keep_near(e: &Events) {
    gather_on_large_pages(&e.target);
    if let Strength::Each(weights) = &e.strength {
        gather_on_large_pages(weights);
    }
}

/// What is prepared once for a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prepared {
    /// For each group; without lists where no stream begins and no raster is drawn.
    pub sent: Vec<Spikes>,
    /// For each group and noise: the thresholds.
    pub thresholds: Vec<Vec<Vec<u32>>>,
    /// For each stream.
    pub calendars: Vec<Calendar>,
    /// Spikes that are given or drawn, of the ticks at hand.
    outside: Vec<(i64, u32)>,
}

impl Prepared {
    /// For a run in segments of so many ticks.
    pub fn new(model: &Model, probes: &[Probe], segment: usize) -> Prepared {
        let drawn = |g: usize| probes.iter().any(|p| p.group == g && p.what == Observable::Raster);
        let lists = |g: usize| match drawn(g) || model.stream_history(g) > 0 || model.streams.iter().any(|s| s.from == g) {
            false => vec![],
            true => vec![vec![]; model.stream_history(g) + segment + 1],
        };
        Prepared {
            sent: (0..model.groups.len()).map(|g| Spikes { lists: lists(g) }).collect(),
            thresholds: model.groups.iter().map(|g| g.noise.iter().map(|n| thresholds(n.mean)).collect()).collect(),
            calendars: model.streams.iter().map(|s| Calendar::new(s, segment)).collect(),
            outside: vec![],
        }
    }

    /// Bytes of the calendars of a stream, without what stands in them.
    pub fn bytes(stream: &Stream, segment: usize) -> usize {
        size_of::<Vec<Due>>() * stream.events.parts() * (stream.events.longest() + segment + 1)
    }

    /// Puts spikes that are on their way when tick `from` begins.
    pub fn load(&mut self, model: &Model, batch: usize, sent: &[Vec<(i64, u32)>], from: i64) {
        for (g, sent) in sent.iter().enumerate().filter(|(_, sent)| !sent.is_empty()) {
            for (tick, lane) in sent {
                let slot = self.sent[g].slot(*tick);
                self.sent[g].lists[slot].push(*lane);
            }
            let ticks = from - model.stream_history(g) as i64..from;
            self.enter(model, batch, &[g], ticks, from, false);
        }
    }

    /// Enters listed spikes into the calendars of the streams by which they leave.
    pub fn enter(&mut self, model: &Model, batch: usize, groups: &[usize], ticks: Range<i64>, from: i64, shared: bool) {
        let Prepared { sent, calendars, .. } = self;
        let known: Vec<Vec<(i64, &[u32])>> = groups.iter().map(|g| ticks.clone().map(|t| (t, sent[*g].of(t))).collect()).collect();
        let mut work = Vec::new();
        for (stream, calendar) in model.streams.iter().zip(calendars) {
            let Some(k) = groups.iter().position(|g| *g == stream.from) else { continue };
            work.extend(calendar.parts.iter_mut().enumerate().map(|(part, due)| (&*stream.events, part, due, &known[k])));
        }
        let each = |(e, part, due, spikes): &mut (&Events, usize, &mut Vec<Vec<Due>>, &Vec<_>)| enter(e, *part, due, batch, spikes, from);
        if shared { in_order(&mut work, each) } else { work.iter_mut().for_each(each) }
    }

    /// Enters the listed spikes of one tick; one sample.
    pub fn send(&mut self, model: &Model, groups: &[usize], tick: i64) {
        let Prepared { sent, calendars, .. } = self;
        for (stream, calendar) in model.streams.iter().zip(calendars).filter(|(s, _)| groups.contains(&s.from)) {
            let spikes = sent[stream.from].of(tick);
            if !spikes.is_empty() {
                let each = |(part, due): (usize, &mut Vec<_>)| enter(&stream.events, part, due, 1, &[(tick, spikes)], i64::MIN);
                calendar.parts.iter_mut().enumerate().for_each(each);
            }
        }
    }

    /// What has arrived at some groups makes room for what will.
    pub fn forget(&mut self, model: &Model, groups: &[usize], ticks: Range<i64>) {
        for (_, calendar) in model.streams.iter().zip(&mut self.calendars).filter(|(s, _)| groups.contains(&s.to)) {
            for due in &mut calendar.parts {
                let slot = ticks.start.rem_euclid(due.len() as i64) as usize;
                around(due, slot, (ticks.end - ticks.start) as usize).for_each(Vec::clear);
            }
        }
    }

    /// The list of the spikes of a group in a tick, if there is one.
    pub fn list(&mut self, g: usize, tick: i64) -> Option<&mut Vec<u32>> {
        (!self.sent[g].lists.is_empty()).then(|| self.sent[g].of_mut(tick))
    }

    /// Spikes of a group that are still on their way when `tick` begins, oldest first.
    pub fn on_their_way(&self, model: &Model, g: usize, tick: i64) -> Vec<(i64, u32)> {
        let longest = model.stream_history(g) as i64;
        (tick - longest..tick).flat_map(|t| self.sent[g].of(t).iter().map(move |lane| (t, *lane))).collect()
    }
}

/// Ranges of an arena, none of which meets another, in the order in which they are asked for.
fn cut<'a, R>(arena: &'a mut [R], places: &[Range<usize>]) -> Vec<&'a mut [R]> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_unstable_by_key(|k| places[*k].start);
    let mut out: Vec<&mut [R]> = places.iter().map(|_| Default::default()).collect();
    let (mut rest, mut done) = (arena, 0);
    for k in order {
        let range = &places[k];
        let (column, after) = rest.split_at_mut(range.start - done).1.split_at_mut(range.len());
        out[k] = column;
        (rest, done) = (after, range.end);
    }
    out
}

/// Items of a ring from the one at `first` on, around.
fn around<T>(ring: &mut [T], first: usize, n: usize) -> impl Iterator<Item = &mut T> {
    let (before, after) = ring.split_at_mut(first);
    after.iter_mut().chain(before).take(n)
}

impl<R: Format> Run<'_, R> {
    /// The tick since the beginning of all, of tick `t` of a segment.
    pub fn absolute(&self, now: Now, t: usize) -> i64 {
        self.start + (now.frame * self.model.ticks + now.first + t) as i64
    }

    /// Whether noise or a stream arrives at a group, and whether spikes do by links.
    pub fn hears(&self, g: usize) -> (bool, bool) {
        let events = !self.model.groups[g].noise.is_empty() || self.model.streams.iter().any(|s| s.to == g);
        (events, self.model.links.iter().any(|l| l.to == g && l.target.spikes()))
    }

    /// Adds what streams and noise bring in some ticks, whose spikes are known, to what has arrived by links.
    pub fn deliver(&self, arena: &mut [R], prepared: &mut Prepared, groups: &[usize], now: Now, ticks: Range<usize>) {
        let (model, layout) = (self.model, self.layout);
        let groups: Vec<usize> = groups.iter().copied().filter(|g| self.hears(*g).0).collect();
        if groups.is_empty() || ticks.is_empty() {
            return;
        }
        let of =
            |g: usize| -> Vec<(&Stream, &Calendar)> { model.streams.iter().zip(&prepared.calendars).filter(|(s, _)| s.to == g).collect() };
        let streams: Vec<_> = groups.iter().map(|g| of(*g)).collect();
        let mut places: Vec<(usize, usize, usize, Range<usize>)> = Vec::new();
        for (t, k) in ticks.clone().flat_map(|t| (0..groups.len()).map(move |k| (t, k))) {
            let l = &layout.groups[groups[k]];
            for port in self.ports(groups[k]) {
                let at = layout.arrival(groups[k], port, now.copy, t);
                places.push((t, k, port, at..at + (l.arrivals[port].sites - 1) * l.site + l.lanes));
            }
        }
        let numbers: usize = places.iter().map(|p| p.3.len()).sum();
        let ranges: Vec<Range<usize>> = places.iter().map(|p| p.3.clone()).collect();
        let mut all: Vec<Delivery<R>> = (cut(arena, &ranges).into_iter().zip(&places))
            .map(|(column, (t, k, port, _))| self.delivery((groups[*k], *port), (now, *t), &streams[*k], &prepared.thresholds, 0, column))
            .collect();
        let work = |delivery: &mut Delivery<R>| with_counts(|counts| delivery.run(counts));
        if self.threads > 1 && numbers >= SHARED {
            all.sort_by_key(|d| std::cmp::Reverse(d.column.len()));
            in_order(&mut all, work);
        } else {
            all.iter_mut().for_each(work);
        }
        prepared.forget(model, &groups, self.absolute(now, ticks.start)..self.absolute(now, ticks.end));
    }

    /// The ports of a group at which events arrive. Those that are filled from outside come after them.
    pub fn ports(&self, g: usize) -> Range<usize> {
        0..self.model.groups[g].arrivals.iter().filter(|a| !port::from_outside(&a.name)).count()
    }

    /// What a tick brings to a port of a group, or to its neurons from `first` on.
    pub fn delivery<'s>(
        &'s self,
        (g, port): (usize, usize),
        (now, t): (Now, usize),
        streams: &'s [(&'s Stream, &'s Calendar)],
        thresholds: &'s [Vec<Vec<u32>>],
        first: usize,
        column: &'s mut [R],
    ) -> Delivery<'s, R> {
        let group = &self.model.groups[g];
        Delivery {
            isa: self.isa,
            batch: self.layout.batch,
            tick: self.absolute(now, t),
            fresh: !self.hears(g).1,
            copies: group.copies(),
            here: group.here(),
            divided: group.here.is_some(),
            first,
            noise: &group.noise,
            thresholds: &thresholds[g],
            streams,
            port,
            name: &group.arrivals[port].name,
            column,
        }
    }

    /// What some ticks of a group's equations are given from outside: random numbers are drawn, currents injected.
    pub fn draw(&self, arena: &mut [R], g: usize, now: Now, ticks: Range<usize>) {
        let group = &self.model.groups[g];
        if let Some(port) = group.arrivals.iter().position(|a| a.name == port::INJECTED) {
            for t in ticks.clone() {
                let at = self.layout.arrival(g, port, now.copy, t);
                self.inject(&mut arena[at..at + self.of(g).all], g, self.absolute(now, t));
            }
        }
        for (port, key) in &group.draws {
            for t in ticks.clone() {
                let at = self.layout.arrival(g, *port, now.copy, t);
                let numbers = &mut arena[at..at + self.of(g).all];
                let tick = self.absolute(now, t);
                vectorise::run(
                    self.isa,
                    Draw {
                        numbers,
                        first: group.here().start,
                        batch: self.layout.batch,
                        key: key.words(),
                        tick,
                        bits: bits(self.model.precision),
                    },
                );
            }
        }
    }

    /// The sum of what is injected into neurons in a tick.
    fn inject(&self, column: &mut [R], g: usize, tick: i64) {
        let (group, batch) = (&self.model.groups[g], self.layout.batch);
        column.fill(R::default());
        for injection in &group.injected {
            let amount = R::of(injection.current(tick));
            match &injection.neurons {
                None => column.iter_mut().for_each(|x| *x += amount),
                Some(neurons) => {
                    for row in neurons.iter().filter_map(|n| group.computed_as(*n as usize)) {
                        column[row * batch..(row + 1) * batch].iter_mut().for_each(|x| *x += amount);
                    }
                }
            }
        }
    }

    /// The spikes of some ticks of a group that are given or drawn: into its columns where it has some, and onto its lists.
    pub fn give(&self, arena: &mut [R], prepared: &mut Prepared, g: usize, now: Now, ticks: usize) {
        let (group, l, batch) = (&self.model.groups[g], &self.layout.groups[g], self.layout.batch);
        let (from, to) = (self.absolute(now, 0), self.absolute(now, ticks));
        sources::spikes(group, batch, self.model.dt, from..to, &mut prepared.outside);
        if l.dense {
            for t in 0..ticks {
                let at = self.layout.spike(g, now.copy, t as isize);
                arena[at..at + l.all].fill(R::default());
            }
            for (tick, lane) in &prepared.outside {
                arena[self.layout.spike(g, now.copy, (tick - from) as isize) + *lane as usize] = R::of(1.0);
            }
        }
        let Prepared { sent, outside, .. } = prepared;
        if sent[g].lists.is_empty() {
            return;
        }
        (from..to).for_each(|tick| {
            let slot = sent[g].slot(tick);
            sent[g].lists[slot].clear();
        });
        for (tick, lane) in outside.iter() {
            let slot = sent[g].slot(*tick);
            sent[g].lists[slot].push(*lane);
        }
        prepared.enter(self.model, batch, &[g], from..to, i64::MIN, false);
    }

    /// Lists the spikes of some ticks of groups where a stream begins or a raster is drawn.
    pub fn list_spikes(&self, arena: &[R], prepared: &mut Prepared, groups: &[usize], now: Now, ticks: Range<usize>) {
        let groups: Vec<usize> = groups.iter().copied().filter(|g| !prepared.sent[*g].lists.is_empty()).collect();
        if groups.is_empty() || ticks.is_empty() {
            return;
        }
        let (from, to) = (self.absolute(now, ticks.start), self.absolute(now, ticks.end));
        let mut work: Vec<(&mut Vec<u32>, &[R])> = Vec::new();
        for (g, spikes) in prepared.sent.iter_mut().enumerate().filter(|(g, _)| groups.contains(g)) {
            let slot = spikes.slot(from);
            for (t, list) in ticks.clone().zip(around(&mut spikes.lists, slot, ticks.len())) {
                let at = self.layout.spike(g, now.copy, t as isize);
                work.push((list, &arena[at..at + self.layout.groups[g].all]));
            }
        }
        let shared = self.threads > 1 && work.iter().map(|w| w.1.len()).sum::<usize>() >= SHARED;
        let each = |(list, column): &mut (&mut Vec<u32>, &[R])| {
            list.clear();
            vectorise::run(self.isa, ListNotZero { numbers: column, first: 0, list });
        };
        if shared {
            in_order(&mut work, each)
        } else {
            work.iter_mut().for_each(each)
        }
        self.exchange(&mut prepared.sent, &groups, from..to);
        prepared.enter(self.model, self.layout.batch, &groups, from..to, i64::MIN, shared);
    }
}

/// Gives this thread's counts, all zero, which are to be zero again.
pub(crate) fn with_counts<T>(f: impl FnOnce(&mut Counts) -> T) -> T {
    thread_local! {
        static COUNTS: std::cell::Cell<Option<Box<Counts>>> = const { std::cell::Cell::new(None) };
    }
    let mut counts = COUNTS.take().unwrap_or_else(|| vec![0; 1 << 16].into_boxed_slice().try_into().expect("of this size"));
    let out = f(&mut counts);
    COUNTS.set(Some(counts));
    out
}
