//! Left matrices whose rows are rounded one by one, each by the task that has just computed it.

use super::kernel::{Available, Layout};
use super::schedule::{Lhs, Packed};
use super::{Accumulate, PackedLhs, PackedRhs, Scratch, bf16, int8};
use crate::Precision;
use crate::profile::{self, Part, timed};
use rayon::prelude::*;

/// Rows in the order in which a kernel reads them.
pub(crate) struct RoundedRows {
    kernel: Available,
    words: Scratch,
    /// One per row; of no meaning unless the kernel multiplies integers.
    scales: Vec<f32>,
    columns: usize,
}

/// A row's place.
pub(crate) struct RoundedRow<'a> {
    layout: Layout,
    words: &'a mut [u32],
    scale: &'a mut f32,
}

impl RoundedRow<'_> {
    /// What the integers that it holds were multiplied by; of no meaning for kernels of floats.
    pub(crate) fn scale(&self) -> f32 {
        *self.scale
    }

    /// Rounds a row as [`PackedLhs`] does.
    pub(crate) fn set(&mut self, row: &[f32]) {
        match self.layout {
            Layout::Pairs => bf16::row_pairs(row, self.words),
            Layout::Quads | Layout::SignedQuads => {
                let zero = if self.layout == Layout::Quads { int8::ZERO_POINT } else { 0 };
                *self.scale = int8::row_scale(row);
                int8::row_quads(row, *self.scale, zero, self.words);
            }
            _ => unreachable!("not rounded by row"),
        }
    }
}

impl RoundedRows {
    /// The first rows, to be set by any tasks.
    pub(crate) fn rows_mut(
        &mut self,
        rows: usize,
    ) -> impl IndexedParallelIterator<Item = RoundedRow<'_>> {
        let layout = self.kernel.layout;
        let width = layout.words(self.columns);
        let words = self.words[..rows * width].par_chunks_exact_mut(width);
        let scales = self.scales[..rows].par_iter_mut();
        words.zip(scales).map(move |(words, scale)| RoundedRow { layout, words, scale })
    }
}

impl PackedRhs {
    /// Room for rows to multiply with this matrix, if its kernel reads rows that are rounded.
    pub(crate) fn rounded_rows(&self, rows: usize) -> Option<RoundedRows> {
        let is_rounded = self.kernel.layout.is_strided() && self.kernel.layout != Layout::Single;
        (is_rounded && self.k > 0).then(|| RoundedRows {
            kernel: self.kernel,
            words: Scratch::new(rows * self.kernel.layout.words(self.k)),
            scales: vec![1.0; rows],
            columns: self.k,
        })
    }

    /// Whether products are sums of integers first.
    pub(crate) fn has_integers(&self) -> bool {
        self.kernel.precision == Precision::Int8
    }

    /// Computes the product of the first rows, or with integers its sums, or adds it.
    ///
    /// # Panics
    /// When integers are to be added.
    pub(crate) fn product_of_rounded(
        &self,
        out: &mut [f32],
        a: &RoundedRows,
        rows: usize,
        accumulate: Accumulate,
    ) {
        let Self { kernel, k, columns, .. } = *self;
        assert_eq!((a.columns, a.kernel.name), (k, kernel.name), "the left matrix");
        assert!(!self.has_integers() || accumulate == Accumulate::No, "sums have no scale yet");
        let stride = kernel.layout.words(k);
        let a = Lhs::Rows { words: &a.words[..rows * stride], stride };
        profile::count(rows, k, columns);
        let packed = Packed { kernel, a, b: self.words.words(), rows, k, columns };
        timed(Part::Products, || packed.multiply(out, accumulate));
    }

    /// Writes the product to `out`, or with integers its sums, whose bits [`scaling`](Self::scaling) turns into
    /// results.
    pub(crate) fn unscaled(&self, out: &mut [f32], a: &PackedLhs<'_>) {
        let product = self.of(a);
        timed(Part::Products, || product.multiply(out, Accumulate::No));
    }

    /// What turns the sums of a row into results.
    pub(crate) fn scaling(&self, row_scale: f32) -> int8::Scaling<'_> {
        int8::Scaling { row_scale, scales: &self.scales, moved: &self.zero_point_compensation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;
    use crate::gemm::{Matrix, kernel};

    /// Two products whose sum is wanted, as an LSTM has them.
    #[test]
    fn rows_that_are_rounded_one_by_one_give_the_same_bits() {
        let (rows, inputs, hidden, outputs) = (11, 37, 70, 130);
        let values = |site, n| Key::new(site).uniform_values(n, 1.0);
        let (x, h) = (values(1, rows * inputs), values(2, rows * hidden));
        let (w_x, w_h) = (values(3, outputs * inputs), values(4, outputs * hidden));
        let (x, h_rows) = (Matrix::new(&x, inputs), Matrix::new(&h, hidden));
        for kernel in kernel::available() {
            let [w_x, w_h] = [(&w_x, inputs), (&w_h, hidden)]
                .map(|(w, k)| PackedRhs::for_kernel(Matrix::new(w, k).transposed(), kernel));
            let Some(mut rounded) = w_h.rounded_rows(rows) else { continue };
            let mut wanted = vec![0.0; rows * outputs];
            w_x.product(&mut wanted, x, Accumulate::No);
            w_h.product(&mut wanted, h_rows, Accumulate::Yes);

            let left = PackedLhs::for_kernel(x, kernel);
            let mut out = vec![0.0; rows * outputs];
            w_x.unscaled(&mut out, &left);
            let states = rounded.rows_mut(rows).zip(h.par_chunks_exact(hidden));
            let scales: Vec<f32> = states
                .map(|(mut row, h)| {
                    row.set(h);
                    row.scale()
                })
                .collect();
            if w_h.has_integers() {
                let mut sums = vec![0.0; rows * outputs];
                w_h.product_of_rounded(&mut sums, &rounded, rows, Accumulate::No);
                let sums: Vec<u32> = sums.into_iter().map(f32::to_bits).collect();
                for (r, out) in out.chunks_exact_mut(outputs).enumerate() {
                    let sums = &sums[r * outputs..][..outputs];
                    w_x.scaling(left.scale(r)).finish_both(out, sums, w_h.scaling(scales[r]));
                }
            } else {
                w_h.product_of_rounded(&mut out, &rounded, rows, Accumulate::Yes);
            }
            let same = out.iter().zip(&wanted).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{}", kernel.name);
        }
    }
}
