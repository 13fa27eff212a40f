//! How a network learns from labelled samples. Nothing here knows what runs the network.
//!
//! A loss returns a value and its gradient with respect to what was recorded; a [`Runner`](homolog_model::Runner) pulls
//! that gradient back to the parameters; a [`Learner`] moves them. The [`Trainer`] turns that crank, epoch by epoch, and
//! its [`Checkpoint`](homolog_model::Checkpoint) goes on from any epoch bit for bit.
//!
//! - [`split()`] and [`Normalisation`]: which samples are for what, and how intensities are scaled;
//! - [`Task`]: a compiled model with its data, names resolved and sizes checked;
//! - [`loss`](loss()): cross-entropy and mean square;
//! - [`Method`]: Adam, AdamW, SGD with momentum; [`Schedule`];
//! - [`Learner`], [`Descent`], [`freeze`];
//! - [`Trainer`], [`evaluate`](evaluate());
//! - [`local`]: networks that learn by rules of plasticity alone, and what their neurons stand for;
//! - [`targets`]: numbers to be learned instead of classes;
//! - [`memory`]: what a training will need;
//! - [`fit`]: parameters of a neuron found from recordings.
//!
//! Every sum runs in a fixed order and every random choice is keyed, so the same seed gives the same bits whenever the
//! runner does.

pub mod checkpoint;
pub mod evaluate;
pub mod fit;
pub mod learner;
pub mod local;
pub mod loss;
pub mod memory;
pub mod normalisation;
pub mod optimiser;
pub mod progress;
pub mod split;
pub mod targets;
pub mod task;
pub mod trace;
pub mod trainer;
pub mod watch;

#[cfg(test)]
mod fake;

pub use evaluate::{Confusion, Evaluation, GroupCharge, GroupSpikes, evaluate};
pub use learner::{Descent, Learner, Outcome, freeze};
pub use local::{Local, Named};
pub use loss::{BatchLoss, loss, predict};
pub use memory::Memory;
pub use normalisation::Normalisation;
pub use optimiser::{Adam, Method, Momentum, Schedule};
pub use progress::{Cause, EpochScore, Finish, Point, Progress, Stop};
pub use split::{check_split, split};
pub use task::Task;
pub use trainer::Trainer;
