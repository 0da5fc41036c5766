//! Layer normalisation over the features of each row. Ba, Kiros & Hinton 2016,
//! <https://arxiv.org/abs/1607.06450>.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// The learned scale and shift, borrowed.
pub struct LayerNormWeights<'a, D: Backend> {
    /// `γ`, `[F]`
    pub weight: &'a Tensor<D>,
    /// `β`, `[F]`
    pub bias: &'a Tensor<D>,
    /// Added to the variance; BERT's is `1e-12`.
    pub eps: f64,
}

impl<D: Backend> Clone for LayerNormWeights<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Backend> Copy for LayerNormWeights<'_, D> {}

/// Where [`LayerNorm::layer_norm_backward`] adds its parameter gradients.
pub struct LayerNormGrads<'a, D: Backend> {
    /// `[F]`
    pub weight: &'a mut Tensor<D>,
    /// `[F]`
    pub bias: &'a mut Tensor<D>,
}

/// See the [module](self).
pub trait LayerNorm: Backend {
    /// `γ (x - mean) / √(variance + eps) + β`, with mean and biased variance of each row. A row's
    /// bits do not depend on the other rows.
    ///
    /// # Shapes
    /// `x` and result: `[.., F]`
    fn layer_norm_forward(
        &self,
        x: &Tensor<Self>,
        weights: LayerNormWeights<'_, Self>,
    ) -> Tensor<Self>;

    /// Gradient with respect to the *input* `x`, whose statistics are computed once more; adds to
    /// `grads` if given.
    ///
    /// # Shapes
    /// `x`, `dy` and result: `[.., F]`
    fn layer_norm_backward(
        &self,
        x: &Tensor<Self>,
        weights: LayerNormWeights<'_, Self>,
        dy: &Tensor<Self>,
        grads: Option<LayerNormGrads<'_, Self>>,
    ) -> Tensor<Self>;
}

/// Features of `x`, after checking the weights.
fn features<D: Backend>(x: &Tensor<D>, weights: &LayerNormWeights<'_, D>) -> usize {
    let (_, features) = x.as_matrix();
    assert_eq!(weights.weight.dims(), [features], "`weight`");
    assert_eq!(weights.bias.dims(), [features], "`bias`");
    features
}
