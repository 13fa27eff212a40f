//! Homolog.
