//! What the tests share.

use homolog_base::{Diagnostic, Source};
use homolog_ir::{Kernel, Mechanism, interpret};
use std::collections::HashMap;

/// Every file of the library, with its path in it.
pub const LIBRARY: [(&str, &str); 61] = [
    ("neurons/relu.mod", include_str!("../../../../library/neurons/relu.mod")),
    ("neurons/tanh.mod", include_str!("../../../../library/neurons/tanh.mod")),
    ("neurons/sigmoid.mod", include_str!("../../../../library/neurons/sigmoid.mod")),
    ("neurons/linear.mod", include_str!("../../../../library/neurons/linear.mod")),
    ("neurons/iplif.mod", include_str!("../../../../library/neurons/iplif.mod")),
    ("neurons/latency.mod", include_str!("../../../../library/neurons/latency.mod")),
    ("neurons/latency_rc.mod", include_str!("../../../../library/neurons/latency_rc.mod")),
    ("neurons/lif.mod", include_str!("../../../../library/neurons/lif.mod")),
    ("neurons/adex.mod", include_str!("../../../../library/neurons/adex.mod")),
    ("synapses/expsyn.mod", include_str!("../../../../library/synapses/expsyn.mod")),
    ("synapses/exp2syn.mod", include_str!("../../../../library/synapses/exp2syn.mod")),
    ("synapses/ampa.mod", include_str!("../../../../library/synapses/ampa.mod")),
    ("synapses/gaba.mod", include_str!("../../../../library/synapses/gaba.mod")),
    ("channels/hh.mod", include_str!("../../../../library/channels/hh.mod")),
    ("channels/pas.mod", include_str!("../../../../library/channels/pas.mod")),
    ("channels/bk.mod", include_str!("../../../../library/channels/bk.mod")),
    ("channels/cahva.mod", include_str!("../../../../library/channels/cahva.mod")),
    ("channels/cal.mod", include_str!("../../../../library/channels/cal.mod")),
    ("channels/calva.mod", include_str!("../../../../library/channels/calva.mod")),
    ("channels/can.mod", include_str!("../../../../library/channels/can.mod")),
    ("channels/cat.mod", include_str!("../../../../library/channels/cat.mod")),
    ("channels/cs.mod", include_str!("../../../../library/channels/cs.mod")),
    ("channels/ih.mod", include_str!("../../../../library/channels/ih.mod")),
    ("channels/ka.mod", include_str!("../../../../library/channels/ka.mod")),
    ("channels/kad.mod", include_str!("../../../../library/channels/kad.mod")),
    ("channels/kdr.mod", include_str!("../../../../library/channels/kdr.mod")),
    ("channels/kir.mod", include_str!("../../../../library/channels/kir.mod")),
    ("channels/km.mod", include_str!("../../../../library/channels/km.mod")),
    ("channels/kmy.mod", include_str!("../../../../library/channels/kmy.mod")),
    ("channels/kpst.mod", include_str!("../../../../library/channels/kpst.mod")),
    ("channels/ktst.mod", include_str!("../../../../library/channels/ktst.mod")),
    ("channels/kv3.mod", include_str!("../../../../library/channels/kv3.mod")),
    ("channels/ml.mod", include_str!("../../../../library/channels/ml.mod")),
    ("channels/nap.mod", include_str!("../../../../library/channels/nap.mod")),
    ("channels/nat.mod", include_str!("../../../../library/channels/nat.mod")),
    ("channels/nax.mod", include_str!("../../../../library/channels/nax.mod")),
    ("channels/sk.mod", include_str!("../../../../library/channels/sk.mod")),
    ("channels/traub.mod", include_str!("../../../../library/channels/traub.mod")),
    ("channels/wb.mod", include_str!("../../../../library/channels/wb.mod")),
    ("neurons/hhpoint.mod", include_str!("../../../../library/neurons/hhpoint.mod")),
    ("neurons/izhikevich.mod", include_str!("../../../../library/neurons/izhikevich.mod")),
    ("neurons/qif.mod", include_str!("../../../../library/neurons/qif.mod")),
    ("synapses/alphasyn.mod", include_str!("../../../../library/synapses/alphasyn.mod")),
    ("synapses/ampa_nmda.mod", include_str!("../../../../library/synapses/ampa_nmda.mod")),
    ("pools/cabuf.mod", include_str!("../../../../library/pools/cabuf.mod")),
    ("pools/cadiff.mod", include_str!("../../../../library/pools/cadiff.mod")),
    ("pools/cadyn.mod", include_str!("../../../../library/pools/cadyn.mod")),
    ("pools/capump.mod", include_str!("../../../../library/pools/capump.mod")),
    ("pools/kext.mod", include_str!("../../../../library/pools/kext.mod")),
    ("stimuli/iclamp.mod", include_str!("../../../../library/stimuli/iclamp.mod")),
    ("stimuli/sinclamp.mod", include_str!("../../../../library/stimuli/sinclamp.mod")),
    ("stimuli/vclamp.mod", include_str!("../../../../library/stimuli/vclamp.mod")),
    ("stimuli/zap.mod", include_str!("../../../../library/stimuli/zap.mod")),
    ("synapses/gap.mod", include_str!("../../../../library/synapses/gap.mod")),
    ("synapses/nmda.mod", include_str!("../../../../library/synapses/nmda.mod")),
    ("synapses/gabaa.mod", include_str!("../../../../library/synapses/gabaa.mod")),
    ("synapses/gabab.mod", include_str!("../../../../library/synapses/gabab.mod")),
    ("synapses/tsodyks_markram.mod", include_str!("../../../../library/synapses/tsodyks_markram.mod")),
    ("stimuli/ou.mod", include_str!("../../../../library/stimuli/ou.mod")),
    ("stimuli/gou.mod", include_str!("../../../../library/stimuli/gou.mod")),
    ("stimuli/netstim.mod", include_str!("../../../../library/stimuli/netstim.mod")),
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

/// Parameters at their defaults, and spikes on the grid.
pub fn defaults(m: &Mechanism) -> Values {
    m.parameters.iter().map(|p| (p.name.clone(), p.default)).chain([("interpolated".to_string(), 0.0)]).collect()
}

/// Runs a kernel on values by name and writes its outputs back.
pub fn run(kernel: &Kernel, values: &mut Values) {
    let inputs: Vec<f64> =
        kernel.inputs.iter().map(|p| *values.get(&p.name).unwrap_or_else(|| panic!("`{}` has no value", p.name))).collect();
    for ((port, _), v) in kernel.outputs.iter().zip(interpret(kernel, &inputs)) {
        values.insert(port.name.clone(), v);
    }
}

/// Codes and lines of the errors of a text.
pub fn codes(text: &str) -> Vec<(&'static str, usize)> {
    read(text).1.iter().map(|d| (d.code, d.position().map_or(0, |p| p.0))).collect()
}
