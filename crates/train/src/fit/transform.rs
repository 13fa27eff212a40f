//! Parameters between bounds as coordinates without bounds.

use homolog_base::{Key, Unit, math};

/// A parameter that is sought, and how its coordinate `u` becomes a value: its share of the way from the lower to the upper bound is
/// `s = 1 / (1 + exp(-u))`, along the value itself or along its logarithm.
///
/// ```text
/// linear       value = low + (high - low) s       dvalue/du = (high - low) s (1 - s)
/// logarithmic  value = low (high / low)^s         dvalue/du = value ln(high / low) s (1 - s)
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Coordinate {
    /// Name of the parameter.
    pub name: String,
    /// The only region that it belongs to, if not the whole neuron.
    pub region: Option<String>,
    /// Unit of value and bounds.
    pub unit: Unit,
    /// Smallest value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
    /// Whether the coordinate runs along the logarithm of the value; both bounds are then above 0.
    pub logarithmic: bool,
    /// Where one of the searches begins.
    pub start: Option<f64>,
    /// What the neuron's file says.
    pub declared: f64,
}

/// Starts keep this share of the range from the bounds, where coordinates are large and slopes small.
const MARGIN: f64 = 0.05;

/// The nearest to a bound that a value that was given becomes a coordinate: at the bound itself it would be infinite.
const NEAREST: f64 = 1e-3;

impl Coordinate {
    /// What it is called: `hh.gnabar`, or `hh.gnabar of soma`.
    pub fn label(&self) -> String {
        match &self.region {
            Some(region) => format!("{} of {region}", self.name),
            None => self.name.clone(),
        }
    }

    /// The share of the range at a coordinate, from 0 to 1.
    pub fn share(u: f64) -> f64 {
        // Both ends without a difference of numbers that are nearly equal.
        if u >= 0.0 {
            1.0 / (1.0 + math::exp(-u))
        } else {
            let e = math::exp(u);
            e / (1.0 + e)
        }
    }

    /// The value at a coordinate, in the parameter's unit.
    pub fn value(&self, u: f64) -> f64 {
        self.at_share(Self::share(u))
    }

    /// The value at a share of the range.
    pub fn at_share(&self, s: f64) -> f64 {
        let x =
            if self.logarithmic { self.low * math::exp(s * math::ln(self.high / self.low)) } else { self.low + (self.high - self.low) * s };
        x.clamp(self.low, self.high)
    }

    /// The derivative of the value by its coordinate.
    pub fn slope(&self, u: f64) -> f64 {
        let s = Self::share(u);
        let bell = s * Self::share(-u);
        if self.logarithmic { self.value(u) * math::ln(self.high / self.low) * bell } else { (self.high - self.low) * bell }
    }

    /// The share of the range at a value.
    pub fn share_of(&self, value: f64) -> f64 {
        let s = if self.logarithmic {
            math::ln(value / self.low) / math::ln(self.high / self.low)
        } else {
            (value - self.low) / (self.high - self.low)
        };
        s.clamp(0.0, 1.0)
    }

    /// The coordinate of a value within the bounds; of one at a bound, that of a value a thousandth of the range away.
    pub fn of(&self, value: f64) -> f64 {
        Self::of_share(self.share_of(value))
    }

    fn of_share(s: f64) -> f64 {
        let s = s.clamp(NEAREST, 1.0 - NEAREST);
        math::ln(s / (1.0 - s))
    }
}

/// Where `n` searches begin: a Latin hypercube over the shares of the ranges (McKay, Beckman & Conover 1979, Technometrics 21, 239), so that each
/// parameter has one start in every `n`-th of its range. The first begins where the file says, as far as it does.
///
/// Returns `n` rows of coordinates, one for each parameter.
pub fn starts(parameters: &[Coordinate], n: usize, seed: u64) -> Vec<Vec<f64>> {
    let key = Key::new(seed).named("starts");
    let mut out = vec![Vec::with_capacity(parameters.len()); n];
    for (p, parameter) in parameters.iter().enumerate() {
        let key = key.numbered(p as u64);
        for (r, stratum) in key.permutation(n).into_iter().enumerate() {
            let s = (stratum as f64 + key.named("place").uniform(r as u64, 0)) / n as f64;
            let u = Coordinate::of_share(MARGIN + (1.0 - 2.0 * MARGIN) * s);
            out[r].push(parameter.start.filter(|_| r == 0).map_or(u, |x| parameter.of(x)));
        }
    }
    out
}

#[cfg(test)]
mod tests;
