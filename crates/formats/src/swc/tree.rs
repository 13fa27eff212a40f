//! Points to unbranched runs.

use super::soma::Soma;
use super::{Sample, trees};
use crate::morphology::problems::{Problems, counted};
use crate::morphology::runs::{Run, SOMA, WIDEST, course, distance};
use homolog_base::{Diagnostic, Source};
use homolog_model::cell::Point;
use std::sync::Arc;

/// The runs; none if there are errors.
pub(super) fn runs(source: &Arc<Source>, mut samples: Vec<Sample>, problems: &mut Problems) -> Option<Vec<Run>> {
    scale(source, &samples, problems);
    without_mark(source, &mut samples, problems);
    samples = trees::one(source, samples, problems)?;
    let mut builder = Builder { source, problems, out: Vec::new() };
    let soma = builder.soma(&samples);
    if soma.as_ref().is_some_and(|s| !s.found) {
        samples = trees::turn(samples);
    }
    builder.radii(&samples);
    let soma = soma.filter(|_| !builder.problems.fatal())?;
    builder.neurites(&samples, &soma);
    let Builder { out, problems, .. } = builder;
    if out.is_empty() {
        let d = Diagnostic::error("swc-empty", "this shape has no membrane: it has no length").at(source, samples[0].line, "all there is");
        problems.push(d.hint("a soma of one point needs a radius; anything else needs two points"));
        return None;
    }
    Some(out)
}

/// Warns of lengths that no cell has.
fn scale(source: &Arc<Source>, samples: &[Sample], problems: &mut Problems) {
    let far = |s: &Sample| distance(s.at, samples[0].at) > WIDEST || s.radius > WIDEST / 100.0;
    if let Some(s) = samples.iter().find(|s| far(s)) {
        let d =
            Diagnostic::warning("swc-scale", "lengths are in um, and no cell is this large").at(source, s.line, "far away, or very thick");
        problems.push(d.hint("if the file is in nanometres, divide all lengths by 1000"));
    }
}

/// A soma of one point and radius 0 is a mark, not a membrane: the one branch that begins there begins the cell.
fn without_mark(source: &Arc<Source>, samples: &mut Vec<Sample>, problems: &mut Problems) {
    let mark = samples[0].kind == SOMA && samples[0].radius == 0.0 && samples[1..].iter().all(|s| s.kind != SOMA && s.parent.is_some());
    if !mark || samples.iter().filter(|s| s.parent == Some(0)).count() != 1 {
        return;
    }
    let d = Diagnostic::warning("swc-soma", "the soma has radius 0; the cell is read without it");
    let d = d.at(source, samples[0].radius_span, "no radius");
    problems.push(d.hint("the cell begins at the first point after it; give the soma its radius to keep it"));
    samples.remove(0);
    for s in samples {
        s.parent = s.parent.and_then(|p| p.checked_sub(1));
    }
}

pub(super) struct Builder<'s, 'p> {
    pub source: &'s Arc<Source>,
    pub problems: &'p mut Problems,
    pub out: Vec<Run>,
}

impl Builder<'_, '_> {
    pub(super) fn push(&mut self, kind: u32, parent: Option<usize>, points: Vec<Point>) -> usize {
        self.out.push(Run { kind, parent, at: None, points });
        self.out.len() - 1
    }

    /// A radius of 0 cuts a cell in two unless it is a tip's.
    fn radii(&mut self, samples: &[Sample]) {
        let mut begins = vec![false; samples.len()];
        samples.iter().filter_map(|s| s.parent).for_each(|p| begins[p] = true);
        let none: Vec<usize> = (0..samples.len()).filter(|&k| samples[k].radius == 0.0 && samples[k].kind != SOMA).collect();
        let alone = |k: usize| samples[k].parent.is_some_and(|p| samples[p].kind == SOMA);
        for &k in none.iter().filter(|&&k| begins[k] || k == 0 || alone(k)) {
            let what = match k {
                0 => "where the cell begins",
                _ if begins[k] => "and is not a tip",
                _ => "and is a whole branch",
            };
            let d = Diagnostic::error("swc-radius", format!("point {} has radius 0, {what}", samples[k].id));
            self.problems.push(
                d.at(self.source, samples[k].radius_span, "no radius").hint("a radius of 0 cuts the cell in two here; give it its radius"),
            );
        }
        if let Some(&k) = none.iter().find(|&&k| !begins[k] && k > 0 && !alone(k)) {
            let d = Diagnostic::warning("swc-radius", "a branch ends in a tip of radius 0").at(
                self.source,
                samples[k].radius_span,
                "the first one",
            );
            self.problems.push(d.hint("its diameter falls to 0 over the last piece"));
        }
    }

    /// Everything but the soma: maximal runs of one type without forks.
    fn neurites(&mut self, samples: &[Sample], soma: &Soma) {
        let children = trees::children(samples);
        let is_soma = |k: usize| soma.member[k];
        let mut empty = None;
        let mut single = Vec::new();
        // A run begins at the point after `from`, and hangs on a branch.
        let mut open: Vec<(usize, usize, Option<usize>, Option<f64>)> = Vec::new();
        let begin = |open: &mut Vec<_>, from: usize, branch: Option<usize>, at: Option<f64>| {
            let at = |k: usize| at.filter(|_| !samples[k].wire);
            open.extend(children[from].iter().rev().filter(|&&k| !is_soma(k)).map(|&k| (from, k, branch, at(k))));
        };
        if soma.found {
            for k in (0..samples.len()).rev().filter(|&k| is_soma(k)) {
                begin(&mut open, k, soma.run[k], soma.at(k));
            }
        } else {
            begin(&mut open, 0, None, None);
        }
        while let Some((from, first, parent, at)) = open.pop() {
            let mut run = vec![first];
            let mut last = first;
            while let [only] = children[last][..]
                && samples[only].kind == samples[first].kind
                && !samples[only].wire
            {
                run.push(only);
                last = only;
            }
            let inside = is_soma(from) || samples[first].wire;
            let line: Vec<usize> = if inside && (run.len() > 1 || !children[last].is_empty()) {
                // The piece within the soma is no membrane, nor is a wire.
                run
            } else {
                std::iter::once(from).chain(run).collect()
            };
            let mut points = course_of(samples, &line);
            if inside && line[0] == from {
                points[0].diameter = points[1].diameter;
                single.push(first);
            }
            let length = points.last().map_or(0.0, |p| p.along);
            let (branch, at) = if length > 0.0 {
                let branch = self.push(samples[first].kind, parent, points);
                self.out[branch].at = at;
                (Some(branch), None)
            } else {
                // The first point of a dendrite that forks at once has no membrane of its own, which is as it is drawn.
                if line.len() > 1 {
                    empty.get_or_insert(samples[first].line);
                }
                (parent, at)
            };
            begin(&mut open, last, branch, at);
        }
        if let Some(&k) = single.first() {
            let message = counted(single.len(), "a branch is a single point", "branches are single points");
            let d = Diagnostic::warning("swc-single", message).at(self.source, samples[k].line, "one point that begins at the soma");
            self.problems.push(d.hint("it is read as a cylinder from the point of the soma that it is connected to"));
        }
        if let Some(line) = empty {
            let d = Diagnostic::warning("swc-no-length", "a branch has no length; it is left out");
            self.problems.push(d.at(self.source, line, "where it was before").hint("what begins at its end begins where it began"));
        }
    }
}

/// Distances and diameters along points.
pub(super) fn course_of(samples: &[Sample], line: &[usize]) -> Vec<Point> {
    course(line.iter().map(|&k| (samples[k].at, 2.0 * samples[k].radius)))
}
