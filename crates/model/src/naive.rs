//! One neuron of a group (or one of each of its kinds), step by step, by the interpreter: what a compiled group means, without regard to speed.
//!
//! Generic over its number type. Calibration runs it on numbers; the engine's tests hold the fast runner to it, bit for bit, and run it
//! on dual numbers for exact derivatives.

use crate::model::{Action, Group, Launch, Tree, port};
use homolog_ir::{Kernel, Number, interpret};
use std::collections::HashMap;

/// The numbers of one neuron; where a group has several kinds, of one of each.
#[derive(Clone, Debug)]
pub struct Neuron<N> {
    /// For every variable of the group: its numbers, place by place.
    pub variables: Vec<Vec<N>>,
    /// Fixed columns and couplings by name.
    fixed: HashMap<String, Vec<N>>,
    /// Learned parameters by port: number of each place.
    learned: HashMap<String, Vec<N>>,
}

/// What a neuron is given in a tick, by port: number of each place.
pub type Given<N> = HashMap<String, Vec<N>>;

/// What is added to the equation of a compartment: its index, to the diagonal, to the right-hand side.
pub type Injected<N> = (usize, Option<N>, N);

impl<N: Number> Neuron<N> {
    /// A neuron at its start. `parameter` gives the number of a part of a learned tensor: (tensor, kind, part).
    pub fn new(group: &Group, parameter: impl Fn(usize, usize, usize) -> N) -> Self {
        let learned = group
            .learned
            .iter()
            .map(|l| {
                let kind = |site: usize| l.kind.get(site).map_or(0, |k| *k as usize);
                let number = |(site, part): (usize, &u32)| parameter(l.tensor, kind(site), *part as usize);
                (l.name.clone(), l.part.iter().enumerate().map(number).collect())
            })
            .collect();
        let zero = N::constant(0.0);
        let fixed = group
            .fixed
            .iter()
            .map(|f| {
                let values = f.values.as_ref().map_or_else(|| vec![zero; f.sites], |v| v.iter().map(|x| N::constant(*x)).collect());
                (f.name.clone(), values)
            })
            .collect();
        let mut neuron = Neuron { variables: group.variables.iter().map(|v| vec![zero; v.sites]).collect(), fixed, learned };
        let mut work = HashMap::new();
        for launch in &group.prepare {
            neuron.launch(group, launch, &HashMap::new(), &mut work);
            for (name, values) in &mut neuron.fixed {
                if let Some(made) = work.remove(name) {
                    // Each launch fills its own places.
                    let from = launch.first(name);
                    values[from..from + launch.sites].copy_from_slice(&made[from..from + launch.sites]);
                }
            }
        }
        for launch in &group.initial {
            neuron.launch(group, launch, &HashMap::new(), &mut work);
        }
        neuron
    }

    /// The numbers of a fixed column, of couplings, or of a learned parameter, place by place.
    pub fn column(&self, name: &str) -> Option<&[N]> {
        self.column_of(name).map(Vec::as_slice)
    }

    fn column_of(&self, name: &str) -> Option<&Vec<N>> {
        self.fixed.get(name).or_else(|| self.learned.get(name))
    }

    /// Counters begin a frame at zero.
    pub fn begin_frame(&mut self, group: &Group) {
        for (v, x) in group.variables.iter().zip(&mut self.variables) {
            if v.per_frame {
                x.fill(N::constant(0.0));
            }
        }
    }

    /// One tick; returns for each kind whether it spikes, and when within the tick ([`port::SPIKE`]). `injected` is what clamps and contacts add.
    pub fn tick(&mut self, group: &Group, given: &Given<N>, injected: &[Injected<N>]) -> Vec<N> {
        let mut work: Given<N> = group.work.iter().map(|w| (w.name.clone(), vec![N::constant(0.0); w.sites])).collect();
        for action in &group.tick {
            match action {
                Action::Launch(launch) => self.launch(group, launch, given, &mut work),
                Action::Solve => {
                    let mut add = |name: &str, site: usize, amount: N| {
                        let column = work.get_mut(name).expect("a group with a tree has it");
                        column[site] = N::binary(homolog_ir::Binary::Add, column[site], amount);
                    };
                    for (site, slope, amount) in injected {
                        slope.iter().for_each(|slope| add(port::DIAGONAL, *site, *slope));
                        add(port::RIGHT, *site, *amount);
                    }
                    let tree = group.tree.as_ref().expect("a group that solves has a tree");
                    let couplings = match &tree.couplings {
                        Some(g) => g.iter().map(|x| N::constant(*x)).collect(),
                        None => self.fixed[port::COUPLING].clone(),
                    };
                    let v = &self.variables[tree.potential];
                    let next = solve(tree, &couplings, &work[port::DIAGONAL], &work[port::RIGHT], v, group.change);
                    // Kernels after this read it as the next potential.
                    work.insert(port::next("v"), next);
                }
                Action::Diffuse(k) => {
                    let d = &group.diffusion[*k];
                    let couplings = match &d.tree.couplings {
                        Some(g) => g.iter().map(|x| N::constant(*x)).collect(),
                        None => self.fixed[&port::coupling(&d.name)].clone(),
                    };
                    let c = &self.variables[d.tree.potential];
                    self.variables[d.tree.potential] =
                        solve(&d.tree, &couplings, &work[&port::diagonal(&d.name)], &work[&port::right(&d.name)], c, false);
                }
            }
        }
        if let (Some(tree), Some(next)) = (&group.tree, work.remove(&port::next("v"))) {
            self.variables[tree.potential] = next;
        }
        work.remove(port::SPIKE).unwrap_or_else(|| vec![N::constant(0.0); group.kinds()])
    }

    /// The value of a frame, for each kind.
    pub fn value(&self, group: &Group, given: &Given<N>) -> Vec<N> {
        let launch = Launch { sites: group.kinds(), ..Launch::default() };
        let none = HashMap::new();
        (0..launch.sites).map(|kind| self.call(group, &group.value, &launch, given, &none, kind)[0]).collect()
    }

    fn launch(&mut self, group: &Group, launch: &Launch, given: &Given<N>, work: &mut Given<N>) {
        let kernel = &launch.kernel;
        for site in 0..launch.sites {
            let out = self.call(group, kernel, launch, given, work, site);
            for ((p, _), x) in kernel.outputs.iter().zip(out) {
                let at = launch.first(&p.name) + site;
                match group.variables.iter().position(|v| v.name == p.name) {
                    Some(k) => self.variables[k][at] = x,
                    None => {
                        let column = work.entry(p.name.clone()).or_default();
                        if column.len() <= at {
                            column.resize(at + 1, N::constant(0.0));
                        }
                        column[at] = x;
                    }
                }
            }
        }
    }

    fn call(&self, group: &Group, kernel: &Kernel, launch: &Launch, given: &Given<N>, work: &Given<N>, site: usize) -> Vec<N> {
        let read = |name: &str| -> N {
            let base = name.strip_prefix("next.").unwrap_or(name);
            let at = launch.first(base) + site;
            // One number for all places.
            if [port::TIME, port::OPEN].contains(&name) {
                return given.get(name).map_or(N::constant(0.0), |t| t[0]);
            }
            // What another kernel of this tick has made of a variable; the potential has its new value from the solution.
            if base != name
                && !work.contains_key(name)
                && let Some(k) = group.variables.iter().position(|v| v.name == base)
            {
                return self.variables[k][at];
            }
            if let Some(k) = group.variables.iter().position(|v| v.name == name) {
                return self.variables[k][at];
            }
            let column = given.get(name).or_else(|| work.get(name)).or_else(|| self.learned.get(name)).or_else(|| self.fixed.get(name));
            // Ports of the compartment that a node hangs on have a place of their own.
            let column = column.or_else(|| self.column_of(name.strip_prefix("parent.")?));
            column.map_or_else(|| panic!("`{name}` of `{}` has no value", kernel.name), |c| c[at])
        };
        let inputs: Vec<N> = kernel.inputs.iter().map(|p| read(&p.name)).collect();
        interpret(kernel, &inputs)
    }
}

/// Solves the equations of a tree: nodes are eliminated from the deepest to the root, within a depth in the order of memory. With `change`
/// they are those of [`Group::change`].
pub fn solve<N: Number>(tree: &Tree, couplings: &[N], diagonal: &[N], right: &[N], v: &[N], change: bool) -> Vec<N> {
    use homolog_ir::{Binary, Unary};
    let n = tree.parent.len();
    let depth: Vec<usize> = (0..n).map(|k| std::iter::successors(tree.parent[k], |p| tree.parent[*p as usize]).count()).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|k| (std::cmp::Reverse(depth[*k]), *k));
    let zero = N::constant(0.0);
    let mut axial = vec![zero; n];
    for ((own, parent), g) in axial.iter_mut().zip(&tree.parent).zip(couplings) {
        if parent.is_some() {
            *own = *g;
        }
    }
    for (parent, g) in tree.parent.iter().zip(couplings) {
        if let Some(p) = parent {
            axial[*p as usize] = N::binary(Binary::Add, axial[*p as usize], *g);
        }
    }
    let member = |x: &[N], k: usize| if k < tree.membrane { x[k] } else { zero };
    let mut d: Vec<N> = (0..n).map(|k| N::binary(Binary::Add, member(diagonal, k), axial[k])).collect();
    let mut b: Vec<N> = (0..n).map(|k| member(right, k)).collect();
    let mut q = vec![zero; n];
    for &c in &order {
        q[c] = N::binary(Binary::Div, N::constant(1.0), d[c]);
        if let Some(p) = tree.parent[c] {
            let p = p as usize;
            let f = N::binary(Binary::Mul, couplings[c], q[c]);
            d[p] = N::fma(N::unary(Unary::Neg, couplings[c]), f, d[p]);
            if change {
                // What flows at the old potentials.
                let flow = N::binary(Binary::Mul, couplings[c], N::binary(Binary::Sub, v[p], v[c]));
                b[c] = N::binary(Binary::Add, b[c], flow);
                b[p] = N::binary(Binary::Sub, N::fma(f, b[c], b[p]), flow);
            } else {
                b[p] = N::fma(f, b[c], b[p]);
            }
        }
    }
    let mut x = vec![zero; n];
    for &c in order.iter().rev() {
        x[c] = match tree.parent[c] {
            None => N::binary(Binary::Mul, b[c], q[c]),
            Some(p) => N::binary(Binary::Mul, q[c], N::fma(couplings[c], x[p as usize], b[c])),
        };
    }
    for (x, v) in x.iter_mut().zip(v) {
        match (tree.extrapolate, change) {
            (false, false) => {}
            (true, false) => *x = N::fma(N::constant(2.0), *x, N::unary(Unary::Neg, *v)),
            (false, true) => *x = N::binary(Binary::Add, *v, *x),
            (true, true) => *x = N::fma(N::constant(2.0), *x, *v),
        }
    }
    x
}
