//! Parameters found from recordings.
//!
//! Variants of a neuron are the neurons of one population, each with its own row of learned numbers: one run scores them all, and one backward
//! pass gives all their gradients. What one variant does depends on no other, so a thousand in one run have the bits of a thousand runs.
//!
//! - [`Coordinate`]: a parameter between its bounds as a number without bounds;
//! - [`losses`]: how far a trace is from a recording;
//! - [`Objective`]: the loss of variants, and its gradient;
//! - [`Cma`]: covariance matrix adaptation;
//! - [`Fitter`]: independent searches side by side, by gradients or by generations, that go on from a checkpoint bit for bit;
//! - [`Outcome`]: what was found, and whether the recordings decide it.

pub mod cma;
pub mod losses;
mod newton;
pub mod objective;
pub mod outcome;
mod prepare;
mod resume;
pub mod search;
pub mod transform;

pub use cma::Cma;
pub use objective::{Objective, Scored};
pub use outcome::{Estimate, Outcome};
pub use search::{Fitter, MOST_VARIANTS, Plan, Status};
pub use transform::Coordinate;
