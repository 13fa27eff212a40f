use super::*;
use crate::{Dual, Number, interpret};
use homolog_base::{Key, Unit};

const UNARY: [Unary; 11] = [
    Unary::Neg,
    Unary::Abs,
    Unary::Sqrt,
    Unary::Exp,
    Unary::Expm1,
    Unary::Ln,
    Unary::Sin,
    Unary::Cos,
    Unary::Tanh,
    Unary::Exprelr,
    Unary::Floor,
];

/// A random kernel of three inputs and two outputs that stays in the domain of its functions.
pub(crate) fn random_kernel(seed: u64, operations: u64) -> Kernel {
    let key = Key::new(seed);
    let mut b = Builder::new("random");
    let mut values: Vec<Value> = ["x", "y", "z"].iter().map(|n| b.input(n, Unit::ONE)).collect();
    for k in 0..operations {
        let pick = |n: u64| values[key.below(values.len() as u64, k, n) as usize];
        let (p, q, r) = (pick(1), pick(2), pick(3));
        let one = b.constant(1.0);
        let square = b.mul(p, p);
        let positive = b.add(square, one);
        let bounded = b.unary(Unary::Tanh, p);
        let v = match key.below(12, k, 4) {
            0 => b.add(p, q),
            1 => b.sub(p, q),
            2 => b.mul(bounded, q),
            3 => b.div(q, positive),
            4 => b.fma(bounded, q, r),
            5 => {
                let f = UNARY[key.below(UNARY.len() as u64, k, 5) as usize];
                match f {
                    Unary::Sqrt | Unary::Ln => b.unary(f, positive),
                    _ => b.unary(f, bounded),
                }
            }
            6 => {
                let f = if key.below(2, k, 6) == 0 { Binary::Min } else { Binary::Max };
                b.binary(f, p, q)
            }
            7 => {
                let c = b.compare(Compare::Lt, p, q);
                b.select(c, r, bounded)
            }
            8 => b.binary(Binary::Pow, positive, bounded),
            9 => {
                let shape = [Shape::FastSigmoid, Shape::Arctan, Shape::SuperSpike][key.below(3, k, 7) as usize];
                b.spike(p, Surrogate { shape, width: 0.7 })
            }
            10 => {
                let c = b.constant(key.normal(k, 8));
                b.mul(c, p)
            }
            _ => {
                let c = b.constant(key.normal(k, 9));
                b.div(p, c)
            }
        };
        values.push(v);
    }
    let n = values.len();
    b.output("u", Unit::ONE, values[n - 1]);
    b.output("w", Unit::ONE, values[n - 2]);
    b.finish_keeping_inputs()
}

#[test]
fn the_vector_jacobian_product_of_random_kernels_equals_dual_numbers() {
    let mut tested = 0;
    for seed in 0..400 {
        let kernel = random_kernel(seed, 14);
        let back = vjp(&kernel, &["x", "y", "z"], &[]);
        assert!(crate::verify::verify(&back).is_empty(), "{back}");
        let key = Key::new(seed).named("at");
        let at: Vec<f64> = (0..3).map(|k| key.normal(k, 0)).collect();
        let g: Vec<f64> = (0..2).map(|k| key.normal(k, 1)).collect();
        let inputs: Vec<f64> = back
            .inputs
            .iter()
            .map(|p| match p.name.as_str() {
                "x" => at[0],
                "y" => at[1],
                "z" => at[2],
                "d.u" => g[0],
                "d.w" => g[1],
                other => panic!("{other}"),
            })
            .collect();
        let got = interpret(&back, &inputs);
        assert_eq!(got.len(), 3);
        for (d, slope) in got.iter().enumerate() {
            let dual: Vec<Dual> = (0..3).map(|k| Dual::new(at[k], f64::from(u8::from(k == d)))).collect();
            let out = interpret(&kernel, &dual);
            if out.iter().any(|o| !o.value.is_finite() || o.value.abs() > 1e6) {
                continue;
            }
            let want = g[0] * out[0].slope + g[1] * out[1].slope;
            assert!((slope - want).abs() <= 1e-10 * (1.0 + want.abs()), "seed {seed}, input {d}: {slope} is not {want}\n{kernel}");
            tested += usize::from(want != 0.0);
        }
    }
    assert!(tested > 500, "only {tested} derivatives were not zero");
}

#[test]
fn dual_numbers_agree_with_finite_differences_where_functions_are_smooth() {
    for f in UNARY.into_iter().filter(|f| *f != Unary::Floor) {
        for x in [0.3, 0.049, 0.051, 1.7] {
            let h = 1e-6;
            let numeric = (f64::unary(f, x + h) - f64::unary(f, x - h)) / (2.0 * h);
            let exact = Dual::unary(f, Dual::new(x, 1.0)).slope;
            assert!((numeric - exact).abs() < 1e-7 * (1.0 + exact.abs()), "{f:?} at {x}: {exact} is not {numeric}");
        }
    }
}

#[test]
fn a_select_sends_nothing_to_the_branch_not_taken() {
    // d/dx of (x < 0 ? sqrt(x) : x) at 4 is 1, although the other branch alone would give NaN below zero.
    let mut b = Builder::new("branch");
    let x = b.input("x", Unit::ONE);
    let zero = b.constant(0.0);
    let negative = b.compare(Compare::Lt, x, zero);
    let root = b.unary(Unary::Sqrt, x);
    let y = b.select(negative, x, root);
    b.output("y", Unit::ONE, y);
    let back = vjp(&b.finish(), &["x"], &[]);
    assert_eq!(interpret(&back, &[-4.0f64, 1.0])[0].to_bits(), 1.0f64.to_bits());
}

#[test]
fn accumulated_cotangents_are_added_to_what_was_there() {
    let mut b = Builder::new("twice");
    let x = b.input("x", Unit::ONE);
    let two = b.constant(2.0);
    let y = b.mul(two, x);
    b.output("y", Unit::ONE, y);
    let back = vjp(&b.finish(), &["x"], &["x"]);
    let inputs: Vec<f64> = back.inputs.iter().map(|p| if p.name == "d.y" { 3.0 } else { 10.0 }).collect();
    assert_eq!(interpret(&back, &inputs), vec![16.0]);
}

/// Elimination of a kinetic scheme: every pivot goes into all that follow, each chosen by a guard.
#[test]
fn the_product_of_a_long_chain_of_choices_is_as_long_as_the_chain() {
    let mut b = Builder::new("chain");
    let zero = b.constant(0.0);
    let inputs: Vec<Value> = (0..30).map(|k| b.input(&format!("x{k}"), Unit::ONE)).collect();
    let (mut x, mut y) = (inputs[0], inputs[1]);
    for &z in &inputs[2..] {
        let q = b.div(x, y);
        let positive = b.compare(Compare::Lt, zero, z);
        let part = b.select(positive, q, zero);
        let p = b.mul(part, z);
        let s = b.sub(y, p);
        let t = b.add(q, z);
        (x, y) = (s, t);
    }
    b.output("x", Unit::ONE, x);
    let kernel = b.finish();
    let names: Vec<&str> = kernel.inputs.iter().map(|p| p.name.as_str()).collect();
    let product = vjp(&kernel, &names, &[]);
    let (before, after) = (kernel.body.len(), product.body.len());
    assert!(after < 20 * before, "{before} operations became {after}");
}
