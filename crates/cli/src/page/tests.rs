use super::*;
use homolog_base::Key;
use homolog_base::report::Basis;
use homolog_measure::{Energy, Flops, Ion, Operations, Pumped, Pumping};
use homolog_model::calibration::Calibration;

const FILE: &str = r#"title = "Handwritten digits"

[data]
source = "digits"
input = "image"
test = 0.2
validation = 0.1

[population.image]
size = 64
neuron = "input"

[population.hidden]
size = 64
neuron = "relu"

[population.class]
size = 10
neuron = "linear"

[[projection]]
from = "image"
to = "hidden"

[[projection]]
from = "hidden"
to = "class"
"#;

const SEVEN: [&str; 8] = ["00059000", "005fffa0", "004a26f0", "00003ec0", "008ffff4", "004de460", "0009e000", "000c9000"];

/// Made-up numbers with the shape of real ones.
fn sample() -> Comparison {
    let key = Key::new(7);
    let level = |name: &str, neuron: &str, file: String, order: u64| {
        let noise = |e: u64, s: u64| key.uniform(e + 1000 * order, s) - 0.5;
        let curves = (0..3)
            .map(|s| {
                (0..30u32)
                    .map(|e| {
                        let left = 2.3 * (1.0f64 - 0.11 + 0.02 * order as f64).powi(e as i32) + 0.1 + 0.05 * order as f64;
                        let right = 1.0 - left * 0.36;
                        Epoch {
                            train_loss: left,
                            train_accuracy: right,
                            validation_loss: Some(left * 1.15 + 0.05 * noise(s, e.into())),
                            validation_accuracy: Some((right - 0.012 + 0.01 * noise(s + 9, e.into())).max(0.1)),
                        }
                    })
                    .collect()
            })
            .collect();
        let confusion = (0..10u64)
            .map(|t| {
                (0..10u64)
                    .map(|p| match key.below(100, t * 10 + p, order) {
                        _ if t == p => 104 - t,
                        r if r > 88 => r - 86,
                        r if r > 78 => 1,
                        _ => 0,
                    })
                    .collect()
            })
            .collect();
        let spiking = order > 0;
        let values: Vec<f64> =
            (0..64).map(|n| (3.0 * key.normal(n, 50 + order)).max(0.0).round() / if spiking { 1.0 } else { 1.5 }).collect();
        let spikes: Vec<(usize, usize)> = values
            .iter()
            .enumerate()
            .filter(|_| spiking)
            .flat_map(|(n, v)| (0..*v as usize).map(move |k| ((k * 24 / *v as usize + n % 5).min(24), n)))
            .collect();
        let traces = if spiking {
            [spikes[0].1, spikes[spikes.len() - 1].1]
                .into_iter()
                .map(|neuron| Membrane {
                    neuron,
                    unit: "mV".into(),
                    places: vec![(String::new(), (0..25).map(|t| -70.0 + ((t * (neuron % 7 + 3)) % 17) as f64).collect())],
                })
                .collect()
        } else {
            vec![]
        };
        let score = |value: f64, unit: &str, basis| Score { value, sd: None, unit: unit.into(), basis };
        let scores = [
            ("neurons", score(74.0, "1", Basis::Counted)),
            ("parameters", score(4810.0, "1", Basis::Counted)),
            ("simulated_ms", score(25.0 * order as f64, "ms", Basis::Counted)),
            (
                "spikes_per_image",
                Score { value: 141.3 * order as f64, sd: Some(6.0 * order as f64), unit: "1".into(), basis: Basis::Counted },
            ),
            ("spikes_per_neuron_per_image", score(2.21 * order as f64, "1", Basis::Counted)),
            ("operations_per_image", score(9536.0 * (1.0 + 5.0 * order as f64), "1", Basis::Counted)),
            ("energy_j_per_image", score(3.1e-8 * (1.0 + 3.0 * order as f64), "J", Basis::Estimated)),
            ("wall_s", score(8.4 + 60.0 * order as f64, "s", Basis::Measured)),
            ("cpu_s", score(16.1 + 118.0 * order as f64, "s", Basis::Measured)),
            ("peak_rss_mb", score(31.2 + 14.0 * order as f64, "MB", Basis::Measured)),
        ];
        Level {
            name: name.into(),
            neuron: neuron.into(),
            file,
            test_accuracy: vec![0.975 - 0.008 * order as f64, 0.981 - 0.008 * order as f64, 0.978 - 0.01 * order as f64],
            control_accuracy: vec![0.925 - 0.02 * order as f64, 0.931 - 0.02 * order as f64, 0.918 - 0.015 * order as f64],
            scores: scores.map(|(k, s)| (k.to_string(), s)).into(),
            energy_parts: vec![("multiply-accumulates".into(), 4.6e-9), ("weights from DRAM".into(), if spiking { 0.0 } else { 2.2e-8 })],
            results: vec![],
            curves,
            confusion,
            activity: Some(Activity {
                dt: if spiking { 1.0 } else { 0.0 },
                ticks: if spiking { 25 } else { 0 },
                values,
                spikes,
                traces,
                classes: (0..10).map(|n| if n == 7 { 5.2 } else { 2.0 * key.normal(n, 90 + order) }).collect(),
            }),
            calibration: vec![(
                "hidden".into(),
                Calibration {
                    declared: 0.4 + 1.6 * order as f64,
                    found: 0.399,
                    gain: 1.0 + 0.4 * order as f64,
                    reached: 0.4 + 1.59 * order as f64,
                },
            )],
        }
    };
    let pixels = SEVEN.iter().flat_map(|r| r.chars().map(|c| f64::from(c.to_digit(16).unwrap_or(0)) / 15.0)).collect();
    let mut cable = level("cable", "cells/two-branch", FILE.replace("relu", "cells/two-branch"), 3);
    made_of_cells(&mut cable);
    let word = |w: &str| FILE.replace("\"relu\"", &format!("\"{w}\""));
    Comparison {
        title: "Handwritten digits".into(),
        population: "hidden".into(),
        levels: vec![
            level("rate", "relu", word("relu"), 0),
            level("point", "lif", word("lif"), 1),
            level("adaptive", "adex", word("adex"), 2),
            cable,
        ],
        classes: (0..10).map(|k| k.to_string()).collect(),
        sample: Some(Sample { index: 3, label: 7, shape: (8, 8), pixels }),
        constants: vec![
            Constant { name: "Addition".into(), joules: 0.9e-12, ..Constant::default() },
            Constant { name: "Access to DRAM".into(), joules: 1.3e-9, most: Some(2.6e-9), note: "64 bits".into() },
        ],
        energy_table: "A table, its year".into(),
        pumps: Some(AtpTable {
            name: "pumps".into(),
            reference: "Another table, its year".into(),
            hydrolysis: 50.0,
            ion: vec![
                Ion { name: "na".into(), title: "Sodium".into(), charge: 1, per_atp: 3.0 },
                Ion { name: "ca".into(), title: "Calcium".into(), charge: 2, per_atp: 1.0 },
            ],
        }),
        notes: vec![],
        provenance: Provenance {
            version: "0.0.0".into(),
            seeds: vec![0, 1, 2],
            hashes: [
                ("data", "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"),
                ("model rate", "12bacf187eba4f770a04d97be5dbaad9289fe5d89a89729b6af3255c8bbfa9e1"),
                ("model point", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            ]
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .into(),
            machine: [("processor", "a processor"), ("instructions", "avx2"), ("system", "linux")]
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .into(),
            threads: 2,
        },
    }
}

/// Gives a level the figures that only cells have: compartments, potentials at two places, and a measured energy.
fn made_of_cells(l: &mut Level) {
    let score = |value: f64, unit: &str, basis| Score { value, sd: None, unit: unit.into(), basis };
    l.scores.insert("compartments".into(), score(704.0, "1", Basis::Counted));
    l.scores.insert("energy_measured_j_per_image".into(), score(4.2e-9, "J", Basis::Measured));
    let operations = Operations { multiply_accumulates: 0.0, accumulates: 0.0, neurons: Flops::default(), spikes: 0.0, traffic: vec![] };
    let parts = vec![Pumped { title: "Sodium".into(), charge: 2.43e4, atp: 5.06e10 }];
    l.results.push(LevelResult {
        seed: 0,
        test_accuracy: 0.95,
        frozen_accuracy: Some(0.88),
        neurons: 74,
        compartments: Some(704),
        parameters: 4810,
        simulated_ms: 50.0,
        operations,
        energy: Energy { joules: 1e-7, range: (1e-7, 1e-7), parts: vec![], table: "t".into() },
        pumping: Some(Pumping { atp: 5.06e10, joules: 4.2e-9, parts }),
        epochs: 30,
        wall_s: 2.0,
        memory_bytes: None,
    });
    let Some(a) = &mut l.activity else { return };
    (a.dt, a.ticks) = (0.1, 500);
    a.spikes.iter_mut().for_each(|s| s.0 *= 20);
    for t in &mut a.traces {
        let at: Vec<usize> = a.spikes.iter().filter(|s| s.1 == t.neuron).map(|s| s.0).collect();
        // A stroke of 90 mV that fades within a ms, and a bump that follows it.
        let after =
            |t: usize, fade: f64| at.iter().filter(|s| **s <= t).map(|s| homolog_base::math::exp(-((t - s) as f64) / fade)).sum::<f64>();
        let soma = (0..500).map(|t| -65.0 + 90.0 * after(t, 10.0)).collect();
        let dendrite = (0..500).map(|t| -62.0 + 20.0 * after(t, 40.0)).collect();
        t.places = vec![("soma".into(), soma), ("left, compartment 5 of 5".into(), dendrite)];
    }
}

#[test]
fn the_page_of_a_small_comparison_is_as_it_was() {
    insta::assert_binary_snapshot!("page.html", html(&sample()).into_bytes());
}

#[test]
fn the_page_asks_the_network_for_nothing() {
    let page = html(&sample());
    for word in ["http:", "https:", "src=", "@import", "url(", "<script", "<link"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn every_drawing_says_what_it_shows() {
    let page = html(&sample());
    assert!(page.matches("<svg").count() > 10);
    for svg in page.split("<svg").skip(1) {
        let head = svg.split('>').next().unwrap();
        assert!(head.contains("role=\"img\"") && head.contains("aria-label=\"") && !head.contains("aria-label=\"\""), "{head}");
    }
}

#[test]
fn no_number_is_drawn_that_is_none() {
    let page = html(&sample());
    for word in ["NaN", "inf", "null"] {
        assert!(!page.replace("info", "").contains(&format!("\"{word}")), "{word}");
    }
}

#[test]
fn the_name_of_a_level_may_be_that_of_a_cell() {
    let mut c = sample();
    let l = c.levels.last_mut().unwrap();
    l.name.clone_from(&l.neuron);
    let page = html(&c);
    // Where names end lines of curves there is room for the longest.
    assert!(name_width(&c) >= 16.0 * 7.0 && page.contains("--name:17ch"));
}

#[test]
fn what_a_user_wrote_is_shown_as_text() {
    let mut c = sample();
    c.title = "<b>&\"".into();
    assert!(html(&c).contains("<h1>&lt;b&gt;&amp;&quot;</h1>"));
}

#[test]
fn an_empty_comparison_is_a_page_too() {
    assert!(html(&Comparison::default()).contains("</html>"));
}

#[test]
fn what_only_cells_have_is_a_dash_elsewhere_and_no_row_where_there_are_none() {
    let cells = |c: &Comparison, name: &str| rows(c).into_iter().find(|r| r.0 == name).map(|r| r.1);
    let mut c = sample();
    assert_eq!(cells(&c, "Energy (measured, ATP)").unwrap(), ["–", "–", "–", "4.20 nJ"]);
    assert_eq!(cells(&c, "Compartments").unwrap(), ["–", "–", "–", "704"]);
    let page = html(&c);
    assert!(page.contains("How energy was measured") && page.contains("50.0 kJ/mol") && page.contains("Not counted: "));
    assert!(page.contains("left, compartment 5 of 5"));
    c.levels.pop();
    c.pumps = None;
    assert_eq!((cells(&c, "Energy (measured, ATP)"), cells(&c, "Compartments")), (None, None));
    assert!(!html(&c).contains("How energy was measured"));
}

#[test]
fn the_answer_names_the_words_and_the_accuracies() {
    let text = answer(&sample());
    assert!(text.contains("`relu`") && text.contains("`lif`") && text.contains("97.8 ± 0.3 %"), "{text}");
}

#[test]
fn files_that_differ_in_one_word_differ_in_one_line() {
    let other = FILE.replace("\"relu\"", "\"lif\"");
    let d = model::differences(&[FILE, &other]);
    assert_eq!(d.len(), 1);
    assert_eq!(d[0].1, ["neuron = \"relu\"", "neuron = \"lif\""]);
}
