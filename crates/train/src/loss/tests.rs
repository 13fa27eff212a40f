use crate::{loss, predict};
use homolog_base::{Key, Unit};
use homolog_model::{Loss, Trace};

fn trace(shape: [usize; 3], seed: u64) -> Trace {
    let key = Key::new(seed);
    let data = (0..shape.iter().product::<usize>()).map(|k| 2.0 * key.normal(k as u64, 0)).collect();
    Trace { name: "class.value".into(), unit: Unit::ONE, shape, data }
}

#[test]
fn gradients_agree_with_finite_differences() {
    let labels = [2, 0, 1, 2, 3];
    for kind in [Loss::CrossEntropy, Loss::MeanSquare] {
        for smoothing in [0.0, 0.1] {
            let mut t = trace([3, 4, 5], 9);
            let mut gradient = Vec::new();
            loss(kind, smoothing, &t, &labels, Some(&mut gradient));
            assert_eq!(gradient.len(), 60);
            for (k, got) in gradient.iter().enumerate() {
                let (x, h) = (t.data[k], 1e-5);
                t.data[k] = x + h;
                let above = loss(kind, smoothing, &t, &labels, None).mean();
                t.data[k] = x - h;
                let below = loss(kind, smoothing, &t, &labels, None).mean();
                t.data[k] = x;
                let expected = (above - below) / (2.0 * h);
                assert!((got - expected).abs() < 1e-9, "{kind:?} {smoothing} {k}: {got} against {expected}");
            }
            assert!(gradient[..40].iter().all(|g| *g == 0.0), "only the last frame counts");
        }
    }
}

#[test]
fn equal_readouts_cost_the_logarithm_of_the_number_of_classes() {
    let t = Trace { name: "y".into(), unit: Unit::ONE, shape: [1, 10, 2], data: vec![700.0; 20] };
    let l = loss(Loss::CrossEntropy, 0.0, &t, &[0, 3], None);
    assert!((l.mean() - std::f64::consts::LN_10).abs() < 1e-12);
    assert_eq!((l.correct, l.accuracy()), (1, 0.5), "of equals the first is chosen");
}

#[test]
fn huge_readouts_do_not_overflow_and_nan_shows() {
    let mut t = Trace { name: "y".into(), unit: Unit::ONE, shape: [1, 2, 1], data: vec![1e8, -1e8] };
    assert_eq!(loss(Loss::CrossEntropy, 0.0, &t, &[0], None).sum, 0.0);
    assert_eq!(loss(Loss::CrossEntropy, 0.0, &t, &[1], None).sum, 2e8);
    t.data[1] = f64::NAN;
    assert!(loss(Loss::CrossEntropy, 0.0, &t, &[0], None).sum.is_nan());
    assert!(loss(Loss::MeanSquare, 0.0, &t, &[0], None).sum.is_nan());
}

#[test]
fn mean_square_by_hand() {
    let t = Trace { name: "y".into(), unit: Unit::ONE, shape: [1, 2, 1], data: vec![0.5, 2.0] };
    let mut g = Vec::new();
    let l = loss(Loss::MeanSquare, 0.0, &t, &[1], Some(&mut g));
    assert_eq!((l.sum, l.correct, g), (0.625, 1, vec![0.5, 1.0]));
}

#[test]
fn predictions_are_the_largest_of_the_last_frame() {
    let t = Trace { name: "y".into(), unit: Unit::ONE, shape: [2, 2, 2], data: vec![9.0, 9.0, 0.0, 0.0, 1.0, 2.0, 3.0, 2.0] };
    let mut p = Vec::new();
    predict(&t, &mut p);
    assert_eq!(p, [1, 0]);
}
