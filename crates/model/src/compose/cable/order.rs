//! In which order nodes lie in memory: so that unbranched chains of one length lie side by side.
//!
//! Whoever solves the equations of a lone neuron, or of many with shapes of their own, walks such chains as the lanes of a vector
//! (`homolog_exec::Tree`). Chains are taken together where they have one *level*, that is where all that ends on them has lower ones; those
//! that end at a root come last. Any order is right; this one is fast.

use crate::discretise::{Above, Cut};
use std::cmp::Reverse;

/// Most chains side by side.
const LANES: usize = 8;

/// Of a cut cell, or several: compartments in the order of memory, zone by zone (`kind` of each compartment), and junctions in theirs.
pub fn order(cut: &Cut, kind: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let n = cut.compartments.len();
    let node = |a: Above| match a {
        Above::Nothing => None,
        Above::EndOf(c) | Above::MiddleOf(c) => Some(c),
        Above::Junction(j) => Some(n + j),
    };
    let parent: Vec<Option<usize>> =
        cut.above.iter().map(|a| node(*a)).chain(cut.junctions.iter().map(|j| Some(j.compartment()))).collect();
    let mut children = vec![0usize; parent.len()];
    parent.iter().flatten().for_each(|p| children[*p] += 1);
    // A compartment comes after what it hangs on, a junction after its compartment.
    let mut depth = vec![0usize; parent.len()];
    for c in 0..n {
        depth[c] = match cut.above[c] {
            Above::Nothing => 0,
            Above::EndOf(p) | Above::MiddleOf(p) => depth[p] + 1,
            Above::Junction(j) => {
                depth[n + j] = depth[cut.junctions[j].compartment()] + 1;
                depth[n + j] + 1
            }
        };
    }
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for start in (0..parent.len()).filter(|i| children[*i] != 1) {
        let mut chain = vec![start];
        while let Some(p) = parent[chain[chain.len() - 1]].filter(|p| children[*p] == 1) {
            chain.push(p);
        }
        chains.push(chain);
    }
    chains.sort_by_key(|c| Reverse(depth[c[0]]));
    let mut level = vec![0usize; parent.len()];
    for c in &chains {
        if let Some(p) = parent[c[c.len() - 1]] {
            level[p] = level[p].max(level[c[0]] + 1);
        }
        let own = level[c[0]];
        c[1..].iter().for_each(|i| level[*i] = own);
    }
    let key = |c: &Vec<usize>| {
        let root = parent[c[c.len() - 1]].is_none();
        let held: Vec<Option<usize>> = c.iter().map(|i| kind.get(*i).copied()).collect();
        (root, if root { 0 } else { level[c[0]] }, c.len(), children[c[0]] == 0, held)
    };
    let mut chains: Vec<_> = chains.into_iter().map(|c| (key(&c), c)).collect();
    chains.sort_by(|a, b| (&a.0, a.1[a.1.len() - 1]).cmp(&(&b.0, b.1[b.1.len() - 1])));
    // What lies side by side, row by row.
    let mut rank = vec![0usize; parent.len()];
    let mut next = 0;
    for alike in chains.chunk_by(|a, b| a.0 == b.0) {
        for group in alike.chunks(LANES) {
            for j in 0..group[0].1.len() {
                for (_, chain) in group {
                    rank[chain[j]] = next;
                    next += 1;
                }
            }
        }
    }
    let mut compartments: Vec<usize> = (0..n).collect();
    compartments.sort_by_key(|c| (kind[*c], rank[*c]));
    let mut junctions: Vec<usize> = (0..cut.junctions.len()).collect();
    junctions.sort_by_key(|j| rank[n + j]);
    (compartments, junctions)
}
