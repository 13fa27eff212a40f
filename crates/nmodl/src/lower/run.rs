//! Running statements symbolically.

use super::Segment;
use super::roles::Roles;
use crate::ast::{Expression, ExpressionKind, Name, Operator, Routine, Statement, StatementKind};
use crate::program::{Program, What};
use homolog_base::{Diagnostic, Span};
use homolog_ir::{Binary, Builder, Compare, Kernel, Logic, Op, Role, Unary, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many statements and operations one kernel may come to, calls written out.
const MOST: usize = 20_000;

/// The names of one call, innermost block last.
type Frame = Vec<HashMap<String, Value>>;

/// A kernel in the making.
pub(crate) struct Run<'p, 'a> {
    p: &'p Program<'a>,
    roles: &'p Roles,
    pub b: Builder,
    /// Values of global variables that were assigned.
    pub globals: HashMap<String, Value>,
    frames: Vec<Frame>,
    /// Right-hand sides of equations.
    pub primes: BTreeMap<String, Value>,
    /// ASSIGNED variables that were read before they were assigned.
    pub exposed: BTreeSet<String>,
    /// ASSIGNED variables that were assigned.
    pub written: BTreeSet<String>,
    /// False: assignments to states are left out, since another kernel makes them.
    pub keep_states: bool,
    /// True in INITIAL, where states begin at their START.
    pub initial: bool,
    /// True when an assignment to a state was left out since the last part of BREAKPOINT began.
    state_dropped: bool,
    /// Variables that were computed from states which have changed since.
    stale: BTreeSet<String>,
    /// The first of them that was read.
    stale_read: Option<(String, Span)>,
    steps: usize,
    too_long: Option<Span>,
    again: Option<HashMap<String, Value>>,
}

impl<'p, 'a> Run<'p, 'a> {
    pub(crate) fn new(p: &'p Program<'a>, roles: &'p Roles, name: String) -> Self {
        Run {
            p,
            roles,
            b: Builder::new(name),
            globals: HashMap::new(),
            frames: Vec::new(),
            primes: BTreeMap::new(),
            exposed: BTreeSet::new(),
            written: BTreeSet::new(),
            keep_states: false,
            initial: false,
            state_dropped: false,
            stale: BTreeSet::new(),
            stale_read: None,
            steps: 0,
            too_long: None,
            again: None,
        }
    }

    /// Begins a scope of its own.
    pub(crate) fn enter(&mut self) {
        self.frames.push(vec![HashMap::new()]);
    }

    /// Gives a local name a value.
    pub(crate) fn declare(&mut self, name: &str, v: Value) {
        if let Some(scope) = self.frames.last_mut().and_then(|f| f.last_mut()) {
            scope.insert(name.to_string(), v);
        }
    }

    /// The kernel; one that grew too long is reported.
    pub(crate) fn finish(self, problems: &mut Vec<Diagnostic>) -> Kernel {
        if let Some(span) = self.too_long
            && !problems.iter().any(|d: &Diagnostic| d.code == "nmodl-too-long")
        {
            problems.push(
                Diagnostic::error("nmodl-too-long", format!("with all calls written out this is longer than {MOST} steps"))
                    .at(self.p.source, span, "it was given up here")
                    .hint("keep the values of functions in LOCAL variables instead of calling them again"),
            );
        }
        if let Some((name, span)) = self.stale_read
            && !problems.iter().any(|d: &Diagnostic| d.labels.first().is_some_and(|l| l.0 == span))
        {
            problems.push(
                Diagnostic::error(
                    "nmodl-not-yet",
                    format!("`{name}` was computed from a state before it changed; that has no meaning in Homolog yet"),
                )
                .at(self.p.source, span, "read here, after the state has changed")
                .hint("compute it after the change, or keep the old value in a STATE variable"),
            );
        }
        self.b.finish()
    }

    /// Marks what was computed from states that the part of BREAKPOINT just run has changed. A channel or a synapse
    /// computes its currents from one and the same states, wherever SOLVE stands, so only whole neurons have this.
    fn age(&mut self) {
        if self.p.role != Role::Neuron {
            return;
        }
        let mut from_state: Vec<bool> = Vec::with_capacity(self.b.kernel().body.len());
        for op in &self.b.kernel().body {
            let mut yes = match op {
                Op::Input(i) => self.is_state(&self.b.kernel().inputs[*i as usize].name),
                _ => false,
            };
            op.for_each_operand(|o| yes |= from_state[o.index()]);
            from_state.push(yes);
        }
        let locals = self.frames.last().into_iter().flatten().flatten();
        let old: Vec<String> =
            self.globals.iter().chain(locals).filter(|(n, v)| from_state[v.index()] && !self.is_state(n)).map(|(n, _)| n.clone()).collect();
        self.stale.extend(old);
    }

    /// True when writing goes on; each statement and operation counts.
    fn step(&mut self, span: Span) -> bool {
        self.steps += 1;
        if self.steps > MOST {
            self.too_long.get_or_insert(span);
        }
        self.too_long.is_none()
    }

    pub(crate) fn is_state(&self, name: &str) -> bool {
        self.roles.kept.contains(name) || self.p.symbol(name).is_some_and(|s| s.what == What::State)
    }

    /// The value of a global variable here.
    pub(crate) fn global(&mut self, name: &str) -> Value {
        if let Some(v) = self.globals.get(name) {
            return *v;
        }
        let Some(symbol) = self.p.symbol(name) else { return self.b.constant(0.0) };
        let (what, default) = (symbol.what, symbol.default);
        if let What::Constant(c) = what {
            return self.b.constant(c);
        }
        if self.initial && self.is_state(name) {
            return self.b.constant(default);
        }
        if matches!(what, What::Assigned | What::Parameter) && !self.initial && self.roles.again.contains(name) {
            return self.computed_again(name);
        }
        if what == What::Assigned {
            self.exposed.insert(name.to_string());
        }
        self.b.input(name, self.p.port_unit(name))
    }

    /// A variable of INITIAL that follows from parameters.
    fn computed_again(&mut self, name: &str) -> Value {
        if self.again.is_none() {
            // INITIAL does not need itself.
            self.again = Some(HashMap::new());
            let outer = (
                std::mem::take(&mut self.globals),
                std::mem::take(&mut self.frames),
                std::mem::take(&mut self.primes),
                self.exposed.clone(),
                self.written.clone(),
                self.keep_states,
                self.initial,
            );
            self.initial = true;
            self.enter();
            for s in self.p.initial.clone() {
                self.statement(s);
            }
            let found = self.globals.iter().filter(|(n, _)| self.roles.again.contains(*n)).map(|(n, v)| (n.clone(), *v)).collect();
            (self.globals, self.frames, self.primes, self.exposed, self.written, self.keep_states, self.initial) = outer;
            self.again = Some(found);
        }
        match self.again.as_ref().and_then(|m| m.get(name)).copied() {
            Some(v) => v,
            None => self.b.constant(0.0),
        }
    }

    fn assign(&mut self, name: &str, v: Value) {
        self.stale.remove(name);
        if let Some(slot) = self.frames.last_mut().and_then(|f| f.iter_mut().rev().find_map(|s| s.get_mut(name))) {
            *slot = v;
            return;
        }
        if self.is_state(name) {
            if self.keep_states {
                self.globals.insert(name.to_string(), v);
            } else {
                self.state_dropped = true;
            }
            if self.roles.kept.contains(name) {
                self.written.insert(name.to_string());
            }
            return;
        }
        self.written.insert(name.to_string());
        self.globals.insert(name.to_string(), v);
    }

    /// Runs a part of BREAKPOINT. A SOLVE is run for the variables it assigns and, in `primes`, for its equations.
    pub(crate) fn segment(&mut self, segment: Segment) {
        self.run_segment(segment);
        let solves = matches!(segment, Segment::Solve(_));
        if solves || self.state_dropped {
            self.age();
        }
        self.state_dropped = false;
    }

    fn run_segment(&mut self, segment: Segment) {
        match segment {
            Segment::Statements(from, to) => {
                let p = self.p;
                for s in &p.breakpoint[from..to] {
                    self.statement(s);
                }
            }
            Segment::Solve(at) => {
                if let StatementKind::Solve(block, _) = &self.p.breakpoint[at].kind {
                    let name = block.text.as_str();
                    if let Some(r) = self.p.derivatives.get(name).or_else(|| self.p.procedures.get(name)).copied() {
                        self.call(r, Vec::new(), block.span);
                    }
                }
            }
        }
    }

    pub(crate) fn statement(&mut self, s: &Statement) {
        if !self.step(s.span) {
            return;
        }
        match &s.kind {
            StatementKind::Local(names) => {
                let zero = self.b.constant(0.0);
                for n in names {
                    self.declare(&n.text, zero);
                }
            }
            StatementKind::Assign { target, prime, value } => {
                let v = self.number(value);
                if *prime {
                    self.primes.insert(target.text.clone(), v);
                } else {
                    self.assign(&target.text, v);
                }
            }
            StatementKind::If { condition, then, otherwise } => self.branch(condition, then, otherwise),
            StatementKind::Scope(body) => self.block(body),
            StatementKind::Call(name, arguments) => self.call_statement(name, arguments, s.span),
            StatementKind::Solve(..) | StatementKind::Table | StatementKind::Conductance | StatementKind::NotYet(_) => {}
        }
    }

    fn call_statement(&mut self, name: &Name, arguments: &[Expression], span: Span) {
        if name.text == "state_discontinuity" {
            if let [Expression { kind: ExpressionKind::Name(target), .. }, value] = arguments {
                let v = self.number(value);
                self.assign(target, v);
            }
            return;
        }
        let routine = self.p.procedures.get(name.text.as_str()).or_else(|| self.p.functions.get(name.text.as_str())).copied();
        if let Some(r) = routine {
            let values = arguments.iter().map(|a| self.number(a)).collect();
            self.call(r, values, span);
        }
    }

    /// Writes a routine out and returns its value.
    fn call(&mut self, r: &'a Routine, arguments: Vec<Value>, span: Span) -> Value {
        let zero = self.b.constant(0.0);
        if !self.step(span) || self.frames.len() > 100 {
            self.too_long.get_or_insert(span);
            return zero;
        }
        self.enter();
        self.declare(&r.name.text, zero);
        for ((name, _), v) in r.arguments.iter().zip(arguments) {
            self.declare(&name.text, v);
        }
        for s in &r.body {
            self.statement(s);
        }
        let frame = self.frames.pop().unwrap_or_default();
        frame.first().and_then(|f| f.get(&r.name.text)).copied().unwrap_or(zero)
    }

    fn block(&mut self, body: &[Statement]) {
        if let Some(f) = self.frames.last_mut() {
            f.push(HashMap::new());
        }
        for s in body {
            self.statement(s);
        }
        if let Some(f) = self.frames.last_mut() {
            f.pop();
        }
    }

    /// Both branches are run, and what differs afterwards is selected.
    fn branch(&mut self, condition: &Expression, then: &[Statement], otherwise: &[Statement]) {
        let c = self.truth(condition);
        if let Some(known) = self.b.as_truth(c) {
            self.block(if known { then } else { otherwise });
            return;
        }
        let before = (self.frames.last().cloned().unwrap_or_default(), self.globals.clone(), self.primes.clone());
        self.block(then);
        let after = (
            std::mem::replace(self.frames.last_mut().expect("a frame is open"), before.0),
            std::mem::replace(&mut self.globals, before.1.clone()),
            std::mem::replace(&mut self.primes, before.2),
        );
        self.block(otherwise);
        let depth = after.0.len();
        for (k, scope) in after.0.into_iter().enumerate().take(depth) {
            for (name, x) in sorted(scope) {
                let y = self.frames.last().and_then(|f| f[k].get(&name)).copied().unwrap_or(x);
                let v = self.select(c, x, y);
                if let Some(f) = self.frames.last_mut() {
                    f[k].insert(name, v);
                }
            }
        }
        let mut names: BTreeSet<String> = after.1.keys().cloned().collect();
        names.extend(self.globals.keys().cloned());
        let merged = std::mem::replace(&mut self.globals, before.1);
        for name in names {
            let x = after.1.get(&name).copied();
            let y = merged.get(&name).copied();
            // Where one branch leaves it alone, it is what it was.
            let x = x.unwrap_or_else(|| self.global(&name));
            let y = y.unwrap_or_else(|| self.global(&name));
            let v = self.select(c, x, y);
            self.globals.insert(name, v);
        }
        let zero = self.b.constant(0.0);
        let mut names: BTreeSet<String> = after.2.keys().cloned().collect();
        names.extend(self.primes.keys().cloned());
        for name in names {
            let x = after.2.get(&name).copied().unwrap_or(zero);
            let y = self.primes.get(&name).copied().unwrap_or(zero);
            let v = self.select(c, x, y);
            self.primes.insert(name, v);
        }
    }

    /// A number, whatever the expression gives.
    pub(crate) fn number(&mut self, e: &Expression) -> Value {
        let v = self.number_or_truth(e);
        if self.b.op(v).is_truth() {
            let (one, zero) = (self.b.constant(1.0), self.b.constant(0.0));
            return self.b.select(v, one, zero);
        }
        v
    }

    fn truth(&mut self, e: &Expression) -> Value {
        let v = self.number_or_truth(e);
        if self.b.op(v).is_truth() {
            return v;
        }
        let zero = self.b.constant(0.0);
        self.b.compare(Compare::Ne, v, zero)
    }

    pub(crate) fn number_or_truth(&mut self, e: &Expression) -> Value {
        if !self.step(e.span) {
            return self.b.constant(0.0);
        }
        match &e.kind {
            ExpressionKind::Number(x, _) => self.b.constant(*x),
            ExpressionKind::Name(name) if self.frames.len() == 1 && self.stale.contains(name) => {
                self.stale_read.get_or_insert_with(|| (name.clone(), e.span));
                self.b.constant(0.0)
            }
            ExpressionKind::Name(name) => match self.frames.last().and_then(|f| f.iter().rev().find_map(|s| s.get(name))).copied() {
                Some(v) => v,
                None => self.global(name),
            },
            ExpressionKind::Element(_) => self.b.constant(0.0),
            ExpressionKind::Negative(x) => {
                let v = self.number(x);
                self.b.neg(v)
            }
            ExpressionKind::Not(x) => {
                let v = self.truth(x);
                self.b.not(v)
            }
            ExpressionKind::Call(name, arguments) => {
                let values: Vec<Value> = arguments.iter().map(|a| self.number(a)).collect();
                match self.p.functions.get(name.text.as_str()).copied() {
                    Some(r) => self.call(r, values, e.span),
                    None => self.builtin(&name.text, &values),
                }
            }
            ExpressionKind::Binary(op, x, y) if op.is_logic() => {
                let (x, y) = (self.truth(x), self.truth(y));
                self.b.logic(if *op == Operator::And { Logic::And } else { Logic::Or }, x, y)
            }
            ExpressionKind::Binary(op, x, y) => {
                let (x, y) = (self.number(x), self.number(y));
                match op {
                    Operator::Add => self.b.add(x, y),
                    Operator::Subtract => self.b.sub(x, y),
                    Operator::Multiply => self.b.mul(x, y),
                    Operator::Divide => self.divide(x, y),
                    Operator::Power => self.b.pow(x, y),
                    Operator::Less => self.b.compare(Compare::Lt, x, y),
                    Operator::LessEqual => self.b.compare(Compare::Le, x, y),
                    Operator::Greater => self.b.compare(Compare::Lt, y, x),
                    Operator::GreaterEqual => self.b.compare(Compare::Le, y, x),
                    Operator::Equal => self.b.compare(Compare::Eq, x, y),
                    Operator::NotEqual => self.b.compare(Compare::Ne, x, y),
                    Operator::And | Operator::Or => unreachable!("handled above"),
                }
            }
        }
    }

    fn builtin(&mut self, name: &str, x: &[Value]) -> Value {
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
            ("fmin" | "min", &[x, y]) => b.binary(Binary::Min, x, y),
            ("fmax" | "max", &[x, y]) => b.binary(Binary::Max, x, y),
            ("pow", &[x, y]) => b.pow(x, y),
            // Checked before: nothing else comes here.
            _ => b.constant(f64::NAN),
        }
    }

    /// `x / y`, where `k z / (exp(z) - 1)` becomes `k exprelr(z)`: the same function without its removable singularity.
    fn divide(&mut self, x: Value, y: Value) -> Value {
        if let Op::Binary(Binary::Sub, p, q) = self.b.op(y) {
            for (e, one, flip) in [(p, q, false), (q, p, true)] {
                if let Op::Unary(Unary::Exp, z) = self.b.op(e)
                    && self.b.as_const(one) == Some(1.0)
                {
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

    /// `if c { x } else { y }`. A guard against the removable singularity, `if (fabs(z) < small) { series }`, is not
    /// needed once [`Run::divide`] has taken the singularity away.
    fn select(&mut self, c: Value, x: Value, y: Value) -> Value {
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

fn sorted(scope: HashMap<String, Value>) -> Vec<(String, Value)> {
    let mut v: Vec<_> = scope.into_iter().collect();
    v.sort();
    v
}
