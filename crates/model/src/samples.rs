//! Labelled samples, and how they are split.

use homolog_base::Hash;

/// Labelled samples.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Samples {
    /// What they are called.
    pub name: String,
    /// Intensities of one sample.
    pub features: usize,
    /// Rows and columns when a sample is a picture.
    pub picture: Option<(usize, usize)>,
    /// Number of classes; labels are below this.
    pub classes: usize,
    /// Intensities, sample by sample.
    pub values: Vec<f64>,
    /// Class of each sample.
    pub labels: Vec<u32>,
    /// The first sample of a test part that the source itself sets apart, if it does.
    pub own_test_from: Option<usize>,
    /// Hash of the file it was read from.
    pub hash: Option<Hash>,
}

impl Samples {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Intensities of sample `k`.
    pub fn sample(&self, k: usize) -> &[f64] {
        &self.values[k * self.features..(k + 1) * self.features]
    }
}

/// Which samples are for what: indices, each in ascending order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Split {
    /// For learning.
    pub train: Vec<usize>,
    /// For deciding when to stop.
    pub validation: Vec<usize>,
    /// For the figure that is reported.
    pub test: Vec<usize>,
}

impl Split {
    /// Hash of the three lists.
    pub fn hash(&self) -> Hash {
        let part = |p: &[usize]| std::iter::once(p.len() as u64).chain(p.iter().map(|&i| i as u64)).collect::<Vec<_>>();
        Hash::of_u64([&self.train, &self.validation, &self.test].into_iter().flat_map(|p| part(p)))
    }
}
