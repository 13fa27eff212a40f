//! Lines, their indentation, and the comments at their ends.

use super::context::{Block, Placed};
use super::items::{What, advance};
use super::spacing::between;
use crate::lexer::Kind;

/// Spaces for each brace.
const STEP: usize = 4;

/// Braces after which lines go no further to the right.
const DEEPEST: usize = 40;

/// Code that is wider takes no part in the lining up of comments.
const WIDE: usize = 56;

/// Comments that the author lined up stay in their column up to this one.
const RIGHTMOST: usize = 80;

/// A line as it will be.
struct Line {
    /// True when an empty line is before it.
    gap: bool,
    /// Its code, indented.
    code: String,
    /// The column where its code ends.
    width: usize,
    /// A comment after its code, and the column where that stood.
    comment: Option<(String, usize)>,
    /// The block of declarations that it is a line of.
    list: Option<usize>,
    /// Where its comment goes.
    column: usize,
}

/// The text of all items.
pub(super) fn write(all: &[Placed]) -> String {
    let mut lines = lines(all);
    line_up(&mut lines);
    let mut out = String::new();
    for line in &lines {
        if line.gap {
            out.push('\n');
        }
        out += &line.code;
        if let Some((comment, _)) = &line.comment {
            out.extend(std::iter::repeat_n(' ', line.column - line.width));
            out += comment;
        }
        out.push('\n');
    }
    out
}

fn lines(all: &[Placed]) -> Vec<Line> {
    let mut out: Vec<Line> = vec![];
    for (k, p) in all.iter().enumerate() {
        if k > 0 && p.item.breaks == 0 {
            let line = out.last_mut().expect("the first item began a line");
            if p.item.is_comment() {
                line.comment = Some((p.item.text.clone(), p.item.column));
            } else {
                let blanks = between(&all[k - 1], p);
                line.code.extend(std::iter::repeat_n(' ', blanks));
                line.code += &p.item.text;
                line.width = advance(line.width + blanks, &p.item.text);
            }
            continue;
        }
        let code = " ".repeat(indentation(all, k)) + &p.item.text;
        let is_list = matches!(p.block, Block::Declarations | Block::Units) && !p.item.is_comment() && !p.item.is(Kind::Close);
        out.push(Line {
            gap: p.item.breaks > 1,
            width: advance(0, &code),
            code,
            comment: None,
            list: is_list.then_some(p.number),
            column: 0,
        });
    }
    out
}

/// Blanks before the line that begins with item `k`.
fn indentation(all: &[Placed], k: usize) -> usize {
    let p = &all[k];
    let of_braces = |depth: usize| depth.min(DEEPEST) * STEP;
    match p.item.what {
        What::Token(Kind::Close) => {
            let closed = all[k..].iter().enumerate().take_while(|(j, q)| q.item.is(Kind::Close) && (*j == 0 || q.item.breaks == 0));
            of_braces(p.depth.saturating_sub(closed.count()))
        }
        // The two ends of a text that is kept as it is stand below each other.
        What::Token(Kind::Comment | Kind::Verbatim) if p.depth > 0 => match p.item.text.rsplit_once('\n') {
            Some((_, end)) if matches!(end.trim_start(), "ENDCOMMENT" | "ENDVERBATIM") => {
                advance(0, end.trim_end_matches(|c: char| !c.is_whitespace()))
            }
            _ => of_braces(p.depth),
        },
        _ => of_braces(p.depth) + if p.continues { STEP } else { 0 },
    }
}

/// Gives each comment its column: the one that the author gave to all of a list, else the next that suits all of it.
fn line_up(lines: &mut [Line]) {
    let mut k = 0;
    while k < lines.len() {
        lines[k].column = lines[k].width + 2;
        let list = lines[k].list;
        let mut end = k + 1;
        match list {
            Some(_) => end += lines[end..].iter().take_while(|l| l.list == list || l.is_comment()).count(),
            None if lines[k].comment.is_some() => {
                end += lines[end..].iter().take_while(|l| l.list.is_none() && l.comment.is_some() && !l.gap).count();
            }
            None => {}
        }
        let group = &mut lines[k..end];
        for line in group.iter_mut() {
            line.column = line.width + 2;
        }
        let mut chosen: Vec<&mut Line> = group.iter_mut().filter(|l| l.comment.is_some() && (list.is_none() || l.width <= WIDE)).collect();
        let width = chosen.iter().map(|l| l.width).max().unwrap_or(0);
        let kept = chosen.first().and_then(|l| l.comment.as_ref()).map(|c| c.1);
        let kept = kept
            .filter(|c| (width + 2..=RIGHTMOST).contains(c) && chosen.iter().all(|l| l.comment.as_ref().is_some_and(|own| own.1 == *c)));
        let column = match (kept, list) {
            (Some(c), Some(_)) => Some(c),
            (Some(c), None) => (chosen.len() > 1).then_some(c),
            (None, Some(_)) => Some((width + 2).next_multiple_of(STEP)),
            (None, None) => None,
        };
        if let Some(c) = column {
            chosen.iter_mut().for_each(|l| l.column = c);
        }
        k = end;
    }
}

impl Line {
    /// True for a line that is a comment alone.
    fn is_comment(&self) -> bool {
        self.list.is_none() && self.comment.is_none() && self.code.trim_start().starts_with([':', '?'])
    }
}
