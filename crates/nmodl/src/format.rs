//! The canonical form of a file: the same words in the same lines, with even spaces.
//!
//! It works on tokens and comments, not on the tree, so that nothing can be lost and a file with mistakes in its
//! statements has a form too. The author decides where lines end, with three exceptions: a `{` stands at the end of the
//! line that it belongs to, an `else` behind its `}`, and an empty line between blocks.
//!
//! | what | form |
//! |---|---|
//! | indentation | 4 spaces for each brace; 4 more for a line that goes on with a statement |
//! | sums, comparisons, `=` | one space on both sides |
//! | products | none, as in `g*(v - e)`; one on both sides after a unit and at the end of a line |
//! | powers, signs, `'` | none |
//! | units | a space, and the unit as it was written |
//! | statements on one line | two spaces between them |
//! | comments | as they were written; lined up in lists of declarations |
//! | `TITLE`, `COMMENT`, `VERBATIM` | as they were written |
//! | empty lines | one at most; one between blocks; none inside a brace |

mod arrange;
mod context;
mod items;
mod output;
mod spacing;
mod words;

use crate::lexer::{self, Kind};
use homolog_base::{Diagnostic, Source, has_errors};
use std::sync::Arc;

/// The canonical form of a file.
///
/// ```
/// let source = homolog_base::Source::new("a.mod", "BREAKPOINT{i=g * ( v-e ) :leak\n}");
/// assert_eq!(homolog_nmodl::format(&source).unwrap(), "BREAKPOINT { i = g*(v - e)  :leak\n}\n");
/// ```
///
/// # Errors
/// A text or comment that is never closed, or characters that mean nothing: where they end is not known.
pub fn format(source: &Arc<Source>) -> Result<String, Vec<Diagnostic>> {
    let mut problems = vec![];
    let tokens = lexer::tokens(source, &mut problems);
    if has_errors(&problems) {
        return Err(problems);
    }
    let before = items::items(&source.text, &tokens);
    let said = contents(&before);
    let mut items = arrange::braces(before);
    arrange::blocks(&mut items);
    let items = context::annotate(items);
    let out = output::write(&items);
    // What is written must say what was read, whatever the rules above do.
    let formatted = Source::new(source.name.as_str(), out.as_str());
    let tokens = lexer::tokens(&formatted, &mut problems);
    if problems.is_empty() && contents(&items::items(&formatted.text, &tokens)) == said {
        return Ok(out);
    }
    Err(vec![
        Diagnostic::error("nmodl-format", format!("`{}` cannot be formatted without a change of what it says", source.name))
            .hint("this is a mistake of Homolog: please report it with the file"),
    ])
}

/// All tokens, and all comments, in order.
fn contents(items: &[items::Item]) -> (Vec<(Kind, String)>, Vec<String>) {
    let mut out = (vec![], vec![]);
    for item in items {
        match item.what {
            items::What::Token(kind) => out.0.push((kind, item.text.clone())),
            _ => out.1.push(item.text.clone()),
        }
    }
    out
}

#[cfg(test)]
mod tests;
