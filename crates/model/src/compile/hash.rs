//! What makes two models the same.

use crate::model::Model;
use crate::network::Precision;
use homolog_base::Hash;

/// The hash of everything that a run depends on beside parameters and inputs.
pub(super) fn hash(model: &Model) -> Hash {
    let mut text = format!("{} {}\n", model.dt.to_bits(), model.ticks);
    if model.precision != Precision::default() {
        text += &format!("{}\n", model.precision.name());
    }
    for g in &model.groups {
        text += &format!("{} {} {} {} {:?} {}\n", g.name, g.neuron, g.size, g.kinds(), g.clock, g.settle);
        for l in g.prepare.iter().chain(&g.initial).chain(g.launches()) {
            text += &format!("{} {:?}\n{}", l.sites, l.first, l.kernel);
        }
        text += &format!("{}{:?}\n{:?}\n", g.value, g.tree, g.fixed);
        if g.interpolated {
            text += &format!("interpolated {:?}\n", g.given);
        } else {
            text += &format!("{:?}\n", g.given.iter().map(|s| (s.tick, s.neuron)).collect::<Vec<_>>());
        }
        if !g.diffusion.is_empty() {
            text += &format!("{:?}\n", g.diffusion);
        }
        let anew: Vec<&str> =
            g.variables.iter().filter(|v| v.per_frame && v.name != crate::compose::COUNT).map(|v| v.name.as_str()).collect();
        if !anew.is_empty() {
            text += &format!("anew {anew:?}\n");
        }
        text += &format!("{:?}\n", g.learned.iter().map(|l| (&l.name, &l.part, &l.kind)).collect::<Vec<_>>());
    }
    for l in &model.links {
        text += &format!("{} {} {} {:?} {} {:?} {:?}\n", l.name, l.from, l.to, l.target, l.delay, l.wires, l.places);
    }
    text += &format!("{:?}\n", model.clamps);
    for s in &model.streams {
        text += &format!("{} {} {} {:?} {:?}\n", s.name, s.from, s.to, s.target, s.whole);
        text += &s.plasticity.as_ref().map(|p| super::plasticity::text(p)).unwrap_or_default();
    }
    for g in &model.groups {
        text += &format!("{:?}\n", g.noise);
        if !g.draws.is_empty() {
            text += &format!("{:?}\n", g.draws);
        }
        if !g.injected.is_empty() {
            text += &format!("{:?}\n", g.injected);
        }
        if let Some(s) = g.sources {
            text += &format!("Sources {{ rate: {:?}, key: {:?} }}\n", s.rate, s.key);
            if s.correlation > 0.0 {
                text += &format!("{:?}\n", s.correlation);
            }
        }
        for (k, numbers) in &g.starts {
            text += &format!("{k} {}\n", Hash::of_u64(numbers.iter().map(|x| x.to_bits())));
        }
    }
    for c in &model.contacts {
        text += &format!("{} {}{:?}\n{:?}\n", c.name, c.kernel, c.own, c.other);
    }
    Hash::of(text.as_bytes())
}
