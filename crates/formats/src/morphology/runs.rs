//! Unbranched runs of points to the branches of one cell: one that has no parent, and a name for each.

use homolog_model::cell::{Branch, Point};
use std::collections::HashMap;

/// The soma's type in SWC.
pub(crate) const SOMA: u32 = 1;

/// Farther than this from the origin, um, nothing is: a kilometre. Squares of it are far from overflow.
pub(crate) const FARTHEST: f64 = 1e9;

/// Wider than this, um, is no cell; coordinates in nanometres are.
pub(crate) const WIDEST: f64 = 1e5;

/// An unbranched run of points of one type: a branch without a name.
pub(crate) struct Run {
    /// Type, as SWC counts them.
    pub kind: u32,
    /// The run at whose end it begins; it stands before. None for what begins the cell.
    pub parent: Option<usize>,
    /// Where on that run it begins, from 0 to 1, where the file says that: at its end, or as its cell joins things, when not.
    pub at: Option<f64>,
    pub points: Vec<Point>,
}

/// The name of a type.
fn region(kind: u32) -> String {
    match kind {
        SOMA => homolog_model::cell::SOMA.into(),
        2 => "axon".into(),
        3 => "basal".into(),
        4 => "apical".into(),
        n => format!("custom.{n}"),
    }
}

/// um.
pub(crate) fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let d = [0, 1, 2].map(|k| a[k] - b[k]);
    (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt()
}

/// Distances along places with their diameters.
pub(crate) fn course(places: impl IntoIterator<Item = ([f64; 3], f64)>) -> Vec<Point> {
    let mut along = 0.0;
    let mut before = None;
    let point = |(at, diameter)| {
        along += before.map_or(0.0, |b| distance(b, at));
        before = Some(at);
        Point { along, diameter, position: Some(at) }
    };
    places.into_iter().map(point).collect()
}

/// The branches of runs; none if they would begin at a tip without a diameter, because there is no other.
pub(crate) fn branches(mut runs: Vec<Run>) -> Option<Vec<Branch>> {
    one_root(&mut runs);
    runs.first()?.points.first().filter(|p| p.diameter > 0.0)?;
    let mut count: HashMap<u32, usize> = HashMap::new();
    let branch = |run: Run| {
        let region = region(run.kind);
        let number = count.entry(run.kind).or_default();
        let name = if run.kind == SOMA && *number == 0 { region.clone() } else { format!("{region}.{number}") };
        *number += 1;
        Branch {
            name: name.as_str().into(),
            parent: run.parent,
            at: run.at.map(Into::into),
            region: region.as_str().into(),
            points: run.points,
            compartments: None,
        }
    };
    Some(runs.into_iter().map(branch).collect())
}

/// Where several runs begin together the cell is turned round so that it begins at a tip, one that has a diameter if any has: a branch
/// begins at the *end* of another, and turning changes no length, area or resistance.
fn one_root(runs: &mut Vec<Run>) {
    if runs.iter().filter(|r| r.parent.is_none()).count() < 2 {
        return;
    }
    let mut begins = vec![false; runs.len()];
    runs.iter().filter_map(|r| r.parent).for_each(|p| begins[p] = true);
    let tip = |k: &usize| !begins[*k];
    let thick = |k: &usize| runs[*k].points.last().is_some_and(|p| p.diameter > 0.0);
    let Some(tip) = (0..runs.len()).find(|k| tip(k) && thick(k)).or_else(|| (0..runs.len()).find(tip)) else { return };
    let way: Vec<usize> = std::iter::successors(Some(tip), |&k| runs[k].parent).collect();
    // What began at the end of a run on the way begins at the end of the next, which now comes from the tip.
    let mut moved: Vec<Option<usize>> = vec![None; runs.len()];
    let mut on_way = vec![false; runs.len()];
    way.iter().for_each(|&k| on_way[k] = true);
    way.windows(2).for_each(|pair| moved[pair[1]] = Some(pair[0]));
    let root = way[way.len() - 1];
    for (k, run) in runs.iter_mut().enumerate() {
        run.parent = match run.parent {
            _ if on_way[k] => moved[k],
            None => Some(root),
            Some(p) => Some(moved[p].unwrap_or(p)),
        };
    }
    for &k in &way {
        let length = runs[k].points.last().map_or(0.0, |p| p.along);
        runs[k].points.reverse();
        runs[k].points.iter_mut().for_each(|p| p.along = length - p.along);
    }
    // Parents first again.
    let mut children = vec![Vec::new(); runs.len()];
    runs.iter().enumerate().filter_map(|(k, r)| Some((k, r.parent?))).for_each(|(k, p)| children[p].push(k));
    let mut order = Vec::with_capacity(runs.len());
    let mut open = vec![tip];
    while let Some(k) = open.pop() {
        order.push(k);
        open.extend(children[k].iter().rev());
    }
    let mut place = vec![0; runs.len()];
    order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
    let mut all: Vec<Option<Run>> = runs.drain(..).map(Some).collect();
    runs.extend(order.iter().filter_map(|&old| all[old].take()).map(|run| Run { parent: run.parent.map(|p| place[p]), ..run }));
}
