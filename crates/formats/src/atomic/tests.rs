use super::{writable, write};
use std::fs;

fn left_over(folder: &std::path::Path) -> usize {
    fs::read_dir(folder).expect("the folder is there").flatten().filter(|e| e.file_name().to_string_lossy().contains(".tmp")).count()
}

#[test]
fn a_file_is_replaced_whole_and_nothing_else_is_left() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("deep/er/a.json");
    write(&path, b"old").expect("folders that are missing are made");
    write(&path, b"new").expect("a file may be replaced");
    assert_eq!(fs::read(&path).expect("it is there"), b"new");
    assert_eq!(left_over(path.parent().expect("it has a folder")), 0);
}

#[test]
fn a_write_that_fails_leaves_what_was_there() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a");
    fs::create_dir(&path).expect("a folder in the way");
    fs::write(path.join("inside"), b"kept").expect("something in it");
    let d = write(&path, b"new").expect_err("a folder cannot be replaced by a file");
    assert_eq!(d.code, "file-write");
    assert!(d.hint.is_some_and(|h| h.contains("folder")));
    assert_eq!(fs::read(path.join("inside")).expect("still there"), b"kept");
    assert_eq!(left_over(dir.path()), 0, "the temporary file is taken away");
}

#[test]
fn a_name_that_is_none_is_refused() {
    assert_eq!(write(std::path::Path::new("/"), b"x").expect_err("no file name").code, "file-write");
    assert_eq!(write(std::path::Path::new("/proc/none/x"), b"x").expect_err("no folder can be made there").code, "file-write");
}

#[test]
fn many_writers_of_one_file_leave_one_whole_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a");
    std::thread::scope(|s| {
        for k in 0..8u8 {
            let path = &path;
            s.spawn(move || write(path, &vec![k; 100_000]).expect("each write stands alone"));
        }
    });
    let bytes = fs::read(&path).expect("it is there");
    assert!(bytes.len() == 100_000 && bytes.iter().all(|b| *b == bytes[0]));
    assert_eq!(left_over(dir.path()), 0);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a");
    write(&path, b"old").expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("they may be set");
    write(&path, b"new").expect("it may be replaced");
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o640);
}

#[test]
fn what_could_not_be_written_is_known_before_and_trying_leaves_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("deep/a");
    writable(&path).expect("folders that are missing are made");
    assert_eq!(fs::read_dir(dir.path().join("deep")).expect("it was made").count(), 0);
    write(&path, b"kept").expect("it can be");
    writable(&path).expect("a file may be replaced");
    assert_eq!(fs::read(&path).expect("it is there"), b"kept");
    for wrong in [dir.path().join("deep"), path.join("below")] {
        let d = writable(&wrong).expect_err("a folder, and below a file");
        assert_eq!(Some(d.message), write(&wrong, b"new").err().map(|d| d.message));
    }
    for below in ["below", "far/below"] {
        let hint = writable(&path.join(below)).expect_err("below a file").hint.expect("what is in the way is said");
        assert!(hint.contains(&format!("`{}` is a file", path.display())), "{hint}");
    }
}

#[test]
fn what_killed_writers_left_is_taken_away_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let stays = ["a", ".a.tmp", ".a.1-x.tmp", ".ab.1-2.tmp", "a.1-2.tmp"];
    for name in stays.iter().chain(&[".a.17-0.tmp", ".a.4194304-12.tmp"]) {
        fs::write(dir.path().join(name), "half").unwrap();
    }
    super::tidy(&dir.path().join("a")).unwrap();
    super::tidy(&dir.path().join("no/folder")).unwrap();
    let mut found: Vec<String> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    let mut wanted = stays.map(String::from);
    wanted.sort();
    assert_eq!(found, wanted);
}
