use super::*;
use homolog_base::Source;
use std::fs;

/// Opens a fit of one sweep whose recording holds a text.
fn opened(sweep: &str, recording: &str) -> Result<Recorded, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("r.txt"), recording).unwrap();
    let text = format!(
        "neuron = \"cells/two-branch\"\n[[parameter]]\nname = \"hh.gl\"\nbounds = [1e-5, 1e-3]\n[[sweep]]\nfile = \"r.txt\"\n{sweep}"
    );
    let source = Source::new(folder.path().join("fit.toml").display().to_string(), text);
    let (fit, problems) = homolog_model::file::read_fit(&source);
    assert!(problems.is_empty(), "{problems:?}");
    let said =
        |e: Vec<Diagnostic>| e.iter().map(|d| format!("{}: {}", d.message, d.hint.as_deref().unwrap_or(""))).collect::<Vec<_>>().join("\n");
    open(&fit).map(|(mut r, _)| r.remove(0)).map_err(said)
}

#[test]
fn units_are_those_that_are_said_or_stand_in_the_header() {
    let r = opened("time = { column = 1, unit = \"s\" }\nvalue = { column = \"v\" }\n", "t,v (V)\n0,-0.065\n0.5,-0.064\n").unwrap();
    assert_eq!((r.times, r.unit), (vec![0.0, 500.0], Unit::parse("V").unwrap()));
    let said = opened("time = { column = 1, unit = \"ms\" }\nvalue = { column = 2 }\n", "label:v(.5)\n2\n0 -70\n1 -69\n").unwrap_err();
    assert!(said.contains("unit of column 2 of `r.txt` is not known") && said.contains("column = 2, unit = \"mV\""), "{said}");
}

#[test]
fn columns_that_are_not_there_or_not_alone_are_refused() {
    let text = "t (ms),v (mV),v (nA)\n0,1,2\n1,2,3\n";
    let said = opened("time = { column = \"t\" }\nvalue = { column = \"v\" }\n", text).unwrap_err();
    assert!(said.contains("several columns `v`"), "{said}");
    let said = opened("time = { column = \"tt\" }\nvalue = { column = 4 }\n", text).unwrap_err();
    assert!(said.contains("no column `tt`") && said.contains("no column 4"), "all at once: {said}");
    assert_eq!(opened("time = { column = \"t\" }\nvalue = { column = \"v (nA)\" }\n", text).unwrap().values, [2.0, 3.0]);
}

#[test]
fn times_rise() {
    let said = opened("time = { column = 1, unit = \"ms\" }\nvalue = { column = 2, unit = \"mV\" }\n", "0 1\n1 1\n1 2\n").unwrap_err();
    assert!(said.contains("after 1 ms comes 1 ms"), "{said}");
    let r = opened("time = { every = \"200 us\" }\nvalue = { column = 1, unit = \"mV\" }\n", "5\n6\n7\n").unwrap();
    assert_eq!(r.times, [0.0, 0.2, 0.4]);
}

#[test]
fn a_hole_in_the_first_row_and_words_among_numbers_are_said_and_the_rest_counted() {
    let columns = "time = { column = 1, unit = \"ms\" }\nvalue = { column = 2, unit = \"mV\" }\n";
    let said = opened(columns, "0,?\n1,-70\n2,-69\n").unwrap_err();
    assert!(said.contains("`?` in column 2 is no number: a first row is a header only if nothing in it is a number"), "{said}");
    let rows: String = (0..9).map(|k| format!("{k},{}\n", if k < 2 { "1" } else { "bad" })).collect();
    let said = opened(columns, &rows).unwrap_err();
    assert_eq!(said.matches("`bad` in column 2").count(), 3, "{said}");
    assert!(said.contains("4 more fields in column 2 of `r.txt` are no numbers"), "{said}");
}
