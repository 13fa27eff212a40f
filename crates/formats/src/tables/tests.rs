use super::*;

fn table(text: &str) -> Columns {
    of_text(&Source::new("t.txt", text)).unwrap()
}

fn refused(text: &str) -> String {
    of_text(&Source::new("t.txt", text)).unwrap_err().iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n")
}

#[test]
fn columns_are_found_whatever_parts_them() {
    for text in ["0,1\n2,3\n", "0;1\r\n2;3", "0\t1\n\n2\t3\n", "# a\n% b\n 0   1 \n2 3\n", "\"0\", 1\n2,\"3\"\n"] {
        assert_eq!(table(text).numbers, [[0.0, 2.0], [1.0, 3.0]], "{text}");
    }
}

#[test]
fn a_header_is_a_first_row_without_any_number() {
    let t = table("t (ms),\"v, at the soma (mV)\"\n0,-65\n0.1,-64\n");
    assert_eq!(t.headers, ["t (ms)", "v, at the soma (mV)"]);
    assert_eq!(t.numbers[1], [-65.0, -64.0]);
    assert_eq!(table("time v\n0 1\n").headers, ["time", "v"]);
    assert_eq!(table("0 1\n").headers, ["", ""]);
    // A hole in the first row is no header: nothing that was recorded is dropped.
    let t = table("0,x\n1,2\n");
    assert_eq!((t.headers[1].as_str(), t.rows.spans.len()), ("", 2));
    assert_eq!(t.strange[1], Strange { count: 1, first: vec![(0, "x".into())] });
}

#[test]
fn vectors_of_neuron_say_how_long_they_are() {
    let t = table("label:v(.5)\n2\n0\t-70\n0.025\t-69\n");
    assert_eq!((t.headers[1].as_str(), &t.numbers[1][..]), ("v(.5)", &[-70.0, -69.0][..]));
    assert!(refused("label:v(.5)\n3\n0\t-70\n0.025\t-69\n").contains("says that 3 rows follow, but there are 2"));
    assert!(refused("label:v(.5)\n0\t-70\n0.025\t-69\n").contains("how many rows follow"));
}

#[test]
fn what_is_no_number_is_kept_with_its_place_and_rows_of_other_lengths_are_refused() {
    let t = table("0,1\n2,x\n");
    assert_eq!(t.strange, [Strange::default(), Strange { count: 1, first: vec![(1, "x".into())] }]);
    assert!(t.numbers[1][1].is_nan());
    assert_eq!(&t.rows.source.as_ref().unwrap().text[t.rows.spans[1].start..t.rows.spans[1].end], "2,x");
    assert!(refused("0,1\n2\n3,4,5\n").contains("a row of 1 fields among rows of 2"));
    assert!(refused("# nothing\n").contains("holds no numbers"));
}

#[test]
fn each_column_has_its_own_strange_fields_of_which_the_first_are_kept() {
    let rows: String = (0..20).map(|k| format!("{k},cell,{}\n", if k == 19 { "bad" } else { "1" })).collect();
    let t = table(&rows);
    assert_eq!((t.strange[1].count, t.strange[1].first.len()), (20, SHOWN_OF_COLUMN));
    assert_eq!(t.strange[2].first, [(19, "bad".to_string())], "the words of another column hide nothing");
}

/// A Parquet file of this schema whose leaves hold these numbers, 32 bits each.
fn parquet(schema: &str, leaves: &[&[i32]]) -> tempfile::NamedTempFile {
    use parquet::data_type::Int32Type;
    use parquet::file::{properties::WriterProperties, writer::SerializedFileWriter};
    let schema = Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let file = tempfile::NamedTempFile::new().unwrap();
    let properties = Arc::new(WriterProperties::builder().set_dictionary_enabled(false).build());
    let mut writer = SerializedFileWriter::new(file.reopen().unwrap(), schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for leaf in leaves {
        let mut column = group.next_column().unwrap().unwrap();
        match column.untyped() {
            parquet::column::writer::ColumnWriter::Int64ColumnWriter(w) => {
                let wide: Vec<i64> = leaf.iter().map(|x| i64::from(*x)).collect();
                w.write_batch(&wide, None, None).unwrap();
            }
            _ => _ = column.typed::<Int32Type>().write_batch(leaf, None, None).unwrap(),
        }
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    file
}

#[test]
fn columns_of_parquet_that_are_nested_move_no_other() {
    let schema = "message m { required group place { required int32 x; required int32 y; } required int32 t; required int32 v; }";
    let file = parquet(schema, &[&[1, 2], &[3, 4], &[0, 10], &[-70, -69]]);
    let (t, _) = read(file.path()).unwrap();
    assert_eq!(t.headers, ["place", "t", "v"]);
    assert_eq!((&t.numbers[1][..], &t.numbers[2][..]), (&[0.0, 10.0][..], &[-70.0, -69.0][..]));
    assert!(t.strange[0].count == 2 && t.numbers[0].iter().all(|x| x.is_nan()));
}

#[test]
fn whole_numbers_of_parquet_without_a_sign_are_numbers() {
    let kinds =
        [("int32", "INTEGER(8, false)"), ("int32", "INTEGER(16, false)"), ("int32", "INTEGER(32, false)"), ("int64", "INTEGER(64, false)")];
    let fields: String = kinds.iter().enumerate().map(|(k, (physical, kind))| format!("required {physical} c{k} ({kind}); ")).collect();
    let file = parquet(&format!("message m {{ {fields} }}"), &[&[200], &[60_000], &[-1], &[7]]);
    let (t, _) = read(file.path()).unwrap();
    assert_eq!(t.numbers, [[200.0], [60_000.0], [f64::from(u32::MAX)], [7.0]]);
}

#[test]
fn a_parquet_file_with_wrong_bytes_is_read_or_refused_without_panic() {
    let whole = std::fs::read(parquet("message m { required int32 t; required int64 v; }", &[&[0, 1, 2], &[5, 6, 7]]).path()).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let key = homolog_base::Key::new(3);
    let draw = |k: u64, what: u64, below: usize| (key.uniform(k, what) * below as f64) as usize;
    for k in 0..4000 {
        let mut bytes = whole.clone();
        for n in 0..1 + k % 3 {
            let at = 4 + draw(k, 2 * n, bytes.len() - 4);
            bytes[at] = draw(k, 2 * n + 1, 256) as u8;
        }
        bytes.truncate(bytes.len() - if k % 10 == 0 { draw(k, 9, 20) } else { 0 });
        std::fs::write(file.path(), bytes).unwrap();
        if let Ok((t, _)) = read(file.path()) {
            assert!(t.numbers.iter().all(|c| c.len() == t.numbers[0].len()));
        }
    }
}
