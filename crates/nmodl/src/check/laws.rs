//! Laws that concern the file as a whole.

use super::{Checker, Place};
use crate::program::{BUILTIN, What};
use crate::units::{factor, show};
use homolog_base::{Diagnostic, Span, Unit};
use homolog_ir::Role;
use homolog_ir::mechanism::{INSTEAD_OF_THE_OUTSIDE, OF_THE_OUTSIDE};
use std::collections::HashSet;

impl Checker<'_, '_> {
    pub(super) fn laws(&mut self) {
        self.recursion();
        self.currents();
        self.states();
        self.unused();
        self.names_of_neuron();
        self.outside();
    }

    fn recursion(&mut self) {
        // Colours of a depth-first search: a call into a routine that is not finished closes a circle.
        fn visit(c: &Checker<'_, '_>, name: &str, path: &mut Vec<String>, done: &mut HashSet<String>, found: &mut Vec<(String, Span)>) {
            if done.contains(name) {
                return;
            }
            path.push(name.to_string());
            for (callee, span) in c.calls.get(name).map_or(&[][..], Vec::as_slice) {
                if let Some(k) = path.iter().position(|p| p == callee) {
                    found.push((path[k..].join(" -> ") + " -> " + callee, *span));
                } else {
                    visit(c, callee, path, done, found);
                }
            }
            path.pop();
            done.insert(name.to_string());
        }
        let (mut done, mut found) = (HashSet::new(), Vec::new());
        let names: Vec<String> = self.calls.keys().cloned().collect();
        for name in names {
            visit(self, &name, &mut Vec::new(), &mut done, &mut found);
        }
        for (circle, span) in found {
            self.p.error(
                "nmodl-recursion",
                format!("a routine calls itself: {circle}"),
                span,
                "this call closes the circle",
                "write the repetitions out; a step has no recursion",
            );
        }
    }

    fn currents(&mut self) {
        let wanted = match self.p.role {
            Role::Point => Unit::parse("nA"),
            _ => Unit::parse("mA/cm2"),
        };
        let wanted = wanted.unwrap_or(Unit::ONE);
        for (name, _) in self.p.currents.clone() {
            if self.p.is_whole() {
                self.p.error(
                    "nmodl-current",
                    format!("{} has no membrane for the current `{}`", self.p.kind(), name.text),
                    name.span,
                    "no current was expected",
                    "remove it, or describe a POINT_PROCESS",
                );
                continue;
            }
            let Some(symbol) = self.p.symbol(&name.text).cloned() else { continue };
            if symbol.what != What::Assigned {
                self.p.error(
                    "nmodl-current",
                    format!("current `{}` is not an ASSIGNED variable", name.text),
                    symbol.span,
                    "a name in ASSIGNED was expected",
                    "move it into ASSIGNED",
                );
            } else if let Some(u) = symbol.unit
                && !crate::units::agree(u, wanted)
            {
                let hint = factor(u, wanted).map_or_else(
                    || format!("declare it in ({})", show(wanted)),
                    |f| format!("declare it in ({}); the factor is {}", show(wanted), super::round(f)),
                );
                self.p.error(
                    "nmodl-unit",
                    format!("current `{}` is in {}, not in {}", name.text, show(u), show(wanted)),
                    symbol.span,
                    format!("({}) was expected", show(wanted)),
                    hint,
                );
            }
            if !self.written.contains_key(&name.text) {
                self.p.error(
                    "nmodl-current",
                    format!("current `{}` never gets a value", name.text),
                    name.span,
                    format!("`{} = ...` was expected in BREAKPOINT", name.text),
                    "assign it, or remove it from NEURON",
                );
            }
        }
    }

    fn states(&mut self) {
        let order = self.p.order.clone();
        for name in &order {
            let Some(s) = self.p.symbol(name).cloned() else { continue };
            if s.what != What::State {
                continue;
            }
            let equation = self.written.get(&format!("{name}'"));
            let assigned = self.written.get(name).is_some_and(|w| w.iter().any(|(place, _)| *place != Place::Initial));
            if equation.is_none() && !assigned && !self.p.is_of_connection(name) {
                let d = Diagnostic::warning("nmodl-state", format!("state `{name}` has no equation"))
                    .at(self.p.source, s.span, format!("`{name}' = ...` was expected in DERIVATIVE"))
                    .hint("it keeps its first value; a PARAMETER or an ASSIGNED variable would do");
                self.p.problems.push(d);
            }
        }
        let mut blocks: Vec<_> = self.p.derivatives.values().copied().collect();
        blocks.sort_by_key(|r| r.name.span.start);
        for r in blocks {
            if !self.solved.contains(&r.name.text) {
                let d = Diagnostic::warning("nmodl-unused", format!("DERIVATIVE `{}` is never solved", r.name.text))
                    .at(self.p.source, r.name.span, "its equations have no effect")
                    .hint(format!("add `SOLVE {} METHOD cnexp` to BREAKPOINT", r.name.text));
                self.p.problems.push(d);
            }
        }
    }

    fn unused(&mut self) {
        let from_interface: HashSet<String> =
            self.p.interface.iter().flat_map(|(items, _)| items.iter()).filter_map(crate::interface::named).collect();
        for name in &self.p.order {
            let Some(s) = self.p.symbol(name) else { continue };
            if BUILTIN.iter().any(|b| b.0 == name) || self.read.contains(name) || from_interface.contains(name) {
                continue;
            }
            let written = self.written.contains_key(name) || self.written.contains_key(&format!("{name}'"));
            let (message, hint) = match s.what {
                What::Parameter => (format!("parameter `{name}` is never used"), "remove it, or use it"),
                What::Assigned if !written && !self.p.ion_reads.contains(name) && !self.p.currents.iter().any(|(c, _)| c.text == *name) => {
                    (format!("variable `{name}` is never used"), "remove it, or use it")
                }
                _ => continue,
            };
            let d = Diagnostic::warning("nmodl-unused", message).at(self.p.source, s.span, "declared here").hint(hint);
            self.p.problems.push(d);
        }
    }

    /// What NEURON's mechanism of the space outside of a cell would give, and nothing here does: its own name, pointers to what it has, an
    /// ion of its name, variables of its names that nobody assigns.
    fn outside(&mut self) {
        let of_it = |name: &str| OF_THE_OUTSIDE.contains(&name);
        let mut asked: Vec<(String, Span)> = Vec::new();
        for block in &self.p.file.blocks {
            let crate::ast::BlockKind::Neuron(items) = &block.kind else { continue };
            for item in items {
                let names: Vec<&crate::ast::Name> = match item {
                    crate::ast::NeuronItem::Kind(_, name) | crate::ast::NeuronItem::Ion { ion: name, .. } => vec![name],
                    crate::ast::NeuronItem::Pointer(names) => names.iter().collect(),
                    _ => vec![],
                };
                asked.extend(names.into_iter().filter(|n| of_it(&n.text)).map(|n| (n.text.clone(), n.span)));
            }
        }
        for name in OF_THE_OUTSIDE {
            let Some(s) = self.p.symbol(name).filter(|s| s.what == What::Assigned) else { continue };
            let current = self.p.currents.iter().any(|(c, _)| c.text == name);
            if self.read.contains(name) && !self.written.contains_key(name) && !current && !asked.iter().any(|a| a.0 == name) {
                asked.push((name.into(), s.span));
            }
        }
        for (name, span) in asked {
            let message = format!("`{name}` is of NEURON's space outside of a cell, which is not there");
            self.p.error("nmodl-extracellular", message, span, "asks for what is outside", INSTEAD_OF_THE_OUTSIDE);
        }
    }

    /// RANGE and GLOBAL must name something.
    fn names_of_neuron(&mut self) {
        let file = self.p.file;
        for block in &file.blocks {
            if let crate::ast::BlockKind::Neuron(items) = &block.kind {
                for item in items {
                    if let crate::ast::NeuronItem::Range(names) | crate::ast::NeuronItem::Global(names) = item {
                        for n in names {
                            if self.p.symbol(&n.text).is_none()
                                && !self.p.arrays.contains_key(&n.text)
                                && !self.p.functions.contains_key(n.text.as_str())
                            {
                                let before = self.p.problems.len();
                                self.unknown(&n.text, n.span, false);
                                // NEURON lets such a name stand for nothing.
                                self.p.problems[before..].iter_mut().for_each(|d| d.severity = homolog_base::Severity::Warning);
                            }
                        }
                    }
                }
            }
        }
    }
}
