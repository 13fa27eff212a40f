//! What only spikes: lists of spikes, streams of connections that never change, Poisson trains.
//!
//! The spikes of each tick are listed once, and kept for as long as the longest delay. What arrives at a group in a tick is
//!
//! ```text
//! a = sum over links + sum over noise of w k + sum over streams of w n,      k ~ Poisson(mean), n = spikes that arrive now
//! ```
//!
//! in this order; where the connections of a stream have weights of their own the sum is `1` times theirs, spike by spike in the order of their
//! ticks, and in that of senders. Where all have one weight and one delay, what arrives is counted when it does; else a spike is
//! added at once to a *ring* of the ticks to come. Ticks whose spikes are known, and parts of a ring, are shared by the threads; no
//! order depends on them.
//!
//! A Poisson number is how many thresholds of its distribution a uniform number of 32 bits exceeds (inversion: Devroye 1986,
//! "Non-Uniform Random Variate Generation", ch. III.2); what is less likely than 2^-32 never occurs. The number is keyed by tick, neuron
//! and sample, and made for many neurons at once.

use crate::layout::Now;
use crate::products::{part, sign_of};
use crate::run::Run;
use homolog_base::math;
use homolog_base::random::{philox4x32, philox4x32_lanes};
use homolog_exec::memory::{prefetch, use_large_pages};
use homolog_exec::{Isa, vectorise};
use homolog_model::events::{Delays, Strength};
use homolog_model::model::{Noise, Stream};
use homolog_model::{Model, Target};
use rayon::prelude::*;
use std::ops::Range;

/// The spikes of a group's last ticks: which numbers of its column spiked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spikes {
    lists: Vec<Vec<u32>>,
}

impl Spikes {
    fn slot(&self, tick: i64) -> usize {
        tick.rem_euclid(self.lists.len() as i64) as usize
    }

    fn of(&self, tick: i64) -> &[u32] {
        &self.lists[self.slot(tick)]
    }
}

/// What is prepared once for a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prepared {
    /// For each group; without lists where no stream begins.
    pub sent: Vec<Spikes>,
    /// For each group and noise: the thresholds.
    thresholds: Vec<Vec<Vec<u32>>>,
    /// For each stream whose weights or delays differ.
    rings: Vec<Option<Ring>>,
}

/// What will arrive by a stream: part by part, for each sign that arrives, tick and number of the part.
#[derive(Clone, Debug)]
struct Ring {
    slots: usize,
    /// Numbers of a part in one slot.
    width: usize,
    /// Whether weights of each sign arrive; all as the first where neurons take both at one port.
    signs: [bool; 2],
    numbers: Vec<f64>,
}

impl Ring {
    fn new(stream: &Stream, batch: usize, segment: usize) -> Option<Ring> {
        let e = &stream.events;
        if e.is_counted() {
            return None;
        }
        let signs = match (&e.strength, stream.target) {
            (_, Target::Own) => [true, false],
            (Strength::Shared(w), _) => [*w >= 0.0, *w < 0.0],
            (Strength::Each(w), _) => [w.iter().any(|w| *w >= 0.0), w.iter().any(|w| *w < 0.0)],
        };
        let (slots, width) = (e.longest() + segment + 1, e.part * batch);
        let each = signs.iter().filter(|s| **s).count();
        let size = e.parts() * each * slots * width;
        let mut numbers = Vec::with_capacity(size);
        use_large_pages(numbers.spare_capacity_mut());
        numbers.resize(size, 0.0);
        Some(Ring { slots, width, signs, numbers })
    }

    /// Numbers of a part.
    fn part(&self) -> usize {
        self.signs.iter().filter(|s| **s).count() * self.slots * self.width
    }

    /// Where a sign's numbers of a tick begin in those of a part.
    fn at(&self, sign: usize, tick: i64) -> usize {
        let before = if sign == 1 && self.signs[0] { self.slots } else { 0 };
        (before + tick.rem_euclid(self.slots as i64) as usize) * self.width
    }

    /// Adds spikes of some ticks to what will arrive from tick `from` on.
    fn push(&mut self, stream: &Stream, batch: usize, spikes: &[(i64, &[u32])], from: i64, parallel: bool) {
        let (one, part) = (self.shape(), self.part());
        let add = |(p, numbers): (usize, &mut [f64])| match &stream.events.delays {
            Delays::Shared(d) => one.add(stream, batch, spikes, from, p, numbers, |range| std::iter::repeat_n(*d as usize, range.len())),
            Delays::Each(delays) => one.add(stream, batch, spikes, from, p, numbers, |range| delays[range].iter().map(|d| *d as usize)),
        };
        if parallel {
            self.numbers.par_chunks_mut(part).enumerate().for_each(add);
        } else {
            self.numbers.chunks_mut(part).enumerate().for_each(add);
        }
    }

    /// ... to the numbers of a part; `delays` are those of a range of connections.
    #[allow(clippy::too_many_arguments)]
    #[inline(always)]
    fn add<D: Iterator<Item = usize>>(
        &self,
        stream: &Stream,
        batch: usize,
        spikes: &[(i64, &[u32])],
        from: i64,
        part: usize,
        numbers: &mut [f64],
        delays: impl Fn(Range<usize>) -> D,
    ) {
        let e = &*stream.events;
        let lanes = || spikes.iter().flat_map(|(tick, lanes)| lanes.iter().map(move |lane| (*tick, *lane as usize)));
        let mut ahead = lanes().skip(AHEAD);
        let (slots, width, second) = (self.slots, self.width, if self.signs[0] { self.slots } else { 0 });
        for (tick, lane) in lanes() {
            if let Some((_, next)) = ahead.next() {
                let range = e.range(part, next / batch);
                prefetch(&e.target[range.clone()]);
                if let Strength::Each(w) = &e.strength {
                    prefetch(&w[range.clone()]);
                }
                if let Delays::Each(d) = &e.delays {
                    prefetch(&d[range]);
                }
            }
            let (range, sample) = (e.range(part, lane / batch), lane % batch);
            // What has arrived before the run began is not added again.
            let late = usize::try_from(from.saturating_sub(tick)).unwrap_or(0);
            let base = tick.rem_euclid(slots as i64) as usize;
            let mut put = |t: u16, d: usize, negative: bool, x: f64| {
                // Around, without a division.
                let slot = if base + d >= slots { base + d - slots } else { base + d };
                let at = (slot + if negative { second } else { 0 }) * width + t as usize * batch + sample;
                if d >= late {
                    numbers[at] += x;
                }
            };
            let connections = e.target[range.clone()].iter().zip(delays(range.clone()));
            match &e.strength {
                Strength::Shared(_) => connections.for_each(|(t, d)| put(*t, d, !self.signs[0], 1.0)),
                Strength::Each(w) if self.signs == [true; 2] => {
                    connections.zip(&w[range]).for_each(|((t, d), w)| put(*t, d, *w < 0.0, f64::from(w.abs())));
                }
                // All act at one port, as they are or all with the other sign.
                Strength::Each(w) => {
                    let sign = if self.signs[0] { 1.0 } else { -1.0 };
                    connections.zip(&w[range]).for_each(|((t, d), w)| put(*t, d, false, sign * f64::from(*w)));
                }
            }
        }
    }

    /// The same without its numbers.
    fn shape(&self) -> Ring {
        Ring { numbers: vec![], ..*self }
    }
}

impl Prepared {
    /// For a run in segments of so many ticks.
    pub fn new(model: &Model, batch: usize, segment: usize) -> Prepared {
        let lists = |g: usize| match model.stream_history(g) {
            0 => vec![],
            longest => vec![vec![]; longest + segment + 1],
        };
        Prepared {
            sent: (0..model.groups.len()).map(|g| Spikes { lists: lists(g) }).collect(),
            thresholds: model.groups.iter().map(|g| g.noise.iter().map(|n| thresholds(n.mean)).collect()).collect(),
            rings: model.streams.iter().map(|s| Ring::new(s, batch, segment)).collect(),
        }
    }

    /// Puts spikes that are on their way when tick `from` begins.
    pub fn load(&mut self, model: &Model, batch: usize, sent: &[Vec<(i64, u32)>], from: i64) {
        for (g, sent) in sent.iter().enumerate() {
            if self.sent[g].lists.is_empty() {
                continue;
            }
            for (tick, lane) in sent {
                let slot = self.sent[g].slot(*tick);
                self.sent[g].lists[slot].push(*lane);
            }
            for (stream, ring) in model.streams.iter().zip(&mut self.rings).filter(|(s, _)| s.from == g) {
                let Some(ring) = ring else { continue };
                let longest = model.stream_history(g) as i64;
                let spikes: Vec<(i64, &[u32])> = (from - longest..from).map(|t| (t, self.sent[g].of(t))).collect();
                ring.push(stream, batch, &spikes, from, false);
            }
        }
    }

    /// Spikes of a group that are still on their way when `tick` begins, oldest first.
    pub fn on_their_way(&self, model: &Model, g: usize, tick: i64) -> Vec<(i64, u32)> {
        if self.sent[g].lists.is_empty() {
            return vec![];
        }
        let longest = model.stream_history(g) as i64;
        (tick - longest..tick).flat_map(|t| self.sent[g].of(t).iter().map(move |lane| (t, *lane))).collect()
    }
}

/// Of a Poisson distribution: for k = 0, 1, ... the number (times 2^-32) from which on a uniform number stands for more than k.
pub(crate) fn thresholds(mean: f64) -> Vec<u32> {
    let mut out = Vec::new();
    let (mut sum, mut compensation) = (0.0f64, 0.0f64);
    for k in 0.. {
        // p(k) = exp(k ln m - m - ln k!), so that nothing underflows before it is small.
        let log = (1..=k).fold(-mean, |l, j| l + math::ln(mean / f64::from(j)));
        let p = if mean > 0.0 { math::exp(log) } else { f64::from(u8::from(k == 0)) };
        let y = p - compensation;
        let t = sum + y;
        compensation = (t - sum) - y;
        sum = t;
        let threshold = (sum * 4_294_967_296.0).round();
        if threshold >= 4_294_967_296.0 || (f64::from(k) > mean && p < 1e-11) {
            return out;
        }
        out.push(threshold as u32);
    }
    out
}

/// Neurons whose numbers are made together: eight counters of four words.
const BLOCK: usize = 32;

/// Adds Poisson numbers times a weight to what arrives.
struct AddPoisson<'a> {
    arrive: &'a mut [f64],
    batch: usize,
    sample: usize,
    thresholds: &'a [u32],
    weight: f64,
    key: [u32; 2],
    tick: i64,
}

impl vectorise::Task for AddPoisson<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let neurons = self.arrive.len() / self.batch;
        for first in (0..neurons).step_by(BLOCK) {
            let words = block(first / 4, self.tick, self.sample, self.key);
            let mut k = [0u32; BLOCK];
            for t in self.thresholds {
                for (k, u) in k.iter_mut().zip(&words) {
                    *k += u32::from(*u >= *t);
                }
            }
            let n = BLOCK.min(neurons - first);
            for (j, k) in k.iter().enumerate().take(n) {
                let a = &mut self.arrive[(first + j) * self.batch + self.sample];
                *a = self.weight.mul_add(f64::from(*k), *a);
            }
        }
    }
}

/// Random words of 32 neurons: neuron `4 b + w` has word `w` of counter `b`.
#[inline(always)]
fn block(counter: usize, tick: i64, sample: usize, key: [u32; 2]) -> [u32; BLOCK] {
    const N: usize = BLOCK / 4;
    let counters: [u32; N] = std::array::from_fn(|i| (counter + i) as u32);
    let words = philox4x32_lanes([counters, [sample as u32; N], [tick as u32; N], [(tick >> 32) as u32; N]], key);
    std::array::from_fn(|k| words[k % 4][k / 4])
}

/// The Poisson number of a neuron, one by one.
pub(crate) fn poisson(thresholds: &[u32], noise: &Noise, tick: i64, neuron: usize, sample: usize) -> u32 {
    let counter = [(neuron / 4) as u32, sample as u32, tick as u32, (tick >> 32) as u32];
    let u = philox4x32(counter, noise.key.words())[neuron % 4];
    thresholds.iter().filter(|t| u >= **t).count() as u32
}

/// What one tick adds to the columns of a group's ports.
struct Delivery<'a> {
    isa: Isa,
    batch: usize,
    tick: i64,
    noise: &'a [Noise],
    thresholds: &'a [Vec<u32>],
    /// Streams that arrive here, with the spikes of their senders and their rings.
    streams: Vec<(&'a Stream, &'a Spikes, Option<&'a Ring>)>,
    ports: &'a [&'a str],
}

/// What of a weight acts at a port.
fn acts(target: Target, w: f64, name: &str) -> f64 {
    if target == Target::BySign { part(w, sign_of(name) == 1) } else { w }
}

/// So many spikes before a spike is delivered its connections are asked for.
const AHEAD: usize = 2;

/// Counts of spikes that arrive: of one part, and of any target that two bytes can name, so that none is outside.
type Counts = [u32; 1 << 16];

impl Delivery<'_> {
    /// Adds to the columns of the ports, in their order.
    fn run(&self, columns: &mut [&mut [f64]], counts: &mut Counts) {
        for (noise, thresholds) in self.noise.iter().zip(self.thresholds) {
            for sample in 0..self.batch {
                let arrive = &mut *columns[noise.port];
                let (batch, weight, key, tick) = (self.batch, noise.weight, noise.key.words(), self.tick);
                vectorise::run(self.isa, AddPoisson { arrive, batch, sample, thresholds, weight, key, tick });
            }
        }
        for (stream, spikes, ring) in &self.streams {
            for (column, name) in columns.iter_mut().zip(self.ports) {
                match ring {
                    Some(ring) => self.ring(stream, ring, name, column),
                    None => self.count(stream, spikes, name, column, counts),
                }
            }
        }
    }

    /// Counts what arrives by connections of one weight and one delay.
    fn count(&self, stream: &Stream, spikes: &Spikes, name: &str, column: &mut [f64], counts: &mut Counts) {
        let e = &*stream.events;
        let (Strength::Shared(w), Delays::Shared(delay)) = (&e.strength, &e.delays) else { return };
        let weight = acts(stream.target, *w, name);
        let list = spikes.of(self.tick - i64::from(*delay));
        if list.is_empty() || weight == 0.0 {
            return;
        }
        for sample in 0..self.batch {
            let mine = |lane: &&u32| self.batch == 1 || **lane as usize % self.batch == sample;
            let senders = || list.iter().filter(mine).map(|lane| *lane as usize / self.batch);
            for (part, own) in column.chunks_mut(e.part * self.batch).enumerate() {
                let mut ahead = senders().skip(AHEAD);
                for s in senders() {
                    if let Some(next) = ahead.next() {
                        prefetch(&e.target[e.range(part, next)]);
                    }
                    for t in &e.target[e.range(part, s)] {
                        counts[*t as usize] += 1;
                    }
                }
                vectorise::run(self.isa, AddCounts { arrive: own, batch: self.batch, sample, weight, counts });
            }
        }
    }

    fn ring(&self, stream: &Stream, ring: &Ring, name: &str, column: &mut [f64]) {
        let e = &*stream.events;
        let sign = if stream.target == Target::BySign { sign_of(name) } else { 0 };
        if !ring.signs[sign] {
            return;
        }
        let weight = if let Strength::Shared(w) = e.strength { acts(stream.target, w, name) } else { 1.0 };
        let at = ring.at(sign, self.tick);
        for (own, part) in column.chunks_mut(e.part * self.batch).zip(ring.numbers.chunks(ring.part())) {
            vectorise::run(self.isa, AddScaled { arrive: own, weight, sums: &part[at..at + ring.width] });
        }
    }
}

/// Adds sums times a weight.
struct AddScaled<'a> {
    arrive: &'a mut [f64],
    weight: f64,
    sums: &'a [f64],
}

impl vectorise::Task for AddScaled<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (a, x) in self.arrive.iter_mut().zip(self.sums) {
            *a = self.weight.mul_add(*x, *a);
        }
    }
}

/// Adds counts times a weight, and clears them.
struct AddCounts<'a> {
    arrive: &'a mut [f64],
    batch: usize,
    sample: usize,
    weight: f64,
    counts: &'a mut Counts,
}

impl vectorise::Task for AddCounts<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        if self.batch == 1 {
            for (a, n) in self.arrive.iter_mut().zip(self.counts.iter_mut()) {
                *a = self.weight.mul_add(f64::from(*n), *a);
                *n = 0;
            }
            return;
        }
        for (row, n) in self.arrive.chunks_exact_mut(self.batch).zip(self.counts.iter_mut()) {
            row[self.sample] = self.weight.mul_add(f64::from(*n), row[self.sample]);
            *n = 0;
        }
    }
}

impl Run<'_> {
    /// The tick since the beginning of all, of tick `t` of a segment.
    fn absolute(&self, now: Now, t: usize) -> i64 {
        self.start + (now.frame * self.model.ticks + now.first + t) as i64
    }

    /// Adds what streams and noise bring in some ticks, whose spikes are known, to what has arrived by links.
    pub fn deliver(&self, arena: &mut [f64], prepared: &mut Prepared, g: usize, now: Now, ticks: Range<usize>) {
        let (model, layout) = (self.model, self.layout);
        let group = &model.groups[g];
        let streams: Vec<(&Stream, &Spikes, Option<&Ring>)> = (model.streams.iter().zip(&prepared.rings))
            .filter(|(s, _)| s.to == g)
            .map(|(s, ring)| (s, &prepared.sent[s.from], ring.as_ref()))
            .collect();
        if (streams.is_empty() && group.noise.is_empty()) || ticks.is_empty() {
            return;
        }
        let ports: Vec<&str> = group.arrivals.iter().map(|a| a.name.as_str()).collect();
        let n = layout.groups[g].all;
        // The columns of all ports and ticks, cut out of the arena.
        let mut places: Vec<(usize, usize, usize)> = Vec::new();
        for k in 0..ports.len() {
            places.extend(ticks.clone().map(|t| (layout.arrival(g, k, now.copy, t), k, t)));
        }
        places.sort_unstable();
        let mut columns: Vec<Vec<&mut [f64]>> = ticks.clone().map(|_| Vec::new()).collect();
        let (mut rest, mut cut) = (arena, 0);
        for (at, _, t) in places {
            let (_, after) = rest.split_at_mut(at - cut);
            let (column, after) = after.split_at_mut(n);
            columns[t - ticks.start].push(column);
            (rest, cut) = (after, at + n);
        }
        let work = |(t, columns): (usize, &mut Vec<&mut [f64]>)| {
            let delivery = Delivery {
                isa: self.isa,
                batch: layout.batch,
                tick: self.absolute(now, ticks.start + t),
                noise: &group.noise,
                thresholds: &prepared.thresholds[g],
                streams: streams.clone(),
                ports: &ports,
            };
            COUNTS.with_borrow_mut(|counts| {
                let counts = counts.get_or_insert_with(|| vec![0; 1 << 16].into_boxed_slice().try_into().expect("of this size"));
                delivery.run(columns, counts);
            });
        };
        if self.threads > 1 {
            columns.par_iter_mut().enumerate().for_each(work);
        } else {
            columns.iter_mut().enumerate().for_each(work);
        }
        // What has arrived makes room for what will.
        for ring in model.streams.iter().zip(&mut prepared.rings).filter(|(s, _)| s.to == g).filter_map(|(_, r)| r.as_mut()) {
            let (one, width) = (ring.shape(), ring.width);
            let part = ring.part();
            for numbers in ring.numbers.chunks_mut(part) {
                for t in ticks.clone() {
                    for sign in (0..2).filter(|s| one.signs[*s]) {
                        let at = one.at(sign, self.absolute(now, t));
                        numbers[at..at + width].fill(0.0);
                    }
                }
            }
        }
    }

    /// Lists the spikes of some ticks of a group, if a stream begins there.
    pub fn list_spikes(&self, arena: &[f64], prepared: &mut Prepared, g: usize, now: Now, ticks: Range<usize>) {
        let spikes = &mut prepared.sent[g];
        if spikes.lists.is_empty() {
            return;
        }
        let n = self.layout.groups[g].all;
        for t in ticks.clone() {
            let slot = spikes.slot(self.absolute(now, t));
            let list = &mut spikes.lists[slot];
            list.clear();
            let at = self.layout.spike(g, now.copy, t as isize);
            list.extend(spiked(&arena[at..at + n]).map(|k| k as u32));
        }
        let Prepared { sent, rings, .. } = prepared;
        for (stream, ring) in self.model.streams.iter().zip(rings).filter(|(s, _)| s.from == g) {
            let Some(ring) = ring else { continue };
            let of = |t: usize| {
                let tick = self.absolute(now, t);
                (tick, sent[g].of(tick))
            };
            let new: Vec<(i64, &[u32])> = ticks.clone().map(of).collect();
            ring.push(stream, self.layout.batch, &new, i64::MIN, self.threads > 1);
        }
    }
}

/// Where in a column of spikes somebody spiked.
pub(crate) fn spiked(column: &[f64]) -> impl Iterator<Item = usize> + '_ {
    // Most blocks are silent.
    let loud = column.chunks(64).enumerate().filter(|(_, numbers)| numbers.iter().fold(0.0, |sum, x| sum + x) != 0.0);
    loud.flat_map(|(block, numbers)| (0..numbers.len()).filter(|k| numbers[*k] != 0.0).map(move |k| block * 64 + k))
}

thread_local! {
    static COUNTS: std::cell::RefCell<Option<Box<Counts>>> = const { std::cell::RefCell::new(None) };
}

#[cfg(test)]
mod tests {
    use super::{block, poisson, thresholds};
    use homolog_base::{Key, math};
    use homolog_model::model::Noise;

    #[test]
    fn poisson_numbers_have_the_mean_and_the_variance_and_the_probabilities() {
        for mean in [0.03, 0.7, 2.0, 11.0, 60.0] {
            let noise = Noise { port: 0, mean, weight: 1.0, key: Key::new(4).named("test") };
            let t = thresholds(mean);
            let n = 40_000;
            let all: Vec<f64> = (0..n).map(|k| f64::from(poisson(&t, &noise, (k / 100) as i64, k % 100, 0))).collect();
            let found = all.iter().sum::<f64>() / f64::from(n as u32);
            let variance = all.iter().map(|x| (x - found) * (x - found)).sum::<f64>() / f64::from(n as u32);
            let sd = (mean / f64::from(n as u32)).sqrt();
            assert!((found - mean).abs() < 4.0 * sd, "{found} instead of {mean}");
            assert!(
                (variance / mean - 1.0).abs() < 4.0 * ((2.0 + 1.0 / mean) / f64::from(n as u32)).sqrt(),
                "{variance} instead of {mean}"
            );
            let none = all.iter().filter(|x| **x == 0.0).count() as f64 / f64::from(n as u32);
            assert!((none - math::exp(-mean)).abs() < 4.0 * (math::exp(-mean) / f64::from(n as u32)).sqrt() + 1e-9);
        }
        assert!(thresholds(0.0).is_empty(), "nothing comes where nothing is expected");
    }

    #[test]
    fn numbers_made_together_are_those_made_one_by_one() {
        let noise = Noise { port: 0, mean: 2.0, weight: 1.0, key: Key::new(9).named("test") };
        let t = thresholds(2.0);
        let tick = 5_000_000_123;
        let words = block(8, tick, 3, noise.key.words());
        for (k, u) in words.iter().enumerate() {
            let together = t.iter().filter(|t| u >= *t).count() as u32;
            assert_eq!(together, poisson(&t, &noise, tick, 32 + k, 3));
        }
    }
}
