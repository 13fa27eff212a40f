//! placeholder
#![allow(missing_docs, clippy::disallowed_methods)]
pub fn exp(x: f64) -> f64 { x.exp() }
pub fn expm1(x: f64) -> f64 { x.exp_m1() }
pub fn ln(x: f64) -> f64 { x.ln() }
pub fn sin(x: f64) -> f64 { x.sin() }
pub fn cos(x: f64) -> f64 { x.cos() }
pub fn tanh(x: f64) -> f64 { x.tanh() }
pub fn exprelr(x: f64) -> f64 { if x == 0.0 { 1.0 } else { x / x.exp_m1() } }
pub fn pow(x: f64, y: f64) -> f64 { x.powf(y) }
