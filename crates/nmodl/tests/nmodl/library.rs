//! The library does what its comments say.

use crate::common::{LIBRARY, Values, defaults, library, read, run, show};
use homolog_base::math;
use homolog_ir::{Mechanism, Op, Role, Signal, Solve};

#[test]
fn every_file_reads_without_a_word() {
    for (name, text) in LIBRARY {
        let (m, problems) = read(text);
        assert!(problems.is_empty(), "{name}:\n{}", show(&problems));
        let m = m.expect("no errors");
        assert!(name.ends_with(&format!("/{}.mod", m.name)), "{name} describes `{}`", m.name);
        assert!(!m.title.is_empty() && m.description.len() > 100, "{name} is described");
        m.step().expect("every equation can be advanced");
        for k in kernels(&m) {
            assert_eq!(homolog_ir::verify::verify(&k), Vec::<String>::new(), "{name}: {k}");
        }
    }
}

fn kernels(m: &Mechanism) -> Vec<homolog_ir::Kernel> {
    let mut out = vec![m.initial.clone(), m.breakpoint.clone(), m.step().expect("a step"), m.current_and_conductance()];
    for s in &m.solves {
        out.push(match s {
            Solve::Ode { rhs, .. } => rhs.clone(),
            Solve::Assign(k) => k.clone(),
        });
    }
    if let Some(s) = &m.spike {
        out.extend([s.condition.clone(), s.reset.clone()]);
    }
    if let Some(r) = &m.receive {
        out.extend(r.connect.clone());
        out.push(r.kernel.clone());
    }
    out
}

#[test]
fn every_parameter_has_a_unit_and_limits() {
    for (name, text) in LIBRARY {
        let m = read(text).0.expect("reads");
        for p in &m.parameters {
            let (low, high) = p.limits.unwrap_or_else(|| panic!("{name}: {} has no limits", p.name));
            // A pure number says so.
            let pure = || text.lines().any(|l| l.trim().starts_with(&format!("{} = ", p.name)) && l.contains("(1)"));
            assert!(low < high && p.range && (!p.unit.is_dimensionless() || pure()), "{name}: {}", p.name);
        }
    }
}

#[test]
fn hodgkin_huxley_rests_where_the_paper_says() {
    let m = library("hh");
    let mut x = defaults(&m);
    x.extend([("v", -65.0), ("celsius", 6.3), ("ena", 50.0), ("ek", -77.0)].map(|(n, v)| (n.to_string(), v)));
    run(&m.initial, &mut x);
    for (name, wanted) in [("m", 0.052_932), ("h", 0.596_121), ("n", 0.317_677)] {
        assert!((x[name] - wanted).abs() < 1e-5, "{name} = {}", x[name]);
    }
    // The net current at rest is nearly nought, and a step of the gates changes nothing.
    run(&m.breakpoint, &mut x);
    assert!((x["ina"] + x["ik"] + x["il"]).abs() < 1e-3);
    let before = x["m"];
    x.insert("dt".into(), 0.025);
    run(&m.step().expect("linear"), &mut x);
    assert!((x["m"] - before).abs() < 1e-15);
    assert_eq!(m.role, Role::Channel);
    assert_eq!(m.currents.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["ina", "ik", "il"]);
    assert_eq!(m.reads.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["v", "celsius", "ena", "ek"]);
}

#[test]
fn hodgkin_huxley_rates_have_no_hole_and_no_guard() {
    let m = library("hh");
    let Solve::Ode { rhs, .. } = &m.solves[0] else { panic!("one system of equations") };
    assert!(!rhs.body.iter().any(|op| matches!(op, Op::Select(..))), "{rhs}");
    let rate = |v: f64| {
        let mut x = defaults(&m);
        x.extend([("v", v), ("celsius", 6.3), ("m", 0.0), ("h", 0.0), ("n", 0.0)].map(|(n, v)| (n.to_string(), v)));
        run(rhs, &mut x);
        (x["m"], x["n"])
    };
    // alpha_m(-40) = 1 /ms and alpha_n(-55) = 0.1 /ms are the limits (op. cit., eqs. 20 and 12).
    assert!((rate(-40.0).0 - 1.0).abs() < 1e-12);
    assert!((rate(-55.0).1 - 0.1).abs() < 1e-12);
    assert!((rate(-40.0 + 1e-7).0 - rate(-40.0 - 1e-7).0).abs() < 1e-7);
}

#[test]
fn the_peak_of_exp2syn_is_its_weight() {
    let m = library("exp2syn");
    for (tau1, tau2) in [(0.5, 2.0), (0.1, 10.0), (2.0, 2.0), (5.0, 2.0)] {
        let mut x = defaults(&m);
        x.extend([("tau1", tau1), ("tau2", tau2), ("v", -65.0), ("dt", 0.001), ("weight", 0.25)].map(|(n, v)| (n.to_string(), v)));
        run(&m.initial, &mut x);
        run(&m.receive.as_ref().expect("takes events").kernel, &mut x);
        let step = m.step().expect("linear");
        let mut peak: f64 = 0.0;
        for _ in 0..20_000 {
            run(&step, &mut x);
            run(&m.breakpoint, &mut x);
            peak = peak.max(x["g"]);
        }
        assert!((peak / 0.25 - 1.0).abs() < 1e-6, "tau1 {tau1}, tau2 {tau2}: {peak}");
    }
}

#[test]
fn synapses_sum_their_events() {
    for name in ["expsyn", "exp2syn", "ampa", "gaba", "lif"] {
        let m = library(name);
        let r = m.receive.expect("takes events");
        assert!(r.effects.is_empty(), "{name}");
        assert!(r.is_linear_in_weight(), "{name}");
    }
}

/// Spikes of a neuron in `t` ms of steps of `dt`, driven by `drive`.
fn spikes(m: &Mechanism, drive: f64, t: f64, dt: f64) -> Vec<f64> {
    let i = m.interface.clone().expect("a neuron");
    let mut x: Values = defaults(m);
    x.insert(i.drive.expect("a drive"), drive);
    x.insert("dt".into(), dt);
    if let Some(port) = i.synaptic_current {
        x.insert(port, 0.0);
    }
    run(&m.initial, &mut x);
    let (step, rule) = (m.step().expect("a step"), m.spike.clone().expect("spikes"));
    let mut out = Vec::new();
    for k in 0..(t / dt).round() as usize {
        run(&step, &mut x);
        run(&rule.condition, &mut x);
        if x["x"] > 0.0 {
            out.push((k + 1) as f64 * dt);
            run(&rule.reset, &mut x);
        }
    }
    out
}

#[test]
fn lif_fires_at_the_analytic_rate() {
    let m = library("lif");
    for drive in [16.0, 20.0, 40.0, 100.0] {
        let s = spikes(&m, drive, 400.0, 0.002);
        let period = (s[s.len() - 1] - s[0]) / (s.len() - 1) as f64;
        let wanted = 2.0 + 10.0 * math::ln(drive / (drive - 15.0));
        assert!((period / wanted - 1.0).abs() < 1e-3, "drive {drive}: {period} ms, not {wanted} ms");
    }
    assert!(spikes(&m, 14.9, 1000.0, 0.1).is_empty());
}

#[test]
fn lif_without_refractoriness_is_exactly_exponential() {
    let m = library("lif");
    let step = homolog_ir::passes::specialise(&m.step().expect("linear"), |n| (n == "refr").then_some(0.0));
    assert!(step.input("refr").is_none());
    assert!(!step.body.iter().any(|op| matches!(op, Op::Select(..) | Op::Compare(..))), "{step}");
    let mut x = defaults(&m);
    x.extend([("v", -60.0), ("i", 8.0), ("dt", 1.0)].map(|(n, v)| (n.to_string(), v)));
    run(&step, &mut x);
    assert!((x["v"] - (-57.0 + -3.0 * math::exp(-0.1))).abs() < 1e-12);
    assert_eq!(x["refr"], 0.0);
    // And with tref = 0 it stays nought: neither the beginning nor a spike changes it.
    let spike = m.spike.as_ref().expect("spikes");
    for k in [&m.initial, &spike.reset] {
        let k = homolog_ir::passes::specialise(k, |n| (n == "tref").then_some(0.0));
        let v = k.outputs[k.output("refr").expect("sets refr")].1;
        assert!(matches!(k.body[v.index()], Op::Const(c) if c.0 == 0.0));
    }
}

#[test]
fn adex_fires_like_its_equations_and_never_overflows() {
    let m = library("adex");
    // Against the same equations at 0.005 ms: first spikes within two steps, later ones adapt.
    let coarse = spikes(&m, 1.0, 200.0, 0.2);
    let fine = spikes(&m, 1.0, 200.0, 0.005);
    assert!((coarse[0] - fine[0]).abs() < 0.4, "{} {}", coarse[0], fine[0]);
    assert!(fine.windows(3).take(3).all(|w| w[2] - w[1] > w[1] - w[0]), "it adapts: {fine:?}");
    assert!(spikes(&m, 0.5, 200.0, 0.2).is_empty());
    for drive in [10.0, 100.0, 1e4] {
        assert!(spikes(&m, drive, 50.0, 0.2).iter().all(|t| t.is_finite()));
    }
}

/// Mean over a standard normal drive, by the midpoint rule.
fn over_normal_drive(f: impl Fn(f64) -> f64, n: usize) -> f64 {
    let h = 12.0 / n as f64;
    (0..n).map(|k| (k as f64 + 0.5) * h - 6.0).map(|x| f(x) * math::exp(-x * x / 2.0) * h).sum::<f64>() / std::f64::consts::TAU.sqrt()
}

#[test]
fn declared_activities_are_the_measured_ones() {
    for name in ["relu", "tanh", "sigmoid", "linear"] {
        let m = library(name);
        let i = m.interface.clone().expect("a neuron");
        assert_eq!(i.signal, Signal::Value("y".into()));
        let mean = over_normal_drive(
            |x| {
                let mut values = Values::from([("drive".to_string(), x)]);
                run(&m.breakpoint, &mut values);
                values["y"].abs()
            },
            20_000,
        );
        assert!((mean - i.activity).abs() < 1e-4, "{name}: {mean}");
    }
    for name in ["lif", "adex"] {
        let m = library(name);
        let i = m.interface.clone().expect("a neuron");
        let mean = over_normal_drive(|x| spikes(&m, i.weight * x, i.presentation, i.dt).len() as f64, 400);
        assert!((mean / i.activity - 1.0).abs() < 0.1, "{name}: {mean}");
    }
}
