//! Makes the kernels of a group of cells: one program for each set of compartments that hold the same.
//!
//! One tick, for the membrane of every compartment (area `A`, capacitance `C`, all in nA, mV, uS, nF, ms):
//!
//! ```text
//! 1 events, currents:  d = C/h + dI/dv,   b = C/h v - (I - dI/dv v)      with gates and conductances as they are
//! 2 solve:             (d_i + sum g) v'_i - sum g_j v'_j = b_i            the tree, all compartments at once
//! 3 states:            gates, conductances and concentrations advance at v'; what diffuses along branches moves on (`diffusion`)
//! 4 crossing, readout: at one compartment
//! ```
//!
//! For the change of potentials ([`Group::change`]) `b` is `-I` alone, with the current as it is and not by its tangent.
//!
//! `h` is the step (backward Euler, order 1), or half of it, when `v'` is then carried on to the end of the step and gates are staggered
//! by half a step (Crank-Nicolson, order 2): Hines 1984, Int. J. Bio-Med. Comput. 15, 69; Mascagni & Sherman 1989. Compartments lie in
//! memory zone by zone, so that each program runs over consecutive columns, and junctions last.

use super::finish_vjp;
use super::readout::Reading;
use super::scope::{Scope, column, receive};
use crate::cell::{Cell, Scheme};
use crate::discretise::Cut;
use crate::model::{Action, Clock, Fixed, Group, Launch, Learned, Opening, Variable, port};
use homolog_base::Unit;
use homolog_ir::{Builder, Class, Kernel, Mechanism, Port, Readout, Receptor, Role, Value};
use std::collections::BTreeMap;

mod diffusion;
mod geometry;
mod ions;
mod kernels;
mod order;
mod rates;
mod zones;

pub use geometry::{CAPACITANCE, CAPACITY, DIAMETER, RESISTIVITY};
use ions::{Inside, Moment};
pub(crate) use kernels::tangent;
use kernels::{advance, begin, begin_elsewhere, brought_in, current, current_at_point, tail};
pub use rates::equations;
pub(crate) use zones::Arrangement;
use zones::Zone;

/// A mechanism in the membrane of some compartments, or at one of them.
#[derive(Clone)]
pub struct Painted<'a> {
    /// The mechanism: of role channel, or of role point with currents in nA.
    pub mechanism: &'a Mechanism,
    /// What its columns are called before the dot.
    pub prefix: String,
    /// Parameters that differ from its defaults, in its units.
    pub values: BTreeMap<String, f64>,
    /// Parameters that depend on the place, in its units: a value for every compartment of the cut.
    pub fields: BTreeMap<String, Vec<f64>>,
    /// For every compartment of the cut: whether it has it.
    pub at: Vec<bool>,
}

impl Painted<'_> {
    /// Whether it has kernels of its own, so that its compartment stays in its zone: what stands at a place and touches no ion.
    fn stands_alone(&self) -> bool {
        self.mechanism.role == Role::Point && self.mechanism.ions.is_empty()
    }

    /// What its current is called that an electrode brings in, if it has one and is `watched`.
    fn injected(&self, watched: bool) -> Option<String> {
        (watched && self.stands_alone() && self.mechanism.injected().next().is_some()).then(|| format!("{}{INJECTED}", self.prefix))
    }
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
    /// The cell; or several kinds joined to one, of which each has a root.
    pub cell: &'a Cell,
    /// Its compartments.
    pub cut: &'a Cut,
    /// For every compartment of the cut: the kind of neuron that it is of; empty where there is one kind.
    pub kind: Vec<u32>,
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
    /// Index of the compartment (of the cut) that the bias enters, for each kind.
    pub bias_at: Vec<usize>,
    /// Index of the compartment (of the cut) whose crossing is a spike, for each kind.
    pub spike_at: Vec<usize>,
    /// Whether currents of electrodes are kept, and where compartments are in space: for what is recorded of them.
    pub watched: bool,
    /// Factor on the declared size of a weight.
    pub gain: f64,
    /// Whether its spikes have a time within their tick.
    pub interpolated: bool,
    /// Whether equations are for the change of potentials: see [`Group::change`].
    pub change: bool,
}

/// The names of receptors in columns.
pub const SIGNS: [&str; 2] = ["positive", "negative"];
const ARRIVE: [&str; 2] = [port::POSITIVE, port::NEGATIVE];
const DRIVE: [&str; 2] = [port::DRIVE_POSITIVE, port::DRIVE_NEGATIVE];

/// End of the names of currents that electrodes bring in: `electrode.injected`, nA, inward positive.
pub const INJECTED: &str = ".injected";
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
    let mut group = Group {
        clock: Clock::Tick,
        spikes: true,
        kinds: parts.kinds(),
        change: parts.change,
        interpolated: parts.interpolated,
        ..Group::default()
    };
    geometry::geometry(parts, &a, &mut group);
    group.fixed.extend(fields(parts, &a));
    let mut problems = Vec::new();
    let (mut currents, mut injected, mut states, mut initial) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for zone in &a.zones {
        problems.extend(ions::problems(parts, zone));
        for (made, out) in [
            (current(parts, Here { a: &a, group: &group, zone }), &mut currents),
            (advance(parts, Here { a: &a, group: &group, zone }), &mut states),
            (begin(parts, Here { a: &a, group: &group, zone }), &mut initial),
        ] {
            match made {
                Ok(launch) => out.extend(launch),
                Err(e) => problems.extend(e),
            }
        }
    }
    for zone in &a.points {
        let here = Here { a: &a, group: &group, zone };
        for (made, out) in [
            (current_at_point(parts, here), &mut currents),
            (brought_in(parts, here), &mut injected),
            (advance(parts, here), &mut states),
            (begin(parts, here), &mut initial),
        ] {
            match made {
                Ok(launch) => out.extend(launch),
                Err(e) => problems.extend(e),
            }
        }
    }
    match tail(parts, &a) {
        Ok((tails, counters)) => {
            group.variables = variables(parts, &a);
            group.variables.extend(counters);
            let launch = |l: Launch| Action::Launch(Box::new(l));
            group.tick = currents.into_iter().map(launch).collect();
            group.tick.push(Action::Solve);
            group.tick.extend(injected.into_iter().chain(states).map(launch));
            match diffusion::diffusion(parts, &a, &mut group, parts.dt) {
                Ok(all) => group.tick.extend(all.into_iter().enumerate().flat_map(|(k, l)| [launch(l), Action::Diffuse(k)])),
                Err(e) => problems.extend(e),
            }
            group.tick.extend(tails.into_iter().map(launch));
        }
        Err(e) => problems.extend(e),
    }
    problems.sort();
    problems.dedup();
    if !problems.is_empty() {
        return Err(problems);
    }
    initial.extend(begin_elsewhere(parts, &a));
    initial.extend(diffusion::begin(&group));
    group.initial = initial;
    for v in &mut group.variables {
        let next = port::next(&v.name);
        let reads = |k: &Kernel| k.input(&v.name).is_some() || k.input(&next).is_some();
        v.taped = v.name == "v"
            || group.tick.iter().any(|t| match t {
                Action::Launch(l) => reads(&l.vjp),
                Action::Solve | Action::Diffuse(_) => false,
            });
    }
    for d in &group.diffusion {
        group.variables[d.tree.potential].taped |= d.taped;
    }
    group.work.extend([port::DIAGONAL, port::RIGHT].map(|n| Opening { name: n.into(), sites: a.nodes() }));
    let reading = parts.reading();
    (group.value, group.value_vjp) = reading.value(parts.name, &group.variables);
    for (k, receiving) in parts.receptors.iter().enumerate() {
        let Some(r) = receiving else { continue };
        let sites = r.at.iter().filter(|x| **x).count();
        if parts.spikes_arrive {
            let unit = r.mechanism.receive.as_ref().and_then(|e| e.arguments.first()).map_or(Unit::ONE, |a| a.unit);
            group.event_sizes.push((ARRIVE[k].into(), r.receptor.weight.0 * parts.gain, unit));
            group.arrivals.push(Opening { name: ARRIVE[k].into(), sites });
        }
        if parts.values_arrive {
            group.signed.push(Opening { name: DRIVE[k].into(), sites });
        }
    }
    let learned = |l: &LearnedAt| Learned {
        name: l.name.clone(),
        tensor: l.tensor,
        part: a.of_places(&l.name, &l.part),
        kind: if parts.kind.is_empty() { vec![] } else { a.of_places(&l.name, &parts.kind) },
    };
    group.learned = parts.learn.iter().map(learned).collect();
    group.anatomy = Some(a.anatomy(parts, &group.variables));
    let read = |name: &str| {
        let launches = group.launches().chain(&group.prepare).chain(&group.initial);
        launches.flat_map(|l| &l.kernel.inputs).any(|p| p.name == name)
    };
    let unread: Vec<String> = group.fixed.iter().filter(|f| f.values.is_some() && !read(&f.name)).map(|f| f.name.clone()).collect();
    group.fixed.retain(|f| !unread.contains(&f.name));
    Ok(group)
}

/// The columns of parameters that depend on the place.
fn fields(parts: &CableParts, a: &Arrangement) -> Vec<Fixed> {
    let mut out: Vec<Fixed> = Vec::new();
    for p in &parts.painted {
        for (name, values) in &p.fields {
            let name = format!("{}.{name}", p.prefix);
            if parts.learns(&name) {
                continue;
            }
            let domain = a.domain(&name).unwrap_or(&[]);
            let k = out.iter().position(|f| f.name == name).unwrap_or_else(|| {
                out.push(Fixed { name, sites: domain.len(), values: Some(vec![0.0; domain.len()]) });
                out.len() - 1
            });
            let column = out[k].values.as_mut().expect("just made");
            for (x, m) in column.iter_mut().zip(domain) {
                let c = a.order[*m as usize];
                if p.at[c] {
                    *x = values[c];
                }
            }
        }
    }
    out
}

/// A moment of a tick in a zone, and what its mechanisms see.
#[derive(Clone, Copy)]
struct At<'i> {
    moment: Moment,
    /// The step of their equations, ms.
    dt: f64,
    v: Value,
    inside: &'i Inside<'i>,
}

/// A zone, and what is known of it.
#[derive(Clone, Copy)]
struct Here<'h> {
    a: &'h Arrangement,
    group: &'h Group,
    zone: &'h Zone,
}

impl Here<'_> {
    /// A number of the geometry, as a value of a kernel of this zone.
    fn fixed(&self, b: &mut Builder, name: &str, u: &str) -> Value {
        self.a.fixed_value(b, self.group, self.zone, name, unit(u))
    }

    /// Inputs of a kernel that something learned may move.
    fn movable<'k>(&self, kernel: &'k Kernel) -> Vec<&'k str> {
        let given = |n: &&str| *n == port::TIME || self.group.fixed.iter().any(|f| f.name == *n && f.values.is_some());
        kernel.inputs.iter().map(|p| p.name.as_str()).filter(|n| !given(n)).collect()
    }

    fn launch(&self, kernel: Kernel, vjp: Kernel) -> Launch {
        self.a.launch(self.zone, kernel, vjp)
    }
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

    /// Kinds of neurons.
    pub fn kinds(&self) -> usize {
        self.spike_at.len()
    }

    fn learns(&self, name: &str) -> bool {
        self.learn.iter().any(|l| l.name == name)
    }

    /// The step of the linear system: whole, or half.
    fn solved_step(&self) -> f64 {
        if self.cell.scheme.value == Scheme::SecondOrder { 0.5 * self.dt } else { self.dt }
    }

    /// A mechanism of the membrane inside of a kernel.
    fn painted_scope<'p>(&self, b: &mut Builder, here: Here, p: &Painted<'p>, at: At) -> Scope<'p> {
        let prefix = &p.prefix;
        let mut s = Scope::new(b, p.mechanism, prefix, at.dt, self.cell.celsius.value, |b, q| {
            let name = format!("{prefix}.{}", q.name);
            if self.learns(&name) {
                b.input(&name, q.unit)
            } else if p.fields.contains_key(&q.name) {
                here.a.fixed_value(b, here.group, here.zone, &name, q.unit)
            } else {
                b.constant(p.values.get(&q.name).copied().unwrap_or(q.default))
            }
        });
        self.surroundings(b, here, &mut s, at);
        s
    }

    fn receptor_scope<'p>(&self, b: &mut Builder, here: Here, sign: usize, r: &Receiving<'p>, at: At) -> Scope<'p> {
        let mut s = Scope::new(b, r.mechanism, SIGNS[sign], at.dt, self.cell.celsius.value, |b, q| {
            let name = format!("{}.{}", SIGNS[sign], q.name);
            let set = r.receptor.parameters.iter().find(|(n, ..)| *n == q.name).map(|(_, v, _)| *v);
            if self.learns(&name) { b.input(&name, q.unit) } else { b.constant(set.unwrap_or(q.default)) }
        });
        self.surroundings(b, here, &mut s, at);
        s
    }

    /// What every mechanism may read of its cell.
    fn surroundings(&self, b: &mut Builder, here: Here, s: &mut Scope, at: At) {
        let area = here.fixed(b, geometry::AREA, "um2");
        let diameter = if self.learns(DIAMETER) { b.input(DIAMETER, unit("um")) } else { here.fixed(b, geometry::DIAM, "um") };
        s.known.insert("area".into(), area);
        s.known.insert("diam".into(), diameter);
        let time = self.time(b, at.moment);
        s.known.entry("t".into()).or_insert(time);
        s.known.entry("v".into()).or_insert(at.v);
        at.inside.show(s);
    }

    /// The time of a moment of a tick as it begins, ms: half a step later for currents, a whole one for states, as in NEURON.
    fn time(&self, b: &mut Builder, moment: Moment) -> Value {
        let later = match moment {
            Moment::Start => return b.constant(0.0),
            Moment::Rates => 0.0,
            Moment::Currents => 0.5 * self.dt,
            Moment::States => self.dt,
        };
        let begin = b.input_port(Port { class: Class::Constant, ..Port::new(port::TIME, unit("ms")) });
        let later = b.constant(later);
        b.add(begin, later)
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
            add(column(&p.prefix, p.mechanism, &s.name), s.unit, false, &mut out);
        }
        p.injected(parts.watched).into_iter().for_each(|name| add(name, unit("nA"), false, &mut out));
    }
    for (sign, r) in parts.receptors.iter().enumerate() {
        for s in r.iter().flat_map(|r| &r.mechanism.states) {
            let m = r.as_ref().map(|r| r.mechanism).expect("it has states");
            add(column(SIGNS[sign], m, &s.name), s.unit, false, &mut out);
        }
    }
    let mechanisms = parts.painted.iter().map(|p| p.mechanism).chain(parts.receptors.iter().flatten().map(|r| r.mechanism));
    for ion in mechanisms.flat_map(|m| &m.ions) {
        let read = |name: &String| ion.reads.contains(name);
        ion.written_concentrations().for_each(|c| add(c, unit("mM"), false, &mut out));
        Some(ion.current()).filter(read).into_iter().for_each(|i| add(i, unit("mA/cm2"), false, &mut out));
    }
    for ion in METERED {
        add(format!("{CHARGE}{ion}"), unit("pC"), true, &mut out);
    }
    out
}
