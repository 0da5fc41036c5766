//! The optimiser's state of one parameter.

use ulmfit_ops::{Device, Tensor};

/// State of one parameter; tensors are created when they are first needed.
pub struct ParamState<D: Device> {
    /// Updates so far.
    pub steps: u64,
    /// Running mean of gradients and of their squares.
    pub moments: Option<(Tensor<D>, Tensor<D>)>,
    /// Mean of the weights since averaging began.
    pub average: Option<Tensor<D>>,
}

impl<D: Device> Default for ParamState<D> {
    fn default() -> Self {
        Self { steps: 0, moments: None, average: None }
    }
}

impl<D: Device> ParamState<D> {
    pub(super) fn moments(&mut self, dims: &[usize]) -> (&mut Tensor<D>, &mut Tensor<D>) {
        let (mean, sqr_mean) =
            self.moments.get_or_insert_with(|| (Tensor::zeros(dims), Tensor::zeros(dims)));
        (mean, sqr_mean)
    }

    pub(super) fn average_in(&mut self, device: &D, param: &Tensor<D>, count: u64) {
        let average = self.average.get_or_insert_with(|| param.clone());
        device.average_step(average, param, count);
    }
}
