//! A spike is set off at one place; where and when does it arrive, and how high?

use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::{Lab, greatest};
use crate::settings::{Form, Key};
use homolog_base::Diagnostic;

/// See the module.
pub const KIND: Kind = Kind {
    name: "propagation",
    about: "runs a model whose stimulus sets off a spike, and follows it from place to place",
    keys: &[
        Key { name: "model", form: Form::Model, about: "the model file" },
        Key { name: "from", form: Form::Place, about: "where the spike is first timed, and its height taken" },
        Key { name: "to", form: Form::Place, about: "where it is timed again, on the same branch" },
        Key { name: "terminals", form: Form::Places, about: "where it must arrive" },
        Key { name: "threshold", form: Form::Quantity("mV"), about: "the potential whose crossing is timed" },
    ],
    quantities: &[
        Quantity { name: "speed", unit: "m/s", en: "speed of the spike", zh: "脉冲的传导速度" },
        Quantity {
            name: "height", unit: "mV", en: "its height above rest on the way", zh: "途中脉冲的高度（相对静息电位）"
        },
        Quantity {
            name: "lowest", unit: "mV", en: "its height at the terminal where it is lowest", zh: "最低的末梢处脉冲的高度"
        },
        Quantity {
            name: "spread", unit: "mV", en: "difference between the highest and the lowest terminal", zh: "最高与最低末梢之差"
        },
        Quantity {
            name: "loss",
            unit: "%",
            en: "share of the height that is lost on the way to the lowest terminal",
            zh: "到最低末梢为止损失的高度比例",
        },
        Quantity {
            name: "reached", unit: "%", en: "share of terminals at which the threshold is crossed", zh: "超过阈值的末梢所占比例"
        },
    ],
    figures: &["spikes"],
    chance: false,
    alone: false,
    run,
};

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let bench = lab.bench("model");
    let seen = lab.potentials(&bench, &["from", "to", "terminals"])?;
    let ((on, _), (also_on, _)) = (lab.settings.place("from"), lab.settings.place("to"));
    let branch = bench.cell()?.branches.iter().find(|b| b.name.value == on);
    let Some(branch) = branch.filter(|_| on == also_on) else {
        return Err(lab.wrong("to", "`from` and `to` must be on the same branch"));
    };
    // mm
    let distance = (seen.middles[1] - seen.middles[0]).abs() * branch.length() * 1e-3;
    let threshold = lab.number("threshold");
    let speed = distance / (seen.rises(1, threshold, 0.0) - seen.rises(0, threshold, 0.0));
    let heights: Vec<f64> = (0..seen.traces.len()).map(|k| seen.rise(k)).collect();
    let ends = &heights[2..];
    let (lowest, highest) = (-greatest(ends.iter().map(|h| -h)), greatest(ends.iter().copied()));
    let reached = ends.iter().filter(|h| **h + seen.rest >= threshold).count() as f64 / ends.len() as f64;
    let places: Vec<&(String, f64)> = ["from", "to", "terminals"].iter().flat_map(|s| lab.settings.places(s)).collect();
    let lines = places.iter().enumerate().map(|(k, (b, p))| Curve::named(format!("{b}({p})"), seen.points(k, 800))).collect();
    lab.progress(1.0);
    Ok(Found {
        numbers: vec![
            ("speed", speed),
            ("height", heights[0]),
            ("lowest", lowest),
            ("spread", highest - lowest),
            ("loss", 1.0 - lowest / heights[0]),
            ("reached", reached),
        ],
        figures: vec![Panel::new("spikes", "t, ms", "mV", lines)],
        ..Found::default()
    })
}
