//! Superinstructions with known operand patterns against the general ones.

use homolog_exec::machine::passes::{ABSENT, Part, RESULT};
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

/// A pass and what it does one step after the other, on rows of their own for all operands and results.
struct Passed {
    steps: Vec<Step>,
    /// Of each row, whether it has copies of one number.
    uniform: Vec<bool>,
    /// Rows of results, and whether they are written.
    results: Vec<(usize, bool)>,
}

impl Passed {
    fn of(parts: &[Part]) -> Passed {
        let mut new = Passed { steps: vec![], uniform: vec![], results: vec![] };
        for part in parts {
            let mut step = Step { code: part.code, outs: [0; 3], args: [0; 7] };
            for k in 0..7 {
                let digit = (part.pattern >> (4 * k)) & 15;
                step.args[k] = match digit {
                    ABSENT => 0,
                    0 | 1 => new.row(digit == 1),
                    RESULT..ABSENT => new.results[new.results.len() - 1 - (digit - RESULT) as usize].0 as u16,
                    _ => step.args[digit as usize - 2],
                };
            }
            let outs = match part.code {
                Code::Choices(..) => 2,
                Code::Fire(_, n) => 1 + usize::from(n),
                _ => 1,
            };
            for k in 0..outs {
                step.outs[k] = new.row(false);
                new.results.push((usize::from(step.outs[k]), part.stored >> k & 1 == 1));
            }
            new.steps.push(step);
        }
        new
    }

    fn row(&mut self, uniform: bool) -> u16 {
        self.uniform.push(uniform);
        self.uniform.len() as u16 - 1
    }

    /// Numbers of all rows after `run` was given slots.
    fn after(&self, run: impl FnOnce(&[Slot])) -> Vec<u64> {
        const LANES: usize = 24;
        // Around the numbers of the parts, so that all choices are made both ways.
        let any = |i: usize| ((i * 37 % 101) as f64 - 50.0) * 0.07;
        let mut x: Vec<f64> = (0..self.uniform.len() * LANES).map(|i| any(if self.uniform[i / LANES] { i / LANES } else { i })).collect();
        let base = x.as_mut_ptr();
        let slots: Vec<Slot> =
            self.uniform.iter().enumerate().map(|(k, u)| Slot { at: base.wrapping_add(k * LANES), step: usize::from(!u) }).collect();
        run(&slots);
        x.iter().map(|x| x.to_bits()).collect()
    }
}

#[test]
fn a_pass_does_what_its_steps_do_and_writes_what_is_asked_for() {
    let lists = homolog_exec::Isa::available().into_iter().map(|isa| match isa {
        #[cfg(target_arch = "x86_64")]
        homolog_exec::Isa::Avx2 => avx2::PASSES,
        #[cfg(target_arch = "x86_64")]
        homolog_exec::Isa::Avx512 => avx512::PASSES,
        _ => portable::PASSES,
    });
    for (parts, written, _) in lists.flatten() {
        let mut list = vec![];
        parts(&mut list);
        let passed = Passed::of(&list);
        let before = passed.after(|_| ());
        let one_by_one = passed.after(|slots| {
            for step in &passed.steps {
                // SAFETY: every row has 24 numbers.
                unsafe { portable::lookup(step.code, 0)(slots.as_ptr(), step, 24) };
            }
        });
        // SAFETY: as above; the steps lie one after the other.
        let at_once = passed.after(|slots| unsafe { written(slots.as_ptr(), passed.steps.as_ptr(), 24) });
        let row = |all: &[u64], k: usize| all[24 * k..24 * (k + 1)].to_vec();
        for (k, stored) in &passed.results {
            assert_ne!(row(&before, *k), row(&one_by_one, *k), "{list:?}: nothing was tested");
            assert_eq!(row(&at_once, *k), row(if *stored { &one_by_one } else { &before }, *k), "{list:?}");
        }
    }
}
