//! Which superinstructions go over a block together: the longest runs of them for which a pass was compiled.

use super::{Pass, Single};
use crate::machine::passes::{ABSENT, Part, RESULT};
use crate::scalar::Scalar;
use std::ops::Range;

/// Passes that do what these superinstructions do, and the number of each one's pass. `kept` tells slots of outputs, `uniform` those whose step is 0.
pub(super) fn passes<R: Scalar>(
    singles: &[Single],
    kept: impl Fn(u16) -> bool,
    uniform: impl Fn(u16) -> bool,
) -> (Vec<Pass<R>>, Vec<usize>) {
    let (mut passes, mut whose) = (Vec::new(), Vec::new());
    let compiled = R::passes();
    let mut start = 0;
    while start < singles.len() {
        let found = compiled.iter().find(|p| {
            let end = start + p.parts.len();
            // What the parts are is looked at where the codes are right: of a large kernel it would take longer than all else.
            let alike = end <= singles.len() && singles[start..end].iter().zip(&p.parts).all(|(s, p)| s.step.code == p.code);
            alike && parts(singles, start..end, &kept, &uniform).is_some_and(|parts| parts == p.parts)
        });
        let pass = if let Some(p) = found {
            let (end, loops, listing) = (start + p.parts.len(), p.loops, p.listing);
            let steps: Vec<_> = singles[start..end].iter().map(|s| s.step).collect();
            let spikes = steps.iter().find(|s| matches!(s.code, crate::machine::Code::Fire(..))).map(|s| s.outs[0]);
            Pass { steps, pattern: 0, loops, listing: spikes.map(|slot| (slot, listing)) }
        } else {
            Pass::one(&singles[start], &uniform)
        };
        whose.resize(start + pass.steps.len(), passes.len());
        start += pass.steps.len();
        passes.push(pass);
    }
    (passes, whose)
}

/// Superinstructions as those of one pass; none if one needs a result of too long ago.
pub(super) fn parts(
    singles: &[Single],
    range: Range<usize>,
    kept: impl Fn(u16) -> bool,
    uniform: impl Fn(u16) -> bool,
) -> Option<Vec<Part>> {
    let mut results: Vec<u16> = Vec::new();
    let mut parts = Vec::new();
    for Single { step, used } in &singles[range.clone()] {
        let mut pattern = 0;
        for k in 0..step.args.len() {
            let slot = step.args[k];
            let digit = if !used.contains(&k) {
                ABSENT
            } else if uniform(slot) {
                1
            } else if let Some(ago) = results.iter().rev().position(|r| *r == slot) {
                Some(RESULT + ago as u32).filter(|d| *d < ABSENT)?
            } else {
                used.iter().find(|j| **j < k && step.args[**j] == slot).map_or(0, |j| 2 + *j as u32)
            };
            pattern |= digit << (4 * k);
        }
        let outs = &step.outs[..step.code.results()];
        results.extend(outs);
        // Rows are used again: only who reads before another value is there reads this one.
        let read_later = |slot: u16| {
            let next = singles[range.end..]
                .iter()
                .find(|s| s.used.iter().any(|k| s.step.args[*k] == slot) || s.step.outs[..s.step.code.results()].contains(&slot));
            next.is_some_and(|s| s.used.iter().any(|k| s.step.args[*k] == slot))
        };
        let stored = outs.iter().enumerate().filter(|(_, slot)| kept(**slot) || read_later(**slot)).map(|(k, _)| 1 << k).sum();
        parts.push(Part { code: step.code, pattern, stored });
    }
    Some(parts)
}
