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
    /// Mean and standard deviation of the logarithm, where that is normal.
    fn of_logarithm(self) -> (f64, f64) {
        match self {
            Spread::Lognormal(mean, sd) => {
                let variance = math::ln(1.0 + sd * sd / (mean * mean));
                (math::ln(mean) - 0.5 * variance, variance.sqrt())
            }
            _ => (0.0, 0.0),
        }
    }

    /// What draws the `k`-th number.
    pub fn drawn(self, key: Key) -> impl Fn(u64) -> f64 {
        let (mu, sigma) = self.of_logarithm();
        move |k: u64| match self {
            Spread::Constant(x) => x,
            Spread::Uniform(a, b) => a + (b - a) * key.uniform(k, 0),
            Spread::Normal(mean, sd) => mean + sd * key.normal(k, 0),
            Spread::Lognormal(..) => math::exp(mu + sigma * key.normal(k, 0)),
        }
    }
}

impl Spread {
    /// `n` numbers for connections: four at a time, from words of 32 bits. Not the numbers of [`Spread::drawn`].
    pub fn many(self, key: Key, n: usize) -> impl Iterator<Item = f64> {
        let (mu, sigma) = self.of_logarithm();
        let four = move |block: u64| {
            let p = key.four(block, 0).map(|word| (f64::from(word) + 0.5) * (1.0 / 4_294_967_296.0));
            match self {
                Spread::Constant(x) => [x; 4],
                Spread::Uniform(a, b) => p.map(|p| a + (b - a) * p),
                Spread::Normal(mean, sd) => math::normal_quantiles(p).map(|x| mean + sd * x),
                Spread::Lognormal(..) => math::normal_quantiles(p).map(|x| math::exp(mu + sigma * x)),
            }
        };
        (0..n.div_ceil(4) as u64).flat_map(four).take(n)
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
            let n = 40_000.0;
            let key = Key::new(7).named("spread");
            let one_by_one: Vec<f64> = (0..40_000).map(spread.drawn(key)).collect();
            for all in [one_by_one, spread.many(key, 40_000).collect()] {
                let found = all.iter().sum::<f64>() / n;
                let variance = all.iter().map(|x| (x - found) * (x - found)).sum::<f64>() / n;
                assert!((found - mean).abs() <= 4.0 * sd / n.sqrt(), "{spread:?}: {found}");
                assert!((variance.sqrt() - sd).abs() <= 0.03 * sd, "{spread:?}: {}", variance.sqrt());
            }
        }
    }
}
