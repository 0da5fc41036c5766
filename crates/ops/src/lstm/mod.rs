//! One LSTM layer over a whole sequence, with an optional mask on its recurrent weights.
//!
//! `a = W_ih x + b_ih + (mask ∘ W_hh) h + b_hh`; `i, f, o = σ(a)`, `g = tanh(a)`;
//! `c' = f ∘ c + i ∘ g`; `h' = o ∘ tanh(c')`. Gates are stacked input, forget, cell, output as
//! in PyTorch. The mask is DropConnect (Merity, Keskar & Socher 2017, section 2): one for all
//! time steps of a call.

mod cell;
mod cpu;
#[cfg(test)]
mod golden;
mod reference;
mod tape;
#[cfg(test)]
mod tests;

pub use tape::LstmTape;

use crate::{Backend, Tensor};

/// The weights of one layer, borrowed.
pub struct LstmWeights<'a, D: Lstm> {
    /// `[4H, I]`
    pub w_ih: &'a Tensor<D>,
    /// `[4H, H]`
    pub w_hh: &'a Tensor<D>,
    /// `[4H]`
    pub b_ih: &'a Tensor<D>,
    /// `[4H]`; a second bias, as in PyTorch: folded into one it would learn at half the speed.
    pub b_hh: &'a Tensor<D>,
    /// `[4H, H]`, zero or `1/(1-p)`; none outside training.
    pub w_hh_mask: Option<&'a Tensor<D>>,
    /// What [`Lstm::lstm_prepare`] made of these very weights, to spare the forward pass the work.
    pub prepared: Option<&'a D::PreparedLstm>,
}

impl<D: Lstm> Clone for LstmWeights<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Lstm> Copy for LstmWeights<'_, D> {}

/// Where [`Lstm::lstm_backward`] adds its parameter gradients; shapes as the weights.
pub struct LstmGrads<'a, D: Backend> {
    /// Gradient of `w_ih`.
    pub w_ih: &'a mut Tensor<D>,
    /// Gradient of `w_hh` before the mask.
    pub w_hh: &'a mut Tensor<D>,
    /// Gradient of `b_ih`.
    pub b_ih: &'a mut Tensor<D>,
    /// Gradient of `b_hh`.
    pub b_hh: &'a mut Tensor<D>,
}

/// Hidden and cell state of a batch.
pub struct LstmState<D: Backend> {
    /// `[B, H]`
    pub h: Tensor<D>,
    /// `[B, H]`
    pub c: Tensor<D>,
}

impl<D: Backend> LstmState<D> {
    /// The state before the first token.
    pub fn zeros(batch: usize, hidden: usize) -> Self {
        Self { h: Tensor::zeros(&[batch, hidden]), c: Tensor::zeros(&[batch, hidden]) }
    }
}

impl<D: Backend> Clone for LstmState<D> {
    fn clone(&self) -> Self {
        Self { h: self.h.clone(), c: self.c.clone() }
    }
}

/// Whether a forward pass records what the backward pass needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tape {
    /// Training: the output holds the tape for [`Lstm::lstm_backward`].
    Keep,
    /// Inference: nothing is recorded.
    Discard,
}

/// What [`Lstm::lstm_forward`] returns.
pub struct LstmOutput<D: Lstm> {
    /// Hidden states, `[T, B, H]`.
    pub y: Tensor<D>,
    /// State after the last step.
    pub state: LstmState<D>,
    /// Present if asked for by [`Tape::Keep`].
    pub tape: Option<D::LstmTape>,
}

/// What [`Lstm::lstm_forward_packed`] returns.
pub struct PackedOutput<D: Backend> {
    /// Hidden states, `[N, H]`.
    pub y: Tensor<D>,
    /// State of the sequences that have the last step.
    pub state: LstmState<D>,
}

/// See the [module](self).
pub trait Lstm: Backend {
    /// What the backward pass needs of the forward pass.
    type LstmTape: Send;
    /// Weights in the order in which a forward pass reads them.
    type PreparedLstm: Send + Sync;

    /// Lays the weights out for many forward passes.
    fn lstm_prepare(&self, weights: LstmWeights<'_, Self>) -> Self::PreparedLstm;

    /// Runs the sequence `x` from `state`. A sequence's bits do not depend on its batch mates.
    ///
    /// # Shapes
    /// `x`: `[T, B, I]`, `state`: `[B, H]` twice, `y`: `[T, B, H]`
    fn lstm_forward(
        &self,
        x: &Tensor<Self>,
        weights: LstmWeights<'_, Self>,
        state: &LstmState<Self>,
        tape: Tape,
    ) -> LstmOutput<Self>;

    /// Runs sequences of unlike length side by side and computes nothing behind their ends; for inference.
    ///
    /// The longest comes first: `rows[t]` of them, the first ones, have a step `t`. The rows of `x` are
    /// those of the first step, then of the second, as in PyTorch's `PackedSequence`. The bits are those
    /// of [`lstm_forward`](Self::lstm_forward).
    ///
    /// # Shapes
    /// `x`: `[N, I]` where `N` is the sum of `rows`, `state`: `[rows[0], H]` twice, `y`: `[N, H]`
    ///
    /// # Panics
    /// When `rows` is empty or grows.
    fn lstm_forward_packed(
        &self,
        x: &Tensor<Self>,
        rows: &[usize],
        weights: LstmWeights<'_, Self>,
        state: &LstmState<Self>,
    ) -> PackedOutput<Self>;

    /// Back-propagates `dy` through the sequence; adds to `grads` if given, returns `dx` if asked.
    ///
    /// No gradient reaches the initial state and none is taken from the final one: truncated
    /// back-propagation ends at the borders of the call.
    ///
    /// # Shapes
    /// `x`: `[T, B, I]` as in the forward pass, `dy`: `[T, B, H]`, result: `[T, B, I]`
    fn lstm_backward(
        &self,
        x: &Tensor<Self>,
        weights: LstmWeights<'_, Self>,
        tape: Self::LstmTape,
        dy: &Tensor<Self>,
        grads: Option<LstmGrads<'_, Self>>,
        input: InputGradient,
    ) -> Option<Tensor<Self>>;
}

/// Whether the gradient of a layer's input is computed; the lowest trained layer skips it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputGradient {
    /// It is computed and returned.
    Compute,
    /// Nothing below is trained.
    Skip,
}
