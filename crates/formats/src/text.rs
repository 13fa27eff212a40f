//! Text files as they are found in the wild: with a byte order mark, with carriage returns, in Latin-1.

use homolog_base::{Diagnostic, Source, diagnostic::nearest};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Reads a text file. A byte order mark is taken off, carriage returns are kept; what is not UTF-8 is read as Latin-1, with
/// a warning.
///
/// # Errors
/// The file is missing (with names that are near), cannot be read, or is not text.
pub fn read(path: &Path) -> Result<(Arc<Source>, Vec<Diagnostic>), Diagnostic> {
    let (source, mut warnings) = decode(&path.display().to_string(), &bytes(path)?)?;
    if path.extension().is_none_or(|e| e != "mod") {
        return Ok((source, warnings));
    }
    let mut others = Vec::new();
    include(path, &source, &mut others, &mut warnings);
    let source = if others.is_empty() { source } else { source.including(others) };
    let data = tables(path, &source, &mut warnings);
    Ok((if data.is_empty() { source } else { source.with_data(data) }, warnings))
}

/// The values of each FUNCTION_TABLE of a mechanism: `tau` of `kir.mod` has them in `kir.tau.csv`.
fn tables(path: &Path, source: &Source, warnings: &mut Vec<Diagnostic>) -> Vec<(String, Arc<Source>)> {
    let mut out = Vec::new();
    for line in source.text.lines() {
        let Some(rest) = line.trim().strip_prefix("FUNCTION_TABLE") else { continue };
        let name: String = rest.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let file = path.with_extension(format!("{name}.csv"));
        if name.is_empty() || !file.is_file() {
            continue;
        }
        if let Ok((text, found)) = bytes(&file).and_then(|b| decode(&file.display().to_string(), &b)) {
            warnings.extend(found);
            out.push((name, text));
        }
    }
    out
}

/// After so many included files no more are read.
const MOST_INCLUDED: usize = 64;

/// The files that a mechanism names by `INCLUDE "file"`, and those that they name; each once. A file is looked for beside
/// the one that names it. One that is not found is left for the reader of the mechanism to report.
fn include(path: &Path, source: &Source, others: &mut Vec<Arc<Source>>, warnings: &mut Vec<Diagnostic>) {
    for line in source.text.lines() {
        let Some(name) = line.trim().strip_prefix("INCLUDE").and_then(|rest| rest.trim().strip_prefix('"')?.split('"').next()) else {
            continue;
        };
        let file = path.with_file_name(name);
        let shown = file.display().to_string();
        if others.iter().any(|s| s.name == shown) || others.len() >= MOST_INCLUDED {
            continue;
        }
        if let Ok((text, found)) = bytes(&file).and_then(|b| decode(&shown, &b)) {
            warnings.extend(found);
            others.push(text.clone());
            include(&file, &text, others, warnings);
        }
    }
}

/// Reads all bytes of a file.
///
/// # Errors
/// The file is missing (with names that are near) or cannot be read.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    std::fs::read(path).map_err(|e| unreadable(path, &e))
}

/// Makes a text of the bytes of a file called `name`.
///
/// # Errors
/// They are not text: compressed, UTF-16, or binary.
pub fn decode(name: &str, bytes: &[u8]) -> Result<(Arc<Source>, Vec<Diagnostic>), Diagnostic> {
    let refuse = |what: &str, hint: &str| Err(Diagnostic::error("file-not-text", format!("`{name}` {what}")).hint(hint));
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.starts_with(&[0x1F, 0x8B]) {
        return refuse("is compressed", "unpack it first, with `gzip -d`");
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return refuse("is in UTF-16", "save it as UTF-8");
    }
    if bytes.contains(&0) {
        return refuse("is not a text file", "it contains zero bytes");
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((Source::new(name, text), Vec::new())),
        Err(e) => {
            // The first 256 characters of Unicode are Latin-1.
            let text: String = bytes.iter().map(|&b| char::from(b)).collect();
            let start: usize = e.valid_up_to();
            // Before this place all bytes are UTF-8; each of them became one character here.
            let offset = bytes[..start].iter().map(|&b| char::from(b).len_utf8()).sum::<usize>();
            let len = char::from(bytes[start]).len_utf8();
            let source = Source::new(name, text);
            let d = Diagnostic::warning("file-latin-1", format!("`{name}` is not UTF-8; it is read as Latin-1"))
                .at(&source, offset..offset + len, "the first character that is not UTF-8")
                .hint("save it as UTF-8");
            Ok((source, vec![d]))
        }
    }
}

/// What the system says, without its number.
pub fn reason(e: &io::Error) -> String {
    let text = match e.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "permission is denied".into(),
        io::ErrorKind::IsADirectory => "it is a folder".into(),
        io::ErrorKind::StorageFull => "the disk is full".into(),
        _ => e.to_string(),
    };
    text.split(" (os error").next().unwrap_or("").to_string()
}

/// The diagnostic for a file that could not be read.
pub(crate) fn unreadable(path: &Path, e: &io::Error) -> Diagnostic {
    if e.kind() != io::ErrorKind::NotFound {
        return Diagnostic::error("file-unreadable", format!("cannot read `{}`: {}", path.display(), reason(e)));
    }
    let d = Diagnostic::error("file-missing", format!("there is no file `{}`", path.display()));
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    // The deepest folder that exists is where the name went wrong.
    let mut at = path;
    for parent in path.ancestors().skip(1) {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        if parent.is_dir() {
            let wanted = at.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut names = names_in(parent);
            let shown = |name: &str| if parent == Path::new(".") { name.to_string() } else { parent.join(name).display().to_string() };
            if let Some(near) = nearest(&wanted, names.iter().map(String::as_str)) {
                return d.hint(format!("did you mean `{}`?", shown(near)));
            }
            if parent != folder {
                return d.hint(format!("there is no folder `{}`", at.display()));
            }
            names.retain(|n| Path::new(n).extension() == path.extension());
            return match names.len() {
                0 => d,
                1..=12 => d.hint(format!("in that folder: {}", names.join(", "))),
                n => d.hint(format!("in that folder: {}, and {} more", names[..12].join(", "), n - 12)),
            };
        }
        at = parent;
    }
    d
}

/// Names of what is in a folder, sorted; none if it cannot be listed.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).filter(|n| !n.starts_with('.')).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests;
