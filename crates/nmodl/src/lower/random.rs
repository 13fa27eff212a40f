//! Random numbers.
//!
//! Those of RANDOM are inputs, new whenever a kernel is run. NMODL's old ones are a linear congruential recurrence,
//! `x = (2147437301 x + 453816981) mod 2^32`, the number being `x / (2^32 - 1)`: computed exactly in two halves, with `x` kept as
//! a variable of the instance, they are those of NEURON for one instance (which has one `x` for all).

use super::run::Run;
use crate::program::SCOP_RANDOM;
use homolog_base::Unit;
use homolog_ir::{Compare, Logic, Unary, Value};

/// Rounds of the polar method that are written out: all fail once in 10^8 times, and then the last point is taken.
const ROUNDS: usize = 12;
/// The largest number that `poisrand` gives; above, it is not a number.
const MOST: usize = 100;

impl Run<'_, '_> {
    /// A new number between 0 and 1.
    pub(super) fn draw(&mut self) -> Value {
        self.draws += 1;
        self.b.input(&homolog_ir::mechanism::draw(self.draws - 1), Unit::ONE)
    }

    /// The value of a function of random numbers; the first argument of `random_...` is its source.
    pub(super) fn random(&mut self, name: &str, x: &[Value]) -> Value {
        let (zero, one) = (self.b.constant(0.0), self.b.constant(1.0));
        match (name, x) {
            ("scop_random", _) => self.scop_random(),
            ("exprand", &[mean]) => {
                let u = self.scop_random();
                self.exponential(mean, u)
            }
            ("normrand", &[mean, deviation]) => self.normrand(mean, deviation),
            ("poisrand", &[mean]) => self.poisrand(mean),
            ("random_uniform", x) => {
                let u = self.draw();
                let (low, high) = match x {
                    [_, high] => (zero, *high),
                    [_, low, high, ..] => (*low, *high),
                    _ => (zero, one),
                };
                let width = self.b.sub(high, low);
                let part = self.b.mul(width, u);
                self.b.add(low, part)
            }
            ("random_dpick", _) => self.draw(),
            ("random_ipick", _) => {
                // One of the whole numbers below 2^32.
                let u = self.draw();
                let many = self.b.constant(4_294_967_296.0);
                let x = self.b.mul(many, u);
                self.b.unary(Unary::Floor, x)
            }
            ("random_negexp", x) => {
                let u = self.draw();
                self.exponential(x.get(1).copied().unwrap_or(one), u)
            }
            ("random_normal", x) => {
                // Box & Muller 1958, Ann. Math. Stat. 29, 610.
                let (u, w) = (self.draw(), self.draw());
                let (two, turn) = (self.b.constant(-2.0), self.b.constant(std::f64::consts::TAU));
                let l = self.b.unary(Unary::Ln, u);
                let square = self.b.mul(two, l);
                let radius = self.b.unary(Unary::Sqrt, square);
                let angle = self.b.mul(turn, w);
                let c = self.b.unary(Unary::Cos, angle);
                let z = self.b.mul(radius, c);
                self.scaled(z, x.get(1).copied().unwrap_or(zero), x.get(2).copied().unwrap_or(one))
            }
            // Checked before: nothing else comes here.
            _ => self.b.constant(f64::NAN),
        }
    }

    fn scaled(&mut self, z: Value, mean: Value, deviation: Value) -> Value {
        let part = self.b.mul(z, deviation);
        self.b.add(part, mean)
    }

    fn exponential(&mut self, mean: Value, u: Value) -> Value {
        let l = self.b.unary(Unary::Ln, u);
        let product = self.b.mul(mean, l);
        self.b.neg(product)
    }

    pub(super) fn set_seed(&mut self, seed: Value) {
        let whole = self.b.unary(Unary::Floor, seed);
        let x = self.modulo(whole, 4_294_967_296.0);
        self.assign(SCOP_RANDOM, x);
    }

    /// `x - m floor(x / m)` for `m` a power of two, exact below 2^53.
    fn modulo(&mut self, x: Value, m: f64) -> Value {
        let (m, inverse) = (self.b.constant(m), self.b.constant(1.0 / m));
        let quotient = self.b.mul(x, inverse);
        let whole = self.b.unary(Unary::Floor, quotient);
        let part = self.b.mul(whole, m);
        self.b.sub(x, part)
    }

    /// The number of the recurrence after `x`.
    fn following(&mut self, x: Value) -> Value {
        let (high, low, added) = (self.b.constant(32_767.0), self.b.constant(19_189.0), self.b.constant(453_816_981.0));
        let upper = self.b.mul(high, x);
        let upper = self.modulo(upper, 65_536.0);
        let half = self.b.constant(65_536.0);
        let upper = self.b.mul(half, upper);
        let lower = self.b.mul(low, x);
        let sum = self.b.add(upper, lower);
        let sum = self.b.add(sum, added);
        self.modulo(sum, 4_294_967_296.0)
    }

    fn fraction(&mut self, x: Value) -> Value {
        let most = self.b.constant(4_294_967_295.0);
        self.b.div(x, most)
    }

    fn scop_random(&mut self) -> Value {
        let x = self.global(SCOP_RANDOM);
        let x = self.following(x);
        self.assign(SCOP_RANDOM, x);
        self.fraction(x)
    }

    /// The polar method (Marsaglia & Bray 1964, SIAM Rev. 6, 260), its first coordinate.
    fn normrand(&mut self, mean: Value, deviation: Value) -> Value {
        let (one, two) = (self.b.constant(1.0), self.b.constant(2.0));
        let mut x = self.global(SCOP_RANDOM);
        let (mut found, mut at, mut square) = (self.b.truth(false), one, one);
        for _ in 0..ROUNDS {
            let first = self.following(x);
            let second = self.following(first);
            let coordinate = |r: &mut Self, x: Value| {
                let u = r.fraction(x);
                let doubled = r.b.mul(two, u);
                r.b.sub(doubled, one)
            };
            let (p, q) = (coordinate(self, first), coordinate(self, second));
            let (pp, qq) = (self.b.mul(p, p), self.b.mul(q, q));
            let sum = self.b.add(pp, qq);
            x = self.b.select(found, x, second);
            at = self.b.select(found, at, p);
            square = self.b.select(found, square, sum);
            let inside = self.b.compare(Compare::Lt, sum, one);
            found = self.b.logic(Logic::Or, found, inside);
        }
        self.assign(SCOP_RANDOM, x);
        let minus = self.b.constant(-2.0);
        let l = self.b.unary(Unary::Ln, square);
        let l = self.b.mul(minus, l);
        let ratio = self.b.div(l, square);
        let root = self.b.unary(Unary::Sqrt, ratio);
        let z = self.b.mul(at, root);
        self.scaled(z, mean, deviation)
    }

    /// Events of a Poisson process of rate 1 before `mean`: how many uniform numbers are multiplied until exp(-mean) is passed.
    fn poisrand(&mut self, mean: Value) -> Value {
        let (one, minus) = (self.b.constant(1.0), self.b.constant(-1.0));
        let n = self.b.neg(mean);
        let least = self.b.exp(n);
        let mut x = self.global(SCOP_RANDOM);
        let (mut product, mut count) = (one, minus);
        for _ in 0..MOST {
            let goes_on = self.b.compare(Compare::Le, least, product);
            let next = self.following(x);
            let u = self.fraction(next);
            let (smaller, more) = (self.b.mul(product, u), self.b.add(count, one));
            x = self.b.select(goes_on, next, x);
            product = self.b.select(goes_on, smaller, product);
            count = self.b.select(goes_on, more, count);
        }
        self.assign(SCOP_RANDOM, x);
        let unfinished = self.b.compare(Compare::Le, least, product);
        let nan = self.b.constant(f64::NAN);
        self.b.select(unfinished, nan, count)
    }
}
