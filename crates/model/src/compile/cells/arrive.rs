//! Where weights and currents arrive on cells.

use super::super::link_key;
use crate::model::{Group, Link, Rows, Wires};

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
