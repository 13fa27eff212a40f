use super::{pieces, read};
use homolog_base::{Diagnostic, Source};
use homolog_formats::claims::{Folder, built_in};

/// The card of the axon, changed, as the card of a folder with the same files.
fn changed(changes: &[(&str, &str)]) -> Vec<Diagnostic> {
    changed_in("14-axon", changes)
}

fn changed_in(claim: &str, changes: &[(&str, &str)]) -> Vec<Diagnostic> {
    let mut folder: Folder = built_in().into_iter().find(|f| f.name == claim).unwrap();
    let mut text = folder.files["card.toml"].text.clone();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    folder.files.insert("card.toml".into(), Source::new("card.toml", text));
    let (card, problems) = read(&folder);
    assert_eq!(card.is_some(), problems.is_empty());
    for d in &problems {
        assert!(d.source.is_some() && !d.labels.is_empty(), "{d:?} has no place");
    }
    problems
}

/// Code, and the text that is pointed at.
fn pointed(problems: &[Diagnostic]) -> Vec<(&str, &str)> {
    problems.iter().map(|d| (d.code, &d.source.as_ref().unwrap().text[d.labels[0].0.start..d.labels[0].0.end])).collect()
}

#[test]
fn a_card_that_ships_is_right() {
    assert_eq!(changed(&[]), []);
}

#[test]
fn all_that_is_wrong_with_a_card_is_said_at_once_and_at_its_place() {
    let found = changed(&[
        ("quantity = \"spread\"", "quantity = \"sppread\""),
        ("is = \"within\"", "is = \"near\""),
        ("value = \"5 %\"", "value = \"5 mV\""),
        ("turns = [\"speed\", \"no loss\"]", "turns = [\"sped\"]"),
        ("set = { sodium = 0 }", "set = { sodum = 0 }"),
        ("threshold = \"-30 mV\"", "threshold = \"0 ms\""),
        ("model = \"model.toml\"", "model = \"modle.toml\""),
        ("[figure.spikes]", "[figure.spike]"),
        ("{height}", "{heigth}"),
    ]);
    let at = pointed(&found);
    for wanted in [
        ("claim-quantity", "\"sppread\""),
        ("claim-comparison", "\"near\""),
        ("claim-value", "\"5 mV\""),
        ("claim-control", "\"sped\""),
        ("claim-knob", "sodum"),
        ("claim-setting", "\"0 ms\""),
        ("claim-file", "\"modle.toml\""),
        ("claim-figure", "spike"),
    ] {
        assert!(at.contains(&wanted), "{wanted:?} in {at:?}");
    }
    let hints: Vec<&str> = found.iter().filter_map(|d| d.hint.as_deref()).collect();
    for hint in ["`spread`", "`speed`", "`sodium`", "`model.toml`", "`spikes`", "`height`"] {
        assert!(hints.iter().any(|h| h.contains(hint)), "{hint} in {hints:?}");
    }
}

#[test]
fn a_card_needs_what_could_contradict_it() {
    let text = &built_in().into_iter().find(|f| f.name == "14-axon").unwrap().files["card.toml"].text.clone();
    let control = &text[text.find("[[control]]").unwrap()..text.find("[[published]]").unwrap()];
    let found = changed(&[(control, "")]);
    assert_eq!(found[0].code, "claim-control");
    let criteria = &text[text.find("[[criterion]]").unwrap()..text.find("[[knob]]").unwrap()];
    assert!(changed(&[(criteria, "")]).iter().any(|d| d.code == "claim-criterion"));
}

#[test]
fn what_is_no_card_is_said_with_its_place() {
    let found = changed(&[("id = 14", "id = 14\ncolour = 3")]);
    assert_eq!(pointed(&found), [("claim-card", "colour")]);
    let found = changed(&[("kind = \"propagation\"", "kind = \"propagaton\"")]);
    assert_eq!((found[0].code, found[0].hint.as_deref()), ("claim-kind", Some("did you mean `propagation`?")));
    let found = changed(&[("range = [0, 3]", "range = [2, 3]"), ("times = [\"hh.gnabar\"]", "times = []")]);
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>()[..2], ["claim-range", "claim-knob"]);
}

#[test]
fn a_criterion_that_no_control_turns_is_refused() {
    let found = changed(&[("turns = [\"terminals\", \"no loss\"]", "turns = [\"no loss\"]")]);
    assert!(found.len() == 1 && found[0].code == "claim-control" && found[0].message.contains("`terminals`"), "{found:?}");
}

#[test]
fn a_control_cannot_turn_a_knob_further_than_it_goes() {
    for value in ["9", "-1", "\"9\"", "nan"] {
        let found = changed(&[("set = { sodium = 0 }", &format!("set = {{ sodium = {value} }}"))]);
        assert_eq!(pointed(&found), [("claim-range", value)]);
    }
}

#[test]
fn lists_that_must_rise_are_checked() {
    let found = changed_in("13-threshold", &[("factors = [0.1, 0.2,", "factors = [0.2, 0.1,"), ("fine = \"1 %\"", "fine = inf")]);
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["claim-setting"; 2]);
    assert!(found.iter().any(|d| d.message.contains("0.1 after 0.2")), "{found:?}");
}

#[test]
fn where_a_published_number_was_checked_is_one_of_a_few_words() {
    let found = changed(&[("verified = \"paper\"", "verified = \"surely\"")]);
    assert!(found[0].code == "claim-card" && found[0].message.contains("second-hand"), "{found:?}");
}

#[test]
fn every_text_may_name_what_is_measured_and_nothing_else() {
    let found = changed(&[("differs = \"Written", "differs = \"{sped} Written")]);
    assert_eq!((found[0].code, found[0].hint.as_deref()), ("claim-quantity", Some("did you mean `speed`?")));
}

#[test]
fn a_text_is_cut_where_it_names_what_is_measured() {
    assert_eq!(pieces("no name"), [(None, "no name")]);
    assert_eq!(pieces("{a} and {b-c}."), [(None, ""), (Some("a"), " and "), (Some("b-c"), ".")]);
    assert_eq!(pieces("open {a"), [(None, "open "), (None, "a")]);
}
