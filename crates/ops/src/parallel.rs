//! Loops over all threads that do not depend on how many there are.
//!
//! Elementwise work may be cut anywhere. Sums may not: they are cut into pieces of a fixed size,
//! which are combined in their order.

use rayon::prelude::*;

/// Elements one task takes: enough to be worth handing out, few enough for the first cache.
pub(crate) const CHUNK: usize = 8192;

/// Runs `work` on a thread of the pool: from outside, each loop within would wake one up again.
///
/// Any worker may be the one: allocate large memory outside of `work`, or every worker will.
pub(crate) fn in_pool<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if rayon::current_thread_index().is_some() { work() } else { rayon::scope(|_| work()) }
}

/// Calls `work` on all chunks and their numbers; a single one is not worth waking a thread.
pub(crate) fn for_chunks<T: Send>(
    out: &mut [T],
    size: usize,
    work: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    if out.len() <= size {
        if !out.is_empty() {
            work(0, out);
        }
    } else {
        out.par_chunks_mut(size).enumerate().for_each(|(n, chunk)| work(n, chunk));
    }
}

/// Calls `work` on matching pieces of `out` and `input`.
pub(crate) fn zip(out: &mut [f32], input: &[f32], work: impl Fn(&mut [f32], &[f32]) + Sync) {
    let pieces = out.par_chunks_mut(CHUNK).zip(input.par_chunks(CHUNK));
    pieces.for_each(|(out, input)| work(out, input));
}

/// Sum over all pieces of `work`'s results.
pub(crate) fn sum(input: &[f32], work: impl Fn(&[f32]) -> f64 + Sync + Send) -> f64 {
    let parts: Vec<f64> = input.par_chunks(CHUNK).map(work).collect();
    parts.into_iter().sum()
}

/// Adds the sum of each column of a matrix to `sums`.
pub(crate) fn add_column_sums(sums: &mut [f32], matrix: &[f32]) {
    /// Columns a task takes; its totals stay in the first cache.
    const BLOCK: usize = 512;
    let columns = sums.len();
    sums.par_chunks_mut(BLOCK).enumerate().for_each(|(block, sums)| {
        let mut totals = [0.0; BLOCK];
        for row in matrix.chunks_exact(columns) {
            add_to_totals(&mut totals, &row[block * BLOCK..][..sums.len()]);
        }
        for (sum, total) in sums.iter_mut().zip(totals) {
            *sum += total as f32;
        }
    });
}

vectorised! {
    fn add_to_totals(totals: &mut [f64], row: &[f32]) {
        for (total, &value) in totals.iter_mut().zip(row) {
            *total += f64::from(value);
        }
    }
}
