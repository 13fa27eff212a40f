//! What is wrong with one file, of which no more is kept than a person reads.

use homolog_base::{Diagnostic, Severity};

/// More errors, or more warnings, than this in one file say that it is a file of something else.
pub(crate) const MOST: usize = 12;

/// Problems in the order in which they were found. Those beyond [`MOST`] of a kind are counted, so that a large file of something
/// else takes no memory for each of its lines.
#[derive(Default)]
pub(crate) struct Problems {
    kept: Vec<Diagnostic>,
    errors: usize,
    others: usize,
}

impl Problems {
    pub(crate) fn push(&mut self, d: Diagnostic) {
        let count = if d.severity == Severity::Error { &mut self.errors } else { &mut self.others };
        *count += 1;
        if *count <= MOST {
            self.kept.push(d);
        }
    }

    /// Whether there is an error.
    pub(crate) fn fatal(&self) -> bool {
        self.errors > 0
    }

    /// How many errors there are.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// All that was kept, and how much more there is.
    pub(crate) fn finish(mut self, code: &'static str, name: &str, format: &str) -> Vec<Diagnostic> {
        let more = self.errors + self.others - self.kept.len();
        if more > 0 {
            let message = format!("`{name}` has {more} more problems");
            let d = if self.fatal() { Diagnostic::error(code, message) } else { Diagnostic::warning(code, message) };
            self.kept.push(d.hint(format!("is this an {format} file?")));
        }
        self.kept
    }
}

/// `a branch is a single point` or `3 branches are single points`.
pub(crate) fn counted(n: usize, one: &str, several: &str) -> String {
    if n == 1 { one.to_string() } else { format!("{n} {several}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_kept_after_many_warnings() {
        let mut all = Problems::default();
        (0..100).for_each(|_| all.push(Diagnostic::warning("a", "b")));
        assert!(!all.fatal());
        all.push(Diagnostic::error("c", "d"));
        let all = all.finish("more", "x.swc", "SWC");
        assert_eq!((all.len(), all[MOST].code, all[MOST + 1].code), (MOST + 2, "c", "more"));
        assert!(all[MOST + 1].message.contains("88 more"));
    }
}
