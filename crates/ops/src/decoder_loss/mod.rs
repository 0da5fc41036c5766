//! Decoder (tied softmax) with cross-entropy loss, without keeping the logits of a batch.
//!
//! `logits = h wᵀ + b`; the loss of row `n` is `-log softmax(logits[n])[targets[n]]`.

mod cpu;
mod reference;
mod sampled;
#[cfg(test)]
mod tests;

use crate::{Backend, Key, Tensor};

/// Where the gradients of the decoder are added, and how they are scaled.
pub struct DecoderGrads<'a, D: Backend> {
    /// Gradient of the weight, `[V, E]`, unless only the bias is trained.
    pub weight: Option<&'a mut Tensor<D>>,
    /// Gradient of the bias, `[V]`.
    pub bias: &'a mut Tensor<D>,
}

/// Whether and how [`DecoderLoss::decoder_loss`] goes backward.
pub struct DecoderBackward<'a, D: Backend> {
    /// The gradient of the summed loss is multiplied by this: `1/N` makes it that of the mean.
    pub scale: f64,
    /// By which draws a device samples small probabilities, if it does
    /// ([`Cpu::sampled_below`](crate::Cpu::sampled_below)); `None`: gradients are exact.
    pub samples: Option<Key>,
    /// Parameter gradients, unless the decoder is frozen.
    pub grads: Option<DecoderGrads<'a, D>>,
}

/// What [`DecoderLoss::decoder_loss`] returns.
pub struct DecoderOutcome<D: Backend> {
    /// Sum of the rows' losses, in nats, in double precision.
    pub loss_sum: f64,
    /// Rows whose largest logit, the first of several equal ones, is the target's.
    pub correct: usize,
    /// Gradient of `scale * loss_sum` with respect to `h`, `[N, E]`, if backward was asked for.
    pub dh: Option<Tensor<D>>,
}

/// See the [module](self).
pub trait DecoderLoss: Backend {
    /// Loss of all rows and, if asked for, every gradient, in one sweep over chunks.
    ///
    /// # Shapes
    /// `h`: `[.., E]` with `N` rows, `weight`: `[V, E]`, `bias`: `[V]`, `targets`: `N` ids
    fn decoder_loss(
        &self,
        h: &Tensor<Self>,
        weight: &Tensor<Self>,
        bias: &Tensor<Self>,
        targets: &[u32],
        backward: Option<DecoderBackward<'_, Self>>,
    ) -> DecoderOutcome<Self>;
}

/// Rows, embedding width and vocabulary, after checking that everything fits.
fn sizes<D: Backend>(
    h: &Tensor<D>,
    weight: &Tensor<D>,
    bias: &Tensor<D>,
    targets: &[u32],
    backward: Option<&DecoderBackward<'_, D>>,
) -> [usize; 3] {
    let [vocab, width] = weight.shape("weight");
    assert_eq!(h.as_matrix(), (targets.len(), width), "`h` for {} targets", targets.len());
    assert_eq!(bias.dims(), [vocab], "`bias`");
    if let Some(grads) = backward.and_then(|backward| backward.grads.as_ref()) {
        if let Some(d_weight) = &grads.weight {
            assert_eq!(d_weight.dims(), weight.dims(), "gradient of `weight`");
        }
        assert_eq!(grads.bias.dims(), bias.dims(), "gradient of `bias`");
    }
    if let Some(id) = targets.iter().find(|&&id| id as usize >= vocab) {
        panic!("target {id} in a vocabulary of {vocab}");
    }
    [targets.len(), width, vocab]
}
