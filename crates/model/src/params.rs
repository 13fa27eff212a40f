//! Numbers that may be learned.

use homolog_base::{Hash, Unit};

/// One array of parameters.
#[derive(Clone, PartialEq, Debug)]
pub struct Tensor {
    /// Name: `image->hidden` for weights, `hidden.bias`, `hidden.tau`.
    pub name: String,
    /// Unit.
    pub unit: Unit,
    /// Rows (receiving neurons) and columns (sending neurons; 1 for a number per neuron).
    pub shape: [usize; 2],
    /// Whether training moves it.
    pub learned: bool,
    /// Whether weight decay applies (weights, not biases).
    pub decays: bool,
    /// Smallest and largest allowed value; training projects onto them.
    pub bounds: Option<(f64, f64)>,
    /// Row-major values.
    pub values: Vec<f64>,
}

impl Tensor {
    /// Learned numbers of `size` neurons, the same `parts` for each.
    pub fn per_neuron(name: String, unit: Unit, bounds: Option<(f64, f64)>, parts: &[f64], size: usize) -> Tensor {
        Tensor { name, unit, shape: [size, parts.len()], learned: true, decays: false, bounds, values: parts.repeat(size) }
    }

    /// Learned numbers of neurons of several kinds, `copies` of each: for each kind the same parts.
    pub fn per_kind(name: String, unit: Unit, bounds: Option<(f64, f64)>, parts: &[Vec<f64>], copies: usize) -> Tensor {
        let shape = [parts.len() * copies, parts[0].len()];
        let values = parts.iter().flat_map(|p| p.repeat(copies)).collect();
        Tensor { name, unit, shape, learned: true, decays: false, bounds, values }
    }
}

/// All arrays of a model. The order is the model's.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Params {
    /// The arrays.
    pub tensors: Vec<Tensor>,
}

impl Params {
    /// Adds a tensor; returns its index.
    pub fn add(&mut self, tensor: Tensor) -> usize {
        self.tensors.push(tensor);
        self.tensors.len() - 1
    }

    /// Index of the tensor of this name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.tensors.iter().position(|t| t.name == name)
    }

    /// How many numbers are learned.
    pub fn learned(&self) -> usize {
        self.tensors.iter().filter(|t| t.learned).map(|t| t.values.len()).sum()
    }

    /// Arrays of zeros of the same shapes.
    pub fn zeros(&self) -> Vec<Vec<f64>> {
        self.tensors.iter().map(|t| vec![0.0; t.values.len()]).collect()
    }

    /// Hash of all values, by their bits.
    pub fn hash(&self) -> Hash {
        Hash::of_u64(self.tensors.iter().flat_map(|t| t.values.iter().map(|v| v.to_bits())))
    }
}
