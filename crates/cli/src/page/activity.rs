//! One image on its way through each network. A neuron stands at the same height in every figure.

use super::svg::{Scale, Svg, round_step, tick_label};
use super::{Activity, COLOURS, Comparison, Level, Sample, chip};
use crate::show;

/// The image, then one block a level.
pub fn section(c: &Comparison) -> String {
    let Some(sample) = &c.sample else { return String::new() };
    if c.levels.iter().all(|l| l.activity.is_none()) {
        return String::new();
    }
    let class = |k: usize| c.classes.get(k).cloned().unwrap_or_else(|| k.to_string());
    let mut out = format!(
        "<section>\n<h2>One image through each network</h2>\n<div class=\"sample\">\n{}\n<p>Image {} of the data, one of the test part, shows a <b>{}</b>. Every network below was trained from the first seed and sees this image once. Row <i>k</i> is neuron <i>k</i> of <code>{}</code> in all of them.</p>\n</div>\n",
        picture(sample, &class(sample.label)),
        sample.index,
        super::escape(&class(sample.label)),
        super::escape(&c.population)
    );
    for (k, l) in c.levels.iter().enumerate() {
        let Some(a) = &l.activity else { continue };
        let chosen = (0..a.classes.len()).max_by(|x, y| a.classes[*x].total_cmp(&a.classes[*y])).unwrap_or(0);
        let verdict = if chosen == sample.label { "correct" } else { "wrong" };
        out.push_str(&format!(
            "<div class=\"level\">\n<h3>{} <span class=\"verdict\">says {}: {verdict}</span></h3>\n<div class=\"figures\">\n",
            chip(k, l),
            class(chosen)
        ));
        let mut figure = |class: &str, svg: String, caption: &str| {
            out.push_str(&format!("<figure class=\"{class}\">\n{svg}\n<figcaption>{caption}</figcaption>\n</figure>\n"))
        };
        let read = if a.spikes.is_empty() { "Value of every neuron." } else { "Value of every neuron, as the next layer reads it." };
        figure("narrow", values(l, a, k), read);
        figure("narrow", classes(c, a, k, sample.label, chosen), "Value of every class. The largest decides.");
        if !a.spikes.is_empty() {
            figure(
                "broad",
                raster(l, a, k),
                &format!("Spikes of all {} neurons: {} in all.", a.values.len(), show::count(a.spikes.len() as f64)),
            );
        }
        if !a.traces.is_empty() {
            figure("broad", membranes(l, a, k), &membrane_caption(a));
        }
        out.push_str("</div>\n</div>\n");
    }
    out.push_str("</section>\n");
    out
}

fn picture(s: &Sample, class: &str) -> String {
    let (rows, columns) = s.shape;
    let cell = 120.0 / rows.max(columns).max(1) as f64;
    let mut svg = Svg::new(cell * columns as f64, cell * rows as f64, &format!("Image {}: a {class}, {rows} by {columns} pixels", s.index));
    svg.rect((0.0, 0.0), (cell * columns as f64, cell * rows as f64), "cell", 1.0);
    for (k, v) in s.pixels.iter().enumerate().filter(|(_, v)| **v > 0.0) {
        // A hair wider than the cell, so that no seam shows between neighbours.
        svg.rect(((k % columns) as f64 * cell, (k / columns) as f64 * cell), (cell + 0.2, cell + 0.2), "fill inkfill", *v);
    }
    svg.finish()
}

const PLOT: (f64, f64) = (24.0, 264.0);
const HEIGHT: f64 = 308.0;

/// The height of neurons on the page.
fn neuron_axis(svg: &mut Svg, neurons: usize, left: f64) -> Scale {
    let y = Scale { values: (0.0, neurons as f64), places: PLOT };
    for t in y.ticks(4) {
        svg.text((left - 7.0, y.at(t) + 4.0), "end", &format!("{t:.0}"));
        svg.line((left - 4.0, y.at(t)), (left, y.at(t)), "tick");
    }
    svg.upward((11.0, (PLOT.0 + PLOT.1) / 2.0), "neuron");
    y
}

fn raster(level: &Level, a: &Activity, k: usize) -> String {
    let (width, left) = (310.0, 46.0);
    let mut svg = Svg::new(
        width,
        HEIGHT,
        &format!(
            "Spike raster of {}: {} spikes of {} neurons in {} ms",
            level.name,
            a.spikes.len(),
            a.values.len(),
            show::three_digits(a.dt * a.ticks as f64)
        ),
    );
    let x = Scale { values: (0.0, a.dt * a.ticks as f64), places: (left, width - 12.0) };
    svg.rect((left, PLOT.0), (x.places.1 - left, PLOT.1 - PLOT.0), "cell", 1.0);
    let y = neuron_axis(&mut svg, a.values.len(), left);
    time_axis(&mut svg, &x, PLOT.1);
    let row = (PLOT.1 - PLOT.0) / a.values.len() as f64;
    let high = (row * 1.1).clamp(3.0, 9.0);
    svg.strokes(
        a.spikes.iter().map(|(t, n)| (x.at((*t as f64 + 0.5) * a.dt), y.at(*n as f64 + 0.5) - high / 2.0, high)),
        &format!("spikes l{}", k % COLOURS),
        ((x.places.1 - left) / a.ticks as f64 * 0.4).clamp(1.2, 3.6),
    );
    svg.finish()
}

fn time_axis(svg: &mut Svg, x: &Scale, bottom: f64) {
    let step = round_step((x.values.1 - x.values.0) / 5.0);
    for t in x.ticks(5) {
        svg.line((x.at(t), bottom), (x.at(t), bottom + 4.0), "tick");
        svg.text((x.at(t), bottom + 17.0), "middle", &tick_label(t, step));
    }
    svg.text(((x.places.0 + x.places.1) / 2.0, bottom + 36.0), "middle axis", "time, ms");
}

/// What the lines of the membranes are.
fn membrane_caption(a: &Activity) -> String {
    let lines = match a.traces.first().map_or(&[][..], |t| &t.places) {
        [(spikes, _), (dendrite, _), ..] => {
            format!(
                "Membranes. Solid: {}, where spikes are made; dashed: {}, where inputs arrive.",
                super::escape(spikes),
                super::escape(dendrite)
            )
        }
        _ => "Membranes.".into(),
    };
    format!("{lines} The strokes above are spikes.")
}

fn membranes(level: &Level, a: &Activity, k: usize) -> String {
    let (width, left) = (310.0, 52.0);
    let mut svg = Svg::new(width, HEIGHT, &format!("Membrane of {} neurons of {} during the image", a.traces.len(), level.name));
    let gap = 22.0;
    let each = (PLOT.1 - PLOT.0 - gap * (a.traces.len() as f64 - 1.0)) / a.traces.len() as f64;
    let finite = || a.traces.iter().flat_map(|t| &t.places).flat_map(|p| p.1.iter().copied()).filter(|v| v.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let step = round_step((high - low).max(1e-9) / 3.0);
    let range = ((low / step).floor() * step, (high / step).ceil() * step);
    let x = Scale { values: (0.0, a.dt * a.ticks as f64), places: (left, width - 12.0) };
    for (i, t) in a.traces.iter().enumerate() {
        let top = PLOT.0 + i as f64 * (each + gap);
        let y = Scale { values: range, places: (top + each, top) };
        svg.rect((left, top), (x.places.1 - left, each), "cell", 1.0);
        for v in y.ticks_every(step) {
            svg.line((left, y.at(v)), (x.places.1, y.at(v)), "grid");
            svg.text((left - 7.0, y.at(v) + 4.0), "end", &tick_label(v, step));
        }
        let colour = k % COLOURS;
        for (tick, _) in a.spikes.iter().filter(|(_, n)| *n == t.neuron) {
            let at = x.at((*tick as f64 + 0.5) * a.dt);
            svg.line((at, top + 2.0), (at, top + 9.0), &format!("spikes l{colour}"));
        }
        // What is dashed lies above, so that both are seen where they run together.
        for (p, (_, samples)) in t.places.iter().enumerate() {
            let class = if p == 0 { format!("curve l{colour}") } else { "curve second dashed".into() };
            svg.path(samples.iter().enumerate().map(|(s, v)| (x.at((s as f64 + 0.5) * a.dt), y.at(*v))), &class);
        }
        svg.text((left, top - 6.0), "start small", &format!("neuron {}", t.neuron));
    }
    let unit = a.traces.first().map_or("", |t| t.unit.as_str());
    svg.upward(
        (11.0, (PLOT.0 + PLOT.1) / 2.0),
        &if unit.is_empty() || unit == "1" { "membrane".into() } else { format!("membrane, {unit}") },
    );
    time_axis(&mut svg, &x, PLOT.1);
    svg.finish()
}

fn values(level: &Level, a: &Activity, k: usize) -> String {
    let (width, left) = (205.0, 42.0);
    let mut svg = Svg::new(width, HEIGHT, &format!("Value of each of the {} neurons of {}", a.values.len(), level.name));
    let y = neuron_axis(&mut svg, a.values.len(), left);
    let x = bar_axis(&mut svg, &a.values, (left, width - 12.0));
    let row = (PLOT.1 - PLOT.0) / a.values.len() as f64;
    for (n, v) in a.values.iter().enumerate() {
        bar(&mut svg, &x, *v, y.at(n as f64) + row * 0.1, row * 0.8, &format!("fill l{}", k % COLOURS));
    }
    svg.finish()
}

fn classes(c: &Comparison, a: &Activity, k: usize, label: usize, chosen: usize) -> String {
    let (width, left) = (205.0, 42.0);
    let mut svg = Svg::new(width, HEIGHT, &format!("Value of each class: largest {chosen}, true {label}"));
    let x = bar_axis(&mut svg, &a.classes, (left, width - 12.0));
    let row = (PLOT.1 - PLOT.0) / a.classes.len().max(1) as f64;
    for (n, v) in a.classes.iter().enumerate() {
        let top = PLOT.0 + row * n as f64;
        let name = c.classes.get(n).cloned().unwrap_or_else(|| n.to_string());
        svg.text((left - 7.0, top + row / 2.0 + 4.0), if n == label { "end strong ink" } else { "end" }, &name);
        bar(
            &mut svg,
            &x,
            *v,
            top + row * 0.15,
            row * 0.7,
            &if n == chosen { format!("fill l{}", k % COLOURS) } else { "fill quiet".into() },
        );
    }
    svg.upward((11.0, (PLOT.0 + PLOT.1) / 2.0), "class");
    svg.finish()
}

/// An axis of values that holds zero.
fn bar_axis(svg: &mut Svg, values: &[f64], places: (f64, f64)) -> Scale {
    let (low, high) = values.iter().filter(|v| v.is_finite()).fold((0.0f64, 0.0f64), |(l, h), v| (l.min(*v), h.max(*v)));
    let step = round_step((high - low).max(1e-9) / 4.0);
    let x = Scale { values: ((low / step).floor() * step, (high / step).ceil() * step), places };
    svg.rect((places.0, PLOT.0), (places.1 - places.0, PLOT.1 - PLOT.0), "cell", 1.0);
    for t in x.ticks_every(step) {
        svg.line((x.at(t), PLOT.0), (x.at(t), PLOT.1), "grid");
        svg.text((x.at(t), PLOT.1 + 17.0), "middle", &tick_label(t, step));
    }
    svg.text(((places.0 + places.1) / 2.0, PLOT.1 + 36.0), "middle axis", "value");
    x
}

fn bar(svg: &mut Svg, x: &Scale, value: f64, top: f64, height: f64, class: &str) {
    let (zero, end) = (x.at(0.0), x.at(value));
    svg.rect((zero.min(end), top), ((end - zero).abs(), height), class, 1.0);
}
