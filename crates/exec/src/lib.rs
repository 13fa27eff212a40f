//! The block machine.
