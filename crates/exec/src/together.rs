//! Loops that are run side by side in shares: a share is some lanes of one of them, for which one thread does all that there is to do, so that
//! what it writes is in its own cache when it is read.
//!
//! ```text
//! for each share (on any thread):  whatever is to be done before, the ticks of its lanes, whatever is to be done after
//! ```
//!
//! What is done before and after is done to columns that are named when this is made. That no share touches what is of another is checked then.

use crate::column::{Column, Use, check_alone, check_lanes, loops_meet};
use crate::program::Arena;
use crate::scalar::Scalar;
use crate::ticks::Checked;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a thread that has done its shares waits for others before it sleeps.
pub const PATIENCE: Duration = Duration::from_micros(200);

/// A loop, and columns of its lanes that are read and written beside it.
type Member<'c, 'l, 'a, R> = (&'c Checked<'l, 'a, R>, Vec<Column>);

/// Loops over the same ticks that may be run side by side.
#[derive(Debug)]
pub struct Together<'c, 'l, 'a, R: Scalar = f64> {
    members: Vec<Member<'c, 'l, 'a, R>>,
    /// Numbers of the arena.
    arena: usize,
}

/// Some lanes of one of the loops, and what they are done with.
#[derive(Debug)]
pub struct Share<T> {
    /// Which loop.
    pub of: usize,
    /// Whole vectors from the first on.
    pub lanes: Range<usize>,
    /// The thread that has what belongs to them in its cache, and takes them first.
    pub home: usize,
    /// Given to who does it.
    pub with: T,
}

/// A share in the hands of a thread.
pub struct Lanes<'t, 'c, 'l, 'a, R: Scalar> {
    member: &'t Member<'c, 'l, 'a, R>,
    lanes: Range<usize>,
    arena: Arena<R>,
}

impl<'c, 'l, 'a, R: Scalar> Together<'c, 'l, 'a, R> {
    /// Of loops that go on for the same ticks, each with the columns that are touched beside it, which have one site; none where a number that one
    /// of them writes may be another's.
    ///
    /// # Panics
    /// When the loops have other ticks or go backwards; a column leaves the arena; a number that is written is in two lanes.
    pub fn new(members: Vec<Member<'c, 'l, 'a, R>>) -> Option<Self> {
        let mut all: Vec<Vec<Use>> = Vec::new();
        let ticks = members.first().map_or(0..0, |m| m.0.ticks.ticks.clone());
        let arena = members.iter().map(|m| m.0.arena).max().unwrap_or(0);
        for (checked, columns) in &members {
            let l = checked.ticks;
            assert!(l.ticks == ticks && !l.reverse, "loops that are run together go through the same ticks");
            let mut uses: Vec<Use> = l.actions.iter().flat_map(|a| a.uses(l.lanes)).collect();
            let beside = columns.iter().enumerate().map(|(k, column)| Use {
                column: *column,
                sites: 1,
                width: l.lanes,
                shared: false,
                written: true,
                name: format!("column {k} beside the loop"),
            });
            uses.extend(beside);
            if !ticks.is_empty() && l.lanes > 0 {
                uses.iter().for_each(|u| check_alone(u, &ticks, arena, "loops that are run together"));
                check_lanes(&uses, |_| "loops that are run together".into(), &ticks);
                all.push(uses);
            }
        }
        (!loops_meet(&all, &ticks)).then_some(Together { members, arena })
    }

    /// Does `work` for all shares; with `parallel`, on the threads of the current rayon pool: each those whose home it is, and then what others have
    /// not begun.
    ///
    /// # Panics
    /// When the arena is smaller than was said, there is no such loop, or two shares have a lane in common.
    pub fn run<T: Send>(
        &self,
        arena: &mut [R],
        parallel: bool,
        shares: Vec<Share<T>>,
        work: impl Fn(&mut Lanes<'_, 'c, 'l, 'a, R>, T) + Sync,
    ) {
        assert!(arena.len() >= self.arena, "the arena of loops was checked with {} numbers and has {}", self.arena, arena.len());
        let mut taken: Vec<(usize, usize, usize)> = shares.iter().map(|s| (s.of, s.lanes.start, s.lanes.end)).collect();
        taken.sort_unstable();
        let apart = taken.windows(2).all(|w| w[0].0 < w[1].0 || w[0].2 <= w[1].1);
        let inside =
            taken.iter().all(|(of, from, to)| from <= to && *to <= self.members[*of].0.ticks.lanes && from.is_multiple_of(R::LINE));
        assert!(apart && inside, "shares have lanes in common, or lanes that are none");
        let arena = Arena(arena.as_mut_ptr());
        let (members, work) = (&self.members, &work);
        let one = move |share: Share<T>| {
            work(&mut Lanes { member: &members[share.of], lanes: share.lanes, arena }, share.with);
        };
        if !parallel {
            return shares.into_iter().for_each(one);
        }
        let homes: Vec<usize> = shares.iter().map(|s| s.home).collect();
        let shares: Vec<Mutex<Option<Share<T>>>> = shares.into_iter().map(|s| Mutex::new(Some(s))).collect();
        let left = AtomicUsize::new(shares.len());
        let (homes, shares, left) = (&homes, &shares, &left);
        let as_thread = move |me: usize| {
            let own = (0..shares.len()).filter(|k| homes[*k] == me);
            for k in own.chain((0..shares.len()).filter(|k| homes[*k] != me)) {
                // Nobody panics with the lock.
                if let Some(share) = shares[k].lock().ok().and_then(|mut share| share.take()) {
                    one(share);
                    left.fetch_sub(1, Ordering::Release);
                }
            }
        };
        rayon::scope(|scope| {
            // Those that nobody has begun when all is done cost nothing: no thread is woken for the end's sake.
            for _ in 1..rayon::current_num_threads().min(shares.len()) {
                scope.spawn(move |_| as_thread(rayon::current_thread_index().unwrap_or(0)));
            }
            as_thread(rayon::current_thread_index().unwrap_or(0));
            // Whoever waits asleep is late by the time that it takes to be woken.
            let since = Instant::now();
            while left.load(Ordering::Acquire) > 0 && since.elapsed() < PATIENCE {
                std::hint::spin_loop();
            }
        });
    }
}

impl<R: Scalar> Lanes<'_, '_, '_, '_, R> {
    /// Which they are.
    pub fn lanes(&self) -> Range<usize> {
        self.lanes.clone()
    }

    /// How many columns beside the loop there are.
    pub fn columns(&self) -> usize {
        self.member.1.len()
    }

    /// Their numbers in one of the columns beside the loop, in a tick.
    ///
    /// # Panics
    /// When there is no such tick, or no such column and some lane.
    pub fn numbers(&mut self, column: usize, t: usize) -> &mut [R] {
        let (checked, columns) = self.member;
        assert!(checked.ticks.ticks.contains(&t), "tick {t} is not of the loop's {:?}", checked.ticks.ticks);
        if self.lanes.is_empty() {
            return &mut [];
        }
        let at = columns[column].begin(t) + self.lanes.start;
        // SAFETY: the column lies in the arena in this tick, and what is written in these lanes no other share touches; this one is borrowed.
        unsafe { std::slice::from_raw_parts_mut(self.arena.get().add(at), self.lanes.len()) }
    }

    /// Runs some of the loop's ticks.
    ///
    /// # Panics
    /// When these are none of its ticks.
    pub fn run(&mut self, ticks: &Range<usize>) {
        let checked = self.member.0;
        let l = checked.ticks;
        if ticks.is_empty() || self.lanes.is_empty() {
            return;
        }
        assert!(l.ticks.start <= ticks.start && ticks.end <= l.ticks.end, "ticks {ticks:?} are not of the loop's {:?}", l.ticks);
        let tile = l.tile.clamp(1, l.lanes).next_multiple_of(R::LINE);
        for start in self.lanes.clone().step_by(tile) {
            // SAFETY: columns were checked for these ticks and lanes; nobody else touches the lanes of this share.
            unsafe { checked.run_tile(self.arena, start..(start + tile).min(self.lanes.end), ticks, false) };
        }
    }
}
