//! Where every number of a run lies in its one array of columns.
//!
//! A column has a number for each place, neuron and sample, samples innermost: element `place * site + neuron * batch + sample`, where
//! `site` is `size * batch` or, for many, somewhat more. Where a group has several kinds of neurons, with places of their own, it is
//! `place * site + copy * batch + sample`; what every neuron has one of has a place for each kind, and no gaps. Per group:
//!
//! - learned parameters and fixed numbers: one column each;
//! - values, drives and values by sign: one column per frame (values preceded by those still on their way);
//! - per copy of a segment of `S` ticks: variables that the backward pass or a probe reads `S + 1` columns (before tick 0, ..,
//!   after tick S-1), spikes `S + D` columns (`D` still on their way), arrivals `S` columns a port, pivots `S` columns;
//! - other variables and columns within a tick: one, used again in every tick;
//! - with a tape, the cotangents: variables, drives, learned parameters, fixed numbers and spikes one column each, values one per
//!   frame, arrivals `S + D` columns a port.
//!
//! Columns begin on cache lines, and long ones are followed by a gap, so that the columns of one kernel do not compete for
//! the same sets of the caches.
//!
//! A tape that fits its budget keeps a copy per segment, and a segment is a frame; else there is one copy, segments have
//! about the square root of all ticks, and a checkpoint is kept for each.

use crate::contacts::ContactLayout;
use crate::lockstep::{in_step, shortest_delays};
use crate::plan::{At, Place};
use homolog_exec::Column;
use homolog_model::model::port;
use homolog_model::{Clock, Group, Model, Observable, Probe};

/// Bytes of a segment's columns that stay in the second-level cache.
const SEGMENT: usize = 256 * 1024;
/// Ticks of a segment of cells: tiles are copied once for each, which with 32 ticks took a tenth of the time.
const LONG: usize = 128;

/// Numbers of a thread's copies of tiles: a share of the third-level cache. A tile of 64 lanes solves trees faster than one of 8 that stays in
/// the second level (8.4 and 9.6 ns a compartment for cells of 401).
const SCRATCH: usize = 600 * 1024;

/// From one column to the next; `line` is the numbers of a cache line.
fn pitch(lanes: usize, line: usize) -> usize {
    lanes.next_multiple_of(line) + if lanes >= 512 { 9 * line } else { 0 }
}

/// Columns of one kind, one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Columns {
    /// Where the first begins.
    pub at: usize,
    /// Places in each.
    pub sites: usize,
    /// From one to the next.
    pub pitch: usize,
}

impl Columns {
    /// Where column `k` begins.
    pub fn nth(&self, k: usize) -> usize {
        self.at + k * self.pitch
    }
}

/// Offsets of one group.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupLayout {
    /// Numbers of one place: neurons (of a kind, that this process computes) times samples.
    pub lanes: usize,
    /// Numbers of what every neuron has one of: neurons of all kinds times samples, one after the other.
    pub all: usize,
    /// From one place to the next.
    pub site: usize,
    pub learned: Vec<Columns>,
    pub fixed: Vec<Columns>,
    /// Sums of couplings, when those are computed.
    pub axial: Columns,
    pub values: Columns,
    pub value_history: usize,
    pub drives: Columns,
    pub signed: Vec<Columns>,
    /// Each variable (copy 0, slot 0), and whether it has slots.
    pub variables: Vec<(Columns, bool)>,
    pub spikes: Columns,
    /// Whether there is a column of spikes for each tick: what spikes by streams alone and from outside is listed and no more.
    pub dense: bool,
    pub spike_history: usize,
    pub arrivals: Vec<Columns>,
    pub work: Vec<Columns>,
    pub pivots: Columns,
    /// Of each tree of what diffuses: sums of couplings, when those are computed, and pivots, which are those of every tick.
    pub diffusion: Vec<[Columns; 2]>,
    /// Whether there is a column of pivots for each tick.
    pub keeps_pivots: bool,
    /// For each tick of a frame, whether the readout is open.
    pub open: usize,
    /// For each tick of the run, when it begins, ms; only where something reads it.
    pub time: usize,
    pub d_variables: Vec<Columns>,
    pub d_drive: Columns,
    pub d_signed: Vec<Columns>,
    pub d_learned: Vec<Columns>,
    pub d_fixed: Vec<Columns>,
    pub d_work: Vec<Columns>,
    pub d_spike: Columns,
    pub d_values: Columns,
    pub d_arrivals: Vec<Columns>,
    /// Recorded places, of one segment, where the variable is not kept tick by tick: index of the probe, variable, place, columns.
    pub traces: Vec<(usize, usize, usize, Columns)>,
    /// Cotangents of recorded places, of one segment: index of the probe, variable, place, columns.
    pub d_traces: Vec<(usize, usize, usize, Columns)>,
    /// Recorded sums, of one segment: index of the probe, sum, columns.
    pub sums: Vec<(usize, usize, Columns)>,
    /// Their cotangents.
    pub d_sums: Vec<(usize, usize, Columns)>,
    /// Largest delay of spikes that arrive here.
    pub arrival_history: usize,
    /// Whether columns of spikes and arrivals are those of every tick: [`crate::lockstep`].
    pub in_step: bool,
}

/// Offsets of everything, for one model, batch and number of frames.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub batch: usize,
    pub frames: usize,
    /// Ticks of a frame.
    pub ticks: usize,
    /// Ticks of a segment (the last of a frame may have fewer).
    pub segment: usize,
    /// Segments of a frame.
    pub segments: usize,
    pub keeps_all: bool,
    /// Numbers from one copy of a segment to the next.
    pub stride: usize,
    pub groups: Vec<GroupLayout>,
    pub contacts: Vec<ContactLayout>,
    /// Where memory begins to which tiles are copied, a share for each thread.
    pub scratch: usize,
    /// All of it.
    pub size: usize,
}

/// What is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub model: &'a Model,
    pub probes: &'a [Probe],
    pub batch: usize,
    pub frames: usize,
    /// Whether gradients will be pulled back.
    pub taped: bool,
    /// Whether what a tape would keep is kept tick by tick without one, so that a fault has its time.
    pub precise: bool,
    pub threads: usize,
    /// Numbers of a cache line.
    pub line: usize,
}

impl Wanted<'_> {
    /// For each group, whether one column of spikes and one of arrivals serve all ticks.
    fn in_step(&self) -> Vec<bool> {
        let kept = self.taped || self.precise;
        if kept { vec![false; self.model.groups.len()] } else { in_step(self.model, self.probes) }
    }
}

/// Recorded places of a group, if they are `wanted`: index of the probe, variable, place.
fn places(probes: &[Probe], group: usize, wanted: bool) -> impl Iterator<Item = (usize, usize, usize)> {
    probes.iter().enumerate().filter(move |(_, p)| wanted && p.group == group).filter_map(|(n, p)| match p.what {
        Observable::Site(v, site) => Some((n, v, site)),
        _ => None,
    })
}

/// Recorded sums of a group: index of the probe, sum.
fn sums(probes: &[Probe], group: usize) -> impl Iterator<Item = (usize, usize)> {
    probes.iter().enumerate().filter(move |(_, p)| p.group == group).filter_map(|(n, p)| match p.what {
        Observable::Sum(k) => Some((n, k)),
        _ => None,
    })
}

/// Whether an equation of the group depends on the time.
pub(crate) fn reads_time(g: &Group) -> bool {
    g.tree.is_some() && g.launches().any(|l| l.kernel.input(port::TIME).is_some() || l.vjp.input(port::TIME).is_some())
}

/// Whether a group has a column of spikes for each tick.
fn dense(wanted: &Wanted, k: usize) -> bool {
    let (model, g) = (wanted.model, &wanted.model.groups[k]);
    let read = || {
        model.links.iter().any(|l| l.from == k && l.target.spikes())
            || wanted.probes.iter().any(|p| p.group == k && p.what == Observable::Spikes)
    };
    g.spikes && (!g.is_given() || wanted.taped || read())
}

/// Whether spikes are delivered to places of a group one by one, so that those of all its neurons lie side by side.
fn delivered(model: &Model, k: usize) -> bool {
    model.groups[k].tree.is_some() && (!model.groups[k].noise.is_empty() || model.streams.iter().any(|s| s.to == k))
}

/// Numbers that a segment keeps for each tick, neuron and sample.
fn kept_per_tick(g: &Group, dense: bool, slotted: bool) -> usize {
    let variables: usize = g.variables.iter().filter(|v| slotted && v.taped).map(|v| v.sites).sum();
    let arrivals: usize = g.arrivals.iter().map(|a| a.sites).sum();
    variables + usize::from(dense) * g.kinds() + arrivals + g.tree.as_ref().filter(|_| slotted).map_or(0, |t| t.parent.len())
}

/// Whether what a long segment keeps tick by tick is little beside the columns that cells have anyway.
fn few_beside_state(wanted: &Wanted, per_tick: usize) -> bool {
    let watched = wanted.probes.iter().any(|p| matches!(p.what, Observable::State(_)));
    let cells = wanted.model.groups.iter().filter(|g| g.tree.is_some());
    let state: usize = cells.map(|g| g.here().len() * wanted.batch * g.variables.iter().map(|v| v.sites).sum::<usize>()).sum();
    !watched && !wanted.precise && LONG * per_tick <= state
}

impl Layout {
    /// Lays out a run; segments of a tape may take `budget` bytes.
    pub fn new(wanted: Wanted, budget: usize) -> Layout {
        let model = wanted.model;
        let in_step = wanted.in_step();
        let kept = |(k, g): (usize, &Group)| match in_step[k] {
            true => 0,
            false => g.here().len() * wanted.batch * kept_per_tick(g, dense(&wanted, k), wanted.taped || wanted.precise),
        };
        let per_tick: usize = model.groups.iter().enumerate().map(kept).sum();
        let ticks = model.ticks.max(1);
        let bytes = 64 / wanted.line;
        let all = per_tick * bytes * ticks * wanted.frames;
        let (segment, keeps_all) = match wanted.taped {
            true if all <= budget => (ticks, true),
            true => {
                // Whole bursts, so that bursts begin at the same ticks however time is cut.
                let burst = model.groups.iter().filter_map(|g| g.burst.as_ref().map(|b| b.ticks)).max().unwrap_or(1);
                ((((ticks * wanted.frames) as f64).sqrt().ceil() as usize).next_multiple_of(burst), false)
            }
            // Segments of ten ticks, or more where their columns stay in the cache all the same, or are few beside those of cells; of whole shortest
            // delays, so that neurons which excite one another meet no more often than they must.
            false => {
                let least = if few_beside_state(&wanted, per_tick) { LONG } else { 10 };
                let segment = (SEGMENT / (bytes * per_tick).max(1)).clamp(least, 200);
                let delay = shortest_delays(model).filter(|d| *d <= LONG).max().unwrap_or(1);
                (segment.next_multiple_of(delay), false)
            }
        };
        Self::with_segment(wanted, segment.clamp(1, ticks), keeps_all)
    }

    pub fn with_segment(wanted: Wanted, segment: usize, keeps_all: bool) -> Layout {
        let Wanted { model, probes, batch, frames, taped, precise, threads, line } = wanted;
        let segments = model.ticks.max(1).div_ceil(segment);
        let copies = if keeps_all { frames * segments } else { 1 };
        let in_step = wanted.in_step();
        let mut groups: Vec<GroupLayout> = model
            .groups
            .iter()
            .enumerate()
            .map(|(k, g)| {
                let lanes = g.here().len() * batch;
                let incoming = model.links.iter().filter(|l| l.to == k && l.target.spikes());
                GroupLayout {
                    lanes,
                    all: g.computed() * batch,
                    // Places of few lanes lie side by side, so that one loop runs over them.
                    site: if lanes >= 512 && g.kinds() == 1 && !delivered(model, k) { pitch(lanes, line) } else { lanes },
                    dense: dense(&wanted, k),
                    value_history: model.value_history(k),
                    spike_history: model.spike_history(k),
                    arrival_history: incoming.map(|l| l.delay).max().unwrap_or(0),
                    keeps_pivots: taped,
                    in_step: in_step[k],
                    ..GroupLayout::default()
                }
            })
            .collect();
        let mut at = 0;
        let take = |at: &mut usize, l: &GroupLayout, sites: usize, count: usize| {
            let pitch = if sites == 1 { pitch(l.lanes, line) } else { (sites * l.site).next_multiple_of(line) };
            let columns = Columns { at: *at, sites, pitch };
            *at += pitch * count;
            columns
        };
        for (g, l) in model.groups.iter().zip(&mut groups) {
            l.learned = g.learned.iter().map(|x| take(&mut at, l, x.part.len(), 1)).collect();
            l.fixed = g.fixed.iter().map(|f| take(&mut at, l, f.sites, 1)).collect();
            let computed = g.tree.as_ref().filter(|t| t.couplings.is_none());
            l.axial = take(&mut at, l, computed.map_or(1, |t| t.parent.len()), usize::from(computed.is_some()));
            l.diffusion = g
                .diffusion
                .iter()
                .map(|d| {
                    let nodes = d.tree.parent.len();
                    [take(&mut at, l, nodes, usize::from(d.tree.couplings.is_none())), take(&mut at, l, nodes, 1)]
                })
                .collect();
            // Inputs are read where the caller has them, unless they are delayed.
            let own_values = if g.clock == Clock::Input && l.value_history == 0 { 0 } else { frames + l.value_history };
            l.values = take(&mut at, l, g.kinds(), own_values);
            l.drives = take(&mut at, l, g.kinds(), if g.driven { frames } else { 0 });
            l.signed = g.signed.iter().map(|o| take(&mut at, l, o.sites, frames)).collect();
            l.open = at;
            at += model.ticks.next_multiple_of(line);
            l.time = at;
            at += if reads_time(g) { (model.ticks * frames).next_multiple_of(line) } else { 0 };
        }
        let start = at;
        for (k, (g, l)) in model.groups.iter().zip(&mut groups).enumerate() {
            let watched = |v: usize| {
                let seen = |p: &Probe| match p.what {
                    Observable::State(x) => x == v,
                    Observable::Site(x, _) => taped && x == v,
                    _ => false,
                };
                probes.iter().any(|p| p.group == k && seen(p))
            };
            l.variables = (0..g.variables.len())
                .map(|v| {
                    let slotted = (taped || precise) && g.variables[v].taped || watched(v);
                    (if slotted { take(&mut at, l, g.variables[v].sites, segment + 1) } else { Columns::default() }, slotted)
                })
                .collect();
            if l.in_step {
                let one = |at: &mut usize, sites: usize| Columns { pitch: 0, ..take(at, l, sites, 1) };
                let arrivals = g.arrivals.iter().map(|a| one(&mut at, a.sites)).collect();
                (l.spikes, l.arrivals) = (one(&mut at, g.kinds()), arrivals);
            } else {
                l.spikes = take(&mut at, l, g.kinds(), if l.dense { segment + l.spike_history } else { 0 });
                l.arrivals = g.arrivals.iter().map(|a| take(&mut at, l, a.sites, segment)).collect();
            }
            if let Some(t) = g.tree.as_ref().filter(|_| taped) {
                l.pivots = take(&mut at, l, t.parent.len(), segment);
            }
        }
        let stride = at - start;
        at += stride * (copies - 1);
        for (k, (g, l)) in model.groups.iter().zip(&mut groups).enumerate() {
            for v in 0..l.variables.len() {
                if !l.variables[v].1 {
                    l.variables[v].0 = take(&mut at, l, g.variables[v].sites, 1);
                }
            }
            l.work = g.work.iter().map(|w| take(&mut at, l, w.sites, 1)).collect();
            if let Some(t) = g.tree.as_ref().filter(|_| !taped) {
                l.pivots = take(&mut at, l, t.parent.len(), 1);
            }
            l.traces = places(probes, k, !taped).map(|(n, v, site)| (n, v, site, take(&mut at, l, 1, segment))).collect();
            l.sums = sums(probes, k).map(|(n, s)| (n, s, take(&mut at, l, 1, segment))).collect();
            if taped {
                l.d_variables = g.variables.iter().map(|v| take(&mut at, l, v.sites, 1)).collect();
                l.d_drive = take(&mut at, l, g.kinds(), 1);
                l.d_signed = g.signed.iter().map(|o| take(&mut at, l, o.sites, 1)).collect();
                l.d_learned = g.learned.iter().map(|x| take(&mut at, l, x.part.len(), 1)).collect();
                l.d_fixed = g.fixed.iter().map(|f| take(&mut at, l, f.sites, usize::from(f.values.is_none()))).collect();
                l.d_work = g.work.iter().map(|w| take(&mut at, l, w.sites, 1)).collect();
                l.d_spike = take(&mut at, l, g.kinds(), if g.spikes { g.burst.as_ref().map_or(1, |b| b.ticks) } else { 0 });
                l.d_values = take(&mut at, l, g.kinds(), frames + l.value_history);
                l.d_arrivals = g.arrivals.iter().map(|a| take(&mut at, l, a.sites, segment + l.arrival_history)).collect();
                l.d_traces = places(probes, k, true).map(|(n, v, site)| (n, v, site, take(&mut at, l, 1, segment))).collect();
                l.d_sums = sums(probes, k).map(|(n, s)| (n, s, take(&mut at, l, 1, segment))).collect();
            }
        }
        let tiled = model.groups.iter().any(|g| g.tree.is_some() && g.here().len() * batch > 8);
        let contacts = model.contacts.iter().map(|c| ContactLayout::take(&mut at, c.own.len() * batch, taped, line)).collect();
        let scratch = at;
        at += if tiled { threads * SCRATCH } else { 0 };
        Layout { batch, frames, ticks: model.ticks, segment, segments, keeps_all, stride, groups, contacts, scratch, size: at }
    }

    /// Ticks of segment `s` of a frame of `ticks`.
    pub fn segment_ticks(&self, s: usize, ticks: usize) -> usize {
        self.segment.min(ticks - s * self.segment)
    }

    /// Where the copy of this segment starts, relative to copy 0.
    pub fn copy(&self, frame: usize, segment: usize) -> usize {
        if self.keeps_all { (frame * self.segments + segment) * self.stride } else { 0 }
    }

    /// Variable `k` of group `g` before tick `t` of the segment whose copy is given.
    pub fn variable(&self, g: usize, k: usize, copy: usize, t: usize) -> usize {
        let (columns, slotted) = self.groups[g].variables[k];
        if slotted { columns.nth(t) + copy } else { columns.at }
    }

    /// Spikes of group `g` in tick `t` of the segment; `t` may be as low as minus the history.
    pub fn spike(&self, g: usize, copy: usize, t: isize) -> usize {
        let l = &self.groups[g];
        let slot = t + l.spike_history as isize;
        debug_assert!(slot >= 0, "spikes older than the history");
        l.spikes.nth(slot as usize) + copy
    }

    /// Arrivals at port `k` of group `g` in tick `t`.
    pub fn arrival(&self, g: usize, k: usize, copy: usize, t: usize) -> usize {
        self.groups[g].arrivals[k].nth(t) + copy
    }

    /// Cotangent of the arrivals at port `k` of group `g` in tick `t`, which may lie past the segment's end.
    pub fn d_arrival(&self, g: usize, k: usize, t: usize) -> usize {
        self.groups[g].d_arrivals[k].nth(t)
    }

    /// Value of group `g` in a frame, which may be as low as minus the history.
    pub fn value(&self, g: usize, frame: isize) -> usize {
        let l = &self.groups[g];
        l.values.nth((frame + l.value_history as isize) as usize)
    }

    /// Cotangent of the value.
    pub fn d_value(&self, g: usize, frame: isize) -> usize {
        let l = &self.groups[g];
        l.d_values.nth((frame + l.value_history as isize) as usize)
    }

    /// Pivots of group `g`, from tick `t` of a segment on.
    pub fn pivots(&self, g: usize, now: Now) -> Column {
        let l = &self.groups[g];
        match l.keeps_pivots {
            true => Column { at: l.pivots.nth(now.t) + now.copy, tick: l.pivots.pitch as isize, site: l.site },
            false => Column::still(l.pivots.at, l.site),
        }
    }

    /// Variable `k` of group `g` from tick `t` of a segment on, in a loop that takes `ticks` ticks at once.
    pub fn variable_column(&self, g: usize, k: usize, now: Now, ticks: usize) -> Column {
        let (columns, slotted) = self.groups[g].variables[k];
        let tick = if slotted { columns.pitch * ticks } else { 0 };
        Column { at: self.variable(g, k, now.copy, now.t), tick: tick as isize, site: self.groups[g].site }
    }

    /// Where a port of group `g` lies, from tick `t` of a segment on, in a loop that takes `ticks` ticks at once.
    pub fn column(&self, g: usize, port: At, now: Now, ticks: usize) -> Column {
        let l = &self.groups[g];
        let still = |c: &Columns| Column::still(c.at, l.site);
        let nth = |c: &Columns, k: usize| Column::still(c.nth(k), l.site);
        let moving = |at: usize, c: &Columns| Column { at, tick: (c.pitch * ticks) as isize, site: l.site };
        let mut column = match port.place {
            Place::Variable(k) => self.variable_column(g, k, now, ticks),
            Place::Next(k) => self.variable_column(g, k, Now { t: now.t + ticks, ..now }, ticks),
            Place::Arrival(k, j) => moving(self.arrival(g, k, now.copy, now.t + j), &l.arrivals[k]),
            Place::Drive => nth(&l.drives, now.frame),
            Place::Signed(k) => nth(&l.signed[k], now.frame),
            Place::Learned(k) => still(&l.learned[k]),
            Place::Fixed(k) => still(&l.fixed[k]),
            Place::Work(k) => still(&l.work[k]),
            Place::Open => Column { at: l.open + now.first + now.t, tick: ticks as isize, site: 0 },
            Place::Time => Column { at: l.time + now.frame * self.ticks + now.first + now.t, tick: ticks as isize, site: 0 },
            Place::Spike(j) => moving(self.spike(g, now.copy, (now.t + j) as isize), &l.spikes),
            Place::Value => Column::still(self.value(g, now.frame as isize), l.site),
            Place::DVariable(k) => still(&l.d_variables[k]),
            Place::DArrival(k, j) => moving(self.d_arrival(g, k, now.t + j), &l.d_arrivals[k]),
            Place::DDrive => still(&l.d_drive),
            Place::DSigned(k) => still(&l.d_signed[k]),
            Place::DLearned(k) => still(&l.d_learned[k]),
            Place::DFixed(k) => still(&l.d_fixed[k]),
            Place::DWork(k) => still(&l.d_work[k]),
            Place::DSpike(j) => nth(&l.d_spike, j),
            Place::DValue => Column::still(self.d_value(g, now.frame as isize), l.site),
        };
        column.at += port.first * column.site;
        column
    }
}

/// A moment of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Now {
    pub frame: usize,
    /// Start of the copy of the segment, relative to copy 0.
    pub copy: usize,
    /// First tick of the segment in its frame.
    pub first: usize,
    /// Tick in the segment.
    pub t: usize,
}
