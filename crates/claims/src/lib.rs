//! Claims as experiments that compute their own verdict.
//!
//! A claim is a folder: a [`Card`] (`card.toml`), which says in words what is claimed and in numbers what would show it, and model
//! files in the format of a user's own. The criteria are fixed in the card before anything runs. [`run`] does the experiment that the
//! card names, once as the card says and once more for each control with a knob turned, and computes the [`Verdict`].
//!
//! Rust holds only stimulus and score, as a small set of experiment [`kinds`]: what is stimulated and how a number is read off the
//! traces. What a cell is made of stands in the claim's files.
//!
//! - [`mod@card`]: reads a card, with every problem at its place;
//! - [`knob`]: changes of the description that a knob makes;
//! - [`lab`]: what an experiment works with: models with the knobs turned, runs, traces;
//! - [`verdict`]: from numbers to a verdict.

pub mod card;
pub mod kinds;
pub mod knob;
pub mod lab;
pub mod outcome;
pub mod quantity;
pub mod settings;
pub mod verdict;

pub use card::{Card, Words};
pub use lab::{Claim, Size};
pub use outcome::{Order, Outcome, run};
pub use verdict::Verdict;
