//! Where weights and currents arrive on cells.

use super::super::link_key;
use crate::model::{Clamp, Group, Link, Rows, Wires};
use crate::network::{Located, Network, Stimulus};
use homolog_base::Diagnostic;

/// Where the weights of a link arrive: every weight has one place of its sign, and places have equally many, to within one.
pub(in crate::compile) fn places(link: &Link, from: usize, to: &Group, seed: u64) -> [Rows; 2] {
    let (copies, anatomy) = (to.copies(), to.anatomy.as_ref().expect("cells have places"));
    let key = link_key(seed, &link.name, "places");
    let entries = |r: usize| -> Vec<(u32, u32)> {
        match &link.wires {
            Wires::Dense => (0..from).map(|c| (c as u32, (r * from + c) as u32)).collect(),
            Wires::OneToOne => vec![(r as u32, r as u32)],
            Wires::Sparse { start, column } => (start[r]..start[r + 1]).map(|k| (column[k as usize], k)).collect(),
        }
    };
    let rows = |places: &[Vec<u32>]| {
        let all_places: usize = places.iter().map(Vec::len).sum();
        // No weight has this sign.
        if all_places == 0 {
            return Rows { start: vec![0], column: vec![], weight: vec![] };
        }
        let mut by_row: Vec<Vec<(u32, u32)>> = vec![vec![]; all_places * copies];
        for r in 0..to.size {
            let (all, places) = (entries(r), &places[r / copies]);
            let turn = key.numbered(r as u64).permutation(all.len());
            // Which places come first is keyed too, or few inputs would always have the first ones.
            let order = key.named("order").numbered(r as u64).permutation(places.len());
            for (entry, turn) in all.into_iter().zip(turn) {
                by_row[places[order[turn % places.len()]] as usize * copies + r % copies].push(entry);
            }
        }
        let mut out = Rows { start: vec![0], column: vec![], weight: vec![] };
        for row in by_row {
            out.column.extend(row.iter().map(|e| e.0));
            out.weight.extend(row.iter().map(|e| e.1));
            out.start.push(out.column.len() as u32);
        }
        out
    };
    [0, 1].map(|sign| rows(&anatomy.receives[sign]))
}

/// A current clamp as mean currents of ticks, so that its charge is exact whatever the step: one for each kind of neuron that has its branch.
pub(in crate::compile) fn clamps(network: &Network, s: &Stimulus, groups: &[Group], dt: f64) -> Result<Vec<Clamp>, Diagnostic> {
    let unknown = |d: Diagnostic, l: &Located<String>, label: &str| network.locate(d, l.span, label);
    let Some(g) = groups.iter().position(|g| g.name == s.population.value) else {
        let d = Diagnostic::error("model-unknown-population", format!("there is no population `{}`", s.population.value));
        return Err(unknown(d.suggest(&s.population, groups.iter().map(|g| g.name.as_str())), &s.population, "unknown population"));
    };
    let Some(anatomy) = &groups[g].anatomy else {
        let d =
            Diagnostic::error("model-clamp", format!("`{}` is not made of cells, so a current has no place to enter", s.population.value));
        return Err(unknown(d, &s.population, "no cells").hint("exchange its neuron for a cell"));
    };
    let sites: Vec<usize> = (0..groups[g].kinds()).filter_map(|kind| anatomy.at(kind, &s.branch, s.position)).collect();
    if sites.is_empty() {
        let d = Diagnostic::error("cell-unknown-branch", format!("`{}` has no branch `{}`", groups[g].neuron, s.branch.value));
        let names = anatomy.compartments.iter().map(|c| c.0.as_str());
        return Err(unknown(d.suggest(&s.branch, names), &s.branch, "unknown branch"));
    }
    let (begin, end) = (s.delay.value / dt, (s.delay.value + s.duration.value) / dt);
    // Ticks whose ends are a rounding error apart are one.
    let snap = |x: f64| if (x - x.round()).abs() < 1e-6 { x.round() } else { x };
    let (begin, end) = (snap(begin), snap(end));
    let share = |k: f64| (end.min(k + 1.0) - begin.max(k)).max(0.0) * s.amplitude.value;
    let mut ticks: Vec<f64> = vec![begin.floor(), begin.floor() + 1.0, end.floor(), end.floor() + 1.0];
    ticks.retain(|k| *k >= begin.floor());
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    let mut steps: Vec<(i64, f64)> = ticks.into_iter().map(|k| (k as i64, share(k))).collect();
    steps.dedup_by(|a, b| a.1.to_bits() == b.1.to_bits());
    Ok(sites.into_iter().map(|site| Clamp { group: g, site, steps: steps.clone() }).collect())
}
