//! Rules of plasticity, compiled for the connections of one projection.
//!
//! A rule speaks of one connection: its weight `w` and whatever else it remembers. What of that only spikes of the sender change is the same
//! in all connections that leave a neuron and take equally long, and what only the receiver changes is the same in all that end at one; so
//!
//! ```text
//! x    : S(x) in every tick, then R(x) where a spike has been sent       one for each sender     (a trace of what it has sent)
//! y    : S(y) in every tick, later P(y) where it spikes                  one for each receiver   (a trace of what it has done)
//! w ...: S(w, x, y) in every tick if there is such an equation; then R(w, x, y) where a spike arrives; later P(w, x, y) where the receiver spikes
//! ```
//!
//! with R from NET_RECEIVE, P from POST_SPIKE, S from BREAKPOINT (Morrison, Diesmann & Gerstner 2008, Biol. Cybern. 98, 459-478, section 4.1, on
//! rules that need one trace for each neuron). Which is whose follows from the equations: nobody declares it.

use crate::events::Events;
use crate::model::Group;
use homolog_base::{Key, Unit};
use homolog_ir::{Builder, Compare, Kernel, Mechanism, Op, Value, event, interpret, ode, passes};
use std::collections::BTreeMap;

/// Name of the port of a spike, 0 or 1, in the kernels of traces.
pub const SPIKE: &str = "spike";

/// Bytes with which a run lists a connection that has an equation of its own: connection, sender, receiver and delay.
pub const STEPPED: usize = 16;

/// Name of an output that is a trace of a sender after its equation, and before its spike.
pub fn between(name: &str) -> String {
    format!("between:{name}")
}

/// A number that a rule remembers.
#[derive(Clone, PartialEq, Debug)]
pub struct Memory {
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: Unit,
    /// What it begins with.
    pub start: f64,
}

/// Where a rule hears what is not its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// A variable of the receiving group, as it is after the tick; of a cell that of the compartment at which the connection ends.
    Variable(usize),
    /// The value of the only neuron of a group, as it is in the frame.
    Value(usize),
    /// Whether the only neuron of a group has spiked in the last tick, 0 or 1.
    Spike(usize),
}

/// A rule, for one projection.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// Name of the mechanism.
    pub name: String,
    /// Name of the port of the weight.
    pub weight: String,
    /// What each connection remembers beside its weight.
    pub connection: Vec<Memory>,
    /// What each sender remembers.
    pub sender: Vec<Memory>,
    /// What each receiver remembers.
    pub receiver: Vec<Memory>,
    /// Ports that are heard.
    pub heard: Vec<(String, Heard)>,
    /// What a tick does to every connection; without outputs where it does nothing. Inputs: weight and memories as the last tick left them.
    pub step: Kernel,
    /// What a spike that arrives does to a connection, after its step. Inputs: of the sender as it was [`between`].
    pub arrive: Kernel,
    /// What a spike of the receiver does to a connection. Inputs: of the sender after the spike that has arrived, of the receiver before its own.
    pub post: Kernel,
    /// A tick of what senders remember. Inputs: that, and [`SPIKE`]. Outputs: that, and [`between`].
    pub send: Kernel,
    /// A tick of what receivers remember, before anything arrives.
    pub receive: Kernel,
    /// What their spikes do to what receivers remember. Inputs: that, and [`SPIKE`].
    pub fire: Kernel,
    /// The output of `arrive` that arrives at the synapse, if it is not the weight.
    pub transmits: Option<String>,
}

/// Where connections to cells end. What receives is then not a neuron but a place of one, `place * copies + copy` among those of the port,
/// and hears what is at its compartment.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ends {
    /// Neurons of each kind that are computed here.
    pub copies: usize,
    /// For every place of the port: the kind of neuron that has it.
    pub kind: Vec<u32>,
    /// For every variable of the group that is heard: where in its column each place of the port finds it.
    pub heard: Vec<(usize, Vec<u32>)>,
}

impl Ends {
    /// Where streams of weights of a sign (0 for positive ones) to a group of cells end; variables are those that are heard.
    ///
    /// # Errors
    /// The variable that is not at all places, and the branch of one where it is not.
    pub fn new(group: &Group, sign: usize, heard: &[usize]) -> Result<Option<Ends>, (usize, String)> {
        let Some(anatomy) = &group.anatomy else { return Ok(None) };
        let compartments = &anatomy.receptors[sign];
        let places = |v: usize| {
            let place = |c: &u32| {
                let missing = || (v, anatomy.compartments[*c as usize].0.clone());
                anatomy.place(group, v, *c as usize).map(|p| p as u32).ok_or_else(missing)
            };
            Ok((v, compartments.iter().map(place).collect::<Result<_, _>>()?))
        };
        let kind = compartments.iter().map(|c| anatomy.kind_of(*c as usize) as u32).collect();
        let heard = heard.iter().map(|v| places(*v)).collect::<Result<_, _>>()?;
        Ok(Some(Ends { copies: group.here().len(), kind, heard }))
    }

    /// The neuron that has a place.
    pub fn neuron(&self, receiver: usize) -> usize {
        self.kind[receiver / self.copies] as usize * self.copies + receiver % self.copies
    }

    /// All places of some neurons, which ascend, ascending.
    pub fn of(&self, neurons: &[u32], out: &mut Vec<u32>) {
        out.clear();
        for (place, kind) in self.kind.iter().enumerate() {
            let first = *kind as usize * self.copies;
            let from = neurons.partition_point(|n| (*n as usize) < first);
            let own = neurons[from..].iter().map(|n| *n as usize - first).take_while(|copy| *copy < self.copies);
            out.extend(own.map(|copy| (place * self.copies + copy) as u32));
        }
    }
}

/// The connections that end at each receiving neuron.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Incoming {
    /// Where those of each neuron begin; one more than neurons.
    pub start: Vec<u32>,
    /// Connections, as [`crate::events::Events`] counts them.
    pub connection: Vec<u32>,
    /// Their senders.
    pub sender: Vec<u32>,
}

impl Incoming {
    /// Of all connections, onto so many neurons. Those of a neuron are in the order of their senders, in that of delays, and in that of their places.
    pub fn of(e: &Events, ends: Option<&Ends>, neurons: usize) -> Incoming {
        let neuron = |receiver: usize| ends.map_or(receiver, |ends| ends.neuron(receiver));
        let mut start = vec![0u32; neurons + 1];
        e.each(|_, _, receiver| start[neuron(receiver) + 1] += 1);
        for r in 0..neurons {
            start[r + 1] += start[r];
        }
        let mut next = start.clone();
        let (mut connection, mut sender) = (vec![0; e.len()], vec![0; e.len()]);
        e.each(|k, s, receiver| {
            let at = &mut next[neuron(receiver)];
            (connection[*at as usize], sender[*at as usize]) = (k as u32, s as u32);
            *at += 1;
        });
        if ends.is_some() {
            // Places of a neuron are in several parts, which depend on how many neurons there are: no order must.
            let mut own: Vec<(u32, u32, u32, u32)> = vec![];
            for range in start.windows(2).map(|w| w[0] as usize..w[1] as usize) {
                own.clear();
                let each = range.clone().map(|at| (sender[at], connection[at]));
                own.extend(each.map(|(s, k)| (s, e.delay_of(k as usize), e.receiver(k as usize) as u32, k)));
                own.sort_unstable();
                for (at, x) in range.zip(&own) {
                    (sender[at], connection[at]) = (x.0, x.3);
                }
            }
        }
        Incoming { start, connection, sender }
    }

    /// Those of a neuron.
    pub fn range(&self, neuron: usize) -> std::ops::Range<usize> {
        self.start[neuron] as usize..self.start[neuron + 1] as usize
    }
}

/// The connections of several processes, where those of one are some.
#[derive(Clone, PartialEq, Debug)]
pub struct Division {
    /// All connections, in the order that they have in one process: that of states and recordings.
    pub events: Events,
    /// For each connection here, which of all it is.
    pub own: Vec<u32>,
    /// Where all of them end.
    pub ends: Option<Ends>,
}

/// Weights that end at a neuron are multiplied so that they sum to something, at intervals.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Normalise {
    /// Their sum, in the unit of weights; of their sizes where they are negative.
    pub sum: f64,
    /// Ticks between.
    pub every: i64,
}

/// Which potential connections are there changes at intervals, after the last tick of one and before weights are brought to a sum:
///
/// ```text
/// there and w < prune:     it goes, with all that it remembers
/// not there:               it forms with probability grow, and begins with its weight and with memories as at the beginning
/// ```
///
/// What is not there transmits nothing and takes part in no rule; its weight is 0. (Potential connections: Stepanyants, Hof & Chklovskii 2002, Neuron 34,
/// 275-288. Pruning of weak and random formation of new ones: Deger, Helias, Rotter & Diesmann 2012, PLoS Comput. Biol. 8, e1002689.)
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Structure {
    /// Ticks between.
    pub every: i64,
    /// Smallest weight of a connection that stays.
    pub prune: f64,
    /// Probability of forming.
    pub grow: f64,
    /// Weight of a new connection.
    pub weight: f64,
    /// Share that is there at the beginning.
    pub begin: f64,
    /// What draws: a number for each connection, at the beginning and in each tick in which some change.
    pub key: Key,
}

impl Structure {
    /// Whether a connection is there at the beginning.
    pub fn begins(&self, connection: usize) -> bool {
        self.key.named("begin").uniform(connection as u64, 0) < self.begin
    }

    /// Whether it would form after a tick.
    pub fn forms(&self, connection: usize, tick: i64) -> bool {
        self.key.uniform(connection as u64, tick as u64) < self.grow
    }
}

/// How the weights of a projection change.
#[derive(Clone, PartialEq, Debug)]
pub struct Plasticity {
    /// The rules, which act one after the other.
    pub rules: Vec<Rule>,
    /// Who ends where.
    pub incoming: Incoming,
    /// Where at a neuron, if it is a cell.
    pub ends: Option<Ends>,
    /// Of several processes: all connections, of which those that end here are some.
    pub division: Option<Division>,
    /// -1 where weights are negative: a rule sees their size.
    pub sign: f64,
    /// Whether the weights of a neuron are brought to a sum.
    pub normalise: Option<Normalise>,
    /// Whether connections come and go.
    pub structure: Option<Structure>,
}

impl Plasticity {
    /// Which of the connections of all processes one is.
    pub fn number(&self, connection: usize) -> usize {
        self.division.as_ref().map_or(connection, |d| d.own[connection] as usize)
    }

    /// The neuron at which what ends at a receiver does: itself, or the cell that has the place.
    pub fn neuron(&self, receiver: usize) -> usize {
        self.ends.as_ref().map_or(receiver, |ends| ends.neuron(receiver))
    }

    /// How many numbers each connection has: the weight, what the rules remember, and, where they come and go, whether it is there (1 or 0).
    pub fn per_connection(&self) -> usize {
        self.there() + usize::from(self.structure.is_some())
    }

    /// Which of those says whether it is there.
    pub fn there(&self) -> usize {
        1 + self.rules.iter().map(|r| r.connection.len()).sum::<usize>()
    }

    /// Bytes that these connections take in a run, beside those of their [`Events`].
    pub fn bytes(&self) -> usize {
        let Incoming { start, connection, sender } = &self.incoming;
        let places = self.ends.as_ref().map_or(0, |e| size_of_val(&e.kind[..]) * (1 + e.heard.len()));
        let division = self.division.as_ref().map_or(0, |d| d.events.bytes() + size_of_val(&d.own[..]));
        let listed = if self.rules.iter().any(|r| !r.step.outputs.is_empty()) { STEPPED } else { 0 };
        let each = 8 * self.per_connection() + listed;
        division + places + size_of_val(&start[..]) + size_of_val(&connection[..]) + size_of_val(&sender[..]) + each * connection.len()
    }
}

/// Keeps some outputs of a kernel.
fn only(kernel: &Kernel, keep: impl Fn(&str) -> bool) -> Kernel {
    let mut k = kernel.clone();
    k.outputs.retain(|(p, _)| keep(&p.name));
    passes::prune(&k)
}

/// What an output depends on.
fn read_by(kernel: &Kernel, output: &str) -> Vec<String> {
    only(kernel, |n| n == output).inputs.into_iter().map(|p| p.name).collect()
}

/// Whether an output is the input of its name.
fn unchanged(kernel: &Kernel, v: Value, name: &str) -> bool {
    matches!(kernel.body[v.index()], Op::Input(i) if kernel.inputs[i as usize].name == name)
}

/// A kernel without the outputs that change nothing.
fn changes(kernel: &Kernel) -> Kernel {
    let mut k = kernel.clone();
    k.outputs.retain(|(p, v)| !unchanged(kernel, *v, &p.name));
    passes::prune(&k)
}

/// The states that stand for themselves: changed by no event of the other side, and by nothing but one another.
fn alone(names: &[String], own: &[&Kernel], other: &Kernel, outside: impl Fn(&str) -> bool) -> Vec<String> {
    let mut set: Vec<String> = names.iter().filter(|n| other.output(n).is_none()).cloned().collect();
    loop {
        let fits = |name: &String| {
            let reads = own.iter().filter(|k| k.output(name).is_some()).flat_map(|k| read_by(k, name)).collect::<Vec<_>>();
            reads.iter().all(|r| set.contains(r) || outside(r))
        };
        let kept: Vec<String> = set.iter().filter(|n| fits(n)).cloned().collect();
        if kept.len() == set.len() {
            return set;
        }
        set = kept;
    }
}

/// Compiles a rule with the numbers of its parameters; `hear` says what a port from outside is.
///
/// # Errors
/// What cannot be, in words.
pub fn rule(m: &Mechanism, parameters: &BTreeMap<String, f64>, dt: f64, hear: impl Fn(&str) -> Option<Heard>) -> Result<Rule, Vec<String>> {
    let Some(program) = &m.receive else { return Err(vec![format!("`{}` has no NET_RECEIVE", m.name)]) };
    let Some(weight) = program.arguments.first().map(|a| a.name.clone()) else {
        return Err(vec![format!("NET_RECEIVE of `{}` has no weight", m.name)]);
    };
    let mut problems = Vec::new();
    if !program.effects.is_empty() {
        problems.push(format!("NET_RECEIVE of `{}` sends or awaits events, and connections have none of their own", m.name));
    }
    let step =
        m.step().map_err(|e| e.into_iter().map(|n| format!("the equation of `{}` is not linear in it", n.state)).collect::<Vec<_>>())?;
    let constant = |name: &str| match name {
        ode::DT => Some(dt),
        event::FLAG => Some(0.0),
        "celsius" => Some(crate::compose::CELSIUS),
        _ => parameters.get(name).copied().or_else(|| m.parameter(name).map(|p| p.default)),
    };
    let ready = |k: &Kernel| changes(&passes::specialise(k, constant));
    let (arrive, post, step) = (ready(&program.kernel), ready(&m.post.clone().unwrap_or_default()), ready(&step));
    let initial = passes::prune(&passes::specialise(&m.initial, constant));
    let states: Vec<String> = m.states.iter().map(|s| s.name.clone()).filter(|n| *n != weight).collect();
    let is_state = |n: &str| n == weight || states.iter().any(|s| s == n);
    let mut heard: Vec<(String, Heard)> = Vec::new();
    for k in [&arrive, &post, &step] {
        for p in k.inputs.iter().filter(|p| !is_state(&p.name)) {
            if heard.iter().any(|h| h.0 == p.name) {
                continue;
            }
            match hear(&p.name) {
                Some(h) => heard.push((p.name.clone(), h)),
                None if problems.iter().any(|x| x.starts_with(&format!("`{}`", p.name))) => {}
                None => problems.push(format!("`{}` is a variable that `{}` reads, and nothing that it hears", p.name, m.name)),
            }
        }
    }
    for p in &initial.inputs {
        problems.push(format!("INITIAL of `{}` reads `{}`, which is not known before a run", m.name, p.name));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let is_heard = |n: &str| heard.iter().any(|h| h.0 == n);
    let of_receiver = alone(&states, &[&post, &step], &arrive, is_heard);
    let rest: Vec<String> = states.iter().filter(|n| !of_receiver.contains(n)).cloned().collect();
    let of_sender = alone(&rest, &[&arrive, &step], &post, |_| false);
    let numbers = interpret::<f64>(&initial, &[]);
    let memory = |name: &String| {
        let unit = m.states.iter().find(|s| s.name == *name).map_or(Unit::ONE, |s| s.unit);
        Memory { name: name.clone(), unit, start: initial.output(name).map_or(0.0, |k| numbers[k]) }
    };
    let own = |n: &str| !of_receiver.iter().chain(&of_sender).any(|s| s == n);
    let transmits = m.transmits.clone();
    Ok(Rule {
        name: m.name.clone(),
        connection: rest.iter().filter(|n| own(n)).map(memory).collect(),
        sender: of_sender.iter().map(memory).collect(),
        receiver: of_receiver.iter().map(memory).collect(),
        heard: heard.clone(),
        arrive: passes::optimise(&only(&arrive, |n| own(n))),
        post: passes::optimise(&only(&post, own)),
        step: passes::optimise(&only(&step, own)),
        send: trace(&of_sender, &[(&step, false), (&arrive, true)]),
        receive: trace(&of_receiver, &[(&step, false)]),
        fire: trace(&of_receiver, &[(&post, true)]),
        weight,
        transmits,
    })
}

/// A tick of traces: kernels one after the other, of which some are run where there is a spike.
fn trace(names: &[String], parts: &[(&Kernel, bool)]) -> Kernel {
    let mut b = Builder::new("trace");
    let mut now: BTreeMap<String, Value> = BTreeMap::new();
    if names.is_empty() {
        return b.finish();
    }
    for name in names {
        let v = b.input(name, Unit::ONE);
        now.insert(name.clone(), v);
    }
    for (k, (kernel, event)) in parts.iter().enumerate() {
        let kernel = only(kernel, |n| now.contains_key(n));
        let values = b.inline(&kernel, |_, p| now.get(&p.name).copied());
        for ((p, _), v) in kernel.outputs.iter().zip(values) {
            let v = if *event {
                let (spike, zero) = (b.input(SPIKE, Unit::ONE), b.constant(0.0));
                let spikes = b.compare(Compare::Lt, zero, spike);
                b.select(spikes, v, now[&p.name])
            } else {
                v
            };
            now.insert(p.name.clone(), v);
        }
        if k + 1 < parts.len() {
            for name in names {
                b.output(&between(name), Unit::ONE, now[name]);
            }
        }
    }
    for name in names {
        b.output(name, Unit::ONE, now[name]);
    }
    passes::optimise(&b.finish())
}
