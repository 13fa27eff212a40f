//! Connections whose weights change, as they are worked on, and runs of them.

use homolog_model::events::Events;
use std::ops::Range;

/// A connection that is worked on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    pub connection: u32,
    pub sender: u32,
    pub receiver: u32,
    pub delay: u32,
}

// As `Plasticity::bytes` counts them.
const _: () = assert!(size_of::<Lane>() == homolog_model::plasticity::STEPPED);

/// A run of connections that a spike has gone into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub part: u32,
    pub run: u32,
    pub sender: u32,
}

impl Due {
    /// Those of its connections that are within a range.
    // A call for each of them would take longer than what is done with it.
    #[inline(always)]
    pub fn lanes<'e>(self, e: &'e Events, within: &Range<usize>) -> impl Iterator<Item = Lane> + use<'e> {
        let (delay, base) = (e.delay(self.run as usize), self.part * e.part as u32);
        let lane = move |(c, target): (usize, &u16)| Lane {
            connection: c as u32,
            sender: self.sender,
            receiver: base + u32::from(*target),
            delay,
        };
        let run = e.run(self.run as usize);
        let end = run.end.min(within.end);
        let some = run.start.max(within.start).min(end)..end;
        some.clone().zip(&e.target[some]).map(lane)
    }
}
