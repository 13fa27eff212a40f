//! NET_RECEIVE, and what INITIAL sets off, as kernels with effects.
//!
//! Branches are selects here as everywhere, so an effect has the conjunction of the conditions around it.

use super::roles::Roles;
use super::run::Run;
use crate::ast::{Expression, ExpressionKind, Name, Operator, Routine, Statement, StatementKind};
use crate::program::Program;
use homolog_base::{Diagnostic, Span, Unit};
use homolog_ir::{Effect, EffectKind, EventProgram, Kernel, Logic, Port, StateVariable, Value};

/// An effect whose numbers are still values.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    when: Option<Value>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Send(Value, Value),
    Emit(Value),
    Move(Value),
    Watch(usize, Value),
    Each(Vec<(String, Value)>),
}

impl<'a> Run<'_, 'a> {
    fn effect(&mut self, kind: Kind) {
        let mut when = None;
        for c in self.path.clone() {
            when = Some(match when {
                None => c,
                Some(before) => self.b.logic(Logic::And, before, c),
            });
        }
        self.effects.push(Pending { when, kind });
    }

    /// Carries out a call that only events and INITIAL know; true when it was one.
    pub(super) fn event_call(&mut self, name: &str, arguments: &[Expression]) -> bool {
        if !matches!(name, "net_send" | "net_event" | "net_move" | "set_seed" | "random_setseq" | "random_setids") {
            return false;
        }
        if name.starts_with("random_") {
            // Sequences are keyed by the run, and begin anew with each.
            return true;
        }
        let values: Vec<Value> = arguments.iter().map(|a| self.number(a)).collect();
        match (name, &values[..]) {
            ("net_send", &[delay, flag]) => self.effect(Kind::Send(delay, flag)),
            ("net_event", &[at]) => self.effect(Kind::Emit(at)),
            ("net_move", &[to]) => self.effect(Kind::Move(to)),
            ("set_seed", &[seed]) => self.set_seed(seed),
            _ => {}
        }
        true
    }

    pub(super) fn watch(&mut self, condition: &Expression, flag: &Expression) {
        let flag = self.number(flag);
        // What the condition reads is kept from step to step, as it is looked at in all of them.
        self.number_or_truth(condition);
        self.watches.push(condition.clone());
        self.effect(Kind::Watch(self.watches.len() - 1, flag));
    }

    pub(super) fn for_connections(&mut self, names: &[Name], body: &[Statement], span: Span) {
        let n = self.effects.len();
        let inputs: Vec<(String, Value)> = names
            .iter()
            .map(|name| {
                let port = format!("each[{n}].{}", name.text);
                let v = self.b.input(&port, Unit::ONE);
                (port, v)
            })
            .collect();
        let before = (self.globals.clone(), self.frames.clone());
        self.enter_scope(None);
        for (name, (_, v)) in names.iter().zip(&inputs) {
            self.declare(&name.text, *v);
        }
        self.block(body);
        let scope = self.frames.last().and_then(|f| f.last()).cloned().unwrap_or_default();
        let after: Vec<Value> = names.iter().zip(&inputs).map(|(name, (_, v))| scope.get(&name.text).copied().unwrap_or(*v)).collect();
        self.leave_scope();
        if (&self.globals, &self.frames) != (&before.0, &before.1) {
            self.problems.push(
                Diagnostic::error(
                    "nmodl-not-yet",
                    "FOR_NETCONS changes more than the arguments it names; that has no meaning in Homolog yet",
                )
                .at(
                    self.p.source,
                    Span::new(span.start, span.start + "FOR_NETCONS".len()),
                    "a body that assigns its arguments alone was expected",
                )
                .hint("compute what they have in common before it"),
            );
        }
        let changed = inputs.into_iter().zip(after).map(|((port, _), v)| (port, v)).collect();
        self.effect(Kind::Each(changed));
    }

    /// The arguments of NET_RECEIVE as inputs.
    fn arguments(&mut self, r: &Routine) -> Vec<(Port, Value)> {
        let p = self.p;
        let port = |name: &Name, unit: &Option<crate::ast::UnitText>| {
            let unit = unit.as_ref().and_then(|u| p.units.read(&u.text).ok()).unwrap_or(Unit::ONE);
            Port::new(p.argument(&name.text), unit)
        };
        let mut out = Vec::new();
        for (name, unit) in &r.arguments {
            let port = port(name, unit);
            if p.is_of_connection(&name.text) {
                let v = self.global(&name.text);
                out.push((port, v));
                continue;
            }
            let v = self.b.input_port(port.clone());
            self.declare(&name.text, v);
            out.push((port, v));
        }
        out
    }

    /// The arguments that were assigned, with their values.
    fn changed(&self, r: &Routine, arguments: &[(Port, Value)]) -> Vec<(Port, Value)> {
        let now = |name: &str| self.frames.last().and_then(|f| f.first()).and_then(|s| s.get(name)).copied();
        let changed =
            |((name, _), (port, v)): (&(Name, _), &(Port, Value))| now(&name.text).filter(|now| now != v).map(|now| (port.clone(), now));
        r.arguments.iter().zip(arguments).filter_map(changed).collect()
    }

    /// Runs what a connection begins with; gives the arguments that it sets.
    pub(super) fn connect(&mut self, r: &'a Routine) -> Vec<(Port, Value)> {
        self.enter();
        let arguments = self.arguments(r);
        for s in &r.body {
            if let StatementKind::Connect(body) = &s.kind {
                self.block(body);
            }
        }
        let out = self.changed(r, &arguments);
        self.frames.pop();
        out
    }

    /// Runs NET_RECEIVE; gives its arguments, and those that it sets.
    pub(super) fn receive(&mut self, r: &'a Routine) -> (Vec<Port>, Vec<(Port, Value)>) {
        self.enter();
        let arguments = self.arguments(r);
        self.statements(&r.body);
        let changed = self.changed(r, &arguments);
        self.frames.pop();
        (arguments.into_iter().map(|a| a.0).collect(), changed)
    }

    /// Makes outputs of what the effects need.
    fn effects(&mut self) -> Vec<Effect> {
        let pending = std::mem::take(&mut self.effects);
        let (one, zero) = (self.b.constant(1.0), self.b.constant(0.0));
        let mut out = Vec::new();
        for (k, p) in pending.into_iter().enumerate() {
            if p.when.and_then(|v| self.b.as_truth(v)) == Some(false) {
                continue;
            }
            let mut name = |what: &str, v: Value| {
                let name = format!("effect[{k}].{what}");
                self.b.output(&name, Unit::ONE, v);
                name
            };
            let kind = match p.kind {
                Kind::Send(delay, flag) => EffectKind::Send { delay: name("delay", delay), flag: name("flag", flag) },
                Kind::Emit(at) => EffectKind::Emit { at: name("at", at) },
                Kind::Move(to) => EffectKind::Move { to: name("to", to) },
                Kind::Watch(condition, flag) => EffectKind::Watch { condition, flag: name("flag", flag) },
                Kind::Each(all) => {
                    EffectKind::Each { arguments: all.into_iter().map(|(port, v)| (port.clone(), name(&port, v))).collect() }
                }
            };
            let when = p.when.filter(|v| self.b.as_truth(*v).is_none()).map(|v| {
                let v = self.b.select(v, one, zero);
                let name = format!("effect[{k}].when");
                self.b.output(&name, Unit::ONE, v);
                name
            });
            out.push(Effect { when, kind });
        }
        out
    }
}

/// NET_RECEIVE and the conditions of WATCH in it.
pub(super) fn receive(
    p: &Program<'_>,
    roles: &Roles,
    states: &[StateVariable],
    problems: &mut Vec<Diagnostic>,
) -> (Option<EventProgram>, Vec<Kernel>) {
    let Some(routine) = p.receive else { return (None, Vec::new()) };
    let mut r = Run::new(p, roles, format!("{}.connect", p.name.text));
    r.keep_states = true;
    let begins = r.connect(routine);
    let has_connect = routine.body.iter().any(|s| matches!(s.kind, StatementKind::Connect(_)));
    let connect = has_connect.then(|| {
        for (port, v) in &begins {
            r.b.output(&port.name, port.unit, *v);
        }
        r.finish(problems)
    });
    let mut r = Run::new(p, roles, format!("{}.receive", p.name.text));
    r.keep_states = true;
    let (arguments, changed) = r.receive(routine);
    super::outputs_of_states(&mut r, states);
    if let Some(name) = p.transmits
        && let Some(v) = r.globals.get(&name.text).copied()
    {
        r.b.output(&name.text, p.port_unit(&name.text), v);
    }
    for (port, v) in changed {
        r.b.output(&port.name, port.unit, v);
    }
    let effects = r.effects();
    let conditions = std::mem::take(&mut r.watches);
    let kernel = r.finish(problems);
    let watches = conditions.iter().map(|c| watch(p, roles, routine, c, problems)).collect();
    // INITIAL without a statement is as none.
    let connect = connect.filter(|k| !k.outputs.is_empty());
    (Some(EventProgram { arguments, connect, kernel, effects }), watches)
}

/// What a spike of the receiving neuron does.
pub(super) fn post(p: &Program<'_>, roles: &Roles, states: &[StateVariable], body: &[Statement], problems: &mut Vec<Diagnostic>) -> Kernel {
    let mut r = Run::new(p, roles, format!("{}.post", p.name.text));
    r.keep_states = true;
    r.enter();
    body.iter().for_each(|s| r.statement(s));
    super::outputs_of_states(&mut r, states);
    r.finish(problems)
}

/// How far a condition of WATCH is above its threshold.
fn watch(p: &Program<'_>, roles: &Roles, routine: &Routine, condition: &Expression, problems: &mut Vec<Diagnostic>) -> Kernel {
    let mut r = Run::new(p, roles, format!("{}.watch", p.name.text));
    r.enter();
    r.arguments(routine);
    if let ExpressionKind::Binary(op, a, b) = &condition.kind {
        let (x, y) = (r.number(a), r.number(b));
        let falling = matches!(op, Operator::Less | Operator::LessEqual);
        let above = if falling { r.b.sub(y, x) } else { r.b.sub(x, y) };
        r.b.output("x", Unit::ONE, above);
    }
    r.finish(problems)
}

/// What INITIAL sets off.
pub(super) fn start(p: &Program<'_>, roles: &Roles, problems: &mut Vec<Diagnostic>) -> Option<EventProgram> {
    let mut r = Run::new(p, roles, format!("{}.start", p.name.text));
    r.phase(super::Phase::Initial);
    let effects = r.effects();
    if effects.is_empty() {
        return None;
    }
    Some(EventProgram { arguments: Vec::new(), connect: None, kernel: r.finish(problems), effects })
}
