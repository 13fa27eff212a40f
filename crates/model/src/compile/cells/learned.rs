//! Parameters of cells that are learned: which there are, what shares one number, and where they start.

use super::super::limits;
use super::Around;
use crate::compose::cable::{CAPACITANCE, CableParts, DIAMETER, RESISTIVITY, SIGNS};
use crate::network::{Per, Population};
use homolog_base::{Diagnostic, Unit};
use homolog_ir::Mechanism;

/// A learned parameter.
pub(super) struct Found {
    /// The part that each compartment belongs to.
    pub(super) part: Vec<u32>,
    /// Where each part starts, for each kind of neuron.
    pub(super) values: Vec<Vec<f64>>,
    pub(super) unit: Unit,
    pub(super) bounds: Option<(f64, f64)>,
}

/// Of a parameter: its unit, what it may be, and what each compartment starts with (none for those that do not have it).
pub(super) type Start = (Unit, Option<(f64, f64)>, Vec<Option<f64>>);

/// Finds the parameter of this name among those of the cell and its mechanisms.
pub(super) fn start(parts: &CableParts, name: &str) -> Option<Start> {
    let compartments = &parts.cut.compartments;
    let unit = |text: &str| Unit::parse(text).expect("a unit of this file");
    match name {
        CAPACITANCE => {
            return Some((
                unit("uF/cm2"),
                Some((1e-3, 1e3)),
                compartments.iter().map(|c| Some(parts.cell.capacitance_of(c.branch))).collect(),
            ));
        }
        RESISTIVITY => {
            return Some((unit("ohm-cm"), Some((1e-3, 1e6)), vec![Some(parts.cell.resistivity.value); compartments.len()]));
        }
        DIAMETER => return Some((unit("um"), Some((1e-3, 1e4)), compartments.iter().map(|c| Some(c.diameter())).collect())),
        _ => {}
    }
    let (prefix, name) = name.split_once('.')?;
    let mut found = None;
    let mut add = |m: &Mechanism, at: &[bool], set: Option<f64>| {
        let q = m.parameter(name)?;
        let x = set.unwrap_or(q.default);
        let (_, _, values) = found.get_or_insert_with(|| (q.unit, limits::bounds(m, q, x, parts.dt), vec![None; compartments.len()]));
        at.iter().zip(values).filter(|(at, _)| **at).for_each(|(_, v)| *v = Some(x));
        Some(())
    };
    for p in parts.painted.iter().filter(|p| p.prefix == prefix) {
        match p.fields.get(name) {
            None => _ = add(p.mechanism, &p.at, p.values.get(name).copied()),
            Some(values) => (0..p.at.len()).filter(|c| p.at[*c]).for_each(|c| {
                let here: Vec<bool> = (0..p.at.len()).map(|k| k == c).collect();
                add(p.mechanism, &here, Some(values[c]));
            }),
        }
    }
    for r in parts.receptors.iter().zip(SIGNS).filter(|(_, sign)| *sign == prefix).filter_map(|(r, _)| r.as_ref()) {
        add(r.mechanism, &r.at, r.receptor.parameters.iter().find(|(n, ..)| *n == name).map(|(_, v, _)| *v));
    }
    found
}

/// What the `k`-th entry of a population's `learn` is.
pub(super) fn learned(around: &Around, population: &Population, parts: &CableParts, k: usize) -> Result<Found, Diagnostic> {
    let (cell, cut, l) = (parts.cell, parts.cut, &population.learn[k]);
    let name = l.name.value.as_str();
    let Some((unit, bounds, start)) = start(parts, name) else {
        let of = |prefix: &str, m: &Mechanism| m.parameters.iter().map(|p| format!("{prefix}.{}", p.name)).collect::<Vec<_>>();
        let mut known: Vec<String> = parts.painted.iter().flat_map(|p| of(&p.prefix, p.mechanism)).collect();
        known.extend(parts.receptors.iter().zip(SIGNS).filter_map(|(r, sign)| Some(of(sign, r.as_ref()?.mechanism))).flatten());
        known.extend([CAPACITANCE, RESISTIVITY, DIAMETER].map(String::from));
        let silent = parts.receptors.iter().all(Option::is_none) && SIGNS.iter().any(|s| name.starts_with(&format!("{s}.")));
        if silent {
            let d =
                Diagnostic::error("model-parameter", format!("nothing arrives at `{}`, so `{name}` has no effect", population.name.value));
            return Err(around.network.locate(d, l.name.span, "nothing to learn").hint("remove it, or project to this population"));
        }
        let d = Diagnostic::error("model-parameter", format!("`{}` has no parameter `{name}` to learn", cell.name));
        return Err(around.network.locate(d.suggest(name, known.iter().map(String::as_str)), l.name.span, "unknown parameter"));
    };
    if population.learn[..k].iter().any(|o| o.name.value == name) {
        let d = Diagnostic::error("model-parameter", format!("`{name}` is listed twice"));
        return Err(around.network.locate(d, l.name.span, "it can be learned only once"));
    }
    let regions = cell.regions();
    let kind = |c: usize| parts.kind.get(c).map_or(0, |k| *k as usize);
    // Kinds number their branches and compartments alike, and share their regions.
    let first: Vec<usize> = (0..parts.kinds()).map(|k| parts.kind.partition_point(|of| (*of as usize) < k)).collect();
    let key = |c: usize| {
        let (branch, first) = (cut.compartments[c].branch, first[kind(c)]);
        match l.per {
            Per::Neuron => 0,
            Per::Region => regions.iter().position(|r| *r == cell.branches[branch].region.value).expect("a region of the cell"),
            Per::Branch => branch - cut.compartments[first].branch,
            Per::Compartment => c - first,
        }
    };
    let mut keys: Vec<usize> = Vec::new();
    let mut of_kinds: Vec<Vec<Option<f64>>> = vec![vec![]; parts.kinds()];
    let mut part = vec![0u32; start.len()];
    for (c, x) in start.iter().enumerate() {
        let Some(x) = x else { continue };
        let k = keys.iter().position(|k| *k == key(c)).unwrap_or_else(|| {
            keys.push(key(c));
            of_kinds.iter_mut().for_each(|v| v.push(None));
            keys.len() - 1
        });
        let value = *of_kinds[kind(c)][k].get_or_insert(*x);
        if name != DIAMETER && value.to_bits() != x.to_bits() {
            let d = Diagnostic::error("model-learn-parts", format!("`{name}` starts with different values in one part: {value} and {x}"));
            return Err(around
                .network
                .locate(d, l.name.span, "one number cannot be both")
                .hint("learn it per = \"branch\" or per = \"region\""));
        }
        part[c] = k as u32;
    }
    if name == DIAMETER {
        // The mean diameter of a part whose compartments differ would change the cell: only parts of one diameter can be learned as one.
        for (c, x) in start.iter().enumerate() {
            let (x, y) = (x.unwrap_or(0.0), of_kinds[kind(c)][part[c] as usize].unwrap_or(0.0));
            if (x - y).abs() > 1e-9 * y {
                let d = Diagnostic::error("model-learn-parts", format!("diameters of {x} um and {y} um stand in one part"));
                return Err(around.network.locate(d, l.name.span, "one number cannot be both").hint("learn it per = \"compartment\""));
            }
        }
    }
    // A kind that lacks a part has a number for it all the same, which nothing reads.
    let any = |k: usize| of_kinds.iter().find_map(|v| v[k]).expect("some kind has it");
    let values = of_kinds.iter().map(|v| v.iter().enumerate().map(|(k, x)| x.unwrap_or_else(|| any(k))).collect()).collect();
    Ok(Found { part, values, unit, bounds })
}
