//! Gap junctions: which places of which cells are in contact, and the kernel of a contact.
//!
//! A junction has two sides, and each side has the same mechanism: a POINT_PROCESS that reads its own potential and, by a POINTER, that
//! of the other side (`library/synapses/gap.mod`). Its current is linearised at the own potential, which is solved for; the other
//! one is that of the beginning of the step, as in NEURON's parallel transfer of gap potentials. Order 1 in the step.

use super::settings;
use super::wires;
use crate::compose::cable::tangent;
use crate::compose::scope::Scope;
use crate::library::Library;
use crate::model::{Contact, End, Group, port};
use crate::network::{Gap, GapEnd, Located, Network, Precision, Projection, Wiring};
use homolog_base::{Diagnostic, Unit};
use homolog_ir::{Builder, Kernel, Mechanism, Role, calculus, passes};
use std::collections::BTreeMap;

/// The contacts of one entry.
pub(super) fn contact(
    network: &Network,
    gap: &Gap,
    library: &Library,
    groups: &[Group],
    celsius: impl Fn(usize) -> f64,
    dt: f64,
    seed: u64,
) -> Result<Contact, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut side = |end: &GapEnd| side(network, groups, end).map_err(|d| problems.push(*d)).ok();
    let sides = [side(&gap.from), side(&gap.to)];
    let [Some((from, from_at)), Some((to, to_at))] = sides else { return Err(problems) };
    let name = format!("{}={}", gap.from.population.value, gap.to.population.value);
    let pairs = match pairs(network, gap, [&groups[from], &groups[to]], from == to, seed, &name) {
        Ok(p) => p,
        Err(d) => return Err(vec![*d]),
    };
    let mechanism = mechanism(network, gap, library).map_err(|d| vec![*d])?;
    let given = gap.parameters.iter().map(|(name, setting)| (name.as_str(), setting));
    let values = settings::read(mechanism, given, &|d, span, label| network.locate(d, span, label), &mut problems);
    if celsius(from).to_bits() != celsius(to).to_bits() {
        let text = format!("the cells of `{}` and `{}` have different temperatures", gap.from.population.value, gap.to.population.value);
        problems.push(network.locate(Diagnostic::error("model-gap", text), gap.span, "a junction has one"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let change = network.precision.as_ref().is_some_and(|p| p.value == Precision::Single);
    let kernel = kernel(&name, mechanism, &values, celsius(from), dt, change).map_err(|e| {
        let locate = |m: String| network.locate(Diagnostic::error("model-gap", m), gap.mechanism.span, "this mechanism");
        e.into_iter().map(locate).collect::<Vec<_>>()
    })?;
    let wrt: Vec<&str> = [OWN, OTHER].into_iter().filter(|n| kernel.input(n).is_some()).collect();
    let vjp = passes::prune(&passes::contract(&calculus::vjp(&kernel, &wrt, &[])));
    let end = |group: usize, at: &[usize], neuron: u32| {
        let copies = groups[group].copies();
        let (kind, copy) = (neuron as usize / copies, neuron as usize % copies);
        End { group, place: at[kind], copy }
    };
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for (a, b) in pairs {
        let (a, b) = (end(from, &from_at, a), end(to, &to_at, b));
        if a == b {
            let d = Diagnostic::error("model-gap", format!("neuron {} would be in contact with itself at one place", a.copy));
            return Err(vec![network.locate(d, gap.wiring.span, "this pair").hint("give the two sides different places")]);
        }
        own.extend([a, b]);
        other.extend([b, a]);
    }
    Ok(Contact { name, kernel, vjp, own, other })
}

/// The own potential, and that of the other side.
const OWN: &str = port::OWN;
const OTHER: &str = port::OTHER;

/// The population of a side, and for each of its kinds the compartment.
fn side(network: &Network, groups: &[Group], end: &GapEnd) -> Result<(usize, Vec<usize>), Box<Diagnostic>> {
    let at = |d: Diagnostic, l: &Located<String>, label: &str| Box::new(network.locate(d, l.span, label));
    let name = &end.population;
    let Some(g) = groups.iter().position(|g| g.name == name.value) else {
        let d = Diagnostic::error("model-unknown-population", format!("there is no population `{}`", name.value));
        return Err(at(d.suggest(name, groups.iter().map(|g| g.name.as_str())), name, "unknown population"));
    };
    let Some(anatomy) = &groups[g].anatomy else {
        let d = Diagnostic::error("model-gap", format!("`{}` is not made of cells, so it has no place for a junction", name.value));
        return Err(at(d.hint("exchange its neuron for a cell"), name, "no cells"));
    };
    let Some(branch) = &end.branch else { return Ok((g, anatomy.spike_at.clone())) };
    let places: Option<Vec<usize>> = (0..groups[g].kinds()).map(|kind| anatomy.at(kind, branch, end.position)).collect();
    places.map(|p| (g, p)).ok_or_else(|| {
        let d = Diagnostic::error("cell-unknown-branch", format!("a cell of `{}` has no branch `{}`", name.value, branch.value));
        at(d.suggest(branch, anatomy.compartments.iter().map(|c| c.0.as_str())), branch, "unknown branch")
    })
}

/// Which neurons are in contact. Within a population a pair is one junction, in whichever order.
fn pairs(
    network: &Network,
    gap: &Gap,
    [from, to]: [&Group; 2],
    same: bool,
    seed: u64,
    name: &str,
) -> Result<Vec<(u32, u32)>, Box<Diagnostic>> {
    let (a, b) = (gap.from.population.clone(), gap.to.population.clone());
    let projection = Projection { from: a, to: b, wiring: gap.wiring.clone(), ..Projection::default() };
    let graph = wires::graph(network, &projection, from.size, to.size, seed, name);
    let graph = graph.map_err(|text| {
        let d = network.locate(Diagnostic::error("model-shape", text), gap.wiring.span, "cannot be");
        Box::new(d.hint(format!("`{}` has {} neurons, `{}` {}, numbered from 0", from.name, from.size, to.name, to.size)))
    })?;
    if same && matches!(gap.wiring.value, Wiring::Table(_)) {
        // Tables of junctions name a pair in one order, in the other, or in both.
        let mut pairs: Vec<(u32, u32)> = graph.pairs().map(|(a, b)| (a.min(b), a.max(b))).collect();
        pairs.sort_unstable();
        pairs.dedup();
        return Ok(pairs);
    }
    let unordered = same && !matches!(gap.wiring.value, Wiring::OneToOne | Wiring::Shift(_) | Wiring::Pairs(_));
    Ok(graph.pairs().filter(|(a, b)| !unordered || a < b).collect())
}

fn mechanism<'a>(network: &Network, gap: &Gap, library: &'a Library) -> Result<&'a Mechanism, Box<Diagnostic>> {
    let word = &gap.mechanism;
    let points = || library.iter().filter(|m| m.role == Role::Point).map(|m| m.name.as_str());
    match library.get(word) {
        Some(m) if m.role == Role::Point => Ok(m),
        Some(m) => {
            let d = Diagnostic::error("cell-role", format!("`{}` is no POINT_PROCESS, so it cannot stand at a junction", m.name));
            Err(Box::new(network.locate(d, word.span, "expected a mechanism at a place").hint("the library's is `gap`")))
        }
        None => {
            let d = Diagnostic::error("cell-unknown-mechanism", format!("there is no mechanism `{}`", word.value));
            Err(Box::new(network.locate(d.suggest(word, points()), word.span, "unknown mechanism")))
        }
    }
}

/// From the two potentials to what a side adds to the equation of its compartment.
fn kernel(
    name: &str,
    mechanism: &Mechanism,
    values: &BTreeMap<String, f64>,
    celsius: f64,
    dt: f64,
    change: bool,
) -> Result<Kernel, Vec<String>> {
    let known = ["v", "t", "dt", "celsius", "area", "diam"];
    let other: Vec<_> = mechanism.reads.iter().filter(|p| !known.contains(&p.name.as_str())).collect();
    let mv = Unit::parse("mV").expect("a unit");
    let [pointer] = other[..] else {
        return Err(vec![format!("`{}` does not read one potential of another place by a POINTER", mechanism.name)]);
    };
    if pointer.unit.factor_to(&mv).is_none() {
        return Err(vec![format!("`{}` of `{}` is in {}, not a potential", pointer.name, mechanism.name, pointer.unit)]);
    }
    if !mechanism.states.is_empty() || mechanism.receive.is_some() || !mechanism.ions.is_empty() {
        return Err(vec![format!("`{}` has states, events or ions, which a junction cannot have yet", mechanism.name)]);
    }
    let mut b = Builder::new(name.to_string());
    let (own, far) = (b.input(OWN, mv), b.input(OTHER, mv));
    let mut s = Scope::new(&mut b, mechanism, "gap", dt, celsius, |b, q| b.constant(values.get(&q.name).copied().unwrap_or(q.default)));
    s.known.insert("v".into(), own);
    s.known.insert(pointer.name.clone(), far);
    s.run(&mut b, &mechanism.breakpoint);
    let mut i = b.constant(0.0);
    for c in &mechanism.currents {
        let x = s.known[&c.name];
        i = b.add(i, x);
    }
    let problems = s.problems();
    if !problems.is_empty() {
        return Err(problems);
    }
    let (g, j) = tangent(&mut b, i, own);
    let j = if change { b.neg(i) } else { j };
    b.output(port::DIAGONAL, Unit::parse("uS").expect("a unit"), g);
    b.output(port::RIGHT, Unit::parse("nA").expect("a unit"), j);
    Ok(passes::optimise(&b.finish()))
}
