//! A trained or half-trained model as named arrays and named words: everything needed to go on, bit for bit.

use std::collections::BTreeMap;

/// Named arrays and named words.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Checkpoint {
    /// Arrays by name, with their shape: `params/image->hidden`, `adam.m/image->hidden`.
    pub arrays: BTreeMap<String, (Vec<usize>, Vec<f64>)>,
    /// Words by name: epoch, seed, hashes, learning curve.
    pub words: BTreeMap<String, String>,
}
