use crate::fake::{self, Linear};
use crate::{Finish, Normalisation, Task, Trainer, split};
use homolog_base::Hash;
use homolog_model::{Checkpoint, Model, Optimiser, Params, Samples, Split, Study};

struct Case {
    study: Study,
    model: Model,
    params: Params,
    samples: Samples,
    split: Split,
}

impl Case {
    fn new(epochs: usize, patience: Option<usize>) -> Self {
        let study = fake::study(epochs, 16, patience);
        let (model, params) = fake::model(6, 3, None);
        let samples = fake::blobs(150, 6, 3, 1.0);
        let split = split(&samples, study.data.as_ref().unwrap(), 11);
        Case { study, model, params, samples, split }
    }

    fn task(&self) -> Task<'_> {
        Task::new(&self.study, &self.model, &self.samples, &self.split, Normalisation { factor: 0.7 }).unwrap()
    }

    fn trainer(&self) -> Trainer<'_> {
        Trainer::new(self.task(), self.params.clone(), 3).unwrap()
    }

    fn resume(&self, from: &Checkpoint) -> Result<Trainer<'_>, Vec<homolog_base::Diagnostic>> {
        Trainer::resume(self.task(), self.params.clone(), from)
    }

    fn codes(&self, from: &Checkpoint) -> Vec<&'static str> {
        self.resume(from).err().unwrap().iter().map(|d| d.code).collect()
    }
}

fn run(t: &mut Trainer<'_>, epochs: usize) -> Vec<Checkpoint> {
    let mut out = vec![t.checkpoint()];
    for _ in 0..epochs {
        if t.finished().is_some() {
            break;
        }
        t.epoch(&mut Linear::default(), &mut |_| ()).unwrap();
        out.push(t.checkpoint());
    }
    out
}

#[test]
fn training_goes_on_from_any_epoch_bit_for_bit() {
    for optimiser in [Optimiser::default(), Optimiser::Sgd { momentum: 0.9 }] {
        for schedule in ["constant", "cosine"] {
            for patience in [None, Some(2)] {
                let mut c = Case::new(7, patience);
                let training = c.study.training.as_mut().unwrap();
                training.optimiser = optimiser.into();
                training.schedule = schedule.into();
                training.learning_rate = 0.1.into();
                let all = run(&mut c.trainer(), 7);
                let last = all.last().unwrap();
                for (k, from) in all.iter().enumerate() {
                    let mut t = c.resume(from).unwrap();
                    assert_eq!(&t.checkpoint(), from, "epoch {k}");
                    assert_eq!(run(&mut t, 7).last().unwrap(), last, "from epoch {k}");
                }
            }
        }
    }
}

#[test]
fn training_can_be_prolonged_as_if_it_had_never_ended() {
    for patience in [None, Some(50)] {
        let case = |epochs| {
            let mut c = Case::new(epochs, patience);
            c.study.training.as_mut().unwrap().learning_rate = 1.0.into();
            c
        };
        let straight = run(&mut case(12).trainer(), 12).pop().unwrap();
        let mut put_back = 0;
        for epochs in 1..12 {
            let short = case(epochs);
            let end = run(&mut short.trainer(), epochs).pop().unwrap();
            assert_eq!(short.resume(&end).unwrap().finished(), Some(Finish::Epochs));
            put_back += usize::from(end.arrays.contains_key("last/class.bias"));
            let long = case(12);
            assert_eq!(run(&mut long.resume(&end).unwrap(), 12).pop().unwrap(), straight, "from {epochs}");
        }
        assert_eq!(put_back > 0, patience.is_some(), "some of these runs put back an earlier epoch");
    }
}

#[test]
fn another_network_split_data_or_setting_is_refused_by_name() {
    let c = Case::new(4, None);
    let from = run(&mut c.trainer(), 2).pop().unwrap();
    let mut other = Case::new(4, None);
    other.model.hash = Hash::of(b"other");
    other.split.train.pop();
    other.samples.hash = Some(Hash::of(b"file"));
    assert_eq!(other.codes(&from), ["resume-other", "resume-other", "resume-other"]);
    let mut other = Case::new(4, None);
    other.study.training.as_mut().unwrap().batch = 8.into();
    let said = other.resume(&from).err().unwrap().remove(0);
    assert_eq!((said.code, said.message.as_str()), ("resume-setting", "`batch` was 16 when this checkpoint was made and is 8 now"));
}

#[test]
fn what_is_learned_otherwise_is_refused_by_the_names_of_its_tensors() {
    let c = Case::new(4, None);
    let from = run(&mut c.trainer(), 2).pop().unwrap();
    let mut other = Case::new(4, None);
    other.params.tensors[1].learned = false;
    let name = other.params.tensors[1].name.clone();
    let said = other.resume(&from).err().unwrap();
    assert_eq!(said.iter().map(|d| d.code).collect::<Vec<_>>(), ["resume-learn"]);
    assert!(said[0].message.ends_with(&format!("`{name}` was learned and now stays fixed")), "{}", said[0].message);
    // And back again, from one of which only a part was learned.
    let from = run(&mut other.trainer(), 2).pop().unwrap();
    let said = c.resume(&from).err().unwrap();
    assert!(said[0].message.ends_with(&format!("`{name}` stayed fixed and is now learned")), "{}", said[0].message);
    // Freezing a population is said once, by its name.
    let mut other = Case::new(4, None);
    other.study.training.as_mut().unwrap().freeze = vec!["class".to_string().into()];
    assert_eq!(other.codes(&from), ["resume-setting"]);
    let mut cut = from.clone();
    cut.words.remove("learned");
    assert_eq!(c.codes(&cut), ["resume-incomplete"]);
}

#[test]
fn a_broken_checkpoint_is_refused_by_the_part_that_is_missing() {
    let c = Case::new(4, Some(2));
    let whole = run(&mut c.trainer(), 2).pop().unwrap();
    for name in whole.arrays.keys().filter(|n| !n.starts_with("curve/validation")) {
        let mut cut = whole.clone();
        cut.arrays.remove(name);
        let said = c.resume(&cut).err().unwrap_or_else(|| panic!("{name} is needed"));
        assert!(said[0].message.contains(&format!("`{name}`")), "{name}: {}", said[0].message);
    }
    assert_eq!(c.codes(&Checkpoint::default()), ["resume-format"]);
    let mut cut = whole.clone();
    cut.words.insert("seed".into(), "x".into());
    assert_eq!(c.codes(&cut), ["resume-incomplete"]);
}
