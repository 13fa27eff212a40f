//! All that ships with the program passes its own check.

mod common;

use common::{Place, repository};
use std::path::PathBuf;

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut out = vec![];
    let mut folders = vec![repository().join(folder)];
    while let Some(f) = folders.pop() {
        for entry in std::fs::read_dir(f).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

#[test]
fn every_example_and_task_passes_the_check() {
    let all: Vec<PathBuf> = files("examples", "toml").into_iter().chain(files("library/tasks", "toml")).collect();
    assert!(!all.is_empty());
    for path in all {
        let done = Place::new().homolog(&format!("check {}", path.display()));
        assert_eq!(done.code, 0, "{}", done.err);
    }
}

#[test]
fn every_example_learns_for_an_epoch_writes_its_traces_or_finds_what_it_seeks() {
    let all = files("examples", "toml");
    assert!(all.len() >= 3, "{all:?}");
    for path in all {
        let place = Place::new();
        let text = std::fs::read_to_string(&path).unwrap();
        // A cell runs in the model that names it.
        if text.contains("\n[[paint]]") {
            continue;
        }
        if text.contains("\n[[sweep]]") {
            let json = place.homolog(&format!("fit {} --out found --quiet --json", path.display())).well().json();
            // What the example says that it finds.
            let explained = &json["sweeps"][0]["explained"];
            assert!(explained.as_f64().is_some_and(|e| e > 0.999) && json["as_good"].as_u64().unwrap() >= 2, "{json}");
            continue;
        }
        if !text.contains("\n[training]") && !text.contains("\n[learning]") {
            let json = place.homolog(&format!("run {} --out found --quiet --json", path.display())).well().json();
            let columns = json["columns"].as_array().unwrap_or_else(|| panic!("{}: {json}", path.display()));
            if !columns.is_empty() {
                let table = place.read("found/traces.csv");
                assert_eq!(table.lines().count() as u64, json["steps"].as_u64().unwrap() + 1, "{}", path.display());
            }
            for file in json["files"].as_object().unwrap().values() {
                assert!(place.read(file.as_str().unwrap()).lines().count() > 1, "{}: {file}", path.display());
            }
            assert!(place.read("found/traces.html").contains("</html>"));
            continue;
        }
        let json = place.homolog(&format!("run {} --epochs 1 --out found --quiet --json", path.display())).well().json();
        // Better than the one in ten of chance.
        let accuracy = &json["test_accuracy"];
        assert!(accuracy.as_f64().is_some_and(|a| a > 0.2), "{}: {json}", path.display());
    }
}

#[test]
fn the_recording_of_the_example_of_a_fit_is_what_its_model_writes() {
    let place = Place::new();
    place.homolog(&format!("run {} --out found --quiet", repository().join("examples/fit-target.toml").display())).well();
    let shipped = std::fs::read_to_string(repository().join("examples/fit-target.csv")).unwrap();
    assert_eq!(place.read("found/traces.csv").replace('\r', ""), shipped.replace('\r', ""));
}

#[test]
fn the_recurrent_example_learns_with_every_word() {
    let text = std::fs::read_to_string(repository().join("examples/recurrent.toml")).unwrap();
    for word in ["relu", "tanh", "lif"] {
        let place = Place::new();
        place.write("model.toml", &text.replacen("neuron = \"lif\"", &format!("neuron = \"{word}\""), 1));
        let json = place.homolog("run model.toml --epochs 1 --quiet --json").well().json();
        assert!(json["test_accuracy"].as_f64().is_some_and(|a| a > 0.2), "{word}: {json}");
    }
}

#[test]
fn every_mechanism_passes_the_check() {
    let all = files("library", "mod");
    assert!(all.len() >= 10);
    let words: Vec<String> = all.iter().map(|p| p.display().to_string()).collect();
    let done = Place::new().homolog(&format!("check {}", words.join(" "))).well();
    assert_eq!(done.err, "");
}

#[test]
fn benches_are_listed_and_the_small_one_runs() {
    assert!(Place::new().homolog("bench list").well().out.lines().count() >= 3);
    let done = Place::new().homolog("bench hh --compartments 64 --json").well();
    let row = done.json();
    for key in ["tool", "version", "workload", "isa", "n_compartments", "steps", "ns_per_compartment", "run_cpu_s"] {
        assert!(!row[key].is_null(), "{key}: {row}");
    }
    assert!(row["by_isa"].as_array().unwrap().iter().any(|r| r["isa"] == "portable"));
    assert_eq!(Place::new().homolog("bench hhh").code, 1);
}

#[test]
fn starting_takes_some_time_and_is_said_in_ms() {
    let row = Place::new().homolog("bench startup --json").well().json();
    assert_eq!(row["workload"], "startup");
    assert!(row["library_ms"].as_f64().unwrap() > 0.0 && row["mechanisms"].as_u64().unwrap() >= 10, "{row}");
    assert!(row["help_ms"].as_f64().is_none_or(|ms| ms >= 0.0) && row.get("help_ms").is_some(), "{row}");
}
