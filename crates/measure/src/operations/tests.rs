use super::*;
use homolog_base::{Hash, Unit};
use homolog_ir::{Builder, Port, Value};
use homolog_model::{Phase, model::Variable};

fn kernel(inputs: &[&str], body: &[Op], outputs: &[(&str, u32)]) -> Kernel {
    let port = |n: &str| Port::new(n, Unit::ONE);
    Kernel {
        name: "k".into(),
        inputs: inputs.iter().map(|n| port(n)).collect(),
        body: body.to_vec(),
        outputs: outputs.iter().map(|(n, v)| (port(n), Value(*v))).collect(),
    }
}

fn group(name: &str, size: usize, clock: Clock) -> Group {
    Group {
        name: name.into(),
        neuron: name.into(),
        size,
        clock,
        variables: vec![],
        initial: Kernel::default(),
        step: Kernel::default(),
        step_vjp: Kernel::default(),
        burst: None,
        value: Kernel::default(),
        value_vjp: Kernel::default(),
        initial_vjp: Kernel::default(),
        spikes: false,
        arrivals: vec![],
        driven: clock != Clock::Input,
        bias: None,
        learned: vec![],
        settle: 0,
        mean_square: 1.0,
        calibration: None,
    }
}

/// 4 inputs, dense to 3 spiking neurons of 10 ticks, sparse spikes to 2 outputs that also hear a value one to one.
fn model() -> Model {
    let v = Value;
    let image = group("image", 4, Clock::Input);
    let hidden = Group {
        spikes: true,
        bias: Some(1),
        learned: vec![("tau".into(), 2)],
        variables: vec![Variable { name: "v".into(), unit: Unit::ONE, per_frame: false, taped: true }],
        // v' = fma(v, exp(tau), drive); spike if v' > 0: an fma, an exp and a comparison.
        step: kernel(
            &["v", "drive", "tau"],
            &[
                Op::Input(0),
                Op::Input(1),
                Op::Input(2),
                Op::Unary(Unary::Exp, v(2)),
                Op::Fma(v(0), v(3), v(1)),
                Op::Compare(homolog_ir::Compare::Lt, v(0), v(4)),
            ],
            &[("v", 4), ("spike", 4)],
        ),
        initial: kernel(&["tau"], &[Op::Input(0), Op::Binary(Binary::Div, v(0), v(0))], &[("v", 1)]),
        value: kernel(&["v"], &[Op::Input(0)], &[("value", 0)]),
        ..group("hidden", 3, Clock::Tick)
    };
    let class = Group {
        arrivals: vec!["arrive".into()],
        value: kernel(&["drive"], &[Op::Input(0), Op::Binary(Binary::Mul, v(0), v(0))], &[("value", 1)]),
        ..group("class", 2, Clock::Frame)
    };
    let link = |from, to, target, wires, weights| Link { name: "l".into(), from, to, target, wires, weights, delay: 0 };
    let links = vec![
        link(0, 1, Target::Drive, Wires::Dense, 0),
        link(1, 2, Target::BySign, Wires::Sparse { start: vec![0, 2, 4], column: vec![0, 1, 0, 2] }, 3),
        link(1, 2, Target::Drive, Wires::OneToOne, 4),
    ];
    Model {
        title: "hand-made".into(),
        hash: Hash::of(b""),
        dt: 1.0,
        ticks: 10,
        groups: vec![image, hidden, class],
        links,
        phases: vec![Phase::Value(0)],
    }
}

#[test]
fn a_hand_made_model_is_counted_as_on_paper() {
    let m = model();
    let spikes = [5.0, 2.0, 0.5];
    let o = operations(&m, &Activity::new(&m, 1, [(1, &spikes[..])]));
    assert_eq!(o.spikes, 7.5);
    assert_eq!(o.multiply_accumulates, 12.0 + 2.0);
    assert_eq!(o.accumulates, 5.0 * 2.0 + 2.0 + 0.5, "neuron 0 has two targets, the others one");
    // Hidden, for each of 3 neurons: a bias, ten times an fma, an exp and a comparison, one division at the start. Class: a product.
    assert_eq!(o.neurons, Flops { add: 3.0 + 3.0 * 10.0 * 2.0, multiply: 3.0 * 10.0 + 2.0, divide: 3.0, elementary: 3.0 * 10.0 });
    assert_eq!(o.total(), 28.0 + 12.5 + 63.0 + 32.0 + 3.0 + 30.0);
    assert_eq!(o.synaptic(), 26.5);
    let [w, s] = o.traffic[..] else { panic!("two kinds") };
    // 12 dense, 4 sparse with column numbers, 2 one to one; 3 biases, 3 tau.
    assert_eq!((w.kind, w.resident), (Kind::Weights, 12.0 + 8.0 + 2.0 + 6.0));
    // Dense and one to one once, crossed ones with column numbers; biases; tau in ten steps and at the start.
    assert_eq!(w.words, 14.0 + 25.0 + 3.0 + 3.0 * 11.0);
    // Image: a value. Hidden: v, drive, value, spike. Class: drive, value, arrival.
    assert_eq!((s.kind, s.resident), (Kind::State, 4.0 + 3.0 * 4.0 + 2.0 * 3.0));
    // Links: 4 + 2 x 3, 2 x 12.5, 3 + 2 x 2. Hidden: ten steps of v and drive in, v and spike out; v at the start; v in and value out. Class: 2.
    assert_eq!(s.words, 10.0 + 25.0 + 7.0 + 3.0 * (10.0 * 4.0 + 1.0 + 2.0) + 2.0 * 2.0);
    assert_eq!(o.words(Kind::State), s.words);
}

#[test]
fn frames_multiply_what_happens_every_frame() {
    let m = model();
    let none = |frames| operations(&m, &Activity::even(&m, frames, &[0.0, 0.0, 0.0]));
    assert_eq!(none(3).multiply_accumulates, 3.0 * none(1).multiply_accumulates);
    assert_eq!(none(3).neurons.elementary, 3.0 * none(1).neurons.elementary);
    assert_eq!(none(3).neurons.divide, none(1).neurons.divide, "the initial state is set once");
}

#[test]
fn spikes_known_by_group_alone_count_the_mean_fan_out() {
    let m = model();
    let o = operations(&m, &Activity::even(&m, 1, &[0.0, 6.0, 0.0]));
    assert!((o.accumulates - 6.0 * 4.0 / 3.0).abs() < 1e-12);
}

#[test]
fn nothing_that_spikes_is_zero_spikes_without_a_sign() {
    for spikes in [vec![], vec![vec![], vec![]], vec![vec![0.0]]] {
        let total = Activity { frames: 1, spikes }.total_spikes();
        assert_eq!(total.to_bits(), 0.0f64.to_bits(), "{total:?}");
    }
    let none = Operations { multiply_accumulates: 0.0, accumulates: 0.0, neurons: Flops::default(), spikes: 0.0, traffic: vec![] };
    assert_eq!(none.words(Kind::State).to_bits(), 0.0f64.to_bits());
}

#[test]
fn every_operation_of_a_kernel_is_counted_once() {
    let mut b = Builder::new("all");
    let x = b.input("x", Unit::ONE);
    let mut k = b.finish();
    let v = |n| Value(n);
    for f in [
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
    ] {
        k.body.push(Op::Unary(f, x));
    }
    for f in [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Min, Binary::Max, Binary::Pow] {
        k.body.push(Op::Binary(f, x, x));
    }
    k.body.extend([Op::Fma(x, x, x), Op::Compare(homolog_ir::Compare::Lt, x, x), Op::Not(v(20)), Op::Select(v(20), x, x)]);
    let f = Flops::of(&k);
    assert_eq!(f.total(), k.flops() as f64);
    assert_eq!((f.multiply, f.divide, f.elementary), (2.0, 2.0, 8.0));
}
