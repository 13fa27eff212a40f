//! Rewriting of kernels for speed, done once and seen by every executor alike.
//!
//! [`optimise`] runs, in order: specialisation is already folded by the builder; commensurate exponentials
//! ([`share_exponentials`]); pairs of rates ([`pair_quotients`]); divisions by constants and repeated divisors become products
//! ([`reduce_divisions`]); gates and the arguments of their rates get one form each ([`relaxations`], [`arguments`]); products that feed one sum become fused multiply-adds ([`contract`]); unused operations go.
//! Each pass changes results by rounding only (a few units in the last place).

use crate::builder::Builder;
use crate::kernel::{Binary, Kernel, Op, Unary, Value};
use std::collections::HashMap;

mod gates;

pub use gates::{arguments, pair_quotients, relaxations};

/// All passes.
pub fn optimise(kernel: &Kernel) -> Kernel {
    let shared = pair_quotients(&share_exponentials(kernel));
    prune(&contract(&arguments(&relaxations(&reduce_divisions(&shared)))))
}

/// Removes operations that no output needs, and the input ports that are then unused.
pub fn prune(kernel: &Kernel) -> Kernel {
    let mut k = prune_body(kernel);
    let mut used = vec![false; k.inputs.len()];
    for op in &k.body {
        if let Op::Input(i) = op {
            used[*i as usize] = true;
        }
    }
    let mut to = vec![0u32; used.len()];
    let mut n = 0;
    for (i, u) in used.iter().enumerate() {
        to[i] = n;
        n += u32::from(*u);
    }
    for op in &mut k.body {
        if let Op::Input(i) = op {
            *i = to[*i as usize];
        }
    }
    let mut keep = used.iter();
    k.inputs.retain(|_| *keep.next().expect("as long as inputs"));
    k
}

/// The inputs that an output is computed from; none where there is no such output.
pub fn sources(kernel: &Kernel, output: &str) -> Option<Vec<String>> {
    let k = kernel.output(output)?;
    let one = prune(&Kernel { outputs: vec![kernel.outputs[k].clone()], ..kernel.clone() });
    Some(one.inputs.into_iter().map(|p| p.name).collect())
}

/// Removes operations that no output needs.
pub fn prune_body(kernel: &Kernel) -> Kernel {
    let live = live(kernel);
    let mut map = vec![Value(0); kernel.body.len()];
    let mut body = Vec::new();
    for (k, op) in kernel.body.iter().enumerate() {
        if live[k] {
            map[k] = Value(body.len() as u32);
            body.push(renumber(*op, |v| map[v.index()]));
        }
    }
    let outputs = kernel.outputs.iter().map(|(p, v)| (p.clone(), map[v.index()])).collect();
    Kernel { name: kernel.name.clone(), inputs: kernel.inputs.clone(), body, outputs }
}

fn live(kernel: &Kernel) -> Vec<bool> {
    let mut live = vec![false; kernel.body.len()];
    for (_, v) in &kernel.outputs {
        live[v.index()] = true;
    }
    for k in (0..kernel.body.len()).rev() {
        if live[k] {
            kernel.body[k].for_each_operand(|v| live[v.index()] = true);
        }
    }
    live
}

/// The same operation on other values.
pub fn renumber(op: Op, at: impl Fn(Value) -> Value) -> Op {
    match op {
        Op::Input(_) | Op::Const(_) => op,
        Op::Unary(f, a) => Op::Unary(f, at(a)),
        Op::Binary(f, a, b) => Op::Binary(f, at(a), at(b)),
        Op::Fma(a, b, c) => Op::Fma(at(a), at(b), at(c)),
        Op::Compare(f, a, b) => Op::Compare(f, at(a), at(b)),
        Op::Logic(f, a, b) => Op::Logic(f, at(a), at(b)),
        Op::Not(a) => Op::Not(at(a)),
        Op::Select(c, a, b) => Op::Select(at(c), at(a), at(b)),
        Op::Spike(a, s) => Op::Spike(at(a), s),
    }
}

/// How often each value is used (by operations and outputs).
fn uses(kernel: &Kernel) -> Vec<u32> {
    let mut n = vec![0; kernel.body.len()];
    for op in &kernel.body {
        op.for_each_operand(|v| n[v.index()] += 1);
    }
    for (_, v) in &kernel.outputs {
        n[v.index()] += 1;
    }
    n
}

/// Rebuilds a kernel operation by operation; `rewrite` may give another value for one.
fn rebuild(kernel: &Kernel, mut rewrite: impl FnMut(&mut Builder, usize, Op, &[Value]) -> Option<Value>) -> Kernel {
    let mut b = Builder::new(kernel.name.clone());
    let inputs: Vec<Value> = kernel.inputs.iter().map(|p| b.input_port(p.clone())).collect();
    let mut map: Vec<Value> = Vec::with_capacity(kernel.body.len());
    for (k, op) in kernel.body.iter().enumerate() {
        let v = match *op {
            Op::Input(i) => inputs[i as usize],
            other => match rewrite(&mut b, k, other, &map) {
                Some(v) => v,
                None => b.rebuild(other, |v| map[v.index()]),
            },
        };
        map.push(v);
    }
    for (p, v) in &kernel.outputs {
        b.output(&p.name, p.unit, map[v.index()]);
    }
    b.finish_keeping_inputs()
}

/// Replaces inputs by numbers and folds everything that follows from them.
pub fn specialise(kernel: &Kernel, constants: impl Fn(&str) -> Option<f64>) -> Kernel {
    let mut b = Builder::new(kernel.name.clone());
    let inputs: Vec<Value> = kernel
        .inputs
        .iter()
        .map(|p| match constants(&p.name) {
            Some(c) => b.constant(c),
            None => b.input_port(p.clone()),
        })
        .collect();
    let map = b.replay(kernel, &inputs);
    for (p, v) in &kernel.outputs {
        b.output(&p.name, p.unit, map[v.index()]);
    }
    b.finish()
}

/// A value as `slope * base + offset` with constant slope and offset.
pub fn affine(kernel: &Kernel, v: Value) -> (Value, f64, f64) {
    let constant = |v: Value| match kernel.body[v.index()] {
        Op::Const(c) => Some(c.0),
        _ => None,
    };
    match kernel.body[v.index()] {
        Op::Unary(Unary::Neg, a) => {
            let (u, s, o) = affine(kernel, a);
            (u, -s, -o)
        }
        Op::Binary(f, a, b) => match (f, constant(a), constant(b)) {
            (Binary::Add, Some(c), None) | (Binary::Add, None, Some(c)) => {
                let (u, s, o) = affine(kernel, if constant(a).is_some() { b } else { a });
                (u, s, o + c)
            }
            (Binary::Sub, None, Some(c)) => {
                let (u, s, o) = affine(kernel, a);
                (u, s, o - c)
            }
            (Binary::Sub, Some(c), None) => {
                let (u, s, o) = affine(kernel, b);
                (u, -s, c - o)
            }
            (Binary::Mul, Some(c), None) | (Binary::Mul, None, Some(c)) => {
                let (u, s, o) = affine(kernel, if constant(a).is_some() { b } else { a });
                (u, s * c, o * c)
            }
            (Binary::Div, None, Some(c)) => {
                let (u, s, o) = affine(kernel, a);
                (u, s / c, o / c)
            }
            _ => (v, 1.0, 0.0),
        },
        _ => (v, 1.0, 0.0),
    }
}

/// Largest power by which one exponential is made from another, and largest constant that moves out of one: beyond
/// these the rounding of the power, or an overflow of the part, would be felt.
const MAX_POWER: f64 = 8.0;
const MAX_OFFSET: f64 = 40.0;

/// Computes exponentials of commensurate arguments once: `exp(a u + b)` with slopes that are small whole multiples of
/// one slope become powers of one exponential. A power 8 costs three products and at most 8 times the error of one
/// exponential (1e-15).
pub fn share_exponentials(kernel: &Kernel) -> Kernel {
    struct Term {
        at: usize,
        slope: f64,
        offset: f64,
    }
    let mut families: Vec<(Value, Vec<Term>)> = Vec::new();
    for (k, op) in kernel.body.iter().enumerate() {
        if let Op::Unary(Unary::Exp, a) = op {
            let (u, slope, offset) = affine(kernel, *a);
            if offset.abs() > MAX_OFFSET || slope == 0.0 || !slope.is_finite() {
                continue;
            }
            let term = Term { at: k, slope, offset };
            match families.iter_mut().find(|(v, _)| *v == u) {
                Some((_, terms)) => terms.push(term),
                None => families.push((u, vec![term])),
            }
        }
    }
    // For each exponential: base value, slope of the shared exponential, power, constant factor's logarithm.
    let mut plan: HashMap<usize, (Value, f64, u32, f64)> = HashMap::new();
    for (u, mut terms) in families {
        terms.sort_by(|x, y| x.slope.abs().total_cmp(&y.slope.abs()).then(x.at.cmp(&y.at)));
        while !terms.is_empty() {
            let slope = terms[0].slope;
            let (together, rest): (Vec<Term>, Vec<Term>) = terms.into_iter().partition(|t| {
                let ratio = t.slope / slope;
                ratio > 0.5 && ratio < MAX_POWER + 0.5 && (ratio - ratio.round()).abs() < 1e-12 * ratio
            });
            if together.len() > 1 {
                for t in together {
                    plan.insert(t.at, (u, slope, (t.slope / slope).round() as u32, t.offset));
                }
            }
            terms = rest;
        }
    }
    if plan.is_empty() {
        return kernel.clone();
    }
    rebuild(kernel, |b, k, _, map| {
        let &(u, slope, power, offset) = plan.get(&k)?;
        let s = b.constant(slope);
        let x = b.mul(s, map[u.index()]);
        let e = b.exp(x);
        let p = b.powi(e, power);
        let f = b.constant(homolog_base::math::exp(offset));
        Some(b.mul(f, p))
    })
}

/// Divisions by constants become products with the reciprocal; a divisor that is used more than once is inverted once.
pub fn reduce_divisions(kernel: &Kernel) -> Kernel {
    let mut divisors: HashMap<Value, u32> = HashMap::new();
    for op in &kernel.body {
        if let Op::Binary(Binary::Div, _, y) = op {
            *divisors.entry(*y).or_default() += 1;
        }
    }
    rebuild(kernel, |b, _, op, map| {
        let Op::Binary(Binary::Div, x, y) = op else { return None };
        let (nx, ny) = (map[x.index()], map[y.index()]);
        if let Some(c) = b.as_const(ny) {
            let r = b.constant(1.0 / c);
            return Some(b.mul(r, nx));
        }
        if divisors[&y] > 1 {
            let one = b.constant(1.0);
            // The builder's algebra would fold `x * (1 / y)` back into a division.
            let r = b.div(one, ny);
            return Some(b.product_as_written(nx, r));
        }
        None
    })
}

/// Products that feed one sum or difference become fused multiply-adds: fewer roundings, fewer operations.
pub fn contract(kernel: &Kernel) -> Kernel {
    let uses = uses(kernel);
    let product = |v: Value| match kernel.body[v.index()] {
        Op::Binary(Binary::Mul, x, y) if uses[v.index()] == 1 => Some((x, y)),
        _ => None,
    };
    rebuild(kernel, |b, _, op, map| {
        let at = |v: Value| map[v.index()];
        match op {
            Op::Binary(Binary::Add, p, q) => {
                let (x, y, z) = match (product(p), product(q)) {
                    (Some((x, y)), _) => (x, y, q),
                    (_, Some((x, y))) => (x, y, p),
                    _ => return None,
                };
                // c (p - z) + z with constant c, a relaxation: c p + (1 - c) z, whose second term is often the same step after
                // step. For c from 1/2 to 1 the difference 1 - c is exact (Sterbenz 1974), so the fixed point stays z.
                if let (Some(c), Op::Binary(Binary::Sub, p, q)) = (b.as_const(at(x)), kernel.body[y.index()])
                    && q == z
                {
                    let rest = b.constant(1.0 - c);
                    let toward = b.mul(rest, at(z));
                    return Some(b.fma(at(x), at(p), toward));
                }
                Some(b.fma(at(x), at(y), at(z)))
            }
            // x y - z with constant z, z - c x with constant c: the sign goes into the constant.
            Op::Binary(Binary::Sub, p, z) => {
                if let Some((x, y)) = product(z)
                    && let Some(c) = b.as_const(at(x))
                {
                    let m = b.constant(-c);
                    return Some(b.fma(m, at(y), at(p)));
                }
                let (x, y) = product(p)?;
                let c = b.as_const(at(z))?;
                let m = b.constant(-c);
                Some(b.fma(at(x), at(y), m))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests;
