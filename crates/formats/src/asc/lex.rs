//! Characters to tokens. A token is read where it is asked for, so a long file takes no more memory than its text.

use homolog_base::Span;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Kind {
    Open,
    Close,
    Bar,
    Comma,
    /// `<`: a spine begins.
    Less,
    /// `>`: a spine ends.
    Greater,
    /// In quotes, up to the end of its line when that is not closed.
    Text {
        closed: bool,
    },
    Number(f64),
    Word,
    End,
}

/// A token and where it stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Span,
}

/// The first token at or after a byte.
pub(super) fn token(text: &str, mut at: usize) -> Token {
    let bytes = text.as_bytes();
    loop {
        match bytes.get(at) {
            None => return Token { kind: Kind::End, span: Span::new(text.len(), text.len()) },
            Some(b';') => at += length(&text[at..], |c| c != '\n'),
            Some(b) if b.is_ascii_whitespace() => at += 1,
            Some(_) => break,
        }
    }
    let rest = &text[at..];
    let (kind, n) = match bytes[at] {
        b'(' => (Kind::Open, 1),
        b')' => (Kind::Close, 1),
        b'|' => (Kind::Bar, 1),
        b',' => (Kind::Comma, 1),
        b'<' => (Kind::Less, 1),
        b'>' => (Kind::Greater, 1),
        b'"' => {
            let inside = length(&rest[1..], |c| c != '"' && c != '\n');
            let closed = rest[1 + inside..].starts_with('"');
            (Kind::Text { closed }, 1 + inside + usize::from(closed))
        }
        first => {
            let n = length(rest, |c| !c.is_ascii_whitespace() && !"()|,<>\";".contains(c));
            // `nan` and `inf` are words.
            let number = if first.is_ascii_alphabetic() { None } else { rest[..n].parse().ok() };
            (number.map_or(Kind::Word, Kind::Number), n)
        }
    };
    Token { kind, span: Span::new(at, at + n) }
}

/// Length of the part of a text, from its beginning, whose characters are all such.
fn length(text: &str, such: impl Fn(char) -> bool) -> usize {
    text.find(|c| !such(c)).unwrap_or(text.len())
}
