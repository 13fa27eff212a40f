//! Vector registers as [`Lane`]s.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
#[cfg(target_arch = "x86_64")]
pub mod single;

pub use homolog_base::math::Lane;

/// A [`Lane`] that can be read from and written to memory.
///
/// Vector implementations call intrinsics of their instruction set without proof that the machine has it: their values
/// must be made only inside functions with the matching `#[target_feature]`, into which every method is inlined.
pub trait Vector: Lane {
    /// The vector of at most eight numbers.
    type Eight: Vector<Real = Self::Real>;
    /// The vector of at most four numbers, for short loops.
    type Short: Vector<Real = Self::Real>;
    /// How many numbers.
    const WIDTH: usize;
    /// Reads `WIDTH` numbers.
    ///
    /// # Safety
    /// `p` is valid for reading that many.
    unsafe fn load(p: *const Self::Real) -> Self;
    /// Writes `WIDTH` numbers.
    ///
    /// # Safety
    /// `p` is valid for writing that many.
    unsafe fn store(self, p: *mut Self::Real);
    /// Reads the first `n < WIDTH` numbers; the others are zero.
    ///
    /// # Safety
    /// `p` is valid for reading that many.
    unsafe fn load_first(p: *const Self::Real, n: usize) -> Self;
    /// Writes the first `n < WIDTH` numbers.
    ///
    /// # Safety
    /// `p` is valid for writing that many.
    unsafe fn store_first(self, p: *mut Self::Real, n: usize);
    /// Truth values as numbers of all ones or all zeros bits.
    fn from_mask(m: Self::Mask) -> Self;
    /// The inverse of [`Vector::from_mask`].
    fn to_mask(self) -> Self::Mask;
    /// Truth values as bits, the first lowest.
    fn set(m: Self::Mask) -> u32;
}

macro_rules! one {
    ($real:ident, $bits:ident) => {
        impl Vector for $real {
            type Eight = $real;
            type Short = $real;
            const WIDTH: usize = 1;
            #[inline(always)]
            unsafe fn load(p: *const $real) -> $real {
                *p
            }
            #[inline(always)]
            unsafe fn store(self, p: *mut $real) {
                *p = self;
            }
            #[inline(always)]
            unsafe fn load_first(_: *const $real, _: usize) -> $real {
                0.0
            }
            #[inline(always)]
            unsafe fn store_first(self, _: *mut $real, _: usize) {}
            #[inline(always)]
            fn from_mask(m: bool) -> $real {
                $real::from_bits(if m { $bits::MAX } else { 0 })
            }
            #[inline(always)]
            fn to_mask(self) -> bool {
                $real::to_bits(self) != 0
            }
            #[inline(always)]
            fn set(m: bool) -> u32 {
                u32::from(m)
            }
        }
    };
}

one!(f64, u64);
one!(f32, u32);
