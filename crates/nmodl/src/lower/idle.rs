//! Variables that are kept from step to step for nothing.
//!
//! `LOCAL a` of a file outlives a step. Where a branch assigns it before it reads it, nothing but its own next value ever depends on what
//! the step before has left; such a variable is no state.

use homolog_ir::{Kernel, Mechanism, Op, Value, passes};

/// Removes those of `names` whose value reaches nothing but itself.
pub(super) fn forget(m: &mut Mechanism, names: &[String]) {
    loop {
        let idle = names.iter().find(|n| m.states.iter().any(|s| s.name == **n) && kernels(m).iter().all(|k| is_idle(k, n))).cloned();
        let Some(name) = idle else { return };
        m.states.retain(|s| s.name != name);
        for k in kernels_mut(m) {
            k.outputs.retain(|(p, _)| p.name != name);
            *k = passes::prune(k);
        }
    }
}

fn kernels(m: &Mechanism) -> Vec<&Kernel> {
    let mut all = vec![&m.initial, &m.breakpoint];
    all.extend(&m.advance);
    all.extend(&m.rates);
    all.extend(&m.diffusion);
    all.extend(&m.watches);
    for e in m.receive.iter().chain(&m.start) {
        all.push(&e.kernel);
        all.extend(&e.connect);
    }
    all
}

fn kernels_mut(m: &mut Mechanism) -> Vec<&mut Kernel> {
    let mut all = vec![&mut m.initial, &mut m.breakpoint];
    all.extend(&mut m.advance);
    all.extend(&mut m.rates);
    all.extend(&mut m.diffusion);
    all.extend(&mut m.watches);
    for e in m.receive.iter_mut().chain(&mut m.start) {
        all.push(&mut e.kernel);
        all.extend(&mut e.connect);
    }
    all
}

/// Whether the input of this name reaches no output but that of the same name.
fn is_idle(kernel: &Kernel, name: &str) -> bool {
    let Some(input) = kernel.input(name) else { return true };
    let mut reached = vec![false; kernel.body.len()];
    for (k, op) in kernel.body.iter().enumerate() {
        reached[k] = matches!(op, Op::Input(i) if *i as usize == input);
        op.for_each_operand(|v: Value| reached[k] |= reached[v.index()]);
    }
    kernel.outputs.iter().all(|(p, v)| p.name == name || !reached[v.index()])
}
