//! What compilation promises.

mod common;

use common::{library, network, population, projection};
use homolog_ir::verify::verify;
use homolog_model::network::Delay;
use homolog_model::{Library, Network, Phase, Population, Projection, Weights, Wires, Wiring, compile};

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
            let launches = g.prepare.iter().chain(&g.initial).chain(g.launches()).flat_map(|l| [&l.kernel, &l.vjp]);
            for k in launches.chain([&g.value, &g.value_vjp]) {
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

/// A unit that relaxes with a time constant without limits, whatever that is called.
fn relaxing(name: &str, equation: &str) -> Library {
    let text = include_str!("../../../library/neurons/lif.mod")
        .replace("ARTIFICIAL_CELL lif", "ARTIFICIAL_CELL mine")
        .replace("tau = 10 (ms) <0.01, 1e4>", &format!("{name} = 10 (ms)"))
        .replace("RANGE tau", &format!("RANGE {name}"))
        .replace("v' = (vrest - v + i)/tau", equation);
    let source = homolog_base::Source::new("mine.mod", text);
    let (m, problems) = homolog_nmodl::read(&source);
    let mut library = library();
    library.insert_from(m.unwrap_or_else(|| panic!("{}", problems[0].render(false))), &source);
    library
}

#[test]
fn a_time_that_an_equation_divides_by_must_be_above_0_whatever_it_is_called() {
    let said = |library: &Library, name: &str, value: f64| {
        let mut n = digits("mine");
        n.populations[1].parameters.insert(name.into(), (value, None).into());
        compile(&n, library, 0).err().unwrap_or_default().into_iter().map(|d| (d.code, d.hint.unwrap_or_default())).collect::<Vec<_>>()
    };
    for equation in ["v' = (vrest - v + i) / memory", "v' = (vrest - v + i) / (2 * memory)"] {
        let library = relaxing("memory", equation);
        for value in [0.0, -5.0, f64::NAN] {
            let hint = "an equation divides by this time, so it must be above 0 ms".to_string();
            assert_eq!(said(&library, "memory", value), [("model-limits", hint)], "{equation}, {value}");
        }
        assert_eq!(said(&library, "memory", 5.0), []);
    }
    // A time that nothing is divided by may be anything, and so may a divisor that is no time.
    let library = relaxing("memory", "v' = (vrest - v + i) / 10 + 0 * memory");
    assert_eq!(said(&library, "memory", -5.0), []);
}

#[test]
fn a_default_that_the_equations_cannot_use_is_shown_where_it_is_declared_unless_the_model_sets_another() {
    let text = include_str!("../../../library/neurons/lif.mod")
        .replace("ARTIFICIAL_CELL lif", "ARTIFICIAL_CELL mine")
        .replace("tau = 10 (ms) <0.01, 1e4>", "tau = -1 (ms)");
    let source = homolog_base::Source::new("mine.mod", text);
    let mut library = library();
    library.insert_from(homolog_nmodl::read(&source).0.unwrap(), &source);
    let mut n = digits("mine");
    let problems = compile(&n, &library, 0).unwrap_err();
    assert_eq!(problems.len(), 1);
    let line = source.text.lines().position(|l| l.contains("tau = -1 (ms)")).unwrap() + 1;
    assert!(problems[0].code == "model-limits" && problems[0].position() == Some((line, 5)), "{}", problems[0].render(false));
    n.populations[1].parameters.insert("tau".into(), (10.0, None).into());
    assert!(compile(&n, &library, 0).is_ok());
}

#[test]
fn a_learned_time_constant_without_limits_stays_above_0_and_starts_within_its_bounds() {
    let bounds = |library: &Library, value: f64| {
        let mut n = digits("mine");
        n.populations[1].parameters.insert("memory".into(), (value, None).into());
        n.populations[1].learn = vec!["memory".into()];
        let (_, params) = compile(&n, library, 0).unwrap();
        params.tensors[params.find("hidden.memory").unwrap()].bounds
    };
    let library = relaxing("memory", "v' = (vrest - v + i) / memory");
    assert_eq!(bounds(&library, 10.0), Some((1e-3, f64::MAX)));
    let (low, _) = bounds(&library, 1e-4).unwrap();
    assert_eq!(low, 1e-4);
    assert_eq!(bounds(&relaxing("memory", "v' = (vrest - v + i) / 10 + 0 * memory"), 10.0), None);
}

#[test]
fn what_is_wrong_with_a_receptor_is_shown_once_in_the_file_that_declares_it() {
    let text = include_str!("../../../library/neurons/adex.mod")
        .replace("ARTIFICIAL_CELL adex", "ARTIFICIAL_CELL mine")
        .replace("tau = 5 (ms)  e = 0 (mV) } WEIGHT 0.055 (uS)", "tau = -5 (ms)  ee = 0 (mV) } WEIGHT 0.055 (mV)");
    let source = homolog_base::Source::new("mine.mod", text);
    let mut library = library();
    library.insert_from(homolog_nmodl::read(&source).0.unwrap(), &source);
    let mut n = network(
        vec![population("in", 2, "input"), population("a", 2, "mine"), population("b", 2, "mine"), population("c", 2, "mine")],
        vec![projection("in", "a"), projection("a", "b"), projection("b", "c")],
    );
    n.presentation = Some(5.0.into());
    let problems = compile(&n, &library, 0).unwrap_err();
    let seen: Vec<(&str, &str)> = problems.iter().map(|d| (d.code, &source.text[d.labels[0].0.start..d.labels[0].0.end])).collect();
    assert_eq!(seen, [("model-unit", "0.055 (mV)"), ("model-limits", "tau = -5 (ms)"), ("model-parameter", "ee = 0 (mV)")]);
    assert!(problems.iter().all(|d| d.source.as_ref().is_some_and(|s| s.name == "mine.mod") && d.hint.is_some()));
}

#[test]
fn a_recurrent_network_keeps_its_delays_when_its_neuron_is_exchanged() {
    let delay = |neuron: &str, delay: Delay| {
        let mut n = digits(neuron);
        n.projections.push(Projection { delay: Some(delay.into()), ..projection("hidden", "hidden") });
        let (model, _) = compile(&n, &library(), 0).unwrap_or_else(|e| panic!("{neuron}: {}", e[0].render(false)));
        (model.links[2].delay, model.ticks)
    };
    for neuron in ["relu", "tanh", "sigmoid"] {
        assert_eq!(delay(neuron, Delay::Either(1, 2.0)), (1, 0), "frames");
        assert_eq!(delay(neuron, Delay::Frames(1)), (1, 0), "frames");
    }
    assert_eq!(delay("lif", Delay::Either(1, 2.0)), (2, 30), "steps of 1 ms");
    assert_eq!(delay("lif", Delay::Frames(2)), (60, 30), "two presentations");
    let mut n = digits("relu");
    n.projections.push(Projection { delay: Some(Delay::Ms(2.0).into()), ..projection("hidden", "hidden") });
    let problems = compile(&n, &library(), 0).unwrap_err();
    assert!(problems[0].code == "model-delay" && problems[0].hint.as_ref().is_some_and(|h| h.contains("frames = 1, time")));
}

#[test]
fn a_declared_time_that_is_no_whole_number_of_steps_is_said_with_what_is_used() {
    let said = |dt: f64, presentation: f64, edit: &dyn Fn(&mut Network)| {
        let mut n = digits("lif");
        n.projections.push(projection("hidden", "hidden"));
        (n.dt, n.presentation) = (Some(dt.into()), Some(presentation.into()));
        edit(&mut n);
        (codes(&n), homolog_model::compile::warnings(&n, &library()).into_iter().map(|d| d.message).collect::<Vec<_>>())
    };
    assert_eq!(said(0.5, 30.0, &|_| ()), (vec![], vec![]));
    let text = "DELAY 1 ms of `lif` is 1.250 steps of 0.8 ms: 0.8 ms are used".to_string();
    assert_eq!(said(0.8, 32.0, &|_| ()), (vec![], vec![text]));
    // A projection with a delay of its own does not care what is declared.
    assert_eq!(said(0.8, 32.0, &|n| n.projections[2].delay = Some(Delay::Ms(1.6).into())), (vec![], vec![]));
    // Nothing is left of it: spikes would arrive before they can.
    assert_eq!(said(2.5, 30.0, &|_| ()).0, ["model-delay"]);
}

#[test]
fn settling_that_takes_all_of_a_presentation_is_refused_and_rounded_settling_is_said() {
    let text = include_str!("../../../library/neurons/lif.mod")
        .replace("ARTIFICIAL_CELL lif", "ARTIFICIAL_CELL slow")
        .replace("SETTLE 0 (ms)", "SETTLE 4.4 (ms)");
    let mut library = library();
    library.insert(homolog_nmodl::read(&homolog_base::Source::new("slow.mod", text)).0.unwrap());
    let mut n = digits("slow");
    assert_eq!(compile(&n, &library, 0).unwrap().0.groups[1].settle, 4);
    let said = homolog_model::compile::warnings(&n, &library);
    assert!(said.len() == 1 && said[0].message.starts_with("SETTLE 4.4 ms of `slow` is 4.400 steps of 1 ms: 4 ms are used"), "{said:?}");
    n.presentation = Some(4.0.into());
    let problems = compile(&n, &library, 0).unwrap_err();
    assert!(problems[0].code == "model-presentation" && problems[0].message.contains("nothing is left"), "{}", problems[0].message);
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

#[test]
fn what_would_have_no_effect_on_a_population_is_refused_and_not_left_out() {
    use homolog_model::network::{Noise, Spread, Start};
    let start = || Start { variable: "v".into(), spread: Spread::Constant(-60.0), unit: None };
    let cells = Population { starts: vec![start()], ..population("cells", 2, "cell") };
    let mut n = network(vec![cells, population("shown", 2, "input")], vec![]);
    let noise = |to: &str| Noise { population: to.into(), rate: 1.0.into(), weight: 1.0.into(), ..Noise::default() };
    n.noise = vec![noise("shown"), noise("nobody")];
    let found = compile(&n, &common::with_cell(common::CELL), 1).unwrap_err();
    let codes: Vec<&str> = found.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["model-noise", "model-unknown-population", "model-start"]);
}

#[test]
fn parameters_of_receptors_are_checked_like_those_of_the_neuron() {
    let mut n = digits("if_curr_exp");
    for (name, value, unit) in [("positive.tau", 0.5, "ms"), ("negative.tau", 1.0, "mV"), ("positive.rise", 1.0, "ms")] {
        n.populations[1].parameters.insert(name.into(), (value, Some(unit.to_string())).into());
    }
    n.populations[2].parameters.insert("positive.tau".into(), (1.0, None).into());
    let found = compile(&n, &library(), 0).unwrap_err();
    let texts: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(texts.iter().any(|t| t.contains("`tau` of `expcur` is in ms, not in mV")), "{texts:?}");
    assert!(texts.iter().any(|t| t.contains("`expcur` has no parameter `rise`")), "{texts:?}");
    assert!(texts.iter().any(|t| t.contains("`linear` declares no positive receptor")), "{texts:?}");
}

#[test]
fn two_spikes_of_a_neuron_in_one_step_are_refused() {
    let spikes = |times: Vec<f64>| Population { times: vec![times.into()], ..population("kick", 1, "spikes") };
    let of = |times: Vec<f64>| {
        let mut n = network(vec![spikes(times), population("a", 1, "lif")], vec![projection("kick", "a")]);
        n.dt = Some(0.5.into());
        compile(&n, &common::library(), 1)
    };
    assert_eq!(of(vec![1.0, 1.5]).unwrap().0.groups[0].given.iter().map(|s| (s.tick, s.neuron)).collect::<Vec<_>>(), [(2, 0), (3, 0)]);
    let found = of(vec![1.0, 1.1]).unwrap_err();
    assert!(found[0].code == "model-times" && found[0].message.contains("1 and 1.1 ms"), "{}", found[0].message);
}

#[test]
fn currents_from_outside_flow_only_where_there_is_a_drive_and_in_its_unit() {
    use homolog_base::Unit;
    use homolog_model::Stimulus;
    use homolog_model::network::{CourseTable, NoiseCurrent};
    let into =
        |population: &str| Stimulus { population: population.into(), duration: 5.0.into(), amplitude: 0.1.into(), ..Stimulus::default() };
    let unit = |text: &str| Unit::parse(text).unwrap();
    let noise = |population: &str, of: &str| NoiseCurrent {
        population: population.into(),
        mean: 0.0,
        deviation: 1.0,
        unit: unit(of).into(),
        tau: 2.0,
        span: Default::default(),
    };
    let with = |s: Vec<Stimulus>, n: Vec<NoiseCurrent>| Network { stimuli: s, noise_currents: n, ..digits("if_curr_exp") };
    assert!(codes(&with(vec![into("hidden")], vec![noise("hidden", "pA")])).is_empty());
    // Where there is none.
    assert_eq!(codes(&with(vec![into("class")], vec![])), ["model-clamp"]);
    assert_eq!(codes(&with(vec![], vec![noise("class", "1")])), ["model-noise"]);
    assert_eq!(codes(&with(vec![], vec![noise("image", "nA")])), ["model-noise"]);
    assert_eq!(codes(&with(vec![], vec![noise("nobody", "nA")])), ["model-unknown-population"]);
    assert_eq!(codes(&with(vec![into("nobody")], vec![])), ["model-unknown-population"]);
    // In another unit, with a place that there is not, to a neuron that there is not, from a table that nobody has read.
    assert_eq!(codes(&with(vec![Stimulus { unit: Some(unit("mV").into()), ..into("hidden") }], vec![])), ["model-unit"]);
    assert_eq!(codes(&with(vec![], vec![noise("hidden", "mV")])), ["model-unit"]);
    assert_eq!(codes(&with(vec![Stimulus { branch: "soma".into(), ..into("hidden") }], vec![])), ["model-clamp"]);
    assert_eq!(codes(&with(vec![Stimulus { neurons: Some(vec![31, 32].into()), ..into("hidden") }], vec![])), ["model-clamp"]);
    assert_eq!(codes(&with(vec![Stimulus { course: Some(CourseTable::default().into()), ..into("hidden") }], vec![])), ["model-clamp"]);
    // What flows into inputs goes nowhere, and a network without any is what it was.
    assert_eq!(codes(&with(vec![into("image")], vec![])), ["model-clamp"]);
    let hash = |n: &Network| compile(n, &library(), 0).unwrap().0.hash;
    assert_ne!(hash(&with(vec![into("hidden")], vec![])), hash(&digits("if_curr_exp")));
}
