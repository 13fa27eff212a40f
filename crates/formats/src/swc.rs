//! SWC: the shape of a neuron as points, one a line: `id type x y z radius parent`, lengths in um.
//!
//! How a file is read:
//!
//! - `#` begins a comment. Blank lines, tabs, several spaces and carriage returns mean nothing. More than seven columns, and points that
//!   stand before their parent, are read with a warning.
//! - Types 1 to 4 are the regions `soma`, `axon`, `basal` and `apical`; any other type N is `custom.N`. Branches are called after their
//!   region and numbered: `apical.0`, `apical.1`.
//! - An unbranched run of points of one type is a branch. It begins at the point it is connected to, with that point's diameter.
//! - **The soma** is one branch. One point is a cylinder whose length is its diameter, which has the area of the sphere. Three
//!   points, the second and third at one radius on either side of the first, are the same cylinder (the convention of
//!   NeuroMorpho.Org). A line of points is taken as it is drawn. A contour, or points that fork otherwise, is refused.
//! - **What begins at the soma**, at whichever of its points, begins at the *end* of that branch. The piece between the soma and the first
//!   point of a dendrite is drawn inside the soma and is no membrane, as in NEURON's import; a dendrite of a single point is
//!   a cylinder from the centre it is connected to, with a warning. NEURON connects to the middle of the soma: for a soma of one
//!   compartment the two differ by the axial resistance of half a soma.
//! - Without a soma the first point is the root. If several branches begin there, the cell is turned round so that it begins at a tip: a
//!   branch begins at the *end* of another, and this changes no length, area or resistance.
//! - A branch of no length is left out, with a warning, and what begins at its end begins where it began.
//! - One root, ids that are whole numbers and not repeated, no negative radius, none of 0 except in a tip. Lengths beyond those of
//!   cells are a sign of other units, and get a warning.

mod lines;
mod tree;

use homolog_base::{Diagnostic, Source, Span};
use homolog_model::cell::Branch;
use std::sync::Arc;

/// One line.
struct Sample {
    id: u64,
    kind: u32,
    /// um.
    at: [f64; 3],
    /// um.
    radius: f64,
    /// Index of the point it is connected to.
    parent: Option<usize>,
    /// The whole line, its first column, its radius.
    line: Span,
    id_span: Span,
    radius_span: Span,
}

const SOMA: u32 = 1;

/// More problems than this in one file say that it is a file of something else.
const MOST: usize = 12;

/// Reads a shape: its branches, parents before children, unless there are errors, and everything that is to be said of it. The branches
/// carry no places: their spans are empty.
pub fn read(source: &Arc<Source>) -> (Option<Vec<Branch>>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let samples = lines::read(source, &mut problems);
    let branches = samples.and_then(|s| tree::branches(source, s, &mut problems));
    if problems.len() > MOST {
        let more = problems.len() - MOST;
        problems.truncate(MOST);
        problems.push(Diagnostic::error("swc-more", format!("`{}` has {more} more problems", source.name)).hint("is this an SWC file?"));
    }
    (branches.filter(|_| !homolog_base::has_errors(&problems)), problems)
}

#[cfg(test)]
mod tests;
