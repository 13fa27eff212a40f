use crate::{Normalisation, Task, fake, split};
use homolog_model::{Inputs, Samples, Split};

#[test]
fn a_batch_is_neuron_major_with_the_batch_contiguous() {
    let (model, _) = fake::model(3, 2, None);
    let study = fake::study(1, 8, None);
    let samples = Samples { name: "x".into(), features: 3, classes: 2, values: (0..60).map(f64::from).collect(), labels: (0..20).map(|k| k % 2).collect(), ..Samples::default() };
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
fn what_does_not_fit_is_said_all_at_once() {
    let (model, _) = fake::model(4, 3, None);
    let mut study = fake::study(1, 8, None);
    let samples = fake::blobs(20, 5, 2, 0.1);
    let parts = split(&samples, study.data.as_ref().unwrap(), 1);
    let codes = |study: &_, samples: &_| Task::new(study, &model, samples, &parts, Normalisation::NONE).unwrap_err().iter().map(|d| d.code).collect::<Vec<_>>();
    assert_eq!(codes(&study, &samples), ["train-input-size", "train-readout-size"]);
    study.data.as_mut().unwrap().input = "class".into();
    study.training.as_mut().unwrap().readout = "image".into();
    assert_eq!(codes(&study, &samples), ["train-input-unknown", "train-readout-unknown"]);
    study.training = None;
    assert_eq!(codes(&study, &samples), ["train-section-missing"]);
}
