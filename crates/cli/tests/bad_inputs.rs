//! What is wrong with a file is said with file, line, column and a hint, and the exit code is 1.

mod common;

use common::{Place, TRAINING, study};

/// Checks one file and compares what was said with what was said before.
fn complaint(name: &str, file: &str, text: &str) {
    let place = Place::new();
    place.write(file, text);
    let done = place.homolog(&format!("check {file}"));
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.err.contains(&format!("--> {file}:")), "no file, line and column:\n{}", done.err);
    assert!(done.err.contains("= help: "), "no hint:\n{}", done.err);
    assert!(!done.err.contains('\u{1b}'), "colour without a terminal");
    insta::assert_snapshot!(name, done.err);
}

/// Checks a model beside a folder with a neuron of the user's own.
fn complaint_about_own_neuron(name: &str, neuron: &str, model: &str) {
    let place = Place::new();
    std::fs::create_dir(place.path("mine")).unwrap();
    place.write("mine/mine.mod", neuron);
    place.write("model.toml", model);
    let done = place.homolog("check model.toml --library mine");
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.err.contains("= help: "), "no hint:\n{}", done.err);
    insta::assert_snapshot!(name, done.err);
}

const LEAK: &str = "TITLE A leak

NEURON {
    SUFFIX leak
    NONSPECIFIC_CURRENT i
    RANGE g, e
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    g = 0.001 (S/cm2)
    e = -65 (mV)
}

ASSIGNED {
    v (mV)
    i (mA/cm2)
}

BREAKPOINT {
    i = g*(v - e)
}
";

#[test]
fn a_misspelt_neuron() {
    complaint("misspelt_neuron", "model.toml", &study("neuron = \"lfi\"", TRAINING));
}

#[test]
fn a_misspelt_neuron_among_the_levels() {
    let levels = "[compare]\npopulation = \"hidden\"\nlevels = { rate = \"relu\", point = \"liff\" }\n";
    complaint("misspelt_level", "model.toml", &study("neuron = \"relu\"", &format!("{TRAINING}\n{levels}")));
}

#[test]
fn a_level_whose_neuron_cannot_be_built() {
    let text = study("neuron = \"relu\"", TRAINING).replace(
        "[population.class]",
        "surrogate = { shape = \"arctan\", width = 5.0 }\n\n[time]\npresentation = \"3 ms\"\n\n[population.class]",
    );
    let levels = "[compare]\npopulation = \"hidden\"\nlevels = { rate = \"relu\", point = \"lif\", cell = \"lif\" }\n";
    complaint("level_cannot_be_built", "model.toml", &format!("{text}\n{levels}"));
}

#[test]
fn what_is_wrong_at_every_level_is_said_once() {
    let levels = "[compare]\npopulation = \"hidden\"\nlevels = { rate = \"relu\", smooth = \"tanh\", point = \"lif\" }\n";
    let text = study("neuron = \"relu\"", &format!("{TRAINING}\n{levels}"));
    let text = text.replace("to = \"hidden\"", "to = \"hidden\"\ndelay = \"2 ms\"");
    complaint("wrong_at_every_level", "model.toml", &text);
}

#[test]
fn a_wrong_unit_in_a_mechanism() {
    // It changes no number, so it is a warning, as it is to NEURON's modlunit.
    let place = Place::new();
    place.write("leak.mod", &LEAK.replace("e = -65 (mV)", "e = -65 (ms)"));
    insta::assert_snapshot!("unit_in_mechanism", place.homolog("check leak.mod").well().err);
}

#[test]
fn a_wrong_unit_in_a_model() {
    complaint("unit_in_model", "model.toml", &study("neuron = \"lif\"\nparameters = { tau = \"10 mV\" }", ""));
}

#[test]
fn a_wrong_shape() {
    let text = study("neuron = \"relu\"", TRAINING).replace("size = 64", "size = 63").replace("size = 10", "size = 12");
    complaint("shape", "model.toml", &text);
}

#[test]
fn an_unknown_key() {
    complaint("unknown_key", "model.toml", &study("neuron = \"relu\"\nbais = false", ""));
}

#[test]
fn a_cycle_without_delay() {
    let back = "[[projection]]\nfrom = \"class\"\nto = \"hidden\"\nwiring = \"all-to-all\"\n";
    complaint("cycle", "model.toml", &study("neuron = \"relu\"", back));
}

#[test]
fn a_negative_time_constant() {
    complaint("negative_time_constant", "model.toml", &study("neuron = \"lif\"\nparameters = { tau = \"-10 ms\" }", ""));
}

#[test]
fn a_time_constant_without_limits_that_is_not_above_0() {
    let lif = include_str!("../../../library/neurons/lif.mod");
    let mine = lif.replace("ARTIFICIAL_CELL lif", "ARTIFICIAL_CELL mine").replace("tau = 10 (ms) <0.01, 1e4>", "tau = 10 (ms)");
    let model = study("neuron = \"mine\"\nparameters = { tau = \"-5 ms\" }", "");
    complaint_about_own_neuron("own_time_constant", &mine, &model);
}

#[test]
fn a_receptor_that_is_declared_wrongly() {
    let adex = include_str!("../../../library/neurons/adex.mod");
    let mine = adex
        .replace("ARTIFICIAL_CELL adex", "ARTIFICIAL_CELL mine")
        .replace("tau = 5 (ms)  e = 0 (mV) } WEIGHT 0.055 (uS)", "tau = -5 (ms)  ee = 0 (mV) } WEIGHT 0.055 (mV)");
    let back = "[[projection]]\nfrom = \"hidden\"\nto = \"hidden\"\nwiring = \"all-to-all\"\n";
    complaint_about_own_neuron("own_receptor", &mine, &study("neuron = \"mine\"", back));
}

#[test]
fn a_declared_delay_that_is_rounded_is_a_warning() {
    let place = Place::new();
    let back = "[[projection]]\nfrom = \"hidden\"\nto = \"hidden\"\nwiring = \"all-to-all\"\n\n[time]\nstep = \"0.8 ms\"\npresentation = \"32 ms\"\n";
    place.write("model.toml", &study("neuron = \"lif\"", &format!("{back}\n{TRAINING}")));
    let done = place.homolog("check model.toml").well();
    insta::assert_snapshot!("rounded_delay", done.err);
}

#[test]
fn several_at_once() {
    let text = study("neuron = \"lfi\"", TRAINING).replace("to = \"class\"", "to = \"clas\"").replace("batch = 32", "batch = 0");
    complaint("several", "model.toml", &text);
}

#[test]
fn a_number_that_is_none_in_the_data() {
    let place = Place::new();
    place.write("data.csv", "0.1,0.2,0\n0.3,nan,1\n0.5,0.6,1\n0.1,0.9,0\n");
    let text = study("neuron = \"relu\"", TRAINING)
        .replace("digits8x8", "data.csv")
        .replace("size = 64", "size = 2")
        .replace("size = 10", "size = 2");
    place.write("model.toml", &text);
    let done = place.homolog("check model.toml");
    assert_eq!(done.code, 1);
    assert!(done.err.contains("data.csv:2:5"), "{}", done.err);
    insta::assert_snapshot!("nan_in_data", done.err);
}

#[test]
fn a_file_that_is_not_there() {
    let place = Place::new();
    place.write("model.toml", "");
    let done = place.homolog("check modle.toml");
    assert_eq!(done.code, 1);
    insta::assert_snapshot!("missing_file", done.err);
}

#[test]
fn a_task_that_is_not_there() {
    let done = Place::new().homolog("compare digist");
    assert_eq!(done.code, 1);
    insta::assert_snapshot!("missing_task", done.err);
}

#[test]
fn a_level_that_is_not_there() {
    let done = Place::new().homolog("compare digits --levels relu,lfi");
    assert_eq!(done.code, 1);
    insta::assert_snapshot!("missing_level", done.err);
}

#[test]
fn the_same_as_json() {
    let place = Place::new();
    place.write("model.toml", &study("neuron = \"lfi\"", ""));
    let done = place.homolog("check --json model.toml");
    assert_eq!(done.code, 1);
    let json = done.json();
    assert_eq!(json["errors"], 1);
    assert_eq!(json["diagnostics"][0]["labels"][0]["line"], 9);
    assert_eq!(json["diagnostics"][0]["hint"], "did you mean `lif`?");
}

#[test]
fn what_is_right_is_said_to_be() {
    let place = Place::new();
    place.write("model.toml", &study("neuron = \"lif\"", TRAINING));
    place.write("leak.mod", LEAK);
    let done = place.homolog("check model.toml leak.mod").well();
    assert_eq!((done.out.as_str(), done.err.as_str()), ("2 files: no problems\n", ""));
}

#[test]
fn wrong_usage_is_another_exit_code() {
    let done = Place::new().homolog("compare");
    assert_eq!(done.code, 2);
    assert!(done.err.contains("Usage:"));
    assert_eq!(Place::new().homolog("compare digits --threads 0").code, 2);
}

#[test]
fn colour_comes_when_asked_for() {
    assert!(Place::new().homolog("--color always compare digist").err.contains("\u{1b}["));
    assert!(!Place::new().homolog("--color never compare digist").err.contains('\u{1b}'));
}
