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
    /// The vector of at most four numbers, for short loops.
    type Short: Vector;
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
    /// Reads the first `n < WIDTH` numbers; the others are zero.
    ///
    /// # Safety
    /// `p` is valid for reading that many.
    unsafe fn load_first(p: *const f64, n: usize) -> Self;
    /// Writes the first `n < WIDTH` numbers.
    ///
    /// # Safety
    /// `p` is valid for writing that many.
    unsafe fn store_first(self, p: *mut f64, n: usize);
    /// Truth values as numbers of all ones or all zeros bits.
    fn from_mask(m: Self::Mask) -> Self;
    /// The inverse of [`Vector::from_mask`].
    fn to_mask(self) -> Self::Mask;
}

impl Vector for f64 {
    type Short = f64;
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
    unsafe fn load_first(_: *const f64, _: usize) -> f64 {
        0.0
    }
    #[inline(always)]
    unsafe fn store_first(self, _: *mut f64, _: usize) {}
    #[inline(always)]
    fn from_mask(m: bool) -> f64 {
        f64::from_bits(if m { u64::MAX } else { 0 })
    }
    #[inline(always)]
    fn to_mask(self) -> bool {
        f64::to_bits(self) != 0
    }
}
