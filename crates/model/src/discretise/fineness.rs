//! How finely a cell is cut.

use super::{Cut, cut, electrotonic};
use crate::cell::{Cell, Discretisation};
use homolog_base::Diagnostic;

/// A compartment, and how long it is.
#[derive(Clone, PartialEq, Debug)]
pub struct Extent {
    /// Name of its branch.
    pub branch: String,
    /// um.
    pub length: f64,
    /// In length constants at 100 Hz.
    pub electrotonic: f64,
}

/// How a cell was cut.
#[derive(Clone, PartialEq, Debug)]
pub struct Fineness {
    /// By what: `d-lambda 0.1`.
    pub rule: String,
    /// Branches.
    pub branches: usize,
    /// How many branches say themselves how many compartments they have.
    pub by_branch: usize,
    /// Compartments in all.
    pub compartments: usize,
    /// Regions in the order of the branches, and their compartments.
    pub regions: Vec<(String, usize)>,
    /// The shortest compartment, by um.
    pub shortest: Extent,
    /// The longest compartment, by um.
    pub longest: Extent,
    /// The longest compartment, by length constants.
    pub coarsest: Extent,
    /// How many are longer than [`COARSE`].
    pub coarse: usize,
}

/// Longest compartment about which nothing is said, in length constants at 100 Hz.
///
/// Along a cable that is cut at distances `x`, in length constants of a frequency, a wave of that frequency travels and decays as if its
/// propagation constant were wrong by `x^2 / 24` (the first term of `2 asinh(x / 2) / x`; order 2, Mascagni & Sherman 1989, in Koch & Segev
/// (eds.), "Methods in Neuronal Modeling"). The length constant falls like the root of the frequency (Hines & Carnevale 2001, Neuroscientist
/// 7, 123), so at 1 kHz, where spikes have their flanks, a third at 100 Hz is an error of `10 / 9 / 24`, or 5 %.
pub const COARSE: f64 = 1.0 / 3.0;

/// How a cell is cut; none of a cell without branches.
pub fn fineness(cell: &Cell) -> Option<Fineness> {
    let made: Cut = cut(cell);
    let extents: Vec<Extent> = made
        .compartments
        .iter()
        .map(|c| {
            let from = c.index as f64 * c.length;
            Extent {
                branch: cell.branches[c.branch].name.value.clone(),
                length: c.length,
                electrotonic: electrotonic(cell, &cell.branches[c.branch], from, from + c.length),
            }
        })
        .collect();
    // The first of several.
    let most = |key: &dyn Fn(&Extent) -> f64| {
        let better = |a: &'_ Extent, b: &'_ Extent| key(b) > key(a) * (1.0 + 1e-9);
        extents.iter().skip(1).fold(extents.first(), |a, b| a.map(|a| if better(a, b) { b } else { a })).cloned()
    };
    let regions = cell.regions().into_iter().map(|r| {
        let own = made.compartments.iter().filter(|c| cell.branches[c.branch].region.value == r).count();
        (r.to_string(), own)
    });
    Some(Fineness {
        rule: rule(cell.discretisation.value),
        branches: cell.branches.len(),
        by_branch: cell.branches.iter().filter(|b| b.compartments.is_some()).count(),
        compartments: made.compartments.len(),
        regions: regions.collect(),
        shortest: most(&|e| 1.0 / e.length)?,
        longest: most(&|e| e.length)?,
        coarsest: most(&|e| e.electrotonic)?,
        coarse: extents.iter().filter(|e| e.electrotonic > COARSE).count(),
    })
}

/// A rule as the file of a cell has it.
fn rule(d: Discretisation) -> String {
    match d {
        Discretisation::DLambda(x) => format!("d-lambda {x}"),
        Discretisation::Neuron(x) => format!("neuron {x}"),
        Discretisation::NeuronLength(x) => format!("neuron-length {x} um"),
        Discretisation::MaxLength(x) => format!("max-length {x} um"),
        Discretisation::PerBranch(n) => format!("per-branch {n}"),
    }
}

/// That compartments are too long for what spikes do in them, where some are.
pub fn coarse(cell: &Cell) -> Option<Diagnostic> {
    let f = fineness(cell).filter(|f| f.coarse > 0)?;
    let Extent { branch, length, electrotonic } = &f.coarsest;
    let many = if f.coarse == 1 { String::new() } else { format!(", and {} more are longer than a third", f.coarse - 1) };
    let text = format!(
        "a compartment of `{branch}` in `{}` is {electrotonic:.2} length constants (at 100 Hz) long, {length:.0} um{many}",
        cell.name
    );
    let own = cell.branch(branch).and_then(|b| cell.branches[b].compartments.as_ref()).map(|n| n.span);
    let d = cell.locate(Diagnostic::warning("cell-coarse", text), own.unwrap_or(cell.discretisation.span), "so few compartments");
    let (now, fine) = (100.0 * error_in_a_flank(*electrotonic), 100.0 * error_in_a_flank(USUAL));
    Some(d.hint(format!(
        "at 1 kHz, in the flank of a spike, its length counts wrong by about {now:.0} %; `d-lambda = {USUAL}` in [discretisation] makes it {fine:.1} %"
    )))
}

/// Length of a compartment by the rule that files need not name, in length constants at 100 Hz.
const USUAL: f64 = 0.1;

/// By what part the propagation constant is wrong at 1 kHz for compartments of `x` length constants at 100 Hz: the square of the frequency's root, over 24.
fn error_in_a_flank(x: f64) -> f64 {
    10.0 * x * x / 24.0
}
