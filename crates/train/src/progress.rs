//! What training says while it runs, and why it stops.

use homolog_base::Diagnostic;
use homolog_model::Fault;
use std::fmt;

/// How far an epoch has come.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Progress {
    /// Epoch, from 0.
    pub epoch: usize,
    /// Epochs configured.
    pub epochs: usize,
    /// Batches done in this epoch.
    pub batch: usize,
    /// Batches of an epoch.
    pub batches: usize,
    /// Mean loss over the samples of this epoch so far, each before the update that it led to.
    pub loss: f64,
    /// Share of them that were right.
    pub accuracy: f64,
    /// Step size of the last update.
    pub learning_rate: f64,
}

/// One epoch of a learning curve.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    /// Mean loss over the training part, each sample before the update that it led to (with label smoothing, if any).
    pub train_loss: f64,
    /// Share of the training part that was right then.
    pub train_accuracy: f64,
    /// Loss (without label smoothing) and accuracy on the validation part after the epoch, if there is one.
    pub validation: Option<(f64, f64)>,
}

/// Why training is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finish {
    /// All epochs are done.
    Epochs,
    /// So many epochs went by without a better validation loss.
    Patience,
}

/// What an epoch came to.
#[derive(Clone, PartialEq, Debug)]
pub struct EpochScore {
    /// Epoch, from 0.
    pub epoch: usize,
    /// Its point on the learning curve.
    pub point: Point,
    /// Step size of its last update.
    pub learning_rate: f64,
    /// Whether the validation loss is the best so far; false without a validation part.
    pub best: bool,
    /// Set in the last epoch.
    pub finished: Option<Finish>,
    /// The epoch whose parameters were put back when training finished early or not at its best; needs patience.
    pub restored: Option<usize>,
    /// What may keep the network from learning, found in its first epoch.
    pub warnings: Vec<Diagnostic>,
}

/// Why training cannot go on. The parameters are those of the last update that was made; a checkpoint of the last whole
/// epoch is the place to go on from.
#[derive(Clone, PartialEq, Debug)]
pub struct Stop {
    /// Epoch, from 0.
    pub epoch: usize,
    /// Batch in it, from 0.
    pub batch: usize,
    /// Step size of the next update.
    pub learning_rate: f64,
    /// Mean loss of the batch before, if there was one.
    pub last_loss: Option<f64>,
    /// What happened.
    pub cause: Cause,
}

/// What happened when training stopped.
#[derive(Clone, PartialEq, Debug)]
pub enum Cause {
    /// A number was not finite while samples were shown.
    Forward(Fault),
    /// A gradient was not finite.
    Backward(Fault),
    /// A number was not finite while the validation part was shown.
    Validation(Fault),
    /// The loss is this, though every state is finite.
    Loss(f64),
    /// Training was over already.
    Over(Finish),
}

impl Stop {
    /// As a coded message with a hint.
    pub fn diagnostic(&self) -> Diagnostic {
        let at_start = self.epoch == 0 && self.batch == 0;
        let slower = format!("the parameters have run away; a smaller learning rate than {} helps most often", self.learning_rate);
        let (code, hint) = match &self.cause {
            Cause::Forward(_) | Cause::Validation(_) if at_start => {
                ("train-fault", "nothing was learned yet, so it is the network itself: check its parameters, its initial weights and its time step".to_string())
            }
            Cause::Backward(_) if at_start => {
                ("train-fault", "nothing was learned yet, so it is the derivative itself: check the surrogate width and look for a root or a quotient at zero".to_string())
            }
            Cause::Loss(_) if at_start => ("train-loss", "nothing was learned yet, so it is the readout itself: check its scale".to_string()),
            Cause::Forward(_) | Cause::Validation(_) => ("train-fault", slower),
            Cause::Backward(_) => ("train-fault", format!("gradients have exploded; try a smaller learning rate than {}, or a wider surrogate", self.learning_rate)),
            Cause::Loss(_) => ("train-loss", slower),
            Cause::Over(_) => ("train-over", "begin again, or allow more epochs".to_string()),
        };
        Diagnostic::error(code, self.to_string()).hint(hint)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Cause::Over(finish) = self.cause {
            let why = match finish {
                Finish::Epochs => "all epochs are done",
                Finish::Patience => "the validation loss no longer fell",
            };
            return write!(f, "training was already over after epoch {}: {why}", self.epoch);
        }
        write!(f, "training stopped in epoch {}, batch {}", self.epoch + 1, self.batch + 1)?;
        match self.last_loss {
            Some(loss) => write!(f, " (learning rate {}, loss of the batch before {loss:.4})", self.learning_rate)?,
            None => write!(f, " (learning rate {})", self.learning_rate)?,
        }
        match &self.cause {
            Cause::Forward(fault) => write!(f, ": {fault}"),
            Cause::Backward(fault) => write!(f, " in the backward pass: {fault}"),
            Cause::Validation(fault) => write!(f, " while validating: {fault}"),
            Cause::Loss(loss) => write!(f, ": the loss is {loss}"),
            Cause::Over(_) => Ok(()),
        }
    }
}

impl std::error::Error for Stop {}
