//! Number types of the reference interpreter: `f64`, `f32`, and [`Dual`] numbers that carry a derivative along.
//!
//! Dual numbers `a + b eps`, `eps^2 = 0` (Clifford 1873): evaluating a program on them gives its exact directional
//! derivative, by rules independent of the symbolic ones in [`crate::calculus`].

use crate::kernel::{Binary, Shape, Surrogate, Unary};
use homolog_base::math::{self, Real};

/// What the interpreter can compute with.
pub trait Number: Copy + std::fmt::Debug {
    /// A constant.
    fn constant(x: f64) -> Self;
    /// The value without its derivative; comparisons look at this alone.
    fn value(self) -> f64;
    /// A function of one number.
    fn unary(f: Unary, x: Self) -> Self;
    /// A function of two numbers.
    fn binary(f: Binary, x: Self, y: Self) -> Self;
    /// `x * y + z`, rounded once.
    fn fma(x: Self, y: Self, z: Self) -> Self;
    /// The Heaviside step with its surrogate derivative.
    fn spike(x: Self, surrogate: Surrogate) -> Self;
}

macro_rules! format {
    ($real:ident) => {
        impl Number for $real {
            fn constant(x: f64) -> Self {
                <$real as Real>::of(x)
            }
            fn value(self) -> f64 {
                f64::from(self)
            }
            fn unary(f: Unary, x: $real) -> $real {
                match f {
                    Unary::Neg => -x,
                    Unary::Abs => x.abs(),
                    Unary::Sqrt => x.sqrt(),
                    Unary::Exp => math::generic::exp(x),
                    Unary::Expm1 => math::generic::expm1(x),
                    Unary::Ln => math::generic::ln(x),
                    Unary::Sin => math::generic::sin(x),
                    Unary::Cos => math::generic::cos(x),
                    Unary::Tanh => math::generic::tanh(x),
                    Unary::Exprelr => math::generic::exprelr(x),
                    Unary::Floor => x.floor(),
                }
            }
            fn binary(f: Binary, x: $real, y: $real) -> $real {
                match f {
                    Binary::Add => x + y,
                    Binary::Sub => x - y,
                    Binary::Mul => x * y,
                    Binary::Div => x / y,
                    Binary::Min => {
                        if x < y {
                            x
                        } else {
                            y
                        }
                    }
                    Binary::Max => {
                        if x > y {
                            x
                        } else {
                            y
                        }
                    }
                    Binary::Pow => math::generic::pow(x, y),
                }
            }
            fn fma(x: $real, y: $real, z: $real) -> $real {
                x.mul_add(y, z)
            }
            fn spike(x: $real, _: Surrogate) -> $real {
                if x > 0.0 { 1.0 } else { 0.0 }
            }
        }
    };
}

format!(f64);
format!(f32);

impl Surrogate {
    /// The pseudo-derivative at distance `x` above threshold.
    pub fn derivative(&self, x: f64) -> f64 {
        let u = x / self.width;
        match self.shape {
            Shape::FastSigmoid => 0.5 / (self.width * (1.0 + u.abs()) * (1.0 + u.abs())),
            Shape::Arctan => 1.0 / (self.width * std::f64::consts::PI * (1.0 + u * u)),
            Shape::SuperSpike => 1.0 / ((1.0 + u.abs()) * (1.0 + u.abs())),
        }
    }
}

/// A value and its derivative in one direction.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Dual {
    /// The value.
    pub value: f64,
    /// The derivative.
    pub slope: f64,
}

impl Dual {
    /// A number that changes at rate `slope`.
    pub fn new(value: f64, slope: f64) -> Self {
        Dual { value, slope }
    }
}

impl Number for Dual {
    fn constant(x: f64) -> Self {
        Dual::new(x, 0.0)
    }
    fn value(self) -> f64 {
        self.value
    }
    fn unary(f: Unary, x: Dual) -> Dual {
        let (a, y) = (x.value, f64::unary(f, x.value));
        let slope = match f {
            Unary::Neg => -1.0,
            Unary::Abs => {
                if a < 0.0 {
                    -1.0
                } else {
                    1.0
                }
            }
            Unary::Sqrt => 0.5 / y,
            Unary::Exp => y,
            Unary::Expm1 => y + 1.0,
            Unary::Ln => 1.0 / a,
            Unary::Sin => math::cos(a),
            Unary::Cos => -math::sin(a),
            Unary::Tanh => 1.0 - y * y,
            Unary::Exprelr => exprelr_slope(a, y),
            Unary::Floor => 0.0,
        };
        // A slope of zero stays zero even where the derivative is infinite (sqrt at 0, ln at 0).
        Dual::new(y, if x.slope == 0.0 { 0.0 } else { slope * x.slope })
    }
    fn binary(f: Binary, x: Dual, y: Dual) -> Dual {
        let v = f64::binary(f, x.value, y.value);
        let slope = match f {
            Binary::Add => x.slope + y.slope,
            Binary::Sub => x.slope - y.slope,
            Binary::Mul => x.slope * y.value + x.value * y.slope,
            Binary::Div => (x.slope - v * y.slope) / y.value,
            Binary::Min => {
                if x.value < y.value {
                    x.slope
                } else {
                    y.slope
                }
            }
            Binary::Max => {
                if x.value > y.value {
                    x.slope
                } else {
                    y.slope
                }
            }
            Binary::Pow => {
                let by_base = if x.slope == 0.0 { 0.0 } else { y.value * math::pow(x.value, y.value - 1.0) * x.slope };
                let by_exponent = if y.slope == 0.0 || x.value <= 0.0 { 0.0 } else { v * math::ln(x.value) * y.slope };
                by_base + by_exponent
            }
        };
        Dual::new(v, slope)
    }
    fn fma(x: Dual, y: Dual, z: Dual) -> Dual {
        Dual::new(x.value.mul_add(y.value, z.value), x.slope * y.value + x.value * y.slope + z.slope)
    }
    fn spike(x: Dual, surrogate: Surrogate) -> Dual {
        Dual::new(f64::spike(x.value, surrogate), surrogate.derivative(x.value) * x.slope)
    }
}

/// Derivative of `y = x / (e^x - 1)`: `y (1 - y - x) / x`, and its Taylor series where that cancels.
fn exprelr_slope(x: f64, y: f64) -> f64 {
    if x.abs() < 0.05 {
        let q = x * x;
        -0.5 + x * (1.0 / 6.0 + q * (-1.0 / 180.0 + q * (1.0 / 5040.0)))
    } else if y == 0.0 {
        0.0
    } else {
        y * (1.0 - y - x) / x
    }
}
