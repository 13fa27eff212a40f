//! Pieces of work of which nobody knows how long they take, by some threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does a job for every item, so many at a time: an idle thread takes the next. What came out is in the order of the items, whoever was done first.
pub fn each<T: Sync, R: Send>(threads: usize, items: &[T], job: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<R>>> = Mutex::new(items.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let k = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(k) else { break };
                    let result = job(k, item);
                    done.lock().unwrap_or_else(|e| e.into_inner())[k] = Some(result);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(|e| e.into_inner()).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::each;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    /// What came out of eight jobs, and how many there were at once at most.
    fn observed(threads: usize) -> (Vec<usize>, usize) {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let out = each(threads, &[0, 1, 2, 3, 4, 5, 6, 7], |k, x: &usize| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // The first ones take longest.
            std::thread::sleep(Duration::from_millis(2 * (8 - k as u64)));
            now.fetch_sub(1, Ordering::SeqCst);
            10 * x
        });
        (out, most.into_inner())
    }

    #[test]
    fn results_are_in_the_order_of_the_items_and_no_more_threads_work_than_asked_for() {
        let wanted: Vec<usize> = (0..8).map(|k| 10 * k).collect();
        assert_eq!(observed(1), (wanted.clone(), 1));
        assert_eq!(observed(0), (wanted.clone(), 1), "somebody must do it");
        let (out, most) = observed(3);
        assert!(out == wanted && (2..=3).contains(&most), "{most} at once");
        assert!(each(4, &[], |_, x: &usize| *x).is_empty());
    }
}
