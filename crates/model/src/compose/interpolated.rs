//! Spikes that have a time within their tick.
//!
//! ```text
//! x*  = F(x0, i(r0, v0))                      F: the neuron's own step over h, i: the current of its receptors
//! r1  = G(r0, v*)                             G: the step of the receptors
//! x1  = F(x0, (i(r0, v0) + i(r1, v*)) / 2)    of receptors whose current it is; others say themselves what flows in a step
//! s   = c(x0) / (c(x0) - c(x1))               c: the SPIKE condition, which is 0 at s h where it is a straight line
//! xs  = R(x0 + s (x1 - x0))                   R: the reset
//! x1' = xs + (1 - s) (F(xs, i(rs, vs)) - xs)  what is left of the step
//! ```
//!
//! In a step whose x* meets the condition x1 is x*: potentials beyond a threshold may be anything, and it is one step of many.
//!
//! Order 2 in h where F is the exact flow for a current that stays the same, or of order 2: the current is the trapezoid's, a crossing and what is left
//! after it are off by O(h^2), and each neuron has so many spikes whatever h is. Not where an event makes the potential jump; nor in a step in which the path has a
//! corner before the crossing, as where a refractory time ends in it; nor with a refractory time shorter than a step. Hansel, Mato, Meunier & Neltner 1998, Neural Comput. 10, 467-483,
//! for the line; Shelley & Tao 2001, J. Comput. Neurosci. 11, 111-119, for the order; Morrison, Straube, Plesser & Diesmann 2007, Neural Comput.
//! 19, 47-79, for spikes between the points of a grid. A neuron whose condition holds when a tick begins, as an event may lift it above its threshold at
//! once, spikes then: s = 0.

use super::scope::Scope;
use homolog_ir::{Builder, Compare, Kernel, Value, passes};

/// What a mechanism may read to know whether its spikes have a time within their step: 1, or 0.
pub(super) const INTERPOLATED: &str = "interpolated";

/// The currents of receptors, outward positive, at a potential of the neuron.
pub(super) fn currents(b: &mut Builder, receptors: &mut [Scope], v: Option<Value>) -> Vec<Value> {
    let mut out = Vec::new();
    for s in receptors {
        if let Some(v) = v {
            s.known.insert("v".into(), v);
        }
        let mechanism = s.mechanism;
        s.run(b, &mechanism.breakpoint);
        out.extend(mechanism.currents.iter().map(|c| s.known[&c.name]));
    }
    out
}

/// All of them together.
pub(super) fn sum(b: &mut Builder, currents: &[Value]) -> Value {
    let zero = b.constant(0.0);
    currents.iter().fold(zero, |sum, i| b.add(sum, *i))
}

/// What flows in a step, of what flows as it begins; none where that is the same, since every receptor that asks for the length of the step says itself what
/// flows in it. The scopes are those at the end of the step.
pub(super) fn in_a_step(b: &mut Builder, begins: &[Value], receptors: &[Scope], v: Option<Value>) -> Option<Value> {
    let says = |s: &Scope| s.mechanism.breakpoint.input("dt").is_some();
    if receptors.iter().all(says) {
        return None;
    }
    let mut there: Vec<Scope> = receptors.iter().map(Scope::branch).collect();
    let ends = currents(b, &mut there, v);
    let said = receptors.iter().flat_map(|s| s.mechanism.currents.iter().map(move |_| says(s)));
    let half = b.constant(0.5);
    let mut mean = |((begin, end), said): ((&Value, Value), bool)| {
        let both = b.add(*begin, end);
        if said { *begin } else { b.mul(half, both) }
    };
    let means: Vec<Value> = begins.iter().zip(ends).zip(said).map(&mut mean).collect();
    Some(sum(b, &means))
}

/// Numbers between those of a mechanism at two moments.
fn between(b: &mut Builder, before: &Scope, after: &Scope, share: Value) -> Vec<(String, Value)> {
    let mut state = |name: &String| {
        let (x0, x1) = (before.known[name], after.known[name]);
        let change = b.sub(x1, x0);
        let part = b.mul(share, change);
        (name.clone(), b.add(x0, part))
    };
    before.mechanism.states.iter().map(|s| state(&s.name)).collect()
}

/// A point neuron and its receptors at the two ends of a tick.
pub(super) struct Course<'s, 'a> {
    pub before: (&'s Scope<'a>, &'s [Scope<'a>]),
    pub after: (Scope<'a>, Vec<Scope<'a>>),
    /// The port of the current of receptors.
    pub current: Option<&'s str>,
    /// The neuron's step.
    pub step: &'s Kernel,
}

impl Course<'_, '_> {
    /// What the condition is when the tick has begun and events have arrived.
    ///
    /// # Errors
    /// It reads what is not known then.
    pub fn begins(&self, b: &mut Builder, condition: &Kernel) -> Result<Value, Vec<String>> {
        let mut begun = self.before.0.branch();
        // What follows in a step from what stays the same in it is that from its beginning on.
        let states: Vec<&str> = begun.mechanism.states.iter().map(|s| s.name.as_str()).collect();
        for p in &condition.inputs {
            if passes::sources(self.step, &p.name).is_some_and(|from| !from.iter().any(|name| states.contains(&name.as_str()))) {
                begun.known.insert(p.name.clone(), self.after.0.known[&p.name]);
            }
        }
        let from = begun.evaluate(b, condition)[0];
        if let Some(name) = begun.undefined.first() {
            let neuron = &begun.mechanism.name;
            return Err(vec![format!("the SPIKE condition of `{neuron}` reads `{name}`, which has no value when a step begins")]);
        }
        Ok(from)
    }

    /// The states of the neuron at the end of a tick in which it spiked after this share of it.
    pub fn after_reset(&self, b: &mut Builder, reset: &Kernel, share: Value) -> Vec<(String, Value)> {
        let ((before, receptors), (after, moved)) = (self.before, &self.after);
        let mut at = before.branch();
        at.known.extend(between(b, before, after, share));
        let values = at.evaluate(b, reset);
        at.known.extend(reset.outputs.iter().map(|(p, _)| p.name.clone()).zip(values));
        if let Some(port) = self.current {
            let states: Vec<_> = receptors.iter().zip(moved).map(|(r0, r1)| between(b, r0, r1, share)).collect();
            let mut there: Vec<Scope> = receptors.iter().map(Scope::branch).collect();
            there.iter_mut().zip(states).for_each(|(r, states)| r.known.extend(states));
            let all = currents(b, &mut there, at.known.get("v").copied());
            let current = sum(b, &all);
            at.known.insert(port.into(), current);
        }
        let mut rest = at.branch();
        rest.run(b, self.step);
        let one = b.constant(1.0);
        let left = b.sub(one, share);
        between(b, &at, &rest, left)
    }
}

/// The share of a tick after which a condition is met that is `from` when it begins and `to` when it ends, if it is.
pub(super) fn share(b: &mut Builder, from: Value, to: Value) -> Value {
    let zero = b.constant(0.0);
    let rise = b.sub(from, to);
    let share = b.div(from, rise);
    let was_below = b.compare(Compare::Lt, from, zero);
    b.select(was_below, share, zero)
}

/// What [`crate::model::port::SPIKE`] is of a neuron that spikes, if it does (`spike` is 0 or 1), after this share of a tick.
pub(super) fn within(b: &mut Builder, share: Value, spike: Value) -> Value {
    let (zero, one) = (b.constant(0.0), b.constant(1.0));
    let spiked = b.compare(Compare::Lt, zero, spike);
    let time = b.add(one, share);
    b.select(spiked, time, zero)
}

/// Lets a mechanism know whether its spikes have a time within their step, where it asks.
pub(super) fn tell(b: &mut Builder, scope: &mut Scope, interpolated: bool) {
    if scope.mechanism.reads.iter().any(|p| p.name == INTERPOLATED) {
        let x = b.constant(f64::from(u8::from(interpolated)));
        scope.known.insert(INTERPOLATED.into(), x);
    }
}
