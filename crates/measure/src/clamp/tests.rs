use super::*;
use homolog_base::{Source, math::exp};

fn mechanism(text: &str) -> Mechanism {
    let (m, problems) = homolog_nmodl::read(&Source::new("x.mod", text));
    m.unwrap_or_else(|| panic!("{problems:?}"))
}

fn clamped(text: &str, potential: f64) -> Clamped {
    Clamp::new(&mechanism(text), CELSIUS, &[]).expect("can be clamped").run(potential)
}

#[test]
fn a_leak_is_ohms_law() {
    let c = clamped(include_str!("../../../../library/channels/pas.mod"), 20.0);
    assert_eq!((c.times.len(), c.times[2200]), (2201, 55.0));
    let m = mechanism(include_str!("../../../../library/channels/pas.mod"));
    let (g, e) = (m.parameter("g").expect("g").default, m.parameter("e").expect("e").default);
    for (v, i) in c.potentials.iter().zip(&c.currents[0].1) {
        assert!((i - g * (v - e)).abs() <= 1e-15 * i.abs());
    }
    assert_eq!((c.potentials[200], c.potentials[201]), (-65.0, 20.0));
}

/// The squid axon (Hodgkin & Huxley 1952, eqs. 6-26), its gates advanced exactly at a held potential.
#[test]
fn the_squid_axon_follows_its_equations() {
    let c = clamped(include_str!("../../../../library/channels/hh.mod"), 0.0);
    let rates = |v: f64| {
        let trap = |x: f64, y: f64| if (x / y).abs() < 1e-6 { y * (1.0 - x / y / 2.0) } else { x / (exp(x / y) - 1.0) };
        [
            (0.1 * trap(-(v + 40.0), 10.0), 4.0 * exp(-(v + 65.0) / 18.0)),
            (0.07 * exp(-(v + 65.0) / 20.0), 1.0 / (exp(-(v + 35.0) / 10.0) + 1.0)),
            (0.01 * trap(-(v + 55.0), 10.0), 0.125 * exp(-(v + 65.0) / 80.0)),
        ]
    };
    let mut x = rates(-65.0).map(|(a, b)| a / (a + b));
    for k in 0..2200 {
        for (name, value) in ["m", "h", "n"].iter().zip(x) {
            let found = c.states.iter().find(|s| s.0 == *name).expect("a gate").1[k];
            assert!((found - value).abs() < 1e-12, "{name} at {k}: {found} and {value}");
        }
        for (x, (a, b)) in x.iter_mut().zip(rates(c.potentials[k + 1])) {
            let steady = a / (a + b);
            *x = steady + (*x - steady) * exp(-(a + b) * DT);
        }
    }
}

#[test]
fn a_written_concentration_moves_its_reversal_potential() {
    let c = clamped(
        "NEURON { SUFFIX x USEION ca READ cai, eca WRITE cai NONSPECIFIC_CURRENT i }
        ASSIGNED { v (mV) eca (mV) i (mA/cm2) } STATE { cai (mM) } INITIAL { }
        BREAKPOINT { SOLVE s METHOD cnexp i = eca } DERIVATIVE s { cai' = 1e-5 }",
        0.0,
    );
    let kelvin = 273.15 + CELSIUS;
    let nernst = |ca: f64| 1000.0 * 8.314_462_618_153_24 * kelvin / 96_485.332_123_310_01 / 2.0 * homolog_base::math::ln(2.0 / ca);
    let (ca, i) = (&c.states[0].1, &c.currents[0].1);
    assert!((ca[2200] - (5e-5 + 55e-5)).abs() < 1e-15, "{}", ca[2200]);
    for k in [0, 1, 2200] {
        assert!((i[k] - nernst(ca[k])).abs() < 1e-9, "{k}: {} and {}", i[k], nernst(ca[k]));
    }
}

#[test]
fn gates_tell_where_they_go_and_how_fast() {
    let m = mechanism(
        "NEURON { SUFFIX x } ASSIGNED { v (mV) } STATE { n } INITIAL { n = 0 } BREAKPOINT { SOLVE s METHOD cnexp } DERIVATIVE s { n' = (v - n)/4 }",
    );
    let g = gates(&m, &Clamp::new(&m, CELSIUS, &[]).expect("can be clamped"), -20.0);
    assert_eq!((g[0].steady, g[0].time_constant), (-20.0, 4.0));
}

#[test]
fn what_is_not_there_cannot_be_set() {
    let m = mechanism(include_str!("../../../../library/channels/pas.mod"));
    assert_eq!(Clamp::new(&m, CELSIUS, &[("gg".into(), 1.0)]).err(), Some(Refusal::Unknown("gg".into())));
}

#[test]
fn events_of_its_own_come_before_the_currents_of_their_step() {
    let c = clamped(
        "NEURON { POINT_PROCESS x NONSPECIFIC_CURRENT i } ASSIGNED { i (nA) on } INITIAL { on = 0 net_send(1, 1) net_send(0.5125, 4) net_send(3, 2) }
        BREAKPOINT { i = on }
        NET_RECEIVE(w) {
            if (flag == 1) { on = 1 net_event(t) }
            if (flag == 2) { on = 2 net_send(2, 3) net_move(t + 1) }
            if (flag == 3) { on = 3 net_event(t) }
            if (flag == 4) { on = 4 }
        }",
        0.0,
    );
    let i = &c.currents[0].1;
    // An event in the middle of a step is not late for it.
    assert_eq!((i[19], i[20], i[39], i[40]), (0.0, 4.0, 4.0, 1.0));
    assert_eq!((i[119], i[120], i[159], i[160]), (1.0, 2.0, 2.0, 3.0));
    assert_eq!(c.events, [1.0, 4.0]);
}

#[test]
fn a_crossing_that_is_watched_for_is_an_event_until_another_watch() {
    let text = "NEURON { POINT_PROCESS x } STATE { n } ASSIGNED { v (mV) u last (ms) } INITIAL { n = 0 u = 0 net_send(0, 1) }
        BREAKPOINT { SOLVE s METHOD cnexp } DERIVATIVE s { n' = 1 }
        NET_RECEIVE(w) {
            if (flag == 1) { WATCH (n > 10) 2, (v > -20) 3 }
            if (flag == 2) { net_event(t) n = 0 u = u + 1 }
            if (flag == 3) { net_event(-t) WATCH (n > 1) 4 }
            if (flag == 4) { net_event(t) n = 0 }
        }";
    // The potential passes -20 mV in the step after 5 ms; what is watched then is n alone, once: it rises again from 0.
    let c = clamped(text, 0.0);
    assert_eq!(c.events[0], -5.025);
    assert!(c.events[1..].windows(2).all(|w| (w[1] - w[0] - 1.025).abs() < 1e-9), "{:?}", c.events);
    // n is above 1 already when it begins to be watched, so it crosses only after it was set back: never.
    assert_eq!(c.events.len(), 1);
    let c = clamped(text, -30.0);
    assert_eq!(c.events.len(), 5);
    assert!((c.events[0] - 10.025).abs() < 0.026, "{:?}", c.events);
}

#[test]
fn events_without_end_are_told() {
    let c = clamped(
        "NEURON { POINT_PROCESS x } ASSIGNED { n } INITIAL { n = 0 net_send(1, 1) } NET_RECEIVE(w) { n = n + 1 net_send(0, 1) }",
        0.0,
    );
    assert_eq!(c.endless.map(|t| t > 0.9 && t < 1.1), Some(true));
}

#[test]
fn random_numbers_differ_from_step_to_step_and_are_the_same_in_every_run() {
    let text = "NEURON { POINT_PROCESS x NONSPECIFIC_CURRENT i RANDOM r } ASSIGNED { i (nA) y } INITIAL { y = random_normal(r) }
        BEFORE STEP { y = random_normal(r) } BREAKPOINT { i = y }";
    let (a, b) = (clamped(text, 0.0), clamped(text, 0.0));
    assert_eq!(a, b);
    let i = &a.currents[0].1;
    assert!(i.windows(2).all(|w| w[0] != w[1]));
    let n = i.len() as f64;
    let mean = i.iter().sum::<f64>() / n;
    let variance = i.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    assert!(mean.abs() < 0.1 && (variance - 1.0).abs() < 0.15, "{mean} {variance}");
}

/// Trapezoids over a trace in steps of a clamp.
fn integral(x: &[f64]) -> f64 {
    x.windows(2).map(|w| 0.5 * (w[0] + w[1]) * DT).sum()
}

fn arriving(text: &str, times: &[f64], weight: f64, set: &[(String, f64)]) -> Clamped {
    let mut c = Clamp::new(&mechanism(text), CELSIUS, set).expect("can be clamped");
    c.arrive(times, weight);
    c.run(HOLDING)
}

/// Destexhe, Mainen & Sejnowski 1994, eq. 1, solved here by small steps: pulses of 1 mM for 1 ms, lengthened by spikes within.
#[test]
fn gabaa_is_a_receptor_under_pulses_of_transmitter() {
    let text = include_str!("../../../../library/synapses/gabaa.mod");
    let times = [5.0, 20.0, 20.5, 40.0];
    let c = arriving(text, &times, 0.25, &[]);
    let (alpha, beta) = (5.0, 0.18);
    let (mut r, fine) = (0.0, 200);
    let open = |t: f64| if times.iter().any(|s| t >= *s && t < s + 1.0) { 1.0 } else { 0.0 };
    let g = |k: usize| ["on", "off"].iter().map(|n| c.states.iter().find(|s| s.0 == *n).expect("a state").1[k]).sum::<f64>();
    for k in 0..STEPS {
        // Events act in the step whose middle they are not later than, here at its beginning.
        for j in 0..fine {
            let h = DT / fine as f64;
            let t = DT * k as f64 + h * (j as f64 + 0.5);
            r += h * (alpha * open(t) * (1.0 - r) - beta * r);
        }
        assert!((g(k + 1) - 0.25 * r).abs() < 2e-4, "{k}: {} and {}", g(k + 1), 0.25 * r);
    }
}

/// Tsodyks, Uziel & Markram 2000, eqs. 1-4: the amplitude of each response from the recursion of their variables.
#[test]
fn a_depressing_synapse_follows_its_recursion() {
    let text = include_str!("../../../../library/synapses/tsodyks_markram.mod");
    let times = [10.0, 20.0, 30.0, 40.0];
    let c = arriving(text, &times, 2.0, &[]);
    let g = &c.states.iter().find(|s| s.0 == "g").expect("g").1;
    let (tau1, recovery, used) = (3.0_f64, 800.0_f64, 0.5);
    let (mut y, mut z) = (0.0_f64, 0.0_f64);
    for (n, t) in times.iter().enumerate() {
        if n > 0 {
            // Small steps of y' = -y/tau1, z' = y/tau1 - z/taurec.
            let steps = 100_000;
            let h = 10.0 / f64::from(steps);
            for _ in 0..steps {
                (y, z) = (y - h * y / tau1, z + h * (y / tau1 - z / recovery));
            }
        }
        y += used * (1.0 - y - z);
        let k = (t / DT).round() as usize + 1;
        let wanted = 2.0 * y * homolog_base::math::exp(-DT / tau1);
        assert!((g[k] / wanted - 1.0).abs() < 1e-3, "spike {n}: {} and {wanted}", g[k]);
    }
}

/// Destexhe, Mainen & Sejnowski 1998: one spike opens GABA-B slowly, and a burst far more than proportionally.
#[test]
fn gabab_needs_a_burst() {
    let text = include_str!("../../../../library/synapses/gabab.mod");
    let one = arriving(text, &[5.0], 1.0, &[]);
    let burst: Vec<f64> = (0..10).map(|k| 5.0 + 2.0 * f64::from(k)).collect();
    let many = arriving(text, &burst, 1.0, &[]);
    let area = |c: &Clamped| integral(&c.currents[0].1).abs();
    assert!(area(&many) > 20.0 * area(&one), "{} and {}", area(&many), area(&one));
}

#[test]
fn a_fluctuating_current_has_its_mean_and_its_deviation() {
    let text = include_str!("../../../../library/stimuli/ou.mod");
    let set = [("mean".to_string(), 0.5), ("sigma".to_string(), 0.1), ("tau".to_string(), 0.1)];
    let c = arriving(text, &[], 1.0, &set);
    let i = &c.currents[0].1;
    let n = i.len() as f64;
    let mean = i.iter().sum::<f64>() / n;
    let deviation = (i.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    // Samples are correlated over tau: some 275 independent ones.
    assert!((mean - 0.5).abs() < 0.025 && (deviation - 0.1).abs() < 0.02, "{mean} {deviation}");
    let along: Vec<f64> = i.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).collect();
    let correlation = along.iter().sum::<f64>() / n / deviation.powi(2);
    assert!((correlation - homolog_base::math::exp(-DT / 0.1)).abs() < 0.05, "{correlation}");
}

#[test]
fn a_lag_is_what_the_state_was_that_long_ago_and_its_first_value_before() {
    let m = mechanism(
        "NEURON { SUFFIX lagged  NONSPECIFIC_CURRENT i }
        PARAMETER { tau = 5 (ms)  d = 2.01 (ms) }
        ASSIGNED { v (mV)  i (mA/cm2) }
        STATE { m }
        INITIAL { m = 0.3 }
        BREAKPOINT { SOLVE s METHOD cnexp  LAG m BY d  i = lag_m_d }
        DERIVATIVE s { m' = (1 - m)/tau }",
    );
    let out = Clamp::new(&m, CELSIUS, &[]).unwrap().run(-65.0);
    let m = |t: f64| 1.0 - 0.7 * homolog_base::math::exp(-t.max(0.0) / 5.0);
    for (t, i) in out.times.iter().zip(&out.currents[0].1) {
        // On a line between two samples the error is below h^2/8 m''.
        assert!((i - m(t - 2.01)).abs() < 1e-5, "{t} ms: {i}, exactly {}", m(t - 2.01));
    }
}
