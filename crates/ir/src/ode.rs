//! One step of a system of differential equations `x' = f(x, ...)`, as a kernel.
//!
//! - `cnexp`: the exact solution of `x' = a x + b` with `a`, `b` held over the step (exponential Euler; Rush & Larsen
//!   1978, IEEE Trans. Biomed. Eng. 25, eq. 7): `x + (e^(a dt) - 1)(x - x_inf)`, `x_inf = -b/a`. Order 1 in the coupling,
//!   exact in `x`.
//! - `euler`: `x + dt f`. Order 1.
//! - `implicit`: `x = x_old + dt f(x)`, all equations together. Order 1.
//! - `runge`: the classical Runge-Kutta method. Order 4.

use crate::builder::Builder;
use crate::calculus::{derivative, substitute};
use crate::kernel::{Kernel, Port, Value};
use homolog_base::Unit;
use serde::{Deserialize, Serialize};

/// How an equation is advanced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Method {
    /// Exact for linear equations with coefficients held over the step.
    Cnexp,
    /// Explicit Euler.
    Euler,
    /// Backward Euler ([`crate::implicit`]).
    Implicit,
    /// The classical Runge-Kutta method of order 4.
    Runge,
}

/// Name of the time-step input of kernels made here, in ms.
pub const DT: &str = "dt";

/// Why a method cannot be applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotLinear {
    /// The state whose equation is not linear in it.
    pub state: String,
}

/// The exact solution after `dt` of `x' = f` where `f` is linear in `x`; none where it is not.
pub fn exponential(b: &mut Builder, x: Value, f: Value, dt: Value) -> Option<Value> {
    let a = derivative(b, f, x);
    let again = derivative(b, a, x);
    if b.as_const(again) != Some(0.0) {
        return None;
    }
    if b.as_const(a) == Some(0.0) {
        let d = b.mul(dt, f);
        return Some(b.add(x, d));
    }
    // b = f at x = 0, by rebuilding f with x replaced.
    let at_zero = substitute(b, f, x, 0.0);
    let ratio = b.div(at_zero, a);
    let steady = b.neg(ratio);
    let z = b.mul(a, dt);
    let e = b.exp(z);
    let away = b.sub(x, steady);
    let p = b.mul(e, away);
    Some(b.add(p, steady))
}

/// The step of `rhs`, whose outputs are named as states and mean their derivatives (per ms). The result has the same
/// outputs, meaning the states after `dt` (an input named [`DT`], ms).
///
/// # Errors
/// `cnexp` of an equation that is not linear in its own state: every such state.
pub fn step(rhs: &Kernel, method: Method) -> Result<Kernel, Vec<NotLinear>> {
    let ms = Unit::parse("ms").expect("ms is a unit");
    if matches!(method, Method::Implicit | Method::Runge) {
        let states: Vec<Port> = rhs.outputs.iter().map(|(p, _)| Port::new(&p.name, p.unit * ms)).collect();
        return Ok(match method {
            Method::Implicit => crate::implicit::backward_euler(rhs, &states),
            _ => crate::implicit::explicit(rhs, &states, true),
        });
    }
    let mut b = Builder::new(format!("{}.step", rhs.name));
    let slopes = b.inline(rhs, |_, _| None);
    let dt = b.input(DT, ms);
    let mut wrong = Vec::new();
    for ((port, _), f) in rhs.outputs.iter().zip(slopes) {
        let unit = port.unit * ms;
        let x = b.input(&port.name, unit);
        let next = match method {
            Method::Euler => {
                let d = b.mul(dt, f);
                b.add(x, d)
            }
            Method::Implicit | Method::Runge => unreachable!("made above"),
            Method::Cnexp => {
                let Some(next) = exponential(&mut b, x, f, dt) else {
                    wrong.push(NotLinear { state: port.name.clone() });
                    continue;
                };
                next
            }
        };
        b.output(&port.name, unit, next);
    }
    if wrong.is_empty() { Ok(b.finish()) } else { Err(wrong) }
}

#[cfg(test)]
mod tests;
