use crate::fake::{self, Linear};
use crate::{EpochScore, Normalisation, Task, Trainer, split};
use homolog_model::Model;

fn first_epoch(change: impl Fn(&mut Model), zero: bool) -> EpochScore {
    let mut study = fake::study(3, 16, None);
    study.training.as_mut().unwrap().input_noise = 0.0;
    let (mut model, params) = fake::model(6, 3, Some(4));
    change(&mut model);
    let mut samples = fake::blobs(60, 6, 3, 0.1);
    if zero {
        samples.values.fill(0.0);
    }
    let parts = split(&samples, study.data.as_ref().unwrap(), 1);
    let task = Task::new(&study, &model, &samples, &parts, Normalisation::NONE).unwrap();
    let mut trainer = Trainer::new(task, params, 3).unwrap();
    let mut runner = Linear::default();
    let score = trainer.epoch(&mut runner, &mut |_| ()).unwrap();
    assert!(trainer.epoch(&mut runner, &mut |_| ()).unwrap().warnings.is_empty(), "said once");
    score
}

#[test]
fn a_silent_population_is_named_and_so_is_what_it_starves() {
    let score = first_epoch(|_| (), false);
    let codes: Vec<_> = score.warnings.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["train-part-without-gradient", "train-silent"]);
    assert!(score.warnings[0].message.contains("`image->hidden`, `hidden->class`"));
    let hint = score.warnings[0].hint.as_ref().unwrap();
    assert!(hint.contains("`hidden` does not spike once, so nothing arrives over `hidden->class`"), "{hint}");
    assert!(hint.contains("too far below threshold for its surrogate derivative"), "{hint}");
    assert!(score.warnings[1].message.contains("no neuron of `hidden` spiked"));
}

#[test]
fn a_population_that_leads_nowhere_is_named() {
    let score = first_epoch(
        |m| {
            m.links.pop();
        },
        false,
    );
    let hint = score.warnings[0].hint.as_ref().unwrap();
    assert!(hint.contains("no chain of projections leads from `hidden` to `class`"), "{hint}");
    assert!(hint.contains("nothing in the model reads `hidden->class`"), "{hint}");
}

#[test]
fn blank_input_is_named() {
    let score = first_epoch(|_| (), true);
    let hint = score.warnings[0].hint.as_ref().unwrap();
    assert!(hint.contains("every intensity shown to `image` is zero"), "{hint}");
}
