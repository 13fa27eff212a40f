//! The built-in library, read from its folder, and a small cell.
#![allow(dead_code, reason = "every test binary uses a part")]

use homolog_base::Source;
use homolog_model::{Library, Network, Population, Projection};
use std::path::Path;

pub fn library() -> Library {
    let mut library = Library::new();
    for folder in ["neurons", "synapses", "channels", "pools", "stimuli"] {
        let folder =
            Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the tests lie")).join("../../library").join(folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "mod") {
                let (m, problems) = homolog_nmodl::read(&Source::new(path.to_string_lossy(), std::fs::read_to_string(&path).unwrap()));
                let shown: Vec<String> = problems.iter().map(|d| d.render(false)).collect();
                library.insert(m.unwrap_or_else(|| panic!("{}", shown.join("\n"))));
            }
        }
    }
    library
}

pub const CELL: &str = r#"
    title = "A soma and two dendrites, with receptors of both signs on seven and on three compartments"
    [branch.soma]
    length = "20 um"
    diameter = "20 um"
    compartments = 1
    [branch.near]
    parent = "soma"
    length = "80 um"
    diameter = "2 um"
    compartments = 3
    [branch.far]
    parent = "soma"
    length = "160 um"
    diameter = "2 um"
    compartments = 4
    [[paint]]
    mechanism = "hh"
    [positive]
    mechanism = "ampa"
    regions = ["near", "far"]
    weight = "2 nS"
    [negative]
    mechanism = "gaba"
    region = "near"
    weight = "2 nS"
    [bias]
    branch = "soma"
    size = "0.1 nA"
    [spike]
    branch = "soma"
    threshold = "-20 mV"
    surrogate = { shape = "fast_sigmoid", width = "5 mV" }
    [time]
    step = "0.1 ms"
    presentation = "10 ms"
    delay = "1 ms"
    [interface]
    rate = "100 Hz"
    readout = "count"
    activity = 1
"#;

/// The library with a cell of this text, called `cell`.
pub fn with_cell(text: &str) -> Library {
    let mut library = library();
    let (cell, problems) = homolog_model::file::read_cell(&Source::new("cell.toml", text), "cell", &|_: &str| (None, vec![]));
    let shown: Vec<String> = problems.iter().map(|d| d.render(false)).collect();
    library.insert_cell(cell.unwrap_or_else(|| panic!("{}", shown.join("\n"))));
    library
}

pub fn population(name: &str, size: usize, neuron: &str) -> Population {
    Population { name: name.into(), size: size.into(), neuron: neuron.into(), ..Population::default() }
}

pub fn projection(from: &str, to: &str) -> Projection {
    Projection { from: from.into(), to: to.into(), ..Projection::default() }
}

pub fn network(populations: Vec<Population>, projections: Vec<Projection>) -> Network {
    Network { title: "test".into(), populations, projections, ..Network::default() }
}
