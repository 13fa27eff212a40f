//! Several choices by one comparison, as a reset makes them.

use super::{Pattern, Slot, Step, apply_compare, at};
use crate::lane::Vector;

/// Where the further results of an element go, the first of which is `at + l`.
struct Others<R> {
    at: [*mut R; 2],
    l: usize,
}

impl<R> Others<R> {
    #[inline(always)]
    unsafe fn of(slots: *const Slot<R>, step: &Step) -> Others<R> {
        Others { at: [1, 2].map(|k| (*slots.add(step.outs[k] as usize)).at), l: 0 }
    }

    /// Where result `1 + k` of this element goes.
    #[inline(always)]
    unsafe fn to(&self, k: usize) -> *mut R {
        self.at[k].add(self.l)
    }
}

/// `if a . b { c } else { d }` and `if a . b { e } else { f }`; with `LESS`, `c - g` for `c`.
#[inline(always)]
pub(super) unsafe fn choices<V: Vector, const C: u8, const LESS: u8, const P: Pattern>(
    slots: *const Slot<V::Real>,
    step: &Step,
    lanes: usize,
) {
    let mut others = Others::of(slots, step);
    let others = &mut others;
    each!(V, slots, step, lanes, P; a = 0, b = 1, c = 2, d = 3, e = 4, f = 5, g = 6 => {
        let holds = apply_compare::<V, C>(a, b);
        let yes = if LESS == 1 { c - g } else { c };
        V::select(holds, e, f).store(others.to(0));
        others.l += V::WIDTH;
        V::select(holds, yes, d)
    });
}

/// `x > 0` as 1 or 0 and one or two choices by it; `x` is `a`, or with `SUB` `a - b`.
#[inline(always)]
pub(super) unsafe fn fire<V: Vector, const SUB: u8, const N: u8, const P: Pattern>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    let mut others = Others::of(slots, step);
    let others = &mut others;
    each!(V, slots, step, lanes, P; a = 0, b = 1, c = 2, d = 3, e = 4, f = 5 => {
        let fires = V::splat(0.0).lt(if SUB == 1 { a - b } else { a });
        V::select(fires, c, d).store(others.to(0));
        if N == 2 {
            V::select(fires, e, f).store(others.to(1));
        }
        others.l += V::WIDTH;
        V::select(fires, V::splat(1.0), V::splat(0.0))
    });
}
