//! An excitatory synapse on a dendrite, with inhibition on its way to the soma and beside it; and two excitatory ones at intervals.

use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::{Lab, greatest};
use crate::settings::{Form, Key};
use homolog_base::Diagnostic;

/// See the module.
pub const KIND: Kind = Kind {
    name: "shunting",
    about: "adds a shunt on the way from a synapse to the soma, and elsewhere; then varies the interval of two synapses",
    keys: &[
        Key { name: "model", form: Form::Model, about: "a model of a cell with three synapses that stand at places" },
        Key { name: "excitation", form: Form::Word, about: "what the excitatory synapse is called in the cell" },
        Key { name: "partner", form: Form::Word, about: "what the second excitatory synapse is called" },
        Key { name: "inhibition", form: Form::Word, about: "what the inhibitory synapse is called" },
        Key { name: "strength", form: Form::Word, about: "the parameter of these synapses that is their greatest conductance" },
        Key { name: "onset", form: Form::Word, about: "the parameter that is when they act" },
        Key { name: "on-path", form: Form::Place, about: "a place between excitation and soma" },
        Key { name: "off-path", form: Form::Place, about: "one as far from the soma, but elsewhere" },
        Key { name: "soma", form: Form::Place, about: "where the sum is seen" },
        Key { name: "strengths", form: Form::Quantities("1"), about: "how strong inhibition is made besides, times what the cell says" },
        Key { name: "leads", form: Form::Quantities("ms"), about: "by how much inhibition comes before excitation; negative is after" },
        Key { name: "intervals", form: Form::Rising("ms"), about: "intervals between the two excitatory synapses, rising from 0" },
    ],
    quantities: &[
        Quantity {
            name: "epsp", unit: "mV", en: "the excitatory potential at the soma, alone", zh: "单独的兴奋性电位（胞体）"
        },
        Quantity {
            name: "on-path", unit: "%", en: "share of it that inhibition on the way takes", zh: "路径上的抑制去掉的比例"
        },
        Quantity {
            name: "off-path", unit: "%", en: "share of it that inhibition elsewhere takes", zh: "路径外的抑制去掉的比例"
        },
        Quantity {
            name: "alone", unit: "mV", en: "what inhibition does alone, at most, at the soma", zh: "单独抑制在胞体引起的最大变化"
        },
        Quantity { name: "sum", unit: "mV", en: "peak of two synapses at the same time", zh: "两个突触同时作用的峰值" },
        Quantity {
            name: "window",
            unit: "ms",
            en: "interval at which the second adds only half as much to the peak",
            zh: "第二个突触对峰值的贡献减半的间隔",
        },
    ],
    figures: &["traces", "timing", "strength", "coincidence"],
    chance: false,
    alone: false,
    run,
};

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let settings = lab.settings.clone();
    if settings.numbers("intervals")[0] != 0.0 {
        return Err(lab.wrong("intervals", "the first interval must be 0"));
    }
    let inhibition = settings.word("inhibition");
    let of = |synapse: &str, parameter: &str| format!("{}.{}", settings.word(synapse), settings.word(parameter));
    let [excites, pairs, inhibits] = ["excitation", "partner", "inhibition"].map(|s| of(s, "strength"));
    let [comes, follows, acts] = ["excitation", "partner", "inhibition"].map(|s| of(s, "onset"));
    let model = lab.bench("model");
    let time = model.found(&comes, "ms")?;
    let (pair, mut bench) = (model.without(&[&inhibits])?, model.without(&[&pairs])?);

    let only = lab.potentials(&bench.without(&[&inhibits])?, &["soma"])?;
    let epsp = only.rise(0);
    let mut shunt = bench.without(&[&excites])?;
    shunt.put(inhibition, settings.place("on-path"))?;
    let alone = lab.potentials(&shunt, &["soma"])?;
    let ipsp = greatest(alone.traces[0].iter().map(|v| (v - alone.rest).abs()));

    let strength = bench.found(&inhibits, "nS")?;
    let (mut lines, mut best) = (vec![Curve::both("alone", "单独", only.points(0, 500))], vec![]);
    let (mut timing, mut over_strength) = (vec![], vec![]);
    for (name, en, zh) in
        [("on-path", "with inhibition on the path", "抑制在路径上"), ("off-path", "with inhibition off the path", "抑制在路径外")]
    {
        bench.put(inhibition, settings.place(name))?;
        let mut taken = vec![];
        for &lead in settings.numbers("leads") {
            let now = bench.with(&acts, time - lead, "ms")?;
            taken.push((lead, 1.0 - lab.potentials(&now, &["soma"])?.rise(0) / epsp));
        }
        let (lead, most) = taken.iter().copied().fold((0.0, f64::NEG_INFINITY), |a, b| if b.1 > a.1 { b } else { a });
        bench.set(&acts, time - lead, "ms")?;
        lines.push(Curve::both(en, zh, lab.potentials(&bench, &["soma"])?.points(0, 500)));
        let mut points = vec![];
        for &factor in settings.numbers("strengths") {
            let mut now = bench.clone();
            now.times(&inhibits, factor)?;
            points.push((factor * strength, 1.0 - lab.potentials(&now, &["soma"])?.rise(0) / epsp));
        }
        timing.push(Curve::both(en, zh, taken));
        over_strength.push(Curve::both(en, zh, points));
        best.push(most);
        lab.progress(0.4 * best.len() as f64);
    }

    let mut peaks = vec![];
    for &interval in settings.numbers("intervals") {
        peaks.push((interval, lab.potentials(&pair.with(&follows, time + interval, "ms")?, &["soma"])?.rise(0)));
    }
    let (sum, window) = (peaks[0].1, half(&peaks, epsp));
    lab.progress(1.0);
    Ok(Found {
        numbers: vec![("epsp", epsp), ("on-path", best[0]), ("off-path", best[1]), ("alone", ipsp), ("sum", sum), ("window", window)],
        figures: vec![
            Panel::new("traces", "t, ms", "mV", lines),
            Panel::new("timing", "Δt, ms", "1", timing),
            Panel::new("strength", "nS", "1", over_strength),
            Panel::new("coincidence", "Δt, ms", "mV", vec![Curve::both("peak of both", "两者的峰值", peaks)]),
        ],
        ..Found::default()
    })
}

/// Where what the second adds has fallen to half of what it adds at once; not finite if it does not.
fn half(peaks: &[(f64, f64)], one: f64) -> f64 {
    let wanted = one + 0.5 * (peaks[0].1 - one);
    let fall = peaks.windows(2).find(|w| w[0].1 > wanted && w[1].1 <= wanted);
    fall.map_or(f64::NAN, |w| w[0].0 + (w[1].0 - w[0].0) * (w[0].1 - wanted) / (w[0].1 - w[1].1))
}
