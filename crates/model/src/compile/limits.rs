//! Which values a parameter may have: the limits that its mechanism declares, or what its equations need.
//!
//! A parameter without limits that is a time and by which an equation divides is a time constant: it must be above 0,
//! whatever it is called.

use crate::library::Library;
use homolog_base::{Diagnostic, Unit};
use homolog_ir::{Binary, Kernel, Mechanism, Op, Parameter, Solve, Unary, Value};

/// A step has so many of the shortest time constant that may be learned: over more than that, any decay has long ended.
const DECAYS_IN_A_STEP: f64 = 1e3;

fn ms() -> Unit {
    Unit::parse("ms").expect("ms is a unit")
}

/// What a parameter must be, when it cannot have this value.
pub(super) fn must_be(m: &Mechanism, p: &Parameter, value: f64) -> Option<String> {
    match p.limits {
        Some((low, high)) => (!(value >= low && value <= high)).then(|| format!("it must lie between {low} and {high} {}", p.unit)),
        None if (value.is_nan() || value <= 0.0) && is_time_constant(m, p) => {
            Some(format!("an equation divides by this time, so it must be above 0 {}", p.unit))
        }
        None => None,
    }
}

/// Between which values a parameter that starts at `value` may be learned with steps of `dt` ms.
pub(super) fn bounds(m: &Mechanism, p: &Parameter, value: f64, dt: f64) -> Option<(f64, f64)> {
    p.limits.or_else(|| {
        let shortest = dt / DECAYS_IN_A_STEP * ms().factor_to(&p.unit)?;
        is_time_constant(m, p).then(|| (shortest.min(value), f64::MAX))
    })
}

/// Defaults of a mechanism that its own equations cannot be computed with; `set` says which parameters have other values.
pub(super) fn defaults(library: &Library, m: &Mechanism, set: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
    let wrong = m.parameters.iter().filter(|p| !set(&p.name)).filter_map(|p| Some((p, must_be(m, p, p.default)?)));
    wrong
        .map(|(p, must)| {
            let d = Diagnostic::error("model-limits", format!("`{}` of `{}` cannot be {} {}", p.name, m.name, p.default, p.unit));
            library.locate(&m.name, d, p.span, "its default").hint(must)
        })
        .collect()
}

fn is_time_constant(m: &Mechanism, p: &Parameter) -> bool {
    p.unit.same_dimension(&ms()) && kernels(m).into_iter().any(|k| divides(k, &p.name))
}

/// Every kernel that a mechanism's equations are.
fn kernels(m: &Mechanism) -> Vec<&Kernel> {
    let mut all = vec![&m.initial, &m.breakpoint];
    all.extend(m.solves.iter().map(|s| match s {
        Solve::Ode { rhs, .. } => rhs,
        Solve::Assign(k) => k,
    }));
    all.extend(&m.advance);
    all.extend(m.spike.iter().flat_map(|s| [&s.condition, &s.reset]));
    all.extend(m.receive.iter().map(|r| &r.kernel));
    all
}

/// Whether something is divided by this input, or by a product with it. Other expressions may guard against zero.
fn divides(kernel: &Kernel, input: &str) -> bool {
    let Some(port) = kernel.input(input) else { return false };
    let mut below = vec![false; kernel.body.len()];
    let mark = |v: Value, below: &mut Vec<bool>| below[v.index()] = true;
    for k in (0..kernel.body.len()).rev() {
        match kernel.body[k] {
            Op::Binary(Binary::Div, x, y) => {
                mark(y, &mut below);
                if below[k] {
                    mark(x, &mut below);
                }
            }
            Op::Binary(Binary::Mul, x, y) if below[k] => {
                mark(x, &mut below);
                mark(y, &mut below);
            }
            Op::Unary(Unary::Neg, x) if below[k] => mark(x, &mut below),
            _ => {}
        }
    }
    kernel.body.iter().zip(below).any(|(op, below)| below && matches!(op, Op::Input(i) if *i as usize == port))
}
