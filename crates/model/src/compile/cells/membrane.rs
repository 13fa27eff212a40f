//! What the membrane of a cell holds, and where: mechanisms found, numbers read.

use super::super::{limits, receptors, settings};
use super::{Around, Held};
use crate::cell::{Cell, Placed};
use crate::compose::cable::{Painted, Receiving, SIGNS};
use crate::discretise::Cut;
use crate::network::{Located, Network, Population};
use homolog_base::Diagnostic;
use homolog_ir::mechanism::{INSTEAD_OF_THE_OUTSIDE, OF_THE_OUTSIDE};
use homolog_ir::{Mechanism, Role};
use std::collections::BTreeMap;

/// Names that columns of every cell have, so that no mechanism of the membrane can.
pub(super) const RESERVED: [&str; 5] = ["positive", "negative", "charge", "next", "parent"];

/// The compartments of some regions; all when none is named.
pub(super) fn of_regions(cell: &Cell, cut: &Cut, regions: &[Located<String>], problems: &mut Vec<Diagnostic>) -> Vec<bool> {
    let known = cell.regions();
    for r in regions.iter().filter(|r| !known.contains(&r.value.as_str())) {
        let d = Diagnostic::error("cell-unknown-region", format!("`{}` has no region `{}`", cell.name, r.value));
        problems.push(cell.locate(d.suggest(r, known.iter().copied()), r.span, "unknown region"));
    }
    let holds = |b: usize| regions.is_empty() || regions.iter().any(|r| r.value == cell.branches[b].region.value);
    cut.compartments.iter().map(|c| holds(c.branch)).collect()
}

pub(super) fn find<'a>(
    around: &Around<'a>,
    cell: &Cell,
    name: &Located<String>,
    role: Role,
    what: &str,
) -> Result<&'a Mechanism, Diagnostic> {
    let of_role = || around.library.iter().filter(|m| m.role == role).map(|m| m.name.as_str());
    let place = |d: Diagnostic| cell.locate(d, name.span, what);
    match around.library.get(name) {
        Some(m) if m.role == role => Ok(m),
        Some(m) => {
            let is = match m.role {
                Role::Neuron => "a whole neuron",
                Role::Channel => "a mechanism of the membrane (SUFFIX)",
                Role::Point => "a mechanism at a place (POINT_PROCESS)",
                Role::Plasticity => "a rule of plasticity",
            };
            Err(place(Diagnostic::error("cell-role", format!("`{}` is {is}", m.name)))
                .hint(format!("known here: {}", of_role().collect::<Vec<_>>().join(", "))))
        }
        None if OF_THE_OUTSIDE.contains(&name.value.as_str()) => {
            let text = format!("there is no `{}`: cells stand in a medium without resistance", name.value);
            Err(place(Diagnostic::error("cell-extracellular", text)).hint(INSTEAD_OF_THE_OUTSIDE))
        }
        None => Err(place(
            Diagnostic::error("cell-unknown-mechanism", format!("there is no mechanism `{}`", name.value)).suggest(name, of_role()),
        )),
    }
}

pub(super) fn paints<'a>(
    around: &Around<'a>,
    population: &Population,
    cell: &Cell,
    cut: &Cut,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Painted<'a>> {
    let mut out: Vec<Painted> = Vec::new();
    let places = cut.places(cell);
    for paint in &cell.paints {
        let mut at = of_regions(cell, cut, &paint.regions, problems);
        if let Some(condition) = &paint.condition {
            at.iter_mut().zip(&places).for_each(|(at, place)| *at &= condition.at(place) != 0.0);
            if !at.contains(&true) {
                let d = Diagnostic::error("cell-nowhere", format!("no compartment of `{}` is where this holds", cell.name));
                let farthest = places.iter().map(|p| p.distance).fold(0.0, f64::max);
                let d = d.hint(format!("the farthest is {farthest:.0} um from the middle of the first branch"));
                problems.push(cell.locate(d, condition.span, "holds nowhere"));
            }
        }
        let mechanism = match find(around, cell, &paint.mechanism, Role::Channel, "expected a mechanism of the membrane") {
            Ok(m) => m,
            Err(d) => {
                problems.push(d);
                continue;
            }
        };
        if RESERVED.contains(&mechanism.name.as_str()) {
            let d = Diagnostic::error("cell-reserved", format!("`{}` is a name that every cell uses for something else", mechanism.name));
            problems.push(cell.locate(d, paint.mechanism.span, "cannot be painted").hint("give the mechanism another SUFFIX"));
            continue;
        }
        if out.iter().any(|p| p.mechanism.name == mechanism.name && p.at.iter().zip(&at).any(|(a, b)| *a && *b)) {
            let d = Diagnostic::error(
                "cell-painted-twice",
                format!("`{}` is painted twice on a compartment of `{}`", mechanism.name, cell.name),
            );
            problems.push(cell.locate(d, paint.span, "again here").hint("let each region have it once"));
        }
        let given = paint.parameters.iter().map(|(name, setting)| (name.as_str(), setting));
        let mut values = settings::read(mechanism, given, &|d, span, label| cell.locate(d, span, label), problems);
        values.extend(overrides(around.network, population, &mechanism.name, mechanism, problems));
        problems.extend(limits::defaults(around.library, mechanism, |name| values.contains_key(name) || paint.fields.contains_key(name)));
        let mut fields = BTreeMap::new();
        for (name, field) in &paint.fields {
            match settings::field(mechanism, name, field, &places, &at) {
                Ok(x) => _ = fields.insert(name.clone(), x),
                Err(d) => problems.push(cell.locate(d, field.value.span, "this field")),
            }
        }
        out.push(Painted { mechanism, prefix: mechanism.name.clone(), values, fields, at });
    }
    out
}

/// What stands at single places, behind what is painted.
pub(super) fn placements<'a>(
    around: &Around<'a>,
    population: &Population,
    cell: &Cell,
    cut: &Cut,
    out: &mut Vec<Painted<'a>>,
    problems: &mut Vec<Diagnostic>,
) {
    for (k, placed) in cell.placements.iter().enumerate() {
        let mechanism = match find(around, cell, &placed.mechanism, Role::Point, "expected a mechanism at a place") {
            Ok(m) => m,
            Err(d) => {
                problems.push(d);
                continue;
            }
        };
        let Some(branch) = cell.branch(&placed.branch) else {
            let d = Diagnostic::error("cell-unknown-branch", format!("`{}` has no branch `{}`", cell.name, placed.branch.value));
            let d = d.suggest(&placed.branch, cell.branches.iter().map(|b| b.name.value.as_str()));
            problems.push(cell.locate(d, placed.branch.span, "unknown branch"));
            continue;
        };
        let prefix = placed.prefix();
        let span = placed.name.as_ref().map_or(placed.mechanism.span, |n| n.span);
        let earlier = cell.placements[..k].iter().any(|o| o.prefix() == prefix);
        if RESERVED.contains(&prefix) || earlier || cell.paints.iter().any(|p| p.mechanism.value == prefix) {
            let d = Diagnostic::error("cell-reserved", format!("something else in `{}` is called `{prefix}`", cell.name));
            problems.push(cell.locate(d, span, "its variables could not be told apart").hint("give it a `name` of its own"));
            continue;
        }
        let given = placed.parameters.iter().map(|(name, setting)| (name.as_str(), setting));
        let mut values = settings::read(mechanism, given, &|d, span, label| cell.locate(d, span, label), problems);
        values.extend(overrides(around.network, population, prefix, mechanism, problems));
        problems.extend(limits::defaults(around.library, mechanism, |name| values.contains_key(name)));
        let here = cut.at(branch, placed.position);
        let at = (0..cut.compartments.len()).map(|c| c == here).collect();
        out.push(Painted { mechanism, prefix: prefix.to_string(), values, fields: BTreeMap::new(), at });
    }
}

/// What the model file sets instead of what the cell's file does, by the names of mechanism (or sign of a receptor) and parameter.
pub(super) fn overrides(
    network: &Network,
    population: &Population,
    prefix: &str,
    mechanism: &Mechanism,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, f64> {
    let given = population.parameters.iter().filter_map(|(name, s)| Some((name.strip_prefix(prefix)?.strip_prefix('.')?, s)));
    settings::read(mechanism, given, &|d, span, label| network.locate(d, span, label), problems)
}

/// Parameters of the model file that belong to no mechanism of the cell.
pub(super) fn unknown_parameters(network: &Network, population: &Population, all: &[Held], problems: &mut Vec<Diagnostic>) {
    let painted = || all.iter().flat_map(|h| &h.painted);
    let receives = |sign: usize| all.iter().any(|h| [&h.cell.positive, &h.cell.negative][sign].is_some());
    for (name, setting) in &population.parameters {
        let whose = name.split('.').next().unwrap_or(name);
        let known = |whose: &str| painted().any(|p| p.prefix == whose) || (0..2).any(|sign| whose == SIGNS[sign] && receives(sign));
        if !name.contains('.') || !known(whose) {
            let known: Vec<String> =
                painted().flat_map(|p| p.mechanism.parameters.iter().map(|q| format!("{}.{}", p.prefix, q.name))).collect();
            let d = Diagnostic::error("model-parameter", format!("`{}` has no parameter `{name}`", all[0].cell.name));
            problems.push(network.locate(d.suggest(name, known.iter().map(String::as_str)), setting.span, "unknown parameter"));
        }
    }
}

/// Reversal potentials that the cell's file gives and nothing in it reads.
pub(super) fn unread_ions(cell: &Cell, painted: &[Painted], receptors: &[Option<Receiving>; 2], problems: &mut Vec<Diagnostic>) {
    let mechanisms = || painted.iter().map(|p| p.mechanism).chain(receptors.iter().flatten().map(|r| r.mechanism));
    let read: Vec<&str> = mechanisms().flat_map(|m| &m.reads).map(|p| p.name.as_str()).collect();
    // The potential of Nernst reads both concentrations.
    let concentrations: Vec<String> = mechanisms()
        .flat_map(|m| &m.ions)
        .filter(|i| i.concentrations().iter().any(|c| i.reads.contains(c) || i.writes.contains(c)))
        .flat_map(homolog_ir::Ion::concentrations)
        .collect();
    for (name, x) in cell.concentrations.iter().filter(|(n, x)| x.span.end > 0 && !concentrations.contains(n)) {
        let d = Diagnostic::error("cell-unread-ion", format!("nothing in `{}` reads or writes `{name}`", cell.name));
        let d = cell.locate(d, x.span, "it would have no effect").suggest(name, concentrations.iter().map(String::as_str));
        problems.push(d);
    }
    // Those that stand in no file are defaults.
    for (name, e) in cell.reversals.iter().filter(|(n, e)| e.span.end > 0 && !read.contains(&n.as_str())) {
        let d = Diagnostic::error("cell-unread-ion", format!("nothing in `{}` reads `{name}`", cell.name));
        let d = cell.locate(d, e.span, "it would have no effect");
        problems.push(match mechanisms().find(|m| m.parameter(name).is_some()) {
            Some(m) => d.hint(format!("`{name}` is a parameter of `{}`: set it where that is painted", m.name)),
            None => d.suggest(name, read.iter().copied().filter(|r| cell.reversals.contains_key(*r))),
        });
    }
}

pub(super) fn receptor<'a>(
    around: &Around<'a>,
    population: &Population,
    cell: &Cell,
    sign: usize,
    placed: &Placed,
    cut: &Cut,
    problems: &mut Vec<Diagnostic>,
) -> Option<Receiving<'a>> {
    let at = match &placed.place {
        None => of_regions(cell, cut, &placed.regions, problems),
        Some((branch, position)) => match cell.branch(branch) {
            Some(b) => (0..cut.compartments.len()).map(|c| c == cut.at(b, *position)).collect(),
            None => {
                let d = Diagnostic::error("cell-unknown-branch", format!("`{}` has no branch `{}`", cell.name, branch.value));
                let d = d.suggest(branch, cell.branches.iter().map(|b| b.name.value.as_str()));
                problems.push(cell.locate(d, branch.span, "unknown branch"));
                vec![false; cut.compartments.len()]
            }
        },
    };
    let name = Located::new(placed.receptor.mechanism.clone(), placed.receptor.span);
    if let Err(d) = find(around, cell, &name, Role::Point, "expected a synapse") {
        problems.push(d);
        return None;
    }
    let locate = |d: Diagnostic, span, label: &str| cell.locate(d, span, label);
    let (mut receptor, mechanism) = match receptors::find(around.library, &cell.name, &locate, &placed.receptor) {
        Ok(found) => found,
        Err(e) => {
            problems.extend(e);
            return None;
        }
    };
    for (name, x) in overrides(around.network, population, SIGNS[sign], mechanism, problems) {
        receptor.parameters.retain(|(n, ..)| *n != name);
        receptor.parameters.push((name, x, None));
    }
    receptor.parameter_spans.clear();
    Some(Receiving { receptor, mechanism, at })
}
