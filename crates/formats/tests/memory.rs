//! The peak of memory is that of the whole process, so this test has a process of its own.

#![cfg(target_os = "linux")]

use homolog_formats::machine::{peak_memory, reset_peak_memory};

#[test]
fn the_peak_is_noticed_and_can_begin_anew() {
    let before = peak_memory().expect("Linux says");
    let big = std::hint::black_box(vec![1u8; 64 << 20]);
    let with = peak_memory().expect("Linux says");
    assert!(with >= before.max(big.len() as u64), "{before} {with}");
    drop(big);
    if reset_peak_memory() {
        let after = peak_memory().expect("Linux says");
        assert!(after < with, "{after} after {with}");
    }
}
