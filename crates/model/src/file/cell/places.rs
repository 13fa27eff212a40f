//! What depends on the place: conditions and parameters as expressions.

use super::super::walk::{Reader, Value, in_order};
use crate::cell::{Field, Quantity};
use crate::expression::Expression;
use crate::network::Located;
use homolog_base::{Span, Unit};
use std::collections::BTreeMap;
use toml::de::DeValue;

/// An expression that says if, or how much.
pub(super) fn expression(r: &mut Reader<'_>, key: &str, v: &Value<'_>, condition: bool) -> Option<Expression> {
    let text = r.text(key, v)?;
    let example = if condition { "distance > 200" } else { "3e-4*exp(-distance/500)" };
    match Expression::parse(&text) {
        Ok(e) if e.is_condition == condition => Some(e),
        Ok(_) => {
            let (is, wanted) = if condition { ("a number", "a condition") } else { ("a condition", "a number") };
            r.error("cell-expression", format!("`{key}` is {is}"), v.span(), format!("expected {wanted}")).hint =
                Some(format!("such as \"{example}\""));
            None
        }
        Err(m) => {
            // The very place, where the string stands in the text as it is.
            let whole: Span = v.span().into();
            let inside = whole.start + 1;
            let plain = r.source.text.get(inside..inside + text.len()) == Some(text.as_str());
            let span = if plain { Span::new(inside + m.at.start, inside + m.at.end.max(m.at.start + 1)) } else { whole };
            r.error("cell-expression", format!("`{key}`: {}", m.message), span, m.expected).hint = Some(format!("such as \"{example}\""));
            None
        }
    }
}

/// `{ gnabar = "0.12 S/cm2", gl = { value = "3e-4*exp(-distance/500)", unit = "S/cm2" } }`.
pub(super) fn parameters(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<(BTreeMap<String, Quantity>, BTreeMap<String, Field>)> {
    let DeValue::Table(table) = v.get_ref() else {
        // Says what a table would look like.
        r.quantities(key, v);
        return None;
    };
    let (mut numbers, mut fields) = (BTreeMap::new(), BTreeMap::new());
    for (name, v) in in_order(table) {
        if matches!(v.get_ref(), DeValue::Table(_)) {
            if let Some(f) = field(r, &name, v) {
                fields.insert(name.value, f);
            }
        } else if let Some(x) = r.quantity(&name, v) {
            numbers.insert(name.value, Located::new(x, v.span()));
        }
    }
    Some((numbers, fields))
}

fn field(r: &mut Reader<'_>, name: &str, v: &Value<'_>) -> Option<Field> {
    let s = r.section(name, v, &["value", "unit"])?;
    let value = r.required(&s, "value", "\"3e-4*exp(-distance/500)\"", |r, k, v| expression(r, k, v, false));
    let unit = r.optional(&s, "unit", |r, k, v| {
        let text = r.text(k, v)?;
        match Unit::parse(&text) {
            Ok(_) => Some(text),
            Err(e) => {
                r.error("model-unit", e.to_string(), v.span(), "expected a unit, such as \"S/cm2\"");
                None
            }
        }
    });
    Some(Field { value: value?, unit: unit.map(|u| u.value) })
}
