#![allow(clippy::disallowed_methods)] // The platform's functions are the reference here.
use super::*;
use proptest::prelude::*;

/// Relative error, with one subnormal step allowed.
fn error(got: f64, want: f64) -> f64 {
    if got == want || (got.is_nan() && want.is_nan()) {
        return 0.0;
    }
    (((got - want).abs() - 5e-324).max(0.0)) / want.abs()
}

fn sweep(name: &str, f: fn(f64) -> f64, g: fn(f64) -> f64, lo: f64, hi: f64, bound: f64) {
    let n = 200_000;
    let mut worst = (0.0, 0.0);
    for i in 0..=n {
        let x = lo + (hi - lo) * (f64::from(i) / f64::from(n));
        let e = error(f(x), g(x));
        if e > worst.0 || e.is_nan() {
            worst = (e, x);
        }
    }
    assert!(worst.0 <= bound, "{name}: error {} at {}: {} for {}", worst.0, worst.1, f(worst.1), g(worst.1));
}

#[test]
fn exponentials_err_by_less_than_an_ulp() {
    sweep("exp", exp, f64::exp, -746.0, 710.0, 4e-16);
    sweep("exp", exp, f64::exp, -1.0, 1.0, 4e-16);
    for r in [0.01, 0.1, 1.0, 40.0, 710.0] {
        sweep("expm1", expm1, f64::exp_m1, -r, r, 6e-16);
        sweep("tanh", tanh, f64::tanh, -r, r, 8e-16);
        sweep("exprelr", exprelr, |x| if x == 0.0 { 1.0 } else { x / x.exp_m1() }, -r, r.min(709.7), 8e-16);
    }
}

#[test]
fn logarithms_err_by_less_than_an_ulp() {
    for (lo, hi) in [(1e-320, 1e-300), (0.001, 0.1), (0.1, 3.0), (0.99, 1.01), (1.0, 1e6), (1e300, 1.7e308)] {
        sweep("ln", ln, f64::ln, lo, hi, 4e-16);
        sweep("log10", log10, f64::log10, lo, hi, 4e-16);
    }
    for k in -300..=300 {
        assert_eq!(log10(format!("1e{k}").parse().unwrap()), f64::from(k));
    }
}

#[test]
fn circular_functions_err_by_3e_16() {
    for r in [1.0, 10.0, 1e3, 1e6, 1e13] {
        for i in -100_000..=100_000 {
            let x = r * f64::from(i) / 100_000.0;
            assert!((sin(x) - x.sin()).abs() <= 3e-16, "sin {x}");
            assert!((cos(x) - x.cos()).abs() <= 3e-16, "cos {x}");
        }
    }
}

#[test]
fn powers_are_exact_and_special_values_are_those_of_c99() {
    let s = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        2.0,
        -2.0,
        0.5,
        -0.5,
        3.0,
        -3.0,
        2.5,
        -2.5,
        1e300,
        -1e300,
        1e-310,
        -1e-310,
        f64::MAX,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        5e-324,
        1e17,
        9007199254740993.0,
        9007199254740991.0,
    ];
    for x in s {
        for y in s {
            let (got, want) = (pow(x, y), x.powf(y));
            assert!(error(got, want) <= 4e-16 && (want != 0.0 || got.to_bits() == want.to_bits()), "{x}^{y} = {got}, not {want}");
        }
    }
    for k in -1080..=1030 {
        assert_eq!(pow2i(k), 2f64.powf(f64::from(k)));
        assert_eq!(pow(2.0, f64::from(k)), 2f64.powf(f64::from(k)));
    }
}

#[test]
fn special_values() {
    let inf = f64::INFINITY;
    for f in [exp, expm1, ln, log10, sin, cos, tanh, exprelr] {
        assert!(f(f64::NAN).is_nan());
    }
    assert_eq!((exp(inf), exp(-inf), exp(0.0), exp(-800.0), exp(800.0)), (inf, 0.0, 1.0, 0.0, inf));
    assert_eq!((expm1(inf), expm1(-inf), expm1(0.0), expm1(1e-310)), (inf, -1.0, 0.0, 1e-310));
    assert_eq!((ln(0.0), ln(-0.0), ln(inf), ln(1.0)), (-inf, -inf, inf, 0.0));
    assert!(ln(-1.0).is_nan() && ln(-inf).is_nan() && log10(-1e-300).is_nan());
    assert_eq!((tanh(inf), tanh(-inf), tanh(1e-300)), (1.0, -1.0, 1e-300));
    assert!(tanh(-0.0).is_sign_negative());
    assert_eq!((exprelr(0.0), exprelr(-0.0), exprelr(inf), exprelr(-inf), exprelr(-1e4)), (1.0, 1.0, 0.0, inf, 1e4));
    assert!(exprelr(709.8) == 0.0 && exprelr(1e-300) == 1.0);
    assert!(sin(inf).is_nan() && cos(-inf).is_nan() && sin(2e15).is_nan());
    assert_eq!(exp(1.0), std::f64::consts::E);
}

proptest! {
    #[test]
    fn powers_err_by_less_than_1e_15(x in 1e-3f64..1e3, y in -100f64..100.0) {
        prop_assert!(error(pow(x, y), x.powf(y)) <= 1e-15);
    }

    #[test]
    fn functions_of_any_bits_agree_with_the_platform(bits: u64) {
        let x = f64::from_bits(bits);
        prop_assert!(error(exp(x), x.exp()) <= 1e-15);
        prop_assert!(error(expm1(x), x.exp_m1()) <= 1e-15);
        prop_assert!(error(ln(x), x.ln()) <= 1e-15);
        prop_assert!(error(tanh(x), x.tanh()) <= 1e-15);
        if x.abs() <= 1e6 {
            prop_assert!((sin(x) - x.sin()).abs() <= 3e-16 && (cos(x) - x.cos()).abs() <= 3e-16);
        }
    }
}

/// Functions of 32-bit numbers: errors in units of the last place of what 64 bits say.
mod of_single {
    use super::*;

    /// Between two 32-bit numbers at `want`.
    fn ulp(want: f64) -> f64 {
        let x = want.abs() as f32;
        if x.is_infinite() { f64::from(f32::MAX) * 2f64.powi(-24) } else { f64::from(f32::from_bits(x.to_bits() + 1)) - f64::from(x) }
    }

    fn error(got: f32, want: f64) -> f64 {
        let rounded = want as f32;
        if got == rounded || (got.is_nan() && want.is_nan()) { 0.0 } else { (f64::from(got) - want).abs() / ulp(want) }
    }

    /// The largest error over every number of a sign and a stride of bits.
    fn worst(f: fn(f32) -> f32, g: fn(f64) -> f64, of: impl Fn(f32) -> bool) -> (f64, f32) {
        let mut worst = (0.0, 0.0);
        for bits in (0..u64::from(u32::MAX)).step_by(997) {
            let x = f32::from_bits(bits as u32);
            if of(x) {
                let e = error(f(x), g(f64::from(x)));
                if e > worst.0 || e.is_nan() {
                    worst = (e, x);
                }
            }
        }
        worst
    }

    fn holds(name: &str, f: fn(f32) -> f32, g: fn(f64) -> f64, bound: f64, of: impl Fn(f32) -> bool) {
        let (e, x) = worst(f, g, of);
        assert!(e <= bound, "{name}: {e} ulp at {x}: {} for {}", f(x), g(f64::from(x)));
    }

    #[test]
    fn functions_err_by_as_many_ulp_as_the_page_says() {
        holds("exp", single::exp, f64::exp, 1.2, |_| true);
        holds("expm1", single::expm1, f64::exp_m1, 1.6, |_| true);
        holds("exprelr", single::exprelr, |x| if x == 0.0 { 1.0 } else { x / x.exp_m1() }, 2.6, |x| x < 88.0);
        holds("tanh", single::tanh, f64::tanh, 3.5, |_| true);
        holds("ln", single::ln, f64::ln, 1.0, |_| true);
        for (f, g) in [(single::sin as fn(f32) -> f32, f64::sin as fn(f64) -> f64), (single::cos, f64::cos)] {
            for bits in (0..u64::from(u32::MAX)).step_by(997) {
                let x = f32::from_bits(bits as u32);
                if x.abs() <= 1e5 {
                    assert!((f64::from(f(x)) - g(f64::from(x))).abs() <= 1e-7, "{x}");
                }
            }
        }
    }

    #[test]
    fn special_values_are_those_of_64_bits() {
        let inf = f32::INFINITY;
        let all: [fn(f32) -> f32; 7] = [single::exp, single::expm1, single::ln, single::sin, single::cos, single::tanh, single::exprelr];
        for f in all {
            assert!(f(f32::NAN).is_nan());
        }
        let [exp, expm1, ln, exprelr, tanh]: [fn(f32) -> f32; 5] = [single::exp, single::expm1, single::ln, single::exprelr, single::tanh];
        assert_eq!((exp(inf), exp(-inf), exp(0.0), exp(-200.0)), (inf, 0.0, 1.0, 0.0));
        assert_eq!((expm1(inf), expm1(-inf), expm1(0.0), expm1(1e-40)), (inf, -1.0, 0.0, 1e-40));
        assert_eq!((ln(0.0), ln(inf), ln(1.0)), (-inf, inf, 0.0));
        assert_eq!((exprelr(0.0), exprelr(inf), exprelr(-1e4)), (1.0, 0.0, 1e4));
        assert_eq!((tanh(inf), tanh(-inf)), (1.0, -1.0));
        let s = [0.0f32, 1.0, 2.0, 0.5, 3.0, 2.5, 1e30, 1e-40, f32::MAX, inf, f32::NAN, 1e-45, 16_777_215.0];
        for x in s.iter().flat_map(|x| [*x, -*x]) {
            for y in s.iter().flat_map(|y| [*y, -*y]) {
                let (got, want) = (single::pow(x, y), f64::from(x).powf(f64::from(y)));
                assert!(error(got, want) <= 1.0, "{x}^{y} = {got}, not {want}");
            }
        }
    }

    proptest! {
        #[test]
        fn powers_err_by_less_than_two_ulp(x in 1e-3f32..1e3, y in -12f32..12.0) {
            prop_assert!(error(single::pow(x, y), f64::from(x).powf(f64::from(y))) <= 2.0);
        }
    }
}
