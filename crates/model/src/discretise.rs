//! From branches to compartments, and from compartments to the numbers of the cable equation.
//!
//! A branch is cut into compartments of equal length. A compartment of side area `A` and resistances `r0`, `r1` from its middle to its
//! beginning and its end obeys
//!
//! ```text
//! c A dv/dt = -A i(v) + sum over neighbours j of g_j (v_j - v),   g_j = 1 / (r of this side + r of that side)
//! ```
//!
//! Along a truncated cone of length `h` and diameters `d`, `e`: `A = pi (d + e)/2 sqrt(h^2 + (d - e)^2/4)` and `r = 4 R h / (pi d e)`
//! (Rall 1959, Exp. Neurol. 1, 491; Hines 1984, Int. J. Bio-Med. Comput. 15, 69). Order 2 in the length of a compartment. Where two or
//! more branches begin at one end, a *junction* without membrane stands between them, so that their resistances meet in one point; and so
//! it does at the beginning of the first branch where others begin there.

use crate::cell::{Branch, Cell, Discretisation, SOMA};
use crate::expression::Place;
use std::f64::consts::PI;

mod fineness;

pub use fineness::{COARSE, Extent, Fineness, coarse, fineness};

/// A piece of membrane with one potential.
#[derive(Clone, PartialEq, Debug)]
pub struct Compartment {
    /// Index of its branch.
    pub branch: usize,
    /// Which of its branch, from its beginning.
    pub index: usize,
    /// Length, um.
    pub length: f64,
    /// Side area, um2.
    pub area: f64,
    /// Resistance from its middle to its beginning for a resistivity of 1 ohm cm, MOhm.
    pub towards: f64,
    /// ... and to its end.
    pub away: f64,
}

impl Compartment {
    /// The diameter of the cylinder that has its length and area, um.
    pub fn diameter(&self) -> f64 {
        self.area / (PI * self.length)
    }
}

/// Where a node of the tree hangs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Above {
    /// It is the root.
    Nothing,
    /// The end of a compartment.
    EndOf(usize),
    /// The middle of a compartment.
    MiddleOf(usize),
    /// A junction.
    Junction(usize),
}

/// Where a junction stands: at an end of a compartment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Joint {
    /// Where it begins; of the first compartment of a cell.
    Beginning(usize),
    /// Where it ends.
    End(usize),
}

impl Joint {
    /// The compartment.
    pub fn compartment(self) -> usize {
        let (Joint::Beginning(c) | Joint::End(c)) = self;
        c
    }

    /// At the same end of the compartment that comes so many later.
    #[must_use]
    pub fn shifted(self, by: usize) -> Joint {
        match self {
            Joint::Beginning(c) => Joint::Beginning(c + by),
            Joint::End(c) => Joint::End(c + by),
        }
    }
}

/// A cell cut up.
#[derive(Clone, PartialEq, Debug)]
pub struct Cut {
    /// The compartments: branch by branch, each from its beginning.
    pub compartments: Vec<Compartment>,
    /// What the beginning of each compartment is joined to.
    pub above: Vec<Above>,
    /// Where each junction stands.
    pub junctions: Vec<Joint>,
    /// The first compartment of each branch, and one beyond the last.
    pub first: Vec<usize>,
}

impl Cut {
    /// What the middle of every compartment is known by.
    pub fn places(&self, cell: &Cell) -> Vec<Place> {
        let mut starts: Vec<(f64, f64)> = Vec::with_capacity(cell.branches.len());
        let mut out = Vec::with_capacity(self.compartments.len());
        for (b, branch) in cell.branches.iter().enumerate() {
            // From the middle of the first branch to both of its ends; from all others away.
            let (start, order) = match branch.parent {
                None => (-0.5 * branch.length(), 0.0),
                Some(p) => {
                    let parent = &cell.branches[p];
                    let along = match self.above[self.first[b]] {
                        _ if begins_at(cell, branch) == Some(0.0) => 0.0,
                        Above::MiddleOf(c) => (self.compartments[c].index as f64 + 0.5) * self.compartments[c].length,
                        _ => parent.length(),
                    };
                    let (from, order) = starts[p];
                    ((from + along).abs(), order + 1.0)
                }
            };
            starts.push((start, order));
            for c in &self.compartments[self.first[b]..self.first[b + 1]] {
                let along = (c.index as f64 + 0.5) * c.length;
                let position = along / branch.length();
                let compartments = (self.first[b + 1] - self.first[b]) as f64;
                let (distance, diameter, length) = ((start + along).abs(), c.diameter(), c.length);
                out.push(Place { distance, diameter, order, position, length, compartments });
            }
        }
        out
    }

    /// The compartment that holds a place on a branch, from 0 at its beginning to 1.
    pub fn at(&self, branch: usize, position: f64) -> usize {
        let n = self.first[branch + 1] - self.first[branch];
        self.first[branch] + ((position * n as f64) as usize).min(n - 1)
    }
}

/// Frequency at which the length constant of the d-lambda rule is taken, Hz.
const FREQUENCY: f64 = 100.0;

/// How many compartments a branch has.
pub fn count(cell: &Cell, branch: &Branch) -> usize {
    if let Some(n) = &branch.compartments {
        return n.value;
    }
    let whole = |x: f64| (x.ceil() as usize).max(1);
    match cell.discretisation.value {
        Discretisation::PerBranch(n) => n.max(1),
        Discretisation::NeuronLength(longest) => 1 + 2 * (branch.length() / longest) as usize,
        Discretisation::MaxLength(most) => whole(branch.length() / most - 1e-9),
        rule @ (Discretisation::DLambda(fraction) | Discretisation::Neuron(fraction)) => {
            let electrotonic = electrotonic(cell, branch, 0.0, branch.length());
            match rule {
                Discretisation::Neuron(_) => ((electrotonic / fraction + 0.9) / 2.0) as usize * 2 + 1,
                _ => whole(electrotonic / fraction - 1e-9),
            }
        }
    }
}

/// Length of a piece of a branch in length constants at [`FREQUENCY`].
///
/// Of a cylinder `lambda = 1/2 sqrt(d / (pi f R c))` (Hines & Carnevale 2001, Neuroscientist 7, 123).
fn electrotonic(cell: &Cell, branch: &Branch, from: f64, to: f64) -> f64 {
    // With d in um, R in ohm cm and c in uF/cm2 the root is in 1e5 um.
    let capacitance = cell.capacitances.get(&branch.region.value).unwrap_or(&cell.capacitance).value;
    let lambda = |d: f64| 1e5 * (d / (4.0 * PI * FREQUENCY * cell.resistivity.value * capacitance)).sqrt();
    branch.cones(from, to).map(|c| c.length() / lambda(c.diameter())).sum()
}

/// Side area (um2) and resistance for 1 ohm cm (MOhm) of a branch between two distances; with `rings` a step in diameter has the area of
/// a ring.
fn measure(branch: &Branch, from: f64, to: f64, rings: bool) -> (f64, f64) {
    let (mut area, mut resistance) = (0.0, 0.0);
    for cone in branch.cones(from, to) {
        area += cone.area();
        resistance += cone.resistance();
    }
    if rings {
        // A step in diameter has no length.
        let steps = branch.points.windows(2).filter(|p| p[0].along == p[1].along && (from..to).contains(&p[0].along));
        area += steps.map(|p| 0.25 * PI * (p[0].diameter * p[0].diameter - p[1].diameter * p[1].diameter).abs()).sum::<f64>();
    }
    (area, resistance)
}

/// Cuts a cell.
pub fn cut(cell: &Cell) -> Cut {
    let rings = cell.discretisation.value.is_neurons();
    let mut out = Cut { compartments: vec![], above: vec![], junctions: vec![], first: vec![] };
    for (b, branch) in cell.branches.iter().enumerate() {
        let n = count(cell, branch);
        out.first.push(out.compartments.len());
        let length = branch.length() / n as f64;
        for k in 0..n {
            let (start, middle, end) = (k as f64 * length, (k as f64 + 0.5) * length, (k + 1) as f64 * length);
            let (a, towards) = measure(branch, start, middle, rings);
            let (z, away) = measure(branch, middle, end, rings);
            out.compartments.push(Compartment { branch: b, index: k, length, area: a + z, towards, away });
        }
    }
    out.first.push(out.compartments.len());
    let points = points(cell, &out);
    let at_end = |c: usize| points.iter().filter(|p| **p == Some(At::End(c))).count();
    // What stands at a joint, once there is one.
    let mut made: Vec<Joint> = Vec::new();
    for (b, point) in points.iter().enumerate() {
        for k in out.first[b]..out.first[b + 1] {
            let mut junction = |joint: Joint| {
                let j = made.iter().position(|m| *m == joint).unwrap_or_else(|| {
                    made.push(joint);
                    made.len() - 1
                });
                Above::Junction(j)
            };
            out.above.push(match point {
                _ if k > out.first[b] => Above::EndOf(k - 1),
                None => Above::Nothing,
                Some(At::Middle(c)) => Above::MiddleOf(*c),
                Some(At::Beginning(c)) => junction(Joint::Beginning(*c)),
                // A branch with one child continues in it; with more, they meet in a junction.
                Some(At::End(c)) if at_end(*c) == 1 => Above::EndOf(*c),
                Some(At::End(c)) => junction(Joint::End(*c)),
            });
        }
    }
    out.junctions = made;
    out
}

/// A point of a cell at which a branch begins: of a compartment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Beginning(usize),
    Middle(usize),
    End(usize),
}

/// Where on its parent a branch begins, if not at its end: as its cell says, or as NEURON's import joins what grows from a soma.
fn begins_at(cell: &Cell, branch: &Branch) -> Option<f64> {
    let grows = branch.parent == Some(0) && cell.branches[0].region.value == SOMA && branch.region.value != SOMA;
    let of_soma = cell.discretisation.value.is_neurons() && grows;
    branch.at.as_ref().map(|x| x.value).or(of_soma.then_some(0.5)).filter(|x| *x < 1.0)
}

/// The point at which each branch begins. Where a branch has its beginning, there begins what begins at 0 of it.
fn points(cell: &Cell, cut: &Cut) -> Vec<Option<At>> {
    let mut out: Vec<Option<At>> = Vec::with_capacity(cell.branches.len());
    for branch in &cell.branches {
        let point = branch.parent.map(|p| match begins_at(cell, branch) {
            None => At::End(cut.first[p + 1] - 1),
            Some(0.0) => out[p].unwrap_or(At::Beginning(cut.first[p])),
            Some(x) => At::Middle(cut.at(p, x)),
        });
        out.push(point);
    }
    out
}

#[cfg(test)]
mod tests;
