//! From a checked program to kernels.
//!
//! Statements are run symbolically: a variable is a value, an assignment gives a name another value, a branch becomes
//! selects, a call is written out in place. What an equation reads without having assigned it comes from outside of the
//! kernel; [`roles`] says for each such variable what that means.

mod events;
mod idle;
mod random;
mod roles;
mod run;
mod systems;

use crate::ast::{BlockKind, ExpressionKind, NeuronItem, Operator, StatementKind};
use crate::program::{Program, What};
use homolog_base::{Diagnostic, Unit};
use homolog_ir::{Kernel, Mechanism, Parameter, Port, Role, Solve, SpikeRule, StateVariable};
use roles::Roles;
use run::Run;
use std::collections::BTreeSet;

/// A phase of the step of a channel or a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Once, before the first step.
    Initial,
    /// BREAKPOINT without SOLVE, at the potential and the states before the step.
    Currents,
    /// BREAKPOINT without SOLVE, for what it assigns.
    Assigned,
    /// Every SOLVE, at the potential after it.
    States,
    /// When an event arrives.
    Events,
}

/// A part of BREAKPOINT: statements that stand together, or one SOLVE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Segment {
    /// From one statement up to another.
    Statements(usize, usize),
    /// The statement with this number.
    Solve(usize),
}

fn segments(p: &Program<'_>) -> Vec<Segment> {
    let mut out = Vec::new();
    let mut from = 0;
    for (k, s) in p.breakpoint.iter().enumerate() {
        if matches!(s.kind, StatementKind::Solve { .. }) {
            if from < k {
                out.push(Segment::Statements(from, k));
            }
            out.push(Segment::Solve(k));
            from = k + 1;
        }
    }
    if from < p.breakpoint.len() {
        out.push(Segment::Statements(from, p.breakpoint.len()));
    }
    out
}

/// The mechanism that a program without errors describes. Problems that only show now are added to the program's.
pub(crate) fn lower(p: &mut Program<'_>) -> Option<Mechanism> {
    let segments = segments(p);
    let phases = !p.is_whole();
    let roles = if phases { roles::find_in_phases(p) } else { roles::find(p, &segments) };
    let mut states: Vec<StateVariable> = Vec::new();
    for name in &p.order {
        let Some(s) = p.symbol(name) else { continue };
        if s.what == What::State || roles.kept.contains(name) {
            states.push(StateVariable { name: name.clone(), unit: p.port_unit(name), span: s.span });
        }
    }
    let parameters: Vec<Parameter> = p
        .order
        .iter()
        .filter_map(|name| {
            let s = p.symbol(name)?;
            (s.what == What::Parameter).then(|| Parameter {
                name: name.clone(),
                unit: p.port_unit(name),
                default: s.default,
                limits: s.limits,
                range: p.range.contains(name),
                span: s.span,
            })
        })
        .collect();
    let mut problems = Vec::new();
    let initial = initial(p, &roles, &states, &mut problems);
    let (breakpoint, currents) = breakpoint(p, &roles, &segments, &states, &mut problems);
    let advance = phases.then(|| advance(p, &roles, &states, &mut problems));
    let rates = phases.then(|| systems::rates(p, &roles, &mut problems));
    let diffusion = if phases { systems::diffusion(p, &roles, &mut problems) } else { None };
    let solves = solves(p, &roles, &segments, &mut problems);
    let (receive, watches) = events::receive(p, &roles, &states, &mut problems);
    let start = events::start(p, &roles, &mut problems);
    let spike = spike(p, &roles, &states, &mut problems);
    let post = p.post.map(|(body, _)| events::post(p, &roles, &states, body, &mut problems));
    let mut m = Mechanism {
        name: p.name.text.clone(),
        title: p.file.title.as_ref().map_or_else(String::new, |t| t.text.clone()),
        description: p.file.comments.first().map_or_else(String::new, |c| c.text.trim_matches(['\n', '\r']).to_string()),
        role: p.role,
        parameters,
        states,
        reads: Vec::new(),
        currents,
        ions: ions(p),
        initial,
        breakpoint,
        solves,
        advance,
        rates,
        diffusion,
        receive,
        post,
        transmits: p.transmits.map(|n| n.text.clone()),
        start,
        watches,
        spike,
        interface: None,
    };
    if phases {
        idle::forget(&mut m, &file_locals(p));
    }
    m.reads = reads(p, &m);
    p.problems.extend(problems);
    if p.is_whole() {
        // The potential that a rule of plasticity reads is that of the receiving neuron.
        let absent: &[&str] = if p.role == Role::Neuron { &["v", "diam", "area"] } else { &["diam", "area"] };
        for port in &m.reads {
            if absent.contains(&port.name.as_str()) {
                let span = p.symbol(&port.name).map_or(p.name.span, |s| s.span);
                p.problems.push(
                    Diagnostic::error("nmodl-neuron", format!("{} has no membrane, so `{}` has no value", p.kind(), port.name))
                        .at(p.source, if span.end > 0 { span } else { p.name.span }, "a variable of its own was expected")
                        .hint(format!("declare `{}` in STATE", port.name)),
                );
            }
        }
    }
    if let Some((items, span)) = p.interface {
        m.interface = crate::interface::lower(p, &m, items, span);
    }
    Some(m)
}

/// The variables of LOCAL outside of blocks, element by element.
fn file_locals(p: &Program<'_>) -> Vec<String> {
    let mut out = Vec::new();
    for block in &p.file.blocks {
        let BlockKind::Local(names) = &block.kind else { continue };
        for (name, _) in names {
            match p.arrays.get(&name.text) {
                Some(n) => out.extend((0..*n).map(|k| format!("{}[{k}]", name.text))),
                None => out.push(name.text.clone()),
            }
        }
    }
    out
}

/// The ions of `USEION`, one entry each.
fn ions(p: &Program<'_>) -> Vec<homolog_ir::Ion> {
    let mut all: Vec<homolog_ir::Ion> = Vec::new();
    for block in &p.file.blocks {
        let BlockKind::Neuron(items) = &block.kind else { continue };
        for item in items {
            let NeuronItem::Ion { ion, read, write, valence } = item else { continue };
            let k = all.iter().position(|i| i.name == ion.text).unwrap_or_else(|| {
                all.push(homolog_ir::Ion { name: ion.text.clone(), valence: None, reads: vec![], writes: vec![] });
                all.len() - 1
            });
            all[k].valence = valence.or(all[k].valence);
            all[k].reads.extend(read.iter().map(|n| n.text.clone()));
            all[k].writes.extend(write.iter().map(|n| n.text.clone()));
        }
    }
    all
}

/// What the kernels read that is neither parameter, state nor time step: in the order of declaration.
fn reads(p: &Program<'_>, m: &Mechanism) -> Vec<Port> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let add = |k: &Kernel| -> Vec<String> { k.inputs.iter().map(|p| p.name.clone()).collect() };
    let mut all: Vec<String> = add(&m.initial);
    all.extend(add(&m.breakpoint));
    for k in m.advance.iter().chain(&m.diffusion) {
        all.extend(add(k));
    }
    for s in &m.solves {
        all.extend(add(match s {
            Solve::Ode { rhs, .. } => rhs,
            Solve::Assign(k) => k,
        }));
    }
    all.extend(m.post.iter().flat_map(add));
    if let Some(s) = &m.spike {
        all.extend(add(&s.condition));
        all.extend(add(&s.reset));
    }
    let mut arguments: Vec<&str> = vec![homolog_ir::event::FLAG];
    for r in m.receive.iter().chain(&m.start) {
        all.extend(add(&r.kernel));
        all.extend(r.connect.iter().flat_map(&add));
        arguments.extend(r.arguments.iter().map(|a| a.name.as_str()));
        for e in &r.effects {
            if let homolog_ir::EffectKind::Each { arguments: each } = &e.kind {
                arguments.extend(each.iter().map(|a| a.0.as_str()));
            }
        }
    }
    all.extend(m.watches.iter().flat_map(add));
    for n in &all {
        let own = n == homolog_ir::ode::DT
            || homolog_ir::mechanism::is_draw(n)
            || homolog_ir::mechanism::lag_of(n).is_some()
            || m.parameter(n).is_some()
            || m.states.iter().any(|s| s.name == *n)
            || arguments.contains(&n.as_str());
        if !own {
            names.insert(n);
        }
    }
    let declared = p.order.iter().filter(|n| names.contains(n.as_str()));
    let implied = names.iter().filter(|n| !p.order.iter().any(|o| o == *n)).map(ToString::to_string);
    declared.cloned().chain(implied).map(|n| Port::new(n.clone(), p.port_unit(&n))).collect()
}

fn initial(p: &Program<'_>, roles: &Roles, states: &[StateVariable], problems: &mut Vec<Diagnostic>) -> Kernel {
    let mut r = Run::new(p, roles, format!("{}.initial", p.name.text));
    r.initial = true;
    r.keep_states = true;
    r.enter();
    for s in p.initial.clone() {
        r.statement(s);
    }
    for s in states {
        let v = r.global(&s.name);
        r.b.output(&s.name, s.unit, v);
    }
    r.finish(problems)
}

/// The states of a channel or a point after a step.
fn advance(p: &Program<'_>, roles: &Roles, states: &[StateVariable], problems: &mut Vec<Diagnostic>) -> Kernel {
    let mut r = Run::new(p, roles, format!("{}.step", p.name.text));
    r.phase(Phase::States);
    outputs_of_states(&mut r, states);
    r.finish(problems)
}

fn breakpoint(
    p: &Program<'_>,
    roles: &Roles,
    segments: &[Segment],
    states: &[StateVariable],
    problems: &mut Vec<Diagnostic>,
) -> (Kernel, Vec<Port>) {
    let mut r = Run::new(p, roles, format!("{}.breakpoint", p.name.text));
    if p.is_whole() {
        r.enter();
        segments.iter().for_each(|s| r.segment(*s));
    } else {
        r.phase(Phase::Currents);
        if p.currents.is_empty() {
            // Without a current BREAKPOINT belongs to the states; what it assigns can be looked at all the same.
            r.phase(Phase::Assigned);
        }
        if !p.currents.is_empty() || !p.before_currents.is_empty() {
            // A current that is kept is written below.
            let others: Vec<StateVariable> = states.iter().filter(|s| !p.currents.iter().any(|(c, _)| c.text == s.name)).cloned().collect();
            outputs_of_states(&mut r, &others);
        }
    }
    let mut currents = Vec::new();
    for (name, electrode) in &p.currents {
        let unit = p.port_unit(&name.text);
        let Some(v) = r.globals.get(&name.text).copied() else { continue };
        r.b.output(&name.text, unit, v);
        let mut port = Port::new(&name.text, unit);
        if *electrode {
            // An electrode's current flows inward; what the membrane feels is outward positive.
            port.name = format!("{}{}", name.text, homolog_ir::mechanism::ELECTRODE);
            let outward = r.b.neg(v);
            r.b.output(&port.name, unit, outward);
        }
        currents.push(port);
    }
    let signal = p.interface.iter().flat_map(|(items, _)| items.iter()).filter_map(crate::interface::named).collect::<Vec<_>>();
    for name in &p.order {
        let listed = p.range.contains(name) || p.is_whole() || signal.contains(name);
        let is_assigned = p.symbol(name).is_some_and(|s| s.what == What::Assigned) && !p.currents.iter().any(|(c, _)| c.text == *name);
        if listed
            && is_assigned
            && !roles.kept.contains(name)
            && let Some(v) = r.globals.get(name).copied()
        {
            r.b.output(name, p.port_unit(name), v);
        }
    }
    (r.finish(problems), currents)
}

fn solves(p: &Program<'_>, roles: &Roles, segments: &[Segment], problems: &mut Vec<Diagnostic>) -> Vec<Solve> {
    if !p.is_whole() {
        return systems::slopes(p, roles, problems);
    }
    let mut out = Vec::new();
    for (k, segment) in segments.iter().enumerate() {
        let mut r = Run::new(p, roles, format!("{}.solve", p.name.text));
        r.enter();
        for s in &segments[..k] {
            r.segment(*s);
        }
        r.keep_states = true;
        r.primes.clear();
        r.segment(*segment);
        let equations = match segment {
            Segment::Solve(at) => match &p.breakpoint[*at].kind {
                StatementKind::Solve { block, method, .. } => p.derivatives.get(block.text.as_str()).map(|d| (*d, method.as_ref())),
                _ => None,
            },
            Segment::Statements(..) => None,
        };
        let Some((block, method)) = equations else {
            let changed: Vec<String> = p.order.iter().filter(|n| r.is_state(n) && r.globals.contains_key(*n)).cloned().collect();
            if changed.is_empty() {
                continue;
            }
            for name in &changed {
                let v = r.globals[name];
                r.b.output(name, p.port_unit(name), v);
            }
            out.push(Solve::Assign(r.finish(problems)));
            continue;
        };
        let ms = crate::units::ms();
        let primes: Vec<(String, homolog_ir::Value)> = p.order.iter().filter_map(|n| r.primes.get(n).map(|v| (n.clone(), *v))).collect();
        for (name, v) in &primes {
            r.b.output(name, p.port_unit(name) / ms, *v);
        }
        let rhs = r.finish(problems);
        let method = systems::method_of(method);
        if let Err(wrong) = homolog_ir::ode::step(&rhs, method) {
            for w in wrong {
                let span = equation_of(&block.body, &w.state).unwrap_or(block.name.span);
                problems.push(
                    Diagnostic::error(
                        "nmodl-cnexp",
                        format!("cnexp needs an equation that is linear in its own state, and that of `{}` is not", w.state),
                    )
                    .at(p.source, span, format!("an equation of the form {}' = a - b*{} was expected", w.state, w.state))
                    .hint("write METHOD derivimplicit"),
                );
            }
        }
        out.push(Solve::Ode { method, rhs });
    }
    out
}

fn equation_of(body: &[crate::ast::Statement], state: &str) -> Option<homolog_base::Span> {
    body.iter().find_map(|s| match &s.kind {
        StatementKind::Assign { target, prime: true, .. } if target.text == state => Some(s.span),
        StatementKind::Scope(body) => equation_of(body, state),
        StatementKind::If { then, otherwise, .. } => equation_of(then, state).or_else(|| equation_of(otherwise, state)),
        _ => None,
    })
}

fn outputs_of_states(r: &mut Run<'_, '_>, states: &[StateVariable]) {
    for s in states {
        if let Some(v) = r.globals.get(&s.name).copied() {
            r.b.output(&s.name, s.unit, v);
        }
    }
}

fn spike(p: &Program<'_>, roles: &Roles, states: &[StateVariable], problems: &mut Vec<Diagnostic>) -> Option<SpikeRule> {
    let (condition, body, _) = p.spike?;
    let (above, below) = match &condition.kind {
        ExpressionKind::Binary(Operator::Greater | Operator::GreaterEqual, a, b) => (a, b),
        ExpressionKind::Binary(Operator::Less | Operator::LessEqual, a, b) => (b, a),
        _ => {
            problems.push(
                Diagnostic::error("nmodl-spike", "a spike is a crossing, so its condition compares two numbers")
                    .at(p.source, condition.span, "`v > vth` was expected")
                    .hint("write the variable that rises, `>`, and its threshold"),
            );
            return None;
        }
    };
    let mut r = Run::new(p, roles, format!("{}.spike", p.name.text));
    r.enter();
    let (x, y) = (r.number(above), r.number(below));
    let distance = r.b.sub(x, y);
    let unit = declared_unit(p, above).or_else(|| declared_unit(p, below)).unwrap_or(Unit::ONE);
    r.b.output("x", unit, distance);
    let condition = r.finish(problems);
    let mut r = Run::new(p, roles, format!("{}.reset", p.name.text));
    r.keep_states = true;
    r.enter();
    for s in body {
        r.statement(s);
    }
    outputs_of_states(&mut r, states);
    Some(SpikeRule { condition, unit, reset: r.finish(problems) })
}

/// The unit of a variable or a number, where one is declared.
fn declared_unit(p: &Program<'_>, e: &crate::ast::Expression) -> Option<Unit> {
    match &e.kind {
        ExpressionKind::Name(n) => p.symbol(n)?.unit,
        ExpressionKind::Number(_, Some(u)) => p.units.read(&u.text).ok(),
        ExpressionKind::Negative(x) => declared_unit(p, x),
        ExpressionKind::Binary(Operator::Add | Operator::Subtract, a, b) => declared_unit(p, a).or_else(|| declared_unit(p, b)),
        _ => None,
    }
}
