//! One type for everything that can be wrong with what a user wrote.
//!
//! Reading a file returns `(value, Vec<Diagnostic>)`: all problems at once. A diagnostic owns its source, so it can be
//! rendered anywhere, as text with a caret picture or as JSON for an editor.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::sync::Arc;

/// A text with the name it was read under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// File name as the user gave it, or a name such as `<built-in lif.mod>`.
    pub name: String,
    /// The whole text; texts that it includes come after its own.
    pub text: String,
    /// Included files, with where each begins in `text`, in that order.
    pub included: Vec<(usize, Arc<Source>)>,
    /// Files of data that belong to it, by the name it knows each by.
    pub data: Vec<(String, Arc<Source>)>,
}

impl Source {
    /// A shared source.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Source { name: name.into(), text: text.into(), included: Vec::new(), data: Vec::new() })
    }

    /// This source with files of data that belong to it.
    pub fn with_data(&self, data: Vec<(String, Arc<Source>)>) -> Arc<Self> {
        let mut all = self.clone();
        all.data.extend(data);
        Arc::new(all)
    }

    /// This source with the texts of others behind its own.
    pub fn including(&self, others: Vec<Arc<Source>>) -> Arc<Self> {
        let mut all = self.clone();
        for other in others {
            all.text.push('\n');
            all.included.push((all.text.len(), other.clone()));
            all.text.push_str(&other.text);
        }
        Arc::new(all)
    }

    /// Where the file begins in which this byte is, and the file, if it is an included one.
    fn file_at(&self, offset: usize) -> Option<&(usize, Arc<Source>)> {
        self.included.iter().rev().find(|(start, _)| *start <= offset)
    }

    /// Line and column, both from 1, of a byte offset; the column counts characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |p| p + 1);
        (line, before[start..].chars().count() + 1)
    }
}

/// A range of bytes of a [`Source`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, serde::Serialize, serde::Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// From first byte to one past the last.
    pub fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(r: std::ops::Range<usize>) -> Self {
        Span { start: r.start, end: r.end }
    }
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is changed by it.
    Note,
    /// What was meant is done, but it may not be what was wanted.
    Warning,
    /// It cannot be done.
    Error,
}

/// A coded message with the places it speaks of, what was expected there, and a hint.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Stable code, such as `nmodl-unknown-name`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence without a full stop.
    pub message: String,
    /// The text the spans point into; none for problems of no file.
    pub source: Option<Arc<Source>>,
    /// Where, and what to say there. The first is the primary place.
    pub labels: Vec<(Span, String)>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic { code, severity: Severity::Error, message: message.into(), source: None, labels: vec![], hint: None }
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Adds a place; the first one added is the primary one.
    pub fn at(mut self, source: &Arc<Source>, span: impl Into<Span>, label: impl Into<String>) -> Self {
        self.source.get_or_insert_with(|| source.clone());
        self.labels.push((span.into(), label.into()));
        self
    }

    /// The same with places in the files they are in, where its source includes others.
    pub fn in_own_files(mut self) -> Self {
        let Some(source) = self.source.clone().filter(|s| !s.included.is_empty()) else { return self };
        let file = |span: Span| source.file_at(span.start);
        let primary = self.labels.first().and_then(|l| file(l.0)).cloned();
        let (start, own) = primary.unwrap_or((0, source.clone()));
        let mut elsewhere = Vec::new();
        let labels = std::mem::take(&mut self.labels);
        for (span, text) in labels {
            if file(span).map_or(0, |f| f.0) == start {
                self.labels.push((Span::new(span.start - start, span.end - start), text));
            } else {
                let (from, other) = file(span).cloned().unwrap_or((0, source.clone()));
                elsewhere.push(format!("{text}: {}:{}", other.name, other.line_column(span.start - from).0));
            }
        }
        if let Some(l) = self.labels.first_mut() {
            elsewhere.iter().for_each(|e| l.1 += &format!("; {e}"));
        }
        self.source = Some(own);
        self
    }

    /// Sets the hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the hint `did you mean ...?` when a candidate is near enough, else lists what there is (up to twelve names).
    pub fn suggest<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all: Vec<&str> = candidates.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        match nearest(name, all.iter().copied()) {
            Some(best) => self.hint(format!("did you mean `{best}`?")),
            None if all.is_empty() => self,
            None if all.len() <= 12 => self.hint(format!("known here: {}", all.join(", "))),
            None => self.hint(format!("known here: {}, and {} more", all[..12].join(", "), all.len() - 12)),
        }
    }

    /// Line and column of the primary place.
    pub fn position(&self) -> Option<(usize, usize)> {
        Some(self.source.as_ref()?.line_column(self.labels.first()?.0.start))
    }

    /// The message with its caret picture, as a terminal shows it.
    pub fn render(&self, color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let mut group =
            level.primary_title(self.message.as_str()).id(self.code).elements(Vec::<Snippet<'_, annotate_snippets::Annotation<'_>>>::new());
        if let Some(source) = &self.source {
            let len = source.text.len();
            let mut snippet = Snippet::source(source.text.as_str()).path(source.name.as_str());
            for (k, (span, label)) in self.labels.iter().enumerate() {
                let kind = if k == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                let start = span.start.min(len);
                snippet = snippet.annotation(kind.span(start..span.end.clamp(start, len)).label(label.as_str()));
            }
            group = group.element(snippet);
        }
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }

    /// For editors and other programs.
    pub fn to_json(&self) -> serde_json::Value {
        let place = |span: &Span| {
            let source = self.source.as_ref();
            let (line, column) = source.map_or((0, 0), |s| s.line_column(span.start));
            let (end_line, end_column) = source.map_or((0, 0), |s| s.line_column(span.end));
            serde_json::json!({ "line": line, "column": column, "end_line": end_line, "end_column": end_column })
        };
        serde_json::json!({
            "code": self.code,
            "severity": match self.severity { Severity::Error => "error", Severity::Warning => "warning", Severity::Note => "note" },
            "message": self.message,
            "file": self.source.as_ref().map(|s| s.name.clone()),
            "labels": self.labels.iter().map(|(s, l)| {
                let mut p = place(s);
                p["label"] = l.clone().into();
                p
            }).collect::<Vec<_>>(),
            "hint": self.hint,
        })
    }
}

/// True when any of these is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// The candidate that `name` is most likely a misspelling of.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&lower, &c.to_lowercase()), c))
        .filter(|(d, c)| *d <= 1.max(c.chars().count().max(name.chars().count()) / 3))
        .min()
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests;
