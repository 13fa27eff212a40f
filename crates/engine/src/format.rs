//! The numbers of a run, 64-bit or 32-bit, and the door between them and all that is outside, which is 64-bit.
//!
//! A number of 32 bits is one of 64 bits too, so states and recordings lose nothing on their way out and back.

use crate::{Engine, Kept};
use homolog_exec::Scalar;
use homolog_model::{Inputs, Params, Tape};
use std::borrow::Cow;

/// What an arena holds.
pub(crate) trait Format: Scalar {
    /// These numbers in this format.
    fn numbers(x: &[f64]) -> Cow<'_, [Self]>;
    /// These numbers in 64 bits.
    fn wider(x: &[Self]) -> Cow<'_, [f64]>;
    /// Copies numbers in.
    fn narrow(from: &[f64], to: &mut [Self]);
    /// Copies numbers out.
    fn widen(from: &[Self], to: &mut [f64]);
    /// What an engine keeps for this format.
    fn kept(engine: &mut Engine) -> &mut Kept<Self>;
    /// The arena of a tape, which is of 64-bit numbers.
    fn of_tape(tape: &mut Tape) -> Option<&mut Vec<Self>>;
}

impl Format for f64 {
    fn numbers(x: &[f64]) -> Cow<'_, [f64]> {
        Cow::Borrowed(x)
    }
    fn wider(x: &[f64]) -> Cow<'_, [f64]> {
        Cow::Borrowed(x)
    }
    fn narrow(from: &[f64], to: &mut [f64]) {
        to.copy_from_slice(from);
    }
    fn widen(from: &[f64], to: &mut [f64]) {
        to.copy_from_slice(from);
    }
    fn kept(engine: &mut Engine) -> &mut Kept<f64> {
        &mut engine.double
    }
    fn of_tape(tape: &mut Tape) -> Option<&mut Vec<f64>> {
        Some(&mut tape.arena)
    }
}

impl Format for f32 {
    fn numbers(x: &[f64]) -> Cow<'_, [f32]> {
        Cow::Owned(x.iter().map(|x| *x as f32).collect())
    }
    fn wider(x: &[f32]) -> Cow<'_, [f64]> {
        Cow::Owned(x.iter().map(|x| f64::from(*x)).collect())
    }
    fn narrow(from: &[f64], to: &mut [f32]) {
        assert_eq!(from.len(), to.len(), "as many numbers as there is room for");
        to.iter_mut().zip(from).for_each(|(to, x)| *to = *x as f32);
    }
    fn widen(from: &[f32], to: &mut [f64]) {
        assert_eq!(from.len(), to.len(), "as many numbers as there is room for");
        to.iter_mut().zip(from).for_each(|(to, x)| *to = f64::from(*x));
    }
    fn kept(engine: &mut Engine) -> &mut Kept<f32> {
        &mut engine.single
    }
    fn of_tape(_: &mut Tape) -> Option<&mut Vec<f32>> {
        None
    }
}

/// Appends numbers to a list of 64-bit ones.
pub(crate) fn append<R: Format>(from: &[R], to: &mut Vec<f64>) {
    let n = to.len();
    to.resize(n + from.len(), 0.0);
    R::widen(from, &mut to[n..]);
}

/// Parameters and inputs in the format of a run.
pub(crate) struct Numbers<'a, R: Clone = f64> {
    /// Values of every tensor.
    pub tensors: Vec<Cow<'a, [R]>>,
    /// Values of every input group.
    pub inputs: Vec<Cow<'a, [R]>>,
}

impl<'a, R: Format> Numbers<'a, R> {
    pub fn new(params: &'a Params, inputs: &'a Inputs) -> Self {
        Numbers {
            tensors: params.tensors.iter().map(|t| R::numbers(&t.values)).collect(),
            inputs: inputs.values.iter().map(|x| R::numbers(x)).collect(),
        }
    }
}
