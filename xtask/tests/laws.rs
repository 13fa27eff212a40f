//! The laws of the house that a test can check. Each one has its own test, and each check is itself shown to fail.

#[path = "laws/code.rs"]
mod code;

use code::{Code, repository, rust_files};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The floor of each crate; a crate uses floors below its own.
const FLOORS: &[(&str, u32)] = &[
    ("homolog-base", 0),
    ("homolog-ir", 1),
    ("homolog-nmodl", 2),
    ("homolog-model", 2),
    ("homolog-exec", 2),
    ("homolog-formats", 3),
    ("homolog-engine", 3),
    ("homolog-adaptive", 3),
    ("homolog-train", 3),
    ("homolog-measure", 3),
    ("homolog-claims", 4),
    ("homolog-cli", 5),
    ("xtask", 6),
];

/// Crates that may touch files, the environment, the network and other processes.
const DOORS: &[&str] = &["crates/formats/", "crates/cli/", "xtask/"];

/// Lines of code that one file may have.
const LONGEST: usize = 600;

#[test]
fn dependencies_go_down_the_floors() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(repository())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let floors: BTreeMap<&str, u32> = FLOORS.iter().copied().collect();
    let mut wrong = vec![];
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let Some(floor) = floors.get(name) else {
            wrong.push(format!("{name} has no floor: give it one in {}", file!()));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = dependency["name"].as_str().unwrap();
            let for_tests = dependency["kind"].as_str() == Some("dev");
            if let Some(below) = floors.get(other)
                && !for_tests
                && below >= floor
            {
                wrong.push(format!("{name} (floor {floor}) uses {other} (floor {below})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_formats_and_the_doors_touch_the_world() {
    let worlds = ["fs", "env", "net", "process"];
    let paths = worlds.map(|w| format!("std::{w}"));
    let words: Vec<&str> = paths.iter().map(String::as_str).collect();
    let inside = |path: &str| !DOORS.iter().any(|d| path.starts_with(d));
    let mut wrong = places(&words, inside);
    // `use std::{fs, ...}` names them without the path.
    for file in rust_files().iter().filter(|f| !f.for_tests && inside(&f.path)) {
        let grouped = file.code.text.lines().filter(|l| l.contains("std::{"));
        wrong.extend(grouped.filter(|l| worlds.iter().any(|w| Code::of(l).lines_with(w) == [1])).map(|l| format!("{}: {l}", file.path)));
    }
    assert!(wrong.is_empty(), "input and output outside of formats and the doors:\n{}", wrong.join("\n"));
}

#[test]
fn unsafe_is_written_in_exec_alone() {
    let wrong = places(&["unsafe"], |path| !path.starts_with("crates/exec/"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_printed_goes_by_one_way() {
    // `println!` panics when the reader has gone away.
    let words = ["println!", "print!", "eprintln!", "eprint!"];
    let wrong = places(&words, |path| path.starts_with("crates/") && !path.ends_with("build.rs"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_600_lines_of_code() {
    let wrong: Vec<String> = rust_files()
        .iter()
        .filter(|f| !f.for_tests)
        .map(|f| (f.code_lines(), &f.path))
        .filter(|(n, _)| *n > LONGEST)
        .map(|(n, p)| format!("{p}: {n} lines"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for entry in fs::read_dir(repository().join("crates")).unwrap() {
        let manifest = fs::read_to_string(entry.unwrap().path().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true") || manifest.contains("missing_docs"), "{manifest}");
    }
}

#[test]
fn versions_of_dependencies_stand_in_one_place() {
    let listed: Vec<_> = fs::read_dir(repository().join("crates")).unwrap().map(|e| e.unwrap().path()).collect();
    for folder in listed.iter().chain([&repository().join("xtask")]) {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let found = versions(&manifest);
        assert!(found.is_empty(), "{}: the version belongs in the Cargo.toml of the workspace: {found:?}", folder.display());
    }
}

#[test]
fn a_version_in_a_manifest_is_seen() {
    let manifest = "[package]\nversion = \"1\"\n[dev-dependencies]\na = \"1\"\nb.workspace = true\nc = { version = \"2\" }\n";
    assert_eq!(versions(manifest), ["a = \"1\"", "c = { version = \"2\" }"]);
}

/// Lines of a crate's manifest that ask for a dependency in a version of their own.
fn versions(manifest: &str) -> Vec<&str> {
    let mut of_dependencies = false;
    let mut out = vec![];
    for line in manifest.lines() {
        if line.starts_with('[') {
            of_dependencies = line.trim_end_matches(']').ends_with("dependencies");
        } else if of_dependencies && line.contains('=') && !line.contains("workspace = true") {
            out.push(line);
        }
    }
    out
}

#[test]
fn paths_that_the_architecture_names_exist() {
    let text = fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let mut named = 0;
    for word in text.split('`').skip(1).step_by(2) {
        let is_path = !word.contains([' ', '<', '*', ':', '(', '\n'])
            && (word.contains('/') || [".md", ".rs", ".toml"].iter().any(|e| word.ends_with(e)));
        if is_path && !word.starts_with("std/") {
            named += 1;
            assert!(repository().join(word).exists(), "ARCHITECTURE.md names `{word}`, which does not exist");
        }
    }
    assert!(named > 10, "ARCHITECTURE.md names {named} paths: is it read as it should be?");
}

#[test]
fn paths_and_links_of_the_other_pages_lead_somewhere() {
    let pages: Vec<String> = tracked().into_iter().filter(|p| p.ends_with(".md")).collect();
    assert!(pages.len() > 6 && pages.iter().any(|p| p == "README.md"), "{pages:?}");
    let mut wrong = vec![];
    for page in pages {
        let text = fs::read_to_string(repository().join(&page)).unwrap();
        let folder = repository().join(&page).parent().unwrap().to_path_buf();
        let missing = linked(&text).into_iter().filter(|l| !folder.join(l).exists());
        wrong.extend(missing.map(|l| format!("{page} links to {l}")));
        let missing = named(&text).into_iter().filter(|w| !repository().join(w).exists());
        wrong.extend(missing.map(|w| format!("{page} names {w}")));
    }
    assert!(wrong.is_empty(), "which does not exist:\n{}", wrong.join("\n"));
}

#[test]
fn every_mechanism_of_the_library_stands_in_its_index_and_on_a_page() {
    let read = |path: &str| fs::read_to_string(repository().join(path)).unwrap();
    let index = read("library/README.md");
    let (all, mut missing) = (tracked(), Vec::new());
    for path in all.iter().filter_map(|p| p.strip_prefix("library/")).filter(|p| p.ends_with(".mod")) {
        let folder = path.split('/').next().expect("a path has a beginning");
        if !index.contains(&format!("]({path})"))
            || !read(&format!("docs/library/{folder}.md")).contains(&format!("(../../library/{path})"))
        {
            missing.push(path);
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn paths_and_links_are_seen_in_a_page() {
    let text =
        "[a](docs/a.md), [b](https://x/y.md), `crates/x.rs`, `out/r.html`, `library/n/`, `a/b`, `Cargo.toml`\n```\nlibrary/x.toml\n```\n";
    assert_eq!(linked(text), ["docs/a.md"]);
    assert_eq!(named(text), ["crates/x.rs", "library/n/"]);
}

/// Files of the repository that a page links to, from its own folder.
fn linked(text: &str) -> Vec<&str> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.filter(|l| !l.contains("://") && !l.starts_with('#')).map(|l| l.split('#').next().unwrap_or(l)).collect()
}

/// Paths in a page, from the root of the repository.
fn named(text: &str) -> Vec<&str> {
    let roots = ["claims/", "crates/", "docs/", "examples/", "library/", "xtask/"];
    let is_path = |w: &&str| roots.iter().any(|r| w.starts_with(r)) && !w.contains([' ', '<', '*', '\n']);
    text.split('`').skip(1).step_by(2).filter(is_path).collect()
}

#[test]
fn nothing_speaks_of_one_machine() {
    // In pieces, so that this file does not break the law it checks.
    let words: Vec<String> = ["/wo rk/", "/tm p/", "../sh ared", "/ro ot/", "/ho me/"].iter().map(|w| w.replace(' ', "")).collect();
    let mut wrong = vec![];
    for path in tracked() {
        let Ok(text) = fs::read_to_string(repository().join(&path)) else { continue };
        if path.starts_with(".ci/") {
            continue;
        }
        for (k, line) in text.lines().enumerate() {
            wrong.extend(words.iter().filter(|w| line.contains(w.as_str())).map(|w| format!("{path}:{}: {w}", k + 1)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn comments_and_words_in_quotes_are_no_code() {
    let code = Code::of(
        "let a = \"unsafe // no\"; // unsafe\n/* unsafe /* nested */ unsafe */ let b = 'u'; let c = r#\"unsafe\"#; let l: &'static str = a;\n",
    );
    assert!(!code.text.contains("unsafe"), "{}", code.text);
    assert!(code.text.contains("let b") && code.text.contains("let c") && code.text.contains("'static str"), "{}", code.text);
}

#[test]
fn tests_inside_a_file_are_no_code_of_it() {
    let code = Code::of("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { std::fs::read(\"}\"); }\n}\nfn c() {}\n");
    assert!(!code.text.contains("std::fs") && code.text.contains("fn c"), "{}", code.text);
}

#[test]
fn a_word_is_found_whole_and_where_it_stands() {
    let code = Code::of("fn f() {\n    unsafe_name();\n    unsafe { g() }\n}\n");
    assert_eq!(code.lines_with("unsafe"), [3]);
}

/// Every place in code, outside of tests, where one of the words stands.
fn places(words: &[&str], applies: impl Fn(&str) -> bool) -> Vec<String> {
    let mut out = vec![];
    for file in rust_files().iter().filter(|f| !f.for_tests && applies(&f.path)) {
        for word in words {
            out.extend(file.code.lines_with(word).into_iter().map(|line| format!("{}:{line}: {word}", file.path)));
        }
    }
    out
}

/// All files of the repository, as git sees them, or, without git, as they lie there.
fn tracked() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(repository()).output();
    if let Ok(o) = listed
        && o.status.success()
    {
        return String::from_utf8_lossy(&o.stdout).lines().map(String::from).collect();
    }
    let mut out = vec![];
    code::walk(&repository(), &mut |path: &Path| out.push(path.strip_prefix(repository()).unwrap().display().to_string()));
    out
}
