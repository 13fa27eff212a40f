//! A model of cells that is run for its own sake.

mod common;

use common::{Place, repository};

const MODEL: &str = r#"title = "Clamped"

[time]
step = "0.025 ms"
presentation = "40 ms"

[population.cell]
size = 2
neuron = "cells/two-branch"

[[stimulus]]
population = "cell"
branch = "soma"
delay = "10 ms"
duration = "20 ms"
amplitude = "0.5 nA"
"#;

fn with(records: &str) -> Place {
    let place = Place::new();
    place.write("clamp.toml", &format!("{MODEL}{records}"));
    place
}

#[test]
fn without_a_record_the_potential_is_recorded_where_the_cell_spikes() {
    let place = with("");
    let json = place.homolog("run clamp.toml --quiet --json").well().json();
    assert_eq!(json["columns"], serde_json::json!(["t (ms)", "cell[0].soma(0.5).v (mV)", "cell[1].soma(0.5).v (mV)"]));
    assert_eq!(json["files"]["csv"], "out/clamp/traces.csv");
    assert_eq!(place.read("out/clamp/traces.csv").lines().count(), 1601);
    assert!(place.read("out/clamp/traces.html").contains("Injected current"));
    assert!(!place.path("out/clamp/traces.parquet").exists());
}

#[test]
fn a_run_in_32_bits_spikes_as_one_in_64_and_has_other_digits() {
    let place = with("");
    let times = |json: &serde_json::Value| -> Vec<f64> {
        json["populations"]["cell"]["spike_times_ms"][0].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect()
    };
    let double = place.homolog("run clamp.toml --quiet --json").well().json();
    let single = place.homolog("run clamp.toml --quiet --json --precision f32 --out single").well().json();
    let (a, b) = (times(&double), times(&single));
    assert!(!a.is_empty() && a.len() == b.len(), "{a:?} {b:?}");
    assert!(a.iter().zip(&b).all(|(x, y)| (x - y).abs() < 0.025), "{a:?} {b:?}");
    assert_ne!(place.read("out/clamp/traces.csv"), place.read("single/traces.csv"));
    place.write("single.toml", &MODEL.replace("step =", "precision = \"f32\"\nstep ="));
    place.homolog("run single.toml --quiet --json").well();
    assert_eq!(place.read("out/single/traces.csv"), place.read("single/traces.csv"));
}

#[test]
fn what_is_trained_is_not_run_in_32_bits_and_that_is_said() {
    let place = Place::new();
    let done = place.homolog("run digits --precision f32");
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.err.contains("model-precision"), "{}", done.err);
    assert_eq!(place.homolog("run digits --precision f16").code, 2);
}

#[test]
fn spikes_lie_between_the_rows_in_which_the_potential_crosses_the_threshold() {
    let place = with("");
    let json = place.homolog("run clamp.toml --quiet --json").well().json();
    let table = place.read("out/clamp/traces.csv");
    let rows: Vec<Vec<f64>> = table.lines().skip(1).map(|l| l.split(',').map(|x| x.parse().unwrap()).collect()).collect();
    let crossings: Vec<(f64, f64)> = rows.windows(2).filter(|r| r[0][1] < -20.0 && r[1][1] >= -20.0).map(|r| (r[0][0], r[1][0])).collect();
    let cell = &json["populations"]["cell"];
    let times: Vec<f64> = cell["spike_times_ms"][0].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect();
    assert!(!times.is_empty() && times.len() == crossings.len(), "{times:?} {crossings:?}");
    assert!(times.iter().zip(&crossings).all(|(t, (a, b))| a <= t && t <= b), "{times:?} {crossings:?}");
    assert_eq!(cell["compartments"]["all"], 22);
    let highest = rows.iter().flat_map(|r| &r[1..]).fold(f64::NEG_INFINITY, |a, b| a.max(*b));
    assert_eq!(cell["highest_mv"], highest);
}

#[test]
fn formats_are_those_that_were_asked_for() {
    let place = with("");
    place.homolog("run clamp.toml --quiet --format parquet --out a").well();
    assert!(place.path("a/traces.parquet").exists() && !place.path("a/traces.csv").exists());
    place.homolog("run clamp.toml --quiet --format csv,parquet --out b").well();
    assert!(std::fs::read(place.path("b/traces.parquet")).unwrap().starts_with(b"PAR1") && place.path("b/traces.csv").exists());
    assert_eq!(place.homolog("run clamp.toml --format xml").code, 2);
}

#[test]
fn a_record_that_names_nothing_is_refused_with_its_place() {
    let record = |lines: &str| format!("\n[[record]]\npopulation = \"cell\"\n{lines}");
    let all = [
        "variable = \"v\"\nbranch = \"lift\"\n",
        "variable = \"hh.n\"\nbranch = \"left\"\n",
        "variable = \"hh.q\"\n",
        "variable = \"spikes\"\nbranch = \"soma\"\n",
        "",
        "",
    ];
    let place = with(&all.map(record).concat());
    let done = place.homolog("run clamp.toml --quiet");
    assert_eq!(done.code, 1);
    insta::assert_snapshot!("bad_record", done.err);
    assert!(!place.path("out").exists());
    assert_eq!(place.homolog("check clamp.toml").err, done.err);
}

#[test]
fn cells_of_one_compartment_and_point_neurons_are_recorded_too() {
    let place = Place::new();
    let cell = std::fs::read_to_string(repository().join("library/benches/grad-cell.toml")).unwrap();
    let (soma, paint) = (cell.find("[branch.b1]").unwrap(), cell.find("[[paint]]").unwrap());
    place.write("ball.toml", &format!("{}{}", &cell[..soma], &cell[paint..]));
    let population = |name: &str, neuron: &str| format!("[population.{name}]\nsize = 1\nneuron = \"{neuron}\"\n\n");
    let record = |name: &str, variable: &str| format!("[[record]]\npopulation = \"{name}\"\nvariable = \"{variable}\"\n\n");
    let text = population("ball", "ball.toml") + &population("point", "lif");
    let records = record("ball", "v") + &record("ball", "hh.m") + &record("point", "v") + &record("point", "spikes");
    place.write("two.toml", &format!("title = \"Two\"\n\n{text}{records}"));
    let json = place.homolog("run two.toml --quiet --json").well().json();
    let columns = ["t (ms)", "ball[0].b0(0.5).v (mV)", "ball[0].b0(0.5).hh.m (1)", "point[0].v (mV)", "point[0].spikes (1)"];
    assert_eq!(json["columns"], serde_json::json!(columns));
    assert_eq!(json["populations"]["ball"]["compartments"]["all"], 1);
}

#[test]
fn a_reference_has_the_columns_of_the_run_and_says_what_its_steps_cost() {
    let place = with("");
    let run = |step: &str, more: &str| {
        place.write("clamp.toml", &MODEL.replace("0.025 ms", step));
        place.homolog(&format!("run clamp.toml --quiet --json --reference {more}")).well().json()
    };
    let (coarse, fine) = (run("0.025 ms", ""), run("0.0125 ms", ""));
    let headers = |name: &str| place.read(name).lines().next().unwrap().to_string();
    assert_eq!(headers("out/clamp/reference.csv"), headers("out/clamp/traces.csv"));
    assert_eq!(place.read("out/clamp/reference.csv").lines().count(), 3201);
    let off = |json: &serde_json::Value| json["reference"]["traces"]["cell[1].soma(0.5).v"]["most"].as_f64().unwrap();
    assert!(off(&coarse) > 1.5 * off(&fine), "{} and {}", off(&coarse), off(&fine));
    let shift = |json: &serde_json::Value| json["reference"]["populations"]["cell"]["largest_shift_ms"].as_f64().unwrap();
    assert!((shift(&coarse) / shift(&fine) - 2.0).abs() < 0.3, "{} and {}", shift(&coarse), shift(&fine));
    let times = |json: &serde_json::Value| json["reference"]["populations"]["cell"]["spike_times_ms"].clone();
    let apart = |a: serde_json::Value, b: serde_json::Value| (a[0][0].as_f64().unwrap() - b[0][0].as_f64().unwrap()).abs();
    assert!(apart(times(&coarse), times(&fine)) < 1e-5, "one solution, whatever the step");
    let loose = run("0.025 ms", "--rtol 1e-4 --atol 1e-5");
    assert!(loose["reference"]["steps"].as_u64() < coarse["reference"]["steps"].as_u64());
}

#[test]
fn what_has_no_reference_is_refused_with_its_place() {
    let place = Place::new();
    let other = "[population.image]\nsize = 1\nneuron = \"spikes\"\ntimes = [[\"1 ms\"]]\n[[projection]]\nfrom = \"image\"\nto = \"cell\"\nlearn = false\nwiring = \"all-to-all\"\nweights = { constant = 1 }\n";
    place.write("net.toml", &format!("{MODEL}{other}"));
    let done = place.homolog("run net.toml --quiet --reference");
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.err.contains("reference-single-cells") && done.err.contains("--> net.toml:"), "{}", done.err);
    let done = place.homolog("run digits --reference");
    assert!(done.code == 1 && done.err.contains("reference-refused"), "{}", done.err);
    let done = place.homolog("run net.toml --rtol 1e-3");
    assert!(done.code == 2 && done.err.contains("--reference"), "{}", done.err);
}
