use super::*;

#[test]
fn philox_gives_the_published_known_answers() {
    // Random123's kat_vectors for philox4x32 with 10 rounds.
    assert_eq!(philox4x32([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    assert_eq!(philox4x32([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    assert_eq!(
        philox4x32([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
    );
}

#[test]
fn normal_draws_have_mean_zero_variance_one_and_normal_kurtosis() {
    let key = Key::new(7).named("normal");
    let n = 200_000;
    let draws: Vec<f64> = (0..n).map(|i| key.normal(i, 0)).collect();
    let mean = draws.iter().sum::<f64>() / n as f64;
    let moment = |p: i32| draws.iter().map(|x| (x - mean).powi(p)).sum::<f64>() / n as f64;
    assert!(mean.abs() < 0.01 && (moment(2) - 1.0).abs() < 0.02 && (moment(4) - 3.0).abs() < 0.1, "{mean} {} {}", moment(2), moment(4));
}

#[test]
fn keys_of_different_names_numbers_and_seeds_are_unrelated() {
    let draw = |k: Key| k.bits(0, 0);
    let all = [
        draw(Key::new(1)),
        draw(Key::new(2)),
        draw(Key::new(1).named("a")),
        draw(Key::new(1).named("b")),
        draw(Key::new(1).numbered(0)),
        draw(Key::new(1).numbered(1)),
    ];
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), all.len());
}

#[test]
fn a_permutation_contains_each_number_once() {
    let mut p = Key::new(3).permutation(1000);
    assert_ne!(p, (0..1000).collect::<Vec<_>>());
    p.sort_unstable();
    assert_eq!(p, (0..1000).collect::<Vec<_>>());
}
