//! What is prepared once for a model: its kernels as programs, and what each of their ports is.

use homolog_base::Hash;
use homolog_exec::Program;
use homolog_ir::Kernel;
use homolog_ir::calculus::cotangent;
use homolog_model::model::port;
use homolog_model::{Clock, Group, Model};

/// What a port of a kernel is; [`crate::layout`] says where that lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Variable `k` before the step.
    Variable(usize),
    /// Variable `k` after the step.
    Next(usize),
    /// Arrivals at port `k` in tick `j` from here.
    Arrival(usize, usize),
    Drive,
    Learned(usize),
    /// The scalar that is 1 after the settling time.
    Open,
    /// Spikes of tick `j` from here.
    Spike(usize),
    Value,
    // Cotangents of these.
    DVariable(usize),
    DArrival(usize, usize),
    DDrive,
    DLearned(usize),
    DSpike(usize),
    DValue,
}

/// A program and what its ports are.
pub(crate) struct Bound {
    pub program: Program,
    /// Ticks from the variables before to those after.
    pub ticks: usize,
    pub inputs: Vec<Place>,
    pub outputs: Vec<Place>,
}

/// The programs of one group; none where there is nothing to compute.
pub(crate) struct GroupPlan {
    pub initial: Option<Bound>,
    pub step: Option<Bound>,
    pub step_vjp: Option<Bound>,
    pub burst: Option<Bound>,
    pub burst_vjp: Option<Bound>,
    pub value: Option<Bound>,
    pub value_vjp: Option<Bound>,
    pub initial_vjp: Option<Bound>,
}

pub(crate) struct Plan {
    pub hash: Hash,
    pub groups: Vec<GroupPlan>,
}

impl Plan {
    pub fn new(model: &Model) -> Self {
        Plan { hash: model.hash, groups: model.groups.iter().map(GroupPlan::new).collect() }
    }
}

impl GroupPlan {
    fn new(g: &Group) -> Self {
        let bind = |k: &Kernel| (!k.outputs.is_empty()).then(|| bind(g, k, 1));
        GroupPlan {
            initial: bind(&g.initial),
            step: bind(&g.step),
            step_vjp: bind(&g.step_vjp),
            burst: g.burst.as_ref().map(|b| self::bind(g, &b.step, b.ticks)),
            burst_vjp: g.burst.as_ref().map(|b| self::bind(g, &b.step_vjp, b.ticks)),
            value: bind(&g.value),
            value_vjp: bind(&g.value_vjp),
            initial_vjp: bind(&g.initial_vjp),
        }
    }
}

fn bind(g: &Group, kernel: &Kernel, ticks: usize) -> Bound {
    let place = |name: &str, output: bool| -> Place {
        let plain = |name: &str| -> Option<Place> {
            Some(match name {
                port::DRIVE => Place::Drive,
                port::OPEN => Place::Open,
                port::VALUE => Place::Value,
                _ => {
                    let (name, j) = name.split_once('@').map_or((name, 0), |(n, j)| (n, j.parse().expect("a tick's number")));
                    if name == port::SPIKE {
                        Place::Spike(j)
                    } else if let Some(k) = g.variables.iter().position(|v| v.name == name) {
                        if output { Place::Next(k) } else { Place::Variable(k) }
                    } else if let Some(k) = g.arrivals.iter().position(|a| a == name) {
                        Place::Arrival(k, j)
                    } else {
                        Place::Learned(g.learned.iter().position(|(n, _)| n == name)?)
                    }
                }
            })
        };
        plain(name)
            .or_else(|| {
                let primal = name.strip_prefix(cotangent("").as_str())?;
                Some(match plain(primal)? {
                    Place::Variable(k) | Place::Next(k) => Place::DVariable(k),
                    Place::Arrival(k, j) => Place::DArrival(k, j),
                    Place::Drive => Place::DDrive,
                    Place::Learned(k) => Place::DLearned(k),
                    Place::Spike(j) => Place::DSpike(j),
                    Place::Value => Place::DValue,
                    other => other,
                })
            })
            .unwrap_or_else(|| panic!("port `{name}` of `{}` is nothing that `{}` has", kernel.name, g.name))
    };
    Bound {
        program: Program::compile(kernel),
        ticks,
        inputs: kernel.inputs.iter().map(|p| place(&p.name, false)).collect(),
        outputs: kernel.outputs.iter().map(|(p, _)| place(&p.name, true)).collect(),
    }
}

/// For every group: whether gradients must reach it, because something learned lies in it or before it (or because
/// gradients of the inputs are asked for).
pub(crate) fn needs_gradient(model: &Model, params: &homolog_model::Params, inputs: bool) -> Vec<bool> {
    let learned = |t: usize| params.tensors[t].learned;
    let mut needs: Vec<bool> = model
        .groups
        .iter()
        .map(|g| (inputs && g.clock == Clock::Input) || g.bias.is_some_and(learned) || g.learned.iter().any(|(_, t)| learned(*t)))
        .collect();
    for _ in 0..model.groups.len() {
        for l in &model.links {
            needs[l.to] |= learned(l.weights) || needs[l.from];
        }
    }
    needs
}
