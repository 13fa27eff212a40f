//! Checkpoints as safetensors files: every array in F64, every word in the metadata, and a hash over the arrays.
//!
//! The same checkpoint gives the same bytes: names are sorted. Any program that knows safetensors can read one.

use crate::{atomic, text};
use homolog_base::{Diagnostic, Hash};
use homolog_model::Checkpoint;
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::path::Path;

/// Metadata that say what the file is.
const FORMAT: (&str, &str) = ("homolog.format", "checkpoint-1");
const HASH: &str = "homolog.sha256";
/// The key of safetensors under which metadata stand.
const METADATA: &str = "__metadata__";

/// A checkpoint as the bytes of a file.
///
/// # Errors
/// An array whose values do not fill its shape, or a name that the format keeps for itself.
pub fn to_bytes(checkpoint: &Checkpoint) -> Result<Vec<u8>, Diagnostic> {
    let refuse = |message: String| Err(Diagnostic::error("checkpoint-write", message));
    let mut header: BTreeMap<&str, serde_json::Value> = BTreeMap::new();
    let mut data = Vec::with_capacity(checkpoint.arrays.values().map(|a| a.1.len() * 8).sum());
    for (name, (shape, values)) in &checkpoint.arrays {
        if shape.iter().product::<usize>() != values.len() {
            return refuse(format!("array `{name}` has {} numbers, but its shape is {shape:?}", values.len()));
        }
        if name == METADATA {
            return refuse(format!("an array cannot be called `{name}`"));
        }
        let start = data.len();
        data.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        header.insert(name, serde_json::json!({ "dtype": "F64", "shape": shape, "data_offsets": [start, data.len()] }));
    }
    let mut words: BTreeMap<&str, &str> = checkpoint.words.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let hash = Hash::of(&data).hex();
    for (key, value) in [FORMAT, (HASH, hash.as_str())] {
        if words.insert(key, value).is_some() {
            return refuse(format!("a word cannot be called `{key}`"));
        }
    }
    header.insert(METADATA, serde_json::json!(words));
    let mut text = serde_json::to_vec(&header).map_err(|e| Diagnostic::error("checkpoint-write", e.to_string()))?;
    text.resize(text.len().next_multiple_of(8), b' ');
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.reserve_exact(text.len() + data.len());
    bytes.extend(text);
    bytes.extend(data);
    Ok(bytes)
}

/// Reads the bytes of a file called `name`.
///
/// # Errors
/// They are truncated, altered, or no checkpoint at all.
pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Checkpoint, Diagnostic> {
    let wrong = |what: String| Diagnostic::error("checkpoint-read", format!("`{name}` is not a whole checkpoint: {what}"));
    if let Some((length, missing)) = truncated(bytes) {
        return Err(wrong(format!("it has {} bytes, but its header speaks of {length}", bytes.len()))
            .hint(format!("its last {missing} bytes are missing; copy it again")));
    }
    let foreign = |what: String| wrong(what).hint("expected a file that `homolog` wrote");
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| foreign(e.to_string()))?;
    let mut words: BTreeMap<String, String> = metadata.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    match words.remove(FORMAT.0) {
        Some(v) if v == FORMAT.1 => {}
        Some(v) => {
            return Err(
                wrong(format!("its format is `{v}`, this version reads `{}`", FORMAT.1)).hint("use the version of `homolog` that wrote it")
            );
        }
        None => return Err(foreign("it is a safetensors file of another program".into())),
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| foreign(e.to_string()))?;
    let mut arrays = BTreeMap::new();
    for (name, t) in tensors.iter() {
        if t.dtype() != Dtype::F64 {
            return Err(foreign(format!("array `{name}` is {:?}, expected F64", t.dtype())));
        }
        let values = t.data().as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
        arrays.insert(name.to_string(), (t.shape().to_vec(), values));
    }
    let header = u64::from_le_bytes(bytes[..8].try_into().expect("read above")) as usize;
    if words.remove(HASH).as_deref() != Some(Hash::of(&bytes[8 + header..]).hex().as_str()) {
        return Err(wrong("its numbers are not those that were written".into()).hint("the file is damaged; copy it again"));
    }
    Ok(Checkpoint { arrays, words })
}

/// How long the file should be by its own header and how much of that is missing, if some is.
fn truncated(bytes: &[u8]) -> Option<(usize, usize)> {
    let header = usize::try_from(u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?)).ok()?;
    let start = header.checked_add(8)?;
    let Some(text) = bytes.get(8..start) else {
        // A header of more than 100 MB is not one: those eight bytes are something else.
        return (header < 100_000_000 && bytes.get(8) == Some(&b'{')).then(|| (start, start - bytes.len()));
    };
    let header: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(text).ok()?;
    let end =
        header.values().filter_map(|v| v.get("data_offsets")?.get(1)?.as_u64()).max().and_then(|e| usize::try_from(e).ok()).unwrap_or(0);
    let length = start.checked_add(end)?;
    (length > bytes.len()).then(|| (length, length - bytes.len()))
}

/// Writes a checkpoint to a file, whole or not at all.
///
/// # Errors
/// See [`to_bytes`]; or what the system refuses.
pub fn write(path: &Path, checkpoint: &Checkpoint) -> Result<(), Diagnostic> {
    atomic::write(path, &to_bytes(checkpoint)?)
}

/// Reads a checkpoint from a file.
///
/// # Errors
/// See [`from_bytes`]; or the file is missing.
pub fn read(path: &Path) -> Result<Checkpoint, Diagnostic> {
    from_bytes(&path.display().to_string(), &text::bytes(path)?)
}

#[cfg(test)]
mod tests;
