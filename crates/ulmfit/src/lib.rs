//! Text classification by transfer learning from a recurrent language model (ULMFiT,
//! Howard & Ruder 2018, <https://arxiv.org/abs/1801.06146>).

pub mod checkpoint;
pub mod data;
mod error;
pub mod model;
#[cfg(feature = "train")]
pub mod optim;
pub mod report;
#[cfg(feature = "train")]
pub mod schedule;
pub mod stages;
pub mod text;
#[cfg(feature = "train")]
pub mod train;

pub use error::ErrorClass;
pub use stages::Error;
pub use ulmfit_ops::{Key, Precision, isa, kernel_name};
