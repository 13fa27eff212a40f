//! How far a trace is from a recording. Each loss is a number without dimension that is 0 for the recording itself.
//!
//! | loss | what | 1 means | gradient | source |
//! |---|---|---|---|---|
//! | `potential` | mean squared difference over the variance of the recording | no better than its mean | yes | |
//! | `spikes` | distance of the filtered trains of spikes | as far as silence is | no | van Rossum 2001 |
//! | `phase-plane` | difference of the densities over potential and its slope | nothing in common | no | LeMasson & Maex 2001 |

use homolog_base::math;
use homolog_model::recordings::rise;

/// Mean and variance of some numbers.
pub fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n)
}

/// Times at which a trace rises through a threshold, on the straight line between two samples, ms.
pub fn crossings(times: &[f64], values: &[f64], threshold: f64) -> Vec<f64> {
    let pairs = times.windows(2).zip(values.windows(2));
    pairs.filter_map(|(t, v)| rise(v[0], v[1], threshold).map(|share| t[0] + (t[1] - t[0]) * share)).collect()
}

/// Distance of two trains of spikes, each filtered with an exponential of time constant `tau`, over that of the second from silence (or of one spike
/// from silence, where the second has none): van Rossum 2001, Neural Comput. 13, 751, eq. 2.3. With `K(a, b)` the sum of `exp(-|t - s| / tau)` over
/// all pairs it is `(K(a, a) + K(b, b) - 2 K(a, b)) / K(b, b)`. Times are sorted.
pub fn van_rossum(a: &[f64], b: &[f64], tau: f64) -> f64 {
    let silence = if b.is_empty() { 1.0 } else { kernel(b, b, tau) };
    ((kernel(a, a, tau) + kernel(b, b, tau) - 2.0 * kernel(a, b, tau)) / silence).max(0.0)
}

/// Pairs further apart than this many time constants are as good as infinitely far.
const FAR: f64 = 40.0;

fn kernel(a: &[f64], b: &[f64], tau: f64) -> f64 {
    let mut sum = 0.0;
    for t in a {
        let from = b.partition_point(|s| *s < t - FAR * tau);
        sum += b[from..].iter().take_while(|s| **s <= t + FAR * tau).map(|s| math::exp(-(t - s).abs() / tau)).sum::<f64>();
    }
    sum
}

/// The density of a trace over potential and slope, on the grid of a recording.
#[derive(Clone, PartialEq, Debug)]
pub struct Plane {
    /// Ranges of the potential and of its slope.
    ranges: [(f64, f64); 2],
    /// Share of the samples in each cell.
    density: Vec<f64>,
}

/// Cells of the grid in each direction, of which the outermost take all that lies beyond.
const GRID: usize = 50;

impl Plane {
    /// The density of a recording, whose grid spans its range and a tenth of it more on either side.
    pub fn new(times: &[f64], values: &[f64]) -> Plane {
        let range = |x: &mut dyn Iterator<Item = f64>| {
            let (low, high) = x.fold((f64::INFINITY, f64::NEG_INFINITY), |r, x| (r.0.min(x), r.1.max(x)));
            let room = 0.1 * (high - low).max(f64::MIN_POSITIVE);
            (low - room, high + room)
        };
        let ranges = [range(&mut values.iter().copied()), range(&mut slopes(times, values).map(|p| p.1))];
        let mut out = Plane { ranges, density: vec![] };
        out.density = out.of(times, values);
        out
    }

    /// The density of a trace.
    fn of(&self, times: &[f64], values: &[f64]) -> Vec<f64> {
        let mut counts = vec![0.0; GRID * GRID];
        let cell = |x: f64, (low, high): (f64, f64)| (((x - low) / (high - low) * GRID as f64).max(0.0) as usize).min(GRID - 1);
        let mut all = 0.0;
        for (v, slope) in slopes(times, values) {
            counts[cell(v, self.ranges[0]) * GRID + cell(slope, self.ranges[1])] += 1.0;
            all += 1.0;
        }
        counts.iter_mut().for_each(|c| *c /= f64::max(all, 1.0));
        counts
    }

    /// Half the sum of the differences of the densities (LeMasson & Maex 2001, in De Schutter (ed.), "Computational Neuroscience: Realistic Modeling
    /// for Experimentalists", CRC, chapter 1): 0 for the same densities, 1 for such that share nothing. When a spike comes does not matter.
    pub fn distance(&self, times: &[f64], values: &[f64]) -> f64 {
        0.5 * self.of(times, values).iter().zip(&self.density).map(|(a, b)| (a - b).abs()).sum::<f64>()
    }
}

/// Potential in the middle between two samples, and its slope there.
fn slopes<'a>(times: &'a [f64], values: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    times.windows(2).zip(values.windows(2)).map(|(t, v)| (0.5 * (v[0] + v[1]), (v[1] - v[0]) / (t[1] - t[0])))
}

#[cfg(test)]
mod tests;
