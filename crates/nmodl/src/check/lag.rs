//! `LAG m BY tau`.

use super::Checker;
use crate::ast::Name;
use crate::program::{Symbol, What, lag_name};
use homolog_base::Diagnostic;

impl Checker<'_, '_> {
    /// Declares the variable that the statement makes.
    pub(super) fn lag(&mut self, of: &Name, by: &Name) {
        let what = |n: &Name| self.p.symbol(&n.text).map(|s| s.what);
        let wrong = [
            (of, what(of) == Some(What::State), "is no state", "a variable of STATE was expected"),
            (by, matches!(what(by), Some(What::Parameter | What::Constant(_))), "is no parameter", "a time in PARAMETER was expected"),
        ];
        let mut bad = false;
        for (name, _, why, label) in wrong.into_iter().filter(|w| !w.1) {
            bad = true;
            let d = Diagnostic::error("nmodl-lag", format!("`{}` {why}", name.text)).at(self.p.source, name.span, label);
            self.p.problems.push(d.hint("write LAG, a state, BY, and a parameter"));
        }
        if self.p.is_whole() {
            self.p.not_yet(&format!("LAG in {}", self.p.kind()), of.span, "keep the value in a state of its own");
        }
        self.read.extend([of.text.clone(), by.text.clone()]);
        let name = lag_name(&of.text, &by.text);
        if !bad && self.p.symbol(&name).is_none() {
            let unit = self.p.symbol(&of.text).and_then(|s| s.unit);
            let symbol = Symbol { what: What::Assigned, unit, span: of.span, default: 0.0, limits: None };
            self.p.symbols.insert(name.clone(), symbol);
            self.p.order.push(name);
        }
    }
}
