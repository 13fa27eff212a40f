//! Features that are mapped to branches: can the soma tell that at least two of them are there, and does a network that is wired like such
//! cells learn with fewer weights?

mod digits;

use super::patterns::{threshold, told};
use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::{Bench, Driven, Lab, Trains, greatest};
use crate::settings::{Form, Key};
use homolog_base::Diagnostic;
use homolog_base::random::Key as Draw;

/// See the module.
pub const KIND: Kind = Kind {
    name: "features",
    about: "gives each feature of an input a branch of its own, in a cell that hears spikes and in networks that learn digits",
    keys: &[
        Key { name: "model", form: Form::Model, about: "a model of a cell that hears `spikes`, whose inputs are spread over its branches" },
        Key { name: "resistance", form: Form::Word, about: "what makes the cell a point when it is a millionth" },
        Key { name: "strength", form: Form::Quantity("1"), about: "strength of an input, times that of the model" },
        Key { name: "synapses", form: Form::Quantity("1"), about: "inputs of the cell, equally many of each feature and branch" },
        Key { name: "features", form: Form::Quantity("1"), about: "features" },
        Key { name: "needed", form: Form::Quantity("1"), about: "the answer is right when so many of them are there" },
        Key { name: "present", form: Form::Quantity("1"), about: "inputs that spike of a feature that is there" },
        Key { name: "most", form: Form::Quantity("1"), about: "the most that spike of one that is not" },
        Key { name: "active", form: Form::Quantity("1"), about: "inputs that spike in all, the same in every trial" },
        Key { name: "window", form: Form::Quantity("ms"), about: "time in which they spike" },
        Key { name: "silence", form: Form::Quantity("ms"), about: "time before and after it" },
        Key { name: "trials", form: Form::Quantity("1"), about: "trials, half for the threshold and half for the test" },
        Key { name: "scrambled", form: Form::Quantity("1"), about: "1 maps features to any branches, and pixels to any places" },
        Key { name: "unit", form: Form::Word, about: "the hidden unit of networks, a word of the library" },
        Key { name: "somata", form: Form::Quantity("1"), about: "somata of a network" },
        Key { name: "dendrites", form: Form::Quantity("1"), about: "dendrites of each" },
        Key { name: "region", form: Form::Quantity("1"), about: "side of the part of the picture that a soma sees, pixels" },
        Key { name: "field", form: Form::Quantity("1"), about: "side of the part of it that one of its dendrites sees, pixels" },
        Key { name: "repeats", form: Form::Quantity("1"), about: "networks of each kind for a seed, each with a split of its own" },
        Key { name: "epochs", form: Form::Quantity("1"), about: "passes over the digits" },
        Key { name: "learning-rate", form: Form::Quantity("1"), about: "step size at the start" },
        Key { name: "shrink", form: Form::Quantity("1"), about: "decay of weights, per unit of step size" },
    ],
    quantities: &[
        Quantity { name: "accuracy", unit: "%", en: "trials told right by the cell", zh: "细胞判断正确的比例" },
        Quantity {
            name: "point", unit: "%", en: "... by it with its tree collapsed to a point", zh: "树突塌缩成一点后判断正确的比例"
        },
        Quantity { name: "gain", unit: "%", en: "points that the tree gains over the point", zh: "树突比一点多出的百分点" },
        Quantity {
            name: "sum",
            unit: "%",
            en: "... by the best threshold on the number of active inputs",
            zh: "对活跃输入数取最好阈值的正确率",
        },
        Quantity {
            name: "two", unit: "mV", en: "peak at the soma with enough features, mean", zh: "特征足够时胞体峰值（平均）"
        },
        Quantity { name: "one", unit: "mV", en: "... with too few", zh: "特征不足时胞体峰值（平均）" },
        Quantity {
            name: "tree",
            unit: "%",
            en: "digits told right by the network wired like cells",
            zh: "按细胞连接的网络识别数字的正确率",
        },
        Quantity {
            name: "dense", unit: "%", en: "... by the dense one with as many units", zh: "单元数相同的全连接网络的正确率"
        },
        Quantity { name: "lost", unit: "%", en: "points that the wiring of cells loses", zh: "按细胞连接损失的百分点" },
        Quantity {
            name: "share", unit: "%", en: "weights of it, of those of the dense one", zh: "其权重数占全连接网络的比例"
        },
        Quantity { name: "weights", unit: "1", en: "numbers that it learns", zh: "其可学习的参数个数" },
    ],
    figures: &["traces", "trials", "digits"],
    chance: true,
    alone: false,
    run,
};

/// What is asked of the cell.
struct Task {
    synapses: usize,
    features: usize,
    needed: usize,
    present: usize,
    most: usize,
    active: usize,
    window: usize,
    silence: usize,
    trials: usize,
}

impl Task {
    fn new(lab: &Lab<'_>) -> Result<Task, Vec<Diagnostic>> {
        let whole = |name: &str| lab.number(name).round().max(0.0) as usize;
        let task = Task {
            synapses: whole("synapses"),
            features: whole("features").max(1),
            needed: whole("needed"),
            present: whole("present"),
            most: whole("most"),
            active: whole("active"),
            window: whole("window").max(1),
            silence: whole("silence"),
            trials: whole("trials").max(4),
        };
        let each = task.synapses / task.features;
        let fits = |there: usize| {
            let (taken, others) = (there * task.present, task.features - there.min(task.features));
            there <= task.features && taken <= task.active && task.active - taken <= others * task.most
        };
        let ok = task.present.max(task.most) <= each && task.needed >= 1 && fits(task.needed) && fits(task.needed - 1);
        ok.then_some(task)
            .ok_or_else(|| lab.wrong("active", "so many active inputs cannot be shared by features that are there and others"))
    }

    /// How many features may be there where they are enough, and where they are not, with as many active inputs.
    fn numbers(&self, enough: bool) -> Vec<usize> {
        let fits = |there: &usize| {
            let taken = there * self.present;
            taken <= self.active && self.active - taken <= (self.features - there) * self.most
        };
        (0..=self.features).filter(fits).filter(|n| (*n >= self.needed) == enough).collect()
    }

    /// Which inputs spike when, feature by feature, and whether enough features are there.
    fn trial(&self, key: Draw) -> (Vec<Vec<u32>>, bool) {
        let enough = key.below(2, 0, 0) == 1;
        let numbers = self.numbers(enough);
        let there = numbers[key.below(numbers.len() as u64, 1, 0) as usize];
        let order = key.named("features").permutation(self.features);
        let mut counts = vec![0; self.features];
        order[..there].iter().for_each(|f| counts[*f] = self.present);
        let others = &order[there..];
        let mut left = self.active - there * self.present;
        // The rest is given to those that are not there, one by one, each as often as the others on average.
        for k in 0.. {
            if left == 0 {
                break;
            }
            let f = others[key.named("rest").below(others.len() as u64, k, 0) as usize];
            if counts[f] < self.most {
                counts[f] += 1;
                left -= 1;
            }
        }
        let each = self.synapses / self.features;
        let mut trains = vec![vec![]; self.synapses];
        for (f, count) in counts.into_iter().enumerate() {
            for s in key.named("inputs").numbered(f as u64).permutation(each).into_iter().take(count) {
                let n = f * each + s;
                trains[n] = vec![(self.silence as u64 + key.named("time").below(self.window as u64, n as u64, 0)) as u32];
            }
        }
        (trains, enough)
    }
}

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let task = Task::new(lab)?;
    let draw = Draw::new(lab.seed).named("features");
    let scrambled = lab.number("scrambled") >= 0.5;
    // Synapses of a cell are counted branch by branch, so features are when nothing is scrambled.
    let place: Vec<usize> = if scrambled { draw.named("places").permutation(task.synapses) } else { (0..task.synapses).collect() };
    let mut trains = Trains { bins: 2 * task.silence + task.window, of: vec![] };
    let mut wanted = vec![];
    for trial in 0..task.trials {
        let (inputs, enough) = task.trial(draw.named("trial").numbered(trial as u64));
        let mut of = vec![vec![]; task.synapses];
        inputs.into_iter().enumerate().for_each(|(k, train)| of[place[k]] = train);
        trains.of.push(of);
        wanted.push(enough);
    }
    let bench = lab.bench("model");
    let mut point = bench.clone();
    let resistance = lab.settings.word("resistance").to_string();
    point.times(&resistance, 1e-6)?;
    let driver = lab.driver();
    let strength = lab.number("strength");
    let shown = |bench: &Bench| driver.drive(bench, &trains, strength);
    let (tree, collapsed) = (shown(&bench)?, shown(&point)?);
    lab.count(&driver);
    lab.progress(0.2);
    let peaks =
        |d: &Driven| -> Vec<(f64, bool)> { d.potential.iter().zip(&wanted).map(|(v, w)| (greatest(v.iter().copied()), *w)).collect() };
    let half = task.trials / 2;
    let right = |trials: &[(f64, bool)]| told(&trials[half..], threshold(&trials[..half]));
    let (of_tree, of_point) = (peaks(&tree), peaks(&collapsed));
    let sums: Vec<(f64, bool)> =
        trains.of.iter().zip(&wanted).map(|(t, w)| (t.iter().filter(|t| !t.is_empty()).count() as f64, *w)).collect();
    let rest = bench.cell()?.initial.value;
    let mean = |enough: bool| {
        let all: Vec<f64> = of_tree.iter().filter(|t| t.1 == enough).map(|t| t.0 - rest).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    let digits = digits::learn(lab, scrambled)?;
    let (accuracy, at_a_point) = (right(&of_tree), right(&of_point));
    let all = |of: fn(&digits::Learned) -> f64| digits.iter().map(of).sum::<f64>() / digits.len() as f64;
    let share = all(|d| d.weights[0] as f64) / all(|d| d.weights[1] as f64);
    Ok(Found {
        numbers: vec![
            ("accuracy", accuracy),
            ("point", at_a_point),
            ("gain", accuracy - at_a_point),
            ("sum", told(&sums, threshold(&sums))),
            ("two", mean(true)),
            ("one", mean(false)),
            ("tree", all(|d| d.accuracy[0])),
            ("dense", all(|d| d.accuracy[1])),
            ("lost", all(|d| d.accuracy[1] - d.accuracy[0])),
            ("share", share),
            ("weights", all(|d| d.weights[0] as f64)),
        ],
        figures: figures(&tree, &of_tree, &of_point, &wanted, &digits),
        ..Found::default()
    })
}

/// The soma in one trial of each answer, peaks of all trials in their order, and networks by their weights.
fn figures(tree: &Driven, of_tree: &[(f64, bool)], of_point: &[(f64, bool)], wanted: &[bool], digits: &[digits::Learned]) -> Vec<Panel> {
    let trace = |enough: bool| -> Vec<(f64, f64)> {
        let first = wanted.iter().position(|w| *w == enough).unwrap_or(0);
        tree.potential[first].iter().enumerate().map(|(ms, v)| (ms as f64 + 1.0, *v)).collect()
    };
    // Sorted, so that lines that lie apart can be told apart.
    let sorted = |trials: &[(f64, bool)], enough: bool| -> Vec<(f64, f64)> {
        let mut all: Vec<f64> = trials.iter().filter(|t| t.1 == enough).map(|t| t.0).collect();
        all.sort_by(f64::total_cmp);
        let n = all.len().max(1) as f64;
        all.into_iter().enumerate().map(|(k, v)| ((k as f64 + 0.5) / n, v)).collect()
    };
    let network = |k: usize| digits.iter().map(|d| (d.weights[k] as f64, 100.0 * d.accuracy[k])).collect();
    vec![
        Panel::new(
            "traces",
            "t, ms",
            "mV",
            vec![Curve::both("enough features", "特征足够", trace(true)), Curve::both("too few", "特征不足", trace(false))],
        ),
        Panel::new(
            "trials",
            "1",
            "mV",
            vec![
                Curve::both("tree, enough features", "树突，特征足够", sorted(of_tree, true)),
                Curve::both("tree, too few", "树突，特征不足", sorted(of_tree, false)),
                Curve::both("point, enough features", "一点，特征足够", sorted(of_point, true)),
                Curve::both("point, too few", "一点，特征不足", sorted(of_point, false)),
            ],
        ),
        Panel::new(
            "digits",
            "1",
            "%",
            vec![Curve::both("wired like cells", "按细胞连接", network(0)), Curve::both("dense", "全连接", network(1))],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Draw, Task};

    #[test]
    fn as_many_inputs_spike_whether_enough_features_are_there_or_not() {
        let task = Task { synapses: 48, features: 4, needed: 2, present: 10, most: 6, active: 24, window: 10, silence: 10, trials: 100 };
        assert_eq!((task.numbers(true), task.numbers(false)), (vec![2], vec![0, 1]));
        let mut both = [0, 0];
        for k in 0..200 {
            let (trains, enough) = task.trial(Draw::new(3).numbered(k));
            let count = |f: usize| trains[12 * f..12 * f + 12].iter().filter(|t| !t.is_empty()).count();
            let counts: Vec<usize> = (0..4).map(count).collect();
            assert_eq!(counts.iter().sum::<usize>(), 24);
            assert_eq!(counts.iter().filter(|n| **n == 10).count() >= 2, enough, "{counts:?}");
            assert!(counts.iter().all(|n| *n == 10 || *n <= 6) && trains.iter().flatten().all(|t| (10..20).contains(t)));
            both[usize::from(enough)] += 1;
        }
        assert!(both.iter().all(|n| *n > 70), "{both:?}");
    }
}
