use super::*;
use crate::gemm::{GemmScratch, gemm};
use homolog_base::Key;

fn spikes(rows: usize, lanes: usize, density: f64) -> Vec<f64> {
    (0..rows * lanes).map(|k| f64::from(u8::from(Key::new(4).uniform(k as u64, 0) < density))).collect()
}

#[test]
fn products_with_spikes_equal_dense_products_bit_for_bit() {
    for (m, k, lanes, density) in [(10, 256, 128, 0.15), (1, 3, 5, 0.5), (33, 300, 70, 0.3), (16, 40, 300, 1.0), (7, 20, 9, 0.0)] {
        let s = spikes(k, lanes, density);
        let w: Vec<f64> = (0..m * k).map(|i| Key::new(1).normal(i as u64, 0)).collect();
        let d: Vec<f64> = (0..m * lanes).map(|i| Key::new(2).normal(i as u64, 0)).collect();
        let pitch = m + 3;
        let mut transposed = vec![f64::NAN; k * pitch + WIDE];
        for r in 0..m {
            for c in 0..k {
                transposed[c * pitch + r] = w[r * k + c];
            }
        }
        let start = |n: usize| -> Vec<f64> { (0..n).map(|i| Key::new(3).normal(i as u64, 0)).collect() };
        for isa in Isa::available() {
            let mut list = SpikeList::default();
            list.read(isa, &s, k, lanes);
            assert_eq!(list.len(), s.iter().filter(|x| **x != 0.0).count());
            let (mut dense, mut sparse) = (start(m * lanes), start(m * lanes));
            gemm(isa, false, false, m, lanes, k, 1.0, &w, k, &s, lanes, 1.0, &mut dense, lanes, &mut GemmScratch::default());
            add_weights_of_spikes(isa, &mut list, &transposed, pitch, m, lanes, &mut sparse);
            let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&dense), bits(&sparse), "{m} x {k} x {lanes} on {isa:?}");

            let (mut dense, mut sparse) = (start(m * k), start(m * k));
            gemm(isa, false, true, m, k, lanes, 1.0, &d, lanes, &s, lanes, 1.0, &mut dense, k, &mut GemmScratch::default());
            add_outer_of_spikes(isa, &mut list, &d, m, lanes, &mut sparse, k);
            assert_eq!(bits(&dense), bits(&sparse), "gradient, {m} x {k} x {lanes} on {isa:?}");
        }
    }
}
