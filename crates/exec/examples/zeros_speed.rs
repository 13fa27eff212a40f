//! Products with a matrix that is zero in part, against the dense product: `cargo run --release -p homolog-exec --example zeros_speed`.

use homolog_exec::{GemmScratch, Isa, gemm, gemm_skipping_zeros};
use std::time::Instant;

fn main() {
    Isa::available().into_iter().filter(|isa| *isa != Isa::Portable).for_each(measure);
}

fn measure(isa: Isa) {
    // The first layer of `homolog bench mlp`, and its gradient.
    println!("share not zero   W x: dense, skipping   d x^T: dense, skipping   (ms, best of 30, {isa:?})");
    for percent in [1, 5, 10, 19, 25, 30, 33, 40, 50, 100] {
        let times = [(256, 128, 784, false), (256, 784, 128, true)].map(|(m, n, k, trans)| {
            let a: Vec<f64> = (0..m * k).map(|i| (i as f64 * 0.37).fract() - 0.5).collect();
            let b: Vec<f64> =
                (0..k * n).map(|i: usize| if (i.wrapping_mul(0x9e37_79b9) >> 7) % 100 < percent { 0.7 } else { 0.0 }).collect();
            let ldb = if trans { k } else { n };
            let mut c = vec![0.0; m * n];
            let mut scratch = GemmScratch::default();
            [false, true].map(|skipping| {
                let time = |_| {
                    let start = Instant::now();
                    if skipping {
                        gemm_skipping_zeros(isa, false, trans, m, n, k, &a, k, &b, ldb, 1.0, &mut c, n, &mut scratch);
                    } else {
                        gemm(isa, false, trans, m, n, k, 1.0, &a, k, &b, ldb, 1.0, &mut c, n, &mut scratch);
                    }
                    start.elapsed().as_secs_f64() * 1e3
                };
                (0..30).map(time).fold(f64::INFINITY, f64::min)
            })
        });
        println!("{percent:12} %{:13.3}{:9.3}{:16.3}{:9.3}", times[0][0], times[0][1], times[1][0], times[1][1]);
    }
}
