//! Morphologies: the shapes of neurons, whatever file they are drawn in.
//!
//! [`read`] takes the format by the ending of the name: `.swc` ([`crate::swc`]) or `.asc` ([`crate::asc`]). Both give the same thing:
//! branches from the soma outward, lengths and diameters in um.

pub(crate) mod contour;
pub(crate) mod problems;
pub(crate) mod runs;

use homolog_base::{Diagnostic, Source};
use homolog_model::cell::Branch;
use std::path::Path;
use std::sync::Arc;

/// The formats that are read, by the endings of their files.
pub const ENDINGS: [&str; 2] = ["swc", "asc"];

/// A shape as it was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Shape {
    /// The branches, parents before children; one has no parent. They carry no places: their spans are empty.
    pub branches: Vec<Branch>,
    /// How many points of the file describe the cell: those of its branches and of its soma or the outline of that.
    pub points: usize,
}

/// Whether a file is a morphology by the ending of its name.
pub fn is_named(path: &Path) -> bool {
    path.extension().is_some_and(|e| ENDINGS.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// Reads a shape by the ending of its name, unless there are errors, and everything that is to be said of it.
pub fn read(source: &Arc<Source>) -> (Option<Shape>, Vec<Diagnostic>) {
    match Path::new(&source.name).extension() {
        Some(e) if e.eq_ignore_ascii_case("swc") => crate::swc::read(source),
        Some(e) if e.eq_ignore_ascii_case("asc") => crate::asc::read(source),
        _ => (None, vec![unnamed(&source.name)]),
    }
}

/// What to say of a file that by its name is no morphology.
pub fn unnamed(name: &str) -> Diagnostic {
    Diagnostic::error("morph-format", format!("`{name}` is not the name of an SWC or ASC file"))
        .hint("morphologies are read from .swc and .asc files")
}
