//! Makes the kernels of one group out of its neuron's mechanism and its receptors.
//!
//! One tick, in order: arriving events act on the neuron and its receptors; the receptors' currents are summed; the
//! neuron's states advance; the receptors' states advance; a crossing of the threshold is a spike and resets; counters
//! of the readout move. Everything that is known (parameters, `dt`) is folded; a state that can never leave its initial
//! value (a refractory clock of a neuron without refractoriness) disappears.

use crate::model::{Burst, Clock, Variable, port};
use homolog_base::Unit;
use homolog_ir::{Builder, Interface, Kernel, Mechanism, Port, Readout, Receptor, Signal, Surrogate, Value, calculus, passes};
use std::collections::{BTreeMap, HashMap};

/// What a group is composed of.
pub struct Parts<'a> {
    /// Name of the population.
    pub name: &'a str,
    /// The neuron.
    pub neuron: &'a Mechanism,
    /// Its declarations.
    pub interface: &'a Interface,
    /// The receptors that the network uses: prefix (`positive`, `negative`), declaration in the mechanism's own units, mechanism.
    pub receptors: Vec<(&'static str, &'a Receptor, &'a Mechanism)>,
    /// Values of its parameters that differ from the defaults.
    pub parameters: BTreeMap<String, f64>,
    /// Names of its parameters that are learned.
    pub learn: Vec<String>,
    /// Time step, ms.
    pub dt: f64,
    /// Ticks of a frame.
    pub ticks: usize,
    /// Ticks of a frame before the readout opens.
    pub settle: usize,
    /// Whether values or a bias drive it.
    pub driven: bool,
    /// Whether spikes arrive at the neuron itself.
    pub own_events: bool,
    /// Derivative of a spike.
    pub surrogate: Option<Surrogate>,
    /// Factor on the declared size of a weight.
    pub gain: f64,
}

/// The kernels of a group: see [`crate::Group`].
#[derive(Clone, PartialEq, Debug)]
pub struct Composed {
    /// When it is computed.
    pub clock: Clock,
    /// State variables.
    pub variables: Vec<Variable>,
    /// Initial state.
    pub initial: Kernel,
    /// One tick.
    pub step: Kernel,
    /// Its vector-Jacobian product.
    pub step_vjp: Kernel,
    /// Several ticks as one kernel.
    pub burst: Option<Burst>,
    /// The value of a frame.
    pub value: Kernel,
    /// Its vector-Jacobian product.
    pub value_vjp: Kernel,
    /// Vector-Jacobian product of the initial state.
    pub initial_vjp: Kernel,
    /// Whether it spikes.
    pub spikes: bool,
    /// Arrival ports that the step reads.
    pub arrivals: Vec<String>,
}

/// Temperature where nothing else is said: that of Hodgkin & Huxley's squid axon, and NEURON's default, degC.
pub const CELSIUS: f64 = 6.3;

/// Counter of spikes in this frame.
pub const COUNT: &str = "count";
/// What the readout has gathered in this frame.
pub const GATHERED: &str = "gathered";

fn ms() -> Unit {
    Unit::parse("ms").expect("ms is a unit")
}

/// Names of one mechanism as values of the kernel that is being built.
struct Scope<'a> {
    mechanism: &'a Mechanism,
    prefix: String,
    known: HashMap<String, Value>,
}

impl<'a> Scope<'a> {
    fn new(b: &mut Builder, mechanism: &'a Mechanism, prefix: &str, set: &dyn Fn(&str) -> Option<f64>, learn: &[String], dt: f64) -> Self {
        let mut known = HashMap::new();
        for p in &mechanism.parameters {
            let v = if learn.contains(&p.name) { b.input(&p.name, p.unit) } else { b.constant(set(&p.name).unwrap_or(p.default)) };
            known.insert(p.name.clone(), v);
        }
        known.insert("dt".into(), b.constant(dt));
        known.entry("celsius".into()).or_insert_with(|| b.constant(CELSIUS));
        Scope { mechanism, prefix: prefix.into(), known }
    }

    fn qualified(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.into() } else { format!("{}.{name}", self.prefix) }
    }

    fn read_states(&mut self, b: &mut Builder) {
        for s in &self.mechanism.states {
            let v = b.input(&self.qualified(&s.name), s.unit);
            self.known.insert(s.name.clone(), v);
        }
    }

    /// Runs a kernel of the mechanism here; its outputs become known under their names.
    fn run(&mut self, b: &mut Builder, kernel: &Kernel) -> Vec<Value> {
        let known = &self.known;
        // A port that nothing defines stays at zero: it is an input that this network does not use.
        let values = b.inline(kernel, |b, p| Some(known.get(&p.name).copied().unwrap_or_else(|| b.constant(0.0))));
        for ((p, _), v) in kernel.outputs.iter().zip(&values) {
            self.known.insert(p.name.clone(), *v);
        }
        values
    }
}

/// Makes the kernels.
///
/// # Errors
/// Why these parts do not fit together, one sentence each.
pub fn compose(parts: &Parts) -> Result<Composed, Vec<String>> {
    let neuron = parts.neuron;
    let interface = parts.interface;
    let spikes = interface.signal == Signal::Spike;
    let mut problems = Vec::new();
    if spikes && neuron.spike.is_none() {
        problems.push(format!("`{}` declares SIGNAL spike but has no SPIKE block", neuron.name));
    }
    if !spikes && (!neuron.states.is_empty() || interface.dt > 0.0) {
        problems.push(format!("`{}` has states and sends a value: only units without states can send values yet", neuron.name));
    }
    if spikes && parts.surrogate.is_none() {
        problems.push(format!("`{}` spikes but declares no SURROGATE", neuron.name));
    }
    if neuron.spike.as_ref().is_some_and(|rule| rule.reset.outputs.is_empty()) {
        problems.push(format!("the SPIKE block of `{}` sets no state, so it would spike in every tick above threshold", neuron.name));
    }
    let reserved = [port::DRIVE, port::ARRIVE, port::OPEN, port::SPIKE, port::VALUE, COUNT, GATHERED, "bias"];
    let states = neuron.states.iter().map(|s| &s.name);
    for name in states.chain(&parts.learn).filter(|n| reserved.contains(&n.as_str())) {
        problems.push(format!("`{name}` of `{}` has a name that every neuron uses for something else: choose another", neuron.name));
    }
    for (_, receptor, mechanism) in &parts.receptors {
        if mechanism.role != homolog_ir::Role::Point {
            problems.push(format!("`{}` names `{}` as a receptor, which is no POINT_PROCESS", neuron.name, receptor.mechanism));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if spikes { compose_ticks(parts) } else { Ok(compose_frame(parts)) }
}

fn neuron_scope<'a>(b: &mut Builder, parts: &Parts<'a>) -> Scope<'a> {
    Scope::new(b, parts.neuron, "", &|n| parts.parameters.get(n).copied(), &parts.learn, parts.dt)
}

fn drive(b: &mut Builder, parts: &Parts, scope: &mut Scope) {
    if let Some(name) = &parts.interface.drive {
        let v = if parts.driven {
            let drive = b.input(port::DRIVE, Unit::ONE);
            let size = b.constant(parts.interface.weight * parts.gain);
            b.mul(size, drive)
        } else {
            b.constant(0.0)
        };
        scope.known.insert(name.clone(), v);
    }
}

/// A unit without time: its BREAKPOINT is its value.
fn compose_frame(parts: &Parts) -> Composed {
    let mut b = Builder::new(format!("{}.value", parts.name));
    let mut scope = neuron_scope(&mut b, parts);
    drive(&mut b, parts, &mut scope);
    scope.run(&mut b, &parts.neuron.breakpoint);
    let Signal::Value(name) = &parts.interface.signal else { unreachable!("asked by the caller") };
    let y = scope.known.get(name).copied().unwrap_or_else(|| b.constant(0.0));
    let scale = b.constant(parts.interface.readout_scale);
    let value = b.mul(scale, y);
    b.output(port::VALUE, Unit::ONE, value);
    let value = passes::optimise(&b.finish());
    let learned: Vec<&str> = parts.learn.iter().map(String::as_str).collect();
    let mut wrt = vec![port::DRIVE];
    wrt.extend(&learned);
    let value_vjp = finish_vjp(calculus::vjp(&value, &wrt, &learned));
    Composed {
        clock: Clock::Frame,
        variables: vec![],
        initial: Kernel { name: format!("{}.initial", parts.name), ..Kernel::default() },
        step: Kernel { name: format!("{}.step", parts.name), ..Kernel::default() },
        step_vjp: Kernel::default(),
        burst: None,
        value,
        value_vjp,
        initial_vjp: Kernel::default(),
        spikes: false,
        arrivals: vec![],
    }
}

/// Contraction only: the primal operations inside a vector-Jacobian product must keep the bits that they had in the
/// forward pass, or a spike could be decided differently.
fn finish_vjp(kernel: Kernel) -> Kernel {
    passes::prune(&passes::contract(&kernel))
}

fn compose_ticks(parts: &Parts) -> Result<Composed, Vec<String>> {
    let (neuron, interface) = (parts.neuron, parts.interface);
    let not_linear = |m: &Mechanism, e: Vec<homolog_ir::ode::NotLinear>| {
        e.into_iter()
            .map(|n| format!("the equation of `{}` in `{}` is not linear in it, so METHOD cnexp does not apply", n.state, m.name))
            .collect::<Vec<_>>()
    };
    let mut b = Builder::new(format!("{}.step", parts.name));
    let mut scope = neuron_scope(&mut b, parts);
    scope.read_states(&mut b);
    let mut arrivals = Vec::new();

    // 1. Events.
    if parts.own_events {
        let Some(program) = &neuron.receive else {
            return Err(vec![format!("spikes arrive at `{}`, which has no NET_RECEIVE and declares no receptors", neuron.name)]);
        };
        let Some(event) = interface.event else {
            return Err(vec![format!("spikes arrive at `{}`, which does not say with EVENT how large a weight of 1 is", neuron.name)]);
        };
        let size = event * parts.gain;
        receive(&mut b, &mut scope, program, port::ARRIVE, size)?;
        arrivals.push(port::ARRIVE.to_string());
    }
    let mut receptors = Vec::new();
    for (prefix, receptor, mechanism) in &parts.receptors {
        let set: HashMap<&str, f64> = receptor.parameters.iter().map(|(n, v, _)| (n.as_str(), *v)).collect();
        let mut s = Scope::new(&mut b, mechanism, prefix, &|n| set.get(n).copied(), &[], parts.dt);
        s.read_states(&mut b);
        let Some(program) = &mechanism.receive else {
            return Err(vec![format!("`{}` is a receptor but has no NET_RECEIVE", mechanism.name)]);
        };
        let name = format!("{}.{prefix}", port::ARRIVE);
        receive(&mut b, &mut s, program, &name, receptor.weight.0 * parts.gain)?;
        arrivals.push(name);
        receptors.push(s);
    }
    // 2. Currents, outward positive, at the voltage before the step.
    let mut current = b.constant(0.0);
    for s in &mut receptors {
        if let Some(v) = scope.known.get("v") {
            s.known.insert("v".into(), *v);
        }
        let mechanism = s.mechanism;
        s.run(&mut b, &mechanism.breakpoint);
        for c in &mechanism.currents {
            let i = s.known[&c.name];
            current = b.add(current, i);
        }
    }
    if let Some(name) = &interface.synaptic_current {
        scope.known.insert(name.clone(), current);
    }
    drive(&mut b, parts, &mut scope);
    // 3. The neuron's states.
    let step = neuron.step().map_err(|e| not_linear(neuron, e))?;
    scope.run(&mut b, &step);
    // 4. The receptors' states, at the new voltage.
    for s in &mut receptors {
        if let Some(v) = scope.known.get("v") {
            s.known.insert("v".into(), *v);
        }
        let step = s.mechanism.step().map_err(|e| not_linear(s.mechanism, e))?;
        s.run(&mut b, &step);
    }
    // 5. Crossing and reset.
    let rule = neuron.spike.as_ref().expect("asked by the caller");
    let surrogate = parts.surrogate.expect("asked by the caller");
    let known = scope.known.clone();
    let x = b.inline(&rule.condition, |b, p| Some(known.get(&p.name).copied().unwrap_or_else(|| b.constant(0.0))))[0];
    let spike = b.spike(x, surrogate);
    let zero = b.constant(0.0);
    let crossed = b.compare(homolog_ir::Compare::Lt, zero, x);
    let after = b.inline(&rule.reset, |b, p| Some(known.get(&p.name).copied().unwrap_or_else(|| b.constant(0.0))));
    for ((p, _), r) in rule.reset.outputs.iter().zip(after) {
        let before = scope.known[&p.name];
        let v = if interface.reset_attached {
            let jump = b.sub(r, before);
            let part = b.mul(spike, jump);
            b.add(before, part)
        } else {
            b.select(crossed, r, before)
        };
        scope.known.insert(p.name.clone(), v);
    }
    // 6. Counters of the readout.
    let mut variables = Vec::new();
    let mut out: Vec<(Variable, Value)> = Vec::new();
    for s in std::iter::once(&scope).chain(&receptors) {
        for state in &s.mechanism.states {
            let v = s.known[&state.name];
            out.push((Variable { name: s.qualified(&state.name), unit: state.unit, per_frame: false, taped: false }, v));
        }
    }
    let count = b.input(COUNT, Unit::ONE);
    let counted = b.add(count, spike);
    out.push((Variable { name: COUNT.into(), unit: Unit::ONE, per_frame: true, taped: false }, counted));
    let open = if parts.settle == 0 {
        b.constant(1.0)
    } else {
        b.input_port(Port { class: homolog_ir::Class::Constant, ..Port::new(port::OPEN, Unit::ONE) })
    };
    let gather = gather(&mut b, parts, &scope, spike, open)?;
    if let Some((unit, v)) = gather {
        out.push((Variable { name: GATHERED.into(), unit, per_frame: true, taped: false }, v));
    }
    for (variable, v) in out {
        b.output(&variable.name, variable.unit, v);
        variables.push(variable);
    }
    b.output(port::SPIKE, Unit::ONE, spike);
    let step = b.finish();

    let initial = initial(parts, &receptors, &variables);
    let (step, initial, variables) = drop_constant_states(step, initial, variables);
    Ok(finish_ticks(parts, step, initial, variables, arrivals, gather.is_some()))
}

/// What the readout gathers in a tick, unless the plain counter does.
fn gather(b: &mut Builder, parts: &Parts, scope: &Scope, spike: Value, open: Value) -> Result<Option<(Unit, Value)>, Vec<String>> {
    Ok(match &parts.interface.readout {
        Readout::Count if parts.settle == 0 => None,
        Readout::Count => {
            let old = b.input(GATHERED, Unit::ONE);
            let now = b.mul(open, spike);
            Some((Unit::ONE, b.add(old, now)))
        }
        Readout::Filtered(tau) if *tau <= 0.0 || tau.is_nan() => {
            return Err(vec![format!("READOUT filtered of `{}` needs a positive time constant, not {tau} ms", parts.neuron.name)]);
        }
        Readout::Filtered(tau) => {
            let old = b.input(GATHERED, Unit::ONE);
            let keep = b.constant(homolog_base::math::exp(-parts.dt / tau));
            let kept = b.mul(keep, old);
            Some((Unit::ONE, b.add(kept, spike)))
        }
        Readout::Potential(name) => {
            let Some(state) = parts.neuron.states.iter().find(|s| s.name == *name) else {
                return Err(vec![format!("READOUT potential names `{name}`, which is no state of `{}`", parts.neuron.name)]);
            };
            let old = b.input(GATHERED, state.unit);
            let share = b.constant(1.0 / (parts.ticks - parts.settle) as f64);
            let part = b.mul(share, scope.known[name]);
            let part = b.mul(open, part);
            Some((state.unit, b.add(old, part)))
        }
        Readout::Value => {
            return Err(vec![format!("`{}` spikes, so its READOUT is count, filtered or potential, not value", parts.neuron.name)]);
        }
    })
}

fn receive(b: &mut Builder, scope: &mut Scope, program: &homolog_ir::EventProgram, arrive: &str, size: f64) -> Result<(), Vec<String>> {
    let Some(kernel) = program.as_kernel() else {
        return Err(vec![format!("NET_RECEIVE of `{}` has control flow that depends on events one by one", scope.mechanism.name)]);
    };
    if program.arguments.len() != 1 {
        return Err(vec![format!(
            "NET_RECEIVE of `{}` has {} arguments; a projection gives one, the weight",
            scope.mechanism.name,
            program.arguments.len()
        )]);
    }
    // Sums of weights stand for all events of a tick, so their effects must add up.
    let folded = passes::specialise(&kernel, |n| scope.mechanism.parameter(n).and(None));
    let law = homolog_ir::EventProgram { arguments: program.arguments.clone(), steps: vec![homolog_ir::EventStep::Run(folded)] };
    if !law.is_linear_in_weight() {
        return Err(vec![format!(
            "NET_RECEIVE of `{}` is not linear in its weight: simultaneous events do not add up",
            scope.mechanism.name
        )]);
    }
    let weight = b.input(arrive, Unit::ONE);
    let size = b.constant(size);
    let weight = b.mul(size, weight);
    scope.known.insert(program.arguments[0].name.clone(), weight);
    scope.run(b, &kernel);
    Ok(())
}

fn initial(parts: &Parts, receptors: &[Scope], variables: &[Variable]) -> Kernel {
    let mut b = Builder::new(format!("{}.initial", parts.name));
    let mut values: HashMap<String, Value> = HashMap::new();
    let zero = b.constant(0.0);
    let mut scope = neuron_scope(&mut b, parts);
    scope.run(&mut b, &parts.neuron.initial);
    for s in &parts.neuron.states {
        values.insert(s.name.clone(), scope.known.get(&s.name).copied().unwrap_or(zero));
    }
    for (s, (prefix, receptor, mechanism)) in receptors.iter().zip(&parts.receptors) {
        let set: HashMap<&str, f64> = receptor.parameters.iter().map(|(n, v, _)| (n.as_str(), *v)).collect();
        let mut r = Scope::new(&mut b, mechanism, prefix, &|n| set.get(n).copied(), &[], parts.dt);
        if let Some(v) = values.get("v") {
            r.known.insert("v".into(), *v);
        }
        r.run(&mut b, &mechanism.initial);
        for state in &mechanism.states {
            values.insert(s.qualified(&state.name), r.known.get(&state.name).copied().unwrap_or(zero));
        }
    }
    for v in variables {
        b.output(&v.name, v.unit, values.get(&v.name).copied().unwrap_or(zero));
    }
    b.finish()
}

/// Removes states that start at a constant and that the step then leaves at it.
fn drop_constant_states(mut step: Kernel, mut initial: Kernel, mut variables: Vec<Variable>) -> (Kernel, Kernel, Vec<Variable>) {
    let constant = |k: &Kernel, v: Value| match k.body[v.index()] {
        homolog_ir::Op::Const(c) => Some(c.0),
        _ => None,
    };
    let mut k = 0;
    while k < variables.len() {
        let name = variables[k].name.clone();
        // The readout reads its counters by name, also those that stay at zero.
        if name == COUNT || name == GATHERED {
            k += 1;
            continue;
        }
        let start = initial.output(&name).and_then(|o| constant(&initial, initial.outputs[o].1));
        if let Some(c) = start {
            let mut folded = passes::specialise(&step, |n| (n == name).then_some(c));
            let o = folded.output(&name).expect("every variable is an output");
            if constant(&folded, folded.outputs[o].1).is_some_and(|x| x.to_bits() == c.to_bits()) {
                folded.outputs.remove(o);
                step = passes::prune(&folded);
                initial.outputs.remove(k);
                initial = passes::prune(&initial);
                variables.remove(k);
                k = 0;
                continue;
            }
        }
        k += 1;
    }
    (step, initial, variables)
}

/// Ticks of a burst, and the largest step (in operations) of which one is made: what lives between the ticks of a larger one would not
/// stay in the first-level cache.
const BURST: usize = 5;
const BURST_OPERATIONS: u64 = 24;

/// Several ticks in a row as one kernel. None where a tick depends on more than the variables, or is large.
fn burst(step: &Kernel, variables: &[Variable], arrivals: &[String], accumulate: &[&str]) -> Option<Burst> {
    if step.flops() > BURST_OPERATIONS || step.input(port::OPEN).is_some() {
        return None;
    }
    let mut b = Builder::new(format!("{}.burst", step.name));
    let mut now: HashMap<String, Value> = HashMap::new();
    let mut spikes = Vec::new();
    for j in 0..BURST {
        let inputs: Vec<Value> = step
            .inputs
            .iter()
            .map(|p| match now.get(&p.name) {
                Some(v) => *v,
                None if arrivals.contains(&p.name) => b.input(&port::of_tick(&p.name, j), p.unit),
                None => b.input_port(p.clone()),
            })
            .collect();
        let map = b.transcribe(step, &inputs);
        for (p, v) in &step.outputs {
            let v = map[v.index()];
            if p.name == port::SPIKE {
                spikes.push((j, p.unit, v));
            } else {
                now.insert(p.name.clone(), v);
            }
        }
    }
    for v in variables {
        b.output(&v.name, v.unit, now[&v.name]);
    }
    for (j, unit, v) in spikes {
        b.output(&port::of_tick(port::SPIKE, j), unit, v);
    }
    let step = b.finish();
    let arrive: Vec<String> = arrivals.iter().flat_map(|a| (0..BURST).map(move |j| port::of_tick(a, j))).collect();
    let mut wrt: Vec<&str> = variables.iter().map(|v| v.name.as_str()).collect();
    wrt.extend(arrive.iter().map(String::as_str));
    wrt.extend(accumulate);
    let mut step_vjp = finish_vjp(calculus::vjp(&step, &wrt, accumulate));
    drop_unchanged(&mut step_vjp);
    Some(Burst { ticks: BURST, step, step_vjp })
}

/// A cotangent that passes through unchanged stays where it is.
fn drop_unchanged(kernel: &mut Kernel) {
    let Kernel { inputs, body, outputs, .. } = kernel;
    outputs.retain(|(p, v)| !matches!(body[v.index()], homolog_ir::Op::Input(i) if inputs[i as usize].name == p.name));
    *kernel = passes::prune(kernel);
}

fn finish_ticks(
    parts: &Parts,
    step: Kernel,
    initial: Kernel,
    mut variables: Vec<Variable>,
    arrivals: Vec<String>,
    gathered: bool,
) -> Composed {
    let step = passes::optimise(&step);
    let learned: Vec<&str> = parts.learn.iter().map(String::as_str).collect();
    let mut wrt: Vec<&str> = variables.iter().map(|v| v.name.as_str()).collect();
    wrt.extend(arrivals.iter().map(String::as_str));
    let mut accumulate = vec![port::DRIVE];
    accumulate.extend(&learned);
    wrt.extend(&accumulate);
    let mut step_vjp = finish_vjp(calculus::vjp(&step, &wrt, &accumulate));
    let burst = burst(&step, &variables, &arrivals, &accumulate);
    drop_unchanged(&mut step_vjp);
    for v in &mut variables {
        v.taped = step_vjp.input(&v.name).is_some() || burst.as_ref().is_some_and(|b| b.step_vjp.input(&v.name).is_some());
    }

    let mut b = Builder::new(format!("{}.value", parts.name));
    let source = if gathered { GATHERED } else { COUNT };
    let unit = variables.iter().find(|v| v.name == source).map_or(Unit::ONE, |v| v.unit);
    let seen = b.input(source, unit);
    let scale = b.constant(parts.interface.readout_scale);
    let value = b.mul(scale, seen);
    b.output(port::VALUE, Unit::ONE, value);
    let value = b.finish();
    let value_vjp = finish_vjp(calculus::vjp(&value, &[source], &[source]));
    let initial_vjp = finish_vjp(calculus::vjp(&initial, &learned, &learned));
    Composed { clock: Clock::Tick, variables, initial, step, step_vjp, burst, value, value_vjp, initial_vjp, spikes: true, arrivals }
}

/// The unit in which `dt` is given to every kernel.
pub fn time_unit() -> Unit {
    ms()
}
