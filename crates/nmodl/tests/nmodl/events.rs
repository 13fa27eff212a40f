//! NET_RECEIVE, random numbers, and what stands around the step.

use crate::common::{Values, codes, defaults, must, run};
use homolog_ir::{EffectKind, EventProgram};

/// Effects that hold for these values, with their numbers.
fn effects(p: &EventProgram, x: &mut Values) -> Vec<(&'static str, Vec<f64>)> {
    run(&p.kernel, x);
    let holds = |when: &Option<String>| when.as_ref().is_none_or(|n| x[n] != 0.0);
    let show = |kind: &EffectKind| {
        let word = match kind {
            EffectKind::Send { .. } => "send",
            EffectKind::Emit { .. } => "emit",
            EffectKind::Move { .. } => "move",
            EffectKind::Watch { .. } => "watch",
            EffectKind::Each { .. } => "each",
        };
        (word, kind.outputs().iter().map(|n| x[*n]).collect())
    };
    p.effects.iter().filter(|e| holds(&e.when)).map(|e| show(&e.kind)).collect()
}

fn with(x: &Values, more: &[(&str, f64)]) -> Values {
    let mut x = x.clone();
    x.extend(more.iter().map(|(n, v)| (n.to_string(), *v)));
    x
}

#[test]
fn effects_have_the_conditions_of_the_branches_around_them() {
    let m = must(
        "NEURON { POINT_PROCESS x } ASSIGNED { n v (mV) } INITIAL { n = 0 }
        NET_RECEIVE(w) {
            if (flag == 0) { n = n + 1 if (w > 2) { net_send(n, 7) } else { net_event(t + w) } }
            else if (flag == 7) { net_move(t + 1) WATCH (v > -20) 3, (v < n) w }
        }",
    );
    let p = m.receive.as_ref().expect("events");
    let x = with(&Values::new(), &[("n", 4.0), ("t", 10.0), ("v", -65.0)]);
    let of = |flag: f64, w: f64| effects(p, &mut with(&x, &[("flag", flag), ("w", w)]));
    assert_eq!(of(0.0, 3.0), [("send", vec![5.0, 7.0])]);
    assert_eq!(of(0.0, 1.0), [("emit", vec![11.0])]);
    assert_eq!(of(7.0, 2.0), [("move", vec![11.0]), ("watch", vec![3.0]), ("watch", vec![2.0])]);
    assert_eq!(of(1.0, 2.0), []);
    let mut above = with(&x, &[("v", -15.0)]);
    run(&m.watches[0], &mut above);
    assert_eq!(above["x"], 5.0);
    run(&m.watches[1], &mut above);
    assert_eq!(above["x"], 19.0);
}

#[test]
fn what_initial_sends_follows_from_what_it_has_assigned() {
    let m = must(
        "NEURON { POINT_PROCESS x RANGE a } PARAMETER { a = 2 } ASSIGNED { y } INITIAL { y = 3*a if (a > 1) { net_send(y, 1) } } NET_RECEIVE(w) { y = 0 }",
    );
    let start = m.start.as_ref().expect("it sends");
    let mut x = defaults(&m);
    assert_eq!(effects(start, &mut x), [("send", vec![6.0, 1.0])]);
    x.insert("a".into(), 1.0);
    assert_eq!(effects(start, &mut x), []);
    assert!(must("NEURON { POINT_PROCESS x } ASSIGNED { y } INITIAL { y = 1 } NET_RECEIVE(w) { y = 0 }").start.is_none());
}

#[test]
fn arguments_are_kept_by_each_connection() {
    let m = must(
        "NEURON { POINT_PROCESS x } ASSIGNED { g u } INITIAL { g = 0 u = 9 }
        NET_RECEIVE(w, u, last (ms)) { INITIAL { u = w/2 last = -1 } g = g + w*u u = u + (t - last) last = t }",
    );
    let p = m.receive.as_ref().expect("events");
    assert_eq!(p.arguments.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["w", "u@connection", "last"]);
    let mut x = with(&Values::new(), &[("g", 0.0), ("w", 4.0), ("u@connection", 0.0), ("last", 0.0), ("t", 5.0), ("u", 9.0)]);
    run(p.connect.as_ref().expect("it begins with values"), &mut x);
    assert_eq!((x["u@connection"], x["last"]), (2.0, -1.0));
    run(&p.kernel, &mut x);
    assert_eq!((x["g"], x["u@connection"], x["last"], x["u"]), (8.0, 8.0, 5.0, 9.0));
    assert!(p.as_kernel().is_none());
}

#[test]
fn all_connections_are_reached_from_one_event() {
    let m = must(
        "NEURON { POINT_PROCESS x } ASSIGNED { n } INITIAL { n = 3 } NET_RECEIVE(w, a) { if (flag == 2) { FOR_NETCONS(v, b) { v = v + b*n b = 0 } } }",
    );
    let p = m.receive.as_ref().expect("events");
    let EffectKind::Each { arguments } = &p.effects[0].kind else { panic!("{:?}", p.effects) };
    let mut x = with(&Values::new(), &[("n", 3.0), ("flag", 2.0)]);
    for ((input, _), value) in arguments.iter().zip([10.0, 2.0]) {
        x.insert(input.clone(), value);
    }
    run(&p.kernel, &mut x);
    assert_eq!(arguments.iter().map(|(_, out)| x[out]).collect::<Vec<_>>(), [16.0, 0.0]);
    let changes = "NEURON { POINT_PROCESS x } ASSIGNED { n } INITIAL { n = 3 } NET_RECEIVE(w) { FOR_NETCONS(v) { n = n + v } }";
    assert_eq!(codes(changes), [("nmodl-not-yet", 1)]);
}

/// The first numbers of NEURON's scop_random after set_seed(1) and set_seed(123456789), as its generator is defined:
/// `x = (2147437301 x + 453816981) mod 2^32`, `x / (2^32 - 1)`, in integers.
#[test]
fn old_random_numbers_are_those_of_neuron() {
    let m = must(
        "NEURON { SUFFIX x RANGE seed, r } PARAMETER { seed = 1 } ASSIGNED { r } INITIAL { set_seed(seed) r = scop_random() } BREAKPOINT { r = scop_random() }",
    );
    for seed in [1_u32, 123_456_789, u32::MAX] {
        let mut x = with(&Values::new(), &[("seed", f64::from(seed)), ("r", 0.0)]);
        run(&m.initial, &mut x);
        let mut wanted = seed.wrapping_mul(2_147_437_301).wrapping_add(453_816_981);
        for _ in 0..50 {
            run(m.advance.as_ref().expect("a step"), &mut x);
            wanted = wanted.wrapping_mul(2_147_437_301).wrapping_add(453_816_981);
            assert_eq!(x["scop_random"], f64::from(wanted));
        }
    }
}

#[test]
fn random_functions_have_the_moments_of_their_distributions() {
    // Mean and variance over n numbers, within five standard errors.
    let n = 20_000;
    for (call, mean, variance) in
        [("scop_random()", 0.5, 1.0 / 12.0), ("exprand(2)", 2.0, 4.0), ("normrand(3, 2)", 3.0, 4.0), ("poisrand(4)", 4.0, 4.0)]
    {
        let m = must(&format!("NEURON {{ SUFFIX x RANGE r }} STATE {{ r }} INITIAL {{ set_seed(5) r = 0 }} BREAKPOINT {{ r = {call} }}"));
        let mut x = Values::new();
        run(&m.initial, &mut x);
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            run(m.advance.as_ref().expect("a step"), &mut x);
            sum += x["r"];
            squares += x["r"] * x["r"];
        }
        let n = f64::from(n);
        let found = (sum / n, squares / n - (sum / n).powi(2));
        assert!((found.0 - mean).abs() < 5.0 * (variance / n).sqrt(), "{call}: mean {}", found.0);
        assert!((found.1 / variance - 1.0).abs() < 0.1, "{call}: variance {}", found.1);
    }
}

#[test]
fn every_draw_of_a_random_source_is_an_input_of_its_own() {
    let m = must(
        "NEURON { SUFFIX x RANGE r RANDOM q } ASSIGNED { r } INITIAL { random_setseq(q, 1) r = 0 } BREAKPOINT { r = random_uniform(q, 2, 4) + random_negexp(q) }",
    );
    let mut x = with(&Values::new(), &[("draw[0]", 0.25), ("draw[1]", 0.5)]);
    run(&m.breakpoint, &mut x);
    assert!((x["r"] - (2.5 + std::f64::consts::LN_2)).abs() < 1e-15);
    assert!(m.reads.is_empty());
}

#[test]
fn what_stands_around_the_step_is_done_in_its_place() {
    let m = must(
        "NEURON { SUFFIX x NONSPECIFIC_CURRENT i RANGE a, b, c } ASSIGNED { v (mV) i (mA/cm2) a b c } STATE { n }
        CONSTRUCTOR { a = 1 } BEFORE INITIAL { b = a + 1 } INITIAL { n = b*10 } AFTER INITIAL { c = n + 1 }
        BEFORE BREAKPOINT { a = a + 1 } BREAKPOINT { SOLVE s METHOD euler i = a*n + c } DERIVATIVE s { n' = 1 }
        AFTER SOLVE { b = n } BEFORE STEP { c = b + n } DESTRUCTOR { a = 0 }",
    );
    let mut x = with(&Values::new(), &[("dt", 0.5), ("v", 0.0)]);
    run(&m.initial, &mut x);
    // BEFORE STEP is done at the start too, before the first record.
    assert_eq!((x["a"], x["n"], x["c"]), (1.0, 20.0, 22.0));
    run(&m.breakpoint, &mut x);
    assert_eq!((x["a"], x["i"]), (2.0, 62.0));
    run(m.advance.as_ref().expect("a step"), &mut x);
    assert_eq!((x["n"], x["c"]), (20.5, 41.0));
}

#[test]
fn picks_of_a_random_source_are_whole_below_2_to_the_32_or_between_0_and_1() {
    let m = must(
        "NEURON { SUFFIX x RANGE r, s RANDOM q } ASSIGNED { r s } INITIAL { r = 0 s = 0 } BREAKPOINT { r = random_ipick(q) s = random_dpick(q) }",
    );
    for u in [0.0, 0.25, 0.999_999_999_9] {
        let mut x = Values::from([(homolog_ir::mechanism::draw(0), u), (homolog_ir::mechanism::draw(1), u)]);
        run(&m.breakpoint, &mut x);
        assert_eq!((x["r"], x["s"]), ((u * 4_294_967_296.0).floor(), u));
    }
}
