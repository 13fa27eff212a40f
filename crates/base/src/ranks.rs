//! Processes that run one network together, each a part of its neurons.
//!
//! All that they exchange follows from one operation: everybody says something, and everybody hears what all said, in the same order. Every
//! process must call it equally often.

use std::sync::{Arc, Condvar, Mutex};

/// The processes that run a network together, as one of them sees it.
pub trait Ranks: Send {
    /// Which of them this is, from 0.
    fn rank(&self) -> usize;

    /// How many there are.
    fn number(&self) -> usize;

    /// What all say, in the order of their ranks. Returns when all have said something.
    fn gather(&mut self, mine: &[u8]) -> Vec<Vec<u8>>;

    /// Numbers that all say, in the order of their ranks.
    fn numbers(&mut self, mine: &[u64]) -> Vec<Vec<u64>> {
        let bytes: Vec<u8> = mine.iter().flat_map(|x| x.to_le_bytes()).collect();
        let number = |eight: &[u8]| u64::from_le_bytes(eight.try_into().expect("eight bytes"));
        self.gather(&bytes).iter().map(|said| said.chunks_exact(8).map(number).collect()).collect()
    }
}

/// A process by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Ranks for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn number(&self) -> usize {
        1
    }

    fn gather(&mut self, mine: &[u8]) -> Vec<Vec<u8>> {
        vec![mine.to_vec()]
    }
}

/// What threads of one process have said to one another.
#[derive(Debug, Default)]
struct Table {
    /// Number of the round, and what was said in it so far.
    round: u64,
    said: Vec<Option<Vec<u8>>>,
    /// What was said in the round before.
    heard: Vec<Vec<u8>>,
}

/// Threads of one process that behave as processes do: for tests.
#[derive(Clone, Debug)]
pub struct Threads {
    rank: usize,
    number: usize,
    table: Arc<(Mutex<Table>, Condvar)>,
}

impl Threads {
    /// So many, one for each thread.
    pub fn new(number: usize) -> Vec<Threads> {
        let table = Arc::new((Mutex::new(Table { said: vec![None; number], ..Table::default() }), Condvar::new()));
        (0..number).map(|rank| Threads { rank, number, table: table.clone() }).collect()
    }
}

impl Ranks for Threads {
    fn rank(&self) -> usize {
        self.rank
    }

    fn number(&self) -> usize {
        self.number
    }

    fn gather(&mut self, mine: &[u8]) -> Vec<Vec<u8>> {
        let (table, changed) = &*self.table;
        let mut table = table.lock().unwrap_or_else(|e| e.into_inner());
        table.said[self.rank] = Some(mine.to_vec());
        if table.said.iter().all(Option::is_some) {
            table.heard = table.said.iter_mut().map(|s| s.take().unwrap_or_default()).collect();
            table.round += 1;
            changed.notify_all();
            return table.heard.clone();
        }
        // Nobody begins the next round before all have said something in it, so what was heard stays until it is read.
        let round = table.round;
        while table.round == round {
            table = changed.wait(table).unwrap_or_else(|e| e.into_inner());
        }
        table.heard.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{Alone, Ranks, Threads};

    #[test]
    fn everybody_hears_what_all_said_in_the_order_of_their_ranks() {
        let round = |mut t: Threads| {
            let rank = t.rank() as u64;
            (0..50).map(|n| t.numbers(&vec![100 * n + rank; rank as usize])).collect::<Vec<_>>()
        };
        let heard: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = Threads::new(3).into_iter().map(|t| scope.spawn(move || round(t))).collect();
            threads.into_iter().map(|t| t.join().expect("a thread that only speaks")).collect()
        });
        for heard in &heard {
            for (n, said) in heard.iter().enumerate() {
                let n = 100 * n as u64;
                assert_eq!(*said, [vec![], vec![n + 1], vec![n + 2; 2]]);
            }
        }
        assert_eq!(Alone.numbers(&[7, u64::MAX]), [[7, u64::MAX]]);
    }
}
