//! The three places where lines are not the author's.

use super::items::{Item, What};
use super::words::{BLOCKS, HEADS, NAMED, PLAIN, listed};
use crate::lexer::Kind;

/// Puts `{` behind what it belongs to, and `else` behind its `}`.
pub(super) fn braces(items: Vec<Item>) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::with_capacity(items.len());
    let (mut depth, mut round) = (0usize, 0usize);
    // True between a keyword and its brace.
    let mut head = false;
    // True after a brace that was taken from behind a comment.
    let mut broken = false;
    for mut item in items {
        if std::mem::take(&mut broken) {
            item.breaks = item.breaks.max(1);
        }
        let What::Token(kind) = item.what else {
            out.push(item);
            continue;
        };
        let last = out.iter().rposition(|i| !i.is_comment());
        let before = last.map(|k| &out[k]);
        let adjacent = last.is_some_and(|k| k + 1 == out.len());
        match kind {
            Kind::Word if depth == 0 => {
                if head && adjacent && before.is_some_and(|b| listed(b.word(), NAMED)) {
                    item.breaks = 0;
                }
                head = (head || listed(item.word(), BLOCKS)) && !listed(item.word(), PLAIN);
            }
            Kind::Word if round == 0 => {
                let word = item.word();
                let first = item.breaks > 0 || before.is_some_and(|b| b.is(Kind::Open) || b.is(Kind::Close));
                if listed(word, HEADS) && (word != "FROM" || first) {
                    head = true;
                } else if item.breaks > 0 && before.is_some_and(|b| ends_operand(b) || b.is_text_block()) {
                    head = false;
                }
                if matches!(word, "else" | "ELSE") && adjacent && before.is_some_and(|b| b.is(Kind::Close)) {
                    item.breaks = 0;
                }
            }
            Kind::Left => {
                if head && depth == 0 && round == 0 && adjacent && before.is_some_and(|b| b.is(Kind::Word)) {
                    item.breaks = 0;
                }
                round += 1;
            }
            Kind::Right => round = round.saturating_sub(1),
            Kind::Open => {
                depth += 1;
                round = 0;
                let belongs = before.is_some_and(|b| !b.is_text_block() && !b.is(Kind::Close) && !b.is(Kind::Open));
                if std::mem::take(&mut head) && belongs {
                    item.breaks = 0;
                    item.apart = true;
                    broken = !adjacent;
                    out.insert(last.map_or(0, |k| k + 1), item);
                    continue;
                }
            }
            Kind::Close => {
                depth = depth.saturating_sub(1);
                round = 0;
                head = false;
            }
            Kind::Title | Kind::Comment | Kind::Verbatim if depth == 0 => head = false,
            _ => {}
        }
        out.push(item);
    }
    out
}

fn ends_operand(item: &Item) -> bool {
    matches!(item.kind(), Some(Kind::Word | Kind::Number | Kind::Right | Kind::RightSquare | Kind::Text | Kind::Prime))
}

/// True when these end with a `{` and what may be said of it behind it.
fn opens(before: &[Item]) -> bool {
    match before {
        [.., open, comment] if comment.is_comment() && comment.breaks == 0 => open.is(Kind::Open),
        _ => before.last().is_some_and(|i| i.is(Kind::Open)),
    }
}

/// Empty lines: one at most, one between blocks, none at either end of a block or of the file.
pub(super) fn blocks(items: &mut [Item]) {
    let mut depth = 0usize;
    // The token after which an empty line is due.
    let mut due: Option<usize> = None;
    for k in 0..items.len() {
        items[k].breaks = items[k].breaks.min(2);
        if k == 0 {
            items[k].breaks = 0;
        } else if opens(&items[..k]) || items[k].is(Kind::Close) {
            items[k].breaks = items[k].breaks.min(1);
        }
        let Some(kind) = items[k].kind() else { continue };
        if let Some(from) = due.take() {
            let gap = &items[from + 1..=k];
            let wanted = match items[from].kind() {
                Some(Kind::Title) => gap.len() == 1,
                Some(Kind::Close) => items[k].word() != "UNITSON",
                _ => true,
            };
            if wanted && gap.iter().all(|i| i.breaks < 2) {
                let first = (from + 1..=k).find(|j| items[*j].breaks == 1);
                if let Some(first) = first {
                    items[first].breaks = 2;
                }
            }
        }
        match kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        let ends = matches!(kind, Kind::Close | Kind::Title) || items[k].word() == "UNITSON";
        if depth == 0 && ends {
            due = Some(k);
        }
    }
}
