//! Tables of numbers as they are found: CSV with or without a header, columns between spaces or tabs, what NEURON's `Vector.printf` writes, Parquet.
//!
//! Of a text: blank lines and those that begin with `#` or `%` are no rows. Columns are parted by commas, semicolons or tabs, whichever the first row holds, else by
//! white space. The first row is a header unless all of it are numbers. A file whose first line begins with `label:` is NEURON's: its second line says how
//! many rows follow.

use crate::text;
use homolog_base::{Diagnostic, Hash, Source, Span};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::path::Path;
use std::sync::Arc;

/// Columns by name.
#[derive(Clone, PartialEq, Debug)]
pub struct Columns {
    /// What heads each column; empty where nothing does.
    pub headers: Vec<String>,
    /// The numbers of each column, all equally long. What is no number is NaN in `numbers` and stands in `strange`.
    pub numbers: Vec<Vec<f64>>,
    /// Row, column and text of what is no number.
    pub strange: Vec<(usize, usize, String)>,
    /// The text, if it is one.
    pub source: Option<Arc<Source>>,
    /// Where in it each row stands.
    pub rows: Vec<Span>,
    /// Hash of the file.
    pub hash: Hash,
}

/// After this many problems the rest is counted.
const SHOWN: usize = 8;

/// Reads a table.
///
/// # Errors
/// The file is missing, is no text and no Parquet file, or has rows of different lengths; all at once.
pub fn read(path: &Path) -> Result<(Columns, Vec<Diagnostic>), Vec<Diagnostic>> {
    let bytes = text::bytes(path).map_err(|d| vec![d])?;
    let name = path.display().to_string();
    if bytes.starts_with(b"PAR1") {
        return of_parquet(path, &bytes).map(|c| (c, vec![])).map_err(|d| vec![d]);
    }
    let (source, warnings) = text::decode(&name, &bytes).map_err(|d| vec![d])?;
    let mut columns = of_text(&source)?;
    columns.hash = Hash::of(&bytes);
    Ok((columns, warnings))
}

/// Reads the table in a text.
///
/// # Errors
/// Rows of different lengths, too few of them, or none; all at once.
pub fn of_text(source: &Arc<Source>) -> Result<Columns, Vec<Diagnostic>> {
    let mut lines = lines(&source.text);
    let empty = || vec![Diagnostic::error("table-empty", format!("`{}` holds no numbers", source.name))];
    let mut label = None;
    let mut expected = None;
    if let Some((span, line)) = lines.first().copied()
        && let Some(rest) = line.strip_prefix("label:")
    {
        label = Some(rest.trim().to_string());
        let count = lines.get(1).map(|(s, l)| (*s, l.trim().parse::<usize>()));
        let Some((at, Ok(n))) = count else {
            let d = Diagnostic::error("table-rows", "a table of NEURON says in its second line how many rows follow");
            return Err(vec![d.at(source, lines.get(1).map_or(span, |l| l.0), "expected a whole number")]);
        };
        expected = Some((at, n));
        lines.drain(..2);
    }
    let Some((_, first)) = lines.first().copied() else { return Err(empty()) };
    let separator = [',', ';', '\t'].into_iter().find(|s| first.contains(*s));
    let head = fields(first, separator);
    let headed = head.iter().any(|f| number(f).is_none());
    let headers = if headed {
        lines.remove(0);
        head.iter().map(|h| h.to_string()).collect()
    } else {
        let mut all = vec![String::new(); head.len()];
        if let (Some(label), Some(last)) = (label, all.last_mut()) {
            *last = label;
        }
        all
    };
    let width = head.len();
    let mut out = Columns {
        headers,
        numbers: vec![Vec::with_capacity(lines.len()); width],
        strange: vec![],
        source: Some(source.clone()),
        rows: Vec::with_capacity(lines.len()),
        hash: Hash::of(source.text.as_bytes()),
    };
    let mut problems = Vec::new();
    let mut wrong = 0;
    for (span, line) in lines {
        let found = fields(line, separator);
        if found.len() != width {
            wrong += 1;
            if problems.len() < SHOWN {
                let text = format!("a row of {} fields among rows of {width}", found.len());
                problems.push(Diagnostic::error("table-row", text).at(source, span, format!("expected {width} fields")));
            }
            continue;
        }
        for (c, field) in found.iter().enumerate() {
            let x = number(field);
            if x.is_none() {
                out.strange.push((out.rows.len(), c, field.to_string()));
            }
            out.numbers[c].push(x.unwrap_or(f64::NAN));
        }
        out.rows.push(span);
    }
    if wrong > problems.len() {
        problems.push(Diagnostic::error(
            "table-row",
            format!("{} more rows of `{}` have another number of fields", wrong - problems.len(), source.name),
        ));
    }
    if let Some((span, n)) = expected
        && n != out.rows.len()
        && problems.is_empty()
    {
        let text = format!("`{}` says that {n} rows follow, but there are {}", source.name, out.rows.len());
        problems.push(Diagnostic::error("table-rows", text).at(source, span, "said here").hint("was the file cut short? Copy it again"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if out.rows.is_empty() { Err(empty()) } else { Ok(out) }
}

/// Lines that are rows, without the white space around them, and their places.
fn lines(text: &str) -> Vec<(Span, &str)> {
    let mut out = Vec::new();
    let mut at = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim();
        if !line.is_empty() && !line.starts_with(['#', '%']) {
            let start = at + (raw.len() - raw.trim_start().len());
            out.push((Span::new(start, start + line.len()), line));
        }
        at += raw.len();
    }
    out
}

/// The fields of a row, without quotes.
fn fields(line: &str, separator: Option<char>) -> Vec<&str> {
    let Some(separator) = separator else { return line.split_whitespace().collect() };
    let (mut out, mut start, mut quoted) = (vec![], 0, false);
    for (k, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            c if c == separator && !quoted => {
                out.push(&line[start..k]);
                start = k + 1;
            }
            _ => {}
        }
    }
    out.push(&line[start..]);
    let bare = |f: &'_ str| -> (usize, usize) {
        let t = f.trim();
        let t = t.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(t);
        (t.as_ptr() as usize - f.as_ptr() as usize, t.len())
    };
    out.into_iter()
        .map(|f| {
            let (from, len) = bare(f);
            &f[from..from + len]
        })
        .collect()
}

fn number(field: &str) -> Option<f64> {
    field.parse().ok()
}

/// All columns of numbers of a Parquet file; others are NaN.
fn of_parquet(path: &Path, bytes: &[u8]) -> Result<Columns, Diagnostic> {
    let name = path.display();
    let wrong = |e: parquet::errors::ParquetError| {
        let d = Diagnostic::error("table-parquet", format!("cannot read `{name}`: {e}"));
        d.hint("columns of plain numbers without compression are read; or write it as CSV")
    };
    let file = std::fs::File::open(path).map_err(|e| text::unreadable(path, &e))?;
    let reader = SerializedFileReader::new(file).map_err(wrong)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let headers: Vec<String> = schema.columns().iter().map(|c| c.name().to_string()).collect();
    let mut numbers = vec![Vec::new(); headers.len()];
    let mut strange = Vec::new();
    for (k, row) in reader.get_row_iter(None).map_err(wrong)?.enumerate() {
        let row = row.map_err(wrong)?;
        for (c, (_, field)) in row.get_column_iter().enumerate() {
            let x = match *field {
                Field::Double(x) => Some(x),
                Field::Float(x) => Some(f64::from(x)),
                Field::Int(x) => Some(f64::from(x)),
                Field::Long(x) => Some(x as f64),
                Field::Short(x) => Some(f64::from(x)),
                Field::Byte(x) => Some(f64::from(x)),
                _ => None,
            };
            if x.is_none() && strange.len() < SHOWN {
                strange.push((k, c, field.to_string()));
            }
            if let Some(column) = numbers.get_mut(c) {
                column.push(x.unwrap_or(f64::NAN));
            }
        }
    }
    if numbers.first().is_none_or(Vec::is_empty) {
        return Err(Diagnostic::error("table-empty", format!("`{name}` holds no numbers")));
    }
    Ok(Columns { headers, numbers, strange, source: None, rows: vec![], hash: Hash::of(bytes) })
}

#[cfg(test)]
mod tests;
