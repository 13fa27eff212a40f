//! Runs a compiled model, and pulls gradients back through the run.
//!
//! The engine never asks at which level of detail a group is: it has columns, kernels and a signal. A frame is a list
//! of phases; a phase is one evaluation of a group without ticks, or the ticks of groups that exchange spikes. See
//! `layout` for where numbers lie, `format` for what they are (64-bit, or 32-bit where the model says so), `run` for what a tick is made of, `forward` and `backward` for the order of things,
//! [`mod@reference`] for the naive second implementation that both must equal.

mod backward;
mod contacts;
mod crew;
mod events;
mod format;
mod forward;
mod layout;
mod lockstep;
mod peers;
mod plan;
mod plastic;
mod products;
mod record;
pub mod reference;
mod run;
mod shares;
mod state;

use format::Format;
use homolog_base::Ranks;
use homolog_base::math::Real;
use homolog_exec::{GemmScratch, Isa, SpikeList};
use homolog_model::{Fault, Gradients, Inputs, Model, Params, Precision, Probe, Recording, RecordingGrad, Runner, State, Tape};
use plan::Plan;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Bytes that a tape may take before the engine keeps checkpoints only and computes segments twice.
pub const TAPE_BUDGET: usize = 256 << 20;

/// The fast runner.
pub struct Engine {
    isa: Isa,
    threads: usize,
    /// The threads that share the work; none for one.
    pool: Option<rayon::ThreadPool>,
    tape_budget: usize,
    /// The processes that run a divided model together.
    peers: Option<peers::Peers>,
    /// For models of 64-bit numbers, and of 32-bit ones.
    double: Kept<f64>,
    single: Kept<f32>,
}

/// What is kept between calls.
#[derive(Default)]
struct Kept<R> {
    plan: Option<Plan<R>>,
    scratch: Scratch<R>,
}

/// Memory that is kept between calls.
#[derive(Default)]
struct Scratch<R = f64> {
    /// Working columns of runs without a tape.
    arena: Vec<R>,
    /// Packing space of dense products.
    gemm: GemmScratch<R>,
    /// For links by sign: the positive part of the weights and the negated negative part.
    signed: Vec<[Vec<R>; 2]>,
    /// For links of spikes over dense wires: the transposed weights, padded for whole vectors.
    transposed: Vec<Vec<R>>,
    /// The spikes of columns, by where in the arena those begin, as they were when they last arrived somewhere.
    spikes: HashMap<usize, SpikeList<R>>,
    /// Spikes on their way and what noise needs, of the run that goes on.
    events: events::Prepared,
    /// Weights that change in the run that goes on.
    plastic: plastic::All,
    /// Groups all of whose variables were found finite at the end of the segment that was run last.
    finite: Vec<usize>,
    crew: crew::Crew,
    /// Number of the run that filled `spikes`.
    run: u64,
    /// Gradient of the weights of one sign.
    part: Vec<R>,
}

impl Engine {
    /// An engine on the best instruction set of this machine. Every number of threads and every instruction set gives
    /// the same bits.
    pub fn new(threads: usize) -> Self {
        Self::with_isa(threads, Isa::best())
    }

    /// An engine on a given instruction set. Where the system refuses threads, it works alone.
    pub fn with_isa(threads: usize, isa: Isa) -> Self {
        let pool = (threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok()).flatten();
        Engine {
            isa,
            threads: pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads),
            pool,
            tape_budget: TAPE_BUDGET,
            peers: None,
            double: Kept::default(),
            single: Kept::default(),
        }
    }

    /// Sets how many bytes a tape may take before segments are computed twice instead of kept.
    pub fn tape_budget(mut self, bytes: usize) -> Self {
        self.tape_budget = bytes;
        self
    }

    /// Lets it exchange spikes with the engines of other processes, each of which runs its part of a model ([`homolog_model::compile_among`]). Every
    /// one must run the same models, inputs and probes in the same order, and gets what one engine alone would: the whole recording, the
    /// whole state, the same fault.
    pub fn among(mut self, ranks: impl Ranks + 'static) -> Self {
        self.peers = (ranks.number() > 1).then(|| Arc::new(Mutex::new(ranks)) as peers::Peers);
        self
    }

    /// Threads used.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Bytes that a run without a tape takes beside model, parameters, inputs and recording: columns, copies of weights by which spikes
    /// arrive, and what of streams is on its way.
    pub fn memory(&self, model: &Model, params: &Params, inputs: &Inputs, probes: &[Probe]) -> usize {
        let (batch, frames, threads) = (inputs.batch, inputs.frames, self.threads);
        let (line, bytes) = match model.precision {
            Precision::Double => (f64::LINE, 8),
            Precision::Single => (f32::LINE, 4),
        };
        let wanted = layout::Wanted { model, probes, batch, frames, taped: false, precise: false, threads, line };
        let layout = layout::Layout::new(wanted, self.tape_budget);
        let of_link = |l: &homolog_model::Link| match l.target {
            homolog_model::Target::Drive => 0,
            homolog_model::Target::Own => params.tensors[l.weights].values.len(),
            _ => 2 * params.tensors[l.weights].values.len(),
        };
        let weights: usize = model.links.iter().map(of_link).sum();
        let calendars: usize = model.streams.iter().map(|s| events::Prepared::bytes(s, layout.segment)).sum();
        // What connections remember, and their two ends: of senders for as long as spikes are on their way, before and after each.
        let of_stream = |s: &homolog_model::model::Stream| {
            let (p, e) = (s.plasticity.as_ref()?, &s.events);
            let of_senders = |r: &homolog_model::plasticity::Rule| 2 * plastic::slots(s, layout.segment) * r.sender.len() * e.senders;
            let at_ends: usize = p.rules.iter().map(|r| of_senders(r) + r.receiver.len() * e.receivers).sum();
            Some(p.per_connection() * e.len() + at_ends)
        };
        let remembered: usize = model.streams.iter().filter_map(of_stream).sum();
        bytes * (layout.size + weights) + 8 * remembered + calendars
    }

    /// Does `work` where the threads of the pool are at hand.
    fn inside<T: Send>(&mut self, work: impl FnOnce(&mut Self) -> T + Send) -> T {
        match self.pool.take() {
            None => work(self),
            Some(pool) => {
                let done = pool.install(|| work(self));
                self.pool = Some(pool);
                done
            }
        }
    }

    /// Does `work` with the plan of a model, where the threads are at hand.
    fn planned<R: Format, T: Send>(&mut self, model: &Model, work: impl FnOnce(&mut Self, &Plan<R>) -> T + Send) -> T {
        let plan = match R::kept(self).plan.take() {
            Some(plan) if plan.hash == model.hash => plan,
            _ => {
                model.streams.iter().for_each(|s| events::keep_near(&s.events));
                Plan::new(model)
            }
        };
        let result = self.inside(|engine| work(engine, &plan));
        R::kept(self).plan = Some(plan);
        result
    }
}

/// What is said of a gradient of 32-bit numbers.
fn no_gradient(model: &Model) -> Fault {
    let what = "no gradient: it is computed with `precision = \"f64\"` alone".into();
    let group = model.groups.first().map_or_else(String::new, |g| g.name.clone());
    Fault { tick: 0, t_ms: 0.0, group, neuron: 0, place: None, sample: 0, what }
}

impl Runner for Engine {
    fn run(
        &mut self,
        model: &Model,
        params: &Params,
        inputs: &Inputs,
        probes: &[Probe],
        state: &mut State,
        tape: Option<&mut Tape>,
    ) -> Result<Recording, Fault> {
        match model.precision {
            Precision::Double => {
                self.planned(model, |engine, plan: &Plan<f64>| forward::run(engine, plan, model, params, inputs, probes, state, tape))
            }
            Precision::Single if tape.is_some() => Err(no_gradient(model)),
            Precision::Single => {
                self.planned(model, |engine, plan: &Plan<f32>| forward::run(engine, plan, model, params, inputs, probes, state, None))
            }
        }
    }

    fn pullback(
        &mut self,
        model: &Model,
        params: &Params,
        inputs: &Inputs,
        probes: &[Probe],
        tape: &mut Tape,
        grad: &RecordingGrad,
        final_state: &[Vec<f64>],
        out: &mut Gradients,
    ) -> Result<(), Fault> {
        if model.precision == Precision::Single {
            return Err(no_gradient(model));
        }
        self.planned(model, |engine, plan| backward::pullback(engine, plan, model, params, inputs, probes, tape, grad, final_state, out))
    }
}
