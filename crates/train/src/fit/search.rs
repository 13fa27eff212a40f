//! Independent searches side by side.

use super::cma::{self, Cma};
use super::newton::Newton;
use super::objective::{Objective, Scored};
use super::transform::starts;
use crate::optimiser::{Method as Descent, Schedule};
use homolog_base::{Diagnostic, Key};
use homolog_model::fit::{Fit, Method};
use homolog_model::{Fault, Optimiser, Params, Runner, Tensor};

/// How a fit is searched for, all said.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Plan {
    /// The method.
    pub method: Method,
    /// Independent searches.
    pub restarts: usize,
    /// Variants in a generation of a search: 1 of a descent.
    pub population: usize,
    /// Most variants that are run, of all searches together: whole generations.
    pub evaluations: usize,
    /// Step size of a descent at its start, in units of the coordinate; it falls to zero as half a cosine over the first half of the generations.
    pub learning_rate: f64,
    /// Keys everything random.
    pub seed: u64,
}

/// Most variants of one generation of all searches together. What is kept of each search, and its least loss after each generation, takes some hundred
/// megabytes with so many.
pub const MOST_VARIANTS: usize = 100_000;
/// Searches when none are asked for. They cost little beside one another, and where neurons spike most of them end in valleys of their own.
const RESTARTS: usize = 16;
/// Steps of a descent.
const DESCENT: usize = 300;
/// Step size of a descent.
const LEARNING_RATE: f64 = 0.1;
/// First step size of a search by generations: about the spread of a uniform distribution between the bounds, over which the tutorial lets it begin
/// with 0.3 of the range.
const SIGMA: f64 = 1.2;
/// Losses that differ by less are the same; they have no dimension, and the best there is to explain is 1.
const TOLERANCE: f64 = 1e-11;

impl Plan {
    /// What a file says of its search for so many parameters, and defaults for the rest: of generations at most `100 + 50 (n + 3)^2 / sqrt(population)` (Hansen 2016,
    /// appendix B.3).
    pub fn new(fit: &Fit) -> Plan {
        let s = &fit.search;
        let n = fit.sought.len();
        let method = s.method.value;
        let cma = method == Method::Cma;
        let restarts = s.restarts.as_ref().map_or(RESTARTS, |r| r.value);
        let population = if cma { s.population.as_ref().map_or_else(|| cma::population(n), |p| p.value) } else { 1 };
        let generations = if cma { 100 + (50.0 * ((n + 3) * (n + 3)) as f64 / (population as f64).sqrt()) as usize } else { DESCENT };
        let evaluations = s.evaluations.as_ref().map_or(restarts.saturating_mul(population).saturating_mul(generations), |e| e.value);
        let learning_rate = s.learning_rate.as_ref().map_or(LEARNING_RATE, |l| l.value);
        Plan { method, restarts, population, evaluations, learning_rate, seed: s.seed.as_ref().map_or(0, |s| s.value) }
    }

    /// What is wrong with the plan of a fit, and what of it the method does not look at.
    pub fn check(&self, fit: &Fit) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        if self.variants() > MOST_VARIANTS {
            let product = if self.population == 1 { String::new() } else { format!(" of {} variants each", self.population) };
            let text = format!("{} searches{product} are more than {MOST_VARIANTS} variants at once", self.restarts);
            let asked = [&fit.search.restarts, &fit.search.population].into_iter().flatten().max_by_key(|n| n.value);
            let d = Diagnostic::error("fit-variants", text)
                .hint("let fewer search, for longer: lower `restarts` or `population`, raise `evaluations`");
            return vec![fit.locate(d, asked.map_or(Default::default(), |n| n.span), "too many")];
        }
        if let Some(e) = fit.search.evaluations.as_ref().filter(|e| e.value < self.variants()) {
            let text = format!("one generation of all searches is {} variants, more than {}", self.variants(), e.value);
            let d = Diagnostic::error("fit-evaluations", text).hint("raise `evaluations`, or lower `restarts` or `population`");
            out.push(fit.locate(d, e.span, "too few"));
        }
        let unseen = match self.method {
            Method::Gradient => fit.search.population.as_ref().map(|p| ("population", p.span)),
            Method::Cma => fit.search.learning_rate.as_ref().map(|l| ("learning-rate", l.span)),
        };
        if let Some((key, span)) = unseen {
            let d = Diagnostic::warning("fit-unused", format!("`{key}` means nothing to the method `{}`", self.method.word()));
            out.push(fit.locate(d, span, "not used"));
        }
        out
    }

    /// Generations of every search; at least one.
    pub fn generations(&self) -> usize {
        (self.evaluations / self.variants()).max(1)
    }

    /// Generations of a descent that go along the gradient, by Adam, before those of quasi-Newton steps: half of them. The first find their way between the spikes of a
    /// trace, the second end where the first would still be creeping.
    pub(crate) fn along_gradients(&self) -> usize {
        self.generations().div_ceil(2)
    }

    /// Variants that are run at once.
    pub fn variants(&self) -> usize {
        self.restarts.saturating_mul(self.population)
    }
}

/// Where the searches stand.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Searches {
    /// Descents along the gradient: coordinates as one tensor, a row for each search.
    Descents(Params, Descent),
    /// Descents in their second half.
    Newton(Vec<Newton>),
    /// Distributions.
    Distributions(Vec<Cma>),
}

/// The best that a search has met.
#[derive(Clone, PartialEq, Debug)]
pub struct Best {
    /// Its loss; infinite before anything was met.
    pub loss: f64,
    /// Its coordinates.
    pub point: Vec<f64>,
}

/// How far a fit is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Status {
    /// Generations done, and how many there will be at most.
    pub generations: (usize, usize),
    /// Variants run.
    pub evaluations: usize,
    /// The least loss so far.
    pub loss: f64,
    /// Searches that have not ended.
    pub going: usize,
}

/// Searches for the parameters of an objective, generation by generation.
///
/// ```text
/// let mut fitter = Fitter::new(plan, &objective);
/// while !fitter.finished() {
///     fitter.generation(&mut objective, &mut runner)?;
/// }
/// let outcome = Outcome::new(&fitter, objective.parameters());
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Fitter {
    pub(crate) plan: Plan,
    pub(crate) searches: Searches,
    pub(crate) best: Vec<Best>,
    pub(crate) generation: usize,
    pub(crate) evaluations: usize,
    /// After each generation: variants run, and the least loss of each search.
    pub(crate) curve: Vec<(usize, Vec<f64>)>,
}

impl Fitter {
    /// Searches at their beginning.
    pub fn new(plan: Plan, objective: &Objective<'_>) -> Fitter {
        let starts = starts(objective.parameters(), plan.restarts, plan.seed);
        let n = objective.parameters().len();
        let best = starts.iter().map(|p| Best { loss: f64::INFINITY, point: p.clone() }).collect();
        let searches = match plan.method {
            Method::Gradient => {
                let tensor = Tensor {
                    name: "coordinates".into(),
                    unit: homolog_base::Unit::ONE,
                    shape: [plan.restarts, n],
                    learned: true,
                    decays: false,
                    bounds: None,
                    values: starts.concat(),
                };
                let params = Params { tensors: vec![tensor] };
                let adam = Optimiser::Adam { beta1: 0.9, beta2: 0.99, epsilon: 1e-12 };
                let method = Descent::new(adam, 0.0, &params);
                Searches::Descents(params, method)
            }
            Method::Cma => {
                let key = |r: usize| Key::new(plan.seed).named("cma").numbered(r as u64);
                let one = |(r, start): (usize, Vec<f64>)| Cma::new(key(r), start, SIGMA, plan.population, TOLERANCE);
                Searches::Distributions(starts.into_iter().enumerate().map(one).collect())
            }
        };
        Fitter { plan, searches, best, generation: 0, evaluations: 0, curve: vec![] }
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The best of each search.
    pub fn best(&self) -> &[Best] {
        &self.best
    }

    /// After each generation: variants run, and the least loss of each search so far.
    pub fn curve(&self) -> &[(usize, Vec<f64>)] {
        &self.curve
    }

    /// How far it is.
    pub fn status(&self) -> Status {
        let going = match &self.searches {
            Searches::Descents(..) | Searches::Newton(..) => self.plan.restarts,
            Searches::Distributions(all) => all.iter().filter(|s| s.end.is_none()).count(),
        };
        let loss = self.best.iter().map(|b| b.loss).fold(f64::INFINITY, f64::min);
        Status { generations: (self.generation, self.plan.generations()), evaluations: self.evaluations, loss, going }
    }

    /// Whether nothing is left to do: all generations are done, or all searches have ended.
    pub fn finished(&self) -> bool {
        let s = self.status();
        s.generations.0 >= s.generations.1 || s.going == 0
    }

    /// One generation of every search that has not ended, all in one run.
    ///
    /// # Errors
    /// What the neuron meets with the parameters of its own file.
    pub fn generation(&mut self, objective: &mut Objective<'_>, runner: &mut dyn Runner) -> Result<(), Fault> {
        if let Searches::Descents(..) = &self.searches
            && self.generation >= self.plan.along_gradients()
        {
            self.searches = Searches::Newton(self.best.iter().map(|b| Newton::new(b.point.clone())).collect());
        }
        match &mut self.searches {
            Searches::Newton(all) => {
                let points: Vec<Vec<f64>> = all.iter().map(Newton::ask).collect();
                let scored = objective.evaluate(runner, &points, true)?;
                self.evaluations += points.len();
                for (r, (point, s)) in points.into_iter().zip(&scored).enumerate() {
                    all[r].tell(s.loss, &s.gradient);
                    self.best[r].meet(point, s.loss);
                }
            }
            Searches::Descents(params, method) => {
                let n = params.tensors[0].shape[1];
                let points: Vec<Vec<f64>> = params.tensors[0].values.chunks(n).map(<[f64]>::to_vec).collect();
                let scored = objective.evaluate(runner, &points, true)?;
                let rate = Schedule::Cosine.rate(self.plan.learning_rate, self.generation as u64, self.plan.along_gradients() as u64);
                method.apply(params, &[scored.iter().flat_map(direction).collect()], rate);
                self.evaluations += points.len();
                points.into_iter().zip(&scored).enumerate().for_each(|(r, (p, s))| self.best[r].meet(p, s.loss));
            }
            Searches::Distributions(all) => {
                let going: Vec<usize> = (0..all.len()).filter(|r| all[*r].end.is_none()).collect();
                let points: Vec<Vec<f64>> = going.iter().flat_map(|r| all[*r].ask()).collect();
                let scored = objective.evaluate(runner, &points, false)?;
                self.evaluations += points.len();
                let parts = points.chunks(self.plan.population).zip(scored.chunks(self.plan.population));
                for (r, (points, scored)) in going.into_iter().zip(parts) {
                    all[r].tell(&scored.iter().map(|s| s.loss).collect::<Vec<_>>());
                    points.iter().zip(scored).for_each(|(p, s)| self.best[r].meet(p.clone(), s.loss));
                }
            }
        }
        self.generation += 1;
        self.curve.push((self.evaluations, self.best.iter().map(|b| b.loss).collect()));
        Ok(())
    }
}

/// A gradient no longer than 1: where a spike is about to appear it is steeper than a step should believe.
fn direction(scored: &Scored) -> Vec<f64> {
    let length = scored.gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    let scale = if length > 1.0 && length.is_finite() { 1.0 / length } else { 1.0 };
    scored.gradient.iter().map(|g| if length.is_finite() { g * scale } else { 0.0 }).collect()
}

impl Best {
    fn meet(&mut self, point: Vec<f64>, loss: f64) {
        if loss < self.loss {
            *self = Best { loss, point };
        }
    }
}
