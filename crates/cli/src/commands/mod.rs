//! One file a command.

pub mod bench;
pub mod check;
pub mod claims;
pub mod compare;
pub mod fit;
pub mod fmt;
mod learn;
pub mod mech;
pub mod morph;
mod reference;
pub mod run;
mod trace;

pub use trace::Format;

use homolog_base::Diagnostic;
use std::process::ExitCode;

/// How a command ended, or everything that kept it from doing so.
pub type Done = Result<ExitCode, Vec<Diagnostic>>;
