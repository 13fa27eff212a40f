//! Drawings, good, odd and bad.

use super::read;
use crate::morphology::Shape;
use homolog_base::{Diagnostic, Severity, Source, has_errors};
use homolog_model::cell::{Branch, Point};

fn shown(problems: &[Diagnostic]) -> String {
    problems.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n\n")
}

/// The shape of a text, and the codes of what is said of it.
fn told(text: &str) -> (Shape, Vec<&'static str>) {
    let (shape, problems) = read(&Source::new("odd.asc", text));
    assert!(!has_errors(&problems), "{}", shown(&problems));
    (shape.expect("there are no errors"), problems.iter().map(|d| d.code).collect())
}

/// The branches of a text of which nothing is said.
fn good(text: &str) -> Vec<Branch> {
    let (shape, codes) = told(text);
    assert!(codes.is_empty(), "{codes:?}");
    shape.branches
}

fn names(branches: &[Branch]) -> Vec<(&str, &str, Option<usize>)> {
    branches.iter().map(|b| (b.name.as_str(), b.region.as_str(), b.parent)).collect()
}

fn lengths(branches: &[Branch]) -> Vec<f64> {
    branches.iter().map(Branch::length).collect()
}

const SOMA: &str = "(\"CellBody\"\n  (Color Red)\n  (CellBody)\n  (-5 -5 0 0) (-5 5 0 0) (9 5 0 0) (9 -5 0 0)\n)\n";

const DENDRITE: &str = "( (Color Blue) ; a comment (with parentheses | and so on
  (Dendrite)
  (0 6 0 2)  ; Root
  (0 16 0 2)
  (
    (0 16 0 1) (6 24 0 1)
    Normal
  |
    (-6 24 0 0.5)
    High
  ) ; End of split
) ; End of tree\n";

#[test]
fn a_tree_has_its_branches_and_a_contour_is_the_soma() {
    let b = good(&format!("{SOMA}{DENDRITE}( (Axon) (0 -6 0 1) (0 -9 0 1) )( (Apical) (9 0 0 4) (29 0 0 4) )"));
    let expected = [
        ("soma", "soma", None),
        ("basal.0", "basal", Some(0)),
        ("basal.1", "basal", Some(1)),
        ("basal.2", "basal", Some(1)),
        ("axon.0", "axon", Some(0)),
        ("apical.0", "apical", Some(0)),
    ];
    assert_eq!(names(&b), expected);
    assert_eq!(lengths(&b[1..]), [10.0, 10.0, 10.0, 3.0, 20.0]);
    // Where the first point of a branch is not the last of its parent, the piece between has its diameter.
    let piece = Point { along: 0.0, diameter: 0.5, position: Some([0.0, 16.0, 0.0]) };
    assert_eq!((b[2].points.len(), b[3].points.len(), b[3].points[0]), (2, 2, piece));
}

#[test]
fn carriage_returns_commas_and_blanks_mean_nothing() {
    let odd = DENDRITE.replace("(0 16 0 1)", "( 0, 16,\t0 ,1 S2 )").replace('\n', "\r\n").replace("(Dendrite)", "(Dendrite),");
    assert_eq!(good(&odd), good(DENDRITE));
}

#[test]
fn names_sets_curves_and_ends_are_understood() {
    let text = format!(
        "(ImageCoords) (Sections S1 \"x\" 0 0)\n(Set \"all\" {SOMA})( \"first\" (Axon) (Name \"a\") (Color RGB (1, 2, 3)) (0 9 0 1 (1 2 3 4)) (0 19 0 1) Generated )"
    );
    let (shape, codes) = told(&text);
    assert_eq!((names(&shape.branches).len(), shape.branches[1].region.as_str(), shape.points), (2, "axon", 6));
    assert!(codes.is_empty(), "{codes:?}");
}

#[test]
fn what_is_no_membrane_is_counted_in_a_note() {
    let text = format!(
        "(\"pia\" (Closed) (0 0 0 1) (99 0 0 1) (Cross (1 2 3 4)))\n{SOMA}{}(Dot (Color Red) (1 2 3 4)) ( (Color Red) (1 2 3 1) \"a word\" )",
        DENDRITE
            .replace("Normal", "(Cross (Color Red) (Name \"m\") (1 2 3 4)) Normal")
            .replace("(0 16 0 2)", "(0 16 0 2) < (Class 4 \"none\") (1 2 3 1) >")
    );
    let (shape, problems) = read(&Source::new("x.asc", text));
    assert_eq!(shape.map(|s| s.branches), Some(good(&format!("{SOMA}{DENDRITE}"))));
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].code, problems[0].severity), ("asc-skipped", Severity::Note));
    assert!(problems[0].message.ends_with("2 x `Cross`, 1 x `Dot`, 1 x contour \"pia\", 1 x spine, 1 x text"), "{}", problems[0].message);
}

#[test]
fn stacked_contours_are_one_soma() {
    let ring = |z: f64, r: f64| {
        let at = |k: i32| (r * homolog_base::math::cos(f64::from(k) * 0.1), r * homolog_base::math::sin(f64::from(k) * 0.1));
        let points: String = (0..63).map(|k| format!("({} {} {z} 0)", at(k).0, at(k).1)).collect();
        format!("(\"Cell Body\" {points})")
    };
    let b = good(&(ring(0.0, 3.0) + &ring(2.0, 5.0) + &ring(4.0, 3.0)));
    let soma: Vec<_> = b[0].points.iter().map(|p| (p.along.round(), p.diameter.round())).collect();
    assert_eq!((b.len(), soma), (1, vec![(0.0, 6.0), (2.0, 10.0), (4.0, 6.0)]));
    let (sorted, codes) = told(&(ring(2.0, 5.0) + &ring(0.0, 3.0) + &ring(4.0, 3.0)));
    assert_eq!((sorted.branches, codes), (b, vec!["asc-soma"]));
    let (flat, codes) = told(&(ring(0.0, 3.0) + &ring(0.0, 5.0)));
    assert_eq!((flat.branches[0].length().round(), codes), (10.0, vec!["asc-soma"]));
}

#[test]
fn trees_without_a_soma_are_joined() {
    let (shape, codes) = told("((Axon) (0 0 0 1) (0 -9 0 1)) ((Dendrite) (0 2 0 1) (0 8 0 1))");
    assert_eq!(codes, ["asc-roots"]);
    assert_eq!(names(&shape.branches), [("axon.0", "axon", None), ("basal.0", "basal", Some(0))]);
    assert_eq!(shape.branches[0].points[0].position, Some([0.0, -9.0, 0.0]));
    let one = good("((Axon) (0 0 0 1) (0 -9 0 1) ( (0 -10 0 1) | (1 -9 0 1) ) )");
    assert_eq!(names(&one), [("axon.0", "axon", None), ("axon.1", "axon", Some(0)), ("axon.2", "axon", Some(0))]);
}

#[test]
fn a_change_made_to_read_a_file_is_a_warning() {
    let odd = [
        ("asc-soma", "(\"CellBody\" (1 2 3 4) (5 6 7 8))((Axon) (0 0 0 1) (0 9 0 1))"),
        ("asc-type", "((Color Red) (0 0 0 1) (0 9 0 1))"),
        ("asc-type", "((Dendrit) (0 0 0 1) (0 9 0 1))"),
        ("asc-end", "((Axon) (0 0 0 1) (0 9 0 1) Nromal)"),
        ("asc-empty-branch", "((Axon) (0 0 0 1) (0 9 0 1) ( (0 10 0 1) | Normal | ))"),
        ("asc-no-length", "((Axon) (0 0 0 1) (0 9 0 1) ( (0 9 0 1) (0 9 0 1) | (0 10 0 1) ))"),
        ("asc-diameter", "((Axon) (0 0 0 1) (0 9 0 0))"),
        ("asc-scale", "((Axon) (0 0 0 1) (0 900000 0 1))"),
    ];
    for (code, text) in odd {
        assert_eq!(told(text).1, [code], "{text}");
    }
    assert_eq!(told(&format!("{SOMA}((Axon) (99 0 0 1) (99 9 0 1))")).1, ["asc-far"]);
}

#[test]
fn what_cannot_be_read_is_shown_with_its_place() {
    let tree = |inside: &str| format!("( (Axon)\n (0 0 0 1)\n {inside}\n)");
    let bad = [
        ("empty", "; nothing\n".to_string()),
        ("recipe", "two eggs and milk\n".repeat(9)),
        ("cut", DENDRITE[..100].to_string()),
        ("cut point", tree("(0 1 2")),
        ("cut property", "( (Axon) (Color".to_string()),
        ("cut contour", "(\"CellBody\" (0 0 0 1)".to_string()),
        ("words", tree("(0 x 0 1) (0 1) (0 0 0 -1) (0 1e300 0 1) (0 0 0 1 1)")),
        ("unclosed point", tree("(0 2 0 1 (0 3 0 1) (0 4 0 1)")),
        ("after the end", tree("Normal (0 2 0 1) (0 3 0 1)")),
        ("two splits", tree("( (0 2 0 1) | (0 3 0 1) ) ( (0 4 0 1) | (0 5 0 1) )")),
        ("bar", tree("| (0 4 0 1)")),
        ("stray", tree("7 > (0 4 0 1)")),
        ("close", format!("{}) )", tree("(0 4 0 1)"))),
        ("string", "(\"CellBody\n (0 0 0 1))".to_string()),
        ("spine", tree("< (1 2 3 4)")),
        ("contour", "(\"CellBody\" (0 0 0 1) | ((1 2 3 4)) (1 0 0 1) (1 1 0 1))".to_string()),
        ("object", "(7 8 9)".to_string()),
        ("thin", tree("(0 4 0 0) (0 5 0 1)")),
        ("tips", "((Axon) (0 0 0 1) (0 0 0 1) ((0 0 0 1) (0 4 0 0) | (0 0 0 1) (4 0 0 0)))".to_string()),
        ("point tip", "((Axon) (0 0 0 1) (0 1 0 1) ((0 4 0 0) | (4 0 0 1)))".to_string()),
        ("flat", "(\"CellBody\" (0 0 0 1) (1 0 0 1) (2 0 0 1))".to_string()),
        ("somata", format!("{SOMA}(\"Soma\" (50 0 0 1) (60 0 0 1) (60 9 0 1))")),
    ];
    let all: Vec<String> = bad
        .iter()
        .map(|(name, text)| {
            let (shape, problems) = read(&Source::new(format!("{name}.asc"), text.as_str()));
            assert!(shape.is_none() && has_errors(&problems), "{name}");
            problems.iter().for_each(|d| assert!(d.hint.is_some(), "{}", d.render(false)));
            shown(&problems)
        })
        .collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn no_nesting_is_too_deep() {
    for n in [300, 200_000] {
        let parts = ["(", "( (Axon) (0 0 0 1) (", "(\"CellBody\" (", "(((", "((0 0 0 1)", "|", ")", "<", "(Set \"x\" ", "(Cross ("];
        for part in parts {
            let (shape, problems) = read(&Source::new("deep.asc", part.repeat(n)));
            assert!(shape.is_none() && has_errors(&problems), "{part}");
        }
    }
    let deep = format!("((Axon) (0 0 0 1) (0 1 0 1) {}{})", "((0 2 0 1) (0 1 0 1)".repeat(50_000), ")".repeat(50_000));
    assert_eq!(told(&deep).0.branches.len(), 50_001);
}
