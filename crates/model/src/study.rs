//! A study: a network with the data it is shown, how it is trained, and what it is compared with.

use crate::network::{Located, Network};
use std::collections::BTreeMap;

/// All that one model file says.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Study {
    /// The network.
    pub network: Network,
    /// What it is shown.
    pub data: Option<Data>,
    /// How it learns by gradients.
    pub training: Option<Training>,
    /// How it is shown samples, where it learns by rules of plasticity alone.
    pub learning: Option<Learning>,
    /// Which words are compared.
    pub comparison: Option<Comparison>,
}

/// Labelled samples and how they are split.
#[derive(Clone, PartialEq, Debug)]
pub struct Data {
    /// Name of a dataset that ships with the program, or a path relative to the model file.
    pub source: Located<String>,
    /// Input population that the samples are shown to.
    pub input: Located<String>,
    /// Fraction of each class that is kept for the test, keyed by the seed; 0 when the source has a test part of its own.
    pub test: Located<f64>,
    /// Fraction of each class of the rest that decides when to stop; 0 for none.
    pub validation: Located<f64>,
    /// Whether intensities are divided by their root mean square over the training part.
    pub unit_rms: bool,
}

/// How a network learns.
#[derive(Clone, PartialEq, Debug)]
pub struct Training {
    /// What is made small.
    pub loss: Located<Loss>,
    /// Population whose value the loss looks at.
    pub readout: Located<String>,
    /// How parameters move.
    pub optimiser: Located<Optimiser>,
    /// Step size at the start.
    pub learning_rate: Located<f64>,
    /// How the step size falls: `constant` or `cosine` (to zero over all epochs).
    pub schedule: Located<String>,
    /// Samples per update.
    pub batch: Located<usize>,
    /// Passes over the training part.
    pub epochs: Located<usize>,
    /// Stop after this many epochs without a better validation loss; none for never.
    pub patience: Option<usize>,
    /// Decoupled weight decay per unit of learning rate (Loshchilov & Hutter 2019), on weights, not on biases.
    pub weight_decay: f64,
    /// Share of the target spread over all classes (Szegedy et al. 2016, sec. 7).
    pub label_smoothing: f64,
    /// Standard deviation of normal noise that is added to every intensity (after scaling) whenever a sample is shown in
    /// training, keyed by seed, epoch and sample (Bishop 1995, Neural Comput. 7, 108). None in tests.
    pub input_noise: f64,
    /// Parameters that stay as they start: names of populations whose incoming weights and own parameters are frozen.
    pub freeze: Vec<Located<String>>,
}

/// How a network learns that changes its weights itself: samples are shown one after the other, and labels are used only to say afterwards
/// what the neurons that are read out stand for.
#[derive(Clone, PartialEq, Debug)]
pub struct Learning {
    /// Population whose spikes are counted.
    pub readout: Located<String>,
    /// How long a sample is shown, ms.
    pub show: Located<f64>,
    /// How long nothing is shown after it, ms.
    pub rest: Located<f64>,
    /// Passes over the training part.
    pub passes: Located<usize>,
    /// Samples of the training part that are shown in a pass; all of them when not given.
    pub samples: Option<Located<usize>>,
}

/// What a loss measures between the readout and the label.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Loss {
    /// Softmax and cross-entropy, nats.
    #[default]
    CrossEntropy,
    /// Mean squared difference from the one-hot label.
    MeanSquare,
}

/// How parameters move along a gradient.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Optimiser {
    /// Adam (Kingma & Ba 2015, alg. 1).
    Adam {
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Added to the root of the second moment.
        epsilon: f64,
    },
    /// Stochastic gradient descent with (heavy-ball) momentum.
    Sgd {
        /// Share of the last step that is kept.
        momentum: f64,
    },
}

impl Default for Optimiser {
    fn default() -> Self {
        Optimiser::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// Which words are compared in which place.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// The population whose neuron is exchanged.
    pub population: Located<String>,
    /// Level name to the one word, in the order of the file.
    pub levels: Vec<(String, Located<String>)>,
    /// Further notes by key, shown in the report.
    pub notes: BTreeMap<String, String>,
}
