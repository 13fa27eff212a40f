//! From results of single seeds to the line of a report.

use crate::atp::Pumping;
use crate::energy::Energy;
use crate::operations::Operations;
use homolog_base::report::{Basis, Entry, Score};

/// What was found for one level of detail and one seed.
#[derive(Clone, PartialEq, Debug)]
pub struct LevelResult {
    /// Seed of split, wiring, weights and order.
    pub seed: u64,
    /// Share of the test part that is right.
    pub test_accuracy: f64,
    /// The same with the exchanged population frozen as it starts: what the level is worth without learning in it.
    pub frozen_accuracy: Option<f64>,
    /// Neurons, inputs not counted.
    pub neurons: usize,
    /// Compartments of all of them; none where no neuron has any.
    pub compartments: Option<usize>,
    /// Numbers that are learned.
    pub parameters: usize,
    /// Biological time that one image takes, ms; 0 without ticks.
    pub simulated_ms: f64,
    /// What one image of the test part takes.
    pub operations: Operations,
    /// What that costs.
    pub energy: Energy,
    /// What the pumps of its cells spend on one image; none without cells.
    pub pumping: Option<Pumping>,
    /// Epochs trained.
    pub epochs: usize,
    /// Wall time of the training, s.
    pub wall_s: f64,
    /// Largest memory of the process, or of what training holds, bytes.
    pub memory_bytes: Option<u64>,
}

/// Names of the scores of an entry.
pub mod column {
    /// Share of the test part that is right.
    pub const ACCURACY: &str = "test accuracy";
    /// The same with the exchanged population frozen.
    pub const FROZEN: &str = "test accuracy, frozen";
    /// What learning in the exchanged population adds: the difference, seed by seed.
    pub const GAIN: &str = "gain over frozen";
    /// Neurons, inputs not counted.
    pub const NEURONS: &str = "neurons";
    /// Compartments of all neurons.
    pub const COMPARTMENTS: &str = "compartments";
    /// Numbers that are learned.
    pub const PARAMETERS: &str = "parameters";
    /// Biological time of one image, ms.
    pub const SIMULATED: &str = "simulated time";
    /// Spikes of all groups for one image.
    pub const SPIKES: &str = "spikes per image";
    /// Floating-point operations for one image; a multiply-accumulate counts two.
    pub const OPERATIONS: &str = "operations per image";
    /// Weights used for one image.
    pub const SYNAPTIC: &str = "synaptic operations per image";
    /// Joules for one image.
    pub const ENERGY: &str = "energy per image";
    /// Molecules of ATP that the pumps of all cells take for one image.
    pub const ATP: &str = "ATP per image";
    /// Joules of that ATP.
    pub const MEASURED_ENERGY: &str = "energy per image, measured";
    /// Epochs trained.
    pub const EPOCHS: &str = "epochs";
    /// Wall time of training, s.
    pub const WALL: &str = "wall time";
    /// Memory, bytes.
    pub const MEMORY: &str = "memory";
}

/// The line of a report for one level: every score as mean and sample standard deviation over the seeds.
///
/// A score that only some seeds have says so in its name, `memory (2 of 5 seeds)`; one that none has is left out. Without
/// results there are no scores.
pub fn entry(level: &str, results: &[LevelResult]) -> Entry {
    let mut out = Entry { name: level.into(), ..Entry::default() };
    let mut put = |name: &str, unit: &str, basis: Basis, of: &dyn Fn(&LevelResult) -> Option<f64>| {
        let values: Vec<f64> = results.iter().filter_map(of).collect();
        if values.is_empty() {
            return;
        }
        let name =
            if values.len() == results.len() { name.to_string() } else { format!("{name} ({} of {} seeds)", values.len(), results.len()) };
        out.scores.insert(name, Score::over_seeds(&values, unit, basis));
    };
    put(column::ACCURACY, "1", Basis::Measured, &|r| Some(r.test_accuracy));
    put(column::FROZEN, "1", Basis::Measured, &|r| r.frozen_accuracy);
    put(column::GAIN, "1", Basis::Measured, &|r| Some(r.test_accuracy - r.frozen_accuracy?));
    put(column::NEURONS, "1", Basis::Counted, &|r| Some(r.neurons as f64));
    put(column::COMPARTMENTS, "1", Basis::Counted, &|r| Some(r.compartments? as f64));
    put(column::PARAMETERS, "1", Basis::Counted, &|r| Some(r.parameters as f64));
    put(column::SIMULATED, "ms", Basis::Counted, &|r| Some(r.simulated_ms));
    put(column::SPIKES, "1", Basis::Measured, &|r| Some(r.operations.spikes));
    put(column::OPERATIONS, "1", Basis::Counted, &|r| Some(r.operations.total()));
    put(column::SYNAPTIC, "1", Basis::Counted, &|r| Some(r.operations.synaptic()));
    put(column::ENERGY, "J", Basis::Estimated, &|r| Some(r.energy.joules));
    put(column::ATP, "1", Basis::Measured, &|r| Some(r.pumping.as_ref()?.atp));
    put(column::MEASURED_ENERGY, "J", Basis::Measured, &|r| Some(r.pumping.as_ref()?.joules));
    put(column::EPOCHS, "1", Basis::Counted, &|r| Some(r.epochs as f64));
    put(column::WALL, "s", Basis::Measured, &|r| Some(r.wall_s));
    put(column::MEMORY, "byte", Basis::Measured, &|r| Some(r.memory_bytes? as f64));
    out
}

/// The difference of two levels in one figure, seed by seed: only seeds that both have count, so that what the split and
/// the order of samples do to both alike falls out of the spread. None without a common seed.
pub fn difference(a: &[LevelResult], b: &[LevelResult], unit: &str, basis: Basis, of: impl Fn(&LevelResult) -> f64) -> Option<Score> {
    let pairs = a.iter().filter_map(|x| Some(of(x) - of(b.iter().find(|y| y.seed == x.seed)?)));
    let values: Vec<f64> = pairs.collect();
    (!values.is_empty()).then(|| Score::over_seeds(&values, unit, basis))
}

#[cfg(test)]
mod tests;
