//! Several superinstructions in one pass over a block: each element goes through all of them in registers, so that what only they need is
//! neither written nor read.
//!
//! A pass is a list of [`Form`]s, which is a type; what it computes is what its superinstructions compute one after the other. Within one
//! element all loads come before all stores. [`Part`]s say of a program's superinstructions what a pass has to know of them, so that those
//! for which a pass was compiled are found by comparison.

use super::choices::Listing;
use super::{Code, Pattern, Slot, Step, apply_compare, apply_first, apply_then, compare_of};
use crate::lane::Vector;
use crate::memory::prefetch_to_write;

/// The digits of a [`Pattern`] in a pass: as elsewhere; or `RESULT + k` for the result before which `k` others were the last; or the operand is not there.
pub const RESULT: u32 = 8;
/// See [`RESULT`].
pub const ABSENT: u32 = 15;
/// How many vectors ahead a column is asked for.
const AHEAD: usize = 16;

/// A superinstruction as one of a pass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What to do.
    pub code: Code,
    /// Where its operands come from.
    pub pattern: Pattern,
    /// Which of its results are written, the first lowest.
    pub stored: u8,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} pattern {:#x} stores {}", self.code, self.pattern, self.stored)
    }
}

/// A pass that was compiled.
pub struct Passed<R> {
    /// What it does.
    pub parts: Vec<Part>,
    /// Its loops, for every instruction set.
    pub loops: [super::Loop<R>; 3],
    /// Those that list its spikes.
    pub listing: [super::Loop<R>; 3],
}

/// A [`Part`] as a type.
pub trait Form {
    /// What it is.
    const PART: Part;
    /// Whether its first result is listed, and not written.
    const LISTED: bool = false;
    /// The results; of one that is listed, which truth it is.
    fn eval<V: Vector>(x: [V; 7]) -> [V; 3];
}

/// [`Code::Chain`]
pub struct Chain<const F: u8, const S: u8, const T: u8, const P: Pattern, const STORED: u8>;

impl<const F: u8, const S: u8, const T: u8, const P: Pattern, const STORED: u8> Form for Chain<F, S, T, P, STORED> {
    const PART: Part = Part { code: Code::Chain(F, S, T), pattern: P, stored: STORED };
    #[inline(always)]
    fn eval<V: Vector>([a, b, c, d, e, f, g]: [V; 7]) -> [V; 3] {
        [apply_then::<V, T>(apply_then::<V, S>(apply_first::<V, F>(a, b, c), d, e), f, g), a, a]
    }
}

/// [`Code::Choices`], of a difference.
pub struct Choices<const C: u8, const P: Pattern, const STORED: u8>;

impl<const C: u8, const P: Pattern, const STORED: u8> Form for Choices<C, P, STORED> {
    const PART: Part = Part { code: Code::Choices(compare_of(C), true), pattern: P, stored: STORED };
    #[inline(always)]
    fn eval<V: Vector>([a, b, c, d, e, f, g]: [V; 7]) -> [V; 3] {
        let holds = apply_compare::<V, C>(a, b);
        [V::select(holds, c - g, d), V::select(holds, e, f), a]
    }
}

/// [`Code::Max`] or [`Code::Min`]
pub struct Extreme<const MAX: bool, const P: Pattern, const STORED: u8>;

impl<const MAX: bool, const P: Pattern, const STORED: u8> Form for Extreme<MAX, P, STORED> {
    const PART: Part = Part { code: if MAX { Code::Max } else { Code::Min }, pattern: P, stored: STORED };
    #[inline(always)]
    fn eval<V: Vector>([a, b, ..]: [V; 7]) -> [V; 3] {
        [if MAX { a.max(b) } else { a.min(b) }, a, a]
    }
}

/// [`Code::Fire`], all of whose results are written.
pub struct Fire<const SUB: bool, const N: u8, const P: Pattern, const LISTED: bool>;

impl<const SUB: bool, const N: u8, const P: Pattern, const LISTED: bool> Form for Fire<SUB, N, P, LISTED> {
    const PART: Part = Part { code: Code::Fire(SUB, N), pattern: P, stored: if N == 2 { 7 } else { 3 } };
    const LISTED: bool = LISTED;
    #[inline(always)]
    fn eval<V: Vector>([a, b, c, d, e, f, _]: [V; 7]) -> [V; 3] {
        let fires = V::splat(0.0).lt(if SUB { a - b } else { a });
        let first = if LISTED { V::from_mask(fires) } else { V::select(fires, V::splat(1.0), V::splat(0.0)) };
        [first, V::select(fires, c, d), V::select(fires, e, f)]
    }
}

/// What a pass knows of one of its superinstructions in an element.
pub struct Held<V: Vector> {
    from: [*const V::Real; 7],
    to: [*mut V::Real; 3],
    x: [V; 7],
    y: [V; 3],
}

/// How many results a pass may have.
pub(crate) const MOST: usize = 24;

/// Results so far.
pub struct Results<V> {
    y: [V; MOST],
    n: usize,
}

/// A list of forms: `(A, (B, ()))`.
pub trait Forms {
    /// What is known of them.
    type Held<V: Vector>;
    /// Adds them to a list.
    fn parts(list: &mut Vec<Part>);
    /// Where operands and results are; reads what is the same for all elements.
    ///
    /// # Safety
    /// As [`super::Loop`], of as many steps.
    unsafe fn begin<V: Vector>(slots: *const Slot<V::Real>, steps: *const Step) -> Self::Held<V>;
    /// Reads the operands of elements from `l` on.
    ///
    /// # Safety
    /// As [`super::Loop`].
    unsafe fn load<V: Vector>(held: &mut Self::Held<V>, l: usize);
    /// Computes the results.
    fn eval<V: Vector>(held: &mut Self::Held<V>, results: &mut Results<V>);
    /// Writes them.
    ///
    /// # Safety
    /// As [`super::Loop`].
    unsafe fn store<V: Vector>(held: &mut Self::Held<V>, l: usize);
}

impl Forms for () {
    type Held<V: Vector> = ();
    fn parts(_: &mut Vec<Part>) {}
    #[inline(always)]
    unsafe fn begin<V: Vector>(_: *const Slot<V::Real>, _: *const Step) {}
    #[inline(always)]
    unsafe fn load<V: Vector>((): &mut (), _: usize) {}
    #[inline(always)]
    fn eval<V: Vector>((): &mut (), _: &mut Results<V>) {}
    #[inline(always)]
    unsafe fn store<V: Vector>((): &mut (), _: usize) {}
}

/// For each operand, with its number known when this is compiled.
macro_rules! operands {
    ($k:ident => $do:block) => {
        operands!($k => $do; 0 1 2 3 4 5 6)
    };
    ($k:ident => $do:block; $($n:literal)*) => {
        $({
            const $k: usize = $n;
            $do
        })*
    };
}

impl<A: Form, B: Forms> Forms for (A, B) {
    type Held<V: Vector> = (Held<V>, B::Held<V>);

    fn parts(list: &mut Vec<Part>) {
        list.push(A::PART);
        B::parts(list);
    }

    #[inline(always)]
    unsafe fn begin<V: Vector>(slots: *const Slot<V::Real>, steps: *const Step) -> Self::Held<V> {
        let step = &*steps;
        let mut held = Held {
            from: [std::ptr::null(); 7],
            to: [0, 1, 2].map(|k| (*slots.add(step.outs[k] as usize)).at),
            x: [V::splat(0.0); 7],
            y: [V::splat(0.0); 3],
        };
        operands!(K => {
            let digit = (A::PART.pattern >> (4 * K)) & 15;
            if digit < 2 {
                held.from[K] = (*slots.add(step.args[K] as usize)).at;
            }
            if digit == 1 {
                held.x[K] = V::load(held.from[K]);
            }
        });
        (held, B::begin(slots, steps.add(1)))
    }

    #[inline(always)]
    unsafe fn load<V: Vector>((held, others): &mut Self::Held<V>, l: usize) {
        operands!(K => {
            if (A::PART.pattern >> (4 * K)) & 15 == 0 {
                held.x[K] = V::load(held.from[K].add(l));
            }
        });
        B::load(others, l);
    }

    #[inline(always)]
    fn eval<V: Vector>((held, others): &mut Self::Held<V>, results: &mut Results<V>) {
        operands!(K => {
            let digit = (A::PART.pattern >> (4 * K)) & 15;
            if (2..RESULT).contains(&digit) {
                held.x[K] = held.x[digit as usize - 2];
            } else if (RESULT..ABSENT).contains(&digit) {
                held.x[K] = results.y[results.n - 1 - (digit - RESULT) as usize];
            }
        });
        held.y = A::eval(held.x);
        for y in &held.y[..A::PART.code.results()] {
            results.y[results.n] = *y;
            results.n += 1;
        }
        B::eval(others, results);
    }

    #[inline(always)]
    unsafe fn store<V: Vector>((held, others): &mut Self::Held<V>, l: usize) {
        if A::LISTED {
            let set = V::set(held.y[0].to_mask());
            // Few are.
            if set != 0 {
                (*held.to[0].cast::<Listing>()).push(l, set);
            }
        } else if A::PART.stored & 1 == 1 {
            if matches!(A::PART.code, Code::Fire(..)) {
                // Spikes of each tick have a column of their own, which nothing has brought near.
                prefetch_to_write(held.to[0].wrapping_add(l + AHEAD * V::WIDTH));
            }
            held.y[0].store(held.to[0].add(l));
        }
        if A::PART.stored & 2 == 2 {
            held.y[1].store(held.to[1].add(l));
        }
        if A::PART.stored & 4 == 4 {
            held.y[2].store(held.to[2].add(l));
        }
        B::store(others, l);
    }
}

/// All elements of a block.
///
/// # Safety
/// As [`super::Loop`], of as many steps as there are forms, one after the other in memory.
#[inline(always)]
pub unsafe fn pass<V: Vector, F: Forms>(slots: *const Slot<V::Real>, steps: *const Step, lanes: usize) {
    let mut held = F::begin::<V>(slots, steps);
    let mut l = 0;
    while l < lanes {
        F::load(&mut held, l);
        F::eval(&mut held, &mut Results { y: [V::splat(0.0); MOST], n: 0 });
        F::store(&mut held, l);
        l += V::WIDTH;
    }
}

/// A list of forms as a type.
macro_rules! forms {
    () => { () };
    ($form:ty $(, $others:ty)*) => { ($form, crate::machine::passes::forms!($($others),*)) };
}
pub(crate) use forms;
