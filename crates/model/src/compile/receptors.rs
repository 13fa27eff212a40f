//! Receptors that a neuron declares: found in the library, and with their numbers in the units of their mechanisms.

use super::limits;
use crate::library::Library;
use homolog_base::{Diagnostic, Span, Unit};
use homolog_ir::{Mechanism, Receptor, Role};

/// The mechanism of a receptor, and its declaration with its numbers in the units of that.
pub(super) fn find<'l>(
    library: &'l Library,
    neuron: &Mechanism,
    receptor: &Receptor,
) -> Result<(Receptor, &'l Mechanism), Vec<Diagnostic>> {
    let Some(mechanism) = library.get(&receptor.mechanism) else {
        let d = Diagnostic::error(
            "model-unknown-receptor",
            format!("`{}` names the receptor `{}`, which is not in the library", neuron.name, receptor.mechanism),
        );
        let points = library.iter().filter(|m| m.role == Role::Point).map(|m| m.name.as_str());
        return Err(vec![library.locate(&neuron.name, d, receptor.span, "declared here").suggest(&receptor.mechanism, points)]);
    };
    in_own_units(library, neuron, receptor, mechanism).map(|r| (r, mechanism))
}

fn in_own_units(library: &Library, neuron: &Mechanism, receptor: &Receptor, mechanism: &Mechanism) -> Result<Receptor, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut out = receptor.clone();
    let whose = format!("receptor `{}` of `{}`", receptor.mechanism, neuron.name);
    let at = |d: Diagnostic, span: Span, label: &str| library.locate(&neuron.name, d, span, label);
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
    for ((name, value, unit), span) in out.parameters.iter_mut().zip(&receptor.parameter_spans) {
        let Some(p) = mechanism.parameter(name) else {
            let d = Diagnostic::error("model-parameter", format!("{whose} has no parameter `{name}`"));
            further.push(at(d, *span, "unknown parameter").suggest(name, mechanism.parameters.iter().map(|p| p.name.as_str())));
            continue;
        };
        if convert(&format!("`{name}`"), value, *unit, p.unit, *span)
            && let Some(must) = limits::must_be(mechanism, p, *value)
        {
            let d = Diagnostic::error("model-limits", format!("`{name}` of {whose} cannot be {value} {}", p.unit));
            further.push(at(d, *span, "out of its limits").hint(must));
        }
    }
    problems.extend(further);
    problems.extend(limits::defaults(library, mechanism, |name| out.parameters.iter().any(|(n, _, _)| n == name)));
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}
