//! Labelled samples: datasets that ship with the program, tables of the user's, and the IDX files of MNIST and its kin.
//!
//! | source | intensities | test part of its own |
//! |---|---|---|
//! | `digits8x8` | 64 pixels 0 to 16, divided by [`DIGITS_SCALE`] | no |
//! | `mnist` | 784 pixels 0 to 255, divided by [`IDX_SCALE`] | the last 10000 |
//! | a folder of four IDX files | pixels divided by [`IDX_SCALE`] | yes |
//! | a `.csv` or `.csv.gz` file | as they are | no |
//!
//! A table has one sample a row: numbers, and last the class, a whole number from 0. A first row without any number is a
//! header. The hash of a dataset is the SHA-256 of its file as it lies on disk; of four files, of all of them one after
//! the other: training images, training labels, test images, test labels.

mod csv;
mod idx;

use crate::library::{DATA, data_folder};
use crate::text;
use homolog_base::{Diagnostic, Hash};
use homolog_model::Samples;
use std::io::Read;
use std::path::Path;

/// What the pixels of `digits8x8` are divided by: the most ink there can be in one of them.
pub const DIGITS_SCALE: f64 = 16.0;
/// What the pixels of IDX files are divided by: the largest byte.
pub const IDX_SCALE: f64 = 255.0;
/// Names that need no path.
pub const NAMES: [&str; 2] = ["digits8x8", "mnist"];

/// A file that unpacks to more than this is refused.
const LARGEST: u64 = 4 << 30;

/// Samples by name, or by path relative to `base` (the folder of the model file). Datasets that do not ship with the
/// program are looked for in the folder that `HOMOLOG_DATA` names.
///
/// # Errors
/// All that is wrong, each with file, line and column where there is one.
pub fn open(name_or_path: &str, base: &Path) -> Result<Samples, Vec<Diagnostic>> {
    open_with(name_or_path, base, data_folder().as_deref())
}

/// As [`open`], with the folder of datasets given.
///
/// # Errors
/// All that is wrong, each with file, line and column where there is one.
pub fn open_with(name_or_path: &str, base: &Path, datasets: Option<&Path>) -> Result<Samples, Vec<Diagnostic>> {
    match name_or_path {
        "digits8x8" => return digits(),
        "mnist" => {
            let Some(folder) = datasets else {
                let d = Diagnostic::error("data-no-folder", format!("`mnist` does not ship with the program, and {DATA} is not set"));
                return Err(vec![
                    d.hint(format!("put {} into a folder `mnist`, and set {DATA} to the folder that holds it", idx::FILES.join(", "))),
                ]);
            };
            return idx::read("mnist", &folder.join("mnist"));
        }
        _ => {}
    }
    let path = base.join(name_or_path);
    let name = path.file_name().map_or_else(|| name_or_path.to_string(), |n| n.to_string_lossy().into_owned());
    if path.is_dir() {
        return idx::read(&name, &path);
    }
    let raw = std::fs::read(&path).map_err(|e| {
        let d = text::unreadable(&path, &e);
        let one_word = !name_or_path.contains(['/', '\\', '.']);
        vec![if one_word && e.kind() == std::io::ErrorKind::NotFound {
            Diagnostic { message: format!("there is no dataset `{name_or_path}`, and no file of that name"), ..d }
                .suggest(name_or_path, NAMES)
        } else {
            d
        }]
    })?;
    let shown = path.display().to_string();
    let unpacked = unpack(&shown, &raw).map_err(|d| vec![d])?;
    let mut samples = csv::read(&shown, unpacked.as_deref().unwrap_or(&raw))?;
    samples.name = name.trim_end_matches(".gz").trim_end_matches(".csv").to_string();
    samples.hash = Some(Hash::of(&raw));
    Ok(samples)
}

fn digits() -> Result<Samples, Vec<Diagnostic>> {
    const PATH: &str = "data/digits8x8/digits.csv.gz";
    let raw = crate::library::file(PATH)
        .ok_or_else(|| vec![Diagnostic::error("data-missing", format!("`{PATH}` is missing from this program"))])?;
    let unpacked = unpack(PATH, &raw).map_err(|d| vec![d])?;
    let mut samples = csv::read(PATH, unpacked.as_deref().unwrap_or(&raw))?;
    samples.values.iter_mut().for_each(|v| *v /= DIGITS_SCALE);
    samples.name = "digits8x8".into();
    samples.picture = Some((8, 8));
    samples.hash = Some(Hash::of(&raw));
    Ok(samples)
}

/// What is in a gzip file; none if it is not one, whatever its name.
fn unpack(name: &str, raw: &[u8]) -> Result<Option<Vec<u8>>, Diagnostic> {
    if !raw.starts_with(&[0x1F, 0x8B]) {
        return Ok(None);
    }
    let mut out = Vec::new();
    let wrong = |what: String| Diagnostic::error("data-gzip", format!("`{name}` cannot be unpacked: {what}"));
    match flate2::read::MultiGzDecoder::new(raw).take(LARGEST + 1).read_to_end(&mut out) {
        Ok(_) if out.len() as u64 > LARGEST => Err(wrong(format!("it holds more than {} GiB", LARGEST >> 30))),
        Ok(_) => Ok(Some(out)),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Err(wrong("its end is missing".into()).hint("copy it again")),
        Err(e) => Err(wrong(e.to_string()).hint("the file is damaged; copy it again")),
    }
}

#[cfg(test)]
mod tests;
