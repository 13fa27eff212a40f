//! Running statements symbolically.

mod arrays;
mod functions;
mod phases;
mod tables;

use super::roles::Roles;
use crate::ast::{Expression, ExpressionKind, Name, Operator, Routine, Statement, StatementKind};
use crate::program::{Program, What, element};
use homolog_base::{Diagnostic, Span};
use homolog_ir::event::FLAG;
use homolog_ir::{Builder, Compare, Kernel, Logic, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many statements and operations one kernel may come to, calls written out.
const MOST: usize = 20_000;

/// The names of one call, innermost block last.
type Frame = Vec<HashMap<String, Value>>;

/// A kernel in the making.
pub(crate) struct Run<'p, 'a> {
    pub(super) p: &'p Program<'a>,
    pub(super) roles: &'p Roles,
    pub b: Builder,
    /// Values of global variables that were assigned.
    pub globals: HashMap<String, Value>,
    pub(super) frames: Vec<Frame>,
    /// Right-hand sides of equations.
    pub primes: BTreeMap<String, Value>,
    /// Volumes of COMPARTMENT.
    pub volumes: BTreeMap<String, Value>,
    /// Diffusion constants times cross sections of LONGITUDINAL_DIFFUSION.
    pub flows: BTreeMap<String, Value>,
    /// Laws of CONSERVE: what is too much of their sum, by the state that they determine.
    pub conserved: BTreeMap<String, Value>,
    /// Both sides of equations of LINEAR and NONLINEAR, subtracted.
    pub equations: Vec<Value>,
    /// True: an equation `x' = f` advances `x` at once, exactly where it is linear (cnexp).
    pub exactly: bool,
    /// States whose equations cnexp cannot solve.
    pub not_linear: Vec<String>,
    /// The value of `return` in C, while a routine is written out.
    returned: Option<Value>,
    /// ASSIGNED variables that were read before they were assigned.
    pub exposed: BTreeSet<String>,
    /// ASSIGNED variables that were assigned.
    pub written: BTreeSet<String>,
    /// True: SOLVE gathers the derivatives of states instead of advancing them.
    pub slopes: bool,
    /// False: assignments to states are left out, since another kernel makes them.
    pub keep_states: bool,
    /// True in a block solved by INITIAL, which reads what INITIAL has assigned so far.
    pub plain: bool,
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
    /// Parameters that decide how often something is repeated, and where.
    pub counts: BTreeMap<String, Span>,
    /// A loop whose number of rounds is not known.
    unbounded: Option<Span>,
    /// An index out of bounds, and the number of elements.
    outside: Option<(Span, usize)>,
    /// A branch of which only one side returns.
    early: Option<Span>,
    /// Problems of systems solved on the way.
    pub(super) problems: Vec<Diagnostic>,
    again: Option<HashMap<String, Value>>,
    /// The conditions of the branches around what is being run.
    pub(super) path: Vec<Value>,
    /// What follows from an event.
    pub(super) effects: Vec<super::events::Pending>,
    /// Conditions of WATCH.
    pub(super) watches: Vec<Expression>,
    /// True while the values of a table are computed.
    tabulating: bool,
    /// How many random numbers were drawn.
    pub(super) draws: usize,
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
            volumes: BTreeMap::new(),
            flows: BTreeMap::new(),
            conserved: BTreeMap::new(),
            equations: Vec::new(),
            exactly: false,
            not_linear: Vec::new(),
            returned: None,
            exposed: BTreeSet::new(),
            written: BTreeSet::new(),
            slopes: false,
            keep_states: false,
            initial: false,
            plain: false,
            state_dropped: false,
            stale: BTreeSet::new(),
            stale_read: None,
            steps: 0,
            too_long: None,
            counts: BTreeMap::new(),
            unbounded: None,
            outside: None,
            early: None,
            problems: Vec::new(),
            again: None,
            path: Vec::new(),
            effects: Vec::new(),
            watches: Vec::new(),
            tabulating: false,
            draws: 0,
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
        debug_assert!(self.path.is_empty(), "every branch is left");
        if let Some(span) = self.too_long
            && !problems.iter().any(|d: &Diagnostic| d.code == "nmodl-too-long")
        {
            problems.push(
                Diagnostic::error("nmodl-too-long", format!("with all calls written out this is longer than {MOST} steps"))
                    .at(self.p.source, span, "it was given up here")
                    .hint("keep the values of functions in LOCAL variables instead of calling them again"),
            );
        }
        let mut report = |d: Diagnostic| {
            if !problems.iter().any(|o: &Diagnostic| o.code == d.code && o.labels.first().map(|l| l.0) == d.labels.first().map(|l| l.0)) {
                problems.push(d);
            }
        };
        if let Some(span) = self.unbounded.or(self.counts.values().next().copied()) {
            report(
                Diagnostic::error("nmodl-loop", "how often this is repeated is not known before the run")
                    .at(self.p.source, span, "bounds of numbers, or names of DEFINE, were expected")
                    .hint("write the bounds as numbers, or the repetitions out"),
            );
        }
        if let Some((span, n)) = self.outside {
            report(
                Diagnostic::error("nmodl-array", "this element does not exist")
                    .at(self.p.source, span, format!("an index from 0 to {} was expected", n.saturating_sub(1)))
                    .hint("the first element has the index 0"),
            );
        }
        if let Some(span) = self.early {
            report(
                Diagnostic::error("nmodl-verbatim", "this C returns early, on one side of a branch")
                    .at(self.p.source, span, "a `return` on both sides, or on none, was expected")
                    .hint("assign the value of the function in both branches"),
            );
        }
        self.problems.into_iter().for_each(&mut report);
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
        if self.initial && !self.p.shared.contains(name) && (self.is_state(name) || self.roles.own.contains(name)) {
            // A state begins at the parameter of its name with a 0 behind it, where there is one.
            let base = name.split('[').next().unwrap_or(name);
            let first = format!("{base}0");
            if what == What::State && self.p.symbol(&first).is_some_and(|s| s.what == What::Parameter) {
                return self.global(&first);
            }
            return self.b.constant(default);
        }
        if matches!(what, What::Assigned | What::Parameter) && !self.initial && !self.plain && self.roles.again.contains(name) {
            return self.computed_again(name);
        }
        if matches!(what, What::Assigned | What::State) {
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

    /// The unit of a variable.
    pub(super) fn unit(&self, name: &str) -> homolog_base::Unit {
        self.p.port_unit(name)
    }

    pub(super) fn unbounded_at(&mut self, span: Span) {
        self.unbounded.get_or_insert(span);
    }

    /// Gives a name a value for the rest of this call.
    pub(super) fn declare_outermost(&mut self, name: &str, v: Value) {
        if let Some(scope) = self.frames.last_mut().and_then(|f| f.first_mut()) {
            scope.insert(name.to_string(), v);
        }
    }

    pub(super) fn enter_scope(&mut self, variable: Option<(String, Value)>) {
        if let Some(f) = self.frames.last_mut() {
            f.push(variable.into_iter().collect());
        }
    }

    pub(super) fn leave_scope(&mut self) {
        if let Some(f) = self.frames.last_mut() {
            f.pop();
        }
    }

    pub(super) fn assign(&mut self, name: &str, v: Value) {
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
            if self.p.symbol(name).is_some_and(|s| s.what != What::State) {
                self.written.insert(name.to_string());
            }
            return;
        }
        self.written.insert(name.to_string());
        self.globals.insert(name.to_string(), v);
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
            StatementKind::Assign { target, index, prime, value } => {
                let v = self.number(value);
                let Some(index) = index else {
                    return self.assign_or_prime(&target.text, *prime, v);
                };
                let at = self.number(index);
                let n = self.length(&target.text);
                if let Some(k) = self.index(at, n, index.span) {
                    return self.assign_or_prime(&element(&target.text, k), *prime, v);
                }
                for k in 0..n {
                    let name = element(&target.text, k);
                    let old = self.variable(&name);
                    let here = self.is_index(at, k);
                    let v = self.b.select(here, v, old);
                    self.assign(&name, v);
                }
            }
            StatementKind::If { condition, then, otherwise } => self.branch(condition, then, otherwise),
            StatementKind::Scope(body) => self.block(body),
            StatementKind::Call(name, arguments) => self.call_statement(name, arguments, s.span),
            StatementKind::From { variable, first, last, by, body } => {
                let (first, last) = (self.number(first), self.number(last));
                let by = by.as_ref().map(|e| self.number(e));
                self.repeat(&variable.text, first, last, by, body, s.span);
            }
            StatementKind::While(condition, body) => {
                while self.step(s.span) {
                    let c = self.truth(condition);
                    match self.b.as_truth(c) {
                        Some(true) => self.block(body),
                        Some(false) => break,
                        None => {
                            self.unbounded.get_or_insert(s.span);
                            break;
                        }
                    }
                }
            }
            StatementKind::Return(value) => {
                let v = value.as_ref().map(|e| self.number(e));
                let zero = self.b.constant(0.0);
                self.returned = Some(v.unwrap_or(zero));
            }
            StatementKind::Verbatim(body) => {
                for s in body {
                    self.statement(s);
                }
            }
            StatementKind::Reaction { left, right, arrow, rates } => self.reaction(left, right, *arrow, rates),
            StatementKind::Equation(left, right) => {
                let (x, y) = (self.number(left), self.number(right));
                let r = self.b.sub(x, y);
                self.equations.push(r);
            }
            StatementKind::Conserve(sum, total) => self.conserve(sum, total),
            StatementKind::Compartment { index, volume, states } => self.compartment(index.as_ref(), volume, states),
            StatementKind::Diffusion { index, flow, states } => self.diffusion(index.as_ref(), flow, states),
            StatementKind::Solve { block, method, steady } => self.solve(block, method.as_ref(), *steady),
            StatementKind::Lag(of, by) => {
                let port = homolog_ir::mechanism::lag(&of.text, &by.text);
                let v = self.b.input(&port, self.p.port_unit(&of.text));
                self.assign(&crate::program::lag_name(&of.text, &by.text), v);
            }
            StatementKind::Watch(all) => all.iter().for_each(|(condition, flag)| self.watch(condition, flag)),
            StatementKind::ForConnections(names, body) => self.for_connections(names, body, s.span),
            // Run on its own, for what a connection begins with.
            StatementKind::Connect(_)
            | StatementKind::Table { .. }
            | StatementKind::Conductance
            | StatementKind::RealC(_)
            | StatementKind::NotYet(_) => {}
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
        if self.event_call(&name.text, arguments) {
            return;
        }
        let routine = self.p.procedures.get(name.text.as_str()).or_else(|| self.p.functions.get(name.text.as_str())).copied();
        if let Some(r) = routine {
            let values = arguments.iter().map(|a| self.number(a)).collect();
            self.call(r, values, span);
        }
    }

    /// Writes a routine out and returns its value.
    pub(super) fn call(&mut self, r: &'a Routine, arguments: Vec<Value>, span: Span) -> Value {
        let zero = self.b.constant(0.0);
        if self.p.interpolates
            && !self.tabulating
            && let Some(v) = self.interpolated(r, &arguments, span)
        {
            return v;
        }
        if !self.step(span) || self.frames.len() > 100 {
            self.too_long.get_or_insert(span);
            return zero;
        }
        self.enter();
        self.declare(&r.name.text, zero);
        for ((name, _), v) in r.arguments.iter().zip(arguments) {
            self.declare(&name.text, v);
        }
        let outer = self.returned.take();
        self.statements(&r.body);
        let returned = std::mem::replace(&mut self.returned, outer);
        let frame = self.frames.pop().unwrap_or_default();
        let value = frame.first().and_then(|f| f.get(&r.name.text)).copied().unwrap_or(zero);
        // `return 0` in a procedure gives nothing; in a function it gives its value.
        returned.filter(|_| self.p.functions.contains_key(r.name.text.as_str())).unwrap_or(value)
    }

    pub(super) fn block(&mut self, body: &[Statement]) {
        if let Some(f) = self.frames.last_mut() {
            f.push(HashMap::new());
        }
        self.statements(body);
        if let Some(f) = self.frames.last_mut() {
            f.pop();
        }
    }

    /// Statements in order, up to a `return`.
    pub(super) fn statements(&mut self, body: &[Statement]) {
        for s in body {
            if self.returned.is_some() {
                return;
            }
            self.statement(s);
        }
    }

    pub(super) fn assign_or_prime(&mut self, name: &str, prime: bool, v: Value) {
        if !prime {
            return self.assign(name, v);
        }
        if self.exactly {
            let x = self.global(name);
            let dt = self.b.input(homolog_ir::ode::DT, crate::units::ms());
            match homolog_ir::ode::exponential(&mut self.b, x, v, dt) {
                Some(next) => self.assign(name, next),
                None => self.not_linear.push(name.to_string()),
            }
        }
        self.primes.insert(name.to_string(), v);
    }

    /// Both branches are run, and what differs afterwards is selected.
    fn branch(&mut self, condition: &Expression, then: &[Statement], otherwise: &[Statement]) {
        let c = self.truth(condition);
        if let Some(known) = self.b.as_truth(c) {
            self.block(if known { then } else { otherwise });
            return;
        }
        if self.returned.is_some() {
            return;
        }
        let before = (self.frames.last().cloned().unwrap_or_default(), self.globals.clone(), self.primes.clone());
        self.path.push(c);
        self.block(then);
        let returned = self.returned.take();
        let after = (
            std::mem::replace(self.frames.last_mut().expect("a frame is open"), before.0),
            std::mem::replace(&mut self.globals, before.1.clone()),
            std::mem::replace(&mut self.primes, before.2),
        );
        self.path.pop();
        let other = self.b.not(c);
        self.path.push(other);
        self.block(otherwise);
        self.path.pop();
        let value = self.returned.take();
        if let (Some(x), Some(y)) = (returned, value) {
            let v = self.select(c, x, y);
            self.returned = Some(v);
        } else if returned.is_some() || value.is_some() {
            self.early.get_or_insert(condition.span);
        }
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

    pub(super) fn truth(&mut self, e: &Expression) -> Value {
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
                None if name == FLAG && self.p.symbol(name).is_none() => self.b.input(name, homolog_base::Unit::ONE),
                None => self.global(name),
            },
            ExpressionKind::Element(name, index) => self.element(&name.text, index),
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
                    None if self.p.tables.contains_key(name.text.as_str()) => self.function_table(&name.text, &values),
                    None if name.text == "nrn_ghk" || name.text == "ghk" => self.ghk(&values),
                    None if name.text == "nernst" => self.nernst(&values),
                    None if functions::is_random(&name.text) => self.random(&name.text, &values),
                    None if name.text == "at_time" => self.at_time(&values),
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
}

fn sorted(scope: HashMap<String, Value>) -> Vec<(String, Value)> {
    let mut v: Vec<_> = scope.into_iter().collect();
    v.sort();
    v
}
