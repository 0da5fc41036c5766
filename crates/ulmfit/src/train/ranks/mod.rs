//! Processes that train one language model together.
//!
//! Every rank holds the whole model and makes the same updates. A batch is cut into lanes
//! ([`LmTrainee::with_lanes_on`](super::LmTrainee::with_lanes_on)); each rank computes a block of them, and the
//! gradients of all lanes are added in the order of the lanes. That order does not depend on the number of
//! ranks, so neither do the bits of the result. The carried state of all rows is known to every rank after
//! each step, so a checkpoint of one of them is that of all.

mod agree;
mod gradients;
#[cfg(test)]
mod in_process;
mod lane_reports;
mod snapshot;
mod stripes;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use agree::{agree, each_text};
pub(super) use gradients::add_all_lanes;
#[cfg(test)]
pub(crate) use in_process::on_ranks;
pub(super) use lane_reports::{LaneReport, all_reports};
pub(crate) use snapshot::share_snapshot;

use std::ops::Range;

/// This process among those that train together.
///
/// Every rank makes the same calls in the same order; each call waits for the others. What travels are words of
/// 32 bits, such as the bits of an `f32`.
pub trait Ranks: Send + Sync {
    /// Number of this rank, from 0. Rank 0 alone writes files and reports.
    fn rank(&self) -> usize;

    /// Number of ranks.
    fn count(&self) -> usize;

    /// Sends `to[r]` to rank `r`; returns what each rank sent to this one.
    fn exchange(&self, to: Vec<Vec<u32>>) -> Vec<Vec<u32>>;

    /// What every rank gives, this one included, in their order.
    fn gather(&self, own: Vec<u32>) -> Vec<Vec<u32>>;
}

/// One process without others.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Ranks for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn count(&self) -> usize {
        1
    }

    fn exchange(&self, to: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
        to
    }

    fn gather(&self, own: Vec<u32>) -> Vec<Vec<u32>> {
        vec![own]
    }
}

/// Whether there are others beside this rank.
pub(crate) fn has_others(ranks: &dyn Ranks) -> bool {
    ranks.count() > 1
}

/// The lanes that a rank computes, of `lanes` that are dealt in blocks of equal size.
pub(super) fn lanes_of(rank: usize, ranks: &dyn Ranks, lanes: usize) -> Range<usize> {
    let each = lanes / ranks.count();
    rank * each..(rank + 1) * each
}
