//! What each construct of the language means.

use crate::common::{LIBRARY, Values, codes, defaults, must, read, run};
use homolog_base::{Severity, Source, Unit, math};
use homolog_ir::{Mechanism, Op, Readout, Role, Solve, Unary};

/// The value of `y` of a channel whose BREAKPOINT is given.
fn y(breakpoint: &str, rest: &str, values: &[(&str, f64)]) -> f64 {
    let m = must(&format!("NEURON {{ SUFFIX x RANGE y }} ASSIGNED {{ y a b c v (mV) }} BREAKPOINT {{ {breakpoint} }}\n{rest}"));
    let mut x: Values = values.iter().map(|(n, v)| ((*n).to_string(), *v)).collect();
    run(&m.breakpoint, &mut x);
    x["y"]
}

#[test]
fn operators_bind_as_in_nmodl() {
    assert_eq!(y("y = 2 + 3*4^2", "", &[]), 50.0);
    assert_eq!(y("y = -2^2", "", &[]), -4.0);
    assert_eq!(y("y = 2^3^2", "", &[]), 512.0);
    assert_eq!(y("y = 2^-1", "", &[]), 0.5);
    assert_eq!(y("y = 8/4/2 - 3 - 1", "", &[]), -3.0);
    assert_eq!(y("y = a*-b", "", &[("a", 3.0), ("b", 2.0)]), -6.0);
    assert_eq!(y("y = (a > 1) + (a >= 3 && a < 4 || !(a == 3))", "", &[("a", 3.0)]), 2.0);
}

#[test]
fn functions_have_their_values() {
    let x = 0.37f64;
    for (call, wanted) in [
        ("tan(a)", math::sin(x) / math::cos(x)),
        ("sinh(a)", 0.378_500_142_0),
        ("cosh(a)", 1.069_234_472_650),
        ("log10(a)", -0.431_798_275_9),
        ("ceil(a)", 1.0),
        ("floor(-a)", -1.0),
        ("fabs(-a)", x),
        ("sqrt(a)", x.sqrt()),
        ("pow(a, 3)", x * x * x),
        ("fmin(a, 2) + fmax(a, 2)", x + 2.0),
        ("exprelr(a)", 0.826_382_387_9),
    ] {
        let got = y(&format!("y = {call}"), "", &[("a", x)]);
        assert!((got - wanted).abs() < 1e-9, "{call} = {got}, not {wanted}");
    }
}

#[test]
fn branches_become_selects() {
    let program =
        "{ LOCAL y y = 3 } if (a > 1) { y = 2 b = 1 } else if (a > 0) { LOCAL q q = 5 y = q } else { y = b }  if (a > 5) { y = y + 1 }";
    for (a, wanted) in [(2.0, 2.0), (0.5, 5.0), (-1.0, 7.0), (6.0, 3.0)] {
        assert_eq!(y(program, "", &[("a", a), ("b", 7.0)]), wanted);
    }
}

#[test]
fn calls_are_written_out() {
    let rest = "FUNCTION f(x, a) { LOCAL y y = x*a f = y + 1 } PROCEDURE set(x) { b = f(x, 10) }";
    assert_eq!(y("set(2) y = f(b, 2) + a", rest, &[("a", 100.0)]), 143.0);
}

#[test]
fn assigned_variables_have_the_role_of_their_use() {
    let m = must(
        "NEURON { POINT_PROCESS x NONSPECIFIC_CURRENT i RANGE tau }
        PARAMETER { tau = 4 (ms) }
        ASSIGNED { v (mV) i (nA) port fixed first count temporary }
        STATE { g (uS) }
        INITIAL { fixed = 2*tau/4 first = v/1 g = 0 count = 3 }
        BREAKPOINT { SOLVE s METHOD cnexp temporary = g*port*fixed i = temporary*v + first + count*0 }
        DERIVATIVE s { g' = -g/tau }
        NET_RECEIVE(w (uS)) { g = g + w*fixed count = count + 1 }",
    );
    assert_eq!(m.states.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["first", "count", "g"]);
    assert_eq!(m.reads.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["v", "port"]);
    let mut x = defaults(&m);
    x.extend([("v", -10.0), ("port", 1.0), ("w", 0.5)].map(|(n, v)| (n.to_string(), v)));
    run(&m.initial, &mut x);
    assert_eq!((x["first"], x["count"], x["g"]), (-10.0, 3.0, 0.0));
    let receive = &m.receive.as_ref().expect("events").kernel;
    run(receive, &mut x);
    run(receive, &mut x);
    assert_eq!((x["count"], x["g"]), (5.0, 2.0));
}

#[test]
fn what_a_derivative_block_assigns_is_seen_by_breakpoint() {
    let m = must(
        "NEURON { SUFFIX x NONSPECIFIC_CURRENT i RANGE minf }
        ASSIGNED { v (mV) i (mA/cm2) minf }
        STATE { h }
        INITIAL { rates() h = 0.5 }
        BREAKPOINT { SOLVE s METHOD cnexp  i = minf*h*v }
        DERIVATIVE s { rates() h' = (minf - h)/3 }
        PROCEDURE rates() { minf = 1/(1 + exp(-v/10)) }",
    );
    // BREAKPOINT reads what the last step, or INITIAL, has left.
    let mut x = Values::from([("v".to_string(), 0.0), ("dt".to_string(), 0.1)]);
    run(&m.initial, &mut x);
    assert_eq!((x["minf"], x["h"]), (0.5, 0.5));
    x.insert("v".to_string(), 1e9);
    run(&m.breakpoint, &mut x);
    assert_eq!(x["i"], 0.25e9);
    run(&m.step().expect("steps"), &mut x);
    assert_eq!(x["minf"], 1.0);
}

#[test]
fn statements_come_after_solve_where_there_is_no_current() {
    let m = must(
        "NEURON { SUFFIX x RANGE y } ASSIGNED { y v (mV) minf } STATE { h }
        BREAKPOINT { minf = v/2 SOLVE s METHOD euler y = h } DERIVATIVE s { h' = minf - h }",
    );
    let mut x = Values::from([("v", 8.0), ("h", 1.0), ("minf", 3.0), ("dt", 0.5)].map(|(n, v)| (n.to_string(), v)));
    run(&m.step().expect("steps"), &mut x);
    assert_eq!((x["h"], x["minf"]), (2.0, 4.0));
}

/// The states after one step from INITIAL.
fn stepped(m: &homolog_ir::Mechanism, values: &[(&str, f64)]) -> Values {
    let mut x = defaults(m);
    x.extend(values.iter().map(|(n, v)| (n.to_string(), *v)));
    run(&m.initial, &mut x);
    run(&m.breakpoint, &mut x);
    run(&m.step().expect("steps"), &mut x);
    x
}

#[test]
fn equations_are_advanced_in_the_order_they_are_written() {
    // As nocmodl does: the second equation sees the state that the first has advanced.
    let m = must(
        "NEURON { SUFFIX x } STATE { a b } INITIAL { a = 1 b = 0 }
        BREAKPOINT { SOLVE s METHOD cnexp } DERIVATIVE s { a' = 2  b' = a }",
    );
    let x = stepped(&m, &[("dt", 0.5)]);
    assert_eq!((x["a"], x["b"]), (2.0, 1.0));
}

#[test]
fn reactions_conserve_and_relax_to_their_balance() {
    let text = |initial: &str| {
        format!(
            "NEURON {{ SUFFIX x }} PARAMETER {{ kf = 3 (/ms) kb = 1 (/ms) }} STATE {{ c o }} INITIAL {{ {initial} }}
            BREAKPOINT {{ SOLVE k METHOD sparse }}
            KINETIC k {{ ~ c <-> o (kf, kb)  CONSERVE c + o = 1 }}"
        )
    };
    let steady = must(&text("SOLVE k STEADYSTATE sparse"));
    let x = stepped(&steady, &[("dt", 0.1)]);
    assert!((x["o"] - 0.75).abs() < 1e-9 && (x["c"] - 0.25).abs() < 1e-9, "{x:?}");
    // Backward Euler: o = (o + dt kf)/(1 + dt (kf + kb)).
    let m = must(&text("c = 1 o = 0"));
    let x = stepped(&m, &[("dt", 0.1)]);
    assert!((x["o"] - 0.3 / 1.4).abs() < 1e-15 && (x["c"] + x["o"] - 1.0).abs() < 1e-15, "{x:?}");
}

#[test]
fn reactions_of_two_partners_solve_their_equation() {
    let m = must(
        "NEURON { SUFFIX x } STATE { a b ab } INITIAL { a = 1 b = 2 ab = 0 }
        BREAKPOINT { SOLVE k METHOD sparse } KINETIC k { ~ a + b <-> ab (2, 1) }",
    );
    let x = stepped(&m, &[("dt", 0.2)]);
    let flux = 2.0 * x["a"] * x["b"] - x["ab"];
    assert!((x["ab"] - 0.2 * flux).abs() < 1e-12 && (x["a"] - 1.0 + 0.2 * flux).abs() < 1e-12, "{x:?}");
}

#[test]
fn compartments_and_fluxes_move_amounts() {
    let m = must(
        "NEURON { SUFFIX x } DEFINE N 3 STATE { ca[N] } INITIAL { FROM i = 0 TO N-1 { ca[i] = 0 } }
        BREAKPOINT { SOLVE k METHOD sparse }
        KINETIC k { COMPARTMENT i, i + 1 { ca }  ~ ca[0] << (6)  FROM i = 0 TO N-2 { ~ ca[i] <-> ca[i+1] (1, 1) } }",
    );
    let x = stepped(&m, &[("dt", 0.1)]);
    let amount = x["ca[0]"] + 2.0 * x["ca[1]"] + 3.0 * x["ca[2]"];
    assert!((amount - 0.6).abs() < 1e-14, "{x:?}");
    assert!(x["ca[0]"] > x["ca[1]"] && x["ca[1]"] > x["ca[2]"] && x["ca[2]"] > 0.0, "{x:?}");
}

#[test]
fn what_diffuses_along_branches_has_a_flow_and_a_volume_for_each_element() {
    let m = must(
        "NEURON { SUFFIX x  RANGE D } DEFINE N 2
        PARAMETER { D = 0.5 (um2/ms) }
        ASSIGNED { diam (um)  part[N] }
        STATE { ca[N] (mM)  free[N] (mM)  ip3 (mM)  still (mM) }
        INITIAL { ip3 = 0.3  FROM k = 0 TO N-1 { part[k] = (k + 1)*0.25 } }
        BREAKPOINT { SOLVE k METHOD sparse }
        KINETIC k {
            COMPARTMENT i, part[i]*diam*diam { ca free }
            COMPARTMENT diam*diam { ip3 still }
            LONGITUDINAL_DIFFUSION i, D*part[i]*diam*diam { ca free }
            LONGITUDINAL_DIFFUSION 2*D*diam*diam { ip3 }
            ~ ca[0] <-> ca[1] (1, 1)
            ~ still << (0)
        }",
    );
    assert_eq!(m.diffuses().collect::<Vec<_>>(), ["ca[0]", "ca[1]", "free[0]", "free[1]", "ip3"]);
    let spread = m.diffusion.as_ref().unwrap();
    // What INITIAL computes from parameters is computed again.
    assert_eq!(spread.inputs.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["diam", "D"]);
    let mut x = defaults(&m);
    x.insert("diam".into(), 2.0);
    run(spread, &mut x);
    for (state, volume, flow) in [("ca[0]", 1.0, 0.5), ("ca[1]", 2.0, 1.0), ("free[1]", 2.0, 1.0), ("ip3", 4.0, 4.0)] {
        assert_eq!((x[&format!("volume:{state}")], x[&format!("flow:{state}")]), (volume, flow), "{state}");
    }
    // What only diffuses is a state of the step and has a derivative, too.
    assert!(m.advance.as_ref().unwrap().output("ip3").is_some() && m.rates.as_ref().unwrap().output("ip3'").is_some());
    let x = stepped(&m, &[("dt", 0.1), ("diam", 2.0)]);
    assert_eq!(x["ip3"], 0.3);
}

#[test]
fn linear_and_nonlinear_equations_are_solved() {
    let m = must(
        "NEURON { SUFFIX x } STATE { a b } INITIAL { SOLVE l }
        LINEAR l { ~ 2*b = 3  ~ a + 3*b = 2 }",
    );
    let x = stepped(&m, &[("dt", 0.1)]);
    assert_eq!((x["a"], x["b"]), (-2.5, 1.5));
    let m = must("NEURON { SUFFIX x } STATE { a } INITIAL { a = 1 SOLVE n } NONLINEAR n { ~ a*a = 2 }");
    assert!((stepped(&m, &[("dt", 0.1)])["a"] - 2f64.sqrt()).abs() < 1e-15);
}

#[test]
fn c_that_only_assigns_and_branches_is_understood() {
    let m = must(
        "NEURON { SUFFIX x RANGE y } ASSIGNED { y v (mV) }
        BREAKPOINT { y = f(v) }
        FUNCTION f(a) {
        VERBATIM
            /* what a < b : c ? means */
            double half; half = _la/2;
            if (half > 1) { return half; } else return -1;
        ENDVERBATIM
        }
        PROCEDURE p() {
VERBATIM
return 0;
ENDVERBATIM
}",
    );
    for (v, y) in [(8.0, 4.0), (0.0, -1.0)] {
        let mut x = Values::from([("v".to_string(), v)]);
        run(&m.breakpoint, &mut x);
        assert_eq!(x["y"], y);
    }
}

#[test]
fn states_begin_at_the_parameter_of_their_name() {
    let m = must("NEURON { SUFFIX x } PARAMETER { pump0 = 3 } STATE { pump } INITIAL { }");
    assert_eq!(stepped(&m, &[])["pump"], 3.0);
}

#[test]
fn parameters_that_equations_assign_are_variables() {
    let m = must("NEURON { SUFFIX x } PARAMETER { n = 2 } STATE { s } BREAKPOINT { SOLVE p } PROCEDURE p() { n = n + 1 s = n }");
    assert!(m.parameter("n").is_none());
    assert_eq!(stepped(&m, &[])["s"], 3.0);
}

#[test]
fn a_solved_procedure_advances_states() {
    let m = must("NEURON { ARTIFICIAL_CELL x } STATE { n } BREAKPOINT { SOLVE more } PROCEDURE more() { n = n + dt }");
    let mut x = Values::from([("n".to_string(), 1.0), ("dt".to_string(), 0.5)]);
    run(&m.step().expect("steps"), &mut x);
    assert_eq!(x["n"], 1.5);
}

#[test]
fn old_values_of_changed_states_are_refused_rather_than_guessed() {
    let text = |role: &str| {
        format!(
            "NEURON {{ {role} x RANGE y }}\nASSIGNED {{ y }}\nSTATE {{ n }}\nBREAKPOINT {{\n LOCAL old\n old = n\n SOLVE s METHOD cnexp\n y = n - old\n}}\nDERIVATIVE s {{ n' = 1 - n }}"
        )
    };
    assert_eq!(codes(&text("ARTIFICIAL_CELL")), [("nmodl-not-yet", 8)]);
    assert_eq!(codes(&text("SUFFIX")), []);
}

#[test]
fn electrode_currents_are_turned_outward() {
    let m = must(
        "NEURON { POINT_PROCESS x ELECTRODE_CURRENT i RANGE amp } PARAMETER { amp = 2 (nA) } ASSIGNED { i (nA) } BREAKPOINT { i = amp }",
    );
    let mut x = defaults(&m);
    run(&m.breakpoint, &mut x);
    assert_eq!((x["i"], x[&m.currents[0].name]), (2.0, -2.0));
    assert_eq!(m.role, Role::Point);
}

#[test]
fn singular_rates_are_made_whole_however_they_are_written() {
    for rate in [
        "0.1*(v + 40)/(1 - exp(-(v + 40)/10))",
        "-0.1*(v + 40)/(exp(-(v + 40)/10) - 1)",
        "0.1*trap(-(v + 40), 10)",
        "((v + 40)/10)/(1 - exp(-(v + 40)/10))",
    ] {
        let rest = "FUNCTION trap(x, y) { if (fabs(x/y) < 1e-6) { trap = y*(1 - x/y/2) } else { trap = x/(exp(x/y) - 1) } }";
        let m = must(&format!("NEURON {{ SUFFIX x RANGE y }} ASSIGNED {{ y v (mV) }} UNITSOFF BREAKPOINT {{ y = {rate} }} {rest} UNITSON"));
        assert!(m.breakpoint.body.iter().any(|op| matches!(op, Op::Unary(Unary::Exprelr, _))), "{rate}: {}", m.breakpoint);
        assert!(!m.breakpoint.body.iter().any(|op| matches!(op, Op::Select(..))), "{rate}");
        for (v, wanted) in [(-40.0, 1.0), (-30.0, 1.0 / (1.0 - math::exp(-1.0)))] {
            let mut x = Values::from([("v".to_string(), v)]);
            run(&m.breakpoint, &mut x);
            assert!((x["y"] - wanted).abs() < 1e-12, "{rate} at {v}: {}", x["y"]);
        }
    }
    // A guard that is something else stays.
    let m = must("NEURON { SUFFIX x RANGE y } ASSIGNED { y a } BREAKPOINT { if (fabs(a) < 1e-6) { y = 2 } else { y = a/(exp(a) - 1) } }");
    assert!(m.breakpoint.body.iter().any(|op| matches!(op, Op::Select(..))));
}

#[test]
fn units_are_those_of_the_file() {
    let m = must(
        "NEURON { SUFFIX x RANGE y } UNITS { (molar) = (1/liter) (mM) = (millimolar) (um) = (micron) F = (faraday) (coulomb) R = (k-mole) (joule/degC) PI = (pi) (1) K = 3 (mM) (mMm) = (milli/liter) }
        ASSIGNED { y (coulomb) z (1) v (mV) celsius (degC) } BREAKPOINT { z = R*0 + K*0 + PI y = F*z/PI }",
    );
    let mut x = Values::new();
    run(&m.breakpoint, &mut x);
    assert!((x["y"] - 96_485.332).abs() < 1e-3);
}

#[test]
fn unchecked_regions_are_not_checked() {
    let wrong = "NEURON { SUFFIX x RANGE y } ASSIGNED { y (ms) v (mV) } PROCEDURE p() { y = v + 2 (nA) } BREAKPOINT { p() }";
    assert_eq!(read(wrong).1.len(), 2);
    let off = wrong.replace("y = v + 2 (nA)", "UNITSOFF y = v + 2 (nA) UNITSON");
    assert!(read(&off).1.is_empty());
}

#[test]
fn a_parameter_corrected_in_initial_is_corrected_everywhere() {
    let m = must(
        "NEURON { POINT_PROCESS x RANGE t1, t2 } PARAMETER { t1 = 3 (ms) t2 = 2 (ms) } STATE { g }
        INITIAL { if (t1 > 0.5*t2) { t1 = 0.5*t2 } g = 1 } BREAKPOINT { SOLVE s METHOD cnexp } DERIVATIVE s { g' = -g/t1 }",
    );
    let Solve::Ode { rhs, .. } = &m.solves[0] else { panic!("equations") };
    for (t1, wanted) in [(3.0, -1.0), (0.5, -2.0)] {
        let mut x = Values::from([("t1".to_string(), t1), ("t2".to_string(), 2.0), ("g".to_string(), 1.0)]);
        run(rhs, &mut x);
        assert_eq!(x["g"], wanted);
    }
}

#[test]
fn lines_that_only_inform_are_read_over() {
    let m = must(
        "NEURON { SUFFIX x\n REPRESENTS NCIT:C17145 : a channel\n USEION na READ ena WRITE ina REPRESENTS CHEBI:29101\n NONSPECIFIC_CURRENT il THREADSAFE }
        PARAMETER { g = 1 (S/cm2) } LOCAL shared
        BREAKPOINT { CONDUCTANCE g USEION na\n CONDUCTANCE g\n ina = g*(v - ena) shared = 2 il = shared*g*v }",
    );
    assert_eq!(m.reads.iter().map(|p| format!("{} {}", p.name, p.unit)).collect::<Vec<_>>(), ["ena mV", "v mV"]);
    assert_eq!(m.currents.iter().map(|p| format!("{} {}", p.name, p.unit)).collect::<Vec<_>>(), ["ina mA/cm2", "il mA/cm2"]);
}

#[test]
fn names_of_the_simulator_may_be_parameters_of_old_files() {
    let m = must(
        "NEURON { SUFFIX x USEION k READ ek WRITE ik } PARAMETER { v (mV) celsius = 6.3 (degC) dt (ms) ek = -77 (mV) g = 1 (S/cm2) }
        ASSIGNED { ik (mA/cm2) } INDEPENDENT { t FROM 0 TO 1 WITH 1 (ms) } BREAKPOINT { ik = g*(v - ek)*3^(celsius/10 (degC)) }",
    );
    assert_eq!(m.parameters.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["g"]);
    assert_eq!(m.reads.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["v", "celsius", "ek"]);
}

#[test]
fn tables_are_noted_and_exact() {
    let (m, problems) = read(
        "NEURON { SUFFIX x RANGE y } ASSIGNED { y v (mV) } BREAKPOINT { p(v) }\nPROCEDURE p(u (mV)) {\nTABLE y DEPEND v FROM -100 TO 100 WITH 200\n y = u/2 (mV)\n}",
    );
    assert!(m.is_some());
    assert_eq!(problems.iter().map(|d| (d.code, d.severity)).collect::<Vec<_>>(), [("nmodl-table", Severity::Note)]);
}

#[test]
fn every_line_end_and_white_space_is_read_alike() {
    for (name, text) in LIBRARY {
        let wanted = must(text);
        let same = |m: &Mechanism| {
            assert_eq!(m.breakpoint, wanted.breakpoint, "{name}");
            assert_eq!(m.solves, wanted.solves, "{name}");
            assert_eq!(m.states.len(), wanted.states.len());
            assert_eq!(m.title, wanted.title);
        };
        same(&must(&text.replace('\n', "\r\n")));
        same(&must(&text.replace('\n', "\r")));
        same(&must(&text.replace("    ", "\t")));
        same(&must(&format!("\u{feff}{}", text.replace("  ", " \u{a0}").replace(" : ", " ? "))));
        // Latin-1 letters stand in comments.
        same(&must(&text.replace("\nCOMMENT\n", "\nCOMMENT\n \u{b5}m \u{e9}\u{df} \u{b0}C : }\n: \u{b5}\n")));
    }
}

const NEURON: &str = "NEURON { ARTIFICIAL_CELL x }
PARAMETER { r = 1 (Mohm) tau = 10 (ms) vth = 1 (mV) }
ASSIGNED { i (mV)  isyn (nA) }
STATE { v (mV) }
BREAKPOINT { SOLVE s METHOD cnexp }
DERIVATIVE s { v' = (i - v - r*isyn)/tau }
SPIKE (v > vth) { v = 0 }
NET_RECEIVE (w (mV)) { v = v + w }
INTERFACE {
    SIGNAL spike  DRIVE i  WEIGHT 0.04 (V)  EVENT 32000 (uV)
    POSITIVE expsyn {tau = 5 (ms) e = -1.5 (mV)} WEIGHT 0.055 (uS)
    CURRENT isyn  PRESENTATION 0.04 (s)  SETTLE 2 (ms)  STEP 500 (us)  DELAY 1 (ms)
    SURROGATE arctan 5000 (uV)  RESET attached  READOUT count 0.2  ACTIVITY 3
}";

#[test]
fn the_interface_is_in_the_units_of_its_ports() {
    let i = must(NEURON).interface.expect("a neuron");
    assert_eq!((i.weight, i.presentation, i.event), (40.0, 40.0, Some(32.0)));
    assert_eq!((i.settle, i.dt, i.delay, i.readout_scale, i.reset_attached), (2.0, 0.5, 1.0, 0.2, true));
    assert_eq!(i.surrogate.map(|s| s.width), Some(5.0));
    let p = i.positive.expect("a receptor");
    assert_eq!((p.mechanism.as_str(), p.weight.0, p.parameters.len()), ("expsyn", 0.055, 2));
    assert_eq!((p.parameters[1].0.as_str(), p.parameters[1].1), ("e", -1.5));
    assert_eq!(i.synaptic_current.as_deref(), Some("isyn"));
    assert_eq!(must(NEURON).spike.expect("spikes").unit, Unit::parse("mV").expect("a unit"));
    for (how, wanted) in [("filtered 0.01 (s) 0.25", Readout::Filtered(10.0)), ("potential v 0.1 (/mV)", Readout::Potential("v".into()))] {
        let i = must(&NEURON.replace("count 0.2", how)).interface.expect("a neuron");
        assert_eq!(i.readout, wanted);
    }
}

#[test]
fn a_state_that_begins_again_with_every_presentation_begins_at_zero() {
    let restarting = |name: &str, initial: &str| {
        let text = NEURON.replace("RESET attached", &format!("RESTART {name}  RESET attached"));
        crate::common::read(&text.replace("BREAKPOINT", &format!("INITIAL {{ v = {initial} }}\nBREAKPOINT")))
    };
    let (m, problems) = restarting("v", "0");
    assert!(problems.is_empty(), "{}", crate::common::show(&problems));
    assert_eq!(m.unwrap().interface.unwrap().restart.as_deref(), Some("v"));
    assert_eq!(must(NEURON).interface.unwrap().restart, None);
    for (name, initial, wanted) in
        [("u", "0", "`u` is not a state"), ("v", "-65", "INITIAL says something else"), ("v", "vth", "INITIAL says something else")]
    {
        let (m, problems) = restarting(name, initial);
        let text = crate::common::show(&problems);
        assert!(m.is_none() && text.contains(wanted), "{text}");
    }
}

#[test]
fn included_files_belong_to_the_mechanism_and_keep_their_places() {
    let main = Source::new("a/x.mod", "NEURON { SUFFIX x RANGE y }\nASSIGNED { y v (mV) }\nINCLUDE \"rest.inc\"\n");
    let rest = |text: &str| main.including(vec![Source::new("a/rest.inc", text)]);
    let (m, problems) = homolog_nmodl::read(&rest("BREAKPOINT { y = 2*v }"));
    assert!(m.is_some(), "{}", crate::common::show(&problems));
    let (_, problems) = homolog_nmodl::read(&rest("\nBREAKPOINT { y = 2*w }"));
    let d = problems.iter().find(|d| d.code == "nmodl-unknown-name").expect("an error");
    assert_eq!((d.source.as_ref().map(|s| s.name.as_str()), d.position()), (Some("a/rest.inc"), Some((2, 20))));
    let (_, problems) = homolog_nmodl::read(&main);
    assert!(problems.iter().any(|d| d.code == "nmodl-include" && d.position() == Some((3, 9))), "{problems:?}");
}

#[test]
fn arrays_may_be_local_and_their_index_a_value() {
    let m = must(
        "NEURON { SUFFIX x RANGE y } ASSIGNED { y v (mV) }
        BREAKPOINT { LOCAL a[3] FROM k = 0 TO 2 { a[k] = 10*k } a[1] = a[1] + 1 y = a[v] }",
    );
    for (v, y) in [(0.0, 0.0), (1.0, 11.0), (2.0, 20.0)] {
        let mut x = Values::from([("v".to_string(), v)]);
        run(&m.breakpoint, &mut x);
        assert_eq!(x["y"], y);
    }
    assert!(codes("NEURON { SUFFIX x } STATE { y[2] } INITIAL { y[2] = 1 }").contains(&("nmodl-array", 1)));
}

#[test]
fn a_parameter_may_count_and_then_keeps_its_value() {
    let m = must(
        "NEURON { SUFFIX x RANGE y } PARAMETER { n = 3 } ASSIGNED { y v (mV) }
        BREAKPOINT { y = 1 FROM k = 1 TO n { y = y*v } }",
    );
    assert!(m.parameter("n").is_none());
    let mut x = Values::from([("v".to_string(), 2.0)]);
    run(&m.breakpoint, &mut x);
    assert_eq!(x["y"], 8.0);
}

#[test]
fn what_is_not_yet_understood_is_named_with_its_line() {
    for (line, what) in [
        ("}\nDISCRETE k { a = b }\nUNITS {", "DISCRETE"),
        ("}\nSTATE { a }\nDERIVATIVE d {\na'' = 2\n", "a'' (a higher derivative)"),
        ("}\nASSIGNED { a }\nINITIAL {\na = atan2(1, 2)\n", "atan2"),
    ] {
        let text = format!("NEURON {{ SUFFIX x\n{line}\n}}\n");
        let (m, problems) = read(&text);
        assert!(m.is_none(), "{line}");
        let d = problems.iter().find(|d| d.code == "nmodl-not-yet").unwrap_or_else(|| panic!("{line}: {problems:?}"));
        assert!(d.message.contains(&format!("`{what}`")), "{line}: {}", d.message);
        let (row, _) = d.position().expect("a place");
        let shown = text.lines().nth(row - 1).unwrap_or("");
        assert!(shown.contains(what.split([' ', '[']).next().unwrap_or("")), "{line}: line {row} is `{shown}`");
    }
}

#[test]
fn a_mistake_costs_one_statement() {
    let text = "NEURON { SUFFIX x RANGE y }\nASSIGNED { y }\nBREAKPOINT {\n y = 1 +\n y = ) 2\n y = nowhere\n}\nFUNCTION f(a) { f = a b }\nFUNCTION g(a) { g = a + hidden }\n";
    let found = codes(text);
    assert_eq!(found, [("nmodl-syntax", 5), ("nmodl-unknown-name", 6), ("nmodl-syntax", 8), ("nmodl-unknown-name", 9)]);
    let (file, _) = homolog_nmodl::parse(&Source::new("x.mod", text));
    assert_eq!(file.blocks.len(), 5);
}

/// A quadratic between the points of its table, and outside of it.
#[test]
fn tables_interpolate_as_in_neuron_when_asked_to() {
    let text =
        "NEURON { SUFFIX x RANGE y, k } PARAMETER { k = 2 } ASSIGNED { y z[2] v (mV) } BREAKPOINT { set(v) y = z[0] + z[1] + square(v) }
        PROCEDURE set(u) { TABLE z DEPEND k FROM -10 TO 10 WITH 4 z[0] = k*u*u z[1] = u }
        FUNCTION square(u) { TABLE DEPEND k FROM 0 TO 10 WITH 5 square = u*u }";
    let source = Source::new("x.mod", text);
    let (exact, found) = homolog_nmodl::read_as(&source, false);
    assert_eq!(found.iter().filter(|d| d.code == "nmodl-table").count(), 2);
    let (tabled, found) = homolog_nmodl::read_as(&source, true);
    assert!(found.is_empty(), "{found:?}");
    let y = |m: &Option<Mechanism>, v: f64| {
        let mut x = defaults(m.as_ref().expect("a mechanism"));
        x.insert("v".into(), v);
        run(&m.as_ref().expect("a mechanism").breakpoint, &mut x);
        x["y"]
    };
    // At a point of both tables, between points, and outside of one or both.
    for (v, wanted, interpolated) in
        [(0.0, 0.0, 0.0), (3.0, 30.0, 2.0 * 15.0 + 3.0 + 10.0), (-3.0, 24.0, 2.0 * 15.0 - 3.0), (20.0, 1220.0, 200.0 + 10.0 + 100.0)]
    {
        assert_eq!(y(&exact, v), wanted);
        assert!((y(&tabled, v) - interpolated).abs() < 1e-12, "{v}: {}", y(&tabled, v));
    }
    assert_eq!(y(&tabled, 10.0), y(&exact, 10.0));
}

#[test]
fn a_function_table_is_linear_between_the_points_of_its_file() {
    let main = Source::new(
        "a/k.mod",
        "NEURON { SUFFIX k RANGE y } ASSIGNED { y v (mV) } BREAKPOINT { y = tau(v) } FUNCTION_TABLE tau(v (mV)) (ms)",
    );
    let with = |csv: &str| homolog_nmodl::read(&main.with_data(vec![("tau".into(), Source::new("a/k.tau.csv", csv))]));
    let (m, problems) = with("mV, ms\n-80, 2\n-60, 4\n\n# rest\n0 1\n");
    let m = m.unwrap_or_else(|| panic!("{problems:?}"));
    for (v, wanted) in [(-100.0, 2.0), (-80.0, 2.0), (-70.0, 3.0), (-60.0, 4.0), (-30.0, 2.5), (0.0, 1.0), (50.0, 1.0)] {
        let mut x = Values::from([("v".to_string(), v)]);
        run(&m.breakpoint, &mut x);
        assert_eq!(x["y"], wanted, "{v}");
    }
    let wrong: Vec<(usize, String)> = with("x, y\n-80, 2\n-90, 3\n1, 2, 3\n4\n5, nan\n")
        .1
        .iter()
        .map(|d| (d.position().map_or(0, |p| p.0), d.labels[0].1.clone()))
        .collect();
    assert_eq!(wrong.iter().map(|w| w.0).collect::<Vec<_>>(), [3, 4, 5, 6]);
    let (none, problems) = homolog_nmodl::read(&main);
    assert!(none.is_none());
    assert!(
        problems.iter().any(|d| d.code == "nmodl-function-table" && d.hint.as_deref().is_some_and(|h| h.contains("k.tau.csv"))),
        "{problems:?}"
    );
}

#[test]
fn a_local_of_the_file_that_is_assigned_before_it_is_read_is_no_state() {
    let text = |branch: &str| {
        format!(
            "NEURON {{ POINT_PROCESS x NONSPECIFIC_CURRENT i }} ASSIGNED {{ i (nA) v (mV) }}
            LOCAL a[2]
            BREAKPOINT {{ i = f(v) }}
            FUNCTION f(u) {{ if (u < 0) {{ f = 0 }} else {{ {branch} f = a[0] - a[1] }} }}"
        )
    };
    let idle = must(&text("a[0] = u a[1] = 2*u"));
    assert!(idle.states.is_empty() && idle.not_in_cells().is_none(), "{:?}", idle.states);
    // One that is read first is what the step before has left.
    let kept = must(&text("a[0] = u + a[1] a[1] = 2*u"));
    assert_eq!(kept.states.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["a[1]"]);
}
