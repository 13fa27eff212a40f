//! Everything needed to go on, bit for bit, as named arrays and named words.
//!
//! Arrays: `params/NAME` for every tensor; the optimiser's memory (`adam.m/NAME`, `adam.v/NAME`, `sgd.velocity/NAME`);
//! with patience `best/NAME`, the parameters of the best epoch, or, once those are put back, `last/NAME`; the learning curve `curve/train-loss`,
//! `curve/train-accuracy`, `curve/validation-loss`, `curve/validation-accuracy`. Words: `format`, `seed`, `epoch`, `finished`,
//! `best.epoch`, `best.loss`, `learned` (the names of the tensors that move), the hashes `model`, `split` and `data`, and the settings of the training, `training.*`. A number
//! in a word is written as its 16 hexadecimal bits, so that none is rounded.

use crate::optimiser::Schedule;
use crate::progress::{Finish, Point};
use crate::task::Task;
use crate::trainer::{Best, Trainer};
use homolog_base::Diagnostic;
use homolog_model::{Checkpoint, Params, Training};

/// What the word `format` says.
pub const FORMAT: &str = "homolog checkpoint 1";

/// A number as a word: the hexadecimal digits of its bits.
pub fn bits(x: f64) -> String {
    format!("{:016x}", x.to_bits())
}

/// The number that a word holds.
///
/// # Errors
/// The name of the word, when it is missing or no number.
pub fn number(from: &Checkpoint, name: &str) -> Result<f64, String> {
    let word = from.words.get(name).filter(|w| w.len() == 16);
    word.and_then(|w| u64::from_str_radix(w, 16).ok()).map(f64::from_bits).ok_or_else(|| name.to_string())
}

pub(crate) fn whole<T: std::str::FromStr>(from: &Checkpoint, name: &str) -> Result<T, String> {
    from.words.get(name).and_then(|w| w.parse().ok()).ok_or_else(|| name.to_string())
}

/// The settings that decide how training goes on, in words that a person can compare. The number of epochs counts only when
/// the schedule depends on it, so that a constant one may be prolonged; patience may always be changed.
fn settings(training: &Training, schedule: Schedule) -> Vec<(&'static str, String)> {
    let mut frozen: Vec<&str> = training.freeze.iter().map(|n| n.value.as_str()).collect();
    frozen.sort_unstable();
    let mut out = vec![
        ("training.loss", format!("{:?}", training.loss.value)),
        ("training.readout", training.readout.value.clone()),
        ("training.optimiser", format!("{:?}", training.optimiser.value)),
        ("training.learning_rate", training.learning_rate.value.to_string()),
        ("training.schedule", training.schedule.value.clone()),
        ("training.batch", training.batch.value.to_string()),
        ("training.weight_decay", training.weight_decay.to_string()),
        ("training.label_smoothing", training.label_smoothing.to_string()),
        ("training.input_noise", training.input_noise.to_string()),
        ("training.freeze", frozen.join(", ")),
    ];
    if schedule != Schedule::Constant {
        out.push(("training.epochs", training.epochs.value.to_string()));
    }
    out
}

/// Hashes that must agree: what they are hashes of, in a checkpoint's words and for a person.
fn identities(task: &Task<'_>) -> [(&'static str, &'static str, String); 3] {
    [
        ("model", "the network", task.model.hash.hex()),
        ("split", "the split of the samples", task.split.hash().hex()),
        ("data", "the file of the samples", task.samples.hash.map_or_else(|| "none".into(), |h| h.hex())),
    ]
}

/// Names of the tensors that training moves.
fn learned(params: &Params) -> Vec<&str> {
    params.tensors.iter().filter(|t| t.learned).map(|t| t.name.as_str()).collect()
}

/// What was learned and no longer is, and the other way round: the memory of the optimiser would belong to other numbers.
fn moves_otherwise(params: &Params, saved: &str) -> Option<Diagnostic> {
    let before: Vec<&str> = saved.split(", ").filter(|n| !n.is_empty()).collect();
    let now = learned(params);
    let missing = |of: &[&str], from: &[&str]| of.iter().filter(|n| !from.contains(n)).map(|n| format!("`{n}`")).collect::<Vec<_>>();
    let (stopped, begun) = (missing(&before, &now), missing(&now, &before));
    let part = |names: Vec<String>, what: &str| (!names.is_empty()).then(|| format!("{} {what}", names.join(", ")));
    let said: Vec<String> =
        [part(stopped, "was learned and now stays fixed"), part(begun, "stayed fixed and is now learned")].into_iter().flatten().collect();
    (!said.is_empty()).then(|| {
        Diagnostic::error("resume-learn", format!("since this checkpoint was made, {}", said.join("; ")))
            .hint("set `learn` and `freeze` back in the model file, or begin training anew")
    })
}

impl<'a> Trainer<'a> {
    /// Everything needed to go on from the end of the last epoch.
    pub fn checkpoint(&self) -> Checkpoint {
        let mut out = Checkpoint::default();
        let params = self.params();
        for t in &params.tensors {
            out.arrays.insert(format!("params/{}", t.name), (t.shape.to_vec(), t.values.clone()));
        }
        self.learner.method.save(params, &mut out);
        let mut column = |name: &str, values: Vec<f64>| out.arrays.insert(format!("curve/{name}"), (vec![values.len()], values));
        column("train-loss", self.curve.iter().map(|p| p.train_loss).collect());
        column("train-accuracy", self.curve.iter().map(|p| p.train_accuracy).collect());
        if self.curve.iter().all(|p| p.validation.is_some()) {
            column("validation-loss", self.curve.iter().filter_map(|p| Some(p.validation?.0)).collect());
            column("validation-accuracy", self.curve.iter().filter_map(|p| Some(p.validation?.1)).collect());
        }
        let mut word = |name: &str, value: String| out.words.insert(name.into(), value);
        word("format", FORMAT.into());
        word("seed", self.seed.to_string());
        word("epoch", self.epoch.to_string());
        word("normalisation", bits(self.task.normalisation.factor));
        word("learned", learned(params).join(", "));
        if let Some(finish) = self.finished {
            word("finished", if finish == Finish::Epochs { "epochs" } else { "patience" }.into());
        }
        for (name, _, hash) in identities(&self.task) {
            word(name, hash);
        }
        for (name, value) in settings(self.task.training(), self.schedule) {
            word(name, value);
        }
        if let Some(best) = &self.best {
            word("best.epoch", best.epoch.to_string());
            word("best.loss", bits(best.loss));
            let prefix = if best.restored { "last" } else { "best" };
            for (t, values) in params.tensors.iter().zip(&best.values) {
                out.arrays.insert(format!("{prefix}/{}", t.name), (t.shape.to_vec(), values.clone()));
            }
        }
        out
    }

    /// A trainer that goes on where a checkpoint was made, as if it had never stopped: bit for bit, when the runner is
    /// deterministic. `params` are those that the model was compiled with; their values are replaced. More epochs than
    /// before may be asked for under a constant schedule.
    ///
    /// # Errors
    /// When the checkpoint is of another network, split, data or setting, or something in it is missing.
    pub fn resume(task: Task<'a>, params: Params, from: &Checkpoint) -> Result<Self, Vec<Diagnostic>> {
        match from.words.get("format").map(String::as_str) {
            Some(FORMAT) => {}
            Some(other) => {
                return Err(vec![
                    Diagnostic::error("resume-format", format!("this checkpoint says it is `{other}`, not `{FORMAT}`"))
                        .hint("it was written by another version of the program"),
                ]);
            }
            None => {
                return Err(vec![Diagnostic::error(
                    "resume-format",
                    format!("this is no checkpoint of a training: it does not say `{FORMAT}`"),
                )]);
            }
        }
        let broken = |part: String| {
            vec![
                Diagnostic::error("resume-incomplete", format!("`{part}` is missing from the checkpoint, or not of the right size"))
                    .hint("it was cut short or changed; go on from another one"),
            ]
        };
        let mut trainer = Trainer::new(task, params, whole(from, "seed").map_err(broken)?)?;
        let mut problems = Vec::new();
        for (name, what, hash) in identities(&task) {
            let saved = from.words.get(name).map_or("none", String::as_str);
            if saved != hash {
                let short = |h: &str| h.get(..12).unwrap_or(h).to_string();
                problems.push(
                    Diagnostic::error(
                        "resume-other",
                        format!(
                            "{what} is not the one that this checkpoint was trained with (hash {}, here {})",
                            short(saved),
                            short(&hash)
                        ),
                    )
                    .hint("go back to the files and the seed it was made with, or begin training anew"),
                );
            }
        }
        for (name, value) in settings(task.training(), trainer.schedule) {
            let saved = from.words.get(name).map_or("", String::as_str);
            if saved != value {
                let key = name.trim_start_matches("training.");
                problems.push(
                    Diagnostic::error("resume-setting", format!("`{key}` was {saved} when this checkpoint was made and is {value} now"))
                        .hint(format!("set `{key}` back, or begin training anew")),
                );
            }
        }
        // What `freeze` changed is said above, by the names of the populations.
        if !problems.iter().any(|d: &Diagnostic| d.message.starts_with("`freeze`")) {
            problems.extend(moves_otherwise(trainer.params(), from.words.get("learned").ok_or_else(|| broken("learned".into()))?));
        }
        if number(from, "normalisation").map_err(broken)?.to_bits() != task.normalisation.factor.to_bits() {
            problems.push(
                Diagnostic::error("resume-setting", "intensities are normalised otherwise than when this checkpoint was made")
                    .hint("set `unit_rms` back, or begin training anew"),
            );
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        trainer.load(from).map_err(broken)?;
        Ok(trainer)
    }

    fn load(&mut self, from: &Checkpoint) -> Result<(), String> {
        read(from, "params", &mut self.learner.params)?;
        self.learner.method.load(&self.learner.params, from)?;
        self.epoch = whole(from, "epoch")?;
        let column = |name: &str| {
            let name = format!("curve/{name}");
            from.arrays.get(&name).filter(|(_, v)| v.len() == self.epoch).map(|(_, v)| v).ok_or(name)
        };
        let (losses, accuracies) = (column("train-loss")?, column("train-accuracy")?);
        let validation = column("validation-loss").ok().zip(column("validation-accuracy").ok());
        let point =
            |k: usize| Point { train_loss: losses[k], train_accuracy: accuracies[k], validation: validation.map(|(l, a)| (l[k], a[k])) };
        self.curve = (0..self.epoch).map(point).collect();
        if from.words.contains_key("best.epoch") {
            let mut params = self.learner.params.clone();
            let restored = from.arrays.keys().any(|k| k.starts_with("last/"));
            let values = match read(from, if restored { "last" } else { "best" }, &mut params) {
                Ok(()) => params.tensors.into_iter().map(|t| t.values).collect(),
                Err(_) if self.task.training().patience.is_none() => Vec::new(),
                Err(missing) => return Err(missing),
            };
            self.best = Some(Best { epoch: whole(from, "best.epoch")?, loss: number(from, "best.loss")?, values, restored });
        }
        // Training that ended because its epochs were done may be given more; one that ran out of patience is over.
        self.finished = match from.words.get("finished").map(String::as_str) {
            Some("patience") => Some(Finish::Patience),
            _ if self.epoch >= *self.task.training().epochs => Some(Finish::Epochs),
            _ => None,
        };
        if self.finished.is_none() && self.best.as_ref().is_some_and(|b| b.restored) {
            self.exchange();
        }
        Ok(())
    }
}

fn read(from: &Checkpoint, prefix: &str, params: &mut Params) -> Result<(), String> {
    for t in &mut params.tensors {
        let name = format!("{prefix}/{}", t.name);
        let (_, values) = from.arrays.get(&name).filter(|(shape, v)| shape[..] == t.shape && v.len() == t.values.len()).ok_or(name)?;
        t.values.copy_from_slice(values);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
