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

/// A model that learns, with what runs it.
pub struct Student<'a> {
    /// The model.
    pub model: &'a Model,
    /// What it begins with.
    pub params: Params,
    /// Its readouts, with targets for the samples to learn from.
    pub train: &'a [Head],
    /// The same for the samples that say which pass was the best; of no use where there are none.
    pub validation: &'a [Head],
    /// Decoupled weight decay per unit of learning rate, on weights.
    pub weight_decay: f64,
    /// Runs this model alone, so that what it keeps is of use again.
    pub runner: &'a mut dyn Runner,
}

/// How far a student is.
struct Progress {
    learner: Descent,
    tape: Tape,
    state: State,
    gradients: Gradients,
    cotangent: Vec<Vec<f64>>,
    /// Losses of a pass.
    sum: f64,
    mean: f64,
    best: Option<(Params, f64)>,
}

/// Learns by gradient descent (Adam): for each student the parameters after that pass over `rows` with the smallest loss on `validation`, or
/// after the last one where there is no such part; and that loss, or the mean one of the last pass.
///
/// All of them see the same samples in the same order, so that each batch is put together once. None is changed by the others.
///
/// # Errors
/// The first number that is not finite.
///
/// # Panics
/// There are not as many targets as samples.
pub fn learn(students: &mut [Student<'_>], rows: &Rows, validation: Option<&Rows>, course: Course) -> Result<Vec<(Params, f64)>, Fault> {
    let begun = |s: &Student<'_>| Progress {
        learner: Descent { params: s.params.clone(), method: Method::new(study::Optimiser::default(), s.weight_decay, &s.params) },
        tape: Tape::default(),
        state: State::fresh(),
        gradients: Gradients::default(),
        cotangent: vec![vec![]; s.train.len()],
        sum: 0.0,
        mean: f64::NAN,
        best: None,
    };
    let mut all: Vec<Progress> = students.iter().map(begun).collect();
    let mut inputs = Inputs::default();
    let batch = course.batch.max(1);
    let batches = rows.len().div_ceil(batch);
    for epoch in 0..course.epochs {
        let order = shuffled(course.seed, epoch, rows.len());
        all.iter_mut().for_each(|p| p.sum = 0.0);
        for (k, chosen) in order.chunks(batch).enumerate() {
            let update = (epoch * batches + k) as u64;
            let learning_rate = Schedule::Cosine.rate(course.learning_rate, update, (course.epochs * batches) as u64);
            rows.show(chosen, &mut inputs);
            for (student, progress) in students.iter_mut().zip(&mut all) {
                step(student, progress, &inputs, chosen, learning_rate)?;
            }
        }
        all.iter_mut().for_each(|p| p.mean = p.sum / batches as f64);
        let Some(rows) = validation else { continue };
        let pairs = students.iter_mut().zip(&all);
        let mut asked: Vec<Asked<'_>> = pairs.map(|(s, p)| (s.model, p.learner.ask(), s.validation, &mut *s.runner as _)).collect();
        let said = all_answers(&mut asked, rows)?;
        for ((student, progress), said) in students.iter().zip(&mut all).zip(&said) {
            let of = |(head, said): (&Head, &Vec<f64>)| value(head.goal, said, &head.targets);
            let now: f64 = student.validation.iter().zip(said).map(of).sum();
            if progress.best.as_ref().is_none_or(|b| now < b.1) {
                progress.best = Some((progress.learner.ask().clone(), now));
            }
        }
    }
    Ok(all.into_iter().map(|p| p.best.unwrap_or((p.learner.params, p.mean))).collect())
}

/// One update from some samples.
fn step(student: &mut Student<'_>, to: &mut Progress, inputs: &Inputs, chosen: &[usize], learning_rate: f64) -> Result<(), Fault> {
    let Student { model, train, runner, .. } = student;
    let probes = probes(train);
    to.state.restart();
    let seen = runner.run(model, to.learner.ask(), inputs, &probes, &mut to.state, Some(&mut to.tape))?;
    let mut now = 0.0;
    for ((head, trace), out) in train.iter().zip(&seen.traces).zip(&mut to.cotangent) {
        let targets: Vec<f64> = chosen.iter().map(|k| head.targets[*k]).collect();
        now += loss(head.goal, trace, &targets, Some(out));
    }
    runner.pullback(model, to.learner.ask(), inputs, &probes, &mut to.tape, &to.cotangent, &[], &mut to.gradients)?;
    to.learner.tell(Outcome { loss: now, gradients: &to.gradients.params, learning_rate });
    to.sum += now;
    Ok(())
}

/// What the readouts say of each sample: one list for each of them.
///
/// # Errors
/// The first number that is not finite.
pub fn answers(model: &Model, params: &Params, rows: &Rows, heads: &[Head], runner: &mut dyn Runner) -> Result<Vec<Vec<f64>>, Fault> {
    all_answers(&mut [(model, params, heads, runner)], rows).map(|all| all.into_iter().flatten().collect())
}

/// A model with its parameters and readouts, and what runs it.
type Asked<'a> = (&'a Model, &'a Params, &'a [Head], &'a mut dyn Runner);

/// The same for several models.
fn all_answers(asked: &mut [Asked<'_>], rows: &Rows) -> Result<Vec<Vec<Vec<f64>>>, Fault> {
    let mut inputs = Inputs::default();
    let mut states: Vec<State> = asked.iter().map(|_| State::fresh()).collect();
    let mut out: Vec<Vec<Vec<f64>>> = asked.iter().map(|a| vec![Vec::with_capacity(rows.len()); a.2.len()]).collect();
    let all: Vec<usize> = (0..rows.len()).collect();
    for chosen in all.chunks(crate::evaluate::EVALUATION_BATCH) {
        rows.show(chosen, &mut inputs);
        for (((model, params, heads, runner), state), out) in asked.iter_mut().zip(&mut states).zip(&mut out) {
            state.restart();
            let seen = runner.run(model, params, &inputs, &probes(heads), state, None)?;
            out.iter_mut().zip(&seen.traces).for_each(|(out, trace)| out.extend(&trace.data));
        }
    }
    Ok(out)
}

fn probes(heads: &[Head]) -> Vec<Probe> {
    heads.iter().map(|h| Probe { group: h.group, what: Observable::Value }).collect()
}

#[cfg(test)]
mod tests;
