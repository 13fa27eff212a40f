//! Where every number of a run lies in its one array of columns.
//!
//! A column has a number for each neuron and sample, neurons outermost: element `neuron * batch + sample`. Per group,
//! with `L = size * batch`:
//!
//! - learned parameters: one column each;
//! - values and, where driven, drives: one column per frame (values preceded by those still on their way);
//! - per copy of a segment of `S` ticks: variables that the backward pass reads `S + 1` columns (before tick 0, ..,
//!   after tick S-1), spikes `S + D` columns (`D` still on their way), arrivals `S` columns a port;
//! - other variables: one column, updated in place;
//! - with a tape, the cotangents: variables, drive, learned parameters and spikes one column each, values one per frame,
//!   arrivals `S + D` columns a port.
//!
//! Columns begin on cache lines, and long ones are followed by a gap, so that the columns of one kernel do not compete for
//! the same sets of the caches.
//!
//! A tape that fits its budget keeps a copy per segment, and a segment is a frame; else there is one copy, segments have
//! about the square root of all ticks, and a checkpoint is kept for each.

use crate::plan::Place;
use homolog_model::{Clock, Model, Target};

/// From one column to the next.
fn pitch(lanes: usize) -> usize {
    lanes.next_multiple_of(8) + if lanes >= 512 { 72 } else { 0 }
}

/// Offsets of one group.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupLayout {
    /// Numbers in a column.
    pub lanes: usize,
    /// Numbers from one column to the next.
    pub pitch: usize,
    pub learned: usize,
    pub values: usize,
    pub value_history: usize,
    pub drives: usize,
    /// Start of each variable (copy 0, slot 0), and whether it has slots.
    pub variables: Vec<(usize, bool)>,
    pub spikes: usize,
    pub spike_history: usize,
    pub arrivals: usize,
    pub d_variables: usize,
    pub d_drive: usize,
    pub d_learned: usize,
    pub d_spike: usize,
    pub d_values: usize,
    pub d_arrivals: usize,
    /// Largest delay of spikes that arrive here.
    pub arrival_history: usize,
}

/// Offsets of everything, for one model, batch and number of frames.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub batch: usize,
    pub frames: usize,
    /// Ticks of a segment (the last of a frame may have fewer).
    pub segment: usize,
    /// Segments of a frame.
    pub segments: usize,
    pub keeps_all: bool,
    /// Numbers from one copy of a segment to the next.
    pub stride: usize,
    pub groups: Vec<GroupLayout>,
    /// Where `0.0` and `1.0` stand.
    pub scalars: usize,
    /// All of it.
    pub size: usize,
}

impl Layout {
    /// Lays out a run. `taped` with the number of bytes that segments may take.
    pub fn new(model: &Model, batch: usize, frames: usize, taped: Option<usize>) -> Layout {
        let per_tick: usize = model
            .groups
            .iter()
            .map(|g| g.size * batch * (g.variables.iter().filter(|v| v.taped).count() + usize::from(g.spikes) + g.arrivals.len()))
            .sum();
        let ticks = model.ticks.max(1);
        let all = per_tick * 8 * ticks * frames;
        let (segment, keeps_all) = match taped {
            Some(budget) if all <= budget => (ticks, true),
            Some(_) => {
                // Whole bursts, so that bursts begin at the same ticks however time is cut.
                let burst = model.groups.iter().filter_map(|g| g.burst.as_ref().map(|b| b.ticks)).max().unwrap_or(1);
                ((((ticks * frames) as f64).sqrt().ceil() as usize).next_multiple_of(burst), false)
            }
            None => (10, false),
        };
        Self::with_segment(model, batch, frames, taped.is_some(), segment.clamp(1, ticks), keeps_all)
    }

    pub fn with_segment(model: &Model, batch: usize, frames: usize, taped: bool, segment: usize, keeps_all: bool) -> Layout {
        let mut at = 0;
        let mut take = |n: usize| {
            let start = at;
            // Columns start at a cache line.
            at += n.next_multiple_of(8);
            start
        };
        let scalars = take(2);
        let segments = model.ticks.max(1).div_ceil(segment);
        let copies = if keeps_all { frames * segments } else { 1 };
        let mut groups: Vec<GroupLayout> = Vec::new();
        for (k, g) in model.groups.iter().enumerate() {
            let lanes = g.size * batch;
            let value_history = model.value_history(k);
            let incoming = model.links.iter().filter(|l| l.to == k && l.target != Target::Drive);
            let mut layout = GroupLayout {
                lanes,
                pitch: pitch(lanes),
                value_history,
                spike_history: model.spike_history(k),
                arrival_history: incoming.map(|l| l.delay).max().unwrap_or(0),
                ..GroupLayout::default()
            };
            let pitch = layout.pitch;
            layout.learned = take(pitch * g.learned.len());
            // Inputs are read where the caller has them, unless they are delayed.
            let own_values = if g.clock == Clock::Input && value_history == 0 { 0 } else { frames + value_history };
            layout.values = take(pitch * own_values);
            layout.drives = take(if g.driven { pitch * frames } else { 0 });
            groups.push(layout);
        }
        let start = at;
        let mut take = |n: usize| {
            let start = at;
            at += n.next_multiple_of(8);
            start
        };
        for (g, layout) in model.groups.iter().zip(&mut groups) {
            layout.variables =
                g.variables.iter().map(|v| (if v.taped { take(layout.pitch * (segment + 1)) } else { 0 }, v.taped)).collect();
            layout.spikes = take(if g.spikes { layout.pitch * (segment + layout.spike_history) } else { 0 });
            layout.arrivals = take(layout.pitch * segment * g.arrivals.len());
        }
        let stride = at - start;
        at += stride * (copies - 1);
        let mut take = |n: usize| {
            let start = at;
            at += n.next_multiple_of(8);
            start
        };
        for (g, layout) in model.groups.iter().zip(&mut groups) {
            for v in layout.variables.iter_mut().filter(|v| !v.1) {
                v.0 = take(layout.pitch);
            }
            if taped {
                layout.d_variables = take(layout.pitch * g.variables.len());
                layout.d_drive = take(layout.pitch);
                layout.d_learned = take(layout.pitch * g.learned.len());
                layout.d_spike = take(if g.spikes { layout.pitch * g.burst.as_ref().map_or(1, |b| b.ticks) } else { 0 });
                layout.d_values = take(layout.pitch * (frames + layout.value_history));
                layout.d_arrivals = take(layout.pitch * g.arrivals.len() * (segment + layout.arrival_history));
            }
        }
        Layout { batch, frames, segment, segments, keeps_all, stride, groups, scalars, size: at }
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
        let l = &self.groups[g];
        let (start, slotted) = l.variables[k];
        if slotted { start + copy + t * l.pitch } else { start }
    }

    /// Spikes of group `g` in tick `t` of the segment; `t` may be as low as minus the history.
    pub fn spike(&self, g: usize, copy: usize, t: isize) -> usize {
        let l = &self.groups[g];
        let slot = t + l.spike_history as isize;
        debug_assert!(slot >= 0, "spikes older than the history");
        l.spikes + copy + slot as usize * l.pitch
    }

    /// Arrivals at port `k` of group `g` in tick `t`.
    pub fn arrival(&self, g: usize, k: usize, copy: usize, t: usize) -> usize {
        let l = &self.groups[g];
        l.arrivals + copy + (k * self.segment + t) * l.pitch
    }

    /// Cotangent of the arrivals at port `k` of group `g` in tick `t`, which may lie past the segment's end.
    pub fn d_arrival(&self, g: usize, k: usize, t: usize) -> usize {
        let l = &self.groups[g];
        l.d_arrivals + (k * (self.segment + l.arrival_history) + t) * l.pitch
    }

    /// Value of group `g` in a frame, which may be as low as minus the history.
    pub fn value(&self, g: usize, frame: isize) -> usize {
        let l = &self.groups[g];
        l.values + (frame + l.value_history as isize) as usize * l.pitch
    }

    /// Cotangent of the value.
    pub fn d_value(&self, g: usize, frame: isize) -> usize {
        let l = &self.groups[g];
        l.d_values + (frame + l.value_history as isize) as usize * l.pitch
    }

    /// Drive of group `g` in a frame.
    pub fn drive(&self, g: usize, frame: usize) -> usize {
        let l = &self.groups[g];
        l.drives + frame * l.pitch
    }

    /// Whether a place is one number for all lanes.
    pub fn is_scalar(place: Place) -> bool {
        place == Place::Open
    }

    /// Where a port of a kernel of `ticks` ticks of group `g` lies, from tick `t` of a segment on.
    pub fn place(&self, g: usize, place: Place, now: Now, ticks: usize) -> usize {
        let l = &self.groups[g];
        match place {
            Place::Variable(k) => self.variable(g, k, now.copy, now.t),
            Place::Next(k) => self.variable(g, k, now.copy, now.t + ticks),
            Place::Arrival(k, j) => self.arrival(g, k, now.copy, now.t + j),
            Place::Drive => self.drive(g, now.frame),
            Place::Learned(k) => l.learned + k * l.pitch,
            Place::Open => self.scalars + usize::from(now.open),
            Place::Spike(j) => self.spike(g, now.copy, (now.t + j) as isize),
            Place::Value => self.value(g, now.frame as isize),
            Place::DVariable(k) => l.d_variables + k * l.pitch,
            Place::DArrival(k, j) => self.d_arrival(g, k, now.t + j),
            Place::DDrive => l.d_drive,
            Place::DLearned(k) => l.d_learned + k * l.pitch,
            Place::DSpike(j) => l.d_spike + j * l.pitch,
            Place::DValue => self.d_value(g, now.frame as isize),
        }
    }
}

/// A moment of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Now {
    pub frame: usize,
    /// Start of the copy of the segment, relative to copy 0.
    pub copy: usize,
    /// Tick in the segment.
    pub t: usize,
    /// Whether the settling time is over.
    pub open: bool,
}
