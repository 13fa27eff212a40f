//! A drawing to unbranched runs: the soma from its outlines, and every branch from where its parent ends.

use super::parse::{Drawing, Limb, Outline};
use crate::morphology::problems::{Problems, counted};
use crate::morphology::runs::{self, Run, SOMA, WIDEST, course, distance};
use crate::morphology::{Shape, contour};
use homolog_base::{Diagnostic, Source, Span};
use homolog_model::cell::Point;
use std::sync::Arc;

/// A tree that begins farther than this from the soma, um, and farther than the soma is wide, gets a warning.
const FAR: f64 = 5.0;

/// The shape; none if there are errors.
pub(super) fn of(source: &Arc<Source>, drawing: &Drawing, problems: &mut Problems) -> Option<Shape> {
    scale(source, drawing, problems);
    diameters(source, &drawing.limbs, problems);
    let soma = soma(source, &drawing.outlines, problems);
    if problems.fatal() {
        return None;
    }
    let points =
        drawing.limbs.iter().map(|l| l.points.len()).sum::<usize>() + drawing.outlines.iter().map(|o| o.points.len()).sum::<usize>();
    let found = soma.is_some();
    match &soma {
        Some(_) => far(source, drawing, problems),
        None => joined(source, &drawing.limbs, problems),
    }
    let mut out: Vec<Run> = soma.map(|points| Run { kind: SOMA, parent: None, at: None, points }).into_iter().collect();
    neurites(source, &drawing.limbs, found, &mut out, problems);
    if out.is_empty() {
        let d = Diagnostic::error("asc-empty", format!("`{}` has no soma, and no tree that has a length", source.name));
        problems.push(d.hint("expected a tree such as `( (Dendrite) (0 0 0 2) (0 5 0 2) )`, or a contour `(\"CellBody\" ...)`"));
        return None;
    }
    let branches = runs::branches(out);
    if branches.is_none() {
        let d = Diagnostic::error("asc-diameter", "all tips have diameter 0, and the cell has no other place where it can begin");
        problems.push(d.hint("give the points at the tips their diameter, or add a soma"));
    }
    Some(Shape { branches: branches?, points })
}

/// Warns of lengths that no cell has.
fn scale(source: &Arc<Source>, drawing: &Drawing, problems: &mut Problems) {
    let mut dots = drawing.limbs.iter().flat_map(|l| &l.points);
    let Some(first) = drawing.limbs.iter().find_map(|l| l.points.first()) else { return };
    if let Some(dot) = dots.find(|d| distance(d.at, first.at) > WIDEST || d.diameter > WIDEST / 50.0) {
        let d = Diagnostic::warning("asc-scale", "lengths are in um, and no cell is this large");
        let d = d.at(source, dot.span, "far away, or very thick");
        problems.push(d.hint("if the file is in nanometres, divide all lengths by 1000"));
    }
}

/// A diameter of 0 cuts a cell in two unless it is a tip's.
fn diameters(source: &Arc<Source>, limbs: &[Limb], problems: &mut Problems) {
    let mut begins = vec![false; limbs.len()];
    limbs.iter().filter_map(|l| l.parent).for_each(|p| begins[p] = true);
    let mut tip = None;
    for (k, limb) in limbs.iter().enumerate() {
        let last = limb.points.len().saturating_sub(1);
        for (n, dot) in limb.points.iter().enumerate().filter(|(_, d)| d.diameter == 0.0) {
            if n == last && n > 0 && !begins[k] {
                tip.get_or_insert(dot.span);
                continue;
            }
            let what = if n == last && !begins[k] { "a branch that is a single point" } else { "a point that is not a tip" };
            let d = Diagnostic::error("asc-diameter", format!("{what} has diameter 0")).at(source, dot.span, "no diameter");
            problems.push(d.hint("a diameter of 0 cuts the cell in two here; give it its diameter, the fourth number"));
        }
    }
    if let Some(span) = tip {
        let d = Diagnostic::warning("asc-diameter", "a branch ends in a tip of diameter 0").at(source, span, "the first one");
        problems.push(d.hint("its diameter falls to 0 over the last piece"));
    }
}

/// The body of the outlines; none without any, or with errors.
fn soma(source: &Arc<Source>, outlines: &[Outline], problems: &mut Problems) -> Option<Vec<Point>> {
    let places = |o: &Outline| o.points.iter().map(|d| d.at).collect::<Vec<_>>();
    let mut whole: Vec<&Outline> = Vec::new();
    for o in outlines {
        if o.points.len() > 2 {
            whole.push(o);
            continue;
        }
        if problems.fatal() {
            // Its points may be among what could not be read.
            continue;
        }
        let message = format!("a contour of the soma has {}; it is left out", counted(o.points.len(), "one point", "points"));
        let d = Diagnostic::warning("asc-soma", message).at(source, o.begins, "expected at least three points");
        problems.push(d.hint("the cell is read without it; draw the outline of the soma to have one"));
    }
    let apart = whole.windows(2).filter(|pair| !overlap(&places(pair[0]), &places(pair[1])));
    for pair in apart {
        let d = Diagnostic::error("asc-somata", "there are two somata");
        let d = d.at(source, pair[1].begins, "does not overlap the contour before").at(source, pair[0].begins, "the contour before");
        problems
            .push(d.hint("a cell has one soma: put each cell into a file of its own, or draw the contours of one soma above each other"));
    }
    let first = *whole.first()?;
    if problems.fatal() {
        return None;
    }
    let mut all: Vec<Vec<[f64; 3]>> = whole.iter().map(|o| places(o)).collect();
    let body = if all.len() == 1 {
        contour::solid(&all[0])
    } else {
        let height = |o: &Vec<[f64; 3]>| o.iter().map(|p| p[2]).sum::<f64>() / o.len() as f64;
        let heights: Vec<f64> = all.iter().map(height).collect();
        if !heights.is_sorted() && !heights.is_sorted_by(|a, b| a >= b) {
            let d = Diagnostic::warning("asc-soma", "the contours of the soma are not in the order of their depth; they are sorted");
            problems.push(d.at(source, first.begins, "the first contour").hint("nothing else is changed"));
            all.sort_by(|a, b| height(a).total_cmp(&height(b)));
        }
        stacked(source, &all, first, problems)
    };
    if body.is_none() {
        let d = Diagnostic::error("asc-soma", "the contour of the soma encloses nothing").at(source, first.begins, "this contour");
        problems.push(d.hint("its points lie in one place or on one line; draw the outline of the soma, or leave it out"));
    }
    body
}

/// The body of a stack; of outlines that all lie at one depth, that of the longest.
fn stacked(source: &Arc<Source>, all: &[Vec<[f64; 3]>], first: &Outline, problems: &mut Problems) -> Option<Vec<Point>> {
    let depth = all[0][0][2];
    if all.iter().flatten().any(|p| p[2] != depth) {
        return contour::stack(all);
    }
    let d = Diagnostic::warning("asc-soma", format!("{} contours of the soma lie at one depth; the longest is read", all.len()));
    problems.push(d.at(source, first.begins, "the first contour").hint("contours of a stack have different z"));
    let longest = all.iter().max_by(|a, b| contour::perimeter(a).total_cmp(&contour::perimeter(b)))?;
    contour::solid(longest)
}

/// The least and the greatest of each coordinate.
fn bounds(points: &[[f64; 3]]) -> [(f64, f64); 3] {
    [0, 1, 2].map(|k| points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |b, p| (b.0.min(p[k]), b.1.max(p[k]))))
}

/// Whether two outlines overlap as seen from above.
fn overlap(a: &[[f64; 3]], b: &[[f64; 3]]) -> bool {
    let (a, b) = (bounds(a), bounds(b));
    (0..2).all(|k| a[k].0 <= b[k].1 && b[k].0 <= a[k].1)
}

/// Warns of trees that begin far from the soma.
fn far(source: &Arc<Source>, drawing: &Drawing, problems: &mut Problems) {
    let outline: Vec<[f64; 3]> = drawing.outlines.iter().filter(|o| o.points.len() > 2).flat_map(|o| &o.points).map(|d| d.at).collect();
    let sides = bounds(&outline);
    let size = (0..2).map(|k| sides[k].1 - sides[k].0).fold(FAR, f64::max);
    let away = |at: [f64; 3]| {
        let d = [0, 1].map(|k| (sides[k].0 - at[k]).max(at[k] - sides[k].1).max(0.0));
        (d[0] * d[0] + d[1] * d[1]).sqrt()
    };
    let begins = drawing.limbs.iter().filter(|l| l.parent.is_none()).filter_map(|l| l.points.first());
    let out: Vec<(f64, Span)> = begins.map(|d| (away(d.at), d.span)).filter(|(d, _)| *d > size).collect();
    if let Some((distance, span)) = out.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0)) {
        let what = counted(out.len(), "a tree begins far from the soma", "trees begin far from the soma");
        let d = Diagnostic::warning("asc-far", format!("{what}, up to {distance:.1} um; connected to it by a wire"));
        let d = d.at(source, span, if out.len() == 1 { "it begins here" } else { "the farthest begins here" });
        problems.push(d.hint("a wire is no membrane; is this tree a part of another?"));
    }
}

/// Warns of trees that have no soma to begin at.
fn joined(source: &Arc<Source>, limbs: &[Limb], problems: &mut Problems) {
    let begins: Vec<_> = limbs.iter().filter(|l| l.parent.is_none()).filter_map(|l| l.points.first()).collect();
    if let [first, second, ..] = begins[..] {
        let most = begins.iter().map(|d| distance(d.at, first.at)).fold(0.0, f64::max);
        let message = format!("there is no soma; {} trees are joined where they begin, by wires of up to {most:.1} um", begins.len());
        let d =
            Diagnostic::warning("asc-roots", message).at(source, second.span, "the second tree").at(source, first.span, "the first tree");
        problems.push(d.hint("a wire is no membrane; add a contour `(\"CellBody\" ...)` to give the trees a soma"));
    }
}

/// What is known of a branch once it is read.
#[derive(Clone, Copy)]
struct Place {
    /// Where it ends, if it or anything before it has a point.
    end: Option<[f64; 3]>,
    /// The run at whose end what follows begins.
    run: Option<usize>,
}

/// The runs of all branches that have a length.
fn neurites(source: &Arc<Source>, limbs: &[Limb], soma: bool, out: &mut Vec<Run>, problems: &mut Problems) {
    let root = Place { end: None, run: soma.then_some(0) };
    let mut places: Vec<Place> = Vec::with_capacity(limbs.len());
    let mut begins = vec![false; limbs.len()];
    limbs.iter().filter_map(|l| l.parent).for_each(|p| begins[p] = true);
    let (mut empty, mut first_empty) = (0, None);
    for (k, limb) in limbs.iter().enumerate() {
        let from = limb.parent.map_or(root, |p| places[p]);
        let Some(first) = limb.points.first() else {
            places.push(from);
            continue;
        };
        let piece = from.end.filter(|end| *end != first.at).map(|end| (end, first.diameter));
        let points = course(piece.into_iter().chain(limb.points.iter().map(|d| (d.at, d.diameter))));
        let run = if points.last().is_some_and(|p| p.along > 0.0) {
            out.push(Run { kind: limb.kind, parent: from.run, at: None, points });
            Some(out.len() - 1)
        } else {
            // A tree that branches at its first point is as it is drawn.
            if limb.points.len() > 1 || !begins[k] {
                empty += 1;
                first_empty.get_or_insert(first.span);
            }
            from.run
        };
        places.push(Place { end: limb.points.last().map(|d| d.at), run });
    }
    if let Some(span) = first_empty {
        let message = counted(empty, "a branch has no length; it is left out", "branches have no length; they are left out");
        let d = Diagnostic::warning("asc-no-length", message).at(source, span, "where it was before");
        problems.push(d.hint("what begins at its end begins where it began"));
    }
}
