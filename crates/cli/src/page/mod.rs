//! The report of a comparison: one HTML file that needs nothing else. No script, no request, light and dark, paper and
//! phone.

mod activity;
pub(crate) mod claims;
mod confusion;
mod curves;
mod energy;
pub(crate) mod learned;
mod model;
mod outcome;
mod picture;
pub(crate) mod svg;
mod table;

use homolog_base::report::{Provenance, Score};
use homolog_measure::{AtpTable, LevelResult};
use std::collections::BTreeMap;

pub use outcome::{answer, over_seeds};
pub use table::rows;

/// What a comparison found: all that the page shows.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// What was asked.
    pub title: String,
    /// Population whose neuron was exchanged.
    pub population: String,
    /// The levels, in the order of the file.
    pub levels: Vec<Level>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The sample whose way through the networks is shown.
    pub sample: Option<Sample>,
    /// Constants that energy was estimated with.
    pub constants: Vec<Constant>,
    /// Where they are from.
    pub energy_table: String,
    /// What pumps cost, where the energy of a level was measured.
    pub pumps: Option<AtpTable>,
    /// Further notes of the model file.
    pub notes: Vec<(String, String)>,
    /// Where the numbers come from.
    pub provenance: Provenance,
}

/// One level.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// Name: `rate`.
    pub name: String,
    /// The one word: `relu`.
    pub neuron: String,
    /// Text of its model file.
    pub file: String,
    /// Test accuracy for each seed.
    pub test_accuracy: Vec<f64>,
    /// The same with the compared population frozen.
    pub control_accuracy: Vec<f64>,
    /// Further scores by name.
    pub scores: BTreeMap<String, Score>,
    /// What the energy of one image is made of, joules.
    pub energy_parts: Vec<(String, f64)>,
    /// All results, seed by seed.
    pub results: Vec<LevelResult>,
    /// Learning curve for each seed.
    pub curves: Vec<Vec<Epoch>>,
    /// Test samples by true class (row) and predicted class (column), over all seeds.
    pub confusion: Vec<Vec<u64>>,
    /// What one sample did in the network.
    pub activity: Option<Activity>,
    /// What calibration found, by population.
    pub calibration: Vec<(String, homolog_model::calibration::Calibration)>,
}

/// One point of a learning curve.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epoch {
    /// Mean loss while learning.
    pub train_loss: f64,
    /// Accuracy while learning.
    pub train_accuracy: f64,
    /// Loss on the validation part, if there is one.
    pub validation_loss: Option<f64>,
    /// Accuracy on the validation part, if there is one.
    pub validation_accuracy: Option<f64>,
}

/// A picture and what it is.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Which of the samples.
    pub index: usize,
    /// Class.
    pub label: usize,
    /// Rows and columns.
    pub shape: (usize, usize),
    /// Intensities, row by row, from 0 to 1.
    pub pixels: Vec<f64>,
}

/// What one sample did in one network.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    /// Time step, ms; 0 for a network without time.
    pub dt: f64,
    /// Steps.
    pub ticks: usize,
    /// Value of every neuron of the compared population.
    pub values: Vec<f64>,
    /// Spikes: tick and neuron. Empty for a network without spikes.
    pub spikes: Vec<(usize, usize)>,
    /// Membrane traces.
    pub traces: Vec<Membrane>,
    /// Value of every neuron of the readout.
    pub classes: Vec<f64>,
}

/// Membrane traces of one neuron.
#[derive(Clone, Debug, Default)]
pub struct Membrane {
    /// Neuron.
    pub neuron: usize,
    /// Unit.
    pub unit: String,
    /// Places with one sample a tick each, the one where spikes are made first. A neuron without places has one, without a name.
    pub places: Vec<(String, Vec<f64>)>,
}

/// What one thing costs.
#[derive(Clone, Debug, Default)]
pub struct Constant {
    /// What it is.
    pub name: String,
    /// Joules.
    pub joules: f64,
    /// The upper end, where there is a range.
    pub most: Option<f64>,
    /// What else is to be said.
    pub note: String,
}

/// The whole page.
pub fn html(c: &Comparison) -> String {
    let mut out = String::with_capacity(1 << 17);
    out.push_str(&head(&c.title, ""));
    out.push_str("<main>\n");
    out.push_str(&outcome::section(c));
    out.push_str(&table::section(c));
    out.push_str(&curves::section(c));
    out.push_str(&activity::section(c));
    out.push_str(&confusion::section(c));
    out.push_str(&model::word(c));
    out.push_str(&table::calibration(c));
    out.push_str(&energy::estimated(c));
    out.push_str(&energy::measured(c));
    out.push_str(&model::provenance(c));
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// What every page begins with, up to its body: it needs nothing else, is light and dark, and fits a phone. `style` is what the page adds
/// to the style sheet.
pub(crate) fn head(title: &str, style: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>{} – Homolog</title>\n<style>\n{}{style}</style>\n</head>\n<body>\n",
        escape(title),
        include_str!("style.css")
    )
}

/// What the simple pages begin with: of what kind they are, and their title.
pub(crate) fn titled(kind: &str, title: &str, style: &str) -> String {
    format!("{}<main>\n<p class=\"eyebrow\">Homolog · {kind}</p>\n<h1>{}</h1>\n", head(title, style), escape(title))
}

/// Text as HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text with words in backticks as HTML.
fn marked(text: &str) -> String {
    let mut out = String::new();
    for (k, part) in text.split('`').enumerate() {
        match k % 2 {
            0 => out.push_str(&escape(part)),
            _ => out.push_str(&format!("<code>{}</code>", escape(part))),
        }
    }
    out
}

/// Name and word of a level with its colour.
fn chip(k: usize, level: &Level) -> String {
    let name = if level.name == level.neuron { String::new() } else { format!("{} ", escape(&level.name)) };
    format!("<span class=\"chip l{}\"><i></i>{name}<code>{}</code></span>", k % COLOURS, escape(&level.neuron))
}

/// Room for the longest name of a level in a drawing, in bold.
fn name_width(c: &Comparison) -> f64 {
    c.levels.iter().map(|l| l.name.chars().count()).max().unwrap_or(0) as f64 * 7.5
}

/// Colours of the style sheet; further levels begin again.
const COLOURS: usize = 6;

#[cfg(test)]
mod tests;
