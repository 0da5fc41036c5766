//! Pooling of sequences that are read piece by piece.

use crate::packed::rows_before;
use crate::{Backend, Real, Tensor};

/// What is known of the pools of some sequences after a few pieces; see
/// [`ConcatPool::concat_pool_packed`](super::ConcatPool::concat_pool_packed).
pub struct PartialPool<D: Backend> {
    /// Last state, `[B, E]`.
    pub(super) last: Vec<D::Real>,
    /// Maxima, `[B, E]`.
    pub(super) max: Vec<D::Real>,
    /// Sums of all states, `[B, E]`.
    pub(super) sums: Vec<f64>,
    /// States of each sequence.
    pub(super) counts: Vec<usize>,
    pub(super) width: usize,
}

impl<D: Backend> PartialPool<D> {
    /// Nothing yet of `batch` sequences with states of this width.
    pub fn new(batch: usize, width: usize) -> Self {
        let zeros = vec![D::Real::of(0.0); batch * width];
        let sums = vec![0.0; batch * width];
        Self { last: zeros.clone(), max: zeros, sums, counts: vec![0; batch], width }
    }

    /// Last, maximum and mean of each sequence, `[B, 3E]`.
    ///
    /// # Panics
    /// When nothing of a sequence was pooled.
    pub fn finish(self) -> Tensor<D> {
        let Self { last, max, sums, counts, width } = self;
        let mut y = Vec::with_capacity(3 * last.len());
        for (b, &count) in counts.iter().enumerate() {
            assert!(count > 0, "nothing of sequence {b} was pooled");
            let row = b * width..(b + 1) * width;
            y.extend_from_slice(&last[row.clone()]);
            y.extend_from_slice(&max[row.clone()]);
            y.extend(sums[row].iter().map(|sum| D::Real::of(sum / count as f64)));
        }
        Tensor::from_real(&[counts.len(), 3 * width], y)
    }
}

/// The rows of a piece of packed sequences: `rows[t]` of them have a step `t`.
pub(super) struct PackedRows<'a> {
    rows: &'a [usize],
    before: Vec<usize>,
}

impl<'a> PackedRows<'a> {
    /// Panics where pieces and pool do not fit.
    pub(super) fn new<D: Backend>(
        pool: &PartialPool<D>,
        y: &Tensor<D>,
        rows: &'a [usize],
        first: &[usize],
    ) -> Self {
        let [count, width] = y.shape("y");
        assert_eq!(width, pool.width, "width of the states");
        assert_eq!(first.len(), pool.counts.len(), "one first step per sequence");
        assert!(rows.is_sorted_by(|one, next| one >= next), "rows of later steps");
        assert!(rows.first().is_none_or(|&rows| rows <= first.len()), "sequences of the pool");
        assert_eq!(rows.iter().sum::<usize>(), count, "rows of the states");
        Self { rows, before: rows_before(rows) }
    }

    /// The rows of a sequence from its step `first` on, in order.
    pub(super) fn of(&self, sequence: usize, first: usize) -> impl Iterator<Item = usize> {
        let end = self.rows.partition_point(|&rows| rows > sequence);
        self.before[first.min(end)..end].iter().map(move |before| before + sequence)
    }
}
