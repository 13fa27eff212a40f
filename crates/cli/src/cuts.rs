//! How finely cells are cut, in words and as JSON.

use crate::show;
use homolog_model::discretise::{Extent, Fineness, fineness};
use homolog_model::{Cell, Library, Network};
use serde_json::{Value, json};

/// So many regions are written out.
const MOST_REGIONS: usize = 8;

/// The cells of a network, each once, as they are cut.
pub fn of_network(network: &Network, library: &Library) -> Vec<(String, Fineness)> {
    let mut out: Vec<(String, Fineness)> = vec![];
    for word in network.populations.iter().flat_map(|p| std::iter::once(&p.neuron).chain(&p.others)) {
        if let Some(cell) = library.cell(word).filter(|c| !out.iter().any(|(name, _)| *name == c.name)) {
            out.extend(of_cell(cell));
        }
    }
    out
}

/// A cell, as it is cut.
pub fn of_cell(cell: &Cell) -> Option<(String, Fineness)> {
    Some((cell.name.clone(), fineness(cell)?))
}

/// `45 compartments (soma 1, apical 23) by d-lambda 0.1`.
pub fn counted(f: &Fineness) -> String {
    let of_each: Vec<String> = f.regions.iter().take(MOST_REGIONS).map(|(name, n)| format!("{name} {}", show::count(*n as f64))).collect();
    let more = f.regions.len().saturating_sub(MOST_REGIONS);
    let more = if more > 0 { format!(", and {more} more regions") } else { String::new() };
    format!("{} ({}{more}) by {}", show::plural(f.compartments, "compartment"), of_each.join(", "), by(f))
}

/// `d-lambda 0.1, 2 branches by their own numbers`.
pub fn by(f: &Fineness) -> String {
    match f.by_branch {
        0 => f.rule.clone(),
        n if n == f.branches => "numbers of their own".into(),
        1 => format!("{}, 1 branch by a number of its own", f.rule),
        n => format!("{}, {n} branches by numbers of their own", f.rule),
    }
}

/// `from 16.7 to 36.4 um long, at most 0.098 of the length constant at 100 Hz (tuft-left)`.
pub fn lengths(f: &Fineness) -> String {
    let (least, most) = (show::three_digits(f.shortest.length), show::three_digits(f.longest.length));
    let range = if least == most { format!("{most} um long") } else { format!("from {least} to {most} um long") };
    let coarsest = show::three_digits(f.coarsest.electrotonic);
    format!("{range}, at most {coarsest} of the length constant at 100 Hz ({})", f.coarsest.branch)
}

/// All of it.
pub fn json(f: &Fineness) -> Value {
    let extent = |e: &Extent| json!({ "branch": e.branch, "um": e.length, "length_constants_at_100_hz": e.electrotonic });
    let regions: serde_json::Map<String, Value> = f.regions.iter().map(|(name, n)| (name.clone(), json!(n))).collect();
    json!({
        "rule": f.rule, "branches_with_own_numbers": f.by_branch, "compartments": f.compartments, "regions": regions,
        "shortest": extent(&f.shortest), "longest": extent(&f.longest), "coarsest": extent(&f.coarsest),
        "longer_than_a_third_of_the_length_constant": f.coarse,
    })
}
