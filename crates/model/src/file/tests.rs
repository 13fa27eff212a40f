//! Model files, good and bad.

use super::{read, with_neuron, write};
use crate::network::{Delay, Per, Precision, SpikeTimes, Weights, Wiring};
use crate::study::{Optimiser, Study};
use homolog_base::Source;

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
fn times_of_spikes_within_steps_are_asked_for_of_a_network_and_of_a_population() {
    let time = |word: &str| format!("{}[time]\nspikes = \"{word}\"\n", with("title = \"t\"", ""));
    let study = good(&time("interpolated"));
    assert_eq!(study.network.spikes.as_ref().map(|p| p.value), Some(SpikeTimes::Interpolated));
    assert_eq!(good(&write(&study)).network.spikes.map(|p| p.value), Some(SpikeTimes::Interpolated));
    assert_eq!(good(DIGITS).network.spikes, None);
    let codes = |text: &str| read(&Source::new("bad.toml", text)).1.iter().map(|d| d.code).collect::<Vec<_>>();
    assert_eq!(codes(&time("exact")), ["model-unknown-word"]);
    let own = DIGITS.replacen("neuron = \"relu\"", "neuron = \"relu\"\nspikes = \"grid\"", 1);
    assert_eq!(
        good(&own).network.populations.iter().filter_map(|p| p.spikes.as_ref()).map(|s| s.value).collect::<Vec<_>>(),
        [SpikeTimes::Grid]
    );
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
    assert_eq!(written::bare(good(&crlf)), written::bare(good(DIGITS)));
}

mod written;
