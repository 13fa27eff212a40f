//! What the blocks of a file declare, gathered by name.

mod implied;

use crate::ast::{
    Block, BlockKind, ConstantValue, Declaration, Expression, File, InterfaceItem, Length, Name, NeuronItem, Routine, Statement, UnitItem,
    UnitText,
};
use crate::units::{Units, factor, show};
use homolog_base::{Diagnostic, Source, Span, Unit};
use homolog_ir::Role;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Variables that belong to the simulator. A file may declare them or not.
pub(crate) const BUILTIN: [(&str, &str); 6] =
    [("v", "mV"), ("dt", "ms"), ("celsius", "degC"), ("diam", "um"), ("area", "um2"), ("t", "ms")];

/// Arguments and values of a function that is given as numbers.
pub(crate) type Points = Vec<(f64, f64)>;

/// The variable that holds the last of NMODL's old random numbers.
pub(crate) const SCOP_RANDOM: &str = "scop_random";

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum What {
    Parameter,
    Constant(f64),
    State,
    Assigned,
    Builtin,
}

/// A declared variable.
#[derive(Clone, Debug)]
pub(crate) struct Symbol {
    pub what: What,
    /// None: no unit was declared, so none is checked.
    pub unit: Option<Unit>,
    pub span: Span,
    pub default: f64,
    pub limits: Option<(f64, f64)>,
}

/// What a system of equations that is solved at once consists of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum System {
    Kinetic,
    Linear,
    Nonlinear,
}

/// The name of an element of an array.
pub(crate) fn element(name: &str, k: usize) -> String {
    format!("{name}[{k}]")
}

/// Everything a file declares.
/// Name of the variable that `LAG of BY by` makes.
pub(crate) fn lag_name(of: &str, by: &str) -> String {
    format!("lag_{of}_{by}")
}

pub(crate) struct Program<'a> {
    pub source: &'a Arc<Source>,
    pub file: &'a File,
    pub role: Role,
    pub name: Name,
    pub units: Units,
    pub symbols: BTreeMap<String, Symbol>,
    /// Names of variables in the order they were declared.
    pub order: Vec<String>,
    pub range: HashSet<String>,
    /// Names whose values come from an ion.
    pub ion_reads: HashSet<String>,
    /// Names whose values an ion takes.
    pub ion_writes: HashSet<String>,
    /// Currents, and whether they are those of an electrode.
    pub currents: Vec<(Name, bool)>,
    pub functions: HashMap<&'a str, &'a Routine>,
    /// Functions that are given as numbers (FUNCTION_TABLE), with their points where a file has them.
    pub tables: HashMap<&'a str, (&'a Routine, Points)>,
    /// True when TABLE interpolates, as in NEURON.
    pub interpolates: bool,
    pub procedures: HashMap<&'a str, &'a Routine>,
    pub derivatives: HashMap<&'a str, &'a Routine>,
    /// KINETIC, LINEAR and NONLINEAR blocks.
    pub systems: HashMap<&'a str, (&'a Routine, System)>,
    /// Lengths of arrays; element `k` of `a` is the variable `a[k]`.
    pub arrays: HashMap<String, usize>,
    /// Concentrations and reversal potentials that it writes: they belong to the ion, and are read before they are written.
    pub shared: HashSet<String>,
    /// Values that come from somewhere else: POINTER and its like.
    pub pointers: HashSet<String>,
    /// Sources of random numbers (RANDOM).
    pub randoms: HashSet<String>,
    /// CONSTRUCTOR and INITIAL, and what stands around INITIAL.
    pub initial: Vec<&'a Statement>,
    /// BEFORE BREAKPOINT.
    pub before_currents: Vec<&'a Statement>,
    /// AFTER SOLVE and BEFORE STEP, which follow the states.
    pub after_states: Vec<&'a Statement>,
    pub breakpoint: Vec<&'a Statement>,
    pub receive: Option<&'a Routine>,
    pub spike: Option<(&'a Expression, &'a [Statement], Span)>,
    /// POST_SPIKE, and where it stands.
    pub post: Option<(&'a [Statement], Span)>,
    pub transmits: Option<&'a Name>,
    pub interface: Option<(&'a [InterfaceItem], Span)>,
    pub problems: Vec<Diagnostic>,
}

impl<'a> Program<'a> {
    pub(crate) fn new(source: &'a Arc<Source>, file: &'a File) -> Self {
        let mut p = Program {
            source,
            file,
            role: Role::Channel,
            name: Name { text: String::new(), span: Span::default() },
            units: Units::default(),
            symbols: BTreeMap::new(),
            order: Vec::new(),
            range: HashSet::new(),
            ion_reads: HashSet::new(),
            ion_writes: HashSet::new(),
            currents: Vec::new(),
            functions: HashMap::new(),
            tables: HashMap::new(),
            interpolates: false,
            procedures: HashMap::new(),
            derivatives: HashMap::new(),
            systems: HashMap::new(),
            arrays: HashMap::new(),
            shared: HashSet::new(),
            pointers: HashSet::new(),
            randoms: HashSet::new(),
            initial: Vec::new(),
            before_currents: Vec::new(),
            after_states: Vec::new(),
            breakpoint: Vec::new(),
            receive: None,
            spike: None,
            post: None,
            transmits: None,
            interface: None,
            problems: Vec::new(),
        };
        // Aliases of units first: blocks may stand in any order.
        for block in &file.blocks {
            if let BlockKind::Units(items) = &block.kind {
                p.unit_items(items);
            }
        }
        p.neuron();
        for block in &file.blocks {
            p.block(block);
        }
        p.around();
        p.implied();
        // What is read of an ion and never written is the ion's, also where it is declared as a STATE.
        let of_ion: Vec<String> = p.ion_reads.difference(&p.ion_writes).cloned().collect();
        for name in of_ion {
            if let Some(s) = p.symbols.get_mut(&name).filter(|s| s.what == What::State) {
                s.what = What::Assigned;
            }
        }
        for (name, unit) in BUILTIN {
            let symbol = Symbol { what: What::Builtin, unit: Unit::parse(unit).ok(), span: Span::default(), default: 0.0, limits: None };
            p.symbols.entry(name.to_string()).or_insert(symbol);
        }
        p
    }

    pub(crate) fn error(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: Span,
        label: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let d = Diagnostic::error(code, message).at(self.source, span, label).hint(hint);
        self.problems.push(d);
    }

    pub(crate) fn not_yet(&mut self, what: &str, span: Span, hint: &str) {
        self.error(
            "nmodl-not-yet",
            format!("`{what}` has no meaning in Homolog yet"),
            span,
            "this part of NMODL is read, but not yet given a meaning",
            hint,
        );
    }

    /// The unit a text names; what is none is reported.
    pub(crate) fn unit(&mut self, text: &UnitText) -> Option<Unit> {
        match self.units.read(&text.text) {
            Ok(u) => Some(u),
            Err(part) => {
                let d = Diagnostic::error("nmodl-unit-name", format!("`{part}` is not a unit"))
                    .at(self.source, text.span, "a unit such as mV, /ms or mA/cm2 was expected")
                    .hint("units are products of names with one `/`; a new name is defined in UNITS: `(uF) = (microfarad)`");
                self.problems.push(d);
                None
            }
        }
    }

    fn declared_unit(&mut self, text: Option<&UnitText>) -> Option<Unit> {
        text.and_then(|t| self.unit(t))
    }

    fn unit_items(&mut self, items: &[UnitItem]) {
        for item in items {
            match item {
                UnitItem::Alias(name, meaning) => {
                    if let Some(u) = self.unit(meaning)
                        && let Some(old) = self.units.define(&name.text, u)
                    {
                        let d = Diagnostic::warning(
                            "nmodl-unit-name",
                            format!("({}) usually means {}, and here {}", name.text, show(old), show(u)),
                        )
                        .at(self.source, name.span.to(meaning.span), "the meaning given here holds in this file")
                        .hint("choose another name if that was not wanted");
                        self.problems.push(d);
                    }
                }
                UnitItem::Constant(name, value, unit) => {
                    let Some(u) = self.unit(unit) else { continue };
                    let number = match value {
                        ConstantValue::Number(x) => Some(*x),
                        ConstantValue::Unit(text) => match self.unit(text) {
                            Some(q) => {
                                let f = factor(q, u);
                                if f.is_none() {
                                    self.error(
                                        "nmodl-unit",
                                        format!("({}) cannot be expressed in ({})", text.text, unit.text),
                                        text.span.to(unit.span),
                                        format!("{} and {} measure different things", show(q), show(u)),
                                        "give a unit of the same dimension",
                                    );
                                }
                                f
                            }
                            None => None,
                        },
                    };
                    self.declare(
                        name,
                        Symbol {
                            what: What::Constant(number.unwrap_or(f64::NAN)),
                            unit: Some(u),
                            span: name.span,
                            default: 0.0,
                            limits: None,
                        },
                    );
                }
            }
        }
    }

    fn neuron(&mut self) {
        let mut kinds: Vec<(&Name, &Name)> = Vec::new();
        let file = self.file;
        let mut present = None;
        for block in &file.blocks {
            let BlockKind::Neuron(items) = &block.kind else { continue };
            present = Some(block.keyword.span);
            for item in items {
                match item {
                    NeuronItem::Kind(keyword, name) => kinds.push((keyword, name)),
                    NeuronItem::Range(names) => self.range.extend(names.iter().map(|n| n.text.clone())),
                    NeuronItem::Global(_) | NeuronItem::ThreadSafe => {}
                    NeuronItem::Nonspecific(names) => self.currents.extend(names.iter().map(|n| (n.clone(), false))),
                    NeuronItem::Electrode(names) => self.currents.extend(names.iter().map(|n| (n.clone(), true))),
                    NeuronItem::Ion { ion, read, write, .. } => {
                        self.ion_reads.extend(read.iter().map(|n| n.text.clone()));
                        self.ion_writes.extend(write.iter().map(|n| n.text.clone()));
                        let wanted =
                            [format!("i{}", ion.text), format!("e{}", ion.text), format!("{}i", ion.text), format!("{}o", ion.text)];
                        for n in read.iter().chain(write) {
                            if !wanted.contains(&n.text) {
                                let d = Diagnostic::error("nmodl-ion", format!("ion `{}` has no variable `{}`", ion.text, n.text))
                                    .at(self.source, n.span, "a variable of this ion was expected")
                                    .suggest(&n.text, wanted.iter().map(String::as_str));
                                self.problems.push(d);
                            }
                        }
                        for n in write {
                            if n.text == wanted[0] {
                                self.currents.push((n.clone(), false));
                            } else if wanted.contains(&n.text) {
                                self.shared.insert(n.text.clone());
                            }
                        }
                    }
                    NeuronItem::Pointer(names) => self.pointers.extend(names.iter().map(|n| n.text.clone())),
                    NeuronItem::Transmits(name) => self.transmits = Some(name),
                    NeuronItem::Random(names) => self.randoms.extend(names.iter().map(|n| n.text.clone())),
                }
            }
        }
        match kinds.as_slice() {
            [] => {
                let span = present.unwrap_or_default();
                self.error(
                    "nmodl-neuron",
                    "the file does not say what it describes",
                    span,
                    "`SUFFIX name`, `POINT_PROCESS name`, `ARTIFICIAL_CELL name` or `PLASTICITY name` was expected in a NEURON block",
                    "SUFFIX for a channel, POINT_PROCESS for a synapse, ARTIFICIAL_CELL for a whole neuron, PLASTICITY for how weights change",
                );
            }
            [first, rest @ ..] => {
                self.role = match first.0.text.as_str() {
                    "SUFFIX" => Role::Channel,
                    "POINT_PROCESS" => Role::Point,
                    "PLASTICITY" => Role::Plasticity,
                    _ => Role::Neuron,
                };
                self.name = first.1.clone();
                if let Some(second) = rest.first() {
                    self.error(
                        "nmodl-neuron",
                        "the file says twice what it describes",
                        second.0.span,
                        "one mechanism a file was expected",
                        "put the second one into a file of its own",
                    );
                }
            }
        }
    }

    /// Records a name; one that is taken is reported.
    fn declare(&mut self, name: &Name, symbol: Symbol) {
        let is_builtin = BUILTIN.iter().any(|(n, _)| *n == name.text);
        match self.symbols.get(&name.text) {
            Some(old) if is_builtin => {
                // Old files declare these in two blocks.
                let keep = old.what == What::State;
                if !keep {
                    self.symbols.insert(name.text.clone(), symbol);
                }
            }
            Some(old) if symbol.what == What::Assigned && old.what == What::Assigned => {
                // A LOCAL of the file beside an ASSIGNED variable of its name: one variable does for both.
                let d = Diagnostic::warning("nmodl-duplicate", format!("`{}` is declared twice", name.text))
                    .at(self.source, name.span, "a new name was expected")
                    .at(self.source, old.span, "it is declared here already")
                    .hint("remove one of the two");
                self.problems.push(d);
            }
            Some(old) => {
                let d = Diagnostic::error("nmodl-duplicate", format!("`{}` is declared twice", name.text))
                    .at(self.source, name.span, "a new name was expected")
                    .at(self.source, old.span, "it is declared here already")
                    .hint("remove one of the two, or rename it");
                self.problems.push(d);
            }
            None => {
                self.order.push(name.text.clone());
                self.symbols.insert(name.text.clone(), symbol);
            }
        }
    }

    fn declarations(&mut self, list: &[Declaration], what: What) {
        for d in list {
            let unit = self.declared_unit(d.unit.as_ref());
            let builtin = BUILTIN.iter().find(|(n, _)| *n == d.name.text);
            let mut kind = what;
            if what == What::Parameter && self.ion_reads.contains(&d.name.text) {
                kind = What::Assigned;
            }
            if let Some((_, usual)) = builtin
                && what != What::State
            {
                kind = What::Builtin;
                let usual = Unit::parse(usual).ok();
                if let (Some(u), Some(w)) = (unit, usual)
                    && !crate::units::agree(u, w)
                {
                    self.error(
                        "nmodl-unit",
                        format!("`{}` is in {}, not in {}", d.name.text, show(w), show(u)),
                        d.name.span,
                        format!("({}) was expected", show(w)),
                        "this variable belongs to the simulator",
                    );
                }
            }
            if let Some((low, high, span)) = d.limits {
                let empty = low > high;
                let outside = d.value.or(d.start).is_some_and(|x| x < low || x > high);
                if empty {
                    self.error(
                        "nmodl-limits",
                        format!("the limits of `{}` allow no value", d.name.text),
                        span,
                        "the smaller limit was expected first",
                        format!("write <{high}, {low}>"),
                    );
                } else if outside && what != What::State {
                    let x = d.value.unwrap_or_default();
                    self.error(
                        "nmodl-limits",
                        format!("the default of `{}`, {x}, is outside of its own limits", d.name.text),
                        span,
                        format!("limits that hold {x} were expected"),
                        "change the default or the limits",
                    );
                }
            }
            if kind == What::Parameter && d.value.is_none() {
                let w = Diagnostic::warning("nmodl-no-default", format!("parameter `{}` has no default", d.name.text))
                    .at(self.source, d.name.span, "`= number` was expected; 0 is taken")
                    .hint("give it a default, or declare it in ASSIGNED if it comes from outside");
                self.problems.push(w);
            }
            if let What::Constant(_) = kind {
                if d.value.is_none() {
                    self.error(
                        "nmodl-syntax",
                        format!("constant `{}` has no value", d.name.text),
                        d.name.span,
                        "`= number` was expected",
                        "a constant cannot be set later",
                    );
                }
                kind = What::Constant(d.value.unwrap_or(f64::NAN));
            }
            let default = d.value.or(d.start).unwrap_or(0.0);
            let unit = unit.or(if kind == What::Builtin { builtin.and_then(|(_, u)| Unit::parse(u).ok()) } else { None });
            let symbol = Symbol { what: kind, unit, span: d.name.span, default, limits: d.limits.map(|(a, b, _)| (a, b)) };
            self.declare_each(&d.name, d.length.as_ref(), &symbol);
        }
    }

    /// Declares a variable, or every element of an array.
    fn declare_each(&mut self, name: &Name, length: Option<&Length>, symbol: &Symbol) {
        let n = match length {
            None => return self.declare(name, symbol.clone()),
            Some(Length::Number(n)) => *n,
            Some(Length::Name(defined)) => {
                let value = self.file.blocks.iter().find_map(|b| match &b.kind {
                    BlockKind::Define(d, x) if d.text == defined.text => Some(*x),
                    _ => None,
                });
                match value {
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // whole and small, as just checked
                    Some(x) if (1.0..=10_000.0).contains(&x) && x.fract() == 0.0 => x as usize,
                    _ => {
                        self.error(
                            "nmodl-array",
                            format!("`{}` is not the length of an array", defined.text),
                            defined.span,
                            "a number, or a name of DEFINE, from 1 to 10000 was expected",
                            format!("add `DEFINE {} 10`", defined.text),
                        );
                        1
                    }
                }
            }
        };
        if self.arrays.insert(name.text.clone(), n).is_some() {
            self.error("nmodl-duplicate", format!("`{}` is declared twice", name.text), name.span, "a new name was expected", "rename it");
            return;
        }
        for k in 0..n {
            self.declare(&Name { text: element(&name.text, k), span: name.span }, symbol.clone());
        }
        if self.range.contains(&name.text) {
            self.range.extend((0..n).map(|k| element(&name.text, k)));
        }
    }

    fn block(&mut self, block: &'a Block) {
        match &block.kind {
            BlockKind::Neuron(_) | BlockKind::Units(_) | BlockKind::Independent => {}
            BlockKind::Parameter(list) => self.declarations(list, What::Parameter),
            BlockKind::Constant(list) => self.declarations(list, What::Constant(0.0)),
            BlockKind::Assigned(list) => self.declarations(list, What::Assigned),
            BlockKind::State(list) => self.declarations(list, What::State),
            BlockKind::Local(names) => {
                for (name, length) in names {
                    let symbol = Symbol { what: What::Assigned, unit: None, span: name.span, default: 0.0, limits: None };
                    self.declare_each(name, length.as_ref(), &symbol);
                }
            }
            BlockKind::Define(name, value) => {
                self.declare(name, Symbol { what: What::Constant(*value), unit: None, span: name.span, default: 0.0, limits: None })
            }
            BlockKind::FunctionTable(r) => self.function_table(r),
            BlockKind::Initial(body) => self.initial.extend(body),
            BlockKind::Around(..) | BlockKind::Constructor(_) | BlockKind::Destructor => {}
            BlockKind::Breakpoint(body) => self.breakpoint.extend(body),
            BlockKind::Derivative(r) => self.routine(r, 'd'),
            BlockKind::Kinetic(r) => self.routine(r, 'k'),
            BlockKind::Linear(r) => self.routine(r, 'l'),
            BlockKind::Nonlinear(r) => self.routine(r, 'n'),
            BlockKind::Verbatim => {}
            BlockKind::Include(name) => {
                let found = |s: &Arc<Source>| std::path::Path::new(&s.name).ends_with(&name.text);
                if !self.source.included.iter().any(|(_, s)| found(s)) {
                    self.error(
                        "nmodl-include",
                        format!("there is no file `{}` to include", name.text),
                        name.span,
                        "a file beside this one was expected",
                        "put it into the same folder",
                    );
                }
            }
            BlockKind::Procedure(r) => self.routine(r, 'p'),
            BlockKind::Function(r) => self.routine(r, 'f'),
            BlockKind::NetReceive(r) => {
                if self.receive.replace(r).is_some() {
                    self.once(block);
                }
                self.kept_by_connections(r);
            }
            BlockKind::Spike { condition, body } => {
                if self.spike.replace((condition, body, block.keyword.span)).is_some() {
                    self.once(block);
                }
            }
            BlockKind::PostSpike(body) => {
                if self.post.replace((body, block.keyword.span)).is_some() {
                    self.once(block);
                }
            }
            BlockKind::Interface(items) => {
                if self.interface.replace((items, block.keyword.span)).is_some() {
                    self.once(block);
                }
            }
            BlockKind::NotYet => {
                let hint = "remove it if the mechanism does without";
                let name = if block.keyword.text.starts_with("VERBATIM") { "VERBATIM" } else { block.keyword.text.as_str() };
                self.not_yet(name, block.keyword.span, hint);
            }
        }
    }

    fn once(&mut self, block: &Block) {
        self.error(
            "nmodl-duplicate",
            format!("there are two blocks {}", block.keyword.text),
            block.keyword.span,
            "one such block was expected",
            "put both into one",
        );
    }

    fn routine(&mut self, r: &'a Routine, kind: char) {
        let taken = self.functions.contains_key(r.name.text.as_str())
            || self.procedures.contains_key(r.name.text.as_str())
            || self.derivatives.contains_key(r.name.text.as_str())
            || self.tables.contains_key(r.name.text.as_str())
            || self.systems.contains_key(r.name.text.as_str());
        if taken || self.symbols.get(&r.name.text).is_some_and(|s| s.what != What::Builtin) {
            self.error(
                "nmodl-duplicate",
                format!("`{}` is declared twice", r.name.text),
                r.name.span,
                "a new name was expected",
                "rename it",
            );
            return;
        }
        if kind == 't' {
            self.tables.insert(&r.name.text, (r, Vec::new()));
            return;
        }
        let system = match kind {
            'k' => Some(System::Kinetic),
            'l' => Some(System::Linear),
            'n' => Some(System::Nonlinear),
            _ => None,
        };
        if let Some(system) = system {
            self.systems.insert(&r.name.text, (r, system));
            return;
        }
        let table = match kind {
            'd' => &mut self.derivatives,
            'p' => &mut self.procedures,
            _ => &mut self.functions,
        };
        table.insert(&r.name.text, r);
    }

    /// What a global name means in equations: a state, or a variable from outside.
    pub(crate) fn symbol(&self, name: &str) -> Option<&Symbol> {
        self.symbols.get(name)
    }

    /// The unit of a name for a port: nothing declared counts as a pure number.
    pub(crate) fn port_unit(&self, name: &str) -> Unit {
        self.symbols.get(name).and_then(|s| s.unit).unwrap_or(Unit::ONE)
    }
}
