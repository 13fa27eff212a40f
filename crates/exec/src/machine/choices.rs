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

/// Numbers of lanes that are listed, in the slot of what would be written.
#[derive(Debug)]
pub(crate) struct Listing {
    /// Where the next one goes.
    pub end: *mut u32,
    /// The number of the first lane.
    pub first: u32,
}

impl Listing {
    /// Lists the lanes of one vector, from `l` on, whose bits are set.
    #[inline(always)]
    pub(super) unsafe fn push(&mut self, l: usize, mut set: u32) {
        while set != 0 {
            *self.end = self.first + l as u32 + set.trailing_zeros();
            self.end = self.end.add(1);
            set &= set - 1;
        }
    }
}

/// As [`fire`]; but those for whom `x > 0` are listed: the slot of the first result has a [`Listing`] with room for all of them.
#[inline(always)]
pub(super) unsafe fn fire_listed<V: Vector, const SUB: u8, const N: u8, const P: Pattern>(
    slots: *const Slot<V::Real>,
    step: &Step,
    lanes: usize,
) {
    let listing = &mut *(*slots.add(step.outs[0] as usize)).at.cast::<Listing>();
    let second = (*slots.add(step.outs[2] as usize)).at;
    let mut l = 0;
    let l = &mut l;
    each!(1, V, slots, step, lanes, P; a = 0, b = 1, c = 2, d = 3, e = 4, f = 5 => {
        let fires = V::splat(0.0).lt(if SUB == 1 { a - b } else { a });
        let set = V::set(fires);
        // Few do.
        if set != 0 {
            listing.push(*l, set);
        }
        if N == 2 {
            V::select(fires, e, f).store(second.add(*l));
        }
        *l += V::WIDTH;
        V::select(fires, c, d)
    });
}
