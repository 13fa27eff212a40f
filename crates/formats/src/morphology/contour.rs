//! Somata that are drawn as outlines, read as NEURON's Import3d reads them (`import3d_gui.hoc`, `import3d_sec.hoc`), so that a cell has
//! the same soma in both.

use super::runs::{course, distance};
use homolog_model::cell::Point;
use std::f64::consts::PI;

/// Pieces into which an outline is cut.
const PIECES: usize = 100;

/// Points along the axis of the body that an outline becomes.
const ALONG: usize = 20;

/// One outline: the body whose axis is the outline's longest principal axis, and whose diameter at each place is the width of the
/// outline there. None if the outline encloses nothing.
pub(crate) fn solid(outline: &[[f64; 3]]) -> Option<Vec<Point>> {
    let points = resampled(outline)?;
    let mean = mean(&points);
    let centred: Vec<[f64; 3]> = points.iter().map(|p| minus(*p, mean)).collect();
    let mut moments = [[0.0; 3]; 3];
    for p in &centred {
        for i in 0..3 {
            for j in 0..3 {
                moments[i][j] += p[i] * p[j];
            }
        }
    }
    let (values, vectors) = principal_axes(moments);
    let (most, least) =
        ((0..3).max_by(|a, b| values[*a].total_cmp(&values[*b]))?, (0..3).min_by(|a, b| values[*a].total_cmp(&values[*b]))?);
    let major = vectors[most];
    // Width is measured across the axis in the plane of the section, unless the outline is drawn upright.
    let across = vectors[if most == least { (most + 1) % 3 } else { 3 - most - least }];
    let flat = [across[0], across[1], 0.0];
    let minor = if norm(flat) > 0.1 { flat } else { across };
    let minor = minor.map(|x| x / norm(minor));
    let mut sides: Vec<(f64, f64)> = centred.iter().map(|p| (dot(*p, major), dot(*p, minor))).collect();
    let highest = (0..sides.len()).fold(0, |best, k| if sides[k].0 > sides[best].0 { k } else { best });
    sides.rotate_left(highest);
    let lowest = (0..sides.len()).fold(0, |best, k| if sides[k].0 < sides[best].0 { k } else { best });
    let mut other = sides.split_off(lowest);
    sides.reverse();
    rising(&mut sides);
    rising(&mut other);
    let mut places: Vec<f64> = sides.iter().chain(&other).map(|s| s.0).collect();
    if places.len() < 4 || sides.is_empty() || other.is_empty() {
        return None;
    }
    places.sort_by(f64::total_cmp);
    let (from, to) = (places[1], places[places.len() - 2]);
    let mut out: Vec<([f64; 3], f64)> = (0..=ALONG)
        .map(|k| {
            let d = from + (to - from) * (k as f64 / ALONG as f64);
            ([0, 1, 2].map(|i| mean[i] + major[i] * d), (at(&sides, d) - at(&other, d)).abs())
        })
        .collect();
    // The ends have no width: they take half of their neighbour's.
    out[0].1 = 0.5 * (out[0].1 + out[1].1);
    out[ALONG].1 = 0.5 * (out[ALONG].1 + out[ALONG - 1].1);
    whole(course(out))
}

/// Outlines one above the other: each becomes a circle at its centre, of a diameter between that of its perimeter and the mean distance
/// of its points. None if they enclose nothing.
pub(crate) fn stack(outlines: &[Vec<[f64; 3]>]) -> Option<Vec<Point>> {
    let circle = |outline: &Vec<[f64; 3]>| {
        let points = resampled(outline)?;
        let centre = mean(&points);
        let radius = points.iter().map(|p| distance(*p, centre)).sum::<f64>() / points.len() as f64;
        Some((centre, radius + perimeter(outline) / (2.0 * PI)))
    };
    whole(course(outlines.iter().map(circle).collect::<Option<Vec<_>>>()?))
}

/// Length of the closed outline, um.
pub(crate) fn perimeter(outline: &[[f64; 3]]) -> f64 {
    (0..outline.len()).map(|k| distance(outline[k], outline[(k + 1) % outline.len()])).sum()
}

/// The points, if there is a body in them.
fn whole(points: Vec<Point>) -> Option<Vec<Point>> {
    let body = points.last().is_some_and(|p| p.along > 0.0) && points.iter().all(|p| p.diameter > 0.0 && p.diameter.is_finite());
    body.then_some(points)
}

/// Equally spaced points of an outline, from its first point to its last.
fn resampled(outline: &[[f64; 3]]) -> Option<Vec<[f64; 3]>> {
    let points = course(outline.iter().map(|p| (*p, 0.0)));
    let length = points.last()?.along;
    if length <= 0.0 {
        return None;
    }
    let coordinate = |k: usize| points.iter().zip(outline).map(|(p, o)| (p.along, o[k])).collect::<Vec<_>>();
    let lines = [coordinate(0), coordinate(1), coordinate(2)];
    Some((0..=PIECES).map(|k| [0, 1, 2].map(|c| at(&lines[c], length * (k as f64 / PIECES as f64)))).collect())
}

/// The value of a line at a place; beyond its ends it is that of the end.
fn at(line: &[(f64, f64)], x: f64) -> f64 {
    let next = line.partition_point(|p| p.0 < x);
    match (next.checked_sub(1).and_then(|k| line.get(k)), line.get(next)) {
        (Some(a), Some(b)) if b.0 > a.0 => a.1 + (b.1 - a.1) * ((x - a.0) / (b.0 - a.0)),
        (_, Some(b)) => b.1,
        (Some(a), None) => a.1,
        (None, None) => 0.0,
    }
}

/// Leaves out what goes back along the axis, from the end on.
fn rising(side: &mut Vec<(f64, f64)>) {
    let mut kept: Vec<(f64, f64)> = Vec::with_capacity(side.len());
    for p in side.drain(..).rev() {
        // A point that does not lie below the one after it pushes that one out.
        while kept.last().is_some_and(|after| after.0 <= p.0) {
            kept.pop();
        }
        kept.push(p);
    }
    kept.reverse();
    *side = kept;
}

fn mean(points: &[[f64; 3]]) -> [f64; 3] {
    [0, 1, 2].map(|k| points.iter().map(|p| p[k]).sum::<f64>() / points.len() as f64)
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

/// Eigenvalues and unit eigenvectors of a symmetric matrix, by Jacobi's rotations (Golub & Van Loan, Matrix Computations, 8.5).
fn principal_axes(mut m: [[f64; 3]; 3]) -> ([f64; 3], [[f64; 3]; 3]) {
    let mut vectors = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for _ in 0..32 {
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if m[p][q].abs() <= 1e-300 {
                continue;
            }
            let theta = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
            let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let c = 1.0 / (t * t + 1.0).sqrt();
            let s = t * c;
            let turn = |a: f64, b: f64| (c * a - s * b, s * a + c * b);
            for row in &mut m {
                (row[p], row[q]) = turn(row[p], row[q]);
            }
            for k in 0..3 {
                (m[p][k], m[q][k]) = turn(m[p][k], m[q][k]);
                (vectors[p][k], vectors[q][k]) = turn(vectors[p][k], vectors[q][k]);
            }
        }
    }
    ([m[0][0], m[1][1], m[2][2]], vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Area of frusta, um2.
    fn area(points: &[Point]) -> f64 {
        let piece = |p: &[Point]| {
            let (h, d) = (p[1].along - p[0].along, p[1].diameter - p[0].diameter);
            0.5 * PI * (p[0].diameter + p[1].diameter) * (h * h + 0.25 * d * d).sqrt()
        };
        points.windows(2).map(piece).sum()
    }

    fn ellipse(a: f64, b: f64, z: f64) -> Vec<[f64; 3]> {
        let angle = |k: i32| 2.0 * PI * f64::from(k) / 200.0;
        (0..200).map(|k| [a * homolog_base::math::cos(angle(k)), b * homolog_base::math::sin(angle(k)), z]).collect()
    }

    #[test]
    fn an_ellipse_becomes_a_spheroid() {
        let body = solid(&ellipse(2.0, 1.0, 0.0)).unwrap();
        // Of a prolate spheroid: 2 pi b^2 (1 + a / (b e) asin e), e^2 = 3/4.
        let e = 0.75_f64.sqrt();
        let exact = 2.0 * PI * (1.0 + 2.0 / e * (PI / 3.0));
        assert!((area(&body) / exact - 1.0).abs() < 0.02, "{} of {exact}", area(&body));
        assert!((body[ALONG].along - 4.0).abs() < 0.05 && (body[ALONG / 2].diameter - 2.0).abs() < 0.02);
    }

    #[test]
    fn a_stack_of_circles_becomes_a_cylinder() {
        let body = stack(&[ellipse(3.0, 3.0, 0.0), ellipse(3.0, 3.0, 5.0)]).unwrap();
        assert_eq!((body.len(), body[1].along), (2, 5.0));
        assert!((body[0].diameter - 6.0).abs() < 0.01, "{}", body[0].diameter);
    }

    #[test]
    fn an_upright_outline_has_its_width_too() {
        let upright: Vec<[f64; 3]> = ellipse(2.0, 1.0, 0.0).into_iter().map(|p| [p[0], 0.0, p[1]]).collect();
        assert!((area(&solid(&upright).unwrap()) / area(&solid(&ellipse(2.0, 1.0, 0.0)).unwrap()) - 1.0).abs() < 0.01);
    }

    #[test]
    fn what_encloses_nothing_is_no_body() {
        assert_eq!(solid(&[[1.0, 2.0, 3.0]; 9]), None);
        assert_eq!(solid(&[[0.0; 3], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]]), None);
        assert_eq!(stack(&vec![vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]; 2]), None);
    }
}
