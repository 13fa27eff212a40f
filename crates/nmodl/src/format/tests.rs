use super::format;
use crate::lexer::{self, Kind};
use homolog_base::{Diagnostic, Source, has_errors};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;

const LIBRARY: [&str; 12] = [
    include_str!("../../../../library/neurons/relu.mod"),
    include_str!("../../../../library/neurons/tanh.mod"),
    include_str!("../../../../library/neurons/sigmoid.mod"),
    include_str!("../../../../library/neurons/linear.mod"),
    include_str!("../../../../library/neurons/lif.mod"),
    include_str!("../../../../library/neurons/adex.mod"),
    include_str!("../../../../library/synapses/expsyn.mod"),
    include_str!("../../../../library/synapses/exp2syn.mod"),
    include_str!("../../../../library/synapses/ampa.mod"),
    include_str!("../../../../library/synapses/gaba.mod"),
    include_str!("../../../../library/channels/hh.mod"),
    include_str!("../../../../library/channels/pas.mod"),
];

fn formatted(text: &str) -> Result<String, Vec<Diagnostic>> {
    format(&Source::new("test.mod", text))
}

fn line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Kinds and texts of all tokens, and whether any of the text is none.
fn tokens(text: &str) -> (Vec<(Kind, String)>, bool) {
    let source = Source::new("test.mod", text);
    let mut problems = vec![];
    let all = lexer::tokens(&source, &mut problems);
    (all.iter().map(|t| (t.kind, line_feeds(&text[t.span.start..t.span.end]))).collect(), has_errors(&problems))
}

/// Comments up to the end of a line, found in another way than the formatter does: what is left of lines between tokens.
fn comments(text: &str) -> Vec<String> {
    let source = Source::new("test.mod", text);
    let mut gaps = vec![];
    let mut last = 0;
    for t in lexer::tokens(&source, &mut vec![]) {
        gaps.extend(text[last..t.span.start].split(['\r', '\n']));
        last = t.span.end;
    }
    let blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    gaps.into_iter().map(|g| g.trim_matches(blank).to_string()).filter(|g| !g.is_empty()).collect()
}

/// How often each character is there that is no blank.
fn characters(text: &str) -> BTreeMap<char, usize> {
    let mut out = BTreeMap::new();
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').for_each(|c| *out.entry(c).or_insert(0) += 1);
    out
}

/// All that must hold of the form of any text; gives it, if there is one.
fn laws(text: &str) -> Option<String> {
    let (before, wrong) = tokens(text);
    let out = match formatted(text) {
        Err(problems) => {
            assert!(wrong && has_errors(&problems), "refused without need: {text:?}\n{problems:?}");
            return None;
        }
        Ok(out) => out,
    };
    assert!(!wrong, "it has no form: {text:?}");
    assert_eq!(before, tokens(&out).0, "tokens of {text:?}\n{out}");
    assert_eq!(comments(text), comments(&out), "comments of {text:?}\n{out}");
    assert_eq!(characters(text), characters(&out), "characters of {text:?}\n{out}");
    assert_eq!(formatted(&out).expect("tokens without errors"), out, "the form of the form of {text:?}");
    assert!(!out.contains('\r') && (out.is_empty() || out.ends_with('\n') && !out.ends_with("\n\n")), "{out:?}");
    Some(out)
}

/// The tree without its places.
fn tree(text: &str) -> String {
    let (file, problems) = crate::parse(&Source::new("test.mod", text));
    let shown = format!("{file:?} {} problems", problems.len());
    let mut parts = shown.split("Span {");
    let first = parts.next().unwrap_or("").to_string();
    parts.fold(first, |out, part| out + part.split_once('}').expect("a place ends").1)
}

fn is(text: &str, form: &str) {
    assert_eq!(laws(text).as_deref(), Some(form), "of {text:?}");
}

/// Runs a property with the same numbers each time.
fn holds<S: Strategy>(cases: u32, strategy: &S, law: impl Fn(S::Value)) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let done = runner.run(strategy, |value| {
        law(value);
        Ok(())
    });
    if let Err(e) = done {
        panic!("{e}");
    }
}

#[test]
fn files_of_the_library_are_canonical_and_mean_the_same() {
    for text in LIBRARY {
        let out = laws(text).expect("it has a form");
        assert_eq!(out, text);
        assert_eq!(tree(&out), tree(text));
    }
}

#[test]
fn a_file_without_spaces_has_the_form_of_the_file_with_them() {
    // Comments in lists stay in their column, so they are looked at without it.
    let narrow =
        |text: &str| text.split('\n').map(|l| l.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
    for text in LIBRARY {
        let squeezed = squeeze(text, &[""]);
        assert_ne!(squeezed, text);
        assert_eq!(narrow(&laws(&squeezed).expect("it has a form")), narrow(text));
        assert_eq!(tree(&squeezed), tree(text));
    }
}

/// A text with other blanks between the tokens of its lines: in turn those that are given, where one is not needed.
fn squeeze(text: &str, blanks: &[&str]) -> String {
    let source = Source::new("test.mod", text);
    let all = lexer::tokens(&source, &mut vec![]);
    let mut out = String::new();
    let mut last = 0;
    // Between `(` and `)` blanks are those of a unit, or are put there again.
    for (k, pair) in all.windows(2).enumerate() {
        out += &text[last..pair[0].span.end];
        last = pair[0].span.end;
        let gap = &text[last..pair[1].span.start];
        if gap.is_empty() || !gap.chars().all(|c| c == ' ') {
            continue;
        }
        let next = &text[pair[1].span.start..pair[1].span.end];
        let blank = blanks[k % blanks.len()];
        let needed = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_'));
        out += if needed(out.chars().last()) && needed(next.chars().next()) && blank.is_empty() { " " } else { blank };
        last = pair[1].span.start;
    }
    out + &text[last..]
}

#[test]
fn blanks_do_not_matter() {
    let blanks = proptest::collection::vec(prop_oneof![Just(""), Just(" "), Just("\t"), Just("   "), Just("\u{a0} ")], 1..40);
    holds(200, &(0..LIBRARY.len(), blanks), |(file, blanks)| {
        let other = squeeze(LIBRARY[file], &blanks);
        let out = laws(&other).expect("it has a form");
        assert_eq!(tree(&out), tree(LIBRARY[file]));
    });
}

const WORDS: [&str; 80] = [
    "NEURON",
    "UNITS",
    "PARAMETER",
    "STATE",
    "BREAKPOINT",
    "DERIVATIVE",
    "FUNCTION",
    "PROCEDURE",
    "KINETIC",
    "INTERFACE",
    "NET_RECEIVE",
    "{",
    "}",
    "{",
    "}",
    "{",
    "}",
    "(",
    ")",
    "(",
    ")",
    "[",
    "]",
    "x",
    "y1",
    "f",
    "e5",
    "1",
    "2.5",
    ".5",
    "1.",
    "1e-3",
    "=",
    "=",
    ",",
    "'",
    "+",
    "-",
    "*",
    "/",
    "^",
    "<",
    ">",
    "<=",
    ">=",
    "==",
    "!=",
    "&&",
    "||",
    "!",
    "~",
    "<->",
    "<<",
    "->",
    ";",
    ".",
    "@",
    "&",
    "\"a  b\"",
    "if",
    "else",
    "while",
    "FROM",
    "TO",
    "SOLVE",
    "METHOD",
    "LOCAL",
    "TABLE",
    "RANGE",
    "USEION",
    "READ",
    "POSITIVE",
    "WEIGHT",
    "UNITSOFF",
    "UNITSON",
    "(mV)",
    "( 1 / cm2 )",
    ": a comment \t",
    "? another",
    "TITLE a  title ",
];

const TEXTS: [&str; 4] = ["COMMENT\r\n\ta { ENDCOMMENT", "VERBATIM\n  x = 1; \r\n\tENDVERBATIM", "COMMENT b ENDCOMMENT", "\n"];

const GAPS: [&str; 10] = [" ", " ", " ", "", "\n", "\n", "\n\n\n", "\t", "\r\n", "\r"];

#[test]
fn any_words_in_any_lines_keep_their_order() {
    let word = prop_oneof![20 => proptest::sample::select(&WORDS[..]), 1 => proptest::sample::select(&TEXTS[..])];
    let soup = proptest::collection::vec((word, proptest::sample::select(&GAPS[..])), 0..60);
    holds(6000, &soup, |soup| {
        let mut text = String::new();
        for (word, gap) in soup {
            text += word;
            // These end with their line.
            let ends = word.starts_with([':', '?']) || word.starts_with("TITLE");
            text += if ends && !gap.contains(['\n', '\r']) { "\n" } else { gap };
        }
        laws(&text);
    });
}

#[test]
fn any_text_has_a_form_or_is_refused() {
    holds(2000, &"\\PC{0,120}", |text: String| {
        laws(&text);
    });
    holds(2000, &proptest::collection::vec(any::<u8>(), 0..120), |bytes| {
        laws(&bytes.iter().map(|b| char::from(*b)).collect::<String>());
    });
    holds(2000, &"[-a-c0-2 \n\r\t{}()<>=:?*/^!.'~e\"]{0,60}", |text: String| {
        laws(&text);
    });
}

#[test]
fn a_library_file_with_parts_removed_or_moved_has_a_form() {
    let edits = proptest::collection::vec((0usize..5000, 0usize..40, 0usize..5000, any::<bool>()), 1..6);
    holds(500, &(0..LIBRARY.len(), edits), |(file, edits)| {
        let mut text: Vec<char> = LIBRARY[file].chars().collect();
        for (at, n, to, moved) in edits {
            let at = at % text.len().max(1);
            let end = (at + n).min(text.len());
            let cut: Vec<char> = text.drain(at..end).collect();
            let to = to % (text.len() + 1);
            if moved {
                text.splice(to..to, cut);
            }
        }
        laws(&text.into_iter().collect::<String>());
    });
}

#[test]
fn very_deep_and_very_long_texts_have_a_form() {
    let n = 20_000;
    for part in ["{", "}", "{\n", "}\n", "(", "(\n", ": a\n", "x = (", "a : b\n", "if (x)\n: c\n{\n", "~ a <->\n", "PROCEDURE\n", "1\n+"] {
        laws(&part.repeat(n));
    }
    laws(&format!("PARAMETER {{\n{}}}", "a = 1 (mV) : b\n".repeat(n)));
}

#[test]
fn what_has_no_end_or_no_meaning_is_refused_with_all_its_problems() {
    for (text, codes) in [
        ("COMMENT\nx", vec!["nmodl-unfinished"]),
        ("NEURON { SUFFIX a }\nVERBATIM", vec!["nmodl-unfinished"]),
        ("a | b \\ c", vec!["nmodl-character", "nmodl-character"]),
        ("INCLUDE \"a\n", vec!["nmodl-character"]),
    ] {
        let found: Vec<_> = formatted(text).expect_err("it has no form").iter().map(|d| d.code).collect();
        assert_eq!(found, codes, "{text}");
    }
}

#[test]
fn operators_signs_and_arguments_have_even_spaces() {
    is("INITIAL{x=-a^ -2* ( b-c )/d+! e}", "INITIAL { x = -a^-2*(b - c)/d + !e }\n");
    is(
        "INITIAL {\nm '=( a-m )/b\nf (x ,y)\nif(a<=b&&c!=- d){e [1]=2}\n}",
        "INITIAL {\n    m' = (a - m)/b\n    f(x, y)\n    if (a <= b && c != -d) { e[1] = 2 }\n}\n",
    );
    is("INITIAL { x = a *\nb\n* c }", "INITIAL { x = a *\n        b\n        * c }\n");
    is("INITIAL { x = - > - - y ! = < - > }", "INITIAL { x = - > --y ! = < - > }\n");
}

#[test]
fn units_are_kept_behind_a_space() {
    is(
        "PARAMETER{\ng=0.1(S/cm2)<0,1e9>\ne=-70( mV )\nc =1 (/ms  mM)\n}",
        "PARAMETER {\n    g = 0.1 (S/cm2) <0, 1e9>\n    e = -70 (mV)\n    c = 1 (/ms mM)\n}\n",
    );
    is("FUNCTION f(v(mV),x)(/ms){ f=2(/ms)*g (v) }", "FUNCTION f(v (mV), x) (/ms) { f = 2 (/ms) * g(v) }\n");
    is("UNITS { (mA)=(milliamp) F=(faraday)(coulomb) }", "UNITS { (mA) = (milliamp)  F = (faraday) (coulomb) }\n");
}

#[test]
fn a_brace_ends_its_line_and_else_follows_one() {
    is(
        "PROCEDURE f()\n{\nif(a)\n\n{\nb=1\n}\nelse\n{\nc=1\n}\n}",
        "PROCEDURE f() {\n    if (a) {\n        b = 1\n    } else {\n        c = 1\n    }\n}\n",
    );
    is("PROCEDURE f() : why\n: more\n{ a = 1\n}", "PROCEDURE f() {  : why\n    : more\n    a = 1\n}\n");
    is("INITIAL {\na = 1\n{\nb = 2\n}\n}", "INITIAL {\n    a = 1\n    {\n        b = 2\n    }\n}\n");
    is("INITIAL {\nif (a) {\n}\n: else\nelse {\n}\n}", "INITIAL {\n    if (a) {\n    }\n    : else\n    else {\n    }\n}\n");
    is("INITIAL\n{\nFROM i=0 TO n-1\n{ a[i]=0 }\n}", "INITIAL {\n    FROM i = 0 TO n - 1 { a[i] = 0 }\n}\n");
}

#[test]
fn statements_on_one_line_are_told_apart() {
    is("INITIAL { a=1 b=-2 f(a) LOCAL c }", "INITIAL { a = 1  b = -2  f(a)  LOCAL c }\n");
    is("STATE { m h n }", "STATE { m h n }\n");
    is("ASSIGNED { v(mV) i }", "ASSIGNED { v (mV)  i }\n");
    is(
        "NEURON { SUFFIX a USEION k READ ek WRITE ik RANGE g,e THREADSAFE }",
        "NEURON { SUFFIX a  USEION k READ ek WRITE ik  RANGE g, e  THREADSAFE }\n",
    );
    is(
        "INTERFACE { POSITIVE a {tau=5(ms) e=0} WEIGHT 1 STEP 2(ms) }",
        "INTERFACE { POSITIVE a { tau = 5 (ms)  e = 0 } WEIGHT 1  STEP 2 (ms) }\n",
    );
    is(
        "KINETIC k { ~ a<->b(f(v),g) ~ 2 c<<(d) COMPARTMENT v*2{a b} }",
        "KINETIC k { ~ a <-> b (f(v), g)  ~ 2 c << (d)  COMPARTMENT v*2 { a b } }\n",
    );
}

#[test]
fn a_line_that_goes_on_is_indented() {
    is("NEURON {\nRANGE a,\nb\nGLOBAL\nc\n}", "NEURON {\n    RANGE a,\n        b\n    GLOBAL\n        c\n}\n");
    is(
        "PROCEDURE f() {\nTABLE a\nDEPEND b\nFROM -1 TO 1 WITH 200\na = g(1,\n2)\n}",
        "PROCEDURE f() {\n    TABLE a\n        DEPEND b\n        FROM -1 TO 1 WITH 200\n    a = g(1,\n        2)\n}\n",
    );
}

#[test]
fn empty_lines_are_few_and_stand_between_blocks() {
    is(
        "\n\nTITLE a\nSTATE { m }\n: of b\nINITIAL {\n\n\n: c\n\n\nx = 1\n\n}\n\n\n\nUNITSOFF\nBREAKPOINT { }\nUNITSON\nPROCEDURE p() {}\n\n",
        "TITLE a\n\nSTATE { m }\n\n: of b\nINITIAL {\n    : c\n\n    x = 1\n}\n\nUNITSOFF\nBREAKPOINT {}\nUNITSON\n\nPROCEDURE p() {}\n",
    );
}

#[test]
fn comments_in_lists_are_lined_up_or_stay_so() {
    is(
        "PARAMETER {\na = 1 : x\nbcd = 20 (mV)   : y\n: all\n}",
        "PARAMETER {\n    a = 1           : x\n    bcd = 20 (mV)   : y\n    : all\n}\n",
    );
    is("STATE {\na               : x\nb (1)           : y\n}", "STATE {\n    a           : x\n    b (1)       : y\n}\n");
    is("STATE {\na     : x\nb (1) : y\n}", "STATE {\n    a       : x\n    b (1)   : y\n}\n");
    is("INITIAL {\na = 1 : x\nbc = 2 : y\n}", "INITIAL {\n    a = 1  : x\n    bc = 2  : y\n}\n");
    is("INITIAL {\na = 1       : x\nbc = 2      : y\n}", "INITIAL {\n    a = 1   : x\n    bc = 2  : y\n}\n");
}

#[test]
fn texts_and_ends_of_lines_of_all_kinds() {
    is(
        "\u{feff}TITLE a \t b  \r\nCOMMENT\r\n\tx  \r\nENDCOMMENT\rSTATE { m }",
        "TITLE a \t b  \n\nCOMMENT\n\tx  \nENDCOMMENT\nSTATE { m }\n",
    );
    is("INITIAL {\nVERBATIM\n  x ;\n  ENDVERBATIM\n}", "INITIAL {\n  VERBATIM\n  x ;\n  ENDVERBATIM\n}\n");
    is("", "");
    is(" \n\t\n", "");
    is("? only", "? only\n");
}
