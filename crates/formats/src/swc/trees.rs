//! Points to one tree that begins at the soma.

use super::Sample;
use crate::morphology::problems::Problems;
use crate::morphology::runs::{SOMA, distance};
use homolog_base::{Diagnostic, Source};
use std::collections::HashMap;
use std::sync::Arc;

/// The points of one cell, its root first and parents before children; none if there are errors. What joins trees that the file does
/// not connect is marked as wire.
pub(super) fn one(source: &Arc<Source>, mut samples: Vec<Sample>, problems: &mut Problems) -> Option<Vec<Sample>> {
    let starts = somata(&samples);
    if let [first, others @ ..] = &starts[..]
        && !others.is_empty()
    {
        let root = |k: usize| std::iter::successors(Some(k), |&k| samples[k].parent).last();
        for &k in others {
            let d = if root(k) == root(*first) {
                Diagnostic::error("swc-soma", "the soma is in two pieces")
                    .at(source, samples[k].line, "connected to another type than 1")
                    .hint("the points of a soma are connected to each other; give this one the type of its branch")
            } else {
                Diagnostic::error("swc-somata", format!("point {} is a second soma", samples[k].id))
                    .at(source, samples[k].line, "not connected to the first")
                    .at(source, samples[*first].line, "the first soma")
                    .hint("a cell has one soma: put this one into a file of its own, or connect it to the first")
            };
            problems.push(d);
        }
        return None;
    }
    let soma = starts.first().copied();
    if let Some(k) = soma.filter(|&k| samples[k].parent.is_some()) {
        let d = Diagnostic::warning("swc-turned", "the soma is not the root; the tree is turned round to begin there");
        let d = d.at(source, samples[k].line, "a point of type 1 that is connected to another type");
        problems.push(d.hint("no length and no diameter is changed; to be read as it is, give the soma the parent -1"));
        root_at(&mut samples, k);
    }
    let children = children(&samples);
    let roots: Vec<usize> = (0..samples.len()).filter(|&k| samples[k].parent.is_none()).collect();
    let main = soma.or_else(|| roots.iter().copied().find(|&k| !children[k].is_empty())).or(roots.first().copied())?;
    let mut order = below(main, &children);
    if roots.len() > 1 {
        let mut lies: HashMap<[u64; 3], usize> = HashMap::new();
        let place = |k: usize, samples: &[Sample]| samples[k].at.map(|x| (x + 0.0).to_bits());
        for &k in &order {
            lies.entry(place(k, &samples)).or_insert(k);
        }
        let target = if soma.is_some() { "soma" } else { "root" };
        for r in roots.into_iter().filter(|r| *r != main) {
            let id = samples[r].id;
            if children[r].is_empty() {
                let d = Diagnostic::warning("swc-roots", format!("point {id} is connected to nothing; it is left out"));
                let d = d.at(source, samples[r].line, "a single point has no length");
                problems.push(d.hint("name the point that it is connected to in its last column"));
                continue;
            }
            let touched = lies.get(&place(r, &samples)).copied();
            let (at, how) = match touched {
                Some(k) => (k, format!("it is connected to point {}, which lies where it begins", samples[k].id)),
                None => (main, format!("it is connected to the {target} by a wire of {:.1} um", distance(samples[r].at, samples[main].at))),
            };
            let d = Diagnostic::warning("swc-roots", format!("point {id} is the root of another tree; {how}"));
            let d =
                d.at(source, samples[r].line, "connected to nothing in the file").at(source, samples[main].line, "the root of the cell");
            problems.push(d.hint("a wire is no membrane; to connect it elsewhere, name the point in its last column"));
            (samples[r].parent, samples[r].wire) = (Some(at), true);
            let tree = below(r, &children);
            for &k in &tree {
                lies.entry(place(k, &samples)).or_insert(k);
            }
            order.extend(tree);
        }
    }
    Some(ordered(samples, &order))
}

/// Points of type 1 that are not connected to one: where each soma begins.
fn somata(samples: &[Sample]) -> Vec<usize> {
    let is_soma = |k: usize| samples[k].kind == SOMA;
    (0..samples.len()).filter(|&k| is_soma(k) && !samples[k].parent.is_some_and(is_soma)).collect()
}

/// The points that are connected to each.
pub(super) fn children(samples: &[Sample]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); samples.len()];
    for (k, s) in samples.iter().enumerate() {
        if let Some(p) = s.parent {
            children[p].push(k);
        }
    }
    children
}

/// A point and all that hangs on it, depth first.
fn below(root: usize, children: &[Vec<usize>]) -> Vec<usize> {
    let (mut order, mut open) = (Vec::new(), vec![root]);
    while let Some(k) = open.pop() {
        order.push(k);
        open.extend(children[k].iter().rev());
    }
    order
}

/// Some of the points in another order, parents before children.
fn ordered(samples: Vec<Sample>, order: &[usize]) -> Vec<Sample> {
    let mut place = vec![0; samples.len()];
    order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
    let mut all: Vec<Option<Sample>> = samples.into_iter().map(Some).collect();
    let moved = order.iter().filter_map(|&old| all[old].take());
    moved.map(|s| Sample { parent: s.parent.map(|p| place[p]), ..s }).collect()
}

/// Makes a point of the soma the root of its tree. A type belongs to the piece that leads to its point, so types move with their
/// pieces; the piece at the soma has none.
fn root_at(samples: &mut [Sample], soma: usize) {
    let way: Vec<usize> = std::iter::successors(Some(soma), |&k| samples[k].parent).collect();
    let kinds: Vec<u32> = way.iter().map(|&k| samples[k].kind).collect();
    for (k, pair) in way.windows(2).enumerate() {
        samples[pair[1]].parent = Some(pair[0]);
        if k > 0 {
            samples[pair[1]].kind = kinds[k];
        }
    }
    samples[soma].parent = None;
}

/// Turns a cell without a soma round so that it begins at a tip, if several branches begin at its root. Types move with their pieces.
pub(super) fn turn(samples: Vec<Sample>) -> Vec<Sample> {
    if samples.iter().filter(|s| s.parent == Some(0)).count() < 2 {
        return samples;
    }
    let mut samples = samples;
    // The first way out, up to a tip, from the tip to the root.
    let mut first: Vec<Option<usize>> = vec![None; samples.len()];
    for (k, s) in samples.iter().enumerate().filter(|(_, s)| !s.wire) {
        if let Some(p) = s.parent {
            first[p].get_or_insert(k);
        }
    }
    let mut way: Vec<usize> = std::iter::successors(Some(0), |&k| first[k]).collect();
    way.reverse();
    let kinds: Vec<u32> = way.iter().map(|&k| samples[k].kind).collect();
    for (k, pair) in way.windows(2).enumerate() {
        samples[pair[1]].parent = Some(pair[0]);
        samples[pair[1]].kind = kinds[k];
    }
    samples[way[0]].parent = None;
    // Parents first again.
    let order = below(way[0], &children(&samples));
    ordered(samples, &order)
}
