//! Units of expressions. None stands for what has no unit declared: it fits anything.

use super::functions::{LATER, NAMES, Rule};
use super::{Checker, unit_hint};
use crate::ast::{Expression, ExpressionKind, Name, Operator, Routine};
use crate::program::{What, element};
use crate::units::{agree, show};
use homolog_base::{Diagnostic, Span, Unit};

impl Checker<'_, '_> {
    pub(super) fn unit_of(&mut self, e: &Expression) -> Option<Unit> {
        match &e.kind {
            ExpressionKind::Number(_, unit) => unit.as_ref().and_then(|u| self.p.unit(u)),
            ExpressionKind::Name(name) => self.unit_of_name(name, e.span),
            ExpressionKind::Element(name, index) => {
                self.unit_of(index);
                if !self.is_array(name) {
                    return None;
                }
                let n = self.p.arrays.get(&name.text).copied().unwrap_or(0);
                self.read.extend((0..n).map(|k| element(&name.text, k)));
                self.p.symbol(&element(&name.text, 0)).and_then(|s| s.unit)
            }
            ExpressionKind::Call(name, arguments) => self.unit_of_call(name, arguments, e.span, false),
            ExpressionKind::Negative(x) => self.unit_of(x),
            ExpressionKind::Not(x) => {
                self.unit_of(x);
                None
            }
            ExpressionKind::Binary(op, a, b) => self.unit_of_binary(*op, a, b, e.span),
        }
    }

    fn unit_of_name(&mut self, name: &str, span: Span) -> Option<Unit> {
        if let Some(l) = self.scopes.iter_mut().rev().find_map(|s| s.get_mut(name)) {
            l.read = true;
            return l.unit;
        }
        match self.p.symbol(name).cloned() {
            Some(s) => {
                self.read.insert(name.to_string());
                s.unit
            }
            None if name == "flag" && self.place == super::Place::Receive => None,
            None => {
                if self.p.functions.contains_key(name) || NAMES.iter().any(|f| f.0 == name) {
                    self.p.error(
                        "nmodl-unknown-name",
                        format!("`{name}` is a function, not a variable"),
                        span,
                        format!("`{name}(...)` was expected"),
                        "add its arguments in parentheses",
                    );
                } else {
                    self.unknown(name, span, false);
                }
                None
            }
        }
    }

    fn unit_of_binary(&mut self, op: Operator, a: &Expression, b: &Expression, span: Span) -> Option<Unit> {
        let (x, y) = (self.unit_of(a), self.unit_of(b));
        match op {
            Operator::And | Operator::Or => None,
            Operator::Multiply => Some(x? * y?),
            Operator::Divide => {
                self.divisor(b);
                Some(x? / y?)
            }
            Operator::Power => {
                self.pure(y, b, "an exponent");
                self.power(x, a, b)
            }
            Operator::Add | Operator::Subtract => {
                self.same(x, y, a, b, span, if op == Operator::Add { "added" } else { "subtracted" });
                x.or(y)
            }
            _ => {
                self.same(x, y, a, b, span, "compared");
                None
            }
        }
    }

    fn same(&mut self, x: Option<Unit>, y: Option<Unit>, a: &Expression, b: &Expression, span: Span, verb: &str) {
        let (Some(x), Some(y)) = (x, y) else { return };
        if agree(x, y) || self.is_unchecked(span) {
            return;
        }
        let d = Diagnostic::error("nmodl-unit", format!("{} and {} cannot be {verb}", show(x), show(y)))
            .at(self.p.source, b.span, format!("this is in {}", show(y)))
            .at(self.p.source, a.span, format!("this is in {}", show(x)))
            .hint(unit_hint(y, x));
        self.p.problems.push(d);
    }

    fn pure(&mut self, u: Option<Unit>, e: &Expression, what: &str) {
        let Some(u) = u else { return };
        if agree(u, Unit::ONE) || self.is_unchecked(e.span) {
            return;
        }
        let d = Diagnostic::error("nmodl-unit", format!("{what} must be a pure number, not {}", show(u)))
            .at(self.p.source, e.span, format!("this is in {}", show(u)))
            .hint(if u.is_dimensionless() { unit_hint(u, Unit::ONE) } else { format!("divide by a scale in {}", show(u)) });
        self.p.problems.push(d);
    }

    fn power(&mut self, x: Option<Unit>, a: &Expression, b: &Expression) -> Option<Unit> {
        let x = x?;
        if agree(x, Unit::ONE) {
            return Some(Unit::ONE);
        }
        match b.kind {
            ExpressionKind::Number(p, _) if p.fract() == 0.0 && p.abs() <= 12.0 => Some(x.powi(p as i8)),
            ExpressionKind::Number(0.5, _) => x.sqrt(),
            _ => {
                if !self.is_unchecked(a.span) {
                    let d = Diagnostic::error("nmodl-unit", format!("a quantity in {} can only be raised to a whole number", show(x)))
                        .at(self.p.source, b.span, "a whole number was expected")
                        .at(self.p.source, a.span, format!("this is in {}", show(x)))
                        .hint(format!("divide by a scale in {} first", show(x)));
                    self.p.problems.push(d);
                }
                None
            }
        }
    }

    /// A parameter that something is divided by must not be zero.
    fn divisor(&mut self, e: &Expression) {
        let ExpressionKind::Name(name) = &e.kind else { return };
        if self.scopes.iter().any(|s| s.contains_key(name)) {
            return;
        }
        let Some(s) = self.p.symbol(name).cloned() else { return };
        let zero = match s.what {
            What::Parameter => s.default == 0.0,
            What::Constant(x) => x == 0.0,
            _ => return,
        };
        if zero {
            self.p.error(
                "nmodl-zero",
                format!("this divides by `{name}`, which is 0"),
                e.span,
                "a number other than 0 was expected",
                "give it another default",
            );
        } else if let Some((low, high)) = s.limits
            && low <= 0.0
            && high >= 0.0
            && !self.p.problems.iter().any(|d| d.code == "nmodl-zero" && d.labels.get(1).is_some_and(|l| l.0 == s.span))
        {
            let is_time = s.unit.is_some_and(|u| u.same_dimension(&crate::units::ms()));
            let what = if is_time { "a time constant" } else { "a divisor" };
            let d = Diagnostic::warning("nmodl-zero", format!("the limits of `{name}` allow 0, but this divides by it"))
                .at(self.p.source, e.span, format!("{what} above 0 was expected"))
                .at(self.p.source, s.span, "its limits are declared here")
                .hint(format!("raise the lower limit, such as <1e-9, {high}>"));
            self.p.problems.push(d);
        }
    }

    pub(super) fn unit_of_call(&mut self, name: &Name, arguments: &[Expression], span: Span, statement: bool) -> Option<Unit> {
        if let Some(r) = self.p.functions.get(name.text.as_str()).copied() {
            self.note_call(name);
            self.check_arguments(name, r, arguments);
            return r.unit.as_ref().and_then(|u| self.p.units.read(&u.text).ok());
        }
        if let Some(r) = self.p.tables.get(name.text.as_str()).map(|t| t.0) {
            self.check_arguments(name, r, arguments);
            return r.unit.as_ref().and_then(|u| self.p.units.read(&u.text).ok());
        }
        if let Some(unit) = self.random_call(name, arguments) {
            return unit;
        }
        let units: Vec<Option<Unit>> = arguments.iter().map(|a| self.unit_of(a)).collect();
        if self.p.procedures.contains_key(name.text.as_str()) {
            self.p.error(
                "nmodl-unknown-name",
                format!("`{}` is a procedure, so it has no value", name.text),
                name.span,
                "a function was expected",
                "write FUNCTION instead of PROCEDURE, or call it as a statement",
            );
            return None;
        }
        if LATER.contains(&name.text.as_str()) {
            self.p.not_yet(&name.text, name.span, "remove it if the mechanism does without");
            return None;
        }
        let Some((_, arity, rule)) = NAMES.iter().find(|f| f.0 == name.text) else {
            if name.text == "abs" {
                self.p.error(
                    "nmodl-unknown-name",
                    "there is no function `abs`",
                    name.span,
                    "the name of a function was expected",
                    "did you mean `fabs`?",
                );
            } else {
                self.unknown(&name.text, name.span, true);
            }
            return None;
        };
        if arguments.len() != *arity {
            self.arity(name, *arity, arguments.len(), None);
            return None;
        }
        if statement && name.text != "at_time" {
            self.p.error(
                "nmodl-syntax",
                format!("the value of `{}` is not used", name.text),
                span,
                "a procedure was expected",
                "assign the value to a variable",
            );
        }
        match rule {
            Rule::Pure => {
                self.pure(units[0], &arguments[0], &format!("the argument of `{}`", name.text));
                Some(Unit::ONE)
            }
            Rule::Any => None,
            Rule::Same => {
                if let [x, y] = units[..] {
                    self.same(x, y, &arguments[0], &arguments[1], span, "compared");
                    return x.or(y);
                }
                units[0]
            }
            Rule::Root => {
                let u = units[0]?;
                if u.sqrt().is_none() && !self.is_unchecked(span) {
                    let d = Diagnostic::error("nmodl-unit", format!("{} has no square root", show(u)))
                        .at(self.p.source, arguments[0].span, format!("this is in {}", show(u)))
                        .hint(format!("divide by a scale in {} first", show(u)));
                    self.p.problems.push(d);
                }
                u.sqrt()
            }
            Rule::Power => {
                self.pure(units[1], &arguments[1], "an exponent");
                self.power(units[0], &arguments[0], &arguments[1])
            }
        }
    }

    pub(super) fn arity(&mut self, name: &Name, wanted: usize, given: usize, declared: Option<Span>) {
        let plural = if wanted == 1 { "argument" } else { "arguments" };
        let mut d = Diagnostic::error("nmodl-arity", format!("`{}` takes {wanted} {plural}, not {given}", name.text)).at(
            self.p.source,
            name.span,
            format!("{wanted} {plural} expected"),
        );
        if let Some(s) = declared {
            d = d.at(self.p.source, s, "declared here");
        }
        self.p.problems.push(d.hint(if given < wanted { "add what is missing" } else { "remove what is too much" }));
    }

    pub(super) fn check_arguments(&mut self, name: &Name, r: &Routine, arguments: &[Expression]) {
        let units: Vec<Option<Unit>> = arguments.iter().map(|a| self.unit_of(a)).collect();
        if arguments.len() != r.arguments.len() {
            self.arity(name, r.arguments.len(), arguments.len(), Some(r.name.span));
            return;
        }
        for (((argument, text), given), e) in r.arguments.iter().zip(units).zip(arguments) {
            let wanted = text.as_ref().and_then(|u| self.p.units.read(&u.text).ok());
            let (Some(w), Some(g)) = (wanted, given) else { continue };
            if agree(w, g) || self.is_unchecked(e.span) {
                continue;
            }
            let d = Diagnostic::error(
                "nmodl-unit",
                format!("argument `{}` of `{}` is in {}, but {} is given", argument.text, name.text, show(w), show(g)),
            )
            .at(self.p.source, e.span, format!("this is in {}", show(g)))
            .at(self.p.source, argument.span, format!("{} was expected", show(w)))
            .hint(unit_hint(g, w));
            self.p.problems.push(d);
        }
    }
}
