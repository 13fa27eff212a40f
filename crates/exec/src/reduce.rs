//! Sums in a fixed order.
//!
//! The sum of `x_0 ... x_(n-1)` is made of eight partial sums, `a_j = ((0 + x_j) + x_(j+8)) + ...`, joined as
//!
//! ```text
//! ((a_0 + a_4) + (a_2 + a_6)) + ((a_1 + a_5) + (a_3 + a_7))
//! ```
//!
//! on every instruction set: a vector of eight, halved three times.

use crate::isa::Isa;
use crate::lane::Vector;

/// `to[r] += sum of x[r * stride .. r * stride + n]` for each `r` in `0..to.len()`, in the order of the module's page.
///
/// # Panics
/// When the rows leave `x`, or the machine lacks `isa`.
pub fn sum_rows(isa: Isa, x: &[f64], stride: usize, n: usize, to: &mut [f64]) {
    isa.check();
    if let Some(last) = to.len().checked_sub(1) {
        let end = last.checked_mul(stride).and_then(|e| e.checked_add(n));
        assert!(end.is_some_and(|e| e <= x.len()), "{} rows of {n} numbers leave their slice", to.len());
    }
    // SAFETY: the rows lie in `x`; the machine has the instruction set.
    unsafe {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => avx512(x.as_ptr(), stride, n, to),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => avx2(x.as_ptr(), stride, n, to),
            _ => rows::<f64, 8>(x.as_ptr(), stride, n, to),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
unsafe fn avx512(x: *const f64, stride: usize, n: usize, to: &mut [f64]) {
    rows::<crate::lane::avx512::F64x8, 1>(x, stride, n, to);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(x: *const f64, stride: usize, n: usize, to: &mut [f64]) {
    rows::<crate::lane::avx2::F64x4, 2>(x, stride, n, to);
}

/// Four rows at a time, so that additions of one do not wait for those of another.
#[inline(always)]
unsafe fn rows<V: Vector<Real = f64>, const P: usize>(x: *const f64, stride: usize, n: usize, to: &mut [f64]) {
    let mut r = 0;
    while r + 4 <= to.len() {
        let s = several::<V, P, 4>(x.add(r * stride), stride, n);
        for (t, s) in to[r..r + 4].iter_mut().zip(s) {
            *t += s;
        }
        r += 4;
    }
    while r < to.len() {
        to[r] += several::<V, P, 1>(x.add(r * stride), stride, n)[0];
        r += 1;
    }
}

#[inline(always)]
unsafe fn several<V: Vector<Real = f64>, const P: usize, const R: usize>(x: *const f64, stride: usize, n: usize) -> [f64; R] {
    let mut sums = [[V::splat(0.0); P]; R];
    let full = n - n % 8;
    let mut l = 0;
    while l < full {
        for (i, row) in sums.iter_mut().enumerate() {
            for (p, s) in row.iter_mut().enumerate() {
                *s = *s + V::load(x.add(i * stride + l + p * V::WIDTH));
            }
        }
        l += 8;
    }
    let mut result = [0.0; R];
    for (i, row) in sums.iter().enumerate() {
        let mut a = [0.0; 8];
        for (p, s) in row.iter().enumerate() {
            s.store(a.as_mut_ptr().add(p * V::WIDTH));
        }
        for (j, a) in a.iter_mut().enumerate().take(n - full) {
            *a += *x.add(i * stride + full + j);
        }
        result[i] = ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
    }
    result
}
