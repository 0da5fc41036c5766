//! Where the time of a forward pass goes: clocks around its parts, off unless asked for.
//!
//! One for the process, since parts run on any thread of the pool. Each part is a loop over all
//! threads, timed where it is started; parts of several passes at once would be counted twice.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// A part of a forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Matrix products.
    Products,
    /// Laying out the left matrix of a product for its kernel; with integers, rounding to them.
    Packing,
    /// Turning sums of integers into numbers.
    Scaling,
    /// Laying out weights, which is done once for many passes.
    Weights,
    /// Gates, cells and hidden states of LSTMs.
    Gates,
    /// Looking up embeddings.
    Embedding,
    /// Last, maximum and mean state of a document.
    Pooling,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 7] = [
        Self::Products,
        Self::Packing,
        Self::Scaling,
        Self::Weights,
        Self::Gates,
        Self::Embedding,
        Self::Pooling,
    ];
}

static ON: AtomicBool = AtomicBool::new(false);
static NANOSECONDS: [AtomicU64; 7] = [const { AtomicU64::new(0) }; 7];
/// Multiplications and additions of all products.
static OPERATIONS: AtomicU64 = AtomicU64::new(0);

/// What [`measure`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Seconds of each part.
    pub parts: Vec<(Part, f64)>,
    /// Seconds of everything.
    pub seconds: f64,
    /// Multiplications and additions of the matrix products, padding included.
    pub operations: f64,
}

impl Profile {
    /// Seconds of a part.
    pub fn of(&self, part: Part) -> f64 {
        self.parts.iter().find(|(found, _)| *found == part).map_or(0.0, |(_, seconds)| *seconds)
    }
}

/// Runs `work` with the clocks on. Only one profile is made at a time.
pub fn measure(work: impl FnOnce()) -> Profile {
    NANOSECONDS.iter().chain([&OPERATIONS]).for_each(|counter| counter.store(0, Relaxed));
    ON.store(true, Relaxed);
    let started = Instant::now();
    work();
    let seconds = started.elapsed().as_secs_f64();
    ON.store(false, Relaxed);
    let of = |part: Part| (part, NANOSECONDS[part as usize].load(Relaxed) as f64 / 1e9);
    let parts = Part::ALL.map(of).to_vec();
    Profile { parts, seconds, operations: OPERATIONS.load(Relaxed) as f64 }
}

/// Runs `work`, which is a `part`.
pub(crate) fn timed<R>(part: Part, work: impl FnOnce() -> R) -> R {
    if !ON.load(Relaxed) {
        return work();
    }
    let started = Instant::now();
    let result = work();
    NANOSECONDS[part as usize].fetch_add(started.elapsed().as_nanos() as u64, Relaxed);
    result
}

/// Counts a product's operations.
pub(crate) fn count(rows: usize, k: usize, columns: usize) {
    if ON.load(Relaxed) {
        OPERATIONS.fetch_add(2 * (rows * k * columns) as u64, Relaxed);
    }
}
