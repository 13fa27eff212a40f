//! The mechanisms and cells a network may name.

use crate::cell::Cell;
use homolog_base::{Diagnostic, Source, Span};
use homolog_ir::{Mechanism, Role};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Mechanisms with the texts they were read from, and cells, by name.
#[derive(Clone, Default, Debug)]
pub struct Library {
    mechanisms: BTreeMap<String, Mechanism>,
    cells: BTreeMap<String, Cell>,
    sources: BTreeMap<String, Arc<Source>>,
}

impl Library {
    /// An empty library.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a mechanism that was made without a text; returns the one of the same name that it replaces.
    pub fn insert(&mut self, m: Mechanism) -> Option<Mechanism> {
        self.sources.remove(&m.name);
        self.mechanisms.insert(m.name.clone(), m)
    }

    /// Adds a mechanism with the text it was read from, which messages then point into; returns the one that it replaces.
    pub fn insert_from(&mut self, m: Mechanism, source: &Arc<Source>) -> Option<Mechanism> {
        self.sources.insert(m.name.clone(), source.clone());
        self.mechanisms.insert(m.name.clone(), m)
    }

    /// Adds the place of a span in the text of this mechanism to a diagnostic, when there is such a text.
    pub fn locate(&self, mechanism: &str, d: Diagnostic, span: Span, label: &str) -> Diagnostic {
        match self.sources.get(mechanism) {
            Some(source) => d.at(source, span, label),
            None => d,
        }
    }

    /// The text that a mechanism was read from, if there is one.
    pub fn source(&self, mechanism: &str) -> Option<&Arc<Source>> {
        self.sources.get(mechanism)
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

    /// What a population may name: neurons, then cells.
    pub fn neurons(&self) -> impl Iterator<Item = &str> {
        let neurons = self.iter().filter(|m| m.role == Role::Neuron && m.interface.is_some()).map(|m| m.name.as_str());
        neurons.chain(self.cells().map(|c| c.name.as_str()))
    }

    /// The message for a word that is neither a neuron nor a cell of this library; the name of one of them, or of `others`, may be meant.
    pub fn unknown_neuron(&self, word: &str, others: &[&str]) -> Diagnostic {
        let d = Diagnostic::error("model-unknown-neuron", format!("there is no neuron `{word}`"));
        d.suggest(word, self.neurons().chain(others.iter().copied()))
    }

    /// All cells, by name.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.cells.values()
    }
}
