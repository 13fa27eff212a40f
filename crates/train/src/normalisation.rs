//! One factor for all intensities.

use homolog_model::{Data, Samples, Split};

/// What every intensity is multiplied by before it is shown. One number for all features, so that a picture stays a
/// picture, and taken from the training part alone, so that nothing is learned from the test.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Normalisation {
    /// The factor, dimensionless.
    pub factor: f64,
}

impl Normalisation {
    /// Leaves intensities as they are.
    pub const NONE: Normalisation = Normalisation { factor: 1.0 };

    /// With [`Data::unit_rms`]: the reciprocal of the root mean square of all intensities of the training part, so that
    /// theirs becomes 1, which is what initial weights and the calibration of neurons count on. Otherwise, and when all
    /// intensities are zero, 1.
    pub fn fit(samples: &Samples, split: &Split, data: &Data) -> Self {
        if !data.unit_rms {
            return Self::NONE;
        }
        let total: f64 = split.train.iter().map(|&k| sum_of_squares(samples.sample(k))).sum();
        let count = split.train.len() as f64 * samples.features as f64;
        if total > 0.0 { Normalisation { factor: (count / total).sqrt() } } else { Self::NONE }
    }
}

/// In eight interleaved sums, added in order: fast, and the same on every machine.
fn sum_of_squares(x: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (eights, rest) = x.as_chunks::<8>();
    for eight in eights {
        for (s, v) in sums.iter_mut().zip(eight) {
            *s += v * v;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|v| v * v).sum::<f64>()
}

#[cfg(test)]
mod tests;
