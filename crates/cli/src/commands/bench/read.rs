//! What it takes to read a mechanism: from its bytes to kernels that could run, without what `homolog mech` draws.
//!
//! Each file is read several times and counts by its fastest; the bytes come from memory, so that no disk is measured. The first
//! reading of a program is slower by what the processor has not seen yet, so its time is given as well.

use super::{Args, Found};
use crate::{show, work};
use homolog_base::{Diagnostic, Source, has_errors};
use homolog_formats::library;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Times that each file is read.
const REPETITIONS: usize = 20;

/// A file, and what it took.
struct Row {
    name: String,
    bytes: usize,
    first_ms: f64,
    ms: f64,
    mechanism: bool,
}

/// Reads all files of the library, or those of the paths (folders with all that is below them).
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let mut problems = vec![];
    let mut sources: Vec<Arc<Source>> = vec![];
    if args.paths.is_empty() {
        sources.extend(library::files().iter().filter(|f| f.ends_with(".mod")).filter_map(|f| library::source(f)));
    }
    for path in &args.paths {
        let mut files = vec![];
        if let Err(e) = collect(path, &mut files) {
            problems.push(Diagnostic::error("file-read", format!("cannot read {}: {e}", path.display())));
        }
        if files.is_empty() && !has_errors(&problems) {
            problems.push(Diagnostic::error("file-empty", format!("there is no .mod file in {}", path.display())));
        }
        for file in files {
            match work::read(&file) {
                Ok((source, _)) => sources.push(source),
                Err(d) => problems.push(d),
            }
        }
    }
    if has_errors(&problems) {
        return Err(problems);
    }
    let mut rows: Vec<Row> = sources.iter().map(row).collect();
    rows.sort_by(|a, b| a.ms.total_cmp(&b.ms));
    let read = rows.iter().filter(|r| r.mechanism).count();
    let (median, worst) = (rows[rows.len() / 2].ms, &rows[rows.len() - 1]);
    let first_worst = rows.iter().map(|r| r.first_ms).fold(0.0, f64::max);
    let text = format!(
        "{} ms the median, {} ms the longest ({}, {} kB), {} ms the longest at first sight\n{} files, {read} of them mechanisms that can be run; processor time, best of {REPETITIONS}\n",
        show::three_digits(median),
        show::three_digits(worst.ms),
        worst.name,
        show::three_digits(worst.bytes as f64 / 1e3),
        show::three_digits(first_worst),
        rows.len(),
    );
    let files: Vec<_> = rows
        .iter()
        .map(|r| serde_json::json!({ "file": r.name, "bytes": r.bytes, "ms": r.ms, "first_ms": r.first_ms, "mechanism": r.mechanism }))
        .collect();
    let json = serde_json::json!({
        "median_ms": median, "worst_ms": worst.ms, "worst_first_ms": first_worst, "n_files": rows.len(), "n_mechanisms": read,
        "repetitions": REPETITIONS, "threads": 1, "files": files,
    });
    Ok(Found { text, json })
}

fn row(source: &Arc<Source>) -> Row {
    let (mut first, mut best, mut mechanism) = (0.0, f64::INFINITY, false);
    for k in 0..REPETITIONS {
        let clock = work::Clock::start_time();
        let (m, problems) = homolog_nmodl::read(source);
        let ms = clock.stop().cpu_s * 1e3;
        mechanism = m.is_some() && !has_errors(&problems);
        best = f64::min(best, ms);
        if k == 0 {
            first = ms;
        }
    }
    Row { name: source.name.clone(), bytes: source.text.len(), first_ms: first, ms: best, mechanism }
}

/// Files named `*.mod` in a folder and below it, sorted; a file is itself.
fn collect(path: &Path, out: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        out.push(path.to_path_buf());
        return Ok(());
    }
    let mut entries = std::fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            collect(&entry, out)?;
        } else if entry.extension().is_some_and(|e| e == "mod") {
            out.push(entry);
        }
    }
    Ok(())
}
