//! The innermost loops: a tile of C in registers, for each instruction set and number of rows.

#![allow(clippy::needless_range_loop)] // Indices of registers.

use super::View;
use crate::lane::{Lane, Vector};
use crate::scalar::Scalar;

/// What a kernel computes: `columns` of the tile's width, over `depth` terms.
pub struct Tile<R> {
    /// Terms.
    pub depth: usize,
    /// `a[k * rows + i]`
    pub a: *const R,
    /// `b[k * b_step + j]`, the whole width readable.
    pub b: *const R,
    /// From one `k` to the next.
    pub b_step: usize,
    /// Factor of the sums.
    pub alpha: R,
    /// Factor of what C holds.
    pub beta: R,
    /// First element of the tile.
    pub c: *mut R,
    /// From one row to the next.
    pub ldc: usize,
    /// Columns to write.
    pub columns: usize,
}

/// # Safety
/// The tile's pointers are valid for its shape; the machine has the instruction set.
type Run<R> = unsafe fn(&Tile<R>);
/// # Safety
/// As [`Run`], for `depth` rows of the width.
type Copy<R> = unsafe fn(*const R, usize, usize, *mut R);

/// The kernels of an instruction set.
pub struct Kernels<R: 'static> {
    /// Columns of a tile.
    pub width: usize,
    run: &'static [Run<R>],
    copy: Copy<R>,
}

impl<R: Scalar> Kernels<R> {
    /// Rows of the largest tile.
    pub fn rows(&self) -> usize {
        self.run.len()
    }

    /// Computes a tile of `rows` rows.
    ///
    /// # Safety
    /// See `Run`.
    pub unsafe fn run(&self, rows: usize, tile: &Tile<R>) {
        (self.run[rows - 1])(tile);
    }

    /// Packs `depth` rows of the tile's width.
    ///
    /// # Safety
    /// See [`Run`].
    pub(super) unsafe fn copy(&self, from: View<R>, depth: usize, to: &mut [R]) {
        debug_assert!(to.len() >= depth * self.width);
        (self.copy)(from.at, from.row, depth, to.as_mut_ptr());
    }
}

#[inline(always)]
unsafe fn copy<V: Vector, const NV: usize>(from: *const V::Real, step: usize, depth: usize, to: *mut V::Real) {
    for k in 0..depth {
        for v in 0..NV {
            V::load(from.add(k * step + v * V::WIDTH)).store(to.add((k * NV + v) * V::WIDTH));
        }
    }
}

/// A tile of `R` rows and `NV` vectors of columns.
#[inline(always)]
unsafe fn run<V: Vector, const R: usize, const NV: usize>(t: &Tile<V::Real>) {
    let mut sums = [[V::splat(0.0); NV]; R];
    let (mut a, mut b) = (t.a, t.b);
    for _ in 0..t.depth {
        let mut line = [V::splat(0.0); NV];
        for v in 0..NV {
            line[v] = V::load(b.add(v * V::WIDTH));
        }
        for i in 0..R {
            let x = V::repeat(*a.add(i));
            for v in 0..NV {
                sums[i][v] = x.fma(line[v], sums[i][v]);
            }
        }
        a = a.add(R);
        b = b.add(t.b_step);
    }
    // Through memory: were `sums` indexed below as well, the compiler would keep it there all along.
    let mut done = [V::splat(0.0); MOST];
    for i in 0..R {
        for v in 0..NV {
            done[i * NV + v] = sums[i][v];
        }
    }
    finish::<V, R, NV>(t, std::hint::black_box(&done).as_ptr());
}

/// Vectors of the largest tile.
const MOST: usize = 24;

/// Adds the sums of a tile to C.
#[inline(always)]
unsafe fn finish<V: Vector, const R: usize, const NV: usize>(t: &Tile<V::Real>, sums: *const V) {
    let none = t.beta == V::Real::default();
    if t.columns == NV * V::WIDTH {
        let (alpha, beta) = (V::repeat(t.alpha), V::repeat(t.beta));
        for i in 0..R {
            for v in 0..NV {
                let c = t.c.add(i * t.ldc + v * V::WIDTH);
                let s = *sums.add(i * NV + v);
                let y = if none { alpha * s } else { alpha.fma(s, beta * V::load(c)) };
                y.store(c);
            }
        }
    } else {
        let sums: *const V::Real = sums.cast();
        for i in 0..R {
            for j in 0..t.columns {
                let s = *sums.add(i * NV * V::WIDTH + j);
                let c = t.c.add(i * t.ldc + j);
                *c = if none { t.alpha * s } else { t.alpha.fma(s, t.beta * *c) };
            }
        }
    }
}

macro_rules! kernels {
    ($module:ident, $V:ty, $vectors:literal, [$($rows:literal)*], $(#[$feature:meta])?) => {
        pub mod $module {
            //! Kernels of an instruction set and format of numbers.
            use super::{Kernels, Run};
            type V = $V;
            type R = <V as crate::lane::Lane>::Real;
            type Tile = super::Tile<R>;
            $(#[$feature])?
            unsafe fn run<const ROWS: usize>(t: &Tile) {
                super::run::<V, ROWS, $vectors>(t);
            }
            $(#[$feature])?
            unsafe fn copy(from: *const R, step: usize, depth: usize, to: *mut R) {
                super::copy::<V, $vectors>(from, step, depth, to);
            }
            pub static KERNELS: Kernels<R> = Kernels {
                width: $vectors * <V as crate::lane::Vector>::WIDTH,
                run: &[$(run::<$rows> as Run<R>),*],
                copy,
            };
        }
    };
}

kernels!(portable, f64, 4, [1 2 3 4],);
#[cfg(target_arch = "x86_64")]
kernels!(avx2, crate::lane::avx2::F64x4, 2, [1 2 3 4 5 6], #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
kernels!(avx512, crate::lane::avx512::F64x8, 2, [1 2 3 4 5 6 7 8 9 10 11 12],
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]);

kernels!(portable_single, f32, 4, [1 2 3 4],);
#[cfg(target_arch = "x86_64")]
kernels!(avx2_single, crate::lane::single::F32x8, 2, [1 2 3 4 5 6], #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
kernels!(avx512_single, crate::lane::single::F32x16, 2, [1 2 3 4 5 6 7 8 9 10 11 12],
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]);
