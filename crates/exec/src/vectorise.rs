//! Plain loops, compiled for every instruction set.
//!
//! A loop over numbers without dependences is vectorised by the compiler as wide as the instruction set it is compiled for. A
//! [`Task`] is such a loop; [`run`] calls the version for this machine. Rust contracts and reassociates nothing, so the bits are those
//! of the plain loop.

use crate::isa::Isa;

/// A loop. Mark [`Task::run`] `#[inline(always)]`: it must be compiled inside the caller to be vectorised for it.
pub trait Task {
    /// What it gives.
    type Output;
    /// Runs it.
    fn run(self) -> Self::Output;
}

/// Runs a task, compiled for `isa`.
///
/// # Panics
/// When the machine lacks `isa`.
pub fn run<T: Task>(isa: Isa, task: T) -> T::Output {
    isa.check();
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the machine has the instruction set.
        Isa::Avx512 => unsafe { avx512(task) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 => unsafe { avx2(task) },
        _ => task.run(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
unsafe fn avx512<T: Task>(task: T) -> T::Output {
    task.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<T: Task>(task: T) -> T::Output {
    task.run()
}
