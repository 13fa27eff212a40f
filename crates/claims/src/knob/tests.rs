use super::{Change, turn};
use homolog_base::Unit;
use homolog_formats::claims::{Folder, built_in};
use homolog_formats::library;
use homolog_model::{Library, Network};

/// The network of the axon with its cell.
fn axon() -> (Network, Library) {
    let folder: Folder = built_in().into_iter().find(|f| f.name == "14-axon").unwrap();
    let (mut shelf, _) = library::load();
    let (study, _) = homolog_model::file::read(&folder.files["model.toml"]);
    shelf.insert_cell(folder.cell("axon.toml").unwrap().0.unwrap());
    (study.network, shelf)
}

#[test]
fn every_target_that_is_named_is_found_and_others_are_not() {
    for (target, hits) in [
        ("hh.gnabar", 1),
        ("membrane.resistivity", 1),
        ("membrane.capacitance", 1),
        ("membrane.temperature", 1),
        ("membrane.initial", 1),
        ("ions.ena", 1),
        ("branch.diameter", 7),
        ("branch.left.length", 1),
        ("stimulus.amplitude", 1),
        ("stimulus.duration", 1),
        ("stimulus.delay", 0),
        ("branch.nowhere.diameter", 0),
        ("hh.gnaba", 0),
        ("ions.nothing", 0),
        ("gnabar", 0),
    ] {
        let (mut network, mut library) = axon();
        assert_eq!(turn(target, Change::Times(2.0), [&mut network], &mut library), Ok(hits), "{target}");
    }
}

#[test]
fn a_cell_of_several_models_is_turned_once() {
    let (mut one, mut library) = axon();
    let mut other = one.clone();
    let was = library.cell("axon.toml").unwrap().resistivity.value;
    assert_eq!(turn("membrane.resistivity", Change::Times(2.0), [&mut one, &mut other], &mut library), Ok(1));
    assert_eq!(library.cell("axon.toml").unwrap().resistivity.value, 2.0 * was);
}

#[test]
fn a_number_is_set_in_its_unit_or_not_at_all() {
    let (mut network, mut library) = axon();
    let volts = Change::Set(-0.07, Unit::parse("V").unwrap());
    assert_eq!(turn("membrane.initial", volts, [&mut network], &mut library), Ok(1));
    assert!((library.cell("axon.toml").unwrap().initial.value + 70.0).abs() < 1e-9);
    assert!(turn("membrane.resistivity", volts, [&mut network], &mut library).is_err());
}
