//! NMODL, the equation language of neuroscience, read into [`homolog_ir::Mechanism`].
//!
//! [`parse`] makes the tree of a file, [`read`] the mechanism it describes. Both report all problems at once, each with
//! its place, what was expected there, and a hint; what NMODL knows and Homolog does not yet is named by the code
//! `nmodl-not-yet`. [`format()`] makes the canonical form of a file. What Homolog adds to the language for whole neurons is in `docs/nmodl-extensions.md`.
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
mod format;
mod interface;
mod lexer;
mod lower;
mod parser;
mod program;
mod units;

pub use ast::File;
pub use format::format;
pub use parser::parse;

use homolog_base::{Diagnostic, Severity, Source, Span, has_errors};
use homolog_ir::Mechanism;
use std::sync::Arc;

/// Errors after which a program still has a structure to look at.
const HARMLESS: [&str; 5] = ["nmodl-unit", "nmodl-unit-name", "nmodl-limits", "nmodl-zero", "nmodl-arity"];

/// What is wrong with units or a default, but with no number of a run.
const UNITS_ALONE: [&str; 4] = ["nmodl-unit", "nmodl-unit-name", "nmodl-zero", "nmodl-limits"];

/// Reads a file into a mechanism. It is none exactly when one of the problems is an error.
pub fn read(source: &Arc<Source>) -> (Option<Mechanism>, Vec<Diagnostic>) {
    read_as(source, false)
}

/// Reads a file as [`read`] does; where `neuron_tables` is true, TABLE interpolates as in NEURON.
pub fn read_as(source: &Arc<Source>, neuron_tables: bool) -> (Option<Mechanism>, Vec<Diagnostic>) {
    let (file, mut problems) = parse(source);
    let mut program = program::Program::new(source, &file);
    program.interpolates = neuron_tables;
    check::check(&mut program);
    let constants: Vec<Span> = file.blocks.iter().filter(|b| matches!(b.kind, ast::BlockKind::Units(_))).map(|b| b.span).collect();
    let broken = has_errors(&problems);
    let inside = program.interface.map(|(_, span)| file.blocks.iter().find(|b| b.keyword.span == span).map_or(span, |b| b.span));
    let bars = |d: &Diagnostic| {
        let in_interface = d.labels.first().zip(inside).is_some_and(|((at, _), i)| i.start <= at.start && at.end <= i.end);
        d.severity == Severity::Error && !in_interface && !HARMLESS.contains(&d.code)
    };
    // What is wrong with units and interface does not keep the rest from being looked at.
    let barred = problems.iter().chain(&program.problems).any(bars);
    let mechanism = if barred { None } else { lower::lower(&mut program) };
    for d in &mut program.problems {
        // Units say what was meant, and change no number, except that of a constant of UNITS. A published file whose units
        // do not agree runs in NEURON as it runs here. INTERFACE alone converts by them.
        let place = d.labels.first().map(|l| l.0);
        let within = |s: &Span| place.is_some_and(|at| s.start <= at.start && at.end <= s.end);
        let strict = inside.as_ref().is_some_and(within) || constants.iter().any(within);
        if UNITS_ALONE.contains(&d.code) && !strict {
            d.severity = Severity::Warning;
        }
    }
    problems.append(&mut program.problems);
    if has_errors(&problems) {
        // These follow from what is missing because it was wrong.
        problems.retain(|d| d.code != "nmodl-unused" && !(broken && matches!(d.code, "nmodl-function" | "nmodl-state" | "nmodl-current")));
    }
    problems.sort_by_key(|d| d.labels.first().map_or(0, |l| l.0.start));
    let mechanism = mechanism.filter(|_| !has_errors(&problems));
    let problems = problems.into_iter().map(Diagnostic::in_own_files).collect();
    (mechanism, problems)
}
