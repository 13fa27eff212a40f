//! One run in several processes: what they tell one another.
//!
//! Each process steps its neurons ([`homolog_model::Group::here`]). After every burst of ticks, which is as long as the shortest delay, all hear who
//! spiked in it, and each enters into its own calendars what arrives at its neurons. The lists are in the order in which one process would make
//! them, so nothing that follows depends on how many there are. At the end of a run everybody has the whole recording and the whole state.

use crate::events::Spikes;
use crate::format::Format;
use crate::layout::{Layout, Wanted};
use crate::run::Run;
use homolog_base::Ranks;
use homolog_model::{Fault, Group, Observable, Probe, Recording, State};
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// The processes that run a model together.
pub(crate) type Peers = Arc<Mutex<dyn Ranks>>;

fn gather(peers: &Peers, mine: &[u8]) -> Vec<Vec<u8>> {
    peers.lock().unwrap_or_else(|e| e.into_inner()).gather(mine)
}

/// Lays out a run, in segments of the same ticks in all processes.
pub(crate) fn layout(peers: Option<&Peers>, wanted: Wanted, budget: usize) -> Layout {
    let own = Layout::new(wanted, budget);
    let Some(peers) = peers else { return own };
    let said = peers.lock().unwrap_or_else(|e| e.into_inner()).numbers(&[own.segment as u64]);
    let least = said.iter().flatten().min().map_or(own.segment, |s| *s as usize);
    if least == own.segment { own } else { Layout::with_segment(wanted, least, own.keeps_all) }
}

/// Reads words of four bytes.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn next(&mut self) -> u32 {
        let (word, rest) = self.0.split_first_chunk().expect("every process says as much as its numbers announce");
        self.0 = rest;
        u32::from_le_bytes(*word)
    }
}

/// Where numbers of a divided group stand among those of all: of every place those that are computed here, `lanes` of `all`, from the first on.
fn interleave(parts: &[&[f64]], group: &Group, ranks: &[Range<usize>], batch: usize, out: &mut [f64]) {
    let all = group.copies() * batch;
    for (part, here) in parts.iter().zip(ranks) {
        let lanes = here.len() * batch;
        for (own, all) in part.chunks_exact(lanes).zip(out.chunks_exact_mut(all)) {
            all[here.start * batch..][..lanes].copy_from_slice(own);
        }
    }
}

impl<R: Format> Run<'_, R> {
    /// Tells the spikes of some ticks of some groups, which so far are those of neurons here by their numbers here, and hears those of all.
    pub fn exchange(&self, sent: &mut [Spikes], groups: &[usize], ticks: Range<i64>) {
        let divided: Vec<usize> = groups.iter().copied().filter(|g| self.model.groups[*g].here.is_some()).collect();
        let Some(peers) = self.peers.as_ref().filter(|_| !divided.is_empty()) else { return };
        let batch = self.layout.batch;
        let mut mine: Vec<u8> = Vec::new();
        for &g in &divided {
            let group = &self.model.groups[g];
            for tick in ticks.clone() {
                let list = sent[g].of(tick);
                mine.extend((list.len() as u32).to_le_bytes());
                let number = |lane: usize| (group.neuron(lane / batch) * batch + lane % batch) as u32;
                mine.extend(list.iter().flat_map(|lane| number(*lane as usize).to_le_bytes()));
                mine.extend(sent[g].within(tick).iter().flat_map(|x| u32::from(*x).to_le_bytes()));
            }
        }
        let said = gather(peers, &mine);
        let mut said: Vec<Words> = said.iter().map(|s| Words(s)).collect();
        for &g in &divided {
            for tick in ticks.clone() {
                let (list, mut within) = sent[g].of_mut(tick);
                list.clear();
                within.iter_mut().for_each(|w| w.clear());
                for words in &mut said {
                    let n = words.next();
                    list.extend((0..n).map(|_| words.next()));
                    within.iter_mut().for_each(|w| w.extend((0..n).map(|_| words.next() as u16)));
                }
                if self.model.groups[g].kinds() > 1 {
                    // Each process has some of every kind.
                    match within {
                        None => list.sort_unstable(),
                        Some(within) => {
                            let mut both: Vec<(u32, u16)> = list.iter().copied().zip(within.iter().copied()).collect();
                            both.sort_unstable();
                            (*list, *within) = both.into_iter().unzip();
                        }
                    }
                }
            }
        }
    }

    /// Whether all processes may go on.
    ///
    /// # Errors
    /// The first fault that any of them has met, by group, tick and neuron.
    pub fn agree(&self, groups: &[usize], fault: Option<Fault>) -> Result<(), Fault> {
        let Some(peers) = &self.peers else { return fault.map_or(Ok(()), Err) };
        let said = gather(peers, fault.as_ref().map(write).unwrap_or_default().as_bytes());
        let faults = said.iter().filter(|s| !s.is_empty()).map(|s| read(&String::from_utf8_lossy(s), self.model.dt));
        let order = |f: &Fault| (groups.iter().position(|g| self.model.groups[*g].name == f.group), f.tick, f.neuron);
        faults.min_by_key(order).map_or(Ok(()), Err)
    }

    /// Makes of what was seen here, and of the state of the neurons here, what was seen of all and the state of all.
    pub fn join(&self, probes: &[Probe], recording: &mut Recording, state: &mut State) {
        let Some(peers) = &self.peers else { return };
        let (model, batch) = (self.model, self.layout.batch);
        let divided: Vec<usize> = (0..model.groups.len()).filter(|g| model.groups[*g].here.is_some()).collect();
        // Rasters are made of spikes that all have heard of; weights are gathered apart.
        let told = |what| matches!(what, Observable::Raster | Observable::Weights(_));
        let seen: Vec<usize> = (0..probes.len()).filter(|p| divided.contains(&probes[*p].group) && !told(probes[*p].what)).collect();
        let own = divided.iter().map(|g| &state.variables[*g]).chain(seen.iter().map(|p| &recording.traces[*p].data));
        let mine: Vec<u8> = own.flatten().flat_map(|x| x.to_le_bytes()).collect();
        let number = |eight: &[u8]| f64::from_le_bytes(eight.try_into().expect("eight bytes"));
        let said: Vec<Vec<f64>> = gather(peers, &mine).iter().map(|s| s.chunks_exact(8).map(number).collect()).collect();
        let mut at = vec![0; said.len()];
        let mut whole = |g: usize, places: usize| -> Vec<f64> {
            let group = &model.groups[g];
            let here: Vec<Range<usize>> = (0..said.len()).map(|r| group.part(r, said.len())).collect();
            let parts: Vec<&[f64]> = (said.iter().zip(&mut at).zip(&here))
                .map(|((said, at), here)| {
                    let n = places * here.len() * batch;
                    *at += n;
                    &said[*at - n..*at]
                })
                .collect();
            let mut out = vec![0.0; places * group.copies() * batch];
            interleave(&parts, group, &here, batch, &mut out);
            out
        };
        for &g in &divided {
            state.variables[g] = whole(g, model.groups[g].state_size());
        }
        for p in seen {
            let (g, trace) = (probes[p].group, &mut recording.traces[p]);
            let sites = trace.shape[1] / model.groups[g].here().len();
            trace.data = whole(g, trace.shape[0] * sites);
            trace.shape[1] = sites * model.groups[g].copies();
        }
    }
}

impl<R: Format> Run<'_, R> {
    /// The same of weights that change: each process has those of the connections that end at its neurons, and what its receivers remember.
    pub fn join_weights(&self, probes: &[Probe], recording: &mut Recording, state: &mut State) {
        let Some(peers) = &self.peers else { return };
        for (k, s) in self.model.streams.iter().enumerate() {
            let Some(d) = s.plasticity.as_ref().and_then(|p| p.division.as_ref()) else { continue };
            let (plastic, group, n) = (&mut state.plastic[k], &self.model.groups[s.to], d.own.len());
            let recorded: Vec<usize> = (0..probes.len()).filter(|p| probes[*p].what == Observable::Weights(k)).collect();
            // Rows of connections, which are put where these stand among all, and then what receivers remember.
            let traces = recorded.iter().map(|p| &recording.traces[*p].data);
            let rows: Vec<&[f64]> = plastic.connections.iter().chain(traces).flat_map(|c| c.chunks(n.max(1))).collect();
            let number = rows.len();
            let receivers = plastic.rules.iter().map(|r| &r.receivers);
            let mut mine: Vec<u8> = (n as u32).to_le_bytes().to_vec();
            mine.extend(d.own.iter().flat_map(|k| k.to_le_bytes()));
            mine.extend(rows.into_iter().chain(receivers.map(|r| &r[..])).flatten().flat_map(|x| x.to_le_bytes()));
            // Without connections here there are rows all the same.
            let frames: usize = recorded.iter().map(|p| recording.traces[*p].shape[0]).sum();
            let number = if n == 0 { plastic.connections.len() + frames } else { number };
            let said = gather(peers, &mine);
            let here: Vec<Range<usize>> = (0..said.len()).map(|r| group.part(r, said.len())).collect();
            let mut whole = vec![vec![0.0; d.events.len()]; number];
            let mut parts: Vec<Vec<f64>> = vec![];
            for said in &said {
                let mut words = Words(said);
                let n = words.next() as usize;
                let own: Vec<usize> = (0..n).map(|_| words.next() as usize).collect();
                let mut numbers = words.0.chunks_exact(8).map(|x| f64::from_le_bytes(x.try_into().expect("eight bytes")));
                for row in &mut whole {
                    own.iter().zip(numbers.by_ref()).for_each(|(at, x)| row[*at] = x);
                }
                parts.push(numbers.collect());
            }
            let mut at = vec![0; said.len()];
            for rule in &mut plastic.rules {
                let columns = rule.receivers.len() / group.here().len();
                let own: Vec<&[f64]> = (parts.iter().zip(&mut at).zip(&here))
                    .map(|((part, at), here)| {
                        *at += columns * here.len();
                        &part[*at - columns * here.len()..*at]
                    })
                    .collect();
                let mut all = vec![0.0; columns * group.copies()];
                interleave(&own, group, &here, 1, &mut all);
                rule.receivers = all;
            }
            let mut whole = whole.into_iter();
            plastic.connections.iter_mut().for_each(|c| *c = whole.next().unwrap_or_default());
            for p in recorded {
                let trace = &mut recording.traces[p];
                trace.data = whole.by_ref().take(trace.shape[0]).flatten().collect();
                trace.shape[1] = d.events.len();
            }
        }
    }
}

/// A fault as text, and back. What separates its parts is in no name.
const BETWEEN: char = '\u{1f}';

fn write(f: &Fault) -> String {
    let place = f.place.as_deref().unwrap_or_default();
    [&f.tick.to_string(), &f.neuron.to_string(), &f.sample.to_string(), &f.group, place, &f.what].join(&BETWEEN.to_string())
}

fn read(text: &str, dt: f64) -> Fault {
    let parts: Vec<&str> = text.splitn(6, BETWEEN).collect();
    let part = |k: usize| parts.get(k).copied().unwrap_or_default();
    let tick: i64 = part(0).parse().unwrap_or_default();
    Fault {
        tick,
        t_ms: tick as f64 * dt,
        group: part(3).into(),
        neuron: part(1).parse().unwrap_or_default(),
        place: Some(part(4).to_string()).filter(|p| !p.is_empty()),
        sample: part(2).parse().unwrap_or_default(),
        what: part(5).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use homolog_model::Fault;

    #[test]
    fn a_fault_that_is_told_is_the_same() {
        let fault = |place: Option<&str>| Fault {
            tick: -3,
            t_ms: -3.0 * 0.1,
            group: "exc".into(),
            neuron: 12,
            place: place.map(Into::into),
            sample: 2,
            what: "NaN in v".into(),
        };
        for f in [fault(None), fault(Some("dendrite, compartment 3 of 5"))] {
            assert_eq!(read(&write(&f), 0.1), f);
        }
    }
}
