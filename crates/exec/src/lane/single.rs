//! Sixteen, eight and four 32-bit numbers in a register (AVX-512 F, DQ; AVX2, FMA).
//!
//! Each method is one or two instructions, named as in `std::arch`.
#![allow(clippy::undocumented_unsafe_blocks)] // One reason for all, below.
// SAFETY of every intrinsic here: values of these types exist only inside functions compiled for the instruction set, which
// `Isa::check` has found on this machine (see `Vector`).

use super::{Lane, Vector};
use homolog_base::math::lane::{SHIFT16_SINGLE, scale_single};
use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Neg, Sub};

macro_rules! arithmetic {
    ($name:ident, $doc:literal, $register:ident; $($trait:ident $method:ident $instruction:ident)*; $xor:ident $set:ident) => {
        #[doc = $doc]
        #[derive(Clone, Copy)]
        #[repr(transparent)]
        pub struct $name(pub $register);

        $(
            impl $trait for $name {
                type Output = $name;
                #[inline(always)]
                fn $method(self, b: $name) -> $name {
                    $name(unsafe { $instruction(self.0, b.0) })
                }
            }
        )*
        impl Neg for $name {
            type Output = $name;
            #[inline(always)]
            fn neg(self) -> $name {
                $name(unsafe { $xor(self.0, $set(-0.0)) })
            }
        }
    };
}

arithmetic!(F32x16, "16 numbers.", __m512; Add add _mm512_add_ps Sub sub _mm512_sub_ps Mul mul _mm512_mul_ps Div div _mm512_div_ps; _mm512_xor_ps _mm512_set1_ps);
arithmetic!(F32x8, "8 numbers.", __m256; Add add _mm256_add_ps Sub sub _mm256_sub_ps Mul mul _mm256_mul_ps Div div _mm256_div_ps; _mm256_xor_ps _mm256_set1_ps);
arithmetic!(F32x4, "4 numbers.", __m128; Add add _mm_add_ps Sub sub _mm_sub_ps Mul mul _mm_mul_ps Div div _mm_div_ps; _mm_xor_ps _mm_set1_ps);

/// Methods that are one instruction each.
macro_rules! same {
    ($name:ident, $bits:ident; $set:ident $fma:ident $sqrt:ident $andnot:ident $min:ident $max:ident
     $cast:ident $uncast:ident $seti:ident $and:ident $or:ident $xor:ident $add:ident $sub:ident) => {
        #[inline(always)]
        fn repeat(x: f32) -> Self {
            $name(unsafe { $set(x) })
        }
        #[inline(always)]
        fn fma(self, b: Self, c: Self) -> Self {
            $name(unsafe { $fma(self.0, b.0, c.0) })
        }
        #[inline(always)]
        fn sqrt(self) -> Self {
            $name(unsafe { $sqrt(self.0) })
        }
        #[inline(always)]
        fn abs(self) -> Self {
            $name(unsafe { $andnot($set(-0.0), self.0) })
        }
        #[inline(always)]
        fn min(self, b: Self) -> Self {
            $name(unsafe { $min(self.0, b.0) })
        }
        #[inline(always)]
        fn max(self, b: Self) -> Self {
            $name(unsafe { $max(self.0, b.0) })
        }
        #[inline(always)]
        fn to_bits(self) -> $bits {
            unsafe { $cast(self.0) }
        }
        #[inline(always)]
        fn from_bits(b: $bits) -> Self {
            $name(unsafe { $uncast(b) })
        }
        #[inline(always)]
        fn bits(b: u64) -> $bits {
            unsafe { $seti(b as u32 as i32) }
        }
        #[inline(always)]
        fn bit_and(a: $bits, b: $bits) -> $bits {
            unsafe { $and(a, b) }
        }
        #[inline(always)]
        fn bit_or(a: $bits, b: $bits) -> $bits {
            unsafe { $or(a, b) }
        }
        #[inline(always)]
        fn bit_xor(a: $bits, b: $bits) -> $bits {
            unsafe { $xor(a, b) }
        }
        #[inline(always)]
        fn bit_add(a: $bits, b: $bits) -> $bits {
            unsafe { $add(a, b) }
        }
        #[inline(always)]
        fn bit_sub(a: $bits, b: $bits) -> $bits {
            unsafe { $sub(a, b) }
        }
    };
}

impl Lane for F32x16 {
    type Real = f32;
    type Mask = __mmask16;
    type Bits = __m512i;

    same!(F32x16, __m512i; _mm512_set1_ps _mm512_fmadd_ps _mm512_sqrt_ps _mm512_andnot_ps _mm512_min_ps _mm512_max_ps
        _mm512_castps_si512 _mm512_castsi512_ps _mm512_set1_epi32 _mm512_and_si512 _mm512_or_si512 _mm512_xor_si512
        _mm512_add_epi32 _mm512_sub_epi32);

    #[inline(always)]
    fn floor(self) -> Self {
        F32x16(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(self.0) })
    }
    #[inline(always)]
    fn lt(self, b: Self) -> __mmask16 {
        unsafe { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, b.0) }
    }
    #[inline(always)]
    fn le(self, b: Self) -> __mmask16 {
        unsafe { _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, b.0) }
    }
    #[inline(always)]
    fn eq(self, b: Self) -> __mmask16 {
        unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, b.0) }
    }
    #[inline(always)]
    fn both(a: __mmask16, b: __mmask16) -> __mmask16 {
        a & b
    }
    #[inline(always)]
    fn either(a: __mmask16, b: __mmask16) -> __mmask16 {
        a | b
    }
    #[inline(always)]
    fn not(a: __mmask16) -> __mmask16 {
        !a
    }
    #[inline(always)]
    fn select(m: __mmask16, yes: Self, no: Self) -> Self {
        F32x16(unsafe { _mm512_mask_blend_ps(m, no.0, yes.0) })
    }
    #[inline(always)]
    fn shl<const N: u32>(a: __m512i) -> __m512i {
        unsafe { _mm512_slli_epi32::<N>(a) }
    }
    #[inline(always)]
    fn shr<const N: u32>(a: __m512i) -> __m512i {
        unsafe { _mm512_srli_epi32::<N>(a) }
    }
    #[inline(always)]
    fn lookup16(table: &[f32; 16], index: __m512i) -> Self {
        F32x16(unsafe { _mm512_permutexvar_ps(index, _mm512_loadu_ps(table.as_ptr())) })
    }
    #[inline(always)]
    fn scale(self, t: Self) -> Self {
        F32x16(unsafe { _mm512_scalef_ps(self.0, (t - Self::repeat(SHIFT16_SINGLE)).0) })
    }
}

impl Vector for F32x16 {
    type Eight = F32x8;
    type Short = F32x4;
    const WIDTH: usize = 16;
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        F32x16(_mm512_loadu_ps(p))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        _mm512_storeu_ps(p, self.0);
    }
    #[inline(always)]
    unsafe fn load_first(p: *const f32, n: usize) -> Self {
        F32x16(_mm512_maskz_loadu_ps((1 << n) - 1, p))
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, n: usize) {
        _mm512_mask_storeu_ps(p, (1 << n) - 1, self.0);
    }
    #[inline(always)]
    fn from_mask(m: __mmask16) -> Self {
        unsafe { Self::from_bits(_mm512_movm_epi32(m)) }
    }
    #[inline(always)]
    fn to_mask(self) -> __mmask16 {
        unsafe { _mm512_movepi32_mask(self.to_bits()) }
    }
    #[inline(always)]
    fn set(m: __mmask16) -> u32 {
        u32::from(m)
    }
}

/// Vectors whose truth values are numbers of all ones or all zeros bits.
macro_rules! masked {
    ($name:ident, $register:ident, $bits:ident, $width:literal, $eight:ident, $short:ident, $first:ident; $floor:ident $compare:ident
     $and:ident $or:ident $xor:ident $set:ident $ones:ident $cast:ident $blend:ident $shl:ident $shr:ident
     $load:ident $store:ident $load_first:ident $store_first:ident $bits_of:ident; $lookup:expr; { $($rest:tt)* }) => {
        impl Lane for $name {
            type Real = f32;
            type Mask = $register;
            type Bits = $bits;

            $($rest)*

            #[inline(always)]
            fn floor(self) -> Self {
                $name(unsafe { $floor(self.0) })
            }
            #[inline(always)]
            fn lt(self, b: Self) -> $register {
                unsafe { $compare::<_CMP_LT_OQ>(self.0, b.0) }
            }
            #[inline(always)]
            fn le(self, b: Self) -> $register {
                unsafe { $compare::<_CMP_LE_OQ>(self.0, b.0) }
            }
            #[inline(always)]
            fn eq(self, b: Self) -> $register {
                unsafe { $compare::<_CMP_EQ_OQ>(self.0, b.0) }
            }
            #[inline(always)]
            fn both(a: $register, b: $register) -> $register {
                unsafe { $and(a, b) }
            }
            #[inline(always)]
            fn either(a: $register, b: $register) -> $register {
                unsafe { $or(a, b) }
            }
            #[inline(always)]
            fn not(a: $register) -> $register {
                unsafe { $xor(a, $cast($ones(-1))) }
            }
            #[inline(always)]
            fn select(m: $register, yes: Self, no: Self) -> Self {
                $name(unsafe { $blend(no.0, yes.0, m) })
            }
            #[inline(always)]
            fn shl<const N: u32>(a: $bits) -> $bits {
                unsafe { $shl(a, _mm_cvtsi32_si128(N as i32)) }
            }
            #[inline(always)]
            fn shr<const N: u32>(a: $bits) -> $bits {
                unsafe { $shr(a, _mm_cvtsi32_si128(N as i32)) }
            }
            #[inline(always)]
            fn lookup16(table: &[f32; 16], index: $bits) -> Self {
                #[allow(clippy::redundant_closure_call)]
                $name(unsafe { $lookup(table.as_ptr(), index) })
            }
            #[inline(always)]
            fn scale(self, t: Self) -> Self {
                scale_single(self, t)
            }
        }

        impl Vector for $name {
            type Eight = $eight;
            type Short = $short;
            const WIDTH: usize = $width;
            #[inline(always)]
            unsafe fn load(p: *const f32) -> Self {
                $name($load(p))
            }
            #[inline(always)]
            unsafe fn store(self, p: *mut f32) {
                $store(p, self.0);
            }
            #[inline(always)]
            unsafe fn load_first(p: *const f32, n: usize) -> Self {
                $name($load_first(p, $first(n)))
            }
            #[inline(always)]
            unsafe fn store_first(self, p: *mut f32, n: usize) {
                $store_first(p, $first(n), self.0);
            }
            #[inline(always)]
            fn from_mask(m: $register) -> Self {
                $name(m)
            }
            #[inline(always)]
            fn to_mask(self) -> $register {
                self.0
            }
            #[inline(always)]
            fn set(m: $register) -> u32 {
                unsafe { $bits_of(m) as u32 }
            }
        }
    };
}

masked!(F32x8, __m256, __m256i, 8, F32x8, F32x4, first_of_eight; _mm256_floor_ps _mm256_cmp_ps _mm256_and_ps _mm256_or_ps _mm256_xor_ps
_mm256_set1_ps _mm256_set1_epi32 _mm256_castsi256_ps _mm256_blendv_ps _mm256_sll_epi32 _mm256_srl_epi32
_mm256_loadu_ps _mm256_storeu_ps _mm256_maskload_ps _mm256_maskstore_ps _mm256_movemask_ps;
// Bit 3 chooses between halves of the table.
|table: *const f32, index| _mm256_blendv_ps(
    _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), index),
    _mm256_permutevar8x32_ps(_mm256_loadu_ps(table.add(8)), index),
    _mm256_castsi256_ps(_mm256_slli_epi32::<28>(index)),
);
{
    same!(F32x8, __m256i; _mm256_set1_ps _mm256_fmadd_ps _mm256_sqrt_ps _mm256_andnot_ps _mm256_min_ps _mm256_max_ps
        _mm256_castps_si256 _mm256_castsi256_ps _mm256_set1_epi32 _mm256_and_si256 _mm256_or_si256 _mm256_xor_si256
        _mm256_add_epi32 _mm256_sub_epi32);
});

masked!(F32x4, __m128, __m128i, 4, F32x4, F32x4, first_of_four; _mm_floor_ps _mm_cmp_ps _mm_and_ps _mm_or_ps _mm_xor_ps
_mm_set1_ps _mm_set1_epi32 _mm_castsi128_ps _mm_blendv_ps _mm_sll_epi32 _mm_srl_epi32
_mm_loadu_ps _mm_storeu_ps _mm_maskload_ps _mm_maskstore_ps _mm_movemask_ps;
|table: *const f32, index| _mm_i32gather_ps::<4>(table, _mm_and_si128(index, _mm_set1_epi32(15)));
{
    same!(F32x4, __m128i; _mm_set1_ps _mm_fmadd_ps _mm_sqrt_ps _mm_andnot_ps _mm_min_ps _mm_max_ps
        _mm_castps_si128 _mm_castsi128_ps _mm_set1_epi32 _mm_and_si128 _mm_or_si128 _mm_xor_si128
        _mm_add_epi32 _mm_sub_epi32);
});

/// Ones in the first `n` numbers.
#[inline(always)]
unsafe fn first_of_eight(n: usize) -> __m256i {
    _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
}

#[inline(always)]
unsafe fn first_of_four(n: usize) -> __m128i {
    _mm_cmpgt_epi32(_mm_set1_epi32(n as i32), _mm_setr_epi32(0, 1, 2, 3))
}
