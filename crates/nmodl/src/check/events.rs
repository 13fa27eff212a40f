//! Events and random numbers: what belongs to NET_RECEIVE and to INITIAL.

use super::functions::RANDOM;
use super::{Checker, Local, Place};
use crate::ast::{Expression, ExpressionKind, Name, Operator, Statement};
use homolog_base::{Diagnostic, Span, Unit};
use std::collections::HashMap;

/// Calls that stand alone, and how many arguments they take.
const CALLS: [(&str, usize); 6] =
    [("net_send", 2), ("net_event", 1), ("net_move", 1), ("set_seed", 1), ("random_setseq", 2), ("random_setids", 4)];

impl Checker<'_, '_> {
    /// Checks `net_send(delay, flag)` and its like; true when it was one.
    pub(super) fn event_call(&mut self, name: &Name, arguments: &[Expression]) -> bool {
        let Some((_, arity)) = CALLS.iter().find(|c| c.0 == name.text) else { return false };
        if let (Some(first), true) = (arguments.first(), name.text.starts_with("random_")) {
            self.source_of_random(&first.kind, first.span);
            arguments[1..].iter().for_each(|a| {
                self.unit_of(a);
            });
        } else {
            let units: Vec<Option<Unit>> = arguments.iter().map(|a| self.unit_of(a)).collect();
            if name.text.starts_with("net_")
                && let (Some(given), Some(first)) = (units.first(), arguments.first())
            {
                self.same_unit(Some(crate::units::ms()), *given, first.span, first.span, first.span, "assigned");
            }
        }
        // Random123 takes one, two or three numbers.
        let fits = if name.text == "random_setids" { (2..=4).contains(&arguments.len()) } else { arguments.len() == *arity };
        if !fits {
            self.arity(name, *arity, arguments.len(), None);
        }
        if name.text == "set_seed" {
            self.p.random_state();
        }
        let here = match self.place {
            Place::Receive | Place::Procedure | Place::Function => true,
            Place::Initial => name.text == "net_send" || !name.text.starts_with("net_"),
            _ => !name.text.starts_with("net_"),
        };
        if !here {
            self.p.error(
                "nmodl-event",
                format!("`{}` cannot stand here", name.text),
                name.span,
                "NET_RECEIVE (for net_send also INITIAL) was expected around it",
                "move it there; a crossing is made an event by WATCH",
            );
        }
        true
    }

    /// Checks a function whose value is random; the unit of its value when it was one.
    pub(super) fn random_call(&mut self, name: &Name, arguments: &[Expression]) -> Option<Option<Unit>> {
        let (_, least, most) = RANDOM.iter().find(|f| f.0 == name.text)?;
        let of_source = name.text.starts_with("random_");
        let mut unit = None;
        for (k, a) in arguments.iter().enumerate() {
            if k == 0 && of_source {
                self.source_of_random(&a.kind, a.span);
            } else {
                unit = self.unit_of(a);
            }
        }
        if arguments.len() < *least || arguments.len() > *most {
            self.arity(name, *most, arguments.len(), None);
        }
        if !of_source {
            self.p.random_state();
        }
        Some(unit.filter(|_| !of_source || arguments.len() > 1))
    }

    fn source_of_random(&mut self, e: &ExpressionKind, span: Span) {
        let known = match e {
            ExpressionKind::Name(n) => self.p.randoms.contains(n),
            _ => false,
        };
        if !known {
            let names: Vec<String> = self.p.randoms.iter().cloned().collect();
            let text = self.text_of(span).to_string();
            let d = Diagnostic::error("nmodl-random", format!("`{text}` is not a source of random numbers"))
                .at(self.p.source, span, "a name of RANDOM was expected")
                .suggest(&text, names.iter().map(String::as_str));
            self.p.problems.push(d);
        }
    }

    pub(super) fn watch(&mut self, condition: &Expression, flag: &Expression) {
        self.unit_of(condition);
        self.unit_of(flag);
        if !matches!(
            condition.kind,
            ExpressionKind::Binary(Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual, ..)
        ) {
            self.p.error(
                "nmodl-event",
                "WATCH waits for a crossing, so its condition compares two numbers",
                condition.span,
                "`(v > threshold)` was expected",
                "write the variable, `>` or `<`, and its threshold",
            );
        }
    }

    pub(super) fn for_connections(&mut self, names: &[Name], body: &[Statement], span: Span) {
        let wanted = self.p.receive.map_or(0, |r| r.arguments.len());
        if names.len() != wanted {
            self.p.error(
                "nmodl-arity",
                format!("NET_RECEIVE has {wanted} arguments, and FOR_NETCONS names {}", names.len()),
                Span::new(span.start, span.start + "FOR_NETCONS".len()),
                "a name for each argument of NET_RECEIVE was expected",
                "name all of them, in their order",
            );
        }
        let local = |n: &Name| (n.text.clone(), Local { unit: None, span: n.span, read: true, argument: true, strict: false });
        self.scopes.push(names.iter().map(local).collect());
        self.scopes.push(HashMap::new());
        self.statements(body.iter(), false);
        self.close_scope();
        self.close_scope();
    }
}
