//! A cell as TOML.

use super::super::write::{key, list, number, quantity, quoted, table};
use crate::cell::{Branch, Cell, CellReadout, Discretisation, Field, Placed, Scheme};
use crate::network::Located;

/// The file of a cell: reading it gives the same cell, spans and source apart. Its branches are written out, also where they came
/// from a morphology.
pub fn write_cell(cell: &Cell) -> String {
    let mut lines = vec![format!("title = {}", quoted(&cell.title)), format!("description = {}", quoted(&cell.description))];
    let mut line = |k: &str, v: String| lines.push(if v.is_empty() { k.to_string() } else { format!("{k} = {v}") });
    let with = |x: f64, unit: &str| quoted(&format!("{x:?} {unit}"));

    line("\n[membrane]", String::new());
    line("capacitance", with(cell.capacitance.value, "uF/cm2"));
    if !cell.capacitances.is_empty() {
        line("capacitances", table(cell.capacitances.iter().map(|(region, c)| (key(region), with(c.value, "uF/cm2")))));
    }
    line("resistivity", with(cell.resistivity.value, "ohm-cm"));
    line("initial", with(cell.initial.value, "mV"));
    line("temperature", with(cell.celsius.value, "degC"));
    line("\n[ions]", String::new());
    for (name, x) in &cell.reversals {
        line(&key(name), with(x.value, "mV"));
    }
    for (name, x) in &cell.concentrations {
        line(&key(name), with(x.value, "mM"));
    }
    for b in &cell.branches {
        line(&format!("\n[branch.{}]", key(&b.name)), String::new());
        if let Some(p) = b.parent {
            line("parent", quoted(&cell.branches[p].name));
        }
        if let Some(at) = &b.at {
            line("at", number(at.value));
        }
        for (k, v) in shape(b) {
            line(k, v);
        }
        line("region", quoted(&b.region));
        if let Some(n) = &b.compartments {
            line("compartments", n.value.to_string());
        }
    }
    line("\n[discretisation]", String::new());
    match cell.discretisation.value {
        Discretisation::DLambda(x) => line("d-lambda", number(x)),
        Discretisation::Neuron(x) => line("neuron", number(x)),
        Discretisation::NeuronLength(x) => line("neuron-length", with(x, "um")),
        Discretisation::MaxLength(x) => line("max-length", with(x, "um")),
        Discretisation::PerBranch(n) => line("per-branch", n.to_string()),
    }
    let names = |all: &[Located<String>]| list(all.iter().map(|n| quoted(n)));
    for p in &cell.paints {
        line("\n[[paint]]", String::new());
        line("mechanism", quoted(&p.mechanism));
        if !p.regions.is_empty() {
            line("regions", names(&p.regions));
        }
        if let Some(condition) = &p.condition {
            line("where", quoted(&condition.text));
        }
        let field = |f: &Field| {
            let unit = f.unit.iter().map(|u| ("unit".to_string(), quoted(u)));
            table([("value".to_string(), quoted(&f.value.text))].into_iter().chain(unit))
        };
        if !p.parameters.is_empty() || !p.fields.is_empty() {
            let numbers = p.parameters.iter().map(|(k, v)| (key(k), quantity(&v.value)));
            line("parameters", table(numbers.chain(p.fields.iter().map(|(k, f)| (key(k), field(f))))));
        }
    }
    for p in &cell.placements {
        line("\n[[place]]", String::new());
        line("mechanism", quoted(&p.mechanism));
        if let Some(name) = &p.name {
            line("name", quoted(name));
        }
        line("branch", quoted(&p.branch));
        line("position", number(p.position));
        if !p.parameters.is_empty() {
            line("parameters", table(p.parameters.iter().map(|(k, v)| (key(k), quantity(&v.value)))));
        }
    }
    let receptors: [(&str, &Option<Placed>); 2] = [("positive", &cell.positive), ("negative", &cell.negative)];
    for (name, p) in receptors.into_iter().filter_map(|(name, p)| Some((name, p.as_ref()?))) {
        let written = |x: f64, unit: &Option<homolog_base::Unit>| quantity(&(x, unit.map(|u| u.to_string())));
        line(&format!("\n[{name}]"), String::new());
        line("mechanism", quoted(&p.receptor.mechanism));
        if !p.regions.is_empty() {
            line("regions", names(&p.regions));
        }
        if let Some((branch, position)) = &p.place {
            line("branch", quoted(branch));
            line("position", number(*position));
        }
        if !p.receptor.parameters.is_empty() {
            line("parameters", table(p.receptor.parameters.iter().map(|(k, x, unit)| (key(k), written(*x, unit)))));
        }
        line("weight", written(p.receptor.weight.0, &p.receptor.weight.1));
    }
    if let Some(b) = &cell.bias {
        line("\n[bias]", String::new());
        line("branch", quoted(&b.branch));
        line("size", with(b.size, "nA"));
    }
    line("\n[spike]", String::new());
    line("branch", quoted(&cell.spike.branch));
    line("threshold", with(cell.spike.threshold.value, "mV"));
    let surrogate = cell.spike.surrogate;
    line("surrogate", table([("shape".to_string(), quoted(surrogate.shape.name())), ("width".to_string(), with(surrogate.width, "mV"))]));
    line("\n[time]", String::new());
    line("step", with(cell.step.value, "ms"));
    line("presentation", with(cell.presentation.value, "ms"));
    line("settle", with(cell.settle.value, "ms"));
    line("delay", with(cell.delay.value, "ms"));
    line(
        "scheme",
        quoted(match cell.scheme.value {
            Scheme::Implicit => "implicit",
            Scheme::SecondOrder => "second-order",
        }),
    );
    line("\n[interface]", String::new());
    // In Hz where that is the same number when it is read again.
    let hertz = cell.rate.value * 1000.0;
    line("rate", if hertz / 1000.0 == cell.rate.value { with(hertz, "Hz") } else { with(cell.rate.value, "/ms") });
    line(
        "readout",
        match cell.readout.value {
            CellReadout::Count => quoted("count"),
            CellReadout::Potential => quoted("potential"),
            CellReadout::Filtered(t) => table([("filtered".to_string(), with(t, "ms"))]),
        },
    );
    line("readout-scale", number(cell.readout_scale));
    if let Some(activity) = &cell.activity {
        line("activity", number(activity.value));
    }
    lines.join("\n") + "\n"
}

/// Length and diameter, or all points where they say more.
fn shape(b: &Branch) -> Vec<(&'static str, String)> {
    let um = |x: f64| quoted(&format!("{x:?} um"));
    if let [first, last] = &b.points[..]
        && first.position.is_none()
        && last.position.is_none()
        && last.diameter > 0.0
    {
        let (a, z) = (first.diameter, last.diameter);
        return vec![("length", um(last.along)), ("diameter", if a == z { um(a) } else { list([um(a), um(z)]) })];
    }
    let row = |p: &crate::cell::Point| {
        let position = p.position.iter().flatten();
        list([p.along, p.diameter].iter().chain(position).map(|x| number(*x)))
    };
    vec![("points", list(b.points.iter().map(row)))]
}
