//! Reports as JSON files.

use crate::{atomic, text};
use homolog_base::{Diagnostic, Report, Source};
use std::path::Path;

/// A report as JSON, with a line break at its end.
///
/// # Errors
/// A score that is not a finite number, which JSON cannot hold.
pub fn to_json(report: &Report) -> Result<String, Diagnostic> {
    for entry in &report.entries {
        for (name, score) in &entry.scores {
            if !score.value.is_finite() || score.sd.is_some_and(|s| !s.is_finite()) {
                let value = if score.value.is_finite() { score.sd.unwrap_or(f64::NAN) } else { score.value };
                return Err(Diagnostic::error(
                    "report-not-finite",
                    format!("`{name}` of `{}` is {value}, which a report cannot hold", entry.name),
                ));
            }
        }
    }
    let text = serde_json::to_string_pretty(report).map_err(|e| Diagnostic::error("report-write", e.to_string()))?;
    Ok(text + "\n")
}

/// Writes a report to a file, whole or not at all.
///
/// # Errors
/// A score that is not finite, or what the system refuses.
pub fn write(path: &Path, report: &Report) -> Result<(), Diagnostic> {
    atomic::write(path, to_json(report)?.as_bytes())
}

/// Reads a report back.
///
/// # Errors
/// The file is missing or is not a report; with the place.
pub fn read(path: &Path) -> Result<Report, Diagnostic> {
    let (source, _) = text::read(path)?;
    serde_json::from_str(&source.text).map_err(|e| {
        let at = offset(&source, e.line(), e.column());
        let message = e.to_string();
        let message = message.split(" at line ").next().unwrap_or("").to_string();
        Diagnostic::error("report-read", format!("`{}` is not a report", source.name)).at(&source, at..at + 1, message)
    })
}

/// Byte offset of a line and a column of bytes, both from 1.
fn offset(source: &Source, line: usize, column: usize) -> usize {
    let start: usize = source.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    source.text.floor_char_boundary((start + column.saturating_sub(1)).min(source.text.len()))
}

#[cfg(test)]
mod tests;
