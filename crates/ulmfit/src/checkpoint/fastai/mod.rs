//! fastai's files.

mod error;

pub use error::FastaiError;
