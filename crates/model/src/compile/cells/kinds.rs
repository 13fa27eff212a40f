//! Several kinds of cells in one population: what they must agree in, and how they become one cell with several roots.
//!
//! Everything that a compartment has is its own; what a neuron says to the network (how strong a weight is, how long an input is shown)
//! belongs to the population, so all its kinds must say the same.

use super::Held;
use crate::cell::Cell;
use crate::compose::cable::Painted;
use crate::discretise::{Above, Cut};
use crate::network::{Network, Population};
use homolog_base::Diagnostic;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// What keeps these cells from being one population of this size.
pub(super) fn disagree(network: &Network, population: &Population, cells: &[Cell]) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let (kinds, size) = (cells.len(), &population.size);
    if !size.value.is_multiple_of(kinds) {
        let d = Diagnostic::error("model-kinds", format!("{} neurons cannot be of {kinds} kinds, equally many of each", size.value));
        let fewer = size.value / kinds * kinds;
        let d = d.hint(format!("{} neurons could, or {}", fewer.max(kinds), fewer + kinds));
        out.push(network.locate(d, size.span, "no multiple of the number of kinds"));
    }
    let first = &cells[0];
    for (other, word) in cells[1..].iter().zip(&population.others) {
        for ((what, _), _) in said(first).iter().zip(&said(other)).filter(|(own, other)| own != other) {
            let text = format!("`{}` and `{}` differ in {what}, of which a population has one", first.name, other.name);
            let d = network.locate(Diagnostic::error("model-kinds", text), word.span, "differs from the first");
            out.push(d.hint("make them two populations, or give both the same"));
        }
    }
    out
}

/// What a population has once, by name, in a form that can be compared.
fn said(c: &Cell) -> Vec<(&'static str, String)> {
    fn text(x: impl Debug) -> String {
        format!("{x:?}")
    }
    let receptor = |p: &Option<crate::cell::Placed>| {
        text(p.as_ref().map(|p| {
            let mut parameters: Vec<_> = p.receptor.parameters.iter().map(|(n, x, u)| (n, x.to_bits(), u)).collect();
            parameters.sort_by_key(|p| p.0);
            (&p.receptor.mechanism, &p.receptor.weight, text(parameters))
        }))
    };
    let regions = |m: &BTreeMap<String, crate::network::Located<f64>>| text(m.iter().map(|(k, x)| (k, x.value)).collect::<Vec<_>>());
    vec![
        ("capacitance", text(c.capacitance.value)),
        ("capacitances", regions(&c.capacitances)),
        ("resistivity", text(c.resistivity.value)),
        ("the initial potential", text(c.initial.value)),
        ("temperature", text(c.celsius.value)),
        ("reversal potentials", regions(&c.reversals)),
        ("concentrations", regions(&c.concentrations)),
        ("the size of a bias", text(c.bias.as_ref().map(|b| b.size))),
        ("the rate of a value of 1", text(c.rate.value)),
        ("the threshold of a spike", text(c.spike.threshold.value)),
        ("the surrogate derivative", text(c.spike.surrogate)),
        ("the scheme", text(c.scheme.value)),
        ("the presentation", text(c.presentation.value)),
        ("the settling time", text(c.settle.value)),
        ("the step", text(c.step.value)),
        ("the delay", text(c.delay.value)),
        ("the readout", text(c.readout.value)),
        ("the scale of the readout", text(c.readout_scale)),
        ("the activity", text(c.activity.as_ref().map(|a| a.value))),
        ("the receptor for positive weights", receptor(&c.positive)),
        ("the receptor for negative weights", receptor(&c.negative)),
    ]
}

/// One cell of several kinds, each with a root of its own, one after the other.
pub(super) fn join(mut all: Vec<Held<'_>>) -> Held<'_> {
    if all.len() == 1 {
        return all.remove(0);
    }
    let total: usize = all.iter().map(|h| h.cut.compartments.len()).sum();
    let mut kinds = all.into_iter();
    let mut out = kinds.next().expect("a population has a kind");
    let n = out.cut.compartments.len();
    out.kind = vec![0; n];
    let widen = |at: &mut Vec<bool>| at.resize(total, false);
    out.painted.iter_mut().for_each(|p| {
        widen(&mut p.at);
        p.fields.values_mut().for_each(|f| f.resize(total, 0.0));
    });
    out.receptors.iter_mut().flatten().for_each(|r| widen(&mut r.at));
    for (k, other) in kinds.enumerate() {
        let (branches, from) = (out.cell.branches.len(), out.cut.compartments.len());
        out.cell.branches.extend(other.cell.branches.into_iter().map(|mut b| {
            b.parent = b.parent.map(|p| p + branches);
            b
        }));
        out.kind.resize(from + other.cut.compartments.len(), k as u32 + 1);
        out.spike_at.extend(other.spike_at.iter().map(|c| c + from));
        out.bias_at.extend(other.bias_at.iter().map(|c| c + from));
        append(&mut out.cut, other.cut, branches);
        other.painted.into_iter().for_each(|p| paint(&mut out.painted, p, from, total));
        for (own, other) in out.receptors.iter_mut().zip(other.receptors) {
            if let (Some(own), Some(other)) = (own, other) {
                own.at[from..from + other.at.len()].copy_from_slice(&other.at);
            }
        }
    }
    out
}

fn append(out: &mut Cut, other: Cut, branches: usize) {
    let (from, junctions) = (out.compartments.len(), out.junctions.len());
    out.compartments.extend(other.compartments.into_iter().map(|mut c| {
        c.branch += branches;
        c
    }));
    out.above.extend(other.above.into_iter().map(|a| match a {
        Above::Nothing => a,
        Above::EndOf(c) => Above::EndOf(c + from),
        Above::MiddleOf(c) => Above::MiddleOf(c + from),
        Above::Junction(j) => Above::Junction(j + junctions),
    }));
    out.junctions.extend(other.junctions.into_iter().map(|j| j.shifted(from)));
    // The first compartment of what follows is one beyond the last of what was there.
    out.first.pop();
    out.first.extend(other.first.into_iter().map(|c| c + from));
}

/// Adds what one kind holds from compartment `from` on: to what another holds that is the same, so that both run in one program.
fn paint<'a>(all: &mut Vec<Painted<'a>>, other: Painted<'a>, from: usize, total: usize) {
    let same = |p: &&mut Painted| {
        p.mechanism.name == other.mechanism.name
            && p.prefix == other.prefix
            && p.values == other.values
            && p.fields.keys().eq(other.fields.keys())
            && !p.at[from..].contains(&true)
    };
    match all.iter_mut().find(same) {
        Some(p) => {
            p.at[from..from + other.at.len()].copy_from_slice(&other.at);
            for (name, values) in other.fields {
                let own = p.fields.get_mut(&name).expect("the same names");
                own[from..from + values.len()].copy_from_slice(&values);
            }
        }
        None => {
            let place = |at: &[bool]| {
                let mut all = vec![false; total];
                all[from..from + at.len()].copy_from_slice(at);
                all
            };
            let fields = other.fields.into_iter().map(|(name, values)| {
                let mut all = vec![0.0; total];
                all[from..from + values.len()].copy_from_slice(&values);
                (name, all)
            });
            all.push(Painted { at: place(&other.at), fields: fields.collect(), ..other });
        }
    }
}
