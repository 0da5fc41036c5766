//! A linear layer with a bias.

use crate::model::Param;
use ulmfit_ops::linear::LinearGrads;
use ulmfit_ops::{Device, Key, Tensor};

/// Standard deviation of BERT's initial weights (`initializer_range`).
pub(super) const INITIAL_DEVIATION: f32 = 0.02;

/// `y = x wᵀ + b`.
pub struct Dense<D: Device> {
    /// `[O, I]`
    pub weight: Param<D>,
    /// `[O]`
    pub bias: Param<D>,
}

impl<D: Device> Dense<D> {
    /// Small random weights, and a bias of zero.
    pub fn new(name: &str, inputs: usize, outputs: usize, key: Key) -> Self {
        let values = random(inputs * outputs, key);
        let weight = Tensor::from_f32(&[outputs, inputs], &values);
        Self {
            weight: Param::new(format!("{name}.weight"), weight),
            bias: Param::new(format!("{name}.bias"), Tensor::zeros(&[outputs])).without_decay(),
        }
    }

    /// # Shapes
    /// `x`: `[.., I]`, result: `[.., O]`
    pub fn forward(&self, device: &D, x: &Tensor<D>) -> Tensor<D> {
        device.linear_forward(x, &self.weight.value, Some(&self.bias.value))
    }

    /// Gradient of `x`; also adds the gradients of the weights if it `learns`.
    pub fn backward(
        &mut self,
        device: &D,
        x: &Tensor<D>,
        dy: &Tensor<D>,
        learns: bool,
    ) -> Tensor<D> {
        if !learns {
            return device.linear_backward(x, &self.weight.value, dy, None);
        }
        let (weight, d_weight) = self.weight.split();
        let (_, d_bias) = self.bias.split();
        let grads = LinearGrads { weight: d_weight, bias: Some(d_bias) };
        device.linear_backward(x, weight, dy, Some(grads))
    }

    pub(super) fn params(&self) -> [&Param<D>; 2] {
        [&self.weight, &self.bias]
    }

    pub(super) fn params_mut(&mut self) -> [&mut Param<D>; 2] {
        [&mut self.weight, &mut self.bias]
    }
}

/// Uniform random values with BERT's standard deviation.
pub(super) fn random(count: usize, key: Key) -> Vec<f32> {
    key.uniform_values(count, INITIAL_DEVIATION * 3_f32.sqrt())
}
