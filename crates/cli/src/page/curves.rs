//! Learning curves: loss and accuracy, all levels in one frame, named at the end of their lines.

use super::svg::{Scale, Svg, round_step, spread, tick_label};
use super::{COLOURS, Comparison, Epoch};

/// One of the two panels.
struct Panel {
    name: &'static str,
    unit: &'static str,
    factor: f64,
    train: fn(&Epoch) -> f64,
    validation: fn(&Epoch) -> Option<f64>,
    /// Upper end of the axis, where it is known.
    most: Option<f64>,
}

const PANELS: [Panel; 2] = [
    Panel { name: "Loss", unit: "loss", factor: 1.0, train: |e| e.train_loss, validation: |e| e.validation_loss, most: None },
    Panel {
        name: "Accuracy",
        unit: "accuracy, %",
        factor: 100.0,
        train: |e| e.train_accuracy,
        validation: |e| e.validation_accuracy,
        most: Some(100.0),
    },
];

/// The two panels.
pub fn section(c: &Comparison) -> String {
    if c.levels.iter().all(|l| l.curves.iter().all(Vec::is_empty)) {
        return String::new();
    }
    let validated = c.levels.iter().flat_map(|l| l.curves.iter().flatten()).any(|e| e.validation_loss.is_some());
    let dashes = if validated { " Solid: while learning; dashed: images kept apart for validation." } else { "" };
    let seeds = if c.levels.iter().any(|l| l.curves.len() > 1) { " Pale: each seed; strong: their mean." } else { "" };
    let mut out = String::from("<section>\n<h2>Learning</h2>\n<div class=\"pair\">\n");
    for p in &PANELS {
        out.push_str(&format!("<figure>\n{}\n</figure>\n", draw(c, p)));
    }
    out.push_str(&format!("</div>\n<p class=\"caption\">One learning rate, one initialisation, one order of images for all levels.{dashes}{seeds}</p>\n</section>\n"));
    out
}

fn draw(c: &Comparison, p: &Panel) -> String {
    let all = || c.levels.iter().flat_map(|l| l.curves.iter().flatten());
    let values = || all().flat_map(|e| [Some((p.train)(e)), (p.validation)(e)]).flatten().filter(|v| v.is_finite()).map(|v| v * p.factor);
    let epochs = c.levels.iter().flat_map(|l| l.curves.iter().map(Vec::len)).max().unwrap_or(1).max(2);
    let least = values().fold(f64::INFINITY, f64::min);
    let most = p.most.unwrap_or_else(|| values().fold(0.0, f64::max));
    let step = round_step((most - least).max(1e-6) / 5.0);
    let low = ((least / step).floor() * step).max(0.0);
    let (width, height) = (520.0, 300.0);
    let x = Scale { values: (1.0, epochs as f64), places: (54.0, width - super::name_width(c).max(68.0) - 16.0) };
    let y = Scale { values: (low, (most / step).ceil() * step), places: (height - 46.0, 28.0) };
    let mut svg = Svg::new(width, height, &format!("{} per epoch for each level", p.name));
    svg.text((54.0, 14.0), "start strong", p.name);
    for t in y.ticks(5) {
        svg.line((x.places.0, y.at(t)), (x.places.1, y.at(t)), "grid");
        svg.text((x.places.0 - 8.0, y.at(t) + 4.0), "end", &tick_label(t, step));
    }
    let x_step = round_step((epochs as f64 - 1.0) / 6.0).max(1.0);
    for t in x.ticks(6).into_iter().filter(|t| t.fract() == 0.0) {
        svg.text((x.at(t), height - 27.0), "middle", &tick_label(t, x_step));
    }
    svg.text(((x.places.0 + x.places.1) / 2.0, height - 8.0), "middle axis", "epoch");
    svg.upward((13.0, (y.places.0 + y.places.1) / 2.0), p.unit);
    let mut ends = vec![];
    for (k, level) in c.levels.iter().enumerate() {
        let colour = format!("l{}", k % COLOURS);
        let single = level.curves.len() < 2;
        let mut draw_kind = |get: &dyn Fn(&Epoch) -> Option<f64>, dash: &str| {
            let line = |points: Vec<f64>| {
                points.into_iter().enumerate().map(|(e, v)| (x.at(e as f64 + 1.0), y.at(v * p.factor))).collect::<Vec<_>>()
            };
            if !single {
                for curve in &level.curves {
                    svg.path(line(curve.iter().filter_map(get).collect()), &format!("curve pale {dash} {colour}"));
                }
            }
            let mean = line(mean(&level.curves, get));
            let end = mean.last().copied();
            svg.path(mean, &format!("curve {dash} {colour}"));
            end
        };
        let train = draw_kind(&|e| Some((p.train)(e)), "");
        let validation = draw_kind(&|e| (p.validation)(e), "dashed");
        ends.extend(validation.or(train).map(|(x, y)| (x, y, k)));
    }
    let mut places: Vec<f64> = ends.iter().map(|e| e.1).collect();
    spread(&mut places, 15.0, (y.places.1 + 2.0, y.places.0));
    for ((x, _, k), y) in ends.into_iter().zip(places) {
        svg.text((x + 8.0, y + 4.0), &format!("start strong l{}", k % COLOURS), &c.levels[k].name);
    }
    svg.finish()
}

/// Mean over the seeds, for the epochs that all have.
fn mean(curves: &[Vec<Epoch>], get: &dyn Fn(&Epoch) -> Option<f64>) -> Vec<f64> {
    let shortest = curves.iter().map(Vec::len).min().unwrap_or(0);
    (0..shortest)
        .map_while(|e| {
            let values: Option<Vec<f64>> = curves.iter().map(|c| get(&c[e])).collect();
            values.map(|v| v.iter().sum::<f64>() / v.len() as f64)
        })
        .collect()
}
