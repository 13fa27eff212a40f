//! What published channels have in common: pairs of rates, and gates that relax.
//!
//! ```text
//! y / (exp(y) - 1) = x / (exp(x) - 1) + x,   y = -x                               (pair_quotients)
//! e (m + q) - q   with q = (a x) / (b s)  becomes  e (m - i) + i,  i = (-a/b) x / s     (relaxations)
//! ```
//!
//! The first holds where a forward and a backward rate meet at one potential, as in most models of sodium channels. The second
//! gives the exact step of a gate (`cnexp`) one form, however its time constant was written.

use super::{affine, rebuild, uses};
use crate::builder::Builder;
use crate::kernel::{Binary, Compare, Kernel, Op, Unary, Value};
use std::collections::HashMap;

/// Computes `exprelr(x)` and `exprelr(-x)` from the smaller of the two, that of `|x|`, to which `|x|` is added for the other: both to
/// the last places, as neither is a difference.
pub fn pair_quotients(kernel: &Kernel) -> Kernel {
    let found: Vec<(usize, Value)> = kernel
        .body
        .iter()
        .enumerate()
        .filter_map(|(k, op)| if let Op::Unary(Unary::Exprelr, x) = op { Some((k, *x)) } else { None })
        .collect();
    // For one of a pair: the argument of the other, if that comes first.
    let mut pairs: HashMap<usize, Value> = HashMap::new();
    for (n, &(k, x)) in found.iter().enumerate() {
        let (u, s, o) = affine(kernel, x);
        let opposite = |&(_, y): &(usize, Value)| {
            let (w, t, p) = affine(kernel, y);
            w == u && t == -s && p == -o
        };
        if pairs.contains_key(&k) {
            continue;
        }
        if let Some(&(j, _)) = found[n + 1..].iter().find(|f| opposite(f) && !pairs.contains_key(&f.0)) {
            pairs.insert(k, x);
            pairs.insert(j, x);
        }
    }
    if pairs.is_empty() {
        return kernel.clone();
    }
    rebuild(kernel, |b, k, op, map| {
        let x = *pairs.get(&k)?;
        let Op::Unary(_, own) = op else { return None };
        let at = map[x.index()];
        let size = b.unary(Unary::Abs, at);
        let small = b.unary(Unary::Exprelr, size);
        let large = b.add(small, size);
        let zero = b.constant(0.0);
        let negative = b.compare(Compare::Lt, at, zero);
        Some(if own == x { b.select(negative, large, small) } else { b.select(negative, small, large) })
    })
}

/// Gives the arguments of rates one form, `k (x + c)`, to the same bits: `k (x - c)`, `k (c - x)` and `k (-x - c)` differ by signs alone.
pub fn arguments(kernel: &Kernel) -> Kernel {
    let uses = uses(kernel);
    let op = |v: Value| kernel.body[v.index()];
    let constant = |v: Value| if let Op::Const(c) = op(v) { Some(c.0) } else { None };
    rebuild(kernel, |b, _, whole, map| {
        let Op::Binary(Binary::Mul, k, y) = whole else { return None };
        let (k, Op::Binary(Binary::Sub, p, q)) = (constant(k)?, op(y)) else { return None };
        if uses[y.index()] != 1 {
            return None;
        }
        let (k, x, c) = match (constant(p), constant(q), op(p)) {
            (Some(c), None, _) => (-k, q, -c),
            (None, Some(c), Op::Unary(Unary::Neg, x)) => (-k, x, c),
            (None, Some(c), _) => (k, p, -c),
            _ => return None,
        };
        let c = b.constant(c);
        let sum = b.add(map[x.index()], c);
        let k = b.constant(k);
        Some(b.mul(k, sum))
    })
}

/// Gives the exact steps of gates one form, with a quotient that has no constants to spare.
pub fn relaxations(kernel: &Kernel) -> Kernel {
    let uses = uses(kernel);
    let op = |v: Value| kernel.body[v.index()];
    let alone = |v: Value| uses[v.index()] == 1;
    // `c` and `x` of `c x` that nothing else uses.
    let scaled = |v: Value| match op(v) {
        Op::Binary(Binary::Mul, c, x) if alone(v) => match op(c) {
            Op::Const(c) => Some((c.0, x)),
            _ => None,
        },
        _ => None,
    };
    // `q` as a constant times a quotient: (constant, numerator if it is no constant, divisor).
    let quotient = |q: Value| {
        let Op::Binary(Binary::Div, n, d) = op(q) else { return None };
        let (over, x) = match (op(n), scaled(n)) {
            (Op::Const(c), _) => (c.0, None),
            (_, Some((c, x))) => (c, Some(x)),
            _ => (1.0, Some(n)),
        };
        let (under, y) = scaled(d).unwrap_or((1.0, d));
        Some((over / under, x, y))
    };
    let steady = |b: &mut Builder, sign: f64, (c, x, y): (f64, Option<Value>, Value), map: &[Value]| {
        let c = b.constant(sign * c);
        let n = x.map_or(c, |x| b.mul(c, map[x.index()]));
        b.div(n, map[y.index()])
    };
    rebuild(kernel, |b, _, whole, map| {
        let (sign, p, q) = match whole {
            Op::Binary(Binary::Sub, p, q) => (-1.0, p, q),
            Op::Binary(Binary::Add, p, q) if matches!(op(p), Op::Binary(Binary::Mul, ..)) => (1.0, p, q),
            Op::Binary(Binary::Add, q, p) => (1.0, p, q),
            _ => return None,
        };
        let Op::Binary(Binary::Mul, e, away) = op(p) else { return None };
        let (e, away) = if matches!(op(away), Op::Binary(Binary::Add | Binary::Sub, ..)) { (e, away) } else { (away, e) };
        if !alone(p) || !alone(away) || uses[q.index()] != 2 {
            return None;
        }
        let m = match (op(away), sign < 0.0) {
            (Op::Binary(Binary::Add, m, i), true) if i == q => m,
            (Op::Binary(Binary::Add, i, m), true) if i == q => m,
            (Op::Binary(Binary::Sub, m, i), false) if i == q => m,
            _ => return None,
        };
        let found = quotient(q)?;
        if !found.0.is_normal() {
            return None;
        }
        let i = steady(b, sign, found, map);
        let away = b.sub(map[m.index()], i);
        Some(b.fma(map[e.index()], away, i))
    })
}
