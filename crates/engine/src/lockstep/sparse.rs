//! What of a kernel is done to few neurons only: found in the kernel, and taken out of it.

use crate::plan::{Bound, bind};
use homolog_exec::Scalar;
use homolog_ir::passes::{prune_body, renumber};
use homolog_ir::{Binary, Kernel, Op, Value};
use homolog_model::model::port;
use homolog_model::{Action, Group, Launch};

/// `x + factor a`, where `a` arrives.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Event {
    /// Which of the group's ports.
    pub arrival: usize,
    /// Which of its variables.
    pub variable: usize,
    pub factor: f64,
}

/// A tick without its events and counters.
pub(crate) struct Sparse<R = f64> {
    pub step: Bound<R>,
    pub events: Vec<Event>,
    /// Variables that grow by 1 with each spike.
    pub counters: Vec<usize>,
    /// Which output of the step says who spikes.
    pub spike: usize,
}

impl<R: Scalar> Sparse<R> {
    /// Of a group of point neurons whose tick is one kernel, without Poisson noise, which arrives at all neurons in all ticks.
    pub fn of(g: &Group) -> Option<Self> {
        let [Action::Launch(launch)] = &g.tick[..] else { return None };
        if g.tree.is_some() || !g.noise.is_empty() || g.kinds() != 1 {
            return None;
        }
        let (kernel, events, counters) = split(g, &launch.kernel)?;
        let launch = Launch { sites: launch.sites, ..Launch::default() };
        Some(Sparse { spike: kernel.output(port::SPIKE)?, step: bind(g, &kernel, &launch, 1)?, events, counters })
    }
}

/// A kernel without its events and counters; none where something else is done with what arrives.
fn split(g: &Group, kernel: &Kernel) -> Option<(Kernel, Vec<Event>, Vec<usize>)> {
    let uses = uses(kernel);
    let alone = |v: Value| uses[v.index()] == 1;
    // The variable that a value is before the step, where nothing else reads it.
    let variable = |v: Value| match kernel.body[v.index()] {
        Op::Input(i) if alone(v) => g.variables.iter().position(|x| x.name == kernel.inputs[i as usize].name),
        _ => None,
    };
    let constant = |v: Value| match kernel.body[v.index()] {
        Op::Const(c) if c.0 > 0.0 && c.0.is_finite() => Some(c.0),
        _ => None,
    };
    let mut events: Vec<(usize, Value, Event)> = Vec::new();
    // What is drawn or injected is there for all neurons, in columns that the kernel reads.
    for (arrival, a) in g.arrivals.iter().enumerate().filter(|(_, a)| !port::from_outside(&a.name)) {
        let Some(value) = value_of(kernel, &a.name).filter(|v| uses[v.index()] > 0) else { continue };
        let (at, x, factor) = kernel.body.iter().enumerate().find_map(|(k, op)| match *op {
            Op::Fma(a, b, x) if a == value && x != value => Some((k, x, constant(b)?)),
            Op::Fma(a, b, x) if b == value && x != value => Some((k, x, constant(a)?)),
            Op::Binary(Binary::Add, a, x) | Op::Binary(Binary::Add, x, a) if a == value => Some((k, x, 1.0)),
            _ => None,
        })?;
        if !alone(value) || a.sites != 1 {
            return None;
        }
        events.push((at, x, Event { arrival, variable: variable(x)?, factor }));
    }
    let spike = kernel.output(port::SPIKE).map(|k| kernel.outputs[k].1)?;
    let counts = |name: &str, v: Value| {
        let Op::Binary(Binary::Add, a, b) = kernel.body[v.index()] else { return false };
        let own = |x: Value| variable(x).is_some_and(|k| g.variables[k].name == name);
        alone(v) && matches!(kernel.body[spike.index()], Op::Spike(..)) && ((own(a) && b == spike) || (own(b) && a == spike))
    };
    let counted = |(p, v): &(homolog_ir::Port, Value)| counts(&p.name, *v);
    let counters = kernel.outputs.iter().filter(|o| counted(o)).filter_map(|(p, _)| g.variables.iter().position(|x| x.name == p.name));
    let counters: Vec<usize> = counters.collect();
    let mut out = Kernel { name: format!("{}.sparse", kernel.name), ..kernel.clone() };
    let instead = |v: Value| events.iter().find(|(at, ..)| *at == v.index()).map_or(v, |(_, x, _)| *x);
    out.body.iter_mut().for_each(|op| *op = renumber(*op, instead));
    out.outputs.retain(|o| !counted(o));
    out.outputs.iter_mut().for_each(|(_, v)| *v = instead(*v));
    Some((prune_body(&out), events.into_iter().map(|e| e.2).collect(), counters))
}

/// The value that an input is.
fn value_of(kernel: &Kernel, name: &str) -> Option<Value> {
    let input = kernel.input(name)? as u32;
    kernel.body.iter().position(|op| *op == Op::Input(input)).map(|k| Value(k as u32))
}

/// How often each value is an operand or an output.
fn uses(kernel: &Kernel) -> Vec<u32> {
    let mut out = vec![0; kernel.body.len()];
    kernel.body.iter().for_each(|op| op.for_each_operand(|v| out[v.index()] += 1));
    kernel.outputs.iter().for_each(|(_, v)| out[v.index()] += 1);
    out
}
