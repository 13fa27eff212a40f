//! An excitatory synapse on a dendrite, with inhibition on its way to the soma and beside it; and two excitatory ones at intervals.

use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::{Bench, Lab, Seen};
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
        Key { name: "intervals", form: Form::Quantities("ms"), about: "intervals between the two excitatory synapses, rising from 0" },
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
    run,
};

/// Which synapses act, and when.
struct Act<'a> {
    strength: &'a str,
    onset: &'a str,
}

impl Act<'_> {
    fn off(&self, bench: &mut Bench, synapse: &str) -> Result<(), Vec<Diagnostic>> {
        bench.set(&format!("{synapse}.{}", self.strength), 0.0)
    }

    fn at(&self, bench: &mut Bench, synapse: &str, time: f64) -> Result<(), Vec<Diagnostic>> {
        bench.set(&format!("{synapse}.{}", self.onset), time)
    }
}

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let settings = lab.settings.clone();
    let act = Act { strength: settings.word("strength"), onset: settings.word("onset") };
    let (excitation, partner, inhibition) = (settings.word("excitation"), settings.word("partner"), settings.word("inhibition"));
    let mut bench = lab.bench("model");
    let rest = bench.cell()?.initial.value;
    let time = bench.found(&format!("{excitation}.{}", act.onset), "ms")?;
    let peak = |seen: &Seen| seen.peak(0, 0.0) - rest;
    let mut pair = bench.clone();
    act.off(&mut pair, inhibition)?;
    act.off(&mut bench, partner)?;

    let mut alone = bench.clone();
    act.off(&mut alone, inhibition)?;
    let only = lab.potentials(&alone, &["soma"])?;
    let epsp = peak(&only);
    let mut shunt = bench.clone();
    act.off(&mut shunt, excitation)?;
    shunt.put(inhibition, settings.place("on-path"))?;
    let ipsp = lab.potentials(&shunt, &["soma"])?.traces[0].iter().map(|v| (v - rest).abs()).fold(0.0, f64::max);

    let strength = bench.found(&format!("{inhibition}.{}", act.strength), "nS")?;
    let (mut lines, mut best) = (vec![Curve::both("alone", "单独", only.points(0, 500))], vec![]);
    let (mut timing, mut over_strength) = (vec![], vec![]);
    for (name, en, zh) in
        [("on-path", "with inhibition on the path", "抑制在路径上"), ("off-path", "with inhibition off the path", "抑制在路径外")]
    {
        bench.put(inhibition, settings.place(name))?;
        let mut taken = vec![];
        for &lead in settings.numbers("leads") {
            let mut now = bench.clone();
            act.at(&mut now, inhibition, time - lead)?;
            taken.push((lead, 1.0 - peak(&lab.potentials(&now, &["soma"])?) / epsp));
        }
        let (lead, most) = taken.iter().copied().fold((0.0, f64::NEG_INFINITY), |a, b| if b.1 > a.1 { b } else { a });
        act.at(&mut bench, inhibition, time - lead)?;
        lines.push(Curve::both(en, zh, lab.potentials(&bench, &["soma"])?.points(0, 500)));
        let mut points = vec![];
        for &factor in settings.numbers("strengths") {
            let mut now = bench.clone();
            now.times(&format!("{inhibition}.{}", act.strength), factor)?;
            points.push((factor * strength, 1.0 - peak(&lab.potentials(&now, &["soma"])?) / epsp));
        }
        timing.push(Curve::both(en, zh, taken));
        over_strength.push(Curve::both(en, zh, points));
        best.push(most);
        lab.progress(0.4 * best.len() as f64);
    }

    let mut peaks = vec![];
    for &interval in settings.numbers("intervals") {
        let mut now = pair.clone();
        act.at(&mut now, partner, time + interval)?;
        peaks.push((interval, peak(&lab.potentials(&now, &["soma"])?)));
    }
    let (sum, window) = (peaks[0].1, half(&peaks, epsp));
    lab.progress(1.0);
    let panel = |name, over: &str, unit: &str, lines| Panel { name, over: over.into(), unit: unit.into(), lines };
    Ok(Found {
        numbers: vec![("epsp", epsp), ("on-path", best[0]), ("off-path", best[1]), ("alone", ipsp), ("sum", sum), ("window", window)],
        figures: vec![
            panel("traces", "t, ms", "mV", lines),
            panel("timing", "Δt, ms", "1", timing),
            panel("strength", "nS", "1", over_strength),
            panel("coincidence", "Δt, ms", "mV", vec![Curve::both("peak of both", "两者的峰值", peaks)]),
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
