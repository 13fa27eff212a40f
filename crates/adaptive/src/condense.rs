//! Junctions have no membrane and no volume, so their potentials, or concentrations, are means of those around them: they are eliminated, and
//! what is left couples compartments alone.

use std::collections::BTreeMap;

/// Conductances between compartments (uS, or um3/ms of what diffuses), and how potentials of junctions follow.
pub(crate) struct Coupled {
    /// Compartment, compartment, conductance; each pair once.
    pub pairs: Vec<(usize, usize, f64)>,
    /// For each junction: compartments and their shares in its potential.
    pub junctions: Vec<Vec<(usize, f64)>>,
}

/// Eliminates the junctions (nodes from `membrane` on) of a tree. `couplings` are the conductances to what a node hangs on.
pub(crate) fn condense(parent: &[Option<u32>], couplings: &[f64], membrane: usize) -> Coupled {
    let mut around: Vec<BTreeMap<usize, f64>> = vec![BTreeMap::new(); parent.len()];
    let couple = |around: &mut Vec<BTreeMap<usize, f64>>, a: usize, b: usize, g: f64| {
        *around[a].entry(b).or_insert(0.0) += g;
        *around[b].entry(a).or_insert(0.0) += g;
    };
    for (node, (p, g)) in parent.iter().zip(couplings).enumerate() {
        if let Some(p) = p {
            couple(&mut around, node, *p as usize, *g);
        }
    }
    let mut stars: Vec<Vec<(usize, f64)>> = Vec::new();
    for junction in membrane..parent.len() {
        let star: Vec<(usize, f64)> = std::mem::take(&mut around[junction]).into_iter().collect();
        let sum: f64 = star.iter().map(|s| s.1).sum();
        for (k, (a, g)) in star.iter().enumerate() {
            around[*a].remove(&junction);
            for (b, h) in &star[k + 1..] {
                couple(&mut around, *a, *b, g * h / sum);
            }
        }
        stars.push(star.into_iter().map(|(a, g)| (a, g / sum)).collect());
    }
    // Of a junction that hung on a later one, what that follows from.
    for k in (0..stars.len()).rev() {
        let mut shares: BTreeMap<usize, f64> = BTreeMap::new();
        for (node, share) in &stars[k] {
            if *node < membrane {
                *shares.entry(*node).or_insert(0.0) += share;
            } else {
                stars[node - membrane].iter().for_each(|(c, s)| *shares.entry(*c).or_insert(0.0) += s * share);
            }
        }
        stars[k] = shares.into_iter().collect();
    }
    let pairs = (0..membrane).flat_map(|a| around[a].range(a + 1..).map(move |(b, g)| (a, *b, *g))).collect();
    Coupled { pairs, junctions: stars }
}

#[cfg(test)]
mod tests {
    use super::condense;

    #[test]
    fn a_star_becomes_a_mesh_and_its_middle_a_mean() {
        // Compartments 0, 1, 2 around junction 3 with 1, 2 and 3 uS; by the formula of star and mesh.
        let c = condense(&[None, Some(3), Some(3), Some(0)], &[0.0, 2.0, 3.0, 1.0], 3);
        assert_eq!(c.pairs, vec![(0, 1, 2.0 / 6.0), (0, 2, 3.0 / 6.0), (1, 2, 1.0)]);
        assert_eq!(c.junctions, vec![vec![(0, 1.0 / 6.0), (1, 2.0 / 6.0), (2, 3.0 / 6.0)]]);
    }
}
