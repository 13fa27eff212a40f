use super::{file, files, load, load_with, source};
use homolog_base::{Severity, has_errors};
use std::fs;

#[test]
fn every_mechanism_of_the_library_reads_without_a_problem() {
    let (library, problems) = load();
    assert!(problems.is_empty(), "{}", problems.iter().map(|d| d.render(false) + "\n").collect::<String>());
    assert_eq!(library.iter().count(), files().iter().filter(|f| f.ends_with(".mod")).count());
    for name in ["relu", "linear", "lif"] {
        assert!(library.get(name).is_some(), "{name}");
    }
}

#[test]
fn every_cell_of_the_library_names_mechanisms_that_ship() {
    let (library, _) = load();
    assert_eq!(library.cells().count(), files().iter().filter(|f| f.starts_with("cells/") && f.ends_with(".toml")).count());
    assert!(library.cell("cells/two-branch").is_some());
    for cell in library.cells() {
        let receptors = [&cell.positive, &cell.negative].into_iter().flatten().map(|p| p.receptor.mechanism.as_str());
        for name in cell.paints.iter().map(|p| p.mechanism.as_str()).chain(receptors) {
            assert!(library.get(name).is_some(), "{} names `{name}`", cell.name);
        }
    }
}

#[test]
fn a_users_cell_finds_the_morphology_beside_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let cells = dir.path().join("cells");
    fs::create_dir_all(cells.join("shapes")).expect("a folder");
    let text = source("cells/two-branch.toml").expect("it ships").text.clone();
    let start = text.find("[branch.soma]").expect("it has branches");
    let end = text.find("[[paint]]").expect("it has channels");
    let drawn = format!("morphology = \"shapes/y.swc\"\n{}{}", &text[..start], &text[end..]).replace("\"dendrite\"", "\"basal\"");
    fs::write(cells.join("drawn.toml"), &drawn).expect("a file");
    fs::write(cells.join("lost.toml"), drawn.replace("y.swc", "z.swc")).expect("a file");
    fs::write(cells.join("two-branch.toml"), &text).expect("a file");
    fs::write(dir.path().join("network.toml"), "this is no cell").expect("a file");
    fs::write(cells.join("shapes/y.swc"), "1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 3 0 16 0 1 2\n").expect("a file");
    let (library, problems) = load_with(&[dir.path().to_path_buf()]);
    assert_eq!(library.cell("cells/drawn").map(|c| c.branches.len()), Some(2));
    assert!(library.cell("cells/lost").is_none());
    assert_eq!(problems.iter().map(|d| d.code).collect::<Vec<_>>(), ["file-missing", "library-replaced"]);
    assert_eq!(problems[0].hint.as_ref().map(|h| h.ends_with("y.swc`?")), Some(true), "{:?}", problems[0].hint);
    assert!(problems[0].position().is_some(), "the place where the file is named");
    let (cell, found) = super::read_cell(&cells.join("drawn.toml")).expect("it is text");
    assert!(found.is_empty() && cell == library.cell("cells/drawn").cloned());
}

#[test]
fn a_morphology_of_a_cell_is_swc_or_asc() {
    let dir = tempfile::tempdir().expect("a folder");
    let text = source("cells/two-branch.toml").expect("it ships").text.clone();
    let (start, end) = (text.find("[branch.soma]").expect("it has branches"), text.find("[[paint]]").expect("it has channels"));
    let drawn = |file: &str| format!("morphology = \"{file}\"\n{}{}", &text[..start], &text[end..]).replace("\"dendrite\"", "\"basal\"");
    let asc = "(\"CellBody\" (-5 -5 0 0) (-5 5 0 0) (9 5 0 0) (9 -5 0 0)) ((Dendrite) (0 6 0 2) (0 16 0 2))";
    fs::write(dir.path().join("y.ASC"), asc).expect("a file");
    for (file, branches, codes) in [("y.ASC", Some(2), vec![]), ("y.hoc", None, vec!["morph-format"])] {
        fs::write(dir.path().join("drawn.toml"), drawn(file)).expect("a file");
        let (cell, found) = super::read_cell(&dir.path().join("drawn.toml")).expect("it is text");
        assert_eq!((cell.map(|c| c.branches.len()), found.iter().map(|d| d.code).collect()), (branches, codes));
    }
}

#[test]
fn a_cell_beside_an_embedded_model_is_embedded() {
    let model = source("benches/grad.toml").expect("it ships");
    let (cell, found) = super::cell_beside(&model, "grad-cell.toml").expect("it ships");
    assert!(found.is_empty());
    assert_eq!(cell.map(|c| (c.name, c.branches.len())), Some(("grad-cell.toml".into(), 11)));
    assert_eq!(super::cell_beside(&model, "none.toml").map_err(|d| d.code), Err("file-missing"));
}

#[test]
fn embedded_files_are_found_by_their_path() {
    assert!(file("data/digits8x8/digits.csv.gz").is_some_and(|b| b.starts_with(&[0x1F, 0x8B])));
    assert_eq!(source("neurons/lif.mod").map(|s| s.name.clone()), Some("<library>/neurons/lif.mod".into()));
    assert!(file("neurons/none.mod").is_none() && file("../Cargo.toml").is_none());
}

#[test]
fn the_tasks_that_ship_name_mechanisms_that_ship() {
    let (library, _) = load();
    let tasks: Vec<_> = files().into_iter().filter(|f| f.starts_with("tasks/")).collect();
    assert!(!tasks.is_empty());
    for task in tasks {
        let (study, problems) = homolog_model::file::read(&source(&task).expect("it was listed"));
        assert!(!has_errors(&problems), "{task}");
        let compared = study.comparison.iter().flat_map(|c| &c.levels).map(|l| l.1.as_str());
        for word in study.network.populations.iter().map(|p| p.neuron.as_str()).chain(compared).filter(|w| *w != "input") {
            assert!(library.get(word).is_some() || library.cell(word).is_some(), "{task} names `{word}`");
        }
    }
}

#[test]
fn the_examples_read_and_compile() {
    let (mut library, _) = load();
    let folder = std::path::Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the tests lie")).join("../../examples");
    let mut seen = 0;
    for entry in fs::read_dir(folder).expect("there are examples").flatten().filter(|e| e.path().extension().is_some_and(|x| x == "toml")) {
        seen += 1;
        let (text, _) = crate::text::read(&entry.path()).expect("it is text");
        if homolog_model::file::describes_fit(&text) {
            let (fit, problems) = homolog_model::file::read_fit(&text);
            assert!(problems.is_empty() && library.cell(&fit.neuron.value).is_some(), "{problems:?}");
            assert!(crate::sweeps::open(&fit).is_ok_and(|(recorded, problems)| recorded.len() == fit.sweeps.len() && problems.is_empty()));
            continue;
        }
        let (mut study, mut problems) = homolog_model::file::read(&text);
        problems.extend(crate::edges::open(&mut study.network));
        assert!(problems.is_empty(), "{}", problems.iter().map(|d| d.render(false)).collect::<String>());
        for p in study.network.populations.iter().filter(|p| !["input", "spikes"].contains(&p.neuron.value.as_str())) {
            if library.cell(&p.neuron).is_some() {
                // What it has is asked of it in compilation.
                continue;
            }
            if p.neuron.ends_with(".toml") {
                let (cell, problems) = super::cell_beside(&text, &p.neuron).expect("it lies beside its model");
                assert!(problems.is_empty(), "{problems:?}");
                library.insert_cell(cell.expect("it reads without a problem"));
                continue;
            }
            let m = library.get(&p.neuron).unwrap_or_else(|| panic!("{} names `{}`", text.name, p.neuron.value));
            for name in p.parameters.keys().chain(p.learn.iter().map(|l| &l.name.value)) {
                // Of receptors it is asked in compilation.
                assert!(name.contains('.') || m.parameter(name).is_some(), "{}: `{}` has no `{name}`", text.name, m.name);
            }
        }
        if let Err(problems) = homolog_model::compile(&study.network, &library, 0) {
            panic!("{}", problems.iter().map(|d| d.render(false)).collect::<String>());
        }
    }
    assert!(seen >= 3);
}

#[test]
fn a_users_mechanism_replaces_the_one_of_its_name_and_a_note_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let text = source("neurons/relu.mod").expect("it ships").text.clone();
    fs::create_dir(dir.path().join("deeper")).expect("a folder");
    fs::write(dir.path().join("deeper/mine.mod"), text.replacen("TITLE", "TITLE Mine:", 1)).expect("a file");
    fs::write(dir.path().join("notes.txt"), "not a mechanism").expect("a file");
    let (library, problems) = load_with(&[dir.path().to_path_buf()]);
    assert!(library.get("relu").is_some_and(|m| m.title.starts_with("Mine")));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!((problems[0].severity, problems[0].code), (Severity::Note, "library-replaced"));
    let (span, source) = (problems[0].labels[0].0, problems[0].source.as_ref().expect("it has a source"));
    assert_eq!(&source.text[span.start..span.end], "relu");
}

#[test]
fn a_folder_that_is_missing_or_empty_is_said() {
    let dir = tempfile::tempdir().expect("a folder");
    let (library, problems) = load_with(&[dir.path().join("none"), dir.path().to_path_buf()]);
    assert_eq!(problems.iter().map(|d| d.code).collect::<Vec<_>>(), ["file-missing", "library-empty"]);
    assert!(library.get("lif").is_some(), "the rest is there");
}

#[test]
fn a_bad_file_of_the_user_does_not_take_the_others_away() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("bad.mod"), "NEURON { SUFFIX\n").expect("a file");
    let (library, problems) = load_with(&[dir.path().to_path_buf()]);
    assert!(has_errors(&problems));
    assert!(library.get("lif").is_some());
}

#[test]
fn reading_the_library_takes_no_time_that_a_person_would_notice() {
    let once = || {
        let start = std::time::Instant::now();
        load();
        start.elapsed()
    };
    // The best of a few: what other programs do on this machine is not the library's time.
    let took = (0..5).map(|_| once()).min().expect("five times");
    eprintln!("the library took {took:?}");
    assert!(took.as_millis() < if cfg!(debug_assertions) { 500 } else { 50 }, "{took:?}");
}
