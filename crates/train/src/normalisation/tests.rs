use crate::Normalisation;
use homolog_model::{Data, Samples, Split};

fn data(unit_rms: bool) -> Data {
    Data { source: "toy".into(), input: "image".into(), test: 0.0.into(), validation: 0.0.into(), unit_rms }
}

#[test]
fn the_training_part_gets_root_mean_square_one_and_the_test_part_has_no_say() {
    let features = 11;
    let values: Vec<f64> = (0..4 * features).map(|k| if k < 3 * features { (k % 5) as f64 } else { 1e6 }).collect();
    let s = Samples { features, classes: 1, values, labels: vec![0; 4], ..Samples::default() };
    let split = Split { train: vec![0, 1, 2], validation: vec![], test: vec![3] };
    let n = Normalisation::fit(&s, &split, &data(true));
    let mean_square = (0..3).flat_map(|k| s.sample(k)).map(|v| (v * n.factor) * (v * n.factor)).sum::<f64>() / 33.0;
    assert!((mean_square - 1.0).abs() < 1e-12, "{mean_square}");
    assert_eq!(Normalisation::fit(&s, &split, &data(false)), Normalisation::NONE);
}

#[test]
fn blank_samples_stay_as_they_are() {
    let s = Samples { features: 2, classes: 1, values: vec![0.0; 4], labels: vec![0; 2], ..Samples::default() };
    let split = Split { train: vec![0, 1], ..Split::default() };
    assert_eq!(Normalisation::fit(&s, &split, &data(true)), Normalisation::NONE);
}
