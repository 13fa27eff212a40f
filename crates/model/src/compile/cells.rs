//! Populations of cells: mechanisms found, numbers read, receptors placed, kernels made.

use super::{delays, fan_in, limits, link_key, receptors, settings};
use crate::calibration::{Trial, calibrate};
use crate::cell::{Cell, CellReadout, Placed};
use crate::compose::cable::{CAPACITANCE, CableParts, DIAMETER, LearnedAt, Painted, RESISTIVITY, Receiving, SIGNS, compose_cable};
use crate::discretise::{Cut, count, cut};
use crate::library::Library;
use crate::model::{Clamp, Group, Link, Rows, Target, Wires};
use crate::network::{Located, Network, Per, Population, Stimulus};
use crate::params::{Params, Tensor};
use homolog_base::{Diagnostic, Unit};
use homolog_ir::{Mechanism, Readout, Role, Surrogate};
use std::collections::BTreeMap;

/// The mean of a sender's values over their root mean square: 0.56 for rectified normal numbers, 0.63 for images of digits.
const MEAN_OVER_RMS: f64 = 0.6;

/// What is known of the network around a population.
pub(super) struct Around<'a> {
    pub network: &'a Network,
    pub library: &'a Library,
    pub links: &'a [Link],
    pub index: usize,
    pub dt: f64,
    pub ticks: usize,
    pub surrogate: Option<Surrogate>,
}

/// Makes the group of a population of cells.
pub(super) fn group(around: &Around, population: &Population, cell: &Cell, params: &mut Params) -> Result<Group, Vec<Diagnostic>> {
    let mut cell = cell.clone();
    if let Some(s) = around.surrogate {
        cell.spike.surrogate = s;
    }
    let cell = &cell;
    let mut problems = Vec::new();
    too_many_compartments(cell)?;
    let cut = cut(cell);
    let mut painted = paints(around, population, cell, &cut, &mut problems);
    placements(around, population, cell, &cut, &mut painted, &mut problems);
    let mut read = |sign: usize, placed: &Option<Placed>| {
        placed.as_ref().and_then(|p| receptor(around, population, cell, sign, p, &cut, &mut problems))
    };
    let receptors = [read(0, &cell.positive), read(1, &cell.negative)];
    unknown_parameters(around.network, population, cell, &painted, &mut problems);
    unread_ions(cell, &painted, &receptors, &mut problems);
    let hears = |t: Target| around.links.iter().any(|l| l.to == around.index && l.target == t);
    let (spikes_arrive, values_arrive) = (hears(Target::BySign), hears(Target::DriveBySign));
    let arrives = spikes_arrive || values_arrive;
    if arrives && (cell.positive.is_none() || cell.negative.is_none()) {
        let d = Diagnostic::error("model-receptor", format!("`{}` does not say who takes weights of both signs", cell.name));
        let d = around.network.locate(d, population.neuron.span, "weights of a sign without a receptor would do nothing");
        problems.push(d.hint("give the cell's file a [positive] and a [negative] section"));
    }
    let place = |name: &Located<String>, problems: &mut Vec<Diagnostic>| match cell.branch(name) {
        Some(b) => cut.at(b, 0.5),
        None => {
            let d = Diagnostic::error("cell-unknown-branch", format!("`{}` has no branch `{}`", cell.name, name.value));
            let d = d.suggest(name, cell.branches.iter().map(|b| b.name.value.as_str()));
            problems.push(cell.locate(d, name.span, "unknown branch"));
            0
        }
    };
    let spike_at = place(&cell.spike.branch, &mut problems);
    let bias_at = cell.bias.as_ref().map_or(0, |b| place(&b.branch, &mut problems));
    let biased = super::bias(around.network, population, cell.bias.is_some(), &cell.name, "its file has no [bias]");
    let biased = biased.unwrap_or_else(|d| {
        problems.push(d);
        false
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    let settle = delays::settle(around.network, &population.neuron, cell.settle.value, around.dt, around.ticks).map_err(|d| vec![d])?;
    let mut parts = CableParts {
        name: &population.name.value,
        cell,
        cut: &cut,
        painted,
        // Receptors at which nothing arrives would only cost time.
        receptors: receptors.map(|r| r.filter(|_| arrives)),
        learn: vec![],
        dt: around.dt,
        ticks: around.ticks,
        settle,
        readout: match cell.readout.value {
            CellReadout::Count => Readout::Count,
            CellReadout::Filtered(tau) => Readout::Filtered(tau),
            CellReadout::Potential => Readout::Potential("v".into()),
        },
        readout_scale: population.readout_scale.as_ref().map_or(cell.readout_scale, |s| s.value),
        spikes_arrive,
        values_arrive,
        biased,
        bias_at,
        spike_at,
        gain: 1.0,
    };
    let mut tensors = Vec::new();
    for (k, l) in population.learn.iter().enumerate() {
        match learned(around, population, &parts, k) {
            Ok(found) => {
                parts.learn.push(LearnedAt { name: l.name.value.clone(), tensor: tensors.len(), part: found.part });
                let name = format!("{}.{}", population.name.value, l.name.value);
                tensors.push(Tensor::per_neuron(name, found.unit, found.bounds, &found.values, population.size.value));
            }
            Err(d) => problems.push(d),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let located = |e: Vec<String>| -> Vec<Diagnostic> {
        e.into_iter().map(|m| around.network.locate(Diagnostic::error("model-neuron", m), population.neuron.span, "this cell")).collect()
    };
    let (mut calibration, mut mean_square) = (None, 1.0);
    if arrives {
        let first: Vec<Vec<f64>> = tensors.iter().map(|t| t.values[..t.shape[1]].to_vec()).collect();
        // What is tried is a drive by values: it acts like the spikes that it stands for.
        let tried = compose_cable(&CableParts { values_arrive: true, ..parts.clone() }).map_err(located)?;
        let fan_in = fan_in(around.network, around.links, around.index);
        let balance = 0.5 * (fan_in * 2.0 / std::f64::consts::PI).sqrt() * MEAN_OVER_RMS;
        let trial = Trial { ticks: around.ticks, dt: around.dt, settle: parts.settle, learned: &first, balance };
        let (c, s) = calibrate(&tried, &trial, cell.activity.value);
        if let Some(d) = super::beyond_calibration(around.network, population, &cell.name, &c) {
            return Err(vec![d]);
        }
        (calibration, mean_square) = (Some(c), s);
        parts.gain = c.gain;
    }
    let mut made = compose_cable(&parts).map_err(located)?;
    for l in &mut made.learned {
        l.tensor += params.tensors.len();
    }
    params.tensors.extend(tensors);
    let size = population.size.value;
    made.bias = biased.then(|| params.add(Tensor::per_neuron(format!("{}.bias", population.name.value), Unit::ONE, None, &[0.0], size)));
    Ok(Group {
        name: population.name.value.clone(),
        neuron: cell.name.clone(),
        size,
        driven: biased,
        settle: parts.settle,
        mean_square: if mean_square > 0.0 { mean_square } else { 1.0 },
        calibration,
        ..made
    })
}

/// Most compartments of one branch: a length or a rule that asks for more is a slip of the keyboard.
const MOST_COMPARTMENTS: usize = 10_000;

/// Refuses branches that would be cut into more compartments than any memory should hold.
fn too_many_compartments(cell: &Cell) -> Result<(), Vec<Diagnostic>> {
    let many = cell.branches.iter().map(|b| (b, count(cell, b))).filter(|(_, n)| *n > MOST_COMPARTMENTS);
    let problems: Vec<Diagnostic> = many
        .map(|(b, n)| {
            let text = format!("`{}` would have {n} compartments, more than {MOST_COMPARTMENTS}", b.name.value);
            let d = cell.locate(Diagnostic::error("cell-too-large", text), b.name.span, "this branch");
            d.hint("is its length in um? A longer max-length or a larger d-lambda makes fewer")
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Names that columns of every cell have, so that no mechanism of the membrane can.
const RESERVED: [&str; 5] = ["positive", "negative", "charge", "next", "parent"];

/// The compartments of some regions; all when none is named.
fn of_regions(cell: &Cell, cut: &Cut, regions: &[Located<String>], problems: &mut Vec<Diagnostic>) -> Vec<bool> {
    let known = cell.regions();
    for r in regions.iter().filter(|r| !known.contains(&r.value.as_str())) {
        let d = Diagnostic::error("cell-unknown-region", format!("`{}` has no region `{}`", cell.name, r.value));
        problems.push(cell.locate(d.suggest(r, known.iter().copied()), r.span, "unknown region"));
    }
    let holds = |b: usize| regions.is_empty() || regions.iter().any(|r| r.value == cell.branches[b].region.value);
    cut.compartments.iter().map(|c| holds(c.branch)).collect()
}

fn find<'a>(around: &Around<'a>, cell: &Cell, name: &Located<String>, role: Role, what: &str) -> Result<&'a Mechanism, Diagnostic> {
    let of_role = || around.library.iter().filter(|m| m.role == role).map(|m| m.name.as_str());
    let place = |d: Diagnostic| cell.locate(d, name.span, what);
    match around.library.get(name) {
        Some(m) if m.role == role => Ok(m),
        Some(m) => {
            let is = match m.role {
                Role::Neuron => "a whole neuron",
                Role::Channel => "a mechanism of the membrane (SUFFIX)",
                Role::Point => "a mechanism at a place (POINT_PROCESS)",
            };
            Err(place(Diagnostic::error("cell-role", format!("`{}` is {is}", m.name)))
                .hint(format!("known here: {}", of_role().collect::<Vec<_>>().join(", "))))
        }
        None => Err(place(
            Diagnostic::error("cell-unknown-mechanism", format!("there is no mechanism `{}`", name.value)).suggest(name, of_role()),
        )),
    }
}

fn paints<'a>(around: &Around<'a>, population: &Population, cell: &Cell, cut: &Cut, problems: &mut Vec<Diagnostic>) -> Vec<Painted<'a>> {
    let mut out: Vec<Painted> = Vec::new();
    let places = cut.places(cell);
    for paint in &cell.paints {
        let mut at = of_regions(cell, cut, &paint.regions, problems);
        if let Some(condition) = &paint.condition {
            at.iter_mut().zip(&places).for_each(|(at, place)| *at &= condition.at(place) != 0.0);
            if !at.contains(&true) {
                let d = Diagnostic::error("cell-nowhere", format!("no compartment of `{}` is where this holds", cell.name));
                let farthest = places.iter().map(|p| p.distance).fold(0.0, f64::max);
                let d = d.hint(format!("the farthest is {farthest:.0} um from the middle of the first branch"));
                problems.push(cell.locate(d, condition.span, "holds nowhere"));
            }
        }
        let mechanism = match find(around, cell, &paint.mechanism, Role::Channel, "expected a mechanism of the membrane") {
            Ok(m) => m,
            Err(d) => {
                problems.push(d);
                continue;
            }
        };
        if RESERVED.contains(&mechanism.name.as_str()) {
            let d = Diagnostic::error("cell-reserved", format!("`{}` is a name that every cell uses for something else", mechanism.name));
            problems.push(cell.locate(d, paint.mechanism.span, "cannot be painted").hint("give the mechanism another SUFFIX"));
            continue;
        }
        if out.iter().any(|p| p.mechanism.name == mechanism.name && p.at.iter().zip(&at).any(|(a, b)| *a && *b)) {
            let d = Diagnostic::error(
                "cell-painted-twice",
                format!("`{}` is painted twice on a compartment of `{}`", mechanism.name, cell.name),
            );
            problems.push(cell.locate(d, paint.span, "again here").hint("let each region have it once"));
        }
        let given = paint.parameters.iter().map(|(name, setting)| (name.as_str(), setting));
        let mut values = settings::read(mechanism, given, &|d, span, label| cell.locate(d, span, label), problems);
        values.extend(overrides(around.network, population, &mechanism.name, mechanism, problems));
        problems.extend(limits::defaults(around.library, mechanism, |name| values.contains_key(name) || paint.fields.contains_key(name)));
        let mut fields = BTreeMap::new();
        for (name, field) in &paint.fields {
            match settings::field(mechanism, name, field, &places, &at) {
                Ok(x) => _ = fields.insert(name.clone(), x),
                Err(d) => problems.push(cell.locate(d, field.value.span, "this field")),
            }
        }
        out.push(Painted { mechanism, prefix: mechanism.name.clone(), values, fields, at });
    }
    out
}

/// What stands at single places, behind what is painted.
fn placements<'a>(
    around: &Around<'a>,
    population: &Population,
    cell: &Cell,
    cut: &Cut,
    out: &mut Vec<Painted<'a>>,
    problems: &mut Vec<Diagnostic>,
) {
    for (k, placed) in cell.placements.iter().enumerate() {
        let mechanism = match find(around, cell, &placed.mechanism, Role::Point, "expected a mechanism at a place") {
            Ok(m) => m,
            Err(d) => {
                problems.push(d);
                continue;
            }
        };
        let Some(branch) = cell.branch(&placed.branch) else {
            let d = Diagnostic::error("cell-unknown-branch", format!("`{}` has no branch `{}`", cell.name, placed.branch.value));
            let d = d.suggest(&placed.branch, cell.branches.iter().map(|b| b.name.value.as_str()));
            problems.push(cell.locate(d, placed.branch.span, "unknown branch"));
            continue;
        };
        let prefix = placed.prefix();
        let span = placed.name.as_ref().map_or(placed.mechanism.span, |n| n.span);
        let earlier = cell.placements[..k].iter().any(|o| o.prefix() == prefix);
        if RESERVED.contains(&prefix) || earlier || cell.paints.iter().any(|p| p.mechanism.value == prefix) {
            let d = Diagnostic::error("cell-reserved", format!("something else in `{}` is called `{prefix}`", cell.name));
            problems.push(cell.locate(d, span, "its variables could not be told apart").hint("give it a `name` of its own"));
            continue;
        }
        let given = placed.parameters.iter().map(|(name, setting)| (name.as_str(), setting));
        let mut values = settings::read(mechanism, given, &|d, span, label| cell.locate(d, span, label), problems);
        values.extend(overrides(around.network, population, prefix, mechanism, problems));
        problems.extend(limits::defaults(around.library, mechanism, |name| values.contains_key(name)));
        let here = cut.at(branch, placed.position);
        let at = (0..cut.compartments.len()).map(|c| c == here).collect();
        out.push(Painted { mechanism, prefix: prefix.to_string(), values, fields: BTreeMap::new(), at });
    }
}

/// What the model file sets instead of what the cell's file does, by the names of mechanism (or sign of a receptor) and parameter.
fn overrides(
    network: &Network,
    population: &Population,
    prefix: &str,
    mechanism: &Mechanism,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, f64> {
    let given = population.parameters.iter().filter_map(|(name, s)| Some((name.strip_prefix(prefix)?.strip_prefix('.')?, s)));
    settings::read(mechanism, given, &|d, span, label| network.locate(d, span, label), problems)
}

/// Parameters of the model file that belong to no mechanism of the cell.
fn unknown_parameters(network: &Network, population: &Population, cell: &Cell, painted: &[Painted], problems: &mut Vec<Diagnostic>) {
    for (name, setting) in &population.parameters {
        let whose = name.split('.').next().unwrap_or(name);
        let known = |whose: &str| {
            painted.iter().any(|p| p.prefix == whose)
                || (whose == SIGNS[0] && cell.positive.is_some())
                || (whose == SIGNS[1] && cell.negative.is_some())
        };
        if !name.contains('.') || !known(whose) {
            let all: Vec<String> =
                painted.iter().flat_map(|p| p.mechanism.parameters.iter().map(|q| format!("{}.{}", p.prefix, q.name))).collect();
            let d = Diagnostic::error("model-parameter", format!("`{}` has no parameter `{name}`", cell.name));
            problems.push(network.locate(d.suggest(name, all.iter().map(String::as_str)), setting.span, "unknown parameter"));
        }
    }
}

/// Reversal potentials that the cell's file gives and nothing in it reads.
fn unread_ions(cell: &Cell, painted: &[Painted], receptors: &[Option<Receiving>; 2], problems: &mut Vec<Diagnostic>) {
    let mechanisms = || painted.iter().map(|p| p.mechanism).chain(receptors.iter().flatten().map(|r| r.mechanism));
    let read: Vec<&str> = mechanisms().flat_map(|m| &m.reads).map(|p| p.name.as_str()).collect();
    // The potential of Nernst reads both concentrations.
    let concentrations: Vec<String> = mechanisms()
        .flat_map(|m| &m.ions)
        .filter(|i| i.concentrations().iter().any(|c| i.reads.contains(c) || i.writes.contains(c)))
        .flat_map(homolog_ir::Ion::concentrations)
        .collect();
    for (name, x) in cell.concentrations.iter().filter(|(n, x)| x.span.end > 0 && !concentrations.contains(n)) {
        let d = Diagnostic::error("cell-unread-ion", format!("nothing in `{}` reads or writes `{name}`", cell.name));
        let d = cell.locate(d, x.span, "it would have no effect").suggest(name, concentrations.iter().map(String::as_str));
        problems.push(d);
    }
    // Those that stand in no file are defaults.
    for (name, e) in cell.reversals.iter().filter(|(n, e)| e.span.end > 0 && !read.contains(&n.as_str())) {
        let d = Diagnostic::error("cell-unread-ion", format!("nothing in `{}` reads `{name}`", cell.name));
        let d = cell.locate(d, e.span, "it would have no effect");
        problems.push(match mechanisms().find(|m| m.parameter(name).is_some()) {
            Some(m) => d.hint(format!("`{name}` is a parameter of `{}`: set it where that is painted", m.name)),
            None => d.suggest(name, read.iter().copied().filter(|r| cell.reversals.contains_key(*r))),
        });
    }
}

fn receptor<'a>(
    around: &Around<'a>,
    population: &Population,
    cell: &Cell,
    sign: usize,
    placed: &Placed,
    cut: &Cut,
    problems: &mut Vec<Diagnostic>,
) -> Option<Receiving<'a>> {
    let at = of_regions(cell, cut, &placed.regions, problems);
    let name = Located::new(placed.receptor.mechanism.clone(), placed.receptor.span);
    if let Err(d) = find(around, cell, &name, Role::Point, "expected a synapse") {
        problems.push(d);
        return None;
    }
    let locate = |d: Diagnostic, span, label: &str| cell.locate(d, span, label);
    let (mut receptor, mechanism) = match receptors::find(around.library, &cell.name, &locate, &placed.receptor) {
        Ok(found) => found,
        Err(e) => {
            problems.extend(e);
            return None;
        }
    };
    for (name, x) in overrides(around.network, population, SIGNS[sign], mechanism, problems) {
        receptor.parameters.retain(|(n, ..)| *n != name);
        receptor.parameters.push((name, x, None));
    }
    receptor.parameter_spans.clear();
    Some(Receiving { receptor, mechanism, at })
}

/// A learned parameter.
struct Found {
    /// The part that each compartment belongs to.
    part: Vec<u32>,
    /// Where each part starts.
    values: Vec<f64>,
    unit: Unit,
    bounds: Option<(f64, f64)>,
}

/// Of a parameter: its unit, what it may be, and what each compartment starts with (none for those that do not have it).
type Start = (Unit, Option<(f64, f64)>, Vec<Option<f64>>);

/// Finds the parameter of this name among those of the cell and its mechanisms.
fn start(parts: &CableParts, name: &str) -> Option<Start> {
    let compartments = &parts.cut.compartments;
    let unit = |text: &str| Unit::parse(text).expect("a unit of this file");
    match name {
        CAPACITANCE => {
            return Some((
                unit("uF/cm2"),
                Some((1e-3, 1e3)),
                compartments.iter().map(|c| Some(parts.cell.capacitance_of(c.branch))).collect(),
            ));
        }
        RESISTIVITY => {
            return Some((unit("ohm-cm"), Some((1e-3, 1e6)), vec![Some(parts.cell.resistivity.value); compartments.len()]));
        }
        DIAMETER => return Some((unit("um"), Some((1e-3, 1e4)), compartments.iter().map(|c| Some(c.diameter())).collect())),
        _ => {}
    }
    let (prefix, name) = name.split_once('.')?;
    let mut found = None;
    let mut add = |m: &Mechanism, at: &[bool], set: Option<f64>| {
        let q = m.parameter(name)?;
        let x = set.unwrap_or(q.default);
        let (_, _, values) = found.get_or_insert_with(|| (q.unit, limits::bounds(m, q, x, parts.dt), vec![None; compartments.len()]));
        at.iter().zip(values).filter(|(at, _)| **at).for_each(|(_, v)| *v = Some(x));
        Some(())
    };
    for p in parts.painted.iter().filter(|p| p.prefix == prefix) {
        match p.fields.get(name) {
            None => _ = add(p.mechanism, &p.at, p.values.get(name).copied()),
            Some(values) => (0..p.at.len()).filter(|c| p.at[*c]).for_each(|c| {
                let here: Vec<bool> = (0..p.at.len()).map(|k| k == c).collect();
                add(p.mechanism, &here, Some(values[c]));
            }),
        }
    }
    for r in parts.receptors.iter().zip(SIGNS).filter(|(_, sign)| *sign == prefix).filter_map(|(r, _)| r.as_ref()) {
        add(r.mechanism, &r.at, r.receptor.parameters.iter().find(|(n, ..)| *n == name).map(|(_, v, _)| *v));
    }
    found
}

/// What the `k`-th entry of a population's `learn` is.
fn learned(around: &Around, population: &Population, parts: &CableParts, k: usize) -> Result<Found, Diagnostic> {
    let (cell, cut, l) = (parts.cell, parts.cut, &population.learn[k]);
    let name = l.name.value.as_str();
    let Some((unit, bounds, start)) = start(parts, name) else {
        let of = |prefix: &str, m: &Mechanism| m.parameters.iter().map(|p| format!("{prefix}.{}", p.name)).collect::<Vec<_>>();
        let mut known: Vec<String> = parts.painted.iter().flat_map(|p| of(&p.prefix, p.mechanism)).collect();
        known.extend(parts.receptors.iter().zip(SIGNS).filter_map(|(r, sign)| Some(of(sign, r.as_ref()?.mechanism))).flatten());
        known.extend([CAPACITANCE, RESISTIVITY, DIAMETER].map(String::from));
        let silent = parts.receptors.iter().all(Option::is_none) && SIGNS.iter().any(|s| name.starts_with(&format!("{s}.")));
        if silent {
            let d =
                Diagnostic::error("model-parameter", format!("nothing arrives at `{}`, so `{name}` has no effect", population.name.value));
            return Err(around.network.locate(d, l.name.span, "nothing to learn").hint("remove it, or project to this population"));
        }
        let d = Diagnostic::error("model-parameter", format!("`{}` has no parameter `{name}` to learn", cell.name));
        return Err(around.network.locate(d.suggest(name, known.iter().map(String::as_str)), l.name.span, "unknown parameter"));
    };
    if population.learn[..k].iter().any(|o| o.name.value == name) {
        let d = Diagnostic::error("model-parameter", format!("`{name}` is listed twice"));
        return Err(around.network.locate(d, l.name.span, "it can be learned only once"));
    }
    let regions = cell.regions();
    let key = |c: usize| {
        let branch = cut.compartments[c].branch;
        match l.per {
            Per::Neuron => 0,
            Per::Region => regions.iter().position(|r| *r == cell.branches[branch].region.value).expect("a region of the cell"),
            Per::Branch => branch,
            Per::Compartment => c,
        }
    };
    let mut keys: Vec<usize> = Vec::new();
    let mut values: Vec<f64> = Vec::new();
    let mut part = vec![0u32; start.len()];
    for (c, x) in start.iter().enumerate() {
        let Some(x) = x else { continue };
        let k = keys.iter().position(|k| *k == key(c)).unwrap_or_else(|| {
            keys.push(key(c));
            values.push(*x);
            keys.len() - 1
        });
        if name != DIAMETER && values[k].to_bits() != x.to_bits() {
            let d =
                Diagnostic::error("model-learn-parts", format!("`{name}` starts with different values in one part: {} and {x}", values[k]));
            return Err(around
                .network
                .locate(d, l.name.span, "one number cannot be both")
                .hint("learn it per = \"branch\" or per = \"region\""));
        }
        part[c] = k as u32;
    }
    if name == DIAMETER {
        // The mean diameter of a part whose compartments differ would change the cell: only parts of one diameter can be learned as one.
        for (c, x) in start.iter().enumerate() {
            let (x, y) = (x.unwrap_or(0.0), values[part[c] as usize]);
            if (x - y).abs() > 1e-9 * y {
                let d = Diagnostic::error("model-learn-parts", format!("diameters of {x} um and {y} um stand in one part"));
                return Err(around.network.locate(d, l.name.span, "one number cannot be both").hint("learn it per = \"compartment\""));
            }
        }
    }
    Ok(Found { part, values, unit, bounds })
}

/// Where the weights of a link arrive: every weight has one place of its sign, and places have equally many, to within one.
pub(super) fn places(link: &Link, from: usize, to: &Group, seed: u64) -> [Rows; 2] {
    let openings = if link.target == Target::BySign { &to.arrivals } else { &to.signed };
    let key = link_key(seed, &link.name, "places");
    let entries = |r: usize| -> Vec<(u32, u32)> {
        match &link.wires {
            Wires::Dense => (0..from).map(|c| (c as u32, (r * from + c) as u32)).collect(),
            Wires::OneToOne => vec![(r as u32, r as u32)],
            Wires::Sparse { start, column } => (start[r]..start[r + 1]).map(|k| (column[k as usize], k)).collect(),
        }
    };
    let rows = |sites: usize| {
        let mut by_row: Vec<Vec<(u32, u32)>> = vec![vec![]; sites * to.size];
        for r in 0..to.size {
            let all = entries(r);
            let turn = key.numbered(r as u64).permutation(all.len());
            // Which places come first is keyed too, or few inputs would always have the first ones.
            let order = key.named("order").numbered(r as u64).permutation(sites);
            for (entry, turn) in all.into_iter().zip(turn) {
                by_row[order[turn % sites] * to.size + r].push(entry);
            }
        }
        let mut out = Rows { start: vec![0], column: vec![], weight: vec![] };
        for row in by_row {
            out.column.extend(row.iter().map(|e| e.0));
            out.weight.extend(row.iter().map(|e| e.1));
            out.start.push(out.column.len() as u32);
        }
        out
    };
    [0, 1].map(|k| rows(openings[k].sites))
}

/// A current clamp as mean currents of ticks, so that its charge is exact whatever the step.
pub(super) fn clamp(network: &Network, s: &Stimulus, groups: &[Group], dt: f64) -> Result<Clamp, Diagnostic> {
    let unknown = |d: Diagnostic, l: &Located<String>, label: &str| network.locate(d, l.span, label);
    let Some(g) = groups.iter().position(|g| g.name == s.population.value) else {
        let d = Diagnostic::error("model-unknown-population", format!("there is no population `{}`", s.population.value));
        return Err(unknown(d.suggest(&s.population, groups.iter().map(|g| g.name.as_str())), &s.population, "unknown population"));
    };
    let Some(anatomy) = &groups[g].anatomy else {
        let d =
            Diagnostic::error("model-clamp", format!("`{}` is not made of cells, so a current has no place to enter", s.population.value));
        return Err(unknown(d, &s.population, "no cells").hint("exchange its neuron for a cell"));
    };
    let Some(site) = anatomy.at(&s.branch, s.position) else {
        let d = Diagnostic::error("cell-unknown-branch", format!("`{}` has no branch `{}`", groups[g].neuron, s.branch.value));
        let names = anatomy.compartments.iter().map(|c| c.0.as_str());
        return Err(unknown(d.suggest(&s.branch, names), &s.branch, "unknown branch"));
    };
    let (begin, end) = (s.delay.value / dt, (s.delay.value + s.duration.value) / dt);
    // Ticks whose ends are a rounding error apart are one.
    let snap = |x: f64| if (x - x.round()).abs() < 1e-6 { x.round() } else { x };
    let (begin, end) = (snap(begin), snap(end));
    let share = |k: f64| (end.min(k + 1.0) - begin.max(k)).max(0.0) * s.amplitude.value;
    let mut ticks: Vec<f64> = vec![begin.floor(), begin.floor() + 1.0, end.floor(), end.floor() + 1.0];
    ticks.retain(|k| *k >= begin.floor());
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    let mut steps: Vec<(i64, f64)> = ticks.into_iter().map(|k| (k as i64, share(k))).collect();
    steps.dedup_by(|a, b| a.1.to_bits() == b.1.to_bits());
    Ok(Clamp { group: g, site, steps })
}
