use super::*;
use crate::operations::Flops;

fn result(seed: u64, test_accuracy: f64) -> LevelResult {
    let operations = Operations { multiply_accumulates: 100.0, accumulates: 10.0, neurons: Flops::default(), spikes: 7.0, traffic: vec![] };
    let energy = Energy { joules: 1e-6, range: (1e-6, 1e-6), parts: vec![], table: "t".into() };
    LevelResult {
        seed,
        test_accuracy,
        frozen_accuracy: Some(0.5),
        neurons: 74,
        compartments: None,
        parameters: 4810,
        simulated_ms: 25.0,
        operations,
        energy,
        pumping: None,
        epochs: 20,
        wall_s: 2.0,
        memory_bytes: None,
    }
}

#[test]
fn an_entry_has_mean_spread_unit_and_basis() {
    let e = entry("point", &[result(0, 0.9), result(1, 0.94)]);
    assert_eq!(e.name, "point");
    let a = &e.scores[column::ACCURACY];
    assert!((a.value - 0.92).abs() < 1e-12 && (a.sd.unwrap() - 0.04 / 2f64.sqrt()).abs() < 1e-12);
    let g = &e.scores[column::GAIN];
    assert!((g.value - 0.42).abs() < 1e-12);
    let energy = &e.scores[column::ENERGY];
    assert_eq!((energy.unit.as_str(), energy.basis, energy.value), ("J", Basis::Estimated, 1e-6));
    assert_eq!((e.scores[column::OPERATIONS].value, e.scores[column::OPERATIONS].basis), (210.0, Basis::Counted));
    assert_eq!(e.scores[column::SIMULATED].unit, "ms");
    assert!(!e.scores.contains_key(column::MEMORY), "no seed has it");
}

#[test]
fn a_score_of_some_seeds_says_so_and_no_seeds_give_no_scores() {
    let known = LevelResult { memory_bytes: Some(1000), ..result(0, 0.9) };
    let e = entry("rate", &[known, result(1, 0.9), result(2, 0.9)]);
    assert_eq!(e.scores["memory (1 of 3 seeds)"].value, 1000.0);
    assert!(entry("rate", &[]).scores.is_empty());
    assert_eq!(entry("rate", &[result(0, 0.9)]).scores[column::ACCURACY].sd, None);
}

#[test]
fn cells_have_compartments_and_a_measured_energy() {
    let pumping = |atp: f64| Some(Pumping { atp, joules: 8e-20 * atp, parts: vec![] });
    let results =
        [0, 1].map(|seed| LevelResult { compartments: Some(110), pumping: pumping(1e9 + 2e8 * seed as f64), ..result(seed, 0.9) });
    let e = entry("cable", &results);
    assert_eq!((e.scores[column::COMPARTMENTS].value, e.scores[column::COMPARTMENTS].basis), (110.0, Basis::Counted));
    let measured = &e.scores[column::MEASURED_ENERGY];
    assert_eq!((measured.unit.as_str(), measured.basis), ("J", Basis::Measured));
    assert!((measured.value - 8.8e-11).abs() < 1e-20 && (e.scores[column::ATP].value - 1.1e9).abs() < 1e-3);
    assert!(!entry("point", &[result(0, 0.9)]).scores.contains_key(column::MEASURED_ENERGY));
}

#[test]
fn a_difference_pairs_seeds() {
    let a = [result(0, 0.9), result(1, 0.8), result(2, 0.1)];
    let b = [result(1, 0.7), result(0, 0.8)];
    let d = difference(&a, &b, "1", Basis::Measured, |r| r.test_accuracy).unwrap();
    assert!((d.value - 0.1).abs() < 1e-12 && d.sd.unwrap() < 1e-12, "the common part of both seeds falls out");
    assert!(difference(&a, &[], "1", Basis::Measured, |r| r.test_accuracy).is_none());
}
