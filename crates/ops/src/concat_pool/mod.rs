//! Concat pooling: last, maximum and mean of a document's hidden states.
//!
//! Howard & Ruder 2018, section 3.3; the order last, max, mean is fastai's.

mod cpu;
mod partial;
mod reference;
#[cfg(test)]
mod tests;

pub use partial::PartialPool;

use crate::{Backend, Tensor};
use std::ops::Range;

/// What the backward pass needs.
pub struct ConcatPoolTape {
    /// Time of the maximum, row-major `[B, E]`; the first one if several are equal.
    pub argmax: Vec<u32>,
    /// Times pooled for each row.
    pub spans: Vec<Range<usize>>,
    /// Length of the sequence.
    pub time: usize,
}

/// See the [module](self).
pub trait ConcatPool: Backend {
    /// Pools row `b` of `x` over the times `spans[b]`.
    ///
    /// # Shapes
    /// `x`: `[T, B, E]`, result: `[B, 3E]`
    ///
    /// # Panics
    /// When a span is empty or reaches beyond `T`.
    fn concat_pool_forward(
        &self,
        x: &Tensor<Self>,
        spans: &[Range<usize>],
    ) -> (Tensor<Self>, ConcatPoolTape);

    /// Takes a piece of packed sequences into their pools, for inference: of sequence `b` its steps from
    /// `first[b]` on. The pools are those of [`concat_pool_forward`](Self::concat_pool_forward).
    ///
    /// # Shapes
    /// `y`: `[N, E]` where `N` is the sum of `rows`, see
    /// [`lstm_forward_packed`](crate::lstm::Lstm::lstm_forward_packed)
    ///
    /// # Panics
    /// When the shapes do not fit.
    fn concat_pool_packed(
        &self,
        pool: &mut PartialPool<Self>,
        y: &Tensor<Self>,
        rows: &[usize],
        first: &[usize],
    );

    /// Gradient with respect to `x`, `[T, B, E]`; zero outside the spans.
    fn concat_pool_backward(&self, tape: &ConcatPoolTape, dy: &Tensor<Self>) -> Tensor<Self>;
}

/// `T`, `B` and `E`, after checking the spans.
fn sizes<D: Backend>(x: &Tensor<D>, spans: &[Range<usize>]) -> [usize; 3] {
    let [time, batch, width] = x.shape("x");
    assert_eq!(spans.len(), batch, "one span per row");
    for span in spans {
        assert!(!span.is_empty() && span.end <= time, "span {span:?} of {time} steps");
    }
    [time, batch, width]
}

impl ConcatPoolTape {
    /// `B` and `E`, after checking `dy`.
    fn sizes<D: Backend>(&self, dy: &Tensor<D>) -> [usize; 2] {
        let batch = self.spans.len();
        let width = self.argmax.len() / batch.max(1);
        assert_eq!(dy.dims(), [batch, 3 * width], "`dy`");
        [batch, width]
    }
}
