//! Tables that grow while a run goes on, with as much memory for a long run as for a short one.
//!
//! Rows are kept until they fill a *part*, which always has the same number of rows: it is then written and forgotten. Parquet parts are
//! files `part-00000.parquet`, ... in a folder called as the one file would be; a CSV file grows. A table that does not fill a part is one
//! file, written whole at the end. So what is on disk depends on the rows alone, and not on when a run was interrupted: a checkpoint holds the
//! rows of the part that is open, the number of parts that are closed, and how long the CSV file is. Whoever goes on from it first takes away what
//! came later.

use crate::{atomic, text};
use homolog_base::Diagnostic;
use homolog_model::Checkpoint;
use parquet::basic::{Encoding, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the numbers of a column are.
#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    /// Numbers: doubles.
    Real,
    /// Whole numbers from 0 to 2^31 - 1.
    Whole,
    /// Each the index of one of these words.
    Word(Vec<String>),
}

/// A column of a table that grows.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// What heads it: `time (ms)`.
    pub header: String,
    /// What its numbers are.
    pub kind: Kind,
}

impl Column {
    /// A column of doubles.
    pub fn real(header: impl Into<String>) -> Column {
        Column { header: header.into(), kind: Kind::Real }
    }

    fn field(&self) -> Result<Type, ParquetError> {
        let (physical, logical) = match self.kind {
            Kind::Real => (Physical::DOUBLE, None),
            Kind::Whole => (Physical::INT32, None),
            Kind::Word(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        Type::primitive_type_builder(&self.header, physical).with_repetition(Repetition::REQUIRED).with_logical_type(logical).build()
    }
}

/// Rows of a part: so many that its numbers take 16 MB, one at least.
pub fn rows_of_a_part(columns: usize) -> usize {
    ((1 << 21) / columns.max(1)).max(1)
}

/// A table that grows.
#[derive(Clone, Debug)]
pub struct Growing {
    columns: Vec<Column>,
    /// Where it is written, without the ending.
    stem: PathBuf,
    csv: bool,
    parquet: bool,
    /// Rows of a part.
    rows: usize,
    /// Numbers of the part that is open, row by row.
    open: Vec<f64>,
    /// Parts that are closed.
    closed: usize,
    /// Bytes of the CSV file in which they are.
    csv_bytes: u64,
}

impl Growing {
    /// An empty table of columns that is written to `stem.csv`, `stem.parquet` or both, in parts of so many rows.
    pub fn new(stem: PathBuf, columns: Vec<Column>, csv: bool, parquet: bool, rows: usize) -> Growing {
        Growing { columns, stem, csv, parquet, rows: rows.max(1), open: vec![], closed: 0, csv_bytes: 0 }
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.closed * self.rows + self.open.len() / self.columns.len().max(1)
    }

    /// Numbers that are kept at most, of so many rows.
    pub fn most(&self, rows: usize) -> usize {
        self.rows.min(rows).saturating_mul(self.columns.len())
    }

    /// Whether it is written as CSV, and as Parquet.
    pub fn formats(&self) -> (bool, bool) {
        (self.csv, self.parquet)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of all rows, row by row; none when some have been written and forgotten.
    pub fn all(&self) -> Option<&[f64]> {
        (self.closed == 0).then_some(&self.open[..])
    }

    /// What heads the columns.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|c| c.header.as_str())
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.stem.with_extension(ending)
    }

    fn part(&self, part: usize) -> PathBuf {
        self.path("parquet").join(format!("part-{part:05}.parquet"))
    }

    /// Adds rows, given row by row; parts that become full are written.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn push(&mut self, numbers: &[f64]) -> Result<(), Diagnostic> {
        let full = self.rows * self.columns.len();
        let mut rest = numbers;
        while self.open.len() + rest.len() >= full.max(1) {
            // A table without columns has no rows.
            if full == 0 {
                return Ok(());
            }
            let (now, later) = rest.split_at(full - self.open.len());
            self.open.extend_from_slice(now);
            rest = later;
            // The last part is written at the end, so that a table that just fills one is one file.
            if rest.is_empty() {
                return Ok(());
            }
            self.close()?;
        }
        self.open.extend_from_slice(rest);
        Ok(())
    }

    /// Writes the part that is open, and forgets it.
    fn close(&mut self) -> Result<(), Diagnostic> {
        if self.parquet {
            let folder = self.path("parquet");
            if folder.is_file() {
                fs::remove_file(&folder).map_err(|e| refused(&folder, &e))?;
            }
            atomic::write(&self.part(self.closed), &self.parquet_bytes()?)?;
        }
        if self.csv {
            self.csv_bytes += self.append()?;
        }
        self.closed += 1;
        self.open.clear();
        Ok(())
    }

    /// Adds the part that is open to what the CSV file has of closed ones; says how many bytes. May be done again.
    fn append(&self) -> Result<u64, Diagnostic> {
        let (path, text) = (self.path("csv"), self.csv_text());
        if self.closed == 0 {
            atomic::write(&path, text.as_bytes())?;
        } else {
            let added = OpenOptions::new().write(true).open(&path).and_then(|mut file| {
                // What a run that was killed wrote after its checkpoint.
                file.set_len(self.csv_bytes)?;
                file.seek(SeekFrom::End(0))?;
                file.write_all(text.as_bytes())?;
                file.sync_all()
            });
            added.map_err(|e| refused(&path, &e))?;
        }
        Ok(text.len() as u64)
    }

    /// Writes the rest; says which files there are, with their kind. May be done again.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn finish(&self) -> Result<Vec<(&'static str, PathBuf)>, Diagnostic> {
        let mut files = vec![];
        if self.csv {
            self.append()?;
            files.push(("csv", self.path("csv")));
        }
        if self.parquet {
            let path = self.path("parquet");
            if self.closed == 0 {
                self.take_away(0)?;
                atomic::write(&path, &self.parquet_bytes()?)?;
            } else {
                atomic::write(&self.part(self.closed), &self.parquet_bytes()?)?;
            }
            files.push(("parquet", path));
        }
        Ok(files)
    }

    /// Takes away the parts from a number on, and the folder when it is empty.
    fn take_away(&self, from: usize) -> Result<(), Diagnostic> {
        let folder = self.path("parquet");
        if !folder.is_dir() {
            return Ok(());
        }
        let number = |name: &str| name.strip_prefix("part-")?.strip_suffix(".parquet")?.parse::<usize>().ok();
        let remove = || -> std::io::Result<()> {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if number(&name).is_some_and(|n| n >= from) || name.starts_with(".part-") && name.ends_with(".tmp") {
                    fs::remove_file(entry.path())?;
                }
            }
            if fs::read_dir(&folder)?.next().is_none() { fs::remove_dir(&folder) } else { Ok(()) }
        };
        remove().map_err(|e| refused(&folder, &e))
    }

    /// Makes ready to write: nothing is there that an earlier run left, or that came after the checkpoint gone on from.
    ///
    /// # Errors
    /// What the system refuses; a part or rows that the checkpoint speaks of and that are not there.
    pub fn begin(&self) -> Result<(), Diagnostic> {
        let missing = |path: &Path, what: String| {
            let d = Diagnostic::error("resume-missing", format!("`{}` {what}", path.display()));
            d.hint("what was written before the checkpoint is needed to go on; bring it back, or run without `--resume`")
        };
        if self.parquet {
            if let Some(path) = (0..self.closed).map(|k| self.part(k)).find(|p| !p.is_file()) {
                return Err(missing(&path, "is missing".into()));
            }
            self.take_away(self.closed)?;
        }
        if self.csv && self.closed > 0 {
            let path = self.path("csv");
            let there = fs::metadata(&path).map_or(0, |m| m.len());
            if there < self.csv_bytes {
                return Err(missing(&path, format!("has {there} bytes, and its checkpoint speaks of {}", self.csv_bytes)));
            }
            let cut = OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(self.csv_bytes));
            cut.map_err(|e| refused(&path, &e))?;
        }
        Ok(())
    }

    /// Adds to a checkpoint, under a name, what is needed to go on.
    pub fn save(&self, name: &str, to: &mut Checkpoint) {
        to.words.insert(format!("table.{name}.closed"), self.closed.to_string());
        to.words.insert(format!("table.{name}.csv-bytes"), self.csv_bytes.to_string());
        let width = self.columns.len().max(1);
        to.arrays.insert(format!("table.{name}/open"), (vec![self.open.len() / width, width], self.open.clone()));
    }

    /// Goes on from a checkpoint; see [`Growing::begin`] for what is on disk.
    ///
    /// # Errors
    /// The name of a word or an array that is missing or does not fit.
    pub fn load(&mut self, name: &str, from: &Checkpoint) -> Result<(), String> {
        let word = |key: &str| {
            let key = format!("table.{name}.{key}");
            from.words.get(&key).and_then(|w| w.parse::<u64>().ok()).ok_or(key)
        };
        let key = format!("table.{name}/open");
        let fits = |n: usize| n <= self.rows * self.columns.len() && (n == 0 || n.is_multiple_of(self.columns.len()));
        self.open = from.arrays.get(&key).map(|a| a.1.clone()).filter(|a| fits(a.len())).ok_or(key)?;
        self.closed = word("closed")? as usize;
        self.csv_bytes = word("csv-bytes")?;
        Ok(())
    }

    /// The part that is open, as lines of CSV; after the header when it is the first.
    fn csv_text(&self) -> String {
        let width = self.columns.len();
        let mut out = String::with_capacity(self.open.len() * 20 + 100);
        if self.closed == 0 && width > 0 {
            crate::traces::header_line(self.headers(), &mut out);
        }
        for row in self.open.chunks_exact(width.max(1)) {
            for (k, (x, c)) in row.iter().zip(&self.columns).enumerate() {
                out.push_str(if k > 0 { "," } else { "" });
                match &c.kind {
                    Kind::Word(words) => out.push_str(&crate::traces::quoted(word(words, *x))),
                    _ => crate::traces::number(*x, &mut out),
                }
            }
            out.push_str("\r\n");
        }
        out
    }

    fn parquet_bytes(&self) -> Result<Vec<u8>, Diagnostic> {
        self.parquet_file().map_err(|e| Diagnostic::error("traces-parquet", format!("cannot make a Parquet file: {e}")))
    }

    /// The part that is open, as a Parquet file of one row group, plain and not compressed; words are in a dictionary.
    fn parquet_file(&self) -> Result<Vec<u8>, ParquetError> {
        let fields = self.columns.iter().map(|c| c.field().map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
        let schema = Arc::new(Type::group_type_builder("traces").with_fields(fields).build()?);
        let mut properties = WriterProperties::builder()
            .set_created_by(concat!("homolog ", env!("CARGO_PKG_VERSION")).into())
            .set_dictionary_enabled(false)
            .set_encoding(Encoding::PLAIN);
        for c in self.columns.iter().filter(|c| matches!(c.kind, Kind::Word(_))) {
            properties = properties.set_column_dictionary_enabled(vec![c.header.clone()].into(), true);
        }
        let mut bytes = Vec::new();
        let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties.build()))?;
        if !self.open.is_empty() {
            let mut group = file.next_row_group()?;
            for (k, c) in self.columns.iter().enumerate() {
                let Some(mut column) = group.next_column()? else { break };
                let numbers = self.open.iter().skip(k).step_by(self.columns.len()).copied();
                match &c.kind {
                    Kind::Real => column.typed::<DoubleType>().write_batch(&numbers.collect::<Vec<f64>>(), None, None)?,
                    Kind::Whole => column.typed::<Int32Type>().write_batch(&numbers.map(|x| x as i32).collect::<Vec<_>>(), None, None)?,
                    Kind::Word(words) => {
                        let words: Vec<ByteArray> = words.iter().map(|w| ByteArray::from(w.as_str())).collect();
                        let all: Vec<ByteArray> = numbers.map(|x| words[x as usize].clone()).collect();
                        column.typed::<ByteArrayType>().write_batch(&all, None, None)?
                    }
                };
                column.close()?;
            }
            group.close()?;
        }
        file.close()?;
        Ok(bytes)
    }
}

fn word(words: &[String], x: f64) -> &str {
    words.get(x as usize).map_or("", String::as_str)
}

fn refused(path: &Path, e: &std::io::Error) -> Diagnostic {
    Diagnostic::error("file-write", format!("cannot write `{}`: {}", path.display(), text::reason(e)))
}

#[cfg(test)]
mod tests;
