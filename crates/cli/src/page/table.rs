//! The tables: results and calibration.

use super::outcome::over_seeds;
use super::{COLOURS, Comparison, Level, escape};
use crate::show;
use homolog_base::report::{Basis, Score};

/// One row of the table of results.
struct Row {
    name: &'static str,
    note: &'static str,
    /// Name of the score; the two accuracies have their own.
    key: &'static str,
    write: fn(&Score) -> String,
}

const GROUPS: &[(&str, &[Row])] = &[
    (
        "Accuracy",
        &[
            Row {
                name: "Test accuracy",
                note: "on images never used for learning",
                key: "test_accuracy",
                write: |s| show::percent(s.value, s.sd),
            },
            Row {
                name: "Frozen-hidden control",
                note: "same training, exchanged neurons keep their first weights",
                key: "control_accuracy",
                write: |s| show::percent(s.value, s.sd),
            },
        ],
    ),
    (
        "Size",
        &[
            Row { name: "Neurons", note: "without the inputs", key: "neurons", write: |s| show::count(s.value) },
            Row { name: "Compartments", note: "of all neurons", key: "compartments", write: |s| show::count(s.value) },
            Row { name: "Learned parameters", note: "weights and biases", key: "parameters", write: |s| show::count(s.value) },
            Row {
                name: "Simulated time",
                note: "for one image",
                key: "simulated_ms",
                write: |s| if s.value == 0.0 { "none".into() } else { format!("{} ms", show::three_digits(s.value)) },
            },
        ],
    ),
    (
        "Work for one image",
        &[
            Row { name: "Spikes", note: "of all neurons", key: "spikes_per_image", write: with_spread },
            Row { name: "Spikes per spiking neuron", note: "", key: "spikes_per_neuron_per_image", write: with_spread },
            Row {
                name: "Operations",
                note: "arithmetic of the forward run",
                key: "operations_per_image",
                write: |s| show::with_prefix(s.value, "").trim_end().to_string(),
            },
            Row { name: "Energy", note: "from the constants below", key: "energy_j_per_image", write: |s| show::with_prefix(s.value, "J") },
            Row {
                name: "Energy (measured, ATP)",
                note: "what cells would spend on their ion pumps",
                key: "energy_measured_j_per_image",
                write: |s| show::with_prefix(s.value, "J"),
            },
        ],
    ),
    (
        "Cost of this comparison",
        &[
            Row { name: "Wall time", note: "all seeds and controls", key: "wall_s", write: |s| show::seconds(s.value) },
            Row { name: "Processor time", note: "", key: "cpu_s", write: |s| show::seconds(s.value) },
            Row { name: "Peak memory", note: "resident", key: "peak_rss_mb", write: |s| format!("{} MB", show::three_digits(s.value)) },
        ],
    ),
];

fn with_spread(s: &Score) -> String {
    match s.sd {
        Some(sd) if s.value != 0.0 => show::with_spread(s.value, sd),
        _ => show::three_digits(s.value),
    }
}

fn score(level: &Level, key: &str) -> Option<Score> {
    match key {
        "test_accuracy" => Some(over_seeds(&level.test_accuracy)),
        "control_accuracy" => Some(over_seeds(&level.control_accuracy)),
        _ => level.scores.get(key).cloned(),
    }
    .filter(|s| s.value.is_finite())
}

/// The cells of a row; none where no level has such a score.
fn cells(c: &Comparison, row: &Row) -> Option<Vec<Option<Score>>> {
    let scores: Vec<Option<Score>> = c.levels.iter().map(|l| score(l, row.key)).collect();
    scores.iter().any(Option::is_some).then_some(scores)
}

/// The table of results. One column a level: so it fits a telephone.
pub fn section(c: &Comparison) -> String {
    let mut out = format!(
        "<section>\n<h2>Results</h2>\n<div class=\"scroll\">\n<table class=\"results\" role=\"table\" style=\"--n:{}\">\n<thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\"><span class=\"hidden\">Measure</span></th>",
        c.levels.len()
    );
    for (k, l) in c.levels.iter().enumerate() {
        out.push_str(&format!("<th scope=\"col\" role=\"columnheader\" class=\"l{}\">{}</th>", k % COLOURS, heading(l)));
    }
    out.push_str("</tr></thead>\n");
    for (group, rows) in GROUPS {
        out.push_str(&format!("<tbody role=\"rowgroup\">\n<tr role=\"row\" class=\"group\"><th scope=\"rowgroup\" role=\"rowheader\" colspan=\"{}\">{group}</th></tr>\n", c.levels.len() + 1));
        for row in *rows {
            let Some(scores) = cells(c, row) else { continue };
            let estimated = scores.iter().flatten().any(|s| s.basis == Basis::Estimated);
            let badge = if estimated { " <span class=\"badge\">estimated</span>" } else { "" };
            let note = if row.note.is_empty() { String::new() } else { format!("<small>{}</small>", row.note) };
            out.push_str(&format!("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">{}{badge}{note}</th>", row.name));
            for s in scores {
                out.push_str(&format!("<td role=\"cell\">{}</td>", s.map_or("–".into(), |s| escape(&(row.write)(&s)))));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n");
    }
    out.push_str("</table>\n</div>\n");
    for (key, text) in &c.notes {
        out.push_str(&format!("<p class=\"note\"><b>{}</b> {}</p>\n", escape(key), escape(text)));
    }
    out.push_str("</section>\n");
    out
}

/// Name and word, or the word alone when they are the same.
fn heading(l: &Level) -> String {
    let word = format!("<code>{}</code>", escape(&l.neuron));
    if l.name == l.neuron { word } else { format!("{}<br>{word}", escape(&l.name)) }
}

/// What calibration found.
pub fn calibration(c: &Comparison) -> String {
    if c.levels.iter().all(|l| l.calibration.is_empty()) {
        return String::new();
    }
    let mut out = String::from(
        "<section>\n<h2>Calibration</h2>\n<p>A neuron declares how active it is under a drive of unit variance: mean absolute value, or spikes in one presentation. The size of a weight of 1 is scaled until it is so; this is why one initialisation and one learning rate serve every level.</p>\n<div class=\"scroll\">\n<table>\n<thead><tr><th scope=\"col\">Level</th><th scope=\"col\" class=\"left\">Population</th><th scope=\"col\">Declared</th><th scope=\"col\">Found</th><th scope=\"col\">Gain</th><th scope=\"col\">Reached</th></tr></thead>\n<tbody>\n",
    );
    for l in &c.levels {
        for (population, cal) in &l.calibration {
            let cells: String =
                [cal.declared, cal.found, cal.gain, cal.reached].iter().map(|v| format!("<td>{}</td>", show::three_digits(*v))).collect();
            out.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><th scope=\"row\"><code>{}</code></th>{cells}</tr>\n",
                heading(l).replace("<br>", " "),
                escape(population)
            ));
        }
    }
    out.push_str("</tbody>\n</table>\n</div>\n</section>\n");
    out
}

/// The rows of the table of results as plain words, for the terminal.
pub fn rows(c: &Comparison) -> Vec<(String, Vec<String>)> {
    let all = GROUPS.iter().flat_map(|g| g.1.iter());
    all.filter_map(|row| Some((row, cells(c, row)?)))
        .map(|(row, cells)| {
            let name = if cells.iter().flatten().any(|s| s.basis == Basis::Estimated) {
                format!("{} (estimated)", row.name)
            } else {
                row.name.to_string()
            };
            (name, cells.into_iter().map(|s| s.map_or("–".into(), |s| (row.write)(&s))).collect())
        })
        .collect()
}
