//! Neurolucida ASC: the shape of a neuron as trees of points in nested parentheses, lengths and diameters in um.
//!
//! The format is that of MicroBrightField's Neurolucida 3 and later. It has no published grammar; this reader follows those of NEURON
//! (`read_nlcda3.hoc`) and MorphIO. How a file is read:
//!
//! - `;` begins a comment that ends with its line. Words and numbers stand between spaces, commas, quotes and parentheses.
//! - **A tree** is `( (Dendrite) point ... ( branch | branch ... ) )`: properties, points `(x y z diameter)`, and then at most one list of
//!   branches that begin at its last point, each built in the same way. `(Axon)`, `(Dendrite)` and `(Apical)` say that it is of the region
//!   `axon`, `basal` or `apical`; without one of them it is `custom.0`, with a warning. A word such as `Normal`, `High`, `Low`,
//!   `Incomplete` or `Generated` says how a branch ends, and nothing follows it. A tree may have a name: `("name" (Axon) ...)`.
//! - **A branch** begins where its parent ends. Where its first point lies elsewhere, the piece from the end of its parent to it is a cylinder
//!   of its first diameter, as in NEURON. A branch without points, or of no length, is left out, with a warning.
//! - **The soma** is the contour called `CellBody`, `Cell Body` or `Soma`, or that has the property `(CellBody)`: the body of which it is the
//!   outline. Contours of which each overlaps the one before, seen from above, are a stack: a circle for each. Both are as in NEURON
//!   (`crates/formats/src/morphology/contour.rs`). Contours that do not overlap are two cells, and refused. A contour of fewer than three
//!   points is left out, with a warning.
//! - **What begins at the soma** begins at the end of its branch; the piece between is no membrane. A tree that begins far from the soma
//!   gets a warning. Without a soma, trees are joined where they begin, with a warning, and the cell begins at a tip.
//! - Other contours, markers, spines, texts and pictures are no membrane. They are not read, and a note counts them. Properties such as
//!   `(Color Red)` or `(Name "...")` say nothing of a shape and are passed over.
//! - No diameter is negative, none is 0 except in a tip.

mod lex;
mod parse;
mod shape;

use crate::morphology::Shape;
use crate::morphology::problems::Problems;
use homolog_base::{Diagnostic, Source};
use std::sync::Arc;

/// Reads a shape, unless there are errors, and everything that is to be said of it.
pub fn read(source: &Arc<Source>) -> (Option<Shape>, Vec<Diagnostic>) {
    let mut problems = Problems::default();
    let drawing = parse::drawing(source, &mut problems);
    let shape = shape::of(source, &drawing, &mut problems).filter(|_| !problems.fatal());
    (shape, problems.finish("asc-more", &source.name, "ASC"))
}

#[cfg(test)]
mod tests;
