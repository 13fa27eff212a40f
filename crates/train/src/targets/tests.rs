use super::{Course, Goal, Head, Part, Rows, answers, learn, loss};
use crate::fake::{Linear, model};
use homolog_base::Unit;
use homolog_model::Trace;

fn trace(data: Vec<f64>) -> Trace {
    Trace { name: "y".into(), unit: Unit::ONE, shape: [1, 1, data.len()], data }
}

#[test]
fn gradients_are_those_of_the_loss_and_samples_without_a_target_have_none() {
    let y = vec![-3.0, 0.2, 1.5, 40.0];
    for goal in [Goal::Logistic, Goal::Square] {
        let targets = [0.0, 1.0, f64::NAN, 1.0];
        let mut gradient = vec![];
        loss(goal, &trace(y.clone()), &targets, Some(&mut gradient));
        assert_eq!(gradient[2], 0.0);
        for k in 0..y.len() {
            let at = |step: f64| {
                let mut moved = y.clone();
                moved[k] += step;
                loss(goal, &trace(moved), &targets, None)
            };
            let slope = (at(1e-4) - at(-1e-4)) / 2e-4;
            assert!((slope - gradient[k]).abs() < 1e-8, "{goal:?}, sample {k}: {slope} and {}", gradient[k]);
        }
    }
}

#[test]
fn the_loss_of_a_sure_and_right_answer_is_nothing_and_of_a_wrong_one_is_as_large_as_it_was_sure() {
    let of = |y: f64, t: f64| loss(Goal::Logistic, &trace(vec![y]), &[t], None);
    assert!(of(50.0, 1.0) < 1e-12 && of(-50.0, 0.0) < 1e-12);
    assert!((of(-800.0, 1.0) - 800.0).abs() < 1e-9, "no overflow");
    assert!((of(0.0, 1.0) - std::f64::consts::LN_2).abs() < 1e-15);
    assert_eq!(loss(Goal::Square, &trace(vec![1.0, 9.0]), &[3.0, f64::NAN], None), 2.0);
}

#[test]
fn a_line_is_learned_and_the_pass_that_did_best_on_the_other_part_is_kept() {
    let (model, params) = model(1, 1, None);
    let rows = Rows { width: 1, values: (0..64).map(|k| f64::from(k) / 32.0 - 1.0).collect() };
    let head = |of: fn(f64) -> f64| [Head { group: 1, goal: Goal::Square, targets: rows.values.iter().map(|x| of(*x)).collect() }];
    let (line, other) = (head(|x| 2.0 * x + 1.0), head(|_| 0.0));
    let course = Course { learning_rate: 0.05, batch: 16, epochs: 60, weight_decay: 0.0, seed: 1 };
    let part = |heads| Part { rows: &rows, heads };
    let mut runner = Linear::default();
    let (learned, left) = learn(&model, params.clone(), part(&line), None, course, &mut runner).unwrap();
    assert!(left < 1e-3, "{left}");
    let said = answers(&model, &learned, &rows, &line, &mut runner).unwrap();
    assert!(said[0].iter().zip(&line[0].targets).all(|(y, t)| (y - t).abs() < 0.1), "{said:?}");
    // A part that asks for nothing is served best by the pass that has learned least.
    let (kept, _) = learn(&model, params, part(&line), Some(part(&other)), course, &mut runner).unwrap();
    assert!(kept.tensors[0].values[0] < 0.5 && kept.tensors[0].values[0] < learned.tensors[0].values[0] / 3.0, "{kept:?}");
}
