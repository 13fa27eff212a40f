//! How numbers are written for people, on the terminal and on the page.

/// Three significant digits, without an exponent: `0.0123`, `4.56`, `78.9`, `1,230`.
pub fn three_digits(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    fixed(value, decimals(value))
}

/// Mean and spread with as many decimals as the mean needs: `141 ± 6`.
pub fn with_spread(mean: f64, sd: f64) -> String {
    let decimals = decimals(mean);
    format!("{} ± {}", fixed(mean, decimals), fixed(sd, decimals))
}

/// Four significant digits, with an exponent where there would be many zeros: `0.1203`, `-64.98`, `1.25e-5`.
pub fn four_digits(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let text = format!("{value:.3e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 || (-3..6).contains(&exponent) {
        let decimals = (3 - exponent).max(0) as usize;
        let plain = format!("{value:.decimals$}");
        return if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.').into() } else { plain };
    }
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    format!("{digits}e{exponent}")
}

/// Decimals that make three significant digits.
fn decimals(value: f64) -> usize {
    let size = value.abs();
    let (mut bound, mut decimals) = (99.95, 0);
    while decimals < 12 && size < bound && size > 0.0 {
        bound /= 10.0;
        decimals += 1;
    }
    decimals
}

fn fixed(value: f64, decimals: usize) -> String {
    // Zero has no sign for people.
    let value = if value == 0.0 { 0.0 } else { value };
    let text = format!("{value:.decimals$}");
    match text.split_once('.') {
        Some((whole, part)) => format!("{}.{part}", thousands(whole)),
        None => thousands(&text),
    }
}

/// A number with its unit and a prefix of thousands: `1.23 nJ`.
pub fn with_prefix(value: f64, unit: &str) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{} {unit}", three_digits(value));
    }
    let prefixes = [
        ("T", 1e12),
        ("G", 1e9),
        ("M", 1e6),
        ("k", 1e3),
        ("", 1.0),
        ("m", 1e-3),
        ("µ", 1e-6),
        ("n", 1e-9),
        ("p", 1e-12),
        ("f", 1e-15),
        ("a", 1e-18),
    ];
    // 999.6 would be written 1000: the next prefix says it better.
    let (prefix, scale) = prefixes.into_iter().find(|(_, s)| value.abs() >= s * 0.9995).unwrap_or(("a", 1e-18));
    format!("{} {prefix}{unit}", three_digits(value / scale))
}

/// A whole number with separators of thousands: `12,345`.
pub fn count(value: f64) -> String {
    thousands(&format!("{value:.0}"))
}

/// So many of something that takes an `s`: `1 spike`, `1,200 spikes`.
pub fn plural(n: usize, word: &str) -> String {
    format!("{} {word}{}", count(n as f64), if n == 1 { "" } else { "s" })
}

/// A share of one as per cent, with its spread: `97.8 ± 0.4 %`.
pub fn percent(mean: f64, sd: Option<f64>) -> String {
    match sd {
        Some(sd) => format!("{:.1} ± {:.1} %", mean * 100.0, sd * 100.0),
        None => format!("{:.1} %", mean * 100.0),
    }
}

/// Seconds as a person says them: `0.42 s`, `12.3 s`, `3 min 05 s`.
pub fn seconds(s: f64) -> String {
    if s < 99.95 {
        return format!("{} s", three_digits(s));
    }
    let whole = s.round() as u64;
    if whole < 3600 {
        format!("{} min {:02} s", whole / 60, whole % 60)
    } else {
        format!("{} h {:02} min", whole / 3600, whole % 3600 / 60)
    }
}

/// Whole seconds, rounded up, for what is still to come: `4 s`, `3 min 05 s`.
pub fn whole_seconds(s: f64) -> String {
    if s < 99.0 { format!("{:.0} s", s.ceil()) } else { seconds(s) }
}

fn thousands(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |d| ("-", d));
    let mut out = String::from(sign);
    for (k, c) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        assert_eq!(three_digits(0.012_345), "0.0123");
        assert_eq!(three_digits(9.999), "10.0");
        assert_eq!(three_digits(99.97), "100");
        assert_eq!(three_digits(-4.561), "-4.56");
        assert_eq!(three_digits(12_345.6), "12,346");
        assert_eq!(three_digits(0.0), "0");
        assert_eq!(three_digits(-0.0), "0");
        assert_eq!(with_spread(141.3, 6.04), "141 ± 6");
        assert_eq!(with_spread(2.214, 0.119), "2.21 ± 0.12");
    }

    #[test]
    fn units_take_a_prefix() {
        assert_eq!(with_prefix(1.234e-9, "J"), "1.23 nJ");
        assert_eq!(with_prefix(999.7, "op"), "1.00 kop");
        assert_eq!(with_prefix(0.0, "J"), "0 J");
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        assert_eq!(seconds(0.4204), "0.420 s");
        assert_eq!(seconds(185.2), "3 min 05 s");
        assert_eq!(seconds(7260.0), "2 h 01 min");
        assert_eq!(whole_seconds(3.2), "4 s");
        assert_eq!(whole_seconds(185.2), "3 min 05 s");
    }

    #[test]
    fn spread_is_written_when_there_is_one() {
        assert_eq!(percent(0.9781, Some(0.0042)), "97.8 ± 0.4 %");
        assert_eq!(percent(0.9781, None), "97.8 %");
        assert_eq!(count(1_234_567.0), "1,234,567");
        assert_eq!((plural(1, "spike"), plural(1200, "spike")), ("1 spike".into(), "1,200 spikes".into()));
    }
}
