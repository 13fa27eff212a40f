//! Learning numbers instead of classes: several readouts, each with its own target for every sample, or none.
//!
//! With readout `y` and target `t`, both of one neuron:
//!
//! - [`Goal::Logistic`]: `ln(1 + exp(y)) - t y`, nats, the negative log-likelihood of an event of probability `1 / (1 + exp(-y))`
//!   (Cox 1958, "The regression analysis of binary sequences", J. R. Stat. Soc. B 20, 215-242); derivative `1 / (1 + exp(-y)) - t`;
//! - [`Goal::Square`]: `(y - t)^2 / 2`; derivative `y - t`.
//!
//! A target that is not a number asks for nothing. The loss of a batch is the sum over readouts of the mean over those samples that ask.

use crate::learner::{Descent, Learner, Outcome};
use crate::optimiser::{Method, Schedule};
use crate::trainer::shuffled;
use homolog_base::math;
use homolog_model::{Fault, Gradients, Inputs, Model, Observable, Params, Probe, Runner, State, Tape, Trace, study};

/// What a readout is to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal {
    /// The logarithm of the odds of an event; targets are 0 and 1.
    Logistic,
    /// The target itself.
    Square,
}

/// A readout of one neuron.
#[derive(Clone, PartialEq, Debug)]
pub struct Head {
    /// Index of the group.
    pub group: usize,
    /// What it is to be.
    pub goal: Goal,
    /// One target for each sample; NaN where it has none.
    pub targets: Vec<f64>,
}

/// Samples that are shown to the one input population of a model.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rows {
    /// Numbers of one sample.
    pub width: usize,
    /// Sample by sample.
    pub values: Vec<f64>,
}

/// Numbers of a cache line.
const LINE: usize = 8;

impl Rows {
    /// How many samples.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some samples as inputs: `1 x width x batch`.
    fn show(&self, chosen: &[usize], inputs: &mut Inputs) {
        let batch = chosen.len();
        (inputs.batch, inputs.frames) = (batch, 1);
        inputs.values.resize_with(1, Vec::new);
        let values = &mut inputs.values[0];
        // Every number is written.
        values.resize(self.width * batch, 0.0);
        // A cache line of samples at once, so that what is written lies side by side.
        for (block, some) in chosen.chunks(LINE).enumerate() {
            let rows: Vec<&[f64]> = some.iter().map(|k| &self.values[k * self.width..][..self.width]).collect();
            for (f, column) in values.chunks_exact_mut(batch).enumerate() {
                let to = &mut column[block * LINE..][..rows.len()];
                to.iter_mut().zip(&rows).for_each(|(to, row)| *to = row[f]);
            }
        }
    }
}

/// How long and how fast.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Course {
    /// Step size at the start of Adam; it falls as a cosine to zero.
    pub learning_rate: f64,
    /// Samples per update.
    pub batch: usize,
    /// Passes over all samples.
    pub epochs: usize,
    /// Decoupled weight decay per unit of learning rate, on weights.
    pub weight_decay: f64,
    /// Keys the order of the samples.
    pub seed: u64,
}

/// The loss of one readout over a batch and, when asked for, its gradient, in an array of the trace's shape `1 x 1 x batch`.
///
/// # Panics
/// There are not as many targets as samples.
pub fn loss(goal: Goal, trace: &Trace, targets: &[f64], gradient: Option<&mut Vec<f64>>) -> f64 {
    assert_eq!(trace.data.len(), targets.len(), "one target a sample");
    if let Some(out) = gradient {
        let asked = asked(targets);
        let slope = |(y, t): (&f64, &f64)| match goal {
            _ if t.is_nan() => 0.0,
            Goal::Logistic => (1.0 / (1.0 + math::exp(-y)) - t) / asked,
            Goal::Square => (y - t) / asked,
        };
        out.clear();
        out.extend(trace.data.iter().zip(targets).map(slope));
    }
    value(goal, &trace.data, targets)
}

/// How many samples have a target, at least 1.
fn asked(targets: &[f64]) -> f64 {
    targets.iter().filter(|t| !t.is_nan()).count().max(1) as f64
}

fn value(goal: Goal, answers: &[f64], targets: &[f64]) -> f64 {
    let one = |(y, t): (&f64, &f64)| match goal {
        _ if t.is_nan() => 0.0,
        // exp of what is not above 0 does not overflow.
        Goal::Logistic => y.max(0.0) + math::ln(1.0 + math::exp(-y.abs())) - t * y,
        Goal::Square => 0.5 * (y - t) * (y - t),
    };
    answers.iter().zip(targets).map(one).sum::<f64>() / asked(targets)
}

/// Samples with the targets of every readout.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Samples.
    pub rows: &'a Rows,
    /// Readouts.
    pub heads: &'a [Head],
}

/// Learns by gradient descent (Adam): the parameters after that pass over `train` with the smallest loss on `validation`, or after the last
/// one where there is no such part; and that loss, or the mean one of the last pass.
///
/// # Errors
/// The first number that is not finite.
///
/// # Panics
/// There are not as many targets as samples.
pub fn learn(
    model: &Model,
    params: Params,
    train: Part<'_>,
    validation: Option<Part<'_>>,
    course: Course,
    runner: &mut dyn Runner,
) -> Result<(Params, f64), Fault> {
    let Part { rows, heads } = train;
    let probes = probes(heads);
    let method = Method::new(study::Optimiser::default(), course.weight_decay, &params);
    let mut learner = Descent { params, method };
    let (mut inputs, mut tape, mut state, mut gradients) = (Inputs::default(), Tape::default(), State::fresh(), Gradients::default());
    let mut cotangent = vec![vec![]; heads.len()];
    let batch = course.batch.max(1);
    let batches = rows.len().div_ceil(batch);
    let mut mean = f64::NAN;
    let mut best: Option<(Params, f64)> = None;
    for epoch in 0..course.epochs {
        let order = shuffled(course.seed, epoch, rows.len());
        let mut sum = 0.0;
        for (k, chosen) in order.chunks(batch).enumerate() {
            let update = (epoch * batches + k) as u64;
            let learning_rate = Schedule::Cosine.rate(course.learning_rate, update, (course.epochs * batches) as u64);
            rows.show(chosen, &mut inputs);
            state.restart();
            let seen = runner.run(model, learner.ask(), &inputs, &probes, &mut state, Some(&mut tape))?;
            let mut now = 0.0;
            for ((head, trace), out) in heads.iter().zip(&seen.traces).zip(&mut cotangent) {
                let targets: Vec<f64> = chosen.iter().map(|k| head.targets[*k]).collect();
                now += loss(head.goal, trace, &targets, Some(out));
            }
            runner.pullback(model, learner.ask(), &inputs, &probes, &mut tape, &cotangent, &[], &mut gradients)?;
            learner.tell(Outcome { loss: now, gradients: &gradients.params, learning_rate });
            sum += now;
        }
        mean = sum / batches as f64;
        if let Some(part) = validation {
            let said = answers(model, learner.ask(), part.rows, part.heads, runner)?;
            let of = |(head, said): (&Head, &Vec<f64>)| value(head.goal, said, &head.targets);
            let now: f64 = part.heads.iter().zip(&said).map(of).sum();
            if best.as_ref().is_none_or(|b| now < b.1) {
                best = Some((learner.ask().clone(), now));
            }
        }
    }
    Ok(best.unwrap_or((learner.params, mean)))
}

/// What the readouts say of each sample: one list for each of them.
///
/// # Errors
/// The first number that is not finite.
pub fn answers(model: &Model, params: &Params, rows: &Rows, heads: &[Head], runner: &mut dyn Runner) -> Result<Vec<Vec<f64>>, Fault> {
    let probes = probes(heads);
    let (mut inputs, mut state) = (Inputs::default(), State::fresh());
    let mut out = vec![Vec::with_capacity(rows.len()); heads.len()];
    let all: Vec<usize> = (0..rows.len()).collect();
    for chosen in all.chunks(crate::evaluate::EVALUATION_BATCH) {
        rows.show(chosen, &mut inputs);
        state.restart();
        let seen = runner.run(model, params, &inputs, &probes, &mut state, None)?;
        out.iter_mut().zip(&seen.traces).for_each(|(out, trace)| out.extend(&trace.data));
    }
    Ok(out)
}

fn probes(heads: &[Head]) -> Vec<Probe> {
    heads.iter().map(|h| Probe { group: h.group, what: Observable::Value }).collect()
}

#[cfg(test)]
mod tests;
