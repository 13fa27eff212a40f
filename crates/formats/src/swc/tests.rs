//! Shapes, good, odd and bad.

use super::read;
use homolog_base::{Diagnostic, Source, has_errors};
use homolog_model::cell::{Branch, Point};
use std::f64::consts::PI;
use std::sync::Arc;

fn shown(problems: &[Diagnostic]) -> String {
    problems.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n\n")
}

fn branches_of(source: &Arc<Source>) -> (Option<Vec<Branch>>, Vec<Diagnostic>) {
    let (shape, problems) = read(source);
    (shape.map(|s| s.branches), problems)
}

/// The branches of a text that gives no word.
fn good(text: &str) -> Vec<Branch> {
    let (branches, problems) = branches_of(&Source::new("good.swc", text));
    assert!(problems.is_empty(), "{}", shown(&problems));
    branches.expect("there are no errors")
}

/// The branches of a text, and the codes of its warnings.
fn warned(text: &str) -> (Vec<Branch>, Vec<&'static str>) {
    let (branches, problems) = branches_of(&Source::new("odd.swc", text));
    assert!(!has_errors(&problems), "{}", shown(&problems));
    (branches.expect("there are no errors"), problems.iter().map(|d| d.code).collect())
}

fn length(branches: &[Branch]) -> f64 {
    branches.iter().map(Branch::length).sum()
}

/// Lateral area of frusta, um2.
fn area(b: &Branch) -> f64 {
    b.points.windows(2).map(|p| frustum(p[1].along - p[0].along, p[0].diameter / 2.0, p[1].diameter / 2.0)).sum()
}

fn frustum(length: f64, a: f64, b: f64) -> f64 {
    PI * (a + b) * (length * length + (a - b) * (a - b)).sqrt()
}

fn names(branches: &[Branch]) -> Vec<(&str, &str, Option<usize>)> {
    branches.iter().map(|b| (b.name.as_str(), b.region.as_str(), b.parent)).collect()
}

/// What every shape must be, whatever the file was.
fn sound(branches: &[Branch]) {
    assert!(!branches.is_empty());
    for (k, b) in branches.iter().enumerate() {
        assert_eq!(b.parent.is_none(), k == 0, "one root, and it is first");
        assert!(b.parent.is_none_or(|p| p < k), "parents come first");
        assert!(b.points.len() >= 2 && b.points[0].along == 0.0 && b.length() > 0.0 && b.length().is_finite());
        assert!(b.points.windows(2).all(|p| p[0].along <= p[1].along && p[0].diameter > 0.0));
        assert!(b.points.iter().all(|p| p.diameter >= 0.0 && p.diameter.is_finite()));
        assert!(branches[..k].iter().all(|o| o.name.value != b.name.value), "names are unique");
    }
}

const Y: &str =
    "# a fork\n1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 3 0 16 0 1 2\n4 3 6 24 0 0.5 3\n5 4 -6 24 0 0.5 3\n6 2 0 -6 0 0.5 1\n7 2 0 -26 0 0.25 6\n";

#[test]
fn runs_between_forks_become_branches() {
    let b = good(Y);
    sound(&b);
    assert_eq!(
        names(&b),
        [
            ("soma", "soma", None),
            ("basal.0", "basal", Some(0)),
            ("basal.1", "basal", Some(1)),
            ("apical.0", "apical", Some(1)),
            ("axon.0", "axon", Some(0))
        ]
    );
    // The piece from the soma to the first point is no membrane; a branch begins with the diameter of the fork.
    assert_eq!(b.iter().map(Branch::length).collect::<Vec<_>>(), [10.0, 10.0, 10.0, 10.0, 20.0]);
    assert_eq!(b[2].points[0], Point { along: 0.0, diameter: 2.0, position: Some([0.0, 16.0, 0.0]) });
    assert_eq!(b[2].points[1].diameter, 1.0);
}

#[test]
fn carriage_returns_tabs_comments_and_blank_lines_mean_nothing() {
    let odd = Y.replace("2 3 0 6", "\t2\t 3  0 6").replace(" 1 2\n", " 1 2 # the stem\n\n   # more\n").replace('\n', "\r\n");
    assert_eq!(good(&odd), good(Y));
}

#[test]
fn a_soma_of_one_point_has_the_area_of_its_sphere() {
    let b = good("1 1 3 4 5 7 -1\n");
    assert_eq!((b[0].length(), b[0].points[0].diameter), (14.0, 14.0));
    assert!((area(&b[0]) - 4.0 * PI * 49.0).abs() < 1e-9);
}

#[test]
fn a_soma_of_three_points_is_the_same_cylinder() {
    let one = good("1 1 0 0 0 9 -1\n");
    let three = good("1 1 0 0 0 9 -1\n2 1 0 -9 0 9 1\n3 1 0 9 0 9 1\n");
    assert_eq!(three, one);
}

#[test]
fn a_soma_of_a_line_of_points_is_taken_as_drawn() {
    let b = good("1 1 0 0 0 40 -1\n2 1 1 0 0 35 1\n3 1 2 0 0 29 2\n4 1 3 0 0 17 3\n");
    assert_eq!(b.len(), 1);
    assert!((area(&b[0]) - 4_164.610_254_415_956).abs() < 1e-9, "as MorphIO states: {}", area(&b[0]));
    // A line that goes two ways from its first point is one line.
    let two = good("1 1 0 0 0 2 -1\n2 1 1 0 0 1 1\n3 1 -1 0 0 3 1\n4 1 -5 0 0 3 3\n");
    assert_eq!(two[0].points.iter().map(|p| (p.along, p.diameter)).collect::<Vec<_>>(), [(0.0, 2.0), (1.0, 4.0), (2.0, 6.0), (6.0, 6.0)]);
}

#[test]
fn what_is_connected_to_the_ends_of_a_line_of_points_begins_there() {
    let soma = "1 1 0 0 0 8 -1\n2 1 10 0 0 8 1\n3 1 20 0 0 8 2\n";
    let b = good(&format!("{soma}4 3 -9 0 0 1 1\n5 3 -50 0 0 1 4\n6 3 10 9 0 1 2\n7 3 10 50 0 1 6\n8 4 29 0 0 1 3\n9 4 80 0 0 1 8\n"));
    assert_eq!(
        names(&b),
        [("soma", "soma", None), ("basal.0", "basal", Some(0)), ("basal.1", "basal", Some(0)), ("apical.0", "apical", Some(0))]
    );
    assert_eq!(b.iter().map(|b| b.at.as_ref().map(|x| x.value)).collect::<Vec<_>>(), [None, Some(0.0), None, Some(1.0)]);
    // A dendrite that forks at its first point begins there twice; a soma of one point has no ends.
    let b = good(&format!("{soma}4 3 -9 0 0 1 1\n5 3 -50 9 0 1 4\n6 3 -50 -9 0 1 4\n"));
    assert_eq!(b[1..].iter().map(|b| b.at.as_ref().map(|x| x.value)).collect::<Vec<_>>(), [Some(0.0); 2]);
    assert!(good("1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 3 0 50 0 1 2\n").iter().all(|b| b.at.is_none()));
}

#[test]
fn a_dendrite_that_forks_at_its_first_point_hangs_on_the_soma_twice() {
    let b = good("1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 3 3 10 0 1 2\n4 3 -3 10 0 1 2\n");
    assert_eq!(names(&b), [("soma", "soma", None), ("basal.0", "basal", Some(0)), ("basal.1", "basal", Some(0))]);
    assert_eq!(length(&b[1..]), 10.0);
}

#[test]
fn a_dendrite_of_one_point_is_a_cylinder_with_a_warning() {
    let (b, codes) = warned("1 1 0 0 0 5 -1\n2 3 0 8 0 1 1\n3 2 0 -8 0 1 1\n");
    assert_eq!(codes, ["swc-single"]);
    assert_eq!((b[1].length(), b[1].points[0].diameter, b[1].points[1].diameter), (8.0, 2.0, 2.0));
}

#[test]
fn a_cell_without_a_soma_that_forks_at_its_root_is_turned_round() {
    let b = good("1 2 0 0 0 2 -1\n2 2 0 -2 0 1 1\n3 3 0 5 0 1 1\n4 4 0 9 0 1 3\n");
    assert_eq!(names(&b), [("axon.0", "axon", None), ("basal.0", "basal", Some(0)), ("apical.0", "apical", Some(1))]);
    // The first branch comes from the tip and ends where the file began.
    assert_eq!(b[0].points.iter().map(|p| (p.along, p.diameter)).collect::<Vec<_>>(), [(0.0, 2.0), (2.0, 4.0)]);
    assert_eq!(length(&b), 11.0);
}

#[test]
fn points_before_their_parents_are_sorted_with_a_warning() {
    let lines: Vec<&str> = Y.lines().rev().collect();
    let (b, codes) = warned(&lines.join("\n"));
    assert_eq!(codes, ["swc-order"]);
    assert_eq!(length(&b), length(&good(Y)));
}

#[test]
fn a_branch_without_length_is_left_out_with_a_warning() {
    let (b, codes) = warned(
        "1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 3 0 9 0 1 2\n4 3 0 9 0 1 3\n5 3 0 12 0 1 4\n6 3 0 9 0 1 3\n7 3 3 9 0 1 6\n8 3 3 9 3 1 6\n",
    );
    assert_eq!(codes, ["swc-no-length"]);
    sound(&b);
    assert_eq!(b.iter().map(|b| b.parent).collect::<Vec<_>>(), [None, Some(0), Some(1), Some(1), Some(1)]);
}

#[test]
fn columns_that_are_not_read_are_said_to_be() {
    assert_eq!(warned(&Y.replace(" 1 2\n", " 1 2 0.5 x\n")).1, ["swc-columns"]);
}

#[test]
fn what_cannot_be_read_is_shown_with_its_place() {
    let bad = [
        ("words", "1 1 0 0 0 5 -1\n2 3 0 zero 0 1 1\n3 dendrite 0 1,5 0 1 2\n4 3 0 1 0 -1 1.5\n5 3 0 1 nan 1 -2\n"),
        ("columns", "1 1 0 0 0 5 -1\n2 3 0 6 0 1\n"),
        ("twice", "1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n2 3 0 7 0 1 1\n"),
        ("orphan", "1 1 0 0 0 5 -1\n2 3 0 6 0 1 7\n"),
        ("somata", "1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 1 50 0 0 5 -1\n"),
        ("loop", "1 1 0 0 0 5 -1\n2 3 0 6 0 1 4\n3 3 0 7 0 1 2\n4 3 0 8 0 1 3\n"),
        ("own parent", "1 1 0 0 0 5 1\n"),
        ("empty", "# nothing\n\n"),
        ("thin fork", "1 1 0 0 0 0 -1\n2 1 1 0 0 0 1\n3 1 2 0 0 5 2\n4 1 1 1 0 5 2\n"),
        ("flat contour", "1 1 0 0 0 1 -1\n2 1 9 0 0 1 1\n3 1 18 0 0 1 2\n4 1 9 0 0 1 3\n5 1 0 0 0 1 4\n"),
        ("pieces", "1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 1 0 9 0 1 2\n"),
        ("tips", "1 2 0 0 0 1 -1\n2 2 0 0 0 1 1\n3 2 0 5 0 0 2\n4 2 5 0 0 0 2\n"),
        ("much at once", "1 1 0 0 0 5 -1\n2 3 0 6 0 1 9\n3 3 0 7 1\n4 3 0 8 0 1 3\n5 3 0 1 0 1 6\n6 3 0 2 0 1 5\n"),
        ("thin", "1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 3 0 8 0 0 2\n4 3 0 9 0 1 3\n"),
        ("alone", "1 1 0 0 0 5 -1\n2 3 0 6 0 0 1\n"),
        ("mark", "1 1 0 0 0 0 -1\n2 3 0 6 0 1 1\n3 3 0 -6 0 1 1\n"),
        ("point", "1 3 0 0 0 5 -1\n"),
    ];
    let all: Vec<String> = bad
        .iter()
        .map(|(name, text)| {
            let (branches, problems) = branches_of(&Source::new(format!("{name}.swc"), *text));
            assert!(branches.is_none() && has_errors(&problems), "{name}");
            shown(&problems)
        })
        .collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn a_file_of_something_else_is_refused_in_few_words() {
    let (branches, problems) = branches_of(&Source::new("recipe.swc", "two eggs and milk\n".repeat(100)));
    assert!(branches.is_none());
    assert_eq!((problems.len(), problems.last().map(|d| d.code)), (crate::morphology::problems::MOST + 1, Some("swc-more")));
}

#[test]
fn a_contour_becomes_the_body_that_it_outlines() {
    let point = |k: usize| {
        let angle = 2.0 * PI * k as f64 / 40.0;
        let parent = if k == 0 { -1 } else { k as i64 };
        format!("{} 1 {} {} 0 0.1 {parent}\n", k + 1, 8.0 * homolog_base::math::cos(angle), 5.0 * homolog_base::math::sin(angle))
    };
    let text: String = (0..40).map(point).collect();
    let (b, codes) = warned(&format!("{text}41 3 0 6 0 1 1\n42 3 0 20 0 1 41\n"));
    assert_eq!(codes, ["swc-contour"]);
    assert_eq!(names(&b), [("soma", "soma", None), ("basal.0", "basal", Some(0))]);
    sound(&b);
    let widest = b[0].points.iter().map(|p| p.diameter).fold(0.0, f64::max);
    assert!((b[0].length() - 16.0).abs() < 0.5 && (widest - 10.0).abs() < 0.1, "{} um long, {widest} um wide", b[0].length());
}

#[test]
fn a_soma_that_forks_is_several_branches_with_a_warning() {
    let (b, codes) = warned("1 1 0 0 0 5 -1\n2 1 1 0 0 5 1\n3 1 2 0 0 5 2\n4 1 1 1 0 5 2\n5 3 9 0 0 1 3\n6 3 19 0 0 1 5\n");
    assert_eq!(codes, ["swc-soma-fork"]);
    let expected = [("soma", "soma", None), ("soma.1", "soma", Some(0)), ("soma.2", "soma", Some(0)), ("basal.0", "basal", Some(1))];
    assert_eq!(names(&b), expected);
    // Three arms at the root: the first is turned round, so that the others begin at its end.
    let (b, _) = warned("1 1 0 0 0 5 -1\n2 1 1 0 0 4 1\n3 1 0 2 0 5 1\n4 1 0 0 3 5 1\n5 3 0 0 9 1 1\n6 3 0 0 12 1 5\n");
    assert_eq!(b.iter().map(|b| b.parent).collect::<Vec<_>>(), [None, Some(0), Some(0), Some(0)]);
    assert_eq!((b[0].points[0].diameter, b[0].points[1].diameter, length(&b)), (8.0, 10.0, 1.0 + 2.0 + 3.0 + 3.0));
}

#[test]
fn a_soma_that_is_not_the_root_becomes_it_with_a_warning() {
    let (b, codes) = warned("1 3 0 20 0 0.5 -1\n2 3 0 10 0 1 1\n3 1 0 0 0 5 2\n4 2 0 -6 0 1 3\n5 2 0 -9 0 1 4\n6 4 5 10 0 1 2\n");
    assert_eq!(codes, ["swc-turned"]);
    let expected = [("soma", "soma", None), ("basal.0", "basal", Some(0)), ("apical.0", "apical", Some(0)), ("axon.0", "axon", Some(0))];
    assert_eq!(names(&b), expected);
    assert_eq!(b[1..].iter().map(|b| (b.length(), b.points[0].diameter)).collect::<Vec<_>>(), [(10.0, 2.0), (5.0, 2.0), (3.0, 2.0)]);
}

#[test]
fn further_trees_are_joined_to_the_cell_with_warnings() {
    let more = "8 2 30 0 0 1 -1\n9 2 40 0 0 1 8\n10 4 -6 24 0 1 -1\n11 4 -6 30 0 1 10\n12 3 90 90 0 1 -1\n";
    let (b, codes) = warned(&format!("{Y}{more}"));
    assert_eq!(codes, ["swc-roots"; 3], "a wire, a place that is the same, a point alone");
    sound(&b);
    let before = good(Y);
    let added = b.iter().filter(|b| !before.iter().any(|y| y.points == b.points));
    let added: Vec<_> = added.map(|b| (b.region.as_str(), b.parent, b.length())).collect();
    assert_eq!(added, [("apical", Some(3), 6.0), ("axon", Some(0), 10.0)]);
    assert_eq!(b[3].name.value, "apical.0", "the tip where the other tree begins");
}

#[test]
fn trees_without_a_soma_are_joined_at_the_root() {
    let (b, codes) = warned("1 3 0 0 0 1 -1\n2 3 0 9 0 1 1\n3 2 0 -1 0 1 -1\n4 2 0 -5 0 1 3\n");
    assert_eq!(codes, ["swc-roots"]);
    assert_eq!(names(&b), [("basal.0", "basal", None), ("axon.0", "axon", Some(0))]);
    assert_eq!(b[0].points[1].position, Some([0.0; 3]), "turned round, so that the axon begins at its end");
    assert_eq!(length(&b), 13.0);
}

#[test]
fn a_cell_that_forks_before_it_has_a_length_begins_at_a_tip() {
    let (b, codes) = warned("1 2 0 0 0 1 -1\n2 2 0 0 0 1 1\n3 2 0 5 0 0 2\n4 2 5 0 0 1 2\n");
    assert_eq!(codes, ["swc-radius", "swc-no-length"]);
    sound(&b);
    assert_eq!((b.len(), b[0].points[0].position, length(&b)), (2, Some([5.0, 0.0, 0.0]), 10.0));
}
