//! Tokens with the comments between them.

use crate::lexer::{Kind, Token};

/// What an item is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum What {
    /// A token.
    Token(Kind),
    /// A unit with its parentheses, which [`super::context`] finds.
    Unit,
    /// A comment up to the end of its line.
    Comment,
}

/// A token or a comment, and what was before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Item {
    /// What it is.
    pub what: What,
    /// Its text, with line feeds for ends of lines; a comment without blanks at its end.
    pub text: String,
    /// Ends of lines between the item before and this one.
    pub breaks: usize,
    /// True when blanks or a comment stand before it.
    pub apart: bool,
    /// Its column in the source, from 0, with tabs of eight.
    pub column: usize,
}

impl Item {
    /// Its kind, if it is a token.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self.what {
            What::Token(kind) => Some(kind),
            _ => None,
        }
    }

    /// True for a token of this kind.
    pub(super) fn is(&self, kind: Kind) -> bool {
        self.what == What::Token(kind)
    }

    /// True for a comment up to the end of its line.
    pub(super) fn is_comment(&self) -> bool {
        self.what == What::Comment
    }

    /// Its text if it is a word, else nothing.
    pub(super) fn word(&self) -> &str {
        if self.is(Kind::Word) { &self.text } else { "" }
    }

    /// True for what is kept as it is and may have many lines.
    pub(super) fn is_text_block(&self) -> bool {
        matches!(self.kind(), Some(Kind::Title | Kind::Comment | Kind::Verbatim))
    }
}

/// All tokens but the last, [`Kind::End`], and the comments between them. The tokens are those of the text, without
/// errors, so between them are only blanks and comments.
pub(super) fn items(text: &str, tokens: &[Token]) -> Vec<Item> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut last = 0;
    for token in tokens {
        let breaks = gap(text, last, token.span.start, &mut out);
        if token.kind == Kind::End {
            break;
        }
        out.push(Item {
            what: What::Token(token.kind),
            text: line_feeds(&text[token.span.start..token.span.end]),
            breaks,
            apart: token.span.start > last,
            column: column(text, token.span.start),
        });
        last = token.span.end;
    }
    out
}

/// Adds the comments between two places; gives the ends of lines after the last of them.
fn gap(text: &str, start: usize, end: usize, out: &mut Vec<Item>) -> usize {
    let mut at = start;
    let mut breaks = 0;
    while at < end {
        let rest = &text[at..end];
        let first = rest.chars().next().unwrap_or(' ');
        match first {
            ':' | '?' => {
                let comment = &rest[..rest.find(['\r', '\n']).unwrap_or(rest.len())];
                let text_of = comment.trim_end_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
                out.push(Item { what: What::Comment, text: text_of.into(), breaks, apart: true, column: column(text, at) });
                breaks = 0;
                at += comment.len();
            }
            '\r' if rest.starts_with("\r\n") => {
                breaks += 1;
                at += 2;
            }
            '\r' | '\n' => {
                breaks += 1;
                at += 1;
            }
            blank => at += blank.len_utf8(),
        }
    }
    breaks
}

fn line_feeds(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.into() }
}

/// Only of comments is it needed, and a line has one at most, so looking back costs little.
fn column(text: &str, at: usize) -> usize {
    if !text[at..].starts_with([':', '?']) {
        return 0;
    }
    let start = text[..at].rfind(['\r', '\n']).map_or(0, |p| p + 1);
    advance(0, &text[start..at])
}

/// The column after a text that begins in another: characters, with tabs of eight.
pub(super) fn advance(column: usize, text: &str) -> usize {
    let (column, line) = text.rsplit_once('\n').map_or((column, text), |(_, last)| (0, last));
    line.chars().fold(column, |n, c| if c == '\t' { n / 8 * 8 + 8 } else { n + 1 })
}
