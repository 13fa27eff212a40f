//! How good parameters are on samples that they are not to learn from.

use crate::loss::{loss, predict};
use crate::task::Task;
use homolog_model::compose::cable::CHARGE;
use homolog_model::{Fault, Inputs, Observable, Params, Probe, Runner, State};

/// Samples shown at a time. Fixed, so that sums have one order whatever batch was trained with.
pub const EVALUATION_BATCH: usize = 128;

/// How often each class was taken for each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Confusion {
    /// Classes.
    pub classes: usize,
    /// Row-major: true class, predicted class.
    pub counts: Vec<u64>,
}

impl Confusion {
    /// No sample yet.
    pub fn new(classes: usize) -> Self {
        Confusion { classes, counts: vec![0; classes * classes] }
    }

    /// Counts one sample.
    pub fn add(&mut self, label: u32, predicted: u32) {
        self.counts[label as usize * self.classes + predicted as usize] += 1;
    }

    /// How often class `label` was taken for class `predicted`.
    pub fn count(&self, label: usize, predicted: usize) -> u64 {
        self.counts[label * self.classes + predicted]
    }

    /// Share of the samples on the diagonal.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.classes).map(|c| self.count(c, c)).sum();
        right as f64 / self.counts.iter().sum::<u64>() as f64
    }

    /// Share of each class that was recognised; none for a class without samples.
    pub fn recall(&self) -> Vec<Option<f64>> {
        let row = |c: usize| self.counts[c * self.classes..(c + 1) * self.classes].iter().sum::<u64>();
        (0..self.classes).map(|c| (row(c) > 0).then(|| self.count(c, c) as f64 / row(c) as f64)).collect()
    }
}

/// Spikes of one group.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupSpikes {
    /// Index of the group.
    pub group: usize,
    /// Its name.
    pub name: String,
    /// Mean number of spikes of each of its neurons while one image is shown.
    pub per_neuron: Vec<f64>,
}

impl GroupSpikes {
    /// Mean number of spikes of all its neurons while one image is shown.
    pub fn per_image(&self) -> f64 {
        self.per_neuron.iter().fold(0.0, |all, s| all + s)
    }

    /// Neurons that never spiked.
    pub fn silent(&self) -> usize {
        self.per_neuron.iter().filter(|s| **s == 0.0).count()
    }
}

/// Charge that one kind of ion carried into the cells of one group, through channels and receptors that let only it pass.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupCharge {
    /// Index of the group.
    pub group: usize,
    /// Its name.
    pub name: String,
    /// The ion: `na`, `ca`.
    pub ion: String,
    /// Mean of all samples, all compartments of all its neurons together, while one image is shown, pC.
    pub per_image: f64,
}

/// How good parameters are on some samples.
#[derive(Clone, PartialEq, Debug)]
pub struct Evaluation {
    /// Mean loss, without label smoothing (nats for the cross-entropy).
    pub loss: f64,
    /// Share of the samples that are right.
    pub accuracy: f64,
    /// How often each class was taken for each.
    pub confusion: Confusion,
    /// Spikes of every group that spikes, in the order of the model.
    pub spikes: Vec<GroupSpikes>,
    /// Inward charge of every ion that is counted, in the order of the model; of cells alone.
    pub charges: Vec<GroupCharge>,
    /// Class predicted for each sample, in the order asked for.
    pub predictions: Vec<u32>,
}

/// Shows these samples (by index) to the network and scores the answers. Nothing is learned. Of no samples the loss, the
/// accuracy, the spikes and the charges are not a number.
///
/// # Errors
/// The first number that is not finite.
pub fn evaluate(task: &Task<'_>, params: &Params, runner: &mut dyn Runner, indices: &[usize]) -> Result<Evaluation, Fault> {
    let spiking = spiking_groups(task);
    let (mut charges, counters): (Vec<GroupCharge>, Vec<Probe>) = charges(task).into_iter().unzip();
    let mut probes = probes(task, &spiking);
    probes.extend(counters);
    let mut spikes: Vec<GroupSpikes> = spiking
        .iter()
        .map(|&g| GroupSpikes { group: g, name: task.model.groups[g].name.clone(), per_neuron: vec![0.0; task.model.groups[g].size] })
        .collect();
    let (mut inputs, mut labels) = (Inputs::default(), Vec::new());
    let (mut sum, mut predictions, mut confusion) = (0.0, Vec::with_capacity(indices.len()), Confusion::new(task.samples.classes));
    for chosen in indices.chunks(EVALUATION_BATCH) {
        task.gather(chosen, &mut inputs, &mut labels);
        let recording = runner.run(task.model, params, &inputs, &probes, &mut State::fresh(), None)?;
        sum += loss(task.loss(), 0.0, &recording.traces[0], &labels, None).sum;
        predict(&recording.traces[0], &mut predictions);
        for (s, trace) in spikes.iter_mut().zip(&recording.traces[1..]) {
            add_counts(trace, &mut s.per_neuron);
        }
        for (c, trace) in charges.iter_mut().zip(&recording.traces[1 + spikes.len()..]) {
            c.per_image += trace.data.iter().sum::<f64>();
        }
    }
    for (&k, &p) in indices.iter().zip(&predictions) {
        confusion.add(task.samples.labels[k], p);
    }
    let n = indices.len() as f64;
    spikes.iter_mut().flat_map(|s| &mut s.per_neuron).for_each(|c| *c /= n);
    charges.iter_mut().for_each(|c| c.per_image /= n);
    Ok(Evaluation { loss: sum / n, accuracy: confusion.accuracy(), confusion, spikes, charges, predictions })
}

/// The counters of charge, and what reads them: each begins at zero with every frame.
fn charges(task: &Task<'_>) -> Vec<(GroupCharge, Probe)> {
    let groups = task.model.groups.iter().enumerate();
    let of_group = |(group, g): (usize, &homolog_model::Group)| {
        let counters = g.variables.iter().enumerate().filter_map(|(k, v)| Some((k, v.name.strip_prefix(CHARGE)?.to_string())));
        let name = g.name.clone();
        let one = move |(k, ion)| {
            (GroupCharge { group, name: name.clone(), ion, per_image: 0.0 }, Probe { group, what: Observable::FrameEnd(k) })
        };
        counters.map(one).collect::<Vec<_>>()
    };
    groups.flat_map(of_group).collect()
}

/// The groups that spike.
pub(crate) fn spiking_groups(task: &Task<'_>) -> Vec<usize> {
    (0..task.model.groups.len()).filter(|&g| task.model.groups[g].spikes).collect()
}

/// The readout's value, then a count of each spiking group.
pub(crate) fn probes(task: &Task<'_>, spiking: &[usize]) -> Vec<Probe> {
    let counts = spiking.iter().map(|&group| Probe { group, what: Observable::Count });
    std::iter::once(Probe { group: task.readout, what: Observable::Value }).chain(counts).collect()
}

/// Adds the counts of all frames and samples of the batch to one number per neuron.
pub(crate) fn add_counts(trace: &homolog_model::Trace, per_neuron: &mut [f64]) {
    let [_, size, batch] = trace.shape;
    for (row, counts) in trace.data.chunks_exact(batch.max(1)).enumerate() {
        per_neuron[row % size] += counts.iter().sum::<f64>();
    }
}

#[cfg(test)]
mod tests;
