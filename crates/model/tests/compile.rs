//! What compilation promises.

mod common;

use common::{library, network, population, projection};
use homolog_ir::verify::verify;
use homolog_model::network::Delay;
use homolog_model::{Network, Phase, Population, Projection, Weights, Wires, Wiring, compile};

fn codes(network: &Network) -> Vec<&'static str> {
    compile(network, &library(), 0).map(|_| vec![]).unwrap_or_else(|e| e.iter().map(|d| d.code).collect())
}

fn digits(neuron: &str) -> Network {
    network(
        vec![population("image", 64, "input"), population("hidden", 32, neuron), population("class", 10, "linear")],
        vec![projection("image", "hidden"), projection("hidden", "class")],
    )
}

#[test]
fn every_neuron_of_the_library_takes_the_place_of_every_other() {
    let library = library();
    for m in library.iter().filter(|m| m.interface.is_some()) {
        let (model, params) = compile(&digits(&m.name), &library, 0).unwrap_or_else(|e| panic!("{}: {}", m.name, e[0].render(false)));
        assert_eq!(params.tensors.iter().map(|t| t.values.len()).sum::<usize>(), 64 * 32 + 32 + 32 * 10 + 10, "{}", m.name);
        for g in &model.groups {
            for k in [&g.initial, &g.step, &g.step_vjp, &g.value, &g.value_vjp, &g.initial_vjp] {
                assert_eq!(verify(k), Vec::<String>::new(), "{}: {k}", m.name);
            }
        }
    }
}

#[test]
fn a_drive_of_unit_variance_gives_the_declared_activity_within_three_times() {
    let library = library();
    for m in library.iter().filter(|m| m.interface.is_some()) {
        let (model, _) = compile(&digits(&m.name), &library, 0).unwrap();
        let c = model.groups[1].calibration.unwrap();
        for (what, x) in [("as declared", c.found), ("after calibration", c.reached)] {
            assert!(x > c.declared / 3.0 && x < 3.0 * c.declared, "{}: {x} {what}, declared {}", m.name, c.declared);
        }
    }
}

#[test]
fn another_presentation_is_calibrated_back_to_the_declared_activity() {
    let mut n = digits("lif");
    n.presentation = Some(10.0.into());
    let (model, _) = compile(&n, &library(), 0).unwrap();
    let c = model.groups[1].calibration.unwrap();
    assert!(c.gain > 1.0 && (c.reached / c.declared - 1.0).abs() < 0.3, "{c:?}");
}

#[test]
fn a_neuron_without_refractoriness_has_no_refractory_clock() {
    let variables = |tref: f64| {
        let mut n = digits("lif");
        n.populations[1].parameters.insert("tref".into(), (tref, None).into());
        let (model, _) = compile(&n, &library(), 0).unwrap();
        model.groups[1].variables.iter().map(|v| v.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(variables(2.0), ["v", "refr", "count"]);
    assert_eq!(variables(0.0), ["v", "count"]);
}

#[test]
fn wiring_and_weights_depend_on_the_seed_and_on_nothing_else() {
    let mut n = digits("relu");
    n.projections[0].wiring = Wiring::Random(0.3).into();
    let (a, pa) = compile(&n, &library(), 7).unwrap();
    let (b, pb) = compile(&n, &library(), 7).unwrap();
    let (c, pc) = compile(&n, &library(), 8).unwrap();
    assert_eq!((&a, pa.hash()), (&b, pb.hash()));
    assert_ne!(a.hash, c.hash);
    assert_ne!(pa.hash(), pc.hash());
    let Wires::Sparse { start, column } = &a.links[0].wires else { panic!("sparse") };
    let density = column.len() as f64 / (64.0 * 32.0);
    assert!(start.len() == 33 && (density - 0.3).abs() < 0.03, "{density}");
}

#[test]
fn initial_weights_give_the_receiver_a_drive_of_unit_variance() {
    let (model, params) = compile(
        &network(vec![population("in", 400, "input"), population("out", 300, "linear")], vec![projection("in", "out")]),
        &library(),
        1,
    )
    .unwrap();
    let w = &params.tensors[model.links[0].weights].values;
    let variance = w.iter().map(|w| w * w).sum::<f64>() / 300.0;
    assert!((variance - 1.0).abs() < 0.02, "{variance}");
}

#[test]
fn a_cycle_of_values_without_delay_is_named_and_a_frame_of_delay_heals_it() {
    let mut n = network(
        vec![population("in", 2, "input"), population("a", 2, "relu"), population("b", 2, "tanh")],
        vec![projection("in", "a"), projection("a", "b"), projection("b", "a")],
    );
    let problems = compile(&n, &library(), 0).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("a->b, b->a"), "{}", problems[0].message);
    n.projections[2].delay = Some(Delay::Frames(1).into());
    assert_eq!(compile(&n, &library(), 0).unwrap().0.phases, vec![Phase::Value(1), Phase::Value(2)]);
}

#[test]
fn a_cycle_of_spikes_without_delay_is_refused_but_one_with_delay_is_a_stage() {
    let prompt = |from: &str, to: &str| Projection { delay: Some(Delay::Ms(0.0).into()), ..projection(from, to) };
    let mut n = network(
        vec![population("in", 2, "input"), population("a", 2, "lif"), population("b", 2, "lif"), population("c", 2, "lif")],
        vec![projection("in", "a"), prompt("a", "b"), prompt("b", "a"), projection("b", "c")],
    );
    assert_eq!(codes(&n), ["model-cycle"]);
    n.projections[2].delay = None;
    assert_eq!(compile(&n, &library(), 0).unwrap().0.phases, vec![Phase::Ticks(vec![vec![1, 2], vec![3]])]);
}

#[test]
fn every_problem_of_a_network_is_reported_at_once() {
    let wrong = |name: &str, neuron: &str, parameters: &[(&str, f64, Option<&str>)]| Population {
        parameters: parameters.iter().map(|(n, v, u)| (n.to_string(), (*v, u.map(String::from)).into())).collect(),
        ..population(name, 3, neuron)
    };
    let n = network(
        vec![
            wrong("a", "lfi", &[]),
            wrong("b", "hh", &[]),
            wrong("c", "lif", &[("tua", 1.0, None)]),
            wrong("d", "lif", &[("tau", -2.0, None)]),
            wrong("e", "lif", &[("tau", 2.0, Some("mV"))]),
        ],
        vec![],
    );
    assert_eq!(codes(&n), ["model-unknown-neuron", "model-not-a-neuron", "model-parameter", "model-limits", "model-unit"]);
    let hints: Vec<String> = compile(&n, &library(), 0).unwrap_err().into_iter().map(|d| d.hint.unwrap_or_default()).collect();
    assert_eq!((hints[0].as_str(), hints[2].as_str()), ("did you mean `lif`?", "did you mean `tau`?"));
}

#[test]
fn parameters_are_converted_to_the_units_of_the_mechanism() {
    let run = |value: f64, unit: &str| {
        let mut n = digits("lif");
        n.populations[1].parameters.insert("tau".into(), (value, Some(unit.into())).into());
        compile(&n, &library(), 0).unwrap().0.hash
    };
    assert_eq!(run(0.02, "s"), run(20.0, "ms"));
    assert_ne!(run(0.01, "s"), run(20.0, "ms"));
}

#[test]
fn one_to_one_between_different_sizes_and_fractions_of_steps_are_refused() {
    let mut n = digits("lif");
    n.projections[0].wiring = Wiring::OneToOne.into();
    n.projections.push(Projection { delay: Some(Delay::Ms(1.5).into()), ..projection("hidden", "hidden") });
    assert_eq!(codes(&n), ["model-shape", "model-delay"]);
    let mut n = digits("lif");
    n.presentation = Some(10.5.into());
    assert_eq!(codes(&n), ["model-presentation"]);
}

#[test]
fn constant_and_uniform_weights_are_what_they_say() {
    let mut n = digits("relu");
    n.projections[0].weights = Weights::Constant(0.25).into();
    n.projections[1].weights = Weights::Uniform(-1.0, 2.0).into();
    let (model, params) = compile(&n, &library(), 0).unwrap();
    assert!(params.tensors[model.links[0].weights].values.iter().all(|w| *w == 0.25));
    let w = &params.tensors[model.links[1].weights].values;
    assert!(w.iter().all(|w| (-1.0..2.0).contains(w)) && w.iter().any(|w| *w > 1.5) && w.iter().any(|w| *w < -0.5));
}

#[test]
fn what_no_memory_could_hold_is_refused_before_any_is_asked_for() {
    let mut n = digits("lif");
    n.populations[0].size = 1_000_000_000.into();
    assert_eq!(codes(&n), ["model-too-large"]);
    let mut n = digits("lif");
    n.projections.push(Projection { delay: Some(Delay::Ms(1e9).into()), ..projection("hidden", "hidden") });
    n.presentation = Some(1e9.into());
    assert_eq!(codes(&n), ["model-too-large", "model-too-large"]);
}

#[test]
fn receptors_are_checked_and_converted_like_everything_else() {
    let with = |receptors: &str| {
        let text = include_str!("../../../library/neurons/adex.mod");
        let start = text.find("    POSITIVE").unwrap();
        let end = text.find("    CURRENT").unwrap();
        let text = format!("{}{receptors}\n{}", &text[..start], &text[end..]).replace("ARTIFICIAL_CELL adex", "ARTIFICIAL_CELL changed");
        let (m, problems) = homolog_nmodl::read(&homolog_base::Source::new("changed.mod", text));
        let mut library = library();
        library.insert(m.unwrap_or_else(|| panic!("{}", problems[0].render(false))));
        let mut n = network(
            vec![population("in", 2, "input"), population("a", 2, "changed"), population("b", 2, "changed")],
            vec![projection("in", "a"), projection("a", "b")],
        );
        n.presentation = Some(5.0.into());
        compile(&n, &library, 0).map(|(m, _)| m.hash).map_err(|e| e.iter().map(|d| d.code).collect::<Vec<_>>())
    };
    let negative = "NEGATIVE expsyn {tau = 10 (ms) e = -80 (mV)} WEIGHT 0.08 (uS)";
    let plain = with(&format!("POSITIVE expsyn {{tau = 5 (ms) e = 0 (mV)}} WEIGHT 0.055 (uS) {negative}")).unwrap();
    assert_eq!(with(&format!("POSITIVE expsyn {{tau = 0.005 (s) e = 0 (V)}} WEIGHT 55 (nS) {negative}")), Ok(plain));
    let wrong = with(&format!("POSITIVE expsyn {{tau = -5 (ms) ee = 0 (mV)}} WEIGHT 0.055 (mV) {negative}"));
    assert_eq!(wrong, Err(vec!["model-unit", "model-limits", "model-parameter"]));
    assert_eq!(with(negative), Err(vec!["model-receptor"]));
}

#[test]
fn a_population_that_nothing_reaches_is_silent_rather_than_a_panic() {
    let mut n = digits("lif");
    n.projections.remove(0);
    n.populations[1].bias = Some(false);
    assert!(compile(&n, &library(), 0).is_ok());
    n.populations[1].learn = vec!["tau".into(), "tau".into()];
    assert_eq!(codes(&n), ["model-parameter"]);
}

#[test]
fn a_neuron_that_cannot_reach_its_declared_activity_is_refused_with_the_numbers() {
    let mut n = digits("lif");
    n.populations[1].parameters.insert("tref".into(), (1000.0, None).into());
    let problems = compile(&n, &library(), 0).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].code == "model-calibration" && problems[0].message.contains("instead of 2"), "{}", problems[0].message);
}
