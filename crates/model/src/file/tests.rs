//! Model files, good and bad.

use super::{read, with_neuron, write};
use crate::convolution::Kernel;
use crate::fit::Which;
use crate::network::{
    Bell, Copies, Delay, EdgeList, Filter, Gap, GapEnd, Learn, Located, Names, Network, Noise, Normalise, Per, Population, Precision,
    Projection, RecordRule, RuleUse, Sign, Spread, Start, Stimulus, Structure, WeightRule, Weights, Wiring,
};
use crate::space::{Places, Profile, Space};
use crate::study::{Comparison, Data, Loss, Optimiser, Study, Training};
use homolog_base::{Diagnostic, Severity, Source};
use proptest::prelude::*;

const DIGITS: &str = include_str!("../../../../library/tasks/digits.toml");

/// All diagnostics of a text as a terminal shows them.
fn problems(text: &str) -> String {
    let (_, found) = read(&Source::new("bad.toml", text));
    found.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n\n")
}

fn good(text: &str) -> Study {
    let (study, found) = read(&Source::new("good.toml", text));
    assert!(found.is_empty(), "{}", problems(text));
    study
}

/// A small file that is right, with a line put in its place.
fn with(section: &str, line: &str) -> String {
    let base = "title = \"t\"\n[population.a]\nsize = 4\nneuron = \"input\"\n[population.b]\nsize = 4\nneuron = \"relu\"\n[[projection]]\nfrom = \"a\"\nto = \"b\"\nwiring = \"all-to-all\"\n";
    assert!(base.contains(section));
    base.replacen(section, &format!("{section}\n{line}"), 1)
}

#[test]
fn the_task_that_ships_reads_without_a_word() {
    let study = good(DIGITS);
    assert_eq!(study.network.populations.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["image", "hidden", "class"]);
    assert_eq!(study.network.projections.len(), 2);
    assert_eq!(study.data.as_ref().map(|d| d.source.as_str()), Some("digits8x8"));
    assert_eq!(study.comparison.as_ref().map(|c| c.levels.iter().map(|l| l.0.as_str()).collect()), Some(vec!["rate", "point", "cable"]));
}

#[test]
fn every_form_of_every_value_is_read() {
    let study = good(
        r#"
[time]
step = "100 us"
presentation = "0.04 s"
[population.z-first]
size = 3
neuron = 'input'
[population.a-second]
size = 3
neuron = "lif"
parameters = { tau = "12 ms", vth = -50, k = "3" }
learn = ["tau"]
surrogate = { shape = "arctan", width = 5 }
bias = false
[population.c]
size = 2
neuron = "relu"
[[projection]]
from = "z-first"
to = "a-second"
wiring = "one-to-one"
weights = { normal = [0, 0.5] }
delay = "2ms"
[[projection]]
from = "a-second"
to = "c"
wiring = { random = 0.5 }
weights = { uniform = [-1, 1] }
delay = "1 frame"
learn = false
[[projection]]
from = "c"
to = "c"
wiring = "all-to-all"
weights = { constant = -0.25 }
delay = "2 frames"
[data]
source = "my/file.csv"
input = "z-first"
intensity = "as-is"
[training]
loss = "mean-square"
readout = "c"
optimiser = { name = "sgd", momentum = 0.9 }
learning-rate = 1e-3
batch = 16
epochs = 1_000
freeze = ["a-second"]
"#,
    );
    let n = &study.network;
    assert_eq!(n.dt.as_ref().map(|x| x.value), Some(0.1), "100 us are 0.1 ms to the last bit");
    assert_eq!(n.presentation.as_ref().map(|x| x.value), Some(40.0));
    assert_eq!(n.populations[0].name.value, "z-first", "populations keep the order of the file");
    let p = &n.populations[1];
    assert_eq!(p.parameters["tau"].value, (12.0, Some("ms".into())));
    assert_eq!(p.parameters["vth"].value, (-50.0, None));
    assert_eq!(p.parameters["k"].value, (3.0, None));
    assert_eq!(p.surrogate.as_ref().map(|s| s.value.clone()), Some(("arctan".into(), 5.0)));
    assert_eq!((p.bias, p.learn[0].name.as_str()), (Some(false), "tau"));
    let j = &n.projections;
    assert_eq!(
        [j[0].weights.value, j[1].weights.value, j[2].weights.value],
        [Weights::Normal(0.0, 0.5), Weights::Uniform(-1.0, 1.0), Weights::Constant(-0.25)]
    );
    let delays: Vec<_> = j.iter().map(|p| p.delay.as_ref().map(|d| d.value)).collect();
    assert_eq!(delays, [Some(Delay::Ms(2.0)), Some(Delay::Frames(1)), Some(Delay::Frames(2))]);
    assert_eq!(j[1].wiring.value, Wiring::Random(0.5));
    assert!(!study.data.as_ref().is_some_and(|d| d.unit_rms));
    let t = study.training.as_ref().expect("there is a training section");
    assert_eq!((t.optimiser.value, t.schedule.value.as_str(), t.epochs.value), (Optimiser::Sgd { momentum: 0.9 }, "constant", 1000));
}

#[test]
fn a_block_is_a_projection_for_each_entry_that_is_not_0() {
    let block = |table: &str| {
        let populations = ["a", "b"].map(|p| format!("[population.{p}]\nsize = 4\nneuron = \"lif\"\n")).concat();
        format!(
            "{populations}[[block]]\nfrom = [\"a\", \"b\"]\nto = [\"b\", \"a\"]\nconnected = {table}\nweights = {{ constant = \"2 mV\" }}\nlearn = false\n"
        )
    };
    let study = good(&block("[[0.1, 0], [0.25, 0.5]]"));
    let found: Vec<(&str, &str, &Wiring)> =
        study.network.projections.iter().map(|p| (p.from.as_str(), p.to.as_str(), &p.wiring.value)).collect();
    assert_eq!(found, [("a", "b", &Wiring::Connected(0.1)), ("a", "a", &Wiring::Connected(0.25)), ("b", "a", &Wiring::Connected(0.5))]);
    // Half of the pairs of 10 and 10 at least once: ln(1/2) / ln(0.99) = 69 connections.
    assert_eq!(Wiring::Connected(0.5).expected(10, 10), 69.0);
    assert_eq!(good(&block("[[1e-9, 0], [0, 0]]")).network.projections.len(), 1, "what is rare is not left out");
    assert!(problems(&block("[[0.1, 0, 0], [0.25, 0.5]]")).contains("a table of 2 rows of 2 numbers was expected"));
    assert!(problems(&block("[[0.1, 2], [0.25, 0.5]]")).contains("model-range"));
    let two = block("[[0.1, 0], [0.25, 0.5]]").replacen("learn = false", "random = [[0, 0], [0, 0]]", 1);
    assert!(problems(&two).contains("a block has one rule, and this has 2"));
}

#[test]
fn stimuli_and_recordings_and_what_a_cell_learns_are_read() {
    let text = with(
        "neuron = \"relu\"",
        "learn = [\"tau\", { parameter = \"hh.gnabar\", per = \"branch\" }, { parameter = \"diameter\" }]",
    ) + "[[stimulus]]\npopulation = \"b\"\nbranch = \"soma\"\nduration = \"0.1 s\"\namplitude = \"-50 pA\"\n[[record]]\npopulation = \"b\"\n[[record]]\npopulation = \"b\"\nvariable = \"hh.m\"\nbranch = \"left\"\nposition = 1\n";
    let n = good(&text).network;
    let s = &n.stimuli[0];
    assert_eq!((s.position, s.delay.value, s.duration.value, s.amplitude.value), (0.5, 0.0, 100.0, -0.05));
    assert_eq!((n.recordings[0].variable.as_str(), n.recordings[0].position), ("v", None));
    assert_eq!((n.recordings[1].branch.as_ref().map(|b| b.as_str()), n.recordings[1].position), (Some("left"), Some(1.0)));
    let learn: Vec<_> = n.populations[1].learn.iter().map(|l| (l.name.as_str(), l.per)).collect();
    assert_eq!(learn, [("tau", Per::Region), ("hh.gnabar", Per::Branch), ("diameter", Per::Region)]);
    assert_eq!(&text[n.populations[1].learn[1].name.span.start..][..11], "\"hh.gnabar\"");
}

#[test]
fn spans_show_the_very_words() {
    let study = good(DIGITS);
    let p = &study.network.populations[1];
    assert_eq!(&DIGITS[p.neuron.span.start..p.neuron.span.end], "\"relu\"");
    assert_eq!(&DIGITS[p.name.span.start..p.name.span.end], "hidden");
    assert_eq!(&DIGITS[study.network.projections[0].span.start..][..14], "[[projection]]");
}

#[test]
fn numbers_of_32_bits_are_asked_for_by_name_and_not_trained() {
    let time = |word: &str| format!("{}[time]\nprecision = \"{word}\"\n", with("title = \"t\"", ""));
    let study = good(&time("f32"));
    assert_eq!(study.network.precision.as_ref().map(|p| p.value), Some(Precision::Single));
    assert_eq!(good(&write(&study)).network.precision.map(|p| p.value), Some(Precision::Single));
    assert_eq!(good(&time("f64")).network.precision.map(|p| p.value), Some(Precision::Double));
    assert_eq!(good(DIGITS).network.precision, None);
    let codes = |text: &str| read(&Source::new("bad.toml", text)).1.iter().map(|d| d.code).collect::<Vec<_>>();
    assert_eq!(codes(&time("f16")), ["model-unknown-word"]);
    assert_eq!(codes(&DIGITS.replacen("[population", "[time]\nprecision = \"f32\"\n\n[population", 1)), ["model-precision"]);
}

#[test]
fn exchanging_the_word_changes_one_line() {
    let text = with_neuron(&Source::new("digits.toml", DIGITS), "hidden", "lif").expect("the task has a hidden population");
    let different: Vec<_> = DIGITS.lines().zip(text.lines()).filter(|(a, b)| a != b).collect();
    assert_eq!(different.len(), 1, "{different:?}");
    assert!(different[0].1.starts_with("neuron = \"lif\""));
    assert_eq!(text.len(), DIGITS.len() - 1, "`lif` is one letter shorter than `relu`, and nothing else moved");
    assert_eq!(good(&text).network.populations[1].neuron.value, "lif");
}

#[test]
fn exchanging_the_word_of_nobody_is_refused_with_a_hint() {
    let source = Source::new("digits.toml", DIGITS);
    let d = with_neuron(&source, "hiden", "lif").expect_err("there is no such population");
    assert_eq!((d.code, d.hint.as_deref()), ("model-unknown-population", Some("did you mean `hidden`?")));
    assert_eq!(with_neuron(&source, "hidden", "a\"b").expect_err("not a name").code, "model-name");
    assert_eq!(with_neuron(&Source::new("x", "[population.a]\nsize = 1"), "a", "lif").expect_err("no neuron").code, "model-missing-key");
    assert_eq!(with_neuron(&Source::new("x", "[population"), "a", "lif").expect_err("not TOML").code, "model-syntax");
}

/// One claim per bad file: the problems are all found, placed, and say what to do.
macro_rules! shows {
    ($($name:ident: $text:expr;)*) => {$(
        #[test]
        fn $name() {
            let shown = problems(&$text);
            assert!(!shown.is_empty(), "a bad file must be refused");
            insta::assert_snapshot!(shown);
        }
    )*};
}

shows! {
    all_unknown_keys_are_shown_at_once: "titel = \"t\"\n[population.a]\nsizes = 4\nneuron = \"input\"\ncolour = 1\n[trainig]\nx = 1\n";
    missing_keys_are_shown_where_they_belong: "[population.a]\n[[projection]]\nfrom = \"a\"\n[training]\nreadout = \"a\"\n";
    wrong_types_say_what_was_found: "title = 3\n[population.a]\nsize = \"64\"\nneuron = true\nbias = \"false\"\nlearn = \"tau\"\n[population.b]\nsize = 2.5\nneuron = \"relu\"\nparameters = 3\n";
    numbers_out_of_range_say_the_range: "[population.a]\nsize = 0\nneuron = \"input\"\n[population.b]\nsize = -3\nneuron = \"relu\"\n[[projection]]\nfrom = \"a\"\nto = \"b\"\nwiring = { random = 1.5 }\nweights = { normal = [0, -1] }\n[data]\nsource = \"d\"\ninput = \"a\"\ntest = 1.0\nvalidation = -0.1\n[training]\nloss = \"mean-square\"\nreadout = \"b\"\nlearning-rate = 0\nbatch = 0\nepochs = -1\nweight-decay = nan\nlabel-smoothing = 1.5\n";
    units_of_another_dimension_are_shown_with_both: "[time]\nstep = \"1 mV\"\npresentation = 40\n[population.a]\nsize = 4\nneuron = \"lif\"\nparameters = { tau = \"12 mss\", vth = \"about -50\" }\n[[projection]]\nfrom = \"a\"\nto = \"a\"\nwiring = \"all-to-all\"\ndelay = \"1.5 frames\"\n";
    misspelt_words_are_suggested: with("wiring = \"all-to-all\"", "weights = \"unit-varience\"").replace("\"all-to-all\"", "\"all-to-al\"");
    unknown_populations_are_suggested: "[population.image]\nsize = 4\nneuron = \"input\"\n[population.hidden]\nsize = 4\nneuron = \"relu\"\n[[projection]]\nfrom = \"imgae\"\nto = \"hiden\"\nwiring = \"all-to-all\"\n[data]\nsource = \"d\"\ninput = \"pixels\"\n[training]\nloss = \"cross-entropy\"\nreadout = \"class\"\nlearning-rate = 0.1\nbatch = 1\nepochs = 1\nfreeze = [\"image\", \"hidde\"]\n[compare]\npopulation = \"Hidden\"\nlevels = { rate = \"relu\" }\n";
    a_population_described_twice_shows_both_places: "[population.a]\nsize = 4\nneuron = \"input\"\n[population.b]\nsize = 4\nneuron = \"relu\"\n[population.a]\nsize = 5\nneuron = \"relu\"\n";
    a_key_set_twice_shows_both_places: with("size = 4", "size = 5");
    one_to_one_between_different_sizes_shows_both: with("[population.b]", "").replace("[population.b]\n\nsize = 4", "[population.b]\nsize = 5").replace("all-to-all", "one-to-one");
    inputs_receive_and_learn_nothing: "[population.a]\nsize = 4\nneuron = \"input\"\nlearn = [\"tau\"]\nbias = true\n[population.b]\nsize = 4\nneuron = \"relu\"\n[[projection]]\nfrom = \"b\"\nto = \"a\"\nwiring = \"all-to-all\"\n[data]\nsource = \"d\"\ninput = \"b\"\n[training]\nloss = \"cross-entropy\"\nreadout = \"a\"\nlearning-rate = 0.1\nbatch = 1\nepochs = 1\npatience = 3\n[compare]\npopulation = \"a\"\nlevels = { rate = \"input\" }\n";
    words_without_quotes_are_explained: "title = \"t\"\n[population.a]\nsize = 4\nneuron = relu\n[population.b]\nsize = 4\nneuron = \"relu\nbias = true\n";
    single_brackets_are_explained: "[population.a]\nsize = 4\nneuron = \"input\"\n[projection]\nfrom = \"a\"\nto = \"a\"\nwiring = \"all-to-all\"\n";
    a_file_of_something_else_is_refused: "TITLE Leaky integrate-and-fire neuron\nNEURON {\n  SUFFIX lif\n}\n";
    a_long_file_of_something_else_is_refused_in_few_words: "a recipe without sections\n\n".repeat(60);
    an_empty_file_is_refused: "";
    two_projections_of_one_name_are_refused: format!("{0}{1}", with("size = 4", ""), "[[projection]]\nfrom = \"a\"\nto = \"b\"\nwiring = \"one-to-one\"\n");
    optimisers_know_only_their_own_numbers: format!("{0}{1}", with("size = 4", ""), "[training]\nloss = \"crossentropy\"\nreadout = \"b\"\noptimiser = { name = \"sgd\", beta1 = 0.9 }\nlearning-rate = 0.1\nbatch = 1\nepochs = 1\nschedule = \"cosin\"\n");
    stimuli_and_recordings_of_nobody_are_refused: with("neuron = \"relu\"", "learn = [{ parameter = \"g\", per = \"cell\" }, { per = \"branch\" }, 3]") + "[[stimulus]]\npopulation = \"a\"\nbranch = \"soma\"\nposition = 2\nduration = \"0 ms\"\namplitude = \"1 mV\"\n[[stimulus]]\n[[record]]\npopulation = \"c\"\nposition = 0.5\n[[record]]\npopulation = \"a\"\n";
    electrodes_say_where_they_are_and_belong_to_lfp: with("size = 4", "") + "[[record]]\npopulation = \"b\"\nvariable = \"lfp\"\n[[record]]\npopulation = \"b\"\nvariable = \"lfp\"\nelectrode = [\"50 um\", \"0 um\"]\nconductivity = \"0 S/m\"\n[[record]]\npopulation = \"b\"\nvariable = \"lfp\"\nelectrode = [[\"50 um\", \"0 um\", 0], [\"5 mV\", \"0 um\", \"1 mm\"]]\nconductivity = \"0.3 mS\"\nbranch = \"soma\"\n[[record]]\npopulation = \"b\"\nelectrode = [\"50 um\", \"0 um\", \"0 um\"]\n";
    names_that_could_be_confused_are_refused: "[population.\"a->b\"]\nsize = 4\nneuron = \"input\"\n[population.\"\"]\nsize = 4\nneuron = \" \"\n";
}

#[test]
fn a_problem_that_was_said_is_not_said_twice() {
    // The size and the name are wrong, and each is said once; that neither fits the projection follows from it.
    let (_, found) = read(&Source::new(
        "bad.toml",
        with("size = 4", "").replacen("size = 4", "size = \"4\"", 1).replace("to = \"b\"", "to = 3").replace("all-to-all", "one-to-one"),
    ));
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["model-wrong-type", "model-wrong-type"]);
}

#[test]
fn spikes_are_listed_or_drawn_and_neither_both_nor_by_neurons() {
    let of = |neuron: &str, keys: &str| {
        let (_, found) = read(&Source::new("spikes.toml", format!("[population.a]\nsize = 1\nneuron = \"{neuron}\"\n{keys}")));
        found.iter().map(|d| d.code).collect::<Vec<_>>()
    };
    let (times, poisson) = ("times = [[\"1 ms\"]]\n", "poisson = \"2 Hz\"\n");
    assert!(of("spikes", times).is_empty() && of("spikes", poisson).is_empty());
    assert_eq!(of("spikes", &format!("{times}{poisson}")), ["model-times"]);
    assert_eq!(of("spikes", ""), ["model-missing-key"]);
    assert_eq!(of("lif", poisson), ["model-times"]);
}

#[test]
fn carriage_returns_change_nothing_but_the_offsets() {
    let crlf = DIGITS.replace('\n', "\r\n");
    assert_eq!(bare(good(&crlf)), bare(good(DIGITS)));
}

/// The study without places and source.
fn bare(mut s: Study) -> Study {
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
    for p in &mut s.network.populations {
        b(&mut p.name);
        b(&mut p.size);
        b(&mut p.neuron);
        p.others.iter_mut().for_each(b);
        p.poisson.iter_mut().for_each(b);
        p.starts.iter_mut().for_each(|s| b(&mut s.variable));
        p.space.iter_mut().for_each(b);
        p.parameters.values_mut().for_each(b);
        p.learn.iter_mut().for_each(|l| b(&mut l.name));
        p.surrogate.iter_mut().for_each(b);
        p.readout_scale.iter_mut().for_each(b);
        p.sends.iter_mut().for_each(b);
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
    for x in &mut s.network.stimuli {
        b(&mut x.population);
        b(&mut x.branch);
        [&mut x.delay, &mut x.duration, &mut x.amplitude].into_iter().for_each(b);
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
        prop::collection::vec((word(), 0usize..4).prop_map(|(name, per)| Learn { name: name.into(), per: super::parts::PER[per].1 }), 0..3),
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
            name: name.into(),
            // Of a table it is known when that has been read.
            size: if size % 5 == 1 { 0 } else { size }.into(),
            others: if bias.is_some() { vec![] } else { vec![format!("{neuron}-2").as_str().into()] },
            times: vec![],
            poisson: None,
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
        (0usize..100, 0.0..=1.0).prop_map(|(near, again)| Wiring::SmallWorld(2 * near, again)),
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
            let stimulus = |(who, branch, position, time, amplitude, _): &(prop::sample::Index, String, f64, f64, f64, bool)| Stimulus {
                population: pick(*who),
                branch: branch.as_str().into(),
                position: *position,
                delay: (0.5 * time).into(),
                duration: (*time).into(),
                amplitude: (*amplitude).into(),
                span: Default::default(),
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
                    noise: (0..one.index(3))
                        .map(|k| Noise {
                            population: pick(one),
                            rate: (0.5 * k as f64).into(),
                            weight: 1.5.into(),
                            unit: (k == 1).then(|| homolog_base::Unit::parse("uS").expect("a unit").into()),
                            ..Noise::default()
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
