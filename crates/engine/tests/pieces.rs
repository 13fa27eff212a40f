//! A presentation that is run in pieces has the bits of one that is run as a whole, also where each piece goes through a checkpoint.

mod common;

use common::{compiled, inputs, interpolated, receptors, streams, zoo};
use homolog_engine::Engine;
use homolog_model::{Checkpoint, Clock, Model, Network, Observable, Params, Pieces, Probe, Runner, State, pause};

/// All that can be seen tick by tick.
fn probes(model: &Model) -> Vec<Probe> {
    let ticking = (0..model.groups.len()).filter(|g| model.groups[*g].clock == Clock::Tick);
    let of = |group: usize| {
        let g = &model.groups[group];
        let sites = g.variables.iter().enumerate().flat_map(|(k, v)| (0..v.sites).map(move |site| Observable::Site(k, site)));
        let all = sites.chain(g.spikes.then_some(Observable::Spikes)).chain(g.spikes.then_some(Observable::Raster));
        all.map(move |what| Probe { group, what }).collect::<Vec<_>>()
    };
    ticking.flat_map(of).collect()
}

/// What probes see, and the state at the end, in pieces of so many ticks.
fn pieces(threads: &[usize], model: &Model, params: &Params, sizes: &[usize]) -> (Vec<Vec<u64>>, State) {
    let shown = inputs(model, 1, 1);
    let probes = probes(model);
    let mut seen: Vec<Vec<u64>> = vec![vec![]; probes.len()];
    let (mut pieces, mut state, mut first) = (Pieces::new(model.clone()), State::fresh(), 0);
    for (k, n) in sizes.iter().cycle().enumerate() {
        let ticks = (*n).min(model.ticks - first);
        let piece = pieces.piece(first, ticks);
        let now = Engine::new(threads[k % threads.len()]).run(piece, params, &shown, &probes, &mut state, None).unwrap();
        for ((all, trace), p) in seen.iter_mut().zip(&now.traces).zip(&probes) {
            let later = |(k, x): (usize, &f64)| if p.what == Observable::Raster && k % 3 == 0 { x + first as f64 } else { *x };
            all.extend(trace.data.iter().enumerate().map(later).map(f64::to_bits));
        }
        let mut checkpoint = Checkpoint::default();
        pause::save(&state, &mut checkpoint);
        let back = pause::load(&checkpoint, model).unwrap();
        assert_eq!(back, state);
        state = back;
        first += ticks;
        if first == model.ticks {
            break;
        }
    }
    assert_eq!(pieces.whole(), model);
    (seen, state)
}

fn agrees(name: &str, network: &Network) -> bool {
    let (model, params) = compiled(network);
    if Pieces::new(model.clone()).indivisible().is_some() {
        return false;
    }
    let whole = pieces(&[1], &model, &params, &[model.ticks]);
    for sizes in [&[1][..], &[7, 1, 13], &[model.ticks / 2]] {
        let cut = pieces(&[1, 2], &model, &params, sizes);
        assert!(cut == whole, "{name} in pieces of {sizes:?}");
    }
    true
}

#[test]
fn pieces_have_the_bits_of_the_whole() {
    let mut all = zoo();
    all.push(("streams", streams()));
    all.push(("interpolated", interpolated(receptors())));
    // Without what is evaluated once a frame, and what goes there.
    for (_, network) in &mut all {
        let (model, _) = compiled(network);
        let lasts: Vec<&str> = model.groups.iter().filter(|g| g.clock == Clock::Frame).map(|g| g.name.as_str()).collect();
        let touches = |p: &homolog_model::Projection| lasts.iter().any(|l| p.from.value == *l || p.to.value == *l);
        network.projections.retain(|p| !touches(p));
        network.populations.retain(|p| !lasts.contains(&p.name.as_str()));
    }
    let divisible = all.iter().filter(|(name, network)| agrees(name, network)).count();
    assert!(divisible >= 9, "only {divisible} of {} can be cut", all.len());
}

#[test]
fn what_happens_once_a_presentation_is_not_cut() {
    let mixed = |n: &Network| [Clock::Frame, Clock::Tick].iter().all(|c| compiled(n).0.groups.iter().any(|g| g.clock == *c));
    let (_, network) = zoo().into_iter().find(|(_, n)| mixed(n)).unwrap();
    let why = Pieces::new(compiled(&network).0).indivisible().unwrap();
    assert!(why.contains("presentation"), "{why}");
}

#[test]
fn a_state_that_does_not_fit_the_model_is_refused_by_name() {
    let (model, params) = compiled(&streams());
    let (_, state) = pieces(&[1], &model, &params, &[model.ticks]);
    let mut whole = Checkpoint::default();
    pause::save(&state, &mut whole);
    for (name, (_, numbers)) in &whole.arrays {
        let mut short = whole.clone();
        short.arrays.get_mut(name).unwrap().1 = numbers[..numbers.len() - 1].to_vec();
        assert_eq!(pause::load(&short, &model), Err(name.clone()));
    }
    for name in whole.words.keys() {
        let mut wrong = whole.clone();
        wrong.words.insert(name.clone(), "many".into());
        assert_eq!(pause::load(&wrong, &model), Err(name.clone()));
    }
}
