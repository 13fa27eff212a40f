//! What arrives in a tick, for one port of the neurons of a group or of some of them.

use super::poisson::AddPoisson;
use super::{Calendar, Due, FEW};
use crate::products::{part, sign_of};
use homolog_base::math::Real;
use homolog_exec::memory::{prefetch, prefetch_line};
use homolog_exec::{Isa, vectorise};
use homolog_model::Target;
use homolog_model::events::Strength;
use homolog_model::model::{Arrival, Noise, Stream};
use std::ops::Range;

/// So many runs before a run is delivered its connections are asked for.
const AHEAD: usize = 4;

/// Targets of a cache line.
const LINE: usize = 32;

/// What one tick adds to the column of a port.
pub(crate) struct Delivery<'a, R> {
    pub isa: Isa,
    pub batch: usize,
    pub tick: i64,
    /// Whether nothing has arrived before, and the column holds anything.
    pub fresh: bool,
    /// Neurons of each kind, those that are computed here, and whether these are not all.
    pub copies: usize,
    pub here: Range<usize>,
    pub divided: bool,
    /// Of those that are computed here, the first that the column has: where a part begins.
    pub first: usize,
    pub noise: &'a [Noise],
    pub thresholds: &'a [Vec<u32>],
    /// Streams that arrive here.
    pub streams: &'a [(&'a Stream, &'a Calendar)],
    /// Which port of the group, and its name.
    pub port: usize,
    pub name: &'a str,
    pub column: &'a mut [R],
}

/// Counts of spikes that arrive: of any target that two bytes can name, so that none is outside.
pub(crate) type Counts = [u32; 1 << 16];

impl<R: Real> Delivery<'_, R> {
    /// Adds to the column.
    pub fn run(&mut self, counts: &mut Counts) {
        let (isa, batch, tick) = (self.isa, self.batch, self.tick);
        let column = &mut *self.column;
        let mut fresh = self.fresh;
        let noise = self.noise.iter().zip(self.thresholds).filter(|(n, _)| n.port == self.port);
        if fresh && (batch > 1 || noise.clone().next().is_none()) {
            vectorise::run(isa, Clear(column));
            fresh = false;
        }
        for (noise, thresholds) in noise {
            let (weight, key) = (R::of(noise.weight), noise.key.words());
            // Numbers are those of the whole network: of several processes each computes some of every place.
            let rows = if self.divided { self.here.len() * batch } else { column.len() };
            for (site, arrive) in column.chunks_mut(rows.max(1)).enumerate() {
                let first = site * self.copies + self.here.start + self.first;
                for sample in 0..batch {
                    vectorise::run(isa, AddPoisson { arrive, fresh, first, batch, sample, thresholds, weight, key, tick });
                }
            }
            fresh = false;
        }
        for (stream, calendar) in self.streams {
            let e = &*stream.events;
            let sign = if stream.target == Target::BySign { sign_of(self.name) } else { 0 };
            if !calendar.signs[sign] {
                continue;
            }
            let act = |w: f64| R::of(if stream.target == Target::BySign { part(w, sign == 1) } else { w });
            for (own, due) in column.chunks_mut(e.part * batch).zip(&calendar.parts[self.first / e.part..]) {
                let due = &due[tick.rem_euclid(due.len() as i64) as usize];
                match &e.strength {
                    _ if due.is_empty() => {}
                    Strength::Shared(w) => count(isa, batch, &e.target, due, act(w * calendar.part()), own, counts),
                    Strength::Each(w) if calendar.arrival == Arrival::InParts => {
                        add_parts(batch, &e.target, w, due, calendar.part(), act, own)
                    }
                    Strength::Each(w) => add(batch, &e.target, w, due, act, own),
                }
            }
        }
    }
}

/// Nothing has arrived.
struct Clear<'a, R>(&'a mut [R]);

impl<R: Real> vectorise::Task for Clear<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.0.fill(R::of(-0.0));
    }
}

/// Counts what arrives by connections of one weight.
fn count<R: Real>(isa: Isa, batch: usize, targets: &[u16], due: &[Due], weight: R, own: &mut [R], counts: &mut Counts) {
    for sample in 0..batch {
        let mine = |d: &&Due| d.sample as usize == sample;
        let mut ahead = due.iter().filter(mine).skip(AHEAD);
        for d in due.iter().filter(mine) {
            // Line by line, so that no more are on their way at once than there is room for.
            let next = ahead.next().map_or(&[][..], |next| &targets[next.range()]);
            let (lines, rest) = targets[d.range()].as_chunks::<LINE>();
            for (k, line) in lines.iter().enumerate() {
                prefetch_line(next, k);
                line.iter().for_each(|t| counts[*t as usize] += u32::from(d.parts));
            }
            rest.iter().for_each(|t| counts[*t as usize] += u32::from(d.parts));
            (lines.len()..next.len().div_ceil(LINE)).for_each(|k| prefetch_line(next, k));
        }
        let arrivals: usize = due.iter().filter(mine).map(|d| d.range().len()).sum();
        if arrivals * FEW < own.len() / batch {
            for d in due.iter().filter(mine) {
                let targets = &targets[d.range()];
                vectorise::run(isa, AddFew { targets, to: AddCounts { arrive: own, batch, sample, weight, counts } });
            }
        } else {
            vectorise::run(isa, AddCounts { arrive: own, batch, sample, weight, counts });
        }
    }
}

/// Adds what arrives by connections of their own weights.
fn add<R: Real>(batch: usize, targets: &[u16], weights: &[f32], due: &[Due], act: impl Fn(f64) -> R, own: &mut [R]) {
    let mut ahead = due.iter().skip(AHEAD);
    for d in due {
        if let Some(next) = ahead.next() {
            prefetch(&targets[next.range()]);
            prefetch(&weights[next.range()]);
        }
        let connections = targets[d.range()].iter().zip(&weights[d.range()]);
        if batch == 1 {
            connections.for_each(|(t, w)| own[*t as usize] += act(f64::from(*w)));
        } else {
            connections.for_each(|(t, w)| own[*t as usize * batch + d.sample as usize] += act(f64::from(*w)));
        }
    }
}

/// ... and of which only parts arrive.
fn add_parts<R: Real>(batch: usize, targets: &[u16], weights: &[f32], due: &[Due], part: f64, act: impl Fn(f64) -> R, own: &mut [R]) {
    for d in due {
        let share = R::of(part * f64::from(d.parts));
        for (t, w) in targets[d.range()].iter().zip(&weights[d.range()]) {
            let a = &mut own[*t as usize * batch + d.sample as usize];
            *a = share.fma(act(f64::from(*w)), *a);
        }
    }
}

/// Adds counts times a weight where there are any, and clears them.
pub(crate) struct AddCounts<'a, R> {
    pub arrive: &'a mut [R],
    pub batch: usize,
    pub sample: usize,
    pub weight: R,
    pub counts: &'a mut Counts,
}

impl<R: Real> vectorise::Task for AddCounts<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        if self.batch == 1 {
            for (a, n) in self.arrive.iter_mut().zip(self.counts.iter_mut()) {
                let sum = self.weight.fma(R::count(*n), *a);
                *a = if *n == 0 { *a } else { sum };
                *n = 0;
            }
            return;
        }
        for (row, n) in self.arrive.chunks_exact_mut(self.batch).zip(self.counts.iter_mut()) {
            let a = &mut row[self.sample];
            let sum = self.weight.fma(R::count(*n), *a);
            *a = if *n == 0 { *a } else { sum };
            *n = 0;
        }
    }
}

/// ... of some targets alone, which may be named twice.
struct AddFew<'a, R> {
    targets: &'a [u16],
    to: AddCounts<'a, R>,
}

impl<R: Real> vectorise::Task for AddFew<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let AddCounts { arrive, batch, sample, weight, counts } = self.to;
        for t in self.targets {
            let n = std::mem::take(&mut counts[*t as usize]);
            if n > 0 {
                let a = &mut arrive[*t as usize * batch + sample];
                *a = weight.fma(R::count(n), *a);
            }
        }
    }
}
