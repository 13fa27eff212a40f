//! Words, numbers and signs, each with its place.
//!
//! NMODL reserves no word everywhere, so a keyword is a [`Kind::Word`] whose text the parser looks at. What is not
//! NMODL inside (`COMMENT`, `VERBATIM`, the line after `TITLE`) is one token.

use homolog_base::{Diagnostic, Source, Span};
use logos::{Lexer, Logos};
use std::sync::Arc;

/// What a token is.
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
#[logos(skip r"[ \t\r\n\u{c}\u{a0}\u{feff}]+")]
#[logos(skip(r"[:?][^\r\n]*", allow_greedy = true))]
pub enum Kind {
    /// `TITLE` with the rest of its line.
    #[token("TITLE", to_end_of_line)]
    Title,
    /// `COMMENT ... ENDCOMMENT`.
    #[token("COMMENT", |l| to_word(l, "ENDCOMMENT"))]
    Comment,
    /// `VERBATIM ... ENDVERBATIM`.
    #[token("VERBATIM", |l| to_word(l, "ENDVERBATIM"))]
    Verbatim,
    /// A name or a keyword.
    #[regex(r"[a-zA-Z_][a-zA-Z0-9_]*")]
    Word,
    /// A number without sign.
    #[regex(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")]
    #[regex(r"\.[0-9]+([eE][+-]?[0-9]+)?")]
    Number,
    /// A text in double quotes.
    #[regex("\"[^\"\r\n]*\"")]
    Text,
    /// `{`
    #[token("{")]
    Open,
    /// `}`
    #[token("}")]
    Close,
    /// `(`
    #[token("(")]
    Left,
    /// `)`
    #[token(")")]
    Right,
    /// `[`
    #[token("[")]
    LeftSquare,
    /// `]`
    #[token("]")]
    RightSquare,
    /// `,`
    #[token(",")]
    Comma,
    /// `=`
    #[token("=")]
    Is,
    /// `'`
    #[token("'")]
    Prime,
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    Minus,
    /// `*`
    #[token("*")]
    Star,
    /// `/`
    #[token("/")]
    Slash,
    /// `^`
    #[token("^")]
    Power,
    /// `<`
    #[token("<")]
    Less,
    /// `>`
    #[token(">")]
    Greater,
    /// `<=`
    #[token("<=")]
    LessEqual,
    /// `>=`
    #[token(">=")]
    GreaterEqual,
    /// `==`
    #[token("==")]
    Equal,
    /// `!=`
    #[token("!=")]
    NotEqual,
    /// `&&`
    #[token("&&")]
    And,
    /// `||`
    #[token("||")]
    Or,
    /// `!`
    #[token("!")]
    Not,
    /// `~`, which opens a reaction or an equation.
    #[token("~")]
    Tilde,
    /// `<->`, the arrow of a reaction.
    #[token("<->")]
    Both,
    /// `<<`, the arrow of a flux.
    #[token("<<")]
    Into,
    /// `->`, the arrow of a one-way reaction.
    #[token("->")]
    Arrow,
    /// `@`, `&`, `;`, `.` and other signs of parts of the language that are only skipped.
    #[regex(r"[@&;.%#$]")]
    Other,
    /// The end of the file.
    End,
}

/// A token and its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub span: Span,
}

fn to_end_of_line(lexer: &mut Lexer<'_, Kind>) {
    let rest = lexer.remainder();
    lexer.bump(rest.find(['\r', '\n']).unwrap_or(rest.len()));
}

fn to_word(lexer: &mut Lexer<'_, Kind>, end: &str) -> bool {
    let rest = lexer.remainder();
    match rest.find(end) {
        Some(at) => {
            lexer.bump(at + end.len());
            true
        }
        None => {
            lexer.bump(rest.len());
            false
        }
    }
}

/// All tokens, the last being [`Kind::End`]. Characters that begin no token are reported and left out.
pub fn tokens(source: &Arc<Source>, problems: &mut Vec<Diagnostic>) -> Vec<Token> {
    let mut out = Vec::new();
    let mut bad: Option<Span> = None;
    let mut report = |span: Span| {
        let text = &source.text[span.start..span.end];
        problems.push(if text.starts_with("COMMENT") || text.starts_with("VERBATIM") {
            let word = if text.starts_with('C') { "COMMENT" } else { "VERBATIM" };
            Diagnostic::error("nmodl-unfinished", format!("`{word}` is never closed"))
                .at(source, span.start..span.start + word.len(), format!("`END{word}` was expected after this"))
                .hint(format!("add a line `END{word}`"))
        } else {
            let shown: String = text.chars().take(20).collect();
            Diagnostic::error("nmodl-character", format!("`{shown}` has no meaning in NMODL"))
                .at(source, span, "a name, a number or a sign was expected")
                .hint("a comment begins with `:` or `?`")
        });
    };
    for (kind, range) in Kind::lexer(&source.text).spanned() {
        let span = Span::from(range);
        match kind {
            Ok(kind) => {
                if let Some(b) = bad.take() {
                    report(b);
                }
                out.push(Token { kind, span });
            }
            Err(()) => match &mut bad {
                Some(b) if b.end == span.start => b.end = span.end,
                _ => {
                    if let Some(b) = bad.replace(span) {
                        report(b);
                    }
                }
            },
        }
    }
    if let Some(b) = bad {
        report(b);
    }
    let n = source.text.len();
    out.push(Token { kind: Kind::End, span: Span::new(n, n) });
    out
}
