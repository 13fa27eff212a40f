//! One level: for every seed the training and its control, side by side on the threads there are.

use super::Variant;
use crate::page;
use crate::progress::{Run, Runs, Screen};
use crate::show;
use crate::work::{self, Opened, Prepared};
use homolog_base::{Diagnostic, jobs};
use homolog_engine::Engine;
use homolog_model::{Group, Inputs, Observable, Params, Probe, Runner, Samples, State};
use homolog_train::{Evaluation, Memory, Point, Task, Trainer};
use std::sync::atomic::{AtomicBool, Ordering};

/// What all levels share.
pub struct Plan<'a> {
    /// The file.
    pub opened: &'a Opened,
    /// What is classified.
    pub samples: &'a Samples,
    /// Whose neuron is exchanged.
    pub population: &'a str,
    /// The seeds.
    pub seeds: &'a [u64],
    /// Runs at the same time.
    pub threads: usize,
    /// Whether warnings are coloured.
    pub color: bool,
}

/// What became of a level.
pub struct Outcome {
    /// One for each seed, compiled.
    pub prepared: Vec<Prepared>,
    /// One for each seed, trained.
    pub trained: Vec<Trained>,
    /// One for each seed, with the population frozen.
    pub control: Vec<Trained>,
    /// What all of it cost.
    pub spent: work::Spent,
    /// What one image of the test did in the first seed's network.
    pub activity: Option<(usize, page::Activity)>,
}

/// One run.
pub struct Trained {
    /// Learned parameters.
    pub params: Params,
    /// Learning curve.
    pub curve: Vec<Point>,
    /// Scores on the test part.
    pub test: Evaluation,
    /// Wall time, s.
    pub wall_s: f64,
}

/// What the states of receptors for positive weights begin with.
const POSITIVE: &str = "positive.";

/// Bytes of the curve, the predictions and the rows of the report that a run leaves besides its parameters.
const OF_A_RUN: f64 = 2e4;

/// One run to do.
struct Job {
    seed: usize,
    control: bool,
}

/// Memory that a comparison will need: what every level leaves until the end, and the largest level while it runs.
#[derive(Default)]
pub struct Need {
    left: f64,
    running: Memory,
}

impl Need {
    /// Adds a level.
    pub fn add(&mut self, prepared: &Prepared, task: &Task<'_>, seeds: u64, threads: usize) {
        let (seeds, kept) = (seeds as f64, prepared.kept().results + OF_A_RUN);
        // For each seed the network as it starts, what it learned, and what its control did; while the level runs, the start of the
        // control too.
        self.left += 3.0 * seeds * kept;
        let at_once = (2.0 * seeds).min(threads as f64);
        let running = Memory { results: seeds * kept, ..prepared.memory(task, false).times(at_once) };
        if running.total() > self.running.total() {
            self.running = running;
        }
    }

    /// All of it.
    pub fn all(&self) -> Memory {
        Memory { results: self.running.results + self.left, ..self.running }
    }
}

/// Runs a level.
pub fn run(plan: &Plan<'_>, variant: &Variant, screen: &Screen, name: &str) -> Result<Outcome, Vec<Diagnostic>> {
    let clock = work::Clock::start();
    let mut frozen = variant.study.clone();
    if let Some(t) = &mut frozen.training {
        t.freeze.push(plan.population.into());
    }
    let mut prepared = vec![];
    let mut controls = vec![];
    for seed in plan.seeds {
        let (one, notes) = Prepared::new(variant.study.clone(), &plan.opened.library, plan.samples, *seed)?;
        if *seed == plan.seeds[0] {
            notes.iter().for_each(|d| screen.say(&format!("{}\n", d.render(plan.color))));
        }
        controls.push(one.with_study(frozen.clone()));
        prepared.push(one);
    }
    let runs: Vec<Job> = (0..plan.seeds.len()).flat_map(|seed| [Job { seed, control: false }, Job { seed, control: true }]).collect();
    let bar = screen.runs(name, runs.len());
    let stop = AtomicBool::new(false);
    let results = jobs::each(plan.threads, &runs, |k, run| {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let of = if run.control { &controls[run.seed] } else { &prepared[run.seed] };
        let result = train(plan, of, &bar, k, &stop, (screen, run));
        stop.fetch_or(result.is_err(), Ordering::Relaxed);
        Some(result)
    });
    let (mut trained, mut control) = (vec![], vec![]);
    for (run, result) in runs.iter().zip(results) {
        match result {
            Some(Ok(t)) if run.control => control.push(t),
            Some(Ok(t)) => trained.push(t),
            Some(Err(e)) => return Err(e),
            // Not begun, because another run failed: that one is in the list and is what is reported.
            None => {}
        }
    }
    let spent = clock.stop();
    bar.finish(&format!("{} in {}", accuracy(&trained), show::seconds(spent.wall_s)));
    let activity = activity(plan, &prepared[0], &trained[0].params)?;
    Ok(Outcome { prepared, trained, control, spent, activity })
}

fn accuracy(trained: &[Trained]) -> String {
    let values: Vec<f64> = trained.iter().map(|t| t.test.accuracy).collect();
    let score = homolog_base::report::Score::over_seeds(&values, "1", homolog_base::report::Basis::Measured);
    show::percent(score.value, score.sd)
}

fn train(
    plan: &Plan<'_>,
    prepared: &Prepared,
    bar: &Runs<'_>,
    k: usize,
    stop: &AtomicBool,
    (screen, job): (&Screen, &Job),
) -> Result<Trained, Vec<Diagnostic>> {
    let clock = work::Clock::start_time();
    let mut engine = Engine::new(1);
    let mut trainer = Trainer::new(prepared.task(plan.samples)?, prepared.params.clone(), prepared.seed)?;
    while trainer.finished().is_none() && !stop.load(Ordering::Relaxed) {
        let score = trainer.epoch(&mut engine, &mut |p| bar.set(k, Run::of(&p))).map_err(|s| vec![s.diagnostic()])?;
        // The same network says the same for every seed, and its control has nothing to say.
        if job.seed == 0 && !job.control {
            score.warnings.iter().for_each(|w| screen.say(&format!("{}\n", w.render(plan.color))));
        }
    }
    bar.set(k, Run { over: true, ..Run::default() });
    let test = trainer.evaluate(&mut engine, &prepared.split.test).map_err(work::fault)?;
    Ok(Trained { curve: trainer.curve().to_vec(), params: trainer.into_params(), test, wall_s: clock.stop().wall_s })
}

/// Shows the first image of the test part to the trained network and watches.
fn activity(plan: &Plan<'_>, prepared: &Prepared, params: &Params) -> Result<Option<(usize, page::Activity)>, Vec<Diagnostic>> {
    let Some(&index) = prepared.split.test.first() else { return Ok(None) };
    let task = prepared.task(plan.samples)?;
    let model = &prepared.model;
    let Some(hidden) = model.group(plan.population) else { return Ok(None) };
    let group = &model.groups[hidden];
    let watched = if group.spikes { watched(group) } else { vec![] };
    let mut probes = vec![Probe { group: task.readout, what: Observable::Value }, Probe { group: hidden, what: Observable::Value }];
    if group.spikes {
        probes.push(Probe { group: hidden, what: Observable::Spikes });
    }
    probes.extend(watched.iter().map(|w| Probe { group: hidden, what: Observable::Site(w.variable, w.site) }));
    let (mut inputs, mut labels) = (Inputs::default(), vec![]);
    task.gather(&[index], &mut inputs, &mut labels);
    let recording = Engine::new(1).run(model, params, &inputs, &probes, &mut State::fresh(), None).map_err(work::fault)?;
    let mut traces = recording.traces.into_iter();
    let mut next = || traces.next().map(|t| t.data).unwrap_or_default();
    let (classes, values) = (next(), next());
    let size = group.size;
    let spikes: Vec<(usize, usize)> = if group.spikes {
        next().iter().enumerate().filter(|(_, s)| **s > 0.0).map(|(k, _)| (k / size, k % size)).collect()
    } else {
        vec![]
    };
    let potentials: Vec<(Watched, Vec<f64>)> = watched.into_iter().map(|w| (w, next())).collect();
    let trace = |neuron: usize| page::Membrane {
        neuron,
        unit: group.variables[potentials[0].0.variable].unit.to_string(),
        places: potentials
            .iter()
            .map(|(w, data)| (w.place.clone(), data.chunks_exact(group.copies()).map(|row| row[neuron]).collect()))
            .collect(),
    };
    let membranes = if potentials.is_empty() { vec![] } else { busy(&spikes, group.copies()).into_iter().map(trace).collect() };
    let ticks = if group.spikes { model.ticks } else { 0 };
    Ok(Some((index, page::Activity { dt: model.dt, ticks, values, spikes, traces: membranes, classes })))
}

/// A potential to watch.
struct Watched {
    variable: usize,
    site: usize,
    /// Where it is; empty for a neuron without places.
    place: String,
}

/// Potentials worth a look: where spikes are made; of a cell also the place, of those with receptors for positive weights, that is
/// furthest from the root. Of several kinds, the first.
fn watched(group: &Group) -> Vec<Watched> {
    let Some(variable) = group.variables.iter().position(|v| v.name == "v") else { return vec![] };
    let Some(a) = &group.anatomy else { return vec![Watched { variable, site: 0, place: String::new() }] };
    let receives = group.variables.iter().zip(&a.of_variable).filter(|(v, _)| v.name.starts_with(POSITIVE)).flat_map(|(_, at)| at);
    let parent = |c: usize| group.tree.as_ref().and_then(|t| t.parent[c]).map(|p| p as usize);
    let depth = |c: &usize| (std::iter::successors(Some(*c), |c| parent(*c)).count(), *c);
    let dendrite = receives.map(|c| *c as usize).filter(|c| *c != a.spike_at[0] && a.kind_of(*c) == 0).max_by_key(depth);
    let place = |site: usize| match &a.compartments[site] {
        (branch, _, 1) => branch.clone(),
        (branch, k, n) => format!("{branch}, compartment {} of {n}", k + 1),
    };
    std::iter::once(a.spike_at[0]).chain(dendrite).map(|site| Watched { variable, site, place: place(site) }).collect()
}

/// Two neurons worth a look: of those that spike, the middle one by number of spikes and the quietest.
fn busy(spikes: &[(usize, usize)], size: usize) -> Vec<usize> {
    let mut counts: Vec<(usize, usize)> = (0..size).map(|n| (spikes.iter().filter(|s| s.1 == n).count(), n)).filter(|c| c.0 > 0).collect();
    counts.sort_unstable();
    let mut out: Vec<usize> = [counts.len() / 2, 0].into_iter().filter_map(|k| counts.get(k)).map(|c| c.1).collect();
    out.dedup();
    if out.is_empty() { vec![0] } else { out }
}

#[cfg(test)]
mod tests {
    use super::{busy, watched};
    use homolog_base::Unit;
    use homolog_model::Group;
    use homolog_model::model::{Anatomy, Variable};

    fn variable(name: &str, sites: usize) -> Variable {
        Variable { name: name.into(), unit: Unit::ONE, per_frame: false, taped: false, sites }
    }

    #[test]
    fn of_a_cell_the_place_of_spikes_and_the_outermost_place_of_receptors_are_watched() {
        let compartment = |branch: &str, k, n| (branch.to_string(), k, n);
        let cell = Group {
            variables: vec![variable("above", 1), variable("v", 4), variable("positive.g", 2)],
            anatomy: Some(Anatomy {
                compartments: vec![
                    compartment("soma", 0, 1),
                    compartment("tip", 0, 2),
                    compartment("tip", 1, 2),
                    compartment("axon", 0, 1),
                ],
                of_variable: vec![vec![], vec![0, 1, 2, 3], vec![1, 2]],
                spike_at: vec![3],
                areas: vec![1.0; 4],
                ..Anatomy::default()
            }),
            ..Group::default()
        };
        let places = |g: &Group| watched(g).iter().map(|w| (w.variable, w.site, w.place.clone())).collect::<Vec<_>>();
        assert_eq!(places(&cell), [(1, 3, "axon".into()), (1, 2, "tip, compartment 2 of 2".into())]);
        let point = Group { variables: vec![variable("v", 1)], ..Group::default() };
        assert_eq!(places(&point), [(0, 0, String::new())]);
        assert!(watched(&Group::default()).is_empty());
    }

    #[test]
    fn a_neuron_of_middling_and_one_of_little_activity_are_shown() {
        let spikes = [(0, 2), (1, 2), (2, 2), (3, 2), (0, 0), (1, 0), (0, 1)];
        assert_eq!(busy(&spikes, 4), [0, 1]);
        assert_eq!(busy(&[], 1), [0]);
    }
}
