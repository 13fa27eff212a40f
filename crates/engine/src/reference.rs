//! The naive second implementation: one lane after another, one operation after another, by the interpreter.
//!
//! It is generic over its number type. On `f64` the fast runner must equal it bit for bit; on dual numbers it gives exact
//! derivatives, against which every adjoint is tested. It shares no code with the fast runner beside the compiled model.

use homolog_ir::{Kernel, Number, interpret};
use homolog_model::model::port;
use homolog_model::{Clock, Group, Model, Phase, Target, Wires};
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
    /// For every group: variables after every tick, by tick, neuron, variable.
    pub variables: Vec<Vec<Vec<Vec<N>>>>,
}

/// Shows one sample, from the initial state. `params` has the values of every tensor; `inputs` has intensities by input
/// group, frame, neuron.
///
/// # Panics
/// When the arrays have other shapes than the model's.
pub fn run<N: Number>(model: &Model, params: &[Vec<N>], inputs: &[Vec<Vec<N>>]) -> Outcome<N> {
    let frames = inputs.first().map_or(1, Vec::len);
    let zero = N::constant(0.0);
    let mut out = Outcome {
        values: vec![vec![]; model.groups.len()],
        spikes: vec![vec![]; model.groups.len()],
        variables: vec![vec![]; model.groups.len()],
    };
    let learned =
        |g: &Group, neuron: usize| -> HashMap<String, N> { g.learned.iter().map(|(n, t)| (n.clone(), params[*t][neuron])).collect() };
    let mut state: Vec<Vec<HashMap<String, N>>> = model
        .groups
        .iter()
        .map(|g| {
            (0..g.size)
                .map(|k| {
                    let env = learned(g, k);
                    g.variables.iter().map(|v| v.name.clone()).zip(call(&g.initial, &env)).collect()
                })
                .collect()
        })
        .collect();
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
            let drives: HashMap<usize, Vec<N>> = members.iter().map(|&g| (g, drive(model, params, &out, g, frame))).collect();
            if let Phase::Value(g) = phase {
                let group = &model.groups[*g];
                let value = (0..group.size)
                    .map(|k| {
                        let mut env = learned(group, k);
                        env.insert(port::DRIVE.into(), drives[g][k]);
                        call(&group.value, &env)[0]
                    })
                    .collect();
                out.values[*g].push(value);
                continue;
            }
            for &g in &members {
                for neuron in &mut state[g] {
                    for v in model.groups[g].variables.iter().filter(|v| v.per_frame) {
                        neuron.insert(v.name.clone(), zero);
                    }
                }
            }
            for t in 0..model.ticks {
                for &g in &members {
                    let group = &model.groups[g];
                    let arrivals: Vec<Vec<N>> =
                        group.arrivals.iter().map(|a| arrive(model, params, &out, g, a, frame * model.ticks + t)).collect();
                    let mut spikes = Vec::new();
                    for (k, neuron) in state[g].iter_mut().enumerate() {
                        let mut env = learned(group, k);
                        env.extend(neuron.iter().map(|(n, v)| (n.clone(), *v)));
                        env.insert(port::DRIVE.into(), drives[&g][k]);
                        env.insert(port::OPEN.into(), N::constant(if t >= group.settle { 1.0 } else { 0.0 }));
                        for (name, a) in group.arrivals.iter().zip(&arrivals) {
                            env.insert(name.clone(), a[k]);
                        }
                        let after = call(&group.step, &env);
                        for ((p, _), v) in group.step.outputs.iter().zip(after) {
                            if p.name == port::SPIKE {
                                spikes.push(v);
                            } else {
                                neuron.insert(p.name.clone(), v);
                            }
                        }
                    }
                    out.spikes[g].push(spikes);
                    let snapshot = state[g].iter().map(|n| group.variables.iter().map(|v| n[&v.name]).collect()).collect();
                    out.variables[g].push(snapshot);
                }
            }
            for &g in &members {
                let group = &model.groups[g];
                let value = (0..group.size)
                    .map(|k| {
                        let mut env = learned(group, k);
                        env.extend(state[g][k].iter().map(|(n, v)| (n.clone(), *v)));
                        call(&group.value, &env)[0]
                    })
                    .collect();
                out.values[g].push(value);
            }
        }
    }
    out
}

fn call<N: Number>(kernel: &Kernel, env: &HashMap<String, N>) -> Vec<N> {
    let inputs: Vec<N> = kernel.inputs.iter().map(|p| env[&p.name]).collect();
    interpret(kernel, &inputs)
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

fn arrive<N: Number>(model: &Model, params: &[Vec<N>], out: &Outcome<N>, g: usize, name: &str, tick: usize) -> Vec<N> {
    let zero = N::constant(0.0);
    let mut sum = vec![zero; model.groups[g].size];
    for l in model.links.iter().filter(|l| l.to == g && l.target != Target::Drive) {
        let silence = vec![zero; model.groups[l.from].size];
        let heard = if tick >= l.delay { &out.spikes[l.from][tick - l.delay] } else { &silence };
        let weights: Vec<N> = params[l.weights]
            .iter()
            .map(|w| match (l.target, name == port::NEGATIVE) {
                (Target::BySign, false) => N::binary(homolog_ir::Binary::Max, *w, zero),
                (Target::BySign, true) => N::binary(homolog_ir::Binary::Max, N::unary(homolog_ir::Unary::Neg, *w), zero),
                _ => *w,
            })
            .collect();
        product(&l.wires, &weights, heard, &mut sum);
    }
    sum
}

/// `y += W x`, in the order that [`homolog_exec::gemm`] promises.
fn product<N: Number>(wires: &Wires, weights: &[N], x: &[N], y: &mut [N]) {
    let add = |a, b| N::binary(homolog_ir::Binary::Add, a, b);
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
