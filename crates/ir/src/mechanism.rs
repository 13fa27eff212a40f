//! A mechanism: equations with a role and ports.

use crate::event::EventProgram;
use crate::kernel::{Kernel, Port, Surrogate};
use crate::ode::Method;
use homolog_base::{Span, Unit};
use serde::{Deserialize, Serialize};

/// What a mechanism is in a cell or a network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Role {
    /// A whole neuron with its own state (`ARTIFICIAL_CELL`): a rate unit or a point neuron.
    Neuron,
    /// Per membrane area (`SUFFIX`): an ion channel, a leak, a pump.
    Channel,
    /// At a place (`POINT_PROCESS`): a synapse, an electrode.
    Point,
    /// Of a connection (`PLASTICITY`): how its weight changes, whatever the synapse.
    Plasticity,
}

/// A number that is set from outside.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Parameter {
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: Unit,
    /// Value when nothing else is said.
    pub default: f64,
    /// Smallest and largest allowed value.
    pub limits: Option<(f64, f64)>,
    /// True when every instance may have its own (`RANGE`).
    pub range: bool,
    /// Where it is declared.
    pub span: Span,
}

/// A number that evolves.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StateVariable {
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: Unit,
    /// Where it is declared.
    pub span: Span,
}

/// One thing that is done to the states in a step, in the order of BREAKPOINT.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Solve {
    /// Differential equations: the kernel's outputs are named as states and mean their derivatives, per ms.
    Ode {
        /// How they are advanced.
        method: Method,
        /// The right-hand sides.
        rhs: Kernel,
    },
    /// Direct assignment: the kernel's outputs are the states after the step.
    Assign(Kernel),
}

/// When a neuron spikes, and what that does to it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SpikeRule {
    /// One output `x`: the distance above threshold; a spike is its crossing of zero from below.
    pub condition: Kernel,
    /// Unit of `x`.
    pub unit: Unit,
    /// Outputs: the states that a spike sets.
    pub reset: Kernel,
}

/// What a neuron sends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Signal {
    /// Spikes.
    Spike,
    /// The value of this variable.
    Value(String),
}

/// How a neuron's activity over a presentation becomes one number for a rate unit that listens to it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Readout {
    /// The value itself.
    Value,
    /// Number of spikes after `settle`.
    Count,
    /// Spikes filtered with an exponential of this time constant, ms, at the end of the presentation.
    Filtered(f64),
    /// Mean of this state after `settle`.
    Potential(String),
}

/// A synapse mechanism that takes the weights of one sign.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Receptor {
    /// Name of a mechanism of role [`Role::Point`].
    pub mechanism: String,
    /// Parameters that differ from its defaults.
    pub parameters: Vec<(String, f64, Option<Unit>)>,
    /// Physical size of a weight of 1, and its unit; without one, that of the first argument of its `NET_RECEIVE`.
    pub weight: (f64, Option<Unit>),
    /// Where it is declared.
    pub span: Span,
    /// Where each of `parameters` is set.
    pub parameter_spans: Vec<Span>,
    /// Where `weight` stands.
    pub weight_span: Span,
}

/// The declarations that make a neuron exchangeable for another: what a dimensionless network needs to know of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Interface {
    /// What it sends.
    pub signal: Signal,
    /// The port that takes weighted sums of values and the bias.
    pub drive: Option<String>,
    /// Physical size of a weight of 1 and of a bias of 1, in the unit of `drive`.
    pub weight: f64,
    /// Physical size of a weight of 1 that arrives as an event at the neuron's own `NET_RECEIVE`, in the unit of its first argument.
    pub event: Option<f64>,
    /// Who takes positive weights from spiking sources, if not the neuron itself.
    pub positive: Option<Receptor>,
    /// Who takes negative weights.
    pub negative: Option<Receptor>,
    /// Port that receives the summed membrane current of receptors (outward positive), nA.
    pub synaptic_current: Option<String>,
    /// How long one input is shown, ms.
    pub presentation: f64,
    /// How much of that passes before the readout begins, ms.
    pub settle: f64,
    /// Time step, ms. Zero for a unit without time.
    pub dt: f64,
    /// Delay of projections that name none, ms.
    pub delay: f64,
    /// Derivative of a spike.
    pub surrogate: Option<Surrogate>,
    /// The state that begins at zero with every presentation.
    pub restart: Option<String>,
    /// True when the reset carries gradient too.
    pub reset_attached: bool,
    /// How activity becomes a value.
    pub readout: Readout,
    /// What one unit of the readout (one spike, one mV) is worth to a rate unit.
    pub readout_scale: f64,
    /// Declared mean activity under a drive of unit variance: spikes per presentation, or mean absolute value.
    pub activity: f64,
}

/// What a mechanism has to do with one ion (`USEION`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ion {
    /// Name: `na`.
    pub name: String,
    /// Charge, where it is declared.
    pub valence: Option<f64>,
    /// What it reads of it: `ena`, `cai`.
    pub reads: Vec<String>,
    /// What it writes of it: `ina`.
    pub writes: Vec<String>,
}

impl Ion {
    /// Name of its current: `ica`.
    pub fn current(&self) -> String {
        format!("i{}", self.name)
    }

    /// Name of its reversal potential: `eca`.
    pub fn reversal(&self) -> String {
        format!("e{}", self.name)
    }

    /// Names of its concentrations inside and outside: `cai`, `cao`.
    pub fn concentrations(&self) -> [String; 2] {
        [format!("{}i", self.name), format!("{}o", self.name)]
    }

    /// The concentrations that the mechanism writes.
    pub fn written_concentrations(&self) -> impl Iterator<Item = String> + '_ {
        self.concentrations().into_iter().filter(|n| self.writes.contains(n))
    }
}

/// Name of an input that is a new random number between 0 and 1 whenever its kernel is run.
pub fn draw(site: usize) -> String {
    format!("draw[{site}]")
}

/// The site of a name that [`draw`] has given.
pub fn draw_of(name: &str) -> Option<usize> {
    name.strip_prefix("draw[")?.strip_suffix(']')?.parse().ok()
}

/// True for a name that [`draw`] has given.
pub fn is_draw(name: &str) -> bool {
    draw_of(name).is_some()
}

/// Name of an output that is the derivative of a state: `m'`.
pub fn slope(state: &str) -> String {
    format!("{state}'")
}

/// Prefix of outputs that are a diffusion constant times a cross section: `flow:ca[0]`.
pub const FLOW: &str = "flow:";
/// Prefix of outputs that are a volume per length: `volume:ca[0]`.
pub const VOLUME: &str = "volume:";

/// Name of an input that is a state as it was some time ago: `lag[m,tau]`.
pub fn lag(state: &str, time: &str) -> String {
    format!("lag[{state},{time}]")
}

/// The state and the time (a parameter, ms) of a name that [`lag`] has given.
pub fn lag_of(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("lag[")?.strip_suffix(']')?.split_once(',')
}

/// Names of NEURON's mechanism of the space outside of a cell, of its parameters and potentials, and of the membrane current that it gives:
/// none of them is here. (`xg` and `xc` are its too, and say too little by themselves.)
pub const OF_THE_OUTSIDE: [&str; 6] = ["extracellular", "xraxial", "e_extracellular", "vext", "i_membrane", "i_membrane_"];

/// What there is instead, as a hint.
pub const INSTEAD_OF_THE_OUTSIDE: &str = "potentials outside do not act on cells here; what a cell makes outside is recorded by `variable = \"lfp\"` in a [[record]] of a model file";

/// What the name of an electrode's current has behind it where it means the same outward positive: `i_membrane` of `ELECTRODE_CURRENT i`.
pub const ELECTRODE: &str = "_membrane";

/// Equations with a role and ports, as read from one `.mod` file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Mechanism {
    /// Name (`SUFFIX`, `POINT_PROCESS`, `ARTIFICIAL_CELL` or `PLASTICITY`).
    pub name: String,
    /// One line that says what it is.
    pub title: String,
    /// Equation, source and remarks, from its comment block.
    pub description: String,
    /// What it is.
    pub role: Role,
    /// What can be set.
    pub parameters: Vec<Parameter>,
    /// What evolves.
    pub states: Vec<StateVariable>,
    /// What it reads from outside beside its parameters: `v`, `ena`, `celsius`, a drive.
    pub reads: Vec<Port>,
    /// Currents it contributes to the membrane, outward positive: outputs of `breakpoint`. nA for points, mA/cm2 for channels.
    pub currents: Vec<Port>,
    /// The ions it reads or writes.
    pub ions: Vec<Ion>,
    /// Inputs: parameters, reads. Outputs: initial states.
    pub initial: Kernel,
    /// Inputs: parameters, states, reads. Outputs: currents and other assigned variables.
    pub breakpoint: Kernel,
    /// How the states are advanced, in order.
    pub solves: Vec<Solve>,
    /// The whole step of a channel or a point, memory included: inputs are states, parameters, reads and `dt`, outputs the
    /// states after it. Its `v` is that after the step (Hines 1984). None for a neuron, whose `solves` say it all.
    pub advance: Option<Kernel>,
    /// The equations of a channel or a point as they stand, before any step method: outputs named by [`slope`] are the derivatives of
    /// states, per ms, those named as variables what is assigned on the way. Reads `dt` where states are stepped without an equation.
    /// None for a neuron.
    pub rates: Option<Kernel>,
    /// What diffuses along branches (`LONGITUDINAL_DIFFUSION`): for each such state an output [`FLOW`] with its name, the diffusion constant
    /// times the cross section in which it moves (um4/ms), and an output [`VOLUME`] with its name, the volume that it is in per length of the
    /// branch (um2). Inputs: parameters, states, reads. None where nothing does.
    pub diffusion: Option<Kernel>,
    /// What an event does.
    pub receive: Option<EventProgram>,
    /// Of a rule of plasticity: what a spike of the receiving neuron does to its states (`POST_SPIKE`).
    pub post: Option<Kernel>,
    /// Of a rule of plasticity: the output of `receive` that arrives at the synapse, where it is not the weight (`TRANSMITS`).
    pub transmits: Option<String>,
    /// What INITIAL sets off: a program without arguments whose kernel has no outputs but those of its effects.
    pub start: Option<EventProgram>,
    /// Conditions of WATCH: one output each, the distance above the threshold.
    pub watches: Vec<Kernel>,
    /// When it spikes.
    pub spike: Option<SpikeRule>,
    /// What a network needs to know.
    pub interface: Option<Interface>,
}

impl Mechanism {
    /// Those of its currents that an electrode brings in (`ELECTRODE_CURRENT`), as they are named among [`Mechanism::currents`]: outward
    /// positive, and across no membrane.
    pub fn injected(&self) -> impl Iterator<Item = &Port> {
        let brought_in = |c: &&Port| c.name.strip_suffix(ELECTRODE).is_some_and(|n| self.breakpoint.output(n).is_some());
        self.currents.iter().filter(brought_in)
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }

    /// The step of all states over `dt`: inputs are states, parameters, reads and `dt`; outputs are the states that change.
    ///
    /// # Errors
    /// States whose equation is not linear although `cnexp` was asked for.
    pub fn step(&self) -> Result<Kernel, Vec<crate::ode::NotLinear>> {
        if let Some(k) = &self.advance {
            return Ok(k.clone());
        }
        let mut b = crate::Builder::new(format!("{}.step", self.name));
        let mut now: std::collections::HashMap<String, (Unit, crate::Value)> = std::collections::HashMap::new();
        let mut wrong = Vec::new();
        for solve in &self.solves {
            let kernel = match solve {
                Solve::Ode { method, rhs } => match crate::ode::step(rhs, *method) {
                    Ok(k) => k,
                    Err(e) => {
                        wrong.extend(e);
                        continue;
                    }
                },
                Solve::Assign(k) => k.clone(),
            };
            let values = b.inline(&kernel, |_, p| now.get(&p.name).map(|x| x.1));
            for ((port, _), v) in kernel.outputs.iter().zip(values) {
                now.insert(port.name.clone(), (port.unit, v));
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        for s in &self.states {
            if let Some((unit, v)) = now.get(&s.name) {
                b.output(&s.name, *unit, *v);
            }
        }
        Ok(b.finish())
    }

    /// The states that diffuse along branches.
    pub fn diffuses(&self) -> impl Iterator<Item = &str> {
        self.diffusion.iter().flat_map(|k| &k.outputs).filter_map(|(p, _)| p.name.strip_prefix(FLOW))
    }

    /// Names of all concentrations that it writes.
    pub fn written_concentrations(&self) -> impl Iterator<Item = String> + '_ {
        self.ions.iter().flat_map(Ion::written_concentrations)
    }

    /// Why a cell cannot hold it yet, if it cannot.
    pub fn not_in_cells(&self) -> Option<String> {
        let kernels = [Some(&self.breakpoint), self.advance.as_ref()];
        let is_read = |n: &str| kernels.iter().flatten().any(|k| k.input(n).is_some());
        let own = |n: &str| !self.written_concentrations().any(|c| c == n);
        let memory = self
            .breakpoint
            .outputs
            .iter()
            .filter(|(p, _)| own(&p.name))
            .find(|(p, _)| self.states.iter().any(|s| s.name == p.name) && is_read(&p.name));
        if let Some((p, _)) = memory {
            return Some(format!("BREAKPOINT keeps a value of `{}` for the next step", p.name));
        }
        for ion in &self.ions {
            if let Some(n) = ion.writes.iter().find(|n| **n == ion.reversal()) {
                return Some(format!("it writes `{n}`, which here follows from the concentrations or from the cell's file"));
            }
        }
        if self.start.is_some() {
            return Some("its INITIAL sends events (net_send)".to_string());
        }
        if kernels.iter().flatten().any(|k| k.inputs.iter().any(|p| is_draw(&p.name))) {
            return Some("its equations draw random numbers".to_string());
        }
        if kernels.iter().flatten().any(|k| k.inputs.iter().any(|p| lag_of(&p.name).is_some())) {
            return Some("its equations read what a state was some time ago (LAG)".to_string());
        }
        None
    }

    /// Currents and their derivative with respect to `v`: outputs `i` (sum of all currents) and `g`.
    pub fn current_and_conductance(&self) -> Kernel {
        let mut b = crate::Builder::new(format!("{}.current", self.name));
        let values = b.inline(&self.breakpoint, |_, _| None);
        let mv = Unit::parse("mV").expect("mV is a unit");
        let v = b.input("v", mv);
        let mut sum = b.constant(0.0);
        let mut unit = Unit::ONE;
        for (k, (port, _)) in self.breakpoint.outputs.iter().enumerate() {
            if self.currents.iter().any(|c| c.name == port.name) {
                sum = b.add(sum, values[k]);
                unit = port.unit;
            }
        }
        let g = crate::calculus::derivative(&mut b, sum, v);
        b.output("i", unit, sum);
        b.output("g", unit / mv, g);
        b.finish()
    }
}
