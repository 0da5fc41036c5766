//! A trainable tensor with its name and gradient.

use ulmfit_ops::{Device, Tensor};

/// Whether weight decay pulls a parameter towards zero.
///
/// fastai spares batch norm and the biases of linear layers, but not those of the LSTMs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decay {
    /// It does.
    Applies,
    /// It does not.
    Spared,
}

/// A trainable tensor.
pub struct Param<D: Device> {
    /// fastai's name of the tensor inside its part of the network.
    pub name: String,
    /// The weights.
    pub value: Tensor<D>,
    /// Sum of the gradients since the last update; none until one has been asked for.
    pub grad: Option<Tensor<D>>,
    /// Whether weight decay applies.
    pub decay: Decay,
}

impl<D: Device> Param<D> {
    /// A parameter that decays.
    pub fn new(name: impl Into<String>, value: Tensor<D>) -> Self {
        Self { name: name.into(), value, grad: None, decay: Decay::Applies }
    }

    /// The same, spared from weight decay.
    #[must_use]
    pub fn without_decay(mut self) -> Self {
        self.decay = Decay::Spared;
        self
    }

    /// The same weights, shared until they change, with no gradient yet.
    #[cfg(feature = "train")]
    pub(super) fn sharing(&self) -> Self {
        let Self { name, value, decay, .. } = self;
        Self { name: name.clone(), value: value.clone(), grad: None, decay: *decay }
    }

    /// Weights to read and gradient to add to; the gradient starts at zero.
    pub fn split(&mut self) -> (&Tensor<D>, &mut Tensor<D>) {
        let dims = self.value.dims();
        (&self.value, self.grad.get_or_insert_with(|| Tensor::zeros(dims)))
    }
}
