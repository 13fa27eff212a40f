//! The claims of this crate, one module each.

mod common;
mod derivatives;
mod diagnostics;
mod events;
mod language;
mod library;
mod robust;
