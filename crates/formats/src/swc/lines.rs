//! Lines to points that know their parents.

use super::Sample;
use crate::morphology::problems::Problems;
use crate::morphology::runs::FARTHEST;
use homolog_base::{Diagnostic, Source, Span};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

const COLUMNS: [&str; 7] = ["id", "type", "x", "y", "z", "radius", "parent"];

/// Lines that are no points.
#[derive(Default)]
struct Unread {
    /// The ids of those whose first column is one.
    ids: HashSet<u64>,
    /// Whether there are others.
    unnamed: bool,
}

/// The points, parents before children, in the order of the text otherwise; none if there are errors. There may be several roots.
pub(super) fn read(source: &Arc<Source>, problems: &mut Problems) -> Option<Vec<Sample>> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut parents: Vec<(i64, Span)> = Vec::new();
    let mut by_id: HashMap<u64, usize> = HashMap::new();
    let mut extra = None;
    let mut unread = Unread::default();
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let content = line.split('#').next().unwrap_or("");
        let words: Vec<(&str, Span)> = words(content, at);
        let (Some(first), Some(last)) = (words.first(), words.last()) else { continue };
        let whole = first.1.to(last.1);
        let mut lost = || match first.0.parse() {
            Ok(id) => drop(unread.ids.insert(id)),
            Err(_) => unread.unnamed = true,
        };
        if words.len() < COLUMNS.len() {
            let missing = COLUMNS[words.len()..].join(", ");
            problems.push(
                Diagnostic::error("swc-columns", format!("a line of {} columns", words.len()))
                    .at(source, whole, format!("missing: {missing}"))
                    .hint(format!("expected seven numbers: {}", COLUMNS.join(" "))),
            );
            lost();
            continue;
        }
        if words.len() > COLUMNS.len() {
            extra.get_or_insert(words[COLUMNS.len()].1.to(last.1));
        }
        let Some((sample, parent)) = sample(source, &words, whole, problems) else {
            lost();
            continue;
        };
        if let Some(&before) = by_id.get(&sample.id) {
            problems.push(
                Diagnostic::error("swc-duplicate", format!("there are two points {}", sample.id))
                    .at(source, sample.id_span, "the second")
                    .at(source, samples[before].id_span, "the first")
                    .hint("give every point its own id"),
            );
            continue;
        }
        by_id.insert(sample.id, samples.len());
        samples.push(sample);
        parents.push((parent, words[6].1));
    }
    if let Some(span) = extra {
        let d = Diagnostic::warning("swc-columns", "there are more than seven columns; those after the seventh are not read");
        problems.push(d.at(source, span, "the first that is not read").hint(format!("a point is seven numbers: {}", COLUMNS.join(" "))));
    }
    if samples.is_empty() && !problems.fatal() {
        let d = Diagnostic::error("swc-empty", format!("`{}` has no points", source.name));
        problems.push(d.hint(format!("expected lines of seven numbers: {}", COLUMNS.join(" "))));
    }
    connect(source, &mut samples, &parents, &by_id, &unread, problems);
    if problems.fatal() { None } else { sorted(source, samples, problems) }
}

/// The words of a line that begins at a byte of the text, each with its place.
fn words(line: &str, at: usize) -> Vec<(&str, Span)> {
    let mut out = Vec::new();
    let mut from = None;
    for (k, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match (c.is_whitespace(), from) {
            (false, None) => from = Some(k),
            (true, Some(f)) => {
                out.push((&line[f..k], Span::new(at + f, at + k)));
                from = None;
            }
            _ => {}
        }
    }
    out
}

/// A point, and the id of its parent.
fn sample(source: &Arc<Source>, words: &[(&str, Span)], line: Span, problems: &mut Problems) -> Option<(Sample, i64)> {
    let mut numbers = [0.0; 7];
    let before = problems.errors();
    for (k, (word, span)) in words.iter().take(7).enumerate() {
        let whole = matches!(k, 0 | 1 | 6);
        let expected = match k {
            0 | 1 => "a whole number that is not negative",
            5 => "a radius in um that is not negative",
            6 => "the id of a point, or -1 for the root",
            _ => "a number in um",
        };
        let x = word.parse::<f64>().ok().filter(|x| x.is_finite());
        let fits = x.is_some_and(|x| match k {
            0 | 1 | 6 if x.fract() != 0.0 || x.abs() > f64::from(u32::MAX) => false,
            0 | 1 | 5 => x >= 0.0 && x < FARTHEST.max(f64::from(u32::MAX)),
            6 => x >= -1.0,
            _ => x.abs() < FARTHEST,
        });
        match x.filter(|_| fits) {
            Some(x) => numbers[k] = x,
            None => {
                let d = Diagnostic::error("swc-number", format!("the {} cannot be `{word}`", COLUMNS[k]));
                let d = d.at(source, *span, format!("expected {expected}"));
                problems.push(if x.is_none() && word.contains(',') {
                    d.hint("columns are separated by spaces, and decimals are written with a point")
                } else if whole && x.is_some() {
                    d.hint("ids and types are counted, and only the parent of the root is -1")
                } else {
                    d.hint(format!("expected seven numbers: {}", COLUMNS.join(" ")))
                });
            }
        }
    }
    if problems.errors() > before {
        return None;
    }
    let [id, kind, x, y, z, radius, parent] = numbers;
    let (id_span, radius_span) = (words[0].1, words[5].1);
    Some((
        Sample { id: id as u64, kind: kind as u32, at: [x, y, z], radius, parent: None, wire: false, line, id_span, radius_span },
        parent as i64,
    ))
}

/// Finds the parents. A line that could not be read is not also missed as a parent.
fn connect(
    source: &Arc<Source>,
    samples: &mut [Sample],
    parents: &[(i64, Span)],
    by_id: &HashMap<u64, usize>,
    unread: &Unread,
    problems: &mut Problems,
) {
    for (sample, &(parent, span)) in samples.iter_mut().zip(parents) {
        // Only the parent of a root is negative.
        let Ok(parent) = u64::try_from(parent) else { continue };
        sample.parent = by_id.get(&parent).copied();
        if sample.parent.is_none() && !unread.unnamed && !unread.ids.contains(&parent) {
            let d = Diagnostic::error("swc-parent", format!("there is no point {parent}")).at(source, span, "unknown point");
            problems.push(d.hint("the last column is the id of the point that this one is connected to, or -1"));
        }
    }
}

/// Parents before children, tree by tree; what cannot be reached from a root is a loop.
fn sorted(source: &Arc<Source>, samples: Vec<Sample>, problems: &mut Problems) -> Option<Vec<Sample>> {
    let misplaced = samples.iter().enumerate().find(|(k, s)| s.parent.is_some_and(|p| p > *k)).map(|(_, s)| s.line);
    let mut children = vec![Vec::new(); samples.len()];
    for (k, s) in samples.iter().enumerate() {
        if let Some(p) = s.parent {
            children[p].push(k);
        }
    }
    // Depth first, children in the order of the text: what is already in order keeps it.
    let mut order = Vec::with_capacity(samples.len());
    let mut reached = vec![false; samples.len()];
    let mut open: Vec<usize> = (0..samples.len()).rev().filter(|&k| samples[k].parent.is_none()).collect();
    while let Some(k) = open.pop() {
        reached[k] = true;
        order.push(k);
        open.extend(children[k].iter().rev());
    }
    for k in 0..samples.len() {
        // Going up from a point that was not reached ends in a loop, which is told once.
        let mut way = Vec::new();
        let mut at = Some(k);
        while let Some(here) = at.filter(|&k| !reached[k]) {
            reached[here] = true;
            way.push(here);
            at = samples[here].parent;
        }
        if let Some(here) = at.filter(|here| way.contains(here)) {
            let message = format!("point {} is connected to itself, directly or by way of others", samples[here].id);
            let d = Diagnostic::error("swc-loop", message).at(source, samples[here].line, "in a loop");
            problems.push(d.hint("the way from every point must lead to the root, whose parent is -1"));
        }
    }
    if problems.fatal() {
        return None;
    }
    if let Some(line) = misplaced {
        let d = Diagnostic::warning("swc-order", "points stand before the points that they are connected to; they are sorted");
        problems.push(d.at(source, line, "the first that stands before its parent").hint("nothing else is changed"));
    }
    let mut place = vec![0; samples.len()];
    for (new, &old) in order.iter().enumerate() {
        place[old] = new;
    }
    let mut out: Vec<Option<Sample>> = samples.into_iter().map(Some).collect();
    Some(
        order
            .iter()
            .map(|&old| {
                let mut s = out[old].take().expect("each is taken once");
                s.parent = s.parent.map(|p| place[p]);
                s
            })
            .collect(),
    )
}
