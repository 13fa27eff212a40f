//! Sums of rows against their definition.

use homolog_exec::{Isa, sum_rows};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_have_the_stated_order_on_all_instruction_sets(
        rows in 0usize..11, n in 0usize..70, pad in 0usize..5, x in prop::collection::vec(-1e3f64..1e3, 825),
    ) {
        let stride = n + pad;
        let start: Vec<f64> = (0..rows).map(|r| r as f64 * 0.1).collect();
        let want: Vec<f64> = (0..rows)
            .map(|r| {
                let mut a = [0.0; 8];
                for l in 0..n {
                    a[l % 8] += x[r * stride + l];
                }
                start[r] + (((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7])))
            })
            .collect();
        for isa in Isa::available() {
            let mut got = start.clone();
            sum_rows(isa, &x, stride, n, &mut got);
            prop_assert_eq!(&got, &want);
        }
    }
}
