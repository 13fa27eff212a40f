//! The quantile of the normal distribution.
//!
//! Quotients of polynomials of degree 7 in `(p - 1/2)^2`, or in `sqrt(-ln p)` in the tails: Wichura 1988, "Algorithm AS 241: The percentage
//! points of the normal distribution", Appl. Stat. 37, 477-484, function PPND16. No operation is fused, so that it is fast without hardware fma, too.

/// Numerator and denominator by ascending powers, for `|p - 1/2| <= 0.425`.
const MIDDLE: [[f64; 8]; 2] = [
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
];

/// ... for tails of `e^-25` or more, of `sqrt(-ln p) - 1.6`.
const TAIL: [[f64; 8]; 2] = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
];

/// ... for smaller tails, of `sqrt(-ln p) - 5`.
const FAR: [[f64; 8]; 2] = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];

fn ratio(of: &[[f64; 8]; 2], x: f64) -> f64 {
    let [above, below] = of.map(|c| c.iter().rev().fold(0.0, |sum, c| sum * x + c));
    above / below
}

/// Where the standard normal distribution has reached `p`: infinite at 0 and 1, NaN outside. Relative error below 1e-15. Of several, because
/// the processor works on their quotients side by side.
pub fn normal_quantiles<const N: usize>(p: [f64; N]) -> [f64; N] {
    let q = p.map(|p| p - 0.5);
    let x = q.map(|q| 0.180_625 - q * q);
    let [above, below] = MIDDLE.map(|c| c.iter().rev().fold([0.0; N], |sum, c| std::array::from_fn(|k| sum[k] * x[k] + c)));
    std::array::from_fn(|k| if q[k].abs() <= 0.425 { q[k] * (above[k] / below[k]) } else { tail(p[k], q[k]) })
}

fn tail(p: f64, q: f64) -> f64 {
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 {
        return if tail == 0.0 { f64::INFINITY.copysign(q) } else { f64::NAN };
    }
    let r = (-super::ln(tail)).sqrt();
    let x = if r <= 5.0 { ratio(&TAIL, r - 1.6) } else { ratio(&FAR, r - 5.0) };
    x.copysign(q)
}

#[cfg(test)]
mod tests {
    use super::normal_quantiles;

    fn normal_quantile(p: f64) -> f64 {
        normal_quantiles([p])[0]
    }

    #[test]
    fn quantiles_are_those_of_tables() {
        // Abramowitz & Stegun 1964, tables 26.5 and 26.6, and multiples of the standard deviation.
        for (p, x) in [
            (0.5, 0.0),
            (0.75, 0.674_489_750_196_081_7),
            (0.975, 1.959_963_984_540_054),
            (0.001, -3.090_232_306_167_813_5),
            (1e-9, -5.997_807_015_007_687),
            (1e-20, -9.262_340_089_798_408),
        ] {
            let found = normal_quantile(p);
            assert!((found - x).abs() <= 2e-15 * x.abs(), "{found} instead of {x} at {p}");
        }
        assert_eq!((normal_quantile(0.0), normal_quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(normal_quantile(1.5).is_nan() && normal_quantile(f64::NAN).is_nan());
    }

    #[test]
    fn it_is_odd_and_rises_also_where_its_formulas_meet() {
        let mut last = f64::NEG_INFINITY;
        for k in 1..20_000 {
            let p = f64::from(k) / 20_000.0;
            let x = normal_quantile(p);
            assert!(x > last, "falls at {p}");
            assert_eq!(normal_quantiles([0.1, p, 1.0 - p, 0.9])[1].to_bits(), x.to_bits());
            assert!((x + normal_quantile(1.0 - p)).abs() < 1e-12);
            last = x;
        }
    }
}
