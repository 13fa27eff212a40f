//! `homolog claims` runs cards, computes verdicts and writes a page.

mod common;

use common::{Place, repository};

#[test]
fn a_card_is_run_and_its_verdict_is_computed_as_a_table_a_page_and_json() {
    let place = Place::new();
    let done = place.homolog("claims 16 --json").well();
    let all: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let claim = &all["claims"][0];
    assert_eq!((claim["id"].as_u64(), claim["verdict"].as_str()), (Some(16), Some("supported")));
    for key in ["title", "criterion", "measured", "control", "residual", "seeds", "wall_s", "knobs", "size"] {
        assert!(!claim[key].is_null(), "{key}");
    }
    assert!(!claim["residual"].as_str().unwrap().contains('{'));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&place.read("out/claims/claims.json")).unwrap()["claims"], all["claims"]);
    assert!(place.read("out/claims/claims.html").contains("id=\"claim-16\""));
    let done = place.homolog("claims regions --set resistance=1e-6 --out here").well();
    assert!(done.out.contains("contradicted") && done.out.contains("(missed)") && done.err.contains("16-regions"), "{}", done.out);
    assert!(place.read("here/claims.html").contains("turned by hand"));
    let hashes = all["provenance"]["hashes"].as_object().unwrap();
    for name in ["16-regions/card.toml", "16-regions/neuron.toml", "16-regions: pas", "16-regions: once_nmda"] {
        assert!(hashes.contains_key(name), "{name} in {hashes:?}");
    }
    let done = place.homolog("claims 16 --seeds 5 --json").well();
    assert!(done.err.contains("changes nothing in 16-regions"), "{}", done.err);
}

#[test]
fn claims_and_kinds_are_listed() {
    let place = Place::new();
    let done = place.homolog("claims list").well();
    assert!(done.out.contains("14-axon") && done.out.contains("--set sodium=1"), "{}", done.out);
    let done = place.homolog("claims list 14 --json").well();
    let all: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(all["claims"].as_array().unwrap().len(), 1);
    assert!(all["claims"][0]["knobs"].as_array().unwrap().len() > 2);
    assert!(place.homolog("claims kinds").well().out.contains("propagation: "));
}

#[test]
fn a_claim_of_ones_own_is_a_folder() {
    let place = Place::new();
    std::fs::create_dir(place.path("mine")).unwrap();
    for entry in std::fs::read_dir(repository().join("claims/14-axon")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap().replace("id = 14", "id = 99").replace("18.8 m/s", "1.88 m/s");
        place.write(&format!("mine/{}", path.file_name().unwrap().to_str().unwrap()), &text);
    }
    let done = place.homolog("claims mine -q").well();
    assert!(done.out.contains("mine") && done.out.contains("contradicted"), "{}", done.out);
    let card = place.read("mine/card.toml").replace("quantity = \"speed\"", "quantity = \"spede\"");
    place.write("mine/card.toml", &card);
    let done = place.homolog("claims mine -q");
    assert_eq!(done.code, 1);
    assert!(done.err.contains("card.toml:") && done.err.contains("did you mean `speed`"), "{}", done.err);
}

#[test]
fn what_there_is_not_is_said_with_what_there_is() {
    let place = Place::new();
    for (words, wanted) in [
        ("claims 99", "12-logic"),
        ("claims 14 --set sodum=0", "`sodium`"),
        ("claims 14 --set sodium=-1", "from 0 to 3"),
        ("claims 14 --set sodium", "--set sodium=0"),
        ("claims 14 --set temperature=3mV", "temperature"),
        ("claims --set sodium=0", "name the claim"),
        ("claims 14 list", "claims list 14"),
        ("claims 14 kinds", "stands alone"),
    ] {
        let done = place.homolog(words);
        assert_eq!(done.code, 1, "{words}: {}", done.out);
        assert!(done.err.contains(wanted), "{words}: {}", done.err);
    }
}
