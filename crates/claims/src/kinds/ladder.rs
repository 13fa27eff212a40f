//! A ladder of networks that are to pass for one neuron: which is the smallest that predicts its spikes, and which mechanism of the
//! neuron makes it that large?
//!
//! Identical spikes are given to a neuron, and to the same neuron with a mechanism removed; in each the strength of synapses is scaled until
//! it spikes as often as wanted. Networks see how strongly each synapse was active lately, as sums over its spikes that decay at several
//! rates, and learn two things of a bin of 1 ms: the odds of a spike, and the potential. Both are scored on trains that nothing was learned on.
//!
//! The method is that of Beniaguev, Segev & London 2021, Neuron 109, 2727-2739, at a smaller scale and with given filters instead of
//! learned ones. Bins with a spike are rare, so all of them are shown, several times, and of the others a part that is drawn; that moves the bias of the
//! logistic readout and not what it ranks (Prentice & Pyke 1979, Biometrika 66, 403-411), and the area under the curve is that of ranks.

mod nets;

use super::{Cell, Found, Kind, Ladder, Quantity, Rail, Rung, table};
use crate::card::Words;
use crate::lab::{Bench, Driven, Driver, Lab, Memory, Trains, greatest};
use crate::settings::{Form, Key, Settings};
use homolog_base::random::Key as Draw;
use homolog_base::{Diagnostic, jobs, math};
use homolog_measure::{AtpTable, EnergyTable, pumping};
use homolog_model::Library;
use homolog_train::targets::Course;
use nets::{Net, Task, Wires};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is measured of each neuron, and what follows from two of them.
macro_rules! quantities {
    ($(($name:literal, $en:literal, $zh:literal)),*) => {
        &[
            $(
                Quantity { name: concat!($name, "-linear"), unit: "1", en: concat!("area under the curve (AUC) of a linear unit, ", $en), zh: concat!("线性单元的曲线下面积（AUC），", $zh) },
                Quantity { name: concat!($name, "-best"), unit: "1", en: concat!("AUC of the best network, ", $en), zh: concat!("最好的网络的 AUC，", $zh) },
                Quantity { name: concat!($name, "-gap"), unit: "1", en: concat!("AUC that a linear unit lacks, ", $en), zh: concat!("线性单元欠缺的 AUC，", $zh) },
                Quantity { name: concat!($name, "-tree"), unit: "1", en: concat!("AUC of the tree-wired network, ", $en), zh: concat!("按树连接的网络的 AUC，", $zh) },
                Quantity { name: concat!($name, "-dense"), unit: "1", en: concat!("AUC of the dense network of two hidden layers, ", $en), zh: concat!("两个隐藏层的全连接网络的 AUC，", $zh) },
                Quantity { name: concat!($name, "-lead"), unit: "1", en: concat!("AUC of the tree-wired network less that of the dense one of two hidden layers, ", $en), zh: concat!("按树连接的网络比两个隐藏层的全连接网络高出的 AUC，", $zh) },
                Quantity { name: concat!($name, "-potential"), unit: "%", en: concat!("variance of the potential that a linear unit explains, ", $en), zh: concat!("线性单元解释的电位方差，", $zh) },
                Quantity { name: concat!($name, "-potential-best"), unit: "%", en: concat!("... and the best network, ", $en), zh: concat!("最好的网络解释的电位方差，", $zh) },
                Quantity { name: concat!($name, "-weights"), unit: "1", en: concat!("weights of the smallest network that passes, ", $en), zh: concat!("合格的最小网络的权重数，", $zh) },
                Quantity { name: concat!($name, "-watts"), unit: "uW", en: concat!("power of that network, estimated, ", $en), zh: concat!("该网络的功率（估计），", $zh) },
                Quantity { name: concat!($name, "-pumps"), unit: "pW", en: concat!("power of the neuron, from measured sodium, ", $en), zh: concat!("神经元的功率（由测得的钠计算），", $zh) },
                Quantity { name: concat!($name, "-rate"), unit: "Hz", en: concat!("rate of spikes, ", $en), zh: concat!("放电频率，", $zh) },
                Quantity { name: concat!($name, "-strength"), unit: "1", en: concat!("by what its synapses were scaled for that, ", $en), zh: concat!("为此突触强度的倍数，", $zh) },
            )*
            Quantity { name: "remaining", unit: "%", en: "share of what a linear unit lacks that remains without the mechanism", zh: "去掉该机制后，线性单元的欠缺还剩下的比例" },
            Quantity { name: "share", unit: "%", en: "weights of the tree-wired network, of those of the dense one of two hidden layers", zh: "按树连接的网络的权重占两个隐藏层的全连接网络的比例" },
        ]
    };
}

/// See the module.
pub const KIND: Kind = Kind {
    name: "ladder",
    about: "gives a neuron spikes, teaches networks of several sizes what it does, and asks which is the smallest that passes for it, with and without a mechanism",
    keys: &[
        Key { name: "model", form: Form::Model, about: "a model of a cell that hears one population of given spikes" },
        Key { name: "point", form: Form::Model, about: "the same of a point neuron" },
        Key {
            name: "neurons",
            form: Form::Words,
            about: "which are imitated: `whole`, `without` the mechanism, `collapsed` to a point, `bare` of both, `point`",
        },
        Key { name: "first", form: Form::Quantity("1"), about: "so many of these, from the first on" },
        Key { name: "mechanism", form: Form::Words, about: "numbers of the cell that are 0 where it is without the mechanism" },
        Key { name: "removed", form: Form::Words, about: "what the mechanism is called, in English and Chinese" },
        Key { name: "resistance", form: Form::Word, about: "the number of the cell that is a millionth where it is collapsed" },
        Key { name: "synapses", form: Form::Quantity("1"), about: "synapses" },
        Key { name: "clusters", form: Form::Quantity("1"), about: "neighbouring synapses in so many parts share how active they are" },
        Key { name: "rate", form: Form::Quantity("Hz"), about: "mean rate of a synapse" },
        Key { name: "hold", form: Form::Quantity("ms"), about: "how long a part is as active, before an exponential number is drawn anew" },
        Key { name: "spikes", form: Form::Quantity("Hz"), about: "how often each neuron is to spike" },
        Key {
            name: "strengths",
            form: Form::Quantities("1"),
            about: "where the search for the strength of synapses begins, one for each neuron",
        },
        Key {
            name: "copies",
            form: Form::Quantity("1"),
            about: "copies of the neuron, each with trains of its own; the last quarter is for the test, an eighth before it says when to stop",
        },
        Key { name: "seconds", form: Form::Quantity("s"), about: "how long all copies together are seen" },
        Key { name: "ceiling", form: Form::Quantity("mV"), about: "potentials above are taken as this, so that spikes do not count" },
        Key { name: "decays", form: Form::Rising("ms"), about: "how fast networks forget a spike of a synapse" },
        Key { name: "bins", form: Form::Quantity("1"), about: "bins of all parts that are drawn, beside all those with a spike" },
        Key { name: "again", form: Form::Quantity("1"), about: "how often a bin with a spike is shown in a pass" },
        Key { name: "unit", form: Form::Word, about: "the hidden units: a rate unit of the library" },
        Key { name: "units", form: Form::Quantity("1"), about: "units for each branch in the tree-wired network" },
        Key { name: "second", form: Form::Quantity("1"), about: "units of the second hidden layer" },
        Key {
            name: "times",
            form: Form::Quantity("1"),
            about: "the dense network of two layers has at least so many times the weights of the tree-wired one",
        },
        Key { name: "learning-rate", form: Form::Quantity("1"), about: "step size of Adam, which falls to 0 as a cosine" },
        Key {
            name: "shrink",
            form: Form::Rising("1"),
            about: "decays of weights for a step of 1: each network takes the one that does best on the second part",
        },
        Key { name: "batch", form: Form::Quantity("1"), about: "bins of one step" },
        Key {
            name: "passes",
            form: Form::Quantity("1"),
            about: "passes over all bins; what was learned after the best of them by the second part is kept",
        },
        Key { name: "passing", form: Form::Quantity("1"), about: "a network passes whose AUC is this share of the best one's" },
        Key { name: "shuffled", form: Form::Quantity("1"), about: "1 gives each bin what the neuron did in another one; 0 otherwise" },
        Key {
            name: "scrambled",
            form: Form::Quantity("1"),
            about: "1 gives the units of the tree-wired network synapses of any branch; 0 otherwise",
        },
    ],
    quantities: quantities![
        ("whole", "whole neuron", "完整的神经元"),
        ("without", "without the mechanism", "去掉该机制"),
        ("collapsed", "tree collapsed to a point", "树突塌缩成一个点"),
        ("bare", "collapsed and without the mechanism", "塌缩且去掉该机制"),
        ("point", "integrate-and-fire neuron", "积分放电神经元")
    ],
    figures: &["ladder"],
    chance: true,
    alone: false,
    run,
};

/// What the experiment is told, for several threads.
struct Told<'a> {
    settings: &'a Settings,
    library: &'a Library,
    driver: Driver,
    learned: Arc<Memory<Cell>>,
    seed: u64,
}

impl Told<'_> {
    fn number(&self, name: &str) -> f64 {
        self.settings.number(name)
    }

    fn on(&self, name: &str) -> bool {
        self.number(name) >= 0.5
    }
}

/// A neuron that is to be imitated.
struct Variant {
    /// Which, as in the names of quantities.
    name: &'static str,
    words: Words,
    bench: Bench,
    /// By what its synapses are scaled at first.
    strength: f64,
}

fn variants(lab: &Lab<'_>) -> Result<Vec<Variant>, Vec<Diagnostic>> {
    let removed = lab.settings.words("removed");
    let (en, zh) = (removed.first().map_or("", |w| w), removed.last().map_or("", |w| w));
    let mechanism: Vec<&str> = lab.settings.words("mechanism").iter().map(String::as_str).collect();
    let (asked, strengths) = (lab.settings.words("neurons"), lab.settings.numbers("strengths"));
    if strengths.len() != asked.len() || strengths.iter().any(|s| *s <= 0.0) {
        return Err(lab.wrong("strengths", "there must be one above 0 for each neuron"));
    }
    let one = |(asked, strength): (&String, &f64)| {
        let (name, words) = match asked.as_str() {
            "whole" => ("whole", Words::new("whole", "完整")),
            "without" => ("without", Words::new(format!("no {en}"), format!("无{zh}"))),
            "collapsed" => ("collapsed", Words::new("collapsed", "塌缩")),
            "bare" => ("bare", Words::new(format!("collapsed, no {en}"), format!("塌缩且无{zh}"))),
            "point" => ("point", Words::new("point", "点")),
            other => {
                return Err(
                    lab.wrong("neurons", format!("there is no `{other}`: it is `whole`, `without`, `collapsed`, `bare` or `point`"))
                );
            }
        };
        let mut bench = lab.bench(if name == "point" { "point" } else { "model" });
        if matches!(name, "without" | "bare") {
            bench = bench.without(&mechanism)?;
        }
        if matches!(name, "collapsed" | "bare") {
            bench.times(lab.settings.word("resistance"), 1e-6)?;
        }
        Ok(Variant { name, words, bench, strength: *strength })
    };
    asked.iter().zip(strengths).take(lab.settings.count("first")).map(one).collect()
}

/// The rungs, from the fewest weights to the most.
const RUNGS: [(&str, &str); 4] = [
    ("linear unit", "线性单元"),
    ("wired like the tree", "按树连接"),
    ("one hidden layer", "一个隐藏层"),
    ("two hidden layers", "两个隐藏层"),
];
const LINEAR: usize = 0;
const TREE: usize = 1;
const DENSE: usize = 3;
/// What the second one is with synapses of any branch.
const SCRAMBLED: (&str, &str) = ("as sparse, wired like no tree", "同样稀疏，不按树连接");

/// Sizes of an experiment.
struct Plan {
    copies: usize,
    synapses: usize,
    /// Of one copy.
    bins: usize,
    clusters: usize,
    course: Course,
}

impl Plan {
    fn new(lab: &Told<'_>) -> Plan {
        let whole = |name: &str| lab.settings.count(name);
        let copies = whole("copies").max(4);
        Plan {
            copies,
            synapses: whole("synapses"),
            bins: ((1e3 * lab.number("seconds") / copies as f64).round() as usize).max(2 * SILENT),
            clusters: whole("clusters").min(whole("synapses")),
            course: Course { learning_rate: lab.number("learning-rate"), batch: whole("batch"), epochs: whole("passes"), seed: lab.seed },
        }
    }

    /// The cluster of a synapse.
    fn cluster(&self, synapse: usize) -> usize {
        synapse * self.clusters / self.synapses
    }

    /// Spikes with a probability in each bin that is drawn anew for each cluster from time to time.
    fn trains(&self, lab: &Told<'_>, draw: Draw) -> Trains {
        let (hold, mean) = (lab.settings.count("hold"), 1e-3 * lab.number("rate"));
        let of = |copy: usize| {
            let (levels, spikes) = (draw.named("level").numbered(copy as u64), draw.named("spike").numbered(copy as u64));
            let level = |cluster: usize, bin: usize| -math::ln(levels.uniform(cluster as u64, (bin / hold) as u64));
            let all: Vec<Vec<f64>> =
                (0..self.clusters).map(|c| (0..self.bins.div_ceil(hold)).map(|h| level(c, h * hold)).collect()).collect();
            let spiked = |s: usize, bin: usize| spikes.uniform(s as u64, bin as u64) < mean * all[self.cluster(s)][bin / hold];
            (0..self.synapses).map(|s| (0..self.bins).filter(|bin| spiked(s, *bin)).map(|b| b as u32).collect()).collect()
        };
        Trains { bins: self.bins, of: (0..self.copies).map(of).collect() }
    }

    /// Samples: all bins with a spike, and others that are drawn. Those of the last quarter of the copies are for the test, those of an
    /// eighth before them say when to stop learning.
    fn task(&self, lab: &Told<'_>, driven: &Driven, trains: &Trains, draw: Draw) -> Task {
        let decays = lab.settings.numbers("decays");
        let ceiling = lab.number("ceiling");
        let (test, validation) = (self.copies / 4, (self.copies / 8).max(1));
        let each = (lab.number("bins") / self.copies as f64).round().max(1.0) as usize;
        let mut task = Task { origin: decays.iter().map(|d| d.to_bits()).collect(), ..Task::default() };
        for copy in 0..self.copies {
            let part = usize::from(copy + test + validation >= self.copies) + usize::from(copy + test >= self.copies);
            let key = draw.named("bins").numbered(copy as u64);
            // Nothing is known of what came before the beginning.
            let drawn = |k: usize| (SILENT + key.below((self.bins - SILENT) as u64, k as u64, 0) as usize) as u32;
            let spikes = driven.spikes[copy].iter().filter(|b| **b as usize >= SILENT);
            let mut wanted: Vec<(u32, bool)> = (0..each).map(|k| (drawn(k), true)).chain(spikes.map(|b| (*b, false))).collect();
            if part == 0 {
                // What is rare is shown more often, or it is learned late.
                let again = lab.settings.count("again");
                wanted = wanted.into_iter().flat_map(|w| std::iter::repeat_n(w, if w.1 { 1 } else { again })).collect();
            }
            wanted.sort_unstable();
            let bins: Vec<u32> = wanted.iter().map(|w| w.0).collect();
            let words = [copy as u64, bins.len() as u64].into_iter().chain(bins.iter().map(|b| u64::from(*b)));
            task.origin.extend(words);
            for train in &trains.of[copy] {
                task.origin.extend(std::iter::once(train.len() as u64).chain(train.iter().map(|b| u64::from(*b))));
            }
            let rows = &mut task.rows[part];
            rows.width = self.synapses * decays.len();
            nets::history(&trains.of[copy], decays, &bins, &mut rows.values);
            let [spike, potential] = &mut task.targets[part];
            for (bin, drawn) in wanted {
                spike.push(f64::from(u8::from(driven.spikes[copy].binary_search(&bin).is_ok())));
                potential.push(if drawn { driven.potential[copy][bin as usize].min(ceiling) } else { f64::NAN });
            }
        }
        task
    }
}

/// Bins at the beginning that are not shown.
const SILENT: usize = 100;
/// The strength of synapses is sought until the rate is as near as this, in so many runs of all trains at most.
const NEAR: (f64, usize) = (0.05, 6);
/// How near a part of the trains must come, as a logarithm, before all of them are run; and how steeply the rate depends on strength at first.
const CLOSE: f64 = 0.4;
const STEEP: f64 = 8.0;

/// By what the weights of a neuron are scaled so that it spikes as often as wanted, and what it does then: strengths that lie on either
/// side, then secants, on a part of the trains and in the end on all. A neuron that spikes more often at a greater strength is assumed.
fn matched(lab: &Told<'_>, variant: &Variant, trains: &Trains) -> Result<(f64, Driven), Vec<Diagnostic>> {
    let wanted = lab.number("spikes");
    let short = Trains { bins: (trains.bins / 10).max(1000).min(trains.bins), of: trains.of.clone() };
    // The logarithm of the rate over the wanted one; what never spikes has one that is finite.
    let at = |x: f64, trains: &Trains| -> Result<(f64, Driven), Vec<Diagnostic>> {
        let driven = lab.driver.drive(&variant.bench, trains, math::exp(x))?;
        Ok((math::ln((rate(&driven, trains.bins) + 0.05) / (wanted + 0.05)), driven))
    };
    let mut one = (math::ln(variant.strength), 0.0);
    one.1 = at(one.0, &short)?.0;
    // So steep it is where these neurons spike about once a second; two strengths that are the same have no slope.
    let mut other = (one.0 - 1.0, one.1 - STEEP);
    let slope = |one: (f64, f64), other: (f64, f64)| {
        let slope = (other.1 - one.1) / (other.0 - one.0);
        if slope.is_finite() { slope.clamp(0.3, 30.0) } else { STEEP }
    };
    if one.1.abs() > CLOSE {
        let step = -0.7 * one.1.signum();
        for _ in 0..10 {
            other = (one.0 + step, at(one.0 + step, &short)?.0);
            if other.1 * one.1 <= 0.0 {
                break;
            }
            one = other;
        }
        for _ in 0..3 {
            let x = one.0 - one.1 / slope(one, other);
            let new = (x, at(x, &short)?.0);
            (one, other) = if new.1 * one.1 <= 0.0 { (new, one) } else { (new, other) };
        }
    }
    // What is close already is left where it is: a part of the trains says less than all of them.
    let mut x = if one.1.abs() > CLOSE { one.0 - one.1 / slope(one, other) } else { one.0 };
    let mut seen: Vec<(f64, f64)> = vec![];
    let mut best: Option<(f64, f64, Driven)> = None;
    loop {
        let (off, driven) = at(x, trains)?;
        if best.as_ref().is_none_or(|b| off.abs() < b.1) {
            best = Some((x, off.abs(), driven));
        }
        let steep = seen.last().map_or(slope(one, other).max(STEEP), |last| slope(*last, (x, off)).max(1.0));
        seen.push((x, off));
        match best.take() {
            Some((x, off, driven)) if off <= NEAR.0 || seen.len() == NEAR.1 => return Ok((math::exp(x), driven)),
            other => best = other,
        }
        x -= off / steep;
    }
}

/// Spikes of a copy, Hz.
fn rate(driven: &Driven, bins: usize) -> f64 {
    let spikes: usize = driven.spikes.iter().map(Vec::len).sum();
    1e3 * spikes as f64 / (driven.spikes.len() * bins) as f64
}

/// The networks, from the fewest weights to the most, each for two numbers of a neuron whose synapses are on these branches.
fn networks(lab: &Told<'_>, plan: &Plan, driven: &Driven, draw: Draw) -> Result<Vec<Net>, Vec<Diagnostic>> {
    let decays = lab.settings.numbers("decays").len();
    let inputs = plan.synapses * decays;
    let (units, second) = (lab.settings.count("units"), lab.settings.count("second"));
    let mut names: Vec<&String> = driven.branch.iter().collect();
    names.dedup();
    // What has no branches is as if its clusters were some.
    let of = |s: usize| if names.len() > 1 { names.iter().position(|n| **n == driven.branch[s]).unwrap_or(0) } else { plan.cluster(s) };
    let mut branch: Vec<usize> = (0..plan.synapses).map(of).collect();
    if lab.on("scrambled") {
        branch = draw.named("scrambled").permutation(branch.len()).into_iter().map(|s| branch[s]).collect();
    }
    let branch = branch.into_iter().flat_map(|b| std::iter::repeat_n(b, decays)).collect();
    let make = |wires: &Wires| nets::net(lab.library, lab.settings.word("unit"), inputs, wires, lab.seed);
    let tree = make(&Wires::Tree { units, second, branch })?;
    let width = nets::width(inputs, second, (lab.number("times") * tree.weights as f64).ceil() as usize);
    Ok(vec![make(&Wires::None)?, tree, make(&Wires::Dense(vec![width]))?, make(&Wires::Dense(vec![width, second]))?])
}

/// What was found of one neuron.
struct Imitated {
    strength: f64,
    /// Hz.
    rate: f64,
    /// W.
    watts: f64,
    rungs: Vec<Rung>,
    /// How well, rung by rung.
    cells: Vec<Cell>,
}

/// Runs a neuron and teaches all networks what it did.
fn imitated(lab: &Told<'_>, plan: &Plan, variant: &Variant, trains: &Trains, draw: Draw) -> Result<Imitated, Vec<Diagnostic>> {
    let (chip, pumps) = (table("energy/horowitz2014.toml", EnergyTable::read)?, table("energy/atp.toml", AtpTable::read)?);
    let (strength, driven) = matched(lab, variant, trains)?;
    let mut task = plan.task(lab, &driven, trains, draw);
    if lab.on("shuffled") {
        nets::shuffle(&mut task, draw.named("shuffled"));
    }
    nets::standardise(&mut task);
    let nets = networks(lab, plan, &driven, draw)?;
    let mut names = RUNGS;
    if lab.on("scrambled") {
        names[TREE] = SCRAMBLED;
    }
    // One answer a bin of 1 ms.
    let watts = |net: &Net| 1e3 * nets::joules(net, &chip);
    let rung = |((en, zh), net): ((&str, &str), &Net)| Rung { name: Words::new(en, zh), weights: net.weights as f64, watts: watts(net) };
    let rungs = names.into_iter().zip(&nets).map(rung).collect();
    let shrink = lab.settings.numbers("shrink");
    let cells = nets::scores(&nets, &task, plan.course, shrink, &lab.learned)?;
    let seconds = 1e-3 * (plan.copies * plan.bins) as f64;
    let watts = pumping(driven.charge.iter().copied(), &pumps).map_or(f64::NAN, |p| p.joules / seconds);
    Ok(Imitated { strength, rate: rate(&driven, plan.bins), watts, rungs, cells })
}

/// What criteria and texts ask of a neuron.
fn counted(ladder: &Ladder, rail: usize) -> Vec<(&'static str, f64)> {
    let best = |of: fn(&Cell) -> f64| greatest(ladder.cells.iter().map(|row| of(&row[rail])));
    let [linear, tree, dense] = [LINEAR, TREE, DENSE].map(|rung| ladder.cells[rung][rail]);
    let top = best(|c| c.auc);
    let smallest = |of: fn(&Rung) -> f64| ladder.smallest(rail).map_or(f64::NAN, |rung| of(&ladder.rungs[rung]));
    let neuron = &ladder.rails[rail];
    vec![
        ("linear", linear.auc),
        ("best", top),
        ("gap", top - linear.auc),
        ("tree", tree.auc),
        ("dense", dense.auc),
        ("lead", tree.auc - dense.auc),
        ("potential", linear.explained),
        ("potential-best", best(|c| c.explained)),
        ("weights", smallest(|r| r.weights)),
        ("watts", smallest(|r| 1e6 * r.watts)),
        ("pumps", 1e12 * neuron.watts),
        ("rate", neuron.rate),
    ]
}

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let variants = variants(lab)?;
    let (library, settings) = (lab.words().clone(), lab.settings.clone());
    let told = Told { settings: &settings, library: &library, driver: lab.driver(), learned: lab.learned(), seed: lab.seed };
    let draw = Draw::new(lab.seed).named("ladder");
    let plan = Plan::new(&told);
    let trains = plan.trains(&told, draw);
    // A neuron that lacks the mechanism anyway is the same without it.
    let identities = variants.iter().map(|v| told.driver.identity(&v.bench)).collect::<Result<Vec<_>, _>>()?;
    let mut different: Vec<usize> = (0..variants.len()).collect();
    different.retain(|k| !identities[..*k].contains(&identities[*k]));
    let found = jobs::each(lab.threads, &different, |_, k| imitated(&told, &plan, &variants[*k], &trains, draw));
    let found = found.into_iter().collect::<Result<Vec<_>, _>>()?;
    lab.count(&told.driver);
    lab.progress(1.0);
    let of = |rail: usize| different.iter().zip(&found).find(|(k, _)| identities[**k] == identities[rail]).map(|(_, found)| found);
    let seen: Vec<&Imitated> = (0..variants.len()).filter_map(of).collect();
    // The sizes are the same for all neurons.
    let rungs = seen.first().map_or_else(Vec::new, |s| s.rungs.clone());
    let ladder = Ladder {
        name: "ladder",
        rails: variants.iter().zip(&seen).map(|(v, s)| Rail { name: v.words.clone(), watts: s.watts, rate: s.rate }).collect(),
        cells: (0..rungs.len()).map(|r| seen.iter().map(|s| s.cells[r]).collect()).collect(),
        rungs,
        passing: told.number("passing"),
    };
    let mut all: BTreeMap<String, f64> = BTreeMap::new();
    for (rail, (variant, seen)) in variants.iter().zip(&seen).enumerate() {
        let numbers = counted(&ladder, rail).into_iter().chain([("strength", seen.strength)]);
        all.extend(numbers.map(|(what, x)| (format!("{}-{what}", variant.name), x)));
    }
    if let [Some(whole), Some(without)] = ["whole-gap", "without-gap"].map(|name| all.get(name)) {
        all.insert("remaining".into(), without / whole);
    }
    all.insert("share".into(), ladder.rungs[TREE].weights / ladder.rungs[DENSE].weights);
    let numbers = KIND.quantities.iter().filter_map(|q| Some((q.name, *all.get(q.name)?))).collect();
    Ok(Found { numbers, ladder: Some(ladder), ..Found::default() })
}

#[cfg(test)]
mod tests;
