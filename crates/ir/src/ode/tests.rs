use super::*;
use crate::{Builder, Unary, interpret};
use homolog_base::math;

fn relaxation(exponent: bool) -> Kernel {
    let ms = Unit::parse("ms").unwrap();
    let mut b = Builder::new("x");
    let x = b.input("x", Unit::ONE);
    let limit = b.input("limit", Unit::ONE);
    let tau = b.input("tau", ms);
    let away = if exponent { b.unary(Unary::Exp, x) } else { x };
    let d = b.sub(limit, away);
    let f = b.div(d, tau);
    b.output("x", Unit::ONE / ms, f);
    b.finish()
}

fn run(kernel: &Kernel, named: &[(&str, f64)]) -> f64 {
    let inputs: Vec<f64> = kernel.inputs.iter().map(|p| named.iter().find(|(n, _)| *n == p.name).unwrap().1).collect();
    interpret(kernel, &inputs)[0]
}

#[test]
fn cnexp_is_exact_for_a_linear_equation_whatever_the_step() {
    let step = step(&relaxation(false), Method::Cnexp).unwrap();
    for dt in [0.01, 1.0, 30.0] {
        let got = run(&step, &[("x", 3.0), ("limit", 1.0), ("tau", 5.0), ("dt", dt)]);
        let want = 1.0 + 2.0 * math::exp(-dt / 5.0);
        assert!((got - want).abs() < 1e-15 * 4.0, "{got} is not {want}");
    }
}

#[test]
fn euler_is_of_order_one() {
    let step = step(&relaxation(false), Method::Euler).unwrap();
    let error = |n: i32| {
        let dt = 5.0 / f64::from(n);
        let mut x = 3.0;
        for _ in 0..n {
            x = run(&step, &[("x", x), ("limit", 1.0), ("tau", 5.0), ("dt", dt)]);
        }
        (x - (1.0 + 2.0 * math::exp(-1.0))).abs()
    };
    let order = (error(100) / error(200)).log2();
    assert!((order - 1.0).abs() < 0.05, "order {order}");
}

#[test]
fn cnexp_refuses_an_equation_that_is_not_linear_and_names_the_state() {
    assert_eq!(step(&relaxation(true), Method::Cnexp), Err(vec![NotLinear { state: "x".into() }]));
}

#[test]
fn a_gate_steps_with_one_exponential_and_no_division_by_its_rate() {
    // m' = (minf - m) / mtau with minf = a / (a + b), mtau = 1 / (a + b): the steady state folds to a / (a + b).
    let mut b = Builder::new("m");
    let (m, alpha, beta) = (b.input("m", Unit::ONE), b.input("alpha", Unit::ONE), b.input("beta", Unit::ONE));
    let one = b.constant(1.0);
    let sum = b.add(alpha, beta);
    let inf = b.div(alpha, sum);
    let tau = b.div(one, sum);
    let d = b.sub(inf, m);
    let f = b.div(d, tau);
    b.output("m", Unit::ONE, f);
    let step = step(&b.finish(), Method::Cnexp).unwrap();
    let divisions = step.body.iter().filter(|op| matches!(op, crate::Op::Binary(crate::Binary::Div, ..))).count();
    assert_eq!(divisions, 1, "{step}");
    let got = run(&step, &[("m", 0.2), ("alpha", 2.0), ("beta", 3.0), ("dt", 0.1)]);
    assert!((got - (0.4 - 0.2 * math::exp(-0.5))).abs() < 1e-15);
}
