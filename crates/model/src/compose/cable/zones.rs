//! Which compartments lie where: zones of compartments that hold the same, one after the other.

use super::ions::in_order;
use super::order::order;
use super::{ARRIVE, CHARGE, CableParts, DRIVE, METERED, Painted, SIGNS};
use crate::cell::SOMA;
use crate::compose::scope::column;
use crate::discretise::Above;
use crate::extracellular::{self, Piece, point};
use crate::model::{Anatomy, Group, Launch, Variable, port};
use homolog_base::Unit;
use homolog_ir::{Builder, Class, Kernel, Mechanism, Port, Value};
use std::collections::HashMap;

/// Consecutive compartments that hold the same.
pub struct Zone {
    /// Name of the region of the first, and a number where there are several such.
    pub name: String,
    /// First compartment in memory.
    pub start: usize,
    /// How many.
    pub count: usize,
    /// Which of the painted mechanisms they hold.
    pub paints: Vec<usize>,
    /// Whether they have receptors for positive and for negative weights.
    pub receives: [bool; 2],
    /// Whether the bias enters here (at the only compartment of a neuron).
    pub biased: bool,
}

impl Zone {
    /// The signs of the receptors here.
    pub fn receptors(&self) -> impl Iterator<Item = usize> + use<> {
        let receives = self.receives;
        (0..2).filter(move |k| receives[*k])
    }
}

/// Where everything lies.
pub(crate) struct Arrangement {
    pub zones: Vec<Zone>,
    /// One for each place, or several side by side, at which something stands that has no part in the kernels of its zone.
    pub points: Vec<Zone>,
    /// For every compartment of the cut: where it lies.
    pub memory: Vec<usize>,
    /// For every place: which compartment of the cut lies there.
    pub order: Vec<usize>,
    /// For every junction in memory: which of the cut it is.
    pub junctions: Vec<usize>,
    /// For every node in memory: what it hangs on.
    pub parent: Vec<Option<u32>>,
    /// Compartments (in memory) of columns that not all compartments have.
    domains: HashMap<String, Vec<u32>>,
}

impl Arrangement {
    pub fn new(parts: &CableParts) -> Arrangement {
        let n = parts.cut.compartments.len();
        let of_membrane = |c: usize| {
            let mut paints: Vec<usize> =
                (0..parts.painted.len()).filter(|p| parts.painted[*p].at[c] && !parts.painted[*p].stands_alone()).collect();
            in_order(&parts.painted, &mut paints);
            let receives = [0, 1].map(|k| parts.receptors[k].as_ref().is_some_and(|r| r.at[c]));
            (paints, receives)
        };
        // Biases are numbers of neurons: where they enter lies in the order of the neurons, also where that holds different things.
        let mut biased: Vec<Option<usize>> = vec![None; n];
        for (kind, c) in parts.bias_at.iter().enumerate().filter(|_| parts.biased) {
            let before = kind.checked_sub(1).map(|k| parts.bias_at[k]);
            biased[*c] = Some(match before {
                None => 0,
                Some(b) => biased[b].unwrap_or(0) + usize::from(of_membrane(b) != of_membrane(*c)),
            });
        }
        let holds = |c: usize| {
            let (paints, receives) = of_membrane(c);
            (paints, receives, biased[c])
        };
        let mut kinds = Vec::new();
        let kind: Vec<usize> = (0..n)
            .map(|c| {
                let h = holds(c);
                kinds.iter().position(|k| *k == h).unwrap_or_else(|| {
                    kinds.push(h);
                    kinds.len() - 1
                })
            })
            .collect();
        let (mut order, junctions) = order(parts.cut, &kind);
        order.chunk_by_mut(|a, b| kind[*a] == kind[*b]).filter(|zone| biased[zone[0]].is_some()).for_each(<[usize]>::sort_unstable);
        let mut place = vec![0; junctions.len()];
        for (m, j) in junctions.iter().enumerate() {
            place[*j] = n + m;
        }
        let mut memory = vec![0; n];
        for (m, c) in order.iter().enumerate() {
            memory[*c] = m;
        }
        let mut zones: Vec<Zone> = Vec::new();
        for (k, (paints, receives, biased)) in kinds.into_iter().enumerate() {
            let start = order.iter().position(|&c| kind[c] == k).expect("a kind has a compartment");
            let count = kind.iter().filter(|x| **x == k).count();
            let region = &parts.cell.branches[parts.cut.compartments[order[start]].branch].region.value;
            let same = zones.iter().filter(|z| z.name.split('#').next() == Some(region)).count();
            let name = if same == 0 { region.clone() } else { format!("{region}#{}", same + 1) };
            zones.push(Zone { name, start, count, paints, receives, biased: biased.is_some() });
        }
        let node = |a: Above| match a {
            Above::Nothing => None,
            Above::EndOf(c) | Above::MiddleOf(c) => Some(memory[c] as u32),
            Above::Junction(j) => Some(place[j] as u32),
        };
        let mut parent: Vec<Option<u32>> = order.iter().map(|&c| node(parts.cut.above[c])).collect();
        parent.extend(junctions.iter().map(|&j| Some(memory[parts.cut.junctions[j].compartment()] as u32)));
        let alone = (0..parts.painted.len()).filter(|k| parts.painted[*k].stands_alone());
        let points = alone
            .flat_map(|k| {
                let painted: &Painted = &parts.painted[k];
                let mut places: Vec<usize> = (0..n).filter(|c| painted.at[*c]).map(|c| memory[c]).collect();
                places.sort_unstable();
                let zone = |together: &[usize]| Zone {
                    name: painted.prefix.clone(),
                    start: together[0],
                    count: together.len(),
                    paints: vec![k],
                    receives: [false; 2],
                    biased: false,
                };
                places.chunk_by(|a, b| a + 1 == *b).map(zone).collect::<Vec<_>>()
            })
            .collect();
        let mut out = Arrangement { zones, points, memory, order, junctions, parent, domains: HashMap::new() };
        out.find_domains(parts);
        out
    }

    fn find_domains(&mut self, parts: &CableParts) {
        let mut domains: HashMap<String, Vec<u32>> = HashMap::new();
        let mut add = |name: String, at: &[bool]| {
            let mut all = domains.remove(&name).unwrap_or_default();
            all.extend((0..at.len()).filter(|c| at[*c]).map(|c| self.memory[c] as u32));
            all.sort_unstable();
            all.dedup();
            domains.insert(name, all);
        };
        for p in &parts.painted {
            of_mechanism(&mut add, &p.prefix, p.mechanism, &p.at);
            p.injected(parts.watched).into_iter().for_each(|name| add(name, &p.at));
        }
        for (k, r) in parts.receptors.iter().enumerate() {
            let Some(r) = r else { continue };
            of_mechanism(&mut add, SIGNS[k], r.mechanism, &r.at);
            add(ARRIVE[k].into(), &r.at);
            add(DRIVE[k].into(), &r.at);
        }
        for ion in METERED {
            let carries = |m: &homolog_ir::Mechanism| {
                m.ions.iter().filter(|i| i.name == ion).flat_map(|i| &i.writes).any(|w| m.currents.iter().any(|c| c.name == *w))
            };
            let painted = parts.painted.iter().filter(|p| carries(p.mechanism)).map(|p| &p.at);
            let received = parts.receptors.iter().flatten().filter(|r| carries(r.mechanism)).map(|r| &r.at);
            for at in painted.chain(received) {
                add(format!("{CHARGE}{ion}"), at);
            }
        }
        add(port::DRIVE.into(), &(0..self.memory.len()).map(|c| parts.bias_at.contains(&c)).collect::<Vec<_>>());
        self.domains = domains;
    }

    /// Compartments with a membrane.
    pub fn membrane(&self) -> usize {
        self.memory.len()
    }

    /// Compartments and junctions.
    pub fn nodes(&self) -> usize {
        self.parent.len()
    }

    /// The compartments of a column that not all have.
    pub fn domain(&self, name: &str) -> Option<&[u32]> {
        self.domains.get(name).map(Vec::as_slice)
    }

    /// What belongs to each compartment of the cut, for the places of a column.
    pub fn of_places(&self, name: &str, per_compartment: &[u32]) -> Vec<u32> {
        match self.domain(name) {
            Some(d) => d.iter().map(|m| per_compartment[self.order[*m as usize]]).collect(),
            None => self.order.iter().map(|c| per_compartment[*c]).collect(),
        }
    }

    /// A kernel over the compartments of a zone.
    pub fn launch(&self, zone: &Zone, kernel: Kernel, vjp: Kernel) -> Launch {
        let mut first: Vec<(String, usize)> = Vec::new();
        for name in kernel.inputs.iter().map(|p| &p.name).chain(kernel.outputs.iter().map(|(p, _)| &p.name)) {
            let base = name.strip_prefix("next.").or(name.strip_suffix('\'')).unwrap_or(name);
            let at = match self.domain(base) {
                Some(d) => d.partition_point(|m| (*m as usize) < zone.start),
                None => zone.start,
            };
            if at > 0 && !first.iter().any(|(n, _)| n == base) {
                first.push((base.to_string(), at));
            }
        }
        Launch { kernel, vjp, sites: zone.count, first }
    }

    /// A number of the geometry in the kernel of a zone: a constant where all of the zone have the same.
    pub fn fixed_value(&self, b: &mut Builder, group: &Group, zone: &Zone, name: &str, unit: Unit) -> Value {
        let column = group.fixed.iter().find(|f| f.name == name).expect("the geometry gives it");
        if let Some(values) = &column.values {
            let from = self.domain(name).map_or(zone.start, |d| d.partition_point(|m| (*m as usize) < zone.start));
            let mine = &values[from..from + zone.count];
            if mine.iter().all(|x| x.to_bits() == mine[0].to_bits()) {
                return b.constant(mine[0]);
            }
        }
        b.input_port(Port { class: Class::Contiguous, ..Port::new(name, unit) })
    }

    /// The places of the columns of a receptor, of each kind of neuron, in the order of the cut.
    fn receives(&self, parts: &CableParts, sign: usize) -> Vec<Vec<u32>> {
        let mut out = vec![vec![]; parts.kinds()];
        let Some(domain) = parts.receptors[sign].as_ref().and(self.domain(ARRIVE[sign])) else { return out };
        let mut places: Vec<(usize, u32)> = domain.iter().enumerate().map(|(k, m)| (self.order[*m as usize], k as u32)).collect();
        places.sort_unstable();
        for (c, place) in places {
            out[parts.kind.get(c).map_or(0, |k| *k as usize)].push(place);
        }
        out
    }

    /// Where the places of a group are.
    pub fn anatomy(&self, parts: &CableParts, variables: &[Variable]) -> Anatomy {
        let cut = parts.cut;
        let compartments = self
            .order
            .iter()
            .map(|&c| {
                let x = &cut.compartments[c];
                (parts.cell.branches[x.branch].name.value.clone(), x.index, cut.first[x.branch + 1] - cut.first[x.branch])
            })
            .collect();
        let of_variable = variables
            .iter()
            // What is kept of a state is where that is.
            .map(|v| match self.domain(v.name.strip_prefix(&port::kept("")).unwrap_or(&v.name)) {
                Some(d) => d.to_vec(),
                None if v.name == "v" => (0..self.membrane() as u32).collect(),
                None => vec![],
            })
            .collect();
        let areas = self.order.iter().map(|&c| cut.compartments[c].area).collect();
        let spike_at = parts.spike_at.iter().map(|c| self.memory[*c]).collect();
        let kind = if parts.kind.is_empty() { vec![] } else { self.order.iter().map(|c| parts.kind[*c]).collect() };
        let receives = [0, 1].map(|sign| self.receives(parts, sign));
        let receptors = [0, 1].map(|k| parts.receptors[k].as_ref().and(self.domain(ARRIVE[k])).unwrap_or_default().to_vec());
        let pieces = if parts.watched { pieces(parts, &self.order) } else { vec![] };
        Anatomy { compartments, of_variable, spike_at, areas, kind, receives, receptors, pieces }
    }
}

/// Where in space compartments of the cut are: points where they are of a soma, or all that a neuron has.
fn pieces(parts: &CableParts, order: &[usize]) -> Vec<Option<Vec<Piece>>> {
    let kind = |c: usize| parts.kind.get(c).map_or(0, |k| *k as usize);
    let mut compartments = vec![0; parts.kinds()];
    (0..order.len()).for_each(|c| compartments[kind(c)] += 1);
    let of = |&c: &usize| {
        let x = &parts.cut.compartments[c];
        let branch = &parts.cell.branches[x.branch];
        let (from, to) = (x.index as f64 * x.length, (x.index + 1) as f64 * x.length);
        let ball = compartments[kind(c)] == 1 || branch.region.value == SOMA;
        if ball { point(branch, from, to, x.area) } else { extracellular::pieces(branch, from, to) }
    };
    order.iter().map(of).collect()
}

/// The columns of a mechanism: states, parameters that may be learned, concentrations that it writes, currents of ions that it reads.
fn of_mechanism(add: &mut impl FnMut(String, &[bool]), prefix: &str, m: &Mechanism, at: &[bool]) {
    for s in &m.states {
        add(column(prefix, m, &s.name), at);
    }
    for q in &m.parameters {
        add(format!("{prefix}.{}", q.name), at);
    }
    m.written_concentrations().for_each(|c| add(c, at));
    for ion in m.ions.iter().filter(|i| i.reads.contains(&i.current())) {
        add(ion.current(), at);
    }
}
