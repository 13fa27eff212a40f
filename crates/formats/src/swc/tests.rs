//! Shapes, good, odd and bad.

use super::read;
use homolog_base::{Diagnostic, Source, has_errors};
use homolog_model::cell::{Branch, Point};
use proptest::prelude::*;
use std::f64::consts::PI;
use std::fs;
use std::path::PathBuf;

fn shown(problems: &[Diagnostic]) -> String {
    problems.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n\n")
}

/// The branches of a text that gives no word.
fn good(text: &str) -> Vec<Branch> {
    let (branches, problems) = read(&Source::new("good.swc", text));
    assert!(problems.is_empty(), "{}", shown(&problems));
    branches.expect("there are no errors")
}

/// The branches of a text, and the codes of its warnings.
fn warned(text: &str) -> (Vec<Branch>, Vec<&'static str>) {
    let (branches, problems) = read(&Source::new("odd.swc", text));
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
        ("roots", "1 1 0 0 0 5 -1\n2 3 0 6 0 1 -1\n"),
        ("loop", "1 1 0 0 0 5 -1\n2 3 0 6 0 1 4\n3 3 0 7 0 1 2\n4 3 0 8 0 1 3\n"),
        ("own parent", "1 1 0 0 0 5 1\n"),
        ("empty", "# nothing\n\n"),
        ("fork", "1 1 0 0 0 5 -1\n2 1 1 0 0 5 1\n3 1 2 0 0 5 2\n4 1 1 1 0 5 2\n"),
        ("contour", "1 1 0 0 0 1 -1\n2 1 9 0 0 1 1\n3 1 9 9 0 1 2\n4 1 0 9 0 1 3\n5 1 0 1 0 1 4\n"),
        ("pieces", "1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 1 0 9 0 1 2\n"),
        ("late soma", "1 3 0 0 0 5 -1\n2 1 0 6 0 1 1\n"),
        ("thin", "1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 3 0 8 0 0 2\n4 3 0 9 0 1 3\n"),
        ("alone", "1 1 0 0 0 5 -1\n2 3 0 6 0 0 1\n"),
        ("mark", "1 1 0 0 0 0 -1\n2 3 0 6 0 1 1\n3 3 0 -6 0 1 1\n"),
        ("point", "1 3 0 0 0 5 -1\n"),
    ];
    let all: Vec<String> = bad
        .iter()
        .map(|(name, text)| {
            let (branches, problems) = read(&Source::new(format!("{name}.swc"), *text));
            assert!(branches.is_none() && has_errors(&problems), "{name}");
            shown(&problems)
        })
        .collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn a_file_of_something_else_is_refused_in_few_words() {
    let (branches, problems) = read(&Source::new("recipe.swc", "two eggs and milk\n".repeat(100)));
    assert!(branches.is_none());
    assert_eq!((problems.len(), problems.last().map(|d| d.code)), (super::MOST + 1, Some("swc-more")));
}

/// Files of this kind in a folder of shapes, if the variable that names the data is set.
fn files(folder: &str) -> Vec<PathBuf> {
    let Some(data) = std::env::var_os(crate::samples::FOLDER_VARIABLE) else {
        eprintln!("HOMOLOG_DATA is not set: no shapes are read");
        return Vec::new();
    };
    let entries = fs::read_dir(PathBuf::from(data).join(folder)).into_iter().flatten().flatten();
    let mut all: Vec<_> = entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "swc")).collect();
    all.sort();
    all
}

/// Length and area outside of the soma by the plainest way: over all points whose parent is no soma. An oracle for files in order.
fn plain(text: &str) -> (f64, f64) {
    let rows: Vec<Vec<f64>> = text
        .lines()
        .map(|l| l.split('#').next().unwrap_or("").split_whitespace().filter_map(|w| w.parse().ok()).collect())
        .filter(|r: &Vec<f64>| r.len() == 7)
        .collect();
    let by_id: std::collections::HashMap<i64, &Vec<f64>> = rows.iter().map(|r| (r[0] as i64, r)).collect();
    let pieces = rows.iter().filter_map(|r| Some((r, by_id.get(&(r[6] as i64))?))).filter(|(r, p)| r[1] != 1.0 && p[1] != 1.0);
    pieces.fold((0.0, 0.0), |(length, area), (r, p)| {
        let l = (2..5).map(|k| (r[k] - p[k]).powi(2)).sum::<f64>().sqrt();
        (length + l, area + frustum(l, r[5], p[5]))
    })
}

/// Needs a folder of shapes; run with `HOMOLOG_DATA` set.
#[test]
fn cells_of_archives_are_read_whole() {
    for path in files("morph") {
        let (text, _) = crate::text::read(&path).expect("it is text");
        let (branches, problems) = read(&text);
        let branches = branches.unwrap_or_else(|| panic!("{}", shown(&problems)));
        sound(&branches);
        let (l, a) = plain(&text.text);
        let outside: Vec<&Branch> = branches.iter().filter(|b| b.region.value != "soma").collect();
        let found = (outside.iter().map(|b| b.length()).sum::<f64>(), outside.iter().map(|b| area(b)).sum::<f64>());
        let codes: Vec<_> = problems.iter().map(|d| d.code).collect();
        eprintln!(
            "{}: {} branches, {l:.1} um, {a:.1} um2, soma {:.1} um2, {codes:?}",
            path.file_name().unwrap_or_default().display(),
            branches.len(),
            area(&branches[0])
        );
        assert!(l > 100.0);
        assert!((found.0 / l - 1.0).abs() < 1e-12, "{}: {} um of {l}", text.name, found.0);
        assert!((found.1 / a - 1.0).abs() < 1e-12, "{}: {} um2 of {a}", text.name, found.1);
    }
}

/// Needs a folder of shapes; run with `HOMOLOG_DATA` set.
#[test]
fn odd_files_are_read_as_documented_or_refused() {
    let mut all = String::new();
    for path in files("morph/odd") {
        let (text, mut problems) = crate::text::read(&path).expect("it is text");
        let (branches, found) = read(&text);
        problems.extend(found);
        for d in &problems {
            assert!(d.labels.is_empty() || d.position().is_some());
            assert!(d.hint.is_some(), "{}", d.render(false));
        }
        let read_as = branches.as_ref().map_or_else(
            || "refused".to_string(),
            |b| {
                sound(b);
                format!("{} branches, {:.2} um", b.len(), length(b))
            },
        );
        let said: Vec<String> = problems.iter().map(|d| format!("{} at {:?}", d.code, d.position().unwrap_or_default())).collect();
        all += &format!("{}: {read_as}; {}\n", path.file_name().unwrap_or_default().display(), said.join(", "));
    }
    if !all.is_empty() {
        insta::assert_snapshot!(all);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok((source, _)) = crate::text::decode("noise.swc", &bytes) {
            let (branches, problems) = read(&source);
            prop_assert_eq!(branches.is_none(), has_errors(&problems));
            problems.iter().for_each(|d| assert!(!d.render(false).is_empty()));
        }
    }

    #[test]
    fn no_tree_makes_the_reader_panic(rows in prop::collection::vec((0u32..5, -1i64..14, -3i32..4, 0u32..3), 0..14), shift in 0i64..2) {
        let line = |(k, (kind, parent, x, r)): (usize, &(u32, i64, i32, u32))| format!("{} {kind} {x} {} 0 {r} {}\n", k as i64 + shift, k % 3, (*parent).min(k as i64 - 1 + shift * 3));
        let text: String = rows.iter().enumerate().map(line).collect();
        let (branches, problems) = read(&Source::new("noise.swc", text));
        prop_assert_eq!(branches.is_none(), has_errors(&problems));
        branches.iter().for_each(|b| sound(b));
        problems.iter().for_each(|d| assert!(!d.render(false).is_empty()));
    }
}
