//! What an ASSIGNED variable is, from how it is used.
//!
//! - Read and never assigned: it comes from outside (a port).
//! - Always assigned before it is read: it is temporary.
//! - Assigned in INITIAL alone, from parameters: it is computed again wherever it is read.
//! - Otherwise its value outlives a step: it is kept like a state.

use super::run::Run;
use super::{Phase, Segment};
use crate::program::{Program, What};
use homolog_base::Diagnostic;
use homolog_ir::Op;
use std::collections::BTreeSet;

/// The variables whose role is not temporary and not a port.
#[derive(Clone, Default, Debug)]
pub(crate) struct Roles {
    /// Computed again from INITIAL.
    pub again: BTreeSet<String>,
    /// Kept like states.
    pub kept: BTreeSet<String>,
    /// Assigned somewhere, so that they begin with a value of their own.
    pub own: BTreeSet<String>,
}

/// What one root of the program reads before it assigns, and what it assigns.
#[derive(Default, Debug)]
struct Use {
    exposed: BTreeSet<String>,
    written: BTreeSet<String>,
}

/// Finds the role of every variable of a channel or a point, whose step has phases: INITIAL once; then, again and again,
/// the currents (BREAKPOINT without SOLVE) and the states (every SOLVE; and BREAKPOINT where there is no current). What a
/// phase reads before it has assigned it, another one has left there.
pub(crate) fn find_in_phases(p: &mut Program<'_>) -> Roles {
    loop {
        let none = Roles::default();
        let mut fixed = BTreeSet::new();
        let mut uses: Vec<Use> = Vec::new();
        let mut counts = BTreeSet::new();
        for phase in [Phase::Initial, Phase::Currents, Phase::States, Phase::Events] {
            let mut r = Run::new(p, &none, "roles".into());
            r.phase(phase);
            if phase == Phase::Initial {
                fixed.extend(r.globals.iter().filter(|(_, v)| from_parameters(p, &r, **v)).map(|(n, _)| n.clone()));
            }
            counts.extend(std::mem::take(&mut r.counts).into_keys());
            uses.push(Use { exposed: r.exposed, written: r.written });
        }
        if !counts.is_empty() {
            p.counting_parameters(&counts);
            continue;
        }
        let initial = &uses[0];
        let in_run = |pick: fn(&Use) -> &BTreeSet<String>, name: &str| uses[1..].iter().any(|u| pick(u).contains(name));
        let mut roles = Roles::default();
        let mut assigned = Vec::new();
        for name in &p.order {
            let Some(what) = p.symbol(name).map(|s| s.what) else { continue };
            let (exposed, written) = (in_run(|u| &u.exposed, name), in_run(|u| &u.written, name));
            if what == What::Parameter {
                if written || initial.written.contains(name) && !fixed.contains(name) {
                    assigned.push(name.clone());
                } else if initial.written.contains(name) {
                    roles.again.insert(name.clone());
                }
                continue;
            }
            if what != What::Assigned {
                continue;
            }
            if written || initial.written.contains(name) {
                roles.own.insert(name.clone());
            }
            let shared = p.shared.contains(name);
            if shared && roles.own.contains(name) {
                roles.kept.insert(name.clone());
            } else if !exposed || p.ion_reads.contains(name) {
                // Temporary, or it comes from the ion.
            } else if written {
                roles.kept.insert(name.clone());
            } else if initial.written.contains(name) {
                let role = if fixed.contains(name) && !initial.exposed.contains(name) { &mut roles.again } else { &mut roles.kept };
                role.insert(name.clone());
            }
        }
        if assigned.is_empty() {
            return roles;
        }
        p.assigned_parameters(&assigned);
    }
}

/// Finds the role of every variable of a whole neuron.
pub(crate) fn find(p: &mut Program<'_>, segments: &[Segment]) -> Roles {
    let none = Roles::default();
    let mut initial = Use::default();
    let mut fixed = BTreeSet::new();
    {
        let mut r = Run::new(p, &none, "roles".into());
        r.initial = true;
        r.keep_states = true;
        r.enter();
        for s in p.initial.clone() {
            r.statement(s);
        }
        for (name, v) in &r.globals {
            if from_parameters(p, &r, *v) {
                fixed.insert(name.clone());
            }
        }
        initial.exposed = r.exposed;
        initial.written = r.written;
    }
    let mut breakpoint = Use::default();
    let mut by_statement: BTreeSet<String> = BTreeSet::new();
    {
        let mut r = Run::new(p, &none, "roles".into());
        r.enter();
        for s in segments {
            r.segment(*s);
            if let Segment::Statements(..) = s {
                by_statement.extend(r.written.iter().cloned());
            }
        }
        breakpoint.exposed = r.exposed;
        breakpoint.written = r.written;
    }
    let mut event = Use::default();
    {
        let mut r = Run::new(p, &none, "roles".into());
        r.keep_states = true;
        r.enter();
        if let Some(routine) = p.receive {
            r.connect(routine);
            r.receive(routine);
        }
        event.exposed.extend(std::mem::take(&mut r.exposed));
        event.written.extend(std::mem::take(&mut r.written));
        r.globals.clear();
        r.enter();
        if let Some((condition, body, _)) = p.spike {
            r.number_or_truth(condition);
            for s in body {
                r.statement(s);
            }
        }
        r.globals.clear();
        r.enter();
        p.post.iter().flat_map(|(body, _)| body.iter()).for_each(|s| r.statement(s));
        event.exposed.extend(r.exposed);
        event.written.extend(r.written);
    }
    let mut roles = Roles::default();
    let mut missing = Vec::new();
    for name in &p.order {
        // A parameter that INITIAL corrects is the corrected one everywhere else.
        if p.symbol(name).is_some_and(|s| s.what == What::Parameter) && initial.written.contains(name) {
            if fixed.contains(name) {
                roles.again.insert(name.clone());
            } else {
                missing.push(name.clone());
            }
            continue;
        }
        if p.symbol(name).is_none_or(|s| s.what != What::Assigned) {
            continue;
        }
        if event.written.contains(name) && p.transmits.is_none_or(|t| t.text != *name) {
            roles.kept.insert(name.clone());
            continue;
        }
        let exposed = breakpoint.exposed.contains(name) || event.exposed.contains(name) || initial.exposed.contains(name);
        if !exposed {
            continue;
        }
        if breakpoint.written.contains(name) {
            if by_statement.contains(name) {
                roles.kept.insert(name.clone());
            } else {
                missing.push(name.clone());
            }
        } else if initial.written.contains(name) {
            if fixed.contains(name) && !initial.exposed.contains(name) {
                roles.again.insert(name.clone());
            } else {
                roles.kept.insert(name.clone());
            }
        }
    }
    for name in missing {
        let Some(span) = p.symbol(&name).map(|s| s.span) else { continue };
        let (why, hint) = if p.symbol(&name).is_some_and(|s| s.what == What::Parameter) {
            ("is a parameter that INITIAL computes from more than parameters", "use an ASSIGNED variable of another name")
        } else {
            (
                "is read where only DERIVATIVE has given it a value, in the step before",
                "compute it where it is read, by calling the procedure that assigns it",
            )
        };
        let d = Diagnostic::error("nmodl-not-yet", format!("`{name}` {why}; that has no meaning in Homolog yet"))
            .at(p.source, span, "declared here")
            .hint(hint);
        p.problems.push(d);
    }
    roles
}

/// True when a value follows from parameters and what never changes in a run.
fn from_parameters(p: &Program<'_>, r: &Run<'_, '_>, v: homolog_ir::Value) -> bool {
    let kernel = r.b.kernel();
    let mut stack = vec![v];
    let mut seen = vec![false; kernel.body.len()];
    while let Some(v) = stack.pop() {
        if std::mem::replace(&mut seen[v.index()], true) {
            continue;
        }
        if let Op::Input(i) = kernel.body[v.index()] {
            let name = kernel.inputs[i as usize].name.as_str();
            let constant = ["celsius", "diam", "area"].contains(&name) || p.symbol(name).is_some_and(|s| s.what == What::Parameter);
            if !constant {
                return false;
            }
        }
        kernel.body[v.index()].for_each_operand(|o| stack.push(o));
    }
    true
}
