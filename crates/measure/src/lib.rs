//! One scale for all levels of detail: what an answer costs, and how a comparison is written down.
//!
//! - [`operations`](operations()): how many operations and words of memory one image takes, counted from the compiled model
//!   and the spikes that were recorded;
//! - [`estimate`]: joules, from those counts and a table of constants that is data ([`EnergyTable`]);
//! - [`clamp`]: one mechanism alone, under voltage clamp;
//! - [`deviation`] and [`shifts`]: by how much one course of a model differs from another; [`moments`] of a trace; [`cv_of_intervals`]: how regularly neurons spike;
//! - [`auc`] and [`explained`]: how well events and numbers are predicted;
//! - [`morphometry`](morphometry()): what can be counted and measured of a shape;
//! - [`pumping`]: joules that modelled cells spend, from the charge that was measured in the run and what their pumps take
//!   ([`AtpTable`]);
//! - [`LevelResult`] and [`entry`]: what was found for one level and seed, and the line of a
//!   [`Report`](homolog_base::Report) that seeds add up to.

pub mod arithmetic;
pub mod atp;
pub mod clamp;
pub mod course;
pub mod energy;
pub mod morphometry;
pub mod operations;
pub mod prediction;
pub mod summary;

pub use atp::{AtpTable, Ion, Pumped, Pumping, pumping};
pub use course::{Deviation, Shifts, cv_of_intervals, deviation, moments, shifts, trains};
pub use energy::{Energy, EnergyTable, Memory, Part, estimate};
pub use morphometry::{Morphometry, morphometry};
pub use operations::{Activity, Flops, Kind, Operations, Traffic, operations};
pub use prediction::{auc, explained};
pub use summary::{LevelResult, column, difference, entry};
