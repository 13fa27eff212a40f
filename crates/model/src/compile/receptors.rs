//! Receptors that a neuron declares: found in the library, and with their numbers in the units of their mechanisms.

use super::limits;
use crate::library::Library;
use homolog_base::{Diagnostic, Span, Unit};
use homolog_ir::{Mechanism, Receptor, Role};

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
