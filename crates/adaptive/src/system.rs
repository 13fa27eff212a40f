//! The equations of one neuron (or of one of each kind) as a function of its unknowns, with their sparse derivative.

use crate::condense::{Coupled, condense};
use crate::switches::switches;
use crate::{MOST_UNKNOWNS, refused};
use homolog_base::{Diagnostic, Unit};
use homolog_exec::{Isa, Program};
use homolog_ir::Kernel;
use homolog_ir::mechanism::slope;
use homolog_model::compose::cable::CAPACITY;
use homolog_model::model::port;
use homolog_model::naive::Neuron;
use homolog_model::{Equations, Group, Launch, Model, Params};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// A kernel with its columns in the arena.
struct Bound {
    program: Program,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    lanes: usize,
}

impl Bound {
    fn run(&self, arena: &mut [f64]) {
        self.program.run(Isa::best(), arena, &self.inputs, &self.outputs, self.lanes);
    }
}

/// Where numbers of a launch go: from this place of the arena on, so many, to unknowns from this one on.
#[derive(Clone, Copy)]
struct Flow {
    from: usize,
    to: usize,
    many: usize,
}

/// One addend of an element of the derivative: which element, where it lies in the arena, and the compartment by whose capacitance it is
/// divided, if it is of a current.
#[derive(Clone, Copy)]
struct Addend {
    element: usize,
    at: usize,
    compartment: Option<usize>,
}

/// The part of a run in which nothing switches, ms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub begin: f64,
    pub end: f64,
}

impl Segment {
    /// The time as equations see it: that of its inside, whose side of a switch also its ends are on.
    fn inside(self, t: f64) -> f64 {
        let hair = 1e-12 * self.end.abs().max(1.0);
        t.clamp(self.begin + hair, (self.end - hair).max(self.begin + hair))
    }
}

/// The equations.
pub(crate) struct System {
    pub group: String,
    /// Potentials of compartments, then states, variable by variable.
    pub start: Vec<f64>,
    /// What an absolute tolerance of 1 means for each unknown, in its unit.
    pub scales: Vec<f64>,
    /// For every variable of the group that is an unknown: where it begins.
    offsets: HashMap<usize, usize>,
    /// For other variables: where their columns begin in the arena, if equations give them a value.
    followers: HashMap<usize, usize>,
    /// For every kind: the compartment whose crossing is a spike.
    pub spike_at: Vec<usize>,
    /// mV.
    pub threshold: f64,
    potential: usize,
    membrane: usize,
    arena: RefCell<Vec<f64>>,
    time: usize,
    rates: Vec<Bound>,
    slopes: Vec<Bound>,
    /// Currents into compartments, nA.
    currents: Vec<Flow>,
    derivatives: Vec<Flow>,
    /// What flows along branches between two unknowns: for each of them the rate, per ms, by which their difference acts on it.
    flows: Vec<(usize, usize, [f64; 2])>,
    /// nF.
    capacity: Vec<f64>,
    coupled: Coupled,
    pulses: Vec<homolog_model::model::Pulse>,
    /// Row and column of the elements of the derivative, by columns.
    pub elements: Vec<(usize, usize)>,
    /// What couplings give them.
    constant: Vec<f64>,
    addends: Vec<Addend>,
    /// Times at which something switches, ms.
    pub edges: Vec<f64>,
}

/// What diffuses between the unknowns of one variable.
fn diffusion(group: &Group, e: &Equations, neuron: &Neuron<f64>, offsets: &HashMap<usize, usize>) -> Vec<(usize, usize, [f64; 2])> {
    let mut out = Vec::new();
    for d in &e.diffusion {
        let variable = group.variables.iter().position(|v| v.name == d.name);
        let Some(at) = variable.and_then(|k| offsets.get(&k)) else { continue };
        let couplings = d.tree.couplings.as_deref().or(neuron.column(&port::coupling(&d.name))).expect("couplings are known");
        let volume = neuron.column(&port::inertia(&d.name)).expect("volumes are known");
        let pairs = condense(&d.tree.parent, couplings, d.tree.membrane).pairs;
        out.extend(pairs.into_iter().filter(|p| p.2 > 0.0).map(|(a, b, g)| (at + a, at + b, [g / volume[a], g / volume[b]])));
    }
    out
}

/// Hands out room in the arena, a cache line apart.
#[derive(Default)]
struct Room(usize);

impl Room {
    fn take(&mut self, many: usize) -> usize {
        let at = self.0;
        self.0 += many.next_multiple_of(8) + 8;
        at
    }
}

impl System {
    pub fn new(model: &Model, params: &Params, g: usize, equations: &Equations, copy: usize) -> Result<System, Diagnostic> {
        let group = &model.groups[g];
        let tree = group.tree.as_ref().expect("cells have a tree");
        let anatomy = group.anatomy.as_ref().expect("cells have places");
        let as_group = Group {
            fixed: equations.fixed.clone(),
            prepare: equations.prepare.clone(),
            initial: equations.initial.clone(),
            ..group.clone()
        };
        let number = |tensor: usize, kind: usize, part: usize| {
            let values = &params.tensors[tensor].values;
            values[(kind * group.copies() + copy) * (values.len() / group.size) + part]
        };
        let neuron: Neuron<f64> = Neuron::new(&as_group, number);
        let (membrane, potential) = (tree.membrane, tree.potential);

        // Unknowns: what has a derivative somewhere. A place of its column without one keeps its value.
        let outputs = || equations.rates.iter().flat_map(|l| &l.kernel.outputs).map(|(p, _)| p.name.as_str());
        let mut offsets = HashMap::from([(potential, 0)]);
        let mut start: Vec<f64> = neuron.variables[potential][..membrane].to_vec();
        let mut scales = vec![1.0; membrane];
        let concentration = Unit::parse("mM").expect("mM is a unit");
        for (k, v) in group.variables.iter().enumerate().filter(|(k, _)| *k != potential) {
            if outputs().any(|o| o == slope(&v.name)) {
                offsets.insert(k, start.len());
                // Junctions have no volume.
                let places = equations.diffusion.iter().find(|d| d.name == v.name).map_or(v.sites, |d| d.tree.membrane);
                let begin = &neuron.variables[k][..places];
                let largest = begin.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
                let scale = if v.unit == concentration && largest > 0.0 { largest.min(1.0) } else { 1.0 };
                scales.extend(begin.iter().map(|_| scale));
                start.extend(begin);
            }
        }
        let n = start.len();
        if n > MOST_UNKNOWNS {
            let why = format!("it has {n} unknowns, and at most {MOST_UNKNOWNS} are solved together");
            return Err(refused(&group.name, &why, "cut its branches into fewer compartments"));
        }
        let mut room = Room::default();
        room.take(n);
        let time = room.take(1);
        let (mut columns, mut followers): (HashMap<String, usize>, HashMap<usize, usize>) = Default::default();
        let mut given: Vec<(usize, Vec<f64>)> = vec![(0, start.clone())];
        for (k, v) in group.variables.iter().enumerate() {
            let at = match offsets.get(&k) {
                Some(at) => *at,
                None => {
                    let at = room.take(v.sites);
                    given.push((at, neuron.variables[k].clone()));
                    if outputs().any(|o| o == v.name) {
                        followers.insert(k, at);
                    }
                    at
                }
            };
            columns.insert(v.name.clone(), at);
        }
        let ports = equations.rates.iter().chain(&equations.slopes).flat_map(|l| &l.kernel.inputs);
        for port in ports {
            if columns.contains_key(&port.name) {
                continue;
            }
            if let Some(values) = neuron.column(&port.name) {
                let at = room.take(values.len());
                given.push((at, values.to_vec()));
                columns.insert(port.name.clone(), at);
            }
        }
        let mut system = System {
            group: group.name.clone(),
            start,
            scales,
            spike_at: anatomy.spike_at.clone(),
            threshold: equations.threshold,
            potential,
            membrane,
            arena: RefCell::default(),
            time,
            rates: vec![],
            slopes: vec![],
            currents: vec![],
            derivatives: vec![],
            flows: diffusion(group, equations, &neuron, &offsets),
            capacity: vec![0.0; membrane],
            coupled: condense(
                &tree.parent,
                tree.couplings.as_deref().or(neuron.column(port::COUPLING)).expect("couplings are known"),
                membrane,
            ),
            pulses: equations.pulses.clone(),
            elements: vec![],
            constant: vec![],
            addends: vec![],
            edges: vec![],
            followers,
            offsets,
        };
        let capacities = system.bind(group, equations, &columns, &mut room);
        let mut arena = vec![0.0; room.0];
        for (at, values) in given {
            arena[at..at + values.len()].copy_from_slice(&values);
        }
        system.arena = RefCell::new(arena);
        system.weigh(&capacities)?;
        system.divide_time(equations, model);
        Ok(system)
    }

    /// Compiles the kernels and lays out what they write; returns where capacitances are.
    fn bind(&mut self, group: &Group, equations: &Equations, columns: &HashMap<String, usize>, room: &mut Room) -> Vec<Flow> {
        let mut capacities = Vec::new();
        let unknown = |name: &str| {
            let k = group.variables.iter().position(|v| v.name == name);
            *self.offsets.get(&k.expect("a slope is of a variable")).expect("what has a slope is unknown")
        };
        let inputs = |kernel: &Kernel, first: &Launch| -> Vec<usize> {
            let at = |name: &str| if name == port::TIME { self.time } else { columns[name] + first.first(name) };
            kernel.inputs.iter().map(|p| at(&p.name)).collect()
        };
        let (mut rates, mut slopes, mut currents, mut derivatives) = (vec![], vec![], vec![], vec![]);
        for launch in &equations.rates {
            let mut outputs = Vec::new();
            for (p, _) in &launch.kernel.outputs {
                let many = launch.sites;
                if let Some(column) = columns.get(&p.name).filter(|_| p.name != CAPACITY) {
                    outputs.push(column + launch.first(&p.name));
                    continue;
                }
                let from = room.take(many);
                outputs.push(from);
                match p.name.strip_suffix('\'') {
                    Some(state) => derivatives.push(Flow { from, to: unknown(state) + launch.first(state), many }),
                    None if p.name == port::RIGHT => currents.push(Flow { from, to: launch.first(port::RIGHT), many }),
                    None => capacities.push(Flow { from, to: launch.first(CAPACITY), many }),
                }
            }
            let program = Program::compile(&launch.kernel);
            rates.push(Bound { program, inputs: inputs(&launch.kernel, launch), outputs, lanes: launch.sites });
        }
        let mut elements: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        let mut found: Vec<((usize, usize), usize, Option<usize>)> = Vec::new();
        for (launch, of) in equations.slopes.iter().zip(&equations.rates) {
            let outputs: Vec<usize> = launch.kernel.outputs.iter().map(|_| room.take(launch.sites)).collect();
            for ((p, _), at) in launch.kernel.outputs.iter().zip(&outputs) {
                let (row, column) = p.name.split_once('|').expect("row and column");
                let column = unknown(column) + launch.first(column);
                for site in 0..launch.sites {
                    let (row, compartment) = match row.strip_suffix('\'') {
                        Some(state) => (unknown(state) + of.first(state) + site, None),
                        None => (of.first(port::RIGHT) + site, Some(of.first(port::RIGHT) + site)),
                    };
                    // By columns, as sparse matrices lie.
                    elements.insert((column + site, row), 0.0);
                    found.push(((column + site, row), at + site, compartment));
                }
            }
            let program = Program::compile(&launch.kernel);
            slopes.push(Bound { program, inputs: inputs(&launch.kernel, launch), outputs, lanes: launch.sites });
        }
        for k in 0..self.start.len() {
            elements.entry((k, k)).or_insert(0.0);
        }
        let potentials = self.coupled.pairs.iter().map(|(a, b, _)| (*a, *b));
        for (a, b) in potentials.chain(self.flows.iter().map(|(a, b, _)| (*a, *b))) {
            elements.entry((a, b)).or_insert(0.0);
            elements.entry((b, a)).or_insert(0.0);
        }
        self.elements = elements.keys().map(|(column, row)| (*row, *column)).collect();
        let at: HashMap<(usize, usize), usize> = elements.keys().enumerate().map(|(k, e)| (*e, k)).collect();
        self.addends = found.into_iter().map(|(e, from, compartment)| Addend { element: at[&e], at: from, compartment }).collect();
        (self.rates, self.slopes, self.currents, self.derivatives) = (rates, slopes, currents, derivatives);
        capacities
    }

    /// Reads the capacitances, and what couplings mean for the derivative.
    fn weigh(&mut self, capacities: &[Flow]) -> Result<(), Diagnostic> {
        let arena = self.arena.get_mut();
        self.rates.iter().for_each(|r| r.run(arena));
        for c in capacities {
            self.capacity[c.to..c.to + c.many].copy_from_slice(&arena[c.from..c.from + c.many]);
        }
        if self.capacity.iter().any(|c| *c <= 0.0) {
            return Err(refused(&self.group, "a compartment has no membrane", "give every branch a diameter"));
        }
        let at: HashMap<(usize, usize), usize> = self.elements.iter().enumerate().map(|(k, e)| (*e, k)).collect();
        self.constant = vec![0.0; self.elements.len()];
        let axial = self.coupled.pairs.iter().map(|(a, b, g)| (*a, *b, [*a, *b].map(|c| g / self.capacity[c])));
        self.flows.extend(axial);
        for (a, b, [of_a, of_b]) in &self.flows {
            for (own, other, rate) in [(*a, *b, of_a), (*b, *a, of_b)] {
                self.constant[at[&(own, own)]] -= rate;
                self.constant[at[&(own, other)]] += rate;
            }
        }
        Ok(())
    }

    /// Finds when something switches.
    fn divide_time(&mut self, equations: &Equations, model: &Model) {
        let until = model.dt * model.ticks as f64;
        let kernels = equations.rates.iter().map(|l| &l.kernel);
        let mut edges: Vec<f64> = kernels.flat_map(|k| switches(k, until, model.ticks)).collect();
        edges.extend(self.pulses.iter().flat_map(|p| [p.begin, p.end]));
        edges.retain(|t| *t > 0.0 && *t < until);
        edges.extend([0.0, until]);
        edges.sort_by(f64::total_cmp);
        edges.dedup_by(|a, b| *a - *b <= 1e-9 * b.abs().max(1e-3));
        self.edges = edges;
    }

    /// How many numbers are unknown.
    pub fn unknowns(&self) -> usize {
        self.start.len()
    }

    fn set(&self, arena: &mut [f64], y: &[f64], t: f64, segment: Segment) {
        arena[..y.len()].copy_from_slice(y);
        arena[self.time] = segment.inside(t);
    }

    /// The derivatives of the unknowns, per ms.
    pub fn rates(&self, y: &[f64], t: f64, segment: Segment, out: &mut [f64]) {
        let arena = &mut *self.arena.borrow_mut();
        self.set(arena, y, t, segment);
        self.rates.iter().for_each(|r| r.run(arena));
        out.fill(0.0);
        for f in &self.currents {
            out[f.to..f.to + f.many].iter_mut().zip(&arena[f.from..]).for_each(|(x, i)| *x += i);
        }
        let middle = 0.5 * (segment.begin + segment.end);
        for p in self.pulses.iter().filter(|p| p.begin <= middle && middle < p.end) {
            out[p.site] += p.current;
        }
        out.iter_mut().zip(&self.capacity).for_each(|(x, c)| *x /= c);
        for f in &self.derivatives {
            out[f.to..f.to + f.many].copy_from_slice(&arena[f.from..f.from + f.many]);
        }
        for (a, b, [of_a, of_b]) in &self.flows {
            let x = y[*b] - y[*a];
            out[*a] += of_a * x;
            out[*b] -= of_b * x;
        }
    }

    /// The elements of the derivative of [`System::rates`], in the order of [`System::elements`].
    pub fn derivative(&self, y: &[f64], t: f64, segment: Segment, out: &mut [f64]) {
        let arena = &mut *self.arena.borrow_mut();
        self.set(arena, y, t, segment);
        self.slopes.iter().for_each(|r| r.run(arena));
        out.copy_from_slice(&self.constant);
        for a in &self.addends {
            out[a.element] += a.compartment.map_or(arena[a.at], |c| arena[a.at] / self.capacity[c]);
        }
    }

    /// The value of a variable of the group at a place; none of what only steps have.
    pub fn observe(&self, variable: usize, site: usize, y: &[f64], t: f64, segment: Segment) -> Option<f64> {
        if variable == self.potential && site >= self.membrane {
            return Some(self.coupled.junctions[site - self.membrane].iter().map(|(c, share)| share * y[*c]).sum());
        }
        if let Some(at) = self.offsets.get(&variable) {
            return Some(y[at + site]);
        }
        let at = self.followers.get(&variable)?;
        let arena = &mut *self.arena.borrow_mut();
        self.set(arena, y, t, segment);
        self.rates.iter().for_each(|r| r.run(arena));
        Some(arena[at + site])
    }
}
