//! IDX files, the format of MNIST: two zero bytes, the type (8 is bytes), the number of dimensions, each dimension as a
//! big-endian u32, and the bytes.

use super::{IDX_SCALE, unpack};
use crate::text;
use homolog_base::{Diagnostic, Hash};
use homolog_model::Samples;
use std::path::{Path, PathBuf};

/// Names of the four files.
pub(super) const FILES: [&str; 4] =
    ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"];

/// An array of bytes.
struct Array {
    path: PathBuf,
    dims: Vec<usize>,
    bytes: Vec<u8>,
    /// Where the array begins in the bytes.
    from: usize,
}

impl Array {
    fn data(&self) -> &[u8] {
        &self.bytes[self.from..]
    }
}

/// The training and the test part in one; the test part is the source's own.
pub(super) fn read(name: &str, folder: &Path) -> Result<Samples, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    if !folder.is_dir() {
        let d = text::unreadable(folder, &std::io::ErrorKind::NotFound.into());
        return Err(vec![Diagnostic { code: "data-no-folder", message: format!("there is no folder `{}`", folder.display()), ..d }]);
    }
    let mut raw = Vec::new();
    let arrays: Vec<Option<Array>> = FILES
        .iter()
        .enumerate()
        .map(|(k, file)| open(folder, file, if k % 2 == 0 { 3 } else { 1 }, &mut raw).map_err(|d| problems.push(d)).ok())
        .collect();
    let arrays: Vec<Array> = arrays.into_iter().flatten().collect();
    let [train, train_labels, test, test_labels] = &arrays[..] else { return Err(problems) };
    for (images, labels) in [(train, train_labels), (test, test_labels)] {
        if images.dims[0] != labels.dims[0] {
            let message = format!(
                "`{}` has {} images, but `{}` has {} labels",
                images.path.display(),
                images.dims[0],
                labels.path.display(),
                labels.dims[0]
            );
            problems.push(Diagnostic::error("data-idx", message).hint("are the two of one dataset?"));
        }
    }
    if train.dims[1..] != test.dims[1..] {
        let size = |a: &Array| format!("{} x {}", a.dims[1], a.dims[2]);
        problems
            .push(Diagnostic::error("data-idx", format!("the training images are {} pixels, the test images {}", size(train), size(test))));
    }
    if train.dims.contains(&0) {
        problems.push(Diagnostic::error("data-empty", format!("there is nothing in `{}`", train.path.display())));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let table: Vec<f64> = (0..=255u8).map(|b| f64::from(b) / IDX_SCALE).collect();
    let mut values = Vec::with_capacity(train.data().len() + test.data().len());
    values.extend(train.data().iter().chain(test.data()).map(|b| table[usize::from(*b)]));
    let labels: Vec<u32> = train_labels.data().iter().chain(test_labels.data()).map(|b| u32::from(*b)).collect();
    Ok(Samples {
        name: name.into(),
        features: train.dims[1] * train.dims[2],
        picture: Some((train.dims[1], train.dims[2])),
        classes: labels.iter().max().map_or(0, |m| *m as usize + 1),
        values,
        labels,
        own_test_from: Some(train.dims[0]),
        hash: Some(Hash::of(&raw)),
    })
}

/// Reads one of the four; compressed or not, with the dash of its name or the dot that some archives have.
fn open(folder: &Path, file: &str, dimensions: usize, raw: &mut Vec<u8>) -> Result<Array, Diagnostic> {
    let plain = file.trim_end_matches(".gz");
    let names = [file.to_string(), plain.to_string(), file.replace("-idx", ".idx"), plain.replace("-idx", ".idx")];
    let path = names.iter().map(|n| folder.join(n)).find(|p| p.is_file()).unwrap_or_else(|| folder.join(file));
    let bytes = text::bytes(&path)?;
    raw.extend_from_slice(&bytes);
    let shown = path.display().to_string();
    let bytes = unpack(&shown, &bytes)?.unwrap_or(bytes);
    let wrong = |what: String| Diagnostic::error("data-idx", format!("`{shown}` {what}"));
    let kind = if dimensions == 3 { "images" } else { "labels" };
    match bytes.get(..4) {
        Some([0, 0, 8, n]) if usize::from(*n) == dimensions => {}
        Some([0, 0, 8, n]) => {
            return Err(wrong(format!("has {n} dimensions, expected {dimensions}: {kind}")).hint("have images and labels been exchanged?"));
        }
        Some([0, 0, t, _]) => return Err(wrong(format!("holds numbers of type {t:#04x}, expected bytes (0x08)"))),
        _ => {
            return Err(
                wrong(format!("is not an IDX file of {kind}")).hint("expected the four files of MNIST or of a dataset in its format")
            );
        }
    }
    let from = 4 + 4 * dimensions;
    let dims: Vec<usize> = bytes.get(4..from).unwrap_or(&[]).as_chunks::<4>().0.iter().map(|b| u32::from_be_bytes(*b) as usize).collect();
    let expected = dims.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).and_then(|n| n.checked_add(from));
    if dims.len() != dimensions || expected != Some(bytes.len()) {
        let says = expected.filter(|_| dims.len() == dimensions).map_or("more".to_string(), |n| n.to_string());
        return Err(wrong(format!("has {} bytes, but its header speaks of {says}", bytes.len())).hint("copy it again"));
    }
    Ok(Array { path, dims, bytes, from })
}
