//! A cell with as many inputs as a cell may have, each from another neuron that spikes when it likes: does it fit into time and memory, and is
//! the answer that of half the step?

use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::{Heard, Lab, greatest};
use crate::settings::{Form, Key};
use homolog_base::Diagnostic;
use homolog_measure::moments;

/// See the module.
pub const KIND: Kind = Kind {
    name: "inputs",
    about: "lets a cell hear populations of Poisson processes, and asks what that takes and what half the step of time makes of it",
    keys: &[
        Key { name: "model", form: Form::Model, about: "a model of a cell that hears populations of `spikes` with `poisson`" },
        Key { name: "place", form: Form::Place, about: "where the potential is seen" },
        Key { name: "spike", form: Form::Quantity("mV"), about: "a rise above this potential is a spike" },
        Key { name: "times", form: Form::Quantity("1"), about: "so many times the inputs of the file" },
        Key { name: "rate", form: Form::Quantity("1"), about: "so many times the spikes of each sender in the file" },
        Key { name: "contacts", form: Form::Quantity("1"), about: "inputs that come from the same neuron" },
        Key { name: "step", form: Form::Quantity("ms"), about: "the step of time that is compared with half of it" },
        Key { name: "seconds", form: Form::Quantity("s"), about: "time that the run may take" },
        Key { name: "memory", form: Form::Quantity("1"), about: "memory that it may take, MB" },
    ],
    quantities: &[
        Quantity { name: "inputs", unit: "1", en: "inputs of the cell", zh: "细胞的输入数" },
        Quantity {
            name: "senders", unit: "1", en: "different neurons from which they come", zh: "这些输入来自多少个不同的神经元"
        },
        Quantity { name: "active", unit: "1", en: "of them spiked at least once", zh: "其中至少放电一次的神经元数" },
        Quantity { name: "arrived", unit: "1", en: "spikes that they sent", zh: "它们发出的脉冲数" },
        Quantity {
            name: "seconds",
            unit: "s",
            en: "time from the description to the answer, on one thread",
            zh: "从描述到结果所用的时间（一个线程）",
        },
        Quantity {
            name: "memory",
            unit: "1",
            en: "most memory of the whole program in that time, MB",
            zh: "这段时间内整个程序占用的最大内存，MB",
        },
        Quantity {
            name: "budget",
            unit: "%",
            en: "share that is used of the time and of the memory that there is, whichever is larger",
            zh: "所用时间与所用内存占各自上限的比例，取较大者",
        },
        Quantity { name: "mean", unit: "mV", en: "mean potential of the soma", zh: "胞体电位的平均值" },
        Quantity { name: "deviation", unit: "mV", en: "its standard deviation", zh: "胞体电位的标准差" },
        Quantity { name: "spikes", unit: "1", en: "spikes of the cell", zh: "细胞的脉冲数" },
        Quantity {
            name: "drift-mean", unit: "%", en: "by how much half the step changes the mean", zh: "步长减半时平均值的变化"
        },
        Quantity { name: "drift-variance", unit: "%", en: "... the variance", zh: "步长减半时方差的变化" },
        Quantity { name: "drift-spikes", unit: "%", en: "... the number of spikes", zh: "步长减半时脉冲数的变化" },
        Quantity { name: "drift", unit: "%", en: "the largest of these three", zh: "以上三者中最大的" },
    ],
    figures: &["traces", "arrivals"],
    chance: true,
    alone: true,
    run,
};

/// Points of a line in a figure.
const POINTS: usize = 1500;

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let contacts = lab.number("contacts").round().max(1.0) as usize;
    let (times, step) = (lab.number("times"), lab.number("step"));
    let bench = lab.bench("model").hearing(times, contacts, lab.number("rate"));
    let whole = lab.hear(&bench.in_steps(step), "place")?;
    lab.progress(0.4);
    let half = lab.hear(&bench.in_steps(0.5 * step), "place")?;
    lab.progress(1.0);
    let spike = lab.number("spike");
    let spikes = |h: &Heard| h.seen.spikes(0, spike, 0.0) as f64;
    let of = |h: &Heard| moments(&h.seen.traces[0]).unwrap_or((f64::NAN, f64::NAN));
    let off = |a: f64, b: f64| if a == b { 0.0 } else { ((a - b) / b).abs() };
    let ((mean, variance), (half_mean, half_variance)) = (of(&whole), of(&half));
    let drifts = [off(mean, half_mean), off(variance, half_variance), off(spikes(&whole), spikes(&half))];
    let budget = greatest([whole.seconds / lab.number("seconds"), whole.megabytes / lab.number("memory")]);
    Ok(Found {
        numbers: vec![
            ("inputs", whole.inputs as f64),
            ("senders", whole.senders as f64),
            ("active", whole.active.0 as f64),
            ("arrived", whole.active.1 as f64),
            ("seconds", whole.seconds),
            ("memory", whole.megabytes),
            ("budget", budget),
            ("mean", mean),
            ("deviation", variance.sqrt()),
            ("spikes", spikes(&whole)),
            ("drift-mean", drifts[0]),
            ("drift-variance", drifts[1]),
            ("drift-spikes", drifts[2]),
            ("drift", greatest(drifts)),
        ],
        figures: vec![
            Panel::new(
                "traces",
                "t, ms",
                "mV",
                vec![
                    Curve::both("the step", "所用步长", whole.seen.points(0, POINTS)),
                    Curve::both("half of it", "步长减半", half.seen.points(0, POINTS)),
                ],
            ),
            Panel::new(
                "arrivals",
                "t, ms",
                "1",
                vec![Curve::both("spikes of all senders in 1 ms", "每 1 ms 内所有来源的脉冲数", arrivals(&whole))],
            ),
        ],
        ..Found::default()
    })
}

/// Spikes of all senders in each ms.
fn arrivals(heard: &Heard) -> Vec<(f64, f64)> {
    heard.each_ms.iter().enumerate().map(|(ms, n)| (ms as f64 + 0.5, *n as f64)).collect()
}
