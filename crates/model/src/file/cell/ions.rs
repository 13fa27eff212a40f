//! `[ions]`: reversal potentials and concentrations, by the names that mechanisms read.

use super::super::walk::{ANY, CONCENTRATION, POSITIVE, POTENTIAL, Reader, Section, in_order, kind};
use crate::network::Located;
use std::collections::BTreeMap;
use toml::de::DeValue;

/// Reversal potentials where a cell gives none, mV: what NEURON takes.
pub(super) const REVERSALS: [(&str, f64); 3] = [("ena", 50.0), ("ek", -77.0), ("eca", 132.4579)];
/// Concentrations where a cell gives none, mM: what NEURON takes.
pub(super) fn concentrations() -> impl Iterator<Item = (String, f64)> {
    homolog_ir::ions::KNOWN.iter().flat_map(|i| [(format!("{}i", i.name), i.inside), (format!("{}o", i.name), i.outside)])
}

type Numbers = BTreeMap<String, Located<f64>>;

/// Reversal potentials, mV, and concentrations, mM.
pub(super) fn read(r: &mut Reader<'_>, root: &Section<'_, '_>) -> (Numbers, Numbers) {
    let mut reversals: Numbers = REVERSALS.iter().map(|(k, x)| ((*k).to_string(), (*x).into())).collect();
    let mut concentrations: Numbers = concentrations().map(|(k, x)| (k, x.into())).collect();
    let Some(v) = root.get("ions") else { return (reversals, concentrations) };
    let DeValue::Table(table) = v.get_ref() else {
        r.error("model-wrong-type", "`ions` must be a table", v.span(), format!("expected a table, found {}", kind(v.get_ref()))).hint =
            Some("write it as `ions = { ena = \"50 mV\" }`".into());
        return (reversals, concentrations);
    };
    let named = |ion: &str| !ion.is_empty() && ion.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    for (key, v) in in_order(table) {
        if key.strip_prefix('e').is_some_and(named) {
            if let Some(x) = r.physical(&key, v, POTENTIAL, ANY) {
                reversals.insert(key.value, Located::new(x, v.span()));
            }
        } else if key.strip_suffix(['i', 'o']).is_some_and(named) {
            if let Some(x) = r.physical(&key, v, CONCENTRATION, POSITIVE) {
                concentrations.insert(key.value, Located::new(x, v.span()));
            }
        } else {
            let d = r.error(
                "cell-ion",
                format!("`{}` is no reversal potential and no concentration", key.value),
                key.span,
                "expected `e` and the name of an ion, such as `ena`, or that name and `i` or `o`, such as `cai`",
            );
            let known = REVERSALS.iter().map(|x| x.0).chain(concentrations.keys().map(String::as_str));
            *d = d.clone().suggest(&key, known);
        }
    }
    (reversals, concentrations)
}
