//! One time step after the other: the recurrent product, then the gates of each row.
//!
//! Where the kernel reads hidden states that are rounded, the task that computes a row's state also rounds
//! it for the next step, and turns sums of integers into gates just before: a step has two loops
//! over all threads, whatever the precision.

use super::cell;
use super::cpu::PreparedLstm;
use crate::Precision;
use crate::gemm::{Accumulate, Matrix, PackedLhs, RoundedRows, Scratch, as_floats};
use crate::parallel::in_pool;
use crate::profile::{Part, timed};
use rayon::prelude::*;

/// What goes through time beside the cells.
pub(super) struct Recurrence<'a> {
    weights: &'a PreparedLstm,
    /// The hidden states as the kernel reads them; none if it reads those before rounding.
    rounded: Option<RoundedRows>,
    /// Sums of integers of a step.
    sums: Scratch,
}

/// The product of the inputs of some steps.
pub(super) struct Inputs<'a>(PackedLhs<'a>);

/// Hidden states before and after a step, and the cells, which it moves on.
pub(super) struct States<'a> {
    pub(super) before: &'a [f32],
    pub(super) cells: &'a mut [f32],
    pub(super) after: &'a mut [f32],
}

impl<'a> Recurrence<'a> {
    /// Begins with the hidden states `h`, `[B, H]`.
    pub(super) fn new(weights: &'a PreparedLstm, h: &[f32], hidden: usize) -> Self {
        let rows = h.len().checked_div(hidden).unwrap_or(0);
        let mut rounded = weights.w_hh.rounded_rows(rows);
        let has_sums = rounded.is_some() && weights.w_hh.has_integers();
        let sums = Scratch::new(if has_sums { 4 * h.len() } else { 0 });
        if let Some(rounded) = &mut rounded {
            let rows = rounded.rows_mut(rows).zip(h.par_chunks_exact(hidden));
            in_pool(|| timed(Part::Packing, || rows.for_each(|(mut row, h)| row.set(h))));
        }
        Self { weights, rounded, sums }
    }

    /// Writes the product of the inputs `x` to `gates`, or its sums of integers.
    pub(super) fn inputs<'x>(
        &self,
        gates: &mut [f32],
        x: Matrix<'x>,
        precision: Precision,
    ) -> Inputs<'x> {
        let rows = PackedLhs::new(x, precision);
        if self.rounded.is_some() {
            self.weights.w_ih.unscaled(gates, &rows);
        } else {
            self.weights.w_ih.product_of(gates, &rows);
        }
        Inputs(rows)
    }

    /// One step of the first rows, whose products are those of the `inputs` from row `first` on.
    pub(super) fn step(
        &mut self,
        gates: &mut [f32],
        inputs: &Inputs<'_>,
        first: usize,
        states: States<'_>,
    ) {
        let PreparedLstm { w_ih, w_hh, bias } = self.weights;
        let hidden = bias.len() / 4;
        let States { before, cells, after } = states;
        let Some(rounded) = &mut self.rounded else {
            w_hh.product(gates, Matrix::new(before, hidden), Accumulate::Yes);
            return timed(Part::Gates, || cell::forward(gates, bias, cells, after));
        };
        let rows = gates.len() / bias.len();
        let has_sums = w_hh.has_integers();
        let sums = &mut self.sums[..if has_sums { gates.len() } else { 0 }];
        if has_sums {
            w_hh.product_of_rounded(as_floats(sums), rounded, rows, Accumulate::No);
        } else {
            w_hh.product_of_rounded(gates, rounded, rows, Accumulate::Yes);
        }
        let sums = &*sums;
        timed(Part::Gates, || {
            let states = cells.par_chunks_exact_mut(hidden).zip(after.par_chunks_exact_mut(hidden));
            let rows =
                gates.par_chunks_exact_mut(4 * hidden).zip(states).zip(rounded.rows_mut(rows));
            rows.enumerate().for_each(|(r, ((gates, (c, h)), mut row))| {
                if has_sums {
                    let sums = &sums[r * gates.len()..][..gates.len()];
                    let scaling = w_ih.scaling(inputs.0.scale(first + r));
                    scaling.finish_both(gates, sums, w_hh.scaling(row.scale()));
                }
                cell::forward_row(gates, bias, c, h);
                row.set(h);
            });
        });
    }
}
