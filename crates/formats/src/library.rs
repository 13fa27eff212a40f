//! The library that ships with the program, embedded in it, and folders of mechanisms and cells that the user adds.
//!
//! A cell is a `.toml` file in a folder called `cells`; `cells/two-branch.toml` is the cell `cells/two-branch`. The morphology that it names
//! is a file beside it.

use crate::text;
use homolog_base::{Diagnostic, Source};
use homolog_model::file::Morphology;
use homolog_model::{Cell, Library};
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

#[derive(RustEmbed)]
#[folder = "../../library"]
struct Embedded;

/// What names of embedded texts begin with.
const EMBEDDED: &str = "<library>/";

/// The bytes of an embedded file, by its path in the library: `tasks/digits.toml`.
pub fn file(path: &str) -> Option<Cow<'static, [u8]>> {
    Embedded::get(path).map(|f| f.data)
}

/// An embedded text, named `<library>/tasks/digits.toml`.
pub fn source(path: &str) -> Option<Arc<Source>> {
    Some(Source::new(format!("{EMBEDDED}{path}"), String::from_utf8_lossy(&file(path)?)))
}

/// Paths of all embedded files, sorted.
pub fn files() -> Vec<String> {
    let mut all: Vec<String> = Embedded::iter().map(Cow::into_owned).collect();
    all.sort();
    all
}

/// Reads every mechanism and cell of the built-in library.
pub fn load() -> (Library, Vec<Diagnostic>) {
    load_with(&[])
}

/// Reads the built-in library and then these folders of `.mod` files and cells, with the folders in them, in order. A file that
/// defines a mechanism or a cell of a name that is already there replaces it, and a note says so.
pub fn load_with(folders: &[PathBuf]) -> (Library, Vec<Diagnostic>) {
    let mut all = Loader::default();
    for path in files().iter().filter(|p| p.ends_with(".mod")) {
        all.add(source(path).expect("it was listed"), true);
    }
    for path in files().iter().filter(|p| p.starts_with("cells/") && p.ends_with(".toml")) {
        let source = source(path).expect("it was listed");
        all.add_cell(&source, Path::new(path), true);
    }
    for folder in folders {
        let mut paths = Vec::new();
        if let Err(d) = files_in(folder, &mut paths, 0) {
            all.problems.push(d);
        } else if paths.is_empty() {
            let message = format!("there is no .mod file and no cell in `{}`", folder.display());
            all.problems.push(Diagnostic::warning("library-empty", message));
        }
        paths.sort();
        for path in paths {
            match text::read(&path) {
                Ok((source, warnings)) => {
                    all.problems.extend(warnings);
                    if is_cell(&path) { all.add_cell(&source, &path, false) } else { all.add(source, false) }
                }
                Err(d) => all.problems.push(d),
            }
        }
    }
    (all.library, all.problems)
}

/// Adds the mechanisms in these texts to a library, each replacing one of its name; what is to be said of them.
pub(crate) fn add(library: &mut Library, texts: impl IntoIterator<Item = Arc<Source>>) -> Vec<Diagnostic> {
    let mut all = Loader { library: std::mem::take(library), ..Loader::default() };
    for source in texts {
        all.add(source, false);
    }
    *library = all.library;
    all.problems
}

/// Reads one cell of the user's, wherever it lies: the cell, unless there are errors, and everything that is to be said of it. Its
/// name is `cells/` and that of the file.
///
/// # Errors
/// The file is missing, cannot be read, or is not text.
pub fn read_cell(path: &Path) -> Result<(Option<Cell>, Vec<Diagnostic>), Diagnostic> {
    let (source, mut warnings) = text::read(path)?;
    let (cell, found) = cell_in(&source);
    warnings.extend(found);
    Ok((cell, warnings))
}

/// The cell in the text of a file of the user's, called by its path; as [`read_cell`].
pub fn cell_in(source: &Arc<Source>) -> (Option<Cell>, Vec<Diagnostic>) {
    let path = Path::new(&source.name);
    cell_of(source, path, &name_of(path), false)
}

/// Reads the cell that a model file names by its path relative to itself, such as `my-cell.toml`: the cell, unless there are errors,
/// and everything that is to be said of it. Its name is that very word. Beside a model that is embedded lie embedded cells.
///
/// # Errors
/// The file is missing, cannot be read, or is not text.
pub fn cell_beside(model: &Source, word: &str) -> Result<(Option<Cell>, Vec<Diagnostic>), Diagnostic> {
    let own = model.name.strip_prefix(EMBEDDED);
    let path = Path::new(own.unwrap_or(&model.name)).parent().unwrap_or(Path::new("")).join(word);
    let (source, mut warnings) = if own.is_some() { embedded(&path)? } else { text::read(&path)? };
    let (cell, found) = cell_of(&source, &path, word, own.is_some());
    warnings.extend(found);
    Ok((cell, warnings))
}

/// The name of a cell by the file that it lies in.
fn name_of(path: &Path) -> String {
    format!("cells/{}", path.file_stem().unwrap_or_default().to_string_lossy())
}

/// The cell of a text that lies at a path, built in or on the disk.
fn cell_of(source: &Arc<Source>, path: &Path, name: &str, built_in: bool) -> (Option<Cell>, Vec<Diagnostic>) {
    let folder = path.parent().unwrap_or(Path::new(""));
    homolog_model::file::read_cell(source, name, &|file| morphology(file, folder, built_in))
}

/// The variable that names the folder of larger data, which does not ship with the program; paths may begin with it.
pub const DATA: &str = "HOMOLOG_DATA";

/// The folder of larger data; none where its variable is not set, or empty.
pub fn data_folder() -> Option<PathBuf> {
    std::env::var_os(DATA).filter(|f| !f.is_empty()).map(PathBuf::from)
}

/// The branches of a morphology, by its path relative to a folder, or to that of larger data: `HOMOLOG_DATA/cell.swc`.
fn morphology(file: &str, folder: &Path, built_in: bool) -> Morphology {
    if !crate::morphology::is_named(Path::new(file)) {
        return (None, vec![crate::morphology::unnamed(file)]);
    }
    let path = match in_data(file, folder) {
        Ok(path) => path,
        Err(d) => return (None, vec![d]),
    };
    let text = if built_in { embedded(&path) } else { text::read(&path) };
    match text {
        Ok((source, mut problems)) => {
            let (shape, found) = crate::morphology::read(&source);
            problems.extend(found);
            (shape.map(|s| s.branches), problems)
        }
        Err(d) => (None, vec![d]),
    }
}

/// Where a file is that is named by its path relative to a folder, or to that of larger data.
///
/// # Errors
/// No variable says where that is.
pub(crate) fn in_data(file: &str, folder: &Path) -> Result<PathBuf, Diagnostic> {
    let Some(rest) = file.strip_prefix(DATA).and_then(|rest| rest.strip_prefix('/')) else { return Ok(folder.join(file)) };
    data_folder().map(|data| data.join(rest)).ok_or_else(|| {
        let d = Diagnostic::error("file-data", format!("{DATA} is not set, so there is no `{file}`"));
        d.hint(format!("set it to the folder in which `{rest}` lies, or give a path relative to this file"))
    })
}

/// An embedded text by a path that may go up.
fn embedded(path: &Path) -> Result<(Arc<Source>, Vec<Diagnostic>), Diagnostic> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::Normal(p) => parts.push(p.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    let path = parts.join("/");
    source(&path)
        .map(|s| (s, Vec::new()))
        .ok_or_else(|| Diagnostic::error("file-missing", format!("there is no file `{path}` in the library")))
}

#[derive(Default)]
struct Loader {
    library: Library,
    problems: Vec<Diagnostic>,
    /// Name of the file that each mechanism and cell was read from.
    from: BTreeMap<String, String>,
}

impl Loader {
    fn add(&mut self, source: Arc<Source>, built_in: bool) {
        let (mechanism, problems) = homolog_nmodl::read(&source);
        self.problems.extend(problems);
        let Some(mechanism) = mechanism else { return };
        let name = mechanism.name.clone();
        self.library.insert_from(mechanism, &source);
        let place = named_at(&source.text, &name).map(|start| start..start + name.len());
        self.replaces(name, &source, place, built_in);
    }

    fn add_cell(&mut self, source: &Arc<Source>, path: &Path, built_in: bool) {
        let (cell, problems) = cell_of(source, path, &name_of(path), built_in);
        self.problems.extend(problems);
        let Some(cell) = cell else { return };
        let name = cell.name.clone();
        self.library.insert_cell(cell);
        self.replaces(name, source, None, built_in);
    }

    /// Says so if what was just read replaces another.
    fn replaces(&mut self, name: String, source: &Arc<Source>, place: Option<Range<usize>>, built_in: bool) {
        let Some(before) = self.from.insert(name.clone(), source.name.clone()) else { return };
        let message = format!("`{name}` of {} replaces the one of {before}", source.name);
        let mut d =
            if built_in { Diagnostic::error("library-duplicate", message) } else { Diagnostic::warning("library-replaced", message) };
        if !built_in && before.starts_with(EMBEDDED) {
            d.severity = homolog_base::Severity::Note;
        }
        self.problems.push(if let Some(place) = place { d.at(source, place, "the one that counts") } else { d });
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

/// Whether a file is a cell by its place.
fn is_cell(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) && folder.is_some_and(|f| f == "cells")
}

fn files_in(folder: &Path, out: &mut Vec<PathBuf>, depth: usize) -> Result<(), Diagnostic> {
    if depth > DEPTH {
        return Err(Diagnostic::error("file-unreadable", format!("`{}` is more than {DEPTH} folders deep", folder.display()))
            .hint("is there a link to a folder above?"));
    }
    let entries = std::fs::read_dir(folder).map_err(|e| text::unreadable(folder, &e))?;
    for entry in entries {
        let path = entry.map_err(|e| text::unreadable(folder, &e))?.path();
        if path.is_dir() {
            files_in(&path, out, depth + 1)?;
        } else if is_cell(&path) || path.extension().is_some_and(|e| e.eq_ignore_ascii_case("mod")) {
            out.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
