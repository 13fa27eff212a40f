//! The mechanisms a network may name.

use homolog_ir::Mechanism;
use std::collections::BTreeMap;

/// Mechanisms by name.
#[derive(Clone, Default, Debug)]
pub struct Library {
    mechanisms: BTreeMap<String, Mechanism>,
}

impl Library {
    /// An empty library.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a mechanism; returns the one of the same name that it replaces.
    pub fn insert(&mut self, m: Mechanism) -> Option<Mechanism> {
        self.mechanisms.insert(m.name.clone(), m)
    }

    /// The mechanism of this name.
    pub fn get(&self, name: &str) -> Option<&Mechanism> {
        self.mechanisms.get(name)
    }

    /// All mechanisms, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Mechanism> {
        self.mechanisms.values()
    }
}
