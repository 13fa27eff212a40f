//! The programs of plastic streams, and what their ports are.

use homolog_exec::Program;
use homolog_ir::Kernel;
use homolog_model::plasticity::{Memory, Plasticity, Rule, SPIKE, between};

/// What a port of a rule's kernel is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum At {
    /// A number of the connection, as in [`homolog_model::runner::Plastic::connections`]: the weight is the first.
    Own(usize),
    Sender(usize),
    Receiver(usize),
    Heard(usize),
    /// Whether the neuron spikes.
    Spike,
    /// A trace of the sender, between its equation and its spike.
    Between(usize),
    /// What arrives at the synapse.
    Effect,
}

/// A kernel and what its ports are.
pub(super) struct Bound {
    pub program: Program,
    pub inputs: Vec<At>,
    pub outputs: Vec<At>,
}

/// The programs of a rule.
pub(super) struct RulePlan {
    pub arrive: Bound,
    pub post: Bound,
    pub step: Bound,
    pub send: Bound,
    pub receive: Bound,
    pub fire: Bound,
}

/// The programs of a plastic stream.
pub(crate) struct StreamPlan {
    pub(super) rules: Vec<RulePlan>,
}

/// What a rule remembers of a connection begins at number `first`.
fn bind(rule: &Rule, first: usize, kernel: &Kernel) -> Bound {
    let find = |all: &[Memory], name: &str| all.iter().position(|m| m.name == name);
    let at = |name: &str| -> At {
        if name == rule.weight {
            return At::Own(0);
        }
        let heard = || rule.heard.iter().position(|h| h.0 == name).map(At::Heard);
        let own = || find(&rule.connection, name).map(|k| At::Own(first + k));
        let sender = || find(&rule.sender, name).map(At::Sender);
        let receiver = || find(&rule.receiver, name).map(At::Receiver);
        let middle = || {
            let name = name.strip_prefix(&between(""))?;
            find(&rule.sender, name).map(At::Between)
        };
        heard().or_else(own).or_else(sender).or_else(receiver).or_else(middle).unwrap_or_else(|| match name {
            SPIKE => At::Spike,
            _ => {
                assert_eq!(rule.transmits.as_deref(), Some(name), "a port of `{}` that is nothing", rule.name);
                At::Effect
            }
        })
    };
    Bound {
        program: Program::compile(kernel),
        inputs: kernel.inputs.iter().map(|p| at(&p.name)).collect(),
        outputs: kernel.outputs.iter().map(|(p, _)| at(&p.name)).collect(),
    }
}

impl StreamPlan {
    pub fn new(p: &Plasticity) -> StreamPlan {
        let mut first = 1;
        let plan = |r: &Rule| {
            let begin = first;
            first += r.connection.len();
            let bind = |kernel: &Kernel| bind(r, begin, kernel);
            RulePlan {
                arrive: bind(&r.arrive),
                post: bind(&r.post),
                step: bind(&r.step),
                send: bind(&r.send),
                receive: bind(&r.receive),
                fire: bind(&r.fire),
            }
        };
        StreamPlan { rules: p.rules.iter().map(plan).collect() }
    }
}
