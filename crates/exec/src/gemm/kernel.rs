//! The innermost loops: a tile of C in registers, for each instruction set and number of rows.

#![allow(clippy::needless_range_loop)] // Indices of registers.

use super::View;
use crate::isa::Isa;
use crate::lane::Vector;

/// What a kernel computes: `columns` of the tile's width, over `depth` terms.
pub struct Tile {
    /// Terms.
    pub depth: usize,
    /// `a[k * rows + i]`
    pub a: *const f64,
    /// `b[k * b_step + j]`, the whole width readable.
    pub b: *const f64,
    /// From one `k` to the next.
    pub b_step: usize,
    /// Factor of the sums.
    pub alpha: f64,
    /// Factor of what C holds.
    pub beta: f64,
    /// First element of the tile.
    pub c: *mut f64,
    /// From one row to the next.
    pub ldc: usize,
    /// Columns to write.
    pub columns: usize,
}

/// # Safety
/// The tile's pointers are valid for its shape; the machine has the instruction set.
type Run = unsafe fn(&Tile);
/// # Safety
/// As [`Run`], for `depth` rows of the width.
type Copy = unsafe fn(*const f64, usize, usize, *mut f64);

/// The kernels of an instruction set.
pub struct Kernels {
    /// Columns of a tile.
    pub width: usize,
    run: &'static [Run],
    copy: Copy,
}

impl Kernels {
    /// For an instruction set.
    pub fn of(isa: Isa) -> &'static Kernels {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => &avx512::KERNELS,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => &avx2::KERNELS,
            _ => &portable::KERNELS,
        }
    }

    /// Rows of the largest tile.
    pub fn rows(&self) -> usize {
        self.run.len()
    }

    /// Computes a tile of `rows` rows.
    ///
    /// # Safety
    /// See [`Run`].
    pub unsafe fn run(&self, rows: usize, tile: &Tile) {
        (self.run[rows - 1])(tile);
    }

    /// Packs `depth` rows of the tile's width.
    ///
    /// # Safety
    /// See [`Run`].
    pub unsafe fn copy(&self, from: View, depth: usize, to: &mut [f64]) {
        debug_assert!(to.len() >= depth * self.width);
        (self.copy)(from.at, from.row, depth, to.as_mut_ptr());
    }
}

#[inline(always)]
unsafe fn copy<V: Vector, const NV: usize>(from: *const f64, step: usize, depth: usize, to: *mut f64) {
    for k in 0..depth {
        for v in 0..NV {
            V::load(from.add(k * step + v * V::WIDTH)).store(to.add((k * NV + v) * V::WIDTH));
        }
    }
}

/// A tile of `R` rows and `NV` vectors of columns.
#[inline(always)]
unsafe fn run<V: Vector, const R: usize, const NV: usize>(t: &Tile) {
    let mut sums = [[V::splat(0.0); NV]; R];
    let (mut a, mut b) = (t.a, t.b);
    for _ in 0..t.depth {
        let mut line = [V::splat(0.0); NV];
        for v in 0..NV {
            line[v] = V::load(b.add(v * V::WIDTH));
        }
        for i in 0..R {
            let x = V::splat(*a.add(i));
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
unsafe fn finish<V: Vector, const R: usize, const NV: usize>(t: &Tile, sums: *const V) {
    if t.columns == NV * V::WIDTH {
        let (alpha, beta) = (V::splat(t.alpha), V::splat(t.beta));
        for i in 0..R {
            for v in 0..NV {
                let c = t.c.add(i * t.ldc + v * V::WIDTH);
                let s = *sums.add(i * NV + v);
                let y = if t.beta == 0.0 { alpha * s } else { alpha.fma(s, beta * V::load(c)) };
                y.store(c);
            }
        }
    } else {
        let sums: *const f64 = sums.cast();
        for i in 0..R {
            for j in 0..t.columns {
                let s = *sums.add(i * NV * V::WIDTH + j);
                let c = t.c.add(i * t.ldc + j);
                *c = if t.beta == 0.0 { t.alpha * s } else { t.alpha.mul_add(s, t.beta * *c) };
            }
        }
    }
}

macro_rules! kernels {
    ($module:ident, $V:ty, $vectors:literal, [$($rows:literal)*], $(#[$feature:meta])?) => {
        mod $module {
            use super::{Kernels, Run, Tile};
            type V = $V;
            $(#[$feature])?
            unsafe fn run<const R: usize>(t: &Tile) {
                super::run::<V, R, $vectors>(t);
            }
            $(#[$feature])?
            unsafe fn copy(from: *const f64, step: usize, depth: usize, to: *mut f64) {
                super::copy::<V, $vectors>(from, step, depth, to);
            }
            pub static KERNELS: Kernels = Kernels {
                width: $vectors * <V as crate::lane::Vector>::WIDTH,
                run: &[$(run::<$rows> as Run),*],
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
