//! One mechanism alone in isolated compartments, per area: `(c/dt + g) Δv = -i`, then the states at the new potential. Backward Euler for
//! the potential, order 1. What a bench of a channel runs.

use super::scope::Scope;
use super::{CELSIUS, not_linear};
use homolog_base::Unit;
use homolog_ir::{Builder, Kernel, Mechanism, passes};

/// Specific capacitance, uF/cm2: the usual value, which the squid axon has too (Hodgkin & Huxley 1952, table 3).
const CAPACITANCE: f64 = 1.0;

/// The step over `dt` ms, with reversal potentials (mV) by the names that the mechanism reads. Inputs and outputs are `v` and the states.
///
/// # Errors
/// Equations that are not linear in their own state, and what the mechanism reads and nothing gives, one sentence each.
pub fn isolated(mechanism: &Mechanism, dt: f64, reversals: &[(&str, f64)]) -> Result<Kernel, Vec<String>> {
    let mv = Unit::parse("mV").expect("mV is a unit");
    let mut b = Builder::new(format!("{}.compartment", mechanism.name));
    let mut s = Scope::new(&mut b, mechanism, "", dt, CELSIUS, |b, p| b.constant(p.default));
    for (name, e) in reversals {
        let e = b.constant(*e);
        s.known.insert((*name).to_string(), e);
    }
    let v = b.input("v", mv);
    s.known.insert("v".into(), v);
    s.read_states(&mut b);
    let current = s.evaluate(&mut b, &mechanism.current_and_conductance());
    // uF/cm2 over ms in S/cm2.
    let inertia = b.constant(1e-3 * CAPACITANCE / dt);
    let total = b.add(inertia, current[1]);
    let drop = b.div(current[0], total);
    let v = b.sub(v, drop);
    b.output("v", mv, v);
    s.known.insert("v".into(), v);
    let step = mechanism.step().map_err(|e| not_linear(mechanism, e))?;
    let states = s.evaluate(&mut b, &step);
    for ((port, _), value) in step.outputs.iter().zip(states) {
        b.output(&port.name, port.unit, value);
    }
    let problems = s.problems();
    if problems.is_empty() { Ok(passes::optimise(&b.finish())) } else { Err(problems) }
}
