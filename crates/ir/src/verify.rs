//! The laws of a kernel.
//!
//! 1. An operand is an earlier value: no cycles, no undefined values.
//! 2. Truth values go only where truth values are asked for, numbers only where numbers are.
//! 3. `Input(k)` names an existing port; port names are unique among inputs, and among outputs.
//! 4. Outputs are numbers.
//! 5. The width of a surrogate is positive and finite.
//! 6. An output is not of class `Constant`: a launch over many lanes would write one place many times.

use crate::kernel::{Class, Kernel, Op, Value};

/// Every law that the kernel breaks, one sentence each; empty when it is sound.
pub fn verify(kernel: &Kernel) -> Vec<String> {
    let mut broken = Vec::new();
    let is_truth = |v: Value| kernel.body[v.index()].is_truth();
    for (k, op) in kernel.body.iter().enumerate() {
        let mut defined = true;
        op.for_each_operand(|v| defined &= v.index() < k);
        if !defined {
            broken.push(format!("operation %{k} uses a value that is not defined before it"));
            continue;
        }
        let mut wants = |v: Value, truth: bool| {
            if is_truth(v) != truth {
                broken.push(format!("operation %{k} wants a {} in %{}", if truth { "truth value" } else { "number" }, v.0));
            }
        };
        match *op {
            Op::Input(i) => {
                if i as usize >= kernel.inputs.len() {
                    broken.push(format!("operation %{k} reads input {i}, which does not exist"));
                }
            }
            Op::Const(_) => {}
            Op::Unary(_, a) => wants(a, false),
            Op::Binary(_, a, b) | Op::Compare(_, a, b) => {
                wants(a, false);
                wants(b, false);
            }
            Op::Fma(a, b, c) => {
                for v in [a, b, c] {
                    wants(v, false);
                }
            }
            Op::Logic(_, a, b) => {
                wants(a, true);
                wants(b, true);
            }
            Op::Not(a) => wants(a, true),
            Op::Select(c, a, b) => {
                wants(c, true);
                wants(a, false);
                wants(b, false);
            }
            Op::Spike(a, s) => {
                wants(a, false);
                if !(s.width > 0.0 && s.width.is_finite()) {
                    broken.push(format!("operation %{k} has a surrogate of width {}", s.width));
                }
            }
        }
    }
    for (what, names) in [
        ("input", kernel.inputs.iter().map(|p| p.name.as_str()).collect::<Vec<_>>()),
        ("output", kernel.outputs.iter().map(|(p, _)| p.name.as_str()).collect()),
    ] {
        for (k, name) in names.iter().enumerate() {
            if names[..k].contains(name) {
                broken.push(format!("two {what}s are named `{name}`"));
            }
        }
    }
    for (port, v) in &kernel.outputs {
        if v.index() >= kernel.body.len() {
            broken.push(format!("output `{}` is a value that does not exist", port.name));
        } else if is_truth(*v) {
            broken.push(format!("output `{}` is a truth value", port.name));
        }
        if port.class == Class::Constant {
            broken.push(format!("output `{}` is of class constant", port.name));
        }
    }
    broken
}
