//! LONGITUDINAL_DIFFUSION: where it may stand, of what, in which units, and beside which laws.

use super::{Checker, Local};
use crate::ast::{Expression, Name, Species, Statement, StatementKind};
use crate::program::System;
use crate::units::{agree, ms, show};
use homolog_base::{Diagnostic, Span, Unit};
use homolog_ir::Role;
use std::collections::HashMap;

impl Checker<'_, '_> {
    /// Names the index of COMPARTMENT and LONGITUDINAL_DIFFUSION while an expression is looked at.
    pub(super) fn unit_with_index(&mut self, index: Option<&Name>, e: &Expression) -> Option<Unit> {
        let local = |n: &Name| (n.text.clone(), Local { unit: None, span: n.span, read: true, argument: false, strict: false });
        self.scopes.push(index.map(local).into_iter().collect::<HashMap<_, _>>());
        let unit = self.unit_of(e);
        self.close_scope();
        unit
    }

    /// A law of CONSERVE holds in every compartment by itself, after every step: of what diffuses it takes back what moved.
    pub(super) fn conserved(&mut self, sum: &[Species]) {
        let Some(routine) = self.routine else { return };
        let diffuses = |state: &str| {
            let named = |s: &StatementKind| matches!(s, StatementKind::Diffusion { states, .. } if names(states, state)).then_some(());
            find(&routine.body, &named).is_some()
        };
        if let Some(s) = sum.iter().find(|s| diffuses(&s.name.text)) {
            let name = &s.name.text;
            let d = Diagnostic::warning("nmodl-diffusion", format!("`{name}` diffuses, and CONSERVE undoes that"))
                .at(self.p.source, s.name.span, "its sum with others is set anew in every compartment after every step")
                .hint("remove CONSERVE: reactions keep what they do not make, and diffusion moves it");
            self.p.problems.push(d);
        }
    }

    pub(super) fn diffusion(&mut self, at: Span, index: Option<&Name>, flow: &Expression, states: &[Name]) {
        let given = self.unit_with_index(index, flow);
        let Some(routine) = self.routine.filter(|r| self.p.systems.get(r.name.text.as_str()).is_some_and(|s| s.1 == System::Kinetic))
        else {
            let message = "LONGITUDINAL_DIFFUSION stands outside of KINETIC";
            self.p.error("nmodl-diffusion", message, at, "not here", "move it into the KINETIC block, beside COMPARTMENT");
            return;
        };
        if self.p.role != Role::Channel {
            let message = "what is at one place cannot diffuse along branches";
            self.p.error("nmodl-diffusion", message, at, "only in a mechanism of the membrane", "describe it as a SUFFIX");
            return;
        }
        for n in states {
            let element = crate::program::element(&n.text, 0);
            let name = if self.p.arrays.contains_key(&n.text) { element.as_str() } else { n.text.as_str() };
            match self.p.symbol(name).map(|s| s.what) {
                None => {
                    self.unknown(&n.text, n.span, false);
                    continue;
                }
                Some(crate::program::What::State) => {}
                Some(_) => {
                    let message = format!("`{}` is no STATE, so it cannot diffuse", n.text);
                    self.p.error("nmodl-diffusion", message, n.span, "the name of a STATE was expected", "declare it in STATE");
                    continue;
                }
            }
            let Some((volume_index, volume)) = volume(&routine.body, &n.text) else {
                let message = format!("`{}` diffuses, but the volume that it is in is not said", n.text);
                let hint = format!("add `COMPARTMENT volume {{ {} }}`, in um2: the volume per length of the branch", n.text);
                self.p.error("nmodl-diffusion", message, n.span, "no COMPARTMENT names it", hint);
                continue;
            };
            // What is wrong in it is said where it stands.
            let said = self.p.problems.len();
            let of_volume = self.unit_with_index(volume_index, volume);
            self.p.problems.truncate(said);
            let (Some(flow_unit), Some(volume_unit)) = (given, of_volume) else { continue };
            let wanted = Unit::parse("um2").expect("a unit") / ms();
            let given = flow_unit / volume_unit;
            if !agree(given, wanted) && !self.is_unchecked(at) {
                let text = format!("over its volume `{}` diffuses with {}, not with {}", n.text, show(given), show(wanted));
                let d = Diagnostic::warning("nmodl-unit", text)
                    .at(self.p.source, flow.span, "a diffusion constant times a cross section was expected")
                    .hint("the constant in um2/ms, and a cross section in the unit of COMPARTMENT, the volume per length");
                self.p.problems.push(d);
            }
        }
    }
}

/// The volume that COMPARTMENT gives a state.
fn volume<'b>(body: &'b [Statement], state: &str) -> Option<(Option<&'b Name>, &'b Expression)> {
    find(body, &|s| match s {
        StatementKind::Compartment { index, volume, states } if names(states, state) => Some((index.as_ref(), volume)),
        _ => None,
    })
}

fn names(states: &[Name], state: &str) -> bool {
    states.iter().any(|n| n.text == state)
}

/// The first statement of which something is so, in the order of the text, also in loops and branches.
fn find<'b, T>(body: &'b [Statement], so: &impl Fn(&'b StatementKind) -> Option<T>) -> Option<T> {
    body.iter().find_map(|s| {
        so(&s.kind).or_else(|| match &s.kind {
            StatementKind::Scope(body) | StatementKind::From { body, .. } | StatementKind::While(_, body) => find(body, so),
            StatementKind::If { then, otherwise, .. } => find(then, so).or_else(|| find(otherwise, so)),
            _ => None,
        })
    })
}
