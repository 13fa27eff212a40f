//! What can be counted and measured of a shape: branches, lengths, areas, diameters, distances.
//!
//! Terms are those of L-Measure (Scorcioni, Polavaram & Ascoli 2008, Nat. Protoc. 3, 866). All numbers are of the branches as they
//! will be simulated: the piece between the soma and the first point of a dendrite has no membrane and counts nowhere.

use homolog_model::cell::{Branch, SOMA};
use std::f64::consts::PI;

/// Branches of one region, or of all.
#[derive(Clone, PartialEq, Debug)]
pub struct Region {
    /// Name: `basal`.
    pub name: String,
    /// How many branches.
    pub branches: usize,
    /// um.
    pub length: f64,
    /// Of the sides, um2.
    pub area: f64,
    /// um3.
    pub volume: f64,
    /// Least diameter at a point, mean over the length, greatest at a point, um.
    pub diameter: (f64, f64, f64),
}

/// A soma.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Soma {
    /// Along its axis, um.
    pub length: f64,
    /// Of its side, um2.
    pub area: f64,
    /// Of the sphere with its area, um.
    pub sphere: f64,
    /// Greatest diameter across its axis, um.
    pub width: f64,
}

/// What was found of a shape.
#[derive(Clone, PartialEq, Debug)]
pub struct Morphometry {
    /// Trees: what begins at the soma, or at the root where there is none.
    pub trees: usize,
    /// Places outside of the soma where more than one branch begins.
    pub branch_points: usize,
    /// Ends outside of the soma where nothing begins.
    pub terminals: usize,
    /// Greatest branch order: 1 for what begins at the soma, one more behind each branch point.
    pub order: usize,
    /// Longest way along branches from the soma, or from the root where there is none, to a terminal, um; and the branch that ends there.
    pub farthest: (f64, String),
    /// The regions: soma, axon, basal, apical, and then others in the order of their branches.
    pub regions: Vec<Region>,
    /// Everything.
    pub total: Region,
    /// Its soma.
    pub soma: Option<Soma>,
    /// Least and greatest x, y and z of all points, um; none for branches that have no places.
    pub extent: Option<[(f64, f64); 3]>,
}

/// Measures branches, parents before children.
pub fn morphometry(branches: &[Branch]) -> Morphometry {
    let is_soma = |k: usize| branches[k].region.value == SOMA;
    let mut children = vec![0_usize; branches.len()];
    branches.iter().enumerate().filter(|(k, _)| !is_soma(*k)).filter_map(|(_, b)| b.parent).for_each(|p| children[p] += 1);
    let (mut order, mut way) = (vec![0_usize; branches.len()], vec![0.0_f64; branches.len()]);
    let mut out = Morphometry {
        trees: 0,
        branch_points: 0,
        terminals: 0,
        order: 0,
        farthest: (0.0, branches.first().map_or(String::new(), |b| b.name.value.clone())),
        regions: names(branches).into_iter().map(|n| region(n, branches.iter().filter(|b| b.region.value == n))).collect(),
        total: region("total", branches.iter()),
        soma: soma(branches),
        extent: extent(branches),
    };
    for (k, b) in branches.iter().enumerate().filter(|(k, _)| !is_soma(*k)) {
        match b.parent.filter(|&p| !is_soma(p)) {
            None => {
                out.trees += 1;
                (order[k], way[k]) = (1, b.length());
            }
            Some(p) => (order[k], way[k]) = (order[p] + usize::from(children[p] > 1), way[p] + b.length()),
        }
        out.order = out.order.max(order[k]);
        match children[k] {
            0 => out.terminals += 1,
            1 => {}
            _ => out.branch_points += 1,
        }
        if way[k] > out.farthest.0 {
            out.farthest = (way[k], b.name.value.clone());
        }
    }
    out
}

/// Names of the regions, the usual ones first.
fn names(branches: &[Branch]) -> Vec<&str> {
    let mut all: Vec<&str> = vec![SOMA, "axon", "basal", "apical"];
    let usual = all.len();
    let mut seen = vec![false; usual];
    for b in branches {
        match all.iter().position(|n| *n == b.region.value) {
            Some(k) if k < usual => seen[k] = true,
            Some(_) => {}
            None => all.push(&b.region.value),
        }
    }
    all.into_iter().enumerate().filter(|(k, _)| seen.get(*k) != Some(&false)).map(|(_, n)| n).collect()
}

fn region<'a>(name: &str, branches: impl Iterator<Item = &'a Branch>) -> Region {
    let mut out = Region { name: name.into(), branches: 0, length: 0.0, area: 0.0, volume: 0.0, diameter: (f64::INFINITY, 0.0, 0.0) };
    for b in branches {
        out.branches += 1;
        out.length += b.length();
        out.area += b.area();
        out.volume += b.volume();
        out.diameter.1 += b.diameter() * b.length();
        for p in &b.points {
            out.diameter.0 = out.diameter.0.min(p.diameter);
            out.diameter.2 = out.diameter.2.max(p.diameter);
        }
    }
    out.diameter.1 = if out.length > 0.0 { out.diameter.1 / out.length } else { 0.0 };
    out.diameter.0 = if out.branches > 0 { out.diameter.0 } else { 0.0 };
    out
}

fn soma(branches: &[Branch]) -> Option<Soma> {
    let all: Vec<&Branch> = branches.iter().filter(|b| b.region.value == SOMA).collect();
    let of = region(SOMA, all.iter().copied());
    (!all.is_empty()).then(|| Soma { length: of.length, area: of.area, sphere: (of.area / PI).sqrt(), width: of.diameter.2 })
}

fn extent(branches: &[Branch]) -> Option<[(f64, f64); 3]> {
    let places = || branches.iter().flat_map(|b| &b.points).filter_map(|p| p.position);
    places().next()?;
    Some([0, 1, 2].map(|k| places().fold((f64::INFINITY, f64::NEG_INFINITY), |b, p| (b.0.min(p[k]), b.1.max(p[k])))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use homolog_model::cell::Point;

    fn branch(name: &str, parent: Option<usize>, from: [f64; 3], to: [f64; 3], diameters: (f64, f64)) -> Branch {
        let length = (0..3).map(|k| (to[k] - from[k]) * (to[k] - from[k])).sum::<f64>().sqrt();
        let point = |along, diameter, at| Point { along, diameter, position: Some(at) };
        Branch {
            name: name.into(),
            parent,
            at: None,
            region: name.split('.').next().unwrap_or("").into(),
            points: vec![point(0.0, diameters.0, from), point(length, diameters.1, to)],
            compartments: None,
        }
    }

    fn cell() -> Vec<Branch> {
        vec![
            branch("soma", None, [0.0, -5.0, 0.0], [0.0, 5.0, 0.0], (10.0, 10.0)),
            branch("basal.0", Some(0), [0.0, 6.0, 0.0], [0.0, 16.0, 0.0], (2.0, 2.0)),
            branch("basal.1", Some(1), [0.0, 16.0, 0.0], [3.0, 20.0, 0.0], (2.0, 0.0)),
            branch("apical.0", Some(1), [0.0, 16.0, 0.0], [0.0, 16.0, 7.0], (2.0, 1.0)),
            branch("apical.1", Some(3), [0.0, 16.0, 7.0], [0.0, 16.0, 9.0], (1.0, 1.0)),
            branch("custom.7", Some(0), [-6.0, 0.0, 0.0], [-8.0, 0.0, 0.0], (1.0, 1.0)),
        ]
    }

    #[test]
    fn a_cell_is_counted_and_measured() {
        let m = morphometry(&cell());
        assert_eq!((m.trees, m.branch_points, m.terminals, m.order), (2, 1, 3, 2), "a change of type is no branch point");
        assert_eq!(m.farthest, (19.0, "apical.1".into()));
        assert_eq!(m.extent, Some([(-8.0, 3.0), (-5.0, 20.0), (0.0, 9.0)]));
        assert_eq!(
            m.regions.iter().map(|r| (r.name.as_str(), r.branches, r.length)).collect::<Vec<_>>(),
            [("soma", 1, 10.0), ("basal", 2, 15.0), ("apical", 2, 9.0), ("custom", 1, 2.0)]
        );
        assert_eq!((m.total.branches, m.total.length), (6, 36.0));
        assert_eq!(m.regions[1].diameter, (0.0, 25.0 / 15.0, 2.0));
        let soma = m.soma.unwrap();
        assert!((soma.sphere - 10.0).abs() < 1e-12 && (soma.area - 100.0 * PI).abs() < 1e-9 && soma.width == 10.0);
        // A cone of 5 um from 2 um to a tip.
        assert!((m.regions[1].volume - (PI * 10.0 + PI * 5.0 / 3.0)).abs() < 1e-9);
    }

    #[test]
    fn nothing_is_measured_as_nothing() {
        let m = morphometry(&[]);
        assert_eq!((m.trees, m.terminals, m.total.length, m.total.diameter, m.soma, m.extent), (0, 0, 0.0, (0.0, 0.0, 0.0), None, None));
    }

    #[test]
    fn without_a_soma_ways_begin_at_the_root() {
        let m = morphometry(&cell()[1..2].iter().map(|b| Branch { parent: None, ..b.clone() }).collect::<Vec<_>>());
        assert_eq!((m.trees, m.farthest.0, m.terminals, m.soma), (1, 10.0, 1, None));
    }
}
