use super::counted;
use crate::kinds::{Cell, Ladder, Rail, Rung};

#[test]
fn the_smallest_network_that_passes_is_the_first_that_comes_near_the_best() {
    let ladder = Ladder {
        rails: vec![Rail { watts: 2e-12, ..Rail::default() }],
        rungs: [10.0, 20.0, 30.0, 40.0].map(|weights| Rung { weights, watts: 2.0 * weights, ..Rung::default() }).into(),
        cells: [0.94, 0.96, 0.97, 0.95].map(|auc| vec![Cell { auc, explained: 1.0 - auc }]).into(),
        passing: 0.99,
        ..Ladder::default()
    };
    let found = counted(&ladder, 0);
    let of = |name: &str| found.iter().find(|f| f.0 == name).unwrap().1;
    assert_eq!((of("weights"), of("watts")), (30.0, 60e6), "in uW; 0.96 is less than 99 % of 0.97");
    assert_eq!((of("linear"), of("pumps")), (0.94, 2.0));
    assert!((of("gap") - 0.03).abs() < 1e-12 && (of("lead") - 0.01).abs() < 1e-12);
    assert!((of("potential-best") - 0.06).abs() < 1e-12);
}
