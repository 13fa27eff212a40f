//! Runs a compiled model, and pulls gradients back through the run.
//!
//! The engine never asks at which level of detail a group is: it has columns, kernels and a signal. A frame is a list
//! of phases; a phase is one evaluation of a group without ticks, or the ticks of groups that exchange spikes. See
//! `layout` for where numbers lie, `run` for what a tick is made of, `forward` and `backward` for the order of things,
//! [`mod@reference`] for the naive second implementation that both must equal.

mod backward;
mod contacts;
mod crew;
mod events;
mod forward;
mod layout;
mod plan;
mod plastic;
mod products;
mod record;
pub mod reference;
mod run;
mod state;

use homolog_exec::{GemmScratch, Isa, SpikeList};
use homolog_model::{Fault, Gradients, Inputs, Model, Params, Probe, Recording, RecordingGrad, Runner, State, Tape};
use plan::Plan;
use std::collections::HashMap;

/// Bytes that a tape may take before the engine keeps checkpoints only and computes segments twice.
pub const TAPE_BUDGET: usize = 256 << 20;

/// The fast runner.
pub struct Engine {
    isa: Isa,
    threads: usize,
    /// The threads that share the work; none for one.
    pool: Option<rayon::ThreadPool>,
    tape_budget: usize,
    plan: Option<Plan>,
    scratch: Scratch,
}

/// Memory that is kept between calls.
#[derive(Default)]
struct Scratch {
    /// Working columns of runs without a tape.
    arena: Vec<f64>,
    /// Packing space of dense products.
    gemm: GemmScratch,
    /// For links by sign: the positive part of the weights and the negated negative part.
    signed: Vec<[Vec<f64>; 2]>,
    /// For links of spikes over dense wires: the transposed weights, padded for whole vectors.
    transposed: Vec<Vec<f64>>,
    /// The spikes of columns, by where in the arena those begin, as they were when they last arrived somewhere.
    spikes: HashMap<usize, SpikeList>,
    /// Spikes on their way and what noise needs, of the run that goes on.
    events: events::Prepared,
    /// Weights that change in the run that goes on.
    plastic: plastic::All,
    crew: crew::Crew,
    /// Number of the run that filled `spikes`.
    run: u64,
    /// Gradient of the weights of one sign.
    part: Vec<f64>,
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
            plan: None,
            scratch: Scratch::default(),
        }
    }

    /// Sets how many bytes a tape may take before segments are computed twice instead of kept.
    pub fn tape_budget(mut self, bytes: usize) -> Self {
        self.tape_budget = bytes;
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
        let wanted = layout::Wanted { model, probes, batch, frames, taped: false, precise: false, threads };
        let layout = layout::Layout::new(wanted, self.tape_budget);
        let of_link = |l: &homolog_model::Link| match l.target {
            homolog_model::Target::Drive => 0,
            homolog_model::Target::Own => params.tensors[l.weights].values.len(),
            _ => 2 * params.tensors[l.weights].values.len(),
        };
        let weights: usize = model.links.iter().map(of_link).sum();
        let calendars: usize = model.streams.iter().map(|s| events::Prepared::bytes(s, layout.segment)).sum();
        // What each connection remembers, and the weight itself.
        let rules =
            |s: &homolog_model::model::Stream| s.plasticity.iter().flat_map(|p| &p.rules).map(|r| r.connection.len()).sum::<usize>();
        let plastic = |s: &&homolog_model::model::Stream| s.plasticity.is_some();
        let remembered: usize = model.streams.iter().filter(plastic).map(|s| (1 + rules(s)) * s.events.len()).sum();
        8 * (layout.size + weights + remembered) + calendars
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

    fn planned(&mut self, model: &Model) -> Plan {
        match self.plan.take() {
            Some(plan) if plan.hash == model.hash => plan,
            _ => Plan::new(model),
        }
    }
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
        let plan = self.planned(model);
        let result = self.inside(|engine| forward::run(engine, &plan, model, params, inputs, probes, state, tape));
        self.plan = Some(plan);
        result
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
        let plan = self.planned(model);
        let result = self.inside(|engine| backward::pullback(engine, &plan, model, params, inputs, probes, tape, grad, final_state, out));
        self.plan = Some(plan);
        result
    }
}
