//! Units as a file names them: the usual ones and the aliases of its `UNITS` block.

use homolog_base::Unit;
use std::collections::HashMap;

/// Prefixes that NMODL lets stand alone, as in `(mM) = (milli/liter)`.
const NUMBERS: [(&str, f64); 10] = [
    ("femto", 1e-15),
    ("pico", 1e-12),
    ("nano", 1e-9),
    ("micro", 1e-6),
    ("milli", 1e-3),
    ("centi", 1e-2),
    ("deci", 1e-1),
    ("kilo", 1e3),
    ("mega", 1e6),
    ("giga", 1e9),
];

/// The names of units that a file knows.
#[derive(Default, Debug)]
pub(crate) struct Units {
    aliases: HashMap<String, Unit>,
}

fn usual(text: &str) -> Unit {
    Unit::parse(text).expect("a usual unit")
}

/// One millisecond: what a derivative is per.
pub(crate) fn ms() -> Unit {
    usual("ms")
}

/// True when a number in one is a number in the other. The amount of substance does not count: NMODL's `faraday` is in
/// coulomb and its `molar` may be `1/liter`.
pub(crate) fn agree(a: Unit, b: Unit) -> bool {
    factor(a, b).is_some_and(|f| (f - 1.0).abs() < 1e-9)
}

/// What a number in `a` must be multiplied by to be one in `b`, moles not counting.
pub(crate) fn factor(a: Unit, b: Unit) -> Option<f64> {
    let mole = usual("mol");
    (-3..=3).find_map(|k| (a * mole.powi(k)).factor_to(&b))
}

/// The unit as it is shown in a message.
pub(crate) fn show(u: Unit) -> String {
    if u == Unit::ONE {
        return "1 (no unit)".to_string();
    }
    let plain = format!("{u}");
    // `mM/ms` says more than `1000 m^-3 s^-1 mol`.
    let by = ["ms", "cm2", "mV", "um2", "um", "nA"].into_iter().filter_map(|d| {
        let top = format!("{}", u * usual(d));
        (!top.contains([' ', '^', '/']) && top != "1").then(|| format!("{top}/{d}"))
    });
    let times = ["mV", "ms", "nA", "um"].into_iter().filter_map(|d| {
        let rest = format!("{}", u / usual(d));
        (!rest.contains([' ', '^']) && rest != "1").then(|| format!("{d} {rest}"))
    });
    if plain.contains([' ', '^']) { by.chain(times).next().unwrap_or(plain) } else { plain }
}

impl Units {
    /// Gives a unit another name. A name that already means the same up to moles keeps its usual meaning; one that
    /// means something else is changed, and what it meant is returned.
    pub(crate) fn define(&mut self, name: &str, unit: Unit) -> Option<Unit> {
        match Unit::parse(name) {
            Ok(old) if agree(old, unit) => None,
            Ok(old) => {
                self.aliases.insert(name.to_string(), unit);
                Some(old)
            }
            Err(_) => {
                self.aliases.insert(name.to_string(), unit);
                None
            }
        }
    }

    /// The unit that a text names, or the part that is none.
    pub(crate) fn read(&self, text: &str) -> Result<Unit, String> {
        let text = text.trim();
        if let Some(u) = self.aliases.get(text) {
            return Ok(*u);
        }
        if self.aliases.is_empty()
            && let Ok(u) = Unit::parse(text)
        {
            return Ok(u);
        }
        let mut unit = Unit::ONE;
        let (over, under) = text.split_once('/').unwrap_or((text, ""));
        for (part, sign) in [(over, 1i8), (under, -1)] {
            for factor in Self::factors(part) {
                let one = self.factor(factor)?;
                unit = unit * if sign > 0 { one } else { one.powi(-1) };
            }
        }
        Ok(unit)
    }

    /// Names and numbers, parted by spaces, `*`, `.` and the `-` of `mA-ms`.
    fn factors(text: &str) -> Vec<&str> {
        if Unit::parse(text).is_ok_and(|_| text.contains("k-mole") || text.starts_with(|c: char| c.is_ascii_digit())) {
            return vec![text];
        }
        text.split([' ', '\t', '*', '-']).filter(|x| !x.is_empty()).collect()
    }

    fn factor(&self, text: &str) -> Result<Unit, String> {
        let name = text.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('^');
        let power = text[name.len()..].trim_start_matches('^');
        let scaled = |u: Unit| match power {
            "" => Some(u),
            p => p.parse::<i8>().ok().filter(|p| *p <= 12).map(|p| u.powi(p)),
        };
        let by_name = |n: &str| self.aliases.get(n).copied();
        let number = |n: &str| NUMBERS.iter().find(|(k, _)| *k == n).and_then(|(_, f)| Unit::parse(&format!("{f}")).ok());
        let prefixed = |n: &str| NUMBERS.iter().find_map(|(p, _)| Some(number(p)? * by_name(n.strip_prefix(p)?)?));
        if let Some(u) = by_name(name).or_else(|| number(name)).and_then(scaled) {
            return Ok(u);
        }
        if text == "k" {
            // Boltzmann's constant, as NEURON's table of units has it.
            return Ok(usual("1.380649e-23 joule/degK"));
        }
        if let Ok(u) = Unit::parse(text) {
            return Ok(u);
        }
        prefixed(name).and_then(scaled).ok_or_else(|| text.to_string())
    }
}
