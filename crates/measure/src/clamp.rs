//! One mechanism alone, in one compartment under voltage clamp.
//!
//! The compartment has an area of 100 um2 (length and diameter 5.6419 um). Its potential is held at -65 mV, from 5 ms on at
//! another, until 55 ms; steps are of 0.025 ms. Sample `k` is at `t = 0.025 k`: potential and states at that time, and the
//! currents that follow from them. As in NEURON's fixed step (Hines 1984, Int. J. Biomed. Comput. 15, 69), states are advanced
//! at the potential after the step, and a time that an equation reads is half a step later for currents.
//!
//! Events that the mechanism sends to itself (net_send, WATCH) come before the currents of the step whose middle they are not
//! later than. Random numbers are keyed, and the same in every run.
//!
//! Concentrations and reversal potentials are NEURON's defaults. An ion whose concentration the mechanism reads or writes has
//! the reversal potential of Nernst, at the start or in every step.

mod events;

use events::Events;
use homolog_base::random::Key;
use homolog_ir::{
    Kernel, Mechanism, Role, interpret, ions,
    mechanism::{draw_of, lag_of},
};
use std::collections::HashMap;

/// Area of the compartment, um2.
pub const AREA: f64 = 100.0;
/// Its diameter and length, um.
pub const DIAMETER: f64 = 5.6419;
/// Potential before the step, mV.
pub const HOLDING: f64 = -65.0;
/// When the potential is changed, ms.
pub const CHANGE: f64 = 5.0;
/// Step, ms.
pub const DT: f64 = 0.025;
/// Steps in all.
pub const STEPS: usize = 2200;
/// The step after which the potential is another.
const CHANGED: usize = 200;
/// Temperature when nothing else is said, degC.
pub const CELSIUS: f64 = 6.3;

/// NEURON's reversal potentials, mV.
const REVERSALS: [(&str, f64); 3] = [("na", 50.0), ("k", -77.0), ("ca", 132.457_934_163_700_9)];

/// What was recorded under one clamp.
#[derive(Clone, PartialEq, Debug)]
pub struct Clamped {
    /// The potential from 5 ms on, mV.
    pub potential: f64,
    /// Times, ms.
    pub times: Vec<f64>,
    /// The potential at each, mV.
    pub potentials: Vec<f64>,
    /// Currents by name: mA/cm2 outward positive for a channel, nA for a point; that of an electrode as it is named.
    pub currents: Vec<(String, Vec<f64>)>,
    /// States by name.
    pub states: Vec<(String, Vec<f64>)>,
    /// Times of the events that it sends to others (net_event), ms.
    pub events: Vec<f64>,
    /// When it began to send itself events without end, ms; what follows means nothing.
    pub endless: Option<f64>,
}

/// A mechanism with a place for every value.
#[derive(Clone, Debug)]
pub struct Clamp {
    initial: Call,
    currents: Call,
    step: Call,
    slots: HashMap<String, usize>,
    values: Vec<f64>,
    states: Vec<String>,
    reported: Vec<String>,
    ions: Vec<Ion>,
    events: Events,
    noise: Noise,
    lags: Vec<Lag>,
}

/// What a state was some time ago (LAG), for one of the kernels.
#[derive(Clone, Debug)]
struct Lag {
    /// Places of the input, of the state, and of the time, ms.
    input: usize,
    state: usize,
    by: usize,
    /// For currents and for the step: times, ms, and values.
    seen: [Vec<(f64, f64)>; 2],
}

impl Lag {
    /// Sees the state now and sets the input to what it was, on a line between what was seen; to the first, before that.
    fn look(&mut self, kernel: usize, t: f64, values: &mut [f64]) {
        let seen = &mut self.seen[kernel];
        seen.push((t, values[self.state]));
        let then = t - values[self.by];
        let k = seen.partition_point(|s| s.0 <= then);
        values[self.input] = match (k.checked_sub(1).map(|k| seen[k]), seen.get(k)) {
            (None, _) => seen[0].1,
            (Some(a), None) => a.1,
            (Some(a), Some(b)) => a.1 + (b.1 - a.1) * (then - a.0) / (b.0 - a.0),
        };
    }
}

#[derive(Clone, Debug, Default)]
struct Call {
    kernel: Kernel,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    /// Places of random inputs, and which draw of the kernel each is.
    draws: Vec<(usize, usize)>,
}

/// Random numbers by draw and by run of a kernel.
#[derive(Clone, Debug)]
struct Noise {
    key: Key,
    runs: u64,
}

#[derive(Clone, Debug)]
struct Ion {
    inside: usize,
    outside: usize,
    reversal: usize,
    /// Charge number.
    charge: f64,
    /// True when its concentration changes.
    written: bool,
}

/// Why a mechanism cannot be clamped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// A whole neuron has no membrane that another could clamp, and a rule of plasticity has none at all.
    Neuron,
    /// There is no parameter and no port of this name.
    Unknown(String),
    /// A state whose equation its method cannot solve.
    NotLinear(String),
}

impl Clamp {
    /// A mechanism at its defaults at this temperature, with some parameters or ports set.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn new(m: &Mechanism, celsius: f64, set: &[(String, f64)]) -> Result<Clamp, Refusal> {
        if matches!(m.role, Role::Neuron | Role::Plasticity) {
            return Err(Refusal::Neuron);
        }
        let step = m.step().map_err(|e| Refusal::NotLinear(e.into_iter().next().map_or_else(String::new, |w| w.state)))?;
        let mut c = Clamp {
            initial: Call::default(),
            currents: Call::default(),
            step: Call::default(),
            slots: HashMap::new(),
            values: Vec::new(),
            states: m.states.iter().map(|s| s.name.clone()).collect(),
            reported: m.currents.iter().map(|p| p.name.trim_end_matches("_membrane").to_string()).collect(),
            ions: Vec::new(),
            events: Events::default(),
            noise: Noise { key: Key::new(0).named("clamp"), runs: 0 },
            lags: Vec::new(),
        };
        for ion in ions::KNOWN {
            let reversal = REVERSALS.iter().find(|r| r.0 == ion.name).map_or(0.0, |r| r.1);
            c.ion(ion.name, ion.inside, ion.outside, reversal);
        }
        for (name, value) in [("celsius", celsius), ("area", AREA), ("diam", DIAMETER), ("dt", DT), ("v", HOLDING), ("t", 0.0)] {
            let slot = c.slot(name);
            c.values[slot] = value;
        }
        let known = |name: &str| ions::KNOWN.iter().any(|i| i.name == name);
        for ion in &m.ions {
            let charge = ion.valence.unwrap_or_else(|| ions::charge(&ion.name).unwrap_or(1.0));
            if !known(&ion.name) {
                c.ion(&ion.name, 1.0, 1.0, 0.0);
            }
            let [inside, outside] = ion.concentrations().map(|n| (c.slot(&n), n));
            let reversal = (c.slot(&ion.reversal()), ion.reversal());
            let touched = |names: &[String]| names.iter().any(|n| *n == inside.1 || *n == outside.1);
            let written = touched(&ion.writes);
            if (written || touched(&ion.reads)) && !ion.writes.contains(&reversal.1) {
                c.ions.push(Ion { inside: inside.0, outside: outside.0, reversal: reversal.0, charge, written });
            }
        }
        for p in &m.parameters {
            let slot = c.slot(&p.name);
            c.values[slot] = p.default;
        }
        for (name, value) in set {
            if m.parameter(name).is_none() && !m.reads.iter().any(|p| p.name == *name) {
                return Err(Refusal::Unknown(name.clone()));
            }
            let slot = c.slot(name);
            c.values[slot] = *value;
        }
        c.initial = c.call(m.initial.clone());
        c.currents = c.call(m.breakpoint.clone());
        c.step = c.call(step);
        let mut names: Vec<String> = [&c.currents, &c.step].iter().flat_map(|k| &k.kernel.inputs).map(|p| p.name.clone()).collect();
        names.sort();
        names.dedup();
        for name in names {
            if let Some((state, by)) = lag_of(&name) {
                let lag = Lag { input: c.slot(&name), state: c.slot(state), by: c.slot(by), seen: Default::default() };
                c.lags.push(lag);
            }
        }
        c.events = Events::new(&mut c, m);
        Ok(c)
    }

    fn slot(&mut self, name: &str) -> usize {
        if let Some(k) = self.slots.get(name) {
            return *k;
        }
        self.values.push(0.0);
        self.slots.insert(name.to_string(), self.values.len() - 1);
        self.values.len() - 1
    }

    fn ion(&mut self, name: &str, inside: f64, outside: f64, reversal: f64) {
        for (n, value) in [(format!("{name}i"), inside), (format!("{name}o"), outside), (format!("e{name}"), reversal)] {
            let slot = self.slot(&n);
            self.values[slot] = value;
        }
    }

    fn call(&mut self, kernel: Kernel) -> Call {
        let inputs = kernel.inputs.iter().map(|p| self.slot(&p.name)).collect();
        let outputs = kernel.outputs.iter().map(|(p, _)| self.slot(&p.name)).collect();
        let draws = kernel.inputs.iter().filter_map(|p| Some((self.slot(&p.name), draw_of(&p.name)?))).collect();
        Call { kernel, inputs, outputs, draws }
    }

    /// Lets events of a connection arrive at these times, ms; `weight` is the first argument of NET_RECEIVE, in its unit.
    pub fn arrive(&mut self, times: &[f64], weight: f64) {
        self.events.arrive(times, weight);
    }

    /// The value of a name, after [`Clamp::begin`] or a run.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.slots.get(name).map(|k| self.values[*k])
    }

    /// Initialises at a potential, mV.
    pub fn begin(&mut self, potential: f64) {
        self.put("v", potential);
        self.put("t", 0.0);
        self.nernst(true);
        self.noise.runs = 0;
        run(&self.initial, &mut self.values, &mut self.noise);
        // What INITIAL sends follows from the same numbers.
        self.noise.runs = 0;
        self.events.start(&mut self.values, &mut self.noise);
        self.events.deliver(0.0, &mut self.values, &mut self.noise);
        self.put("t", 0.0);
        self.nernst(false);
        // NEURON evaluates the currents once more before the first step (finitialize), at t = 0.
        self.lags.iter_mut().for_each(|l| l.seen = Default::default());
        self.lags.iter_mut().for_each(|l| l.look(0, 0.0, &mut self.values));
        run(&self.currents, &mut self.values, &mut self.noise);
    }

    fn put(&mut self, name: &str, value: f64) {
        let slot = self.slots[name];
        self.values[slot] = value;
    }

    fn nernst(&mut self, all: bool) {
        let celsius = self.values[self.slots["celsius"]];
        for ion in self.ions.iter().filter(|i| all || i.written) {
            let ratio = self.values[ion.outside] / self.values[ion.inside];
            self.values[ion.reversal] = ions::nernst(celsius, ion.charge) * homolog_base::math::ln(ratio);
        }
    }

    /// Holds the compartment at -65 mV and from 5 ms on at `potential`, mV.
    pub fn run(mut self, potential: f64) -> Clamped {
        self.begin(HOLDING);
        let mut out = Clamped {
            potential,
            times: Vec::with_capacity(STEPS + 1),
            potentials: Vec::with_capacity(STEPS + 1),
            currents: self.reported.iter().map(|n| (n.clone(), Vec::with_capacity(STEPS + 1))).collect(),
            states: self.states.iter().map(|n| (n.clone(), Vec::with_capacity(STEPS + 1))).collect(),
            events: Vec::new(),
            endless: None,
        };
        let at = |slots: &HashMap<String, usize>, name: &str| slots.get(name).copied();
        for k in 0..=STEPS {
            #[allow(clippy::cast_precision_loss)] // few steps
            let t = DT * k as f64;
            let held = |k: usize| if k <= CHANGED { HOLDING } else { potential };
            out.times.push(t);
            out.potentials.push(held(k));
            for (name, values) in &mut out.states {
                values.push(at(&self.slots, name).map_or(f64::NAN, |s| self.values[s]));
            }
            self.put("v", held(k));
            self.events.watch(t, &mut self.values, &mut self.noise);
            self.events.deliver(t + 0.5 * DT, &mut self.values, &mut self.noise);
            self.put("t", t + 0.5 * DT);
            self.nernst(false);
            self.lags.iter_mut().for_each(|l| l.look(0, t + 0.5 * DT, &mut self.values));
            run(&self.currents, &mut self.values, &mut self.noise);
            for (name, values) in &mut out.currents {
                values.push(at(&self.slots, name).map_or(f64::NAN, |s| self.values[s]));
            }
            if k < STEPS {
                self.put("v", held(k + 1));
                self.put("t", t + DT);
                self.lags.iter_mut().for_each(|l| l.look(1, t + DT, &mut self.values));
                run(&self.step, &mut self.values, &mut self.noise);
            }
        }
        (out.events, out.endless) = (self.events.sent, self.events.endless);
        out
    }
}

/// Runs a kernel on the values; all are read before any is written.
fn run(call: &Call, values: &mut [f64], noise: &mut Noise) {
    if !call.draws.is_empty() {
        noise.runs += 1;
        for (slot, draw) in &call.draws {
            values[*slot] = noise.key.uniform(*draw as u64, noise.runs);
        }
    }
    let inputs: Vec<f64> = call.inputs.iter().map(|k| values[*k]).collect();
    for (slot, v) in call.outputs.iter().zip(interpret(&call.kernel, &inputs)) {
        values[*slot] = v;
    }
}

/// Steady state and time constant of a gate at one potential.
#[derive(Clone, PartialEq, Debug)]
pub struct Gate {
    /// The state.
    pub name: String,
    /// Where its own equation comes to rest, the others being as INITIAL leaves them.
    pub steady: f64,
    /// How fast it comes there, ms; infinite for a state that does not.
    pub time_constant: f64,
}

/// What every state with an equation of its own tends to at a potential, mV, and how fast: `-f/f' + x` and `-1/f'` of
/// `x' = f(x)`, exact where that is linear.
pub fn gates(m: &Mechanism, clamp: &Clamp, potential: f64) -> Vec<Gate> {
    let mut c = clamp.clone();
    c.begin(potential);
    let mut out = Vec::new();
    for solve in &m.solves {
        let homolog_ir::Solve::Ode { rhs, .. } = solve else { continue };
        for (k, (port, _)) in rhs.outputs.iter().enumerate() {
            let inputs: Vec<homolog_ir::Dual> = rhs
                .inputs
                .iter()
                .map(|p| homolog_ir::Dual::new(c.value(&p.name).unwrap_or(0.0), if p.name == port.name { 1.0 } else { 0.0 }))
                .collect();
            let f = interpret(rhs, &inputs)[k];
            let x = c.value(&port.name).unwrap_or(0.0);
            let steady = if f.slope < 0.0 { x - f.value / f.slope } else { x };
            out.push(Gate { name: port.name.clone(), steady, time_constant: if f.slope < 0.0 { -1.0 / f.slope } else { f64::INFINITY } });
        }
    }
    out
}

#[cfg(test)]
mod tests;
