//! Time of the Hodgkin-Huxley update per compartment, and of a leaky integrate-and-fire step per neuron, for each
//! instruction set. Minimum over repetitions, for machines that are shared.
//!
//! `cargo run --release -p homolog-exec --example hh_speed [lanes of a block]`

#[path = "../tests/kernels/mod.rs"]
mod kernels;

use homolog_exec::{Isa, Program};
use homolog_ir::Kernel;
use std::time::Instant;

/// Nanoseconds per lane. Outputs are written over the inputs of the same name.
fn measure(isa: Isa, kernel: &Kernel, lanes: usize) -> f64 {
    let mut program = Program::compile(kernel);
    if let Some(block) = std::env::args().nth(1) {
        program = program.with_block(block.parse().expect("lanes of a block"));
    }
    let columns = kernel.inputs.len() + kernel.outputs.len();
    let stride = lanes.next_multiple_of(8) + 8; // Columns at different places of the cache's sets.
    let mut arena = vec![0.0; columns * stride + 8];
    let origin = arena.as_ptr().align_offset(64);
    let inputs: Vec<usize> = (0..kernel.inputs.len()).map(|k| origin + k * stride).collect();
    let outputs: Vec<usize> = kernel
        .outputs
        .iter()
        .enumerate()
        .map(|(k, (p, _))| kernel.input(&p.name).map_or(origin + (kernel.inputs.len() + k) * stride, |i| inputs[i]))
        .collect();
    for (k, p) in kernel.inputs.iter().enumerate() {
        for l in 0..lanes {
            arena[inputs[k] + l] = kernels::start(&p.name) * (1.0 + 0.001 * (l % 100) as f64);
        }
    }
    let repeats = (200_000_000 / lanes / if isa == Isa::Portable { 400 } else { 10 }).clamp(5, 20_000);
    let mut best = f64::INFINITY;
    for _ in 0..repeats {
        let t = Instant::now();
        program.run(isa, &mut arena, &inputs, &outputs, lanes);
        best = best.min(t.elapsed().as_secs_f64() * 1e9 / lanes as f64);
    }
    best
}

fn main() {
    for (kernel, lanes) in [
        (kernels::hodgkin_huxley(), 1024),
        (kernels::hodgkin_huxley(), 4096),
        (kernels::lif(), 1024),
        (kernels::lif(), 32_768),
        (kernels::lif_derivative(), 1024),
        (kernels::lif_derivative(), 32_768),
    ] {
        let program: Program = Program::compile(&kernel);
        println!(
            "{} x {lanes}: {} flops and {} bytes a lane, {} steps",
            kernel.name,
            kernel.flops(),
            program.bytes(),
            program.codes().len()
        );
        for isa in Isa::available() {
            println!("  {isa:?}: {:.2} ns", measure(isa, &kernel, lanes));
        }
    }
}
