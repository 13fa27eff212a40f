//! NMODL, the equation language of neuroscience, read into [`homolog_ir::Mechanism`].
//!
//! [`parse`] makes the tree of a file, [`read`] the mechanism it describes. Both report all problems at once, each with
//! its place, what was expected there, and a hint; what NMODL knows and Homolog does not yet is named by the code
//! `nmodl-not-yet`. What Homolog adds to the language for whole neurons is in `docs/nmodl-extensions.md`.
//!
//! ```
//! let source = homolog_base::Source::new("pas.mod", "
//!     NEURON { SUFFIX pas  NONSPECIFIC_CURRENT i  RANGE g, e }
//!     PARAMETER { g = 0.001 (S/cm2)  e = -70 (mV) }
//!     ASSIGNED { v (mV)  i (mA/cm2) }
//!     BREAKPOINT { i = g*(v - e) }");
//! let (mechanism, problems) = homolog_nmodl::read(&source);
//! assert!(problems.is_empty());
//! assert_eq!(mechanism.unwrap().currents[0].name, "i");
//! ```

pub mod ast;
mod check;
mod interface;
mod lexer;
mod lower;
mod parser;
mod program;
mod units;

pub use ast::File;
pub use parser::parse;

use homolog_base::{Diagnostic, Source, has_errors};
use homolog_ir::Mechanism;
use std::sync::Arc;

/// Reads a file into a mechanism. It is none exactly when one of the problems is an error.
pub fn read(source: &Arc<Source>) -> (Option<Mechanism>, Vec<Diagnostic>) {
    let (file, mut problems) = parse(source);
    let mut program = program::Program::new(source, &file);
    check::check(&mut program);
    let sound = !has_errors(&problems) && !has_errors(&program.problems);
    let mechanism = if sound { lower::lower(&mut program) } else { None };
    problems.append(&mut program.problems);
    problems.sort_by_key(|d| d.labels.first().map_or(0, |l| l.0.start));
    let mechanism = mechanism.filter(|_| !has_errors(&problems));
    (mechanism, problems)
}
