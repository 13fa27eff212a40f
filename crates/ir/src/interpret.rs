//! The reference interpreter: what a kernel means.

use crate::kernel::{Compare, Kernel, Logic, Op};
use crate::number::Number;

/// Runs a kernel on one lane: `inputs` in the order of [`Kernel::inputs`], the result in the order of
/// [`Kernel::outputs`].
///
/// # Panics
/// When the number of inputs is wrong, or the kernel breaks the laws of [`crate::verify`].
pub fn interpret<N: Number>(kernel: &Kernel, inputs: &[N]) -> Vec<N> {
    assert_eq!(inputs.len(), kernel.inputs.len(), "kernel `{}` has another number of inputs", kernel.name);
    let mut number = vec![N::constant(f64::NAN); kernel.body.len()];
    let mut truth = vec![false; kernel.body.len()];
    for (k, op) in kernel.body.iter().enumerate() {
        match *op {
            Op::Input(i) => number[k] = inputs[i as usize],
            Op::Const(c) => number[k] = N::constant(c.0),
            Op::Unary(f, a) => number[k] = N::unary(f, number[a.index()]),
            Op::Binary(f, a, b) => number[k] = N::binary(f, number[a.index()], number[b.index()]),
            Op::Fma(a, b, c) => number[k] = N::fma(number[a.index()], number[b.index()], number[c.index()]),
            Op::Compare(f, a, b) => truth[k] = compare(f, number[a.index()].value(), number[b.index()].value()),
            Op::Logic(f, a, b) => truth[k] = logic(f, truth[a.index()], truth[b.index()]),
            Op::Not(a) => truth[k] = !truth[a.index()],
            Op::Select(c, a, b) => number[k] = if truth[c.index()] { number[a.index()] } else { number[b.index()] },
            Op::Spike(a, s) => number[k] = N::spike(number[a.index()], s),
        }
    }
    kernel.outputs.iter().map(|(_, v)| number[v.index()]).collect()
}

/// A comparison of two numbers.
#[allow(clippy::float_cmp)] // Equality of numbers is what the operation means.
pub fn compare(f: Compare, x: f64, y: f64) -> bool {
    match f {
        Compare::Lt => x < y,
        Compare::Le => x <= y,
        Compare::Eq => x == y,
        Compare::Ne => x != y,
    }
}

/// A function of two truth values.
pub fn logic(f: Logic, x: bool, y: bool) -> bool {
    match f {
        Logic::And => x && y,
        Logic::Or => x || y,
    }
}
