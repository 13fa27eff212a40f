//! What runs a model, and what it works on.

use crate::model::{Model, Spike};
use crate::params::Params;
use homolog_base::Unit;
use std::fmt;

/// What can be observed of a population.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Observable {
    /// Its value (the readout) at the end of every frame: `frames x size x batch`. Losses look at this.
    Value,
    /// Spikes of each neuron in every frame: `frames x size x batch`.
    Count,
    /// Whether each neuron spiked, tick by tick: `ticks x size x batch`.
    Spikes,
    /// Who spiked when: `spikes x 3 x 1`, of each spike the tick (of this run), neuron and sample, in this order.
    Raster,
    /// State variable number `.0` of the group, tick by tick: `ticks x (sites size) x batch`, place by place.
    State(usize),
    /// State variable number `.0` at place `.1` of its column, tick by tick: `ticks x size x batch`.
    Site(usize, usize),
    /// Weighted sum number `.0` of [`Model::sums`], after every tick: `ticks x (neurons of a kind) x batch`.
    Sum(usize),
    /// State variable number `.0` at the end of every frame: `frames x (sites size) x batch`, place by place.
    FrameEnd(usize),
    /// Sizes of the weights of stream number `.0`, which a rule of plasticity changes and which ends at the group, at the end of every frame:
    /// `frames x connections x 1`, in the order of [`crate::events::Events::each`].
    Weights(usize),
}

/// Something to record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// Index of the group.
    pub group: usize,
    /// What of it.
    pub what: Observable,
}

/// What one probe saw.
#[derive(Clone, PartialEq, Debug)]
pub struct Trace {
    /// Name: `class.value`.
    pub name: String,
    /// Unit of the numbers.
    pub unit: Unit,
    /// Samples in time, neurons, batch.
    pub shape: [usize; 3],
    /// Row-major: time, neuron, sample of the batch (contiguous).
    pub data: Vec<f64>,
}

/// What the probes saw, in the order they were asked for.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Recording {
    /// One trace per probe.
    pub traces: Vec<Trace>,
}

/// Gradient of a loss with respect to a recording: one array per probe, empty where there is none. Only
/// [`Observable::Value`], [`Observable::Count`], [`Observable::Site`] and [`Observable::Sum`] may have one.
pub type RecordingGrad = Vec<Vec<f64>>;

/// What a network is shown: a batch of sequences of frames.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Inputs {
    /// Samples in the batch.
    pub batch: usize,
    /// Frames of each sample.
    pub frames: usize,
    /// For every input population, in the order of the groups: `frames x size x batch` intensities.
    pub values: Vec<Vec<f64>>,
}

/// Numbers that evolve: everything needed to go on.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct State {
    /// Samples in the batch; 0 for a state that has not begun.
    pub batch: usize,
    /// Ticks since the beginning.
    pub tick: i64,
    /// For every group: its state variables, each `sites x size x batch`, one after the other.
    pub variables: Vec<Vec<f64>>,
    /// For every group: its last spikes that are still on their way, oldest first, `ticks x size x batch`.
    pub in_flight: Vec<Vec<f64>>,
    /// For every group: its spikes that are still on their way by streams, oldest first, with their numbers in `size x batch`.
    pub sent: Vec<Vec<Spike>>,
    /// For every group: its last values that are still on their way, oldest first, `frames x size x batch`.
    pub values_in_flight: Vec<Vec<f64>>,
    /// For every stream: its weights, where they change; nothing where they do not.
    pub plastic: Vec<Plastic>,
}

/// Weights that change by rules of plasticity, and what the rules remember.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Plastic {
    /// Numbers of the connections, each in the order of [`crate::events::Events`]: the size of the weight, then what each rule remembers of
    /// each connection.
    pub connections: Vec<Vec<f64>>,
    /// For every rule: what it remembers of neurons.
    pub rules: Vec<Traces>,
}

/// What a rule remembers of the neurons at both ends.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Traces {
    /// Of the last ticks, as many as the longest delay and one more, oldest first, all traces of all senders: after the tick, and between its
    /// two parts.
    pub senders: [Vec<f64>; 2],
    /// All traces of all receivers.
    pub receivers: Vec<f64>,
}

impl State {
    /// A state that has not begun: the first run starts from the mechanisms' initial states.
    pub fn fresh() -> Self {
        State::default()
    }

    /// Begins again; keeps the memory.
    pub fn restart(&mut self) {
        self.batch = 0;
        self.tick = 0;
        self.sent.clear();
    }

    /// True before the first run.
    pub fn is_fresh(&self) -> bool {
        self.batch == 0
    }
}

/// What the adjoint needs: checkpoints and, where they fit, whole segments. Its content belongs to the runner that filled
/// it; it may be used again and keeps its memory.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    /// Working columns of the segments kept.
    pub arena: Vec<f64>,
    /// States at the start of each segment.
    pub checkpoints: Vec<f64>,
    /// Sizes of what is on it; zeros when empty.
    pub shape: TapeShape,
    /// The state the run began with; fresh if it began from the initial states.
    pub start: State,
}

/// How a tape is divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TapeShape {
    /// Samples in the batch.
    pub batch: usize,
    /// Frames.
    pub frames: usize,
    /// Ticks of one segment.
    pub segment: usize,
    /// Whether all segments are kept, so that nothing is computed twice.
    pub keeps_all: bool,
    /// Which run of its runner filled it.
    pub run: u64,
}

impl Tape {
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        (self.arena.len() + self.checkpoints.len()) * 8
    }
}

/// Gradients of a loss.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Gradients {
    /// With respect to every tensor of [`Params`].
    pub params: Vec<Vec<f64>>,
    /// With respect to [`Inputs::values`].
    pub inputs: Vec<Vec<f64>>,
    /// With respect to the state the run began with: as [`State::variables`]; empty if it began fresh.
    pub initial: Vec<Vec<f64>>,
}

/// Why a run stopped.
#[derive(Clone, PartialEq, Debug)]
pub struct Fault {
    /// Ticks since the beginning.
    pub tick: i64,
    /// Time, ms.
    pub t_ms: f64,
    /// Name of the population.
    pub group: String,
    /// Neuron in the population.
    pub neuron: usize,
    /// Where in the neuron, if it is a cell: `dendrite, compartment 3 of 5`.
    pub place: Option<String>,
    /// Sample in the batch.
    pub sample: usize,
    /// What happened, such as `NaN in v`.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {}, neuron {}{}, sample {}, t = {} ms (tick {})",
            self.what,
            self.group,
            self.neuron,
            self.place.iter().map(|p| format!(", {p}")).collect::<String>(),
            self.sample,
            self.t_ms,
            self.tick
        )
    }
}

impl std::error::Error for Fault {}

/// Runs models and pulls gradients back through runs.
pub trait Runner: Send {
    /// Shows `inputs` to the network, from `state` on, which becomes the final state. With a tape, records what
    /// [`Runner::pullback`] needs.
    ///
    /// # Errors
    /// The first number that is not finite.
    fn run(
        &mut self,
        model: &Model,
        params: &Params,
        inputs: &Inputs,
        probes: &[Probe],
        state: &mut State,
        tape: Option<&mut Tape>,
    ) -> Result<Recording, Fault>;

    /// The gradient of a loss, given its gradient with respect to the recording and to the final state's variables
    /// (empty for none). `probes` are those of the run; `tape` is used up as scratch space and stays valid.
    ///
    /// # Errors
    /// The first gradient that is not finite.
    #[allow(clippy::too_many_arguments)]
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
    ) -> Result<(), Fault>;
}
