//! Synapses: what each receptor does to the potential, the current of one under voltage clamp, and a train at many rates.

use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::{Lab, greatest};
use crate::settings::{Form, Key};
use homolog_base::{Diagnostic, math};

/// See the module.
pub const KIND: Kind = Kind {
    name: "synapse",
    about: "takes receptors one at a time, clamps the potential of one, and varies the rate of a train",
    keys: &[
        Key { name: "receptors", form: Form::Model, about: "a model of a cell with an excitatory and an inhibitory synapse" },
        Key { name: "soma", form: Form::Place, about: "where that cell is seen" },
        Key { name: "excitation", form: Form::Word, about: "the first synapse in that cell" },
        Key { name: "fast", form: Form::Word, about: "the parameter that is its fast conductance" },
        Key { name: "slow", form: Form::Word, about: "the parameter that is its slow conductance" },
        Key { name: "inhibition", form: Form::Word, about: "the parameter that is the conductance of the second" },
        Key { name: "late", form: Form::Quantity("ms"), about: "how long after its onset the slow part is looked at" },
        Key { name: "clamp", form: Form::Model, about: "a model of one compartment with a voltage clamp and a receptor" },
        Key { name: "command", form: Form::Word, about: "the parameter that is the potential of the clamp" },
        Key { name: "series", form: Form::Word, about: "the parameter that is its series resistance" },
        Key { name: "clamped", form: Form::Word, about: "the parameter that is the receptor's conductance" },
        Key { name: "clamped-at", form: Form::Place, about: "where that cell is seen" },
        Key { name: "potentials", form: Form::Rising("mV"), about: "potentials of the clamp, rising" },
        Key { name: "train", form: Form::Model, about: "a model of a cell with a synapse that has a train of its own" },
        Key { name: "interval", form: Form::Word, about: "the parameter that is the interval of the train" },
        Key { name: "start", form: Form::Word, about: "the parameter that is its begin" },
        Key { name: "train-at", form: Form::Place, about: "where that cell is seen" },
        Key { name: "rates", form: Form::Rising("Hz"), about: "rates of the train, rising" },
    ],
    quantities: &[
        Quantity { name: "epsp", unit: "mV", en: "peak of the excitatory potential", zh: "兴奋性电位的峰值" },
        Quantity { name: "late", unit: "mV", en: "what is left of it later", zh: "稍后剩下的部分" },
        Quantity {
            name: "fast-only",
            unit: "mV",
            en: "what is left of it later without the slow receptor",
            zh: "没有慢受体时稍后剩下的部分",
        },
        Quantity { name: "ipsp", unit: "mV", en: "deepest point of the inhibitory potential", zh: "抑制性电位的最低点" },
        Quantity {
            name: "peak",
            unit: "mV",
            en: "potential at which the clamped receptor lets most current in",
            zh: "钳位下受体内向电流最大的电位",
        },
        Quantity {
            name: "exponent",
            unit: "1",
            en: "exponent of the potential over the rate of a train",
            zh: "突触电位随脉冲频率变化的指数",
        },
        Quantity { name: "first", unit: "mV", en: "first potential of a train", zh: "脉冲串的第一个电位" },
    ],
    figures: &["receptors", "clamp", "rates"],
    chance: false,
    alone: false,
    run,
};

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let mut out = receptors(lab)?;
    lab.progress(0.1);
    for part in [clamp(lab)?, train(lab)?] {
        out.numbers.extend(part.numbers);
        out.figures.extend(part.figures);
    }
    lab.progress(1.0);
    Ok(out)
}

/// Each receptor alone.
fn receptors(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let settings = lab.settings.clone();
    let bench = lab.bench("receptors");
    let name = settings.word("excitation");
    let [fast, slow] = ["fast", "slow"].map(|k| format!("{name}.{}", settings.word(k)));
    let inhibition = settings.word("inhibition");
    let onset = bench.found(&format!("{name}.onset"), "ms")?;
    let mut without = |off: &[&str]| lab.potentials(&bench.without(off)?, &["soma"]);
    let both = without(&[inhibition])?;
    let alone = without(&[inhibition, &slow])?;
    let slowly = without(&[inhibition, &fast])?;
    let inhibited = without(&[&fast, &slow])?;
    let late = onset + settings.number("late");
    let lowest = -greatest(inhibited.traces[0].iter().map(|v| -v)) - inhibited.rest;
    let lines = vec![
        Curve::both("both excitatory receptors", "两种兴奋性受体", both.points(0, 500)),
        Curve::both("the fast one", "快受体", alone.points(0, 500)),
        Curve::both("the slow one", "慢受体", slowly.points(0, 500)),
        Curve::both("the inhibitory one", "抑制性受体", inhibited.points(0, 500)),
    ];
    Ok(Found {
        numbers: vec![
            ("epsp", both.rise(0)),
            ("late", both.at(0, late) - both.rest),
            ("fast-only", alone.at(0, late) - alone.rest),
            ("ipsp", lowest),
        ],
        figures: vec![Panel::new("receptors", "t, ms", "mV", lines)],
        ..Found::default()
    })
}

/// The greatest current of a receptor at every potential of a clamp.
fn clamp(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let settings = lab.settings.clone();
    let bench = lab.bench("clamp");
    let series = bench.found(settings.word("series"), "Mohm")?;
    let mut points = vec![];
    for &command in settings.numbers("potentials") {
        let with = bench.with(settings.word("command"), command, "mV")?;
        let without = with.without(&[settings.word("clamped")])?;
        let (with, without) = (lab.potentials(&with, &["clamped-at"])?, lab.potentials(&without, &["clamped-at"])?);
        // What the clamp injects is the membrane's current with its sign turned: mV over Mohm are nA.
        let change = with.traces[0].iter().zip(&without.traces[0]).map(|(a, b)| (a - b) / series);
        points.push((command, change.fold(0.0, |most: f64, i| if i.abs() > most.abs() { i } else { most })));
    }
    // Inward is where the receptor pushes the potential up.
    let inward: Vec<f64> = points.iter().map(|p| p.1).collect();
    let k = (0..inward.len()).fold(0, |best, k| if inward[k] > inward[best] { k } else { best });
    let peak = if inward[k] <= 0.0 { f64::NAN } else { vertex(&points, k) };
    let lines = vec![Curve::both("greatest current, inward below", "最大电流（内向向下）", points.iter().map(|p| (p.0, -p.1)).collect())];
    Ok(Found { numbers: vec![("peak", peak)], figures: vec![Panel::new("clamp", "mV", "nA", lines)], ..Found::default() })
}

/// The top of the parabola through a point and its neighbours; the point itself at an end.
fn vertex(points: &[(f64, f64)], k: usize) -> f64 {
    if k == 0 || k + 1 == points.len() {
        return points[k].0;
    }
    let ((x0, y0), (x1, y1), (x2, y2)) = (points[k - 1], points[k], points[k + 1]);
    let (a, b) = ((y1 - y0) / (x1 - x0), (y2 - y1) / (x2 - x1));
    let curved = (b - a) / (x2 - x0);
    if curved == 0.0 { x1 } else { 0.5 * (x0 + x1) - 0.5 * a / curved }
}

/// The last potential of a train at each rate.
fn train(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let settings = lab.settings.clone();
    let bench = lab.bench("train");
    let start = bench.found(settings.word("start"), "ms")?;
    let rates = settings.numbers("rates");
    if rates[0] <= 0.0 {
        return Err(lab.wrong("rates", "a rate must be above 0"));
    }
    let (mut points, mut first) = (vec![], f64::NAN);
    for (k, &rate) in rates.iter().enumerate() {
        let interval = 1e3 / rate;
        let seen = lab.potentials(&bench.with(settings.word("interval"), interval, "ms")?, &["train-at"])?;
        let end = seen.traces[0].len() as f64 * seen.dt;
        let whole = ((end - start) / interval).floor();
        if whole < 2.0 {
            return Err(lab.wrong("rates", format!("at {rate} Hz fewer than two intervals end before the presentation does")));
        }
        let last = start + interval * (whole - 1.0);
        let peak = greatest(seen.piece(0, last, last + interval).iter().copied());
        points.push((rate, peak - seen.at(0, last)));
        first = greatest(seen.piece(0, 0.0, start + interval).iter().copied()) - seen.rest;
        lab.progress(0.2 + 0.8 * (k + 1) as f64 / rates.len() as f64);
    }
    let logs: Vec<(f64, f64)> = points.iter().map(|p| (math::log10(p.0), math::log10(p.1))).collect();
    let n = logs.len() as f64;
    let (mx, my) = (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
    let exponent = logs.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>() / logs.iter().map(|p| (p.0 - mx) * (p.0 - mx)).sum::<f64>();
    let line: Vec<(f64, f64)> = logs.iter().map(|p| (p.0, my - (p.0 - mx))).collect();
    let lines = vec![
        Curve::both("log₁₀ of the last potential, mV", "最后一个电位的 log₁₀（mV）", logs),
        Curve::both("exponent −1", "指数 −1", line),
    ];
    Ok(Found {
        numbers: vec![("exponent", exponent), ("first", first)],
        figures: vec![Panel::new("rates", "log₁₀ Hz", "1", lines)],
        ..Found::default()
    })
}
