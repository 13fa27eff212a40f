//! The ground floor: units, diagnostics, keyed random numbers, elementary functions, the Report, and threads that share work.
//!
//! Nothing here knows what a neuron is, and nothing here does input or output.

pub mod chains;
pub mod diagnostic;
pub mod hash;
pub mod jobs;
pub mod math;
pub mod random;
pub mod ranks;
pub mod report;
pub mod unit;

pub use diagnostic::{Diagnostic, Severity, Source, Span, has_errors};
pub use hash::Hash;
pub use random::Key;
pub use ranks::Ranks;
pub use report::Report;
pub use unit::Unit;
