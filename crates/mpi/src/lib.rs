//! Ranks as processes of MPI, as `mpirun` and `srun` start them.
//!
//! All that is asked of MPI is `Allgather` of a small header, and messages from each to each. The header
//! says how long the messages are, and whether a rank leaves: so a rank that fails meets the others in
//! whatever they do next, and all end with its exit code instead of waiting for it.

mod header;
mod messages;

use header::{Header, Kind};
use mpi::Threading;
use mpi::collective::CommunicatorCollectives;
use mpi::environment::Universe;
use mpi::topology::{Communicator, SimpleCommunicator};
use std::process::exit;
use std::sync::{Mutex, PoisonError};
use ulmfit::train::Ranks;

/// This process among those that `mpirun` started; alone without it.
pub struct Mpi {
    rank: usize,
    count: usize,
    /// MPI, until it is told that this process ends.
    universe: Mutex<Option<Universe>>,
}

/// How a rank ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ending {
    /// The exit code, the same on all ranks.
    code: u8,
    /// Whether this is the rank that says why.
    tells: bool,
}

impl Mpi {
    /// Waits for all ranks to start; `None` if MPI was started before.
    pub fn start() -> Option<Self> {
        let (universe, _) = mpi::initialize_with_threading(Threading::Serialized)?;
        let world = universe.world();
        let (rank, count) = (world.rank() as usize, world.size() as usize);
        Some(Self { rank, count, universe: Mutex::new(Some(universe)) })
    }

    /// Ends: well or with an error, which is the exit code; returns that of all ranks. Of ranks that end at the
    /// same time the highest code counts, and the first that has it tells why: `tell` learns whether to.
    pub fn end(&self, code: u8, tell: impl FnOnce(bool)) -> u8 {
        let all = self.headers(&Header::leaving(code, self.count));
        let ending = header::ending(&all, self.rank).unwrap_or(Ending { code, tells: true });
        tell(ending.tells);
        self.finalize();
        ending.code
    }

    /// Ends all ranks at once, wherever they are.
    pub fn abort(&self, code: u8) -> ! {
        world().abort(i32::from(code))
    }

    /// Waits until it has been told why: `mpirun` kills all once the first has ended with an error.
    fn finalize(&self) {
        world().barrier();
        self.universe.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn headers(&self, own: &Header) -> Vec<Header> {
        header::all(&world(), own, self.count)
    }

    /// The lengths of the messages from each rank to this one. Ends the process if another has left.
    fn lengths(&self, kind: Kind, to: &[usize]) -> Vec<usize> {
        let all = self.headers(&Header::new(kind, to));
        if let Some(Ending { code, .. }) = header::ending(&all, self.rank) {
            self.finalize();
            exit(i32::from(code)); // nothing is lost: it is as if this process had been killed
        }
        assert!(all.iter().all(|header| header.kind() == kind), "ranks do different things");
        all.iter().map(|header| header.length_to(self.rank)).collect()
    }
}

impl Ranks for Mpi {
    fn rank(&self) -> usize {
        self.rank
    }

    fn count(&self) -> usize {
        self.count
    }

    fn exchange(&self, mut to: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
        let lengths: Vec<usize> = to.iter().map(Vec::len).collect();
        let lengths = self.lengths(Kind::Exchange, &lengths);
        let own = std::mem::take(&mut to[self.rank]);
        let messages: Vec<&[u32]> = to.iter().map(Vec::as_slice).collect();
        let mut from = messages::exchange(&world(), self.rank, &messages, &lengths);
        from[self.rank] = own;
        from
    }

    fn gather(&self, own: Vec<u32>) -> Vec<Vec<u32>> {
        let lengths = self.lengths(Kind::Gather, &vec![own.len(); self.count]);
        let messages = vec![own.as_slice(); self.count];
        let mut from = messages::exchange(&world(), self.rank, &messages, &lengths);
        from[self.rank] = own;
        from
    }
}

fn world() -> SimpleCommunicator {
    SimpleCommunicator::world()
}
