//! What turning a knob changes in a description.
//!
//! A target is a word with dots: `hh.gnabar` (a parameter of a mechanism that is painted, of one that stands at a place, by its name, or of a rule of
//! plasticity),
//! `membrane.resistivity`, `membrane.capacitance`, `membrane.temperature`, `membrane.initial`, `ions.ena`, `branch.diameter` of all branches or
//! `branch.axon.diameter`, `branch.axon.length`, `stimulus.amplitude`, `stimulus.duration`. It acts wherever it is found, once,
//! in all cells of all models unless it begins with the setting that names one: `squid/hh.gnabar`.

use homolog_base::Unit;
use homolog_model::cell::{Cell, Quantity};
use homolog_model::{Library, Located, Network};
use std::collections::{BTreeMap, BTreeSet};

/// A change of a number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Change {
    /// So many times what it was.
    Times(f64),
    /// So much, in this unit.
    Set(f64, Unit),
}

impl Change {
    /// A number in a unit, changed.
    ///
    /// # Errors
    /// It is of another dimension.
    pub fn of(self, old: f64, unit: Unit) -> Result<f64, String> {
        match self {
            Change::Times(factor) => Ok(old * factor),
            Change::Set(x, u) => u.factor_to(&unit).map(|f| x * f).ok_or_else(|| format!("it is in {unit}, and cannot be in {u}")),
        }
    }

    fn on(self, number: &mut f64, unit: &str) -> Result<(), String> {
        *number = self.of(*number, crate::quantity::unit_of(unit))?;
        Ok(())
    }
}

/// Changes a target in networks and their cells; how many numbers that were. A cell that several networks have changes once.
///
/// # Errors
/// The number cannot be changed so.
pub fn turn<'n>(
    target: &str,
    change: Change,
    networks: impl IntoIterator<Item = &'n mut Network>,
    library: &mut Library,
) -> Result<usize, String> {
    let Some((of, what)) = target.split_once('.') else { return Ok(0) };
    let mut hits = 0;
    let mut names: BTreeSet<String> = BTreeSet::new();
    for network in networks {
        for s in network.stimuli.iter_mut().filter(|s| of == "stimulus" && s.unit.is_none() && s.course.is_none()) {
            match what {
                "amplitude" => change.on(&mut s.amplitude.value, "nA")?,
                "duration" => change.on(&mut s.duration.value, "ms")?,
                _ => continue,
            }
            hits += 1;
        }
        for rule in network.projections.iter_mut().flat_map(|p| &mut p.plasticity).filter(|u| u.rule.value == of) {
            hits += usize::from(parameter(&mut rule.parameters, &rule.rule.value, what, change, library)?);
        }
        names.extend(network.populations.iter().flat_map(|p| std::iter::once(&p.neuron).chain(&p.others)).map(|n| n.value.clone()));
    }
    for name in names {
        let Some(mut cell) = library.cell(&name).cloned() else { continue };
        hits += in_cell((of, what), change, &mut cell, library)?;
        library.insert_cell(cell);
    }
    Ok(hits)
}

fn in_cell((of, what): (&str, &str), change: Change, cell: &mut Cell, library: &Library) -> Result<usize, String> {
    match (of, what) {
        ("membrane", "resistivity") => change.on(&mut cell.resistivity.value, "ohm-cm")?,
        ("membrane", "temperature") => change.on(&mut cell.celsius.value, "degC")?,
        ("membrane", "initial") => change.on(&mut cell.initial.value, "mV")?,
        ("membrane", "capacitance") => {
            change.on(&mut cell.capacitance.value, "uF/cm2")?;
            for c in cell.capacitances.values_mut() {
                change.on(&mut c.value, "uF/cm2")?;
            }
        }
        ("ions", name) => {
            let Some(number) = cell.reversals.get_mut(name) else { return Ok(0) };
            change.on(&mut number.value, "mV")?;
        }
        ("branch", what) => return branches(what, change, cell),
        _ => return parameters(of, what, change, cell, library),
    }
    Ok(1)
}

fn branches(what: &str, change: Change, cell: &mut Cell) -> Result<usize, String> {
    let (name, what) = what.rsplit_once('.').map_or((None, what), |(n, w)| (Some(n), w));
    let mut hits = 0;
    for branch in cell.branches.iter_mut().filter(|b| name.is_none_or(|n| b.name.value == n)) {
        let length = branch.length();
        for p in &mut branch.points {
            match what {
                "diameter" => change.on(&mut p.diameter, "um")?,
                "length" => p.along *= change.of(length, crate::quantity::unit_of("um"))? / length,
                _ => return Ok(0),
            }
        }
        hits += 1;
    }
    Ok(hits)
}

fn parameters(of: &str, what: &str, change: Change, cell: &mut Cell, library: &Library) -> Result<usize, String> {
    let mut hits = 0;
    for paint in cell.paints.iter_mut().filter(|p| p.mechanism.value == of) {
        if paint.fields.contains_key(what) {
            return Err("it depends on the place, and no knob can turn that".into());
        }
        hits += usize::from(parameter(&mut paint.parameters, &paint.mechanism.value, what, change, library)?);
    }
    for place in cell.placements.iter_mut().filter(|p| p.prefix() == of || p.mechanism.value == of) {
        hits += usize::from(parameter(&mut place.parameters, &place.mechanism.value, what, change, library)?);
    }
    for receptor in [&mut cell.positive, &mut cell.negative].into_iter().flatten().map(|p| &mut p.receptor) {
        if receptor.mechanism != of {
            continue;
        }
        let mut all: BTreeMap<String, Quantity> = BTreeMap::new();
        if let Some((_, x, _)) = receptor.parameters.iter().find(|p| p.0 == what) {
            all.insert(what.into(), Located::from((*x, None)));
        }
        if parameter(&mut all, &receptor.mechanism, what, change, library)? {
            receptor.parameters.retain(|p| p.0 != what);
            receptor.parameters.push((what.into(), all[what].value.0, None));
            receptor.parameter_spans.resize(receptor.parameters.len(), receptor.span);
            hits += 1;
        }
    }
    Ok(hits)
}

/// Changes a parameter, which has its default where none is given; false where the mechanism has no such parameter.
fn parameter(
    given: &mut BTreeMap<String, Quantity>,
    mechanism: &str,
    name: &str,
    change: Change,
    library: &Library,
) -> Result<bool, String> {
    let Some(p) = library.get(mechanism).and_then(|m| m.parameters.iter().find(|p| p.name == name)) else { return Ok(false) };
    let old = value(given, name).map_or(Ok(p.default), |(x, unit)| match unit {
        None => Ok(x),
        Some(u) => u.factor_to(&p.unit).map(|f| x * f).ok_or_else(|| format!("it is in {}, and the file gives it in {u}", p.unit)),
    })?;
    let new = change.of(old, p.unit)?;
    let span = given.get(name).map(|q| q.span).unwrap_or_default();
    given.insert(name.into(), Located::new((new, None), span));
    Ok(true)
}

fn value(given: &BTreeMap<String, Quantity>, name: &str) -> Option<(f64, Option<Unit>)> {
    let (x, unit) = &given.get(name)?.value;
    Some((*x, unit.as_ref().and_then(|u| Unit::parse(u).ok())))
}

/// The number of a parameter of a mechanism that a cell holds, in the mechanism's unit, with that unit: `pas.g`.
pub fn found(target: &str, cell: &Cell, library: &Library) -> Option<(f64, Unit)> {
    let (of, what) = target.split_once('.')?;
    let painted = cell.paints.iter().find(|p| p.mechanism.value == of).map(|p| (&p.mechanism.value, &p.parameters));
    let placed = || cell.placements.iter().find(|p| p.prefix() == of).map(|p| (&p.mechanism.value, &p.parameters));
    let (mechanism, given) = painted.or_else(placed)?;
    let p = library.get(mechanism)?.parameters.iter().find(|p| p.name == what)?;
    let (x, unit) = value(given, what).unwrap_or((p.default, None));
    Some((x * unit.map_or(Some(1.0), |u| u.factor_to(&p.unit))?, p.unit))
}

#[cfg(test)]
mod tests;
