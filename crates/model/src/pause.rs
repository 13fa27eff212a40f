//! The state of a run as named arrays and words, and back, bit for bit.
//!
//! Words: `state.batch`, `state.tick`. Arrays, for the group of number `g`, without those that are empty: `state.variables/g`,
//! `state.in-flight/g`, `state.values-in-flight/g`, and of spikes on their way by streams `state.sent/g`, two numbers each: ticks since the
//! beginning, with the part of its tick that had passed, number in `size x batch`. For the stream of number `s` whose weights change: `state.connections/s/k`, the weights and what rules remember
//! of each connection, `state.senders/s/r/0` and `/1` and `state.receivers/s/r`, what rule `r` remembers of neurons. Whole numbers below 2^53 are exact
//! as doubles.

use crate::checkpoint::Checkpoint;
use crate::model::{Model, Spike};
use crate::runner::{Plastic, State, Traces};

fn put(to: &mut Checkpoint, name: &str, group: usize, width: usize, numbers: Vec<f64>) {
    if !numbers.is_empty() {
        let shape = if width == 1 { vec![numbers.len()] } else { vec![numbers.len() / width, width] };
        to.arrays.insert(format!("state.{name}/{group}"), (shape, numbers));
    }
}

/// Adds a state to a checkpoint.
pub fn save(state: &State, to: &mut Checkpoint) {
    // By name, so that what a state gains is not forgotten here.
    let State { batch, tick, variables, in_flight, sent, values_in_flight, plastic } = state;
    to.words.insert("state.batch".into(), batch.to_string());
    to.words.insert("state.tick".into(), tick.to_string());
    for (name, groups) in [("variables", variables), ("in-flight", in_flight), ("values-in-flight", values_in_flight)] {
        groups.iter().enumerate().for_each(|(g, numbers)| put(to, name, g, 1, numbers.clone()));
    }
    for (g, spikes) in sent.iter().enumerate() {
        put(to, "sent", g, 2, spikes.iter().flat_map(|s| [s.time(), f64::from(s.neuron)]).collect());
    }
    for (s, Plastic { connections, rules }) in plastic.iter().enumerate() {
        connections.iter().enumerate().for_each(|(k, numbers)| put(to, &format!("connections/{s}"), k, 1, numbers.clone()));
        for (r, Traces { senders, receivers }) in rules.iter().enumerate() {
            senders.iter().enumerate().for_each(|(k, numbers)| put(to, &format!("senders/{s}/{r}"), k, 1, numbers.clone()));
            put(to, &format!("receivers/{s}"), r, 1, receivers.clone());
        }
    }
}

/// The state in a checkpoint, for a model.
///
/// # Errors
/// The name of a word or an array that is missing, or not as the model needs it.
pub fn load(from: &Checkpoint, model: &Model) -> Result<State, String> {
    let word = |name: &str| from.words.get(name).ok_or_else(|| name.to_string());
    let batch: usize = word("state.batch")?.parse().map_err(|_| "state.batch".to_string())?;
    let tick: i64 = word("state.tick")?.parse().map_err(|_| "state.tick".to_string())?;
    if batch == 0 {
        return Ok(State { tick, ..State::fresh() });
    }
    let array = |name: &str, g: usize| from.arrays.get(&format!("state.{name}/{g}")).map(|a| a.1.clone()).unwrap_or_default();
    let all = |name: &str, size: &dyn Fn(usize) -> usize| {
        let one = |g: usize| Some(array(name, g)).filter(|a| a.len() == size(g)).ok_or_else(|| format!("state.{name}/{g}"));
        (0..model.groups.len()).map(one).collect::<Result<Vec<_>, _>>()
    };
    let lanes = |g: usize| model.groups[g].size * batch;
    let mut sent = Vec::with_capacity(model.groups.len());
    for g in 0..model.groups.len() {
        let numbers = array("sent", g);
        let oldest = tick - model.stream_history(g) as i64;
        let spikes: Vec<Spike> = numbers.chunks_exact(2).map(|s| Spike::at(s[0], s[1] as u32)).collect();
        let there = |s: &Spike| {
            (oldest..tick).contains(&s.tick) && (s.neuron as usize) < lanes(g) && (s.within == 0 || model.groups[g].interpolated)
        };
        let same = |(n, s): (&[f64], &Spike)| n == [s.time(), f64::from(s.neuron)];
        if numbers.len() % 2 != 0 || !numbers.chunks_exact(2).zip(&spikes).all(same) || !spikes.iter().all(there) {
            return Err(format!("state.sent/{g}"));
        }
        sent.push(spikes);
    }
    Ok(State {
        batch,
        tick,
        variables: all("variables", &|g| model.groups[g].state_size() * model.groups[g].copies() * batch)?,
        in_flight: all("in-flight", &|g| model.spike_history(g) * lanes(g))?,
        values_in_flight: all("values-in-flight", &|g| model.value_history(g) * lanes(g))?,
        plastic: (0..model.streams.len()).map(|s| plastic(from, model, s)).collect::<Result<_, _>>()?,
        sent,
    })
}

/// The weights of stream `s`, where they change.
fn plastic(from: &Checkpoint, model: &Model, s: usize) -> Result<Plastic, String> {
    let stream = &model.streams[s];
    let Some(p) = &stream.plasticity else { return Ok(Plastic::default()) };
    // Of all processes.
    let e = stream.everywhere().0;
    let longest = stream.whole.bounds.1 as usize;
    let array = |name: String, wanted: usize| {
        let name = format!("state.{name}");
        let found = from.arrays.get(&name).map(|a| a.1.clone()).unwrap_or_default();
        if found.len() == wanted { Ok(found) } else { Err(name) }
    };
    let of_connections = p.per_connection();
    let mut out = Plastic::default();
    for k in 0..of_connections {
        out.connections.push(array(format!("connections/{s}/{k}"), e.len())?);
    }
    for (r, rule) in p.rules.iter().enumerate() {
        let sent = |k: usize| array(format!("senders/{s}/{r}/{k}"), (longest + 1) * rule.sender.len() * e.senders);
        let receivers = array(format!("receivers/{s}/{r}"), rule.receiver.len() * e.receivers)?;
        out.rules.push(Traces { senders: [sent(0)?, sent(1)?], receivers });
    }
    Ok(out)
}
