//! `homolog compare` on the task that ships with the program, in few epochs.

mod common;

use common::Place;

const LEVEL_KEYS: [&str; 15] = [
    "level",
    "neuron",
    "test_accuracy",
    "control_accuracy",
    "neurons",
    "parameters",
    "simulated_ms",
    "spikes_per_image",
    "spikes_per_neuron_per_image",
    "operations_per_image",
    "energy_j_per_image",
    "wall_s",
    "cpu_s",
    "peak_rss_mb",
    "calibration",
];

#[test]
fn one_line_of_json_holds_every_figure() {
    let place = Place::new();
    let done = place.homolog("compare digits --epochs 2 --seeds 2 --out found --json").well();
    let json = done.json();
    assert_eq!(done.err, "");
    let levels = json["levels"].as_array().unwrap();
    assert_eq!(levels.iter().map(|l| l["neuron"].as_str().unwrap()).collect::<Vec<_>>(), ["relu", "lif"]);
    for level in levels {
        for key in LEVEL_KEYS {
            assert!(!level[key].is_null(), "{key} is missing: {level}");
        }
        for which in ["test_accuracy", "control_accuracy"] {
            assert_eq!(level[which]["seeds"].as_array().unwrap().len(), 2);
            assert!(level[which]["mean"].as_f64().unwrap() > 0.2 && level[which]["sd"].is_number());
        }
    }
    assert_eq!(json["provenance"]["seeds"], serde_json::json!([0, 1]));
    assert!(json["provenance"]["hashes"]["data"].as_str().is_some_and(|h| h.len() == 64));
    assert_eq!(levels[0]["spikes_per_image"], 0.0);
    assert!(levels[1]["spikes_per_image"].as_f64().unwrap() > 1.0);
    assert_eq!(levels[0]["parameters"], levels[1]["parameters"]);
}

#[test]
fn the_page_the_report_and_the_models_are_written() {
    let place = Place::new();
    let done = place.homolog("compare digits --epochs 1 --quiet").well();
    assert_eq!(done.err, "");
    assert!(done.out.contains("Test accuracy") && done.out.contains("out/digits/report.html"), "{}", done.out);
    let page = place.read("out/digits/report.html");
    assert!(page.ends_with("</html>\n") && page.contains("aria-label=\"Spike raster"));
    let report: serde_json::Value = serde_json::from_str(&place.read("out/digits/report.json")).unwrap();
    assert_eq!(report["entries"][1]["name"], "point");
    let left = std::fs::read_dir(place.path("out/digits")).unwrap().count();
    assert_eq!(left, 3, "nothing but report.html, report.json and models");
}

#[test]
fn the_model_files_of_two_levels_differ_in_one_word_of_one_line() {
    let place = Place::new();
    place.homolog("compare digits --epochs 1 --quiet").well();
    let (rate, point) = (place.read("out/digits/models/rate.toml"), place.read("out/digits/models/point.toml"));
    let different: Vec<(&str, &str)> = rate.lines().zip(point.lines()).filter(|(a, b)| a != b).collect();
    assert_eq!(rate.lines().count(), point.lines().count());
    assert_eq!(different.len(), 1, "{different:?}");
    assert_eq!(different[0].0.replacen("\"relu\"", "\"lif\"", 1), different[0].1);
    let rates = |text: &str| text.lines().filter(|l| l.starts_with("learning-rate")).map(String::from).collect::<Vec<_>>();
    assert_eq!(rates(&rate).len(), 1, "one learning rate");
    assert_eq!(rates(&rate), rates(&point));
}

#[test]
fn threads_change_no_figure_but_time() {
    let place = Place::new();
    let figures = |threads: usize| {
        let mut json = place.homolog(&format!("compare digits --epochs 1 --seeds 2 --threads {threads} --json")).well().json();
        for level in json["levels"].as_array_mut().unwrap() {
            for key in ["wall_s", "cpu_s", "peak_rss_mb"] {
                level[key].take();
            }
        }
        json["provenance"]["threads"].take();
        json.to_string()
    };
    assert_eq!(figures(1), figures(3));
}

#[test]
fn any_neuron_of_the_library_is_a_level_and_so_is_one_of_the_users_own() {
    let place = Place::new();
    std::fs::create_dir(place.path("mine")).unwrap();
    let relu = std::fs::read_to_string(common::repository().join("library/neurons/relu.mod")).unwrap();
    place.write("mine/ramp.mod", &relu.replace("ARTIFICIAL_CELL relu", "ARTIFICIAL_CELL ramp"));
    let json = place.homolog("compare digits --levels rate,tanh,ramp --epochs 1 --library mine --json").well().json();
    let names: Vec<&str> = json["levels"].as_array().unwrap().iter().map(|l| l["level"].as_str().unwrap()).collect();
    assert_eq!(names, ["rate", "tanh", "ramp"]);
    assert_eq!(json["levels"][0]["test_accuracy"], json["levels"][2]["test_accuracy"], "the same equations under another name");
}
