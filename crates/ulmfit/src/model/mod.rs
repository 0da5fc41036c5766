//! Token ids to predictions, and gradients back.
//!
//! [`AwdLstm`] is the encoder of both networks: [`LanguageModel`] puts a tied decoder on it,
//! [`TextClassifier`] runs it over whole documents piece by piece ([`bpt3c`]) and pools the
//! result into a batch-norm head. [`transformer`] has encoders of the BERT family,
//! a [`linear`] classifier has none: it weighs n-grams. A layer has `forward(&self, ..) -> (y, Tape)` and
//! `backward(&mut self, tape, dy) -> dx`, which adds into the gradients of its [`Param`]s.
//! Inference needs `&self` only: hidden states are values, not fields.
//!
//! Nothing here touches an element of a tensor; only `ulmfit-ops` does.

mod awd_lstm;
pub mod bpt3c;
mod classifier;
mod config;
mod document_vectors;
#[cfg(test)]
pub(crate) mod gradient_check;
mod head;
#[cfg(feature = "train")]
mod hypercolumns;
mod language_model;
pub mod linear;
mod lm_step;
mod masks;
#[cfg(feature = "train")]
mod multi_task;
mod network;
mod param;
mod pooled;
pub(crate) mod quadrature;
mod running;
pub mod scoring;
mod shapes;
pub(crate) mod slopes;
#[cfg(feature = "train")]
pub mod student;
mod target_scale;
mod tied;
pub mod transformer;
mod weight_drop_lstm;
mod weight_gradients;

pub use awd_lstm::{AwdLstm, EncoderState, EncoderTape};
pub use classifier::{ClassifierStep, TextClassifier};
pub use config::{AwdLstmConfig, ClassifierConfig, DropoutConfig, HeadConfig};
pub use head::PoolingHead;
#[cfg(feature = "train")]
pub use hypercolumns::{HypercolumnHead, Hypercolumns};
pub use language_model::{HasLanguageModel, LanguageModel};
pub use lm_step::LmStep;
pub use masks::{MaskSource, Mode, RandomMasks, Site};
#[cfg(feature = "train")]
pub use multi_task::MultiTask;
pub use network::{LoadError, Network, Regularisation, TrainableGroups};
pub use param::{Decay, Param};
pub use running::RunningLogits;
pub use target_scale::TargetScale;
pub use weight_gradients::WeightGradients;
