//! Work that threads share: connections, or neurons, in consecutive ranges. Nothing in a range depends on another, so no bit depends on how many
//! there are.

use super::Lane;
use crate::crew::in_order;
use std::ops::Range;

/// Connections that change in a tick, or numbers that neurons remember, from which on threads share them.
const SHARED: usize = 1 << 11;
/// Shares for each thread: senders that spike, and receivers, are not spread evenly.
const EACH: usize = 2;

/// What a share needs while it works, kept for the next tick.
#[derive(Clone, Debug, Default)]
pub(super) struct Workplace {
    /// Connections that change.
    pub lanes: Vec<Lane>,
    /// What arrives by each of these.
    pub effect: Vec<f64>,
    /// How many of these there are until the end of each run that arrives.
    pub until: Vec<u32>,
    /// Of a kernel.
    pub columns: Vec<f64>,
}

/// Consecutive connections or neurons, with what each has.
pub(super) struct Share<'w> {
    pub range: Range<usize>,
    pub own: Vec<&'w mut [f64]>,
    pub place: &'w mut Workplace,
}

/// Into how many shares so much work is divided.
pub(super) fn number(threads: usize, work: usize) -> usize {
    if threads > 1 && work >= SHARED { EACH * threads } else { 1 }
}

/// Divides arrays of `n` numbers.
pub(super) fn divide<'w>(
    arrays: impl Iterator<Item = &'w mut [f64]>,
    n: usize,
    shares: usize,
    places: &'w mut Vec<Workplace>,
) -> Vec<Share<'w>> {
    places.resize_with(shares.max(places.len()), Workplace::default);
    let each = n.div_ceil(shares).max(1);
    let range = |k: usize| (k * each).min(n)..((k + 1) * each).min(n);
    let mut out: Vec<Share> =
        places.iter_mut().take(shares).enumerate().map(|(k, place)| Share { range: range(k), own: vec![], place }).collect();
    for array in arrays {
        let mut rest = array;
        for share in &mut out {
            let (own, after) = rest.split_at_mut(share.range.len());
            share.own.push(own);
            rest = after;
        }
    }
    out
}

/// Does the work of all shares.
pub(super) fn each(shares: &mut [Share], work: impl Fn(&mut Share) + Sync) {
    match shares {
        [only] => work(only),
        all => in_order(all.iter_mut(), work),
    }
}
