//! Laws of C, of reactions and of arrays.

use super::{Checker, Local};
use crate::ast::{Name, Species, Statement};
use homolog_base::{Diagnostic, Span};

impl Checker<'_, '_> {
    /// Statements of C: what is wrong in them is that they are C.
    pub(super) fn c(&mut self, span: Span, body: &[Statement]) {
        let before = self.p.problems.len();
        self.statements(body.iter(), false);
        let wrong = self.p.problems[before..].iter().any(|d| d.severity == homolog_base::Severity::Error);
        if wrong {
            let first = self.p.problems[before].message.clone();
            self.p.problems.truncate(before);
            self.real_c(span, &first);
        }
    }

    /// C that is not understood.
    pub(super) fn real_c(&mut self, span: Span, what: &str) {
        let what: String = what.chars().take(60).collect();
        let keyword = Span::new(span.start, span.start + "VERBATIM".len());
        let d = Diagnostic::error("nmodl-verbatim", format!("this C is not understood: {what}"))
            .at(self.p.source, keyword, "assignments, branches or `return` were expected")
            .hint("write it in NMODL; C has neither derivatives nor units");
        self.p.problems.push(d);
    }

    pub(super) fn is_array(&mut self, name: &Name) -> bool {
        let first = crate::program::element(&name.text, 0);
        if self.scopes.iter().any(|s| s.contains_key(&first)) {
            for k in 0.. {
                let Some(l) = self.scopes.iter_mut().rev().find_map(|s| s.get_mut(&crate::program::element(&name.text, k))) else { break };
                l.read = true;
            }
            return true;
        }
        if self.p.arrays.contains_key(&name.text) {
            return true;
        }
        if self.p.symbol(&name.text).is_some() {
            self.p.error(
                "nmodl-array",
                format!("`{}` is no array", name.text),
                name.span,
                "the name of an array was expected",
                format!("declare it as `{}[n]`", name.text),
            );
        } else {
            self.unknown(&name.text, name.span, false);
        }
        false
    }

    pub(super) fn species(&mut self, s: &Species) {
        if let Some(i) = &s.index {
            self.unit_of(i);
            self.is_array(&s.name);
        } else if self.p.symbol(&s.name.text).is_none() && !self.p.arrays.contains_key(&s.name.text) {
            self.unknown(&s.name.text, s.name.span, false);
        }
        let n = self.p.arrays.get(&s.name.text).copied();
        let names: Vec<String> = match n {
            Some(n) => (0..n).map(|k| crate::program::element(&s.name.text, k)).collect(),
            None => vec![s.name.text.clone()],
        };
        for n in names {
            self.written.entry(format!("{n}'")).or_default().push((self.place, s.name.span));
            self.read.insert(n);
        }
    }

    /// `f_flux` and `b_flux` are the two directions of the reaction before.
    pub(super) fn flux_names(&mut self, span: Span) {
        if let Some(scope) = self.scopes.first_mut() {
            for n in ["f_flux", "b_flux"] {
                scope.insert(n.to_string(), Local { unit: None, span, read: true, argument: false, strict: false });
            }
        }
    }
}
