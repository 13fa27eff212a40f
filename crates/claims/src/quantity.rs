//! Numbers with their units, as cards write them.

use homolog_base::Unit;

/// Reads `18.7 m/s`, `2 %` or `0.05`: a number and its unit, of which `%` is a hundredth.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read(text: &str) -> Result<(f64, Unit), String> {
    let text = text.trim();
    let (number, unit) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let x: f64 = number.parse().ok().filter(|x: &f64| x.is_finite()).ok_or_else(|| format!("`{number}` is no number"))?;
    Unit::parse(unit.trim()).map(|u| (x, u)).map_err(|e| e.to_string())
}

/// Reads a quantity as so many of a unit.
///
/// # Errors
/// It is no quantity, or of another dimension.
pub fn read_in(text: &str, unit: &str) -> Result<f64, String> {
    let (x, found) = read(text)?;
    let wanted = unit_of(unit);
    let factor = found.factor_to(&wanted).ok_or_else(|| format!("expected {}, found {found}", words(unit)))?;
    Ok(x * factor)
}

/// A unit that is written in this crate, or was read.
///
/// # Panics
/// It is none, which a test of all kinds would show.
pub fn unit_of(unit: &str) -> Unit {
    Unit::parse(unit).unwrap_or_else(|e| panic!("{e}"))
}

fn words(unit: &str) -> String {
    if unit_of(unit).is_dimensionless() { "a number without unit".into() } else { format!("a quantity in {unit}") }
}

#[cfg(test)]
mod tests {
    use super::{read, read_in};

    #[test]
    fn quantities_are_read_with_their_units() {
        assert_eq!(read_in("18.7 m/s", "m/s"), Ok(18.7));
        assert_eq!(read_in("2 %", "1"), Ok(0.02));
        assert_eq!((read_in("2 %", "%"), read_in("0.5", "%")), (Ok(2.0), Ok(50.0)));
        assert!((read_in("0.1 nA", "pA").unwrap() - 100.0).abs() < 1e-9);
        assert_eq!(read_in("3 mV", "ms").unwrap_err(), "expected a quantity in ms, found mV");
        assert!(read("fast").is_err());
    }
}
