use super::*;

#[test]
fn a_deviation_is_the_largest_difference_and_its_root_mean_square() {
    let d = deviation(&[1.0, 2.0, 3.0, 4.0], &[1.0, 5.0, -1.0, 4.0]).unwrap();
    assert_eq!((d.most, d.rms), (4.0, 2.5));
    assert!(deviation(&[1.0, f64::NAN, 3.0], &[0.0; 3]).is_some_and(|d| d.most.is_nan() && d.rms.is_nan()));
    assert_eq!(deviation(&[1.0], &[1.0, 2.0]), None, "nothing is cut short");
    assert_eq!(deviation(&[], &[]), None);
}

#[test]
fn shifts_keep_their_sign_and_leave_out_neurons_that_spike_more_or_less_often() {
    let s = shifts(&[vec![1.0, 2.5], vec![7.0], vec![]], &[vec![2.0, 2.0], vec![7.0, 8.0], vec![]]);
    assert_eq!(s, Shifts { spikes: 2, of_them: Some((-1.0, -0.25)), other_neurons: 1 });
    assert_eq!(shifts(&[vec![]], &[vec![]]).of_them, None);
}

#[test]
fn intervals_vary_by_their_sample_deviation_over_their_mean_in_neurons_that_have_two() {
    let rows = [(0.0, 1.0), (1.0, 0.0), (10.0, 1.0), (20.0, 2.0), (40.0, 1.0), (50.0, 2.0), (80.0, 2.0)];
    let data = rows.iter().flat_map(|(t, n)| [*t, *n, 0.0]).collect();
    let all = trains(&Trace { name: String::new(), unit: homolog_base::Unit::ONE, shape: [7, 3, 1], data }, 3);
    assert_eq!(all, [vec![1.0], vec![0.0, 10.0, 40.0], vec![20.0, 50.0, 80.0]]);
    // Intervals of 10 and 30: a mean of 20 and a sample deviation of the root of 200; 30 and 30 do not vary.
    let cv = cv_of_intervals(&all).unwrap();
    assert!((cv - 0.5 * 200.0f64.sqrt() / 20.0).abs() < 1e-15, "{cv}");
    assert_eq!(cv_of_intervals(&all[..1]), None);
}
