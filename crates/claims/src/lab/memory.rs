//! What was found while a claim runs, by the names of all that it follows from.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Results by name, for several threads.
#[derive(Debug)]
pub struct Memory<T> {
    all: Mutex<BTreeMap<String, Arc<Mutex<Option<T>>>>>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Memory { all: Mutex::default() }
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(|e| e.into_inner())
}

impl<T: Clone> Memory<T> {
    fn place(&self, name: &str) -> Arc<Mutex<Option<T>>> {
        locked(&self.all).entry(name.to_string()).or_default().clone()
    }

    /// What has this name, which is made if there is nothing. Whoever asks for what somebody else makes waits for it, so that nothing is made
    /// twice.
    ///
    /// # Errors
    /// Those of what makes it; then nothing is kept.
    pub fn get<E>(&self, name: &str, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let place = self.place(name);
        let mut kept = locked(&place);
        if let Some(known) = &*kept {
            return Ok(known.clone());
        }
        let new = make()?;
        *kept = Some(new.clone());
        Ok(new)
    }

    /// What has this name, if it is there.
    pub fn known(&self, name: &str) -> Option<T> {
        locked(&self.place(name)).clone()
    }

    /// Keeps something.
    pub fn keep(&self, name: &str, what: T) {
        *locked(&self.place(name)) = Some(what);
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn what_several_ask_for_at_once_is_made_once_and_what_failed_is_made_again() {
        let (memory, made) = (Memory::<usize>::default(), AtomicUsize::new(0));
        assert_eq!(memory.get("a", || Err("no")), Err("no"));
        let make = || Ok::<_, ()>(made.fetch_add(1, Ordering::SeqCst));
        std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(|| assert_eq!(memory.get("a", make), Ok(0))))));
        assert_eq!((made.load(Ordering::SeqCst), memory.known("a"), memory.known("b")), (1, Some(0), None));
        memory.keep("b", 7);
        assert_eq!(memory.get("b", make), Ok(7));
    }
}
