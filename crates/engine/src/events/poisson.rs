//! Poisson numbers: how many events of a train fall into a tick.
//!
//! How many thresholds of the distribution a uniform number of 32 bits exceeds (inversion: Devroye 1986, "Non-Uniform Random Variate
//! Generation", ch. III.2); what is less likely than 2^-32 never occurs. The number is keyed by tick, neuron and sample, and made for
//! many neurons at once.

use homolog_base::math::{self, Real};
use homolog_base::random::{philox4x32, philox4x32_lanes};
use homolog_exec::vectorise;
use homolog_model::Precision;
use homolog_model::model::Noise;
use std::ops::Range;

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

/// Counters whose words are made together.
const COUNTERS: usize = 16;
/// Neurons whose numbers are made together: those counters have four words each.
const BLOCK: usize = 4 * COUNTERS;

/// Adds Poisson numbers times a weight to what arrives.
pub(crate) struct AddPoisson<'a, R> {
    pub arrive: &'a mut [R],
    /// Whether nothing has arrived before, and `arrive` holds anything; of one sample.
    pub fresh: bool,
    /// Number of the first neuron.
    pub first: usize,
    pub batch: usize,
    pub sample: usize,
    pub thresholds: &'a [u32],
    pub weight: R,
    pub key: [u32; 2],
    pub tick: i64,
}

impl<R: Real> vectorise::Task for AddPoisson<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let neurons = self.arrive.len() / self.batch;
        for (number, skip, own) in blocks(self.first, neurons) {
            let words = block(number, self.tick, self.sample, self.key);
            let mut k = [[0u32; COUNTERS]; 4];
            for t in self.thresholds {
                // One long loop becomes vectors across neurons, and not across thresholds.
                for (k, u) in k.as_flattened_mut().iter_mut().zip(words.as_flattened()) {
                    *k += u32::from(*u >= *t);
                }
            }
            let k = &k.as_flattened()[skip..];
            let own = &mut self.arrive[own.start * self.batch..own.end * self.batch];
            if self.fresh {
                for (a, k) in own.iter_mut().zip(k) {
                    *a = self.weight.fma(R::count(*k), R::of(-0.0));
                }
                continue;
            }
            if self.batch == 1 {
                for (a, k) in own.iter_mut().zip(k) {
                    *a = self.weight.fma(R::count(*k), *a);
                }
                continue;
            }
            for (row, k) in own.chunks_exact_mut(self.batch).zip(k) {
                row[self.sample] = self.weight.fma(R::count(*k), row[self.sample]);
            }
        }
    }
}

/// Random words of the neurons of a block: its neuron `16 w + c` has word `w` of its counter `c`.
#[inline(always)]
fn block(number: usize, tick: i64, sample: usize, key: [u32; 2]) -> [[u32; COUNTERS]; 4] {
    const N: usize = COUNTERS;
    let mut counters = [0; N];
    for (c, counter) in counters.iter_mut().enumerate() {
        *counter = (number * N + c) as u32;
    }
    philox4x32_lanes([counters, [sample as u32; N], [tick as u32; N], [(tick >> 32) as u32; N]], key)
}

/// Some neurons from number `first` on, block by block: number of the block, how many neurons of it come before, and which of ours are in it.
#[inline(always)]
fn blocks(first: usize, neurons: usize) -> impl Iterator<Item = (usize, usize, Range<usize>)> {
    let number = first / BLOCK..(first + neurons).div_ceil(BLOCK);
    number.map(move |b| {
        let from = (b * BLOCK).max(first);
        (b, from - b * BLOCK, from - first..((b + 1) * BLOCK).min(first + neurons) - first)
    })
}

/// Uniform numbers between 0 and 1, of 32 bits, for neurons and samples.
pub(crate) struct Draw<'a, R> {
    pub numbers: &'a mut [R],
    /// Number of the first neuron.
    pub first: usize,
    pub batch: usize,
    pub key: [u32; 2],
    pub tick: i64,
    pub bits: u32,
}

/// Bits of a word that are used for numbers of a format: with more the largest would round to 1.
pub(crate) fn bits(precision: Precision) -> u32 {
    if precision == Precision::Single { 23 } else { 32 }
}

/// The first bits of a word as a number in the open interval.
#[inline(always)]
fn between_0_and_1(word: u32, bits: u32) -> f64 {
    (f64::from(word >> (32 - bits)) + 0.5) / (1u64 << bits) as f64
}

impl<R: Real> vectorise::Task for Draw<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let neurons = self.numbers.len() / self.batch;
        for sample in 0..self.batch {
            for (number, skip, own) in blocks(self.first, neurons) {
                let words = block(number, self.tick, sample, self.key);
                let own = &mut self.numbers[own.start * self.batch..own.end * self.batch];
                for (x, word) in own.iter_mut().skip(sample).step_by(self.batch).zip(&words.as_flattened()[skip..]) {
                    *x = R::of(between_0_and_1(*word, self.bits));
                }
            }
        }
    }
}

/// The number of a neuron, one by one.
pub(crate) fn drawn(key: [u32; 2], tick: i64, neuron: usize, sample: usize, bits: u32) -> f64 {
    between_0_and_1(word(key, tick, neuron, sample), bits)
}

/// The random word of a neuron, one by one.
fn word(key: [u32; 2], tick: i64, neuron: usize, sample: usize) -> u32 {
    let (number, within) = (neuron / BLOCK, neuron % BLOCK);
    let counter = [(number * COUNTERS + within % COUNTERS) as u32, sample as u32, tick as u32, (tick >> 32) as u32];
    philox4x32(counter, key)[within / COUNTERS]
}

/// The Poisson number of a neuron, one by one.
pub(crate) fn poisson(thresholds: &[u32], noise: &Noise, tick: i64, neuron: usize, sample: usize) -> u32 {
    let u = word(noise.key.words(), tick, neuron, sample);
    thresholds.iter().filter(|t| u >= **t).count() as u32
}

#[cfg(test)]
mod tests {
    use super::{AddPoisson, poisson, thresholds};
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
        let (mut together, batch, sample) = (vec![0.0; 150 * 4], 4, 3);
        // Of all neurons, and of some of them.
        for first in [0, 1, 63, 64, 1000] {
            together.fill(0.0);
            let task = AddPoisson {
                arrive: &mut together,
                fresh: false,
                first,
                batch,
                sample,
                thresholds: &t,
                weight: 1.0,
                key: noise.key.words(),
                tick,
            };
            homolog_exec::vectorise::Task::run(task);
            for (k, n) in together.chunks(batch).enumerate() {
                assert_eq!(n, [0.0, 0.0, 0.0, f64::from(poisson(&t, &noise, tick, first + k, sample))], "{first} + {k}");
            }
        }
    }
}
