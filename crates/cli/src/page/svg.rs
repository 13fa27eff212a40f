//! Drawings: as little of SVG as the figures need.

use super::escape;
use std::fmt::Write;

/// A drawing that grows.
pub struct Svg {
    width: f64,
    height: f64,
    title: String,
    body: String,
}

impl Svg {
    /// An empty drawing; `title` is read out to those who cannot see it.
    pub fn new(width: f64, height: f64, title: &str) -> Self {
        Svg { width, height, title: escape(title), body: String::new() }
    }

    /// How wide it is.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let _ =
            write!(self.body, "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", n(from.0), n(from.1), n(to.0), n(to.1));
    }

    /// A filled box; one of negative or no size is left out.
    pub fn rect(&mut self, corner: (f64, f64), size: (f64, f64), class: &str, opacity: f64) {
        if size.0 <= 0.0 || size.1 <= 0.0 {
            return;
        }
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            n(corner.0),
            n(corner.1),
            n(size.0),
            n(size.1)
        );
        if opacity < 1.0 {
            let _ = write!(self.body, " fill-opacity=\"{}\"", n2(opacity));
        }
        self.body.push_str("/>");
    }

    /// A round mark.
    pub fn circle(&mut self, centre: (f64, f64), radius: f64, class: &str) {
        let _ = write!(self.body, "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>", n(centre.0), n(centre.1), n(radius));
    }

    /// A broken line through points.
    pub fn path(&mut self, points: impl IntoIterator<Item = (f64, f64)>, class: &str) {
        let mut d = String::new();
        for (k, (x, y)) in points.into_iter().enumerate() {
            let _ = write!(d, "{}{} {}", if k == 0 { "M" } else { "L" }, n(x), n(y));
        }
        let _ = write!(self.body, "<path class=\"{class}\" d=\"{d}\"/>");
    }

    /// Several broken lines as one path, of one width.
    pub fn lines(&mut self, lines: &[Vec<(f64, f64)>], class: &str, width: f64) {
        let mut d = String::new();
        for (k, (x, y)) in lines.iter().flat_map(|l| l.iter().enumerate()) {
            let _ = write!(d, "{}{} {}", if k == 0 { "M" } else { "L" }, n(*x), n(*y));
        }
        let _ = write!(self.body, "<path class=\"{class}\" stroke-width=\"{width:.2}\" d=\"{d}\"/>");
    }

    /// A filled shape with these corners.
    pub fn shape(&mut self, corners: &[(f64, f64)], class: &str) {
        let at = |p: &(f64, f64)| format!("{} {}", n(p.0), n(p.1));
        let _ = write!(self.body, "<path class=\"{class}\" d=\"M{}Z\"/>", corners.iter().map(at).collect::<Vec<_>>().join("L"));
    }

    /// Many short upright strokes as one path: spikes of a raster.
    pub fn strokes(&mut self, strokes: impl IntoIterator<Item = (f64, f64, f64)>, class: &str, width: f64) {
        let mut d = String::new();
        for (x, y, height) in strokes {
            let _ = write!(d, "M{} {}v{}", n(x), n(y), n(height));
        }
        let _ = write!(self.body, "<path class=\"{class}\" stroke-width=\"{}\" d=\"{d}\"/>", n(width));
    }

    /// Words; `class` holds the anchor too (`start`, `middle`, `end`).
    pub fn text(&mut self, at: (f64, f64), class: &str, text: &str) {
        let _ = write!(self.body, "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>", n(at.0), n(at.1), escape(text));
    }

    /// Words that run upwards: the name of an upright axis.
    pub fn upward(&mut self, at: (f64, f64), text: &str) {
        let (x, y) = (n(at.0), n(at.1));
        let _ = write!(self.body, "<text class=\"middle axis\" transform=\"translate({x} {y}) rotate(-90)\">{}</text>", escape(text));
    }

    /// The element.
    pub fn finish(self) -> String {
        let (w, h, title) = (n(self.width), n(self.height), self.title);
        format!(
            "<svg viewBox=\"0 0 {w} {h}\" style=\"max-width:{w}px\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>{}</svg>",
            self.body
        )
    }
}

/// A straight scale from values to places.
#[derive(Clone, Copy)]
pub struct Scale {
    /// Values at the two ends.
    pub values: (f64, f64),
    /// Places of the two ends.
    pub places: (f64, f64),
}

impl Scale {
    /// Place of a value; values beyond the ends stay at the ends.
    pub fn at(&self, value: f64) -> f64 {
        let share = (value - self.values.0) / (self.values.1 - self.values.0);
        self.places.0 + share.clamp(0.0, 1.0) * (self.places.1 - self.places.0)
    }

    /// Round values between the ends, about `wanted` of them.
    pub fn ticks(&self, wanted: usize) -> Vec<f64> {
        self.ticks_every(round_step((self.values.1 - self.values.0) / wanted as f64))
    }

    /// The multiples of a step between the ends.
    pub fn ticks_every(&self, step: f64) -> Vec<f64> {
        let first = (self.values.0 / step - 1e-9).ceil() as i64;
        let last = (self.values.1 / step + 1e-9).floor() as i64;
        (first..=last).map(|k| k as f64 * step).collect()
    }
}

/// 1, 2 or 5 times a power of ten, at least `step`.
pub fn round_step(step: f64) -> f64 {
    let mut power = 1e-9;
    while power * 10.0 <= step {
        power *= 10.0;
    }
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= step * 0.999).unwrap_or(step)
}

/// A round number for an axis: no more decimals than its step has.
pub fn tick_label(value: f64, step: f64) -> String {
    let mut decimals = 0;
    let mut s = step;
    while decimals < 6 && (s - s.round()).abs() > 1e-6 * s.abs() {
        s *= 10.0;
        decimals += 1;
    }
    format!("{value:.decimals$}").replace('-', "−")
}

/// Moves places apart until neighbours are `gap` apart, within bounds; the order is kept.
pub fn spread(places: &mut [f64], gap: f64, bounds: (f64, f64)) {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
    for w in 0..order.len() {
        let least = if w == 0 { bounds.0 } else { places[order[w - 1]] + gap };
        places[order[w]] = places[order[w]].max(least);
    }
    for w in (0..order.len()).rev() {
        let most = if w + 1 == order.len() { bounds.1 } else { places[order[w + 1]] - gap };
        places[order[w]] = places[order[w]].min(most);
    }
}

fn n(x: f64) -> String {
    let text = format!("{x:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".into() } else { text.into() }
}

fn n2(x: f64) -> String {
    format!("{:.2}", x.clamp(0.0, 1.0))
}
