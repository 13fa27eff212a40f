//! The model file: one TOML text that says what a network is, what it is shown, and how it learns.
//!
//! [`read`] is pure: text to value, with all problems at once, each with its place. [`write()`] is its inverse.
//! [`with_neuron`] exchanges the one word and leaves every other byte as it was.
//!
//! ```toml
//! title = "Handwritten digits, 8x8"
//!
//! [time]                          # optional; what the neurons declare when not given
//! step = "1 ms"
//! presentation = "40 ms"
//! precision = "f64"               # or "f32": 32-bit numbers, for runs without training
//! spikes = "grid"                 # or "interpolated": spikes have a time within their step; a population may say so, too
//!
//! [population.image]
//! size = 64
//! neuron = "input"
//!
//! [population.hidden]
//! size = 32
//! neuron = "lif"                  # the one word
//! parameters = { tau = "12 ms", vth = -50.0 }              # optional: instead of the neuron's defaults
//! learn = ["tau"]                                          # optional: one learned number per neuron; of a cell per region, or
//!                                                          # as in [{ parameter = "hh.gnabar", per = "branch" }]: per "neuron",
//!                                                          # "region", "branch" or "compartment"
//! surrogate = { shape = "arctan", width = 5.0 }            # optional
//! readout-scale = 1.0                                      # optional: what a spike or a mV read out is worth
//! bias = false                                             # optional, default true
//! sends = "excitatory"                                     # optional: no weight that leaves it is below 0; or "inhibitory"
//! # names = ["AVAL", "AVAR"]                               # instead of `size`; or { table = "neurons.csv", column = "Name" }
//!
//! [population.class]
//! size = 10
//! neuron = "linear"
//!
//! [[projection]]
//! from = "image"
//! to = "hidden"
//! wiring = "all-to-all"           # or "one-to-one", { random = 0.1 }, { shift = 1 }, { pairs = [[0, 5], [1, 2]] };
//!                                 # docs/networks.md has all
//! weights = "unit-variance"       # the default; or { normal = [0, 0.1] }, { uniform = [-1, 1] }, { constant = 1 }
//! delay = "2 ms"                  # optional; see below
//! learn = false                   # optional, default true
//! autapses = false                # optional: no neuron is connected to itself; `multapses = false`: no pair is connected twice
//!
//! [[projection]]
//! name = "read out"               # optional: what its weights are called; needed where there are several between the same populations
//! from = "hidden"
//! to = "class"
//! wiring = "all-to-all"
//!
//! [[block]]                       # optional: projections between every two of some populations (docs/networks.md)
//! from = ["image", "hidden"]
//! to = ["hidden", "class"]
//! random = [[0.1, 0.2], [0, 0.5]] # a row for each of `to`; or connected, in-degree, out-degree, total. The rest as in [[projection]]
//!
//! [[stimulus]]                    # optional: a current into every neuron of a population of cells
//! population = "hidden"
//! branch = "soma"
//! position = 0.5                  # the default: the middle; 0 is where the branch begins
//! delay = "10 ms"                 # default 0
//! duration = "100 ms"
//! amplitude = "0.5 nA"            # inward positive
//!
//! [[record]]                      # optional: what is recorded tick by tick when the network is run for its own sake
//! population = "hidden"
//! variable = "v"                  # the default; or another state, such as "hh.m", or "spikes"
//! branch = "left"                 # optional, of cells: where spikes are made when not given
//! position = 0.5                  # optional: the middle of the branch when not given
//!
//! [[record]]                      # weights that a rule of plasticity changes, of the projection between these
//! variable = "weights"
//! from = "image"
//! to = "hidden"
//! every = "1 s"                   # optional: beside the beginning and the end
//!
//! [[record]]                      # a potential outside of cells
//! population = "hidden"
//! variable = "lfp"
//! electrode = ["50 um", "0 um", "0 um"]    # or a list of such places, in the coordinates of the cell
//! conductivity = "0.3 S/m"        # the default
//!
//! [data]                          # optional
//! source = "digits8x8"            # a dataset that ships with the program, or a path
//! input = "image"
//! test = 0.2                      # default 0
//! validation = 0.1                # default 0
//! intensity = "unit-rms"          # the default; or "as-is"
//!
//! [training]                      # optional
//! loss = "cross-entropy"          # or "mean-square"
//! readout = "class"
//! optimiser = "adam"              # the default; or { name = "adam", beta1 = 0.9 }, { name = "sgd", momentum = 0.9 }
//! learning-rate = 0.005
//! schedule = "cosine"             # or "constant", the default
//! batch = 32
//! epochs = 60
//! patience = 20                   # optional
//! weight-decay = 0.01             # default 0
//! label-smoothing = 0.1           # default 0
//! freeze = []                     # optional: populations
//!
//! [compare]                       # optional
//! population = "hidden"
//! levels = { rate = "relu", point = "lif" }
//! notes = { why = "..." }         # optional
//! ```
//!
//! A delay has three forms. `"2 ms"` is a time, for spikes. `"1 frame"` is a whole presentation, at every level: a value is heard in
//! the frame after its own, and a spike arrives as much later as an input is shown. `{ frames = 1, time = "2 ms" }` is one frame
//! where the signal is a value and 2 ms where it is spikes: what a recurrent network wants whose neurons are to be exchanged by one
//! word.

mod cell;
mod changes;
mod check;
mod fit;
mod outside;
mod parts;
mod sections;
mod tables;
mod walk;
mod word;
mod write;

pub use cell::{Morphology, read_cell, write_cell};
pub use fit::{describes_fit, read_fit};
pub use word::with_neuron;
pub use write::write;

use crate::study::Study;
use homolog_base::{Diagnostic, Source, has_errors};
use std::sync::Arc;
use toml::de::DeTable;

/// The word for a population that is set from outside.
pub const INPUT: &str = "input";
/// The neuron of populations whose spikes are given.
pub const SPIKES: &str = "spikes";

/// Lines that are not TOML are shown one by one up to this many; a file of something else has nothing but such lines.
const SYNTAX: usize = 6;

/// Reads a model file: the study it describes, and everything that is wrong with it.
///
/// When there are errors the study holds what could be understood and is good for showing, not for running.
pub fn read(source: &Arc<Source>) -> (Study, Vec<Diagnostic>) {
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    let mut reader = walk::Reader::new(source, "a model file");
    let study = sections::study(&mut reader, document.get_ref());
    if errors.is_empty() {
        check::study(&mut reader, &study);
    }
    let hint = "is this a model file? It begins with `title = \"...\"` and sections such as `[population.image]`";
    let problems = finished(reader, &errors, hint);
    debug_assert!(has_errors(&problems) || study.network.populations.iter().all(|p| p.size.value > 0 || p.names.is_some()));
    (study, problems)
}

/// Whether a text describes a cell and no network, as far as it can be understood.
pub fn describes_cell(source: &Source) -> bool {
    let (document, _) = DeTable::parse_recoverable(&source.text);
    let has = |key: &str| document.get_ref().contains_key(key);
    (has("branch") || has("morphology")) && !has("population")
}

/// All problems in the order of the text: those of a reader, and the lines that are not TOML. The hint is for a file of something else.
fn finished(mut reader: walk::Reader<'_>, errors: &[toml::de::Error], hint: &str) -> Vec<Diagnostic> {
    for error in errors.iter().take(SYNTAX) {
        reader.syntax(error);
    }
    let (source, mut problems) = (reader.source, reader.problems);
    if !errors.is_empty() {
        // A broken line hides keys, so what seems to be missing may well be there.
        problems.retain(|d| d.code != "model-missing-key");
    }
    if errors.len() > SYNTAX {
        let place = errors[SYNTAX].span().unwrap_or_default();
        let d = Diagnostic::error("model-syntax", format!("{} more lines are not TOML", errors.len() - SYNTAX));
        problems.push(d.at(source, place, "from here on").hint(hint));
    }
    // What is wrong with another file, a morphology, comes after.
    problems.sort_by_key(|d| {
        let elsewhere = d.source.as_ref().is_some_and(|s| !Arc::ptr_eq(s, source));
        (elsewhere, d.labels.first().map_or(usize::MAX, |l| l.0.start))
    });
    problems
}

#[cfg(test)]
mod tests;
