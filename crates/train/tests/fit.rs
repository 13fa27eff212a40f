//! Fits of cells with the real runner.

use homolog_base::{Key, Source, Unit, math};
use homolog_engine::Engine;
use homolog_formats::{checkpoint, library};
use homolog_model::fit::{Fit, Recorded};
use homolog_model::{Library, file};
use homolog_train::fit::{Fitter, Objective, Plan};

/// A ball and a stick, passive or with the channels of the squid axon in the ball.
fn cell(soma: &str) -> String {
    format!(
        r#"
[branch.soma]
length = "20 um"
diameter = "20 um"
compartments = 1

[branch.stick]
parent = "soma"
length = "400 um"
diameter = "2 um"
compartments = 6

[[paint]]
mechanism = "{soma}"
region = "soma"

[[paint]]
mechanism = "pas"
region = "stick"
parameters = {{ g = "5e-5 S/cm2", e = "-65 mV" }}

[spike]
branch = "soma"
threshold = "-20 mV"
surrogate = {{ shape = "fast_sigmoid", width = "5 mV" }}

[time]
step = "0.05 ms"
presentation = "30 ms"
delay = "1 ms"

[interface]
rate = "100 Hz"
readout = "count"
activity = 1
"#
    )
}

fn shelf() -> Library {
    let (mut out, problems) = library::load();
    assert!(problems.is_empty());
    for (name, soma) in [("cells/passive", "pas"), ("cells/squid", "hh")] {
        let (cell, problems) = library::cell_in(&Source::new(format!("{}.toml", &name[6..]), cell(soma)));
        assert!(problems.is_empty(), "{problems:?}");
        out.insert_cell(cell.unwrap());
    }
    out
}

fn fit(neuron: &str, parameters: &[(&str, &str, &str, &str)], amplitude: &str, more: &str) -> Fit {
    let mut text = format!("neuron = \"cells/{neuron}\"\n");
    for (name, region, low, high) in parameters {
        let region = if region.is_empty() { String::new() } else { format!("region = \"{region}\"\n") };
        text += &format!("[[parameter]]\nname = \"{name}\"\n{region}bounds = [\"{low}\", \"{high}\"]\n");
    }
    text += &format!(
        "[[sweep]]\nfile = \"none.csv\"\ntime = {{ column = 1, unit = \"ms\" }}\nvalue = {{ column = 2, unit = \"mV\" }}\nbranch = \"soma\"\n[[sweep.stimulus]]\nbranch = \"soma\"\ndelay = \"2 ms\"\nduration = \"12 ms\"\namplitude = \"{amplitude}\"\n{more}"
    );
    let (fit, problems) = file::read_fit(&Source::new("fit.toml", text));
    assert!(problems.is_empty(), "{problems:?}");
    fit
}

/// A recording that no step of the simulation falls on, with something of everything in it.
fn recording() -> Recorded {
    let times: Vec<f64> = (0..160).map(|k| 0.11 * f64::from(k) + 0.003).collect();
    let values = times.iter().map(|t| -65.0 + 10.0 * math::sin(t * 0.4) + 0.3 * t).collect();
    Recorded { times, values, unit: Unit::parse("mV").unwrap(), rows: Default::default() }
}

const PASSIVE: [(&str, &str, &str, &str); 4] = [
    ("pas.g", "stick", "1e-6 S/cm2", "1e-3 S/cm2"),
    ("pas.e", "soma", "-90 mV", "-40 mV"),
    ("capacitance", "", "0.3 uF/cm2", "5 uF/cm2"),
    ("resistivity", "", "20 ohm-cm", "900 ohm-cm"),
];
const SQUID: [(&str, &str, &str, &str); 3] =
    [("hh.gnabar", "", "0.02 S/cm2", "0.5 S/cm2"), ("hh.gkbar", "", "0.01 S/cm2", "0.2 S/cm2"), ("hh.gl", "", "3e-5 S/cm2", "3e-3 S/cm2")];

fn points(n: usize, parameters: usize) -> Vec<Vec<f64>> {
    (0..n).map(|k| (0..parameters).map(|p| 1.5 * Key::new(8).normal(k as u64, p as u64)).collect()).collect()
}

#[test]
fn the_gradient_of_the_loss_is_that_of_finite_differences() {
    let library = shelf();
    for (neuron, sought, amplitude) in
        [("passive", &PASSIVE[..], "0.05 nA"), ("squid", &SQUID[..], "0.05 nA"), ("squid", &SQUID[..], "0.5 nA")]
    {
        let fit = fit(neuron, sought, amplitude, "");
        let mut objective = Objective::new(&fit, &library, &[recording()], 8).unwrap();
        let mut engine = Engine::new(1);
        for point in points(4, sought.len()) {
            let exact = objective.evaluate(&mut engine, std::slice::from_ref(&point), true).unwrap().remove(0).gradient;
            for p in 0..point.len() {
                // Richardson's two central differences, of order 4.
                let mut central = |h: f64| {
                    let moved = [h, -h].map(|h| {
                        let mut q = point.clone();
                        q[p] += h;
                        q
                    });
                    let both = objective.evaluate(&mut engine, &moved, false).unwrap();
                    (both[0].loss - both[1].loss) / (2.0 * h)
                };
                let difference = (4.0 * central(1e-4) - central(2e-4)) / 3.0;
                let error = (exact[p] - difference).abs() / difference.abs().max(1e-3);
                assert!(error < 1e-6, "{neuron} {amplitude} {}: {} {difference}", sought[p].0, exact[p]);
            }
        }
    }
}

#[test]
fn many_variants_in_one_run_have_the_bits_of_as_many_runs_whatever_the_threads() {
    let library = shelf();
    for (neuron, sought) in [("passive", &PASSIVE[..]), ("squid", &SQUID[..])] {
        let fit = fit(neuron, sought, "0.3 nA", "");
        let points = points(37, sought.len());
        let alone: Vec<_> = {
            let mut objective = Objective::new(&fit, &library, &[recording()], 1).unwrap();
            let mut engine = Engine::new(1);
            points.iter().map(|p| objective.evaluate(&mut engine, std::slice::from_ref(p), true).unwrap().remove(0)).collect()
        };
        for threads in [1, 2, 3] {
            let mut objective = Objective::new(&fit, &library, &[recording()], 37).unwrap();
            let together = objective.evaluate(&mut Engine::new(threads), &points, true).unwrap();
            for (a, b) in alone.iter().zip(&together) {
                assert_eq!(a.loss.to_bits(), b.loss.to_bits());
                assert!(a.gradient.iter().zip(&b.gradient).all(|(x, y)| x.to_bits() == y.to_bits()), "{a:?} {b:?}");
            }
        }
    }
}

#[test]
fn a_variant_that_cannot_be_run_disturbs_no_other() {
    // Between sensible bounds nothing overflows in the implicit scheme, so a variant is made to fail by a coordinate that is none.
    let library = shelf();
    let fit = fit("squid", &SQUID, "0.3 nA", "");
    let mut objective = Objective::new(&fit, &library, &[recording()], 5).unwrap();
    let mut engine = Engine::new(1);
    let mut points = points(5, 3);
    let well = objective.evaluate(&mut engine, &points, true).unwrap();
    points[2][1] = f64::NAN;
    let found = objective.evaluate(&mut engine, &points, true).unwrap();
    assert_eq!((found[2].loss, &found[2].gradient[..]), (f64::INFINITY, &[0.0; 3][..]));
    for k in [0, 1, 3, 4] {
        assert_eq!(found[k], well[k]);
    }
}

#[test]
fn a_search_that_was_broken_off_goes_on_to_the_same_bits() {
    let library = shelf();
    let combined = "[fit]\nmethod = \"cma\"\nloss = { potential = 1, spikes = 0.5, phase-plane = 0.2 }\n";
    for more in ["[fit]\nrestarts = 5\nevaluations = 100\n", &format!("{combined}restarts = 3\nevaluations = 300\n")] {
        let fit = fit("squid", &SQUID, "0.3 nA", more);
        let plan = Plan::new(&fit);
        let mut objective = Objective::new(&fit, &library, &[recording()], plan.variants()).unwrap();
        let mut engine = Engine::new(2);
        let mut whole = Fitter::new(plan, &objective);
        let mut broken = Fitter::new(plan, &objective);
        while !whole.finished() {
            whole.generation(&mut objective, &mut engine).unwrap();
            broken.generation(&mut objective, &mut engine).unwrap();
            let bytes = checkpoint::to_bytes(&broken.checkpoint(&fit, &objective)).unwrap();
            broken = Fitter::resume(&fit, plan, &objective, &checkpoint::from_bytes("fit", &bytes).unwrap()).unwrap();
        }
        assert!(whole.status().generations.0 >= 10);
        assert_eq!(whole, broken);
        let ends = [whole, broken].map(|f| checkpoint::to_bytes(&f.checkpoint(&fit, &objective)).unwrap());
        assert_eq!(ends[0], ends[1]);
    }
}

#[test]
fn a_checkpoint_of_another_fit_is_refused_with_what_differs() {
    let library = shelf();
    let first = fit("squid", &SQUID, "0.3 nA", "[fit]\nrestarts = 2\nevaluations = 4\n");
    let plan = Plan::new(&first);
    let objective = Objective::new(&first, &library, &[recording()], plan.variants()).unwrap();
    let saved = Fitter::new(plan, &objective).checkpoint(&first, &objective);
    let other = fit("squid", &SQUID[..2], "0.4 nA", "[fit]\nrestarts = 2\nevaluations = 4\nseed = 1\n");
    let objective = Objective::new(&other, &library, &[recording()], plan.variants()).unwrap();
    let problems = Fitter::resume(&other, Plan::new(&other), &objective, &saved).unwrap_err();
    let said = problems.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("\n");
    for word in ["the neuron with its currents", "`seed` was 0", "`parameters` was"] {
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn more_variants_at_once_than_there_is_room_for_are_refused_and_no_product_overflows() {
    for (restarts, population) in [(1u64 << 39, 1u64 << 39), (100_001, 4), (4, 100_001)] {
        let more = format!("[fit]\nmethod = \"cma\"\nrestarts = {restarts}\npopulation = {population}\n");
        let fit = fit("passive", &PASSIVE, "0.05 nA", &more);
        let problems = Plan::new(&fit).check(&fit);
        assert_eq!(problems.iter().map(|d| d.code).collect::<Vec<_>>(), ["fit-variants"], "{restarts} {population}");
    }
    let fit = fit("passive", &PASSIVE, "0.05 nA", "[fit]\nmethod = \"cma\"\nrestarts = 25_000\npopulation = 4\n");
    assert!(Plan::new(&fit).check(&fit).is_empty());
}

#[test]
fn a_fit_without_recordings_or_parameters_is_refused() {
    let whole = fit("passive", &PASSIVE, "0.05 nA", "");
    for (empty, recorded) in
        [(Fit { sweeps: vec![], ..whole.clone() }, vec![]), (Fit { sought: vec![], ..whole.clone() }, vec![recording()])]
    {
        let problems = Objective::new(&empty, &shelf(), &recorded, 8).err().expect("it is empty");
        assert_eq!(problems.iter().map(|d| d.code).collect::<Vec<_>>(), ["fit-empty"]);
    }
}
