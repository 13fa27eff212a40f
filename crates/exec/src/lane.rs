//! Vector registers as [`Lane`]s.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;

pub use homolog_base::math::Lane;

/// A [`Lane`] that can be read from and written to memory.
///
/// Vector implementations call intrinsics of their instruction set without proof that the machine has it: their values
/// must be made only inside functions with the matching `#[target_feature]`, into which every method is inlined.
pub trait Vector: Lane {
    /// How many numbers.
    const WIDTH: usize;
    /// Reads `WIDTH` numbers.
    ///
    /// # Safety
    /// `p` is valid for reading that many.
    unsafe fn load(p: *const f64) -> Self;
    /// Writes `WIDTH` numbers.
    ///
    /// # Safety
    /// `p` is valid for writing that many.
    unsafe fn store(self, p: *mut f64);
    /// Truth values as numbers of all ones or all zeros bits.
    fn from_mask(m: Self::Mask) -> Self;
    /// The inverse of [`Vector::from_mask`].
    fn to_mask(self) -> Self::Mask;
}

impl Vector for f64 {
    const WIDTH: usize = 1;
    #[inline(always)]
    unsafe fn load(p: *const f64) -> f64 {
        *p
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f64) {
        *p = self;
    }
    #[inline(always)]
    fn from_mask(m: bool) -> f64 {
        f64::from_bits(if m { u64::MAX } else { 0 })
    }
    #[inline(always)]
    fn to_mask(self) -> bool {
        f64::to_bits(self) != 0
    }
}
