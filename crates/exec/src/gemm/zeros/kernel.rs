//! The innermost loops of products over lists, for each instruction set.

#![allow(clippy::needless_range_loop)] // Indices of registers.

use crate::isa::Isa;
use crate::lane::Vector;

/// Numbers that [`Kernels::list`] may write after the last.
pub const BEYOND: usize = 8;

/// All bits of the exponent: infinite or NaN.
const EXPONENT: u64 = 0x7ff0_0000_0000_0000;

/// Copies 8 x 8 numbers, transposed, from rows to rows of given lengths; false when one is not finite.
///
/// # Safety
/// Both squares are in memory; the machine has the instruction set.
type Transpose = unsafe fn(*const f64, usize, *mut f64, usize) -> bool;

/// See [`Kernels::list`].
type List = unsafe fn(&[f64], &mut [u32], &mut [f64]) -> Option<usize>;
/// See [`Kernels::sum`].
type Sum = unsafe fn(&[u32], &[f64], &[f64], &mut [f64]);

/// The kernels of an instruction set. They are made for machines that have it: `Kernels::of` is called after `Isa::check`.
pub struct Kernels {
    /// Rows of a tile.
    pub rows: usize,
    list: List,
    pack: unsafe fn(*const f64, usize, usize, usize, &mut [f64]) -> bool,
    sum: Sum,
    has_minus_zero: unsafe fn(&[f64]) -> bool,
    add: unsafe fn(&[f64], usize, usize, f64, *mut f64, usize),
}

impl Kernels {
    /// For an instruction set.
    ///
    /// # Panics
    /// When the machine lacks it.
    pub fn of(isa: Isa) -> &'static Kernels {
        isa.check();
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => &avx512::KERNELS,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => &avx2::KERNELS,
            _ => &portable::KERNELS,
        }
    }

    /// Writes places and values of what is not zero in `row`, and at most [`BEYOND`] numbers more; says how many there are, or
    /// nothing when one is not finite.
    pub fn list(&self, row: &[f64], at: &mut [u32], values: &mut [f64]) -> Option<usize> {
        assert!(row.len() + BEYOND <= at.len().min(values.len()), "no room for a list");
        // SAFETY: there is room; see `Kernels` for the instruction set, here and below.
        unsafe { (self.list)(row, at, values) }
    }

    /// Packs `rows` rows of `depth` numbers as columns of the tile, with zeros in its other columns; false when one is not finite.
    ///
    /// # Safety
    /// The rows, `step` apart, are in memory.
    pub unsafe fn pack(&self, from: *const f64, step: usize, rows: usize, depth: usize, tile: &mut [f64]) -> bool {
        assert!(rows <= self.rows && depth * self.rows <= tile.len(), "a tile too small");
        (self.pack)(from, step, rows, depth, tile)
    }

    /// Sums over a list: for each row `r` of the tile, the chain of `fma(tile[at, r], value, s)`.
    ///
    /// # Safety
    /// All places of the list lie in the tile.
    pub unsafe fn sum(&self, at: &[u32], values: &[f64], tile: &[f64], sums: &mut [f64]) {
        debug_assert!(at.len() == values.len() && sums.len() == self.rows);
        debug_assert!(at.iter().all(|k| (*k as usize + 1) * self.rows <= tile.len()));
        (self.sum)(at, values, tile, sums);
    }

    /// Whether one of the numbers is -0.
    pub fn has_minus_zero(&self, x: &[f64]) -> bool {
        // SAFETY: as in `list`.
        unsafe { (self.has_minus_zero)(x) }
    }

    /// `c = beta c + sums`, for sums that are in memory by column.
    ///
    /// # Safety
    /// The part of C is in memory and nobody else's.
    pub unsafe fn add(&self, sums: &[f64], rows: usize, columns: usize, beta: f64, c: *mut f64, ldc: usize) {
        assert!(rows <= self.rows && columns * self.rows <= sums.len(), "sums too few");
        (self.add)(sums, rows, columns, beta, c, ldc);
    }
}

#[inline(always)]
fn list(row: &[f64], at: &mut [u32], values: &mut [f64]) -> Option<usize> {
    let (mut n, mut bad) = (0, false);
    for (l, x) in row.iter().enumerate() {
        at[n] = l as u32;
        values[n] = *x;
        n += usize::from(*x != 0.0);
        bad |= x.to_bits() & EXPONENT == EXPONENT;
    }
    (!bad).then_some(n)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
unsafe fn list_avx512(row: &[f64], at: &mut [u32], values: &mut [f64]) -> Option<usize> {
    use std::arch::x86_64::*;
    let mut n = 0;
    let mut index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let mut bad = 0;
    let mut l = 0;
    while l < row.len() {
        let there = if row.len() - l >= 8 { 0xff } else { (1u8 << (row.len() - l)) - 1 };
        let x = _mm512_maskz_loadu_pd(there, row.as_ptr().add(l));
        let mask = _mm512_cmpneq_pd_mask(x, _mm512_setzero_pd());
        // Quiet and signalling NaN, both infinities.
        bad |= _mm512_fpclass_pd_mask::<0x99>(x);
        _mm512_storeu_pd(values.as_mut_ptr().add(n), _mm512_maskz_compress_pd(mask, x));
        _mm256_storeu_si256(at.as_mut_ptr().add(n).cast(), _mm256_maskz_compress_epi32(mask, index));
        n += mask.count_ones() as usize;
        index = _mm256_add_epi32(index, _mm256_set1_epi32(8));
        l += 8;
    }
    (bad == 0).then_some(n)
}

/// # Safety
/// As [`Transpose`].
#[inline(always)]
unsafe fn transpose(from: *const f64, step: usize, to: *mut f64, width: usize) -> bool {
    let mut bad = false;
    for i in 0..8 {
        for j in 0..8 {
            let x = *from.add(i * step + j);
            bad |= x.to_bits() & EXPONENT == EXPONENT;
            *to.add(j * width + i) = x;
        }
    }
    !bad
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
unsafe fn transpose_avx512(from: *const f64, step: usize, to: *mut f64, width: usize) -> bool {
    use std::arch::x86_64::*;
    let mut x = [_mm512_setzero_pd(); 8];
    let mut bad = 0;
    for i in 0..8 {
        x[i] = _mm512_loadu_pd(from.add(i * step));
        bad |= _mm512_fpclass_pd_mask::<0x99>(x[i]);
    }
    // Pairs, then quarters, then halves.
    let mut p = x;
    for i in 0..4 {
        p[2 * i] = _mm512_unpacklo_pd(x[2 * i], x[2 * i + 1]);
        p[2 * i + 1] = _mm512_unpackhi_pd(x[2 * i], x[2 * i + 1]);
    }
    let mut q = p;
    for h in 0..2 {
        for i in 0..2 {
            let (a, b) = (p[4 * h + i], p[4 * h + 2 + i]);
            q[4 * h + i] = _mm512_shuffle_f64x2::<0x88>(a, b);
            q[4 * h + 2 + i] = _mm512_shuffle_f64x2::<0xdd>(a, b);
        }
    }
    // q[i] holds columns i and i + 4 of the first four rows, q[4 + i] of the others.
    for i in 0..4 {
        _mm512_storeu_pd(to.add(i * width), _mm512_shuffle_f64x2::<0x88>(q[i], q[4 + i]));
        _mm512_storeu_pd(to.add((i + 4) * width), _mm512_shuffle_f64x2::<0xdd>(q[i], q[4 + i]));
    }
    bad == 0
}

/// # Safety
/// As [`Kernels::pack`].
#[inline(always)]
unsafe fn pack(transpose: Transpose, wide: usize, from: *const f64, step: usize, rows: usize, depth: usize, tile: &mut [f64]) -> bool {
    if rows < wide {
        tile[..depth * wide].fill(0.0);
    }
    let (full_rows, full_depth) = (rows - rows % 8, depth - depth % 8);
    let to = tile.as_mut_ptr();
    let mut good = true;
    for i in (0..full_rows).step_by(8) {
        for k in (0..full_depth).step_by(8) {
            good &= transpose(from.add(i * step + k), step, to.add(k * wide + i), wide);
        }
    }
    for i in 0..rows {
        for k in if i < full_rows { full_depth } else { 0 }..depth {
            let x = *from.add(i * step + k);
            good &= x.is_finite();
            *to.add(k * wide + i) = x;
        }
    }
    good
}

/// # Safety
/// As [`Kernels::sum`].
#[inline(always)]
unsafe fn sum<V: Vector<Real = f64>, const N: usize>(at: &[u32], values: &[f64], tile: *const f64, sums: *mut f64) {
    let mut s = [V::splat(0.0); N];
    for (k, x) in at.iter().zip(values) {
        let x = V::splat(*x);
        let row = tile.add(*k as usize * (N * V::WIDTH));
        for v in 0..N {
            s[v] = V::load(row.add(v * V::WIDTH)).fma(x, s[v]);
        }
    }
    for v in 0..N {
        s[v].store(sums.add(v * V::WIDTH));
    }
}

#[inline(always)]
fn has_minus_zero(x: &[f64]) -> bool {
    x.iter().fold(0, |found, x| found | u64::from(x.to_bits() == 1 << 63)) != 0
}

/// # Safety
/// As [`Kernels::add`].
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn add(transpose: Transpose, wide: usize, sums: &[f64], rows: usize, columns: usize, beta: f64, c: *mut f64, ldc: usize) {
    let put = |s: f64, c: &mut f64| *c = if beta == 0.0 { s } else { 1.0f64.mul_add(s, beta * *c) };
    let mut square = [0.0; 64];
    for i in (0..rows).step_by(8) {
        for j in (0..columns).step_by(8) {
            let (r, n) = ((rows - i).min(8), (columns - j).min(8));
            let c = c.add(i * ldc + j);
            if r == 8 && n == 8 {
                let from = sums.as_ptr().add(j * wide + i);
                if beta == 0.0 {
                    transpose(from, wide, c, ldc);
                    continue;
                }
                transpose(from, wide, square.as_mut_ptr(), 8);
                for r in 0..8 {
                    let to = std::slice::from_raw_parts_mut(c.add(r * ldc), 8);
                    to.iter_mut().zip(&square[r * 8..][..8]).for_each(|(c, s)| put(*s, c));
                }
            } else {
                for r in 0..r {
                    for n in 0..n {
                        put(sums[(j + n) * wide + i + r], &mut *c.add(r * ldc + n));
                    }
                }
            }
        }
    }
}

macro_rules! kernels {
    ($module:ident, $V:ty, $vectors:literal, $list:path, $transpose:path, $(#[$feature:meta])?) => {
        mod $module {
            use super::Kernels;
            type V = $V;
            const WIDE: usize = $vectors * <V as crate::lane::Vector>::WIDTH;
            $(#[$feature])?
            unsafe fn list(row: &[f64], at: &mut [u32], values: &mut [f64]) -> Option<usize> {
                $list(row, at, values)
            }
            $(#[$feature])?
            unsafe fn pack(from: *const f64, step: usize, rows: usize, depth: usize, tile: &mut [f64]) -> bool {
                super::pack($transpose, WIDE, from, step, rows, depth, tile)
            }
            $(#[$feature])?
            unsafe fn sum(at: &[u32], values: &[f64], tile: &[f64], sums: &mut [f64]) {
                super::sum::<V, $vectors>(at, values, tile.as_ptr(), sums.as_mut_ptr());
            }
            $(#[$feature])?
            unsafe fn has_minus_zero(x: &[f64]) -> bool {
                super::has_minus_zero(x)
            }
            $(#[$feature])?
            unsafe fn add(sums: &[f64], rows: usize, columns: usize, beta: f64, c: *mut f64, ldc: usize) {
                super::add($transpose, WIDE, sums, rows, columns, beta, c, ldc);
            }
            pub static KERNELS: Kernels = Kernels { rows: WIDE, list, pack, sum, has_minus_zero, add };
        }
    };
}

kernels!(portable, f64, 16, super::list, super::transpose,);
#[cfg(target_arch = "x86_64")]
kernels!(avx2, crate::lane::avx2::F64x4, 8, super::list, super::transpose, #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
kernels!(avx512, crate::lane::avx512::F64x8, 8, super::list_avx512, super::transpose_avx512,
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]);
