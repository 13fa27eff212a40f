//! The mechanisms and cells a network may name.

use crate::cell::Cell;
use homolog_ir::Mechanism;
use std::collections::BTreeMap;

/// Mechanisms and cells by name.
#[derive(Clone, Default, Debug)]
pub struct Library {
    mechanisms: BTreeMap<String, Mechanism>,
    cells: BTreeMap<String, Cell>,
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

    /// Adds a cell; returns the one of the same name that it replaces.
    pub fn insert_cell(&mut self, c: Cell) -> Option<Cell> {
        self.cells.insert(c.name.clone(), c)
    }

    /// The cell of this name.
    pub fn cell(&self, name: &str) -> Option<&Cell> {
        self.cells.get(name)
    }

    /// All cells, by name.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.cells.values()
    }
}
