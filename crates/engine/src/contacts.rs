//! Contacts between compartments of different neurons, or of one: gap junctions.
//!
//! In a tick the potentials of both sides are read as they are at its beginning, before any group takes the tick; what the contact's
//! kernel makes of them is added to the equations of the compartments before these are solved. So groups in contact take one tick
//! after the other, each between its currents and its solution. In reverse the cotangents of the equations are read when the solution
//! has been pulled back, and those of the potentials are added when all groups have.

use crate::format::Format;
use crate::layout::Now;
use crate::plan::ContactPlan;
use crate::run::{Piece, Run};
use homolog_exec::{Action, Column, Loop, Program, run_ticks_in};
use homolog_ir::Kernel;
use homolog_ir::calculus::cotangent;
use homolog_model::model::{End, port};

/// Where the numbers of a contact lie, those of a side and sample one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ContactLayout {
    pub own: usize,
    pub other: usize,
    pub diagonal: usize,
    pub right: usize,
    /// Cotangents of these.
    pub d_own: usize,
    pub d_other: usize,
    pub d_diagonal: usize,
    pub d_right: usize,
    /// Sides times samples.
    pub numbers: usize,
}

impl ContactLayout {
    /// Takes memory from `at` on.
    pub fn take(at: &mut usize, numbers: usize, taped: bool, line: usize) -> ContactLayout {
        let mut take = |wanted: bool| {
            let here = *at;
            *at += if wanted { numbers.next_multiple_of(line) } else { 0 };
            here
        };
        ContactLayout {
            own: take(true),
            other: take(true),
            diagonal: take(true),
            right: take(true),
            d_own: take(taped),
            d_other: take(taped),
            d_diagonal: take(taped),
            d_right: take(taped),
            numbers,
        }
    }

    fn of(&self, name: &str) -> usize {
        match name {
            port::OWN => self.own,
            port::OTHER => self.other,
            port::DIAGONAL => self.diagonal,
            port::RIGHT => self.right,
            _ if name == cotangent(port::OWN) => self.d_own,
            _ if name == cotangent(port::OTHER) => self.d_other,
            _ if name == cotangent(port::DIAGONAL) => self.d_diagonal,
            _ => self.d_right,
        }
    }
}

impl<R: Format> Run<'_, R> {
    /// Indices of the contacts among the groups of a stage.
    pub fn contacts(&self, stage: &[usize]) -> Vec<usize> {
        let among = |c: &homolog_model::model::Contact| c.own.iter().any(|e| stage.contains(&e.group));
        (0..self.model.contacts.len()).filter(|k| among(&self.model.contacts[*k])).collect()
    }

    /// What contacts make of the potentials at the beginning of a tick.
    pub fn touch(&self, arena: &mut [R], contacts: &[usize], now: Now) {
        for &k in contacts {
            self.read_potentials(arena, k, now);
            let plan: &ContactPlan<R> = &self.plan.contacts[k];
            self.contact_kernel(arena, k, &plan.program, &self.model.contacts[k].kernel);
        }
    }

    fn read_potentials(&self, arena: &mut [R], k: usize, now: Now) {
        let (contact, l, batch) = (&self.model.contacts[k], &self.layout.contacts[k], self.layout.batch);
        for (ends, to) in [(&contact.own, l.own), (&contact.other, l.other)] {
            for (n, end) in ends.iter().enumerate() {
                let tree = self.plan.groups[end.group].tree.as_ref().expect("cells have a tree");
                let from = self.layout.variable(end.group, tree.potential, now.copy, now.t) + self.offset(end);
                arena.copy_within(from..from + batch, to + n * batch);
            }
        }
    }

    /// Where a side lies in a column of its group's potentials.
    fn offset(&self, end: &End) -> usize {
        end.place * self.of(end.group).site + end.copy * self.layout.batch
    }

    fn contact_kernel(&self, arena: &mut [R], k: usize, program: &Program<R>, kernel: &Kernel) {
        let l = &self.layout.contacts[k];
        let column = |name: &str| Column::still(l.of(name), l.numbers);
        let action = Action::Run {
            program,
            sites: 1,
            inputs: kernel.inputs.iter().map(|p| column(&p.name)).collect(),
            outputs: kernel.outputs.iter().map(|(p, _)| column(&p.name)).collect(),
        };
        let ticks = Loop { actions: vec![action], ticks: 0..1, reverse: false, lanes: l.numbers, tile: l.numbers.max(R::LINE) };
        run_ticks_in(self.isa, arena, &ticks, false, self.layout.scratch..self.layout.scratch);
    }

    /// Adds what contacts have made to the equations of a group.
    pub fn add_contacts(&self, arena: &mut [R], contacts: &[usize], g: usize) {
        let batch = self.layout.batch;
        let tree = self.plan.groups[g].tree.as_ref();
        for &k in contacts {
            let l = &self.layout.contacts[k];
            for (n, end) in self.model.contacts[k].own.iter().enumerate().filter(|(_, e)| e.group == g) {
                let tree = tree.expect("cells have a tree");
                for (work, from) in [(tree.diagonal, l.diagonal), (tree.right, l.right)] {
                    let to = self.of(g).work[work].at + self.offset(end);
                    for b in 0..batch {
                        let x = arena[from + n * batch + b];
                        arena[to + b] += x;
                    }
                }
            }
        }
    }

    /// One tick of the groups of a stage that are in contact.
    pub fn tick_in_contact(&self, arena: &mut [R], contacts: &[usize], g: usize, now: Now) {
        let rows = self.all(g);
        let mut actions = self.forward(g, now, Piece { t: now.t, turns: 1, ticks: 1 }, &rows);
        let solve = actions.iter().position(|a| matches!(a, Action::Solve { .. }));
        let after = actions.split_off(solve.unwrap_or(actions.len()));
        self.turns(arena, g, actions, 1, false, &rows);
        self.add_contacts(arena, contacts, g);
        self.turns(arena, g, after, 1, false, &rows);
    }

    /// One tick in reverse; of groups in contact to the cotangents of the equations, and on.
    pub fn untick(&self, arena: &mut [R], contacts: &[usize], g: usize, now: Now) {
        let rows = self.all(g);
        let mut actions = self.backward(g, now, Piece { t: now.t, turns: 1, ticks: 1 }, &rows);
        if contacts.is_empty() {
            return self.turns(arena, g, actions, 1, true, &rows);
        }
        // What diffuses was solved after the potential.
        let solve = actions.iter().rposition(|a| matches!(a, Action::Adjoint { .. }));
        let before = actions.split_off(solve.map_or(actions.len(), |k| k + 1));
        self.turns(arena, g, actions, 1, true, &rows);
        let batch = self.layout.batch;
        for &k in contacts {
            let l = &self.layout.contacts[k];
            for (n, end) in self.model.contacts[k].own.iter().enumerate().filter(|(_, e)| e.group == g) {
                let tree = self.plan.groups[g].tree.as_ref().expect("cells have a tree");
                for (work, to) in [(tree.diagonal, l.d_diagonal), (tree.right, l.d_right)] {
                    let from = self.of(g).d_work[work].at + self.offset(end);
                    arena.copy_within(from..from + batch, to + n * batch);
                }
            }
        }
        self.turns(arena, g, before, 1, true, &rows);
    }

    /// Before a tick is pulled back: nothing has been said of its equations.
    pub fn clear_contacts(&self, arena: &mut [R], contacts: &[usize]) {
        for &k in contacts {
            let l = &self.layout.contacts[k];
            for at in [l.d_diagonal, l.d_right] {
                arena[at..at + l.numbers].fill(R::default());
            }
        }
    }

    /// The cotangents of the potentials that contacts have read in a tick.
    pub fn untouch(&self, arena: &mut [R], contacts: &[usize], now: Now) {
        let batch = self.layout.batch;
        for &k in contacts {
            let plan: &ContactPlan<R> = &self.plan.contacts[k];
            let (contact, l) = (&self.model.contacts[k], &self.layout.contacts[k]);
            let Some(vjp) = &plan.vjp else { continue };
            self.read_potentials(arena, k, now);
            self.contact_kernel(arena, k, vjp, &contact.vjp);
            for (ends, from) in [(&contact.own, l.d_own), (&contact.other, l.d_other)] {
                let written = if from == l.d_own { port::OWN } else { port::OTHER };
                if !contact.vjp.outputs.iter().any(|(p, _)| p.name == cotangent(written)) {
                    continue;
                }
                for (n, end) in ends.iter().enumerate() {
                    let tree = self.plan.groups[end.group].tree.as_ref().expect("cells have a tree");
                    let to = self.of(end.group).d_variables[tree.potential].at + self.offset(end);
                    for b in 0..batch {
                        let x = arena[from + n * batch + b];
                        arena[to + b] += x;
                    }
                }
            }
        }
    }
}
