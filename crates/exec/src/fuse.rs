//! From a kernel to superinstructions: maximal munch over expression trees.
//!
//! From the last operation to the first, each operation that has not been taken into a later one becomes the root of a
//! superinstruction and takes in operands that nothing else uses, as far as [`Code`] has a form for the shape. Values that
//! depend on constants and constant ports alone are computed once per run (*uniform*), never taken in.

use crate::machine::{Code, first, function, post, pre, settle, then};
use homolog_ir::{Binary, Kernel, Op, Unary, Value};

mod choices;
mod pairs;

/// A superinstruction on values.
#[derive(Clone, PartialEq, Debug)]
pub struct Fused {
    /// What to do.
    pub code: Code,
    /// The values it defines.
    pub outs: Vec<Value>,
    /// Operand number and value.
    pub args: Vec<(usize, Value)>,
}

/// What is known of a kernel's values.
pub struct Facts {
    /// Uses by live operations and outputs.
    pub uses: Vec<u32>,
    /// The same for all lanes.
    pub uniform: Vec<bool>,
}

impl Facts {
    /// Of a kernel; `constant[k]` when input `k` is of class constant.
    pub fn new(kernel: &Kernel, constant: &[bool]) -> Facts {
        let n = kernel.body.len();
        let mut uses = vec![0; n];
        for (_, v) in &kernel.outputs {
            uses[v.index()] += 1;
        }
        for k in (0..n).rev() {
            if uses[k] > 0 {
                kernel.body[k].for_each_operand(|v| uses[v.index()] += 1);
            }
        }
        let mut uniform = vec![false; n];
        for k in 0..n {
            uniform[k] = match kernel.body[k] {
                Op::Input(i) => constant[i as usize],
                op => {
                    let mut all = true;
                    op.for_each_operand(|v| all &= uniform[v.index()]);
                    all
                }
            };
        }
        Facts { uses, uniform }
    }
}

struct Fuser<'a> {
    kernel: &'a Kernel,
    facts: &'a Facts,
    taken: Vec<bool>,
    /// Comparisons that some consumer could not take in.
    wanted: Vec<bool>,
}

/// The superinstructions of all live operations but inputs and constants, in an order that defines before use.
pub fn fuse(kernel: &Kernel, facts: &Facts) -> Vec<Fused> {
    let n = kernel.body.len();
    let mut f = Fuser { kernel, facts, taken: vec![false; n], wanted: vec![false; n] };
    for (_, v) in &kernel.outputs {
        f.wanted[v.index()] = true;
    }
    let mut list = Vec::new();
    for k in (0..n).rev() {
        if facts.uses[k] == 0 || f.taken[k] || matches!(kernel.body[k], Op::Input(_) | Op::Const(_)) {
            continue;
        }
        if matches!(kernel.body[k], Op::Compare(..)) && !f.wanted[k] {
            continue; // Every use is a select that compares for itself.
        }
        let (code, args) = f.root(k);
        for &(_, v) in &args {
            f.wanted[v.index()] = true;
        }
        list.push(Fused { code, outs: vec![Value(k as u32)], args });
    }
    list.reverse();
    choices::choices(pairs::divisions(pairs::quotients(list, kernel, facts), facts), kernel, facts)
}

/// A shape in the making: code numbers and operands.
type Args = Vec<(usize, Value)>;

impl Fuser<'_> {
    fn op(&self, v: Value) -> Op {
        self.ordered(self.kernel.body[v.index()])
    }

    /// True when `v` may vanish into its only consumer.
    fn free(&self, v: Value) -> bool {
        let k = v.index();
        self.facts.uses[k] == 1 && !self.facts.uniform[k] && !self.taken[k]
    }

    fn root(&mut self, k: usize) -> (Code, Args) {
        let op = self.kernel.body[k];
        if self.facts.uniform[k] {
            return self.single(op);
        }
        if let Some(found) = self.relax(op).or_else(|| self.settle(op)) {
            return found;
        }
        let op = self.ordered(op);
        match op {
            Op::Select(c, x, y) => {
                if let Op::Compare(f, a, b) = self.op(c)
                    && !self.facts.uniform[c.index()]
                {
                    return (Code::SelectCompare(f), vec![(0, a), (1, b), (2, x), (3, y)]);
                }
                self.single(op)
            }
            Op::Unary(Unary::Exp | Unary::Exprelr | Unary::Expm1 | Unary::Tanh, _) => {
                let mut args = Vec::new();
                let (p, f) = self.function(op, &mut args);
                (Code::Function(p, f, post::NONE), args)
            }
            Op::Binary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div, ..) | Op::Fma(..) => {
                if let Some(found) = self.count(op).or_else(|| self.bump_root(op)) {
                    return found;
                }
                self.function_root(op).unwrap_or_else(|| self.arithmetic(op))
            }
            _ => self.single(op),
        }
    }

    /// The same operation with a uniform factor or summand second: fewer forms to compile.
    fn ordered(&self, op: Op) -> Op {
        let swap = |a: Value, b: Value| self.facts.uniform[a.index()] && !self.facts.uniform[b.index()];
        match op {
            Op::Binary(f @ (Binary::Add | Binary::Mul), a, b) if swap(a, b) => Op::Binary(f, b, a),
            Op::Fma(a, b, c) if swap(a, b) => Op::Fma(b, a, c),
            _ => op,
        }
    }

    /// One operation alone.
    fn single(&mut self, op: Op) -> (Code, Args) {
        let mut args = Vec::new();
        op.for_each_operand(|v| args.push((args.len(), v)));
        let code = match op {
            Op::Unary(u, _) => match u {
                Unary::Exp => Code::Function(pre::NONE, function::EXP, post::NONE),
                Unary::Exprelr => Code::Function(pre::NONE, function::EXPRELR, post::NONE),
                Unary::Expm1 => Code::Function(pre::NONE, function::EXPM1, post::NONE),
                Unary::Tanh => Code::Function(pre::NONE, function::TANH, post::NONE),
                u => Code::Unary(u),
            },
            Op::Binary(b, ..) => match b {
                Binary::Add => Code::Chain(first::ADD, then::NONE, then::NONE),
                Binary::Sub => Code::Chain(first::SUB, then::NONE, then::NONE),
                Binary::Mul => Code::Chain(first::MUL, then::NONE, then::NONE),
                Binary::Div => Code::Chain(first::DIV, then::NONE, then::NONE),
                Binary::Min => Code::Min,
                Binary::Max => Code::Max,
                Binary::Pow => Code::Pow,
            },
            Op::Fma(..) => Code::Chain(first::FMA, then::NONE, then::NONE),
            Op::Compare(c, ..) => Code::Compare(c),
            Op::Logic(l, ..) => Code::Logic(l),
            Op::Not(_) => Code::Not,
            Op::Select(..) => Code::Select,
            Op::Spike(..) => Code::Spike,
            Op::Input(_) | Op::Const(_) => Code::Copy,
        };
        (code, args)
    }

    /// A fused function and the preparation of its argument, into operands 0-2.
    fn function(&mut self, op: Op, args: &mut Args) -> (u8, u8) {
        let Op::Unary(u, x) = op else { unreachable!("a function") };
        let f = match u {
            Unary::Exp => function::EXP,
            Unary::Exprelr => function::EXPRELR,
            Unary::Expm1 => function::EXPM1,
            _ => function::TANH,
        };
        (self.prepare(x, None, args, [0, 1, 2]), f)
    }

    /// The preparation that makes `x`, with uniform operands; when `base` is given, only from that value.
    fn prepare(&mut self, x: Value, base: Option<Value>, args: &mut Args, at: [usize; 3]) -> u8 {
        let good = |v: Value| base.is_none_or(|b| b == v);
        let uniform = |v: Value| self.facts.uniform[v.index()];
        // `c` of `-c` that only `v` uses.
        let negated = |v: Value| match self.op(v) {
            Op::Unary(Unary::Neg, c) if self.free(v) && good(c) => Some(c),
            _ => None,
        };
        let mut gone = vec![x];
        let found = match self.op(x) {
            _ if !self.free(x) => None,
            Op::Binary(Binary::Mul, a, b) => [(a, b), (b, a)].into_iter().filter(|p| uniform(p.1)).find_map(|(a, b)| {
                if let Some(c) = negated(a) {
                    gone.push(a);
                    return Some((pre::NEG_MUL, vec![c, b]));
                }
                if let Op::Binary(Binary::Add, c, d) = self.op(a)
                    && base.is_none()
                    && self.free(a)
                    && uniform(d)
                {
                    gone.push(a);
                    return Some((pre::ADD_MUL, vec![c, d, b]));
                }
                good(a).then(|| (pre::MUL, vec![a, b]))
            }),
            Op::Fma(a, b, c) if uniform(c) => {
                [(a, b), (b, a)].into_iter().find(|&(a, b)| uniform(b) && good(a)).map(|(a, b)| (pre::FMA, vec![a, b, c]))
            }
            Op::Unary(Unary::Neg, y) => match self.op(y) {
                // -(a b) = (-a) b in every bit.
                Op::Binary(Binary::Mul, a, b) if self.free(y) && base != Some(y) => {
                    let pair = [(a, b), (b, a)].into_iter().find(|&(a, b)| uniform(b) && good(a));
                    if pair.is_some() {
                        gone.push(y);
                    }
                    pair.map(|(a, b)| (pre::NEG_MUL, vec![a, b])).or(good(y).then(|| (pre::NEG, vec![y])))
                }
                _ => good(y).then(|| (pre::NEG, vec![y])),
            },
            _ => None,
        };
        if let Some((p, values)) = found {
            for v in gone {
                self.taken[v.index()] = true;
            }
            args.extend(at.into_iter().zip(values));
            return p;
        }
        args.push((at[0], x));
        pre::NONE
    }

    fn is_function(&self, v: Value) -> bool {
        self.free(v) && matches!(self.op(v), Op::Unary(Unary::Exp | Unary::Exprelr | Unary::Expm1 | Unary::Tanh, _))
    }

    /// Arithmetic on the result of a function.
    fn function_root(&mut self, op: Op) -> Option<(Code, Args)> {
        let mut args = Vec::new();
        let uniform = |v: Value| self.facts.uniform[v.index()];
        // The function among two operands whose other is uniform.
        let split = |a: Value, b: Value| [(a, b), (b, a)].into_iter().find(|&(y, c)| self.is_function(y) && uniform(c));
        let (y, q) = match op {
            Op::Binary(Binary::Mul, a, b) => {
                let (y, c) = split(a, b)?;
                args.push((3, c));
                (y, post::MUL)
            }
            Op::Binary(Binary::Add, a, b) => {
                let (y, c) = split(a, b)?;
                args.push((3, c));
                (y, post::ADD)
            }
            Op::Fma(a, b, c) if self.is_function(a) || self.is_function(b) => {
                let (y, b) = if self.is_function(a) { (a, b) } else { (b, a) };
                args.extend([(3, b), (4, c)]);
                (y, post::FMA)
            }
            Op::Binary(Binary::Div, c, s) if self.free(s) && uniform(c) => match self.op(s) {
                Op::Binary(Binary::Add, a, b) => {
                    let (y, b) = split(a, b)?;
                    self.taken[s.index()] = true;
                    args.extend([(3, b), (4, c)]);
                    (y, post::ADD_DIV_INTO)
                }
                _ => return None,
            },
            _ => return None,
        };
        self.taken[y.index()] = true;
        let inner = self.op(y);
        let (p, f) = self.function(inner, &mut args);
        Some((Code::Function(p, f, q), args))
    }

    /// A sum with a choice between two uniform values: a counter of events.
    fn count(&mut self, op: Op) -> Option<(Code, Args)> {
        let Op::Binary(Binary::Add, x, y) = op else { return None };
        let uniform = |v: Value| self.facts.uniform[v.index()];
        [(x, y), (y, x)].into_iter().find_map(|(s, e)| {
            let Op::Select(test, c, d) = self.op(s) else { return None };
            let Op::Compare(f, a, b) = self.op(test) else { return None };
            if !self.free(s) || uniform(test) || !uniform(c) || !uniform(d) {
                return None;
            }
            self.taken[s.index()] = true;
            Some((Code::CountCompare(f), vec![(0, a), (1, b), (2, c), (3, d), (4, e)]))
        })
    }

    /// A surrogate derivative, and what multiplies it.
    fn bump_root(&mut self, op: Op) -> Option<(Code, Args)> {
        if let Some((shape, args)) = self.bump(op) {
            return Some((Code::Bump(shape, 0), args));
        }
        let (pairs, post) = match op {
            Op::Binary(Binary::Mul, a, b) => ([(a, b), (b, a)], 1),
            Op::Fma(a, b, _) => ([(a, b), (b, a)], 2),
            _ => return None,
        };
        for (y, e) in pairs {
            if y != e
                && self.free(y)
                && let Some((shape, mut args)) = self.bump(self.op(y))
            {
                self.taken[y.index()] = true;
                args.push((4, e));
                if let Op::Fma(_, _, f) = op {
                    args.push((5, f));
                }
                return Some((Code::Bump(shape, post), args));
            }
        }
        None
    }

    /// `d / (|a b| + c)^2` or `d / (u u + c)`, `u = a b`: shape and operands.
    fn bump(&mut self, op: Op) -> Option<(u8, Args)> {
        let uniform = |v: Value| self.facts.uniform[v.index()];
        let alone = |v: Value, uses: u32| self.facts.uses[v.index()] == uses && !uniform(v) && !self.taken[v.index()];
        let Op::Binary(Binary::Div, d, below) = op else { return None };
        if !alone(below, 1) {
            return None;
        }
        let (shape, u, c, gone) = match self.op(below) {
            Op::Binary(Binary::Mul, r, again) if r == again && alone(r, 2) => {
                let Op::Binary(Binary::Add, size, c) = self.op(r) else { return None };
                let Op::Unary(Unary::Abs, u) = self.op(size) else { return None };
                if !alone(size, 1) || !alone(u, 1) {
                    return None;
                }
                (0, u, c, vec![below, r, size, u])
            }
            Op::Fma(u, again, c) if u == again && alone(u, 2) => (1, u, c, vec![below, u]),
            _ => return None,
        };
        let Op::Binary(Binary::Mul, a, b) = self.op(u) else { return None };
        if !uniform(c) || !uniform(b) {
            return None;
        }
        for v in gone {
            self.taken[v.index()] = true;
        }
        Some((shape, vec![(0, a), (1, b), (2, c), (3, d)]))
    }

    fn is_arithmetic(&self, v: Value) -> bool {
        self.free(v) && matches!(self.op(v), Op::Binary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div, ..) | Op::Fma(..))
    }

    /// The operand of `op` to continue a chain with: that with the longest chain of its own.
    fn link(&self, op: Op) -> Option<Value> {
        let mut best = None;
        let mut depth = 0;
        op.for_each_operand(|v| {
            if self.is_arithmetic(v) {
                let mut d = 1;
                self.op(v).for_each_operand(|w| {
                    if w != v && self.is_arithmetic(w) {
                        d = 2;
                    }
                });
                if d > depth {
                    (best, depth) = (Some(v), d);
                }
            }
        });
        best
    }

    fn arithmetic(&mut self, op: Op) -> (Code, Args) {
        // Two operands that are both simple: a tree.
        if let Op::Binary(r, x, y) = op
            && x != y
            && self.is_arithmetic(x)
            && self.is_arithmetic(y)
            && let (Op::Binary(p, a, b), Op::Binary(q, c, d)) = (self.op(x), self.op(y))
        {
            self.taken[x.index()] = true;
            self.taken[y.index()] = true;
            return (Code::Tree(simple(r), simple(p), simple(q)), vec![(0, a), (1, b), (2, c), (3, d)]);
        }
        let mut args = Vec::new();
        let Some(x) = self.link(op) else { return self.single(op) };
        self.taken[x.index()] = true;
        let inner = self.op(x);
        if let Some(y) = self.link(inner) {
            self.taken[y.index()] = true;
            let third = continued(op, x, 5, &mut args);
            let second = continued(inner, y, 3, &mut args);
            let f = start(self.op(y), &mut args);
            (Code::Chain(f, second, third), args)
        } else {
            let second = continued(op, x, 3, &mut args);
            let f = start(inner, &mut args);
            (Code::Chain(f, second, then::NONE), args)
        }
    }

    /// `fma(exp(pre(s)), m - i, i)`, `i = a / s`, perhaps `s = a + b`: the exact step of a gate.
    fn relax(&mut self, op: Op) -> Option<(Code, Args)> {
        let Op::Fma(p, q, i) = op else { return None };
        let uses = |v: Value| self.facts.uses[v.index()];
        let Op::Binary(Binary::Div, a, s) = self.op(i) else { return None };
        // The sum is made here, when nothing else needs it.
        let b = match self.op(s) {
            Op::Binary(Binary::Add, x, y) if uses(s) == 2 && x != y && (x == a || y == a) => Some(if x == a { y } else { x }),
            _ => None,
        };
        let is_exp = |v: Value| matches!(self.op(v), Op::Unary(Unary::Exp, _)) && self.free(v);
        let (e, away) = if is_exp(p) {
            (p, q)
        } else if is_exp(q) {
            (q, p)
        } else {
            return None;
        };
        let Op::Binary(Binary::Sub, m, j) = self.op(away) else { return None };
        if j != i || m == i || !self.free(away) || uses(i) != 2 {
            return None;
        }
        if [i, s].iter().any(|v| self.taken[v.index()] || self.facts.uniform[v.index()]) {
            return None;
        }
        let Op::Unary(_, x) = self.op(e) else { return None };
        // The exponent must be prepared from s alone.
        let mut args = Vec::new();
        let before = self.taken.clone();
        let p = self.prepare(x, Some(s), &mut args, [7, 3, 4]);
        if args[0] != (7, s) {
            self.taken = before;
            return None;
        }
        args.remove(0);
        args.extend([(0, a), (1, b.unwrap_or(s)), (2, m)]);
        for v in [e, away, i] {
            self.taken[v.index()] = true;
        }
        if b.is_some() {
            self.taken[s.index()] = true;
        }
        Some((Code::Relax(p, b.is_some()), args))
    }
}

impl Fuser<'_> {
    /// `fma(exp(x), m - i, i)` with `x` as [`settle`] says: a gate whose steady state and time constant are given.
    fn settle(&mut self, op: Op) -> Option<(Code, Args)> {
        let Op::Fma(p, q, i) = op else { return None };
        let is_exp = |v: Value| matches!(self.op(v), Op::Unary(Unary::Exp, _)) && self.free(v);
        let (e, away) = [(p, q), (q, p)].into_iter().find(|pair| is_exp(pair.0))?;
        let (Op::Binary(Binary::Sub, m, j), Op::Unary(_, x)) = (self.op(away), self.op(e)) else { return None };
        if j != i || m == i || !self.free(away) || x == away {
            return None;
        }
        let uniform = |v: Value| self.facts.uniform[v.index()];
        let mut gone = vec![e, away];
        let mut args = vec![(0, m), (1, i)];
        let form = match self.op(x) {
            Op::Binary(Binary::Mul, a, b) if self.free(x) && (uniform(a) || uniform(b)) => {
                let (k, t) = if uniform(a) { (a, b) } else { (b, a) };
                args.extend([(2, t), (3, k)]);
                settle::MUL
            }
            Op::Binary(Binary::Div, k, t) if self.free(x) && uniform(k) => match self.op(t) {
                Op::Binary(Binary::Add, a, b) if self.free(t) && a != b => {
                    gone.push(t);
                    args.extend([(2, a), (3, k), (4, b)]);
                    settle::DIV_INTO_SUM
                }
                Op::Fma(a, b, c) if self.free(t) => {
                    gone.push(t);
                    args.extend([(2, a), (3, k), (4, b), (5, c)]);
                    settle::DIV_INTO_FMA
                }
                _ => {
                    args.extend([(2, t), (3, k)]);
                    settle::DIV_INTO
                }
            },
            _ => {
                args.push((2, x));
                settle::NONE
            }
        };
        if form != settle::NONE {
            gone.push(x);
        }
        for v in gone {
            self.taken[v.index()] = true;
        }
        Some((Code::Settle(form), args))
    }
}

fn simple(b: Binary) -> u8 {
    match b {
        Binary::Add => first::ADD,
        Binary::Sub => first::SUB,
        Binary::Mul => first::MUL,
        _ => first::DIV,
    }
}

fn start(op: Op, args: &mut Args) -> u8 {
    match op {
        Op::Binary(f, a, b) => {
            args.extend([(0, a), (1, b)]);
            simple(f)
        }
        Op::Fma(a, b, c) => {
            args.extend([(0, a), (1, b), (2, c)]);
            first::FMA
        }
        _ => unreachable!("arithmetic"),
    }
}

/// `op` as a continuation of its operand `x`, with the others at operand numbers from `at`.
fn continued(op: Op, x: Value, at: usize, args: &mut Args) -> u8 {
    match op {
        Op::Binary(f, a, b) => {
            args.push((at, if a == x { b } else { a }));
            match (f, a == x) {
                (Binary::Add, _) => then::ADD,
                (Binary::Mul, _) => then::MUL,
                (Binary::Sub, true) => then::SUB,
                (Binary::Sub, false) => then::SUB_FROM,
                (_, true) => then::DIV,
                (_, false) => then::DIV_INTO,
            }
        }
        Op::Fma(a, b, c) => {
            if c == x {
                args.extend([(at, a), (at + 1, b)]);
                then::FMA_ONTO
            } else {
                args.extend([(at, if a == x { b } else { a }), (at + 1, c)]);
                then::FMA
            }
        }
        _ => unreachable!("arithmetic"),
    }
}
