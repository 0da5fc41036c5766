//! Scaled dot-product attention with several heads, within each of several sequences. Vaswani et
//! al. 2017, section 3.2, <https://arxiv.org/abs/1706.03762>.
//!
//! Sequences of different lengths stand one after the other, without padding: a row attends to the
//! rows of its own sequence and to no other. This is what a mask over a padded batch comes to.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// What attention looks at, borrowed: `[N, E]` each.
pub struct AttentionInput<'a, D: Backend> {
    /// `Q`: what each row looks for.
    pub query: &'a Tensor<D>,
    /// `K`: what each row is found by.
    pub key: &'a Tensor<D>,
    /// `V`: what each row tells.
    pub value: &'a Tensor<D>,
    /// Rows of each sequence; they add up to `N`.
    pub lengths: &'a [usize],
    /// Heads, which share the columns out between them; `E` is a multiple of their number.
    pub heads: usize,
    /// How far each row is there for those that attend to it, `[N]`, above 0: a factor of its share
    /// before all shares of a row are scaled to add up to one. Without it all are there.
    pub presence: Option<&'a Tensor<D>>,
}

impl<D: Backend> Clone for AttentionInput<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Backend> Copy for AttentionInput<'_, D> {}

/// Gradients with respect to an [`AttentionInput`], `[N, E]` each.
pub struct AttentionGrads<D: Backend> {
    /// Of `Q`.
    pub query: Tensor<D>,
    /// Of `K`.
    pub key: Tensor<D>,
    /// Of `V`.
    pub value: Tensor<D>,
    /// Of the presence, `[N]`, if there was one.
    pub presence: Option<Tensor<D>>,
}

/// See the [module](self).
pub trait Attention: Backend {
    /// `softmax(Q Kᵀ / √d) V` in each sequence and head, where a head is `d = E / heads` columns.
    /// The bits of a sequence do not depend on the others.
    ///
    /// # Shapes
    /// result: `[N, E]`
    fn attention_forward(&self, x: AttentionInput<'_, Self>) -> Tensor<Self>;

    /// Gradients; the softmax, which has a number for each pair of rows, is computed once more
    /// instead of being kept.
    ///
    /// # Shapes
    /// `dy`: `[N, E]`
    fn attention_backward(
        &self,
        x: AttentionInput<'_, Self>,
        dy: &Tensor<Self>,
    ) -> AttentionGrads<Self>;
}

/// Rows and columns of a head in one sequence.
#[derive(Clone, Copy)]
struct Block {
    /// First row.
    row: usize,
    /// Number of rows, `L`.
    length: usize,
    /// First column.
    column: usize,
}

/// All heads of all sequences, after checking the shapes.
struct Blocks {
    all: Vec<Block>,
    /// `E`
    width: usize,
    /// `d`
    head: usize,
    /// `1/√d`
    scale: f64,
}

impl Blocks {
    fn of<D: Backend>(x: &AttentionInput<'_, D>) -> Self {
        let [rows, width] = x.query.shape("query");
        assert_eq!(x.key.dims(), [rows, width], "`key`");
        assert_eq!(x.value.dims(), [rows, width], "`value`");
        if let Some(presence) = x.presence {
            assert_eq!(presence.dims(), [rows], "`presence`");
        }
        assert!(x.heads > 0 && width % x.heads == 0, "{} heads of {width} columns", x.heads);
        assert_eq!(x.lengths.iter().sum::<usize>(), rows, "rows of all sequences");
        let head = width / x.heads;
        let (mut all, mut row) = (Vec::new(), 0);
        for &length in x.lengths.iter().filter(|&&length| length > 0) {
            all.extend((0..x.heads).map(|n| Block { row, length, column: n * head }));
            row += length;
        }
        Self { all, width, head, scale: (head as f64).sqrt().recip() }
    }
}
