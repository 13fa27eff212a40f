//! Makes the kernels of a group of cells: one program for each set of compartments that hold the same.
//!
//! One tick, for the membrane of every compartment (area `A`, capacitance `C`, all in nA, mV, uS, nF, ms):
//!
//! ```text
//! 1 events, currents:  d = C/h + dI/dv,   b = C/h v - (I - dI/dv v)      with gates and conductances as they are
//! 2 solve:             (d_i + sum g) v'_i - sum g_j v'_j = b_i            the tree, all compartments at once
//! 3 states:            gates and conductances advance at v'
//! 4 crossing, readout: at one compartment
//! ```
//!
//! `h` is the step (backward Euler, order 1), or half of it, when `v'` is then carried on to the end of the step and gates are staggered
//! by half a step (Crank-Nicolson, order 2): Hines 1984, Int. J. Bio-Med. Comput. 15, 69; Mascagni & Sherman 1989. Compartments lie in
//! memory zone by zone, so that each program runs over consecutive columns, and junctions last.

use super::readout::Reading;
use super::scope::{Scope, receive};
use super::{ABOVE, COUNT, GATHERED, drop_unchanged, finish_vjp, not_linear};
use crate::cell::{Cell, Scheme};
use crate::discretise::Cut;
use crate::model::{Action, Clock, Group, Launch, Learned, Opening, Variable, Work, port};
use homolog_base::Unit;
use homolog_ir::{Builder, Compare, Kernel, Mechanism, Readout, Receptor, Value, calculus, passes};
use std::collections::BTreeMap;

mod geometry;
mod zones;

pub use geometry::{CAPACITANCE, DIAMETER, RESISTIVITY};
pub(crate) use zones::Arrangement;
use zones::Zone;

/// A mechanism in the membrane of some compartments.
#[derive(Clone)]
pub struct Painted<'a> {
    /// The mechanism.
    pub mechanism: &'a Mechanism,
    /// Parameters that differ from its defaults, in its units.
    pub values: BTreeMap<String, f64>,
    /// For every compartment of the cut: whether it has it.
    pub at: Vec<bool>,
}

/// A receptor at some compartments.
#[derive(Clone)]
pub struct Receiving<'a> {
    /// Its declaration, in the mechanism's units.
    pub receptor: Receptor,
    /// The mechanism.
    pub mechanism: &'a Mechanism,
    /// For every compartment of the cut: whether it has it.
    pub at: Vec<bool>,
}

/// A parameter that is learned: its port, and for every compartment of the cut which part it belongs to.
#[derive(Clone)]
pub struct LearnedAt {
    /// `hh.gnabar`, `positive.tau`, `capacitance`, `resistivity`, `diameter`.
    pub name: String,
    /// Index of its tensor.
    pub tensor: usize,
    /// Part of each compartment.
    pub part: Vec<u32>,
}

/// What a group of cells is composed of.
#[derive(Clone)]
pub struct CableParts<'a> {
    /// Name of the population.
    pub name: &'a str,
    /// The cell.
    pub cell: &'a Cell,
    /// Its compartments.
    pub cut: &'a Cut,
    /// What the membrane holds.
    pub painted: Vec<Painted<'a>>,
    /// Receptors for positive and negative weights, where the network uses them.
    pub receptors: [Option<Receiving<'a>>; 2],
    /// What is learned.
    pub learn: Vec<LearnedAt>,
    /// Time step, ms.
    pub dt: f64,
    /// Ticks of a frame.
    pub ticks: usize,
    /// Ticks of a frame before the readout opens.
    pub settle: usize,
    /// How activity becomes a number.
    pub readout: Readout,
    /// What one unit of it is worth.
    pub readout_scale: f64,
    /// Whether spikes arrive.
    pub spikes_arrive: bool,
    /// Whether values arrive.
    pub values_arrive: bool,
    /// Whether it has a bias.
    pub biased: bool,
    /// Index of the compartment (of the cut) that the bias enters.
    pub bias_at: usize,
    /// Index of the compartment (of the cut) whose crossing is a spike.
    pub spike_at: usize,
    /// Factor on the declared size of a weight.
    pub gain: f64,
}

/// The names of receptors in columns.
pub const SIGNS: [&str; 2] = ["positive", "negative"];
const ARRIVE: [&str; 2] = [port::POSITIVE, port::NEGATIVE];
const DRIVE: [&str; 2] = [port::DRIVE_POSITIVE, port::DRIVE_NEGATIVE];

/// Prefix of the counters of charge: `charge.na`, pC a frame.
pub const CHARGE: &str = "charge.";
/// The ions whose inward charge is counted: what pumps must carry out again.
pub const METERED: [&str; 2] = ["na", "ca"];
/// mA/cm2 times um2 in nA, and S/cm2 times um2 in uS.
const PER_AREA: f64 = 1e-2;

pub(super) fn unit(text: &str) -> Unit {
    Unit::parse(text).expect("a unit of this file")
}

/// Makes the kernels.
///
/// # Errors
/// Why these parts do not fit together, one sentence each.
pub fn compose_cable(parts: &CableParts) -> Result<Group, Vec<String>> {
    let a = Arrangement::new(parts);
    let mut group = Group { clock: Clock::Tick, spikes: true, ..Group::default() };
    geometry::geometry(parts, &a, &mut group);
    let mut problems = Vec::new();
    let (mut currents, mut states, mut initial) = (Vec::new(), Vec::new(), Vec::new());
    for zone in &a.zones {
        for (made, out) in [
            (current(parts, &a, &group, zone), &mut currents),
            (advance(parts, &a, zone), &mut states),
            (begin(parts, &a, zone), &mut initial),
        ] {
            match made {
                Ok(launch) => out.extend(launch),
                Err(e) => problems.extend(e),
            }
        }
    }
    let tail = tail(parts, &a);
    match tail {
        Ok((tail, counters)) => {
            group.variables = variables(parts, &a);
            group.variables.extend(counters);
            let launch = |l: Launch| Action::Launch(Box::new(l));
            group.tick = currents.into_iter().map(launch).collect();
            group.tick.push(Action::Solve);
            group.tick.extend(states.into_iter().chain([tail]).map(launch));
        }
        Err(e) => problems.extend(e),
    }
    problems.sort();
    problems.dedup();
    if !problems.is_empty() {
        return Err(problems);
    }
    initial.extend(begin_elsewhere(parts, &a));
    group.initial = initial;
    for v in &mut group.variables {
        let next = port::next(&v.name);
        let reads = |k: &Kernel| k.input(&v.name).is_some() || k.input(&next).is_some();
        v.taped = v.name == "v"
            || group.tick.iter().any(|t| match t {
                Action::Launch(l) => reads(&l.vjp),
                Action::Solve => false,
            });
    }
    group.work = [port::DIAGONAL, port::RIGHT].map(|n| Work { name: n.into(), sites: a.nodes() }).into();
    let reading = parts.reading();
    (group.value, group.value_vjp) = reading.value(parts.name, &group.variables);
    for (k, receiving) in parts.receptors.iter().enumerate() {
        let Some(r) = receiving else { continue };
        let sites = r.at.iter().filter(|x| **x).count();
        if parts.spikes_arrive {
            group.arrivals.push(Opening { name: ARRIVE[k].into(), sites });
        }
        if parts.values_arrive {
            group.signed.push(Opening { name: DRIVE[k].into(), sites });
        }
    }
    group.learned =
        parts.learn.iter().map(|l| Learned { name: l.name.clone(), tensor: l.tensor, part: a.of_places(&l.name, &l.part) }).collect();
    group.anatomy = Some(a.anatomy(parts, &group.variables));
    let read = |name: &str| {
        let launches = group.launches().chain(&group.prepare);
        launches.flat_map(|l| &l.kernel.inputs).any(|p| p.name == name)
    };
    let unread: Vec<String> = group.fixed.iter().filter(|f| f.values.is_some() && !read(&f.name)).map(|f| f.name.clone()).collect();
    group.fixed.retain(|f| !unread.contains(&f.name));
    Ok(group)
}

impl CableParts<'_> {
    fn reading(&self) -> Reading<'_> {
        Reading {
            neuron: &self.cell.name,
            readout: &self.readout,
            dt: self.dt,
            ticks: self.ticks,
            settle: self.settle,
            scale: self.readout_scale,
        }
    }

    fn learns(&self, name: &str) -> bool {
        self.learn.iter().any(|l| l.name == name)
    }

    /// The step of the linear system: whole, or half.
    fn solved_step(&self) -> f64 {
        if self.cell.scheme.value == Scheme::SecondOrder { 0.5 * self.dt } else { self.dt }
    }

    /// A mechanism of the membrane inside of a kernel.
    fn painted_scope<'p>(&self, b: &mut Builder, p: &Painted<'p>, dt: f64) -> Scope<'p> {
        let prefix = &p.mechanism.name;
        let mut s = Scope::new(b, p.mechanism, prefix, dt, self.cell.celsius.value, |b, q| {
            let name = format!("{prefix}.{}", q.name);
            if self.learns(&name) { b.input(&name, q.unit) } else { b.constant(p.values.get(&q.name).copied().unwrap_or(q.default)) }
        });
        self.surroundings(b, &mut s);
        s
    }

    fn receptor_scope<'p>(&self, b: &mut Builder, sign: usize, r: &Receiving<'p>, dt: f64) -> Scope<'p> {
        let mut s = Scope::new(b, r.mechanism, SIGNS[sign], dt, self.cell.celsius.value, |b, q| {
            let name = format!("{}.{}", SIGNS[sign], q.name);
            let set = r.receptor.parameters.iter().find(|(n, ..)| *n == q.name).map(|(_, v, _)| *v);
            if self.learns(&name) { b.input(&name, q.unit) } else { b.constant(set.unwrap_or(q.default)) }
        });
        self.surroundings(b, &mut s);
        s
    }

    /// What every mechanism may read of its cell.
    fn surroundings(&self, b: &mut Builder, s: &mut Scope) {
        for (name, e) in &self.cell.reversals {
            let v = b.constant(e.value);
            s.known.entry(name.clone()).or_insert(v);
        }
    }

    /// Lets what arrives in a tick act on a receptor.
    fn arrive(&self, b: &mut Builder, s: &mut Scope, sign: usize, r: &Receiving) -> Result<(), Vec<String>> {
        let mut sum = b.constant(0.0);
        if self.spikes_arrive {
            sum = b.input(ARRIVE[sign], Unit::ONE);
        }
        if self.values_arrive {
            // A value is a rate of events: so many in a step.
            let drive = b.input(DRIVE[sign], Unit::ONE);
            let events = b.constant(self.cell.rate.value * self.dt);
            let events = b.mul(events, drive);
            sum = b.add(sum, events);
        }
        receive(b, s, sum, r.receptor.weight.0 * self.gain)
    }
}

/// The current `i(v)` as `g` and `j` with `i = g v - j`: exact where it is linear in `v`, else its tangent.
fn tangent(b: &mut Builder, i: Value, v: Value) -> (Value, Value) {
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

/// Adds the currents of a mechanism that has been evaluated.
fn add_currents(b: &mut Builder, s: &Scope, v: Value, g: &mut Value, j: &mut Value) {
    let mut i = b.constant(0.0);
    for c in &s.mechanism.currents {
        let x = s.known[&c.name];
        i = b.add(i, x);
    }
    let (slope, rest) = tangent(b, i, v);
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
fn current(parts: &CableParts, a: &Arrangement, group: &Group, zone: &Zone) -> Result<Option<Launch>, Vec<String>> {
    let mut b = Builder::new(format!("{}.{}.current", parts.name, zone.name));
    let v = b.input("v", unit("mV"));
    let area = a.fixed_value(&mut b, group, zone, geometry::AREA, unit("um2"));
    let capacity = a.fixed_value(&mut b, group, zone, geometry::CAPACITY, unit("nF"));
    let (mut g, mut j) = (b.constant(0.0), b.constant(0.0));
    let mut channels = Vec::new();
    for p in zone.paints.iter().map(|k| &parts.painted[*k]) {
        let mut s = parts.painted_scope(&mut b, p, parts.dt);
        s.known.insert("v".into(), v);
        s.known.insert("area".into(), area);
        s.read_states(&mut b);
        s.run(&mut b, &p.mechanism.breakpoint);
        add_currents(&mut b, &s, v, &mut g, &mut j);
        channels.push(s);
    }
    let scale = b.constant(PER_AREA);
    let scale = b.mul(scale, area);
    let (mut g, mut j) = (b.mul(scale, g), b.mul(scale, j));
    let mut points = Vec::new();
    for sign in zone.receptors() {
        let r = parts.receptors[sign].as_ref().expect("a receptor of this zone");
        let mut s = parts.receptor_scope(&mut b, sign, r, parts.dt);
        s.known.insert("v".into(), v);
        s.read_states(&mut b);
        parts.arrive(&mut b, &mut s, sign, r)?;
        s.run(&mut b, &r.mechanism.breakpoint);
        add_currents(&mut b, &s, v, &mut g, &mut j);
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
    let along = b.mul(inertia, v);
    let right = b.add(along, j);
    b.output(port::DIAGONAL, unit("uS"), d);
    b.output(port::RIGHT, unit("nA"), right);
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
    let given = |n: &&str| !group.fixed.iter().any(|f| f.name == *n && f.values.is_some());
    let wrt: Vec<&str> = plain.inputs.iter().map(|p| p.name.as_str()).filter(given).collect();
    let mut vjp = finish_vjp(calculus::vjp(&plain, &wrt, &wrt));
    drop_unchanged(&mut vjp);
    Ok(Some(a.launch(zone, kernel, vjp)))
}

/// The states of a zone at the new potential.
fn advance(parts: &CableParts, a: &Arrangement, zone: &Zone) -> Result<Option<Launch>, Vec<String>> {
    let mut b = Builder::new(format!("{}.{}.states", parts.name, zone.name));
    let mut problems = Vec::new();
    for p in zone.paints.iter().map(|k| &parts.painted[*k]) {
        let mut s = parts.painted_scope(&mut b, p, parts.dt);
        s.read_states(&mut b);
        step(&mut b, &mut s, &mut problems);
        output_states(&mut b, &s);
    }
    for sign in zone.receptors() {
        let r = parts.receptors[sign].as_ref().expect("a receptor of this zone");
        let mut s = parts.receptor_scope(&mut b, sign, r, parts.dt);
        s.read_states(&mut b);
        parts.arrive(&mut b, &mut s, sign, r)?;
        step(&mut b, &mut s, &mut problems);
        output_states(&mut b, &s);
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
    let mut wrt: Vec<&str> = kernel.inputs.iter().map(|p| p.name.as_str()).collect();
    let accumulate: Vec<&str> = wrt.iter().copied().filter(|n| !states.contains(n) && !openings(n)).collect();
    wrt.extend(states.iter().copied().filter(|s| kernel.input(s).is_none()));
    if parts.spikes_arrive {
        wrt.extend(zone.receptors().map(|k| ARRIVE[k]).filter(|n| kernel.input(n).is_none()));
    }
    let mut vjp = finish_vjp(calculus::vjp(&kernel, &wrt, &accumulate));
    drop_unchanged(&mut vjp);
    Ok(Some(a.launch(zone, kernel, vjp)))
}

/// Advances the states of a mechanism at the potential after the solution.
fn step(b: &mut Builder, s: &mut Scope, problems: &mut Vec<String>) {
    let mechanism = s.mechanism;
    match mechanism.step() {
        Ok(kernel) => {
            if kernel.input("v").is_some() {
                let v = b.input(&port::next("v"), unit("mV"));
                s.known.insert("v".into(), v);
            }
            s.run(b, &kernel);
        }
        Err(e) => problems.extend(not_linear(mechanism, e)),
    }
    problems.extend(s.problems());
}

fn output_states(b: &mut Builder, s: &Scope) {
    for state in &s.mechanism.states {
        b.output(&s.qualified(&state.name), state.unit, s.known[&state.name]);
    }
}

/// Potential and states of a zone at the start.
fn begin(parts: &CableParts, a: &Arrangement, zone: &Zone) -> Result<Option<Launch>, Vec<String>> {
    let mut b = Builder::new(format!("{}.{}.initial", parts.name, zone.name));
    let v = b.constant(parts.cell.initial.value);
    b.output("v", unit("mV"), v);
    let zero = b.constant(0.0);
    let half = (parts.cell.scheme.value == Scheme::SecondOrder).then_some(0.5 * parts.dt);
    let mut problems = Vec::new();
    let mut scopes = Vec::new();
    for p in zone.paints.iter().map(|k| &parts.painted[*k]) {
        scopes.push(parts.painted_scope(&mut b, p, half.unwrap_or(parts.dt)));
    }
    for sign in zone.receptors() {
        let r = parts.receptors[sign].as_ref().expect("a receptor of this zone");
        scopes.push(parts.receptor_scope(&mut b, sign, r, half.unwrap_or(parts.dt)));
    }
    for mut s in scopes {
        s.known.insert("v".into(), v);
        let mechanism = s.mechanism;
        s.run(&mut b, &mechanism.initial);
        for state in &mechanism.states {
            s.known.entry(state.name.clone()).or_insert(zero);
        }
        if half.is_some() {
            // Gates live half a step later than potentials.
            match mechanism.step() {
                Ok(kernel) => _ = s.run(&mut b, &kernel),
                Err(e) => problems.extend(not_linear(mechanism, e)),
            }
        }
        problems.extend(s.problems());
        output_states(&mut b, &s);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let kernel = b.finish();
    let learned: Vec<&str> = kernel.inputs.iter().map(|p| p.name.as_str()).collect();
    let vjp = finish_vjp(calculus::vjp(&kernel, &learned, &learned));
    Ok(Some(a.launch(zone, kernel, vjp)))
}

/// What begins outside of the membrane: junctions, counters, and whether the cell is above its threshold.
fn begin_elsewhere(parts: &CableParts, a: &Arrangement) -> Vec<Launch> {
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
    out.push(Launch::single(b.finish(), Kernel::default()));
    out
}

/// Crossing and counters, at the compartment that spikes.
fn tail(parts: &CableParts, a: &Arrangement) -> Result<(Launch, Vec<Variable>), Vec<String>> {
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
    let mut variables = vec![Variable { name: ABOVE.into(), unit: Unit::ONE, per_frame: false, taped: false, sites: 1 }];
    for (variable, value) in counters {
        b.output(&variable.name, variable.unit, value);
        variables.push(variable);
    }
    b.output(port::SPIKE, Unit::ONE, spike);
    let kernel = passes::optimise(&b.finish());
    let next = port::next("v");
    // That it was below is a constant of the backward pass.
    let wrt = [next.as_str(), COUNT, GATHERED];
    let wrt: Vec<&str> = wrt.into_iter().filter(|n| kernel.input(n).is_some()).collect();
    let mut vjp = finish_vjp(calculus::vjp(&kernel, &wrt, &[next.as_str()]));
    drop_unchanged(&mut vjp);
    let first = vec![("v".to_string(), a.memory[parts.spike_at])];
    Ok((Launch { kernel, vjp, sites: 1, first }, variables))
}

/// The state variables, counters apart.
fn variables(parts: &CableParts, a: &Arrangement) -> Vec<Variable> {
    let mut out = vec![Variable { name: "v".into(), unit: unit("mV"), per_frame: false, taped: true, sites: a.nodes() }];
    let add = |name: String, unit: Unit, per_frame: bool, out: &mut Vec<Variable>| {
        let sites = a.domain(&name).map_or(0, |d| d.len());
        if sites > 0 && !out.iter().any(|v| v.name == name) {
            out.push(Variable { name, unit, per_frame, taped: false, sites });
        }
    };
    for p in &parts.painted {
        for s in &p.mechanism.states {
            add(format!("{}.{}", p.mechanism.name, s.name), s.unit, false, &mut out);
        }
    }
    for (sign, r) in parts.receptors.iter().enumerate() {
        for s in r.iter().flat_map(|r| &r.mechanism.states) {
            add(format!("{}.{}", SIGNS[sign], s.name), s.unit, false, &mut out);
        }
    }
    for ion in METERED {
        add(format!("{CHARGE}{ion}"), unit("pC"), true, &mut out);
    }
    out
}
