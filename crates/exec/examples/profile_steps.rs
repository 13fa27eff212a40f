//! Where the time of the Hodgkin-Huxley update goes: nanoseconds per lane of each superinstruction alone.
#[path = "../tests/kernels/mod.rs"]
mod kernels;
use homolog_exec::{Isa, Program};

fn main() {
    for kernel in [kernels::hodgkin_huxley(), kernels::lif(), kernels::lif_derivative()] {
        println!("{}", kernel.name);
        for (code, ns) in Program::<f64>::compile(&kernel).profile(Isa::best()) {
            println!("  {ns:.3} ns  {code}");
        }
    }
}
