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
//! of their ticks, and in that of senders. A spike that has a time within its tick, after a share s of it, arrives in two ticks: 1 - s of it
//! after its delay and s a tick later, so that what it brings and when, on average, are exact; `n` then counts parts of spikes ([`Spike::PARTS`]). Where events
//! make potentials jump it arrives as a whole in the nearer of the two ([`Arrival`]). Ticks whose spikes are known are shared by the threads; no order depends on them.

mod delivery;
mod poisson;
mod sources;

pub(crate) use delivery::{AddCounts, Counts, Delivery};
pub(crate) use poisson::{Draw, bits, drawn, poisson, thresholds};
pub(crate) use sources::{slot, slots, spike};

use crate::crew::in_order;
use crate::format::Format;
use crate::layout::Now;
use crate::run::Run;
use homolog_exec::memory::gather_on_large_pages;
use homolog_exec::{ListNotZero, vectorise};
use homolog_model::events::{Events, Strength};
use homolog_model::model::{Arrival, Stream, port};
use homolog_model::{Fault, Model, Observable, Probe, Spike, Target};
use std::ops::Range;

/// Numbers from which on threads share the work of some ticks.
pub(crate) const SHARED: usize = 1 << 13;
/// Where fewer than one in so many neurons receive a spike, only those are looked at again.
pub(crate) const FEW: usize = 4;

/// The spikes of a group's last ticks: which numbers of its column spiked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spikes {
    pub lists: Vec<Vec<u32>>,
    /// Of a group that is interpolated: when within its tick each of them is; else empty.
    pub within: Vec<Vec<u16>>,
}

impl Spikes {
    fn slot(&self, tick: i64) -> usize {
        tick.rem_euclid(self.lists.len() as i64) as usize
    }

    /// ... of one of them.
    pub fn of(&self, tick: i64) -> &[u32] {
        &self.lists[self.slot(tick)]
    }

    /// When within it they are, in parts of it; nothing of a group on the grid.
    pub fn within(&self, tick: i64) -> &[u16] {
        self.within.get(self.slot(tick)).map_or(&[], Vec::as_slice)
    }

    /// Those of a tick, each with its time.
    pub fn all(&self, tick: i64) -> impl Iterator<Item = Spike> + '_ {
        let within = self.within(tick).iter().copied().chain(std::iter::repeat(0));
        self.of(tick).iter().zip(within).map(move |(neuron, within)| Spike { tick, neuron: *neuron, within })
    }

    /// ... to be changed.
    pub fn of_mut(&mut self, tick: i64) -> (&mut Vec<u32>, Option<&mut Vec<u16>>) {
        let slot = self.slot(tick);
        (&mut self.lists[slot], self.within.get_mut(slot))
    }

    /// Forgets those of a tick.
    pub fn clear(&mut self, tick: i64) {
        let (list, within) = self.of_mut(tick);
        list.clear();
        within.into_iter().for_each(Vec::clear);
    }

    /// Adds one to its tick.
    pub fn push(&mut self, spike: Spike) {
        let (list, within) = self.of_mut(spike.tick);
        list.push(spike.neuron);
        within.into_iter().for_each(|w| w.push(spike.within));
    }
}

/// When within a tick some of a column spike: what the column has beyond 1.
pub(crate) fn times_within<'l, R: Format>(column: &'l [R], list: impl Iterator<Item = usize> + 'l) -> impl Iterator<Item = u16> + 'l {
    list.map(|k| Spike::within(column[k].wide() - 1.0))
}

/// Connections that are added in a tick, to neurons of one sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    from: u32,
    to: u32,
    // Two bytes each: of calendars that are filled and emptied all the time every byte shows.
    sample: u16,
    /// How much of the spike: all of it is 1, or [`Spike::PARTS`] where spikes arrive in parts.
    pub parts: u16,
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
    /// How spikes arrive.
    pub arrival: Arrival,
    pub parts: Vec<Vec<Vec<Due>>>,
}

impl Calendar {
    fn new(stream: &Stream, arrival: Arrival, segment: usize) -> Calendar {
        let e = &stream.events;
        if stream.plasticity.is_some() {
            // Those have theirs among what changes.
            return Calendar { signs: [false; 2], arrival, parts: vec![] };
        }
        let signs = if stream.target == Target::Own { [true, false] } else { e.signs };
        let ticks = ticks_kept(e, arrival != Arrival::OnTheGrid, segment);
        Calendar { signs, arrival, parts: vec![vec![vec![]; ticks]; e.parts()] }
    }

    /// What a part of a spike is of it: a power of two.
    pub fn part(&self) -> f64 {
        if self.arrival == Arrival::InParts { 1.0 / f64::from(Spike::PARTS) } else { 1.0 }
    }

    /// What arrives at a part in a tick.
    pub fn due(&self, part: usize, tick: i64) -> &[Due] {
        let due = &self.parts[part];
        &due[tick.rem_euclid(due.len() as i64) as usize]
    }
}

/// Ticks of a calendar.
fn ticks_kept(e: &Events, interpolated: bool, segment: usize) -> usize {
    e.longest() + segment + 1 + usize::from(interpolated)
}

/// The spikes of a tick that are entered: which, and when within it.
pub(crate) type Listed<'l> = (i64, &'l [u32], &'l [u16]);

/// Enters the spikes of some ticks that arrive at a part from tick `from` on.
pub(crate) fn enter(e: &Events, arrival: Arrival, part: usize, due: &mut [Vec<Due>], batch: usize, spikes: &[Listed], from: i64) {
    for (tick, lanes, within) in spikes {
        match arrival {
            Arrival::OnTheGrid => enter_by(e, part, due, batch, (*tick, lanes), from, |_| [1]),
            Arrival::InParts => {
                enter_by(e, part, due, batch, (*tick, lanes), from, |k| [Spike::PARTS - u32::from(within[k]), u32::from(within[k])]);
            }
            Arrival::Rounded => {
                let late = |k: usize| u32::from(Spike { within: within[k], ..Spike::default() }.is_late());
                enter_by(e, part, due, batch, (*tick, lanes), from, |k| [1 - late(k), late(k)]);
            }
        }
    }
}

/// Enters those of a tick, of each some parts after the delay of a run, and some in each tick that follows.
#[inline(always)]
fn enter_by<const N: usize>(
    e: &Events,
    part: usize,
    due: &mut [Vec<Due>],
    batch: usize,
    (tick, lanes): (i64, &[u32]),
    from: i64,
    parts: impl Fn(usize) -> [u32; N],
) {
    let base = tick.rem_euclid(due.len() as i64) as usize;
    for (k, lane) in lanes.iter().enumerate() {
        let (sender, sample) = (*lane as usize / batch, (*lane as usize % batch) as u16);
        let parts = parts(k);
        for run in e.runs(part, sender) {
            let range = e.run(run);
            if range.is_empty() {
                continue;
            }
            for (late, parts) in parts.into_iter().enumerate() {
                let delay = e.delay(run) as usize + late;
                if parts == 0 || tick + (delay as i64) < from {
                    continue;
                }
                // Around, without a division.
                let slot = if base + delay >= due.len() { base + delay - due.len() } else { base + delay };
                due[slot].push(Due { from: range.start as u32, to: range.end as u32, sample, parts: parts as u16 });
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
    outside: Vec<Spike>,
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
            sent: (model.groups.iter().enumerate())
                .map(|(g, group)| {
                    let lists = lists(g);
                    Spikes { within: vec![vec![]; if group.interpolated { lists.len() } else { 0 }], lists }
                })
                .collect(),
            thresholds: model.groups.iter().map(|g| g.noise.iter().map(|n| thresholds(n.mean)).collect()).collect(),
            calendars: model.streams.iter().map(|s| Calendar::new(s, model.arrival(s), segment)).collect(),
            outside: vec![],
        }
    }

    /// Bytes of the calendars of a stream, without what stands in them.
    pub fn bytes(stream: &Stream, segment: usize) -> usize {
        size_of::<Vec<Due>>() * stream.events.parts() * ticks_kept(&stream.events, true, segment)
    }

    /// Puts spikes that are on their way when tick `from` begins.
    pub fn load(&mut self, model: &Model, batch: usize, sent: &[Vec<Spike>], from: i64) {
        for (g, sent) in sent.iter().enumerate().filter(|(_, sent)| !sent.is_empty()) {
            sent.iter().for_each(|s| self.sent[g].push(*s));
            let ticks = from - model.stream_history(g) as i64..from;
            self.enter(model, batch, &[g], ticks, from, false);
        }
    }

    /// Enters listed spikes into the calendars of the streams by which they leave.
    pub fn enter(&mut self, model: &Model, batch: usize, groups: &[usize], ticks: Range<i64>, from: i64, shared: bool) {
        let Prepared { sent, calendars, .. } = self;
        let listed = |g: &usize| ticks.clone().map(|t| (t, sent[*g].of(t), sent[*g].within(t))).collect();
        let known: Vec<Vec<Listed>> = groups.iter().map(listed).collect();
        let mut work = Vec::new();
        for (stream, calendar) in model.streams.iter().zip(calendars) {
            let Some(k) = groups.iter().position(|g| *g == stream.from) else { continue };
            let arrival = calendar.arrival;
            work.extend(calendar.parts.iter_mut().enumerate().map(|(part, due)| ((&*stream.events, arrival), part, due, &known[k])));
        }
        type Work<'w> = ((&'w Events, Arrival), usize, &'w mut Vec<Vec<Due>>, &'w Vec<Listed<'w>>);
        let each = |((e, arrival), part, due, spikes): &mut Work| enter(e, *arrival, *part, due, batch, spikes, from);
        if shared { in_order(&mut work, each) } else { work.iter_mut().for_each(each) }
    }

    /// Enters the listed spikes of one tick; one sample.
    pub fn send(&mut self, model: &Model, groups: &[usize], tick: i64) {
        let Prepared { sent, calendars, .. } = self;
        for (stream, calendar) in model.streams.iter().zip(calendars).filter(|(s, _)| groups.contains(&s.from)) {
            let (spikes, within) = (sent[stream.from].of(tick), sent[stream.from].within(tick));
            if !spikes.is_empty() {
                let (arrival, listed) = (calendar.arrival, [(tick, spikes, within)]);
                let each = |(part, due): (usize, &mut Vec<_>)| enter(&stream.events, arrival, part, due, 1, &listed, i64::MIN);
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
        (!self.sent[g].lists.is_empty()).then(|| self.sent[g].of_mut(tick).0)
    }

    /// Spikes of a group that are still on their way when `tick` begins, oldest first.
    pub fn on_their_way(&self, model: &Model, g: usize, tick: i64) -> Vec<Spike> {
        let longest = model.stream_history(g) as i64;
        (tick - longest..tick).flat_map(|t| self.sent[g].all(t)).collect()
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

    /// Why so many samples cannot be shown at once, if they cannot: calendars number them.
    pub fn refuses_samples(&self) -> Option<Fault> {
        let (batch, most) = (self.layout.batch, 1 << 16);
        let s = self.model.streams.first().filter(|_| batch > most)?;
        let what = format!("{batch} samples at once, and `{}` brings spikes to at most {most} (show fewer)", s.name);
        Some(Fault { what, ..self.fault(s.to, "", None, 0.0, 0, self.start) })
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
            for s in &prepared.outside {
                arena[self.layout.spike(g, now.copy, (s.tick - from) as isize) + s.neuron as usize] = R::of(1.0 + s.passed());
            }
        }
        let Prepared { sent, outside, .. } = prepared;
        if sent[g].lists.is_empty() {
            return;
        }
        (from..to).for_each(|tick| sent[g].clear(tick));
        outside.iter().for_each(|s| sent[g].push(*s));
        prepared.enter(self.model, batch, &[g], from..to, i64::MIN, false);
    }

    /// Lists the spikes of some ticks of groups where a stream begins or a raster is drawn.
    pub fn list_spikes(&self, arena: &[R], prepared: &mut Prepared, groups: &[usize], now: Now, ticks: Range<usize>) {
        let groups: Vec<usize> = groups.iter().copied().filter(|g| !prepared.sent[*g].lists.is_empty()).collect();
        if groups.is_empty() || ticks.is_empty() {
            return;
        }
        let (from, to) = (self.absolute(now, ticks.start), self.absolute(now, ticks.end));
        type Work<'w, R> = (&'w mut Vec<u32>, Option<&'w mut Vec<u16>>, &'w [R]);
        let mut work: Vec<Work<R>> = Vec::new();
        for (g, spikes) in prepared.sent.iter_mut().enumerate().filter(|(g, _)| groups.contains(g)) {
            let slot = spikes.slot(from);
            let slot_of_times = if spikes.within.is_empty() { 0 } else { slot };
            let mut within = around(&mut spikes.within, slot_of_times, ticks.len());
            for (t, list) in ticks.clone().zip(around(&mut spikes.lists, slot, ticks.len())) {
                let at = self.layout.spike(g, now.copy, t as isize);
                work.push((list, within.next(), &arena[at..at + self.layout.groups[g].all]));
            }
        }
        let shared = self.threads > 1 && work.iter().map(|w| w.2.len()).sum::<usize>() >= SHARED;
        let each = |(list, within, column): &mut Work<R>| {
            list.clear();
            vectorise::run(self.isa, ListNotZero { numbers: column, first: 0, list });
            if let Some(within) = within {
                within.clear();
                within.extend(times_within(column, list.iter().map(|k| *k as usize)));
            }
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
