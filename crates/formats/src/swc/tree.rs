//! Points to branches.

use super::{SOMA, Sample};
use homolog_base::{Diagnostic, Source, has_errors};
use homolog_model::cell::{Branch, Point};
use std::collections::HashMap;
use std::sync::Arc;

/// Wider than this, um, is no cell; coordinates in nanometres are.
const WIDEST: f64 = 1e5;

fn region(kind: u32) -> String {
    match kind {
        SOMA => "soma".into(),
        2 => "axon".into(),
        3 => "basal".into(),
        4 => "apical".into(),
        n => format!("custom.{n}"),
    }
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let d = [0, 1, 2].map(|k| a[k] - b[k]);
    (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt()
}

/// The branches; none if there are errors.
pub(super) fn branches(source: &Arc<Source>, mut samples: Vec<Sample>, problems: &mut Vec<Diagnostic>) -> Option<Vec<Branch>> {
    scale(source, &samples, problems);
    without_mark(source, &mut samples, problems);
    let mut builder = Builder { source, problems, out: Vec::new(), count: HashMap::new() };
    let soma = builder.soma(&samples)?;
    if !soma.found {
        turn(&mut samples);
    }
    builder.radii(&samples, &soma);
    if has_errors(builder.problems) {
        return None;
    }
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
fn scale(source: &Arc<Source>, samples: &[Sample], problems: &mut Vec<Diagnostic>) {
    let far = |s: &Sample| distance(s.at, samples[0].at) > WIDEST || s.radius > WIDEST / 100.0;
    if let Some(s) = samples.iter().find(|s| far(s)) {
        let d =
            Diagnostic::warning("swc-scale", "lengths are in um, and no cell is this large").at(source, s.line, "far away, or very thick");
        problems.push(d.hint("if the file is in nanometres, divide all lengths by 1000"));
    }
}

/// A soma of one point and radius 0 is a mark, not a membrane: the one branch that begins there begins the cell.
fn without_mark(source: &Arc<Source>, samples: &mut Vec<Sample>, problems: &mut Vec<Diagnostic>) {
    let mark = samples[0].kind == SOMA && samples[0].radius == 0.0 && samples[1..].iter().all(|s| s.kind != SOMA);
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

/// Which points are the soma.
struct Soma {
    found: bool,
    member: Vec<bool>,
}

struct Builder<'s, 'p> {
    source: &'s Arc<Source>,
    problems: &'p mut Vec<Diagnostic>,
    out: Vec<Branch>,
    /// How many branches of each region there are.
    count: HashMap<u32, usize>,
}

impl Builder<'_, '_> {
    fn push(&mut self, kind: u32, parent: Option<usize>, points: Vec<Point>) -> usize {
        let region = region(kind);
        let number = self.count.entry(kind).or_default();
        let name = if kind == SOMA { region.clone() } else { format!("{region}.{number}") };
        *number += 1;
        self.out.push(Branch { name: name.as_str().into(), parent, region: region.as_str().into(), points, compartments: None });
        self.out.len() - 1
    }

    /// The soma becomes the first branch, if there is one; none if it cannot be understood.
    fn soma(&mut self, samples: &[Sample]) -> Option<Soma> {
        let all: Vec<usize> = (0..samples.len()).filter(|&k| samples[k].kind == SOMA).collect();
        let mut member = vec![false; samples.len()];
        all.iter().for_each(|&k| member[k] = true);
        let Some(&first) = all.first() else { return Some(Soma { found: false, member }) };
        let refuse = |me: &mut Self, k: usize, message: &str, label: &str| {
            let d = Diagnostic::error("swc-soma", message).at(me.source, samples[k].line, label).hint(
                "a soma is understood as one point, as three with two of them at one radius on either side of the first, or as a line of points",
            );
            me.problems.push(d);
            None
        };
        if first != 0 {
            return refuse(self, first, "the soma is not the root of the cell", "a point of type 1 that is connected to another type");
        }
        let inside = |k: usize| samples[k].parent.filter(|&p| member[p]);
        if let Some(&k) = all[1..].iter().find(|&&k| inside(k).is_none()) {
            return refuse(self, k, "the soma is in two pieces", "connected to another type than 1");
        }
        let mut next = vec![Vec::new(); samples.len()];
        for &k in &all[1..] {
            next[inside(k).expect("checked above")].push(k);
        }
        // Three points as NeuroMorpho.Org writes them; files are rounded to hundredths.
        let root = &samples[0];
        if let [a, b] = next[0][..]
            && all.len() == 3
            && [a, b].iter().all(|&k| (distance(samples[k].at, root.at) - root.radius).abs() <= 0.01 * root.radius + 0.02)
            && distance(samples[a].at, samples[b].at) > 1.9 * root.radius
            && root.radius > 0.0
        {
            let point = |along: f64, k: usize| Point { along, diameter: 2.0 * root.radius, position: Some(samples[k].at) };
            self.push(SOMA, None, vec![point(0.0, a), point(2.0 * root.radius, b)]);
            return Some(Soma { found: true, member });
        }
        if all.len() == 1 {
            if root.radius == 0.0 {
                return refuse(self, 0, "the soma has radius 0", "one point without a size, where several branches begin");
            }
            let r = root.radius;
            let point = |along: f64| Point { along, diameter: 2.0 * r, position: Some([root.at[0], root.at[1] - r + along, root.at[2]]) };
            self.push(SOMA, None, vec![point(0.0), point(2.0 * r)]);
            return Some(Soma { found: true, member });
        }
        // A line: what goes one way from the first point, backwards, and then what goes the other.
        if let Some(&k) = all.iter().find(|&&k| next[k].len() > if k == 0 { 2 } else { 1 }) {
            return refuse(self, k, "the soma forks", "more points of the soma begin here than a line has");
        }
        let arm = |from: Option<&usize>| std::iter::successors(from.copied(), |&k| next[k].first().copied()).collect::<Vec<_>>();
        let mut line = arm(next[0].first());
        if next[0].len() == 2 {
            line.reverse();
            line.push(0);
            line.extend(arm(next[0].get(1)));
        } else {
            line.insert(0, 0);
        }
        let (one, other) = (samples[line[0]].at, samples[line[line.len() - 1]].at);
        let reach = line.iter().map(|&k| distance(samples[k].at, one)).fold(0.0, f64::max);
        if line.len() > 3 && distance(one, other) < 0.5 * reach {
            return refuse(self, line[line.len() - 1], "the soma is drawn as a contour", "it comes back to where it began");
        }
        if let Some(&k) = line.iter().find(|&&k| samples[k].radius == 0.0) {
            return refuse(self, k, "a line of the soma has a point of radius 0", "no radius");
        }
        let points = course(samples, &line);
        if points[points.len() - 1].along == 0.0 {
            return refuse(self, line[0], "the points of the soma all lie in one place", "no length");
        }
        self.push(SOMA, None, points);
        Some(Soma { found: true, member })
    }

    /// A radius of 0 cuts a cell in two unless it is a tip's.
    fn radii(&mut self, samples: &[Sample], soma: &Soma) {
        let mut begins = vec![false; samples.len()];
        samples.iter().filter_map(|s| s.parent).for_each(|p| begins[p] = true);
        let none: Vec<usize> = (0..samples.len()).filter(|&k| samples[k].radius == 0.0 && !(soma.found && soma.member[k])).collect();
        let alone = |k: usize| soma.found && samples[k].parent.is_some_and(|p| soma.member[p]);
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
        let mut children = vec![Vec::new(); samples.len()];
        for (k, s) in samples.iter().enumerate() {
            if let Some(p) = s.parent {
                children[p].push(k);
            }
        }
        let is_soma = |k: usize| soma.found && soma.member[k];
        let root_branch = self.out.first().map(|_| 0);
        let mut empty = None;
        let mut single = Vec::new();
        // A run begins at the point after `from`, and hangs on a branch.
        let mut open: Vec<(usize, usize, Option<usize>)> = Vec::new();
        let begin = |open: &mut Vec<_>, from: usize, branch: Option<usize>| {
            open.extend(children[from].iter().rev().filter(|&&k| !is_soma(k)).map(|&k| (from, k, branch)));
        };
        if soma.found {
            for k in (0..samples.len()).rev().filter(|&k| is_soma(k)) {
                begin(&mut open, k, root_branch);
            }
        } else {
            begin(&mut open, 0, None);
        }
        while let Some((from, first, parent)) = open.pop() {
            let mut run = vec![first];
            let mut last = first;
            while let [only] = children[last][..]
                && samples[only].kind == samples[first].kind
            {
                run.push(only);
                last = only;
            }
            let inside = is_soma(from);
            let line: Vec<usize> = if inside && (run.len() > 1 || !children[last].is_empty()) {
                // The piece within the soma is no membrane.
                run
            } else {
                std::iter::once(from).chain(run).collect()
            };
            let mut points = course(samples, &line);
            if inside && line[0] == from {
                points[0].diameter = points[1].diameter;
                single.push(first);
            }
            let length = points.last().map_or(0.0, |p| p.along);
            let branch = if length > 0.0 {
                Some(self.push(samples[first].kind, parent, points))
            } else {
                // The first point of a dendrite that forks at once has no membrane of its own, which is as it is drawn.
                if line.len() > 1 {
                    empty.get_or_insert(samples[first].line);
                }
                parent
            };
            begin(&mut open, last, branch);
        }
        if let Some(&k) = single.first() {
            let n = single.len();
            let message = if n == 1 { "a branch is a single point".to_string() } else { format!("{n} branches are single points") };
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
fn course(samples: &[Sample], line: &[usize]) -> Vec<Point> {
    let mut along = 0.0;
    let mut before = samples[line[0]].at;
    let point = |&k: &usize| {
        let s = &samples[k];
        along += distance(before, s.at);
        before = s.at;
        Point { along, diameter: 2.0 * s.radius, position: Some(s.at) }
    };
    line.iter().map(point).collect()
}

/// Turns a cell round so that it begins at a tip, if several branches begin at its root. A type belongs to the piece that leads
/// to its point, so along the way types move with their pieces.
fn turn(samples: &mut Vec<Sample>) {
    if samples.iter().filter(|s| s.parent == Some(0)).count() < 2 {
        return;
    }
    // The first way out, up to a tip, from the tip to the root.
    let mut first: Vec<Option<usize>> = vec![None; samples.len()];
    for (k, s) in samples.iter().enumerate() {
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
    // Parents first again: the way, then the rest as it was.
    let mut order = way.clone();
    let on_way: std::collections::HashSet<usize> = way.into_iter().collect();
    order.extend((0..samples.len()).filter(|k| !on_way.contains(k)));
    let mut place = vec![0; samples.len()];
    order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
    let mut all: Vec<Option<Sample>> = samples.drain(..).map(Some).collect();
    samples.extend(order.iter().filter_map(|&old| {
        let mut s = all[old].take()?;
        s.parent = s.parent.map(|p| place[p]);
        Some(s)
    }));
}
