use super::{CARD, built_in, read};
use std::fs;

#[test]
fn claims_that_ship_are_embedded_with_their_cards() {
    let all = built_in();
    assert!(!all.is_empty());
    for claim in all {
        assert!(claim.files.contains_key(CARD), "{}", claim.name);
        assert!(claim.files[CARD].name.starts_with("<claims>/"));
    }
}

#[test]
fn a_folder_is_one_claim_or_several() {
    let dir = tempfile::tempdir().unwrap();
    for (file, text) in [
        ("a/card.toml", "id = 1"),
        ("a/m.mod", ":"),
        ("b/card.toml", "id = 2"),
        ("library/s.mod", ":"),
        ("library/cells/t.toml", ""),
        ("c/x.txt", ""),
    ] {
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let (both, _) = read(dir.path()).unwrap();
    assert_eq!(both.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let (one, _) = read(&dir.path().join("a")).unwrap();
    assert_eq!((one.len(), one[0].files.len()), (1, 2));
    assert_eq!(one[0].shared.keys().collect::<Vec<_>>(), ["cells/t.toml", "s.mod"]);
    assert_eq!(read(&dir.path().join("c")).unwrap_err().code, "claim-none");
    assert_eq!(read(&dir.path().join("d")).unwrap_err().code, "file-missing");
}
