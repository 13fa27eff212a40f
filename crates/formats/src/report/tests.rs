use super::{read, to_json, write};
use homolog_base::Report;
use homolog_base::report::{Basis, Entry, Score};

fn report(value: f64) -> Report {
    let mut r = Report { title: "accuracy — ünïcode".into(), ..Report::default() };
    r.provenance.seeds = vec![0, u64::MAX];
    r.provenance.hashes.insert("data".into(), "09f6".into());
    let mut e = Entry { name: "point".into(), ..Entry::default() };
    e.scores.insert("accuracy".into(), Score { value, sd: Some(0.1 + 0.2), unit: "1".into(), basis: Basis::Measured });
    r.entries.push(e);
    r
}

#[test]
fn a_report_reads_back_to_the_last_bit() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("out/report.json");
    for value in [1.0 / 3.0, 5e-324, f64::MAX, -0.0, 1e23] {
        write(&path, &report(value)).expect("it can be written");
        let again = read(&path).expect("it can be read");
        assert_eq!(again, report(value));
        assert_eq!(again.entries[0].scores["accuracy"].value.to_bits(), value.to_bits());
    }
}

#[test]
fn a_score_that_is_not_finite_is_refused_by_name() {
    let d = to_json(&report(f64::NAN)).expect_err("JSON has no NaN");
    assert_eq!((d.code, d.message.as_str()), ("report-not-finite", "`accuracy` of `point` is NaN, which a report cannot hold"));
}

#[test]
fn a_file_that_is_no_report_is_refused_with_its_place() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("r.json");
    std::fs::write(&path, to_json(&report(1.0)).expect("JSON").replace("\"measured\"", "\"guessed\"")).expect("a file");
    let d = read(&path).expect_err("there is no such basis");
    assert_eq!(d.code, "report-read");
    assert!(d.labels[0].1.contains("guessed"), "{d:?}");
    let line = d.position().expect("it has a place").0;
    assert!(d.source.expect("it has a source").text.lines().nth(line - 1).expect("a line").contains("guessed"));
    std::fs::write(&path, "").expect("a file");
    assert_eq!(read(&path).expect_err("empty").code, "report-read");
}
