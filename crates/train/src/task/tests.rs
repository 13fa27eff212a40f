use crate::{Normalisation, Task, fake, split};
use homolog_model::{Inputs, Samples, Split};

#[test]
fn a_batch_is_neuron_major_with_the_batch_contiguous() {
    let (model, _) = fake::model(3, 2, None);
    let study = fake::study(1, 8, None);
    let samples = Samples {
        name: "x".into(),
        features: 3,
        classes: 2,
        values: (0..60).map(f64::from).collect(),
        labels: (0..20).map(|k| k % 2).collect(),
        ..Samples::default()
    };
    let all = Split { train: (0..20).collect(), ..Split::default() };
    let task = Task::new(&study, &model, &samples, &all, Normalisation { factor: 0.5 }).unwrap();
    let (mut inputs, mut labels) = (Inputs::default(), vec![]);
    for n in [19, 8, 3, 16] {
        let chosen: Vec<usize> = (0..n).map(|k| (k * 7) % 20).collect();
        task.gather(&chosen, &mut inputs, &mut labels);
        assert_eq!((inputs.batch, inputs.frames, inputs.values.len(), inputs.values[0].len()), (n, 1, 1, 3 * n));
        for f in 0..3 {
            for (b, &k) in chosen.iter().enumerate() {
                assert_eq!(inputs.values[0][f * n + b], 0.5 * (3 * k + f) as f64);
                assert_eq!(labels[b], k as u32 % 2);
            }
        }
    }
}

#[test]
fn noise_has_the_spread_asked_for_and_depends_on_key_sample_and_feature_alone() {
    let (model, _) = fake::model(50, 2, None);
    let study = fake::study(1, 8, None);
    let samples =
        Samples { name: "x".into(), features: 50, classes: 2, values: vec![0.0; 50 * 40], labels: vec![0; 40], ..Samples::default() };
    let all = Split { train: (0..40).collect(), ..Split::default() };
    let task = Task::new(&study, &model, &samples, &all, Normalisation::NONE).unwrap();
    let noise = |chosen: &[usize], key| {
        let (mut inputs, mut labels) = (Inputs::default(), vec![]);
        task.gather(chosen, &mut inputs, &mut labels);
        task.add_noise(chosen, homolog_base::Key::new(key), &mut inputs);
        inputs.values.remove(0)
    };
    let all = noise(&(0..40).collect::<Vec<_>>(), 1);
    let sd = (all.iter().map(|x| x * x).sum::<f64>() / 2000.0).sqrt();
    assert!((sd - study.training.as_ref().unwrap().input_noise).abs() < 0.006, "{sd}");
    let some = noise(&[7, 3], 1);
    assert!((0..50).all(|f| some[2 * f] == all[40 * f + 7] && some[2 * f + 1] == all[40 * f + 3]));
    assert_ne!(noise(&[7, 3], 2), some);
}

#[test]
fn what_does_not_fit_is_said_all_at_once() {
    let (model, _) = fake::model(4, 3, None);
    let mut study = fake::study(1, 8, None);
    let samples = fake::blobs(20, 5, 2, 0.1);
    let parts = split(&samples, study.data.as_ref().unwrap(), 1);
    let codes = |study: &_, samples: &_| {
        Task::new(study, &model, samples, &parts, Normalisation::NONE).unwrap_err().iter().map(|d| d.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&study, &samples), ["train-input-size", "train-readout-size"]);
    study.data.as_mut().unwrap().input = "class".into();
    study.training.as_mut().unwrap().readout = "image".into();
    assert_eq!(codes(&study, &samples), ["train-input-unknown", "train-readout-unknown"]);
    study.training = None;
    assert_eq!(codes(&study, &samples), ["train-section-missing"]);
}
