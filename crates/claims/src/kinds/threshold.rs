//! A short pulse of current, weak and strong, once and twice: does the cell answer in proportion, or all or nothing?

use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::{Bench, Lab, greatest};
use crate::settings::{Form, Key};
use homolog_base::{Diagnostic, math};

/// See the module.
pub const KIND: Kind = Kind {
    name: "threshold",
    about: "varies the strength of a pulse, finds the weakest that sets off a spike, and gives a second pulse after intervals",
    keys: &[
        Key { name: "model", form: Form::Model, about: "the model file; its first stimulus is the pulse" },
        Key { name: "place", form: Form::Place, about: "where the potential is seen" },
        Key { name: "spike", form: Form::Quantity("mV"), about: "a rise above this potential is a spike" },
        Key { name: "factors", form: Form::Rising("1"), about: "strengths of the pulse, times that of the file, rising" },
        Key { name: "fine", form: Form::Quantity("1"), about: "the relative difference of two strengths between which the slope is taken" },
        Key { name: "again", form: Form::Quantity("1"), about: "strength of both pulses, times the threshold" },
        Key { name: "most", form: Form::Quantity("1"), about: "the strongest second pulse, times the threshold" },
        Key { name: "intervals", form: Form::Rising("ms"), about: "intervals between two pulses, rising" },
    ],
    quantities: &[
        Quantity {
            name: "slope",
            unit: "1",
            en: "steepest slope of log response over log stimulus (a passive membrane has 1)",
            zh: "响应对刺激的最大斜率（双对数；被动膜为 1）",
        },
        Quantity {
            name: "threshold", unit: "mV", en: "the smallest displacement that sets off a spike", zh: "能引发脉冲的最小电位变化"
        },
        Quantity { name: "height", unit: "mV", en: "height of the spike above rest", zh: "脉冲高度（相对静息电位）" },
        Quantity {
            name: "growth",
            unit: "%",
            en: "growth of the spike when the stimulus doubles, from 1.2 to 2.4 times threshold",
            zh: "刺激加倍（阈值的 1.2 到 2.4 倍）时脉冲的增长",
        },
        Quantity {
            name: "refractory",
            unit: "ms",
            en: "longest interval after which the same pulse sets off no second spike",
            zh: "同样的第二个脉冲刺激仍不引发脉冲的最长间隔",
        },
    ],
    figures: &["traces", "response", "second"],
    chance: false,
    alone: false,
    run,
};

/// The pulse of a model in multiples of what the file says.
struct Pulse {
    bench: Bench,
    amplitude: f64,
    begin: f64,
    end: f64,
    spike: f64,
}

impl Pulse {
    /// Peak above rest, displacement at the end of the pulse, and whether there was a spike.
    fn give(&self, lab: &mut Lab<'_>, factor: f64) -> Result<(f64, f64, bool), Vec<Diagnostic>> {
        let bench = self.bench.with("stimulus.amplitude", self.amplitude * factor, "nA")?;
        let seen = lab.potentials(&bench, &["place"])?;
        // What it was just before: without some channels a cell does not rest where it begins.
        let rest = seen.at(0, self.begin);
        Ok((seen.peak(0, self.begin) - rest, seen.at(0, self.end) - rest, seen.spikes(0, self.spike, self.begin) > 0))
    }

    /// Whether a second pulse sets off a second spike.
    fn twice(&self, lab: &mut Lab<'_>, first: f64, interval: f64, second: f64) -> Result<bool, Vec<Diagnostic>> {
        let mut bench = self.bench.with("stimulus.amplitude", self.amplitude * first, "nA")?;
        bench.inject(self.amplitude * second, self.begin + interval, self.end - self.begin)?;
        Ok(lab.potentials(&bench, &["place"])?.spikes(0, self.spike, self.begin) > 1)
    }
}

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let bench = lab.bench("model");
    let (amplitude, begin, duration) = bench.stimulus()?;
    let pulse = Pulse { amplitude, begin, end: begin + duration, spike: lab.number("spike"), bench };
    let factors = lab.settings.numbers("factors").to_vec();
    let mut response = vec![];
    let (mut below, mut above) = (None, None);
    for (k, &f) in factors.iter().enumerate() {
        let (peak, _, spiked) = pulse.give(lab, f)?;
        response.push((f * amplitude, peak));
        match spiked {
            true if above.is_none() => above = Some(f),
            false if above.is_none() => below = Some(f),
            _ => {}
        }
        lab.progress(0.2 * k as f64 / factors.len() as f64);
    }
    let threshold = match (below, above) {
        (Some(low), Some(high)) => Some(bisect(low, high, 24, |f| Ok(pulse.give(lab, f)?.2))?),
        _ => None,
    };
    let mut found = match threshold {
        Some(t) => spiking(lab, &pulse, t, &mut response)?,
        None => {
            let slopes = response.windows(2).map(|w| math::ln(w[1].1 / w[0].1) / math::ln(w[1].0 / w[0].0));
            let (slope, height) = (greatest(slopes), greatest(response.iter().map(|r| r.1)));
            let numbers =
                vec![("slope", slope), ("threshold", f64::NAN), ("height", height), ("growth", f64::NAN), ("refractory", f64::NAN)];
            Found { numbers, ..Found::default() }
        }
    };
    response.sort_by(|a, b| a.0.total_cmp(&b.0));
    let shown = match threshold {
        Some(t) => vec![
            ("0.5 of threshold", "阈值的 0.5 倍", 0.5 * t),
            ("just below", "略低于阈值", 0.995 * t),
            ("just above", "略高于阈值", 1.005 * t),
            ("2 times threshold", "阈值的 2 倍", 2.0 * t),
        ],
        None => vec![("the weakest pulse", "最弱的刺激", factors[0]), ("the strongest pulse", "最强的刺激", factors[factors.len() - 1])],
    };
    let mut lines = vec![];
    for (en, zh, factor) in shown {
        let bench = pulse.bench.with("stimulus.amplitude", amplitude * factor, "nA")?;
        lines.push(Curve::both(en, zh, lab.potentials(&bench, &["place"])?.points(0, 600)));
    }
    let mut figures = vec![
        Panel::new("traces", "t, ms", "mV", lines),
        Panel::new("response", "nA", "mV", vec![Curve::both("peak above rest", "峰值（相对静息电位）", response)]),
    ];
    figures.append(&mut found.figures);
    lab.progress(1.0);
    Ok(Found { figures, ..found })
}

/// What is measured where there is a threshold.
fn spiking(lab: &mut Lab<'_>, pulse: &Pulse, threshold: f64, response: &mut Vec<(f64, f64)>) -> Result<Found, Vec<Diagnostic>> {
    let fine = lab.number("fine");
    let (low, high) = (threshold * (1.0 - 0.5 * fine), threshold * (1.0 + 0.5 * fine));
    let (under, displaced, _) = pulse.give(lab, low)?;
    let (over, _, _) = pulse.give(lab, high)?;
    response.extend([(low * pulse.amplitude, under), (high * pulse.amplitude, over)]);
    let slope = math::ln(over / under) / math::ln(high / low);
    let (once, _, _) = pulse.give(lab, 1.2 * threshold)?;
    let (twice, _, _) = pulse.give(lab, 2.4 * threshold)?;
    let (again, most) = (lab.number("again"), lab.number("most"));
    let intervals = lab.settings.numbers("intervals").to_vec();
    let (mut refractory, mut second) = (f64::NAN, vec![]);
    for (k, &interval) in intervals.iter().enumerate() {
        let first = again * threshold;
        if !pulse.twice(lab, first, interval, first)? {
            refractory = interval;
        }
        if pulse.twice(lab, first, interval, most * threshold)? {
            let needed = bisect(0.0, most, 10, |f| pulse.twice(lab, first, interval, f * threshold))?;
            second.push((interval, needed));
        }
        lab.progress(0.3 + 0.7 * k as f64 / intervals.len() as f64);
    }
    let line = Curve::both("threshold of a second spike, times the first", "第二个脉冲的阈值（第一个的倍数）", second);
    Ok(Found {
        numbers: vec![
            ("slope", slope),
            ("threshold", displaced / (1.0 - 0.5 * fine)),
            ("height", once),
            ("growth", twice / once - 1.0),
            ("refractory", refractory),
        ],
        figures: vec![Panel::new("second", "Δt, ms", "1", vec![line])],
        ..Found::default()
    })
}

/// The number between two at which a question begins to be answered with yes.
fn bisect(
    mut low: f64,
    mut high: f64,
    halvings: usize,
    mut yes: impl FnMut(f64) -> Result<bool, Vec<Diagnostic>>,
) -> Result<f64, Vec<Diagnostic>> {
    for _ in 0..halvings {
        let middle = 0.5 * (low + high);
        if yes(middle)? { high = middle } else { low = middle }
    }
    Ok(high)
}
