//! The fast executor.
//!
//! - [`Program`]: a [`homolog_ir::Kernel`] compiled for the block machine, run over columns of numbers.
//! - [`gemm()`]: dense products whose bits depend on neither instruction set nor threads.
//! - [`Tree`]: the solve of a neuron's tree of compartments, and its adjoint.
//! - [`run_ticks`]: programs and solves in a loop over ticks and tiles of lanes.
//! - [`Isa`]: which instruction set runs; the result never depends on it.
//! - [`Scalar`]: which numbers columns are made of, `f64` or `f32`.

mod column;
mod fuse;
pub mod gemm;
pub mod isa;
pub mod lane;
#[doc(hidden)]
pub mod machine;
pub mod memory;
mod packed;
pub mod program;
pub mod reduce;
mod scalar;
pub mod spikes;
pub mod ticks;
pub mod together;
pub mod tree;
pub mod vectorise;

pub use column::Column;
pub use gemm::{GemmScratch, gemm, gemm_parallel};
pub use isa::Isa;
pub use program::Program;
pub use reduce::sum_rows;
pub use scalar::{Scalar, gemm_skipping_zeros};
pub use spikes::{ListNotZero, SpikeList, add_outer_of_spikes, add_weights_of_spikes};
pub use ticks::{Action, Checked, Loop, Ready, run_ticks, run_ticks_in};
pub use together::{Lanes, Share, Together};
pub use tree::{Adjoint, Couplings, Solve, Tree, TreeError};
