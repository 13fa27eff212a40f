//! What an elementary function may use: one number, or one vector register of them.
//!
//! The functions of [`super::generic`] are written once over [`Lane`]. `f64` is the scalar implementation; the vector
//! ones live in `exec`, which alone may use `unsafe`. Every method is exact or correctly rounded (IEEE 754), so one text
//! gives the same bits on every machine. Only which NaN a NaN is (sign and payload) is left open, as IEEE 754 leaves it.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// `1.5 * 2^48`: adding it rounds to a multiple of 1/16, which then stands in the low bits.
pub const SHIFT16: f64 = 422_212_465_065_984.0;

/// One or more numbers, each treated alike.
pub trait Lane: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self> {
    /// A truth value per number.
    type Mask: Copy;
    /// 64 bits per number.
    type Bits: Copy;

    /// The same number everywhere.
    fn splat(x: f64) -> Self;
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
    /// The same bits everywhere.
    fn bits(b: u64) -> Self::Bits;
    /// Bitwise and.
    fn bit_and(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// Bitwise or.
    fn bit_or(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// Bitwise exclusive or.
    fn bit_xor(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// Sum modulo 2^64.
    fn bit_add(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// Difference modulo 2^64.
    fn bit_sub(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// Shift towards the sign.
    fn shl<const N: u32>(a: Self::Bits) -> Self::Bits;
    /// Logical shift towards the units.
    fn shr<const N: u32>(a: Self::Bits) -> Self::Bits;

    /// `table[low four bits of index]`
    fn lookup16(table: &[f64; 16], index: Self::Bits) -> Self;

    /// `self * 2^floor(t - SHIFT16)`, rounded once, for `|self|` in `[2^-500, 2^8]` or zero or NaN and an exponent in
    /// `[-1100, 1030]`; `t` is a sum with [`SHIFT16`]. (A zero stays zero; a smaller `self` may round twice.)
    #[inline(always)]
    fn scale(self, t: Self) -> Self {
        // w = exponent + 2048 > 0; split in halves, so that only the second product can round.
        let w = Self::shr::<4>(Self::bit_sub(Self::to_bits(t), Self::bits(SHIFT16.to_bits() - (2048 << 4))));
        let half = Self::shr::<1>(w);
        let one = Self::bits(1);
        let first = Self::shl::<52>(Self::bit_sub(half, one));
        let second = Self::shl::<52>(Self::bit_sub(Self::bit_sub(w, half), one));
        self * Self::from_bits(first) * Self::from_bits(second)
    }
}

impl Lane for f64 {
    type Mask = bool;
    type Bits = u64;

    #[inline(always)]
    fn splat(x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn fma(self, b: f64, c: f64) -> f64 {
        self.mul_add(b, c)
    }
    #[inline(always)]
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn abs(self) -> f64 {
        f64::abs(self)
    }
    #[inline(always)]
    fn floor(self) -> f64 {
        f64::floor(self)
    }
    #[inline(always)]
    fn min(self, b: f64) -> f64 {
        if self < b { self } else { b }
    }
    #[inline(always)]
    fn max(self, b: f64) -> f64 {
        if self > b { self } else { b }
    }
    #[inline(always)]
    fn lt(self, b: f64) -> bool {
        self < b
    }
    #[inline(always)]
    fn le(self, b: f64) -> bool {
        self <= b
    }
    #[inline(always)]
    #[allow(clippy::float_cmp)] // Equality of numbers is what it means.
    fn eq(self, b: f64) -> bool {
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
    fn select(m: bool, yes: f64, no: f64) -> f64 {
        if m { yes } else { no }
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        f64::to_bits(self)
    }
    #[inline(always)]
    fn from_bits(b: u64) -> f64 {
        f64::from_bits(b)
    }
    #[inline(always)]
    fn bits(b: u64) -> u64 {
        b
    }
    #[inline(always)]
    fn bit_and(a: u64, b: u64) -> u64 {
        a & b
    }
    #[inline(always)]
    fn bit_or(a: u64, b: u64) -> u64 {
        a | b
    }
    #[inline(always)]
    fn bit_xor(a: u64, b: u64) -> u64 {
        a ^ b
    }
    #[inline(always)]
    fn bit_add(a: u64, b: u64) -> u64 {
        a.wrapping_add(b)
    }
    #[inline(always)]
    fn bit_sub(a: u64, b: u64) -> u64 {
        a.wrapping_sub(b)
    }
    #[inline(always)]
    fn shl<const N: u32>(a: u64) -> u64 {
        a << N
    }
    #[inline(always)]
    fn shr<const N: u32>(a: u64) -> u64 {
        a >> N
    }
    #[inline(always)]
    fn lookup16(table: &[f64; 16], index: u64) -> f64 {
        table[(index & 15) as usize]
    }
}
