//! What the tests share.

use homolog_base::{Diagnostic, Source};
use homolog_ir::{Kernel, Mechanism, interpret};
use std::collections::HashMap;

/// Every file of the library, with its path in it.
pub const LIBRARY: [(&str, &str); 12] = [
    ("neurons/relu.mod", include_str!("../../../../library/neurons/relu.mod")),
    ("neurons/tanh.mod", include_str!("../../../../library/neurons/tanh.mod")),
    ("neurons/sigmoid.mod", include_str!("../../../../library/neurons/sigmoid.mod")),
    ("neurons/linear.mod", include_str!("../../../../library/neurons/linear.mod")),
    ("neurons/lif.mod", include_str!("../../../../library/neurons/lif.mod")),
    ("neurons/adex.mod", include_str!("../../../../library/neurons/adex.mod")),
    ("synapses/expsyn.mod", include_str!("../../../../library/synapses/expsyn.mod")),
    ("synapses/exp2syn.mod", include_str!("../../../../library/synapses/exp2syn.mod")),
    ("synapses/ampa.mod", include_str!("../../../../library/synapses/ampa.mod")),
    ("synapses/gaba.mod", include_str!("../../../../library/synapses/gaba.mod")),
    ("channels/hh.mod", include_str!("../../../../library/channels/hh.mod")),
    ("channels/pas.mod", include_str!("../../../../library/channels/pas.mod")),
];

pub fn text(name: &str) -> &'static str {
    LIBRARY.iter().find(|(n, _)| n.ends_with(&format!("/{name}.mod"))).expect("a library file").1
}

pub fn read(text: &str) -> (Option<Mechanism>, Vec<Diagnostic>) {
    homolog_nmodl::read(&Source::new("test.mod", text))
}

pub fn library(name: &str) -> Mechanism {
    must(text(name))
}

/// The mechanism of a text that must have no errors.
pub fn must(text: &str) -> Mechanism {
    let (m, problems) = read(text);
    m.unwrap_or_else(|| panic!("{}", show(&problems)))
}

pub fn show(problems: &[Diagnostic]) -> String {
    problems.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n")
}

/// Values by name.
pub type Values = HashMap<String, f64>;

/// Parameters at their defaults.
pub fn defaults(m: &Mechanism) -> Values {
    m.parameters.iter().map(|p| (p.name.clone(), p.default)).collect()
}

/// Runs a kernel on values by name and writes its outputs back.
pub fn run(kernel: &Kernel, values: &mut Values) {
    let inputs: Vec<f64> =
        kernel.inputs.iter().map(|p| *values.get(&p.name).unwrap_or_else(|| panic!("`{}` has no value", p.name))).collect();
    for ((port, _), v) in kernel.outputs.iter().zip(interpret(kernel, &inputs)) {
        values.insert(port.name.clone(), v);
    }
}
