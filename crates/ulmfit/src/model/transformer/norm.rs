//! Layer normalisation with a trainable scale and shift.

use super::gradients::{Layer, WeightAndBias};
use crate::model::Param;
use ulmfit_ops::layer_norm::{LayerNormGrads, LayerNormWeights};
use ulmfit_ops::{Device, Tensor};

/// See the [module](self).
pub(super) struct Norm<D: Device> {
    weight: Param<D>, // [E]
    bias: Param<D>,   // [E]
    eps: f64,
}

impl<D: Device> Norm<D> {
    pub(super) fn new(name: &str, width: usize, eps: f64) -> Self {
        let (weight, bias) = (Tensor::full(&[width], 1.0), Tensor::zeros(&[width]));
        Self {
            weight: Param::new(format!("{name}.weight"), weight).without_decay(),
            bias: Param::new(format!("{name}.bias"), bias).without_decay(),
            eps,
        }
    }

    fn weights(&self) -> LayerNormWeights<'_, D> {
        LayerNormWeights { weight: &self.weight.value, bias: &self.bias.value, eps: self.eps }
    }

    pub(super) fn forward(&self, device: &D, x: &Tensor<D>) -> Tensor<D> {
        device.layer_norm_forward(x, self.weights())
    }

    /// Gradient of `x`; adds those of weight and bias, if they are wanted.
    pub(super) fn backward(
        &self,
        device: &D,
        x: &Tensor<D>,
        dy: &Tensor<D>,
        gradients: Option<&mut WeightAndBias<D>>,
    ) -> Tensor<D> {
        let gradients = gradients.map(|[weight, bias]| LayerNormGrads { weight, bias });
        device.layer_norm_backward(x, self.weights(), dy, gradients)
    }

    pub(super) fn params(&self) -> [&Param<D>; 2] {
        [&self.weight, &self.bias]
    }

    pub(super) fn params_mut(&mut self) -> [&mut Param<D>; 2] {
        [&mut self.weight, &mut self.bias]
    }
}

impl<D: Device> Layer<D> for Norm<D> {
    fn weight_and_bias(&mut self) -> [&mut Param<D>; 2] {
        self.params_mut()
    }
}
