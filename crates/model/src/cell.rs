//! A neuron with a shape: branches, what their membrane holds, and where its inputs arrive. A plain value; nothing here is
//! compiled, and nothing knows a particular cell.
//!
//! A cell stands where a neuron of one `.mod` file stands: it makes the same declarations (how strong a weight of 1 is, how long
//! an input is shown, how it is read out), so one word exchanges the one for the other.

use crate::expression::Expression;
use crate::network::Located;
use homolog_base::{Source, Span};
use homolog_ir::{Receptor, Surrogate};
use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::sync::Arc;

/// A number as it was written, with its unit if one was.
pub type Quantity = Located<(f64, Option<String>)>;

/// A neuron with a shape.
#[derive(Clone, PartialEq, Debug)]
pub struct Cell {
    /// Name: `cells/two-branch`.
    pub name: String,
    /// One line that says what it is.
    pub title: String,
    /// Where it comes from, and remarks.
    pub description: String,
    /// The text it was read from.
    pub source: Option<Arc<Source>>,
    /// The branches, parents before children. The first has no parent.
    pub branches: Vec<Branch>,
    /// How branches are cut into compartments.
    pub discretisation: Located<Discretisation>,
    /// Specific capacitance of the membrane, uF/cm2.
    pub capacitance: Located<f64>,
    /// Where a region has another, uF/cm2.
    pub capacitances: BTreeMap<String, Located<f64>>,
    /// Resistivity of the cytoplasm, ohm cm.
    pub resistivity: Located<f64>,
    /// Potential at the start, mV.
    pub initial: Located<f64>,
    /// Temperature, degC.
    pub celsius: Located<f64>,
    /// Reversal potentials of ions by the name that mechanisms read (`ena`), mV.
    pub reversals: BTreeMap<String, Located<f64>>,
    /// Concentrations of ions by the name that mechanisms read (`cai`, `cao`), mM: at the start, and throughout where nothing writes them.
    pub concentrations: BTreeMap<String, Located<f64>>,
    /// What the membrane holds, and where.
    pub paints: Vec<Paint>,
    /// What stands at single places.
    pub placements: Vec<Placement>,
    /// Who takes positive weights, and where.
    pub positive: Option<Placed>,
    /// Who takes negative weights, and where.
    pub negative: Option<Placed>,
    /// Where a bias enters, and what a bias of 1 is.
    pub bias: Option<Bias>,
    /// How many events per ms a value of 1 stands for, where a sender sends values.
    pub rate: Located<f64>,
    /// When it spikes.
    pub spike: SpikeAt,
    /// How time is stepped.
    pub scheme: Located<Scheme>,
    /// How long one input is shown, ms.
    pub presentation: Located<f64>,
    /// How much of that passes before the readout begins, ms.
    pub settle: Located<f64>,
    /// Time step, ms.
    pub step: Located<f64>,
    /// Delay of projections that name none, ms.
    pub delay: Located<f64>,
    /// How activity becomes a value.
    pub readout: Located<CellReadout>,
    /// What one unit of the readout is worth to a rate unit.
    pub readout_scale: f64,
    /// Declared mean number of spikes in a presentation under a drive of unit variance, to which the size of weights is calibrated; where
    /// none is declared a weight of 1 is what its receptor says.
    pub activity: Option<Located<f64>>,
}

/// An unbranched piece of a cell.
#[derive(Clone, PartialEq, Debug)]
pub struct Branch {
    /// Name, unique in the cell: `soma`, `apical.3`.
    pub name: Located<String>,
    /// Index of the branch whose end it begins at.
    pub parent: Option<usize>,
    /// Where on that branch it begins, from 0 to 1, if not at its end: in the middle of the compartment that holds the place, or, at 0, where
    /// that branch itself begins.
    pub at: Option<Located<f64>>,
    /// Name of the region it belongs to.
    pub region: Located<String>,
    /// Diameters along it: at least two points, distances not falling, the first 0.
    pub points: Vec<Point>,
    /// Number of compartments, instead of what the cell's discretisation gives.
    pub compartments: Option<Located<usize>>,
}

/// Diameter at a distance.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Point {
    /// Distance along the branch from its beginning, um.
    pub along: f64,
    /// Diameter there, um.
    pub diameter: f64,
    /// Position in space, um; none for branches that were given by length.
    pub position: Option<[f64; 3]>,
}

/// The region of the soma, which some rules know.
pub const SOMA: &str = "soma";

/// A piece of a branch between two of its points whose diameter changes evenly.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cone {
    /// Where it begins and ends along the branch, um.
    pub along: (f64, f64),
    /// Diameters there, um.
    pub diameters: (f64, f64),
    /// Positions there, um; none for branches that were given by length.
    pub positions: Option<[[f64; 3]; 2]>,
}

impl Cone {
    /// Length along the branch, um.
    pub fn length(&self) -> f64 {
        self.along.1 - self.along.0
    }

    /// Mean diameter, um.
    pub fn diameter(&self) -> f64 {
        0.5 * (self.diameters.0 + self.diameters.1)
    }

    /// Area of its side, um2.
    pub fn area(&self) -> f64 {
        let ((d, e), h) = (self.diameters, self.length());
        PI * 0.5 * (d + e) * (h * h + 0.25 * (d - e) * (d - e)).sqrt()
    }

    /// Volume, um3.
    pub fn volume(&self) -> f64 {
        let (d, e) = self.diameters;
        PI / 12.0 * self.length() * (d * d + d * e + e * e)
    }

    /// Resistance from end to end for 1 ohm cm, MOhm.
    pub fn resistance(&self) -> f64 {
        // 1 ohm cm / um = 1e4 ohm = 1e-2 MOhm.
        1e-2 * 4.0 * self.length() / (PI * self.diameters.0 * self.diameters.1)
    }
}

impl Branch {
    /// Its cones between two distances along it, um. A step in diameter has no length, and is none.
    pub fn cones(&self, from: f64, to: f64) -> impl Iterator<Item = Cone> {
        self.points.windows(2).filter_map(move |pair| {
            let (a, b) = (pair[0], pair[1]);
            let along = (from.max(a.along), to.min(b.along));
            let part = |x: f64| (x - a.along) / (b.along - a.along);
            let diameter = |x: f64| a.diameter + (b.diameter - a.diameter) * part(x);
            let position = |p: [f64; 3], q: [f64; 3], x: f64| [0, 1, 2].map(|k| p[k] + (q[k] - p[k]) * part(x));
            let ends = a.position.zip(b.position);
            (along.1 > along.0).then(|| Cone {
                along,
                diameters: (diameter(along.0), diameter(along.1)),
                positions: ends.map(|(p, q)| [position(p, q, along.0), position(p, q, along.1)]),
            })
        })
    }

    /// All of its cones.
    fn all_cones(&self) -> impl Iterator<Item = Cone> {
        self.cones(f64::NEG_INFINITY, f64::INFINITY)
    }

    /// Mean diameter along it, um; 0 without a length.
    pub fn diameter(&self) -> f64 {
        let length = self.length();
        if length > 0.0 { self.all_cones().map(|c| c.diameter() * c.length()).sum::<f64>() / length } else { 0.0 }
    }

    /// Length, um.
    pub fn length(&self) -> f64 {
        self.points.last().map_or(0.0, |p| p.along)
    }

    /// Area of its side, without the discs at its ends, um2. A step in diameter has no length, and counts nothing.
    pub fn area(&self) -> f64 {
        self.all_cones().map(|c| c.area()).sum()
    }

    /// Volume, um3.
    pub fn volume(&self) -> f64 {
        self.all_cones().map(|c| c.volume()).sum()
    }
}

/// How branches are cut into compartments.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Discretisation {
    /// No compartment is longer than this fraction of the length constant at 100 Hz (Hines & Carnevale 2001, Neuroscientist 7, 123).
    DLambda(f64),
    /// As NEURON's tools cut a cell (Hines & Carnevale 2001; `lambda_f` and `Import3d` of its library): an odd number by the same rule, what
    /// grows from the soma begins in its middle, and the ring at a step in diameter is membrane.
    Neuron(f64),
    /// The same with `1 + 2 floor(length / this)` compartments, um: what many published models do (Hay et al. 2011: 40 um).
    NeuronLength(f64),
    /// No compartment is longer than this, um.
    MaxLength(f64),
    /// So many to each branch.
    PerBranch(usize),
}

impl Discretisation {
    /// Whether what grows from the soma begins in its middle, and rings are membrane.
    pub fn is_neurons(self) -> bool {
        matches!(self, Discretisation::Neuron(_) | Discretisation::NeuronLength(_))
    }
}

impl Default for Discretisation {
    fn default() -> Self {
        Discretisation::DLambda(0.1)
    }
}

/// How time is stepped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Scheme {
    /// Backward Euler for the potential, exponential Euler for gates: order 1, damps everything.
    #[default]
    Implicit,
    /// Crank-Nicolson for the potential, gates staggered by half a step: order 2 (Hines 1984; Mascagni & Sherman 1989).
    SecondOrder,
}

/// A mechanism in the membrane of some regions.
#[derive(Clone, PartialEq, Debug)]
pub struct Paint {
    /// Name of a mechanism of role channel.
    pub mechanism: Located<String>,
    /// Where; empty for everywhere.
    pub regions: Vec<Located<String>>,
    /// Where in these: a condition on the middle of a compartment.
    pub condition: Option<Located<Expression>>,
    /// Parameters that differ from its defaults.
    pub parameters: BTreeMap<String, Quantity>,
    /// Parameters that depend on the place.
    pub fields: BTreeMap<String, Field>,
    /// Where the entry stands.
    pub span: Span,
}

/// A parameter that depends on the place: its value in the middle of each compartment.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// How much of `unit`.
    pub value: Located<Expression>,
    /// The unit; the parameter's own when not given.
    pub unit: Option<String>,
}

/// A mechanism at one place: an electrode, a stimulus.
#[derive(Clone, PartialEq, Debug)]
pub struct Placement {
    /// Name of a mechanism of role point.
    pub mechanism: Located<String>,
    /// What its variables and parameters are called before the dot, where that is not the mechanism's name.
    pub name: Option<Located<String>>,
    /// The branch.
    pub branch: Located<String>,
    /// Where on it, from 0 at its beginning to 1.
    pub position: f64,
    /// Parameters that differ from its defaults.
    pub parameters: BTreeMap<String, Quantity>,
    /// Where the entry stands.
    pub span: Span,
}

impl Placement {
    /// What its variables and parameters are called before the dot.
    pub fn prefix(&self) -> &str {
        self.name.as_ref().map_or(&self.mechanism.value, |n| &n.value)
    }
}

/// A receptor, and the regions over whose compartments its inputs are spread: each input has one place, keyed by the seed, and places
/// have equally many, to within one. Or the one place where all of them are.
#[derive(Clone, PartialEq, Debug)]
pub struct Placed {
    /// The synapse, its parameters and the size of a weight of 1.
    pub receptor: Receptor,
    /// Where; empty for everywhere.
    pub regions: Vec<Located<String>>,
    /// A branch, and where on it, from 0 to 1.
    pub place: Option<(Located<String>, f64)>,
    /// Where the entry stands.
    pub span: Span,
}

/// A current for the bias.
#[derive(Clone, PartialEq, Debug)]
pub struct Bias {
    /// The branch whose middle it enters.
    pub branch: Located<String>,
    /// What a bias of 1 is, nA, inward positive.
    pub size: f64,
}

/// When a cell spikes.
#[derive(Clone, PartialEq, Debug)]
pub struct SpikeAt {
    /// The branch whose middle is watched.
    pub branch: Located<String>,
    /// The potential whose upward crossing is a spike, mV.
    pub threshold: Located<f64>,
    /// What stands for the derivative of a spike; the width is in mV.
    pub surrogate: Surrogate,
}

/// How a cell's activity over a presentation becomes one number. Only what leaves the cell is seen: its spikes, or the potential where
/// they are made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum CellReadout {
    /// Number of spikes after settling.
    Count,
    /// Spikes filtered with an exponential of this time constant, ms.
    Filtered(f64),
    /// Mean potential after settling, where spikes are made, minus the initial one, mV.
    Potential,
}

impl Cell {
    /// Specific capacitance of a branch, uF/cm2.
    pub fn capacitance_of(&self, branch: usize) -> f64 {
        self.capacitances.get(&self.branches[branch].region.value).unwrap_or(&self.capacitance).value
    }

    /// Index of the branch of this name.
    pub fn branch(&self, name: &str) -> Option<usize> {
        self.branches.iter().position(|b| b.name.value == name)
    }

    /// Names of the regions, in the order of the branches.
    pub fn regions(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for b in &self.branches {
            if !all.contains(&b.region.value.as_str()) {
                all.push(&b.region.value);
            }
        }
        all
    }

    /// Adds the place of a span to a diagnostic, when the cell was read from a text.
    pub fn locate(&self, d: homolog_base::Diagnostic, span: Span, label: &str) -> homolog_base::Diagnostic {
        match &self.source {
            Some(source) if span.end > 0 => d.at(source, span, label),
            _ => d,
        }
    }
}
