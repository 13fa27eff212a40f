use crate::{Method, Schedule};
use homolog_base::Unit;
use homolog_model::{Checkpoint, Params, Tensor, study::Optimiser};

fn params(values: &[f64], learned: bool, decays: bool, bounds: Option<(f64, f64)>) -> Params {
    Params {
        tensors: vec![Tensor {
            name: "w".into(),
            unit: Unit::ONE,
            shape: [values.len(), 1],
            learned,
            decays,
            bounds,
            values: values.to_vec(),
        }],
    }
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-15 * b.abs().max(1.0), "{a} against {b}");
}

/// Three updates of one parameter worked by hand with beta1 = 0.5, beta2 = 0.75, rate 0.1, epsilon 0:
/// gradients 2, -2, 4.
/// t = 1: m = 1, v = 1;      m' = 2,     v' = 4;           step 0.1 * 2 / 2.
/// t = 2: m = -1/2, v = 7/4; m' = -2/3,  v' = 4;           step 0.1 * (-2/3) / 2.
/// t = 3: m = 7/4, v = 85/16; m' = 2,    v' = 85/16 / (37/64) = 340/37; step 0.1 * 2 / sqrt(340/37).
#[test]
fn adam_follows_algorithm_1_worked_by_hand() {
    let mut p = params(&[1.0], true, false, None);
    let mut adam = Method::new(Optimiser::Adam { beta1: 0.5, beta2: 0.75, epsilon: 0.0 }, 0.0, &p);
    let expected = [0.9, 0.9 + 0.1 / 3.0, 0.9 + 0.1 / 3.0 - 0.2 / (340.0f64 / 37.0).sqrt()];
    for (g, e) in [2.0, -2.0, 4.0].into_iter().zip(expected) {
        adam.apply(&mut p, &[vec![g]], 0.1);
        close(p.tensors[0].values[0], e);
    }
}

#[test]
fn decay_is_decoupled_and_only_on_weights() {
    for (decays, expected) in [(true, 2.0 * (1.0 - 0.1 * 0.5)), (false, 2.0)] {
        let mut p = params(&[2.0], true, decays, None);
        let mut adam = Method::new(Optimiser::default(), 0.5, &p);
        adam.apply(&mut p, &[vec![0.0]], 0.1);
        close(p.tensors[0].values[0], expected);
        let mut p = params(&[2.0], true, decays, None);
        Method::new(Optimiser::Sgd { momentum: 0.9 }, 0.5, &p).apply(&mut p, &[vec![0.0]], 0.1);
        close(p.tensors[0].values[0], expected);
    }
}

#[test]
fn momentum_by_hand() {
    let mut p = params(&[0.0], true, false, None);
    let mut sgd = Method::new(Optimiser::Sgd { momentum: 0.5 }, 0.0, &p);
    for (g, e) in [(1.0, -0.1), (1.0, -0.25), (0.0, -0.325)] {
        sgd.apply(&mut p, &[vec![g]], 0.1);
        close(p.tensors[0].values[0], e);
    }
}

#[test]
fn what_is_not_learned_stays_and_bounds_hold() {
    let mut p = params(&[1.0, -1.0], false, true, None);
    Method::new(Optimiser::default(), 0.1, &p).apply(&mut p, &[vec![5.0, 5.0]], 0.1);
    assert_eq!(p.tensors[0].values, [1.0, -1.0]);
    let mut p = params(&[0.99, 0.01], true, false, Some((0.0, 1.0)));
    Method::new(Optimiser::default(), 0.0, &p).apply(&mut p, &[vec![-1.0, 1.0]], 0.1);
    assert_eq!(p.tensors[0].values, [1.0, 0.0]);
}

#[test]
fn memory_survives_a_checkpoint_bit_for_bit() {
    for choice in [Optimiser::default(), Optimiser::Sgd { momentum: 0.9 }] {
        let mut p = params(&[0.3, -0.2, 0.1], true, true, None);
        let mut method = Method::new(choice, 0.01, &p);
        (0..5).for_each(|k| method.apply(&mut p, &[vec![0.1 * k as f64, -0.3, 1e-9]], 0.01));
        let mut saved = Checkpoint::default();
        method.save(&p, &mut saved);
        let mut again = Method::new(choice, 0.01, &p);
        again.load(&p, &saved).unwrap();
        assert_eq!(again, method);
        saved.arrays.pop_last();
        assert!(again.load(&p, &saved).unwrap_err().ends_with("/w"));
    }
}

#[test]
fn cosine_falls_from_its_start_to_zero() {
    let rate = |k| Schedule::Cosine.rate(0.2, k, 10);
    close(rate(0), 0.2);
    close(rate(5), 0.1);
    assert!(rate(10).abs() < 1e-17 && (0..10).all(|k| rate(k) > rate(k + 1)));
    assert_eq!(Schedule::Constant.rate(0.2, 7, 10), 0.2);
    assert!(Schedule::NAMES.iter().all(|n| Schedule::named(n).is_some()) && Schedule::named("step").is_none());
}
