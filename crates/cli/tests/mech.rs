//! `homolog mech` says what a mechanism is and does under voltage clamp.

mod common;

use common::{Place, repository};

fn hh() -> String {
    std::fs::read_to_string(repository().join("library/channels/hh.mod")).unwrap()
}

#[test]
fn numbers_are_one_object_with_a_run_for_each_potential() {
    let place = Place::new();
    place.write("hh.mod", &hh());
    let done = place.homolog("mech hh.mod --clamp -40,0 --json").well();
    let all: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let runs = all["runs"].as_array().unwrap();
    assert_eq!((runs.len(), runs[0]["v_mv"].as_f64(), runs[1]["v_mv"].as_f64()), (2, Some(-40.0), Some(0.0)));
    for name in ["t_ms", "v"] {
        assert_eq!(runs[0][name].as_array().unwrap().len(), 2201);
    }
    assert_eq!(runs[0]["states"]["m"].as_array().unwrap().len(), 2201);
    assert!(runs[1]["i"]["ina"].as_array().unwrap().iter().any(|i| i.as_f64().unwrap() < -0.1));
    assert_eq!(all["mechanism"]["kind"], "SUFFIX");
}

#[test]
fn what_it_is_is_a_table() {
    let place = Place::new();
    place.write("hh.mod", &hh());
    insta::assert_snapshot!("mech_hh", place.homolog("mech hh.mod").well().out);
}

#[test]
fn a_page_asks_the_network_for_nothing() {
    let place = Place::new();
    place.write("hh.mod", &hh());
    place.homolog("mech hh.mod --html hh.html").well();
    let page = place.read("hh.html");
    for word in ["http:", "https:", "src=", "<script", "NaN"] {
        assert!(!page.contains(word), "{word}");
    }
    assert_eq!(page.matches("<svg").count(), 8, "steady states, time constants, three currents, three gates");
}

#[test]
fn what_is_wrong_is_said_also_to_a_program() {
    let place = Place::new();
    place.write("hh.mod", &hh().replace("SOLVE states", "SOLVE stats"));
    let done = place.homolog("mech hh.mod --json");
    let all: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((done.code, &all["diagnostics"][0]["code"]), (1, &serde_json::json!("nmodl-unknown-block")));
    place.write("hh.mod", &hh());
    let done = place.homolog("mech hh.mod --set gnabr=0");
    assert_eq!(done.code, 1);
    assert!(done.err.contains("did you mean `gnabar`?"), "{}", done.err);
}

#[test]
fn of_a_rule_of_plasticity_it_says_who_keeps_what_and_clamps_nothing() {
    let place = Place::new();
    let kept = |name: &str| {
        let file = repository().join(format!("library/plasticity/{name}.mod"));
        let done = place.homolog(&format!("mech {} --json", file.display())).well();
        let all: serde_json::Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(all["runs"].as_array().map(Vec::len), Some(0));
        ["connection", "sender", "receiver"].map(|whose| all["mechanism"]["kept_by"][whose].to_string())
    };
    assert_eq!(kept("stdp"), [r#"["w"]"#, r#"["x"]"#, r#"["y"]"#]);
    assert_eq!(kept("triplet_stdp"), [r#"["w"]"#, r#"["r1","r2"]"#, r#"["o1","o2"]"#]);
    // The eligibility is of the pair, dopamine is heard where the receiver is.
    assert_eq!(kept("rstdp"), [r#"["w","c"]"#, r#"["x"]"#, r#"["y","d"]"#]);
    assert_eq!(kept("clopath"), [r#"["w"]"#, r#"["x"]"#, r#"["um","up"]"#]);
    assert_eq!(kept("stp"), [r#"["w"]"#, r#"["u","x"]"#, "[]"]);
    let text = place.homolog(&format!("mech {}", repository().join("library/plasticity/stdp.mod").display())).well().out;
    assert!(text.contains("connection: w") && !text.contains("Steady state"), "{text}");
}
