use super::*;
use homolog_base::Key;

fn normal(key: u64, n: usize) -> Vec<f64> {
    (0..n).map(|i| Key::new(key).normal(i as u64, 0)).collect()
}

/// Numbers of which a share is zero, of both signs.
fn mostly_zero(n: usize, density: f64) -> Vec<f64> {
    let draw = |i: usize, k: u64| Key::new(4).uniform(i as u64, k);
    normal(5, n).into_iter().enumerate().map(|(i, x)| if draw(i, 0) < density { x } else { 0.0f64.copysign(draw(i, 1) - 0.5) }).collect()
}

fn bits(v: &[f64]) -> Vec<u64> {
    v.iter().map(|x| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }).collect()
}

/// Compares both products on every instruction set, with and without threads, and with op(B) in both orders.
fn agree(what: &str, m: usize, n: usize, k: usize, a: &[f64], b: &[f64], c: &[f64]) {
    let transposed: Vec<f64> = (0..n).flat_map(|j| (0..k).map(move |l| b[l * n + j])).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for isa in Isa::available() {
        for (trans, b, ldb) in [(false, b, n), (true, &transposed, k)] {
            for beta in [0.0, 1.0] {
                let mut dense = c.to_vec();
                gemm(isa, false, trans, m, n, k, 1.0, a, k, b, ldb, beta, &mut dense, n, &mut GemmScratch::default());
                let mut scratch = GemmScratch::default();
                for parallel in [false, true] {
                    let mut skipping = c.to_vec();
                    pool.install(|| gemm_skipping_zeros(isa, parallel, trans, m, n, k, a, k, b, ldb, beta, &mut skipping, n, &mut scratch));
                    assert_eq!(bits(&dense), bits(&skipping), "{what}: {m} x {n} x {k}, {isa:?}, {trans}, {beta}, {parallel}");
                }
            }
        }
    }
}

#[test]
fn products_that_skip_zeros_equal_dense_products_bit_for_bit() {
    let shapes = [
        (64, 32, 256, 0.2),
        (256, 128, 784, 0.19),
        (10, 40, 300, 0.02),
        (67, 45, 515, 0.1),
        (130, 33, 7, 0.25),
        (1, 64, 64, 0.0),
        (33, 300, 270, 0.15),
        (70, 64, 40, 0.9),
        (3, 2, 5, 0.1),
        (0, 40, 8, 0.1),
        (8, 0, 8, 0.1),
        (8, 40, 0, 0.1),
    ];
    for (m, n, k, density) in shapes {
        agree("normal", m, n, k, &normal(1, m * k), &mostly_zero(k * n, density), &normal(3, m * n));
    }
}

#[test]
fn zeros_of_both_signs_in_every_operand_keep_their_bits() {
    let (m, n, k) = (70, 40, 300);
    let signed = |key: u64, n: usize| -> Vec<f64> {
        (0..n).map(|i| [0.0, -0.0, 1.0, -1.0][(Key::new(key).uniform(i as u64, 0) * 4.0) as usize]).collect()
    };
    let b = mostly_zero(k * n, 0.05);
    agree("signed zeros", m, n, k, &signed(6, m * k), &b, &signed(7, m * n));
    agree("C of -0", m, n, k, &signed(6, m * k), &b, &vec![-0.0; m * n]);
    agree("nothing listed", m, n, k, &signed(6, m * k), &vec![-0.0; k * n], &vec![-0.0; m * n]);
}

#[test]
fn sums_that_vanish_below_the_smallest_number_keep_their_sign() {
    let (m, n, k) = (70, 40, 300);
    // Products of -1e-400 round to -0, and a zero after them decides what becomes of it.
    let a: Vec<f64> = normal(8, m * k).into_iter().map(|x| if x > 1.0 { x } else { x * 1e-200 }).collect();
    let b: Vec<f64> = mostly_zero(k * n, 0.01).into_iter().map(|x| x * 1e-200).collect();
    let mut plain = vec![0.0; m * n];
    gemm(Isa::Portable, false, false, m, n, k, 1.0, &a, k, &b, n, 0.0, &mut plain, n, &mut GemmScratch::default());
    let lists: Vec<f64> = (0..m * n)
        .map(|c| (0..k).filter(|l| b[l * n + c % n] != 0.0).fold(0.0, |s: f64, l| a[c / n * k + l].mul_add(b[l * n + c % n], s)))
        .collect();
    assert_ne!(bits(&plain), bits(&lists), "this test shows nothing");
    for c in [vec![-0.0; m * n], vec![0.0; m * n], normal(3, m * n)] {
        agree("too small", m, n, k, &a, &b, &c);
    }
}

#[test]
fn numbers_that_are_not_finite_spread_as_in_dense_products() {
    let (m, n, k) = (70, 40, 300);
    for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let (a, b, c) = (normal(1, m * k), mostly_zero(k * n, 0.1), normal(3, m * n));
        let with = |v: &[f64], at: usize| {
            let mut v = v.to_vec();
            v[at] = x;
            v
        };
        for at in [0, 5 * k + 290, 66 * k + 17, m * k - 1] {
            agree("A", m, n, k, &with(&a, at), &b, &c);
        }
        for at in [0, 7 * n + 39, k * n - 1] {
            agree("B", m, n, k, &a, &with(&b, at), &c);
        }
        agree("C", m, n, k, &a, &b, &with(&c, 41));
        // Sums that grow beyond all numbers.
        let huge: Vec<f64> = a.iter().map(|a| a * 1e308).collect();
        agree("overflow", m, n, k, &huge, &b, &c);
    }
}
