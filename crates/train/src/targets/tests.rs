use super::{Course, Goal, Head, Rows, Student, answers, learn, loss};
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
    let mut runner = Linear::default();
    let mut learned = |validation: Option<&[Head]>| {
        let student = Student {
            model: &model,
            params: params.clone(),
            train: &line,
            validation: validation.unwrap_or(&[]),
            weight_decay: 0.0,
            runner: &mut runner,
        };
        learn(&mut [student], &rows, validation.map(|_| &rows), COURSE).unwrap().remove(0)
    };
    let (all, left) = learned(None);
    assert!(left < 1e-3, "{left}");
    // A part that asks for nothing is served best by the pass that has learned least.
    let (kept, _) = learned(Some(&other));
    let said = answers(&model, &all, &rows, &line, &mut runner).unwrap();
    assert!(said[0].iter().zip(&line[0].targets).all(|(y, t)| (y - t).abs() < 0.1), "{said:?}");
    assert!(kept.tensors[0].values[0] < 0.5 && kept.tensors[0].values[0] < all.tensors[0].values[0] / 3.0, "{kept:?}");
}

const COURSE: Course = Course { learning_rate: 0.05, batch: 16, epochs: 60, seed: 1 };

#[test]
fn students_that_learn_together_learn_what_each_does_alone_bit_by_bit() {
    let (model, params) = model(1, 1, None);
    let rows = Rows { width: 1, values: (0..50).map(|k| f64::from(k * k % 17) / 8.0 - 1.0).collect() };
    let head = |slope: f64| [Head { group: 1, goal: Goal::Square, targets: rows.values.iter().map(|x| slope * x - 0.5).collect() }];
    let (rising, falling) = (head(2.0), head(-1.0));
    let with = |which: &[(&[Head], f64)]| {
        let mut runners: Vec<Linear> = which.iter().map(|_| Linear::default()).collect();
        let mut students: Vec<Student<'_>> = which
            .iter()
            .zip(&mut runners)
            .map(|((heads, weight_decay), runner)| Student {
                model: &model,
                params: params.clone(),
                train: heads,
                validation: heads,
                weight_decay: *weight_decay,
                runner,
            })
            .collect();
        learn(&mut students, &rows, Some(&rows), COURSE).unwrap()
    };
    let all: [(&[Head], f64); 3] = [(&rising, 0.0), (&falling, 0.0), (&rising, 1.0)];
    let alone: Vec<_> = all.iter().flat_map(|one| with(&[*one])).collect();
    assert_eq!(with(&all), alone);
    assert!(alone[0] != alone[2] && alone[0] != alone[1], "they differ");
}
