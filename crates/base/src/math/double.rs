//! The elementary functions over any [`Lane`] of 64-bit numbers: the one text that scalar code and every vector unit run.
//!
//! - Exponentials: `e^x = 2^k * 2^(j/16) * e^r`, `|r| <= ln 2 / 32`, with a table of `2^(j/16)` and a polynomial
//!   (Tang 1989, ACM TOMS 15:144).
//! - Logarithms: `ln m = 2 atanh(f / (2 + f))`, `f = m - 1` (fdlibm `e_log.c`); in double-double for `pow`.
//! - Sine and cosine: Cody-Waite reduction by `pi/2` with fma, kernels of fdlibm (`k_sin.c`, `k_cos.c`).

#![allow(clippy::excessive_precision)] // Coefficients as published.

use super::lane::{Lane, SHIFT16};

const LOG2E: f64 = std::f64::consts::LOG2_E;
const LN2_HI: f64 = std::f64::consts::LN_2;
const LN2_LO: f64 = 2.319_046_813_846_299_6e-17;
/// The first 32 bits of ln 2: its product with any exponent is exact.
const LN2_SHORT: f64 = 0.693_147_180_369_123_8;
const LN2_REST: f64 = 1.908_214_929_270_587_7e-10;
const SIGN: u64 = 1 << 63;

/// `2^(j/16)`, rounded.
pub static POWERS: [f64; 16] = [
    1.0,
    1.044_273_782_427_413_8,
    1.090_507_732_665_257_7,
    1.138_788_634_756_691_6,
    1.189_207_115_002_721,
    1.241_857_812_073_484,
    1.296_839_554_651_009_6,
    1.354_255_546_936_892_7,
    std::f64::consts::SQRT_2,
    1.476_826_145_939_499_3,
    1.542_210_825_407_940_7,
    1.610_490_331_949_254_3,
    1.681_792_830_507_429,
    1.756_252_160_373_299_5,
    1.834_008_086_409_342_4,
    1.915_206_561_397_147_4,
];
/// `2^(j/16)` less its rounded value.
pub static POWERS_LO: [f64; 16] = [
    0.0,
    8.551_889_705_537_965e-17,
    -3.046_782_079_812_471e-17,
    8.912_812_676_025_408e-17,
    3.982_015_231_465_646e-17,
    4.658_027_591_836_937e-17,
    2.538_250_279_488_831_5e-17,
    7.700_948_379_802_99e-17,
    -9.667_293_313_452_913e-17,
    -3.483_994_556_892_796e-17,
    7.949_834_809_697_621e-17,
    2.470_719_256_979_788_8e-17,
    8.199_010_020_581_497e-17,
    2.960_140_695_448_873e-17,
    3.283_107_224_245_627e-17,
    -1.061_994_604_705_619_6e-16,
];

/// `c[0] + c[1] x + ...` by Horner's rule, each step one fma.
#[inline(always)]
fn horner<V: Lane<Real = f64>, const N: usize>(x: V, c: [f64; N]) -> V {
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
fn reduce<V: Lane<Real = f64>>(x: V) -> (V, V) {
    let t = x.fma(V::splat(LOG2E), V::splat(SHIFT16));
    let n = t - V::splat(SHIFT16);
    let r = n.fma(V::splat(-LN2_HI), x);
    (t, n.fma(V::splat(-LN2_LO), r))
}

/// `e^r - 1` for `|r| <= ln 2 / 32`, to 2.8e-17 absolute.
#[inline(always)]
fn small_expm1<V: Lane<Real = f64>>(r: V) -> V {
    let q = horner(r, [0.5, 0.166_666_666_652_962_23, 0.041_666_666_664_953_62, 0.008_333_449_934_107_185, 0.001_388_903_463_966_586_4]);
    q.fma(r * r, r)
}

/// `e^r - 1` for `|r| <= ln 2 / 32`, to 2^-58 relative.
#[inline(always)]
fn small_expm1_relative<V: Lane<Real = f64>>(r: V) -> V {
    let q = horner(
        r,
        [
            0.500_000_000_000_000_1,
            0.166_666_666_666_666_69,
            0.041_666_666_663_583_17,
            0.008_333_333_332_990_724,
            0.001_388_906_378_993_546_3,
            0.000_198_414_641_755_583_92,
        ],
    );
    q.fma(r * r, r)
}

/// `e^(x + low)` for a small correction `low`.
#[inline(always)]
fn exp_corrected<V: Lane<Real = f64>>(x: V, low: V) -> V {
    let x = V::splat(-746.0).max(V::splat(710.0).min(x));
    let (t, r) = reduce(x);
    let power = V::lookup16(&POWERS, t.to_bits());
    let p = small_expm1(r + low);
    power.fma(p, power).scale(t)
}

/// See [`super::exp`].
#[inline(always)]
pub fn exp<V: Lane<Real = f64>>(x: V) -> V {
    let x = V::splat(-746.0).max(V::splat(710.0).min(x));
    let (t, r) = reduce(x);
    let power = V::lookup16(&POWERS, t.to_bits());
    let p = small_expm1(r);
    power.fma(p, power).scale(t)
}

/// `(e^x - 1, e^x)` for `x` in `[-50, 710]`; the first is infinite from 709.76.
#[inline(always)]
fn expm1_parts<V: Lane<Real = f64>>(x: V) -> (V, V, V) {
    let (t, r) = reduce(x);
    let power = V::lookup16(&POWERS, t.to_bits());
    let low = V::lookup16(&POWERS_LO, t.to_bits());
    let p = small_expm1_relative(r);
    let tail = power.fma(p, low).scale(t);
    (power.scale(t) - V::splat(1.0) + tail, power.fma(p, power), t)
}

/// See [`super::expm1`].
#[inline(always)]
pub fn expm1<V: Lane<Real = f64>>(x: V) -> V {
    let c = V::splat(-50.0).max(V::splat(710.0).min(x));
    let (y, mantissa, t) = expm1_parts(c);
    V::select(V::splat(700.0).lt(x), mantissa.scale(t), y)
}

/// See [`super::exprelr`].
#[inline(always)]
pub fn exprelr<V: Lane<Real = f64>>(x: V) -> V {
    let top = V::splat(710.0).min(x);
    let (y, _, _) = expm1_parts(V::splat(-50.0).max(top));
    V::select(x.eq(V::splat(0.0)), V::splat(1.0), top / y)
}

/// See [`super::tanh`].
#[inline(always)]
pub fn tanh<V: Lane<Real = f64>>(x: V) -> V {
    let (t, _, _) = expm1_parts(V::splat(-50.0).max(V::splat(-2.0) * x.abs()));
    copy_sign(-t / (t + V::splat(2.0)), x)
}

/// The magnitude of `x` with the sign of `s`.
#[inline(always)]
fn copy_sign<V: Lane<Real = f64>>(x: V, s: V) -> V {
    V::from_bits(V::bit_or(x.abs().to_bits(), V::bit_and(s.to_bits(), V::bits(SIGN))))
}

/// `(m, k)` with `x = m 2^k`, `m` in `[sqrt(1/2), sqrt(2))`, for positive finite `x`.
#[inline(always)]
fn mantissa_exponent<V: Lane<Real = f64>>(x: V) -> (V, V) {
    const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const SHIFT: f64 = 4_503_599_627_370_496.0; // 2^52
    let tiny = x.lt(V::splat(f64::MIN_POSITIVE));
    let scaled = V::select(tiny, x * V::splat(18_014_398_509_481_984.0), x);
    let u = V::bit_add(scaled.to_bits(), V::bits(ONE - HALF_ROOT));
    let m = V::bit_add(V::bit_and(u, V::bits((1 << 52) - 1)), V::bits(HALF_ROOT));
    let e = V::from_bits(V::bit_or(V::shr::<52>(u), V::bits(SHIFT.to_bits())));
    let bias = V::select(tiny, V::splat(SHIFT + 1023.0 + 54.0), V::splat(SHIFT + 1023.0));
    (V::from_bits(m), e - bias)
}

/// What a logarithm is outside the positive finite numbers.
#[inline(always)]
fn logarithm_elsewhere<V: Lane<Real = f64>>(x: V, y: V) -> V {
    let zero = V::splat(0.0);
    let inside = V::both(zero.lt(x), x.lt(V::splat(f64::INFINITY)));
    let else_ = V::select(x.eq(zero), V::splat(f64::NEG_INFINITY), x);
    V::select(inside, y, V::select(x.lt(zero), V::splat(f64::NAN), else_))
}

/// See [`super::ln`].
#[inline(always)]
pub fn ln<V: Lane<Real = f64>>(x: V) -> V {
    let (m, k) = mantissa_exponent(x);
    let f = m - V::splat(1.0);
    let s = f / (f + V::splat(2.0));
    let z = s * s;
    let r = z * horner(
        z,
        [
            6.666_666_666_666_735_13e-1,
            3.999_999_999_940_941_908e-1,
            2.857_142_874_366_239_149e-1,
            2.222_219_843_214_978_396e-1,
            1.818_357_216_161_805_012e-1,
            1.531_383_769_920_937_332e-1,
            1.479_819_860_511_658_591e-1,
        ],
    );
    let half = V::splat(0.5) * f * f;
    let low = s.fma(half + r, k * V::splat(LN2_REST));
    let y = k.fma(V::splat(LN2_SHORT), f - (half - low));
    logarithm_elsewhere(x, y)
}

/// `ln x` as an unevaluated sum, to about 2^-60 relative, for positive finite `x`.
#[inline(always)]
fn ln_double<V: Lane<Real = f64>>(x: V) -> (V, V) {
    let (m, k) = mantissa_exponent(x);
    let one = V::splat(1.0);
    let f = m - one;
    let d = m + one;
    let d_low = m - (d - one);
    let s = f / d;
    let s_low = ((-s).fma(d, f) - s * d_low) / d;
    let z = s * s;
    let p = horner(
        z,
        [
            2.0 / 3.0,
            0.399_999_999_999_999_9,
            0.285_714_285_714_354_7,
            0.222_222_222_198_250_16,
            0.181_818_185_985_640_1,
            0.153_845_747_472_407_56,
            0.133_356_553_099_734_8,
            0.116_877_511_720_613_09,
            0.118_853_689_780_185_4,
        ],
    );
    let twice = s_low + s_low;
    let tail = (s * z).fma(p, twice.fma(z, twice));
    let (a, b) = (k * V::splat(LN2_SHORT), s + s);
    let sum = a + b;
    let b_seen = sum - a;
    let error = (a - (sum - b_seen)) + (b - b_seen);
    let low = error + k.fma(V::splat(LN2_REST), tail);
    let high = sum + low;
    (high, low - (high - sum))
}

/// See [`super::log10`].
#[inline(always)]
pub fn log10<V: Lane<Real = f64>>(x: V) -> V {
    let (h, l) = ln_double(x);
    let c = V::splat(std::f64::consts::LOG10_E);
    let p = h * c;
    let low = h.fma(c, -p) + h.fma(V::splat(1.098_319_650_216_765e-17), l * c);
    logarithm_elsewhere(x, p + low)
}

/// See [`super::pow`].
#[inline(always)]
pub fn pow<V: Lane<Real = f64>>(x: V, y: V) -> V {
    let (zero, one, inf) = (V::splat(0.0), V::splat(1.0), V::splat(f64::INFINITY));
    let a = x.abs();
    let (h, l) = ln_double(a);
    let high = y * h;
    let inside = high.abs().lt(V::splat(760.0));
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
fn sine_of_quarter<V: Lane<Real = f64>>(x: V, quarter: u64) -> V {
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
    let x = V::select(x.abs().le(V::splat(17_592_186_044_416.0)), x, V::splat(f64::NAN));
    let t = x.fma(V::splat(std::f64::consts::FRAC_2_PI), V::splat(SHIFT));
    let n = t - V::splat(SHIFT);
    let r = n.fma(V::splat(-std::f64::consts::FRAC_PI_2), x);
    let r = n.fma(V::splat(-6.123_233_995_736_766e-17), r);
    let r = n.fma(V::splat(1.497_384_904_859_169_8e-33), r);
    let z = r * r;
    let s = horner(
        z,
        [
            -1.666_666_666_666_663_243_48e-1,
            8.333_333_333_322_489_461_24e-3,
            -1.984_126_982_985_794_931_34e-4,
            2.755_731_370_707_006_767_89e-6,
            -2.505_076_025_340_686_341_95e-8,
            1.589_690_995_211_550_102_21e-10,
        ],
    );
    let sine = (z * r).fma(s, r);
    let c = horner(
        z,
        [
            4.166_666_666_666_660_190_37e-2,
            -1.388_888_888_887_410_957_49e-3,
            2.480_158_728_947_672_941_78e-5,
            -2.755_731_435_139_066_330_35e-7,
            2.087_572_321_298_174_827_90e-9,
            -1.135_964_755_778_819_482_65e-11,
        ],
    );
    let half = V::splat(0.5) * z;
    let w = V::splat(1.0) - half;
    let cosine = w + (z * z).fma(c, (V::splat(1.0) - w) - half);
    let q = V::bit_add(t.to_bits(), V::bits(quarter));
    // Bit 0 of the quarter as the number 0 or 2; bit 1 as a sign.
    let swap = V::splat(0.0).lt(V::from_bits(V::shl::<62>(V::bit_and(q, V::bits(1)))));
    let y = V::select(swap, cosine, sine);
    V::from_bits(V::bit_xor(y.to_bits(), V::shl::<62>(V::bit_and(q, V::bits(2)))))
}

/// See [`super::sin`].
#[inline(always)]
pub fn sin<V: Lane<Real = f64>>(x: V) -> V {
    sine_of_quarter(x, 0)
}

/// See [`super::cos`].
#[inline(always)]
pub fn cos<V: Lane<Real = f64>>(x: V) -> V {
    sine_of_quarter(x, 1)
}
