//! Makes kernels: value numbering, constant folding and algebra while building.
//!
//! Equal operations become one value (so common subexpressions are shared by construction). The algebra is that of
//! real numbers: `x - x` is 0 and `x * y / y` is `x`, also where a NaN would have come out of the longer way.

use crate::interpret::{compare, logic};
use crate::kernel::{Binary, Compare, Kernel, Literal, Logic, Op, Port, Surrogate, Unary, Value};
use crate::number::Number;
use homolog_base::Unit;
use std::collections::HashMap;

/// A kernel under construction.
#[derive(Clone, Default, Debug)]
pub struct Builder {
    kernel: Kernel,
    known: HashMap<Op, Value>,
}

impl Builder {
    /// An empty kernel of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Builder { kernel: Kernel { name: name.into(), ..Kernel::default() }, known: HashMap::new() }
    }

    /// The operation that defines a value.
    pub fn op(&self, v: Value) -> Op {
        self.kernel.body[v.index()]
    }

    /// The number a value is known to be, if it is a constant.
    pub fn as_const(&self, v: Value) -> Option<f64> {
        match self.op(v) {
            Op::Const(c) => Some(c.0),
            _ => None,
        }
    }

    fn push(&mut self, op: Op) -> Value {
        let body = &mut self.kernel.body;
        *self.known.entry(op).or_insert_with(|| {
            body.push(op);
            Value(u32::try_from(body.len() - 1).expect("a kernel has fewer than 2^32 operations"))
        })
    }

    /// The input port of this name, made at its first use.
    pub fn input(&mut self, name: &str, unit: Unit) -> Value {
        self.input_port(Port::new(name, unit))
    }

    /// The input port like this one, made at the first use of its name.
    pub fn input_port(&mut self, port: Port) -> Value {
        let k = self.kernel.input(&port.name).unwrap_or_else(|| {
            self.kernel.inputs.push(port);
            self.kernel.inputs.len() - 1
        });
        self.push(Op::Input(u32::try_from(k).expect("few ports")))
    }

    /// A constant.
    pub fn constant(&mut self, x: f64) -> Value {
        self.push(Op::Const(Literal(x)))
    }

    /// A function of one number.
    pub fn unary(&mut self, f: Unary, a: Value) -> Value {
        if let Some(x) = self.as_const(a) {
            return self.constant(f64::unary(f, x));
        }
        match (f, self.op(a)) {
            (Unary::Neg, Op::Unary(Unary::Neg, x)) => x,
            (Unary::Neg, Op::Binary(Binary::Sub, x, y)) => self.sub(y, x),
            (Unary::Neg, Op::Binary(Binary::Mul, x, y)) if self.as_const(x).is_some() => {
                let c = self.neg(x);
                self.mul(c, y)
            }
            (Unary::Neg, Op::Binary(Binary::Div, x, y)) if self.as_const(x).is_some() => {
                let c = self.neg(x);
                self.div(c, y)
            }
            (Unary::Abs, Op::Unary(Unary::Neg, x)) => self.unary(Unary::Abs, x),
            _ => self.push(Op::Unary(f, a)),
        }
    }

    /// `-a`
    pub fn neg(&mut self, a: Value) -> Value {
        self.unary(Unary::Neg, a)
    }

    /// `e^a`
    pub fn exp(&mut self, a: Value) -> Value {
        self.unary(Unary::Exp, a)
    }

    /// A function of two numbers.
    pub fn binary(&mut self, f: Binary, a: Value, b: Value) -> Value {
        match f {
            Binary::Add => self.add(a, b),
            Binary::Sub => self.sub(a, b),
            Binary::Mul => self.mul(a, b),
            Binary::Div => self.div(a, b),
            Binary::Pow => self.pow(a, b),
            Binary::Min | Binary::Max => match (self.as_const(a), self.as_const(b)) {
                (Some(x), Some(y)) => self.constant(f64::binary(f, x, y)),
                _ if a == b => a,
                _ => self.push(Op::Binary(f, a, b)),
            },
        }
    }

    /// `a + b`
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        match (self.as_const(a), self.as_const(b)) {
            (Some(x), Some(y)) => return self.constant(x + y),
            (Some(0.0), _) => return b,
            (_, Some(0.0)) => return a,
            _ => {}
        }
        if let Op::Unary(Unary::Neg, y) = self.op(b) {
            return self.sub(a, y);
        }
        if let Op::Unary(Unary::Neg, x) = self.op(a) {
            return self.sub(b, x);
        }
        // (x - b) + b and b + (x - b)
        for (p, q) in [(a, b), (b, a)] {
            if let Op::Binary(Binary::Sub, x, y) = self.op(p)
                && y == q
            {
                return x;
            }
        }
        self.push(Op::Binary(Binary::Add, a, b))
    }

    /// `a - b`
    pub fn sub(&mut self, a: Value, b: Value) -> Value {
        match (self.as_const(a), self.as_const(b)) {
            (Some(x), Some(y)) => return self.constant(x - y),
            (Some(0.0), _) => return self.neg(b),
            (_, Some(0.0)) => return a,
            _ => {}
        }
        if a == b {
            return self.constant(0.0);
        }
        if let Op::Unary(Unary::Neg, y) = self.op(b) {
            return self.add(a, y);
        }
        if let Op::Binary(Binary::Add, x, y) = self.op(a) {
            if x == b {
                return y;
            }
            if y == b {
                return x;
            }
        }
        self.push(Op::Binary(Binary::Sub, a, b))
    }

    /// `a * b`
    pub fn mul(&mut self, a: Value, b: Value) -> Value {
        match (self.as_const(a), self.as_const(b)) {
            (Some(x), Some(y)) => return self.constant(x * y),
            (Some(c), _) => return self.scale(c, b),
            (_, Some(c)) => return self.scale(c, a),
            _ => {}
        }
        for (p, q) in [(a, b), (b, a)] {
            match self.op(p) {
                Op::Unary(Unary::Neg, x) => {
                    let m = self.mul(x, q);
                    return self.neg(m);
                }
                // (x / q) * q
                Op::Binary(Binary::Div, x, y) if y == q => return x,
                // (1 / x) * q, (-1 / x) * q
                Op::Binary(Binary::Div, x, y) if matches!(self.as_const(x), Some(c) if c.abs() == 1.0) => {
                    let d = self.div(q, y);
                    return if self.as_const(x) == Some(1.0) { d } else { self.neg(d) };
                }
                // (c x) * q = c (x q), so that constants meet at the front
                Op::Binary(Binary::Mul, c, x) if self.as_const(c).is_some() => {
                    let m = self.mul(x, q);
                    return self.mul(c, m);
                }
                _ => {}
            }
        }
        self.push(Op::Binary(Binary::Mul, a, b))
    }

    /// `c * b`, the constant always standing first.
    fn scale(&mut self, c: f64, b: Value) -> Value {
        if c == 0.0 {
            return self.constant(0.0);
        }
        if c == 1.0 {
            return b;
        }
        if c == -1.0 {
            return self.neg(b);
        }
        match self.op(b) {
            Op::Unary(Unary::Neg, x) => return self.scale(-c, x),
            Op::Binary(Binary::Mul, d, x) if self.as_const(d).is_some() => {
                let d = self.as_const(d).expect("just seen");
                return self.scale(c * d, x);
            }
            Op::Binary(Binary::Div, d, x) if self.as_const(d).is_some() => {
                let d = self.as_const(d).expect("just seen");
                let n = self.constant(c * d);
                return self.div(n, x);
            }
            _ => {}
        }
        let c = self.constant(c);
        self.push(Op::Binary(Binary::Mul, c, b))
    }

    /// `a * b` without algebra, for passes that have chosen this form.
    pub(crate) fn product_as_written(&mut self, a: Value, b: Value) -> Value {
        match self.as_const(a) {
            Some(1.0) => b,
            _ => self.push(Op::Binary(Binary::Mul, a, b)),
        }
    }

    /// `a / b`. Division by a constant stays a division here; [`crate::passes`] turns it into a product at the end.
    pub fn div(&mut self, a: Value, b: Value) -> Value {
        match (self.as_const(a), self.as_const(b)) {
            (Some(x), Some(y)) => return self.constant(x / y),
            (Some(0.0), _) => return a,
            (_, Some(1.0)) => return a,
            (_, Some(-1.0)) => return self.neg(a),
            _ => {}
        }
        if a == b {
            return self.constant(1.0);
        }
        if let Op::Unary(Unary::Neg, y) = self.op(b) {
            let q = self.div(a, y);
            return self.neg(q);
        }
        if let Op::Unary(Unary::Neg, x) = self.op(a) {
            let q = self.div(x, b);
            return self.neg(q);
        }
        // a / (x / y) = a y / x
        if let Op::Binary(Binary::Div, x, y) = self.op(b) {
            if let Op::Binary(Binary::Div, p, q) = self.op(a)
                && q == y
            {
                return self.div(p, x);
            }
            let n = self.mul(a, y);
            return self.div(n, x);
        }
        if let Op::Binary(Binary::Mul, x, y) = self.op(a) {
            if x == b {
                return y;
            }
            if y == b {
                return x;
            }
            // (c x) / b with (c x) / (d x)
            if let Op::Binary(Binary::Mul, p, q) = self.op(b) {
                if q == y {
                    return self.div(x, p);
                }
                if p == y {
                    return self.div(x, q);
                }
                if p == x {
                    return self.div(y, q);
                }
                if q == x {
                    return self.div(y, p);
                }
            }
        }
        // (x / y) / b = x / (y b) when that folds a constant
        if let Op::Binary(Binary::Div, x, y) = self.op(a)
            && self.as_const(y).is_some()
            && self.as_const(b).is_some()
        {
            let d = self.mul(y, b);
            return self.div(x, d);
        }
        self.push(Op::Binary(Binary::Div, a, b))
    }

    /// `a^b`; small whole constant exponents become products.
    pub fn pow(&mut self, a: Value, b: Value) -> Value {
        if let Some(p) = self.as_const(b) {
            if let Some(x) = self.as_const(a) {
                return self.constant(f64::binary(Binary::Pow, x, p));
            }
            if p == 0.5 {
                return self.unary(Unary::Sqrt, a);
            }
            if p.fract() == 0.0 && p.abs() <= 16.0 {
                let r = self.powi(a, p.abs() as u32);
                if p >= 0.0 {
                    return r;
                }
                let one = self.constant(1.0);
                return self.div(one, r);
            }
        }
        self.push(Op::Binary(Binary::Pow, a, b))
    }

    /// `a^n` by repeated squaring.
    pub fn powi(&mut self, a: Value, n: u32) -> Value {
        match n {
            0 => self.constant(1.0),
            1 => a,
            _ if n.is_multiple_of(2) => {
                let h = self.powi(a, n / 2);
                self.mul(h, h)
            }
            _ => {
                let h = self.powi(a, n - 1);
                self.mul(h, a)
            }
        }
    }

    /// `a * b + c`, rounded once.
    pub fn fma(&mut self, a: Value, b: Value, c: Value) -> Value {
        if let (Some(x), Some(y), Some(z)) = (self.as_const(a), self.as_const(b), self.as_const(c)) {
            return self.constant(x.mul_add(y, z));
        }
        if let (Some(x), Some(y)) = (self.as_const(a), self.as_const(b)) {
            let p = self.constant(x * y);
            return self.add(p, c);
        }
        match (self.as_const(a), self.as_const(b), self.as_const(c)) {
            (Some(0.0), ..) | (_, Some(0.0), _) => c,
            (Some(1.0), ..) => self.add(b, c),
            (_, Some(1.0), _) => self.add(a, c),
            (_, _, Some(0.0)) => self.mul(a, b),
            _ => self.push(Op::Fma(a, b, c)),
        }
    }

    /// A comparison.
    pub fn compare(&mut self, f: Compare, a: Value, b: Value) -> Value {
        if let (Some(x), Some(y)) = (self.as_const(a), self.as_const(b)) {
            return self.truth(compare(f, x, y));
        }
        self.push(Op::Compare(f, a, b))
    }

    /// A truth value that is known: there is no constant of that kind, so it is a comparison of constants.
    pub fn truth(&mut self, t: bool) -> Value {
        let a = self.constant(0.0);
        let b = self.constant(if t { 1.0 } else { 0.0 });
        self.push(Op::Compare(Compare::Lt, a, b))
    }

    /// The truth value, if it is known.
    pub fn as_truth(&self, v: Value) -> Option<bool> {
        match self.op(v) {
            Op::Compare(f, a, b) => Some(compare(f, self.as_const(a)?, self.as_const(b)?)),
            _ => None,
        }
    }

    /// Both or either.
    pub fn logic(&mut self, f: Logic, a: Value, b: Value) -> Value {
        match (self.as_truth(a), self.as_truth(b)) {
            (Some(x), Some(y)) => return self.truth(logic(f, x, y)),
            (Some(x), None) => return if (f == Logic::And) == x { b } else { a },
            (None, Some(y)) => return if (f == Logic::And) == y { a } else { b },
            _ => {}
        }
        self.push(Op::Logic(f, a, b))
    }

    /// The opposite.
    pub fn not(&mut self, a: Value) -> Value {
        if let Some(x) = self.as_truth(a) {
            return self.truth(!x);
        }
        match self.op(a) {
            Op::Not(x) => x,
            _ => self.push(Op::Not(a)),
        }
    }

    /// `if c { a } else { b }`
    pub fn select(&mut self, c: Value, a: Value, b: Value) -> Value {
        if a == b {
            return a;
        }
        match self.as_truth(c) {
            Some(true) => a,
            Some(false) => b,
            None => match self.op(c) {
                Op::Not(n) => self.push(Op::Select(n, b, a)),
                _ => self.push(Op::Select(c, a, b)),
            },
        }
    }

    /// The Heaviside step of `x` with a surrogate derivative.
    pub fn spike(&mut self, x: Value, s: Surrogate) -> Value {
        match self.as_const(x) {
            Some(c) => self.constant(f64::spike(c, s)),
            None => self.push(Op::Spike(x, s)),
        }
    }

    /// Makes a value an output.
    pub fn output(&mut self, name: &str, unit: Unit, v: Value) {
        self.kernel.outputs.push((Port::new(name, unit), v));
    }

    /// Writes another kernel's operations here and returns its output values in order. `inputs` says what each of
    /// its inputs is; where it says nothing, an input port of the same name is made.
    pub fn inline(&mut self, kernel: &Kernel, mut inputs: impl FnMut(&mut Self, &Port) -> Option<Value>) -> Vec<Value> {
        let given: Vec<Value> = kernel
            .inputs
            .iter()
            .map(|p| match inputs(self, p) {
                Some(v) => v,
                None => self.input_port(p.clone()),
            })
            .collect();
        let map = self.replay(kernel, &given);
        kernel.outputs.iter().map(|(_, v)| map[v.index()]).collect()
    }

    /// Writes every operation of `kernel` here as it stands, without algebra, so that its bits stay what they are; equal
    /// operations still become one. Returns where each of its values went.
    pub fn transcribe(&mut self, kernel: &Kernel, inputs: &[Value]) -> Vec<Value> {
        let mut map: Vec<Value> = Vec::with_capacity(kernel.body.len());
        for op in &kernel.body {
            let v = match *op {
                Op::Input(i) => inputs[i as usize],
                other => self.push(crate::passes::renumber(other, |v| map[v.index()])),
            };
            map.push(v);
        }
        map
    }

    /// Rebuilds every operation of `kernel` with these inputs; returns where each of its values went.
    pub fn replay(&mut self, kernel: &Kernel, inputs: &[Value]) -> Vec<Value> {
        let mut map: Vec<Value> = Vec::with_capacity(kernel.body.len());
        for op in &kernel.body {
            let at = |v: Value| map[v.index()];
            let v = match *op {
                Op::Input(i) => inputs[i as usize],
                other => self.rebuild(other, at),
            };
            map.push(v);
        }
        map
    }

    /// Builds one operation (not an input) with its operands mapped.
    pub fn rebuild(&mut self, op: Op, at: impl Fn(Value) -> Value) -> Value {
        match op {
            Op::Input(_) => self.push(op),
            Op::Const(c) => self.constant(c.0),
            Op::Unary(f, a) => self.unary(f, at(a)),
            Op::Binary(f, a, b) => self.binary(f, at(a), at(b)),
            Op::Fma(a, b, c) => self.fma(at(a), at(b), at(c)),
            Op::Compare(f, a, b) => self.compare(f, at(a), at(b)),
            Op::Logic(f, a, b) => self.logic(f, at(a), at(b)),
            Op::Not(a) => self.not(at(a)),
            Op::Select(c, a, b) => self.select(at(c), at(a), at(b)),
            Op::Spike(a, s) => self.spike(at(a), s),
        }
    }

    /// The kernel, without operations and inputs that nothing uses.
    pub fn finish(self) -> Kernel {
        crate::passes::prune(&self.kernel)
    }

    /// The kernel as it is, with all its input ports.
    pub fn finish_keeping_inputs(self) -> Kernel {
        crate::passes::prune_body(&self.kernel)
    }

    /// The kernel so far.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }
}
