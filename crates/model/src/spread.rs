//! Distributions from which weights, delays and starts are drawn.

use homolog_base::{Key, math};

/// A distribution.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Spread {
    /// This number.
    Constant(f64),
    /// Between two bounds.
    Uniform(f64, f64),
    /// Mean and standard deviation.
    Normal(f64, f64),
    /// The logarithm is normal; mean and standard deviation of the numbers themselves, the mean above 0.
    Lognormal(f64, f64),
}

impl Spread {
    /// What draws the `k`-th number.
    pub fn drawn(self, key: Key) -> impl Fn(u64) -> f64 {
        // Of the logarithm.
        let (mu, sigma) = match self {
            Spread::Lognormal(mean, sd) => {
                let variance = math::ln(1.0 + sd * sd / (mean * mean));
                (math::ln(mean) - 0.5 * variance, variance.sqrt())
            }
            _ => (0.0, 0.0),
        };
        move |k: u64| match self {
            Spread::Constant(x) => x,
            Spread::Uniform(a, b) => a + (b - a) * key.uniform(k, 0),
            Spread::Normal(mean, sd) => mean + sd * key.normal(k, 0),
            Spread::Lognormal(..) => math::exp(mu + sigma * key.normal(k, 0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;
    use homolog_base::Key;

    #[test]
    fn numbers_have_the_mean_and_the_standard_deviation_that_were_asked_for() {
        let uniform = Spread::Uniform(2.0, 2.0 + 12f64.sqrt());
        for (spread, mean, sd) in [
            (Spread::Constant(-3.0), -3.0, 0.0),
            (uniform, 2.0 + 3f64.sqrt(), 1.0),
            (Spread::Normal(-1.0, 2.0), -1.0, 2.0),
            (Spread::Lognormal(0.1, 0.05), 0.1, 0.05),
        ] {
            let draw = spread.drawn(Key::new(7).named("spread"));
            let n = 40_000.0;
            let all: Vec<f64> = (0..40_000).map(draw).collect();
            let found = all.iter().sum::<f64>() / n;
            let variance = all.iter().map(|x| (x - found) * (x - found)).sum::<f64>() / n;
            assert!((found - mean).abs() <= 4.0 * sd / n.sqrt(), "{spread:?}: {found}");
            assert!((variance.sqrt() - sd).abs() <= 0.03 * sd, "{spread:?}: {}", variance.sqrt());
        }
    }
}
