//! From tokens to the tree, going on after every mistake.
//!
//! A mistake inside a block costs the statement it is in; one between blocks costs the words up to the next block.

mod blocks;
mod expression;
mod interface;
mod reaction;
mod statement;
mod verbatim;

use crate::ast::{File, Name, Quantity, UnitText};
use crate::lexer::{self, Kind, Token};
use homolog_base::{Diagnostic, Source, Span};
use std::sync::Arc;

/// How deep expressions and blocks may be nested, and how long one chain of operators may be.
const DEEPEST: usize = 256;

/// After this many problems no more are looked for.
const MOST_PROBLEMS: usize = 100;

/// A mistake that has been reported.
#[derive(Debug)]
pub(crate) struct Reported;

pub(crate) type Parsed<T> = Result<T, Reported>;

pub(crate) struct Parser<'a> {
    source: &'a Arc<Source>,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// True in NET_RECEIVE, which may have an INITIAL of its own.
    receiving: bool,
    /// True inside VERBATIM.
    in_c: bool,
    pub(crate) problems: Vec<Diagnostic>,
}

/// Reads a file into its tree: what could be understood, and everything that could not.
pub fn parse(source: &Arc<Source>) -> (File, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let all = lexer::tokens(source, &mut problems);
    let mut file = File::default();
    let mut tokens = Vec::with_capacity(all.len());
    let mut off: Option<Span> = None;
    for t in all {
        let text = &source.text[t.span.start..t.span.end];
        match t.kind {
            Kind::Title => file.title = Some(Name { text: text["TITLE".len()..].trim().to_string(), span: t.span }),
            Kind::Comment => {
                let inner = text.strip_prefix("COMMENT").and_then(|x| x.strip_suffix("ENDCOMMENT")).unwrap_or(text);
                file.comments.push(Name { text: inner.to_string(), span: t.span });
            }
            Kind::Word if text == "UNITSOFF" => off = off.or(Some(t.span)),
            Kind::Word if text == "UNITSON" => {
                if let Some(from) = off.take() {
                    file.unchecked.push(from.to(t.span));
                }
            }
            _ => tokens.push(t),
        }
    }
    if let Some(from) = off {
        file.unchecked.push(Span::new(from.start, source.text.len()));
    }
    let mut p = Parser { source, tokens, at: 0, depth: 0, receiving: false, in_c: false, problems };
    p.blocks(&mut file);
    (file, p.problems)
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Token {
        self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn peek_at(&self, ahead: usize) -> Token {
        self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    fn kind(&self) -> Kind {
        self.peek().kind
    }

    fn text(&self, t: Token) -> &'a str {
        &self.source.text[t.span.start..t.span.end]
    }

    fn next(&mut self) -> Token {
        let t = self.peek();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        t
    }

    fn eat(&mut self, kind: Kind) -> bool {
        let yes = self.kind() == kind;
        if yes {
            self.next();
        }
        yes
    }

    fn at_word(&self, word: &str) -> bool {
        self.kind() == Kind::Word && self.text(self.peek()) == word
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let yes = self.at_word(word);
        if yes {
            self.next();
        }
        yes
    }

    /// Where the token before this one ends.
    fn end_of_last(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |k| self.tokens[k].span.end)
    }

    fn since(&self, start: usize) -> Span {
        Span::new(start, self.end_of_last().max(start))
    }

    /// True when this token is the first of its line.
    fn begins_line(&self) -> bool {
        let here = self.peek().span.start;
        self.source.text[self.end_of_last().min(here)..here].contains(['\n', '\r'])
    }

    fn report(&mut self, d: Diagnostic) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(d);
        }
    }

    /// Reports that something else was expected here.
    fn expected(&mut self, what: &str) -> Reported {
        let t = self.peek();
        let found = match t.kind {
            Kind::End => "the file ends here".to_string(),
            Kind::Verbatim => "`VERBATIM` was found".to_string(),
            _ => format!("`{}` was found", self.text(t)),
        };
        let d = Diagnostic::error("nmodl-syntax", format!("{found} where {what} was expected")).at(
            self.source,
            t.span,
            format!("expected {what}"),
        );
        let d = match t.kind {
            Kind::End => d.hint("a `}` or `)` is missing, or the file was cut off"),
            Kind::Close => d.hint("something is missing before this `}`"),
            Kind::Word if t.span.start > 0 && self.begins_line() => d.hint("the line before this one is not finished"),
            Kind::Is => d.hint("the statement before this `=` is not finished, or a name is missing; `==` compares"),
            Kind::Number | Kind::Word | Kind::Left => d.hint("an operator, a comma or a sign is missing before this"),
            _ => d.hint("remove this sign, or add what belongs before it"),
        };
        self.report(d);
        Reported
    }

    fn expect(&mut self, kind: Kind, what: &str) -> Parsed<Token> {
        if self.kind() == kind { Ok(self.next()) } else { Err(self.expected(what)) }
    }

    fn name(&mut self, what: &str) -> Parsed<Name> {
        let t = self.expect(Kind::Word, what)?;
        Ok(self.as_name(t))
    }

    fn as_name(&self, t: Token) -> Name {
        let text = self.text(t);
        // In C, nocmodl's names: `_ion_cai` is the ion's `cai`, `_lx` is the LOCAL or argument `x`.
        let text = match self.in_c {
            true => text.strip_prefix("_ion_").or_else(|| text.strip_prefix("_l")).unwrap_or(text),
            false => text,
        };
        Name { text: text.to_string(), span: t.span }
    }

    /// Names with commas between them. The commas may be missing where the line goes on.
    fn names(&mut self, what: &str) -> Parsed<Vec<Name>> {
        let mut out = vec![self.name(what)?];
        while self.eat(Kind::Comma) {
            out.push(self.name(what)?);
        }
        Ok(out)
    }

    /// A unit in parentheses, if one stands here.
    fn unit(&mut self) -> Parsed<Option<UnitText>> {
        if self.kind() != Kind::Left {
            return Ok(None);
        }
        let open = self.next();
        while !matches!(self.kind(), Kind::Right | Kind::End | Kind::Open | Kind::Close | Kind::Left | Kind::Is) {
            self.next();
        }
        if self.kind() != Kind::Right {
            return Err(self.expected("`)` at the end of a unit"));
        }
        let close = self.next();
        let text = self.source.text[open.span.end..close.span.start].trim().to_string();
        Ok(Some(UnitText { text, span: open.span.to(close.span) }))
    }

    /// A number with an optional sign.
    fn number(&mut self) -> Parsed<f64> {
        let negative = self.eat(Kind::Minus);
        if !negative {
            self.eat(Kind::Plus);
        }
        let t = self.expect(Kind::Number, "a number")?;
        let x = self.value(t);
        Ok(if negative { -x } else { x })
    }

    fn value(&self, t: Token) -> f64 {
        self.text(t).parse().expect("the lexer lets only numbers through")
    }

    fn quantity(&mut self) -> Parsed<Quantity> {
        let start = self.peek().span.start;
        let value = self.number()?;
        let unit = self.unit()?;
        Ok(Quantity { value, unit, span: self.since(start) })
    }

    fn is_number(&self) -> bool {
        match self.kind() {
            Kind::Number => true,
            Kind::Minus | Kind::Plus => self.peek_at(1).kind == Kind::Number,
            _ => false,
        }
    }

    /// Goes on after a mistake: to the first token of a line at this depth of braces, or to the `}` that ends the block.
    fn skip_statement(&mut self) {
        let mut depth = 0usize;
        let from = self.at;
        loop {
            match self.kind() {
                Kind::End => return,
                Kind::Open => depth += 1,
                Kind::Close if depth == 0 => return,
                Kind::Close => depth -= 1,
                _ if depth == 0 && self.at > from && self.begins_line() => return,
                _ if self.begins_block() => return,
                _ => {}
            }
            self.next();
        }
    }

    /// Goes past a `{ ... }` whatever it holds; false when it is never closed.
    fn skip_braces(&mut self) -> bool {
        let mut depth = 0usize;
        loop {
            match self.kind() {
                Kind::End => return false,
                Kind::Open => depth += 1,
                Kind::Close => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        self.next();
                        return true;
                    }
                }
                _ => {}
            }
            self.next();
        }
    }
}
