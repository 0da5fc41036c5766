//! Messages from each rank to each.

use mpi::point_to_point::{Destination, Source};
use mpi::request::scope;
use mpi::topology::{Communicator, SimpleCommunicator};

/// Most words in a message: MPI counts them in 32 bits, and some of its libraries bytes, too.
const MOST: usize = 1 << 28;

/// Sends `to[r]` to rank `r`; `lengths` are those of the messages that come. What a rank would send to
/// itself stays empty.
pub(crate) fn exchange(
    world: &SimpleCommunicator,
    own: usize,
    to: &[&[u32]],
    lengths: &[usize],
) -> Vec<Vec<u32>> {
    let size = |rank: usize| if rank == own { 0 } else { lengths[rank] };
    let mut from: Vec<Vec<u32>> = (0..to.len()).map(|rank| vec![0; size(rank)]).collect();
    scope(|scope| {
        let mut receiving = Vec::new();
        for (rank, place) in from.iter_mut().enumerate() {
            let source = world.process_at_rank(rank as i32);
            for part in place.chunks_mut(MOST) {
                receiving.push(source.immediate_receive_into(scope, part));
            }
        }
        let mut sending = Vec::new();
        // each begins with its neighbour, so that not all send to the same rank first
        for rank in (own + 1..to.len()).chain(0..own) {
            let destination = world.process_at_rank(rank as i32);
            for part in to[rank].chunks(MOST) {
                sending.push(destination.immediate_send(scope, part));
            }
        }
        receiving.into_iter().for_each(mpi::request::Request::wait_without_status);
        sending.into_iter().for_each(mpi::request::Request::wait_without_status);
    });
    from
}
