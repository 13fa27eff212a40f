//! Lines to points that know their parents.

use super::Sample;
use homolog_base::{Diagnostic, Source, Span, has_errors};
use std::collections::HashMap;
use std::sync::Arc;

const COLUMNS: [&str; 7] = ["id", "type", "x", "y", "z", "radius", "parent"];

/// Farther than this from the origin, um, nothing is: a kilometre. Squares of it are far from overflow.
const FARTHEST: f64 = 1e9;

/// The points, parents before children, in the order of the text otherwise; none if there are errors.
pub(super) fn read(source: &Arc<Source>, problems: &mut Vec<Diagnostic>) -> Option<Vec<Sample>> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut parents: Vec<(i64, Span)> = Vec::new();
    let mut by_id: HashMap<u64, usize> = HashMap::new();
    let mut extra = None;
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let content = line.split('#').next().unwrap_or("");
        let words: Vec<(&str, Span)> = words(content, at);
        let (Some(first), Some(last)) = (words.first(), words.last()) else { continue };
        let whole = first.1.to(last.1);
        if words.len() < COLUMNS.len() {
            let missing = COLUMNS[words.len()..].join(", ");
            problems.push(
                Diagnostic::error("swc-columns", format!("a line of {} columns", words.len()))
                    .at(source, whole, format!("missing: {missing}"))
                    .hint(format!("expected seven numbers: {}", COLUMNS.join(" "))),
            );
            continue;
        }
        if words.len() > COLUMNS.len() {
            extra.get_or_insert(words[COLUMNS.len()].1.to(last.1));
        }
        let Some((sample, parent)) = sample(source, &words, whole, problems) else { continue };
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
    if samples.is_empty() && !has_errors(problems) {
        let d = Diagnostic::error("swc-empty", format!("`{}` has no points", source.name));
        problems.push(d.hint(format!("expected lines of seven numbers: {}", COLUMNS.join(" "))));
    }
    // A line that could not be read is not also missed as a parent.
    if has_errors(problems) {
        return None;
    }
    connect(source, &mut samples, &parents, &by_id, problems);
    if has_errors(problems) { None } else { sorted(source, samples, problems) }
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
fn sample(source: &Arc<Source>, words: &[(&str, Span)], line: Span, problems: &mut Vec<Diagnostic>) -> Option<(Sample, i64)> {
    let mut numbers = [0.0; 7];
    let before = problems.len();
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
    if problems.len() > before {
        return None;
    }
    let [id, kind, x, y, z, radius, parent] = numbers;
    let (id_span, radius_span) = (words[0].1, words[5].1);
    Some((Sample { id: id as u64, kind: kind as u32, at: [x, y, z], radius, parent: None, line, id_span, radius_span }, parent as i64))
}

/// Finds the parents; there must be one root.
fn connect(
    source: &Arc<Source>,
    samples: &mut [Sample],
    parents: &[(i64, Span)],
    by_id: &HashMap<u64, usize>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut root: Option<usize> = None;
    for k in 0..samples.len() {
        let (parent, span) = parents[k];
        if parent < 0 {
            match root {
                None => root = Some(k),
                Some(first) => problems.push(
                    Diagnostic::error("swc-roots", format!("point {} is a second root", samples[k].id))
                        .at(source, samples[k].line, "connected to nothing")
                        .at(source, samples[first].line, "the first root")
                        .hint("a cell is one piece: name the point that this one is connected to, or put the piece into a file of its own"),
                ),
            }
            continue;
        }
        samples[k].parent = by_id.get(&(parent as u64)).copied();
        if samples[k].parent.is_none() {
            let d = Diagnostic::error("swc-parent", format!("there is no point {parent}")).at(source, span, "unknown point");
            problems.push(d.hint("the last column is the id of the point that this one is connected to, or -1"));
        }
    }
}

/// Parents before children; what cannot be reached from the root is a loop.
fn sorted(source: &Arc<Source>, samples: Vec<Sample>, problems: &mut Vec<Diagnostic>) -> Option<Vec<Sample>> {
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
    let mut open: Vec<usize> = samples.iter().position(|s| s.parent.is_none()).into_iter().collect();
    while let Some(k) = open.pop() {
        reached[k] = true;
        order.push(k);
        open.extend(children[k].iter().rev());
    }
    if let Some(k) = reached.iter().position(|r| !r) {
        // Going up from there ends in the loop.
        let mut at = k;
        for _ in 0..samples.len() {
            at = samples[at].parent.expect("only the root has none, and it is reached");
        }
        let d = Diagnostic::error("swc-loop", format!("point {} is connected to itself, directly or by way of others", samples[at].id));
        problems
            .push(d.at(source, samples[at].line, "in a loop").hint("the way from every point must lead to the root, whose parent is -1"));
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
