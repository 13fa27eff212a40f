//! A compiled model with its data: names resolved, sizes checked.

use crate::normalisation::Normalisation;
use homolog_base::{Diagnostic, Span};
use homolog_model::{Clock, Inputs, Loss, Model, Samples, Split, Study, Training};

/// What is to be learned, by what, from which samples. Cheap to copy; many trainers may share the parts.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// The description that the model was compiled from: its data and training sections, and its text for messages.
    pub study: &'a Study,
    /// The compiled structure.
    pub model: &'a Model,
    /// The samples.
    pub samples: &'a Samples,
    /// Which of them are for what.
    pub split: &'a Split,
    /// Group that they are shown to.
    pub input: usize,
    /// Group whose value the loss looks at.
    pub readout: usize,
    /// What intensities are multiplied by.
    pub normalisation: Normalisation,
    /// Frames of one sample: its intensities are `frames x size of the input`. More than one for sequences.
    pub frames: usize,
}

impl<'a> Task<'a> {
    /// Finds the input and the readout by their names in the study and checks that sizes agree. Samples of a whole multiple
    /// of the input's size are refused; set [`Task::frames`] yourself for sequences.
    ///
    /// # Errors
    /// All problems at once.
    pub fn new(
        study: &'a Study,
        model: &'a Model,
        samples: &'a Samples,
        split: &'a Split,
        normalisation: Normalisation,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let (Some(data), Some(training)) = (&study.data, &study.training) else {
            let missing = if study.data.is_none() { "data" } else { "training" };
            return Err(vec![Diagnostic::error(
                "train-section-missing",
                format!("the model file has no [{missing}] section, so there is nothing to train with"),
            )]);
        };
        let mut say = |d: Diagnostic, span: Span, label: &str| problems.push(study.network.locate(d, span, label));
        let inputs = || model.groups.iter().filter(|g| g.clock == Clock::Input).map(|g| g.name.as_str());
        let input = model.group(&data.input).filter(|&g| model.groups[g].clock == Clock::Input);
        match input {
            None => say(
                Diagnostic::error("train-input-unknown", format!("there is no input population `{}`", data.input.value))
                    .suggest(&data.input, inputs()),
                data.input.span,
                "samples cannot be shown to this",
            ),
            Some(g) => {
                let size = model.groups[g].size;
                if size != samples.features {
                    let d = Diagnostic::error(
                        "train-input-size",
                        format!(
                            "a sample of `{}` has {} intensities, but population `{}` has {size} neurons",
                            samples.name, samples.features, data.input.value
                        ),
                    )
                    .hint(format!("give `{}` the size {}", data.input.value, samples.features));
                    say(d, data.input.span, "of another size than the samples");
                }
                for other in inputs().filter(|n| *n != data.input.value) {
                    say(
                        Diagnostic::error("train-input-without-data", format!("nothing is shown to the input population `{other}`"))
                            .hint("a study shows its samples to one input population"),
                        data.input.span,
                        "only this one is shown anything",
                    );
                }
            }
        }
        let readout = model.group(&training.readout).filter(|&g| model.groups[g].clock != Clock::Input);
        match readout {
            None => {
                let names = model.groups.iter().filter(|g| g.clock != Clock::Input).map(|g| g.name.as_str());
                say(
                    Diagnostic::error("train-readout-unknown", format!("there is no population `{}` to read out", training.readout.value))
                        .suggest(&training.readout, names),
                    training.readout.span,
                    "the loss cannot look at this",
                );
            }
            Some(g) if model.groups[g].size != samples.classes => {
                let d = Diagnostic::error(
                    "train-readout-size",
                    format!(
                        "`{}` has {} classes, but population `{}` has {} neurons",
                        samples.name, samples.classes, training.readout.value, model.groups[g].size
                    ),
                )
                .hint(format!("give `{}` the size {}", training.readout.value, samples.classes));
                say(d, training.readout.span, "one neuron a class is needed");
            }
            Some(_) => {}
        }
        if split.train.is_empty() {
            say(
                Diagnostic::error("data-no-training-part", format!("no sample of `{}` is left to learn from", samples.name)),
                data.source.span,
                "no training part",
            );
        }
        if let Some(k) = samples.labels.iter().position(|&l| l as usize >= samples.classes) {
            say(
                Diagnostic::error(
                    "data-label",
                    format!(
                        "sample {k} of `{}` has class {}, but there are {} classes, counted from 0",
                        samples.name, samples.labels[k], samples.classes
                    ),
                ),
                data.source.span,
                "a label out of range",
            );
        }
        match (input, readout) {
            (Some(input), Some(readout)) if problems.is_empty() => {
                Ok(Task { study, model, samples, split, input, readout, normalisation, frames: 1 })
            }
            _ => Err(problems),
        }
    }

    /// How it is trained.
    ///
    /// # Panics
    /// Never for a task made by [`Task::new`].
    pub fn training(&self) -> &'a Training {
        self.study.training.as_ref().expect("a task has a training section")
    }

    /// The loss configured.
    pub fn loss(&self) -> Loss {
        self.training().loss.value
    }

    /// Gathers a batch: intensities of the chosen samples, normalised, with the batch contiguous, and their labels.
    /// `inputs` keeps its memory between batches.
    pub fn gather(&self, chosen: &[usize], inputs: &mut Inputs, labels: &mut Vec<u32>) {
        inputs.batch = chosen.len();
        inputs.frames = self.frames;
        inputs.values.resize_with(1, Vec::new);
        transpose(self.samples, chosen, self.normalisation.factor, &mut inputs.values[0]);
        labels.clear();
        labels.extend(chosen.iter().map(|&k| self.samples.labels[k]));
    }
}

impl Task<'_> {
    /// Adds the training's input noise to a gathered batch: a draw depends on the key, the sample and the feature only.
    pub fn add_noise(&self, chosen: &[usize], key: homolog_base::Key, inputs: &mut Inputs) {
        let sd = self.training().input_noise;
        if sd == 0.0 {
            return;
        }
        for (f, line) in inputs.values[0].chunks_exact_mut(chosen.len()).enumerate() {
            for (x, &k) in line.iter_mut().zip(chosen) {
                *x += sd * key.normal(k as u64, f as u64);
            }
        }
    }
}

/// From sample by sample to feature by feature. Eight samples at a time fill whole cache lines.
fn transpose(samples: &Samples, chosen: &[usize], factor: f64, out: &mut Vec<f64>) {
    let (features, batch) = (samples.features, chosen.len());
    out.resize(features * batch, 0.0);
    let (eights, rest) = chosen.as_chunks::<8>();
    for (k, eight) in eights.iter().enumerate() {
        let rows = eight.map(|i| &samples.sample(i)[..features]);
        for (f, line) in out.chunks_exact_mut(batch).enumerate() {
            let line = &mut line[8 * k..8 * k + 8];
            for (to, row) in line.iter_mut().zip(&rows) {
                *to = row[f] * factor;
            }
        }
    }
    for (k, &i) in rest.iter().enumerate() {
        let b = 8 * eights.len() + k;
        for (line, v) in out.chunks_exact_mut(batch).zip(samples.sample(i)) {
            line[b] = v * factor;
        }
    }
}

#[cfg(test)]
mod tests;
