//! The equations of a group of cells as they stand, before any step: for every zone a kernel that gives the current into its compartments
//! and the derivatives of states, and one with their derivatives with respect to potential and states of the same compartment.
//!
//! What is assigned on the way and kept (an instantaneous gate, a concentration that follows from a state) is computed from states where
//! it is read. What is stepped without an equation has no derivative, and is refused by name.

use super::ions::{Inside, Moment};
use super::kernels::{begin, begin_elsewhere};
use super::{Arrangement, At, CableParts, Here, PER_AREA, Painted, diffusion, fields, geometry, unit, variables};
use crate::cell::Scheme;
use crate::compose::scope::Scope;
use crate::model::{Equations, Group, Launch, port};
use homolog_base::Unit;
use homolog_ir::mechanism::slope;
use homolog_ir::{Builder, Kernel, Role, Value, calculus, passes};

/// Makes the equations. States begin at time 0, whatever the scheme.
///
/// # Errors
/// What has no derivative, or hangs together otherwise than by equations: one sentence each.
pub fn equations(parts: &CableParts) -> Result<Equations, Vec<String>> {
    let mut cell = parts.cell.clone();
    cell.scheme.value = Scheme::Implicit;
    let parts = &CableParts { cell: &cell, ..parts.clone() };
    let a = Arrangement::new(parts);
    let mut group = Group::default();
    geometry::geometry(parts, &a, &mut group);
    group.fixed.extend(fields(parts, &a));
    let mut out = Equations { threshold: cell.spike.threshold.value, ..Equations::default() };
    let mut problems = Vec::new();
    for (zone, membrane) in a.zones.iter().map(|z| (z, true)).chain(a.points.iter().map(|z| (z, false))) {
        let here = Here { a: &a, group: &group, zone };
        match begin(parts, here) {
            Ok(launch) => out.initial.extend(launch),
            Err(e) => problems.extend(e),
        }
        match rates(parts, here, membrane) {
            Ok((rates, slopes)) => {
                out.rates.push(rates);
                out.slopes.push(slopes);
            }
            Err(e) => problems.extend(e),
        }
    }
    group.variables = variables(parts, &a);
    if let Err(e) = diffusion::diffusion(parts, &a, &mut group, 1.0) {
        problems.extend(e);
    }
    problems.sort();
    problems.dedup();
    if !problems.is_empty() {
        return Err(problems);
    }
    out.initial.extend(begin_elsewhere(parts, &a));
    out.initial.extend(diffusion::begin(&group));
    out.diffusion = group.diffusion;
    out.fixed = group.fixed;
    out.prepare = group.prepare;
    Ok(out)
}

/// What mechanisms keep that has no equation: name of the column, value.
type Following = Vec<(String, Unit, Value)>;

/// The equations of a zone, and their derivatives. `membrane`: whether it is the membrane itself, and not what stands at places of it.
fn rates(parts: &CableParts, here: Here, membrane: bool) -> Result<(Launch, Launch), Vec<String>> {
    let zone = here.zone;
    let mut b = Builder::new(format!("{}.{}.rates", parts.name, zone.name));
    let mut problems = Vec::new();
    let v = b.input("v", unit("mV"));
    let area = here.fixed(&mut b, geometry::AREA, "um2");
    let mut inside = Inside::new(&mut b, parts, zone, Moment::Rates);
    let scale = b.constant(PER_AREA);
    let scale = b.mul(scale, area);
    let one = b.constant(1.0);
    let per_area = inside.wants_currents().then(|| b.div(one, scale));
    let (mut of_area, mut of_points) = (b.constant(0.0), b.constant(0.0));
    let mut scopes = Vec::new();
    for p in zone.paints.iter().map(|k| &parts.painted[*k]) {
        let mut s = parts.painted_scope(&mut b, here, p, At { moment: Moment::Rates, dt: parts.dt, v, inside: &inside });
        s.read_states(&mut b);
        if let Err(why) = is_continuous(p) {
            problems.push(why);
            continue;
        }
        let before = follow(&mut b, &mut s, &mut inside);
        s.run(&mut b, &p.mechanism.breakpoint);
        inside.take(&mut b, &s, &p.mechanism.breakpoint);
        let point = p.mechanism.role == Role::Point;
        inside.add_currents(&mut b, &s, per_area.filter(|_| point));
        let sum = if point { &mut of_points } else { &mut of_area };
        for c in &p.mechanism.currents {
            *sum = b.add(*sum, s.known[&c.name]);
        }
        scopes.push((s, before));
    }
    let outward = b.mul(scale, of_area);
    let outward = b.add(outward, of_points);
    let inward = b.neg(outward);
    b.output(port::RIGHT, unit("nA"), inward);
    if membrane {
        let capacity = here.fixed(&mut b, geometry::CAPACITY, "nF");
        b.output(geometry::CAPACITY, unit("nF"), capacity);
    }
    let mut following: Following = inside.outcome();
    for (mut s, before) in scopes {
        inside.refresh(&mut s);
        let mechanism = s.mechanism;
        let kernel = mechanism.rates.as_ref().expect("just asked");
        let values = s.evaluate(&mut b, kernel);
        for ((port, _), value) in kernel.outputs.iter().zip(&values) {
            if let Some(state) = port.name.strip_suffix('\'') {
                b.output(&slope(&s.qualified(state)), port.unit, *value);
            }
        }
        for state in mechanism.states.iter().filter(|x| kernel.output(&slope(&x.name)).is_none()) {
            let now = kernel.output(&state.name).map(|k| values[k]);
            let name = s.qualified(&state.name);
            if let (Some(now), Some((.., then))) = (now, before.iter().find(|f| f.0 == name))
                && now != *then
            {
                problems.push(format!(
                    "`{}` cannot be solved by an adaptive step: `{}` depends on a current that depends on it",
                    mechanism.name, state.name
                ));
            }
            let value = now.or_else(|| mechanism.breakpoint.output(&state.name).map(|_| s.known[&state.name]));
            if let Some(value) = value.filter(|_| !following.iter().any(|f| f.0 == name)) {
                following.push((name, state.unit, value));
            }
        }
        problems.extend(s.problems());
    }
    for (name, unit, value) in &following {
        b.output(name, *unit, *value);
    }
    let kernel = passes::optimise(&passes::prune(&b.finish()));
    for (name, ..) in following.iter().filter(|f| kernel.input(&f.0).is_some()) {
        problems
            .push(format!("`{}` cannot be solved by an adaptive step: `{name}` is kept from step to step and has no equation", zone.name));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let slopes = slopes(&kernel);
    Ok((here.launch(kernel, Kernel::default()), here.launch(slopes, Kernel::default())))
}

/// Whether all that a mechanism does to its states are equations.
fn is_continuous(p: &Painted) -> Result<(), String> {
    let m = p.mechanism;
    let refused = |why: &str| Err(format!("`{}` cannot be solved by an adaptive step: {why}", m.name));
    let Some(rates) = &m.rates else { return refused("it is a whole neuron") };
    if rates.input(homolog_ir::ode::DT).is_some() || m.breakpoint.input(homolog_ir::ode::DT).is_some() {
        return refused("its states are stepped by `dt` without an equation");
    }
    for state in &m.states {
        let assigned = rates.output(&state.name).is_some();
        if assigned && rates.output(&slope(&state.name)).is_some() {
            return refused(&format!("`{}` has an equation and is assigned besides", state.name));
        }
    }
    Ok(())
}

/// Gives a mechanism what it keeps and has no equation for, from its states as they are.
fn follow(b: &mut Builder, s: &mut Scope, inside: &mut Inside) -> Following {
    let mechanism = s.mechanism;
    let kernel = mechanism.rates.as_ref().expect("just asked");
    let values = s.evaluate(b, kernel);
    let mut out = Vec::new();
    for state in &mechanism.states {
        let Some(k) = kernel.output(&state.name) else { continue };
        let name = s.qualified(&state.name);
        s.known.insert(state.name.clone(), values[k]);
        out.push((name, state.unit, values[k]));
    }
    inside.take(b, s, kernel);
    out
}

/// The derivatives of currents and slopes with respect to the potential and the states that have slopes: outputs `row|column`.
fn slopes(kernel: &Kernel) -> Kernel {
    let mut b = Builder::new(format!("{}.slopes", kernel.name));
    let values = b.inline(kernel, |_, _| None);
    let rows: Vec<(&str, Unit, Value)> = kernel
        .outputs
        .iter()
        .zip(values)
        .filter(|((p, _), _)| p.name == port::RIGHT || p.name.ends_with('\''))
        .map(|((p, _), v)| (p.name.as_str(), p.unit, v))
        .collect();
    let columns: Vec<_> = kernel
        .inputs
        .iter()
        .filter(|p| p.name == "v" || kernel.output(&slope(&p.name)).is_some())
        .map(|p| (p.clone(), b.input_port(p.clone())))
        .collect();
    let mut entries = Vec::new();
    for (row, u, f) in rows {
        for (column, x) in &columns {
            let d = calculus::derivative(&mut b, f, *x);
            if b.as_const(d) != Some(0.0) {
                entries.push((entry(row, &column.name), u / column.unit, d));
            }
        }
    }
    for (name, unit, d) in entries {
        b.output(&name, unit, d);
    }
    passes::optimise(&passes::prune(&b.finish()))
}

/// Name of a derivative among the outputs of [`Equations::slopes`].
fn entry(row: &str, column: &str) -> String {
    format!("{row}|{column}")
}
