//! What a file says without a declaration: the order of its blocks in a step, variables that go without saying, and parameters
//! that turn out to be none.

use super::{Points, Program, SCOP_RANDOM, Symbol, What};
use crate::ast::{Block, BlockKind, Name, NeuronItem, Routine, Statement};
use homolog_base::{Diagnostic, Source, Span, Unit};
use homolog_ir::Role;

impl<'a> Program<'a> {
    /// A function whose points stand in a file beside this one: two columns, the argument rising.
    pub(super) fn function_table(&mut self, r: &'a Routine) {
        self.routine(r, 't');
        let name = r.name.text.as_str();
        if r.arguments.len() != 1 {
            self.not_yet(&format!("FUNCTION_TABLE of {} arguments", r.arguments.len()), r.name.span, "one argument is possible so far");
            return;
        }
        let Some((_, data)) = self.source.data.iter().find(|(n, _)| n == name) else {
            let stem = std::path::Path::new(&self.source.name).file_stem().map_or("this file".into(), |s| s.to_string_lossy().into_owned());
            self.error(
                "nmodl-function-table",
                format!("the function `{name}` is given as numbers, and there are none"),
                r.name.span,
                "a file with its values was expected",
                format!("write `{stem}.{name}.csv` beside this file: in each line the argument and the value"),
            );
            return;
        };
        let (points, problems) = points(data);
        self.problems.extend(problems);
        self.tables.insert(name, (r, points));
    }

    /// What CONSTRUCTOR, BEFORE and AFTER add to INITIAL, to the currents and to the states, in the order of NEURON's step.
    pub(super) fn around(&mut self) {
        let file = self.file;
        let body = |part: &str| -> Vec<&'a Statement> {
            let of = |b: &'a Block| match &b.kind {
                BlockKind::Around(p, body) if p == part => body.iter(),
                BlockKind::Constructor(body) if part == "CONSTRUCTOR" => body.iter(),
                _ => [].iter(),
            };
            file.blocks.iter().flat_map(of).collect()
        };
        let first: Vec<&Statement> = body("CONSTRUCTOR").into_iter().chain(body("BEFORE INITIAL")).collect();
        self.initial.splice(0..0, first);
        self.initial.extend(body("AFTER INITIAL"));
        self.initial.extend(body("BEFORE STEP"));
        self.before_currents = body("BEFORE BREAKPOINT");
        self.after_states = body("AFTER SOLVE");
        self.after_states.extend(body("BEFORE STEP"));
        if self.is_whole() {
            for block in &file.blocks {
                if let BlockKind::Around(part, _) = &block.kind
                    && !part.ends_with("INITIAL")
                {
                    self.not_yet(&format!("{part} in {}", self.kind()), block.keyword.span, "write it in BREAKPOINT");
                }
            }
        }
    }

    /// NMODL's old random numbers are a recurrence, whose last value is a variable.
    pub(crate) fn random_state(&mut self) {
        if !self.symbols.contains_key(SCOP_RANDOM) {
            let symbol = Symbol { what: What::Assigned, unit: None, span: self.name.span, default: 1.0, limits: None };
            self.symbols.insert(SCOP_RANDOM.into(), symbol);
            self.order.push(SCOP_RANDOM.into());
        }
    }

    /// What a connection keeps is a state of a rule of plasticity, so that its equations may speak of it.
    pub(super) fn kept_by_connections(&mut self, r: &'a Routine) {
        if self.role != Role::Plasticity {
            return;
        }
        for (name, unit) in &r.arguments {
            let unit = unit.as_ref().and_then(|u| self.unit(u));
            if self.symbols.get(&name.text).is_some_and(|s| s.what == What::State) {
                continue;
            }
            self.declare(name, Symbol { what: What::State, unit, span: name.span, default: 0.0, limits: None });
        }
    }

    /// Whether its step is said by the statements of BREAKPOINT, in their order, and has no phases: a neuron, a rule of plasticity.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.role, Role::Neuron | Role::Plasticity)
    }

    /// What the file is, as a message calls it.
    pub(crate) fn kind(&self) -> &'static str {
        match self.role {
            Role::Channel => "a SUFFIX",
            Role::Point => "a POINT_PROCESS",
            Role::Neuron => "an ARTIFICIAL_CELL",
            Role::Plasticity => "a rule of PLASTICITY",
        }
    }

    /// Whether a name is kept by each connection of a rule of plasticity.
    pub(crate) fn is_of_connection(&self, name: &str) -> bool {
        self.role == Role::Plasticity && self.receive.is_some_and(|r| r.arguments.iter().any(|a| a.0.text == name))
    }

    /// The name of an argument of NET_RECEIVE as a port: another one where a variable has it already.
    pub(crate) fn argument(&self, name: &str) -> String {
        if self.symbols.contains_key(name) && !self.is_of_connection(name) { format!("{name}@connection") } else { name.to_string() }
    }

    /// Parameters that say how often something is repeated keep their value: the repetitions are written out.
    pub(crate) fn counting_parameters(&mut self, names: &std::collections::BTreeSet<String>) {
        for name in names {
            if let Some(s) = self.symbols.get_mut(name) {
                s.what = What::Constant(s.default);
                let d = Diagnostic::warning("nmodl-loop", format!("parameter `{name}` says how often something is repeated"))
                    .at(self.source, s.span, "so it keeps this value, and cannot be set")
                    .hint("change its default in the file");
                self.problems.push(d);
            }
        }
    }

    /// Parameters that equations assign are no parameters.
    pub(crate) fn assigned_parameters(&mut self, names: &[String]) {
        for name in names {
            if let Some(s) = self.symbols.get_mut(name)
                && s.what == What::Parameter
            {
                s.what = What::Assigned;
                let d = Diagnostic::warning("nmodl-assigned-parameter", format!("parameter `{name}` is assigned by the equations"))
                    .at(self.source, s.span, "so it is a variable that begins with this value, and cannot be set")
                    .hint("declare it in ASSIGNED, and give it its first value in INITIAL");
                self.problems.push(d);
            }
        }
    }

    /// A current of NEURON and a variable of USEION need no declaration of their own.
    pub(super) fn implied(&mut self) {
        let file = self.file;
        let current = if self.role == Role::Point { "nA" } else { "mA/cm2" };
        for block in &file.blocks {
            let BlockKind::Neuron(items) = &block.kind else { continue };
            for item in items {
                let (ion, names): (Option<&Name>, Vec<&Name>) = match item {
                    NeuronItem::Nonspecific(n) | NeuronItem::Electrode(n) => (None, n.iter().collect()),
                    NeuronItem::Ion { ion, read, write, .. } => (Some(ion), read.iter().chain(write).collect()),
                    _ => continue,
                };
                for n in names {
                    if self.symbols.contains_key(&n.text) {
                        continue;
                    }
                    let unit = match ion {
                        Some(i) if n.text == format!("e{}", i.text) => "mV",
                        Some(i) if n.text != format!("i{}", i.text) => "mM",
                        _ => current,
                    };
                    self.declare(
                        n,
                        Symbol { what: What::Assigned, unit: Unit::parse(unit).ok(), span: n.span, default: 0.0, limits: None },
                    );
                }
            }
        }
    }
}

/// The two columns of a table. A first line of words is its header.
fn points(data: &std::sync::Arc<Source>) -> (Points, Vec<Diagnostic>) {
    let (mut points, mut problems): (Points, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    let mut start = 0;
    for (n, line) in data.text.split_inclusive('\n').enumerate() {
        let at = Span::new(start, start + line.trim_end().len());
        start += line.len();
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let mut columns = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace()).filter(|c| !c.is_empty());
        let numbers = columns.next().zip(columns.next()).and_then(|(x, y)| x.parse::<f64>().ok().zip(y.parse::<f64>().ok()));
        let finite = numbers.filter(|(x, y)| x.is_finite() && y.is_finite());
        let rising = finite.filter(|(x, _)| points.last().is_none_or(|l| l.0 < *x));
        match (rising.filter(|_| columns.next().is_none()), finite) {
            (Some(p), _) => points.push(p),
            (None, None) if n == 0 => {}
            (None, found) => {
                let (what, label) = if found.is_some() {
                    ("the arguments of a table rise", "an argument above that of the line before, and one value, were expected")
                } else {
                    ("a line of a table is an argument and a value", "two numbers were expected")
                };
                problems.push(Diagnostic::error("nmodl-function-table", what).at(data, at, label).hint("such as `-80, 2.5`"));
            }
        }
    }
    if points.is_empty() && problems.is_empty() {
        problems.push(
            Diagnostic::error("nmodl-function-table", format!("`{}` has no numbers", data.name))
                .hint("write an argument and a value in each line"),
        );
    }
    (points, problems)
}
