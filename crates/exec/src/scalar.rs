//! The formats of numbers in which everything here runs: `f64` and `f32`, and what is compiled for each.

use crate::gemm::{self, GemmScratch};
use crate::isa::Isa;
use crate::lane::Vector;
use crate::machine::passes::Passed;
use crate::machine::{self, Code, Loop, Pattern};
use crate::program::launch::{Launch, Scratch};
use crate::tree::{Adjoint, Solve, Tree};
use homolog_base::math::Real;
use std::cell::RefCell;
use std::ops::Range;

/// What columns can be made of: `f64` or `f32`. All loops are compiled for both, here and nowhere else.
pub trait Scalar: Real + Vector {
    /// Vectors of AVX2.
    #[doc(hidden)]
    type Avx2: Vector<Real = Self>;
    /// ... and of AVX-512.
    #[doc(hidden)]
    type Avx512: Vector<Real = Self>;

    /// The loops of a superinstruction, for every instruction set.
    #[doc(hidden)]
    fn loops(code: Code, pattern: Pattern) -> [Loop<Self>; 3];
    /// Those that list their first result, for every instruction set.
    #[doc(hidden)]
    fn listed(code: Code, pattern: Pattern) -> Option<[Loop<Self>; 3]>;
    /// All passes, the longest first: what they do, their loops, and those that list spikes.
    #[doc(hidden)]
    fn passes() -> Vec<Passed<Self>>;
    /// Working memory of programs, of this thread: so many cache lines, so many launches.
    #[doc(hidden)]
    fn scratch<T>(lines: usize, launches: usize, f: impl FnOnce(*mut Self, &mut [Launch<Self>]) -> T) -> T;
    /// [`Tree::solve`] of some lanes in one tick.
    ///
    /// # Safety
    /// That of `Tree::solve_lanes`.
    #[doc(hidden)]
    unsafe fn solve(tree: &Tree, isa: Isa, arena: *mut Self, s: &Solve<Self>, tick: usize, range: Range<usize>);
    /// [`Tree::adjoint`] of some lanes in one tick; panics for other than 64-bit numbers.
    ///
    /// # Safety
    /// That of `Tree::adjoint_lanes`.
    #[doc(hidden)]
    unsafe fn adjoint(tree: &Tree, isa: Isa, arena: *mut Self, s: &Adjoint<Self>, tick: usize, range: Range<usize>);
    /// The kernels of dense products.
    #[doc(hidden)]
    fn products(isa: Isa) -> &'static gemm::Kernels<Self>;
    /// [`gemm_skipping_zeros`](crate::gemm_skipping_zeros()) with `alpha` 1; of 32-bit numbers none is skipped.
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    fn gemm_skipping_zeros(
        isa: Isa,
        parallel: bool,
        trans_b: bool,
        m: usize,
        n: usize,
        k: usize,
        a: &[Self],
        lda: usize,
        b: &[Self],
        ldb: usize,
        beta: Self,
        c: &mut [Self],
        ldc: usize,
        scratch: &mut GemmScratch<Self>,
    );
    /// Lists which numbers of a row are not zero, with room for a vector beyond them; says how many.
    #[doc(hidden)]
    fn compress(isa: Isa, row: &[Self], out: &mut [u32]) -> usize;
}

/// `C = beta C + A op(B)` with the bits of [`gemm()`](crate::gemm::gemm()) and the same meaning of all arguments; faster where most of B is
/// zero. With `parallel`, shared by the threads of the current rayon pool. Of 32-bit numbers all terms are computed.
///
/// # Panics
/// As [`gemm()`](crate::gemm::gemm()).
#[allow(clippy::too_many_arguments)]
pub fn gemm_skipping_zeros<R: Scalar>(
    isa: Isa,
    parallel: bool,
    trans_b: bool,
    m: usize,
    n: usize,
    k: usize,
    a: &[R],
    lda: usize,
    b: &[R],
    ldb: usize,
    beta: R,
    c: &mut [R],
    ldc: usize,
    scratch: &mut GemmScratch<R>,
) {
    R::gemm_skipping_zeros(isa, parallel, trans_b, m, n, k, a, lda, b, ldb, beta, c, ldc, scratch);
}

macro_rules! scalar {
    ($real:ident, $avx2:ty, $avx512:ty, $loops:ident $loops_avx2:ident $loops_avx512:ident,
     $products:ident $products_avx2:ident $products_avx512:ident, $compress:ident, $adjoint:expr, $zeros:expr) => {
        impl Scalar for $real {
            #[cfg(target_arch = "x86_64")]
            type Avx2 = $avx2;
            #[cfg(target_arch = "x86_64")]
            type Avx512 = $avx512;
            #[cfg(not(target_arch = "x86_64"))]
            type Avx2 = $real;
            #[cfg(not(target_arch = "x86_64"))]
            type Avx512 = $real;

            fn loops(code: Code, pattern: Pattern) -> [Loop<$real>; 3] {
                #[cfg(target_arch = "x86_64")]
                return [
                    machine::$loops::lookup(code, pattern),
                    machine::$loops_avx2::lookup(code, pattern),
                    machine::$loops_avx512::lookup(code, pattern),
                ];
                #[cfg(not(target_arch = "x86_64"))]
                [machine::$loops::lookup(code, pattern); 3]
            }

            fn listed(code: Code, pattern: Pattern) -> Option<[Loop<$real>; 3]> {
                #[cfg(target_arch = "x86_64")]
                return Some([
                    machine::$loops::listed(code, pattern)?,
                    machine::$loops_avx2::listed(code, pattern)?,
                    machine::$loops_avx512::listed(code, pattern)?,
                ]);
                #[cfg(not(target_arch = "x86_64"))]
                Some([machine::$loops::listed(code, pattern)?; 3])
            }

            fn passes() -> Vec<Passed<$real>> {
                let of = |k: usize| {
                    let mut parts = vec![];
                    let portable = machine::$loops::PASSES[k];
                    (portable.0)(&mut parts);
                    #[cfg(target_arch = "x86_64")]
                    let (avx2, avx512) = (machine::$loops_avx2::PASSES[k], machine::$loops_avx512::PASSES[k]);
                    #[cfg(not(target_arch = "x86_64"))]
                    let (avx2, avx512) = (portable, portable);
                    Passed { parts, loops: [portable.1, avx2.1, avx512.1], listing: [portable.2, avx2.2, avx512.2] }
                };
                let mut all: Vec<_> = (0..machine::$loops::PASSES.len()).map(of).collect();
                all.sort_by_key(|p| std::cmp::Reverse(p.parts.len()));
                all
            }

            fn scratch<T>(lines: usize, launches: usize, f: impl FnOnce(*mut $real, &mut [Launch<$real>]) -> T) -> T {
                thread_local! {
                    static SCRATCH: RefCell<Scratch<$real>> = const { RefCell::new(Scratch::new()) };
                }
                SCRATCH.with_borrow_mut(|scratch| {
                    let (rows, launches) = scratch.room(lines, launches);
                    f(rows, launches)
                })
            }

            unsafe fn solve(tree: &Tree, isa: Isa, arena: *mut $real, s: &Solve<$real>, tick: usize, range: Range<usize>) {
                tree.solve_lanes(isa, arena, s, tick, range);
            }

            unsafe fn adjoint(tree: &Tree, isa: Isa, arena: *mut $real, s: &Adjoint<$real>, tick: usize, range: Range<usize>) {
                $adjoint(tree, isa, arena, s, tick, range);
            }

            fn products(isa: Isa) -> &'static gemm::Kernels<$real> {
                match isa {
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 => &gemm::kernel::$products_avx512::KERNELS,
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2 => &gemm::kernel::$products_avx2::KERNELS,
                    _ => &gemm::kernel::$products::KERNELS,
                }
            }

            fn gemm_skipping_zeros(
                isa: Isa,
                parallel: bool,
                trans_b: bool,
                m: usize,
                n: usize,
                k: usize,
                a: &[$real],
                lda: usize,
                b: &[$real],
                ldb: usize,
                beta: $real,
                c: &mut [$real],
                ldc: usize,
                scratch: &mut GemmScratch<$real>,
            ) {
                $zeros(isa, parallel, trans_b, m, n, k, a, lda, b, ldb, beta, c, ldc, scratch);
            }

            fn compress(isa: Isa, row: &[$real], out: &mut [u32]) -> usize {
                assert!(out.len() >= row.len() + <$real as Real>::LINE, "no room for a list");
                match isa {
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: whoever made a list has checked the instruction set; at most `row.len()` numbers and one vector are stored.
                    Isa::Avx512 => unsafe { crate::spikes::$compress(row, out) },
                    _ => crate::spikes::compress_portable(row, out),
                }
            }
        }
    };
}

scalar!(f64, crate::lane::avx2::F64x4, crate::lane::avx512::F64x8, portable avx2 avx512, portable avx2 avx512, compress,
    |tree: &Tree, isa, arena, s: &Adjoint, tick, range| tree.adjoint_lanes(isa, arena, s, tick, range),
    gemm::gemm_skipping_zeros);
scalar!(f32, crate::lane::single::F32x8, crate::lane::single::F32x16, portable_single avx2_single avx512_single,
portable_single avx2_single avx512_single, compress_single,
|_: &Tree, _, _: *mut f32, _: &Adjoint<f32>, _, _| unreachable!("a loop of 32-bit numbers was checked to have no adjoint"),
|isa, parallel, trans_b, m, n, k, a: &[f32], lda, b: &[f32], ldb, beta, c: &mut [f32], ldc, scratch: &mut GemmScratch<f32>| {
    let dense = if parallel { gemm::gemm_parallel } else { gemm::gemm };
    dense(isa, false, trans_b, m, n, k, 1.0, a, lda, b, ldb, beta, c, ldc, scratch);
});
