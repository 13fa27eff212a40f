//! Columns of numbers that lie in one arena, and which of them meet.
//!
//! Number of site `s` and lane `l` in tick `t` is
//!
//! ```text
//! arena[at + t tick + s site + l]
//! ```
//!
//! A loop over ticks and tiles of lanes is free of races, and its bits are free of tiles, when no number that is written is one of
//! lane `l` through one column and of lane `l' != l` through another, in any two ticks. That is checked here, once per loop: offsets
//! are linear in the tick.

use std::ops::Range;

/// Where numbers are: of site `s` and lane `l` in tick `t` at `at + t * tick + s * site + l`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Column {
    /// Of tick 0, site 0, lane 0.
    pub at: usize,
    /// From tick to tick; 0 where every tick finds the same numbers.
    pub tick: isize,
    /// From site to site.
    pub site: usize,
}

impl Column {
    /// The same in all ticks.
    pub fn still(at: usize, site: usize) -> Column {
        Column { at, tick: 0, site }
    }

    /// Where tick `t` begins. Of a column that was checked for this tick.
    #[inline(always)]
    pub(crate) fn begin(&self, t: usize) -> usize {
        self.at.wrapping_add_signed(self.tick.wrapping_mul(t as isize))
    }
}

/// A column as an action uses it.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub column: Column,
    pub sites: usize,
    /// Numbers of a site.
    pub width: usize,
    /// One number, read by all lanes.
    pub shared: bool,
    pub written: bool,
    /// How it is called where something is wrong with it.
    pub name: String,
}

/// How the numbers of two columns lie in one tick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meeting {
    Apart,
    /// One is the other, in all ticks.
    Same,
    Overlap,
}

/// Of one column in one tick: first number, and one after the last.
fn extent(u: &Use, t: usize) -> (i128, i128) {
    let start = u.column.at as i128 + u.column.tick as i128 * t as i128;
    (start, start + length(u))
}

fn length(u: &Use) -> i128 {
    if u.sites == 0 || u.width == 0 { 0 } else { (u.sites as i128 - 1) * u.column.site as i128 + u.width as i128 }
}

/// In all ticks.
fn whole(u: &Use, ticks: &Range<usize>) -> (i128, i128) {
    let (a, b) = (extent(u, ticks.start), extent(u, ticks.end - 1));
    (a.0.min(b.0), a.1.max(b.1))
}

/// Panics when a column leaves the arena in a tick, or overlaps itself where it is written.
pub(crate) fn check_alone(u: &Use, ticks: &Range<usize>, arena: usize, owner: &str) {
    if length(u) == 0 {
        return;
    }
    let (from, to) = whole(u, ticks);
    assert!(from >= 0 && to <= arena as i128, "{owner}: {} leaves the arena", u.name);
    assert!(!u.written || u.sites <= 1 || u.column.site >= u.width, "{owner}: sites of {} overlap", u.name);
}

/// How two columns of one action lie to each other.
pub(crate) fn meeting(x: &Use, y: &Use, ticks: &Range<usize>) -> Meeting {
    let still = ticks.len() == 1 || x.column.tick == y.column.tick;
    let (a, b) = (extent(x, ticks.start), extent(y, ticks.start));
    if !still {
        // Differences are linear in the tick: on one side at both ends is on one side always.
        let (c, d) = (extent(x, ticks.end - 1), extent(y, ticks.end - 1));
        let apart = (a.1 <= b.0 && c.1 <= d.0) || (b.1 <= a.0 && d.1 <= c.0);
        return if apart { Meeting::Apart } else { Meeting::Overlap };
    }
    let same_sites = x.sites == y.sites && (x.sites <= 1 || x.column.site == y.column.site);
    if a.0 == b.0 && same_sites && x.shared == y.shared && x.width == y.width {
        Meeting::Same
    } else if meet(b.0 - a.0, x, y, true) {
        Meeting::Overlap
    } else {
        Meeting::Apart
    }
}

/// True when a number of `x` is a number of `y`, which begins `shift` after it. Without `any`, numbers of the same lane do not count.
fn meet(shift: i128, x: &Use, y: &Use, any: bool) -> bool {
    let (wx, wy) = (x.width as i128, y.width as i128);
    if shift >= length(x) || -shift >= length(y) {
        return false;
    }
    let (sx, sy) = (x.column.site as i128, y.column.site as i128);
    let step = if x.sites <= 1 { sy } else { sx };
    if (x.sites <= 1 || y.sites <= 1 || sx == sy) && step > 0 {
        // Sites are multiples of one number apart.
        let r = shift.rem_euclid(step);
        if (r >= wx && step - r >= wy) || (r == 0 && !any && step >= wx.max(wy)) {
            return false;
        }
    }
    (0..x.sites as i128).any(|s| {
        let e = s * sx - shift;
        let (from, to) = if sy == 0 {
            (0, 0)
        } else {
            ((e - wy + 1 + sy - 1).div_euclid(sy).max(0), (e + wx - 1).div_euclid(sy).min(y.sites as i128 - 1))
        };
        (from..=to).any(|k| {
            let difference = k * sy - e;
            -wy < difference && difference < wx && (any || difference != 0)
        })
    })
}

/// True when a number of some lane of `x` in some tick may be one of another lane of `y` in the same or another tick.
fn cross(x: &Use, y: &Use, ticks: &Range<usize>) -> bool {
    cross_by(x, y, ticks, x.shared != y.shared)
}

/// True when a number that is written by one of several loops may be one of another loop's, in any two ticks.
pub(crate) fn loops_meet(loops: &[Vec<Use>], ticks: &Range<usize>) -> bool {
    let mut order: Vec<(i128, i128, usize, &Use)> = Vec::new();
    for (k, uses) in loops.iter().enumerate() {
        order.extend(uses.iter().filter(|u| length(u) > 0).map(|u| {
            let (from, to) = whole(u, ticks);
            (from, to, k, u)
        }));
    }
    order.sort_unstable_by_key(|(from, to, k, _)| (*from, *to, *k));
    order.iter().enumerate().any(|(i, (_, to, k, x))| {
        let near = order[i + 1..].iter().take_while(|y| y.0 < *to);
        near.filter(|y| y.2 != *k && (x.written || y.3.written)).any(|y| cross_by(x, y.3, ticks, true))
    })
}

/// ... where with `any` those of the same lane count, too.
fn cross_by(x: &Use, y: &Use, ticks: &Range<usize>, any: bool) -> bool {
    let (a, b) = (extent(x, ticks.start), extent(y, ticks.start));
    let shift = b.0 - a.0;
    let (tx, ty) = (x.column.tick as i128, y.column.tick as i128);
    if ticks.len() == 1 || (tx == 0 && ty == 0) {
        return meet(shift, x, y, any);
    }
    if tx == ty {
        // Only few differences of ticks bring them together.
        let last = ticks.len() as i128 - 1;
        let (low, high) = (-length(y) - shift, length(x) - shift);
        let (low, high) = if tx > 0 { (low, high) } else { (-high, -low) };
        let (from, to) = (low.div_euclid(tx.abs()).max(-last), (high.div_euclid(tx.abs()) + 1).min(last));
        return to - from > 1000 || (from..=to).any(|k| meet(shift + k * tx, x, y, any));
    }
    // All differences are multiples of one number.
    let mut step = gcd(tx.abs(), ty.abs());
    for u in [x, y] {
        if u.sites > 1 {
            step = gcd(step, u.column.site as i128);
        }
    }
    let r = shift.rem_euclid(step);
    let (wx, wy) = (x.width as i128, y.width as i128);
    !((r >= wx && step - r >= wy) || (r == 0 && !any && step >= wx.max(wy)))
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Panics when a number is written in one lane and read or written in another, in any two ticks. `owner(k)` names the user of
/// `uses[k]`.
pub(crate) fn check_lanes(uses: &[Use], owner: impl Fn(usize) -> String, ticks: &Range<usize>) {
    let mut order: Vec<(i128, i128, usize)> = Vec::with_capacity(uses.len());
    for (k, u) in uses.iter().enumerate() {
        if length(u) > 0 {
            let (from, to) = whole(u, ticks);
            order.push((from, to, k));
        }
    }
    order.sort_unstable();
    for (i, &(_, to, k)) in order.iter().enumerate() {
        for &(from, _, j) in &order[i..] {
            if from >= to {
                break;
            }
            let (x, y) = (&uses[k], &uses[j]);
            if !(x.written || y.written) || (x.width == 1 && y.width == 1 && !(x.shared || y.shared)) {
                continue;
            }
            assert!(!cross(x, y, ticks), "{}: {} overlaps {} of {} in another lane or tick", owner(k), x.name, y.name, owner(j));
        }
    }
}

#[cfg(test)]
mod tests;
