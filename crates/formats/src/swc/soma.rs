//! The soma: a point, three points, a line, a contour, or a tree of its own.

use super::Sample;
use super::tree::{Builder, course_of};
use crate::morphology::contour;
use crate::morphology::runs::{SOMA, distance};
use homolog_base::Diagnostic;
use homolog_model::cell::Point;

/// Which points are the soma, and in which run each lies; none for what begins together with the soma's runs.
pub(super) struct Soma {
    pub found: bool,
    pub member: Vec<bool>,
    pub run: Vec<Option<usize>>,
    /// The first and the last point of a soma that is drawn as a line.
    pub ends: Option<[usize; 2]>,
}

impl Soma {
    /// Where on its run what is connected to a point of the soma begins, where that is one of the run's ends.
    pub fn at(&self, k: usize) -> Option<f64> {
        let [first, last] = self.ends?;
        [(first, 0.0), (last, 1.0)].into_iter().find(|e| e.0 == k).map(|e| e.1)
    }
}

impl Builder<'_, '_> {
    /// The soma becomes the first runs, if there is one; none if it cannot be understood. It is the root, and in one piece.
    pub(super) fn soma(&mut self, samples: &[Sample]) -> Option<Soma> {
        let all: Vec<usize> = (0..samples.len()).filter(|&k| samples[k].kind == SOMA).collect();
        let mut soma = Soma { found: !all.is_empty(), member: vec![false; samples.len()], run: vec![None; samples.len()], ends: None };
        if all.is_empty() {
            return Some(soma);
        }
        let mut next = vec![Vec::new(); samples.len()];
        for &k in &all {
            soma.member[k] = true;
            soma.run[k] = Some(0);
            if let Some(p) = samples[k].parent {
                next[p].push(k);
            }
        }
        let root = &samples[0];
        // Three points as NeuroMorpho.Org writes them; files are rounded to hundredths.
        if let [a, b] = next[0][..]
            && all.len() == 3
            && [a, b].iter().all(|&k| (distance(samples[k].at, root.at) - root.radius).abs() <= 0.01 * root.radius + 0.02)
            && distance(samples[a].at, samples[b].at) > 1.9 * root.radius
            && root.radius > 0.0
        {
            let point = |along: f64, k: usize| Point { along, diameter: 2.0 * root.radius, position: Some(samples[k].at) };
            self.push(SOMA, None, vec![point(0.0, a), point(2.0 * root.radius, b)]);
            return Some(soma);
        }
        if all.len() == 1 && root.radius > 0.0 {
            let r = root.radius;
            let point = |along: f64| Point { along, diameter: 2.0 * r, position: Some([root.at[0], root.at[1] - r + along, root.at[2]]) };
            self.push(SOMA, None, vec![point(0.0), point(2.0 * r)]);
            return Some(soma);
        }
        let forks = all.iter().copied().find(|&k| next[k].len() > if k == 0 { 2 } else { 1 });
        let line = if forks.is_none() { line(&next) } else { Vec::new() };
        if closed(samples, &line) {
            let outline: Vec<[f64; 3]> = line.iter().map(|&k| samples[k].at).collect();
            let Some(points) = contour::solid(&outline) else {
                return self.refuse(samples, line[0], "the soma is drawn as a contour that encloses nothing", "the contour begins here");
            };
            let d =
                Diagnostic::warning("swc-contour", "the soma is drawn as a contour; it is read as the body that this is the outline of");
            let d = d.at(self.source, samples[line[line.len() - 1]].line, "here it comes back to where it began");
            self.problems.push(d.hint("its radii are not used; the body has the width of the contour along its longest axis"));
            self.push(SOMA, None, points);
            return Some(soma);
        }
        let thin: Vec<usize> = all.iter().copied().filter(|&k| samples[k].radius == 0.0).collect();
        if let Some(&k) = thin.first() {
            let message = match (all.len(), thin.len()) {
                (1, _) => "the soma has radius 0, and several branches begin there".to_string(),
                (_, 1) => "a point of the soma has radius 0".to_string(),
                (_, n) => format!("{n} points of the soma have radius 0"),
            };
            return self.refuse(samples, k, &message, if thin.len() == 1 { "no radius" } else { "the first of them" });
        }
        match forks {
            Some(k) => self.forked(samples, &next, &mut soma, k),
            None => {
                soma.ends = line.first().zip(line.last()).filter(|(a, z)| a != z).map(|(a, z)| [*a, *z]);
                self.push(SOMA, None, course_of(samples, &line))
            }
        };
        if self.out.iter().all(|r| r.points.last().is_none_or(|p| p.along == 0.0)) {
            return self.refuse(samples, 0, "the points of the soma all lie in one place", "no length");
        }
        Some(soma)
    }

    /// A soma that forks: its unbranched runs. Where several begin at its root, the first is turned round to end there.
    fn forked(&mut self, samples: &[Sample], next: &[Vec<usize>], soma: &mut Soma, fork: usize) -> usize {
        let mut open: Vec<(Option<usize>, Vec<usize>)> = Vec::new();
        let arms = |from: usize, parent: Option<usize>| next[from].iter().rev().map(move |&k| (parent, vec![from, k])).collect::<Vec<_>>();
        if next[0].len() > 1 {
            open.extend(arms(0, None));
        } else {
            open.push((None, vec![0]));
        }
        while let Some((parent, mut run)) = open.pop() {
            let mut last = run[run.len() - 1];
            while let [only] = next[last][..] {
                run.push(only);
                last = only;
            }
            let parent = parent.or(self.out.first().map(|_| 0));
            let own = if next[run[0]].len() > 1 { run[1..].to_vec() } else { run.clone() };
            if parent.is_none() && next[0].len() > 1 {
                run.reverse();
            }
            let points = course_of(samples, &run);
            let here = if points.last().is_some_and(|p| p.along > 0.0) { Some(self.push(SOMA, parent, points)) } else { parent };
            own.iter().for_each(|&k| soma.run[k] = here.or(Some(0)));
            open.extend(arms(last, here));
        }
        let n = self.out.len();
        let d = Diagnostic::warning("swc-soma-fork", format!("the soma forks; it is read as {n} branches of the region `soma`"));
        let d = d.at(self.source, samples[fork].line, "more points of the soma begin here than a line has");
        self.problems.push(d.hint("a soma of one branch is one point, three points in the way of NeuroMorpho.Org, a line or a contour"));
        n
    }

    fn refuse<T>(&mut self, samples: &[Sample], k: usize, message: &str, label: &str) -> Option<T> {
        let d = Diagnostic::error("swc-soma", message).at(self.source, samples[k].line, label);
        self.problems.push(d.hint(
            "a soma is one point with a radius, three with two of them at one radius on either side of the first, a line of points, or a contour",
        ));
        None
    }
}

/// What goes one way from the first point, backwards, and then what goes the other.
fn line(next: &[Vec<usize>]) -> Vec<usize> {
    let arm = |from: Option<&usize>| std::iter::successors(from.copied(), |&k| next[k].first().copied()).collect::<Vec<_>>();
    let mut line = arm(next[0].first());
    if next[0].len() == 2 {
        line.reverse();
        line.push(0);
        line.extend(arm(next[0].get(1)));
    } else {
        line.insert(0, 0);
    }
    line
}

/// Whether a line of points comes back to where it began.
fn closed(samples: &[Sample], line: &[usize]) -> bool {
    let (Some(&one), Some(&other)) = (line.first(), line.last()) else { return false };
    let reach = line.iter().map(|&k| distance(samples[k].at, samples[one].at)).fold(0.0, f64::max);
    line.len() > 3 && distance(samples[one].at, samples[other].at) < 0.5 * reach
}
