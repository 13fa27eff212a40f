use super::*;
use crate::interpret::interpret;
use homolog_base::Unit;

fn port(name: &str) -> Port {
    Port::new(name, Unit::ONE)
}

fn run(k: &Kernel, values: &[(&str, f64)]) -> Vec<f64> {
    let inputs: Vec<f64> =
        k.inputs.iter().map(|p| values.iter().find(|v| v.0 == p.name).unwrap_or_else(|| panic!("{}", p.name)).1).collect();
    interpret(k, &inputs)
}

#[test]
fn one_iteration_solves_linear_equations() {
    let mut b = Builder::new("linear");
    let (x, y) = (b.input("x", Unit::ONE), b.input("y", Unit::ONE));
    let (two, three) = (b.constant(2.0), b.constant(3.0));
    // 2 y = 3 and x + 3 y = 2: the first pivot is zero.
    let l = b.mul(two, y);
    let r = b.sub(l, three);
    b.output("r0", Unit::ONE, r);
    let l = b.mul(three, y);
    let l = b.add(x, l);
    let r = b.sub(l, two);
    b.output("r1", Unit::ONE, r);
    let k = newton(&b.finish(), &[port("x"), port("y")], Pivoting::Partial, true);
    assert_eq!(run(&k, &[("x", 7.0), ("y", -1.0)]), [-2.5, 1.5]);
}

#[test]
fn backward_euler_of_a_nonlinear_equation_solves_its_equation() {
    // x' = -x^2
    let mut b = Builder::new("square");
    let x = b.input("x", Unit::ONE);
    let s = b.mul(x, x);
    let f = b.neg(s);
    b.output("x", Unit::ONE, f);
    let k = backward_euler(&b.finish(), &[port("x")]);
    let next = run(&k, &[("x", 2.0), ("dt", 0.1)])[0];
    assert!((next - 2.0 + 0.1 * next * next).abs() < 1e-14, "{next}");
}

#[test]
fn runge_kutta_is_of_order_four() {
    let mut b = Builder::new("decay");
    let x = b.input("x", Unit::ONE);
    let f = b.neg(x);
    b.output("x", Unit::ONE, f);
    let k = explicit(&b.finish(), &[port("x")], true);
    let error = |n: u32| {
        let mut x = 1.0;
        for _ in 0..n {
            x = run(&k, &[("x", x), ("dt", 1.0 / f64::from(n))])[0];
        }
        (x - homolog_base::math::exp(-1.0)).abs()
    };
    let ratio = error(10) / error(20);
    assert!((15.0..18.0).contains(&ratio), "{ratio}");
}
