//! Threads that stay awake between the short pieces of work of a network whose neurons excite one another.
//!
//! Such a network meets several times in each shortest delay, a millisecond of work or less. To wake a sleeping thread takes some 50
//! microseconds; one that looks for work again and again takes it at once. So it does, but for [`PATIENCE`] only, and then sleeps as ever.

use homolog_exec::together::PATIENCE;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The other threads of a pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crew {
    awake: Arc<AtomicUsize>,
}

impl Crew {
    /// Wakes them, where all sleep. Called by a thread of the pool, whose work they will share.
    pub fn call(&self) {
        let others = rayon::current_num_threads() - 1;
        let Some(owner) = rayon::current_thread_index() else { return };
        if others == 0 || self.awake.compare_exchange(0, others, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return;
        }
        let awake = self.awake.clone();
        rayon::spawn_broadcast(move |thread| {
            if thread.index() != owner {
                attend(|| false);
                awake.fetch_sub(1, Ordering::AcqRel);
            }
        });
    }
}

/// Does what there is to do, until there is nothing for a while, or all is done.
fn attend(done: impl Fn() -> bool) {
    let mut idle = Instant::now();
    while !done() && idle.elapsed() < PATIENCE {
        match rayon::yield_now() {
            Some(rayon::Yield::Executed) => idle = Instant::now(),
            _ => std::hint::spin_loop(),
        }
    }
}

/// Does each of some pieces of work, the first first: where the large ones are, no thread is left with one at the end.
pub(crate) fn in_order<T: Send>(pieces: impl IntoIterator<Item = T> + Send, work: impl Fn(T) + Sync) {
    let left = AtomicUsize::new(0);
    let (work, left) = (&work, &left);
    rayon::scope_fifo(|scope| {
        for piece in pieces {
            left.fetch_add(1, Ordering::Relaxed);
            scope.spawn_fifo(move |_| {
                work(piece);
                left.fetch_sub(1, Ordering::Release);
            });
        }
        // At the end of the scope this thread would soon sleep, too.
        attend(|| left.load(Ordering::Acquire) == 0);
    });
}
