//! Symbolic derivatives of what was read agree with dual numbers.

use crate::common::{LIBRARY, must};
use homolog_ir::{Dual, Kernel, Mechanism, Solve, interpret};

fn kernels(m: &Mechanism) -> Vec<Kernel> {
    let mut out = vec![m.initial.clone(), m.breakpoint.clone(), m.step().expect("a step")];
    for s in &m.solves {
        out.push(match s {
            Solve::Ode { rhs, .. } => rhs.clone(),
            Solve::Assign(k) => k.clone(),
        });
    }
    out.extend(m.spike.iter().flat_map(|s| [s.condition.clone(), s.reset.clone()]));
    out.extend(m.receive.iter().filter_map(homolog_ir::EventProgram::as_kernel));
    out
}

/// A plausible value of an input; `k` varies it.
fn value(m: &Mechanism, name: &str, k: usize) -> f64 {
    let shift = [0.0, 0.31, -0.47][k % 3];
    if let Some(p) = m.parameter(name) {
        return p.default * (1.0 + 0.05 * shift);
    }
    match name {
        "v" => -60.0 + 20.0 * shift,
        "dt" => 0.1,
        "celsius" => 6.3 + shift,
        "ena" => 50.0,
        "ek" => -77.0,
        "refr" => [0.0, 1.5, 0.0][k % 3],
        "i" | "isyn" | "drive" => shift,
        _ => 0.4 + shift / 2.0,
    }
}

#[test]
fn of_every_library_mechanism_agree_with_dual_numbers() {
    for (file, text) in LIBRARY {
        let m = must(text);
        for kernel in kernels(&m) {
            for k in 0..3 {
                check(file, &m, &kernel, k);
            }
        }
    }
}

fn check(file: &str, m: &Mechanism, kernel: &Kernel, k: usize) {
    let names: Vec<&str> = kernel.inputs.iter().map(|p| p.name.as_str()).collect();
    let at: Vec<f64> = names.iter().map(|n| value(m, n, k)).collect();
    for (o, (out, _)) in kernel.outputs.iter().enumerate() {
        let vjp = homolog_ir::calculus::vjp(kernel, &names, &[]);
        let inputs: Vec<f64> = vjp
            .inputs
            .iter()
            .map(|p| match p.name.strip_prefix("d.") {
                Some(n) => f64::from(u8::from(n == out.name)),
                None => at[names.iter().position(|x| *x == p.name).expect("an input of the kernel")],
            })
            .collect();
        let gradient = interpret(&vjp, &inputs);
        for (j, name) in names.iter().enumerate() {
            let seeded: Vec<Dual> = at.iter().enumerate().map(|(q, x)| Dual { value: *x, slope: f64::from(u8::from(q == j)) }).collect();
            let wanted = interpret(kernel, &seeded)[o].slope;
            let scale = wanted.abs().max(1.0);
            assert!(
                (gradient[j] - wanted).abs() <= 1e-9 * scale,
                "{file} {}: d {} / d {name} = {} but {wanted} by dual numbers",
                kernel.name,
                out.name,
                gradient[j]
            );
        }
    }
}
