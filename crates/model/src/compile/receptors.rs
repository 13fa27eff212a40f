//! Receptors that a neuron declares: found in the library, and with their numbers in the units of their mechanisms.

use super::{limits, settings};
use crate::compose::cable::SIGNS;
use crate::library::Library;
use crate::network::{Network, Population};
use homolog_base::{Diagnostic, Span, Unit};
use homolog_ir::{Interface, Mechanism, Receptor, Role};
use std::collections::BTreeMap;

/// Whether a name, such as `positive.tau`, is a parameter of a receptor: which, and its name there.
pub(super) fn of_receptor(name: &str) -> Option<(&str, &str)> {
    name.split_once('.').filter(|(prefix, _)| SIGNS.contains(prefix))
}

/// Reads the numbers that a population gives to parameters of its neuron's receptors, by their whole names, in the units of the
/// receptors' mechanisms.
pub(super) fn given(
    library: &Library,
    network: &Network,
    population: &Population,
    (neuron, interface): (&Mechanism, &Interface),
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, f64> {
    let mut out = BTreeMap::new();
    let locate = |d: Diagnostic, span: Span, label: &str| network.locate(d, span, label);
    for (whole, setting) in &population.parameters {
        let Some((prefix, name)) = of_receptor(whole) else { continue };
        let declared = if prefix == SIGNS[0] { &interface.positive } else { &interface.negative };
        let Some(receptor) = declared else {
            let d = Diagnostic::error("model-parameter", format!("`{}` declares no {prefix} receptor", neuron.name));
            problems.push(locate(d, setting.span, "of no receptor"));
            continue;
        };
        // A receptor that is not in the library is said where it is used.
        let Some(mechanism) = library.get(&receptor.mechanism) else { continue };
        let read = settings::read(mechanism, std::iter::once((name, setting)), &locate, problems);
        out.extend(read.into_values().map(|x| (whole.clone(), x)));
    }
    out
}

/// A receptor with the numbers that a population gives it.
pub(super) fn set(receptor: &mut Receptor, prefix: &str, given: &BTreeMap<String, f64>) {
    for (whole, value) in given {
        let Some((_, name)) = of_receptor(whole).filter(|(p, _)| *p == prefix) else { continue };
        receptor.parameters.retain(|(n, ..)| n != name);
        receptor.parameters.push((name.to_string(), *value, None));
    }
}

/// The mechanism of a receptor, and its declaration with its numbers in the units of that.
pub(super) fn find<'l>(
    library: &'l Library,
    neuron: &str,
    locate: &dyn Fn(Diagnostic, Span, &str) -> Diagnostic,
    receptor: &Receptor,
) -> Result<(Receptor, &'l Mechanism), Vec<Diagnostic>> {
    let Some(mechanism) = library.get(&receptor.mechanism) else {
        let d = Diagnostic::error(
            "model-unknown-receptor",
            format!("`{neuron}` names the receptor `{}`, which is not in the library", receptor.mechanism),
        );
        let points = library.iter().filter(|m| m.role == Role::Point).map(|m| m.name.as_str());
        return Err(vec![locate(d, receptor.span, "declared here").suggest(&receptor.mechanism, points)]);
    };
    in_own_units(library, neuron, locate, receptor, mechanism).map(|r| (r, mechanism))
}

fn in_own_units(
    library: &Library,
    neuron: &str,
    at: &dyn Fn(Diagnostic, Span, &str) -> Diagnostic,
    receptor: &Receptor,
    mechanism: &Mechanism,
) -> Result<Receptor, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut out = receptor.clone();
    let whose = format!("receptor `{}` of `{neuron}`", receptor.mechanism);
    let mut convert = |what: &str, value: &mut f64, unit: Option<Unit>, to: Unit, span: Span| match unit.map(|u| (u, u.factor_to(&to))) {
        None => true,
        Some((_, Some(factor))) => {
            *value *= factor;
            true
        }
        Some((u, None)) => {
            let d = Diagnostic::error("model-unit", format!("{what} of {whose} is given in {u}, not in {to}"));
            problems.push(at(d, span, &format!("({to}) was expected")).hint(format!("write it in {to}")));
            false
        }
    };
    if let Some(weight) = mechanism.receive.as_ref().and_then(|r| r.arguments.first()) {
        convert("WEIGHT", &mut out.weight.0, receptor.weight.1, weight.unit, receptor.weight_span);
    }
    let mut further = Vec::new();
    // Receptors made in Rust have no places.
    let spans = receptor.parameter_spans.iter().copied().chain(std::iter::repeat(Span::default()));
    for ((name, value, unit), span) in out.parameters.iter_mut().zip(spans) {
        let Some(p) = mechanism.parameter(name) else {
            let d = Diagnostic::error("model-parameter", format!("{whose} has no parameter `{name}`"));
            further.push(at(d, span, "unknown parameter").suggest(name, mechanism.parameters.iter().map(|p| p.name.as_str())));
            continue;
        };
        if convert(&format!("`{name}`"), value, *unit, p.unit, span)
            && let Some(must) = limits::must_be(mechanism, p, *value)
        {
            let d = Diagnostic::error("model-limits", format!("`{name}` of {whose} cannot be {value} {}", p.unit));
            further.push(at(d, span, "out of its limits").hint(must));
        }
    }
    problems.extend(further);
    problems.extend(limits::defaults(library, mechanism, |name| out.parameters.iter().any(|(n, _, _)| n == name)));
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}
