//! Connections that carry nothing but spikes, and learn nothing: two bytes for each, and four for a weight of its own.
//!
//! Targets are listed by part (so many receiving neurons that what arrives at them stays in a cache), in that by sending neuron, and in that
//! by delay: the connections of a sender to a part that take equally long are a *run*, which arrives as one. What a projection brings to a
//! neuron in a tick is a sum over spikes in the order of their ticks, and in that of senders; where all connections have one weight it
//! is that weight times the number of spikes, so that no order shows.

use homolog_base::Key;
use std::fmt;
use std::ops::Range;

/// Receiving neurons of a part: 32 kB of sums stay in the first-level cache.
pub const PART: usize = 4096;
/// Receiving neurons of a part where runs would be too short otherwise: all that two bytes can name.
const WIDE: usize = 1 << 16;
/// Connections that a run has on average at least, so that what it costs to begin one does not show.
const WORTH: usize = 64;

/// Sizes of weights.
#[derive(Clone, PartialEq, Debug)]
pub enum Strength {
    /// One for all.
    Shared(f64),
    /// One for each, in the order of the targets.
    Each(Vec<f32>),
}

/// Delays, ticks.
#[derive(Clone, PartialEq, Debug)]
pub enum Delays {
    /// One for all.
    Shared(u32),
    /// One for each run.
    Each(Vec<u16>),
}

/// Connections by sending neuron.
#[derive(Clone, PartialEq)]
pub struct Events {
    /// Sending neurons.
    pub senders: usize,
    /// Receiving neurons.
    pub receivers: usize,
    /// Receiving neurons of a part.
    pub part: usize,
    /// The first run of `part * senders + sender`, and one more; empty where each has one run.
    pub first: Vec<u32>,
    /// Where the connections of a run begin; one more than runs.
    pub start: Vec<u32>,
    /// Receiving neurons, counted from the first of their part.
    pub target: Vec<u16>,
    /// Weights.
    pub strength: Strength,
    /// Whether some of them are above zero, and some below. Kept because there may be very many, and every piece of a run asks.
    pub signs: [bool; 2],
    /// Delays.
    pub delays: Delays,
    /// Shortest and longest delay, ticks.
    pub bounds: (u32, u32),
}

impl fmt::Debug for Events {
    /// Sizes alone: there may be billions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} connections of {} to {}", self.len(), self.senders, self.receivers)
    }
}

/// What is known of all connections of a stream, whichever process has them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Whole {
    /// How many there are.
    pub connections: u64,
    /// The sum of a hash of each, in which no order and no division shows.
    pub sum: u64,
    /// Shortest and longest delay, ticks.
    pub bounds: (u32, u32),
}

impl Whole {
    /// Of connections whose receivers have other numbers in the whole network.
    pub fn of(events: &Events, number: impl Fn(usize) -> usize) -> Whole {
        let mut sum = 0u64;
        for part in 0..events.parts() {
            for sender in 0..events.senders {
                for run in events.runs(part, sender) {
                    let delay = u64::from(events.delay(run));
                    for k in events.run(run) {
                        let weight = match &events.strength {
                            Strength::Shared(w) => w.to_bits(),
                            Strength::Each(w) => u64::from(w[k].to_bits()),
                        };
                        let receiver = number(part * events.part + events.target[k] as usize) as u64;
                        sum = sum.wrapping_add(mixed(mixed((sender as u64) << 32 | receiver) ^ weight.rotate_left(16) ^ delay));
                    }
                }
            }
        }
        Whole { connections: events.len() as u64, sum, bounds: events.bounds }
    }

    /// What several processes have, as one.
    pub fn all(parts: impl IntoIterator<Item = Whole>) -> Whole {
        let some = parts.into_iter().filter(|p| p.connections > 0);
        let join = |a: Whole, b: Whole| Whole {
            connections: a.connections + b.connections,
            sum: a.sum.wrapping_add(b.sum),
            bounds: (a.bounds.0.min(b.bounds.0), a.bounds.1.max(b.bounds.1)),
        };
        some.reduce(join).unwrap_or(Whole { bounds: (1, 1), ..Whole::default() })
    }
}

/// Steele, Lea & Flood 2014 ("Fast splittable pseudorandom number generators"), the finaliser of SplitMix.
fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Connections as a rule makes them: for each sending neuron its receiving ones, ascending.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Graph {
    /// Where those of each sender begin; one more than senders.
    pub start: Vec<u32>,
    /// Receiving neurons.
    pub target: Vec<u32>,
}

impl Graph {
    /// From (sender, receiver) in any order.
    pub fn of_pairs(senders: usize, receivers: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Graph {
        let mut start = vec![0u32; senders + 1];
        pairs.clone().for_each(|(s, _)| start[s as usize + 1] += 1);
        for s in 0..senders {
            start[s + 1] += start[s];
        }
        let mut next = start.clone();
        let mut target = vec![0u32; start[senders] as usize];
        for (s, r) in pairs {
            debug_assert!((r as usize) < receivers);
            target[next[s as usize] as usize] = r;
            next[s as usize] += 1;
        }
        let mut graph = Graph { start, target };
        for s in 0..senders {
            let own = graph.start[s] as usize..graph.start[s + 1] as usize;
            graph.target[own].sort_unstable();
        }
        graph
    }

    /// Every pair.
    pub fn all(senders: usize, receivers: usize) -> Graph {
        let start = (0..=senders).map(|s| (s * receivers) as u32).collect();
        Graph { start, target: (0..senders).flat_map(|_| 0..receivers as u32).collect() }
    }

    /// Sender and receiver of every connection, in the order of the list.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + Clone + '_ {
        let of = |s: usize| self.target[self.start[s] as usize..self.start[s + 1] as usize].iter().map(move |r| (s as u32, *r));
        (0..self.start.len() - 1).flat_map(of)
    }

    /// Only the connections onto some receivers, numbered anew; with it which of the list those were.
    pub fn onto(&self, number: impl Fn(usize) -> Option<usize>) -> (Graph, Vec<bool>) {
        let mut out = Graph { start: Vec::with_capacity(self.start.len()), target: vec![] };
        let mut kept = vec![false; self.target.len()];
        for own in self.start.windows(2).map(|w| w[0] as usize..w[1] as usize) {
            out.start.push(out.target.len() as u32);
            for k in own {
                if let Some(r) = number(self.target[k] as usize) {
                    out.target.push(r as u32);
                    kept[k] = true;
                }
            }
        }
        out.start.push(out.target.len() as u32);
        (out, kept)
    }

    /// Each pair with a probability, independently: from sender to sender the gaps are geometric (Devroye 1986, ch. X.2).
    pub fn random(senders: usize, receivers: usize, probability: f64, key: Key) -> Graph {
        if probability >= 1.0 {
            return Graph::all(senders, receivers);
        }
        let scale = 1.0 / homolog_base::math::ln(1.0 - probability);
        let expected = probability * senders as f64 * receivers as f64;
        let mut out = Graph { start: vec![0], target: Vec::with_capacity((expected + 5.0 * expected.sqrt()) as usize) };
        for s in 0..senders as u64 {
            let mut at = -1.0;
            for k in 0.. {
                at += 1.0 + (homolog_base::math::ln(key.uniform(s, k)) * scale).floor();
                if at >= receivers as f64 {
                    break;
                }
                out.target.push(at as u32);
            }
            out.start.push(out.target.len() as u32);
        }
        out
    }

    /// So many senders to each receiver, with replacement.
    pub fn indegree(senders: usize, receivers: usize, degree: usize, key: Key) -> Graph {
        // Receivers ascend, so the targets of each sender do.
        let mut start = vec![0u32; senders + 1];
        let each = |f: &mut dyn FnMut(u32, u32)| {
            for r in 0..receivers as u64 {
                for block in 0..degree.div_ceil(4) {
                    let four = key.four(r, block as u64);
                    for bits in four.iter().take(degree - 4 * block) {
                        f(((u64::from(*bits) * senders as u64) >> 32) as u32, r as u32);
                    }
                }
            }
        };
        each(&mut |s, _| start[s as usize + 1] += 1);
        for s in 0..senders {
            start[s + 1] += start[s];
        }
        let mut next = start.clone();
        let mut target = vec![0u32; start[senders] as usize];
        each(&mut |s, r| {
            target[next[s as usize] as usize] = r;
            next[s as usize] += 1;
        });
        Graph { start, target }
    }

    /// So many receivers of each sender, with replacement.
    pub fn outdegree(senders: usize, receivers: usize, degree: usize, key: Key) -> Graph {
        let mut out = Graph { start: vec![0], target: Vec::with_capacity(senders * degree) };
        for s in 0..senders as u64 {
            let from = out.target.len();
            for block in 0..degree.div_ceil(4) {
                let four = key.four(s, block as u64);
                out.target.extend(four.iter().take(degree - 4 * block).map(|b| ((u64::from(*b) * receivers as u64) >> 32) as u32));
            }
            out.target[from..].sort_unstable();
            out.start.push(out.target.len() as u32);
        }
        out
    }

    /// So many in all, with replacement.
    pub fn total(senders: usize, receivers: usize, number: usize, key: Key) -> Graph {
        let pair = move |k: usize| {
            let four = key.four(k as u64, 0);
            let below = |bits: u32, n: usize| ((u64::from(bits) * n as u64) >> 32) as u32;
            (below(four[0], senders), below(four[1], receivers))
        };
        Graph::of_pairs(senders, receivers, (0..number).map(pair))
    }
}

impl Events {
    /// From a graph; weights are in the order of its list, and so are `delays` where there are several.
    pub fn new(graph: &Graph, receivers: usize, strength: Strength, delays: Delays) -> Events {
        Events::ordered(graph, receivers, strength, delays).0
    }

    /// As [`Events::new`], with the place of each connection in the graph's list.
    pub fn ordered(graph: &Graph, receivers: usize, strength: Strength, delays: Delays) -> (Events, Vec<u32>) {
        let senders = graph.start.len() - 1;
        let bounds = match &delays {
            Delays::Shared(d) => (*d, *d),
            Delays::Each(d) => (u32::from(d.iter().copied().min().unwrap_or(1)), u32::from(d.iter().copied().max().unwrap_or(1))),
        };
        let kinds = senders * (bounds.1 - bounds.0 + 1) as usize * receivers.div_ceil(PART);
        let part = if matches!(delays, Delays::Shared(_)) || graph.target.len() >= WORTH * kinds { PART } else { WIDE };
        let parts = receivers.div_ceil(part).max(1);
        let cell = |(s, r): (u32, u32)| r as usize / part * senders + s as usize;
        let mut start = vec![0u32; parts * senders + 1];
        graph.pairs().for_each(|pair| start[cell(pair) + 1] += 1);
        for k in 1..start.len() {
            start[k] += start[k - 1];
        }
        // Where each connection of the graph's list comes to stand, and the other way round.
        let mut next = start.clone();
        let mut order = vec![0u32; graph.target.len()];
        for (k, pair) in graph.pairs().enumerate() {
            let at = &mut next[cell(pair)];
            order[*at as usize] = k as u32;
            *at += 1;
        }
        let mut out = Events {
            senders,
            receivers,
            part,
            first: vec![],
            start,
            target: vec![],
            strength: Strength::Shared(0.0),
            signs: [false; 2],
            delays,
            bounds,
        };
        if let Delays::Each(each) = &mut out.delays {
            let each = std::mem::take(each);
            let (first, start, delays) = runs(&out.start, &mut order, &each);
            (out.first, out.start, out.delays) = (first, start, Delays::Each(delays));
        }
        out.target = order.iter().map(|k| (graph.target[*k as usize] as usize % part) as u16).collect();
        out.signs = match &strength {
            Strength::Shared(w) => [*w > 0.0, *w < 0.0],
            Strength::Each(w) => [w.iter().any(|w| *w > 0.0), w.iter().any(|w| *w < 0.0)],
        };
        out.strength = match strength {
            Strength::Shared(w) => Strength::Shared(w),
            Strength::Each(w) => Strength::Each(order.iter().map(|k| w[*k as usize]).collect()),
        };
        (out, order)
    }

    /// Parts of the receiving neurons.
    pub fn parts(&self) -> usize {
        self.receivers.div_ceil(self.part).max(1)
    }

    /// The runs of a sender to a part, by delay.
    pub fn runs(&self, part: usize, sender: usize) -> Range<usize> {
        let k = part * self.senders + sender;
        if self.first.is_empty() { k..k + 1 } else { self.first[k] as usize..self.first[k + 1] as usize }
    }

    /// The connections of a run.
    pub fn run(&self, run: usize) -> Range<usize> {
        self.start[run] as usize..self.start[run + 1] as usize
    }

    /// The delay of a run, ticks.
    pub fn delay(&self, run: usize) -> u32 {
        match &self.delays {
            Delays::Shared(d) => *d,
            Delays::Each(d) => u32::from(d[run]),
        }
    }

    /// The delay of a connection, ticks.
    pub fn delay_of(&self, connection: usize) -> u32 {
        match &self.delays {
            Delays::Shared(d) => *d,
            Delays::Each(_) => self.delay(self.start.partition_point(|s| *s as usize <= connection) - 1),
        }
    }

    /// What receives by a connection.
    pub fn receiver(&self, connection: usize) -> usize {
        let begins = |part: usize| self.start[self.runs(part, 0).start] as usize;
        let (mut part, mut end) = (0, self.parts());
        while end - part > 1 {
            let middle = part.midpoint(end);
            if begins(middle) <= connection { part = middle } else { end = middle }
        }
        part * self.part + usize::from(self.target[connection])
    }

    /// Number, sender and receiver of each connection.
    pub fn each(&self, mut f: impl FnMut(usize, usize, usize)) {
        for part in 0..self.parts() {
            for sender in 0..self.senders {
                for k in self.runs(part, sender).flat_map(|run| self.run(run)) {
                    f(k, sender, part * self.part + self.target[k] as usize);
                }
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.target.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.target.is_empty()
    }

    /// Sender and receiver of every connection, by part and sender.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let of = move |(part, sender): (usize, usize)| {
            let targets = self.runs(part, sender).flat_map(move |run| self.run(run));
            targets.map(move |k| (sender, part * self.part + self.target[k] as usize))
        };
        (0..self.parts()).flat_map(|part| (0..self.senders).map(move |sender| (part, sender))).flat_map(of)
    }

    /// Connections that leave a sender.
    pub fn out_degree(&self, sender: usize) -> usize {
        let of = |part: usize| {
            let runs = self.runs(part, sender);
            (self.start[runs.end] - self.start[runs.start]) as usize
        };
        (0..self.parts()).map(of).sum()
    }

    /// Bytes that all of it takes.
    pub fn bytes(&self) -> usize {
        let weights = if let Strength::Each(w) = &self.strength { size_of_val(&w[..]) } else { 0 };
        let delays = if let Delays::Each(d) = &self.delays { size_of_val(&d[..]) } else { 0 };
        size_of_val(&self.target[..]) + size_of_val(&self.first[..]) + size_of_val(&self.start[..]) + weights + delays
    }

    /// Longest delay, ticks.
    pub fn longest(&self) -> usize {
        self.bounds.1 as usize
    }
}

/// Sorts the connections of each sender and part by delay: the first run of each, where runs begin, their delays.
fn runs(start: &[u32], order: &mut [u32], each: &[u16]) -> (Vec<u32>, Vec<u32>, Vec<u16>) {
    let (mut first, mut begin, mut delays) = (Vec::with_capacity(start.len()), vec![], vec![]);
    let mut keys: Vec<u64> = vec![];
    for own in start.windows(2).map(|w| w[0] as usize..w[1] as usize) {
        first.push(begin.len() as u32);
        // By delay, and in that as they were.
        keys.clear();
        keys.extend(order[own.clone()].iter().map(|k| u64::from(each[*k as usize]) << 32 | u64::from(*k)));
        keys.sort_unstable();
        for (n, key) in keys.iter().enumerate() {
            let delay = (key >> 32) as u16;
            if n == 0 || u64::from(delay) != keys[n - 1] >> 32 {
                begin.push((own.start + n) as u32);
                delays.push(delay);
            }
            order[own.start + n] = *key as u32;
        }
    }
    first.push(begin.len() as u32);
    begin.push(order.len() as u32);
    (first, begin, delays)
}

#[cfg(test)]
mod tests {
    use super::{Delays, Events, Graph, PART, Strength};
    use homolog_base::Key;

    #[test]
    fn a_random_graph_has_each_pair_with_its_probability() {
        let (senders, receivers, p) = (300, 400, 0.07);
        let g = Graph::random(senders, receivers, p, Key::new(3));
        let n = (senders * receivers) as f64;
        let (mean, sd) = (n * p, (n * p * (1.0 - p)).sqrt());
        assert!((g.target.len() as f64 - mean).abs() < 4.0 * sd, "{} instead of {mean}", g.target.len());
        // Every receiver, too: the largest of 400 deviations.
        let mut of = vec![0.0; receivers];
        g.target.iter().for_each(|t| of[*t as usize] += 1.0);
        let sd = (senders as f64 * p * (1.0 - p)).sqrt();
        let most = of.iter().map(|x| (x - senders as f64 * p).abs() / sd).fold(0.0, f64::max);
        assert!(most < 4.5, "{most} standard deviations");
        for s in 0..senders {
            assert!(g.target[g.start[s] as usize..g.start[s + 1] as usize].windows(2).all(|w| w[0] < w[1]), "no pair twice, ascending");
        }
    }

    #[test]
    fn degrees_are_those_that_were_asked_for() {
        let g = Graph::indegree(50, 70, 9, Key::new(1));
        let mut of = vec![0; 70];
        g.target.iter().for_each(|t| of[*t as usize] += 1);
        assert!(of.iter().all(|n| *n == 9));
        let g = Graph::outdegree(50, 70, 9, Key::new(1));
        assert!(g.start.windows(2).all(|w| w[1] - w[0] == 9));
        assert_eq!(Graph::total(50, 70, 123, Key::new(1)).target.len(), 123);
    }

    #[test]
    fn events_hold_the_graph_by_part_sender_and_delay() {
        let receivers = 2 * PART + 100;
        let g = Graph::random(40, receivers, 0.02, Key::new(5));
        let n = g.target.len();
        let (weights, delays) = ((0..n).map(|k| k as f32).collect(), (0..n).map(|k| 3 + (k % 5) as u16).collect());
        let e = Events::new(&g, receivers, Strength::Each(weights), Delays::Each(delays));
        assert_eq!((e.bounds, e.len(), e.parts()), ((3, 7), g.target.len(), receivers.div_ceil(e.part)));
        let Strength::Each(each) = &e.strength else { panic!("each has its own") };
        let mut found: Vec<(u32, u32, f32)> = vec![];
        for s in 0..40 {
            for part in 0..e.parts() {
                assert!(e.runs(part, s).map(|run| e.delay(run)).is_sorted());
                for run in e.runs(part, s) {
                    assert!(!e.run(run).is_empty() && e.target[e.run(run)].windows(2).all(|w| w[0] < w[1]));
                    for c in e.run(run) {
                        assert_eq!(3 + each[c] as u32 % 5, e.delay(run));
                        found.push((s as u32, (part * e.part) as u32 + u32::from(e.target[c]), each[c]));
                    }
                }
            }
            assert_eq!(e.out_degree(s), (g.start[s + 1] - g.start[s]) as usize);
        }
        found.sort_by(|a, b| a.2.total_cmp(&b.2));
        let sender = |k: u32| g.start.partition_point(|s| *s <= k) as u32 - 1;
        for (k, f) in found.iter().enumerate() {
            assert_eq!((f.0, f.1), (sender(k as u32), g.target[k]));
        }
    }
}
