//! `homolog fmt`: the canonical form of mechanisms.

use super::Done;
use crate::{show, terminal};
use homolog_base::{Diagnostic, Severity, has_errors};
use homolog_formats::{atomic, text};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Characters of a line that are shown.
const SHOWN: usize = 100;

/// Write mechanisms (.mod) in their canonical form; comments and the meaning stay as they are
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  homolog fmt my-channel.mod           writes it anew, whole or not at all, if its form is another\n  homolog fmt --check channels/*.mod   says which files would change; 1 if any would\n\nA file in which a comment is never closed, or with characters that mean nothing, is left as it is.\nWhat is not UTF-8 is read as Latin-1 and written as UTF-8, with line feeds and without a byte order mark."
)]
pub struct Args {
    /// Files to format
    #[arg(required = true, value_name = "FILE.mod")]
    files: Vec<PathBuf>,
    /// Change nothing; say which files would change, with the first line that would; 1 if any would
    #[arg(long, conflicts_with = "stdout")]
    check: bool,
    /// Change nothing; print the canonical form
    #[arg(long)]
    stdout: bool,
    /// Print one line of JSON to stdout
    #[arg(long, conflicts_with = "stdout")]
    json: bool,
}

/// A file in another form than its canonical one.
struct Change {
    /// The first line that differs, from 1.
    line: usize,
    /// What to say of it: that line before and after, or what else differs.
    shown: Vec<String>,
    /// The canonical form.
    text: String,
}

/// Formats; 1 when there are errors or, with `--check`, files that would change.
pub fn run(args: &Args, color: bool) -> Done {
    let mut problems = vec![];
    let mut changed = vec![];
    for file in &args.files {
        match form(file, &mut problems) {
            Ok((text, _)) if args.stdout => terminal::print(text),
            Ok((_, None)) => {}
            Ok((_, Some(change))) if args.check => changed.push((file, change)),
            Ok((_, Some(change))) => match write(file, &change.text) {
                Ok(()) => changed.push((file, change)),
                Err(d) => problems.push(d),
            },
            Err(found) => problems.extend(found),
        }
    }
    if args.json {
        let files: Vec<_> = changed.iter().map(|(f, c)| serde_json::json!({ "file": f, "line": c.line })).collect();
        let errors = problems.iter().filter(|d| d.severity == Severity::Error).count();
        let all: Vec<_> = problems.iter().map(Diagnostic::to_json).collect();
        terminal::say(serde_json::json!({ "files": args.files, "changed": files, "errors": errors, "diagnostics": all }));
    } else {
        terminal::show(&problems, color);
        if !args.stdout {
            report(args, &changed, &problems);
        }
    }
    Ok(ExitCode::from(u8::from(has_errors(&problems) || args.check && !changed.is_empty())))
}

/// What was changed, or would be.
fn report(args: &Args, changed: &[(&PathBuf, Change)], problems: &[Diagnostic]) {
    for (file, change) in changed {
        terminal::say(format_args!(
            "{}:{}: {}",
            file.display(),
            change.line,
            if args.check { "would change" } else { "formatted from here on" }
        ));
        if args.check {
            change.shown.iter().for_each(|line| terminal::say(format_args!("  {line}")));
        }
    }
    let all = show::plural(args.files.len(), "file");
    match (changed.len(), args.check) {
        (0, _) if has_errors(problems) => {}
        (0, _) => terminal::say(format_args!("{all}: canonical already")),
        (n, true) => terminal::say(format_args!("{n} of {all} would change")),
        (n, false) => terminal::say(format_args!("{n} of {all} formatted")),
    }
}

/// The canonical form of a file, and what differs from it; adds to the problems what does not hinder.
fn form(file: &Path, problems: &mut Vec<Diagnostic>) -> Result<(String, Option<Change>), Vec<Diagnostic>> {
    if !file.extension().is_some_and(|e| e.eq_ignore_ascii_case("mod")) {
        let d = Diagnostic::error("fmt-kind", format!("`{}` is not a mechanism", file.display()));
        return Err(vec![d.hint("only files that end with .mod are formatted")]);
    }
    let bytes = text::bytes(file).map_err(|d| vec![d])?;
    let (source, warnings) = text::decode(&file.display().to_string(), &bytes).map_err(|d| vec![d])?;
    let latin = !warnings.is_empty();
    problems.extend(warnings.into_iter().map(|d| d.hint("`homolog fmt` writes it as UTF-8; look whether its accents are right")));
    let formatted = homolog_nmodl::format(&source)?;
    if formatted.as_bytes() == bytes {
        return Ok((formatted, None));
    }
    let (line, shown) = match first_difference(&source.text, &formatted) {
        Some(found) => found,
        None if latin => (1, vec!["it is not UTF-8".into()]),
        None => (1, vec!["it begins with a byte order mark".into()]),
    };
    Ok((formatted.clone(), Some(Change { line, shown, text: formatted })))
}

/// Writes through a link, and not over a file that may not be written.
fn write(file: &Path, text: &str) -> Result<(), Diagnostic> {
    let target = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    if std::fs::metadata(&target).is_ok_and(|m| m.permissions().readonly()) {
        return Err(Diagnostic::error("file-write", format!("cannot write `{}`: it is read-only", file.display())));
    }
    atomic::write(&target, text.as_bytes())
}

/// The number of the first line that differs, and that line before and after.
fn first_difference(before: &str, after: &str) -> Option<(usize, Vec<String>)> {
    let (mut old, mut new) = (lines(before).into_iter(), lines(after).into_iter());
    let mut line = 1;
    loop {
        match (old.next(), new.next()) {
            (None, None) => return None,
            (a, b) if a == b => line += 1,
            (a, b) => {
                let sides = [("-", a), ("+", b)];
                return Some((line, sides.into_iter().filter_map(|(sign, l)| l.map(|l| format!("{sign} {}", visible(l)))).collect()));
            }
        }
    }
}

/// Lines with their ends, of which there are three kinds.
fn lines(text: &str) -> Vec<&str> {
    let mut out = vec![];
    let mut rest = text;
    while !rest.is_empty() {
        let end = match rest.find(['\r', '\n']) {
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
            None => rest.len(),
        };
        out.push(&rest[..end]);
        rest = &rest[end..];
    }
    out
}

/// A line with what is not seen otherwise: tabs, blanks at its end, and an end that is no line feed.
fn visible(line: &str) -> String {
    let code = line.trim_end_matches(['\r', '\n']);
    let kept = code.trim_end();
    let mut out: String = kept.chars().take(SHOWN).collect();
    if kept.chars().count() > SHOWN {
        out.push('…');
    }
    out.extend(code[kept.len()..].chars().map(|c| if c == '\t' { '\t' } else { '·' }));
    out = out.replace('\t', "\\t");
    match &line[code.len()..] {
        "\n" if out.is_empty() => "(an empty line)".into(),
        "\n" => out,
        "" => out + " (without an end of line)",
        end => out + if end == "\r" { "\\r" } else { "\\r\\n" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_shown_with_what_is_not_seen_otherwise() {
        let first = |a: &str, b: &str| first_difference(a, b).map(|(line, shown)| format!("{line} {}", shown.join(" ")));
        assert_eq!(first("a\nb\n", "a\nb\n"), None);
        assert_eq!(first("a\n\tb\n", "a\n    b\n").unwrap(), "2 - \\tb +     b");
        assert_eq!(first("a  \n", "a\n").unwrap(), "1 - a·· + a");
        assert_eq!(first("a\r\n", "a\n").unwrap(), "1 - a\\r\\n + a");
        assert_eq!(first("a", "a\n").unwrap(), "1 - a (without an end of line) + a");
        assert_eq!(first("a\n\n", "a\n").unwrap(), "2 - (an empty line)");
        assert_eq!(first("a\rb", "a\n").unwrap(), "1 - a\\r + a");
    }
}
