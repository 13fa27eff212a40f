//! Parameters of a cell found from traces that the program made itself, and everything that is wrong with a fit.

mod common;

use common::Place;

/// A passive ball and stick.
const CELL: &str = r#"title = "Ball and stick"

[membrane]
capacitance = "1.3 uF/cm2"
resistivity = "150 ohm-cm"
initial = "-70 mV"

[branch.soma]
length = "20 um"
diameter = "20 um"
compartments = 1

[branch.stick]
parent = "soma"
length = "600 um"
diameter = "2 um"
compartments = 9

[[paint]]
mechanism = "pas"
parameters = { g = "5e-5 S/cm2", e = "-70 mV" }

[spike]
branch = "soma"
threshold = "-20 mV"
surrogate = { shape = "fast_sigmoid", width = "5 mV" }

[time]
step = "0.1 ms"
presentation = "120 ms"
delay = "1 ms"

[interface]
rate = "100 Hz"
readout = "potential"
activity = 1
"#;

/// The network that makes a recording.
fn truth(neuron: &str, parameters: &str, amplitude: &str) -> String {
    format!(
        "[time]\nstep = \"0.1 ms\"\npresentation = \"60 ms\"\n[population.cell]\nsize = 1\nneuron = \"{neuron}\"\nbias = false\n{parameters}\n[[stimulus]]\npopulation = \"cell\"\nbranch = \"soma\"\ndelay = \"5 ms\"\nduration = \"40 ms\"\namplitude = \"{amplitude}\"\n"
    )
}

fn sweep(name: &str, amplitude: &str) -> String {
    format!(
        "[[sweep]]\nfile = \"out/{name}/traces.csv\"\ntime = {{ column = \"t\" }}\nvalue = {{ column = 2 }}\nbranch = \"soma\"\n[[sweep.stimulus]]\nbranch = \"soma\"\ndelay = \"5 ms\"\nduration = \"40 ms\"\namplitude = \"{amplitude}\"\n"
    )
}

fn parameter(name: &str, low: &str, high: &str) -> String {
    format!("[[parameter]]\nname = \"{name}\"\nbounds = [\"{low}\", \"{high}\"]\n")
}

/// Three numbers of the passive cell.
fn sought() -> String {
    let all = [("pas.g", "1e-6 S/cm2", "1 mS/cm2"), ("capacitance", "0.3 uF/cm2", "5 uF/cm2"), ("resistivity", "20 ohm-cm", "1000 ohm-cm")];
    format!("neuron = \"cell.toml\"\n{}", all.map(|(name, low, high)| parameter(name, low, high)).concat())
}

fn passive() -> Place {
    let place = Place::new();
    place.write("cell.toml", CELL);
    place.write("truth.toml", &truth("cell.toml", "", "0.1 nA"));
    place.homolog("run truth.toml --quiet").well();
    place.write("fit.toml", &format!("{}{}", sought(), sweep("truth", "0.1 nA")));
    place
}

/// Squid channels in the soma of the cell of the library, held to a subthreshold step and to one that makes it spike.
fn squid(more: &str) -> Place {
    let place = Place::new();
    let parameters = "parameters = { \"hh.gnabar\" = \"0.15 S/cm2\", \"hh.gkbar\" = \"0.03 S/cm2\", \"hh.gl\" = \"4e-4 S/cm2\" }";
    for (name, amplitude) in [("low", "0.05 nA"), ("high", "0.3 nA")] {
        place.write(&format!("{name}.toml"), &truth("cells/two-branch", parameters, amplitude));
        place.homolog(&format!("run {name}.toml --quiet")).well();
    }
    let sought = [("gnabar", "0.02", "0.6"), ("gkbar", "0.005", "0.2"), ("gl", "1e-5", "3e-3")]
        .map(|(name, low, high)| parameter(&format!("hh.{name}"), &format!("{low} S/cm2"), &format!("{high} S/cm2")));
    let text = format!(
        "neuron = \"cells/two-branch\"\n[time]\nstep = \"0.1 ms\"\n{}{}{}{more}",
        sought.concat(),
        sweep("low", "0.05 nA"),
        sweep("high", "0.3 nA")
    );
    place.write("fit.toml", &text);
    place
}

/// Relative errors of the values that were found.
fn errors(json: &serde_json::Value, truth: &[f64]) -> Vec<f64> {
    let found = json["parameters"].as_array().unwrap().iter().map(|p| p["value"].as_f64().unwrap());
    found.zip(truth).map(|(x, t)| (x / t - 1.0).abs()).collect()
}

#[test]
fn a_passive_cell_is_found_to_one_per_cent_by_both_methods() {
    for method in ["gradient", "cma"] {
        let place = passive();
        let json = place.homolog(&format!("fit fit.toml --method {method} --quiet --json")).well().json();
        let errors = errors(&json, &[5e-5, 1.3, 150.0]);
        assert!(errors.iter().all(|e| *e < 0.01), "{method}: {errors:?} {json}");
        assert!(json["sweeps"][0]["rms"].as_f64().unwrap() < 0.01);
        assert!(place.read("out/fit/fit.html").contains("</html>"));
        assert_eq!(place.read("out/fit/fit.csv").lines().next(), Some("t (ms),recorded (mV),fitted (mV)"));
    }
}

#[test]
fn squid_channels_are_found_to_one_per_cent_by_gradients_and_by_generations_with_a_loss_that_forgives_late_spikes() {
    let combined = "[fit]\nloss = { potential = 1, spikes = 1, phase-plane = 1 }\nrestarts = 4\n";
    for (method, more) in [("gradient", ""), ("cma", combined)] {
        let json = squid(more).homolog(&format!("fit fit.toml --method {method} --quiet --json")).well().json();
        let errors = errors(&json, &[0.15, 0.03, 4e-4]);
        assert!(errors.iter().all(|e| *e < 0.01), "{method}: {errors:?} {}", json["losses"]);
        assert!(json["sweeps"][1]["spike_times_ms"]["recorded"].as_array().unwrap().len() >= 5);
    }
}

#[test]
fn the_cell_that_is_written_does_what_was_fitted() {
    let place = passive();
    place.homolog("fit fit.toml --method cma --restarts 2 --evaluations 600 --quiet").well();
    place.write("again.toml", &truth("out/fit/cell.toml", "", "0.1 nA"));
    place.homolog("run again.toml --quiet").well();
    let column = |file: &str, k: usize| -> Vec<f64> {
        place.read(file).lines().skip(1).map(|l| l.split(',').nth(k).unwrap().parse().unwrap()).collect()
    };
    let (fitted, again) = (column("out/fit/fit.csv", 2), column("out/again/traces.csv", 1));
    // Constants of a kernel and columns of learned numbers may round differently.
    assert!(fitted.len() == 600 && fitted.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-9));
}

#[test]
fn what_is_at_its_bound_and_what_is_not_decided_is_said() {
    let place = passive();
    let text = place.read("fit.toml").replace("\"0.3 uF/cm2\", \"5 uF/cm2\"", "\"0.3 uF/cm2\", \"1 uF/cm2\"");
    place.write("fit.toml", &text);
    let done = place.homolog("fit fit.toml --method cma --quiet").well();
    assert!(done.out.contains("capacitance lies at its upper bound of 1 uF/cm2"), "{}", done.out);
    // A current knows a lone compartment by capacitance and conductance times area: its diameter can be anything.
    let (from, to) = (CELL.find("[branch.stick]").unwrap(), CELL.find("[[paint]]").unwrap());
    place.write("cell.toml", &format!("{}{}", &CELL[..from], &CELL[to..]));
    place.homolog("run truth.toml --quiet").well();
    place.write(
        "fit.toml",
        &format!(
            "{}{}",
            sought().replace("resistivity", "diameter").replace("20 ohm-cm\", \"1000 ohm-cm", "10 um\", \"40 um"),
            sweep("truth", "0.1 nA")
        ),
    );
    let json = place.homolog("fit fit.toml --method cma --quiet --json").well().json();
    assert!(json["parameters"].as_array().unwrap().iter().all(|p| p["disagrees"] == true), "{json}");
}

#[test]
fn a_fit_that_is_killed_goes_on_to_the_same_bits_on_any_number_of_threads() {
    for (method, more) in [("gradient", "--evaluations 20000"), ("cma", "--population 60 --restarts 24 --evaluations 150000")] {
        let place = passive();
        let words = format!("fit fit.toml --method {method} {more} --quiet");
        place.homolog(&format!("{words} --threads 1 --out whole")).well();
        let saved = || std::fs::read(place.path("broken/fit.safetensors")).unwrap_or_default();
        let whole = std::fs::read(place.path("whole/fit.safetensors")).unwrap();
        for _ in 0..2 {
            let before = saved();
            // As soon as there is something new to go on from.
            place.killed_once(&format!("{words} --threads 2 --out broken --resume"), || saved() != before);
            assert!(saved() != whole, "{method}: it was over before it was killed");
        }
        place.homolog(&format!("{words} --threads 2 --out broken --resume")).well();
        assert!(saved() == whole, "{method}");
        assert_eq!(place.read("whole/fit.csv"), place.read("broken/fit.csv"));
    }
}

#[test]
fn parquet_and_times_without_a_column_are_read_too() {
    let place = passive();
    place.homolog("run truth.toml --quiet --format parquet --out found").well();
    let text = place.read("fit.toml").replace("out/truth/traces.csv", "found/traces.parquet");
    place.write("fit.toml", &text);
    let a = place.homolog("fit fit.toml --method cma --evaluations 300 --quiet --json").well().json();
    let csv = place.read("out/truth/traces.csv");
    let bare: Vec<&str> = csv.lines().skip(1).map(|l| l.split(',').nth(1).unwrap()).collect();
    place.write("bare.txt", &format!("# potentials alone\n-70\n{}\n", bare.join("\n")));
    let text = text
        .replace("found/traces.parquet", "bare.txt")
        .replace("{ column = \"t\" }", "{ every = \"0.1 ms\" }")
        .replace("{ column = 2 }", "{ column = 1, unit = \"mV\" }");
    place.write("fit.toml", &text.replace("[[sweep.stimulus]]", "start = \"0.1 ms\"\n[[sweep.stimulus]]"));
    let b = place.homolog("fit fit.toml --method cma --evaluations 300 --quiet --json").well().json();
    let loss = |j: &serde_json::Value| j["loss"].as_f64().unwrap();
    assert!((loss(&a) / loss(&b) - 1.0).abs() < 1e-6, "{} {}", loss(&a), loss(&b));
}

/// What is said of a fit that cannot be.
fn said(name: &str, place: &Place) {
    let done = place.homolog("fit fit.toml --quiet");
    assert_eq!(done.code, 1, "{name}: {}{}", done.out, done.err);
    assert_eq!(place.homolog("check fit.toml").code, 1, "{name}");
    insta::assert_snapshot!(name, done.err);
}

#[test]
fn everything_that_is_wrong_with_a_fit_is_said_with_its_place() {
    let place = passive();
    let good = place.read("fit.toml");
    let data = place.read("out/truth/traces.csv");
    let change = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        place.write("fit.toml", &good.replacen(from, to, 1));
    };
    change("\"pas.g\"", "\"pas.gg\"");
    said("fit_unknown_parameter", &place);
    change("[\"1e-6 S/cm2\", \"1 mS/cm2\"]", "[\"1 mS/cm2\", \"1e-6 S/cm2\"]");
    said("fit_bounds_reversed", &place);
    change("[\"1e-6 S/cm2\", \"1 mS/cm2\"]", "[\"1e-6 mV\", \"1 mV\"]");
    said("fit_unit_of_bounds", &place);
    change("[\"0.3 uF/cm2\", \"5 uF/cm2\"]", "[\"-3 uF/cm2\", \"5 uF/cm2\"]\nstart = \"9 uF/cm2\"");
    said("fit_beyond_limits", &place);
    change("truth/traces.csv", "thruth/traces.csv");
    said("fit_missing_file", &place);
    change("[[sweep.stimulus]]", "stop = \"100 ms\"\nstart = \"-5 ms\"\n[[sweep.stimulus]]");
    said("fit_window", &place);
    change("{ column = 2 }", "{ column = 2, unit = \"nA\" }");
    said("fit_unit_of_values", &place);
    change("{ column = 2 }", "{ column = 3 }");
    said("fit_no_column", &place);
    change("{ column = \"t\" }", "{ column = 2 }");
    said("fit_times_in_mv", &place);
    change("branch = \"soma\"", "branch = \"some\"");
    said("fit_unknown_branch", &place);
    place.write("fit.toml", &format!("{good}[fit]\nloss = \"phase-plane\"\nmethod = \"gradient\"\n"));
    said("fit_no_gradient", &place);
    place.write("fit.toml", &format!("{}[fit]\nevaluations = 7\npopulation = 9\n", good.replacen("pas.g", "pas.h", 1)));
    said("fit_too_few_evaluations", &place);
    place.write("fit.toml", &format!("{}[fit]\nmethods = 3\n", sought().replace("pas.g", "capacitance").replace("cell.toml", "sell.toml")));
    said("fit_several", &place);
    place.write("fit.toml", &format!("{good}[fit]\nrestarts = 1_000_000_000_000\npopulation = 1_000_000_000_000\nmethod = \"cma\"\n"));
    said("fit_too_many_searches", &place);
    place.write("fit.toml", &format!("sweep = []\n{}", sought()));
    said("fit_no_sweep", &place);
    place.write("fit.toml", &good);
    let rows: Vec<&str> = data.lines().collect();
    let broken = |k: usize, row: String| {
        let mut rows: Vec<String> = rows.iter().map(|r| r.to_string()).collect();
        rows[k] = row;
        place.write("out/truth/traces.csv", &rows.join("\n"));
    };
    broken(30, "3,NaN".into());
    said("fit_nan", &place);
    broken(30, "3,minus seventy".into());
    said("fit_no_number", &place);
    broken(30, "2.5,-70".into());
    said("fit_times_that_fall", &place);
    broken(30, "3".into());
    said("fit_short_row", &place);
    place.write("out/truth/traces.csv", &rows[..2].join("\n"));
    said("fit_too_short", &place);
}

#[test]
fn a_checkpoint_of_other_settings_is_refused() {
    let place = passive();
    place.homolog("fit fit.toml --method cma --evaluations 112 --quiet").well();
    let done = place.homolog("fit fit.toml --method cma --evaluations 224 --seed 2 --resume --quiet");
    assert!(done.code == 1 && done.err.contains("`seed` was 0"), "{}", done.err);
    // More variants of the same search are no other search.
    let more = place.homolog("fit fit.toml --method cma --evaluations 224 --resume --quiet --json").well().json();
    let whole = place.homolog("fit fit.toml --method cma --evaluations 224 --out whole --quiet --json").well().json();
    assert_eq!(more["losses"], whole["losses"]);
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_searched() {
    let place = passive();
    for name in ["cell.toml", "fit.csv", "fit.html"] {
        std::fs::create_dir_all(place.path(&format!("{name}.out/{name}"))).unwrap();
        let done = place.homolog(&format!("fit fit.toml --quiet --out {name}.out"));
        assert!(done.code == 1 && done.err.contains(&format!("cannot write `{name}.out/{name}`")), "{}", done.err);
        assert!(!place.path(&format!("{name}.out/fit.safetensors")).exists(), "{name}: it searched first");
    }
}

#[test]
fn the_warnings_of_its_cell_are_those_of_a_fit() {
    let place = passive();
    place.write("cell.toml", &CELL.replace("compartments = 9", "compartments = 1"));
    let done = place.homolog("fit fit.toml --method cma --evaluations 112 --quiet").well();
    assert!(done.err.contains("warning[cell-coarse]"), "{}", done.err);
    assert!(place.homolog("check fit.toml").well().err.contains("warning[cell-coarse]"));
}

#[test]
fn the_traces_of_all_sweeps_are_listed() {
    let json = squid("").homolog("fit fit.toml --evaluations 32 --quiet --json").well().json();
    assert_eq!(json["files"]["traces"], serde_json::json!(["out/fit/fit.1.csv", "out/fit/fit.2.csv"]));
    assert_eq!(json["files"]["cell"], "out/fit/cell.toml");
}

#[test]
fn a_point_neuron_is_fitted_to_what_it_does_by_itself_and_refused_under_a_current() {
    let place = Place::new();
    // With a threshold as low as that it spikes from where it begins.
    let own = "[population.cell]\nsize = 1\nneuron = \"hhpoint\"\nbias = false\nparameters = { vt = \"-75 mV\", gkbar = \"9 uS\", c = \"0.25 nF\" }\n";
    place.write(
        "truth.toml",
        &format!("[time]\nstep = \"0.05 ms\"\npresentation = \"20 ms\"\n{own}[[record]]\npopulation = \"cell\"\nvariable = \"v\"\n"),
    );
    place.homolog("run truth.toml --quiet").well();
    let recording = "[[sweep]]\nfile = \"out/truth/traces.csv\"\ntime = { column = \"t\" }\nvalue = { column = 2 }\n";
    let fit = format!(
        "neuron = \"hhpoint\"\nsettings = {{ vt = \"-75 mV\" }}\n[time]\nstep = \"0.05 ms\"\n{}{}{recording}",
        parameter("gkbar", "2 uS", "20 uS"),
        parameter("c", "0.1 nF", "1 nF")
    );
    place.write("fit.toml", &format!("{fit}[fit]\nmethod = \"cma\"\nrestarts = 4\n"));
    let json = place.homolog("fit fit.toml --quiet --json").well().json();
    assert!(errors(&json, &[9.0, 0.25]).iter().all(|e| *e < 0.01), "{json}");
    assert!(json["files"]["cell"].is_null() && !place.path("out/fit/cell.toml").exists());
    let current = "[[sweep.stimulus]]\nbranch = \"soma\"\ndelay = \"1 ms\"\nduration = \"5 ms\"\namplitude = \"0.1 nA\"\n";
    place.write("fit.toml", &format!("{fit}{current}"));
    said("fit_current_into_a_point", &place);
}

#[test]
fn a_folder_of_data_without_a_name_is_none() {
    let place = passive();
    place.write("fit.toml", &place.read("fit.toml").replace("out/truth/traces.csv", "HOMOLOG_DATA/traces.csv"));
    let output = place.command("fit fit.toml --quiet").env("HOMOLOG_DATA", "").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && err.contains("HOMOLOG_DATA is not set"), "{err}");
}
