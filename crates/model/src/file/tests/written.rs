//! Whatever a description says is read back from what is written of it, and no text makes the reader panic.

use super::{DIGITS, read, write};
use crate::convolution::Kernel;
use crate::fit::Which;
use crate::network::{
    Bell, Copies, CourseTable, Delay, EdgeList, Filter, Gap, GapEnd, Learn, Located, Names, Network, Noise, NoiseCurrent, Normalise,
    Population, Projection, RecordRule, RuleUse, Sign, SpikeTable, SpikeTimes, Spread, Start, Stimulus, Structure, WeightRule, Weights,
    Wiring,
};
use crate::space::{Places, Profile, Space};
use crate::study::{Comparison, Data, Loss, Optimiser, Study, Training};
use homolog_base::{Diagnostic, Severity, Source};
use proptest::prelude::*;

/// The study without places and source.
pub(super) fn bare(mut s: Study) -> Study {
    fn b<T>(l: &mut Located<T>) {
        l.span = homolog_base::Span::default();
    }
    let filters = |all: &mut Vec<Filter>| {
        for f in all {
            b(&mut f.column);
            f.words.iter_mut().for_each(b);
        }
    };
    let wiring = |w: &mut Located<Wiring>| {
        b(w);
        if let Wiring::Table(t) = &mut w.value {
            b(&mut t.file);
            b(&mut t.from);
            b(&mut t.to);
            filters(&mut t.filters);
        }
    };
    s.network.source = None;
    s.network.dt.iter_mut().for_each(b);
    s.network.presentation.iter_mut().for_each(b);
    s.network.spikes.iter_mut().for_each(b);
    for p in &mut s.network.populations {
        b(&mut p.name);
        b(&mut p.size);
        b(&mut p.neuron);
        p.others.iter_mut().for_each(b);
        p.poisson.iter_mut().for_each(b);
        p.correlation.iter_mut().for_each(b);
        if let Some(t) = &mut p.spike_table {
            b(t);
            b(&mut t.value.file);
            b(&mut t.value.neuron);
            b(&mut t.value.time);
            t.value.unit.iter_mut().for_each(b);
            filters(&mut t.value.filters);
        }
        p.starts.iter_mut().for_each(|s| b(&mut s.variable));
        p.space.iter_mut().for_each(b);
        p.parameters.values_mut().for_each(b);
        p.learn.iter_mut().for_each(|l| b(&mut l.name));
        p.surrogate.iter_mut().for_each(b);
        p.readout_scale.iter_mut().for_each(b);
        p.sends.iter_mut().for_each(b);
        p.spikes.iter_mut().for_each(b);
        if let Some(names) = &mut p.names {
            b(names);
            if let Names::Table(file, columns, of) = &mut names.value {
                b(file);
                columns.iter_mut().for_each(b);
                filters(of);
            }
        }
    }
    for p in &mut s.network.projections {
        b(&mut p.from);
        b(&mut p.to);
        p.name.iter_mut().for_each(b);
        wiring(&mut p.wiring);
        p.copies.autapses.iter_mut().for_each(b);
        p.copies.multapses.iter_mut().for_each(b);
        p.weight_column.iter_mut().for_each(b);
        p.delay_column.iter_mut().for_each(b);
        b(&mut p.weights);
        p.unit.iter_mut().for_each(b);
        p.delay.iter_mut().for_each(b);
        for u in &mut p.plasticity {
            b(&mut u.rule);
            u.parameters.values_mut().for_each(b);
            u.signals.values_mut().for_each(b);
        }
        p.normalise.iter_mut().for_each(b);
        p.structure.iter_mut().for_each(b);
        p.span = homolog_base::Span::default();
    }
    for x in &mut s.network.noise {
        b(&mut x.population);
        b(&mut x.rate);
        b(&mut x.weight);
        x.unit.iter_mut().for_each(b);
        x.span = homolog_base::Span::default();
    }
    for x in &mut s.network.gaps {
        for e in [&mut x.from, &mut x.to] {
            b(&mut e.population);
            e.branch.iter_mut().for_each(b);
        }
        wiring(&mut x.wiring);
        b(&mut x.mechanism);
        x.parameters.values_mut().for_each(b);
        x.span = homolog_base::Span::default();
    }
    for x in &mut s.network.noise_currents {
        b(&mut x.population);
        b(&mut x.unit);
        x.span = homolog_base::Span::default();
    }
    for x in &mut s.network.stimuli {
        b(&mut x.population);
        b(&mut x.branch);
        [&mut x.delay, &mut x.duration, &mut x.amplitude].into_iter().for_each(b);
        x.neurons.iter_mut().for_each(b);
        x.named.iter_mut().for_each(b);
        x.unit.iter_mut().for_each(b);
        if let Some(c) = &mut x.course {
            b(c);
            b(&mut c.value.file);
            b(&mut c.value.time);
            b(&mut c.value.value);
            c.value.unit.iter_mut().chain(&mut c.value.time_unit).for_each(b);
            filters(&mut c.value.filters);
        }
        x.span = homolog_base::Span::default();
    }
    for x in &mut s.network.recordings {
        b(&mut x.population);
        b(&mut x.variable);
        x.branch.iter_mut().for_each(b);
        x.neurons.iter_mut().for_each(b);
        x.named.iter_mut().for_each(b);
        x.electrodes.iter_mut().for_each(b);
        x.span = homolog_base::Span::default();
    }
    for x in &mut s.network.weight_recordings {
        b(&mut x.from);
        b(&mut x.to);
        x.name.iter_mut().for_each(b);
        x.every.iter_mut().for_each(b);
        x.span = homolog_base::Span::default();
    }
    if let Some(d) = &mut s.data {
        b(&mut d.source);
        b(&mut d.input);
        b(&mut d.test);
        b(&mut d.validation);
    }
    if let Some(t) = &mut s.training {
        b(&mut t.loss);
        b(&mut t.readout);
        b(&mut t.optimiser);
        b(&mut t.learning_rate);
        b(&mut t.schedule);
        b(&mut t.batch);
        b(&mut t.epochs);
        t.freeze.iter_mut().for_each(b);
    }
    if let Some(c) = &mut s.comparison {
        b(&mut c.population);
        c.levels.iter_mut().for_each(|l| b(&mut l.1));
    }
    s
}

fn word() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_-]{0,6}"
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), -1e3..1e3, prop::num::f64::NORMAL].prop_map(|x| x + 0.0)
}

fn above_zero() -> impl Strategy<Value = f64> {
    prop_oneof![1e-9..1e3, 1e-200..1e200]
}

fn population() -> impl Strategy<Value = Population> {
    let unit = prop_oneof![Just(None), Just(Some("ms".to_string())), Just(Some("/mV".to_string())), Just(Some("uA/cm2".to_string()))];
    (
        word(),
        1usize..200,
        word().prop_filter("what is set from outside has nothing else", |w| w != "input" && w != "spikes"),
        prop::collection::btree_map(word(), (number(), unit).prop_map(Located::from), 0..3),
        prop::collection::vec(
            (word(), 0usize..4).prop_map(|(name, per)| Learn { name: name.into(), per: crate::file::parts::PER[per].1 }),
            0..3,
        ),
        prop::option::of((word(), above_zero()).prop_map(Located::from)),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(name, size, neuron, parameters, learn, surrogate, bias)| Population {
            space: match size % 4 {
                0 => Some(Space { places: Places::Grid(vec![size / 4, 2, 2], 20.0), periodic: size % 8 == 0 }.into()),
                1 => Some(Space { places: Places::Random(vec![size as f64, 12.5]), periodic: size % 8 == 1 }.into()),
                _ => None,
            },
            names: match size % 5 {
                0 => Some(Names::Listed((0..size).map(|k| format!("n \"{k}\"")).collect()).into()),
                1 => Some(
                    Names::Table("a b.csv".into(), vec![Which::Named("Name".into()).into(), Which::Numbered(2).into()], filters()).into(),
                ),
                _ => None,
            },
            sends: match size % 3 {
                0 => Some(Sign::Excitatory.into()),
                1 => Some(Sign::Inhibitory.into()),
                _ => None,
            },
            spikes: surrogate.as_ref().map(|_| SpikeTimes::nth(size % 2).into()),
            name: name.into(),
            // Of a table it is known when that has been read.
            size: if size % 5 == 1 { 0 } else { size }.into(),
            others: if bias.is_some() { vec![] } else { vec![format!("{neuron}-2").as_str().into()] },
            times: vec![],
            spike_table: None,
            poisson: None,
            correlation: None,
            neuron: neuron.into(),
            parameters,
            learn,
            readout_scale: surrogate.as_ref().map(|s: &Located<(String, f64)>| (0.5 * s.value.1).into()),
            starts: bias
                .map(|b| Start {
                    variable: "v".into(),
                    spread: match (b, size % 2) {
                        (true, 0) => Spread::Normal(-60.0, 2.5),
                        (true, _) => Spread::Clipped(Bell::Normal(-60.0, 2.5), -65.0, f64::INFINITY),
                        _ => Spread::Constant(-3.0),
                    },
                    unit: b.then(|| homolog_base::Unit::parse("mV").expect("a unit")),
                })
                .into_iter()
                .collect(),
            surrogate,
            bias,
        })
}

fn filters() -> Vec<Filter> {
    vec![
        Filter { column: "Type of it".into(), words: vec!["chemical".into()] },
        Filter { column: "class".into(), words: vec!["1".into(), "b c".into()] },
    ]
}

/// Distributions between bounds between which there is something: the mean, and as much on either side as the deviation.
fn clipped() -> impl Strategy<Value = (Bell, f64, f64)> {
    (0.1..9.0, 0.01..3.0, any::<bool>(), 0usize..3).prop_map(|(mean, sd, normal, bounds): (f64, f64, bool, usize)| {
        let bell = if normal { Bell::Normal(mean, sd) } else { Bell::Lognormal(mean, sd) };
        let (low, high) = ((mean - sd).max(0.0), mean + sd);
        (bell, if bounds == 0 { f64::NEG_INFINITY } else { low }, if bounds == 1 { f64::INFINITY } else { high })
    })
}

fn profile(most: impl Strategy<Value = f64>) -> impl Strategy<Value = Profile> {
    (most, 1.0..1e3, 0usize..3).prop_map(|(p, s, form)| [Profile::Gaussian(p, s), Profile::Exponential(p, s), Profile::Within(p, s)][form])
}

fn study() -> impl Strategy<Value = Study> {
    let populations = prop::collection::vec(population(), 1..6).prop_map(|mut all| {
        let mut seen = std::collections::HashSet::new();
        all.retain(|p| seen.insert(p.name.value.clone()));
        all
    });
    // Of neurons that every population has.
    let pairs = prop::collection::vec(Just((0, 0)), 0..5);
    let wiring = prop_oneof![
        Just(Wiring::AllToAll),
        (1e-6..=1.0).prop_map(Wiring::Random),
        profile(1e-3..=1.0).prop_map(Wiring::Distance),
        (1usize..100, 0.0..=1.0).prop_map(|(near, again)| Wiring::SmallWorld(2 * near, again)),
        (0usize..99).prop_map(Wiring::InDegree),
        (prop::collection::vec(1usize..4, 1..4), 1usize..3, 0usize..3, any::<bool>()).prop_map(|(size, stride, padding, given)| {
            let places = size.iter().product::<usize>();
            let numbers = if given { (0..places).map(|n| n as f64 - 1.5).collect() } else { vec![] };
            Wiring::Convolution(Kernel { size, numbers, stride, padding })
        }),
        any::<bool>().prop_map(|skip| Wiring::Table(EdgeList {
            file: "HOMOLOG_DATA/edges.csv".into(),
            from: Which::Named("Source".into()).into(),
            to: Which::Numbered(2).into(),
            filters: if skip { filters() } else { vec![] },
            skip_unknown: skip,
            listed: None,
        })),
        pairs.prop_map(Wiring::Pairs)
    ];
    let weights = prop_oneof![
        Just(Weights::UnitVariance),
        (number(), above_zero()).prop_map(|(a, b)| Weights::Normal(a, b)),
        (number(), number()).prop_map(|(a, b)| Weights::Uniform(a.min(b), a.max(b))),
        (above_zero(), above_zero()).prop_map(|(a, b)| Weights::Lognormal(a, b)),
        number().prop_map(Weights::Constant),
        number().prop_map(Weights::Column),
        number().prop_map(Weights::Kernel),
        profile(number()).prop_map(Weights::Distance),
        clipped().prop_map(|(bell, low, high)| Weights::Clipped(bell, low, high)),
    ];
    let delay = prop::option::of(prop_oneof![
        (0.0..1e3).prop_map(Delay::Ms),
        any::<u32>().prop_map(Delay::Frames),
        (any::<u32>(), 0.0..1e3).prop_map(|(n, t)| Delay::Either(n, t)),
        (0.0..9.0, 0.0..9.0).prop_map(|(a, b)| Delay::Uniform(a, a + b)),
        (0.0..9.0, 0.0..9.0).prop_map(|(a, b)| Delay::Normal(a, b)),
        (0.1..9.0, 0.0..9.0).prop_map(|(a, b)| Delay::Lognormal(a, b)),
        (0.0..9.0, 0.1..900.0).prop_map(|(a, b)| Delay::Distance(a, b)),
        (0.1..900.0).prop_map(Delay::Column),
        clipped().prop_map(|(bell, low, high)| Delay::Clipped(bell, low, high)),
    ]);
    let projection = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), wiring, weights, delay, prop::option::of(any::<bool>()));
    let time = prop::option::of((above_zero(), above_zero()));
    let optimiser = prop_oneof![
        Just(Optimiser::default()),
        (0.0..1.0, 0.0..1.0, above_zero()).prop_map(|(beta1, beta2, epsilon)| Optimiser::Adam { beta1, beta2, epsilon }),
        (0.0..1.0).prop_map(|momentum| Optimiser::Sgd { momentum }),
    ];
    let training =
        prop::option::of((optimiser, above_zero(), any::<bool>(), 1usize..999, 0usize..999, (0.0..10.0, 0.0..1.0), any::<bool>()));
    let text = "[ -~\\n\\t\"\\\\é→]{0,20}";
    (
        text,
        populations,
        prop::collection::vec(projection, 0..6),
        time,
        training,
        prop::collection::btree_map("[a-z .é]{0,5}", text, 0..3),
        any::<prop::sample::Index>(),
        prop::collection::vec((any::<prop::sample::Index>(), word(), 0.0..=1.0f64, above_zero(), number(), any::<bool>()), 0..3),
    )
        .prop_map(|(title, populations, projections, time, training, notes, one, places)| {
            let pick = |i: prop::sample::Index| populations[i.index(populations.len())].name.clone();
            let mut seen = std::collections::HashSet::new();
            let projections = projections
                .into_iter()
                .map(|(from, to, wiring, weights, delay, learn)| {
                    // Columns are those of a table, and a ring has two ends of one size.
                    let column = matches!(weights, Weights::Column(_)) || matches!(delay, Some(Delay::Column(_)));
                    let wiring = match wiring {
                        Wiring::Table(t) => Wiring::Table(t),
                        _ if column => {
                            Wiring::Table(EdgeList { file: "e.csv".into(), to: Which::Numbered(2).into(), ..EdgeList::default() })
                        }
                        other => other,
                    };
                    (from, to, wiring, weights, delay, learn)
                })
                .map(|(from, to, wiring, weights, delay, learn)| Projection {
                    // Two between the same populations differ in it.
                    name: learn.is_none().then(|| format!("{}-to-{}", pick(from).value, pick(to).value).into()),
                    copies: Copies { autapses: learn.map(Located::from), multapses: learn.map(|l| (!l).into()) },
                    weight_column: matches!(weights, Weights::Column(_)).then(|| Which::Named("Weight".into()).into()),
                    delay_column: matches!(delay, Some(Delay::Column(_))).then(|| Which::Numbered(4).into()),
                    unit: (learn == Some(false) && weights != Weights::UnitVariance)
                        .then(|| homolog_base::Unit::parse("mV").expect("a unit").into()),
                    from: pick(from),
                    to: pick(to),
                    wiring: wiring.into(),
                    weights: weights.into(),
                    delay: delay.map(Located::from),
                    plasticity: (learn.is_none())
                        .then(|| RuleUse {
                            rule: "stdp".into(),
                            parameters: [("wmax".to_string(), (0.5, Some("mV".to_string())).into())].into(),
                            signals: [("reward".to_string(), "treat".into())].into(),
                        })
                        .into_iter()
                        .collect(),
                    normalise: learn.is_none().then(|| Normalise { sum: 3.5, unit: None, every: 20.0 }.into()),
                    structure: learn.is_none().then(|| {
                        let unit = homolog_base::Unit::parse("mV").ok();
                        Structure { every: 50.0, prune: (0.5, unit), grow: 0.25, weight: (1.5, unit), begin: 0.0 }.into()
                    }),
                    learn,
                    span: Default::default(),
                })
                .filter(|p| seen.insert((p.from.value.clone(), p.to.value.clone())))
                .filter(|p| {
                    let size = |name: &str| populations.iter().find(|q| q.name.value == name).map_or(0, |q| q.size.value);
                    let (from, to) = (size(&p.from), size(&p.to));
                    // What cannot be between so many is refused, and that is tried elsewhere.
                    matches!(p.wiring.value, Wiring::Table(_)) || p.wiring.fits(from, to).is_ok()
                })
                .collect();
            let notes: std::collections::BTreeMap<_, _> = notes.into_iter().filter(|n| !n.1.trim().is_empty()).collect();
            let comparison = (!notes.is_empty()).then(|| Comparison {
                population: pick(one),
                levels: vec![("z".into(), "relu".into()), ("a".into(), "lif".into())],
                notes,
            });
            let unit = |text: &str| Located::from(homolog_base::Unit::parse(text).expect("a unit"));
            let stimulus = |(who, branch, position, time, amplitude, flag): &(prop::sample::Index, String, f64, f64, f64, bool)| {
                let course = (*position > 0.75).then(|| {
                    let time = Which::Named("t (s)".into()).into();
                    let (unit, time_unit) = (flag.then(|| unit("pA")), (!flag).then(|| unit("s")));
                    Located::from(CourseTable {
                        file: "i.csv".into(),
                        time,
                        value: Which::Numbered(3).into(),
                        unit,
                        time_unit,
                        filters: filters(),
                        listed: None,
                    })
                });
                // Of a course nothing else is said.
                let (stepped, in_cell) = (course.is_none(), *position < 0.5);
                let said = |x: f64| if stepped { x } else { 0.0 }.into();
                Stimulus {
                    population: pick(*who),
                    neurons: (!in_cell && !flag).then(|| vec![2, 0].into()),
                    named: if !in_cell && *flag { vec!["AVAL".into()] } else { vec![] },
                    branch: if in_cell { branch.as_str() } else { "" }.into(),
                    position: if in_cell { *position } else { 0.5 },
                    delay: said(0.5 * time),
                    duration: said(*time),
                    amplitude: said(*amplitude),
                    unit: (stepped && *flag).then(|| unit("mV")),
                    course,
                    span: Default::default(),
                }
            };
            let rule = |(who, word, position, x, y, branch): &(prop::sample::Index, String, f64, f64, f64, bool)| {
                let outside = *position > 0.5;
                let place = |k: usize| Located::from([*x, *y, k as f64]);
                RecordRule {
                    population: pick(*who),
                    variable: if outside { "lfp" } else { word.as_str() }.into(),
                    neurons: (*position < 0.25).then(|| vec![0, 2].into()),
                    named: if *position > 0.9 { vec!["AVAL".into(), "AVAR".into()] } else { vec![] },
                    branch: (*branch && !outside).then(|| word.as_str().into()),
                    position: (*branch && !outside).then_some(*position),
                    electrodes: (0..if outside { 1 + usize::from(*branch) } else { 0 }).map(place).collect(),
                    conductivity: (outside && *branch).then_some(*position),
                    span: Default::default(),
                }
            };
            let (stimuli, recordings) = (places.iter().map(stimulus).collect(), places.iter().map(rule).collect());
            let mut populations_and_input = populations.clone();
            populations_and_input.push(Population {
                name: "INPUT".into(),
                size: 3.into(),
                neuron: "input".into(),
                ..Population::default()
            });
            populations_and_input.push(Population {
                name: "SOURCES".into(),
                size: 3.into(),
                neuron: "spikes".into(),
                poisson: Some(0.125.into()),
                correlation: (one.index(2) == 1).then(|| 0.25.into()),
                ..Population::default()
            });
            let listed = SpikeTable {
                file: "s.csv".into(),
                neuron: Which::Named("who \"".into()).into(),
                time: Which::Numbered(2).into(),
                unit: one.index(2).eq(&1).then(|| homolog_base::Unit::parse("s").expect("a unit").into()),
                recorded: one.index(3) == 1,
                filters: filters(),
                skip_unknown: one.index(2) == 1,
            };
            populations_and_input.push(Population {
                name: "LISTED".into(),
                size: 3.into(),
                neuron: "spikes".into(),
                spike_table: Some(listed.into()),
                ..Population::default()
            });
            let end = |place: bool| GapEnd {
                population: pick(one),
                branch: place.then(|| "soma".into()),
                position: if place { 0.25 } else { 0.5 },
            };
            let gap = |(k, name): (usize, &str)| Gap {
                from: end(k == 0),
                to: end(k == 1),
                wiring: if k == 0 { Wiring::OneToOne } else { Wiring::Pairs(vec![(0, 0)]) }.into(),
                mechanism: name.into(),
                parameters: [("g".to_string(), (1.5, Some("nS".to_string())).into())].into_iter().filter(|_| k == 1).collect(),
                ..Gap::default()
            };
            let learns = training.is_some();
            let gaps = ["gap", "rectifying"].into_iter().enumerate().map(gap).collect();
            Study {
                data: training.as_ref().map(|t: &(_, f64, bool, usize, usize, (f64, f64), bool)| Data {
                    source: "a/b.csv".into(),
                    input: "INPUT".into(),
                    test: t.5.1.into(),
                    validation: 0.25.into(),
                    unit_rms: t.2,
                }),
                training: training.map(|(optimiser, rate, flag, batch, epochs, (weight_decay, label_smoothing), patience)| Training {
                    loss: if flag { Loss::MeanSquare } else { Loss::CrossEntropy }.into(),
                    readout: pick(one),
                    optimiser: optimiser.into(),
                    learning_rate: rate.into(),
                    schedule: if flag { "cosine" } else { "constant" }.into(),
                    batch: batch.into(),
                    epochs: epochs.into(),
                    patience: patience.then_some(7),
                    weight_decay,
                    label_smoothing,
                    input_noise: 0.5 * label_smoothing,
                    freeze: vec![pick(one)],
                }),
                comparison,
                learning: None,
                network: Network {
                    title,
                    source: None,
                    projections,
                    populations: populations_and_input,
                    dt: time.map(|t| t.0.min(t.1).into()),
                    presentation: time.map(|t| t.0.max(t.1).into()),
                    precision: None,
                    spikes: time.map(|_| SpikeTimes::Interpolated.into()),
                    noise: (0..one.index(3))
                        .map(|k| Noise {
                            population: pick(one),
                            rate: (0.5 * k as f64).into(),
                            weight: 1.5.into(),
                            unit: (k == 1).then(|| homolog_base::Unit::parse("uS").expect("a unit").into()),
                            ..Noise::default()
                        })
                        .collect(),
                    noise_currents: (0..one.index(3))
                        .map(|k| NoiseCurrent {
                            population: pick(one),
                            mean: -0.25 * k as f64,
                            deviation: 1.5,
                            unit: unit(["pA", "mV"][k % 2]),
                            tau: 12.5,
                            span: Default::default(),
                        })
                        .collect(),
                    gaps,
                    stimuli,
                    recordings,
                    // What learns from samples records none.
                    weight_recordings: (0..if learns { 0 } else { one.index(3) })
                        .map(|k| WeightRule {
                            from: pick(one),
                            to: pick(one),
                            name: (k == 1).then(|| "one-of-two".into()),
                            every: (k == 1).then(|| 12.5.into()),
                            ..WeightRule::default()
                        })
                        .collect(),
                },
            }
        })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(study in study()) {
        let text = write(&study);
        let (again, found) = read(&Source::new("written.toml", text.clone()));
        prop_assert!(found.is_empty(), "{}\n{}", found.iter().map(|d| d.render(false)).collect::<String>(), text);
        prop_assert_eq!(bare(again), study, "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "([\\[\\]{}=\",.#\n a-c0-9]|population|projection|\\[\\[projection\\]\\]\n|\\[population\\.a\\]\n|size|neuron|\\[data\\]|é){0,60}") {
        let (_, found) = read(&Source::new("noise.toml", text));
        for d in &found {
            prop_assert!(!d.render(false).is_empty());
            prop_assert!(d.severity == Severity::Error);
        }
    }

    #[test]
    fn a_mutilated_file_never_makes_the_reader_panic(from in 0usize..2000, len in 0usize..40, noise in "[\\[\\]{}=\".\n0-9]{0,4}") {
        let start = DIGITS.floor_char_boundary(from.min(DIGITS.len()));
        let end = DIGITS.floor_char_boundary((start + len).min(DIGITS.len()));
        let (_, found) = read(&Source::new("noise.toml", format!("{}{noise}{}", &DIGITS[..start], &DIGITS[end..])));
        let _: Vec<String> = found.iter().map(|d: &Diagnostic| d.render(false)).collect();
    }
}
