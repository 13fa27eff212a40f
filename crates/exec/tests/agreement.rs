//! The block machine against the reference interpreter, and against itself.

mod kernels;

use homolog_base::Unit;
use homolog_exec::machine::Code;
use homolog_exec::{Isa, Program};
use homolog_ir::{Binary, Class, Compare, Kernel, Literal, Logic, Op, Port, Shape, Surrogate, Unary, Value, interpret};
use proptest::prelude::*;

/// Numbers where functions and comparisons have corners.
const SPECIAL: [f64; 24] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    -3.0,
    0.1,
    -65.0,
    40.0,
    710.0,
    -746.0,
    1e-300,
    1e-310,
    5e-324,
    1e300,
    -1e300,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    1e6,
    -0.02,
    0.0217,
    1e16,
];

/// Bits, with one NaN.
fn bits(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}

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
const BINARY: [Binary; 7] = [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Min, Binary::Max, Binary::Pow];
const COMPARE: [Compare; 4] = [Compare::Lt, Compare::Le, Compare::Eq, Compare::Ne];

const INPUTS: usize = 5;

/// A kernel from random numbers: four columns, one constant, and any operations. Arithmetic is likelier than the rest, and
/// recent values likelier than old ones, so that long chains arise.
fn kernel(seeds: &[(u8, u8, u16, u16, u16)], outputs: &[u16]) -> Kernel {
    let mut k = Kernel { name: "random".into(), ..Kernel::default() };
    for i in 0..INPUTS {
        let class = if i == 4 { Class::Constant } else { Class::Contiguous };
        k.inputs.push(Port { class, ..Port::new(format!("x{i}"), Unit::ONE) });
        k.body.push(Op::Input(i as u32));
    }
    let mut numbers: Vec<Value> = (0..INPUTS as u32).map(Value).collect();
    let mut truths: Vec<Value> = Vec::new();
    for &(kind, which, a, b, c) in seeds {
        let near = |list: &[Value], s: u16| {
            let n = list.len();
            let back = if s & 1 == 0 { s as usize / 2 % n.min(3) } else { s as usize / 2 % n };
            list[n - 1 - back]
        };
        let (x, y, z) = (near(&numbers, a), near(&numbers, b), near(&numbers, c));
        let w = which as usize;
        let op = match kind % 24 {
            0..=8 => Op::Binary(BINARY[w % 4], x, y),
            9..=11 => Op::Fma(x, y, z),
            12..=14 => Op::Unary([Unary::Exp, Unary::Exprelr, Unary::Expm1, Unary::Tanh, Unary::Neg][w % 5], x),
            15 | 16 => Op::Unary(UNARY[w % 11], x),
            17 => Op::Binary(BINARY[w % 7], x, y),
            18 => Op::Const(Literal(SPECIAL[w % 24])),
            19 => Op::Compare(COMPARE[w % 4], x, y),
            20 if !truths.is_empty() => Op::Logic([Logic::And, Logic::Or][w % 2], near(&truths, a), near(&truths, b)),
            21 if !truths.is_empty() => Op::Not(near(&truths, a)),
            22 | 23 if !truths.is_empty() => Op::Select(near(&truths, a), y, z),
            _ => Op::Spike(x, Surrogate { shape: Shape::Arctan, width: 1.0 }),
        };
        let v = Value(k.body.len() as u32);
        if op.is_truth() {
            truths.push(v)
        } else {
            numbers.push(v)
        }
        k.body.push(op);
    }
    for (i, &o) in outputs.iter().enumerate() {
        let v = if i == 0 { *numbers.last().unwrap() } else { numbers[o as usize % numbers.len()] };
        k.outputs.push((Port::new(format!("y{i}"), Unit::ONE), v));
    }
    k
}

/// Runs on every instruction set and compares all lanes; `place[k]` is the input column that output `k` overwrites, if
/// below four.
fn agree(k: &Kernel, lanes: usize, values: &[f64], place: &[usize], block: usize) {
    let stride = lanes + 3;
    let mut arena = vec![0.0; stride * (k.inputs.len() + k.outputs.len())];
    for (i, x) in arena.iter_mut().enumerate() {
        *x = values[(i * 7 + i / 5) % values.len()];
    }
    let inputs: Vec<usize> = (0..k.inputs.len()).map(|i| i * stride).collect();
    let mut free: Vec<bool> = k.inputs.iter().map(|p| p.class != Class::Constant).collect();
    let outputs: Vec<usize> = (0..k.outputs.len())
        .map(|o| match place[o % place.len()] {
            p if p < free.len() && std::mem::take(&mut free[p]) => inputs[p],
            _ => (k.inputs.len() + o) * stride,
        })
        .collect();
    let constant = |i: usize| k.inputs[i].class == Class::Constant;
    let mut want = arena.clone();
    for l in 0..lanes {
        let x: Vec<f64> = (0..inputs.len()).map(|i| arena[inputs[i] + if constant(i) { 0 } else { l }]).collect();
        for (o, y) in outputs.iter().zip(interpret(k, &x)) {
            want[o + l] = y;
        }
    }
    let program = Program::compile(k);
    let blocked = program.clone().with_block(block);
    for isa in Isa::available() {
        for (form, result) in [
            ("run", {
                let mut a = arena.clone();
                program.run(isa, &mut a, &inputs, &outputs, lanes);
                a
            }),
            ("other blocks, threads", {
                let mut a = arena.clone();
                blocked.run_parallel(isa, &mut a, &inputs, &outputs, lanes);
                a
            }),
        ] {
            for (i, (got, want)) in result.iter().zip(&want).enumerate() {
                assert_eq!(
                    bits(*got),
                    bits(*want),
                    "{isa:?}, {form}: element {i} of {lanes} lanes is {got:e}, not {want:e}\n{k:?}\n{:?}",
                    program.codes()
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, max_shrink_iters: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn block_machine_equals_interpreter_bit_for_bit(
        seeds in prop::collection::vec(any::<(u8, u8, u16, u16, u16)>(), 1..40),
        outputs in prop::collection::vec(any::<u16>(), 1..5),
        place in prop::collection::vec(0usize..8, 1..5),
        lanes in prop_oneof![1usize..20, 1usize..600],
        values in prop::collection::vec(
            prop_oneof![prop::sample::select(SPECIAL.to_vec()), -3f64..3.0, -100f64..100.0, any::<f64>()], 60..120),
        block in 1usize..100,
    ) {
        agree(&kernel(&seeds, &outputs), lanes, &values, &place, block);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn known_models_equal_the_interpreter_at_any_numbers(
        place in prop::collection::vec(0usize..8, 1..5),
        lanes in 1usize..100,
        values in prop::collection::vec(
            prop_oneof![prop::sample::select(SPECIAL.to_vec()), -3f64..3.0, -100f64..100.0, any::<f64>()], 60..120),
        block in 1usize..100,
    ) {
        for k in MODELS {
            agree(&k(), lanes, &values, &place, block);
        }
    }
}

const MODELS: [fn() -> Kernel; 7] = [
    kernels::hodgkin_huxley,
    kernels::lif,
    kernels::lif_derivative,
    kernels::variations,
    kernels::published,
    kernels::refractory,
    kernels::overshoot,
];

#[test]
fn known_models_compile_to_superinstructions() {
    let codes = |k: Kernel| Program::<f64>::compile(&k).codes();
    let hh = codes(kernels::hodgkin_huxley());
    assert_eq!(hh.iter().filter(|c| matches!(c, Code::Relax(_, true))).count(), 3, "{hh:?}");
    assert!(hh.len() <= 16, "{hh:?}");
    assert_eq!(codes(kernels::lif()).len(), 3);
    assert!(codes(kernels::lif_derivative()).iter().any(|c| matches!(c, Code::Bump(0, 2))));
    let published = codes(kernels::published());
    for form in 0..5 {
        assert!(published.contains(&Code::Settle(form)), "form {form}: {published:?}");
    }
    assert!(
        published.contains(&Code::QuotientPair(false))
            && published.contains(&Code::QuotientPair(true))
            && !published.contains(&Code::Unary(Unary::Abs)),
        "{published:?}"
    );
    let refractory = codes(kernels::refractory());
    assert!(
        refractory.contains(&Code::Choices(homolog_ir::Compare::Lt, true)) && refractory.contains(&Code::Fire(true, 2)),
        "{refractory:?}"
    );
    let other = codes(kernels::variations());
    assert!(other.iter().any(|c| matches!(c, Code::Bump(1, 0))) && other.iter().any(|c| matches!(c, Code::ExpAndDiv(_))), "{other:?}");
}

#[test]
fn threads_change_no_bit() {
    let k = kernels::hodgkin_huxley();
    let lanes = 20_003;
    let stride = lanes;
    let mut arena: Vec<f64> =
        (0..stride * k.inputs.len()).map(|i| kernels::start(&k.inputs[i / stride].name) * (1.0 + 1e-5 * (i % stride) as f64)).collect();
    let mut again = arena.clone();
    let inputs: Vec<usize> = (0..k.inputs.len()).map(|i| i * stride).collect();
    let outputs: Vec<usize> = k.outputs.iter().map(|(p, _)| inputs[k.input(&p.name).unwrap()]).collect();
    let program = Program::compile(&k);
    program.run(Isa::best(), &mut arena, &inputs, &outputs, lanes);
    rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap().install(|| {
        program.run_parallel(Isa::best(), &mut again, &inputs, &outputs, lanes);
    });
    assert!(arena.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits()));
}

#[test]
#[should_panic(expected = "overlap")]
fn outputs_that_overlap_are_refused() {
    let k = kernels::lif();
    let mut arena = vec![0.0; 1000];
    Program::compile(&k).run(Isa::Portable, &mut arena, &[0, 100, 200, 300, 301], &[0, 50], 100);
}

#[test]
#[should_panic(expected = "leaves the arena")]
fn columns_outside_the_arena_are_refused() {
    let k = kernels::lif();
    let mut arena = vec![0.0; 1000];
    Program::compile(&k).run(Isa::Portable, &mut arena, &[0, 100, 901, 300, 301], &[0, 100], 100);
}
