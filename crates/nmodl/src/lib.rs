//! NMODL, the equation language of neuroscience, read into [`homolog_ir::Mechanism`].
pub mod ast;
mod lexer;
mod parser;
mod program;
mod units;
pub use parser::parse;
