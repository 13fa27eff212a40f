//! Makes the kernels of one group out of its neuron's mechanism and its receptors.
//!
//! One tick, in order: arriving events act on the neuron and its receptors; the receptors' currents are summed; the
//! neuron's states advance; the receptors' states advance; a crossing of the threshold is a spike and resets; counters
//! of the readout move. Everything that is known (parameters, `dt`) is folded; a state that can never leave its initial
//! value (a refractory clock of a neuron without refractoriness) disappears.

use crate::model::{Action, Burst, Clock, Group, Launch, Opening, Variable, port};
use homolog_base::Unit;
use homolog_ir::mechanism::draw_of;
use homolog_ir::{Binary, Builder, Compare, Interface, Kernel, Logic, Mechanism, Receptor, Signal, Surrogate, Value, calculus, passes};
use interpolated::{Course, currents, in_a_step, sum, within};
use readout::Reading;
use scope::{Scope, receive};
use std::collections::{BTreeMap, HashMap};

pub mod cable;
mod fluctuating;
mod interpolated;
mod isolated;
mod readout;
pub(crate) mod scope;

pub use isolated::isolated;

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
    /// Whether currents are injected into it.
    pub injected: bool,
    /// Currents that fluctuate: mean, standard deviation (in the unit of the drive) and correlation time (ms) of each.
    pub noise: Vec<[f64; 3]>,
    /// Whether its spikes have a time within their tick.
    pub interpolated: bool,
    /// Whether spikes arrive at the neuron itself.
    pub own_events: bool,
    /// Derivative of a spike.
    pub surrogate: Option<Surrogate>,
    /// Factor on the declared size of a weight.
    pub gain: f64,
}

/// Temperature where nothing else is said: that of Hodgkin & Huxley's squid axon, and NEURON's default, degC.
pub const CELSIUS: f64 = 6.3;

/// Counter of spikes in this frame.
pub const COUNT: &str = "count";
/// What the readout has gathered in this frame.
pub const GATHERED: &str = "gathered";

/// Whether the potential was above threshold at the end of the tick before, 0 or 1. Neurons whose reset always leaves them below
/// have no such variable.
pub const ABOVE: &str = "above";

/// The potential of a cell at the end of the tick before, mV, where spikes have a time within their tick.
pub const BEFORE: &str = "before";

/// The value of neurons that have none.
pub fn silence() -> Kernel {
    let mut b = Builder::new("silence");
    let zero = b.constant(0.0);
    b.output(port::VALUE, Unit::ONE, zero);
    b.finish()
}

/// Makes the kernels.
///
/// # Errors
/// Why these parts do not fit together, one sentence each.
pub fn compose(parts: &Parts) -> Result<Group, Vec<String>> {
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
    let reserved = [port::DRIVE, port::ARRIVE, port::OPEN, port::SPIKE, port::VALUE, COUNT, GATHERED, ABOVE, "bias"];
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
    if spikes { compose_ticks(parts) } else { compose_frame(parts) }
}

fn neuron_scope<'a>(b: &mut Builder, parts: &Parts<'a>) -> Scope<'a> {
    let mut scope = Scope::new(b, parts.neuron, "", parts.dt, CELSIUS, |b, p| {
        if parts.learn.contains(&p.name) {
            b.input(&p.name, p.unit)
        } else {
            b.constant(parts.parameters.get(&p.name).copied().unwrap_or(p.default))
        }
    });
    interpolated::tell(b, &mut scope, parts.interpolated);
    scope
}

fn receptor_scope<'a>(b: &mut Builder, parts: &Parts, prefix: &str, receptor: &Receptor, mechanism: &'a Mechanism) -> Scope<'a> {
    Scope::new(b, mechanism, prefix, parts.dt, CELSIUS, |b, p| {
        let set = receptor.parameters.iter().find(|(n, ..)| *n == p.name).map(|(_, v, _)| *v);
        b.constant(set.unwrap_or(p.default))
    })
}

/// Sentences about what a mechanism cannot do in a step.
fn not_linear(m: &Mechanism, e: Vec<homolog_ir::ode::NotLinear>) -> Vec<String> {
    e.into_iter()
        .map(|n| format!("the equation of `{}` in `{}` is not linear in it, so METHOD cnexp does not apply", n.state, m.name))
        .collect()
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
fn compose_frame(parts: &Parts) -> Result<Group, Vec<String>> {
    let mut b = Builder::new(format!("{}.value", parts.name));
    let mut scope = neuron_scope(&mut b, parts);
    drive(&mut b, parts, &mut scope);
    scope.run(&mut b, &parts.neuron.breakpoint);
    let problems = scope.problems();
    if !problems.is_empty() {
        return Err(problems);
    }
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
    Ok(Group { clock: Clock::Frame, value, value_vjp, ..Group::default() })
}

/// Contraction only: the primal operations inside a vector-Jacobian product must keep the bits that they had in the
/// forward pass, or a spike could be decided differently.
fn finish_vjp(kernel: Kernel) -> Kernel {
    passes::prune(&passes::contract(&kernel))
}

fn compose_ticks(parts: &Parts) -> Result<Group, Vec<String>> {
    let (neuron, interface) = (parts.neuron, parts.interface);
    let mut b = Builder::new(format!("{}.step", parts.name));
    let mut scope = neuron_scope(&mut b, parts);
    scope.draws = true;
    scope.read_states(&mut b);
    let mut arrivals = Vec::new();
    let mut event_sizes = Vec::new();
    let argument = |m: &Mechanism| m.receive.as_ref().and_then(|r| r.arguments.first()).map_or(Unit::ONE, |a| a.unit);

    // 1. Events.
    if parts.own_events {
        if neuron.receive.is_none() {
            return Err(vec![format!("spikes arrive at `{}`, which has no NET_RECEIVE and declares no receptors", neuron.name)]);
        }
        let Some(event) = interface.event else {
            return Err(vec![format!("spikes arrive at `{}`, which does not say with EVENT how large a weight of 1 is", neuron.name)]);
        };
        let arrive = b.input(port::ARRIVE, Unit::ONE);
        receive(&mut b, &mut scope, arrive, event * parts.gain)?;
        arrivals.push(port::ARRIVE.to_string());
        event_sizes.push((port::ARRIVE.to_string(), event * parts.gain, argument(neuron)));
    }
    let mut receptors = Vec::new();
    for (prefix, receptor, mechanism) in &parts.receptors {
        let mut s = receptor_scope(&mut b, parts, prefix, receptor, mechanism);
        s.read_states(&mut b);
        let name = format!("{}.{prefix}", port::ARRIVE);
        let arrive = b.input(&name, Unit::ONE);
        receive(&mut b, &mut s, arrive, receptor.weight.0 * parts.gain)?;
        event_sizes.push((name.clone(), receptor.weight.0 * parts.gain, argument(mechanism)));
        arrivals.push(name);
        receptors.push(s);
    }
    // 2. Currents, outward positive, at the voltage before the step.
    let begins = currents(&mut b, &mut receptors, scope.known.get("v").copied());
    let current = sum(&mut b, &begins);
    if let Some(name) = &interface.synaptic_current {
        scope.known.insert(name.clone(), current);
    }
    drive(&mut b, parts, &mut scope);
    let noise = fluctuating::add(&mut b, parts, &mut scope);
    // 3. The neuron's states.
    let step = neuron.step().map_err(|e| not_linear(neuron, e))?;
    let before = parts.interpolated.then(|| (scope.branch(), receptors.iter().map(Scope::branch).collect::<Vec<_>>()));
    scope.run(&mut b, &step);
    // 4. The receptors' states, at the new voltage.
    for s in &mut receptors {
        if let Some(v) = scope.known.get("v") {
            s.known.insert("v".into(), *v);
        }
        let step = s.mechanism.step().map_err(|e| not_linear(s.mechanism, e))?;
        s.run(&mut b, &step);
    }
    let port = interface.synaptic_current.as_deref().filter(|_| !receptors.is_empty());
    if let (Some((begun, _)), Some(port)) = (&before, port)
        && let Some(mean) = in_a_step(&mut b, &begins, &receptors, scope.known.get("v").copied())
    {
        // Once more, with what flows in the step; beyond a crossing nothing is known of that.
        let crosses = scope.evaluate(&mut b, &neuron.spike.as_ref().expect("asked by the caller").condition)[0];
        let zero = b.constant(0.0);
        let crosses = b.compare(Compare::Lt, zero, crosses);
        let mean = b.select(crosses, current, mean);
        let undefined = std::mem::take(&mut scope.undefined);
        scope = begun.branch();
        scope.undefined = undefined;
        scope.known.insert(port.into(), mean);
        scope.run(&mut b, &step);
    }
    // 5. Crossing and reset.
    let rule = neuron.spike.as_ref().expect("asked by the caller");
    let surrogate = parts.surrogate.expect("asked by the caller");
    let mut x = scope.evaluate(&mut b, &rule.condition)[0];
    let zero = b.constant(0.0);
    let course = before.as_ref().map(|(begun, arrived)| {
        let (scope, receptors) = (scope.branch(), receptors.iter().map(Scope::branch).collect());
        Course { before: (begun, arrived), after: (scope, receptors), current: port, step: &step }
    });
    let mut share = zero;
    if let Some(course) = &course {
        // What an event has lifted above its threshold spikes, wherever it would be in the end.
        let begins = course.begins(&mut b, &rule.condition)?;
        share = interpolated::share(&mut b, begins, x);
        x = b.binary(Binary::Max, begins, x);
    }
    let reset = scope.evaluate(&mut b, &rule.reset);
    let still = {
        let mut after = scope.branch();
        after.known.extend(rule.reset.outputs.iter().map(|(p, _)| p.name.clone()).zip(reset.iter().copied()));
        after.evaluate(&mut b, &rule.condition)[0]
    };
    // A spike is a crossing from below. Where the reset leads below threshold, whatever the states were, what is above now was below, or has
    // begun above: then it spikes at once.
    let from_below = b.as_const(still).is_some_and(|x| x <= 0.0);
    let rises = b.spike(x, surrogate);
    let is_above = b.compare(Compare::Lt, zero, x);
    let (spike, crossed) = if from_below {
        (rises, is_above)
    } else {
        let above = b.input(ABOVE, Unit::ONE);
        let one = b.constant(1.0);
        let below = b.sub(one, above);
        let was_below = b.compare(Compare::Lt, above, one);
        (b.mul(rises, below), b.logic(Logic::And, is_above, was_below))
    };
    let mut sent = spike;
    if let Some(course) = &course {
        let states = course.after_reset(&mut b, &rule.reset, share);
        sent = within(&mut b, share, spike);
        for (name, state) in states {
            let v = b.select(crossed, state, scope.known[&name]);
            scope.known.insert(name, v);
        }
    }
    for ((p, _), r) in rule.reset.outputs.iter().zip(&reset).filter(|_| !parts.interpolated) {
        let unset = scope.known[&p.name];
        let v = if interface.reset_attached {
            let jump = b.sub(*r, unset);
            let part = b.mul(spike, jump);
            b.add(unset, part)
        } else {
            b.select(crossed, *r, unset)
        };
        scope.known.insert(p.name.clone(), v);
    }
    // 6. Counters of the readout.
    let mut out: Vec<(Variable, Value)> = Vec::new();
    for s in std::iter::once(&scope).chain(&receptors) {
        for state in &s.mechanism.states {
            let v = s.known[&state.name];
            let per_frame = s.prefix.is_empty() && interface.restart.as_ref() == Some(&state.name);
            out.push((Variable { name: s.qualified(&state.name), unit: state.unit, per_frame, taped: false, sites: 1 }, v));
        }
    }
    out.extend(noise);
    if !from_below {
        let mut ends = scope.evaluate(&mut b, &rule.condition)[0];
        if parts.interpolated {
            // What comes after a spike in its tick may rise above threshold again: then it spikes in the next.
            ends = b.select(crossed, still, ends);
        }
        let is_above = b.compare(Compare::Lt, zero, ends);
        let one = b.constant(1.0);
        let above = b.select(is_above, one, zero);
        out.push((Variable { name: ABOVE.into(), unit: Unit::ONE, per_frame: false, taped: false, sites: 1 }, above));
    }
    let unit_of = |name: &str| neuron.states.iter().find(|s| s.name == name).map(|s| s.unit);
    let reading = parts.reading();
    out.extend(reading.tick(&mut b, spike, |name| Some((unit_of(name)?, scope.known[name])))?);
    let problems: Vec<String> = std::iter::once(&scope).chain(&receptors).flat_map(Scope::problems).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut variables = Vec::new();
    for (variable, v) in out {
        b.output(&variable.name, variable.unit, v);
        variables.push(variable);
    }
    b.output(port::SPIKE, Unit::ONE, sent);
    let step = b.finish();

    let initial = initial(parts, &receptors, &variables)?;
    let (step, initial, variables) = drop_constant_states(step, initial, variables);
    // After those of spikes.
    if let Some(name) = &interface.drive {
        let unit = neuron.reads.iter().find(|p| p.name == *name).map_or(Unit::ONE, |p| p.unit);
        event_sizes.push((port::DRIVE.to_string(), interface.weight * parts.gain, unit));
    }
    let moved = |name: &str| neuron.receive.as_ref().is_some_and(|r| r.as_kernel().is_some_and(|k| k.output(name).is_some()));
    let jumps = parts.own_events && rule.condition.inputs.iter().any(|p| moved(&p.name));
    Ok(Group { event_sizes, jumps, interpolated: parts.interpolated, ..finish_ticks(parts, step, initial, variables, arrivals) })
}

impl Parts<'_> {
    fn reading(&self) -> Reading<'_> {
        Reading {
            neuron: &self.neuron.name,
            readout: &self.interface.readout,
            dt: self.dt,
            ticks: self.ticks,
            settle: self.settle,
            scale: self.interface.readout_scale,
        }
    }
}

fn initial(parts: &Parts, receptors: &[Scope], variables: &[Variable]) -> Result<Kernel, Vec<String>> {
    let mut b = Builder::new(format!("{}.initial", parts.name));
    let mut values: HashMap<String, Value> = HashMap::new();
    let zero = b.constant(0.0);
    let mut scope = neuron_scope(&mut b, parts);
    scope.run(&mut b, &parts.neuron.initial);
    for s in &parts.neuron.states {
        values.insert(s.name.clone(), scope.known.get(&s.name).copied().unwrap_or(zero));
    }
    let mut problems = scope.problems();
    for (s, (prefix, receptor, mechanism)) in receptors.iter().zip(&parts.receptors) {
        let mut r = receptor_scope(&mut b, parts, prefix, receptor, mechanism);
        if let Some(v) = values.get("v") {
            r.known.insert("v".into(), *v);
        }
        r.run(&mut b, &mechanism.initial);
        for state in &mechanism.states {
            values.insert(s.qualified(&state.name), r.known.get(&state.name).copied().unwrap_or(zero));
        }
        problems.extend(r.problems());
    }
    if let Some(rule) = parts.neuron.spike.as_ref().filter(|_| variables.iter().any(|v| v.name == ABOVE)) {
        let x = scope.evaluate(&mut b, &rule.condition)[0];
        let is_above = b.compare(Compare::Lt, zero, x);
        let one = b.constant(1.0);
        let above = b.select(is_above, one, zero);
        values.insert(ABOVE.into(), above);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    for v in variables {
        b.output(&v.name, v.unit, values.get(&v.name).copied().unwrap_or(zero));
    }
    Ok(b.finish())
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
                None if arrivals.contains(&p.name) || port::from_outside(&p.name) => b.input(&port::of_tick(&p.name, j), p.unit),
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

fn finish_ticks(parts: &Parts, step: Kernel, initial: Kernel, mut variables: Vec<Variable>, arrivals: Vec<String>) -> Group {
    let step = passes::optimise(&step);
    // What is filled from outside comes last, random numbers in their order.
    let mut outside: Vec<String> = step.inputs.iter().map(|p| p.name.clone()).filter(|n| port::from_outside(n)).collect();
    outside.sort_by_key(|n| draw_of(n).map_or(0, |k| k + 1));
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
    let (value, value_vjp) = parts.reading().value(parts.name, &variables);
    let initial_vjp = finish_vjp(calculus::vjp(&initial, &learned, &learned));
    Group {
        clock: Clock::Tick,
        variables,
        initial: vec![Launch::single(initial, initial_vjp)],
        tick: vec![Action::Launch(Box::new(Launch::single(step, step_vjp)))],
        burst,
        value,
        value_vjp,
        spikes: true,
        arrivals: arrivals.into_iter().chain(outside).map(|name| Opening { name, sites: 1 }).collect(),
        ..Group::default()
    }
}
