//! What was found, and whether the recordings decide it.

use super::search::Fitter;
use super::transform::Coordinate;

/// What became of a fit.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// Its loss.
    pub loss: f64,
    /// Its coordinates.
    pub point: Vec<f64>,
    /// Searches whose loss is as good: see [`as_good`].
    pub good: Vec<usize>,
    /// Each parameter.
    pub estimates: Vec<Estimate>,
}

/// One parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct Estimate {
    /// The best value.
    pub value: f64,
    /// Where it lies between the bounds, along its transform, from 0 to 1.
    pub share: f64,
    /// The smallest and the largest value among the searches that are as good.
    pub spread: (f64, f64),
    /// The bound it lies at.
    pub at_bound: Option<Bound>,
    /// Whether searches that are as good differ in it.
    pub disagrees: bool,
    /// The value that each search found, and where it lies between the bounds.
    pub of_search: Vec<(f64, f64)>,
}

/// A bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    /// The lower one.
    Low,
    /// The upper one.
    High,
}

/// A value is at its bound within this part of the range: nearer than any search needs to come.
const AT_BOUND: f64 = 0.005;
/// Values that differ by more than this part of the range disagree.
const DISAGREES: f64 = 0.05;

/// Whether a loss is as good as the best: a twentieth more, or a millionth of what there is to explain, which no recording is exact to.
pub fn as_good(loss: f64, best: f64) -> bool {
    loss <= 1.05 * best + 1e-6
}

impl Outcome {
    /// What the searches have found so far.
    pub fn new(fitter: &Fitter, parameters: &[Coordinate]) -> Outcome {
        let all = fitter.best();
        let search = (0..all.len()).min_by(|a, b| all[*a].loss.total_cmp(&all[*b].loss)).unwrap_or(0);
        let best = &all[search];
        let good: Vec<usize> = (0..all.len()).filter(|r| as_good(all[*r].loss, best.loss)).collect();
        let estimate = |(p, c): (usize, &Coordinate)| {
            let of_search: Vec<(f64, f64)> = all.iter().map(|b| (c.value(b.point[p]), Coordinate::share(b.point[p]))).collect();
            let range = |pick: &dyn Fn(usize) -> f64| {
                good.iter().map(|r| pick(*r)).fold((f64::INFINITY, f64::NEG_INFINITY), |r, x| (r.0.min(x), r.1.max(x)))
            };
            let (value, share) = of_search[search];
            let shares = range(&|r| of_search[r].1);
            Estimate {
                value,
                share,
                spread: range(&|r| of_search[r].0),
                at_bound: if share < AT_BOUND {
                    Some(Bound::Low)
                } else if share > 1.0 - AT_BOUND {
                    Some(Bound::High)
                } else {
                    None
                },
                disagrees: shares.1 - shares.0 > DISAGREES,
                of_search,
            }
        };
        let estimates = parameters.iter().enumerate().map(estimate).collect();
        Outcome { loss: best.loss, point: best.point.clone(), good, estimates }
    }
}
