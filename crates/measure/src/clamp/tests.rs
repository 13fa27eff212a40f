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
