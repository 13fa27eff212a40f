use crate::fake::{self, Linear};
use crate::{Cause, Finish, Normalisation, Task, Trainer, split};
use homolog_model::{Model, Params, Samples, Split, Study};

struct Case {
    study: Study,
    model: Model,
    params: Params,
    samples: Samples,
    split: Split,
}

fn case(epochs: usize, batch: usize, patience: Option<usize>, noise: f64) -> Case {
    let study = fake::study(epochs, batch, patience);
    let (model, params) = fake::model(6, 3, None);
    let samples = fake::blobs(150, 6, 3, noise);
    let split = split(&samples, study.data.as_ref().unwrap(), 11);
    Case { study, model, params, samples, split }
}

impl Case {
    fn task(&self) -> Task<'_> {
        let n = Normalisation::fit(&self.samples, &self.split, self.study.data.as_ref().unwrap());
        Task::new(&self.study, &self.model, &self.samples, &self.split, n).unwrap()
    }

    fn trainer(&self) -> Trainer<'_> {
        Trainer::new(self.task(), self.params.clone(), 3).unwrap()
    }
}

#[test]
fn a_linear_model_learns_blobs_and_the_evaluation_adds_up() {
    let c = case(20, 16, None, 0.3);
    let mut t = c.trainer();
    let mut runner = Linear::default();
    let before = t.evaluate(&mut runner, &c.split.test).unwrap();
    let mut progress = Vec::new();
    while t.finished().is_none() {
        let score = t.epoch(&mut runner, &mut |p| progress.push(p)).unwrap();
        assert!(score.warnings.is_empty(), "{:?}", score.warnings);
    }
    assert_eq!(t.finished(), Some(Finish::Epochs));
    let after = t.evaluate(&mut runner, &c.split.test).unwrap();
    assert!(before.accuracy < 0.5 && after.accuracy > 0.9, "{} then {}", before.accuracy, after.accuracy);
    assert!(after.loss < 0.5 * before.loss);
    assert_eq!(after.predictions.len(), 30);
    assert_eq!(after.confusion.counts.iter().sum::<u64>(), 30);
    assert!((after.confusion.accuracy() - after.accuracy).abs() < 1e-15);
    assert_eq!(progress.len(), 20 * t.batches());
    assert_eq!(
        (t.batches(), c.split.train.len(), runner.taped),
        (6, 90, 120),
        "the last batch of ten is shown too, and only training is taped"
    );
    assert_eq!(progress[5].batch, 6);
    assert!((progress[5].loss - t.curve()[0].train_loss).abs() < 1e-15);
    let over = t.epoch(&mut runner, &mut |_| ()).unwrap_err();
    assert_eq!(over.cause, Cause::Over(Finish::Epochs));
}

#[test]
fn every_epoch_shows_all_samples_once_in_another_order_keyed_by_the_seed() {
    let c = case(3, 16, None, 0.3);
    let t = c.trainer();
    let (a, b) = (t.order(0), t.order(1));
    assert_ne!(a, b);
    assert_eq!(a, c.trainer().order(0));
    assert_ne!(a, Trainer::new(c.task(), c.params.clone(), 4).unwrap().order(0));
    for mut order in [a, b] {
        order.sort_unstable();
        assert_eq!(order, c.split.train);
    }
}

#[test]
fn a_batch_is_averaged_over_its_own_samples() {
    let mut c = case(1, 90, None, 0.3);
    c.study.training.as_mut().unwrap().optimiser = homolog_model::Optimiser::Sgd { momentum: 0.0 }.into();
    c.study.training.as_mut().unwrap().input_noise = 0.0;
    let mut whole = c.trainer();
    whole.epoch(&mut Linear::default(), &mut |_| ()).unwrap();
    // Every sample twice gives the same mean, so the same step.
    let twice = Samples {
        values: [c.samples.values.clone(), c.samples.values.clone()].concat(),
        labels: [c.samples.labels.clone(), c.samples.labels.clone()].concat(),
        ..c.samples.clone()
    };
    let train: Vec<usize> = c.split.train.iter().flat_map(|&k| [k, k + 150]).collect();
    let mut d = Case { samples: twice, split: Split { train, ..c.split.clone() }, ..case(1, 180, None, 0.3) };
    d.study.training.as_mut().unwrap().optimiser = homolog_model::Optimiser::Sgd { momentum: 0.0 }.into();
    d.study.training.as_mut().unwrap().input_noise = 0.0;
    let mut doubled = d.trainer();
    doubled.epoch(&mut Linear::default(), &mut |_| ()).unwrap();
    for (a, b) in whole.params().tensors.iter().zip(&doubled.params().tensors) {
        assert!(a.values.iter().zip(&b.values).all(|(x, y)| (x - y).abs() < 1e-14));
    }
}

#[test]
fn stopping_early_puts_the_best_parameters_back() {
    let mut c = case(200, 8, Some(3), 1.5);
    c.study.training.as_mut().unwrap().learning_rate = 0.3.into();
    let mut t = c.trainer();
    let mut runner = Linear::default();
    let mut best: Option<(usize, f64, Params)> = None;
    let last = loop {
        let score = t.epoch(&mut runner, &mut |_| ()).unwrap();
        let loss = score.point.validation.unwrap().0;
        assert_eq!(score.best, best.as_ref().is_none_or(|(_, b, _)| loss < *b));
        if score.best {
            best = Some((score.epoch, loss, t.params().clone()));
        }
        if score.finished.is_some() {
            break score;
        }
    };
    let (epoch, loss, params) = best.unwrap();
    assert_eq!((last.finished, last.epoch, last.restored), (Some(Finish::Patience), epoch + 3, Some(epoch)));
    assert_eq!(t.params(), &params);
    assert_eq!(t.best(), Some((epoch, loss)));
    assert_eq!(t.evaluate(&mut runner, &c.split.validation).unwrap().loss.to_bits(), loss.to_bits());
}

#[test]
fn a_fault_stops_training_and_says_where_and_why() {
    let c = case(4, 16, None, 0.3);
    let mut t = c.trainer();
    let mut runner = Linear { poison: Some(2), ..Linear::default() };
    let stop = t.epoch(&mut runner, &mut |_| ()).unwrap_err();
    assert_eq!((stop.epoch, stop.batch), (0, 1));
    assert!(matches!(stop.cause, Cause::Forward(_)));
    let said = stop.to_string();
    assert!(said.starts_with("training stopped in epoch 1, batch 2 (learning rate 0.02, loss of the batch before 1.09"), "{said}");
    assert!(said.ends_with("NaN in v of class, neuron 2, sample 1, t = 0.1 ms (tick 4)"), "{said}");
    assert!(stop.diagnostic().hint.unwrap().contains("smaller learning rate"));
}

#[test]
fn a_loss_that_is_not_finite_stops_training() {
    let mut c = case(4, 16, None, 0.3);
    c.params.tensors[1].values[0] = f64::INFINITY;
    let stop = c.trainer().epoch(&mut Linear::default(), &mut |_| ()).unwrap_err();
    assert!(matches!(stop.cause, Cause::Loss(l) if l.is_nan()));
    assert_eq!(stop.diagnostic().code, "train-loss");
}

#[test]
fn settings_that_make_no_sense_are_said_all_at_once() {
    let mut c = case(4, 0, Some(2), 0.3);
    c.split.validation.clear();
    let training = c.study.training.as_mut().unwrap();
    training.schedule = "cosin".into();
    training.learning_rate = (-1.0).into();
    training.label_smoothing = 1.0;
    training.weight_decay = f64::NAN;
    training.input_noise = -0.1;
    training.freeze = vec!["nobody".into()];
    let codes: Vec<_> = Trainer::new(c.task(), c.params.clone(), 1).err().unwrap().iter().map(|d| d.code).collect();
    assert_eq!(
        codes,
        [
            "train-freeze-unknown",
            "train-schedule",
            "train-batch",
            "train-learning-rate",
            "train-label-smoothing",
            "train-weight-decay",
            "train-input-noise",
            "train-patience"
        ]
    );
}

#[test]
fn frozen_parameters_stay() {
    let mut c = case(2, 16, None, 0.3);
    c.study.training.as_mut().unwrap().freeze = vec!["class".into()];
    let mut t = c.trainer();
    let score = t.epoch(&mut Linear::default(), &mut |_| ()).unwrap();
    assert_eq!(score.warnings[0].code, "train-nothing-to-learn");
    assert!(t.params().tensors.iter().zip(&c.params.tensors).all(|(a, b)| a.values == b.values));
}
