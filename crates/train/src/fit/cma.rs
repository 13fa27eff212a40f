//! Covariance matrix adaptation evolution strategy.
//!
//! N. Hansen 2016, "The CMA evolution strategy: a tutorial", arXiv:1604.00772; numbers of equations are of that paper. Recombination
//! with positive and negative weights (49 to 53), cumulative step-size control (43, 44), rank-one and rank-mu update (45 to 47), with the default
//! constants of its table 1. Draws are keyed by the search, the generation and the variant, so that nothing of a random generator is a state.

mod eigen;

use eigen::eigen;
use homolog_base::{Key, math};

/// Why a search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Its best losses no longer differ.
    Flat,
    /// Its steps are too small to matter.
    Small,
    /// Its covariance is too stretched for numbers of 53 bits.
    Stretched,
}

/// One search: a normal distribution that moves, grows and turns towards small losses.
#[derive(Clone, PartialEq, Debug)]
pub struct Cma {
    /// Where its draws come from.
    pub key: Key,
    /// Mean of the distribution.
    pub mean: Vec<f64>,
    /// Step size.
    pub sigma: f64,
    /// Covariance without the step size, symmetric, row by row.
    pub covariance: Vec<f64>,
    /// Evolution path of the covariance.
    pub path: Vec<f64>,
    /// Evolution path of the step size.
    pub sigma_path: Vec<f64>,
    /// Generations told.
    pub generation: u64,
    /// Best loss of each of the last generations, oldest first.
    pub recent: Vec<f64>,
    /// Why it ended, if it has.
    pub end: Option<End>,
    first_sigma: f64,
    /// Largest difference of losses that counts as none.
    tolerance: f64,
    constants: Constants,
    /// Axes of the covariance as columns, and the roots of its values.
    axes: (Vec<f64>, Vec<f64>),
}

/// Table 1.
#[derive(Clone, PartialEq, Debug)]
struct Constants {
    lambda: usize,
    mu: usize,
    weights: Vec<f64>,
    mu_eff: f64,
    c_sigma: f64,
    d_sigma: f64,
    c_c: f64,
    c_1: f64,
    c_mu: f64,
    /// Expected length of a standard normal vector.
    chi: f64,
}

/// Variants in a generation for so many parameters (48).
pub fn population(parameters: usize) -> usize {
    4 + (3.0 * math::ln(parameters.max(1) as f64)) as usize
}

impl Constants {
    fn new(n: usize, lambda: usize) -> Constants {
        let (nf, mu) = (n as f64, lambda / 2);
        let raw: Vec<f64> = (1..=lambda).map(|i| math::ln((lambda as f64 + 1.0) / 2.0) - math::ln(i as f64)).collect();
        let effective = |w: &[f64]| w.iter().sum::<f64>().powi(2) / w.iter().map(|w| w * w).sum::<f64>();
        let (mu_eff, mu_minus) = (effective(&raw[..mu]), effective(&raw[mu..]));
        let c_c = (4.0 + mu_eff / nf) / (nf + 4.0 + 2.0 * mu_eff / nf);
        let c_1 = 2.0 / ((nf + 1.3).powi(2) + mu_eff);
        let c_mu = (1.0 - c_1).min(2.0 * (0.25 + mu_eff + 1.0 / mu_eff - 2.0) / ((nf + 2.0).powi(2) + mu_eff));
        // Negative weights no larger than keeps the covariance positive definite (50 to 53).
        let least = (1.0 + c_1 / c_mu).min(1.0 + 2.0 * mu_minus / (mu_eff + 2.0)).min((1.0 - c_1 - c_mu) / (nf * c_mu));
        let (positive, negative): (f64, f64) = (raw.iter().filter(|w| **w > 0.0).sum(), -raw.iter().filter(|w| **w < 0.0).sum::<f64>());
        let weights = raw.iter().map(|w| if *w >= 0.0 { w / positive } else { w * least / negative }).collect();
        let c_sigma = (mu_eff + 2.0) / (nf + mu_eff + 5.0);
        let d_sigma = 1.0 + 2.0 * (((mu_eff - 1.0) / (nf + 1.0)).sqrt() - 1.0).max(0.0) + c_sigma;
        let chi = nf.sqrt() * (1.0 - 1.0 / (4.0 * nf) + 1.0 / (21.0 * nf * nf));
        Constants { lambda, mu, weights, mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi }
    }
}

/// A ratio of variances beyond which axes can no longer be told apart.
const MOST_STRETCHED: f64 = 1e14;
/// Steps smaller than this part of the first one do not matter.
const SMALLEST: f64 = 1e-11;

impl Cma {
    /// A search from a mean, with steps of `sigma` along every coordinate and `lambda` variants a generation. It ends when the best losses of its last
    /// generations differ by no more than `tolerance`.
    ///
    /// # Panics
    /// Without a coordinate, or with fewer than four variants.
    pub fn new(key: Key, mean: Vec<f64>, sigma: f64, lambda: usize, tolerance: f64) -> Cma {
        let n = mean.len();
        assert!(n > 0 && lambda >= 4, "{n} coordinates, {lambda} variants");
        let mut covariance = vec![0.0; n * n];
        (0..n).for_each(|i| covariance[i * n + i] = 1.0);
        let mut out = Cma {
            key,
            mean,
            sigma,
            covariance,
            path: vec![0.0; n],
            sigma_path: vec![0.0; n],
            generation: 0,
            recent: vec![],
            end: None,
            first_sigma: sigma,
            tolerance,
            constants: Constants::new(n, lambda),
            axes: (vec![], vec![]),
        };
        out.refresh();
        out
    }

    /// Variants in a generation.
    pub fn lambda(&self) -> usize {
        self.constants.lambda
    }

    /// Computes the axes anew from the covariance; needed after the fields were set from outside.
    pub fn refresh(&mut self) {
        let (vectors, values) = eigen(&self.covariance, self.mean.len());
        self.axes = (vectors, values.into_iter().map(|v| v.max(0.0).sqrt()).collect());
    }

    /// The variants of this generation (38 to 40). The same until they are told.
    pub fn ask(&self) -> Vec<Vec<f64>> {
        (0..self.lambda()).map(|k| self.mean.iter().zip(self.step(k)).map(|(m, y)| m + self.sigma * y).collect()).collect()
    }

    /// How far a variant is from the mean, in units of the step size.
    fn step(&self, variant: usize) -> Vec<f64> {
        let n = self.mean.len();
        let key = self.key.numbered(self.generation);
        let along: Vec<f64> = (0..n).map(|j| self.axes.1[j] * key.normal(variant as u64, j as u64)).collect();
        self.turned(&along)
    }

    /// A vector along the axes, in coordinates.
    fn turned(&self, along: &[f64]) -> Vec<f64> {
        let n = along.len();
        (0..n).map(|i| (0..n).map(|j| self.axes.0[i * n + j] * along[j]).sum()).collect()
    }

    /// `C^(-1/2)` times a vector.
    fn whitened(&self, x: &[f64]) -> Vec<f64> {
        let n = x.len();
        let along: Vec<f64> = (0..n)
            .map(|j| {
                let part: f64 = (0..n).map(|i| self.axes.0[i * n + j] * x[i]).sum();
                if self.axes.1[j] > 0.0 { part / self.axes.1[j] } else { 0.0 }
            })
            .collect();
        self.turned(&along)
    }

    /// Learns the losses of the variants of [`Cma::ask`], in their order; infinite ones are worse than all others.
    ///
    /// # Panics
    /// When there are not as many as variants.
    pub fn tell(&mut self, losses: &[f64]) {
        let (n, c) = (self.mean.len(), self.constants.clone());
        assert_eq!(losses.len(), c.lambda, "one loss a variant");
        let mut order: Vec<usize> = (0..c.lambda).collect();
        order.sort_by(|a, b| losses[*a].total_cmp(&losses[*b]).then(a.cmp(b)));
        let steps: Vec<Vec<f64>> = order.iter().map(|k| self.step(*k)).collect();
        // Mean (41, 42).
        let mut shift = vec![0.0; n];
        for (step, w) in steps.iter().zip(&c.weights).take(c.mu) {
            shift.iter_mut().zip(step).for_each(|(s, y)| *s += w * y);
        }
        self.mean.iter_mut().zip(&shift).for_each(|(m, s)| *m += self.sigma * s);
        // Step size (43, 44).
        let rate = (c.c_sigma * (2.0 - c.c_sigma) * c.mu_eff).sqrt();
        let white = self.whitened(&shift);
        self.sigma_path.iter_mut().zip(&white).for_each(|(p, w)| *p = (1.0 - c.c_sigma) * *p + rate * w);
        let length = norm(&self.sigma_path);
        self.sigma *= math::exp((c.c_sigma / c.d_sigma * (length / c.chi - 1.0)).min(1.0));
        // Covariance (45 to 47).
        self.generation += 1;
        let unbiased = (1.0 - math::pow(1.0 - c.c_sigma, 2.0 * self.generation as f64)).sqrt();
        let moves = length / unbiased < (1.4 + 2.0 / (n as f64 + 1.0)) * c.chi;
        let rate = if moves { (c.c_c * (2.0 - c.c_c) * c.mu_eff).sqrt() } else { 0.0 };
        self.path.iter_mut().zip(&shift).for_each(|(p, s)| *p = (1.0 - c.c_c) * *p + rate * s);
        let lost = if moves { 0.0 } else { c.c_c * (2.0 - c.c_c) };
        let keep = 1.0 + c.c_1 * lost - c.c_1 - c.c_mu * c.weights.iter().sum::<f64>();
        let scaled: Vec<f64> = steps
            .iter()
            .zip(&c.weights)
            .map(|(y, w)| if *w >= 0.0 { *w } else { w * n as f64 / norm(&self.whitened(y)).powi(2).max(f64::MIN_POSITIVE) })
            .collect();
        for i in 0..n {
            for j in 0..=i {
                let several: f64 = steps.iter().zip(&scaled).map(|(y, w)| w * y[i] * y[j]).sum();
                let x = keep * self.covariance[i * n + j] + c.c_1 * self.path[i] * self.path[j] + c.c_mu * several;
                (self.covariance[i * n + j], self.covariance[j * n + i]) = (x, x);
            }
        }
        self.refresh();
        self.judge(losses[order[0]], losses[order[c.mu]]);
    }

    /// Whether it is over (appendix B.3).
    fn judge(&mut self, best: f64, middle: f64) {
        let n = self.mean.len();
        let kept = 10 + (30 * n).div_ceil(self.lambda());
        self.recent.push(best);
        if self.recent.len() > kept {
            self.recent.remove(0);
        }
        let (low, high) = self.recent.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |r, x| (r.0.min(*x), r.1.max(*x)));
        let (narrow, wide) = self.axes.1.iter().fold((f64::INFINITY, 0.0f64), |r, x| (r.0.min(*x), r.1.max(*x)));
        self.end = if self.recent.len() == kept && high.max(middle) - low <= self.tolerance {
            Some(End::Flat)
        } else if self.sigma * wide < SMALLEST * self.first_sigma {
            Some(End::Small)
        } else if wide * wide > MOST_STRETCHED * narrow * narrow || !self.sigma.is_finite() {
            Some(End::Stretched)
        } else {
            None
        };
    }
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests;
