//! In which order nodes lie in memory: so that unbranched chains of one length lie side by side.
//!
//! Whoever solves the equations of a lone neuron, or of many with shapes of their own, walks such chains as the lanes of a vector
//! (`homolog_exec::Tree`), as `homolog_base::chains` cuts and orders them. Any order is right; this one is fast.

use crate::discretise::{Above, Cut};
use homolog_base::chains::{Chain, chains};

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
    let above = cut.above.iter().map(|a| node(*a)).chain(cut.junctions.iter().map(|j| Some(j.compartment())));
    let parent: Vec<Option<u32>> = above.map(|p| p.map(|p| p as u32)).collect();
    // Those that hold the same on the way lie side by side, in the order of where they end.
    let key = |c: &Chain| (c.kind(), c.nodes.iter().map(|i| kind.get(*i as usize).copied()).collect::<Vec<_>>());
    let mut chains: Vec<_> = chains(&parent).into_iter().map(|c| (key(&c), c.nodes)).collect();
    chains.sort_by(|a, b| (&a.0, a.1.last()).cmp(&(&b.0, b.1.last())));
    // What lies side by side, row by row.
    let mut rank = vec![0usize; parent.len()];
    let mut next = 0;
    for alike in chains.chunk_by(|a, b| a.0 == b.0) {
        for group in alike.chunks(LANES) {
            for j in 0..group[0].1.len() {
                for (_, chain) in group {
                    rank[chain[j] as usize] = next;
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
