//! Networks that learn without labels: `[learning]` of a model file.

mod common;

use common::{Place, repository};

fn example() -> String {
    std::fs::read_to_string(repository().join("examples/stdp.toml")).unwrap()
}

#[test]
fn a_network_that_nobody_tells_comes_to_know_digits_and_one_that_does_not_change_knows_fewer() {
    let place = Place::new();
    place.write("learns.toml", &example().replace("passes = 2", "passes = 1"));
    place.write("still.toml", &example().replace("eta = 0.003", "eta = 0").replace("passes = 2", "passes = 1"));
    let accuracy = |model: &str, threads: &str| {
        let done = place.homolog(&format!("run {model} --json --threads {threads} --out {model}-{threads}")).well();
        let line: serde_json::Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(line["samples_shown"], 1438);
        line["test_accuracy"].as_f64().unwrap()
    };
    let (learned, still) = (accuracy("learns.toml", "1"), accuracy("still.toml", "1"));
    assert!(learned > 0.65, "{learned}");
    assert!(still < learned - 0.15, "{still} without learning");
    assert_eq!(accuracy("learns.toml", "2"), learned);
    let page = std::fs::read_to_string(place.path("learns.toml-1/learned.html")).unwrap();
    assert!(page.contains("data:image/bmp;base64,") && page.contains("Mistakes"));
    assert!(!page.contains("http"), "the page asks for nothing");
}

#[test]
fn what_cannot_learn_is_said_at_its_place() {
    let place = Place::new();
    let check = |change: &dyn Fn(String) -> String, code: &str, place_in: &str| {
        place.write("m.toml", &change(example()));
        let done = place.homolog("run m.toml --quiet");
        assert!(done.code == 1 && done.err.contains(code) && done.err.contains(place_in), "{code}: {}", done.err);
    };
    check(&|t| t.replace("show = \"250 ms\"", "show = \"255 ms\""), "learn-time", "m.toml:");
    check(&|t| t.replace("readout = \"excitatory\"", "readout = \"excitatry\""), "model-unknown-population", "excitatory");
    check(&|t| t.replace("readout = \"excitatory\"", "readout = \"image\""), "learn-readout", "m.toml:");
    check(&|t| t.replace("rule = \"stdp_target\"", "rule = \"stdp_targte\""), "model-unknown-rule", "stdp_target");
    check(&|t| t.replace("rule = \"stdp_target\"", "rule = \"lif\""), "model-unknown-rule", "no rule of plasticity");
    check(
        &|t| t.replace("tau_theta = \"1e7 ms\" }", "tau_theta = \"1e7 ms\" }\nlearn = [\"tau\"]"),
        "model-plasticity",
        "learns nothing else",
    );
    check(&|t| t.replace("wmax = \"2 mV\"", "wmax = \"2 nA\""), "model-unit", "in mV");
    check(&|t| t.replace("wmax = \"2 mV\"", "reward = \"image\""), "model-plasticity", "hears nothing that it calls");
    check(&|t| t.replace("every = \"300 ms\"", "every = \"0.3 ms\""), "model-time", "whole number of steps");
    check(&|t| t.replace("[data]", "[other]"), "model-unknown-key", "m.toml:");
    check(
        &|t| format!("{t}\n[training]\nloss = \"cross-entropy\"\nreadout = \"excitatory\"\nlearning-rate = 0.1\nbatch = 2\nepochs = 1\n"),
        "model-learning",
        "[training]",
    );
    let still = |t: String| {
        let line = t.lines().find(|l| l.starts_with("plasticity")).unwrap().to_string();
        t.replace(&line, "learn = false")
    };
    check(&still, "model-plasticity", "need no `normalise`");
}
