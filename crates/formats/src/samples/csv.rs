//! Tables of numbers, the last column of which is the class.

use homolog_base::{Diagnostic, Source};
use homolog_model::Samples;
use std::ops::Range;

/// After this many problems the rest is counted.
const SHOWN: usize = 10;
/// Classes from this number on are a column of something else.
const CLASSES: u32 = 1 << 16;

/// What is wrong with one cell, and where.
struct Problem {
    code: &'static str,
    message: String,
    place: Range<usize>,
    label: String,
    hint: Option<String>,
}

/// Reads a table; the name and the hash of the samples are left empty.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Samples, Vec<Diagnostic>> {
    let skip = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let mut table = Table { bytes, separator: b',', columns: None, samples: Samples::default(), problems: Vec::new(), count: 0 };
    let mut at = skip;
    let mut first = true;
    while at < bytes.len() {
        let end = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |p| at + p);
        let line = trim(bytes, at..end);
        at = end + 1;
        if line.is_empty() {
            continue;
        }
        if first {
            first = false;
            let head = &bytes[line.clone()];
            table.separator = [b',', b';', b'\t'].into_iter().find(|s| head.contains(s)).unwrap_or(b',');
            if table.cells(line.clone()).all(|c| parse(&bytes[c]).is_none()) {
                table.columns = Some((table.cells(line.clone()).count(), line));
                continue;
            }
        }
        table.row(line);
    }
    table.finish(name)
}

/// The range without white space, and without quotes around all of it.
fn trim(bytes: &[u8], mut r: Range<usize>) -> Range<usize> {
    while r.start < r.end && bytes[r.start].is_ascii_whitespace() {
        r.start += 1;
    }
    while r.start < r.end && bytes[r.end - 1].is_ascii_whitespace() {
        r.end -= 1;
    }
    r
}

fn unquote(bytes: &[u8], r: Range<usize>) -> Range<usize> {
    let r = trim(bytes, r);
    if r.len() >= 2 && bytes[r.start] == b'"' && bytes[r.end - 1] == b'"' { trim(bytes, r.start + 1..r.end - 1) } else { r }
}

/// A number; small whole numbers, which pictures are made of, by the short way.
fn parse(cell: &[u8]) -> Option<f64> {
    if (1..=9).contains(&cell.len()) && cell.iter().all(u8::is_ascii_digit) {
        return Some(f64::from(cell.iter().fold(0u32, |n, d| n * 10 + u32::from(d - b'0'))));
    }
    std::str::from_utf8(cell).ok()?.parse().ok()
}

struct Table<'b> {
    bytes: &'b [u8],
    separator: u8,
    /// How many cells the first row has, and where it is.
    columns: Option<(usize, Range<usize>)>,
    samples: Samples,
    problems: Vec<Problem>,
    count: usize,
}

impl<'b> Table<'b> {
    fn cells(&self, line: Range<usize>) -> impl Iterator<Item = Range<usize>> + use<'b> {
        let (bytes, separator) = (self.bytes, self.separator);
        let mut next = Some(line.start);
        std::iter::from_fn(move || {
            let start = next?;
            let end = bytes[start..line.end].iter().position(|b| *b == separator).map(|p| start + p);
            next = end.map(|e| e + 1);
            Some(unquote(bytes, start..end.unwrap_or(line.end)))
        })
    }

    fn problem(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        place: Range<usize>,
        label: impl Into<String>,
        hint: Option<&str>,
    ) {
        self.count += 1;
        if self.problems.len() < SHOWN {
            self.problems.push(Problem { code, message: message.into(), place, label: label.into(), hint: hint.map(str::to_string) });
        }
    }

    fn row(&mut self, line: Range<usize>) {
        let columns = match &self.columns {
            Some((n, _)) => *n,
            None => {
                let n = self.cells(line.clone()).count();
                self.columns = Some((n, line.clone()));
                n
            }
        };
        if columns < 2 {
            return self.problem(
                "data-columns",
                "a row needs at least one number and a class",
                line,
                "only one column here",
                Some("separate the columns with commas"),
            );
        }
        let before = self.samples.values.len();
        let mut found = 0;
        let mut last = line.start..line.start;
        for cell in self.cells(line.clone()) {
            found += 1;
            if found < columns {
                if let Some(x) = self.number(cell.clone()) {
                    self.samples.values.push(x);
                }
            } else if found == columns
                && let Some(class) = self.class(cell.clone())
            {
                self.samples.labels.push(class);
            }
            last = cell;
        }
        if found != columns {
            self.samples.values.truncate(before);
            let expected = format!("expected {columns}, as in the first row");
            self.problem(
                "data-ragged",
                format!("a row of {found} cells"),
                last,
                expected,
                Some("every row must have one number for each column, and last its class"),
            );
        }
    }

    fn shown(&self, cell: &Range<usize>) -> String {
        String::from_utf8_lossy(&self.bytes[cell.clone()]).into_owned()
    }

    fn number(&mut self, cell: Range<usize>) -> Option<f64> {
        match parse(&self.bytes[cell.clone()]) {
            Some(x) if x.is_finite() => Some(x),
            Some(x) => {
                let what = if x.is_nan() { "NaN" } else { "infinity" };
                self.problem(
                    "data-not-finite",
                    format!("{what} in the data"),
                    cell,
                    "expected a finite number",
                    Some("fill in a number, or leave the row out"),
                );
                None
            }
            None if cell.is_empty() => {
                self.problem(
                    "data-empty",
                    "an empty cell in the data",
                    cell.start..cell.start + 1,
                    "expected a number",
                    Some("fill in a number, or leave the row out"),
                );
                None
            }
            None => {
                let message = format!("`{}` is not a number", self.shown(&cell));
                self.problem(
                    "data-not-a-number",
                    message,
                    cell,
                    "expected a number",
                    Some("a header is known by having no number in it; numbers are written with a point"),
                );
                None
            }
        }
    }

    fn class(&mut self, cell: Range<usize>) -> Option<u32> {
        let x = parse(&self.bytes[cell.clone()]);
        match x {
            Some(x) if x >= 0.0 && x.fract() == 0.0 && x < f64::from(CLASSES) => Some(x as u32),
            _ => {
                let message = format!("`{}` is not a class", self.shown(&cell));
                let hint = "the last column is the class of the sample: number the classes 0, 1, 2, ...";
                self.problem(
                    "data-class",
                    message,
                    cell.start..cell.end.max(cell.start + 1),
                    format!("expected a whole number from 0 to {}", CLASSES - 1),
                    Some(hint),
                );
                None
            }
        }
    }

    fn finish(mut self, name: &str) -> Result<Samples, Vec<Diagnostic>> {
        if self.problems.is_empty() {
            if self.samples.is_empty() {
                return Err(vec![
                    Diagnostic::error("data-empty", format!("there are no samples in `{name}`"))
                        .hint("one sample a row: numbers, and last its class"),
                ]);
            }
            self.samples.features = self.samples.values.len() / self.samples.labels.len();
            self.samples.classes = self.samples.labels.iter().max().map_or(0, |m| *m as usize + 1);
            return Ok(self.samples);
        }
        // A text of one byte a character keeps every place where it is, whatever the file is.
        let text: String = match std::str::from_utf8(self.bytes) {
            Ok(text) => text.into(),
            Err(_) => self.bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect(),
        };
        let source = Source::new(name, text);
        let mut all: Vec<Diagnostic> = self
            .problems
            .into_iter()
            .map(|p| {
                let place = source.text.floor_char_boundary(p.place.start)..source.text.floor_char_boundary(p.place.end);
                let (line, column) = source.line_column(place.start);
                let d = Diagnostic::error(p.code, format!("{}, line {line}, column {column} of `{name}`", p.message))
                    .at(&source, place, p.label);
                if let Some(hint) = p.hint { d.hint(hint) } else { d }
            })
            .collect();
        if self.count > SHOWN {
            all.push(Diagnostic::error("data-more", format!("{} more problems in `{name}`", self.count - SHOWN)));
        }
        Err(all)
    }
}
