//! `homolog morph` says what a morphology is.

mod common;

use common::Place;

const SWC: &str =
    "# a fork\n1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 3 0 16 0 1 2\n4 3 6 24 0 0.5 3\n5 4 -6 24 3 0.5 3\n6 2 0 -6 0 0.5 1\n7 2 0 -26 0 0 6\n";

const ASC: &str = "(\"CellBody\" (-5 -5 0 0) (-5 5 0 0) (9 5 0 0) (9 -5 0 0))\n( (Color Red) (Dendrite) (0 6 0 2) (0 16 0 2) (Cross (1 2 3 4)) ( (6 24 0 1) | (-6 24 0 1) ) )\n";

#[test]
fn what_it_is_is_a_table() {
    let place = Place::new();
    place.write("y.swc", SWC);
    let done = place.homolog("morph y.swc").well();
    insta::assert_snapshot!("morph_swc", done.out);
    assert!(done.err.contains("swc-radius"), "{}", done.err);
    place.write("y.asc", ASC);
    insta::assert_snapshot!("morph_asc", place.homolog("morph y.asc").well().out);
}

#[test]
fn numbers_are_one_object() {
    let place = Place::new();
    place.write("y.swc", SWC);
    let all: serde_json::Value = serde_json::from_str(&place.homolog("morph y.swc --json").well().out).unwrap();
    assert_eq!((&all["points"], &all["branches"], &all["terminals"], &all["trees"]), (&7.into(), &5.into(), &3.into(), &2.into()));
    assert_eq!((&all["regions"][1]["name"], &all["regions"][1]["length_um"]), (&"axon".into(), &20.0.into()));
    assert_eq!((&all["extent_um"]["y"][0], &all["max_branch_order"]), (&serde_json::json!(-26.0), &2.into()));
    assert_eq!(all["diagnostics"][0]["code"], "swc-radius");
}

#[test]
fn a_page_asks_the_network_for_nothing() {
    let place = Place::new();
    place.write("y.asc", ASC);
    place.homolog("morph y.asc --html y.html").well();
    let page = place.read("y.html");
    for word in ["http:", "https:", "src=", "<script", "NaN"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("<svg") && page.contains("basal") && page.contains("asc-skipped"));
}

#[test]
fn what_is_wrong_is_said_also_to_a_program() {
    let place = Place::new();
    place.write("y.swc", &SWC.replace("0.5 3\n5", "0.5 9\n5"));
    let done = place.homolog("morph y.swc --json");
    let all: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((done.code, &all["diagnostics"][0]["code"]), (1, &serde_json::json!("swc-parent")));
    place.write("y.hoc", "");
    let done = place.homolog("morph y.hoc");
    assert!(done.code == 1 && done.err.contains("morph-format"), "{}", done.err);
    assert_eq!(place.homolog("morph none.swc").code, 1);
}
