//! Four numbers in a 256-bit register (AVX2, FMA).
//!
//! Each method is one or two instructions, named as in `std::arch`.
#![allow(clippy::undocumented_unsafe_blocks)] // One reason for all, below.
// SAFETY of every intrinsic here: values of this type exist only inside functions compiled for the instruction set, which
// `Isa::check` has found on this machine (see `Vector`).

use super::{Lane, Vector};
use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// 4 numbers.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct F64x4(pub __m256d);

impl Add for F64x4 {
    type Output = F64x4;
    #[inline(always)]
    fn add(self, b: F64x4) -> F64x4 {
        F64x4(unsafe { _mm256_add_pd(self.0, b.0) })
    }
}
impl Sub for F64x4 {
    type Output = F64x4;
    #[inline(always)]
    fn sub(self, b: F64x4) -> F64x4 {
        F64x4(unsafe { _mm256_sub_pd(self.0, b.0) })
    }
}
impl Mul for F64x4 {
    type Output = F64x4;
    #[inline(always)]
    fn mul(self, b: F64x4) -> F64x4 {
        F64x4(unsafe { _mm256_mul_pd(self.0, b.0) })
    }
}
impl Div for F64x4 {
    type Output = F64x4;
    #[inline(always)]
    fn div(self, b: F64x4) -> F64x4 {
        F64x4(unsafe { _mm256_div_pd(self.0, b.0) })
    }
}
impl Neg for F64x4 {
    type Output = F64x4;
    #[inline(always)]
    fn neg(self) -> F64x4 {
        F64x4(unsafe { _mm256_xor_pd(self.0, _mm256_set1_pd(-0.0)) })
    }
}

impl Lane for F64x4 {
    type Real = f64;
    type Mask = __m256d;
    type Bits = __m256i;

    #[inline(always)]
    fn repeat(x: f64) -> Self {
        F64x4(unsafe { _mm256_set1_pd(x) })
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        F64x4(unsafe { _mm256_fmadd_pd(self.0, b.0, c.0) })
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        F64x4(unsafe { _mm256_sqrt_pd(self.0) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        F64x4(unsafe { _mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0) })
    }
    #[inline(always)]
    fn floor(self) -> Self {
        F64x4(unsafe { _mm256_floor_pd(self.0) })
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        F64x4(unsafe { _mm256_min_pd(self.0, b.0) })
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        F64x4(unsafe { _mm256_max_pd(self.0, b.0) })
    }
    #[inline(always)]
    fn lt(self, b: Self) -> __m256d {
        unsafe { _mm256_cmp_pd::<_CMP_LT_OQ>(self.0, b.0) }
    }
    #[inline(always)]
    fn le(self, b: Self) -> __m256d {
        unsafe { _mm256_cmp_pd::<_CMP_LE_OQ>(self.0, b.0) }
    }
    #[inline(always)]
    fn eq(self, b: Self) -> __m256d {
        unsafe { _mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, b.0) }
    }
    #[inline(always)]
    fn both(a: __m256d, b: __m256d) -> __m256d {
        unsafe { _mm256_and_pd(a, b) }
    }
    #[inline(always)]
    fn either(a: __m256d, b: __m256d) -> __m256d {
        unsafe { _mm256_or_pd(a, b) }
    }
    #[inline(always)]
    fn not(a: __m256d) -> __m256d {
        unsafe { _mm256_xor_pd(a, _mm256_castsi256_pd(_mm256_set1_epi64x(-1))) }
    }
    #[inline(always)]
    fn select(m: __m256d, yes: Self, no: Self) -> Self {
        F64x4(unsafe { _mm256_blendv_pd(no.0, yes.0, m) })
    }
    #[inline(always)]
    fn to_bits(self) -> __m256i {
        unsafe { _mm256_castpd_si256(self.0) }
    }
    #[inline(always)]
    fn from_bits(b: __m256i) -> Self {
        F64x4(unsafe { _mm256_castsi256_pd(b) })
    }
    #[inline(always)]
    fn bits(b: u64) -> __m256i {
        unsafe { _mm256_set1_epi64x(b as i64) }
    }
    #[inline(always)]
    fn bit_and(a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_and_si256(a, b) }
    }
    #[inline(always)]
    fn bit_or(a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_or_si256(a, b) }
    }
    #[inline(always)]
    fn bit_xor(a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_xor_si256(a, b) }
    }
    #[inline(always)]
    fn bit_add(a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_add_epi64(a, b) }
    }
    #[inline(always)]
    fn bit_sub(a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_sub_epi64(a, b) }
    }
    #[inline(always)]
    fn shl<const N: u32>(a: __m256i) -> __m256i {
        unsafe { _mm256_sll_epi64(a, _mm_cvtsi32_si128(N as i32)) }
    }
    #[inline(always)]
    fn shr<const N: u32>(a: __m256i) -> __m256i {
        unsafe { _mm256_srl_epi64(a, _mm_cvtsi32_si128(N as i32)) }
    }
    #[inline(always)]
    fn lookup16(table: &[f64; 16], index: __m256i) -> Self {
        unsafe { F64x4(_mm256_i64gather_pd::<8>(table.as_ptr(), Self::bit_and(index, Self::bits(15)))) }
    }
    #[inline(always)]
    fn scale(self, t: Self) -> Self {
        homolog_base::math::lane::scale_double(self, t)
    }
}

impl Vector for F64x4 {
    type Eight = F64x4;
    type Short = F64x4;
    const WIDTH: usize = 4;
    #[inline(always)]
    unsafe fn load(p: *const f64) -> Self {
        F64x4(_mm256_loadu_pd(p))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f64) {
        _mm256_storeu_pd(p, self.0);
    }
    #[inline(always)]
    unsafe fn load_first(p: *const f64, n: usize) -> Self {
        F64x4(_mm256_maskload_pd(p, first(n)))
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f64, n: usize) {
        _mm256_maskstore_pd(p, first(n), self.0);
    }
    #[inline(always)]
    fn from_mask(m: __m256d) -> Self {
        F64x4(m)
    }
    #[inline(always)]
    fn to_mask(self) -> __m256d {
        self.0
    }
    #[inline(always)]
    fn set(m: __m256d) -> u32 {
        unsafe { _mm256_movemask_pd(m) as u32 }
    }
}

/// Ones in the first `n` numbers.
#[inline(always)]
unsafe fn first(n: usize) -> __m256i {
    _mm256_cmpgt_epi64(_mm256_set1_epi64x(n as i64), _mm256_setr_epi64x(0, 1, 2, 3))
}
