//! What elementary functions are made of: their one text ([`homolog_base::math::generic`]) run on a number that counts.
//!
//! A fused multiply-add is one addition and one multiplication; comparisons and selections count as additions, as in [`Flops`].
//! Work on bits (scaling by a power of two, tables) is no arithmetic and is not counted.

use crate::operations::Flops;
use homolog_base::math::generic as math;
use homolog_base::math::lane::Lane;
use homolog_ir::{Binary, Kernel, Op, Unary};
use std::cell::Cell;
use std::ops::{Add, Div, Mul, Neg, Sub};

thread_local! {
    /// Additions, multiplications, divisions.
    static COUNT: Cell<[f64; 3]> = const { Cell::new([0.0; 3]) };
}

fn count(kind: usize) {
    COUNT.with(|c| {
        let mut all = c.get();
        all[kind] += 1.0;
        c.set(all);
    });
}

/// A number that counts what is done with it.
#[derive(Clone, Copy)]
struct Counted(f64);

macro_rules! counted {
    ($($trait:ident $method:ident $kind:literal),*) => {$(
        impl $trait for Counted {
            type Output = Counted;
            fn $method(self, b: Counted) -> Counted {
                count($kind);
                Counted($trait::$method(self.0, b.0))
            }
        }
    )*};
}
counted!(Add add 0, Sub sub 0, Mul mul 1, Div div 2);

impl Neg for Counted {
    type Output = Counted;
    fn neg(self) -> Counted {
        count(0);
        Counted(-self.0)
    }
}

impl Lane for Counted {
    type Real = f64;
    type Mask = bool;
    type Bits = u64;

    fn repeat(x: f64) -> Self {
        Counted(x)
    }
    fn fma(self, b: Self, c: Self) -> Self {
        count(0);
        count(1);
        Counted(self.0.mul_add(b.0, c.0))
    }
    fn sqrt(self) -> Self {
        count(2);
        Counted(self.0.sqrt())
    }
    fn abs(self) -> Self {
        count(0);
        Counted(self.0.abs())
    }
    fn floor(self) -> Self {
        count(0);
        Counted(self.0.floor())
    }
    fn min(self, b: Self) -> Self {
        count(0);
        Counted(Lane::min(self.0, b.0))
    }
    fn max(self, b: Self) -> Self {
        count(0);
        Counted(Lane::max(self.0, b.0))
    }
    fn lt(self, b: Self) -> bool {
        count(0);
        self.0 < b.0
    }
    fn le(self, b: Self) -> bool {
        count(0);
        self.0 <= b.0
    }
    fn eq(self, b: Self) -> bool {
        count(0);
        Lane::eq(self.0, b.0)
    }
    fn both(a: bool, b: bool) -> bool {
        a && b
    }
    fn either(a: bool, b: bool) -> bool {
        a || b
    }
    fn not(a: bool) -> bool {
        !a
    }
    fn select(m: bool, yes: Self, no: Self) -> Self {
        count(0);
        if m { yes } else { no }
    }
    fn to_bits(self) -> u64 {
        self.0.to_bits()
    }
    fn from_bits(b: u64) -> Self {
        Counted(f64::from_bits(b))
    }
    fn bits(b: u64) -> u64 {
        b
    }
    fn bit_and(a: u64, b: u64) -> u64 {
        a & b
    }
    fn bit_or(a: u64, b: u64) -> u64 {
        a | b
    }
    fn bit_xor(a: u64, b: u64) -> u64 {
        a ^ b
    }
    fn bit_add(a: u64, b: u64) -> u64 {
        a.wrapping_add(b)
    }
    fn bit_sub(a: u64, b: u64) -> u64 {
        a.wrapping_sub(b)
    }
    fn shl<const N: u32>(a: u64) -> u64 {
        a << N
    }
    fn shr<const N: u32>(a: u64) -> u64 {
        a >> N
    }
    fn lookup16(table: &[f64; 16], index: u64) -> Self {
        Counted(table[(index & 15) as usize])
    }
    /// A product with a power of two: one multiplication where hardware has the operation.
    fn scale(self, t: Self) -> Self {
        count(1);
        Counted(self.0.scale(t.0))
    }
}

/// What one evaluation takes; there are no branches, so any argument will do.
fn of(f: impl FnOnce(Counted) -> Counted) -> Flops {
    COUNT.with(|c| c.set([0.0; 3]));
    f(Counted(0.7));
    let [add, multiply, divide] = COUNT.with(Cell::get);
    Flops { add, multiply, divide, elementary: 0.0 }
}

/// The arithmetic of one lane of a kernel, elementary functions counted by what they are made of.
pub fn arithmetic(kernel: &Kernel) -> Flops {
    let mut out = Flops { elementary: 0.0, ..Flops::of(kernel) };
    for op in &kernel.body {
        let made_of = match op {
            Op::Unary(Unary::Exp, _) => of(math::exp),
            Op::Unary(Unary::Expm1, _) => of(math::expm1),
            Op::Unary(Unary::Exprelr, _) => of(math::exprelr),
            Op::Unary(Unary::Tanh, _) => of(math::tanh),
            Op::Unary(Unary::Ln, _) => of(math::ln),
            Op::Unary(Unary::Sin, _) => of(math::sin),
            Op::Unary(Unary::Cos, _) => of(math::cos),
            Op::Binary(Binary::Pow, ..) => of(|x| math::pow(x, Counted(1.7))),
            _ => continue,
        };
        out.add_times(made_of, 1.0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{math, of};

    #[test]
    fn an_exponential_is_some_twenty_operations_and_a_power_several_times_as_many() {
        let (exp, quotient, power) = (of(math::exp), of(math::exprelr), of(|x| math::pow(x, x)));
        assert!((15.0..30.0).contains(&exp.total()) && exp.divide == 0.0, "{exp:?}");
        assert!(quotient.total() > exp.total() && quotient.divide == 1.0, "{quotient:?}");
        assert!(power.total() > 2.0 * exp.total(), "{power:?}");
        println!("{exp:?} {quotient:?} {power:?} {:?}", of(math::ln));
    }
}
