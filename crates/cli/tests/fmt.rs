//! `homolog fmt` writes mechanisms in their canonical form, and nothing else.

mod common;

use common::{Place, repository};

const RAGGED: &str = "NEURON\n{\n\tSUFFIX leak\n\tNONSPECIFIC_CURRENT i\n}\nBREAKPOINT {\n\ti=0.001*( v+65 ) : leak\n}\n";
const CANONICAL: &str = "NEURON {\n    SUFFIX leak\n    NONSPECIFIC_CURRENT i\n}\n\nBREAKPOINT {\n    i = 0.001*(v + 65)  : leak\n}\n";

/// Names of all files in a place.
fn names(place: &Place) -> Vec<String> {
    let mut out: Vec<_> =
        std::fs::read_dir(place.path("")).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    out.sort();
    out
}

#[test]
fn files_are_written_anew_where_their_form_is_another() {
    let place = Place::new();
    place.write("a.mod", RAGGED);
    place.write("b.mod", CANONICAL);
    let before = std::fs::metadata(place.path("b.mod")).unwrap().modified().unwrap();
    let done = place.homolog("fmt a.mod b.mod").well();
    assert_eq!(done.out, "a.mod:1: formatted from here on\n1 of 2 files formatted\n");
    assert_eq!((place.read("a.mod"), place.read("b.mod")), (CANONICAL.into(), CANONICAL.into()));
    assert_eq!(std::fs::metadata(place.path("b.mod")).unwrap().modified().unwrap(), before, "it is not touched");
    assert_eq!(names(&place), ["a.mod", "b.mod"], "nothing else is left");
    assert_eq!(place.homolog("fmt a.mod b.mod").well().out, "2 files: canonical already\n");
}

#[test]
fn a_check_changes_nothing_and_shows_the_first_line_that_would() {
    let place = Place::new();
    place.write("a.mod", RAGGED);
    place.write("b.mod", CANONICAL);
    place.write("c.mod", &CANONICAL.replace("    i =", "\ti ="));
    let done = place.homolog("fmt --check a.mod b.mod c.mod");
    assert_eq!(done.code, 1);
    insta::assert_snapshot!("check", done.out);
    assert_eq!(place.read("a.mod"), RAGGED);
    place.homolog("fmt --check b.mod").well();
    let json = place.homolog("fmt --check --json a.mod b.mod c.mod");
    assert_eq!(json.code, 1);
    assert_eq!(json.json()["changed"], serde_json::json!([{ "file": "a.mod", "line": 1 }, { "file": "c.mod", "line": 7 }]));
}

#[test]
fn the_form_may_be_printed() {
    let place = Place::new();
    place.write("a.mod", RAGGED);
    assert_eq!(place.homolog("fmt --stdout a.mod").well().out, CANONICAL);
    assert_eq!(place.read("a.mod"), RAGGED);
    assert_eq!(place.homolog("fmt --stdout --check a.mod").code, 2);
}

#[test]
fn every_file_that_cannot_be_formatted_is_named_and_left_and_the_others_are_done() {
    let place = Place::new();
    let (unfinished, strange) = ("COMMENT\nno end\n", "NEURON { SUFFIX a\\b }\n");
    place.write("unfinished.mod", unfinished);
    place.write("strange.mod", strange);
    place.write("good.mod", RAGGED);
    place.write("model.toml", "");
    let done = place.homolog("fmt unfinished.mod strange.mod missing.mod good.mod model.toml");
    assert_eq!(done.code, 1);
    insta::assert_snapshot!("refused", done.err);
    assert_eq!(done.out, "good.mod:1: formatted from here on\n1 of 5 files formatted\n");
    assert_eq!((place.read("unfinished.mod"), place.read("strange.mod")), (unfinished.into(), strange.into()));
    assert_eq!(place.read("good.mod"), CANONICAL);
}

#[test]
fn other_encodings_become_utf_8() {
    let place = Place::new();
    std::fs::write(place.path("latin.mod"), b"TITLE 10 \xB0C\n").unwrap();
    std::fs::write(place.path("mark.mod"), b"\xEF\xBB\xBFTITLE a\n").unwrap();
    std::fs::write(place.path("dos.mod"), b"TITLE a\r\n").unwrap();
    let check = place.homolog("fmt --check latin.mod mark.mod dos.mod");
    assert_eq!(check.code, 1);
    insta::assert_snapshot!("encodings", check.out);
    let done = place.homolog("fmt latin.mod mark.mod dos.mod").well();
    assert!(done.err.contains("file-latin-1"), "{}", done.err);
    assert_eq!(place.read("latin.mod"), "TITLE 10 °C\n");
    assert_eq!((place.read("mark.mod"), place.read("dos.mod")), ("TITLE a\n".into(), "TITLE a\n".into()));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_read_only_file_is_left() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.write("a.mod", RAGGED);
    std::fs::set_permissions(place.path("a.mod"), std::fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("a.mod", place.path("link.mod")).unwrap();
    place.homolog("fmt link.mod").well();
    assert!(place.path("link.mod").is_symlink());
    assert_eq!(place.read("a.mod"), CANONICAL);
    assert_eq!(std::fs::metadata(place.path("a.mod")).unwrap().permissions().mode() & 0o777, 0o600);
    place.write("a.mod", RAGGED);
    std::fs::set_permissions(place.path("a.mod"), std::fs::Permissions::from_mode(0o400)).unwrap();
    let done = place.homolog("fmt a.mod");
    assert!(done.code == 1 && done.err.contains("read-only"), "{}", done.err);
    assert_eq!(place.read("a.mod"), RAGGED);
}

#[test]
fn the_library_is_canonical() {
    let mut files = vec![];
    let folders = ["library", "claims"].map(|f| std::fs::read_dir(repository().join(f)).unwrap());
    for folder in folders.into_iter().flatten() {
        for file in std::fs::read_dir(folder.unwrap().path()).into_iter().flatten() {
            files.push(file.unwrap().path());
        }
    }
    files.retain(|f| f.extension().is_some_and(|e| e == "mod"));
    assert!(files.len() >= 12, "{files:?}");
    let done = Place::new().command("fmt --check").args(&files).output().unwrap();
    assert!(done.status.success(), "{}\nwrite them with `homolog fmt`", String::from_utf8_lossy(&done.stdout));
}
