//! What has no room is refused before it is asked for, and the estimate that says so is near what is taken.

#![cfg(target_os = "linux")]

mod common;

use common::{Place, TRAINING, study};

/// A population and the projection to it from another.
fn layer(name: &str, from: &str, size: usize, neuron: &str) -> String {
    format!(
        "[population.{name}]\nsize = {size}\nneuron = \"{neuron}\"\n\n[[projection]]\nfrom = \"{from}\"\nto = \"{name}\"\nwiring = \"all-to-all\"\n\n"
    )
}

#[test]
fn the_estimate_is_within_one_and_a_half_times_of_what_is_taken() {
    // Few samples: what counts is memory.
    let training = TRAINING.replace("test = 0.2", "test = 0.8").replace("batch = 32", "batch = 128");
    let network = |neuron: &str, size: usize, second: bool| {
        let more = if second { layer("second", "hidden", size, neuron) } else { String::new() };
        study(&format!("neuron = \"{neuron}\""), &format!("{more}{training}")).replacen("size = 8\n", &format!("size = {size}\n"), 1)
    };
    let weights = network("relu", 1000, true);
    let patience = weights.replace("epochs = 4", "epochs = 4\npatience = 2");
    let longer = |text: String| text.replace("title = \"Small\"", "title = \"Small\"\n[time]\npresentation = \"300 ms\"");
    let (tape, checkpoints) = (longer(network("lif", 256, false)), longer(network("lif", 512, false)));
    let spikes = network("lif", 400, true);
    let (cells, chain) = (network("cells/two-branch", 8, false), network("cells/two-branch", 8, true));
    let all = [
        ("weights", weights),
        ("patience", patience),
        ("a tape", tape),
        ("checkpoints", checkpoints),
        ("spikes", spikes),
        ("cells", cells),
        ("cells that hear spikes", chain),
    ];
    for (what, text) in all {
        let place = Place::new();
        place.write("model.toml", &text);
        place.homolog("run model.toml --epochs 1 --threads 1 --quiet --out found").well();
        let report: serde_json::Value = serde_json::from_str(&place.read("found/report.json")).unwrap();
        let score = |key: &str| report["entries"][0]["scores"][key]["value"].as_f64().unwrap();
        let (expected, taken) = (score("expected_rss_mb"), score("peak_rss_mb"));
        assert!(expected < 1.5 * taken && taken < 1.5 * expected, "{what}: {expected} MB expected, {taken} MB taken");
    }
}

#[test]
fn sizes_beyond_the_memory_of_the_machine_are_refused_at_once() {
    let place = Place::new();
    let layers: String =
        (0..60).map(|k| layer(&format!("l{k}"), &if k == 0 { "hidden".into() } else { format!("l{}", k - 1) }, 45_000, "relu")).collect();
    place.write("model.toml", &study("neuron = \"relu\"", &format!("{layers}{TRAINING}")).replace("size = 8", "size = 45000"));
    for command in ["run", "check"] {
        let done = place.homolog(&format!("{command} model.toml"));
        assert_eq!(done.code, 1);
        assert!(done.err.contains("memory-exceeded") && done.err.contains("reduce the `size` of"), "{}", done.err);
        assert!(done.err.contains("--> model.toml:"), "{}", done.err);
    }
}

#[test]
fn more_seeds_than_there_is_memory_for_are_refused_at_once() {
    let done = Place::new().homolog("compare digits --seeds 1000000000000 --quiet");
    assert_eq!(done.code, 1);
    assert!(done.err.contains("memory-exceeded") && done.err.contains("`--seeds`"), "{}", done.err);
}
