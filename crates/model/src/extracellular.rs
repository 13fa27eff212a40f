//! Potentials outside of cells, from the currents that cross their membranes.
//!
//! In an infinite medium of one conductivity `sigma` a current `I` that leaves a point raises the potential at a distance `r` by
//! `I / (4 pi sigma r)`. A current that leaves a line of length `L` everywhere alike raises it by
//!
//! ```text
//! I / (4 pi sigma L) * integral from h to l of ds / sqrt(s^2 + r^2)  =  I / (4 pi sigma L) * ln((l + sqrt(l^2 + r^2)) / (h + sqrt(h^2 + r^2)))
//! ```
//!
//! where `r` is the distance from the line's axis, and `h` and `l = h + L` are the ways along it from the electrode to its two ends (Holt & Koch
//! 1999, J. Comput. Neurosci. 6, 169; Gold et al. 2006, J. Neurophysiol. 95, 3113; Einevoll et al. 2013, Nat. Rev. Neurosci. 14, 770). Where an
//! electrode would be inside of a cell, it is on its surface.

use crate::cell::{Branch, Cone};
use homolog_base::math::ln;
use std::f64::consts::PI;

/// A straight piece of a compartment, or a point.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Piece {
    /// Where it begins, um.
    pub from: [f64; 3],
    /// Where it ends; where it begins for a point.
    pub to: [f64; 3],
    /// Distance of the membrane from its axis, um: no electrode is nearer.
    pub radius: f64,
    /// Which part of the compartment's membrane it has.
    pub share: f64,
}

/// A piece much shorter than it is far away is a point, to 4 in 1e12.
const SHORT: f64 = 1e-5;

impl Piece {
    /// The mean of 1 / distance over it, per um.
    pub fn nearness(&self, electrode: [f64; 3]) -> f64 {
        let axis = difference(self.to, self.from);
        let length = norm(axis);
        let middle = [0, 1, 2].map(|k| 0.5 * (self.from[k] + self.to[k]));
        let away = norm(difference(electrode, middle));
        if length <= SHORT * away.max(self.radius) {
            return 1.0 / away.max(self.radius);
        }
        let to_end = difference(electrode, self.to);
        // From the electrode's foot on the axis to the two ends: h beyond the end, l beyond the beginning.
        let h = (to_end[0] * axis[0] + to_end[1] * axis[1] + to_end[2] * axis[2]) / length;
        let foot = [0, 1, 2].map(|k| to_end[k] - h * axis[k] / length);
        // The line is as well seen from its other end.
        let (h, l) = if h + 0.5 * length < 0.0 { (-h - length, -h) } else { (h, h + length) };
        let r = norm(foot).max(self.radius);
        let from_axis = |s: f64| (s * s + r * r).sqrt();
        // Where one end is on either side neither quotient loses digits if both have their sum above.
        let integral =
            if h >= 0.0 { ln((l + from_axis(l)) / (h + from_axis(h))) } else { ln((l + from_axis(l)) / r) + ln((from_axis(h) - h) / r) };
        integral / length
    }
}

/// The potential that a current of 1 nA from some pieces makes at an electrode, uV; `sigma` in S/m.
pub fn per_nanoampere(pieces: &[Piece], electrode: [f64; 3], sigma: f64) -> f64 {
    // nA / (S/m um) is mV.
    let millivolts: f64 = pieces.iter().map(|p| p.share * p.nearness(electrode)).sum::<f64>() / (4.0 * PI * sigma);
    1e3 * millivolts
}

/// The pieces of a branch between two distances along it, um; none where its points have no positions.
pub fn pieces(branch: &Branch, from: f64, to: f64) -> Option<Vec<Piece>> {
    let piece = |cone: Cone| {
        let [from, to] = cone.positions?;
        Some(Piece { from, to, radius: 0.5 * cone.diameter(), share: cone.area() })
    };
    let mut out: Vec<Piece> = branch.cones(from, to).map(piece).collect::<Option<_>>()?;
    let all: f64 = out.iter().map(|p| p.share).sum();
    out.iter_mut().for_each(|p| p.share /= all);
    Some(out)
}

/// The middle of a branch between two distances, as a point with the surface of a sphere of some area, um2.
pub fn point(branch: &Branch, from: f64, to: f64, area: f64) -> Option<Vec<Piece>> {
    let middle = 0.5 * (from + to);
    let pieces = pieces(branch, from, middle)?;
    let at = pieces.last()?.to;
    Some(vec![Piece { from: at, to: at, radius: (area / (4.0 * PI)).sqrt(), share: 1.0 }])
}

fn difference(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn norm(x: [f64; 3]) -> f64 {
    (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]).sqrt()
}

#[cfg(test)]
mod tests;
