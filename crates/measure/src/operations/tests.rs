use super::*;
use homolog_base::{Hash, Unit};
use homolog_ir::{Builder, Port, Value};
use homolog_model::model::{Fixed, Learned, Opening, Rows, Variable};
use homolog_model::{Phase, Target};

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
    Group { name: name.into(), neuron: name.into(), size, clock, driven: clock != Clock::Input, mean_square: 1.0, ..Group::default() }
}

fn variable(name: &str, sites: usize) -> Variable {
    Variable { name: name.into(), unit: Unit::ONE, per_frame: false, taped: true, sites }
}

fn step(kernel: Kernel) -> Vec<Action> {
    vec![Action::Launch(Box::new(Launch::single(kernel, Kernel::default())))]
}

fn opening(name: &str, sites: usize) -> Opening {
    Opening { name: name.into(), sites }
}

/// 4 inputs, dense to 3 spiking neurons of 10 ticks, sparse spikes to 2 outputs that also hear a value one to one.
fn model() -> Model {
    let v = Value;
    let image = group("image", 4, Clock::Input);
    let hidden = Group {
        spikes: true,
        bias: Some(1),
        learned: vec![Learned { name: "tau".into(), tensor: 2, part: vec![0], kind: vec![] }],
        variables: vec![variable("v", 1)],
        // v' = fma(v, exp(tau), drive); spike if v' > 0: an fma, an exp and a comparison.
        tick: step(kernel(
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
        )),
        initial: vec![Launch::single(
            kernel(&["tau"], &[Op::Input(0), Op::Binary(Binary::Div, v(0), v(0))], &[("v", 1)]),
            Kernel::default(),
        )],
        value: kernel(&["v"], &[Op::Input(0)], &[("value", 0)]),
        ..group("hidden", 3, Clock::Tick)
    };
    let class = Group {
        arrivals: vec![opening("arrive", 1)],
        value: kernel(&["drive"], &[Op::Input(0), Op::Binary(Binary::Mul, v(0), v(0))], &[("value", 1)]),
        ..group("class", 2, Clock::Frame)
    };
    let link = |from, to, target, wires, weights| Link { name: "l".into(), from, to, target, wires, places: None, weights, delay: 0 };
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
        precision: Default::default(),
        groups: vec![image, hidden, class],
        links,
        phases: vec![Phase::Value(0)],
        clamps: vec![],
        contacts: vec![],
        streams: vec![],
        sums: vec![],
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

/// 3 inputs by sign to 2 cells of a soma, two dendrites and a junction between them; 5 ticks.
fn cells(extrapolate: bool) -> Model {
    let v = Value;
    let launch = |kernel, sites| Launch { kernel, sites, ..Launch::default() };
    let run = |kernel, sites| Action::Launch(Box::new(launch(kernel, sites)));
    // d = g + area, b = g area + v.
    let current = kernel(
        &["v", "g", "area"],
        &[Op::Input(0), Op::Input(1), Op::Input(2), Op::Binary(Binary::Add, v(1), v(2)), Op::Fma(v(1), v(2), v(0))],
        &[("membrane.d", 3), ("membrane.b", 4)],
    );
    // g' = g + drive.
    let states = kernel(&["g", "drive.positive"], &[Op::Input(0), Op::Input(1), Op::Binary(Binary::Add, v(0), v(1))], &[("g", 2)]);
    let spike = kernel(&["next.v"], &[Op::Input(0)], &[("spike", 0)]);
    let geometry = kernel(&["diameter"], &[Op::Input(0), Op::Binary(Binary::Mul, v(0), v(0))], &[("area", 1)]);
    let hidden = Group {
        spikes: true,
        driven: false,
        variables: vec![variable("v", 4), variable("g", 3)],
        work: ["membrane.d", "membrane.b"].map(|n| Opening { name: n.into(), sites: 4 }).into(),
        fixed: vec![Fixed { name: "area".into(), sites: 3, values: None }],
        prepare: vec![launch(geometry, 3)],
        tick: vec![run(current, 3), Action::Solve, run(states, 2), run(spike, 1)],
        tree: Some(Tree {
            parent: vec![None, Some(3), Some(3), Some(0)],
            membrane: 3,
            couplings: Some(vec![0.0, 1.0, 1.0, 1.0]),
            extrapolate,
            potential: 0,
        }),
        signed: vec![opening("drive.positive", 2), opening("drive.negative", 1)],
        learned: vec![Learned { name: "diameter".into(), tensor: 0, part: vec![0, 1, 1], kind: vec![] }],
        ..group("hidden", 2, Clock::Tick)
    };
    // Every weight has a place for either sign.
    let rows = Rows { start: vec![], column: vec![0; 6], weight: vec![0; 6] };
    let link = Link {
        name: "l".into(),
        from: 0,
        to: 1,
        target: Target::DriveBySign,
        wires: Wires::Dense,
        places: Some([rows.clone(), rows]),
        weights: 1,
        delay: 0,
    };
    Model {
        title: "cells".into(),
        hash: Hash::of(b""),
        dt: 0.1,
        ticks: 5,
        precision: Default::default(),
        groups: vec![group("image", 3, Clock::Input), hidden],
        links: vec![link],
        phases: vec![],
        clamps: vec![],
        contacts: vec![],
        streams: vec![],
        sums: vec![],
    }
}

#[test]
fn places_and_trees_of_cells_are_counted_as_on_paper() {
    let m = cells(false);
    let o = operations(&m, &Activity::even(&m, 1, &[0.0, 0.0]));
    assert_eq!(o.multiply_accumulates, 6.0, "a weight is used once, whichever its sign");
    // 2 neurons, 5 ticks: at 3 places an addition and an fma, at 2 an addition; once, at 3 places, a product.
    let kernels = Flops { add: 10.0 * (3.0 * 2.0 + 2.0), multiply: 10.0 * 3.0 + 2.0 * 3.0, ..Flops::default() };
    // 4 nodes, 3 with a membrane, 3 edges.
    let tree = Flops { add: 3.0 + 3.0 * 3.0, multiply: 4.0 * 3.0 + 4.0, divide: 4.0, elementary: 0.0 };
    assert_eq!(
        o.neurons,
        Flops { add: kernels.add + 10.0 * tree.add, multiply: kernels.multiply + 10.0 * tree.multiply, divide: 40.0, elementary: 0.0 }
    );
    let [w, s] = o.traffic[..] else { panic!("two kinds") };
    // Weights with two numbers for either sign; two parts of a diameter and 3 areas a neuron; 3 couplings for all.
    assert_eq!(w.resident, 6.0 * 5.0 + 2.0 * (2.0 + 3.0) + 3.0);
    // Weights with two numbers each; the area in every tick, diameter and area once, at 3 places; 3 couplings a tick.
    assert_eq!(w.words, 6.0 * 3.0 + 10.0 * 3.0 + 2.0 * 3.0 * 2.0 + 10.0 * 3.0);
    // Potentials, conductances, drives, equations, two numbers a node, value and spike; the image.
    assert_eq!(s.resident, 2.0 * (4.0 + 3.0 + 3.0 + 8.0 + 8.0 + 2.0) + 3.0);
    // The link: 3 values, 3 places of 2 neurons twice. At 3 places v and g in, d and b out; at 2, g and the drive in and g out; v in, spike
    // out. The tree: d and b of 3, two numbers a node there and back, 4 potentials.
    assert_eq!(s.words, 3.0 + 12.0 + 10.0 * (3.0 * 4.0 + 2.0 * 3.0 + 2.0) + 10.0 * (6.0 + 16.0 + 4.0));
}

#[test]
fn a_solution_in_the_middle_of_the_step_takes_a_multiply_add_and_a_sign_more_for_each_node() {
    let [end, middle] = [false, true].map(|x| operations(&cells(x), &Activity::even(&cells(x), 1, &[0.0, 0.0])));
    assert_eq!(middle.neurons.add - end.neurons.add, 10.0 * 4.0 * 2.0);
    assert_eq!(middle.neurons.multiply - end.neurons.multiply, 10.0 * 4.0);
    assert_eq!(middle.words(Kind::State) - end.words(Kind::State), 10.0 * 4.0, "the potentials before");
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
