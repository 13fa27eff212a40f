//! Two inputs with noise, in the four patterns of on and off: can a threshold at the soma tell when exactly one is on?

use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::{Bench, Lab, Seen};
use crate::settings::{Form, Key};
use homolog_base::Diagnostic;
use homolog_base::random::Key as Draw;

/// See the module.
pub const KIND: Kind = Kind {
    name: "patterns",
    about: "shows a cell two inputs in four patterns with noise, and reads the soma by one threshold",
    keys: &[
        Key { name: "model", form: Form::Model, about: "a model of a cell with two synapses that stand at places" },
        Key { name: "inputs", form: Form::Words, about: "what the two are called in the cell" },
        Key { name: "strength", form: Form::Word, about: "the parameter that is how strong they are" },
        Key { name: "onset", form: Form::Word, about: "the parameter that is when they act" },
        Key { name: "branch", form: Form::Place, about: "where the dendrite is seen" },
        Key { name: "soma", form: Form::Place, about: "where the answer is read" },
        Key { name: "noise", form: Form::Quantity("1"), about: "standard deviation of strengths, in strengths of an input that is on" },
        Key { name: "jitter", form: Form::Quantity("ms"), about: "standard deviation of onsets" },
        Key {
            name: "both",
            form: Form::Quantity("1"),
            about: "1 if both inputs ask for the same answer as one does, which a sum can tell; 0 if they ask for that of none",
        },
        Key { name: "trials", form: Form::Quantity("1"), about: "trials of each pattern, half for the threshold and half for the test" },
        Key {
            name: "strengths",
            form: Form::Rising("1"),
            about: "strengths of both inputs together for the figure, rising; 1 is one that is on",
        },
    ],
    quantities: &[
        Quantity {
            name: "accuracy",
            unit: "%",
            en: "patterns told right, on trials that the threshold was not chosen on",
            zh: "判断正确的比例（未用于选阈值的试次）",
        },
        Quantity {
            name: "linear",
            unit: "%",
            en: "the most that any threshold on the sum of the two inputs gets right",
            zh: "对两个输入之和取任何阈值所能达到的最高正确率",
        },
        Quantity { name: "one", unit: "mV", en: "soma with one input", zh: "一个输入时的胞体电位" },
        Quantity { name: "two", unit: "mV", en: "soma with both", zh: "两个输入时的胞体电位" },
        Quantity {
            name: "fall",
            unit: "%",
            en: "share of the soma's answer to one input that is lost with both",
            zh: "两个输入时胞体响应比一个输入时减少的比例",
        },
    ],
    figures: &["traces", "strengths", "trials"],
    chance: true,
    alone: false,
    run,
};

/// A cell with two inputs.
struct Shown {
    bench: Bench,
    strengths: [String; 2],
    onsets: [String; 2],
    /// When each acts, ms.
    times: [f64; 2],
}

impl Shown {
    /// What soma and branch do with inputs so many times as strong as in the cell, so much later.
    fn with(&self, lab: &mut Lab<'_>, strengths: [f64; 2], later: [f64; 2]) -> Result<Seen, Vec<Diagnostic>> {
        let mut bench = self.bench.clone();
        for k in 0..2 {
            bench.times(&self.strengths[k], strengths[k])?;
            bench.set(&self.onsets[k], (self.times[k] + later[k]).max(0.0), "ms")?;
        }
        lab.potentials(&bench, &["soma", "branch"])
    }
}

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let settings = lab.settings.clone();
    let bench = lab.bench("model");
    let Some([first, second]) = settings.words("inputs").first_chunk::<2>() else {
        return Err(lab.wrong("inputs", "there must be two inputs"));
    };
    let of = |parameter: &str| [first, second].map(|name| format!("{name}.{}", settings.word(parameter)));
    let onsets = of("onset");
    let times = [bench.found(&onsets[0], "ms")?, bench.found(&onsets[1], "ms")?];
    let shown = Shown { bench, strengths: of("strength"), onsets, times };
    let one = shown.with(lab, [1.0, 0.0], [0.0; 2])?;
    let two = shown.with(lab, [1.0, 1.0], [0.0; 2])?;
    let mut response = [vec![], vec![]];
    for &total in settings.numbers("strengths") {
        let seen = shown.with(lab, [0.5 * total; 2], [0.0; 2])?;
        response.iter_mut().enumerate().for_each(|(k, line)| line.push((total, seen.rise(k))));
    }
    let draw = Draw::new(lab.seed).named("trial");
    let each = settings.count("trials").max(2);
    let (mut answers, mut sums) = (vec![], vec![]);
    for trial in 0..each {
        for pattern in 0..4u64 {
            let entity = trial as u64 * 4 + pattern;
            let on = [pattern & 1, pattern >> 1].map(|b| b as f64);
            let strengths = [0, 1].map(|k| (on[k] + settings.number("noise") * draw.normal(entity, k as u64)).max(0.0));
            let later = [0, 1].map(|k| settings.number("jitter") * draw.normal(entity, 2 + k as u64));
            let wanted = on[0] != on[1] || (on[0] > 0.5 && settings.number("both") >= 0.5);
            answers.push((shown.with(lab, strengths, later)?.rise(0), wanted));
            sums.push((strengths[0] + strengths[1], wanted));
        }
        lab.progress((trial + 1) as f64 / each as f64);
    }
    let half = answers.len() / 8 * 4;
    let (accuracy, linear) = (told(&answers[half..], threshold(&answers[..half])), told(&sums, threshold(&sums)));
    let trials = |wanted: bool| sums.iter().zip(&answers).filter(move |(s, _)| s.1 == wanted).map(|(s, a)| (s.0, a.0));
    let mut panels = [trials(true).collect::<Vec<_>>(), trials(false).collect()];
    panels.iter_mut().for_each(|p| p.sort_by(|a, b| a.0.total_cmp(&b.0)));
    let [above, below] = panels;
    let [soma, branch] = response;
    let traces = vec![
        Curve::both("soma, one input", "胞体，一个输入", one.points(0, 500)),
        Curve::both("soma, both", "胞体，两个输入", two.points(0, 500)),
        Curve::both("dendrite, one input", "树突，一个输入", one.points(1, 500)),
        Curve::both("dendrite, both", "树突，两个输入", two.points(1, 500)),
    ];
    Ok(Found {
        numbers: vec![
            ("accuracy", accuracy),
            ("linear", linear),
            ("one", one.rise(0)),
            ("two", two.rise(0)),
            ("fall", 1.0 - two.rise(0) / one.rise(0)),
        ],
        figures: vec![
            Panel::new("traces", "t, ms", "mV", traces),
            Panel::new("strengths", "Σ", "mV", vec![Curve::both("soma", "胞体", soma), Curve::both("dendrite", "树突", branch)]),
            Panel::new(
                "trials",
                "Σ",
                "mV",
                vec![Curve::both("must be above", "应高于阈值", above), Curve::both("must be below", "应低于阈值", below)],
            ),
        ],
        ..Found::default()
    })
}

/// The threshold above which most trials are those that are wanted.
pub(super) fn threshold(trials: &[(f64, bool)]) -> f64 {
    let mut at: Vec<f64> = trials.iter().map(|t| t.0).collect();
    at.sort_by(f64::total_cmp);
    let between = at.windows(2).map(|w| 0.5 * (w[0] + w[1]));
    let all = std::iter::once(f64::NEG_INFINITY).chain(between);
    all.fold((f64::NEG_INFINITY, -1.0), |best, t| {
        let right = told(trials, t);
        if right > best.1 { (t, right) } else { best }
    })
    .0
}

/// The share of trials that a threshold tells right.
pub(super) fn told(trials: &[(f64, bool)], threshold: f64) -> f64 {
    trials.iter().filter(|t| (t.0 > threshold) == t.1).count() as f64 / trials.len() as f64
}

#[cfg(test)]
mod tests {
    use super::{threshold, told};

    #[test]
    fn no_threshold_on_a_sum_tells_exactly_one_from_none_and_both() {
        let trials = [(0.0, false), (1.0, true), (1.0, true), (2.0, false)];
        assert_eq!(told(&trials, threshold(&trials)), 0.75);
        let falling = [(0.0, false), (1.0, true), (1.0, true), (0.4, false)];
        assert_eq!(told(&falling, threshold(&falling)), 1.0);
    }
}
