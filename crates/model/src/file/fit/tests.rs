use super::*;

fn read(text: &str) -> (Fit, String) {
    let (fit, problems) = read_fit(&Source::new("fit.toml", text));
    (fit, problems.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("\n"))
}

const FIT: &str = r#"neuron = "cells/two-branch"
[[parameter]]
name = "hh.gl"
region = "soma"
bounds = ["1e-5 S/cm2", "1 mS/cm2"]
transform = "linear"
[[sweep]]
file = "a.csv"
time = { every = "0.1 ms" }
value = { column = 2, unit = "mV" }
begin = "-20 ms"
stop = "0.1 s"
[[sweep.stimulus]]
branch = "soma"
delay = "-30 ms"
duration = "40 ms"
amplitude = "100 pA"
[[sweep.stimulus]]
branch = "soma"
delay = "-30 ms"
duration = "5 ms"
amplitude = "100 pA"
[fit]
method = "cma"
loss = { potential = 1, spikes = 0.5 }
spike-filter = "5 ms"
"#;

#[test]
fn a_fit_is_read_with_its_sweeps_currents_and_losses() {
    let (fit, said) = read(FIT);
    assert_eq!(said, "");
    assert_eq!(fit.sought[0].logarithmic, Some(false));
    assert_eq!(fit.sweeps[0].stimuli[0].amplitude.value, 0.1);
    assert_eq!(fit.losses.iter().map(|l| (l.term.value, l.weight)).collect::<Vec<_>>(), [(Term::Potential, 1.0), (Term::Spikes(5.0), 0.5)]);
    assert_eq!((fit.search.method.value, fit.search.restarts), (Method::Cma, None));
}

#[test]
fn currents_are_at_times_of_the_recording_and_cut_off_before_the_simulation_begins() {
    let (fit, _) = read(FIT);
    let window = fit.sweeps[0].window(&fit, 0.0, 200.0).unwrap();
    assert_eq!((window.begin, window.start, window.stop), (-20.0, 0.0, 100.0));
    let network = fit.network(&fit.sweeps[0], &window, 7, 0.025);
    assert_eq!(network.stimuli.len(), 1, "the other was over by then");
    assert_eq!((network.stimuli[0].delay.value, network.stimuli[0].duration.value), (0.0, 30.0));
    assert_eq!((network.populations[0].size.value, network.presentation.as_ref().unwrap().value), (7, 120.0));
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let text = FIT
        .replace("region = \"soma\"", "regions = 3")
        .replace("100 pA", "100 mV")
        .replace("\"cma\"", "\"sma\"")
        .replace("{ every = \"0.1 ms\" }", "{ every = \"0.1 ms\", column = 1 }");
    let (_, said) = read(&text);
    for word in
        ["has no key `regions`", "`amplitude` is a current", "`method` cannot be \"sma\"", "times are in a column or `every` so long"]
    {
        assert!(said.contains(word), "{word}: {said}");
    }
    let (_, said) = read("neuron = \"cells/two-branch\"\nsweep = []\nparameter = []\n");
    assert_eq!(said, "this fit has no recording\nthis fit seeks no parameter");
    let (_, said) = read("title = 3");
    assert!(["names no neuron", "seeks no parameter", "has no recording"].iter().all(|w| said.contains(w)), "{said}");
}

#[test]
fn a_loss_that_weighs_nothing_and_a_filter_that_filters_nothing_are_refused() {
    assert!(read(&FIT.replace("{ potential = 1, spikes = 0.5 }", "{ potential = 0 }")).1.contains("weighs nothing"));
    assert!(
        read(&FIT.replace("{ potential = 1, spikes = 0.5 }", "\"potential\""))
            .1
            .contains("`spike-filter` belongs to a loss that is not used")
    );
}
