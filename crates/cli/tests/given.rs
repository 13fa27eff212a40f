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
    place.write("t.csv", "neuron,t (s)\n0,0.15\n1,0.1501\n");
    let list = "{ table = \"t.csv\", time = 2, recorded = true }";
    place.write("late.toml", &heard(&format!("[population.near]\nsize = 6\nneuron = \"spikes\"\ntimes = {list}\n")));
    let done = place.homolog("check late.toml").well();
    let text = done.out + &done.err;
    assert!(text.contains("a spike comes after the 150 ms of a presentation have ended, the first at 150.1 ms"), "{text}");
}
