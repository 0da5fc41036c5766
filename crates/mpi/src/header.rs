//! What every rank tells all others before messages are sent.

use crate::Ending;
use mpi::collective::CommunicatorCollectives;
use mpi::topology::SimpleCommunicator;

/// What the messages belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Exchange = 1,
    Gather = 2,
    /// None come: the rank ends.
    Leaving = 3,
}

/// The kind, the exit code if the rank leaves, and the length of its message to each rank.
#[derive(Debug, PartialEq)]
pub(crate) struct Header(Vec<u64>);

/// Numbers before the lengths.
const FIXED: usize = 2;

impl Header {
    pub(crate) fn new(kind: Kind, lengths: &[usize]) -> Self {
        let lengths = lengths.iter().map(|&length| length as u64);
        Self([kind as u64, 0].into_iter().chain(lengths).collect())
    }

    pub(crate) fn leaving(code: u8, ranks: usize) -> Self {
        let mut header = Self::new(Kind::Leaving, &vec![0; ranks]);
        header.0[1] = u64::from(code);
        header
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.0[0] {
            1 => Kind::Exchange,
            2 => Kind::Gather,
            _ => Kind::Leaving,
        }
    }

    pub(crate) fn length_to(&self, rank: usize) -> usize {
        self.0[FIXED + rank] as usize
    }
}

/// Those of all ranks.
pub(crate) fn all(world: &SimpleCommunicator, own: &Header, ranks: usize) -> Vec<Header> {
    let size = own.0.len();
    let mut all = vec![0_u64; size * ranks];
    world.all_gather_into(&own.0[..], &mut all[..]);
    all.chunks(size).map(|numbers| Header(numbers.to_vec())).collect()
}

/// How the job ends, if a rank leaves.
pub(crate) fn ending(all: &[Header], rank: usize) -> Option<Ending> {
    let left = all.iter().enumerate().filter(|(_, header)| header.kind() == Kind::Leaving);
    let codes: Vec<(usize, u64)> = left.map(|(rank, header)| (rank, header.0[1])).collect();
    let highest = codes.iter().map(|(_, code)| *code).max()?;
    let teller = codes.iter().find(|(_, code)| *code == highest).map(|(rank, _)| *rank);
    Some(Ending { code: highest as u8, tells: teller == Some(rank) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_leaves_while_messages_come() {
        let all = [Header::new(Kind::Gather, &[3, 4]), Header::new(Kind::Gather, &[0, 7])];
        assert_eq!(ending(&all, 0), None);
        assert_eq!([all[0].length_to(1), all[1].length_to(1)], [4, 7]);
    }

    #[test]
    fn the_first_with_the_highest_code_tells() {
        let leaving = |code| Header::leaving(code, 3);
        let all = [Header::new(Kind::Exchange, &[1, 1, 1]), leaving(74), leaving(74)];
        let tells = [0, 1, 2].map(|rank| ending(&all, rank).map(|ending| ending.tells));
        assert_eq!(tells, [Some(false), Some(true), Some(false)]);
        assert_eq!(ending(&all, 0).map(|ending| ending.code), Some(74));
        // a signal that reached one rank only
        let all = [leaving(1), leaving(143), leaving(1)];
        assert_eq!(ending(&all, 1), Some(Ending { code: 143, tells: true }));
        // all is well
        assert_eq!(ending(&[leaving(0), leaving(0)], 0), Some(Ending { code: 0, tells: true }));
    }
}
