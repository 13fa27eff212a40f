//! The naive second implementation: one lane after another, one operation after another, by the interpreter.
//!
//! It is generic over its number type. On `f64` the fast runner must equal it bit for bit; on dual numbers it gives exact
//! derivatives, against which every adjoint is tested. It shares no code with the fast runner beside the compiled model.

mod plastic;

use homolog_ir::{Binary, Number, Unary, interpret};
use homolog_model::model::{Arrival, End, Injection, Stream, port};
use homolog_model::naive::{Given, Injected, Neuron};
use homolog_model::plasticity::Heard;
use homolog_model::{Clock, Group, Model, Phase, Spike, Target, Wires};
use std::collections::HashMap;

/// Panel length of dense products: sums run over this many terms, then the panel sums are added. The same number stands
/// in the fast product; changing one of them breaks a test.
const PANEL: usize = 256;

/// What a reference run gives.
#[derive(Clone, Debug)]
pub struct Outcome<N> {
    /// For every group: value by frame, neuron.
    pub values: Vec<Vec<Vec<N>>>,
    /// For every group: spikes by tick, neuron.
    pub spikes: Vec<Vec<Vec<N>>>,
    /// For every group: variables after every tick, by tick, copy (neuron, or one of each kind), variable, place.
    pub variables: Vec<Vec<Vec<Vec<Vec<N>>>>>,
    /// For every stream whose weights change: their sizes at the end, in its order; nothing for others.
    pub weights: Vec<Vec<N>>,
}

/// Where a run begins: for every group, copy, variable, place.
pub type Start<N> = Vec<Vec<Vec<Vec<N>>>>;

/// Shows one sample, from the initial state. `params` has the values of every tensor; `inputs` has intensities by input
/// group, frame, neuron.
///
/// # Panics
/// When the arrays have other shapes than the model's.
pub fn run<N: Number>(model: &Model, params: &[Vec<N>], inputs: &[Vec<Vec<N>>]) -> Outcome<N> {
    run_from(model, params, inputs, 0, None)
}

/// As [`run`], a sample of a batch by its number, which random numbers depend on; from a state of which nothing is on its way, after so many ticks.
///
/// # Panics
/// As [`run`].
pub fn run_from<N: Number>(
    model: &Model,
    params: &[Vec<N>],
    inputs: &[Vec<Vec<N>>],
    sample: usize,
    start: Option<(i64, &Start<N>)>,
) -> Outcome<N> {
    let frames = inputs.first().map_or(1, Vec::len);
    let mut out = Outcome {
        values: vec![vec![]; model.groups.len()],
        spikes: vec![vec![]; model.groups.len()],
        variables: vec![vec![]; model.groups.len()],
        weights: vec![],
    };
    let mut plastic: Vec<_> = model.streams.iter().map(|s| plastic::Plastic::<N>::new(s, &model.groups[s.to])).collect();
    let mut neurons: Vec<Vec<Neuron<N>>> = model
        .groups
        .iter()
        .map(|g| {
            let number = |copy: usize| {
                move |tensor: usize, kind: usize, part: usize| {
                    let parts = params[tensor].len() / g.size;
                    params[tensor][(kind * g.copies() + copy) * parts + part]
                }
            };
            let mut neurons: Vec<Neuron<N>> = (0..g.copies()).map(|k| Neuron::new(g, number(k))).collect();
            for (k, numbers) in &g.starts {
                neurons.iter_mut().zip(numbers).for_each(|(n, x)| n.variables[*k][0] = N::constant(*x));
            }
            neurons
        })
        .collect();
    for (group, given) in neurons.iter_mut().zip(start.iter().flat_map(|s| s.1)) {
        for (neuron, given) in group.iter_mut().zip(given) {
            neuron.variables.clone_from(given);
        }
    }
    for frame in 0..frames {
        let outside = model.groups.iter().enumerate().filter(|(_, g)| g.clock == Clock::Input);
        for ((g, _), shown) in outside.zip(inputs) {
            out.values[g].push(shown[frame].clone());
        }
        for phase in &model.phases {
            let members = match phase {
                Phase::Value(g) => vec![*g],
                Phase::Ticks(stages) => stages.concat(),
            };
            let mut given: HashMap<usize, Vec<Given<N>>> = members
                .iter()
                .map(|&g| {
                    neurons[g].iter_mut().for_each(|n| n.begin_frame(&model.groups[g]));
                    (g, drives(model, params, &out, g, frame))
                })
                .collect();
            for t in 0..if let Phase::Ticks(_) = phase { model.ticks } else { 0 } {
                let tick = frame * model.ticks + t;
                let touched = touch(model, &neurons);
                for &g in &members {
                    let group = &model.groups[g];
                    let given = given.get_mut(&g).expect("a member");
                    let open = N::constant(if t >= group.settle { 1.0 } else { 0.0 });
                    given.iter_mut().for_each(|x| _ = x.insert(port::OPEN.into(), vec![open]));
                    let now = start.map_or(0, |s| s.0) + tick as i64;
                    let time = N::constant(now as f64 * model.dt);
                    given.iter_mut().for_each(|x| _ = x.insert(port::TIME.into(), vec![time]));
                    for opening in group.arrivals.iter().filter(|a| !port::from_outside(&a.name)) {
                        let mut arrived = arrive(model, params, &out, g, &opening.name, opening.sites, tick);
                        streamed(model, &out, g, &opening.name, tick, now, &mut arrived);
                        learned(model, &mut plastic, &out, &neurons, g, &opening.name, (frame, tick), &mut arrived);
                        given.iter_mut().zip(arrived).for_each(|(x, a)| _ = x.insert(opening.name.clone(), a));
                    }
                    for (port, key) in &group.draws {
                        let number = |n: usize| {
                            vec![N::constant(crate::events::drawn(key.words(), now, n, sample, crate::events::bits(model.precision)))]
                        };
                        given.iter_mut().enumerate().for_each(|(n, x)| _ = x.insert(group.arrivals[*port].name.clone(), number(n)));
                    }
                    if !group.injected.is_empty() {
                        for (n, x) in given.iter_mut().enumerate() {
                            let acts = |i: &&Injection| i.neurons.as_ref().is_none_or(|all| all.contains(&(n as u32)));
                            let all = group.injected.iter().filter(acts).map(|i| N::constant(i.current(now)));
                            let sum = all.fold(N::constant(0.0), |a, b| N::binary(Binary::Add, a, b));
                            x.insert(port::INJECTED.into(), vec![sum]);
                        }
                    }
                    let clamps = model.clamps.iter().filter(|c| c.group == g).map(|c| (c.site, c.current(now))).filter(|c| c.1 != 0.0);
                    let injected: Vec<Injected<N>> = clamps.map(|(site, i)| (site, None, N::constant(i))).collect();
                    let of_copy = |copy: usize| {
                        let mine = touched.iter().filter(|(end, ..)| end.group == g && end.copy == copy);
                        injected.iter().copied().chain(mine.map(|(end, d, b)| (end.place, Some(*d), *b))).collect::<Vec<_>>()
                    };
                    let all: Vec<_> = (0..neurons[g].len()).map(of_copy).collect();
                    let spikes = neurons[g].iter_mut().zip(given.iter()).zip(&all).map(|((n, x), i)| n.tick(group, x, i)).collect();
                    let mut spikes = by_kind(group, spikes);
                    for s in group.given.iter().filter(|s| s.tick == now).copied().chain(drawn(group, now, model.dt)) {
                        spikes[s.neuron as usize] = N::constant(1.0 + s.passed());
                    }
                    out.spikes[g].push(spikes);
                    out.variables[g].push(neurons[g].iter().map(|n| n.variables.clone()).collect());
                    learn(model, &mut plastic, &out, &neurons, g, (frame, tick, now));
                }
            }
            for &g in &members {
                let values = neurons[g].iter().zip(&given[&g]).map(|(n, x)| n.value(&model.groups[g], x)).collect();
                out.values[g].push(by_kind(&model.groups[g], values));
            }
        }
    }
    out.weights = plastic.iter().map(|p| p.as_ref().map(plastic::Plastic::weights).unwrap_or_default()).collect();
    out
}

/// What a rule hears for a receiving neuron of a group.
fn hear<N: Number>(
    model: &Model,
    out: &Outcome<N>,
    neurons: &[Vec<Neuron<N>>],
    s: &Stream,
    (frame, tick): (usize, usize),
    h: Heard,
    r: usize,
) -> N {
    let to = &model.groups[s.to];
    match h {
        Heard::Variable(k) => match plastic::at(s, to, r) {
            None => neurons[s.to][r].variables[k][0],
            Some((kind, compartment)) => {
                let there = &to.anatomy.as_ref().expect("a cell").of_variable[k];
                let place = if there.is_empty() { Some(kind) } else { there.iter().position(|c| *c as usize == compartment) };
                neurons[s.to][r % to.copies()].variables[k][place.expect("what is heard is there")]
            }
        },
        Heard::Value(from) => out.values[from].get(frame).map_or(N::constant(0.0), |v| v[0]),
        Heard::Spike(from) => {
            debug_assert!(model.groups[from].size == 1);
            let spike = tick.checked_sub(1).map_or(N::constant(0.0), |t| out.spikes[from][t][0]);
            if model.groups[from].interpolated { N::constant(spike.value().min(1.0)) } else { spike }
        }
    }
}

/// Adds what arrives at a port by streams whose weights change, which it changes.
#[allow(clippy::too_many_arguments)]
fn learned<N: Number>(
    model: &Model,
    plastic: &mut [Option<plastic::Plastic<N>>],
    out: &Outcome<N>,
    neurons: &[Vec<Neuron<N>>],
    g: usize,
    name: &str,
    (frame, tick): (usize, usize),
    sums: &mut [Vec<N>],
) {
    for (s, p) in model.streams.iter().zip(plastic).filter(|(s, _)| s.to == g) {
        let Some(p) = p else { continue };
        let spiked = |sender: usize, delay: usize| tick >= delay && out.spikes[s.from][tick - delay][sender].value() != 0.0;
        let heard = |h: Heard, r: usize| hear(model, out, neurons, s, (frame, tick), h, r);
        let negative = name == port::NEGATIVE;
        for (receiver, w) in p.arriving(s, tick, &spiked, &heard) {
            let cells = model.groups[g].anatomy.is_some();
            let acts = s.target == Target::Own || (w.value() < 0.0) == negative;
            let here = !cells || (s.plasticity.as_ref().is_some_and(|p| p.sign < 0.0)) == negative;
            if acts && here {
                let w = if s.target == Target::BySign { of_sign(w, negative) } else { w };
                let copies = if cells { model.groups[g].copies() } else { sums.len() };
                let sum = &mut sums[receiver % copies][receiver / copies];
                *sum = N::binary(Binary::Add, *sum, w);
            }
        }
    }
}

/// What follows from a tick of a group for the weights onto it.
fn learn<N: Number>(
    model: &Model,
    plastic: &mut [Option<plastic::Plastic<N>>],
    out: &Outcome<N>,
    neurons: &[Vec<Neuron<N>>],
    g: usize,
    (frame, tick, now): (usize, usize, i64),
) {
    for (s, p) in model.streams.iter().zip(plastic).filter(|(s, _)| s.to == g) {
        let Some(p) = p else { continue };
        let fired = |r: usize| out.spikes[g][tick][r].value() != 0.0;
        let heard = |h: Heard, r: usize| hear(model, out, neurons, s, (frame, tick), h, r);
        p.learn(s, now, &fired, &heard);
    }
}

/// What contacts make of the potentials at the beginning of a tick: side, and what is added to its equation.
fn touch<N: Number>(model: &Model, neurons: &[Vec<Neuron<N>>]) -> Vec<(End, N, N)> {
    let mut out = Vec::new();
    for c in &model.contacts {
        let v = |e: &End| {
            let tree = model.groups[e.group].tree.as_ref().expect("cells have a tree");
            neurons[e.group][e.copy].variables[tree.potential][e.place]
        };
        for (own, other) in c.own.iter().zip(&c.other) {
            let given: Vec<N> = c.kernel.inputs.iter().map(|p| v(if p.name == port::OWN { own } else { other })).collect();
            let made = interpret(&c.kernel, &given);
            let at = |name: &str| made[c.kernel.outputs.iter().position(|(p, _)| p.name == name).expect("it has both")];
            out.push((*own, at(port::DIAGONAL), at(port::RIGHT)));
        }
    }
    out
}

/// From a number for each kind of every copy to one for each neuron.
fn by_kind<N: Copy>(group: &Group, of_copies: Vec<Vec<N>>) -> Vec<N> {
    (0..group.kinds()).flat_map(|kind| of_copies.iter().map(move |x| x[kind])).collect()
}

/// What the neurons of a group are given for a whole frame.
fn drives<N: Number>(model: &Model, params: &[Vec<N>], out: &Outcome<N>, g: usize, frame: usize) -> Vec<Given<N>> {
    let group = &model.groups[g];
    let all = drive(model, params, out, g, frame);
    let copies = group.copies();
    let of_copy = |copy: usize| (0..group.kinds()).map(|kind| all[kind * copies + copy]).collect();
    let mut given: Vec<Given<N>> = (0..copies).map(|k| Given::from([(port::DRIVE.to_string(), of_copy(k))])).collect();
    for opening in &group.signed {
        let sign = usize::from(opening.name == port::DRIVE_NEGATIVE);
        let mut sums = vec![vec![N::constant(0.0); opening.sites]; copies];
        for l in model.links.iter().filter(|l| l.to == g && l.target == Target::DriveBySign) {
            let silence = vec![N::constant(0.0); model.groups[l.from].size];
            let heard = if frame >= l.delay { &out.values[l.from][frame - l.delay] } else { &silence };
            at_places(l, sign, &params[l.weights], heard, copies, &mut sums);
        }
        given.iter_mut().zip(sums).for_each(|(x, s)| _ = x.insert(opening.name.clone(), s));
    }
    given
}

/// Adds what arrives at the places of a sign, in the order of the rows.
fn at_places<N: Number>(l: &homolog_model::Link, sign: usize, weights: &[N], heard: &[N], copies: usize, sums: &mut [Vec<N>]) {
    let rows = &l.places.as_ref().expect("the neurons have places")[sign];
    for (r, bounds) in rows.start.windows(2).enumerate() {
        for k in bounds[0] as usize..bounds[1] as usize {
            let x = heard[rows.column[k] as usize];
            // A negative value acts through the receptors of the other sign.
            let turned = x.value() < 0.0;
            let w = of_sign(weights[rows.weight[k] as usize], (sign == 1) != turned);
            let x = if turned { N::unary(Unary::Neg, x) } else { x };
            let sum = &mut sums[r % copies][r / copies];
            *sum = N::fma(w, x, *sum);
        }
    }
}

/// The part of a weight that acts at the receptors of a sign.
fn of_sign<N: Number>(w: N, negative: bool) -> N {
    let w = if negative { N::unary(Unary::Neg, w) } else { w };
    N::binary(Binary::Max, w, N::constant(0.0))
}

fn drive<N: Number>(model: &Model, params: &[Vec<N>], out: &Outcome<N>, g: usize, frame: usize) -> Vec<N> {
    let group = &model.groups[g];
    let zero = N::constant(0.0);
    let mut sum: Vec<N> = (0..group.size).map(|k| group.bias.map_or(zero, |b| params[b][k])).collect();
    for l in model.links.iter().filter(|l| l.to == g && l.target == Target::Drive) {
        let silence = vec![zero; model.groups[l.from].size];
        let heard = if frame >= l.delay { &out.values[l.from][frame - l.delay] } else { &silence };
        product(&l.wires, &params[l.weights], heard, &mut sum);
    }
    sum
}

/// For every copy: what arrives at the places of a port.
fn arrive<N: Number>(model: &Model, params: &[Vec<N>], out: &Outcome<N>, g: usize, name: &str, sites: usize, tick: usize) -> Vec<Vec<N>> {
    let zero = N::constant(0.0);
    let copies = model.groups[g].copies();
    let linked = model.links.iter().any(|l| l.to == g && l.target.spikes());
    let events = !model.groups[g].noise.is_empty() || model.streams.iter().any(|s| s.to == g);
    // Where only events arrive, nothing is -0: it changes no bit of what it is added to.
    let nothing = if events && !linked { N::constant(-0.0) } else { zero };
    let mut sums = vec![vec![nothing; sites]; copies];
    let negative = name == port::NEGATIVE;
    for l in model.links.iter().filter(|l| l.to == g && l.target.spikes()) {
        let silence = vec![zero; model.groups[l.from].size];
        let heard = if tick >= l.delay { &out.spikes[l.from][tick - l.delay] } else { &silence };
        if l.places.is_some() {
            at_places(l, usize::from(negative), &params[l.weights], heard, copies, &mut sums);
            continue;
        }
        let weights: Vec<N> =
            params[l.weights].iter().map(|w| if l.target == Target::BySign { of_sign(*w, negative) } else { *w }).collect();
        let mut sum: Vec<N> = sums.iter().map(|s| s[0]).collect();
        product(&l.wires, &weights, heard, &mut sum);
        sums.iter_mut().zip(sum).for_each(|(s, x)| s[0] = x);
    }
    sums
}

/// Which Poisson sources spike in a tick: the first of the spikes of each.
fn drawn(group: &Group, now: i64, dt: f64) -> Vec<Spike> {
    let Some(sources) = &group.sources else { return vec![] };
    let slots = crate::events::slots(&(now..now + 1), dt);
    let all = slots.flat_map(|slot| crate::events::slot(sources, group.size, slot, 0));
    let mut all: Vec<Spike> = all.map(|(time, n)| crate::events::spike(group, dt, time, n)).filter(|s| s.tick == now).collect();
    all.sort_unstable_by_key(|s| (s.neuron, s.within));
    all.dedup_by_key(|s| s.neuron);
    all
}

/// How much of a spike of a tick arrives so many ticks after it by a connection that takes `delay`: all of it, or of one that has a time within its
/// tick what is left of that, and the rest a tick later, or as a whole in the nearer of both.
fn amount(spike: f64, arrival: Arrival, ticks: usize, delay: usize) -> f64 {
    let spike = Spike { within: Spike::within(spike - 1.0), ..Spike::default() };
    let late = match arrival {
        Arrival::OnTheGrid => 0.0,
        Arrival::InParts => spike.passed(),
        Arrival::Rounded => f64::from(u8::from(spike.is_late())),
    };
    match ticks.checked_sub(delay) {
        Some(0) => 1.0 - late,
        Some(1) => late,
        _ => 0.0,
    }
}

/// Adds what noise and streams bring to the places of a port, which are counted place by place and in that copy by copy.
fn streamed<N: Number>(model: &Model, out: &Outcome<N>, g: usize, name: &str, tick: usize, now: i64, sums: &mut [Vec<N>]) {
    let group = &model.groups[g];
    let port = group.arrivals.iter().position(|a| a.name == name);
    let copies = group.copies();
    let numbers = copies * sums.first().map_or(0, Vec::len);
    for noise in group.noise.iter().filter(|n| Some(n.port) == port) {
        let thresholds = crate::events::thresholds(noise.mean);
        for n in 0..numbers {
            let k = crate::events::poisson(&thresholds, noise, now, n, 0);
            let sum = &mut sums[n % copies][n / copies];
            *sum = N::fma(N::constant(noise.weight), N::constant(f64::from(k)), *sum);
        }
    }
    for s in model.streams.iter().filter(|s| s.to == g && s.plasticity.is_none()) {
        let e = &s.events;
        let acts = |w: f64| match (s.target, name) {
            (Target::BySign, port::NEGATIVE) => (-w).max(0.0),
            (Target::BySign, _) => w.max(0.0),
            _ => w,
        };
        // Places of the other sign are others.
        let acting = |w: f64| acts(w) != 0.0;
        let any = match &e.strength {
            homolog_model::events::Strength::Shared(w) => acting(*w),
            homolog_model::events::Strength::Each(w) => w.iter().any(|w| acting(f64::from(*w))),
        };
        if !any {
            continue;
        }
        let mut counts = vec![0.0; e.receivers];
        let weight = if let homolog_model::events::Strength::Shared(w) = e.strength { acts(w) } else { 0.0 };
        let arrival = model.arrival(s);
        // The oldest spikes first.
        for ago in (e.bounds.0 as usize..=e.bounds.1 as usize + 1).rev() {
            let Some(then) = tick.checked_sub(ago) else { continue };
            for (sender, spike) in out.spikes[s.from][then].iter().enumerate().filter(|(_, x)| x.value() != 0.0) {
                for part in 0..e.parts() {
                    for run in e.runs(part, sender) {
                        let amount = amount(spike.value(), arrival, ago, e.delay(run) as usize);
                        for k in e.run(run).filter(|_| amount != 0.0) {
                            let to = part * e.part + e.target[k] as usize;
                            match &e.strength {
                                homolog_model::events::Strength::Shared(_) => counts[to] += amount,
                                homolog_model::events::Strength::Each(w) => {
                                    let sum = &mut sums[to % copies][to / copies];
                                    *sum = N::fma(N::constant(amount), N::constant(acts(f64::from(w[k]))), *sum);
                                }
                            }
                        }
                    }
                }
            }
        }
        if weight != 0.0 {
            for (to, n) in counts.into_iter().enumerate().filter(|(_, n)| *n != 0.0) {
                let sum = &mut sums[to % copies][to / copies];
                *sum = N::fma(N::constant(weight), N::constant(n), *sum);
            }
        }
    }
}

/// `y += W x`, in the order that [`homolog_exec::gemm`] promises.
fn product<N: Number>(wires: &Wires, weights: &[N], x: &[N], y: &mut [N]) {
    let add = |a, b| N::binary(Binary::Add, a, b);
    match wires {
        Wires::Dense => {
            for (r, y) in y.iter_mut().enumerate() {
                let row = &weights[r * x.len()..(r + 1) * x.len()];
                for (w, x) in row.chunks(PANEL).zip(x.chunks(PANEL)) {
                    let panel = w.iter().zip(x).fold(N::constant(0.0), |s, (w, x)| N::fma(*w, *x, s));
                    *y = add(*y, panel);
                }
            }
        }
        Wires::OneToOne => {
            for ((y, w), x) in y.iter_mut().zip(weights).zip(x) {
                *y = N::fma(*w, *x, *y);
            }
        }
        Wires::Sparse { start, column } => {
            for (r, y) in y.iter_mut().enumerate() {
                for k in start[r] as usize..start[r + 1] as usize {
                    *y = N::fma(weights[k], x[column[k] as usize], *y);
                }
            }
        }
    }
}
