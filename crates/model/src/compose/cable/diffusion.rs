//! Diffusion along branches: of a state that a mechanism lets diffuse, in every compartment `i` of length `L` and with its neighbours `j`,
//!
//! ```text
//! V_i L_i dc_i/dt = sum of g_j (c_j - c_i) + what the mechanism itself does,   g_j = 1 / (1/u of this side + 1/u of that side)
//! ```
//!
//! where `V` (um2) is the volume in which it is, per length, and `u = 2 F / L` what half a compartment lets through, `F` being the
//! diffusion constant times the cross section (um4/ms). Order 2 in the length of a compartment. After the mechanism's own step of the states
//! `c*` one step of backward Euler, order 1:
//!
//! ```text
//! (V_i L_i / dt + sum of g) c_i - sum of g_j c_j = V_i L_i / dt c*_i
//! ```
//!
//! so that amounts `V L c` are moved and none is lost (Carnevale & Hines 2006, The NEURON Book, ch. 9). The matrix is that of a second tree:
//! where branches meet, junctions without a volume, as for the potential; beyond compartments without the mechanism, nothing.

use super::geometry::{LENGTH, edge};
use super::ions::{Inside, Moment};
use super::{Arrangement, At, CableParts, Here, finish_vjp, unit};
use crate::compose::scope::column;
use crate::model::{Diffusion, Fixed, Group, Launch, Opening, Tree, Variable, port};
use homolog_base::Unit;
use homolog_ir::mechanism::{FLOW, VOLUME};
use homolog_ir::{Builder, Kernel, Mechanism, Op, Port, calculus, interpret, passes};

/// A state that diffuses.
struct Species<'p> {
    /// Its column.
    name: String,
    /// For every place of its column, where it is painted: index of what is.
    painted: Vec<Option<usize>>,
    /// For every place: the mechanism that lets it diffuse.
    by: Vec<Option<&'p Mechanism>>,
    /// Compartments in memory, place by place.
    domain: &'p [u32],
}

/// Makes the trees of everything that diffuses, with their columns in `group`; returns for each the launch before its solution, and what it
/// keeps. `step` is that of the solution, ms.
pub(super) fn diffusion(parts: &CableParts, a: &Arrangement, group: &mut Group, step: f64) -> Result<Vec<Launch>, Vec<String>> {
    let (mut launches, mut problems) = (Vec::new(), Vec::new());
    for s in species(parts, a) {
        match Spread::new(parts, a, group, &s, step) {
            Ok(spread) if spread.stands_still() => {}
            Ok(spread) => launches.push(spread.into_group(parts, group, &s)),
            Err(e) => problems.extend(e),
        }
    }
    if problems.is_empty() { Ok(launches) } else { Err(problems) }
}

fn species<'p>(parts: &'p CableParts, a: &'p Arrangement) -> Vec<Species<'p>> {
    let mut out: Vec<Species> = Vec::new();
    for (k, p) in parts.painted.iter().enumerate() {
        for state in p.mechanism.diffuses() {
            let name = column(&p.prefix, p.mechanism, state);
            let domain = a.domain(&name).unwrap_or(&[]);
            let at = out.iter().position(|s| s.name == name).unwrap_or_else(|| {
                out.push(Species { name, painted: vec![None; domain.len()], by: vec![None; domain.len()], domain });
                out.len() - 1
            });
            for (place, m) in domain.iter().enumerate().filter(|(_, m)| p.at[a.order[**m as usize]]) {
                debug_assert!(a.memory[a.order[*m as usize]] == *m as usize, "memory and order are inverse");
                (out[at].painted[place], out[at].by[place]) = (Some(k), Some(p.mechanism));
            }
        }
    }
    out
}

/// What a number of a species is in every place: known, or made by kernels from what is learned.
enum Numbers {
    Known(Vec<f64>),
    Made(Vec<Launch>),
}

/// The tree of a species, and its numbers.
struct Spread {
    /// For every node (places, then junctions) what it hangs on.
    parent: Vec<Option<u32>>,
    /// For every node: the places whose halves lie between it and what it hangs on.
    between: Vec<[Option<usize>; 2]>,
    /// Volume over the time step, um3/ms.
    inertia: Numbers,
    /// What half a compartment lets through, um3/ms.
    half: Numbers,
}

impl Spread {
    fn new(parts: &CableParts, a: &Arrangement, group: &Group, s: &Species, step: f64) -> Result<Spread, Vec<String>> {
        let (parent, between) = joined(parts, a, s);
        let (mut of_inertia, mut of_half, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for zone in &a.zones {
            let Some(k) = zone.paints.iter().copied().find(|k| s.painted.contains(&Some(*k))) else { continue };
            let here = Here { a, group, zone };
            match kernels(parts, here, k, &s.name, step) {
                Ok([inertia, half]) => {
                    of_inertia.push((here, inertia));
                    of_half.push((here, half));
                }
                Err(why) => problems.push(why),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let inertia = numbers(s, of_inertia, &port::inertia(&s.name), 1.0);
        let half = numbers(s, of_half, &port::half(&s.name), 0.0);
        let who = || s.by.iter().flatten().next().map_or("", |m| m.name.as_str());
        if let Numbers::Known(x) = &inertia
            && let Some(x) = x.iter().find(|x| !(**x > 0.0 && x.is_finite()))
        {
            let volume = x * step;
            return Err(vec![format!("`{}` diffuses in a volume of {volume} um3 in `{}`, which cannot be", s.name, who())]);
        }
        if let Numbers::Known(x) = &half
            && x.iter().any(|x| !(*x >= 0.0 && x.is_finite()))
        {
            return Err(vec![format!("`{}` of `{}` cannot diffuse: diffusion constant or cross section is negative", s.name, who())]);
        }
        Ok(Spread { parent, between, inertia, half })
    }

    /// Whether nothing moves, whatever is learned.
    fn stands_still(&self) -> bool {
        matches!(&self.half, Numbers::Known(half) if half.iter().all(|x| *x <= NIL))
    }

    /// Gives the group the tree and its columns.
    fn into_group(self, parts: &CableParts, group: &mut Group, s: &Species) -> Launch {
        let (nodes, places) = (self.parent.len(), s.domain.len());
        let fixed = |name: String, sites: usize, values: Option<Vec<f64>>| Fixed { name, sites, values };
        let (learned_volume, couplings) = (matches!(self.inertia, Numbers::Made(_)), self.couplings(parts, group, s));
        match self.inertia {
            Numbers::Known(x) => group.fixed.push(fixed(port::inertia(&s.name), places, Some(x))),
            Numbers::Made(launches) => {
                group.fixed.push(fixed(port::inertia(&s.name), places, None));
                group.prepare.extend(launches);
            }
        }
        let variable = group.variables.iter().position(|v| v.name == s.name).expect("what diffuses is a state");
        group.variables[variable].sites = nodes;
        let taped = couplings.is_none() || learned_volume;
        if learned_volume {
            let unit = group.variables[variable].unit;
            let kept = Variable { name: port::kept(&s.name), unit, per_frame: false, taped: true, sites: places };
            group.variables.push(kept);
        }
        for name in [port::diagonal(&s.name), port::right(&s.name)] {
            group.work.push(Opening { name, sites: nodes });
        }
        let tree = Tree { parent: self.parent, membrane: places, couplings, extrapolate: false, potential: variable };
        group.diffusion.push(Diffusion { name: s.name.clone(), tree, taped });
        balance(parts, s, group.variables[variable].unit, learned_volume)
    }

    /// Between nodes and what they hang on; none where kernels make them.
    fn couplings(&self, parts: &CableParts, group: &mut Group, s: &Species) -> Option<Vec<f64>> {
        let launches = match &self.half {
            Numbers::Known(half) => {
                let coupling = |[own, other]: &[Option<usize>; 2]| match (own, other) {
                    (Some(a), Some(b)) => in_series(half[*a], half[*b]),
                    (Some(a), None) | (None, Some(a)) => half[*a],
                    (None, None) => 0.0,
                };
                return Some(self.between.iter().map(coupling).collect());
            }
            Numbers::Made(launches) => launches,
        };
        group.fixed.push(Fixed { name: port::half(&s.name), sites: s.domain.len(), values: None });
        group.fixed.push(Fixed { name: port::coupling(&s.name), sites: self.parent.len(), values: None });
        group.prepare.extend(launches.iter().cloned());
        let mut node = 0;
        while node < self.between.len() {
            // Those that lie side by side, with neighbours that do, are one launch; but none has a place on both sides.
            let apart = match self.between[node] {
                [Some(own), Some(other)] => own.abs_diff(other),
                _ => usize::MAX,
            };
            let follows = |k: usize| {
                let after = |x: Option<usize>, y: Option<usize>| x.zip(y).map_or(x == y, |(x, y)| y == x + (k - node));
                k < self.between.len() && k - node < apart && (0..2).all(|side| after(self.between[node][side], self.between[k][side]))
            };
            let many = (node..).take_while(|k| *k == node || follows(*k)).count();
            if self.between[node] != [None, None] {
                group.prepare.push(coupling(parts, s, node, many, self.between[node]));
            }
            node += many;
        }
        None
    }
}

/// Added to what half a compartment lets through, um3/ms: nothing beside what moves, and where nothing does nothing is divided by zero.
const NIL: f64 = 1e-150;

/// Two halves of compartments, one after the other.
fn in_series(a: f64, b: f64) -> f64 {
    a * b / (a + b)
}

/// The kernel of [`in_series`] for nodes from one on, or of one half.
fn coupling(parts: &CableParts, s: &Species, node: usize, many: usize, [own, other]: [Option<usize>; 2]) -> Launch {
    let mut b = Builder::new(format!("{}.{}.coupling", parts.name, s.name));
    let half = port::half(&s.name);
    let mut first = vec![(port::coupling(&s.name), node)];
    let mut sides = Vec::new();
    let there = [(own, half.clone()), (other, if own.is_some() { format!("parent.{half}") } else { half })];
    for (place, name) in there.into_iter().filter_map(|(place, name)| Some((place?, name))) {
        sides.push(b.input(&name, unit("um3/ms")));
        first.push((name, place));
    }
    let g = match sides[..] {
        [x, y] => {
            let (sum, product) = (b.add(x, y), b.mul(x, y));
            b.div(product, sum)
        }
        _ => sides[0],
    };
    b.output(&port::coupling(&s.name), unit("um3/ms"), g);
    let kernel = b.finish();
    let wrt: Vec<&str> = kernel.inputs.iter().map(|p| p.name.as_str()).collect();
    let vjp = finish_vjp(calculus::vjp(&kernel, &wrt, &wrt));
    Launch { kernel, vjp, sites: many, first }
}

/// Which places hang on which, and what lies between them: the edges of the potential's tree whose compartments, apart from junctions, all have
/// the mechanism.
fn joined(parts: &CableParts, a: &Arrangement, s: &Species) -> (Vec<Option<u32>>, Vec<[Option<usize>; 2]>) {
    let place = |m: usize| s.domain.binary_search(&(m as u32)).ok();
    // The place of a compartment if the same mechanism is there.
    let alike = |node: usize, m: usize| place(m).filter(|p| s.by[*p].map(|x| &x.name) == s.by[node].map(|x| &x.name));
    let halves = |m: usize| edge(parts, a, m).map_or([None; 2], |sides| sides.map(|side| place(side?.at)));
    let membrane = a.membrane();
    let (mut parent, mut between) = (vec![None; s.domain.len()], vec![[None; 2]; s.domain.len()]);
    let mut behind: Vec<(usize, usize)> = Vec::new();
    for node in (0..s.domain.len()).filter(|n| s.by[*n].is_some()) {
        let m = s.domain[node] as usize;
        let Some(above) = a.parent[m].map(|p| p as usize) else { continue };
        if above >= membrane {
            if a.parent[above].and_then(|c| alike(node, c as usize)).is_some() {
                behind.push((above, node));
            }
        } else if let Some(p) = alike(node, above) {
            parent[node] = Some(p as u32);
            between[node] = halves(m);
        }
    }
    let mut junctions: Vec<usize> = behind.iter().map(|b| b.0).collect();
    junctions.sort_unstable();
    junctions.dedup();
    for (above, node) in behind {
        let j = junctions.binary_search(&above).expect("just listed");
        parent[node] = Some((s.domain.len() + j) as u32);
        between[node] = halves(s.domain[node] as usize);
    }
    for j in junctions {
        let on = a.parent[j].and_then(|c| place(c as usize)).expect("a junction that was kept hangs on a place");
        parent.push(Some(on as u32));
        between.push(halves(j));
    }
    (parent, between)
}

/// Kernels of inertia and of what half a compartment lets through, in a zone.
fn kernels(parts: &CableParts, here: Here, painted: usize, name: &str, step: f64) -> Result<[Kernel; 2], String> {
    let p = &parts.painted[painted];
    let mechanism = p.mechanism;
    let spread = mechanism.diffusion.as_ref().expect("it lets something diffuse");
    let state = mechanism.diffuses().find(|s| column(&p.prefix, mechanism, s) == name).expect("it lets this diffuse").to_string();
    for input in &spread.inputs {
        if let Some(why) = moves(mechanism, &input.name) {
            return Err(format!("`{}` cannot be used here yet: how `{state}` diffuses depends on `{}`, {why}", mechanism.name, input.name));
        }
    }
    let mut b = Builder::new(format!("{}.{}.{name}.diffusion", parts.name, here.zone.name));
    let v = b.constant(parts.cell.initial.value);
    let mut inside = Inside::new(&mut b, parts, here.zone, Moment::Start);
    let mut s = parts.painted_scope(&mut b, here, p, At { moment: Moment::Start, dt: parts.dt, v, inside: &inside });
    s.run(&mut b, &mechanism.initial);
    let zero = b.constant(0.0);
    for state in &mechanism.states {
        s.known.entry(state.name.clone()).or_insert(zero);
    }
    inside.take(&mut b, &s, &mechanism.initial);
    let values = s.evaluate(&mut b, spread);
    let found = |what: &str| values[spread.output(&format!("{what}{state}")).expect("it has both")];
    let (flow, volume) = (found(FLOW), found(VOLUME));
    let length = here.fixed(&mut b, LENGTH, "um");
    let per_step = b.constant(1.0 / step);
    let two = b.constant(2.0);
    let whole = b.mul(volume, length);
    let inertia = b.mul(whole, per_step);
    let twice = b.mul(two, flow);
    let half = b.div(twice, length);
    let nil = b.constant(NIL);
    let half = b.add(half, nil);
    b.output(&port::inertia(name), unit("um3/ms"), inertia);
    b.output(&port::half(name), unit("um3/ms"), half);
    if let Some(problem) = s.problems().into_iter().next() {
        return Err(problem);
    }
    let both = b.finish();
    let only = |k: usize| {
        let mut kernel = both.clone();
        kernel.outputs = vec![both.outputs[k].clone()];
        passes::optimise(&passes::prune(&kernel))
    };
    Ok([only(0), only(1)])
}

/// Why a variable that a mechanism's diffusion reads is not the same all the time, if it is not.
fn moves(m: &Mechanism, name: &str) -> Option<&'static str> {
    if m.parameter(name).is_some() || ["diam", "area", "celsius"].contains(&name) {
        return None;
    }
    if !m.states.iter().any(|s| s.name == name) {
        return Some("which changes in the run");
    }
    let writes = |k: &Kernel| {
        let same = |v: homolog_ir::Value| matches!(k.body[v.index()], Op::Input(i) if k.inputs[i as usize].name == name);
        k.outputs.iter().any(|(p, v)| p.name == name && !same(*v))
    };
    let written = writes(&m.breakpoint) || m.advance.as_ref().is_some_and(writes);
    written.then_some("which is computed anew in every step: compute it in INITIAL")
}

/// The numbers of all places, from the kernels of zones; elsewhere `otherwise`.
fn numbers(s: &Species, of_zones: Vec<(Here, Kernel)>, name: &str, otherwise: f64) -> Numbers {
    let made = |here: &Here, kernel: &Kernel| !here.movable(kernel).is_empty();
    let begin = |here: &Here| s.domain.partition_point(|m| (*m as usize) < here.zone.start);
    if !of_zones.iter().any(|(here, kernel)| made(here, kernel)) {
        let mut out = vec![otherwise; s.domain.len()];
        for (here, kernel) in &of_zones {
            for site in 0..here.zone.count {
                let inputs: Vec<f64> = kernel.inputs.iter().map(|p| given(here, &p.name, here.zone.start + site)).collect();
                out[begin(here) + site] = interpret(kernel, &inputs)[0];
            }
        }
        return Numbers::Known(out);
    }
    let mut launches = Vec::new();
    let mut filled = vec![false; s.domain.len()];
    for (here, kernel) in of_zones {
        let wrt = here.movable(&kernel);
        let vjp = if wrt.is_empty() { Kernel::default() } else { finish_vjp(calculus::vjp(&kernel, &wrt, &wrt)) };
        let first = begin(&here);
        filled[first..first + here.zone.count].fill(true);
        let mut launch = here.launch(kernel, vjp);
        launch.first.retain(|(n, _)| n != name);
        launch.first.push((name.to_string(), first));
        launches.push(launch);
    }
    for first in (0..filled.len()).filter(|k| !filled[*k]) {
        let mut b = Builder::new("elsewhere");
        let x = b.constant(otherwise);
        b.output(name, unit("um3/ms"), x);
        launches.push(Launch { kernel: b.finish(), vjp: Kernel::default(), sites: 1, first: vec![(name.to_string(), first)] });
    }
    Numbers::Made(launches)
}

/// A fixed number of a compartment in memory.
fn given(here: &Here, name: &str, m: usize) -> f64 {
    let fixed = here.group.fixed.iter().find(|f| f.name == name).expect("what does not move is fixed");
    let at = here.a.domain(name).map_or(m, |d| d.partition_point(|x| (*x as usize) < m));
    fixed.values.as_ref().expect("what does not move has values")[at]
}

/// Diagonal and right-hand side of all places, from the state as the mechanism's own step has left it.
fn balance(parts: &CableParts, s: &Species, of_state: Unit, learned_volume: bool) -> Launch {
    let rate = unit("um3/ms");
    let (next, inertia) = (port::next(&s.name), port::inertia(&s.name));
    let mut b = Builder::new(format!("{}.{}.balance", parts.name, s.name));
    let c = b.input_port(Port::new(&next, of_state));
    let held = b.input_port(Port::new(&inertia, rate));
    let amount = b.mul(held, c);
    b.output(&port::diagonal(&s.name), rate, held);
    b.output(&port::right(&s.name), rate * of_state, amount);
    let plain = b.clone().finish();
    let (wrt, accumulate): (Vec<&str>, Vec<&str>) =
        if learned_volume { (vec![&next, &inertia], vec![&inertia]) } else { (vec![&next], vec![]) };
    let mut vjp = finish_vjp(calculus::vjp(&plain, &wrt, &accumulate));
    if learned_volume {
        // The solution takes the place of what it came from.
        b.output(&port::kept(&s.name), of_state, c);
        vjp.inputs.iter_mut().filter(|p| p.name == next).for_each(|p| p.name = port::next(&port::kept(&s.name)));
    }
    Launch { kernel: b.finish(), vjp, sites: s.domain.len(), first: vec![] }
}

/// Junctions, and what is kept, begin at nothing: both are written before they are read.
pub(super) fn begin(group: &Group) -> Vec<Launch> {
    let zeros = |name: &str, u: Unit, first: usize, sites: usize| {
        let mut b = Builder::new(format!("{name}.initial"));
        let zero = b.constant(0.0);
        b.output(name, u, zero);
        Launch { kernel: b.finish(), vjp: Kernel::default(), sites, first: vec![(name.to_string(), first)] }
    };
    let mut out = Vec::new();
    for d in &group.diffusion {
        let v = &group.variables[d.tree.potential];
        if d.tree.parent.len() > d.tree.membrane {
            out.push(zeros(&v.name, v.unit, d.tree.membrane, d.tree.parent.len() - d.tree.membrane));
        }
        if let Some(kept) = group.variables.iter().find(|x| x.name == port::kept(&d.name)) {
            out.push(zeros(&kept.name, kept.unit, 0, kept.sites));
        }
    }
    out
}
