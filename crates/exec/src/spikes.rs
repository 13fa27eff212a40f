//! Products with columns of spikes, which are zero almost everywhere: only the weights of neurons that spiked are added.
//!
//! With spikes `s` of 0 or 1 the sums of [`gemm()`](crate::gemm::gemm) are sums of weights, and terms of zero change nothing; so adding the
//! others in the same order gives the same bits, and a caller may choose by what is faster. One vector addition serves
//! eight receivers.

use crate::gemm::PANEL;
use crate::isa::Isa;
use crate::memory::on_a_line;
use crate::scalar::Scalar;
use crate::vectorise::Task;
use homolog_base::math::Real;

/// Which elements of a matrix of spikes are not zero, row by row.
#[derive(Clone, Debug, Default)]
pub struct SpikeList<R = f64> {
    /// Where each row starts in `lanes`; one more than rows.
    start: Vec<u32>,
    lanes: Vec<u32>,
    count: usize,
    // Working space of the products, padded to vectors.
    sums: Vec<R>,
}

const WIDE: usize = 8;

/// Lists which numbers are not zero, where nearly all are, ascending and counted from `first`.
#[derive(Debug)]
pub struct ListNotZero<'a, R> {
    /// Of which.
    pub numbers: &'a [R],
    /// The number of the first of them.
    pub first: usize,
    /// To which is added.
    pub list: &'a mut Vec<u32>,
}

impl<R: Real> Task for ListNotZero<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (block, numbers) in self.numbers.chunks(64).enumerate() {
            // Most blocks are silent. Bits, and not numbers, because a sum has an order.
            if numbers.iter().fold(R::bits(0), |any, x| R::bit_or(any, x.to_bits())) != R::bits(0) {
                let others = (0..numbers.len()).filter(|k| numbers[*k] != R::default());
                self.list.extend(others.map(|k| (self.first + block * 64 + k) as u32));
            }
        }
    }
}

impl<R: Scalar> SpikeList<R> {
    /// Lists the spikes of `rows` rows of `lanes` samples.
    ///
    /// # Panics
    /// When the rows leave `spikes`, or the machine lacks `isa`.
    pub fn read(&mut self, isa: Isa, spikes: &[R], rows: usize, lanes: usize) {
        isa.check();
        assert!(rows * lanes <= spikes.len(), "{rows} rows of {lanes} spikes leave their slice");
        self.start.clear();
        self.start.push(0);
        // Whole vectors are stored, so there is room for one beyond the last.
        if self.lanes.len() < rows * lanes + R::LINE {
            self.lanes.resize(rows * lanes + R::LINE, 0);
        }
        let mut count = 0;
        for row in spikes[..rows * lanes].chunks_exact(lanes.max(1)) {
            count += R::compress(isa, row, &mut self.lanes[count..]);
            self.start.push(u32::try_from(count).expect("fewer than 2^32 spikes"));
        }
        self.count = count;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True when nothing spiked.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

pub(crate) fn compress_portable<R: Scalar>(row: &[R], out: &mut [u32]) -> usize {
    let mut n = 0;
    for (l, x) in row.iter().enumerate() {
        out[n] = l as u32;
        n += usize::from(*x != R::default());
    }
    n
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx2")]
pub(crate) unsafe fn compress(row: &[f64], out: &mut [u32]) -> usize {
    use std::arch::x86_64::*;
    debug_assert!(out.len() >= row.len() + WIDE);
    let mut n = 0;
    let mut index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let zero = _mm512_setzero_pd();
    let (eights, rest) = row.as_chunks::<WIDE>();
    for x in eights {
        let mask = _mm512_cmpneq_pd_mask(_mm512_loadu_pd(x.as_ptr()), zero);
        let set = _mm256_maskz_compress_epi32(mask, index);
        _mm256_storeu_si256(out.as_mut_ptr().add(n).cast(), set);
        n += mask.count_ones() as usize;
        index = _mm256_add_epi32(index, _mm256_set1_epi32(8));
    }
    for (k, x) in rest.iter().enumerate() {
        out[n] = (WIDE * eights.len() + k) as u32;
        n += usize::from(*x != 0.0);
    }
    n
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
pub(crate) unsafe fn compress_single(row: &[f32], out: &mut [u32]) -> usize {
    use std::arch::x86_64::*;
    debug_assert!(out.len() >= row.len() + 16);
    let mut n = 0;
    let mut index = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let zero = _mm512_setzero_ps();
    let (wholes, rest) = row.as_chunks::<16>();
    for x in wholes {
        let mask = _mm512_cmpneq_ps_mask(_mm512_loadu_ps(x.as_ptr()), zero);
        _mm512_storeu_si512(out.as_mut_ptr().add(n).cast(), _mm512_maskz_compress_epi32(mask, index));
        n += mask.count_ones() as usize;
        index = _mm512_add_epi32(index, _mm512_set1_epi32(16));
    }
    for (k, x) in rest.iter().enumerate() {
        out[n] = (16 * wholes.len() + k) as u32;
        n += usize::from(*x != 0.0);
    }
    n
}

/// `C += W S` for the spikes listed: C is `m x lanes`, row-major without gaps. `weights` is the transpose of W, from the first of
/// the `m` receivers on: those of sender `k` begin at `k * pitch`; the slice must go on for a whole vector after the last. Equal to
/// [`gemm()`](crate::gemm::gemm) with `alpha = beta = 1`, bit for bit.
///
/// # Panics
/// When something leaves its slice, or the machine lacks `isa`.
pub fn add_weights_of_spikes<R: Scalar>(
    isa: Isa,
    list: &mut SpikeList<R>,
    weights: &[R],
    pitch: usize,
    m: usize,
    lanes: usize,
    c: &mut [R],
) {
    isa.check();
    let rows = list.start.len() - 1;
    let wide = m.next_multiple_of(WIDE);
    assert!(m * lanes <= c.len() && (rows == 0 || (rows - 1) * pitch + wide <= weights.len()), "a product with spikes leaves its slices");
    let mut kept = std::mem::take(&mut list.sums);
    let sums = on_a_line(&mut kept, wide * lanes);
    for panel in (0..rows).step_by(PANEL) {
        let part = panel..(panel + PANEL).min(rows);
        if list.start[part.start] == list.start[part.end] {
            continue;
        }
        sums.fill(R::default());
        for k in part {
            let w = &weights[k * pitch..k * pitch + wide];
            let hit = &list.lanes[list.start[k] as usize..list.start[k + 1] as usize];
            match isa {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the machine has the instruction set.
                Isa::Avx512 => unsafe { add_row_avx512(w, hit, sums) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Isa::Avx2 => unsafe { add_row_avx2(w, hit, sums) },
                Isa::Portable => add_row(w, hit, sums),
                #[cfg(not(target_arch = "x86_64"))]
                _ => add_row(w, hit, sums),
            }
        }
        for (r, row) in c.chunks_exact_mut(lanes).take(m).enumerate() {
            for (x, s) in row.iter_mut().zip(sums.chunks_exact(wide)) {
                *x += s[r];
            }
        }
    }
    list.sums = kept;
}

/// `out[r, k] += sum of d[r, l] over the lanes l in which sender k spiked`, for `m` receivers: the gradient of weights.
/// `d` is `m x lanes`, `out` has rows of `ld`. Equal to [`gemm()`](crate::gemm::gemm) with B transposed and `alpha = beta = 1`, bit for bit.
///
/// # Panics
/// As [`add_weights_of_spikes`].
pub fn add_outer_of_spikes<R: Scalar>(isa: Isa, list: &mut SpikeList<R>, d: &[R], m: usize, lanes: usize, out: &mut [R], ld: usize) {
    isa.check();
    let rows = list.start.len() - 1;
    let wide = m.next_multiple_of(WIDE);
    assert!(m * lanes <= d.len() && rows <= ld && (m == 0 || (m - 1) * ld + rows <= out.len()), "a product with spikes leaves its slices");
    let mut kept = std::mem::take(&mut list.sums);
    let (total, transposed) = on_a_line(&mut kept, wide * (lanes + 1)).split_at_mut(wide);
    if m < wide {
        transposed.fill(R::default());
    }
    for (r, row) in d.chunks_exact(lanes.max(1)).take(m).enumerate() {
        for (to, x) in transposed.chunks_exact_mut(wide).zip(row) {
            to[r] = *x;
        }
    }
    for k in 0..rows {
        let hit = &list.lanes[list.start[k] as usize..list.start[k + 1] as usize];
        let mut at = 0;
        // Panels of lanes, as in a dense product over all of them.
        for panel in (0..lanes).step_by(PANEL) {
            let from = at;
            while at < hit.len() && (hit[at] as usize) < panel + PANEL {
                at += 1;
            }
            if from == at {
                continue;
            }
            total.fill(R::default());
            match isa {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the machine has the instruction set.
                Isa::Avx512 => unsafe { sum_columns_avx512(transposed, &hit[from..at], total) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Isa::Avx2 => unsafe { sum_columns_avx2(transposed, &hit[from..at], total) },
                Isa::Portable => sum_columns(transposed, &hit[from..at], total),
                #[cfg(not(target_arch = "x86_64"))]
                _ => sum_columns(transposed, &hit[from..at], total),
            }
            for (r, s) in total.iter().enumerate().take(m) {
                out[r * ld + k] += *s;
            }
        }
    }
    list.sums = kept;
}

/// `sums[l, :] += w` for each lane that was hit.
#[inline(always)]
fn add_row<R: Scalar>(w: &[R], hit: &[u32], sums: &mut [R]) {
    // The usual widths keep the weights in registers.
    match w.len() / WIDE {
        1 => add_row_of::<R, 1>(w, hit, sums),
        2 => add_row_of::<R, 2>(w, hit, sums),
        4 => add_row_of::<R, 4>(w, hit, sums),
        _ => {
            for &l in hit {
                let to = &mut sums[l as usize * w.len()..][..w.len()];
                to.iter_mut().zip(w).for_each(|(t, w)| *t += *w);
            }
        }
    }
}

#[inline(always)]
fn add_row_of<R: Scalar, const N: usize>(w: &[R], hit: &[u32], sums: &mut [R]) {
    let w: &[[R; WIDE]; N] = w.as_chunks::<WIDE>().0.try_into().expect("N vectors");
    let sums = sums.as_chunks_mut::<WIDE>().0.as_chunks_mut::<N>().0;
    for &l in hit {
        let to = &mut sums[l as usize];
        for (t, w) in to.iter_mut().zip(w) {
            for (t, w) in t.iter_mut().zip(w) {
                *t += *w;
            }
        }
    }
}

/// `total += columns[l, :]` for each lane that was hit.
#[inline(always)]
fn sum_columns<R: Scalar>(columns: &[R], hit: &[u32], total: &mut [R]) {
    match total.len() / WIDE {
        1 => sum_columns_of::<R, 1>(columns, hit, total),
        2 => sum_columns_of::<R, 2>(columns, hit, total),
        4 => sum_columns_of::<R, 4>(columns, hit, total),
        _ => {
            for &l in hit {
                let from = &columns[l as usize * total.len()..][..total.len()];
                total.iter_mut().zip(from).for_each(|(t, x)| *t += *x);
            }
        }
    }
}

#[inline(always)]
fn sum_columns_of<R: Scalar, const N: usize>(columns: &[R], hit: &[u32], total: &mut [R]) {
    let columns = columns.as_chunks::<WIDE>().0.as_chunks::<N>().0;
    let mut sum = [[R::default(); WIDE]; N];
    for &l in hit {
        for (s, x) in sum.iter_mut().zip(&columns[l as usize]) {
            for (s, x) in s.iter_mut().zip(x) {
                *s += *x;
            }
        }
    }
    for (t, s) in total.as_chunks_mut::<WIDE>().0.iter_mut().zip(&sum) {
        *t = *s;
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
unsafe fn add_row_avx512<R: Scalar>(w: &[R], hit: &[u32], sums: &mut [R]) {
    add_row(w, hit, sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn add_row_avx2<R: Scalar>(w: &[R], hit: &[u32], sums: &mut [R]) {
    add_row(w, hit, sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq")]
unsafe fn sum_columns_avx512<R: Scalar>(columns: &[R], hit: &[u32], total: &mut [R]) {
    sum_columns(columns, hit, total);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn sum_columns_avx2<R: Scalar>(columns: &[R], hit: &[u32], total: &mut [R]) {
    sum_columns(columns, hit, total);
}

#[cfg(test)]
mod tests;
