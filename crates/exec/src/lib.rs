//! The fast executor.
//!
//! - [`Program`]: a [`homolog_ir::Kernel`] compiled for the block machine, run over columns of numbers.
//! - [`gemm()`]: dense products whose bits depend on neither instruction set nor threads.
//! - [`Isa`]: which instruction set runs; the result never depends on it.

mod fuse;
pub mod gemm;
pub mod isa;
pub mod lane;
#[doc(hidden)]
pub mod machine;
pub mod memory;
pub mod program;
pub mod reduce;

pub mod spikes;
pub mod vectorise;

pub use gemm::{GemmScratch, gemm, gemm_parallel, gemm_skipping_zeros};
pub use isa::Isa;
pub use program::Program;
pub use reduce::sum_rows;
pub use spikes::{SpikeList, add_outer_of_spikes, add_weights_of_spikes};
