//! Isolated Hodgkin-Huxley compartments: currents, membrane and gates of one step as one kernel.

use super::{Args, Found};
use crate::{show, work};
use homolog_base::Diagnostic;
use homolog_exec::{Isa, Program};

/// Time step, ms.
const DT: f64 = 0.025;
/// Reversal potentials of the squid axon, mV.
const REVERSALS: [(&str, f64); 2] = [("ena", 50.0), ("ek", -77.0)];
/// Steps of one repetition.
const STEPS: usize = 200;
/// Repetitions, of which the fastest counts.
const REPETITIONS: usize = 12;

/// A measurement for every instruction set of this machine.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let (library, problems) = work::library(&args.library);
    if homolog_base::has_errors(&problems) {
        return Err(problems);
    }
    let hh = library.get("hh").ok_or_else(|| vec![Diagnostic::error("bench-mechanism", "the library has no mechanism `hh`")])?;
    let kernel = homolog_model::compose::isolated(hh, DT, &REVERSALS)
        .map_err(|e| e.into_iter().map(|m| Diagnostic::error("bench-mechanism", m)).collect::<Vec<_>>())?;
    let program = Program::compile(&kernel);
    let lanes = args.compartments;
    let stride = lanes.next_multiple_of(8);
    let columns: Vec<usize> = (0..kernel.inputs.len()).map(|k| k * stride).collect();
    let back: Vec<usize> = kernel.outputs.iter().filter_map(|(p, _)| kernel.input(&p.name)).map(|k| columns[k]).collect();
    let mut arena = vec![0.0; stride * columns.len()];
    let mut rows = vec![];
    for isa in Isa::available() {
        let mut best = f64::INFINITY;
        let mut total = 0.0;
        for _ in 0..REPETITIONS {
            for (port, start) in kernel.inputs.iter().zip(&columns) {
                // Near rest, with every compartment a little different.
                let rest = if port.name == "v" { -65.0 } else { 0.3 };
                arena[*start..start + lanes].iter_mut().enumerate().for_each(|(l, x)| *x = rest + 0.1 * (l % 64) as f64 / 64.0);
            }
            let clock = work::Clock::start_time();
            for _ in 0..STEPS {
                program.run(isa, &mut arena, &columns, &back, lanes);
            }
            let cpu = clock.stop().cpu_s;
            best = best.min(cpu);
            total += cpu;
        }
        rows.push((format!("{isa:?}").to_lowercase(), best * 1e9 / (STEPS * lanes) as f64, total));
    }
    let row = |(isa, ns, cpu): &(String, f64, f64)| serde_json::json!({ "isa": isa, "ns_per_compartment": ns, "run_cpu_s": cpu });
    let words = |(isa, ns, _): &(String, f64, f64)| {
        format!("{isa:9}{:>7} ns of processor time per compartment and step\n", show::three_digits(*ns))
    };
    let fastest = rows.iter().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(serde_json::Value::Null, row);
    let mut json = serde_json::json!({ "n_compartments": lanes, "steps": STEPS, "repetitions": REPETITIONS, "dt_ms": DT, "threads": 1, "by_isa": rows.iter().map(row).collect::<Vec<_>>() });
    if let (Some(all), Some(fastest)) = (json.as_object_mut(), fastest.as_object()) {
        all.extend(fastest.clone());
    }
    let text: String = rows.iter().map(words).collect();
    Ok(Found {
        text: format!("{text}{} compartments, best of {REPETITIONS} repetitions of {STEPS} steps, one thread\n", show::count(lanes as f64)),
        json,
    })
}
