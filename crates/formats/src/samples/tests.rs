use super::{csv, open, open_with};
use flate2::{Compression, write::GzEncoder};
use homolog_base::Diagnostic;
use homolog_model::Samples;
use std::fs;
use std::io::Write;
use std::path::Path;

fn shown(all: &[Diagnostic]) -> String {
    all.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n\n")
}

fn table(text: &str) -> Result<Samples, Vec<Diagnostic>> {
    csv::read("my.csv", text.as_bytes())
}

fn refused(text: &str) -> Vec<Diagnostic> {
    table(text).expect_err("it must be refused")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut w = GzEncoder::new(Vec::new(), Compression::fast());
    w.write_all(bytes).expect("memory");
    w.finish().expect("memory")
}

#[test]
fn the_digits_are_those_of_uci() {
    let s = open("digits8x8", Path::new(".")).expect("they ship");
    assert_eq!((s.len(), s.features, s.classes, s.picture), (1797, 64, 10, Some((8, 8))));
    assert_eq!(s.values.len(), 1797 * 64);
    assert!(s.values.iter().all(|v| (0.0..=1.0).contains(v)));
    assert_eq!(s.sample(0)[..6], [0.0, 0.0, 5.0 / 16.0, 13.0 / 16.0, 9.0 / 16.0, 1.0 / 16.0]);
    assert_eq!(s.labels[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let mut per_class = [0; 10];
    s.labels.iter().for_each(|l| per_class[*l as usize] += 1);
    assert_eq!(per_class, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180], "counts of the UCI test part");
    assert_eq!(s.hash.map(|h| h.hex()).as_deref(), Some("09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"));
    assert_eq!(s.own_test_from, None);
}

#[test]
fn tables_are_read_in_the_forms_they_are_found_in() {
    let plain = table("1,2.5,0\n-3e-1,4,1\n").expect("plain");
    assert_eq!((plain.features, plain.classes, plain.labels.clone(), plain.values.clone()), (2, 2, vec![0, 1], vec![1.0, 2.5, -0.3, 4.0]));
    let same = |text: &str| assert_eq!(table(text).map_err(|e| shown(&e)).as_ref(), Ok(&plain), "{text}");
    same("a,b,class\r\n1,2.5,0\r\n-3e-1,4,1\r\n");
    same("\u{FEFF}1;2.5;0\n\n-0.3;4;1");
    same("1\t2.5\t0\n-0.3\t4\t1.0\n\n");
    same("\"a\",\"b\",\"c\"\n \"1\" , \"2.5\" ,\"0\"\n-.3,4,1");
}

#[test]
fn not_a_number_is_shown_with_file_line_and_column() {
    let d = refused("a,b,c\n1,2,0\n3,NaN,1\n-inf,4,0\n");
    assert_eq!(
        d.iter().map(|d| (d.code, d.position())).collect::<Vec<_>>(),
        [("data-not-finite", Some((3, 3))), ("data-not-finite", Some((4, 1)))]
    );
    insta::assert_snapshot!(shown(&d));
}

#[test]
fn every_kind_of_bad_row_is_shown_at_once() {
    insta::assert_snapshot!(shown(&refused("1,2,0\n1,x,1\n1,2\n1,2,3,1\n1,,2\n1,2,1.5\n1,2,-1\n1,2,70000\n")));
}

#[test]
fn a_header_that_is_half_numbers_is_not_taken_for_one_in_silence() {
    let d = refused("0,1,class\n5,6,1\n");
    assert_eq!((d.len(), d[0].code), (1, "data-class"));
}

#[test]
fn many_problems_are_counted_and_the_first_are_shown() {
    let d = refused(&("1,2,0\n".to_string() + &"x,2,0\n".repeat(100)));
    assert_eq!(d.len(), 11);
    assert_eq!(d[10].message, "90 more problems in `my.csv`");
}

#[test]
fn tables_without_samples_are_refused() {
    for text in ["", "\n\n", "a,b,c\n", "\u{FEFF}"] {
        assert_eq!(refused(text)[0].code, "data-empty", "{text:?}");
    }
    assert_eq!(refused("1\n2\n")[0].code, "data-columns");
    assert!(csv::read("x", &[0xFF, 0xFE, 0x00, b'\n', b'1', b',', b'2', 0xE9]).is_err());
}

#[test]
fn a_path_is_relative_to_the_model_file_and_may_be_compressed() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::create_dir(dir.path().join("d")).expect("a folder");
    fs::write(dir.path().join("d/my.csv.gz"), gzip(b"1,2,0\n3,4,1\n")).expect("a file");
    let s = open("d/my.csv.gz", dir.path()).expect("it is there");
    assert_eq!((s.name.as_str(), s.len(), s.features), ("my", 2, 2));
    assert_eq!(s.hash, Some(homolog_base::Hash::of(&fs::read(dir.path().join("d/my.csv.gz")).expect("a file"))));
    let whole = fs::read(dir.path().join("d/my.csv.gz")).expect("a file");
    fs::write(dir.path().join("cut.csv.gz"), &whole[..whole.len() - 9]).expect("a file");
    assert_eq!(open("cut.csv.gz", dir.path()).expect_err("truncated")[0].code, "data-gzip");
    fs::write(dir.path().join("noise.csv.gz"), [0x1F, 0x8B, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]).expect("a file");
    assert_eq!(open("noise.csv.gz", dir.path()).expect_err("noise")[0].code, "data-gzip");
}

#[test]
fn a_name_that_is_nothing_is_compared_with_those_that_ship() {
    let dir = tempfile::tempdir().expect("a folder");
    let d = &open("digits8", dir.path()).expect_err("no such dataset")[0];
    assert_eq!(d.hint.as_deref(), Some("did you mean `digits8x8`?"));
    let d = &open("other", dir.path()).expect_err("no such dataset")[0];
    assert_eq!(d.hint.as_deref(), Some("known here: digits8x8, mnist"));
    fs::write(dir.path().join("my.csv"), "1,2,0").expect("a file");
    let d = &open("mi.csv", dir.path()).expect_err("no such file")[0];
    assert!(d.hint.as_ref().is_some_and(|h| h.contains("my.csv")), "{d:?}");
}

#[test]
fn mnist_without_a_folder_says_what_to_put_where() {
    let d = &open_with("mnist", Path::new("."), None).expect_err("not there")[0];
    assert!(d.message.contains("HOMOLOG_DATA is not set"));
    assert!(d.hint.as_ref().is_some_and(|h| h.contains("train-images-idx3-ubyte.gz")));
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(open_with("mnist", Path::new("."), Some(dir.path())).expect_err("not there")[0].code, "data-no-folder");
    fs::create_dir(dir.path().join("mnist")).expect("a folder");
    let all = open_with("mnist", Path::new("."), Some(dir.path())).expect_err("empty");
    assert_eq!(all.len(), 4, "all four files are missing, and all four are named");
}

fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0, 8, dims.len() as u8];
    dims.iter().for_each(|d| out.extend(d.to_be_bytes()));
    out.extend(data);
    out
}

/// A folder with a tiny dataset: 3 and 2 pictures of 2 x 2.
fn quadruple() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let pixels: Vec<u8> = (0..12).map(|k| k * 20).collect();
    fs::write(dir.path().join("train-images-idx3-ubyte.gz"), gzip(&idx(&[3, 2, 2], &pixels))).expect("a file");
    fs::write(dir.path().join("train-labels-idx1-ubyte"), idx(&[3], &[4, 0, 1])).expect("a file");
    fs::write(dir.path().join("t10k-images.idx3-ubyte"), idx(&[2, 2, 2], &[255; 8])).expect("a file");
    fs::write(dir.path().join("t10k-labels-idx1-ubyte.gz"), gzip(&idx(&[2], &[2, 3]))).expect("a file");
    dir
}

#[test]
fn four_idx_files_become_one_dataset_with_a_test_part_of_its_own() {
    let dir = quadruple();
    let s = open(".", dir.path()).expect("it is there");
    assert_eq!((s.len(), s.features, s.classes, s.picture, s.own_test_from), (5, 4, 5, Some((2, 2)), Some(3)));
    assert_eq!(s.labels, [4, 0, 1, 2, 3]);
    assert_eq!(s.sample(0), [0.0, 20.0 / 255.0, 40.0 / 255.0, 60.0 / 255.0]);
    assert_eq!(s.sample(4), [1.0; 4]);
}

#[test]
fn idx_files_that_do_not_fit_are_refused_by_what_is_wrong() {
    let check = |file: &str, bytes: &[u8], words: &str| {
        let dir = quadruple();
        fs::write(dir.path().join(file), bytes).expect("a file");
        let d = open(".", dir.path()).expect_err("it must be refused");
        assert!(d.iter().any(|d| d.message.contains(words)), "{words}: {}", shown(&d));
    };
    check("train-labels-idx1-ubyte.gz", &idx(&[2], &[1, 2]), "has 3 images, but");
    check("train-labels-idx1-ubyte.gz", &idx(&[3, 2, 2], &[0; 12]), "has 3 dimensions, expected 1");
    check("train-images-idx3-ubyte.gz", &idx(&[3, 2, 2], &[0; 11]), "has 27 bytes, but its header speaks of 28");
    check("train-images-idx3-ubyte.gz", &idx(&[3, 4, 1], &[0; 12]), "4 x 1 pixels, the test images 2 x 2");
    check("train-images-idx3-ubyte.gz", &idx(&[u32::MAX; 3], &[]), "its header speaks of");
    check("train-images-idx3-ubyte.gz", &[0, 0, 13, 3, 0], "type 0x0d");
    check("train-images-idx3-ubyte.gz", b"<html>not found</html>", "is not an IDX file");
    check("train-images-idx3-ubyte.gz", b"", "is not an IDX file");
    check("train-images-idx3-ubyte.gz", &[0, 0, 8, 3, 0, 0], "its header speaks of more");
}

/// Needs the four files; run with `HOMOLOG_DATA` set.
#[test]
fn mnist_is_mnist_where_it_is_installed() {
    if super::data_folder().is_none() {
        return;
    }
    let start = std::time::Instant::now();
    let s = open("mnist", Path::new(".")).map_err(|e| shown(&e)).expect("it is installed");
    let took = start.elapsed();
    assert_eq!((s.len(), s.features, s.classes, s.picture, s.own_test_from), (70_000, 784, 10, Some((28, 28)), Some(60_000)));
    assert_eq!(s.labels[..5], [5, 0, 4, 1, 9]);
    assert_eq!(s.labels[60_000..60_005], [7, 2, 1, 0, 4]);
    let mean = s.values[..60_000 * 784].iter().sum::<f64>() / (60_000.0 * 784.0);
    assert!((mean - 0.130_66).abs() < 1e-5, "the mean that everyone subtracts: {mean}");
    eprintln!("MNIST took {took:?}");
    assert!(cfg!(debug_assertions) || took.as_millis() < 1000, "{took:?}");
}
