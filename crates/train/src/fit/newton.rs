//! The last part of a descent: quasi-Newton steps, which end where steps along the gradient alone would still be creeping along a valley.

/// One descent by BFGS (Nocedal & Wright 2006, "Numerical Optimization", algorithm 6.1, with the first scaling of equation 6.20) whose steps are halved until the
/// loss falls enough (algorithm 3.1 with `c = 1e-4`). One trial a generation, so that many descents go side by side.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Newton {
    /// Where it stands, the loss there and its gradient.
    pub point: Vec<f64>,
    pub loss: f64,
    pub gradient: Vec<f64>,
    /// Inverse of the Hessian as far as it is known, row by row.
    pub inverse: Vec<f64>,
    /// How much of the step is tried next.
    pub part: f64,
    /// Steps taken since the inverse was last the unit matrix.
    pub steps: usize,
}

/// Share of the expected fall that a step must bring.
const ENOUGH: f64 = 1e-4;
/// No coordinate moves further in a step.
const FARTHEST: f64 = 1.0;
/// Parts of a step that are not tried any more: the direction is no good.
const LEAST: f64 = 1e-7;

impl Newton {
    /// A descent that first looks at a point.
    pub fn new(point: Vec<f64>) -> Newton {
        let n = point.len();
        Newton { point, loss: f64::INFINITY, gradient: vec![0.0; n], inverse: unit(n, 1.0), part: 1.0, steps: 0 }
    }

    /// The step that would be taken whole.
    fn direction(&self) -> Vec<f64> {
        let n = self.point.len();
        let step: Vec<f64> = (0..n).map(|i| -(0..n).map(|j| self.inverse[i * n + j] * self.gradient[j]).sum::<f64>()).collect();
        let longest = step.iter().fold(0.0f64, |m, s| m.max(s.abs()));
        let scale = if longest > FARTHEST { FARTHEST / longest } else { 1.0 };
        step.into_iter().map(|s| s * scale).collect()
    }

    /// What is tried next.
    pub fn ask(&self) -> Vec<f64> {
        if self.loss == f64::INFINITY {
            return self.point.clone();
        }
        self.point.iter().zip(self.direction()).map(|(x, p)| x + self.part * p).collect()
    }

    /// Learns the loss and the gradient of what it asked for.
    pub fn tell(&mut self, loss: f64, gradient: &[f64]) {
        let n = self.point.len();
        if self.loss == f64::INFINITY {
            if loss.is_finite() {
                (self.loss, self.gradient) = (loss, gradient.to_vec());
            }
            return;
        }
        let step: Vec<f64> = self.direction().into_iter().map(|p| self.part * p).collect();
        let expected = dot(&self.gradient, &step);
        let falls = loss <= self.loss + ENOUGH * expected;
        if !falls || expected >= 0.0 {
            self.part *= 0.5;
            if self.part < LEAST || expected >= 0.0 {
                (self.inverse, self.part, self.steps) = (unit(n, 1.0), 1.0, 0);
            }
            return;
        }
        let change: Vec<f64> = gradient.iter().zip(&self.gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&step, &change);
        // Where the slope does not rise along the step nothing is learned of the Hessian.
        if curvature > 1e-12 * (dot(&step, &step) * dot(&change, &change)).sqrt() {
            if self.steps == 0 {
                self.inverse = unit(n, curvature / dot(&change, &change));
            }
            self.update(&step, &change, curvature);
            self.steps += 1;
        }
        self.point.iter_mut().zip(&step).for_each(|(x, s)| *x += s);
        (self.loss, self.gradient, self.part) = (loss, gradient.to_vec(), 1.0);
    }

    /// `H = (I - r s y') H (I - r y s') + r s s'` with `r = 1 / s'y` (6.17).
    fn update(&mut self, s: &[f64], y: &[f64], curvature: f64) {
        let n = s.len();
        let hy: Vec<f64> = (0..n).map(|i| (0..n).map(|j| self.inverse[i * n + j] * y[j]).sum()).collect();
        let yhy = dot(y, &hy);
        for i in 0..n {
            for j in 0..n {
                self.inverse[i * n + j] += ((1.0 + yhy / curvature) * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j])) / curvature;
            }
        }
    }
}

fn unit(n: usize, x: f64) -> Vec<f64> {
    (0..n * n).map(|k| if k / n == k % n { x } else { 0.0 }).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_valley_of_rosenbrock_is_followed_to_its_end_within_200_trials() {
        for start in [vec![-1.2, 1.0], vec![2.0, -1.0], vec![0.0, 0.0]] {
            let mut d = Newton::new(start);
            let mut trials = 0;
            while d.loss > 1e-14 && trials < 200 {
                let x = d.ask();
                let (a, b) = (x[1] - x[0] * x[0], 1.0 - x[0]);
                d.tell(100.0 * a * a + b * b, &[-400.0 * x[0] * a - 2.0 * b, 200.0 * a]);
                trials += 1;
            }
            assert!(d.loss <= 1e-14, "{d:?} after {trials}");
        }
    }

    #[test]
    fn trials_that_fail_are_halved_and_nothing_is_lost() {
        let mut d = Newton::new(vec![1.0]);
        for _ in 0..60 {
            let x = d.ask()[0];
            // Beyond 1.05 and below 0.3 there is nothing.
            let inside = (0.3..1.05).contains(&x);
            d.tell(if inside { (x - 0.31) * (x - 0.31) } else { f64::INFINITY }, &[if inside { 2.0 * (x - 0.31) } else { 0.0 }]);
        }
        assert!((d.point[0] - 0.31).abs() < 1e-9, "{d:?}");
    }
}
