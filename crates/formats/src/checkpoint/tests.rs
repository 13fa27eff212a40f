use super::{from_bytes, read, to_bytes, write};
use homolog_model::Checkpoint;

fn checkpoint() -> Checkpoint {
    let mut c = Checkpoint::default();
    let odd = [f64::NAN, -0.0, f64::INFINITY, 5e-324, f64::from_bits(0x7FF8_0000_0000_0001), 1.0 / 3.0];
    c.arrays.insert("params/image->hidden".into(), (vec![2, 3], odd.to_vec()));
    c.arrays.insert("adam.m/hidden.bias".into(), (vec![4, 1], vec![1.0, 2.0, 3.0, 4.0]));
    c.arrays.insert("empty".into(), (vec![0, 7], vec![]));
    c.arrays.insert("scalar".into(), (vec![], vec![42.0]));
    for k in 0..50 {
        c.words.insert(format!("word {k}"), "line\n\"quoted\" µ".into());
    }
    c
}

fn bits(c: &Checkpoint) -> Vec<(String, Vec<usize>, Vec<u64>)> {
    c.arrays.iter().map(|(k, (s, v))| (k.clone(), s.clone(), v.iter().map(|x| x.to_bits()).collect())).collect()
}

#[test]
fn a_checkpoint_reads_back_bit_for_bit() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.safetensors");
    write(&path, &checkpoint()).expect("it can be written");
    let again = read(&path).expect("it can be read");
    assert_eq!(bits(&again), bits(&checkpoint()));
    assert_eq!(again.words, checkpoint().words);
    let nothing = from_bytes("b", &to_bytes(&Checkpoint::default()).expect("nothing is fine")).expect("nothing is fine");
    assert_eq!(nothing, Checkpoint::default());
}

#[test]
fn the_same_checkpoint_gives_the_same_bytes() {
    let first = to_bytes(&checkpoint()).expect("it can be written");
    assert!((0..20).all(|_| to_bytes(&checkpoint()).expect("it can be written") == first));
}

#[test]
fn other_programs_can_read_it() {
    let bytes = to_bytes(&checkpoint()).expect("it can be written");
    let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).expect("valid safetensors");
    assert_eq!(metadata.metadata().as_ref().and_then(|m| m.get("word 7").cloned()), Some("line\n\"quoted\" µ".to_string()));
    let all = safetensors::SafeTensors::deserialize(&bytes).expect("valid safetensors");
    assert_eq!(all.tensor("params/image->hidden").expect("it is there").shape(), [2, 3]);
}

#[test]
fn every_truncation_is_noticed() {
    let bytes = to_bytes(&checkpoint()).expect("it can be written");
    for n in 0..bytes.len() {
        assert_eq!(from_bytes("a", &bytes[..n]).expect_err("truncated").code, "checkpoint-read", "{n} of {}", bytes.len());
    }
    let d = from_bytes("a", &bytes[..bytes.len() - 9]).expect_err("truncated");
    assert_eq!(d.hint.as_deref(), Some("its last 9 bytes are missing; copy it again"));
}

#[test]
fn an_altered_number_is_noticed() {
    let mut bytes = to_bytes(&checkpoint()).expect("it can be written");
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    let d = from_bytes("a", &bytes).expect_err("altered");
    assert!(d.message.contains("not those that were written"), "{}", d.message);
}

#[test]
fn files_of_something_else_are_refused() {
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &[0, 0, 0, 0]).expect("a tensor");
    let foreign = safetensors::serialize([("w", view)], None).expect("safetensors");
    assert!(from_bytes("a", &foreign).expect_err("foreign").message.contains("another program"));
    for bytes in [&b""[..], b"PK\x03\x04 a zip file of some length", b"title = \"a model file\"\n[population.a]\n", &[0xFF; 64], &[0; 64]] {
        let d = from_bytes("a", bytes).expect_err("foreign");
        assert_eq!(d.code, "checkpoint-read");
        assert!(d.hint.is_some());
    }
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let mut c = Checkpoint::default();
    c.arrays.insert("w".into(), (vec![2, 2], vec![1.0; 3]));
    assert!(to_bytes(&c).expect_err("3 is not 2 x 2").message.contains("[2, 2]"));
    let mut c = Checkpoint::default();
    c.words.insert("homolog.format".into(), "mine".into());
    assert_eq!(to_bytes(&c).expect_err("kept for the format").code, "checkpoint-write");
    let mut c = Checkpoint::default();
    c.arrays.insert("__metadata__".into(), (vec![1], vec![1.0]));
    assert_eq!(to_bytes(&c).expect_err("kept for the format").code, "checkpoint-write");
}
