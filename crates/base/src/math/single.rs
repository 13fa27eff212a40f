//! The elementary functions over any [`Lane`] of 32-bit numbers: as [`super::double`], with polynomials of their own degree.
//!
//! - Exponentials: `e^x = 2^k * 2^(j/16) * e^r`, `|r| <= ln 2 / 32` (Tang 1989, ACM TOMS 15:144): there the fourth power of
//!   `r` is below an ulp.
//! - Logarithms: `ln m = 2 atanh(f / (2 + f))` (fdlibm `e_logf.c`); as an unevaluated sum for `pow`.
//! - Sine and cosine: Cody-Waite reduction by `pi/2` with fma, polynomials of Cephes (`sinf.c`).
//!
//! How far they are off stands in [`super`].

#![allow(clippy::excessive_precision)] // Coefficients as published.

use super::lane::{Lane, SHIFT16_SINGLE};

const SHIFT16: f64 = SHIFT16_SINGLE as f64;
const LOG2E: f64 = std::f64::consts::LOG2_E;
const LN2_HI: f64 = 0.693_147_182_464_599_6;
const LN2_LO: f64 = -1.904_654_2e-9;
const SIGN: u64 = 1 << 31;
/// Below it `e^x` is zero, and above the other infinite.
const LOWEST: f64 = -105.0;
const HIGHEST: f64 = 89.0;
/// Below it `e^x - 1` is -1.
const ALL_LOST: f64 = -20.0;

/// `2^(j/16)`, rounded.
static POWERS: [f32; 16] = [
    1.0,
    1.044_273_7,
    1.090_507_7,
    1.138_788_6,
    1.189_207_1,
    1.241_857_8,
    1.296_839_6,
    1.354_255_6,
    std::f32::consts::SQRT_2,
    1.476_826_2,
    1.542_210_8,
    1.610_490_3,
    1.681_792_9,
    1.756_252_2,
    1.834_008_1,
    1.915_206_6,
];
/// `2^(j/16)` less its rounded value.
static POWERS_LO: [f32; 16] = [
    0.0,
    4.833_47e-8,
    -1.307_754e-8,
    5.386_222_3e-8,
    3.797_635_3e-8,
    4.496_838e-8,
    -4.018_999_5e-8,
    -1.012_334_9e-8,
    2.420_323_5e-8,
    -4.500_899e-8,
    8.070_905e-9,
    9.836_217e-9,
    -2.475_532_7e-8,
    -9.235_77e-9,
    -1.123_927_8e-8,
    9.845_328e-9,
];

/// `c[0] + c[1] x + ...` by Horner's rule, each step one fma.
#[inline(always)]
fn horner<V: Lane<Real = f32>, const N: usize>(x: V, c: [f64; N]) -> V {
    let mut y = V::splat(c[N - 1]);
    let mut k = N - 1;
    while k > 0 {
        k -= 1;
        y = y.fma(x, V::splat(c[k]));
    }
    y
}

/// `(t, r)`: `t - SHIFT16` is `x / ln 2` to the nearest 1/16 and `r = x - (t - SHIFT16) ln 2`.
#[inline(always)]
fn reduce<V: Lane<Real = f32>>(x: V) -> (V, V) {
    let t = x.fma(V::splat(LOG2E), V::splat(SHIFT16));
    let n = t - V::splat(SHIFT16);
    let r = n.fma(V::splat(-LN2_HI), x);
    (t, n.fma(V::splat(-LN2_LO), r))
}

/// `e^r - 1` for `|r| <= ln 2 / 32`, to 4.6e-9 absolute: half of the fourth order's range is in the coefficient of the second.
#[inline(always)]
fn small_expm1<V: Lane<Real = f32>>(r: V) -> V {
    let q = horner(r, [0.500_009_8, 1.0 / 6.0]);
    q.fma(r * r, r)
}

/// `e^r - 1` for `|r| <= ln 2 / 32`, to 2^-29 relative.
#[inline(always)]
fn small_expm1_relative<V: Lane<Real = f32>>(r: V) -> V {
    let q = horner(r, [0.5, 1.0 / 6.0, 1.0 / 24.0]);
    q.fma(r * r, r)
}

/// `e^(x + low)` for a small correction `low`.
#[inline(always)]
fn exp_corrected<V: Lane<Real = f32>>(x: V, low: V) -> V {
    let x = V::splat(LOWEST).max(V::splat(HIGHEST).min(x));
    let (t, r) = reduce(x);
    let power = V::lookup16(&POWERS, t.to_bits());
    let tail = V::lookup16(&POWERS_LO, t.to_bits());
    let p = small_expm1_relative(r + low);
    (power + power.fma(p, tail)).scale(t)
}

/// See [`super::exp`].
#[inline(always)]
pub fn exp<V: Lane<Real = f32>>(x: V) -> V {
    let x = V::splat(LOWEST).max(V::splat(HIGHEST).min(x));
    let (t, r) = reduce(x);
    let power = V::lookup16(&POWERS, t.to_bits());
    let p = small_expm1(r);
    power.fma(p, power).scale(t)
}

/// `e^x - 1`, `e^x` as a mantissa and its `t`, for `x` in `[-20, 89]`.
#[inline(always)]
fn expm1_parts<V: Lane<Real = f32>>(x: V) -> (V, V, V) {
    let (t, r) = reduce(x);
    let power = V::lookup16(&POWERS, t.to_bits());
    let low = V::lookup16(&POWERS_LO, t.to_bits());
    let p = small_expm1_relative(r);
    let tail = power.fma(p, low).scale(t);
    (power.scale(t) - V::splat(1.0) + tail, power.fma(p, power), t)
}

/// See [`super::expm1`].
#[inline(always)]
pub fn expm1<V: Lane<Real = f32>>(x: V) -> V {
    let c = V::splat(ALL_LOST).max(V::splat(HIGHEST).min(x));
    let (y, mantissa, t) = expm1_parts(c);
    V::select(V::splat(80.0).lt(x), mantissa.scale(t), y)
}

/// See [`super::exprelr`].
#[inline(always)]
pub fn exprelr<V: Lane<Real = f32>>(x: V) -> V {
    let top = V::splat(HIGHEST).min(x);
    let (y, _, _) = expm1_parts(V::splat(ALL_LOST).max(top));
    V::select(x.eq(V::splat(0.0)), V::splat(1.0), top / y)
}

/// See [`super::tanh`].
#[inline(always)]
pub fn tanh<V: Lane<Real = f32>>(x: V) -> V {
    let (t, _, _) = expm1_parts(V::splat(ALL_LOST).max(V::splat(-2.0) * x.abs()));
    copy_sign(-t / (t + V::splat(2.0)), x)
}

/// The magnitude of `x` with the sign of `s`.
#[inline(always)]
fn copy_sign<V: Lane<Real = f32>>(x: V, s: V) -> V {
    V::from_bits(V::bit_or(x.abs().to_bits(), V::bit_and(s.to_bits(), V::bits(SIGN))))
}

/// `(m, k)` with `x = m 2^k`, `m` in `[sqrt(1/2), sqrt(2))`, for positive finite `x`.
#[inline(always)]
fn mantissa_exponent<V: Lane<Real = f32>>(x: V) -> (V, V) {
    const HALF_ROOT: u64 = 0x3f35_04f3;
    const ONE: u64 = 0x3f80_0000;
    const SHIFT: f32 = 8_388_608.0; // 2^23
    let tiny = x.lt(V::repeat(f32::MIN_POSITIVE));
    let scaled = V::select(tiny, x * V::splat(33_554_432.0), x);
    let u = V::bit_add(scaled.to_bits(), V::bits(ONE - HALF_ROOT));
    let m = V::bit_add(V::bit_and(u, V::bits((1 << 23) - 1)), V::bits(HALF_ROOT));
    let e = V::from_bits(V::bit_or(V::shr::<23>(u), V::bits(u64::from(SHIFT.to_bits()))));
    let bias = V::select(tiny, V::repeat(SHIFT + 127.0 + 25.0), V::repeat(SHIFT + 127.0));
    (V::from_bits(m), e - bias)
}

/// What a logarithm is outside the positive finite numbers.
#[inline(always)]
fn logarithm_elsewhere<V: Lane<Real = f32>>(x: V, y: V) -> V {
    let zero = V::splat(0.0);
    let inside = V::both(zero.lt(x), x.lt(V::splat(f64::INFINITY)));
    let else_ = V::select(x.eq(zero), V::splat(f64::NEG_INFINITY), x);
    V::select(inside, y, V::select(x.lt(zero), V::splat(f64::NAN), else_))
}

/// See [`super::ln`].
#[inline(always)]
pub fn ln<V: Lane<Real = f32>>(x: V) -> V {
    let (m, k) = mantissa_exponent(x);
    let f = m - V::splat(1.0);
    let s = f / (f + V::splat(2.0));
    let z = s * s;
    let r = z * horner(z, [0.666_666_626_93, 0.400_009_721_52, 0.284_987_866_88, 0.242_790_788_41]);
    let half = V::splat(0.5) * f * f;
    let low = s.fma(half + r, k * V::splat(9.058_000_614_5e-6));
    let y = k.fma(V::splat(0.693_138_122_56), f - (half - low));
    logarithm_elsewhere(x, y)
}

/// `ln x` as an unevaluated sum, to about 2^-30 relative, for positive finite `x`.
#[inline(always)]
fn ln_double<V: Lane<Real = f32>>(x: V) -> (V, V) {
    let (m, k) = mantissa_exponent(x);
    let one = V::splat(1.0);
    let f = m - one;
    let d = m + one;
    let d_low = m - (d - one);
    let s = f / d;
    let s_low = ((-s).fma(d, f) - s * d_low) / d;
    let z = s * s;
    let p = horner(z, [2.0 / 3.0, 0.4, 2.0 / 7.0, 2.0 / 9.0, 0.195]);
    let twice = s_low + s_low;
    let tail = (s * z).fma(p, twice.fma(z, twice));
    // Ten bits of ln 2, whose product with any exponent is exact, and the rest.
    let (a, b) = (k * V::splat(0.693_359_375), s + s);
    let sum = a + b;
    let b_seen = sum - a;
    let error = (a - (sum - b_seen)) + (b - b_seen);
    let low = error + k.fma(V::splat(-2.121_944_400_546_905_8e-4), tail);
    let high = sum + low;
    (high, low - (high - sum))
}

/// See [`super::pow`].
#[inline(always)]
pub fn pow<V: Lane<Real = f32>>(x: V, y: V) -> V {
    let (zero, one, inf) = (V::splat(0.0), V::splat(1.0), V::splat(f64::INFINITY));
    let a = x.abs();
    let (h, l) = ln_double(a);
    let high = y * h;
    let inside = high.abs().lt(V::splat(110.0));
    let low = V::select(inside, y.fma(h, -high) + y * l, zero);
    let finite = exp_corrected(high, low);
    // The magnitude at 0, infinity and 1.
    let at_zero = V::select(y.lt(zero), inf, zero);
    let at_inf = V::select(zero.lt(y), inf, zero);
    let r = V::select(a.eq(zero), at_zero, finite);
    let r = V::select(a.eq(inf), at_inf, r);
    let r = V::select(a.eq(one), one, r);
    // The sign of a negative base.
    let whole = y.floor().eq(y);
    let half = y * V::splat(0.5);
    let odd = V::both(whole, V::not(half.floor().eq(half)));
    let negated = V::from_bits(V::bit_or(r.to_bits(), V::bit_and(x.to_bits(), V::bits(SIGN))));
    let r = V::select(odd, negated, r);
    let complex = V::both(V::both(x.lt(zero), a.lt(inf)), V::not(whole));
    let r = V::select(complex, V::splat(f64::NAN), r);
    let numbers = V::both(x.eq(x), y.eq(y));
    let r = V::select(numbers, r, x + y);
    V::select(V::either(x.eq(one), y.eq(zero)), one, r)
}

/// Sine of `x + quarter * pi/2`.
#[inline(always)]
fn sine_of_quarter<V: Lane<Real = f32>>(x: V, quarter: u64) -> V {
    const SHIFT: f64 = 12_582_912.0; // 1.5 * 2^23
    let x = V::select(x.abs().le(V::splat(1_048_576.0)), x, V::splat(f64::NAN));
    let t = x.fma(V::splat(std::f64::consts::FRAC_2_PI), V::splat(SHIFT));
    let n = t - V::splat(SHIFT);
    let r = n.fma(V::splat(-1.570_796_370_506_286_6), x);
    let r = n.fma(V::splat(4.371_139e-8), r);
    let r = n.fma(V::splat(1.715_124_5e-15), r);
    let z = r * r;
    let s = horner(z, [-1.666_665_461_1e-1, 8.332_160_873_6e-3, -1.951_529_589_1e-4]);
    let sine = (z * r).fma(s, r);
    let c = horner(z, [4.166_664_568_298_827e-2, -1.388_731_625_493_765e-3, 2.443_315_711_809_948e-5]);
    let half = V::splat(0.5) * z;
    let w = V::splat(1.0) - half;
    let cosine = w + (z * z).fma(c, (V::splat(1.0) - w) - half);
    let q = V::bit_add(t.to_bits(), V::bits(quarter));
    // Bit 0 of the quarter as the number 0 or 2; bit 1 as a sign.
    let swap = V::splat(0.0).lt(V::from_bits(V::shl::<30>(V::bit_and(q, V::bits(1)))));
    let y = V::select(swap, cosine, sine);
    V::from_bits(V::bit_xor(y.to_bits(), V::shl::<30>(V::bit_and(q, V::bits(2)))))
}

/// See [`super::sin`].
#[inline(always)]
pub fn sin<V: Lane<Real = f32>>(x: V) -> V {
    sine_of_quarter(x, 0)
}

/// See [`super::cos`].
#[inline(always)]
pub fn cos<V: Lane<Real = f32>>(x: V) -> V {
    sine_of_quarter(x, 1)
}
