//! Text classification by transfer learning from a recurrent language model (ULMFiT,
//! Howard & Ruder 2018, <https://arxiv.org/abs/1801.06146>).

#[cfg(feature = "train")]
pub mod baselines;
pub mod checkpoint;
pub mod data;
mod error;
mod error_class;
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

pub use error::Error;
pub use error_class::ErrorClass;
pub use ulmfit_ops::{Cpu, Device, Key, Precision, Tensor, isa, kernel_name};
