//! How parameters move along a gradient.

use homolog_base::math;
use homolog_exec::Isa;
use homolog_exec::vectorise::{self, Task};
use homolog_model::{Checkpoint, Params, study};

/// How the step size falls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Schedule {
    /// It does not.
    #[default]
    Constant,
    /// As half a cosine from its start to zero over all updates (Loshchilov & Hutter 2017, "SGDR", eq. 5, without restarts).
    Cosine,
}

impl Schedule {
    /// Names that a file may give.
    pub const NAMES: [&str; 2] = ["constant", "cosine"];

    /// The schedule of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "constant" => Some(Schedule::Constant),
            "cosine" => Some(Schedule::Cosine),
            _ => None,
        }
    }

    /// The step size of update number `update` (from 0) of `total`.
    pub fn rate(self, start: f64, update: u64, total: u64) -> f64 {
        match self {
            Schedule::Constant => start,
            Schedule::Cosine => {
                let done = update.min(total) as f64 / total.max(1) as f64;
                start * 0.5 * (1.0 + math::cos(std::f64::consts::PI * done))
            }
        }
    }
}

/// A way to move, with its memory of past gradients. Tensors that are not learned have no memory.
#[derive(Clone, PartialEq, Debug)]
pub enum Method {
    /// Adam or AdamW.
    Adam(Adam),
    /// Stochastic gradient descent with momentum.
    Momentum(Momentum),
}

/// Adam (Kingma & Ba 2015, algorithm 1). With a weight decay above zero it is AdamW: the decay acts on the weights
/// themselves, not through the moments (Loshchilov & Hutter 2019, algorithm 2).
#[derive(Clone, PartialEq, Debug)]
pub struct Adam {
    /// Decay of the first moment, per update.
    pub beta1: f64,
    /// Decay of the second moment, per update.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Decoupled decay of weights, per update and unit of learning rate.
    pub weight_decay: f64,
    /// `beta1` to the number of updates: kept as a running product, so that going on from a checkpoint changes no bit.
    pub product1: f64,
    /// `beta2` to the number of updates.
    pub product2: f64,
    /// Mean gradients, one array per tensor.
    pub first: Vec<Vec<f64>>,
    /// Mean squares of gradients, one array per tensor.
    pub second: Vec<Vec<f64>>,
}

/// Heavy-ball momentum (Polyak 1964) as deep learning writes it (Sutskever et al. 2013): `u = momentum u + g`,
/// `p = p - rate u`, after the decoupled decay of weights.
#[derive(Clone, PartialEq, Debug)]
pub struct Momentum {
    /// Share of the last step that is kept.
    pub momentum: f64,
    /// Decoupled decay of weights, per update and unit of learning rate.
    pub weight_decay: f64,
    /// The running step, one array per tensor.
    pub velocity: Vec<Vec<f64>>,
}

impl Method {
    /// A method without memory yet, for parameters of these shapes.
    pub fn new(choice: study::Optimiser, weight_decay: f64, params: &Params) -> Self {
        let zeros = || params.tensors.iter().map(|t| vec![0.0; if t.learned { t.values.len() } else { 0 }]).collect::<Vec<_>>();
        match choice {
            study::Optimiser::Adam { beta1, beta2, epsilon } => {
                Method::Adam(Adam { beta1, beta2, epsilon, weight_decay, product1: 1.0, product2: 1.0, first: zeros(), second: zeros() })
            }
            study::Optimiser::Sgd { momentum } => Method::Momentum(Momentum { momentum, weight_decay, velocity: zeros() }),
        }
    }

    /// Moves all learned tensors one step against their gradients and back into their bounds. Others stay as they are,
    /// whatever their gradient, which may be empty.
    ///
    /// # Panics
    /// When the gradient of a learned tensor, or the parameters this method was made for, have other shapes.
    pub fn apply(&mut self, params: &mut Params, gradients: &[Vec<f64>], learning_rate: f64) {
        assert_eq!(gradients.len(), params.tensors.len(), "one gradient a tensor");
        if let Method::Adam(a) = self {
            a.product1 *= a.beta1;
            a.product2 *= a.beta2;
        }
        for (k, (tensor, gradient)) in params.tensors.iter_mut().zip(gradients).enumerate() {
            if !tensor.learned {
                continue;
            }
            assert_eq!(gradient.len(), tensor.values.len(), "gradient of `{}`", tensor.name);
            match self {
                Method::Adam(a) => a.step(k, &mut tensor.values, gradient, learning_rate, tensor.decays),
                Method::Momentum(m) => m.step(k, &mut tensor.values, gradient, learning_rate, tensor.decays),
            }
            if let Some((low, high)) = tensor.bounds {
                tensor.values.iter_mut().for_each(|p| {
                    *p = if *p < low {
                        low
                    } else if *p > high {
                        high
                    } else {
                        *p
                    }
                });
            }
        }
    }

    /// Its arrays by the prefix they have in a checkpoint.
    fn arrays(&self) -> Vec<(&'static str, &Vec<Vec<f64>>)> {
        match self {
            Method::Adam(a) => vec![("adam.m", &a.first), ("adam.v", &a.second)],
            Method::Momentum(m) => vec![("sgd.velocity", &m.velocity)],
        }
    }

    /// Writes its memory: one array per learned tensor and moment, running products as words.
    pub fn save(&self, params: &Params, into: &mut Checkpoint) {
        for (prefix, arrays) in self.arrays() {
            for (t, values) in params.tensors.iter().zip(arrays).filter(|(t, _)| t.learned) {
                into.arrays.insert(format!("{prefix}/{}", t.name), (t.shape.to_vec(), values.clone()));
            }
        }
        if let Method::Adam(a) = self {
            into.words.insert("adam.product1".into(), crate::checkpoint::bits(a.product1));
            into.words.insert("adam.product2".into(), crate::checkpoint::bits(a.product2));
        }
    }

    /// Reads back what [`Method::save`] wrote.
    ///
    /// # Errors
    /// The name of the first array or word that is missing or of another size.
    pub fn load(&mut self, params: &Params, from: &Checkpoint) -> Result<(), String> {
        let read = |prefix: &str, arrays: &mut Vec<Vec<f64>>| {
            for (t, values) in params.tensors.iter().zip(arrays).filter(|(t, _)| t.learned) {
                let name = format!("{prefix}/{}", t.name);
                let saved = &from.arrays.get(&name).filter(|(_, v)| v.len() == values.len()).ok_or(name)?.1;
                values.copy_from_slice(saved);
            }
            Ok::<(), String>(())
        };
        match self {
            Method::Adam(a) => {
                read("adam.m", &mut a.first)?;
                read("adam.v", &mut a.second)?;
                a.product1 = crate::checkpoint::number(from, "adam.product1")?;
                a.product2 = crate::checkpoint::number(from, "adam.product2")?;
            }
            Method::Momentum(m) => read("sgd.velocity", &mut m.velocity)?,
        }
        Ok(())
    }
}

impl Adam {
    /// With `m` and `v` the moments, `m' = m / (1 - beta1^t)` and `v' = v / (1 - beta2^t)`, the step is
    /// `rate m' / (sqrt(v') + epsilon)`. The two corrections do not depend on the parameter, so an element costs one root and
    /// one division.
    fn step(&mut self, tensor: usize, values: &mut [f64], gradient: &[f64], rate: f64, decays: bool) {
        let size = rate / (1.0 - self.product1);
        let root = 1.0 / (1.0 - self.product2).sqrt();
        let keep = if decays { 1.0 - rate * self.weight_decay } else { 1.0 };
        let constants = [self.beta1, self.beta2, self.epsilon, size, root, keep];
        vectorise::run(Isa::best(), AdamStep(values, &mut self.first[tensor], &mut self.second[tensor], gradient, constants));
    }
}

/// The update of one tensor: parameters, moments, gradient, and beta1, beta2, epsilon, size, root, keep.
struct AdamStep<'a>(&'a mut [f64], &'a mut [f64], &'a mut [f64], &'a [f64], [f64; 6]);

impl Task for AdamStep<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let AdamStep(values, first, second, gradient, [beta1, beta2, epsilon, size, root, keep]) = self;
        let (rest1, rest2) = (1.0 - beta1, 1.0 - beta2);
        for (((p, m), v), &g) in values.iter_mut().zip(first).zip(second).zip(gradient) {
            *m = beta1 * *m + rest1 * g;
            *v = beta2 * *v + rest2 * (g * g);
            *p = keep * *p - size * *m / (v.sqrt() * root + epsilon);
        }
    }
}

impl Momentum {
    fn step(&mut self, tensor: usize, values: &mut [f64], gradient: &[f64], rate: f64, decays: bool) {
        let keep = if decays { 1.0 - rate * self.weight_decay } else { 1.0 };
        heavy_ball(values, &mut self.velocity[tensor], gradient, [self.momentum, rate, keep]);
    }
}

#[inline(never)]
fn heavy_ball(values: &mut [f64], velocity: &mut [f64], gradient: &[f64], [momentum, rate, keep]: [f64; 3]) {
    for ((p, u), &g) in values.iter_mut().zip(velocity).zip(gradient) {
        *u = momentum * *u + g;
        *p = keep * *p - rate * *u;
    }
}

#[cfg(test)]
mod tests;
