//! Programs, products and lists of spikes in 32-bit numbers: the same bits on every instruction set, which are those of the interpreter and of
//! the definition.

use homolog_base::{Key, Unit};
use homolog_exec::gemm::PANEL;
use homolog_exec::{GemmScratch, Isa, Program, SpikeList, add_weights_of_spikes, gemm, gemm_parallel, gemm_skipping_zeros};
use homolog_ir::{Binary, Builder, Kernel, Number, Unary, interpret};

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

fn of_two(make: impl Fn(&mut Builder, homolog_ir::Value, homolog_ir::Value) -> homolog_ir::Value) -> Kernel {
    let mut b = Builder::new("k");
    let (x, y) = (b.input("x", Unit::ONE), b.input("y", Unit::ONE));
    let z = make(&mut b, x, y);
    b.output("z", Unit::ONE, z);
    b.finish()
}

/// Numbers of every size, and special ones.
fn numbers(n: usize) -> Vec<f32> {
    let special =
        [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MIN_POSITIVE, 1e-45, 88.7, -87.4, -103.9];
    let any = (0..n).map(|k| {
        let key = Key::new(5);
        let bits = (key.uniform(k as u64, 0) * 4_294_967_296.0) as u32;
        // Half of them of moderate size.
        if k % 2 == 0 { f32::from_bits(bits) } else { (40.0 * (key.uniform(k as u64, 1) - 0.5)) as f32 }
    });
    special.into_iter().chain(any).collect()
}

#[test]
fn every_operation_has_the_bits_of_the_interpreter_on_every_instruction_set() {
    let x = numbers(3000);
    let y: Vec<f32> = x.iter().rev().copied().collect();
    let n = x.len();
    let kernels = UNARY.iter().map(|f| (format!("{f:?}"), of_two(|b, x, _| b.unary(*f, x))));
    let kernels = kernels.chain(BINARY.iter().map(|f| (format!("{f:?}"), of_two(|b, x, y| b.binary(*f, x, y)))));
    for (name, kernel) in kernels {
        let program = Program::<f32>::compile(&kernel);
        let both = kernel.inputs.len() == 2;
        for isa in Isa::available() {
            let mut arena: Vec<f32> = x.iter().chain(&y).copied().chain(vec![0.0; n]).collect();
            let inputs: Vec<usize> = if both { vec![0, n] } else { vec![0] };
            program.run(isa, &mut arena, &inputs, &[2 * n], n);
            for k in 0..n {
                let given = if both { vec![x[k], y[k]] } else { vec![x[k]] };
                let (got, want) = (arena[2 * n + k], interpret(&kernel, &given)[0]);
                assert!(
                    got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()),
                    "{name} of {given:?} on {isa:?}: {got} is not {want}"
                );
            }
        }
    }
    assert_eq!(f32::unary(Unary::Exp, 0.0), 1.0);
}

#[test]
fn products_and_spikes_have_the_bits_of_their_definition() {
    for (m, n, k) in [(1, 1, 1), (3, 5, 7), (13, 37, 300), (40, 70, 600)] {
        let at = |seed: u64| move |i: usize| (Key::new(seed).uniform(i as u64, 0) - 0.5) as f32;
        let (a, c): (Vec<f32>, Vec<f32>) = ((0..m * k).map(at(1)).collect(), (0..m * n).map(at(3)).collect());
        let spikes: Vec<f32> = (0..k * n).map(|i| if Key::new(2).uniform(i as u64, 0) < 0.1 { 1.0 } else { 0.0 }).collect();
        let mut want = c.clone();
        for i in 0..m {
            for j in 0..n {
                for from in (0..k).step_by(PANEL) {
                    let sum = (from..k.min(from + PANEL)).fold(0.0f32, |s, l| a[i * k + l].mul_add(spikes[l * n + j], s));
                    want[i * n + j] += sum;
                }
            }
        }
        let same = |got: &[f32], what: &str| {
            assert!(got.iter().zip(&want).all(|(x, y)| x.to_bits() == y.to_bits()), "{what}, {m} x {n} x {k}");
        };
        let wide = m.next_multiple_of(16);
        let transposed: Vec<f32> = (0..k).flat_map(|l| (0..m).map(|i| a[i * k + l]).collect::<Vec<_>>()).chain(vec![0.0; wide]).collect();
        for isa in Isa::available() {
            let mut scratch = GemmScratch::default();
            let mut got = c.clone();
            gemm(isa, false, false, m, n, k, 1.0, &a, k, &spikes, n, 1.0, &mut got, n, &mut scratch);
            same(&got, &format!("gemm on {isa:?}"));
            got.clone_from(&c);
            gemm_parallel(isa, false, false, m, n, k, 1.0, &a, k, &spikes, n, 1.0, &mut got, n, &mut scratch);
            same(&got, &format!("gemm_parallel on {isa:?}"));
            got.clone_from(&c);
            gemm_skipping_zeros(isa, false, false, m, n, k, &a, k, &spikes, n, 1.0, &mut got, n, &mut scratch);
            same(&got, &format!("gemm_skipping_zeros on {isa:?}"));
            got.clone_from(&c);
            let mut list = SpikeList::default();
            list.read(isa, &spikes, k, n);
            assert_eq!(list.len(), spikes.iter().filter(|s| **s != 0.0).count());
            add_weights_of_spikes(isa, &mut list, &transposed, m, m, n, &mut got);
            same(&got, &format!("spikes on {isa:?}"));
        }
    }
}
