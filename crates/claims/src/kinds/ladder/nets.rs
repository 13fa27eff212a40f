//! The rungs: networks made of the library's units, each learned from what one neuron was seen to do.

use crate::kinds::Cell;
use crate::lab::Memory;
use homolog_base::{Diagnostic, Hash, Key, math};
use homolog_engine::Engine;
use homolog_measure::{Activity, EnergyTable, auc, estimate, explained, operations};
use homolog_model::{Library, Model, Network, Params, Population, Projection, Wiring};
use homolog_train::targets::{Course, Goal, Head, Rows, Student, answers, learn};

/// Populations that are read: the logarithm of the odds of a spike, and the potential.
const HEADS: [&str; 2] = ["spike", "potential"];

/// What the networks are shown and are to say: samples to learn from, those that say when to stop, and those for the test.
#[derive(Clone, Debug, Default)]
pub(super) struct Task {
    /// Rows of the three parts.
    pub rows: [Rows; 3],
    /// Whether there is a spike, 0 or 1, and the potential, mV, or NaN.
    pub targets: [[Vec<f64>; 2]; 3],
    /// All that the rows follow from beside the targets.
    pub origin: Vec<u64>,
}

impl Task {
    /// What tells it from every other.
    fn identity(&self) -> Hash {
        let targets = self.targets.as_flattened().iter().flat_map(|t| std::iter::once(t.len() as u64).chain(t.iter().map(|x| x.to_bits())));
        Hash::of_u64(self.origin.iter().copied().chain(targets))
    }
}

/// How a network is wired.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Wires {
    /// Inputs straight to the readouts.
    None,
    /// Hidden layers of these sizes, each dense.
    Dense(Vec<usize>),
    /// So many units for each branch, which see the inputs of that branch alone, then a dense layer of so many. The branch of every
    /// input.
    Tree { units: usize, second: usize, branch: Vec<usize> },
}

/// A network of the ladder.
#[derive(Clone, Debug)]
pub(super) struct Net {
    pub model: Model,
    pub params: Params,
    heads: [usize; 2],
    /// Numbers that are learned.
    pub weights: usize,
}

/// A network of so many inputs, whose hidden units are this word of the library.
pub(super) fn net(library: &Library, unit: &str, inputs: usize, wires: &Wires, seed: u64) -> Result<Net, Vec<Diagnostic>> {
    let population = |name: &str, size: usize, neuron: &str| Population {
        name: name.into(),
        size: size.into(),
        neuron: neuron.into(),
        ..Population::default()
    };
    let projection = |from: &str, to: &str, wiring: Wiring| Projection {
        from: from.into(),
        to: to.into(),
        wiring: wiring.into(),
        ..Projection::default()
    };
    let mut network = Network { title: "a rung".into(), populations: vec![population("input", inputs, "input")], ..Network::default() };
    let mut layers: Vec<(usize, Wiring)> = vec![];
    match wires {
        Wires::None => {}
        Wires::Dense(sizes) => layers.extend(sizes.iter().map(|n| (*n, Wiring::AllToAll))),
        Wires::Tree { units, second, branch } => {
            let branches = branch.iter().max().map_or(0, |b| b + 1);
            let pairs = branch.iter().enumerate().flat_map(|(k, b)| (0..*units).map(move |u| (k as u32, (b * units + u) as u32)));
            layers.push((branches * units, Wiring::Pairs(pairs.collect())));
            layers.push((*second, Wiring::AllToAll));
        }
    }
    let mut last = "input".to_string();
    for (k, (size, wiring)) in layers.into_iter().enumerate() {
        let name = format!("hidden{}", k + 1);
        network.populations.push(population(&name, size, unit));
        network.projections.push(projection(&last, &name, wiring));
        last = name;
    }
    for head in HEADS {
        network.populations.push(population(head, 1, "linear"));
        network.projections.push(projection(&last, head, Wiring::AllToAll));
    }
    let (model, params) = homolog_model::compile(&network, library, seed)?;
    let heads = HEADS.map(|h| model.group(h).expect("it was made here"));
    let weights = params.learned();
    Ok(Net { model, params, heads, weights })
}

/// How many units a dense network of two hidden layers must have in its first one to have so many weights at least.
pub(super) fn width(inputs: usize, second: usize, weights: usize) -> usize {
    let of = |n: usize| inputs * n + n + n * second + second + 2 * second + 2;
    (1..).find(|n| of(*n) >= weights).unwrap_or(1)
}

/// Joules for one answer of a network, estimated.
pub(super) fn joules(net: &Net, table: &EnergyTable) -> f64 {
    let silent = vec![0.0; net.model.groups.len()];
    estimate(&operations(&net.model, &Activity::even(&net.model, 1, &silent)), table).joules
}

/// Teaches each network with each of some decays of weights, and scores what did best on the second part on the test. What a network
/// reached that was taught the same before is remembered.
pub(super) fn scores(
    nets: &[Net],
    task: &Task,
    course: Course,
    shrink: &[f64],
    memory: &Memory<Cell>,
) -> Result<Vec<Cell>, Vec<Diagnostic>> {
    let from = task.identity().hex();
    let name = |net: &Net| format!("{} {} {from} {course:?} {shrink:?}", net.model.hash.hex(), net.params.hash().hex());
    let names: Vec<String> = nets.iter().map(name).collect();
    let mut out: Vec<Option<Cell>> = names.iter().map(|name| memory.known(name)).collect();
    let new: Vec<usize> = (0..nets.len()).filter(|k| out[*k].is_none()).collect();
    let found = taught(&new.iter().map(|k| &nets[*k]).collect::<Vec<_>>(), task, course, shrink)?;
    for (k, cell) in new.into_iter().zip(found) {
        memory.keep(&names[k], cell);
        out[k] = Some(cell);
    }
    Ok(out.into_iter().flatten().collect())
}

/// Teaches networks, and scores them.
fn taught(nets: &[&Net], task: &Task, course: Course, shrink: &[f64]) -> Result<Vec<Cell>, Vec<Diagnostic>> {
    let stopped = |f| vec![Diagnostic::error("run-fault", format!("a network could not learn: {f}"))];
    // Potentials in units of their spread.
    let of_potential = |part: usize| &task.targets[part][1];
    let (mean, spread) = moments(&known(of_potential(0).iter().copied(), of_potential(0)));
    let heads = |net: &Net| {
        let head = |k: usize, goal, targets| Head { group: net.heads[k], goal, targets };
        task.targets.each_ref().map(|[spike, potential]| {
            let scaled = potential.iter().map(|v| (v - mean) / spread).collect();
            [head(0, Goal::Logistic, spike.clone()), head(1, Goal::Square, scaled)]
        })
    };
    let heads: Vec<[[Head; 2]; 3]> = nets.iter().map(|net| heads(net)).collect();
    let all: Vec<(usize, f64)> = (0..nets.len()).flat_map(|k| shrink.iter().map(move |decay| (k, *decay))).collect();
    let mut engines: Vec<Engine> = all.iter().map(|_| Engine::new(1)).collect();
    let mut students: Vec<Student<'_>> = all
        .iter()
        .zip(&mut engines)
        .map(|(&(k, weight_decay), runner)| {
            let [train, validation, _] = &heads[k];
            Student { model: &nets[k].model, params: nets[k].params.clone(), train, validation, weight_decay, runner }
        })
        .collect();
    let learned = learn(&mut students, &task.rows[0], Some(&task.rows[1]), course).map_err(stopped)?;
    let mut engine = Engine::new(1);
    let scored = |(k, net): (usize, &&Net)| {
        // The first of those that do as well.
        let own = all.iter().zip(&learned).filter(|((of, _), _)| *of == k).map(|(_, learned)| learned);
        let best = own.fold((&net.params, f64::INFINITY), |best, (params, loss)| if *loss < best.1 { (params, *loss) } else { best });
        let said = answers(&net.model, best.0, &task.rows[2], &heads[k][2], &mut engine).map_err(stopped)?;
        let potential = said[1].iter().map(|y| mean + spread * y);
        let [predicted, wanted] = [known(potential, of_potential(2)), known(of_potential(2).iter().copied(), of_potential(2))];
        Ok(Cell { auc: auc(&said[0], &task.targets[2][0]), explained: explained(&predicted, &wanted) })
    };
    nets.iter().enumerate().map(scored).collect()
}

/// Mean and standard deviation, which is 1 where numbers do not vary.
fn moments(numbers: &[f64]) -> (f64, f64) {
    let (mean, variance) = homolog_train::fit::losses::moments(numbers);
    (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
}

/// Those of a list that belong to a sample whose potential is known.
fn known(numbers: impl IntoIterator<Item = f64>, potential: &[f64]) -> Vec<f64> {
    numbers.into_iter().zip(potential).filter(|(_, v)| !v.is_nan()).map(|(x, _)| x).collect()
}

/// Numbers that say what a synapse did lately: for every synapse and each decay the sum over its spikes until now of `exp(-age / decay)`.
/// Row by row of `wanted` bins, which rise.
pub(super) fn history(trains: &[Vec<u32>], decays: &[f64], wanted: &[u32], out: &mut Vec<f64>) {
    // Ages are whole bins.
    let ages = wanted.last().map_or(0, |last| last + 1);
    let left: Vec<Vec<f64>> = decays.iter().map(|d| (0..ages).map(|age| math::exp(-f64::from(age) / d)).collect()).collect();
    // Of every synapse: the sums as they were at its last spike, when that was, and the number of the next one.
    let mut sums = vec![0.0; trains.len() * decays.len()];
    let mut last = vec![(0u32, 0usize); trains.len()];
    out.reserve(sums.len() * wanted.len());
    for bin in wanted {
        for ((train, sums), (at, next)) in trains.iter().zip(sums.chunks_exact_mut(decays.len())).zip(&mut last) {
            while let Some(spike) = train.get(*next).filter(|spike| *spike <= bin) {
                sums.iter_mut().zip(&left).for_each(|(sum, left)| *sum = *sum * left[(spike - *at) as usize] + 1.0);
                (*at, *next) = (*spike, *next + 1);
            }
            out.extend(sums.iter().zip(&left).map(|(sum, left)| sum * left[(bin - *at) as usize]));
        }
    }
}

/// Gives every column mean 0 and standard deviation 1 in those rows of the first part whose potential is known.
pub(super) fn standardise(task: &mut Task) {
    let width = task.rows[0].width;
    // Row by row, as they lie in memory; each column is summed in the order of its rows.
    let of_known = |to: &mut [f64], term: &dyn Fn(f64, usize) -> f64| {
        let known = task.rows[0].values.chunks_exact(width).zip(&task.targets[0][1]).filter(|(_, v)| !v.is_nan());
        let count = known.map(|(row, _)| to.iter_mut().zip(row).enumerate().for_each(|(k, (sum, x))| *sum += term(*x, k))).count();
        to.iter_mut().for_each(|sum| *sum /= count.max(1) as f64);
    };
    let (mut mean, mut spread) = (vec![0.0; width], vec![0.0; width]);
    of_known(&mut mean, &|x, _| x);
    of_known(&mut spread, &|x, k| (x - mean[k]) * (x - mean[k]));
    spread.iter_mut().for_each(|s| *s = if *s > 0.0 { s.sqrt() } else { 1.0 });
    for rows in &mut task.rows {
        for row in rows.values.chunks_exact_mut(width) {
            row.iter_mut().zip(mean.iter().zip(&spread)).for_each(|(x, (mean, spread))| *x = (*x - mean) / spread);
        }
    }
}

/// Gives each sample the targets of another one of its part.
pub(super) fn shuffle(task: &mut Task, key: Key) {
    for (part, targets) in task.targets.iter_mut().enumerate() {
        let order = key.numbered(part as u64).permutation(targets[0].len());
        for t in targets {
            *t = order.iter().map(|k| t[*k]).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Task, Wires, history, net, standardise, width};
    use homolog_train::targets::Rows;

    #[test]
    fn columns_are_standardised_by_the_rows_to_learn_from_whose_potential_is_known() {
        let rows = |values: &[f64]| Rows { width: 2, values: values.to_vec() };
        let mut task = Task { rows: [rows(&[1.0, 5.0, 3.0, 5.0, 99.0, 7.0]), rows(&[2.0, 6.0]), rows(&[])], ..Task::default() };
        task.targets[0][1] = vec![-60.0, -50.0, f64::NAN];
        standardise(&mut task);
        assert_eq!(task.rows[0].values, [-1.0, 0.0, 1.0, 0.0, 97.0, 2.0], "a column that does not vary keeps its spread");
        assert_eq!(task.rows[1].values, [0.0, 1.0]);
    }

    #[test]
    fn history_is_a_sum_of_what_came_before() {
        let mut out = vec![];
        history(&[vec![0, 3, 4], vec![]], &[2.0, 10.0], &[2, 4, 9], &mut out);
        let of = |ages: &[f64], decay: f64| ages.iter().map(|a| homolog_base::math::exp(-a / decay)).sum::<f64>();
        let wanted: Vec<f64> =
            [&[2.0][..], &[4.0, 1.0, 0.0], &[9.0, 6.0, 5.0]].iter().flat_map(|ages| [of(ages, 2.0), of(ages, 10.0), 0.0, 0.0]).collect();
        assert!(out.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-12), "{out:?} and {wanted:?}");
    }

    #[test]
    fn a_dense_network_is_no_smaller_than_it_must_be() {
        let n = width(450, 8, 13_000);
        let of = |n: usize| 450 * n + n + n * 8 + 8 + 16 + 2;
        assert!(of(n) >= 13_000 && of(n - 1) < 13_000);
    }

    #[test]
    fn a_unit_of_the_tree_wired_network_sees_the_inputs_of_its_branch_alone() {
        let (library, _) = homolog_formats::library::load();
        let branch = vec![0, 0, 1, 1, 1, 0];
        let tree = net(&library, "relu", 6, &Wires::Tree { units: 2, second: 3, branch: branch.clone() }, 0).unwrap();
        // Two units for each branch of three inputs, three more, two readouts, and all their biases.
        assert_eq!(tree.weights, 12 + 4 + 12 + 3 + 6 + 2);
        let homolog_model::Wires::Sparse { start, column } = &tree.model.links[0].wires else { panic!("{:?}", tree.model.links[0].wires) };
        for unit in 0..4 {
            let seen: Vec<usize> = column[start[unit] as usize..start[unit + 1] as usize].iter().map(|c| branch[*c as usize]).collect();
            assert_eq!(seen, [unit / 2; 3]);
        }
        let dense = net(&library, "relu", 6, &Wires::Dense(vec![5, 3]), 0).unwrap();
        assert_eq!(dense.weights, 30 + 5 + 15 + 3 + 6 + 2);
    }
}
