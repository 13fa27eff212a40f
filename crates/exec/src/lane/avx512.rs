//! Eight numbers in a 512-bit register (AVX-512 F, DQ).
//!
//! Each method is one or two instructions, named as in `std::arch`.
#![allow(clippy::undocumented_unsafe_blocks)] // One reason for all, below.
// SAFETY of every intrinsic here: values of this type exist only inside functions compiled for the instruction set, which
// `Isa::check` has found on this machine (see `Vector`).

use super::{Lane, Vector};
use homolog_base::math::lane::SHIFT16;
use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// 8 numbers.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct F64x8(pub __m512d);

impl Add for F64x8 {
    type Output = F64x8;
    #[inline(always)]
    fn add(self, b: F64x8) -> F64x8 {
        F64x8(unsafe { _mm512_add_pd(self.0, b.0) })
    }
}
impl Sub for F64x8 {
    type Output = F64x8;
    #[inline(always)]
    fn sub(self, b: F64x8) -> F64x8 {
        F64x8(unsafe { _mm512_sub_pd(self.0, b.0) })
    }
}
impl Mul for F64x8 {
    type Output = F64x8;
    #[inline(always)]
    fn mul(self, b: F64x8) -> F64x8 {
        F64x8(unsafe { _mm512_mul_pd(self.0, b.0) })
    }
}
impl Div for F64x8 {
    type Output = F64x8;
    #[inline(always)]
    fn div(self, b: F64x8) -> F64x8 {
        F64x8(unsafe { _mm512_div_pd(self.0, b.0) })
    }
}
impl Neg for F64x8 {
    type Output = F64x8;
    #[inline(always)]
    fn neg(self) -> F64x8 {
        F64x8(unsafe { _mm512_xor_pd(self.0, _mm512_set1_pd(-0.0)) })
    }
}

impl Lane for F64x8 {
    type Real = f64;
    type Mask = __mmask8;
    type Bits = __m512i;

    #[inline(always)]
    fn repeat(x: f64) -> Self {
        F64x8(unsafe { _mm512_set1_pd(x) })
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        F64x8(unsafe { _mm512_fmadd_pd(self.0, b.0, c.0) })
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        F64x8(unsafe { _mm512_sqrt_pd(self.0) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        F64x8(unsafe { _mm512_andnot_pd(_mm512_set1_pd(-0.0), self.0) })
    }
    #[inline(always)]
    fn floor(self) -> Self {
        F64x8(unsafe { _mm512_roundscale_pd::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(self.0) })
    }
    #[inline(always)]
    fn min(self, b: Self) -> Self {
        F64x8(unsafe { _mm512_min_pd(self.0, b.0) })
    }
    #[inline(always)]
    fn max(self, b: Self) -> Self {
        F64x8(unsafe { _mm512_max_pd(self.0, b.0) })
    }
    #[inline(always)]
    fn lt(self, b: Self) -> __mmask8 {
        unsafe { _mm512_cmp_pd_mask::<_CMP_LT_OQ>(self.0, b.0) }
    }
    #[inline(always)]
    fn le(self, b: Self) -> __mmask8 {
        unsafe { _mm512_cmp_pd_mask::<_CMP_LE_OQ>(self.0, b.0) }
    }
    #[inline(always)]
    fn eq(self, b: Self) -> __mmask8 {
        unsafe { _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(self.0, b.0) }
    }
    #[inline(always)]
    fn both(a: __mmask8, b: __mmask8) -> __mmask8 {
        a & b
    }
    #[inline(always)]
    fn either(a: __mmask8, b: __mmask8) -> __mmask8 {
        a | b
    }
    #[inline(always)]
    fn not(a: __mmask8) -> __mmask8 {
        !a
    }
    #[inline(always)]
    fn select(m: __mmask8, yes: Self, no: Self) -> Self {
        F64x8(unsafe { _mm512_mask_blend_pd(m, no.0, yes.0) })
    }
    #[inline(always)]
    fn to_bits(self) -> __m512i {
        unsafe { _mm512_castpd_si512(self.0) }
    }
    #[inline(always)]
    fn from_bits(b: __m512i) -> Self {
        F64x8(unsafe { _mm512_castsi512_pd(b) })
    }
    #[inline(always)]
    fn bits(b: u64) -> __m512i {
        unsafe { _mm512_set1_epi64(b as i64) }
    }
    #[inline(always)]
    fn bit_and(a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_and_si512(a, b) }
    }
    #[inline(always)]
    fn bit_or(a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_or_si512(a, b) }
    }
    #[inline(always)]
    fn bit_xor(a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_xor_si512(a, b) }
    }
    #[inline(always)]
    fn bit_add(a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_add_epi64(a, b) }
    }
    #[inline(always)]
    fn bit_sub(a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_sub_epi64(a, b) }
    }
    #[inline(always)]
    fn shl<const N: u32>(a: __m512i) -> __m512i {
        unsafe { _mm512_slli_epi64::<N>(a) }
    }
    #[inline(always)]
    fn shr<const N: u32>(a: __m512i) -> __m512i {
        unsafe { _mm512_srli_epi64::<N>(a) }
    }
    #[inline(always)]
    fn lookup16(table: &[f64; 16], index: __m512i) -> Self {
        unsafe {
            let p = table.as_ptr();
            F64x8(_mm512_permutex2var_pd(_mm512_loadu_pd(p), index, _mm512_loadu_pd(p.add(8))))
        }
    }
    #[inline(always)]
    fn scale(self, t: Self) -> Self {
        F64x8(unsafe { _mm512_scalef_pd(self.0, (t - Self::splat(SHIFT16)).0) })
    }
}

impl Vector for F64x8 {
    type Eight = F64x8;
    type Short = super::avx2::F64x4;
    const WIDTH: usize = 8;
    #[inline(always)]
    unsafe fn load(p: *const f64) -> Self {
        F64x8(_mm512_loadu_pd(p))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f64) {
        _mm512_storeu_pd(p, self.0);
    }
    #[inline(always)]
    unsafe fn load_first(p: *const f64, n: usize) -> Self {
        F64x8(_mm512_maskz_loadu_pd((1 << n) - 1, p))
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f64, n: usize) {
        _mm512_mask_storeu_pd(p, (1 << n) - 1, self.0);
    }
    #[inline(always)]
    fn from_mask(m: __mmask8) -> Self {
        unsafe { Self::from_bits(_mm512_movm_epi64(m)) }
    }
    #[inline(always)]
    fn to_mask(self) -> __mmask8 {
        unsafe { _mm512_movepi64_mask(self.to_bits()) }
    }
    #[inline(always)]
    fn set(m: __mmask8) -> u32 {
        u32::from(m)
    }
}
