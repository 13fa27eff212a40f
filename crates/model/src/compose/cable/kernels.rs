//! The kernels of a zone: currents, states, their beginning; and those of what is outside of the membrane.

use super::ions::{Inside, Moment};
use super::zones::Arrangement;
use super::{ARRIVE, At, CHARGE, CableParts, Here, METERED, PER_AREA, Painted, geometry, unit};
use crate::cell::Scheme;
use crate::compose::interpolated::{share, within};
use crate::compose::scope::Scope;
use crate::compose::{ABOVE, BEFORE, COUNT, GATHERED, drop_unchanged, finish_vjp, not_linear};
use crate::model::{Launch, Variable, port};
use homolog_base::Unit;
use homolog_ir::{Builder, Compare, Kernel, Role, Value, calculus, passes};

/// The current `i(v)` as `g` and `j` with `i = g v - j`: exact where it is linear in `v`, else its tangent.
pub(crate) fn tangent(b: &mut Builder, i: Value, v: Value) -> (Value, Value) {
    let g = calculus::derivative(b, i, v);
    let bends = calculus::derivative(b, g, v);
    let j = if b.as_const(bends) == Some(0.0) {
        let at_zero = calculus::substitute(b, i, v, 0.0);
        b.neg(at_zero)
    } else {
        let along = b.mul(g, v);
        b.sub(along, i)
    };
    (g, j)
}

/// Adds the currents of a mechanism that has been evaluated: slopes to `g`, to `j` what is left at `v = 0`, or for the change of potentials
/// what flows in at `v`.
fn add_currents(b: &mut Builder, s: &Scope, v: Value, change: bool, g: &mut Value, j: &mut Value) {
    let mut i = b.constant(0.0);
    for c in &s.mechanism.currents {
        let x = s.known[&c.name];
        i = b.add(i, x);
    }
    let (slope, rest) = tangent(b, i, v);
    let rest = if change { b.neg(i) } else { rest };
    *g = b.add(*g, slope);
    *j = b.add(*j, rest);
}

/// What an ion carries inwards, as currents (outward positive) of the mechanisms that were evaluated.
fn ion_current(b: &mut Builder, scopes: &[Scope], ion: &str) -> Option<Value> {
    let mut sum = None;
    for s in scopes {
        for name in s.mechanism.ions.iter().filter(|i| i.name == ion).flat_map(|i| &i.writes) {
            if let Some(x) = s.known.get(name).filter(|_| s.mechanism.currents.iter().any(|c| c.name == *name)) {
                sum = Some(sum.map_or(*x, |y| b.add(y, *x)));
            }
        }
    }
    sum
}

/// Events and currents of a zone: the diagonal and the right-hand side of its compartments.
pub(super) fn current(parts: &CableParts, here: Here) -> Result<Option<Launch>, Vec<String>> {
    let zone = here.zone;
    let mut b = Builder::new(format!("{}.{}.current", parts.name, zone.name));
    let v = b.input("v", unit("mV"));
    let area = here.fixed(&mut b, geometry::AREA, "um2");
    let capacity = here.fixed(&mut b, geometry::CAPACITY, "nF");
    let mut inside = Inside::new(&mut b, parts, zone, Moment::Currents);
    let (mut g, mut j) = (b.constant(0.0), b.constant(0.0));
    let (mut channels, mut points) = (Vec::new(), Vec::new());
    let scale = b.constant(PER_AREA);
    let scale = b.mul(scale, area);
    let one = b.constant(1.0);
    let per_area = inside.wants_currents().then(|| b.div(one, scale));
    let (mut g_points, mut j_points) = (g, j);
    for p in zone.paints.iter().map(|k| &parts.painted[*k]) {
        let at = At { moment: Moment::Currents, dt: parts.dt, v, inside: &inside };
        let mut s = parts.painted_scope(&mut b, here, p, at);
        s.read_states(&mut b);
        s.run(&mut b, &p.mechanism.breakpoint);
        inside.take(&mut b, &s, &p.mechanism.breakpoint);
        if p.mechanism.role == Role::Point {
            inside.add_currents(&mut b, &s, per_area);
            add_currents(&mut b, &s, v, parts.change, &mut g_points, &mut j_points);
            points.push(s);
        } else {
            inside.add_currents(&mut b, &s, None);
            add_currents(&mut b, &s, v, parts.change, &mut g, &mut j);
            channels.push(s);
        }
    }
    let (mut g, mut j) = (b.mul(scale, g), b.mul(scale, j));
    (g, j) = (b.add(g, g_points), b.add(j, j_points));
    for sign in zone.receptors() {
        let r = parts.receptors[sign].as_ref().expect("a receptor of this zone");
        let at = At { moment: Moment::Currents, dt: parts.dt, v, inside: &inside };
        let mut s = parts.receptor_scope(&mut b, here, sign, r, at);
        s.read_states(&mut b);
        parts.arrive(&mut b, &mut s, sign, r)?;
        s.run(&mut b, &r.mechanism.breakpoint);
        inside.take(&mut b, &s, &r.mechanism.breakpoint);
        inside.add_currents(&mut b, &s, per_area);
        add_currents(&mut b, &s, v, parts.change, &mut g, &mut j);
        points.push(s);
    }
    if zone.biased {
        let bias = b.input(port::DRIVE, Unit::ONE);
        let size = b.constant(parts.cell.bias.as_ref().map_or(0.0, |x| x.size) * parts.gain);
        let bias = b.mul(size, bias);
        j = b.add(j, bias);
    }
    let h = b.constant(parts.solved_step());
    let inertia = b.div(capacity, h);
    let d = b.add(inertia, g);
    let right = if parts.change {
        j
    } else {
        let along = b.mul(inertia, v);
        b.add(along, j)
    };
    b.output(port::DIAGONAL, unit("uS"), d);
    b.output(port::RIGHT, unit("nA"), right);
    for (name, unit, value) in inside.outcome() {
        b.output(&name, unit, value);
    }
    let mut charges = Vec::new();
    for ion in METERED.into_iter() {
        let (of_area, of_points) = (ion_current(&mut b, &channels, ion), ion_current(&mut b, &points, ion));
        let of_area = of_area.map(|i| b.mul(scale, i));
        let all = match (of_area, of_points) {
            (Some(x), Some(y)) => b.add(x, y),
            (Some(x), None) | (None, Some(x)) => x,
            (None, None) => continue,
        };
        let name = format!("{CHARGE}{ion}");
        let before = b.input(&name, unit("pC"));
        let zero = b.constant(0.0);
        let inward = b.neg(all);
        let inward = b.binary(homolog_ir::Binary::Max, inward, zero);
        let dt = b.constant(parts.dt);
        let moved = b.mul(dt, inward);
        let after = b.add(before, moved);
        charges.push((name, after));
    }
    let problems: Vec<String> = channels.iter().chain(&points).flat_map(Scope::problems).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    // Counters of charge carry no gradient, so the derivative is that of the kernel without them.
    let plain = passes::optimise(&b.clone().finish());
    for (name, after) in charges {
        b.output(&name, unit("pC"), after);
    }
    let kernel = passes::optimise(&b.finish());
    let mut wrt = here.movable(&plain);
    // What it writes anew has no cotangent of before.
    let written: Vec<&str> =
        plain.outputs.iter().map(|(p, _)| p.name.as_str()).filter(|n| ![port::DIAGONAL, port::RIGHT].contains(n)).collect();
    let accumulate: Vec<&str> = wrt.iter().copied().filter(|n| !written.contains(n)).collect();
    wrt.extend(written.iter().copied().filter(|n| plain.input(n).is_none()));
    let mut vjp = finish_vjp(calculus::vjp(&plain, &wrt, &accumulate));
    drop_unchanged(&mut vjp);
    Ok(Some(here.launch(kernel, vjp)))
}

/// What stands at a place adds its current to the equations of its compartment.
pub(super) fn current_at_point(parts: &CableParts, here: Here) -> Result<Option<Launch>, Vec<String>> {
    let zone = here.zone;
    let mut b = Builder::new(format!("{}.{}.current", parts.name, zone.name));
    let v = b.input("v", unit("mV"));
    let inside = Inside::new(&mut b, parts, zone, Moment::Currents);
    let (mut g, mut j) = (b.constant(0.0), b.constant(0.0));
    for p in zone.paints.iter().map(|k| &parts.painted[*k]) {
        let mut s = parts.painted_scope(&mut b, here, p, At { moment: Moment::Currents, dt: parts.dt, v, inside: &inside });
        s.read_states(&mut b);
        s.run(&mut b, &p.mechanism.breakpoint);
        add_currents(&mut b, &s, v, parts.change, &mut g, &mut j);
        let problems = s.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
    }
    for (name, u, more) in [(port::DIAGONAL, "uS", g), (port::RIGHT, "nA", j)] {
        let before = b.input(name, unit(u));
        let after = b.add(before, more);
        if after != before {
            b.output(name, unit(u), after);
        }
    }
    let kernel = passes::optimise(&b.finish());
    let equations = [port::DIAGONAL, port::RIGHT];
    let wrt: Vec<&str> = here.movable(&kernel).into_iter().filter(|n| !equations.contains(n)).collect();
    let mut vjp = finish_vjp(calculus::vjp(&kernel, &wrt, &wrt));
    drop_unchanged(&mut vjp);
    Ok(Some(here.launch(kernel, vjp)))
}

/// The current of what an electrode brings in at a place, at the potential after the solution, inward positive: as it stands in the equation
/// of its compartment.
pub(super) fn brought_in(parts: &CableParts, here: Here) -> Result<Option<Launch>, Vec<String>> {
    let zone = here.zone;
    let p = &parts.painted[zone.paints[0]];
    let Some(name) = p.injected(parts.watched) else { return Ok(None) };
    let mut b = Builder::new(format!("{}.{}.injected", parts.name, zone.name));
    // The tangent of a current that is linear in the potential does not depend on it.
    let v = b.input("v", unit("mV"));
    let inside = Inside::new(&mut b, parts, zone, Moment::Currents);
    let mut s = parts.painted_scope(&mut b, here, p, At { moment: Moment::Currents, dt: parts.dt, v, inside: &inside });
    s.read_states(&mut b);
    s.run(&mut b, &p.mechanism.breakpoint);
    let mut i = b.constant(0.0);
    for c in p.mechanism.injected() {
        let x = s.known[&c.name];
        i = b.add(i, x);
    }
    let mut problems = s.problems();
    let (g, j) = tangent(&mut b, i, v);
    let after = b.input(&port::next("v"), unit("mV"));
    let along = b.mul(g, after);
    let inward = b.sub(j, along);
    b.output(&name, unit("nA"), inward);
    let kernel = passes::optimise(&b.finish());
    if kernel.input("v").is_some() {
        problems.push(format!("the current of `{}` is not linear in the potential, so what it brings in is not known", p.prefix));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut wrt = here.movable(&kernel);
    let accumulate = wrt.clone();
    wrt.push(&name);
    let mut vjp = finish_vjp(calculus::vjp(&kernel, &wrt, &accumulate));
    drop_unchanged(&mut vjp);
    Ok(Some(here.launch(kernel, vjp)))
}

/// The states of a zone at the new potential.
pub(super) fn advance(parts: &CableParts, here: Here) -> Result<Option<Launch>, Vec<String>> {
    let zone = here.zone;
    let mut b = Builder::new(format!("{}.{}.states", parts.name, zone.name));
    let mut problems = Vec::new();
    let v = b.input(&port::next("v"), unit("mV"));
    let mut inside = Inside::new(&mut b, parts, zone, Moment::States);
    for p in zone.paints.iter().map(|k| &parts.painted[*k]) {
        let at = At { moment: Moment::States, dt: parts.dt, v, inside: &inside };
        let mut s = parts.painted_scope(&mut b, here, p, at);
        s.read_states(&mut b);
        step(&mut b, &mut s, &mut inside, &mut problems);
    }
    for sign in zone.receptors() {
        let r = parts.receptors[sign].as_ref().expect("a receptor of this zone");
        let at = At { moment: Moment::States, dt: parts.dt, v, inside: &inside };
        let mut s = parts.receptor_scope(&mut b, here, sign, r, at);
        s.read_states(&mut b);
        parts.arrive(&mut b, &mut s, sign, r)?;
        step(&mut b, &mut s, &mut inside, &mut problems);
    }
    for (name, unit, value) in inside.outcome() {
        b.output(&name, unit, value);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let kernel = passes::optimise(&b.finish());
    if kernel.outputs.is_empty() {
        return Ok(None);
    }
    let openings = |n: &&str| ARRIVE.contains(n);
    let states: Vec<&str> = kernel.outputs.iter().map(|(p, _)| p.name.as_str()).collect();
    // In reverse this comes before the currents, which add to the cotangents that it writes.
    let mut wrt = here.movable(&kernel);
    let accumulate: Vec<&str> = wrt.iter().copied().filter(|n| !states.contains(n) && !openings(n)).collect();
    wrt.extend(states.iter().copied().filter(|s| kernel.input(s).is_none()));
    if parts.spikes_arrive {
        wrt.extend(zone.receptors().map(|k| ARRIVE[k]).filter(|n| kernel.input(n).is_none()));
    }
    let mut vjp = finish_vjp(calculus::vjp(&kernel, &wrt, &accumulate));
    drop_unchanged(&mut vjp);
    Ok(Some(here.launch(kernel, vjp)))
}

/// Advances the states of a mechanism at the potential after the solution.
fn step(b: &mut Builder, s: &mut Scope, inside: &mut Inside, problems: &mut Vec<String>) {
    let mechanism = s.mechanism;
    match mechanism.step() {
        Ok(kernel) => {
            s.run(b, &kernel);
            inside.take(b, s, &kernel);
        }
        Err(e) => problems.extend(not_linear(mechanism, e)),
    }
    problems.extend(s.problems());
    output_states(b, s);
}

/// States, concentrations apart.
fn output_states(b: &mut Builder, s: &Scope) {
    for state in &s.mechanism.states {
        let name = s.qualified(&state.name);
        if !s.mechanism.written_concentrations().any(|c| c == name) {
            b.output(&name, state.unit, s.known[&state.name]);
        }
    }
}

/// What a zone holds.
enum Holds<'p> {
    Painted(&'p Painted<'p>),
    Receptor(usize),
}

/// Potential and states of a zone at the start.
pub(super) fn begin(parts: &CableParts, here: Here) -> Result<Option<Launch>, Vec<String>> {
    let zone = here.zone;
    let mut b = Builder::new(format!("{}.{}.initial", parts.name, zone.name));
    let v = b.constant(parts.cell.initial.value);
    if !zone.paints.iter().any(|k| parts.painted[*k].stands_alone()) {
        b.output("v", unit("mV"), v);
    }
    let zero = b.constant(0.0);
    let half = (parts.cell.scheme.value == Scheme::SecondOrder).then_some(0.5 * parts.dt);
    let dt = half.unwrap_or(parts.dt);
    let mut problems = Vec::new();
    let mut inside = Inside::new(&mut b, parts, zone, Moment::Start);
    let mut scopes = Vec::new();
    let painted = zone.paints.iter().map(|k| Holds::Painted(&parts.painted[*k]));
    for holds in painted.chain(zone.receptors().map(Holds::Receptor)) {
        let at = At { moment: Moment::Start, dt, v, inside: &inside };
        let mut s = match holds {
            Holds::Painted(p) => parts.painted_scope(&mut b, here, p, at),
            Holds::Receptor(sign) => {
                let r = parts.receptors[sign].as_ref().expect("a receptor of this zone");
                parts.receptor_scope(&mut b, here, sign, r, at)
            }
        };
        let mechanism = s.mechanism;
        s.run(&mut b, &mechanism.initial);
        for state in &mechanism.states {
            s.known.entry(state.name.clone()).or_insert(zero);
        }
        inside.take(&mut b, &s, &mechanism.initial);
        scopes.push(s);
    }
    if inside.wants_currents() || scopes.iter().any(|s| s.mechanism.written_concentrations().next().is_some()) {
        // As in NEURON currents are known before the first step.
        let area = here.fixed(&mut b, geometry::AREA, "um2");
        let scale = b.constant(PER_AREA);
        let scale = b.mul(scale, area);
        let one = b.constant(1.0);
        let per_area = b.div(one, scale);
        for s in &mut scopes {
            inside.refresh(s);
            let mechanism = s.mechanism;
            s.run(&mut b, &mechanism.breakpoint);
            inside.take(&mut b, s, &mechanism.breakpoint);
            inside.add_currents(&mut b, s, (mechanism.role == Role::Point).then_some(per_area));
        }
    }
    for mut s in scopes {
        let mechanism = s.mechanism;
        if half.is_some() {
            // Gates live half a step later than potentials.
            inside.refresh(&mut s);
            match mechanism.step() {
                Ok(kernel) => {
                    s.run(&mut b, &kernel);
                    inside.take(&mut b, &s, &kernel);
                }
                Err(e) => problems.extend(not_linear(mechanism, e)),
            }
        }
        problems.extend(s.problems());
        output_states(&mut b, &s);
    }
    for (name, unit, value) in inside.outcome() {
        b.output(&name, unit, value);
    }
    for name in zone.paints.iter().filter_map(|k| parts.painted[*k].injected(parts.watched)) {
        b.output(&name, unit("nA"), zero);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let kernel = b.finish();
    if kernel.outputs.is_empty() {
        return Ok(None);
    }
    let learned = here.movable(&kernel);
    let vjp = finish_vjp(calculus::vjp(&kernel, &learned, &learned));
    Ok(Some(here.launch(kernel, vjp)))
}

/// What begins outside of the membrane: junctions, counters, and whether the cell is above its threshold.
pub(super) fn begin_elsewhere(parts: &CableParts, a: &Arrangement) -> Vec<Launch> {
    let mut out = Vec::new();
    if a.nodes() > a.membrane() {
        let mut b = Builder::new(format!("{}.junctions.initial", parts.name));
        let v = b.constant(parts.cell.initial.value);
        b.output("v", unit("mV"), v);
        let first = vec![("v".to_string(), a.membrane())];
        out.push(Launch { kernel: b.finish(), vjp: Kernel::default(), sites: a.nodes() - a.membrane(), first });
    }
    let mut b = Builder::new(format!("{}.spike.initial", parts.name));
    let above = b.constant(if parts.cell.initial.value > parts.cell.spike.threshold.value { 1.0 } else { 0.0 });
    b.output(ABOVE, Unit::ONE, above);
    if parts.interpolated {
        let before = b.constant(parts.cell.initial.value);
        b.output(BEFORE, unit("mV"), before);
    }
    out.push(Launch { sites: parts.kinds(), ..Launch::single(b.finish(), Kernel::default()) });
    out
}

/// Crossing and counters, at the compartment that spikes: one launch for all kinds of neurons of which those lie one after the other.
pub(super) fn tail(parts: &CableParts, a: &Arrangement) -> Result<(Vec<Launch>, Vec<Variable>), Vec<String>> {
    let mut b = Builder::new(format!("{}.spike", parts.name));
    let v = b.input(&port::next("v"), unit("mV"));
    let threshold = b.constant(parts.cell.spike.threshold.value);
    let x = b.sub(v, threshold);
    let rises = b.spike(x, parts.cell.spike.surrogate);
    let above = b.input(ABOVE, Unit::ONE);
    let (zero, one) = (b.constant(0.0), b.constant(1.0));
    let below = b.sub(one, above);
    let spike = b.mul(rises, below);
    let is_above = b.compare(Compare::Lt, zero, x);
    let now = b.select(is_above, one, zero);
    let rest = b.constant(parts.cell.initial.value);
    let away = b.sub(v, rest);
    let counters = parts.reading().tick(&mut b, spike, |name| (name == "v").then_some((unit("mV"), away)))?;
    b.output(ABOVE, Unit::ONE, now);
    let mut variables = vec![Variable { name: ABOVE.into(), unit: Unit::ONE, per_frame: false, taped: false, sites: parts.kinds() }];
    for (variable, value) in counters {
        b.output(&variable.name, variable.unit, value);
        variables.push(Variable { sites: parts.kinds(), ..variable });
    }
    let mut sent = spike;
    if parts.interpolated {
        let before = b.input(BEFORE, unit("mV"));
        let from = b.sub(before, threshold);
        let share = share(&mut b, from, x);
        sent = within(&mut b, share, spike);
        b.output(BEFORE, unit("mV"), v);
        variables.push(Variable { name: BEFORE.into(), unit: unit("mV"), per_frame: false, taped: false, sites: parts.kinds() });
    }
    b.output(port::SPIKE, Unit::ONE, sent);
    let kernel = passes::optimise(&b.finish());
    let next = port::next("v");
    // That it was below is a constant of the backward pass.
    let wrt = [next.as_str(), COUNT, GATHERED];
    let wrt: Vec<&str> = wrt.into_iter().filter(|n| kernel.input(n).is_some()).collect();
    let mut vjp = finish_vjp(calculus::vjp(&kernel, &wrt, &[next.as_str()]));
    drop_unchanged(&mut vjp);
    let at: Vec<usize> = parts.spike_at.iter().map(|c| a.memory[*c]).collect();
    let mut launches = Vec::new();
    let mut kind = 0;
    for together in at.chunk_by(|a, b| a + 1 == *b) {
        let own = variables.iter().map(|v| v.name.clone()).chain([port::SPIKE.to_string()]).filter(|_| kind > 0);
        let first = own.map(|name| (name, kind)).chain([("v".to_string(), together[0])]).collect();
        launches.push(Launch { kernel: kernel.clone(), vjp: vjp.clone(), sites: together.len(), first });
        kind += together.len();
    }
    Ok((launches, variables))
}
