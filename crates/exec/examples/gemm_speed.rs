//! Dense products against the `gemm` crate, one thread, in GFLOP/s; maximum over repetitions, for machines that are shared.
//!
//! `cargo run --release -p homolog-exec --example gemm_speed`
use homolog_exec::Isa;
use homolog_exec::{GemmScratch, gemm};
use std::time::Instant;

fn best(mut f: impl FnMut(), flops: f64) -> f64 {
    let repeats = (2e9 / flops).clamp(20.0, 3000.0) as usize;
    let mut least = f64::INFINITY;
    for _ in 0..repeats {
        let t = Instant::now();
        f();
        least = least.min(t.elapsed().as_secs_f64());
    }
    flops / least / 1e9
}

fn main() {
    println!("{:44} {:>9} {:>9} {:>9}", "", "AVX-512", "AVX2", "gemm 0.19");
    for (name, m, k, n, ta, tb, beta) in [
        ("forward 256x784 * 784x128", 256, 784, 128, false, false, 0.0),
        ("weight gradient 256x128 * (784x128)'", 256, 128, 784, false, true, 0.0),
        ("weight gradient, accumulated", 256, 128, 784, false, true, 1.0),
        ("forward 10x256 * 256x128", 10, 256, 128, false, false, 0.0),
        ("back (10x256)' * 10x128", 256, 10, 128, true, false, 0.0),
        ("weight gradient 10x128 * (256x128)'", 10, 128, 256, false, true, 1.0),
        ("square 1000", 1000, 1000, 1000, false, false, 0.0),
    ] {
        let a: Vec<f64> = (0..m * k).map(|i| (i % 17) as f64 - 8.0).collect();
        let b: Vec<f64> = (0..k * n).map(|i| (i % 13) as f64 - 6.0).collect();
        let mut c = vec![0.0; m * n];
        let (lda, ldb) = (if ta { m } else { k }, if tb { k } else { n });
        let flops = 2.0 * (m * n * k) as f64;
        let mut scratch = GemmScratch::default();
        let mut own = |isa: Isa| {
            if !isa.is_available() {
                return f64::NAN;
            }
            best(|| gemm(isa, ta, tb, m, n, k, 1.0, &a, lda, &b, ldb, beta, &mut c, n, &mut scratch), flops)
        };
        let (x, y) = (own(Isa::Avx512), own(Isa::Avx2));
        let strides = |t: bool, ld: usize| if t { (ld as isize, 1) } else { (1, ld as isize) };
        let ((acs, ars), (bcs, brs)) = (strides(ta, lda), strides(tb, ldb));
        let z = best(
            // SAFETY: the shapes above.
            || unsafe {
                ::gemm::gemm(
                    m,
                    n,
                    k,
                    c.as_mut_ptr(),
                    1,
                    n as isize,
                    beta != 0.0,
                    a.as_ptr(),
                    acs,
                    ars,
                    b.as_ptr(),
                    bcs,
                    brs,
                    beta,
                    1.0,
                    false,
                    false,
                    false,
                    ::gemm::Parallelism::None,
                );
            },
            flops,
        );
        println!("{name:44} {x:9.1} {y:9.1} {z:9.1}");
    }
}
