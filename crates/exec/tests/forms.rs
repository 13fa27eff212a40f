//! Superinstructions with known operand patterns against the general ones.

use homolog_exec::machine::{Code, Loop, Pattern, Slot, Step, portable};
#[cfg(target_arch = "x86_64")]
use homolog_exec::machine::{avx2, avx512};

/// Runs a loop with operands of a pattern; returns what it wrote.
fn result(f: Loop, code: Code, pattern: Pattern) -> Vec<u64> {
    const LANES: usize = 24;
    let mut x: Vec<f64> = (0..10 * LANES).map(|i| ((i * 37 % 101) as f64 - 50.0) * 0.07).collect();
    let base = x.as_mut_ptr();
    let slots: Vec<Slot> = (0..20)
        .map(|k| {
            let at = base.wrapping_add(k % 10 * LANES);
            // Slots from 10 are the same rows as constants: eight copies of their first number.
            Slot { at, step: usize::from(k < 10) }
        })
        .collect();
    let mut args = [0u16; 7];
    for k in 0..7 {
        args[k] = match (pattern >> (4 * k)) & 15 {
            0 => k as u16,
            1 => k as u16 + 10,
            d => args[d as usize - 2],
        };
        if args[k] >= 10 {
            for l in 1..8 {
                x[k * LANES + l] = x[k * LANES];
            }
        }
    }
    // SAFETY: all rows have 24 numbers, constants eight; results go to the unused rows from 7 on.
    unsafe { f(slots.as_ptr(), &Step { code, outs: [7, 8, 9], args }, LANES) };
    x[7 * LANES..].iter().map(|y| y.to_bits()).collect()
}

#[test]
fn forms_with_patterns_equal_the_general_forms() {
    for (code, pattern, f) in portable::SPECIAL {
        assert_eq!(result(*f, *code, *pattern), result(portable::lookup(*code, 0xfff_ffff), *code, *pattern), "{code:?} {pattern:#x}");
    }
    #[cfg(target_arch = "x86_64")]
    for isa in homolog_exec::Isa::available() {
        let list = match isa {
            homolog_exec::Isa::Portable => portable::SPECIAL,
            homolog_exec::Isa::Avx2 => avx2::SPECIAL,
            homolog_exec::Isa::Avx512 => avx512::SPECIAL,
        };
        for (code, pattern, f) in list {
            let general = portable::lookup(*code, 0xfff_ffff);
            assert_eq!(result(*f, *code, *pattern), result(general, *code, *pattern), "{isa:?} {code:?} {pattern:#x}");
        }
    }
}
