//! One presentation in pieces, with the bits of the whole.
//!
//! A run starts from a state and leaves one, so a presentation may be run some ticks at a time, for results that are written as they
//! come and for checkpoints. What a frame does at its beginning and end must then not happen at every piece: counters of the readout
//! go on, the readout opens `settle` ticks after the beginning of the first piece, and no group may be evaluated once a frame, nor hear
//! values that change from frame to frame.

use crate::model::{Clock, Model};

/// A compiled model whose only presentation is run in pieces.
#[derive(Clone, Debug)]
pub struct Pieces {
    model: Model,
    /// Ticks of the presentation.
    ticks: usize,
    /// For each group: ticks before its readout opens.
    settle: Vec<usize>,
    /// For each group and variable: whether it begins at zero with a presentation.
    per_frame: Vec<Vec<bool>>,
}

impl Pieces {
    /// Takes a model apart.
    pub fn new(model: Model) -> Pieces {
        let settle = model.groups.iter().map(|g| g.settle).collect();
        let per_frame = model.groups.iter().map(|g| g.variables.iter().map(|v| v.per_frame).collect()).collect();
        Pieces { ticks: model.ticks, settle, per_frame, model }
    }

    /// Ticks of the presentation.
    pub fn ticks(&self) -> usize {
        self.ticks
    }

    /// The model, whose [`Model::ticks`] are those of the last piece that was asked for.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Why the presentation must be run as one, if so.
    pub fn indivisible(&self) -> Option<String> {
        if self.ticks == 0 {
            return Some("nothing in it steps in time".into());
        }
        if let Some(g) = self.model.groups.iter().find(|g| g.clock == Clock::Frame) {
            return Some(format!("`{}` is evaluated once, at the end of the presentation", g.name));
        }
        let changes = |l: &&crate::model::Link| !l.target.spikes() && (l.delay > 0 || self.model.groups[l.from].clock != Clock::Input);
        self.model.links.iter().find(changes).map(|l| format!("by `{}` a value is sent at the end of the presentation", l.name))
    }

    /// The model of so many ticks from tick `first` of the presentation on. A runner that is shown it from the state that the tick before
    /// left does what it does in these ticks of the whole.
    pub fn piece(&mut self, first: usize, ticks: usize) -> &Model {
        self.model.ticks = ticks;
        for ((g, settle), per_frame) in self.model.groups.iter_mut().zip(&self.settle).zip(&self.per_frame) {
            g.settle = settle.saturating_sub(first).min(ticks);
            for (v, per_frame) in g.variables.iter_mut().zip(per_frame) {
                v.per_frame = *per_frame && first == 0;
            }
        }
        &self.model
    }

    /// The model as it was.
    pub fn whole(&mut self) -> &Model {
        self.piece(0, self.ticks)
    }
}
