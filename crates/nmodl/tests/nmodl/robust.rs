//! Whatever the text, reading ends and does not panic.

use crate::common::LIBRARY;
use homolog_base::Diagnostic;
use homolog_ir::Mechanism;
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Most memory that reading broken texts, one after the other, may take, kB.
const MEMORY: usize = 100_000;

/// Reads a text; now and then looks at the memory of this process (one for each test under nextest).
fn read(text: &str) -> (Option<Mechanism>, Vec<Diagnostic>) {
    static READ: AtomicUsize = AtomicUsize::new(0);
    let out = crate::common::read(text);
    if READ.fetch_add(1, Ordering::Relaxed) % 1000 == 255
        && let Ok(status) = std::fs::read_to_string("/proc/self/status")
    {
        let most = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        let most: usize = most.expect("Linux says how much memory there was at most");
        assert!(most < MEMORY, "{most} kB at most");
    }
    out
}

const WORDS: [&str; 76] = [
    "NEURON",
    "{",
    "}",
    "(",
    ")",
    "SUFFIX",
    "x",
    "PARAMETER",
    "=",
    "1e3",
    "<",
    ",",
    ">",
    "STATE",
    "m",
    "'",
    "BREAKPOINT",
    "SOLVE",
    "METHOD",
    "cnexp",
    "DERIVATIVE",
    "if",
    "else",
    "FUNCTION",
    "f",
    "+",
    "-",
    "/",
    "*",
    "^",
    "LOCAL",
    "INTERFACE",
    "READOUT",
    "POSITIVE",
    "\n",
    "VERBATIM",
    "COMMENT",
    "UNITSOFF",
    "(mV)",
    "SPIKE",
    "KINETIC",
    "LINEAR",
    "NONLINEAR",
    "~",
    "<->",
    "->",
    "<<",
    "CONSERVE",
    "COMPARTMENT",
    "derivimplicit",
    "sparse",
    "runge",
    "STEADYSTATE",
    "INITIAL",
    "FROM",
    "TO",
    "BY",
    "WHILE",
    "[",
    "]",
    "[2]",
    "[i]",
    "i",
    "DEFINE",
    "VERBATIM return 0; ENDVERBATIM",
    "VERBATIM if (x) return m; x = _lx; ENDVERBATIM",
    "USEION ca READ cai, ica WRITE cai",
    "cai",
    "ica",
    "POINTER",
    "RANGE",
    "ASSIGNED",
    "v",
    "t",
    "at_time(1)",
    "h",
];

/// How many texts of each kind: some in every test run, `HOMOLOG_FUZZ` many when that is set.
fn cases() -> u32 {
    std::env::var("HOMOLOG_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(256)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_any_characters(text in "\\PC{0,200}") {
        read(&text);
    }

    #[test]
    fn of_any_statements_of_a_mechanism(
        initial in proptest::collection::vec(0..WORDS.len(), 0..12),
        breakpoint in proptest::collection::vec(0..WORDS.len(), 0..12),
        block in proptest::collection::vec(0..WORDS.len(), 0..16),
        keyword in 0usize..4,
    ) {
        let words = |list: Vec<usize>| list.into_iter().map(|k| WORDS[k]).collect::<Vec<_>>().join(" ");
        let keyword = ["DERIVATIVE", "KINETIC", "LINEAR", "NONLINEAR"][keyword];
        let text = format!(
            "NEURON {{ SUFFIX x USEION ca READ cai, ica WRITE cai }} DEFINE N 2 PARAMETER {{ f = 1 }} ASSIGNED {{ v (mV) t (ms) y[N] }}
            STATE {{ m h[N] cai }} INITIAL {{ SOLVE s STEADYSTATE sparse {} }} BREAKPOINT {{ SOLVE s METHOD derivimplicit {} }}
            {keyword} s {{ {} }}",
            words(initial), words(breakpoint), words(block),
        );
        let (m, problems) = read(&text);
        prop_assert_eq!(m.is_none(), homolog_base::has_errors(&problems));
    }

    #[test]
    fn of_any_words(words in proptest::collection::vec(0..WORDS.len(), 0..120)) {
        let text: Vec<&str> = words.iter().map(|k| WORDS[*k]).collect();
        read(&text.join(" "));
    }

    #[test]
    fn of_library_files_with_parts_removed_moved_or_replaced(
        file in 0..LIBRARY.len(),
        edits in proptest::collection::vec((0usize..5000, 0usize..40, 0usize..5000, 0..WORDS.len(), 0..3), 1..6),
    ) {
        let mut text: Vec<char> = LIBRARY[file].1.chars().collect();
        for (at, n, to, word, kind) in edits {
            let at = at % text.len().max(1);
            let end = (at + n).min(text.len());
            let cut: Vec<char> = text.drain(at..end).collect();
            let to = to % (text.len() + 1);
            match kind {
                0 => {}
                1 => { text.splice(to..to, cut); }
                _ => { text.splice(at..at, WORDS[word].chars()); }
            }
        }
        let text: String = text.into_iter().collect();
        let (m, problems) = read(&text);
        prop_assert_eq!(m.is_none(), homolog_base::has_errors(&problems));
        for d in &problems {
            d.render(false);
        }
    }
}

#[test]
fn of_very_deep_or_long_texts() {
    for n in [300, 100_000] {
        let body = |inner: String| format!("NEURON {{ SUFFIX x RANGE y }} ASSIGNED {{ y }} BREAKPOINT {{ {inner} }}");
        for text in [
            body(format!("y = {}1{}", "(".repeat(n), ")".repeat(n))),
            body(format!("y = {}1", "-".repeat(n))),
            body(format!("y = {}1", "1^".repeat(n))),
            body(format!("y = {}1", "y + ".repeat(n))),
            body(format!("{} y = 1", "if (y > 1) {".repeat(n))),
            body(format!("if (y > 1) {{ }} {} ", "else if (y > 1) { }".repeat(n))),
            "{".repeat(n),
            "}".repeat(n),
            "NEURON {".repeat(n),
        ] {
            let (m, problems) = read(&text);
            assert!(m.is_none() && !problems.is_empty());
        }
    }
}

#[test]
fn of_calls_that_would_be_written_out_without_end() {
    let mut text = "NEURON { SUFFIX x RANGE y } ASSIGNED { y } BREAKPOINT { y = f0(1) } FUNCTION f30(x) { f30 = x }\n".to_string();
    for k in 0..30 {
        text += &format!("FUNCTION f{k}(x) {{ f{k} = f{}(x) + f{}(x + 1) }}\n", k + 1, k + 1);
    }
    let (m, problems) = read(&text);
    assert!(m.is_none());
    assert!(problems.iter().any(|d| d.code == "nmodl-too-long"));
}
