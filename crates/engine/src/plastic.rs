//! Weights that change by rules of plasticity ([`homolog_model::plasticity`]), tick by tick.
//!
//! ```text
//! every connection:     w = S(w, x, y)                            where a rule has such an equation
//! every receiver:       y = S(y)
//! a spike arrives:      a += effect(w, x, y);  w = R(w, x, y)     in the order of the spikes' ticks and of their senders
//! ... the neurons take their tick ...
//! the receiver spikes:  w = P(w, x, y);  y = P(y)
//! every sender:         x = S(x), and x = R(x) where it spikes    what it sends is seen after the delay
//! at intervals:         connections that are weak go, others form
//!                       w = w sum / (sum of w)                    in the order of the receiver's connections
//! ```
//!
//! A spike acts with the weight that it finds. Traces `x` of senders are kept for as long as the longest delay, so that a connection reads the
//! one that its own delay makes it see; those of receivers, `y`, as they are. All of it in double precision.
//!
//! Threads share connections, and neurons, in consecutive ranges; what arrives is added by one of them, in the order of the spikes. Of several processes
//! each has the connections that end at its neurons, and keeps what all senders remember: it follows from spikes, of which all hear.

mod plan;
mod runs;
mod shares;

pub(crate) use plan::StreamPlan;

use crate::events::Prepared;
use crate::format::Format;
use crate::layout::Now;
use crate::run::{Run, Source};
use homolog_exec::Isa;
use homolog_model::events::{Delays, Events, Strength};
use homolog_model::model::{Stream, Target, port};
use homolog_model::plasticity::{Ends, Heard, Memory, Plasticity, Rule};
use homolog_model::runner::{Plastic, Traces};
use homolog_model::{Fault, Group, Model, Precision, State};
use plan::{At, Bound, RulePlan};
use runs::{Due, Lane};
use shares::{Share, Workplace, divide, each, number};
use std::borrow::Cow;
use std::ops::Range;

/// Connections that are worked on at once.
const BLOCK: usize = 1024;

/// A ring of rows, one for each tick.
#[derive(Clone, Debug, Default)]
struct Ring {
    width: usize,
    slots: usize,
    numbers: Vec<f64>,
}

impl Ring {
    /// All rows alike: each of some numbers for all of `n`.
    fn new(slots: usize, memory: &[Memory], n: usize) -> Ring {
        let row: Vec<f64> = memory.iter().flat_map(|m| std::iter::repeat_n(m.start, n)).collect();
        let numbers = if row.is_empty() { vec![] } else { std::iter::repeat_n(&row, slots).flatten().copied().collect() };
        Ring { width: row.len(), slots, numbers }
    }

    fn range(&self, tick: i64) -> Range<usize> {
        let at = tick.rem_euclid(self.slots as i64) as usize * self.width;
        at..at + self.width
    }

    fn of(&self, tick: i64) -> &[f64] {
        &self.numbers[self.range(tick)]
    }

    fn of_mut(&mut self, tick: i64) -> &mut [f64] {
        let range = self.range(tick);
        &mut self.numbers[range]
    }
}

/// What the neurons at both ends remember for one rule.
#[derive(Clone, Debug, Default)]
struct Remembered {
    /// Of senders: after each tick, and in it between equation and spike.
    sent: [Ring; 2],
    /// Of receivers, as they are now.
    received: Vec<f64>,
}

/// A plastic stream in a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Working {
    /// As [`Plastic::connections`].
    connections: Vec<Vec<f64>>,
    rules: Vec<Remembered>,
    /// Of each tick to come: what arrives then.
    due: Vec<Vec<Due>>,
    /// All connections that are there, where a rule has an equation for each.
    every: Vec<Lane>,
    /// Where connections come and go, which of [`Working::connections`] says who is there.
    there: Option<usize>,
    places: Vec<Workplace>,
}

/// The plastic ones of a model's streams.
pub(crate) type All = Vec<Option<Box<Working>>>;

/// Ticks that senders are kept for, beside the longest delay: those of a segment, by which they may be ahead, and two for the ends.
pub(crate) fn slots(s: &Stream, segment: usize) -> usize {
    longest(s) + segment + 2
}

/// The longest delay of all processes.
fn longest(s: &Stream) -> usize {
    s.whole.bounds.1 as usize
}

/// Makes ready what a run needs, from the beginning or from where a state is.
pub(crate) fn begin(model: &Model, segment: usize, state: &State) -> All {
    let each = |(k, s): (usize, &Stream)| {
        let p = s.plasticity.as_ref()?;
        let mut w = Working::new(s, p, segment);
        if !state.is_fresh() {
            w.load(s, &model.groups[s.to], &state.plastic[k], state.tick);
            w.list(&s.events, p);
            // As in the calendars of other streams: what was sent and has not arrived.
            for sent in &state.sent[s.from] {
                w.enter(&s.events, sent.tick, &[sent.neuron], state.tick);
            }
        }
        Some(Box::new(w))
    };
    model.streams.iter().enumerate().map(each).collect()
}

impl Working {
    fn new(stream: &Stream, p: &Plasticity, segment: usize) -> Working {
        let e = &*stream.events;
        let Strength::Each(weights) = &e.strength else { unreachable!("a plastic stream has a weight for each connection") };
        let mut connections = vec![weights.iter().map(|w| p.sign * f64::from(*w)).collect()];
        connections.extend(p.rules.iter().flat_map(|r| &r.connection).map(|m| vec![m.start; e.len()]));
        if let Some(s) = &p.structure {
            let there: Vec<f64> = (0..e.len()).map(|k| f64::from(u8::from(s.begins(p.number(k))))).collect();
            connections[0].iter_mut().zip(&there).filter(|(_, there)| **there == 0.0).for_each(|(w, _)| *w = 0.0);
            connections.push(there);
        }
        let slots = slots(stream, segment);
        let rules = p.rules.iter().map(|r| {
            let sent = || Ring::new(slots, &r.sender, e.senders);
            let received = r.receiver.iter().flat_map(|m| std::iter::repeat_n(m.start, e.receivers)).collect();
            Remembered { sent: [sent(), sent()], received }
        });
        let there = p.structure.map(|_| p.there());
        let mut out = Working { connections, rules: rules.collect(), due: vec![vec![]; slots], there, ..Working::default() };
        out.list(e, p);
        out
    }

    /// Lists the connections that are there, where a rule has an equation for each.
    fn list(&mut self, e: &Events, p: &Plasticity) {
        self.every.clear();
        if p.rules.iter().all(|r| r.step.outputs.is_empty()) {
            return;
        }
        let (there, all) = (self.there.map(|k| &self.connections[k]), 0..e.len());
        for (part, sender) in (0..e.parts()).flat_map(|part| (0..e.senders).map(move |sender| (part, sender))) {
            let runs = e.runs(part, sender).map(|run| Due { part: part as u32, run: run as u32, sender: sender as u32 });
            self.every.extend(runs.flat_map(|due| due.lanes(e, &all)).filter(|l| is_there(there, l.connection as usize)));
        }
    }

    /// Prunes what is weak, and lets others form, after a tick.
    fn come_and_go(&mut self, e: &Events, p: &Plasticity, tick: i64, threads: usize) {
        let (Some(s), Some(there)) = (&p.structure, self.there) else { return };
        let starts: Vec<f64> = p.rules.iter().flat_map(|r| &r.connection).map(|m| m.start).collect();
        let arrays = self.connections.iter_mut().map(|c| &mut c[..]);
        let mut all = divide(arrays, e.len(), number(threads, e.len()), &mut self.places);
        each(&mut all, |Share { range, own, .. }| {
            for k in 0..range.len() {
                let change = match own[there][k] != 0.0 {
                    true => (own[0][k] < s.prune).then_some((0.0, 0.0)),
                    false => s.forms(p.number(range.start + k), tick).then_some((s.weight, 1.0)),
                };
                if let Some((weight, is)) = change {
                    (own[0][k], own[there][k]) = (weight, is);
                    own[1..there].iter_mut().zip(&starts).for_each(|(own, start)| own[k] = *start);
                }
            }
        });
        self.list(e, p);
    }

    /// Multiplies the weights of each neuron so that they sum to something.
    fn normalise(&mut self, e: &Events, p: &Plasticity, sum: f64, threads: usize) {
        let neurons = p.incoming.start.len() - 1;
        let shares = number(threads, e.len());
        let mut factors = vec![0.0; neurons];
        let weights = &self.connections[0];
        let mut all = divide(std::iter::once(&mut factors[..]), neurons, shares, &mut self.places);
        each(&mut all, |Share { range, own, .. }| {
            for (r, factor) in range.clone().zip(own[0].iter_mut()) {
                let own = &p.incoming.connection[p.incoming.range(r)];
                let all = own.iter().fold(0.0, |sum, c| sum + weights[*c as usize]);
                *factor = if all > 0.0 { sum / all } else { f64::NAN };
            }
        });
        let arrays = std::iter::once(&mut self.connections[0][..]);
        let mut all = divide(arrays, e.len(), shares, &mut self.places);
        each(&mut all, |Share { range, own, .. }| {
            // Weights of a neuron that has none above zero stay as they are.
            for (r, factor) in factors.iter().enumerate().filter(|(_, f)| !f.is_nan()) {
                incoming(p, r, range).for_each(|n| own[0][p.incoming.connection[n] as usize - range.start] *= factor);
            }
        });
    }

    /// The ticks whose traces a state holds.
    fn held(s: &Stream, tick: i64) -> Range<i64> {
        tick - longest(s) as i64 - 1..tick
    }

    fn load(&mut self, s: &Stream, to: &Group, from: &Plastic, tick: i64) {
        // A state is that of all processes.
        let division = s.plasticity.as_ref().and_then(|p| p.division.as_ref());
        match division {
            None => self.connections.clone_from(&from.connections),
            Some(d) => {
                let own = |all: &Vec<f64>| d.own.iter().map(|k| all[*k as usize]).collect();
                self.connections = from.connections.iter().map(own).collect();
            }
        }
        for (rule, saved) in self.rules.iter_mut().zip(&from.rules) {
            for (ring, rows) in rule.sent.iter_mut().zip(&saved.senders) {
                for (t, row) in Working::held(s, tick).zip(rows.chunks(ring.width.max(1))) {
                    ring.of_mut(t).copy_from_slice(row);
                }
            }
            rule.received = match division {
                None => saved.receivers.clone(),
                Some(_) => saved.receivers.chunks(to.copies()).flat_map(|column| column[to.here()].iter().copied()).collect(),
            };
        }
    }

    /// Puts all that is to be known into a state; of several processes, of the connections here.
    pub fn store(&self, s: &Stream, tick: i64) -> Plastic {
        let rows = |r: &Ring| Working::held(s, tick).flat_map(|t| r.of(t).iter().copied()).collect();
        let traces = |r: &Remembered| Traces { senders: r.sent.each_ref().map(rows), receivers: r.received.clone() };
        Plastic { connections: self.connections.clone(), rules: self.rules.iter().map(traces).collect() }
    }

    /// The weights, in the order of the stream's connections.
    pub fn weights(&self) -> &[f64] {
        &self.connections[0]
    }

    /// Enters spikes of a tick that arrive at tick `from` or later.
    fn enter(&mut self, e: &Events, tick: i64, senders: &[u32], from: i64) {
        let slots = self.due.len() as i64;
        for sender in senders {
            for part in 0..e.parts() {
                for run in e.runs(part, *sender as usize) {
                    let arrives = tick + i64::from(e.delay(run));
                    if arrives >= from && !e.run(run).is_empty() {
                        let due = Due { part: part as u32, run: run as u32, sender: *sender };
                        self.due[arrives.rem_euclid(slots) as usize].push(due);
                    }
                }
            }
        }
    }
}

/// A column of a kernel: to be filled before it runs, or made by it.
enum Column<'c> {
    Input(&'c mut [f64]),
    Output(&'c [f64]),
}

/// Runs a kernel over lanes, block by block; `meet` gives its inputs and takes its outputs.
fn over(isa: Isa, bound: &Bound, columns: &mut Vec<f64>, n: usize, mut meet: impl FnMut(At, Range<usize>, Column)) {
    if bound.outputs.is_empty() {
        return;
    }
    let ports = bound.inputs.len() + bound.outputs.len();
    columns.resize((ports * BLOCK).max(columns.len()), 0.0);
    let at = |k: usize| k * BLOCK;
    let inputs: Vec<usize> = (0..bound.inputs.len()).map(at).collect();
    let outputs: Vec<usize> = (bound.inputs.len()..ports).map(at).collect();
    for first in (0..n).step_by(BLOCK) {
        let block = first..(first + BLOCK).min(n);
        for (port, from) in bound.inputs.iter().zip(&inputs) {
            meet(*port, block.clone(), Column::Input(&mut columns[*from..from + block.len()]));
        }
        bound.program.run(isa, columns, &inputs, &outputs, block.len());
        for (port, from) in bound.outputs.iter().zip(&outputs) {
            meet(*port, block.clone(), Column::Output(&columns[*from..from + block.len()]));
        }
    }
}

/// Which of what neurons remember a kernel of connections reads.
#[derive(Clone, Copy)]
struct Reading {
    tick: i64,
    /// Ticks since the sender's trace that is read, beside the delay.
    back: i64,
    /// 0: after a tick; 1: between equation and spike.
    sender: usize,
}

/// What is heard from outside, for each of a rule's ports.
enum Sound<'a> {
    Each(Cow<'a, [f64]>),
    /// At places of cells: the column of the variable, how far its places are apart, and where in it each place of the port finds it.
    Places {
        column: Cow<'a, [f64]>,
        site: usize,
        ends: &'a Ends,
        places: &'a [u32],
    },
    One(f64),
}

impl Sound<'_> {
    fn of(&self, receiver: usize) -> f64 {
        match self {
            Sound::Each(column) => column[receiver],
            Sound::Places { column, site, ends, places } => column[places[receiver / ends.copies] as usize * site + receiver % ends.copies],
            Sound::One(x) => *x,
        }
    }
}

/// Applies a kernel of a rule to the connections of a share that are listed; what arrives at the synapse takes the place of what did.
fn change(isa: Isa, bound: &Bound, e: &Events, share: &mut Share, remembered: &Remembered, sounds: &[Sound], reading: Reading) {
    let Share { range, own, place } = share;
    let Workplace { lanes, effect, columns, .. } = &mut **place;
    let first = range.start;
    over(isa, bound, columns, lanes.len(), |at, block, column| {
        let of_block = &lanes[block.clone()];
        match (at, column) {
            (At::Own(k), Column::Output(column)) => {
                let to = &mut *own[k];
                column.iter().zip(of_block).for_each(|(x, l)| to[l.connection as usize - first] = *x);
            }
            (_, Column::Output(column)) => effect[block].copy_from_slice(column),
            (at, Column::Input(column)) => {
                let lanes = column.iter_mut().zip(of_block);
                match at {
                    At::Own(k) => lanes.for_each(|(x, l)| *x = own[k][l.connection as usize - first]),
                    At::Sender(k) => {
                        let ring = &remembered.sent[reading.sender];
                        let row = |delay: u32| &ring.of(reading.tick - reading.back - i64::from(delay))[k * e.senders..];
                        if let Delays::Shared(d) = e.delays {
                            let row = row(d);
                            return lanes.for_each(|(x, l)| *x = row[l.sender as usize]);
                        }
                        lanes.for_each(|(x, l)| *x = row(l.delay)[l.sender as usize]);
                    }
                    At::Receiver(k) => {
                        let row = &remembered.received[k * e.receivers..];
                        lanes.for_each(|(x, l)| *x = row[l.receiver as usize]);
                    }
                    At::Heard(k) => lanes.for_each(|(x, l)| *x = sounds[k].of(l.receiver as usize)),
                    other => unreachable!("{other:?} is no input of a connection"),
                }
            }
        }
    });
}

impl<R: Format> Run<'_, R> {
    /// Whether weights onto a group change.
    pub fn is_plastic(&self, g: usize) -> bool {
        self.model.streams.iter().any(|s| s.to == g && s.plasticity.is_some())
    }

    /// Why the model cannot be run so, if it cannot.
    pub fn refuses_plasticity(&self) -> Option<Fault> {
        let s = self.model.streams.iter().find(|s| s.plasticity.is_some())?;
        let what =
            format!("{} samples at once, and `{}` has one weight for all (show them one after the other)", self.layout.batch, s.name);
        let what = match self.model.precision {
            Precision::Double => what,
            Precision::Single => format!("32-bit numbers, and weights of `{}` that change, which have 64", s.name),
        };
        (self.layout.batch != 1 || self.model.precision == Precision::Single)
            .then(|| Fault { what, ..self.fault(s.to, "", None, 0.0, 0, self.start) })
    }

    /// What a rule hears in a tick, with variables as they are at a moment: spikes are those of the tick before.
    fn sounds<'s>(&'s self, arena: &'s [R], events: &Prepared, (rule, s): (&Rule, &'s Stream), now: Now, tick: i64) -> Vec<Sound<'s>> {
        let (to, l) = (s.to, self.of(s.to));
        let ends = s.plasticity.as_ref().and_then(|p| p.ends.as_ref());
        let sound = |(_, h): &(String, Heard)| match *h {
            Heard::Variable(k) => {
                let at = self.layout.variable(to, k, now.copy, now.t);
                let Some(ends) = ends else { return Sound::Each(R::wider(&arena[at..at + l.all])) };
                let places = &ends.heard.iter().find(|h| h.0 == k).expect("it is heard").1;
                let sites = self.model.groups[to].variables[k].sites;
                let column = R::wider(&arena[at..at + (sites - 1) * l.site + l.lanes]);
                Sound::Places { column, site: l.site, ends, places }
            }
            Heard::Value(g) => Sound::One(match self.value_source(g, now.frame as isize) {
                Source::Given(x) => x[0].wide(),
                Source::Arena(at) => arena[at].wide(),
            }),
            Heard::Spike(g) => Sound::One(if events.sent[g].of(tick - 1).is_empty() { 0.0 } else { 1.0 }),
        };
        rule.heard.iter().map(sound).collect()
    }

    /// The beginning of a tick for what ends at some groups: weights and receivers go on, and the spikes that arrive act.
    pub fn arrive_and_learn(&self, arena: &mut [R], events: &Prepared, all: &mut All, groups: &[usize], now: Now) {
        let tick = self.absolute(now, now.t);
        for (k, s) in self.model.streams.iter().enumerate().filter(|(_, s)| groups.contains(&s.to)) {
            let (Some(p), Some(w)) = (&s.plasticity, &mut all[k]) else { continue };
            let plan = &self.plan.plastic[k].as_ref().expect("planned").rules;
            self.go_on(arena, events, w, (s, p, plan), now, tick);
            let (e, slot) = (&*s.events, tick.rem_euclid(w.due.len() as i64) as usize);
            let due = std::mem::take(&mut w.due[slot]);
            let n = due.iter().map(|d| e.run(d.run as usize).len()).sum();
            if n > 0 {
                self.arrive_by(arena, events, w, (s, p, plan), (&due, n), now, tick);
            }
            w.due[slot] = due;
            w.due[slot].clear();
        }
    }

    /// What `n` connections do by which spikes arrive, and what that does to them.
    #[allow(clippy::too_many_arguments)]
    fn arrive_by(
        &self,
        arena: &mut [R],
        events: &Prepared,
        w: &mut Working,
        (s, p, plan): (&Stream, &Plasticity, &[RulePlan]),
        (due, n): (&[Due], usize),
        now: Now,
        tick: i64,
    ) {
        let (isa, e, is_there) = (self.isa, &*s.events, w.there);
        let Working { connections, rules, places, .. } = w;
        let arrays = connections.iter_mut().map(|c| &mut c[..]);
        let mut shares = divide(arrays, e.len(), number(self.threads, n), places);
        let sounds: Vec<_> = p.rules.iter().map(|rule| self.sounds(arena, events, (rule, s), now, tick)).collect();
        let reading = Reading { tick, back: 0, sender: 1 };
        each(&mut shares, |share| {
            let Share { range, own, place } = &mut *share;
            place.lanes.clear();
            place.until.clear();
            for due in due {
                match is_there {
                    // Their number is known, so that they are written one after the other without a look at each.
                    None => place.lanes.extend(due.lanes(e, range)),
                    Some(k) => place.lanes.extend(due.lanes(e, range).filter(|l| own[k][l.connection as usize - range.start] != 0.0)),
                }
                place.until.push(place.lanes.len() as u32);
            }
            place.effect.clear();
            place.effect.extend(place.lanes.iter().map(|l| own[0][l.connection as usize - range.start]));
            for ((plan, remembered), sounds) in plan.iter().zip(&*rules).zip(&sounds) {
                change(isa, &plan.arrive, e, share, remembered, sounds, reading);
            }
        });
        drop(sounds);
        // In the order of the spikes, which is that of the sums.
        let column = |name: &str| {
            let port = self.model.groups[s.to].arrivals.iter().position(|a| a.name == name);
            port.map(|k| self.layout.arrival(s.to, k, now.copy, now.t))
        };
        let (positive, negative, own) = (column(port::POSITIVE), column(port::NEGATIVE), column(port::ARRIVE));
        let act = |x: f64| match s.target {
            // Where at a cell weights of the other sign end are other places.
            Target::BySign if p.ends.is_some() => (if p.sign < 0.0 { negative } else { positive }, x.max(0.0)),
            Target::BySign if p.sign * x < 0.0 => (negative, x.abs()),
            Target::BySign => (positive, x.abs()),
            _ => (own, p.sign * x),
        };
        for d in 0..due.len() {
            for share in &shares {
                let Workplace { lanes, effect, until, .. } = &*share.place;
                let of_run = if d == 0 { 0 } else { until[d - 1] as usize }..until[d] as usize;
                for (l, x) in lanes[of_run.clone()].iter().zip(&effect[of_run]) {
                    if let (Some(to), x) = act(*x) {
                        arena[to + l.receiver as usize] += R::of(x);
                    }
                }
            }
        }
    }

    /// The equations of weights, and of what receivers remember.
    fn go_on(
        &self,
        arena: &[R],
        events: &Prepared,
        w: &mut Working,
        (s, p, plan): (&Stream, &Plasticity, &[RulePlan]),
        now: Now,
        tick: i64,
    ) {
        let (isa, e) = (self.isa, &*s.events);
        let Working { connections, rules, every, places, .. } = w;
        let sounds: Vec<_> = p.rules.iter().map(|rule| self.sounds(arena, events, (rule, s), now, tick)).collect();
        if plan.iter().any(|plan| !plan.step.outputs.is_empty()) && !every.is_empty() {
            let arrays = connections.iter_mut().map(|c| &mut c[..]);
            let mut shares = divide(arrays, e.len(), number(self.threads, every.len()), places);
            let reading = Reading { tick, back: 1, sender: 0 };
            let before = |k: usize| every.partition_point(|l| (l.connection as usize) < k);
            each(&mut shares, |share| {
                share.place.lanes.clear();
                share.place.lanes.extend_from_slice(&every[before(share.range.start)..before(share.range.end)]);
                for ((plan, remembered), sounds) in plan.iter().zip(&*rules).zip(&sounds) {
                    change(isa, &plan.step, e, share, remembered, sounds, reading);
                }
            });
        }
        for ((plan, remembered), sounds) in plan.iter().zip(rules.iter_mut()).zip(&sounds) {
            receivers(isa, &plan.receive, e, remembered, sounds, &[], (self.threads, places));
        }
    }

    /// What follows from ticks that some groups have taken, whose spikes are listed: weights onto them change, and what they have sent is
    /// remembered.
    pub fn learn(&self, arena: &[R], events: &Prepared, all: &mut All, groups: &[usize], now: Now, ticks: Range<usize>) {
        for t in ticks {
            let now = Now { t, ..now };
            for (k, s) in self.model.streams.iter().enumerate() {
                let (Some(p), Some(w)) = (&s.plasticity, &mut all[k]) else { continue };
                if groups.contains(&s.to) {
                    let plan = &self.plan.plastic[k].as_ref().expect("planned").rules;
                    self.fire(arena, events, w, (s, p, plan), now);
                }
                if groups.contains(&s.from) {
                    self.remember(events, w, k, s, now);
                }
            }
        }
    }

    /// What the spikes of receivers do, and sums of weights.
    fn fire(&self, arena: &[R], events: &Prepared, w: &mut Working, (s, p, plan): (&Stream, &Plasticity, &[RulePlan]), now: Now) {
        let (isa, e, to, tick) = (self.isa, &*s.events, &self.model.groups[s.to], self.absolute(now, now.t));
        // Variables are heard as they are after the tick.
        let heard = Now { t: now.t + 1, ..now };
        // Of several processes all hear of all spikes.
        let spiked: Vec<u32> = events.sent[s.to].of(tick).iter().filter_map(|n| to.computed_as(*n as usize)).map(|n| n as u32).collect();
        if !spiked.is_empty() {
            let is_there = w.there;
            let Working { connections, rules, places, .. } = &mut *w;
            let n = spiked.iter().map(|r| p.incoming.range(*r as usize).len()).sum();
            let arrays = connections.iter_mut().map(|c| &mut c[..]);
            let mut shares = divide(arrays, e.len(), number(self.threads, n), places);
            let sounds: Vec<_> = p.rules.iter().map(|rule| self.sounds(arena, events, (rule, s), heard, tick)).collect();
            let reading = Reading { tick, back: 0, sender: 0 };
            each(&mut shares, |share| {
                let Share { range, own, place } = &mut *share;
                place.lanes.clear();
                for r in &spiked {
                    let there = |k: u32| is_there.is_none_or(|there| own[there][k as usize - range.start] != 0.0);
                    for n in incoming(p, *r as usize, range).filter(|n| there(p.incoming.connection[*n])) {
                        let (connection, sender) = (p.incoming.connection[n], p.incoming.sender[n]);
                        let receiver = if p.ends.is_none() { *r } else { e.receiver(connection as usize) as u32 };
                        place.lanes.push(Lane { connection, sender, receiver, delay: e.delay_of(connection as usize) });
                    }
                }
                for ((plan, remembered), sounds) in plan.iter().zip(&*rules).zip(&sounds) {
                    change(isa, &plan.post, e, share, remembered, sounds, reading);
                }
            });
            let mut all_places = vec![];
            let spiked = match &p.ends {
                None => &spiked,
                Some(ends) => {
                    ends.of(&spiked, &mut all_places);
                    &all_places
                }
            };
            for ((plan, remembered), sounds) in plan.iter().zip(rules.iter_mut()).zip(&sounds) {
                receivers(isa, &plan.fire, e, remembered, sounds, spiked, (self.threads, places));
            }
        }
        if p.structure.is_some_and(|s| (tick + 1) % s.every == 0) {
            w.come_and_go(e, p, tick, self.threads);
        }
        if let Some(n) = p.normalise.filter(|n| (tick + 1) % n.every == 0) {
            w.normalise(e, p, n.sum, self.threads);
        }
    }

    /// What senders remember of a tick, and where its spikes go.
    fn remember(&self, events: &Prepared, w: &mut Working, k: usize, s: &Stream, now: Now) {
        let (isa, e, tick) = (self.isa, &*s.events, self.absolute(now, now.t));
        let spiked = events.sent[s.from].of(tick);
        for (plan, remembered) in self.plan.plastic[k].as_ref().expect("planned").rules.iter().zip(&mut w.rules) {
            if plan.send.outputs.is_empty() {
                continue;
            }
            let before = remembered.sent[0].of(tick - 1).to_vec();
            let memories = before.len() / e.senders.max(1);
            let rows = remembered.sent.iter_mut().flat_map(|ring| ring.of_mut(tick).chunks_mut(e.senders.max(1)));
            let mut shares = divide(rows, e.senders, number(self.threads, before.len()), &mut w.places);
            each(&mut shares, |Share { range, own, place }| {
                let first = range.start;
                over(isa, &plan.send, &mut place.columns, range.len(), |at, block, column| match (at, column) {
                    (At::Sender(k), Column::Input(column)) => column.copy_from_slice(&before[k * e.senders + first..][block]),
                    (_, Column::Input(column)) => mark(spiked, first + block.start..first + block.end, column),
                    (At::Sender(k), Column::Output(column)) => own[k][block].copy_from_slice(column),
                    (At::Between(k), Column::Output(column)) => own[memories + k][block].copy_from_slice(column),
                    (other, _) => unreachable!("{other:?} is no trace of a sender"),
                });
            });
        }
        w.enter(e, tick, spiked, i64::MIN);
    }

    /// The first weight that is not finite: of the first stream that has one, onto the first neuron.
    pub fn check_weights(&self, all: &All, tick: i64) -> Result<(), Fault> {
        for (s, w) in self.model.streams.iter().zip(all).filter_map(|(s, w)| Some((s, w.as_ref()?))) {
            let mut found: Option<(usize, usize, f64)> = None;
            if !crate::forward::finite(self.isa, w.weights()) {
                s.events.each(|k, sender, receiver| {
                    let neuron = s.plasticity.as_ref().map_or(receiver, |p| p.neuron(receiver));
                    if !w.weights()[k].is_finite() && found.is_none_or(|f| neuron < f.0) {
                        found = Some((neuron, sender, w.weights()[k]));
                    }
                });
            }
            let from = &self.model.groups[s.from].name;
            let fault = found
                .map(|(neuron, sender, x)| self.fault(s.to, &format!("the weight from neuron {sender} of {from}"), None, x, neuron, tick));
            self.agree(&[s.to], fault)?;
        }
        Ok(())
    }
}

/// Applies a kernel to what receivers remember; those in the list spike.
fn receivers(
    isa: Isa,
    bound: &Bound,
    e: &Events,
    remembered: &mut Remembered,
    sounds: &[Sound],
    spiked: &[u32],
    (threads, places): (usize, &mut Vec<Workplace>),
) {
    if bound.outputs.is_empty() {
        return;
    }
    let shares = number(threads, remembered.received.len());
    let rows = remembered.received.chunks_mut(e.receivers.max(1));
    each(&mut divide(rows, e.receivers, shares, places), |Share { range, own, place }| {
        let first = range.start;
        over(isa, bound, &mut place.columns, range.len(), |at, block, column| match (at, column) {
            (At::Receiver(k), Column::Input(column)) => column.copy_from_slice(&own[k][block]),
            (At::Heard(k), Column::Input(column)) => column.iter_mut().zip(block).for_each(|(x, r)| *x = sounds[k].of(first + r)),
            (_, Column::Input(column)) => mark(spiked, first + block.start..first + block.end, column),
            (At::Receiver(k), Column::Output(column)) => own[k][block].copy_from_slice(column),
            (other, _) => unreachable!("{other:?} is no trace of a receiver"),
        });
    });
}

/// Where among those that end at a neuron connections of a range are.
fn incoming(p: &Plasticity, neuron: usize, within: &Range<usize>) -> impl Iterator<Item = usize> {
    let (all, connection) = (p.incoming.range(neuron), &p.incoming.connection);
    let before = |k: usize| connection[all.clone()].partition_point(|c| (*c as usize) < k);
    // Those of a cell are at several places, and do not ascend.
    let some = if p.ends.is_none() { all.start + before(within.start)..all.start + before(within.end) } else { all };
    let within = within.clone();
    some.filter(move |n| within.contains(&(connection[*n] as usize)))
}

/// Whether a connection is there, where connections come and go.
fn is_there(there: Option<&Vec<f64>>, connection: usize) -> bool {
    there.is_none_or(|t| t[connection] != 0.0)
}

/// 1 where a neuron of a block is in an ascending list, 0 elsewhere.
fn mark(list: &[u32], block: Range<usize>, column: &mut [f64]) {
    column.fill(0.0);
    let from = list.partition_point(|x| (*x as usize) < block.start);
    for x in list[from..].iter().take_while(|x| (**x as usize) < block.end) {
        column[*x as usize - block.start] = 1.0;
    }
}
