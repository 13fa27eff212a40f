use crate::{fake, freeze};
use homolog_model::Network;

#[test]
fn freezing_a_population_keeps_what_arrives_at_it_and_what_is_its_own() {
    let (model, params) = fake::model(4, 3, Some(5));
    let mut frozen = params.clone();
    freeze(&Network::default(), &model, &mut frozen, &["class".into()]).unwrap();
    let learned: Vec<bool> = frozen.tensors.iter().map(|t| t.learned).collect();
    assert_eq!(learned, [false, false, true, false], "image->class, class.bias, image->hidden, hidden->class");
    let problems = freeze(&Network::default(), &model, &mut frozen, &["clas".into(), "hidden".into()]).unwrap_err();
    assert_eq!((problems.len(), problems[0].code), (1, "train-freeze-unknown"));
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `class`?"));
}
