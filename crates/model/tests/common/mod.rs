//! The built-in library, read from its folder.
#![allow(dead_code)]

use homolog_base::Source;
use homolog_model::{Library, Network, Population, Projection};
use std::path::Path;

pub fn library() -> Library {
    let mut library = Library::new();
    for folder in ["neurons", "synapses", "channels"] {
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

pub fn population(name: &str, size: usize, neuron: &str) -> Population {
    Population { name: name.into(), size: size.into(), neuron: neuron.into(), ..Population::default() }
}

pub fn projection(from: &str, to: &str) -> Projection {
    Projection { from: from.into(), to: to.into(), ..Projection::default() }
}

pub fn network(populations: Vec<Population>, projections: Vec<Projection>) -> Network {
    Network { title: "test".into(), populations, projections, ..Network::default() }
}
