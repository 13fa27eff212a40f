use super::{Table, write_csv, write_parquet};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::fs;

fn table() -> Table {
    let column = |name: &str, unit: &str, numbers: &[f64]| (name.to_string(), unit.to_string(), numbers.to_vec());
    Table {
        columns: vec![
            column("t", "ms", &[0.1, 0.2, 0.30000000000000004]),
            column("a,b[0].\"soma\"(0.5).v", "mV", &[-65.0, f64::NAN, f64::MIN_POSITIVE]),
            column("line\nbreak", "1", &[1e300, -0.0, f64::NEG_INFINITY]),
        ],
    }
}

/// Fields of RFC 4180, written anew for the test.
fn parse(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let (mut inside, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        let row = rows.last_mut().unwrap();
        match c {
            '"' if inside && chars.peek() == Some(&'"') => row.last_mut().unwrap().push(chars.next().unwrap()),
            '"' => inside = !inside,
            ',' if !inside => row.push(String::new()),
            '\r' if !inside && chars.peek() == Some(&'\n') => {
                chars.next();
                rows.push(vec![String::new()]);
            }
            c => row.last_mut().unwrap().push(c),
        }
    }
    assert_eq!(rows.pop(), Some(vec![String::new()]), "the last line has an end too");
    rows
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

#[test]
fn csv_reads_back_bit_for_bit_with_commas_quotes_and_line_breaks_in_names() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.csv");
    write_csv(&path, &table()).unwrap();
    let rows = parse(&fs::read_to_string(path).unwrap());
    assert_eq!(rows[0], ["t (ms)", "a,b[0].\"soma\"(0.5).v (mV)", "line\nbreak (1)"]);
    assert_eq!(rows.len(), 4);
    for (r, row) in rows[1..].iter().enumerate() {
        for (field, (_, _, numbers)) in row.iter().zip(&table().columns) {
            assert!(same(field.parse().unwrap(), numbers[r]), "{field}");
        }
    }
    assert_eq!(rows[1], ["0.1", "-65", "1e300"]);
    assert_eq!(rows[2][1], "NaN");
}

#[test]
fn parquet_reads_back_bit_for_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_parquet(&path, &table()).unwrap();
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 3);
    let headers: Vec<String> = table().headers().collect();
    for (r, row) in reader.get_row_iter(None).unwrap().enumerate() {
        let row = row.unwrap();
        let fields: Vec<(&String, &Field)> = row.get_column_iter().collect();
        assert_eq!(fields.len(), 3);
        for (k, (name, field)) in fields.into_iter().enumerate() {
            assert_eq!(*name, headers[k]);
            let Field::Double(x) = field else { panic!("{field}") };
            assert!(same(*x, table().columns[k].2[r]), "{x}");
        }
    }
}

#[test]
fn a_table_without_rows_has_headers_and_one_without_columns_has_nothing() {
    let mut t = table();
    t.columns.iter_mut().for_each(|c| c.2.clear());
    assert_eq!(parse(&t.to_csv().unwrap()).len(), 1);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_parquet(&path, &t).unwrap();
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let meta = reader.metadata().file_metadata();
    assert_eq!((meta.num_rows(), meta.schema().get_fields().len()), (0, 3));
    assert_eq!(Table::default().to_csv().unwrap(), "");
    assert!(!Table::default().to_parquet().unwrap().is_empty());
}

#[test]
fn columns_of_different_lengths_are_refused_and_nothing_is_written() {
    let mut t = table();
    t.columns[1].2.pop();
    let dir = tempfile::tempdir().unwrap();
    for d in [write_csv(&dir.path().join("t"), &t), write_parquet(&dir.path().join("t"), &t)] {
        assert_eq!(d.unwrap_err().code, "traces-shape");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}
