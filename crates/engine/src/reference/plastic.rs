//! Rules of plasticity as they are written: every connection with memories of its own, also of its sender and its receiver, and one
//! kernel after the other. That neurons can keep those for all of their connections is what the fast runner must show.

use homolog_ir::{Binary, Kernel, Number, interpret};
use homolog_model::events::Strength;
use homolog_model::model::{Group, Stream};
use homolog_model::plasticity::{Heard, Memory, Rule, SPIKE, between};

/// What a connection remembers for one rule.
struct Memories<N> {
    own: Vec<N>,
    /// Of the sender, as its spikes make it: before the spike of this tick, and after it.
    between: Vec<N>,
    sender: Vec<N>,
    receiver: Vec<N>,
}

struct Connection<N> {
    sender: usize,
    receiver: usize,
    /// The neuron that has the receiving place.
    neuron: usize,
    delay: usize,
    there: bool,
    weight: N,
    rules: Vec<Memories<N>>,
}

/// The connections of a plastic stream.
pub(super) struct Plastic<N> {
    /// In the order of the stream.
    connections: Vec<Connection<N>>,
    /// What arrives in a tick.
    arrived: Option<(usize, Vec<(usize, N)>)>,
}

/// Runs a kernel on numbers by name; what it gives, by name.
fn apply<N: Number>(kernel: &Kernel, given: &dyn Fn(&str) -> N) -> Vec<(String, N)> {
    let inputs: Vec<N> = kernel.inputs.iter().map(|p| given(&p.name)).collect();
    kernel.outputs.iter().map(|(p, _)| p.name.clone()).zip(interpret(kernel, &inputs)).collect()
}

fn named<N: Copy>(memory: &[Memory], numbers: &[N], name: &str) -> Option<N> {
    memory.iter().position(|m| m.name == name).map(|k| numbers[k])
}

/// Applies a kernel of a connection; gives what is transmitted, if that is an output.
fn change<N: Number>(
    rule: &Rule,
    kernel: &Kernel,
    weight: &mut N,
    own: &mut [N],
    (x, y): (&[N], &[N]),
    heard: &dyn Fn(Heard) -> N,
) -> Option<N> {
    let given = |name: &str| {
        let of_rule = || rule.heard.iter().find(|h| h.0 == name).map(|h| heard(h.1));
        let memory = || named(&rule.connection, own, name).or(named(&rule.sender, x, name)).or(named(&rule.receiver, y, name));
        if name == rule.weight { *weight } else { of_rule().or_else(memory).expect("a port of the rule") }
    };
    let mut transmitted = None;
    for (name, v) in apply(kernel, &given) {
        if name == rule.weight {
            *weight = v;
        } else if let Some(k) = rule.connection.iter().position(|m| m.name == name) {
            own[k] = v;
        } else {
            transmitted = Some(v);
        }
    }
    transmitted
}

/// A tick of what a neuron remembers: before its spike, if that is asked for, and after it.
fn trace<N: Number>(memory: &[Memory], kernel: &Kernel, now: &[N], spike: N, heard: &dyn Fn(&str) -> N) -> (Option<Vec<N>>, Vec<N>) {
    let given = |name: &str| if name == SPIKE { spike } else { named(memory, now, name).unwrap_or_else(|| heard(name)) };
    let made = apply(kernel, &given);
    let of = |name: &str| made.iter().find(|m| m.0 == name).map(|m| m.1);
    (memory.iter().map(|m| of(&between(&m.name))).collect(), memory.iter().map(|m| of(&m.name).expect("an output")).collect())
}

/// Where a stream to cells ends at a receiver: kind of neuron, and compartment.
pub(super) fn at(s: &Stream, to: &Group, receiver: usize) -> Option<(usize, usize)> {
    let anatomy = to.anatomy.as_ref()?;
    let sign = usize::from(s.plasticity.as_ref()?.sign < 0.0);
    let compartment = anatomy.receptors[sign][receiver / to.copies()] as usize;
    Some((anatomy.kind_of(compartment), compartment))
}

impl<N: Number> Plastic<N> {
    /// As it is before the first tick; none of a stream whose weights do not change.
    pub fn new(s: &Stream, to: &Group) -> Option<Plastic<N>> {
        let p = s.plasticity.as_ref()?;
        let Strength::Each(weights) = &s.events.strength else { unreachable!("a plastic stream has a weight for each connection") };
        let begins = |memory: &[Memory]| memory.iter().map(|m| N::constant(m.start)).collect();
        let mut connections = Vec::new();
        s.events.each(|k, sender, receiver| {
            let rules = p.rules.iter();
            connections.push(Connection {
                sender,
                receiver,
                neuron: at(s, to, receiver).map_or(receiver, |(kind, ..)| kind * to.copies() + receiver % to.copies()),
                delay: 0,
                there: p.structure.is_none_or(|s| s.begins(k)),
                weight: N::constant(if p.structure.is_none_or(|s| s.begins(k)) { p.sign * f64::from(weights[k]) } else { 0.0 }),
                rules: rules
                    .map(|r| Memories {
                        own: begins(&r.connection),
                        between: begins(&r.sender),
                        sender: begins(&r.sender),
                        receiver: begins(&r.receiver),
                    })
                    .collect(),
            });
        });
        for part in 0..s.events.parts() {
            for run in (0..s.events.senders).flat_map(|sender| s.events.runs(part, sender)) {
                s.events.run(run).for_each(|k| connections[k].delay = s.events.delay(run) as usize);
            }
        }
        Some(Plastic { connections, arrived: None })
    }

    /// The weights, as sizes, in the order of the stream.
    pub fn weights(&self) -> Vec<N> {
        self.connections.iter().map(|c| c.weight).collect()
    }

    /// The spikes that arrive in a tick, in order: receiver, and weight with its sign. The rules act when this is first asked.
    pub fn arriving(
        &mut self,
        s: &Stream,
        tick: usize,
        spiked: &dyn Fn(usize, usize) -> bool,
        heard: &dyn Fn(Heard, usize) -> N,
    ) -> Vec<(usize, N)> {
        if self.arrived.as_ref().is_none_or(|a| a.0 != tick) {
            self.go_on(s, tick, spiked, heard);
            self.arrived = Some((tick, self.arrive(s, spiked, heard)));
        }
        self.arrived.as_ref().expect("just set").1.clone()
    }

    /// The equations of a tick.
    fn go_on(&mut self, s: &Stream, tick: usize, spiked: &dyn Fn(usize, usize) -> bool, heard: &dyn Fn(Heard, usize) -> N) {
        let p = s.plasticity.as_ref().expect("plastic");
        let flag = |yes: bool| N::constant(if yes { 1.0 } else { 0.0 });
        for c in &mut self.connections {
            let hear = |h: Heard| heard(h, c.receiver);
            for (rule, m) in p.rules.iter().zip(&mut c.rules) {
                if c.there {
                    change(rule, &rule.step, &mut c.weight, &mut m.own, (&m.sender, &m.receiver), &hear);
                }
                // What was sent before the run is not known.
                if tick >= c.delay {
                    let none = |_: &str| unreachable!("senders hear nothing");
                    let (before, after) = trace(&rule.sender, &rule.send, &m.sender, flag(spiked(c.sender, c.delay)), &none);
                    (m.between, m.sender) = (before.expect("senders have both"), after);
                }
                let named = |name: &str| hear(rule.heard.iter().find(|h| h.0 == name).expect("heard").1);
                m.receiver = trace(&rule.receiver, &rule.receive, &m.receiver, flag(false), &named).1;
            }
        }
    }

    fn arrive(&mut self, s: &Stream, spiked: &dyn Fn(usize, usize) -> bool, heard: &dyn Fn(Heard, usize) -> N) -> Vec<(usize, N)> {
        let p = s.plasticity.as_ref().expect("plastic");
        let (shortest, longest) = (s.events.bounds.0 as usize, s.events.bounds.1 as usize);
        let mut out = Vec::new();
        for delay in (shortest..=longest).rev() {
            for sender in 0..s.events.senders {
                for c in self.connections.iter_mut().filter(|c| c.there && c.delay == delay && c.sender == sender && spiked(sender, delay))
                {
                    let mut effect = c.weight;
                    for (rule, m) in p.rules.iter().zip(&mut c.rules) {
                        let heard = |h: Heard| heard(h, c.receiver);
                        let read = (&m.between[..], &m.receiver[..]);
                        effect = change(rule, &rule.arrive, &mut c.weight, &mut m.own, read, &heard).unwrap_or(effect);
                    }
                    out.push((c.receiver, N::binary(Binary::Mul, N::constant(p.sign), effect)));
                }
            }
        }
        out
    }

    /// What follows from the spikes of receivers.
    pub fn learn(&mut self, s: &Stream, tick: i64, fired: &dyn Fn(usize) -> bool, heard: &dyn Fn(Heard, usize) -> N) {
        let p = s.plasticity.as_ref().expect("plastic");
        for c in self.connections.iter_mut().filter(|c| fired(c.neuron)) {
            let hear = |h: Heard| heard(h, c.receiver);
            for (rule, m) in p.rules.iter().zip(&mut c.rules) {
                if c.there {
                    change(rule, &rule.post, &mut c.weight, &mut m.own, (&m.sender, &m.receiver), &hear);
                }
                let named = |name: &str| hear(rule.heard.iter().find(|h| h.0 == name).expect("heard").1);
                m.receiver = trace(&rule.receiver, &rule.fire, &m.receiver, N::constant(1.0), &named).1;
            }
        }
        if let Some(structure) = p.structure.filter(|s| (tick + 1) % s.every == 0) {
            for (k, c) in self.connections.iter_mut().enumerate() {
                let (goes, comes) = (c.there && c.weight.value() < structure.prune, !c.there && structure.forms(k, tick));
                if goes || comes {
                    c.there = comes;
                    c.weight = N::constant(if comes { structure.weight } else { 0.0 });
                    for (rule, m) in p.rules.iter().zip(&mut c.rules) {
                        m.own = rule.connection.iter().map(|m| N::constant(m.start)).collect();
                    }
                }
            }
        }
        if let Some(n) = p.normalise.filter(|n| (tick + 1) % n.every == 0) {
            let neurons = self.connections.iter().map(|c| c.neuron + 1).max().unwrap_or(0);
            for r in 0..neurons {
                let mut own: Vec<&mut Connection<N>> = self.connections.iter_mut().filter(|c| c.neuron == r).collect();
                // Stable: what is alike in all of this stays as it was.
                own.sort_by_key(|c| (c.sender, c.delay, c.receiver));
                let sum = own.iter().fold(N::constant(0.0), |sum, c| N::binary(Binary::Add, sum, c.weight));
                if sum.value() > 0.0 {
                    let factor = N::binary(Binary::Div, N::constant(n.sum), sum);
                    own.into_iter().for_each(|c| c.weight = N::binary(Binary::Mul, c.weight, factor));
                }
            }
        }
    }
}
