//! What rules of wiring, of weights and of delays become in a compiled network.

mod common;

use common::{library, network, population, projection};
use homolog_base::{Unit, math};
use homolog_model::convolution::Kernel;
use homolog_model::events::{Delays, Events, Strength};
use homolog_model::network::{Bell, Copies, Delay, EdgeList, Listed, Sign};
use homolog_model::space::{Places, Profile, Space};
use homolog_model::{Located, Network, Population, Projection, Weights, Wires, Wiring, compile};
use std::sync::Arc;

fn grid(name: &str, side: usize, spacing: f64, periodic: bool) -> Population {
    let space = Space { places: Places::Grid(vec![side, side], spacing), periodic };
    Population { space: Some(space.into()), bias: Some(false), ..population(name, side * side, "lif") }
}

/// Two squares of neurons in one space, and a projection between them that learns nothing.
fn spaced(periodic: bool, change: impl FnOnce(&mut Projection)) -> Network {
    let mut p = Projection {
        learn: Some(false),
        weights: Weights::Constant(1.0).into(),
        unit: Some(Unit::parse("mV").unwrap().into()),
        delay: Some(Delay::Ms(1.0).into()),
        ..projection("a", "b")
    };
    change(&mut p);
    let mut n = network(vec![grid("a", 8, 50.0, periodic), grid("b", 4, 100.0, periodic)], vec![p]);
    (n.dt, n.presentation) = (Some(0.1.into()), Some(10.0.into()));
    n
}

fn events(n: &Network) -> Arc<Events> {
    let (model, _) = compile(n, &library(), 3).unwrap_or_else(|e| panic!("{}", e[0].render(false)));
    model.streams[0].events.clone()
}

fn said(n: &Network) -> Vec<String> {
    compile(n, &library(), 3).map(|_| vec![]).unwrap_or_else(|e| e.iter().map(|d| format!("{}: {}", d.code, d.message)).collect())
}

/// How far two neurons of [`spaced`] are apart, um, written down once more.
fn apart(sender: usize, receiver: usize, around: bool) -> f64 {
    let one = |a: f64, b: f64| if around { (a - b).abs().min(400.0 - (a - b).abs()) } else { (a - b).abs() };
    let at = |k: usize, side: usize, step: f64| ((k / side) as f64 * step + 0.5 * step, (k % side) as f64 * step + 0.5 * step);
    let ((x, y), (u, v)) = (at(sender, 8, 50.0), at(receiver, 4, 100.0));
    one(x, u).hypot(one(y, v))
}

#[test]
fn delays_and_weights_of_a_compiled_network_follow_from_distances() {
    for periodic in [true, false] {
        let n = spaced(periodic, |p| {
            p.delay = Some(Delay::Distance(0.5, 100.0).into());
            p.weights = Weights::Distance(Profile::Exponential(-2.0, 80.0)).into();
        });
        let e = events(&n);
        let Strength::Each(weights) = &e.strength else { panic!("each its own") };
        let Delays::Each(_) = &e.delays else { panic!("each its own") };
        assert_eq!(e.len(), 64 * 16);
        let mut seen = 0;
        let unit = weights.iter().fold(0.0f32, |m, w| m.max(w.abs()));
        let nearest = (0..64).flat_map(|s| (0..16).map(move |r| apart(s, r, periodic))).fold(f64::INFINITY, f64::min);
        for part in 0..e.parts() {
            for s in 0..64 {
                for run in e.runs(part, s) {
                    for k in e.run(run) {
                        let d = apart(s, part * e.part + e.target[k] as usize, periodic);
                        assert_eq!(e.delay(run), ((0.5 + d / 100.0) / 0.1 + 0.5) as u32, "{d} um");
                        let expected = -f64::from(unit) * math::exp((nearest - d) / 80.0);
                        assert!((f64::from(weights[k]) / expected - 1.0).abs() < 1e-5, "{d} um: {} and {expected}", weights[k]);
                        seen += 1;
                    }
                }
            }
        }
        assert_eq!(seen, e.len());
    }
}

#[test]
fn pairs_by_distance_reach_no_further_than_their_profile_in_both_forms_of_a_projection() {
    let n = spaced(true, |p| p.wiring = Wiring::Distance(Profile::Within(1.0, 120.0)).into());
    let near: Vec<(usize, usize)> =
        (0..64).flat_map(|s| (0..16).map(move |r| (s, r))).filter(|(s, r)| apart(*s, *r, true) < 120.0).collect();
    let mut found: Vec<(usize, usize)> = events(&n).pairs().collect();
    found.sort_unstable();
    assert_eq!(found, near);
    // The same with weights that learn: by receiver.
    let mut n = n;
    (n.projections[0].learn, n.projections[0].weights) = (None, Weights::Distance(Profile::Gaussian(0.5, 100.0)).into());
    let (model, params) = compile(&n, &library(), 3).unwrap();
    let Wires::Sparse { start, column } = &model.links[0].wires else { panic!("listed") };
    let tensor = &params.tensors[model.links[0].weights];
    let first = tensor.values[0] / math::exp(-0.5 * (apart(column[0] as usize, 0, true) / 100.0).powi(2));
    let mut again = vec![];
    for (r, own) in start.windows(2).enumerate() {
        let own = own[0] as usize..own[1] as usize;
        for (s, w) in column[own.clone()].iter().zip(&tensor.values[own]) {
            let d = apart(*s as usize, r, true);
            assert!((w / (first * math::exp(-0.5 * (d / 100.0).powi(2))) - 1.0).abs() < 1e-12);
            again.push((*s as usize, r));
        }
    }
    again.sort_unstable();
    assert_eq!(again, near);
}

#[test]
fn distances_need_one_space() {
    let by_distance = |p: &mut Projection| p.wiring = Wiring::Distance(Profile::Within(1.0, 120.0)).into();
    let mut n = spaced(true, by_distance);
    n.populations[1].space = None;
    assert!(said(&n)[0].contains("`b` is nowhere: its population has no `space`"), "{:?}", said(&n));
    let mut n = spaced(true, by_distance);
    n.populations[1] = grid("b", 4, 50.0, true);
    assert!(said(&n)[0].contains("are not in one space"), "{:?}", said(&n));
    let mut n = spaced(false, |p| p.delay = Some(Delay::Distance(0.5, 100.0).into()));
    n.populations[1].space = Some(Space { places: Places::Random(vec![400.0]), periodic: false }.into());
    assert!(said(&n)[0].contains("are not in one space"), "{:?}", said(&n));
    let mut n = spaced(true, |p| p.weights = Weights::Distance(Profile::Within(1.0, 120.0)).into());
    n.populations[0].space = Some(Space { places: Places::Grid(vec![3, 3], 50.0), periodic: true }.into());
    assert!(said(&n)[0].contains("a lattice of 3 x 3 has 9 places, and the population 64 neurons"), "{:?}", said(&n));
    // Learned weights have one delay.
    let n = spaced(true, |p| (p.learn, p.delay) = (None, Some(Delay::Distance(0.5, 100.0).into())));
    assert!(said(&n)[0].starts_with("model-delay"), "{:?}", said(&n));
}

#[test]
fn distributions_between_bounds_stay_there_as_weights_and_as_delays() {
    let n = spaced(true, |p| {
        p.weights = Weights::Clipped(Bell::Normal(1.0, 1.0), 0.5, 1.5).into();
        p.delay = Some(Delay::Clipped(Bell::Lognormal(1.0, 1.0), 0.4, 2.0).into());
    });
    let plain = events(&spaced(true, |p| p.weights = Weights::Constant(0.5).into()));
    let Strength::Shared(half) = plain.strength else { panic!("one for all") };
    let e = events(&n);
    let Strength::Each(weights) = &e.strength else { panic!("each its own") };
    let in_mv: Vec<f64> = weights.iter().map(|w| 0.5 * f64::from(*w) / half).collect();
    assert!(in_mv.iter().all(|w| (0.4999..1.5001).contains(w)) && in_mv.iter().any(|w| *w < 0.6) && in_mv.iter().any(|w| *w > 1.4));
    assert_eq!(e.bounds, (4, 20));
    let n = spaced(true, |p| p.weights = Weights::Clipped(Bell::Normal(0.0, 1.0), 9.0, 10.0).into());
    assert_eq!(said(&n), ["model-weights: less than one in 100000 numbers of this distribution is between 9 and 10"]);
}

#[test]
fn a_population_that_sends_one_sign_has_weights_of_that_sign() {
    let with = |sign: Sign, weights: Weights| {
        let mut n = spaced(true, |p| p.weights = weights.into());
        n.populations[0].sends = Some(sign.into());
        n
    };
    for (sign, mean) in [(Sign::Excitatory, 0.5), (Sign::Inhibitory, -0.5)] {
        let e = events(&with(sign, Weights::Normal(mean, 1.0)));
        let Strength::Each(weights) = &e.strength else { panic!("each its own") };
        assert!(weights.iter().all(|w| sign.allows(f64::from(*w))) && weights.windows(2).any(|w| w[0] != w[1]));
    }
    for weights in [
        Weights::Constant(-1.0),
        Weights::Uniform(-2.0, -1.0),
        Weights::Normal(-1.0, 5.0),
        Weights::UnitVariance,
        Weights::Distance(Profile::Within(-1.0, 90.0)),
    ] {
        let found = said(&with(Sign::Excitatory, weights));
        assert!(found.len() == 1 && found[0].ends_with("and the population is excitatory"), "{weights:?}: {found:?}");
    }
    assert!(said(&with(Sign::Inhibitory, Weights::Lognormal(1.0, 0.5)))[0].contains("lognormal weights are above 0"));
    assert!(said(&with(Sign::Inhibitory, Weights::Uniform(-1.0, 0.0))).is_empty());
    // What learns keeps its sign.
    let mut n = with(Sign::Inhibitory, Weights::Normal(-0.5, 1.0));
    n.projections[0].learn = None;
    let (model, params) = compile(&n, &library(), 3).unwrap();
    let tensor = &params.tensors[model.links[0].weights];
    assert_eq!(tensor.bounds, Some((f64::NEG_INFINITY, 0.0)));
    assert!(tensor.values.iter().all(|w| *w <= 0.0));
}

#[test]
fn autapses_and_multapses_are_left_out_of_every_rule_that_makes_them() {
    let within = |wiring: Wiring, autapses: Option<bool>, multapses: Option<bool>| {
        let mut n = spaced(true, |p| {
            (p.to, p.wiring) = ("a".into(), wiring.into());
            p.copies = Copies { autapses: autapses.map(Located::from), multapses: multapses.map(Located::from) };
        });
        n.populations.truncate(1);
        n
    };
    let has = |n: &Network| {
        let mut pairs: Vec<(usize, usize)> = events(n).pairs().collect();
        pairs.sort_unstable();
        (pairs.iter().any(|(s, r)| s == r), pairs.windows(2).any(|w| w[0] == w[1]))
    };
    let drawn = [Wiring::InDegree(40), Wiring::OutDegree(40), Wiring::Total(3000), Wiring::Connected(0.5)];
    for wiring in drawn {
        assert_eq!(has(&within(wiring.clone(), None, None)), (true, true), "{wiring:?}: as ever");
        assert_eq!(has(&within(wiring.clone(), Some(false), None)), (false, true), "{wiring:?}");
        assert_eq!(has(&within(wiring.clone(), None, Some(false))), (true, false), "{wiring:?}");
        assert_eq!(has(&within(wiring.clone(), Some(false), Some(false))), (false, false), "{wiring:?}");
        // Saying what is so anyway changes no bit.
        assert_eq!(events(&within(wiring.clone(), Some(true), Some(true))), events(&within(wiring, None, None)));
    }
    let listed = Wiring::Pairs(vec![(1, 1), (1, 2), (1, 2)]);
    for (wiring, left) in [(Wiring::Random(0.5), (false, false)), (Wiring::AllToAll, (false, false)), (listed, (false, true))] {
        assert!(has(&within(wiring.clone(), None, None)).0, "{wiring:?}");
        assert_eq!(has(&within(wiring.clone(), Some(false), None)), left, "{wiring:?}");
    }
    let near = Wiring::Distance(Profile::Within(1.0, 60.0));
    assert!(!has(&within(near.clone(), None, None)).0 && has(&within(near, Some(true), None)).0);
    let found = said(&within(Wiring::InDegree(64), Some(false), Some(false)));
    assert_eq!(found, ["model-copies: an in-degree of 64 from 63 senders, each once and none to itself"]);
    // Weights that learn are wired by the same rules.
    let mut n = within(Wiring::AllToAll, Some(false), None);
    n.projections[0].learn = None;
    let Wires::Sparse { column, .. } = &compile(&n, &library(), 3).unwrap().0.links[0].wires else { panic!("all but itself") };
    assert_eq!(column.len(), 64 * 63);
}

#[test]
fn a_table_gives_connections_weights_and_delays_in_both_forms_of_a_projection() {
    let listed =
        Listed { pairs: vec![(0, 3), (0, 3), (2, 1), (5, 0)], weights: vec![1.0, 2.0, -3.0, 4.0], delays: vec![1.0, 0.5, 2.0, 0.0] };
    let edges = EdgeList { listed: Some(Arc::new(listed)), ..EdgeList::default() };
    let mut n = spaced(true, |p| {
        p.wiring = Wiring::Table(edges).into();
        (p.weights, p.delay) = (Weights::Column(0.5).into(), Some(Delay::Column(1.0).into()));
    });
    let half = match events(&spaced(true, |p| p.weights = Weights::Constant(0.5).into())).strength {
        Strength::Shared(w) => w,
        Strength::Each(_) => panic!("one for all"),
    };
    let e = events(&n);
    let Strength::Each(weights) = &e.strength else { panic!("each its own") };
    let mut found = vec![];
    for s in 0..64 {
        for run in e.runs(0, s) {
            found.extend(e.run(run).map(|k| (s, e.target[k], (f64::from(weights[k]) / half * 1e5).round() / 1e5, e.delay(run))));
        }
    }
    assert_eq!(found, [(0, 3, 2.0, 5), (0, 3, 1.0, 10), (2, 1, -3.0, 20), (5, 0, 4.0, 1)]);
    (n.projections[0].learn, n.projections[0].delay) = (None, Some(Delay::Ms(1.0).into()));
    let (model, params) = compile(&n, &library(), 3).unwrap();
    let Wires::Sparse { start, column } = &model.links[0].wires else { panic!("listed") };
    let values = &params.tensors[model.links[0].weights].values;
    assert_eq!((&column[..], &start[..5]), (&[5, 2, 0, 0][..], &[0, 1, 2, 2, 4][..]));
    assert_eq!(values.iter().map(|w| (w / values[2]).round()).collect::<Vec<_>>(), [4.0, -3.0, 1.0, 2.0]);
    // One that nobody has read is no network without connections.
    n.projections[0].wiring = Wiring::Table(EdgeList { file: "e.csv".into(), ..EdgeList::default() }).into();
    assert_eq!(said(&n), ["model-shape: the table `e.csv` has not been read"]);
}

#[test]
fn a_convolution_has_one_weight_for_each_place_of_its_window() {
    let window = |numbers: Vec<f64>| Wiring::Convolution(Kernel { size: vec![2, 2], numbers, stride: 2, padding: 0 });
    let place = |s: usize, r: usize| 2 * (s / 8 - 2 * (r / 4)) + (s % 8 - 2 * (r % 4));
    let by_place = |e: &Events| -> Vec<f32> {
        let Strength::Each(weights) = &e.strength else { panic!("each its own") };
        let mut of: Vec<Vec<f32>> = vec![vec![]; 4];
        e.each(|k, s, r| of[place(s, r)].push(weights[k]));
        assert!(of.iter().all(|own| own.len() == 16 && own.iter().all(|w| *w == own[0])), "{of:?}");
        of.iter().map(|own| own[0]).collect()
    };
    let drawn = by_place(&events(&spaced(false, |p| {
        p.wiring = window(vec![]).into();
        p.weights = Weights::Normal(1.0, 0.5).into();
    })));
    assert!(drawn.windows(2).all(|w| w[0] != w[1]), "{drawn:?}");
    let given = by_place(&events(&spaced(false, |p| {
        p.wiring = window(vec![1.0, -2.0, 3.0, 0.5]).into();
        p.weights = Weights::Kernel(2.0).into();
    })));
    let unit = given[0];
    assert_eq!(given, [unit, -2.0 * unit, 3.0 * unit, 0.5 * unit]);
}

#[test]
fn what_a_convolution_cannot_be_is_said() {
    let with = |change: &dyn Fn(&mut Projection)| said(&spaced(false, |p| change(p)));
    let window = |size: Vec<usize>| Wiring::Convolution(Kernel { size, numbers: vec![], stride: 1, padding: 0 });
    let fits = with(&|p| p.wiring = window(vec![3, 3]).into());
    assert!(fits[0].contains("makes of a lattice of 8 x 8 one of 6 x 6, and the receivers are 4 x 4"), "{fits:?}");
    let learns = with(&|p| (p.wiring, p.learn) = (window(vec![5, 5]).into(), None));
    assert!(learns.iter().any(|d| d.starts_with("model-convolution")), "{learns:?}");
    let kernel = with(&|p| (p.wiring, p.weights) = (window(vec![5, 5]).into(), Weights::Kernel(1.0).into()));
    assert!(kernel[0].contains("a convolution with numbers"), "{kernel:?}");
}

#[test]
fn a_convolution_without_autapses_leaves_the_middle_of_its_windows_out() {
    let of = |autapses: Option<bool>| {
        events(&spaced(false, |p| {
            (p.to, p.wiring) =
                ("a".into(), Wiring::Convolution(Kernel { size: vec![3, 3], numbers: vec![], stride: 1, padding: 1 }).into());
            p.copies.autapses = autapses.map(Into::into);
        }))
    };
    let (all, others) = (of(None), of(Some(false)));
    assert_eq!((all.len(), others.len()), (22 * 22, 22 * 22 - 64));
    others.each(|_, s, r| assert_ne!(s, r));
}
