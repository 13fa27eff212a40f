//! SWC: the shape of a neuron as points, one a line: `id type x y z radius parent`, lengths in um.
//!
//! The format is that of Cannon et al. 1998 (J. Neurosci. Methods 84, 49) and of NeuroMorpho.Org. How a file is read:
//!
//! - `#` begins a comment. Blank lines, tabs, several spaces and carriage returns mean nothing. More than seven columns, and points that
//!   stand before their parent, are read with a warning.
//! - Types 1 to 4 are the regions `soma`, `axon`, `basal` and `apical`; any other type N is `custom.N`. Branches are called after their
//!   region and numbered: `apical.0`, `apical.1`.
//! - An unbranched run of points of one type is a branch. It begins at the point it is connected to, with that point's diameter.
//! - **The soma** is one branch. One point is a cylinder whose length is its diameter, which has the area of the sphere. Three
//!   points, the second and third at one radius on either side of the first, are the same cylinder (the convention of
//!   NeuroMorpho.Org). A line of two or more points is taken as it is drawn. A contour, a line that comes back to where it began, becomes
//!   the body that it is the outline of (`crates/formats/src/morphology/contour.rs`), with a warning. A soma that forks otherwise is
//!   several branches of the region, with a warning.
//! - **What begins at the soma**, at whichever of its points, begins at the *end* of that branch. The piece between the soma and the first
//!   point of a dendrite is drawn inside the soma and is no membrane, as in NEURON's import; a dendrite of a single point is
//!   a cylinder from the centre it is connected to, with a warning. NEURON connects to the middle of the soma: for a soma of one
//!   compartment the two differ by the axial resistance of half a soma.
//! - Where the soma is not the root of its tree, the tree is turned round to begin there, with a warning.
//! - Without a soma the first point is the root. If several branches begin there, the cell is turned round so that it begins at a tip: a
//!   branch begins at the *end* of another, and this changes no length, area or resistance.
//! - **Several roots**: a further tree that begins exactly where a point of the cell lies is connected there; any other to the soma, or to the
//!   root if there is none, and the piece between is no membrane. A tree of a single point is left out. Each gets a warning. Two somata are
//!   two cells, and refused.
//! - A branch of no length is left out, with a warning, and what begins at its end begins where it began.
//! - Ids are whole numbers and not repeated, no radius is negative, none is 0 except in a tip. Lengths beyond those of cells are a sign of
//!   other units, and get a warning.

mod lines;
mod soma;
mod tree;
mod trees;

use crate::morphology::Shape;
use crate::morphology::problems::Problems;
use crate::morphology::runs;
use homolog_base::{Diagnostic, Source, Span};
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
    /// Whether the piece that leads to it is no membrane: it joins trees that the file does not connect.
    wire: bool,
    /// The whole line, its first column, its radius.
    line: Span,
    id_span: Span,
    radius_span: Span,
}

/// Reads a shape, unless there are errors, and everything that is to be said of it.
pub fn read(source: &Arc<Source>) -> (Option<Shape>, Vec<Diagnostic>) {
    let mut problems = Problems::default();
    let samples = lines::read(source, &mut problems);
    let points = samples.as_ref().map_or(0, Vec::len);
    let runs = samples.and_then(|s| tree::runs(source, s, &mut problems)).filter(|_| !problems.fatal());
    let shape = runs.and_then(|r| {
        let branches = runs::branches(r);
        if branches.is_none() {
            let d = Diagnostic::error("swc-radius", "all tips have radius 0, and the cell has no other place where it can begin");
            problems.push(d.hint("give the points at the tips their radius, or add a soma"));
        }
        Some(Shape { branches: branches?, points })
    });
    (shape, problems.finish("swc-more", &source.name, "SWC"))
}

#[cfg(test)]
mod tests;
