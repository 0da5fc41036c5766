//! Text classification by transfer learning from a recurrent language model (ULMFiT,
//! Howard & Ruder 2018, <https://arxiv.org/abs/1801.06146>).

#[cfg(feature = "train")]
mod base;
#[cfg(feature = "train")]
pub mod baselines;
pub mod checkpoint;
mod classifier;
pub mod data;
mod error;
mod error_class;
#[cfg(feature = "train")]
mod examples;
mod fields;
pub mod input;
pub mod model;
pub mod models;
#[cfg(feature = "train")]
pub mod optim;
#[cfg(feature = "train")]
pub mod recipe;
pub mod report;
pub mod run;
#[cfg(feature = "train")]
pub mod schedule;
pub mod stages;
pub mod text;
#[cfg(feature = "train")]
pub mod train;
#[cfg(feature = "train")]
mod trained;
#[cfg(feature = "train")]
mod trainer;

#[cfg(feature = "train")]
pub use base::{Base, LoadedBase};
pub use classifier::Classifier;
pub use error::Error;
pub use error_class::ErrorClass;
#[cfg(feature = "train")]
pub use examples::{Examples, Reader, describe_columns};
pub use fields::Fields;
pub use models::Prediction;
#[cfg(feature = "train")]
pub use trained::Trained;
#[cfg(feature = "train")]
pub use trainer::Trainer;
pub use ulmfit_ops::{Cpu, Device, Key, Precision, Tensor, isa, kernel_name};
