//! NMODL, the equation language of neuroscience, read into [`homolog_ir::Mechanism`].
pub mod ast;
mod lexer;
mod parser;
pub use parser::parse;
