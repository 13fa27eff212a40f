//! Numbers that files give to parameters of mechanisms: found, in the mechanism's unit, within its limits.

use super::limits;
use crate::cell::Field;
use crate::expression::Place;
use crate::network::Located;
use homolog_base::{Diagnostic, Span, Unit};
use homolog_ir::Mechanism;
use std::collections::BTreeMap;

/// Adds the place of a span and what is seen there.
pub(super) type Locate<'a> = &'a dyn Fn(Diagnostic, Span, &str) -> Diagnostic;

/// Reads settings of a mechanism by the names of its parameters; what is wrong with one goes to `problems`.
pub(super) fn read<'s>(
    m: &Mechanism,
    given: impl Iterator<Item = (&'s str, &'s Located<(f64, Option<String>)>)>,
    locate: Locate,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, f64> {
    let mut out = BTreeMap::new();
    for (name, setting) in given {
        match one(m, name, setting, locate) {
            Ok(x) => _ = out.insert(name.to_string(), x),
            Err(d) => problems.push(d),
        }
    }
    out
}

/// The values of a parameter that depends on the place, for every compartment; 0 where the mechanism is not.
pub(super) fn field(m: &Mechanism, name: &str, field: &Field, places: &[Place], at: &[bool]) -> Result<Vec<f64>, Diagnostic> {
    let Some(parameter) = m.parameter(name) else {
        let d = Diagnostic::error("model-parameter", format!("`{}` has no parameter `{name}`", m.name));
        return Err(d.suggest(name, m.parameters.iter().map(|q| q.name.as_str())));
    };
    let unit = field.unit.as_deref().and_then(|u| Unit::parse(u).ok()).unwrap_or(parameter.unit);
    let Some(factor) = unit.factor_to(&parameter.unit) else {
        let text = field.unit.as_deref().unwrap_or("");
        return Err(Diagnostic::error("model-unit", format!("`{name}` of `{}` is in {}, not in {text}", m.name, parameter.unit)));
    };
    let mut out = vec![0.0; places.len()];
    for (x, place) in out.iter_mut().zip(places).zip(at).filter(|(_, at)| **at).map(|(x, _)| x) {
        *x = factor * field.value.at(place);
        let must = if x.is_finite() { limits::must_be(m, parameter, *x) } else { Some("it must be finite".into()) };
        if let Some(must) = must {
            let text = format!("`{name}` of `{}` cannot be {x} {} where the distance is {:.1} um", m.name, parameter.unit, place.distance);
            return Err(Diagnostic::error("model-limits", text).hint(must));
        }
    }
    Ok(out)
}

fn one(m: &Mechanism, name: &str, setting: &Located<(f64, Option<String>)>, locate: Locate) -> Result<f64, Diagnostic> {
    let wrong = |d: Diagnostic, label: &str| Err(locate(d, setting.span, label));
    let Some(parameter) = m.parameter(name) else {
        let d = Diagnostic::error("model-parameter", format!("`{}` has no parameter `{name}`", m.name));
        return wrong(d.suggest(name, m.parameters.iter().map(|q| q.name.as_str())), "unknown parameter");
    };
    let (number, unit) = &setting.value;
    let expected = format!("expected {}", parameter.unit);
    let value = match unit.as_deref().map(|u| (u, Unit::parse(u))) {
        None => *number,
        Some((_, Ok(u))) if u.same_dimension(&parameter.unit) => number * u.factor_to(&parameter.unit).expect("same dimension"),
        Some((text, Ok(_))) => {
            let d = Diagnostic::error("model-unit", format!("`{name}` of `{}` is in {}, not in {text}", m.name, parameter.unit));
            return wrong(d.hint(format!("write it as \"{number} {}\"", parameter.unit)), &expected);
        }
        Some((_, Err(e))) => return wrong(Diagnostic::error("model-unit", e.to_string()), &expected),
    };
    match limits::must_be(m, parameter, value) {
        None => Ok(value),
        Some(must) => {
            let d = Diagnostic::error("model-limits", format!("`{name}` of `{}` cannot be {value} {}", m.name, parameter.unit));
            wrong(d.hint(must), "out of its limits")
        }
    }
}
