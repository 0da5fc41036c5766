//! A linear layer with a bias.

use super::gradients::{Layer, WeightAndBias};
use crate::model::Param;
use std::sync::OnceLock;
use ulmfit_ops::linear::{LinearGrads, PreparedLayer, Then};
use ulmfit_ops::{Device, Key, Tensor};

/// Standard deviation of BERT's initial weights (`initializer_range`).
pub(super) const INITIAL_DEVIATION: f32 = 0.02;

/// `y = x wᵀ + b`.
pub struct Dense<D: Device> {
    /// `[O, I]`
    pub weight: Param<D>,
    /// `[O]`
    pub bias: Param<D>,
    /// The weight laid out for predictions, from the first one on.
    prepared: OnceLock<D::PreparedLinear>,
}

impl<D: Device> Dense<D> {
    /// Small random weights, and a bias of zero.
    pub fn new(name: &str, inputs: usize, outputs: usize, key: Key) -> Self {
        let values = random(inputs * outputs, key);
        let weight = Tensor::from_f32(&[outputs, inputs], &values);
        Self {
            weight: Param::new(format!("{name}.weight"), weight),
            bias: Param::new(format!("{name}.bias"), Tensor::zeros(&[outputs])).without_decay(),
            prepared: OnceLock::new(),
        }
    }

    /// [`forward`](Self::forward) of layers that are not learning and read the same input: keeps the
    /// weights laid out.
    ///
    /// # Shapes
    /// `x`: `[.., I]`, results: `[.., O]`
    pub(super) fn predict_each<const N: usize>(
        layers: [&Self; N],
        device: &D,
        x: &Tensor<D>,
    ) -> [Tensor<D>; N] {
        device.linear_prepared_each(x, layers.map(|layer| layer.prepared(device)))
    }

    /// [`forward`](Self::forward) of a layer that is not learning, and what follows it.
    ///
    /// # Shapes
    /// `x`: `[.., I]`, result: `[.., O]`
    pub(super) fn predict_then(&self, device: &D, x: &Tensor<D>, then: Then<'_, D>) -> Tensor<D> {
        device.linear_prepared_then(x, self.prepared(device), then)
    }

    fn prepared(&self, device: &D) -> PreparedLayer<'_, D> {
        let weight = self.prepared.get_or_init(|| device.linear_prepare(&self.weight.value));
        PreparedLayer { weight, bias: Some(&self.bias.value) }
    }

    /// Lays the weight out again when it is next used.
    pub(super) fn forget_prepared(&mut self) {
        self.prepared = OnceLock::new();
    }

    /// # Shapes
    /// `x`: `[.., I]`, result: `[.., O]`
    pub fn forward(&self, device: &D, x: &Tensor<D>) -> Tensor<D> {
        device.linear_forward(x, &self.weight.value, Some(&self.bias.value))
    }

    /// Gradient of `x`; adds those of weight and bias, if they are wanted.
    pub(super) fn backward(
        &self,
        device: &D,
        x: &Tensor<D>,
        dy: &Tensor<D>,
        gradients: Option<&mut WeightAndBias<D>>,
    ) -> Tensor<D> {
        let gradients = gradients.map(|[weight, bias]| LinearGrads { weight, bias: Some(bias) });
        device.linear_backward(x, &self.weight.value, dy, gradients)
    }

    pub(super) fn params(&self) -> [&Param<D>; 2] {
        [&self.weight, &self.bias]
    }

    pub(super) fn params_mut(&mut self) -> [&mut Param<D>; 2] {
        self.forget_prepared();
        [&mut self.weight, &mut self.bias]
    }
}

impl<D: Device> Layer<D> for Dense<D> {
    fn weight_and_bias(&mut self) -> [&mut Param<D>; 2] {
        self.params_mut()
    }
}

/// Uniform random values with BERT's standard deviation.
pub(super) fn random(count: usize, key: Key) -> Vec<f32> {
    key.uniform_values(count, INITIAL_DEVIATION * 3_f32.sqrt())
}
