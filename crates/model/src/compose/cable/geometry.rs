//! Areas, capacitances and couplings: numbers where they are given, kernels where something of them is learned.
//!
//! A learned diameter `D` stands for a compartment whose diameters are all scaled alike, from the `D0` of its file: the area goes like
//! `D / D0`, the resistances inside like `(D0 / D)^2`. Exact for cylinders.

use super::{Arrangement, CableParts, unit};
use crate::cell::Scheme;
use crate::discretise::{Above, Compartment, Joint};
use crate::model::{Fixed, Group, Launch, Tree, port};
use homolog_ir::{Builder, Value, calculus};

/// Side area of each compartment, um2.
pub const AREA: &str = "area";
/// Diameter of each compartment, um, as its file gives it.
pub const DIAM: &str = "diam";
/// Length of each compartment, um.
pub const LENGTH: &str = "length";
/// Capacitance of each compartment, nF.
pub const CAPACITY: &str = "capacity";
/// Learned: specific capacitance, uF/cm2.
pub const CAPACITANCE: &str = "capacitance";
/// Learned: resistivity of the cytoplasm, ohm cm.
pub const RESISTIVITY: &str = "resistivity";
/// Learned: diameter, um.
pub const DIAMETER: &str = "diameter";
const AREA_PER_DIAMETER: &str = "area.per.diameter";
/// uF/cm2 times um2 in nF.
const PER_AREA: f64 = 1e-5;

/// Gives the group its tree and the columns of its geometry.
pub fn geometry(parts: &CableParts, a: &Arrangement, group: &mut Group) {
    let (c, r, d) = (parts.learns(CAPACITANCE), parts.learns(RESISTIVITY), parts.learns(DIAMETER));
    let compartments = || a.order.iter().map(|&k| &parts.cut.compartments[k]);
    let column = |name: &str, values: Option<Vec<f64>>| Fixed { name: name.into(), sites: a.membrane(), values };
    let specific = |x: &Compartment| parts.cell.capacitance_of(x.branch);
    let varies = !parts.cell.capacitances.is_empty();
    group.fixed.push(column(AREA, (!d).then(|| compartments().map(|x| x.area).collect())));
    group.fixed.push(column(CAPACITY, (!c && !d).then(|| compartments().map(|x| x.area * specific(x) * PER_AREA).collect())));
    group.fixed.push(column(DIAM, Some(compartments().map(Compartment::diameter).collect())));
    group.fixed.push(column(LENGTH, Some(compartments().map(|x| x.length).collect())));
    if d {
        group.fixed.push(column(AREA_PER_DIAMETER, Some(compartments().map(|x| x.area / x.diameter()).collect())));
    }
    if d && varies && !c {
        group.fixed.push(column(CAPACITANCE, Some(compartments().map(specific).collect())));
    }
    if c || d {
        let mut b = Builder::new(format!("{}.geometry", parts.name));
        let area = if d {
            let diameter = b.input(DIAMETER, unit("um"));
            let per = b.input(AREA_PER_DIAMETER, unit("um"));
            let area = b.mul(per, diameter);
            b.output(AREA, unit("um2"), area);
            area
        } else {
            b.input(AREA, unit("um2"))
        };
        let specific = if c || varies { b.input(CAPACITANCE, unit("uF/cm2")) } else { b.constant(parts.cell.capacitance.value) };
        let scale = b.constant(PER_AREA);
        let scaled = b.mul(scale, area);
        let capacity = b.mul(specific, scaled);
        b.output(CAPACITY, unit("nF"), capacity);
        group.prepare.push(learned_launch(b, a.membrane(), vec![]));
    }
    let mut couplings = vec![0.0; a.nodes()];
    for (node, coupling) in couplings.iter_mut().enumerate() {
        let Some(edge) = edge(parts, a, node) else { continue };
        if r || d {
            group.prepare.push(coupling_launch(parts, node, &edge, r, d));
        } else {
            let side = |s: &Option<Side>| s.as_ref().map_or(0.0, |s| s.resistance * parts.cell.resistivity.value);
            *coupling = 1.0 / (side(&edge[0]) + side(&edge[1]));
        }
    }
    if r || d {
        group.fixed.push(Fixed { name: port::COUPLING.into(), sites: a.nodes(), values: None });
    }
    group.tree = Some(Tree {
        parent: a.parent.clone(),
        membrane: a.membrane(),
        couplings: (!(r || d)).then_some(couplings),
        extrapolate: parts.cell.scheme.value == Scheme::SecondOrder,
        potential: 0,
    });
}

/// One end of a coupling: a compartment, and the resistance from its middle for 1 ohm cm.
pub(super) struct Side {
    /// The compartment in memory.
    pub at: usize,
    resistance: f64,
    diameter: f64,
}

/// The two sides of the coupling between a node and what it hangs on, of all that flows along branches; junctions have no resistance of their
/// own.
pub(super) fn edge(parts: &CableParts, a: &Arrangement, node: usize) -> Option<[Option<Side>; 2]> {
    let side = |c: usize, towards: bool| {
        let x = &parts.cut.compartments[c];
        Some(Side { at: a.memory[c], resistance: if towards { x.towards } else { x.away }, diameter: x.diameter() })
    };
    if node >= a.membrane() {
        let joint = parts.cut.junctions[a.junctions[node - a.membrane()]];
        return Some([None, side(joint.compartment(), matches!(joint, Joint::Beginning(_)))]);
    }
    let c = a.order[node];
    match parts.cut.above[c] {
        Above::Nothing => None,
        Above::EndOf(p) => Some([side(c, true), side(p, false)]),
        // Nothing lies between a middle, or a junction, and what begins there.
        Above::MiddleOf(_) | Above::Junction(_) => Some([side(c, true), None]),
    }
}

fn coupling_launch(parts: &CableParts, node: usize, edge: &[Option<Side>; 2], r: bool, d: bool) -> Launch {
    let mut b = Builder::new(format!("{}.coupling", parts.name));
    let mut first = vec![(port::COUPLING.to_string(), node)];
    let mut sum = b.constant(0.0);
    for (side, prefix) in edge.iter().zip(["", "parent."]) {
        let Some(side) = side else { continue };
        let mut port = |b: &mut Builder, name: &str, u: &str| -> Value {
            let name = format!("{prefix}{name}");
            let v = b.input(&name, unit(u));
            first.push((name, side.at));
            v
        };
        let resistivity = if r { port(&mut b, RESISTIVITY, "ohm-cm") } else { b.constant(parts.cell.resistivity.value) };
        let resistance = if d {
            let diameter = port(&mut b, DIAMETER, "um");
            let scale = b.constant(side.resistance * side.diameter * side.diameter);
            let square = b.mul(diameter, diameter);
            b.div(scale, square)
        } else {
            b.constant(side.resistance)
        };
        let part = b.mul(resistivity, resistance);
        sum = b.add(sum, part);
    }
    let one = b.constant(1.0);
    let g = b.div(one, sum);
    b.output(port::COUPLING, unit("uS"), g);
    learned_launch(b, 1, first)
}

/// A kernel of the geometry with its vector-Jacobian product with respect to what is learned.
fn learned_launch(b: Builder, sites: usize, first: Vec<(String, usize)>) -> Launch {
    let kernel = b.finish();
    let learned = |n: &&str| {
        let n = n.strip_prefix("parent.").unwrap_or(n);
        [CAPACITANCE, RESISTIVITY, DIAMETER].contains(&n)
    };
    let wrt: Vec<&str> = kernel.inputs.iter().map(|p| p.name.as_str()).filter(learned).collect();
    let vjp = super::finish_vjp(calculus::vjp(&kernel, &wrt, &wrt));
    Launch { kernel, vjp, sites, first }
}
