//! The equations of the cells of a network, before any step: what an adaptive method solves beside the fixed-step run.

use super::{Kind, cells, delays, resolve};
use crate::library::Library;
use crate::model::{Equations, Model, Pulse};
use crate::network::Network;
use homolog_base::{Diagnostic, Span};

/// The equations of each group of a network of single cells, and the currents that are injected, with their exact edges. `model` is the
/// network compiled.
///
/// # Errors
/// What has no such equations: neurons that are no cells, whatever connects cells, mechanisms whose states are stepped without an equation.
pub fn equations(network: &Network, library: &Library, model: &Model) -> Result<Vec<Equations>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut refuse = |what: String, span: Span, label: &str, hint: &str| {
        let d = Diagnostic::error("reference-single-cells", format!("the adaptive reference solves single cells, not {what}"));
        problems.push(network.locate(d, span, label).hint(hint));
    };
    for p in &network.projections {
        let text = format!("what projections connect: `{}` sends to `{}`", p.from.value, p.to.value);
        refuse(text, p.span, "this projection", "remove it for the comparison; a `[[stimulus]]` can drive the cell");
    }
    for g in &network.gaps {
        refuse("cells in contact".into(), g.span, "this junction", "remove it for the comparison");
    }
    let resolved: Vec<_> = network.populations.iter().map(|p| resolve(network, p, library, &mut Vec::new())).collect();
    for (p, r) in network.populations.iter().zip(&resolved) {
        if !matches!(r.kind, Kind::Cell(_)) {
            refuse(format!("`{}`", p.neuron.value), p.neuron.span, "no cell", "exchange it for a cell with one compartment");
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let (dt, _) = delays::time(network, &resolved);
    let mut out = Vec::new();
    for (index, (population, r)) in network.populations.iter().zip(&resolved).enumerate() {
        let Kind::Cell(cell) = r.kind else { continue };
        let around =
            cells::Around { network, library, links: &[], index, dt, ticks: model.ticks, interpolated: false, surrogate: r.surrogate };
        let others = population.others.iter().filter_map(|word| library.cell(word));
        let all: Vec<_> = std::iter::once(cell).chain(others).collect();
        match cells::equations(&around, population, &all) {
            Ok(e) => out.push(e),
            Err(e) => problems.extend(e.into_iter().filter(|d| !problems.contains(d)).collect::<Vec<_>>()),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    for s in &network.stimuli {
        let Some(g) = model.group(&s.population) else { continue };
        let Some(anatomy) = &model.groups[g].anatomy else { continue };
        let sites = (0..model.groups[g].kinds()).filter_map(|kind| anatomy.at(kind, &s.branch, s.position));
        let pulses = match &s.course {
            Some(c) => super::currents::pulses(&c.value, model.dt * model.ticks as f64),
            None => vec![(s.delay.value, s.delay.value + s.duration.value, s.amplitude.value)],
        };
        let at = |site: usize| pulses.iter().map(move |(begin, end, current)| Pulse { site, begin: *begin, end: *end, current: *current });
        out[g].pulses.extend(sites.flat_map(at));
    }
    Ok(out)
}
