//! The crank: epochs of batches, with a schedule, a validation part and an end.

use crate::evaluate::{Evaluation, add_counts, evaluate, probes, spiking_groups};
use crate::learner::{Descent, Learner, Outcome, freeze};
use crate::loss::loss;
use crate::optimiser::{Method, Schedule};
use crate::progress::{Cause, EpochScore, Finish, Point, Progress, Stop};
use crate::task::Task;
use crate::watch;
use homolog_base::{Diagnostic, Key};
use homolog_model::{Fault, Gradients, Inputs, Params, RecordingGrad, Runner, State, Tape};

/// Trains a task by gradient descent, epoch by epoch.
///
/// ```text
/// let task = Task::new(&study, &model, &samples, &split, normalisation)?;
/// let mut trainer = Trainer::new(task, params, seed)?;
/// while trainer.finished().is_none() {
///     let score = trainer.epoch(&mut runner, &mut |progress| ())?;
/// }
/// let result = trainer.evaluate(&mut runner, &split.test)?;
/// ```
///
/// The order of the samples in an epoch depends on the seed and the epoch alone. Each batch starts from the network's
/// initial state. The last batch of an epoch may be smaller; its gradient is averaged over its own samples.
pub struct Trainer<'a> {
    pub(crate) task: Task<'a>,
    pub(crate) seed: u64,
    pub(crate) schedule: Schedule,
    pub(crate) learner: Descent,
    pub(crate) epoch: usize,
    pub(crate) best: Option<Best>,
    pub(crate) curve: Vec<Point>,
    pub(crate) finished: Option<Finish>,
    scratch: Scratch,
}

/// The epoch with the smallest validation loss so far.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Best {
    pub(crate) epoch: usize,
    pub(crate) loss: f64,
    /// Values of all tensors after it; empty when nothing will be put back (no patience). Once they are put back, those
    /// of the last epoch instead, so that training can be prolonged.
    pub(crate) values: Vec<Vec<f64>>,
    /// Whether they have been put back.
    pub(crate) restored: bool,
}

/// What is used again from batch to batch.
#[derive(Default)]
struct Scratch {
    inputs: Inputs,
    labels: Vec<u32>,
    state: State,
    tape: Tape,
    gradients: Gradients,
    cotangent: RecordingGrad,
}

impl<'a> Trainer<'a> {
    /// A trainer at the beginning: `params` are where it starts, and the populations in [`Training::freeze`](homolog_model::Training::freeze)
    /// are frozen. The seed orders the samples.
    ///
    /// # Errors
    /// Every setting that makes no sense, at its place in the model file.
    pub fn new(task: Task<'a>, mut params: Params, seed: u64) -> Result<Self, Vec<Diagnostic>> {
        let training = task.training();
        let mut problems = Vec::new();
        if let Err(unknown) = freeze(&task.study.network, task.model, &mut params, &training.freeze) {
            problems.extend(unknown);
        }
        let mut say = |d: Diagnostic, span, label: &str| problems.push(task.study.network.locate(d, span, label));
        let schedule = Schedule::named(&training.schedule).unwrap_or_else(|| {
            let d = Diagnostic::error("train-schedule", format!("there is no schedule `{}`", training.schedule.value))
                .suggest(&training.schedule, Schedule::NAMES);
            say(d, training.schedule.span, "no such schedule");
            Schedule::Constant
        });
        if *training.batch == 0 {
            say(Diagnostic::error("train-batch", "a batch needs at least one sample"), training.batch.span, "must be above 0");
        }
        if !(training.learning_rate.is_finite() && *training.learning_rate > 0.0) {
            say(
                Diagnostic::error("train-learning-rate", format!("the learning rate cannot be {}", training.learning_rate.value)),
                training.learning_rate.span,
                "must be above 0",
            );
        }
        if !(0.0..1.0).contains(&training.label_smoothing) {
            say(
                Diagnostic::error("train-label-smoothing", format!("label smoothing cannot be {}", training.label_smoothing))
                    .hint("give a number from 0 up to, but without, 1"),
                Default::default(),
                "",
            );
        }
        if !(0.0..f64::INFINITY).contains(&training.weight_decay) {
            say(
                Diagnostic::error("train-weight-decay", format!("the weight decay cannot be {}", training.weight_decay))
                    .hint("give 0 for none"),
                Default::default(),
                "",
            );
        }
        if !(0.0..f64::INFINITY).contains(&training.input_noise) {
            say(
                Diagnostic::error("train-input-noise", format!("the input noise cannot be {}", training.input_noise))
                    .hint("it is a standard deviation; give 0 for none"),
                Default::default(),
                "",
            );
        }
        if training.patience.is_some() && task.split.validation.is_empty() {
            say(
                Diagnostic::error("train-patience", "patience waits for a better validation loss, but there is no validation part")
                    .hint("set `validation` in [data], or leave `patience` out"),
                Default::default(),
                "",
            );
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let method = Method::new(training.optimiser.value, training.weight_decay, &params);
        let finished = (*training.epochs == 0).then_some(Finish::Epochs);
        Ok(Trainer {
            task,
            seed,
            schedule,
            learner: Descent { params, method },
            epoch: 0,
            best: None,
            curve: Vec::new(),
            finished,
            scratch: Scratch::default(),
        })
    }

    /// The parameters as they are now; the best ones once training has finished with patience.
    pub fn params(&self) -> &Params {
        self.learner.ask()
    }

    /// The parameters, given away.
    pub fn into_params(self) -> Params {
        self.learner.params
    }

    /// Epochs done.
    pub fn epochs_done(&self) -> usize {
        self.epoch
    }

    /// Why training is over, if it is.
    pub fn finished(&self) -> Option<Finish> {
        self.finished
    }

    /// The learning curve so far, a point per epoch.
    pub fn curve(&self) -> &[Point] {
        &self.curve
    }

    /// Epoch (from 0) and loss of the best validation so far.
    pub fn best(&self) -> Option<(usize, f64)> {
        self.best.as_ref().map(|b| (b.epoch, b.loss))
    }

    /// Bytes of the tape, which is nearly all the memory that training needs beyond what running does.
    pub fn tape_bytes(&self) -> usize {
        self.scratch.tape.bytes()
    }

    /// Batches of an epoch.
    pub fn batches(&self) -> usize {
        self.task.split.train.len().div_ceil(*self.task.training().batch)
    }

    /// The order in which an epoch shows the training part: indices of samples, keyed by seed and epoch.
    pub fn order(&self, epoch: usize) -> Vec<usize> {
        let train = &self.task.split.train;
        shuffled(self.seed, epoch, train.len()).into_iter().map(|k| train[k]).collect()
    }

    /// One pass over the training part, then the validation part if there is one. The first epoch also looks for what may
    /// keep the network from learning. With patience, the best parameters are put back when training finishes.
    ///
    /// # Errors
    /// A number that is not finite, and where and why; or that training is over.
    pub fn epoch(&mut self, runner: &mut dyn Runner, on_batch: &mut dyn FnMut(Progress)) -> Result<EpochScore, Box<Stop>> {
        let task = self.task;
        let training = task.training();
        let (epochs, batches) = (*training.epochs, self.batches());
        let stop = |epoch, batch, learning_rate, last_loss, cause| Box::new(Stop { epoch, batch, learning_rate, last_loss, cause });
        if let Some(finish) = self.finished {
            return Err(stop(self.epoch, 0, 0.0, None, Cause::Over(finish)));
        }
        let first = self.epoch == 0;
        let mut warnings: Vec<Diagnostic> = if first { watch::nothing_to_learn(self.params()).into_iter().collect() } else { Vec::new() };
        let watched = if first { spiking_groups(&task) } else { Vec::new() };
        let mut spikes: Vec<(usize, Vec<f64>)> = watched.iter().map(|&g| (g, vec![0.0; task.model.groups[g].size])).collect();
        let probes = probes(&task, &watched);
        let (mut sum, mut correct, mut seen) = (0.0, 0, 0);
        let (mut last_loss, mut learning_rate) = (None, *training.learning_rate);
        let Scratch { inputs, labels, state, tape, gradients, cotangent } = &mut self.scratch;
        cotangent.clear();
        cotangent.resize(probes.len(), Vec::new());
        let order = shuffled(self.seed, self.epoch, task.split.train.len());
        let mut chosen = Vec::with_capacity((*training.batch).min(task.split.train.len()));
        for (batch, places) in order.chunks(*training.batch).enumerate() {
            let update = (self.epoch * batches + batch) as u64;
            learning_rate = self.schedule.rate(*training.learning_rate, update, (epochs * batches) as u64);
            let halt = |cause| stop(self.epoch, batch, learning_rate, last_loss, cause);
            chosen.clear();
            chosen.extend(places.iter().map(|&k| task.split.train[k]));
            task.gather(&chosen, inputs, labels);
            task.add_noise(&chosen, Key::new(self.seed).named("noise").numbered(self.epoch as u64), inputs);
            let params = self.learner.ask();
            state.restart();
            let recording = runner.run(task.model, params, inputs, &probes, state, Some(tape)).map_err(|f| halt(Cause::Forward(f)))?;
            let score = loss(task.loss(), training.label_smoothing, &recording.traces[0], labels, Some(&mut cotangent[0]));
            if !score.sum.is_finite() {
                return Err(halt(Cause::Loss(score.mean())));
            }
            spikes.iter_mut().zip(recording.traces.iter().skip(1)).for_each(|((_, counts), trace)| add_counts(trace, counts));
            if self.learner.wants_gradients() {
                runner
                    .pullback(task.model, params, inputs, &probes, tape, cotangent, &[], gradients)
                    .map_err(|f| halt(Cause::Backward(f)))?;
                if first && batch == 0 {
                    warnings.extend(watch::zero_gradients(&task, params, &gradients.params, inputs, &spikes));
                }
            }
            self.learner.tell(Outcome { loss: score.mean(), gradients: &gradients.params, learning_rate });
            sum += score.sum;
            correct += score.correct;
            seen += score.batch;
            last_loss = Some(score.mean());
            on_batch(Progress {
                epoch: self.epoch,
                epochs,
                batch: batch + 1,
                batches,
                loss: sum / seen as f64,
                accuracy: correct as f64 / seen as f64,
                learning_rate,
            });
        }
        warnings.extend(watch::silent_groups(&task, &spikes));
        let validation = match task.split.validation.as_slice() {
            [] => None,
            part => {
                let e = evaluate(&task, self.params(), runner, part)
                    .map_err(|f| stop(self.epoch, batches, learning_rate, last_loss, Cause::Validation(f)))?;
                Some((e.loss, e.accuracy))
            }
        };
        let point = Point { train_loss: sum / seen as f64, train_accuracy: correct as f64 / seen as f64, validation };
        let best = self.note(point);
        let restored = self.finish();
        Ok(EpochScore { epoch: self.epoch - 1, point, learning_rate, best, finished: self.finished, restored, warnings })
    }

    /// Adds a point to the curve; true when it is the best so far.
    fn note(&mut self, point: Point) -> bool {
        self.curve.push(point);
        let best = point.validation.is_some_and(|(loss, _)| self.best.as_ref().is_none_or(|b| loss < b.loss));
        if let Some((loss, _)) = point.validation.filter(|_| best) {
            let keep = self.task.training().patience.is_some();
            let values = if keep { self.params().tensors.iter().map(|t| t.values.clone()).collect() } else { Vec::new() };
            self.best = Some(Best { epoch: self.epoch, loss, values, restored: false });
        }
        self.epoch += 1;
        best
    }

    /// Decides whether training is over, and if so puts the best parameters back; says of which epoch they are when that
    /// is not the last one.
    fn finish(&mut self) -> Option<usize> {
        let training = self.task.training();
        let waited = self.best.as_ref().map_or(0, |b| self.epoch - 1 - b.epoch);
        self.finished = match training.patience {
            _ if self.epoch >= *training.epochs => Some(Finish::Epochs),
            Some(patience) if waited >= patience.max(1) => Some(Finish::Patience),
            _ => None,
        };
        self.finished?;
        if waited == 0 || self.best.as_ref().is_none_or(|b| b.values.is_empty()) {
            return None;
        }
        self.exchange();
        self.best.as_ref().map(|b| b.epoch)
    }

    /// Exchanges the parameters of the best epoch and those of the last one.
    pub(crate) fn exchange(&mut self) {
        if let Some(best) = &mut self.best {
            for (t, values) in self.learner.params.tensors.iter_mut().zip(&mut best.values) {
                std::mem::swap(&mut t.values, values);
            }
            best.restored = !best.restored;
        }
    }

    /// Scores the present parameters on these samples.
    ///
    /// # Errors
    /// The first number that is not finite.
    pub fn evaluate(&self, runner: &mut dyn Runner, indices: &[usize]) -> Result<Evaluation, Fault> {
        evaluate(&self.task, self.params(), runner, indices)
    }
}

/// The order in which an epoch shows so many samples.
pub(crate) fn shuffled(seed: u64, epoch: usize, samples: usize) -> Vec<usize> {
    Key::new(seed).named("shuffle").numbered(epoch as u64).permutation(samples)
}

#[cfg(test)]
mod tests;
