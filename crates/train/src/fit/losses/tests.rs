use super::*;

#[test]
fn a_train_is_as_far_from_itself_as_nothing_and_from_silence_as_one() {
    let b = [10.0, 30.0, 31.0];
    assert_eq!(van_rossum(&b, &b, 10.0), 0.0);
    assert_eq!(van_rossum(&[], &b, 10.0), 1.0);
    assert_eq!(van_rossum(&[5.0], &[], 10.0), 1.0);
    assert_eq!(van_rossum(&[], &[], 10.0), 0.0);
}

#[test]
fn the_distance_is_that_of_the_filtered_trains() {
    // The integral that the closed form stands for: 2/tau times that of the squared difference, as one spike alone has tau/2.
    let (a, b, tau) = ([3.0, 20.0], [5.0, 21.0, 40.0], 7.0);
    let filtered = |train: &[f64], t: f64| train.iter().filter(|s| **s <= t).map(|s| math::exp(-(t - s) / tau)).sum::<f64>();
    let h = 1e-3;
    let integral = |x: &[f64], y: &[f64]| {
        (0..300_000).map(|k| (k as f64 + 0.5) * h).map(|t| (filtered(x, t) - filtered(y, t)).powi(2) * h).sum::<f64>()
    };
    let expected = integral(&a, &b) / integral(&[], &b);
    assert!((van_rossum(&a, &b, tau) - expected).abs() < 1e-3, "{} {expected}", van_rossum(&a, &b, tau));
}

#[test]
fn spikes_that_come_a_little_late_are_nearer_than_silence_and_much_too_late_twice_as_far() {
    let b = [100.0];
    assert!(van_rossum(&[102.0], &b, 10.0) < 0.5);
    assert!((van_rossum(&[400.0], &b, 10.0) - 2.0).abs() < 1e-9);
}

#[test]
fn crossings_lie_on_the_line_between_samples() {
    assert_eq!(crossings(&[0.0, 1.0, 2.0, 3.0], &[-60.0, -30.0, 10.0, -60.0], -20.0), [1.25]);
}

#[test]
fn a_plane_does_not_ask_when() {
    let times: Vec<f64> = (0..1000).map(|k| k as f64 * 0.1).collect();
    let bump = |at: f64| -> Vec<f64> { times.iter().map(|t| -65.0 + 80.0 * math::exp(-(t - at) * (t - at))).collect() };
    let plane = Plane::new(&times, &bump(20.0));
    assert_eq!(plane.distance(&times, &bump(20.0)), 0.0);
    assert!(plane.distance(&times, &bump(50.0)) < 0.01);
    let flat = vec![-65.0; 1000];
    let two: Vec<f64> = bump(20.0).iter().zip(bump(50.0)).map(|(a, b)| a + b + 65.0).collect();
    assert!(plane.distance(&times, &flat) > 0.02 && plane.distance(&times, &two) > 0.02);
    assert!((plane.distance(&times, &vec![1e9; 1000]) - 1.0).abs() < 1e-12);
}
