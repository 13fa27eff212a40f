//! Derivatives of kernels, made symbolically.
//!
//! Forward: `d of / d wrt` of one value by the chain rule ([`derivative`]). Reverse: the vector-Jacobian product of a
//! whole kernel as a new kernel ([`vjp`]), by one backward sweep over its operations (Griewank & Walther 2008,
//! "Evaluating Derivatives", ch. 3). A select gives its cotangent to the branch taken and zero to the other; a spike
//! has its surrogate for a derivative; comparisons and `floor` have none.

use crate::builder::Builder;
use crate::kernel::{Binary, Compare, Kernel, Op, Port, Shape, Surrogate, Unary, Value};
use std::collections::HashMap;

/// `d of / d wrt`, as a value of the same builder. Zero where `of` does not depend on `wrt`.
pub fn derivative(b: &mut Builder, of: Value, wrt: Value) -> Value {
    let mut memo = HashMap::new();
    let zero = b.constant(0.0);
    derivative_of(b, of, wrt, zero, &mut memo)
}

fn derivative_of(b: &mut Builder, of: Value, wrt: Value, zero: Value, memo: &mut HashMap<Value, Value>) -> Value {
    if of == wrt {
        return b.constant(1.0);
    }
    if let Some(v) = memo.get(&of) {
        return *v;
    }
    let op = b.op(of);
    let d = match op {
        Op::Select(c, x, y) => {
            let dx = derivative_of(b, x, wrt, zero, memo);
            let dy = derivative_of(b, y, wrt, zero, memo);
            b.select(c, dx, dy)
        }
        _ => {
            let mut operands = Vec::new();
            op.for_each_operand(|v| operands.push(v));
            let mut sum = zero;
            for (k, operand) in operands.into_iter().enumerate() {
                if b.op(operand).is_truth() {
                    continue;
                }
                let d = derivative_of(b, operand, wrt, zero, memo);
                if b.as_const(d) == Some(0.0) {
                    continue;
                }
                if let Some(p) = partial(b, of, k) {
                    let term = b.mul(p, d);
                    sum = b.add(sum, term);
                }
            }
            sum
        }
    };
    memo.insert(of, d);
    d
}

/// Partial derivative of value `v` with respect to its operand number `k`; none when it is identically zero.
fn partial(b: &mut Builder, v: Value, k: usize) -> Option<Value> {
    let one = b.constant(1.0);
    Some(match (b.op(v), k) {
        (Op::Unary(f, x), _) => match f {
            Unary::Neg => b.constant(-1.0),
            Unary::Abs => {
                let zero = b.constant(0.0);
                let c = b.compare(Compare::Lt, x, zero);
                let m = b.constant(-1.0);
                b.select(c, m, one)
            }
            Unary::Sqrt => {
                let half = b.constant(0.5);
                b.div(half, v)
            }
            Unary::Exp => v,
            Unary::Expm1 => b.add(v, one),
            Unary::Ln => b.div(one, x),
            Unary::Sin => b.unary(Unary::Cos, x),
            Unary::Cos => {
                let s = b.unary(Unary::Sin, x);
                b.neg(s)
            }
            Unary::Tanh => {
                let q = b.mul(v, v);
                b.sub(one, q)
            }
            Unary::Exprelr => exprelr_slope(b, x, v),
            Unary::Floor => return None,
        },
        (Op::Binary(f, x, y), _) => match (f, k) {
            (Binary::Add, _) | (Binary::Sub, 0) => one,
            (Binary::Sub, _) => b.constant(-1.0),
            (Binary::Mul, 0) => y,
            (Binary::Mul, _) => x,
            (Binary::Div, 0) => b.div(one, y),
            (Binary::Div, _) => {
                let q = b.div(v, y);
                b.neg(q)
            }
            (Binary::Min | Binary::Max, _) => {
                let c = if f == Binary::Min { b.compare(Compare::Lt, x, y) } else { b.compare(Compare::Lt, y, x) };
                let zero = b.constant(0.0);
                if k == 0 { b.select(c, one, zero) } else { b.select(c, zero, one) }
            }
            (Binary::Pow, 0) => {
                let less = b.sub(y, one);
                let p = b.pow(x, less);
                b.mul(y, p)
            }
            (Binary::Pow, _) => {
                let zero = b.constant(0.0);
                let positive = b.compare(Compare::Lt, zero, x);
                let safe = b.select(positive, x, one);
                let l = b.unary(Unary::Ln, safe);
                b.mul(v, l)
            }
        },
        (Op::Fma(_, y, _), 0) => y,
        (Op::Fma(x, _, _), 1) => x,
        (Op::Fma(..), _) => one,
        (Op::Spike(x, s), _) => surrogate(b, x, s),
        (Op::Input(_) | Op::Const(_) | Op::Compare(..) | Op::Logic(..) | Op::Not(_) | Op::Select(..), _) => return None,
    })
}

/// The pseudo-derivative of a spike: see [`Shape`].
fn surrogate(b: &mut Builder, x: Value, s: Surrogate) -> Value {
    let inverse = b.constant(1.0 / s.width);
    let u = b.mul(inverse, x);
    let one = b.constant(1.0);
    let (numerator, denominator) = match s.shape {
        Shape::FastSigmoid | Shape::SuperSpike => {
            let a = b.unary(Unary::Abs, u);
            let r = b.add(one, a);
            let peak = if s.shape == Shape::SuperSpike { 1.0 } else { 0.5 / s.width };
            (peak, b.mul(r, r))
        }
        Shape::Arctan => {
            let q = b.mul(u, u);
            (1.0 / (s.width * std::f64::consts::PI), b.add(one, q))
        }
    };
    let n = b.constant(numerator);
    b.div(n, denominator)
}

/// Derivative of `y = x / (e^x - 1)`: `y (1 - y - x) / x`, and its Taylor series for `|x| < 0.05`, where that cancels.
fn exprelr_slope(b: &mut Builder, x: Value, y: Value) -> Value {
    let one = b.constant(1.0);
    let limit = b.constant(0.05);
    let size = b.unary(Unary::Abs, x);
    let near = b.compare(Compare::Lt, size, limit);
    let q = b.mul(x, x);
    let mut series = b.constant(1.0 / 5040.0);
    for c in [-1.0 / 180.0, 1.0 / 6.0] {
        let c = b.constant(c);
        let p = b.mul(q, series);
        series = b.add(p, c);
    }
    let p = b.mul(x, series);
    let half = b.constant(-0.5);
    let series = b.add(p, half);
    let safe = b.select(near, one, x);
    let r = b.sub(one, y);
    let r = b.sub(r, safe);
    let n = b.mul(y, r);
    let far = b.div(n, safe);
    b.select(near, series, far)
}

/// The value `of` with `what` replaced by a number.
pub fn substitute(b: &mut Builder, of: Value, what: Value, by: f64) -> Value {
    let snapshot = b.kernel().body.clone();
    let new = b.constant(by);
    let mut map: Vec<Value> = Vec::with_capacity(of.index() + 1);
    for (k, op) in snapshot.iter().enumerate().take(of.index() + 1) {
        let v = Value(k as u32);
        let mapped = if v == what {
            new
        } else if matches!(op, Op::Input(_)) {
            v
        } else {
            b.rebuild(*op, |o| map[o.index()])
        };
        map.push(mapped);
    }
    map[of.index()]
}

/// Name of the cotangent of a port in the kernels made by [`vjp`].
pub fn cotangent(name: &str) -> String {
    format!("d.{name}")
}

/// The vector-Jacobian product of `kernel` with respect to the inputs named in `wrt`.
///
/// The result reads the inputs of `kernel` (those it needs) and one cotangent `d.out` for every output, and writes one
/// cotangent `d.in` for every name in `wrt`, in that order. For names in `accumulate` it also reads `d.in` and adds to it.
/// Ports that are not inputs of `kernel` give a cotangent of zero.
pub fn vjp(kernel: &Kernel, wrt: &[&str], accumulate: &[&str]) -> Kernel {
    let mut b = Builder::new(format!("{}.vjp", kernel.name));
    let inputs: Vec<Value> = kernel.inputs.iter().map(|p| b.input_port(p.clone())).collect();
    // As it stands: the values inside must be those of the forward pass, or a spike could be decided differently.
    let map = b.transcribe(kernel, &inputs);
    let zero = b.constant(0.0);
    let mut adjoint: HashMap<Value, Value> = HashMap::new();
    let mut masks = HashMap::new();
    for (port, v) in &kernel.outputs {
        let g = b.input(&cotangent(&port.name), port.unit);
        accumulate_into(&mut b, &mut adjoint, map[v.index()], g, zero);
    }
    // Values of the primal program come in the order of their numbers; those that the sweep itself makes come later
    // and are never visited.
    let last = map.iter().map(|v| v.index()).max().unwrap_or(0);
    for k in (0..=last).rev() {
        let v = Value(k as u32);
        let Some(&g) = adjoint.get(&v) else { continue };
        if b.as_const(g) == Some(0.0) {
            continue;
        }
        match b.op(v) {
            Op::Select(c, x, y) => {
                for (operand, gx) in [(x, (g, zero)), (y, (zero, g))] {
                    let g = b.select(c, gx.0, gx.1);
                    accumulate_into(&mut b, &mut adjoint, operand, g, zero);
                }
            }
            op => {
                let mut operands = Vec::new();
                op.for_each_operand(|o| operands.push(o));
                for (n, operand) in operands.into_iter().enumerate() {
                    if b.op(operand).is_truth() || matches!(b.op(operand), Op::Const(_)) {
                        continue;
                    }
                    if let Some(p) = partial(&mut b, v, n) {
                        let term = times(&mut b, g, p, &mut masks);
                        accumulate_into(&mut b, &mut adjoint, operand, term, zero);
                    }
                }
            }
        }
    }
    for name in wrt {
        let (unit, mut g) = match kernel.input(name) {
            Some(k) => (kernel.inputs[k].unit, adjoint.get(&inputs[k]).copied().unwrap_or(zero)),
            None => (homolog_base::Unit::ONE, zero),
        };
        if accumulate.contains(name) {
            let before = b.input_port(Port::new(cotangent(name), unit));
            g = b.add(before, g);
        }
        b.output(&cotangent(name), unit, g);
    }
    b.finish()
}

/// `g p`, where a `g` that a select has made zero stays zero even if `p` is infinite or NaN: the branch not taken may be
/// outside the domain of its functions, and zero times NaN would leak out of it. The product moves inside of a select; a sum in
/// which one stands is compared with zero.
fn times(b: &mut Builder, g: Value, p: Value, masks: &mut HashMap<Value, bool>) -> Value {
    if b.as_const(p).is_some_and(f64::is_finite) {
        return b.mul(g, p);
    }
    match b.op(g) {
        Op::Const(c) if c.0 == 0.0 => g,
        Op::Select(c, x, y) if is_zero(b, x) || is_zero(b, y) => {
            let (x, y) = (times(b, x, p, masks), times(b, y, p, masks));
            b.select(c, x, y)
        }
        Op::Unary(Unary::Neg, x) if is_masked(b, x, masks) => {
            let t = times(b, x, p, masks);
            b.neg(t)
        }
        Op::Binary(Binary::Mul, k, x) if is_masked(b, x, masks) => {
            let t = times(b, x, p, masks);
            b.mul(k, t)
        }
        Op::Binary(Binary::Add | Binary::Sub, ..) if is_masked(b, g, masks) => {
            let t = b.mul(g, p);
            let zero = b.constant(0.0);
            let nothing = b.compare(Compare::Eq, g, zero);
            b.select(nothing, zero, t)
        }
        _ => b.mul(g, p),
    }
}

fn is_zero(b: &Builder, v: Value) -> bool {
    b.as_const(v) == Some(0.0)
}

/// Whether a select that gives zero stands somewhere in this sum. What is known of values is remembered, as sums share their parts.
fn is_masked(b: &Builder, v: Value, known: &mut HashMap<Value, bool>) -> bool {
    if let Some(m) = known.get(&v) {
        return *m;
    }
    let masked = match b.op(v) {
        Op::Select(_, x, y) => is_zero(b, x) || is_zero(b, y),
        Op::Unary(Unary::Neg, x) | Op::Binary(Binary::Mul, _, x) => is_masked(b, x, known),
        Op::Binary(Binary::Add | Binary::Sub, x, y) => is_masked(b, x, known) || is_masked(b, y, known),
        _ => false,
    };
    known.insert(v, masked);
    masked
}

fn accumulate_into(b: &mut Builder, adjoint: &mut HashMap<Value, Value>, v: Value, g: Value, zero: Value) {
    let old = adjoint.get(&v).copied().unwrap_or(zero);
    let sum = b.add(old, g);
    adjoint.insert(v, sum);
}

#[cfg(test)]
pub(crate) mod tests;
