//! Kernels of known models, for tests and timings.
#![allow(dead_code, reason = "every test binary uses a part")]

use homolog_base::Unit;
use homolog_ir::{Binary, Builder, Class, Compare, Kernel, Port, Unary, Value};

fn input(b: &mut Builder, name: &str) -> Value {
    b.input(name, Unit::ONE)
}

fn constant_input(b: &mut Builder, name: &str) -> Value {
    b.input_port(Port { class: Class::Constant, ..Port::new(name, Unit::ONE) })
}

/// Where a port of these kernels may begin.
pub fn start(name: &str) -> f64 {
    match name {
        "v" => -65.0,
        "m" => 0.05,
        "h" => 0.6,
        "n" => 0.32,
        "i" => 5.0,
        "dt" => 0.025,
        "decay" => 0.9,
        "threshold" => 1.0,
        "inverse_width" => 0.5,
        _ => 0.25,
    }
}

/// `slope v + offset`, as one fma.
fn affine(b: &mut Builder, v: Value, slope: f64, offset: f64) -> Value {
    let (s, o) = (b.constant(slope), b.constant(offset));
    b.fma(v, s, o)
}

/// The exact step of a gate with opening rate `a` and closing rate `c`.
fn gate(b: &mut Builder, name: &str, a: Value, c: Value, minus_dt: Value) -> Value {
    let x = input(b, name);
    let s = b.add(a, c);
    let steady = b.div(a, s);
    let z = b.mul(s, minus_dt);
    let e = b.exp(z);
    let away = b.sub(x, steady);
    let next = b.fma(e, away, steady);
    b.output(name, Unit::ONE, next);
    next
}

/// Squid axon at 6.3 C (Hodgkin & Huxley 1952): gates by exact exponential steps, then the voltage of an isolated
/// compartment by an implicit step. Nine exponentials, none shared.
pub fn hodgkin_huxley() -> Kernel {
    let mut b = Builder::new("hh");
    let v = input(&mut b, "v");
    let dt = constant_input(&mut b, "dt");
    let minus_dt = b.neg(dt);
    let scaled = |b: &mut Builder, f: Unary, k: f64, slope: f64, offset: f64| {
        let x = affine(b, v, slope, offset);
        let e = b.unary(f, x);
        let k = b.constant(k);
        b.mul(k, e)
    };
    let am = affine(&mut b, v, -0.1, -4.0);
    let am = b.unary(Unary::Exprelr, am);
    let bm = scaled(&mut b, Unary::Exp, 4.0, -1.0 / 18.0, -65.0 / 18.0);
    let m = gate(&mut b, "m", am, bm, minus_dt);
    let ah = scaled(&mut b, Unary::Exp, 0.07, -0.05, -65.0 * 0.05);
    let bh = affine(&mut b, v, -0.1, -3.5);
    let bh = b.exp(bh);
    let one = b.constant(1.0);
    let bh = b.add(bh, one);
    let bh = b.div(one, bh);
    let h = gate(&mut b, "h", ah, bh, minus_dt);
    let an = scaled(&mut b, Unary::Exprelr, 0.1, -0.1, -5.5);
    let bn = scaled(&mut b, Unary::Exp, 0.125, -1.0 / 80.0, -65.0 / 80.0);
    let n = gate(&mut b, "n", an, bn, minus_dt);
    // Conductances (mS/cm2) and the current at v = 0 (uA/cm2).
    let (gna, gk, gl) = (b.constant(120.0), b.constant(36.0), b.constant(0.3));
    let (ena, ek) = (b.constant(50.0), b.constant(-77.0));
    let m2 = b.mul(m, m);
    let m3 = b.mul(m2, m);
    let m3h = b.mul(m3, h);
    let gna = b.mul(gna, m3h);
    let n2 = b.mul(n, n);
    let n4 = b.mul(n2, n2);
    let gk = b.mul(gk, n4);
    let g = b.add(gna, gk);
    let g = b.add(g, gl);
    let i = input(&mut b, "i");
    let leak = b.constant(0.3 * -54.3);
    let drive = b.add(i, leak);
    let drive = b.fma(gna, ena, drive);
    let drive = b.fma(gk, ek, drive);
    let up = b.fma(dt, drive, v);
    let down = b.fma(dt, g, one);
    let v = b.div(up, down);
    b.output("v", Unit::ONE, v);
    b.finish()
}

/// Leaky integrate-and-fire: exact decay towards the drive, reset, and a spike counter.
pub fn lif() -> Kernel {
    let mut b = Builder::new("lif");
    let v = input(&mut b, "v");
    let drive = input(&mut b, "drive");
    let count = input(&mut b, "count");
    let decay = constant_input(&mut b, "decay");
    let threshold = constant_input(&mut b, "threshold");
    let away = b.sub(v, drive);
    let v1 = b.fma(decay, away, drive);
    let spiked = b.compare(Compare::Lt, threshold, v1);
    let (zero, one) = (b.constant(0.0), b.constant(1.0));
    let v2 = b.select(spiked, zero, v1);
    let s = b.select(spiked, one, zero);
    let counted = b.add(count, s);
    b.output("v", Unit::ONE, v2);
    b.output("count", Unit::ONE, counted);
    b.finish()
}

/// A neuron that is held for a while after it spikes.
pub fn refractory() -> Kernel {
    let mut b = Builder::new("refractory");
    let v = input(&mut b, "v");
    let left = input(&mut b, "left");
    let drive = input(&mut b, "drive");
    let decay = constant_input(&mut b, "decay");
    let [reset, threshold, dt, hold, zero] = [-60.0, -50.0, 0.1, 5.0, 0.0].map(|x| b.constant(x));
    let v1 = b.fma(decay, v, drive);
    let held = b.compare(Compare::Lt, zero, left);
    let less = b.sub(left, dt);
    let left = b.select(held, less, left);
    let v2 = b.select(held, reset, v1);
    let above = b.sub(v2, threshold);
    let spike = b.spike(above, homolog_ir::Surrogate { shape: homolog_ir::Shape::Arctan, width: 5.0 });
    let fires = b.compare(Compare::Lt, zero, above);
    let v3 = b.select(fires, reset, v2);
    let left = b.select(fires, hold, left);
    b.output("v", Unit::ONE, v3);
    b.output("left", Unit::ONE, left);
    b.output("spike", Unit::ONE, spike);
    b.finish()
}

/// A neuron that remembers by how much it was above its threshold.
pub fn overshoot() -> Kernel {
    let mut b = Builder::new("overshoot");
    let v = input(&mut b, "v");
    let over = input(&mut b, "over");
    let drive = input(&mut b, "drive");
    let decay = constant_input(&mut b, "decay");
    let [reset, threshold, zero] = [-60.0, -50.0, 0.0].map(|x| b.constant(x));
    let v1 = b.fma(decay, v, drive);
    let above = b.sub(v1, threshold);
    let spike = b.spike(above, homolog_ir::Surrogate { shape: homolog_ir::Shape::Arctan, width: 5.0 });
    let fires = b.compare(Compare::Lt, zero, above);
    let v2 = b.select(fires, reset, v1);
    let over = b.select(fires, above, over);
    b.output("v", Unit::ONE, v2);
    b.output("over", Unit::ONE, over);
    b.output("spike", Unit::ONE, spike);
    b.finish()
}

/// Two gates in other words: `dt` in the other factor, the steady state of the other rate, an arctan surrogate.
pub fn variations() -> Kernel {
    let mut b = Builder::new("variations");
    let v = input(&mut b, "v");
    let i = input(&mut b, "i");
    let dt = constant_input(&mut b, "dt");
    let minus = b.neg(dt);
    let a = b.exp(v);
    let e0 = a;
    let c = b.unary(Unary::Exprelr, i);
    gate(&mut b, "m", a, c, minus);
    let a = b.unary(Unary::Tanh, i);
    let c = b.mul(v, i);
    gate(&mut b, "n", c, a, dt);
    // A sum of rates that was contracted, and one that others need.
    let offset = b.constant(40.0);
    let slope = b.constant(-0.1);
    let x = b.add(v, offset);
    let x = b.mul(slope, x);
    let a = b.unary(Unary::Exprelr, x);
    let s = b.fma(offset, e0, a);
    let steady = b.div(a, s);
    let z = b.mul(minus, s);
    let e = b.exp(z);
    let h = input(&mut b, "h");
    let away = b.sub(h, steady);
    let next = b.fma(e, away, steady);
    b.output("h", Unit::ONE, next);
    b.output("s", Unit::ONE, s);
    let s = b.constant(3.0);
    let u = b.mul(s, v);
    let one = b.constant(1.0);
    let d = b.fma(u, u, one);
    let d = b.div(one, d);
    let d = b.mul(d, i);
    b.output("bell", Unit::ONE, d);
    let q = b.div(i, v);
    let e = b.exp(i);
    b.output("q", Unit::ONE, q);
    b.output("e", Unit::ONE, e);
    b.finish()
}

/// Gates with steady states and time constants in the forms of published channels, and a pair of rates that meet at one potential.
pub fn published() -> Kernel {
    let mut b = Builder::new("published");
    let v = input(&mut b, "v");
    let t = input(&mut b, "i");
    let k = b.constant(-0.07);
    let c = constant_input(&mut b, "dt");
    let exponents: [Value; 5] = {
        let plain = b.unary(Unary::Tanh, t);
        let product = b.mul(k, t);
        let quotient = b.div(k, t);
        let sum = b.add(t, v);
        let sum = b.div(k, sum);
        let fma = b.fma(t, v, c);
        let fma = b.div(k, fma);
        [plain, product, quotient, sum, fma]
    };
    for (n, x) in exponents.into_iter().enumerate() {
        let m = input(&mut b, &format!("m{n}"));
        let steady = affine(&mut b, v, 0.01, n as f64);
        let e = b.exp(x);
        let away = b.sub(m, steady);
        let next = b.fma(e, away, steady);
        b.output(&format!("m{n}"), Unit::ONE, next);
    }
    let x = affine(&mut b, v, 0.2, 7.0);
    let y = b.neg(x);
    let (a, c) = (b.unary(Unary::Exprelr, x), b.unary(Unary::Exprelr, y));
    let minus = b.constant(-0.025);
    gate(&mut b, "h", a, c, minus);
    // And one whose argument is a sum, scaled.
    let (shift, slope) = (b.constant(60.0), b.constant(0.16));
    let x = b.add(v, shift);
    let x = b.mul(slope, x);
    let y = b.neg(x);
    let (a, c) = (b.unary(Unary::Exprelr, x), b.unary(Unary::Exprelr, y));
    gate(&mut b, "g", a, c, minus);
    homolog_ir::passes::pair_quotients(&b.finish())
}

/// What the adjoint of [`lif`] needs: the surrogate of the crossing, and the slopes by voltage and drive.
pub fn lif_derivative() -> Kernel {
    let mut b = Builder::new("lif_derivative");
    let v = input(&mut b, "v");
    let drive = input(&mut b, "drive");
    let gv = input(&mut b, "gv");
    let gs = input(&mut b, "gs");
    let decay = constant_input(&mut b, "decay");
    let threshold = constant_input(&mut b, "threshold");
    let width = constant_input(&mut b, "inverse_width");
    let away = b.sub(v, drive);
    let v1 = b.fma(decay, away, drive);
    let x = b.sub(v1, threshold);
    let u = b.mul(width, x);
    let u = b.unary(Unary::Abs, u);
    let one = b.constant(1.0);
    let d = b.add(one, u);
    let d = b.binary(Binary::Mul, d, d);
    let surrogate = b.div(one, d);
    let zero = b.constant(0.0);
    let spiked = b.compare(Compare::Lt, zero, x);
    let through = b.select(spiked, zero, gv);
    let total = b.fma(gs, surrogate, through);
    let to_v = b.mul(decay, total);
    let rest = b.sub(one, decay);
    let to_drive = b.mul(rest, total);
    b.output("gv", Unit::ONE, to_v);
    b.output("gdrive", Unit::ONE, to_drive);
    b.finish()
}
