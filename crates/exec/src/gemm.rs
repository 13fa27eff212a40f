//! Dense products `C = beta C + alpha op(A) op(B)` with the same bits on every instruction set and any number of threads.
//!
//! The order of operations is part of the contract. With `k` cut into panels of [`PANEL`], each panel's sum is one chain
//! `s = fma(a_ik, b_kj, s)` in rising `k` from `s = 0`, and
//!
//! ```text
//! c_ij = alpha s_0                    beta = 0 (C is not read)
//! c_ij = fma(alpha, s_0, beta c_ij)   otherwise
//! c_ij = fma(alpha, s_p, c_ij)        panels p = 1, 2, ... in order
//! ```
//!
//! How tiles, packing and threads cut `i` and `j` then changes no bit. The loops are those of Goto & van de Geijn
//! (2008, ACM TOMS 34:12): rows of A packed in blocks that stay in the first-level cache, columns of B in panels that stay
//! in the second; the innermost kernel keeps a tile of C in registers.

pub(crate) mod kernel;
mod zeros;

use crate::isa::Isa;
use crate::scalar::Scalar;
pub use kernel::Kernels;
use kernel::Tile;
pub(crate) use zeros::gemm_skipping_zeros;

/// Terms of a sum before it is added to C.
pub const PANEL: usize = 256;
/// Columns of B that are packed at a time.
const COLUMNS: usize = 256;

/// Packing buffers, grown to the largest product that used them.
#[derive(Clone, Debug, Default)]
pub struct GemmScratch<R = f64> {
    parts: Vec<Buffers<R>>,
    lists: zeros::Lists,
}

#[derive(Clone, Debug, Default)]
struct Buffers<R = f64> {
    a: Vec<R>,
    b: Vec<R>,
    // Of products over lists.
    tile: Vec<R>,
    sums: Vec<R>,
}

/// A matrix inside an arena, by strides.
#[derive(Clone, Copy)]
struct View<R: Copy> {
    at: *const R,
    row: usize,
    column: usize,
}
// SAFETY: only read, while the arena is borrowed.
unsafe impl<R: Copy> Send for View<R> {}
// SAFETY: as above.
unsafe impl<R: Copy> Sync for View<R> {}

/// The result, of which tasks own disjoint parts.
#[derive(Clone, Copy)]
struct Target<R: Copy>(*mut R);
// SAFETY: see `gemm_parallel`.
unsafe impl<R: Copy> Send for Target<R> {}
// SAFETY: as above.
unsafe impl<R: Copy> Sync for Target<R> {}

/// A rectangle of the result.
#[derive(Clone, Copy)]
struct Part {
    row: usize,
    rows: usize,
    column: usize,
    columns: usize,
}

/// `C = beta C + alpha op(A) op(B)`: C is `m x n`, op(A) `m x k`, op(B) `k x n`, all row-major with `ld*` numbers from row
/// to row. With `trans_a`, `a` holds the `k x m` transpose; with `trans_b`, `b` holds the `n x k` transpose. The order of
/// summation is that of the module's page.
///
/// # Panics
/// When a matrix leaves its slice, a stride is shorter than a row, or the machine lacks `isa`.
#[allow(clippy::too_many_arguments)]
pub fn gemm<R: Scalar>(
    isa: Isa,
    trans_a: bool,
    trans_b: bool,
    m: usize,
    n: usize,
    k: usize,
    alpha: R,
    a: &[R],
    lda: usize,
    b: &[R],
    ldb: usize,
    beta: R,
    c: &mut [R],
    ldc: usize,
    scratch: &mut GemmScratch<R>,
) {
    isa.check();
    let (a, b) = views(trans_a, trans_b, m, n, k, a, lda, b, ldb, c, ldc);
    scratch.parts.resize_with(scratch.parts.len().max(1), Buffers::default);
    let whole = Part { row: 0, rows: m, column: 0, columns: n };
    // SAFETY: `views` has checked the bounds; the machine has the instruction set; C is borrowed exclusively.
    unsafe { product(isa, whole, k, alpha, a, b, beta, Target(c.as_mut_ptr()), ldc, &mut scratch.parts[0]) }
}

/// As [`gemm`], with C cut into one strip of rows or columns per thread of the current rayon pool. The bits are the same.
///
/// # Panics
/// As [`gemm`].
#[allow(clippy::too_many_arguments)]
pub fn gemm_parallel<R: Scalar>(
    isa: Isa,
    trans_a: bool,
    trans_b: bool,
    m: usize,
    n: usize,
    k: usize,
    alpha: R,
    a: &[R],
    lda: usize,
    b: &[R],
    ldb: usize,
    beta: R,
    c: &mut [R],
    ldc: usize,
    scratch: &mut GemmScratch<R>,
) {
    // A task costs some microseconds: as many as pay for themselves.
    let parts = rayon::current_num_threads().min(m * n * k / (1 << 18));
    if parts <= 1 {
        return gemm(isa, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, scratch);
    }
    isa.check();
    let (a, b) = views(trans_a, trans_b, m, n, k, a, lda, b, ldb, c, ldc);
    scratch.parts.resize_with(scratch.parts.len().max(parts), Buffers::default);
    let target = Target(c.as_mut_ptr());
    let by_column = n >= m;
    let length = if by_column { n } else { m };
    let each = length.div_ceil(parts).next_multiple_of(if by_column { 16 } else { 12 });
    rayon::scope(|scope| {
        for (start, buffers) in (0..length).step_by(each).zip(&mut scratch.parts) {
            let size = each.min(length - start);
            let part = if by_column {
                Part { row: 0, rows: m, column: start, columns: size }
            } else {
                Part { row: start, rows: size, column: 0, columns: n }
            };
            // SAFETY: as in `gemm`, and parts are disjoint.
            scope.spawn(move |_| unsafe { product(isa, part, k, alpha, a, b, beta, target, ldc, buffers) });
        }
    });
}

/// Checks that all matrices lie in their slices.
#[allow(clippy::too_many_arguments)]
fn views<R: Scalar>(
    trans_a: bool,
    trans_b: bool,
    m: usize,
    n: usize,
    k: usize,
    a: &[R],
    lda: usize,
    b: &[R],
    ldb: usize,
    c: &[R],
    ldc: usize,
) -> (View<R>, View<R>) {
    let inside = |rows: usize, columns: usize, ld: usize, len: usize, name: &str| {
        assert!(rows <= 1 || ld >= columns, "rows of {name} overlap: {ld} < {columns}");
        let end = if rows == 0 || columns == 0 { Some(0) } else { (rows - 1).checked_mul(ld).and_then(|x| x.checked_add(columns)) };
        assert!(end.is_some_and(|e| e <= len), "{name}, {rows} x {columns}, leaves its slice");
    };
    let shape = |trans: bool, rows: usize, columns: usize| if trans { (columns, rows) } else { (rows, columns) };
    let (ra, ca) = shape(trans_a, m, k);
    let (rb, cb) = shape(trans_b, k, n);
    inside(ra, ca, lda, a.len(), "A");
    inside(rb, cb, ldb, b.len(), "B");
    inside(m, n, ldc, c.len(), "C");
    let view =
        |x: &[R], ld: usize, trans: bool| View { at: x.as_ptr(), row: if trans { 1 } else { ld }, column: if trans { ld } else { 1 } };
    (view(a, lda, trans_a), view(b, ldb, trans_b))
}

/// One part of C.
///
/// # Safety
/// The part of C and what it needs of A and B lie in memory; nobody else touches the part; the machine has `isa`.
#[allow(clippy::too_many_arguments)]
unsafe fn product<R: Scalar>(
    isa: Isa,
    part: Part,
    k: usize,
    alpha: R,
    a: View<R>,
    b: View<R>,
    beta: R,
    c: Target<R>,
    ldc: usize,
    buffers: &mut Buffers<R>,
) {
    let kernels = R::products(isa);
    let (zero, one) = (R::default(), R::of(1.0));
    let (mr, nr) = (kernels.rows(), kernels.width);
    let Part { row, rows, column, columns } = part;
    if k == 0 {
        for i in row..row + rows {
            for x in std::slice::from_raw_parts_mut(c.0.add(i * ldc + column), columns) {
                *x = if beta == zero { zero } else { alpha.fma(zero, beta * *x) };
            }
        }
        return;
    }
    grow(&mut buffers.a, mr * PANEL.min(k));
    grow(&mut buffers.b, COLUMNS.min(columns.next_multiple_of(nr)).max(nr) * PANEL.min(k));
    // Columns of B that are used for few rows are not worth packing.
    let direct = b.column == 1 && rows <= 2 * mr;
    for (p, k0) in (0..k).step_by(PANEL).enumerate() {
        let depth = PANEL.min(k - k0);
        let beta = if p == 0 { beta } else { one };
        for j0 in (column..column + columns).step_by(COLUMNS) {
            let width = COLUMNS.min(column + columns - j0);
            let full = width - width % nr;
            for j in (if direct { full } else { 0 }..width).step_by(nr) {
                let from = View { at: b.at.add(k0 * b.row + (j0 + j) * b.column), ..b };
                let to = &mut buffers.b[j * depth..][..nr * depth];
                if b.column == 1 && width - j >= nr {
                    kernels.copy(from, depth, to);
                } else {
                    pack(from, depth, nr.min(width - j), nr, to);
                }
            }
            for i in (row..row + rows).step_by(mr) {
                let r = mr.min(row + rows - i);
                let from = View { at: a.at.add(i * a.row + k0 * a.column), row: a.column, column: a.row };
                pack(from, depth, r, r, &mut buffers.a[..r * depth]);
                for j in (0..width).step_by(nr) {
                    let (from, step) =
                        if direct && j < full { (b.at.add(k0 * b.row + j0 + j), b.row) } else { (buffers.b.as_ptr().add(j * depth), nr) };
                    kernels.run(
                        r,
                        &Tile {
                            depth,
                            a: buffers.a.as_ptr(),
                            b: from,
                            b_step: step,
                            alpha,
                            beta,
                            c: c.0.add(i * ldc + j0 + j),
                            ldc,
                            columns: nr.min(width - j),
                        },
                    );
                }
            }
        }
    }
}

fn grow<R: Scalar>(v: &mut Vec<R>, n: usize) {
    if v.len() < n {
        v.resize(n, R::default());
    }
}

/// `to[k * width + j] = from[k, j]`, zero for `j` in `columns..width`.
///
/// # Safety
/// `depth x columns` elements of `from` are in memory.
unsafe fn pack<R: Scalar>(from: View<R>, depth: usize, columns: usize, width: usize, to: &mut [R]) {
    debug_assert!(to.len() >= depth * width);
    if columns < width {
        to.fill(R::default());
    }
    if from.row == 1 {
        // A transpose: eight of `k` at a time, so that whole cache lines are read.
        let mut k = 0;
        while k < depth {
            let n = (depth - k).min(8);
            for j in 0..columns {
                let line = from.at.add(j * from.column + k);
                let place = to.as_mut_ptr().add(k * width + j);
                for l in 0..n {
                    *place.add(l * width) = *line.add(l);
                }
            }
            k += n;
        }
    } else {
        for k in 0..depth {
            for j in 0..columns {
                *to.as_mut_ptr().add(k * width + j) = *from.at.add(k * from.row + j * from.column);
            }
        }
    }
}
