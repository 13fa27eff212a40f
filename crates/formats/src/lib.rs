//! All that is read and written: the only crate below the doors that touches files.
//!
//! - [`library`]: the mechanisms that ship with the program, and folders of the user's own.
//! - [`claims`]: the claims that ship with the program, and folders of the user's own.
//! - [`text`]: text files as they are found in the wild.
//! - [`samples`]: labelled samples by name or path.
//! - [`morphology`], [`swc`], [`asc`]: shapes of neurons.
//! - [`checkpoint`], [`report`]: what a run leaves behind, written so that a crash leaves the old file or the new one.
//! - [`traces`], [`parts`]: traces in time, as CSV and Parquet; tables that grow while a run goes on.
//! - [`machine`]: what a number was measured on.
//!
//! Every problem is a [`homolog_base::Diagnostic`] that says where, what was expected, and what to do.

pub mod asc;
pub mod atomic;
pub mod checkpoint;
pub mod claims;
pub mod edges;
pub mod library;
pub mod machine;
pub mod morphology;
pub mod parts;
pub mod report;
pub mod samples;
pub mod swc;
pub mod sweeps;
pub mod tables;
pub mod text;
pub mod traces;
