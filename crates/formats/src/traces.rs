//! Traces in time as tables: CSV, which everything reads, and Parquet, which keeps names, types and every bit in less space.

use crate::atomic;
use homolog_base::Diagnostic;
use parquet::basic::{Encoding, Repetition, Type as Physical};
use parquet::data_type::DoubleType;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

/// Columns of equal length.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    /// Name, unit and numbers of each. The two together head the column: `cell[0].soma(0.5).v (mV)`.
    pub columns: Vec<(String, String, Vec<f64>)>,
}

impl Table {
    /// What heads the columns.
    pub fn headers(&self) -> impl Iterator<Item = String> {
        self.columns.iter().map(|(name, unit, _)| format!("{name} ({unit})"))
    }

    /// Number of rows; 0 without columns.
    ///
    /// # Errors
    /// The columns are not equally long.
    pub fn rows(&self) -> Result<usize, Diagnostic> {
        let rows = self.columns.first().map_or(0, |c| c.2.len());
        match self.columns.iter().find(|c| c.2.len() != rows) {
            Some((name, _, numbers)) => {
                let text = format!("`{name}` has {} numbers where `{}` has {rows}", numbers.len(), self.columns[0].0);
                Err(Diagnostic::error("traces-shape", text))
            }
            None => Ok(rows),
        }
    }

    /// The table as RFC 4180 says: a line of headers, then a line for each row, with a carriage return before each line feed. Numbers
    /// have as many digits as bring back every bit; what is none is `NaN`, `inf` or `-inf`. Empty without columns.
    ///
    /// # Errors
    /// The columns are not equally long.
    pub fn to_csv(&self) -> Result<String, Diagnostic> {
        let rows = self.rows()?;
        let mut out = String::with_capacity((rows + 1) * self.columns.len() * 20);
        if self.columns.is_empty() {
            return Ok(out);
        }
        header_line(self.headers(), &mut out);
        for row in 0..rows {
            for (k, (_, _, numbers)) in self.columns.iter().enumerate() {
                out.push_str(if k > 0 { "," } else { "" });
                number(numbers[row], &mut out);
            }
            out.push_str("\r\n");
        }
        Ok(out)
    }

    /// The table as a Parquet file: columns of doubles that are all there, named as in CSV, plain and not compressed, in one row
    /// group.
    ///
    /// # Errors
    /// The columns are not equally long, or the writer refuses them.
    pub fn to_parquet(&self) -> Result<Vec<u8>, Diagnostic> {
        let rows = self.rows()?;
        self.parquet(rows).map_err(|e| Diagnostic::error("traces-parquet", format!("cannot make a Parquet file: {e}")))
    }

    fn parquet(&self, rows: usize) -> Result<Vec<u8>, ParquetError> {
        let field = |name: String| Type::primitive_type_builder(&name, Physical::DOUBLE).with_repetition(Repetition::REQUIRED).build();
        let fields = self.headers().map(|h| field(h).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
        let schema = Arc::new(Type::group_type_builder("traces").with_fields(fields).build()?);
        // Hardly a number of a trace comes twice, so a dictionary would only take time.
        let properties = WriterProperties::builder()
            .set_created_by(concat!("homolog ", env!("CARGO_PKG_VERSION")).into())
            .set_dictionary_enabled(false)
            .set_encoding(Encoding::PLAIN)
            .build();
        let mut bytes = Vec::new();
        let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties))?;
        if rows > 0 {
            let mut group = file.next_row_group()?;
            for (_, _, numbers) in &self.columns {
                let Some(mut column) = group.next_column()? else { break };
                column.typed::<DoubleType>().write_batch(numbers, None, None)?;
                column.close()?;
            }
            group.close()?;
        }
        file.close()?;
        Ok(bytes)
    }
}

/// Writes a table as CSV, whole or not at all; see [`Table::to_csv`].
///
/// # Errors
/// The columns are not equally long, or what the system refuses.
pub fn write_csv(path: &Path, table: &Table) -> Result<(), Diagnostic> {
    atomic::write(path, table.to_csv()?.as_bytes())
}

/// Writes a table as Parquet, whole or not at all; see [`Table::to_parquet`].
///
/// # Errors
/// The columns are not equally long, the writer refuses them, or what the system refuses.
pub fn write_parquet(path: &Path, table: &Table) -> Result<(), Diagnostic> {
    atomic::write(path, &table.to_parquet()?)
}

/// Adds the line that heads the columns.
pub(crate) fn header_line<S: AsRef<str>>(headers: impl Iterator<Item = S>, out: &mut String) {
    for (k, header) in headers.enumerate() {
        out.push_str(if k > 0 { "," } else { "" });
        out.push_str(&quoted(header.as_ref()));
    }
    out.push_str("\r\n");
}

/// Adds a number, with as many digits as bring back every bit.
pub(crate) fn number(x: f64, out: &mut String) {
    let start = out.len();
    // Unlike `{}` this writes 1e300 in five characters; it writes 1 as 1.0, whose end says nothing.
    let _ = write!(out, "{x:?}");
    if out[start..].ends_with(".0") {
        out.truncate(out.len() - 2);
    }
}

/// A field in quotes where it needs them.
pub(crate) fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.into() }
}

#[cfg(test)]
mod tests;
