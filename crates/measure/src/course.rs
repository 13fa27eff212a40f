//! By how much one course of a model differs from another, and how regularly neurons spike.
//!
//! ```text
//! deviation of traces a, b     most = max |a_k - b_k|,   rms = sqrt(sum (a_k - b_k)^2 / n)
//! shift of spikes s, t         s_k - t_k, of neurons that spike as often in both
//! moments of a trace           mean = sum a_k / n,   variance = sum (a_k - mean)^2 / n
//! CV of intervals              sd(I) / mean(I), I_k = s_(k+1) - s_k, sd with n - 1; the mean over neurons
//! ```
//!
//! The coefficient of variation of intervals is 1 for a Poisson process and 0 for a clock (Softky & Koch 1993, J. Neurosci. 13, 334).

use homolog_model::Trace;

/// By how much two traces differ, in their unit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Deviation {
    /// The largest difference, without its sign.
    pub most: f64,
    /// The root of the mean squared difference.
    pub rms: f64,
}

/// The deviation of two traces of `n` numbers; none where they are not equally long, or empty. What is no number anywhere is none in the result.
pub fn deviation(a: &[f64], b: &[f64]) -> Option<Deviation> {
    if a.len() != b.len() || a.is_empty() {
        return None;
    }
    let apart = || a.iter().zip(b).map(|(x, y)| (x - y).abs());
    // `f64::max` would leave out what is no number.
    let most = apart().fold(0.0, |m: f64, d| if d > m || d.is_nan() { d } else { m });
    Some(Deviation { most, rms: (apart().map(|d| d * d).sum::<f64>() / a.len() as f64).sqrt() })
}

/// Mean and variance of a trace, in its unit and in that squared; none of nothing.
pub fn moments(a: &[f64]) -> Option<(f64, f64)> {
    let n = a.len() as f64;
    let mean = a.iter().sum::<f64>() / n;
    (n > 0.0).then(|| (mean, a.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n))
}

/// How spikes of one course lie beside those of another.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Shifts {
    /// Spikes of the neurons that spike as often in both.
    pub spikes: usize,
    /// The largest shift, ms, with its sign: above 0 where the first course is late; and the mean. None without a spike.
    pub of_them: Option<(f64, f64)>,
    /// Neurons that spike more or less often in one than in the other.
    pub other_neurons: usize,
}

/// The shifts of spikes, whose times in ms are given for each neuron of both courses, in their order.
pub fn shifts(found: &[Vec<f64>], wanted: &[Vec<f64>]) -> Shifts {
    let mut out = Shifts::default();
    let mut sum = 0.0;
    let mut most = 0.0f64;
    for (a, b) in found.iter().zip(wanted) {
        if a.len() != b.len() {
            out.other_neurons += 1;
            continue;
        }
        for shift in a.iter().zip(b).map(|(x, y)| x - y) {
            out.spikes += 1;
            sum += shift;
            most = if shift.abs() > most.abs() { shift } else { most };
        }
    }
    out.of_them = (out.spikes > 0).then(|| (most, sum / out.spikes as f64));
    out
}

/// When each of so many neurons spiked, in the unit of the rows (ticks), from rows of time, neuron and sample
/// ([`homolog_model::Observable::Raster`]) of one sample.
pub fn trains(raster: &Trace, neurons: usize) -> Vec<Vec<f64>> {
    let mut out = vec![vec![]; neurons];
    raster.data.chunks_exact(3).for_each(|row| out[row[1] as usize].push(row[0]));
    out
}

/// The coefficient of variation of intervals, as its mean over neurons with three spikes or more; none where there are none.
pub fn cv_of_intervals<'t>(trains: impl IntoIterator<Item = &'t Vec<f64>>) -> Option<f64> {
    let of_one = |times: &Vec<f64>| {
        let intervals: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
        let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
        let variance = intervals.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (intervals.len() - 1) as f64;
        variance.sqrt() / mean
    };
    let all: Vec<f64> = trains.into_iter().filter(|t| t.len() > 2).map(of_one).collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

#[cfg(test)]
mod tests;
