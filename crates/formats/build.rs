//! Library and claims are embedded when this crate is compiled, so a file that is new there must compile it again.

fn main() {
    println!("cargo:rerun-if-changed=../../library");
    println!("cargo:rerun-if-changed=../../claims");
}
