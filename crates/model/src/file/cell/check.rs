//! What can be wrong with a cell by itself, whatever its mechanisms are.
//!
//! An empty name or a time of 0 stands for something that was reported where it was read; nothing more is said of it.

use super::super::walk::Reader;
use crate::cell::{Cell, Paint};
use crate::network::Located;
use homolog_base::Diagnostic;

/// Names are looked up only if the branches are `known`.
pub(super) fn cell(r: &mut Reader<'_>, cell: &Cell, known: bool) {
    if known {
        let all = cell.regions();
        let receptors = [&cell.positive, &cell.negative];
        let lists = cell.paints.iter().map(|p| &p.regions).chain(receptors.into_iter().flatten().map(|p| &p.regions));
        for list in lists {
            regions(r, list, &all);
        }
        for (region, x) in cell.capacitances.iter().filter(|c| !all.contains(&c.0.as_str())) {
            let d = Diagnostic::error("cell-unknown-region", format!("there is no region `{region}`"));
            r.problems.push(d.at(r.source, x.span, "unknown region").suggest(region, all.iter().copied()));
        }
        let bias = cell.bias.as_ref().map(|b| &b.branch).into_iter();
        for branch in bias
            .chain(cell.placements.iter().map(|p| &p.branch))
            .chain(receptors.into_iter().flatten().filter_map(|p| p.place.as_ref()).map(|p| &p.0))
            .chain([&cell.spike.branch])
            .filter(|b| !b.is_empty() && cell.branch(b).is_none())
        {
            let d = Diagnostic::error("cell-unknown-branch", format!("there is no branch `{}`", branch.value));
            let d = d.at(r.source, branch.span, "unknown branch");
            r.problems.push(d.suggest(branch, cell.branches.iter().map(|b| b.name.as_str())));
        }
    }
    paints(r, &cell.paints);
    time(r, cell);
}

fn regions(r: &mut Reader<'_>, list: &[Located<String>], all: &[&str]) {
    for (k, region) in list.iter().enumerate() {
        if !all.contains(&region.value.as_str()) {
            let d = Diagnostic::error("cell-unknown-region", format!("there is no region `{}`", region.value));
            r.problems.push(d.at(r.source, region.span, "unknown region").suggest(region, all.iter().copied()));
        } else if let Some(first) = list[..k].iter().find(|o| o.value == region.value) {
            let d = Diagnostic::error("model-duplicate", format!("`{}` is named twice", region.value));
            let d = d.at(r.source, region.span, "the second time").at(r.source, first.span, "the first time");
            r.problems.push(d.hint("remove one of the two"));
        }
    }
}

/// One mechanism has one set of parameters in one place.
fn paints(r: &mut Reader<'_>, paints: &[Paint]) {
    for (k, p) in paints.iter().enumerate() {
        // Whether conditions overlap is known when there are compartments.
        let unconditional = |o: &&Paint| o.condition.is_none() && p.condition.is_none();
        let shared = |o: &Paint| {
            if o.regions.is_empty() || p.regions.is_empty() {
                let named = o.regions.iter().chain(&p.regions).next();
                return Some(named.map_or_else(|| "everywhere".to_string(), |n| format!("in `{}`", n.value)));
            }
            o.regions.iter().find(|n| p.regions.iter().any(|m| m.value == n.value)).map(|n| format!("in `{}`", n.value))
        };
        let earlier = paints[..k].iter().filter(|o| o.mechanism.value == p.mechanism.value).filter(unconditional);
        if let Some((o, place)) = earlier.filter_map(|o| Some((o, shared(o)?))).next() {
            let d = Diagnostic::error("cell-painted-twice", format!("`{}` is painted twice {place}", p.mechanism.value));
            let d = d.at(r.source, p.mechanism.span, "the second time").at(r.source, o.mechanism.span, "the first time");
            r.problems.push(d.hint("a mechanism has one set of parameters in one region; an entry without `regions` is everywhere"));
        }
    }
}

fn time(r: &mut Reader<'_>, cell: &Cell) {
    let (step, presentation, settle) = (&cell.step, &cell.presentation, &cell.settle);
    if step.value > presentation.value && presentation.value > 0.0 {
        let message = format!("a step of {} ms is longer than a presentation of {} ms", step.value, presentation.value);
        let d = Diagnostic::error("model-presentation", message).at(r.source, step.span, "the step");
        r.problems.push(d.at(r.source, presentation.span, "the presentation"));
    }
    if settle.value >= presentation.value && presentation.value > 0.0 {
        let message = format!("a presentation of {} ms ends before {} ms of settling have passed", presentation.value, settle.value);
        let d = Diagnostic::error("cell-settle", message).at(r.source, presentation.span, "the presentation");
        let d = d.at(r.source, settle.span, "settling");
        r.problems.push(d.hint("the readout begins after settling; make the presentation longer"));
    }
}
