use crate::{check_split, split};
use homolog_model::{Data, Network, Samples};

fn samples(per_class: &[usize]) -> Samples {
    let labels: Vec<u32> = per_class.iter().enumerate().flat_map(|(c, &n)| std::iter::repeat_n(c as u32, n)).collect();
    Samples { name: "toy".into(), features: 1, classes: per_class.len(), values: vec![0.0; labels.len()], labels, ..Samples::default() }
}

fn data(test: f64, validation: f64) -> Data {
    Data { source: "toy".into(), input: "image".into(), test: test.into(), validation: validation.into(), unit_rms: true }
}

#[test]
fn each_class_gives_its_fraction_and_no_sample_is_in_two_parts() {
    let s = samples(&[100, 50, 31]);
    let p = split(&s, &data(0.2, 0.1), 3);
    let count = |part: &[usize], c: u32| part.iter().filter(|&&k| s.labels[k] == c).count();
    assert_eq!([0, 1, 2].map(|c| count(&p.test, c)), [20, 10, 6]);
    assert_eq!([0, 1, 2].map(|c| count(&p.validation, c)), [8, 4, 3]);
    let mut all: Vec<usize> = p.train.iter().chain(&p.validation).chain(&p.test).copied().collect();
    all.sort_unstable();
    assert_eq!(all, (0..181).collect::<Vec<_>>());
    assert!([&p.train, &p.validation, &p.test].iter().all(|x| x.is_sorted()));
}

#[test]
fn the_seed_chooses_and_chooses_again_the_same() {
    let s = samples(&[40, 40]);
    let d = data(0.25, 0.25);
    assert_eq!(split(&s, &d, 1), split(&s, &d, 1));
    assert_ne!(split(&s, &d, 1).test, split(&s, &d, 2).test);
    assert_eq!(split(&s, &d, 1).test, split(&s, &data(0.25, 0.0), 1).test, "the test part does not depend on the validation part");
}

#[test]
fn the_sources_own_test_part_is_honoured_and_an_unused_fraction_is_said() {
    let mut s = samples(&[10, 10]);
    s.own_test_from = Some(15);
    let d = data(0.5, 0.2);
    let p = split(&s, &d, 1);
    assert_eq!(p.test, (15..20).collect::<Vec<_>>());
    assert_eq!((p.train.len(), p.validation.len()), (12, 3));
    let codes: Vec<_> = check_split(&Network::default(), &s, &d, &p).iter().map(|d| d.code).collect();
    assert_eq!(codes, ["data-own-test"]);
}

#[test]
fn impossible_splits_are_said() {
    let s = samples(&[2, 2]);
    let codes = |d: &Data| check_split(&Network::default(), &s, d, &split(&s, d, 1)).iter().map(|d| d.code).collect::<Vec<_>>();
    assert_eq!(codes(&data(1.0, 0.0)), ["data-fraction", "data-no-training-part"]);
    assert_eq!(codes(&data(0.1, 0.0)), ["data-part-empty"]);
    let gap = Samples { classes: 3, ..samples(&[2, 2]) };
    let d = data(0.0, 0.0);
    assert_eq!(check_split(&Network::default(), &gap, &d, &split(&gap, &d, 1))[0].code, "data-class-unseen");
}
