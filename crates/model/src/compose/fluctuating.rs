//! Currents into a point neuron: those that are injected, and those that fluctuate.
//!
//! ```text
//! i' = (mean - i) / tau + sigma sqrt(2 / tau) xi(t),   xi: white noise
//! over a step, exactly: i = mean + (i - mean) rho + sigma sqrt(1 - rho^2) x,   rho = exp(-dt / tau),  x: standard normal
//! ```
//!
//! Uhlenbeck & Ornstein 1930, Phys. Rev. 36, 823; the exact step is that of Gillespie 1996, Phys. Rev. E 54, 2084. In its first tick it is drawn from
//! its stationary distribution; through a tick it stays what it is.

use super::Parts;
use super::scope::Scope;
use crate::model::{Variable, port};
use homolog_base::{Unit, math};
use homolog_ir::mechanism::draw;
use homolog_ir::{Builder, Compare, Unary, Value};

/// Number of the first of their random numbers: beyond those of any neuron.
const FIRST: usize = 1 << 16;
/// Whether the currents have begun, 0 or 1.
const BEGUN: &str = "noise.begun";

/// The variable of the current of an entry: `noise.i`, `noise2.i`.
fn name(entry: usize) -> String {
    if entry == 0 { "noise.i".into() } else { format!("noise{}.i", entry + 1) }
}

/// Adds to the drive what is injected and what fluctuates; the variables of the latter with their values after the tick.
pub(super) fn add(b: &mut Builder, parts: &Parts, scope: &mut Scope) -> Vec<(Variable, Value)> {
    let Some(drive) = &parts.interface.drive else { return vec![] };
    let unit = parts.neuron.reads.iter().find(|p| p.name == *drive).map_or(Unit::ONE, |p| p.unit);
    let mut sum = scope.known[drive];
    if parts.injected {
        let injected = b.input(port::INJECTED, unit);
        sum = b.add(sum, injected);
    }
    let mut out = Vec::new();
    if !parts.noise.is_empty() {
        let (zero, one) = (b.constant(0.0), b.constant(1.0));
        let begun = b.input(BEGUN, Unit::ONE);
        let begins = b.compare(Compare::Le, begun, zero);
        for (k, [mean, deviation, tau]) in parts.noise.iter().copied().enumerate() {
            let rho = math::exp(-parts.dt / tau);
            let before = b.input(&name(k), unit);
            let normal = normal(b, FIRST + 2 * k);
            let (centre, all, part) =
                (b.constant(mean), b.constant(deviation), b.constant(deviation * (-math::expm1(-2.0 * parts.dt / tau)).sqrt()));
            let rho = b.constant(rho);
            let off = b.sub(before, centre);
            let kept = b.mul(off, rho);
            let drawn = b.mul(part, normal);
            let moved = b.add(kept, drawn);
            let first = b.mul(all, normal);
            let off = b.select(begins, first, moved);
            let current = b.add(centre, off);
            sum = b.add(sum, current);
            out.push((Variable { name: name(k), unit, per_frame: false, taped: false, sites: 1 }, current));
        }
        out.push((Variable { name: BEGUN.into(), unit: Unit::ONE, per_frame: false, taped: false, sites: 1 }, one));
    }
    scope.known.insert(drive.clone(), sum);
    out
}

/// A standard normal number from two uniform ones (Box & Muller 1958, Ann. Math. Stat. 29, 610).
fn normal(b: &mut Builder, first: usize) -> Value {
    let (u, w) = (b.input(&draw(first), Unit::ONE), b.input(&draw(first + 1), Unit::ONE));
    let (two, turn) = (b.constant(-2.0), b.constant(std::f64::consts::TAU));
    let l = b.unary(Unary::Ln, u);
    let square = b.mul(two, l);
    let radius = b.unary(Unary::Sqrt, square);
    let angle = b.mul(turn, w);
    let c = b.unary(Unary::Cos, angle);
    b.mul(radius, c)
}
