//! Networks whose weights change while they run.

use super::{Bench, Lab, fault};
use homolog_base::Diagnostic;
use homolog_model::{Inputs, Located, Observable, Population, Probe, Runner, State};

/// What became of the weights onto the neurons of a population.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Weights {
    /// Mean of the weights from each population that was asked for, as part of what they began with.
    pub mean: Vec<f64>,
    /// All weights from each, as parts of the mean that they began with.
    pub each: Vec<Vec<f64>>,
    /// Spikes of the population so far.
    pub spikes: usize,
}

impl Bench {
    fn population(&mut self, name: &str) -> Result<&mut Population, Vec<Diagnostic>> {
        let names: Vec<String> = self.network.populations.iter().map(|p| p.name.value.clone()).collect();
        let title = &self.network.title;
        let none = || missing(format!("the model `{title}` has no population `{name}`")).suggest(name, names.iter().map(String::as_str));
        self.network.populations.iter_mut().find(|p| p.name.value == name).ok_or_else(|| vec![none()])
    }

    /// Gives a population of `spikes` its times, ms.
    ///
    /// # Errors
    /// There is no such population.
    pub fn spikes_at(&mut self, population: &str, times: Vec<f64>) -> Result<(), Vec<Diagnostic>> {
        self.population(population)?.times = vec![Located::from(times)];
        Ok(())
    }

    /// How long it is run in one piece, ms, where the model says it.
    pub fn presentation(&self) -> Option<f64> {
        self.network.presentation.as_ref().map(|p| p.value)
    }

    /// Sets how long it is run in one piece, ms.
    pub fn shown_for(&mut self, ms: f64) {
        self.network.presentation = Some(ms.into());
    }

    /// The size of the weights of a projection, where they begin alike.
    ///
    /// # Errors
    /// There is no such projection.
    pub fn weigh(&mut self, from: &str, to: &str, weight: f64) -> Result<(), Vec<Diagnostic>> {
        let found = self.network.projections.iter_mut().filter(|p| p.from.value == from && p.to.value == to);
        if found.map(|p| p.weights = homolog_model::Weights::Constant(weight).into()).count() == 0 {
            return Err(vec![missing(format!("the model `{}` has no projection from `{from}` to `{to}`", self.network.title))]);
        }
        Ok(())
    }

    /// The rate of a population of Poisson processes, Hz.
    ///
    /// # Errors
    /// There is no such population.
    pub fn poisson(&mut self, population: &str, rate: f64) -> Result<(), Vec<Diagnostic>> {
        let found = self.population(population)?;
        if found.poisson.is_none() {
            let hint = "a population of `spikes` is one where it has `poisson` instead of `times`";
            return Err(vec![missing(format!("the population `{population}` is none of Poisson processes")).hint(hint)]);
        }
        found.poisson = Some((rate / 1000.0).into());
        Ok(())
    }

    /// A parameter of the neurons of a population, in a unit.
    ///
    /// # Errors
    /// There is no such population.
    pub fn give(&mut self, population: &str, parameter: &str, value: f64, unit: &str) -> Result<(), Vec<Diagnostic>> {
        self.population(population)?.parameters.insert(parameter.into(), (value, Some(unit.to_string())).into());
        Ok(())
    }
}

fn missing(message: String) -> Diagnostic {
    Diagnostic::error("claim-experiment", message)
}

impl Lab<'_> {
    /// Runs a model for so many presentations, and looks at the weights onto a population from others after each of `looks` parts.
    ///
    /// # Errors
    /// What does not compile, and runs that stop.
    pub fn learn(
        &mut self,
        bench: &Bench,
        to: &str,
        from: &[&str],
        frames: usize,
        looks: usize,
        mut done: impl FnMut(&mut Self, f64),
    ) -> Result<Vec<Weights>, Vec<Diagnostic>> {
        let (model, params) = homolog_model::compile(&bench.network, &bench.library, self.seed)?;
        let none = |what: &str| vec![Diagnostic::error("claim-experiment", format!("the model has no {what}"))];
        let group = model.group(to).ok_or_else(|| none(&format!("population `{to}`")))?;
        let mut streams = vec![];
        for name in from {
            let found = model.streams.iter().position(|s| s.plasticity.is_some() && s.to == group && model.groups[s.from].name == *name);
            streams.push(found.ok_or_else(|| none(&format!("rule of plasticity from `{name}` to `{to}`")))?);
        }
        let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len().max(1) as f64;
        let first = |k: usize| -> f64 {
            let homolog_model::events::Strength::Each(w) = &model.streams[k].events.strength else { return f64::NAN };
            mean(&w.iter().map(|w| f64::from(w.abs())).collect::<Vec<_>>())
        };
        let first: Vec<f64> = streams.iter().map(|k| first(*k)).collect();
        let (mut state, mut out, mut spikes) = (State::fresh(), vec![], 0);
        let probe = [Probe { group, what: Observable::Raster }];
        for look in 0..looks.max(1) {
            let n = frames * (look + 1) / looks.max(1) - frames * look / looks.max(1);
            if n == 0 {
                continue;
            }
            let inputs = Inputs { batch: 1, frames: n, values: vec![] };
            let seen = self.engine.run(&model, &params, &inputs, &probe, &mut state, None).map_err(fault)?;
            spikes += seen.traces[0].shape[0];
            let each: Vec<Vec<f64>> =
                streams.iter().zip(&first).map(|(k, first)| state.plastic[*k].connections[0].iter().map(|w| w / first).collect()).collect();
            out.push(Weights { mean: each.iter().map(|e| mean(e)).collect(), each, spikes });
            done(self, (look + 1) as f64 / looks.max(1) as f64);
        }
        self.runs += 1;
        Ok(out)
    }
}
