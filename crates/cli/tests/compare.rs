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
    let done = place.homolog("compare digits --levels rate,point --epochs 2 --seeds 2 --out found --json").well();
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
    let done = place.homolog("compare digits --levels rate,point --epochs 1 --quiet").well();
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
fn the_model_files_of_the_levels_differ_in_one_word_of_one_line() {
    let place = Place::new();
    let done = place.homolog("compare digits --epochs 1 --quiet").well();
    assert!(done.out.contains("cable (cells/two-branch)"), "{}", done.out);
    let rate = place.read("out/digits/models/rate.toml");
    for (level, word) in [("point", "\"lif\""), ("cable", "\"cells/two-branch\"")] {
        let other = place.read(&format!("out/digits/models/{level}.toml"));
        let different: Vec<(&str, &str)> = rate.lines().zip(other.lines()).filter(|(a, b)| a != b).collect();
        assert_eq!(rate.lines().count(), other.lines().count());
        assert_eq!(different.len(), 1, "{different:?}");
        assert_eq!(different[0].0.replacen("\"relu\"", word, 1), different[0].1);
        let rates = |text: &str| text.lines().filter(|l| l.starts_with("learning-rate")).map(String::from).collect::<Vec<_>>();
        assert_eq!(rates(&rate).len(), 1, "one learning rate");
        assert_eq!(rates(&rate), rates(&other));
    }
}

#[test]
fn threads_change_no_figure_but_time() {
    let place = Place::new();
    // All levels; few images, since a cell takes long.
    place.write("few.toml", &few());
    let task = "few.toml";
    let figures = |threads: usize| {
        let mut json = place.homolog(&format!("compare {task} --epochs 1 --seeds 2 --threads {threads} --json")).well().json();
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

#[test]
fn cells_have_compartments_a_measured_energy_and_potentials_at_two_places() {
    let place = Place::new();
    // Few images: a cell takes long.
    place.write("few.toml", &few());
    let json = place.homolog("compare few.toml --levels point,cable --epochs 1 --json --out found").well().json();
    let [point, cell] = &json["levels"].as_array().unwrap()[..] else { panic!("two levels") };
    assert_eq!((cell["level"].as_str(), cell["neuron"].as_str()), (Some("cable"), Some("cells/two-branch")));
    for key in ["compartments", "atp_per_image", "energy_measured_j_per_image"] {
        assert!(point[key].is_null() && cell[key].as_f64().unwrap() > 0.0, "{key}");
    }
    assert_eq!((cell["compartments"].as_f64(), cell["simulated_ms"].as_f64()), (Some(44.0), Some(20.0)));
    // 50 kJ/mol.
    let joules = cell["atp_per_image"].as_f64().unwrap() * 5e4 / 6.022_140_76e23;
    assert!((cell["energy_measured_j_per_image"].as_f64().unwrap() / joules - 1.0).abs() < 1e-12);
    let report: serde_json::Value = serde_json::from_str(&place.read("found/report.json")).unwrap();
    let scores = &report["entries"][1]["scores"];
    assert_eq!(scores["energy per image, measured"]["basis"], "measured");
    assert_eq!(scores["compartments"]["value"], 44.0);
    assert!(place.read("found/models/cable.toml").contains("\"cells/two-branch\""));
    let page = place.read("found/report.html");
    assert!(page.contains("How energy was measured") && page.contains("Solid: soma") && page.contains("compartment 5 of 5"));
}

/// The task of digits with a small hidden layer, and few of the images.
fn few() -> String {
    let task = std::fs::read_to_string(common::repository().join("library/tasks/digits.toml")).unwrap();
    task.replace("size = 32", "size = 4").replace("test = 0.2", "test = 0.96")
}
