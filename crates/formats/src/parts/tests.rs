use super::{Column, Growing, Kind};
use crate::traces::Table;
use homolog_model::Checkpoint;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn columns() -> Vec<Column> {
    vec![
        Column { header: "population".into(), kind: Kind::Word(vec!["exc".into(), "in,h".into()]) },
        Column { header: "neuron".into(), kind: Kind::Whole },
        Column::real("time (ms)"),
    ]
}

fn row(k: usize) -> [f64; 3] {
    [(k % 3 / 2) as f64, (k * 7 % 11) as f64, k as f64 * 0.1]
}

fn rows(range: std::ops::Range<usize>) -> Vec<f64> {
    range.flat_map(row).collect()
}

fn table(folder: &Path, rows: usize) -> Growing {
    Growing::new(folder.join("raster"), columns(), true, true, rows)
}

/// All files of a folder and their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            out.extend(files(&path).into_iter().map(|(k, v)| (format!("{name}/{k}"), v)));
        } else {
            out.insert(name, fs::read(path).unwrap());
        }
    }
    out
}

#[test]
fn a_table_in_parts_reads_back_and_its_csv_is_that_of_the_whole() {
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut one = table(whole.path(), 1000);
    one.push(&rows(0..25)).unwrap();
    assert_eq!(one.finish().unwrap().len(), 2);
    let mut many = table(parts.path(), 10);
    for k in (0..25).step_by(5) {
        many.push(&rows(k..k + 5)).unwrap();
    }
    assert_eq!(many.len(), 25);
    many.finish().unwrap();
    assert_eq!(files(whole.path()).keys().collect::<Vec<_>>(), ["raster.csv", "raster.parquet"]);
    let found = files(parts.path());
    let names =
        ["raster.csv", "raster.parquet/part-00000.parquet", "raster.parquet/part-00001.parquet", "raster.parquet/part-00002.parquet"];
    assert_eq!(found.keys().collect::<Vec<_>>(), names);
    assert_eq!(found["raster.csv"], files(whole.path())["raster.csv"]);
    let text = String::from_utf8(found["raster.csv"].clone()).unwrap();
    assert_eq!(text.lines().take(4).collect::<Vec<_>>(), ["population,neuron,time (ms)", "exc,0,0", "exc,7,0.1", "\"in,h\",3,0.2"]);
    let mut k = 0;
    for name in &names[1..] {
        let reader = SerializedFileReader::try_from(parts.path().join(name).as_path()).unwrap();
        for found in reader.get_row_iter(None).unwrap() {
            let fields: Vec<Field> = found.unwrap().get_column_iter().map(|(_, f)| f.clone()).collect();
            let [p, n, t] = row(k);
            let word = ["exc", "in,h"][p as usize];
            assert_eq!(fields, [Field::Str(word.into()), Field::Int(n as i32), Field::Double(t)]);
            k += 1;
        }
    }
    assert_eq!(k, 25);
}

#[test]
fn a_table_of_numbers_has_the_csv_of_a_table_that_is_there_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = [0.1, f64::NAN, 1e300, -0.0, f64::NEG_INFINITY, 3.0];
    let mut growing = Growing::new(folder.path().join("t"), vec![Column::real("a (1)"), Column::real("b,c (mV)")], true, false, 2);
    growing.push(&numbers).unwrap();
    growing.finish().unwrap();
    let column =
        |name: &str, unit: &str, k: usize| (name.to_string(), unit.to_string(), numbers.iter().skip(k).step_by(2).copied().collect());
    let table = Table { columns: vec![column("a", "1", 0), column("b,c", "mV", 1)] };
    assert_eq!(fs::read_to_string(folder.path().join("t.csv")).unwrap(), table.to_csv().unwrap());
}

#[test]
fn what_came_after_a_checkpoint_is_taken_away_and_comes_again_with_the_same_bytes() {
    let (whole, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let write = |folder: &Path, from: usize, to: usize| {
        let mut t = table(folder, 4);
        t.begin().unwrap();
        t.push(&rows(from..to)).unwrap();
        t
    };
    write(whole.path(), 0, 30).finish().unwrap();
    for at in 0..30 {
        // Some rows, a checkpoint, more rows, and the end of the process.
        let mut first = write(cut.path(), 0, at);
        let mut checkpoint = Checkpoint::default();
        first.save("raster", &mut checkpoint);
        first.push(&rows(at..(at + 11).min(30))).unwrap();
        fs::create_dir_all(cut.path().join("raster.parquet")).unwrap();
        fs::write(cut.path().join("raster.parquet/.part-00009.parquet.17-0.tmp"), "half").unwrap();
        let mut second = table(cut.path(), 4);
        second.load("raster", &checkpoint).unwrap();
        second.begin().unwrap();
        assert_eq!(second.len(), at);
        second.push(&rows(at..30)).unwrap();
        second.finish().unwrap();
        second.finish().unwrap();
        assert!(files(cut.path()) == files(whole.path()), "cut at {at}");
    }
}

#[test]
fn a_shorter_run_in_the_same_folder_leaves_nothing_of_the_longer() {
    let folder = tempfile::tempdir().unwrap();
    for (n, parts) in [(30, 8), (9, 3), (3, 0), (30, 8), (2, 0)] {
        let mut t = table(folder.path(), 4);
        t.begin().unwrap();
        t.push(&rows(0..n)).unwrap();
        t.finish().unwrap();
        let path = folder.path().join("raster.parquet");
        assert_eq!(if path.is_dir() { fs::read_dir(path).unwrap().count() } else { 0 }, parts);
        assert_eq!(fs::read_to_string(folder.path().join("raster.csv")).unwrap().lines().count(), n + 1);
    }
}

#[test]
fn what_a_checkpoint_speaks_of_and_is_gone_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut t = table(folder.path(), 4);
    t.push(&rows(0..13)).unwrap();
    t.begin().unwrap();
    fs::write(folder.path().join("raster.csv"), "short").unwrap();
    let d = t.begin().unwrap_err();
    assert!(d.code == "resume-missing" && d.message.contains("has 5 bytes"), "{d:?}");
    fs::remove_file(folder.path().join("raster.parquet/part-00001.parquet")).unwrap();
    let d = t.begin().unwrap_err();
    assert!(d.code == "resume-missing" && d.message.contains("part-00001"), "{d:?}");
}

#[test]
fn a_checkpoint_that_does_not_fit_is_refused_by_name() {
    let mut t = table(Path::new(""), 4);
    let mut checkpoint = Checkpoint::default();
    assert_eq!(t.load("raster", &checkpoint), Err("table.raster/open".into()));
    checkpoint.arrays.insert("table.raster/open".into(), (vec![4], vec![0.0; 4]));
    assert_eq!(t.load("raster", &checkpoint), Err("table.raster/open".into()));
    checkpoint.arrays.insert("table.raster/open".into(), (vec![3], vec![0.0; 3]));
    assert_eq!(t.load("raster", &checkpoint), Err("table.raster.closed".into()));
}
