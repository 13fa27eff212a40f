//! Physical units: dimensions as integer exponents of the seven SI base units, and a factor to SI.
//!
//! Read in the notation of NMODL and of GNU units: `mV`, `/ms`, `mho/cm2`, `uA/cm2`, `ohm cm`, `1`, `0.001 V`, `mA-ms`.

use std::fmt;

/// A physical unit. Two units are equal when dimension and factor agree.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Unit {
    /// Exponents of metre, kilogram, second, ampere, kelvin, mole, candela.
    dims: [i8; 7],
    /// How many SI units one of this unit is.
    scale: f64,
}

impl PartialEq for Unit {
    fn eq(&self, o: &Self) -> bool {
        self.dims == o.dims && (self.scale - o.scale).abs() <= 1e-12 * self.scale.abs()
    }
}

/// Why a unit could not be read.
#[derive(Clone, PartialEq, Debug)]
pub struct UnitError {
    /// The part that was not understood.
    pub part: String,
    /// Byte offset of that part in the text.
    pub offset: usize,
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a unit", self.part)
    }
}

impl std::error::Error for UnitError {}

/// Every unit name that is known without a prefix, with its dimension and factor.
const NAMES: &[(&str, [i8; 7], f64)] = &[
    ("m", [1, 0, 0, 0, 0, 0, 0], 1.0),
    ("meter", [1, 0, 0, 0, 0, 0, 0], 1.0),
    ("micron", [1, 0, 0, 0, 0, 0, 0], 1e-6),
    ("g", [0, 1, 0, 0, 0, 0, 0], 1e-3),
    ("gram", [0, 1, 0, 0, 0, 0, 0], 1e-3),
    ("s", [0, 0, 1, 0, 0, 0, 0], 1.0),
    ("sec", [0, 0, 1, 0, 0, 0, 0], 1.0),
    ("second", [0, 0, 1, 0, 0, 0, 0], 1.0),
    ("minute", [0, 0, 1, 0, 0, 0, 0], 60.0),
    ("hour", [0, 0, 1, 0, 0, 0, 0], 3600.0),
    ("A", [0, 0, 0, 1, 0, 0, 0], 1.0),
    ("amp", [0, 0, 0, 1, 0, 0, 0], 1.0),
    ("ampere", [0, 0, 0, 1, 0, 0, 0], 1.0),
    ("K", [0, 0, 0, 0, 1, 0, 0], 1.0),
    ("kelvin", [0, 0, 0, 0, 1, 0, 0], 1.0),
    ("degC", [0, 0, 0, 0, 1, 0, 0], 1.0),
    ("degK", [0, 0, 0, 0, 1, 0, 0], 1.0),
    ("mol", [0, 0, 0, 0, 0, 1, 0], 1.0),
    ("mole", [0, 0, 0, 0, 0, 1, 0], 1.0),
    ("M", [-3, 0, 0, 0, 0, 1, 0], 1e3),
    ("molar", [-3, 0, 0, 0, 0, 1, 0], 1e3),
    ("V", [2, 1, -3, -1, 0, 0, 0], 1.0),
    ("volt", [2, 1, -3, -1, 0, 0, 0], 1.0),
    ("S", [-2, -1, 3, 2, 0, 0, 0], 1.0),
    ("siemens", [-2, -1, 3, 2, 0, 0, 0], 1.0),
    ("mho", [-2, -1, 3, 2, 0, 0, 0], 1.0),
    ("ohm", [2, 1, -3, -2, 0, 0, 0], 1.0),
    ("F", [-2, -1, 4, 2, 0, 0, 0], 1.0),
    ("farad", [-2, -1, 4, 2, 0, 0, 0], 1.0),
    ("coul", [0, 0, 1, 1, 0, 0, 0], 1.0),
    ("coulomb", [0, 0, 1, 1, 0, 0, 0], 1.0),
    ("C", [0, 0, 1, 1, 0, 0, 0], 1.0),
    ("Hz", [0, 0, -1, 0, 0, 0, 0], 1.0),
    ("hertz", [0, 0, -1, 0, 0, 0, 0], 1.0),
    ("J", [2, 1, -2, 0, 0, 0, 0], 1.0),
    ("joule", [2, 1, -2, 0, 0, 0, 0], 1.0),
    ("W", [2, 1, -3, 0, 0, 0, 0], 1.0),
    ("watt", [2, 1, -3, 0, 0, 0, 0], 1.0),
    ("N", [1, 1, -2, 0, 0, 0, 0], 1.0),
    ("newton", [1, 1, -2, 0, 0, 0, 0], 1.0),
    ("l", [3, 0, 0, 0, 0, 0, 0], 1e-3),
    ("L", [3, 0, 0, 0, 0, 0, 0], 1e-3),
    ("liter", [3, 0, 0, 0, 0, 0, 0], 1e-3),
    ("litre", [3, 0, 0, 0, 0, 0, 0], 1e-3),
    ("dyne", [1, 1, -2, 0, 0, 0, 0], 1e-5),
    ("rad", [0; 7], 1.0),
    ("radian", [0; 7], 1.0),
    ("degree", [0; 7], 0.017_453_292_519_943_295),
    ("%", [0; 7], 0.01),
    ("faraday", [0, 0, 1, 1, 0, -1, 0], 96_485.332_123_310_02),
    ("e", [0, 0, 1, 1, 0, 0, 0], 1.602_176_634e-19),
    // `k-mole` in NMODL is the gas constant, `R` in its UNITS block.
    ("k-mole", [2, 1, -2, 0, -1, -1, 0], 8.314_462_618_153_24),
    ("pi", [0; 7], std::f64::consts::PI),
];

const PREFIXES: &[(&str, f64)] = &[
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
    ("f", 1e-15),
    ("p", 1e-12),
    ("n", 1e-9),
    ("u", 1e-6),
    ("µ", 1e-6),
    ("μ", 1e-6),
    ("m", 1e-3),
    ("c", 1e-2),
    ("d", 1e-1),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
];

/// Names for printing: the shortest usual name of a dimension and scale.
const PRINTED: &[&str] = &[
    "ms",
    "s",
    "us",
    "mV",
    "V",
    "uV",
    "nA",
    "pA",
    "uA",
    "mA",
    "A",
    "uA/cm2",
    "mA/cm2",
    "S/cm2",
    "uS",
    "nS",
    "pS",
    "S",
    "nF",
    "pF",
    "uF",
    "F",
    "uF/cm2",
    "ohm cm",
    "Mohm",
    "ohm",
    "um",
    "cm",
    "m",
    "um2",
    "cm2",
    "mM",
    "uM",
    "/ms",
    "Hz",
    "/mV",
    "mV/ms",
    "degC",
    "J",
    "pJ",
    "nJ",
    "pC",
    "C",
    "coulomb/mol",
];

impl Unit {
    /// A pure number.
    pub const ONE: Unit = Unit { dims: [0; 7], scale: 1.0 };

    /// Reads a unit; the empty text and `1` are dimensionless.
    ///
    /// # Errors
    /// The part that is no unit, with its place.
    pub fn parse(text: &str) -> Result<Unit, UnitError> {
        let mut unit = Unit::ONE;
        let mut sign = 1i8;
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < text.len() {
            let c = bytes[at];
            match c {
                b' ' | b'\t' | b'*' | b'.' => at += 1,
                b'/' => {
                    if sign < 0 {
                        return Err(UnitError { part: text[at..].to_string(), offset: at });
                    }
                    sign = -1;
                    at += 1;
                }
                // A minus between names is a product in NMODL (`mA-ms`); before a digit it would be an exponent.
                b'-' if !matches!(bytes.get(at + 1), Some(b'0'..=b'9')) => at += 1,
                b'0'..=b'9' => {
                    let start = at;
                    while at < text.len() && matches!(bytes[at], b'0'..=b'9' | b'.') {
                        at += 1;
                    }
                    if at < text.len() && matches!(bytes[at], b'e' | b'E') && matches!(bytes.get(at + 1), Some(b'0'..=b'9' | b'-' | b'+')) {
                        at += 2;
                        while at < text.len() && bytes[at].is_ascii_digit() {
                            at += 1;
                        }
                    }
                    let number: f64 = text[start..at].parse().map_err(|_| UnitError { part: text[start..at].into(), offset: start })?;
                    unit.scale *= if sign > 0 { number } else { 1.0 / number };
                }
                _ => {
                    let start = at;
                    if text[at..].starts_with("k-mole") {
                        at += "k-mole".len();
                    } else {
                        while at < text.len() && !matches!(bytes[at], b' ' | b'\t' | b'*' | b'.' | b'/' | b'-' | b'^' | b'0'..=b'9') {
                            at += 1;
                        }
                    }
                    let name = &text[start..at];
                    let mut power = 1i8;
                    if at < text.len() && bytes[at] == b'^' {
                        at += 1;
                    }
                    let from = at;
                    if at < text.len() && bytes[at] == b'-' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
                        at += 1;
                    }
                    while at < text.len() && bytes[at].is_ascii_digit() {
                        at += 1;
                    }
                    if at > from {
                        power = text[from..at]
                            .parse()
                            .ok()
                            .filter(|p: &i8| p.abs() <= 12)
                            .ok_or_else(|| UnitError { part: text[start..at].into(), offset: start })?;
                    }
                    let one = Self::named(name).ok_or_else(|| UnitError { part: name.into(), offset: start })?;
                    unit = unit.checked_mul(one.powi(power * sign)).ok_or_else(|| UnitError { part: text.into(), offset: 0 })?;
                }
            }
        }
        Ok(unit)
    }

    fn named(name: &str) -> Option<Unit> {
        let plain = |n: &str| NAMES.iter().find(|(k, ..)| *k == n).map(|(_, dims, scale)| Unit { dims: *dims, scale: *scale });
        plain(name)
            .or_else(|| name.strip_suffix('s').filter(|n| n.len() > 2).and_then(plain))
            .or_else(|| {
                PREFIXES.iter().find_map(|(p, f)| {
                    let rest = name.strip_prefix(p)?;
                    let u = plain(rest).or_else(|| rest.strip_suffix('s').filter(|n| n.len() > 2).and_then(plain))?;
                    Some(Unit { dims: u.dims, scale: u.scale * f })
                })
            })
            .or_else(|| {
                // A prefix alone is a number: `(milli/liter)`.
                PREFIXES.iter().find(|(p, _)| *p == name && p.len() > 2).map(|(_, f)| Unit { dims: [0; 7], scale: *f })
            })
    }

    /// True when both measure the same kind of quantity.
    pub fn same_dimension(&self, other: &Unit) -> bool {
        self.dims == other.dims
    }

    /// True for a pure number, whatever its factor.
    pub fn is_dimensionless(&self) -> bool {
        self.dims == [0; 7]
    }

    /// What a number in `self` must be multiplied by to be a number in `to`; none when the dimensions differ.
    pub fn factor_to(&self, to: &Unit) -> Option<f64> {
        self.same_dimension(to).then(|| if self == to { 1.0 } else { self.scale / to.scale })
    }

    /// How many SI units one of this unit is.
    pub fn si_factor(&self) -> f64 {
        self.scale
    }

    /// The unit of a power.
    pub fn powi(self, p: i8) -> Unit {
        let mut scale = 1.0;
        for _ in 0..p.unsigned_abs() {
            scale *= self.scale;
        }
        if p < 0 {
            scale = 1.0 / scale;
        }
        Unit { dims: self.dims.map(|d| d.saturating_mul(p)), scale }
    }

    /// The unit of a square root, when its exponents are even.
    pub fn sqrt(self) -> Option<Unit> {
        self.dims.iter().all(|d| d % 2 == 0).then(|| Unit { dims: self.dims.map(|d| d / 2), scale: self.scale.sqrt() })
    }

    fn checked_mul(self, o: Unit) -> Option<Unit> {
        let mut dims = self.dims;
        for (d, e) in dims.iter_mut().zip(o.dims) {
            *d = d.checked_add(e)?;
        }
        Some(Unit { dims, scale: self.scale * o.scale })
    }
}

impl std::ops::Mul for Unit {
    type Output = Unit;
    fn mul(self, o: Unit) -> Unit {
        let mut dims = self.dims;
        for (d, e) in dims.iter_mut().zip(o.dims) {
            *d = d.saturating_add(e);
        }
        Unit { dims, scale: self.scale * o.scale }
    }
}

impl std::ops::Div for Unit {
    type Output = Unit;
    fn div(self, o: Unit) -> Unit {
        self * o.powi(-1)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Unit::ONE {
            return f.write_str("1");
        }
        for name in PRINTED {
            if Unit::parse(name).is_ok_and(|u| u == *self) {
                return f.write_str(name);
            }
        }
        let mut parts = Vec::new();
        if (self.scale - 1.0).abs() > 1e-12 {
            parts.push(format!("{}", self.scale));
        }
        let base = ["m", "kg", "s", "A", "K", "mol", "cd"];
        // A gram is the named unit; `kg` is read as kilo-gram.
        for (name, d) in base.iter().zip(self.dims) {
            match d {
                0 => {}
                1 => parts.push((*name).to_string()),
                _ => parts.push(format!("{name}^{d}")),
            }
        }
        f.write_str(&parts.join(" "))
    }
}

impl From<Unit> for String {
    fn from(u: Unit) -> String {
        u.to_string()
    }
}

impl TryFrom<String> for Unit {
    type Error = String;
    fn try_from(text: String) -> Result<Unit, String> {
        Unit::parse(&text).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests;
