use super::*;
use crate::interpret;
use homolog_base::{Key, Unit};

fn hodgkin_huxley_rates() -> Kernel {
    let mut b = Builder::new("rates");
    let v = b.input("v", Unit::ONE);
    for (name, scale, shift, slope) in
        [("bm", 4.0, 65.0, 18.0), ("ah", 0.07, 65.0, 20.0), ("bn", 0.125, 65.0, 80.0), ("bh", 1.0, 35.0, 10.0)]
    {
        let shift = b.constant(shift);
        let x = b.add(v, shift);
        let x = b.neg(x);
        let slope = b.constant(slope);
        let x = b.div(x, slope);
        let e = b.exp(x);
        let scale = b.constant(scale);
        let r = b.mul(scale, e);
        b.output(name, Unit::ONE, r);
    }
    b.finish()
}

fn count(kernel: &Kernel, f: impl Fn(&Op) -> bool) -> usize {
    kernel.body.iter().filter(|op| f(op)).count()
}

#[test]
fn commensurate_exponentials_are_computed_once() {
    let before = hodgkin_huxley_rates();
    let after = optimise(&before);
    let exponentials = |k: &Kernel| count(k, |op| matches!(op, Op::Unary(Unary::Exp, _)));
    // exp(-v/80), its 4th and its 8th power; exp(-v/18) is of another family.
    assert_eq!((exponentials(&before), exponentials(&after)), (4, 2));
    for k in -100..=60 {
        let v = f64::from(k);
        for (a, b) in interpret(&before, &[v]).iter().zip(interpret(&after, &[v])) {
            assert!((a - b).abs() <= 1e-14 * a.abs(), "at {v} mV: {a} became {b}");
        }
    }
}

#[test]
fn passes_change_random_kernels_by_rounding_only() {
    for seed in 0..200 {
        let before = crate::calculus::tests::random_kernel(seed, 12);
        let after = optimise(&before);
        assert!(crate::verify::verify(&after).is_empty());
        let key = Key::new(seed).named("at");
        let given = |k: &Kernel| k.inputs.iter().map(|p| key.normal(u64::from(p.name.as_bytes()[0]), 0)).collect::<Vec<f64>>();
        for (a, b) in interpret(&before, &given(&before)).into_iter().zip(interpret(&after, &given(&after))) {
            let close = (a - b).abs() <= 1e-9 * (1.0 + a.abs()) || !a.is_finite() || a.abs() > 1e6;
            assert!(close, "seed {seed}: {a} became {b}\n{before}\n{after}");
        }
    }
}

#[test]
fn specialising_folds_what_follows_and_drops_the_port() {
    let mut b = Builder::new("leak");
    let (g, v, e) = (b.input("g", Unit::ONE), b.input("v", Unit::ONE), b.input("e", Unit::ONE));
    let d = b.sub(v, e);
    let i = b.mul(g, d);
    b.output("i", Unit::ONE, i);
    let off = specialise(&b.finish(), |n| (n == "g").then_some(0.0));
    assert!(off.inputs.is_empty());
    assert_eq!(interpret::<f64>(&off, &[]), vec![0.0]);
}

#[test]
fn a_divisor_used_twice_is_inverted_once_and_constants_are_multiplied() {
    let mut b = Builder::new("ratio");
    let (x, y, z) = (b.input("x", Unit::ONE), b.input("y", Unit::ONE), b.input("z", Unit::ONE));
    let three = b.constant(3.0);
    let p = b.div(x, z);
    let q = b.div(y, z);
    let r = b.div(x, three);
    for (n, v) in [("p", p), ("q", q), ("r", r)] {
        b.output(n, Unit::ONE, v);
    }
    let after = reduce_divisions(&b.finish());
    assert_eq!(count(&after, |op| matches!(op, Op::Binary(Binary::Div, ..))), 1);
}

#[test]
fn a_relaxation_of_constant_rate_takes_one_fma_and_keeps_its_fixed_point() {
    let mut b = Builder::new("relax");
    let (x, z) = (b.input("x", Unit::ONE), b.input("z", Unit::ONE));
    let keep = b.constant(homolog_base::math::exp(-0.01));
    let away = b.sub(x, z);
    let part = b.mul(keep, away);
    let next = b.add(part, z);
    b.output("x", Unit::ONE, next);
    let step = optimise(&b.finish());
    assert_eq!(count(&step, |op| matches!(op, Op::Fma(..))), 1);
    assert_eq!(count(&step, |op| matches!(op, Op::Binary(Binary::Sub, ..))), 0);
    let mut x = 0.0;
    for _ in 0..10_000 {
        x = interpret(&step, &step.inputs.iter().map(|p| if p.name == "x" { x } else { -63.7 }).collect::<Vec<f64>>())[0];
    }
    assert!((x + 63.7).abs() < 1e-12, "{x}");
}

#[test]
fn a_pair_of_rates_takes_one_quotient_and_keeps_both_to_the_last_places() {
    let mut b = Builder::new("pair");
    let v = b.input("v", Unit::ONE);
    let (shift, slope) = (b.constant(38.0), b.constant(6.0));
    let x = b.add(v, shift);
    let x = b.div(x, slope);
    let y = b.neg(v);
    let y = b.sub(y, shift);
    let y = b.div(y, slope);
    for (name, x) in [("beta", x), ("alpha", y)] {
        let q = b.unary(Unary::Exprelr, x);
        b.output(name, Unit::ONE, q);
    }
    let before = b.finish();
    let after = pair_quotients(&before);
    assert_eq!(count(&after, |op| matches!(op, Op::Unary(Unary::Exprelr, _))), 1);
    for v in (-4000..=4000).map(|k| f64::from(k) * 0.05).chain([-38.0, -38.0 + 1e-12, 5000.0, -5000.0]) {
        for (a, b) in interpret(&before, &[v]).into_iter().zip(interpret(&after, &[v])) {
            assert!((a - b).abs() <= 4e-16 * a.abs(), "at {v}: {a} became {b}");
        }
    }
    let nan = interpret(&after, &[f64::NAN]);
    assert!(nan.iter().all(|x| x.is_nan()));
}

#[test]
fn a_gate_has_one_form_however_its_time_constant_was_written() {
    // x' = (inf - x)/tau with inf = 2 a/(3 s), tau = 1/(-5 s) as cnexp leaves it: e (x + q) - q.
    let mut b = Builder::new("gate");
    let (x, a, s) = (b.input("x", Unit::ONE), b.input("a", Unit::ONE), b.input("s", Unit::ONE));
    let [two, three, five] = [2.0, -3.0, -5.0].map(|c| b.constant(c));
    let (n, d, z) = (b.mul(two, a), b.mul(three, s), b.mul(five, s));
    let q = b.div(n, d);
    let e = b.exp(z);
    let away = b.add(x, q);
    let part = b.mul(e, away);
    let next = b.sub(part, q);
    b.output("x", Unit::ONE, next);
    let before = b.finish();
    let after = optimise(&before);
    let fused = |op: &Op| matches!(op, Op::Fma(..));
    assert_eq!(count(&after, fused), 1, "{after}");
    assert_eq!(count(&after, |op| matches!(op, Op::Binary(Binary::Mul, ..))), 2, "{after}");
    for (x, a, s) in [(0.1, 0.3, 0.7), (0.9, -2.0, 0.01), (0.5, 1e-9, 3.0)] {
        let at = |k: &Kernel| {
            let given: Vec<f64> =
                k.inputs.iter().map(|p| [("x", x), ("a", a), ("s", s)].iter().find(|n| n.0 == p.name).unwrap().1).collect();
            interpret(k, &given)[0]
        };
        let (p, q) = (at(&before), at(&after));
        assert!((p - q).abs() <= 1e-15 * (p.abs() + (a / s).abs()), "{p} became {q}");
    }
}

#[test]
fn arguments_of_rates_get_one_form_and_keep_their_bits() {
    let mut b = Builder::new("arguments");
    let v = b.input("v", Unit::ONE);
    let (c, k) = (b.constant(38.7), b.constant(0.17));
    let minus = b.neg(v);
    for (n, y) in [b.sub(v, c), b.sub(c, v), b.sub(minus, c)].into_iter().enumerate() {
        let x = b.mul(k, y);
        let e = b.exp(x);
        b.output(&format!("e{n}"), Unit::ONE, e);
    }
    let before = b.finish();
    let after = arguments(&before);
    assert_eq!(count(&after, |op| matches!(op, Op::Binary(Binary::Sub, ..))), 0, "{after}");
    for v in [-80.3, -38.7, 0.0, 12.345, 1e-300, f64::INFINITY] {
        let bits = |k: &Kernel| interpret(k, &[v]).iter().map(|x: &f64| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&before), bits(&after), "at {v}");
    }
}
