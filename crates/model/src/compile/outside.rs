//! Potentials outside of cells, as sums over what is in them.
//!
//! What crosses the membrane of a compartment is what flows into it along the cell, and what an electrode brings into it: the axial
//! currents are differences of potentials after the step, times couplings. So the potential at an electrode is a linear function of the
//! potentials of all nodes and of the currents of electrodes inside (see `docs/methods/cable.md`).

use crate::compose::cable::INJECTED;
use crate::extracellular::per_nanoampere;
use crate::model::{Anatomy, Clamp, Group, Sum};
use crate::network::{Located, Network, RecordRule};
use crate::recordings::LFP;
use homolog_base::{Diagnostic, Unit};

/// Conductivity of grey matter, S/m (Goto et al. 2010, J. Neurophysiol. 104, 3388: 0.25 to 0.4 in rat barrel cortex).
const CONDUCTIVITY: f64 = 0.3;

/// Whether anything is recorded of a population for which its places in space and the currents of its electrodes are needed.
pub(super) fn watches(network: &Network, population: &str) -> bool {
    let wants = |r: &RecordRule| r.variable.value == LFP || r.variable.value.ends_with(INJECTED);
    network.recordings.iter().any(|r| r.population.value == population && wants(r))
}

/// The sums of all rules that record a potential outside of cells. What is no population of cells is for [`crate::recordings`] to say.
pub(super) fn sums(network: &Network, groups: &[Group], clamps: &[Clamp]) -> Result<Vec<Sum>, Vec<Diagnostic>> {
    let (mut out, mut problems): (Vec<Sum>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    for (rule, r) in network.recordings.iter().enumerate().filter(|(_, r)| r.variable.value == LFP) {
        let Some(g) = groups.iter().position(|g| g.name == r.population.value) else { continue };
        let Some(anatomy) = &groups[g].anatomy else { continue };
        if let Err(d) = possible(network, &groups[g], anatomy, r) {
            problems.push(*d);
            continue;
        }
        for (n, electrode) in r.electrodes.iter().enumerate() {
            if r.electrodes[..n].iter().any(|e| e.value == electrode.value) {
                let d = Diagnostic::error("model-duplicate", format!("an electrode is at {:?} um twice", electrode.value));
                problems.push(network.locate(d, electrode.span, "the second time").hint("remove one of the two"));
                continue;
            }
            for kind in 0..groups[g].kinds() {
                let sigma = r.conductivity.unwrap_or(CONDUCTIVITY);
                out.push(sum(&groups[g], anatomy, (g, kind, rule), electrode.value, sigma, clamps));
            }
        }
    }
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}

/// What keeps a potential outside of these cells from being known.
fn possible(network: &Network, group: &Group, anatomy: &Anatomy, r: &RecordRule) -> Result<(), Box<Diagnostic>> {
    let at = |text: String, l: &Located<String>, label: &str, hint: &str| {
        Box::new(network.locate(Diagnostic::error("model-lfp", text), l.span, label).hint(hint))
    };
    if r.electrodes.is_empty() {
        let hint = "say where it is, in the coordinates of the cell";
        return Err(at("this `lfp` does not say where its electrode is".into(), &r.variable, "without an electrode", hint));
    }
    if let Some(c) = anatomy.pieces.iter().position(Option::is_none) {
        let text = format!("`{}` does not say where in space its branch `{}` is", group.neuron, anatomy.compartments[c].0);
        let hint = "give its branches `points = [[distance, diameter, x, y, z], ...]` in um, or a morphology; a length has no place";
        return Err(at(text, &r.variable, "needs positions", hint));
    }
    if group.tree.as_ref().is_some_and(|t| t.couplings.is_none()) {
        let text = format!("the resistivity or the diameters of `{}` are learned, so what its currents count is not fixed", group.name);
        return Err(at(text, &r.variable, "not while these are learned", "learn something else, or remove this recording"));
    }
    if network.gaps.iter().any(|g| [&g.from, &g.to].iter().any(|e| e.population.value == group.name)) {
        let text = format!("`{}` has gap junctions, whose currents enter it without crossing its membrane", group.name);
        return Err(at(text, &r.variable, "not with gap junctions yet", "remove this recording, or the junctions"));
    }
    Ok(())
}

/// The potential at one electrode that neurons of one kind make.
fn sum(group: &Group, anatomy: &Anatomy, (g, kind, rule): (usize, usize, usize), electrode: [f64; 3], sigma: f64, clamps: &[Clamp]) -> Sum {
    let tree = group.tree.as_ref().expect("cells have a tree");
    let couplings = tree.couplings.as_ref().expect("just asked");
    let mut counts: Vec<f64> = anatomy
        .pieces
        .iter()
        .enumerate()
        .map(|(c, p)| if anatomy.kind_of(c) == kind { per_nanoampere(p.as_ref().expect("just asked"), electrode, sigma) } else { 0.0 })
        .collect();
    // Through a junction flows as much in as out, so whatever it counts is right; what its neighbour counts keeps numbers small.
    let mut own: Vec<bool> = (0..counts.len()).map(|c| anatomy.kind_of(c) == kind).collect();
    for node in tree.membrane..tree.parent.len() {
        let above = tree.parent[node].expect("a junction hangs on something") as usize;
        counts.push(counts[above]);
        own.push(own[above]);
    }
    let mut weights = vec![0.0; counts.len()];
    for (node, above) in tree.parent.iter().enumerate() {
        let Some(above) = above.map(|p| p as usize) else { continue };
        // From above flows g (v_above - v_node) into the node, and out of what is above.
        let x = couplings[node] * (counts[node] - counts[above]);
        weights[above] += x;
        weights[node] -= x;
    }
    let places = |v: &[f64]| v.iter().enumerate().filter(|(k, _)| own[*k]).map(|(k, x)| (k as u32, *x)).collect();
    let mut terms = vec![(tree.potential, places(&weights))];
    for (k, v) in group.variables.iter().enumerate().filter(|(_, v)| v.name.ends_with(INJECTED)) {
        let sites = anatomy.of_variable[k].iter().take(v.sites).enumerate();
        let here: Vec<(u32, f64)> = sites.filter(|(_, c)| own[**c as usize]).map(|(s, c)| (s as u32, counts[*c as usize])).collect();
        if !here.is_empty() {
            terms.push((k, here));
        }
    }
    let into = |c: &Clamp| c.group == g && anatomy.kind_of(c.site) == kind;
    let clamps = clamps.iter().enumerate().filter(|(_, c)| into(c)).map(|(k, c)| (k, counts[c.site])).collect();
    let [x, y, z] = electrode;
    Sum { name: format!("{LFP}({x} {y} {z})"), unit: Unit::parse("uV").expect("a unit"), group: g, kind, rule, terms, clamps }
}
