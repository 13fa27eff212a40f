//! What happens to one target when one event arrives: scalar programs, run per event (NMODL's NET_RECEIVE; Hines & Carnevale
//! 2004, J. Neurophysiol. 92, 2955, on events in NEURON).

use crate::builder::Builder;
use crate::calculus::derivative;
use crate::kernel::{Kernel, Port};

/// What one event does to its target, and what follows from it.
///
/// One kernel: every branch is written as selects, so that its effects have a condition each. Its inputs are the arguments,
/// states, parameters and ports of the target, [`FLAG`] and the time `t` of the event; its outputs are the states and
/// arguments that change, and what its effects need.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct EventProgram {
    /// The arguments of the event, in order; the first is the weight. Each connection keeps its own.
    pub arguments: Vec<Port>,
    /// What a connection begins with (INITIAL in NET_RECEIVE): outputs are arguments.
    pub connect: Option<Kernel>,
    /// What is done.
    pub kernel: Kernel,
    /// What follows, in order.
    pub effects: Vec<Effect>,
}

/// Name of the input that tells events of a connection (0) from those that a mechanism sends to itself.
pub const FLAG: &str = "flag";

/// Something that an event sets off when the output `when` of its kernel is not 0, or always.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Effect {
    /// Name of an output.
    pub when: Option<String>,
    /// What it is.
    pub kind: EffectKind,
}

/// What an event sets off. Names are those of outputs of its kernel.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub enum EffectKind {
    /// `net_send`: an event to itself, after a delay in ms, with a flag.
    Send {
        /// The delay.
        delay: String,
        /// The flag.
        flag: String,
    },
    /// `net_event`: to all that listen, at a time in ms.
    Emit {
        /// The time.
        at: String,
    },
    /// `net_move`: the last event to itself that is still due comes at another time, ms.
    Move {
        /// The time.
        to: String,
    },
    /// `FOR_NETCONS`: the kernel is run for every connection of the target, whose arguments go in and come out changed.
    Each {
        /// For each argument, the input it is and the output that it becomes.
        arguments: Vec<(String, String)>,
    },
    /// `WATCH`: from now on a crossing is an event with a flag. The first one of an event ends those before.
    Watch {
        /// Which condition of the mechanism.
        condition: usize,
        /// The flag.
        flag: String,
    },
}

impl EffectKind {
    /// The outputs it needs.
    pub fn outputs(&self) -> Vec<&str> {
        match self {
            EffectKind::Send { delay, flag } => vec![delay, flag],
            EffectKind::Emit { at } => vec![at],
            EffectKind::Move { to } => vec![to],
            EffectKind::Watch { flag, .. } => vec![flag],
            EffectKind::Each { arguments } => arguments.iter().map(|a| a.1.as_str()).collect(),
        }
    }
}

impl EventProgram {
    /// What an event of a connection does, when nothing follows from it and the connection keeps nothing: then it is a
    /// kernel from states to states.
    pub fn as_kernel(&self) -> Option<Kernel> {
        let kernel = crate::passes::specialise(&self.kernel, |n| (n == FLAG).then_some(0.0));
        let needed = |n: &str| self.effects.iter().any(|e| e.when.as_deref() == Some(n) || e.kind.outputs().contains(&n));
        let never = |e: &Effect| {
            let value = e.when.as_ref().and_then(|n| kernel.outputs.iter().find(|(p, _)| p.name == *n)).map(|o| kernel.body[o.1.index()]);
            matches!(value, Some(crate::Op::Const(c)) if c.0 == 0.0)
        };
        let keeps = self.arguments.iter().any(|a| kernel.output(&a.name).is_some()) || self.connect.is_some();
        let draws = kernel.inputs.iter().any(|p| crate::mechanism::is_draw(&p.name));
        if keeps || draws || !self.effects.iter().all(never) || kernel.input("t").is_some() {
            return None;
        }
        let mut b = Builder::new("receive");
        let values = b.inline(&kernel, |_, _| None);
        for ((port, _), v) in kernel.outputs.iter().zip(values) {
            if !needed(&port.name) {
                b.output(&port.name, port.unit, v);
            }
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

#[cfg(test)]
mod tests;
