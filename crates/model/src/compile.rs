//! From rules to structure: `Network` + `Library` -> `Model` + `Params`.
//!
//! Every problem is reported, each with its place in the model file. Nothing of a particular neuron or task is decided
//! here: what a weight means, how long an input is shown and how activity becomes a value come from the neurons' own
//! declarations.

use crate::calibration::calibrate;
use crate::compose::{Parts, compose};
use crate::library::Library;
use crate::model::{Clock, Group, Link, Model, Target};
use crate::network::{Delay, Network, Population};
use crate::params::{Params, Tensor};
use homolog_base::{Diagnostic, Hash, Key, Unit};
use homolog_ir::{Interface, Kernel, Mechanism, Role, Signal, Surrogate};
use std::collections::BTreeMap;

mod delays;
mod limits;
mod order;
mod receptors;
mod wires;

pub use delays::rounded;

/// Name of the population kind that is set from outside.
pub const INPUT: &str = "input";

/// A population with its mechanism found and its numbers read.
struct Resolved<'a> {
    mechanism: Option<(&'a Mechanism, &'a Interface)>,
    parameters: BTreeMap<String, f64>,
    surrogate: Option<Surrogate>,
}

impl Resolved<'_> {
    fn is_input(&self) -> bool {
        self.mechanism.is_none()
    }
    fn spikes(&self) -> bool {
        self.mechanism.is_some_and(|(_, i)| i.signal == Signal::Spike)
    }
}

/// Compiles a network. `seed` keys random wiring and initial weights.
///
/// # Errors
/// Everything that is wrong with the network, as diagnostics with places where it was read from a text.
pub fn compile(network: &Network, library: &Library, seed: u64) -> Result<(Model, Params), Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let resolved: Vec<Resolved> = network.populations.iter().map(|p| resolve(network, p, library, &mut problems)).collect();
    // Groups cannot be made from populations that are not understood.
    if !problems.is_empty() {
        return Err(problems);
    }
    let interfaces = || resolved.iter().filter_map(|r| r.mechanism.map(|m| m.1)).filter(|i| i.dt > 0.0);
    let (dt, shown) = delays::time(network, &resolved);
    let ticks = (shown / dt).round() as usize;
    if interfaces().next().is_some() && (ticks == 0 || (ticks as f64 * dt - shown).abs() > 1e-9 * shown) {
        let span = network.presentation.as_ref().or(network.dt.as_ref()).map(|l| l.span).unwrap_or_default();
        problems.push(
            network
                .locate(
                    Diagnostic::error(
                        "model-presentation",
                        format!("a presentation of {shown} ms is not a whole number of steps of {dt} ms"),
                    ),
                    span,
                    "given here",
                )
                .hint("choose a presentation that is a multiple of the step"),
        );
        return Err(problems);
    }
    let ticks = if interfaces().next().is_some() { ticks } else { 0 };
    too_large(network, dt, ticks, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }

    let mut links = wires::links(network, &resolved, (dt, ticks), seed, &mut problems);
    let order = order::phases(network, &resolved, &links, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut params = Params::default();
    let mut groups = Vec::new();
    for (g, (population, r)) in network.populations.iter().zip(&resolved).enumerate() {
        match group(network, population, r, library, &links, g, dt, ticks, &mut params) {
            Ok(made) => groups.push(made),
            // What is wrong in a mechanism is wrong in each of its populations, and said once.
            Err(e) => problems.extend(e.into_iter().filter(|d| !problems.contains(d)).collect::<Vec<_>>()),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    for (link, projection) in links.iter_mut().zip(&network.projections) {
        link.weights = params.tensors.len();
        params.tensors.push(wires::weights(link, projection, &groups, network, seed));
    }
    let mut model = Model { title: network.title.clone(), hash: Hash::of(b""), dt, ticks, groups, links, phases: order };
    model.hash = hash(&model);
    Ok((model, params))
}

/// The hash of everything that a run depends on beside parameters and inputs.
fn hash(model: &Model) -> Hash {
    let mut text = format!("{} {}\n", model.dt.to_bits(), model.ticks);
    for g in &model.groups {
        text += &format!("{} {} {} {:?} {}\n{}{}{}", g.name, g.neuron, g.size, g.clock, g.settle, g.initial, g.step, g.value);
    }
    for l in &model.links {
        text += &format!("{} {} {} {:?} {} {:?}\n", l.name, l.from, l.to, l.target, l.delay, l.wires);
    }
    Hash::of(text.as_bytes())
}

/// Most ticks of a frame or of a delay, and most weights of a projection (2^31, 16 GiB): beyond these nothing is allocated.
const MOST_TICKS: f64 = 1e7;
const MOST_WEIGHTS: u128 = 1 << 31;

/// What could not be held in any memory is refused with its numbers before any is asked for.
fn too_large(network: &Network, dt: f64, ticks: usize, problems: &mut Vec<Diagnostic>) {
    let mut say = |d: Diagnostic, span, label: &str| problems.push(network.locate(d, span, label));
    if ticks as f64 > MOST_TICKS {
        let span = network.presentation.as_ref().or(network.dt.as_ref()).map(|l| l.span).unwrap_or_default();
        let d = Diagnostic::error("model-too-large", format!("a presentation of {ticks} steps is more than {MOST_TICKS}"));
        say(d.hint("show inputs for a shorter time, or take longer steps"), span, "given here");
    }
    for p in &network.populations {
        if p.size.value as u128 > MOST_WEIGHTS {
            let d =
                Diagnostic::error("model-too-large", format!("`{}` has {} neurons, more than {MOST_WEIGHTS}", p.name.value, p.size.value));
            say(d, p.size.span, "too many");
        }
    }
    for p in &network.projections {
        let steps = p.delay.as_ref().map_or(0.0, |d| match d.value {
            Delay::Ms(ms) | Delay::Either(_, ms) => ms / dt,
            Delay::Frames(frames) => f64::from(frames) * ticks.max(1) as f64,
        });
        if let Some(d) = p.delay.as_ref().filter(|_| steps > MOST_TICKS) {
            let text = format!("a delay of {steps} steps is more than {MOST_TICKS}");
            say(Diagnostic::error("model-too-large", text).hint("delay it by less, or take longer steps"), d.span, "too long");
        }
        let size = |name: &str| network.population(name).map_or(0, |k| network.populations[k].size.value as u128);
        let weights = match p.wiring.value {
            crate::network::Wiring::OneToOne => size(&p.to),
            _ => size(&p.from) * size(&p.to),
        };
        if weights > MOST_WEIGHTS {
            let gib = weights as f64 * 8.0 / (1u64 << 30) as f64;
            let text = format!("`{}` to `{}` has {weights} pairs of neurons, which would take {gib:.0} GiB", p.from.value, p.to.value);
            say(
                Diagnostic::error("model-too-large", text).hint(format!("at most {MOST_WEIGHTS} are possible")),
                p.span,
                "too many weights",
            );
        }
    }
}

fn resolve<'a>(network: &Network, p: &Population, library: &'a Library, problems: &mut Vec<Diagnostic>) -> Resolved<'a> {
    let nothing = Resolved { mechanism: None, parameters: BTreeMap::new(), surrogate: None };
    if p.neuron.value == INPUT {
        for (name, value) in &p.parameters {
            problems.push(network.locate(
                Diagnostic::error("model-parameter", format!("an input population has no parameter `{name}`")),
                value.span,
                "given here",
            ));
        }
        return nothing;
    }
    let neurons = || library.iter().filter(|m| m.role == Role::Neuron && m.interface.is_some());
    let Some(m) = library.get(&p.neuron.value) else {
        problems.push(
            network
                .locate(
                    Diagnostic::error("model-unknown-neuron", format!("there is no neuron `{}`", p.neuron.value)),
                    p.neuron.span,
                    "not in the library",
                )
                .suggest(&p.neuron.value, neurons().map(|m| m.name.as_str()).chain([INPUT])),
        );
        return nothing;
    };
    let (Role::Neuron, Some(interface)) = (m.role, m.interface.as_ref()) else {
        let what = match m.role {
            Role::Channel => "an ion channel",
            Role::Point => "a synapse or electrode",
            Role::Neuron => "a neuron without an INTERFACE block",
        };
        problems.push(
            network
                .locate(
                    Diagnostic::error("model-not-a-neuron", format!("`{}` is {what}, which cannot be a population by itself", m.name)),
                    p.neuron.span,
                    "a neuron was expected",
                )
                .hint(format!("neurons are: {}", neurons().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", "))),
        );
        return nothing;
    };
    let mut parameters = BTreeMap::new();
    for (name, setting) in &p.parameters {
        let Some(parameter) = m.parameter(name) else {
            problems.push(
                network
                    .locate(
                        Diagnostic::error("model-parameter", format!("`{}` has no parameter `{name}`", m.name)),
                        setting.span,
                        "unknown parameter",
                    )
                    .suggest(name, m.parameters.iter().map(|q| q.name.as_str())),
            );
            continue;
        };
        let (number, unit) = &setting.value;
        let value = match unit.as_deref().map(|u| (u, Unit::parse(u))) {
            None => *number,
            Some((_, Ok(u))) if u.same_dimension(&parameter.unit) => number * u.factor_to(&parameter.unit).expect("same dimension"),
            Some((text, Ok(_))) => {
                problems.push(
                    network
                        .locate(
                            Diagnostic::error("model-unit", format!("`{name}` of `{}` is in {}, not in {text}", m.name, parameter.unit)),
                            setting.span,
                            format!("expected {}", parameter.unit).as_str(),
                        )
                        .hint(format!("write it as \"{number} {}\"", parameter.unit)),
                );
                continue;
            }
            Some((_, Err(e))) => {
                problems.push(network.locate(
                    Diagnostic::error("model-unit", e.to_string()),
                    setting.span,
                    format!("expected {}", parameter.unit).as_str(),
                ));
                continue;
            }
        };
        if let Some(must) = limits::must_be(m, parameter, value) {
            let d = Diagnostic::error("model-limits", format!("`{name}` of `{}` cannot be {value} {}", m.name, parameter.unit));
            problems.push(network.locate(d, setting.span, "out of its limits").hint(must));
            continue;
        }
        parameters.insert(name.clone(), value);
    }
    problems.extend(limits::defaults(library, m, |name| p.parameters.contains_key(name)));
    for (k, name) in p.learn.iter().enumerate() {
        if p.learn[..k].iter().any(|other| other.value == name.value) {
            problems.push(network.locate(
                Diagnostic::error("model-parameter", format!("`{}` is listed twice", name.value)),
                name.span,
                "it can be learned only once",
            ));
        }
        if m.parameter(name).is_none() {
            problems.push(
                network
                    .locate(
                        Diagnostic::error("model-parameter", format!("`{}` has no parameter `{}` to learn", m.name, name.value)),
                        name.span,
                        "unknown parameter",
                    )
                    .suggest(name, m.parameters.iter().map(|q| q.name.as_str())),
            );
        }
    }
    let mut surrogate = interface.surrogate;
    if let Some(s) = &p.surrogate {
        match homolog_ir::Shape::from_name(&s.value.0) {
            Some(shape) if s.value.1 > 0.0 => surrogate = Some(Surrogate { shape, width: s.value.1 }),
            Some(_) => problems.push(network.locate(
                Diagnostic::error("model-surrogate", "the width of a surrogate must be positive"),
                s.span,
                "given here",
            )),
            None => problems.push(
                network
                    .locate(
                        Diagnostic::error("model-surrogate", format!("there is no surrogate derivative `{}`", s.value.0)),
                        s.span,
                        "unknown shape",
                    )
                    .suggest(&s.value.0, homolog_ir::Shape::names()),
            ),
        }
    }
    Resolved { mechanism: Some((m, interface)), parameters, surrogate }
}

#[allow(clippy::too_many_arguments)]
fn group(
    network: &Network,
    population: &Population,
    resolved: &Resolved,
    library: &Library,
    links: &[Link],
    index: usize,
    dt: f64,
    ticks: usize,
    params: &mut Params,
) -> Result<Group, Vec<Diagnostic>> {
    let name = population.name.value.clone();
    let size = population.size.value;
    let Some((mechanism, interface)) = resolved.mechanism else {
        let empty = Kernel::default();
        return Ok(Group {
            name,
            neuron: INPUT.into(),
            size,
            clock: Clock::Input,
            variables: vec![],
            initial: empty.clone(),
            step: empty.clone(),
            step_vjp: empty.clone(),
            burst: None,
            value: empty.clone(),
            value_vjp: empty.clone(),
            initial_vjp: empty,
            spikes: false,
            arrivals: vec![],
            driven: false,
            bias: None,
            learned: vec![],
            settle: 0,
            mean_square: 1.0,
            calibration: None,
        });
    };
    let incoming = || links.iter().filter(|l| l.to == index);
    let wants_bias = population.bias.unwrap_or(true) && interface.drive.is_some();
    let driven = wants_bias || incoming().any(|l| l.target == Target::Drive);
    let mut receptors = Vec::new();
    let mut problems = Vec::new();
    if incoming().any(|l| l.target == Target::BySign) {
        if interface.positive.is_none() || interface.negative.is_none() {
            problems.push(
                network
                    .locate(
                        Diagnostic::error("model-receptor", format!("`{}` has a receptor for weights of one sign only", mechanism.name)),
                        population.neuron.span,
                        "weights of the other sign would do nothing",
                    )
                    .hint("declare both POSITIVE and NEGATIVE in its INTERFACE block"),
            );
        }
        for (prefix, receptor) in [("positive", &interface.positive), ("negative", &interface.negative)] {
            let Some(receptor) = receptor else { continue };
            match receptors::find(library, mechanism, receptor) {
                Ok((r, m)) => receptors.push((prefix, r, m)),
                Err(e) => problems.extend(e),
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut interface = interface.clone();
    if let Some(scale) = &population.readout_scale {
        interface.readout_scale = scale.value;
    }
    let interface = &interface;
    let settle = delays::settle(network, &population.neuron, interface, dt, ticks).map_err(|d| vec![d])?;
    let mut parts = Parts {
        name: &name,
        neuron: mechanism,
        interface,
        receptors: receptors.iter().map(|(p, r, m)| (*p, r, *m)).collect(),
        parameters: resolved.parameters.clone(),
        learn: population.learn.iter().map(|l| l.value.clone()).collect(),
        dt,
        ticks,
        settle,
        driven: true,
        own_events: incoming().any(|l| l.target == Target::Own),
        surrogate: resolved.surrogate,
        gain: 1.0,
    };
    let located = |e: Vec<String>| -> Vec<Diagnostic> {
        e.into_iter().map(|m| network.locate(Diagnostic::error("model-neuron", m), population.neuron.span, "this neuron")).collect()
    };
    let value_of = |n: &str| resolved.parameters.get(n).copied().or_else(|| mechanism.parameter(n).map(|p| p.default)).unwrap_or(0.0);
    let learned_values: Vec<(String, f64)> = parts.learn.iter().map(|n| (n.clone(), value_of(n))).collect();
    let composed = compose(&parts).map_err(located)?;
    let (calibration, mean_square) = match interface.drive {
        Some(_) => {
            let (c, s) = calibrate(&composed, ticks, parts.settle, &learned_values, interface.activity);
            (Some(c), s)
        }
        None => (None, 1.0),
    };
    if let Some(c) =
        calibration.filter(|c| composed.clock == Clock::Tick && !(c.reached > c.declared / 3.0 && c.reached < 3.0 * c.declared))
    {
        return Err(vec![
            network
                .locate(
                    Diagnostic::error(
                        "model-calibration",
                        format!(
                            "`{}` cannot be driven to its declared activity: {:.3} spikes in a presentation instead of {}, at {} times the declared weight",
                            mechanism.name, c.reached, c.declared, c.gain
                        ),
                    ),
                    population.neuron.span,
                    "with the parameters and the presentation given",
                )
                .hint("a longer presentation, a shorter refractory time or a lower threshold would let it spike"),
        ]);
    }
    parts.gain = calibration.map_or(1.0, |c| c.gain);
    parts.driven = driven;
    let composed = compose(&parts).map_err(located)?;

    let column = |params: &mut Params, name: String, unit: Unit, bounds, decays: bool, value: f64| {
        params.tensors.push(Tensor { name, unit, shape: [size, 1], learned: true, decays, bounds, values: vec![value; size] });
        params.tensors.len() - 1
    };
    let bias = wants_bias.then(|| column(params, format!("{name}.bias"), Unit::ONE, None, false, 0.0));
    let learned = learned_values
        .iter()
        .map(|(n, v)| {
            let p = mechanism.parameter(n).expect("resolved");
            (n.clone(), column(params, format!("{name}.{n}"), p.unit, limits::bounds(mechanism, p, *v, dt), false, *v))
        })
        .collect();
    Ok(Group {
        neuron: mechanism.name.clone(),
        size,
        clock: composed.clock,
        variables: composed.variables,
        initial: composed.initial,
        step: composed.step,
        step_vjp: composed.step_vjp,
        burst: composed.burst,
        value: composed.value,
        value_vjp: composed.value_vjp,
        initial_vjp: composed.initial_vjp,
        spikes: composed.spikes,
        arrivals: composed.arrivals,
        driven,
        bias,
        learned,
        settle: parts.settle,
        mean_square: if mean_square > 0.0 { mean_square } else { 1.0 },
        calibration,
        name,
    })
}

/// The key of everything random in one projection.
fn link_key(seed: u64, name: &str, what: &str) -> Key {
    Key::new(seed).named(what).named(name)
}
