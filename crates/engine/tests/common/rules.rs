//! Rules of plasticity and networks that learn by them.

use super::{busy, library, spikes};
use homolog_base::{Source, Unit};
use homolog_engine::Engine;
use homolog_model::network::{Delay, Normalise, RuleUse, Structure};
use homolog_model::{Checkpoint, Inputs, Library, Model, Network, Params, Projection, Runner, State, Weights, Wiring, pause};

/// The library and all rules of plasticity in it.
pub fn with_rules() -> Library {
    let mut library = library();
    let (m, _) = homolog_nmodl::read(&Source::new("explode", EXPLODE));
    library.insert(m.expect("it is read"));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../library/plasticity");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = Source::new(path.to_string_lossy(), std::fs::read_to_string(&path).unwrap());
        let (m, problems) = homolog_nmodl::read(&source);
        library.insert(m.unwrap_or_else(|| panic!("{}", problems.iter().map(|d| d.render(false)).collect::<String>())));
    }
    library
}

/// A rule whose weights are soon no numbers.
const EXPLODE: &str = "NEURON { PLASTICITY explode } BREAKPOINT { w = w*1e30 } NET_RECEIVE (w) { }";

/// A rule of plasticity with some of its numbers.
pub fn rule(name: &str, parameters: &[(&str, f64)]) -> RuleUse {
    let parameters = parameters.iter().map(|(n, x)| (n.to_string(), (*x, None).into())).collect();
    RuleUse { rule: name.into(), parameters, ..RuleUse::default() }
}

/// Weights in nS, of which no gradient is taken.
pub fn nano(p: Projection, weights: Weights) -> Projection {
    Projection { weights: weights.into(), unit: Some(Unit::parse("nS").unwrap().into()), learn: Some(false), ..p }
}

/// Cells of two kinds that sources excite, that inhibit one another, and that hear point neurons; all of these weights change.
pub fn learning(rules: &[RuleUse], delay: Delay, cells: usize, points: usize) -> Network {
    let mut n = busy(cells, points);
    n.populations.push(spikes("treat", &[vec![3.0, 9.0]]));
    let nano_of = |x: f64| (x, Some(Unit::parse("nS").unwrap()));
    let [excite, _, to_points, inhibit, back, _] = &mut n.projections[..] else { panic!("six projections") };
    *excite = nano(excite.clone(), Weights::Uniform(0.0, 6.0));
    excite.delay = Some(delay.into());
    excite.plasticity = rules.to_vec();
    excite.normalise = Some(Normalise { sum: 120.0, unit: Some(Unit::parse("nS").unwrap()), every: 4.0 }.into());
    *inhibit = nano(inhibit.clone(), Weights::Uniform(-4.0, -1.0));
    inhibit.wiring = Wiring::Random(0.8).into();
    inhibit.plasticity = vec![rule("vogels", &[("eta", 0.02), ("rate", 0.02)])];
    *back = nano(back.clone(), Weights::Uniform(2.0, 8.0));
    back.wiring = Wiring::AllToAll.into();
    back.plasticity = rules.to_vec();
    back.structure = Some(Structure { every: 1.0, prune: nano_of(2.5), grow: 0.1, weight: nano_of(4.0), begin: 0.6 }.into());
    to_points.plasticity = vec![rule("stdp", &[("a_plus", 0.05)])];
    n
}

/// A rule that hears rewards of the population `treat`.
pub fn heard() -> RuleUse {
    RuleUse { signals: [("reward".to_string(), "treat".into())].into(), ..rule("rstdp", &[("a_plus", 0.1), ("a_minus", 0.05)]) }
}

/// The state after so many frames at once, each time through a checkpoint and back; by so many threads each time.
pub fn through_checkpoints(model: &Model, params: &Params, cuts: &[usize], threads: impl Fn(usize) -> usize) -> State {
    let mut state = State::fresh();
    for (k, frames) in cuts.iter().enumerate() {
        let shown = Inputs { batch: 1, frames: *frames, values: vec![] };
        Engine::new(threads(k)).run(model, params, &shown, &[], &mut state, None).unwrap();
        let mut checkpoint = Checkpoint::default();
        pause::save(&state, &mut checkpoint);
        let back = pause::load(&checkpoint, model).unwrap();
        assert_eq!(back, state);
        state = back;
    }
    state
}
