//! Folders of claims: those that ship with the program, embedded in it, and a user's own.
//!
//! A claim is a folder with a card (`card.toml`), model files and mechanisms. Mechanisms that several claims use lie in a folder
//! `library` beside them, and cells in the folder `cells` of that: as in a `--library DIR`.

use crate::{library, text};
use homolog_base::{Diagnostic, Source};
use homolog_model::{Cell, Library};
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(RustEmbed)]
#[folder = "../../claims"]
struct Embedded;

/// What names of embedded texts begin with.
const EMBEDDED: &str = "<claims>/";

/// The card of a claim.
pub const CARD: &str = "card.toml";

/// Where mechanisms lie that several claims use.
const SHARED: &str = "library";

/// Where cells lie in there, and what their names begin with.
const CELLS: &str = "cells/";

/// The texts of one claim.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Name of the folder: `14-axon`.
    pub name: String,
    /// Its files by their names.
    pub files: BTreeMap<String, Arc<Source>>,
    /// Mechanisms and cells that it shares with its neighbours, by their paths in the folder of those.
    pub shared: BTreeMap<String, Arc<Source>>,
}

impl Folder {
    /// The cell in one of its files, called by that file's name, and all that is to be said of it.
    ///
    /// # Errors
    /// There is no such file.
    pub fn cell(&self, file: &str) -> Result<(Option<Cell>, Vec<Diagnostic>), Diagnostic> {
        let source = self.files.get(file).ok_or_else(|| self.missing(file))?;
        Ok(self.cell_of(source, file, |name| self.files.get(name)))
    }

    /// The cell of a text, with the shapes that lie beside it.
    fn cell_of<'a>(
        &self,
        source: &Arc<Source>,
        name: &str,
        beside: impl Fn(&str) -> Option<&'a Arc<Source>>,
    ) -> (Option<Cell>, Vec<Diagnostic>) {
        homolog_model::file::read_cell(source, name, &|file| match beside(file) {
            Some(source) => {
                let (shape, found) = crate::morphology::read(source);
                (shape.map(|s| s.branches), found)
            }
            None => (None, vec![self.missing(file)]),
        })
    }

    /// The message for a file that is not there.
    pub fn missing(&self, file: &str) -> Diagnostic {
        Diagnostic::error("claim-file", format!("there is no file `{file}` in the claim `{}`", self.name))
            .suggest(file, self.files.keys().map(String::as_str))
    }

    /// Adds its mechanisms and those it shares to a library, and the cells it shares as `cells/NAME`; what is of a name that is there
    /// replaces it.
    pub fn shelve(&self, library: &mut Library) -> Vec<Diagnostic> {
        let of = |files: &BTreeMap<String, Arc<Source>>| {
            files.iter().filter(|(name, _)| name.ends_with(".mod")).map(|(_, source)| source.clone()).collect::<Vec<_>>()
        };
        let mut problems = library::add(library, of(&self.shared).into_iter().chain(of(&self.files)));
        for (path, source) in &self.shared {
            let Some(name) = path.strip_suffix(".toml").filter(|name| name.starts_with(CELLS)) else { continue };
            let (cell, found) = self.cell_of(source, name, |file| self.shared.get(&format!("{CELLS}{file}")));
            problems.extend(found);
            cell.map(|c| library.insert_cell(c));
        }
        problems
    }
}

/// The claims that ship with the program, by name.
pub fn built_in() -> Vec<Folder> {
    let mut folders: BTreeMap<String, BTreeMap<String, Arc<Source>>> = BTreeMap::new();
    for path in Embedded::iter() {
        let (Some((folder, file)), Some(found)) = (path.split_once('/'), Embedded::get(&path)) else { continue };
        let source = Source::new(format!("{EMBEDDED}{path}"), String::from_utf8_lossy(&found.data));
        folders.entry(folder.into()).or_default().insert(file.into(), source);
    }
    let shared = folders.remove(SHARED).unwrap_or_default();
    let claims = folders.into_iter().filter(|(_, files)| files.contains_key(CARD));
    claims.map(|(name, files)| Folder { name, files, shared: shared.clone() }).collect()
}

/// A folder of the user's: one claim, or several beside one another; by name.
///
/// # Errors
/// It cannot be read, or there is no card in it.
pub fn read(path: &Path) -> Result<(Vec<Folder>, Vec<Diagnostic>), Diagnostic> {
    let mut warnings = Vec::new();
    let inside = list(path)?;
    if inside.iter().any(|p| p.file_name().is_some_and(|n| n == CARD)) {
        let mut shared = BTreeMap::new();
        for within in ["", CELLS] {
            let Some(beside) = path.parent().map(|p| p.join(SHARED).join(within)).filter(|p| p.is_dir()) else { continue };
            shared.extend(texts(&beside, &mut warnings)?.into_iter().map(|(name, source)| (format!("{within}{name}"), source)));
        }
        let folder = Folder { name: named(path), files: texts(path, &mut warnings)?, shared };
        return Ok((vec![folder], warnings));
    }
    let mut claims = Vec::new();
    for folder in inside.iter().filter(|p| p.join(CARD).is_file()) {
        let (found, said) = read(folder)?;
        claims.extend(found);
        warnings.extend(said);
    }
    if claims.is_empty() {
        return Err(Diagnostic::error("claim-none", format!("there is no claim in `{}`", path.display()))
            .hint(format!("a claim is a folder with a `{CARD}`")));
    }
    Ok((claims, warnings))
}

fn named(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    whole.file_name().map_or(Cow::Borrowed("claim"), |n| n.to_string_lossy()).into_owned()
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let entries = std::fs::read_dir(folder).map_err(|e| text::unreadable(folder, &e))?;
    let mut all: Vec<PathBuf> =
        entries.collect::<Result<Vec<_>, _>>().map_err(|e| text::unreadable(folder, &e))?.into_iter().map(|e| e.path()).collect();
    all.sort();
    Ok(all)
}

/// The texts that lie in a folder itself, by name; other files are left alone.
fn texts(folder: &Path, warnings: &mut Vec<Diagnostic>) -> Result<BTreeMap<String, Arc<Source>>, Diagnostic> {
    let mut out = BTreeMap::new();
    for path in list(folder)? {
        let known = ["toml", "mod", "swc", "asc", "md"].iter().any(|e| path.extension().is_some_and(|x| x == *e));
        if known && path.is_file() {
            let (source, said) = text::read(&path)?;
            warnings.extend(said);
            out.insert(named(&path), source);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
