//! C between `VERBATIM` and `ENDVERBATIM`.
//!
//! Published files use it for little: nothing at all, `return 0;`, assignments, branches. Those read as statements of
//! NMODL. What does not is real C, which no reading gives derivatives or safety; it is kept as
//! [`StatementKind::RealC`] and refused where it is run.

use super::Parser;
use crate::ast::{Statement, StatementKind};
use crate::lexer::{self, Kind, Token};
use homolog_base::{Source, Span};

impl Parser<'_> {
    pub(super) fn verbatim(&mut self, span: Span) -> StatementKind {
        let inside = span.start + "VERBATIM".len()..span.end.saturating_sub("ENDVERBATIM".len()).max(span.start + "VERBATIM".len());
        let text = &self.source.text[inside.clone()];
        let real = || StatementKind::RealC(text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default().to_string());
        let Some(blank) = without_comments(text) else { return real() };
        // `?` begins a comment of NMODL and a choice in C, `#` a line of the preprocessor.
        if blank.contains(['?', '#', '"', '\\', ':']) {
            return real();
        }
        let mut wrong = Vec::new();
        let mut tokens: Vec<Token> = lexer::tokens(&Source::new("VERBATIM", &blank), &mut wrong);
        if !wrong.is_empty() {
            return real();
        }
        for t in &mut tokens {
            t.span = Span::new(t.span.start + inside.start, t.span.end + inside.start);
        }
        let outer = (std::mem::replace(&mut self.tokens, tokens), std::mem::take(&mut self.at), self.problems.len(), self.in_c);
        self.in_c = true;
        let body = self.c_statements();
        (self.tokens, self.at) = (outer.0, outer.1);
        self.problems.truncate(outer.2);
        self.in_c = outer.3;
        body.map_or_else(real, StatementKind::Verbatim)
    }

    /// Statements up to the end; none where something is not understood.
    fn c_statements(&mut self) -> Option<Vec<Statement>> {
        let mut out = Vec::new();
        while self.kind() != Kind::End {
            let before = self.problems.len();
            if ["extern", "static", "const"].iter().any(|w| self.at_word(w)) {
                // A declaration without a value says nothing to us; a name that is used and not known is found later.
                while !matches!(self.kind(), Kind::End | Kind::Is | Kind::Open) && !self.at_semicolon() {
                    self.next();
                }
                if !self.at_semicolon() {
                    return None;
                }
                self.next();
                continue;
            }
            if ["double", "int", "float"].iter().any(|w| self.at_word(w)) {
                let start = self.next().span.start;
                let names = self.names("a name").ok()?;
                if !self.at_semicolon() {
                    return None;
                }
                self.next();
                out.push(Statement { span: self.since(start), kind: StatementKind::Local(names) });
                continue;
            }
            let statement = self.statement().ok()?;
            if self.problems.len() > before {
                return None;
            }
            let needs_end = !matches!(
                statement.as_ref().map(|s| &s.kind),
                None | Some(StatementKind::If { .. } | StatementKind::Scope(_) | StatementKind::While(..))
            );
            if needs_end && !self.at_semicolon() && self.kind() != Kind::End {
                return None;
            }
            out.extend(statement);
        }
        Some(out)
    }

    fn at_semicolon(&self) -> bool {
        self.kind() == Kind::Other && self.text(self.peek()) == ";"
    }
}

/// The text with every comment of C made blank; none where one is never closed.
fn without_comments(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let blank = |part: &str, out: &mut String| out.extend(part.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
    while let Some(at) = rest.find('/') {
        out.push_str(&rest[..at]);
        let from = &rest[at..];
        let end = if from.starts_with("/*") {
            from.find("*/")? + 2
        } else if from.starts_with("//") {
            from.find(['\n', '\r']).unwrap_or(from.len())
        } else {
            out.push('/');
            rest = &from[1..];
            continue;
        };
        blank(&from[..end], &mut out);
        rest = &from[end..];
    }
    out.push_str(rest);
    Some(out)
}
