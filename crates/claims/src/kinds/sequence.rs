//! Synapses along a dendrite that are active one after the other, towards the soma and away from it, at many speeds.

use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::{Bench, Lab, Seen, greatest};
use crate::settings::{Form, Key};
use homolog_base::Diagnostic;
use homolog_model::cell::Branch;

/// See the module.
pub const KIND: Kind = Kind {
    name: "sequence",
    about: "activates synapses along a branch in both orders and at many speeds, with and without a receptor",
    keys: &[
        Key { name: "model", form: Form::Model, about: "a model of a cell with synapses along one branch" },
        Key { name: "synapses", form: Form::Words, about: "what they are called in the cell, from the tip to the soma" },
        Key { name: "onset", form: Form::Word, about: "the parameter that is when they act" },
        Key { name: "blocked", form: Form::Word, about: "the parameter that is the conductance of the receptor that is blocked" },
        Key { name: "soma", form: Form::Place, about: "where the answer is seen" },
        Key { name: "begin", form: Form::Quantity("ms"), about: "when the first synapse acts" },
        Key { name: "speeds", form: Form::Rising("um/ms"), about: "speeds of the sequence, rising" },
    ],
    quantities: &[
        Quantity {
            name: "ratio",
            unit: "1",
            en: "peak inwards over peak outwards, at the speed where it is greatest",
            zh: "向内与向外的峰值之比（比值最大的速度下）",
        },
        Quantity { name: "speed", unit: "um/ms", en: "that speed", zh: "该速度" },
        Quantity { name: "inwards", unit: "mV", en: "peak at the soma, from the tip inwards", zh: "由末端向内时胞体的峰值" },
        Quantity { name: "outwards", unit: "mV", en: "peak at the soma, outwards", zh: "向外时胞体的峰值" },
        Quantity { name: "gap", unit: "mV", en: "difference of the two", zh: "两者之差" },
        Quantity {
            name: "gap-blocked",
            unit: "mV",
            en: "the same with the receptor blocked, at its greatest",
            zh: "受体被阻断时的最大差值",
        },
        Quantity { name: "left", unit: "%", en: "share of the difference that survives the block", zh: "阻断后剩下的差值比例" },
    ],
    figures: &["traces", "speeds"],
    chance: false,
    alone: false,
    run,
};

/// One run: synapses in this order, one after the other.
fn play(lab: &mut Lab<'_>, bench: &Bench, order: &[&String], gaps: &[f64], speed: f64) -> Result<Seen, Vec<Diagnostic>> {
    let mut bench = bench.clone();
    let (onset, mut time) = (lab.settings.word("onset").to_string(), lab.number("begin"));
    for (k, name) in order.iter().enumerate() {
        bench.set(&format!("{name}.{onset}"), time, "ms")?;
        time += gaps.get(k).copied().unwrap_or(0.0) / speed;
    }
    lab.potentials(&bench, &["soma"])
}

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let settings = lab.settings.clone();
    let bench = lab.bench("model");
    let cell = bench.cell()?;
    let names = settings.words("synapses");
    let mut places = vec![];
    for name in names {
        let Some(p) = cell.placements.iter().find(|p| p.prefix() == name) else {
            return Err(lab.wrong("synapses", format!("nothing in the cell is called `{name}`")));
        };
        let length = cell.branches.iter().find(|b| b.name.value == p.branch.value).map_or(f64::NAN, Branch::length);
        places.push(p.position * length);
    }
    let gaps: Vec<f64> = places.windows(2).map(|w| (w[0] - w[1]).abs()).collect();
    let inwards: Vec<&String> = names.iter().collect();
    let (outwards, back): (Vec<&String>, Vec<f64>) = (names.iter().rev().collect(), gaps.iter().rev().copied().collect());
    let receptors: Vec<String> = names.iter().map(|name| format!("{name}.{}", settings.word("blocked"))).collect();
    let blocked = bench.without(&receptors.iter().map(String::as_str).collect::<Vec<_>>())?;
    let ways = [
        (&bench, &inwards, &gaps, "inwards", "向内"),
        (&bench, &outwards, &back, "outwards", "向外"),
        (&blocked, &inwards, &gaps, "inwards, blocked", "向内，阻断"),
        (&blocked, &outwards, &back, "outwards, blocked", "向外，阻断"),
    ];
    let speeds = settings.numbers("speeds");
    if speeds[0] <= 0.0 {
        return Err(lab.wrong("speeds", "a speed must be above 0"));
    }
    let mut rows = vec![];
    for (k, &speed) in speeds.iter().enumerate() {
        let mut row = [0.0; 4];
        for (n, (bench, order, gaps, ..)) in ways.into_iter().enumerate() {
            row[n] = play(lab, bench, order, gaps, speed)?.rise(0);
        }
        rows.push((speed, row));
        lab.progress((k + 1) as f64 / (speeds.len() + 1) as f64);
    }
    let best = rows.iter().fold(&rows[0], |a, b| if b.1[0] / b.1[1] > a.1[0] / a.1[1] { b } else { a });
    let (speed, [peak_in, peak_out, ..]) = *best;
    let gap = peak_in - peak_out;
    let gap_blocked = greatest(rows.iter().map(|(_, r)| r[2] - r[3]).chain([0.0]));
    // Where there is no difference, no share of it survives a block.
    let left = if gap > 0.0 { gap_blocked / gap } else { f64::NAN };
    let (mut traces, mut lines) = (vec![], vec![]);
    for (n, (bench, order, gaps, en, zh)) in ways.into_iter().enumerate() {
        traces.push(Curve::both(en, zh, play(lab, bench, order, gaps, speed)?.points(0, 500)));
        lines.push(Curve::both(en, zh, rows.iter().map(|(s, r)| (*s, r[n])).collect()));
    }
    lab.progress(1.0);
    Ok(Found {
        numbers: vec![
            ("ratio", peak_in / peak_out),
            ("speed", speed),
            ("inwards", peak_in),
            ("outwards", peak_out),
            ("gap", gap),
            ("gap-blocked", gap_blocked),
            ("left", left),
        ],
        figures: vec![Panel::new("traces", "t, ms", "mV", traces), Panel::new("speeds", "µm/ms", "mV", lines)],
        ..Found::default()
    })
}
