//! A steady current into one end of a cable, against theory; and a synapse on a dendrite, seen where it is and at the soma.

use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::{Lab, greatest};
use crate::settings::{Form, Key};
use homolog_base::{Diagnostic, math};

/// See the module.
pub const KIND: Kind = Kind {
    name: "attenuation",
    about: "compares a cable in the steady state with theory, and moves a synapse along a dendrite",
    keys: &[
        Key { name: "cable", form: Form::Model, about: "a model of one branch with a current into its beginning and a sealed end" },
        Key { name: "along", form: Form::Places, about: "places on that branch: first where the current enters, last the sealed end" },
        Key { name: "leak", form: Form::Word, about: "the parameter that is its conductance per area: `pas.g`" },
        Key { name: "neuron", form: Form::Model, about: "a model of a cell with a synapse that stands at a place" },
        Key { name: "synapse", form: Form::Word, about: "what the synapse is called in the cell" },
        Key { name: "sites", form: Form::Places, about: "where the synapse is put, from the soma outwards, on one branch" },
        Key { name: "soma", form: Form::Place, about: "where the cell is seen besides" },
    ],
    quantities: &[
        Quantity {
            name: "off-theory",
            unit: "%",
            en: "greatest relative difference from the analytic cable",
            zh: "与解析电缆解的最大相对偏差",
        },
        Quantity {
            name: "attenuation",
            unit: "1",
            en: "potential where the current enters, over that at the sealed end",
            zh: "电流注入处与封闭端的电位之比",
        },
        Quantity {
            name: "theory",
            unit: "1",
            en: "the same by theory: cosh of the length in length constants",
            zh: "理论值：以长度常数计的长度的 cosh",
        },
        Quantity { name: "local", unit: "mV", en: "depolarisation at the outermost synapse", zh: "最远突触处的去极化" },
        Quantity { name: "soma", unit: "mV", en: "depolarisation of the soma by it", zh: "由此引起的胞体去极化" },
        Quantity { name: "near-local", unit: "mV", en: "depolarisation at the innermost synapse", zh: "最近突触处的去极化" },
        Quantity {
            name: "near-soma", unit: "mV", en: "depolarisation of the soma by that", zh: "由此引起的胞体去极化（最近突触）"
        },
    ],
    figures: &["cable", "traces", "sites"],
    chance: false,
    alone: false,
    run,
};

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let steady = cable(lab)?;
    let moved = synapse(lab)?;
    lab.progress(1.0);
    Ok(Found {
        numbers: steady.numbers.into_iter().chain(moved.numbers).collect(),
        figures: steady.figures.into_iter().chain(moved.figures).collect(),
        ..Found::default()
    })
}

fn cosh(x: f64) -> f64 {
    0.5 * (math::exp(x) + math::exp(-x))
}

fn cable(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let bench = lab.bench("cable");
    let seen = lab.potentials(&bench, &["along"])?;
    let leak = bench.found(lab.settings.word("leak"), "S/cm2")?;
    let (cell, places) = (bench.cell()?, lab.settings.places("along"));
    let Some(branch) = cell.branches.iter().find(|b| b.name.value == places[0].0) else {
        return Err(lab.wrong("along", format!("the cell has no branch `{}`", places[0].0)));
    };
    if places.iter().any(|p| p.0 != branch.name.value) {
        return Err(lab.wrong("along", "these places must be on one branch"));
    }
    let diameter = branch.points[0].diameter;
    if branch.points.iter().any(|p| p.diameter != diameter) {
        return Err(lab.wrong("along", format!("`{}` is not equally thick everywhere, and theory has no such cable", branch.name.value)));
    }
    let diameter = diameter * 1e-4;
    // cm, as ohm cm and S/cm2 are.
    let constant = (diameter / (4.0 * cell.resistivity.value * leak)).sqrt();
    let middles = &seen.middles;
    let length = branch.length() * 1e-4 / constant;
    let above: Vec<f64> = seen.traces.iter().map(|v| v[v.len() - 1] - seen.rest).collect();
    let theory: Vec<f64> = middles.iter().map(|x| cosh(length * (1.0 - x)) / cosh(length * (1.0 - middles[0]))).collect();
    let off = greatest(above.iter().zip(&theory).map(|(v, t)| (v / above[0] / t - 1.0).abs()));
    let x = |k: usize| middles[k] * branch.length();
    let line = |y: &dyn Fn(usize) -> f64| (0..places.len()).map(|k| (x(k), y(k))).collect();
    let last = above.len() - 1;
    Ok(Found {
        numbers: vec![("off-theory", off), ("attenuation", above[0] / above[last]), ("theory", 1.0 / theory[last])],
        figures: vec![Panel::new(
            "cable",
            "x, µm",
            "mV",
            vec![Curve::both("measured", "测得", line(&|k| above[k])), Curve::both("cosh", "cosh", line(&|k| above[0] * theory[k]))],
        )],
        ..Found::default()
    })
}

fn synapse(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let sites = lab.settings.places("sites").to_vec();
    let name = lab.settings.word("synapse").to_string();
    let (mut locals, mut somas, mut traces) = (vec![], vec![], vec![]);
    for (k, (branch, position)) in sites.iter().enumerate() {
        let mut bench = lab.bench("neuron");
        bench.put(&name, (branch, *position))?;
        let seen = lab.potentials(&bench, &["sites", "soma"])?;
        let length = bench.cell()?.branches.iter().find(|b| b.name.value == *branch).map_or(1.0, homolog_model::cell::Branch::length);
        locals.push((seen.middles[k] * length, seen.rise(k)));
        somas.push((seen.middles[k] * length, seen.rise(sites.len())));
        if k + 1 == sites.len() {
            traces = vec![
                Curve::both("at the synapse", "突触处", seen.points(k, 600)),
                Curve::both("soma", "胞体", seen.points(sites.len(), 600)),
            ];
        }
        lab.progress((k + 1) as f64 / sites.len() as f64);
    }
    let last = sites.len() - 1;
    Ok(Found {
        numbers: vec![("local", locals[last].1), ("soma", somas[last].1), ("near-local", locals[0].1), ("near-soma", somas[0].1)],
        figures: vec![
            Panel::new("traces", "t, ms", "mV", traces),
            Panel::new("sites", "x, µm", "mV", vec![Curve::both("at the synapse", "突触处", locals), Curve::both("soma", "胞体", somas)]),
        ],
        ..Found::default()
    })
}
