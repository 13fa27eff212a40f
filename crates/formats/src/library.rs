//! The library that ships with the program, embedded in it, and folders of mechanisms that the user adds.

use crate::text;
use homolog_base::{Diagnostic, Source};
use homolog_model::Library;
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(RustEmbed)]
#[folder = "../../library"]
struct Embedded;

/// The bytes of an embedded file, by its path in the library: `tasks/digits.toml`.
pub fn file(path: &str) -> Option<Cow<'static, [u8]>> {
    Embedded::get(path).map(|f| f.data)
}

/// An embedded text, named `<library>/tasks/digits.toml`.
pub fn source(path: &str) -> Option<Arc<Source>> {
    Some(Source::new(format!("<library>/{path}"), String::from_utf8_lossy(&file(path)?)))
}

/// Paths of all embedded files, sorted.
pub fn files() -> Vec<String> {
    let mut all: Vec<String> = Embedded::iter().map(Cow::into_owned).collect();
    all.sort();
    all
}

/// Reads every mechanism of the built-in library.
pub fn load() -> (Library, Vec<Diagnostic>) {
    load_with(&[])
}

/// Reads the built-in library and then these folders of `.mod` files, with the folders in them, in order. A file that
/// defines a mechanism of a name that is already there replaces it, and a note says so.
pub fn load_with(folders: &[PathBuf]) -> (Library, Vec<Diagnostic>) {
    let mut all = Loader::default();
    for path in files().iter().filter(|p| p.ends_with(".mod")) {
        all.add(source(path).expect("it was listed"), true);
    }
    for folder in folders {
        let mut paths = Vec::new();
        if let Err(d) = mod_files(folder, &mut paths, 0) {
            all.problems.push(d);
        } else if paths.is_empty() {
            all.problems.push(Diagnostic::warning("library-empty", format!("there is no .mod file in `{}`", folder.display())));
        }
        paths.sort();
        for path in paths {
            match text::read(&path) {
                Ok((source, warnings)) => {
                    all.problems.extend(warnings);
                    all.add(source, false);
                }
                Err(d) => all.problems.push(d),
            }
        }
    }
    (all.library, all.problems)
}

#[derive(Default)]
struct Loader {
    library: Library,
    problems: Vec<Diagnostic>,
    /// Name of the file that each mechanism was read from.
    from: BTreeMap<String, String>,
}

impl Loader {
    fn add(&mut self, source: Arc<Source>, built_in: bool) {
        let (mechanism, problems) = homolog_nmodl::read(&source);
        self.problems.extend(problems);
        let Some(mechanism) = mechanism else { return };
        let name = mechanism.name.clone();
        self.library.insert_from(mechanism, &source);
        let Some(before) = self.from.insert(name.clone(), source.name.clone()) else { return };
        let message = format!("`{name}` of {} replaces the one of {before}", source.name);
        let mut d =
            if built_in { Diagnostic::error("library-duplicate", message) } else { Diagnostic::warning("library-replaced", message) };
        if !built_in && before.starts_with("<library>/") {
            d.severity = homolog_base::Severity::Note;
        }
        let place = named_at(&source.text, &name);
        self.problems.push(if let Some(start) = place { d.at(&source, start..start + name.len(), "the one that counts") } else { d });
    }
}

/// Where a mechanism is given its name.
fn named_at(text: &str, name: &str) -> Option<usize> {
    ["SUFFIX", "POINT_PROCESS", "ARTIFICIAL_CELL"].iter().find_map(|word| {
        let after = text.find(word)? + word.len();
        let start = after + text[after..].find(|c: char| !c.is_whitespace())?;
        text[start..].starts_with(name).then_some(start)
    })
}

/// Deeper folders than this are a loop of links.
const DEPTH: usize = 16;

fn mod_files(folder: &Path, out: &mut Vec<PathBuf>, depth: usize) -> Result<(), Diagnostic> {
    if depth > DEPTH {
        return Err(Diagnostic::error("file-unreadable", format!("`{}` is more than {DEPTH} folders deep", folder.display()))
            .hint("is there a link to a folder above?"));
    }
    let entries = std::fs::read_dir(folder).map_err(|e| text::unreadable(folder, &e))?;
    for entry in entries {
        let path = entry.map_err(|e| text::unreadable(folder, &e))?.path();
        if path.is_dir() {
            mod_files(&path, out, depth + 1)?;
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("mod")) {
            out.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
