//! The processes as one of which this program was started: by `mpirun`, with the feature `mpi`; else it is by itself.
//!
//! The first of them speaks and writes files; the others only compute. Should one fail, it ends without saying farewell, upon which `mpirun` ends
//! them all.

use homolog_base::Diagnostic;
use homolog_base::ranks::Ranks;
use std::sync::OnceLock;

/// Variables in which starters of MPI programs say how many processes they started: Open MPI, and those that speak PMI (MPICH, Intel MPI, Slurm).
const STARTED: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"];

/// Which process this is, and of how many.
static PLACE: OnceLock<(usize, usize)> = OnceLock::new();

fn place() -> (usize, usize) {
    PLACE.get().copied().unwrap_or((0, 1))
}

/// Whether this process speaks and writes.
pub fn first() -> bool {
    place().0 == 0
}

/// How many there are.
pub fn number() -> usize {
    place().1
}

/// Processes that a starter says it started, if it was more than one.
fn started() -> Option<usize> {
    let said = STARTED.iter().find_map(|name| std::env::var(name).ok()?.parse().ok());
    said.filter(|n| *n > 1)
}

/// Refuses what one process does by itself.
///
/// # Errors
/// There are several.
pub fn alone(what: &str) -> Result<(), Vec<Diagnostic>> {
    if number() == 1 {
        return Ok(());
    }
    let d = Diagnostic::error("ranks-alone", format!("`{what}` is done by one process, and {} were started", number()));
    Err(vec![d.hint(
        "several processes share `homolog run` of networks that learn nothing, and the benches of those; start this without `mpirun`",
    )])
}

/// The processes of which this is one.
#[derive(Clone, Copy, Debug)]
pub struct World;

impl World {
    /// What the first process says, for all.
    pub fn first(mut self, mine: u64) -> u64 {
        self.numbers(&[mine])[0][0]
    }
}

#[cfg(not(feature = "mpi"))]
mod mpi {
    use super::{World, started};
    use homolog_base::Diagnostic;
    use homolog_base::ranks::{Alone, Ranks};

    /// Nothing to begin.
    pub struct Begun;

    /// # Errors
    /// Several processes were started, each of which would do the same.
    pub fn begin() -> Result<Begun, Diagnostic> {
        match started() {
            None => Ok(Begun),
            Some(n) => {
                let text = format!("this is one of {n} processes, and the program was built without MPI");
                let hint = "build it with `cargo install --locked --path crates/cli --features mpi`, or start it without `mpirun`";
                Err(Diagnostic::error("ranks-built-without", text).hint(hint))
            }
        }
    }

    impl Ranks for World {
        fn rank(&self) -> usize {
            0
        }

        fn number(&self) -> usize {
            1
        }

        fn gather(&mut self, mine: &[u8]) -> Vec<Vec<u8>> {
            Alone.gather(mine)
        }
    }
}

#[cfg(feature = "mpi")]
mod mpi {
    use super::{PLACE, World, place, started};
    use homolog_base::Diagnostic;
    use homolog_base::ranks::Ranks;
    use mpi::Threading;
    use mpi::datatype::PartitionMut;
    use mpi::environment::Universe;
    use mpi::topology::SimpleCommunicator;
    use mpi::traits::{Communicator, CommunicatorCollectives};

    /// Bytes that a process says at once: counts are of 32 bits.
    const MOST: usize = 64 << 20;

    /// MPI is at hand while this lives.
    pub struct Begun {
        _universe: Option<Universe>,
    }

    /// # Errors
    /// MPI does not begin.
    pub fn begin() -> Result<Begun, Diagnostic> {
        if started().is_none() {
            return Ok(Begun { _universe: None });
        }
        // One thread at a time calls it, though not always the same.
        let wanted = Threading::Serialized;
        let Some((universe, _)) = mpi::initialize_with_threading(wanted).filter(|(_, got)| *got >= wanted) else {
            let text = "MPI does not begin with calls from one thread at a time";
            return Err(Diagnostic::error("ranks-begin", text).hint("another build of MPI may allow them"));
        };
        let world = universe.world();
        let _ = PLACE.set((world.rank() as usize, world.size() as usize));
        Ok(Begun { _universe: Some(universe) })
    }

    impl Ranks for World {
        fn rank(&self) -> usize {
            place().0
        }

        fn number(&self) -> usize {
            place().1
        }

        fn gather(&mut self, mine: &[u8]) -> Vec<Vec<u8>> {
            let n = self.number();
            if n == 1 {
                return vec![mine.to_vec()];
            }
            let world = SimpleCommunicator::world();
            let mut sizes = vec![0u64; n];
            world.all_gather_into(&(mine.len() as u64), &mut sizes[..]);
            let most = sizes.iter().copied().max().unwrap_or(0) as usize;
            let mut out: Vec<Vec<u8>> = sizes.iter().map(|s| Vec::with_capacity(*s as usize)).collect();
            for from in (0..most).step_by(MOST / n) {
                let part = |size: usize| from.min(size)..(from + MOST / n).min(size);
                let counts: Vec<i32> = sizes.iter().map(|s| part(*s as usize).len() as i32).collect();
                let starts: Vec<i32> = (counts.iter()).scan(0, |at, n| Some(std::mem::replace(at, *at + n))).collect();
                let mut said = vec![0u8; counts.iter().sum::<i32>() as usize];
                let mut partition = PartitionMut::new(&mut said[..], &counts[..], &starts[..]);
                world.all_gather_varcount_into(&mine[part(mine.len())], &mut partition);
                for ((out, at), n) in out.iter_mut().zip(&starts).zip(&counts) {
                    out.extend_from_slice(&said[*at as usize..(at + n) as usize]);
                }
            }
            out
        }
    }
}

pub use mpi::begin;
