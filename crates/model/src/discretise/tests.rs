//! What is cut is what was drawn: closed forms of cylinders and cones, the rule of the length constant by hand, and who is joined to whom.

use super::*;
use homolog_base::Source;
use std::f64::consts::PI;

fn cell(branches: &str) -> Cell {
    let text = format!(
        "{branches}
        [spike]
        branch = \"a\"
        threshold = \"0 mV\"
        surrogate = {{ shape = \"arctan\", width = \"5 mV\" }}
        [time]
        step = \"0.1 ms\"
        presentation = \"10 ms\"
        delay = \"1 ms\"
        [interface]
        rate = \"100 Hz\"
        readout = \"count\"
        activity = 1"
    );
    let (cell, problems) = crate::file::read_cell(&Source::new("cell", text), "cell", &|_: &str| (None, vec![]));
    let shown: Vec<String> = problems.iter().map(|d| d.render(false)).collect();
    cell.unwrap_or_else(|| panic!("{}", shown.join("\n")))
}

/// A branch between its first and last diameter, in a number of compartments.
fn branch(length: f64, diameters: [f64; 2], compartments: usize) -> String {
    format!(
        "[branch.a]\nlength = \"{length} um\"\ndiameter = [\"{} um\", \"{} um\"]\ncompartments = {compartments}",
        diameters[0], diameters[1]
    )
}

fn close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= 1e-12 * want.abs(), "{what}: {got} is not {want}");
}

#[test]
fn compartments_of_a_cylinder_have_the_area_and_the_resistance_of_the_closed_form() {
    for (length, d, n) in [(100.0, 2.0, 1), (100.0, 2.0, 7), (333.0, 0.4, 20), (20.0, 25.0, 3)] {
        let cut = cut(&cell(&branch(length, [d, d], n)));
        assert_eq!(cut.compartments.len(), n);
        let h = length / n as f64;
        for c in &cut.compartments {
            close(c.length, h, "length");
            close(c.area, PI * d * h, "area");
            close(c.diameter(), d, "diameter");
            // R l / (pi r^2): 1 ohm cm um / um2 = 1e4 ohm = 1e-2 MOhm.
            let half = 1e-2 * 0.5 * h / (PI * 0.25 * d * d);
            close(c.towards, half, "resistance to the beginning");
            close(c.away, half, "resistance to the end");
        }
    }
}

#[test]
fn compartments_of_a_cone_have_the_area_and_the_resistance_of_the_closed_form() {
    for (length, d, e, n) in [(100.0, 3.0, 1.0, 1), (100.0, 1.0, 3.0, 6), (8.0, 12.0, 2.0, 5), (3.0, 1.0, 20.0, 4)] {
        let cut = cut(&cell(&branch(length, [d, e], n)));
        let h = length / n as f64;
        let at = |x: f64| d + (e - d) * x / length;
        // The integral of 4 / (pi D(x)^2) for linear D.
        let resistance = |x: f64, y: f64| 1e-2 * 4.0 / (PI * (e - d) / length) * (1.0 / at(x) - 1.0 / at(y));
        for (k, c) in cut.compartments.iter().enumerate() {
            let (x, y) = (k as f64 * h, (k + 1) as f64 * h);
            let (middle, slope) = (0.5 * (x + y), (e - d) / length);
            // The side of a frustum: pi (r + R) s.
            close(c.area, PI * 0.5 * (at(x) + at(y)) * h * (1.0 + 0.25 * slope * slope).sqrt(), "area");
            let near = |got: f64, want: f64| assert!((got - want).abs() <= 1e-11 * want, "resistance {got} is not {want}");
            near(c.towards, resistance(x, middle));
            near(c.away, resistance(middle, y));
        }
    }
}

#[test]
fn area_and_resistance_of_a_branch_do_not_depend_on_the_number_of_compartments() {
    let drawn = |n: usize| {
        // Cones, a cylinder, and a step from 3 to 1 um at 40 um.
        cell(&format!("[branch.a]\npoints = [[0, 4], [13, 2.5], [40, 3], [40, 1], [77, 1], [90, 0.3]]\ncompartments = {n}"))
    };
    let frusta = [(13.0, 4.0, 2.5), (27.0, 2.5, 3.0), (37.0, 1.0, 1.0), (13.0, 1.0, 0.3f64)];
    let area: f64 = frusta.iter().map(|(h, d, e): &(f64, f64, f64)| PI * 0.5 * (d + e) * (h * h + 0.25 * (d - e) * (d - e)).sqrt()).sum();
    let resistance: f64 = frusta.iter().map(|(h, d, e)| 1e-2 * 4.0 * h / (PI * d * e)).sum();
    for n in [1, 2, 3, 4, 7, 9, 10, 18, 90, 333] {
        let cut = cut(&drawn(n));
        assert_eq!(cut.compartments.len(), n);
        close(cut.compartments.iter().map(|c| c.area).sum(), area, "area");
        close(cut.compartments.iter().map(|c| c.towards + c.away).sum(), resistance, "resistance");
    }
}

#[test]
fn the_length_constant_rule_gives_the_number_found_by_hand() {
    let counted = |membrane: &str, shape: &str, rule: &str| {
        let rule = if rule.is_empty() { "d-lambda = 0.1" } else { rule };
        let cell = cell(&format!("[membrane]\n{membrane}\n[discretisation]\n{rule}\n[branch.a]\n{shape}"));
        count(&cell, &cell.branches[0])
    };
    // 1e5 sqrt(2 / (4 pi 100 Hz 100 ohm cm 1 uF/cm2)) = 398.94 um; 500 / 39.894 = 12.53.
    assert_eq!(counted("", "length = \"500 um\"\ndiameter = \"2 um\"", ""), 13);
    // Half the fraction: 25.07.
    assert_eq!(counted("", "length = \"500 um\"\ndiameter = \"2 um\"", "d-lambda = 0.05"), 26);
    // Four times R c, half the length constant: 25.07 too.
    let heavy = "resistivity = \"200 ohm-cm\"\ncapacitance = \"2 uF/cm2\"";
    assert_eq!(counted(heavy, "length = \"500 um\"\ndiameter = \"2 um\"", ""), 26);
    // Shorter than one compartment may be.
    assert_eq!(counted("", "length = \"10 um\"\ndiameter = \"10 um\"", ""), 1);
    // Two cylinders of 100 um: 282.09 um at 1 um and 564.19 um at 4 um make 0.35449 + 0.17725 = 0.53174.
    assert_eq!(counted("", "points = [[0, 1], [100, 1], [100, 4], [200, 4]]", ""), 6);
    // The other rules.
    assert_eq!(counted("", "length = \"500 um\"\ndiameter = \"2 um\"", "max-length = \"50 um\""), 10);
    assert_eq!(counted("", "length = \"501 um\"\ndiameter = \"2 um\"", "max-length = \"50 um\""), 11);
    assert_eq!(counted("", "length = \"500 um\"\ndiameter = \"2 um\"", "per-branch = 3"), 3);
}

#[test]
fn a_branch_with_one_child_has_no_junction_and_one_with_two_has_one() {
    let piece = |name: &str, parent: Option<&str>, n: usize| {
        let parent = parent.map(|p| format!("parent = \"{p}\"\n")).unwrap_or_default();
        format!("[branch.{name}]\n{parent}length = \"30 um\"\ndiameter = \"2 um\"\ncompartments = {n}\n")
    };
    let one = cut(&cell(&(piece("a", None, 2) + &piece("b", Some("a"), 2))));
    assert!(one.junctions.is_empty(), "{:?}", one.junctions);
    assert_eq!(one.above, [Above::Nothing, Above::EndOf(0), Above::EndOf(1), Above::EndOf(2)]);
    let two = cut(&cell(&(piece("a", None, 2) + &piece("b", Some("a"), 2) + &piece("c", Some("a"), 1))));
    assert_eq!(two.junctions, [Joint::End(1)]);
    assert_eq!(two.above, [Above::Nothing, Above::EndOf(0), Above::Junction(0), Above::EndOf(2), Above::Junction(0)]);
    let three = cut(&cell(
        &(piece("a", None, 1)
            + &piece("b", Some("a"), 1)
            + &piece("c", Some("a"), 1)
            + &piece("d", Some("a"), 1)
            + &piece("e", Some("d"), 1)
            + &piece("f", Some("d"), 1)),
    ));
    assert_eq!(three.junctions, [0, 3].map(Joint::End), "one for each branch at whose end several begin");
    assert_eq!(three.above[1..], [0, 0, 0, 1, 1].map(Above::Junction));
}

#[test]
fn a_place_on_a_branch_lies_in_the_compartment_that_holds_it() {
    let cut = cut(&cell(&branch(100.0, [2.0, 2.0], 4)));
    let at = |x: f64| cut.at(0, x);
    assert_eq!([0.0, 0.24, 0.25, 0.5, 0.74, 0.75, 1.0].map(at), [0, 0, 1, 2, 2, 3, 3]);
}

#[test]
fn a_branch_may_begin_anywhere_on_its_parent_and_hangs_on_the_middle_of_a_compartment() {
    let piece =
        |name: &str, more: &str, n: usize| format!("[branch.{name}]\n{more}length = \"30 um\"\ndiameter = \"2 um\"\ncompartments = {n}\n");
    let begins = |at: &str| format!("parent = \"a\"\n{at}\n");
    let all =
        piece("a", "", 3) + &piece("b", &begins("at = 0.5"), 1) + &piece("c", &begins("at = 1"), 1) + &piece("d", &begins("at = 0.1"), 1);
    let made = cut(&cell(&all));
    assert!(made.junctions.is_empty(), "one alone begins at the end");
    let middle = Above::MiddleOf;
    assert_eq!(made.above, [Above::Nothing, Above::EndOf(0), Above::EndOf(1), middle(1), Above::EndOf(2), middle(0)]);
}

#[test]
fn what_begins_at_0_begins_where_its_parent_does() {
    let piece = |name: &str, parent: &str, more: &str, n: usize| {
        let parent = if parent.is_empty() { String::new() } else { format!("parent = \"{parent}\"\n") };
        format!("[branch.{name}]\n{parent}{more}\nlength = \"30 um\"\ndiameter = \"2 um\"\ncompartments = {n}\n")
    };
    // At the beginning of the first branch: a junction, of one or of several.
    let root = piece("a", "", "", 2);
    let one = cell(&(root.clone() + &piece("b", "a", "at = 0", 1)));
    let made = cut(&one);
    assert_eq!(
        (made.junctions.clone(), made.above.clone()),
        (vec![Joint::Beginning(0)], vec![Above::Nothing, Above::EndOf(0), Above::Junction(0)])
    );
    // Half the first branch, half its own.
    assert_eq!(made.places(&one).iter().map(|p| p.distance).collect::<Vec<_>>(), [7.5, 7.5, 30.0]);
    let more = root.clone() + &piece("b", "a", "at = 0", 1) + &piece("c", "a", "", 1) + &piece("d", "a", "at = 0.0", 1);
    let more = cut(&cell(&(more + &piece("e", "b", "at = 0", 1))));
    assert_eq!(more.junctions, [Joint::Beginning(0)]);
    assert_eq!(more.above[2..], [Above::Junction(0), Above::EndOf(1), Above::Junction(0), Above::Junction(0)]);
    // At the beginning of another branch: beside it, at the end of its parent or in the middle.
    let beside = root.clone() + &piece("b", "a", "", 2) + &piece("c", "b", "at = 0", 1);
    let of = cell(&beside);
    let made = cut(&of);
    assert_eq!(made.junctions, [Joint::End(1)]);
    assert_eq!(made.above[2..], [Above::Junction(0), Above::EndOf(2), Above::Junction(0)]);
    assert_eq!(made.places(&of)[4].distance, 30.0);
    let middle = cut(&cell(&(root + &piece("b", "a", "at = 0.3", 1) + &piece("c", "b", "at = 0", 1))));
    assert!(middle.junctions.is_empty());
    assert_eq!(middle.above[2..], [Above::MiddleOf(0); 2]);
}

#[test]
fn neurons_rule_gives_odd_numbers_begins_at_the_middle_of_the_soma_and_counts_rings() {
    let text = "
        [branch.soma]
        points = [[0, 10], [5, 10], [5, 20], [20, 20]]
        [branch.a]
        parent = \"soma\"
        length = \"500 um\"
        diameter = \"2 um\"
        [branch.b]
        parent = \"a\"
        length = \"20 um\"
        diameter = \"2 um\"
        [discretisation]
        neuron = 0.1";
    let made = cut(&cell(text));
    let lambda = 1e5 * (2.0 / (4.0 * PI * 100.0 * 100.0)).sqrt();
    let n = |length: f64| ((length / (0.1 * lambda) + 0.9) / 2.0) as usize * 2 + 1;
    assert_eq!(made.first, [0, 1, 1 + n(500.0), 1 + n(500.0) + n(20.0)]);
    assert_eq!((made.above[1], n(500.0) % 2, n(20.0)), (Above::MiddleOf(0), 1, 1));
    let ring = 0.25 * PI * (400.0 - 100.0);
    close(made.compartments[0].area, PI * (10.0 * 5.0 + 20.0 * 15.0) + ring, "soma");
}

#[test]
fn how_finely_a_cell_is_cut_is_told_in_length_constants() {
    let text = "
        [branch.soma]
        length = \"20 um\"
        diameter = \"20 um\"
        [branch.a]
        parent = \"soma\"
        length = \"500 um\"
        diameter = \"2 um\"
        [branch.b]
        parent = \"a\"
        region = \"a\"
        length = \"300 um\"
        diameter = \"2 um\"
        compartments = 2";
    let f = fineness(&cell(text)).unwrap();
    // 398.94 um at 100 Hz: 13 compartments of 38.46 um, 2 of 150 um.
    assert_eq!((f.rule.as_str(), f.by_branch, f.compartments), ("d-lambda 0.1", 1, 16));
    assert_eq!(f.regions, [("soma".to_string(), 1), ("a".to_string(), 15)]);
    assert_eq!((f.shortest.branch.as_str(), f.shortest.length), ("soma", 20.0));
    assert_eq!((f.longest.branch.as_str(), f.longest.length, f.coarse), ("b", 150.0, 2));
    close(f.coarsest.electrotonic, 150.0 / (1e5 * (2.0 / (4.0 * PI * 100.0 * 100.0)).sqrt()), "150 um");
    let d = coarse(&cell(text)).unwrap();
    assert_eq!(
        d.message,
        "a compartment of `b` in `cell` is 0.38 length constants (at 100 Hz) long, 150 um, and 1 more are longer than a third"
    );
    assert_eq!(coarse(&cell(&text.replace("compartments = 2", ""))), None);
}

#[test]
fn cones_of_a_branch_meet_at_its_points_and_a_step_in_diameter_is_none() {
    let point = |along, diameter, x| crate::cell::Point { along, diameter, position: Some([x, 0.0, 0.0]) };
    let points = vec![point(0.0, 2.0, 5.0), point(4.0, 6.0, 9.0), point(4.0, 1.0, 9.0), point(10.0, 1.0, 15.0)];
    let branch = Branch { points, ..cell(&branch(1.0, [1.0, 1.0], 1)).branches.remove(0) };
    let found: Vec<_> = branch.cones(1.0, 7.0).collect();
    assert_eq!(found.iter().map(|c| c.along).collect::<Vec<_>>(), [(1.0, 4.0), (4.0, 7.0)]);
    assert_eq!(found.iter().map(|c| c.diameters).collect::<Vec<_>>(), [(3.0, 6.0), (1.0, 1.0)]);
    assert_eq!(found[0].positions, Some([[6.0, 0.0, 0.0], [9.0, 0.0, 0.0]]));
    assert_eq!(found[0].area(), PI * 4.5 * (9.0f64 + 2.25).sqrt());
    assert_eq!(branch.diameter(), (4.0 * 4.0 + 1.0 * 6.0) / 10.0);
    assert!(branch.cones(4.0, 4.0).next().is_none());
}
