//! One step of a system of differential equations `x' = f(x, ...)`, as a kernel.
//!
//! - `cnexp`: the exact solution of `x' = a x + b` with `a`, `b` held over the step (exponential Euler; Rush & Larsen
//!   1978, IEEE Trans. Biomed. Eng. 25, eq. 7): `x + (e^(a dt) - 1)(x - x_inf)`, `x_inf = -b/a`. Order 1 in the coupling,
//!   exact in `x`.
//! - `euler`: `x + dt f`. Order 1.

use crate::builder::Builder;
use crate::calculus::{derivative, substitute};
use crate::kernel::Kernel;
use homolog_base::Unit;
use serde::{Deserialize, Serialize};

/// How an equation is advanced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Method {
    /// Exact for linear equations with coefficients held over the step.
    Cnexp,
    /// Explicit Euler.
    Euler,
}

/// Name of the time-step input of kernels made here, in ms.
pub const DT: &str = "dt";

/// Why a method cannot be applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotLinear {
    /// The state whose equation is not linear in it.
    pub state: String,
}

/// The step of `rhs`, whose outputs are named as states and mean their derivatives (per ms). The result has the same
/// outputs, meaning the states after `dt` (an input named [`DT`], ms).
///
/// # Errors
/// `cnexp` of an equation that is not linear in its own state: every such state.
pub fn step(rhs: &Kernel, method: Method) -> Result<Kernel, Vec<NotLinear>> {
    let mut b = Builder::new(format!("{}.step", rhs.name));
    let slopes = b.inline(rhs, |_, _| None);
    let ms = Unit::parse("ms").expect("ms is a unit");
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
            Method::Cnexp => {
                let a = derivative(&mut b, f, x);
                let again = derivative(&mut b, a, x);
                if b.as_const(again) != Some(0.0) {
                    wrong.push(NotLinear { state: port.name.clone() });
                    continue;
                }
                if b.as_const(a) == Some(0.0) {
                    let d = b.mul(dt, f);
                    b.add(x, d)
                } else {
                    // b = f at x = 0, by rebuilding f with x replaced.
                    let at_zero = substitute(&mut b, f, x, 0.0);
                    let ratio = b.div(at_zero, a);
                    let steady = b.neg(ratio);
                    let z = b.mul(a, dt);
                    let e = b.exp(z);
                    let away = b.sub(x, steady);
                    let p = b.mul(e, away);
                    b.add(p, steady)
                }
            }
        };
        b.output(&port.name, unit, next);
    }
    if wrong.is_empty() { Ok(b.finish()) } else { Err(wrong) }
}

#[cfg(test)]
mod tests;
