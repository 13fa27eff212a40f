//! Connections drawn without pairs that stand there several times (multapses), or without neurons that are connected to themselves (autapses).
//!
//! Subsets are drawn by Floyd's method (Bentley & Floyd 1987, Comm. ACM 30, 754-757): each of them is as likely as any other, with one draw for
//! each of its members. What a rule makes without being asked for either is in [`crate::events::Graph`].

use crate::events::Graph;
use crate::wiring::{Copies, Wiring};
use homolog_base::{Key, Span, math};
use std::collections::HashSet;

/// What a projection leaves out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Without {
    /// Connections of a neuron to itself; only where senders and receivers are the same neurons.
    pub autapses: bool,
    /// Pairs that are connected already.
    pub multapses: bool,
}

impl Without {
    /// What is left out of a projection between neurons that are the `same` or are not.
    pub fn of(copies: &Copies, same: bool) -> Without {
        let refused = |l: &Option<crate::Located<bool>>| l.as_ref().is_some_and(|b| !b.value);
        Without { autapses: same && refused(&copies.autapses), multapses: refused(&copies.multapses) }
    }

    /// Pairs that may be connected.
    fn pairs(self, senders: usize, receivers: usize) -> u64 {
        senders as u64 * receivers as u64 - if self.autapses { senders.min(receivers) as u64 } else { 0 }
    }

    /// How many connections a rule of this probability makes: all with multapses, else so many pairs.
    fn connected(self, probability: f64, senders: usize, receivers: usize) -> u64 {
        let pairs = self.pairs(senders, receivers) as f64;
        let number = if self.multapses { probability * pairs } else { math::ln(1.0 - probability) / math::ln(1.0 - 1.0 / pairs) };
        number.round() as u64
    }
}

/// Whether a rule can do what is asked of it; `same` says whether senders and receivers are the same neurons.
///
/// # Errors
/// Where it was asked, and why it cannot.
pub fn possible(wiring: &Wiring, copies: &Copies, senders: usize, receivers: usize, same: bool) -> Result<(), (Span, String)> {
    let without = Without::of(copies, same);
    let asked = |l: &Option<crate::Located<bool>>, value: bool| l.as_ref().filter(|l| l.value == value).map(|l| l.span);
    let once = matches!(
        wiring,
        Wiring::AllToAll
            | Wiring::AllToOthers
            | Wiring::OneToOne
            | Wiring::Shift(_)
            | Wiring::Random(_)
            | Wiring::Distance(_)
            | Wiring::SmallWorld(..)
            | Wiring::Convolution(_)
    );
    if let Some(span) = asked(&copies.multapses, true).filter(|_| once) {
        return Err((span, "this rule connects no pair twice, so `multapses = true` means nothing".into()));
    }
    if let Some(span) = asked(&copies.autapses, true).filter(|_| matches!(wiring, Wiring::AllToOthers | Wiring::SmallWorld(..))) {
        return Err((span, "this rule connects no neuron to itself, so `autapses = true` means nothing".into()));
    }
    let own = match wiring {
        Wiring::OneToOne => true,
        Wiring::Shift(n) => n.rem_euclid(receivers.max(1) as i64) == 0,
        _ => false,
    };
    if let Some(span) = asked(&copies.autapses, false).filter(|_| own && same) {
        return Err((span, "this rule connects each neuron to itself alone, and `autapses = false` leaves nothing".into()));
    }
    let span = asked(&copies.multapses, false).or(asked(&copies.autapses, false)).unwrap_or_default();
    let how = match (without.autapses, without.multapses) {
        (true, true) => "each once and none to itself",
        (true, false) => "none to itself",
        _ => "each once",
    };
    let others = usize::from(without.autapses);
    let fits = |wanted: u64, there: u64| if without.multapses { wanted <= there } else { wanted == 0 || there > 0 };
    let text = match wiring {
        Wiring::InDegree(n) if !fits(*n as u64, senders.saturating_sub(others) as u64) => {
            format!("an in-degree of {n} from {} senders, {how}", senders.saturating_sub(others))
        }
        Wiring::OutDegree(n) if !fits(*n as u64, receivers.saturating_sub(others) as u64) => {
            format!("an out-degree of {n} to {} receivers, {how}", receivers.saturating_sub(others))
        }
        Wiring::Total(n) if !fits(*n as u64, without.pairs(senders, receivers)) => {
            format!("{n} connections of {} pairs, {how}", without.pairs(senders, receivers))
        }
        Wiring::Pairs(pairs) if without.multapses => match twice(pairs) {
            Some((s, r)) => format!("the pair [{s}, {r}] stands there twice"),
            None => return Ok(()),
        },
        Wiring::Table(t) if without.multapses => match t.listed.as_ref().and_then(|l| twice(&l.pairs)) {
            Some((s, r)) => format!("neuron {s} is connected to neuron {r} in several rows of `{}`", t.file.value),
            None => return Ok(()),
        },
        _ => return Ok(()),
    };
    Err((span, text))
}

/// A pair that stands in a list several times.
fn twice(pairs: &[(u32, u32)]) -> Option<(u32, u32)> {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).find(|w| w[0] == w[1]).map(|w| w[0])
}

/// The connections of a rule that draws with replacement when nothing is left out; none for other rules, and where nothing is. It must be [`possible`].
pub fn graph(wiring: &Wiring, senders: usize, receivers: usize, without: Without, key: Key) -> Option<Graph> {
    if !without.autapses && !without.multapses {
        return None;
    }
    let key = key.named("distinct");
    let degree = |choosers, candidates, n| degree(choosers, candidates, n, without, key);
    let pairs = match wiring {
        Wiring::InDegree(n) => degree(receivers, senders, *n).into_iter().map(|(r, s)| (s, r)).collect(),
        Wiring::OutDegree(n) => degree(senders, receivers, *n),
        Wiring::Total(n) => total(senders, receivers, *n as u64, without, key),
        Wiring::Connected(p) => total(senders, receivers, without.connected(*p, senders, receivers), without, key),
        _ => return None,
    };
    Some(Graph::of_pairs(senders, receivers, pairs.iter().copied()))
}

/// The `index`-th neuron but this one.
fn other(index: u64, own: Option<u64>) -> u32 {
    (index + u64::from(own.is_some_and(|o| index >= o))) as u32
}

/// So many candidates for each chooser: (chooser, candidate).
fn degree(choosers: usize, candidates: usize, n: usize, without: Without, key: Key) -> Vec<(u32, u32)> {
    let mut out = Vec::with_capacity(choosers * n);
    // Who drew each candidate last.
    let mut drawn = vec![u64::MAX; candidates];
    for c in 0..choosers as u64 {
        let own = Some(c).filter(|c| without.autapses && (*c as usize) < candidates);
        let there = candidates as u64 - u64::from(own.is_some());
        let mut take = |index: u64| out.push((c as u32, other(index, own)));
        if !without.multapses {
            (0..n as u64).for_each(|k| take(key.below(there, c, k)));
            continue;
        }
        for last in there - n as u64..there {
            let index = key.below(last + 1, c, last);
            let index = if drawn[index as usize] == c { last } else { index };
            drawn[index as usize] = c;
            take(index);
        }
    }
    out
}

/// So many pairs in all.
fn total(senders: usize, receivers: usize, n: u64, without: Without, key: Key) -> Vec<(u32, u32)> {
    let each = receivers as u64 - u64::from(without.autapses);
    let pair = |index: u64| {
        let sender = index / each;
        (sender as u32, other(index % each, Some(sender).filter(|_| without.autapses)))
    };
    let all = without.pairs(senders, receivers);
    if !without.multapses {
        return (0..n).map(|k| pair(key.below(all, k, 0))).collect();
    }
    // Of most pairs those are drawn that are left out.
    let drawn = n.min(all - n);
    let mut members = HashSet::with_capacity(drawn as usize);
    for last in all - drawn..all {
        let index = key.below(last + 1, last, 0);
        if !members.insert(index) {
            members.insert(last);
        }
    }
    if drawn == n { members.into_iter().map(pair).collect() } else { (0..all).filter(|k| !members.contains(k)).map(pair).collect() }
}

#[cfg(test)]
mod tests;
