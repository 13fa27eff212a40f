//! Populations of cells: what each holds and where, learned numbers, calibration, kernels.

use super::{delays, fan_in, outside, wires};
use crate::calibration::{Trial, calibrate};
use crate::cell::{Cell, CellReadout, Placed};
use crate::compose::cable::{self, CableParts, LearnedAt, Painted, Receiving, compose_cable};
use crate::discretise::{Cut, count, cut};
use crate::library::Library;
use crate::model::{Equations, Group, Link, Target};
use crate::network::{Located, Network, Population, Precision, Weights, Wiring};
use crate::params::{Params, Tensor};
use homolog_base::{Diagnostic, Unit};
use homolog_ir::{Readout, Surrogate};

mod arrive;
mod kinds;
mod learned;
mod membrane;

pub(super) use arrive::places;
use learned::learned;
use membrane::{paints, placements, receptor, unknown_parameters, unread_ions};

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
    pub interpolated: bool,
    pub surrogate: Option<Surrogate>,
}

/// A kind of cell, cut up, with what it holds; or several joined to one.
struct Held<'a> {
    cell: Cell,
    cut: Cut,
    painted: Vec<Painted<'a>>,
    receptors: [Option<Receiving<'a>>; 2],
    spike_at: Vec<usize>,
    bias_at: Vec<usize>,
    /// For every compartment its kind; empty for one.
    kind: Vec<u32>,
}

/// Reads what a cell holds.
fn held<'a>(around: &Around<'a>, population: &Population, cell: Cell, problems: &mut Vec<Diagnostic>) -> Held<'a> {
    let cut = cut(&cell);
    let mut painted = paints(around, population, &cell, &cut, problems);
    placements(around, population, &cell, &cut, &mut painted, problems);
    let mut read =
        |sign: usize, placed: &Option<Placed>| placed.as_ref().and_then(|p| receptor(around, population, &cell, sign, p, &cut, problems));
    let receptors = [read(0, &cell.positive), read(1, &cell.negative)];
    unread_ions(&cell, &painted, &receptors, problems);
    let place = |name: &Located<String>, problems: &mut Vec<Diagnostic>| match cell.branch(name) {
        Some(b) => cut.at(b, 0.5),
        None => {
            let d = Diagnostic::error("cell-unknown-branch", format!("`{}` has no branch `{}`", cell.name, name.value));
            let d = d.suggest(name, cell.branches.iter().map(|b| b.name.value.as_str()));
            problems.push(cell.locate(d, name.span, "unknown branch"));
            0
        }
    };
    let spike_at = vec![place(&cell.spike.branch, problems)];
    let bias_at = vec![cell.bias.as_ref().map_or(0, |b| place(&b.branch, problems))];
    Held { cell, cut, painted, receptors, spike_at, bias_at, kind: vec![] }
}

/// A population of cells, understood.
struct Understood<'a> {
    held: Held<'a>,
    /// Whether weights can be positive, and negative.
    signs: [bool; 2],
    spikes_arrive: bool,
    values_arrive: bool,
    biased: bool,
}

/// Reads what the cells of a population hold and hear.
fn understand<'a>(around: &Around<'a>, population: &Population, cells: &[&Cell]) -> Result<Understood<'a>, Vec<Diagnostic>> {
    let surrogate = |cell: &Cell| {
        let mut cell = cell.clone();
        cell.spike.surrogate = around.surrogate.unwrap_or(cell.spike.surrogate);
        cell
    };
    let cells: Vec<Cell> = cells.iter().map(|c| surrogate(c)).collect();
    let too_many: Vec<Diagnostic> = cells.iter().flat_map(too_many_compartments).collect();
    if !too_many.is_empty() {
        return Err(too_many);
    }
    let mut problems = kinds::disagree(around.network, population, &cells);
    let mut all = Vec::new();
    for cell in cells {
        let mut own = Vec::new();
        all.push(held(around, population, cell, &mut own));
        // What is wrong with one of many like it is said once.
        problems.extend(own.into_iter().filter(|d| !problems.contains(d)).collect::<Vec<_>>());
    }
    unknown_parameters(around.network, population, &all, &mut problems);
    let hears = |t: Target| around.links.iter().any(|l| l.to == around.index && l.target == t);
    let noisy = around.network.noise.iter().any(|n| n.population.value == population.name.value);
    let (spikes_arrive, values_arrive) = (hears(Target::BySign) || noisy, hears(Target::DriveBySign));
    let arrives = spikes_arrive || values_arrive;
    let cell = &all[0].cell;
    let signs = signs(around, population);
    for (sign, placed, word) in [(0, &cell.positive, "positive"), (1, &cell.negative, "negative")] {
        if signs[sign] && arrives && placed.is_none() {
            let d = Diagnostic::error("model-receptor", format!("`{}` does not say who takes {word} weights", cell.name));
            let d = around.network.locate(d, population.neuron.span, "weights of a sign without a receptor would do nothing");
            let d = d.hint(format!("give the cell's file a [{word}] section, or let weights be of the other sign and `learn = false`"));
            problems.push(d);
        }
    }
    let biased = super::bias(around.network, population, cell.bias.is_some(), &cell.name, "its file has no [bias]");
    let biased = biased.unwrap_or_else(|d| {
        problems.push(d);
        false
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Understood { held: kinds::join(all), signs, spikes_arrive, values_arrive, biased })
}

/// What a group is composed of, and its learned numbers.
fn parts<'h>(around: &Around, population: &'h Population, u: &'h Understood) -> Result<(CableParts<'h>, Vec<Tensor>), Vec<Diagnostic>> {
    let (held, signs, arrives) = (&u.held, u.signs, u.spikes_arrive || u.values_arrive);
    let cell = &held.cell;
    let settle = delays::settle(around.network, &population.neuron, cell.settle.value, around.dt, around.ticks).map_err(|d| vec![d])?;
    let mut parts = CableParts {
        name: &population.name.value,
        cell,
        cut: &held.cut,
        kind: held.kind.clone(),
        painted: held.painted.clone(),
        // Receptors at which nothing arrives would only cost time.
        receptors: {
            let [positive, negative] = held.receptors.clone();
            [positive.filter(|_| arrives && signs[0]), negative.filter(|_| arrives && signs[1])]
        },
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
        spikes_arrive: u.spikes_arrive,
        values_arrive: u.values_arrive,
        biased: u.biased,
        bias_at: held.bias_at.clone(),
        spike_at: held.spike_at.clone(),
        watched: outside::watches(around.network, &population.name),
        gain: 1.0,
        interpolated: around.interpolated,
        change: around.network.precision.as_ref().is_some_and(|p| p.value == Precision::Single),
    };
    let copies = population.size.value / parts.kinds();
    let (mut tensors, mut problems) = (Vec::new(), Vec::new());
    for (k, l) in population.learn.iter().enumerate() {
        match learned(around, population, &parts, k) {
            Ok(found) => {
                parts.learn.push(LearnedAt { name: l.name.value.clone(), tensor: tensors.len(), part: found.part });
                let name = format!("{}.{}", population.name.value, l.name.value);
                tensors.push(Tensor::per_kind(name, found.unit, found.bounds, &found.values, copies));
            }
            Err(d) => problems.push(d),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok((parts, tensors))
}

/// What does not fit together in a population, as diagnostics.
fn located(around: &Around, population: &Population, code: &'static str, e: Vec<String>) -> Vec<Diagnostic> {
    e.into_iter().map(|m| around.network.locate(Diagnostic::error(code, m), population.neuron.span, "this cell")).collect()
}

/// The equations of a population of cells, before any step.
pub(super) fn equations(around: &Around, population: &Population, cells: &[&Cell]) -> Result<Equations, Vec<Diagnostic>> {
    let understood = understand(around, population, cells)?;
    let (parts, _) = parts(around, population, &understood)?;
    cable::equations(&parts).map_err(|e| located(around, population, "reference-no-equation", e))
}

/// Makes the group of a population of cells, of one kind or several.
pub(super) fn group(around: &Around, population: &Population, cells: &[&Cell], params: &mut Params) -> Result<Group, Vec<Diagnostic>> {
    let understood = understand(around, population, cells)?;
    let (mut parts, tensors) = parts(around, population, &understood)?;
    let (cell, biased) = (parts.cell, parts.biased);
    let located = |e: Vec<String>| located(around, population, "model-neuron", e);
    let arrives = parts.spikes_arrive || parts.values_arrive;
    let copies = population.size.value / parts.kinds();
    let (mut calibration, mut mean_square) = (None, 1.0);
    // Where all is given in physical units the size of a dimensionless weight is nobody's concern.
    let calibrated = arrives && !super::streams::absolute(around.network, population);
    if let Some(activity) = cell.activity.as_ref().filter(|_| calibrated) {
        let first: Vec<Vec<Vec<f64>>> =
            tensors.iter().map(|t| t.values.chunks(t.shape[1]).step_by(copies).map(<[f64]>::to_vec).collect()).collect();
        // What is tried is a drive by values: it acts like the spikes that it stands for.
        let tried = compose_cable(&CableParts { values_arrive: true, ..parts.clone() }).map_err(located)?;
        let fan_in = fan_in(around.network, around.links, around.index);
        let balance = 0.5 * (fan_in * 2.0 / std::f64::consts::PI).sqrt() * MEAN_OVER_RMS;
        let trial = Trial { ticks: around.ticks, dt: around.dt, settle: parts.settle, learned: &first, balance };
        let (c, s) = calibrate(&tried, &trial, activity.value);
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

/// Whether weights into a population can be positive, and negative.
fn signs(around: &Around, population: &Population) -> [bool; 2] {
    let noise = || around.network.noise.iter().filter(|n| n.population.value == population.name.value).map(|n| n.weight.value);
    let mut out = [noise().any(|w| w >= 0.0), noise().any(|w| w < 0.0)];
    // Projections that could not be understood made no link, and then nothing comes to this.
    for (l, p) in around.links.iter().zip(&around.network.projections).filter(|(l, _)| l.to == around.index) {
        let of = match p.weights.value {
            // A negative value acts through the receptor of the other sign.
            _ if p.learns() || l.target == Target::DriveBySign => [true; 2],
            Weights::Column(scale) => match &p.wiring.value {
                Wiring::Table(t) => {
                    let all = || t.listed.iter().flat_map(|l| l.weights.iter().map(move |w| scale * w));
                    [all().any(|w| w > 0.0), all().any(|w| w < 0.0)]
                }
                _ => [true; 2],
            },
            Weights::Kernel(scale) => match &p.wiring.value {
                Wiring::Convolution(k) => [k.numbers.iter().any(|w| scale * w > 0.0), k.numbers.iter().any(|w| scale * w < 0.0)],
                _ => [true; 2],
            },
            weights => wires::drawn(around.network, p).unwrap_or(weights).signs(),
        };
        out = [out[0] || of[0], out[1] || of[1]];
    }
    out
}

/// Most compartments of one branch: a length or a rule that asks for more is a slip of the keyboard.
const MOST_COMPARTMENTS: usize = 10_000;

/// Refuses branches that would be cut into more compartments than any memory should hold.
fn too_many_compartments(cell: &Cell) -> Vec<Diagnostic> {
    let many = cell.branches.iter().map(|b| (b, count(cell, b))).filter(|(_, n)| *n > MOST_COMPARTMENTS);
    many.map(|(b, n)| {
        let text = format!("`{}` would have {n} compartments, more than {MOST_COMPARTMENTS}", b.name.value);
        let d = cell.locate(Diagnostic::error("cell-too-large", text), b.name.span, "this branch");
        d.hint("is its length in um? A longer max-length or a larger d-lambda makes fewer")
    })
    .collect()
}
