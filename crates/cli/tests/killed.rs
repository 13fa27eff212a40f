//! A run that is not a training, killed at any moment and gone on with, leaves the files of one that nobody disturbed.

mod common;

use common::Place;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Poisson noise, delays of their own, spikes on their way, a raster and some potentials.
const NETWORK: &str = include_str!("common/network.toml");

/// A cell with potentials, gates and spikes tick by tick; so many numbers that tables have parts.
const CELL: &str = r#"title = "Cell"

[time]
step = "0.025 ms"
presentation = "300 ms"

[population.cell]
size = 2
neuron = "cells/two-branch"

[[stimulus]]
population = "cell"
branch = "soma"
delay = "10 ms"
duration = "200 ms"
amplitude = "0.5 nA"

[[record]]
population = "cell"

[[record]]
population = "cell"
variable = "hh.m"

[[record]]
population = "cell"
variable = "spikes"

[[record]]
population = "cell"
variable = "raster"
"#;

/// Weights that change, recorded at intervals that no piece would choose.
const PLASTIC: &str = r#"title = "Plastic"

[time]
step = "0.1 ms"
presentation = "3000 ms"

[population.source]
size = 40
neuron = "spikes"
poisson = "20 Hz"

[population.cells]
size = 30
neuron = "lif"
parameters = { tau = "20 ms" }
bias = false

[[noise]]
population = "cells"
poisson = "2 kHz"
weight = "1.2 mV"

[[projection]]
from = "source"
to = "cells"
wiring = { in-degree = 20 }
multapses = false
weights = { normal = ["1 mV", "0.5 mV"], min = "0 mV", max = "2 mV" }
delay = { uniform = ["0.5 ms", "3 ms"] }
plasticity = { rule = "stdp", a_plus = 0.02, a_minus = 0.025, wmax = "2 mV" }

[[record]]
variable = "weights"
from = "source"
to = "cells"
every = "13.7 ms"

[[record]]
population = "cells"
variable = "raster"

[[record]]
population = "cells"
neurons = [2]
"#;

/// All files of a folder and their bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => out.extend(files(&path)),
            false => drop(out.insert(path.clone(), fs::read(path).unwrap())),
        }
    }
    out.into_iter().map(|(k, v)| (k.strip_prefix(folder).unwrap_or(&k).to_path_buf(), v)).collect()
}

/// Kills a run once its checkpoint was written anew so many times; false when it ended before.
fn killed_after(place: &Place, words: &str, checkpoint: &Path, times: usize) -> bool {
    let mut child = place.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let now = || fs::metadata(checkpoint).and_then(|m| m.modified()).ok();
    let (begun, mut last, mut seen) = (Instant::now(), now(), 0);
    while seen < times && begun.elapsed() < Duration::from_secs(120) {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "`{words}` ended with {status}");
            return false;
        }
        if now() != last {
            (last, seen) = (now(), seen + 1);
        }
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    true
}

fn survives(name: &str, model: &str, rounds: &[&[usize]]) {
    let place = Place::new();
    let file = format!("{name}.toml");
    place.write(&file, model);
    let words =
        |out: &str| format!("run {file} --format csv,parquet --checkpoint-every 5ms --threads 1 --seed 4 --resume --quiet --out {out}");
    place.homolog(&words("whole")).well();
    let whole = files(&place.path("whole"));
    for file in ["traces.csv", "traces.parquet", "traces.html", "raster.csv", "raster.parquet", "run.safetensors"] {
        assert!(whole.contains_key(Path::new(file)), "{file} is not among {:?}", whole.keys());
    }
    let weights = ["weights.csv", "weights.parquet"].map(|file| whole.contains_key(Path::new(file)));
    assert_eq!(weights, [model.contains("\"weights\""); 2]);
    let mut killed = 0;
    for (k, times) in rounds.iter().enumerate() {
        let out = format!("round-{k}");
        let checkpoint = place.path(&out).join("run.safetensors");
        for n in *times {
            killed += usize::from(killed_after(&place, &words(&out), &checkpoint, *n));
        }
        place.homolog(&words(&out)).well();
        let found = files(&place.path(&out));
        assert_eq!(found.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
        for (file, bytes) in &found {
            assert!(*bytes == whole[file], "{name}, round {k}: {} differs", file.display());
        }
    }
    assert!(killed > 0, "no run was killed: give them more to do");
}

#[test]
fn a_network_with_noise_and_delays_that_is_killed_leaves_the_files_of_a_whole_run() {
    survives("network", NETWORK, &[&[1], &[3, 1, 2]]);
}

#[test]
fn a_network_whose_weights_change_that_is_killed_leaves_the_files_of_a_whole_run() {
    survives("plastic", PLASTIC, &[&[1], &[2, 1]]);
}

#[test]
fn a_cell_that_is_killed_leaves_the_files_of_a_whole_run() {
    survives("cell", CELL, &[&[2], &[1, 1]]);
}

#[test]
fn what_a_run_writes_does_not_depend_on_checkpoints_or_threads() {
    let place = Place::new();
    place.write("network.toml", NETWORK);
    let run = |words: &str, out: &str| {
        place.homolog(&format!("run network.toml --quiet {words} --out {out}")).well();
        let mut all = files(&place.path(out));
        all.remove(Path::new("run.safetensors"));
        all
    };
    let plain = run("--threads 1", "a");
    assert!(plain == run("--threads 2", "b"), "threads");
    assert!(plain == run("--checkpoint-every 1ms", "c"), "checkpoints");
    assert!(!place.path("a/run.safetensors").exists() && place.path("c/run.safetensors").exists());
    run("", "c");
    assert!(!place.path("c/run.safetensors").exists(), "the checkpoint of a run whose files are gone");
}

#[test]
fn a_raster_lists_the_spikes_that_are_reported() {
    let place = Place::new();
    place.write("network.toml", NETWORK);
    let json = place.homolog("run network.toml --quiet --json").well().json();
    let text = place.read("out/network/raster.csv");
    let rows: Vec<(&str, usize, f64)> = text
        .lines()
        .skip(1)
        .map(|l| {
            let f: Vec<&str> = l.split(',').collect();
            (f[0], f[1].parse().unwrap(), f[2].parse().unwrap())
        })
        .collect();
    assert_eq!(text.lines().next(), Some("population,neuron,t (ms)"));
    let times = |name: &str, n: usize| -> Vec<f64> {
        json["populations"][name]["spike_times_ms"][n].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect()
    };
    let listed = |name: &str, n: usize| rows.iter().filter(|r| r.0 == name && r.1 == n).map(|r| r.2).collect::<Vec<f64>>();
    for n in 0..80 {
        assert_eq!(listed("exc", n), times("exc", n));
    }
    for n in 0..20 {
        assert_eq!(listed("inh", n), if [0, 7, 19].contains(&n) { times("inh", n) } else { vec![] });
    }
    assert!(rows.len() > 500 && rows.is_sorted_by_key(|r| r.2), "{}", rows.len());
    assert_eq!(json["columns"], serde_json::json!(["t (ms)", "exc[1].v (mV)", "exc[3].v (mV)"]));
    assert_eq!(json["files"]["raster_csv"], "out/network/raster.csv");
}

#[test]
fn a_checkpoint_of_another_run_is_refused_with_what_differs() {
    let place = Place::new();
    place.write("cell.toml", CELL);
    place.homolog("run cell.toml --quiet --checkpoint-every 1h --out a").well();
    let refused = |words: &str| {
        let done = place.homolog(&format!("run cell.toml --quiet --resume --out a {words}"));
        assert_eq!(done.code, 1);
        assert!(done.err.contains("resume-other"), "{}", done.err);
        done.err
    };
    let err = refused("--seed 3");
    assert!(err.contains("the seed was 0 and is 3 now"), "{err}");
    let err = refused("--format parquet");
    assert!(err.contains("what is recorded is another"), "{err}");
    place.write("cell.toml", &CELL.replace("300 ms", "301 ms").replace("size = 2", "size = 3"));
    let err = refused("");
    assert!(err.contains("the presentation was 12000 steps and is 12040 steps now"), "{err}");
    assert!(err.contains("population `cell` was 2 of cells/two-branch and is 3 of cells/two-branch now"), "{err}");
    place.write("cell.toml", &CELL.replace("0.5 nA", "0.6 nA"));
    assert!(refused("").contains("the network is another"));
    place.write("cell.toml", &format!("# A remark changes nothing.\n{CELL}"));
    place.homolog("run cell.toml --quiet --resume --out a").well();
}

#[test]
fn what_ended_is_not_run_again() {
    let place = Place::new();
    place.write("cell.toml", CELL);
    place.homolog("run cell.toml --quiet --checkpoint-every 1h --out a").well();
    let before = files(&place.path("a"));
    fs::remove_file(place.path("a/traces.csv")).unwrap();
    let json = place.homolog("run cell.toml --quiet --json --resume --out a").well().json();
    assert_eq!(json["from_step"], 12_000);
    assert!(files(&place.path("a")) == before, "what is left is written again");
}

#[test]
fn what_is_written_before_a_checkpoint_and_is_gone_is_said() {
    let place = Place::new();
    // 300,000 rows of 41 columns: six parts.
    let many: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    place.write("network.toml", &NETWORK.replace("[3, 1]", &format!("[{}]", many.join(", "))).replace("1500 ms", "12000 ms"));
    place.homolog("run network.toml --quiet --checkpoint-every 1h --format parquet --out a").well();
    let part = place.path("a/traces.parquet/part-00000.parquet");
    assert!(part.exists() && place.path("a/raster.parquet").is_file());
    fs::remove_file(part).unwrap();
    let done = place.homolog("run network.toml --quiet --resume --format parquet --out a");
    assert_eq!(done.code, 1);
    assert!(done.err.contains("resume-missing") && done.err.contains("part-00000.parquet"), "{}", done.err);
}

#[test]
fn what_cannot_be_is_refused() {
    let place = Place::new();
    place.write("cell.toml", CELL);
    let refused = |words: &str, code: i32, says: &str| {
        let done = place.homolog(words);
        assert_eq!(done.code, code, "{}", done.err);
        assert!(done.err.contains(says), "{words}: {}", done.err);
    };
    refused("run cell.toml --checkpoint-every 5", 1, "run-no-epochs");
    refused("run cell.toml --checkpoint-every 0", 2, "1 or more");
    refused("run cell.toml --checkpoint-every soon", 2, "a time with its unit");
    refused("run digits --raster", 1, "raster-refused");
    place.write("digits.toml", &common::study("neuron = \"lif\"", ""));
    refused("run digits.toml --checkpoint-every 10s", 1, "run-indivisible");
    let record = |lines: &str| place.write("cell.toml", &format!("{CELL}[[record]]\npopulation = \"cell\"\n{lines}\n"));
    record("variable = \"raster\"");
    refused("run cell.toml", 1, "listed twice");
    record("variable = \"hh.h\"\nneurons = [2]");
    refused("run cell.toml", 1, "`cell` has no neuron 2");
    record("variable = \"hh.h\"\nneurons = [0, 0]");
    refused("run cell.toml", 1, "neuron 0 is named twice");
    record("variable = \"hh.h\"\nneurons = []");
    refused("run cell.toml", 1, "no neuron is named");
}

#[test]
fn a_network_without_records_goes_on_too() {
    let place = Place::new();
    let end = NETWORK.find("[[record]]").unwrap();
    place.write("network.toml", &NETWORK[..end]);
    let counts = |words: &str| place.homolog(&format!("run network.toml --json {words}")).well().json()["groups"].clone();
    let whole = counts("--out a");
    assert!(!place.path("a").exists(), "nothing is written that nobody asked for");
    assert_eq!(counts("--out b --checkpoint-every 1ms"), whole);
    assert_eq!(counts("--out b --resume"), whole, "from the checkpoint of its end");
    let checkpoint = place.path("c/run.safetensors");
    for _ in 0..20 {
        if killed_after(&place, "run network.toml --json --out c --resume --checkpoint-every 1ms", &checkpoint, 2) {
            break;
        }
    }
    assert_eq!(counts("--out c --resume"), whole);
    let counted = whole["exc"]["data"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).sum::<f64>();
    let json = place.homolog("run network.toml --json --quiet --raster --out d").well().json();
    assert_eq!(json["populations"]["exc"]["spikes"].as_f64(), Some(counted));
    assert!(place.read("d/raster.csv").contains("inh,"));
}
