//! Systems of equations: what SOLVE does, as a kernel.
//!
//! A block that is solved becomes a kernel of its own, from the values before the step to those after it, and is written
//! out where SOLVE stands. KINETIC is the law of mass action: a reaction with the rates `k` moves `k` times the product of
//! what is on its side, counts being powers.

use super::roles::Roles;
use super::run::Run;
use crate::ast::{Arrow, Expression, Name, Routine, Species, StatementKind};
use crate::program::{Program, System, What, element};
use homolog_base::{Diagnostic, Unit};
use homolog_ir::implicit::{self, Pivoting};
use homolog_ir::mechanism::{FLOW, VOLUME, slope};
use homolog_ir::ode::Method;
use homolog_ir::{Builder, Kernel, Port, Solve, Value};

/// The step that stands for infinity in STEADYSTATE, ms (as in NEURON).
const STEADY: f64 = 1e9;

fn flow_unit() -> Unit {
    Unit::parse("um4/ms").expect("a unit")
}

fn volume_unit() -> Unit {
    Unit::parse("um2").expect("a unit")
}

/// The method that a block of derivatives is solved by, from its name.
pub(super) fn method_of(name: Option<&Name>) -> Method {
    match name.map(|n| n.text.as_str()) {
        Some("cnexp") => Method::Cnexp,
        Some("euler") => Method::Euler,
        Some("runge") => Method::Runge,
        _ => Method::Implicit,
    }
}

impl<'a> Run<'_, 'a> {
    /// Carries out `SOLVE block METHOD method` here.
    pub(super) fn solve(&mut self, block: &Name, method: Option<&Name>, steady: bool) {
        let name = block.text.as_str();
        if let Some(r) = self.p.procedures.get(name).copied() {
            self.call(r, Vec::new(), block.span);
            return;
        }
        let mut problems = Vec::new();
        let kernel = if self.slopes
            && let Some(kernel) = slopes_kernel(self.p, self.roles, name, &mut problems)
        {
            kernel
        } else if let Some(r) = self.p.derivatives.get(name).copied() {
            derivative_kernel(self.p, self.roles, r, if steady { Method::Implicit } else { method_of(method) }, self.initial, &mut problems)
        } else if let Some((r, system)) = self.p.systems.get(name).copied() {
            system_kernel(self.p, self.roles, r, system, self.initial, &mut problems)
        } else {
            return;
        };
        self.problems.extend(problems);
        let inputs: Vec<Value> = kernel
            .inputs
            .iter()
            .map(|p| match p.name.as_str() {
                homolog_ir::ode::DT if steady => self.b.constant(STEADY),
                name if homolog_ir::mechanism::is_draw(name) => self.draw(),
                _ => self.global(&p.name),
            })
            .collect();
        let values = self.b.inline(&kernel, |_, p| kernel.input(&p.name).map(|k| inputs[k]));
        for ((port, _), v) in kernel.outputs.iter().zip(values) {
            if let Some((to, state)) = [(&mut self.flows, FLOW), (&mut self.volumes, VOLUME)]
                .into_iter()
                .find_map(|(to, what)| Some((to, port.name.strip_prefix(what)?)))
            {
                to.insert(state.to_string(), v);
                continue;
            }
            match port.name.strip_suffix('\'') {
                Some(state) => _ = self.primes.insert(state.to_string(), v),
                None => self.assign(&port.name, v),
            }
        }
    }

    /// The variable that a name and an index of a reaction mean.
    fn species(&mut self, s: &Species) -> String {
        let Some(index) = &s.index else { return s.name.text.clone() };
        let at = self.number(index);
        let n = self.p.arrays.get(&s.name.text).copied().unwrap_or(0);
        match self.index(at, n, index.span) {
            Some(k) => element(&s.name.text, k),
            None => {
                self.unbounded_at(index.span);
                element(&s.name.text, 0)
            }
        }
    }

    pub(super) fn reaction(&mut self, left: &[Species], right: &[Species], arrow: Arrow, rates: &[Expression]) {
        let zero = self.b.constant(0.0);
        let rates: Vec<Value> = rates.iter().map(|e| self.number(e)).collect();
        let first = rates.first().copied().unwrap_or(zero);
        let (mut forward, mut backward) = (zero, zero);
        let sides: Vec<Vec<(String, f64)>> =
            [left, right].iter().map(|side| side.iter().map(|s| (self.species(s), s.count)).collect()).collect();
        if arrow == Arrow::Flux {
            backward = first;
        } else {
            forward = self.mass_action(first, &sides[0]);
            if arrow == Arrow::Both {
                let rate = rates.get(1).copied().unwrap_or(zero);
                backward = self.mass_action(rate, &sides[1]);
            }
        }
        let net = self.b.sub(forward, backward);
        for (side, sign) in sides.iter().zip([-1.0, 1.0]) {
            for (name, count) in side {
                if !self.is_unknown(name) {
                    continue;
                }
                let k = self.b.constant(sign * count);
                let change = self.b.mul(k, net);
                let before = self.primes.get(name).copied().unwrap_or(zero);
                let sum = self.b.add(before, change);
                self.primes.insert(name.clone(), sum);
            }
        }
        self.declare_outermost("f_flux", forward);
        self.declare_outermost("b_flux", backward);
    }

    fn mass_action(&mut self, rate: Value, side: &[(String, f64)]) -> Value {
        let mut product = rate;
        for (name, count) in side {
            let x = self.global(name);
            let n = self.b.constant(*count);
            let p = self.b.pow(x, n);
            product = self.b.mul(product, p);
        }
        product
    }

    /// True for a STATE, which alone is changed by reactions.
    fn is_unknown(&self, name: &str) -> bool {
        self.p.symbol(name).is_some_and(|s| s.what == What::State)
    }

    pub(super) fn conserve(&mut self, sum: &[Species], total: &Expression) {
        let total = self.number(total);
        let mut rest = self.b.neg(total);
        let mut last = None;
        for s in sum {
            // The name of an array stands for all of its elements.
            let names = match (&s.index, self.p.arrays.get(&s.name.text)) {
                (None, Some(n)) => (0..*n).map(|k| element(&s.name.text, k)).collect(),
                _ => vec![self.species(s)],
            };
            for name in names {
                let x = self.global(&name);
                let k = self.b.constant(s.count);
                let mut part = self.b.mul(k, x);
                if let Some(v) = self.volumes.get(&name) {
                    part = self.b.mul(*v, part);
                }
                rest = self.b.add(rest, part);
                if self.is_unknown(&name) {
                    last = Some(name);
                }
            }
        }
        if let Some(name) = last {
            self.conserved.insert(name, rest);
        }
    }

    pub(super) fn compartment(&mut self, index: Option<&Name>, volume: &Expression, states: &[Name]) {
        let volumes = self.of_each(index, volume, states);
        self.volumes.extend(volumes);
    }

    pub(super) fn diffusion(&mut self, index: Option<&Name>, flow: &Expression, states: &[Name]) {
        for (state, flow) in self.of_each(index, flow, states) {
            // It is an unknown of the system, also where no reaction changes it.
            let zero = self.b.constant(0.0);
            self.primes.entry(state.clone()).or_insert(zero);
            self.flows.insert(state, flow);
        }
    }

    /// What an expression is for each of some states, element by element.
    fn of_each(&mut self, index: Option<&Name>, e: &Expression, states: &[Name]) -> Vec<(String, Value)> {
        let mut out = Vec::new();
        for state in states {
            let Some(n) = self.p.arrays.get(&state.text).copied() else {
                out.push((state.text.clone(), self.number(e)));
                continue;
            };
            for k in 0..n {
                #[allow(clippy::cast_precision_loss)] // arrays are short
                let at = self.b.constant(k as f64);
                self.enter_scope(index.map(|i| (i.text.clone(), at)));
                let v = self.number(e);
                self.leave_scope();
                out.push((element(&state.text, k), v));
            }
        }
        out
    }
}

/// A run of one block, with its states at their values before the step.
fn run_block<'p, 'a>(p: &'p Program<'a>, roles: &'p Roles, r: &'a Routine, exactly: bool, plain: bool) -> Run<'p, 'a> {
    let mut run = Run::new(p, roles, format!("{}.{}", p.name.text, r.name.text));
    run.keep_states = true;
    run.exactly = exactly;
    run.plain = plain;
    run.enter();
    run.call(r, Vec::new(), r.name.span);
    run
}

/// Everything that a block has assigned, as outputs.
fn outputs(run: &mut Run<'_, '_>, except: &[Port]) {
    let mut names: Vec<String> = run.globals.keys().filter(|n| !except.iter().any(|p| p.name == **n)).cloned().collect();
    names.sort();
    for n in names {
        let v = run.globals[&n];
        run.b.output(&n, run.unit(&n), v);
    }
}

/// The states of a list of names, in the order of their declaration.
fn ports(p: &Program<'_>, has: impl Fn(&str) -> bool) -> Vec<Port> {
    p.order.iter().filter(|n| has(n)).map(|n| Port::new(n.clone(), p.port_unit(n))).collect()
}

/// The slopes of every block of equations that BREAKPOINT solves.
pub(super) fn slopes(p: &Program<'_>, roles: &Roles, problems: &mut Vec<Diagnostic>) -> Vec<Solve> {
    let mut out = Vec::new();
    for s in &p.breakpoint {
        let StatementKind::Solve { block, method, .. } = &s.kind else { continue };
        let name = block.text.as_str();
        let (r, mut method) = match (p.derivatives.get(name), p.systems.get(name)) {
            (Some(r), _) => (*r, method_of(method.as_ref())),
            (None, Some((r, System::Kinetic))) => (*r, Method::Implicit),
            _ => continue,
        };
        let mut run = run_block(p, roles, r, false, false);
        for port in ports(p, |n| run.primes.contains_key(n)) {
            let v = run.primes[&port.name];
            run.b.output(&port.name, port.unit / crate::units::ms(), v);
        }
        let rhs = run.finish(problems);
        if method == Method::Cnexp && homolog_ir::ode::step(&rhs, method).is_err() {
            method = Method::Implicit;
        }
        out.push(Solve::Ode { method, rhs });
    }
    out
}

/// The derivatives of all states by the equations that BREAKPOINT solves, and what is assigned on the way.
pub(super) fn rates(p: &Program<'_>, roles: &Roles, problems: &mut Vec<Diagnostic>) -> Kernel {
    let mut run = Run::new(p, roles, format!("{}.rates", p.name.text));
    run.slopes = true;
    run.phase(super::Phase::States);
    for port in ports(p, |n| run.primes.contains_key(n)) {
        let v = run.primes[&port.name];
        run.b.output(&slope(&port.name), port.unit / crate::units::ms(), v);
    }
    for port in ports(p, |n| run.is_state(n) && run.globals.contains_key(n)) {
        let v = run.globals[&port.name];
        run.b.output(&port.name, port.unit, v);
    }
    homolog_ir::passes::prune(&run.finish(problems))
}

/// What diffuses along branches, with its volumes, as BREAKPOINT solves it; none where nothing does.
pub(super) fn diffusion(p: &Program<'_>, roles: &Roles, problems: &mut Vec<Diagnostic>) -> Option<Kernel> {
    let mut run = Run::new(p, roles, format!("{}.diffusion", p.name.text));
    run.slopes = true;
    run.phase(super::Phase::States);
    if run.flows.is_empty() {
        return None;
    }
    for port in ports(p, |n| run.flows.contains_key(n)) {
        let (flow, volume) = (run.flows[&port.name], run.volumes[&port.name]);
        run.b.output(&format!("{FLOW}{}", port.name), flow_unit(), flow);
        run.b.output(&format!("{VOLUME}{}", port.name), volume_unit(), volume);
    }
    Some(homolog_ir::passes::prune(&run.finish(problems)))
}

/// The derivatives of the states of a block of equations, and what it assigns; none for systems that have no derivatives. A law of
/// CONSERVE follows from the reactions.
fn slopes_kernel(p: &Program<'_>, roles: &Roles, name: &str, problems: &mut Vec<Diagnostic>) -> Option<Kernel> {
    let r = match (p.derivatives.get(name), p.systems.get(name)) {
        (Some(r), _) | (None, Some((r, System::Kinetic))) => *r,
        _ => return None,
    };
    let mut run = run_block(p, roles, r, false, false);
    let states = ports(p, |n| run.primes.contains_key(n));
    for s in &states {
        let mut v = run.primes[&s.name];
        if let Some(volume) = run.volumes.get(&s.name).copied() {
            v = run.b.div(v, volume);
        }
        run.b.output(&slope(&s.name), s.unit / crate::units::ms(), v);
    }
    for (name, flow) in run.flows.clone() {
        run.b.output(&format!("{FLOW}{name}"), flow_unit(), flow);
        let volume = run.volumes.get(&name).copied().unwrap_or_else(|| run.b.constant(1.0));
        run.b.output(&format!("{VOLUME}{name}"), volume_unit(), volume);
    }
    outputs(&mut run, &[]);
    Some(run.finish(problems))
}

/// The step of a DERIVATIVE block.
fn derivative_kernel<'a>(
    p: &Program<'a>,
    roles: &Roles,
    r: &'a Routine,
    method: Method,
    plain: bool,
    problems: &mut Vec<Diagnostic>,
) -> Kernel {
    if method == Method::Cnexp {
        let mut run = run_block(p, roles, r, true, plain);
        if run.not_linear.is_empty() {
            outputs(&mut run, &[]);
            return run.finish(problems);
        }
        problems.push(
            Diagnostic::warning(
                "nmodl-cnexp",
                format!("cnexp needs an equation that is linear in its own state, and that of `{}` is not", run.not_linear[0]),
            )
            .at(p.source, r.name.span, "solved by derivimplicit instead, as NEURON does")
            .hint("write METHOD derivimplicit"),
        );
    }
    let ms = crate::units::ms();
    let mut run = run_block(p, roles, r, false, plain);
    let states = ports(p, |n| run.primes.contains_key(n));
    for s in &states {
        let v = run.primes[&s.name];
        run.b.output(&s.name, s.unit / ms, v);
    }
    outputs(&mut run, &states);
    let rhs = run.finish(problems);
    match method {
        Method::Euler => implicit::explicit(&rhs, &states, false),
        Method::Runge => implicit::explicit(&rhs, &states, true),
        Method::Implicit | Method::Cnexp => implicit::backward_euler(&rhs, &states),
    }
}

/// The step of KINETIC, or the solution of LINEAR and NONLINEAR.
fn system_kernel<'a>(p: &Program<'a>, roles: &Roles, r: &'a Routine, system: System, far: bool, problems: &mut Vec<Diagnostic>) -> Kernel {
    let mut run = run_block(p, roles, r, false, far);
    if system != System::Kinetic {
        return equations_kernel(p, r, run, system, problems);
    }
    let states = ports(p, |n| run.primes.contains_key(n) || run.conserved.contains_key(n));
    let ms = crate::units::ms();
    let dt = run.b.input(homolog_ir::ode::DT, ms);
    for (k, s) in states.iter().enumerate() {
        let r = match run.conserved.get(&s.name).copied() {
            Some(law) => law,
            None => {
                let x = run.b.input_port(s.clone());
                let before = run.b.input(&implicit::old(&s.name), s.unit);
                let change = run.b.sub(x, before);
                let mut rate = run.b.div(change, dt);
                if let Some(v) = run.volumes.get(&s.name).copied() {
                    rate = run.b.mul(v, rate);
                }
                let f = run.primes[&s.name];
                run.b.sub(rate, f)
            }
        };
        run.b.output(&format!("r{k}"), s.unit / ms, r);
    }
    outputs(&mut run, &states);
    implicit::newton(&run.finish(problems), &states, Pivoting::Diagonal, far)
}

fn equations_kernel<'a>(p: &Program<'a>, r: &Routine, mut run: Run<'_, 'a>, system: System, problems: &mut Vec<Diagnostic>) -> Kernel {
    let equations = std::mem::take(&mut run.equations);
    // The unknowns are the states that the equations read.
    let states = ports(p, |n| p.symbol(n).is_some_and(|s| s.what == What::State) && run.b.kernel().input(n).is_some());
    if equations.len() != states.len() {
        problems.push(
            Diagnostic::error("nmodl-equations", format!("{} equations cannot determine {} states", equations.len(), states.len()))
                .at(p.source, r.name.span, "as many equations as states were expected")
                .hint("add or remove an equation `~ left = right`"),
        );
        return Builder::new("nothing").finish();
    }
    for (k, v) in equations.iter().enumerate() {
        run.b.output(&format!("r{k}"), Unit::ONE, *v);
    }
    outputs(&mut run, &states);
    implicit::newton(&run.finish(problems), &states, Pivoting::Partial, system == System::Nonlinear)
}
