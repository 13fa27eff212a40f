//! What is made small: a number, and its gradient with respect to what was recorded.
//!
//! A loss looks at the readout's [`Observable::Value`](homolog_model::Observable::Value): a trace of
//! `frames x classes x batch`. It looks at the **last frame** alone, which for a still picture (one frame) is the only
//! one and for a sequence is the answer after all of it was shown; the gradient of earlier frames is zero. Time within a
//! frame is the neuron's own business: its readout has already made one value of it.

use homolog_base::math;
use homolog_model::{Loss, Trace};

/// A loss over one batch.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct BatchLoss {
    /// Sum over the samples, in their order (nats for the cross-entropy).
    pub sum: f64,
    /// Samples whose largest readout is that of their class.
    pub correct: usize,
    /// Samples.
    pub batch: usize,
}

impl BatchLoss {
    /// Mean over the samples.
    pub fn mean(&self) -> f64 {
        self.sum / self.batch as f64
    }

    /// Share of the samples that are right.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.batch as f64
    }
}

/// The loss of a batch and, when asked for, the gradient of its **mean**, in an array of the trace's shape.
///
/// With `C` classes and label smoothing `s` the target of class `c` is `t_c = (1 - s) [c = label] + s / C`
/// (Szegedy et al. 2016, "Rethinking the Inception architecture", sec. 7).
///
/// - [`Loss::CrossEntropy`]: `-sum_c t_c ln softmax(y)_c`, nats; gradient `(softmax(y) - t) / batch`. The largest readout
///   is subtracted before exponentials are taken, so none overflows.
/// - [`Loss::MeanSquare`]: `sum_c (y_c - t_c)^2 / C`; gradient `2 (y - t) / (C batch)`.
///
/// A readout that is not finite gives a loss that is not.
///
/// # Panics
/// When there are not as many labels as samples in the batch, or a label is no row of the trace.
pub fn loss(kind: Loss, smoothing: f64, trace: &Trace, labels: &[u32], gradient: Option<&mut Vec<f64>>) -> BatchLoss {
    let [_, classes, batch] = trace.shape;
    assert_eq!(labels.len(), batch, "one label a sample");
    let readout = last_frame(trace);
    let base = smoothing / classes as f64;
    let mut unused = Vec::new();
    let wanted = gradient.is_some();
    let gradient = gradient.unwrap_or(&mut unused);
    gradient.clear();
    if wanted {
        gradient.resize(trace.data.len(), 0.0);
    }
    let first = gradient.len().saturating_sub(classes * batch);
    let out = &mut gradient[first..];
    let mut result = BatchLoss { batch, ..BatchLoss::default() };
    let mut y = vec![0.0; classes];
    for (b, &label) in labels.iter().enumerate() {
        let label = label as usize;
        y.iter_mut().enumerate().for_each(|(c, y)| *y = readout[c * batch + b]);
        result.correct += usize::from(largest(&y) == label);
        let target = |c: usize| base + if c == label { 1.0 - smoothing } else { 0.0 };
        match kind {
            Loss::CrossEntropy => {
                let top = y.iter().fold(f64::NEG_INFINITY, |m, &v| if v > m { v } else { m });
                let expected: f64 = y.iter().enumerate().map(|(c, &v)| target(c) * (v - top)).sum();
                y.iter_mut().for_each(|v| *v = math::exp(*v - top));
                let partition: f64 = y.iter().sum();
                result.sum += math::ln(partition) - expected;
                if wanted {
                    y.iter().enumerate().for_each(|(c, p)| out[c * batch + b] = (p / partition - target(c)) / batch as f64);
                }
            }
            Loss::MeanSquare => {
                result.sum += y.iter().enumerate().map(|(c, v)| (v - target(c)) * (v - target(c))).sum::<f64>() / classes as f64;
                if wanted {
                    y.iter().enumerate().for_each(|(c, v)| out[c * batch + b] = 2.0 * (v - target(c)) / (classes as f64 * batch as f64));
                }
            }
        }
    }
    result
}

/// The class of the largest readout in the last frame for each sample of the batch, added to `out`; the first of equals.
pub fn predict(trace: &Trace, out: &mut Vec<u32>) {
    let [_, classes, batch] = trace.shape;
    let readout = last_frame(trace);
    out.extend((0..batch).map(|b| {
        let mut best = 0;
        for c in 1..classes {
            if readout[c * batch + b] > readout[best * batch + b] {
                best = c;
            }
        }
        best as u32
    }));
}

fn last_frame(trace: &Trace) -> &[f64] {
    let [frames, classes, batch] = trace.shape;
    assert_eq!(trace.data.len(), frames * classes * batch, "trace `{}` is not of its shape", trace.name);
    &trace.data[(frames - 1) * classes * batch..]
}

fn largest(y: &[f64]) -> usize {
    (1..y.len()).fold(0, |best, c| if y[c] > y[best] { c } else { best })
}

#[cfg(test)]
mod tests;
