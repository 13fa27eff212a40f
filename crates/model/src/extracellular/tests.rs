use super::{Piece, per_nanoampere, pieces, point};
use crate::cell::{Branch, Point};
use std::f64::consts::PI;

const LINE: Piece = Piece { from: [10.0, -3.0, 5.0], to: [70.0, 37.0, -20.0], radius: 1.0, share: 1.0 };

/// The mean of 1 / distance over many points of a piece.
fn summed(p: &Piece, electrode: [f64; 3]) -> f64 {
    const N: usize = 200_000;
    let one = |k: usize| {
        let s = (k as f64 + 0.5) / N as f64;
        let d: f64 = (0..3).map(|k| (p.from[k] + s * (p.to[k] - p.from[k]) - electrode[k]).powi(2)).sum();
        1.0 / d.sqrt()
    };
    (0..N).map(one).sum::<f64>() / N as f64
}

#[test]
fn a_line_is_the_sum_of_the_points_that_it_is_made_of() {
    for electrode in
        [[40.0, 20.0, 30.0], [-200.0, 10.0, 0.0], [100.0, 60.0, -40.0], [12.0, 3.0, 5.0], [0.0, 0.0, 9000.0], [71.0, 39.0, -18.0]]
    {
        let (got, want) = (LINE.nearness(electrode), summed(&LINE, electrode));
        assert!((got / want - 1.0).abs() < 1e-8, "{electrode:?}: {got} and {want}");
        let other = Piece { from: LINE.to, to: LINE.from, ..LINE };
        assert!((other.nearness(electrode) / got - 1.0).abs() < 1e-13, "{electrode:?}: depends on the direction");
    }
}

#[test]
fn beside_the_middle_of_a_line_the_formula_is_that_of_holt_and_koch() {
    // On the axis of symmetry: 2 asinh(L / 2 r) / L.
    let line = Piece { from: [-50.0, 0.0, 0.0], to: [50.0, 0.0, 0.0], radius: 1.0, share: 1.0 };
    let want = 2.0 * (50.0_f64 / 20.0).asinh() / 100.0;
    assert!((line.nearness([0.0, 20.0, 0.0]) / want - 1.0).abs() < 1e-14);
    // A line that is hardly one.
    let short = Piece { from: [0.0; 3], to: [1e-7, 0.0, 0.0], ..line };
    assert!((short.nearness([0.0, 0.0, 25.0]) * 25.0 - 1.0).abs() < 1e-14);
}

#[test]
fn no_electrode_is_nearer_than_the_membrane() {
    let on_axis = LINE.nearness([40.0, 17.0, -7.5]);
    assert!(on_axis.is_finite());
    let at_rest = Piece { from: [0.0; 3], to: [0.0; 3], radius: 8.0, share: 1.0 };
    assert_eq!(at_rest.nearness([1.0, 0.0, 0.0]), 1.0 / 8.0);
    // 1 nA, 50 um away, in 0.3 S/m: 5.3 uV.
    let want = 1e3 / (4.0 * PI * 0.3 * 50.0);
    assert!((per_nanoampere(&[at_rest], [0.0, 50.0, 0.0], 0.3) / want - 1.0).abs() < 1e-14);
    assert!((want - 5.305).abs() < 1e-3);
}

#[test]
fn what_a_compartment_has_of_a_bent_branch_is_as_large_as_its_membrane() {
    let at = |along: f64, diameter: f64, position| Point { along, diameter, position: Some(position) };
    let points = vec![at(0.0, 4.0, [0.0; 3]), at(30.0, 4.0, [30.0, 0.0, 0.0]), at(70.0, 2.0, [30.0, 40.0, 0.0])];
    let branch = Branch { name: "a".into(), parent: None, at: None, region: "a".into(), points, compartments: None };
    let found = pieces(&branch, 10.0, 50.0).unwrap();
    assert_eq!((found[0].from, found[0].to), ([10.0, 0.0, 0.0], [30.0, 0.0, 0.0]));
    assert_eq!((found[1].from, found[1].to), ([30.0, 0.0, 0.0], [30.0, 20.0, 0.0]));
    // 20 um of 4 um, and 20 um from 4 to 3 um.
    let (a, b) = (PI * 4.0 * 20.0, PI * 3.5 * (400.0_f64 + 0.25).sqrt());
    assert!((found[0].share - a / (a + b)).abs() < 1e-15 && (found[0].share + found[1].share - 1.0).abs() < 1e-15);
    assert_eq!((found[0].radius, found[1].radius), (2.0, 1.75));
    let ball = point(&branch, 0.0, 70.0, PI * 400.0).unwrap();
    assert_eq!((ball[0].from, ball[0].radius), ([30.0, 5.0, 0.0], 10.0));
    let mut flat = branch;
    flat.points[1].position = None;
    assert_eq!(pieces(&flat, 10.0, 50.0), None);
}
