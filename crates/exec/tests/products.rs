//! Dense products against their definition.

use homolog_exec::gemm::PANEL;
use homolog_exec::{GemmScratch, Isa, gemm, gemm_parallel};
use proptest::prelude::*;

/// The definition: see the module's page.
#[allow(clippy::too_many_arguments)]
fn definition(
    ta: bool,
    tb: bool,
    m: usize,
    n: usize,
    k: usize,
    alpha: f64,
    a: &[f64],
    lda: usize,
    b: &[f64],
    ldb: usize,
    beta: f64,
    c: &mut [f64],
    ldc: usize,
) {
    for i in 0..m {
        for j in 0..n {
            let x = &mut c[i * ldc + j];
            let mut y = if beta == 0.0 { 0.0 } else { beta * *x };
            for k0 in (0..k.max(1)).step_by(PANEL) {
                let mut s = 0.0f64;
                for l in k0..k.min(k0 + PANEL) {
                    let u = if ta { a[l * lda + i] } else { a[i * lda + l] };
                    let v = if tb { b[j * ldb + l] } else { b[l * ldb + j] };
                    s = u.mul_add(v, s);
                }
                y = if beta == 0.0 && k0 == 0 { alpha * s } else { alpha.mul_add(s, y) };
            }
            *x = y;
        }
    }
}

fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut s = seed;
    (0..n)
        .map(|_| {
            s = s.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (s >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn products_equal_their_definition_on_all_instruction_sets_and_threads(
        m in 0usize..40, n in 0usize..70, k in prop_oneof![0usize..40, 200usize..600], ta: bool, tb: bool,
        alpha in prop_oneof![Just(1.0), Just(-0.3)], beta in prop_oneof![Just(0.0), Just(1.0), Just(0.7)],
        pad in 0usize..4, seed: u64,
    ) {
        let (lda, ldb, ldc) = (if ta { m } else { k } + pad, if tb { k } else { n } + pad, n + pad);
        let a = numbers(lda * if ta { k } else { m }, seed);
        let b = numbers(ldb * if tb { n } else { k }, seed ^ 1);
        let c = numbers(ldc * m, seed ^ 2);
        let mut want = c.clone();
        definition(ta, tb, m, n, k, alpha, &a, lda, &b, ldb, beta, &mut want, ldc);
        let mut scratch = GemmScratch::default();
        for isa in Isa::available() {
            let mut got = c.clone();
            gemm(isa, ta, tb, m, n, k, alpha, &a, lda, &b, ldb, beta, &mut got, ldc, &mut scratch);
            prop_assert!(got.iter().zip(&want).all(|(x, y)| x == y), "{isa:?}");
            let mut got = c.clone();
            gemm_parallel(isa, ta, tb, m, n, k, alpha, &a, lda, &b, ldb, beta, &mut got, ldc, &mut scratch);
            prop_assert!(got.iter().zip(&want).all(|(x, y)| x == y), "{isa:?}, threads");
        }
    }
}

#[test]
fn threads_change_no_bit_of_large_products() {
    let (m, n, k) = (130, 200, 300);
    let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
    let mut want = vec![f64::NAN; m * n];
    let mut scratch = GemmScratch::default();
    gemm(Isa::best(), false, false, m, n, k, 1.0, &a, k, &b, n, 0.0, &mut want, n, &mut scratch);
    for threads in [2, 3, 5] {
        let mut got = vec![f64::NAN; m * n];
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            gemm_parallel(Isa::best(), false, false, m, n, k, 1.0, &a, k, &b, n, 0.0, &mut got, n, &mut scratch);
        });
        assert!(got.iter().zip(&want).all(|(x, y)| x.to_bits() == y.to_bits()));
    }
}

#[test]
#[should_panic(expected = "A, 3 x 4, leaves its slice")]
fn matrices_outside_their_slices_are_refused() {
    gemm(Isa::Portable, false, false, 3, 2, 4, 1.0, &[0.0; 11], 4, &[0.0; 8], 2, 0.0, &mut [0.0; 6], 2, &mut GemmScratch::default());
}
