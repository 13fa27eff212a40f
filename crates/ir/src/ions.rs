//! What is known of ions where nobody says otherwise, and the potential of Nernst.
//!
//! ```text
//! e = 1000 R T / (z F) ln(outside / inside)        mV
//! ```
//!
//! (Nernst 1888; Hille 2001, "Ion Channels of Excitable Membranes", eq. 1.11.)

/// Coulombs in a mole of elementary charges (CODATA 2018).
const FARADAY: f64 = 96_485.332_123_310_01;
/// Joules a kelvin in a mole (CODATA 2018).
const GAS: f64 = 8.314_462_618_153_24;

/// An ion, with NEURON's defaults.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Known {
    /// Name: `ca`.
    pub name: &'static str,
    /// Concentration inside, mM.
    pub inside: f64,
    /// ... and outside.
    pub outside: f64,
    /// Charge number.
    pub charge: f64,
}

/// Those with defaults of their own.
pub const KNOWN: [Known; 3] = [
    Known { name: "na", inside: 10.0, outside: 140.0, charge: 1.0 },
    Known { name: "k", inside: 54.4, outside: 2.5, charge: 1.0 },
    Known { name: "ca", inside: 5e-5, outside: 2.0, charge: 2.0 },
];

/// The charge number of an ion by its name.
pub fn charge(name: &str) -> Option<f64> {
    KNOWN.iter().find(|i| i.name == name).map(|i| i.charge).or((name == "cl").then_some(-1.0))
}

/// What the logarithm of outside over inside is multiplied by, mV.
pub fn nernst(celsius: f64, charge: f64) -> f64 {
    1000.0 * GAS * (celsius + 273.15) / FARADAY / charge
}
