//! Blanks between two tokens of a line.

use super::context::{Placed, Role, open_ended};
use crate::lexer::Kind;
use logos::Logos;

/// How many blanks stand between `a` and `b`.
pub(super) fn between(a: &Placed, b: &Placed) -> usize {
    match wanted(a, b) {
        0 if stick(&a.item.text, &b.item.text) => 1,
        n => n,
    }
}

fn wanted(a: &Placed, b: &Placed) -> usize {
    use Kind::{Close, Comma, Left, LeftSquare, Open, Other, Power, Prime, Right, RightSquare, Word};
    let (x, y) = (a.item.kind(), b.item.kind());
    match (x, y) {
        (Some(Open), Some(Close)) => 0,
        (_, Some(Open | Close)) | (Some(Open), _) => 1,
        _ if b.begins => 2,
        (_, Some(Comma | Right | RightSquare | Prime)) | (Some(Left | LeftSquare), _) => 0,
        (_, Some(Other)) if b.item.text == ";" => 0,
        (Some(Other), _) if a.item.text == ";" => 1,
        (Some(Other), _) | (_, Some(Other)) => usize::from(b.item.apart),
        _ if a.role == Role::Sign => 0,
        (Some(Power), _) | (_, Some(Power)) => 0,
        _ if a.role == Role::LimitOpen || b.role == Role::LimitClose => 0,
        _ if b.role == Role::LimitOpen || a.role == Role::LimitClose => 1,
        _ if a.role == Role::Product || b.role == Role::Product => 0,
        _ if b.role == Role::Call => 0,
        (Some(Word), Some(LeftSquare)) => usize::from(open_ended(&a.item)),
        _ => 1,
    }
}

/// True when two tokens without a blank between them would be read as others.
fn stick(a: &str, b: &str) -> bool {
    const ALONE: [char; 7] = ['(', ')', '[', ']', '{', '}', ','];
    if a.ends_with(ALONE) || b.starts_with(ALONE) {
        return false;
    }
    let both = [a, b].concat();
    let mut lexer = Kind::lexer(&both);
    lexer.next().is_none_or(|first| first.is_err()) || lexer.span() != (0..a.len())
}
