//! Events that a mechanism sends to itself, in the order of their times and, at one time, of being sent.

use super::{Call, Clamp, Noise, run};
use homolog_ir::{Effect, EffectKind, EventProgram, Mechanism, event::FLAG};

/// How many events one step may have: a mechanism that sends itself events without delay never ends.
const MOST: usize = 100_000;

/// Programs, and what is due.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    receive: Option<Program>,
    start: Option<Program>,
    watches: Vec<Call>,
    /// What is due, in the order it was sent.
    queue: Vec<Due>,
    /// Where the last one sent stands in `queue`, unless it has been delivered.
    last: Option<usize>,
    armed: Vec<Armed>,
    /// Times of events of the one connection, ms, and its weight.
    arriving: Vec<f64>,
    weight: f64,
    /// What a connection begins with.
    connect: Option<Call>,
    /// Arguments that the connection keeps.
    connection: Vec<f64>,
    /// Places of the arguments, `flag` and `t`.
    arguments: Vec<usize>,
    flag: usize,
    time: usize,
    /// When an event went out, ms.
    pub sent: Vec<f64>,
    /// When events did not end, ms.
    pub endless: Option<f64>,
}

/// An event that is due.
#[derive(Clone, Copy, Debug)]
struct Due {
    /// When, ms.
    time: f64,
    flag: f64,
    /// True when it is of the connection, or follows from one that was.
    connected: bool,
}

#[derive(Clone, Debug)]
struct Program {
    call: Call,
    effects: Vec<(Option<usize>, Kind)>,
}

#[derive(Clone, Debug)]
enum Kind {
    Send {
        delay: usize,
        flag: usize,
    },
    Emit {
        at: usize,
    },
    Move {
        to: usize,
    },
    Watch {
        condition: usize,
        flag: usize,
    },
    /// Inputs and outputs for what a connection keeps.
    Each(Vec<(usize, usize)>),
}

#[derive(Clone, Copy, Debug)]
struct Armed {
    condition: usize,
    flag: f64,
    above: bool,
}

impl Events {
    pub(super) fn new(c: &mut Clamp, m: &Mechanism) -> Events {
        let program = |c: &mut Clamp, p: &EventProgram| Program {
            call: c.call(p.kernel.clone()),
            effects: p.effects.iter().map(|e| effect(c, e)).collect(),
        };
        Events {
            receive: m.receive.as_ref().map(|p| program(c, p)),
            start: m.start.as_ref().map(|p| program(c, p)),
            watches: m.watches.iter().map(|k| c.call(k.clone())).collect(),
            connect: m.receive.as_ref().and_then(|p| p.connect.clone()).map(|k| c.call(k)),
            arguments: m.receive.iter().flat_map(|r| &r.arguments).map(|a| c.slot(&a.name)).collect(),
            flag: c.slot(FLAG),
            time: c.slot("t"),
            ..Events::default()
        }
    }

    /// Lets events of a weight arrive at times, ms, at the one connection there is.
    pub(super) fn arrive(&mut self, times: &[f64], weight: f64) {
        self.arriving = times.to_vec();
        self.weight = weight;
    }

    /// Empties the queue, makes the connection, and does what INITIAL asks for.
    pub(super) fn start(&mut self, values: &mut [f64], noise: &mut Noise) {
        self.queue.clear();
        self.last = None;
        self.armed.clear();
        self.sent.clear();
        self.endless = None;
        self.connection = vec![0.0; self.arguments.len()];
        if let Some(w) = self.connection.first_mut() {
            *w = self.weight;
        }
        self.bring_arguments(true, values);
        if let Some(call) = self.connect.clone() {
            run(&call, values, noise);
            self.keep_arguments(values);
        }
        if let Some(program) = self.start.clone() {
            self.carry_out(&program, false, values, noise);
        }
        self.queue.extend(self.arriving.iter().map(|t| Due { time: *t, flag: 0.0, connected: true }));
    }

    fn bring_arguments(&self, connected: bool, values: &mut [f64]) {
        for (slot, kept) in self.arguments.iter().zip(&self.connection) {
            values[*slot] = if connected { *kept } else { 0.0 };
        }
    }

    fn keep_arguments(&mut self, values: &[f64]) {
        self.connection = self.arguments.iter().map(|slot| values[*slot]).collect();
    }

    fn carry_out(&mut self, program: &Program, connected: bool, values: &mut [f64], noise: &mut Noise) {
        run(&program.call, values, noise);
        if connected {
            self.keep_arguments(values);
        }
        let mut first_watch = true;
        for (when, kind) in &program.effects {
            if when.is_some_and(|k| values[k] == 0.0) {
                continue;
            }
            match kind {
                Kind::Send { delay, flag } => {
                    self.queue.push(Due { time: values[self.time] + values[*delay], flag: values[*flag], connected });
                    self.last = Some(self.queue.len() - 1);
                }
                Kind::Emit { at } => self.sent.push(values[*at]),
                Kind::Move { to } => {
                    if let Some(k) = self.last {
                        self.queue[k].time = values[*to];
                    }
                }
                Kind::Watch { condition, flag } => {
                    if std::mem::take(&mut first_watch) {
                        self.armed.clear();
                    }
                    let (condition, flag) = (*condition, values[*flag]);
                    let above = self.above(condition, values, noise);
                    self.armed.push(Armed { condition, flag, above });
                }
                Kind::Each(arguments) => {
                    for ((input, _), kept) in arguments.iter().zip(&self.connection) {
                        values[*input] = *kept;
                    }
                    run(&program.call, values, noise);
                    self.connection = arguments.iter().map(|(_, output)| values[*output]).collect();
                }
            }
        }
    }

    fn above(&self, condition: usize, values: &mut [f64], noise: &mut Noise) -> bool {
        let call = &self.watches[condition];
        run(call, values, noise);
        call.outputs.first().is_some_and(|k| values[*k] > 0.0)
    }

    /// Makes an event of every crossing that is watched for.
    pub(super) fn watch(&mut self, t: f64, values: &mut [f64], noise: &mut Noise) {
        for k in 0..self.armed.len() {
            let above = self.above(self.armed[k].condition, values, noise);
            if above && !self.armed[k].above {
                self.queue.push(Due { time: t, flag: self.armed[k].flag, connected: false });
            }
            self.armed[k].above = above;
        }
    }

    /// Lets all events up to a time act.
    pub(super) fn deliver(&mut self, until: f64, values: &mut [f64], noise: &mut Noise) {
        for _ in 0..MOST {
            let earliest = |best: Option<usize>, (k, e): (usize, &Due)| match best {
                Some(b) if self.queue[b].time <= e.time => Some(b),
                _ => Some(k),
            };
            let Some(k) = self.queue.iter().enumerate().fold(None, earliest).filter(|k| self.queue[*k].time <= until) else { return };
            let due = self.queue.remove(k);
            self.last = match self.last {
                Some(l) if l == k => None,
                Some(l) if l > k => Some(l - 1),
                other => other,
            };
            values[self.time] = due.time;
            values[self.flag] = due.flag;
            self.bring_arguments(due.connected, values);
            if let Some(program) = self.receive.clone() {
                self.carry_out(&program, due.connected, values, noise);
            }
        }
        self.endless.get_or_insert(until);
        self.queue.clear();
        self.last = None;
    }
}

fn effect(c: &mut Clamp, e: &Effect) -> (Option<usize>, Kind) {
    let kind = match &e.kind {
        EffectKind::Send { delay, flag } => Kind::Send { delay: c.slot(delay), flag: c.slot(flag) },
        EffectKind::Emit { at } => Kind::Emit { at: c.slot(at) },
        EffectKind::Move { to } => Kind::Move { to: c.slot(to) },
        EffectKind::Watch { condition, flag } => Kind::Watch { condition: *condition, flag: c.slot(flag) },
        EffectKind::Each { arguments } => Kind::Each(arguments.iter().map(|(i, o)| (c.slot(i), c.slot(o))).collect()),
    };
    (e.when.as_ref().map(|n| c.slot(n)), kind)
}
