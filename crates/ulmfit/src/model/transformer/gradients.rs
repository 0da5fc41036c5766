//! Gradients of a transformer outside of its parameters, so that several parts of a batch can be
//! differentiated side by side.

use crate::model::{Param, TrainableGroups};
use ulmfit_ops::{Device, Tensor};

/// Gradients of a layer's weight and bias.
pub(super) type WeightAndBias<D> = [Tensor<D>; 2];

/// Gradients of the eight layers of a [`Block`](super::block::Block), in the order of its parameters.
pub(super) type BlockGradients<D> = [WeightAndBias<D>; 8];

/// Gradients of the embeddings, and of the norm after them.
pub(super) struct EmbeddingGradients<D: Device> {
    pub(super) words: Tensor<D>,
    pub(super) positions: Tensor<D>,
    pub(super) norm: WeightAndBias<D>,
}

/// Gradients of the trainable groups of a [`Transformer`](super::Transformer).
pub struct TransformerGradients<D: Device> {
    pub(super) embeddings: Option<EmbeddingGradients<D>>,
    pub(super) blocks: Vec<Option<BlockGradients<D>>>,
}

impl<D: Device> TransformerGradients<D> {
    /// Whether these are the gradients of such groups.
    pub(super) fn are_of(&self, trainable: &TrainableGroups) -> bool {
        let blocks = self.blocks.iter().enumerate();
        self.embeddings.is_some() == trainable.group(0) && { blocks }
            .all(|(n, block)| block.is_some() == trainable.group(n + 1))
    }

    /// Sets all to zero, also those that are not finite: after a rollback they may be NaN, and NaN times zero is NaN.
    pub(super) fn clear(&mut self, device: &D) {
        self.tensors_mut().for_each(|tensor| device.fill_zero(tensor));
    }

    /// Adds those of the same groups.
    pub(super) fn add(&mut self, device: &D, other: &mut Self) {
        let pairs = self.tensors_mut().zip(other.tensors_mut());
        pairs.for_each(|(sum, tensor)| device.add_scaled(sum, tensor, 1.0));
    }

    fn tensors_mut(&mut self) -> impl Iterator<Item = &mut Tensor<D>> {
        let blocks = self.blocks.iter_mut().flatten().flatten().flatten();
        let embeddings = self.embeddings.iter_mut().flat_map(|gradients| {
            let EmbeddingGradients { words, positions, norm } = gradients;
            [words, positions].into_iter().chain(norm)
        });
        embeddings.chain(blocks)
    }
}

/// Moves the gradient out of a parameter.
pub(super) fn take<D: Device>(param: &mut Param<D>) -> Tensor<D> {
    let dims = param.value.dims();
    param.grad.take().unwrap_or_else(|| Tensor::zeros(dims))
}

/// Parameters of a layer in the order of [`WeightAndBias`].
pub(super) trait Layer<D: Device> {
    /// Weight and bias.
    fn weight_and_bias(&mut self) -> [&mut Param<D>; 2];

    /// Zeros of their shapes.
    fn zeros(&mut self) -> WeightAndBias<D> {
        self.weight_and_bias().map(|param| Tensor::zeros(param.value.dims()))
    }

    /// Moves the gradients out.
    fn take_gradients(&mut self) -> WeightAndBias<D> {
        self.weight_and_bias().map(take)
    }

    /// Moves them back.
    fn put_gradients(&mut self, [weight, bias]: WeightAndBias<D>) {
        let [of_weight, of_bias] = self.weight_and_bias();
        (of_weight.grad, of_bias.grad) = (Some(weight), Some(bias));
    }
}
