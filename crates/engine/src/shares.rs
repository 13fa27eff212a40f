//! Bursts of point neurons in shares: one thread takes some neurons through all that a burst is, delivery, equations and the list of spikes, so
//! that what arrives and what spikes is in its own cache; and the threads meet once, not at each of these.
//!
//! Shares are whole parts of the streams that arrive. No bit depends on them: what arrives at a neuron is summed in the same order, and lists are
//! put together in the order of the neurons.

use crate::Scratch;
use crate::events::{Calendar, SHARED, times_within, with_counts};
use crate::format::Format;
use crate::forward::finite;
use crate::layout::{Columns, Now};
use crate::run::{Piece, Run};
use homolog_exec::{Checked, Column, Lanes, ListNotZero, Share, Together, vectorise};
use homolog_model::events::PART;
use homolog_model::model::Stream;
use std::ops::Range;

/// Work of all threads over that of as many as the busiest: below it threads share ticks instead.
const BALANCED: f64 = 0.75;

/// Groups whose bursts are run in shares.
pub(crate) struct Shares<'c, 'l, 'a, R: Format> {
    groups: Vec<usize>,
    together: Together<'c, 'l, 'a, R>,
    parts: Vec<Part>,
}

/// Some neurons of a group.
struct Part {
    member: usize,
    lanes: Range<usize>,
    /// The thread that takes them if it can.
    home: usize,
    /// Which of them spiked in the last burst, tick by tick.
    lists: Vec<Vec<u32>>,
    /// When within its tick each of them is, where that is asked.
    within: Vec<Vec<u16>>,
    /// Whether all their variables were finite after it, if it was the last of a segment.
    finite: bool,
}

/// The loops of a group: pieces of a segment.
pub(crate) type Loops<'l, 'a, R> = (usize, Vec<(Piece, Checked<'l, 'a, R>)>);

fn column(c: &Columns, copy: usize, first: usize) -> Column {
    Column { at: c.nth(first) + copy, tick: c.pitch as isize, site: 0 }
}

impl<'a, R: Format> Run<'a, R> {
    /// Shares of the bursts of some groups, whose loops are given; none where they are not point neurons that hear streams and noise alone, or
    /// threads would have too unequal shares.
    pub fn shares<'c, 'l>(&self, groups: &[usize], loops: &'c [Loops<'l, 'a, R>], now: Now, ticks: usize) -> Option<Shares<'c, 'l, 'a, R>> {
        let (model, layout) = (self.model, self.layout);
        let mut members = Vec::new();
        let mut parts: Vec<Part> = Vec::new();
        for (member, &g) in groups.iter().enumerate() {
            let group = &model.groups[g];
            let pieces = &loops.iter().find(|l| l.0 == g)?.1;
            let ([(_, checked)], 1, 1, (true, false)) = (&pieces[..], layout.batch, group.kinds(), self.hears(g)) else { return None };
            let l = &layout.groups[g];
            let spikes = l.dense || l.in_step;
            if !spikes || model.streams.iter().any(|s| s.to == g && s.plasticity.is_some()) {
                return None;
            }
            let arrivals = self.ports(g).map(|k| column(&l.arrivals[k], now.copy, 0));
            // Those that are kept tick by tick are looked at later.
            let states = l.variables.iter().filter(|v| !v.1).map(|v| Column { tick: 0, ..column(&v.0, 0, 0) });
            members.push((checked, arrivals.chain([column(&l.spikes, now.copy, l.spike_history)]).chain(states).collect()));
            // Parts are powers of two.
            let part = model.streams.iter().filter(|s| s.to == g).map(|s| s.events.part).max().unwrap_or(PART);
            let lists = vec![vec![]; ticks];
            let within = vec![vec![]; if group.interpolated { ticks } else { 0 }];
            parts.extend((0..l.all).step_by(part).map(|from| Part {
                member,
                lanes: from..(from + part).min(l.all),
                home: 0,
                lists: lists.clone(),
                within: within.clone(),
                finite: false,
            }));
        }
        // The largest first, each to whom has least.
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|k| std::cmp::Reverse(parts[*k].lanes.len()));
        let mut loads = vec![0usize; self.threads];
        for k in &order {
            let home = (0..self.threads).min_by_key(|t| loads[*t]).expect("there is a thread");
            parts[*k].home = home;
            loads[home] += parts[*k].lanes.len();
        }
        let (all, most) = (loads.iter().sum::<usize>() as f64, loads.iter().max().copied().unwrap_or(0) as f64);
        if all < BALANCED * most * self.threads as f64 {
            return None;
        }
        Some(Shares { groups: groups.to_vec(), together: Together::new(members)?, parts })
    }

    /// Runs a burst in shares; after the `last` of a segment numbers are looked at that are not finite.
    pub fn burst_in_shares(
        &self,
        arena: &mut [R],
        scratch: &mut Scratch<R>,
        shares: &mut Shares<'_, '_, 'a, R>,
        now: Now,
        ticks: Range<usize>,
        last: bool,
    ) {
        let (model, prepared) = (self.model, &scratch.events);
        let streams =
            |g: usize| -> Vec<(&Stream, &Calendar)> { model.streams.iter().zip(&prepared.calendars).filter(|(s, _)| s.to == g).collect() };
        let streams: Vec<Vec<(&Stream, &Calendar)>> = shares.groups.iter().map(|g| streams(*g)).collect();
        let listed: Vec<bool> = shares.groups.iter().map(|g| !prepared.sent[*g].lists.is_empty()).collect();
        let (groups, thresholds) = (&shares.groups, &prepared.thresholds);
        let kept = |g: usize| self.layout.groups[g].variables.iter().any(|v| v.1);
        let work = |lanes: &mut Lanes<R>, of: &mut Part| {
            let (g, first) = (groups[of.member], of.lanes.start);
            let ports = self.ports(g);
            with_counts(|counts| {
                for (t, port) in ticks.clone().flat_map(|t| ports.clone().map(move |port| (t, port))) {
                    let column = lanes.numbers(port, t);
                    self.delivery((g, port), (now, t), &streams[of.member], thresholds, first, column).run(counts);
                }
            });
            lanes.run(&ticks);
            if listed[of.member] {
                for (t, list) in ticks.clone().zip(&mut of.lists) {
                    list.clear();
                    vectorise::run(self.isa, ListNotZero { numbers: lanes.numbers(ports.end, t), first, list });
                }
                for ((t, list), within) in ticks.clone().zip(&of.lists).zip(&mut of.within) {
                    within.clear();
                    within.extend(times_within(lanes.numbers(ports.end, t), list.iter().map(|k| *k as usize - first)));
                }
            }
            if last {
                let states = ports.end + 1..lanes.columns();
                of.finite = !kept(g) && states.into_iter().all(|k| finite(self.isa, lanes.numbers(k, ticks.start)));
            }
        };
        let all: Vec<Share<&mut Part>> =
            shares.parts.iter_mut().map(|s| Share { of: s.member, lanes: s.lanes.clone(), home: s.home, with: s }).collect();
        let numbers = ticks.len() * all.iter().map(|s| s.lanes.len()).sum::<usize>();
        shares.together.run(arena, self.threads > 1 && numbers >= SHARED, all, work);
        if last {
            let whole = shares.parts.chunk_by(|a, b| a.member == b.member).filter(|parts| parts.iter().all(|p| p.finite));
            scratch.finite.extend(whole.map(|parts| shares.groups[parts[0].member]));
        }
        let prepared = &mut scratch.events;
        let absolute = self.absolute(now, ticks.start)..self.absolute(now, ticks.end);
        prepared.forget(model, &shares.groups, absolute.clone());
        let mut spikes = 0;
        // Parts of a group lie one after the other.
        for parts in shares.parts.chunk_by(|a, b| a.member == b.member).filter(|parts| listed[parts[0].member]) {
            for (k, tick) in absolute.clone().enumerate() {
                let (list, within) = prepared.sent[shares.groups[parts[0].member]].of_mut(tick);
                list.clear();
                parts.iter().for_each(|s| list.extend(&s.lists[k]));
                spikes += list.len();
                if let Some(within) = within {
                    within.clear();
                    parts.iter().for_each(|s| within.extend(&s.within[k]));
                }
            }
        }
        let sending: Vec<usize> = shares.groups.iter().zip(&listed).filter(|(_, l)| **l).map(|(g, _)| *g).collect();
        self.exchange(&mut prepared.sent, &sending, absolute.clone());
        prepared.enter(model, self.layout.batch, &sending, absolute, i64::MIN, self.threads > 1 && spikes >= SHARED);
    }
}
