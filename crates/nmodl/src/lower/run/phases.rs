//! The parts of a step: phases of a channel or a point, segments of BREAKPOINT of a whole neuron.

use super::Run;
use crate::ast::{Statement, StatementKind};
use crate::lower::{Phase, Segment};
use homolog_ir::Op;

impl Run<'_, '_> {
    /// Marks what was computed from states that the part of BREAKPOINT just run has changed. A channel or a synapse
    /// computes its currents from one and the same states, wherever SOLVE stands, so only whole neurons have this.
    fn age(&mut self) {
        if !self.p.is_whole() {
            return;
        }
        let mut from_state: Vec<bool> = Vec::with_capacity(self.b.kernel().body.len());
        for op in &self.b.kernel().body {
            let mut yes = match op {
                Op::Input(i) => self.is_state(&self.b.kernel().inputs[*i as usize].name),
                _ => false,
            };
            op.for_each_operand(|o| yes |= from_state[o.index()]);
            from_state.push(yes);
        }
        let locals = self.frames.last().into_iter().flatten().flatten();
        let old: Vec<String> =
            self.globals.iter().chain(locals).filter(|(n, v)| from_state[v.index()] && !self.is_state(n)).map(|(n, _)| n.clone()).collect();
        self.stale.extend(old);
    }

    /// Runs a part of BREAKPOINT. A SOLVE is run for the variables it assigns and, in `primes`, for its equations.
    pub(crate) fn segment(&mut self, segment: Segment) {
        self.run_segment(segment);
        let solves = matches!(segment, Segment::Solve(_));
        if solves || self.state_dropped {
            self.age();
        }
        self.state_dropped = false;
    }

    fn run_segment(&mut self, segment: Segment) {
        match segment {
            Segment::Statements(from, to) => {
                let p = self.p;
                for s in &p.breakpoint[from..to] {
                    self.statement(s);
                }
            }
            Segment::Solve(at) => {
                if let StatementKind::Solve { block, .. } = &self.p.breakpoint[at].kind {
                    let name = block.text.as_str();
                    if let Some(r) = self.p.derivatives.get(name).or_else(|| self.p.procedures.get(name)).copied() {
                        self.call(r, Vec::new(), block.span);
                    }
                }
            }
        }
    }

    /// Runs one phase of a channel or a point.
    pub(crate) fn phase(&mut self, phase: Phase) {
        self.keep_states = true;
        self.initial = phase == Phase::Initial;
        self.enter();
        let p = self.p;
        let is_solve = |s: &&&Statement| matches!(s.kind, StatementKind::Solve { .. });
        match phase {
            Phase::Initial => p.initial.iter().for_each(|s| self.statement(s)),
            Phase::Currents if p.currents.is_empty() => p.before_currents.iter().for_each(|s| self.statement(s)),
            Phase::Currents => p.before_currents.iter().chain(&p.breakpoint).filter(|s| !is_solve(s)).for_each(|s| self.statement(s)),
            Phase::Assigned => p.breakpoint.iter().filter(|s| !is_solve(s)).for_each(|s| self.statement(s)),
            Phase::States => {
                p.breakpoint.iter().filter(is_solve).for_each(|s| self.statement(s));
                if p.currents.is_empty() {
                    p.breakpoint.iter().filter(|s| !is_solve(s)).for_each(|s| self.statement(s));
                }
                p.after_states.iter().for_each(|s| self.statement(s));
            }
            Phase::Events => {
                if let Some(routine) = p.receive {
                    self.connect(routine);
                    self.receive(routine);
                }
            }
        }
    }
}
