//! Files of cells, good and bad.

use super::{Morphology, read_cell, write_cell};
use crate::cell::{Bias, Branch, Cell, CellReadout, Discretisation, Field, Paint, Placed, Placement, Point, Quantity, Scheme, SpikeAt};
use crate::expression::Expression;
use crate::network::Located;
use homolog_base::{Diagnostic, Source, Span, Unit};
use homolog_ir::{Receptor, Shape, Surrogate};
use proptest::prelude::*;

const TWO: &str = include_str!("sample.toml");

fn nothing(file: &str) -> Morphology {
    (None, vec![Diagnostic::error("file-missing", format!("there is no file `{file}`")).hint("look elsewhere")])
}

fn problems(text: &str) -> String {
    let (cell, found) = read_cell(&Source::new("bad.toml", text), "cells/bad", &nothing);
    assert!(cell.is_none(), "a cell with errors is no cell");
    found.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n\n")
}

fn good(text: &str) -> Cell {
    let (cell, found) = read_cell(&Source::new("good.toml", text), "cells/good", &nothing);
    cell.unwrap_or_else(|| panic!("{}", found.iter().map(|d| d.render(false)).collect::<String>()))
}

/// The sample, with something put in the place of something.
fn with(old: &str, new: &str) -> String {
    assert!(TWO.contains(old), "{old}");
    TWO.replacen(old, new, 1)
}

/// As little as a cell can be.
const LEAST: &str = r#"
[branch.soma]
length = "20 um"
diameter = "20 um"
[spike]
branch = "soma"
threshold = "-20 mV"
surrogate = { shape = "arctan", width = "5 mV" }
[time]
step = "0.1 ms"
presentation = "40 ms"
delay = "1 ms"
[interface]
rate = "100 Hz"
readout = "count"
activity = 3
"#;

#[test]
fn the_cell_that_ships_reads_as_it_is_written() {
    let cell = good(TWO);
    let shape: Vec<_> = cell.branches.iter().map(|b| (b.name.as_str(), b.parent, b.length())).collect();
    assert_eq!(shape, [("soma", None, 20.0), ("left", Some(0), 200.0), ("right", Some(0), 200.0)]);
    assert_eq!(cell.regions(), ["soma", "dendrite"]);
    assert_eq!(cell.branches.iter().filter_map(|b| b.compartments.as_ref()).map(|n| n.value).sum::<usize>(), 11);
    assert_eq!(cell.positive.as_ref().map(|p| (p.receptor.mechanism.as_str(), p.receptor.weight.0)), Some(("ampa", 1.0)));
    assert_eq!((cell.bias.as_ref().map(|b| b.size), cell.rate.value), (Some(0.05), 0.1));
    assert_eq!(cell.paints.iter().map(|p| p.mechanism.as_str()).collect::<Vec<_>>(), ["hh", "pas"]);
}

#[test]
fn what_is_not_said_is_the_documented_default() {
    let cell = good(LEAST);
    let membrane = [&cell.capacitance, &cell.resistivity, &cell.initial, &cell.celsius, &cell.settle].map(|x| x.value);
    assert_eq!(membrane, [1.0, 100.0, -65.0, 6.3, 0.0]);
    let ions: Vec<_> = cell.reversals.iter().map(|(k, x)| (k.as_str(), x.value)).collect();
    assert_eq!(ions, [("eca", 132.4579), ("ek", -77.0), ("ena", 50.0)]);
    assert_eq!((cell.discretisation.value, cell.scheme.value, cell.readout_scale), (Discretisation::DLambda(0.1), Scheme::Implicit, 1.0));
    assert_eq!(cell.branches[0].region.value, "soma");
    assert!(cell.positive.is_none() && cell.negative.is_none() && cell.bias.is_none() && cell.paints.is_empty());
}

#[test]
fn any_unit_of_the_right_dimension_will_do() {
    let text = with("length = \"20 um\"", "length = \"0.02 mm\"")
        .replace("\"100 ohm-cm\"", "\"1 ohm m\"")
        .replace("\"1 uF/cm2\"", "\"0.01 F/m2\"")
        .replace("\"100 Hz\"", "\"0.1 /ms\"")
        .replace("\"50 pA\"", "\"0.05 nA\"")
        .replace("\"-20 mV\"", "\"-0.02 V\"")
        .replace("\"0.1 ms\"", "\"100 us\"");
    assert_eq!(bare(good(&text)), bare(good(TWO)));
}

#[test]
fn every_form_of_every_value_is_read() {
    let text = with("diameter = \"1.5 um\"", "diameter = [\"2 um\", \"1 um\"]")
        .replacen("length = \"200 um\"\ndiameter = \"1.5 um\"", "points = [[0, 2], [50, 1.5, 1, 2, 3], [200, 0]]", 1)
        .replace("[[paint]]\nmechanism = \"pas\"", "[discretisation]\nmax-length = \"25 um\"\n[[paint]]\nmechanism = \"pas\"")
        .replace("region = \"dendrite\"\nparameters = { tau = \"2 ms\"", "regions = [\"dendrite\", \"soma\"]\nparameters = { tau = 2")
        .replace("readout = \"count\"", "readout = { filtered = \"10 ms\" }")
        .replace("delay = \"1 ms\"", "delay = \"1 ms\"\nscheme = \"second-order\"");
    let cell = good(&text);
    assert_eq!(cell.branches[1].points.iter().map(|p| p.diameter).collect::<Vec<_>>(), [2.0, 1.0]);
    assert_eq!(cell.branches[2].points[1], Point { along: 50.0, diameter: 1.5, position: Some([1.0, 2.0, 3.0]) });
    assert_eq!((cell.discretisation.value, cell.readout.value), (Discretisation::MaxLength(25.0), CellReadout::Filtered(10.0)));
    assert_eq!(cell.scheme.value, Scheme::SecondOrder);
    assert_eq!(cell.positive.map(|p| (p.regions.len(), p.receptor.parameters)), Some((2, vec![("tau".to_string(), 2.0, None)])));
}

#[test]
fn spans_show_the_very_words() {
    let cell = good(TWO);
    let text = |s: Span| &TWO[s.start..s.end];
    assert_eq!(text(cell.branches[1].name.span), "left");
    assert_eq!(text(cell.branches[1].region.span), "\"dendrite\"");
    assert_eq!(text(cell.spike.threshold.span), "\"-20 mV\"");
    assert_eq!(text(cell.positive.expect("it has one").receptor.span), "\"ampa\"");
}

#[test]
fn a_morphology_stands_in_for_branches() {
    let text = LEAST.replace("[branch.soma]\nlength = \"20 um\"\ndiameter = \"20 um\"", "morphology = \"a/b.swc\"");
    let found = |file: &str| {
        assert_eq!(file, "a/b.swc");
        (Some(good(LEAST).branches), vec![Diagnostic::warning("swc-order", "sorted")])
    };
    let (cell, said) = read_cell(&Source::new("good.toml", text.clone()), "cells/good", &found);
    let cell = cell.expect("a warning is no error");
    assert_eq!(&text[cell.branches[0].name.span.start..cell.branches[0].name.span.end], "\"a/b.swc\"");
    // A warning without a place is shown where the file is named.
    assert_eq!(said[0].position(), Some((2, 14)));
    let missing = problems(&text);
    assert!(missing.contains("there is no file `a/b.swc`") && missing.contains("named here"), "{missing}");
}

macro_rules! shows {
    ($($name:ident: $text:expr;)*) => {$(
        #[test]
        fn $name() {
            let shown = problems(&$text);
            assert!(!shown.is_empty(), "a bad file must be refused");
            insta::assert_snapshot!(shown);
        }
    )*};
}

shows! {
    an_empty_file_names_what_is_missing: "";
    unknown_keys_are_suggested: with("[membrane]\ncapacitance", "[membrane]\ncapacitence").replace("[bias]", "[bais]").replace("readout-scale", "readout_scale").replace("ena =", "na =");
    unknown_names_are_suggested: with("parent = \"soma\"", "parent = \"some\"").replace("region = \"dendrite\"\nparameters = { tau = \"2", "regions = [\"dendrites\", \"soma\", \"soma\"]\nparameters = { tau = \"2").replace("[spike]\nbranch = \"soma\"", "[spike]\nbranch = \"axon\"").replace("[bias]\nbranch = \"soma\"", "[bias]\nbranch = \"lefft\"");
    a_parent_after_its_child_is_shown_with_both: with("parent = \"soma\"", "parent = \"right\"");
    circles_of_branches_are_refused: with("parent = \"soma\"", "parent = \"right\"").replacen("parent = \"soma\"", "parent = \"left\"", 1).replace("[branch.soma]", "[branch.soma]\nparent = \"soma\"");
    a_second_root_is_refused: with("parent = \"soma\"\n", "");
    lengths_and_times_out_of_range_say_the_range: with("length = \"20 um\"", "length = \"0 um\"").replacen("\"1.5 um\"", "\"-2 um\"", 1).replace("step = \"0.1 ms\"", "step = \"0 ms\"").replace("compartments = 5", "compartments = 0").replace("\"1 nS\"", "\"-1 nS\"").replace("activity = 2", "activity = 0").replace("\"6.3 degC\"", "\"-300 degC\"");
    units_of_another_dimension_are_shown_with_both: with("length = \"20 um\"", "length = 20").replacen("\"20 um\"", "\"20 ms\"", 1).replace("\"100 ohm-cm\"", "\"100 ohm\"").replace("\"6.3 degC\"", "\"279 K\"").replace("\"50 pA\"", "\"50 pS\"").replace("\"100 Hz\"", "\"100\"").replace("\"1 uF/cm2\"", "\"1 uF/cm3\"").replace("width = \"5 mV\"", "width = 5").replace("g = \"5e-5 S/cm2\"", "g = \"5e-5 S/cm2x\"");
    a_taper_of_one_number_is_refused: with("diameter = \"1.5 um\"", "diameter = [\"1.5 um\"]");
    points_that_are_no_course_are_refused: with("length = \"200 um\"\ndiameter = \"1.5 um\"", "points = [[1, 2], [0.5, 0], [3], [4, 2, 1, 1, 1]]\nlength = \"3 um\"").replacen("length = \"200 um\"\ndiameter = \"1.5 um\"", "points = [[0, 2]]", 1);
    branches_grow_from_a_morphology_that_is_there: format!("morphology = \"a.swc\"\n{TWO}");
    a_presentation_that_ends_before_it_settles_is_refused: with("settle = \"5 ms\"", "settle = \"50 ms\"");
    a_mechanism_painted_twice_in_a_region_is_refused: with("[positive]", "[[paint]]\nmechanism = \"pas\"\nregions = [\"soma\", \"dendrite\"]\n[[paint]]\nmechanism = \"hh\"\n[positive]");
    one_region_and_several_are_too_much: with("region = \"soma\"", "region = \"soma\"\nregions = []");
    words_with_several_forms_say_them: with("readout = \"count\"", "readout = \"cuont\"").replace("[positive]", "[discretisation]\nd-lambda = 0.1\nper-branch = 3\n[positive]").replace("\"fast_sigmoid\"", "\"sigmoid\"").replace("delay = \"1 ms\"", "delay = \"1 ms\"\nscheme = \"explicit\"");
    expressions_show_the_very_place: with("mechanism = \"hh\"", "mechanism = \"hh\"\nwhere = \"distance > radius\"").replace("e = \"-65 mV\"", "e = { value = \"2*(distance\" }, g2 = { value = \"order > 2\", unit = \"mVolt\" }");
    what_is_no_toml_is_shown: with("[spike]", "[spike\nbranch == 3");
}

/// The cell without places and source.
fn bare(mut c: Cell) -> Cell {
    fn b<T>(l: &mut Located<T>) {
        l.span = Span::default();
    }
    c.source = None;
    c.name = "cells/good".into();
    b(&mut c.discretisation);
    for x in [
        &mut c.capacitance,
        &mut c.resistivity,
        &mut c.initial,
        &mut c.celsius,
        &mut c.rate,
        &mut c.presentation,
        &mut c.settle,
        &mut c.step,
        &mut c.delay,
        &mut c.spike.threshold,
    ] {
        b(x);
    }
    c.activity.iter_mut().for_each(b);
    c.reversals.values_mut().chain(c.concentrations.values_mut()).chain(c.capacitances.values_mut()).for_each(b);
    for p in &mut c.placements {
        b(&mut p.mechanism);
        b(&mut p.branch);
        p.name.iter_mut().for_each(b);
        p.parameters.values_mut().for_each(b);
        p.span = Span::default();
    }
    for x in &mut c.branches {
        b(&mut x.name);
        b(&mut x.region);
        x.at.iter_mut().for_each(b);
        x.compartments.iter_mut().for_each(b);
    }
    for p in &mut c.paints {
        b(&mut p.mechanism);
        p.regions.iter_mut().for_each(b);
        p.parameters.values_mut().for_each(b);
        p.condition.iter_mut().for_each(b);
        p.fields.values_mut().for_each(|f| b(&mut f.value));
        p.span = Span::default();
    }
    for p in [&mut c.positive, &mut c.negative].into_iter().flatten() {
        p.regions.iter_mut().for_each(b);
        p.place.iter_mut().for_each(|p| b(&mut p.0));
        p.receptor.span = Span::default();
        p.receptor.parameter_spans.clear();
        p.receptor.weight_span = Span::default();
        p.span = Span::default();
    }
    c.bias.iter_mut().for_each(|x| b(&mut x.branch));
    b(&mut c.spike.branch);
    b(&mut c.scheme);
    b(&mut c.readout);
    c
}

fn above_zero() -> impl Strategy<Value = f64> {
    prop_oneof![1e-9..1e3, 1e-100..1e100]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), -1e3..1e3, prop::num::f64::NORMAL].prop_map(|x| x + 0.0)
}

const UNITS: [&str; 5] = ["ms", "nS", "S/cm2", "uA", "mV"];

fn branch() -> impl Strategy<Value = Branch> {
    let point = (above_zero(), above_zero(), prop::option::of([number(), number(), number()]));
    let points = prop::collection::vec(point, 2..5).prop_map(|mut all| {
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all[0].0 = 0.0;
        all.into_iter().map(|(along, diameter, position)| Point { along, diameter, position }).collect::<Vec<_>>()
    });
    (points, prop::option::of(1usize..99), 0usize..3, any::<bool>()).prop_map(|(mut points, compartments, region, tip)| {
        if tip {
            points.last_mut().expect("two or more").diameter = 0.0;
        }
        Branch {
            name: Located::default(),
            parent: None,
            at: compartments.map(|n| (0.01 * n as f64).into()),
            region: ["soma", "basal", "custom.5"][region].into(),
            points,
            compartments: compartments.map(Located::from),
        }
    })
}

/// Numbers, and which of [`UNITS`] they have.
type Parameters = std::collections::BTreeMap<String, (f64, Option<usize>)>;

fn cell() -> impl Strategy<Value = Cell> {
    let branches = prop::collection::vec((branch(), any::<prop::sample::Index>()), 1..6).prop_map(|all| {
        let mut out: Vec<Branch> = Vec::new();
        for (k, (mut b, parent)) in all.into_iter().enumerate() {
            b.name = format!("b.{k}").into();
            b.parent = (k > 0).then(|| parent.index(k));
            b.at = b.at.filter(|_| k > 0);
            out.push(b);
        }
        out
    });
    let parameters = || prop::collection::btree_map("[a-z_]{1,6}", (number(), prop::option::of(0usize..5)), 0..3);
    let receptor = || prop::option::of((parameters(), above_zero(), prop::option::of(0usize..5), any::<bool>()));
    let paints = prop::collection::vec((parameters(), any::<bool>()), 0..3);
    let readout = prop_oneof![Just(CellReadout::Count), Just(CellReadout::Potential), above_zero().prop_map(CellReadout::Filtered)];
    let cut = prop_oneof![
        above_zero().prop_map(Discretisation::DLambda),
        above_zero().prop_map(Discretisation::MaxLength),
        (1usize..99).prop_map(Discretisation::PerBranch)
    ];
    let ions = prop::collection::btree_map("e[a-z]{1,3}", number(), 0..3);
    let positive = prop::array::uniform8(above_zero());
    (
        branches,
        [receptor(), receptor()],
        paints,
        (readout, cut, 0usize..3, any::<bool>()),
        ions,
        positive,
        (number(), number(), -200.0..200.0f64, prop::option::of(above_zero())),
        "[ -~\\n\\t\"\\\\é→]{0,20}",
    )
        .prop_map(
            |(branches, receptors, paints, (readout, cut, shape, second), ions, x, (initial, threshold, celsius, bias), title)| {
                let unit = |k: Option<usize>| k.map(|k| Unit::parse(UNITS[k]).expect("a unit"));
                let here = |everywhere: bool| if everywhere { vec![] } else { vec![branches[0].region.clone()] };
                let [positive, negative] = receptors.map(|r| {
                    r.map(|(parameters, weight, u, everywhere)| Placed {
                        receptor: Receptor {
                            mechanism: "syn".into(),
                            parameters: parameters.into_iter().map(|(k, (x, u))| (k, x, unit(u))).collect(),
                            weight: (weight, unit(u)),
                            span: Span::default(),
                            parameter_spans: vec![],
                            weight_span: Span::default(),
                        },
                        regions: if weight > 1.0 { vec![] } else { here(everywhere) },
                        place: (weight > 1.0).then(|| (branches[0].name.clone(), 0.25)),
                        span: Span::default(),
                    })
                });
                let quantity = |(x, u): (f64, Option<usize>)| -> Quantity { (x, u.map(|u| UNITS[u].to_string())).into() };
                let paint = |(k, (parameters, everywhere)): (usize, (Parameters, bool))| Paint {
                    mechanism: format!("m{k}").into(),
                    regions: here(everywhere),
                    condition: (k == 1).then(|| Expression::parse("distance > 2e2 and not order < 3").expect("a condition").into()),
                    fields: [(
                        "z".to_string(),
                        Field { value: Expression::parse("3*exp(-distance/5)").expect("a number").into(), unit: None },
                    )]
                    .into_iter()
                    .filter(|_| k == 2)
                    .collect(),
                    parameters: parameters.into_iter().map(|(k, q)| (k, quantity(q))).collect(),
                    span: Span::default(),
                };
                let paints = paints.into_iter().enumerate().map(paint).collect();
                let mut reversals: std::collections::BTreeMap<String, Located<f64>> =
                    super::ions::REVERSALS.iter().map(|(k, x)| ((*k).to_string(), (*x).into())).collect();
                reversals.extend(ions.into_iter().map(|(k, x)| (k, x.into())));
                let branch = branches[branches.len() - 1].name.clone();
                let concentrations = super::ions::concentrations().map(|(k, c)| (k, (c * x[2]).into())).collect();
                let placement = |(k, size): (usize, f64)| Placement {
                    mechanism: "clamp".into(),
                    name: (k > 0).then(|| format!("electrode{k}").into()),
                    branch: branch.clone(),
                    position: 0.25 * k as f64,
                    parameters: [("rs".to_string(), quantity((size, None)))].into(),
                    span: Span::default(),
                };
                let placements = bias.into_iter().chain([x[0]]).enumerate().map(placement).collect();
                Cell {
                    name: "cells/good".into(),
                    description: format!("{title}, and more"),
                    title,
                    source: None,
                    discretisation: cut.into(),
                    capacitance: x[0].into(),
                    capacitances: [(branches[0].region.value.clone(), x[1].into())].into_iter().filter(|_| second).collect(),
                    resistivity: x[1].into(),
                    initial: initial.into(),
                    celsius: celsius.into(),
                    reversals,
                    concentrations,
                    paints,
                    placements,
                    positive,
                    negative,
                    bias: bias.map(|size| Bias { branch: branch.clone(), size }),
                    rate: x[2].into(),
                    spike: SpikeAt {
                        branch,
                        threshold: threshold.into(),
                        surrogate: Surrogate { shape: [Shape::FastSigmoid, Shape::Arctan, Shape::SuperSpike][shape], width: x[3] },
                    },
                    scheme: if second { Scheme::SecondOrder } else { Scheme::Implicit }.into(),
                    presentation: x[4].into(),
                    settle: (x[4] * 0.25).into(),
                    step: (x[4] * 0.125).into(),
                    delay: x[5].into(),
                    readout: readout.into(),
                    readout_scale: x[6],
                    activity: second.then(|| x[7].into()),
                    branches,
                }
            },
        )
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(cell in cell()) {
        let text = write_cell(&cell);
        let (again, found) = read_cell(&Source::new("written.toml", text.clone()), "cells/good", &nothing);
        prop_assert!(found.is_empty(), "{}\n{}", found.iter().map(|d| d.render(false)).collect::<String>(), text);
        prop_assert_eq!(bare(again.expect("no errors")), cell, "{}", text);
    }

    #[test]
    fn a_mutilated_file_never_makes_the_reader_panic(from in 0usize..3000, len in 0usize..60, noise in "[\\[\\]{}=\".\n0-9]{0,4}") {
        let start = TWO.floor_char_boundary(from.min(TWO.len()));
        let end = TWO.floor_char_boundary((start + len).min(TWO.len()));
        let (cell, found) = read_cell(&Source::new("noise.toml", format!("{}{noise}{}", &TWO[..start], &TWO[end..])), "cells/noise", &nothing);
        prop_assert_eq!(cell.is_none(), homolog_base::has_errors(&found));
        let _: Vec<String> = found.iter().map(|d: &Diagnostic| d.render(false)).collect();
    }
}

#[test]
fn a_morphology_may_lose_a_region_and_grow_branches() {
    let morphology = |_: &str| -> Morphology {
        let branch = |name: &str, parent: Option<usize>, region: &str| Branch {
            name: name.into(),
            parent,
            at: None,
            region: region.into(),
            points: [0.0, 10.0].map(|along| Point { along, diameter: 2.0, position: None }).into(),
            compartments: None,
        };
        let all = [("soma", None, "soma"), ("axon.0", Some(0), "axon"), ("axon.1", Some(1), "axon"), ("basal.0", Some(0), "basal")];
        (Some(all.map(|(n, p, r)| branch(n, p, r)).into()), vec![])
    };
    let text = |more: &str| {
        let shape = "[branch.soma]\nlength = \"20 um\"\ndiameter = \"20 um\"\n";
        assert!(LEAST.contains(shape));
        LEAST.replacen(shape, more, 1)
    };
    let stub = "[branch.stub]\nparent = \"soma\"\nat = 0.5\nregion = \"axon\"\nlength = \"30 um\"\ndiameter = \"1 um\"\n";
    let read = |more: &str| read_cell(&Source::new("grown.toml", text(more)), "cells/good", &morphology);
    let (cell, found) = read(&format!("morphology = \"x.swc\"\nwithout = [\"axon\"]\n{stub}"));
    let cell = cell.unwrap_or_else(|| panic!("{}", found.iter().map(|d| d.render(false)).collect::<String>()));
    let shape: Vec<_> = cell.branches.iter().map(|b| (b.name.as_str(), b.parent, b.region.as_str())).collect();
    assert_eq!(shape, [("soma", None, "soma"), ("basal.0", Some(0), "basal"), ("stub", Some(0), "axon")]);
    assert_eq!(cell.branches[2].at.as_ref().map(|x| x.value), Some(0.5));
    for (more, code) in [
        ("morphology = \"x.swc\"\nwithout = [\"tuft\"]\n", "cell-unknown-region"),
        ("morphology = \"x.swc\"\nwithout = [\"soma\"]\n", "cell-without"),
        ("morphology = \"x.swc\"\n[branch.stub]\nparent = \"dend\"\nlength = \"30 um\"\ndiameter = \"1 um\"\n", "cell-unknown-branch"),
        ("morphology = \"x.swc\"\n[branch.soma]\nparent = \"axon.1\"\nlength = \"30 um\"\ndiameter = \"1 um\"\n", "model-duplicate"),
    ] {
        let (cell, found) = read(more);
        assert!(cell.is_none() && found.iter().any(|d| d.code == code), "{more}: {found:?}");
    }
}
