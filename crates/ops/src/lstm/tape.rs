//! What a forward pass leaves for the backward pass, and the sizes both work with.

use super::{Lstm, LstmGrads, LstmState, LstmWeights};
use crate::{Backend, Tensor};

/// The whole history of a sequence, as the devices of this crate keep it.
pub struct LstmTape<D: Backend> {
    /// Activated gates, `[T, B, 4H]`.
    pub(super) gates: Tensor<D>,
    /// Cells after each step, `[T, B, H]`.
    pub(super) cells: Tensor<D>,
    /// Hidden states after each step, `[T, B, H]`.
    pub(super) hidden: Tensor<D>,
    /// State before the first step.
    pub(super) initial: LstmState<D>,
}

/// The sizes that input, weights and state agree on.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) time: usize,
    pub(super) batch: usize,
    pub(super) inputs: usize,
    pub(super) hidden: usize,
}

impl Sizes {
    /// Panics where the shapes do not fit.
    pub(super) fn of<D: Lstm>(x: &Tensor<D>, weights: &LstmWeights<'_, D>) -> Self {
        let [time, batch, inputs] = x.shape("x");
        Self { time, batch, inputs, hidden: hidden(inputs, weights) }
    }

    /// Of sequences of which `rows[t]` have a step `t`; panics where the shapes do not fit.
    pub(super) fn of_packed<D: Lstm>(
        x: &Tensor<D>,
        rows: &[usize],
        weights: &LstmWeights<'_, D>,
    ) -> Self {
        let [count, inputs] = x.shape("x");
        assert!(!rows.is_empty(), "no steps");
        assert!(rows.is_sorted_by(|one, next| one >= next), "rows of later steps");
        assert_eq!(rows.iter().sum::<usize>(), count, "rows of `x`");
        Self { time: rows.len(), batch: rows[0], inputs, hidden: hidden(inputs, weights) }
    }
    pub(super) fn check_state<D: Backend>(&self, state: &LstmState<D>) {
        assert_eq!(state.h.dims(), [self.batch, self.hidden], "hidden state");
        assert_eq!(state.c.dims(), [self.batch, self.hidden], "cell state");
    }

    pub(super) fn check_backward<D: Lstm>(
        &self,
        tape: &LstmTape<D>,
        dy: &Tensor<D>,
        weights: &LstmWeights<'_, D>,
        grads: Option<&LstmGrads<'_, D>>,
    ) {
        assert_eq!(tape.hidden.dims(), [self.time, self.batch, self.hidden], "tape");
        assert_eq!(dy.dims(), tape.hidden.dims(), "`dy`");
        if let Some(grads) = grads {
            assert_eq!(grads.w_ih.dims(), weights.w_ih.dims(), "gradient of `w_ih`");
            assert_eq!(grads.w_hh.dims(), weights.w_hh.dims(), "gradient of `w_hh`");
            assert_eq!(grads.b_ih.dims(), weights.b_ih.dims(), "gradient of `b_ih`");
            assert_eq!(grads.b_hh.dims(), weights.b_hh.dims(), "gradient of `b_hh`");
        }
    }
}

/// The width of a layer whose input has this one; panics where the shapes do not fit.
fn hidden<D: Lstm>(inputs: usize, weights: &LstmWeights<'_, D>) -> usize {
    let [gates, hidden] = weights.w_hh.shape("w_hh");
    assert_eq!(gates, 4 * hidden, "rows of `w_hh`");
    assert_eq!(weights.w_ih.dims(), [gates, inputs], "`w_ih`");
    assert_eq!(weights.b_ih.dims(), [gates], "`b_ih`");
    assert_eq!(weights.b_hh.dims(), [gates], "`b_hh`");
    if let Some(mask) = weights.w_hh_mask {
        assert_eq!(mask.dims(), [gates, hidden], "`w_hh_mask`");
    }
    hidden
}
