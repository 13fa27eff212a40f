//! The head of the page: what was asked, the answer in one sentence, and the figure that shows it.

use super::svg::{Scale, Svg, round_step, tick_label};
use super::{COLOURS, Comparison, Level, escape, marked};
use crate::show;
use homolog_base::report::{Basis, Score};

/// The answer in one sentence; words of the model file stand in backticks.
pub fn answer(c: &Comparison) -> String {
    let part = |l: &Level| {
        let s = over_seeds(&l.test_accuracy);
        let energy = l.scores.get("energy_j_per_image").map(|e| show::with_prefix(e.value, "J"));
        (show::percent(s.value, s.sd), energy)
    };
    let Some((first, rest)) = c.levels.split_first() else { return String::new() };
    let (accuracy, energy) = part(first);
    let energy = energy.map_or(String::new(), |e| format!(" (an estimated {e} for an image)"));
    let mut text = format!("The network classifies {accuracy} of the test images correctly with `{}` neurons{energy}", first.neuron);
    for (k, level) in rest.iter().enumerate() {
        let (accuracy, energy) = part(level);
        let joint = if k + 1 == rest.len() { " and" } else { "," };
        text.push_str(&format!("{joint} {accuracy} with `{}`{}", level.neuron, energy.map_or(String::new(), |e| format!(" ({e})"))));
    }
    text.push_str(if rest.is_empty() { "." } else { ": one word is all that differs between the model files." });
    text
}

/// Title, answer and figure.
pub fn section(c: &Comparison) -> String {
    let range = range(c);
    let seeds = c.provenance.seeds.len();
    format!(
        "<header>\n<p class=\"eyebrow\">Homolog · comparison of {} levels of neural detail · {}</p>\n<h1>{}</h1>\n<p class=\"answer\">{}</p>\n</header>\n<figure class=\"wide\">\n{}\n<figcaption>Filled: trained; one dot a seed, the bar at their mean. Hollow: the control, in which the neurons of <code>{}</code> keep the weights they started with, and only the readout learns. What lies between is what those neurons learned.{}</figcaption>\n</figure>\n",
        c.levels.len(),
        show::plural(seeds, "seed"),
        escape(&c.title),
        marked(&answer(c)),
        figures(c, range),
        escape(&c.population),
        match chance(c) {
            Some(v) if v < range.0 => format!(" Chance would be {} %, further to the left.", tick_label((v * 1000.0).round() / 10.0, 1.0)),
            _ => String::new(),
        },
    )
}

/// Mean and spread of one value a seed.
pub fn over_seeds(values: &[f64]) -> Score {
    Score::over_seeds(values, "1", Basis::Measured)
}

fn chance(c: &Comparison) -> Option<f64> {
    (!c.classes.is_empty()).then(|| 1.0 / c.classes.len() as f64)
}

/// The part of the axis from 0 to 1 that is needed, and its step.
fn range(c: &Comparison) -> (f64, f64) {
    let least = c.levels.iter().flat_map(|l| l.test_accuracy.iter().chain(&l.control_accuracy)).fold(1.0f64, |a, b| a.min(*b));
    let step = round_step((1.0 - least).max(0.02) / 5.0);
    (((least - step * 0.3) / step).floor() * step, step)
}

/// The same figure for wide and for narrow pages; the style sheet shows one of them.
struct Frame {
    class: &'static str,
    width: f64,
    row: f64,
    /// Where the axis begins and how far before the right edge it ends.
    margins: (f64, f64),
    /// Names above the line instead of before it.
    names_above: bool,
}

fn figures(c: &Comparison, range: (f64, f64)) -> String {
    let wide =
        Frame { class: "on-wide", width: 860.0, row: 58.0, margins: ((super::name_width(c) + 18.0).max(128.0), 96.0), names_above: false };
    let narrow = Frame { class: "on-narrow", width: 358.0, row: 66.0, margins: (8.0, 14.0), names_above: true };
    [wide, narrow].map(|f| format!("<div class=\"{}\">{}</div>", f.class, figure(c, range, &f))).join("\n")
}

fn figure(c: &Comparison, (low, step): (f64, f64), f: &Frame) -> String {
    let top = 12.0;
    let (left, right) = (f.margins.0, f.width - f.margins.1);
    let bottom = top + f.row * c.levels.len() as f64;
    let words = c.levels.iter().map(|l| {
        let (t, k) = (over_seeds(&l.test_accuracy), over_seeds(&l.control_accuracy));
        format!("{} ({}) {}, control {}", l.name, l.neuron, show::percent(t.value, t.sd), show::percent(k.value, k.sd))
    });
    let mut svg = Svg::new(f.width, bottom + 42.0, &format!("Test accuracy: {}", words.collect::<Vec<_>>().join("; ")));
    let low = low.max(0.0);
    let x = Scale { values: (low, 1.0), places: (left, right) };
    for t in x.ticks(((1.0 - low) / step).round() as usize) {
        svg.line((x.at(t), top), (x.at(t), bottom), "grid");
        svg.text((x.at(t), bottom + 17.0), "middle", &tick_label(t * 100.0, step * 100.0));
    }
    svg.text(((left + right) / 2.0, bottom + 35.0), "middle axis", "test images classified correctly, %");
    if let Some(chance) = chance(c).filter(|v| *v >= low) {
        svg.line((x.at(chance), top), (x.at(chance), bottom), "chance");
        svg.text((x.at(chance) + 5.0, bottom - 5.0), "start small", "chance");
    }
    for (k, level) in c.levels.iter().enumerate() {
        let colour = format!("l{}", k % COLOURS);
        let (mean, control) = (over_seeds(&level.test_accuracy), over_seeds(&level.control_accuracy));
        let accuracy = format!("{:.1} %", mean.value * 100.0);
        let mut y = top + f.row * (k as f64 + 0.5);
        if f.names_above {
            svg.text(
                (left, y - 13.0),
                &format!("start strong {colour}"),
                &if level.name == level.neuron { level.name.clone() } else { format!("{} · {}", level.name, level.neuron) },
            );
            svg.text((right, y - 13.0), &format!("end strong {colour}"), &accuracy);
            y += 10.0;
        } else {
            let same = level.name == level.neuron;
            svg.text((left - 14.0, if same { y + 5.0 } else { y - 2.0 }), &format!("end strong {colour}"), &level.name);
            if !same {
                svg.text((left - 14.0, y + 13.0), "end mono", &level.neuron);
            }
            svg.text((right + 10.0, y + 5.0), &format!("start strong {colour}"), &accuracy);
        }
        if control.value.is_finite() {
            svg.line((x.at(control.value), y), (x.at(mean.value), y), &format!("span {colour}"));
            svg.line((x.at(control.value), y - 9.0), (x.at(control.value), y + 9.0), &format!("mean {colour}"));
        }
        svg.line((x.at(mean.value), y - 12.0), (x.at(mean.value), y + 12.0), &format!("mean {colour}"));
        for v in &level.control_accuracy {
            svg.circle((x.at(*v), y), 4.0, &format!("hollow {colour}"));
        }
        for v in &level.test_accuracy {
            svg.circle((x.at(*v), y), 4.5, &format!("dot {colour}"));
        }
    }
    svg.finish()
}
