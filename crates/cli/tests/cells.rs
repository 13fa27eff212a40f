//! Cells of the user's own: files beside a model, and files to check.

mod common;

use common::{Place, repository};

/// One neuron called by a word.
fn network(neuron: &str) -> String {
    format!("title = \"One cell\"\n\n[population.cell]\nsize = 1\nneuron = \"{neuron}\"\n")
}

fn shipped(path: &str) -> String {
    std::fs::read_to_string(repository().join("library").join(path)).unwrap()
}

#[test]
fn a_model_names_a_cell_by_a_path_relative_to_itself() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("models/mine")).unwrap();
    place.write("models/mine/cell.toml", &shipped("cells/two-branch.toml"));
    place.write("models/one.toml", &network("mine/cell.toml"));
    place.homolog("check models/one.toml").well();
    place.homolog("run models/one.toml --quiet").well();
    place.write("models/one.toml", &network("mine/cel.toml"));
    for command in ["check", "run"] {
        let done = place.homolog(&format!("{command} models/one.toml"));
        assert!(done.code == 1 && done.err.contains("file-missing") && done.err.contains("one.toml:5:10"), "{}", done.err);
    }
}

#[test]
fn a_cell_beside_a_model_is_checked_with_it() {
    let place = Place::new();
    place.write("cell.toml", &shipped("cells/two-branch.toml").replace("length = \"20 um\"", "length = \"20 mV\""));
    place.write("one.toml", &network("cell.toml"));
    let done = place.homolog("check one.toml");
    assert!(done.code == 1 && done.err.contains("cell.toml:") && !done.err.contains("model-unknown-neuron"), "{}", done.err);
}

#[test]
fn models_and_cells_that_ship_pass_the_check() {
    let place = Place::new();
    for path in ["benches/grad.toml", "benches/grad-cell.toml", "cells/two-branch.toml"] {
        place.homolog(&format!("check {}", repository().join("library").join(path).display())).well();
    }
}

#[test]
fn a_cell_that_names_a_channel_there_is_not_fails_the_check() {
    let place = Place::new();
    place.write("mine.toml", &shipped("cells/two-branch.toml").replace("mechanism = \"hh\"", "mechanism = \"hhh\""));
    let done = place.homolog("check mine.toml");
    assert!(done.code == 1 && done.err.contains("`hhh`") && done.err.contains("mine.toml:"), "{}", done.err);
}

const DIFFUSING: &str = "
NEURON { SUFFIX spread  USEION ca READ ica WRITE cai }
UNITS { (mM) = (milli/liter)  (um) = (micron)  (mA) = (milliamp) }
ASSIGNED { ica (mA/cm2)  diam (um) }
STATE { ca (mM)  cai (mM) }
INITIAL { ca = diam*(1e-4)  cai = ca }
BREAKPOINT { SOLVE move METHOD sparse }
KINETIC move {
    COMPARTMENT diam*diam { ca }
    LONGITUDINAL_DIFFUSION 200*diam*diam { ca }
    ~ ca << (0)
    cai = ca
}
";

#[test]
fn what_diffuses_along_branches_does_so_in_a_run_and_in_its_reference() {
    let place = Place::new();
    std::fs::create_dir(place.path("mine")).unwrap();
    place.write("mine/spread.mod", DIFFUSING);
    let cell = std::fs::read_to_string(repository().join("library/cells/two-branch.toml")).unwrap();
    place.write("own.toml", &format!("{cell}\n[[paint]]\nmechanism = \"spread\"\n"));
    place.write(
        "model.toml",
        "title = \"Spread\"\n[time]\nstep = \"0.1 ms\"\npresentation = \"2 ms\"\n[population.cell]\nsize = 1\nneuron = \"own.toml\"\n\
         [[record]]\npopulation = \"cell\"\nvariable = \"spread.ca\"\nbranch = \"left\"\n",
    );
    let done = place.homolog("run model.toml --quiet --library mine --reference").well();
    assert!(!done.err.contains("diffus"), "{}", done.err);
    // It begins with more where the branch is thicker.
    let traces = std::fs::read_to_string(place.path("out/model/traces.csv")).unwrap();
    let ca: Vec<f64> = traces.lines().skip(1).map(|l| l.split(',').next_back().unwrap().parse().unwrap()).collect();
    assert!(ca[0] > 0.0 && ca.windows(2).all(|w| w[1] > w[0]), "{ca:?}");
    let done = place.homolog("check model.toml --library mine --json").well();
    assert_eq!(done.json()["warnings"], 0);
}

#[test]
fn how_a_cell_is_cut_is_said_and_what_is_cut_too_coarsely_is_a_warning() {
    let place = Place::new();
    place.write("cell.toml", &shipped("cells/two-branch.toml").replacen("compartments = 5", "compartments = 1", 1));
    place.write("one.toml", &network("cell.toml"));
    let cut = "cell.toml: 7 compartments (soma 1, dendrite 6) by numbers of their own, from 20.0 to 200 um long, at most 0.579 of the length constant at 100 Hz (left)\n";
    for file in ["one.toml", "cell.toml"] {
        let done = place.homolog(&format!("check {file}")).well();
        assert!(done.out.ends_with(&cut["cell.toml".len()..]), "{}", done.out);
        assert!(done.err.contains("cell-coarse") && done.err.contains("of `left`") && done.err.contains("d-lambda = 0.1"), "{}", done.err);
    }
    let json = place.homolog("check one.toml --json").well().json();
    let cell = &json["cells"]["cell.toml"];
    assert_eq!((&cell["compartments"], &cell["regions"]["dendrite"]), (&7.into(), &6.into()));
    assert_eq!((&cell["longest"]["um"], &cell["shortest"]["branch"]), (&200.0.into(), &"soma".into()));
    assert_eq!((&cell["longer_than_a_third_of_the_length_constant"], &json["warnings"]), (&1.into(), &1.into()));
    let done = place.homolog("run one.toml --quiet").well();
    assert!(done.out.contains("\n  cut by numbers of their own, from 20.0 to 200 um long, at most 0.579 of"), "{}", done.out);
    let json = place.homolog("run one.toml --quiet --json").well().json();
    assert_eq!(json["populations"]["cell"]["cells"]["cell.toml"]["coarsest"]["branch"], "left");
    // The rule by itself says nothing.
    place.write("cell.toml", &shipped("cells/two-branch.toml").replace("compartments = 5", ""));
    let done = place.homolog("check cell.toml").well();
    assert!(
        done.err.is_empty() && done.out.contains("by d-lambda 0.1, 1 branch by a number of its own, from"),
        "{} {}",
        done.out,
        done.err
    );
}
