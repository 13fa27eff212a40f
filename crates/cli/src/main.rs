//! The command line.
#![allow(dead_code)]
mod page;
mod show;
fn main() {}
