//! Where what is printed goes: to a reader that stops early, to what is full, into a folder that is a file.

mod common;

use common::Place;
use std::process::Stdio;

const MODEL: &str = r#"title = "Clamped"

[time]
step = "0.1 ms"
presentation = "5 ms"

[population.cell]
size = 1
neuron = "cells/two-branch"
"#;

fn place() -> Place {
    let place = Place::new();
    place.write("clamp.toml", MODEL);
    place.write("wrong.mod", "NEURON { SUFFIX }\n");
    place
}

/// The end of a pipe that nobody reads.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_stops_early_changes_neither_exit_codes_nor_files() {
    let place = place();
    let stated = [("run clamp.toml", 0), ("run clamp.toml --json", 0), ("bench list", 0), ("claims list", 0), ("check clamp.toml", 0)];
    let refused = [("check wrong.mod", 1), ("check wrong.mod --json", 1), ("mech wrong.mod", 1)];
    let others =
        [("run missing.toml", 1), ("fmt --check wrong.mod", 0), ("fmt --stdout wrong.mod", 0), ("run --nonsense", 2), ("--help", 0)];
    for (words, code) in stated.into_iter().chain(refused).chain(others) {
        let _ = std::fs::remove_dir_all(place.path("out"));
        let read = place.command(words).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert_eq!(read.code(), Some(code), "{words}");
        let _ = std::fs::remove_dir_all(place.path("out"));
        let status = place.command(words).stdout(unread()).stderr(unread()).status().unwrap();
        assert_eq!(status.code(), Some(code), "`{words}`, unread");
        assert_eq!(place.path("out/clamp/traces.csv").exists(), words.starts_with("run clamp"), "{words}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_do_not_reach_stdout_are_a_failure_that_is_said() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let out = place().command("check clamp.toml").stdout(full).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("stdout-write") && said.contains("help:"), "{said}");
}

#[test]
fn a_folder_for_results_that_is_a_file_is_said_with_a_hint() {
    let place = place();
    place.write("taken", "kept");
    let done = place.homolog("run clamp.toml --quiet --out taken");
    assert_eq!(done.code, 1, "{}", done.out);
    assert!(done.err.contains("`taken` is a file, not a folder"), "{}", done.err);
    assert_eq!(place.read("taken"), "kept");
}
