//! What is prepared once for a model: its kernels as programs, and what each of their ports is.

use crate::lockstep::Sparse;
use crate::plastic::StreamPlan;
use homolog_base::Hash;
use homolog_exec::{Program, Scalar, Tree};
use homolog_ir::calculus::cotangent;
use homolog_ir::{Class, Kernel};
use homolog_model::model::port;
use homolog_model::{Action, Clock, Group, Launch, Model, Precision};

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
    /// Values that arrive by sign at port `k`.
    Signed(usize),
    Learned(usize),
    Fixed(usize),
    Work(usize),
    /// The scalar that is 1 after the settling time.
    Open,
    /// The scalar that says when a tick begins, ms.
    Time,
    /// Spikes of tick `j` from here.
    Spike(usize),
    Value,
    // Cotangents of these.
    DVariable(usize),
    DArrival(usize, usize),
    DDrive,
    DSigned(usize),
    DLearned(usize),
    DFixed(usize),
    DWork(usize),
    DSpike(usize),
    DValue,
}

/// A port: what it is, and at which of its places a launch begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub place: Place,
    pub first: usize,
    /// One number for all lanes.
    pub constant: bool,
}

/// A program and what its ports are.
pub(crate) struct Bound<R = f64> {
    pub program: Program<R>,
    /// Ticks from the variables before to those after.
    pub ticks: usize,
    /// Places of each neuron that it runs at.
    pub sites: usize,
    pub inputs: Vec<At>,
    pub outputs: Vec<At>,
}

/// A launch and its derivative; none where there is nothing to compute.
pub(crate) struct Pair<R = f64> {
    pub forward: Option<Bound<R>>,
    pub backward: Option<Bound<R>>,
}

/// One of the things that are done in a tick.
pub(crate) enum Step<R = f64> {
    Launch(Box<Pair<R>>),
    Solve,
    /// By the index of its tree.
    Diffuse(usize),
}

/// A tree of compartments, ready to be solved.
pub(crate) struct PlannedTree<R = f64> {
    pub tree: Tree,
    /// Couplings and their sums; empty when they are computed from what is learned.
    pub couplings: Vec<R>,
    pub axial: Vec<R>,
    pub extrapolate: bool,
    pub change: bool,
    pub potential: usize,
    /// Columns of work: diagonal, right-hand side.
    pub diagonal: usize,
    pub right: usize,
    /// Fixed column of couplings, when they are computed.
    pub coupling: Option<usize>,
}

/// The programs of one group.
pub(crate) struct GroupPlan<R = f64> {
    pub prepare: Vec<Pair<R>>,
    pub initial: Vec<Pair<R>>,
    pub steps: Vec<Step<R>>,
    /// The tick of point neurons without what few of them take part in.
    pub sparse: Option<Sparse<R>>,
    pub burst: Option<Pair<R>>,
    pub burst_ticks: usize,
    pub value: Option<Bound<R>>,
    pub value_vjp: Option<Bound<R>>,
    pub tree: Option<PlannedTree<R>>,
    /// Trees of what diffuses.
    pub diffusion: Vec<PlannedTree<R>>,
}

/// The programs of a contact.
pub(crate) struct ContactPlan<R = f64> {
    pub program: Program<R>,
    pub vjp: Option<Program<R>>,
}

pub(crate) struct Plan<R = f64> {
    pub hash: Hash,
    pub groups: Vec<GroupPlan<R>>,
    pub contacts: Vec<ContactPlan<R>>,
    /// For each stream; none where weights do not change.
    pub plastic: Vec<Option<StreamPlan>>,
}

impl<R: Scalar> Plan<R> {
    pub fn new(model: &Model) -> Self {
        // Of 32-bit numbers there are none.
        let gradients = model.precision == Precision::Double;
        let contact = |c: &homolog_model::model::Contact| ContactPlan {
            program: Program::compile(&c.kernel),
            vjp: (gradients && !c.vjp.outputs.is_empty()).then(|| Program::compile(&c.vjp)),
        };
        Plan {
            hash: model.hash,
            groups: model.groups.iter().map(|g| GroupPlan::new(g, gradients)).collect(),
            contacts: model.contacts.iter().map(contact).collect(),
            plastic: model.streams.iter().map(|s| s.plasticity.as_ref().map(|p| StreamPlan::new(p))).collect(),
        }
    }
}

impl<R: Scalar> GroupPlan<R> {
    fn new(g: &Group, gradients: bool) -> Self {
        let bind_vjp = |kernel: &Kernel, l: &Launch, ticks: usize| gradients.then(|| bind(g, kernel, l, ticks)).flatten();
        let pair = |l: &Launch| Pair { forward: bind(g, &l.kernel, l, 1), backward: bind_vjp(&l.vjp, l, 1) };
        let single = Launch { sites: g.kinds(), ..Launch::default() };
        GroupPlan {
            prepare: g.prepare.iter().map(pair).collect(),
            initial: g.initial.iter().map(pair).collect(),
            steps: g
                .tick
                .iter()
                .map(|a| match a {
                    Action::Launch(l) => Step::Launch(Box::new(pair(l))),
                    Action::Solve => Step::Solve,
                    Action::Diffuse(k) => Step::Diffuse(*k),
                })
                .collect(),
            sparse: Sparse::of(g),
            burst: g
                .burst
                .as_ref()
                .map(|b| Pair { forward: bind(g, &b.step, &single, b.ticks), backward: bind_vjp(&b.step_vjp, &single, b.ticks) }),
            burst_ticks: g.burst.as_ref().map_or(1, |b| b.ticks),
            value: bind(g, &g.value, &single, 1),
            value_vjp: bind_vjp(&g.value_vjp, &single, 1),
            tree: g.tree.as_ref().map(|t| tree(g, t, g.change, [port::DIAGONAL, port::RIGHT, port::COUPLING])),
            diffusion: g
                .diffusion
                .iter()
                .map(|d| {
                    tree(
                        g,
                        &d.tree,
                        false,
                        [port::diagonal(&d.name), port::right(&d.name), port::coupling(&d.name)].each_ref().map(|n| &**n),
                    )
                })
                .collect(),
        }
    }
}

/// A tree, whose columns of diagonal, right-hand side and couplings have these names.
fn tree<R: Scalar>(g: &Group, t: &homolog_model::model::Tree, change: bool, [diagonal, right, coupling]: [&str; 3]) -> PlannedTree<R> {
    let tree = Tree::new(&t.parent, t.membrane).expect("a compiled tree is one");
    let couplings: Vec<R> = t.couplings.iter().flatten().map(|x| R::of(*x)).collect();
    let mut axial = vec![R::default(); couplings.len()];
    if !couplings.is_empty() {
        tree.axial(&couplings, &mut axial);
    }
    let work = |name: &str| g.work.iter().position(|w| w.name == name).expect("a group with a tree has it");
    PlannedTree {
        tree,
        couplings,
        axial,
        extrapolate: t.extrapolate,
        change,
        potential: t.potential,
        diagonal: work(diagonal),
        right: work(right),
        coupling: g.fixed.iter().position(|f| f.name == coupling),
    }
}

/// What a port of this name is, cotangents apart.
fn plain(g: &Group, name: &str, output: bool) -> Option<Place> {
    Some(match name {
        port::DRIVE => Place::Drive,
        port::OPEN => Place::Open,
        // A variable of this name is the neuron's own.
        port::TIME if g.tree.is_some() => Place::Time,
        port::VALUE => Place::Value,
        _ => {
            let (name, j) = name.split_once('@').map_or((name, 0), |(n, j)| (n, j.parse().expect("a tick's number")));
            let variable = |n: &str| g.variables.iter().position(|v| v.name == n);
            if name == port::SPIKE {
                Place::Spike(j)
            } else if let Some(k) = variable(name) {
                if output { Place::Next(k) } else { Place::Variable(k) }
            } else if let Some(k) = name.strip_prefix("next.").and_then(variable) {
                Place::Next(k)
            } else if let Some(k) = g.arrivals.iter().position(|a| a.name == name) {
                Place::Arrival(k, j)
            } else if let Some(k) = g.signed.iter().position(|a| a.name == name) {
                Place::Signed(k)
            } else if let Some(k) = g.work.iter().position(|w| w.name == name) {
                Place::Work(k)
            } else if let Some(k) = g.fixed.iter().position(|f| f.name == name) {
                Place::Fixed(k)
            } else {
                // The compartment that a node hangs on has the same column at another place.
                let above = name.strip_prefix("parent.");
                if let Some(k) = above.and_then(|name| g.fixed.iter().position(|f| f.name == name)) {
                    return Some(Place::Fixed(k));
                }
                let name = above.unwrap_or(name);
                Place::Learned(g.learned.iter().position(|l| l.name == name)?)
            }
        }
    })
}

pub(crate) fn bind<R: Scalar>(g: &Group, kernel: &Kernel, launch: &Launch, ticks: usize) -> Option<Bound<R>> {
    if kernel.outputs.is_empty() {
        return None;
    }
    let at = |name: &str, class: Class, output: bool| -> At {
        let primal = name.strip_prefix(cotangent("").as_str());
        let place = plain(g, name, output)
            .or_else(|| {
                Some(match plain(g, primal?, output)? {
                    Place::Variable(k) | Place::Next(k) => Place::DVariable(k),
                    Place::Arrival(k, j) => Place::DArrival(k, j),
                    Place::Drive => Place::DDrive,
                    Place::Signed(k) => Place::DSigned(k),
                    Place::Learned(k) => Place::DLearned(k),
                    Place::Fixed(k) => Place::DFixed(k),
                    Place::Work(k) => Place::DWork(k),
                    Place::Spike(j) => Place::DSpike(j),
                    Place::Value => Place::DValue,
                    other => other,
                })
            })
            .unwrap_or_else(|| panic!("port `{name}` of `{}` is nothing that `{}` has", kernel.name, g.name));
        let base = if plain(g, name, output).is_some() { name } else { primal.unwrap_or(name) };
        let first = launch.first(base.strip_prefix("next.").unwrap_or(base));
        At { place, first, constant: class == Class::Constant }
    };
    Some(Bound {
        program: Program::compile(kernel),
        ticks,
        sites: launch.sites,
        inputs: kernel.inputs.iter().map(|p| at(&p.name, p.class, false)).collect(),
        outputs: kernel.outputs.iter().map(|(p, _)| at(&p.name, p.class, true)).collect(),
    })
}

/// For every group: whether gradients must reach it, because something learned lies in it or before it (or because
/// gradients of the inputs are asked for).
pub(crate) fn needs_gradient(model: &Model, params: &homolog_model::Params, inputs: bool) -> Vec<bool> {
    let learned = |t: usize| params.tensors[t].learned;
    let mut needs: Vec<bool> = model
        .groups
        .iter()
        .map(|g| (inputs && g.clock == Clock::Input) || g.bias.is_some_and(learned) || g.learned.iter().any(|l| learned(l.tensor)))
        .collect();
    for _ in 0..model.groups.len() {
        for l in &model.links {
            needs[l.to] |= learned(l.weights) || needs[l.from];
        }
        for (a, b) in model.contacts.iter().flat_map(|c| c.own.iter().zip(&c.other)) {
            needs[a.group] |= needs[b.group];
        }
    }
    needs
}
