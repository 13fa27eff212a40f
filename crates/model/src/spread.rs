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
    /// One of these between two bounds: as if what lies outside were drawn again until it does not.
    Clipped(Bell, f64, f64),
}

/// A distribution without bounds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Bell {
    /// Mean and standard deviation.
    Normal(f64, f64),
    /// As [`Spread::Lognormal`].
    Lognormal(f64, f64),
}

/// Less than this share of a distribution between its bounds is a slip of the pen, and more than draws of 32 bits can tell apart.
const LEAST: f64 = 1e-5;

/// The share of a standard normal distribution below `x`: what [`math::normal_quantiles`] is the inverse of.
fn below(x: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        let found = math::normal_quantiles([middle])[0];
        if found < x { low = middle } else { high = middle }
    }
    if x == f64::INFINITY { 1.0 } else { low }
}

/// What numbers between bounds are drawn with: a share of the distribution is drawn, and of those between its shares at the bounds, whatever
/// lies outside (Devroye 1986, ch. II.2.1: the law of what is drawn again until it is inside).
#[derive(Clone, Copy)]
struct Window {
    least: f64,
    share: f64,
    bounds: (f64, f64),
}

impl Window {
    /// The number at a share of what is inside, of a distribution whose standard form `of` stretches.
    fn at(self, p: f64, of: impl Fn(f64) -> f64) -> f64 {
        let x = math::normal_quantiles([(self.least + p * self.share).clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0)])[0];
        // Of what rounding took outside.
        of(x).clamp(self.bounds.0, self.bounds.1)
    }
}

impl Spread {
    /// The window of one with bounds.
    fn window(self) -> Option<Window> {
        let Spread::Clipped(bell, low, high) = self else { return None };
        let standard = |x: f64| match bell {
            Bell::Normal(mean, sd) => (x - mean) / sd,
            Bell::Lognormal(..) if x <= 0.0 => f64::NEG_INFINITY,
            Bell::Lognormal(..) => {
                let (mu, sigma) = self.of_logarithm();
                (math::ln(x) - mu) / sigma
            }
        };
        // Of a deviation of 0 all is at the mean.
        let share = |x: f64| {
            let x = standard(x);
            if x.is_nan() { 0.5 } else { below(x) }
        };
        let least = if low == f64::NEG_INFINITY { 0.0 } else { share(low) };
        let most = if high == f64::INFINITY { 1.0 } else { share(high) };
        let single = matches!(bell, Bell::Normal(m, 0.0) | Bell::Lognormal(m, 0.0) if (low..=high).contains(&m));
        Some(Window { least, share: if single { 1.0 - least } else { most - least }, bounds: (low, high) })
    }

    /// Whether it can be drawn from.
    ///
    /// # Errors
    /// Next to nothing of it lies between its bounds.
    pub fn possible(self) -> Result<(), String> {
        match (self, self.window()) {
            (Spread::Clipped(_, low, high), Some(w)) if !(low <= high && w.share >= LEAST) => {
                let between = match (low == f64::NEG_INFINITY, high == f64::INFINITY) {
                    (true, _) => format!("below {high}"),
                    (_, true) => format!("above {low}"),
                    _ => format!("between {low} and {high}"),
                };
                Err(format!("less than one in {:.0} numbers of this distribution is {between}", 1.0 / LEAST))
            }
            _ => Ok(()),
        }
    }

    /// Mean and standard deviation of the logarithm, where that is normal.
    fn of_logarithm(self) -> (f64, f64) {
        match self {
            Spread::Lognormal(mean, sd) | Spread::Clipped(Bell::Lognormal(mean, sd), ..) => {
                let variance = math::ln(1.0 + sd * sd / (mean * mean));
                (math::ln(mean) - 0.5 * variance, variance.sqrt())
            }
            _ => (0.0, 0.0),
        }
    }

    /// What draws the `k`-th number.
    pub fn drawn(self, key: Key) -> impl Fn(u64) -> f64 {
        let (mu, sigma) = self.of_logarithm();
        let window = self.window();
        move |k: u64| match self {
            Spread::Constant(x) => x,
            Spread::Uniform(a, b) => a + (b - a) * key.uniform(k, 0),
            Spread::Normal(mean, sd) => mean + sd * key.normal(k, 0),
            Spread::Lognormal(..) => math::exp(mu + sigma * key.normal(k, 0)),
            Spread::Clipped(bell, ..) => window.map_or(f64::NAN, |w| w.at(key.uniform(k, 0), bell.stretched(mu, sigma))),
        }
    }
}

impl Spread {
    /// `n` numbers for connections: four at a time, from words of 32 bits. Not the numbers of [`Spread::drawn`].
    pub fn many(self, key: Key, n: usize) -> impl Iterator<Item = f64> {
        let (mu, sigma) = self.of_logarithm();
        let window = self.window();
        let four = move |block: u64| {
            let p = key.four(block, 0).map(|word| (f64::from(word) + 0.5) * (1.0 / 4_294_967_296.0));
            match self {
                Spread::Constant(x) => [x; 4],
                Spread::Uniform(a, b) => p.map(|p| a + (b - a) * p),
                Spread::Normal(mean, sd) => math::normal_quantiles(p).map(|x| mean + sd * x),
                Spread::Lognormal(..) => math::normal_quantiles(p).map(|x| math::exp(mu + sigma * x)),
                Spread::Clipped(bell, ..) => p.map(|p| window.map_or(f64::NAN, |w| w.at(p, bell.stretched(mu, sigma)))),
            }
        };
        (0..n.div_ceil(4) as u64).flat_map(four).take(n)
    }
}

impl Bell {
    /// The standard normal distribution stretched to this one.
    fn stretched(self, mu: f64, sigma: f64) -> impl Fn(f64) -> f64 {
        move |x| match self {
            Bell::Normal(mean, sd) => mean + sd * x,
            Bell::Lognormal(..) => math::exp(mu + sigma * x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bell, Spread, below};
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

    #[test]
    fn shares_of_the_normal_distribution_are_those_of_tables() {
        // Abramowitz & Stegun 1964, table 26.1.
        for (x, p) in
            [(0.0, 0.5), (1.0, 0.841_344_746_068_543), (-2.0, 0.022_750_131_948_179), (f64::INFINITY, 1.0), (f64::NEG_INFINITY, 0.0)]
        {
            assert!((below(x) - p).abs() < 1e-9, "{x}: {}", below(x));
        }
    }

    #[test]
    fn numbers_between_bounds_are_distributed_as_if_those_outside_were_drawn_again() {
        let n = 40_000_usize;
        let key = Key::new(11).named("clipped");
        for (bell, plain, low, high) in [
            (Bell::Normal(1.0, 2.0), Spread::Normal(1.0, 2.0), 0.0, 2.5),
            (Bell::Normal(1.0, 2.0), Spread::Normal(1.0, 2.0), f64::NEG_INFINITY, 0.0),
            (Bell::Lognormal(0.1, 0.05), Spread::Lognormal(0.1, 0.05), 0.08, f64::INFINITY),
        ] {
            let spread = Spread::Clipped(bell, low, high);
            assert_eq!(spread.possible(), Ok(()));
            let mut kept: Vec<f64> =
                (0..8 * n as u64).map(plain.drawn(key.named("again"))).filter(|x| (low..=high).contains(x)).take(n).collect();
            assert_eq!(kept.len(), n);
            kept.sort_by(f64::total_cmp);
            let one_by_one: Vec<f64> = (0..n as u64).map(spread.drawn(key)).collect();
            for mut all in [one_by_one, spread.many(key, n).collect()] {
                assert!(all.iter().all(|x| (low..=high).contains(x)));
                all.sort_by(f64::total_cmp);
                // Kolmogorov & Smirnov: 1.95 sqrt(2 / n) is passed by chance once in a thousand times.
                let rank = |of: &[f64], x: f64| of.partition_point(|y| *y <= x) as f64 / n as f64;
                let apart = all.iter().chain(&kept).map(|x| (rank(&all, *x) - rank(&kept, *x)).abs()).fold(0.0, f64::max);
                assert!(apart < 1.95 * (2.0 / n as f64).sqrt(), "{spread:?}: {apart}");
            }
        }
    }

    #[test]
    fn bounds_that_hold_next_to_nothing_are_refused_and_a_spread_of_nothing_is_its_mean() {
        for (bell, low, high) in
            [(Bell::Normal(0.0, 1.0), 6.0, f64::INFINITY), (Bell::Lognormal(1.0, 0.1), -2.0, 0.0), (Bell::Normal(0.0, 1.0), 1.0, -1.0)]
        {
            assert!(Spread::Clipped(bell, low, high).possible().is_err(), "{bell:?}");
        }
        let still = Spread::Clipped(Bell::Normal(2.0, 0.0), 0.0, 3.0);
        assert_eq!((still.possible(), still.drawn(Key::new(1))(5)), (Ok(()), 2.0));
        assert!(Spread::Clipped(Bell::Normal(2.0, 0.0), 0.0, 1.0).possible().is_err());
    }
}
