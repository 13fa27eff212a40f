//! The formats of numbers in which columns can be: 64-bit and 32-bit floating point.

use super::lane::Lane;
use super::{double, single};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f64 {}
    impl Sealed for f32 {}
}

/// A format of floating-point numbers: `f64` or `f32`.
pub trait Real:
    Lane<Real = Self, Mask = bool, Bits: PartialEq>
    + PartialOrd
    + Default
    + std::fmt::Debug
    + std::ops::AddAssign
    + Send
    + Sync
    + 'static
    + sealed::Sealed
{
    /// Numbers of a cache line, 64 bytes: as many as the widest vector has.
    const LINE: usize;

    /// The nearest number of the format.
    fn of(x: f64) -> Self;
    /// The nearest number to a count.
    fn count(n: u32) -> Self;
    /// The same number in 64 bits.
    fn wide(self) -> f64;
    /// Whether it is neither infinite nor NaN.
    fn is_finite(self) -> bool;

    /// `e^x`
    fn exp<V: Lane<Real = Self>>(x: V) -> V;
    /// `e^x - 1`
    fn expm1<V: Lane<Real = Self>>(x: V) -> V;
    /// `x / (e^x - 1)`
    fn exprelr<V: Lane<Real = Self>>(x: V) -> V;
    /// Hyperbolic tangent.
    fn tanh<V: Lane<Real = Self>>(x: V) -> V;
    /// Natural logarithm.
    fn ln<V: Lane<Real = Self>>(x: V) -> V;
    /// Sine.
    fn sin<V: Lane<Real = Self>>(x: V) -> V;
    /// Cosine.
    fn cos<V: Lane<Real = Self>>(x: V) -> V;
    /// `x^y`
    fn pow<V: Lane<Real = Self>>(x: V, y: V) -> V;
}

macro_rules! format {
    ($real:ident, $line:literal, $functions:ident; $($name:ident)*) => {
        impl Real for $real {
            const LINE: usize = $line;
            #[inline(always)]
            fn of(x: f64) -> $real {
                x as $real
            }
            #[inline(always)]
            fn count(n: u32) -> $real {
                n as $real
            }
            #[inline(always)]
            fn wide(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                <$real>::is_finite(self)
            }
            $(
                #[inline(always)]
                fn $name<V: Lane<Real = $real>>(x: V) -> V {
                    $functions::$name(x)
                }
            )*
            #[inline(always)]
            fn pow<V: Lane<Real = $real>>(x: V, y: V) -> V {
                $functions::pow(x, y)
            }
        }
    };
}

format!(f64, 8, double; exp expm1 exprelr tanh ln sin cos);
format!(f32, 16, single; exp expm1 exprelr tanh ln sin cos);
