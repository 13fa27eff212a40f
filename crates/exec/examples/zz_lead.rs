use homolog_base::Unit;
use homolog_ir::*;
use homolog_exec::{Isa, Program};
fn main() {
    let u = Unit::ONE; let ms = Unit::parse("/ms").unwrap();
    let mut b = Builder::new("hh");
    let v = b.input("v", u);
    let gate = |b: &mut Builder, name: &str, a: Value, c: Value| {
        let s = b.add(a, c);
        let inf = b.div(a, s);
        let one = b.constant(1.0);
        let tau = b.div(one, s);
        let x = b.input(name, u);
        let d = b.sub(inf, x);
        let d = b.div(d, tau);
        b.output(name, ms, d);
    };
    let k = |b: &mut Builder, x: f64| b.constant(x);
    let lin = |b: &mut Builder, off: f64, d: f64| { let o = k(b, off); let x = b.add(v, o); let x = b.neg(x); let d = k(b, d); b.div(x, d) };
    let x = lin(&mut b, 40.0, 10.0); let a = b.unary(Unary::Exprelr, x);
    let x = lin(&mut b, 65.0, 18.0); let e = b.exp(x); let f = k(&mut b, 4.0); let c = b.mul(f, e);
    gate(&mut b, "m", a, c);
    let x = lin(&mut b, 65.0, 20.0); let e = b.exp(x); let f = k(&mut b, 0.07); let a = b.mul(f, e);
    let x = lin(&mut b, 35.0, 10.0); let e = b.exp(x); let one = k(&mut b, 1.0); let e = b.add(e, one); let c = b.div(one, e);
    gate(&mut b, "h", a, c);
    let x = lin(&mut b, 55.0, 10.0); let a = b.unary(Unary::Exprelr, x); let f = k(&mut b, 0.1); let a = b.mul(f, a);
    let x = lin(&mut b, 65.0, 80.0); let e = b.exp(x); let f = k(&mut b, 0.125); let c = b.mul(f, e);
    gate(&mut b, "n", a, c);
    let rhs = b.finish();
    let s = ode::step(&rhs, ode::Method::Cnexp).unwrap();
    let s = passes::specialise(&s, |n| (n == "dt").then_some(0.025));
    for (name, s) in [("plain", s.clone()), ("optimised", passes::optimise(&s))] {
        println!("{name}\n");
        for (i, op) in s.body.iter().enumerate() { println!("{i} {op:?}"); }
        println!("{:?}", s.outputs.iter().map(|o| o.1).collect::<Vec<_>>());
        let p = Program::compile(&s);
        let mut t = 0.0;
        for (c, ns) in p.profile(Isa::best()) { println!("  {ns:.3} {c}"); t += ns; }
        println!("  {t:.2}");
    }
}
