//! Learning by rules of plasticity alone: the network changes itself while it is shown samples, one after the other, and nobody tells it what
//! they are. Labels are used afterwards, to say what its neurons stand for (Diehl & Cook 2015, Front. Comput. Neurosci. 9, 99, section 2.5):
//!
//! ```text
//! class of neuron n  = argmax over c of  (mean number of its spikes for samples of class c)
//! class of a sample  = argmax over c of  (mean number of spikes of the neurons of class c)
//! ```
//!
//! Neurons that never spiked stand for no class. While neurons are named and samples classified, weights stay as they are, and each sample is
//! shown to the network as learning has left it, so that many can be shown side by side.

use crate::evaluate::Confusion;
use crate::normalisation::Normalisation;
use homolog_base::{Diagnostic, Key, Span};
use homolog_model::events::{Events, Strength};
use homolog_model::{Clock, Fault, Inputs, Learning, Model, Observable, Params, Probe, Runner, Samples, Spike, Split, State, Study};
use std::sync::Arc;

/// Samples that are classified at a time. Fixed, so that random numbers do not depend on anything else.
pub const TOGETHER: usize = 64;

/// A network that learns by itself.
pub struct Local<'a> {
    model: &'a Model,
    params: &'a Params,
    samples: &'a Samples,
    readout: usize,
    factor: f64,
    /// Frames of a sample, and of the rest after it.
    show: usize,
    rest: usize,
    /// Indices of the samples, in the order in which they are shown.
    order: Vec<usize>,
    shown: usize,
    state: State,
}

/// What neurons stand for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// Classes.
    pub classes: usize,
    /// For each neuron its class; none if it never spiked.
    pub class: Vec<Option<u32>>,
}

impl<'a> Local<'a> {
    /// At the beginning: `seed` orders the samples of each pass.
    ///
    /// # Errors
    /// All that does not fit together, at its place in the model file.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        study: &Study,
        learning: &Learning,
        model: &'a Model,
        params: &'a Params,
        samples: &'a Samples,
        split: &Split,
        normalisation: Normalisation,
        seed: u64,
    ) -> Result<Local<'a>, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut say = |d: Diagnostic, span: Span, label: &str| problems.push(study.network.locate(d, span, label));
        let frame = model.dt * model.ticks as f64;
        let mut frames = |what: &str, ms: &homolog_model::Located<f64>| {
            let n = (ms.value / frame).round();
            if (n * frame - ms.value).abs() > 1e-9 * frame {
                let text = format!("`{what}` is {} ms, which is no whole number of presentations of {frame} ms", ms.value);
                let d = Diagnostic::error("learn-time", text).hint("give [time] a `presentation` that divides it");
                say(d, ms.span, "how long");
            }
            n as usize
        };
        let (show, rest) = (frames("show", &learning.show), frames("rest", &learning.rest));
        let readout = model.group(&learning.readout);
        match readout {
            None => {
                let d = Diagnostic::error("learn-readout", format!("there is no population `{}` to read out", learning.readout.value));
                say(
                    d.suggest(&learning.readout, model.groups.iter().map(|g| g.name.as_str())),
                    learning.readout.span,
                    "unknown population",
                );
            }
            Some(g) if !model.groups[g].spikes || model.groups[g].is_given() => {
                let d = Diagnostic::error("learn-readout", format!("`{}` makes no spikes that could be counted", learning.readout.value));
                say(d, learning.readout.span, "does not spike");
            }
            Some(_) => {}
        }
        if !model.streams.iter().any(|s| s.plasticity.is_some()) {
            let d = Diagnostic::error("learn-nothing", "no projection has a rule of plasticity, so nothing would be learned");
            say(d.hint("add `plasticity = \"stdp\"` to one"), learning.readout.span, "this network does not change");
        }
        let inputs: Vec<usize> = model.groups.iter().filter(|g| g.clock == Clock::Input).map(|g| g.size).collect();
        if inputs != [samples.features] {
            let text = format!(
                "a sample of `{}` has {} intensities, and the network's inputs have {inputs:?} neurons",
                samples.name, samples.features
            );
            let span = study.data.as_ref().map(|d| d.input.span).unwrap_or_default();
            say(Diagnostic::error("learn-input", text).hint("one input population of that size is needed"), span, "shown to this");
        }
        let readout = match readout {
            Some(readout) if problems.is_empty() => readout,
            _ => return Err(problems),
        };
        let most = learning.samples.as_ref().map_or(split.train.len(), |n| n.value).min(split.train.len());
        let mut order = Vec::with_capacity(most * learning.passes.value);
        for pass in 0..learning.passes.value {
            // As many of each pass as were asked for, and always the same ones.
            let part: Vec<usize> = Key::new(seed).named("part").permutation(split.train.len()).into_iter().take(most).collect();
            let shuffled = Key::new(seed).named("order").numbered(pass as u64).permutation(part.len());
            order.extend(shuffled.into_iter().map(|k| split.train[part[k]]));
        }
        let factor = normalisation.factor;
        Ok(Local { model, params, samples, readout, factor, show, rest, order, shown: 0, state: State::fresh() })
    }

    /// Samples shown so far, and of all passes.
    pub fn progress(&self) -> (usize, usize) {
        (self.shown, self.order.len())
    }

    /// The group that is read out.
    pub fn readout(&self) -> usize {
        self.readout
    }

    /// What has been learned, and where the network stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Goes on from a state after so many samples.
    pub fn go_on(&mut self, state: State, shown: usize) {
        (self.state, self.shown) = (state, shown);
    }

    /// The samples of the first pass, in ascending order.
    pub fn part(&self) -> Vec<usize> {
        let mut part = self.order.clone();
        part.sort_unstable();
        part.dedup();
        part
    }

    /// Shows the next sample; how often each neuron that is read out spiked. None when all have been shown.
    ///
    /// # Errors
    /// The first number that is not finite.
    pub fn learn(&mut self, runner: &mut dyn Runner) -> Result<Option<Vec<f64>>, Fault> {
        let Some(k) = self.order.get(self.shown).copied() else { return Ok(None) };
        let mut state = std::mem::take(&mut self.state);
        let seen = self.show(runner, self.model, &[k], self.rest, &mut state);
        self.state = state;
        let seen = seen?;
        self.shown += 1;
        Ok(Some(seen))
    }

    /// Spikes of each neuron for some samples side by side: neuron by neuron, sample by sample.
    fn show(&self, runner: &mut dyn Runner, model: &Model, chosen: &[usize], rest: usize, state: &mut State) -> Result<Vec<f64>, Fault> {
        let batch = chosen.len();
        let mut frame = vec![0.0; self.samples.features * batch];
        for (b, k) in chosen.iter().enumerate() {
            for (f, x) in self.samples.sample(*k).iter().enumerate() {
                frame[f * batch + b] = x * self.factor;
            }
        }
        let mut values = frame.repeat(self.show);
        values.resize(frame.len() * (self.show + rest), 0.0);
        let inputs = Inputs { batch, frames: self.show + rest, values: vec![values] };
        let probe = [Probe { group: self.readout, what: Observable::Count }];
        let seen = runner.run(model, self.params, &inputs, &probe, state, None)?;
        let each = model.groups[self.readout].size * batch;
        let mut counts = vec![0.0; each];
        for frame in seen.traces[0].data.chunks_exact(each).take(self.show) {
            counts.iter_mut().zip(frame).for_each(|(c, x)| *c += x);
        }
        Ok(counts)
    }

    /// The network with the weights that it has learned, which change no more.
    pub fn frozen(&self) -> Model {
        let mut model = self.model.clone();
        for (s, learned) in model.streams.iter_mut().zip(&self.state.plastic) {
            let Some(p) = s.plasticity.take() else { continue };
            let weights = learned.connections[0].iter().map(|w| (p.sign * w) as f32).collect();
            s.events = Arc::new(Events { strength: Strength::Each(weights), ..(*s.events).clone() });
        }
        model.hash = homolog_base::Hash::of(format!("{} frozen after {} samples", model.hash, self.shown).as_bytes());
        model
    }

    /// How often each neuron spikes for each of some samples: sample by sample, neuron by neuron. `frozen` is [`Local::frozen`].
    ///
    /// # Errors
    /// The first number that is not finite.
    pub fn responses(
        &self,
        runner: &mut dyn Runner,
        frozen: &Model,
        indices: &[usize],
        mut done: impl FnMut(usize),
    ) -> Result<Vec<Vec<f64>>, Fault> {
        let mut out = Vec::with_capacity(indices.len());
        for chosen in indices.chunks(TOGETHER) {
            let mut state = beside(&self.state, chosen.len());
            let counts = self.show(runner, frozen, chosen, 0, &mut state)?;
            let batch = chosen.len();
            out.extend((0..batch).map(|b| counts.iter().skip(b).step_by(batch).copied().collect()));
            done(out.len());
        }
        Ok(out)
    }

    /// The class of each of some samples.
    pub fn labels(&self, indices: &[usize]) -> Vec<u32> {
        indices.iter().map(|k| self.samples.labels[*k]).collect()
    }

    /// Classes of the samples.
    pub fn classes(&self) -> usize {
        self.samples.classes
    }
}

/// A state that so many samples begin from: each as it is.
fn beside(state: &State, batch: usize) -> State {
    let each = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
        columns.iter().map(|c| c.iter().flat_map(|x| std::iter::repeat_n(*x, batch)).collect()).collect()
    };
    let of_samples = |s: &Spike| (0..batch as u32).map(|b| Spike { neuron: s.neuron * batch as u32 + b, ..*s }).collect::<Vec<_>>();
    let sent = |s: &Vec<Spike>| s.iter().flat_map(of_samples).collect();
    State {
        batch: if state.is_fresh() { 0 } else { batch },
        tick: state.tick,
        variables: each(&state.variables),
        in_flight: each(&state.in_flight),
        sent: state.sent.iter().map(sent).collect(),
        values_in_flight: each(&state.values_in_flight),
        plastic: vec![],
    }
}

impl Named {
    /// From responses (sample by sample, neuron by neuron) and the classes of the samples.
    pub fn new(responses: &[Vec<f64>], labels: &[u32], classes: usize) -> Named {
        let neurons = responses.first().map_or(0, Vec::len);
        let mut sums = vec![vec![0.0; classes]; neurons];
        let mut samples = vec![0.0; classes];
        for (response, label) in responses.iter().zip(labels) {
            samples[*label as usize] += 1.0;
            sums.iter_mut().zip(response).for_each(|(s, x)| s[*label as usize] += x);
        }
        let class = |sums: &Vec<f64>| {
            let mean = |c: usize| if samples[c] > 0.0 { sums[c] / samples[c] } else { 0.0 };
            // The first of the largest.
            let best =
                (0..classes).fold(None, |best: Option<usize>, c| if best.is_none_or(|b| mean(c) > mean(b)) { Some(c) } else { best })?;
            (mean(best) > 0.0).then_some(best as u32)
        };
        Named { classes, class: sums.iter().map(class).collect() }
    }

    /// The class that a response stands for: the first of the largest.
    pub fn classify(&self, response: &[f64]) -> u32 {
        let (mut sums, mut neurons) = (vec![0.0; self.classes], vec![0.0; self.classes]);
        for (class, x) in self.class.iter().zip(response) {
            if let Some(c) = class {
                sums[*c as usize] += x;
                neurons[*c as usize] += 1.0;
            }
        }
        let mean = |c: usize| if neurons[c] > 0.0 { sums[c] / neurons[c] } else { -1.0 };
        (0..self.classes).fold(0, |best, c| if mean(c) > mean(best) { c } else { best }) as u32
    }

    /// How often each class is taken for each.
    pub fn score(&self, responses: &[Vec<f64>], labels: &[u32]) -> Confusion {
        let mut out = Confusion::new(self.classes);
        responses.iter().zip(labels).for_each(|(r, l)| out.add(*l, self.classify(r)));
        out
    }
}

#[cfg(test)]
mod tests;
