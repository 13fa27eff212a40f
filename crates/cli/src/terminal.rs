//! What a person sees who is not looking at the page: messages on stderr, tables on stdout.

use crate::{ranks, show};
use clap::ValueEnum;
use homolog_base::{Diagnostic, Severity};
use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Mutex;

/// When to use colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether messages on stderr are coloured.
    pub fn on_stderr(self) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        }
    }
}

/// Why results could not be written to stdout, if so.
static REFUSED: Mutex<Option<io::Error>> = Mutex::new(None);

/// Writes results to stdout. A reader that has heard enough, as in `| head`, is no failure: what is written to files counts.
pub fn print(text: impl Display) {
    if !ranks::first() {
        return;
    }
    let mut out = io::stdout().lock();
    if let Err(e) = write!(out, "{text}").and_then(|()| out.flush())
        && e.kind() != ErrorKind::BrokenPipe
    {
        *REFUSED.lock().unwrap_or_else(|e| e.into_inner()) = Some(e);
    }
}

/// ... a line.
pub fn say(line: impl Display) {
    print(format_args!("{line}\n"));
}

/// Writes a line to stderr; where nobody reads that, there is nobody to tell.
pub fn remark(line: impl Display) {
    if !ranks::first() {
        return;
    }
    write_error(line);
}

fn write_error(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// That some results did not reach stdout.
pub fn refused() -> Option<Diagnostic> {
    let e = REFUSED.lock().unwrap_or_else(|e| e.into_inner()).take()?;
    let d = Diagnostic::error("stdout-write", format!("cannot write to stdout: {}", homolog_formats::text::reason(&e)));
    Some(d.hint("what was to be printed is incomplete; is there room where it goes?"))
}

/// Writes messages to stderr, each with its picture, and how many there were.
pub fn show(problems: &[Diagnostic], color: bool) {
    for d in problems {
        remark(format_args!("{}\n", d.render(color)));
    }
    if problems.len() > 1 {
        remark(tally(problems));
    }
}

/// Says why a command ends. Of several processes the first says what all meet; what another meets alone is said by that one, once the first had
/// time to end all.
pub fn complain(problems: &[Diagnostic], color: bool) {
    show(problems, color);
    if !ranks::first() {
        std::thread::sleep(std::time::Duration::from_secs(2));
        problems.iter().for_each(|d| write_error(format_args!("{}\n", d.render(color))));
    }
}

/// `2 errors, 1 warning`.
pub fn tally(problems: &[Diagnostic]) -> String {
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let parts: Vec<String> = kinds
        .into_iter()
        .map(|(severity, name)| (problems.iter().filter(|d| d.severity == severity).count(), name))
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| show::plural(n, name))
        .collect();
    if parts.is_empty() { "no problems".into() } else { parts.join(", ") }
}

/// 1 when any of these is an error, else 0.
pub fn code(problems: &[Diagnostic]) -> ExitCode {
    ExitCode::from(u8::from(homolog_base::has_errors(problems)))
}

/// A table for the terminal: the first column to the left, the others to the right.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> =
        (0..columns).map(|c| rows.iter().filter_map(|r| r.get(c)).map(|t| t.chars().count()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (c, text) in row.iter().enumerate() {
            let pad = " ".repeat(widths[c] - text.chars().count());
            line.push_str(&if c == 0 { format!("{text}{pad}") } else { format!("  {pad}{text}") });
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up() {
        let rows = [["", "rate", "point"], ["accuracy", "97.8 %", "9 %"]].map(|r| r.map(String::from).to_vec());
        assert_eq!(table(&rows), "            rate  point\naccuracy  97.8 %    9 %\n");
    }

    #[test]
    fn a_tally_counts_by_severity() {
        let d = [Diagnostic::error("a", "b"), Diagnostic::error("a", "b"), Diagnostic::warning("a", "b")];
        assert_eq!(tally(&d), "2 errors, 1 warning");
    }
}
