//! What happens to one target when one event arrives: scalar programs, run per event.

use crate::builder::Builder;
use crate::calculus::derivative;
use crate::interpret::interpret;
use crate::kernel::{Kernel, Port};
use crate::number::Number;
use std::collections::HashMap;

/// The program of one event: arguments (the first is the weight) and steps over the target's variables.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct EventProgram {
    /// The arguments of the event, in order; the first is the weight.
    pub arguments: Vec<Port>,
    /// What is done, in order.
    pub steps: Vec<EventStep>,
}

/// One step of an event program.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub enum EventStep {
    /// Reads variables, writes the variables it outputs.
    Run(Kernel),
    /// Runs `then` when the only output of `condition` is not 0, else `otherwise`.
    If {
        /// A kernel with one output.
        condition: Kernel,
        /// When it is not 0.
        then: Vec<EventStep>,
        /// When it is 0.
        otherwise: Vec<EventStep>,
    },
}

impl EventProgram {
    /// Runs the program on variables by name (states, parameters, and the arguments).
    ///
    /// # Panics
    /// When a variable that is read is missing.
    pub fn run<N: Number>(&self, variables: &mut HashMap<String, N>) {
        run_steps(&self.steps, variables);
    }

    /// The program as one kernel, when it has no control flow.
    pub fn as_kernel(&self) -> Option<Kernel> {
        let mut b = Builder::new("receive");
        let mut now: HashMap<String, (homolog_base::Unit, crate::Value)> = HashMap::new();
        let mut order: Vec<String> = Vec::new();
        for step in &self.steps {
            let EventStep::Run(kernel) = step else { return None };
            let values = b.inline(kernel, |_, p| now.get(&p.name).map(|x| x.1));
            for ((port, _), v) in kernel.outputs.iter().zip(values) {
                if !order.contains(&port.name) {
                    order.push(port.name.clone());
                }
                now.insert(port.name.clone(), (port.unit, v));
            }
        }
        for name in order {
            let (unit, v) = now[&name];
            b.output(&name, unit, v);
        }
        Some(b.finish())
    }

    /// The law that lets many simultaneous events be one: every state moves by an amount that is proportional to the
    /// weight and depends on no state. Then the sum of weights has the effect of all events, in any order.
    pub fn is_linear_in_weight(&self) -> bool {
        let (Some(kernel), Some(weight)) = (self.as_kernel(), self.arguments.first()) else { return false };
        let mut b = Builder::new("check");
        let values = b.inline(&kernel, |_, _| None);
        let w = b.input_port(weight.clone());
        let ports: Vec<Port> = kernel.inputs.clone();
        for ((port, _), v) in kernel.outputs.iter().zip(values) {
            let old = b.input_port(port.clone());
            let by_weight = derivative(&mut b, v, w);
            let by_self = derivative(&mut b, v, old);
            if b.as_const(by_self) != Some(1.0) {
                return false;
            }
            for p in &ports {
                let x = b.input_port(p.clone());
                let second = derivative(&mut b, by_weight, x);
                let is_state = kernel.output(&p.name).is_some();
                if (p.name == weight.name || is_state) && b.as_const(second) != Some(0.0) {
                    return false;
                }
                if is_state && p.name != port.name {
                    let first = derivative(&mut b, v, x);
                    if b.as_const(first) != Some(0.0) {
                        return false;
                    }
                }
            }
        }
        // And no weight, no effect.
        let silent = crate::passes::specialise(&kernel, |n| (n == weight.name).then_some(0.0));
        silent
            .outputs
            .iter()
            .all(|(p, v)| matches!(silent.body[v.index()], crate::Op::Input(i) if silent.inputs[i as usize].name == p.name))
    }
}

fn run_steps<N: Number>(steps: &[EventStep], variables: &mut HashMap<String, N>) {
    for step in steps {
        match step {
            EventStep::Run(kernel) => {
                let out = call(kernel, variables);
                for ((port, _), v) in kernel.outputs.iter().zip(out) {
                    variables.insert(port.name.clone(), v);
                }
            }
            EventStep::If { condition, then, otherwise } => {
                let taken = call(condition, variables)[0].value() != 0.0;
                run_steps(if taken { then } else { otherwise }, variables);
            }
        }
    }
}

fn call<N: Number>(kernel: &Kernel, variables: &HashMap<String, N>) -> Vec<N> {
    let inputs: Vec<N> =
        kernel.inputs.iter().map(|p| *variables.get(&p.name).unwrap_or_else(|| panic!("`{}` has no value", p.name))).collect();
    interpret(kernel, &inputs)
}

#[cfg(test)]
mod tests;
