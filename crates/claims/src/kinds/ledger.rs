//! What a spike and a synaptic potential cost, from the charge that sodium carried in; and from them and listed parts, a brain.

use super::{Curve, Found, Kind, List, Panel, Quantity, table};
use crate::card::Words;
use crate::lab::{Bench, Lab, Seen};
use crate::settings::{Form, Key};
use homolog_base::{Diagnostic, math};
use homolog_measure::AtpTable;

/// See the module.
pub const KIND: Kind = Kind {
    name: "ledger",
    about: "counts the sodium of a spike in two cells and of a synaptic potential, and adds up a brain from parts",
    keys: &[
        Key { name: "squid", form: Form::Model, about: "a model with a stimulus that sets off one spike" },
        Key { name: "squid-places", form: Form::Places, about: "where that spike must arrive; its height is that at the first" },
        Key { name: "mammal", form: Form::Model, about: "another one" },
        Key { name: "mammal-places", form: Form::Places, about: "where that one must arrive" },
        Key { name: "others", form: Form::Models, about: "further models like that, which are listed" },
        Key { name: "synapse", form: Form::Model, about: "a model of a cell with a synapse that stands at a place" },
        Key { name: "synapse-place", form: Form::Place, about: "where the cell is seen" },
        Key { name: "strength", form: Form::Word, about: "the parameter that is the synapse's greatest conductance" },
        Key { name: "membrane", form: Form::Quantity("um2"), about: "membrane of one neuron that a spike runs over" },
        Key { name: "neurons", form: Form::Quantity("1"), about: "neurons of the cortex" },
        Key { name: "synapses", form: Form::Quantity("1"), about: "synapses of the cortex" },
        Key { name: "rate", form: Form::Quantity("Hz"), about: "mean rate of spikes" },
        Key { name: "release", form: Form::Quantity("1"), about: "share of spikes that release transmitter at a synapse" },
        Key { name: "vesicle", form: Form::Quantity("1"), about: "ATP for release and recycling of one vesicle's transmitter" },
        Key { name: "rest", form: Form::Quantity("/s"), about: "ATP a second of a neuron at rest, with its glia" },
        Key { name: "housekeeping", form: Form::Quantity("1"), about: "share of all that is no signalling" },
        Key { name: "cortex", form: Form::Quantity("1"), about: "share of the cortex in what the brain takes" },
        Key { name: "yield", form: Form::Quantity("1"), about: "share of the energy of glucose that reaches ATP" },
        Key { name: "rates", form: Form::Rising("Hz"), about: "rates for the figure, rising" },
    ],
    quantities: &[
        Quantity {
            name: "squid",
            unit: "1",
            en: "sodium of a squid spike, times the least that could make it",
            zh: "乌贼脉冲的钠内流（最小所需量的倍数）",
        },
        Quantity { name: "mammal", unit: "1", en: "the same of the mammalian spike", zh: "哺乳动物脉冲的同一比值" },
        Quantity {
            name: "spike",
            unit: "1",
            en: "ATP of one spike over the membrane of a mammalian cell",
            zh: "哺乳动物细胞一个脉冲的 ATP",
        },
        Quantity { name: "epsp", unit: "1", en: "ATP of one excitatory synaptic potential", zh: "一个兴奋性突触电位的 ATP" },
        Quantity {
            name: "second",
            unit: "1",
            en: "ATP of one neuron in one second, at the mean rate",
            zh: "一个神经元一秒钟的 ATP（平均频率）",
        },
        Quantity { name: "signalling", unit: "W", en: "signalling of the cortex, as ATP", zh: "皮层信号传递（以 ATP 计）" },
        Quantity { name: "brain", unit: "W", en: "the whole brain, as glucose", zh: "整个大脑（以葡萄糖计）" },
    ],
    figures: &["spikes", "watts"],
    chance: false,
    alone: false,
    run,
};

/// What one spike or one synapse let in.
struct Cost {
    /// pC of sodium in each um2, and so many times the least.
    density: f64,
    excess: f64,
    points: Vec<(f64, f64)>,
}

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let pumps = table("energy/atp.toml", AtpTable::read)?;
    let sodium = pumps.ion.iter().find(|i| i.name == "na").expect("a table that was read has sodium");
    let files = |name: &str| lab.settings.words(name).to_vec();
    let (one, another, more) = (files("squid"), files("mammal"), files("others"));
    let squid = spike(lab, &one[0], "squid-places")?;
    let mammal = spike(lab, &another[0], "mammal-places")?;
    let mut others = vec![];
    for (k, file) in more.iter().enumerate() {
        lab.progress((k + 1) as f64 / (more.len() + 2) as f64);
        let cost = spike(lab, file, "mammal-places")?;
        let title = lab.bench_of(file).cell()?.title.clone();
        let excess = if cost.excess.is_finite() { format!("{:.2}", cost.excess) } else { "–".into() };
        others.push((Words::new(title, file.clone()), excess, Words::new(file.clone(), "模型文件")));
    }
    let synaptic = synapse(lab)?;
    let (spike, epsp) = (sodium.atp(mammal.density * lab.number("membrane")), sodium.atp(synaptic));
    let n = |name: &str| lab.number(name);
    // Hz are per s.
    let contacts = n("synapses") / n("neurons");
    let parts = |rate: f64| {
        let (spikes, potentials, vesicles) =
            (rate * spike, rate * contacts * n("release") * epsp, rate * contacts * n("release") * n("vesicle"));
        [spikes, potentials, vesicles, n("rest")]
    };
    let watts = |atp: f64| atp * n("neurons") * pumps.joules_per_atp();
    let whole = |rate: f64| watts(parts(rate).iter().sum()) / (1.0 - n("housekeeping")) / n("cortex") / n("yield");
    let each = parts(n("rate"));
    let second: f64 = each.iter().sum();
    let names = [("spikes", "脉冲"), ("synaptic potentials", "突触电位"), ("transmitter", "递质"), ("rest", "静息")];
    let share = |k: usize| format!("{:.2} W, {:.0} %", watts(each[k]), 100.0 * each[k] / second);
    let from = [
        ("measured in this run: sodium of the spike", "本次运行测得：脉冲的钠"),
        ("measured in this run: sodium of the potential", "本次运行测得：突触电位的钠"),
        ("as the card says", "取自卡片"),
        ("as the card says", "取自卡片"),
    ];
    let rows = (0..4).map(|k| (Words::new(names[k].0, names[k].1), share(k), Words::new(from[k].0, from[k].1))).collect();
    let rates = lab.settings.numbers("rates").to_vec();
    if rates[0] <= 0.0 {
        return Err(lab.wrong("rates", "a rate must be above 0"));
    }
    let log = |x: f64| math::log10(x);
    let curve = |f: &dyn Fn(f64) -> f64| rates.iter().map(|r| (log(*r), f(*r))).collect();
    let lines = vec![
        Curve::both("the whole brain, glucose", "整个大脑（葡萄糖）", curve(&whole)),
        Curve::both("signalling of the cortex, ATP", "皮层信号传递（ATP）", curve(&|r| watts(parts(r).iter().sum()))),
    ];
    let traces = vec![Curve::both("squid", "乌贼", squid.points), Curve::both("mammal", "哺乳动物", mammal.points)];
    let numbers = vec![
        ("squid", squid.excess),
        ("mammal", mammal.excess),
        ("spike", spike),
        ("epsp", epsp),
        ("second", second),
        ("signalling", watts(second)),
        ("brain", whole(n("rate"))),
    ];
    lab.progress(1.0);
    Ok(Found {
        numbers,
        figures: vec![Panel::new("spikes", "t, ms", "mV", traces), Panel::new("watts", "log₁₀ Hz", "W", lines)],
        lists: vec![
            List { title: Words::new("Signalling of the cortex, by part", "皮层信号传递的组成"), rows },
            List {
                title: Words::new("Sodium of a spike with other channels, times the least", "其他通道的脉冲钠内流（最小所需量的倍数）"),
                rows: others,
            },
        ],
        ..Found::default()
    })
}

/// The sodium that flows in one model beyond what flows in another, pC; and what both do at a place.
fn charge(lab: &mut Lab<'_>, with: &Bench, without: &Bench, place: &str) -> Result<(f64, [Seen; 2]), Vec<Diagnostic>> {
    let seen = [lab.watch(with, &[place], &["charge.na"])?, lab.watch(without, &[place], &["charge.na"])?];
    Ok((seen[0].sums[0] - seen[1].sums[0], seen))
}

/// What a spike lets in, beyond what flows without the stimulus.
fn spike(lab: &mut Lab<'_>, file: &str, place: &str) -> Result<Cost, Vec<Diagnostic>> {
    let bench = lab.bench_of(file);
    let mut silent = bench.clone();
    silent.silent();
    let (charge, [with, without]) = charge(lab, &bench, &silent, place)?;
    let cell = bench.cell()?;
    // um2 times uF/cm2 is 0.01 pF; pF times mV is 0.001 pC.
    let capacitance: f64 = cell.branches.iter().enumerate().map(|(k, b)| 0.01 * b.area() * cell.capacitance_of(k)).sum();
    let height = with.peak(0, 0.0) - without.at(0, 0.0);
    let spiked = (0..with.traces.len()).all(|k| with.spikes(k, cell.spike.threshold.value, 0.0) == 1);
    let excess = if spiked { charge / (1e-3 * capacitance * height) } else { f64::NAN };
    let area: f64 = cell.branches.iter().map(homolog_model::cell::Branch::area).sum();
    Ok(Cost { density: if spiked { charge / area } else { f64::NAN }, excess, points: with.points(0, 600) })
}

/// The sodium that a synapse lets in, pC.
fn synapse(lab: &mut Lab<'_>) -> Result<f64, Vec<Diagnostic>> {
    let bench = lab.bench("synapse");
    let without = bench.without(&[lab.settings.word("strength")])?;
    Ok(charge(lab, &bench, &without, "synapse-place")?.0)
}
