//! Links that become stronger and weaker: pairs of spikes at given times apart, and inputs that compete for one neuron.

use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::Lab;
use crate::settings::{Form, Key};
use homolog_base::{Diagnostic, math};

/// See the module.
pub const KIND: Kind = Kind {
    name: "pairing",
    about: "pairs the spikes of a sender with those of a neuron that is made to spike, and lets correlated and uncorrelated inputs compete for one",
    keys: &[
        Key {
            name: "pair",
            form: Form::Model,
            about: "a model of `before` and `kick`, both `spikes`, and `cell`; weights from `before` change",
        },
        Key {
            name: "offsets",
            form: Form::Rising("ms"),
            about: "times from the spike of `before` to that of the cell, above 0; both signs are tried",
        },
        Key { name: "pairs", form: Form::Quantity("1"), about: "pairs for each" },
        Key { name: "interval", form: Form::Quantity("ms"), about: "time from pair to pair" },
        Key {
            name: "network",
            form: Form::Model,
            about: "a model of `common` and `apart`, Poisson processes, and `together`, of `poisson`, which `common` excites; two of them excite `cell` by weights that change",
        },
        Key { name: "rate", form: Form::Quantity("Hz"), about: "rate of every input" },
        Key { name: "correlation", form: Form::Quantity("1"), about: "part of the spikes of `together` that come from `common`" },
        Key { name: "time", form: Form::Quantity("s"), about: "how long they compete" },
    ],
    quantities: &[
        Quantity { name: "tau-plus", unit: "ms", en: "time constant of strengthening", zh: "增强的时间常数" },
        Quantity { name: "tau-minus", unit: "ms", en: "time constant of weakening", zh: "减弱的时间常数" },
        Quantity {
            name: "strengthened",
            unit: "%",
            en: "change of the weight by all pairs in which the sender spikes first, at the shortest time",
            zh: "发送者先放电、间隔最短时，所有配对使权重改变的比例",
        },
        Quantity { name: "weakened", unit: "%", en: "... in which the cell spikes first", zh: "细胞先放电时" },
        Quantity {
            name: "ratio",
            unit: "1",
            en: "mean weight of inputs that spike together, over that of the others, in the end",
            zh: "最终：一起放电的输入的平均权重与其余输入之比",
        },
        Quantity {
            name: "together",
            unit: "1",
            en: "mean weight of inputs that spike together, of what it began with",
            zh: "一起放电的输入的平均权重（起始为 1）",
        },
        Quantity { name: "apart", unit: "1", en: "... of the others", zh: "其余输入的平均权重（起始为 1）" },
        Quantity {
            name: "firing", unit: "1", en: "spikes of the cell in a second, on average, Hz", zh: "细胞每秒平均放电次数（Hz）"
        },
    ],
    figures: &["window", "competition"],
    chance: true,
    alone: false,
    run,
};

/// Looks at the weights while inputs compete.
const LOOKS: usize = 60;

/// Before the first pair, and after the last, ms.
const AROUND: f64 = 200.0;

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let offsets = lab.settings.numbers("offsets").to_vec();
    let (pairs, interval) = (lab.number("pairs").round().max(1.0) as usize, lab.number("interval"));
    let mut window = vec![];
    let trials: Vec<f64> = offsets.iter().rev().map(|d| -d).chain(offsets.iter().copied()).collect();
    for (k, offset) in trials.iter().enumerate() {
        let mut bench = lab.bench("pair");
        let times = |shift: f64| (0..pairs).map(|n| AROUND + n as f64 * interval + shift).collect::<Vec<f64>>();
        bench.spikes_at("before", times(0.0)).map_err(|d| lab.about("pair", d))?;
        bench.spikes_at("kick", times(*offset)).map_err(|d| lab.about("pair", d))?;
        bench.shown_for(2.0 * AROUND + pairs as f64 * interval);
        let seen = lab.learn(&bench, "cell", &["before"], 1, 1, |_, _| {})?;
        if seen[0].spikes != pairs {
            let text = format!("the cell spiked {} times in {pairs} pairs that were {offset} ms apart", seen[0].spikes);
            return Err(lab.wrong("pair", text));
        }
        window.push((*offset, seen[0].mean[0] - 1.0));
        lab.progress(0.3 * (k + 1) as f64 / trials.len() as f64);
    }
    let (before, after): (Vec<_>, Vec<_>) = window.iter().copied().partition(|(d, _)| *d < 0.0);
    let nearest = |side: &[(f64, f64)]| side.iter().min_by(|a, b| a.0.abs().total_cmp(&b.0.abs())).map_or(f64::NAN, |p| p.1);

    let (rate, correlation, seconds) = (lab.number("rate"), lab.number("correlation"), lab.number("time"));
    let mut bench = lab.bench("network");
    let set = [
        bench.poisson("common", rate),
        bench.poisson("apart", rate),
        bench.give("together", "rate", rate * (1.0 - correlation), "Hz"),
        bench.weigh("common", "together", correlation),
    ];
    let problems: Vec<Diagnostic> = set.into_iter().filter_map(Result::err).flatten().collect();
    if !problems.is_empty() {
        return Err(lab.about("network", problems));
    }
    let frame = bench.presentation().ok_or_else(|| lab.wrong("network", "the model says no `presentation`"))?;
    let frames = (1000.0 * seconds / frame).round().max(1.0) as usize;
    let course = lab.learn(&bench, "cell", &["together", "apart"], frames, LOOKS, |lab, share| lab.progress(0.3 + 0.7 * share))?;
    let last = course.last().expect("it was looked at");
    let line = |k: usize| {
        let begins = std::iter::once((0.0, 1.0));
        begins
            .chain(course.iter().enumerate().map(|(n, w)| ((n + 1) as f64 * seconds / course.len() as f64, w.mean[k])))
            .collect::<Vec<_>>()
    };
    Ok(Found {
        numbers: vec![
            ("tau-plus", decay(&after)),
            ("tau-minus", decay(&before)),
            ("strengthened", nearest(&after)),
            ("weakened", nearest(&before)),
            ("ratio", last.mean[0] / last.mean[1]),
            ("together", last.mean[0]),
            ("apart", last.mean[1]),
            ("firing", last.spikes as f64 / seconds),
        ],
        figures: vec![
            Panel::new(
                "window",
                "spike of the cell after that of the sender, ms",
                "%",
                vec![Curve::both("change of the weight", "权重的改变", window.iter().map(|(d, w)| (*d, 100.0 * w)).collect())],
            ),
            Panel::new(
                "competition",
                "t, s",
                "1",
                vec![Curve::both("inputs that spike together", "一起放电的输入", line(0)), Curve::both("the others", "其余输入", line(1))],
            ),
        ],
        ..Found::default()
    })
}

/// The time constant of an exponential through some points, ms: the line of least squares through the logarithms of their sizes. NaN where they
/// have different signs, or are 0.
fn decay(points: &[(f64, f64)]) -> f64 {
    let sign = points.first().map_or(0.0, |p| p.1.signum());
    if points.len() < 2 || points.iter().any(|p| p.1 == 0.0 || p.1.signum() != sign) {
        return f64::NAN;
    }
    let n = points.len() as f64;
    let xy: Vec<(f64, f64)> = points.iter().map(|(d, w)| (d.abs(), math::ln(w.abs()))).collect();
    let (x, y) = (xy.iter().map(|p| p.0).sum::<f64>() / n, xy.iter().map(|p| p.1).sum::<f64>() / n);
    let slope = xy.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / xy.iter().map(|p| (p.0 - x) * (p.0 - x)).sum::<f64>();
    -1.0 / slope
}

#[cfg(test)]
mod tests {
    use super::decay;
    use homolog_base::math::exp;

    #[test]
    fn an_exponential_has_its_time_constant_and_what_changes_sign_has_none() {
        let points: Vec<(f64, f64)> = [-5.0, -10.0, -40.0].map(|d: f64| (d, -0.3 * exp(d / 33.7))).to_vec();
        assert!((decay(&points) - 33.7).abs() < 1e-9);
        assert!(decay(&[(1.0, 0.2), (2.0, -0.1)]).is_nan());
        assert!(decay(&[(1.0, 0.0), (2.0, 0.0)]).is_nan());
        assert!(decay(&[]).is_nan());
    }
}
