//! One network in several processes: each computes some of the neurons, and has the connections that end at them.
//!
//! A population is divided into consecutive neurons (of each kind), as many for each process, to within one. Who draws what is not divided: a number
//! that is random is keyed by what it is for in the whole network, so that it is the same however many processes there are.

use super::Resolved;
use crate::events::Whole;
use crate::model::{Clock, Group, Stream};
use crate::network::Network;
use homolog_base::{Diagnostic, Ranks};

/// What is known of the connections of all processes.
pub(super) fn whole(streams: &mut Vec<Stream>, groups: &[Group], ranks: &mut dyn Ranks) {
    let own: Vec<u64> =
        streams.iter().flat_map(|s| [s.whole.connections, s.whole.sum, u64::from(s.whole.bounds.0), u64::from(s.whole.bounds.1)]).collect();
    let said = ranks.numbers(&own);
    for (k, s) in streams.iter_mut().enumerate() {
        let of = |n: &[u64]| Whole { connections: n[0], sum: n[1], bounds: (n[2] as u32, n[3] as u32) };
        let parts = said.iter().map(|said| of(&said[4 * k..4 * k + 4]));
        // Where each process has all, they are not several parts.
        s.whole = if groups[s.to].here.is_some() { Whole::all(parts) } else { Whole::all([s.whole]) };
    }
    // Of the two streams to cells one may have nothing.
    streams.retain(|s| s.whole.connections > 0 || groups[s.to].anatomy.is_none());
}

/// Who computes which neurons: each process as many as the others of every population that steps in time, and all those of small ones and of
/// those whose spikes are given.
///
/// # Errors
/// What several processes cannot run together.
pub(super) fn divide(
    network: &Network,
    resolved: &[Resolved],
    groups: &mut [Group],
    still: bool,
    ranks: &dyn Ranks,
) -> Result<(), Vec<Diagnostic>> {
    let (rank, number) = (ranks.rank(), ranks.number());
    if number == 1 {
        return Ok(());
    }
    let mut problems = Vec::new();
    let mut refuse = |what: String, span, label: &str, hint: &str| {
        let d = Diagnostic::error("model-ranks", format!("{what}, which {number} processes cannot do together yet"));
        problems.push(network.locate(d, span, label).hint(hint));
    };
    let one = "run it in one process";
    for p in &network.projections {
        let (from, to) = (network.population(&p.from), network.population(&p.to));
        let events = |k: Option<usize>| k.is_some_and(|k| resolved[k].spikes());
        let hint = "run it in one process; or `learn = false` in every projection and `bias = false` in every population";
        match &p.plasticity.first() {
            // What a rule hears is at its receiver, or of one neuron, which all processes compute.
            Some(_) => {}
            None if !events(from) || !events(to) => {
                refuse(format!("`{}` sends values to `{}`", p.from.value, p.to.value), p.span, "here", one);
            }
            None if !still => refuse("the network may learn".into(), p.span, "of this projection gradients could be asked for", hint),
            None => {}
        }
    }
    for g in &network.gaps {
        refuse(
            format!("gap junctions couple `{}` and `{}`", g.from.population.value, g.to.population.value),
            g.from.population.span,
            "here",
            one,
        );
    }
    for g in groups.iter_mut().filter(|g| g.clock == Clock::Tick && !g.is_given() && g.copies() >= FEWEST * number) {
        g.here = Some(g.part(rank, number));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Of a population with fewer neurons of each kind for every process each process computes all.
const FEWEST: usize = 16;
