//! How activity becomes a number: what is counted or gathered in each tick, and the value at the end of a frame.

use super::{COUNT, GATHERED, finish_vjp};
use crate::model::{Variable, port};
use homolog_base::Unit;
use homolog_ir::{Builder, Class, Kernel, Port, Readout, Value, calculus};

/// What a readout needs to know of its neuron.
pub(super) struct Reading<'a> {
    /// Who is read, for messages.
    pub neuron: &'a str,
    /// How.
    pub readout: &'a Readout,
    /// Time step, ms.
    pub dt: f64,
    /// Ticks of a frame.
    pub ticks: usize,
    /// Ticks of a frame before the readout opens.
    pub settle: usize,
    /// What one unit of it is worth.
    pub scale: f64,
}

fn counter(name: &str, unit: Unit) -> Variable {
    Variable { name: name.into(), unit, per_frame: true, taped: false, sites: 1 }
}

impl Reading<'_> {
    /// The counters after a tick in which the neuron spiked or not; `state` finds a state of the neuron as it is then.
    pub fn tick(
        &self,
        b: &mut Builder,
        spike: Value,
        state: impl Fn(&str) -> Option<(Unit, Value)>,
    ) -> Result<Vec<(Variable, Value)>, Vec<String>> {
        let count = b.input(COUNT, Unit::ONE);
        let counted = b.add(count, spike);
        let mut out = vec![(counter(COUNT, Unit::ONE), counted)];
        let open = if self.settle == 0 {
            b.constant(1.0)
        } else {
            b.input_port(Port { class: Class::Constant, ..Port::new(port::OPEN, Unit::ONE) })
        };
        match self.readout {
            Readout::Count if self.settle == 0 => {}
            Readout::Count => {
                let old = b.input(GATHERED, Unit::ONE);
                let now = b.mul(open, spike);
                out.push((counter(GATHERED, Unit::ONE), b.add(old, now)));
            }
            Readout::Filtered(tau) if *tau <= 0.0 || tau.is_nan() => {
                return Err(vec![format!("READOUT filtered of `{}` needs a positive time constant, not {tau} ms", self.neuron)]);
            }
            Readout::Filtered(tau) => {
                let old = b.input(GATHERED, Unit::ONE);
                let keep = b.constant(homolog_base::math::exp(-self.dt / tau));
                let kept = b.mul(keep, old);
                out.push((counter(GATHERED, Unit::ONE), b.add(kept, spike)));
            }
            Readout::Potential(name) => {
                let Some((unit, v)) = state(name) else {
                    return Err(vec![format!("READOUT potential names `{name}`, which is no state of `{}`", self.neuron)]);
                };
                let old = b.input(GATHERED, unit);
                let share = b.constant(1.0 / (self.ticks - self.settle) as f64);
                let part = b.mul(share, v);
                let part = b.mul(open, part);
                out.push((counter(GATHERED, unit), b.add(old, part)));
            }
            Readout::Value => {
                return Err(vec![format!("`{}` spikes, so its READOUT is count, filtered or potential, not value", self.neuron)]);
            }
        }
        Ok(out)
    }

    /// The value of a frame, and its vector-Jacobian product.
    pub fn value(&self, population: &str, variables: &[Variable]) -> (Kernel, Kernel) {
        let seen = variables.iter().find(|v| v.name == GATHERED).or_else(|| variables.iter().find(|v| v.name == COUNT));
        let (source, unit) = seen.map_or((COUNT, Unit::ONE), |v| (v.name.as_str(), v.unit));
        let mut b = Builder::new(format!("{population}.value"));
        let seen = b.input(source, unit);
        let scale = b.constant(self.scale);
        let value = b.mul(scale, seen);
        b.output(port::VALUE, Unit::ONE, value);
        let value = b.finish();
        let value_vjp = finish_vjp(calculus::vjp(&value, &[source], &[source]));
        (value, value_vjp)
    }
}
