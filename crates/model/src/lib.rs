//! The nouns: a network's description, and what it compiles to.
//!
//! - [`Network`]: populations, projections and probes as *rules*; a [`Study`] adds data and training. Plain values;
//!   [`mod@file`] reads them from TOML, with every problem located.
//! - [`Library`]: the mechanisms a network may name.
//! - [`compile()`]: `Network` + `Library` to [`Model`], which never changes, and [`Params`], which may be learned.
//! - [`Runner`]: what runs a model and pulls gradients back through it; [`State`], [`Recording`] and [`Tape`] are what
//!   it works on.

pub mod calibration;
pub mod cell;
pub mod checkpoint;
pub mod compile;
pub mod compose;
pub mod convolution;
pub mod discretise;
pub mod distinct;
pub mod events;
pub mod expression;
pub mod extracellular;
pub mod file;
pub mod fit;
pub mod library;
pub mod model;
pub mod naive;
pub mod network;
pub mod params;
pub mod pause;
pub mod pieces;
pub mod plasticity;
pub mod recordings;
pub mod runner;
pub mod samples;
pub mod space;
pub mod spread;
pub mod study;
pub mod wiring;

pub use cell::Cell;
pub use checkpoint::Checkpoint;
pub use compile::{compile, compile_among, equations};
pub use fit::Fit;
pub use library::Library;
pub use model::{Action, Burst, Clock, Equations, Group, Launch, Link, Model, Phase, Spike, Target, Wires};
pub use network::{Learn, Located, Network, Per, Population, Precision, Projection, RecordRule, SpikeTimes, Stimulus, Weights, Wiring};
pub use params::{Params, Tensor};
pub use pieces::Pieces;
pub use runner::{Fault, Gradients, Inputs, Observable, Probe, Recording, RecordingGrad, Runner, State, Tape, TapeShape, Trace};
pub use samples::{Samples, Split};
pub use study::{Comparison, Data, Learning, Loss, Optimiser, Study, Training};
