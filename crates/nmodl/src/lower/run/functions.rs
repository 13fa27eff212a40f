//! Functions, quotients without removable singularities, and branches.

use super::Run;
use homolog_ir::passes::affine;
use homolog_ir::{Binary, Compare, Logic, Op, Unary, Value};
use std::collections::HashMap;

/// True for a function whose value is random.
pub(super) fn is_random(name: &str) -> bool {
    crate::check::functions::RANDOM.iter().any(|f| f.0 == name)
}

impl Run<'_, '_> {
    /// The current through 1 cm/s of membrane of ions at `ci` and `co` (mM) of charge `z`, mA/cm2 (Goldman 1943, Hodgkin
    /// & Katz 1949): `0.001 z F (ci exprelr(-u) - co exprelr(u))`, `u = z v F / (1000 R T)`.
    pub(super) fn ghk(&mut self, x: &[Value]) -> Value {
        const FARADAY: f64 = 96_485.332_123_310_01;
        const GAS: f64 = 8.314_462_618_153_24;
        let &[v, inside, outside, z] = x else { return self.b.constant(f64::NAN) };
        let celsius = self.global("celsius");
        let b = &mut self.b;
        let zero = b.constant(273.15);
        let kelvin = b.add(celsius, zero);
        let k = b.constant(1000.0 * GAS / FARADAY);
        let scale = b.mul(k, kelvin);
        let zv = b.mul(z, v);
        let u = b.div(zv, scale);
        let n = b.neg(u);
        let (here, there) = (b.unary(Unary::Exprelr, u), b.unary(Unary::Exprelr, n));
        let (outward, inward) = (b.mul(inside, there), b.mul(outside, here));
        let net = b.sub(outward, inward);
        let k = b.constant(0.001 * FARADAY);
        let kz = b.mul(k, z);
        b.mul(kz, net)
    }

    /// The reversal potential of ions at `ci` and `co` (mM) of charge `z`, mV (Nernst 1889): `1000 R T / (z F) ln(co / ci)`.
    pub(super) fn nernst(&mut self, x: &[Value]) -> Value {
        const FARADAY: f64 = 96_485.332_123_310_01;
        const GAS: f64 = 8.314_462_618_153_24;
        let &[inside, outside, z] = x else { return self.b.constant(f64::NAN) };
        let celsius = self.global("celsius");
        let b = &mut self.b;
        let zero = b.constant(273.15);
        let kelvin = b.add(celsius, zero);
        let k = b.constant(1000.0 * GAS / FARADAY);
        let scale = b.mul(k, kelvin);
        let scale = b.div(scale, z);
        let ratio = b.div(outside, inside);
        let l = b.unary(Unary::Ln, ratio);
        b.mul(scale, l)
    }

    /// True in the step that reaches a time.
    pub(super) fn at_time(&mut self, x: &[Value]) -> Value {
        let &[when] = x else { return self.b.constant(f64::NAN) };
        let (t, dt) = (self.global("t"), self.global("dt"));
        let tiny = self.b.constant(1e-11);
        let when = self.b.sub(when, tiny);
        let before = self.b.sub(t, dt);
        let reached = self.b.compare(Compare::Le, when, t);
        let new = self.b.compare(Compare::Lt, before, when);
        self.b.logic(Logic::And, reached, new)
    }

    pub(super) fn builtin(&mut self, name: &str, x: &[Value]) -> Value {
        let b = &mut self.b;
        let half = 0.5;
        match (name, x) {
            ("exp", &[x]) => b.exp(x),
            ("expm1", &[x]) => b.unary(Unary::Expm1, x),
            ("exprelr", &[x]) => b.unary(Unary::Exprelr, x),
            ("log", &[x]) => b.unary(Unary::Ln, x),
            ("log10", &[x]) => {
                let l = b.unary(Unary::Ln, x);
                let k = b.constant(std::f64::consts::LOG10_E);
                b.mul(k, l)
            }
            ("sin", &[x]) => b.unary(Unary::Sin, x),
            ("cos", &[x]) => b.unary(Unary::Cos, x),
            ("tan", &[x]) => {
                let (s, c) = (b.unary(Unary::Sin, x), b.unary(Unary::Cos, x));
                b.div(s, c)
            }
            ("tanh", &[x]) => b.unary(Unary::Tanh, x),
            ("sinh" | "cosh", &[x]) => {
                let n = b.neg(x);
                // The difference of expm1 keeps sinh exact near 0.
                let sum = if name == "sinh" {
                    let (p, q) = (b.unary(Unary::Expm1, x), b.unary(Unary::Expm1, n));
                    b.sub(p, q)
                } else {
                    let (p, q) = (b.exp(x), b.exp(n));
                    b.add(p, q)
                };
                let h = b.constant(half);
                b.mul(h, sum)
            }
            ("fabs", &[x]) => b.unary(Unary::Abs, x),
            ("sqrt", &[x]) => b.unary(Unary::Sqrt, x),
            ("floor", &[x]) => b.unary(Unary::Floor, x),
            ("ceil", &[x]) => {
                let n = b.neg(x);
                let f = b.unary(Unary::Floor, n);
                b.neg(f)
            }
            ("fmod", &[x, y]) => {
                // C's remainder has the sign of x.
                let quotient = b.div(x, y);
                let size = b.unary(Unary::Abs, quotient);
                let whole = b.unary(Unary::Floor, size);
                let n = b.neg(whole);
                let zero = b.constant(0.0);
                let below = b.compare(Compare::Lt, quotient, zero);
                let whole = b.select(below, n, whole);
                let part = b.mul(whole, y);
                b.sub(x, part)
            }
            ("fmin" | "min", &[x, y]) => b.binary(Binary::Min, x, y),
            ("fmax" | "max", &[x, y]) => b.binary(Binary::Max, x, y),
            ("pow", &[x, y]) => b.pow(x, y),
            // Checked before: nothing else comes here.
            _ => b.constant(f64::NAN),
        }
    }

    /// `x / y`, where `k z / (exp(z) - 1)` becomes `k exprelr(z)`: the same function without its removable singularity.
    pub(super) fn divide(&mut self, x: Value, y: Value) -> Value {
        if let Op::Binary(Binary::Sub, p, q) = self.b.op(y) {
            for (e, one, flip) in [(p, q, false), (q, p, true)] {
                if let Op::Unary(Unary::Exp, z) = self.b.op(e)
                    && self.b.as_const(one) == Some(1.0)
                {
                    if let Some(k) = self.multiple(x, z) {
                        let r = self.b.unary(Unary::Exprelr, z);
                        let v = self.b.mul(k, r);
                        return if flip { self.b.neg(v) } else { v };
                    }
                    let k = self.b.div(x, z);
                    if self.b.as_const(k).is_some() || matches!(self.b.op(k), Op::Input(_)) {
                        let r = self.b.unary(Unary::Exprelr, z);
                        let v = self.b.mul(k, r);
                        return if flip { self.b.neg(v) } else { v };
                    }
                }
            }
        }
        self.b.div(x, y)
    }

    /// `k` of `x = k z`, where both have one difference as a factor: `x = p d` and `z = d m/n` or `-d m/n`.
    fn multiple(&mut self, x: Value, z: Value) -> Option<Value> {
        let (mut d, mut over, mut under, mut negative) = (z, Vec::new(), Vec::new(), false);
        loop {
            match self.b.op(d) {
                Op::Unary(Unary::Neg, a) => (d, negative) = (a, !negative),
                Op::Binary(Binary::Div, a, n) => {
                    under.push(n);
                    d = a;
                }
                Op::Binary(Binary::Mul, m, a) if self.b.as_const(m).is_some() => {
                    over.push(m);
                    d = a;
                }
                Op::Binary(Binary::Sub | Binary::Add, ..) => break,
                _ => return None,
            }
        }
        let opposite = match self.b.op(d) {
            Op::Binary(Binary::Sub, p, q) => self.b.sub(q, p),
            _ => self.b.neg(d),
        };
        // -v - 38 is the opposite of v + 38, however the two are written.
        let (base, slope, offset) = affine(self.b.kernel(), d);
        let signs = |v: Value| {
            let (u, s, o) = affine(self.b.kernel(), v);
            (u == base).then_some(()).and(match (s / slope, o == s / slope * offset) {
                (1.0, true) => Some(false),
                (-1.0, true) => Some(true),
                _ => None,
            })
        };
        let factor = |v: Value| if v == d || v == opposite { Some(v == opposite) } else { signs(v) };
        let (rest, flipped) = match (factor(x), self.b.op(x)) {
            (Some(flipped), _) => (None, flipped),
            (None, Op::Binary(Binary::Mul, a, b)) => match (factor(a), factor(b)) {
                (Some(flipped), _) => (Some(b), flipped),
                (None, Some(flipped)) => (Some(a), flipped),
                _ => return None,
            },
            _ => return None,
        };
        let mut k = rest.unwrap_or_else(|| self.b.constant(1.0));
        for n in under {
            k = self.b.mul(k, n);
        }
        for m in over {
            k = self.b.div(k, m);
        }
        Some(if negative == flipped { k } else { self.b.neg(k) })
    }

    /// `if c { x } else { y }`. A guard against the removable singularity, `if (fabs(z) < small) { series }`, is not
    /// needed once [`Run::divide`] has taken the singularity away.
    pub(super) fn select(&mut self, c: Value, x: Value, y: Value) -> Value {
        if let Op::Compare(Compare::Lt, size, limit) = self.b.op(c)
            && let Op::Unary(Unary::Abs, z) = self.b.op(size)
            && let Some(limit) = self.b.as_const(limit)
            && limit <= 1e-3
            && self.guards(z, limit, x, y)
        {
            return y;
        }
        self.b.select(c, x, y)
    }

    /// True when `x` and `y` are functions of `z` alone that agree for all `|z| < limit`.
    fn guards(&self, z: Value, limit: f64, x: Value, y: Value) -> bool {
        // The innermost value that `z` is a multiple of.
        let mut free = z;
        loop {
            free = match self.b.op(free) {
                Op::Unary(Unary::Neg, a) => a,
                Op::Binary(Binary::Div, a, k) if self.b.as_const(k).is_some() => a,
                Op::Binary(Binary::Mul, k, a) if self.b.as_const(k).is_some() => a,
                _ => break,
            };
        }
        let Some(slope) = self.at(z, free, 1.0, &mut HashMap::new()) else { return false };
        let tolerance = 10.0 * limit * limit + 1e-14;
        [-1.0, -0.5, -0.01, 0.0, 0.01, 0.5, 1.0].iter().all(|f| {
            let u = f * limit / slope;
            let mut known = HashMap::new();
            match (self.at(x, free, u, &mut known), self.at(y, free, u, &mut known)) {
                (Some(p), Some(q)) => p.is_finite() && q.is_finite() && (p - q).abs() <= tolerance * q.abs(),
                _ => false,
            }
        })
    }

    /// The number that `v` is when `free` is `u`, if it depends on nothing else.
    fn at(&self, v: Value, free: Value, u: f64, known: &mut HashMap<Value, Option<f64>>) -> Option<f64> {
        use homolog_ir::Number;
        if v == free {
            return Some(u);
        }
        if let Some(x) = known.get(&v) {
            return *x;
        }
        let x = match self.b.op(v) {
            Op::Const(c) => Some(c.0),
            Op::Unary(f, a) => self.at(a, free, u, known).map(|a| f64::unary(f, a)),
            Op::Binary(f, a, b) => self.at(a, free, u, known).zip(self.at(b, free, u, known)).map(|(a, b)| f64::binary(f, a, b)),
            _ => None,
        };
        known.insert(v, x);
        x
    }
}
