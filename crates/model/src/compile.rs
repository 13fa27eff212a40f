//! From rules to structure: `Network` + `Library` -> `Model` + `Params`.
//!
//! Every problem is reported, each with its place in the model file. Nothing of a particular neuron or task is decided
//! here: what a weight means, how long an input is shown and how activity becomes a value come from the neurons' own
//! declarations.

use crate::calibration::{Calibration, Trial, calibrate};
use crate::cell::Cell;
use crate::compose::cable::SIGNS;
use crate::compose::{Parts, compose};
use crate::library::Library;
use crate::model::{Clock, Group, Learned, Link, Model, Opening, Target};
use crate::network::{Bell, Delay, Network, Population, Wiring};
use crate::params::{Params, Tensor};
use homolog_base::ranks::Alone;
use homolog_base::{Diagnostic, Hash, Key, Ranks, Unit};
use homolog_ir::mechanism::is_draw;
use homolog_ir::{Interface, Mechanism, Role, Signal, Surrogate};
use rayon::prelude::*;
use std::collections::BTreeMap;

mod cells;
mod currents;
mod delays;
mod equations;
mod gaps;
mod hash;
mod limits;
mod order;
mod outside;
mod plasticity;
mod ranks;
mod receptors;
mod settings;
mod spikes;
mod streams;
mod wires;

pub use delays::warnings;
pub use equations::equations;
pub(crate) use streams::factors as weight_factors;

/// Name of the population kind that is set from outside.
pub const INPUT: &str = "input";
/// Name of the population kind whose spikes are given.
pub const SPIKES: &str = "spikes";

/// A population with its mechanism found and its numbers read.
struct Resolved<'a> {
    kind: Kind<'a>,
    parameters: BTreeMap<String, f64>,
    surrogate: Option<Surrogate>,
}

/// What the one word names.
#[derive(Clone, Copy)]
enum Kind<'a> {
    Input,
    Spikes,
    Neuron(&'a Mechanism, &'a Interface),
    Cell(&'a Cell),
}

impl Resolved<'_> {
    fn is_input(&self) -> bool {
        matches!(self.kind, Kind::Input)
    }

    fn spikes(&self) -> bool {
        match self.kind {
            Kind::Input => false,
            Kind::Spikes => true,
            Kind::Neuron(_, i) => i.signal == Signal::Spike,
            Kind::Cell(_) => true,
        }
    }

    /// Time step and presentation, ms, of what has a time.
    fn time(&self) -> Option<(f64, f64)> {
        match self.kind {
            Kind::Input | Kind::Spikes => None,
            Kind::Neuron(_, i) => (i.dt > 0.0).then_some((i.dt, i.presentation)),
            Kind::Cell(c) => Some((c.step.value, c.presentation.value)),
        }
    }
}

/// Compiles a network. `seed` keys random wiring and initial weights.
///
/// # Errors
/// Everything that is wrong with the network, as diagnostics with places where it was read from a text.
pub fn compile(network: &Network, library: &Library, seed: u64) -> Result<(Model, Params), Vec<Diagnostic>> {
    compile_among(network, library, seed, &mut Alone)
}

/// Compiles what one of several processes computes of a network that they run together: of its neurons some ([`Group::here`]), with all
/// connections that end at these. Every process must compile the same network.
///
/// # Errors
/// As [`compile`], and what several processes cannot run.
pub fn compile_among(network: &Network, library: &Library, seed: u64, peers: &mut dyn Ranks) -> Result<(Model, Params), Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let resolved: Vec<Resolved> = network.populations.iter().map(|p| resolve(network, p, library, &mut problems)).collect();
    // Groups cannot be made from populations that are not understood.
    if !problems.is_empty() {
        return Err(problems);
    }
    let timed = || resolved.iter().filter_map(Resolved::time);
    let (dt, shown) = delays::time(network, &resolved);
    let ticks = (shown / dt).round() as usize;
    if timed().next().is_some() && (ticks == 0 || (ticks as f64 * dt - shown).abs() > 1e-9 * shown) {
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
    let ticks = if timed().next().is_some() { ticks } else { 0 };
    let still = streams::still(network, &resolved);
    too_large(network, dt, ticks, still, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }

    problems.extend(streams::unheard(network, &resolved));
    problems.extend(spikes::misplaced(network, &resolved, still));
    problems.extend(plasticity::misplaced(network, &resolved, library, still));
    let links = wires::links(network, &resolved, (dt, ticks), (seed, still), &mut problems);
    let touching: Vec<(usize, usize)> = network
        .gaps
        .iter()
        .filter_map(|g| Some((network.population(&g.from.population)?, network.population(&g.to.population)?)))
        .filter(|(a, b)| [a, b].iter().all(|g| matches!(resolved[**g].kind, Kind::Cell(_))))
        .collect();
    let heard = plasticity::heard(network);
    let order = order::phases(network, &resolved, &links, [&touching, &heard], &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut params = Params::default();
    let mut groups = Vec::new();
    for (g, (population, r)) in network.populations.iter().zip(&resolved).enumerate() {
        match group(network, population, r, library, &links, g, dt, ticks, &mut params, seed) {
            Ok(made) => groups.push(made),
            // What is wrong in a mechanism is wrong in each of its populations, and said once.
            Err(e) => problems.extend(e.into_iter().filter(|d| !problems.contains(d)).collect::<Vec<_>>()),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    ranks::divide(network, &resolved, &mut groups, still, peers)?;
    let streams = |l: &Link| still && l.target.spikes();
    let (streaming, other): (Vec<_>, Vec<_>) = links.into_iter().zip(&network.projections).partition(|(l, _)| streams(l));
    // There may be many connections, and each projection has keys of its own.
    let made = streaming.par_iter().map(|(link, p)| {
        let streams = streams::streams(network, link, p, &groups, dt, seed).map_err(|d| vec![d])?;
        streams.into_iter().map(|s| plasticity::plastic(network, p, library, &groups, (dt, seed), s)).collect::<Result<Vec<_>, _>>()
    });
    let mut streamed = Vec::new();
    for stream in made.collect::<Vec<_>>() {
        match stream {
            Ok(s) => streamed.extend(s),
            Err(d) => problems.extend(d),
        }
    }
    // A problem with a projection is one in every process.
    if problems.is_empty() {
        ranks::whole(&mut streamed, &groups, peers);
        problems.extend(plasticity::of_one_sign(network, &streaming, &streamed));
        problems.extend(spikes::beyond_counting(network, &streaming, &streamed, &groups));
    }
    let mut kept = Vec::new();
    for (mut link, projection) in other {
        let to = &groups[link.to];
        let factors = match streams::factors(to, link.target, projection.unit.as_ref()) {
            Ok(f) => f,
            Err(text) => {
                problems.push(network.locate(Diagnostic::error("model-weights", text), projection.weights.span, "these weights"));
                continue;
            }
        };
        link.weights = params.tensors.len();
        match wires::weights(&link, projection, &groups, network, factors, seed) {
            Ok(tensor) => params.tensors.push(tensor),
            Err(text) => {
                problems.push(network.locate(Diagnostic::error("model-weights", text), projection.weights.span, "these weights"));
                continue;
            }
        }
        if to.anatomy.is_some() {
            link.places = Some(cells::places(&link, groups[link.from].size, to, seed));
        }
        kept.push(link);
    }
    let links = kept;
    let clamps = currents::clamps(network, &groups, dt, &mut problems);
    let mut contacts = Vec::new();
    let celsius = |g: usize| match resolved[g].kind {
        Kind::Cell(c) => c.celsius.value,
        _ => crate::compose::CELSIUS,
    };
    for gap in &network.gaps {
        match gaps::contact(network, gap, library, &groups, celsius, dt, seed) {
            Ok(c) => contacts.push(c),
            Err(e) => problems.extend(e),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let sums = outside::sums(network, &groups, &clamps)?;
    let mut model = Model {
        title: network.title.clone(),
        hash: Hash::of(b""),
        dt,
        ticks,
        precision: network.precision.as_ref().map_or_else(Default::default, |p| p.value),
        groups,
        links,
        phases: order,
        clamps,
        contacts,
        streams: streamed,
        sums,
    };
    model.hash = hash::hash(&model);
    Ok((model, params))
}

/// Most ticks of a frame or of a delay, and most weights of a projection (2^31, 16 GiB): beyond these nothing is allocated. Where nothing is learned a
/// presentation is run in pieces, and only its number of ticks must be one.
const MOST_TICKS: f64 = 1e7;
const MOST_TICKS_IN_PIECES: f64 = 1e10;
const MOST_WEIGHTS: u128 = 1 << 31;

/// What could not be held in any memory is refused with its numbers before any is asked for.
fn too_large(network: &Network, dt: f64, ticks: usize, still: bool, problems: &mut Vec<Diagnostic>) {
    let mut say = |d: Diagnostic, span, label: &str| problems.push(network.locate(d, span, label));
    let most = if still { MOST_TICKS_IN_PIECES } else { MOST_TICKS };
    if ticks as f64 > most {
        let span = network.presentation.as_ref().or(network.dt.as_ref()).map(|l| l.span).unwrap_or_default();
        let d = Diagnostic::error("model-too-large", format!("a presentation of {ticks} steps is more than {most}"));
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
            Delay::Ms(ms) | Delay::Either(_, ms) | Delay::Uniform(_, ms) => ms / dt,
            Delay::Normal(mean, sd) | Delay::Lognormal(mean, sd) => (mean + 10.0 * sd) / dt,
            Delay::Clipped(Bell::Normal(mean, sd) | Bell::Lognormal(mean, sd), _, high) => high.min(mean + 10.0 * sd) / dt,
            Delay::Column(scale) => match &p.wiring.value {
                Wiring::Table(t) => t.listed.iter().flat_map(|l| l.delays.iter().copied()).fold(0.0, f64::max) * scale / dt,
                _ => 0.0,
            },
            Delay::Distance(base, speed) => {
                let sides = network.population(&p.to).and_then(|k| network.populations[k].space.as_ref()).map(|s| s.value.sides());
                (base + sides.unwrap_or_default().iter().sum::<f64>() / speed) / dt
            }
            Delay::Frames(frames) => f64::from(frames) * ticks.max(1) as f64,
        });
        if let Some(d) = p.delay.as_ref().filter(|_| steps > MOST_TICKS) {
            let text = format!("a delay of {steps} steps is more than {MOST_TICKS}");
            say(Diagnostic::error("model-too-large", text).hint("delay it by less, or take longer steps"), d.span, "too long");
        }
        let size = |name: &str| network.population(name).map_or(0, |k| network.populations[k].size.value);
        let weights = p.wiring.expected(size(&p.from), size(&p.to)) as u128;
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
    let nothing = Resolved { kind: Kind::Input, parameters: BTreeMap::new(), surrogate: None };
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
    if p.neuron.value == SPIKES {
        return Resolved { kind: Kind::Spikes, ..nothing };
    }
    if let Some(cell) = library.cell(&p.neuron.value) {
        // Its parameters belong to several mechanisms: they are read where those are found.
        let surrogate = surrogate(network, p, None, problems);
        for word in p.others.iter().filter(|w| library.cell(w).is_none()) {
            let d = Diagnostic::error("model-unknown-neuron", format!("there is no cell `{}`", word.value));
            let d = d.suggest(word, library.cells().map(|c| c.name.as_str()));
            problems.push(network.locate(d, word.span, "not in the library"));
        }
        return Resolved { kind: Kind::Cell(cell), parameters: BTreeMap::new(), surrogate };
    }
    if let Some(word) = p.others.first() {
        let d = Diagnostic::error("model-kinds", format!("`{}` is not made of cells, so the population has one kind", p.neuron.value));
        problems.push(network.locate(d, word.span, "another kind").hint("make them two populations"));
    }
    let Some(m) = library.get(&p.neuron.value) else {
        problems.push(network.locate(library.unknown_neuron(&p.neuron, &[INPUT, SPIKES]), p.neuron.span, "not in the library"));
        return nothing;
    };
    let (Role::Neuron, Some(interface)) = (m.role, m.interface.as_ref()) else {
        let what = match m.role {
            Role::Channel => "an ion channel",
            Role::Point => "a synapse or electrode",
            Role::Neuron => "a neuron without an INTERFACE block",
            Role::Plasticity => "a rule of plasticity",
        };
        problems.push(
            network
                .locate(
                    Diagnostic::error("model-not-a-neuron", format!("`{}` is {what}, which cannot be a population by itself", m.name)),
                    p.neuron.span,
                    "a neuron was expected",
                )
                .hint(format!("neurons are: {}", library.neurons().filter(|n| library.get(n).is_some()).collect::<Vec<_>>().join(", "))),
        );
        return nothing;
    };
    let own = p.parameters.iter().filter(|(name, _)| receptors::of_receptor(name).is_none());
    let given = own.map(|(name, setting)| (name.as_str(), setting));
    let mut parameters = settings::read(m, given, &|d, span, label| network.locate(d, span, label), problems);
    if let Some(interface) = &m.interface {
        parameters.extend(receptors::given(library, network, p, (m, interface), problems));
    }
    problems.extend(limits::defaults(library, m, |name| p.parameters.contains_key(name)));
    for (k, crate::network::Learn { name, .. }) in p.learn.iter().enumerate() {
        if p.learn[..k].iter().any(|other| other.name.value == name.value) {
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
    let surrogate = surrogate(network, p, interface.surrogate, problems);
    Resolved { kind: Kind::Neuron(m, interface), parameters, surrogate }
}

/// The surrogate derivative of a population: its own, or what its neuron declares.
fn surrogate(network: &Network, p: &Population, declared: Option<Surrogate>, problems: &mut Vec<Diagnostic>) -> Option<Surrogate> {
    let Some(s) = &p.surrogate else { return declared };
    match homolog_ir::Shape::from_name(&s.value.0) {
        Some(shape) if s.value.1 > 0.0 => return Some(Surrogate { shape, width: s.value.1 }),
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
    declared
}

/// Whether a population has biases: it does unless its neuron cannot take one, which is an error only where one is asked for.
fn bias(network: &Network, population: &Population, possible: bool, neuron: &str, why: &str) -> Result<bool, Diagnostic> {
    match population.bias {
        Some(true) if !possible => {
            let d = Diagnostic::error("model-bias", format!("`{neuron}` has no place for a bias"));
            Err(network.locate(d, population.neuron.span, why).hint("remove `bias = true`"))
        }
        wanted => Ok(wanted.unwrap_or(true) && possible),
    }
}

/// Weights that arrive at a neuron of a population, on average.
fn fan_in(network: &Network, links: &[Link], index: usize) -> f64 {
    let size = |g: usize| network.populations[g].size.value;
    let each = links.iter().zip(&network.projections).filter(|(l, _)| l.to == index);
    each.map(|(l, p)| p.wiring.expected(size(l.from), size(l.to)) / size(l.to) as f64).sum()
}

/// What is said of a neuron that cannot be driven to the activity that it declares.
fn beyond_calibration(network: &Network, population: &Population, neuron: &str, c: &Calibration) -> Option<Diagnostic> {
    if c.reached > c.declared / 3.0 && c.reached < 3.0 * c.declared {
        return None;
    }
    let d = Diagnostic::error(
        "model-calibration",
        format!(
            "`{neuron}` cannot be driven to its declared activity: {:.3} spikes in a presentation instead of {}, at {} times the declared weight",
            c.reached, c.declared, c.gain
        ),
    );
    let d = network.locate(d, population.neuron.span, "with the parameters and the presentation given");
    Some(d.hint("a longer presentation, a shorter refractory time or a lower threshold would let it spike"))
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
    seed: u64,
) -> Result<Group, Vec<Diagnostic>> {
    let name = population.name.value.clone();
    let size = population.size.value;
    let within = spikes::interpolated(network, population, resolved);
    let (mechanism, interface) = match resolved.kind {
        Kind::Input => return Ok(Group { name, neuron: INPUT.into(), size, clock: Clock::Input, mean_square: 1.0, ..Group::default() }),
        Kind::Spikes => {
            return Ok(Group {
                name,
                neuron: SPIKES.into(),
                size,
                clock: Clock::Tick,
                spikes: true,
                interpolated: within,
                given: spikes::given(network, population, within, dt)?,
                sources: streams::sources(population, seed),
                value: crate::compose::silence(),
                mean_square: 1.0,
                ..Group::default()
            });
        }
        Kind::Cell(cell) => {
            let around = cells::Around { network, library, links, index, dt, ticks, interpolated: within, surrogate: resolved.surrogate };
            let others = population.others.iter().filter_map(|word| library.cell(word));
            let cells: Vec<&Cell> = std::iter::once(cell).chain(others).collect();
            let mut made = cells::group(&around, population, &cells, params)?;
            made.noise = streams::noise(network, &made, Target::BySign, dt, seed).map_err(|d| vec![d])?;
            return Ok(made);
        }
        Kind::Neuron(m, i) => (m, i),
    };
    let incoming = || links.iter().filter(|l| l.to == index);
    let wants_bias = bias(network, population, interface.drive.is_some(), &mechanism.name, "declares no DRIVE").map_err(|d| vec![d])?;
    let driven = wants_bias || incoming().any(|l| l.target == Target::Drive);
    let mut receptors = Vec::new();
    let mut problems = Vec::new();
    let noisy = network.noise.iter().any(|n| n.population.value == population.name.value);
    let noise_at = |t: Target| noisy && streams::target(interface) == t;
    if incoming().any(|l| l.target == Target::BySign) || noise_at(Target::BySign) {
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
        for (prefix, receptor) in SIGNS.into_iter().zip([&interface.positive, &interface.negative]) {
            let Some(receptor) = receptor else { continue };
            let locate = |d: Diagnostic, span, label: &str| library.locate(&mechanism.name, d, span, label);
            match receptors::find(library, &mechanism.name, &locate, receptor) {
                Ok((mut r, m)) => {
                    receptors::set(&mut r, prefix, &resolved.parameters);
                    receptors.push((prefix, r, m));
                }
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
    let settle = delays::settle(network, &population.neuron, interface.settle, dt, ticks).map_err(|d| vec![d])?;
    let mut parts = Parts {
        name: &name,
        neuron: mechanism,
        interface,
        receptors: receptors.iter().map(|(p, r, m)| (*p, r, *m)).collect(),
        parameters: resolved.parameters.clone(),
        learn: population.learn.iter().map(|l| l.name.value.clone()).collect(),
        dt,
        ticks,
        settle,
        driven: true,
        injected: false,
        noise: vec![],
        interpolated: within,
        own_events: incoming().any(|l| l.target == Target::Own) || noise_at(Target::Own),
        surrogate: resolved.surrogate,
        gain: 1.0,
    };
    let located = |e: Vec<String>| -> Vec<Diagnostic> {
        e.into_iter().map(|m| network.locate(Diagnostic::error("model-neuron", m), population.neuron.span, "this neuron")).collect()
    };
    let value_of = |n: &str| resolved.parameters.get(n).copied().or_else(|| mechanism.parameter(n).map(|p| p.default)).unwrap_or(0.0);
    let learned_values: Vec<Vec<Vec<f64>>> = parts.learn.iter().map(|n| vec![vec![value_of(n)]]).collect();
    let learned = |first: usize| -> Vec<Learned> {
        parts.learn.iter().enumerate().map(|(k, n)| Learned { name: n.clone(), tensor: first + k, part: vec![0], kind: vec![] }).collect()
    };
    let tried = Group { learned: learned(0), ..compose(&parts).map_err(located)? };
    let (calibration, mean_square) = match interface.drive {
        Some(_) if !streams::absolute(network, population) => {
            let trial = Trial { ticks, dt, settle: parts.settle, learned: &learned_values, balance: 0.0 };
            let (c, s) = calibrate(&tried, &trial, interface.activity);
            (Some(c), s)
        }
        _ => (None, 1.0),
    };
    if let Some(d) =
        calibration.filter(|_| tried.clock == Clock::Tick).and_then(|c| beyond_calibration(network, population, &mechanism.name, &c))
    {
        return Err(vec![d]);
    }
    parts.gain = calibration.map_or(1.0, |c| c.gain);
    parts.driven = driven;
    let unit = streams::drive_unit(mechanism, interface);
    let injected = currents::injected(network, population, (mechanism, interface), dt)?;
    (parts.injected, parts.noise) = (!injected.is_empty(), streams::fluctuating(network, population, unit));
    let mut composed = compose(&parts).map_err(located)?;
    (composed.name, composed.size) = (name.clone(), size);
    composed.neuron.clone_from(&mechanism.name);
    let drawn = |(k, a): (usize, &Opening)| is_draw(&a.name).then(|| (k, link_key(seed, &name, &a.name)));
    composed.draws = composed.arrivals.iter().enumerate().filter_map(drawn).collect();
    composed.noise = streams::noise(network, &composed, streams::target(interface), dt, seed).map_err(|d| vec![d])?;
    composed.starts = streams::starts(network, population, &composed, seed).map_err(|d| vec![d])?;

    let column = |params: &mut Params, name: String, unit: Unit, bounds, value: f64| {
        params.add(Tensor::per_neuron(name, unit, bounds, &[value], size))
    };
    let bias = wants_bias.then(|| column(params, format!("{name}.bias"), Unit::ONE, None, 0.0));
    let learned = parts
        .learn
        .iter()
        .zip(&learned_values)
        .map(|(n, v)| {
            let p = mechanism.parameter(n).expect("resolved");
            let tensor = column(params, format!("{name}.{n}"), p.unit, limits::bounds(mechanism, p, v[0][0], dt), v[0][0]);
            Learned { name: n.clone(), tensor, part: vec![0], kind: vec![] }
        })
        .collect();
    Ok(Group {
        neuron: mechanism.name.clone(),
        size,
        driven,
        bias,
        learned,
        injected,
        settle: parts.settle,
        mean_square: if mean_square > 0.0 { mean_square } else { 1.0 },
        calibration,
        name,
        ..composed
    })
}

/// The key of everything random in one projection.
fn link_key(seed: u64, name: &str, what: &str) -> Key {
    Key::new(seed).named(what).named(name)
}
