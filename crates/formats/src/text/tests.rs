use super::{decode, read};
use homolog_base::Severity;
use std::fs;
use std::path::Path;

#[test]
fn a_byte_order_mark_is_taken_off_and_carriage_returns_stay() {
    let (source, warnings) = decode("a", b"\xEF\xBB\xBFtitle = \"x\"\r\nline\r\n").expect("it is text");
    assert_eq!(source.text, "title = \"x\"\r\nline\r\n");
    assert!(warnings.is_empty());
}

#[test]
fn latin_1_is_read_with_a_warning_that_shows_the_place() {
    let (source, warnings) = decode("a.mod", b": H\xC3\xA4usser\n: Sch\xFCrmann 5 \xB5m").expect("it is text");
    assert!(source.text.ends_with("Schürmann 5 µm"));
    assert_eq!(warnings.len(), 1);
    assert_eq!((warnings[0].severity, warnings[0].code, warnings[0].position()), (Severity::Warning, "file-latin-1", Some((2, 6))));
    let span = warnings[0].labels[0].0;
    assert_eq!(&source.text[span.start..span.end], "ü");
}

#[test]
fn what_is_no_text_is_refused_with_what_to_do() {
    for (bytes, hint) in [(&b"\xFF\xFEa\0"[..], "UTF-8"), (&b"\x1F\x8B\x08"[..], "unpack"), (&b"ab\0cd"[..], "zero bytes")] {
        let d = decode("a", bytes).expect_err("not text");
        assert_eq!(d.code, "file-not-text");
        assert!(d.hint.is_some_and(|h| h.contains(hint)));
    }
}

#[test]
fn a_missing_file_is_compared_with_those_in_its_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("digits.toml"), "x").expect("a file");
    fs::write(dir.path().join("other.mod"), "x").expect("a file");
    let hint = |name: &str| {
        let d = read(&dir.path().join(name)).expect_err("it is missing");
        assert_eq!(d.code, "file-missing");
        d.hint.unwrap_or_default()
    };
    assert_eq!(hint("digit.toml"), format!("did you mean `{}`?", dir.path().join("digits.toml").display()));
    assert_eq!(hint("something-else.toml"), "in that folder: digits.toml");
    assert_eq!(hint("none"), "");
    assert_eq!(hint("far/away/digits.toml"), format!("there is no folder `{}`", dir.path().join("far").display()));
}

#[test]
fn a_folder_is_not_read_as_a_file() {
    let d = read(Path::new("/")).expect_err("a folder");
    assert_eq!((d.code, d.message.as_str()), ("file-unreadable", "cannot read `/`: it is a folder"));
}
