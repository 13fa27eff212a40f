//! Morphologies of archives, odd ones, and any bytes at all.

use homolog_base::{Diagnostic, Source, has_errors};
use homolog_formats::{library, morphology, text};
use homolog_model::cell::{Branch, Point};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::f64::consts::PI;
use std::path::PathBuf;

/// What every shape must be, whatever the file was.
fn sound(branches: &[Branch]) {
    assert!(!branches.is_empty());
    let mut names = HashSet::new();
    for (k, b) in branches.iter().enumerate() {
        assert_eq!(b.parent.is_none(), k == 0, "one root, and it is first");
        assert!(b.parent.is_none_or(|p| p < k), "parents come first");
        assert!(b.points.len() >= 2 && b.points[0].along == 0.0 && b.length() > 0.0 && b.length().is_finite());
        assert!(b.points.windows(2).all(|p| p[0].along <= p[1].along && p[0].diameter > 0.0), "{b:?}");
        assert!(b.points.iter().all(|p| p.diameter >= 0.0 && p.diameter.is_finite()));
        assert!(names.insert(b.name.as_str()), "names are unique");
    }
}

/// Reads a text, whatever it is, and holds the reader to its word; the problems are rendered if asked for.
fn read(name: &str, text: &str, render: bool) -> (Option<Vec<Branch>>, Vec<Diagnostic>) {
    let source = Source::new(name, text);
    let (shape, problems) = morphology::read(&source);
    assert_eq!(shape.is_none(), has_errors(&problems));
    assert!(problems.len() <= 25, "{} problems", problems.len());
    if let Some(shape) = &shape {
        sound(&shape.branches);
    }
    for d in problems.iter().filter(|_| render) {
        assert!(!d.render(false).is_empty() && d.hint.is_some());
    }
    (shape.map(|s| s.branches), problems)
}

/// Files in a folder of the data, if the variable that names it is set.
fn files(folder: &str) -> Vec<PathBuf> {
    let Some(data) = library::data_folder() else {
        eprintln!("HOMOLOG_DATA is not set: no shapes are read");
        return Vec::new();
    };
    let entries = std::fs::read_dir(data.join(folder)).into_iter().flatten().flatten();
    let mut all: Vec<_> = entries.map(|e| e.path()).filter(|p| morphology::is_named(p)).collect();
    all.sort();
    all
}

/// Area with the rings at which the diameter changes in a step, as NEURON counts it, um2.
fn area_with_steps(b: &Branch) -> f64 {
    let ring = |p: &[Point]| if p[0].along == p[1].along { 0.25 * PI * (p[0].diameter.powi(2) - p[1].diameter.powi(2)).abs() } else { 0.0 };
    b.area() + b.points.windows(2).map(ring).sum::<f64>()
}

/// Number of branches, length (um) and area (um2), by region.
fn totals(branches: &[Branch]) -> BTreeMap<&str, (usize, f64, f64)> {
    let mut all: BTreeMap<&str, (usize, f64, f64)> = BTreeMap::new();
    for b in branches {
        let of = all.entry(b.region.as_str()).or_default();
        *of = (of.0 + 1, of.1 + b.length(), of.2 + area_with_steps(b));
    }
    all
}

/// What NEURON 9.0.2 makes of the cells: sections, um, um2 for soma, axon, basal and apical, by `Import3d_SWC_read` and
/// `Import3d_Neurolucida3` and the sum over the 3d points of each section. It keeps points in single precision.
type Totals = [(usize, f64, f64); 4];

#[rustfmt::skip]
const NEURON: [(&str, Totals); 8] = [
    ("bio_neuron-000.asc", [(1, 16.5999304, 477.491043), (510, 17965.2661, 15480.8142), (54, 3109.96571, 6642.90082), (0, 0.0, 0.0)]),
    ("l5pc_hay2011_cell1.asc", [(1, 23.1694082, 1131.38905), (1, 44.6144556, 176.176695), (84, 5133.49199, 8862.95963), (109, 7440.90595, 21009.3256)]),
    ("ca1_VHC-neuron.CNG.swc", [(1, 17.7623806, 991.179282), (0, 0.0, 0.0), (26, 1378.86269, 4505.74986), (65, 4466.93514, 18792.4877)]),
    ("ca1_c91662.swc", [(1, 17.7353992, 988.170334), (1, 557.46165, 525.395248), (58, 4804.72334, 5155.7336), (134, 9966.18807, 12836.24)]),
    ("ca1_dorsoventral_NMO_49821.swc", [(1, 8.93387985, 250.743732), (3, 214.928556, 504.082388), (83, 3745.01767, 7441.19853), (133, 5990.74487, 11526.1266)]),
    ("ca1_n120_1pt_soma.swc", [(1, 20.6553326, 1340.33777), (0, 0.0, 0.0), (100, 7432.17795, 19532.5368), (53, 4419.54591, 11723.6771)]),
    ("dg_granule_1220882a.CNG.swc", [(1, 3.83631992, 46.2359204), (0, 0.0, 0.0), (33, 3255.4331, 18873.7265), (0, 0.0, 0.0)]),
    ("motoneuron_v_e_moto1.CNG.swc", [(1, 120.0, 45238.9342), (0, 0.0, 0.0), (248, 77567.5885, 575820.801), (0, 0.0, 0.0)]),
];

/// Needs a folder of shapes; run with `HOMOLOG_DATA` set.
#[test]
fn cells_of_archives_have_the_sections_lengths_and_areas_that_neuron_finds() {
    let mut compared = 0;
    for path in files("morph") {
        let (source, _) = text::read(&path).unwrap();
        let (shape, problems) = morphology::read(&source);
        let shape = shape.unwrap_or_else(|| panic!("{problems:?}"));
        sound(&shape.branches);
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some((_, theirs)) = NEURON.iter().find(|n| n.0 == name) else { continue };
        compared += 1;
        let ours = totals(&shape.branches);
        for (region, (n, length, area)) in ["soma", "axon", "basal", "apical"].iter().zip(theirs) {
            let found = ours.get(region).copied().unwrap_or_default();
            let near = |a: f64, b: f64| (a - b).abs() <= 2e-7 * b;
            assert!(
                found.0 == *n && near(found.1, *length) && near(found.2, *area),
                "{name}, {region}: {found:?}, and {n} {length} {area}"
            );
        }
    }
    assert!(compared == 0 || compared == NEURON.len());
}

/// What is said of each odd file, in the order in which it is said; nothing of those that are read as they are.
#[rustfmt::skip]
const ODD: [(&str, &[&str]); 40] = [
    ("Neuron_missing_ids.swc", &["swc-parent", "swc-parent"]),
    ("Neuron_zero_length_segments.swc", &[]),
    ("circle_contour.asc", &[]),
    ("disconnected_neurite.swc", &["swc-roots"]),
    ("fat_end.swc", &[]),
    ("invalid-incomplete.asc", &["asc-after-end", "asc-skipped"]),
    ("markers.asc", &["asc-skipped", "asc-no-length"]),
    ("morph_3_types_single_point_soma.swc", &[]),
    ("morph_interrupted_soma.swc", &[]),
    ("morph_multiple_roots.swc", &["swc-duplicate"]),
    ("morph_non_somatic_branchpoint.swc", &[]),
    ("morph_soma_both_ends.swc", &[]),
    ("morph_somatic_branchpoint.swc", &[]),
    ("morph_variable_radiuses_within_branch.swc", &[]),
    ("multiple_point_section.asc", &[]),
    ("multiple_soma.swc", &["swc-somata"]),
    ("nested_single_children.asc", &[]),
    ("neurite_wrong_root_point.swc", &[]),
    ("no_soma.swc", &[]),
    ("ordering_sample_disordered.swc", &[]),
    ("pia.asc", &["asc-skipped", "asc-far"]),
    ("point_soma.swc", &[]),
    ("repeated_id.swc", &["swc-duplicate"]),
    ("reversed_NRN_neurite_order.swc", &[]),
    ("simple-all-types.swc", &[]),
    ("simple-heterogeneous-neurite.swc", &[]),
    ("simple-trailing-space.swc", &[]),
    ("simple-windows-eol.swc", &[]),
    ("simple.asc", &[]),
    ("simple.swc", &[]),
    ("simple_reversed.swc", &["swc-order", "swc-radius"]),
    ("soma_bifurcating_soma.swc", &["swc-soma"]),
    ("soma_cylinders.swc", &["swc-no-length"]),
    ("soma_multiple_frustums.swc", &[]),
    ("soma_single_frustum.swc", &[]),
    ("soma_three_points_cylinder.swc", &[]),
    ("spine.asc", &["asc-skipped", "asc-soma"]),
    ("split_soma_two_neurites.swc", &[]),
    ("three_point_soma.swc", &[]),
    ("undefined_type.swc", &["swc-radius"]),
];

/// Those that are refused; all others are read.
const REFUSED: [&str; 6] = [
    "Neuron_missing_ids.swc",
    "invalid-incomplete.asc",
    "morph_multiple_roots.swc",
    "multiple_soma.swc",
    "repeated_id.swc",
    "soma_bifurcating_soma.swc",
];

/// Needs a folder of shapes; run with `HOMOLOG_DATA` set.
#[test]
fn odd_files_are_read_as_documented_or_refused() {
    let all = files("morph/odd");
    for path in &all {
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some((_, expected)) = ODD.iter().find(|o| o.0 == name) else { panic!("what is expected of {name}?") };
        let (source, mut problems) = text::read(path).unwrap();
        let (branches, found) = read(name, &source.text, true);
        problems.extend(found);
        assert_eq!(problems.iter().map(|d| d.code).collect::<Vec<_>>(), *expected, "{name}");
        assert_eq!(branches.is_none(), REFUSED.contains(&name), "{name}");
        for d in &problems {
            let (line, column) = d.position().unwrap_or_else(|| panic!("{name}: {} has no place", d.code));
            assert!(line > 0 && column > 0 && d.labels.iter().all(|l| !l.1.is_empty()));
        }
    }
    assert!(all.is_empty() || all.len() == ODD.len());
}

/// Shapes with something of everything, to be broken.
const WHOLE: [(&str, &str); 6] = [
    (
        "fork.swc",
        "# a fork\n1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 3 0 16 0 1 2\n4 3 6 24 0 0.5 3\n5 4 -6 24 0 0.5 3\n6 2 0 -6 0 0.5 1\n7 2 0 -26 0 0.25 6\n",
    ),
    ("three.swc", "1 1 0 0 0 5 -1\n2 1 0 -5 0 5 1\n3 1 0 5 0 5 1\n4 3 0 9 0 1 1\n5 3 0 19 0 1 4\n6 2 9 9 9 1 -1\n7 2 0 9 0 1 6\n"),
    (
        "contour.swc",
        "1 1 0 0 0 1 -1\n2 1 9 0 0 1 1\n3 1 12 5 0 1 2\n4 1 9 9 0 1 3\n5 1 0 9 0 1 4\n6 1 -3 4 0 1 5\n7 3 0 12 0 1 3\n8 3 0 20 0 1 7\n",
    ),
    (
        "forked.swc",
        "3 2 1 1 1 1 2\r\n1 1 0 0 0 5 -1\r\n2 1 1 0 0 5 1\r\n4 1 0 1 0 5 1\r\n5 1 0 0 1 5 1\r\n6 1 0 2 1 5 4\r\n7 1 0 2 2 5 4\r\n",
    ),
    (
        "tree.asc",
        "; V3\n(ImageCoords)\n(\"pia\" (Closed) (0 0 0 1) (9 0 0 1))\n(\"CellBody\" (Color Red) (CellBody) (-5 -5 0 0) (-5 5 0 0) (9 5 0 0) (9 -5 0 0))\n( (Color RGB (1, 2, 3)) (Dendrite)\n (0 6 0 2 S1) (0 16 0 2) < (Class 4 \"none\") (1 2 3 1) >\n (\n  (0 16 0 1) (6 24 0 1) (Cross (Name \"m\") (1 2 3 4)) Normal\n |\n  (-6 24 0 0.5) ( (1 2 3 1) | (3 2 1 1) Incomplete | High )\n )\n)\n( (Axon) (0 -6 0 1) (0 -9 0 1) )\n",
    ),
    (
        "stack.asc",
        "(\"Cell Body\" (0 0 0 0) (4 0 0 0) (4 4 0 0) (0 4 0 0))(\"Cell Body\" (0 0 2 0) (5 0 2 0) (5 5 2 0) (0 5 2 0))\n(Set \"a\" (\"x\" (Apical) (9 9 9 1) (19 9 9 1 (1 2 3 4)) \"label\" Low))((2 2 2 2) \"words\")",
    ),
];

const WORDS: [&str; 44] = [
    "(",
    ")",
    "|",
    ",",
    "<",
    ">",
    "\"",
    ";",
    "\n",
    " ",
    "#",
    "-1",
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "0.5",
    "1e9",
    "-3",
    "1e-320",
    "nan",
    "1e999",
    "4294967295",
    "18446744073709551616",
    "Normal",
    "(Axon)",
    "(Dendrite)",
    "(CellBody)",
    "\"CellBody\"",
    "( 1 2 3 4 )",
    "(0 0 0 0)",
    "(Set \"a\" ",
    "(Cross ",
    "1 1 0 0 0 5 -1\n",
    "2 1 0 5 0 5 1\n",
    "3 3 0 0 0 0 2\n",
    "4 3 1 0 0 1 3\n",
    "5 2 0 0 0 1 -1\n",
    "é",
    "\u{2028}",
];

/// How many texts of each kind: some in every test run, `HOMOLOG_FUZZ` many when that is set.
fn cases() -> u32 {
    std::env::var("HOMOLOG_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(512)
}

/// Every 64th text is rendered too, which takes longer than reading it.
fn rendered(text: &str) -> bool {
    text.len().is_multiple_of(64) || cases() <= 512
}

/// A text with parts removed, moved or replaced.
fn broken(whole: &str, edits: &[(usize, usize, usize, usize, u8)]) -> String {
    let mut text: Vec<char> = whole.chars().collect();
    for &(at, n, to, word, kind) in edits {
        let at = at % text.len().max(1);
        let end = (at + n).min(text.len());
        let cut: Vec<char> = if kind < 3 { text.drain(at..end).collect() } else { text[at..end].to_vec() };
        let to = to % (text.len() + 1);
        match kind {
            0 => {}
            1 | 3 => drop(text.splice(to..to, cut)),
            _ => drop(text.splice(to..to, WORDS[word].chars())),
        }
    }
    text.into_iter().collect()
}

fn edits() -> impl Strategy<Value = Vec<(usize, usize, usize, usize, u8)>> {
    prop::collection::vec((0usize..600, 0usize..24, 0usize..600, 0..WORDS.len(), 0u8..5), 1..7)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for name in ["noise.swc", "noise.asc"] {
            if let Ok((source, _)) = text::decode(name, &bytes) {
                read(name, &source.text, rendered(&source.text));
            }
        }
    }

    #[test]
    fn no_words_make_a_reader_panic(words in prop::collection::vec(0..WORDS.len(), 0..60)) {
        let words: Vec<&str> = words.iter().map(|k| WORDS[*k]).collect();
        for name in ["words.swc", "words.asc"] {
            let text = words.join(if name.ends_with("swc") { "" } else { " " });
            read(name, &text, rendered(&text));
        }
    }

    #[test]
    fn no_broken_swc_makes_the_reader_panic(file in 0usize..4, edits in edits()) {
        let text = broken(WHOLE[file].1, &edits);
        read(WHOLE[file].0, &text, rendered(&text));
    }

    #[test]
    fn no_broken_asc_makes_the_reader_panic(file in 4usize..6, edits in edits()) {
        let text = broken(WHOLE[file].1, &edits);
        read(WHOLE[file].0, &text, rendered(&text));
    }

    #[test]
    fn no_tree_of_points_makes_the_reader_panic(rows in prop::collection::vec((0u32..5, -1i64..14, -3i32..4, 0u32..3), 0..14), shift in 0i64..2) {
        let line = |(k, (kind, parent, x, r)): (usize, &(u32, i64, i32, u32))| {
            format!("{} {kind} {x} {} 0 {r} {}\n", k as i64 + shift, k % 3, (*parent).min(k as i64 - 1 + shift * 3))
        };
        let text: String = rows.iter().enumerate().map(line).collect();
        read("rows.swc", &text, rendered(&text));
    }
}

#[test]
fn whole_shapes_are_read() {
    for (name, text) in WHOLE {
        let (branches, problems) = read(name, text, true);
        assert!(branches.is_some_and(|b| totals(&b).values().all(|t| t.2 > 0.0)), "{name}: {problems:?}");
    }
}

#[test]
fn a_large_file_of_something_else_is_refused_in_few_words() {
    for name in ["recipe.swc", "recipe.asc"] {
        let (branches, problems) = read(name, &"two (eggs) and | milk\n".repeat(100_000), false);
        assert!(branches.is_none() && problems.last().is_some_and(|d| d.code.ends_with("-more")), "{name}");
    }
    let (none, problems) = read("cell.hoc", "", true);
    assert!(none.is_none() && problems[0].code == "morph-format");
}

#[test]
fn a_cylinder_has_its_area() {
    let (branches, _) = read("one.swc", "1 1 0 0 0 7 -1\n", true);
    assert!((branches.unwrap()[0].area() - 4.0 * PI * 49.0).abs() < 1e-9);
}
