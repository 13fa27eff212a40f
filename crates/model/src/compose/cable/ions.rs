//! What the mechanisms of a zone see of its ions: reversal potentials, concentrations and the currents of all of them together.
//!
//! The potential of Nernst ([`homolog_ir::ions`]) holds where a mechanism of the zone reads or writes
//! a concentration of X, unless the cell's file gives `eX`. As in NEURON, mechanisms that write concentrations come first, `eX` is that
//! of the concentrations before them, and a current `iX` that is read is the sum of those of all mechanisms, mA/cm2.

use super::zones::Zone;
use super::{CableParts, Painted, unit};
use crate::compose::scope::Scope;
use crate::model::port;
use homolog_base::Unit;
use homolog_ir::{Builder, Ion, Kernel, Mechanism, Value};
use std::collections::BTreeMap;

/// The mechanisms of a zone, those that write concentrations first.
pub(super) fn in_order(painted: &[Painted], zone: &mut [usize]) {
    zone.sort_by_key(|k| painted[*k].mechanism.written_concentrations().next().is_none());
}

/// All mechanisms of a zone.
fn mechanisms<'p>(parts: &'p CableParts, zone: &Zone) -> Vec<&'p Mechanism> {
    let painted = zone.paints.iter().map(|k| parts.painted[*k].mechanism);
    let received = zone.receptors().filter_map(|k| parts.receptors[k].as_ref().map(|r| r.mechanism));
    painted.chain(received).collect()
}

/// Whether currents write it (in BREAKPOINT), and whether the step of states does.
fn written_by(m: &Mechanism, name: &str) -> [bool; 2] {
    let has = |k: &Kernel| k.outputs.iter().any(|(p, _)| p.name == name);
    [has(&m.breakpoint), m.step().is_ok_and(|k| has(&k))]
}

/// What cannot be: a concentration that two write, or one in two ways.
pub(super) fn problems(parts: &CableParts, zone: &Zone) -> Vec<String> {
    let mut writers: BTreeMap<String, Vec<&Mechanism>> = BTreeMap::new();
    for m in mechanisms(parts, zone) {
        m.written_concentrations().for_each(|n| writers.entry(n).or_default().push(m));
    }
    let mut out = Vec::new();
    for (name, by) in writers {
        match &by[..] {
            [one] if written_by(one, &name) == [true, true] => {
                out.push(format!("`{}` cannot be used here yet: both its currents and the step of its states write `{name}`", one.name))
            }
            [one, other, ..] => {
                out.push(format!("both `{}` and `{}` write `{name}` in `{}`: only one mechanism can", one.name, other.name, zone.name))
            }
            _ => {}
        }
    }
    out
}

/// When something is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// At the start of the run.
    Start,
    /// In the events and currents of a tick.
    Currents,
    /// When states advance.
    States,
    /// In the equations as they stand, at one time.
    Rates,
}

/// What the mechanisms of a zone see of its ions at a moment.
pub(super) struct Inside<'p> {
    known: BTreeMap<String, Value>,
    /// The ions that have the potential of Nernst here.
    nernst: Vec<(Ion, f64)>,
    /// Currents that are read here.
    wanted: Vec<String>,
    /// Concentrations that were written at this moment.
    written: Vec<String>,
    parts: &'p CableParts<'p>,
    moment: Moment,
}

impl<'p> Inside<'p> {
    pub fn new(b: &mut Builder, parts: &'p CableParts, zone: &Zone, moment: Moment) -> Self {
        let cell = parts.cell;
        let mut known: BTreeMap<String, Value> = BTreeMap::new();
        for (name, x) in cell.reversals.iter().chain(&cell.concentrations) {
            known.insert(name.clone(), b.constant(x.value));
        }
        let all = mechanisms(parts, zone);
        let mut here = Inside { known, nernst: vec![], wanted: vec![], written: vec![], parts, moment };
        for name in all.iter().flat_map(|m| m.written_concentrations()) {
            if moment == Moment::Start {
                continue;
            }
            let by_currents = all.iter().any(|m| m.written_concentrations().any(|n| n == name) && written_by(m, &name)[0]);
            let made = moment == Moment::States && by_currents;
            let value = b.input(&if made { port::next(&name) } else { name.clone() }, unit("mM"));
            here.known.insert(name, value);
        }
        for ion in all.iter().flat_map(|m| &m.ions) {
            let current = ion.current();
            if ion.reads.contains(&current) && !here.wanted.contains(&current) {
                let value = match moment {
                    Moment::States => b.input(&port::next(&current), unit("mA/cm2")),
                    _ => b.constant(0.0),
                };
                here.known.insert(current.clone(), value);
                here.wanted.push(current);
            }
            let reversal = ion.reversal();
            let given = cell.reversals.get(&reversal).is_some_and(|e| e.span.end > 0);
            let touches = |names: &[String]| ion.concentrations().iter().any(|c| names.contains(c));
            let known = here.nernst.iter().any(|(i, _)| i.name == ion.name);
            if !given && !known && (touches(&ion.reads) || touches(&ion.writes)) {
                let declared = all.iter().flat_map(|m| &m.ions).filter(|i| i.name == ion.name).find_map(|i| i.valence);
                if let Some(charge) = declared.or_else(|| homolog_ir::ions::charge(&ion.name)).filter(|z| *z != 0.0) {
                    here.nernst.push((ion.clone(), charge));
                }
            }
        }
        here.reversals(b);
        here
    }

    fn reversals(&mut self, b: &mut Builder) {
        let celsius = self.parts.cell.celsius.value;
        for (ion, charge) in &self.nernst {
            let [inside, outside] = ion.concentrations().map(|c| self.known.get(&c).copied());
            let (Some(inside), Some(outside)) = (inside, outside) else { continue };
            let ratio = b.div(outside, inside);
            let log = b.unary(homolog_ir::Unary::Ln, ratio);
            let scale = b.constant(homolog_ir::ions::nernst(celsius, *charge));
            let e = b.mul(scale, log);
            self.known.insert(ion.reversal(), e);
        }
    }

    /// Lets a mechanism see it.
    pub fn show(&self, s: &mut Scope) {
        for (name, value) in &self.known {
            s.known.entry(name.clone()).or_insert(*value);
        }
    }

    /// Lets a mechanism see what became of it since, its own variables apart.
    pub fn refresh(&self, s: &mut Scope) {
        for ion in &s.mechanism.ions {
            for name in ion.reads.iter().filter(|n| !ion.writes.contains(n)) {
                if let Some(value) = self.known.get(name) {
                    s.known.insert(name.clone(), *value);
                }
            }
        }
    }

    /// Takes over what a mechanism has made of concentrations with one of its kernels.
    pub fn take(&mut self, b: &mut Builder, s: &Scope, kernel: &Kernel) {
        let names: Vec<String> = s.mechanism.written_concentrations().collect();
        for name in names {
            let made = kernel.outputs.iter().any(|(p, _)| p.name == name) || self.moment == Moment::Start;
            if let Some(value) = s.known.get(&name).filter(|_| made) {
                self.known.insert(name.clone(), *value);
                if !self.written.contains(&name) {
                    self.written.push(name);
                }
            }
        }
        if matches!(self.moment, Moment::Start | Moment::Rates) {
            self.reversals(b);
        }
    }

    /// Adds the currents of a mechanism to those that are read here; `per_area` turns them into mA/cm2.
    pub fn add_currents(&mut self, b: &mut Builder, s: &Scope, per_area: Option<Value>) {
        for ion in &s.mechanism.ions {
            let name = ion.current();
            if !ion.writes.contains(&name) || !self.wanted.contains(&name) {
                continue;
            }
            let Some(i) = s.known.get(&name).copied() else { continue };
            let i = per_area.map_or(i, |k| b.mul(k, i));
            let sum = b.add(self.known[&name], i);
            self.known.insert(name, sum);
        }
    }

    /// Whether a current of an ion is read here.
    pub fn wants_currents(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// What the kernel of this moment leaves in the columns of the zone: name, unit, value.
    pub fn outcome(&self) -> Vec<(String, Unit, Value)> {
        let written = self.written.iter().map(|n| (n.clone(), unit("mM"), self.known[n]));
        let currents = self.wanted.iter().filter(|_| self.moment != Moment::States);
        written.chain(currents.map(|n| (n.clone(), unit("mA/cm2"), self.known[n]))).collect()
    }
}
