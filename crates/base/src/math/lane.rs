//! What an elementary function may use: one number, or one vector register of them.
//!
//! The functions of [`super::double`] and [`super::single`] are written once over [`Lane`]. `f64` and `f32` are the scalar
//! implementations; the vector ones live in `exec`, with the instructions of each processor. Every method is exact or correctly rounded (IEEE 754), so one text
//! gives the same bits on every machine. Only which NaN a NaN is (sign and payload) is left open, as IEEE 754 leaves it.

use super::Real;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `1.5 * 2^48`: adding it rounds to a multiple of 1/16, which then stands in the low bits.
pub const SHIFT16: f64 = 422_212_465_065_984.0;
/// `1.5 * 2^19`, the same of 32-bit numbers.
pub const SHIFT16_SINGLE: f32 = 786_432.0;

/// One or more numbers, each treated alike.
pub trait Lane: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self> {
    /// One of its numbers.
    type Real: Real;
    /// A truth value per number.
    type Mask: Copy;
    /// As many bits per number as it has.
    type Bits: Copy;

    /// The same number everywhere.
    fn repeat(x: Self::Real) -> Self;
    /// The same number everywhere, rounded to what one can be.
    #[inline(always)]
    fn splat(x: f64) -> Self {
        Self::repeat(Self::Real::of(x))
    }
    /// `self * b + c`, rounded once.
    fn fma(self, b: Self, c: Self) -> Self;
    /// Correctly rounded square root.
    fn sqrt(self) -> Self;
    /// Clears the sign bit.
    fn abs(self) -> Self;
    /// Largest integer not above.
    fn floor(self) -> Self;
    /// `if self < b { self } else { b }`
    fn min(self, b: Self) -> Self;
    /// `if self > b { self } else { b }`
    fn max(self, b: Self) -> Self;

    /// `self < b`, false for NaN.
    fn lt(self, b: Self) -> Self::Mask;
    /// `self <= b`, false for NaN.
    fn le(self, b: Self) -> Self::Mask;
    /// `self == b`, false for NaN.
    fn eq(self, b: Self) -> Self::Mask;
    /// Both.
    fn both(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// Either.
    fn either(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// The opposite.
    fn not(a: Self::Mask) -> Self::Mask;
    /// `if m { yes } else { no }`
    fn select(m: Self::Mask, yes: Self, no: Self) -> Self;

    /// The representation.
    fn to_bits(self) -> Self::Bits;
    /// The number of this representation.
    fn from_bits(b: Self::Bits) -> Self;
    /// The same bits everywhere; of 32-bit numbers the low 32.
    fn bits(b: u64) -> Self::Bits;
    /// Bitwise and.
    fn bit_and(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// Bitwise or.
    fn bit_or(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// Bitwise exclusive or.
    fn bit_xor(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// Sum modulo 2^64, or 2^32.
    fn bit_add(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// Difference modulo 2^64, or 2^32.
    fn bit_sub(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// Shift towards the sign.
    fn shl<const N: u32>(a: Self::Bits) -> Self::Bits;
    /// Logical shift towards the units.
    fn shr<const N: u32>(a: Self::Bits) -> Self::Bits;

    /// `table[low four bits of index]`
    fn lookup16(table: &[Self::Real; 16], index: Self::Bits) -> Self;

    /// `self * 2^floor(t - S)`, rounded once, where `t` is a sum with `S`, [`SHIFT16`] or [`SHIFT16_SINGLE`]. Of 64-bit numbers for
    /// `|self|` in `[2^-500, 2^8]` or zero or NaN and an exponent in `[-1100, 1030]`; of 32-bit numbers for `|self|` in `[2^-60, 2^8]` and
    /// an exponent in `[-160, 130]`. (A zero stays zero; a smaller `self` may round twice.)
    fn scale(self, t: Self) -> Self;
}

/// [`Lane::scale`] of 64-bit numbers, by two products of which only the second can round.
#[inline(always)]
pub fn scale_double<V: Lane<Real = f64>>(x: V, t: V) -> V {
    // w = exponent + 2048 > 0, split in halves.
    let w = V::shr::<4>(V::bit_sub(V::to_bits(t), V::bits(SHIFT16.to_bits() - (2048 << 4))));
    let half = V::shr::<1>(w);
    let one = V::bits(1);
    let first = V::shl::<52>(V::bit_sub(half, one));
    let second = V::shl::<52>(V::bit_sub(V::bit_sub(w, half), one));
    x * V::from_bits(first) * V::from_bits(second)
}

/// [`Lane::scale`] of 32-bit numbers, in the same way.
#[inline(always)]
pub fn scale_single<V: Lane<Real = f32>>(x: V, t: V) -> V {
    // w = exponent + 256 > 0, split in halves.
    let w = V::shr::<4>(V::bit_sub(V::to_bits(t), V::bits(u64::from(SHIFT16_SINGLE.to_bits()) - (256 << 4))));
    let half = V::shr::<1>(w);
    let one = V::bits(1);
    let first = V::shl::<23>(V::bit_sub(half, one));
    let second = V::shl::<23>(V::bit_sub(V::bit_sub(w, half), one));
    x * V::from_bits(first) * V::from_bits(second)
}

/// One number.
macro_rules! one {
    ($real:ident, $bits:ident, $scale:ident) => {
        impl Lane for $real {
            type Real = $real;
            type Mask = bool;
            type Bits = $bits;

            #[inline(always)]
            fn repeat(x: $real) -> $real {
                x
            }
            #[inline(always)]
            fn fma(self, b: $real, c: $real) -> $real {
                self.mul_add(b, c)
            }
            #[inline(always)]
            fn sqrt(self) -> $real {
                <$real>::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> $real {
                <$real>::abs(self)
            }
            #[inline(always)]
            fn floor(self) -> $real {
                <$real>::floor(self)
            }
            #[inline(always)]
            fn min(self, b: $real) -> $real {
                if self < b { self } else { b }
            }
            #[inline(always)]
            fn max(self, b: $real) -> $real {
                if self > b { self } else { b }
            }
            #[inline(always)]
            fn lt(self, b: $real) -> bool {
                self < b
            }
            #[inline(always)]
            fn le(self, b: $real) -> bool {
                self <= b
            }
            #[inline(always)]
            #[allow(clippy::float_cmp)] // Equality of numbers is what it means.
            fn eq(self, b: $real) -> bool {
                self == b
            }
            #[inline(always)]
            fn both(a: bool, b: bool) -> bool {
                a & b
            }
            #[inline(always)]
            fn either(a: bool, b: bool) -> bool {
                a | b
            }
            #[inline(always)]
            fn not(a: bool) -> bool {
                !a
            }
            #[inline(always)]
            fn select(m: bool, yes: $real, no: $real) -> $real {
                if m { yes } else { no }
            }
            #[inline(always)]
            fn to_bits(self) -> $bits {
                <$real>::to_bits(self)
            }
            #[inline(always)]
            fn from_bits(b: $bits) -> $real {
                <$real>::from_bits(b)
            }
            #[inline(always)]
            fn bits(b: u64) -> $bits {
                b as $bits
            }
            #[inline(always)]
            fn bit_and(a: $bits, b: $bits) -> $bits {
                a & b
            }
            #[inline(always)]
            fn bit_or(a: $bits, b: $bits) -> $bits {
                a | b
            }
            #[inline(always)]
            fn bit_xor(a: $bits, b: $bits) -> $bits {
                a ^ b
            }
            #[inline(always)]
            fn bit_add(a: $bits, b: $bits) -> $bits {
                a.wrapping_add(b)
            }
            #[inline(always)]
            fn bit_sub(a: $bits, b: $bits) -> $bits {
                a.wrapping_sub(b)
            }
            #[inline(always)]
            fn shl<const N: u32>(a: $bits) -> $bits {
                a << N
            }
            #[inline(always)]
            fn shr<const N: u32>(a: $bits) -> $bits {
                a >> N
            }
            #[inline(always)]
            fn lookup16(table: &[$real; 16], index: $bits) -> $real {
                table[(index & 15) as usize]
            }
            #[inline(always)]
            fn scale(self, t: $real) -> $real {
                $scale(self, t)
            }
        }
    };
}

one!(f64, u64, scale_double);
one!(f32, u32, scale_single);
