//! What can be wrong with a file that reads well: names, units, and the laws of the language.

mod diffusion;
mod events;
mod expression;
pub(crate) mod functions;
mod lag;
mod laws;
mod plasticity;
mod verbatim;

use crate::ast::{Expression, Name, Routine, Statement, StatementKind};
use crate::program::{self, Program, What};
use crate::units::{agree, factor, ms, show};
use homolog_base::{Diagnostic, Span, Unit};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Where a statement stands, which says what it may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Initial,
    Breakpoint,
    /// BEFORE and AFTER.
    Around,
    Derivative,
    System,
    Procedure,
    Function,
    Receive,
    Spike,
    /// POST_SPIKE.
    Post,
}

/// What is known of a local name: its unit, if any; where it is declared; whether it was read.
#[derive(Clone, Debug)]
struct Local {
    unit: Option<Unit>,
    span: Span,
    read: bool,
    argument: bool,
    /// Its declared unit, for arguments and the value of a function.
    strict: bool,
}

/// Walks every block once.
pub(crate) struct Checker<'p, 'a> {
    pub(crate) p: &'p mut Program<'a>,
    scopes: Vec<HashMap<String, Local>>,
    place: Place,
    routine: Option<&'a Routine>,
    pub(crate) read: HashSet<String>,
    /// Names that are assigned, with the places; primed ones under `x'`.
    pub(crate) written: BTreeMap<String, Vec<(Place, Span)>>,
    /// Who calls whom.
    pub(crate) calls: BTreeMap<String, Vec<(String, Span)>>,
    pub(crate) solved: HashSet<String>,
}

/// Reports everything that is wrong with a program.
pub(crate) fn check(p: &mut Program<'_>) {
    let mut c = Checker {
        p,
        scopes: Vec::new(),
        place: Place::Initial,
        routine: None,
        read: HashSet::new(),
        written: BTreeMap::new(),
        calls: BTreeMap::new(),
        solved: HashSet::new(),
    };
    c.all();
    c.laws();
}

impl<'a> Checker<'_, 'a> {
    fn all(&mut self) {
        let initial = self.p.initial.clone();
        self.block(Place::Initial, initial.into_iter());
        let around: Vec<&Statement> = self.p.before_currents.iter().chain(&self.p.after_states).copied().collect();
        self.block(Place::Around, around.into_iter());
        let breakpoint = self.p.breakpoint.clone();
        self.block(Place::Breakpoint, breakpoint.into_iter());
        let sorted = |m: &HashMap<&'a str, &'a Routine>| {
            let mut v: Vec<&'a Routine> = m.values().copied().collect();
            v.sort_by_key(|r| r.name.span.start);
            v
        };
        let mut systems: Vec<&'a Routine> = self.p.systems.values().map(|s| s.0).collect();
        systems.sort_by_key(|r| r.name.span.start);
        for (place, list) in [
            (Place::Derivative, sorted(&self.p.derivatives)),
            (Place::System, systems),
            (Place::Procedure, sorted(&self.p.procedures)),
            (Place::Function, sorted(&self.p.functions)),
        ] {
            for r in list {
                self.routine_body(place, r);
            }
        }
        if let Some(r) = self.p.receive {
            self.routine_body(Place::Receive, r);
        }
        self.plasticity();
        if let Some((condition, body, span)) = self.p.spike {
            self.place = Place::Spike;
            self.scopes.push(HashMap::new());
            self.unit_of(condition);
            self.close_scope();
            self.block(Place::Spike, body.iter());
            if self.p.role != homolog_ir::Role::Neuron {
                self.p.error(
                    "nmodl-spike",
                    "only an ARTIFICIAL_CELL spikes",
                    span,
                    "a SPIKE block belongs to an ARTIFICIAL_CELL",
                    "remove it, or write ARTIFICIAL_CELL instead of SUFFIX or POINT_PROCESS",
                );
            }
        }
    }

    fn block<'s>(&mut self, place: Place, body: impl Iterator<Item = &'s Statement>) {
        self.place = place;
        self.routine = None;
        self.scopes.push(HashMap::new());
        self.statements(body, true);
        self.close_scope();
    }

    fn routine_body(&mut self, place: Place, r: &'a Routine) {
        self.place = place;
        self.routine = Some(r);
        let mut scope = HashMap::new();
        // What each connection of a rule of plasticity keeps is declared already.
        let declared = place == Place::Receive && self.p.role == homolog_ir::Role::Plasticity;
        for (name, unit) in r.arguments.iter().filter(|_| !declared) {
            let unit = unit.as_ref().and_then(|u| self.p.unit(u));
            let local = Local { unit, span: name.span, read: place == Place::Receive, argument: true, strict: unit.is_some() };
            if scope.insert(name.text.clone(), local).is_some() {
                self.p.error(
                    "nmodl-duplicate",
                    format!("two arguments are named `{}`", name.text),
                    name.span,
                    "a new name was expected",
                    "rename it",
                );
            }
        }
        if place == Place::Function {
            let unit = r.unit.as_ref().and_then(|u| self.p.unit(u));
            scope.insert(r.name.text.clone(), Local { unit, span: r.name.span, read: true, argument: false, strict: unit.is_some() });
        }
        self.scopes.push(scope);
        self.statements(r.body.iter(), true);
        self.close_scope();
        if place == Place::Function && !assigns(&r.body, &r.name.text) {
            self.p.error(
                "nmodl-function",
                format!("function `{}` never gets a value", r.name.text),
                r.name.span,
                format!("`{} = ...` was expected in it", r.name.text),
                "the value of a function is what is assigned to its name",
            );
        }
        self.routine = None;
    }

    fn close_scope(&mut self) {
        let scope = self.scopes.pop().unwrap_or_default();
        let mut unused: Vec<(String, Local)> = scope.into_iter().filter(|(_, l)| !l.read).collect();
        unused.sort_by_key(|(_, l)| l.span.start);
        for (name, l) in unused {
            let what = if l.argument { "argument" } else { "local variable" };
            let d = Diagnostic::warning("nmodl-unused", format!("{what} `{name}` is never read"))
                .at(self.p.source, l.span, "declared here")
                .hint("remove it, or use it");
            self.p.problems.push(d);
        }
    }

    fn statements<'s>(&mut self, body: impl Iterator<Item = &'s Statement>, outermost: bool) {
        for s in body {
            self.statement(s, outermost);
        }
    }

    fn statement(&mut self, s: &Statement, outermost: bool) {
        match &s.kind {
            StatementKind::Local(names) => {
                for n in names {
                    let local = Local { unit: None, span: n.span, read: false, argument: false, strict: false };
                    if let Some(scope) = self.scopes.last_mut()
                        && let Some(old) = scope.insert(n.text.clone(), local)
                    {
                        let d = Diagnostic::error("nmodl-duplicate", format!("`{}` is declared twice", n.text))
                            .at(self.p.source, n.span, "a new name was expected")
                            .at(self.p.source, old.span, "it is declared here already")
                            .hint("remove one of the two, or rename it");
                        self.p.problems.push(d);
                    }
                }
            }
            StatementKind::Assign { target, index, prime, value } => {
                if let Some(i) = index {
                    self.unit_of(i);
                    self.is_array(target);
                }
                self.assign(s, target, index.is_some(), *prime, value);
            }
            StatementKind::If { condition, then, otherwise } => {
                self.unit_of(condition);
                let before = self.scopes.clone();
                for body in [then, otherwise] {
                    self.scopes.push(HashMap::new());
                    self.statements(body.iter(), false);
                    self.close_scope();
                }
                // A local whose unit depends on the branch taken has none.
                for (scope, old) in self.scopes.iter_mut().zip(before) {
                    for (name, l) in scope.iter_mut() {
                        let was = old.get(name).and_then(|o| o.unit);
                        if let (Some(a), Some(b)) = (was, l.unit)
                            && !agree(a, b)
                        {
                            l.unit = None;
                        }
                    }
                }
            }
            StatementKind::Call(name, arguments) => self.call_statement(name, arguments, s.span),
            StatementKind::Solve { block, method, .. } => self.solve(block, method.as_ref(), outermost),
            StatementKind::From { variable, first, last, by, body } => {
                for e in [Some(first), Some(last), by.as_ref()].into_iter().flatten() {
                    self.unit_of(e);
                }
                let local = Local { unit: None, span: variable.span, read: true, argument: false, strict: false };
                self.scopes.push(HashMap::from([(variable.text.clone(), local)]));
                self.statements(body.iter(), false);
                self.close_scope();
            }
            StatementKind::While(condition, body) => {
                self.unit_of(condition);
                self.scopes.push(HashMap::new());
                self.statements(body.iter(), false);
                self.close_scope();
            }
            StatementKind::Return(value) => {
                if let Some(e) = value {
                    self.unit_of(e);
                }
            }
            StatementKind::Verbatim(body) => self.c(s.span, body),
            StatementKind::RealC(first) => self.real_c(s.span, first),
            StatementKind::Reaction { left, right, rates, .. } => {
                for s in left.iter().chain(right) {
                    self.species(s);
                }
                for e in rates {
                    self.unit_of(e);
                }
                self.flux_names(s.span);
            }
            StatementKind::Equation(left, right) => {
                self.unit_of(left);
                self.unit_of(right);
            }
            StatementKind::Conserve(sum, total) => {
                for s in sum {
                    self.species(s);
                }
                self.unit_of(total);
                self.conserved(sum);
            }
            StatementKind::Compartment { index, volume, states } => {
                self.unit_with_index(index.as_ref(), volume);
                for n in states {
                    if self.p.symbol(&n.text).is_none() && !self.p.arrays.contains_key(&n.text) {
                        self.unknown(&n.text, n.span, false);
                    }
                }
            }
            StatementKind::Diffusion { index, flow, states } => self.diffusion(s.span, index.as_ref(), flow, states),
            StatementKind::Conductance => {}
            StatementKind::Scope(body) => {
                self.scopes.push(HashMap::new());
                self.statements(body.iter(), false);
                self.close_scope();
            }
            StatementKind::Table { names, first, last, count } => {
                for e in [first, last, count] {
                    self.unit_of(e);
                }
                if self.p.interpolates {
                    self.tabulated(s.span, names);
                    return;
                }
                let mut d = Diagnostic::warning("nmodl-table", "TABLE is not needed: everything is computed exactly")
                    .at(self.p.source, s.span, "values are not interpolated")
                    .hint("nothing has to be done; `homolog mech --neuron-tables` interpolates as NEURON does");
                d.severity = homolog_base::Severity::Note;
                self.p.problems.push(d);
            }
            StatementKind::Connect(body) => {
                self.scopes.push(HashMap::new());
                self.statements(body.iter(), false);
                self.close_scope();
            }
            StatementKind::Watch(all) => all.iter().for_each(|(condition, flag)| self.watch(condition, flag)),
            StatementKind::ForConnections(names, body) => self.for_connections(names, body, s.span),
            StatementKind::Lag(of, by) => self.lag(of, by),
            StatementKind::NotYet(what) => {
                let hint = "remove it if the mechanism does without";
                let end = s.span.start + what.split([' ', '[', '\'']).next().map_or(1, str::len);
                self.p.not_yet(what, Span::new(s.span.start, end), hint);
            }
        }
    }

    /// TABLE belongs to a routine of one argument, and names variables that it assigns.
    fn tabulated(&mut self, span: Span, names: &[Name]) {
        let fits = self.routine.is_some_and(|r| r.arguments.len() == 1) && matches!(self.place, Place::Procedure | Place::Function);
        if !fits {
            self.p.error(
                "nmodl-table",
                "only a PROCEDURE or a FUNCTION of one argument can be interpolated",
                span,
                "TABLE was not expected here",
                "remove it, or leave --neuron-tables out",
            );
        }
        for n in names {
            if self.p.symbol(&n.text).is_none() && !self.p.arrays.contains_key(&n.text) {
                self.unknown(&n.text, n.span, false);
            }
        }
    }

    fn call_statement(&mut self, name: &Name, arguments: &[Expression], span: Span) {
        if name.text == "state_discontinuity" {
            if let [target, value] = arguments
                && let crate::ast::ExpressionKind::Name(n) = &target.kind
            {
                let target = Name { text: n.clone(), span: target.span };
                let s = Statement { span, kind: StatementKind::Conductance };
                self.assign(&s, &target, false, false, value);
            } else {
                self.p.error(
                    "nmodl-arity",
                    "`state_discontinuity` takes a state and a value",
                    span,
                    "`state_discontinuity(state, value)` was expected",
                    "write `state = value` instead",
                );
            }
            return;
        }
        if self.event_call(name, arguments) {
            return;
        }
        let known = self.p.procedures.get(name.text.as_str()).or_else(|| self.p.functions.get(name.text.as_str())).copied();
        match known {
            Some(r) => {
                self.note_call(name);
                self.check_arguments(name, r, arguments);
            }
            None => {
                self.unit_of_call(name, arguments, span, true);
            }
        }
    }

    fn note_call(&mut self, name: &Name) {
        if let Some(r) = self.routine
            && matches!(self.place, Place::Procedure | Place::Function)
        {
            self.calls.entry(r.name.text.clone()).or_default().push((name.text.clone(), name.span));
        }
    }

    fn solve(&mut self, block: &Name, method: Option<&Name>, outermost: bool) {
        if self.place == Place::Breakpoint && !outermost {
            self.p.not_yet("SOLVE in a branch", block.span, "SOLVE stands directly in BREAKPOINT");
        } else if self.p.is_whole() && self.place != Place::Breakpoint {
            let what = format!("SOLVE outside of BREAKPOINT in {}", self.p.kind());
            self.p.not_yet(&what, block.span, "SOLVE stands directly in BREAKPOINT");
        }
        let name = block.text.as_str();
        self.solved.insert(name.to_string());
        if self.p.derivatives.contains_key(name) {
            const METHODS: [&str; 5] = ["cnexp", "euler", "derivimplicit", "sparse", "runge"];
            const LATER: [&str; 4] = ["after_cvode", "cvode_t", "newton", "simplex"];
            match method {
                None => {}
                Some(m) if METHODS.contains(&m.text.as_str()) => {}
                Some(m) if LATER.contains(&m.text.as_str()) => {
                    self.p.not_yet(&format!("METHOD {}", m.text), m.span, "write METHOD cnexp (linear equations) or METHOD euler")
                }
                Some(m) => {
                    let d = Diagnostic::error("nmodl-method", format!("there is no method `{}`", m.text))
                        .at(self.p.source, m.span, "cnexp or euler was expected")
                        .suggest(&m.text, METHODS.iter().chain(&LATER).copied());
                    self.p.problems.push(d);
                }
            }
        } else if let Some(r) = self.p.procedures.get(name).copied() {
            if !r.arguments.is_empty() {
                self.p.error(
                    "nmodl-arity",
                    format!("procedure `{name}` takes arguments, so it cannot be solved"),
                    block.span,
                    "a procedure without arguments was expected",
                    "call it as a statement",
                );
            }
            if let Some(m) = method
                && !["after_cvode", "cvode_t"].contains(&m.text.as_str())
            {
                self.p.error(
                    "nmodl-method",
                    format!("procedure `{name}` has no equations to solve by {}", m.text),
                    m.span,
                    "no METHOD was expected",
                    "remove METHOD, or write DERIVATIVE instead of PROCEDURE",
                );
            }
        } else if self.p.systems.contains_key(name) {
            // Each kind has one method, whatever its name.
        } else if !self.p.file.blocks.iter().any(|b| matches!(b.kind, crate::ast::BlockKind::NotYet) && self.text_of(b.span).contains(name))
        {
            let names: Vec<String> = self.p.derivatives.keys().chain(self.p.procedures.keys()).map(ToString::to_string).collect();
            let d = Diagnostic::error("nmodl-unknown-block", format!("there is no block `{name}` to solve"))
                .at(self.p.source, block.span, "the name of a DERIVATIVE or PROCEDURE was expected")
                .suggest(name, names.iter().map(String::as_str));
            self.p.problems.push(d);
        }
    }

    fn text_of(&self, span: Span) -> &str {
        self.p.source.text.get(span.start..span.end).unwrap_or("")
    }

    fn is_unchecked(&self, span: Span) -> bool {
        self.p.file.unchecked.iter().any(|u| u.start <= span.start && span.start < u.end)
    }

    fn assign(&mut self, s: &Statement, target: &Name, element: bool, prime: bool, value: &Expression) {
        let given = self.unit_of(value);
        let first = program::element(&target.text, 0);
        let name = target.text.as_str();
        if element && self.scopes.iter().any(|s| s.contains_key(&first)) {
            return;
        }
        if !prime && let Some(k) = self.scopes.iter().rposition(|scope| scope.contains_key(name)) {
            let l = self.scopes[k].get_mut(name).expect("just found");
            if l.strict {
                let unit = l.unit;
                self.same_unit(unit, given, target.span, value.span, s.span, "assigned");
            } else {
                // An argument of NET_RECEIVE without a unit never gets one: events change it between each other.
                l.unit = given.filter(|_| !(l.argument && self.place == Place::Receive));
            }
            return;
        }
        let Some(symbol) = self.p.symbol(if element { &first } else { name }).cloned() else {
            self.unknown(name, target.span, false);
            return;
        };
        let key = if prime { format!("{name}'") } else { name.to_string() };
        if element {
            // Which element it is shows only when it is run.
            for k in 0..self.p.arrays.get(name).copied().unwrap_or(0) {
                let mut each = program::element(name, k);
                if prime {
                    each.push('\'');
                }
                self.written.entry(each).or_default().push((self.place, target.span));
            }
        }
        self.written.entry(key).or_default().push((self.place, target.span));
        let refused = match symbol.what {
            What::Constant(_) if !prime => Some(("a constant has one value", "use an ASSIGNED variable, or LOCAL")),
            What::Builtin if !prime && name != "v" => Some(("it belongs to the simulator", "use a variable of another name")),
            What::Assigned if !prime && self.p.ion_reads.contains(name) && !self.p.ion_writes.contains(name) => {
                Some(("it comes from an ion (USEION ... READ)", "use a variable of another name"))
            }
            What::State if prime && !matches!(self.place, Place::Derivative | Place::System) => {
                Some(("a derivative stands in a DERIVATIVE block", "move the equation into DERIVATIVE"))
            }
            What::State => None,
            _ if prime => Some(("only a STATE has a derivative", "declare it in STATE")),
            _ => None,
        };
        if let Some((why, hint)) = refused {
            let shown = if prime { format!("{name}'") } else { name.to_string() };
            self.p.error(
                "nmodl-assignment",
                format!("`{shown}` cannot be assigned here: {why}"),
                target.span,
                "something that can be assigned was expected",
                hint,
            );
            return;
        }
        let unit = symbol.unit.map(|u| if prime { u / ms() } else { u });
        self.same_unit(unit, given, target.span, value.span, s.span, if prime { "the derivative" } else { "assigned" });
    }

    /// Reports when a value in `given` goes where `wanted` is declared.
    fn same_unit(&mut self, wanted: Option<Unit>, given: Option<Unit>, target: Span, value: Span, at: Span, role: &str) {
        let (Some(w), Some(g)) = (wanted, given) else { return };
        if agree(w, g) || self.is_unchecked(at) {
            return;
        }
        let mut name = self.text_of(target).to_string();
        if role == "the derivative" {
            name.push('\'');
        }
        let d = Diagnostic::error("nmodl-unit", format!("`{name}` is in {}, but its value is in {}", show_target(w, role), show(g)))
            .at(self.p.source, value, format!("this is in {}", show(g)))
            .at(self.p.source, target, format!("{} was expected", show_target(w, role)))
            .hint(unit_hint(g, w));
        self.p.problems.push(d);
    }

    pub(crate) fn unknown(&mut self, name: &str, span: Span, call: bool) {
        let mut candidates: Vec<String> = self.p.functions.keys().map(ToString::to_string).collect();
        if call {
            candidates.extend(self.p.procedures.keys().map(ToString::to_string));
            candidates.extend(functions::NAMES.iter().map(|f| f.0.to_string()));
        } else {
            candidates = self.p.symbols.keys().cloned().collect();
            for scope in &self.scopes {
                candidates.extend(scope.keys().cloned());
            }
        }
        if !call && homolog_ir::mechanism::OF_THE_OUTSIDE.contains(&name) {
            let message = format!("`{name}` is of NEURON's space outside of a cell, which is not there");
            let hint = homolog_ir::mechanism::INSTEAD_OF_THE_OUTSIDE;
            self.p.error("nmodl-extracellular", message, span, "asks for what is outside", hint);
            return;
        }
        let what = if call { "function" } else { "variable" };
        let d = Diagnostic::error("nmodl-unknown-name", format!("there is no {what} `{name}`"))
            .at(self.p.source, span, format!("the name of a {what} was expected"))
            .suggest(name, candidates.iter().map(String::as_str));
        self.p.problems.push(d);
    }
}

fn show_target(u: Unit, role: &str) -> String {
    if role == "the derivative" { format!("{} (a derivative is per ms)", show(u)) } else { show(u) }
}

/// What to do when a number in one unit stands where another was expected.
pub(crate) fn unit_hint(given: Unit, wanted: Unit) -> String {
    match factor(given, wanted) {
        Some(f) => format!("they measure the same thing: multiply by {}", crate::check::round(f)),
        None => "they measure different things; a factor without a unit stands for any".to_string(),
    }
}

/// A factor without the noise of its last digits.
pub(crate) fn round(f: f64) -> f64 {
    format!("{f:.9e}").parse().unwrap_or(f)
}

/// True when some statement assigns `name`.
fn assigns(body: &[Statement], name: &str) -> bool {
    body.iter().any(|s| match &s.kind {
        StatementKind::Assign { target, prime: false, .. } => target.text == name,
        StatementKind::If { then, otherwise, .. } => assigns(then, name) || assigns(otherwise, name),
        StatementKind::Scope(body) => assigns(body, name),
        StatementKind::NotYet(_) | StatementKind::RealC(_) | StatementKind::Return(_) => true,
        StatementKind::From { body, .. } | StatementKind::While(_, body) | StatementKind::Verbatim(body) => assigns(body, name),
        _ => false,
    })
}
