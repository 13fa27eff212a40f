//! Memory for large arrays of columns.

use homolog_base::math::Real;
use std::mem::MaybeUninit;

/// Asks the system to back this memory by large pages, where it does that on request: fewer misses of the address
/// cache when many long columns are walked at once. A hint: nothing changes but speed.
pub fn use_large_pages<R>(memory: &mut [MaybeUninit<R>]) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let start = (memory.as_mut_ptr() as usize).next_multiple_of(PAGE);
        let end = memory.as_mut_ptr() as usize + size_of_val(memory);
        if end > start + (2 << 20) {
            // SAFETY: the range lies in memory that is borrowed exclusively, and the advice changes no content.
            // A refusal is without consequence.
            let _ = unsafe { rustix::mm::madvise(start as *mut _, (end - start) / PAGE * PAGE, rustix::mm::Advice::LinuxHugepage) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
}

/// Asks the system to gather an array that is there already on large pages: for arrays of which far places are read one after the other. A hint:
/// nothing changes but speed.
pub fn gather_on_large_pages<T>(array: &[T]) {
    #[cfg(target_os = "linux")]
    {
        const LARGE: usize = 2 << 20;
        // Of Linux; not every libc names it.
        const MADV_COLLAPSE: libc::c_int = 25;
        let start = (array.as_ptr() as usize).next_multiple_of(LARGE);
        let end = (array.as_ptr() as usize + size_of_val(array)) / LARGE * LARGE;
        if end > start {
            // SAFETY: the range lies in memory that is borrowed, and the advice changes no content. A refusal is without consequence: systems
            // before Linux 6.1 know nothing of it.
            let _ = unsafe { libc::madvise(start as *mut _, end - start, MADV_COLLAPSE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = array;
}

/// `n` numbers of whatever values, from a cache line's beginning on: a vector that lies in two lines is read in twice the time.
pub(crate) fn on_a_line<R: Real>(buffer: &mut Vec<R>, n: usize) -> &mut [R] {
    if buffer.len() < n + R::LINE {
        buffer.resize(n + R::LINE, R::default());
    }
    let skip = buffer.as_ptr().align_offset(R::LINE * size_of::<R>()).min(R::LINE);
    &mut buffer[skip..skip + n]
}

/// Asks for numbers that will be read soon, so that they are in the cache then. Means nothing else.
#[inline(always)]
pub fn prefetch<T>(x: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let bytes = size_of_val(x);
        for line in (0..bytes).step_by(64) {
            // SAFETY: a hint about memory of the slice.
            unsafe { _mm_prefetch(x.as_ptr().cast::<i8>().add(line), _MM_HINT_T0) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = x;
}

/// Asks for the cache line at byte `64 line` of numbers that will be read soon, if they go on so far.
#[inline(always)]
pub fn prefetch_line(x: &[u16], line: usize) {
    let at = 32 * line;
    if at < x.len() {
        prefetch(&x[at..at + 1]);
    }
}

/// Asks for the cache line at an address that will be written soon; it need not be one of this program's.
#[inline(always)]
pub(crate) fn prefetch_to_write<T>(x: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
        // SAFETY: a hint; no address faults.
        unsafe { _mm_prefetch(x.cast::<i8>(), _MM_HINT_ET0) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = x;
}
