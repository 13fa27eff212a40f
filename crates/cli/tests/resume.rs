//! A run that is killed goes on as if it had never stopped.

mod common;

use common::{Place, TRAINING, study};

#[test]
fn a_run_that_is_killed_and_resumed_ends_with_the_same_bits() {
    let place = Place::new();
    let epochs = 40;
    place.write("model.toml", &study("neuron = \"lif\"", &TRAINING.replace("epochs = 4", &format!("epochs = {epochs}"))));
    let whole = place.homolog("run model.toml --out whole --seed 3 --json").well().json();

    let checkpoint = place.path("killed/model.safetensors");
    place.killed_once("run model.toml --out killed --seed 3 --json", || checkpoint.exists());
    let resumed = place.homolog("run model.toml --out killed --resume --json").well().json();
    assert_eq!(resumed["seed"], 3, "the seed is that of the checkpoint");
    assert_eq!(resumed["params"], whole["params"]);
    assert_eq!(resumed["test_accuracy"], whole["test_accuracy"]);
    assert!(std::fs::read(checkpoint).unwrap() == std::fs::read(place.path("whole/model.safetensors")).unwrap(), "not the same file");
}

#[test]
fn a_checkpoint_of_another_network_is_refused() {
    let place = Place::new();
    place.write("model.toml", &study("neuron = \"relu\"", TRAINING));
    place.homolog("run model.toml --out here --quiet").well();
    place.write("model.toml", &study("neuron = \"tanh\"", TRAINING));
    let done = place.homolog("run model.toml --out here --resume --quiet");
    assert_eq!(done.code, 1);
    assert!(done.err.contains("resume-other"), "{}", done.err);
}

#[test]
fn resuming_what_has_ended_only_scores_it() {
    let place = Place::new();
    place.write("model.toml", &study("neuron = \"relu\"", TRAINING));
    let first = place.homolog("run model.toml --json").well().json();
    let again = place.homolog("run model.toml --resume --json").well().json();
    assert_eq!((&first["params"], &first["test_accuracy"]), (&again["params"], &again["test_accuracy"]));
}

#[test]
fn a_model_without_training_is_run_once() {
    let place = Place::new();
    place.write("model.toml", &study("neuron = \"lif\"", ""));
    let json = place.homolog("run model.toml --json").well().json();
    assert_eq!(json["groups"]["hidden"]["what"], "spikes");
    assert_eq!(json["groups"]["class"]["data"].as_array().unwrap().len(), 10);
}
