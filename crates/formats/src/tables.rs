//! Tables of numbers as they are found: CSV with or without a header, columns between spaces or tabs, what NEURON's `Vector.printf` writes, Parquet.
//!
//! Of a text: blank lines and those that begin with `#` or `%` are no rows. Columns are parted by commas, semicolons or tabs, whichever the first row holds, else by
//! white space. The first row is a header if no field of it is a number, as in tables of samples ([`crate::samples`]): a first row of numbers with a hole
//! in it is a row, and what is wrong with it is said. A file whose first line begins with `label:` is NEURON's: its second line says how many rows follow.
//!
//! Of a Parquet file every column at the top is one column, whatever lies in it: what is nested, and what is text, is no number.

use crate::text;
use homolog_base::{Diagnostic, Source, Span};
use homolog_model::fit::Rows;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, Once};

/// Columns by name.
#[derive(Clone, PartialEq, Debug)]
pub struct Columns {
    /// What heads each column; empty where nothing does.
    pub headers: Vec<String>,
    /// The numbers of each column, all equally long. What is no number is NaN in `numbers` and counted in `strange`.
    pub numbers: Vec<Vec<f64>>,
    /// Of each column: what in it is no number.
    pub strange: Vec<Strange>,
    /// Where its rows stand.
    pub rows: Arc<Rows>,
}

/// What in a column is no number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Strange {
    /// How many fields.
    pub count: usize,
    /// Row and text of the first of them.
    pub first: Vec<(usize, String)>,
}

impl Strange {
    fn meet(&mut self, row: usize, text: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < SHOWN_OF_COLUMN {
            self.first.push((row, text()));
        }
    }
}

/// After this many problems the rest is counted.
const SHOWN: usize = 8;
/// So many fields of a column that are no numbers are kept; the rest is counted.
const SHOWN_OF_COLUMN: usize = 3;

/// Reads a table.
///
/// # Errors
/// The file is missing, is no text and no Parquet file, or has rows of different lengths; all at once.
pub fn read(path: &Path) -> Result<(Columns, Vec<Diagnostic>), Vec<Diagnostic>> {
    let bytes = text::bytes(path).map_err(|d| vec![d])?;
    let name = path.display().to_string();
    if bytes.starts_with(b"PAR1") {
        return of_parquet(path).map(|c| (c, vec![])).map_err(|d| vec![d]);
    }
    let (source, warnings) = text::decode(&name, &bytes).map_err(|d| vec![d])?;
    Ok((of_text(&source)?, warnings))
}

/// Reads the table in a text.
///
/// # Errors
/// Rows of different lengths, too few of them, or none; all at once.
pub fn of_text(source: &Arc<Source>) -> Result<Columns, Vec<Diagnostic>> {
    let Head { headers, separator, lines, expected } = head(source)?;
    let width = headers.len();
    let mut out = Columns {
        headers,
        numbers: vec![Vec::with_capacity(lines.len()); width],
        strange: vec![Strange::default(); width],
        rows: Arc::default(),
    };
    let mut rows = Rows { source: Some(source.clone()), spans: Vec::with_capacity(lines.len()) };
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
                out.strange[c].meet(rows.spans.len(), || field.to_string());
            }
            out.numbers[c].push(x.unwrap_or(f64::NAN));
        }
        rows.spans.push(span);
    }
    if wrong > problems.len() {
        problems.push(Diagnostic::error(
            "table-row",
            format!("{} more rows of `{}` have another number of fields", wrong - problems.len(), source.name),
        ));
    }
    if let Some((span, n)) = expected
        && n != rows.spans.len()
        && problems.is_empty()
    {
        let text = format!("`{}` says that {n} rows follow, but there are {}", source.name, rows.spans.len());
        problems.push(Diagnostic::error("table-rows", text).at(source, span, "said here").hint("was the file cut short? Copy it again"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if rows.spans.is_empty() {
        return Err(empty(source));
    }
    out.rows = Arc::new(rows);
    Ok(out)
}

fn empty(source: &Source) -> Vec<Diagnostic> {
    vec![Diagnostic::error("table-empty", format!("`{}` holds no numbers", source.name))]
}

/// What a text says before its rows, and their lines.
struct Head<'a> {
    headers: Vec<String>,
    separator: Option<char>,
    lines: Vec<(Span, &'a str)>,
    /// How many rows follow, where a table says that, and where.
    expected: Option<(Span, usize)>,
}

fn head(source: &Arc<Source>) -> Result<Head<'_>, Vec<Diagnostic>> {
    let mut lines = lines(&source.text);
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
    let Some((_, first)) = lines.first().copied() else { return Err(empty(source)) };
    let separator = [',', ';', '\t'].into_iter().find(|s| first.contains(*s));
    let head = fields(first, separator);
    let headed = head.iter().all(|f| number(f).is_none());
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
    Ok(Head { headers, separator, lines, expected })
}

/// A table of words, read row by row.
#[derive(Clone, Debug)]
pub struct Words {
    /// What heads each column; empty where nothing does.
    pub headers: Vec<String>,
    held: Held,
}

#[derive(Clone, Debug)]
enum Held {
    /// Where in a text its rows stand, and what parts their fields.
    Text(Arc<Source>, Option<char>, Vec<Span>),
    /// The fields of each row.
    Rows(Vec<Vec<String>>),
}

/// Reads a table of words and numbers, in the same forms as [`read`].
///
/// # Errors
/// As of [`read`].
pub fn words(path: &Path) -> Result<(Words, Vec<Diagnostic>), Vec<Diagnostic>> {
    if path.is_dir() {
        return words_of_parts(path).map(|w| (w, vec![])).map_err(|d| vec![d]);
    }
    let bytes = text::bytes(path).map_err(|d| vec![d])?;
    let name = path.display().to_string();
    if bytes.starts_with(b"PAR1") {
        let (headers, rows) = parquet_words(path).map_err(|d| vec![d])?;
        return Ok((Words { headers, held: Held::Rows(rows) }, vec![]));
    }
    let (source, warnings) = text::decode(&name, &bytes).map_err(|d| vec![d])?;
    Ok((words_of_text(&source)?, warnings))
}

fn parquet_words(path: &Path) -> Result<(Vec<String>, Vec<Vec<String>>), Diagnostic> {
    parquet_rows(path, |fields| {
        let text = |f: &Field| match f {
            Field::Str(s) => s.trim().to_string(),
            other => other.to_string(),
        };
        fields.map(text).collect::<Vec<String>>()
    })
}

/// A folder of parts, as long runs write them: one table.
fn words_of_parts(folder: &Path) -> Result<Words, Diagnostic> {
    let entries = std::fs::read_dir(folder).map_err(|e| text::unreadable(folder, &e))?;
    let part = |p: &std::path::PathBuf| {
        let name = p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with("part-") && name.ends_with(".parquet")
    };
    let mut parts: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).filter(part).collect();
    parts.sort();
    let mut all: Option<(Vec<String>, Vec<Vec<String>>)> = None;
    for path in &parts {
        let (headers, rows) = parquet_words(path)?;
        match &mut all {
            None => all = Some((headers, rows)),
            Some((first, kept)) if *first == headers => kept.extend(rows),
            Some(_) => {
                let d = Diagnostic::error("table-parquet", format!("`{}` has other columns than the parts before it", path.display()));
                return Err(d.hint("are these parts of one table?"));
            }
        }
    }
    let Some((headers, rows)) = all else {
        let d = Diagnostic::error("table-parquet", format!("the folder `{}` holds no part of a table", folder.display()));
        return Err(d.hint("parts are called `part-00000.parquet`, as long runs write them"));
    };
    Ok(Words { headers, held: Held::Rows(rows) })
}

/// Reads the table of words in a text.
///
/// # Errors
/// As of [`of_text`].
pub fn words_of_text(source: &Arc<Source>) -> Result<Words, Vec<Diagnostic>> {
    let Head { headers, separator, lines, .. } = head(source)?;
    let width = headers.len();
    let wrong = |(_, line): &&(Span, &str)| fields(line, separator).len() != width;
    let all = lines.iter().filter(wrong).count();
    let problem = |(span, line): &(Span, &str)| {
        let text = format!("a row of {} fields among rows of {width}", fields(line, separator).len());
        Diagnostic::error("table-row", text).at(source, *span, format!("expected {width} fields"))
    };
    let mut problems: Vec<Diagnostic> = lines.iter().filter(wrong).take(SHOWN).map(problem).collect();
    if all > problems.len() {
        let text = format!("{} more rows of `{}` have another number of fields", all - problems.len(), source.name);
        problems.push(Diagnostic::error("table-row", text));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let rows = lines.into_iter().map(|(span, _)| span).collect();
    Ok(Words { headers, held: Held::Text(source.clone(), separator, rows) })
}

impl Words {
    /// Rows.
    pub fn len(&self) -> usize {
        match &self.held {
            Held::Text(_, _, rows) => rows.len(),
            Held::Rows(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every row, with its number from 0.
    pub fn each(&self, mut f: impl FnMut(usize, &[&str])) {
        match &self.held {
            Held::Text(source, separator, rows) => {
                rows.iter().enumerate().for_each(|(k, r)| f(k, &fields(&source.text[r.start..r.end], *separator)));
            }
            Held::Rows(rows) => rows.iter().enumerate().for_each(|(k, r)| f(k, &r.iter().map(String::as_str).collect::<Vec<_>>())),
        }
    }

    /// Where a field stands, in a text.
    pub fn place(&self, row: usize, column: usize) -> Option<(&Arc<Source>, Span)> {
        let Held::Text(source, separator, rows) = &self.held else { return None };
        let row = rows.get(row)?;
        let line = &source.text[row.start..row.end];
        let field = *fields(line, *separator).get(column)?;
        let start = row.start + (field.as_ptr() as usize - line.as_ptr() as usize);
        Some((source, Span::new(start, start + field.len())))
    }
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

/// All columns of a Parquet file.
fn of_parquet(path: &Path) -> Result<Columns, Diagnostic> {
    let (mut numbers, mut strange): (Vec<Vec<f64>>, Vec<Strange>) = (vec![], vec![]);
    let mut k = 0;
    let (headers, _) = parquet_rows(path, |fields| {
        for (c, field) in fields.enumerate() {
            if numbers.len() <= c {
                numbers.push(vec![]);
                strange.push(Strange::default());
            }
            let x = number_of(field);
            if x.is_none() {
                strange[c].meet(k, || field.to_string());
            }
            numbers[c].push(x.unwrap_or(f64::NAN));
        }
        k += 1;
    })?;
    Ok(Columns { headers, numbers, strange, rows: Arc::default() })
}

/// The headers of a Parquet file, and what is made of each of its rows.
///
/// # Errors
/// It cannot be read, or has no rows.
fn parquet_rows<T>(path: &Path, mut each: impl FnMut(&mut dyn Iterator<Item = &Field>) -> T) -> Result<(Vec<String>, Vec<T>), Diagnostic> {
    let name = path.display();
    let read = guarded(|| {
        let wrong = |e: parquet::errors::ParquetError| {
            let d = Diagnostic::error("table-parquet", format!("cannot read `{name}`: {e}"));
            d.hint("columns of plain numbers without compression are read; or write it as CSV")
        };
        let file = std::fs::File::open(path).map_err(|e| text::unreadable(path, &e))?;
        let size = file.metadata().map_or(i64::MAX, |m| m.len() as i64);
        let reader = SerializedFileReader::new(file).map_err(wrong)?;
        if !reader.metadata().row_groups().iter().all(|g| inside(g, size)) {
            let d = Diagnostic::error("table-parquet", format!("cannot read `{name}`: it names columns that are not in it"));
            return Err(d.hint("the file is damaged; copy it again"));
        }
        // A column that is nested has several leaves, but one field in each row.
        let schema = reader.metadata().file_metadata().schema_descr().root_schema();
        let headers: Vec<String> = schema.get_fields().iter().map(|f| f.name().to_string()).collect();
        let mut rows = Vec::new();
        for row in reader.get_row_iter(None).map_err(wrong)? {
            rows.push(each(&mut row.map_err(wrong)?.get_column_iter().map(|(_, field)| field)));
        }
        Ok((headers, rows))
    });
    let read = read.unwrap_or_else(|| {
        let d = Diagnostic::error("table-parquet", format!("cannot read `{name}`: its reader does not get through it"));
        Err(d.hint("the file is damaged, or of a kind that is not read; copy it again, or write it as CSV"))
    });
    match read {
        Ok((_, rows)) if rows.is_empty() => Err(Diagnostic::error("table-empty", format!("`{name}` holds no numbers"))),
        read => read,
    }
}

/// What some work gives; none if it panics, of which nothing is printed. For the reader of Parquet files, which asserts what a damaged file may break.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    thread_local! { static QUIET: Cell<bool> = const { Cell::new(false) }; }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
    QUIET.set(true);
    let out = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(false);
    out.ok()
}

/// Whether the columns of a group of rows lie inside of a file of so many bytes, which the reader takes for granted.
fn inside(group: &RowGroupMetaData, size: i64) -> bool {
    let column = |c: &ColumnChunkMetaData| {
        let start = c.dictionary_page_offset().unwrap_or(c.data_page_offset());
        start >= 0
            && c.compressed_size() >= 0
            && start.checked_add(c.compressed_size()).is_some_and(|end| end <= size)
            && c.num_values() >= 0
    };
    group.num_rows() >= 0 && group.columns().iter().all(column)
}

/// The number in a field; whole numbers of more than 53 bits are rounded.
fn number_of(field: &Field) -> Option<f64> {
    match *field {
        Field::Double(x) => Some(x),
        Field::Float(x) => Some(f64::from(x)),
        Field::Byte(x) => Some(f64::from(x)),
        Field::Short(x) => Some(f64::from(x)),
        Field::Int(x) => Some(f64::from(x)),
        Field::Long(x) => Some(x as f64),
        Field::UByte(x) => Some(f64::from(x)),
        Field::UShort(x) => Some(f64::from(x)),
        Field::UInt(x) => Some(f64::from(x)),
        Field::ULong(x) => Some(x as f64),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
