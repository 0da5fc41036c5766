//! What a device is: a type that implements every operation.

use crate::{Precision, Real};
use std::fmt::Debug;
use std::marker::PhantomData;

/// The part of a device that is not an operation: what its numbers are.
///
/// A device is a cheap handle (a GPU's would hold its context) that is cloned freely.
pub trait Backend: Clone + Debug + Default + Send + Sync + 'static {
    /// Element type of every tensor on this device.
    type Real: Real;
    /// Short name for reports and test messages.
    const NAME: &'static str;

    /// The same device with all products in its [`Real`](Self::Real), for layers that are too small to gain
    /// by rounding their factors.
    #[must_use]
    fn exact(&self) -> Self;
}

/// A [`Backend`] that can run the whole family of networks.
pub trait Device:
    Backend
    + crate::activation_reg::ActivationReg
    + crate::attention::Attention
    + crate::batch_norm::BatchNorm
    + crate::class_loss::ClassLoss
    + crate::concat_pool::ConcatPool
    + crate::decoder_loss::DecoderLoss
    + crate::dropout::Dropout
    + crate::embedding::Embedding
    + crate::embedding_bag::EmbeddingBag
    + crate::gelu::Gelu
    + crate::layer_norm::LayerNorm
    + crate::linear::Linear
    + crate::lstm::Lstm
    + crate::mean_pool::MeanPool
    + crate::norm::Norm
    + crate::optimizer_step::OptimizerStep
    + crate::pair_loss::PairLoss
    + crate::relu::Relu
    + crate::rows::Rows
    + crate::unit_rows::UnitRows
{
}

impl<D> Device for D where
    D: Backend
        + crate::activation_reg::ActivationReg
        + crate::attention::Attention
        + crate::batch_norm::BatchNorm
        + crate::class_loss::ClassLoss
        + crate::concat_pool::ConcatPool
        + crate::decoder_loss::DecoderLoss
        + crate::dropout::Dropout
        + crate::embedding::Embedding
        + crate::embedding_bag::EmbeddingBag
        + crate::gelu::Gelu
        + crate::layer_norm::LayerNorm
        + crate::linear::Linear
        + crate::lstm::Lstm
        + crate::mean_pool::MeanPool
        + crate::norm::Norm
        + crate::optimizer_step::OptimizerStep
        + crate::pair_loss::PairLoss
        + crate::relu::Relu
        + crate::rows::Rows
        + crate::unit_rows::UnitRows
{
}

/// The processor: `f32`, all threads of the current rayon pool, SIMD chosen at run time.
///
/// Results depend neither on the number of threads nor on the other examples of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Cpu {
    /// Of the products of encoder and decoder; a classifier's head is always computed in `f32`.
    pub precision: Precision,
    /// Probabilities of the softmax below this are sampled in its gradient, which stays the same
    /// in expectation but costs little; 0: the gradient is exact.
    pub sampled_below: f64,
}

impl Cpu {
    /// With products in another precision than `f32`.
    pub fn with_precision(precision: Precision) -> Self {
        Self { precision, ..Self::default() }
    }

    /// With a softmax whose gradient samples probabilities below this.
    #[must_use]
    pub fn with_sampled_below(self, sampled_below: f64) -> Self {
        Self { sampled_below, ..self }
    }
}

impl Backend for Cpu {
    type Real = f32;
    const NAME: &'static str = "cpu";

    fn exact(&self) -> Self {
        Self { precision: Precision::F32, ..*self }
    }
}

/// Plain loops on one thread: the specification that the other devices are tested against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reference<R = f64>(PhantomData<R>);

impl<R: Real> Backend for Reference<R> {
    type Real = R;
    const NAME: &'static str = "reference";

    fn exact(&self) -> Self {
        *self
    }
}
