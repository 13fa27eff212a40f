//! The file of a cell: one TOML text that says what shape a neuron has, what its membrane holds, where its inputs arrive, and
//! what a network needs to know of it.
//!
//! [`read_cell`] is pure: text to value, with all problems at once, each with its place. [`write_cell`] is its inverse. A quantity
//! is written with its unit, and any unit of the same dimension will do.
//!
//! ```toml
//! title = "Pyramidal cell with two dendrites"     # optional
//! description = """Where it comes from."""        # optional
//! morphology = "cell.swc"             # instead of branches: an SWC or ASC file, relative to this one; branches may grow from it
//! without = ["axon"]                  # optional: regions of it that are left out
//!
//! [membrane]                          # optional, as is each line
//! capacitance = "1 uF/cm2"            # the default
//! capacitances = { apical = "2 uF/cm2" }          # where a region has another
//! resistivity = "100 ohm-cm"          # the default
//! initial = "-65 mV"                  # the default
//! temperature = "6.3 degC"            # the default
//!
//! [ions]                              # optional: reversal potentials
//! ena = "50 mV"                       # the default
//! ek = "-77 mV"                       # the default
//! eca = "132.4579 mV"                 # the default; that of Nernst where something reads or writes a concentration
//! cai = "50e-6 mM"                    # concentrations inside and outside; the defaults are NEURON's
//! cao = "2 mM"
//!
//! [branch.soma]                       # in this order: a branch after the one it begins at
//! length = "20 um"
//! diameter = "20 um"                  # or ["2 um", "1 um"]: where it begins and where it ends
//!
//! [branch.left]
//! parent = "soma"                     # begins at its end
//! at = 0.5                            # optional: or there, from 0, where that branch begins, to 1
//! points = [[0, 2], [150, 1]]         # instead of length and diameter: distance and diameter in um, then x, y, z where known
//! region = "dendrite"                 # optional: the name of the branch when not given
//! compartments = 5                    # optional: instead of what [discretisation] gives
//!
//! [discretisation]                    # optional: one of these
//! d-lambda = 0.1                      # the default: part of the length constant at 100 Hz
//! neuron = 0.1                        # as NEURON's tools do: an odd number; from the middle of the soma
//! neuron-length = "40 um"             # ... or 1 + 2 floor(length / this)
//! max-length = "20 um"
//! per-branch = 3
//!
//! [[paint]]                           # a mechanism in the membrane
//! mechanism = "hh"
//! regions = ["soma"]                  # or region = "soma"; everywhere when not given
//! where = "distance > 200 and diameter < 2"       # optional: of these, so far from the middle of the first branch, um
//! parameters = { gnabar = "0.12 S/cm2", gl = { value = "3e-4*exp(-distance/500)", unit = "S/cm2" } }     # optional
//!
//! [[place]]                           # a mechanism at one place: an electrode, a stimulus
//! mechanism = "vclamp"
//! name = "electrode"                  # optional: the mechanism's name when not given
//! branch = "soma"
//! position = 0.5                      # the default: the middle
//! parameters = { amp1 = "-60 mV" }    # optional
//!
//! [positive]                          # optional: who takes positive weights
//! mechanism = "ampa"
//! regions = ["dendrite"]              # or region = "dendrite"; everywhere when not given
//! branch = "left"                     # or at one place, with `position` from 0 to 1 (its middle when not given)
//! parameters = { tau = "2 ms" }       # optional
//! weight = "1 nS"                     # the size of a weight of 1
//!
//! [negative]                          # optional: who takes negative weights, in the same way
//!
//! [bias]                              # optional: a current into the middle of a branch
//! branch = "soma"
//! size = "10 pA"                      # of a bias of 1, inward positive
//!
//! [spike]
//! branch = "soma"                     # whose middle is watched
//! threshold = "-20 mV"
//! surrogate = { shape = "fast_sigmoid", width = "5 mV" }
//!
//! [time]
//! step = "0.1 ms"
//! presentation = "40 ms"
//! settle = "0 ms"                     # the default
//! delay = "1 ms"
//! scheme = "implicit"                 # the default; or "second-order"
//!
//! [interface]
//! rate = "100 Hz"                     # what a value of 1 that arrives stands for
//! readout = "count"                   # or { filtered = "10 ms" }, "potential"
//! readout-scale = 0.2                 # default 1: what one unit of the readout is worth
//! activity = 3                        # optional: mean number of spikes in a presentation under a drive of unit variance, to which
//!                                     # weights are calibrated; else a weight of 1 is what `weight` says
//! ```

mod branches;
mod check;
mod ions;
mod places;
mod write;

pub use write::write_cell;

use super::finished;
use super::parts;
use super::walk::{
    ANY, CAPACITANCE, CURRENT, FRACTION, LENGTH, NOT_NEGATIVE, POSITIVE, POTENTIAL, Physical, RATE, RESISTIVITY, Range, Reader, Section,
    TIME, Value,
};
use super::walk::{in_order, kind};
use crate::cell::{Bias, Branch, Cell, CellReadout, Discretisation, Paint, Placed, Placement, Quantity, Scheme, SpikeAt};
use crate::network::Located;
use homolog_base::{Diagnostic, Source, Span, Unit, has_errors};
use homolog_ir::{Receptor, Shape, Surrogate};
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// The branches of a file that holds a shape, if it could be read, and all that is to be said of it.
pub type Morphology = (Option<Vec<Branch>>, Vec<Diagnostic>);

/// Reads the file of a cell that will be called `name`: the cell, unless there are errors, and everything that is wrong with it.
///
/// `morphology` is asked, once at most, for the branches of the file that the cell names. Whether the mechanisms that it names exist
/// and have the parameters that it sets is for compilation to say.
pub fn read_cell(source: &Arc<Source>, name: &str, morphology: &dyn Fn(&str) -> Morphology) -> (Option<Cell>, Vec<Diagnostic>) {
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    let mut r = Reader::new(source, "a cell");
    let cell = cell(&mut r, document.get_ref(), name, morphology, errors.is_empty());
    let hint = "is this the file of a cell? It begins with `title = \"...\"` and sections such as `[branch.soma]`";
    let problems = finished(r, &errors, hint);
    (cell.filter(|_| !has_errors(&problems)), problems)
}

/// The whole document; none only if there are errors. A document that is `whole` hides nothing, so what does not fit is said.
fn cell(r: &mut Reader<'_>, document: &DeTable<'_>, name: &str, morphology: &dyn Fn(&str) -> Morphology, whole: bool) -> Option<Cell> {
    let keys = [
        "title",
        "description",
        "morphology",
        "without",
        "membrane",
        "ions",
        "branch",
        "discretisation",
        "paint",
        "place",
        "positive",
        "negative",
        "bias",
        "spike",
        "time",
        "interface",
    ];
    let root = r.keys("", Span::default(), document, &keys);
    let text = |r: &mut Reader<'_>, key| r.optional(&root, key, Reader::text).map(|t| t.value).unwrap_or_default();
    let (title, description) = (text(r, "title"), text(r, "description"));

    let membrane = root
        .get("membrane")
        .and_then(|v| r.section("membrane", v, &["capacitance", "capacitances", "resistivity", "initial", "temperature"]));
    let in_membrane = |r: &mut Reader<'_>, key: &str, physical: Physical, range: Range, default: f64| {
        let given = membrane.as_ref().and_then(|s| r.optional(s, key, |r, k, v| r.physical(k, v, physical, range)));
        given.unwrap_or_else(|| default.into())
    };
    let capacitance = in_membrane(r, "capacitance", CAPACITANCE, POSITIVE, 1.0);
    let capacitances = membrane.as_ref().and_then(|s| r.optional(s, "capacitances", capacitances)).map(|c| c.value).unwrap_or_default();
    let resistivity = in_membrane(r, "resistivity", RESISTIVITY, POSITIVE, 100.0);
    let initial = in_membrane(r, "initial", POTENTIAL, ANY, -65.0);
    let celsius = membrane.as_ref().and_then(|s| r.optional(s, "temperature", temperature)).unwrap_or_else(|| 6.3.into());

    let (reversals, concentrations) = ions::read(r, &root);
    let branches = branches::read(r, &root, morphology, whole);
    let discretisation = root.get("discretisation").and_then(|v| Some(Located::new(discretisation(r, v)?, v.span()))).unwrap_or_default();
    let paints = root.get("paint").map_or(&[][..], |v| r.tables("paint", v)).iter().filter_map(|v| paint(r, v)).collect();
    let placements = root.get("place").map_or(&[][..], |v| r.tables("place", v)).iter().filter_map(|v| placement(r, v)).collect();
    let positive = root.get("positive").and_then(|v| placed(r, "positive", v));
    let negative = root.get("negative").and_then(|v| placed(r, "negative", v));
    let bias = root.get("bias").and_then(|v| bias(r, v));
    let spike = needed(r, &root, "spike", &["branch", "threshold", "surrogate"]).and_then(|s| spike(r, &s));
    let time = needed(r, &root, "time", &["step", "presentation", "settle", "delay", "scheme"]).and_then(|s| time(r, &s));
    let interface = needed(r, &root, "interface", &["rate", "readout", "readout-scale", "activity"]).and_then(|s| interface(r, &s));

    // The parts that are needed stand in for themselves, so that names are checked in all that could be read.
    let known = branches.is_some();
    let (readable, watched) = (branches.unwrap_or_default(), spike.is_some());
    let (timed, described) = (time.is_some(), interface.is_some());
    let time = time.unwrap_or_default();
    let interface = interface.unwrap_or_default();
    let nowhere =
        || SpikeAt { branch: Located::default(), threshold: 0.0.into(), surrogate: Surrogate { shape: Shape::FastSigmoid, width: 1.0 } };
    let cell = Cell {
        name: name.to_string(),
        title,
        description,
        source: Some(r.source.clone()),
        branches: readable,
        discretisation,
        capacitance,
        capacitances,
        resistivity,
        initial,
        celsius,
        reversals,
        concentrations,
        paints,
        placements,
        positive,
        negative,
        bias,
        rate: interface.rate,
        spike: spike.unwrap_or_else(nowhere),
        scheme: time.scheme,
        presentation: time.presentation,
        settle: time.settle,
        step: time.step,
        delay: time.delay,
        readout: interface.readout,
        readout_scale: interface.scale,
        activity: interface.activity,
    };
    if whole {
        check::cell(r, &cell, known);
    }
    (known && watched && timed && described).then_some(cell)
}

/// A section that must be there.
fn needed<'d, 'i>(r: &mut Reader<'_>, root: &Section<'d, 'i>, name: &'static str, keys: &[&'static str]) -> Option<Section<'d, 'i>> {
    if root.lacks(name) {
        let start = Span::new(0, r.source.text.len().min(1));
        r.error("model-missing-key", format!("this file has no section `[{name}]`"), start, format!("no `[{name}]` in this file")).hint =
            Some(format!("add `[{name}]`; its keys are {}", keys.join(", ")));
    }
    root.get(name).and_then(|v| r.section(name, v, keys))
}

/// `{ apical = "2 uF/cm2" }`, by the names of regions.
fn capacitances(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<BTreeMap<String, Located<f64>>> {
    let DeValue::Table(table) = v.get_ref() else {
        r.error(
            "model-wrong-type",
            format!("`{key}` must be a table"),
            v.span(),
            format!("expected a table, found {}", kind(v.get_ref())),
        )
        .hint = Some(format!("write it as `{key} = {{ apical = \"2 uF/cm2\" }}`"));
        return None;
    };
    let mut out = BTreeMap::new();
    for (region, v) in in_order(table) {
        if let Some(x) = r.physical(&region, v, CAPACITANCE, POSITIVE) {
            out.insert(region.value, Located::new(x, region.span));
        }
    }
    Some(out)
}

/// A temperature. Kelvin has the dimension of `degC` but another zero, so only `degC` is taken.
fn temperature(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<f64> {
    let (x, unit) = r.quantity(key, v)?;
    if unit.as_deref() != Some("degC") {
        let found = unit.map_or_else(|| "has no unit".into(), |u| format!("cannot be in {u}"));
        r.error("model-unit", format!("`{key}` {found}"), v.span(), "expected degrees Celsius").hint =
            Some("write it as \"6.3 degC\"".into());
        return None;
    }
    if !(-273.15..=1000.0).contains(&x) {
        r.error("model-range", format!("`{key}` cannot be \"{x} degC\""), v.span(), "expected the temperature of something alive");
        return None;
    }
    Some(x)
}

/// `{ d-lambda = 0.1 }`, `{ max-length = "20 um" }`, `{ per-branch = 3 }`.
fn discretisation(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Discretisation> {
    let (form, v) = parts::only_key(r, "discretisation", v, &["d-lambda", "neuron", "neuron-length", "max-length", "per-branch"], &[])?;
    Some(match form {
        "d-lambda" => Discretisation::DLambda(r.number(form, v, POSITIVE)?),
        "neuron" => Discretisation::Neuron(r.number(form, v, POSITIVE)?),
        "neuron-length" => Discretisation::NeuronLength(r.physical(form, v, LENGTH, POSITIVE)?),
        "max-length" => Discretisation::MaxLength(r.physical(form, v, LENGTH, POSITIVE)?),
        _ => Discretisation::PerBranch(compartments(r, form, v)?),
    })
}

/// A number of compartments.
fn compartments(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<usize> {
    /// More in one branch are a slip of the keyboard.
    const MOST: usize = 10_000;
    let n = r.whole(key, v, 1)?;
    if n > MOST {
        r.error("model-range", format!("`{key}` cannot be {n}"), v.span(), format!("expected at most {MOST} compartments in a branch"));
        return None;
    }
    Some(n)
}

/// `region = "soma"` or `regions = ["soma", "axon"]`; empty for everywhere.
fn regions(r: &mut Reader<'_>, s: &Section<'_, '_>) -> Vec<Located<String>> {
    let one = r.optional(s, "region", Reader::name);
    let Some(v) = s.get("regions") else { return one.into_iter().collect() };
    if let Some(one) = s.get("region") {
        let source = r.source;
        let d = r.error("cell-both", format!("`{}` has both `region` and `regions`", s.name), v.span(), "several");
        *d = d.clone().at(source, one.span(), "and one").hint("name all of them in `regions`");
    }
    let before = r.problems.len();
    let all = r.list("regions", v, Reader::name).unwrap_or_default();
    if all.is_empty() && r.problems.len() == before {
        r.error("cell-nowhere", "`regions` names no region", v.span(), "expected the names of regions").hint =
            Some("a line that is not there means everywhere".into());
    }
    all
}

fn paint(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Paint> {
    let s = r.section("paint", v, &["mechanism", "region", "regions", "where", "parameters"])?;
    let mechanism = r.required(&s, "mechanism", "\"hh\"", Reader::name);
    let regions = regions(r, &s);
    let condition = r.optional(&s, "where", |r, k, v| places::expression(r, k, v, true));
    let (parameters, fields) = r.optional(&s, "parameters", places::parameters).map(|p| p.value).unwrap_or_default();
    Some(Paint { mechanism: mechanism?, regions, condition, parameters, fields, span: s.span })
}

fn placement(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Placement> {
    let s = r.section("place", v, &["mechanism", "name", "branch", "position", "parameters"])?;
    let mechanism = r.required(&s, "mechanism", "\"vclamp\"", Reader::name);
    let name = r.optional(&s, "name", Reader::name);
    let branch = r.required(&s, "branch", "\"soma\"", Reader::name);
    let position = r.optional(&s, "position", |r, k, v| r.number(k, v, FRACTION)).map_or(0.5, |x| x.value);
    let parameters = r.optional(&s, "parameters", Reader::quantities).map(|p| p.value).unwrap_or_default();
    let parameters: BTreeMap<String, Quantity> = parameters.into_iter().map(|(k, x)| (k.value, x)).collect();
    Some(Placement { mechanism: mechanism?, name, branch: branch?, position, parameters, span: s.span })
}

fn placed(r: &mut Reader<'_>, name: &str, v: &Value<'_>) -> Option<Placed> {
    let s = r.section(name, v, &["mechanism", "region", "regions", "branch", "position", "parameters", "weight"])?;
    let mechanism = r.required(&s, "mechanism", "\"ampa\"", Reader::name);
    let regions = regions(r, &s);
    let branch = r.optional(&s, "branch", Reader::name);
    let position = r.optional(&s, "position", |r, k, v| r.number(k, v, FRACTION));
    if let (Some(branch), false) = (&branch, regions.is_empty()) {
        let source = r.source;
        let d = r.error("cell-both", format!("`{name}` is in a region and at a place"), regions[0].span, "a region");
        *d = d.clone().at(source, branch.span, "a place").hint("remove one of the two");
    }
    if let (Some(p), None) = (&position, &branch) {
        r.error("cell-nowhere", "`position` is a place on a branch, but there is no `branch`", p.span, "on which branch?").hint =
            Some("add a line such as `branch = \"soma\"`".into());
    }
    let place = branch.map(|b| (b, position.map_or(0.5, |p| p.value)));
    let unit = |u: Option<String>| u.map(|u| Unit::parse(&u).expect("read with the number"));
    let parameters = r.optional(&s, "parameters", Reader::quantities).map(|p| p.value).unwrap_or_default();
    let parameter_spans = parameters.iter().map(|(_, x)| x.span).collect();
    let parameters = parameters.into_iter().map(|(k, x)| (k.value, x.value.0, unit(x.value.1))).collect();
    let weight = r.required(&s, "weight", "\"1 nS\"", |r, k, v| {
        let (x, unit) = r.quantity(k, v)?;
        if x <= 0.0 {
            r.error("model-range", format!("`{k}` cannot be {x}"), v.span(), "expected the size of a weight of 1, above 0").hint =
                Some("the sign of a weight is the network's".into());
            return None;
        }
        Some((x, unit))
    });
    let (mechanism, weight) = (mechanism?, weight?);
    let (weight_span, (x, u)) = (weight.span, weight.value);
    let receptor =
        Receptor { mechanism: mechanism.value, parameters, weight: (x, unit(u)), span: mechanism.span, parameter_spans, weight_span };
    Some(Placed { receptor, regions, place, span: s.span })
}

fn bias(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Bias> {
    let s = r.section("bias", v, &["branch", "size"])?;
    let branch = r.required(&s, "branch", "\"soma\"", Reader::name);
    let size = r.required(&s, "size", "\"10 pA\"", |r, k, v| r.physical(k, v, CURRENT, POSITIVE));
    Some(Bias { branch: branch?, size: size?.value })
}

fn spike(r: &mut Reader<'_>, s: &Section<'_, '_>) -> Option<SpikeAt> {
    let branch = r.required(s, "branch", "\"soma\"", Reader::name);
    let threshold = r.required(s, "threshold", "\"-20 mV\"", |r, k, v| r.physical(k, v, POTENTIAL, ANY));
    let surrogate = r.required(s, "surrogate", "{ shape = \"fast_sigmoid\", width = \"5 mV\" }", |r, k, v| {
        let s = r.section(k, v, &["shape", "width"])?;
        let shapes: Vec<_> = Shape::names().collect();
        let shape = r.required(&s, "shape", "\"fast_sigmoid\"", |r, k, v| r.choice(k, v, &shapes));
        let width = r.required(&s, "width", "\"5 mV\"", |r, k, v| r.physical(k, v, POTENTIAL, POSITIVE));
        Some(Surrogate { shape: Shape::from_name(shapes[shape?.value])?, width: width?.value })
    });
    Some(SpikeAt { branch: branch?, threshold: threshold?, surrogate: surrogate?.value })
}

/// `[time]`.
#[derive(Default)]
struct Time {
    step: Located<f64>,
    presentation: Located<f64>,
    settle: Located<f64>,
    delay: Located<f64>,
    scheme: Located<Scheme>,
}

fn time(r: &mut Reader<'_>, s: &Section<'_, '_>) -> Option<Time> {
    let mut needed = |key, example, range| r.required(s, key, example, |r, k, v| r.physical(k, v, TIME, range));
    let step = needed("step", "\"0.1 ms\"", POSITIVE);
    let presentation = needed("presentation", "\"40 ms\"", POSITIVE);
    let delay = needed("delay", "\"1 ms\"", NOT_NEGATIVE);
    let settle = r.optional(s, "settle", |r, k, v| r.milliseconds(k, v, NOT_NEGATIVE)).unwrap_or_default();
    let scheme = r.optional(s, "scheme", |r, k, v| r.choice(k, v, &["implicit", "second-order"]));
    let scheme = scheme.map(|c| Located { value: [Scheme::Implicit, Scheme::SecondOrder][c.value], span: c.span }).unwrap_or_default();
    Some(Time { step: step?, presentation: presentation?, settle, delay: delay?, scheme })
}

/// `[interface]`.
struct Interface {
    rate: Located<f64>,
    readout: Located<CellReadout>,
    scale: f64,
    activity: Option<Located<f64>>,
}

impl Default for Interface {
    fn default() -> Self {
        Interface { rate: 0.0.into(), readout: CellReadout::Count.into(), scale: 1.0, activity: None }
    }
}

fn interface(r: &mut Reader<'_>, s: &Section<'_, '_>) -> Option<Interface> {
    let rate = r.required(s, "rate", "\"100 Hz\"", |r, k, v| r.physical(k, v, RATE, POSITIVE));
    let readout = r.required(s, "readout", "\"count\"", |r, k, v| {
        let words = ["count", "potential"];
        if matches!(v.get_ref(), DeValue::String(_)) {
            return Some([CellReadout::Count, CellReadout::Potential][r.choice(k, v, &words)?]);
        }
        let (form, v) = parts::only_key(r, k, v, &["filtered"], &words)?;
        Some(CellReadout::Filtered(r.milliseconds(form, v, POSITIVE)?))
    });
    let scale = r.optional(s, "readout-scale", |r, k, v| r.number(k, v, POSITIVE)).map_or(1.0, |x| x.value);
    let activity = r.optional(s, "activity", |r, k, v| r.number(k, v, POSITIVE));
    Some(Interface { rate: rate?, readout: readout?, scale, activity })
}

#[cfg(test)]
mod tests;
