//! Trees that are drawn at random, as the scripts for the other tools draw them.

use homolog_model::cell::{Branch, Point};

/// The linear congruential generator of those scripts (Knuth's MMIX constants), whose numbers are the same in every language.
pub struct Lcg(u64);

impl Lcg {
    /// A generator, warmed up.
    pub fn new(seed: u64) -> Lcg {
        let mut r = Lcg(seed.wrapping_mul(2_654_435_761).wrapping_add(12_345));
        (0..8).for_each(|_| _ = r.uniform());
        r
    }

    /// From 0 up to 1, with 53 bits.
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn branch(branches: &[Branch], parent: Option<usize>, (length, diameter): (f64, f64), compartments: usize, region: &str) -> Branch {
    Branch {
        name: format!("b{}", branches.len()).as_str().into(),
        parent,
        at: None,
        region: region.into(),
        points: vec![Point { along: 0.0, diameter, position: None }, Point { along: length, diameter, position: None }],
        compartments: Some(compartments.into()),
    }
}

/// A soma and a random binary tree to the fifth order, of 60 to 100 compartments, two or three to a branch.
pub fn ring(cell: usize) -> Vec<Branch> {
    let mut r = Lcg::new(1000 + cell as u64);
    loop {
        let mut out = vec![branch(&[], None, (20.0, 20.0), 1, "soma")];
        let mut level = vec![0];
        for (order, splits) in (1u8..).zip([1.0, 1.0, 0.8, 0.6, 0.5]) {
            let mut next = vec![];
            for parent in level {
                if r.uniform() < splits {
                    for _ in 0..2 {
                        let length = 30.0 + 30.0 * r.uniform();
                        let diameter = homolog_base::math::pow(0.85, f64::from(order) - 1.0);
                        let compartments = 2 + usize::from(r.uniform() < 0.5);
                        next.push(out.len());
                        out.push(branch(&out, Some(parent), (length, diameter), compartments, "dendrite"));
                    }
                }
            }
            level = next;
        }
        let all: usize = out.iter().filter_map(|b| b.compartments.as_ref()).map(|n| n.value).sum();
        if (60..=100).contains(&all) {
            return out;
        }
    }
}

/// A soma and a binary tree like that of `hhtree`, but of another number of branches and compartments for each cell, 401 or so in all.
pub fn tree(cell: usize) -> Vec<Branch> {
    let mut r = Lcg::new(7 + cell as u64);
    let mut out = vec![branch(&[], None, (20.0, 20.0), 1, "all")];
    let branches = 40 + 2 * (10.0 * r.uniform()) as usize;
    for i in 1..=branches {
        // Some of the last branches divide, and others do not.
        let parent = if i <= 30 { (i - 1) / 2 } else { 15 + (i - 31) / 2 + (4.0 * r.uniform()) as usize };
        let order = (i + 1).ilog2();
        let compartments = 5 + (7.0 * r.uniform()) as usize;
        out.push(branch(
            &out,
            Some(parent.min(i - 1)),
            (60.0 + 40.0 * r.uniform(), 2.0 * homolog_base::math::pow(0.85, f64::from(order) - 1.0)),
            compartments,
            "all",
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Lcg, ring, tree};

    #[test]
    fn the_numbers_are_those_of_the_other_tools() {
        // Of the same generator in Python.
        assert_eq!(Lcg::new(7).uniform(), 0.0756891213494002);
        assert_eq!((ring(0).len(), ring(0)[1].length()), (31, 57.78590747728314));
        let compartments = |k: usize| ring(k).iter().filter_map(|b| b.compartments.as_ref()).map(|n| n.value).sum::<usize>();
        assert_eq!((0..64).map(compartments).sum::<usize>(), 5009);
    }

    #[test]
    fn trees_of_cells_differ() {
        let all: Vec<usize> = (0..8).map(|k| tree(k).iter().filter_map(|b| b.compartments.as_ref()).map(|n| n.value).sum()).collect();
        assert!(all.iter().all(|n| (250..600).contains(n)), "{all:?}");
        assert!(all.windows(2).any(|w| w[0] != w[1]));
    }
}
