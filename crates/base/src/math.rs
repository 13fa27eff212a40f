//! Elementary functions whose bits are the same on every machine.
//!
//! Each function is a fixed, branch-free sequence of correctly rounded operations (`+ - * /`, square root, fma, bit
//! operations), written once in [`double`] over the [`Lane`] trait, and in [`single`] for 32-bit numbers. The scalar functions here and the vector code of
//! `exec` are instances of that text, so they agree in every bit. (Which NaN a NaN is, its sign and payload, is not
//! part of the promise.) Tested bounds are relative errors against the platform's functions, over the whole range.
//!
//! | function | bound | remarks |
//! |---|---|---|
//! | `exp` | 4e-16 | subnormal results rounded once; 0 below -745.13, infinite above 709.78 |
//! | `expm1` | 6e-16 | `expm1(-0) = +0` |
//! | `exprelr` | 8e-16 | 0 from 709.76, where the value is below 5e-306 |
//! | `ln`, `log10` | 4e-16 | -infinity at zeros, NaN below |
//! | `tanh` | 8e-16 | odd, 1 at infinity |
//! | `pow` | 1e-15 | special values of C99 Annex F |
//! | `sin`, `cos` | 3e-16 absolute | for `abs(x) <= 1e6`; NaN beyond `2^44` |
//!
//! Of 32-bit numbers ([`single`]) bounds are in units of the last place, against the functions of 64 bits, over numbers of every size:
//! `exp` 1.1, `expm1` 1.6, `exprelr` 2.6, `tanh` 3.5, `ln` 0.9, `pow` 1 for results within `e^(+-83)`; `sin` and `cos` 1e-7 absolute for
//! `abs(x) <= 1e5`, NaN beyond `2^20`.
//!
//! Without hardware fma, [`f64::mul_add`] calls the C library: as exact, and slow.

pub mod double;
pub mod generic;
pub mod lane;
mod quantile;
pub mod real;
pub mod single;
#[cfg(test)]
mod tests;

pub use lane::Lane;
pub use quantile::normal_quantiles;
pub use real::Real;

/// `e^x`. NaN gives NaN, `-inf` gives 0, `inf` gives `inf`.
#[inline]
pub fn exp(x: f64) -> f64 {
    double::exp(x)
}

/// `e^x - 1`, with full relative precision near zero; -1 at `-inf`.
#[inline]
pub fn expm1(x: f64) -> f64 {
    double::expm1(x)
}

/// Natural logarithm; subnormal numbers included.
#[inline]
pub fn ln(x: f64) -> f64 {
    double::ln(x)
}

/// Decimal logarithm; exact at powers of ten.
#[inline]
pub fn log10(x: f64) -> f64 {
    double::log10(x)
}

/// Sine of radians, for `|x| <= 2^44`; NaN beyond.
#[inline]
pub fn sin(x: f64) -> f64 {
    double::sin(x)
}

/// Cosine of radians, for `|x| <= 2^44`; NaN beyond.
#[inline]
pub fn cos(x: f64) -> f64 {
    double::cos(x)
}

/// Hyperbolic tangent.
#[inline]
pub fn tanh(x: f64) -> f64 {
    double::tanh(x)
}

/// `x / (e^x - 1)`, 1 at zero: the removable singularity of Hodgkin-Huxley rates. `-x` for very negative `x`, 0 at
/// `inf`.
#[inline]
pub fn exprelr(x: f64) -> f64 {
    double::exprelr(x)
}

/// `x^y`, with the special values of C99: `pow(x, 0) = pow(1, y) = 1` even for NaN, signed zeros and infinities by
/// odd `y`, NaN for a negative finite base with a fractional exponent.
#[inline]
pub fn pow(x: f64, y: f64) -> f64 {
    double::pow(x, y)
}

/// `2^k`, exact; 0 below -1074, infinite above 1023.
#[inline]
pub fn pow2i(k: i32) -> f64 {
    match k {
        1024.. => f64::INFINITY,
        -1022..=1023 => f64::from_bits(((k + 1023) as u64) << 52),
        -1074..=-1023 => f64::from_bits(1 << (k + 1074)),
        _ => 0.0,
    }
}
