//! What comes from outside of a network, from files.

mod common;

use common::Place;

/// Neurons that are driven by Poisson trains or a current, and others that hear them.
fn heard(sender: &str) -> String {
    format!(
        r#"[time]
step = "0.1 ms"
presentation = "150 ms"
{sender}
[population.far]
size = 7
neuron = "if_curr_exp"
bias = false
[[projection]]
from = "near"
to = "far"
wiring = {{ random = 0.6 }}
weights = {{ normal = ["900 pA", "300 pA"] }}
delay = {{ uniform = ["0.1 ms", "4 ms"] }}
learn = false
[[projection]]
from = "far"
to = "far"
wiring = {{ in-degree = 2 }}
weights = {{ constant = "-100 pA" }}
delay = "0.1 ms"
learn = false
"#
    )
}

const POINTS: &str = r#"[population.near]
size = 6
neuron = "if_curr_exp"
bias = false
[[noise]]
population = "near"
poisson = "8 kHz"
weight = "110 pA"
"#;

const CELLS: &str = r#"[population.near]
size = 6
neuron = "cells/two-branch"
bias = false
[[stimulus]]
population = "near"
branch = "soma"
duration = "150 ms"
amplitude = "0.5 nA"
[[noise]]
population = "near"
poisson = "2 kHz"
weight = "0.3 nS"
"#;

fn played(table: &str) -> String {
    let list = format!("{{ table = \"{table}\", where = {{ population = \"near\" }}, recorded = true }}");
    heard(&format!("[population.near]\nsize = 6\nneuron = \"spikes\"\ntimes = {list}\n"))
}

#[test]
fn spikes_that_a_run_recorded_make_another_network_spike_as_they_did() {
    for (name, senders) in [("points", POINTS), ("cells", CELLS)] {
        let place = Place::new();
        place.write("first.toml", &heard(senders));
        place.homolog("run first.toml --quiet --raster --format csv,parquet --out first").well();
        let raster = place.read("first/raster.csv");
        let of = |population: &str| raster.lines().filter(|l| l.starts_with(population)).count();
        assert!(of("near") > 5 && of("far") > 5, "{name}: {} and {} spikes", of("near"), of("far"));
        // As a long run writes it: a folder of parts.
        std::fs::create_dir(place.path("parts.parquet")).unwrap();
        std::fs::copy(place.path("first/raster.parquet"), place.path("parts.parquet/part-00000.parquet")).unwrap();
        for table in ["first/raster.csv", "first/raster.parquet", "parts.parquet"] {
            place.write("second.toml", &played(table));
            place.homolog("run second.toml --quiet --raster --out second").well();
            let again = place.read("second/raster.csv");
            let far = |text: &str| text.lines().filter(|l| l.starts_with("far")).map(String::from).collect::<Vec<_>>();
            assert_eq!(far(&again), far(&raster), "{name} from {table}");
            // What is played of points is recorded as it was.
            assert!(name == "cells" || again == raster, "{name} from {table}");
        }
        // Without being told that they are recorded, spikes are a step late, and arrive so.
        place.write("late.toml", &played("first/raster.csv").replace(", recorded = true", ""));
        place.homolog("run late.toml --quiet --raster --out late").well();
        assert_ne!(place.read("late/raster.csv"), raster, "{name}");
    }
}

#[test]
fn spikes_after_a_presentation_are_said_and_not_left_out_in_silence() {
    let place = Place::new();
    let list =
        "[population.near]\nsize = 6\nneuron = \"spikes\"\ntimes = [[\"1 ms\", \"150 ms\"], [], [\"149.9 ms\"], [], [\"151 ms\"], []]\n";
    place.write("late.toml", &heard(list));
    let done = place.homolog("check late.toml").well();
    let text = done.out + &done.err;
    assert!(text.contains("2 spikes come after the 150 ms of a presentation have ended, the first at 150 ms"), "{text}");
    place.write("t.csv", "neuron,t (s)\n0,0.15\n1,0.16\n");
    let list = "{ table = \"t.csv\", time = 2, recorded = true }";
    place.write("late.toml", &heard(&format!("[population.near]\nsize = 6\nneuron = \"spikes\"\ntimes = {list}\n")));
    let done = place.homolog("check late.toml").well();
    let text = done.out + &done.err;
    assert!(text.contains("a spike comes after the 150 ms of a presentation have ended, the first at 160 ms"), "{text}");
}

/// Two populations that hear one another, and what flows into one.
const DRIVEN: &str = r#"[time]
step = "0.1 ms"
presentation = "300 ms"
[population.near]
size = 12
neuron = "if_curr_exp"
bias = false
[population.afferents]
size = 30
neuron = "spikes"
poisson = "20 Hz"
correlation = 0.3
[[projection]]
from = "near"
to = "near"
wiring = "all-to-others"
weights = { constant = "-30 pA" }
delay = "1 ms"
learn = false
[[projection]]
from = "afferents"
to = "near"
wiring = { random = 0.4 }
weights = { constant = "100 pA" }
delay = "1 ms"
learn = false
[[noise]]
population = "near"
current = { mean = "0.3 nA", deviation = "200 pA", tau = "4 ms" }
[[stimulus]]
population = "near"
neurons = [3, 4]
delay = "100 ms"
duration = "50 ms"
amplitude = "300 pA"
[[stimulus]]
population = "near"
current = { table = "i.csv" }
[[record]]
population = "near"
variable = "noise.i"
[[record]]
population = "near"
"#;

#[test]
fn currents_and_correlated_trains_do_not_depend_on_threads_and_go_on_from_a_checkpoint() {
    let place = Place::new();
    place.write("i.csv", "t (ms),i (pA)\n20,100\n40.05,-100\n60,0\n");
    place.write("net.toml", DRIVEN);
    place.homolog("run net.toml --quiet --raster --threads 1 --out one").well();
    place.homolog("run net.toml --quiet --raster --threads 2 --out two --checkpoint-every 1ms").well();
    place.homolog("run net.toml --quiet --raster --threads 1 --out two --checkpoint-every 1ms --resume").well();
    let spikes = place.read("one/raster.csv");
    assert!(spikes.lines().filter(|l| l.starts_with("near")).count() > 20, "{spikes}");
    for file in ["raster.csv", "traces.csv"] {
        assert_eq!(place.read(&format!("one/{file}")), place.read(&format!("two/{file}")), "{file}");
    }
    assert!(place.read("one/traces.csv").lines().next().unwrap().contains("near[0].noise.i (nA)"));
    // Another seed draws other currents.
    place.homolog("run net.toml --quiet --raster --seed 7 --out other").well();
    assert_ne!(spikes, place.read("other/raster.csv"));
}

#[test]
fn what_cannot_flow_into_a_population_is_said_with_its_place_and_a_hint() {
    let place = Place::new();
    place.write("i.csv", "t (ms),i (pA)\n20,100\n");
    let said = |from: &str, to: &str, wanted: &[&str]| {
        assert!(DRIVEN.contains(from), "{from}");
        place.write("bad.toml", &DRIVEN.replacen(from, to, 1));
        let done = place.homolog("check bad.toml");
        assert_eq!(done.code, 1, "{}", done.err);
        assert!(wanted.iter().all(|w| done.err.contains(w)), "{wanted:?}\n{}", done.err);
    };
    said("amplitude = \"300 pA\"", "amplitude = \"3 mV\"", &["the drive of `if_curr_exp` is in nA, not in mV", "bad.toml:35:13"]);
    said("neurons = [3, 4]", "neurons = [3, 12]", &["`near` has no neuron 12", "12 neurons are numbered from 0"]);
    said("neurons = [3, 4]", "branch = \"soma\"", &["not made of cells", "remove the line"]);
    said("{ table = \"i.csv\" }", "{ table = \"i.csv\" }\nduration = \"5 ms\"", &["`duration` is of one step"]);
    said("{ table = \"i.csv\" }", "{ table = \"i.csv\", unit = \"mV\" }", &["the drive of `if_curr_exp` is in nA, not in mV"]);
    said("{ table = \"i.csv\" }", "{ table = \"j.csv\" }", &["j.csv", "bad.toml:38"]);
    said("deviation = \"200 pA\"", "deviation = \"2 mV\"", &["`mean` is in nA, and `deviation` in mV"]);
    said("deviation = \"200 pA\", tau", "deviation = 200, tau", &["`deviation` has no unit", "write it as"]);
    said("tau = \"4 ms\"", "time = \"4 ms\"", &["tau"]);
    said("correlation = 0.3", "correlation = 1.5", &["correlation"]);
    said("poisson = \"20 Hz\"\n", "times = []\n", &["`correlation` is of spikes that are drawn by `poisson`"]);
    said("[[noise]]\n", "[[noise]]\nweight = \"1 pA\"\n", &["`weight` is of trains"]);
}

#[test]
fn pixels_as_latencies_are_learned_without_labels() {
    let place = Place::new();
    let mut text = std::fs::read_to_string(common::repository().join("examples/stdp.toml")).unwrap();
    // A pixel has one spike in a presentation of 50 ms, and less than a third of its brightness none: larger weights, a shorter memory.
    for (poisson, latency) in [
        ("neuron = \"poisson\"", "neuron = \"latency\"\nparameters = { least = \"6 ms\" }"),
        ("{ constant = \"126 Hz\" }", "{ constant = \"20 ms\" }"),
        ("tau = \"100 ms\"", "tau = \"30 ms\""),
        ("\"0.8 mV\"", "\"2.4 mV\""),
        ("eta = 0.003", "eta = 0.02"),
        ("target = 0.2", "target = 0.4"),
        ("wmax = \"2 mV\"", "wmax = \"6 mV\""),
        ("sum = \"20 mV\"", "sum = \"60 mV\""),
        ("passes = 2", "passes = 1\nsamples = 600"),
    ] {
        assert!(text.contains(poisson), "the example no longer says `{poisson}`");
        text = text.replace(poisson, latency);
    }
    place.write("net.toml", &text);
    // Seeds other than the one with which these numbers were found.
    for seed in [1, 2] {
        let json = place.homolog(&format!("run net.toml --quiet --json --seed {seed} --out out")).well().json();
        let accuracy = json["test_accuracy"].as_f64().unwrap();
        assert!(accuracy > 0.3, "{accuracy}, and chance is 0.1: {json}");
    }
}

#[test]
fn a_course_flows_into_cells_as_the_steps_that_it_is_made_of_also_in_the_reference() {
    let place = Place::new();
    let cell = |stimuli: &str| {
        format!(
            "[time]\nstep = \"0.025 ms\"\npresentation = \"40 ms\"\n[population.cell]\nsize = 1\nneuron = \"cells/two-branch\"\nbias = false\n{stimuli}"
        )
    };
    let into = "[[stimulus]]\npopulation = \"cell\"\nbranch = \"soma\"\n";
    let step = |delay: &str, duration: &str, nanoampere: &str| {
        format!("{into}delay = \"{delay} ms\"\nduration = \"{duration} ms\"\namplitude = \"{nanoampere} nA\"\n")
    };
    place.write("i.csv", "t (s),i (pA)\n0.005,500\n0.025,-100\n0.03,0\n");
    place.write("steps.toml", &cell(&(step("5", "20", "0.5") + &step("25", "5", "-0.1"))));
    place.write("course.toml", &cell(&format!("{into}current = {{ table = \"i.csv\" }}\n")));
    for name in ["steps", "course"] {
        place.homolog(&format!("run {name}.toml --quiet --reference --out {name}")).well();
    }
    let numbers = |path: &str| -> Vec<f64> {
        place.read(path).lines().skip(1).flat_map(|l| l.split(',').map(|x| x.parse::<f64>().unwrap()).collect::<Vec<_>>()).collect()
    };
    for file in ["traces.csv", "reference.csv"] {
        let (a, b) = (numbers(&format!("steps/{file}")), numbers(&format!("course/{file}")));
        assert!(a.len() == b.len() && a.iter().any(|x| *x > 0.0), "{file}");
        // The solver meets the same edges, but sums one current where there are two.
        let far = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 1e-3, "{file}: {far} mV apart");
    }
    assert!(place.read("course/traces.html").contains("Injected current"));
}
