//! The order of a frame: which groups are computed when.
//!
//! Values without delay must be there before they are read, so groups form a directed graph that has an order or a
//! cycle, which is an error that names it. Groups with ticks that exchange spikes run in one phase; within it, the
//! strongly connected components (Tarjan 1972) of the spikes' graph are its stages.

use super::Resolved;
use crate::model::{Link, Phase};
use crate::network::Network;
use homolog_base::Diagnostic;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// `touching` are groups with gap junctions between them: they take each tick together. `heard` are groups whose signal a rule of plasticity
/// hears, and where that acts: a value must be there before, a spike is heard in the tick after it.
pub(super) fn phases(
    network: &Network,
    resolved: &[Resolved],
    links: &[Link],
    [touching, heard]: [&[(usize, usize)]; 2],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Phase> {
    let (spikes, values): (Vec<(usize, usize)>, Vec<_>) = heard.iter().partition(|h| resolved[h.0].spikes());
    let n = resolved.len();
    // Groups that exchange spikes belong together: union them.
    let mut together: Vec<usize> = (0..n).collect();
    for _ in 0..n {
        let of_spikes = links.iter().filter(|l| l.target.spikes()).map(|l| (l.from, l.to));
        for (a, b) in of_spikes.chain(touching.iter().chain(&spikes).copied()) {
            let m = together[a].min(together[b]);
            together[a] = m;
            together[b] = m;
        }
    }
    let mut graph = DiGraph::<usize, usize>::new();
    let nodes: Vec<NodeIndex> = (0..n).map(|g| graph.add_node(g)).collect();
    for (k, l) in links.iter().enumerate() {
        if !l.target.spikes() && l.delay == 0 && !resolved[l.from].is_input() {
            graph.add_edge(nodes[together[l.from]], nodes[together[l.to]], k);
        }
    }
    for (from, to) in values.iter().filter(|h| !resolved[h.0].is_input()) {
        graph.add_edge(nodes[together[*from]], nodes[together[*to]], links.len());
    }
    let mut phases = Vec::new();
    for component in tarjan_scc(&graph).into_iter().rev() {
        let inside: Vec<usize> = component.iter().map(|i| i.index()).collect();
        let loops = |a: usize| {
            links
                .iter()
                .any(|l| !l.target.spikes() && l.delay == 0 && together[l.from] == a && together[l.to] == a && !resolved[l.from].is_input())
        };
        if inside.len() > 1 || loops(inside[0]) {
            let belongs = |g: usize| inside.contains(&together[g]);
            let cycle: Vec<&Link> =
                links.iter().filter(|l| l.delay == 0 && !l.target.spikes() && belongs(l.from) && belongs(l.to)).collect();
            problems.push(cycle_problem(network, links, &cycle, "give one of these projections `delay = \"1 frame\"`"));
            continue;
        }
        let members: Vec<usize> = (0..n).filter(|g| together[*g] == inside[0] && !resolved[*g].is_input()).collect();
        if members.is_empty() {
            continue;
        }
        if resolved[members[0]].spikes() {
            phases.push(Phase::Ticks(stages(network, &members, links, [touching, &spikes], problems)));
        } else {
            phases.extend(members.into_iter().map(Phase::Value));
        }
    }
    phases
}

/// The stages of a phase: strongly connected components of its spikes, each ordered by the spikes without delay.
fn stages(
    network: &Network,
    members: &[usize],
    links: &[Link],
    [touching, heard]: [&[(usize, usize)]; 2],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Vec<usize>> {
    let within = |l: &&Link| l.target.spikes() && members.contains(&l.from) && members.contains(&l.to);
    let at = |g: usize| NodeIndex::new(members.iter().position(|m| *m == g).expect("a member"));
    let mut all = DiGraph::<usize, ()>::new();
    for m in members {
        all.add_node(*m);
    }
    let mut prompt = all.clone();
    for l in links.iter().filter(within) {
        all.add_edge(at(l.from), at(l.to), ());
        if l.delay == 0 {
            prompt.add_edge(at(l.from), at(l.to), ());
        }
    }
    for (a, b) in touching.iter().filter(|(a, b)| members.contains(a) && members.contains(b)) {
        all.add_edge(at(*a), at(*b), ());
        all.add_edge(at(*b), at(*a), ());
    }
    for (from, to) in heard.iter().filter(|(a, b)| members.contains(a) && members.contains(b)) {
        all.add_edge(at(*from), at(*to), ());
    }
    let mut rank = vec![0; members.len()];
    for (k, component) in tarjan_scc(&prompt).into_iter().rev().enumerate() {
        let inside: Vec<usize> = component.iter().map(|i| members[i.index()]).collect();
        let cycle: Vec<&Link> =
            links.iter().filter(within).filter(|l| l.delay == 0 && inside.contains(&l.from) && inside.contains(&l.to)).collect();
        if !cycle.is_empty() {
            problems.push(cycle_problem(network, links, &cycle, "give one of these projections a delay of at least one step"));
        }
        for i in component {
            rank[i.index()] = k;
        }
    }
    tarjan_scc(&all)
        .into_iter()
        .rev()
        .map(|component| {
            let mut stage: Vec<usize> = component.iter().map(|i| i.index()).collect();
            stage.sort_by_key(|i| rank[*i]);
            stage.into_iter().map(|i| members[i]).collect()
        })
        .collect()
}

fn cycle_problem(network: &Network, links: &[Link], cycle: &[&Link], hint: &str) -> Diagnostic {
    let names: Vec<&str> = cycle.iter().map(|l| l.name.as_str()).collect();
    let mut d = Diagnostic::error("model-cycle", format!("these projections form a cycle without delay: {}", names.join(", "))).hint(hint);
    for c in cycle {
        // Links and projections stand in the same order, except that projections with problems made no link; then this is not reached.
        if let Some(p) = links.iter().position(|l| std::ptr::eq(l, *c)).and_then(|k| network.projections.get(k)) {
            d = network.locate(d, p.span, "part of the cycle");
        }
    }
    d
}
